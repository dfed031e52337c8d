//! Bytes cut as `recv` cuts a stream: where the cuts fall in the characters, and what each read says by itself and as
//! part of the stream. The start of a character that is not complete waits in a tray.

use egui::{
    Align2, CentralPanel, EventFilter, FontId, Frame, Key, Margin, Modifiers, Panel, Rect, RichText, Role, ScrollArea,
    Sense, Slider, Stroke, StrokeKind, Ui, WidgetInfo, pos2, text::LayoutJob, vec2,
};

use super::looked::Looked;
use crate::{
    gui::{
        theme::{ROW_HEIGHT, TokensExt as _, icons},
        tr,
        views::traffic::{count_bytes, cut_at, hex, visible},
        widgets::{
            self,
            compact::{compact_icon, compact_menu, menu_entry},
        },
    },
    text::{
        Charset, Glyph,
        reading::{Column, Cuts, Read, Reads},
    },
    words::{Lang, number::grouped},
};

/// The pitch of bytes, and the height of a line of them with its characters.
const PITCH: f32 = 30.0;
const LINE: f32 = 50.0;
/// Where the bytes of a line begin: behind their offset.
const BYTES: f32 = 52.0;
/// Characters and bytes of a read that are formatted.
const SHOWN: usize = 120;

/// Where is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum How {
    /// Once.
    #[default]
    One,
    /// After every so many bytes.
    Every,
    /// Where the rows ended from which it was taken.
    Rows,
}

/// Where is cut, and in which encoding.
pub struct CutState {
    charset: Charset,
    how: How,
    at: usize,
    every: usize,
    lit: Option<usize>,
}

impl Default for CutState {
    fn default() -> Self {
        Self { charset: Charset::UTF_8, how: How::One, at: 2, every: 4, lit: None }
    }
}

impl CutState {
    /// Cuts in this encoding.
    pub fn set_charset(&mut self, charset: Charset) {
        self.charset = charset;
    }

    /// Cuts as the rows were, if there are several.
    pub fn follow_rows(&mut self, ends: &[usize]) {
        self.how = match self.how {
            _ if !ends.is_empty() => How::Rows,
            How::Rows => How::One,
            how => how,
        };
    }

    /// The cuts of so many bytes.
    fn cuts(&mut self, len: usize, ends: &[usize]) -> Cuts {
        self.at = self.at.min(len);
        self.every = self.every.clamp(1, len.max(1));
        match self.how {
            How::Rows if !ends.is_empty() => Cuts::At(ends.to_vec()),
            How::Every => Cuts::Every(self.every),
            How::One | How::Rows => Cuts::One(self.at),
        }
    }
}

/// Paints the choices, the bytes with their cuts, and the reads.
pub fn cut_ui(ui: &mut Ui, lang: Lang, state: &mut CutState, looked: &mut Looked, ends: &[usize]) {
    let Some(column) = looked.column(state.charset) else { return };
    let (charset, len, lacking) = (column.charset(), column.bytes.len(), column.lacking());
    // The ends of rows are places in the bytes that came.
    let ends = if column.came() { ends } else { &[] };
    let flat = Frame::new().fill(ui.tokens().panel);
    let names: Vec<Charset> = looked.columns.iter().map(Column::charset).collect();
    Panel::top("lens_cut").show_separator_line(false).frame(flat.inner_margin(Margin::symmetric(16, 8))).show(
        ui,
        |ui| {
            controls_ui(ui, lang, state, &Cuttable { charset, len, lacking, ends }, &names);
        },
    );
    let cuts = state.cuts(len, ends);
    let Some((column, reads)) = looked.reads(charset, &cuts) else { return };
    let lines = len.div_ceil(per_line(ui.available_width())).max(1) as f32;
    let height = (lines * LINE + 12.0).min(ui.available_height() * 0.5);
    let margin = Margin { left: 16, right: 16, top: 0, bottom: 6 };
    Panel::top("lens_strip").exact_size(height).frame(flat.inner_margin(margin)).show(ui, |ui| {
        strip_ui(ui, lang, state, column, reads);
    });
    CentralPanel::no_frame().frame(flat.inner_margin(Margin::symmetric(16, 6))).show(ui, |ui| {
        reads_ui(ui, lang, column, reads);
    });
}

