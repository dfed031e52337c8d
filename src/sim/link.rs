//! The cable between the two hosts: a queue with a rate in each direction, then a way on which packets are lost, damaged,
//! doubled, and overtaken.
//!
//! The order of things: the queue (drop-tail) and its serialisation first, like the bottleneck it stands for, then the way.
//! A packet that dies on the way has taken its time in the queue. Jitter keeps the order, as queues do; only a detour lets
//! others overtake. Arrivals at one instant come in the order of sending.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::{
    Micros, Side,
    fate::{Edit, Fates, Name, PacketKind},
    host::Outgoing,
    knobs::{Damage, LinkKnobs},
    log::{End, Loss, Packet, PacketId},
    recorder::Recorder,
};

/// Both directions of a link.
#[derive(Debug)]
pub struct Link {
    fates: Fates,
    ways: [Way; 2],
    /// How often a name came, without its attempt.
    attempts: BTreeMap<(Side, PacketKind, u32, u32), u32>,
    /// How many of a kind came, for those without a number of their own.
    ordinals: BTreeMap<(Side, PacketKind), u32>,
}

/// One direction.
#[derive(Debug)]
struct Way {
    knobs: LinkKnobs,
    /// Until when the queue is busy with what is in it.
    busy: Micros,
    /// What is in the queue: when its last bit is out, and its bytes.
    queued: std::collections::VecDeque<(Micros, u32)>,
    queued_bytes: u64,
    /// When the last packet that keeps the order arrives.
    last: Micros,
    /// What will arrive, the earliest first.
    flying: BinaryHeap<Reverse<(Micros, PacketId)>>,
}

impl Way {
    fn new(knobs: LinkKnobs) -> Self {
        Self {
            knobs,
            busy: 0,
            queued: std::collections::VecDeque::new(),
            queued_bytes: 0,
            last: 0,
            flying: BinaryHeap::new(),
        }
    }

    /// Puts bytes into the queue. Returns when their first and last bit leave it, or `None` if it is full.
    fn enqueue(&mut self, now: Micros, bytes: usize) -> Option<(Micros, Micros)> {
        let Some(rate) = self.knobs.rate.filter(|rate| *rate > 0) else { return Some((now, now)) };
        while let Some((out, size)) = self.queued.front().copied().filter(|(out, _)| *out <= now) {
            debug_assert!(out <= now);
            self.queued.pop_front();
            self.queued_bytes = self.queued_bytes.saturating_sub(u64::from(size));
        }
        // What is being sent has left the queue proper, so one packet always fits.
        let waiting = self.queued_bytes - self.queued.front().map_or(0, |(_, size)| u64::from(*size));
        if !self.queued.is_empty() && waiting + bytes as u64 > u64::from(self.knobs.queue) {
            return None;
        }
        let left = self.busy.max(now);
        let takes = (bytes as u64).saturating_mul(8_000_000).div_ceil(rate);
        let out = left.saturating_add(takes);
        self.busy = out;
        self.queued.push_back((out, bytes as u32));
        self.queued_bytes += bytes as u64;
        Some((left, out))
    }
}

impl Link {
    /// A link with nothing on it. `back` is the direction from the server.
    pub fn new(there: LinkKnobs, back: LinkKnobs, seed: u64, edits: &[Edit]) -> Self {
        Self {
            fates: Fates::new(seed, edits),
            ways: [Way::new(there), Way::new(back)],
            attempts: BTreeMap::new(),
            ordinals: BTreeMap::new(),
        }
    }

    /// Packets that are on their way and will arrive.
    pub fn in_flight(&self) -> usize {
        self.ways.iter().map(|way| way.flying.len()).sum()
    }

    /// When the next packet arrives, on whichever side.
    pub fn next_arrival(&self) -> Option<Micros> {
        self.ways.iter().filter_map(|way| way.flying.peek()).map(|Reverse((at, _))| *at).min()
    }

    /// Takes the next packet that has arrived at this side by now.
    pub(super) fn take_arrived(&mut self, to: Side, now: Micros) -> Option<PacketId> {
        let way = self.ways.get_mut(to.other().index())?;
        let Reverse((at, _)) = way.flying.peek()?;
        if *at > now {
            return None;
        }
        way.flying.pop().map(|Reverse((_, id))| id)
    }

