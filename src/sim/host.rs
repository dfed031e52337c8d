//! An end of the link, without sockets and without a clock of its own (sans-IO): packets and the time go in, packets and
//! notes come out. TCP and UDP (smoltcp) and the teaching protocols stand behind it alike.
//!
//! How a run drives the two, at each instant at which anything is due, the client first:
//!
//! 1. For each packet that has arrived: [`Host::receive`], then [`Host::poll`].
//! 2. Without any packet: [`Host::poll`] once.
//! 3. Time jumps to the earliest of the next arrival and both [`Host::wake`]s. A wake that is not later than now means
//!    "again, at this instant"; a thousand of those are [`Ended::Spinning`](super::Ended::Spinning).
//!
//! When nothing is due any more, every host is polled once more (a rule may wait for an empty wire); if still nothing is
//! due the run is over: [`Ended::Done`](super::Ended::Done) if both [`Host::is_done`], else
//! [`Ended::Silent`](super::Ended::Silent): a deadlock.

use super::{
    Link, Micros, Side,
    fate::{Name, PacketKind},
    log::{Call, Change, Discard, Note, PacketId, Piece, Timer, What},
    recorder::Recorder,
};

/// An end of the link: a kernel's protocol and the program on top of it.
pub trait Host {
    /// A packet has arrived. What it makes the host send may be sent here or in the `poll` that follows.
    fn receive(&mut self, packet: &Arrived<'_>, wire: &mut Wire<'_>) -> Verdict;

    /// Runs the program, timers that are due, and sends what is to be sent. Called at the start (time 0), after each
    /// `receive`, and when `wake` is due.
    fn poll(&mut self, wire: &mut Wire<'_>);

    /// When it is to be polled again at the latest, even if nothing arrives. `None`: only a packet can move it.
    fn wake(&self) -> Option<Micros>;

    /// Whether its program has done all it had to do, so that the run may end well when nothing is due any more.
    fn is_done(&self) -> bool;

    /// Whether nothing but waiting is left for its protocol, such as TIME-WAIT. The run ends when both are done, both are
    /// finished, and the wire is empty, whatever is due later.
    fn is_finished(&self) -> bool {
        false
    }

    /// Whether it has given the other end up.
    fn gave_up(&self) -> bool {
        false
    }
}

/// A packet as it comes out of the link.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// Which.
    pub id: PacketId,
    /// Who it is. A real kernel cannot know; a host may use it to write down the truth, and for nothing else.
    pub name: Name,
    /// The parts of messages in it; the same holds.
    pub pieces: &'a [Piece],
    /// Whether it took damage; the same holds.
    pub damaged: bool,
    /// All of it, from the IP header on, with whatever damage it took.
    pub bytes: &'a [u8],
}

/// What became of a packet that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The kernel took it: it is delivered.
    Taken,
    /// It was thrown away.
    Discarded(Discard),
}

/// A packet that goes out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// All of it, from the IP header on. [`udp::datagram`](super::udp::datagram) wraps a payload.
    pub bytes: Vec<u8>,
    /// What it is, for its fate.
    pub kind: PacketKind,
    /// For data the number of the message of its first byte, which pairs fates across transports. `None`: its place among
    /// the packets of this kind from this side, from 1; right for acknowledgements.
    pub number: Option<u32>,
    /// Where in that message it begins.
    pub offset: u32,
    /// The parts of messages that it carries.
    pub pieces: Vec<Piece>,
    /// The first byte that damage may hit: 0 for a real stack, whose checksums notice, 28 for a protocol of one's own on
    /// top of IPv4 and UDP.
    pub damage_from: usize,
}

/// What a host has of the world while it runs: the time, the link, and the log.
pub struct Wire<'a> {
    pub(super) side: Side,
    pub(super) now: Micros,
    pub(super) link: &'a mut Link,
    pub(super) recorder: &'a mut Recorder,
}

impl Wire<'_> {
    /// Whose turn it is.
    pub fn side(&self) -> Side {
        self.side
    }

    /// What time it is.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// Packets of both sides that are on their way and will arrive.
    pub fn in_flight(&self) -> usize {
        self.link.in_flight()
    }

    /// Puts a packet on the link. Its fate is decided here.
    pub fn send(&mut self, packet: Outgoing) -> PacketId {
        self.link.send(self.now, self.side, packet, self.recorder)
    }

    /// Writes down what the program called, and what came of it.
    pub fn call(&mut self, call: Call) {
        self.recorder.push(self.now, self.side, What::Call(call));
    }

    /// Writes down that a timer changed.
    pub fn timer(&mut self, timer: Timer, change: Change) {
        self.recorder.push(self.now, self.side, What::Timer { timer, change });
    }

    /// Writes down a new state, in the protocol's own words.
    pub fn state(&mut self, state: &'static str) {
        self.recorder.push(self.now, self.side, What::State(state));
    }

    /// Writes down anything else worth knowing.
    pub fn note(&mut self, note: Note) {
        self.recorder.push(self.now, self.side, What::Note(note));
    }

    /// Writes down why a packet that was just sent was sent again.
    pub fn resent(&mut self, packet: PacketId, why: super::Resent) {
        self.recorder.resent(packet, why);
    }
}
