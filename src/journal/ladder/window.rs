//! The part of a ladder that is on screen, made from the [`Index`].
//!
//! What is asked for is a list of groups of steps: on a screen where a call has a row, each is one step; in true time, seen
//! from afar, thousands fall on one place. Below [`ARROWS`] steps every arrow of every step is made; above, bytes are counted
//! by where they stand in their streams, a group and a direction at a time, so that a screen costs what is on it and not
//! what is behind it.

#![allow(clippy::similar_names, reason = "a life stands on a line")]

use std::{collections::BTreeMap, net::SocketAddr, ops::Range};

use super::{
    super::{
        fault::{Call, FaultKind},
        record::{CloseReason, Event, Nanos},
        sockets::{Kind, State},
        spans::{Datagrams, Piece},
        store::{Journal, Reader},
    },
    Arrow, Band, End, Ladder, Seen, Step, Tip, Transfer, WAIT, Wait, What,
    index::Index,
    lives::{Flights, Life, Moment, is_before, moment},
};

/// Arrows on screen above which those to one call are one arrow with a count.
pub const ARROWS: usize = 2_000;
/// Datagrams under way across the whole of a screen that are looked for.
const ACROSS: usize = 256;

/// A datagram that was sent or received.
#[derive(Clone, Copy, Debug)]
struct Flight {
    when: Moment,
    /// Whence or where to.
    peer: Option<SocketAddr>,
    /// The row at the other end, where it is known.
    mate: Option<Moment>,
}

impl Index {
    /// The whole ladder. `datagrams` are those of the same journal.
    pub fn whole(&self, journal: &Journal, datagrams: &Datagrams) -> Ladder {
        let groups: Vec<_> = (0..self.len()).map(|place| place..place + 1).collect();
        self.make(journal, datagrams, &groups, usize::MAX)
    }

    /// The ladder of these steps, which stand one behind the other. Of a group of several its first one stands for all.
    pub fn window(&self, journal: &Journal, datagrams: &Datagrams, groups: &[Range<usize>]) -> Ladder {
        self.make(journal, datagrams, groups, ARROWS)
    }

    fn make(&self, journal: &Journal, datagrams: &Datagrams, groups: &[Range<usize>], limit: usize) -> Ladder {
        let reader = journal.reader();
        let steps = groups.iter().filter_map(|group| self.step(&reader, group)).collect();
        let ladder = Ladder { lines: self.lines.clone(), steps, ..Ladder::default() };
        let far = journal.reader();
        let mut maker = Maker { index: self, journal: reader, far, datagrams, window: 0..0, limit, ladder };
        if let (Some(first), Some(last)) = (groups.first(), groups.last()) {
            maker.window = first.start..last.end;
        }
        if maker.window.len() <= limit {
            for place in maker.window.clone() {
                maker.step(place);
            }
            maker.across();
        } else {
            maker.overview(groups);
        }
        maker.transfers();
        maker.bands();
        maker.waits();
        let Maker { mut ladder, .. } = maker;
        if ladder.arrows.len() > limit {
            ladder.arrows = grouped(&ladder.arrows);
        }
        ladder.arrows.sort_by_key(|arrow| (arrow.to.step.or(arrow.from.step), arrow.from.step));
        ladder
    }

    fn step(&self, journal: &Reader<'_>, group: &Range<usize>) -> Option<Step> {
        let row = journal.row(self.seq(group.start)?)?;
        let life = self.lives.get(self.lives.of(row.record)?)?;
        let line = *self.columns.get(&End::Socket(life.id))?;
        let event = row.record.event;
        let len = if event.has_payload() { row.bytes.len() as u64 } else { 0 };
        let state = life.state_at(row.seq);
        let idle = idle_before(journal, life, event, Moment { seq: row.seq, at: row.record.at });
        let (place, more) = (group.start, group.len().saturating_sub(1));
        Some(Step { seq: row.seq, at: row.record.at, place, line, event, len, more, state, idle })
    }
}

/// How long no `recv` had returned when this one did, where that was long.
fn idle_before(journal: &Reader<'_>, life: &Life, event: Event, when: Moment) -> Option<Nanos> {
    if !matches!(event, Event::Received { .. } | Event::PeerEnded) {
        return None;
    }
    let opened = life.opened.filter(|opened| !life.heard_before && opened.at <= when.at);
    let before = recv_before(journal, life, when).or(opened)?;
    let idle = when.at.saturating_sub(before.at);
    (idle >= WAIT).then_some(idle)
}

