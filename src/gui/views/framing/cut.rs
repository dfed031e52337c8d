//! The messages of one connection, cut out of the journal's rows as they come. Pure.
//!
//! The bytes are the record: nothing is kept here but where each read and each message lies in the stream, and what the
//! decoder waits with. Rows are fed once, a bounded number a frame. What leaves the journal leaves here too, and what left
//! before it could be read is a gap: then cutting begins anew at the next row, and [`Cut::is_whole`] says so.

use std::{collections::VecDeque, ops::Range, time::Duration};

use crate::{
    framing::{Decoder, Framing, FramingError, Missing, Parts},
    journal::{Event, Journal, Kind, Nanos, Row, SocketId},
};

/// Rows looked at a frame.
const STEP: usize = 50_000;
/// Messages found a frame, but for those of the last read.
const MESSAGES: usize = 10_000;
/// Bytes fed a frame, but for those of the last read.
const BYTES: usize = 1 << 20;
/// Messages that are listed at most; an empty line takes one byte of the journal and much more here.
const KEPT: usize = 200_000;
/// Records come a little later than they happened: so long silence is waited for before it counts.
const LATE: Nanos = 50_000_000;

/// What is cut, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Whose rows.
    pub socket: SocketId,
    /// Datagrams are messages already.
    pub kind: Kind,
    /// Where messages end.
    pub framing: Framing,
    /// The longest one, in bytes.
    pub limit: usize,
}

/// One `recv` that returned bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The row.
    pub seq: u64,
    /// When it returned.
    pub at: Nanos,
    /// Its first byte in the stream.
    pub offset: u64,
    /// How many bytes.
    pub len: u64,
    /// How many bytes waited in the buffer before it came.
    pub before: u64,
    /// How many waited when all messages had been taken out.
    pub after: u64,
    /// How many messages it completed.
    pub messages: u64,
}

impl Read {
    /// The byte behind its last.
    pub fn end(&self) -> u64 {
        self.offset + self.len
    }
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The first byte of its frame in the stream.
    pub start: u64,
    /// How its frame is made.
    pub parts: Parts,
    /// When it was whole.
    pub at: Nanos,
}

impl Message {
    /// The byte behind its frame.
    pub fn end(&self) -> u64 {
        self.start + self.parts.len() as u64
    }

    /// Where its body lies in the stream.
    pub fn body(&self) -> Range<u64> {
        let start = self.start + self.parts.before() as u64;
        start..start + self.parts.body as u64
    }
}

/// The messages of a connection.
#[derive(Debug, Default)]
pub struct Cut {
    source: Option<Source>,
    decoder: Option<Decoder>,
    next: u64,
    generation: u16,
    reads: VecDeque<Read>,
    reads_gone: u64,
    messages: VecDeque<Message>,
    messages_gone: u64,
    came: u64,
    error: Option<FramingError>,
    partial: bool,
    ended: bool,
}

impl Cut {
    /// Takes in what came since the last time. Returns whether it is up to date.
    pub fn advance(&mut self, journal: &Journal, source: &Source, now: Nanos) -> bool {
        if self.source.as_ref() != Some(source) {
            *self = Self { source: Some(source.clone()), ..Self::default() };
            self.restart(false);
        }
        let range = journal.range();
        if range.start > self.next {
            // Rows left that were never looked at, and they may have been of this connection.
            self.restart(true);
            self.next = range.start;
        }
        self.forget_before(range.start);
        let (mut bytes, mut until) = (0, self.messages_gone + self.messages.len() as u64);
        until += MESSAGES as u64;
        for row in journal.rows_from(self.next).take(STEP) {
            self.next = row.seq + 1;
            if row.record.socket == source.socket {
                bytes += row.bytes.len();
                self.row(&row, source);
            }
            if bytes > BYTES || self.messages_gone + self.messages.len() as u64 > until {
                break;
            }
        }
        let done = self.next >= range.end;
        if done && let Some(decoder) = &mut self.decoder {
            decoder.quiet_until(Duration::from_nanos(now.saturating_sub(LATE)));
            self.collect();
        }
        done
    }

    /// When to look again although nothing came: silence may end a message then.
    pub fn due(&self) -> Option<Nanos> {
        let due = self.decoder.as_ref()?.due()?;
        Some(u64::try_from(due.as_nanos()).unwrap_or(u64::MAX).saturating_add(LATE))
    }

    /// The reads that are there; the first has the number [`first_read`](Self::first_read).
    pub fn reads(&self) -> &VecDeque<Read> {
        &self.reads
    }

