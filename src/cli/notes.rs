//! What is told on standard error: where the socket is, who came and went, and what went wrong.

use std::{
    borrow::Cow,
    cell::Cell,
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use rust_i18n::t;

use crate::{
    journal::{Call, CloseReason, Event, FaultKind, Kind, Row, SocketId},
    net::{Reach, interfaces},
    words::{self, Lang, number},
};

/// Whether received text stands on the terminal without an end of line.
static MID_LINE: AtomicBool = AtomicBool::new(false);

/// Says whether the text that was written to a terminal ended in the middle of a line.
pub(super) fn set_mid_line(mid_line: bool) {
    MID_LINE.store(mid_line, Relaxed);
}

/// Writes a line to standard error. A closed one is no reason to stop.
pub(super) fn warn(text: &str) {
    // On a terminal both outputs are one text.
    let between = if MID_LINE.swap(false, Relaxed) && io::stderr().is_terminal() { "\n" } else { "" };
    let _ = writeln!(io::stderr(), "{between}{text}");
}

/// Standard error, in the user's language, with or without what is not an error.
pub(super) struct Notes {
    lang: Lang,
    quiet: bool,
    /// Whether the port is to be bound without SO_REUSEADDR.
    no_reuse: bool,
    /// The encoding's name, until it was told; none if it was typed so.
    encoding: Cell<Option<&'static str>>,
}

impl Notes {
    pub fn new(lang: Lang, quiet: bool) -> Self {
        Self { lang, quiet, no_reuse: false, encoding: Cell::new(None) }
    }

    /// Tells the canonical name of the encoding behind the first line, where another one was typed.
    pub fn with_encoding(self, name: Option<&'static str>) -> Self {
        Self { encoding: Cell::new(name), ..self }
    }

    /// Knows that old connections of a port are in the way too.
    pub fn without_reuse(self, no_reuse: bool) -> Self {
        Self { no_reuse, ..self }
    }

    /// The language that it speaks.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Tells what is worth knowing, unless it is to be quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            warn(text);
        }
    }

    /// Tells what happened, where it is not traffic. `main` is the socket that the user opened.
    pub fn record(&self, row: &Row<'_>, kind: Kind, main: SocketId) {
        if let Event::Failed { call, fault } = row.record.event {
            let nobody_known = matches!(call, Call::Bind | Call::Listen) && row.detail().is_empty();
            if self.no_reuse && nobody_known && fault.kind == FaultKind::InUse {
                let port = row.record.peer.map_or(0, |address| address.port());
                warn(&t!("cli.in_use_no_reuse", locale = self.lang.tag(), port = port));
                return;
            }
            warn(&of(row.record.socket, main, words::event(self.lang, row, kind).into()));
            if kind == Kind::UdpSocket && fault.kind == FaultKind::Permission && call != Call::Bind {
                warn(&t!("cli.broadcast", locale = self.lang.tag()));
            }
        } else if let Event::Closed { why: CloseReason::User, unsent: unsent @ 1.. } = row.record.event {
            // Nobody closes here but the session at its end.
            let count = number::grouped(unsent.into());
            warn(&of(row.record.socket, main, t!("cli.closed_unsent", locale = self.lang.tag(), count = count)));
        } else if !self.quiet
            && let Some(text) = self.text(row, kind)
        {
            let named = matches!(row.record.event, Event::Opened { .. });
            warn(&if named { text } else { of(row.record.socket, main, text) });
            if let Some(name) = self.encoding.take() {
                warn(&t!("cli.encoding", locale = self.lang.tag(), name = name));
            }
        }
    }

    fn text(&self, row: &Row<'_>, kind: Kind) -> Option<Cow<'static, str>> {
        let tag = self.lang.tag();
        let detail = row.detail();
        let peer = || row.record.peer.map(|peer| peer.to_string()).unwrap_or_default();
        Some(match row.record.event {
            Event::Listening { .. } => self.reachable(t!("cli.listening", locale = tag, address = detail), detail),
            Event::Bound if kind == Kind::UdpSocket => {
                self.reachable(t!("cli.bound", locale = tag, address = detail), detail)
            }
            Event::Connected { .. } if kind == Kind::UdpSocket => t!("cli.sending_to", locale = tag, address = peer()),
            Event::Connected { .. } => t!("cli.connected", locale = tag, address = peer(), local = detail),
            // The end of the session, which needs no words.
            Event::Closed { why: CloseReason::User | CloseReason::Exit, unsent: 0 } => return None,
            // Told by the connection and not by its listener: from now on lines go there too.
            Event::Opened { .. } => {
                t!("event.accepted_as", locale = tag, address = peer(), socket = row.record.socket)
            }
            Event::Asked | Event::Limited { .. } | Event::Ran { .. } => words::event(self.lang, row, kind).into(),
            Event::PeerEnded | Event::HalfClosed | Event::Closed { .. } | Event::Aborted { .. } => {
                words::event(self.lang, row, kind).into()
            }
            // Traffic has a note where its bytes do not say all: cut, or empty.
            Event::Received { .. } => Some(words::event(self.lang, row, kind)).filter(|note| !note.is_empty())?.into(),
            _ => return None,
        })
    }

    /// A second line says who can reach the socket, where that is not this computer alone.
    pub fn reachable(&self, text: Cow<'static, str>, local: &str) -> Cow<'static, str> {
        let Ok(local) = local.parse::<std::net::SocketAddr>() else { return text };
        let reach = Reach::of(local.ip());
        if reach == Reach::ThisComputer {
            return text;
        }
        let mut addresses = if reach == Reach::Everyone { interfaces::addresses() } else { Vec::new() };
        // A socket bound to 0.0.0.0 has no IPv6 address.
        addresses.retain(|interface| local.is_ipv6() || interface.ip.is_ipv4());
        format!("{text}\n{}", words::reach(self.lang, reach, &addresses)).into()
    }
}

/// Connections of a server are told apart by their number.
fn of(socket: SocketId, main: SocketId, text: Cow<'static, str>) -> Cow<'static, str> {
    if socket == main { text } else { format!("{socket}: {text}").into() }
}
