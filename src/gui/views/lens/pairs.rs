//! Sent as one encoding, read as another: every pair of those on show, and one of them large.

use egui::{
    Align, Align2, CentralPanel, FontId, Frame, Grid, Layout, Margin, Panel, Rect, RichText, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, text::LayoutJob, vec2,
};

use super::looked::Looked;
use crate::{
    gui::{
        Cx,
        actions::Action,
        theme::{CARD_RADIUS, Tokens, TokensExt as _, icons, medium},
        tr,
        views::traffic::{count_bytes, cut_at, hex, visible},
        widgets::{self, compact::compact_icon},
    },
    text::reading::{Cell, Column, Verdict, Way},
    words::Lang,
};

/// Width of the names at the left.
const NAMES: f32 = 108.0;
/// Height of a pair.
const HEIGHT: f32 = 46.0;
/// Characters of a pair that are formatted.
const SHOWN: usize = 60;
/// Characters and bytes that the large pair shows.
const LARGE: usize = 400;

/// Which pair is large.
pub struct PairsState {
    at: (usize, usize),
}

impl Default for PairsState {
    fn default() -> Self {
        // UTF-8 read as GBK, where nobody chose others.
        Self { at: (0, 1) }
    }
}

/// Paints all pairs and below them the chosen one.
pub fn pairs_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut PairsState, looked: &Looked) {
    let side = looked.columns.len();
    state.at = (state.at.0.min(side.saturating_sub(1)), state.at.1.min(side.saturating_sub(1)));
    let flat = Frame::new().fill(ui.tokens().panel);
    let all = ui.available_height();
    let panel = Panel::bottom("lens_pair").resizable(true).default_size((all * 0.34).clamp(80.0, 184.0));
    let panel = panel.size_range(60.0..=(all * 0.6).max(61.0));
    panel.frame(flat.inner_margin(Margin::symmetric(16, 10))).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| large_ui(ui, cx, state, looked));
    });
    CentralPanel::no_frame().frame(flat.inner_margin(Margin::symmetric(16, 8))).show(ui, |ui| {
        ScrollArea::both().id_salt("lens_pairs").auto_shrink(false).show(ui, |ui| grid_ui(ui, cx.lang, state, looked));
    });
}

fn grid_ui(ui: &mut Ui, lang: Lang, state: &mut PairsState, looked: &Looked) {
    let tokens = ui.tokens();
    let side = looked.columns.len();
    let width = ((ui.available_width() - NAMES) / side.max(1) as f32).clamp(112.0, 220.0);
    let all = vec2(NAMES + width * side as f32, 22.0 + HEIGHT * side as f32);
    let (rect, _) = ui.allocate_exact_size(all, Sense::hover());
    let small = FontId::proportional(11.0);
    let name = FontId::new(12.0, medium());
    let corner = tr!(lang, "lens.corner");
    ui.painter().text(rect.left_top() + vec2(0.0, 11.0), Align2::LEFT_CENTER, corner, small, tokens.muted);
    for (read, column) in looked.columns.iter().enumerate() {
        let at = rect.left_top() + vec2(NAMES + read as f32 * width + 8.0, 11.0);
        ui.painter().text(at, Align2::LEFT_CENTER, column.charset().name(), name.clone(), tokens.text);
    }
    for (sent, column) in looked.columns.iter().enumerate() {
        let top = rect.top() + 22.0 + sent as f32 * HEIGHT;
        let at = pos2(rect.left(), top + HEIGHT / 2.0);
        ui.painter().text(at, Align2::LEFT_CENTER, column.charset().name(), name.clone(), tokens.text);
        for read in 0..side {
            let left = rect.left() + NAMES + read as f32 * width;
            let cell = Rect::from_min_size(pos2(left, top), vec2(width, HEIGHT)).shrink(2.0);
            let response = ui.interact(cell, ui.scope_id().with(("lens_pair", sent, read)), Sense::click());
            let chosen = state.at == (sent, read);
            let found = looked.matrix.cell(sent, read);
            let told = sentence(lang, looked, sent, read);
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &told));
            if response.clicked() {
                state.at = (sent, read);
            }
            if !ui.is_rect_visible(cell) {
                continue;
            }
            let fill = if chosen { tokens.selection } else { tokens.sunken };
            let focus = response.hovered() || response.has_focus();
            let border = if chosen || focus { tokens.tcp } else { tokens.line };
            ui.painter().rect(cell, CARD_RADIUS, fill, Stroke::new(1.0, border), StrokeKind::Inside);
            if let Some(found) = found {
                cell_ui(ui, lang, cell.shrink2(vec2(8.0, 4.0)), found);
            }
        }
    }
}

