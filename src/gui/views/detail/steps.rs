//! Bytes and text in step: sixteen bytes a line (eight where there is no room), and every character in as many cells as it has bytes, so that
//! what belongs together lines up in both halves; hovering either half lights both. Only lines on screen are
//! formatted.

use std::ops::Range;

use egui::{Align2, FontId, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::{
    gui::{
        theme::TokensExt as _,
        tr,
        views::traffic::{hex, visible},
    },
    journal::lens::{RowGlyph, RowText},
    words::Lang,
};

/// Height of a line.
pub const LINE: f32 = 20.0;
/// Where the hex begins, and its pitch.
const HEX: f32 = 76.0;
const HEX_PITCH: f32 = 22.0;
/// Room between the eighth and the ninth byte.
const GAP: f32 = 8.0;
/// The pitch of the text: a letter fits into one cell, a hanzi into two.
const TEXT_PITCH: f32 = 9.0;

/// The width of lines with this many bytes.
pub fn width(per_line: usize) -> f32 {
    text_x(per_line, per_line) + 12.0
}

/// The height of so many bytes and of the line above them, where there is this much room beside one another.
pub fn height(bytes: usize, room: f32) -> f32 {
    (bytes.div_ceil(per_line(room)) + 1) as f32 * LINE
}

fn per_line(room: f32) -> usize {
    if room >= width(16) { 16 } else { 8 }
}

/// What the pointer is on.
#[derive(Default)]
pub struct Steps {
    /// The bytes of the character under the pointer.
    lit: Option<Range<usize>>,
}

/// Paints what the pointer is on, and the lines below.
pub fn steps_ui(ui: &mut Ui, lang: Lang, steps: &mut Steps, bytes: &[u8], text: &RowText) {
    let tokens = ui.tokens();
    let told = match &steps.lit {
        Some(lit) => told_of(lang, bytes, text, lit),
        None => tr!(lang, "detail.hover").into_owned(),
    };
    let color = if steps.lit.is_some() { tokens.text } else { tokens.faint };
    let (line, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &told));
    ui.painter_at(line).text(line.left_center(), Align2::LEFT_CENTER, &told, FontId::monospace(12.0), color);

    let per_line = per_line(ui.available_width());
    let lines = bytes.len().div_ceil(per_line);
    let mut lit = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    // egui would rather have 64 points than scroll in less, and push the head of the detail out of sight.
    let area = ScrollArea::both().id_salt("steps").auto_shrink(false).min_scrolled_height(0.0);
    area.show_rows(ui, LINE, lines, |ui, range| {
        for line in range {
            let (rect, response) = ui.allocate_exact_size(vec2(width(per_line), LINE), Sense::hover());
            let from = line * per_line;
            let part = bytes.get(from..).unwrap_or_default();
            let part = part.get(..per_line).unwrap_or(part);
            if let Some(pos) = response.hover_pos()
                && let Some(byte) = byte_at(pos.x - rect.left(), per_line, part.len())
            {
                lit = Some(unit_at(text, from + byte));
            }
            line_ui(ui, rect, from, per_line, part, text, steps.lit.as_ref());
            response.widget_info(|| {
                let glyphs = glyphs_of(&text.glyphs, from, part.len());
                let plain: String = glyphs.iter().map(|glyph| visible(glyph.character)).collect();
                let hex = hex(part, per_line);
                WidgetInfo::labeled(Role::Row, true, format!("{from:08X}  {hex}  {plain}"))
            });
        }
    });
    if lit != steps.lit {
        steps.lit = lit;
        ui.request_repaint();
    }
}

fn line_ui(ui: &Ui, rect: Rect, from: usize, per_line: usize, part: &[u8], text: &RowText, lit: Option<&Range<usize>>) {
    let tokens = ui.tokens();
    let painter = ui.painter();
    let font = FontId::monospace(12.0);
    let y = rect.center().y;
    painter.text(pos2(rect.left(), y), Align2::LEFT_CENTER, format!("{from:08X}"), font.clone(), tokens.faint);
    for (i, byte) in part.iter().enumerate() {
        let cell = |x: f32, wide: f32| Rect::from_min_size(pos2(rect.left() + x, rect.top()), vec2(wide, LINE));
        let hex = cell(hex_x(i), HEX_PITCH);
        if lit.is_some_and(|lit| lit.contains(&(from + i))) {
            let beside = cell(text_x(per_line, i), TEXT_PITCH);
            painter.rect_filled(hex.shrink2(vec2(0.0, 1.0)), 2.0, tokens.tcp_tint);
            painter.rect_filled(beside.shrink2(vec2(0.0, 1.0)), 0.0, tokens.tcp_tint);
        }
        let color = if text.held.contains(&(from + i)) { tokens.faint } else { tokens.text };
        painter.text(hex.center(), Align2::CENTER_CENTER, format!("{byte:02X}"), font.clone(), color);
    }
    for glyph in glyphs_of(&text.glyphs, from, part.len()) {
        let shown = visible(glyph.character);
        let color = match glyph.valid {
            false => tokens.error,
            true if shown != glyph.character => tokens.muted,
            true => tokens.text,
        };
        let x = rect.left() + text_x(per_line, glyph.range().start.saturating_sub(from)) + 1.0;
        painter.text(pos2(x, y), Align2::LEFT_CENTER, shown, font.clone(), color);
    }
}

