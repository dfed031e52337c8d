//! Who is there, and in which state: the fold of all records.
//!
//! [`Sockets::apply`] is total. Records may come in any order and speak of sockets nobody announced; what
//! belongs to an earlier life of a socket (an older generation) no longer changes its state.

use std::{collections::BTreeMap, net::SocketAddr};

use super::{
    fault::{Call, Fault, FaultKind},
    record::{CloseReason, Event, Nanos, Record, SocketId},
};

/// What kind of socket it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A listening TCP socket.
    TcpListener,
    /// A TCP connection, opened or accepted.
    TcpConnection,
    /// A UDP socket.
    UdpSocket,
}

impl Kind {
    /// A word that stays the same between versions; the one that serde writes too.
    pub fn word(self) -> &'static str {
        match self {
            Self::TcpListener => "tcp-listener",
            Self::TcpConnection => "tcp-connection",
            Self::UdpSocket => "udp-socket",
        }
    }
}

/// Where a socket came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user opened it.
    Opened,
    /// This listener accepted it.
    AcceptedBy(SocketId),
}

/// The state of a socket, in the words of RFC 9293 and `ss(8)` as far as a program can know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing was heard of it yet.
    New,
    /// Its host name is being looked up.
    Resolving,
    /// UDP: bound to an address.
    Bound,
    /// TCP: listening.
    Listen,
    /// `connect` waits for its answer.
    SynSent,
    /// Open in both directions.
    Established,
    /// We half-closed, the peer may still send (FIN_WAIT_1 or FIN_WAIT_2; a program cannot tell which).
    FinWait,
    /// The peer ended, we may still send.
    CloseWait,
    /// Closed.
    Closed(CloseReason),
    /// Closed with RST by us.
    Aborted,
    /// Ended by an error, which is the socket's [`last_fault`](SocketEntry::last_fault).
    Failed(FaultKind),
}

impl State {
    /// The word in the badge: `LISTEN`, `ESTABLISHED`, `REFUSED` …
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Resolving => "RESOLVING",
            Self::Bound => "BOUND",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN_SENT",
            Self::Established => "ESTABLISHED",
            Self::FinWait => "FIN_WAIT",
            Self::CloseWait => "CLOSE_WAIT",
            Self::Closed(_) => "CLOSED",
            Self::Aborted => "ABORTED",
            Self::Failed(kind) => match kind {
                FaultKind::Refused => "REFUSED",
                FaultKind::TimedOut => "TIMED_OUT",
                FaultKind::Reset => "RESET",
                FaultKind::Cancelled => "CANCELLED",
                FaultKind::InUse => "IN_USE",
                FaultKind::NoName => "NO_NAME",
                FaultKind::NoAnswer => "NO_ANSWER",
                FaultKind::NetUnreachable | FaultKind::HostUnreachable | FaultKind::NetDown => "UNREACHABLE",
                _ => "FAILED",
            },
        }
    }

    /// Whether the socket still holds a descriptor.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Closed(_) | Self::Aborted | Self::Failed(_))
    }

    /// Whether `send` can be called now.
    pub fn can_send(self) -> bool {
        matches!(self, Self::Bound | Self::Established | Self::CloseWait)
    }

    /// Whether `shutdown(SHUT_WR)` makes sense now.
    pub fn can_half_close(self) -> bool {
        matches!(self, Self::Established | Self::CloseWait)
    }
}

/// What is known of one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketEntry {
    /// Its name.
    pub id: SocketId,
    /// What it is.
    pub kind: Kind,
    /// Where it came from.
    pub origin: Origin,
    /// How often it was opened before.
    pub generation: u16,
    /// Where it stands.
    pub state: State,
    /// Its own address, once bound.
    pub local: Option<SocketAddr>,
    /// The other end, for connections and connected UDP sockets.
    pub peer: Option<SocketAddr>,
    /// The last failed call, its error, address and detail, whether or not it ended the socket.
    pub last_fault: Option<Failure>,
    /// Connections it accepted, for a listener.
    pub connections: Vec<SocketId>,
    /// UDP peers heard from or sent to, the most recent last; at most [`SocketEntry::PEERS`].
    pub peers: Vec<SocketAddr>,
    /// When the state last changed.
    pub since: Nanos,
    /// From `connect` to its success.
    pub connect_took: Option<Nanos>,
}

impl SocketEntry {
    /// How many peers of a UDP socket are remembered.
    pub const PEERS: usize = 32;
}

/// A failed call with all that is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The call.
    pub call: Call,
    /// Its error.
    pub fault: Fault,
    /// The address it named.
    pub addr: Option<SocketAddr>,
    /// What else is known: the process that holds the port, the name that was looked up, a path.
    pub detail: String,
    /// When.
    pub at: Nanos,
}

/// All sockets that are there, by id.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    entries: BTreeMap<SocketId, SocketEntry>,
}

impl Sockets {
    /// Announces a socket that is about to be opened (again).
    pub fn open(&mut self, id: SocketId, kind: Kind, generation: u16, at: Nanos) {
        let entry = self.entries.entry(id).or_insert_with(|| blank(id, kind, Origin::Opened, generation, at));
        *entry = SocketEntry {
            connections: std::mem::take(&mut entry.connections),
            peers: std::mem::take(&mut entry.peers),
            ..blank(id, kind, entry.origin, generation, at)
        };
    }

