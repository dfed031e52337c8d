//! The characters, a row each, and beside them their bytes in every encoding. Pointing at a character or at a byte
//! lights what belongs to it in all of them. Only rows on screen are formatted.

use egui::{
    Align2, EventFilter, FontId, Key, Modifiers, Pos2, Rect, Role, ScrollArea, Sense, Stroke, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use super::looked::Looked;
use crate::{
    gui::{
        theme::{ROW_HEIGHT, TokensExt as _, icons},
        tr,
        views::traffic::{count_bytes, hex, visible},
    },
    text::reading::{Character, Column},
    words::{Lang, number::grouped},
};

/// Width of the column of characters: the number, the character, its code point.
const FIRST: f32 = 148.0;
/// The pitch of bytes.
const PITCH: f32 = 21.0;
/// The head of the table: names, and lengths below them.
const HEAD: f32 = 42.0;
/// The line above the table.
const LINE: f32 = 26.0;

/// Where the reader is.
#[derive(Default)]
pub struct CharactersState {
    /// The row that the keys are at.
    at: Option<usize>,
    /// What the pointer is on.
    lit: Option<Lit>,
    /// As of the last frame.
    offset: Vec2,
    height: f32,
    /// The row at `at` has to be brought on screen.
    moved: bool,
}

/// A character, and the byte of it in one of the columns if the pointer is on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lit {
    row: usize,
    byte: Option<(usize, usize)>,
}

/// Paints the line that explains what is lit, and the table.
pub fn characters_ui(ui: &mut Ui, lang: Lang, state: &mut CharactersState, looked: &Looked) {
    let tokens = ui.tokens();
    let count = looked.passage.characters.len();
    state.at = state.at.filter(|at| *at < count);
    state.lit = state.lit.filter(|lit| lit.row < count);
    let lit = state.lit.or(state.at.map(|row| Lit { row, byte: None }));
    let told = lit.map_or_else(|| tr!(lang, "lens.point").into_owned(), |lit| told(lang, looked, lit));
    let (line, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &told));
    let color = if lit.is_some() { tokens.text } else { tokens.faint };
    let at = pos2(line.left() + 16.0, line.center().y);
    ui.painter_at(line).text(at, Align2::LEFT_CENTER, &told, FontId::monospace(12.0), color);

    let widths = widths(looked, ui.available_width());
    let total = FIRST + widths.iter().sum::<f32>();
    head_ui(ui, lang, state, looked, &widths);
    let body = ui.available_rect_before_wrap();
    let id = ui.scope_id().with("lens_characters");
    let table = ui.interact(body, id, Sense::click());
    table.widget_info(|| WidgetInfo::labeled(Role::Table, true, tr!(lang, "lens.characters")));
    keys(ui, state, id, count, body.height());

    let mut area = ScrollArea::both().id_salt("lens_characters").auto_shrink(false).animated(false);
    if std::mem::take(&mut state.moved)
        && let Some(at) = state.at
    {
        let top = at as f32 * ROW_HEIGHT;
        area = area.vertical_scroll_offset(state.offset.y.clamp((top + ROW_HEIGHT - state.height).max(0.0), top));
    }
    let mut lit = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let output = area.show_rows(ui, ROW_HEIGHT, count, |ui, range| {
        for row in range {
            let Some(character) = looked.passage.characters.get(row) else { continue };
            let (rect, response) = ui.allocate_exact_size(vec2(total, ROW_HEIGHT), Sense::CLICK);
            if response.clicked() {
                ui.memory_mut(|memory| memory.request_focus(id));
                state.at = Some(row);
            }
            if let Some(pos) = response.hover_pos() {
                lit = Some(Lit { row, byte: byte_at(looked, row, &widths, pos.x - rect.left()) });
            }
            let chosen = state.at == Some(row);
            row_ui(ui, lang, rect, row, looked, &widths, state);
            response
                .widget_info(|| WidgetInfo::selected(Role::Row, true, chosen, sentence(lang, row, *character, looked)));
        }
    });
    state.offset = output.state.clamped_offset();
    state.height = output.inner_rect.height();
    if table.has_focus() && state.at.is_none() {
        ui.painter().rect_stroke(body.shrink(0.5), 0.0, Stroke::new(1.0, tokens.tcp), egui::StrokeKind::Inside);
    }
    if lit != state.lit {
        state.lit = lit;
        ui.request_repaint();
    }
}

/// The widths of the columns: as wide as they need, and wider where there is room.
fn widths(looked: &Looked, available: f32) -> Vec<f32> {
    let room = (available - FIRST) / looked.columns.len().max(1) as f32;
    let needed = looked.widest.iter().map(|bytes| (*bytes as f32 * PITCH + 24.0).max(112.0));
    needed.map(|needed| needed.max(room.min(180.0))).collect()
}

