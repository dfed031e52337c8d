//! What became of boundaries, in a sentence.

use crate::{
    gui::tr,
    journal::{
        SocketId,
        spans::{Datagram, Fate, Lane, Matching, Tally},
    },
    words::{Lang, number::grouped},
};

/// A number of sends: `3 sends`.
pub fn sends(lang: Lang, count: usize) -> String {
    if count == 1 { tr!(lang, "ladder.one_send") } else { tr!(lang, "ladder.sends", count = grouped(count as u64)) }
        .into_owned()
}

/// A number of recvs: `1 recv`.
pub fn recvs(lang: Lang, count: usize) -> String {
    if count == 1 { tr!(lang, "ladder.one_recv") } else { tr!(lang, "ladder.recvs", count = grouped(count as u64)) }
        .into_owned()
}

/// A number of bytes: `6 bytes`.
pub fn bytes(lang: Lang, count: u64) -> String {
    let text = if count == 1 { tr!(lang, "detail.byte") } else { tr!(lang, "detail.bytes", count = grouped(count)) };
    text.into_owned()
}

/// What the lanes of a stream tell: `3 sends came out of 1 recv: TCP is a stream of bytes.`
pub fn stream(
    lang: Lang,
    sent: Option<&Lane>,
    received: Option<&Lane>,
    file_runs: bool,
    matching: &mut Matching,
) -> String {
    if file_runs {
        // The bytes of a file are told of when it has ended; until then what came of it stands against nothing.
        return tr!(lang, "ladder.file_runs").into_owned();
    }
    let (sent, received) = match (sent, received) {
        (Some(sent), Some(received)) => (sent, received),
        (Some(sent), None) => {
            return tr!(lang, "ladder.sends_only", sends = sends(lang, sent.calls() as usize)).into_owned();
        }
        (None, Some(received)) => {
            return tr!(lang, "ladder.recvs_only", recvs = recvs(lang, received.calls() as usize)).into_owned();
        }
        (None, None) => return String::new(),
    };
    if !(sent.whole && received.whole) {
        return tr!(lang, "ladder.not_whole").into_owned();
    }
    let told = matching.advance(sent, received);
    let (from, into) = (sends(lang, told.sends), recvs(lang, told.recvs));
    let mut text = match told {
        _ if told.sends == 0 => tr!(lang, "ladder.nothing_sent"),
        _ if told.recvs == 0 => tr!(lang, "ladder.nothing_read", sends = from),
        _ if told.glued > 0 || told.split > 0 => tr!(lang, "ladder.stream", sends = from, recvs = into),
        _ if told.unread > 0 => tr!(lang, "ladder.so_far", sends = from, recvs = into),
        _ => tr!(lang, "ladder.one_to_one", sends = from, recvs = into),
    }
    .into_owned();
    if told.unread > 0 && told.recvs > 0 {
        text = format!("{text} {}", tr!(lang, "ladder.unread", count = grouped(told.unread)));
    }
    text
}

