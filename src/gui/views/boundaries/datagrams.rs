//! Datagrams, one above the other: what was sent, and whether and how it was received.
//!
//! A whole one is as wide below as above. One that was cut keeps its beginning and an edge that looks torn, and behind it
//! what is gone. A lost one is a gap with a word, and so is one of which nobody here can know.

use egui::{CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

use super::{
    BETWEEN, BoundariesState, Ground, LANE, MOST_DATAGRAM,
    cells::{cell_ui, hollow, shreds, torn, word},
    lane_name, words,
};
use crate::{
    gui::{Cx, theme::TokensExt as _, tr, views::traffic::TrafficState},
    journal::{
        Direction, Kind, SocketId,
        spans::{Datagram, Fate},
    },
    words::number::grouped,
};

/// Datagrams narrower than this are one thing to point at.
const NARROW: f64 = 6.0;
/// Between two datagrams, where they are wide.
const APART: f32 = 5.0;

/// Paints the lanes of one socket in one direction; returns the row that was chosen.
pub fn paint(
    ui: &Ui,
    cx: &Cx<'_>,
    state: &mut BoundariesState,
    traffic: &TrafficState,
    (id, direction): (SocketId, Direction),
    ground: &Ground,
) -> Option<u64> {
    let placed = ground.placed;
    let top = ground.rect.top() + 1.0;
    lane_name(ui, ground.rect.left(), top, "send");
    lane_name(ui, ground.rect.left(), top + LANE + BETWEEN, "recv");
    let (all, journal) = (traffic.datagrams(), &cx.model.journal);
    let (_, left) = all.len(id, direction);
    // So many are one thing to point at.
    let together = (NARROW / placed.scale).ceil().max(1.0) as u64;
    let shown = placed.shown();
    let mut chosen = None;
    let mut unit = shown.start.max(left);
    unit -= (unit - left) % together;
    while unit < shown.end {
        let Some(datagram) = all.nth(journal, id, direction, (unit - left) as usize) else {
            unit += together;
            continue;
        };
        let (from, until) = (placed.x(unit), placed.x(unit + together));
        let apart = if until - from > 4.0 * APART { APART } else { 1.0 };
        let slot = Rect::from_x_y_ranges(from..=until - apart, top..=top + 2.0 * LANE + BETWEEN);
        if together > 1 {
            let fates =
                (unit..unit + together).filter_map(|unit| all.nth(journal, id, direction, (unit - left) as usize));
            let fates: Vec<_> = fates.map(|datagram| datagram.fate()).collect();
            group_ui(ui, cx, state, ground, slot, unit, &fates);
        } else if let Some(seq) = datagram_ui(ui, cx, state, traffic, &datagram, slot, ground) {
            chosen = Some(seq);
        }
        unit += together;
    }
    chosen
}

fn datagram_ui(
    ui: &Ui,
    cx: &Cx<'_>,
    state: &mut BoundariesState,
    traffic: &TrafficState,
    datagram: &Datagram,
    slot: Rect,
    ground: &Ground,
) -> Option<u64> {
    let tokens = ui.tokens();
    let lang = cx.lang;
    let clip = Rect::from_x_y_ranges(ground.rect.left() + super::NAMES - 3.0..=ground.rect.right(), slot.y_range());
    let painter = ui.painter_at(clip.expand2(egui::vec2(0.0, 4.0)));
    let sent = slot.with_max_y(slot.top() + LANE);
    let received = slot.with_min_y(slot.bottom() - LANE);
    let between = slot.with_min_y(sent.bottom()).with_max_y(received.top());
    let color = traffic.color(tokens, datagram.sent).unwrap_or(tokens.faint);
    let selected = traffic.selected();
    let marked = selected.is_some() && (selected == datagram.sent || selected == datagram.received);
    let band = color.gamma_multiply(if marked { 0.6 } else { 0.22 });
    let size = format!("{} B", grouped(datagram.len.into()));
    let (missing, _) = words::fate(lang, datagram);
    let said = words::datagram(lang, datagram);
    if datagram.sent.is_some() {
        painter.rect_filled(sent, CornerRadius::same(3), color);
        word(ui, sent.intersect(clip), &size, tokens.on_message);
    } else {
        hollow(&painter, sent, tokens.faint);
        let whence = if datagram.of_file { tr!(lang, "boundaries.word_file") } else { tr!(lang, "ladder.outside") };
        word(ui, sent.intersect(clip), &whence, tokens.muted);
    }
    let outline = Stroke::new(1.5, tokens.text);
    match datagram.fate() {
        Fate::Whole | Fate::FromOutside | Fate::OfFile => {
            painter.rect_filled(between, 0.0, band);
            painter.rect_filled(received, 0.0, color);
            painter.rect_stroke(received, CornerRadius::same(3), outline, StrokeKind::Inside);
            word(ui, received.intersect(clip), &size, tokens.on_message);
        }
        Fate::Cut => {
            // Both parts can be seen, however unequal they are.
            let part = datagram.kept as f32 / datagram.len.max(1) as f32;
            let edge = received.left() + received.width() * part.clamp(0.2, 0.55);
            let (kept, tail) = (received.with_max_x(edge), received.with_min_x(edge));
            painter.rect_filled(between.with_max_x(edge), 0.0, band);
            torn(&painter, kept, color);
            shreds(&painter, tail, color);
            word(ui, kept.intersect(clip), &format!("{} B", grouped(datagram.kept.into())), tokens.on_message);
            word(ui, tail.intersect(clip), &format!("−{} B", grouped(datagram.gone().into())), tokens.error);
        }
        Fate::Lost => {
            hollow(&painter, received, tokens.error);
            word(ui, received.intersect(clip), &missing, tokens.error);
        }
        Fate::OnItsWay | Fate::Unseen => {
            hollow(&painter, received, tokens.faint);
            word(ui, received.intersect(clip), &missing, tokens.muted);
        }
    }
    let mut chosen = None;
    for (seq, cell) in [(datagram.sent, sent), (datagram.received, received)] {
        let Some(seq) = seq else { continue };
        if cell_ui(ui, cx, state, cell.intersect(clip), (seq, Kind::UdpSocket), selected == Some(seq), &said) {
            chosen = Some(seq);
        }
    }
    chosen
}

/// Many datagrams as one thing: in the colour of the worst that became of any of them. A click enlarges them.
fn group_ui(
    ui: &Ui,
    cx: &Cx<'_>,
    state: &mut BoundariesState,
    ground: &Ground,
    slot: Rect,
    first: u64,
    fates: &[Fate],
) {
    let tokens = ui.tokens();
    let count = |fate: Fate| fates.iter().filter(|one| **one == fate).count();
    let (lost, cut) = (count(Fate::Lost), count(Fate::Cut));
    let color = if lost > 0 {
        tokens.error
    } else if cut > 0 {
        tokens.warn
    } else {
        tokens.faint
    };
    ui.painter().rect_filled(slot.with_max_y(slot.top() + LANE), 0.0, tokens.faint);
    ui.painter().rect_filled(slot.with_min_y(slot.bottom() - LANE), 0.0, color);
    let said = tr!(cx.lang, "boundaries.many", count = fates.len(), lost = lost, cut = cut);
    let response = ui.interact(slot, ui.scope_id().with(("datagrams", first)), Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, said.as_ref()));
    if response.clicked() {
        state.window.zoom(&ground.placed, 8.0, slot.center().x, MOST_DATAGRAM);
    }
    response.on_hover_text_at_pointer(said);
}
