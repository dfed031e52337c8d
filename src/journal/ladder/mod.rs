//! The conversation as a ladder: a lifeline for each end, calls on them in the order of time, arrows between them.
//!
//! Honest by construction. A [`Step`] is a row of the journal, so it was seen. An [`Arrow`] says of which of its ends a call
//! was seen; packets themselves (SYN, FIN, RST, an ICMP answer) are never seen by a program, so an arrow that stands for
//! one is [`Seen::Neither`] and is drawn dashed. Where both ends are in this program, bytes are followed from the call that
//! sent them to every call that returned a part of them ([`spans`]).

mod text;
mod timeline;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

pub use self::timeline::{Crossings, Scale, Timeline};
use super::{
    fault::{Call, FaultKind},
    record::{CloseReason, Event, Nanos, SocketId},
    sockets::{Kind, Origin, SocketEntry, Sockets},
    spans,
    store::Journal,
};

/// Whose life a lifeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// A socket of this program.
    Socket(SocketId),
    /// An address outside of it: drawn hollow, its calls are not seen.
    Peer(SocketAddr),
}

/// One of the vertical lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifeline {
    /// Whose.
    pub end: End,
    /// What it is; that of its other end for a peer outside.
    pub kind: Kind,
    /// Its own address, where it is known.
    pub addr: Option<SocketAddr>,
}

/// A call, as a tick on its lifeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The row.
    pub seq: u64,
    /// When it returned.
    pub at: Nanos,
    /// Which lifeline.
    pub line: usize,
    /// What it was.
    pub event: Event,
    /// Bytes that it moved.
    pub len: u64,
}

/// What an arrow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A connection is asked for.
    Syn,
    /// It is granted.
    SynAck,
    /// Bytes of a stream.
    Data,
    /// A datagram.
    Datagram,
    /// One end will send no more.
    Fin,
    /// The connection is broken off, or was refused.
    Rst,
    /// A computer says that no program has the port (UDP).
    Icmp,
}

/// Of which ends of an arrow a call was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// Of both: the same bytes, sent and received.
    Both,
    /// Of its beginning; where it ended is not known.
    Sender,
    /// Of its end.
    Receiver,
    /// Of neither: it is inferred from calls that cannot be without it.
    Neither,
}

/// An end of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Which lifeline.
    pub line: usize,
    /// Which step, where a call was seen.
    pub step: Option<usize>,
}

/// Something that went from one lifeline to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Where it began.
    pub from: Tip,
    /// Where it ended.
    pub to: Tip,
    /// What it stands for.
    pub what: What,
    /// What was seen of it.
    pub seen: Seen,
    /// The row of the send whose bytes these are: all parts of a message have one colour.
    pub message: Option<u64>,
    /// Its bytes.
    pub len: u64,
}

/// Lifelines, steps and arrows. Steps are in the order of time; arrows in the order of the step that shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    /// From left to right.
    pub lines: Vec<Lifeline>,
    /// From top to bottom.
    pub steps: Vec<Step>,
    /// Between them.
    pub arrows: Vec<Arrow>,
}

/// The sockets that a ladder of this one is about: a listener's connections come with it, and the UDP sockets of this
/// program that a UDP socket talks with. The other ends of connections come by themselves.
pub fn company(sockets: &Sockets, socket: SocketId) -> BTreeSet<SocketId> {
    let mut all = BTreeSet::from([socket]);
    let Some(entry) = sockets.get(socket) else { return all };
    all.extend(entry.connections.iter().copied());
    if entry.kind == Kind::UdpSocket {
        let talks = |other: &&SocketEntry| {
            other.kind == Kind::UdpSocket && entry.peers.iter().any(|peer| spans::same(other.local, Some(*peer)))
        };
        all.extend(sockets.iter().filter(talks).map(|other| other.id));
    }
    all
}

impl Ladder {
    /// The ladder of these sockets, and of the other ends of their connections.
    pub fn of(journal: &Journal, sockets: &Sockets, chosen: &BTreeSet<SocketId>) -> Self {
        let mut builder = Builder::new(sockets, chosen);
        // Workers write down independently: what one of them tells first may have happened later.
        let mut rows: Vec<_> = journal.rows_from(0).filter(|row| builder.draws(row.record.socket)).collect();
        rows.sort_by_key(|row| row.record.at);
        for row in rows {
            builder.step(row.seq, row.record.at, row.record.socket, row.record.event, row.bytes.len() as u64);
        }
        builder.connections(journal);
        builder.datagrams(journal);
        builder.inferred(journal);
        let mut ladder = builder.ladder;
        ladder.send_first();
        let shown = |arrow: &Arrow| arrow.to.step.or(arrow.from.step);
        ladder.arrows.sort_by_key(shown);
        ladder
    }
}

