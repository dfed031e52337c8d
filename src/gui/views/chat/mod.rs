//! Chat: people instead of sockets. One UDP socket talks with all of them, so a thread is nothing but an address.
//!
//! What is said of a message is what the network said: that it left, that something came back, or that the computer there
//! has no such port. Nobody is "online": UDP has no way to know.

mod people;
mod person_form;
mod setup;

use std::{collections::BTreeSet, net::SocketAddr};

use egui::{Align, CentralPanel, Color32, Frame, Layout, Margin, Panel, RichText, Ui};

use self::{person_form::PersonForm, setup::SetupState};
use super::{
    Cx,
    composer::{Person, PersonState, person_ui},
    conversation::bubbles::{Bubbles, Look, Note, bubbles_ui},
};
use crate::{
    gui::{
        Model,
        actions::Action,
        chat::{ChatSettings, Delivery},
        theme::{TokensExt as _, icons},
        tr,
        widgets::{self, Look as ButtonLook},
    },
    journal::{Direction, Kind, Question, Row, SocketEntry},
    words,
};

/// What the chat keeps from one frame to the next.
#[derive(Default)]
pub struct ChatState {
    chosen: Option<Chosen>,
    form: Option<PersonForm>,
    bubbles: Bubbles,
    composer: PersonState,
    setup: SetupState,
    /// Heights of what stands at the bottom, as of the last frame, in points.
    foot: f32,
    composer_height: f32,
}

/// Who is talked with. Several names may share an address, as those of the tutorial's client do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    name: Option<String>,
    address: SocketAddr,
}

impl Chosen {
    /// What they are called; their address if they have no name.
    fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.address.to_string())
    }
}

impl ChatState {
    /// Puts the cursor into the message in the next frame.
    pub fn focus(&mut self) {
        self.composer.focus();
    }

    fn choose(&mut self, chosen: Chosen) {
        if self.chosen.as_ref().is_none_or(|old| old.address != chosen.address) {
            self.bubbles = Bubbles::default();
        }
        self.chosen = Some(chosen);
        self.composer.focus();
    }
}

/// Paints the people, and the thread with the chosen one.
pub fn chat_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ChatState) {
    let flat = Frame::new().fill(ui.tokens().panel);
    let sidebar = if ui.ctx().content_rect().width() < 800.0 { 232.0 } else { 264.0 };
    Panel::left("people").exact_size(sidebar).resizable(false).frame(flat.inner_margin(12)).show(ui, |ui| {
        people::people_ui(ui, cx, state);
    });
    CentralPanel::no_frame().frame(flat).show(ui, |ui| {
        let model = cx.model;
        let Some(socket) = socket(model) else {
            setup::setup_ui(ui, cx, &mut state.setup);
            return;
        };
        let Some(chosen) = state.chosen.clone() else {
            nobody_ui(ui, cx);
            return;
        };
        Panel::top("chat_header").frame(flat.inner_margin(Margin::symmetric(16, 12))).show(ui, |ui| {
            header_ui(ui, cx, state, socket, &chosen);
        });
        let composer = Panel::bottom("chat_composer").frame(flat.inner_margin(Margin::symmetric(16, 12)));
        let shown = composer.show(ui, |ui| {
            let person = Person { name: &chosen.shown(), address: chosen.address };
            if person_ui(ui, cx, &mut state.composer, socket, &person) {
                state.bubbles.follow_end();
            }
        });
        keep_place(ui, &mut state.composer_height, shown.response.rect.height());
        CentralPanel::no_frame().frame(flat).show(ui, |ui| thread_ui(ui, cx, state, socket, &chosen));
    });
}

/// A panel at the bottom stands where the height of the last frame put it: lay out again rather than show its buttons
/// where they will not be clicked.
fn keep_place(ui: &Ui, last: &mut f32, height: f32) {
    if (height - *last).abs() > 0.5 {
        *last = height;
        ui.ctx().request_discard("the height of a panel at the bottom changed");
    }
}

/// The chat's socket, whether it is open or not.
fn socket(model: &Model) -> Option<&SocketEntry> {
    model.sockets.get(model.chat.socket()?)
}

fn nobody_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let color = ui.tokens().muted;
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).min(160.0));
        ui.set_max_width(420.0);
        ui.label(RichText::new(tr!(cx.lang, "chat.choose")).color(color));
    });
}

