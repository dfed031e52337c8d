//! Which rows a view shows, kept up as batches arrive instead of computed for every frame.

use std::collections::VecDeque;

use memchr::memmem;

use super::{
    record::{Direction, Event, SocketId},
    store::{Journal, Row},
};

/// What a row must be to be shown. An empty filter shows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only these sockets, in ascending order; `None` for all.
    pub sockets: Option<Vec<SocketId>>,
    /// Only bytes that went this way. Rows without payload are hidden then.
    pub direction: Option<Direction>,
    /// Only rows whose address contains this text (`:8008`, `192.168.`).
    pub peer: Option<String>,
    /// Only rows of this kind.
    pub kind: Option<RowKind>,
    /// Only rows whose payload or detail contains these bytes: the text that was typed, in the encoding in
    /// which the payload is read, or hex.
    pub needle: Option<Vec<u8>>,
}

/// A coarse sort of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// Bytes that moved.
    Data,
    /// Calls that moved none.
    Calls,
    /// Failed calls.
    Errors,
}

impl RowKind {
    /// The kind of an event.
    pub fn of(event: Event) -> Self {
        match event {
            Event::Sent { .. } | Event::Received { .. } => Self::Data,
            Event::Failed { .. } => Self::Errors,
            _ => Self::Calls,
        }
    }
}

impl Filter {
    /// Everything of one socket.
    pub fn socket(id: SocketId) -> Self {
        Self { sockets: Some(vec![id]), ..Self::default() }
    }

    /// Whether the row is shown.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        let record = row.record;
        self.sockets.as_ref().is_none_or(|ids| ids.binary_search(&record.socket).is_ok())
            && self.direction.is_none_or(|direction| record.event.direction() == Some(direction))
            && self.kind.is_none_or(|kind| RowKind::of(record.event) == kind)
            && self
                .peer
                .as_ref()
                .is_none_or(|text| record.peer.is_some_and(|peer| peer.to_string().contains(text.as_str())))
            && self.needle.as_ref().is_none_or(|needle| memmem::find(row.bytes, needle).is_some())
    }
}

/// The rows that match a filter, by sequence number.
#[derive(Debug, Default)]
pub struct FilteredRows {
    filter: Filter,
    /// The next row to look at.
    next: u64,
    seqs: VecDeque<u64>,
    /// Matching rows that have left the journal since the filter was set.
    gone: u64,
}

impl FilteredRows {
    /// Rows looked at in one call of [`advance`](Self::advance): about 2 ms without, 20 ms with a needle.
    pub const STEP: usize = 100_000;

    /// No rows yet.
    pub fn new(filter: Filter) -> Self {
        Self { filter, ..Self::default() }
    }

    /// The filter in force.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Changes the filter; nothing happens if it is the same. Rows are found again by [`advance`](Self::advance).
    pub fn set_filter(&mut self, filter: Filter) {
        if filter != self.filter {
            *self = Self::new(filter);
        }
    }

    /// Drops what has left the journal and looks at up to `limit` new rows.
    ///
    /// Returns whether it is up to date; if not, call again in the next frame.
    pub fn advance(&mut self, journal: &Journal, limit: usize) -> bool {
        let range = journal.range();
        let left = self.seqs.partition_point(|seq| *seq < range.start);
        self.seqs.drain(..left);
        self.gone += left as u64;
        self.next = self.next.max(range.start);
        for row in journal.rows_from(self.next).take(limit) {
            if self.filter.matches(&row) {
                self.seqs.push_back(row.seq);
            }
            self.next = row.seq + 1;
        }
        self.next == range.end
    }

    /// How many rows match.
    pub fn len(&self) -> usize {
        self.seqs.len()
    }

    /// Whether none matches.
    pub fn is_empty(&self) -> bool {
        self.seqs.is_empty()
    }

    /// Matching rows that left the journal while this filter was set.
    pub fn gone(&self) -> u64 {
        self.gone
    }

    /// The sequence number of the n-th matching row.
    pub fn seq(&self, index: usize) -> Option<u64> {
        self.seqs.get(index).copied()
    }

    /// Where this row stands, or would stand.
    pub fn index_of(&self, seq: u64) -> usize {
        self.seqs.partition_point(|other| *other < seq)
    }

    /// All matching rows, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator + '_ {
        self.seqs.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Budget, Record, Span};

    fn record(socket: u32, event: Event) -> Record {
        let peer = Some(([127, 0, 0, 1], 8000 + socket as u16).into());
        Record { at: 0, socket: SocketId(socket), generation: 0, event, peer, bytes: Span::default() }
    }

    fn journal() -> Journal {
        let mut batch = Batch::default();
        batch.push(record(1, Event::Connecting), b"");
        batch.push(record(1, Event::Sent { asked: 5 }), b"hello");
        batch.push(record(2, Event::Received { full: 5 }), b"HELLO");
        batch.push(record(2, Event::PeerEnded), b"");
        let mut journal = Journal::default();
        journal.push(batch);
        journal
    }

    #[test]
    fn each_part_narrows() {
        let journal = journal();
        let count = |filter: Filter| {
            let mut rows = FilteredRows::new(filter);
            assert!(rows.advance(&journal, 100));
            rows.iter().collect::<Vec<_>>()
        };
        let all = Filter::default;
        assert_eq!(count(all()), [0, 1, 2, 3]);
        assert_eq!(count(Filter::socket(SocketId(2))), [2, 3]);
        assert_eq!(count(Filter { direction: Some(Direction::Out), ..all() }), [1]);
        assert_eq!(count(Filter { peer: Some(":8002".into()), ..all() }), [2, 3]);
        assert_eq!(count(Filter { kind: Some(RowKind::Calls), ..all() }), [0, 3]);
        assert_eq!(count(Filter { needle: Some(b"LL".into()), ..all() }), [2]);
    }

    #[test]
    fn what_left_the_journal_leaves_the_view_and_is_counted() {
        let mut journal = Journal::new(Budget { bytes: 1 << 20, rows: 4 });
        let mut rows = FilteredRows::new(Filter::default());
        for _ in 0..5 {
            let mut batch = Batch::default();
            batch.push(record(1, Event::PeerEnded), b"");
            batch.push(record(1, Event::PeerEnded), b"");
            journal.push(batch);
            while !rows.advance(&journal, 1) {}
        }
        assert_eq!(rows.iter().collect::<Vec<_>>(), [6, 7, 8, 9]);
        assert_eq!(rows.gone(), 6);
        assert_eq!((rows.index_of(7), rows.index_of(0), rows.seq(3)), (1, 0, Some(9)));
    }
}
