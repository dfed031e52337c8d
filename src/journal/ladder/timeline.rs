//! Where on the way down each step of a ladder stands: pure, in points.
//!
//! Gaps between calls differ by magnitudes: a `recv` comes 30 µs after its `send`, the next message seconds later. So there
//! are three scales, as in the sequence charts of `OMNeT++` (user guide, chapter 9): true to time, one step an event, and
//! folded, where what lasts longer than three times the usual becomes a break that says how long it was.

use std::{collections::VecDeque, ops::Range};

use super::Index;
use crate::journal::{
    chunks::{Chunks, bisect},
    record::Nanos,
};

/// The times of the steps of a ladder, in their order.
pub trait Times {
    /// How many steps there are.
    fn len(&self) -> usize;
    /// The time by which this one stands.
    fn time(&self, step: usize) -> Option<Nanos>;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Times for Index {
    fn len(&self) -> usize {
        self.len()
    }

    fn time(&self, step: usize) -> Option<Nanos> {
        self.time(step)
    }
}

impl Times for [Nanos] {
    fn len(&self) -> usize {
        self.len()
    }

    fn time(&self, step: usize) -> Option<Nanos> {
        self.get(step).copied()
    }
}

/// How time runs down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// True to time up to three times the usual interval; what is longer is folded.
    #[default]
    Folded,
    /// Every step is one row further.
    Steps,
    /// True to time.
    True,
}

impl Scale {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Folded, Self::Steps, Self::True];
}

/// A gap over this many usual intervals is folded.
const IDLE: f64 = 3.0;
/// The longest ladder that is true to time, in points: more than `f32` could place on the screen.
const LONGEST: f64 = 4e6;

/// The places of all steps of a ladder.
///
/// It grows with the ladder: only what changed is placed anew, until there are twice as many steps as there were when the
/// usual interval was last looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    tops: Chunks<f64>,
    /// Where the first step stands; those before it have left.
    origin: f64,
    /// The steps before which time is folded, with how long it was; counted from the first that ever was.
    folds: VecDeque<(u64, Nanos)>,
    gone: u64,
    row: f64,
    scale: Scale,
    zoom: f64,
    per_nano: f64,
    /// With how many steps the usual interval was looked for, and how long all of them took.
    looked: (usize, Nanos),
}

impl Timeline {
    /// Places steps of these times in rows of `row` points. `zoom` stretches true time.
    pub fn new(times: &[Nanos], scale: Scale, row: f64, zoom: f64) -> Self {
        let mut timeline = Self { row, scale, zoom, ..Self::default() };
        timeline.again(times);
        timeline
    }

    /// Takes in what changed in the ladder since the last time.
    pub fn follow(&mut self, index: &mut Index) {
        let (left, changed) = index.take_changes();
        for _ in 0..left {
            self.tops.pop_front();
            self.gone += 1;
        }
        while self.folds.front().is_some_and(|(step, _)| *step <= self.gone) {
            self.folds.pop_front();
        }
        self.origin = self.tops.front().unwrap_or(0.0);
        let Some(changed) = changed else { return };
        if index.len() > 2 * self.looked.0 || (self.scale == Scale::True && lasted(index) > 2 * self.looked.1) {
            self.again(index);
        } else {
            self.place_from(index, changed.min(self.tops.len()));
        }
    }

    /// Places all of them in another way; `times` are those that it [followed](Self::follow) last.
    pub fn set<T: Times + ?Sized>(&mut self, times: &T, scale: Scale, row: f64, zoom: f64) {
        if self.scale != scale || (self.zoom - zoom).abs() > f64::EPSILON || (self.row - row).abs() > f64::EPSILON {
            (self.scale, self.row, self.zoom) = (scale, row, zoom);
            self.again(times);
        }
    }

    fn again<T: Times + ?Sized>(&mut self, times: &T) {
        let usual = usual(times) as f64;
        self.looked = (times.len(), lasted(times));
        self.per_nano = match self.scale {
            Scale::True => (self.row * self.zoom / usual).min(LONGEST / self.looked.1.max(1) as f64),
            Scale::Folded | Scale::Steps => self.row / usual,
        };
        self.place_from(times, 0);
    }

    fn place_from<T: Times + ?Sized>(&mut self, times: &T, first: usize) {
        self.tops.truncate(first);
        let kept = self.gone + first as u64;
        while self.folds.back().is_some_and(|(step, _)| *step >= kept) {
            self.folds.pop_back();
        }
        let mut before = first.checked_sub(1).and_then(|before| times.time(before));
        let mut y = self.tops.back().unwrap_or(self.origin);
        for index in first..times.len() {
            let Some(at) = times.time(index) else { break };
            if let Some(before) = before {
                let gap = at.saturating_sub(before);
                let true_gap = gap as f64 * self.per_nano;
                y += match self.scale {
                    Scale::Steps => self.row,
                    Scale::True => true_gap,
                    Scale::Folded if true_gap > IDLE * self.row => {
                        self.folds.push_back((self.gone + index as u64, gap));
                        2.0 * self.row
                    }
                    Scale::Folded => true_gap.max(self.row),
                };
            }
            self.tops.push_back(y);
            before = before.max(Some(at));
        }
        self.origin = self.tops.front().unwrap_or(0.0);
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.tops.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tops.is_empty()
    }

    /// Where this step stands.
    pub fn top(&self, step: usize) -> f64 {
        self.tops.get(step).map_or_else(|| self.height(), |top| top - self.origin)
    }

