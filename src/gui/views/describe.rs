//! A socket in a few words: what it is, where it stands, how it is painted. Cards, the header and the inspector
//! say the same.

use std::borrow::Cow;

use egui::{Color32, Ui};

use super::Cx;
use crate::{
    gui::{model::Model, theme::Tokens, tr, widgets},
    journal::{Kind, Origin, SocketEntry, State},
    net::{Responder, ServerModel, SocketSpec},
    words::{self, Lang},
};

/// What a socket is called.
pub fn name(lang: Lang, entry: &SocketEntry) -> Cow<'static, str> {
    match (entry.kind, entry.origin) {
        (Kind::TcpListener, _) => tr!(lang, "sidebar.tcp_server"),
        (Kind::TcpConnection, Origin::Opened) => tr!(lang, "sidebar.tcp_client"),
        (Kind::TcpConnection, Origin::AcceptedBy(_)) => tr!(lang, "sidebar.connection"),
        (Kind::UdpSocket, _) => tr!(lang, "sidebar.udp"),
    }
}

/// Where it is: `127.0.0.1:53122 → 127.0.0.1:8008`, or what is known of that. Before a client has an address it is
/// what the user typed.
pub fn addresses(model: &Model, entry: &SocketEntry) -> String {
    let target = entry.peer.map(|peer| peer.to_string()).or_else(|| match model.spec(entry.id)? {
        SocketSpec::TcpClient(spec) => Some(spec.target.to_string()),
        SocketSpec::Udp(spec) => spec.connect.as_ref().map(ToString::to_string),
        SocketSpec::TcpServer(_) => None,
    });
    let local = entry.local.map(|local| local.to_string()).or_else(|| match model.spec(entry.id)? {
        SocketSpec::TcpServer(spec) => Some(spec.address.to_string()),
        SocketSpec::Udp(spec) => Some(spec.address.to_string()),
        SocketSpec::TcpClient(_) => None,
    });
    let arrow = if matches!(entry.origin, Origin::AcceptedBy(_)) { "←" } else { "→" };
    match (local, target) {
        (Some(local), Some(target)) => format!("{local} {arrow} {target}"),
        (Some(local), None) => local,
        (None, Some(target)) => format!("{arrow} {target}"),
        (None, None) => String::new(),
    }
}

/// A socket that could be opened, in one line: `TCP server 127.0.0.1:8008`.
pub fn spec_line(lang: Lang, spec: &SocketSpec) -> String {
    match spec {
        SocketSpec::TcpServer(spec) => format!("{} {}", tr!(lang, "sidebar.tcp_server"), spec.address),
        SocketSpec::TcpClient(spec) => format!("{} → {}", tr!(lang, "sidebar.tcp_client"), spec.target),
        SocketSpec::Udp(spec) => match &spec.connect {
            Some(target) => format!("{} {} → {target}", tr!(lang, "sidebar.udp"), spec.address),
            None => format!("{} {}", tr!(lang, "sidebar.udp"), spec.address),
        },
    }
}

/// Where a server's connections go.
pub fn model_words(lang: Lang, model: ServerModel) -> Cow<'static, str> {
    match model {
        ServerModel::Sequential => tr!(lang, "sidebar.model_sequential"),
        ServerModel::Threads => tr!(lang, "sidebar.model_threads"),
        ServerModel::EventLoop => tr!(lang, "sidebar.model_event_loop"),
    }
}

/// What a socket answers.
pub fn reply_words(lang: Lang, responder: &Responder) -> Cow<'static, str> {
    match responder {
        Responder::None => tr!(lang, "sidebar.replies_none"),
        Responder::Echo => tr!(lang, "sidebar.replies_echo"),
        Responder::Upper => tr!(lang, "sidebar.replies_upper"),
        Responder::Rules(rules) if rules.name.is_empty() => tr!(lang, "sidebar.replies_rules"),
        Responder::Rules(rules) => tr!(lang, "sidebar.replies_named", name = rules.name),
    }
}

/// How a state is painted: the dot, the word in the badge, the tint behind it.
pub fn colours(tokens: &Tokens, state: State) -> (Color32, Color32, Color32) {
    match state {
        State::Listen => (tokens.ok, tokens.tcp, tokens.tcp_tint),
        State::Established => (tokens.ok, tokens.ok, tokens.ok_tint),
        State::Bound => (tokens.udp, tokens.udp, tokens.udp_tint),
        State::New | State::Resolving | State::SynSent | State::FinWait | State::CloseWait => {
            (tokens.warn, tokens.warn, tokens.warn_tint)
        }
        State::Failed(_) => (tokens.error, tokens.error, tokens.error_tint),
        State::Closed(_) | State::Aborted => (tokens.faint, tokens.muted, tokens.background),
    }
}

/// The state as a word in a badge; hovering it says what it means.
pub fn state_badge(ui: &mut Ui, cx: &Cx<'_>, state: State, tokens: &Tokens) {
    let (_, color, tint) = colours(tokens, state);
    widgets::badge(ui, state.word(), color, tint).on_hover_text(words::state_hint(cx.lang, state));
}
