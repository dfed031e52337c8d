//! The columns of a row of traffic, and what a badge means when one hovers it.
//!
//! Calls are told in the API's own words in both languages (`bind`, `sendto`, `recv = 0`): they are what the user
//! will write in a program of their own, and what `man 2` lists.

use std::borrow::Cow;

use rust_i18n::t;

use super::{Lang, failure, number};
use crate::journal::{CloseReason, Event, Failure, FaultKind, Kind, Record, Row, State, record::duration};

/// The call column: the name in the API, with an arrow where bytes moved.
pub fn call(lang: Lang, record: &Record, kind: Kind) -> Cow<'static, str> {
    let tag = lang.tag();
    let addressed = kind == Kind::UdpSocket && record.peer.is_some();
    Cow::Borrowed(match record.event {
        Event::Resolving => "getaddrinfo",
        Event::Bound => "bind",
        Event::Listening { .. } => "listen",
        Event::Connecting => "connect",
        Event::Connected { .. } => return t!("event.connected", locale = tag),
        Event::Accepted { .. } => "accept",
        Event::Opened { .. } => return t!("event.accepted", locale = tag),
        Event::Sent { .. } if addressed => "↑ sendto",
        Event::Sent { .. } => "↑ send",
        Event::Received { .. } if kind == Kind::UdpSocket => "↓ recvfrom",
        Event::Received { .. } => "↓ recv",
        Event::PeerEnded => "recv = 0",
        Event::HalfClosed => "shutdown",
        Event::Closed { .. } => "close",
        Event::Aborted { .. } => "RST",
        Event::Failed { call, fault } => {
            let name = match (fault.kind, fault.errno) {
                (FaultKind::Other, errno) if errno != 0 => {
                    t!("fault.errno", locale = tag, number = errno)
                }
                (kind, _) => Cow::Borrowed(kind.name()),
            };
            return Cow::Owned(format!("{} {name}", call.name()));
        }
        Event::FileStarted { .. } | Event::FilePaused { .. } | Event::FileResumed { .. } | Event::FileEnded { .. } => {
            return t!("event.file", locale = tag);
        }
        Event::RepeatEnded { .. } => return t!("event.repeat", locale = tag),
        Event::OptionSet => "setsockopt",
        Event::Asked => return t!("rule.asked", locale = tag),
        Event::Limited { .. } => return t!("rule.limited", locale = tag),
        Event::Ran { .. } => "exec",
    })
}

