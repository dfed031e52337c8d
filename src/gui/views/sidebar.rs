//! The sockets: a card each, accepted connections inside their server's card.

use egui::{
    Align, Button, Layout, Response, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role,
    vec2,
};

use super::{Cx, describe, new_menu};
use crate::{
    gui::{
        actions::Action,
        model::Model,
        theme::{self, TokensExt as _, icons},
        tr,
        verbs::{self, Verb},
        widgets,
    },
    journal::{Kind, Origin, SocketEntry, SocketId, State},
    net::SocketSpec,
    words::{self, number},
};

/// Height of a connection's line.
const LINE: f32 = 24.0;
/// Lines of connections that a card shows before it scrolls.
const LINES: usize = 10;

/// What is kept from one frame to the next.
#[derive(Debug, Default)]
pub struct SidebarState {
    /// The menu under "New".
    pub menu: new_menu::NewMenuState,
    /// The socket that was chosen in the last frame.
    chosen: Option<SocketId>,
}

/// The column of sockets. A socket chosen elsewhere (with the keyboard, or just opened) scrolls into view.
pub fn sidebar_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut SidebarState) {
    let menu = &mut state.menu;
    let changed = state.chosen != cx.model.selected;
    state.chosen = cx.model.selected;
    let shown_in = cx.model.selected_entry().map(|entry| match entry.origin {
        Origin::AcceptedBy(listener) if cx.model.sockets.get(listener).is_some() => listener,
        _ => entry.id,
    });
    ui.horizontal(|ui| {
        ui.label(theme::section(ui, &tr!(cx.lang, "sidebar.title")));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| new_menu::new_menu_ui(ui, cx, menu));
    });
    ui.add_space(8.0);
    let foot = 24.0;
    let height = (ui.available_height() - foot).max(0.0);
    ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
        ui.set_min_height(height);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            let model = cx.model;
            for entry in model.sockets.iter().filter(|entry| is_top_level(model, entry)) {
                let response = card(ui, cx, entry);
                if changed && shown_in == Some(entry.id) {
                    response.scroll_to_me(None);
                }
            }
        });
    });
    ui.with_layout(Layout::bottom_up(Align::Min), |ui| this_computer(ui, cx));
}

/// Connections stand in their listener's card, unless that was removed.
fn is_top_level(model: &Model, entry: &SocketEntry) -> bool {
    match entry.origin {
        Origin::Opened => true,
        Origin::AcceptedBy(listener) => model.sockets.get(listener).is_none(),
    }
}

fn card(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry) -> Response {
    let tokens = ui.tokens();
    let chosen = cx.model.selected == Some(entry.id);
    let name = describe::name(cx.lang, entry);
    let addresses = describe::addresses(cx.model, entry);
    let mut title = format!("{name} {addresses} {}", entry.state.word());
    if cx.model.asks(entry) > 0 {
        let asks = tr!(cx.lang, "asks.badge", count = number::grouped(cx.model.asks(entry)));
        title = format!("{title} {asks}");
    }
    let response = widgets::card(ui, ("card", entry.id), &title, chosen, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal(|ui| {
            let (dot, _, _) = describe::colours(tokens, entry.state);
            widgets::dot(ui, dot);
            ui.label(theme::strong(name));
            let asks = cx.model.asks(entry);
            if asks > 0 {
                let count = number::grouped(asks);
                let words = tr!(cx.lang, "asks.badge", count = count);
                widgets::badge(ui, &count, tokens.warn, tokens.warn_tint).on_hover_text(words);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                describe::state_badge(ui, cx, entry.state, tokens);
            });
        });
        let text = RichText::new(&addresses).monospace().color(tokens.muted);
        if entry.state.is_open() {
            ui.label(text);
        } else {
            closed_row(ui, cx, entry, text, &addresses);
        }
        if let Some((_, played)) = cx.model.played(entry.id) {
            ui.label(RichText::new(cx.lang.pick(&played.title)).small());
        }
        for line in lines(cx, entry) {
            widgets::hint(ui, line);
        }
        if matches!(entry.state, State::Failed(_))
            && let Some(failure) = &entry.last_fault
        {
            widgets::error_line(ui, words::failure_short(cx.lang, failure, entry.kind));
        }
        if entry.kind == Kind::TcpListener {
            connections(ui, cx, entry);
        }
    });
    if response.clicked() {
        cx.actions.push(Action::Select(Some(entry.id)));
    }
    response.context_menu(|ui| {
        for (verb, reason) in verbs::verbs(cx.model, entry) {
            let button = Button::new(verb.word(cx.lang, entry.kind)).min_size(vec2(140.0, 26.0));
            let response = ui.add_enabled(reason.is_none(), button);
            let response = match reason {
                Some(reason) => response.on_disabled_hover_text(reason.sentence(cx.lang)),
                None => response.on_hover_text(verb.tip(cx.lang, entry.kind)),
            };
            if response.clicked() {
                cx.actions.push(verb.action(entry));
                ui.close();
            }
        }
    });
    response
}

