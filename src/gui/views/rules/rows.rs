//! Rules as rows: *when* with its value, then one action after the other. The same text as in the other tab, comments and
//! all: every row is a place in the TOML, and what is changed here is changed there and nowhere else.

use egui::{DragValue, Frame, RichText, ScrollArea, Stroke, TextEdit, TextStyle, Ui};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

use super::{
    kinds::{self, THEN, WHEN, then_word, when_word},
    source::on_lines,
};
use crate::{
    gui::{
        theme::{CARD_RADIUS, TokensExt as _, icons},
        tr,
        widgets::{
            self,
            compact::{compact_button, compact_menu, compact_toggle, menu_entry},
            encoding_menu::encoding_menu,
        },
    },
    net::responder::RulesError,
    text::Charset,
    words::{self, Lang},
};

/// The longest time and the largest number that a row takes.
const MOST: i64 = 86_400_000;

/// What is to be done with one of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Up(usize),
    Down(usize),
    Remove(usize),
}

/// Paints the rows of this text; what is changed in them is changed in it.
pub fn rows_ui(ui: &mut Ui, lang: Lang, text: &mut String, error: Option<&RulesError>) {
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        widgets::hint(ui, tr!(lang, "row.no_toml"));
        return;
    };
    on_lines(&mut document);
    let mut changed = false;
    ScrollArea::vertical().id_salt("rows").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        changed |= encoding_ui(ui, lang, &mut document);
        if let Some(connect) = document.get_mut("connect").and_then(Item::as_array_mut) {
            ui.push_id("connect", |ui| {
                card(ui, |ui| {
                    ui.label(RichText::new(tr!(lang, "row.on_connect")).strong());
                    changed |= actions_ui(ui, lang, connect);
                    error_ui(ui, lang, error, "connect");
                });
            });
        }
        changed |= rules_ui(ui, lang, &mut document, error);
        ui.horizontal(|ui| {
            if compact_button(ui, &tr!(lang, "row.add_rule")).clicked() {
                add_rule(&mut document);
                changed = true;
            }
            if document.get("connect").is_none() && compact_button(ui, &tr!(lang, "row.add_connect")).clicked() {
                let mut connect = Array::new();
                connect.push_formatted(kinds::new(&THEN, "reply"));
                document.insert("connect", Item::Value(Value::Array(connect)));
                changed = true;
            }
        });
    });
    if changed {
        *text = document.to_string();
    }
}

fn card(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let line = ui.tokens().line;
    let frame = Frame::new().stroke(Stroke::new(1.0, line)).corner_radius(CARD_RADIUS).inner_margin(10);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 6.0;
        contents(ui);
    });
}

fn encoding_ui(ui: &mut Ui, lang: Lang, document: &mut DocumentMut) -> bool {
    let label = document.get("encoding").and_then(Item::as_str).unwrap_or("UTF-8");
    let current = Charset::for_label(label).unwrap_or_default();
    let mut changed = false;
    ui.horizontal(|ui| {
        ui.label(tr!(lang, "row.encoding"));
        let name = tr!(lang, "composer.encoding", encoding = current.name());
        if let (_, Some(chosen)) = encoding_menu(ui, lang, current, &name, |_| ()) {
            document.insert("encoding", toml_edit::value(chosen.name()));
            changed = true;
        }
    });
    changed
}

fn rules_ui(ui: &mut Ui, lang: Lang, document: &mut DocumentMut, error: Option<&RulesError>) -> bool {
    let Some(rules) = document.get_mut("rule").and_then(Item::as_array_of_tables_mut) else { return false };
    let (mut changed, mut to_do) = (false, None);
    let count = rules.len();
    for (index, rule) in rules.iter_mut().enumerate() {
        ui.push_id(("rule", index), |ui| {
            card(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.label(RichText::new(tr!(lang, "row.when")).strong());
                    changed |= rule.get_mut("when").is_some_and(|when| when_ui(ui, lang, when));
                    let name = tr!(lang, "row.rule");
                    to_do = to_do.or(move_ui(ui, lang, &name, index, count));
                });
                match rule.get_mut("then").and_then(Item::as_array_mut) {
                    Some(then) => changed |= actions_ui(ui, lang, then),
                    None => _ = widgets::hint(ui, tr!(lang, "row.in_text")),
                }
                error_ui(ui, lang, error, &format!("rule[{}]", index + 1));
            });
        });
    }
    if let Some(to_do) = to_do {
        move_rule(rules, to_do);
        changed = true;
    }
    changed
}

