//! The menu of framings: each in words, those with a number or bytes of their own with a field.

use std::{borrow::Cow, str::FromStr as _};

use egui::{Align, Button, Color32, Margin, Response, RichText, TextEdit, TextStyle, Ui};

use crate::{
    framing::{Framing, Prefix},
    gui::{
        theme::TokensExt as _,
        tr,
        widgets::compact::{compact, compact_menu, compact_toggle, menu_entry},
    },
    words::{self, Lang},
};

/// Width of the menu.
const WIDTH: f32 = 350.0;

/// What is typed into the fields, which need not be right yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceState {
    delimiter: String,
    size: String,
    silence: String,
    prefix: Prefix,
    counts_itself: bool,
}

impl Default for ChoiceState {
    fn default() -> Self {
        Self {
            delimiter: "\\0".into(),
            size: "16".into(),
            silence: "200".into(),
            prefix: Prefix::U32Be,
            counts_itself: false,
        }
    }
}

impl ChoiceState {
    /// The fields show what is chosen.
    fn show(&mut self, framing: &Framing) {
        match framing {
            Framing::Delimiter(delimiter) if framing.to_string() != "crlf" && !self.means(framing) => {
                self.delimiter = String::from(delimiter.clone());
            }
            Framing::Fixed(size) if self.size.trim() != size.to_string() => self.size = size.to_string(),
            Framing::Silence(ms) if self.silence.trim() != ms.to_string() => self.silence = ms.to_string(),
            Framing::Prefix(prefix) => (self.prefix, self.counts_itself) = (*prefix, false),
            Framing::SelfPrefix(prefix) => (self.prefix, self.counts_itself) = (*prefix, true),
            Framing::Header(prefix) => self.prefix = *prefix,
            _ => {}
        }
    }

    /// Whether the typed delimiter is this one, however it is written.
    fn means(&self, framing: &Framing) -> bool {
        Framing::from_str(&format!("delimiter:{}", self.delimiter)).is_ok_and(|typed| typed == *framing)
    }

    fn prefixed(&self) -> Framing {
        if self.counts_itself { Framing::SelfPrefix(self.prefix) } else { Framing::Prefix(self.prefix) }
    }
}

/// A framing in a word or two, as it stands on a button.
pub fn short(lang: Lang, framing: &Framing) -> Cow<'static, str> {
    match framing {
        Framing::None => tr!(lang, "framing.short_none"),
        Framing::Line => "LF".into(),
        Framing::Delimiter(_) if framing.to_string() == "crlf" => "CR LF".into(),
        Framing::Delimiter(delimiter) => String::from(delimiter.clone()).into(),
        Framing::Fixed(size) => tr!(lang, "framing.short_fixed", size = size),
        Framing::Prefix(_) | Framing::SelfPrefix(_) => framing.to_string().into(),
        Framing::Header(prefix) => tr!(lang, "framing.short_header", prefix = prefix),
        Framing::Silence(ms) => tr!(lang, "framing.short_silence", ms = ms),
    }
}

/// A button with the framing in force that opens the menu. `shown` stands on it, `name` says what it is about, `none`
/// what having none means; `more` is painted below the entries. Returns what was chosen.
pub fn framing_menu(
    ui: &mut Ui,
    lang: Lang,
    state: &mut ChoiceState,
    current: &Framing,
    (shown, name, none): (&str, &str, &str),
    more: impl FnOnce(&mut Ui),
) -> (Response, Option<Framing>) {
    let mut chosen = None;
    let response = compact_menu(ui, shown, name, |ui| {
        ui.set_width(WIDTH);
        chosen = entries(ui, lang, state, current, none);
        more(ui);
    });
    (response, chosen.filter(|chosen| chosen != current))
}