/// What can be cut.
struct Cuttable<'a> {
    charset: Charset,
    len: usize,
    lacking: usize,
    ends: &'a [usize],
}

fn controls_ui(ui: &mut Ui, lang: Lang, state: &mut CutState, cuttable: &Cuttable<'_>, names: &[Charset]) {
    let Cuttable { charset, len, lacking, ends } = *cuttable;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        compact_menu(ui, charset.name(), &tr!(lang, "lens.cut_in", encoding = charset.name()), |ui| {
            for name in names {
                if menu_entry(ui, *name == charset, name.name()).clicked() {
                    state.charset = *name;
                }
            }
        });
        let mut hows = vec![
            (How::One, tr!(lang, "lens.cut_once").into_owned(), String::new()),
            (How::Every, tr!(lang, "lens.cut_every").into_owned(), tr!(lang, "lens.cut_every_tip").into_owned()),
        ];
        if !ends.is_empty() {
            hows.push((
                How::Rows,
                tr!(lang, "lens.cut_rows").into_owned(),
                tr!(lang, "lens.cut_rows_tip").into_owned(),
            ));
        } else if state.how == How::Rows {
            state.how = How::One;
        }
        widgets::choices(ui, &tr!(lang, "lens.cut"), &mut state.how, &hows);
        ui.spacing_mut().slider_width = (ui.available_width() * 0.3).clamp(100.0, 260.0);
        // Its rail would have the colour of the panel.
        ui.visuals_mut().widgets.inactive.bg_fill = ui.tokens().line;
        ui.visuals_mut().slider_trailing_fill = true;
        match state.how {
            How::One => {
                if compact_icon(ui, icons::CHEVRON_LEFT, &tr!(lang, "lens.cut_left"), false).clicked() {
                    state.at = state.at.saturating_sub(1);
                }
                let slider = Slider::new(&mut state.at, 0..=len).step_by(1.0).text(tr!(lang, "lens.cut_at"));
                ui.add(slider);
                if compact_icon(ui, icons::CHEVRON_RIGHT, &tr!(lang, "lens.cut_right"), false).clicked() {
                    state.at = (state.at + 1).min(len);
                }
            }
            How::Every => {
                let slider = Slider::new(&mut state.every, 1..=len.max(1)).logarithmic(len > 64).step_by(1.0);
                ui.add(slider.text(tr!(lang, "lens.cut_size")));
            }
            How::Rows => {}
        }
        if lacking > 0 {
            let text = tr!(lang, "lens.left_out", encoding = charset.name(), count = grouped(lacking as u64));
            ui.label(RichText::new(text).small().color(ui.tokens().warn));
        }
    });
}

fn per_line(width: f32) -> usize {
    let fits = (width - 32.0 - BYTES - 12.0) / PITCH;
    if fits >= 32.0 {
        32
    } else if fits >= 16.0 {
        16
    } else {
        8
    }
}

