//! Lines, ticks and heads: solid for what was seen, dashed for what is inferred, hollow for what is outside.

use egui::{
    Color32, CornerRadius, FontId, Painter, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, epaint::TextShape, pos2,
    vec2,
};

use crate::{
    gui::theme::{Tokens, TokensExt as _},
    journal::{State, ladder::Seen},
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
        Seen::Sender | Seen::Unread => (Some([from, middle]), Some([middle, to])),
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

/// Width of the band of a state.
pub const BAND: f32 = 13.0;

/// A state as a band on its lifeline, with its word along it where it is long enough.
pub fn band(ui: &Ui, x: f32, top: f32, bottom: f32, state: State) -> Rect {
    let tokens = ui.tokens();
    let (fill, color) = match state {
        State::Established => (tokens.ok_tint, tokens.ok),
        State::Listen | State::SynSent | State::Resolving => (tokens.tcp_tint, tokens.tcp),
        State::Bound => (tokens.udp_tint, tokens.udp),
        State::FinWait | State::CloseWait => (tokens.warn_tint, tokens.warn),
        State::Failed(_) | State::Aborted => (tokens.error_tint, tokens.error),
        State::New | State::Closed(_) => (tokens.sunken, tokens.muted),
    };
    let rect = Rect::from_x_y_ranges(x - BAND / 2.0..=x + BAND / 2.0, top..=bottom);
    ui.painter().rect(rect, CornerRadius::same(2), fill, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
    turned(ui, rect, state.word(), color, 0.0);
    rect
}

/// A time in which no `recv` returned: what the program did is not known, so it is dashed.
pub fn wait(ui: &Ui, x: f32, top: f32, bottom: f32) -> Rect {
    let rect = Rect::from_x_y_ranges(x - 5.0..=x + 5.0, top + 3.0..=(bottom - 3.0).max(top + 4.0));
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    let stroke = Stroke::new(1.0, ui.tokens().muted);
    ui.painter().extend(Shape::dashed_line(&corners, stroke, 3.0, 3.0));
    rect
}

/// Text that runs upwards in a narrow rectangle, in the middle of what is on screen of it; none where it has no room.
pub fn turned(ui: &Ui, rect: Rect, text: &str, color: Color32, over: f32) {
    let rect = rect.intersect(ui.clip_rect());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::proportional(9.5), color);
    let size = galley.size();
    if size.x + 6.0 > rect.height() || size.y > rect.width() + 2.0 + 2.0 * over {
        return;
    }
    let at = pos2(rect.center().x - size.y / 2.0, rect.center().y + size.x / 2.0);
    let turned = TextShape::new(at, galley, color).with_angle(-std::f32::consts::FRAC_PI_2);
    ui.painter().add(turned);
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