fn hex_x(i: usize) -> f32 {
    HEX + i as f32 * HEX_PITCH + if i >= 8 { GAP } else { 0.0 }
}

fn text_x(per_line: usize, i: usize) -> f32 {
    hex_x(per_line) + 16.0 + i as f32 * TEXT_PITCH
}

/// The byte of a line under the pointer, in either half.
fn byte_at(x: f32, per_line: usize, len: usize) -> Option<usize> {
    let text = text_x(per_line, 0);
    let byte = if x >= text {
        ((x - text) / TEXT_PITCH) as usize
    } else {
        (0..per_line).find(|i| (hex_x(*i)..hex_x(*i) + HEX_PITCH).contains(&x))?
    };
    (byte < len).then_some(byte)
}

/// The characters that begin in a line; those that began in a row before stand at the front of the first.
fn glyphs_of(glyphs: &[RowGlyph], from: usize, len: usize) -> &[RowGlyph] {
    let first = glyphs.partition_point(|glyph| glyph.range().start < from);
    let last = glyphs.partition_point(|glyph| glyph.range().start < from + len);
    glyphs.get(first..last).unwrap_or_default()
}

/// The bytes of the character that this byte belongs to; those that wait for the next read belong together.
fn unit_at(text: &RowText, byte: usize) -> Range<usize> {
    if text.held.contains(&byte) {
        return text.held.clone();
    }
    text.glyph_at(byte).and_then(|i| text.glyphs.get(i)).map_or(byte..byte + 1, RowGlyph::range)
}

/// The character under the pointer in words: `你 U+4F60  C4 E3`.
fn told_of(lang: Lang, bytes: &[u8], text: &RowText, lit: &Range<usize>) -> String {
    let part = bytes.get(lit.clone()).unwrap_or_default();
    let hex = hex(part, 8);
    let glyph = text.glyph_at(lit.start).and_then(|i| text.glyphs.get(i));
    match glyph {
        Some(glyph) if glyph.valid => {
            let told = format!("{} U+{:04X}  {hex}", visible(glyph.character), u32::from(glyph.character));
            if !glyph.began_before() {
                return told;
            }
            format!("{told}  {}", tr!(lang, "detail.began_before", count = glyph.start.unsigned_abs()))
        }
        Some(_) => tr!(lang, "traffic.not_text", hex = hex).into_owned(),
        None => tr!(lang, "traffic.held", count = part.len()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(character: char, start: i32, len: u8) -> RowGlyph {
        RowGlyph { character, start, len, valid: true }
    }

    fn text() -> RowText {
        // The last byte of a 你 that began in the row before, a 好 b, and the first byte of a character that the
        // next read finishes.
        let glyphs = vec![glyph('你', -2, 3), glyph('a', 1, 1), glyph('好', 2, 3), glyph('b', 5, 1)];
        RowText { glyphs, held: 6..7, cut: 0 }
    }

    #[test]
    fn a_byte_belongs_to_its_character() {
        let text = text();
        let units: Vec<_> = (0..8).map(|byte| unit_at(&text, byte)).collect();
        assert_eq!(units, [0..1, 1..2, 2..5, 2..5, 2..5, 5..6, 6..7, 7..8]);
        assert_eq!(unit_at(&RowText::default(), 3), 3..4);
    }

    #[test]
    fn a_character_stands_where_it_begins() {
        let glyphs = text().glyphs;
        let texts = |from, len| glyphs_of(&glyphs, from, len).iter().map(|glyph| glyph.character).collect::<String>();
        assert_eq!((texts(0, 4), texts(4, 5), texts(100, 16)), ("你a好".into(), "b".into(), String::new()));
    }

    #[test]
    fn what_is_lit_is_told() {
        let told = |lit: Range<usize>| told_of(Lang::En, b"\xA0a\xE5\xA5\xBDb\xE4", &text(), &lit);
        assert_eq!(told(2..5), "好 U+597D  E5 A5 BD");
        assert!(told(0..1).starts_with("你 U+4F60  A0  "), "{}", told(0..1));
        assert!(told(6..7).contains('1'), "{}", told(6..7));
    }

    #[test]
    fn both_halves_know_the_byte_under_the_pointer() {
        for per_line in [8, 16] {
            for i in 0..per_line {
                assert_eq!(byte_at(hex_x(i) + 1.0, per_line, per_line), Some(i));
                assert_eq!(byte_at(text_x(per_line, i) + 4.0, per_line, per_line), Some(i));
            }
            for x in [0.0, HEX - 1.0, text_x(per_line, 0) - 1.0, width(per_line)] {
                assert_eq!(byte_at(x, per_line, per_line), None, "{x}");
            }
        }
        assert_eq!(byte_at(hex_x(7) + HEX_PITCH + 1.0, 16, 16), None, "the gap in the middle");
        assert_eq!(byte_at(hex_x(4), 16, 4), None);
    }
}
