//! What is read off a log once, so that a frame costs what is in sight of it and not what is behind it. Pure.

use super::drawn::{Lasting, Span};
use crate::sim::{
    Call, End, Event, Failure, Log, Micros, Note, Packet, PacketId, PacketKind, Side, Transport, What,
    counters::Fortune,
};

/// Items of which the latest end is known together.
const BLOCK: usize = 64;

/// The latest ends of blocks of items that are sorted by their beginnings: finds what lasts at a moment without looking at
/// everything that began before.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    latest: Vec<Micros>,
}

impl Reach {
    /// Of the ends of these items, in their order.
    pub fn new(ends: impl IntoIterator<Item = Micros>) -> Self {
        let mut latest: Vec<Micros> = Vec::new();
        for (nth, end) in ends.into_iter().enumerate() {
            match latest.last_mut() {
                Some(last) if nth % BLOCK != 0 => *last = end.max(*last),
                _ => latest.push(end),
            }
        }
        Self { latest }
    }

    /// The first item from `start` on that does not end before `from`.
    pub fn next<T>(&self, items: &[T], start: usize, from: Micros, end: impl Fn(&T) -> Micros) -> Option<usize> {
        let mut at = start;
        while at < items.len() {
            let block = at / BLOCK;
            let stop = ((block + 1) * BLOCK).min(items.len());
            if self.latest.get(block).is_some_and(|latest| *latest >= from)
                && let Some(found) = items.get(at..stop)?.iter().position(|item| end(item) >= from)
            {
                return Some(at + found);
            }
            at = stop;
        }
        None
    }
}

/// A packet's way across, in few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Whose.
    pub packet: PacketId,
    /// Who sent it.
    pub from: Side,
    /// What kind of packet it is.
    pub kind: PacketKind,
    /// When its first bit left.
    pub left: Micros,
    /// When its last bit did.
    pub out: Micros,
    /// When its first bit arrived, or when it died.
    pub lands: Micros,
    /// When it met its end.
    pub ended: Micros,
    /// Which end.
    pub end: End,
    /// The lowest and the highest number of a message in it.
    pub messages: Option<(u32, u32)>,
    /// Whether the link made it.
    pub copy: bool,
    /// Whether its bytes had been sent before.
    pub resent: bool,
    /// Whether it was damaged.
    pub damaged: bool,
}

impl Way {
    fn new(packet: &Packet) -> Self {
        let numbers = || packet.pieces.iter().map(|piece| piece.message);
        Self {
            packet: packet.id,
            from: packet.from(),
            kind: packet.name.kind,
            left: packet.left,
            out: packet.out,
            lands: lands(packet),
            ended: packet.ended,
            end: packet.end,
            messages: numbers().min().zip(numbers().max()),
            copy: packet.copy_of.is_some(),
            resent: packet.resent.is_some() && packet.copy_of.is_none(),
            damaged: packet.damaged.is_some(),
        }
    }
}

/// When a packet's first bit arrives, or when it dies.
pub fn lands(packet: &Packet) -> Micros {
    match packet.end {
        End::Lost(_) => packet.ended,
        _ => packet.ended.saturating_sub(packet.out.saturating_sub(packet.left)).max(packet.left),
    }
}

/// Something beside a lifeline: a call, or a duplicate acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Micros,
    /// On which side.
    pub side: Side,
    /// What.
    pub class: Class,
    /// Its place in [`Log::events`].
    pub event: u32,
}

/// What stands beside a lifeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// `send` that took bytes.
    Send,
    /// A call that had to wait.
    Wait,
    /// `recv` of one message that is in its place.
    Read,
    /// `recv` that is worth a word: of several messages at once, of one that is late or came before.
    OddRead,
    /// A duplicate acknowledgement.
    Duplicate,
    /// Something that a usual kernel would not do.
    Departure,
    /// A call that failed.
    Failed,
    /// Another call.
    Call,
}

/// What a frame looks things up in.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// By when they left.
    pub ways: Vec<Way>,
    reach: Reach,
    /// In the order of time.
    marks: Vec<Mark>,
    span_reach: Reach,
    /// Of each side: when packets waited for their turn on the link. Apart, and in order.
    waiting: [Vec<(Micros, Micros)>; 2],
    /// When packets were lost or thrown away, in order.
    losses: Vec<Micros>,
    /// When something was sent again, in order.
    resent: Vec<Micros>,
    /// Messages that were not read.
    pub missing: Vec<u32>,
}

