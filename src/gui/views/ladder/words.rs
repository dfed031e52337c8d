//! What is said of lifelines, steps and arrows, on the screen and to those who cannot see it.

use crate::{
    gui::{
        Cx, tr,
        views::traffic::{Texts, count_bytes, hex, plain},
    },
    journal::{
        Event, Kind, Origin, Row,
        ladder::{Arrow, Band, End, Ladder, Lifeline, Seen, Step, Wait, What},
    },
    words::{self, Lang, number},
};

/// Bytes shown as hex where one points at a step.
const HEX: usize = 32;

/// The short name of a lifeline: `#2`, or the address of a peer outside.
pub fn end(ladder: &Ladder, line: usize) -> String {
    match ladder.lines.get(line).map(|line| line.end) {
        Some(End::Socket(id)) => id.to_string(),
        Some(End::Peer(addr)) => addr.to_string(),
        None => String::new(),
    }
}

/// What a lifeline is, in a word or two.
pub fn role(cx: &Cx<'_>, lifeline: &Lifeline) -> String {
    let lang = cx.lang;
    let End::Socket(id) = lifeline.end else { return tr!(lang, "ladder.outside").into_owned() };
    let accepted = cx.model.sockets.get(id).is_some_and(|entry| matches!(entry.origin, Origin::AcceptedBy(_)));
    let role = match lifeline.kind {
        Kind::TcpListener => tr!(lang, "ladder.listener"),
        Kind::TcpConnection if accepted => tr!(lang, "ladder.accepted"),
        Kind::TcpConnection => tr!(lang, "ladder.client"),
        Kind::UdpSocket => tr!(lang, "ladder.udp"),
    };
    format!("{id} {role}")
}

/// A call with its result: in the API's own words where it is one of the API's.
pub fn step(cx: &Cx<'_>, step: &Step, kind: Kind, row: Option<&Row<'_>>) -> String {
    let told = match step.event {
        Event::FileStarted { .. }
        | Event::FilePaused { .. }
        | Event::FileResumed { .. }
        | Event::FileEnded { .. }
        | Event::RepeatEnded { .. }
        | Event::OptionSet
        | Event::Asked
        | Event::Limited { .. }
        | Event::Ran { .. }
        | Event::Resolving => row.map(|row| words::call(cx.lang, row.record, kind).into_owned()),
        _ => None,
    };
    told.unwrap_or_else(|| step.label(kind == Kind::UdpSocket))
}

/// The text of a row's bytes in one line.
pub fn text(cx: &Cx<'_>, texts: &mut Texts, seq: u64, kind: Kind) -> String {
    plain(texts.of(&cx.model.journal, seq, kind))
}

/// The first characters of a text.
pub fn short(text: &str, at_most: usize) -> String {
    let mut short: String = text.chars().take(at_most).collect();
    if text.chars().nth(at_most).is_some() {
        short.push('…');
    }
    short
}

/// What pointing at a step says: what happened in words, and its bytes as text and hex.
pub fn step_tip(cx: &Cx<'_>, texts: &mut Texts, row: &Row<'_>, kind: Kind) -> String {
    let note = words::event(cx.lang, row, kind);
    let call = words::call(cx.lang, row.record, kind);
    let mut lines = vec![format!("{} {call} {note}", row.record.socket).trim_end().to_owned()];
    if row.record.event.has_payload() && !row.bytes.is_empty() {
        lines.push(count_bytes(cx.lang, row.bytes.len()));
        lines.push(short(&text(cx, texts, row.seq, kind), 64));
        lines.push(hex(row.bytes, HEX));
    }
    lines.join("\n")
}

/// What a screen reader says of an arrow: `5 bytes from #2 to #3, seen at both ends`.
pub fn arrow(lang: Lang, ladder: &Ladder, arrow: &Arrow) -> String {
    let (from, to) = (end(ladder, arrow.from.line), end(ladder, arrow.to.line));
    let what = match arrow.what {
        What::Data | What::Datagram | What::Part if arrow.count > 1 => counted(lang, arrow),
        What::File => file(lang, arrow),
        What::Data => count_bytes(lang, usize::try_from(arrow.len).unwrap_or(usize::MAX)),
        What::Datagram => {
            let bytes = count_bytes(lang, usize::try_from(arrow.len).unwrap_or(usize::MAX));
            tr!(lang, "ladder.datagram", bytes = bytes).into_owned()
        }
        What::Part => {
            let bytes = count_bytes(lang, usize::try_from(arrow.len).unwrap_or(usize::MAX));
            tr!(lang, "ladder.part_of_file", bytes = bytes).into_owned()
        }
        _ => arrow.word(),
    };
    tr!(lang, "ladder.arrow", what = what, from = from, to = to, seen = seen(lang, ladder, arrow)).into_owned()
}

