//! Where in a run one is, and how fast one goes on. Pure: scrubbing is an index into the log.

use super::axis::Axis;
use crate::sim::Micros;

/// How long a fold takes when a run is played, in seconds.
const FOLD_SECONDS: f64 = 0.6;
/// How long a run takes when its speed was not chosen, in seconds, about.
const RUN_SECONDS: f64 = 8.0;

/// Virtual time by real time, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(u32);

impl Speed {
    /// What can be chosen.
    pub const ALL: [Self; 10] = [
        Self(5),
        Self(10),
        Self(20),
        Self(50),
        Self(100),
        Self(200),
        Self(500),
        Self(1_000),
        Self(5_000),
        Self(20_000),
    ];

    /// One at which so much virtual time takes some seconds.
    pub fn fitting(busy: Micros) -> Self {
        let wanted = busy as f64 / 1e6 / RUN_SECONDS;
        let fast = Self::ALL.into_iter().find(|speed| speed.factor() >= wanted);
        fast.unwrap_or(Self(20_000))
    }

    /// As a factor.
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// `1/50`, `×1`, `×20`.
    pub fn text(self) -> String {
        if self.0 < 1_000 { format!("1/{}", 1_000 / self.0) } else { format!("×{}", self.0 / 1_000) }
    }
}

/// Where one is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Play {
    /// The moment that is now; `None`: all of it is on show.
    at: Option<f64>,
    /// Whether it goes on by itself.
    playing: bool,
    /// How fast, if that was chosen.
    pub speed: Option<Speed>,
}

impl Play {
    /// At the beginning, where nothing has happened.
    pub fn rewound(self) -> Self {
        Self { at: Some(0.0), playing: false, ..self }
    }

    /// At the end.
    pub fn show_end(&mut self) {
        (self.at, self.playing) = (None, false);
    }

    /// The moment that is now, in a run that ends at `end`.
    pub fn now(&self, end: Micros) -> Micros {
        self.at.map_or(end, |at| (at as Micros).min(end))
    }

    /// Whether all of it is on show.
    pub fn is_at_the_end(&self) -> bool {
        self.at.is_none()
    }

    /// Whether it goes on by itself.
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// Starts or pauses; at the end it starts over.
    pub fn toggle(&mut self) {
        self.playing = !self.playing;
        if self.playing && self.at.is_none() {
            self.at = Some(0.0);
        }
    }

    /// Goes to a moment and stays there.
    pub fn go_to(&mut self, at: Micros, end: Micros) {
        self.playing = false;
        self.at = (at < end).then_some(at as f64);
    }

    /// To the next of these moments (sorted), or the one before.
    pub fn step(&mut self, moments: &[Micros], end: Micros, forward: bool) {
        let now = self.now(end);
        let target = if forward {
            moments.get(moments.partition_point(|moment| *moment <= now)).copied().unwrap_or(end)
        } else {
            let before = moments.partition_point(|moment| *moment < now);
            before.checked_sub(1).and_then(|index| moments.get(index)).copied().unwrap_or(0)
        };
        self.go_to(target, end);
    }

    /// Lets so much real time pass.
    pub fn advance(&mut self, seconds: f64, axis: &Axis, end: Micros, busy: Micros) {
        let Some(at) = self.at.filter(|_| self.playing) else { return };
        let factor = self.speed.unwrap_or_else(|| Speed::fitting(busy)).factor();
        let by = match axis.fold_at(at as Micros) {
            Some((from, to)) => ((to - from) as f64 / 1e6 / FOLD_SECONDS).max(factor),
            None => factor,
        };
        let next = at + seconds * 1e6 * by;
        if next >= end as f64 { self.show_end() } else { self.at = Some(next) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_from_moment_to_moment() {
        let moments = [0, 10, 20, 50];
        let mut play = Play::default().rewound();
        let mut seen = Vec::new();
        for _ in 0..3 {
            play.step(&moments, 50, true);
            seen.push(play.now(50));
        }
        assert_eq!((seen, play.is_at_the_end()), (vec![10, 20, 50], true));
        play.step(&moments, 50, false);
        assert_eq!(play.now(50), 20);
        play.step(&moments, 50, false);
        play.step(&moments, 50, false);
        play.step(&moments, 50, false);
        assert_eq!(play.now(50), 0);
    }

    #[test]
    fn it_plays_at_its_speed_and_hurries_through_folds() {
        let axis = Axis::new(&[(100_000, 1_100_000)], 1_200_000, 0.001);
        let mut play = Play { speed: Some(Speed(100)), ..Play::default() };
        play.toggle();
        play.advance(0.5, &axis, 1_200_000, 200_000);
        assert_eq!(play.now(1_200_000), 50_000);
        play.advance(0.5, &axis, 1_200_000, 200_000);
        play.advance(0.3, &axis, 1_200_000, 200_000);
        assert_eq!(play.now(1_200_000), 600_000);
        play.toggle();
        play.advance(9.0, &axis, 1_200_000, 200_000);
        assert_eq!(play.now(1_200_000), 600_000);
        play.toggle();
        play.advance(0.4, &axis, 1_200_000, 200_000);
        play.advance(9.0, &axis, 1_200_000, 200_000);
        assert!(play.is_at_the_end() && !play.is_playing());
        play.toggle();
        assert_eq!(play.now(1_200_000), 0);
    }

    #[test]
    fn a_run_takes_some_seconds_unless_it_is_said_otherwise() {
        assert_eq!(Speed::fitting(400_000), Speed(50));
        assert_eq!(Speed::fitting(0), Speed(5));
        assert_eq!(Speed::fitting(3_600_000_000), Speed(20_000));
        let texts: Vec<_> = Speed::ALL.iter().map(|speed| speed.text()).collect();
        assert_eq!(texts[..3], ["1/200", "1/100", "1/50"]);
        assert_eq!(texts[9], "×20");
    }
}
