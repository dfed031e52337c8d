//! Conversation: the same rows as bubbles, ours on the right, theirs on the left, a thread for every peer.

pub mod bubbles;

use std::net::SocketAddr;

use egui::{Align, CentralPanel, Frame, Layout, Panel, ScrollArea, Ui};

use self::bubbles::{Bubbles, Look, bubbles_ui};
use super::{
    Cx, Tab, head,
    traffic::{self, TrafficState},
};
use crate::{
    gui::{
        actions::Action,
        commands::UiCommand,
        theme::{TokensExt as _, icons},
        tr,
        widgets::compact::{compact_pressed, menu_entry},
    },
    journal::{Kind, Question, SocketEntry, SocketId},
};

/// What the conversation keeps from one frame to the next.
#[derive(Default)]
pub struct ConversationState {
    subject: Option<SocketId>,
    /// Only what went to or came from here.
    thread: Option<SocketAddr>,
    bubbles: Bubbles,
}

/// Paints the conversation with the selected socket.
pub fn conversation_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ConversationState, traffic: &mut TrafficState) {
    ui.spacing_mut().item_spacing.y = 0.0;
    if !sync(cx, state) {
        ui.request_repaint();
    }
    head(ui, |ui| {
        traffic::tabs_ui(ui, cx, Tab::Conversation, traffic.ladder_beside);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let follows = state.bubbles.follows_end();
            if compact_pressed(ui, icons::ARROW_DOWN, &tr!(cx.lang, "traffic.follow"), true, follows).clicked() {
                state.bubbles.follow_end();
            }
            traffic::read_as_ui(ui, cx, &mut traffic.read_as);
        });
    });
    let flat = Frame::new().fill(ui.tokens().panel);
    let threads = cx.model.selected_entry().map(|entry| threads(cx, entry)).unwrap_or_default();
    if threads.len() > 1 {
        Panel::left("threads").exact_size(176.0).frame(flat.inner_margin(8)).show(ui, |ui| {
            threads_ui(ui, cx, state, &threads);
        });
    }
    CentralPanel::no_frame().frame(flat).show(ui, |ui| {
        let empty = traffic::gone_text(cx).unwrap_or_else(|| tr!(cx.lang, "conversation.empty").into_owned());
        let look = Look {
            charset: traffic.read_as.charset(cx.model),
            // Where one thread is chosen it says with whom.
            addressed: state.thread.is_none()
                && cx.model.selected_entry().is_some_and(|entry| entry.kind != Kind::TcpConnection),
            note: &|_| None,
            empty: &empty,
        };
        if let Some(seq) = bubbles_ui(ui, cx, &mut state.bubbles, &look) {
            traffic.open(cx.model, seq);
            cx.actions.push(Action::Run(UiCommand::ShowTraffic));
        }
    });
}

/// Finds the rows of the thread. Returns whether all were looked at.
fn sync(cx: &Cx<'_>, state: &mut ConversationState) -> bool {
    let model = cx.model;
    if state.subject != model.selected {
        *state = ConversationState { subject: model.selected, ..ConversationState::default() };
    }
    let question = Question { socket: model.selected, peer: state.thread, ..Question::default() };
    state.bubbles.ask(question, &model.journal, || traffic::known_connections(model))
}

/// The peers that have a thread of their own.
fn threads(cx: &Cx<'_>, entry: &SocketEntry) -> Vec<SocketAddr> {
    match entry.kind {
        Kind::UdpSocket => entry.peers.iter().rev().copied().collect(),
        Kind::TcpListener => {
            let peers = entry.connections.iter().rev().filter_map(|id| cx.model.sockets.get(*id)?.peer);
            peers.take(SocketEntry::PEERS).collect()
        }
        Kind::TcpConnection => Vec::new(),
    }
}

fn threads_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut ConversationState, threads: &[SocketAddr]) {
    let all = tr!(cx.lang, "conversation.all_peers");
    let entries =
        std::iter::once((None, all.into_owned())).chain(threads.iter().map(|peer| (Some(*peer), peer.to_string())));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
            for (thread, name) in entries {
                if menu_entry(ui, state.thread == thread, &name).clicked() {
                    state.thread = thread;
                    state.bubbles.follow_end();
                }
            }
        });
    });
}
