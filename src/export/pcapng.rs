//! What was recorded as a capture file that Wireshark opens: pcapng (draft-ietf-opsawg-pcapng).
//!
//! Nothing was captured: packets are made from what calls returned, and the file and each packet say so. What calls imply
//! is among them (SYN, FIN, RST, ACK of what `recv` returned); what they do not tell is not (retransmissions, other options,
//! the moment on the wire). Where both ends are in this program each byte and each datagram is there once.
//!
//! Workers hand their records over in batches, so rows of different sockets come a little out of order: packets wait for
//! a while in a queue of bounded size and leave it in the order of their times.
//!
//! - `blocks`: the file. `packet`: headers and checksums. `stream`: a TCP connection, with `ranges` of its bytes.
//!   `datagrams`: those that both ends tell of.

pub(super) mod blocks;
mod datagrams;
mod packet;
mod ranges;
mod stream;
#[cfg(test)]
mod tests;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::UNIX_EPOCH,
};

use self::{
    datagrams::{Datagram, Flying},
    stream::{Act, Packet, Stream},
};
use super::Context;
use crate::journal::{Call, Event, FaultKind, Kind, Nanos, Row, SocketId, Sockets};

/// What every comment begins with.
const SYNTHESISED: &str = "synthesised by Twocan from socket calls";
/// Rows that wait to be put into the order of their times.
const WAITING_ROWS: usize = 16_384;
/// Bytes of theirs.
const WAITING_BYTES: usize = 8 << 20;

/// A file in the making. Memory grows with the number of sockets, not with their traffic.
pub(super) struct Capture<'a, W: Write> {
    out: W,
    sockets: &'a Sockets,
    /// Nanoseconds from 1970 to the journal's time 0.
    epoch: u64,
    lives: BTreeMap<(SocketId, u16), Life>,
    streams: Vec<Stream>,
    /// The latest stream whose first end has these addresses: its own, its peer's.
    by_addresses: BTreeMap<(SocketAddr, SocketAddr), usize>,
    /// Connections so far, those that never stood among them.
    opened: u32,
    flying: Flying,
    waiting: BinaryHeap<Reverse<Item>>,
    held: usize,
    payload: u64,
}

/// What is known of one life of a socket.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    kind: Option<Kind>,
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    /// When `connect` was called.
    asked: Option<Nanos>,
    /// Which stream, and which end of it.
    tip: Option<(usize, usize)>,
    sent: u64,
    received: u64,
    /// Its last row; a socket's rows stay in their order.
    at: Nanos,
    /// Whether the connection was given up without a word to the other end.
    lost: bool,
}

/// A row that waits for its turn.
struct Item {
    at: Nanos,
    seq: u64,
    why: String,
    bytes: Vec<u8>,
    what: What,
}

enum What {
    Act { stream: usize, side: usize, act: Act },
    Attempt { local: SocketAddr, peer: SocketAddr, asked: Nanos, refused: bool, initial: u32 },
    Sent(Datagram),
    Received(Datagram),
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.seq) == (other.at, other.seq)
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

