//! The text of rules: TOML in the face of bytes, with what is wrong underlined.

use std::sync::Arc;

use egui::{
    Color32, FontId, Galley, Response, ScrollArea, Stroke, TextBuffer, TextEdit, TextFormat, TextStyle, Ui,
    text::LayoutJob,
};

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use crate::{
    gui::theme::{Tokens, TokensExt as _},
    net::responder::{Rules, RulesError},
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
    let line = ui.text_style_height(&TextStyle::Monospace);
    let rows = ((ui.available_height() - 20.0) / line).floor().max(4.0) as usize;
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

/// Rules as a person would write them: what is as usual left out, and a rule's `when` on one line before its `then`.
pub fn written(rules: &Rules) -> String {
    let text = rules.to_toml();
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text };
    let usual = Rules { encoding: rules.encoding, ..Rules::default() }.to_toml();
    if let Ok(usual) = usual.parse::<DocumentMut>() {
        for (key, value) in usual.iter().filter(|(key, _)| *key != "encoding") {
            if document.get(key).is_some_and(|item| item.to_string().trim() == value.to_string().trim()) {
                document.remove(key);
            }
        }
    }
    on_lines(&mut document);
    if let Some(rules) = document.get_mut("rule").and_then(Item::as_array_of_tables_mut) {
        let actions = rules.iter_mut().filter_map(|rule| rule.get_mut("then")?.as_array_mut());
        actions.flat_map(Array::iter_mut).for_each(flatten);
    }
    // What cannot be read again as the same is not shown.
    let tidy = document.to_string();
    if Rules::parse(&tidy).as_ref() == Ok(rules) { tidy } else { text }
}

/// Writes the lists within an action on one line.
fn flatten(value: &mut Value) {
    match value {
        Value::Array(array) => {
            array.iter_mut().for_each(flatten);
            array.fmt();
            array.set_trailing("");
            array.set_trailing_comma(false);
        }
        Value::InlineTable(table) => {
            for (_, item) in TableLike::iter_mut(table) {
                if let Item::Value(value) = item {
                    flatten(value);
                }
            }
        }
        _ => {}
    }
}

/// Puts what stands in tables of its own (`[rule.when]`, `[[connect]]`) on the line where it belongs.
pub fn on_lines(document: &mut DocumentMut) {
    let on_line = |table: &mut Table, keys: &[&str]| {
        if keys.iter().all(|key| table.get(key).is_none_or(Item::is_value)) {
            return;
        }
        for key in keys {
            if let Some(value) = table.remove(key).and_then(|item| item.into_value().ok()) {
                table.insert(key, Item::Value(value));
            }
        }
    };
    on_line(document.as_table_mut(), &["connect"]);
    if let Some(rules) = document.get_mut("rule").and_then(Item::as_array_of_tables_mut) {
        rules.iter_mut().for_each(|rule| on_line(rule, &["when", "then"]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::theme::LIGHT;

    #[test]
    fn rules_are_written_as_a_person_would_and_mean_the_same() {
        let text = "encoding = \"GBK\"\n\n[[rule]]\nwhen = { exact = \"exit\" }\nthen = [\"close\"]\n";
        let rules = Rules::parse(text).unwrap();
        assert_eq!(written(&rules), text);
        let connect = "encoding = \"UTF-8\"\nconnect = [{ reply = \"hi\" }, { wait-ms = 1 }]\n\n[[rule]]\nwhen = \"any\"\nthen = [\"echo\"]\n";
        let written_so = written(&Rules::parse(connect).unwrap());
        assert!(written_so.contains("connect = [") && written_so.contains("when = \"any\"\nthen"), "{written_so}");
        for preset in crate::preset::all() {
            if let Some(rules) = preset.responder().rules() {
                let written = written(rules);
                assert_eq!(Rules::parse(&written).as_ref(), Ok(&**rules), "{written}");
                assert!(!written.contains("[rule.when]") && !written.contains("framing-out = \"none\""), "{written}");
            }
        }
    }

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
