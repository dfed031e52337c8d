//! A record as flat facts, with times on the wall clock and bytes read as text.
//!
//! Field names and their words are an interface: files and scripts rely on them. New fields may be added.
//! Numbers of an event stand under the names that [`Event`] gives them.

use std::{collections::HashMap, net::SocketAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::{
    journal::{Direction, Epoch, Event, Kind, Nanos, Row, SocketId},
    text::{Charset, Decoder},
};

/// One record. What does not apply is left out of JSON and empty in CSV.
#[derive(Clone, Debug, Serialize)]
pub struct Line<'r> {
    /// Its number since the program started.
    pub seq: u64,
    /// When, RFC 3339 with nanoseconds and the offset of the zone.
    pub time: String,
    /// When, in nanoseconds on a clock that is never set.
    pub t_ns: Nanos,
    /// The socket.
    pub socket: u32,
    /// What the socket is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// How often the socket was opened before.
    pub generation: u16,
    /// What happened: [`Event::word`].
    pub event: &'static str,
    /// `call`, `error`, `backlog` …: see [`Numbers`].
    #[serde(flatten)]
    pub numbers: Numbers,
    /// The socket's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<SocketAddr>,
    /// The other address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<SocketAddr>,
    /// The payload, if the event has one (it may be empty).
    #[serde(flatten)]
    pub payload: Option<Payload<'r>>,
    /// What else is known; never together with a payload.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub detail: &'r str,
}

/// The bytes that moved.
#[derive(Clone, Debug, Serialize)]
pub struct Payload<'r> {
    /// How many.
    pub len: usize,
    /// The datagram's true length, where the buffer was too small for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<u32>,
    /// All of them.
    #[serde(rename = "base64", serialize_with = "base64")]
    pub bytes: &'r [u8],
    /// The same as text. On TCP a character stands in the line of its last byte.
    pub text: String,
    /// How the text was read.
    pub charset: &'static str,
    /// Bytes at the end that wait for the rest of their character.
    #[serde(skip_serializing_if = "is_zero")]
    pub held: usize,
}

/// The numbers and words of an [`Event`], under its own names.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(default)]
#[allow(missing_docs, reason = "said at Event")]
pub struct Numbers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<&'static str>,
    /// The name of the error, `ECONNREFUSED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ns: Option<Nanos>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
    /// Messages a second that a responder answers at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// Exit status of a program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// Whether the user ended it before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<bool>,
}

impl From<Event> for Numbers {
    fn from(event: Event) -> Self {
        let none = Self::default();
        match event {
            Event::Listening { backlog } => Self { backlog: Some(backlog), ..none },
            Event::Connected { took } => Self { took_ns: Some(took), ..none },
            Event::Accepted { connection } => Self { connection: Some(connection.0), ..none },
            Event::Opened { listener } => Self { listener: Some(listener.0), ..none },
            Event::Sent { asked } => Self { asked: Some(asked), ..none },
            Event::Closed { why, unsent } => Self { why: Some(why.word()), unsent: Some(unsent), ..none },
            Event::Aborted { unsent } => Self { unsent: Some(unsent), ..none },
            Event::Failed { call, fault } => Self {
                call: Some(call.name()),
                error: Some(fault.kind.name()),
                // Some faults are our own and have no number.
                errno: (fault.errno != 0).then_some(fault.errno),
                ..none
            },
            Event::FileStarted { size } => Self { size: Some(size), ..none },
            Event::FilePaused { sent } | Event::FileResumed { sent } => Self { sent: Some(sent), ..none },
            Event::FileEnded { sent, cancelled } => Self { sent: Some(sent), cancelled: Some(cancelled), ..none },
            Event::RepeatEnded { sent, stopped } => Self { sent: Some(sent), cancelled: Some(stopped), ..none },
            Event::Received { .. }
            | Event::Resolving
            | Event::Bound
            | Event::Connecting
            | Event::PeerEnded
            | Event::HalfClosed
            | Event::OptionSet
            | Event::Asked => none,
            Event::Limited { per_second } => Self { per_second: Some(per_second), ..none },
            Event::Ran { status, took } => Self { status: Some(status), took_ns: Some(took), ..none },
        }
    }
}

