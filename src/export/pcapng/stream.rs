//! A TCP connection as segments (RFC 9293), from what calls at one or both of its ends tell.
//!
//! The sequence number of a byte is its offset in the stream, behind the initial one and the SYN. Each byte goes once: from
//! the `send` that handed it over, or from the `recv` that returned it where no send of it is known. An end of ours
//! acknowledges what its `recv` has returned, a foreign one all that was sent to it. Where the beginning of a connection is
//! not known, offsets at both ends cannot be compared, and the sender's side alone counts.

use std::{net::SocketAddr, ops::Range};

use super::{
    packet::{self, Flags, SEGMENT},
    ranges::Ranges,
};
use crate::journal::Nanos;

/// A packet that is to be written: when, its bytes, and what it comes from.
pub struct Packet {
    pub at: Nanos,
    pub bytes: Vec<u8>,
    /// Bytes of payload.
    pub payload: u64,
    pub comment: String,
}

/// What a call tells of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It stands.
    Open,
    /// `send` took these bytes, which begin at this offset.
    Sent(u64),
    /// `recv` returned these bytes, which begin at this offset.
    Received(u64),
    /// The other end will send no more, after so many bytes.
    Ended(u64),
    /// This end will send no more, after so many bytes.
    End(u64),
    /// This end breaks off.
    Reset,
    /// The other end broke off.
    WasReset,
}

/// How far the handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handshake {
    /// Nobody here knows of it, or it is not to be written.
    Unknown,
    /// It is to be written before anything else. `syn` is when `connect` was called.
    Due {
        client: usize,
        syn: Option<Nanos>,
    },
    Written,
}

/// One direction: the bytes from an end.
#[derive(Debug, Default)]
struct Flow {
    written: Ranges,
    /// Bytes that sends will bring, among them those that still wait for their turn.
    promised: Ranges,
    /// Behind the last byte written.
    next: u64,
    fin: bool,
}

/// Both ends of a connection.
#[derive(Debug)]
pub struct Stream {
    addresses: [SocketAddr; 2],
    /// Which ends are sockets of this program.
    ours: [bool; 2],
    /// Whether all sockets of it were seen from their beginning.
    whole: bool,
    initial: u32,
    handshake: Handshake,
    flows: [Flow; 2],
    /// Bytes that `recv` has returned at each end.
    read: [u64; 2],
    /// Whether `recv` has returned 0 at each end.
    heard: [bool; 2],
    acknowledged: [u64; 2],
    reset: bool,
}

impl Stream {
    /// A connection between these addresses, of which the first is ours.
    pub fn new(local: SocketAddr, peer: SocketAddr, whole: bool, initial: u32) -> Self {
        Self {
            addresses: [local, peer],
            ours: [true, false],
            whole,
            initial,
            handshake: Handshake::Unknown,
            flows: Default::default(),
            read: [0; 2],
            heard: [false; 2],
            acknowledged: [0; 2],
            reset: false,
        }
    }

    /// Takes its other end in, if that is not here yet. Returns whether it was.
    pub fn join(&mut self, whole: bool) -> bool {
        let vacant = !self.ours[1];
        if vacant {
            self.ours[1] = true;
            self.whole &= whole;
        }
        vacant
    }

    /// The handshake is to be written; `syn` is when `connect` was called, where that is known.
    pub fn begin(&mut self, client: usize, syn: Option<Nanos>) {
        let better = matches!(self.handshake, Handshake::Due { syn: None, .. }) && syn.is_some();
        if self.handshake == Handshake::Unknown || better {
            self.handshake = Handshake::Due { client: client.min(1), syn };
        }
    }

    /// A send with these bytes will come.
    pub fn promise(&mut self, side: usize, range: &Range<u64>) {
        self.flows[side.min(1)].promised.add(range);
    }

    /// Writes what a call at this end implies.
    pub fn act(&mut self, side: usize, at: Nanos, act: Act, bytes: &[u8], why: &str, out: &mut Vec<Packet>) {
        let (here, there) = (side.min(1), 1 - side.min(1));
        self.shake_hands(at, why, out);
        let both = self.ours == [true, true];
        match act {
            Act::Open => {}
            Act::Sent(offset) => {
                let start = if self.whole { offset } else { self.flows[here].next };
                let range = start..start.saturating_add(bytes.len() as u64);
                let gaps = self.flows[here].written.gaps(&range);
                self.carry(here, at, &range, &gaps, bytes, why, out);
            }
            Act::Received(offset) => {
                let start = if self.whole { offset } else { self.flows[there].next };
                let range = start..start.saturating_add(bytes.len() as u64);
                let flow = &self.flows[there];
                let mut gaps = flow.written.gaps(&range);
                if both {
                    gaps = gaps.iter().flat_map(|gap| flow.promised.gaps(gap)).collect();
                }
                if self.whole || !both {
                    self.carry(there, at, &range, &gaps, bytes, why, out);
                }
                self.read[here] = self.read[here].max(range.end);
                if both {
                    self.acknowledge(here, at, why, out);
                }
            }
            Act::Ended(offset) => {
                self.end(there, at, offset, why, out);
                self.heard[here] = true;
                self.acknowledge(here, at, why, out);
            }
            Act::End(offset) => self.end(here, at, offset, why, out),
            Act::Reset => self.reset(here, at, why, out),
            Act::WasReset => self.reset(there, at, why, out),
        }
    }