impl<'a, W: Write> Capture<'a, W> {
    /// Starts a file.
    pub fn new(mut out: W, context: &Context<'a>) -> io::Result<Self> {
        let counted = |count: u64, what: &str| if count > 0 { format!(" {count} rows {what}.") } else { String::new() };
        let comment = format!(
            "{SYNTHESISED}; no packet was captured. SYN, ACK, FIN and RST are inferred. \
             Relative sequence numbers are 1 + the offset in the stream.{}{}",
            counted(context.gone, "had left the journal"),
            counted(context.unseen, "never came into it"),
        );
        blocks::start(&mut out, &comment)?;
        let epoch = context.epoch.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            out,
            sockets: context.sockets,
            epoch: u64::try_from(epoch.as_nanos()).unwrap_or(u64::MAX),
            lives: BTreeMap::new(),
            streams: Vec::new(),
            by_addresses: BTreeMap::new(),
            opened: 0,
            flying: Flying::default(),
            waiting: BinaryHeap::new(),
            held: 0,
            payload: 0,
        })
    }

    /// Takes a row that is to be in the file. Returns whether it stands for packets.
    pub fn write(&mut self, row: &Row<'_>) -> io::Result<bool> {
        let Some((what, at)) = self.take(row, true) else { return Ok(false) };
        let bytes = if row.record.event.has_payload() { row.bytes.to_vec() } else { Vec::new() };
        self.held += bytes.len();
        self.waiting.push(Reverse(Item { at, seq: row.seq, why: why(row), bytes, what }));
        while self.waiting.len() > WAITING_ROWS || self.held > WAITING_BYTES {
            self.pop()?;
        }
        Ok(true)
    }

    /// Takes note of a row that is not: its bytes count in the offsets of those that are.
    pub fn pass(&mut self, row: &Row<'_>) {
        self.take(row, false);
    }

    /// Ends the file. Returns the bytes of payload in it.
    pub fn finish(mut self) -> io::Result<u64> {
        while !self.waiting.is_empty() {
            self.pop()?;
        }
        self.out.flush()?;
        Ok(self.payload)
    }

    /// What a row means for the wire, and when.
    fn take(&mut self, row: &Row<'_>, chosen: bool) -> Option<(What, Nanos)> {
        let record = row.record;
        let key = (record.socket, record.generation);
        let sockets = self.sockets;
        let life = self.lives.entry(key).or_insert_with(|| Life::of(sockets, key));
        life.at = life.at.max(record.at);
        let at = life.at;
        let began = life.learn(row);
        if life.kind == Some(Kind::UdpSocket) {
            let what = datagram(life, row)?;
            if let (What::Sent(datagram), true) = (&what, chosen) {
                self.flying.sent(datagram, row.bytes);
            }
            return Some((what, at));
        }
        if life.kind == Some(Kind::TcpListener) {
            return None;
        }
        if let Event::Failed { call: Call::Connect, fault } = record.event {
            let refused = matches!(fault.kind, FaultKind::Refused | FaultKind::Reset);
            let peer = canonical(record.peer.or(life.peer)?);
            let asked = life.asked.take()?;
            // Only `connect` gives a client its port, and what it was is not told when it fails.
            let local = place(None, peer);
            let sent = refused || fault.kind == FaultKind::TimedOut;
            let initial = self.initial();
            return sent.then_some((What::Attempt { local, peer, asked, refused, initial }, at));
        }
        let needed = began || life.speaks(record.event);
        if needed && life.tip.is_none() {
            self.join(key, began);
        }
        let life = self.lives.get_mut(&key)?;
        let (stream, side) = life.tip?;
        let len = row.bytes.len() as u64;
        let act = match record.event {
            Event::Connected { .. } | Event::Opened { .. } => {
                let client = if matches!(record.event, Event::Opened { .. }) { 1 - side } else { side };
                if let (Some(stream), true) = (self.streams.get_mut(stream), chosen && began) {
                    stream.begin(client, life.asked);
                }
                Act::Open
            }
            Event::Sent { .. } => {
                let offset = life.sent;
                life.sent = offset.saturating_add(len);
                if let (Some(stream), true) = (self.streams.get_mut(stream), chosen) {
                    stream.promise(side, &(offset..life.sent));
                }
                Act::Sent(offset)
            }
            Event::Received { .. } => {
                let offset = life.received;
                life.received = offset.saturating_add(len);
                Act::Received(offset)
            }
            Event::FileEnded { sent, .. } => {
                life.sent = life.sent.saturating_add(sent);
                return None;
            }
            Event::PeerEnded => Act::Ended(life.received),
            Event::HalfClosed => Act::End(life.sent),
            event @ Event::Closed { .. } if event.unread(row.bytes) > 0 => Act::Reset,
            Event::Closed { .. } if !life.lost => Act::End(life.sent),
            Event::Aborted { .. } => Act::Reset,
            Event::Failed { fault, .. } if matches!(fault.kind, FaultKind::Reset | FaultKind::BrokenPipe) => {
                Act::WasReset
            }
            Event::Failed { fault, .. } => {
                life.lost |= matches!(fault.kind, FaultKind::TimedOut | FaultKind::HostUnreachable);
                return None;
            }
            _ => return None,
        };
        Some((What::Act { stream, side, act }, at))
    }

    /// Finds or makes the stream of a life, of which this is the beginning if `whole`.
    fn join(&mut self, key: (SocketId, u16), whole: bool) {
        let Some(life) = self.lives.get(&key) else { return };
        let Some(peer) = life.peer.map(canonical) else { return };
        let local = canonical(place(life.local, peer));
        let other = self.by_addresses.get(&(peer, local)).copied();
        let joined = other.filter(|index| self.streams.get_mut(*index).is_some_and(|stream| stream.join(whole)));
        let tip = if let Some(index) = joined {
            (index, 1)
        } else {
            let initial = self.initial();
            self.streams.push(Stream::new(local, peer, whole, initial));
            self.by_addresses.insert((local, peer), self.streams.len() - 1);
            (self.streams.len() - 1, 0)
        };
        if let Some(life) = self.lives.get_mut(&key) {
            life.tip = Some(tip);
        }
    }

    /// A first sequence number: another for each connection, so that two on the same ports are not taken for one.
    fn initial(&mut self) -> u32 {
        let initial = self.opened.wrapping_mul(0x0100_0193);
        self.opened = self.opened.wrapping_add(1);
        initial
    }

    /// Writes the packets of the earliest row that waits.
    fn pop(&mut self) -> io::Result<()> {
        let Some(Reverse(item)) = self.waiting.pop() else { return Ok(()) };
        self.held = self.held.saturating_sub(item.bytes.len());
        let comment = format!("{SYNTHESISED}: {}", item.why);
        let mut packets = Vec::new();
        match item.what {
            What::Act { stream, side, act } => {
                if let Some(stream) = self.streams.get_mut(stream) {
                    stream.act(side, item.at, act, &item.bytes, &comment, &mut packets);
                }
            }
            What::Attempt { local, peer, asked, refused, initial } => {
                stream::attempt((local, peer), (asked, item.at), refused, initial, &comment, &mut packets);
            }
            What::Received(datagram) if self.flying.came(&datagram, &item.bytes) => {}
            What::Sent(Datagram { from, to, full }) | What::Received(Datagram { from, to, full }) => {
                if let Some(bytes) = packet::udp(from, to, full, &item.bytes) {
                    let missing = full.saturating_sub(item.bytes.len());
                    let time = self.epoch.saturating_add(item.at);
                    blocks::packet(&mut self.out, time, &bytes, bytes.len() + missing, &comment)?;
                    self.payload += item.bytes.len() as u64;
                }
            }
        }
        for Packet { at, bytes, payload, comment } in packets {
            blocks::packet(&mut self.out, self.epoch.saturating_add(at), &bytes, bytes.len(), &comment)?;
            self.payload += payload;
        }
        Ok(())
    }
}