/// What is wrong with this row, under it.
fn error_ui(ui: &mut Ui, lang: Lang, error: Option<&RulesError>, path: &str) {
    let here = |error: &&RulesError| {
        error.field.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    if let Some(error) = error.filter(here) {
        widgets::error_line(ui, words::rules_problem(lang, &error.problem));
    }
}

fn add_rule(document: &mut DocumentMut) {
    let mut rule = Table::new();
    rule.insert("when", Item::Value(kinds::new(&WHEN, "any")));
    let mut then = Array::new();
    then.push_formatted(kinds::new(&THEN, "reply"));
    rule.insert("then", Item::Value(Value::Array(then)));
    rule.decor_mut().set_prefix("\n");
    let rules = document.entry("rule").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(rules) = rules.as_array_of_tables_mut() {
        rules.push(rule);
    }
}

/// Tables stand where their position says; so the contents change places, and their comments with them.
fn move_rule(rules: &mut ArrayOfTables, to_do: Move) {
    let (from, to) = match to_do {
        Move::Remove(index) => {
            if index < rules.len() {
                rules.remove(index);
            }
            return;
        }
        Move::Up(index) => (index.saturating_sub(1), index),
        Move::Down(index) => (index, index + 1),
    };
    let (Some(first), Some(second)) = (rules.get(from).cloned(), rules.get(to).cloned()) else { return };
    for (index, mut table, place) in [(from, second.clone(), first.position()), (to, first, second.position())] {
        table.set_position(place);
        if let Some(rule) = rules.get_mut(index) {
            *rule = table;
        }
    }
}

/// The kind and the value of a *when*. Returns whether it changed.
fn when_ui(ui: &mut Ui, lang: Lang, when: &mut Item) -> bool {
    // A table of its own, `[rule.when]`, is written on one line from the first change on.
    let Some(mut value) = when.clone().into_value().ok() else { return false };
    let key = kinds::of(&value).to_owned();
    let mut changed = false;
    let name = format!("{}: {}", tr!(lang, "row.when"), when_word(lang, &key));
    compact_menu(ui, &when_word(lang, &key), &name, |ui| {
        for (other, _) in WHEN {
            if menu_entry(ui, other == key, &when_word(lang, other)).clicked() && other != key {
                value = kinds::new(&WHEN, other);
                changed = true;
            }
        }
    });
    if let Value::InlineTable(table) = &mut value
        && let Some(inner) = table.get_mut(&key)
    {
        changed |= match inner {
            Value::String(_) | Value::InlineTable(_) if key != "regex" => pattern_ui(ui, lang, inner),
            inner => scalar_ui(ui, &tr!(lang, "row.value"), inner),
        };
    }
    if changed {
        *when = Item::Value(value);
    }
    changed
}

/// A text, or bytes as hex.
fn pattern_ui(ui: &mut Ui, lang: Lang, value: &mut Value) -> bool {
    let mut hex = matches!(value, Value::InlineTable(_));
    let name = tr!(lang, "row.value");
    let mut changed = match &mut *value {
        Value::InlineTable(table) => table.get_mut("hex").is_some_and(|hex| scalar_ui(ui, &name, hex)),
        text => scalar_ui(ui, &name, text),
    };
    if compact_toggle(ui, &mut hex, &tr!(lang, "composer.mode_hex")).changed() {
        *value = match &*value {
            Value::InlineTable(table) => {
                let bytes = table.get("hex").and_then(Value::as_str).unwrap_or_default();
                let bytes = crate::text::hex::parse(bytes).unwrap_or_default();
                Value::from(String::from_utf8_lossy(&bytes).into_owned())
            }
            text => {
                let bytes = crate::text::hex::pairs(text.as_str().unwrap_or_default().as_bytes());
                Value::InlineTable([("hex", bytes)].into_iter().collect())
            }
        };
        changed = true;
    }
    changed
}

/// One action after the other, and a menu for one more. Returns whether something changed.
fn actions_ui(ui: &mut Ui, lang: Lang, actions: &mut Array) -> bool {
    let (mut changed, mut to_do) = (false, None);
    let count = actions.len();
    for (index, action) in actions.iter_mut().enumerate() {
        ui.push_id(("then", index), |ui| {
            ui.horizontal_wrapped(|ui| {
                // In front, so that they stand in a column and no long field pushes them out of sight.
                let word = then_word(lang, kinds::of(action));
                to_do = to_do.or(move_ui(ui, lang, &word, index, count));
                changed |= action_ui(ui, lang, action);
            });
        });
    }
    match to_do {
        Some(Move::Remove(index)) => _ = actions.remove(index),
        Some(Move::Up(index)) => swap(actions, index.saturating_sub(1), index),
        Some(Move::Down(index)) => swap(actions, index, index + 1),
        None => {}
    }
    let title = tr!(lang, "row.add_action");
    compact_menu(ui, &title, &title, |ui| {
        ScrollArea::vertical().max_height(320.0).min_scrolled_height(320.0).show(ui, |ui| {
            for (key, _) in THEN {
                if menu_entry(ui, false, &then_word(lang, key)).clicked() {
                    actions.push(kinds::new(&THEN, key));
                    changed = true;
                }
            }
        });
    });
    changed || to_do.is_some()
}

fn swap(actions: &mut Array, first: usize, second: usize) {
    if let (Some(one), Some(two)) = (actions.get(first).cloned(), actions.get(second).cloned()) {
        actions.replace(first, two);
        actions.replace(second, one);
    }
}

/// The kind of an action, and its fields.
fn action_ui(ui: &mut Ui, lang: Lang, action: &mut Value) -> bool {
    let key = kinds::of(action).to_owned();
    let word = then_word(lang, &key);
    let Value::InlineTable(table) = action else {
        ui.label(word.as_ref());
        return false;
    };
    ui.label(word.as_ref());
    match table.get_mut(&key) {
        Some(Value::InlineTable(fields)) => {
            let mut changed = false;
            for (field, value) in TableLike::iter_mut(fields) {
                if let Item::Value(value) = value {
                    ui.label(RichText::new(field.get()).small().color(ui.tokens().muted));
                    changed |= scalar_ui(ui, &format!("{word}: {}", field.get()), value);
                }
            }
            changed
        }
        Some(value) => scalar_ui(ui, &word, value),
        None => false,
    }
}

/// A text, a number, or texts a line each. Returns whether it changed.
fn scalar_ui(ui: &mut Ui, name: &str, value: &mut Value) -> bool {
    match value {
        Value::Integer(number) => {
            let mut typed = *number.value();
            let drag = DragValue::new(&mut typed).range(0..=MOST).speed(1.0);
            let changed = ui.add(drag).on_hover_text(name).accessible_name(name).changed();
            if changed {
                *value = Value::from(typed);
            }
            changed
        }
        Value::String(text) => {
            let mut typed = text.value().clone();
            // A line end is typed as Enter; the text in TOML has it as `\n`.
            let rows = typed.matches('\n').count() + 1;
            let edit = if rows > 1 { TextEdit::multiline(&mut typed) } else { TextEdit::singleline(&mut typed) };
            let changed = ui.add(field(ui, edit).desired_rows(rows)).accessible_name(name).changed();
            if changed {
                *value = Value::from(typed);
            }
            changed
        }
        Value::Array(texts) if texts.iter().all(|text| text.as_str().is_some_and(|text| !text.contains('\n'))) => {
            let lines: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
            let rows = lines.len().max(1);
            let mut typed = lines.join("\n");
            let edit = field(ui, TextEdit::multiline(&mut typed)).desired_rows(rows);
            let changed = ui.add(edit).accessible_name(name).changed();
            if changed {
                *texts = typed.split('\n').collect();
            }
            changed
        }
        _ => false,
    }
}

fn field<'t>(ui: &Ui, edit: TextEdit<'t>) -> TextEdit<'t> {
    // Behind it stand a toggle and the buttons that move the row.
    let width = (ui.available_size_before_wrap().x - 190.0).clamp(110.0, 260.0);
    edit.font(TextStyle::Monospace).margin(egui::Margin::symmetric(8, 4)).desired_width(width).char_limit(10_000)
}

