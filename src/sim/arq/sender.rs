//! The sending half: what is queued, on its way, and acknowledged, and when it is sent again.
//!
//! Packets are counted from 0 inside; on the wire a packet has its count modulo 2^k. What an acknowledgement means is worked
//! out from what is unacknowledged: the oldest packet that fits. With too few bits for the window that is wrong, as it is
//! for every real protocol.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    estimate::Estimate,
    mechanisms::{Acks, MOST_BITS, Mechanisms, Window},
};
use crate::sim::{
    Micros,
    log::{Change, Piece},
};

/// How often a packet is sent before its sender gives up.
pub(super) const MOST_TRIES: u32 = 20;

/// What is to be sent.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The part of a message; `None` is the end mark.
    pub piece: Option<Piece>,
    acked: bool,
    tries: u32,
    sent: Micros,
    due: Option<Micros>,
}

/// One half of a host.
#[derive(Debug)]
pub(super) struct Sender {
    set: Mechanisms,
    items: Vec<Item>,
    /// The oldest that is not acknowledged.
    base: usize,
    /// The next one that was never sent.
    next: usize,
    estimate: Estimate,
    /// Timers that run: when, and of which packet.
    timers: BTreeSet<(Micros, usize)>,
    /// By number on the wire: no packet before this one with that number is unacknowledged.
    oldest: BTreeMap<u32, usize>,
    gave_up: bool,
    /// What timers did since it was last asked: of which packet, or of all.
    changes: Vec<(Option<usize>, Change)>,
}

/// What an acknowledgement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acked {
    /// Something is acknowledged that was not before.
    New,
    /// Nothing new: the receiver still expects the same.
    Nothing,
    /// It fits nothing that is on its way.
    Unknown,
}

impl Sender {
    pub fn new(set: Mechanisms) -> Self {
        Self {
            set,
            items: Vec::new(),
            base: 0,
            next: 0,
            estimate: Estimate::new(set.timeout),
            timers: BTreeSet::new(),
            oldest: BTreeMap::new(),
            gave_up: false,
            changes: Vec::new(),
        }
    }

    /// What timers did, for the log.
    pub fn changes(&mut self) -> Vec<(Option<usize>, Change)> {
        std::mem::take(&mut self.changes)
    }

    /// Queues a part of a message, or the end mark.
    pub fn queue(&mut self, piece: Option<Piece>) {
        self.items.push(Item { piece, acked: false, tries: 0, sent: 0, due: None });
    }

    pub fn item(&self, index: usize) -> Option<&Item> {
        self.items.get(index)
    }

    /// The number of a packet on the wire.
    pub fn number(&self, index: usize) -> u32 {
        (index as u64 & ((1 << self.set.bits.min(MOST_BITS)) - 1)) as u32
    }

    /// Whether there is nothing left to do: all is sent, and acknowledged as far as anybody acknowledges.
    pub fn is_clear(&self) -> bool {
        self.next == self.items.len() && (self.base == self.next || !self.waits_for_acks())
    }

    /// Whether anything may come of waiting.
    fn waits_for_acks(&self) -> bool {
        self.set.acks != Acks::None || self.set.window != Window::None || self.estimate.timeout().is_some()
    }

    pub fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// Whether one timer stands for all packets.
    pub fn has_one_timer(&self) -> bool {
        matches!(self.set.window, Window::StopAndWait | Window::GoBackN(_))
    }

    /// When the next timer is due.
    pub fn wake(&self) -> Option<Micros> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// The next packet that the window lets out for the first time.
    pub fn fresh(&mut self) -> Option<usize> {
        let room = self.set.window.size().is_none_or(|size| self.next - self.base < usize::from(size));
        if self.gave_up || !room || self.next >= self.items.len() {
            return None;
        }
        self.next += 1;
        Some(self.next - 1)
    }

    /// What waits for room in the window.
    pub fn held(&self) -> impl Iterator<Item = Piece> {
        self.items.get(self.next..).unwrap_or_default().iter().filter_map(|item| item.piece)
    }

