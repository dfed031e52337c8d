//! The calls on one direction of a stream, end to end, in twelve bytes each.

use std::ops::Range;

use super::Piece;
use crate::journal::chunks::{Chunks, Near, bisect};

/// A call: its row, and the lower and the upper half of where its first byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Call {
    row: Near,
    offset: [u32; 2],
}

/// Pieces that lie end to end: how long one is, the next one tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pieces {
    calls: Chunks<Call>,
    /// No row that is there is before this one.
    start: u64,
    /// Bytes of all of them, of those that left too.
    total: u64,
}

impl Eq for Pieces {}

impl Pieces {
    /// None so far, and so many bytes before the first.
    pub(in crate::journal) fn behind(bytes: u64) -> Self {
        Self { total: bytes, ..Self::default() }
    }

    /// How many are there.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether none is there.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Bytes of all of them, of those that left too.
    pub fn bytes(&self) -> u64 {
        self.total
    }

    /// The piece at this place.
    pub fn get(&self, index: usize) -> Option<Piece> {
        let offset = |call: Call| u64::from(call.offset[1]) << 32 | u64::from(call.offset[0]);
        let call = self.calls.get(index)?;
        let (begins, ends) = (offset(call), self.calls.get(index + 1).map_or(self.total, offset));
        Some(Piece { seq: call.row.from(self.start), offset: begins, len: ends - begins })
    }

    /// The first piece.
    pub fn front(&self) -> Option<Piece> {
        self.get(0)
    }

    /// The last piece.
    pub fn back(&self) -> Option<Piece> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Piece> + ExactSizeIterator {
        // Every place below `len` has one.
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// The first place whose piece is not so, where all that are so stand first.
    pub fn partition_point(&self, is_so: impl Fn(Piece) -> bool) -> usize {
        bisect(0..self.len(), |at| self.get(at).is_some_and(&is_so))
    }

    /// The places of those that have bytes between these two.
    pub fn over(&self, from: u64, until: u64) -> Range<usize> {
        let first = self.partition_point(|piece| piece.end() <= from);
        first..self.partition_point(|piece| piece.offset < until).max(first)
    }

    /// The place of the one that a row tells of.
    pub fn position(&self, seq: u64) -> Option<usize> {
        let index = self.partition_point(|piece| piece.seq < seq);
        (self.get(index)?.seq == seq).then_some(index)
    }

    pub(in crate::journal) fn push(&mut self, seq: u64, len: u64) {
        if self.is_empty() {
            self.start = seq;
        }
        self.calls.push_back(Call { row: Near::new(seq), offset: [self.total as u32, (self.total >> 32) as u32] });
        self.total += len;
    }

    /// The last one turns out to be as long as this.
    pub(in crate::journal) fn set_last(&mut self, len: u64) {
        if let Some(last) = self.back() {
            self.total = last.offset + len;
        }
    }

    /// Forgets those whose rows have left, and says how many. Where the others stand is still known.
    pub(in crate::journal) fn leave(&mut self, before: u64) -> u64 {
        let mut left = 0;
        while self.front().is_some_and(|piece| piece.seq < before) {
            self.calls.pop_front();
            left += 1;
        }
        self.start = self.start.max(before);
        left
    }
}