/// The text column of a row that has no payload to show, and the note on one whose payload needs explaining.
///
/// Empty for ordinary traffic: its text is the payload, in the encoding chosen by whoever looks.
pub fn event(lang: Lang, row: &Row<'_>, kind: Kind) -> String {
    let tag = lang.tag();
    let record = row.record;
    let detail = row.detail();
    let peer = record.peer.map(|addr| addr.to_string());
    let local = if detail.is_empty() { peer.clone().unwrap_or_default() } else { detail.to_owned() };
    match record.event {
        Event::Resolving => t!("event.resolving", locale = tag, name = detail).into_owned(),
        Event::Bound => local,
        Event::Listening { backlog } => {
            t!("event.listening", locale = tag, address = local, backlog = backlog).into_owned()
        }
        Event::Connecting => format!("→ {}", peer.unwrap_or_default()),
        Event::Connected { took } => {
            let time = number::duration(duration(took));
            t!("event.took", locale = tag, time = time).into_owned()
        }
        Event::Accepted { connection } => {
            t!("event.accepted_as", locale = tag, address = peer.unwrap_or_default(), socket = connection).into_owned()
        }
        Event::Opened { listener } => match peer {
            Some(peer) => t!("event.opened", locale = tag, address = peer, socket = listener).into_owned(),
            None => t!("event.opened_bare", locale = tag, socket = listener).into_owned(),
        },
        Event::Sent { .. } | Event::Received { .. } => payload_note(tag, row, kind),
        Event::PeerEnded => t!("event.peer_ended", locale = tag).into_owned(),
        Event::HalfClosed => t!("event.half_closed", locale = tag).into_owned(),
        Event::Closed { why, unsent } => {
            let why = match why {
                CloseReason::User => t!("event.closed_user", locale = tag),
                CloseReason::PeerEnded => t!("event.closed_peer_ended", locale = tag),
                CloseReason::BothEnded => t!("event.closed_both_ended", locale = tag),
                CloseReason::Failure => t!("event.closed_failure", locale = tag),
                CloseReason::Exit => t!("event.closed_exit", locale = tag),
                CloseReason::Rule => t!("rule.closed", locale = tag),
                CloseReason::Served => t!("preset.served", locale = tag),
            };
            let told = with_unsent(tag, why, unsent);
            match record.event.unread(row.bytes) {
                0 => told,
                unread => format!("{told}; {}", t!("event.unread", locale = tag, bytes = number::grouped(unread))),
            }
        }
        Event::Aborted { unsent } => with_unsent(tag, t!("event.aborted", locale = tag), unsent),
        Event::Failed { call, fault } => {
            let told = Failure { call, fault, addr: record.peer, detail: detail.to_owned(), at: record.at };
            failure(lang, &told, kind)
        }
        Event::FileStarted { size } => {
            t!("event.file_started", locale = tag, path = detail, size = number::size(size)).into_owned()
        }
        Event::FilePaused { sent } => {
            t!("event.file_paused", locale = tag, path = detail, size = number::size(sent)).into_owned()
        }
        Event::FileResumed { sent } => {
            t!("event.file_resumed", locale = tag, path = detail, size = number::size(sent)).into_owned()
        }
        Event::FileEnded { sent, cancelled: false } => {
            t!("event.file_ended", locale = tag, path = detail, size = number::size(sent)).into_owned()
        }
        Event::FileEnded { sent, cancelled: true } => {
            t!("event.file_cancelled", locale = tag, path = detail, size = number::size(sent)).into_owned()
        }
        Event::RepeatEnded { sent, stopped: false } => {
            t!("event.repeat_ended", locale = tag, count = number::grouped(sent)).into_owned()
        }
        Event::RepeatEnded { sent, stopped: true } => {
            t!("event.repeat_stopped", locale = tag, count = number::grouped(sent)).into_owned()
        }
        Event::OptionSet => detail.to_owned(),
        Event::Asked => t!("rule.asked_text", locale = tag, peer = peer.unwrap_or_default()).into_owned(),
        Event::Limited { per_second } => {
            t!("rule.limited_text", locale = tag, limit = number::grouped(per_second.into())).into_owned()
        }
        Event::Ran { status, took } => {
            let time = number::duration(duration(took));
            t!("rule.ran", locale = tag, command = detail, status = status, time = time).into_owned()
        }
    }
}

/// What hovering a sent row explains: what a successful `send` does not say.
pub fn sent_hint(lang: Lang, kind: Kind) -> Cow<'static, str> {
    match kind {
        Kind::UdpSocket => t!("event.sent_udp", locale = lang.tag()),
        Kind::TcpListener | Kind::TcpConnection => t!("event.sent_tcp", locale = lang.tag()),
    }
}

/// What a badge means, in one sentence.
pub fn state_hint(lang: Lang, state: State) -> Cow<'static, str> {
    let tag = lang.tag();
    match state {
        State::New => t!("event.state.new", locale = tag),
        State::Resolving => t!("event.state.resolving", locale = tag),
        State::Bound => t!("event.state.bound", locale = tag),
        State::Listen => t!("event.state.listen", locale = tag),
        State::SynSent => t!("event.state.syn_sent", locale = tag),
        State::Established => t!("event.state.established", locale = tag),
        State::FinWait => t!("event.state.fin_wait", locale = tag),
        State::CloseWait => t!("event.state.close_wait", locale = tag),
        State::Closed(CloseReason::User) => t!("event.state.closed_user", locale = tag),
        State::Closed(CloseReason::PeerEnded) => t!("event.state.closed_peer_ended", locale = tag),
        State::Closed(CloseReason::BothEnded) => t!("event.state.closed_both_ended", locale = tag),
        State::Closed(CloseReason::Failure) => t!("event.state.closed_failure", locale = tag),
        State::Closed(CloseReason::Exit) => t!("event.state.closed_exit", locale = tag),
        State::Closed(CloseReason::Rule) => t!("rule.state_closed", locale = tag),
        State::Closed(CloseReason::Served) => t!("preset.state_served", locale = tag),
        State::Aborted => t!("event.state.aborted", locale = tag),
        State::Failed(kind) => match kind {
            FaultKind::Refused => t!("event.state.refused", locale = tag),
            FaultKind::TimedOut => t!("event.state.timed_out", locale = tag),
            FaultKind::Reset => t!("event.state.reset", locale = tag),
            FaultKind::Cancelled => t!("event.state.cancelled", locale = tag),
            FaultKind::InUse => t!("event.state.in_use", locale = tag),
            FaultKind::NoName => t!("event.state.no_name", locale = tag),
            FaultKind::NoAnswer => t!("event.state.no_answer", locale = tag),
            FaultKind::NetUnreachable | FaultKind::HostUnreachable | FaultKind::NetDown => {
                t!("event.state.unreachable", locale = tag)
            }
            _ => t!("event.state.failed", locale = tag),
        },
    }
}

