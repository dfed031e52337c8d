//! Writes a run down while it is played.

use std::{collections::BTreeSet, ops::Range};

use super::{
    Micros, Side,
    arq::Mechanisms,
    counters::cover,
    fate::PacketKind,
    log::{Call, End, Ended, Event, Log, Packet, PacketId, Piece, Resent, What},
    run::Transport,
    workload::Message,
};

/// A log in the making.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) log: Log,
    /// Losses, whose moments lie ahead when they are decided.
    losses: Vec<Event>,
}

impl Recorder {
    /// An empty log of these messages.
    pub(super) fn new(transport: Transport, arq: Mechanisms, messages: Vec<Message>) -> Self {
        let log = Log {
            transport,
            arq,
            first_sent: vec![None; messages.len()],
            messages,
            packets: Vec::new(),
            events: Vec::new(),
            initial: [None; 2],
            read: [Vec::new(), Vec::new()],
            ended: Ended::Done,
            end_at: 0,
        };
        Self { log, losses: Vec::new() }
    }

    /// Writes an event down.
    pub(super) fn push(&mut self, at: Micros, side: Side, what: What) {
        if let What::Call(Call::Send { message, taken, .. }) = &what
            && *taken > 0
            && let Some(first) = self.log.first_sent.get_mut((*message as usize).wrapping_sub(1))
        {
            first.get_or_insert(at);
        }
        self.log.events.push(Event { at, side, what });
    }

    /// The id that the next packet will have.
    pub(super) fn next_id(&self) -> PacketId {
        PacketId(self.log.packets.len() as u32)
    }

    /// Writes a packet down, and when it is lost, if it is.
    pub(super) fn packet(&mut self, packet: Packet) {
        let side = packet.name.from;
        if packet.name.kind == PacketKind::Syn
            && let Some(segment) = packet.segment()
            && let Some(initial) = self.log.initial.get_mut(side.index())
        {
            initial.get_or_insert(segment.seq);
        }
        if packet.copy_of.is_none() {
            self.push(packet.sent, side, What::Sent(packet.id));
        }
        if matches!(packet.end, End::Lost(_)) {
            self.losses.push(Event { at: packet.ended, side, what: What::Lost(packet.id) });
        }
        self.log.packets.push(packet);
    }

    /// Writes down that a packet arrived.
    pub(super) fn arrived(&mut self, at: Micros, side: Side, id: PacketId) {
        self.push(at, side, What::Arrived(id));
    }

    /// Writes down why a packet was sent again.
    pub(super) fn resent(&mut self, id: PacketId, why: Resent) {
        if let Some(packet) = self.log.packets.get_mut(id.index()) {
            packet.resent = Some(why);
        }
    }

    /// Bytes that a program has read. Returns their range.
    pub(super) fn read(&mut self, side: Side, bytes: &[u8]) -> Range<u32> {
        let Some(all) = self.log.read.get_mut(side.index()) else { return 0..0 };
        let start = all.len() as u32;
        all.extend_from_slice(bytes);
        start..all.len() as u32
    }

    /// The finished log.
    pub(super) fn finish(mut self, ended: Ended) -> Log {
        self.log.ended = ended;
        self.log.events.append(&mut self.losses);
        // Stable: what happened at one instant stays in its order, losses behind it.
        self.log.events.sort_by_key(|event| event.at);
        self.log.end_at = self.log.events.last().map_or(0, |event| event.at);
        self.judge();
        self.log
    }

    /// Finds out which packets were sent again though all that is in them had arrived.
    fn judge(&mut self) {
        let Log { packets, events, messages, .. } = &mut self.log;
        let mut arrived: Vec<Vec<(u32, u32)>> = vec![Vec::new(); messages.len() + 1];
        let mut marks = BTreeSet::new();
        for event in &*events {
            match event.what {
                What::Arrived(id) => {
                    let Some(packet) = packets.get(id.index()).filter(|packet| packet.end == End::Delivered) else {
                        continue;
                    };
                    marks.insert((packet.name.from, packet.name.kind));
                    for piece in &packet.pieces {
                        if let Some(ranges) = arrived.get_mut(piece.message as usize) {
                            cover(ranges, piece.from, piece.to);
                        }
                    }
                }
                What::Sent(id) => {
                    let Some(packet) = packets.get_mut(id.index()) else { continue };
                    let Some(resent) = &mut packet.resent else { continue };
                    let has = |piece: &Piece| {
                        let ranges = arrived.get(piece.message as usize);
                        let holds = |(from, to): &(u32, u32)| *from <= piece.from && piece.to <= *to;
                        ranges.is_some_and(|ranges| ranges.iter().any(holds))
                    };
                    resent.needless = match packet.pieces.as_slice() {
                        [] => marks.contains(&(packet.name.from, packet.name.kind)),
                        pieces => pieces.iter().all(has),
                    };
                }
                _ => {}
            }
        }
    }
}