/// The bytes in lines, below them the characters, and the cuts between them.
fn strip_ui(ui: &mut Ui, lang: Lang, state: &mut CutState, column: &Column, reads: &Reads) {
    let per_line = per_line(ui.available_width() + 32.0);
    let len = column.bytes.len();
    let body = ui.available_rect_before_wrap();
    let id = ui.scope_id().with("lens_strip");
    let strip = ui.interact(body, id, Sense::click());
    strip.widget_info(|| WidgetInfo::labeled(Role::List, true, tr!(lang, "lens.strip")));
    if strip.has_focus() {
        keys(ui, state, id, len);
        ui.painter().rect_stroke(body, 4.0, Stroke::new(1.0, ui.tokens().tcp), StrokeKind::Inside);
    }
    let mut lit = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt("lens_strip").auto_shrink(false);
    area.show_rows(ui, LINE, len.div_ceil(per_line), |ui, range| {
        for line in range {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::CLICK);
            let from = line * per_line;
            let to = (from + per_line).min(len);
            if let Some(pos) = response.hover_pos() {
                let byte = ((pos.x - rect.left() - BYTES) / PITCH).floor();
                if byte >= 0.0 && from + (byte as usize) < to {
                    lit = Some(from + byte as usize);
                }
            }
            if response.clicked()
                && let Some(byte) = lit
            {
                ui.memory_mut(|memory| memory.request_focus(id));
                (state.how, state.at) = (How::One, byte);
            }
            line_ui(ui, rect, from, to, column, reads, state);
            response
                .widget_info(|| WidgetInfo::labeled(Role::ListItem, true, line_told(lang, from, to, column, reads)));
        }
    });
    if lit != state.lit {
        state.lit = lit;
        ui.request_repaint();
    }
}

fn keys(ui: &Ui, state: &mut CutState, id: egui::Id, len: usize) {
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let (left, right) = ui.input_mut(|input| {
        let mut count = |key| input.count_and_consume_key(Modifiers::NONE, key);
        (count(Key::ArrowLeft), count(Key::ArrowRight))
    });
    if left + right > 0 {
        state.how = How::One;
        state.at = (state.at + right).saturating_sub(left).min(len);
    }
}

fn line_ui(ui: &Ui, rect: Rect, from: usize, to: usize, column: &Column, reads: &Reads, state: &CutState) {
    let tokens = ui.tokens();
    let painter = ui.painter();
    let mono = FontId::monospace(12.0);
    let left = |byte: usize| rect.left() + BYTES + byte.saturating_sub(from) as f32 * PITCH;
    let y = rect.top() + 16.0;
    let glyphs = reads.whole();
    let offset = pos2(rect.left(), y);
    painter.text(offset, Align2::LEFT_CENTER, format!("{from:04X}"), FontId::monospace(11.0), tokens.faint);
    let lit = state.lit.and_then(|byte| glyph_at(glyphs, byte)).and_then(|at| glyphs.get(at));
    let first = glyphs.partition_point(|glyph| glyph.end() as usize <= from);
    for glyph in glyphs.iter().skip(first).take_while(|glyph| (glyph.start as usize) < to) {
        let (start, end) = ((glyph.start as usize).max(from), (glyph.end() as usize).min(to));
        if start >= end {
            continue;
        }
        let (x, right) = (left(start), left(end));
        let bracket = Rect::from_min_max(pos2(x + 2.0, rect.top() + 5.0), pos2(right - 2.0, rect.top() + 45.0));
        if lit == Some(glyph) {
            painter.rect_filled(bracket, 4.0, tokens.tcp_tint);
        }
        let next = reads.reads.partition_point(|read| read.range.start <= start);
        let split = reads.reads.get(next).is_some_and(|read| read.range.start < end);
        let color = if split { tokens.error } else { tokens.line };
        let below = rect.top() + 27.0;
        let stroke = Stroke::new(1.5, color);
        painter.hline(x + 4.0..=right - 4.0, below, stroke);
        painter.vline(x + 4.0, below - 3.0..=below, stroke);
        painter.vline(right - 4.0, below - 3.0..=below, stroke);
        let shown = visible(glyph.character);
        let color = if glyph.valid { tokens.text } else { tokens.error };
        let middle = pos2(f32::midpoint(x, right), rect.top() + 37.0);
        painter.text(middle, Align2::CENTER_CENTER, shown, FontId::proportional(13.0), color);
    }
    for byte in from..to {
        let Some(value) = column.bytes.get(byte) else { break };
        let at = pos2(left(byte) + PITCH / 2.0, y);
        painter.text(at, Align2::CENTER_CENTER, format!("{value:02X}"), mono.clone(), tokens.text);
    }
    let first = reads.reads.partition_point(|read| read.range.start < from);
    for read in reads.reads.iter().skip(first).take_while(|read| read.range.start < to) {
        if read.range.start > 0 {
            let x = left(read.range.start);
            painter.vline(x, rect.top() + 3.0..=rect.top() + 46.0, Stroke::new(2.0, tokens.warn));
        }
    }
}