/// The address of a closed socket, and beside it what can still be done: open it again, take it away.
fn closed_row(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry, text: RichText, addresses: &str) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (verb, icon) in [(Verb::Remove, icons::X), (Verb::Reopen, icons::REFRESH)] {
                if verbs::verbs(cx.model, entry).contains(&(verb, None)) {
                    let name = format!("{}: {addresses}", verb.word(cx.lang, entry.kind));
                    if widgets::tiny_icon(ui, icon, &name).clicked() {
                        cx.actions.push(verb.action(entry));
                    }
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(egui::Label::new(text).truncate()));
        });
    });
}

/// What stands under the address, in the muted colour.
fn lines(cx: &Cx<'_>, entry: &SocketEntry) -> Vec<String> {
    let lang = cx.lang;
    match (entry.kind, cx.model.spec(entry.id)) {
        (Kind::TcpListener, Some(SocketSpec::TcpServer(spec))) => {
            let replies = describe::reply_words(lang, &cx.model.responder(entry.id));
            let model = describe::model_words(lang, spec.model);
            vec![format!("{model} · {replies}"), socket_count(cx, entry)]
        }
        (Kind::UdpSocket, _) if entry.state.is_open() => vec![udp_line(cx, entry)],
        _ => Vec::new(),
    }
}

/// `3 sockets: 1 listening + 2 connections`: the lesson that a listening socket is not the one that talks.
fn socket_count(cx: &Cx<'_>, entry: &SocketEntry) -> String {
    let lang = cx.lang;
    let open = cx.model.sockets.open_connections(entry.id);
    let connections = number::grouped(open as u64);
    if entry.state != State::Listen {
        return match open {
            0 if entry.local.is_none() => tr!(lang, "sidebar.count_never").into_owned(),
            0 => tr!(lang, "sidebar.count_closed").into_owned(),
            1 => tr!(lang, "sidebar.count_closed_one").into_owned(),
            _ => tr!(lang, "sidebar.count_closed_many", connections = connections).into_owned(),
        };
    }
    match open {
        0 => tr!(lang, "sidebar.count_none").into_owned(),
        1 => tr!(lang, "sidebar.count_one").into_owned(),
        _ => {
            let total = number::grouped(open as u64 + 1);
            tr!(lang, "sidebar.count_many", total = total, connections = connections).into_owned()
        }
    }
}

/// `3 peers · 1 284 datagrams · 0 dropped`
fn udp_line(cx: &Cx<'_>, entry: &SocketEntry) -> String {
    let lang = cx.lang;
    let totals = cx.model.meter(entry.id).map(|meter| *meter.totals()).unwrap_or_default();
    let peers = match entry.peers.len() {
        1 => tr!(lang, "sidebar.peers_one"),
        SocketEntry::PEERS => tr!(lang, "sidebar.peers_at_least", count = SocketEntry::PEERS),
        count => tr!(lang, "sidebar.peers", count = count),
    };
    let datagrams = match totals.messages_in + totals.messages_out {
        1 => tr!(lang, "sidebar.datagrams_one"),
        count => tr!(lang, "sidebar.datagrams", count = number::grouped(count)),
    };
    let dropped = tr!(lang, "sidebar.dropped", count = number::grouped(totals.kernel_drops));
    format!("{peers} · {datagrams} · {dropped}")
}

