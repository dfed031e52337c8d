//! The filter: a field in the head of the traffic, and a row of choices below it while it is in use.
//!
//! What is typed is looked for as bytes: text in the encoding in which the payload is read, or hex. So what is
//! found is exactly what was typed, upper and lower case apart.

use egui::{
    Frame, Id, Key, Margin, Panel, RichText, Role, TextEdit, TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText,
};

use super::{
    Cx,
    traffic::{Shown, count_rows},
};
use crate::{
    gui::{
        theme::{TokensExt as _, icons},
        tr,
        widgets::{
            compact::{compact, compact_button, compact_icon, compact_menu, compact_toggle, menu_entry},
            error_line,
        },
    },
    journal::{Direction, Filter, filter::RowKind},
    text::{Charset, ComposeError, Composition, EncodeError, Mode},
    words::{self, Lang},
};

/// Narrower than this the field moves into the row below the head while it is in use.
const ROOM_FOR_FIELD: f32 = 120.0;

/// What the fields of the filter hold.
#[derive(Debug, Default)]
pub struct FilterState {
    open: bool,
    focus: bool,
    /// The field stands in the row below the head, which has no room for it.
    below: bool,
    typed: String,
    mode: Mode,
    direction: Option<Direction>,
    kind: Option<RowKind>,
    peer: String,
    /// Why what was typed cannot be looked for, as of the last [`filter`](Self::filter).
    error: Option<ComposeError>,
}

impl FilterState {
    /// Puts the cursor into the field.
    pub fn focus(&mut self) {
        self.focus = true;
        self.open = true;
    }

    /// Whether the row of choices is on show.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether rows are hidden.
    pub fn is_active(&self) -> bool {
        !self.typed.is_empty() || self.direction.is_some() || self.kind.is_some() || !self.peer.trim().is_empty()
    }

    /// Hides no row any more.
    pub fn clear(&mut self) {
        *self = Self { open: self.open, below: self.below, mode: self.mode, ..Self::default() };
    }

    /// The filter that the fields describe. What cannot be looked for is left out, and said so.
    pub fn filter(&mut self, charset: Charset) -> Filter {
        let peer = self.peer.trim();
        let composition = Composition { mode: self.mode, charset, ..Composition::default() };
        let needle = match composition.bytes(&self.typed) {
            Ok(bytes) => {
                self.error = None;
                Some(bytes).filter(|bytes| !bytes.is_empty())
            }
            Err(error) => {
                self.error = Some(error);
                None
            }
        };
        Filter {
            sockets: None,
            direction: self.direction,
            peer: (!peer.is_empty()).then(|| peer.to_owned()),
            kind: self.kind,
            needle,
        }
    }
}

/// The field in the head. Using it opens the row of choices, and where the head has no room for what is typed the field
/// goes there.
pub fn filter_field_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut FilterState) {
    let room = ui.available_width() - 260.0;
    state.below = room < ROOM_FOR_FIELD && state.open;
    if !state.below {
        field_ui(ui, cx.lang, state, room.clamp(56.0, 220.0));
    }
}

fn field_ui(ui: &mut Ui, lang: Lang, state: &mut FilterState, width: f32) {
    let hint = RichText::new(tr!(lang, "filter.hint")).color(ui.tokens().faint);
    let field = TextEdit::singleline(&mut state.typed)
        // The same one wherever it stands, so that it keeps focus and cursor.
        .id(Id::unique("traffic_filter"))
        .font(TextStyle::Monospace)
        .hint_text(hint)
        .margin(Margin::symmetric(8, 3))
        .desired_width(width)
        .char_limit(1_000);
    let response = ui.add(field).accessible_name(tr!(lang, "filter.name"));
    if std::mem::take(&mut state.focus) {
        response.request_focus();
    }
    if response.gained_focus() {
        state.open = true;
    }
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        state.clear();
        state.open = false;
    }
}

/// The choices, what they found, and what is wrong with what was typed.
pub fn filter_bar_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut FilterState, shown: &Shown, all_sockets: &mut bool) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    let frame = Frame::new().fill(tokens.sunken).inner_margin(Margin::symmetric(12, 6));
    Panel::top("filter_bar").resizable(false).frame(frame).show(ui, |ui| {
        if state.below {
            field_ui(ui, lang, state, f32::INFINITY);
            ui.add_space(6.0);
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(8.0, 6.0);
            mode_ui(ui, lang, state);
            direction_ui(ui, lang, state);
            kind_ui(ui, lang, state);
            room_for(ui, 136.0);
            let peer = TextEdit::singleline(&mut state.peer)
                .id_salt("filter_peer")
                .font(TextStyle::Monospace)
                .hint_text(RichText::new(tr!(lang, "filter.peer_hint")).color(tokens.faint))
                .margin(Margin::symmetric(8, 4))
                .desired_width(120.0)
                .char_limit(100);
            ui.add(peer).accessible_name(tr!(lang, "filter.peer"));
            let text = tr!(lang, "traffic.all_sockets");
            room_for_button(ui, &text, true);
            compact_toggle(ui, all_sockets, &text);
            // What cannot be looked for was not found either.
            if state.error.is_none() {
                count_ui(ui, lang, shown);
            }
            let clear = tr!(lang, "filter.clear");
            if state.is_active() {
                room_for_button(ui, &clear, false);
                if compact_button(ui, &clear).clicked() {
                    state.clear();
                }
            }
            room_for(ui, 33.0);
            if compact_icon(ui, icons::X, &tr!(lang, "filter.close"), false).clicked() {
                state.clear();
                state.open = false;
            }
        });
        if let Some(error) = &state.error {
            ui.add_space(4.0);
            error_line(ui, not_looked_for(lang, error));
        }
    });
}

