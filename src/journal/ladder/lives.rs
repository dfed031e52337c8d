//! The lives of sockets, as their records tell them: addresses, states, and which bytes they sent and received.
//!
//! A closed client that connects again keeps its id and begins a new life with another port; what belongs together is
//! therefore found by life, not by socket. Lives are extended by each record and never made anew, so that the other end of
//! an early life is known after its socket has moved on, and a stream whose first rows have left is still counted right.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    net::SocketAddr,
    ops::Range,
};

use super::super::{
    chunks::{Chunks, Near},
    fault::{Call, FaultKind},
    record::{Direction, Event, Nanos, Record, SocketId},
    sockets::{Kind, Sockets, State},
    spans::{LATE, Piece, Pieces, canonical},
    store::Reader,
};

/// Names a life: which socket, and how often it was opened before.
pub(super) type Name = (SocketId, u16);

/// A row and when it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub seq: u64,
    pub at: Nanos,
}

/// What was sent or received in one life.
#[derive(Clone, Debug, Default)]
pub(super) struct Lane {
    pub pieces: Pieces,
    /// Rows at which files begin: their bytes are one piece.
    files: BTreeSet<u64>,
}

impl Lane {
    /// Nothing but bytes of which the rows have left.
    pub fn behind(bytes: u64) -> Self {
        Self { pieces: Pieces::behind(bytes), ..Self::default() }
    }

    fn push(&mut self, seq: u64, len: u64) {
        if len > 0 {
            self.pieces.push(seq, len);
        }
    }

    /// A file begins. How many of its bytes are sent in the end is told when it ends.
    fn push_file(&mut self, seq: u64, size: u64) {
        self.pieces.push(seq, size);
        self.files.insert(seq);
    }

    /// Whether these are the bytes of a file; it begins here, and its rows are not kept.
    pub fn is_file(&self, piece: Piece) -> bool {
        self.files.contains(&piece.seq)
    }

    /// Bytes so far, those of pieces that left included.
    pub fn len(&self) -> u64 {
        self.pieces.bytes()
    }

    /// Where the first piece begins that is still there.
    pub fn begins(&self) -> u64 {
        self.pieces.front().map_or(self.len(), |piece| piece.offset)
    }

    /// The pieces that have a part in these bytes, as indices.
    pub fn over(&self, from: u64, until: u64) -> Range<usize> {
        self.pieces.over(from, until)
    }

    /// The pieces of these rows, as indices; `from` and `until` are times.
    pub fn during(&self, journal: &Reader<'_>, from: Nanos, until: Nanos) -> Range<usize> {
        let before = |time| self.pieces.partition_point(|piece| is_before(journal, piece.seq, time));
        let first = before(from);
        first..before(until).max(first)
    }

    /// Returns whether any left.
    fn leave(&mut self, start: u64) -> bool {
        let left = self.pieces.leave(start);
        if self.files.first().is_some_and(|first| *first < start) {
            self.files = self.files.split_off(&start);
        }
        left > 0
    }
}

/// When a row was.
pub(super) fn moment(journal: &Reader<'_>, seq: u64) -> Option<Moment> {
    Some(Moment { seq, at: journal.row(seq)?.record.at })
}

/// Whether a row was before this time; one that has left was.
pub(super) fn is_before(journal: &Reader<'_>, seq: u64, time: Nanos) -> bool {
    journal.row(seq).is_none_or(|row| row.record.at < time)
}

/// The rows of the datagrams that were sent or received in one life.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights {
    rows: Chunks<Near>,
    /// None is before this one.
    start: u64,
}

impl Flights {
    fn push(&mut self, seq: u64) {
        if self.rows.is_empty() {
            self.start = seq;
        }
        self.rows.push_back(Near::new(seq));
    }

    /// The row of the one at this place.
    pub fn get(&self, index: usize) -> Option<u64> {
        self.rows.get(index).map(|row| row.from(self.start))
    }

    /// How many rows at the beginning are so.
    pub fn partition_point(&self, is_so: impl Fn(u64) -> bool) -> usize {
        self.rows.partition_point(|row| is_so(row.from(self.start)))
    }

    /// The first of these places whose row is not so.
    pub fn partition_within(&self, places: Range<usize>, is_so: impl Fn(u64) -> bool) -> usize {
        self.rows.partition_within(places, |row| is_so(row.from(self.start)))
    }

    /// Returns whether any left.
    fn leave(&mut self, start: u64) -> bool {
        let before = self.rows.len();
        while self.rows.front().is_some_and(|row| row.from(self.start) < start) {
            self.rows.pop_front();
        }
        self.start = start;
        self.rows.len() < before
    }
}

/// A file on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub size: u64,
    pub began: Moment,
    pub ended: Option<Moment>,
}