fn connections(ui: &mut Ui, cx: &mut Cx<'_>, listener: &SocketEntry) {
    let earlier = cx.model.earlier_connections(listener.id);
    if listener.connections.is_empty() && earlier == 0 {
        return;
    }
    ui.add_space(4.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    widgets::rule(ui);
    ui.add_space(6.0);
    let (open, closed): (Vec<_>, Vec<_>) =
        listener.connections.iter().filter_map(|id| cx.model.sockets.get(*id)).partition(|c| c.state.is_open());
    let ids: Vec<SocketId> = open.iter().chain(&closed).map(|entry| entry.id).collect();
    let area = ScrollArea::vertical().id_salt(("connections", listener.id)).max_height(LINE * LINES as f32);
    area.auto_shrink([false, true]).show_rows(ui, LINE, ids.len(), |ui, range| {
        for id in ids.get(range).unwrap_or_default() {
            if let Some(entry) = cx.model.sockets.get(*id) {
                connection(ui, cx, entry);
            }
        }
    });
    match earlier {
        0 => {}
        1 => _ = widgets::hint(ui, tr!(cx.lang, "sidebar.earlier_one")),
        count => _ = widgets::hint(ui, tr!(cx.lang, "sidebar.earlier", count = number::grouped(count))),
    }
}

fn connection(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry) {
    let tokens = ui.tokens();
    let peer = entry.peer.map_or_else(|| entry.id.to_string(), |peer| peer.to_string());
    let chosen = cx.model.selected == Some(entry.id);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    let word = entry.state.word();
    let name = format!("{} {peer} {word}", describe::name(cx.lang, entry));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
    if chosen || response.hovered() {
        let fill = if chosen { tokens.tcp_tint } else { tokens.hover };
        ui.painter().rect_filled(rect.expand2(vec2(4.0, 0.0)), 4.0, fill);
    }
    let bytes = cx.model.meter(entry.id).map_or(0, |meter| meter.totals().bytes_in + meter.totals().bytes_out);
    let asks = cx.model.asks(entry);
    let right = if asks > 0 {
        tr!(cx.lang, "asks.badge", count = number::grouped(asks)).into_owned()
    } else if entry.state == State::Established {
        number::size(bytes)
    } else {
        word.to_owned()
    };
    if response.has_focus() {
        let around = rect.expand2(vec2(4.0, 0.0));
        ui.painter().rect_stroke(around, 4.0, Stroke::new(1.0, tokens.tcp), StrokeKind::Inside);
    }
    let (dot, _, _) = describe::colours(tokens, entry.state);
    let font = egui::TextStyle::Monospace.resolve(ui.style());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let middle = rect.center().y;
    painter.circle_filled(egui::pos2(rect.left() + 4.0, middle), 4.0, dot);
    let color = if entry.state.is_open() { tokens.text } else { tokens.muted };
    painter.text(egui::pos2(rect.left() + 16.0, middle), egui::Align2::LEFT_CENTER, peer, font.clone(), color);
    let color = if asks > 0 { tokens.warn } else { tokens.faint };
    painter.text(egui::pos2(rect.right(), middle), egui::Align2::RIGHT_CENTER, right, font, color);
    let response = response.on_hover_text(words::state_hint(cx.lang, entry.state));
    if response.clicked() {
        cx.actions.push(Action::Select(Some(entry.id)));
    }
}

fn this_computer(ui: &mut Ui, cx: &Cx<'_>) {
    let addresses = &cx.model.addresses;
    let listed = |interface: &crate::net::interfaces::Interface| format!("{} ({})", interface.ip, interface.name);
    let Some(first) = addresses.first() else {
        widgets::hint(ui, tr!(cx.lang, "sidebar.this_computer_alone"));
        return;
    };
    let response = widgets::hint(ui, tr!(cx.lang, "sidebar.this_computer", address = listed(first)));
    if addresses.len() > 1 {
        response.on_hover_text(addresses.iter().map(listed).collect::<Vec<_>>().join("\n"));
    }
}