impl Index {
    /// Of this log, and of what was read off it before.
    pub fn new(log: &Log, fortunes: &[Fortune], spans: &[Span]) -> Self {
        let mut ways: Vec<Way> = log.packets.iter().map(Way::new).collect();
        ways.sort_by_key(|way| (way.left, way.packet));
        let mut waiting = [Vec::new(), Vec::new()];
        for packet in log.packets.iter().filter(|packet| packet.left > packet.sent) {
            let Some(waits) = waiting.get_mut(packet.from().index()) else { continue };
            match waits.last_mut() {
                Some((_, to)) if packet.sent <= *to => *to = packet.left.max(*to),
                _ => waits.push((packet.sent, packet.left)),
            }
        }
        let lost = log.packets.iter().filter(|packet| matches!(packet.end, End::Lost(_) | End::Discarded(_)));
        let mut losses: Vec<_> = lost.map(|packet| packet.ended).collect();
        losses.sort_unstable();
        let resent = log.packets.iter().filter(|packet| packet.resent.is_some()).map(|packet| packet.sent).collect();
        let missing = fortunes.iter().zip(1..).filter(|(fortune, _)| fortune.read_at.is_none());
        let marks = log.events.iter().zip(0..).filter_map(|(event, place)| {
            let class = class(log, fortunes, event)?;
            Some(Mark { at: event.at, side: event.side, class, event: place })
        });
        Self {
            reach: Reach::new(ways.iter().map(|way| way.ended)),
            ways,
            marks: marks.collect(),
            span_reach: Reach::new(spans.iter().map(|span| span.to)),
            waiting,
            losses,
            resent,
            missing: missing.map(|(_, number)| number).collect(),
        }
    }

    /// The place of the first packet from `start` on that is still on its way at `from`.
    pub fn next_way(&self, start: usize, from: Micros) -> Option<usize> {
        self.reach.next(&self.ways, start, from, |way| way.ended)
    }

    /// The packets that are on the link at any time between two moments.
    pub fn ways_between(&self, from: Micros, to: Micros) -> impl Iterator<Item = &Way> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let at = self.next_way(next, from)?;
            next = at + 1;
            self.ways.get(at).filter(|way| way.left <= to)
        })
    }

    /// What stands beside the lifelines between two moments.
    pub fn marks_between(&self, from: Micros, to: Micros) -> &[Mark] {
        let start = self.marks.partition_point(|mark| mark.at < from);
        let end = self.marks.partition_point(|mark| mark.at <= to).max(start);
        self.marks.get(start..end).unwrap_or_default()
    }

    /// What lasts at any time between two moments, of these spans, of which the index was made.
    pub fn spans_between<'s>(&'s self, spans: &'s [Span], from: Micros, to: Micros) -> impl Iterator<Item = &'s Span> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let at = self.span_reach.next(spans, next, from, |span| span.to)?;
            next = at + 1;
            spans.get(at).filter(|span| span.from <= to)
        })
    }

    /// When packets of a side wait for their turn on the link, of what touches the time between two moments.
    pub fn waiting_between(&self, side: Side, from: Micros, to: Micros) -> impl Iterator<Item = (Micros, Micros)> {
        let waits = self.waiting.get(side.index()).map_or(&[][..], Vec::as_slice);
        let start = waits.partition_point(|(_, until)| *until < from);
        waits.iter().skip(start).copied().take_while(move |(since, _)| *since <= to)
    }

    /// When the next packet after this moment is lost or thrown away.
    pub fn next_loss(&self, after: Micros) -> Option<Micros> {
        self.losses.get(self.losses.partition_point(|at| *at <= after)).copied()
    }

    /// When the next one is sent again.
    pub fn next_resent(&self, after: Micros) -> Option<Micros> {
        self.resent.get(self.resent.partition_point(|at| *at <= after)).copied()
    }
}

