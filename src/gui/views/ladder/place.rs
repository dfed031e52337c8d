//! Where the reader of the ladder is: at the end, or at a step, which stays where it is on the screen.

use crate::journal::ladder::Timeline;

/// Room above the first step and below the last one.
pub const MARGIN: f64 = 22.0;

/// Where the reader is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The row of the step on top, with the points between the top of the view and it; none at the end.
    top: Option<(u64, f64)>,
    /// A row that is to come into sight.
    wanted: Option<u64>,
    /// The view was moved for it: it stays there.
    kept: Option<f64>,
}

impl Place {
    /// Brings the step of a row into sight.
    pub fn show(&mut self, seq: u64) {
        self.wanted = Some(seq);
    }

    /// Whether the newest step stays in sight.
    pub fn follows(&self) -> bool {
        self.top.is_none()
    }

    /// How many points are above a view of this height. `find` knows where the step of a row stands among all.
    pub fn offset(&mut self, timeline: &Timeline, height: f64, find: impl Fn(u64) -> Option<usize>) -> f64 {
        let end = end(timeline, height);
        let y = |seq: u64| find(seq).map(|step| timeline.top(step) + MARGIN);
        let mut offset = match self.top {
            // Once the step has left, the oldest that is there is on top.
            Some((seq, below)) => y(seq).map_or(0.0, |y| y - below),
            None => end,
        };
        if let Some(y) = self.wanted.take().and_then(y) {
            let before = offset;
            offset = offset.min(y - MARGIN).max(y + 2.0 * MARGIN - height).clamp(0.0, end);
            if (offset - before).abs() > 0.5 || self.top.is_some() {
                self.kept = Some(offset);
            }
        }
        offset.clamp(0.0, end)
    }

    /// Notes where the reader is after a frame in which the view was moved from `before` to `after`. `name` is the row of a
    /// step.
    pub fn moved(
        &mut self,
        timeline: &Timeline,
        (before, after): (f64, f64),
        height: f64,
        name: impl Fn(usize) -> Option<u64>,
    ) {
        let at_end = after >= end(timeline, height) - 1.0;
        let kept = self.kept.take();
        if after > before + 0.5 && at_end {
            self.top = None;
        } else if after < before - 0.5 || self.top.is_some() || kept.is_some() {
            let first = timeline.within(after - MARGIN, f64::MAX).start;
            self.top = name(first).map(|seq| (seq, timeline.top(first) + MARGIN - after));
        }
    }
}

fn end(timeline: &Timeline, height: f64) -> f64 {
    (full(timeline) - height).max(0.0)
}

/// Height of the whole ladder.
pub fn full(timeline: &Timeline) -> f64 {
    timeline.height() + 2.0 * MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ladder::Scale;

    /// So many steps, of which the rows have the numbers from `first` on.
    struct Steps(u64, Timeline);

    impl Steps {
        fn new(first: u64, end: u64) -> Self {
            Self(first, Timeline::new(&(first..end).collect::<Vec<_>>(), Scale::Steps, 10.0, 1.0))
        }

        fn offset(&self, place: &mut Place) -> f64 {
            place.offset(&self.1, 100.0, |seq| seq.checked_sub(self.0).map(|step| step as usize))
        }

        fn moved(&self, place: &mut Place, before: f64, after: f64) {
            place.moved(&self.1, (before, after), 100.0, |step| Some(self.0 + step as u64));
        }
    }

    #[test]
    fn the_end_stays_in_sight_until_the_reader_goes_up_and_then_the_place_does() {
        let mut place = Place::default();
        let steps = Steps::new(0, 20);
        let offset = steps.offset(&mut place);
        assert!((offset - (200.0 + 44.0 - 100.0)).abs() < 0.01, "{offset}");
        steps.moved(&mut place, offset, 55.0);
        assert!(!place.follows());
        let more = Steps::new(0, 90);
        assert!((more.offset(&mut place) - 55.0).abs() < 0.01);
        // The first two leave.
        let rest = Steps::new(2, 90);
        assert!((rest.offset(&mut place) - 35.0).abs() < 0.01);
        more.moved(&mut place, 55.0, 9_999.0);
        assert!(place.follows());
    }

    #[test]
    fn a_chosen_step_comes_into_sight() {
        let mut place = Place::default();
        let steps = Steps::new(0, 90);
        steps.offset(&mut place);
        place.show(3);
        let offset = steps.offset(&mut place);
        assert!((offset - 30.0).abs() < 0.01, "{offset}");
        steps.moved(&mut place, offset, offset);
        assert!((steps.offset(&mut place) - 30.0).abs() < 0.01);
    }
}