/// Why what was typed is not looked for.
fn not_looked_for(lang: Lang, error: &ComposeError) -> String {
    if let ComposeError::Encode(EncodeError { character, column, charset }) = error {
        let code = format!("U+{:04X}", u32::from(*character));
        let text =
            tr!(lang, "filter.unmappable", encoding = charset, character = character, code = code, column = column);
        return text.into_owned();
    }
    tr!(lang, "filter.not_looked_for", why = words::compose_error(lang, error)).into_owned()
}

/// Begins a line unless so much room is left in this one: a group of widgets does not wrap by itself.
fn room_for(ui: &mut Ui, width: f32) {
    if ui.available_size_before_wrap().x < width {
        ui.end_row();
    }
}

/// The same for a compact button with this word, with an icon or without.
fn room_for_button(ui: &mut Ui, text: &str, icon: bool) {
    let galley =
        WidgetText::from(compact(text)).into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, TextStyle::Body);
    room_for(ui, galley.size().x + 20.0 + if icon { 21.0 } else { 0.0 });
}

fn mode_ui(ui: &mut Ui, lang: Lang, state: &mut FilterState) {
    let words = [(Mode::Text, tr!(lang, "composer.mode_text")), (Mode::Hex, tr!(lang, "composer.mode_hex"))];
    let current = words.iter().find(|(mode, _)| *mode == state.mode).map_or("", |(_, word)| word).to_owned();
    room_for_button(ui, &current, true);
    compact_menu(ui, &current, &tr!(lang, "filter.mode", mode = current), |ui| {
        for (mode, word) in &words {
            if menu_entry(ui, state.mode == *mode, word).clicked() {
                state.mode = *mode;
            }
        }
    })
    .on_hover_text(tr!(lang, "filter.mode_hint"));
}

fn direction_ui(ui: &mut Ui, lang: Lang, state: &mut FilterState) {
    let words = [
        (None, tr!(lang, "filter.both_directions")),
        (Some(Direction::Out), tr!(lang, "filter.sent")),
        (Some(Direction::In), tr!(lang, "filter.received")),
    ];
    choose(ui, &tr!(lang, "filter.direction"), &mut state.direction, &words);
}

fn kind_ui(ui: &mut Ui, lang: Lang, state: &mut FilterState) {
    let words = [
        (None, tr!(lang, "filter.all_kinds")),
        (Some(RowKind::Data), tr!(lang, "filter.data")),
        (Some(RowKind::Calls), tr!(lang, "filter.calls")),
        (Some(RowKind::Errors), tr!(lang, "filter.errors")),
    ];
    choose(ui, &tr!(lang, "filter.kind"), &mut state.kind, &words);
}

fn choose<T: Copy + PartialEq>(ui: &mut Ui, name: &str, value: &mut T, words: &[(T, std::borrow::Cow<'_, str>)]) {
    let current = words.iter().find(|(option, _)| option == value).map_or("", |(_, word)| word).to_owned();
    room_for_button(ui, &current, true);
    compact_menu(ui, &current, &format!("{name}: {current}"), |ui| {
        for (option, word) in words {
            if menu_entry(ui, option == value, word).clicked() {
                *value = *option;
            }
        }
    });
}

fn count_ui(ui: &mut Ui, lang: Lang, shown: &Shown) {
    let rows = count_rows(lang, shown.len());
    let text = if shown.is_searching() {
        tr!(lang, "filter.count_so_far", count = rows)
    } else {
        tr!(lang, "filter.count", count = rows)
    };
    let response = ui.label(RichText::new(text.as_ref()).small().color(ui.tokens().muted));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text.as_ref()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(text: &str, mode: Mode) -> FilterState {
        FilterState { typed: text.into(), mode, ..FilterState::default() }
    }

    #[test]
    fn text_is_looked_for_in_the_encoding_of_the_view() {
        let mut state = typed("你好", Mode::Text);
        let gbk = Charset::for_label("gbk").unwrap();
        assert_eq!(state.filter(gbk).needle, Some(vec![0xC4, 0xE3, 0xBA, 0xC3]));
        assert_eq!(state.filter(Charset::UTF_8).needle, Some("你好".into()));
        assert!(state.is_active() && state.error.is_none());
    }

    #[test]
    fn what_cannot_be_looked_for_hides_nothing_and_says_why() {
        let mut state = typed("4 1", Mode::Hex);
        assert_eq!(state.filter(Charset::UTF_8), Filter::default());
        assert!(state.error.is_some());
        state.typed = "41".into();
        assert_eq!(state.filter(Charset::UTF_8).needle, Some(b"A".into()));
        assert!(state.error.is_none());
        state.clear();
        assert!(!state.is_active() && state.mode == Mode::Hex);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_makes_a_filter(text in "\\PC{0,40}", hex: bool, charset in 0_usize..44, peer in "\\PC{0,9}") {
            let mut state = typed(&text, if hex { Mode::Hex } else { Mode::Text });
            state.peer = peer;
            let charset = Charset::all().nth(charset).unwrap_or_default();
            state.filter(charset);
        }
    }
}