/// What an event is beside a lifeline; nothing if it is not drawn there.
fn class(log: &Log, fortunes: &[Fortune], event: &Event) -> Option<Class> {
    Some(match &event.what {
        What::Call(Call::Send { taken: 0, asked: 1.., .. } | Call::StoppedWaiting(_)) => Class::Wait,
        What::Call(Call::Send { .. }) => Class::Send,
        What::Call(Call::Recv { pieces, .. }) => {
            let first = pieces.first().map_or(0, |piece| piece.message);
            let odd = if log.transport == Transport::Udp {
                let fortune = fortunes.get((first as usize).wrapping_sub(1));
                fortune.is_some_and(|fortune| {
                    fortune.out_of_order || fortune.late || fortune.read_at.is_some_and(|read| read != event.at)
                })
            } else {
                pieces.iter().any(|piece| piece.message != first)
            };
            if odd { Class::OddRead } else { Class::Read }
        }
        What::Call(Call::Failed(Failure::Reset | Failure::TimedOut)) => Class::Failed,
        What::Call(_) => Class::Call,
        What::Note(Note::DuplicateAck(_)) => Class::Duplicate,
        What::Note(Note::Departure(_)) => Class::Departure,
        _ => return None,
    })
}

/// What of a span is drawn at all, whatever its height: all but timers that were stopped.
pub fn always(span: &Span, now: Micros) -> bool {
    match &span.what {
        Lasting::Timer { fired, .. } => *fired && span.to <= now,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        gui::views::lab::drawn::Lane,
        sim::{Chance, Run, Workload},
    };

    #[test]
    fn what_waits_in_the_queue_waits_as_one() {
        let mut run = Run { workload: Workload::File { bytes: 20_000, size: 1_000 }, ..Run::default() };
        run.knobs.link.rate = Some(1_000_000);
        let lane = Lane::new(run.over(Transport::Udp).play());
        let waits: Vec<_> = lane.index.waiting_between(Side::Client, 0, u64::MAX).collect();
        let last = lane.log.packets.iter().filter(|packet| packet.left > packet.sent).map(|packet| packet.left).max();
        assert_eq!((waits.len(), Some(waits[0].1)), (1, last));
        assert_eq!(lane.index.waiting_between(Side::Server, 0, u64::MAX).count(), 0);
        assert_eq!(lane.index.waiting_between(Side::Client, waits[0].1 + 1, u64::MAX).count(), 0);
    }

    #[test]
    fn the_next_loss_is_the_one_of_the_log() {
        let mut run = Run { workload: Workload::Messages { count: 60, size: 100, gap: 5_000 }, ..Run::default() };
        run.knobs.link.loss = Chance::percent(20.0);
        for transport in [Transport::Tcp, Transport::Udp] {
            let lane = Lane::new(run.over(transport).play());
            for after in (0..lane.log.end_at + 10_000).step_by(3_700) {
                let loss = lane.log.next_loss(after).map(|packet| packet.ended);
                assert_eq!(lane.index.next_loss(after), loss, "{after}");
                let resent = lane.log.next_resent(after).map(|packet| packet.sent);
                assert_eq!(lane.index.next_resent(after), resent, "{after}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_that_lasts_is_skipped(
            items in prop::collection::vec((0_u64..1_000, 0_u64..400), 0..300), from in 0_u64..1_400, start in 0_usize..310,
        ) {
            let ends: Vec<u64> = items.iter().map(|(begin, lasts)| begin + lasts).collect();
            let reach = Reach::new(ends.iter().copied());
            let slow = ends.iter().enumerate().skip(start).find(|(_, end)| **end >= from).map(|(at, _)| at);
            prop_assert_eq!(reach.next(&ends, start, from, |end| *end), slow);
        }

        #[test]
        fn all_that_is_on_the_link_is_found(
            seed in 0_u64..200, loss in 0.0..30.0_f64, rate in prop::option::of(50_000_u64..2_000_000),
            from in 0_u64..900_000, lasts in 0_u64..200_000,
        ) {
            let mut run = Run { workload: Workload::Messages { count: 80, size: 100, gap: 3_000 }, seed, ..Run::default() };
            (run.knobs.link.loss, run.knobs.link.rate) = (Chance::percent(loss), rate);
            let lane = Lane::new(run.play());
            let to = from + lasts;
            let mut found: Vec<_> = lane.index.ways_between(from, to).map(|way| way.packet).collect();
            found.sort_unstable();
            let on = |packet: &&Packet| packet.left <= to && packet.ended >= from;
            let slow: Vec<_> = lane.log.packets.iter().filter(on).map(|packet| packet.id).collect();
            prop_assert_eq!(found, slow);
            let spans = lane.spans.iter().filter(|span| span.from <= to && span.to >= from).count();
            prop_assert_eq!(lane.spans_between(from, to).count(), spans);
        }
    }
}
