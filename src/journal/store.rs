//! The queue of batches, its sequence numbers and its budget.

use std::{
    cell::Cell,
    collections::VecDeque,
    ops::Range,
    time::{Duration, SystemTime},
};

use super::record::{Batch, Event, Nanos, Record};

/// How much the journal may hold before its oldest batches leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Memory in bytes: records, payloads, and for each record what those who look keep beside it (`BESIDE`).
    pub bytes: usize,
    /// Rows. Tables are laid out in `f32`, which counts pixels exactly up to 2²⁴.
    pub rows: usize,
}

/// Bytes that the window keeps of each record outside of the journal: which rows are found (4), the hue of a message (1),
/// which datagram it tells of and the rows of that (16), and its place in the ladder (24). Of a call on a stream it is
/// somewhat more, for where its bytes stand.
const BESIDE: usize = 48;

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: 48 << 20, rows: 500_000 }
    }
}

/// The moment that record times count from, on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    /// The wall clock at time 0.
    pub wall: SystemTime,
}

impl Epoch {
    /// The wall-clock time of a record. Later changes of the system's clock do not move it.
    pub fn wall_time(&self, at: Nanos) -> SystemTime {
        self.wall + Duration::from_nanos(at)
    }
}

/// One record as it lies in the journal.
#[derive(Clone, Copy, Debug)]
pub struct Row<'j> {
    /// Its number since the program started; never reused, never shifted.
    pub seq: u64,
    /// What happened.
    pub record: &'j Record,
    /// Its payload or detail.
    pub bytes: &'j [u8],
}

impl<'j> Row<'j> {
    /// The detail of an event without payload, as text; empty where there is none.
    pub fn detail(&self) -> &'j str {
        if self.record.event.has_payload() {
            return "";
        }
        std::str::from_utf8(self.bytes).unwrap_or_default()
    }

    /// The true length of a datagram that was received.
    pub(in crate::journal) fn full(&self) -> u32 {
        if let Event::Received { full } = self.record.event { full } else { 0 }
    }
}

/// All that happened and was not yet dropped for space.
#[derive(Debug, Default)]
pub struct Journal {
    batches: VecDeque<Stored>,
    /// Sequence number of the next record.
    next: u64,
    held: usize,
    budget: Budget,
}

/// Looks rows up like [`Journal::row`], and looks first where the last one was.
#[derive(Clone, Debug)]
pub struct Reader<'j> {
    journal: &'j Journal,
    stored: Cell<Option<&'j Stored>>,
}

impl<'j> Reader<'j> {
    /// The row with this number, unless it is gone or not yet there.
    pub fn row(&self, seq: u64) -> Option<Row<'j>> {
        if let Some(row) = self.stored.get().and_then(|stored| stored.row(seq)) {
            return Some(row);
        }
        let stored = self.journal.batches.get(self.journal.batch_of(seq)?)?;
        self.stored.set(Some(stored));
        stored.row(seq)
    }
}

#[derive(Debug)]
struct Stored {
    first: u64,
    batch: Batch,
}

/// What a batch takes of the budget.
fn cost(batch: &Batch) -> usize {
    batch.footprint() + batch.records.len() * BESIDE
}

impl Stored {
    fn row(&self, seq: u64) -> Option<Row<'_>> {
        let record = self.batch.records.get(usize::try_from(seq.checked_sub(self.first)?).ok()?)?;
        Some(Row { seq, record, bytes: self.batch.bytes_of(record) })
    }
}

impl Journal {
    /// An empty journal.
    pub fn new(budget: Budget) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Takes a batch in and lets the oldest leave while the journal is over its budget.
    ///
    /// Constant time but for the batches that leave. The newest batch always stays.
    pub fn push(&mut self, batch: Batch) {
        if batch.records.is_empty() {
            return;
        }
        let first = self.next;
        self.next += batch.records.len() as u64;
        self.held += cost(&batch);
        self.batches.push_back(Stored { first, batch });
        self.shrink();
    }