    /// A packet is sent now. Returns which time this was.
    pub fn sent(&mut self, index: usize, now: Micros) -> u32 {
        let due = self.estimate.timeout().map(|timeout| now.saturating_add(timeout));
        let (alone, runs) = (!self.has_one_timer(), !self.timers.is_empty());
        let Some(item) = self.items.get_mut(index) else { return 0 };
        item.tries += 1;
        item.sent = now;
        if let Some(due) = due.filter(|_| alone || !runs) {
            item.due = Some(due);
            self.timers.insert((due, index));
            self.changes.push((alone.then_some(index), Change::Started(due)));
        }
        item.tries
    }

    /// The packets to send again because their timer is due.
    pub fn expired(&mut self, now: Micros) -> Vec<usize> {
        let (mut again, one) = (Vec::new(), self.has_one_timer());
        while let Some((at, index)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, index));
            let Some(item) = self.items.get_mut(index) else { continue };
            item.due = None;
            self.changes.push(((!one).then_some(index), Change::Fired));
            if item.tries >= MOST_TRIES {
                self.gave_up = true;
                self.timers.clear();
                return Vec::new();
            }
            self.estimate.back_off(now, item.sent);
            again.push(index);
        }
        if one && !again.is_empty() {
            again = self.open().collect();
        }
        again
    }

    /// What is on its way unacknowledged.
    fn open(&self) -> impl Iterator<Item = usize> {
        let open = self.items.get(self.base..self.next).unwrap_or_default();
        (self.base..).zip(open).filter(|(_, item)| !item.acked).map(|(index, _)| index)
    }

    /// An acknowledgement has come.
    pub fn acknowledged(&mut self, number: u32, map: u32, now: Micros) -> Acked {
        let (base, modulus) = (self.base, 1_usize << self.set.bits.min(MOST_BITS));
        let mut newest = None;
        if self.set.bits == 0 {
            // "Something has come": the oldest, whatever it was.
            newest = (base < self.next).then(|| self.settle(base)).flatten();
        } else if self.set.acks == Acks::Each {
            newest = self.oldest_with(number).and_then(|index| self.settle(index));
        } else {
            let ahead = (number as usize).wrapping_sub(base) & (modulus - 1);
            let expected = base + ahead;
            if expected > self.next {
                return Acked::Unknown;
            }
            for index in base..expected {
                newest = self.settle(index).or(newest);
            }
            for bit in (0..u32::BITS).filter(|bit| map >> bit & 1 == 1) {
                newest = self.settle(expected + 1 + bit as usize).or(newest);
            }
            if newest.is_none() {
                return if base < self.next { Acked::Nothing } else { Acked::Unknown };
            }
        }
        while self.items.get(self.base).is_some_and(|item| item.acked) {
            self.base += 1;
        }
        let Some((tries, sent)) = newest else { return Acked::Unknown };
        if tries == 1 {
            self.estimate.sample(now.saturating_sub(sent));
        }
        if self.has_one_timer() && self.base > base {
            self.restart(now);
        }
        Acked::New
    }

    /// One timer for all starts anew when something is acknowledged (RFC 6298 5.3), and stops when everything is (5.2).
    fn restart(&mut self, now: Micros) {
        if self.timers.is_empty() {
            return;
        }
        self.timers.clear();
        let due = self.estimate.timeout().map(|timeout| now.saturating_add(timeout));
        let change = match due.filter(|_| self.base < self.next) {
            Some(due) => {
                self.timers.insert((due, self.base));
                Change::Started(due)
            }
            None => Change::Stopped,
        };
        self.changes.push((None, change));
    }

    /// The oldest unacknowledged packet with this number.
    fn oldest_with(&mut self, number: u32) -> Option<usize> {
        let modulus = 1_usize << self.set.bits.min(MOST_BITS);
        let from = self.oldest.entry(number).or_insert(number as usize);
        while *from < self.next && self.items.get(*from).is_some_and(|item| item.acked) {
            *from += modulus;
        }
        Some(*from).filter(|index| *index < self.next)
    }

    /// A packet is acknowledged. If it was not before: how often it was sent, and when the last time.
    fn settle(&mut self, index: usize) -> Option<(u32, Micros)> {
        let one = self.has_one_timer();
        let item = self.items.get_mut(index).filter(|item| index < self.next && !item.acked)?;
        item.acked = true;
        let was = (item.tries, item.sent);
        if let Some(due) = item.due.take().filter(|_| !one) {
            self.timers.remove(&(due, index));
            self.changes.push((Some(index), Change::Stopped));
        }
        Some(was)
    }
}