/// The last `recv` before this one.
fn recv_before(journal: &Reader<'_>, life: &Life, when: Moment) -> Option<Moment> {
    let stream = life.received.pieces.partition_point(|piece| piece.seq < when.seq);
    let datagram = life.came.partition_point(|seq| seq < when.seq);
    let stream = stream.checked_sub(1).and_then(|at| moment(journal, life.received.pieces.get(at)?.seq));
    let datagram = datagram.checked_sub(1).and_then(|at| moment(journal, life.came.get(at)?));
    stream.or(datagram)
}

/// One arrow for all between the same lifelines to the same call.
fn grouped(arrows: &[Arrow]) -> Vec<Arrow> {
    let mut all: BTreeMap<_, Arrow> = BTreeMap::new();
    for arrow in arrows {
        let to = arrow.to.step.or(arrow.from.step);
        let key = (arrow.from.line, arrow.to.line, to, arrow.is_dashed(), arrow.what == What::File);
        all.entry(key)
            .and_modify(|one| {
                one.len += arrow.len;
                one.count += arrow.count;
                one.from.step = one.from.step.min(arrow.from.step);
            })
            .or_insert(*arrow);
    }
    all.into_values().collect()
}

pub(super) struct Maker<'i> {
    pub index: &'i Index,
    pub journal: Reader<'i>,
    /// The same for the other ends of datagrams.
    pub far: Reader<'i>,
    pub datagrams: &'i Datagrams,
    pub window: Range<usize>,
    pub limit: usize,
    pub ladder: Ladder,
}

impl<'i> Maker<'i> {
    pub fn column(&self, end: End) -> Option<usize> {
        self.index.columns.get(&end).copied()
    }

    pub fn line(&self, life: &Life) -> Option<usize> {
        self.column(End::Socket(life.id))
    }

    fn tip(&self, life: &Life, when: Moment) -> Option<Tip> {
        Some(Tip { line: self.line(life)?, step: self.index.place_of(when) })
    }

    /// The same for the call that moved these bytes.
    fn tip_of(&self, life: &Life, piece: Piece) -> Option<Tip> {
        let line = self.line(life)?;
        Some(Tip { line, step: moment(&self.far, piece.seq).and_then(|when| self.index.place_of(when)) })
    }

    /// The lifeline of the other end: a socket of ours, or the address.
    pub fn far(&self, life: &Life, peer: Option<SocketAddr>) -> Option<Tip> {
        let line = match self.index.lives.other(life) {
            Some(other) => self.line(other),
            None => self.column(End::Peer(peer.or(life.peer)?)),
        };
        Some(Tip { line: line?, step: None })
    }

    fn push(&mut self, from: Option<Tip>, to: Option<Tip>, what: What, seen: Seen, message: Option<u64>, len: u64) {
        if let (Some(from), Some(to)) = (from, to) {
            self.ladder.arrows.push(Arrow { from, to, what, seen, message, len, count: 1 });
        }
    }

    /// Whether an arrow to this step is made at the step where it begins: its own step is not in the window.
    fn is_behind(&self, tip: Option<Tip>) -> bool {
        tip.and_then(|tip| tip.step).is_some_and(|place| place >= self.window.end)
    }

    /// The arrows that end with a step, that end nowhere, or that leave the window at its end.
    pub fn step(&mut self, place: usize) {
        let index = self.index;
        let Some(row) = index.seq(place).and_then(|seq| self.journal.row(seq)) else { return };
        let Some(life) = index.lives.of(row.record).and_then(|slot| index.lives.get(slot)) else { return };
        let when = Moment { seq: row.seq, at: row.record.at };
        let here = self.line(life).map(|line| Tip { line, step: Some(place) });
        match (life.kind, row.record.event) {
            (Kind::TcpConnection, Event::Sent { .. }) => {
                if let Some(piece) = life.sent.pieces.position(row.seq).and_then(|at| life.sent.pieces.get(at)) {
                    self.sent(life, piece, here);
                }
            }
            (Kind::TcpConnection, Event::FileStarted { .. }) => {
                if let Some(piece) = life.sent.pieces.position(row.seq).and_then(|at| life.sent.pieces.get(at)) {
                    self.file(life, piece, here);
                }
            }
            (Kind::TcpConnection, Event::Received { .. }) => {
                let lane = &life.received.pieces;
                if let Some(piece) = lane.position(row.seq).and_then(|at| lane.get(at)) {
                    self.received(life, piece, here);
                }
            }
            (Kind::UdpSocket, Event::Sent { .. }) => {
                self.datagram_sent(self.flight(row.seq), here, row.bytes.len() as u64);
            }
            (Kind::UdpSocket, Event::Received { .. }) => {
                self.datagram_came(self.flight(row.seq), here, row.bytes.len() as u64);
            }
            (kind, event) => self.inferred(life, kind, event, when, row.record.peer, here),
        }
    }

