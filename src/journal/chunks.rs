//! A queue in chunks, for what is kept of each row.
//!
//! A `VecDeque` doubles: with one row too many it holds twice the memory, and being a ring it touches all of that. Half a
//! million rows are the usual state here, so what is kept of them lies in chunks of a fixed size: no more memory than rows,
//! given back as they leave, and nothing is copied when the queue grows.

use std::{collections::VecDeque, ops::Range};

/// Entries in a chunk.
const CHUNK: usize = 2_048;

/// A queue of small values.
#[derive(Clone, Debug)]
pub(super) struct Chunks<T> {
    parts: VecDeque<Box<[T]>>,
    /// Where in the first chunk the first entry is.
    head: usize,
    len: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { parts: VecDeque::new(), head: 0, len: 0 }
    }
}

impl<T: Copy + Default> Chunks<T> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry at this place.
    pub fn get(&self, index: usize) -> Option<T> {
        if index >= self.len {
            return None;
        }
        let at = self.head + index;
        self.parts.get(at / CHUNK)?.get(at % CHUNK).copied()
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index >= self.len {
            return None;
        }
        let at = self.head + index;
        self.parts.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    /// The first entry.
    pub fn front(&self) -> Option<T> {
        self.get(0)
    }

    /// The last entry.
    pub fn back(&self) -> Option<T> {
        self.get(self.len.checked_sub(1)?)
    }

    /// The last entry, to be changed.
    pub fn back_mut(&mut self) -> Option<&mut T> {
        self.get_mut(self.len.checked_sub(1)?)
    }

    /// Adds an entry at the end.
    pub fn push_back(&mut self, value: T) {
        if self.head + self.len == self.parts.len() * CHUNK {
            self.parts.push_back(vec![T::default(); CHUNK].into_boxed_slice());
        }
        self.len += 1;
        if let Some(last) = self.back_mut() {
            *last = value;
        }
    }

    /// Adds an entry at the beginning.
    pub fn push_front(&mut self, value: T) {
        if self.head == 0 {
            self.parts.push_front(vec![T::default(); CHUNK].into_boxed_slice());
            self.head = CHUNK;
        }
        (self.head, self.len) = (self.head - 1, self.len + 1);
        if let Some(first) = self.get_mut(0) {
            *first = value;
        }
    }

    /// Takes the first entry out.
    pub fn pop_front(&mut self) -> Option<T> {
        let first = self.front()?;
        (self.head, self.len) = (self.head + 1, self.len - 1);
        if self.head == CHUNK || self.len == 0 {
            self.parts.pop_front();
            self.head = 0;
        }
        Some(first)
    }

    /// Keeps as many as this.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.parts.truncate((self.head + self.len).div_ceil(CHUNK));
        if self.len == 0 {
            self.clear();
        }
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts an entry before the one at this place; quick near the end, where late rows belong.
    pub fn insert(&mut self, index: usize, value: T) {
        self.push_back(value);
        for at in (index..self.len.saturating_sub(1)).rev() {
            self.swap(at, at + 1);
        }
    }

    /// Takes the entry at this place out; quick near the end.
    pub fn remove(&mut self, index: usize) {
        if index < self.len {
            for at in index..self.len - 1 {
                self.swap(at, at + 1);
            }
            self.truncate(self.len - 1);
        }
    }

    fn swap(&mut self, one: usize, other: usize) {
        if let (Some(a), Some(b)) = (self.get(one), self.get(other)) {
            for (at, value) in [(one, b), (other, a)] {
                if let Some(place) = self.get_mut(at) {
                    *place = value;
                }
            }
        }
    }

    /// The first place whose entry is not so, where all that are so stand first.
    pub fn partition_point(&self, is_so: impl Fn(T) -> bool) -> usize {
        self.partition_within(0..self.len, is_so)
    }

    /// The same among these places.
    pub fn partition_within(&self, places: Range<usize>, is_so: impl Fn(T) -> bool) -> usize {
        bisect(places.start..places.end.min(self.len), |at| self.get(at).is_some_and(&is_so))
    }

    /// The entries, from the first on.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        self.range(0..self.len)
    }

    /// Those of a part.
    pub fn range(&self, places: Range<usize>) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        let until = places.end.min(self.len);
        (places.start.min(until)..until).map(|at| self.get(at).unwrap_or_default())
    }
}

