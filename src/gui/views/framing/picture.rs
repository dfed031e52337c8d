//! The picture above the messages: what each `recv` returned, the messages in it, and the buffer between the two.
//!
//! All three lanes count the same bytes of the stream, so what stands above one another is the same bytes. The buffer rises
//! while a read comes in and falls where it ends, by the messages that were whole then; what stays is the beginning of the
//! next one.

use egui::{
    Align2, Color32, CornerRadius, FontId, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::cut::{Cut, Message};
use crate::{
    gui::{Cx, theme::TokensExt as _, tr, views::traffic::TrafficState},
    words::number::grouped,
};

/// Height of a lane of bytes.
const LANE: f32 = 17.0;
/// Between the lanes.
const BETWEEN: f32 = 12.0;
/// Height of the buffer.
const BUFFER: f32 = 40.0;
/// Width of the names of the lanes.
const NAMES: f32 = 64.0;
/// Reads or messages on show at most; those around the chosen one, else the newest.
const SHOWN: usize = 24;
/// Reads, or messages, that are painted at most where there are many in one of the others.
const MOST: usize = 96;

/// Paints the lanes. A click chooses a message, and its read in the table of traffic.
pub fn picture_ui(ui: &mut Ui, cx: &Cx<'_>, cut: &Cut, selected: &mut Option<u64>, traffic: &mut TrafficState) {
    let height = 2.0 * (LANE + BETWEEN) + BUFFER + 6.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let (from, until) = window(cut, *selected);
    let left = rect.left() + NAMES;
    let scale = f64::from(rect.right() - left - 2.0) / (until - from).max(1) as f64;
    let place = Place { from, until, left, scale };
    let (reads, messages, buffer) = (rect.top() + 2.0, rect.top() + 2.0 + LANE + BETWEEN, rect.bottom() - BUFFER);
    let names = [
        (reads + LANE / 2.0, "recv".into()),
        (messages + LANE / 2.0, tr!(cx.lang, "framing.lane_messages")),
        (buffer + BUFFER / 2.0, tr!(cx.lang, "framing.lane_buffer")),
    ];
    for (y, name) in names {
        let font = FontId::proportional(11.0);
        ui.painter().text(pos2(rect.left(), y), Align2::LEFT_CENTER, name, font, ui.tokens().muted);
    }
    reads_ui(ui, cx, cut, place, reads, traffic);
    messages_ui(ui, cx, cut, place, messages, selected, traffic);
    buffer_ui(ui, cut, place, Rect::from_x_y_ranges(left..=rect.right(), buffer..=rect.bottom()));
}

/// The bytes of the stream on show: those of some messages and reads around the chosen message, else of the newest.
fn window(cut: &Cut, selected: Option<u64>) -> (u64, u64) {
    let (reads, messages) = (cut.reads(), cut.messages());
    let end = cut.came();
    let Some(message) = selected.and_then(|number| cut.message(number)) else {
        let read = reads.get(reads.len().saturating_sub(SHOWN)).map_or(0, |read| read.offset);
        let message = messages.get(messages.len().saturating_sub(SHOWN)).map_or(read, |message| message.start);
        return whole_reads(cut, read.max(message).min(end), end);
    };
    let around = cut.messages_of(&(message.start..message.end().max(message.start + 1)));
    let first = messages.get(around.start.saturating_sub(SHOWN / 2)).map_or(0, |message| message.start);
    let last = messages.get(around.end.saturating_sub(1) + SHOWN / 2).map_or(end, Message::end);
    // A message may have come in very many reads: then its beginning is shown.
    let seen = cut.reads_of(&(message.start..last));
    let until = reads.get(seen.start + MOST).map_or(last, |read| read.offset.min(last));
    let seen = cut.reads_of(&(first..message.start.max(first + 1)));
    let from = reads.get(seen.end.saturating_sub(MOST)).map_or(first, |read| read.offset.max(first));
    whole_reads(cut, from.min(until), until)
}

/// The same from and to where reads were cut, which is what the picture is about; but not with very many messages.
fn whole_reads(cut: &Cut, from: u64, until: u64) -> (u64, u64) {
    let seen = cut.reads_of(&(from..until));
    let wider = cut.reads().get(seen.start).map_or(from, |read| read.offset.min(from));
    let longer = cut.reads().get(seen.end.saturating_sub(1)).map_or(until, |read| read.end().max(until));
    let few = |from, until| cut.messages_of(&(from..until)).len() <= MOST;
    (if few(wider, until) { wider } else { from }, if few(from, longer) { longer } else { until })
}

/// From bytes of the stream to points.
#[derive(Clone, Copy)]
struct Place {
    from: u64,
    until: u64,
    left: f32,
    scale: f64,
}

impl Place {
    fn x(self, offset: u64) -> f32 {
        let offset = offset.clamp(self.from, self.until) - self.from;
        self.left + (offset as f64 * self.scale) as f32
    }

    fn cell(self, from: u64, end: u64, top: f32) -> Rect {
        Rect::from_x_y_ranges(self.x(from)..=(self.x(end) - 1.5).max(self.x(from) + 1.0), top..=top + LANE)
    }
}

fn reads_ui(ui: &Ui, cx: &Cx<'_>, cut: &Cut, place: Place, top: f32, traffic: &mut TrafficState) {
    let tokens = ui.tokens();
    let seen = cut.reads_of(&(place.from..place.until));
    for (read, number) in cut.reads().range(seen.clone()).zip(cut.first_read() + seen.start as u64..) {
        let cell = place.cell(read.offset, read.end(), top);
        ui.painter().rect_filled(cell, CornerRadius::same(3), tokens.faint);
        let carried = cut.messages_of(&(read.offset..read.end()));
        for (message, count) in cut.messages().range(carried.clone()).zip(cut.first_message() + carried.start as u64..)
        {
            let hue = hue(ui, count);
            let (from, end) = (message.start.max(read.offset), message.end().min(read.end()));
            let part = Rect::from_x_y_ranges(place.x(from)..=place.x(end), top..=top + LANE).intersect(cell);
            ui.painter().rect_filled(part, 0.0, hue);
            let below = Rect::from_x_y_ranges(part.x_range(), top + LANE..=top + LANE + BETWEEN);
            ui.painter().rect_filled(below, 0.0, hue.gamma_multiply(0.22));
        }
        ui.painter().rect_stroke(cell, CornerRadius::same(3), Stroke::new(1.5, tokens.text), StrokeKind::Inside);
        ui.painter().vline(cell.right() + 0.75, top - 3.0..=top + LANE + 2.0, Stroke::new(1.5, tokens.text));
        let selected = traffic.selected() == Some(read.seq);
        let said = tr!(
            cx.lang,
            "framing.read",
            number = grouped(number),
            count = grouped(read.len),
            offset = grouped(read.offset),
            before = grouped(read.before),
            full = grouped(read.before + read.len),
            after = grouped(read.after),
            messages = grouped(read.messages)
        );
        let id = ui.scope_id().with(("read", read.seq));
        if cell_ui(ui, cell, cell, id, &format!("{} B", grouped(read.len)), &said, selected) {
            traffic.select(Some(read.seq));
        }
    }
}

fn messages_ui(
    ui: &Ui,
    cx: &Cx<'_>,
    cut: &Cut,
    place: Place,
    top: f32,
    selected: &mut Option<u64>,
    traffic: &mut TrafficState,
) {
    let seen = cut.messages_of(&(place.from..place.until));
    for (message, number) in cut.messages().range(seen.clone()).zip(cut.first_message() + seen.start as u64..) {
        let cell = place.cell(message.start, message.end(), top);
        let color = hue(ui, number);
        let body = message.body();
        // What only says where the message ends is paler than the message.
        ui.painter().rect_filled(cell, CornerRadius::same(3), color.gamma_multiply(0.4));
        let inner = Rect::from_x_y_ranges(place.x(body.start)..=place.x(body.end), top..=top + LANE).intersect(cell);
        if body.end > body.start {
            ui.painter().rect_filled(inner, CornerRadius::same(2), color);
        }
        let said = tr!(
            cx.lang,
            "framing.message",
            number = grouped(number),
            parts = crate::words::frame_parts(cx.lang, message.parts)
        );
        let id = ui.scope_id().with(("message", number));
        if cell_ui(ui, cell, inner, id, &grouped(number), &said, *selected == Some(number)) {
            choose(cut, number, selected, traffic);
        }
    }
    let rest = (cut.came().saturating_sub(cut.waiting()), cut.came());
    if cut.waiting() > 0 && rest.1 > place.from {
        let cell = place.cell(rest.0, rest.1, top);
        let stroke = Stroke::new(1.0, ui.tokens().muted);
        let corners = [cell.left_top(), cell.right_top(), cell.right_bottom(), cell.left_bottom(), cell.left_top()];
        ui.painter().extend(Shape::dashed_line(&corners, stroke, 4.0, 3.0));
    }
}

/// Chooses a message, and the read in which it begins.
pub fn choose(cut: &Cut, number: u64, selected: &mut Option<u64>, traffic: &mut TrafficState) {
    *selected = Some(number);
    let first = cut.message(number).and_then(|message| {
        cut.reads().get(cut.reads_of(&(message.start..message.end().max(message.start + 1))).start)
    });
    if let Some(read) = first {
        traffic.select(Some(read.seq));
    }
}

/// The level of the buffer over the bytes of the stream.
fn buffer_ui(ui: &Ui, cut: &Cut, place: Place, rect: Rect) {
    let tokens = ui.tokens();
    let painter = ui.painter_at(rect.expand(2.0));
    let seen = cut.reads_of(&(place.from..place.until));
    let peak = cut.reads().range(seen.clone()).map(|read| read.before + read.len).max().unwrap_or_default();
    let y = |level: u64| rect.bottom() - 1.0 - (level as f64 / peak.max(1) as f64) as f32 * (rect.height() - 14.0);
    for read in cut.reads().range(seen) {
        let (left, right) = (place.x(read.offset), place.x(read.end()));
        let (rises, full, falls) = (y(read.before), y(read.before + read.len), y(read.after));
        let floor = rect.bottom() - 1.0;
        let filled = vec![pos2(left, floor), pos2(left, rises), pos2(right, full), pos2(right, floor)];
        painter.add(Shape::convex_polygon(filled, tokens.tcp_tint, Stroke::NONE));
        painter.line_segment([pos2(left, rises), pos2(right, full)], Stroke::new(1.5, tokens.tcp));
        painter.line_segment([pos2(right, full), pos2(right, falls)], Stroke::new(1.5, tokens.ok));
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let font = FontId::monospace(10.0);
    painter.text(rect.right_top(), Align2::RIGHT_TOP, format!("≤ {} B", grouped(peak)), font, tokens.muted);
}

/// The hue of a message.
pub fn hue(ui: &Ui, number: u64) -> Color32 {
    ui.tokens().message((number.saturating_sub(1) % 6) as usize)
}

/// A cell with a word in its inner part, which can be pointed at; returns whether it was chosen.
fn cell_ui(ui: &Ui, cell: Rect, inner: Rect, id: egui::Id, word: &str, said: &str, selected: bool) -> bool {
    let tokens = ui.tokens();
    let response = ui.interact(cell, id, Sense::CLICK);
    if selected {
        ui.painter().rect_stroke(cell.expand(2.0), 4.0, Stroke::new(2.0, tokens.tcp), StrokeKind::Outside);
    }
    let galley = ui.painter().layout_no_wrap(word.to_owned(), FontId::monospace(10.0), tokens.on_message);
    if galley.size().x + 6.0 < inner.width() {
        ui.painter().galley(inner.center() - galley.size() / 2.0, galley, tokens.on_message);
    }
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, said));
    let clicked = response.clicked();
    response.on_hover_text_at_pointer(said);
    clicked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gui::views::framing::cut::Source,
        journal::{Batch, Event, Journal, Kind, Record, SocketId, Span},
    };

    fn cut(spec: &str, reads: impl IntoIterator<Item = Vec<u8>>) -> Cut {
        let (mut journal, mut batch, mut cut) = (Journal::default(), Batch::default(), Cut::default());
        let socket = SocketId(1);
        for bytes in reads {
            let event = Event::Received { full: bytes.len() as u32 };
            batch.push(Record { at: 0, socket, generation: 0, event, peer: None, bytes: Span::default() }, &bytes);
        }
        journal.push(batch);
        let source = Source { socket, kind: Kind::TcpConnection, framing: spec.parse().unwrap(), limit: 1 << 20 };
        while !cut.advance(&journal, &source, 0) {}
        cut
    }

    #[test]
    fn never_more_is_painted_than_one_can_see() {
        let lines = |count: usize| b"line\n".repeat(count);
        for (name, cut) in [
            ("a few", cut("line", vec![lines(3); 4])),
            ("one read with many messages", cut("line", [lines(9), lines(50_000), lines(9)])),
            ("one message in many reads", cut("fixed:50000", vec![b"x".to_vec(); 100_000])),
            ("many of both", cut("line", vec![lines(1); 5_000])),
            ("nothing", cut("line", [])),
        ] {
            let all = cut.first_message()..cut.first_message() + cut.messages().len() as u64;
            let some = [all.start, all.start + 1, u64::midpoint(all.start, all.end), all.end.saturating_sub(1)];
            for selected in some.into_iter().map(Some).chain([None]) {
                let (from, until) = window(&cut, selected);
                assert!(from <= until && until <= cut.came(), "{name}: {from} {until}");
                let (reads, messages) = (cut.reads_of(&(from..until)), cut.messages_of(&(from..until)));
                assert!(reads.len() <= 2 * MOST + 2 && messages.len() <= 2 * MOST, "{name}: {reads:?} {messages:?}");
                if let Some(message) = selected.and_then(|number| cut.message(number)) {
                    assert!((from..until).contains(&message.start), "{name}: {selected:?}");
                } else if cut.came() > 0 {
                    assert_eq!(until, cut.came(), "{name}");
                }
            }
        }
    }
}