/// One life of a socket.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub id: SocketId,
    pub generation: u16,
    pub kind: Kind,
    /// Its first row, as far as it is known.
    pub first: u64,
    /// Its latest.
    pub last: u64,
    pub local: Option<SocketAddr>,
    pub peer: Option<SocketAddr>,
    /// The other end, if it is in this program: which life.
    pub other: Option<usize>,
    /// Whether its streams were seen from their beginning.
    pub whole: bool,
    pub sent: Lane,
    pub received: Lane,
    /// Datagrams, in the order of its calls.
    pub out: Flights,
    pub came: Flights,
    /// Whom datagrams went to and came from, in the order of their appearance.
    pub peers: Vec<SocketAddr>,
    known: HashSet<SocketAddr>,
    /// When it entered which state.
    pub states: Vec<(Moment, State)>,
    /// Calls that are no transfer of bytes.
    pub marks: VecDeque<Moment>,
    /// Since when bytes can come.
    pub opened: Option<Moment>,
    /// The call that ended its direction.
    pub ended: Option<Moment>,
    /// Rows of what it received have left: when the last of those was is not known.
    pub heard_before: bool,
    /// `recv` returned 0.
    pub heard: Option<Moment>,
    /// It broke the connection off.
    pub aborted: Option<Moment>,
    /// It was told that the connection is broken.
    pub broken: Option<Moment>,
    pub files: VecDeque<Run>,
}

impl Life {
    fn new(name: Name, kind: Kind, first: u64) -> Self {
        Self {
            id: name.0,
            generation: name.1,
            kind,
            first,
            last: first,
            local: None,
            peer: None,
            other: None,
            whole: false,
            sent: Lane::default(),
            received: Lane::default(),
            out: Flights::default(),
            came: Flights::default(),
            peers: Vec::new(),
            known: HashSet::new(),
            states: Vec::new(),
            marks: VecDeque::new(),
            opened: None,
            ended: None,
            heard_before: false,
            heard: None,
            aborted: None,
            broken: None,
            files: VecDeque::new(),
        }
    }

    /// The state that it is in.
    pub fn state(&self) -> State {
        self.states.last().map_or(State::New, |(_, state)| *state)
    }

    /// The state that begins with this row.
    pub fn state_at(&self, seq: u64) -> Option<State> {
        let found = self.states.iter().rev().find(|(when, _)| when.seq <= seq)?;
        (found.0.seq == seq).then_some(found.1)
    }

    pub fn meets(&mut self, peer: SocketAddr) {
        if self.known.insert(peer) {
            self.peers.push(peer);
        }
    }
}

/// A row that has to stand before the call at its other end, though it is told of a later moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Earlier {
    pub when: Moment,
    pub before: Nanos,
}

/// All lives that the journal still tells of.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    all: Vec<Option<Life>>,
    free: Vec<usize>,
    slots: HashMap<Name, usize>,
    latest: Option<(Name, usize)>,
    /// Connections whose other end was not met yet, by their own and their peer's address.
    alone: HashMap<(SocketAddr, SocketAddr), Vec<usize>>,
    /// The same sockets once more, for their states.
    pub(super) fold: Sockets,
}

impl Lives {
    pub fn get(&self, slot: usize) -> Option<&Life> {
        self.all.get(slot)?.as_ref()
    }

    pub fn get_mut(&mut self, slot: usize) -> Option<&mut Life> {
        self.all.get_mut(slot)?.as_mut()
    }

    pub fn iter(&self) -> impl Iterator<Item = (usize, &Life)> {
        self.all.iter().enumerate().filter_map(|(slot, life)| Some((slot, life.as_ref()?)))
    }

    /// The life that a record belongs to, if it was met.
    pub fn of(&self, record: &Record) -> Option<usize> {
        let name = (record.socket, record.generation);
        match self.latest {
            Some((latest, slot)) if latest == name => Some(slot),
            _ => self.slots.get(&name).copied(),
        }
    }

    /// The other end of a life.
    pub fn other(&self, life: &Life) -> Option<&Life> {
        self.get(life.other?)
    }

    /// The life of this record, which begins with it if it is not known.
    pub fn meet(&mut self, record: &Record, seq: u64, sockets: &Sockets) -> Option<usize> {
        if let Some(slot) = self.of(record) {
            self.latest = Some(((record.socket, record.generation), slot));
            return Some(slot);
        }
        let kind = sockets.get(record.socket).map(|entry| entry.kind)?;
        let name = (record.socket, record.generation);
        let life = Some(Life::new(name, kind, seq));
        let slot = if let Some(slot) = self.free.pop() {
            self.all.splice(slot..=slot, [life]);
            slot
        } else {
            self.all.push(life);
            self.all.len() - 1
        };
        self.slots.insert(name, slot);
        self.fold.open(record.socket, kind, record.generation, record.at);
        Some(slot)
    }