    /// Changes the budget; what no longer fits leaves at once.
    pub fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
        self.shrink();
    }

    /// The budget in force.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// Drops every row. They count as gone; numbering goes on.
    pub fn clear(&mut self) {
        self.batches.clear();
        self.held = 0;
    }

    /// The rows that are there, as sequence numbers.
    pub fn range(&self) -> Range<u64> {
        self.first()..self.next
    }

    /// How many rows are there.
    pub fn len(&self) -> usize {
        (self.next - self.first()) as usize
    }

    /// Whether no row is there.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// How many rows were dropped for space (or cleared), exactly.
    pub fn gone(&self) -> u64 {
        self.first()
    }

    /// Memory held, in bytes, as the [budget](Budget::bytes) counts it.
    pub fn held(&self) -> usize {
        self.held
    }

    /// The row with this number, unless it is gone or not yet there.
    pub fn row(&self, seq: u64) -> Option<Row<'_>> {
        self.batches.get(self.batch_of(seq)?)?.row(seq)
    }

    /// The rows from `seq` on, oldest first; from the oldest that is there if `seq` is gone.
    pub fn rows_from(&self, seq: u64) -> impl Iterator<Item = Row<'_>> {
        let from = seq.max(self.first());
        let start = self.batch_of(from).unwrap_or(self.batches.len());
        self.batches.range(start..).flat_map(move |stored| {
            let skip = from.saturating_sub(stored.first) as usize;
            stored.batch.records.iter().enumerate().skip(skip).map(|(i, record)| Row {
                seq: stored.first + i as u64,
                record,
                bytes: stored.batch.bytes_of(record),
            })
        })
    }

    /// The rows before `seq`, newest first.
    pub fn rows_before(&self, seq: u64) -> impl Iterator<Item = Row<'_>> {
        let until = seq.min(self.next);
        let end = until.checked_sub(1).and_then(|last| self.batch_of(last)).map_or(0, |i| i + 1);
        self.batches.range(..end).rev().flat_map(move |stored| {
            let take = (until - stored.first).min(stored.batch.records.len() as u64) as usize;
            stored.batch.records[..take].iter().enumerate().rev().map(|(i, record)| Row {
                seq: stored.first + i as u64,
                record,
                bytes: stored.batch.bytes_of(record),
            })
        })
    }

    /// Looks rows up that mostly stand near one another.
    pub fn reader(&self) -> Reader<'_> {
        Reader { journal: self, stored: Cell::new(None) }
    }

    fn first(&self) -> u64 {
        self.batches.front().map_or(self.next, |stored| stored.first)
    }

    fn batch_of(&self, seq: u64) -> Option<usize> {
        if !self.range().contains(&seq) {
            return None;
        }
        self.batches.partition_point(|stored| stored.first <= seq).checked_sub(1)
    }

    fn shrink(&mut self) {
        while self.batches.len() > 1 && (self.held > self.budget.bytes || self.len() > self.budget.rows) {
            if let Some(old) = self.batches.pop_front() {
                self.held -= cost(&old.batch);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::{SocketId, Span};

    fn batch(at: u64, sizes: &[usize]) -> Batch {
        let mut batch = Batch::default();
        for (i, size) in sizes.iter().enumerate() {
            let record = Record {
                at: at + i as u64,
                socket: SocketId(1),
                generation: 0,
                event: Event::Received { full: *size as u32 },
                peer: None,
                bytes: Span::default(),
            };
            batch.push(record, &vec![b'x'; *size]);
        }
        batch
    }

    #[test]
    fn numbers_survive_what_leaves() {
        let mut journal = Journal::new(Budget { bytes: 4_000, rows: 1_000 });
        for i in 0..100 {
            journal.push(batch(i * 10, &[10; 10]));
        }
        assert!(journal.held() <= 4_000, "{}", journal.held());
        assert_eq!(journal.gone() + journal.len() as u64, 1_000);
        let seq = journal.range().start;
        assert_eq!(journal.row(seq).unwrap().record.at, seq);
        assert!(journal.row(seq - 1).is_none());
        assert!(journal.row(1_000).is_none());
    }

    #[test]
    fn one_batch_over_the_budget_stays() {
        let mut journal = Journal::new(Budget { bytes: 10, rows: 1 });
        journal.push(batch(0, &[100, 100]));
        assert_eq!(journal.len(), 2);
    }

    #[test]
    fn cleared_rows_are_gone_and_counted() {
        let mut journal = Journal::default();
        journal.push(batch(0, &[1, 2, 3]));
        journal.clear();
        assert_eq!((journal.gone(), journal.len(), journal.held()), (3, 0, 0));
        journal.push(batch(3, &[1]));
        assert_eq!(journal.row(3).unwrap().bytes, b"x");
    }

    proptest! {
        #[test]
        fn walking_agrees_with_looking_up(
            batches in prop::collection::vec(prop::collection::vec(0_usize..30, 0..9), 0..40),
            budget in 500_usize..20_000,
            from in 0_u64..200,
        ) {
            let mut journal = Journal::new(Budget { bytes: budget, rows: 100 });
            let mut at = 0;
            for sizes in &batches {
                journal.push(batch(at, sizes));
                at += sizes.len() as u64;
            }
            let range = journal.range();
            let forward: Vec<u64> = journal.rows_from(from).map(|row| row.seq).collect();
            prop_assert_eq!(forward, (from.max(range.start)..range.end).collect::<Vec<_>>());
            let mut backward: Vec<u64> = journal.rows_before(from).map(|row| row.seq).collect();
            backward.reverse();
            prop_assert_eq!(backward, (range.start..from.clamp(range.start, range.end)).collect::<Vec<_>>());
            let reader = journal.reader();
            for row in journal.rows_from(0).chain(journal.rows_before(from)) {
                prop_assert_eq!(journal.row(row.seq).unwrap().record, row.record);
                prop_assert_eq!(reader.row(row.seq).unwrap().record, row.record);
                prop_assert_eq!(row.record.at, row.seq);
            }
        }
    }
}
