//! Where lifelines and arrows lie, and which one is pointed at. Pure.
//!
//! An arrow begins when the packet's first bit leaves and ends when that bit arrives, so its slope is the true one; how long
//! the packet takes to be put on the link is its thickness. A lost packet dies on the way, where the simulator says.

use egui::{Pos2, Rangef, Rect, pos2};

use super::{axis::Axis, index};
use crate::sim::{End, Loss, Micros, Packet, PacketId, Side};

/// Room for the times at the left of a lane, unless they are long.
const TIMES: f32 = 60.0;
/// From a program's lifeline to its kernel's.
const PROGRAM: f32 = 92.0;
/// Room for words beside a lifeline that has nothing next to it.
const WORDS: f32 = 98.0;
/// Room for words at the right.
const WORDS_RIGHT: f32 = 156.0;
/// From this width on a lane has room for four lifelines.
pub const ROOMY: f32 = 640.0;
/// How near the pointer has to be to an arrow.
const NEAR: f32 = 6.0;

/// The lifelines of a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The client's kernel (or, with two lifelines, the client), and the server's.
    pub kernels: [f32; 2],
    /// The programs, where there is room.
    pub programs: Option<[f32; 2]>,
    /// Where times end.
    pub times: f32,
    /// All of the lane.
    pub lane: Rangef,
}

impl Grid {
    /// Lifelines for a lane of this extent: four or two. `widest` is the width of the longest time.
    pub fn new(lane: Rangef, four: bool, widest: f32) -> Self {
        let times = lane.min + TIMES.max(widest + 12.0);
        let narrow = lane.span() < 420.0;
        let (left, right) = if narrow { (46.0, 72.0) } else { (WORDS, WORDS_RIGHT) };
        if four {
            let programs = [times + 62.0, lane.max - 74.0];
            let kernels = [programs[0] + PROGRAM, (programs[1] - PROGRAM).max(programs[0] + PROGRAM + 40.0)];
            return Self { kernels, programs: Some(programs), times, lane };
        }
        let kernels = [times + left, (lane.max - right).max(times + left + 40.0)];
        Self { kernels, programs: None, times, lane }
    }

    /// A side's kernel.
    pub fn kernel(&self, side: Side) -> f32 {
        let [client, server] = self.kernels;
        if side == Side::Client { client } else { server }
    }

    /// A side's program; without one of its own, the only lifeline of the side.
    pub fn program(&self, side: Side) -> f32 {
        let [client, server] = self.programs.unwrap_or(self.kernels);
        if side == Side::Client { client } else { server }
    }
}

/// A packet on its way across.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrow {
    /// Where its first bit leaves.
    pub from: Pos2,
    /// Where that arrives, or where it dies.
    pub to: Pos2,
    /// How much later its last bit leaves, in points down the page.
    pub thick: f32,
}

impl Arrow {
    /// The arrow of a packet, in points of the axis: `y` is not yet moved to where the page is scrolled. `delay` is that of
    /// the link in this direction.
    pub fn new(packet: &Packet, grid: &Grid, axis: &Axis, delay: Micros) -> Self {
        let (start, end) = (grid.kernel(packet.from()), grid.kernel(packet.from().other()));
        let part = reach(packet.end, packet.out, packet.ended, delay);
        let (top, bottom) = (axis.y(packet.left), axis.y(index::lands(packet)));
        Self {
            from: pos2(start, top as f32),
            to: pos2(start + (end - start) * part, bottom as f32),
            thick: (axis.y(packet.out) - top) as f32,
        }
    }

    /// The same, moved down.
    #[must_use]
    pub fn moved(self, by: f32) -> Self {
        let down = |pos: Pos2| pos2(pos.x, pos.y + by);
        Self { from: down(self.from), to: down(self.to), ..self }
    }

    /// What of it has been by the moment that stands at `y`: nothing, a part that ends there, or all of it.
    pub fn until(self, y: f32) -> Option<(Self, bool)> {
        if y < self.from.y {
            return None;
        }
        if y >= self.to.y {
            return Some((self, true));
        }
        let part = (y - self.from.y) / (self.to.y - self.from.y);
        Some((Self { to: self.from + (self.to - self.from) * part, ..self }, false))
    }

    /// How far a point is from it, its thickness counted.
    pub fn distance(&self, point: Pos2) -> f32 {
        let along = self.to - self.from;
        let part = ((point - self.from).dot(along) / along.length_sq().max(1e-6)).clamp(0.0, 1.0);
        let near = self.from + along * part;
        let below = (point.y - near.y).clamp(0.0, self.thick);
        point.distance(pos2(near.x, near.y + below))
    }

