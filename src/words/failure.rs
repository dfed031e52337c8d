//! A failed call as one plain sentence: what happened, at which address, and what to try.
//!
//! The same number means different things to different calls (`connect(2)`, `udp(7)`, `bind(2)`): ECONNREFUSED from
//! `connect` is an RST, from a UDP socket it is an ICMP answer to an earlier datagram. So the sentence is chosen by
//! call *and* error, and only what no call gives a meaning of its own is told the same way everywhere.

use std::{borrow::Cow, net::SocketAddr, time::Duration};

use rust_i18n::t;

use super::{Lang, number};
use crate::journal::{Call, Failure, Fault, FaultKind, Kind};

/// What Linux keeps for a connection whose peer answers with RST after its FIN.
const EPIPE: i32 = 32;

/// What happened, to which address, and what to try, in one to three short sentences.
pub fn failure(lang: Lang, failure: &Failure, kind: Kind) -> String {
    let tag = lang.tag();
    let told = Told::new(lang, failure, kind);
    let address = &told.address;
    let what = failure.fault.kind;
    let text = match failure.call {
        Call::Resolve => Some(resolve(tag, &told, what)),
        Call::Connect => connect(tag, &told, what),
        Call::Bind | Call::Listen => bind(tag, &told, what),
        Call::Accept => match what {
            FaultKind::Aborted | FaultKind::Reset => Some(t!("fault.accept_aborted", locale = tag)),
            FaultKind::TooManyFiles => Some(t!("fault.accept_too_many", locale = tag)),
            _ => None,
        },
        Call::Send | Call::SendTo | Call::Recv | Call::RecvFrom if told.udp => datagram(tag, &told, what),
        Call::Send | Call::SendTo => match what {
            // The number says that the peer had ended before: the RST is its answer to what was sent since.
            FaultKind::Reset if failure.fault.errno == EPIPE => {
                Some(t!("fault.send_unwanted", locale = tag, address = address))
            }
            FaultKind::Reset => Some(t!("fault.send_reset", locale = tag, address = address)),
            FaultKind::HalfClosed => Some(t!("fault.send_half_closed", locale = tag, address = address)),
            FaultKind::BrokenPipe => Some(t!("fault.send_broken_pipe", locale = tag, address = address)),
            FaultKind::TimedOut => Some(t!("fault.send_timed_out", locale = tag, address = address)),
            FaultKind::QueueFull => Some(t!("fault.send_queue_full", locale = tag, address = address)),
            FaultKind::NotConnected => Some(t!("fault.send_not_connected", locale = tag)),
            _ => None,
        },
        Call::Recv | Call::RecvFrom => match what {
            FaultKind::Reset => Some(t!("fault.recv_reset", locale = tag, address = address)),
            FaultKind::TimedOut => Some(t!("fault.recv_timed_out", locale = tag, address = address)),
            _ => None,
        },
        Call::Shutdown if what == FaultKind::NotConnected => {
            Some(t!("fault.shutdown_gone", locale = tag, address = address))
        }
        Call::SetOption if told.detail.is_empty() => {
            Some(t!("fault.option_refused_bare", locale = tag, error = told.error))
        }
        Call::SetOption => Some(t!("fault.option_refused", locale = tag, option = told.detail, error = told.error)),
        Call::OpenFile | Call::ReadFile => Some(match what {
            FaultKind::NoFile => t!("fault.file_missing", locale = tag, path = told.detail),
            FaultKind::NotAFile => t!("fault.file_folder", locale = tag, path = told.detail),
            FaultKind::Permission => t!("fault.file_permission", locale = tag, path = told.detail),
            FaultKind::Cancelled => t!("fault.file_cancelled", locale = tag, path = told.detail),
            _ => t!("fault.file_other", locale = tag, path = told.detail, error = told.error),
        }),
        Call::Command | Call::Rule => rule(tag, &told, what),
        Call::Spawn if what == FaultKind::TooManyFiles => None,
        Call::Spawn => Some(t!("fault.spawn", locale = tag, error = told.error)),
        Call::Worker if told.detail.is_empty() => Some(t!("fault.bug_bare", locale = tag)),
        Call::Worker => Some(t!("fault.bug", locale = tag, detail = told.detail)),
        Call::Socket | Call::Shutdown => None,
    };
    text.unwrap_or_else(|| anywhere(tag, &told, what)).into_owned()
}

