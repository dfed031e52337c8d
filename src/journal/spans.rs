//! Which bytes of which `send` came out of which `recv`.
//!
//! TCP carries a stream of bytes (RFC 9293 section 2.2): three sends may come out of one recv, and one send out of three.
//! What belongs together is known by counting: the n-th byte that was handed to `send` at one end is the n-th that `recv`
//! returned at the other. UDP carries datagrams (RFC 768): one send, at most one recv, whole or cut; here they are matched
//! by their addresses and bytes, in order. Nothing is guessed where an end is not ours: that lane is missing, and says so.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
};

use super::{
    record::{Direction, Event, Nanos, SocketId},
    sockets::{Kind, Sockets},
    store::Row,
};

/// Bytes that one call moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The row that tells of it.
    pub seq: u64,
    /// When the call returned.
    pub at: Nanos,
    /// Where its first byte stands in the stream, from 0.
    pub offset: u64,
    /// How many bytes; more than 4 GiB only for a file.
    pub len: u64,
}

impl Piece {
    /// Where the next piece begins.
    pub fn end(&self) -> u64 {
        self.offset + self.len
    }
}

/// What one end of a connection did in one direction, in order; the pieces lie end to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The calls.
    pub pieces: Vec<Piece>,
    /// Whether the first of them is the first of the connection. Else older rows have left the journal, and nobody knows
    /// where in the stream this begins.
    pub whole: bool,
}

impl Lane {
    /// Bytes in it.
    pub fn len(&self) -> u64 {
        self.pieces.last().map_or(0, Piece::end)
    }

    /// Whether nothing moved.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    fn push(&mut self, row: &Row<'_>, len: u64) {
        if len > 0 {
            self.pieces.push(Piece { seq: row.seq, at: row.record.at, offset: self.len(), len });
        }
    }
}

/// The lanes of one life of one connection: what it sent, and what it received.
///
/// `rows` are those of the journal in order; those of other sockets are passed over.
pub fn lanes<'j>(rows: impl Iterator<Item = Row<'j>>, socket: SocketId, generation: u16) -> (Lane, Lane) {
    let mut lanes = (Lane::default(), Lane::default());
    for row in rows.filter(|row| row.record.socket == socket && row.record.generation == generation) {
        take(&mut lanes, &row);
    }
    lanes
}

/// The lanes of every life of every connection in these rows, in one pass over them.
pub fn lanes_of_all<'j>(rows: impl Iterator<Item = Row<'j>>) -> HashMap<(SocketId, u16), (Lane, Lane)> {
    let mut all: HashMap<_, (Lane, Lane)> = HashMap::new();
    for row in rows {
        take(all.entry((row.record.socket, row.record.generation)).or_default(), &row);
    }
    all
}

fn take((sent, received): &mut (Lane, Lane), row: &Row<'_>) {
    match row.record.event {
        Event::Connected { .. } | Event::Opened { .. } => {
            (sent.whole, received.whole) = (sent.is_empty(), received.is_empty());
        }
        Event::Sent { .. } => sent.push(row, row.bytes.len() as u64),
        Event::Received { .. } => received.push(row, row.bytes.len() as u64),
        // The bytes of a file are counted where its last one went.
        Event::FileEnded { sent: bytes, .. } => sent.push(row, bytes),
        _ => {}
    }
}

/// The other end of a connection, if it is in this program: the one whose addresses are the same the other way round.
pub fn other_end(sockets: &Sockets, socket: SocketId) -> Option<SocketId> {
    let entry = sockets.get(socket).filter(|entry| entry.kind == Kind::TcpConnection)?;
    let (local, peer) = (entry.local?, entry.peer?);
    let others = sockets.iter().filter(|other| {
        other.kind == Kind::TcpConnection
            && other.local == Some(peer)
            && other.peer == Some(local)
            && other.id != socket
    });
    // Of several lives on the same two ports the latest is meant.
    others.last().map(|other| other.id)
}

