//! Upper-casing bytes beside upper-casing text: what comes out in each encoding, and which characters are others now.

use egui::{
    Align2, CentralPanel, FontId, Frame, Grid, Margin, Panel, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo,
    pos2, vec2,
};

use super::{looked::Looked, pairs::shortened};
use crate::{
    gui::{
        theme::{self, ROW_HEIGHT, TokensExt as _, icons},
        tr,
        views::traffic::{hex, visible},
        widgets,
    },
    text::{
        Charset,
        reading::{Column, Piece, Upper},
    },
    words::{Lang, number::grouped},
};

/// The encoding whose characters are listed.
#[derive(Default)]
pub struct UpperState {
    of: Option<Charset>,
}

/// Paints the texts, and below them the characters of one encoding that are others now.
pub fn upper_ui(ui: &mut Ui, lang: Lang, state: &mut UpperState, looked: &Looked) {
    let tokens = ui.tokens();
    let flat = Frame::new().fill(tokens.panel);
    let all = || looked.columns.iter().zip(&looked.uppers);
    let height = ui.available_height();
    let chosen = state.of;
    let listed = all().find(|(column, _)| Some(column.charset()) == chosen);
    let listed = listed.or_else(|| all().find(|(_, upper)| !upper.broken.is_empty())).or_else(|| all().next());
    let panel = Panel::top("lens_uppers").resizable(true).default_size(height * 0.55).size_range(80.0..=height - 60.0);
    panel.frame(flat.inner_margin(Margin::symmetric(16, 10))).show(ui, |ui| {
        ScrollArea::vertical().id_salt("lens_uppers").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            widgets::hint(ui, tr!(lang, "lens.upper_lead"));
            Grid::new("lens_upper").num_columns(3).spacing([16.0, 8.0]).show(ui, |ui| {
                text_ui(ui, lang, looked);
                for (column, upper) in all() {
                    let on = listed.is_some_and(|(of, _)| of.charset() == column.charset());
                    if encoding_ui(ui, lang, column, upper, on) {
                        state.of = Some(column.charset());
                    }
                }
            });
        });
    });
    CentralPanel::no_frame().frame(flat.inner_margin(Margin::symmetric(16, 8))).show(ui, |ui| {
        if let Some((column, upper)) = listed {
            broken_ui(ui, lang, looked, column, upper);
        }
    });
}

/// What upper-casing the characters gives.
fn text_ui(ui: &mut Ui, lang: Lang, looked: &Looked) {
    let tokens = ui.tokens();
    let (text, more) = &looked.upper;
    ui.label(theme::strong(tr!(lang, "lens.as_text")));
    let told = match more {
        0 => String::new(),
        count => tr!(lang, "lens.more_capitals", count = grouped(*count as u64)).into_owned(),
    };
    ui.label(RichText::new(told).small().color(tokens.muted));
    ui.add(egui::Label::new(RichText::new(shortened(text)).monospace()).truncate());
    ui.end_row();
}

/// What upper-casing the bytes gives in one encoding. Returns whether its characters are to be listed.
fn encoding_ui(ui: &mut Ui, lang: Lang, column: &Column, upper: &Upper, on: bool) -> bool {
    let tokens = ui.tokens();
    let name = column.charset().name();
    let text = RichText::new(tr!(lang, "lens.as_bytes", encoding = name)).font(FontId::new(12.0, theme::medium()));
    let clicked = ui.add(egui::Button::selectable(on, text)).on_hover_text(tr!(lang, "lens.list_tip")).clicked();
    let (whole, raised, mut told) = verdict(lang, upper);
    if column.lacking() > 0 {
        let count = grouped(column.lacking() as u64);
        told = format!("{told} {}", tr!(lang, "lens.left_out_short", count = count));
    }
    let (icon, color) = match (whole, raised) {
        (true, true) => (icons::CIRCLE_CHECK, tokens.ok),
        (true, false) => (icons::CIRCLE_CHECK, tokens.muted),
        (false, _) => (icons::CIRCLE_X, tokens.error),
    };
    ui.horizontal(|ui| {
        widgets::icon(ui, icon, 13.0, color);
        ui.label(RichText::new(told).small().color(color));
    });
    ui.add(egui::Label::new(RichText::new(shortened(&upper.text)).monospace()).truncate());
    ui.end_row();
    clicked
}

/// Whether no character was broken, whether any letter was raised, and both in words.
pub fn verdict(lang: Lang, upper: &Upper) -> (bool, bool, String) {
    let raised = grouped(upper.raised as u64);
    let told = match upper.broken.len() {
        0 => tr!(lang, "lens.whole", raised = raised),
        count => tr!(lang, "lens.broken", raised = raised, count = grouped(count as u64)),
    };
    (upper.broken.is_empty(), upper.raised > 0, told.into_owned())
}

fn broken_ui(ui: &mut Ui, lang: Lang, looked: &Looked, column: &Column, upper: &Upper) {
    let name = column.charset().name();
    ui.spacing_mut().item_spacing.y = 4.0;
    if upper.broken.is_empty() {
        widgets::hint(ui, tr!(lang, "lens.none_broken", encoding = name));
        return;
    }
    let section = theme::section(ui, &tr!(lang, "lens.broken_in", encoding = name));
    ui.label(section);
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt("lens_broken").auto_shrink(false);
    area.show_rows(ui, ROW_HEIGHT, upper.broken.len(), |ui, range| {
        for index in range {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
            let told = broken_told(looked, column, upper, index);
            broken_row_ui(ui, rect, &told);
            response.widget_info(|| WidgetInfo::labeled(Role::Row, true, told.join(" ")));
        }
    });
}

fn broken_row_ui(ui: &Ui, rect: Rect, told: &[String; 5]) {
    let tokens = ui.tokens();
    let [number, before, bytes, after, after_bytes] = told;
    let painter = ui.painter_at(rect);
    let at = |x: f32| pos2(rect.left() + x, rect.center().y);
    let mono = FontId::monospace(12.0);
    painter.text(at(0.0), Align2::LEFT_CENTER, number, FontId::monospace(11.0), tokens.faint);
    painter.text(at(56.0), Align2::LEFT_CENTER, before, FontId::proportional(14.0), tokens.text);
    painter.text(at(150.0), Align2::LEFT_CENTER, bytes, mono.clone(), tokens.muted);
    painter.text(at(262.0), Align2::CENTER_CENTER, icons::ARROW_RIGHT, FontId::proportional(13.0), tokens.muted);
    painter.text(at(286.0), Align2::LEFT_CENTER, after_bytes, mono, tokens.muted);
    painter.text(at(398.0), Align2::LEFT_CENTER, after, FontId::proportional(14.0), tokens.error);
}

/// A broken character: its number, the character, its bytes, what it is now, and those bytes.
pub fn broken_told(looked: &Looked, column: &Column, upper: &Upper, index: usize) -> [String; 5] {
    let Some(broken) = upper.broken.get(index) else { return Default::default() };
    let named = |character: char| format!("{} U+{:04X}", visible(character), u32::from(character));
    let before = looked.passage.characters.get(broken.index).map(|character| named(character.character));
    let range = column.pieces.get(broken.index).map(Piece::range).unwrap_or_default();
    let bytes = |of: &[u8]| hex(of.get(range.clone()).unwrap_or_default(), 16);
    let after: Vec<String> = broken.after.chars().map(named).collect();
    let number = (broken.index + 1).to_string();
    [number, before.unwrap_or_default(), bytes(&column.bytes), after.join(" "), bytes(&upper.bytes)]
}