    /// The datagram of this row.
    fn flight(&self, seq: u64) -> Option<Flight> {
        let row = self.journal.row(seq)?;
        let when = Moment { seq, at: row.record.at };
        let mate = self.datagrams.other_row(seq).and_then(|mate| moment(&self.far, mate));
        Some(Flight { when, peer: row.record.peer, mate })
    }

    /// The datagrams of these times, as places.
    pub fn during(&self, flights: &Flights, from: Nanos, until: Nanos) -> Range<usize> {
        let before = |time: Nanos| flights.partition_point(|seq| is_before(&self.journal, seq, time));
        let first = before(from);
        first..before(until).max(first)
    }

    /// Whether the bytes between two ends can be followed.
    fn matched<'l>(&self, life: &Life) -> Option<&'l Life>
    where
        'i: 'l,
    {
        let other = self.index.lives.other(life)?;
        (life.whole && other.whole).then_some(other)
    }

    fn sent(&mut self, life: &Life, piece: Piece, here: Option<Tip>) {
        let Some(other) = self.matched(life) else {
            return self.push(here, self.far(life, None), What::Data, Seen::Sender, Some(piece.seq), piece.len);
        };
        for came in other.received.over(piece.offset, piece.end()).rev() {
            let Some(came) = other.received.pieces.get(came) else { continue };
            let to = self.tip_of(other, came);
            if !self.is_behind(to) {
                break;
            }
            let len = piece.end().min(came.end()) - piece.offset.max(came.offset);
            self.push(here, to, What::Data, Seen::Both, Some(piece.seq), len);
        }
        let rest = piece.end().saturating_sub(piece.offset.max(other.received.len()));
        if rest > 0 {
            self.push(here, self.far(life, None), What::Data, Seen::Unread, Some(piece.seq), rest);
        }
    }

    /// A file is one arrow, to the call that returned the last of its bytes.
    fn file(&mut self, life: &Life, piece: Piece, here: Option<Tip>) {
        let Some(other) = self.matched(life) else {
            return self.push(here, self.far(life, None), What::File, Seen::Sender, Some(piece.seq), piece.len);
        };
        if other.received.len() < piece.end() || piece.len == 0 {
            let rest = piece.end() - piece.offset.max(other.received.len().min(piece.end()));
            return self.push(here, self.far(life, None), What::File, Seen::Unread, Some(piece.seq), rest);
        }
        let last = other.received.over(piece.offset, piece.end()).next_back();
        let to = last.and_then(|at| other.received.pieces.get(at)).and_then(|came| self.tip_of(other, came));
        if self.is_behind(to) {
            self.push(here, to, What::File, Seen::Both, Some(piece.seq), piece.len);
        }
    }

    fn received(&mut self, life: &Life, piece: Piece, here: Option<Tip>) {
        let Some(other) = self.index.lives.other(life) else {
            return self.push(self.far(life, None), here, What::Data, Seen::Receiver, Some(piece.seq), piece.len);
        };
        if self.matched(life).is_none() {
            let from = self.far(life, None);
            return self.push(from, here, What::Data, Seen::Receiver, Some(piece.seq), piece.len);
        }
        // Of what was sent in rows that have left it is known only whose it is.
        let unknown = other.sent.begins().min(piece.end()).saturating_sub(piece.offset);
        if unknown > 0 {
            let from = self.far(life, None);
            self.push(from, here, What::Data, Seen::Receiver, Some(piece.seq), unknown);
        }
        let over = other.sent.over(piece.offset, piece.end());
        if over.len() > self.limit {
            return self.many(other, over, here, piece.len);
        }
        for sent in over.filter_map(|at| other.sent.pieces.get(at)) {
            let len = piece.end().min(sent.end()) - piece.offset.max(sent.offset);
            let from = self.tip_of(other, sent);
            if !other.sent.is_file(sent) {
                self.push(from, here, What::Data, Seen::Both, Some(sent.seq), len);
            } else if sent.end() <= piece.end() {
                self.push(from, here, What::File, Seen::Both, Some(sent.seq), sent.len);
            }
        }
    }