fn cell_ui(ui: &Ui, lang: Lang, rect: Rect, cell: &Cell) {
    let tokens = ui.tokens();
    let text: String = cell.text.chars().take(SHOWN).map(visible).collect();
    let mut job = LayoutJob::simple_singleline(text, FontId::monospace(13.0), tokens.text);
    job.wrap = cut_at(rect.width());
    let galley = ui.painter().layout_job(job);
    ui.painter_at(rect).galley(rect.left_top(), galley, tokens.text);
    let (icon, color) = shape(tokens, cell.verdict);
    let at = rect.left_bottom() - vec2(0.0, 7.0);
    ui.painter().text(at, Align2::LEFT_CENTER, icon, FontId::proportional(12.0), color);
    let mut job = LayoutJob::simple_singleline(word(lang, cell.verdict), FontId::proportional(11.0), color);
    job.wrap = cut_at(rect.width() - 17.0);
    let galley = ui.painter().layout_job(job);
    let height = galley.size().y;
    ui.painter_at(rect.expand(2.0)).galley(at + vec2(17.0, -height / 2.0), galley, color);
}

/// The pair that was chosen, whole: the bytes, what was read, and the way back.
fn large_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &PairsState, looked: &Looked) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    let (sent, read) = state.at;
    let columns = (looked.columns.get(sent), looked.columns.get(read));
    let ((Some(sending), Some(reading)), Some(cell)) = (columns, looked.matrix.cell(sent, read)) else { return };
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.horizontal(|ui| {
        let (icon, color) = shape(tokens, cell.verdict);
        widgets::icon(ui, icon, 15.0, color);
        let pair = tr!(lang, "lens.pair", sent = sending.charset().name(), read = reading.charset().name());
        ui.label(crate::gui::theme::strong(pair));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let nothing = matches!(cell.verdict, Verdict::CannotSend(_));
            let roomy = ui.available_width() > 480.0;
            if !nothing && compact_icon(ui, icons::COPY, &tr!(lang, "lens.copy_read"), roomy).clicked() {
                cx.actions.push(Action::Copy(cell.text.clone()));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let told = verdict_told(lang, looked, sending, cell.verdict);
                ui.add(egui::Label::new(RichText::new(told).color(color)).truncate());
            });
        });
    });
    Grid::new("lens_large").num_columns(2).spacing([16.0, 6.0]).show(ui, |ui| {
        let fact = |ui: &mut Ui, name: &str, value: String, color| {
            ui.label(RichText::new(name).small().color(tokens.muted));
            ui.add(egui::Label::new(RichText::new(value).monospace().color(color)).wrap().selectable(true));
            ui.end_row();
        };
        fact(ui, &tr!(lang, "lens.text"), shortened(&looked.passage.text), tokens.text);
        if matches!(cell.verdict, Verdict::CannotSend(_)) {
            return;
        }
        let bytes = format!("{}  ({})", hex(&sending.bytes, LARGE / 4), count_bytes(lang, sending.bytes.len()));
        fact(ui, &tr!(lang, "lens.sent"), bytes, tokens.text);
        fact(ui, &tr!(lang, "lens.read"), shortened(&cell.text), tokens.text);
        if let Some(way) = &cell.way {
            let (icon, color) = way_shape(tokens, way);
            ui.label(RichText::new(tr!(lang, "lens.way")).small().color(tokens.muted));
            ui.horizontal_wrapped(|ui| {
                widgets::icon(ui, icon, 13.0, color);
                ui.add(egui::Label::new(RichText::new(way_told(lang, sending, reading, way)).color(color)).wrap());
            });
            ui.end_row();
        }
    });
}

