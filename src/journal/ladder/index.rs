//! The steps of a ladder in the order of time, extended as rows come in.
//!
//! Half a million rows may be behind a ladder of which forty are on screen. So what is kept for each is small: its place in
//! time, and for bytes where they stand in their stream. Calls, arrows, states and waits are made from it when a part of
//! the ladder is asked for, by [`Index::window`]. Workers write down independently, so a row may belong before rows that
//! are there already; it is put there, and everything behind it counts as changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use super::{
    super::{
        chunks::{Chunks, Near},
        record::{Direction, Nanos, SocketId},
        sockets::{Kind, Origin, Sockets},
        spans::{Datagrams, Streams},
        store::{Journal, Reader, Row},
    },
    End, Lifeline,
    lives::{Earlier, Life, Lives, Moment, moment},
};

/// Where a step stands: when, and among those of the same moment its row. The highest bit of the second is not set for one
/// that has to stand before others of that moment.
pub(super) type Key = (Nanos, u64);

const USUAL: u64 = 1 << 63;

/// A key in twelve bytes: a ladder may have half a million steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    /// The lower and the upper half of the time; the highest bit is set for one that has to stand before others.
    at: [u32; 2],
    seq: Near,
}

/// Marks a slot that has to stand before others of its moment. Half of all time is 292 years.
const EARLY: u32 = 1 << 31;

impl Slot {
    fn new((at, seq): Key) -> Self {
        let early = if seq & USUAL == 0 { EARLY } else { 0 };
        Self { at: [at as u32, ((at >> 32) as u32 & !EARLY) | early], seq: Near::new(seq & !USUAL) }
    }

    fn time(self) -> Nanos {
        u64::from(self.at[1] & !EARLY) << 32 | u64::from(self.at[0])
    }

    /// The key, of a row that is not long before `start`.
    fn key(self, start: u64) -> Key {
        let usual = if self.at[1] & EARLY == 0 { USUAL } else { 0 };
        (self.time(), usual | self.seq.from(start.saturating_sub(1 << 31)))
    }
}

/// All steps of some sockets and of the other ends of their connections.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub(super) lives: Lives,
    chosen: BTreeSet<SocketId>,
    order: Chunks<Slot>,
    /// Rows that stand before their own time, with the time before which.
    moved: BTreeMap<u64, Nanos>,
    /// The next row to be taken.
    next: u64,
    /// The first row that was there last time.
    start: u64,
    pub(super) lines: Vec<Lifeline>,
    pub(super) columns: BTreeMap<End, usize>,
    revision: u64,
    /// Steps that left at the beginning, and the first that changed since somebody asked.
    left: usize,
    changed: Option<usize>,
}

