//! The time axis that both lanes share: from virtual time to points down the page and back. Pure.
//!
//! Times in which nothing happens may be folded: a retransmission timer of a second beside a round trip of 60 ms would
//! make arrows of either unreadable. A fold has a fixed height and says how long it is.

use crate::sim::Micros;

/// Height of a fold, in points.
pub const FOLD: f64 = 30.0;
/// The least distance of two labels of the axis, in points.
const APART: f64 = 56.0;
/// What the axis shows before time 0 and behind the end, in points.
pub const MARGIN: f64 = 12.0;

/// A stretch of time that is drawn evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    from: Micros,
    to: Micros,
    top: f64,
    height: f64,
    folded: bool,
}

/// Where moments stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    stretches: Vec<Stretch>,
    height: f64,
    /// Points a microsecond, outside of folds.
    scale: f64,
}

/// A fold on the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fold {
    /// Where it begins, in points.
    pub top: f64,
    /// How much time it stands for.
    pub time: Micros,
}

impl Axis {
    /// An axis from 0 to `end` with so many points a microsecond. Of `idle` times (sorted, apart) all are folded.
    pub fn new(idle: &[(Micros, Micros)], end: Micros, scale: f64) -> Self {
        let mut axis = Self { stretches: Vec::new(), height: MARGIN, scale };
        let mut at = 0;
        for (from, to) in idle.iter().copied().filter(|(from, to)| from < to) {
            axis.push(at, from, None);
            axis.push(from, to, Some(FOLD));
            at = to;
        }
        axis.push(at, end.max(at + 1), None);
        axis.height += MARGIN;
        axis
    }

    fn push(&mut self, from: Micros, to: Micros, folded: Option<f64>) {
        if from < to {
            let height = folded.unwrap_or((to - from) as f64 * self.scale);
            self.stretches.push(Stretch { from, to, top: self.height, height, folded: folded.is_some() });
            self.height += height;
        }
    }

    /// All of it, in points.
    pub fn height(&self) -> f64 {
        self.height
    }

    /// How far down a moment stands.
    pub fn y(&self, at: Micros) -> f64 {
        let index = self.stretches.partition_point(|stretch| stretch.to <= at);
        match self.stretches.get(index).or(self.stretches.last()) {
            Some(stretch) if at >= stretch.to => stretch.top + stretch.height + (at - stretch.to) as f64 * self.scale,
            Some(stretch) => {
                let part = at.saturating_sub(stretch.from) as f64 / (stretch.to - stretch.from) as f64;
                stretch.top + stretch.height * part
            }
            None => MARGIN + at as f64 * self.scale,
        }
    }

    /// Which moment stands there; what is above the axis is 0, what is below its end.
    pub fn time(&self, y: f64) -> Micros {
        let index = self.stretches.partition_point(|stretch| stretch.top + stretch.height <= y);
        let Some(stretch) = self.stretches.get(index).or(self.stretches.last()) else { return 0 };
        let part = ((y - stretch.top) / stretch.height).clamp(0.0, 1.0);
        stretch.from + ((stretch.to - stretch.from) as f64 * part).round() as Micros
    }

    /// The fold in which a moment lies, from when to when.
    pub fn fold_at(&self, at: Micros) -> Option<(Micros, Micros)> {
        let index = self.stretches.partition_point(|stretch| stretch.to <= at);
        self.stretches.get(index).filter(|s| s.folded && s.from <= at).map(|s| (s.from, s.to))
    }

    /// Folds of which something lies between two heights.
    pub fn folds(&self, top: f64, bottom: f64) -> impl Iterator<Item = Fold> {
        let folded = self.stretches.iter().filter(|stretch| stretch.folded);
        let seen = folded.filter(move |stretch| stretch.top < bottom && stretch.top + stretch.height > top);
        seen.map(|stretch| Fold { top: stretch.top, time: stretch.to - stretch.from })
    }

    /// From one label to the next: 1, 2 or 5 times a power of ten.
    pub fn step(&self) -> Micros {
        let wanted = APART / self.scale.max(1e-9);
        let mut power: Micros = 1;
        while power < 1_000_000_000_000 {
            for times in [1, 2, 5] {
                if (power * times) as f64 >= wanted {
                    return power * times;
                }
            }
            power *= 10;
        }
        power
    }