    fn shake_hands(&mut self, at: Nanos, why: &str, out: &mut Vec<Packet>) {
        let Handshake::Due { client, syn } = self.handshake else { return };
        self.handshake = Handshake::Written;
        let first = syn.unwrap_or(at).min(at);
        let flags = Flags { syn: true, ..Flags::default() };
        self.bare(client, first, flags, why, out);
        self.bare(1 - client, at, Flags { ack: true, ..flags }, why, out);
        self.bare(client, at, Flags { ack: true, ..Flags::default() }, why, out);
    }

    /// Writes these parts of a range, cut into segments.
    #[expect(clippy::too_many_arguments, reason = "a direction, a moment, and bytes with their place")]
    fn carry(
        &mut self,
        from: usize,
        at: Nanos,
        range: &Range<u64>,
        parts: &[Range<u64>],
        bytes: &[u8],
        why: &str,
        out: &mut Vec<Packet>,
    ) {
        for part in parts {
            let place = |offset: u64| (offset - range.start) as usize;
            let Some(piece) = bytes.get(place(part.start)..place(part.end)) else { continue };
            let mut offset = part.start;
            for segment in piece.chunks(SEGMENT) {
                let end = offset + segment.len() as u64;
                let flags = Flags { ack: true, psh: end == part.end, ..Flags::default() };
                self.segment(from, at, offset, flags, segment, why, out);
                offset = end;
            }
            let flow = &mut self.flows[from];
            flow.written.add(part);
            flow.next = flow.next.max(part.end);
        }
    }

    /// A FIN of this end, unless it is written or the connection is broken off.
    fn end(&mut self, from: usize, at: Nanos, offset: u64, why: &str, out: &mut Vec<Packet>) {
        if self.flows[from].fin || self.reset {
            return;
        }
        if self.whole {
            self.flows[from].next = self.flows[from].next.max(offset);
        }
        self.bare(from, at, Flags { ack: true, fin: true, ..Flags::default() }, why, out);
        self.flows[from].fin = true;
    }

    fn reset(&mut self, from: usize, at: Nanos, why: &str, out: &mut Vec<Packet>) {
        if !self.reset {
            self.bare(from, at, Flags { ack: true, rst: true, ..Flags::default() }, why, out);
            self.reset = true;
        }
    }

    /// An ACK, if there is anything new to acknowledge.
    fn acknowledge(&mut self, from: usize, at: Nanos, why: &str, out: &mut Vec<Packet>) {
        if self.seen(from) > self.acknowledged[from] && !self.reset {
            self.bare(from, at, Flags { ack: true, ..Flags::default() }, why, out);
        }
    }

    /// How much of the other direction this end has taken in, the FIN counted.
    fn seen(&self, side: usize) -> u64 {
        let flow = &self.flows[1 - side];
        let counted = self.whole && self.ours == [true, true];
        let bytes = if counted { self.read[side].min(flow.next) } else { flow.next };
        let fin = flow.fin && (self.heard[side] || !self.ours[side]);
        (if fin { flow.next.saturating_add(1) } else { bytes }).max(self.acknowledged[side])
    }

    fn bare(&mut self, from: usize, at: Nanos, flags: Flags, why: &str, out: &mut Vec<Packet>) {
        let flow = &self.flows[from];
        let offset = flow.next.saturating_add(u64::from(flow.fin));
        self.segment(from, at, offset, flags, b"", why, out);
    }

    #[expect(clippy::too_many_arguments, reason = "what a segment is made of")]
    fn segment(
        &mut self,
        from: usize,
        at: Nanos,
        offset: u64,
        flags: Flags,
        payload: &[u8],
        why: &str,
        out: &mut Vec<Packet>,
    ) {
        let seen = self.seen(from);
        let behind_syn = self.initial.wrapping_add(1);
        let sequence = if flags.syn { self.initial } else { behind_syn.wrapping_add(offset as u32) };
        let numbers = (sequence, behind_syn.wrapping_add(seen as u32));
        let (Some(source), Some(target)) = (self.addresses.get(from), self.addresses.get(1 - from)) else { return };
        if let Some(bytes) = packet::tcp(*source, *target, numbers, flags, payload) {
            out.push(Packet { at, bytes, payload: payload.len() as u64, comment: why.to_owned() });
        }
        if flags.ack {
            self.acknowledged[from] = seen;
        }
    }
}

/// A connection that never stood: asked for, and refused where `refused`.
pub fn attempt(
    addresses: (SocketAddr, SocketAddr),
    (asked, answered): (Nanos, Nanos),
    refused: bool,
    initial: u32,
    why: &str,
    out: &mut Vec<Packet>,
) {
    let mut stream = Stream::new(addresses.0, addresses.1, true, initial);
    stream.bare(0, asked.min(answered), Flags { syn: true, ..Flags::default() }, why, out);
    if refused
        && let flags = (Flags { rst: true, ack: true, ..Flags::default() })
        && let Some(bytes) = packet::tcp(addresses.1, addresses.0, (0, initial.wrapping_add(1)), flags, b"")
    {
        out.push(Packet { at: answered, bytes, payload: 0, comment: why.to_owned() });
    }
}