/// The same in a few words, for a place where the address already stands: a socket's card.
pub fn failure_short(lang: Lang, failure: &Failure, kind: Kind) -> String {
    let tag = lang.tag();
    let told = Told::new(lang, failure, kind);
    let binding = matches!(failure.call, Call::Bind | Call::Listen);
    let port = told.port;
    match failure.fault.kind {
        FaultKind::Refused if told.udp => t!("fault.short.udp_refused", locale = tag, port = port),
        FaultKind::Refused => t!("fault.short.refused", locale = tag, port = port),
        FaultKind::TimedOut if matches!(failure.call, Call::Connect | Call::Resolve) => {
            t!("fault.short.timed_out", locale = tag)
        }
        FaultKind::TimedOut => t!("fault.short.connection_lost", locale = tag),
        FaultKind::Reset => t!("fault.short.reset", locale = tag),
        FaultKind::BrokenPipe => t!("fault.short.broken_pipe", locale = tag),
        FaultKind::HalfClosed => t!("fault.short.half_closed", locale = tag),
        FaultKind::Aborted => t!("fault.short.aborted", locale = tag),
        FaultKind::NetUnreachable => t!("fault.short.net_unreachable", locale = tag),
        FaultKind::HostUnreachable => t!("fault.short.host_unreachable", locale = tag),
        FaultKind::NetDown => t!("fault.short.net_down", locale = tag),
        FaultKind::InUse if told.detail.is_empty() => t!("fault.short.in_use", locale = tag, port = port),
        FaultKind::InUse => t!("fault.short.in_use_by", locale = tag, port = port, process = told.detail),
        FaultKind::NotOurs if binding => t!("fault.short.not_ours", locale = tag, ip = told.ip),
        FaultKind::NotOurs => t!("fault.short.no_local_port", locale = tag),
        FaultKind::Permission if binding && told.low_port() => t!("fault.short.low_port", locale = tag),
        FaultKind::Permission if told.udp && !binding && told.lacks_broadcast() => {
            t!("fault.short.broadcast", locale = tag)
        }
        FaultKind::Permission => t!("fault.short.permission", locale = tag),
        FaultKind::TooLong => t!("fault.short.too_long", locale = tag),
        FaultKind::NotConnected if told.udp => t!("fault.short.no_peer", locale = tag),
        FaultKind::NotConnected => t!("fault.short.not_connected", locale = tag),
        FaultKind::NoBuffers => t!("fault.short.no_buffers", locale = tag),
        FaultKind::TooManyFiles => t!("fault.short.too_many_files", locale = tag),
        FaultKind::Family if matches!(failure.call, Call::Send | Call::SendTo | Call::Resolve) => {
            t!("fault.short.family", locale = tag)
        }
        FaultKind::Family => t!("fault.short.no_family", locale = tag),
        FaultKind::Invalid => t!("fault.short.invalid", locale = tag),
        FaultKind::NoFile => t!("fault.short.no_file", locale = tag),
        FaultKind::NotAFile => t!("fault.short.not_a_file", locale = tag),
        FaultKind::NoName => t!("fault.short.no_name", locale = tag, name = told.detail),
        FaultKind::NoAnswer => t!("fault.short.no_answer", locale = tag),
        FaultKind::QueueFull => t!("fault.short.queue_full", locale = tag),
        FaultKind::NotLoopback => t!("rule.short.not_loopback", locale = tag),
        FaultKind::NotConfirmed => t!("rule.short.not_confirmed", locale = tag),
        FaultKind::NotAllowed => t!("rule.short.not_allowed", locale = tag),
        FaultKind::Encoding => t!("rule.short.encoding", locale = tag),
        FaultKind::Framing => t!("rule.short.framing", locale = tag),
        FaultKind::Format => t!("rule.short.format", locale = tag),
        FaultKind::Cancelled => t!("fault.short.cancelled", locale = tag),
        FaultKind::Bug => t!("fault.short.bug", locale = tag),
        FaultKind::Other => t!("fault.short.other", locale = tag, call = told.call, error = told.error),
    }
    .into_owned()
}