impl Ladder {
    /// Puts each send before the recv of its bytes, and each end before the recv that returned 0 for it. A step's time is that of its return, and a `send` may return after the
    /// `recv` of what it sent, on another processor; but its bytes did not arrive before they left.
    fn send_first(&mut self) {
        let mut keys: Vec<_> = self.steps.iter().map(|step| (step.at, 1)).collect();
        for arrow in self.arrows.iter().filter(|arrow| arrow.seen == Seen::Both || arrow.what == What::Fin) {
            let (Some(from), Some(to)) = (arrow.from.step, arrow.to.step) else { continue };
            if let (Some(step), Some(key)) = (self.steps.get(to), keys.get_mut(from)) {
                *key = (*key).min((step.at, 0));
            }
        }
        if keys.is_sorted() {
            return;
        }
        let mut order: Vec<_> = (0..self.steps.len()).collect();
        order.sort_by_key(|index| keys.get(*index).copied());
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(place) = place.get_mut(*old) {
                *place = new;
            }
        }
        self.steps = order.iter().filter_map(|old| self.steps.get(*old).copied()).collect();
        for arrow in &mut self.arrows {
            for tip in [&mut arrow.from, &mut arrow.to] {
                tip.step = tip.step.and_then(|step| place.get(step).copied());
            }
        }
    }
}

struct Builder<'s> {
    sockets: &'s Sockets,
    ladder: Ladder,
    line_of: BTreeMap<End, usize>,
    step_of: BTreeMap<u64, usize>,
}

impl<'s> Builder<'s> {
    fn new(sockets: &'s Sockets, chosen: &BTreeSet<SocketId>) -> Self {
        let mut builder =
            Self { sockets, ladder: Ladder::default(), line_of: BTreeMap::new(), step_of: BTreeMap::new() };
        let mut wanted = chosen.clone();
        wanted.extend(chosen.iter().filter_map(|id| spans::other_end(sockets, *id)));
        // Who connects stands left of who is connected to, as in every textbook.
        let mut ends: Vec<_> = wanted.iter().filter_map(|id| sockets.get(*id)).collect();
        let rank = |origin: Origin, kind: Kind| match (origin, kind) {
            (Origin::Opened, Kind::TcpConnection) => 0,
            (Origin::Opened, Kind::UdpSocket) => 1,
            (_, Kind::TcpListener) => 2,
            _ => 3,
        };
        ends.sort_by_key(|entry| (rank(entry.origin, entry.kind), entry.id));
        for entry in ends {
            builder.line(Lifeline { end: End::Socket(entry.id), kind: entry.kind, addr: entry.local });
        }
        builder
    }

    fn line(&mut self, lifeline: Lifeline) -> usize {
        let lines = &mut self.ladder.lines;
        *self.line_of.entry(lifeline.end).or_insert_with(|| {
            lines.push(lifeline);
            lines.len() - 1
        })
    }

    /// The lifeline of an address that none of these sockets has.
    fn outside(&mut self, addr: SocketAddr, kind: Kind) -> usize {
        self.line(Lifeline { end: End::Peer(addr), kind, addr: Some(addr) })
    }

    fn draws(&self, socket: SocketId) -> bool {
        self.line_of.contains_key(&End::Socket(socket))
    }

    fn step(&mut self, seq: u64, at: Nanos, socket: SocketId, event: Event, len: u64) {
        let Some(line) = self.line_of.get(&End::Socket(socket)) else { return };
        let len = if event.has_payload() { len } else { 0 };
        self.step_of.insert(seq, self.ladder.steps.len());
        self.ladder.steps.push(Step { seq, at, line: *line, event, len });
    }

    fn tip(&self, seq: u64) -> Option<Tip> {
        let step = *self.step_of.get(&seq)?;
        Some(Tip { line: self.ladder.steps.get(step)?.line, step: Some(step) })
    }

    fn arrow(&mut self, from: Option<Tip>, to: Option<Tip>, what: What, seen: Seen, message: Option<u64>, len: u64) {
        if let (Some(from), Some(to)) = (from, to) {
            self.ladder.arrows.push(Arrow { from, to, what, seen, message, len });
        }
    }

