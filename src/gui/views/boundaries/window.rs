//! Which part of a lane is on show, and how large: pure. Units are bytes of a stream, or datagrams.
//!
//! At the end the newest stays in sight. Elsewhere what is on the left edge stays there, whatever comes in.

use std::ops::Range;

/// What the reader chose; nothing of it at first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Window {
    /// Points a unit.
    scale: Option<f64>,
    /// The unit at the left edge.
    from: Option<f64>,
}

/// Where units stand on the screen, in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// The unit at the left edge.
    pub from: f64,
    /// Points a unit.
    pub scale: f64,
    left: f32,
    width: f32,
    begin: f64,
    end: f64,
}

/// By how much one step enlarges.
const STEP: f64 = 1.5;

impl Window {
    /// Places the units of `all` between `left` and `left + width`. `own` is the scale that is taken unless one was chosen.
    pub fn place(&self, all: &Range<u64>, own: f64, left: f32, width: f32) -> Placed {
        let (begin, end) = (all.start as f64, (all.end as f64).max(all.start as f64 + 1.0));
        let width_f64 = f64::from(width.max(1.0));
        // Never smaller than all of it at once, unless it is small.
        let least = (width_f64 / (end - begin)).min(own);
        let scale = self.scale.unwrap_or(own).max(least);
        let last = (end - width_f64 / scale).max(begin);
        let from = self.from.map_or(last, |from| from.clamp(begin, last));
        Placed { from, scale, left, width, begin, end }
    }

    /// Moves what is on show by so many points.
    pub fn scroll(&mut self, placed: &Placed, points: f32) {
        self.go_to(placed, placed.from + f64::from(points) / placed.scale);
    }

    /// Enlarges around a place on the screen.
    pub fn zoom(&mut self, placed: &Placed, by: f64, around: f32, most: f64) {
        let unit = placed.unit(around);
        let scale = (placed.scale * by).min(most);
        self.scale = Some(scale);
        self.from = Some(unit - f64::from(around - placed.left) / scale);
    }

    /// One step larger or smaller around the middle.
    pub fn step(&mut self, placed: &Placed, larger: bool, most: f64) {
        let middle = placed.left + placed.width / 2.0;
        self.zoom(placed, if larger { STEP } else { 1.0 / STEP }, middle, most);
    }

    /// Brings some units into sight.
    pub fn show(&mut self, placed: &Placed, units: &Range<u64>) {
        let (from, until) = (units.start as f64, units.end as f64);
        let shown = f64::from(placed.width) / placed.scale;
        if from < placed.from || until > placed.from + shown {
            let middle = f64::midpoint(from, until) - shown / 2.0;
            self.go_to(placed, middle.min(from));
        }
    }

    /// Shows this unit at the left edge. Who is at the end stays there.
    pub fn go_to(&mut self, placed: &Placed, from: f64) {
        let last = placed.end - f64::from(placed.width) / placed.scale;
        self.from = (from < last).then_some(from);
    }
}

impl Placed {
    /// Where a unit begins on the screen. What is far outside is a little outside.
    pub fn x(&self, unit: u64) -> f32 {
        let x = (unit as f64 - self.from) * self.scale;
        self.left + x.clamp(-16.0, f64::from(self.width) + 16.0) as f32
    }

    /// Which unit stands at a place on the screen.
    pub fn unit(&self, x: f32) -> f64 {
        self.from + f64::from(x - self.left) / self.scale
    }

    /// The units on show.
    pub fn shown(&self) -> Range<u64> {
        let until = self.from + f64::from(self.width) / self.scale;
        self.from.max(0.0) as u64..until.ceil().max(0.0) as u64
    }

    /// Whether there is more than is on show.
    pub fn has_more(&self) -> bool {
        (self.end - self.begin) * self.scale > f64::from(self.width) + 0.5
    }

    /// Which part of all is on show, from 0 to 1.
    pub fn part(&self) -> (f32, f32) {
        let all = self.end - self.begin;
        let from = (self.from - self.begin) / all;
        let until = from + f64::from(self.width) / self.scale / all;
        (from.clamp(0.0, 1.0) as f32, until.clamp(0.0, 1.0) as f32)
    }

    /// How many units a part of all is.
    pub fn units(&self, part: f32) -> f64 {
        f64::from(part) * (self.end - self.begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_stays_in_sight_until_one_goes_elsewhere() {
        let mut window = Window::default();
        let placed = window.place(&(0..1_000), 2.0, 50.0, 100.0);
        assert_eq!((placed.from, placed.shown()), (950.0, 950..1_000));
        assert!((placed.x(950) - 50.0).abs() < 0.01 && (placed.x(1_000) - 150.0).abs() < 0.01);
        assert_eq!(window.place(&(0..2_000), 2.0, 50.0, 100.0).from, 1_950.0);
        window.scroll(&placed, -100.0);
        assert_eq!(window.place(&(0..2_000), 2.0, 50.0, 100.0).from, 900.0);
        assert!(window.from.is_some());
        // What left can no longer be shown.
        let placed = window.place(&(1_200..2_000), 2.0, 50.0, 100.0);
        assert_eq!(placed.from, 1_200.0);
        window.scroll(&placed, 9_999.0);
        assert!(window.from.is_none());
    }

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let mut window = Window::default();
        let placed = window.place(&(0..1_000_000_000), 1e-7, 0.0, 100.0);
        assert_eq!(placed.shown(), 0..1_000_000_000);
        assert!(!placed.has_more());
        let unit = placed.unit(25.0);
        window.zoom(&placed, 1_000.0, 25.0, 16.0);
        let placed = window.place(&(0..1_000_000_000), 1e-7, 0.0, 100.0);
        assert!((placed.unit(25.0) - unit).abs() < 1.0 && placed.has_more());
        window.zoom(&placed, 1e99, 25.0, 16.0);
        assert!((window.place(&(0..1_000_000_000), 1e-7, 0.0, 100.0).scale - 16.0).abs() < 1e-9);
        window.zoom(&placed, 1e-99, 25.0, 16.0);
        assert!(!window.place(&(0..1_000_000_000), 1e-7, 0.0, 100.0).has_more());
    }

    #[test]
    fn few_units_stand_at_the_left_and_are_not_stretched() {
        let placed = Window::default().place(&(0..5), 16.0, 10.0, 400.0);
        assert!((placed.from, placed.scale) == (0.0, 16.0) && !placed.has_more());
        assert_eq!(placed.part(), (0.0, 1.0));
        let nothing = Window::default().place(&(7..7), 16.0, 10.0, 400.0);
        assert!((nothing.x(7) - 10.0).abs() < 0.01);
    }

    #[test]
    fn what_was_chosen_comes_into_sight() {
        let mut window = Window::default();
        let placed = window.place(&(0..1_000), 2.0, 0.0, 100.0);
        window.show(&placed, &(990..995));
        assert!(window.from.is_none(), "it is there already");
        window.show(&placed, &(100..110));
        assert_eq!(window.place(&(0..1_000), 2.0, 0.0, 100.0).from, 80.0);
        window.show(&placed, &(100..900));
        assert_eq!(window.place(&(0..1_000), 2.0, 0.0, 100.0).from, 100.0);
    }
}
