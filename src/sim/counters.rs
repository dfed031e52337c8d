//! Sums over a log: the same rows for every transport, so that lanes can be held against each other.

use super::{
    Log, Micros, Side,
    fate::PacketKind,
    log::{End, Loss},
};

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets put on the link, without the copies that it made.
    pub packets: u64,
    /// All their bytes.
    pub bytes: u64,
    /// Of these, bytes that are no message's: headers, and packets without payload.
    pub header_bytes: u64,
    /// Copies that the link made.
    pub copies: u64,
    /// Packets that did not come out of the link.
    pub lost: u64,
    /// Of these, those that found the queue full.
    pub queue_drops: u64,
    /// Packets that came, and were thrown away.
    pub discarded: u64,
    /// Packets whose bytes had been sent before.
    pub resent: u64,
    /// Of these, those that were not necessary.
    pub needless: u64,
    /// Packets that only acknowledge.
    pub acks: u64,
    /// When the first byte of a message was read.
    pub first_byte: Option<Micros>,
    /// When the last one was.
    pub last_byte: Option<Micros>,
    /// The longest time for which bytes lay in the receiving kernel because others before them were missing.
    pub head_of_line: Micros,
    /// Messages.
    pub messages: u64,
    /// Messages that were read whole and right.
    pub whole: u64,
    /// Messages of which not everything was read.
    pub missing: u64,
    /// Messages of which bytes were read twice.
    pub twice: u64,
    /// Messages read after their deadline, or, in a datagram's case, after a later one.
    pub late: u64,
    /// Messages read with other bytes than were sent.
    pub wrong: u64,
    /// Bytes of messages that were read.
    pub read_bytes: u64,
    /// Calls of `recv` that returned bytes.
    pub reads: u64,
}

/// What became of one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each may be so without the others")]
pub struct Fortune {
    /// Bytes of it that were read, each counted once.
    pub got: u32,
    /// Whether some were read twice.
    pub twice: bool,
    /// Whether what was read is not what was sent.
    pub wrong: bool,
    /// When its last byte was read.
    pub read_at: Option<Micros>,
    /// Whether it was read after its deadline.
    pub late: bool,
    /// Whether it began to be read after a message with a higher number from the same side.
    pub out_of_order: bool,
}

/// When something first was so of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turns {
    /// [`Fortune::twice`].
    pub twice: Option<Micros>,
    /// [`Fortune::wrong`].
    pub wrong: Option<Micros>,
    /// [`Fortune::out_of_order`].
    pub out_of_order: Option<Micros>,
}

impl Log {
    /// What became of each message, by its place.
    pub fn fortunes(&self) -> Vec<Fortune> {
        self.fortunes_and_turns().0
    }

    /// The same, with the moments at which it came to that.
    pub(super) fn fortunes_and_turns(&self) -> (Vec<Fortune>, Vec<Turns>) {
        let mut fortunes = vec![Fortune::default(); self.messages.len()];
        let mut turns = vec![Turns::default(); self.messages.len()];
        let mut seen: Vec<Vec<(u32, u32)>> = vec![Vec::new(); self.messages.len()];
        for side in Side::BOTH {
            let mut highest = 0;
            for read in self.reads(side) {
                let mut at = 0;
                for piece in read.pieces {
                    let index = (piece.message as usize).wrapping_sub(1);
                    let (Some(fortune), Some(turn), Some(message), Some(seen)) =
                        (fortunes.get_mut(index), turns.get_mut(index), self.messages.get(index), seen.get_mut(index))
                    else {
                        continue;
                    };
                    let bytes = read.bytes.get(at..at + piece.len() as usize);
                    at += piece.len() as usize;
                    if bytes != message.bytes.get(piece.from as usize..piece.to as usize) {
                        fortune.wrong = true;
                        turn.wrong.get_or_insert(read.at);
                    }
                    let fresh = cover(seen, piece.from, piece.to);
                    if fresh < piece.len() {
                        fortune.twice = true;
                        turn.twice.get_or_insert(read.at);
                    }
                    if fortune.got == 0 {
                        fortune.out_of_order = piece.message < highest;
                        turn.out_of_order = fortune.out_of_order.then_some(read.at);
                    }
                    highest = highest.max(piece.message);
                    let before = fortune.got;
                    fortune.got += fresh;
                    if fortune.got as usize >= message.bytes.len() && (before as usize) < message.bytes.len().max(1) {
                        fortune.read_at.get_or_insert(read.at);
                    }
                }
            }
        }
        for ((fortune, message), sent) in fortunes.iter_mut().zip(&self.messages).zip(&self.first_sent) {
            if let (Some(read), Some(deadline), Some(sent)) = (fortune.read_at, message.deadline, *sent) {
                fortune.late = read > sent.saturating_add(deadline);
            }
        }
        (fortunes, turns)
    }

