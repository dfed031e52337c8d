//! Names on one line: shortened in the middle, because what kind of file it is stands at the end.

use std::borrow::Cow;

use egui::{FontId, Label, Response, RichText, TextStyle, Ui};

use crate::gui::theme::semibold;

/// Characters at the end that are kept: an extension, and what stands before it.
const END: usize = 12;

/// A name with the spaces visible that a reader would take for its end: those in a row, before it and behind it.
pub fn spaces(name: &str) -> Cow<'_, str> {
    let chars: Vec<char> = name.chars().collect();
    let is_space = |index: Option<usize>| index.and_then(|index| chars.get(index)).is_none_or(|c| c.is_whitespace());
    let hides = |index: usize| is_space(Some(index)) && (is_space(index.checked_sub(1)) || is_space(Some(index + 1)));
    if !(0..chars.len()).any(hides) {
        return name.into();
    }
    (0..).zip(&chars).map(|(index, c)| if hides(index) { '␣' } else { *c }).collect::<String>().into()
}

/// The text as it fits into this width, with its end.
pub fn middle<'a>(ui: &Ui, text: &'a str, font: &FontId, width: f32) -> Cow<'a, str> {
    let widths: Vec<f32> = ui.fonts_mut(|fonts| text.chars().map(|c| fonts.glyph_width(font, c)).collect());
    if widths.iter().sum::<f32>() <= width {
        return text.into();
    }
    let room = width - ui.fonts_mut(|fonts| fonts.glyph_width(font, '…'));
    let end = fitting(widths.iter().rev().take(END), room * 0.6);
    let used: f32 = widths.iter().rev().take(end).sum();
    let start = fitting(widths.iter().take(widths.len() - end), room - used);
    let mut short: String = text.chars().take(start).collect();
    short.push('…');
    short.extend(text.chars().skip(widths.len() - end));
    short.into()
}

/// How many of these fit.
fn fitting<'a>(widths: impl Iterator<Item = &'a f32>, room: f32) -> usize {
    let ends = widths.scan(0.0, |end, width| {
        *end += width;
        Some(*end)
    });
    ends.take_while(|end| *end <= room).count()
}

/// A file's name in the face of bytes on one line, all of it on hover.
pub fn file_name(ui: &mut Ui, name: &str) -> Response {
    let font = TextStyle::Monospace.resolve(ui.style());
    name_in(ui, name, font)
}

/// The name of what a card is about, as [`file_name`].
pub fn title_name(ui: &mut Ui, name: &str) -> Response {
    let font = FontId::new(TextStyle::Body.resolve(ui.style()).size, semibold());
    name_in(ui, name, font)
}

fn name_in(ui: &mut Ui, name: &str, font: FontId) -> Response {
    let name = spaces(name);
    let short = middle(ui, &name, &font, ui.available_width());
    let response = ui.add(Label::new(RichText::new(short.as_ref()).font(font)).extend());
    let whole = egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, name.as_ref());
    response.widget_info(|| whole.clone());
    if short == name { response } else { response.on_hover_text(name.as_ref()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_that_hide_an_ending_are_seen_and_others_left_alone() {
        for (name, shown) in [
            ("a b.txt", "a b.txt"),
            ("a.jpg   .exe", "a.jpg␣␣␣.exe"),
            (" a", "␣a"),
            ("a.txt ", "a.txt␣"),
            ("a\u{a0} b", "a␣␣b"),
            ("", ""),
        ] {
            assert_eq!(spaces(name), shown, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let ctx = egui::Context::default();
        let font = FontId::monospace(13.0);
        let mut seen = false;
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            seen = true;
            let name = format!("photo{}.jpg.exe", "x".repeat(300));
            for width in [100.0, 200.0, 400.0] {
                let short = middle(ui, &name, &font, width);
                assert!(short.starts_with("ph") && short.ends_with(".exe"), "{short}");
                let wide: f32 = ui.fonts_mut(|fonts| short.chars().map(|c| fonts.glyph_width(&font, c)).sum());
                assert!(wide <= width, "{short}: {wide}");
            }
            assert_eq!(middle(ui, "short.txt", &font, 200.0), "short.txt");
            assert_eq!(middle(ui, "anything", &font, 0.0), "…");
        });
        output.textures_delta.clear();
        assert!(seen);
    }
}