impl<T: Copy + Default> Extend<T> for Chunks<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            self.push_back(value);
        }
    }
}

impl<T: Copy + Default + PartialEq> PartialEq for Chunks<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// The first of these places that is not so, where all that are so stand first.
pub(super) fn bisect(places: Range<usize>, is_so: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut until) = (places.start, places.end.max(places.start));
    while from < until {
        let middle = from.midpoint(until);
        if is_so(middle) {
            from = middle + 1;
        } else {
            until = middle;
        }
    }
    from
}

/// Sequence numbers in 32 bits each: rows that are there at the same time are never four thousand million apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Near(u32);

impl Near {
    /// This number, shortened.
    pub fn new(number: u64) -> Self {
        // The lower half is what is kept.
        Self(number as u32)
    }

    /// The number that was shortened: the one that is so and not before `first`.
    pub fn from(self, first: u64) -> u64 {
        first + u64::from(self.0.wrapping_sub(first as u32))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Do {
        Push(u16),
        Front(u16),
        Grow(u16),
        Pop(u16),
        Truncate(u16),
        Insert(u16),
        Remove(u16),
        Clear,
    }

    fn doing() -> impl Strategy<Value = Do> {
        prop_oneof![
            4 => any::<u16>().prop_map(Do::Push),
            2 => any::<u16>().prop_map(Do::Front),
            4 => (0_u16..5_000).prop_map(Do::Grow),
            3 => (0_u16..4_000).prop_map(Do::Pop),
            1 => any::<u16>().prop_map(Do::Truncate),
            3 => (0_u16..90).prop_map(Do::Insert),
            3 => (0_u16..90).prop_map(Do::Remove),
            1 => Just(Do::Clear),
        ]
    }

    proptest! {
        /// Whatever is done to it, it holds what a `VecDeque` holds, and no chunk more than it needs.
        #[test]
        fn it_is_a_queue(doings in prop::collection::vec(doing(), 0..40)) {
            let (mut chunks, mut queue) = (Chunks::default(), VecDeque::new());
            for doing in doings {
                match doing {
                    Do::Push(value) => {
                        chunks.push_back(value);
                        queue.push_back(value);
                    }
                    Do::Front(value) => {
                        chunks.push_front(value);
                        queue.push_front(value);
                    }
                    Do::Grow(by) => {
                        chunks.extend(0..by);
                        queue.extend(0..by);
                    }
                    Do::Pop(by) => {
                        for _ in 0..by {
                            prop_assert_eq!(chunks.pop_front(), queue.pop_front());
                        }
                    }
                    Do::Truncate(len) => {
                        chunks.truncate(len.into());
                        queue.truncate(len.into());
                    }
                    Do::Insert(back) => {
                        let at = queue.len().saturating_sub(back.into());
                        chunks.insert(at, back);
                        queue.insert(at, back);
                    }
                    Do::Remove(back) => {
                        let at = queue.len().saturating_sub(back.into());
                        chunks.remove(at);
                        queue.remove(at);
                    }
                    Do::Clear => {
                        chunks.clear();
                        queue.clear();
                    }
                }
                prop_assert_eq!((chunks.len(), chunks.is_empty()), (queue.len(), queue.is_empty()));
                prop_assert!(chunks.iter().eq(queue.iter().copied()));
                prop_assert!(chunks.parts.len() <= queue.len() / CHUNK + 2);
                prop_assert_eq!((chunks.front(), chunks.back()), (queue.front().copied(), queue.back().copied()));
            }
        }

        #[test]
        fn a_short_number_is_known_again(first in any::<u64>(), more in any::<u32>()) {
            let first = first / 2;
            let number = first + u64::from(more);
            prop_assert_eq!(Near::new(number).from(first), number);
        }

        #[test]
        fn places_are_found_by_halving(len in 0_usize..9_000, at in 0_usize..9_000, left in 0_usize..3_000) {
            let mut chunks = Chunks::default();
            chunks.extend(0..len);
            for _ in 0..left {
                chunks.pop_front();
            }
            let left = left.min(len);
            prop_assert_eq!(chunks.partition_point(|value| value < at) + left, at.clamp(left, len));
            prop_assert!(chunks.range(3..9).eq((3 + left..9 + left).filter(|value| *value < len)));
        }
    }
}