    /// The sums.
    pub fn counters(&self) -> Counters {
        let mut counters = Counters { messages: self.messages.len() as u64, ..Counters::default() };
        for packet in &self.packets {
            if packet.copy_of.is_some() {
                counters.copies += 1;
            } else {
                counters.packets += 1;
                counters.bytes += packet.bytes.len() as u64;
                counters.header_bytes += (packet.bytes.len() as u64).saturating_sub(u64::from(packet.payload_len()));
                counters.acks += u64::from(packet.name.kind == PacketKind::Ack);
                counters.resent += u64::from(packet.resent.is_some());
                counters.needless += u64::from(packet.resent.is_some_and(|resent| resent.needless));
            }
            match packet.end {
                End::Lost(loss) => {
                    counters.lost += 1;
                    counters.queue_drops += u64::from(loss == Loss::QueueFull);
                }
                End::Discarded(_) => counters.discarded += 1,
                End::Delivered | End::OnTheWay => {}
            }
        }
        for side in Side::BOTH {
            for read in self.reads(side) {
                counters.reads += 1;
                counters.read_bytes += read.bytes.len() as u64;
                counters.first_byte = Some(counters.first_byte.map_or(read.at, |first| first.min(read.at)));
                counters.last_byte = counters.last_byte.max(Some(read.at));
            }
        }
        for (fortune, message) in self.fortunes().iter().zip(&self.messages) {
            let whole = fortune.got as usize >= message.bytes.len() && fortune.read_at.is_some();
            counters.missing += u64::from(!whole);
            counters.whole += u64::from(whole && !fortune.wrong);
            counters.wrong += u64::from(fortune.wrong);
            counters.twice += u64::from(fortune.twice);
            counters.late += u64::from(fortune.late || (message.deadline.is_none() && fortune.out_of_order));
        }
        counters.head_of_line = self.waits().into_iter().flatten().max().unwrap_or(0);
        counters
    }

    /// How long each message waited in the receiving kernel, by its place: from the arrival of the first packet that
    /// completed it to the read that did. `None` if it was not read whole.
    pub fn waits(&self) -> Vec<Option<Micros>> {
        let mut arrived = vec![None; self.messages.len()];
        let mut seen: Vec<Vec<(u32, u32)>> = vec![Vec::new(); self.messages.len()];
        let mut covered = vec![0_u32; self.messages.len()];
        let mut packets: Vec<_> = self.packets.iter().filter(|packet| packet.end == End::Delivered).collect();
        packets.sort_by_key(|packet| packet.ended);
        for packet in packets {
            for piece in &packet.pieces {
                let index = (piece.message as usize).wrapping_sub(1);
                let (Some(seen), Some(covered), Some(message), Some(arrived)) =
                    (seen.get_mut(index), covered.get_mut(index), self.messages.get(index), arrived.get_mut(index))
                else {
                    continue;
                };
                *covered += cover(seen, piece.from, piece.to);
                if *covered as usize >= message.bytes.len() {
                    arrived.get_or_insert(packet.ended);
                }
            }
        }
        let fortunes = self.fortunes();
        let pairs = fortunes.iter().zip(&arrived);
        pairs.map(|(fortune, arrived)| Some(fortune.read_at?.saturating_sub((*arrived)?))).collect()
    }
}

/// Adds a range to those that are covered. Returns how much of it is new.
pub(super) fn cover(ranges: &mut Vec<(u32, u32)>, from: u32, to: u32) -> u32 {
    let start = ranges.partition_point(|(_, end)| *end < from);
    let end = ranges.partition_point(|(begin, _)| *begin <= to).max(start);
    let (mut low, mut high, mut old) = (from, to, 0);
    for (a, b) in ranges.get(start..end).unwrap_or_default() {
        old += b.min(&to).saturating_sub(*a.max(&from));
        (low, high) = (low.min(*a), high.max(*b));
    }
    ranges.splice(start..end, [(low, high)]);
    (to - from).saturating_sub(old)
}