/// A part of a send that came out of a recv.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    /// Which of the lane of sends.
    pub send: usize,
    /// Which of the lane of recvs.
    pub recv: usize,
    /// Where it begins in the stream.
    pub offset: u64,
    /// Bytes.
    pub len: u64,
}

/// What is common to each send and each recv, in the order of the stream. Empty unless both lanes are whole.
pub fn joins(sends: &Lane, recvs: &Lane) -> Vec<Join> {
    let mut joins = Vec::new();
    if !(sends.whole && recvs.whole) {
        return joins;
    }
    let (mut send, mut recv) = (0, 0);
    while let (Some(out), Some(came)) = (sends.pieces.get(send), recvs.pieces.get(recv)) {
        let offset = out.offset.max(came.offset);
        let end = out.end().min(came.end());
        if offset < end {
            joins.push(Join { send, recv, offset, len: end - offset });
        }
        // The one that ends first is done with; both, where they end together.
        let (done_out, done_came) = (out.end() <= end, came.end() <= end);
        send += usize::from(done_out);
        recv += usize::from(done_came);
        if !(done_out || done_came) {
            break;
        }
    }
    joins
}

/// What the lanes of a stream tell in a sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Sends.
    pub sends: usize,
    /// Recvs.
    pub recvs: usize,
    /// Recvs that returned bytes of more than one send (粘包).
    pub glued: usize,
    /// Sends that came out of more than one recv (半包).
    pub split: usize,
    /// Bytes that were sent and not yet returned by a recv.
    pub unread: u64,
}

/// Counts what happened to the boundaries.
pub fn summary(sends: &Lane, recvs: &Lane) -> Summary {
    let joins = joins(sends, recvs);
    let repeated =
        |key: fn(&Join) -> usize| joins.chunk_by(|a, b| key(a) == key(b)).filter(|group| group.len() > 1).count();
    Summary {
        sends: sends.pieces.len(),
        recvs: recvs.pieces.len(),
        glued: repeated(|join| join.recv),
        split: repeated(|join| join.send),
        unread: sends.len().saturating_sub(recvs.len()),
    }
}

/// A datagram, from one of our sockets to another, or with one end elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// The row of its send, if it was sent here.
    pub sent: Option<u64>,
    /// The row of its recv, if it was received here.
    pub received: Option<u64>,
    /// Whom it was for.
    pub to: Option<SocketAddr>,
    /// Its bytes.
    pub len: u32,
    /// Those that recv returned; the rest was cut off and is lost.
    pub kept: u32,
}

impl Datagram {
    /// Whether its tail was cut off.
    pub fn is_cut(&self) -> bool {
        self.received.is_some() && self.kept < self.len
    }
}

