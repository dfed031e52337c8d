//! The conversation as a ladder: a lifeline for each end, calls on them in the order of time, arrows between them.
//!
//! Honest by construction. A [`Step`] is a row of the journal, so it was seen. An [`Arrow`] says of which of its ends a call
//! was seen; packets themselves (SYN, FIN, RST, an ICMP answer) are never seen by a program, so an arrow that stands for
//! one is [`Seen::Neither`] and is drawn dashed. Where both ends are in this program, bytes are followed from the call that
//! sent them to every call that returned a part of them. A [`Wait`] is inferred too: workers ask with `poll` and are never
//! blocked, so what is known is that between two moments no `recv` returned.
//!
//! The [`Index`] grows with the journal; a [`Ladder`] is the part of it that one looks at.

mod index;
mod lives;
mod overview;
mod past;
mod text;
mod timeline;
mod window;

use std::{collections::BTreeSet, net::SocketAddr};

pub use self::{
    index::Index,
    timeline::{Scale, Timeline, Times},
    window::ARROWS,
};
use super::{
    record::{Event, Nanos, SocketId},
    sockets::{Kind, SocketEntry, Sockets, State},
    spans,
    store::Journal,
};

/// From how long on it is told that no `recv` returned: what a person waits for.
pub const WAIT: Nanos = 1_000_000_000;

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
    /// The how manieth it is of all.
    pub place: usize,
    /// Which lifeline.
    pub line: usize,
    /// What it was.
    pub event: Event,
    /// Bytes that it moved.
    pub len: u64,
    /// How many more it stands for, those directly behind it.
    pub more: usize,
    /// The state that its socket has from here on, where that is another one.
    pub state: Option<State>,
    /// How long no `recv` had returned, where that is [long](WAIT).
    pub idle: Option<Nanos>,
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
    /// A datagram that is a part of a file: that it was sent is in no row.
    Part,
    /// The bytes of a file, from its first to its last.
    File,
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
    /// Of its beginning; its end is in this program, and no call there has returned it.
    Unread,
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
    /// The [place](Step::place) of its step, where a call was seen.
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
    /// How many it stands for: more than one only where too many would be on screen.
    pub count: u64,
}

/// A time in one state, beside a lifeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Which lifeline.
    pub line: usize,
    /// Which state.
    pub state: State,
    /// Since when.
    pub since: Nanos,
    /// The place of the step that began it.
    pub from: usize,
    /// The place of the step that ended it; none while it lasts.
    pub to: Option<usize>,
}

/// A time in which no `recv` returned. What the program did meanwhile is not known: it is drawn dashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Which lifeline.
    pub line: usize,
    /// The place of the call before it.
    pub from: usize,
    /// The place of the `recv` that ended it; none while it lasts.
    pub to: Option<usize>,
    /// How long.
    pub lasted: Nanos,
}

/// A file that is sent, from its first byte that was handed to the kernel to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which lifeline sends it.
    pub line: usize,
    /// The row that says that it began.
    pub seq: u64,
    /// The place of the step that began it.
    pub from: usize,
    /// The place of the step that ended it; none while it lasts.
    pub to: Option<usize>,
}

/// Lifelines, steps and arrows, of a part of the time. Steps are in the order of time; arrows in the order of the step that
/// shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    /// From left to right.
    pub lines: Vec<Lifeline>,
    /// From top to bottom.
    pub steps: Vec<Step>,
    /// Between them.
    pub arrows: Vec<Arrow>,
    /// States.
    pub bands: Vec<Band>,
    /// Times without a `recv`.
    pub waits: Vec<Wait>,
    /// Files.
    pub transfers: Vec<Transfer>,
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

/// All sockets of a server or client that belong to this one: the listener that accepted it with its connections, and the
/// other ends of those; of a UDP socket, those that it talks with.
pub fn server_of(sockets: &Sockets, socket: SocketId) -> BTreeSet<SocketId> {
    let listener = |id| match sockets.get(id).map(|entry| entry.origin) {
        Some(super::Origin::AcceptedBy(listener)) => Some(listener),
        _ => None,
    };
    let own = listener(socket).or_else(|| spans::other_end(sockets, socket).and_then(listener));
    company(sockets, own.unwrap_or(socket)).into_iter().chain([socket]).collect()
}

impl Ladder {
    /// The ladder of these sockets, and of the other ends of their connections.
    pub fn of(journal: &Journal, sockets: &Sockets, chosen: &BTreeSet<SocketId>) -> Self {
        let (mut index, mut datagrams) = (Index::default(), spans::Datagrams::default());
        let mut streams = spans::Streams::default();
        datagrams.advance(journal, usize::MAX);
        streams.advance(journal, usize::MAX);
        index.advance((journal, &datagrams, &streams), sockets, chosen, usize::MAX);
        index.whole(journal, &datagrams)
    }

    /// The step at this place, where it is one of this part.
    pub fn step(&self, place: usize) -> Option<&Step> {
        let at = self.steps.binary_search_by_key(&place, |step| step.place).ok()?;
        self.steps.get(at)
    }
}