/// The character to which a byte belongs.
fn glyph_at(glyphs: &[Glyph], byte: usize) -> Option<usize> {
    let behind = glyphs.partition_point(|glyph| glyph.start as usize <= byte);
    let found = glyphs.get(..behind)?.iter().rposition(|glyph| glyph.len > 0)?;
    ((glyphs.get(found)?.end() as usize) > byte).then_some(found)
}

/// A line of bytes for those who cannot see it: `|` where it is cut.
fn line_told(lang: Lang, from: usize, to: usize, column: &Column, reads: &Reads) -> String {
    let mut told = String::new();
    for byte in from..to {
        let at = reads.reads.partition_point(|read| read.range.start < byte);
        if byte > 0 && reads.reads.get(at).is_some_and(|read| read.range.start == byte) {
            told.push_str("| ");
        }
        told.push_str(&hex(column.bytes.get(byte..=byte).unwrap_or_default(), 1));
        told.push(' ');
    }
    tr!(lang, "lens.strip_line", offset = from, bytes = told.trim_end()).into_owned()
}

/// The reads, a row each, under a sentence that says what became of the text.
fn reads_ui(ui: &mut Ui, lang: Lang, column: &Column, reads: &Reads) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 4.0;
    let (icon, color) = match reads.wrong() {
        0 => (icons::CIRCLE_CHECK, tokens.ok),
        _ => (icons::CIRCLE_X, tokens.error),
    };
    ui.horizontal(|ui| {
        widgets::icon(ui, icon, 14.0, color);
        ui.add(egui::Label::new(RichText::new(summary(lang, reads)).color(tokens.text)).wrap());
    });
    let columns = Columns::new(ui.available_width());
    let (head, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, titles(lang).join(", ")));
    for (title, column) in titles(lang).iter().zip(columns.0) {
        cell(ui, head, column, title, FontId::new(12.0, crate::gui::theme::medium()), tokens.muted);
    }
    ui.painter().hline(head.x_range(), head.bottom(), Stroke::new(1.0, tokens.line));
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt("lens_reads").auto_shrink(false);
    area.show_rows(ui, ROW_HEIGHT, reads.reads.len(), |ui, range| {
        for index in range {
            let Some(read) = reads.reads.get(index) else { continue };
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
            let [number, bytes, alone, stream, tray] = told(lang, index, read, column, reads);
            let mono = FontId::monospace(12.0);
            let (icon, color) =
                if read.wrong { (icons::CIRCLE_X, tokens.error) } else { (icons::CIRCLE_CHECK, tokens.ok) };
            let [first, second, third, fourth, last] = columns.0;
            cell(ui, rect, first, &number, mono.clone(), tokens.muted);
            cell(ui, rect, second, &bytes, mono.clone(), tokens.text);
            let (left, width) = third;
            let at = pos2(rect.left() + left, rect.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, icon, FontId::proportional(12.0), color);
            let color = if read.wrong { tokens.error } else { tokens.text };
            cell(ui, rect, (left + 18.0, width - 18.0), &alone, mono.clone(), color);
            cell(ui, rect, fourth, &stream, mono.clone(), tokens.text);
            tray_ui(ui, rect, last, &tray, mono);
            let wrong = if read.wrong { tr!(lang, "lens.wrong") } else { tr!(lang, "lens.right") };
            let spoken = spoken(lang, &[number, bytes, format!("{alone} ({wrong})"), stream, tray]);
            response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
        }
    });
}

/// Left edges and widths.
struct Columns([(f32, f32); 5]);

