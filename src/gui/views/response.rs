//! HTTP by hand: where a client's answer starts with `HTTP/`, what it says and what is wrong with it (RFC 9112).

use egui::{Frame, Margin, RichText, ScrollArea, Stroke, Ui};

use super::{
    Cx,
    inspector::{row, title},
    traffic::visible,
};
use crate::{
    gui::{
        actions::Action,
        theme::{RADIUS, TokensExt as _},
        tr,
        widgets::{self, compact::compact_button},
    },
    journal::{Event, Journal, Kind, Origin, SocketEntry, SocketId},
    text::http::{self, Length, Response},
    words::{self, number::grouped},
};

/// Rows looked at in one frame.
const STEP: usize = 100_000;
/// Bytes of an answer that are read here; longer ones are in the traffic.
const LARGEST: usize = 1 << 20;
/// Characters of the body that are shown.
const SHOWN: usize = 4_000;
/// Headers that are shown.
const HEADERS: usize = 12;

/// The last answer of one connection.
#[derive(Debug, Default)]
pub struct ResponseState {
    of: Option<(SocketId, u16)>,
    next: u64,
    /// The first word that was sent: the method.
    method: String,
    bytes: Vec<u8>,
    ended: bool,
    read: Option<Response>,
}

impl ResponseState {
    /// Takes new rows in. A request after an answer begins another one.
    fn advance(&mut self, journal: &Journal, entry: &SocketEntry) -> bool {
        let of = Some((entry.id, entry.generation));
        if self.of != of {
            *self = Self { of, ..Self::default() };
        }
        let range = journal.range();
        self.next = self.next.max(range.start);
        for row in journal.rows_from(self.next).take(STEP) {
            self.next = row.seq + 1;
            if (row.record.socket, row.record.generation) != (entry.id, entry.generation) {
                continue;
            }
            match row.record.event {
                Event::Sent { .. } => {
                    if !self.bytes.is_empty() || self.method.is_empty() {
                        self.bytes.clear();
                        let word = row.bytes.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
                        self.method = String::from_utf8_lossy(word.get(..16).unwrap_or(word)).into_owned();
                    }
                }
                Event::Received { .. } => {
                    let room = LARGEST.saturating_sub(self.bytes.len()).min(row.bytes.len());
                    self.bytes.extend_from_slice(row.bytes.get(..room).unwrap_or_default());
                }
                Event::PeerEnded | Event::Closed { .. } | Event::Aborted { .. } => self.ended = true,
                _ => continue,
            }
            self.read = None;
        }
        self.next == range.end
    }

    /// The answer, if it is one.
    fn response(&mut self) -> Option<&Response> {
        if !self.bytes.starts_with(b"HTTP/") {
            return None;
        }
        if self.read.is_none() {
            // What was cut here is not cut short by the server.
            let ended = self.ended && self.bytes.len() < LARGEST;
            self.read = Some(http::read(&self.bytes, &self.method, ended));
        }
        self.read.as_ref()
    }
}