fn keys(ui: &Ui, state: &mut CharactersState, id: egui::Id, count: usize, height: f32) {
    let Some(last) = count.checked_sub(1).filter(|_| ui.memory(|memory| memory.has_focus(id))) else { return };
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let page = ((height / ROW_HEIGHT) as usize).max(1);
    for key in [Key::ArrowUp, Key::ArrowDown, Key::PageUp, Key::PageDown, Key::Home, Key::End] {
        if !ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            continue;
        }
        let at = match (key, state.at) {
            (Key::Home, _) | (Key::ArrowDown | Key::PageDown, None) => 0,
            (Key::ArrowUp, Some(at)) => at.saturating_sub(1),
            (Key::ArrowDown, Some(at)) => at + 1,
            (Key::PageUp, Some(at)) => at.saturating_sub(page),
            (Key::PageDown, Some(at)) => at + page,
            _ => last,
        };
        state.at = Some(at.min(last));
        state.moved = true;
    }
}

fn head_ui(ui: &mut Ui, lang: Lang, state: &CharactersState, looked: &Looked, widths: &[f32]) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let painter = ui.painter_at(rect);
    let top = |x: f32| pos2(x, rect.top() + 5.0);
    let below = |x: f32| pos2(x, rect.top() + 21.0);
    let (name, small) = (FontId::new(12.0, crate::gui::theme::semibold()), FontId::proportional(11.0));
    let mut x = rect.left() - state.offset.x;
    painter.text(top(x + 16.0), Align2::LEFT_TOP, tr!(lang, "lens.character"), name.clone(), tokens.muted);
    x += FIRST;
    let mut spoken = Vec::new();
    for (column, width) in looked.columns.iter().zip(widths) {
        painter.text(top(x), Align2::LEFT_TOP, column.charset().name(), name.clone(), tokens.text);
        let (length, complete) = length(lang, looked, column);
        let color = if complete { tokens.muted } else { tokens.warn };
        painter.text(below(x), Align2::LEFT_TOP, &length, small.clone(), color);
        spoken.push(format!("{}: {length}", column.charset().name()));
        x += width;
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, spoken.join(". ")));
}

/// How long all of it is in the encoding of this column, and whether that is all of it.
pub fn length(lang: Lang, looked: &Looked, column: &Column) -> (String, bool) {
    let Some(length) = looked.tally.as_ref().and_then(|tally| tally.length(column.charset())) else {
        return (String::new(), true);
    };
    let bytes = count_bytes(lang, length.bytes);
    match length.lacking {
        0 => (bytes, true),
        count => (tr!(lang, "lens.length_lacking", bytes = bytes, count = grouped(count as u64)).into_owned(), false),
    }
}

fn row_ui(ui: &Ui, lang: Lang, rect: Rect, row: usize, looked: &Looked, widths: &[f32], state: &CharactersState) {
    let Some(character) = looked.passage.characters.get(row).copied() else { return };
    let tokens = ui.tokens();
    let painter = ui.painter();
    let chosen = state.at == Some(row);
    let lit = state.lit.filter(|lit| lit.row == row);
    if chosen {
        painter.rect_filled(rect, 0.0, tokens.selection);
        painter.rect_filled(rect.with_max_x(rect.left() + 2.0), 0.0, tokens.tcp);
    }
    let y = rect.center().y;
    let mono = FontId::monospace(12.0);
    let at = |x: f32| pos2(rect.left() + x, y);
    painter.text(at(16.0), Align2::LEFT_CENTER, row + 1, FontId::monospace(11.0), tokens.faint);
    let shown = visible(character.character);
    let color = match (character.valid, shown == character.character) {
        (false, _) => tokens.error,
        (true, false) => tokens.muted,
        (true, true) => tokens.text,
    };
    if lit.is_some() {
        painter.rect_filled(Rect::from_center_size(at(66.0), vec2(24.0, ROW_HEIGHT - 2.0)), 3.0, tokens.tcp_tint);
    }
    painter.text(at(66.0), Align2::CENTER_CENTER, shown, FontId::proportional(16.0), color);
    let code = code(character);
    painter.text(at(84.0), Align2::LEFT_CENTER, code, FontId::monospace(11.0), tokens.muted);
    let mut x = FIRST;
    for (index, (column, width)) in looked.columns.iter().zip(widths).enumerate() {
        let Some(piece) = column.pieces.get(row) else { continue };
        if piece.has {
            let bytes = column.bytes.get(piece.range()).unwrap_or_default();
            let all = Rect::from_min_size(
                pos2(rect.left() + x - 3.0, rect.top() + 3.0),
                vec2(bytes.len() as f32 * PITCH + 2.0, ROW_HEIGHT - 6.0),
            );
            if lit.is_some() {
                painter.rect_filled(all, 3.0, tokens.tcp_tint);
            }
            painter.rect_stroke(all, 3.0, Stroke::new(1.0, tokens.line), egui::StrokeKind::Inside);
            for (n, byte) in bytes.iter().enumerate() {
                let left = x + n as f32 * PITCH;
                let pointed = lit.is_some_and(|lit| lit.byte == Some((index, n)));
                if pointed {
                    let cell = Rect::from_center_size(at(left + PITCH / 2.0 - 2.0), vec2(PITCH, ROW_HEIGHT - 6.0));
                    painter.rect_stroke(cell, 3.0, Stroke::new(1.5, tokens.tcp), egui::StrokeKind::Inside);
                }
                let color = if came_wrong(character, column) { tokens.error } else { tokens.text };
                painter.text(at(left), Align2::LEFT_CENTER, format!("{byte:02X}"), mono.clone(), color);
            }
        } else {
            lacking_ui(ui, at(x), &tr!(lang, "lens.lacking"));
        }
        x += width;
    }
}