impl Index {
    /// Takes in what is new for the ladder of these sockets, at most `rows` of them, and lets go of what left. Returns
    /// whether all of it was taken.
    ///
    /// `datagrams` and `streams` are those of the same journal; rows that the first have not looked at wait.
    pub fn advance(
        &mut self,
        (journal, datagrams, streams): (&Journal, &Datagrams, &Streams),
        sockets: &Sockets,
        chosen: &BTreeSet<SocketId>,
        rows: usize,
    ) -> bool {
        let range = journal.range();
        let mut touched = self.leave(range.start);
        if self.next < range.start {
            // Rows left that were never looked at here: what they told of connections the streams have kept.
            let (next, start, revision) = (range.start, range.start, self.revision);
            let lives = Lives::since(journal, streams, sockets);
            *self = Self { lives, next, start, revision, changed: Some(0), ..Self::default() };
            touched = true;
        }
        if self.chosen != *chosen {
            let fewer = !self.chosen.is_subset(chosen);
            let before = std::mem::replace(&mut self.chosen, chosen.clone());
            if fewer {
                self.reorder(journal);
            } else {
                let fresh: Vec<_> = chosen.difference(&before).copied().collect();
                self.join(journal, |life| fresh.contains(&life.id));
            }
            touched = true;
        }
        let known = datagrams.next();
        let reader = journal.reader();
        for row in journal.rows_from(self.next).take(rows).take_while(|row| row.seq < known) {
            touched |= self.take(journal, &reader, datagrams, sockets, &row);
            self.next = row.seq + 1;
        }
        if touched {
            self.revision += 1;
            self.arrange(sockets);
        }
        self.next >= range.end
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// A number that is another one whenever something changed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The lifelines, from left to right.
    pub fn lines(&self) -> &[Lifeline] {
        &self.lines
    }

    /// The time by which a step stands.
    pub fn time(&self, place: usize) -> Option<Nanos> {
        self.order.get(place).map(Slot::time)
    }

    /// The first step that stands at this time or behind it.
    pub fn place_of_time(&self, at: Nanos) -> usize {
        self.order.partition_point(|slot| slot.time() < at)
    }

    /// The row that a step tells of.
    pub fn seq(&self, place: usize) -> Option<u64> {
        Some(self.order.get(place)?.key(self.start).1 & !USUAL)
    }

    /// The step that tells of this row.
    pub fn place(&self, journal: &Journal, seq: u64) -> Option<usize> {
        let at = journal.row(seq)?.record.at;
        self.place_of(Moment { seq, at })
    }

    /// How many steps left at the beginning since this was last asked, and the first one that is not where it was; none if
    /// none changed.
    pub fn take_changes(&mut self) -> (usize, Option<usize>) {
        (std::mem::take(&mut self.left), self.changed.take())
    }

    pub(super) fn key(&self, when: Moment) -> Key {
        self.moved.get(&when.seq).map_or((when.at, USUAL | when.seq), |before| (*before, when.seq))
    }

    pub(super) fn place_of(&self, when: Moment) -> Option<usize> {
        let (start, key) = (self.start, self.key(when));
        let at = self.order.partition_point(|slot| slot.key(start) < key);
        (self.order.get(at)?.key(start) == key).then_some(at)
    }

    /// How many steps stand before this moment, itself not counted.
    pub(super) fn before(&self, when: Moment) -> usize {
        let (start, key) = (self.start, self.key(when));
        self.order.partition_point(|slot| slot.key(start) < key)
    }

    /// Whether the steps of this life are part of the ladder: it is of a chosen socket, or the other end of one.
    pub(super) fn shows(&self, life: &Life) -> bool {
        let chosen = |id| self.chosen.contains(&id);
        chosen(life.id) || self.lives.other(life).is_some_and(|other| chosen(other.id))
    }

    fn take(
        &mut self,
        journal: &Journal,
        reader: &Reader<'_>,
        datagrams: &Datagrams,
        sockets: &Sockets,
        row: &Row<'_>,
    ) -> bool {
        let Some(slot) = self.lives.meet(row.record, row.seq, sockets) else { return false };
        let when = Moment { seq: row.seq, at: row.record.at };
        let mut earlier = Vec::new();
        let met = self.lives.take(reader, slot, row.record, row.bytes, when, &mut earlier);
        // A datagram may be told of as received before it is told of as sent, at a later moment even.
        let other =
            row.record.event.direction().and_then(|_| datagrams.other_row(row.seq)).filter(|seq| *seq < row.seq);
        if let Some(other) = other.and_then(|seq| moment(reader, seq)) {
            let out = row.record.event.direction() == Some(Direction::Out);
            let (sent, came) = if out { (when, other) } else { (other, when) };
            if sent.at > came.at {
                earlier.push(Earlier { when: sent, before: came.at });
            }
        }
        let mut touched = self.lives.get(slot).is_some_and(|life| self.shows(life));
        if touched {
            self.insert(self.key(when));
        }
        if let Some(other) = met {
            // What was told of either of them before they met is part of the ladder now.
            for end in [slot, other] {
                let Some(life) = self.lives.get(end).filter(|life| self.shows(life)) else { continue };
                if !self.chosen.contains(&life.id) {
                    let name = (life.id, life.generation);
                    self.next = row.seq + 1;
                    self.join(journal, |life| (life.id, life.generation) == name);
                    touched = true;
                }
            }
        }
        for Earlier { when, before } in earlier {
            self.move_up(when, before);
        }
        touched
    }

    fn insert(&mut self, key: Key) {
        let start = self.start;
        let at = if self.order.back().is_none_or(|last| last.key(start) < key) {
            self.order.len()
        } else {
            self.order.partition_point(|slot| slot.key(start) < key)
        };
        if self.order.get(at).is_some_and(|slot| slot.key(start) == key) {
            return;
        }
        self.order.insert(at, Slot::new(key));
        self.change(at);
    }

    /// Puts a step before those of this moment.
    fn move_up(&mut self, when: Moment, before: Nanos) {
        if self.moved.get(&when.seq).is_some_and(|moved| *moved <= before) {
            return;
        }
        let found = self.place_of(when);
        self.moved.insert(when.seq, before);
        if let Some(found) = found {
            self.order.remove(found);
            self.change(found);
            self.insert(self.key(when));
        }
    }

    fn change(&mut self, at: usize) {
        self.changed = Some(self.changed.map_or(at, |changed| changed.min(at)));
    }

    /// Lets go of the steps of rows that left. Returns whether there were any.
    fn leave(&mut self, start: u64) -> bool {
        if start <= self.start {
            return false;
        }
        self.start = start;
        // Those that left are among the first, but not all of the first need have left.
        let gone = |slot: Slot| slot.key(start).1 & !USUAL < start;
        let mut stay = Vec::new();
        let mut left = 0;
        let mut since = 0_usize;
        while let Some(slot) = self.order.front() {
            if gone(slot) {
                left += 1;
                since = 0;
            } else {
                stay.push(slot);
                since += 1;
            }
            self.order.pop_front();
            if since > NEAR {
                break;
            }
        }
        let kept = stay.len();
        for slot in stay.into_iter().rev() {
            self.order.push_front(slot);
        }
        if left > 0 {
            self.left += left;
            self.changed = self.changed.map(|changed| changed.saturating_sub(left));
            if kept > since {
                // Some stood between those that left.
                self.changed = Some(0);
            }
        }
        self.moved = self.moved.split_off(&start);
        self.lives.leave(start);
        left > 0
    }

    /// Puts the steps of these lives in, those that were told of already.
    fn join(&mut self, journal: &Journal, fresh: impl Fn(&Life) -> bool) {
        let mut slots = BTreeSet::new();
        let mut from = u64::MAX;
        for (slot, life) in self.lives.iter().filter(|(_, life)| fresh(life)) {
            slots.insert(slot);
            from = from.min(life.first);
            if let (Some(slot), Some(other)) = (life.other, self.lives.other(life)) {
                slots.insert(slot);
                from = from.min(other.first);
            }
        }
        if slots.is_empty() {
            return;
        }
        let mut keys = Vec::new();
        for row in journal.rows_from(from).take_while(|row| row.seq < self.next) {
            if self.lives.of(row.record).is_some_and(|slot| slots.contains(&slot)) {
                keys.push(self.key(Moment { seq: row.seq, at: row.record.at }));
            }
        }
        keys.sort_unstable();
        let Some(first) = keys.first() else { return };
        let start = self.start;
        let at = self.order.partition_point(|slot| slot.key(start) < *first);
        keys.extend(self.order.range(at..self.order.len()).map(|slot| slot.key(start)));
        keys.sort_unstable();
        keys.dedup();
        self.order.truncate(at);
        self.order.extend(keys.into_iter().map(Slot::new));
        self.change(at);
    }

    /// All steps anew, for other sockets.
    fn reorder(&mut self, journal: &Journal) {
        let shown: Vec<_> = (self.lives.iter()).filter(|(_, life)| self.shows(life)).map(|(slot, _)| slot).collect();
        let mut keys: Vec<_> = journal
            .rows_from(0)
            .take_while(|row| row.seq < self.next)
            .filter(|row| self.lives.of(row.record).is_some_and(|slot| shown.binary_search(&slot).is_ok()))
            .map(|row| self.key(Moment { seq: row.seq, at: row.record.at }))
            .collect();
        keys.sort_unstable();
        self.order.clear();
        self.order.extend(keys.into_iter().map(Slot::new));
        (self.left, self.changed) = (0, Some(0));
    }

    /// Who stands where: sockets of this program first, who connects left of who is connected to, as in every textbook.
    fn arrange(&mut self, sockets: &Sockets) {
        let rank = |origin: Option<Origin>, kind: Kind| match (origin, kind) {
            (Some(Origin::Opened), Kind::TcpConnection) => 0,
            (Some(Origin::Opened), Kind::UdpSocket) => 1,
            (_, Kind::TcpListener) => 2,
            _ => 3,
        };
        let mut ends = BTreeMap::new();
        for entry in self.chosen.iter().filter_map(|id| sockets.get(*id)) {
            ends.insert(entry.id, (rank(Some(entry.origin), entry.kind), entry.kind, entry.local));
        }
        let mut shown: Vec<_> = self.lives.iter().filter(|(_, life)| self.shows(life)).map(|(_, life)| life).collect();
        shown.sort_by_key(|life| (life.id, life.generation));
        for life in &shown {
            let entry = sockets.get(life.id);
            // Of a socket that is there for a life that is over, the address that it had then.
            let now = entry.filter(|_| self.chosen.contains(&life.id)).and_then(|entry| entry.local);
            let addr = now.or(life.local);
            ends.insert(life.id, (rank(entry.map(|entry| entry.origin), life.kind), life.kind, addr));
        }
        let mut lines: Vec<_> = ends
            .into_iter()
            .map(|(id, (rank, kind, addr))| ((rank, id), Lifeline { end: End::Socket(id), kind, addr }))
            .collect();
        lines.sort_by_key(|(rank, _)| *rank);
        self.lines = lines.into_iter().map(|(_, line)| line).collect();
        self.columns = self.lines.iter().enumerate().map(|(at, line)| (line.end, at)).collect();
        let column = |id| self.columns.get(&End::Socket(id)).copied();
        shown.sort_by_key(|life| (life.kind == Kind::UdpSocket, column(life.id), life.generation));
        let mut outside = Vec::new();
        for life in shown {
            match life.kind {
                Kind::TcpConnection if life.other.is_none() => outside.extend(life.peer.map(|peer| (peer, life.kind))),
                Kind::UdpSocket => outside.extend(life.peers.iter().map(|peer| (*peer, life.kind))),
                _ => {}
            }
        }
        for (addr, kind) in outside {
            if kind == Kind::UdpSocket && self.bound_to(addr).is_some() {
                continue;
            }
            let end = End::Peer(addr);
            if let std::collections::btree_map::Entry::Vacant(vacant) = self.columns.entry(end) {
                vacant.insert(self.lines.len());
                self.lines.push(Lifeline { end, kind, addr: Some(addr) });
            }
        }
    }

    /// The lifeline of the UDP socket here that datagrams for this address come to.
    pub(super) fn bound_to(&self, addr: SocketAddr) -> Option<usize> {
        self.lines.iter().position(|line| {
            let Some(local) = line.addr.filter(|_| matches!(line.end, End::Socket(_))) else { return false };
            let everywhere = local.ip().is_unspecified() && local.port() == addr.port() && addr.ip().is_loopback();
            line.kind == Kind::UdpSocket && (local == addr || everywhere)
        })
    }
}

/// Steps of rows that left are looked for among so many behind the last that left: workers are not further apart.
const NEAR: usize = 4_096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::{Batch, Budget, Event, Record, Span, ladder::Ladder};

