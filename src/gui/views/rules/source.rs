//! The text of rules: TOML in the face of bytes, with what is wrong underlined.

use std::sync::Arc;

use egui::{
    Color32, FontId, Galley, Response, ScrollArea, Stroke, TextBuffer, TextEdit, TextFormat, TextStyle, Ui,
    text::LayoutJob,
};

use crate::{
    gui::theme::{Tokens, TokensExt as _},
    net::responder::RulesError,
};

/// The longest text that can be edited, in characters.
const LONGEST: usize = 262_144;

/// Paints the text over the room there is; `error` is what is wrong with it.
pub fn source_ui(ui: &mut Ui, text: &mut String, error: Option<&RulesError>, name: &str) -> Response {
    let tokens = ui.tokens();
    let font = TextStyle::Monospace.resolve(ui.style());
    let wrong = error.map(|error| (error.line, error.column));
    let mut layouter = |ui: &Ui, buffer: &dyn TextBuffer, width: f32| -> Arc<Galley> {
        ui.painter().layout_job(coloured(buffer.as_str(), &font, tokens, wrong, width))
    };
    let rows = (ui.available_height() / 16.0).floor().max(4.0) as usize;
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(ui, |ui| {
            TextEdit::multiline(text)
                .code_editor()
                .margin(egui::Margin::symmetric(10, 8))
                .desired_width(f32::INFINITY)
                .desired_rows(rows)
                .char_limit(LONGEST)
                .layouter(&mut layouter)
                .show(ui)
                .response
                .response
        })
        .inner
        .accessible_name(name)
}

/// Line by line: comments and names of tables in their colours, from the wrong character to the end of its line
/// underlined.
fn coloured(text: &str, font: &FontId, tokens: &Tokens, wrong: Option<(usize, usize)>, width: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let start = line.trim_start();
        let color = match start.chars().next() {
            Some('#') => tokens.muted,
            Some('[') if !start.contains('=') => tokens.tcp,
            _ => tokens.text,
        };
        let plain = |color: Color32| TextFormat::simple(font.clone(), color);
        match wrong {
            Some((at, column)) if at == number => {
                let split = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(byte, _)| byte);
                let (fine, rest) = line.split_at(split);
                job.append(fine, 0.0, plain(color));
                let underlined = TextFormat { underline: Stroke::new(1.5, tokens.error), ..plain(tokens.error) };
                job.append(rest, 0.0, underlined);
            }
            _ => job.append(line, 0.0, plain(color)),
        }
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::theme::LIGHT;

    #[test]
    fn no_place_is_beyond_the_text() {
        let font = FontId::monospace(12.0);
        for text in ["", "a", "encoding = \"gbk\"\n# 注释\n[[rule]]\nthen = [\"收到\"]"] {
            for line in 0..6 {
                for column in [0, 1, 3, 900] {
                    let job = coloured(text, &font, &LIGHT, Some((line, column)), 100.0);
                    assert_eq!(job.text, text);
                }
            }
        }
    }
}