/// Datagrams in the order in which they were sent or, where they were sent elsewhere, received.
///
/// A datagram that was sent here and received here is one entry; a receiver of ours that never returned it leaves
/// `received` empty, which is a loss only if the receiver has read since: that is the reader's to judge by the rows.
/// Two workers write down independently: a recv may be told of a moment before its send.
pub fn datagrams<'j>(rows: impl Iterator<Item = Row<'j>>, sockets: &Sockets) -> Vec<Datagram> {
    let udp = |id| sockets.get(id).filter(|entry| entry.kind == Kind::UdpSocket);
    let mut all: Vec<Datagram> = Vec::new();
    // Those on their way to a socket of ours, with their bytes, oldest first.
    let mut flying: VecDeque<(usize, Option<SocketAddr>, &'j [u8])> = VecDeque::new();
    // Those received of which no send was told yet, oldest first.
    let mut early: VecDeque<(usize, Row<'j>)> = VecDeque::new();
    for row in rows {
        let Some(entry) = udp(row.record.socket) else { continue };
        match row.record.event.direction() {
            Some(Direction::Out) => {
                let len = row.bytes.len() as u32;
                let told = |(index, came): &(usize, Row<'_>)| {
                    let to = all.get(*index).and_then(|datagram| datagram.to);
                    came.record.at.saturating_add(LATE) >= row.record.at
                        && same(entry.local, came.record.peer)
                        && same(row.record.peer, to)
                        && matches!(came.record.event, Event::Received { full } if full == len)
                        && row.bytes.starts_with(came.bytes)
                };
                let found = early.iter().position(told).and_then(|at| early.remove(at));
                if let Some(datagram) = found.and_then(|(index, _)| all.get_mut(index)) {
                    (datagram.sent, datagram.to) = (Some(row.seq), row.record.peer);
                } else {
                    flying.push_back((all.len(), entry.local, row.bytes));
                    all.push(Datagram { sent: Some(row.seq), received: None, to: row.record.peer, len, kept: 0 });
                }
            }
            Some(Direction::In) => {
                let Event::Received { full } = row.record.event else { continue };
                let came = |(index, from, bytes): &(usize, Option<SocketAddr>, &[u8])| {
                    let to = all.get(*index).and_then(|datagram| datagram.to);
                    same(*from, row.record.peer)
                        && same(to, entry.local)
                        && bytes.len() == full as usize
                        && bytes.starts_with(row.bytes)
                };
                let found = flying.iter().position(came).and_then(|at| flying.remove(at));
                let kept = row.bytes.len() as u32;
                if let Some(datagram) = found.and_then(|(index, ..)| all.get_mut(index)) {
                    (datagram.received, datagram.kept) = (Some(row.seq), kept);
                } else {
                    early.push_back((all.len(), row));
                    all.push(Datagram { sent: None, received: Some(row.seq), to: entry.local, len: full, kept });
                }
            }
            None => {}
        }
        if flying.len() > FLYING {
            flying.pop_front();
        }
        if early.len() > EARLY {
            early.pop_front();
        }
    }
    all
}

/// Datagrams that may be on their way before the oldest is taken for one that nobody here received.
const FLYING: usize = 4_096;

/// Datagrams that may have been received before their send is told of.
const EARLY: usize = 256;
/// How much later than its recv a send may say that it returned: its thread may have been waiting for a processor.
pub(super) const LATE: Nanos = 100_000_000;

/// Whether an address is the one that a socket is bound to; one bound to every address is known by its port.
pub(super) fn same(one: Option<SocketAddr>, other: Option<SocketAddr>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    one.port() == other.port() && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::{Batch, Budget, Journal, Record, Span};

    fn lane(lens: &[u64]) -> Lane {
        let mut lane = Lane { whole: true, ..Lane::default() };
        for (seq, len) in lens.iter().enumerate() {
            let offset = lane.len();
            lane.pieces.push(Piece { seq: seq as u64, at: 0, offset, len: *len });
        }
        lane
    }

    fn record(socket: u32, event: Event, peer: &str) -> Record {
        let (socket, peer) = (SocketId(socket), peer.parse().ok());
        Record { at: 0, socket, generation: 0, event, peer, bytes: Span::default() }
    }

    #[test]
    fn nine_sends_out_of_one_recv_and_one_out_of_three() {
        let nine = summary(&lane(&[5; 9]), &lane(&[45]));
        assert_eq!(nine, Summary { sends: 9, recvs: 1, glued: 1, split: 0, unread: 0 });
        let three = summary(&lane(&[11]), &lane(&[4, 4, 3]));
        assert_eq!(three, Summary { sends: 1, recvs: 3, glued: 0, split: 1, unread: 0 });
        let both = summary(&lane(&[5, 5]), &lane(&[4, 4]));
        assert_eq!(both, Summary { sends: 2, recvs: 2, glued: 1, split: 1, unread: 2 });
        let cut = Join { send: 1, recv: 1, offset: 5, len: 3 };
        assert!(joins(&lane(&[5, 5]), &lane(&[4, 4])).contains(&cut));
    }

    #[test]
    fn lanes_of_which_the_beginning_is_gone_are_not_matched() {
        let half = Lane { whole: false, ..lane(&[5]) };
        assert!(joins(&half, &lane(&[5])).is_empty());
    }

    #[test]
    fn datagrams_are_matched_one_to_one() {
        let mut sockets = Sockets::default();
        let mut batch = Batch::default();
        for (id, local) in [(1, "127.0.0.1:9001"), (2, "127.0.0.1:9002")] {
            sockets.open(SocketId(id), Kind::UdpSocket, 0, 0);
            batch.push(record(id, Event::Bound, local), local.as_bytes());
        }
        let sent = |len: u32| Event::Sent { asked: len };
        batch.push(record(1, sent(3), "127.0.0.1:9002"), b"one");
        batch.push(record(1, sent(3), "127.0.0.1:9002"), b"two");
        batch.push(record(1, sent(5), "127.0.0.1:9002"), b"three");
        // The first one is lost, the last one is cut, and one comes from elsewhere.
        batch.push(record(2, Event::Received { full: 3 }, "127.0.0.1:9001"), b"two");
        batch.push(record(2, Event::Received { full: 5 }, "127.0.0.1:9001"), b"th");
        batch.push(record(2, Event::Received { full: 0 }, "127.0.0.1:9009"), b"");
        for record in &batch.records {
            sockets.apply(record, batch.bytes_of(record));
        }
        let mut journal = Journal::new(Budget::default());
        journal.push(batch);
        let told: Vec<_> = datagrams(journal.rows_from(0), &sockets);
        let ends: Vec<_> = told.iter().map(|d| (d.sent, d.received, d.len, d.is_cut())).collect();
        assert_eq!(
            ends,
            [
                (Some(2), None, 3, false),
                (Some(3), Some(5), 3, false),
                (Some(4), Some(6), 5, true),
                (None, Some(7), 0, false)
            ]
        );
    }

    #[test]
    fn a_recv_that_is_told_of_before_its_send_is_the_same_datagram() {
        let mut sockets = Sockets::default();
        let mut batch = Batch::default();
        for (id, local) in [(1, "127.0.0.1:9001"), (2, "127.0.0.1:9002")] {
            sockets.open(SocketId(id), Kind::UdpSocket, 0, 0);
            batch.push(record(id, Event::Bound, local), local.as_bytes());
        }
        let at = |at, record| Record { at, ..record };
        batch.push(at(10, record(2, Event::Received { full: 3 }, "127.0.0.1:9001")), b"one");
        batch.push(at(11, record(1, Event::Sent { asked: 3 }, "127.0.0.1:9002")), b"one");
        // The same bytes long after are another one.
        batch.push(at(20, record(2, Event::Received { full: 3 }, "127.0.0.1:9001")), b"two");
        batch.push(at(21 + LATE, record(1, Event::Sent { asked: 3 }, "127.0.0.1:9002")), b"two");
        for record in &batch.records {
            sockets.apply(record, batch.bytes_of(record));
        }
        let mut journal = Journal::new(Budget::default());
        journal.push(batch);
        let told: Vec<_> = datagrams(journal.rows_from(0), &sockets);
        let ends: Vec<_> = told.iter().map(|datagram| (datagram.sent, datagram.received)).collect();
        assert_eq!(ends, [(Some(3), Some(2)), (None, Some(4)), (Some(5), None)]);
    }

    proptest! {
        #[test]
        fn joins_tile_what_was_read(sends in prop::collection::vec(1_u64..50, 0..40), cuts in prop::collection::vec(1_u64..50, 0..40)) {
            let sends = lane(&sends);
            // What is read is a beginning of what was sent.
            let mut recvs = lane(&[]);
            for cut in cuts {
                let len = cut.min(sends.len() - recvs.len());
                if len > 0 {
                    let offset = recvs.len();
                    recvs.pieces.push(Piece { seq: 0, at: 0, offset, len });
                }
            }
            let joins = joins(&sends, &recvs);
            let mut at = 0;
            for join in &joins {
                prop_assert_eq!(join.offset, at);
                at += join.len;
                let (send, recv) = (sends.pieces[join.send], recvs.pieces[join.recv]);
                prop_assert!(send.offset <= join.offset && join.offset + join.len <= send.end());
                prop_assert!(recv.offset <= join.offset && join.offset + join.len <= recv.end());
            }
            prop_assert_eq!(at, recvs.len());
        }
    }
}
