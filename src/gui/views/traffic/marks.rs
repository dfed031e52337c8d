//! What is known of rows beyond themselves: the hue of a message, and how many datagrams were cut. Pure.
//!
//! The n-th send of a socket takes the n-th of six hues, in turn; a `recv` has those of the sends whose bytes it returned,
//! where both ends are here ([`spans`](crate::journal::spans)), and else none: guessing would teach the wrong thing.
//! One byte a row is kept, so that a row's hue is found without counting back to the first send.

use std::collections::{HashMap, VecDeque};

use super::rows::is_truncated;
use crate::journal::{
    Event, Journal, Row, SocketId,
    spans::{Datagrams, Streams},
};

/// How many hues there are.
pub const HUES: u8 = 6;
/// Rows looked at per frame: well under a millisecond.
const STEP: usize = 100_000;
/// What is kept for rows that are no sends.
const NONE: u8 = u8::MAX;

/// The marks of the rows that are in the journal.
#[derive(Debug, Default)]
pub struct Marks {
    /// The row that the first entry of `hues` belongs to.
    first: u64,
    hues: VecDeque<u8>,
    /// Sends so far, by socket.
    sent: HashMap<SocketId, u64>,
    /// Datagrams so far that were longer than the buffer, by socket.
    cut: HashMap<SocketId, u64>,
    streams: Streams,
    datagrams: Datagrams,
}

impl Marks {
    /// Looks at what came in since the last frame and forgets what left. Returns whether it is up to date.
    pub fn advance(&mut self, journal: &Journal) -> bool {
        let range = journal.range();
        let left = range.start.saturating_sub(self.first).min(self.hues.len() as u64);
        self.hues.drain(..left as usize);
        self.first += left;
        if self.hues.is_empty() {
            self.first = self.first.max(range.start);
        }
        let next = self.first + self.hues.len() as u64;
        for row in journal.rows_from(next).take(STEP) {
            if is_truncated(&row) {
                *self.cut.entry(row.record.socket).or_default() += 1;
            }
            self.hues.push_back(match row.record.event {
                Event::Sent { .. } => {
                    let count = self.sent.entry(row.record.socket).or_default();
                    *count += 1;
                    ((*count - 1) % u64::from(HUES)) as u8
                }
                _ => NONE,
            });
        }
        let matched = self.streams.advance(journal, STEP) & self.datagrams.advance(journal, STEP);
        matched && self.first + self.hues.len() as u64 == range.end
    }

    /// The lanes of all connections.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    /// All datagrams.
    pub fn datagrams(&self) -> &Datagrams {
        &self.datagrams
    }

    /// The messages that a `recv` brought bytes of: how many, and the hues of the first of them.
    pub fn carried(&self, journal: &Journal, row: &Row<'_>, at_most: usize) -> (usize, Vec<Option<u8>>) {
        if let Some(datagram) = self.datagrams.of_row(journal, row.seq) {
            let sent = datagram.sent.filter(|_| datagram.received == Some(row.seq));
            return sent.map_or_else(Default::default, |seq| (1, vec![self.hue(seq)]));
        }
        let sends = self.streams.carried(row);
        (sends.len(), sends.take(at_most).map(|seq| self.hue(seq)).collect())
    }

    /// Datagrams of this socket that were longer than the buffer, those of rows that left included.
    pub fn cut(&self, socket: SocketId) -> u64 {
        self.cut.get(&socket).copied().unwrap_or_default()
    }

    /// The hue of a send, 0 to 5.
    pub fn hue(&self, seq: u64) -> Option<u8> {
        let index = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        self.hues.get(index).copied().filter(|hue| *hue != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Budget, Record, Span};

    fn push(journal: &mut Journal, events: &[(u32, bool)]) {
        let mut batch = Batch::default();
        for (socket, sent) in events {
            let event = if *sent { Event::Sent { asked: 1 } } else { Event::Received { full: 1 } };
            let id = SocketId(*socket);
            let record = Record { at: 0, socket: id, generation: 0, event, peer: None, bytes: Span::default() };
            batch.push(record, b"x");
        }
        journal.push(batch);
    }

    #[test]
    fn every_socket_counts_for_itself_and_rows_that_leave_change_nothing() {
        let mut journal = Journal::new(Budget { rows: 5, ..Budget::default() });
        let mut marks = Marks::default();
        push(&mut journal, &[(1, true), (1, false), (2, true), (1, true)]);
        assert!(marks.advance(&journal));
        assert_eq!([0, 1, 2, 3, 4].map(|seq| marks.hue(seq)), [Some(0), None, Some(0), Some(1), None]);
        push(&mut journal, &[(1, true), (2, true), (2, false)]);
        assert!(marks.advance(&journal));
        assert_eq!([3, 4, 5, 6].map(|seq| marks.hue(seq)), [None, Some(2), Some(1), None]);
        for _ in 0..4 {
            push(&mut journal, &[(1, true)]);
            push(&mut journal, &[(3, false)]);
            marks.advance(&journal);
        }
        assert_eq!(marks.hue(13), Some(0), "the seventh send has the first hue again");
    }

    #[test]
    fn rows_that_left_unseen_are_skipped() {
        let mut journal = Journal::new(Budget { rows: 1, ..Budget::default() });
        let mut marks = Marks::default();
        for _ in 0..3 {
            push(&mut journal, &[(1, true), (1, true)]);
        }
        assert!(marks.advance(&journal));
        assert_eq!([3, 4, 5].map(|seq| marks.hue(seq)), [None, Some(0), Some(1)]);
        journal.clear();
        assert!(marks.advance(&journal));
        assert_eq!(marks.hue(5), None);
    }
}
