//! Where on the way down each step of a ladder stands: pure, in points.
//!
//! Gaps between calls differ by magnitudes: a `recv` comes 30 µs after its `send`, the next message seconds later. So there
//! are three scales, as in the sequence charts of `OMNeT++` (user guide, chapter 9): true to time, one step an event, and
//! folded, where what lasts longer than three times the usual becomes a break that says how long it was.

use std::ops::Range;

use super::{Arrow, Step};
use crate::journal::record::Nanos;

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    tops: Vec<f64>,
    /// The steps before which time is folded, with how long it was.
    folds: Vec<(usize, Nanos)>,
    row: f64,
}

impl Timeline {
    /// Places `steps`, whose times may run backwards a little, in rows of `row` points. `zoom` stretches true time.
    pub fn new(steps: &[Step], scale: Scale, row: f64, zoom: f64) -> Self {
        let usual = usual(steps) as f64;
        let lasted = |steps: &[Step]| {
            let times = || steps.iter().map(|step| step.at);
            times().max().unwrap_or_default().saturating_sub(times().min().unwrap_or_default())
        };
        let per_nano = match scale {
            Scale::True => (row * zoom / usual).min(LONGEST / lasted(steps).max(1) as f64),
            Scale::Folded | Scale::Steps => row / usual,
        };
        let mut timeline = Self { tops: Vec::with_capacity(steps.len()), folds: Vec::new(), row };
        let (mut y, mut before) = (0.0, None);
        for (index, step) in steps.iter().enumerate() {
            let gap = before.map(|before| step.at.saturating_sub(before));
            if let Some(gap) = gap {
                let true_gap = gap as f64 * per_nano;
                y += match scale {
                    Scale::Steps => row,
                    Scale::True => true_gap,
                    Scale::Folded if true_gap > IDLE * row => {
                        timeline.folds.push((index, gap));
                        2.0 * row
                    }
                    Scale::Folded => true_gap.max(row),
                };
            }
            timeline.tops.push(y);
            before = before.max(Some(step.at));
        }
        timeline
    }

    /// Where this step stands.
    pub fn top(&self, step: usize) -> f64 {
        self.tops.get(step).copied().unwrap_or_else(|| self.height())
    }

    /// How far it is down to the end, one row behind the last step.
    pub fn height(&self) -> f64 {
        self.tops.last().map_or(0.0, |top| top + self.row)
    }

    /// The steps from one place to another.
    pub fn within(&self, from: f64, until: f64) -> Range<usize> {
        self.tops.partition_point(|top| *top < from)..self.tops.partition_point(|top| *top <= until)
    }

    /// How long nothing happened before this step, where that is folded.
    pub fn fold_before(&self, step: usize) -> Option<Nanos> {
        let at = self.folds.binary_search_by_key(&step, |(step, _)| *step).ok()?;
        self.folds.get(at).map(|(_, gap)| *gap)
    }
}

/// The usual interval between two calls: the middle one of those that can be told apart; at least 1 ns.
fn usual(steps: &[Step]) -> Nanos {
    let pairs = steps.iter().zip(steps.iter().skip(1));
    let mut gaps: Vec<_> = pairs.map(|(one, next)| next.at.saturating_sub(one.at)).filter(|gap| *gap > 0).collect();
    let middle = gaps.len() / 2;
    if middle < gaps.len() { *gaps.select_nth_unstable(middle).1 } else { 1 }
}

/// Which arrows cross which steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crossings {
    /// First and last step of each arrow, and which arrow; by the last step.
    spans: Vec<(usize, usize, usize)>,
    /// The first step of all from here on.
    first: Vec<usize>,
}

impl Crossings {
    /// Of these arrows.
    pub fn new(arrows: &[Arrow]) -> Self {
        let ends = arrows.iter().enumerate().filter_map(|(index, arrow)| {
            let (from, to) = (arrow.from.step.or(arrow.to.step)?, arrow.to.step.or(arrow.from.step)?);
            Some((from.min(to), from.max(to), index))
        });
        let mut spans: Vec<_> = ends.collect();
        spans.sort_by_key(|(_, last, _)| *last);
        let mut first: Vec<_> = spans.iter().map(|(first, ..)| *first).collect();
        for index in (1..first.len()).rev() {
            if let [before, behind] = &mut first[index - 1..=index] {
                *before = (*before).min(*behind);
            }
        }
        Self { spans, first }
    }

    /// The arrows of which a part lies between these steps.
    pub fn across(&self, steps: Range<usize>) -> impl Iterator<Item = usize> {
        let start = self.spans.partition_point(|(_, last, _)| *last < steps.start);
        let spans = self.spans.iter().zip(&self.first).skip(start);
        let end = steps.end;
        spans
            .take_while(move |(_, first)| **first < end)
            .filter(move |((first, ..), _)| *first < end)
            .map(|((.., arrow), _)| *arrow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{
        Event,
        ladder::{Seen, Tip, What},
    };

    const MS: Nanos = 1_000_000;

    fn steps(times: &[Nanos]) -> Vec<Step> {
        let step = |(seq, at): (usize, &Nanos)| Step {
            seq: seq as u64,
            at: at * MS,
            line: 0,
            event: Event::PeerEnded,
            len: 0,
        };
        times.iter().enumerate().map(step).collect()
    }

    fn tops(times: &[Nanos], scale: Scale) -> Vec<f64> {
        let timeline = Timeline::new(&steps(times), scale, 10.0, 1.0);
        (0..times.len()).map(|step| timeline.top(step)).collect()
    }

    #[test]
    fn three_scales_of_the_same_steps() {
        let times = [0, 1, 2, 4, 5, 1_005, 1_006, 1_006];
        assert_eq!(tops(&times, Scale::Steps), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]);
        assert_eq!(tops(&times, Scale::Folded), [0.0, 10.0, 20.0, 40.0, 50.0, 70.0, 80.0, 90.0]);
        assert_eq!(tops(&times, Scale::True), [0.0, 10.0, 20.0, 40.0, 50.0, 10_050.0, 10_060.0, 10_060.0]);
        let folded = Timeline::new(&steps(&times), Scale::Folded, 10.0, 1.0);
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
    fn arrows_are_found_by_the_steps_that_they_cross() {
        let tip = |step| Tip { line: 0, step };
        let arrow = |from, to| Arrow {
            from: tip(from),
            to: tip(to),
            what: What::Data,
            seen: Seen::Both,
            message: None,
            len: 0,
        };
        let arrows = [
            arrow(Some(0), Some(9)),
            arrow(Some(1), Some(2)),
            arrow(None, Some(5)),
            arrow(Some(8), None),
            arrow(Some(7), Some(6)),
        ];
        let crossings = Crossings::new(&arrows);
        let across = |steps| {
            let mut found: Vec<_> = crossings.across(steps).collect();
            found.sort_unstable();
            found
        };
        assert_eq!(across(0..10), [0, 1, 2, 3, 4]);
        assert_eq!(across(3..5), [0]);
        assert_eq!(across(5..7), [0, 2, 4]);
        assert_eq!(across(8..9), [0, 3]);
    }
}