fn header_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ChatState, socket: &SocketEntry, chosen: &Chosen) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        ui.heading(chosen.shown());
        if chosen.name.is_some() {
            ui.label(RichText::new(chosen.address.to_string()).monospace().color(tokens.muted));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::button(ui, tr!(lang, "chat.traffic"), ButtonLook::Plain)
                .on_hover_text(tr!(lang, "chat.traffic_tip"))
                .clicked()
            {
                cx.actions.push(Action::Select(Some(socket.id)));
            }
            match &chosen.name {
                Some(name) => {
                    if widgets::button(ui, tr!(lang, "chat.remove"), ButtonLook::Plain)
                        .on_hover_text(tr!(lang, "chat.remove_tip"))
                        .clicked()
                    {
                        let mut contacts = cx.model.settings.chat.contacts.clone();
                        contacts.retain(|contact| contact.name != *name || contact.address != chosen.address);
                        let chat = cx.model.settings.chat.clone();
                        cx.actions.push(Action::SetChat(ChatSettings { contacts, ..chat }));
                        state.chosen = Some(Chosen { name: None, address: chosen.address });
                    }
                    if widgets::button(ui, tr!(lang, "chat.edit"), ButtonLook::Plain).clicked() {
                        state.form = Some(PersonForm::of(name, chosen.address));
                    }
                }
                None => {
                    if widgets::button(ui, tr!(lang, "chat.save_as"), ButtonLook::Primary).clicked() {
                        state.form = Some(PersonForm::naming(chosen.address));
                    }
                }
            }
        });
    });
    if let Some((text, color)) = explanation(ui, cx, socket, chosen) {
        ui.add_space(2.0);
        ui.label(RichText::new(text).color(color));
    }
}

/// What there is to explain, the most pressing first.
fn explanation(ui: &Ui, cx: &Cx<'_>, socket: &SocketEntry, chosen: &Chosen) -> Option<(String, Color32)> {
    let (lang, tokens) = (cx.lang, ui.tokens());
    if !socket.state.is_open() {
        let text = match cx.model.failure(socket.id) {
            Some(failure) => words::failure(lang, failure, Kind::UdpSocket),
            None => words::state_hint(lang, socket.state).into_owned(),
        };
        return Some((text, tokens.error));
    }
    if cx.model.chat.thread(chosen.address).is_some_and(super::super::chat::Thread::is_deserted) {
        return Some((tr!(lang, "chat.deserted", address = chosen.address).into_owned(), tokens.error));
    }
    let names: BTreeSet<&str> = cx.model.settings.chat.names_at(chosen.address).collect();
    (names.len() > 1).then(|| {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        (tr!(lang, "chat.same_address", names = names, address = chosen.address).into_owned(), tokens.muted)
    })
}

fn thread_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ChatState, socket: &SocketEntry, chosen: &Chosen) {
    let model = cx.model;
    let question = Question { socket: Some(socket.id), peer: Some(chosen.address), ..Question::default() };
    if !state.bubbles.ask(question, &model.journal, Vec::new) {
        ui.request_repaint();
    }
    let (lang, tokens) = (cx.lang, ui.tokens());
    let note = |row: &Row<'_>| {
        if row.record.event.direction() != Some(Direction::Out) {
            return None;
        }
        let delivery = model.chat.thread(chosen.address)?.delivery(row.seq);
        let (word, hint, color) = match delivery {
            Delivery::Sent => (tr!(lang, "chat.sent"), tr!(lang, "chat.sent_hint"), tokens.faint),
            Delivery::Answered => (tr!(lang, "chat.answered"), tr!(lang, "chat.answered_hint"), tokens.ok),
            Delivery::Refused => (tr!(lang, "chat.refused"), tr!(lang, "chat.refused_hint"), tokens.error),
        };
        Some(Note { word: word.into_owned(), hint: hint.into_owned(), color })
    };
    let name = chosen.shown();
    let look = Look {
        charset: model.settings.composer.charset,
        addressed: false,
        note: &note,
        empty: &tr!(lang, "chat.empty", name = name),
    };
    if let Some(seq) = bubbles_ui(ui, cx, &mut state.bubbles, &look) {
        cx.actions.push(Action::ShowRow(socket.id, seq));
    }
    // Who reads further up has not seen what comes in below.
    let unread = model.chat.thread(chosen.address).map_or(0, |thread| thread.unread);
    if unread > 0 && state.bubbles.follows_end() {
        cx.actions.push(Action::ChatSeen(chosen.address));
    }
}

/// A button with an icon that adds somebody; it stands over the list.
fn add_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut ChatState) {
    let text = format!("{} {}", icons::PLUS, tr!(cx.lang, "chat.add"));
    if widgets::button(ui, text, ButtonLook::Primary).accessible_name(tr!(cx.lang, "chat.add")).clicked() {
        state.form = Some(PersonForm::default());
    }
}