    fn record(socket: u32, at: Nanos, event: Event, peer: &str) -> Record {
        Record { at, socket: SocketId(socket), generation: 0, event, peer: peer.parse().ok(), bytes: Span::default() }
    }

    /// A client, the connection that was accepted from it, and what `moves` say: who sends or receives how much, and how
    /// late that is told.
    fn batches(moves: &[(bool, u8, u8)], per_batch: usize) -> (Vec<Batch>, Sockets) {
        let (here, there) = ("127.0.0.1:50000", "127.0.0.1:8008");
        let mut sockets = Sockets::default();
        sockets.open(SocketId(1), Kind::TcpListener, 0, 0);
        sockets.open(SocketId(2), Kind::TcpConnection, 0, 0);
        let mut rows = vec![
            (record(1, 0, Event::Listening { backlog: 5 }, there), there.as_bytes().to_vec()),
            (record(2, 1, Event::Connecting, there), Vec::new()),
            (record(2, 2, Event::Connected { took: 1 }, there), here.as_bytes().to_vec()),
            (record(1, 3, Event::Accepted { connection: SocketId(3) }, here), Vec::new()),
            (record(3, 3, Event::Opened { listener: SocketId(1) }, here), there.as_bytes().to_vec()),
        ];
        let (mut at, mut sent, mut received) = (10, 0_u64, 0_u64);
        for (sends, len, jitter) in moves {
            at += 10;
            let len = u32::from(*len);
            if *sends {
                sent += u64::from(len);
                let when = at + u64::from(*jitter);
                rows.push((record(2, when, Event::Sent { asked: len }, there), vec![b's'; len as usize]));
            } else if u64::from(len) <= sent - received && len > 0 {
                received += u64::from(len);
                rows.push((record(3, at, Event::Received { full: len }, here), vec![b's'; len as usize]));
            }
        }
        let mut batches = Vec::new();
        for rows in rows.chunks(per_batch) {
            let mut batch = Batch::default();
            for (record, bytes) in rows {
                sockets.apply(record, bytes);
                batch.push(*record, bytes);
            }
            batches.push(batch);
        }
        (batches, sockets)
    }

