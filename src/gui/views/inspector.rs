//! What is true of the chosen socket beside its traffic: options, totals, and everything that was lost, exactly.

use egui::{Align, Frame, Layout, Margin, RichText, ScrollArea, Ui, UiBuilder};

use super::{
    Cx,
    boundaries::{Number, Typed, number_ui},
    new_socket,
    response::{ResponseState, response_ui},
    rules::{self, Subject},
};
use crate::{
    gui::{
        actions::Action,
        commands::UiCommand,
        draft,
        meter::Meter,
        theme::{self, TokensExt as _, icons},
        tr, widgets,
    },
    journal::{Kind, SocketEntry, SocketId},
    net::{Command, SocketSpec, Totals},
    words::number,
};

/// What is being typed.
#[derive(Debug, Default)]
pub struct InspectorState {
    typed: Typed,
    response: ResponseState,
}

/// The inspector of the chosen socket.
pub fn inspector_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut InspectorState) {
    let Some(entry) = cx.model.selected_entry() else { return };
    super::head(ui, |ui| {
        super::tab(ui, &tr!(cx.lang, "inspector.options"), true);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::quiet_icon(ui, icons::X, &tr!(cx.lang, "inspector.hide")).clicked() {
                cx.actions.push(Action::Run(UiCommand::ToggleInspector));
            }
        });
    });
    let totals = cx.model.meter(entry.id).map(|meter| *meter.totals()).unwrap_or_default();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(14, 12)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            response_ui(ui, cx, entry, &mut state.response);
            receive(ui, cx, entry, state);
            options(ui, cx, entry, &totals);
            reply(ui, cx, entry);
            if entry.kind != Kind::TcpListener {
                throughput(ui, cx, entry, &totals);
            }
            losses(ui, cx, entry, &totals);
        });
    });
}

/// The title of a section.
pub(super) fn title(ui: &mut Ui, text: &str) {
    if ui.min_rect().height() > 0.0 {
        ui.add_space(6.0);
    }
    ui.label(theme::section(ui, text));
}

/// A word at the left, a value at the right, and if need be a small line under the word.
pub(super) fn row(ui: &mut Ui, label: &str, small: Option<&str>, value: impl FnOnce(&mut Ui)) {
    let at = ui.available_rect_before_wrap();
    // The value is laid out first, to know what room it leaves.
    let value_rect = at.with_max_y(at.top() + if small.is_some() { 34.0 } else { 24.0 });
    let mut right = ui.new_child(UiBuilder::new().max_rect(value_rect).layout(Layout::right_to_left(Align::Center)));
    value(&mut right);
    let mut room = at.with_max_x(right.min_rect().left() - 8.0);
    // A lone word stands in the middle of its row, as the value does.
    room.min.y += if small.is_some() { 0.0 } else { 4.0 };
    let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(Layout::top_down(Align::Min)));
    left.spacing_mut().item_spacing.y = 2.0;
    left.label(label);
    if let Some(small) = small {
        let text = RichText::new(small).size(11.5).color(ui.tokens().muted);
        left.label(text);
    }
    let bottom = value_rect.bottom().max(left.min_rect().bottom());
    ui.advance_cursor_after_rect(at.with_max_y(bottom));
}

fn number_row(ui: &mut Ui, label: &str, value: String) {
    row(ui, label, None, |ui| {
        ui.monospace(value);
    });
}

fn receive(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry, state: &mut InspectorState) {
    let lang = cx.lang;
    title(ui, &tr!(lang, "inspector.receive"));
    let each = (entry.kind == Kind::TcpListener).then(|| tr!(lang, "inspector.recv_each"));
    number(ui, cx, entry, state, Number::RecvBytes, &tr!(lang, "inspector.recv"), each.as_deref());
    let small = each.as_deref().unwrap_or(&tr!(lang, "boundaries.delay_small")).to_owned();
    number(ui, cx, entry, state, Number::ReadDelay, &tr!(lang, "boundaries.delay_long"), Some(&small));
    title(ui, &tr!(lang, "boundaries.send"));
    let small = each.as_deref().unwrap_or(&tr!(lang, "boundaries.gap_small")).to_owned();
    number(ui, cx, entry, state, Number::SendGap, &tr!(lang, "boundaries.gap_long"), Some(&small));
}