    /// Moments to be labelled between two heights.
    pub fn labels(&self, top: f64, bottom: f64) -> Vec<Micros> {
        let step = self.step();
        let mut labels = Vec::new();
        for stretch in self.stretches.iter().filter(|stretch| !stretch.folded) {
            if stretch.top > bottom || stretch.top + stretch.height < top {
                continue;
            }
            let (first, last) = (self.time(top).max(stretch.from), self.time(bottom).min(stretch.to));
            let first = first.div_ceil(step) * step;
            labels.extend((first..=last).step_by(step as usize));
        }
        labels.dedup();
        labels
    }
}

/// The times between 0 and `end` in which nothing happens for longer than `longest`, with half of it left at each end.
/// `busy` need be neither sorted nor apart.
pub fn idle(busy: impl IntoIterator<Item = (Micros, Micros)>, end: Micros, longest: Micros) -> Vec<(Micros, Micros)> {
    let mut busy: Vec<_> = busy.into_iter().collect();
    busy.sort_unstable();
    let mut idle = Vec::new();
    let mut quiet_from = 0;
    for (from, to) in busy.into_iter().chain([(end, end)]) {
        if from > quiet_from + longest {
            let rest = longest / 4;
            idle.push((quiet_from + rest, from - rest));
        }
        quiet_from = quiet_from.max(to);
    }
    idle
}

/// Points a microsecond so that `busy` of time fits into `height`, but a one-way delay neither is flatter than 20 points
/// nor steeper than 64.
pub fn fitting(busy: Micros, folds: usize, delay: Micros, height: f64) -> f64 {
    let room = (height - 2.0 * MARGIN - folds as f64 * FOLD).max(1.0);
    let fits = room / busy.max(1) as f64;
    let delay = delay.max(1_000) as f64;
    fits.clamp(20.0 / delay, 64.0 / delay)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_idle_for_long_is_folded() {
        let busy = [(0, 100_000), (90_000, 200_000), (1_200_000, 1_300_000), (1_310_000, 1_400_000)];
        assert_eq!(idle(busy, 1_400_000, 180_000), [(245_000, 1_155_000)]);
        assert_eq!(idle(busy, 1_400_000, 2_000_000), []);
        let axis = Axis::new(&idle(busy, 1_400_000, 180_000), 1_400_000, 0.001);
        assert!((axis.height() - (2.0 * MARGIN + FOLD + 245.0 + 245.0)).abs() < 1e-6, "{}", axis.height());
        assert_eq!(axis.fold_at(600_000), Some((245_000, 1_155_000)));
        assert_eq!(axis.fold_at(1_155_000), None);
        assert_eq!(axis.folds(0.0, 1e9).count(), 1);
        assert_eq!(axis.folds(0.0, 200.0).count(), 0);
    }

    #[test]
    fn labels_are_round_and_not_in_folds() {
        let axis = Axis::new(&[(250_000, 1_150_000)], 1_400_000, 0.00064);
        assert_eq!(axis.step(), 100_000);
        assert_eq!(axis.labels(0.0, 1e9), [0, 100_000, 200_000, 1_200_000, 1_300_000, 1_400_000]);
        let some = axis.labels(axis.y(90_000), axis.y(210_000));
        assert_eq!(some, [100_000, 200_000]);
    }

    #[test]
    fn an_axis_of_nothing_is_no_problem() {
        let axis = Axis::default();
        assert_eq!((axis.time(50.0), axis.labels(0.0, 100.0)), (0, Vec::new()));
        assert!(Axis::new(&[], 0, 0.001).y(0) >= 0.0);
    }

    #[test]
    fn a_run_fits_unless_its_arrows_would_be_flat() {
        let fits = fitting(400_000, 0, 40_000, 500.0);
        assert!((fits - (500.0 - 2.0 * MARGIN) / 400_000.0).abs() < 1e-9);
        assert!((fitting(40_000_000, 3, 40_000, 500.0) * 40_000.0 - 20.0).abs() < 1e-9);
        assert!((fitting(10_000, 0, 40_000, 500.0) * 40_000.0 - 64.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn later_stands_lower_and_comes_back(
            cuts in prop::collection::btree_set(0_u64..2_000_000, 0..12), scale in 1e-4..1e-2_f64,
            a in 0_u64..2_000_000, b in 0_u64..2_000_000,
        ) {
            let cuts: Vec<_> = cuts.into_iter().collect();
            let idle: Vec<_> = cuts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            let axis = Axis::new(&idle, 2_000_000, scale);
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(axis.y(early) <= axis.y(late));
            prop_assert!(axis.y(late) <= axis.height());
            let back = axis.time(axis.y(a));
            prop_assert!(back.abs_diff(a) <= 1, "{a} came back as {back}");
        }
    }
}
