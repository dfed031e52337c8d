//! A run as lines of JSON: each event as it happened, then the sums. Times are microseconds of virtual time, words are small
//! with hyphens.

use serde_json::{Value, json};

use super::{name, tell};
use crate::sim::{Call, Change, Departure, End, Ended, Event, Held, Log, Note, Packet, Piece, Side, Timer, What};

/// Prints all of it.
pub(super) fn print(log: &Log) {
    let transport = name(log.transport).to_lowercase();
    for event in &log.events {
        let mut line = json!({
            "transport": transport,
            "at_us": event.at,
            "side": if event.side == Side::Client { "client" } else { "server" },
        });
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), event_of(log, event)) {
            line.extend(more);
        }
        tell(&line.to_string());
    }
    tell(&sums(log, &transport).to_string());
}

fn event_of(log: &Log, event: &Event) -> Value {
    match &event.what {
        What::Sent(id) => packet(log, log.packet(*id), "sent"),
        What::Arrived(id) => packet(log, log.packet(*id), "arrived"),
        What::Lost(id) => packet(log, log.packet(*id), "lost"),
        What::Call(call) => self::call(call),
        What::Timer { timer, change } => {
            let until = if let Change::Started(until) = change { Some(*until) } else { None };
            let change = match change {
                Change::Started(_) => "started",
                Change::Fired => "fired",
                Change::Stopped => "stopped",
            };
            let (timer, of) = match timer {
                Timer::Retransmission(of) => ("retransmission", *of),
                Timer::DelayedAck => ("delayed-ack", None),
                Timer::Persist => ("persist", None),
                Timer::TimeWait => ("time-wait", None),
                Timer::GiveUp => ("give-up", None),
            };
            json!({ "event": "timer", "timer": timer, "of": of, "change": change, "until_us": until })
        }
        What::State(state) => json!({ "event": "state", "state": state }),
        What::Note(note) => self::note(note),
    }
}

fn note(note: &Note) -> Value {
    match note {
        Note::DuplicateAck(nth) => json!({ "event": "note", "note": "duplicate-ack", "nth": nth }),
        Note::Held { why, pieces } => {
            let why = match why {
                Held::Nagle => "nagle",
                Held::Window => "window",
                Held::Congestion => "congestion",
            };
            json!({ "event": "note", "note": "held", "why": why, "messages": self::pieces(pieces) })
        }
        Note::Released => json!({ "event": "note", "note": "released" }),
        Note::Hole { waiting } => json!({ "event": "note", "note": "hole", "messages": self::pieces(waiting) }),
        Note::WindowClosed => json!({ "event": "note", "note": "window-closed" }),
        Note::WindowOpened(bytes) => json!({ "event": "note", "note": "window-opened", "bytes": bytes }),
        Note::Departure(departure) => {
            let departure = match departure {
                Departure::SlowTimeout => "slow-timeout",
                Departure::PoliteFin => "polite-fin",
                Departure::AckNumbered => "ack-numbered",
                Departure::ResetAtGivingUp => "reset-at-giving-up",
                Departure::NoSack => "no-sack",
                Departure::SmallStart => "small-start",
            };
            json!({ "event": "note", "note": "departure", "departure": departure })
        }
    }
}

/// `QueueFull` as `queue-full`: the name of a kind that has nothing but its name.
fn word(kind: impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for c in format!("{kind:?}").chars() {
        if c.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(c.to_lowercase());
    }
    word
}

fn packet(log: &Log, packet: Option<&Packet>, what: &str) -> Value {
    let Some(packet) = packet else { return json!({ "event": what }) };
    let numbers = log.relative(packet);
    json!({
        "event": what,
        "packet": packet.id.0,
        "copy_of": packet.copy_of.map(|id| id.0),
        "label": log.label(packet),
        "kind": packet.name.kind,
        "number": packet.name.number,
        "offset": packet.name.offset,
        "attempt": packet.name.attempt,
        "bytes": packet.bytes.len(),
        "messages": pieces(&packet.pieces),
        "seq": numbers.map(|(seq, _)| seq),
        "ack": numbers.map(|(_, ack)| ack),
        "end": match packet.end {
            End::OnTheWay => "on-the-way",
            End::Delivered => "delivered",
            End::Lost(_) => "lost",
            End::Discarded(_) => "discarded",
        },
        "end_why": match packet.end {
            End::OnTheWay | End::Delivered => None,
            End::Lost(why) => Some(word(why)),
            End::Discarded(why) => Some(word(why)),
        },
        "resent": packet.resent.map(|resent| word(resent.why)),
        "needless": packet.resent.map(|resent| resent.needless),
    })
}

fn call(call: &Call) -> Value {
    match call {
        Call::Send { message, asked, taken } => {
            json!({ "event": "call", "call": "send", "message": message, "asked": asked, "taken": taken })
        }
        Call::Recv { asked, bytes, pieces } => json!({
            "event": "call", "call": "recv", "asked": asked, "bytes": bytes.end - bytes.start,
            "messages": self::pieces(pieces),
        }),
        Call::Failed(failure) => json!({ "event": "call", "call": "failed", "failure": word(failure) }),
        Call::StoppedWaiting(number) => json!({ "event": "call", "call": "stopped-waiting", "message": number }),
        Call::Bind => json!({ "event": "call", "call": "bind" }),
        Call::Listen => json!({ "event": "call", "call": "listen" }),
        Call::Connect => json!({ "event": "call", "call": "connect" }),
        Call::Connected => json!({ "event": "call", "call": "connected" }),
        Call::Accepted => json!({ "event": "call", "call": "accept" }),
        Call::EndOfStream => json!({ "event": "call", "call": "recv", "bytes": 0 }),
        Call::Close => json!({ "event": "call", "call": "close" }),
    }
}

/// Parts of messages: number, first byte, first byte behind them.
fn pieces(pieces: &[Piece]) -> Vec<[u32; 3]> {
    pieces.iter().map(|piece| [piece.message, piece.from, piece.to]).collect()
}

fn sums(log: &Log, transport: &str) -> Value {
    let counters = log.counters();
    json!({
        "transport": transport,
        "at_us": log.end_at,
        "event": "end",
        "ended": match log.ended {
            Ended::Done => "done",
            Ended::GaveUp(Side::Client) => "client-gave-up",
            Ended::GaveUp(Side::Server) => "server-gave-up",
            Ended::Silent => "stuck",
            Ended::TooLong => "too-long",
            Ended::Spinning => "spinning",
        },
        "digest": log.digest(),
        "packets": counters.packets,
        "bytes": counters.bytes,
        "header_bytes": counters.header_bytes,
        "copies": counters.copies,
        "lost": counters.lost,
        "queue_drops": counters.queue_drops,
        "discarded": counters.discarded,
        "resent": counters.resent,
        "needless": counters.needless,
        "acks": counters.acks,
        "first_byte_us": counters.first_byte,
        "last_byte_us": counters.last_byte,
        "head_of_line_us": counters.head_of_line,
        "messages": counters.messages,
        "whole": counters.whole,
        "missing": counters.missing,
        "twice": counters.twice,
        "late": counters.late,
        "wrong": counters.wrong,
        "read_bytes": counters.read_bytes,
        "reads": counters.reads,
    })
}
