//! Which rows answer a question, kept up as batches arrive. Pure.
//!
//! A listener is shown with every connection it ever accepted, also those that were dropped from the table of
//! sockets since. Who they are is learnt from the rows themselves, on the way: a connection's first row names its
//! listener, so accepting one more asks nothing anew of the rows that were looked at already.

use std::{collections::HashSet, net::SocketAddr};

use super::{
    Event, Filter, Journal, Row, SocketId,
    chunks::{Chunks, Near},
};

/// Rows looked at in one call of [`Found::advance`]: a few milliseconds.
const STEP: usize = 100_000;
/// The same with a needle to be found in each.
const NEEDLE_STEP: usize = 20_000;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Only this socket and, if it is a listener, its connections; `None` for all sockets.
    pub socket: Option<SocketId>,
    /// Only what went to or came from exactly this address.
    pub peer: Option<SocketAddr>,
    /// Only what this filter lets through.
    pub filter: Filter,
}

impl From<Filter> for Question {
    fn from(filter: Filter) -> Self {
        Self { filter, ..Self::default() }
    }
}

/// Tells whether a row answers a question.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    question: Question,
    /// The socket in question and its connections, as far as they are known.
    members: HashSet<SocketId>,
}

impl Matcher {
    /// Whether the row's socket is one of those in question.
    pub fn concerns(&self, socket: SocketId) -> bool {
        self.question.socket.is_none() || self.members.contains(&socket)
    }

    /// Whether the row answers the question.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        self.concerns(row.record.socket)
            && (self.question.peer.is_none() || row.record.peer == self.question.peer)
            && self.question.filter.matches(row)
    }

    /// Learns from a row who belongs to the listener in question.
    fn learn(&mut self, row: &Row<'_>) {
        match row.record.event {
            Event::Opened { listener } if Some(listener) == self.question.socket => {
                self.members.insert(row.record.socket);
            }
            Event::Accepted { connection } if Some(row.record.socket) == self.question.socket => {
                self.members.insert(connection);
            }
            _ => {}
        }
    }
}

/// The rows that answer a question, by sequence number.
#[derive(Debug, Default)]
pub struct Found {
    matcher: Matcher,
    /// The next row to look at.
    next: u64,
    rows: Chunks<Near>,
    /// No row that was found is before this one.
    start: u64,
    /// Rows that answered it and left the journal since.
    gone: u64,
}

impl Found {
    /// No rows yet. `known` are connections of the listener in question that need not be learnt of any more.
    pub fn new(question: Question, known: impl IntoIterator<Item = SocketId>) -> Self {
        let members = question.socket.into_iter().chain(known).collect();
        Self { matcher: Matcher { question, members }, ..Self::default() }
    }

    /// The answer to another question begins. What was learnt is kept if it is about the same socket.
    #[must_use]
    pub fn again(&self, question: Question, known: impl IntoIterator<Item = SocketId>) -> Self {
        let same = question.socket == self.question().socket;
        let learnt = self.matcher.members.iter().copied().filter(|_| same);
        Self::new(question, learnt.chain(known))
    }

    /// What is asked for.
    pub fn question(&self) -> &Question {
        &self.matcher.question
    }

    /// What tells whether a row answers it.
    pub fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// Drops what has left the journal and looks at new rows, as many as fit into a frame.
    ///
    /// Returns whether it is up to date; if not, call again in the next frame.
    pub fn advance(&mut self, journal: &Journal) -> bool {
        let range = journal.range();
        while self.seq(0).is_some_and(|seq| seq < range.start) {
            self.rows.pop_front();
            self.gone += 1;
        }
        self.start = range.start;
        self.next = self.next.max(range.start);
        let step = if self.question().filter.needle.is_some() { NEEDLE_STEP } else { STEP };
        for row in journal.rows_from(self.next).take(step) {
            self.matcher.learn(&row);
            if self.matcher.matches(&row) {
                self.rows.push_back(Near::new(row.seq));
            }
            self.next = row.seq + 1;
        }
        self.next == range.end
    }

    /// How many rows were found.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows that answered the question and left the journal since it was asked.
    pub fn gone(&self) -> u64 {
        self.gone
    }

    /// The sequence number of the n-th row found.
    pub fn seq(&self, index: usize) -> Option<u64> {
        self.rows.get(index).map(|row| row.from(self.start))
    }

    /// The numbers of all rows found, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator + '_ {
        self.rows.iter().map(|row| row.from(self.start))
    }

    /// Where this row stands, or would stand.
    pub fn index_of(&self, seq: u64) -> usize {
        self.rows.partition_point(|row| row.from(self.start) < seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Budget, Direction, Record, Span};

    fn push(journal: &mut Journal, socket: u32, event: Event, port: u16) {
        let peer = Some(([127, 0, 0, 1], port).into());
        let mut batch = Batch::default();
        let record = Record { at: 0, socket: SocketId(socket), generation: 0, event, peer, bytes: Span::default() };
        batch.push(record, b"x");
        journal.push(batch);
    }

    fn seqs(found: &Found) -> Vec<u64> {
        found.iter().collect()
    }

    fn of(socket: u32) -> Question {
        Question { socket: Some(SocketId(socket)), ..Question::default() }
    }

    const IN: Event = Event::Received { full: 1 };

    #[test]
    fn connections_are_learnt_of_on_the_way() {
        let mut journal = Journal::default();
        let mut found = Found::new(of(1), []);
        push(&mut journal, 1, Event::Listening { backlog: 1 }, 1);
        push(&mut journal, 2, Event::Opened { listener: SocketId(1) }, 2);
        push(&mut journal, 9, IN, 9);
        push(&mut journal, 2, IN, 2);
        assert!(found.advance(&journal));
        assert_eq!(seqs(&found), [0, 1, 3]);
        push(&mut journal, 3, Event::Opened { listener: SocketId(9) }, 3);
        push(&mut journal, 1, Event::Accepted { connection: SocketId(4) }, 4);
        push(&mut journal, 4, IN, 4);
        push(&mut journal, 3, IN, 3);
        assert!(found.advance(&journal));
        assert_eq!(seqs(&found), [0, 1, 3, 5, 6]);

        // Another question about the same server still knows them, and one about everybody needs not.
        let sent = Filter { direction: Some(Direction::In), ..Filter::default() };
        let mut again = found.again(Question { filter: sent, ..of(1) }, []);
        journal.clear();
        push(&mut journal, 2, IN, 2);
        push(&mut journal, 9, IN, 9);
        assert!(again.advance(&journal));
        assert_eq!(seqs(&again), [8]);
        let mut all = found.again(Question::default(), []);
        all.advance(&journal);
        assert_eq!(seqs(&all), [8, 9]);
    }

    #[test]
    fn an_address_is_meant_exactly() {
        let mut journal = Journal::default();
        push(&mut journal, 1, IN, 80);
        push(&mut journal, 1, IN, 8008);
        let mut found = Found::new(Question { peer: Some(([127, 0, 0, 1], 80).into()), ..of(1) }, []);
        found.advance(&journal);
        assert_eq!(seqs(&found), [0]);
    }

    #[test]
    fn what_left_is_counted() {
        let mut journal = Journal::new(Budget { rows: 2, ..Budget::default() });
        let mut found = Found::new(of(1), [SocketId(2)]);
        for socket in [1, 2, 3, 1, 2] {
            push(&mut journal, socket, IN, 1);
            found.advance(&journal);
        }
        assert_eq!((seqs(&found), found.gone(), found.index_of(4)), (vec![3, 4], 2, 1));
    }
}