/// Makes lines of rows, in the order of the journal: every TCP stream has its decoder, every socket its address.
#[derive(Debug)]
pub struct Lines {
    charset: Charset,
    epoch: Epoch,
    zone: TimeZone,
    decoders: HashMap<(SocketId, Direction), (u16, Decoder)>,
    locals: HashMap<SocketId, (u16, SocketAddr)>,
}

impl Lines {
    /// Nothing is known yet.
    pub fn new(charset: Charset, epoch: Epoch, zone: TimeZone) -> Self {
        Self { charset, epoch, zone, decoders: HashMap::new(), locals: HashMap::new() }
    }

    /// A socket's own address, where the row that says it is not among those to come.
    pub fn set_local(&mut self, socket: SocketId, generation: u16, local: SocketAddr) {
        self.locals.insert(socket, (generation, local));
    }

    /// The facts of the next row. A socket of no known kind is taken for UDP: its rows are read one by one.
    pub fn line<'r>(&mut self, row: &Row<'r>, kind: Option<Kind>) -> Line<'r> {
        self.learn(row);
        let record = row.record;
        let payload = record.event.direction().map(|direction| {
            let mut text = String::new();
            let mut held = 0;
            if let Some(decoder) = self.decoder(row, direction, kind) {
                decoder.push(row.bytes, &mut text);
                held = decoder.pending().min(row.bytes.len());
            } else {
                text = self.charset.decode(row.bytes);
            }
            let full = match record.event {
                Event::Received { full } if full as usize > row.bytes.len() => Some(full),
                _ => None,
            };
            Payload { len: row.bytes.len(), full, bytes: row.bytes, text, charset: self.charset.name(), held }
        });
        let local = self.locals.get(&record.socket).filter(|(generation, _)| *generation == record.generation);
        Line {
            seq: row.seq,
            time: self.time(record.at),
            t_ns: record.at,
            socket: record.socket.0,
            kind,
            generation: record.generation,
            event: record.event.word(),
            numbers: record.event.into(),
            local: local.map(|(_, local)| *local),
            // Where a socket is bound is its own address.
            peer: record.peer.filter(|_| !matches!(record.event, Event::Bound | Event::Listening { .. })),
            payload,
            detail: row.detail(),
        }
    }

    /// Takes note of a row that gets no line.
    pub fn pass(&mut self, row: &Row<'_>, kind: Option<Kind>) {
        self.learn(row);
        if let Some(direction) = row.record.event.direction()
            && let Some(decoder) = self.decoder(row, direction, kind)
        {
            decoder.skip(row.bytes);
        }
    }

    /// A time of the journal on the wall clock, RFC 3339; empty if it is beyond the calendar.
    pub fn time(&self, at: Nanos) -> String {
        let time = Timestamp::try_from(self.epoch.wall_time(at));
        time.map_or(String::new(), |time| {
            time.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.9f%:z").to_string()
        })
    }

    fn learn(&mut self, row: &Row<'_>) {
        let record = row.record;
        match record.event {
            Event::Bound | Event::Listening { .. } | Event::Connected { .. } | Event::Opened { .. } => {
                if let Ok(local) = row.detail().parse() {
                    self.locals.insert(record.socket, (record.generation, local));
                }
            }
            Event::Closed { .. } | Event::Aborted { .. } => {
                self.decoders.remove(&(record.socket, Direction::In));
                self.decoders.remove(&(record.socket, Direction::Out));
            }
            _ => {}
        }
    }

    /// The decoder of the row's stream, if it belongs to one.
    fn decoder(&mut self, row: &Row<'_>, direction: Direction, kind: Option<Kind>) -> Option<&mut Decoder> {
        if kind.is_none_or(|kind| kind == Kind::UdpSocket) {
            return None;
        }
        let key = (row.record.socket, direction);
        let generation = row.record.generation;
        let (known, decoder) = self.decoders.entry(key).or_insert_with(|| (generation, self.charset.decoder()));
        if *known != generation {
            (*known, *decoder) = (generation, self.charset.decoder());
        }
        Some(decoder)
    }
}

fn base64<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
