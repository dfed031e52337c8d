//! The lanes of every connection, kept up with the journal: each row is looked at once, and what a frame asks for is found
//! by halving. Which life is the other end of which is known by their addresses, the same the other way round.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
};

use super::{Lane, canonical, take};
use crate::journal::{
    record::{Event, Record, SocketId},
    store::{Journal, Row},
};

/// Rows that may leave before the calls they told of are forgotten everywhere.
const SWEEP: u64 = 16_384;
/// Rows that are remembered of a life beyond its bytes: connections that fail time and again tell no more than that.
const STORY: usize = 16;

/// One life of a socket: it and its generation.
pub type Life = (SocketId, u16);

/// What was sent and received at one end of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// What was handed to `send`.
    pub sent: Lane,
    /// What `recv` returned.
    pub received: Lane,
    /// The other end, if it is in this program.
    pub other: Option<Life>,
    closed: bool,
    /// Its own address, as its opening told it.
    local: Option<SocketAddr>,
    /// What happened to the connection itself, and the file that is on its way: rows that may have left.
    story: Vec<(u64, Record)>,
}

impl Ends {
    fn tells(&mut self, row: &Row<'_>) {
        if self.story.len() < STORY {
            self.story.push((row.seq, *row.record));
        }
    }
}

/// What happened in one life of a connection before a row.
#[derive(Clone, Copy, Debug)]
pub(in crate::journal) struct Past<'s> {
    ends: &'s Ends,
    before: u64,
}

impl<'s> Past<'s> {
    /// Its own address.
    pub fn local(&self) -> Option<SocketAddr> {
        self.ends.local
    }

    /// Whether where its bytes stand in their streams is known.
    pub fn is_whole(&self) -> bool {
        self.ends.sent.whole && self.ends.received.whole
    }

    /// Rows that told what happened to the connection itself, the first of them its opening.
    pub fn story(&self) -> impl Iterator<Item = (u64, &'s Record)> {
        let before = self.before;
        self.ends.story.iter().map(|(seq, record)| (*seq, record)).take_while(move |(seq, _)| *seq < before)
    }

    /// Bytes that were sent and received.
    pub fn moved(&self) -> (u64, u64) {
        let before = |lane: &Lane| {
            let at = lane.pieces.partition_point(|piece| piece.seq < self.before);
            lane.pieces.get(at).map_or(lane.len(), |piece| piece.offset)
        };
        (before(&self.ends.sent), before(&self.ends.received))
    }
}

/// The lanes of all connections in the journal.
#[derive(Debug, Default)]
pub struct Streams {
    lives: HashMap<Life, Ends>,
    /// Lives whose other end has not appeared, by their own address and the peer's. Of several the latest.
    alone: HashMap<(SocketAddr, SocketAddr), Life>,
    /// UDP sockets connect too, but nothing of them is a stream.
    udp: HashSet<Life>,
    /// The first row that was not looked at.
    next: u64,
    /// The first row that was there at the last sweep.
    swept: u64,
}

impl Streams {
    /// Looks at rows that came in, as many at most, and forgets calls whose rows left. Returns whether it is up to date.
    pub fn advance(&mut self, journal: &Journal, at_most: usize) -> bool {
        let range = journal.range();
        if self.next < range.start {
            // Rows left unseen: of no stream is it known where what comes next stands.
            for ends in self.lives.values_mut() {
                (ends.sent.whole, ends.received.whole) = (false, false);
            }
            self.next = range.start;
        }
        for row in journal.rows_from(self.next).take(at_most) {
            self.take(&row);
            self.next = row.seq + 1;
        }
        if range.start - self.swept > SWEEP || (self.swept < range.start && range.is_empty()) {
            self.swept = range.start;
            self.sweep(range.start);
        }
        self.next == range.end
    }

    /// Looks at one row; in the order of the journal.
    pub fn take(&mut self, row: &Row<'_>) {
        let life = (row.record.socket, row.record.generation);
        match row.record.event {
            Event::Connected { .. } | Event::Opened { .. } if !self.udp.contains(&life) => {
                let ends = self.lives.entry(life).or_default();
                take(&mut ends.sent, &mut ends.received, row);
                ends.local = row.detail().parse().ok();
                ends.tells(row);
                if let (Ok(local), Some(peer)) = (row.detail().parse(), row.record.peer) {
                    self.pair(life, canonical(local), canonical(peer));
                }
            }
            Event::Sent { .. } | Event::Received { .. } => {
                if let Some(ends) = self.lives.get_mut(&life) {
                    take(&mut ends.sent, &mut ends.received, row);
                }
            }
            Event::FileEnded { .. } => {
                if let Some(ends) = self.lives.get_mut(&life) {
                    take(&mut ends.sent, &mut ends.received, row);
                    // Its bytes are counted now.
                    ends.story.retain(|(_, record)| !matches!(record.event, Event::FileStarted { .. }));
                }
            }
            Event::PeerEnded | Event::HalfClosed | Event::Failed { .. } | Event::FileStarted { .. } => {
                if let Some(ends) = self.lives.get_mut(&life) {
                    ends.tells(row);
                }
            }
            Event::Bound => {
                self.udp.insert(life);
            }
            Event::Closed { .. } | Event::Aborted { .. } => {
                if let Some(ends) = self.lives.get_mut(&life) {
                    ends.closed = true;
                    ends.tells(row);
                }
            }
            _ => {}
        }
    }

