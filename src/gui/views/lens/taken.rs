//! What the lens takes over: the bytes of rows, or what stands in the field for messages.

use super::{Origin, Taken};
use crate::{
    journal::Journal,
    text::{
        Charset, Composition, Mode,
        escape::{self, Item},
        reading::{LONGEST, Source},
    },
};

/// The payload of these rows, read in this encoding: of those that moved bytes the same way on the same socket as the
/// row `chosen`. `None` if that one moved none, or has left.
pub fn from_rows(journal: &Journal, seqs: impl Iterator<Item = u64>, chosen: u64, charset: Charset) -> Option<Taken> {
    let first = journal.row(chosen)?;
    let direction = first.record.event.direction()?;
    if !first.record.event.has_payload() {
        return None;
    }
    let mut bytes = Vec::new();
    let mut ends = Vec::new();
    for seq in seqs {
        let Some(row) = journal.row(seq) else { continue };
        let same = row.record.socket == first.record.socket && row.record.generation == first.record.generation;
        if same && row.record.event.direction() == Some(direction) && row.record.event.has_payload() {
            bytes.extend_from_slice(row.bytes);
            ends.push(bytes.len());
        }
        // What is beyond the limit is counted, but not without end.
        if bytes.len() > 2 * LONGEST {
            break;
        }
    }
    let origin = Origin::Rows(first.record.socket, ends.len());
    if ends.len() < 2 {
        ends.clear();
    }
    Some(Taken { source: Source::Bytes(bytes, charset), origin, ends })
}

/// What is typed for a message: the text, with its escapes read; the bytes where it is hex or has bytes in it that
/// are no text. `None` if there is nothing.
pub fn from_composer(typed: &str, composition: Composition) -> Option<Taken> {
    if typed.is_empty() {
        return None;
    }
    let as_bytes = || composition.bytes(typed).ok().map(|bytes| Source::Bytes(bytes, composition.charset));
    let source = match composition.mode {
        Mode::Hex => as_bytes(),
        Mode::Text if composition.escapes => {
            let items: Result<Vec<Item>, _> = escape::items(typed).collect();
            let character = |item: &Item| match item {
                Item::Character(character) => Some(*character),
                Item::Byte(_) => None,
            };
            match items {
                Ok(items) => match items.iter().map(character).collect() {
                    Some(text) => Some(Source::Text(text)),
                    None => as_bytes(),
                },
                Err(_) => None,
            }
        }
        Mode::Text => None,
    };
    // What cannot be sent as it is is looked at as it was typed: that may be what the lens is wanted for.
    let source = source.unwrap_or_else(|| Source::Text(typed.to_owned()));
    Some(Taken { source, origin: Origin::Composer, ends: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Event, Record, SocketId, Span};

    fn journal(rows: &[(u32, Event, &[u8])]) -> Journal {
        let mut batch = Batch::default();
        for (socket, event, bytes) in rows {
            let socket = SocketId(*socket);
            let record = Record { at: 0, socket, generation: 0, event: *event, peer: None, bytes: Span::default() };
            batch.push(record, bytes);
        }
        let mut journal = Journal::default();
        journal.push(batch);
        journal
    }

    #[test]
    fn rows_of_one_stream_are_taken_together() {
        let (sent, received) = (Event::Sent { asked: 0 }, Event::Received { full: 0 });
        let rows: [(u32, Event, &[u8]); 6] = [
            (1, received, b"\xC4"),
            (1, sent, b"x"),
            (2, received, b"y"),
            (1, Event::PeerEnded, b""),
            (1, received, b"\xE3\xBA"),
            (1, received, b"\xC3"),
        ];
        let journal = journal(&rows);
        let taken = from_rows(&journal, 0..6, 4, Charset::GBK).unwrap();
        assert_eq!(taken.source, Source::Bytes(b"\xC4\xE3\xBA\xC3".to_vec(), Charset::GBK));
        assert_eq!((taken.origin, taken.ends), (Origin::Rows(SocketId(1), 3), vec![1, 3, 4]));
        let one = from_rows(&journal, 1..2, 1, Charset::GBK).unwrap();
        assert_eq!((one.origin, one.ends), (Origin::Rows(SocketId(1), 1), vec![]));
        assert!(from_rows(&journal, 3..4, 3, Charset::GBK).is_none(), "it moved no bytes");
        assert!(from_rows(&journal, 9..10, 9, Charset::GBK).is_none());
    }

    #[test]
    fn the_composer_gives_text_where_it_is_text() {
        let gbk = Composition { charset: Charset::GBK, ..Composition::default() };
        let escapes = Composition { escapes: true, ..gbk };
        let hex = Composition { mode: Mode::Hex, ..gbk };
        let text = |text: &str| Some(Source::Text(text.into()));
        let bytes = |bytes: &[u8]| Some(Source::Bytes(bytes.to_vec(), Charset::GBK));
        for (typed, composition, source) in [
            ("", gbk, None),
            ("你\\n", gbk, text("你\\n")),
            ("你\\n", escapes, text("你\n")),
            ("你\\xE3", escapes, bytes(b"\xC4\xE3\xE3")),
            ("你\\q", escapes, text("你\\q")),
            ("😀\\xE3", escapes, text("😀\\xE3")),
            ("C4 E3", hex, bytes(b"\xC4\xE3")),
            ("C4 E", hex, text("C4 E")),
        ] {
            assert_eq!(from_composer(typed, composition).map(|taken| taken.source), source, "{typed}");
        }
    }
}
