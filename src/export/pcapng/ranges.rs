//! Which bytes of a stream are known already: ranges that do not touch, in order.

use std::ops::Range;

/// A set of offsets.
#[derive(Debug, Default)]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// Adds a range.
    pub fn add(&mut self, new: &Range<u64>) {
        if new.start >= new.end {
            return;
        }
        let first = self.0.partition_point(|known| known.end < new.start);
        let last = self.0.partition_point(|known| known.start <= new.end);
        let touched = self.0.get(first..last).unwrap_or_default();
        let start = touched.first().map_or(new.start, |known| known.start.min(new.start));
        let end = touched.last().map_or(new.end, |known| known.end.max(new.end));
        self.0.splice(first..last, std::iter::once(start..end));
    }

    /// The parts of a range that are not in the set.
    pub fn gaps(&self, within: &Range<u64>) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut at = within.start;
        let first = self.0.partition_point(|known| known.end <= within.start);
        for known in self.0.iter().skip(first).take_while(|known| known.start < within.end) {
            if at < known.start {
                gaps.push(at..known.start);
            }
            at = at.max(known.end);
        }
        if at < within.end {
            gaps.push(at..within.end);
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_that_touch_are_one() {
        let mut ranges = Ranges::default();
        for range in [5..7, 0..2, 2..5, 9..9] {
            ranges.add(&range);
        }
        assert_eq!(ranges.0.as_slice(), std::slice::from_ref(&(0..7)));
        assert_eq!(ranges.gaps(&(3..12)).as_slice(), std::slice::from_ref(&(7..12)));
        assert!(ranges.gaps(&(1..7)).is_empty());
    }

    proptest! {
        #[test]
        fn it_is_a_set(ranges in prop::collection::vec((0_u64..60, 0_u64..12), 0..20), (from, len) in (0_u64..60, 0_u64..30)) {
            let mut set = Ranges::default();
            let mut plain = [false; 128];
            for (start, len) in ranges {
                set.add(&(start..start + len));
                (start..start + len).for_each(|at| plain[at as usize] = true);
            }
            let gaps: Vec<u64> = set.gaps(&(from..from + len)).into_iter().flatten().collect();
            let expected: Vec<u64> = (from..from + len).filter(|at| !plain[*at as usize]).collect();
            prop_assert_eq!(gaps, expected);
            prop_assert!(set.0.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
