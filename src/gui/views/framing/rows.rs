//! The messages as a list: number, time, bytes, the reads that they came in, text and hex. Only the rows on screen are
//! painted, and below them what waits, or why there is no more.

use std::ops::Range;

use egui::{
    Align2, Color32, FontId, Key, Modifiers, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    text::{LayoutJob, TextFormat},
    vec2,
};

use super::{
    cut::{Cut, Message},
    picture::{choose, hue},
};
use crate::{
    framing::Parts,
    gui::{
        Cx,
        theme::{ROW_HEIGHT, Tokens, TokensExt as _},
        tr,
        views::traffic::{self, TrafficState, cut_at, visible},
    },
    text::Charset,
    words::{self, Lang, number::grouped},
};

/// Bytes of a message that a row shows.
const PREVIEW: usize = 256;
/// Bytes of a message that the detail shows.
const DETAIL: usize = 4_096;
/// Reads of a message that the detail names.
const READS: usize = 64;
/// Where columns begin: number, time, bytes, reads, text; hex takes the last part.
const WIDE: [f32; 5] = [12.0, 64.0, 166.0, 236.0, 352.0];
/// The same without the time.
const NARROW: [f32; 5] = [12.0, 52.0, 52.0, 112.0, 184.0];

fn columns(width: f32) -> [f32; 5] {
    if width < 600.0 { NARROW } else { WIDE }
}

/// What a row needs to know.
pub struct Listed<'a> {
    /// The messages.
    pub cut: &'a Cut,
    /// In which encoding they are read.
    pub charset: Charset,
}

impl Listed<'_> {
    /// The numbers of the reads that carried a message: `2` or `2–3`.
    fn reads(&self, message: &Message) -> (Range<usize>, String) {
        let reads = self.cut.reads_of(&(message.start..message.end()));
        let first = self.cut.first_read() + reads.start as u64;
        let last = self.cut.first_read() + reads.end.saturating_sub(1) as u64;
        let text = if first >= last { grouped(first) } else { format!("{}–{}", grouped(first), grouped(last)) };
        (reads, text)
    }

    fn text(&self, body: &[u8], whole: bool) -> String {
        let mut text = String::new();
        let mut decoder = self.charset.decoder();
        decoder.push(body, &mut text);
        // Half a character where the preview was cut is no fault of the message.
        if whole {
            decoder.finish(&mut text);
        }
        text.chars().map(visible).collect()
    }
}

/// Paints the rows.
pub fn rows_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    listed: &Listed<'_>,
    selected: &mut Option<u64>,
    traffic: &mut TrafficState,
    scroll_to: &mut Option<u64>,
) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let names =
        ["#".into(), tr!(lang, "traffic.time"), tr!(lang, "framing.bytes"), "recv".into(), tr!(lang, "framing.text")];
    let columns = columns(head.width());
    let shown = |index: usize| index != 1 || columns != NARROW;
    for (_, (x, name)) in columns.into_iter().zip(names).enumerate().filter(|(index, _)| shown(*index)) {
        let at = pos2(head.left() + x, head.center().y);
        ui.painter().text(at, Align2::LEFT_CENTER, name, FontId::proportional(11.0), tokens.muted);
    }
    ui.painter().hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let body = ui.available_rect_before_wrap();
    let id = ui.scope_id().with("framing_rows");
    let list = ui.interact(body, id, Sense::click());
    list.widget_info(|| WidgetInfo::labeled(Role::Table, true, tr!(lang, "framing.tab")));
    if list.clicked() {
        list.request_focus();
    }
    if list.has_focus() {
        keys(ui, listed.cut, selected, traffic, scroll_to);
        ui.painter().rect_stroke(body.shrink(0.5), 0.0, Stroke::new(1.0, tokens.tcp), StrokeKind::Inside);
    }
    let count = listed.cut.messages().len();
    let mut area =
        ScrollArea::vertical().id_salt("framing_list").auto_shrink(false).animated(false).stick_to_bottom(true);
    if let Some(number) = scroll_to.take() {
        let index = number.saturating_sub(listed.cut.first_message()) as f32;
        area = area.vertical_scroll_offset((index * ROW_HEIGHT - body.height() / 2.0).max(0.0));
    }
    area.show_rows(ui, ROW_HEIGHT, count + 1, |ui, range| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for index in range {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
            let number = listed.cut.first_message() + index as u64;
            match listed.cut.messages().get(index) {
                Some(message) => row_ui(ui, cx, listed, (number, message), rect, selected, traffic),
                None => rest_ui(ui, lang, listed.cut, rect),
            }
        }
    });
}

