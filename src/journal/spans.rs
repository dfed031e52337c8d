//! Which bytes of which `send` came out of which `recv`.
//!
//! TCP carries a stream of bytes (RFC 9293 section 2.2): three sends may come out of one recv, and one send out of three.
//! What belongs together is known by counting: the n-th byte that was handed to `send` at one end is the n-th that `recv`
//! returned at the other. UDP carries datagrams (RFC 768): one send, at most one recv, whole or cut; here they are matched
//! by their addresses and bytes, in order. Nothing is guessed where an end is not ours: that lane is missing, and says so.

mod datagrams;
mod pieces;
mod streams;

use std::{collections::HashMap, fmt::Write as _, net::SocketAddr, ops::Range};

pub(super) use self::streams::Past;
pub use self::{
    datagrams::{Datagram, Datagrams, Fate, Tally},
    pieces::Pieces,
    streams::{Ends, Life, Streams},
};
use super::{
    record::{Event, Nanos, SocketId},
    sockets::{Kind, Sockets},
    store::Row,
};

/// Bytes that one call moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The row that tells of it.
    pub seq: u64,
    /// Where its first byte stands in the stream, from 0.
    pub offset: u64,
    /// How many bytes; more than 4 GiB only for a file.
    pub len: u64,
}

impl Piece {
    /// Where the next piece begins.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.len)
    }
}

/// What one end of a connection did in one direction, in order; the pieces lie end to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The calls; the oldest may have left.
    pub pieces: Pieces,
    /// Whether the first of all was the first of the connection. Else older rows had left before anyone looked, and nobody
    /// knows where in the stream this begins.
    pub whole: bool,
    /// Calls that left.
    left: u64,
}

impl Lane {
    /// Bytes in it, those of calls that left included.
    pub fn len(&self) -> u64 {
        self.pieces.bytes()
    }

    /// Whether nothing moved.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.left + self.pieces.len() as u64
    }

    /// Where the oldest piece begins that is still there.
    pub fn begins(&self) -> u64 {
        self.pieces.front().map_or(self.len(), |piece| piece.offset)
    }

    /// The pieces that have bytes between these two places.
    pub fn within(&self, from: u64, until: u64) -> Range<usize> {
        self.pieces.over(from, until)
    }

    /// Which piece is told of by this row.
    pub fn position(&self, seq: u64) -> Option<usize> {
        self.pieces.position(seq)
    }

    fn push(&mut self, row: &Row<'_>, len: u64) {
        if len > 0 {
            self.pieces.push(row.seq, len);
        }
    }

    /// Forgets calls whose rows have left. Where the others stand in the stream is still known.
    fn forget(&mut self, before: u64) {
        self.left += self.pieces.leave(before);
    }

    /// The call with this number, counted from the first of all.
    fn call(&self, number: u64) -> Option<Piece> {
        self.pieces.get(usize::try_from(number.checked_sub(self.left)?).ok()?)
    }
}

/// The lanes of one life of one connection: what it sent, and what it received.
///
/// `rows` are those of the journal in order; those of other sockets are passed over.
pub fn lanes<'j>(rows: impl Iterator<Item = Row<'j>>, socket: SocketId, generation: u16) -> (Lane, Lane) {
    let (mut sent, mut received) = (Lane::default(), Lane::default());
    for row in rows.filter(|row| row.record.socket == socket && row.record.generation == generation) {
        take(&mut sent, &mut received, &row);
    }
    (sent, received)
}

/// The lanes of every life of every connection in these rows, in one pass over them.
pub fn lanes_of_all<'j>(rows: impl Iterator<Item = Row<'j>>) -> HashMap<(SocketId, u16), (Lane, Lane)> {
    let mut all: HashMap<_, (Lane, Lane)> = HashMap::new();
    for row in rows {
        let (sent, received) = all.entry((row.record.socket, row.record.generation)).or_default();
        take(sent, received, &row);
    }
    all
}