/// What became of datagrams: `3 datagrams sent, 2 received, 1 lost, 1 cut: 6 bytes are gone.`
pub fn datagrams(lang: Lang, tally: Tally, rows_missing: u64) -> String {
    let came = grouped(tally.file_received);
    let files = match tally.files {
        0 => String::new(),
        1 => tr!(lang, "boundaries.one_file", count = came).into_owned(),
        files => tr!(lang, "boundaries.files", files = grouped(files), count = came).into_owned(),
    };
    if tally.sent + tally.received == 0 {
        return if files.is_empty() { tr!(lang, "boundaries.no_datagrams").into_owned() } else { files };
    }
    let mut parts = Vec::new();
    let mut part = |count: u64, text: std::borrow::Cow<'static, str>| {
        if count > 0 {
            parts.push(text);
        }
    };
    part(u64::from(tally.sent == 1), tr!(lang, "boundaries.one_sent"));
    part(tally.sent.saturating_sub(1), tr!(lang, "boundaries.sent", count = grouped(tally.sent)));
    let received = match tally.sent {
        0 if tally.received == 1 => tr!(lang, "boundaries.one_datagram_received"),
        0 => tr!(lang, "boundaries.datagrams_received", count = grouped(tally.received)),
        _ => tr!(lang, "boundaries.received", count = grouped(tally.received)),
    };
    part(tally.received, received);
    part(tally.of_file, tr!(lang, "boundaries.of_file", count = grouped(tally.of_file)));
    part(tally.from_outside, tr!(lang, "boundaries.from_outside", count = grouped(tally.from_outside)));
    part(tally.lost, tr!(lang, "boundaries.lost", count = grouped(tally.lost)));
    part(tally.cut, tr!(lang, "boundaries.cut", count = grouped(tally.cut)));
    part(tally.on_their_way(), tr!(lang, "boundaries.on_their_way", count = grouped(tally.on_their_way())));
    part(tally.unseen, tr!(lang, "boundaries.unseen", count = grouped(tally.unseen)));
    let told = parts.join(&tr!(lang, "boundaries.comma"));
    let told = match tally.gone {
        0 => tr!(lang, "boundaries.none_gone", told = told),
        1 => tr!(lang, "boundaries.one_gone", told = told),
        gone => tr!(lang, "boundaries.gone", told = told, count = grouped(gone)),
    };
    if rows_missing > 0 {
        return format!("{told} {}", tr!(lang, "boundaries.rows_missing", count = grouped(rows_missing)));
    }
    if !files.is_empty() {
        return format!("{told} {files}");
    }
    told.into_owned()
}

/// The word in the place of a datagram that is not there, and what a screen reader says of what became of it.
pub fn fate(lang: Lang, datagram: &Datagram) -> (String, String) {
    let id = |id: Option<SocketId>| id.map(|id| id.to_string()).unwrap_or_default();
    let addr = |addr: Option<std::net::SocketAddr>| addr.map(|addr| addr.to_string()).unwrap_or_default();
    let (kept, gone) = (grouped(datagram.kept.into()), bytes(lang, datagram.gone().into()));
    let (word, said) = match datagram.fate() {
        Fate::Whole | Fate::FromOutside => {
            (String::new().into(), tr!(lang, "boundaries.said_whole", id = id(datagram.receiver)))
        }
        Fate::OfFile => (String::new().into(), tr!(lang, "boundaries.said_file", id = id(datagram.receiver))),
        Fate::Cut => (
            tr!(lang, "boundaries.word_cut", bytes = gone),
            tr!(lang, "boundaries.said_cut", id = id(datagram.receiver), kept = kept, bytes = gone),
        ),
        Fate::Lost => {
            (tr!(lang, "boundaries.word_lost"), tr!(lang, "boundaries.said_lost", id = id(datagram.receiver)))
        }
        Fate::OnItsWay => {
            (tr!(lang, "boundaries.word_not_yet"), tr!(lang, "boundaries.said_not_yet", id = id(datagram.receiver)))
        }
        Fate::Unseen => (tr!(lang, "ladder.outside"), tr!(lang, "boundaries.said_unseen", address = addr(datagram.to))),
    };
    (word.into_owned(), said.into_owned())
}

/// A datagram with what became of it: `#1 sent 3 B to 127.0.0.1:9002: #2 received it whole`.
pub fn datagram(lang: Lang, datagram: &Datagram) -> String {
    let addr = |addr: Option<std::net::SocketAddr>| addr.map(|addr| addr.to_string()).unwrap_or_default();
    let len = bytes(lang, datagram.len.into());
    let (_, fate) = fate(lang, datagram);
    if let Some(id) = datagram.sender {
        tr!(lang, "boundaries.datagram", id = id, bytes = len, to = addr(datagram.to), fate = fate)
    } else {
        tr!(lang, "boundaries.datagram_outside", from = addr(datagram.from), bytes = len, fate = fate)
    }
    .into_owned()
}