fn keys(ui: &Ui, cut: &Cut, selected: &mut Option<u64>, traffic: &mut TrafficState, scroll_to: &mut Option<u64>) {
    let filter = egui::EventFilter { vertical_arrows: true, escape: selected.is_some(), ..Default::default() };
    if let Some(id) = ui.memory(egui::Memory::focused) {
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let (first, count) = (cut.first_message(), cut.messages().len() as u64);
    let last = (first + count).saturating_sub(1);
    for (key, by) in [(Key::ArrowUp, -1_i64), (Key::ArrowDown, 1), (Key::PageUp, -10), (Key::PageDown, 10)] {
        if pressed(key) && count > 0 {
            let next = selected.map_or(last, |number| number.saturating_add_signed(by).clamp(first, last));
            choose(cut, next, selected, traffic);
            *scroll_to = Some(next);
        }
    }
    if pressed(Key::Escape) {
        *selected = None;
    }
}

fn row_ui(
    ui: &Ui,
    cx: &Cx<'_>,
    listed: &Listed<'_>,
    (number, message): (u64, &Message),
    rect: Rect,
    selected: &mut Option<u64>,
    traffic: &mut TrafficState,
) {
    let tokens = ui.tokens();
    let response = ui.interact(rect, ui.scope_id().with(("framed", number)), Sense::CLICK);
    let chosen = *selected == Some(number);
    if chosen {
        ui.painter().rect_filled(rect, 0.0, tokens.selection);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, tokens.hover);
    }
    let body = listed.cut.bytes(&cx.model.journal, &message.body(), PREVIEW);
    let text = listed.text(&body, body.len() >= message.parts.body);
    let (_, reads) = listed.reads(message);
    let time = words::number::clock(cx.model.epoch.wall_time(message.at), traffic.zone());
    let font = FontId::monospace(12.0);
    let bytes = grouped(message.parts.body as u64);
    let cells = [grouped(number), time.clone(), bytes.clone(), reads.clone()];
    let columns = columns(rect.width());
    for ((x, next), cell) in columns.into_iter().zip(columns.into_iter().skip(1)).zip(&cells) {
        word(ui, rect, x..next - 8.0, cell, &font, tokens.muted);
    }
    let [.., text_at] = columns;
    let square = Rect::from_center_size(pos2(rect.left() + text_at + 4.0, rect.center().y), vec2(8.0, 8.0));
    ui.painter().rect_filled(square, 1.0, hue(ui, number));
    let half = text_at + (rect.width() - text_at) * 0.5;
    word(ui, rect, text_at + 15.0..half - 8.0, &text, &font, tokens.text);
    let fits = ((rect.width() - half - 12.0) / 21.0).max(1.0) as usize;
    let hex = traffic::hex(&body, fits);
    word(ui, rect, half..rect.width() - 8.0, &hex, &font, tokens.faint);
    let size = traffic::count_bytes(cx.lang, message.parts.body);
    let said = tr!(
        cx.lang,
        "framing.row",
        number = grouped(number),
        time = time,
        size = size,
        reads = reads,
        text = text,
        hex = traffic::hex(&body, 64)
    );
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, chosen, &said));
    if response.clicked() {
        choose(listed.cut, number, selected, traffic);
    }
}