/// A number that can be changed at any time.
fn number(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    entry: &SocketEntry,
    state: &mut InspectorState,
    number: Number,
    label: &str,
    small: Option<&str>,
) {
    let mut error = None;
    row(ui, label, small, |ui| {
        ui.label(RichText::new(number.unit()).monospace().color(ui.tokens().faint));
        error = number_ui(ui, cx, &mut state.typed, entry.id, number, label);
    });
    if let Some(error) = error {
        widgets::error_line(ui, new_socket::number_error(cx.lang, error));
    }
}

fn options(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry, totals: &Totals) {
    let lang = cx.lang;
    let id = entry.id;
    let open = entry.state.is_open();
    title(ui, &tr!(lang, "inspector.socket_options"));
    match entry.kind {
        Kind::TcpConnection => {
            let on = cx.model.nodelay(id);
            toggle(ui, cx, "TCP_NODELAY", &tr!(lang, "inspector.nodelay"), on, open, Command::SetNodelay(!on), id);
        }
        Kind::UdpSocket => {
            let on = cx.model.broadcast(id);
            toggle(ui, cx, "SO_BROADCAST", &tr!(lang, "inspector.broadcast"), on, open, Command::SetBroadcast(!on), id);
        }
        Kind::TcpListener => {
            let on = cx.model.nodelay(id);
            let small = tr!(lang, "inspector.recv_each");
            toggle(ui, cx, "TCP_NODELAY", &small, on, open, Command::SetNodelay(!on), id);
            if let Some(SocketSpec::TcpServer(spec)) = cx.model.spec(id) {
                let word = on_off(cx, spec.reuse_address);
                row(ui, "SO_REUSEADDR", Some(&tr!(lang, "inspector.reuse")), |ui| {
                    on_off_badge(ui, &word, spec.reuse_address);
                });
                let backlog = number::grouped(spec.backlog.into());
                row(ui, &tr!(lang, "inspector.backlog"), Some(&tr!(lang, "inspector.backlog_small")), |ui| {
                    ui.monospace(backlog);
                });
            }
        }
    }
    if totals.receive_buffer > 0 {
        let small = if let Some(SocketSpec::Udp(spec)) = cx.model.spec(id) {
            tr!(lang, "inspector.rcvbuf_asked", asked = binary_size(spec.receive_buffer as u64))
        } else {
            tr!(lang, "inspector.rcvbuf")
        };
        row(ui, "SO_RCVBUF", Some(&small), |ui| {
            ui.monospace(binary_size(totals.receive_buffer)).on_hover_text(tr!(
                lang,
                "inspector.rcvbuf_tip",
                bytes = number::grouped(totals.receive_buffer)
            ));
        });
    }
}

/// Kernel buffers are powers of two: 4 MiB, 208 KiB.
fn binary_size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0).replace(".0 ", " "),
    }
}

fn on_off(cx: &Cx<'_>, on: bool) -> String {
    if on { tr!(cx.lang, "inspector.on") } else { tr!(cx.lang, "inspector.off") }.into_owned()
}

fn on_off_badge(ui: &mut Ui, word: &str, on: bool) {
    let tokens = ui.tokens();
    if on {
        widgets::badge(ui, word, tokens.ok, tokens.ok_tint);
    } else {
        widgets::badge(ui, word, tokens.text, tokens.background);
    }
}

#[expect(clippy::too_many_arguments, reason = "one row of one table")]
fn toggle(ui: &mut Ui, cx: &mut Cx<'_>, name: &str, small: &str, on: bool, open: bool, command: Command, id: SocketId) {
    let word = on_off(cx, on);
    let mut clicked = false;
    row(ui, name, Some(small), |ui| {
        let button = widgets::switch(ui, &word, on, open).accessible_name(format!("{name}: {word}"));
        clicked = button.on_hover_text(tr!(cx.lang, "inspector.switch")).clicked();
    });
    if clicked {
        cx.actions.verb(id, command);
    }
}