    /// Puts a packet on the link: names it, decides its fate, and writes both down.
    pub(super) fn send(&mut self, now: Micros, from: Side, packet: Outgoing, recorder: &mut Recorder) -> PacketId {
        let name = self.name(from, &packet);
        let id = recorder.next_id();
        let [there, back] = &mut self.ways;
        let way = if from == Side::Client { there } else { back };
        let fate = self.fates.of(name, &way.knobs);
        let mut written = Packet {
            id,
            name,
            copy_of: None,
            damaged: None,
            pieces: packet.pieces,
            sent: now,
            left: now,
            out: now,
            ended: now,
            end: End::OnTheWay,
            resent: None,
            bytes: packet.bytes,
        };
        let Some((left, out)) = way.enqueue(now, written.bytes.len()) else {
            written.end = End::Lost(Loss::QueueFull);
            recorder.packet(written);
            return id;
        };
        (written.left, written.out) = (left, out);
        let outage = way.knobs.outage.is_some_and(|outage| (outage.from..outage.to).contains(&out));
        // By hand comes before the weather.
        let lost = match fate.lost {
            Some(Loss::ByHand) => fate.lost,
            _ if outage => Some(Loss::Outage),
            lost => lost,
        };
        if let Some(loss) = lost {
            written.end = End::Lost(loss);
            written.ended = out + way.knobs.delay * u64::from(fate.dies_at) / 256;
            recorder.packet(written);
            return id;
        }
        let in_order = out.saturating_add(way.knobs.delay).saturating_add(fate.jitter).max(way.last);
        if fate.detour == 0 {
            way.last = in_order;
        }
        written.ended = in_order.saturating_add(fate.detour);
        written.damaged = fate.damage.map(|place| damage(&written.bytes, packet.damage_from, way.knobs.damage, place));
        way.flying.push(Reverse((written.ended, id)));
        let copy = fate.duplicate.then(|| {
            let after = (way.knobs.delay * u64::from(fate.copy_after) / 256).max(1);
            let id = PacketId(id.0 + 1);
            way.flying.push(Reverse((written.ended + after, id)));
            Packet { id, copy_of: Some(written.id), ended: written.ended + after, ..written.clone() }
        });
        recorder.packet(written);
        if let Some(copy) = copy {
            recorder.packet(copy);
        }
        id
    }

    fn name(&mut self, from: Side, packet: &Outgoing) -> Name {
        let kind = packet.kind;
        let number = packet.number.unwrap_or_else(|| {
            let ordinal = self.ordinals.entry((from, kind)).or_default();
            *ordinal += 1;
            *ordinal
        });
        let attempt = self.attempts.entry((from, kind, number, packet.offset)).or_default();
        *attempt += 1;
        Name { from, kind, number, offset: packet.offset, attempt: *attempt }
    }
}

/// The bytes with damage. What cannot be damaged so comes out with a bit turned over; what is empty stays.
fn damage(bytes: &[u8], from: usize, how: Damage, place: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if how == Damage::SwapWords && swap_words(&mut bytes, from) {
        return bytes;
    }
    let body = bytes.get_mut(from..).unwrap_or_default();
    let bits = body.len() as u64 * 8;
    let bit = ((u128::from(place) * u128::from(bits)) >> 64) as u64;
    if let Some(byte) = body.get_mut((bit / 8) as usize) {
        *byte ^= 0x80 >> (bit % 8);
    }
    bytes
}

/// Lets the first two 16-bit words of the payload that are beside each other and differ change places.
fn swap_words(bytes: &mut [u8], from: usize) -> bool {
    let from = from.max(super::udp::payload_at(bytes).unwrap_or(0));
    let Some(body) = bytes.get_mut(from..) else { return false };
    let Some(at) = body.chunks_exact(4).position(|four| four.get(..2) != four.get(2..)) else { return false };
    if let Some(four) = body.get_mut(at * 4..at * 4 + 4) {
        four.rotate_left(2);
    }
    true
}