/// What waits behind the last message, or why nothing comes behind it.
fn rest_ui(ui: &Ui, lang: Lang, cut: &Cut, rect: Rect) {
    let tokens = ui.tokens();
    let (text, color) = match (cut.error(), cut.missing()) {
        (Some(error), _) => {
            let error = words::framing_error(lang, error);
            (tr!(lang, "framing.broken", error = error).into_owned(), tokens.error)
        }
        (None, Some(missing)) => {
            let (count, missing) = (grouped(cut.waiting()), words::framing_missing(lang, missing));
            let ended = cut.is_ended();
            let text = if ended {
                tr!(lang, "framing.cut_off", count = count, missing = missing)
            } else {
                tr!(lang, "framing.rest", count = count, missing = missing)
            };
            (text.into_owned(), if ended { tokens.error } else { tokens.warn })
        }
        (None, None) if cut.messages().is_empty() => (tr!(lang, "framing.empty").into_owned(), tokens.muted),
        (None, None) => (tr!(lang, "framing.no_rest").into_owned(), tokens.muted),
    };
    let response = ui.interact(rect, ui.scope_id().with("framing_rest"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    word(ui, rect, WIDE[0]..rect.width() - 12.0, &text, &FontId::proportional(12.0), color);
    response.on_hover_text_at_pointer(text);
}

/// Paints a word from one place of a row to another.
fn word(ui: &Ui, rect: Rect, x: Range<f32>, text: &str, font: &FontId, color: Color32) {
    let cell = Rect::from_x_y_ranges(rect.left() + x.start..=rect.left() + x.end.max(x.start), rect.y_range());
    // Laying out what is cut off would cost most of the frame.
    let fits: String = text.chars().take((cell.width() / 3.0) as usize + 1).collect();
    let mut job = LayoutJob::simple_singleline(fits, font.clone(), color);
    job.wrap = cut_at(cell.width());
    let galley = ui.painter().layout_job(job);
    let at = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), cell).min;
    ui.painter_at(cell).galley(at, galley, color);
}

/// The bytes of a frame, with a bar between its parts and a colour each.
pub fn frame_job(tokens: &Tokens, parts: Parts, bytes: &[u8], fits: usize) -> LayoutJob {
    let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
    let font = FontId::monospace(12.0);
    let mut at = 0;
    for (count, color) in
        [(parts.prefix, tokens.tcp), (parts.header, tokens.udp), (parts.body, tokens.text), (parts.end, tokens.ok)]
    {
        let end = at + count;
        let shown = bytes.get(at..end.min(bytes.len()).min(fits)).unwrap_or_default();
        if !shown.is_empty() {
            if at > 0 {
                job.append(" | ", 0.0, TextFormat::simple(font.clone(), tokens.faint));
            }
            job.append(&traffic::hex(shown, shown.len()), 0.0, TextFormat::simple(font.clone(), color));
        }
        at = end;
    }
    if parts.len() > fits.min(bytes.len()) {
        job.append(" …", 0.0, TextFormat::simple(font, tokens.faint));
    }
    job
}

/// All that is known of the chosen message: its text, its bytes by their parts, and what each read brought of it.
pub fn detail_ui(ui: &mut Ui, cx: &Cx<'_>, listed: &Listed<'_>, number: u64, message: &Message) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    let frame = message.start..message.end();
    ui.label(egui::RichText::new(tr!(
        lang,
        "framing.detail",
        number = grouped(number),
        parts = words::frame_parts(lang, message.parts),
        offset = grouped(message.start)
    )));
    let body = listed.cut.bytes(&cx.model.journal, &message.body(), DETAIL);
    let text = listed.text(&body, body.len() >= message.parts.body);
    ScrollArea::vertical().id_salt("framing_detail").auto_shrink(false).show(ui, |ui| {
        ui.label(egui::RichText::new(text).monospace());
        let bytes = listed.cut.bytes(&cx.model.journal, &frame, DETAIL);
        ui.label(frame_job(tokens, message.parts, &bytes, DETAIL));
        let (reads, _) = listed.reads(message);
        let first = listed.cut.first_read() + reads.start as u64;
        let brought = listed.cut.reads().range(reads).zip(first..).take(READS).map(|(read, count)| {
            let (from, end) = (read.offset.max(frame.start), read.end().min(frame.end));
            let count_of = grouped(end.saturating_sub(from));
            tr!(lang, "framing.from_read", number = grouped(count), count = count_of, len = grouped(read.len))
        });
        let text = brought.collect::<Vec<_>>().join(" · ");
        ui.label(egui::RichText::new(text).small().color(tokens.muted));
    });
}