fn payload_note(tag: &'static str, row: &Row<'_>, kind: Kind) -> String {
    let len = row.bytes.len() as u64;
    match row.record.event {
        Event::Received { full } if u64::from(full) > len => {
            let (kept, full) = (number::grouped(len), number::grouped(full.into()));
            t!("event.cut", locale = tag, kept = kept, full = full).into_owned()
        }
        Event::Sent { asked } if u64::from(asked) > len => {
            let (took, asked) = (number::grouped(len), number::grouped(asked.into()));
            t!("event.sent_part", locale = tag, took = took, asked = asked).into_owned()
        }
        _ if len == 0 && kind == Kind::UdpSocket => t!("event.empty_datagram", locale = tag).into_owned(),
        _ => String::new(),
    }
}

fn with_unsent(tag: &'static str, text: Cow<'static, str>, unsent: u32) -> String {
    if unsent == 0 {
        return text.into_owned();
    }
    let lost = t!("event.unsent", locale = tag, bytes = number::grouped(unsent.into()));
    format!("{text}; {lost}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Call, Fault, SocketId, Span};

    fn told(lang: Lang, event: Event, peer: &str, bytes: &[u8], kind: Kind) -> (String, String) {
        let record = Record {
            at: 0,
            socket: SocketId(4),
            generation: 0,
            event,
            peer: peer.parse().ok(),
            bytes: Span { start: 0, len: bytes.len() as u32 },
        };
        let row = Row { seq: 0, record: &record, bytes };
        (call(lang, &record, kind).into_owned(), super::event(lang, &row, kind))
    }

    #[test]
    fn rows_as_in_the_mock_up() {
        let tcp = Kind::TcpConnection;
        for (event, peer, bytes, kind, column, text) in [
            (Event::Connecting, "127.0.0.1:8008", "", tcp, "connect", "→ 127.0.0.1:8008"),
            (Event::Connected { took: 210_000 }, "127.0.0.1:8008", "127.0.0.1:1", tcp, "connected", "in 0.21 ms"),
            (
                Event::Accepted { connection: SocketId(5) },
                "127.0.0.1:53124",
                "",
                Kind::TcpListener,
                "accept",
                "127.0.0.1:53124 accepted as #5",
            ),
            (Event::PeerEnded, "", "", tcp, "recv = 0", "the peer ended (FIN): it will send no more"),
            (Event::Received { full: 3 }, "127.0.0.1:1", "abc", tcp, "↓ recv", ""),
            (Event::Sent { asked: 3 }, "127.0.0.1:1", "abc", tcp, "↑ send", ""),
            (Event::Sent { asked: 3 }, "127.0.0.1:1", "abc", Kind::UdpSocket, "↑ sendto", ""),
            (
                Event::Received { full: 0 },
                "127.0.0.1:1",
                "",
                Kind::UdpSocket,
                "↓ recvfrom",
                "empty datagram (0 bytes), not an end",
            ),
            (
                Event::Received { full: 3_000 },
                "127.0.0.1:1",
                "ab",
                Kind::UdpSocket,
                "↓ recvfrom",
                "cut: 2 of 3\u{202f}000 bytes",
            ),
            (
                Event::Closed { why: CloseReason::User, unsent: 1_500 },
                "",
                "",
                tcp,
                "close",
                "closed by you; 1\u{202f}500 bytes were never sent",
            ),
            (
                Event::Failed { call: Call::Connect, fault: Fault::of(FaultKind::Refused) },
                "127.0.0.1:8010",
                "",
                tcp,
                "connect ECONNREFUSED",
                "Nobody is listening on 127.0.0.1:8010. Start the server first, or check the port.",
            ),
        ] {
            assert_eq!(told(Lang::En, event, peer, bytes.as_bytes(), kind), (column.into(), text.into()));
        }
    }

    #[test]
    fn chinese_keeps_the_calls_of_the_api() {
        let rows = [
            told(Lang::Zh, Event::Connected { took: 210_000 }, "", b"", Kind::TcpConnection),
            told(Lang::Zh, Event::HalfClosed, "", b"", Kind::TcpConnection),
        ];
        assert_eq!(rows[0], ("已连接".into(), "用时 0.21 ms".into()));
        assert_eq!(rows[1], ("shutdown".into(), "已发 FIN，仍可接收".into()));
    }
}
