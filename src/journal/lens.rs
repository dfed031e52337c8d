//! The text of one row: a datagram by itself, or what a TCP row says as part of its stream.
//!
//! `recv` cuts a stream anywhere, also in the middle of a character. Decoding each row by itself would show two
//! broken halves where the peer sent one hanzi; so the rows before it are read too, as far back as it takes to
//! know where characters begin. The character is shown in the row that completes it, and the row that has only
//! its start says which bytes wait.
//!
//! How far back: to the start of the connection, or to a byte that begins a character in any case (in UTF-8
//! nearly every one, in GBK any byte below 0x30), but over at most [`ROWS`] rows of the stream, [`BYTES`] of
//! them, and [`LOOKED_AT`] rows of any socket. Beyond that, and where older rows have left the journal, a
//! character is taken to begin there. That can be wrong for GBK without a single space or line end, and for
//! UTF-16 and UTF-32 with reads of odd lengths; text by text it then finds its way back, UTF-16 does not.

use std::ops::Range;

use super::{
    record::{Event, Record},
    sockets::Kind,
    store::Journal,
};
use crate::text::{Charset, Decoder};

/// Rows of the stream that are read before the one that is shown.
pub const ROWS: usize = 64;
/// Bytes of the stream that are read before the row that is shown.
pub const BYTES: usize = 64 * 1024;
/// Rows of any socket that are looked at on the way.
pub const LOOKED_AT: usize = 4_096;

/// A character and the bytes of the row that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowGlyph {
    /// The character; U+FFFD where the bytes are not text.
    pub character: char,
    /// First byte, counted from the start of the row; negative if it lies in a row before.
    pub start: i32,
    /// How many bytes, those in rows before included. 0: see [`Glyph::len`](crate::text::Glyph::len).
    pub len: u8,
    /// Whether the bytes were text.
    pub valid: bool,
}

impl RowGlyph {
    /// Its bytes in this row.
    pub fn range(&self) -> Range<usize> {
        let end = self.start + i32::from(self.len);
        self.start.max(0) as usize..end.max(0) as usize
    }

    /// Whether it began in a row before.
    pub fn began_before(&self) -> bool {
        self.start < 0
    }
}

/// The text of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowText {
    /// Character by character. With [`held`](Self::held) and [`cut`](Self::cut) they cover the row.
    pub glyphs: Vec<RowGlyph>,
    /// Bytes at the end of the row that are the start of a character which is not complete in this row.
    pub held: Range<usize>,
    /// Bytes at the end of the row that were not decoded, because of the limit.
    pub cut: usize,
}

impl RowText {
    /// The characters alone.
    pub fn text(&self) -> String {
        self.glyphs.iter().map(|glyph| glyph.character).collect()
    }

    /// Which character the byte at this place of the row belongs to.
    pub fn glyph_at(&self, byte: usize) -> Option<usize> {
        let behind = self.glyphs.partition_point(|glyph| glyph.range().start <= byte);
        let found = self.glyphs[..behind].iter().rposition(|glyph| glyph.len > 0)?;
        self.glyphs.get(found)?.range().contains(&byte).then_some(found)
    }
}

/// Decodes the payload of the row `seq` of a socket of this `kind`, of which at most `limit` bytes (`usize::MAX`
/// for all of them; a table needs no more than fits on the screen).
///
/// `None` if the row is not in the journal or carries no payload.
pub fn row_text(journal: &Journal, seq: u64, kind: Kind, charset: Charset, limit: usize) -> Option<RowText> {
    let row = journal.row(seq)?;
    let direction = row.record.event.direction()?;
    let mut decoder = charset.decoder();
    if kind != Kind::UdpSocket {
        let ours = |record: &Record| record.socket == row.record.socket && record.generation == row.record.generation;
        let mut before = Vec::new();
        let mut bytes = 0;
        for older in journal.rows_before(seq).take(LOOKED_AT).filter(|older| ours(older.record)) {
            if matches!(older.record.event, Event::Opened { .. } | Event::Connected { .. }) {
                break;
            }
            if older.record.event.direction() != Some(direction) {
                continue;
            }
            if let Some(known) = charset.known_boundary(older.bytes) {
                before.push(&older.bytes[known..]);
                break;
            }
            before.push(older.bytes);
            bytes += older.bytes.len();
            if before.len() >= ROWS || bytes >= BYTES {
                break;
            }
        }
        for bytes in before.iter().rev() {
            decoder.skip(bytes);
        }
    }
    Some(read(decoder, row.bytes, limit, kind == Kind::UdpSocket))
}