    /// The bytes of connections of which both ends are here.
    fn connections(&mut self, journal: &Journal) {
        let lanes = spans::lanes_of_all(journal.rows_from(0).filter(|row| self.draws(row.record.socket)));
        let nothing = Default::default();
        for index in 0..self.ladder.lines.len() {
            let Some(Lifeline { end: End::Socket(id), kind: Kind::TcpConnection, .. }) = self.ladder.lines.get(index)
            else {
                continue;
            };
            let id = *id;
            let Some(entry) = self.sockets.get(id) else { continue };
            let (sends, recvs) = lanes.get(&(id, entry.generation)).unwrap_or(&nothing);
            let Some(other) = spans::other_end(self.sockets, id).and_then(|other| self.sockets.get(other)) else {
                if let Some(peer) = entry.peer {
                    self.half(peer, sends, recvs);
                }
                continue;
            };
            let (_, came) = lanes.get(&(other.id, other.generation)).unwrap_or(&nothing);
            let Some(there) = self.line_of.get(&End::Socket(other.id)).copied() else { continue };
            let joins = spans::joins(sends, came);
            for join in &joins {
                let (Some(out), Some(arrived)) = (sends.pieces.get(join.send), came.pieces.get(join.recv)) else {
                    continue;
                };
                let (from, to) = (self.tip(out.seq), self.tip(arrived.seq));
                self.arrow(from, to, What::Data, Seen::Both, Some(out.seq), join.len);
            }
            // What no recv has returned.
            for out in sends.pieces.iter().filter(|out| out.end() > came.len() || joins.is_empty()) {
                let rest = out.end() - out.offset.max(came.len().min(out.end()));
                let (from, to) = (self.tip(out.seq), Some(Tip { line: there, step: None }));
                self.arrow(from, to, What::Data, Seen::Sender, Some(out.seq), rest);
            }
        }
    }

    /// The bytes of a connection whose other end is elsewhere.
    fn half(&mut self, peer: SocketAddr, sends: &spans::Lane, recvs: &spans::Lane) {
        let line = self.outside(peer, Kind::TcpConnection);
        let there = Some(Tip { line, step: None });
        for piece in &sends.pieces {
            self.arrow(self.tip(piece.seq), there, What::Data, Seen::Sender, Some(piece.seq), piece.len);
        }
        for piece in &recvs.pieces {
            self.arrow(there, self.tip(piece.seq), What::Data, Seen::Receiver, Some(piece.seq), piece.len);
        }
    }

    fn datagrams(&mut self, journal: &Journal) {
        for datagram in spans::datagrams(journal.rows_from(0), self.sockets) {
            let sent = datagram.sent.and_then(|seq| self.tip(seq));
            let received = datagram.received.and_then(|seq| self.tip(seq));
            let message = datagram.sent.or(datagram.received);
            let (len, kept) = (u64::from(datagram.len), u64::from(datagram.kept));
            match (sent, received) {
                (Some(_), Some(_)) => self.arrow(sent, received, What::Datagram, Seen::Both, message, kept),
                (Some(_), None) => {
                    let Some(to) = datagram.to else { continue };
                    let line = self.bound_to(to).unwrap_or_else(|| self.outside(to, Kind::UdpSocket));
                    self.arrow(sent, Some(Tip { line, step: None }), What::Datagram, Seen::Sender, message, len);
                }
                (None, Some(tip)) => {
                    let row =
                        self.ladder.steps.get(tip.step.unwrap_or_default()).and_then(|step| journal.row(step.seq));
                    let Some(from) = row.and_then(|row| row.record.peer) else { continue };
                    let line = self.bound_to(from).unwrap_or_else(|| self.outside(from, Kind::UdpSocket));
                    self.arrow(Some(Tip { line, step: None }), received, What::Datagram, Seen::Receiver, message, kept);
                }
                (None, None) => {}
            }
        }
    }

    /// The lifeline of the UDP socket that is bound to this very address.
    fn bound_to(&self, addr: SocketAddr) -> Option<usize> {
        self.ladder.lines.iter().position(|line| {
            matches!(line.end, End::Socket(_)) && line.kind == Kind::UdpSocket && line.addr == Some(addr)
        })
    }