    /// The middle of it, and a little around.
    pub fn middle(&self) -> Rect {
        let center = self.from + (self.to - self.from) * 0.5;
        Rect::from_center_size(pos2(center.x, center.y + self.thick / 2.0), egui::vec2(22.0, 8.0 + self.thick))
    }
}

/// How much of the way a packet comes whose last bit left at `out` and that met its end at `ended`.
pub fn reach(end: End, out: Micros, ended: Micros, delay: Micros) -> f32 {
    match end {
        // It never left.
        End::Lost(Loss::QueueFull) => 0.06,
        End::Lost(_) if delay > 0 => (ended.saturating_sub(out) as f32 / delay as f32).clamp(0.15, 0.9),
        End::Lost(_) => 0.5,
        _ => 1.0,
    }
}

/// Many packets on their way across: from the first to the last of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    x: (f32, f32),
    /// Where the first leaves, and the last.
    from: (f32, f32),
    /// Where the first arrives, and the last.
    to: (f32, f32),
}

impl Band {
    /// From one place across to another, between these heights there and here.
    pub fn new(x: (f32, f32), from: (f32, f32), to: (f32, f32)) -> Self {
        let high = |(top, bottom): (f32, f32)| (top, bottom.max(top + 1.0));
        Self { x, from: high(from), to: high(to) }
    }

    /// The first arrow and the last.
    pub fn edges(&self) -> [[Pos2; 2]; 2] {
        let edge = |from, to| [pos2(self.x.0, from), pos2(self.x.1, to)];
        [edge(self.from.0, self.to.0), edge(self.from.1, self.to.1)]
    }

    /// From the middle of where they leave to the middle of where they arrive.
    pub fn middle_line(&self) -> [Pos2; 2] {
        [self.at(0.0), self.at(1.0)]
    }

    /// The middle of it after this part of the way.
    pub fn at(&self, part: f32) -> Pos2 {
        let (top, bottom) = self.between(part);
        pos2(self.x.0 + (self.x.1 - self.x.0) * part, f32::midpoint(top, bottom))
    }

    fn between(&self, part: f32) -> (f32, f32) {
        let at = |from: f32, to: f32| from + (to - from) * part;
        (at(self.from.0, self.to.0), at(self.from.1, self.to.1))
    }

    /// How far a point is from its middle, if it is on it.
    fn distance(&self, point: Pos2) -> Option<f32> {
        let part = (point.x - self.x.0) / (self.x.1 - self.x.0);
        if !(0.0..=1.0).contains(&part) {
            return None;
        }
        let (top, bottom) = self.between(part);
        let on = (top - 2.0..=bottom + 2.0).contains(&point.y);
        on.then(|| (f32::midpoint(top, bottom) - point.y).abs())
    }
}

/// The packet whose arrow is nearest to a point, if one is near. The later one of two.
pub fn pointed_at<'a>(arrows: impl Iterator<Item = (PacketId, &'a Arrow)>, point: Pos2) -> Option<PacketId> {
    let near = arrows.map(|(id, arrow)| (id, arrow.distance(point)));
    let near = near.filter(|(_, distance)| *distance <= NEAR);
    near.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(id, _)| id)
}