    fn pair(&mut self, life: Life, local: SocketAddr, peer: SocketAddr) {
        match self.alone.remove(&(peer, local)).filter(|other| *other != life) {
            Some(other) if self.lives.contains_key(&other) => {
                for (one, another) in [(life, other), (other, life)] {
                    if let Some(ends) = self.lives.get_mut(&one) {
                        ends.other = Some(another);
                    }
                }
            }
            _ => {
                self.alone.insert((local, peer), life);
            }
        }
    }

    fn sweep(&mut self, before: u64) {
        self.lives.retain(|_, ends| {
            ends.sent.forget(before);
            ends.received.forget(before);
            let told = ends.story.last().is_some_and(|(last, _)| *last >= before);
            told || !(ends.closed && ends.sent.pieces.is_empty() && ends.received.pieces.is_empty())
        });
        let lives = &self.lives;
        self.alone.retain(|_, life| lives.contains_key(life));
    }

    /// What one life of a connection sent and received.
    pub fn ends(&self, life: Life) -> Option<&Ends> {
        self.lives.get(&life)
    }

    /// What happened on each connection that was opened before this row, in the order of their sockets.
    pub(in crate::journal) fn past(&self, before: u64) -> Vec<(Life, Past<'_>)> {
        let began = |ends: &Ends| ends.story.first().is_some_and(|(first, _)| *first < before);
        let past = self.lives.iter().filter(|(_, ends)| began(ends));
        let mut past: Vec<_> = past.map(|(life, ends)| (*life, Past { ends, before })).collect();
        past.sort_unstable_by_key(|(life, _)| *life);
        past
    }

    /// The other end of a connection, with its lanes.
    pub fn other(&self, life: Life) -> Option<(Life, &Ends)> {
        let other = self.lives.get(&life)?.other?;
        Some((other, self.lives.get(&other)?))
    }