fn reply(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry) {
    let now = cx.model.responder(entry.id);
    let mut responder = now.clone();
    let label = tr!(cx.lang, "new.reply");
    title(ui, &label);
    let replies = new_socket::replies(cx.lang, &now);
    let choices = |ui: &mut Ui| widgets::choices(ui, &label, &mut responder, &replies);
    let changed = ui.add_enabled_ui(entry.state.is_open(), choices).inner;
    let kind = cx.model.spec_or_listeners(entry.id).map(draft::NewKind::of);
    let built_in = |ui: &mut Ui| kind.and_then(|kind| rules::built_in_ui(ui, cx.lang, kind));
    if let Some(built_in) = ui.add_enabled_ui(entry.state.is_open(), built_in).inner {
        cx.actions.verb(entry.id, Command::SetResponder(built_in));
        return;
    }
    if entry.kind == Kind::TcpListener {
        widgets::hint(ui, tr!(cx.lang, "inspector.reply_listener"));
    }
    let edit = ui.add_enabled_ui(entry.state.is_open(), |ui| new_socket::reply_note(ui, cx, &now, 4)).inner;
    // Rules are written before they are in force.
    if edit || (changed && responder.rules().is_some()) {
        cx.actions.push(Action::EditRules(Subject::Socket(entry.id)));
    } else if changed {
        cx.actions.verb(entry.id, Command::SetResponder(responder));
    }
}

fn throughput(ui: &mut Ui, cx: &Cx<'_>, entry: &SocketEntry, totals: &Totals) {
    let lang = cx.lang;
    title(ui, &tr!(lang, "inspector.totals"));
    let apart = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, 0.0);
    let exact = |bytes| format!("{} B", number::grouped(bytes));
    number_row(ui, &tr!(lang, "inspector.received"), exact(totals.bytes_in));
    number_row(ui, &tr!(lang, "inspector.sent"), exact(totals.bytes_out));
    let (reads, writes) = match entry.kind {
        Kind::UdpSocket => (tr!(lang, "inspector.datagrams_in"), tr!(lang, "inspector.datagrams_out")),
        _ => (tr!(lang, "inspector.reads"), tr!(lang, "inspector.writes")),
    };
    number_row(ui, &reads, number::grouped(totals.messages_in));
    number_row(ui, &writes, number::grouped(totals.messages_out));
    if totals.waiting > 0 {
        number_row(ui, &tr!(lang, "inspector.waiting"), exact(totals.waiting));
    }
    if let Some(meter) = cx.model.meter(entry.id) {
        let now = if cx.model.moved_lately() { meter.per_second() } else { crate::gui::meter::Sample::default() };
        let rates = format!("↓ {}  ↑ {}", number::rate(now.bytes_in as f64), number::rate(now.bytes_out as f64));
        number_row(ui, &tr!(lang, "inspector.rate"), rates.clone());
        let name = tr!(lang, "inspector.sparkline", rates = rates);
        widgets::sparkline(ui, meter.samples(), &name).on_hover_text(tr!(lang, "inspector.sparkline_tip"));
    }
    ui.spacing_mut().item_spacing.y = apart;
    if cx.model.meter(entry.id).is_some_and(Meter::is_held_up) {
        let color = ui.tokens().warn;
        ui.label(RichText::new(tr!(lang, "inspector.paused")).small().color(color));
    }
}

/// Exact numbers, also when they are 0: what is not shown must not be guessed.
fn losses(ui: &mut Ui, cx: &Cx<'_>, entry: &SocketEntry, totals: &Totals) {
    let lang = cx.lang;
    title(ui, &tr!(lang, "inspector.losses"));
    if entry.kind == Kind::UdpSocket {
        let small = tr!(lang, "inspector.kernel_drops_small");
        row(ui, &tr!(lang, "inspector.kernel_drops"), Some(&small), |ui| loss(ui, totals.kernel_drops));
        let small = tr!(lang, "inspector.rows_not_shown_small");
        row(ui, &tr!(lang, "inspector.rows_not_shown"), Some(&small), |ui| loss(ui, totals.rows_not_shown));
    }
    let small = tr!(lang, "inspector.rows_gone_small", limit = cx.model.settings.journal.0);
    row(ui, &tr!(lang, "inspector.rows_gone"), Some(&small), |ui| loss(ui, cx.model.journal.gone()));
}

fn loss(ui: &mut Ui, count: u64) {
    let tokens = ui.tokens();
    let color = if count == 0 { tokens.text } else { tokens.error };
    ui.label(RichText::new(number::grouped(count)).monospace().color(color));
}