    /// One arrow for many sends.
    fn many(&mut self, from: &Life, sends: Range<usize>, to: Option<Tip>, len: u64) {
        let first = from.sent.pieces.get(sends.start).and_then(|piece| moment(&self.journal, piece.seq));
        let start = first.and_then(|when| self.tip(from, when));
        if let (Some(from), Some(to)) = (start, to) {
            let (what, seen, message) = (What::Data, Seen::Both, first.map(|when| when.seq));
            self.ladder.arrows.push(Arrow { from, to, what, seen, message, len, count: sends.len() as u64 });
        }
    }

    fn datagram_sent(&mut self, flight: Option<Flight>, here: Option<Tip>, len: u64) {
        let Some(flight) = flight else { return };
        let message = Some(flight.when.seq);
        if let Some(to) = self.mate(&flight) {
            if self.is_behind(Some(to)) {
                let kept =
                    flight.mate.and_then(|mate| self.journal.row(mate.seq)).map_or(len, |r| r.bytes.len() as u64);
                self.push(here, Some(to), What::Datagram, Seen::Both, message, kept);
            }
            return;
        }
        let Some(peer) = flight.peer else { return };
        let ours = self.index.bound_to(peer);
        let line = ours.or_else(|| self.column(End::Peer(peer)));
        let seen = if ours.is_some() { Seen::Unread } else { Seen::Sender };
        self.push(here, line.map(|line| Tip { line, step: None }), What::Datagram, seen, message, len);
    }

    fn datagram_came(&mut self, flight: Option<Flight>, here: Option<Tip>, len: u64) {
        let Some(flight) = flight else { return };
        if let Some(from) = self.mate(&flight) {
            let message = flight.mate.map(|mate| mate.seq);
            return self.push(Some(from), here, What::Datagram, Seen::Both, message, len);
        }
        let Some(peer) = flight.peer else { return };
        let line = self.index.bound_to(peer).or_else(|| self.column(End::Peer(peer)));
        let from = line.map(|line| Tip { line, step: None });
        let what = if self.datagrams.is_part_of_file(flight.when.seq) { What::Part } else { What::Datagram };
        self.push(from, here, what, Seen::Receiver, Some(flight.when.seq), len);
    }

    /// The other end of a datagram, where it is a step of this ladder.
    fn mate(&self, flight: &Flight) -> Option<Tip> {
        let mate = flight.mate?;
        let row = self.journal.row(mate.seq)?;
        let life = self.index.lives.get(self.index.lives.of(row.record)?)?;
        self.tip(life, mate).filter(|tip| tip.step.is_some())
    }

    /// What no call tells of, and what has to have been for the calls to be as they are.
    fn inferred(
        &mut self,
        life: &Life,
        kind: Kind,
        event: Event,
        when: Moment,
        peer: Option<SocketAddr>,
        here: Option<Tip>,
    ) {
        let tcp = kind == Kind::TcpConnection;
        let far = self.far(life, peer);
        let other = self.index.lives.other(life);
        let neither = |maker: &mut Self, from, to, what| maker.push(from, to, what, Seen::Neither, None, 0);
        match event {
            // To the other computer, which answers by itself: `accept` comes when it comes.
            Event::Connecting if tcp => neither(self, here, far, What::Syn),
            Event::Connected { .. } if tcp => neither(self, far, here, What::SynAck),
            Event::PeerEnded => {
                let key = self.index.key(when);
                let ended = other.and_then(|other| Some((other, other.ended?)));
                let ended = ended.filter(|(_, ended)| self.index.key(*ended) < key);
                let from = ended.and_then(|(other, ended)| self.tip(other, ended)).or(far);
                neither(self, from, here, What::Fin);
            }
            Event::HalfClosed
            | Event::Closed { why: CloseReason::User | CloseReason::Rule | CloseReason::PeerEnded, .. }
                if tcp && life.ended == Some(when) =>
            {
                match other {
                    None => neither(self, here, far, What::Fin),
                    Some(other) => {
                        let to = other.heard.and_then(|heard| self.tip(other, heard));
                        if self.is_behind(to) {
                            neither(self, here, to, What::Fin);
                        }
                    }
                }
            }
            Event::Aborted { .. } | Event::Closed { .. } if tcp && life.aborted == Some(when) => {
                let broken = other.and_then(|other| Some((other, other.broken?)));
                match broken.and_then(|(other, broken)| self.tip(other, broken)) {
                    Some(to) if self.is_behind(Some(to)) => neither(self, here, Some(to), What::Rst),
                    // Made where it ended.
                    Some(to) if to.step > Some(self.index.before(when)) => {}
                    _ => neither(self, here, far, What::Rst),
                }
            }
            Event::Failed { call: Call::Connect, fault } if tcp && fault.kind == FaultKind::Refused => {
                neither(self, far, here, What::Rst);
            }
            Event::Failed { fault, .. } if tcp && fault.kind == FaultKind::Reset => match other {
                None => neither(self, far, here, What::Rst),
                Some(other) => {
                    let key = self.index.key(when);
                    let aborted = other.aborted.filter(|aborted| self.index.key(*aborted) < key);
                    if life.broken == Some(when)
                        && let Some(aborted) = aborted
                    {
                        neither(self, self.tip(other, aborted), here, What::Rst);
                    }
                }
            },
            Event::Failed { fault, .. } if kind == Kind::UdpSocket && fault.kind == FaultKind::Refused => {
                let ours = peer.and_then(|peer| self.index.bound_to(peer));
                let line = ours.or_else(|| self.column(End::Peer(peer?)));
                neither(self, line.map(|line| Tip { line, step: None }), here, What::Icmp);
            }
            _ => {}
        }
    }

