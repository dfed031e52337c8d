//! The field one types into, and which keys it takes.

use std::{fmt::Debug, hash::Hash};

use egui::{
    Event, Frame, Id, ImeEvent, Key, KeyboardShortcut, Margin, Modifiers, RichText, ScrollArea, Stroke, TextEdit, Ui,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
};

use super::draft::Draft;
use crate::{
    gui::{
        theme::{RADIUS, TokensExt as _},
        tr,
    },
    text::Mode,
    words::Lang,
};

/// The longest message that can be typed, in characters; longer ones are files.
const LONGEST: usize = 65_536;
/// Height of the field.
const HEIGHT: f32 = 58.0;

/// What the field keeps from one frame to the next.
#[derive(Default)]
pub struct FieldState {
    focus: bool,
    /// An input method shows text that is not chosen yet.
    composing: bool,
    /// The line in which the cursor is, and how many there are, as of the last frame.
    line: usize,
    lines: usize,
}

impl FieldState {
    /// Puts the cursor into the field in the next frame.
    pub fn focus(&mut self) {
        self.focus = true;
    }

    /// Whether keys belong to the input method in this frame.
    fn input_method(&mut self, ui: &Ui) -> bool {
        let mut any = false;
        ui.input(|input| {
            for event in &input.events {
                if let Event::Ime(event) = event {
                    any = true;
                    match event {
                        ImeEvent::Preedit { text, .. } => self.composing = !text.is_empty(),
                        ImeEvent::Commit(_) => self.composing = false,
                        _ => {}
                    }
                }
            }
        });
        any || self.composing
    }
}

/// Paints the field of whatever `key` names. Returns whether Enter was pressed in it.
pub fn field_ui(
    ui: &mut Ui,
    lang: Lang,
    key: impl Hash + Debug,
    state: &mut FieldState,
    draft: &mut Draft,
    mode: Mode,
) -> bool {
    let tokens = ui.tokens();
    let id = field_id(key);
    let focused = ui.memory(|memory| memory.has_focus(id));
    let input_method = state.input_method(ui);
    let mut entered = false;
    if focused && input_method {
        // Most systems keep these keys for the input method anyway; the field must not act on them either.
        for key in [Key::Enter, Key::ArrowUp, Key::ArrowDown] {
            take_key(ui, key);
        }
    } else if focused {
        entered = take_key(ui, Key::Enter);
        if state.line == 0
            && is_pressed(ui, Key::ArrowUp)
            && let Some(text) = draft.history.older(&draft.text).map(str::to_owned)
        {
            take_key(ui, Key::ArrowUp);
            replace(ui, id, draft, text);
        } else if state.line + 1 >= state.lines
            && is_pressed(ui, Key::ArrowDown)
            && let Some(text) = draft.history.newer().map(str::to_owned)
        {
            take_key(ui, Key::ArrowDown);
            replace(ui, id, draft, text);
        }
    }
    let border = if focused { tokens.tcp } else { tokens.line };
    let frame = Frame::new()
        .fill(tokens.sunken)
        .stroke(Stroke::new(1.0, border))
        .corner_radius(RADIUS)
        .inner_margin(Margin::symmetric(10, 5));
    let hint = match mode {
        Mode::Text => tr!(lang, "composer.hint_text"),
        Mode::Hex => tr!(lang, "composer.hint_hex"),
    };
    let style = if mode == Mode::Hex { egui::TextStyle::Monospace } else { egui::TextStyle::Body };
    let output = frame
        .show(ui, |ui| {
            let inner = HEIGHT - 12.0;
            ui.set_min_size(egui::vec2(ui.available_width(), inner));
            ScrollArea::vertical()
                .id_salt(id)
                .max_height(inner)
                .min_scrolled_height(inner)
                .auto_shrink(false)
                .show(ui, |ui| {
                    TextEdit::multiline(&mut draft.text)
                        .id(id)
                        .font(style)
                        .frame(Frame::NONE)
                        .hint_text(RichText::new(hint).color(tokens.faint))
                        .desired_width(f32::INFINITY)
                        .desired_rows(2)
                        .char_limit(LONGEST)
                        .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter))
                        .show(ui)
                })
                .inner
        })
        .inner;
    let response = output.response.response.accessible_name(tr!(lang, "composer.name"));
    if std::mem::take(&mut state.focus) {
        response.request_focus();
    }
    if response.changed() {
        draft.history.edited();
    }
    state.lines = output.galley.rows.len();
    state.line = output.cursor_range.map_or(0, |range| output.galley.layout_from_cursor(range.primary).row);
    entered
}

fn field_id(key: impl Hash + Debug) -> Id {
    Id::unique(("composer_field", key))
}

/// Whether the cursor is in the field of whatever `key` names.
pub fn has_focus(ctx: &egui::Context, key: impl Hash + Debug) -> bool {
    ctx.memory(|memory| memory.has_focus(field_id(key)))
}

/// Whether this event is the key, pressed without modifiers.
fn is_key(event: &Event, wanted: Key) -> bool {
    matches!(event, Event::Key { key, pressed: true, modifiers, .. } if *key == wanted && modifiers.is_none())
}

fn is_pressed(ui: &Ui, wanted: Key) -> bool {
    ui.input(|input| input.events.iter().any(|event| is_key(event, wanted)))
}

/// Takes the key, so that the field does not see it. Returns whether it was pressed.
fn take_key(ui: &Ui, wanted: Key) -> bool {
    ui.input_mut(|input| {
        let before = input.events.len();
        input.events.retain(|event| !is_key(event, wanted));
        input.events.len() < before
    })
}

/// Shows another message, with the cursor at its end.
fn replace(ui: &Ui, id: Id, draft: &mut Draft, text: String) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::end_of_str(&text))));
    state.store(ui.ctx(), id);
    draft.text = text;
}