fn take(sent: &mut Lane, received: &mut Lane, row: &Row<'_>) {
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
    let (local, peer) = (canonical(entry.local?), canonical(entry.peer?));
    let others = sockets.iter().filter(|other| {
        other.kind == Kind::TcpConnection
            && other.local.map(canonical) == Some(peer)
            && other.peer.map(canonical) == Some(local)
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
    Matching::default().advance(sends, recvs)
}

/// A count of what happened to the boundaries that goes on where it stopped: each call is looked at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// The calls it is at.
    send: u64,
    recv: u64,
    /// In how many parts each of them was so far.
    parts_of_send: u64,
    parts_of_recv: u64,
    glued: usize,
    split: usize,
}

impl Matching {
    /// Looks at the calls that came since. Always give it the same two lanes.
    pub fn advance(&mut self, sends: &Lane, recvs: &Lane) -> Summary {
        if sends.whole && recvs.whole {
            // Calls that left before they were looked at are counted, but what became of them is not known.
            (self.send, self.recv) = (self.send.max(sends.left), self.recv.max(recvs.left));
            while let (Some(out), Some(came)) = (sends.call(self.send), recvs.call(self.recv)) {
                let end = out.end().min(came.end());
                if out.offset.max(came.offset) < end {
                    self.parts_of_send += 1;
                    self.parts_of_recv += 1;
                    // A second part is what makes it one that was split, or glued.
                    self.split += usize::from(self.parts_of_send == 2);
                    self.glued += usize::from(self.parts_of_recv == 2);
                }
                if came.end() <= end {
                    (self.recv, self.parts_of_recv) = (self.recv + 1, 0);
                }
                if out.end() <= end {
                    (self.send, self.parts_of_send) = (self.send + 1, 0);
                }
            }
        }
        Summary {
            sends: sends.calls() as usize,
            recvs: recvs.calls() as usize,
            glued: self.glued,
            split: self.split,
            unread: sends.len().saturating_sub(recvs.len()),
        }
    }
}

/// The lanes as text: a line a call, with the rows and places of what it has in common with the other lane.
pub fn text(sends: Option<&Lane>, recvs: Option<&Lane>, at_most: usize) -> String {
    let mut text = String::new();
    let lanes = [("send", sends, recvs), ("recv", recvs, sends)];
    for (call, lane, other) in lanes {
        let Some(lane) = lane else { continue };
        let other = other.filter(|other| other.whole && lane.whole);
        for (piece, number) in lane.pieces.iter().zip(lane.left + 1..).take(at_most) {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{call} {number}: {} B, {}..{}", piece.len, piece.offset, piece.end());
            for index in other.map(|other| other.within(piece.offset, piece.end())).unwrap_or_default() {
                let Some((other, common)) = other.and_then(|lane| Some((lane, lane.pieces.get(index)?))) else { break };
                let len = piece.end().min(common.end()) - piece.offset.max(common.offset);
                let name = if call == "send" { "recv" } else { "send" };
                let _ = write!(text, ", {len} B {name} {}", other.left + index as u64 + 1);
            }
            text.push('\n');
        }
    }
    text
}

/// How much later than its recv a send may say that it returned: its thread may have been waiting for a processor.
pub(super) const LATE: Nanos = 100_000_000;

/// An IPv4 address that a dual-stack socket gave as an IPv6 one, as itself.
pub(super) fn canonical(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}

/// Whether an address is the one that a socket is bound to; one bound to every address is known by its port.
pub(super) fn same(one: Option<SocketAddr>, other: Option<SocketAddr>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    one.port() == other.port() && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lane(lens: &[u64]) -> Lane {
        let mut lane = Lane { whole: true, ..Lane::default() };
        for len in lens {
            add(&mut lane, *len);
        }
        lane
    }

    fn add(lane: &mut Lane, len: u64) {
        lane.pieces.push(lane.calls(), len);
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
    fn lanes_are_told_as_text() {
        let told = text(Some(&lane(&[4, 4])), Some(&lane(&[5, 2])), 9);
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "send 1: 4 B, 0..4, 4 B recv 1",
                "send 2: 4 B, 4..8, 1 B recv 1, 2 B recv 2",
                "recv 1: 5 B, 0..5, 4 B send 1, 1 B send 2",
                "recv 2: 2 B, 5..7, 2 B send 2",
            ]
        );
        assert_eq!(text(None, Some(&lane(&[1, 1])), 1), "recv 1: 1 B, 0..1\n");
    }

    #[test]
    fn lanes_of_which_the_beginning_is_gone_are_not_matched() {
        let half = Lane { whole: false, ..lane(&[5]) };
        assert!(joins(&half, &lane(&[5])).is_empty());
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
                    add(&mut recvs, len);
                }
            }
            let joins = joins(&sends, &recvs);
            let mut at = 0;
            for join in &joins {
                prop_assert_eq!(join.offset, at);
                at += join.len;
                let (send, recv) = (sends.pieces.get(join.send).unwrap(), recvs.pieces.get(join.recv).unwrap());
                prop_assert!(send.offset <= join.offset && join.offset + join.len <= send.end());
                prop_assert!(recv.offset <= join.offset && join.offset + join.len <= recv.end());
            }
            prop_assert_eq!(at, recvs.len());
            // A call at a time, and with the oldest gone, it is the same.
            let (mut some_sends, mut some_recvs, mut matching) = (lane(&[]), lane(&[]), Matching::default());
            for n in 0..sends.pieces.len().max(recvs.pieces.len()) {
                for (from, into) in [(&sends, &mut some_sends), (&recvs, &mut some_recvs)] {
                    if let Some(piece) = from.pieces.get(n) {
                        add(into, piece.len);
                    }
                }
                matching.advance(&some_sends, &some_recvs);
            }
            prop_assert_eq!(matching.advance(&some_sends, &some_recvs), summary(&sends, &recvs));
            some_recvs.forget(3);
            for (number, piece) in recvs.pieces.iter().enumerate().skip(3) {
                prop_assert_eq!(some_recvs.call(number as u64), Some(piece));
                prop_assert_eq!(some_recvs.within(piece.offset, piece.end()), number - 3..number - 2);
            }
        }
    }
}