/// Whether these bytes came like this and are not text.
fn came_wrong(character: Character, column: &Column) -> bool {
    !character.valid && column.came()
}

/// A shape and a word where an encoding lacks a character.
fn lacking_ui(ui: &Ui, at: Pos2, word: &str) {
    let tokens = ui.tokens();
    let painter = ui.painter();
    painter.text(at, Align2::LEFT_CENTER, icons::BAN, FontId::proportional(12.0), tokens.warn);
    painter.text(at + vec2(17.0, 0.0), Align2::LEFT_CENTER, word, FontId::proportional(11.0), tokens.warn);
}

/// The byte of a row under the pointer, by its column and its place in the character.
fn byte_at(looked: &Looked, row: usize, widths: &[f32], x: f32) -> Option<(usize, usize)> {
    let mut left = FIRST;
    for (index, (column, width)) in looked.columns.iter().zip(widths).enumerate() {
        if (left..left + width).contains(&x) {
            let n = ((x - left + 2.0).max(0.0) / PITCH) as usize;
            return column.pieces.get(row).filter(|piece| n < piece.range().len()).map(|_| (index, n));
        }
        left += width;
    }
    None
}

fn code(character: Character) -> String {
    if character.valid { format!("U+{:04X}", u32::from(character.character)) } else { "–".into() }
}

/// What is lit, in words.
fn told(lang: Lang, looked: &Looked, lit: Lit) -> String {
    let Some(character) = looked.passage.characters.get(lit.row) else { return String::new() };
    let name = if character.valid {
        format!("{} {}", visible(character.character), code(*character))
    } else {
        tr!(lang, "lens.no_text").into_owned()
    };
    let byte = lit.byte.and_then(|(column, n)| {
        let column = looked.columns.get(column)?;
        let range = column.pieces.get(lit.row)?.range();
        let byte = column.bytes.get(range.start + n)?;
        Some((column.charset().name(), *byte, n, range))
    });
    if let Some((encoding, byte, n, range)) = byte {
        return tr!(
            lang,
            "lens.lit_byte",
            byte = format!("{byte:02X}"),
            offset = range.start + n,
            encoding = encoding,
            n = n + 1,
            count = range.len(),
            character = name
        )
        .into_owned();
    }
    let lacking: Vec<_> = lacking(looked, lit.row).collect();
    let lacking = if lacking.is_empty() {
        String::new()
    } else {
        format!("  {}", tr!(lang, "lens.lacked_by", encodings = lacking.join(", ")))
    };
    let total = looked.passage.characters.len();
    format!("{}{lacking}", tr!(lang, "lens.lit", character = name, n = lit.row + 1, count = total))
}

fn lacking(looked: &Looked, row: usize) -> impl Iterator<Item = &'static str> {
    let lacks = move |column: &&Column| column.pieces.get(row).is_some_and(|piece| !piece.has);
    looked.columns.iter().filter(lacks).map(|column| column.charset().name())
}

/// A row in one line: for those who cannot see it, and for the clipboard.
pub fn sentence(lang: Lang, row: usize, character: Character, looked: &Looked) -> String {
    let cell = |column: &Column| {
        let bytes = match column.pieces.get(row) {
            Some(piece) if piece.has => hex(column.bytes.get(piece.range()).unwrap_or_default(), usize::MAX),
            _ => tr!(lang, "lens.lacking").into_owned(),
        };
        format!("{} {bytes}", column.charset().name())
    };
    let cells: Vec<String> = looked.columns.iter().map(cell).collect();
    format!("{} {} {}", visible(character.character), code(character), cells.join(", "))
}