    /// The rows of the sends whose bytes the `recv` of this row returned. None where they were sent elsewhere.
    pub fn carried(&self, row: &Row<'_>) -> impl ExactSizeIterator<Item = u64> + '_ {
        let life = (row.record.socket, row.record.generation);
        let seq = row.seq;
        let found = || {
            let received = &self.lives.get(&life)?.received;
            let (_, Ends { sent, .. }) = self.other(life)?;
            let piece = received.pieces.get(received.position(seq)?)?;
            (received.whole && sent.whole).then(|| (sent, sent.within(piece.offset, piece.end())))
        };
        let (sent, range) = found().map_or((None, 0..0), |(sent, range)| (Some(sent), range));
        range.map(move |index| sent.and_then(|lane| lane.pieces.get(index)).map_or(u64::MAX, |piece| piece.seq))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::{Batch, Budget, Record, Span};

    const HERE: &str = "127.0.0.1:53122";
    const THERE: &str = "127.0.0.1:8008";

    fn push(journal: &mut Journal, socket: u32, event: Event, peer: &str, bytes: &[u8]) {
        let (socket, peer) = (SocketId(socket), peer.parse().ok());
        let mut batch = Batch::default();
        batch.push(Record { at: 0, socket, generation: 0, event, peer, bytes: Span::default() }, bytes);
        journal.push(batch);
    }

    fn connect(journal: &mut Journal) {
        push(journal, 1, Event::Connected { took: 1 }, THERE, HERE.as_bytes());
        let mapped = format!("[::ffff:{}]:8008", "127.0.0.1");
        push(journal, 2, Event::Opened { listener: SocketId(9) }, HERE, mapped.as_bytes());
    }

    fn send(journal: &mut Journal, socket: u32, len: usize) {
        push(journal, socket, Event::Sent { asked: len as u32 }, THERE, &vec![b'x'; len]);
    }

    fn recv(journal: &mut Journal, socket: u32, len: usize) {
        push(journal, socket, Event::Received { full: len as u32 }, HERE, &vec![b'x'; len]);
    }

    #[test]
    fn three_sends_in_one_recv_both_ways_and_after_rows_left() {
        let mut journal = Journal::new(Budget { rows: 6, ..Budget::default() });
        let mut streams = Streams::default();
        connect(&mut journal);
        for len in [4, 4, 5] {
            send(&mut journal, 1, len);
        }
        recv(&mut journal, 2, 13);
        assert!(streams.advance(&journal, 99));
        let carried = |streams: &Streams, journal: &Journal, seq| -> Vec<u64> {
            streams.carried(&journal.row(seq).unwrap()).collect()
        };
        assert_eq!(carried(&streams, &journal, 5), [2, 3, 4]);
        assert_eq!(carried(&streams, &journal, 4), [] as [u64; 0], "a send carries nothing but itself");
        // The beginning leaves the journal, and what stands where is still known.
        send(&mut journal, 2, 3);
        recv(&mut journal, 1, 2);
        send(&mut journal, 1, 1);
        recv(&mut journal, 2, 1);
        assert!(journal.range().start > 1);
        assert!(streams.advance(&journal, 99));
        assert_eq!((carried(&streams, &journal, 7), carried(&streams, &journal, 9)), (vec![6], vec![8]));
        streams.sweep(journal.range().start);
        assert_eq!(carried(&streams, &journal, 9), [8]);
        let (sent, received) = streams.ends((SocketId(1), 0)).map(|ends| (&ends.sent, &ends.received)).unwrap();
        assert_eq!((sent.calls(), sent.len(), received.len()), (4, 14, 2));
    }

    #[test]
    fn rows_that_left_unseen_are_not_guessed_at() {
        let mut journal = Journal::new(Budget { rows: 3, ..Budget::default() });
        let mut streams = Streams::default();
        connect(&mut journal);
        assert!(streams.advance(&journal, 99));
        for _ in 0..4 {
            send(&mut journal, 1, 1);
        }
        recv(&mut journal, 2, 4);
        streams.advance(&journal, 99);
        assert_eq!(streams.carried(&journal.row(6).unwrap()).len(), 0);
        assert!(!streams.ends((SocketId(1), 0)).unwrap().sent.whole);
    }

    #[test]
    fn an_end_that_is_outside_has_one_lane() {
        let mut journal = Journal::default();
        push(&mut journal, 1, Event::Connected { took: 1 }, THERE, HERE.as_bytes());
        recv(&mut journal, 1, 5);
        let mut streams = Streams::default();
        assert!(!streams.advance(&journal, 1) && streams.advance(&journal, 1));
        assert!(streams.other((SocketId(1), 0)).is_none());
        assert_eq!(streams.carried(&journal.row(1).unwrap()).len(), 0);
    }

    proptest! {
        /// However sends are cut and put together again, and in whatever order the two workers tell of it.
        #[test]
        fn what_recvs_carried_tiles_what_was_sent(
            sends in prop::collection::vec(1_usize..30, 1..30),
            cuts in prop::collection::vec(1_usize..40, 0..40),
            order in prop::collection::vec(any::<bool>(), 0..80),
        ) {
            let mut journal = Journal::default();
            let mut streams = Streams::default();
            connect(&mut journal);
            let all: usize = sends.iter().sum();
            let mut read = 0;
            let recvs: Vec<usize> = cuts
                .iter()
                .map(|cut| {
                    let len = (*cut).min(all - read);
                    read += len;
                    len
                })
                .take_while(|len| *len > 0)
                .collect();
            let (mut sends, mut recvs) = (sends.into_iter(), recvs.into_iter());
            for first in order.into_iter().chain(std::iter::repeat_n(true, 99)).chain(std::iter::repeat_n(false, 99)) {
                if first && let Some(len) = sends.next() {
                    send(&mut journal, 1, len);
                } else if !first && let Some(len) = recvs.next() {
                    recv(&mut journal, 2, len);
                }
                streams.advance(&journal, 99);
            }
            let (here, there) = (streams.ends((SocketId(1), 0)).unwrap(), streams.ends((SocketId(2), 0)).unwrap());
            prop_assert_eq!((here.other, there.other), (Some((SocketId(2), 0)), Some((SocketId(1), 0))));
            prop_assert_eq!((here.sent.len(), there.received.len()), (all as u64, read as u64));
            // The parts that recvs have in common with sends are all bytes up to what was read, each once.
            let mut at = 0;
            for piece in there.received.pieces.iter() {
                let row = journal.row(piece.seq).unwrap();
                let carried: Vec<u64> = streams.carried(&row).collect();
                prop_assert!(!carried.is_empty());
                for seq in carried {
                    let out = here.sent.pieces.get(here.sent.position(seq).unwrap()).unwrap();
                    let (from, until) = (out.offset.max(piece.offset), out.end().min(piece.end()));
                    prop_assert_eq!(from, at);
                    prop_assert!(from < until);
                    at = until;
                }
            }
            prop_assert_eq!(at, read as u64);
        }
    }
}