/// `whole`: what is unfinished at the end will not be finished by another row.
fn read(mut decoder: Decoder, bytes: &[u8], limit: usize, whole: bool) -> RowText {
    let shown = &bytes[..bytes.len().min(limit)];
    let start = decoder.position() + decoder.pending() as u64;
    let mut glyphs = Vec::new();
    decoder.push_glyphs(shown, &mut glyphs);
    let cut = shown.len() < bytes.len();
    if whole && !cut {
        decoder.finish_glyphs(&mut glyphs);
    }
    let pending = decoder.pending().min(shown.len());
    let glyphs = glyphs.into_iter().map(|glyph| RowGlyph {
        character: glyph.character,
        start: glyph.start.wrapping_sub(start) as i32,
        len: glyph.len,
        valid: glyph.valid,
    });
    RowText {
        glyphs: glyphs.collect(),
        held: if cut { bytes.len()..bytes.len() } else { bytes.len() - pending..bytes.len() },
        cut: if cut { bytes.len() - shown.len() + pending } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        journal::{Batch, SocketId, Span},
        text::Unmappable,
    };

    fn journal(rows: &[(u32, u16, Event, &[u8])]) -> Journal {
        let mut journal = Journal::default();
        for (socket, generation, event, bytes) in rows {
            let record = Record {
                at: 0,
                socket: SocketId(*socket),
                generation: *generation,
                event: *event,
                peer: None,
                bytes: Span::default(),
            };
            let mut batch = Batch::default();
            batch.push(record, bytes);
            journal.push(batch);
        }
        journal
    }

    const IN: Event = Event::Received { full: 0 };
    const OUT: Event = Event::Sent { asked: 0 };
    const OPENED: Event = Event::Opened { listener: SocketId(0) };

    fn tcp(journal: &Journal, seq: u64, charset: Charset) -> RowText {
        row_text(journal, seq, Kind::TcpConnection, charset, usize::MAX).unwrap()
    }

    fn texts(journal: &Journal, charset: Charset) -> Vec<String> {
        journal.range().map(|seq| tcp(journal, seq, charset).text()).collect()
    }

    #[test]
    fn a_hanzi_cut_by_recv_shows_in_the_row_that_completes_it() {
        let journal = journal(&[(1, 0, IN, &[0xC4]), (1, 0, IN, &[0xE3, 0xBA, 0xC3])]);
        let first = tcp(&journal, 0, Charset::GBK);
        assert_eq!((first.text().as_str(), first.held.clone()), ("", 0..1));
        let second = tcp(&journal, 1, Charset::GBK);
        assert_eq!((second.text().as_str(), second.held.clone()), ("你好", 3..3));
        assert_eq!(second.glyphs[0], RowGlyph { character: '你', start: -1, len: 2, valid: true });
        assert!(second.glyphs[0].began_before() && !second.glyphs[1].began_before());
        assert_eq!((second.glyphs[0].range(), second.glyphs[1].range()), (0..1, 1..3));
        assert_eq!([0, 1, 2, 3].map(|byte| second.glyph_at(byte)), [Some(0), Some(1), Some(1), None]);
    }

    #[test]
    fn three_bytes_in_three_reads() {
        let journal = journal(&[(1, 0, IN, &[0xE4]), (1, 0, IN, &[0xBD]), (1, 0, IN, &[0xA0, 0xE5])]);
        assert_eq!(texts(&journal, Charset::UTF_8), ["", "", "你"]);
        assert_eq!(tcp(&journal, 1, Charset::UTF_8).held, 0..1);
        let last = tcp(&journal, 2, Charset::UTF_8);
        assert_eq!((last.glyphs[0].start, last.held), (-2, 1..2));
    }

    #[test]
    fn other_sockets_directions_and_lives_do_not_mix_in() {
        let journal = journal(&[
            (1, 0, IN, &[0xC4]),
            (1, 1, OPENED, b"127.0.0.1:1"),
            (1, 1, IN, &[0xBA]),
            (2, 0, IN, &[0xC4]),
            (1, 1, OUT, &[0xA3]),
            (1, 0, IN, &[0xC4]),
            (1, 1, IN, &[0xC3]),
            (2, 0, IN, &[0xE3]),
            (1, 1, OUT, &[0xAC]),
        ]);
        let text = |seq| tcp(&journal, seq, Charset::GBK).text();
        assert_eq!([6, 7, 8].map(text), ["好", "你", "，"]);
        assert_eq!(row_text(&journal, 1, Kind::TcpConnection, Charset::GBK, 99), None);
        assert_eq!(row_text(&journal, 99, Kind::TcpConnection, Charset::GBK, 99), None);
    }

    #[test]
    fn the_start_of_the_connection_is_where_text_starts() {
        let connected = Event::Connected { took: 1 };
        let journal = journal(&[(1, 0, IN, &[0xC4]), (1, 0, connected, b"127.0.0.1:1"), (1, 0, IN, &[0xBA, 0xC3])]);
        assert_eq!(tcp(&journal, 2, Charset::GBK).text(), "好");
    }

    #[test]
    fn a_datagram_stands_alone() {
        let journal = journal(&[(1, 0, IN, &[0xC4]), (1, 0, IN, &[0xE3, 0xBA, 0xC3]), (1, 0, IN, b"")]);
        let udp = |seq| row_text(&journal, seq, Kind::UdpSocket, Charset::GBK, usize::MAX).unwrap();
        let first = udp(0);
        assert_eq!((first.text().as_str(), first.glyphs[0].valid, first.held.is_empty()), ("\u{FFFD}", false, true));
        assert_eq!(udp(1).text(), "愫\u{FFFD}");
        assert_eq!(udp(2), RowText::default());
    }

    #[test]
    fn what_is_not_text_is_flagged_and_what_follows_is_read() {
        let journal = journal(&[(1, 0, IN, &[0xE4, 0xBD]), (1, 0, IN, b"a\xFFb")]);
        let row = tcp(&journal, 1, Charset::UTF_8);
        assert_eq!(row.text(), "\u{FFFD}a\u{FFFD}b");
        let glyphs: Vec<_> = row.glyphs.iter().map(|g| (g.start, g.len, g.valid)).collect();
        assert_eq!(glyphs, [(-2, 2, false), (0, 1, true), (1, 1, false), (2, 1, true)]);
        assert_eq!((row.glyphs[0].range(), row.glyph_at(0)), (0..0, Some(1)));
    }

    #[test]
    fn a_table_decodes_no_more_than_it_shows() {
        let journal = journal(&[(1, 0, IN, "你好，世界".as_bytes())]);
        let row = row_text(&journal, 0, Kind::TcpConnection, Charset::UTF_8, 7).unwrap();
        assert_eq!((row.text().as_str(), row.cut, row.held.is_empty()), ("你好", 9, true));
        let row = row_text(&journal, 0, Kind::UdpSocket, Charset::UTF_8, 15).unwrap();
        assert_eq!((row.text().as_str(), row.cut), ("你好，世界", 0));
    }

    #[test]
    fn a_long_history_of_others_is_not_searched_forever() {
        let mut rows = vec![(1, 0, IN, &[0xC4][..])];
        rows.extend(std::iter::repeat_n((2, 0, IN, &b"x"[..]), LOOKED_AT));
        rows.push((1, 0, IN, &[0xE3, 0xBA]));
        let journal = journal(&rows);
        assert_eq!(tcp(&journal, journal.range().end - 1, Charset::GBK).text(), "愫");
    }

    proptest! {
        #[test]
        fn rows_say_what_the_stream_says(
            text in "([你好世界，镕]|[a-z]|\n| |😀|é){1,12}",
            cuts in prop::collection::vec(0_usize..60, 0..6),
            label in prop::sample::select(vec!["utf-8", "gbk", "gb18030", "utf-16le", "utf-32be", "big5", "iso-2022-jp"]),
        ) {
            let charset = Charset::for_label(label).unwrap();
            let bytes = charset.encode(&text, Unmappable::Skip).unwrap();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let rows: Vec<_> = cuts.windows(2).map(|cut| (1, 0, IN, &bytes[cut[0]..cut[1]])).collect();
            let journal = journal(&rows);
            let all = texts(&journal, charset).concat();
            let held = tcp(&journal, journal.range().end - 1, charset).held.len();
            // Only an escape sequence at the very end still waits for a character.
            prop_assert!(held == 0 || label == "iso-2022-jp");
            prop_assert_eq!(all, charset.decode(&bytes));
        }
    }
}
