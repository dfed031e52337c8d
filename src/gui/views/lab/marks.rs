//! Arrows and what marks them. Colour is the message, never the status: a lost packet ends at a cross, one that is sent again
//! is dashed, a second copy is a double line, a damaged one a zigzag.

use egui::{Color32, Painter, Pos2, Shape, Stroke, Vec2, pos2, vec2};

use super::geometry::Arrow;

/// Half the size of a cross.
const CROSS: f32 = 4.5;
/// From the middle of one strip to the next.
const STRIP: f32 = 2.6;
/// Strips of one arrow at most.
const STRIPS: usize = 6;
/// Thickness from which on an arrow is an area.
const THICK: f32 = 3.0;

/// How an arrow is drawn.
#[derive(Clone, Debug)]
pub struct Look {
    /// The colours of its messages, with how much of the packet each is.
    pub strips: Vec<(Color32, f32)>,
    /// Width of a line.
    pub width: f32,
    /// Sent again.
    pub dashed: bool,
    /// A copy.
    pub double: bool,
    /// Damaged.
    pub zigzag: bool,
    /// What is at its end.
    pub tip: Tip,
}

/// What is at the end of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tip {
    /// A head: it arrived.
    Head,
    /// A hollow head: it arrived, and was thrown away.
    Hollow,
    /// Nothing: it is on its way.
    None,
}

/// Paints an arrow.
pub fn arrow(painter: &Painter, arrow: &Arrow, look: &Look) {
    let first = look.strips.first().map_or(Color32::TRANSPARENT, |(color, _)| *color);
    if arrow.thick > THICK {
        let mut top = 0.0;
        for (color, part) in &look.strips {
            let bottom = top + arrow.thick * part;
            let (down, up) = (vec2(0.0, bottom), vec2(0.0, top));
            let corners = vec![arrow.from + up, arrow.to + up, arrow.to + down, arrow.from + down];
            painter.add(Shape::convex_polygon(corners, color.gamma_multiply(0.35), Stroke::NONE));
            top = bottom;
        }
    }
    let lines = look.strips.iter().take(if arrow.thick > THICK { 1 } else { STRIPS });
    for (index, (color, _)) in lines.enumerate() {
        let by = vec2(0.0, index as f32 * STRIP);
        let (from, to) = (arrow.from + by, arrow.to + by);
        let stroke = Stroke::new(look.width, *color);
        if look.zigzag {
            painter.line(zigzag(from, to), stroke);
        } else if look.dashed {
            painter.extend(Shape::dashed_line(&[from, to], stroke, 5.0, 3.0));
        } else if look.double {
            let across = (to - from).normalized().rot90() * 1.6;
            let thin = Stroke::new(look.width * 0.55, *color);
            painter.line_segment([from + across, to + across], thin);
            painter.line_segment([from - across, to - across], thin);
        } else {
            painter.line_segment([from, to], stroke);
        }
    }
    if look.tip != Tip::None {
        head(painter, arrow.from, arrow.to, first, look.width, look.tip == Tip::Head);
    }
}

/// The head of an arrow.
pub fn head(painter: &Painter, from: Pos2, tip: Pos2, color: Color32, width: f32, filled: bool) {
    let along = (tip - from).normalized();
    let size = if width < 1.5 { 7.0 } else { 9.0 };
    let across = along.rot90() * size * 0.4;
    let base = tip - along * size;
    let fill = if filled { color } else { Color32::TRANSPARENT };
    painter.add(Shape::convex_polygon(vec![tip, base + across, base - across], fill, Stroke::new(1.0, color)));
}

/// Where a packet died.
pub fn cross(painter: &Painter, at: Pos2, color: Color32) {
    let stroke = Stroke::new(2.0, color);
    painter.line_segment([at + vec2(-CROSS, -CROSS), at + vec2(CROSS, CROSS)], stroke);
    painter.line_segment([at + vec2(-CROSS, CROSS), at + vec2(CROSS, -CROSS)], stroke);
}

/// A line that shakes.
fn zigzag(from: Pos2, to: Pos2) -> Vec<Pos2> {
    let along = to - from;
    let teeth = (along.length() / 7.0).ceil().max(1.0) as usize;
    let across = along.normalized().rot90() * 3.0;
    let mut points = vec![from];
    for tooth in 1..teeth {
        let side = if tooth % 2 == 0 { across } else { -across };
        points.push(from + along * (tooth as f32 / teeth as f32) + side);
    }
    points.push(to);
    points
}

/// A timer: an arc beside a lifeline, from when it was started to when it ended. `out` says to which side, and how far.
pub fn arc(painter: &Painter, x: f32, top: f32, bottom: f32, out: f32, stroke: Stroke) {
    let points = arc_points(x, top, bottom, out);
    painter.line(points, stroke);
}

fn arc_points(x: f32, top: f32, bottom: f32, out: f32) -> Vec<Pos2> {
    (0..=16)
        .map(|step| {
            let part = step as f32 / 16.0;
            // Flat in the middle, so that a long timer stays beside its lifeline.
            let bulge = 1.0 - (2.0 * part - 1.0).abs().powi(4);
            pos2(x + out * bulge, top + (bottom - top) * part)
        })
        .collect()
}

/// A bead with a number.
pub fn bead(painter: &Painter, at: Pos2, number: u32, fill: Color32, text: Color32) {
    painter.circle_filled(at, 6.0, fill);
    let font = egui::FontId::new(9.0, crate::gui::theme::semibold());
    painter.text(at, egui::Align2::CENTER_CENTER, number, font, text);
}

/// A line with gaps around a rectangle: what is missing.
pub fn dashed_box(painter: &Painter, rect: egui::Rect, color: Color32) {
    let rect = rect.shrink(0.75);
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    painter.extend(Shape::dashed_line(&corners, Stroke::new(1.5, color), 3.5, 2.5));
}

/// Lines across a rectangle: what is in flight.
pub fn hatch(painter: &Painter, rect: egui::Rect, color: Color32) {
    let painter = painter.with_clip_rect(painter.clip_rect().intersect(rect));
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        let from = pos2(x, rect.bottom());
        painter.line_segment([from, from + Vec2::new(rect.height(), -rect.height())], Stroke::new(1.0, color));
        x += 5.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zigzag_begins_and_ends_where_the_packet_does() {
        let (from, to) = (pos2(10.0, 10.0), pos2(200.0, 40.0));
        let points = zigzag(from, to);
        assert_eq!((points[0], *points.last().unwrap()), (from, to));
        assert!(points.len() > 20);
        assert_eq!(zigzag(from, from), [from, from]);
    }

    #[test]
    fn an_arc_stands_on_its_lifeline() {
        let points = arc_points(100.0, 10.0, 90.0, -18.0);
        assert_eq!((points[0], points[16]), (pos2(100.0, 10.0), pos2(100.0, 90.0)));
        assert_eq!(points[8], pos2(82.0, 50.0));
    }
}
