//! The composer of the chat: the same field and the same bytes, to a person rather than to an address, with what is put
//! before every message.

use std::{collections::BTreeMap, net::SocketAddr};

use egui::{Align, Layout, Margin, RichText, TextEdit, Ui};

use super::{draft::Draft, field, options, send_ui};
use crate::{
    gui::{
        Cx,
        actions::Action,
        chat::{ChatSettings, message},
        theme::TokensExt as _,
        tr,
        widgets::error_line,
    },
    journal::{Kind, SocketEntry},
    net::Command,
    text::Mode,
    words,
};

/// What it keeps from one frame to the next.
#[derive(Default)]
pub struct PersonState {
    drafts: BTreeMap<SocketAddr, Draft>,
    field: field::FieldState,
}

/// Drafts that are kept.
const DRAFTS: usize = 1_000;

/// Who gets what is written.
pub struct Person<'a> {
    /// What they are called.
    pub name: &'a str,
    /// Where they are.
    pub address: SocketAddr,
}

impl PersonState {
    /// Puts the cursor into the field in the next frame.
    pub fn focus(&mut self) {
        self.field.focus();
    }
}

/// Paints the composer. Returns whether something was sent.
pub fn person_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut PersonState,
    socket: &SocketEntry,
    person: &Person<'_>,
) -> bool {
    let lang = cx.lang;
    let composition = cx.model.settings.composer;
    if state.drafts.len() > DRAFTS {
        state.drafts.pop_first();
    }
    let draft = state.drafts.entry(person.address).or_default();
    let prefix = cx.model.settings.chat.prefix_for(person.name);
    let bytes = message(&prefix, &draft.text, composition);
    let reason = if !socket.state.can_send() {
        Some(words::state_hint(lang, socket.state).into_owned())
    } else if draft.text.is_empty() {
        Some(tr!(lang, "composer.nothing").into_owned())
    } else {
        bytes.as_ref().err().map(|error| words::compose_error(lang, error))
    };
    let ready = reason.is_none();
    ui.spacing_mut().item_spacing.y = 8.0;
    let sent = ui
        .with_layout(Layout::right_to_left(Align::Min), |ui| {
            ui.set_max_height(58.0);
            ui.spacing_mut().item_spacing.x = 12.0;
            let sent = send_ui(ui, lang, reason);
            sent | field::field_ui(ui, lang, ("chat", person.address), &mut state.field, draft, composition.mode)
        })
        .inner;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        options::options_ui(ui, cx, composition);
        prefix_ui(ui, cx, composition.mode);
        // Before anything is typed the prefix alone would look like a message.
        if !draft.text.is_empty() {
            options::preview_ui(ui, lang, Kind::UdpSocket, &bytes);
        }
    });
    if let Err(error) = &bytes {
        error_line(ui, words::compose_error(lang, error));
    }
    if sent
        && ready
        && let Ok(bytes) = bytes
    {
        cx.actions.verb(socket.id, Command::Send { bytes, to: Some(person.address) });
        draft.history.push(&draft.text);
        draft.text.clear();
        state.field.focus();
        return true;
    }
    false
}

/// What is put before every message, to everybody.
fn prefix_ui(ui: &mut Ui, cx: &mut Cx<'_>, mode: Mode) {
    let lang = cx.lang;
    let faint = ui.tokens().faint;
    let label = ui.label(RichText::new(tr!(lang, "chat.prefix")).small().color(ui.tokens().muted));
    let mut prefix = cx.model.settings.chat.prefix.clone();
    let field = TextEdit::singleline(&mut prefix)
        .id_salt("chat_prefix")
        .hint_text(RichText::new(tr!(lang, "chat.prefix_example")).color(faint))
        .margin(Margin::symmetric(8, 4))
        .desired_width(130.0)
        .char_limit(200);
    let response = ui.add_enabled(mode == Mode::Text, field).labelled_by(label.id);
    let response = response.on_hover_text(tr!(lang, "chat.prefix_hint"));
    if response.on_disabled_hover_text(tr!(lang, "chat.prefix_hex")).changed() {
        cx.actions.push(Action::SetChat(ChatSettings { prefix, ..cx.model.settings.chat.clone() }));
    }
}
