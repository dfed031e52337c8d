//! The menu of encodings: all of them, found by any label that people type.

use egui::{Id, Key, Response, ScrollArea, TextEdit, Ui};

use super::compact::{compact_menu, menu_entry};
use crate::{gui::tr, text::Charset, words::Lang};

/// A button with the canonical name of `current` that opens the menu. Returns what was chosen.
///
/// `name` says what is read or written in this encoding; `more` adds entries in front.
pub fn encoding_menu(
    ui: &mut Ui,
    lang: Lang,
    current: Charset,
    name: &str,
    more: impl FnOnce(&mut Ui),
) -> (Response, Option<Charset>) {
    let mut chosen = None;
    let response = compact_menu(ui, current.name(), name, |ui| {
        ui.set_width(200.0);
        more(ui);
        chosen = list(ui, lang, Some(current));
    });
    (response, chosen)
}

/// A button with this text that opens the same menu, where no encoding is the current one.
pub fn add_encoding_menu(ui: &mut Ui, lang: Lang, text: &str) -> (Response, Option<Charset>) {
    let mut chosen = None;
    let response = compact_menu(ui, text, text, |ui| {
        ui.set_width(200.0);
        chosen = list(ui, lang, None);
    });
    (response, chosen)
}

fn list(ui: &mut Ui, lang: Lang, current: Option<Charset>) -> Option<Charset> {
    let id = ui.scope_id().with("search");
    let mut typed: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let search = ui.add(
        TextEdit::singleline(&mut typed)
            .id(field_id(ui))
            .hint_text(tr!(lang, "composer.search_encoding"))
            .desired_width(f32::INFINITY),
    );
    // Opening the menu puts the cursor into the field: a label and Enter is the quickest way.
    let opened: bool = !ui.data(|data| data.get_temp(id.with("open")).unwrap_or(false));
    if opened {
        search.request_focus();
    }
    let found = matching(&typed);
    let entered = search.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let mut chosen = if entered { found.first().copied() } else { None };
    ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
        ui.set_width(ui.available_width());
        if found.is_empty() {
            ui.weak(tr!(lang, "composer.no_such_encoding"));
        }
        for charset in found {
            let response = menu_entry(ui, Some(charset) == current, charset.name());
            if opened && Some(charset) == current {
                response.scroll_to_me(Some(egui::Align::Center));
            }
            if response.clicked() {
                chosen = Some(charset);
            }
        }
    });
    let closing = chosen.is_some() || ui.should_close() || ui.input(|input| input.key_pressed(Key::Escape));
    if chosen.is_some() {
        ui.close();
    }
    ui.data_mut(|data| {
        data.insert_temp(id, if closing { String::new() } else { typed });
        data.insert_temp(id.with("open"), !closing);
    });
    chosen
}

fn field_id(ui: &Ui) -> Id {
    ui.scope_id().with("search_field")
}

/// The encodings that a typed label may mean: the one it names first, then those whose name contains it.
fn matching(typed: &str) -> Vec<Charset> {
    let plain = |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect::<String>() };
    let wanted = plain(typed).to_ascii_lowercase();
    let named = Charset::for_label(typed.trim());
    let contains = |charset: &Charset| plain(charset.name()).to_ascii_lowercase().contains(&wanted);
    named.into_iter().chain(Charset::all().filter(|charset| Some(*charset) != named && contains(charset))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_finds_its_encoding_first() {
        assert_eq!(matching("utf8").first().map(|charset| charset.name()), Some("UTF-8"));
        assert_eq!(matching(" ").len(), Charset::all().count());
        assert!(matching("no such thing").is_empty());
    }
}
