//! What is done to messages on the spot: bytes for one `recv`, the wait before it, the distance between `send`s.
//!
//! A number is in force when its field is left or Enter is pressed; what cannot be used is told while one types, and what is
//! in force stands there again.

use std::time::Duration;

use egui::{Align2, Margin, Response, RichText, Ui};

use crate::{
    gui::{
        Cx, draft,
        draft::NumberError,
        theme::TokensExt as _,
        tr,
        views::new_socket::number_error,
        widgets::{self, line},
    },
    journal::{Kind, SocketId},
    net::Command,
};

/// A number of a living socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Bytes for one `recv`.
    RecvBytes,
    /// The wait before each `recv`, in milliseconds.
    ReadDelay,
    /// The least distance between two messages, in milliseconds.
    SendGap,
}

impl Number {
    /// The unit that stands behind it.
    pub fn unit(self) -> &'static str {
        if self == Self::RecvBytes { "B" } else { "ms" }
    }

    fn current(self, cx: &Cx<'_>, id: SocketId) -> u64 {
        let ms = |wait: Duration| wait.as_millis() as u64;
        match self {
            Self::RecvBytes => cx.model.recv_bytes(id).unwrap_or_default() as u64,
            Self::ReadDelay => ms(cx.model.read_delay(id)),
            Self::SendGap => ms(cx.model.send_gap(id)),
        }
    }

    fn parse(self, text: &str) -> Result<(u64, Command), NumberError> {
        let wait = || draft::wait(text).map(|wait| (wait.as_millis() as u64, wait));
        match self {
            Self::RecvBytes => draft::recv_bytes(text).map(|bytes| (bytes as u64, Command::SetRecvBytes(bytes))),
            Self::ReadDelay => wait().map(|(ms, wait)| (ms, Command::SetReadDelay(wait))),
            Self::SendGap => wait().map(|(ms, wait)| (ms, Command::SetSendGap(wait))),
        }
    }
}

/// What is being typed, and into the number of which socket.
#[derive(Debug, Default)]
pub struct Typed(Option<(SocketId, Number, String)>);

/// A field for a number of a socket. Returns what is wrong with what is being typed.
pub fn number_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    typed: &mut Typed,
    id: SocketId,
    number: Number,
    name: &str,
) -> Option<NumberError> {
    let current = number.current(cx, id);
    let mut text = match &typed.0 {
        Some((of, what, text)) if (*of, *what) == (id, number) => text.clone(),
        _ => current.to_string(),
    };
    let open = cx.model.sockets.get(id).is_some_and(|entry| entry.state.is_open());
    let width = if number == Number::RecvBytes { 56.0 } else { 50.0 };
    let edit = line(&mut text, width).margin(Margin::symmetric(8, 2)).align(Align2::RIGHT_CENTER);
    let response: Response = ui.add_enabled(open, edit).accessible_name(name.to_owned());
    let response = response.on_disabled_hover_text(tr!(cx.lang, "boundaries.closed"));
    let parsed = number.parse(&text);
    if response.lost_focus() {
        if let Ok((value, command)) = &parsed
            && *value != current
        {
            cx.actions.verb(id, command.clone());
        }
        typed.0 = None;
    } else if response.has_focus() {
        typed.0 = Some((id, number, text));
        return parsed.err();
    }
    None
}

/// Room for a field and its unit, in points.
const CONTROL: f32 = 92.0;

/// The controls of one stream or of datagrams, in a row: those of the end that sends, and those of the end that receives.
pub fn controls_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    typed: &mut Typed,
    sender: Option<SocketId>,
    receiver: Option<SocketId>,
) {
    let lang = cx.lang;
    let mut error = None;
    let word = |ui: &mut Ui, text: &str| {
        ui.label(RichText::new(text).small().color(ui.tokens().muted));
    };
    // A word and its field stay together: they go to the next line as one.
    let together = |ui: &mut Ui, text: &str| {
        let font = egui::TextStyle::Small.resolve(ui.style());
        let wide = ui.painter().layout_no_wrap(text.to_owned(), font, ui.tokens().muted).size().x;
        if ui.available_size_before_wrap().x < wide + CONTROL {
            ui.end_row();
        }
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        if let Some(id) = sender {
            let label = tr!(lang, "boundaries.gap");
            together(ui, &format!("{id} {label}"));
            word(ui, &format!("{id} {label}"));
            error = number_ui(ui, cx, typed, id, Number::SendGap, &format!("{id}: {label}")).or(error);
            word(ui, Number::SendGap.unit());
            if cx.model.sockets.get(id).is_some_and(|entry| entry.kind == Kind::TcpConnection) {
                ui.add_space(4.0);
                together(ui, "TCP_NODELAY");
                word(ui, "TCP_NODELAY");
                let (on, open) = (cx.model.nodelay(id), cx.model.sockets.get(id).is_some_and(|e| e.state.is_open()));
                let state = if on { tr!(lang, "inspector.on") } else { tr!(lang, "inspector.off") };
                let switch = widgets::switch(ui, &state, on, open);
                let switch = switch.accessible_name(format!("{id}: TCP_NODELAY: {state}"));
                if switch.on_hover_text(tr!(lang, "inspector.nodelay")).clicked() {
                    cx.actions.verb(id, Command::SetNodelay(!on));
                }
            }
        }
        if sender.is_some() && receiver.is_some() {
            ui.add_space(12.0);
        }
        if let Some(id) = receiver {
            for (number, label) in [
                (Number::RecvBytes, tr!(lang, "boundaries.recv_bytes")),
                (Number::ReadDelay, tr!(lang, "boundaries.delay")),
            ] {
                let text = if number == Number::RecvBytes { format!("{id} {label}") } else { label.to_string() };
                together(ui, &text);
                word(ui, &text);
                error = number_ui(ui, cx, typed, id, number, &format!("{id}: {label}")).or(error);
                word(ui, number.unit());
            }
        }
    });
    if let Some(error) = error {
        widgets::error_line(ui, number_error(lang, error));
    }
}
