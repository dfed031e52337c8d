//! Where the reader of the ladder is: at the end, or at a step, which stays where it is on the screen.

use crate::journal::ladder::{Step, Timeline};

/// Room above the first step and below the last one.
pub const MARGIN: f64 = 22.0;

/// Where the reader is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The row of the step on top, with the points between the top of the view and it; none at the end.
    top: Option<(u64, f64)>,
    /// A row that is to come into sight.
    wanted: Option<u64>,
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

    /// How many points are above a view of this height.
    pub fn offset(&mut self, steps: &[Step], timeline: &Timeline, height: f64) -> f64 {
        let end = end(timeline, height);
        let y = |seq: u64| steps.iter().position(|step| step.seq == seq).map(|step| timeline.top(step) + MARGIN);
        let mut offset = match self.top {
            // Once the step has left, the oldest that is there is on top.
            Some((seq, below)) => y(seq).map_or(0.0, |y| y - below),
            None => end,
        };
        if let Some(y) = self.wanted.take().and_then(y) {
            let before = offset;
            offset = offset.min(y - MARGIN).max(y + 2.0 * MARGIN - height).clamp(0.0, end);
            if (offset - before).abs() > 0.5 || self.top.is_some() {
                self.keep(steps, timeline, offset);
            }
        }
        offset.clamp(0.0, end)
    }

    /// Notes where the reader is after a frame in which the view was moved from `before` to `after`.
    pub fn moved(&mut self, steps: &[Step], timeline: &Timeline, before: f64, after: f64, height: f64) {
        let at_end = after >= end(timeline, height) - 1.0;
        if after > before + 0.5 && at_end {
            self.top = None;
        } else if after < before - 0.5 || self.top.is_some() {
            self.keep(steps, timeline, after);
        }
    }

    fn keep(&mut self, steps: &[Step], timeline: &Timeline, offset: f64) {
        let first = timeline.within(offset - MARGIN, f64::MAX).start;
        self.top = steps.get(first).map(|step| (step.seq, timeline.top(first) + MARGIN - offset));
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
    use crate::journal::{Event, ladder::Scale};

    fn ladder(count: u64) -> (Vec<Step>, Timeline) {
        let step = |seq| Step { seq, at: seq, line: 0, event: Event::PeerEnded, len: 0 };
        let steps: Vec<_> = (0..count).map(step).collect();
        let timeline = Timeline::new(&steps, Scale::Steps, 10.0, 1.0);
        (steps, timeline)
    }

    #[test]
    fn the_end_stays_in_sight_until_the_reader_goes_up_and_then_the_place_does() {
        let mut place = Place::default();
        let (steps, timeline) = ladder(20);
        let offset = place.offset(&steps, &timeline, 100.0);
        assert!((offset - (200.0 + 44.0 - 100.0)).abs() < 0.01, "{offset}");
        place.moved(&steps, &timeline, offset, 55.0, 100.0);
        assert!(!place.follows());
        let (more, longer) = ladder(90);
        assert!((place.offset(&more, &longer, 100.0) - 55.0).abs() < 0.01);
        // The first ten leave.
        let rest: Vec<_> = more[2..].to_vec();
        let shorter = Timeline::new(&rest, Scale::Steps, 10.0, 1.0);
        assert!((place.offset(&rest, &shorter, 100.0) - 35.0).abs() < 0.01);
        place.moved(&more, &longer, 55.0, 9_999.0, 100.0);
        assert!(place.follows());
    }

    #[test]
    fn a_chosen_step_comes_into_sight() {
        let mut place = Place::default();
        let (steps, timeline) = ladder(90);
        place.offset(&steps, &timeline, 100.0);
        place.show(3);
        let offset = place.offset(&steps, &timeline, 100.0);
        assert!((offset - 30.0).abs() < 0.01, "{offset}");
        assert!((place.offset(&steps, &timeline, 100.0) - 30.0).abs() < 0.01);
    }
}