impl Life {
    /// What the table of sockets knows of it, for those whose first rows are not there.
    fn of(sockets: &Sockets, (socket, generation): (SocketId, u16)) -> Self {
        let Some(entry) = sockets.get(socket) else { return Self::default() };
        let same = entry.generation == generation;
        Self {
            kind: Some(entry.kind),
            local: entry.local.filter(|_| same),
            peer: entry.peer.filter(|_| same),
            ..Self::default()
        }
    }

    /// Learns addresses from a row. Returns whether a connection begins with it.
    fn learn(&mut self, row: &Row<'_>) -> bool {
        let local = row.detail().parse().ok();
        match row.record.event {
            Event::Bound => {
                self.kind = self.kind.or(Some(Kind::UdpSocket));
                self.local = local.or(row.record.peer).or(self.local);
            }
            Event::Listening { .. } => self.kind = Some(Kind::TcpListener),
            Event::Connecting => self.asked = Some(row.record.at),
            Event::Connected { .. } | Event::Opened { .. } => {
                self.kind = self.kind.or(Some(Kind::TcpConnection));
                self.local = local.or(self.local);
                self.peer = row.record.peer.or(self.peer);
                return self.kind == Some(Kind::TcpConnection) && self.tip.is_none();
            }
            _ => {}
        }
        false
    }

    /// Whether this event of a connection is one of the wire, though its beginning is not known.
    fn speaks(&self, event: Event) -> bool {
        self.kind == Some(Kind::TcpConnection)
            && self.local.is_some()
            && matches!(event, Event::Sent { .. } | Event::Received { .. } | Event::PeerEnded | Event::HalfClosed)
    }
}

/// A datagram that a row tells of.
fn datagram(life: &Life, row: &Row<'_>) -> Option<What> {
    let peer = canonical(row.record.peer.or(life.peer)?);
    let local = canonical(place(life.local, peer));
    match row.record.event {
        Event::Sent { .. } => Some(What::Sent(Datagram { from: local, to: peer, full: row.bytes.len() })),
        Event::Received { full } => {
            let full = row.bytes.len().max(full as usize);
            Some(What::Received(Datagram { from: peer, to: local, full }))
        }
        _ => None,
    }
}

/// The address of a socket that speaks with this peer. One that is bound to every address reaches this computer from its
/// loopback address; which one it has towards others is not known.
fn place(local: Option<SocketAddr>, peer: SocketAddr) -> SocketAddr {
    let port = local.map_or(0, |local| local.port());
    let ip = local.map(|local| local.ip().to_canonical()).filter(|ip| !ip.is_unspecified());
    let unknown = match peer.ip() {
        IpAddr::V4(v4) if v4.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_loopback() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    SocketAddr::new(ip.unwrap_or(unknown), port)
}

/// IPv4 in the form of IPv6 is IPv4; scopes and flow labels are not part of who it is.
fn canonical(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}

/// The call that a packet comes from.
fn why(row: &Row<'_>) -> String {
    let socket = row.record.socket;
    let len = row.bytes.len();
    let call = match row.record.event {
        Event::Sent { .. } => format!("send = {len}"),
        Event::Received { full } if full as usize > len => format!("recv = {len} of {full}"),
        Event::Received { .. } => format!("recv = {len}"),
        Event::PeerEnded => "recv = 0".into(),
        Event::HalfClosed => "shutdown(WR)".into(),
        Event::Closed { .. } => match row.record.event.unread(row.bytes) {
            0 => "close".into(),
            unread => format!("close, {unread} unread"),
        },
        Event::Aborted { .. } => "close, linger 0".into(),
        Event::Connected { .. } => "connect = 0".into(),
        Event::Opened { .. } => "accept".into(),
        Event::Failed { call, fault } => format!("{} {}", call.name(), fault.kind.name()),
        other => other.word().into(),
    };
    format!("{socket} {call}, row {}", row.seq)
}