/// Up, down, away.
fn move_ui(ui: &mut Ui, lang: Lang, what: &str, index: usize, count: usize) -> Option<Move> {
    let apart = std::mem::replace(&mut ui.spacing_mut().item_spacing.x, 2.0);
    let mut to_do = None;
    for (icon, word, wanted, can) in [
        (icons::ARROW_UP, tr!(lang, "row.up"), Move::Up(index), index > 0),
        (icons::ARROW_DOWN, tr!(lang, "row.down"), Move::Down(index), index + 1 < count),
        (icons::X, tr!(lang, "row.remove"), Move::Remove(index), true),
    ] {
        let name = format!("{word}: {what} {}", index + 1);
        let button = |ui: &mut Ui| widgets::tiny_icon(ui, icon, &name).clicked();
        if ui.add_enabled_ui(can, button).inner {
            to_do = Some(wanted);
        }
    }
    ui.spacing_mut().item_spacing.x = apart;
    to_do
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::responder::Rules;

    const TEXT: &str = "# mine\nencoding = \"gbk\"\n\n# first\n[[rule]]\nwhen = { exact = \"a\" } # why\nthen = [\"echo\", \"close\"]\n\n[[rule]]\nwhen = \"any\"\nthen = [\"upper\"]\n";

    fn changed(change: impl FnOnce(&mut ArrayOfTables)) -> String {
        let mut document: DocumentMut = TEXT.parse().unwrap();
        change(document["rule"].as_array_of_tables_mut().unwrap());
        document.to_string()
    }

    #[test]
    fn rules_change_places_and_comments_stay() {
        let swapped = changed(|rules| move_rule(rules, Move::Down(0)));
        let rules = Rules::parse(&swapped).unwrap();
        let mut wanted = Rules::parse(TEXT).unwrap();
        wanted.rules.swap(0, 1);
        assert_eq!(rules, wanted, "{swapped}");
        for kept in ["# mine", "# first", "# why"] {
            assert!(swapped.contains(kept), "{swapped}");
        }
        assert_eq!(changed(|rules| move_rule(rules, Move::Up(0))), TEXT, "the first cannot go up");
        let shorter = changed(|rules| move_rule(rules, Move::Remove(0)));
        assert_eq!(Rules::parse(&shorter).unwrap().rules.len(), 1);
        for index in [2, 9] {
            assert_eq!(changed(|rules| move_rule(rules, Move::Down(index))), TEXT);
        }
    }

    #[test]
    fn actions_change_places() {
        let swapped = changed(|rules| {
            let then = rules.get_mut(0).unwrap()["then"].as_array_mut().unwrap();
            swap(then, 0, 1);
            swap(then, 1, 2);
        });
        assert!(
            swapped.contains("then = [\"close\", \"echo\"]") || swapped.contains("[ \"close\",\"echo\"]"),
            "{swapped}"
        );
        let mut document = DocumentMut::new();
        add_rule(&mut document);
        assert_eq!(Rules::parse(&document.to_string()).unwrap().rules.len(), 1);
    }
}
