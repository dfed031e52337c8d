//! What was computed of what is looked at: anew only when that changes, and never for longer than a part of a frame.

use std::time::{Duration, Instant};

use super::{Page, input::Input};
use crate::text::{
    Charset,
    reading::{Column, Cuts, Matrix, Passage, Reads, Source, Tally, Upper, upper},
};

/// Time for computing, in one frame.
const BUDGET: Duration = Duration::from_millis(4);

/// What is known of the input.
#[derive(Default)]
pub struct Looked {
    /// Of which input and which encodings.
    of: (u64, Vec<Charset>),
    /// The beginning that is looked at.
    pub passage: Passage,
    /// One an encoding.
    pub columns: Vec<Column>,
    /// The most bytes that a character has in each of them.
    pub widest: Vec<usize>,
    /// The length of all of it.
    pub tally: Option<Tally>,
    /// Every pair.
    pub matrix: Matrix,
    /// Upper-cased bytes, an encoding each.
    pub uppers: Vec<Upper>,
    /// Upper-cased text, and how many capitals are not ASCII.
    pub upper: (String, usize),
    reads: Option<(Charset, Cuts, Reads)>,
    /// How often it was computed anew.
    pub times: u64,
}

impl Looked {
    /// Looks at the input, unless that was done before.
    pub fn at(&mut self, input: &Input, charsets: &[Charset]) {
        if self.of.0 == input.revision() && self.of.1 == charsets {
            return;
        }
        self.times += 1;
        if self.of.0 != input.revision() {
            self.passage = Passage::new(input.source());
            self.upper = upper::text(&self.passage);
        }
        self.of = (input.revision(), charsets.to_vec());
        self.columns = charsets.iter().map(|charset| Column::new(&self.passage, *charset)).collect();
        let widest = |column: &Column| column.pieces.iter().map(|piece| piece.range().len()).max().unwrap_or(0);
        self.widest = self.columns.iter().map(widest).collect();
        self.tally = Some(Tally::new(input.source(), charsets));
        self.matrix = Matrix::new(charsets.len());
        self.uppers.clear();
        self.reads = None;
    }

    /// Goes on computing what this page shows, in what is left of the time for it since `start`. Returns whether all of
    /// it is there.
    pub fn advance(&mut self, source: &Source, page: Page, start: Instant) -> bool {
        loop {
            let counted = self.tally.as_mut().is_none_or(|tally| tally.advance(source));
            let shown = match page {
                Page::Pairs => self.matrix.advance(&self.passage, &self.columns),
                Page::Upper => {
                    if let Some(column) = self.columns.get(self.uppers.len()) {
                        self.uppers.push(Upper::new(&self.passage, column));
                    }
                    self.uppers.len() >= self.columns.len()
                }
                Page::Characters | Page::Cut => true,
            };
            if counted && shown {
                return true;
            }
            if start.elapsed() > BUDGET {
                return false;
            }
        }
    }

    /// The column of this encoding, or the first one.
    pub fn column(&self, charset: Charset) -> Option<&Column> {
        self.columns.iter().find(|column| column.charset() == charset).or_else(|| self.columns.first())
    }

    /// The bytes of a column cut like this.
    pub fn reads(&mut self, charset: Charset, cuts: &Cuts) -> Option<(&Column, &Reads)> {
        let Self { columns, reads, .. } = self;
        let column = columns.iter().find(|column| column.charset() == charset).or_else(|| columns.first())?;
        let known = reads.as_ref().is_some_and(|(of, at, _)| *of == column.charset() && at == cuts);
        if !known {
            *reads = Some((column.charset(), cuts.clone(), Reads::new(column.charset(), &column.bytes, cuts)));
        }
        reads.as_ref().map(|(.., reads)| (column, reads))
    }

    /// The reads that were on show last.
    pub fn reads_now(&self) -> Option<(&Column, &Reads)> {
        let (charset, _, reads) = self.reads.as_ref()?;
        self.column(*charset).map(|column| (column, reads))
    }
}
