//! Lines, ticks and heads: solid for what was seen, dashed for what is inferred, hollow for what is outside.

use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::{
    gui::theme::{Tokens, TokensExt as _},
    journal::ladder::Seen,
};

/// Length of a dash and of the gap behind it.
const DASH: f32 = 5.0;
/// Half the length of a tick.
pub const TICK: f32 = 5.0;

/// A line that is solid where it was seen. A line of which one end was not seen is dashed towards that end.
pub fn line(painter: &Painter, from: Pos2, to: Pos2, seen: Seen, stroke: Stroke) {
    let middle = from + (to - from) * 0.5;
    let (solid, dashed) = match seen {
        Seen::Both => (Some([from, to]), None),
        Seen::Sender => (Some([from, middle]), Some([middle, to])),
        Seen::Receiver => (Some([middle, to]), Some([from, middle])),
        Seen::Neither => (None, Some([from, to])),
    };
    if let Some(points) = solid {
        painter.line_segment(points, stroke);
    }
    if let Some(points) = dashed {
        painter.extend(Shape::dashed_line(&points, stroke, DASH, DASH - 1.0));
    }
}

/// The head of an arrow that comes from `from`; hollow where nobody saw it arrive.
pub fn head(painter: &Painter, from: Pos2, tip: Pos2, seen: bool, stroke: Stroke) {
    let along = (tip - from).normalized();
    let across = along.rot90() * 3.5;
    let base = tip - along * 8.0;
    let points = vec![tip, base + across, base - across];
    let fill = if seen { stroke.color } else { Color32::TRANSPARENT };
    painter.add(Shape::convex_polygon(points, fill, Stroke::new(1.0, stroke.color)));
}

/// The part of a line that lies between two heights.
pub fn clipped(from: Pos2, to: Pos2, top: f32, bottom: f32) -> Option<(Pos2, Pos2)> {
    let (low, high) = (from.y.min(to.y), from.y.max(to.y));
    if high < top || low > bottom {
        return None;
    }
    let at = |y: f32| from + (to - from) * ((y - from.y) / (to.y - from.y));
    let cut = |end: Pos2| match end.y {
        y if y < top => at(top),
        y if y > bottom => at(bottom),
        _ => end,
    };
    Some((cut(from), cut(to)))
}

/// The lifeline of a socket, or of a peer outside: hollow.
pub fn lifeline(painter: &Painter, x: f32, top: f32, bottom: f32, outside: bool, color: Color32) {
    if outside {
        let points = [pos2(x, top), pos2(x, bottom)];
        painter.extend(Shape::dashed_line(&points, Stroke::new(1.5, color), 2.0, 4.0));
    } else {
        painter.vline(x, top..=bottom, Stroke::new(1.5, color));
    }
}

/// A call on its lifeline: a tick; a box where one recv returned several messages; a cross where it failed.
pub fn tick(painter: &Painter, at: Pos2, tokens: &Tokens, color: Color32, shape: Tick) {
    match shape {
        Tick::Call => painter.hline(at.x - TICK..=at.x + TICK, at.y, Stroke::new(2.0, color)),
        Tick::Glued => {
            let rect = Rect::from_center_size(at, vec2(12.0, 16.0));
            painter.rect(rect, CornerRadius::same(3), tokens.panel, Stroke::new(1.5, tokens.text), StrokeKind::Middle)
        }
        Tick::Failed => {
            let stroke = Stroke::new(2.0, color);
            painter.line_segment([at - vec2(TICK, TICK), at + vec2(TICK, TICK)], stroke);
            painter.line_segment([at - vec2(TICK, -TICK), at + vec2(TICK, -TICK)], stroke)
        }
    };
}

/// The shape of a [`tick`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// A call.
    Call,
    /// A `recv` that returned bytes of more than one send.
    Glued,
    /// A call that failed.
    Failed,
}

/// What a legend shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// Seen.
    Solid,
    /// Inferred.
    Dashed,
    /// Outside of this program.
    Hollow,
    /// A message.
    Colours,
}

/// A sample for the legend.
pub fn sample_ui(ui: &mut Ui, sample: Sample) {
    let tokens = ui.tokens();
    let (rect, _) = ui.allocate_exact_size(vec2(26.0, 14.0), Sense::hover());
    let (left, right) = (rect.left_center(), rect.right_center());
    let stroke = Stroke::new(2.0, tokens.muted);
    match sample {
        Sample::Solid => line(ui.painter(), left, right, Seen::Both, stroke),
        Sample::Dashed => line(ui.painter(), left, right, Seen::Neither, stroke),
        Sample::Hollow => {
            let x = rect.center().x;
            lifeline(ui.painter(), x, rect.top() - 4.0, rect.bottom() + 4.0, true, tokens.muted);
        }
        Sample::Colours => {
            for (n, x) in [0.0, 9.0, 18.0].into_iter().enumerate() {
                let square = Rect::from_min_size(pos2(rect.left() + x, rect.center().y - 4.0), vec2(8.0, 8.0));
                ui.painter().rect_filled(square, 1.0, tokens.message(n));
            }
        }
    }
}