    /// The number of the first read that is there, from 1.
    pub fn first_read(&self) -> u64 {
        self.reads_gone + 1
    }

    /// The messages that are there; the first has the number [`first_message`](Self::first_message).
    pub fn messages(&self) -> &VecDeque<Message> {
        &self.messages
    }

    /// The number of the first message that is there, from 1.
    pub fn first_message(&self) -> u64 {
        self.messages_gone + 1
    }

    /// The message of this number.
    pub fn message(&self, number: u64) -> Option<&Message> {
        self.messages.get(usize::try_from(number.checked_sub(self.first_message())?).ok()?)
    }

    /// Why there are no more messages.
    pub fn error(&self) -> Option<&FramingError> {
        self.error.as_ref()
    }

    /// Whether the stream is there from its first byte on; else a message may have begun before it.
    pub fn is_whole(&self) -> bool {
        !self.partial
    }

    /// Whether the peer, or the connection, has ended.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Bytes that wait for the rest of their message.
    pub fn waiting(&self) -> u64 {
        self.decoder.as_ref().map_or(0, Decoder::buffered) as u64
    }

    /// What they wait for.
    pub fn missing(&self) -> Option<Missing> {
        self.decoder.as_ref()?.missing()
    }

    /// How many bytes came.
    pub fn came(&self) -> u64 {
        self.came
    }

    /// The reads, as places in [`reads`](Self::reads), that carried bytes of this range.
    pub fn reads_of(&self, range: &Range<u64>) -> Range<usize> {
        let first = self.reads.partition_point(|read| read.end() <= range.start);
        let last = self.reads.partition_point(|read| read.offset < range.end.max(range.start + 1));
        first..last.max(first)
    }

    /// The messages, as places in [`messages`](Self::messages), whose frames have bytes of this range.
    pub fn messages_of(&self, range: &Range<u64>) -> Range<usize> {
        let first = self.messages.partition_point(|message| message.end() <= range.start);
        let last = self.messages.partition_point(|message| message.start < range.end);
        first..last.max(first)
    }

    /// Bytes of the stream, as far as their rows are there, and at most so many.
    pub fn bytes(&self, journal: &Journal, range: &Range<u64>, at_most: usize) -> Vec<u8> {
        let end = range.end.min(range.start.saturating_add(at_most as u64));
        let mut bytes = Vec::new();
        for read in self.reads.range(self.reads_of(&(range.start..end))) {
            let Some(row) = journal.row(read.seq) else { continue };
            let from = usize::try_from(range.start.saturating_sub(read.offset)).unwrap_or(usize::MAX);
            let to = usize::try_from(end.saturating_sub(read.offset)).unwrap_or(usize::MAX).min(row.bytes.len());
            bytes.extend_from_slice(row.bytes.get(from..to).unwrap_or_default());
        }
        bytes
    }

    /// Begins with an empty buffer; `partial` if bytes of the same stream were before.
    fn restart(&mut self, partial: bool) {
        let Some(source) = &self.source else { return };
        self.decoder = Some(Decoder::new(source.framing.clone(), source.limit));
        self.reads.clear();
        self.messages.clear();
        (self.reads_gone, self.messages_gone, self.came) = (0, 0, 0);
        (self.error, self.partial, self.ended) = (None, partial, false);
    }

    fn forget_before(&mut self, first: u64) {
        let left = self.reads.partition_point(|read| read.seq < first);
        if left > 0 {
            self.reads.drain(..left);
            self.reads_gone += left as u64;
            let begins = self.reads.front().map_or(u64::MAX, |read| read.offset);
            let left = self.messages.partition_point(|message| message.start < begins);
            self.messages.drain(..left);
            self.messages_gone += left as u64;
        }
    }

    fn row(&mut self, row: &Row<'_>, source: &Source) {
        let record = row.record;
        let begins = matches!(record.event, Event::Connected { .. } | Event::Opened { .. });
        if record.generation != self.generation || (begins && source.kind == Kind::TcpConnection) {
            self.generation = record.generation;
            self.restart(false);
        }
        match record.event {
            Event::Received { .. } => self.read(row, source.kind),
            Event::PeerEnded | Event::Closed { .. } | Event::Aborted { .. } => {
                self.ended = true;
                if let Some(decoder) = &mut self.decoder {
                    decoder.finish();
                }
                self.collect();
            }
            _ => {}
        }
    }