    proptest! {
        /// Extended batch by batch, whatever is late, it is the same as made at once.
        #[test]
        fn growing_is_the_same_as_making(
            moves in prop::collection::vec((any::<bool>(), 0_u8..9, 0_u8..40), 0..60),
            per_batch in 1_usize..9,
            first in 2_u32..4,
        ) {
            let (batches, sockets) = batches(&moves, per_batch);
            let chosen = BTreeSet::from([SocketId(first)]);
            let (mut journal, mut growing) = (Journal::new(Budget::default()), Index::default());
            let (mut datagrams, mut streams) = (Datagrams::default(), Streams::default());
            for batch in batches {
                journal.push(batch);
                datagrams.advance(&journal, usize::MAX);
        streams.advance(&journal, usize::MAX);
                prop_assert!(growing.advance((&journal, &datagrams, &streams), &sockets, &chosen, usize::MAX));
                let keys: Vec<_> = growing.order.iter().map(|slot| slot.key(growing.start)).collect();
                prop_assert!(keys.is_sorted_by(|a, b| a < b), "{:?}", keys);
            }
            let grown = growing.whole(&journal, &datagrams);
            prop_assert_eq!(&grown, &Ladder::of(&journal, &sockets, &chosen));
            // What was sent goes before what came of it, and every byte that came has come from somewhere.
            let came: u64 = grown.steps.iter().filter(|s| matches!(s.event, Event::Received { .. })).map(|s| s.len).sum();
            let carried: u64 = grown.arrows.iter().filter(|a| a.seen == super::super::Seen::Both).map(|a| a.len).sum();
            prop_assert_eq!(came, carried);
            for arrow in grown.arrows.iter().filter(|arrow| arrow.seen == super::super::Seen::Both) {
                prop_assert!(arrow.from.step < arrow.to.step, "{:?}", arrow);
            }
        }

        /// What left is gone, what stayed is where it was in its stream, and another choice and back changes nothing.
        #[test]
        fn rows_that_leave_take_their_steps_along(
            moves in prop::collection::vec((any::<bool>(), 1_u8..9, 0_u8..40), 30..90),
            rows in 5_usize..40,
        ) {
            let (batches, sockets) = batches(&moves, 3);
            let chosen = BTreeSet::from([SocketId(2)]);
            let mut journal = Journal::new(Budget { rows, ..Budget::default() });
            let mut index = Index::default();
            let (mut datagrams, mut streams) = (Datagrams::default(), Streams::default());
            for batch in batches {
                journal.push(batch);
                datagrams.advance(&journal, usize::MAX);
        streams.advance(&journal, usize::MAX);
                index.advance((&journal, &datagrams, &streams), &sockets, &chosen, usize::MAX);
            }
            let there: BTreeSet<_> =
                journal.rows_from(0).filter(|row| row.record.socket != SocketId(1)).map(|row| row.seq).collect();
            let shown: BTreeSet<_> = (0..index.len()).filter_map(|place| index.seq(place)).collect();
            prop_assert_eq!(shown, there);
            let before = index.whole(&journal, &datagrams);
            index.advance((&journal, &datagrams, &streams), &sockets, &BTreeSet::from([SocketId(1)]), usize::MAX);
            index.advance((&journal, &datagrams, &streams), &sockets, &chosen, usize::MAX);
            prop_assert_eq!(index.whole(&journal, &datagrams), before);
        }
    }