    /// Arrows that come from above the window and go to below it.
    fn across(&mut self) {
        let window = self.window.clone();
        let (Some(start), Some(end)) = (self.index.time(window.start), self.index.time(window.end)) else { return };
        for (_, life) in self.index.lives.iter() {
            if !self.index.shows(life) {
                continue;
            }
            if let Some(other) = self.matched(life) {
                // What was sent before and is received only behind.
                let first = other.received.during(&self.far, 0, end).end;
                let read =
                    first.checked_sub(1).and_then(|at| other.received.pieces.get(at)).map_or(0, |piece| piece.end());
                let sends =
                    life.sent.over(read, other.received.len()).start..life.sent.during(&self.journal, 0, start).end;
                if sends.len() > self.limit {
                    let to = other.received.pieces.get(first).and_then(|came| self.tip_of(other, came));
                    let len = sends.clone().filter_map(|at| life.sent.pieces.get(at)).map(|piece| piece.len).sum();
                    self.many(life, sends, to, len);
                    continue;
                }
                for sent in sends.filter_map(|at| life.sent.pieces.get(at)) {
                    for came in other.received.over(sent.offset, sent.end()) {
                        let Some(came) = other.received.pieces.get(came) else { continue };
                        let (from, to) = (self.tip_of(life, sent), self.tip_of(other, came));
                        let above = from.and_then(|tip| tip.step).is_some_and(|place| place < window.start);
                        let last = came.end() >= sent.end();
                        if above && self.is_behind(to) && (!life.sent.is_file(sent) || last) {
                            let len = sent.end().min(came.end()) - sent.offset.max(came.offset);
                            let what = if life.sent.is_file(sent) { What::File } else { What::Data };
                            self.push(from, to, what, Seen::Both, Some(sent.seq), len);
                        }
                    }
                }
                for (began, over, what) in
                    [(life.ended, other.heard, What::Fin), (life.aborted, other.broken, What::Rst)]
                {
                    let from = began.and_then(|began| self.tip(life, began));
                    let to = over.and_then(|over| self.tip(other, over));
                    let above = from.and_then(|tip| tip.step).is_some_and(|place| place < window.start);
                    if above && self.is_behind(to) {
                        self.push(from, to, what, Seen::Neither, None, 0);
                    }
                }
            }
            let before = self.during(&life.out, 0, start).end;
            for at in (before.saturating_sub(ACROSS)..before).rev() {
                let Some(flight) = life.out.get(at).and_then(|seq| self.flight(seq)) else { continue };
                let (from, to) = (self.tip(life, flight.when), self.mate(&flight));
                let above = from.and_then(|tip| tip.step).is_some_and(|place| place < window.start);
                if above && self.is_behind(to) {
                    let len = self.journal.row(flight.when.seq).map_or(0, |row| row.bytes.len() as u64);
                    self.push(from, to, What::Datagram, Seen::Both, Some(flight.when.seq), len);
                }
            }
        }
    }