    /// Takes a record. Rows that have to stand before others are pushed to `earlier`; returns the
    /// other end where the two met just now.
    pub fn take(
        &mut self,
        journal: &Reader<'_>,
        slot: usize,
        record: &Record,
        bytes: &[u8],
        when: Moment,
        earlier: &mut Vec<Earlier>,
    ) -> Option<usize> {
        let tcp = self.get(slot)?.kind == Kind::TcpConnection;
        if !record.event.has_payload() {
            self.fold.apply(record, bytes);
            let entry = self.fold.get(record.socket).filter(|entry| entry.generation == record.generation);
            let known = entry.map(|entry| (entry.state, entry.local, entry.peer));
            let life = self.get_mut(slot)?;
            if let Some((state, local, peer)) = known {
                (life.local, life.peer) = (local.or(life.local), peer.or(life.peer));
                if state != life.state() {
                    life.states.push((when, state));
                }
            }
            life.marks.push_back(when);
        }
        let life = self.get_mut(slot)?;
        life.last = when.seq;
        match record.event {
            Event::Sent { .. } | Event::Received { .. } if life.kind == Kind::UdpSocket => {
                let out = record.event.direction() == Some(Direction::Out);
                if out { &mut life.out } else { &mut life.came }.push(when.seq);
                if let Some(peer) = record.peer {
                    life.meets(peer);
                }
            }
            Event::Sent { .. } if tcp => {
                life.sent.push(when.seq, bytes.len() as u64);
                self.sent_late(journal, slot, when, earlier);
            }
            Event::Received { .. } if tcp => {
                life.received.push(when.seq, bytes.len() as u64);
                self.received_early(journal, slot, when, earlier);
            }
            Event::FileStarted { size } => {
                life.files.push_back(Run { size, began: when, ended: None });
                if tcp {
                    life.sent.push_file(when.seq, size);
                }
            }
            Event::FileEnded { sent, .. } => {
                let counted = life.files.back_mut().map(|run| {
                    run.ended = Some(when);
                    run.size
                });
                // It may have been stopped, or the file was shorter than it said.
                if life.sent.pieces.back().is_some_and(|piece| life.sent.is_file(piece)) {
                    life.sent.pieces.set_last(sent);
                } else if counted != Some(sent) {
                    // The row that counted it has left: where in the stream the next bytes stand is not known any more.
                    life.whole = false;
                }
            }
            Event::Connected { .. } | Event::Opened { .. } => {
                life.whole = life.sent.len() == 0 && life.received.len() == 0;
                life.opened = Some(when);
                if tcp {
                    return self.pair(journal, slot, earlier);
                }
            }
            Event::Bound => life.opened = Some(when),
            // With bytes unread the system sends RST, also after an FIN.
            Event::Closed { .. } if tcp && record.event.unread(bytes) > 0 => life.aborted = Some(when),
            Event::HalfClosed | Event::Closed { .. } if life.ended.is_none() => {
                life.ended = Some(when);
                self.ended_late(slot, earlier);
            }
            Event::PeerEnded => {
                life.heard = Some(when);
                if let Some(other) = life.other {
                    self.ended_late(other, earlier);
                }
            }
            Event::Aborted { .. } => life.aborted = Some(when),
            Event::Failed { fault, call }
                if fault.kind == FaultKind::Reset && call != Call::Connect && life.broken.is_none() =>
            {
                life.broken = Some(when);
            }
            _ => {}
        }
        None
    }

    /// Looks for the other end of a connection whose addresses have become known.
    fn pair(&mut self, journal: &Reader<'_>, slot: usize, earlier: &mut Vec<Earlier>) -> Option<usize> {
        let life = self.get(slot)?;
        let (local, peer) = (canonical(life.local?), canonical(life.peer?));
        if life.other.is_some() {
            return None;
        }
        let began = life.opened?.at;
        let fits = |lives: &Self, other: usize| {
            lives.get(other).is_some_and(|other| {
                let gone = [other.aborted, other.broken].into_iter().flatten().map(|when| when.at).min();
                other.other.is_none() && gone.is_none_or(|gone| gone.saturating_add(LATE) >= began)
            })
        };
        let waiting = self.alone.get(&(peer, local)).cloned().unwrap_or_default();
        // Of several lives on the same two ports the latest is meant.
        let Some(other) = waiting.into_iter().rev().find(|other| *other != slot && fits(self, *other)) else {
            self.alone.entry((local, peer)).or_default().push(slot);
            return None;
        };
        if let Some(waiting) = self.alone.get_mut(&(peer, local)) {
            waiting.retain(|waiting| *waiting != other);
            if waiting.is_empty() {
                self.alone.remove(&(peer, local));
            }
        }
        self.get_mut(slot)?.other = Some(other);
        self.get_mut(other)?.other = Some(slot);
        for (from, to) in [(slot, other), (other, slot)] {
            let (Some(from), Some(to)) = (self.get(from), self.get(to)) else { continue };
            for piece in to.received.pieces.iter() {
                if let Some(came) = moment(journal, piece.seq) {
                    sends_before(journal, (from, to), (piece, came.at), earlier);
                }
            }
        }
        self.ended_late(slot, earlier);
        self.ended_late(other, earlier);
        Some(other)
    }

