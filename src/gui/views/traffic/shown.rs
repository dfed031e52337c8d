//! Which rows the table shows and which of them are selected: pure, by sequence number only.
//!
//! A changed filter is answered from the whole journal, which may take many frames; until then the old answer
//! stays on show, so that nothing flickers. Everything is addressed by sequence number, never by position: rows
//! leave at the front at any time.

use crate::journal::{Found, Journal, Matcher, Question, SocketId};

/// The rows that are on show: those that answer the question, up to where the reader paused.
#[derive(Debug, Default)]
pub struct Shown {
    rows: Found,
    /// The answer to a newer question, on its way.
    next: Option<Found>,
    /// The first sequence number that is not shown because the reader paused before it came.
    paused_at: Option<u64>,
}

impl Shown {
    /// Asks for other rows. Those that are on show stay until the new ones are found.
    /// `known` are connections of the listener in question.
    pub fn ask(&mut self, question: Question, known: impl FnOnce() -> Vec<SocketId>) {
        if self.newest().question() != &question {
            self.next = Some(self.newest().again(question, known()));
        }
    }

    /// Forgets everything on show: the question is about another socket. `known` are connections of it.
    pub fn reset(&mut self, question: Question, known: impl IntoIterator<Item = SocketId>) {
        *self = Self { rows: Found::new(question, known), ..Self::default() };
    }

    /// Looks at what came in since the last frame. Returns whether it is up to date; if not, ask for a frame.
    pub fn advance(&mut self, journal: &Journal) -> bool {
        let mut done = self.rows.advance(journal);
        if let Some(next) = &mut self.next {
            done = next.advance(journal);
            if done && let Some(next) = self.next.take() {
                self.rows = next;
            }
        }
        done
    }

    /// What tells which rows were asked for last.
    pub fn matcher(&self) -> &Matcher {
        self.newest().matcher()
    }

    /// Whether rows were asked for by an address.
    pub fn is_addressed(&self) -> bool {
        let question = self.newest().question();
        question.peer.is_some() || question.filter.peer.is_some()
    }

    fn newest(&self) -> &Found {
        self.next.as_ref().unwrap_or(&self.rows)
    }

    /// Whether the rows on show are still the answer to an older filter.
    pub fn is_searching(&self) -> bool {
        self.next.is_some()
    }

    /// How many rows are on show.
    pub fn len(&self) -> usize {
        self.paused_at.map_or(self.rows.len(), |seq| self.rows.index_of(seq))
    }

    /// Whether no row is on show.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows that match and came after the reader paused.
    pub fn waiting(&self) -> usize {
        self.rows.len() - self.len()
    }

    /// The sequence number of the n-th row on show.
    pub fn seq(&self, index: usize) -> Option<u64> {
        (index < self.len()).then(|| self.rows.seq(index)).flatten()
    }

    /// Where this row stands, or would stand.
    pub fn index_of(&self, seq: u64) -> usize {
        self.rows.index_of(seq).min(self.len())
    }

    /// The row's place, if it is on show.
    pub fn position(&self, seq: u64) -> Option<usize> {
        let index = self.index_of(seq);
        (self.seq(index) == Some(seq)).then_some(index)
    }

    /// The first row of the journal that is too new to be on show.
    pub fn end(&self, journal: &Journal) -> u64 {
        self.paused_at.unwrap_or(journal.range().end)
    }

    /// Whether new rows are kept from the table.
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Freezes the rows on show at what the journal holds now, or lets new ones in again.
    pub fn set_paused(&mut self, paused: bool, journal: &Journal) {
        self.paused_at = paused.then(|| self.paused_at.unwrap_or(journal.range().end));
    }
}

/// The selected rows: all on show from one to the other, as in a list of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where the selection began.
    anchor: u64,
    /// Where it ends now; the row that the detail shows.
    cursor: u64,
}

impl Selection {
    /// One row.
    pub fn one(seq: u64) -> Self {
        Self { anchor: seq, cursor: seq }
    }

    /// All rows on show.
    pub fn all(shown: &Shown) -> Option<Self> {
        Some(Self { anchor: shown.seq(0)?, cursor: shown.seq(shown.len().checked_sub(1)?)? })
    }

    /// The same beginning, another end.
    pub fn to(self, seq: u64) -> Self {
        Self { cursor: seq, ..self }
    }

    /// The row it was extended to last.
    pub fn cursor(self) -> u64 {
        self.cursor
    }

