//! The column of people: those with a name, those who wrote without having one, and the socket that hears them all.

use std::net::SocketAddr;

use egui::{Align, CentralPanel, Frame, Label, Layout, Panel, RichText, ScrollArea, Ui, vec2};

use super::{ChatState, Chosen, add_ui, keep_place, person_form, socket};
use crate::{
    gui::{
        Cx,
        actions::Action,
        chat::Thread,
        theme::{self, TokensExt as _, icons},
        tr,
        views::{describe, traffic::visible},
        widgets::{self, Look},
    },
    journal::{Direction, Kind, SocketEntry, lens::row_text},
    words::{self, number},
};

/// Bytes of the last message that are decoded for a card.
const PREVIEW: usize = 128;

/// Paints the column.
pub fn people_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ChatState) {
    ui.horizontal(|ui| {
        ui.label(theme::section(ui, &tr!(cx.lang, "chat.people")));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| add_ui(ui, cx, state));
    });
    ui.add_space(8.0);
    if let Some(chosen) = person_form::person_form_ui(ui, cx, &mut state.form) {
        state.choose(chosen);
    }
    let model = cx.model;
    if let Some(socket) = socket(model) {
        let shown = Panel::bottom("chat_socket").frame(Frame::NONE).show(ui, |ui| socket_ui(ui, cx, socket));
        keep_place(ui, &mut state.foot, shown.response.rect.height());
    }
    CentralPanel::no_frame().show(ui, |ui| list_ui(ui, cx, state));
}

fn list_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut ChatState) {
    let model = cx.model;
    let contacts = &model.settings.chat.contacts;
    let mut strangers: Vec<(SocketAddr, &Thread)> = model
        .chat
        .threads()
        .filter(|(address, _)| !contacts.iter().any(|contact| contact.address == *address))
        .collect();
    // Who wrote last stands on top.
    strangers.sort_by_key(|(_, thread)| std::cmp::Reverse(thread.last));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        if contacts.is_empty() && strangers.is_empty() {
            widgets::hint(ui, tr!(cx.lang, "chat.nobody"));
        }
        for contact in contacts {
            let chosen = Chosen { name: Some(contact.name.clone()), address: contact.address };
            card(ui, cx, state, chosen);
        }
        if !strangers.is_empty() {
            ui.add_space(2.0);
            ui.label(theme::section(ui, &tr!(cx.lang, "chat.strangers")));
        }
        for (address, _) in strangers {
            card(ui, cx, state, Chosen { name: None, address });
        }
    });
}

fn card(ui: &mut Ui, cx: &Cx<'_>, state: &mut ChatState, person: Chosen) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    let thread = cx.model.chat.thread(person.address);
    let unread = thread.map_or(0, |thread| thread.unread);
    let name = person.shown();
    let chosen = state.chosen.as_ref() == Some(&person);
    let unread_words = (unread > 0).then(|| tr!(lang, "chat.unread", count = number::grouped(unread)));
    let title = match &unread_words {
        Some(words) => format!("{name} {} {words}", person.address),
        None => format!("{name} {}", person.address),
    };
    let response = widgets::card(ui, ("person", &person.name, person.address), &title, chosen, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(words) = &unread_words {
                    widgets::badge(ui, &number::grouped(unread), tokens.udp, tokens.udp_tint)
                        .on_hover_text(words.as_ref());
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let text = match person.name {
                        Some(_) => theme::strong(&name),
                        None => RichText::new(&name).monospace(),
                    };
                    ui.add(Label::new(text).truncate());
                });
            });
        });
        if person.name.is_some() {
            ui.label(RichText::new(person.address.to_string()).monospace().color(tokens.muted));
        }
        if thread.is_some_and(Thread::is_deserted) {
            widgets::error_line(ui, tr!(lang, "chat.refused"));
        } else if let Some(text) = thread.and_then(|thread| last_words(cx, thread)) {
            ui.add(Label::new(RichText::new(text).small().color(tokens.muted)).truncate());
        }
    });
    if response.clicked() {
        state.choose(person);
    }
}

/// The newest message on one line, `→` before our own.
fn last_words(cx: &Cx<'_>, thread: &Thread) -> Option<String> {
    let model = cx.model;
    let row = model.journal.row(thread.last?)?;
    if row.bytes.is_empty() {
        return Some(tr!(cx.lang, "composer.empty_datagram").into_owned());
    }
    let charset = model.settings.composer.charset;
    let text = row_text(&model.journal, row.seq, Kind::UdpSocket, charset, PREVIEW)?;
    let text: String = text.glyphs.iter().map(|glyph| visible(glyph.character)).collect();
    let arrow = if row.record.event.direction() == Some(Direction::Out) { "→ " } else { "" };
    Some(format!("{arrow}{text}"))
}

/// The socket: where others reach us, who can, and what can be done with it.
fn socket_ui(ui: &mut Ui, cx: &mut Cx<'_>, socket: &SocketEntry) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.label(theme::section(ui, &tr!(lang, "chat.you")));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            describe::state_badge(ui, cx, socket.state, tokens);
        });
    });
    let address = describe::addresses(cx.model, socket);
    ui.horizontal(|ui| {
        ui.label(RichText::new(&address).monospace());
        if socket.local.is_some() && widgets::tiny_icon(ui, icons::COPY, &tr!(lang, "chat.copy_address")).clicked() {
            cx.actions.push(Action::Copy(address.clone()));
        }
    });
    if let (Some(failure), false) = (&socket.last_fault, socket.state.is_open()) {
        widgets::error_line(ui, words::failure_short(lang, failure, Kind::UdpSocket));
    } else if let Some(local) = socket.local {
        widgets::hint(ui, cx.model.reach(lang, local.ip()));
    }
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        ui.set_min_size(vec2(0.0, 26.0));
        for (verb, reason) in crate::gui::verbs::verbs(cx.model, socket) {
            if reason.is_none() && verb != crate::gui::verbs::Verb::Remove {
                let tip = verb.tip(lang, socket.kind);
                let button = widgets::button(ui, verb.word(lang, socket.kind), Look::Plain);
                if button.on_hover_text(tip).clicked() {
                    cx.actions.push(verb.action(socket));
                }
            }
        }
        let other = widgets::button(ui, tr!(lang, "chat.other_socket"), Look::Plain);
        if other.on_hover_text(tr!(lang, "chat.other_socket_tip")).clicked() {
            cx.actions.push(Action::UseForChat(None));
        }
    });
}