    /// A `send` may return after the `recv` of what it sent, on another processor; but its bytes did not arrive before
    /// they left.
    fn sent_late(&self, journal: &Reader<'_>, slot: usize, when: Moment, earlier: &mut Vec<Earlier>) {
        let Some(life) = self.get(slot) else { return };
        let (Some(piece), Some(other)) = (life.sent.pieces.back(), self.other(life)) else { return };
        let first = other.received.over(piece.offset, piece.end()).start;
        if life.whole
            && other.whole
            && piece.seq == when.seq
            && let Some(came) = other.received.pieces.get(first).and_then(|came| moment(journal, came.seq))
            && came.at < when.at
        {
            earlier.push(Earlier { when, before: came.at });
        }
    }

    fn received_early(&self, journal: &Reader<'_>, slot: usize, when: Moment, earlier: &mut Vec<Earlier>) {
        let Some(life) = self.get(slot) else { return };
        if let (Some(piece), Some(other)) = (life.received.pieces.back(), self.other(life)) {
            sends_before(journal, (other, life), (piece, when.at), earlier);
        }
    }

    /// The same for the end of a direction and the `recv` that returned 0.
    fn ended_late(&self, slot: usize, earlier: &mut Vec<Earlier>) {
        let Some(life) = self.get(slot) else { return };
        let heard = self.other(life).and_then(|other| other.heard);
        if let (Some(ended), Some(heard)) = (life.ended, heard)
            && ended.at > heard.at
            && ended.at <= heard.at.saturating_add(LATE)
        {
            earlier.push(Earlier { when: ended, before: heard.at });
        }
    }

    /// Forgets what rows before `start` told. Lives of which no row is left are gone once they are over.
    pub fn leave(&mut self, start: u64) {
        for slot in 0..self.all.len() {
            let Some(life) = self.get_mut(slot) else { continue };
            life.sent.leave(start);
            life.out.leave(start);
            life.heard_before |= life.received.leave(start) | life.came.leave(start);
            while life.marks.front().is_some_and(|mark| mark.seq < start) {
                life.marks.pop_front();
            }
            while life.files.front().is_some_and(|run| run.ended.is_some_and(|ended| ended.seq < start)) {
                life.files.pop_front();
            }
            let (over, other) = (life.last < start && !life.state().is_open(), life.other);
            let (name, pair) = ((life.id, life.generation), (life.local, life.peer));
            // Not while its other end still has rows: that end would seem to have talked with somebody outside.
            if over && other.and_then(|other| self.get(other)).is_none_or(|other| other.last < start) {
                self.remove(slot, name, pair);
            }
        }
    }

    fn remove(&mut self, slot: usize, name: Name, pair: (Option<SocketAddr>, Option<SocketAddr>)) {
        if let Some(other) = self.get(slot).and_then(|life| life.other)
            && let Some(other) = self.get_mut(other)
        {
            other.other = None;
        }
        if let (Some(local), Some(peer)) = (pair.0.map(canonical), pair.1.map(canonical))
            && let Some(waiting) = self.alone.get_mut(&(local, peer))
        {
            waiting.retain(|waiting| *waiting != slot);
            if waiting.is_empty() {
                self.alone.remove(&(local, peer));
            }
        }
        if let Some(life) = self.all.get_mut(slot) {
            *life = None;
        }
        self.slots.remove(&name);
        self.free.push(slot);
        self.latest = None;
        if self.fold.get(name.0).is_some_and(|entry| entry.generation == name.1) {
            self.fold.forget(name.0);
        }
    }
}

/// Sends whose bytes a recv returned before they themselves did.
fn sends_before(
    journal: &Reader<'_>,
    (from, to): (&Life, &Life),
    (came, at): (Piece, Nanos),
    earlier: &mut Vec<Earlier>,
) {
    if !(from.whole && to.whole) {
        return;
    }
    for piece in from.sent.over(came.offset, came.end()).filter_map(|index| from.sent.pieces.get(index)) {
        if let Some(when) = moment(journal, piece.seq).filter(|when| when.at > at) {
            earlier.push(Earlier { when, before: at });
        }
    }
}
