//! A run as a ladder in characters: for the terminal, the clipboard, screen readers and tests.
//!
//! Two lifelines; what the programs did stands outside of them, packets between them. A packet is announced where it is sent
//! (`├ 3`) and drawn whole where it arrives (`── 3 ──▶`); a lost one ends at a cross.

use std::fmt::Write as _;

use super::{
    Log, Micros, Packet, Piece, Side, Transport,
    fate::PacketKind,
    log::{Call, Change, Departure, Discard, End, Ended, Event, Failure, Held, Loss, Note, Timer, What, Why},
};

/// Columns of the time, of what the client does, of the link, in this order. What the server does has no end.
const TIME: usize = 11;
const LEFT: usize = 34;
const LINK: usize = 30;

impl Log {
    /// The whole run, a line an event, under a head.
    pub fn text(&self) -> String {
        let mut text =
            format!("{:>TIME$}  {:>LEFT$} │{:^LINK$}│ {}\n", "ms", "client", transport(self.transport), "server");
        for event in &self.events {
            self.line(event, &mut text);
        }
        let _ = writeln!(text, "{:>TIME$}  {}", millis(self.end_at), ended(self.ended));
        text
    }

    fn line(&self, event: &Event, text: &mut String) {
        let (said, link) = match &event.what {
            What::Sent(id) => {
                let Some(packet) = self.packet(*id) else { return };
                let why = packet.resent.map(|resent| why(resent.why).to_owned()).unwrap_or_default();
                let link = match packet.from() {
                    Side::Client => format!("├ {:<width$}", self.label(packet), width = LINK - 2),
                    Side::Server => format!("{:>width$} ┤", self.label(packet), width = LINK - 2),
                };
                (why, link)
            }
            What::Arrived(id) => {
                let Some(packet) = self.packet(*id) else { return };
                let said = match packet.end {
                    End::Discarded(reason) => format!("thrown away: {}", discard(reason)),
                    _ => String::new(),
                };
                (said, arrow(packet, &self.label(packet), LINK))
            }
            What::Lost(id) => {
                let Some(packet) = self.packet(*id) else { return };
                let End::Lost(reason) = packet.end else { return };
                (format!("lost: {}", loss(reason)), arrow(packet, &self.label(packet), LINK * 5 / 9))
            }
            What::Call(call) => (call_text(call), " ".repeat(LINK)),
            What::Timer { timer, change } => (timer_text(*timer, *change, event.at), " ".repeat(LINK)),
            What::State(state) => ((*state).to_owned(), " ".repeat(LINK)),
            What::Note(note) => (format!("({})", note_text(note)), " ".repeat(LINK)),
        };
        let (left, right) = if event.side == Side::Client { (said.as_str(), "") } else { ("", said.as_str()) };
        let line = format!("{:>TIME$}  {left:>LEFT$} │{link}│ {right}", millis(event.at));
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

impl Log {
    /// What a packet is in a few characters: `SYN`, `3`, `3 R2` (sent a second time), `ACK 201`, `3 !` (damaged), `3 D` (a
    /// copy that the link made).
    pub fn label(&self, packet: &Packet) -> String {
        let segment = packet.segment();
        let mut label = match (packet.name.kind, &segment) {
            (PacketKind::Syn, Some(segment)) if segment.ack => "SYN ACK".into(),
            (PacketKind::Syn, _) => "SYN".into(),
            (PacketKind::Fin, _) => "FIN".into(),
            (PacketKind::Reset, _) => "RST".into(),
            (PacketKind::Ack, _) => match self.relative(packet) {
                Some((_, ack)) => format!("ACK {ack}"),
                None => format!("ACK #{}", packet.name.number),
            },
            (PacketKind::Probe, _) => "probe".into(),
            (PacketKind::Data, _) => pieces_text(&packet.pieces),
        };
        if packet.name.kind != PacketKind::Ack && packet.name.attempt > 1 {
            let _ = write!(label, " R{}", packet.name.attempt);
        } else if packet.resent.is_some() {
            label.push_str(" R");
        }
        if packet.copy_of.is_some() {
            label.push_str(" D");
        }
        if packet.damaged.is_some() {
            label.push_str(" !");
        }
        label
    }
}

/// An arrow so many columns long, in a line of [`LINK`].
fn arrow(packet: &Packet, label: &str, columns: usize) -> String {
    let whole = columns == LINK;
    let label = format!(" {label} ");
    let line = columns.saturating_sub(1 + label.chars().count());
    let (before, after) = (line / 2, line - line / 2);
    let blank = " ".repeat(LINK - columns);
    match packet.from() {
        Side::Client => {
            format!("{}{label}{}{}{blank}", "─".repeat(before), "─".repeat(after), if whole { "▶" } else { "✗" })
        }
        Side::Server => {
            format!("{blank}{}{}{label}{}", if whole { "◀" } else { "✗" }, "─".repeat(before), "─".repeat(after))
        }
    }
}

/// Which messages: `3`, `3+4`, `3-6`, `3[0..40]` where it is not all of one.
pub(super) fn pieces_text(pieces: &[Piece]) -> String {
    match pieces {
        [] => "-".into(),
        [one] => one.message.to_string(),
        [first, second] => format!("{}+{}", first.message, second.message),
        [first, .., last] => format!("{}-{}", first.message, last.message),
    }
}

/// Microseconds as milliseconds, to the microsecond.
fn millis(at: Micros) -> String {
    format!("{}.{:03}", at / 1_000, at % 1_000)
}

fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
        Transport::Arq => "ARQ",
    }
}