    /// What no call tells of, and what has to have been for the calls to be as they are.
    fn inferred(&mut self, journal: &Journal) {
        // Once a lifeline, not once a step.
        let sockets = self.sockets;
        let other = |line: &Lifeline| match line.end {
            End::Socket(id) => spans::other_end(sockets, id),
            End::Peer(_) => None,
        };
        let others: Vec<_> = self.ladder.lines.iter().map(other).collect();
        for index in 0..self.ladder.steps.len() {
            let Some(step) = self.ladder.steps.get(index).copied() else { continue };
            let Some(kind) = self.ladder.lines.get(step.line).map(|line| line.kind) else { continue };
            let here = Some(Tip { line: step.line, step: Some(index) });
            let peer = journal.row(step.seq).and_then(|row| row.record.peer);
            let other = others.get(step.line).copied().flatten();
            let tcp = kind == Kind::TcpConnection;
            match step.event {
                Event::Connecting if tcp => {
                    // To the other computer, which answers by itself: `accept` comes when it comes.
                    let to = self.far_end(other, peer, kind);
                    self.arrow(here, to, What::Syn, Seen::Neither, None, 0);
                }
                Event::Connected { .. } if tcp => {
                    let from = self.far_end(other, peer, kind);
                    self.arrow(from, here, What::SynAck, Seen::Neither, None, 0);
                }
                Event::PeerEnded => {
                    let ended = other.and_then(|other| self.ended(other, index));
                    let from = ended.or_else(|| self.far_end(other, peer, kind));
                    self.arrow(from, here, What::Fin, Seen::Neither, None, 0);
                }
                Event::HalfClosed
                | Event::Closed { why: CloseReason::User | CloseReason::Rule | CloseReason::PeerEnded, .. }
                    if tcp && other.is_none() =>
                {
                    let to = self.far_end(other, peer, kind);
                    self.arrow(here, to, What::Fin, Seen::Neither, None, 0);
                }
                Event::Aborted { .. } if tcp => {
                    let broken =
                        |event: Event| matches!(event, Event::Failed { fault, .. } if fault.kind == FaultKind::Reset);
                    let to = other
                        .and_then(|other| self.first(other, index, broken))
                        .or_else(|| self.far_end(other, peer, kind));
                    self.arrow(here, to, What::Rst, Seen::Neither, None, 0);
                }
                Event::Failed { call: Call::Connect, fault } if tcp && fault.kind == FaultKind::Refused => {
                    let from = self.far_end(other, peer, kind);
                    self.arrow(from, here, What::Rst, Seen::Neither, None, 0);
                }
                Event::Failed { fault, .. } if tcp && fault.kind == FaultKind::Reset && other.is_none() => {
                    let from = self.far_end(other, peer, kind);
                    self.arrow(from, here, What::Rst, Seen::Neither, None, 0);
                }
                Event::Failed { fault, .. } if kind == Kind::UdpSocket && fault.kind == FaultKind::Refused => {
                    let from = self.far_end(None, peer, kind);
                    self.arrow(from, here, What::Icmp, Seen::Neither, None, 0);
                }
                _ => {}
            }
        }
    }

    /// The lifeline of the other end: a socket of ours, or the address.
    fn far_end(&mut self, other: Option<SocketId>, peer: Option<SocketAddr>, kind: Kind) -> Option<Tip> {
        let ours = other.and_then(|other| self.line_of.get(&End::Socket(other)).copied());
        let line = match ours {
            Some(line) => line,
            None => self.outside(peer?, kind),
        };
        Some(Tip { line, step: None })
    }

    /// The first such step of a socket from another step on.
    fn first(&self, socket: SocketId, from: usize, so: impl Fn(Event) -> bool) -> Option<Tip> {
        let line = *self.line_of.get(&End::Socket(socket))?;
        let steps = self.ladder.steps.iter().enumerate().skip(from);
        steps
            .filter(|(_, step)| step.line == line)
            .find(|(_, step)| so(step.event))
            .map(|(index, _)| Tip { line, step: Some(index) })
    }

    /// The step with which a socket ended its direction in the life in which another step heard of it. Its own record may
    /// be a moment later.
    fn ended(&self, socket: SocketId, heard: usize) -> Option<Tip> {
        let line = *self.line_of.get(&End::Socket(socket))?;
        let at = self.ladder.steps.get(heard)?.at;
        let ends = |event| matches!(event, Event::HalfClosed | Event::Closed { .. });
        let begins = |event| matches!(event, Event::Connecting | Event::Opened { .. });
        let own = || self.ladder.steps.iter().enumerate().filter(|(_, step)| step.line == line);
        let before = own().rev().skip_while(|(index, _)| *index > heard).take_while(|(_, step)| !begins(step.event));
        let behind = own()
            .skip_while(|(index, _)| *index < heard)
            .take_while(|(_, step)| !begins(step.event) && step.at <= at.saturating_add(spans::LATE));
        let first = before.filter(|(_, step)| ends(step.event)).last();
        let (index, _) = first.or_else(|| behind.into_iter().find(|(_, step)| ends(step.event)))?;
        Some(Tip { line, step: Some(index) })
    }
}
