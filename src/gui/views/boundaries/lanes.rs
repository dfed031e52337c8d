//! The lanes of a stream, as far as they are on screen.
//!
//! Calls that are narrower than one could point at are one thing, which says how many it stands for and enlarges when it is
//! clicked; so a frame paints some hundred things, however many calls there are.

use egui::{CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

use super::{
    BETWEEN, BoundariesState, Ground, LANE, MOST, Stream,
    cells::{cell_ui, word},
    lane_name, words,
};
use crate::{
    gui::{Cx, theme::TokensExt as _, tr, views::traffic::TrafficState},
    journal::{
        Kind,
        spans::{Lane, Piece},
    },
    words::number::grouped,
};

/// Calls narrower than this are one thing to point at.
const NARROW: f32 = 4.0;

/// Calls that stand so close that they are one thing.
struct Group {
    first: usize,
    last: usize,
}

/// Paints the lanes; returns the row of the call that was chosen.
pub fn paint(
    ui: &Ui,
    cx: &Cx<'_>,
    state: &mut BoundariesState,
    traffic: &TrafficState,
    stream: &Stream<'_>,
    ground: &Ground,
) -> Option<u64> {
    let tokens = ui.tokens();
    let lang = cx.lang;
    let placed = ground.placed;
    let selected = traffic.selected();
    let mut top = ground.rect.top() + 1.0;
    let mut chosen = None;
    let clip =
        Rect::from_x_y_ranges(ground.rect.left() + super::NAMES - 3.0..=ground.rect.right(), ground.rect.y_range());
    let painter = ui.painter_at(clip.expand2(egui::vec2(0.0, 4.0)));
    let whole = stream.sends().zip(stream.recvs()).filter(|(sent, received)| sent.whole && received.whole);
    if let Some(((id, _), sent)) = stream.sender.map(|(life, ends)| (life, &ends.sent)) {
        lane_name(ui, ground.rect.left(), top, "send");
        for group in groups(sent, ground) {
            let Some((piece, cell)) = cell(sent, &group, ground, top) else { continue };
            if group.last > group.first {
                painter.rect_filled(cell, 0.0, tokens.faint);
                group_ui(ui, cx, state, sent, &group, ground, cell, true);
                continue;
            }
            let color = traffic.color(tokens, Some(piece.seq)).unwrap_or(tokens.muted);
            painter.rect_filled(cell, CornerRadius::same(3), color);
            word(ui, cell.intersect(clip), &format!("{} B", grouped(piece.len)), tokens.on_message);
            let said = tr!(lang, "ladder.piece_sent", id = id, count = piece.len, offset = piece.offset);
            let on = selected == Some(piece.seq);
            if cell_ui(ui, cx, state, cell.intersect(clip), (piece.seq, Kind::TcpConnection), on, &said) {
                chosen = Some(piece.seq);
            }
        }
        top += LANE + BETWEEN;
    }
    if let Some(((id, _), received)) = stream.receiver.map(|(life, ends)| (life, &ends.received)) {
        lane_name(ui, ground.rect.left(), top, "recv");
        let sent = whole.map(|(sent, _)| sent);
        let of_chosen = sent.and_then(|lane| lane.pieces.get(lane.position(selected?)?));
        for group in groups(received, ground) {
            let Some((piece, cell)) = cell(received, &group, ground, top) else { continue };
            if group.last > group.first {
                painter.rect_filled(cell, 0.0, tokens.faint);
                group_ui(ui, cx, state, received, &group, ground, cell, false);
                continue;
            }
            let on = selected == Some(piece.seq);
            let parts = sent.map(|sent| sent.within(piece.offset, piece.end())).unwrap_or_default();
            let count = parts.len();
            painter.rect_filled(cell, 0.0, tokens.faint);
            // Of more parts than there are points only some are seen.
            let few = parts.step_by((count as f32 / cell.width().max(1.0)).ceil().max(1.0) as usize);
            for message in few.filter_map(|index| sent?.pieces.get(index)) {
                let (from, until) = (message.offset.max(piece.offset), message.end().min(piece.end()));
                let span = placed.x(from)..=placed.x(until);
                let color = traffic.color(tokens, Some(message.seq)).unwrap_or(tokens.muted);
                let part = Rect::from_x_y_ranges(span.clone(), top..=top + LANE).intersect(cell);
                painter.rect_filled(part, 0.0, color);
                // The same bytes, from one lane to the other.
                let above = Rect::from_x_y_ranges(span, top - BETWEEN..=top);
                let above = above.with_max_x(above.right().min(cell.right() + 1.0));
                let marked = on || selected == Some(message.seq);
                painter.rect_filled(above, 0.0, color.gamma_multiply(if marked { 0.6 } else { 0.22 }));
            }
            let marked = of_chosen.is_some_and(|sent| sent.offset < piece.end() && piece.offset < sent.end());
            let outline = if marked { tokens.tcp } else { tokens.text };
            painter.rect_stroke(cell, CornerRadius::same(3), Stroke::new(1.5, outline), StrokeKind::Inside);
            // A mark where the call returned: the cut.
            painter.vline(cell.right() + 0.75, top - 4.0..=top + LANE + 1.0, Stroke::new(1.5, tokens.text));
            word(ui, cell.intersect(clip), &format!("{} B", grouped(piece.len)), tokens.on_message);
            let (count, from) = (piece.len, piece.offset);
            let said = if sent.is_some() {
                let sends = words::sends(cx.lang, parts_in(sent, piece));
                tr!(lang, "ladder.piece_received", id = id, count = count, offset = from, sends = sends)
            } else {
                tr!(lang, "boundaries.piece_alone", id = id, count = count, offset = from)
            };
            if cell_ui(ui, cx, state, cell.intersect(clip), (piece.seq, Kind::TcpConnection), on, &said) {
                chosen = Some(piece.seq);
            }
        }
    }
    chosen
}

fn parts_in(sent: Option<&Lane>, piece: Piece) -> usize {
    sent.map_or(0, |sent| sent.within(piece.offset, piece.end()).len())
}

fn cell(lane: &Lane, group: &Group, ground: &Ground, top: f32) -> Option<(Piece, Rect)> {
    let (first, last) = (lane.pieces.get(group.first)?, lane.pieces.get(group.last)?);
    let (from, until) = (ground.placed.x(first.offset), ground.placed.x(last.end()));
    let gap = if until - from > 2.0 * NARROW { 1.5 } else { 0.5 };
    Some((first, Rect::from_x_y_ranges(from..=(until - gap).max(from + 0.5), top..=top + LANE)))
}

/// The calls on screen, those together that could not be told apart.
fn groups(lane: &Lane, ground: &Ground) -> Vec<Group> {
    let shown = ground.placed.shown();
    let visible = lane.within(shown.start, shown.end);
    let mut groups = Vec::new();
    let mut first = visible.start;
    while let Some(piece) = lane.pieces.get(first).filter(|_| first < visible.end) {
        let x = ground.placed.x(piece.offset);
        let mut last = first;
        if ground.placed.x(piece.end()) - x < NARROW {
            // Up to the last that ends before the group would be wide enough.
            let until = ground.placed.unit(x + NARROW).max(0.0) as u64;
            let end = lane.pieces.partition_point(|piece| piece.end() <= until);
            last = end.saturating_sub(1).clamp(first, visible.end - 1);
        }
        groups.push(Group { first, last });
        first = last + 1;
    }
    groups
}

/// What is said of calls that are one thing; a click enlarges them.
#[expect(clippy::too_many_arguments, reason = "which calls of which lane, and where")]
fn group_ui(
    ui: &Ui,
    cx: &Cx<'_>,
    state: &mut BoundariesState,
    lane: &Lane,
    group: &Group,
    ground: &Ground,
    cell: Rect,
    is_send: bool,
) {
    let (Some(first), Some(last)) = (lane.pieces.get(group.first), lane.pieces.get(group.last)) else { return };
    let count = group.last - group.first + 1;
    let calls = if is_send { words::sends(cx.lang, count) } else { words::recvs(cx.lang, count) };
    let said =
        tr!(cx.lang, "boundaries.group", calls = calls, from = grouped(first.offset), until = grouped(last.end()));
    let response = ui.interact(cell, ui.scope_id().with(("group", first.seq)), Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, said.as_ref()));
    if response.clicked() {
        let by = f64::from(ground.rect.width()) / f64::from(NARROW) / 8.0;
        state.window.zoom(&ground.placed, by.max(2.0), cell.center().x, MOST);
    }
    response.on_hover_text_at_pointer(said);
}