    fn read(&mut self, row: &Row<'_>, kind: Kind) {
        let len = row.bytes.len() as u64;
        let before = self.waiting();
        let (offset, at) = (self.came, row.record.at);
        self.reads.push_back(Read { seq: row.seq, at, offset, len, before, after: before, messages: 0 });
        self.came += len;
        if kind == Kind::UdpSocket {
            let parts = Parts { body: row.bytes.len(), ..Parts::default() };
            self.found(Message { start: offset, parts, at });
            self.drained(1);
        } else if let Some(decoder) = &mut self.decoder {
            decoder.push_at(row.bytes, Duration::from_nanos(at));
            self.collect();
        }
    }

    /// Takes the whole messages out of the decoder.
    fn collect(&mut self) {
        let at = self.reads.back().map_or(0, |read| read.at);
        let mut count = 0;
        while self.error.is_none()
            && let Some(frame) = self.decoder.as_mut().and_then(Decoder::next_frame)
        {
            match frame {
                Ok(frame) => {
                    self.found(Message { start: frame.start, parts: frame.parts, at });
                    count += 1;
                }
                Err(error) => self.error = Some(error),
            }
        }
        self.drained(count);
    }

    fn found(&mut self, message: Message) {
        self.messages.push_back(message);
        if self.messages.len() > KEPT {
            self.messages.pop_front();
            self.messages_gone += 1;
        }
    }

