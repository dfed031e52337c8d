//! Messages that a rule handed to the person: who waits for an answer, and who gets the next one.

use egui::{RichText, Ui};

use super::draft::Draft;
use crate::{
    gui::{
        Cx,
        model::Asked,
        theme::{TokensExt as _, icons},
        tr,
        widgets::{compact::compact_button, icon},
    },
    journal::{Kind, SocketEntry, SocketId},
    net::responder::Lines,
    words::number::grouped,
};

/// The oldest message that waits at this socket or, for a listener, at one of its connections; and how many wait.
fn oldest(cx: &Cx<'_>, entry: &SocketEntry, draft: &Draft) -> Option<(SocketId, Asked, u64)> {
    let model = cx.model;
    let of = |id: SocketId| model.asked(id).map(move |asked| (id, *asked));
    match (entry.kind, draft.connection) {
        (Kind::TcpListener, None) => {
            let all = || entry.connections.iter().copied().flat_map(of);
            let (id, asked) = all().min_by_key(|(_, asked)| asked.seq)?;
            Some((id, asked, all().count() as u64))
        }
        (_, chosen) => {
            let id = chosen.unwrap_or(entry.id);
            let (id, asked) = of(id).next()?;
            Some((id, asked, model.asked(id).count() as u64))
        }
    }
}

/// Aims at who waits longest: what is sent answers them. An address that the user typed stays.
pub fn aim(cx: &Cx<'_>, entry: &SocketEntry, draft: &mut Draft) {
    if entry.kind == Kind::UdpSocket
        && !draft.addressed
        && let Some((_, asked, _)) = oldest(cx, entry, draft)
        && let Some(peer) = asked.peer
    {
        draft.to = peer.to_string();
    }
}

/// Says who is answered by what is sent next.
pub fn asks_ui(ui: &mut Ui, cx: &Cx<'_>, entry: &SocketEntry, draft: &mut Draft) {
    let lang = cx.lang;
    let Some((id, asked, count)) = oldest(cx, entry, draft) else { return };
    let color = ui.tokens().warn;
    let peer = asked.peer.or_else(|| cx.model.sockets.get(id)?.peer).map_or_else(|| id.to_string(), |p| p.to_string());
    ui.horizontal(|ui| {
        icon(ui, icons::MESSAGE, 14.0, color);
        let text = if count == 1 {
            tr!(lang, "asks.answers", peer = peer)
        } else {
            tr!(lang, "asks.answers_many", peer = peer, count = grouped(count))
        };
        if entry.kind == Kind::TcpListener && draft.connection.is_none() {
            // What is meant for all connections is not turned into an answer to one of them unasked.
            ui.label(RichText::new(tr!(lang, "asks.waits", peer = peer, count = grouped(count))).color(color));
            if compact_button(ui, &tr!(lang, "asks.answer_it", peer = peer)).clicked() {
                draft.connection = Some(id);
            }
        } else {
            ui.label(RichText::new(text).color(color));
        }
    });
}

/// What the rules make of a typed line.
pub fn lines_ui(ui: &mut Ui, cx: &Cx<'_>, lines: &Lines, encoding: &str) {
    let template = lines.send.source();
    let text = tr!(cx.lang, "asks.lines", template = template, encoding = encoding);
    ui.label(RichText::new(text).small().color(ui.tokens().muted));
}
