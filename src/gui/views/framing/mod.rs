//! Messages: what was received, cut into messages by the framing that is chosen now.
//!
//! A view over the journal's bytes and no more: workers know nothing of it, another framing reads the same bytes anew. Above,
//! what each `recv` returned and the buffer in which messages are put together; below, the messages, and at their end what
//! waits or what is wrong.

pub mod choice;
pub mod cut;
mod failure;
mod picture;
mod rows;
mod slicer;

use std::time::Duration;

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, RichText, TextEdit, TextStyle, Ui};

pub use self::{
    choice::{ChoiceState, framing_menu, short},
    rows::frame_job,
};
use self::{
    cut::{Cut, Source},
    rows::Listed,
    slicer::SlicerState,
};
use super::{
    Cx, Tab, head,
    traffic::{self, TrafficState},
};
use crate::{
    framing::{Framing, LIMIT},
    gui::{
        actions::Action,
        settings::Framings,
        theme::{TokensExt as _, icons},
        tr,
        widgets::{
            compact::{compact_icon, compact_menu, compact_toggle, menu_entry},
            hint,
        },
    },
    journal::{Kind, SocketEntry, SocketId},
    words::number::grouped,
};

/// Below this width the buttons of the head show their icons only.
const ROOMY: f32 = 760.0;
/// Below this width, as at 200 %, the head has what is about messages alone.
const NARROW: f32 = 560.0;
/// Below this height the list has the room of the picture.
const LOW: f32 = 260.0;
/// The longest messages that can be allowed, in bytes.
const LIMITS: std::ops::RangeInclusive<usize> = 1..=1 << 30;

/// What the messages keep from one frame to the next.
#[derive(Default)]
pub struct FramingState {
    subject: Option<SocketId>,
    /// Of a listener: the connection that was chosen.
    connection: Option<SocketId>,
    cut: Cut,
    choice: ChoiceState,
    limit: Option<String>,
    selected: Option<u64>,
    scroll_to: Option<u64>,
    slicing: bool,
    slicer: SlicerState,
}

impl FramingState {
    /// The connection whose messages are on show.
    fn connection(&self, cx: &Cx<'_>, entry: &SocketEntry) -> Option<SocketId> {
        match entry.kind {
            Kind::TcpListener => {
                let there = |id: &SocketId| cx.model.sockets.get(*id).is_some();
                let chosen = self.connection.filter(|id| there(id) && entry.connections.contains(id));
                chosen.or_else(|| entry.connections.iter().rev().copied().find(there))
            }
            _ => Some(entry.id),
        }
    }
}