/// The beginning of a text, and how much of it is left out.
pub fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(LARGE).map(visible).collect();
    if text.chars().nth(LARGE).is_some() {
        shown.push('…');
    }
    shown
}

fn shape(tokens: &Tokens, verdict: Verdict) -> (&'static str, egui::Color32) {
    match verdict {
        Verdict::Intact => (icons::CIRCLE_CHECK, tokens.ok),
        Verdict::Garbled => (icons::ALERT, tokens.warn),
        Verdict::Replaced => (icons::CIRCLE_X, tokens.error),
        Verdict::CannotSend(_) => (icons::BAN, tokens.muted),
    }
}

fn way_shape(tokens: &Tokens, way: &Way) -> (&'static str, egui::Color32) {
    match way {
        Way::Back => (icons::CIRCLE_CHECK, tokens.ok),
        Way::Lost(_) | Way::None(_) => (icons::CIRCLE_X, tokens.error),
    }
}

/// A verdict in a word.
pub fn word(lang: Lang, verdict: Verdict) -> String {
    match verdict {
        Verdict::Intact => tr!(lang, "lens.intact"),
        Verdict::Garbled => tr!(lang, "lens.garbled"),
        Verdict::Replaced => tr!(lang, "lens.replaced"),
        Verdict::CannotSend(_) => tr!(lang, "lens.cannot_send"),
    }
    .into_owned()
}

/// A verdict in a sentence.
fn verdict_told(lang: Lang, looked: &Looked, sent: &Column, verdict: Verdict) -> String {
    match verdict {
        Verdict::Intact => tr!(lang, "lens.told_intact"),
        Verdict::Garbled => tr!(lang, "lens.told_garbled"),
        Verdict::Replaced => tr!(lang, "lens.told_replaced"),
        Verdict::CannotSend(at) => match looked.passage.characters.get(at) {
            Some(character) if character.valid => {
                let shown = visible(character.character);
                tr!(
                    lang,
                    "lens.told_lacking",
                    encoding = sent.charset().name(),
                    character = shown,
                    count = sent.lacking()
                )
            }
            _ => tr!(lang, "lens.told_no_text"),
        },
    }
    .into_owned()
}

/// Whether what was read can be turned back, in a sentence.
pub fn way_told(lang: Lang, sent: &Column, read: &Column, way: &Way) -> String {
    let (sent, read) = (sent.charset().name(), read.charset().name());
    match way {
        Way::Back => tr!(lang, "lens.way_back", sent = sent, read = read),
        Way::Lost(text) => tr!(lang, "lens.way_lost", sent = sent, read = read, text = shortened(text)),
        Way::None(character) => {
            let code = format!("U+{:04X}", u32::from(*character));
            tr!(lang, "lens.way_none", read = read, character = visible(*character), code = code)
        }
    }
    .into_owned()
}

/// A pair in one line: for those who cannot see it, and for the clipboard.
pub fn sentence(lang: Lang, looked: &Looked, sent: usize, read: usize) -> String {
    let name = |at: usize| looked.columns.get(at).map_or("", |column| column.charset().name());
    let pair = tr!(lang, "lens.pair", sent = name(sent), read = name(read));
    match looked.matrix.cell(sent, read) {
        None => pair.into_owned(),
        Some(cell) if cell.text.is_empty() => format!("{pair}: {}", word(lang, cell.verdict)),
        Some(cell) => {
            let text: String = cell.text.chars().take(SHOWN).map(visible).collect();
            format!("{pair}: {text}: {}", word(lang, cell.verdict))
        }
    }
}
