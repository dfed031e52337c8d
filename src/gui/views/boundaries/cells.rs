//! One call, or one datagram, as a cell: what one points at, what is said of it, how it looks where bytes are gone.

use egui::{Color32, FontId, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::BoundariesState;
use crate::{
    gui::{
        Cx,
        theme::TokensExt as _,
        views::traffic::{hex, plain},
    },
    journal::Kind,
};

/// Bytes shown as hex where one points at a cell.
const HEX: usize = 24;
/// Characters shown there.
const CHARACTERS: usize = 48;
/// Depth of a tooth, and its height.
const TOOTH: (f32, f32) = (3.5, 4.25);

/// A call that can be pointed at; returns whether it was chosen.
pub fn cell_ui(
    ui: &Ui,
    cx: &Cx<'_>,
    state: &mut BoundariesState,
    cell: Rect,
    (seq, kind): (u64, Kind),
    selected: bool,
    said: &str,
) -> bool {
    let response = ui.interact(cell, ui.scope_id().with(("piece", seq)), Sense::CLICK);
    if selected {
        let stroke = Stroke::new(2.0, ui.tokens().tcp);
        ui.painter().rect_stroke(cell.expand(2.0), 4.0, stroke, StrokeKind::Outside);
    }
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, said));
    let clicked = response.clicked();
    if response.hovered() {
        let mut tip = vec![said.to_owned()];
        if let Some(row) =
            cx.model.journal.row(seq).filter(|row| row.record.event.has_payload() && !row.bytes.is_empty())
        {
            let text = plain(state.texts.of(&cx.model.journal, seq, kind));
            tip.push(text.chars().take(CHARACTERS).collect());
            tip.push(hex(row.bytes, HEX));
        }
        response.on_hover_text_at_pointer(tip.join("\n"));
    }
    clicked
}

/// A word in the middle of a cell, if there is room for it.
pub fn word(ui: &Ui, cell: Rect, text: &str, color: Color32) {
    if text.is_empty() {
        return;
    }
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::monospace(10.0), color);
    if galley.size().x + 6.0 < cell.width() {
        ui.painter().galley(cell.center() - galley.size() / 2.0, galley, color);
    }
}

/// Nothing where something could have been.
pub fn hollow(painter: &Painter, cell: Rect, color: Color32) {
    let corners = [cell.left_top(), cell.right_top(), cell.right_bottom(), cell.left_bottom(), cell.left_top()];
    painter.extend(Shape::dashed_line(&corners, Stroke::new(1.0, color), 4.0, 3.0));
}

/// What was kept of a cell, up to an edge that looks torn off.
pub fn torn(painter: &Painter, kept: Rect, color: Color32) {
    let (depth, height) = TOOTH;
    painter.rect_filled(kept.with_max_x((kept.right() - depth).max(kept.left())), 0.0, color);
    teeth(painter, kept.right() - depth, kept.y_range().min, kept.bottom(), height, depth, color);
}

/// The tail that was cut off: shreds.
pub fn shreds(painter: &Painter, tail: Rect, color: Color32) {
    let mut x = tail.left() + 2.0;
    let mut odd = false;
    while x + 2.0 <= tail.right() {
        let strip = Rect::from_x_y_ranges(x..=x + 2.0, tail.top()..=tail.bottom());
        let strip = if odd { strip.translate(vec2(0.0, 2.0)).intersect(tail) } else { strip.shrink2(vec2(0.0, 1.0)) };
        painter.rect_filled(strip, 0.0, color.gamma_multiply(0.3));
        x += 4.0;
        odd = !odd;
    }
}

fn teeth(painter: &Painter, x: f32, top: f32, bottom: f32, height: f32, depth: f32, color: Color32) {
    let mut y = top;
    while y < bottom - 0.1 {
        let below = (y + height).min(bottom);
        let points = vec![pos2(x - 0.5, y), pos2(x + depth, f32::midpoint(y, below)), pos2(x - 0.5, below)];
        painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        y = below;
    }
}