/// The place of the band that is meant by a point: of those under it the one whose middle is nearest. What is below `now`
/// is still to come, and not there.
pub fn band_at<T>(bands: &[(T, Band)], point: Pos2, now: f32) -> Option<usize> {
    let on = bands.iter().enumerate().filter_map(|(nth, (_, band))| Some((nth, band.distance(point)?)));
    on.filter(|_| point.y <= now).min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(nth, _)| nth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Act, Edit, Log, Name, PacketKind, Run, Transport};

    fn lost_third() -> (Log, Axis, Grid) {
        let third = Name { from: Side::Client, kind: PacketKind::Data, number: 3, offset: 0, attempt: 1 };
        let run = Run { edits: vec![Edit { packet: third, act: Act::Lose }], ..Run::default() };
        let log = run.over(Transport::Udp).play();
        let axis = Axis::new(&[], log.end_at, 0.001);
        (log, axis, Grid::new(Rangef::new(0.0, 560.0), false, 40.0))
    }

    #[test]
    fn an_arrow_has_its_true_slope_and_a_lost_one_ends_on_the_way() {
        let (log, axis, grid) = lost_third();
        let first = Arrow::new(&log.packets[0], &grid, &axis, 30_000);
        assert_eq!((first.from.x, first.to.x), (grid.kernels[0], grid.kernels[1]));
        assert!((first.to.y - first.from.y - 30.0).abs() < 1e-3, "{first:?}");
        let third = Arrow::new(&log.packets[2], &grid, &axis, 30_000);
        assert!(third.to.x > grid.kernels[0] + 20.0 && third.to.x < grid.kernels[1] - 20.0, "{third:?}");
        // As steep as the others.
        let slope = |arrow: Arrow| (arrow.to.y - arrow.from.y) / (arrow.to.x - arrow.from.x);
        assert!((slope(first) - slope(third)).abs() < 1e-3);
    }

    #[test]
    fn a_slow_link_makes_thick_arrows() {
        let mut run = Run::default();
        run.knobs.link.rate = Some(80_000);
        let log = run.over(Transport::Udp).play();
        let axis = Axis::new(&[], log.end_at, 0.001);
        let grid = Grid::new(Rangef::new(0.0, 560.0), false, 40.0);
        // 128 bytes at 80 kbit/s are 12.8 ms.
        let arrow = Arrow::new(&log.packets[0], &grid, &axis, 30_000);
        assert!((arrow.thick - 12.8).abs() < 0.01 && (arrow.to.y - arrow.from.y - 30.0).abs() < 0.01, "{arrow:?}");
    }

    #[test]
    fn the_future_is_not_drawn() {
        let (log, axis, grid) = lost_third();
        let arrow = Arrow::new(&log.packets[0], &grid, &axis, 30_000);
        assert_eq!(arrow.until(arrow.from.y - 1.0), None);
        let (half, whole) = arrow.until(arrow.from.y + 15.0).unwrap();
        assert!(!whole && (half.to.x - arrow.middle().center().x).abs() < 0.1);
        assert_eq!(arrow.until(arrow.to.y), Some((arrow, true)));
    }

    #[test]
    fn the_nearest_arrow_is_the_one_that_is_meant() {
        let (log, axis, grid) = lost_third();
        let arrow = |packet| Arrow::new(packet, &grid, &axis, 30_000);
        let arrows: Vec<_> = log.packets.iter().map(|packet| (packet.id, arrow(packet))).collect();
        let second = arrows[1].1.middle().center();
        let at = |point| pointed_at(arrows.iter().map(|(id, arrow)| (*id, arrow)), point);
        assert_eq!(at(second), Some(PacketId(1)));
        assert_eq!(at(pos2(second.x, second.y - 60.0)), None);
    }

    #[test]
    fn of_groups_that_cross_the_nearest_is_meant() {
        let there = Band::new((100.0, 300.0), (10.0, 30.0), (50.0, 70.0));
        let back = Band::new((300.0, 100.0), (10.0, 30.0), (50.0, 70.0));
        let bands = [("there", there), ("back", back)];
        assert_eq!(band_at(&bands, there.at(0.2), 500.0), Some(0));
        assert_eq!(band_at(&bands, back.at(0.2), 500.0), Some(1));
        // Both are there, the first is nearer.
        assert_eq!(band_at(&bands, pos2(195.0, 38.0), 500.0), Some(0));
        assert_eq!(band_at(&bands, pos2(205.0, 38.0), 500.0), Some(1));
        for nowhere in [pos2(99.0, 20.0), pos2(301.0, 60.0), pos2(200.0, 20.0), pos2(200.0, 90.0)] {
            assert_eq!(band_at(&bands, nowhere, 500.0), None, "{nowhere:?}");
        }
        assert_eq!(band_at(&bands, there.at(0.2), 20.0), None, "it is still to come");
        // All of one instant are a line, and can be pointed at.
        let line = Band::new((100.0, 300.0), (10.0, 10.0), (50.0, 50.0));
        assert_eq!(band_at(&[((), line)], pos2(200.0, 31.0), 500.0), Some(0));
    }

    #[test]
    fn lifelines_stand_apart_in_every_width() {
        for width in [200.0, 373.0, 560.0, 720.0, 1_400.0] {
            for four in [false, true] {
                for widest in [30.0, 90.0] {
                    let grid = Grid::new(Rangef::new(10.0, 10.0 + width), four, widest);
                    assert!(grid.kernels[1] - grid.kernels[0] >= 40.0, "{width} {grid:?}");
                    assert_eq!(grid.programs.is_some(), four);
                    // A time ends 8 points before, and is not cut at its beginning.
                    assert!(grid.times - 8.0 - widest >= grid.lane.min, "{width} {grid:?}");
                }
            }
        }
    }
}