    fn drained(&mut self, count: u64) {
        let after = self.waiting();
        if let Some(read) = self.reads.back_mut() {
            read.messages += count;
            read.after = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Budget, CloseReason, Record, Span};

    const MS: Nanos = 1_000_000;

    fn source(spec: &str) -> Source {
        Source { socket: SocketId(1), kind: Kind::TcpConnection, framing: spec.parse().unwrap(), limit: 100 }
    }

    fn push(journal: &mut Journal, at: Nanos, event: Event, generation: u16, bytes: &[u8]) {
        let mut batch = Batch::default();
        let socket = SocketId(1);
        batch.push(Record { at, socket, generation, event, peer: None, bytes: Span::default() }, bytes);
        let event = Event::Received { full: 1 };
        batch.push(Record { at, socket: SocketId(2), generation: 0, event, peer: None, bytes: Span::default() }, b"x");
        journal.push(batch);
    }

    fn received(journal: &mut Journal, at: Nanos, bytes: &[u8]) {
        push(journal, at, Event::Received { full: bytes.len() as u32 }, 0, bytes);
    }

    fn told(cut: &Cut, journal: &Journal) -> Vec<String> {
        let text = |message: &Message| String::from_utf8_lossy(&cut.bytes(journal, &message.body(), 99)).into_owned();
        cut.messages().iter().map(text).collect()
    }

    #[test]
    fn reads_fill_a_buffer_and_messages_drain_it() {
        let (mut journal, mut cut) = (Journal::default(), Cut::default());
        let source = source("u16-be");
        for (at, bytes) in [&b"\0\x05he"[..], b"llo\0\x02hi\0", b"\x01!\0\x09wait"].into_iter().enumerate() {
            received(&mut journal, at as u64 * MS, bytes);
            assert!(cut.advance(&journal, &source, 0));
        }
        assert_eq!(told(&cut, &journal), ["hello", "hi", "!"]);
        let levels: Vec<_> = cut.reads().iter().map(|read| (read.before, read.after, read.messages)).collect();
        assert_eq!(levels, [(0, 4, 0), (4, 1, 2), (1, 6, 1)]);
        assert_eq!((cut.waiting(), cut.missing()), (6, Some(Missing::Exactly(5))));
        let third = cut.messages()[2];
        assert_eq!((third.start, third.end(), third.at), (11, 14, 2 * MS));
        assert_eq!(cut.reads_of(&(third.start..third.end())), 1..3);
        assert_eq!(cut.messages_of(&(4..12)), 0..3);
        // In one go the same comes out.
        let mut again = Cut::default();
        again.advance(&journal, &source, 0);
        assert_eq!((again.messages(), again.reads()), (cut.messages(), cut.reads()));
    }

    #[test]
    fn another_framing_reads_all_again_and_another_life_begins_anew() {
        let (mut journal, mut cut) = (Journal::default(), Cut::default());
        received(&mut journal, 0, b"one\ntwo\nthr");
        cut.advance(&journal, &source("line"), 0);
        assert_eq!(told(&cut, &journal), ["one", "two"]);
        cut.advance(&journal, &source("fixed:2"), 0);
        assert_eq!(told(&cut, &journal), ["on", "e\n", "tw", "o\n", "th"]);
        push(&mut journal, 1, Event::Connected { took: 1 }, 1, b"");
        push(&mut journal, 2, Event::Received { full: 2 }, 1, b"ok");
        cut.advance(&journal, &source("fixed:2"), 0);
        assert_eq!((told(&cut, &journal), cut.came(), cut.is_whole()), (vec!["ok".into()], 2, true));
    }

    #[test]
    fn an_error_ends_it_with_its_bytes_and_the_end_tells_what_was_cut_off() {
        let (mut journal, mut cut) = (Journal::default(), Cut::default());
        received(&mut journal, 0, b"\0\x02ok\xFF\xFFx");
        received(&mut journal, 1, b"more");
        cut.advance(&journal, &source("u16-be"), 0);
        assert_eq!(told(&cut, &journal), ["ok"]);
        let error = FramingError::Announced { bytes: vec![0xFF, 0xFF], length: 65_535, limit: 100 };
        assert_eq!((cut.error(), cut.waiting(), cut.came()), (Some(&error), 0, 11));
        push(&mut journal, 2, Event::PeerEnded, 0, b"");
        cut.advance(&journal, &source("line"), 0);
        assert!(cut.is_ended());
        assert_eq!(cut.missing(), Some(Missing::AtLeast(1)));
    }

    #[test]
    fn silence_is_told_by_the_times_of_the_reads_and_by_the_clock() {
        let (mut journal, mut cut) = (Journal::default(), Cut::default());
        let source = source("silence:200");
        received(&mut journal, 0, b"he");
        received(&mut journal, 150 * MS, b"llo");
        received(&mut journal, 400 * MS, b"next");
        cut.advance(&journal, &source, 401 * MS);
        assert_eq!(told(&cut, &journal), ["hello"]);
        let due = cut.due().unwrap();
        assert_eq!(due, 650 * MS, "600 ms, and a little for records that are late");
        cut.advance(&journal, &source, due - 1);
        assert_eq!(cut.messages().len(), 1);
        cut.advance(&journal, &source, due);
        assert_eq!((told(&cut, &journal), cut.due()), (vec!["hello".into(), "next".into()], None));
        received(&mut journal, 800 * MS, b"last");
        push(&mut journal, 801 * MS, Event::Closed { why: CloseReason::User, unsent: 0 }, 0, b"");
        cut.advance(&journal, &source, 802 * MS);
        assert_eq!(told(&cut, &journal).last().unwrap(), "last");
    }

    #[test]
    fn what_leaves_the_journal_leaves_here_and_what_left_unread_is_a_gap() {
        let mut journal = Journal::new(Budget { rows: 8, ..Budget::default() });
        let mut cut = Cut::default();
        for i in 0..20_u8 {
            received(&mut journal, 0, &[b'a' + i, b'\n', b'-']);
            cut.advance(&journal, &source("line"), 0);
        }
        assert!(cut.is_whole());
        assert_eq!((cut.first_read(), cut.reads().len()), (17, 4));
        assert_eq!(told(&cut, &journal), ["-r", "-s", "-t"].map(str::to_owned));
        assert_eq!(cut.first_message(), 18);
        assert_eq!(cut.message(18).map(|message| message.start), Some(50));
        assert!(cut.message(17).is_none() && cut.message(21).is_none());
        for _ in 0..20 {
            received(&mut journal, 0, b"-x\n");
        }
        cut.advance(&journal, &source("line"), 0);
        assert!(!cut.is_whole());
        assert_eq!((cut.came(), cut.first_message(), told(&cut, &journal).len()), (12, 1, 4));
    }

    #[test]
    fn datagrams_are_messages_and_an_empty_one_too() {
        let (mut journal, mut cut) = (Journal::default(), Cut::default());
        for bytes in [&b"one"[..], b"", b"two"] {
            received(&mut journal, 0, bytes);
        }
        cut.advance(&journal, &Source { kind: Kind::UdpSocket, ..source("none") }, 0);
        assert_eq!(told(&cut, &journal), ["one", "", "two"]);
    }

    #[test]
    fn a_flood_of_empty_lines_is_listed_only_so_far_and_taken_in_a_piece_a_frame() {
        let (mut journal, mut cut) = (Journal::default(), Cut::default());
        for _ in 0..10 {
            received(&mut journal, 0, &vec![b'\n'; 50_000]);
        }
        let mut frames = 1;
        while !cut.advance(&journal, &source("line"), 0) {
            frames += 1;
        }
        assert!(frames >= 10, "{frames}");
        assert_eq!((cut.messages().len(), cut.first_message()), (KEPT, 300_001));
    }
}