/// What was seen of an arrow.
pub fn seen(lang: Lang, ladder: &Ladder, arrow: &Arrow) -> String {
    let end = |line: usize| ladder.lines.get(line).filter(|line| matches!(line.end, End::Socket(_)));
    let (sender, ours) = (end(arrow.from.line), end(arrow.to.line).is_some());
    match arrow.seen {
        Seen::Both => tr!(lang, "ladder.seen_both"),
        Seen::Unread => tr!(lang, "ladder.not_read"),
        Seen::Sender if ours => tr!(lang, "ladder.not_matched"),
        Seen::Sender => tr!(lang, "ladder.seen_sender"),
        // Of ours it is known that it sent it: there is no row of that.
        Seen::Receiver => match sender.map(|line| line.kind) {
            Some(Kind::UdpSocket) => tr!(lang, "ladder.came_without_row"),
            Some(_) => tr!(lang, "ladder.came_not_matched"),
            None => tr!(lang, "ladder.seen_receiver"),
        },
        Seen::Neither => tr!(lang, "ladder.seen_neither"),
    }
    .into_owned()
}

/// What many arrows are that are drawn as one: `3 000 sends`, or `3 000 datagrams`.
fn counted(lang: Lang, arrow: &Arrow) -> String {
    let count = number::grouped(arrow.count);
    match (arrow.what, arrow.seen) {
        (What::Datagram | What::Part, _) => tr!(lang, "ladder.datagrams", count = count),
        (_, Seen::Receiver) => tr!(lang, "ladder.recvs", count = count),
        _ => tr!(lang, "ladder.sends", count = count),
    }
    .into_owned()
}

/// A file on its way.
fn file(lang: Lang, arrow: &Arrow) -> String {
    tr!(lang, "ladder.file", size = number::size(arrow.len)).into_owned()
}

/// A state that a socket is in, for those who cannot see it: `#2 is ESTABLISHED from 10:42:07.118 on`.
pub fn band(lang: Lang, ladder: &Ladder, band: &Band, since: &str) -> String {
    let end = end(ladder, band.line);
    tr!(lang, "ladder.band", end = end, state = band.state.word(), since = since).into_owned()
}

/// What is known of a wait: `no recv returned for 1.2 s`.
pub fn wait(lang: Lang, wait: &Wait) -> String {
    let time = idle(wait.lasted);
    let told = if wait.to.is_some() {
        tr!(lang, "ladder.wait", time = time)
    } else {
        tr!(lang, "ladder.wait_on", time = time)
    };
    told.into_owned()
}

/// What stands on an arrow: the message, or the packet's name and that it is inferred.
pub fn on_arrow(cx: &Cx<'_>, texts: &mut Texts, ladder: &Ladder, arrow: &Arrow) -> String {
    let lang = cx.lang;
    if arrow.what == What::File {
        return file(lang, arrow);
    }
    if arrow.count > 1 {
        return counted(lang, arrow);
    }
    if arrow.is_dashed() {
        return tr!(lang, "ladder.inferred", word = arrow.word()).into_owned();
    }
    let kind = ladder.lines.get(arrow.from.line).map_or(Kind::TcpConnection, |line| line.kind);
    let row = arrow.message.and_then(|seq| cx.model.journal.row(seq));
    let whole = row.map_or(0, |row| row.bytes.len() as u64);
    let text = row.map(|row| short(&text(cx, texts, row.seq, kind), 14)).unwrap_or_default();
    let part = if arrow.len < whole {
        tr!(lang, "ladder.part", part = arrow.len, whole = whole).into_owned()
    } else if text.is_empty() {
        format!("{} B", arrow.len)
    } else {
        String::new()
    };
    let unread = if arrow.seen == Seen::Unread { tr!(lang, "ladder.not_read").into_owned() } else { String::new() };
    [text, part, unread].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// What stands where a time without calls is cut short, before this place: nothing happened, or a file was on its way.
pub fn fold(lang: Lang, ladder: &Ladder, place: usize, gap: u64) -> String {
    let file = ladder.transfers.iter().any(|file| file.from < place && file.to.is_none_or(|to| place <= to));
    let time = idle(gap);
    if file { tr!(lang, "ladder.idle_file", time = time) } else { tr!(lang, "ladder.idle", time = time) }.into_owned()
}

/// A time without calls in words: `2.3 s`.
pub fn idle(nanos: u64) -> String {
    number::duration(crate::journal::record::duration(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ladder::Transfer;

    #[test]
    fn nothing_is_idle_while_a_file_is_on_its_way() {
        let file = |from, to| Transfer { line: 0, seq: 0, from, to };
        let ladder = Ladder { transfers: vec![file(2, Some(3)), file(6, None)], ..Ladder::default() };
        let said = [2, 3, 4, 6, 7].map(|place| fold(Lang::En, &ladder, place, 18_200_000_000));
        assert_eq!(said, ["⋯ 18.2 s idle", "⋯ file, 18.2 s", "⋯ 18.2 s idle", "⋯ 18.2 s idle", "⋯ file, 18.2 s"]);
        assert_eq!(fold(Lang::Zh, &ladder, 3, 18_200_000_000), "⋯ 文件，18.2 s");
    }
}