/// The error's name with the system's own number behind it where it gave one: `ECONNREFUSED (errno 111)`.
fn error(lang: Lang, fault: Fault) -> String {
    let number = t!("fault.errno", locale = lang.tag(), number = fault.errno);
    match (fault.kind, fault.errno) {
        (kind, 0) => kind.name().into(),
        (FaultKind::Other, _) => number.into_owned(),
        (kind, _) => format!("{} ({number})", kind.name()),
    }
}

/// What the sentences are filled with.
struct Told<'f> {
    udp: bool,
    call: &'static str,
    addr: Option<SocketAddr>,
    /// The address, or words for it where none is known.
    address: Cow<'static, str>,
    ip: String,
    port: u16,
    detail: &'f str,
    error: String,
}

impl<'f> Told<'f> {
    fn new(lang: Lang, failure: &'f Failure, kind: Kind) -> Self {
        let address = match failure.addr {
            Some(addr) => Cow::Owned(addr.to_string()),
            None if !failure.detail.is_empty() && failure.call == Call::Connect => Cow::Owned(failure.detail.clone()),
            None => t!("fault.peer", locale = lang.tag()),
        };
        Self {
            udp: kind == Kind::UdpSocket,
            call: failure.call.name(),
            addr: failure.addr,
            ip: failure.addr.map_or_else(|| address.to_string(), |addr| addr.ip().to_string()),
            port: failure.addr.map_or(0, |addr| addr.port()),
            address,
            detail: &failure.detail,
            error: error(lang, failure.fault),
        }
    }

    fn v6(&self) -> bool {
        self.addr.is_some_and(|addr| addr.is_ipv6())
    }

    /// Whether it is a link-local address that does not say by which interface (RFC 4007).
    fn lacks_interface(&self) -> bool {
        matches!(self.addr, Some(SocketAddr::V6(v6)) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0)
    }

    /// Whether it looks like a broadcast address, and the socket may not broadcast (its detail would say `SO_BROADCAST=1`).
    fn lacks_broadcast(&self) -> bool {
        let broadcast = matches!(self.addr, Some(SocketAddr::V4(v4)) if v4.ip().octets()[3] == 255);
        broadcast && self.detail.is_empty()
    }

    fn low_port(&self) -> bool {
        (1..1024).contains(&self.port)
    }
}

type Text = Cow<'static, str>;

fn resolve(tag: &'static str, told: &Told<'_>, what: FaultKind) -> Text {
    let name = told.detail;
    match what {
        FaultKind::NoName => t!("fault.resolve_no_name", locale = tag, name = name),
        FaultKind::NoAnswer => t!("fault.resolve_no_answer", locale = tag, name = name),
        FaultKind::TooManyFiles => t!("fault.too_many_files", locale = tag),
        FaultKind::TimedOut => t!("fault.resolve_timed_out", locale = tag, name = name),
        FaultKind::Cancelled => t!("fault.resolve_cancelled", locale = tag, name = name),
        FaultKind::Family => t!("fault.resolve_family", locale = tag, name = name),
        _ => t!("fault.resolve_other", locale = tag, name = name, error = told.error),
    }
}

fn connect(tag: &'static str, told: &Told<'_>, what: FaultKind) -> Option<Text> {
    let address = &told.address;
    Some(match what {
        FaultKind::Refused => t!("fault.connect_refused", locale = tag, address = address),
        FaultKind::TimedOut => {
            if let Some(time) = waited(told.detail) {
                t!("fault.connect_timed_out_after", locale = tag, address = address, time = time)
            } else {
                t!("fault.connect_timed_out", locale = tag, address = address)
            }
        }
        FaultKind::Reset | FaultKind::Aborted => t!("fault.connect_reset", locale = tag, address = address),
        FaultKind::NotOurs | FaultKind::InUse => t!("fault.connect_not_ours", locale = tag, address = address),
        FaultKind::Permission if told.udp => forbidden(tag, told),
        FaultKind::Permission => t!("fault.connect_permission", locale = tag, address = address),
        FaultKind::Invalid if told.lacks_interface() => t!("fault.connect_invalid", locale = tag, address = address),
        FaultKind::Invalid if told.udp => t!("fault.udp_invalid", locale = tag, address = address),
        FaultKind::Invalid => t!("fault.connect_no_way", locale = tag, address = address),
        FaultKind::Cancelled => t!("fault.connect_cancelled", locale = tag, address = address),
        FaultKind::NoName => t!("fault.resolve_no_name", locale = tag, name = told.detail),
        FaultKind::Family if told.udp => wrong_family(tag, told),
        _ => return None,
    })
}