impl Columns {
    fn new(width: f32) -> Self {
        let (number, tray) = (112.0, 96.0);
        let rest = (width - number - tray).max(240.0);
        let bytes = (rest * 0.34).min(360.0);
        let text = (rest - bytes) / 2.0;
        let lefts = [0.0, number, number + bytes, number + bytes + text, number + bytes + 2.0 * text];
        let widths = [number, bytes, text, text, tray];
        let mut columns = [(0.0, 0.0); 5];
        for (column, (left, width)) in columns.iter_mut().zip(lefts.into_iter().zip(widths)) {
            *column = (left, width - 12.0);
        }
        Self(columns)
    }
}

fn cell(ui: &Ui, row: Rect, (x, width): (f32, f32), text: &str, font: FontId, color: egui::Color32) {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = cut_at(width);
    let galley = ui.painter().layout_job(job);
    let rect = Rect::from_min_size(pos2(row.left() + x, row.top()), vec2(width, row.height()));
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter_at(rect).galley(at, galley, color);
}

/// The start of a character that waits for its rest, in its tray.
fn tray_ui(ui: &Ui, row: Rect, (x, width): (f32, f32), bytes: &str, font: FontId) {
    if bytes.is_empty() {
        return;
    }
    let tokens = ui.tokens();
    let galley = ui.painter().layout_no_wrap(bytes.to_owned(), font, tokens.warn);
    let size = vec2((galley.size().x + 12.0).min(width), row.height() - 6.0);
    let tray = Rect::from_min_size(pos2(row.left() + x, row.top() + 3.0), size);
    ui.painter().rect_filled(tray, 3.0, tokens.warn_tint);
    let (left, right, bottom) = (tray.left(), tray.right(), tray.bottom());
    let stroke = Stroke::new(1.5, tokens.warn);
    ui.painter().hline(left..=right, bottom, stroke);
    ui.painter().vline(left, bottom - 6.0..=bottom, stroke);
    ui.painter().vline(right, bottom - 6.0..=bottom, stroke);
    let at = pos2(left + 6.0, row.center().y - galley.size().y / 2.0);
    ui.painter_at(tray).galley(at, galley, tokens.warn);
}

/// What the columns are.
pub fn titles(lang: Lang) -> [String; 5] {
    [
        tr!(lang, "lens.title_read"),
        tr!(lang, "lens.title_bytes"),
        tr!(lang, "lens.title_alone"),
        tr!(lang, "lens.title_stream"),
        tr!(lang, "lens.title_tray"),
    ]
    .map(std::borrow::Cow::into_owned)
}

/// The cells of a read.
pub fn told(lang: Lang, index: usize, read: &Read, column: &Column, reads: &Reads) -> [String; 5] {
    let text = |glyphs: &[Glyph]| {
        let mut shown: String = glyphs.iter().take(SHOWN).map(|glyph| visible(glyph.character)).collect();
        if glyphs.len() > SHOWN {
            shown.push('…');
        }
        shown
    };
    let end = read.range.end;
    let tray = column.bytes.get(end - read.tray.min(end)..end).unwrap_or_default();
    let bytes = column.bytes.get(read.range.clone()).unwrap_or_default();
    let number = format!("{}: {}", index + 1, count_bytes(lang, bytes.len()));
    [number, hex(bytes, SHOWN), text(reads.alone(read)), text(reads.stream(read)), hex(tray, 8)]
}

/// A read in one line.
fn spoken(lang: Lang, cells: &[String; 5]) -> String {
    let titles = titles(lang);
    let pairs = titles.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
    pairs.map(|(title, cell)| format!("{title} {cell}")).collect::<Vec<_>>().join(", ")
}

/// What became of the text, in a sentence.
pub fn summary(lang: Lang, reads: &Reads) -> String {
    let count = grouped(reads.reads.len() as u64);
    match (reads.reads.len(), reads.wrong()) {
        (1, 0) => tr!(lang, "lens.reads_one"),
        (_, 0) => tr!(lang, "lens.reads_right", count = count),
        (_, wrong) => tr!(lang, "lens.reads_wrong", count = count, wrong = grouped(wrong as u64)),
    }
    .into_owned()
}