    proptest! {
        /// A ladder that was not on show while rows came and left is the one that saw them all.
        #[test]
        fn what_left_unseen_is_known_all_the_same(
            moves in prop::collection::vec((any::<bool>(), 1_u8..9, 0_u8..40), 30..90),
            rows in 5_usize..40,
            first in 2_u32..4,
            ended in any::<bool>(),
        ) {
            let (mut batches, mut sockets) = batches(&moves, 3);
            if ended {
                let mut batch = Batch::default();
                let record = record(2, 2_000, Event::HalfClosed, "127.0.0.1:8008");
                sockets.apply(&record, b"");
                batch.push(record, b"");
                // So that the end of its direction may have left too.
                batches.insert(batches.len() - batches.len().min(9), batch);
            }
            let chosen = BTreeSet::from([SocketId(first)]);
            let mut journal = Journal::new(Budget { rows, ..Budget::default() });
            let (mut datagrams, mut streams) = (Datagrams::default(), Streams::default());
            let (mut kept_up, mut fell_behind) = (Index::default(), Index::default());
            for batch in batches {
                journal.push(batch);
                datagrams.advance(&journal, usize::MAX);
                streams.advance(&journal, usize::MAX);
                kept_up.advance((&journal, &datagrams, &streams), &sockets, &chosen, usize::MAX);
            }
            fell_behind.advance((&journal, &datagrams, &streams), &sockets, &chosen, usize::MAX);
            prop_assert_eq!(fell_behind.whole(&journal, &datagrams), kept_up.whole(&journal, &datagrams));
        }
    }

