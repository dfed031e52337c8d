//! The ladder in characters: for screen readers, the clipboard, the terminal and tests.
//!
//! Solid lines (`──`) are what calls saw, dashed ones (`╌╌`) what is inferred; a word says what it is. An arrow stands in the
//! line of the call where it ended, or where it began if its end was not seen.

use super::{Arrow, End, Ladder, Seen, Step, What};
use crate::journal::{
    record::{Event, Nanos},
    sockets::{Kind, State},
};

/// Columns of the time.
const TIME: usize = 10;
/// Columns from one lifeline to the next.
const GAP: usize = 42;

impl Ladder {
    /// The whole ladder, a line a step, under a head with the names.
    pub fn text(&self) -> String {
        let mut text = self.head();
        text.push('\n');
        let start = self.steps.first().map_or(0, |step| step.at);
        let mut arrows = self.arrows.iter().peekable();
        for step in &self.steps {
            let mut here = Vec::new();
            while let Some(arrow) = arrows.next_if(|arrow| arrow.to.step.or(arrow.from.step) == Some(step.place)) {
                here.push(*arrow);
            }
            text.push_str(&self.row(step, start, &here));
            text.push('\n');
        }
        text
    }

    fn head(&self) -> String {
        let mut line = Line::new(self.lines.len(), "");
        for (index, lifeline) in self.lines.iter().enumerate() {
            let addr = lifeline.addr.map(|addr| format!(" {addr}")).unwrap_or_default();
            let name = match lifeline.end {
                End::Socket(id) => format!("{id}{addr}"),
                End::Peer(_) => format!("({})", addr.trim()),
            };
            line.put(column(index), &name);
        }
        line.finish()
    }

    fn row(&self, step: &Step, start: Nanos, arrows: &[Arrow]) -> String {
        let mut line = Line::new(self.lines.len(), &format!("{:.3}", (step.at - start.min(step.at)) as f64 / 1e6));
        let own = column(step.line);
        for index in 0..self.lines.len() {
            line.put(
                column(index),
                if matches!(self.lines.get(index).map(|line| line.end), Some(End::Peer(_))) { "┊" } else { "│" },
            );
        }
        let udp = self.lines.get(step.line).is_some_and(|line| line.kind == Kind::UdpSocket);
        let label = step.label_with_state(udp);
        // Several sends in one recv: one arrow that counts them.
        let from: Vec<_> =
            arrows.iter().filter(|arrow| arrow.to.step.is_some() && arrow.to.line == step.line).collect();
        if let [first, rest @ ..] = arrows {
            let same = rest.iter().all(|arrow| arrow.from.line == first.from.line && arrow.to.line == first.to.line);
            let word = match (from.len(), same) {
                (2.., true) => format!("{} sends", from.len()),
                _ => first.word(),
            };
            let (left, right) = (first.from.line.min(first.to.line), first.from.line.max(first.to.line));
            line.arrow(column(left), column(right), first.to.line > first.from.line, first.is_dashed(), &word);
        }
        let inside = arrows.iter().any(|arrow| arrow.from.line.max(arrow.to.line) > step.line);
        line.put(own + if inside { 2 } else { 1 }, &format!(" {label} "));
        line.finish()
    }
}

impl Arrow {
    /// Whether it is drawn dashed: an end of it was not seen.
    pub fn is_dashed(&self) -> bool {
        self.seen == Seen::Neither
    }

    /// What it stands for, in the protocol's own words, or its bytes; with a question mark where nobody saw them arrive.
    pub fn word(&self) -> String {
        match self.what {
            What::Syn => "SYN".into(),
            What::SynAck => "SYN+ACK".into(),
            What::Fin => "FIN".into(),
            What::Rst => "RST".into(),
            What::Icmp => "ICMP".into(),
            What::File if matches!(self.seen, Seen::Sender | Seen::Unread) => format!("file {} B ?", self.len),
            What::File => format!("file {} B", self.len),
            _ if matches!(self.seen, Seen::Sender | Seen::Unread) => format!("{} B ?", self.len),
            What::Part => format!("{} B of a file", self.len),
            What::Data | What::Datagram => format!("{} B", self.len),
        }
    }
}

impl Step {
    /// The same with the state that begins here, and how long no `recv` had returned.
    fn label_with_state(&self, udp: bool) -> String {
        let mut label = self.label(udp);
        if let Some(idle) = self.idle {
            label = format!("{label} (none for {:.1} s)", idle as f64 / 1e9);
        }
        match self.state.map(State::word) {
            Some(word) if word != label => format!("{label} [{word}]"),
            _ => label,
        }
    }

    /// A call with its result, in the API's own words; those of a UDP socket have names of their own.
    pub fn label(&self, udp: bool) -> String {
        let (send, recv) = if udp { ("sendto", "recvfrom") } else { ("send", "recv") };
        match self.event {
            Event::Sent { asked } if u64::from(asked) == self.len => format!("{send} = {}", self.len),
            Event::Sent { asked } => format!("{send}({asked}) = {}", self.len),
            Event::Received { full } if u64::from(full) > self.len => format!("{recv} = {} of {full}", self.len),
            Event::Received { .. } => format!("{recv} = {}", self.len),
            Event::PeerEnded => "recv = 0".into(),
            Event::HalfClosed => "shutdown(WR)".into(),
            Event::Closed { .. } => "close".into(),
            Event::Aborted { .. } => "close, linger 0".into(),
            Event::Bound => "bind".into(),
            Event::Listening { backlog } => format!("listen({backlog})"),
            Event::Connecting => "connect".into(),
            Event::Connected { .. } => "connect = 0".into(),
            Event::Accepted { connection } => format!("accept = {connection}"),
            Event::Opened { .. } => "ESTABLISHED".into(),
            Event::Failed { call, fault } => format!("{} {}", call.name(), fault.kind.name()),
            Event::FileEnded { sent, .. } => format!("file, {sent} sent"),
            other => other.word().into(),
        }
    }
}

fn column(line: usize) -> usize {
    TIME + line * GAP
}

/// A line of characters that is written to at places.
struct Line(Vec<char>);

impl Line {
    fn new(lines: usize, time: &str) -> Self {
        let mut line = Self(vec![' '; column(lines) + GAP]);
        line.put(TIME.saturating_sub(2 + time.chars().count()), time);
        line
    }

    fn put(&mut self, at: usize, text: &str) {
        for (cell, character) in self.0.iter_mut().skip(at).zip(text.chars()) {
            *cell = character;
        }
    }

    fn arrow(&mut self, left: usize, right: usize, rightward: bool, dashed: bool, word: &str) {
        let stroke = if dashed { '╌' } else { '─' };
        for at in left + 1..right {
            if let Some(cell) = self.0.get_mut(at) {
                *cell = stroke;
            }
        }
        let (head, tip) = if rightward { ("▶", right.saturating_sub(1)) } else { ("◀", left + 1) };
        self.put(tip, head);
        let word = format!(" {word} ");
        let len = word.chars().count();
        // Behind what the call on the left says, before the head of the arrow.
        self.put(right.saturating_sub(2 + len), &word);
    }

    fn finish(self) -> String {
        let line: String = self.0.into_iter().collect();
        line.trim_end().to_owned()
    }
}