/// Paints the messages of the selected socket.
pub fn framing_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut FramingState, traffic: &mut TrafficState) {
    let Some(entry) = cx.model.selected_entry() else { return };
    ui.spacing_mut().item_spacing.y = 0.0;
    if !traffic.sync(cx.model) {
        ui.request_repaint();
    }
    if state.subject != Some(entry.id) {
        (state.subject, state.connection, state.selected) = (Some(entry.id), None, None);
    }
    let connection = state.connection(cx, entry);
    let framings = cx.model.framings(entry.id);
    if let Some(socket) = connection {
        let limit = cx.model.settings.message_limit;
        let source = Source { socket, kind: entry.kind, framing: framings.receive.clone(), limit };
        // A listener's connection is a connection.
        let kind = if entry.kind == Kind::TcpListener { Kind::TcpConnection } else { entry.kind };
        if !state.cut.advance(&cx.model.journal, &Source { kind, ..source }, cx.model.now()) {
            ui.request_repaint();
        }
        if let Some(due) = state.cut.due() {
            ui.ctx().request_repaint_after(Duration::from_nanos(due.saturating_sub(cx.model.now()).max(1_000_000)));
        }
    }
    state.selected = state.selected.filter(|number| state.cut.message(*number).is_some());
    head_ui(ui, cx, state, entry, connection, &framings, traffic);
    let flat = Frame::new().fill(ui.tokens().panel);
    let inside = flat.inner_margin(Margin::symmetric(12, 8));
    if state.slicing {
        CentralPanel::no_frame().frame(inside).show(ui, |ui| {
            let charset = cx.model.settings.composer.charset;
            slicer::slicer_ui(ui, cx, &mut state.slicer, &framings.receive, charset);
        });
        return;
    }
    if connection.is_none() {
        CentralPanel::no_frame().frame(inside).show(ui, |ui| {
            hint(ui, tr!(cx.lang, "framing.no_connection"));
        });
        return;
    }
    let pictured = ui.available_height() >= LOW && !state.cut.reads().is_empty();
    Panel::top("framing_picture").frame(inside).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        summary_ui(ui, cx, state, entry, &framings.receive);
        if pictured {
            picture::picture_ui(ui, cx, &state.cut, &mut state.selected, traffic);
        }
    });
    let listed = Listed { cut: &state.cut, charset: traffic.read_as.charset(cx.model) };
    if let Some(number) = state.selected
        && let Some(message) = state.cut.message(number)
        && ui.available_height() >= LOW / 1.5
    {
        let panel = Panel::bottom("framing_message").resizable(true).default_size(110.0).size_range(64.0..=320.0);
        panel.frame(inside).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            rows::detail_ui(ui, cx, &listed, number, message);
        });
    }
    let shown = state.selected;
    CentralPanel::no_frame().frame(flat).show(ui, |ui| {
        rows::rows_ui(ui, cx, &listed, &mut state.selected, traffic, &mut state.scroll_to);
    });
    if state.selected != shown {
        // The picture and the detail were painted before.
        ui.request_repaint();
    }
}

fn head_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut FramingState,
    entry: &SocketEntry,
    connection: Option<SocketId>,
    framings: &Framings,
    traffic: &mut TrafficState,
) {
    let lang = cx.lang;
    let roomy = ui.available_width() >= ROOMY;
    let narrow = ui.available_width() < NARROW;
    head(ui, |ui| {
        traffic::tabs_ui(ui, cx, Tab::Messages, traffic.ladder_beside);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let (icon, word) = if state.slicing {
                (icons::ARROW_LEFT, tr!(lang, "framing.back"))
            } else {
                (icons::SCISSORS, tr!(lang, "framing.slicer"))
            };
            let slicer = ui.add_enabled_ui(entry.kind != Kind::UdpSocket, |ui| compact_icon(ui, icon, &word, roomy));
            if slicer.inner.on_disabled_hover_text(tr!(lang, "framing.datagrams")).clicked() {
                state.slicing = !state.slicing;
            }
            if entry.kind != Kind::UdpSocket {
                let current = short(lang, &framings.receive);
                let shown = if roomy { tr!(lang, "framing.receive_is", framing = current) } else { current.clone() };
                let name = tr!(lang, "framing.receive", framing = current);
                let chosen = menu_ui(ui, cx, state, framings, (&shown, &name, &tr!(lang, "framing.none")));
                if let Some(receive) = chosen {
                    // What is chosen for a listener holds for all that it accepts.
                    cx.actions.push(Action::SetFramings(entry.id, Framings { receive, ..framings.clone() }));
                    state.selected = None;
                }
            }
            if entry.kind == Kind::TcpListener {
                connections_ui(ui, cx, state, entry, connection);
            }
            if !narrow {
                traffic::read_as_ui(ui, cx, &mut traffic.read_as);
            }
        });
    });
}