    /// The bytes that nobody has read lie behind those of most groups: there is nothing of them to count there.
    #[test]
    fn an_overview_tells_what_was_read_and_what_was_not() {
        let mut moves = [(true, 1, 0), (false, 1, 0)].repeat(1_500);
        moves.extend([(true, 1, 0); 50]);
        let (batches, sockets) = batches(&moves, 256);
        let (mut journal, mut index) = (Journal::new(Budget::default()), Index::default());
        for batch in batches {
            journal.push(batch);
        }
        let (mut datagrams, mut streams) = (Datagrams::default(), Streams::default());
        datagrams.advance(&journal, usize::MAX);
        streams.advance(&journal, usize::MAX);
        index.advance((&journal, &datagrams, &streams), &sockets, &BTreeSet::from([SocketId(2)]), usize::MAX);
        let groups: Vec<_> = (0..index.len()).step_by(100).map(|from| from..(from + 100).min(index.len())).collect();
        let ladder = index.window(&journal, &datagrams, &groups);
        let bytes = |seen| ladder.arrows.iter().filter(|arrow| arrow.seen == seen).map(|arrow| arrow.len).sum::<u64>();
        assert_eq!(bytes(super::super::Seen::Both), 1_500);
        assert_eq!(bytes(super::super::Seen::Unread), 50);
    }
}
