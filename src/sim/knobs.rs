//! What can be set: the link in each direction, and the two stacks.
//!
//! Chances are whole millionths and times whole microseconds, so that a run means the same on every machine.

use serde::{Deserialize, Serialize};

use super::{
    Micros,
    units::{as_rate, as_time, as_time_or_none},
};

/// How likely something is, in millionths. As text it is percent: `15%`, `0.5%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chance(u32);

impl Chance {
    /// Never.
    pub const NEVER: Self = Self(0);
    /// Always.
    pub const ALWAYS: Self = Self(1_000_000);

    /// So many millionths; more than a million is always.
    pub fn millionths(millionths: u32) -> Self {
        Self(millionths.min(1_000_000))
    }

    /// So many percent, rounded to millionths; what is no number is never.
    pub fn percent(percent: f64) -> Self {
        // `as` saturates, and takes NaN for 0.
        Self::millionths((percent * 10_000.0).round() as u32)
    }

    /// In millionths.
    pub fn as_millionths(self) -> u32 {
        self.0
    }

    /// In percent.
    pub fn as_percent(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// Whether it happens, decided by a number that was drawn from all of `u64`.
    pub(super) fn hits(self, drawn: u64) -> bool {
        // 64 × 20 bits fit: the high half is the draw scaled to a million.
        let scaled = (u128::from(drawn) * 1_000_000) >> 64;
        scaled < u128::from(self.0)
    }
}

/// One direction of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LinkKnobs {
    /// One-way delay of the first bit.
    #[serde(with = "as_time")]
    pub delay: Micros,
    /// Up to so much more, drawn for each packet. It never reorders: a queue lets nobody overtake.
    #[serde(with = "as_time")]
    pub jitter: Micros,
    /// How often a packet is lost (with [`Burst`]: in the good times).
    pub loss: Chance,
    /// Losses that come in bursts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<Burst>,
    /// How often the network makes a second copy.
    pub duplicate: Chance,
    /// How often a packet takes a longer way and is overtaken.
    pub reorder: Chance,
    /// How much longer that way is; half to all of it is drawn.
    #[serde(with = "as_time")]
    pub reorder_by: Micros,
    /// How often a packet is damaged.
    pub corrupt: Chance,
    /// What damage is.
    pub damage: Damage,
    /// Bits a second; `None` is without limit.
    #[serde(with = "as_rate")]
    pub rate: Option<u64>,
    /// Bytes that may wait for their turn when there is a rate; what comes on top is dropped (drop-tail).
    pub queue: u32,
    /// The largest IP packet. `None`: the longest message and 40 bytes, so that a TCP segment is a whole message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u16>,
    /// A time in which everything is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage: Option<Outage>,
}

impl Default for LinkKnobs {
    fn default() -> Self {
        Self {
            delay: 30_000,
            jitter: 0,
            loss: Chance::NEVER,
            burst: None,
            duplicate: Chance::NEVER,
            reorder: Chance::NEVER,
            reorder_by: 25_000,
            corrupt: Chance::NEVER,
            damage: Damage::Bit,
            rate: None,
            queue: 64 << 10,
            mtu: None,
            outage: None,
        }
    }
}

/// Losses in bursts: the model of Gilbert (1960) and Elliott (1963), stepped once a message so that both transports
/// meet the same bursts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Burst {
    /// From good to bad, a packet.
    pub enter: Chance,
    /// From bad to good, a packet: 25 % is a mean length of four.
    pub leave: Chance,
    /// Losses in the bad state.
    pub loss: Chance,
}

impl Default for Burst {
    fn default() -> Self {
        Self { enter: Chance(50_000), leave: Chance(250_000), loss: Chance::ALWAYS }
    }
}

/// What damage does to a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    /// One bit is turned over: every checksum notices.
    #[default]
    Bit,
    /// The first two 16-bit words of the payload that differ change places: the Internet checksum, a sum, does not notice.
    SwapWords,
}

/// From when to when the link is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// First moment.
    #[serde(with = "as_time")]
    pub from: Micros,
    /// First moment after it.
    #[serde(with = "as_time")]
    pub to: Micros,
}

/// Everything that can be set, beside the workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Knobs {
    /// The link from client to server, and back as well unless `back` says otherwise.
    pub link: LinkKnobs,
    /// The link from server to client, if it is another.
    pub back: Option<LinkKnobs>,
    /// What the receiving programs do, and how long the sending one thinks.
    pub program: ProgramKnobs,
    /// TCP.
    pub tcp: TcpKnobs,
    /// UDP.
    pub udp: UdpKnobs,
    /// What is built on UDP, for [`Transport::Arq`](super::Transport::Arq).
    pub arq: super::arq::Mechanisms,
}

impl Knobs {
    /// The direction that begins at this side.
    pub fn direction(&self, from: super::Side) -> &LinkKnobs {
        match (from, &self.back) {
            (super::Side::Server, Some(back)) => back,
            _ => &self.link,
        }
    }
}

/// The two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProgramKnobs {
    /// How long the client thinks between being ready (connected, or bound) and its first send. At least a millisecond,
    /// or the third packet of the handshake would ride on the first data.
    #[serde(with = "as_time")]
    pub think: Micros,
    /// What `recv` asks for.
    pub recv: u32,
    /// How long a program sleeps between two reads; 0 reads whenever there is something.
    #[serde(with = "as_time")]
    pub read_every: Micros,
    /// When the receiver begins to read.
    #[serde(with = "as_time")]
    pub read_from: Micros,
}

impl Default for ProgramKnobs {
    fn default() -> Self {
        Self { think: 10_000, recv: 2_048, read_every: 0, read_from: 0 }
    }
}

/// The TCP of both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TcpKnobs {
    /// Congestion control.
    pub control: Control,
    /// Nagle's rule (RFC 896): a small segment waits while anything is unacknowledged. Off is `TCP_NODELAY`.
    pub nagle: bool,
    /// How long an ACK may wait for company (RFC 1122 4.2.3.2); `None` acknowledges at once.
    #[serde(with = "as_time_or_none")]
    pub delayed_ack: Option<Micros>,
    /// The receive buffer, which is the largest window.
    pub window: u32,
    /// The send buffer.
    pub send_buffer: u32,
    /// How long it goes on without any answer before it gives up (RFC 5482's user timeout).
    #[serde(with = "as_time")]
    pub give_up: Micros,
}

impl Default for TcpKnobs {
    fn default() -> Self {
        // 65 535 needs no window scale: the numbers in the headers can be read as they are.
        Self {
            control: Control::Reno,
            nagle: true,
            delayed_ack: None,
            window: 65_535,
            send_buffer: 65_535,
            give_up: 120_000_000,
        }
    }
}

/// Congestion control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// None: as much as the window allows, at once.
    None,
    /// Reno (RFC 5681).
    #[default]
    Reno,
    /// CUBIC (RFC 9438). It computes in floating point: the same run is promised for the same build only.
    Cubic,
}

/// The UDP of both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UdpKnobs {
    /// Bytes that may wait to be read; a datagram that does not fit is dropped.
    pub receive_buffer: u32,
}

impl Default for UdpKnobs {
    fn default() -> Self {
        Self { receive_buffer: 212_992 }
    }
}