    /// Where a moment is that need not be that of a step.
    pub fn top_of_time<T: Times + ?Sized>(&self, times: &T, at: Nanos) -> f64 {
        let next = bisect(0..times.len(), |step| times.time(step).is_some_and(|time| time < at));
        let Some(before) = next.checked_sub(1) else { return 0.0 };
        let (Some(from), Some(until)) = (times.time(before), times.time(next)) else { return self.top(before) };
        let part = at.saturating_sub(from) as f64 / until.saturating_sub(from).max(1) as f64;
        self.top(before) + (self.top(next) - self.top(before)) * part.clamp(0.0, 1.0)
    }

    /// How far it is down to the end, one row behind the last step.
    pub fn height(&self) -> f64 {
        self.tops.back().map_or(0.0, |top| top - self.origin + self.row)
    }

    /// The steps from one place to another.
    pub fn within(&self, from: f64, until: f64) -> Range<usize> {
        let (from, until) = (from + self.origin, until + self.origin);
        let first = self.tops.partition_point(|top| top < from);
        first..self.tops.partition_point(|top| top <= until).max(first)
    }

    /// The steps from one place to another, those together that stand closer than `close`.
    pub fn groups(&self, from: f64, until: f64, close: f64) -> Vec<Range<usize>> {
        let all = self.within(from, until);
        let mut groups = Vec::new();
        let mut first = all.start;
        while first < all.end {
            let next = self.within(self.top(first), self.top(first) + close);
            // `within` takes the steps that stand exactly `close` away too: those are apart.
            let mut end = next.end.clamp(first + 1, all.end);
            while end > first + 1 && self.top(end - 1) - self.top(first) >= close {
                end -= 1;
            }
            groups.push(first..end);
            first = end;
        }
        groups
    }

    /// How long nothing happened before this step, where that is folded.
    pub fn fold_before(&self, step: usize) -> Option<Nanos> {
        let step = self.gone + step as u64;
        let at = self.folds.binary_search_by_key(&step, |(step, _)| *step).ok()?;
        self.folds.get(at).map(|(_, gap)| *gap)
    }
}

/// How long all of it took.
fn lasted<T: Times + ?Sized>(times: &T) -> Nanos {
    let last = times.len().checked_sub(1).and_then(|last| times.time(last)).unwrap_or_default();
    last.saturating_sub(times.time(0).unwrap_or_default())
}

/// The usual interval between two calls: the middle one of those that can be told apart; at least 1 ns.
fn usual<T: Times + ?Sized>(times: &T) -> Nanos {
    let gap = |step: usize| Some(times.time(step)?.saturating_sub(times.time(step - 1)?));
    let mut gaps: Vec<_> = (1..times.len()).filter_map(gap).filter(|gap| *gap > 0).collect();
    let middle = gaps.len() / 2;
    if middle < gaps.len() { *gaps.select_nth_unstable(middle).1 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Nanos = 1_000_000;

    fn timeline(times: &[Nanos], scale: Scale) -> Timeline {
        Timeline::new(&in_ms(times), scale, 10.0, 1.0)
    }

    fn in_ms(times: &[Nanos]) -> Vec<Nanos> {
        times.iter().map(|at| at * MS).collect()
    }

    fn tops(times: &[Nanos], scale: Scale) -> Vec<f64> {
        let timeline = timeline(times, scale);
        (0..times.len()).map(|step| timeline.top(step)).collect()
    }

    #[test]
    fn three_scales_of_the_same_steps() {
        let times = [0, 1, 2, 4, 5, 1_005, 1_006, 1_006];
        assert_eq!(tops(&times, Scale::Steps), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]);
        assert_eq!(tops(&times, Scale::Folded), [0.0, 10.0, 20.0, 40.0, 50.0, 70.0, 80.0, 90.0]);
        assert_eq!(tops(&times, Scale::True), [0.0, 10.0, 20.0, 40.0, 50.0, 10_050.0, 10_060.0, 10_060.0]);
        let folded = timeline(&times, Scale::Folded);
        assert_eq!((folded.fold_before(5), folded.fold_before(4)), (Some(1_000 * MS), None));
        assert_eq!((folded.within(20.0, 50.0), folded.height()), (2..5, 100.0));
    }

    #[test]
    fn time_that_runs_backwards_moves_nothing_up_and_nothing_is_too_long() {
        assert_eq!(tops(&[5, 3, 6], Scale::Folded), [0.0, 10.0, 20.0]);
        assert_eq!(tops(&[], Scale::True), [] as [f64; 0]);
        assert_eq!(tops(&[7, 7], Scale::True), [0.0, 0.0]);
        let longest = tops(&[0, 1, 2, 1_000_000_000], Scale::True);
        assert!(longest.last().is_some_and(|top| *top <= LONGEST), "{longest:?}");
    }

    #[test]
    fn what_stands_close_is_one_group_and_a_moment_between_two_steps_has_a_place() {
        let times = [0, 1, 1, 1, 2, 3];
        let close = timeline(&times, Scale::True);
        let times = in_ms(&times);
        let times = times.as_slice();
        assert_eq!(close.groups(0.0, 100.0, 10.0), [0..1, 1..4, 4..5, 5..6]);
        assert_eq!(close.groups(5.0, 20.0, 10.5).first(), Some(&(1..5)));
        assert!((close.top_of_time(times, 3 * MS / 2) - 15.0).abs() < 1e-9);
        assert_eq!((close.top_of_time(times, 0), close.top_of_time(times, 99 * MS)), (0.0, 30.0));
    }
}