/// How long the worker waited, which stands in the detail (`10000 ms`); the kernel's own limit is not told.
fn waited(detail: &str) -> Option<String> {
    let millis = detail.strip_suffix(" ms")?.parse().ok().filter(|millis| *millis > 0)?;
    Some(number::duration(Duration::from_millis(millis)))
}

fn bind(tag: &'static str, told: &Told<'_>, what: FaultKind) -> Option<Text> {
    let (address, port) = (&told.address, told.port);
    Some(match what {
        FaultKind::InUse if told.detail.is_empty() => t!("fault.bind_in_use", locale = tag, port = port),
        FaultKind::InUse => t!("fault.bind_in_use_by", locale = tag, port = port, process = told.detail),
        FaultKind::NotOurs if !told.detail.is_empty() => {
            t!("fault.bind_not_ours_use", locale = tag, ip = told.ip, addresses = told.detail)
        }
        FaultKind::NotOurs if told.v6() => t!("fault.bind_not_ours_v6", locale = tag, ip = told.ip),
        FaultKind::NotOurs => t!("fault.bind_not_ours", locale = tag, ip = told.ip),
        FaultKind::Permission if told.low_port() => t!("fault.bind_low_port", locale = tag, port = port),
        FaultKind::Permission => t!("fault.bind_permission", locale = tag, address = address),
        FaultKind::Invalid => t!("fault.bind_invalid", locale = tag, address = address),
        _ => return None,
    })
}

/// Sending and receiving on a UDP socket. What `recvfrom` reports there was caused by an earlier send (`udp(7)`).
fn datagram(tag: &'static str, told: &Told<'_>, what: FaultKind) -> Option<Text> {
    let address = &told.address;
    Some(match what {
        // Windows reports the ICMP answer as WSAECONNRESET.
        FaultKind::Refused | FaultKind::Reset => t!("fault.udp_refused", locale = tag, address = address),
        FaultKind::TooLong if told.v6() => t!("fault.udp_too_long_v6", locale = tag, address = address),
        FaultKind::TooLong => t!("fault.udp_too_long", locale = tag, address = address),
        FaultKind::Permission => forbidden(tag, told),
        FaultKind::NotConnected => t!("fault.udp_no_peer", locale = tag),
        FaultKind::Family => wrong_family(tag, told),
        FaultKind::NoBuffers => t!("fault.udp_no_buffers", locale = tag, address = address),
        FaultKind::QueueFull => t!("fault.udp_queue_full", locale = tag, address = address),
        FaultKind::Invalid if told.lacks_interface() => t!("fault.connect_invalid", locale = tag, address = address),
        FaultKind::Invalid => t!("fault.udp_invalid", locale = tag, address = address),
        _ => return None,
    })
}

/// What a rule of a responder could not do.
fn rule(tag: &'static str, told: &Told<'_>, what: FaultKind) -> Option<Text> {
    let detail = told.detail;
    Some(match what {
        FaultKind::NotLoopback => t!("rule.not_loopback", locale = tag, address = told.address),
        FaultKind::NotConfirmed => t!("rule.not_confirmed", locale = tag),
        FaultKind::NotAllowed => t!("rule.not_allowed", locale = tag, command = detail),
        FaultKind::Encoding => t!("rule.encoding", locale = tag, what = detail),
        FaultKind::Framing => t!("rule.framing", locale = tag, address = told.address, what = detail),
        FaultKind::Format => t!("rule.format", locale = tag, format = detail),
        FaultKind::TimedOut => t!("rule.timed_out", locale = tag, command = detail),
        FaultKind::TooLong => t!("rule.too_long", locale = tag, command = detail),
        FaultKind::QueueFull => t!("rule.queue_full", locale = tag, address = told.address),
        FaultKind::NoFile if told.call == Call::Command.name() => t!("rule.no_program", locale = tag, command = detail),
        _ => return None,
    })
}