fn ended(ended: Ended) -> String {
    match ended {
        Ended::Done => "done".into(),
        Ended::GaveUp(Side::Client) => "the client gave up".into(),
        Ended::GaveUp(Side::Server) => "the server gave up".into(),
        Ended::Silent => "stuck: both wait, and nothing will ever happen again".into(),
        Ended::TooLong => "stopped: it took too long".into(),
        Ended::Spinning => "stopped: a host does not stand still".into(),
    }
}

fn call_text(call: &Call) -> String {
    match call {
        Call::Bind => "bind".into(),
        Call::Listen => "listen".into(),
        Call::Connect => "connect".into(),
        Call::Connected => "connect = 0".into(),
        Call::Accepted => "accept".into(),
        Call::Send { message, asked, taken: 0 } => format!("send {message} ({asked}) EAGAIN"),
        Call::Send { message, asked, taken } if asked == taken => format!("send {message} = {taken}"),
        Call::Send { message, asked, taken } => format!("send {message} ({asked}) = {taken}"),
        Call::Recv { bytes, pieces, .. } => format!("recv = {}: {}", bytes.end - bytes.start, pieces_text(pieces)),
        Call::EndOfStream => "recv = 0".into(),
        Call::Failed(Failure::Reset) => "ECONNRESET".into(),
        Call::Failed(Failure::TimedOut) => "ETIMEDOUT".into(),
        Call::StoppedWaiting(number) => format!("stopped waiting for {number}"),
        Call::Close => "close".into(),
    }
}

fn timer_text(timer: Timer, change: Change, at: Micros) -> String {
    let name = match timer {
        Timer::Retransmission(None) => "RTO timer".into(),
        Timer::Retransmission(Some(number)) => format!("timer of {number}"),
        Timer::DelayedAck => "delayed-ACK timer".into(),
        Timer::Persist => "persist timer".into(),
        Timer::TimeWait => "TIME-WAIT timer".into(),
        Timer::GiveUp => "user timeout".into(),
    };
    match change {
        Change::Started(until) => format!("{name}: {} ms", millis(until.saturating_sub(at))),
        Change::Fired => format!("{name} fires"),
        Change::Stopped => format!("{name} off"),
    }
}

fn note_text(note: &Note) -> String {
    match note {
        Note::DuplicateAck(count) => format!("duplicate ACK {count}"),
        Note::Held { why: Held::Nagle, pieces } => format!("{} held by Nagle", pieces_text(pieces)),
        Note::Held { why: Held::Window, pieces } => format!("{} held by the window", pieces_text(pieces)),
        Note::Held { why: Held::Congestion, pieces } => format!("{} held by cwnd", pieces_text(pieces)),
        Note::Released => "nothing held".into(),
        Note::Hole { waiting } => format!("{} waits for what is missing", pieces_text(waiting)),
        Note::WindowClosed => "their window is 0".into(),
        Note::WindowOpened(bytes) => format!("their window is {bytes}"),
        Note::Departure(departure) => match departure {
            Departure::SlowTimeout => "RTO at least 1 s; Linux 200 ms",
            Departure::PoliteFin => "FIN waits; a kernel would send it",
            Departure::AckNumbered => "SEQ of this ACK corrected",
            Departure::ResetAtGivingUp => "RST; a kernel just stops",
            Departure::NoSack => "go-back-N: no SACK here",
            Departure::SmallStart => "cwnd begins with 2048; Linux 10 MSS",
        }
        .into(),
    }
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Timer => "again: timer",
        Why::Fast => "again: 3 duplicate ACKs",
        Why::Recovery => "again: recovery",
        Why::Asked => "again: asked for",
    }
}

fn loss(loss: Loss) -> &'static str {
    match loss {
        Loss::Chance => "chance",
        Loss::Burst => "burst",
        Loss::Outage => "outage",
        Loss::QueueFull => "queue full",
        Loss::ByHand => "by hand",
    }
}

fn discard(discard: Discard) -> &'static str {
    match discard {
        Discard::Checksum => "checksum",
        Discard::BufferFull => "buffer full",
        Discard::Again => "came before",
        Discard::OutOfOrder => "out of order",
        Discard::NotWanted => "not wanted",
    }
}

#[cfg(test)]
mod tests {
    use crate::sim::{Act, Edit, Name, PacketKind, Run, Side, Transport};

    #[test]
    fn the_ladder_of_the_classroom() {
        let packet = Name { from: Side::Client, kind: PacketKind::Data, number: 3, offset: 0, attempt: 1 };
        let run = Run { edits: vec![Edit { packet, act: Act::Lose }], ..Run::default() };
        let text = run.play().text();
        for line in [
            "      0.000                             connect │                              │",
            "    155.000             again: 3 duplicate ACKs │├ 3 R2                        │",
            "lost: by hand │────── 3 ──────✗              │",
            "│ (4 waits for what is missing)",
            "│◀────────── ACK 201 ──────────│",
            "│ recv = 400: 3-6",
            "(duplicate ACK 3) │",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.ends_with("done\n"));
        let udp = run.over(Transport::Udp).play().text();
        assert!(udp.contains("✗") && udp.contains("recv = 100: 6"), "{udp}");
    }
}
