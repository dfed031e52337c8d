//! TCP and UDP over the same bad link, in one program, on a clock of its own. Pure.
//!
//! A discrete-event simulation: two [`Host`]s, one [`Link`], virtual time. What happens to a packet is a function of
//! (seed, direction, kind, message, attempt) ([`fate`]), so the first copy of message 3 meets the same fate over TCP and over
//! UDP, and moving one slider reshuffles nothing else. A [`Run`] (workload, transport, knobs, seed, edits) gives a [`Log`];
//! pictures, counters, text and captures are folds of it, and scrubbing is an index into it.
//!
//! TCP and UDP are smoltcp 0.14 (IPv4, real headers and checksums), kept honest by four rules that `tcp` and `udp` tell of.
//! The same inputs give the same log on every platform; with CUBIC, which computes in floating point, in the same build.
//!
//! - [`knobs`], [`workload`], [`fate`], [`run`]: what is put in; [`text`](mod@text), [`units`]: its short form as TOML;
//!   [`prepared`](mod@prepared): runs to learn from.
//! - [`host`]: the trait; `tcp`, [`udp`]: two that stand behind it. [`link`]: the cable.
//! - [`arq`]: reliability on UDP, one mechanism at a time.
//! - [`log`]: what comes out. [`counters`]: sums over it; [`course`]: at any moment of it. `ladder`: as characters. [`trace`]: what Wireshark calls it.

pub mod arq;
pub mod counters;
pub mod course;
pub mod fate;
pub mod host;
pub mod knobs;
mod ladder;
pub mod link;
pub mod log;
pub mod prepared;
mod program;
mod recorder;
pub mod run;
mod stack;
mod tcp;
pub mod text;
pub mod trace;
pub mod udp;
pub mod units;
pub mod workload;

use serde::{Deserialize, Serialize};

pub use self::{
    counters::Counters,
    course::Course,
    fate::{Act, Edit, Name, PacketKind},
    host::{Arrived, Host, Outgoing, Verdict, Wire},
    knobs::{Burst, Chance, Control, Damage, Knobs, LinkKnobs, Outage, ProgramKnobs, TcpKnobs, UdpKnobs},
    link::Link,
    log::{
        Call, Change, Departure, Discard, End, Ended, Event, Failure, Held, Log, Loss, Note, Packet, PacketId, Piece,
        Read, Resent, Segment, Timer, What, Why,
    },
    prepared::{Answer, Lesson, Prepared, Told, prepared},
    run::{Run, Transport},
    workload::{Message, Own, When, Workload},
};

/// Microseconds of virtual time, from the start of the run.
pub type Micros = u64;

/// An end of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The one that connects, 10.0.0.1; in most workloads it sends.
    Client,
    /// The one that listens, 10.0.0.2.
    Server,
}

impl Side {
    /// Both, in the order in which they run when both are due at one instant.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// The other end.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// 0 for the client, 1 for the server.
    pub fn index(self) -> usize {
        self as usize
    }
}