    /// Files that were on their way while this window was.
    fn transfers(&mut self) {
        let index = self.index;
        for (_, life) in index.lives.iter().filter(|(_, life)| index.shows(life) && !life.files.is_empty()) {
            let Some(line) = self.line(life) else { continue };
            for run in &life.files {
                let from = index.before(run.began);
                let to = run.ended.map(|ended| index.before(ended));
                if from < self.window.end && to.is_none_or(|to| to >= self.window.start) {
                    let seq = run.began.seq;
                    self.ladder.transfers.push(Transfer { line, seq, from, to });
                }
            }
        }
    }

    /// Which states were in force.
    fn bands(&mut self) {
        let index = self.index;
        let window = self.window.clone();
        for (_, life) in index.lives.iter().filter(|(_, life)| index.shows(life)) {
            let Some(line) = self.line(life) else { continue };
            let next_life = || {
                let lives = index.lives.iter().map(|(_, other)| other);
                let later = lives.filter(|other| other.id == life.id && other.generation > life.generation);
                later.filter_map(|other| other.states.first()).map(|(when, _)| *when).min_by_key(|when| when.seq)
            };
            for (at, (when, state)) in life.states.iter().enumerate() {
                let from = index.before(*when);
                if from >= window.end {
                    break;
                }
                let until = life.states.get(at + 1).map(|(when, _)| *when);
                let until = until.or_else(|| if state.is_open() { None } else { next_life() });
                let to = until.map(|until| index.before(until));
                if to.is_none_or(|to| to > window.start && to > from) {
                    self.ladder.bands.push(Band { line, state: *state, since: when.at, from, to });
                }
            }
        }
    }

    /// Where no `recv` returned for long.
    fn waits(&mut self) {
        let index = self.index;
        let window = self.window.clone();
        if window.len() > self.limit.min(ARROWS) {
            return;
        }
        let (Some(start), Some(end)) = (index.time(window.start), index.time(window.end.saturating_sub(1))) else {
            return;
        };
        for (_, life) in index.lives.iter().filter(|(_, life)| index.shows(life)) {
            let Some(line) = self.line(life).filter(|_| life.opened.is_some()) else { continue };
            if life.kind == Kind::TcpListener {
                continue;
            }
            // What it received in rows that have left was behind that.
            let opened = life.opened.filter(|_| !life.heard_before);
            // Each recv of the window, and the first behind it.
            let times: Vec<_> = if life.kind == Kind::UdpSocket {
                let those = self.during(&life.came, start, end.saturating_add(1));
                let seqs = (those.start..=those.end).filter_map(|at| life.came.get(at));
                seqs.filter_map(|seq| moment(&self.journal, seq)).collect()
            } else {
                let those = life.received.during(&self.journal, start, end.saturating_add(1));
                let pieces = (those.start..=those.end).filter_map(|at| life.received.pieces.get(at));
                pieces.filter_map(|piece| moment(&self.journal, piece.seq)).chain(life.heard).collect()
            };
            let over = [life.ended, life.aborted, life.broken, life.heard].into_iter().flatten();
            let over = over.map(|when| when.at).min();
            let last = times.last().copied();
            for when in times {
                let before = recv_before(&self.journal, life, when).or(opened);
                if let Some(before) = before {
                    self.wait(line, before, Some(when), when.at);
                }
            }
            // What nothing has come of yet.
            if life.state().is_open() && life.state() != State::SynSent && over.is_none() {
                let newest = Moment { seq: u64::MAX >> 1, at: u64::MAX };
                let before = last.or_else(|| recv_before(&self.journal, life, newest)).or(opened);
                let Some(before) = before else { continue };
                let now = index.time(index.len().saturating_sub(1)).unwrap_or_default();
                let none_after = recv_before(&self.journal, life, newest).is_none_or(|latest| latest.seq <= before.seq);
                if none_after {
                    self.wait(line, before, None, now);
                }
            }
        }
    }

    fn wait(&mut self, line: usize, before: Moment, when: Option<Moment>, until: Nanos) {
        let lasted = until.saturating_sub(before.at);
        if lasted < WAIT {
            return;
        }
        let from = self.index.before(before);
        let to = when.map(|when| self.index.before(when));
        if from < self.window.end && to.is_none_or(|to| to >= self.window.start) {
            self.ladder.waits.push(Wait { line, from, to, lasted });
        }
    }
}
