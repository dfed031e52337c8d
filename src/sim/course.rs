//! The sums of a run at each of its moments, for a picture that is played: not what it will come to, but what it has come to
//! by now. Taken once; asking is a search in sorted moments, so that moving back costs no more than moving on.

use super::{
    Counters, Log, Micros, Side,
    fate::PacketKind,
    log::{End, Loss},
};

/// A sum that grows at moments, or a greatest value: each moment with what it has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Steps(Vec<(Micros, u64)>);

impl Steps {
    /// Of these amounts, in any order, put together by `join`.
    fn of(amounts: impl IntoIterator<Item = (Micros, u64)>, join: fn(u64, u64) -> u64) -> Self {
        let mut steps: Vec<_> = amounts.into_iter().filter(|(_, amount)| *amount > 0).collect();
        steps.sort_unstable();
        let mut come_to = 0;
        for (_, amount) in &mut steps {
            come_to = join(come_to, *amount);
            *amount = come_to;
        }
        Self(steps)
    }

    fn sum(amounts: impl IntoIterator<Item = (Micros, u64)>) -> Self {
        Self::of(amounts, |sum, amount| sum + amount)
    }

    fn count(moments: impl IntoIterator<Item = Micros>) -> Self {
        Self::sum(moments.into_iter().map(|at| (at, 1)))
    }

    /// What it has come to at a moment, that moment's own included; and when it last changed.
    fn at(&self, now: Micros) -> Option<(Micros, u64)> {
        let behind = self.0.partition_point(|(at, _)| *at <= now);
        self.0.get(behind.checked_sub(1)?).copied()
    }

    fn value(&self, now: Micros) -> u64 {
        self.at(now).map_or(0, |(_, value)| value)
    }
}

/// The sums of a run at any moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    packets: Steps,
    bytes: Steps,
    header_bytes: Steps,
    copies: Steps,
    lost: Steps,
    queue_drops: Steps,
    discarded: Steps,
    resent: Steps,
    needless: Steps,
    acks: Steps,
    reads: Steps,
    read_bytes: Steps,
    head_of_line: Steps,
    complete: Steps,
    /// Complete, and yet not what was sent.
    spoilt: Steps,
    twice: Steps,
    late: Steps,
    wrong: Steps,
    messages: u64,
    end_at: Micros,
}

impl Course {
    /// Of a log.
    pub fn of(log: &Log) -> Self {
        let sent = || log.packets.iter().filter(|packet| packet.copy_of.is_none());
        let sent_if = |wanted: fn(&super::Packet) -> bool| {
            Steps::count(sent().filter(move |packet| wanted(packet)).map(|packet| packet.sent))
        };
        let ended = |wanted: fn(End) -> bool| {
            Steps::count(log.packets.iter().filter(move |packet| wanted(packet.end)).map(|packet| packet.ended))
        };
        let reads: Vec<_> = Side::BOTH.into_iter().flat_map(|side| log.reads(side)).collect();
        let (fortunes, turns) = log.fortunes_and_turns();
        let both = || fortunes.iter().zip(&turns);
        let late = both().zip(&log.messages).filter_map(|((fortune, turn), message)| {
            if message.deadline.is_some() { fortune.read_at.filter(|_| fortune.late) } else { turn.out_of_order }
        });
        let waits = log.waits();
        Self {
            packets: sent_if(|_| true),
            bytes: Steps::sum(sent().map(|packet| (packet.sent, packet.bytes.len() as u64))),
            header_bytes: Steps::sum(sent().map(|packet| {
                (packet.sent, (packet.bytes.len() as u64).saturating_sub(u64::from(packet.payload_len())))
            })),
            copies: Steps::count(log.packets.iter().filter(|it| it.copy_of.is_some()).map(|packet| packet.sent)),
            lost: ended(|end| matches!(end, End::Lost(_))),
            queue_drops: ended(|end| end == End::Lost(Loss::QueueFull)),
            discarded: ended(|end| matches!(end, End::Discarded(_))),
            resent: sent_if(|packet| packet.resent.is_some()),
            needless: sent_if(|packet| packet.resent.is_some_and(|resent| resent.needless)),
            acks: sent_if(|packet| packet.name.kind == PacketKind::Ack),
            reads: Steps::count(reads.iter().map(|read| read.at)),
            read_bytes: Steps::sum(reads.iter().map(|read| (read.at, read.bytes.len() as u64))),
            head_of_line: Steps::of(
                fortunes.iter().zip(waits).filter_map(|(fortune, wait)| Some((fortune.read_at?, wait?))),
                u64::max,
            ),
            complete: Steps::count(fortunes.iter().filter_map(|fortune| fortune.read_at)),
            spoilt: Steps::count(both().filter_map(|(fortune, turn)| Some(fortune.read_at?.max(turn.wrong?)))),
            twice: Steps::count(turns.iter().filter_map(|turn| turn.twice)),
            late: Steps::count(late),
            wrong: Steps::count(turns.iter().filter_map(|turn| turn.wrong)),
            messages: log.messages.len() as u64,
            end_at: log.end_at,
        }
    }

    /// The sums at a moment. That a message is missing is known at the end only; before it none is.
    pub fn at(&self, now: Micros) -> Counters {
        let complete = self.complete.value(now);
        Counters {
            packets: self.packets.value(now),
            bytes: self.bytes.value(now),
            header_bytes: self.header_bytes.value(now),
            copies: self.copies.value(now),
            lost: self.lost.value(now),
            queue_drops: self.queue_drops.value(now),
            discarded: self.discarded.value(now),
            resent: self.resent.value(now),
            needless: self.needless.value(now),
            acks: self.acks.value(now),
            first_byte: self.reads.0.first().map(|(at, _)| *at).filter(|at| *at <= now),
            last_byte: self.reads.at(now).map(|(at, _)| at),
            head_of_line: self.head_of_line.value(now),
            messages: self.messages,
            whole: complete.saturating_sub(self.spoilt.value(now)),
            missing: if now >= self.end_at { self.messages.saturating_sub(complete) } else { 0 },
            twice: self.twice.value(now),
            late: self.late.value(now),
            wrong: self.wrong.value(now),
            read_bytes: self.read_bytes.value(now),
            reads: self.reads.value(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Act, Edit, Name, Run, Transport};

    #[test]
    fn the_sums_grow_from_nothing_to_those_of_the_log() {
        let packet = Name { from: Side::Client, kind: PacketKind::Data, number: 3, offset: 0, attempt: 1 };
        let run = Run { edits: vec![Edit { packet, act: Act::Lose }], ..Run::default() };
        for transport in [Transport::Tcp, Transport::Udp] {
            let log = run.over(transport).play();
            let course = Course::of(&log);
            assert_eq!(course.at(log.end_at), log.counters());
            let first = course.at(0);
            let syn = u64::from(transport == Transport::Tcp);
            assert_eq!((first.packets, first.lost, first.missing, first.whole, first.last_byte), (syn, 0, 0, 0, None));
            let lost = log.packets.iter().find(|it| it.name == packet).unwrap();
            assert_eq!((course.at(lost.ended - 1).lost, course.at(lost.ended).lost), (0, 1));
        }
    }
}