/// Paints the card, where there is an answer.
pub fn response_ui(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry, state: &mut ResponseState) {
    if entry.kind != Kind::TcpConnection || entry.origin != Origin::Opened {
        return;
    }
    if !state.advance(&cx.model.journal, entry) {
        ui.request_repaint();
    }
    let Some(response) = state.response().cloned() else { return };
    let lang = cx.lang;
    let tokens = ui.tokens();
    let bytes = &state.bytes;
    title(ui, &tr!(lang, "response.title"));
    row(ui, &tr!(lang, "response.status"), None, |ui| match &response.status {
        Some(status) => {
            let fine = status.code < 400;
            let (color, tint) = if fine { (tokens.ok, tokens.ok_tint) } else { (tokens.error, tokens.error_tint) };
            let reason = bytes.get(status.reason.clone()).unwrap_or_default();
            let reason: String = String::from_utf8_lossy(reason).chars().take(24).map(visible).collect();
            widgets::badge(ui, &format!("{} {reason}", status.code), color, tint);
        }
        None => _ = ui.label(RichText::new(tr!(lang, "response.no_status")).color(tokens.error)),
    });
    let otherwise = cx.model.settings.composer.charset;
    let small = tr!(lang, "response.read_as", encoding = otherwise.name());
    let small = response.charset.is_none().then_some(small);
    row(ui, &tr!(lang, "response.charset"), small.as_deref(), |ui| match response.charset {
        Some(charset) => _ = ui.monospace(charset.name()),
        None => _ = ui.label(RichText::new(tr!(lang, "response.no_charset")).color(tokens.warn)),
    });
    ui.label(tr!(lang, "response.body"));
    let came = grouped(response.content(bytes).len() as u64);
    let length = match response.length {
        Length::NoBody => tr!(lang, "response.no_body"),
        Length::Declared(declared) => tr!(lang, "response.declared", came = came, declared = grouped(declared)),
        Length::Chunked => tr!(lang, "response.chunked", came = came),
        Length::UntilClose => tr!(lang, "response.until_close", came = came),
    };
    let whole = match (response.is_whole, state.ended) {
        (true, _) => tr!(lang, "response.whole"),
        (false, true) => tr!(lang, "response.cut"),
        (false, false) => tr!(lang, "response.coming"),
    };
    widgets::hint(ui, format!("{length}. {whole}"));
    for fault in &response.faults {
        widgets::error_line(ui, words::http_fault(lang, fault));
    }
    for header in response.headers.iter().take(HEADERS) {
        let line: String = format!("{}: {}", header.name, header.value).chars().map(visible).collect();
        let line = RichText::new(line).monospace().size(11.0).color(tokens.muted);
        ui.add(egui::Label::new(line).truncate());
    }
    let text = response.text(bytes, otherwise);
    if text.is_empty() {
        return;
    }
    let frame = Frame::new().fill(tokens.sunken).stroke(Stroke::new(1.0, tokens.line)).corner_radius(RADIUS);
    frame.inner_margin(Margin::same(8)).show(ui, |ui| {
        ScrollArea::both().id_salt("response_body").max_height(160.0).auto_shrink([false, true]).show(ui, |ui| {
            let shown = |c: char| if c == '\n' { c } else { visible(c) };
            let shown: String = text.chars().filter(|c| *c != '\r').take(SHOWN).map(shown).collect();
            let label = egui::Label::new(RichText::new(shown).monospace()).extend();
            ui.add(label);
        });
    });
    if compact_button(ui, &tr!(lang, "response.copy")).clicked() {
        cx.actions.push(Action::Copy(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Record, Sockets, Span};

    fn push(journal: &mut Journal, event: Event, bytes: &[u8]) {
        let record = Record { at: 0, socket: SocketId(1), generation: 0, event, peer: None, bytes: Span::default() };
        let mut batch = Batch::default();
        batch.push(record, bytes);
        journal.push(batch);
    }

    #[test]
    fn the_last_answer_is_read_however_it_was_cut() {
        let mut sockets = Sockets::default();
        sockets.open(SocketId(1), Kind::TcpConnection, 0, 0);
        let entry = sockets.get(SocketId(1)).unwrap();
        let mut journal = Journal::default();
        let mut state = ResponseState::default();
        push(&mut journal, Event::Sent { asked: 1 }, b"HEAD / HTTP/1.1\r\n");
        push(&mut journal, Event::Sent { asked: 1 }, b"\r\n");
        push(&mut journal, Event::Received { full: 1 }, b"HTT");
        assert!(state.advance(&journal, entry));
        assert!(state.response().is_none());
        push(&mut journal, Event::Received { full: 1 }, b"P/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        state.advance(&journal, entry);
        assert_eq!(state.response().unwrap().length, Length::NoBody, "an answer to HEAD has none");
        push(&mut journal, Event::Sent { asked: 1 }, b"GET / HTTP/1.1\r\n\r\n");
        push(&mut journal, Event::Received { full: 1 }, b"HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nhel");
        state.advance(&journal, entry);
        let response = state.response().unwrap();
        assert_eq!((response.length, response.is_whole), (Length::Declared(5), false));
        push(&mut journal, Event::PeerEnded, b"");
        state.advance(&journal, entry);
        assert!(!state.response().unwrap().faults.is_empty(), "it ended too early");
    }
}