    /// Whether the row lies between the two ends.
    pub fn contains(self, seq: u64) -> bool {
        (self.anchor.min(self.cursor)..=self.anchor.max(self.cursor)).contains(&seq)
    }

    /// The selected rows that are still on show, oldest first.
    pub fn seqs(self, shown: &Shown) -> impl Iterator<Item = u64> {
        let from = shown.index_of(self.anchor.min(self.cursor));
        let until = shown.index_of(self.anchor.max(self.cursor).saturating_add(1));
        (from..until).filter_map(|index| shown.seq(index))
    }

    /// How many selected rows are still on show.
    pub fn count(self, shown: &Shown) -> usize {
        let from = shown.index_of(self.anchor.min(self.cursor));
        shown.index_of(self.anchor.max(self.cursor).saturating_add(1)) - from
    }

    /// The row `by` places further (or back), kept inside of what is on show.
    pub fn moved(self, shown: &Shown, by: isize) -> Option<u64> {
        let last = shown.len().checked_sub(1)?;
        shown.seq(shown.index_of(self.cursor).saturating_add_signed(by).min(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Budget, Event, Filter, Record, Span};

    fn push(journal: &mut Journal, sockets: &[u32]) {
        let mut batch = Batch::default();
        for socket in sockets {
            let event = Event::Received { full: 1 };
            let id = SocketId(*socket);
            let record = Record { at: 0, socket: id, generation: 0, event, peer: None, bytes: Span::default() };
            batch.push(record, b"x");
        }
        journal.push(batch);
    }

    fn of(socket: u32) -> Question {
        Question { socket: Some(SocketId(socket)), ..Question::default() }
    }

    fn seqs(shown: &Shown) -> Vec<u64> {
        (0..shown.len()).filter_map(|i| shown.seq(i)).collect()
    }

    #[test]
    fn the_old_answer_stays_until_the_new_one_is_whole() {
        let mut journal = Journal::default();
        push(&mut journal, &[1; 1_000]);
        let mut shown = Shown::default();
        shown.reset(Question::default(), []);
        assert!(shown.advance(&journal));
        let filter = Filter { needle: Some(b"y".into()), ..Filter::default() };
        for _ in 0..40 {
            push(&mut journal, &[2; 1_000]);
        }
        shown.ask(Question { filter, ..Question::default() }, Vec::new);
        assert!(!shown.advance(&journal), "41 000 rows are more than one frame's work");
        assert!(shown.is_searching());
        assert_eq!(shown.len(), 41_000);
        while !shown.advance(&journal) {}
        assert!(!shown.is_searching() && shown.is_empty());
    }

    #[test]
    fn a_paused_table_holds_still() {
        let mut journal = Journal::default();
        push(&mut journal, &[1, 1]);
        let mut shown = Shown::default();
        shown.advance(&journal);
        shown.set_paused(true, &journal);
        push(&mut journal, &[1, 1, 1]);
        shown.set_paused(true, &journal);
        shown.advance(&journal);
        assert_eq!((shown.len(), shown.waiting()), (2, 3));
        assert_eq!((shown.seq(1), shown.seq(2), shown.position(3)), (Some(1), None, None));
        shown.set_paused(false, &journal);
        assert_eq!((shown.len(), shown.waiting()), (5, 0));
    }

    #[test]
    fn a_selection_survives_rows_that_leave_or_are_hidden() {
        let mut journal = Journal::new(Budget { rows: 6, ..Budget::default() });
        push(&mut journal, &[1, 2, 1, 2]);
        let mut shown = Shown::default();
        shown.reset(of(1), []);
        shown.advance(&journal);
        let selection = Selection::one(2).to(0);
        assert_eq!((selection.seqs(&shown).collect::<Vec<_>>(), selection.count(&shown)), (vec![0, 2], 2));
        assert_eq!(selection.moved(&shown, 1), Some(2));
        assert_eq!(selection.moved(&shown, -9), Some(0));
        push(&mut journal, &[1, 1, 1]);
        shown.advance(&journal);
        assert_eq!(seqs(&shown), [4, 5, 6]);
        assert_eq!(selection.seqs(&shown).collect::<Vec<_>>(), Vec::<u64>::new());
        assert_eq!(selection.moved(&shown, 0), Some(4));
        assert_eq!(Selection::all(&shown), Some(Selection { anchor: 4, cursor: 6 }));
        assert_eq!(Selection::all(&Shown::default()), None);
    }
}