/// The system does not let a datagram go there. Without the switch for broadcasts that may be why; with it, it is not.
fn forbidden(tag: &'static str, told: &Told<'_>) -> Text {
    let address = &told.address;
    match (told.detail.is_empty(), told.lacks_broadcast()) {
        (_, true) => t!("fault.udp_broadcast", locale = tag, address = address),
        (true, false) => t!("fault.udp_forbidden_or_broadcast", locale = tag, address = address),
        (false, false) => t!("fault.udp_forbidden", locale = tag, address = address),
    }
}

fn wrong_family(tag: &'static str, told: &Told<'_>) -> Text {
    if told.v6() {
        t!("fault.udp_wrong_family_v6", locale = tag, address = told.address)
    } else {
        t!("fault.udp_wrong_family_v4", locale = tag, address = told.address)
    }
}

/// What an error means whatever the call was.
fn anywhere(tag: &'static str, told: &Told<'_>, what: FaultKind) -> Text {
    let address = &told.address;
    match what {
        FaultKind::NetUnreachable => t!("fault.net_unreachable", locale = tag, address = address),
        FaultKind::HostUnreachable => t!("fault.host_unreachable", locale = tag, address = address),
        FaultKind::NetDown => t!("fault.net_down", locale = tag, address = address),
        FaultKind::Aborted => t!("fault.aborted", locale = tag, address = address),
        FaultKind::TooManyFiles => t!("fault.too_many_files", locale = tag),
        FaultKind::NoBuffers => t!("fault.no_buffers", locale = tag),
        FaultKind::Cancelled => t!("fault.cancelled", locale = tag, call = told.call),
        FaultKind::Family => t!("fault.no_family", locale = tag, address = address),
        FaultKind::Framing => t!("framing.unsendable", locale = tag, what = told.detail),
        _ if told.detail.is_empty() => {
            t!("fault.other", locale = tag, call = told.call, error = told.error, address = address)
        }
        _ => t!(
            "fault.other_detail",
            locale = tag,
            call = told.call,
            error = told.error,
            address = address,
            detail = told.detail
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(call: Call, kind: FaultKind, addr: &str, detail: &str) -> Failure {
        Failure { call, fault: Fault::of(kind), addr: addr.parse().ok(), detail: detail.into(), at: 0 }
    }

    #[test]
    fn sentences_name_the_address_and_what_to_try() {
        use Kind::{TcpConnection as Tcp, TcpListener as Server, UdpSocket as Udp};
        for (given, kind, en, zh) in [
            (
                failed(Call::Connect, FaultKind::Refused, "127.0.0.1:8010", ""),
                Tcp,
                "Nobody is listening on 127.0.0.1:8010. Start the server first, or check the port.",
                "127.0.0.1:8010 上没有程序在监听。先启动服务端，或检查端口号。",
            ),
            (
                failed(Call::Bind, FaultKind::InUse, "127.0.0.1:8008", "python3 (pid 123)"),
                Server,
                "Port 8008 is already used by python3 (pid 123). Stop it, or choose another port (0 lets the system choose).",
                "端口 8008 已被 python3 (pid 123) 占用。停止它，或换一个端口（0 由系统选择）。",
            ),
            (
                failed(Call::Connect, FaultKind::TimedOut, "10.255.255.1:80", "2500 ms"),
                Tcp,
                "No answer from 10.255.255.1:80 within 2.5 s. The address may be wrong, the computer off, or a firewall drops the packets.",
                "10.255.255.1:80 在 2.5 s 内没有应答。可能地址不对、对方没有开机，或防火墙丢掉了数据包。",
            ),
            (
                failed(Call::Bind, FaultKind::NotOurs, "203.0.113.1:80", "127.0.0.1, 0.0.0.0"),
                Server,
                "203.0.113.1 is not an address of this computer. Use one of these: 127.0.0.1, 0.0.0.0.",
                "203.0.113.1 不是本机的地址。可以用：127.0.0.1, 0.0.0.0。",
            ),
            (
                failed(Call::SendTo, FaultKind::TooLong, "[::1]:9", ""),
                Udp,
                "A UDP datagram over IPv6 holds at most 65 527 bytes. This one was not sent to [::1]:9; send less, or use TCP.",
                "IPv6 上的一个 UDP 数据报最多 65 527 字节。这一个没有发往 [::1]:9；请发短一些，或用 TCP。",
            ),
            (
                failed(Call::RecvFrom, FaultKind::Refused, "127.0.0.1:9", ""),
                Udp,
                "The computer at 127.0.0.1:9 answered that no program has that port (ICMP port unreachable). Start the receiver first, or check the port.",
                "127.0.0.1:9 那台计算机回答说没有程序使用该端口（ICMP 端口不可达）。先启动接收方，或检查端口号。",
            ),
            (
                failed(Call::Resolve, FaultKind::NoName, "", "nowhere.invalid"),
                Tcp,
                "The name nowhere.invalid has no address. Check the spelling, or type an IP address.",
                "名字 nowhere.invalid 没有对应的地址。检查拼写，或直接输入 IP 地址。",
            ),
        ] {
            assert_eq!(failure(Lang::En, &given, kind), en);
            assert_eq!(failure(Lang::Zh, &given, kind), zh);
        }
    }

    #[test]
    fn an_error_of_many_causes_is_not_told_as_one_of_them() {
        use FaultKind::{HalfClosed, Invalid, NoAnswer, Permission, TooManyFiles};
        use Kind::{TcpConnection as Tcp, UdpSocket as Udp};
        let scoped = "A link-local address needs its interface";
        for (call, what, addr, detail, kind, part) in [
            (Call::Connect, Invalid, "[fe80::1]:80", "", Tcp, scoped),
            (Call::SendTo, Invalid, "[fe80::1]:80", "", Udp, scoped),
            (Call::Connect, Invalid, "10.1.0.5:80", "", Tcp, "whether a route of this computer blocks it"),
            (Call::Connect, Invalid, "8.8.8.8:9", "", Udp, "bound to 127.0.0.1 reaches this computer only"),
            (Call::SendTo, Permission, "255.255.255.255:9", "", Udp, "broadcasting is off"),
            (Call::Connect, Permission, "255.255.255.255:9", "", Udp, "twocan udp --broadcast"),
            (Call::SendTo, Permission, "10.1.0.5:80", "", Udp, "if it is a broadcast address"),
            (Call::Connect, Permission, "10.1.0.5:80", "SO_BROADCAST=1", Udp, "Check the firewall and the routes of"),
            (Call::SendTo, Permission, "10.1.0.255:80", "SO_BROADCAST=1", Udp, "Check the firewall and the routes of"),
            (Call::Resolve, NoAnswer, "", "example.org", Tcp, "no name server answered"),
            (Call::Resolve, TooManyFiles, "", "localhost", Tcp, "Too many files and sockets are open"),
            (Call::Spawn, TooManyFiles, "", "", Tcp, "Too many files and sockets are open"),
            (Call::Send, HalfClosed, "127.0.0.1:80", "", Tcp, "is still received"),
        ] {
            let told = failure(Lang::En, &failed(call, what, addr, detail), kind);
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn an_error_without_a_name_keeps_its_number() {
        let given = Failure {
            fault: Fault { kind: FaultKind::Other, errno: 71 },
            ..failed(Call::Recv, FaultKind::Other, "", "")
        };
        assert_eq!(failure(Lang::En, &given, Kind::TcpConnection), "recv failed with errno 71 (the other end).");
        assert_eq!(failure_short(Lang::Zh, &given, Kind::TcpConnection), "recv：errno 71。");
    }

    #[test]
    fn every_call_with_every_error_has_a_whole_sentence() {
        for call in Call::ALL {
            for fault in FaultKind::ALL {
                for (addr, detail) in [("", ""), ("127.0.0.1:80", "x (1)"), ("[::1]:8008", "%{name}")] {
                    let given = failed(call, fault, addr, detail);
                    for kind in [Kind::TcpListener, Kind::TcpConnection, Kind::UdpSocket] {
                        for lang in Lang::ALL {
                            for text in [failure(lang, &given, kind), failure_short(lang, &given, kind)] {
                                let text = text.replace("%{name}", "x");
                                assert!(!text.contains("%{") && !text.starts_with("fault."), "{text}");
                                assert!(text.len() > 5, "{text}");
                            }
                        }
                    }
                }
            }
        }
    }
}