fn entries(ui: &mut Ui, lang: Lang, state: &mut ChoiceState, current: &Framing, none: &str) -> Option<Framing> {
    let mut chosen = None;
    let crlf = Framing::from_str("crlf").unwrap_or_default();
    for (framing, text) in [
        (Framing::None, Cow::Borrowed(none)),
        (Framing::Line, tr!(lang, "framing.line")),
        (crlf, tr!(lang, "framing.crlf")),
    ] {
        if menu_entry(ui, *current == framing, &text).clicked() {
            chosen = Some(framing);
        }
    }
    // The fields show what is in force while nobody types in them.
    let typing = ui.memory(|memory| memory.focused().is_some());
    if !typing {
        state.show(current);
    }
    let is_delimiter = matches!(current, Framing::Delimiter(_)) && current.to_string() != "crlf";
    let text = tr!(lang, "framing.delimiter");
    let field = typed(ui, lang, is_delimiter, &text, "delimiter:", &mut state.delimiter);
    chosen = field.or(chosen);
    let is_fixed = matches!(current, Framing::Fixed(_));
    chosen = typed(ui, lang, is_fixed, &tr!(lang, "framing.fixed"), "fixed:", &mut state.size).or(chosen);
    let is_prefix = matches!(current, Framing::Prefix(_) | Framing::SelfPrefix(_));
    if open_entry(ui, is_prefix, &tr!(lang, "framing.prefix")) {
        chosen = Some(state.prefixed());
    }
    if is_prefix {
        let before = state.clone();
        prefixes(ui, &mut state.prefix);
        compact_toggle(ui, &mut state.counts_itself, &tr!(lang, "framing.counts_itself"));
        chosen = if before == *state { chosen } else { Some(state.prefixed()) };
    }
    let is_header = matches!(current, Framing::Header(_));
    let header = open_entry(ui, is_header, &tr!(lang, "framing.header"));
    let mut prefix = state.prefix;
    if is_header {
        prefixes(ui, &mut prefix);
        let color = ui.tokens().muted;
        note(ui, tr!(lang, "framing.header_hint"), color);
    }
    if header || (is_header && prefix != state.prefix) {
        state.prefix = prefix;
        chosen = Some(Framing::Header(prefix));
    }
    let is_silence = matches!(current, Framing::Silence(_));
    chosen = typed(ui, lang, is_silence, &tr!(lang, "framing.silence"), "silence:", &mut state.silence).or(chosen);
    if is_silence {
        let color = ui.tokens().warn;
        note(ui, tr!(lang, "framing.silence_hint"), color);
    }
    chosen
}

/// Small text, which a menu would stretch to its width.
pub fn note(ui: &mut Ui, text: impl Into<String>, color: Color32) {
    ui.add(egui::Label::new(RichText::new(text).small().color(color)).halign(Align::Min));
}

/// An entry that keeps the menu open, because more is to be said.
fn open_entry(ui: &mut Ui, chosen: bool, text: &str) -> bool {
    ui.add(Button::selectable(chosen, compact(text))).clicked()
}

/// An entry with a field for what stands behind the colon of its word.
fn typed(ui: &mut Ui, lang: Lang, chosen: bool, text: &str, word: &str, value: &mut String) -> Option<Framing> {
    let clicked = open_entry(ui, chosen, text);
    if !chosen {
        return if clicked { format!("{word}{value}").parse().ok() } else { None };
    }
    let field = TextEdit::singleline(value)
        .id_salt(("framing_field", word))
        .font(TextStyle::Monospace)
        .margin(Margin::symmetric(8, 3))
        .desired_width(WIDTH - 24.0)
        .char_limit(64);
    let changed = ui.add(field).accessible_name(text).changed();
    match format!("{word}{value}").parse() {
        Ok(framing) if changed => Some(framing),
        Ok(_) => None,
        Err(error) => {
            let color = ui.tokens().error;
            note(ui, words::framing_spec_error(lang, &error), color);
            None
        }
    }
}

/// The types of the number.
fn prefixes(ui: &mut Ui, prefix: &mut Prefix) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for other in Prefix::ALL {
            let text = RichText::new(other.to_string()).monospace().size(11.0);
            if ui.add(Button::selectable(*prefix == other, text)).clicked() {
                *prefix = other;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_show_what_is_in_force() {
        let mut state = ChoiceState::default();
        for spec in ["delimiter:::", "fixed:5", "silence:7", "u16-le+self", "header:u8"] {
            state.show(&spec.parse().unwrap());
        }
        assert_eq!((state.delimiter.as_str(), state.size.as_str(), state.silence.as_str()), ("::", "5", "7"));
        assert_eq!((state.prefix, state.counts_itself), (Prefix::U8, true));
        assert_eq!(state.prefixed(), Framing::SelfPrefix(Prefix::U8));
        // What means the same stays as it was typed.
        state.delimiter = "\\x41".into();
        state.show(&"delimiter:A".parse().unwrap());
        assert_eq!(state.delimiter, "\\x41");
    }
}