    /// Forgets a socket. Its rows stay in the journal.
    pub fn forget(&mut self, id: SocketId) {
        if let Some(SocketEntry { origin: Origin::AcceptedBy(listener), .. }) = self.entries.remove(&id)
            && let Some(listener) = self.entries.get_mut(&listener)
        {
            listener.connections.retain(|connection| *connection != id);
        }
    }

    /// One socket.
    pub fn get(&self, id: SocketId) -> Option<&SocketEntry> {
        self.entries.get(&id)
    }

    /// All of them, in the order in which they were opened.
    pub fn iter(&self) -> impl Iterator<Item = &SocketEntry> {
        self.entries.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Connections of this listener that are still open.
    pub fn open_connections(&self, listener: SocketId) -> usize {
        self.entries.get(&listener).map_or(0, |entry| {
            entry.connections.iter().filter(|id| self.get(**id).is_some_and(|c| c.state.is_open())).count()
        })
    }

    /// Takes one record in. `bytes` are the record's payload or detail.
    pub fn apply(&mut self, record: &Record, bytes: &[u8]) {
        let Some(entry) = self.entry_for(record) else { return };
        if record.generation < entry.generation {
            return;
        }
        let address = || std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok());
        let before = entry.state;
        match record.event {
            Event::Received { .. } | Event::Sent { .. } => {
                if entry.kind == Kind::UdpSocket
                    && let Some(peer) = record.peer
                {
                    remember(&mut entry.peers, peer);
                }
                return;
            }
            Event::Resolving => entry.state = State::Resolving,
            Event::Bound => {
                entry.state = State::Bound;
                entry.local = address().or(record.peer);
            }
            Event::Listening { .. } => {
                entry.state = State::Listen;
                entry.local = address().or(record.peer);
            }
            Event::Connecting => {
                entry.state = if entry.kind == Kind::UdpSocket { entry.state } else { State::SynSent };
                entry.peer = record.peer;
            }
            Event::Connected { took } => {
                // A connected UDP socket is still no more than bound: nothing was sent.
                entry.state = if entry.kind == Kind::UdpSocket { State::Bound } else { State::Established };
                entry.peer = record.peer;
                entry.local = address().or(entry.local);
                entry.connect_took = Some(took);
                if entry.kind == Kind::UdpSocket
                    && let Some(peer) = record.peer
                {
                    remember(&mut entry.peers, peer);
                }
            }
            Event::Opened { .. } => {
                entry.state = State::Established;
                entry.peer = record.peer;
                entry.local = address().or(entry.local);
            }
            Event::PeerEnded => {
                entry.state = match entry.state {
                    State::Established => State::CloseWait,
                    other => other,
                };
            }
            Event::HalfClosed => {
                entry.state = match entry.state {
                    State::Established | State::CloseWait => State::FinWait,
                    other => other,
                };
            }
            Event::Closed { why, .. } => {
                // The error before it says more than the word CLOSED.
                entry.state = match (why, entry.state, &entry.last_fault) {
                    (CloseReason::Failure, State::Failed(_), _) => entry.state,
                    (CloseReason::Failure, _, Some(failure)) => State::Failed(failure.fault.kind),
                    _ => State::Closed(why),
                };
            }
            Event::Aborted { .. } => entry.state = State::Aborted,
            Event::Failed { call, fault } => {
                entry.last_fault = Some(Failure {
                    call,
                    fault,
                    addr: record.peer,
                    detail: String::from_utf8_lossy(bytes).into_owned(),
                    at: record.at,
                });
            }
            Event::Accepted { connection } => {
                if !entry.connections.contains(&connection) {
                    entry.connections.push(connection);
                }
                let listener = entry.id;
                self.entries.entry(connection).or_insert_with(|| SocketEntry {
                    peer: record.peer,
                    ..blank(connection, Kind::TcpConnection, Origin::AcceptedBy(listener), 0, record.at)
                });
                return;
            }
            Event::FileStarted { .. }
            | Event::FilePaused { .. }
            | Event::FileResumed { .. }
            | Event::FileEnded { .. }
            | Event::RepeatEnded { .. }
            | Event::OptionSet
            | Event::Asked
            | Event::Limited { .. }
            | Event::Ran { .. } => {
                return;
            }
        }
        if entry.state != before {
            entry.since = record.at;
        }
    }

    fn entry_for(&mut self, record: &Record) -> Option<&mut SocketEntry> {
        // The two ends of an accept come from different workers: either record may be first.
        if let Event::Opened { listener } = record.event {
            if let Some(entry) = self.entries.get_mut(&listener)
                && !entry.connections.contains(&record.socket)
            {
                entry.connections.push(record.socket);
            }
            return Some(self.entries.entry(record.socket).or_insert_with(|| {
                blank(record.socket, Kind::TcpConnection, Origin::AcceptedBy(listener), record.generation, record.at)
            }));
        }
        self.entries.get_mut(&record.socket)
    }
}

fn blank(id: SocketId, kind: Kind, origin: Origin, generation: u16, at: Nanos) -> SocketEntry {
    SocketEntry {
        id,
        kind,
        origin,
        generation,
        state: State::New,
        local: None,
        peer: None,
        last_fault: None,
        connections: Vec::new(),
        peers: Vec::new(),
        since: at,
        connect_took: None,
    }
}

fn remember(peers: &mut Vec<SocketAddr>, peer: SocketAddr) {
    if peers.last() == Some(&peer) {
        return;
    }
    peers.retain(|known| *known != peer);
    if peers.len() >= SocketEntry::PEERS {
        peers.remove(0);
    }
    peers.push(peer);
}