/// The menu of framings with the limit below, and whether they are the usual ones from now on.
fn menu_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut FramingState,
    framings: &Framings,
    shown: (&str, &str, &str),
) -> Option<Framing> {
    let lang = cx.lang;
    let mut wanted_limit = None;
    let mut usual = cx.model.settings.framing == *framings;
    let was_usual = usual;
    let (limit, limit_now) = (&mut state.limit, cx.model.settings.message_limit);
    let (response, chosen) = framing_menu(ui, lang, &mut state.choice, &framings.receive, shown, |ui| {
        ui.separator();
        ui.horizontal(|ui| {
            let label = ui.label(RichText::new(tr!(lang, "framing.limit")).small());
            let text = limit.get_or_insert_with(|| limit_now.to_string());
            let field = TextEdit::singleline(text)
                .id_salt("framing_limit")
                .font(TextStyle::Monospace)
                .margin(Margin::symmetric(8, 3))
                .desired_width(96.0)
                .char_limit(12);
            if ui.add(field).labelled_by(label.id).changed() {
                wanted_limit = text.trim().parse().ok().filter(|bytes| LIMITS.contains(bytes));
            }
        });
        let parsed = limit.as_deref().and_then(|text| text.trim().parse::<usize>().ok());
        if parsed.is_none_or(|bytes| !LIMITS.contains(&bytes)) {
            let most = grouped(*LIMITS.end() as u64);
            let color = ui.tokens().error;
            choice::note(ui, tr!(lang, "framing.limit_error", most = most, usual = grouped(LIMIT as u64)), color);
        }
        compact_toggle(ui, &mut usual, &tr!(lang, "framing.usual"));
    });
    response.on_hover_text(tr!(lang, "framing.receive_hint"));
    if let Some(bytes) = wanted_limit {
        cx.actions.push(Action::SetMessageLimit(bytes));
    }
    if usual != was_usual {
        cx.actions.push(Action::SetUsualFramings(if usual { framings.clone() } else { Framings::default() }));
    }
    chosen
}

fn connections_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut FramingState,
    entry: &SocketEntry,
    connection: Option<SocketId>,
) {
    let name = |id: SocketId| match cx.model.sockets.get(id).and_then(|connection| connection.peer) {
        Some(peer) => format!("{id} {peer}"),
        None => id.to_string(),
    };
    let Some(current) = connection.map(name) else { return };
    compact_menu(ui, &current, &tr!(cx.lang, "framing.connection", connection = current), |ui| {
        egui::ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
            for id in entry.connections.iter().rev().filter(|id| cx.model.sockets.get(**id).is_some()) {
                if menu_entry(ui, connection == Some(*id), &name(*id)).clicked() {
                    (state.connection, state.selected) = (Some(*id), None);
                }
            }
        });
    });
}

/// How many reads made how many messages, and what else has to be said about them.
fn summary_ui(ui: &mut Ui, cx: &Cx<'_>, state: &FramingState, entry: &SocketEntry, framing: &Framing) {
    let (lang, cut) = (cx.lang, &state.cut);
    let reads = match cut.reads().len() as u64 + cut.first_read() - 1 {
        1 => tr!(lang, "ladder.one_recv"),
        count => tr!(lang, "ladder.recvs", count = grouped(count)),
    };
    let messages = match cut.messages().len() as u64 + cut.first_message() - 1 {
        1 => tr!(lang, "framing.one_message"),
        count => tr!(lang, "framing.many_messages", count = grouped(count)),
    };
    let text = tr!(lang, "framing.summary", reads = reads, bytes = grouped(cut.came()), messages = messages);
    ui.label(RichText::new(text));
    let mut notes = Vec::new();
    if entry.kind == Kind::UdpSocket {
        notes.push(tr!(lang, "framing.datagrams"));
    } else if *framing == Framing::None {
        notes.push(tr!(lang, "framing.none_hint"));
    }
    if !cut.is_whole() {
        notes.push(tr!(lang, "framing.partial"));
    } else if cut.first_read() > 1 || cut.first_message() > 1 {
        notes.push(tr!(lang, "framing.left", count = grouped(cut.first_message() - 1)));
    }
    for note in notes {
        hint(ui, note);
    }
    if matches!(framing, Framing::Silence(_)) {
        let color = ui.tokens().warn;
        ui.label(RichText::new(tr!(lang, "framing.silence_hint")).small().color(color));
    }
}
