//! Which datagram that was received is which that was sent.
//!
//! UDP says nothing of it: they are matched by their ports and bytes, in order, as [`spans`](crate::journal::spans) does;
//! here as rows come in, so that nothing is looked at twice. Two workers write down independently: a recv may be told of
//! a moment before its send.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::SocketAddr,
};

use super::{
    super::{
        record::Event,
        spans::{LATE, same},
        store::{Journal, Row},
    },
    lives::{Earlier, Flight, Lives, Moment},
};

/// Datagrams that may be on their way before the oldest is taken for one that nobody here received.
const FLYING: usize = 4_096;
/// Datagrams that may have been received before their send is told of.
const EARLY: usize = 256;

/// The two ports and the length of a datagram, and a number made of its bytes.
type Like = (u16, u16, u32, u64);

#[derive(Clone, Copy, Debug)]
struct Flying {
    slot: usize,
    when: Moment,
    like: Like,
    landed: bool,
}

/// Datagrams of which one end is known so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights {
    /// Sent and not yet received, oldest first; numbered from `gone` on.
    flying: VecDeque<Flying>,
    gone: u64,
    /// Their numbers, by what they are like.
    like: HashMap<Like, VecDeque<u64>>,
    /// Received and not yet told of as sent.
    early: VecDeque<Flying>,
}

impl Flights {
    /// Takes a datagram in. Where its other end is known, both are told of one another.
    pub fn take(&mut self, lives: &mut Lives, journal: &Journal, slot: usize, row: &Row<'_>, late: &mut Vec<Earlier>) {
        let when = Moment { seq: row.seq, at: row.record.at };
        let peer = row.record.peer;
        let Some(life) = lives.get_mut(slot) else { return };
        life.last = row.seq;
        if let Some(peer) = peer {
            life.meets(peer);
        }
        let port = |addr: Option<SocketAddr>| addr.map_or(0, |addr| addr.port());
        match row.record.event {
            Event::Sent { .. } => {
                let from = life.local;
                life.out.push_back(Flight { when, peer, mate: None });
                let like = (port(from), port(peer), row.bytes.len() as u32, number(row.bytes));
                let found = self.early.iter().position(|came| {
                    came.like.0 == like.0
                        && came.like.1 == like.1
                        && came.like.2 == like.2
                        && came.when.at.saturating_add(LATE) >= when.at
                        && fits(lives, (from, peer), came)
                        && journal.row(came.when.seq).is_some_and(|came| row.bytes.starts_with(came.bytes))
                });
                if let Some(came) = found.and_then(|at| self.early.remove(at)) {
                    join(lives, (slot, when), (came.slot, came.when), late);
                } else {
                    self.like.entry(like).or_default().push_back(self.gone + self.flying.len() as u64);
                    self.flying.push_back(Flying { slot, when, like, landed: false });
                }
            }
            Event::Received { full } => {
                let to = life.local;
                life.came.push_back(Flight { when, peer, mate: None });
                let like = (port(peer), port(to), full, number(row.bytes));
                let found = if row.bytes.len() == full as usize {
                    self.whole(lives, journal, row, (peer, to), like)
                } else {
                    self.cut(lives, journal, row, (peer, to), like)
                };
                let sent = found.and_then(|number| self.flying.get_mut(usize::try_from(number - self.gone).ok()?));
                if let Some(sent) = sent {
                    sent.landed = true;
                    let sent = *sent;
                    join(lives, (sent.slot, sent.when), (slot, when), late);
                } else {
                    self.early.push_back(Flying { slot, when, like, landed: false });
                }
            }
            _ => {}
        }
        self.forget();
    }

    /// The number of the oldest that has these very bytes.
    fn whole(
        &mut self,
        lives: &Lives,
        journal: &Journal,
        row: &Row<'_>,
        ends: (Option<SocketAddr>, Option<SocketAddr>),
        like: Like,
    ) -> Option<u64> {
        let numbers = self.like.get_mut(&like)?;
        let flying = &self.flying;
        let gone = self.gone;
        let at = numbers.iter().position(|number| {
            let sent = number.checked_sub(gone).and_then(|index| flying.get(usize::try_from(index).ok()?));
            sent.is_some_and(|sent| sent_by(lives, journal, sent, ends, row))
        })?;
        let number = numbers.remove(at);
        if numbers.is_empty() {
            self.like.remove(&like);
        }
        number
    }

    /// The same for one whose tail was cut off: only its beginning is known.
    fn cut(
        &mut self,
        lives: &Lives,
        journal: &Journal,
        row: &Row<'_>,
        ends: (Option<SocketAddr>, Option<SocketAddr>),
        like: Like,
    ) -> Option<u64> {
        let at = self.flying.iter().position(|sent| {
            !sent.landed
                && (sent.like.0, sent.like.1, sent.like.2) == (like.0, like.1, like.2)
                && sent_by(lives, journal, sent, ends, row)
        })?;
        let number = self.gone + at as u64;
        let like = self.flying.get(at)?.like;
        if let Some(numbers) = self.like.get_mut(&like) {
            numbers.retain(|other| *other != number);
        }
        Some(number)
    }

    fn forget(&mut self) {
        while self.flying.len() > FLYING || self.flying.front().is_some_and(|sent| sent.landed) {
            let Some(sent) = self.flying.pop_front() else { break };
            if !sent.landed
                && let Some(numbers) = self.like.get_mut(&sent.like)
            {
                numbers.retain(|number| *number != self.gone);
                if numbers.is_empty() {
                    self.like.remove(&sent.like);
                }
            }
            self.gone += 1;
        }
        while self.early.len() > EARLY {
            self.early.pop_front();
        }
    }
}

/// Whether a datagram that came is for the peer of this send, and from its sender.
fn fits(lives: &Lives, (from, to): (Option<SocketAddr>, Option<SocketAddr>), came: &Flying) -> bool {
    let Some(life) = lives.get(came.slot) else { return false };
    let peer = life.came.iter().rev().find(|flight| flight.when.seq == came.when.seq).and_then(|flight| flight.peer);
    same(from, peer) && same(to, life.local)
}

/// Whether this one was sent between these ends with these bytes in front.
fn sent_by(
    lives: &Lives,
    journal: &Journal,
    sent: &Flying,
    (from, to): (Option<SocketAddr>, Option<SocketAddr>),
    came: &Row<'_>,
) -> bool {
    let Some(row) = journal.row(sent.when.seq) else { return false };
    same(lives.get(sent.slot).and_then(|life| life.local), from)
        && same(row.record.peer, to)
        && row.bytes.starts_with(came.bytes)
}

/// Tells both ends of one another.
fn join(lives: &mut Lives, sent: (usize, Moment), came: (usize, Moment), late: &mut Vec<Earlier>) {
    let mut tell = |slot: usize, out: bool, seq: u64, mate: Moment| {
        let Some(life) = lives.get_mut(slot) else { return };
        let flights = if out { &mut life.out } else { &mut life.came };
        let at = flights.partition_point(|flight| flight.when.seq < seq);
        if let Some(flight) = flights.get_mut(at).filter(|flight| flight.when.seq == seq) {
            flight.mate = Some(mate);
        }
    };
    tell(sent.0, true, sent.1.seq, came.1);
    tell(came.0, false, came.1.seq, sent.1);
    if sent.1.at > came.1.at {
        late.push(Earlier { when: sent.1, before: came.1.at });
    }
}

fn number(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
