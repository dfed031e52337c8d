//! A run: what is put in, and the loop that turns it into a [`Log`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Edit, Ended, Knobs, Log, Message, Micros, Side, Workload,
    arq::{ArqHost, Mechanisms},
    host::{Arrived, Host, Verdict, Wire},
    link::Link,
    log::End,
    recorder::Recorder,
    tcp::TcpHost,
    udp::UdpHost,
};

/// Virtual time after which a run is stopped: three hours.
pub const LONGEST: Micros = 3 * 3_600 * 1_000_000;
/// Packets after which a run is stopped.
pub const MOST_PACKETS: usize = 200_000;
/// Steps at one instant after which a run is stopped.
const MOST_STEPS: u32 = 1_000;

/// Over what the messages go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// A byte stream, repaired.
    #[default]
    Tcp,
    /// Datagrams, as they fall.
    Udp,
    /// Datagrams, and what [`Knobs::arq`] adds to them.
    Arq,
}

/// Everything that a log follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Run {
    /// What is sent.
    pub workload: Workload,
    /// Over what.
    pub transport: Transport,
    /// Everything that can be set.
    pub knobs: Knobs,
    /// The luck.
    pub seed: u64,
    /// Changes to it by hand.
    pub edits: Vec<Edit>,
}

impl Run {
    /// The same run over something else.
    #[must_use]
    pub fn over(&self, transport: Transport) -> Self {
        Self { transport, ..self.clone() }
    }

    /// What stands beside TCP: UDP, or ARQ if it adds anything or is what the run is over. ARQ that adds nothing is UDP whose
    /// own checksum is off.
    pub fn beside(&self) -> Transport {
        let plain = self.transport != Transport::Arq && self.knobs.arq == Mechanisms::default();
        if plain { Transport::Udp } else { Transport::Arq }
    }

    /// Plays it.
    pub fn play(&self) -> Log {
        let messages: Arc<[Message]> = self.workload.messages().into();
        match self.transport {
            Transport::Tcp => {
                let mut hosts = Side::BOTH.map(|side| TcpHost::new(self, side, &messages));
                let [client, server] = &mut hosts;
                self.play_with(&messages, [client, server])
            }
            Transport::Udp => {
                let mut hosts = Side::BOTH.map(|side| UdpHost::new(self, side, &messages));
                let [client, server] = &mut hosts;
                self.play_with(&messages, [client, server])
            }
            Transport::Arq => {
                let mut hosts = Side::BOTH.map(|side| ArqHost::new(self, side, &messages));
                let [client, server] = &mut hosts;
                self.play_with(&messages, [client, server])
            }
        }
    }

    /// Plays it with these hosts, the client first. `messages` are those of the workload as a rule; they are only
    /// written down.
    pub fn play_with(&self, messages: &[Message], hosts: [&mut dyn Host; 2]) -> Log {
        let link = |side| *self.knobs.direction(side);
        let mut world = World {
            link: Link::new(link(Side::Client), link(Side::Server), self.seed, &self.edits),
            recorder: Recorder::new(self.transport, self.arq(), messages.to_vec()),
            hosts,
            now: 0,
        };
        let ended = world.run();
        world.recorder.finish(ended)
    }

    /// What ARQ adds to UDP, where it is what is played.
    fn arq(&self) -> Mechanisms {
        if self.transport == Transport::Arq { self.knobs.arq.bounded() } else { Mechanisms::default() }
    }

    /// The largest IP packet from this side.
    pub(super) fn mtu(&self, side: Side, messages: &[Message]) -> u16 {
        let longest = messages.iter().map(|message| message.bytes.len()).max().unwrap_or(0);
        let whole = u16::try_from(longest + 40).unwrap_or(u16::MAX);
        // RFC 791: every module must be able to forward 68 bytes.
        self.knobs.direction(side).mtu.unwrap_or(whole).max(68)
    }

    /// How long a program waits for an answer over UDP.
    pub(super) fn patience(&self) -> Option<Micros> {
        match self.workload {
            Workload::PingPong { patience, .. } => Some(patience),
            _ => None,
        }
    }
}

/// Two hosts, a link, a clock.
struct World<'h> {
    link: Link,
    recorder: Recorder,
    hosts: [&'h mut dyn Host; 2],
    now: Micros,
}

impl World<'_> {
    /// From time 0 to the end.
    fn run(&mut self) -> Ended {
        let (mut steps, mut quiet) = (0, false);
        loop {
            for side in Side::BOTH {
                self.step(side);
            }
            let next = [self.link.next_arrival(), self.wake(Side::Client), self.wake(Side::Server)];
            let next = next.into_iter().flatten().min();
            if let Some(side) = Side::BOTH.into_iter().find(|side| self.host(*side).gave_up())
                && self.link.in_flight() == 0
            {
                return Ended::GaveUp(side);
            }
            let done = Side::BOTH.into_iter().all(|side| self.host(side).is_done());
            match next {
                // TIME-WAIT, for one, is not waited for.
                _ if done && self.link.in_flight() == 0 && self.is_finished() => return Ended::Done,
                None if quiet => return if done { Ended::Done } else { Ended::Silent },
                // A rule may wait for an empty wire.
                None => quiet = true,
                Some(next) => {
                    quiet = false;
                    steps = if next <= self.now { steps + 1 } else { 0 };
                    if steps > MOST_STEPS {
                        return Ended::Spinning;
                    }
                    self.now = self.now.max(next);
                }
            }
            if self.now > LONGEST || self.recorder.log.packets.len() > MOST_PACKETS {
                return Ended::TooLong;
            }
        }
    }

    /// Lets a side take what has arrived, and run.
    fn step(&mut self, side: Side) {
        let Self { link, recorder, hosts: [client, server], now } = self;
        let host = if side == Side::Client { client } else { server };
        let mut first = true;
        loop {
            let arrived = link.take_arrived(side, *now);
            if arrived.is_none() && !first {
                return;
            }
            if let Some(id) = arrived
                && let Some(packet) = recorder.log.packets.get_mut(id.index())
            {
                // Taken out and put back: the host writes into the log meanwhile.
                let damaged = packet.damaged.take();
                let whole = if damaged.is_none() { std::mem::take(&mut packet.bytes) } else { Vec::new() };
                let pieces = std::mem::take(&mut packet.pieces);
                let bytes = damaged.as_deref().unwrap_or(&whole);
                let arrived = Arrived { id, name: packet.name, pieces: &pieces, damaged: damaged.is_some(), bytes };
                // Its arrival stands before what comes of it.
                recorder.arrived(*now, side, id);
                let verdict =
                    host.receive(&arrived, &mut Wire { side, now: *now, link: &mut *link, recorder: &mut *recorder });
                let end = match verdict {
                    Verdict::Taken => End::Delivered,
                    Verdict::Discarded(why) => End::Discarded(why),
                };
                if let Some(packet) = recorder.log.packets.get_mut(id.index()) {
                    (packet.end, packet.pieces) = (end, pieces);
                    match damaged {
                        Some(damaged) => packet.damaged = Some(damaged),
                        None => packet.bytes = whole,
                    }
                }
            }
            host.poll(&mut Wire { side, now: *now, link: &mut *link, recorder: &mut *recorder });
            first = false;
        }
    }

    fn host(&self, side: Side) -> &dyn Host {
        let [client, server] = &self.hosts;
        if side == Side::Client { &**client } else { &**server }
    }

    fn wake(&self, side: Side) -> Option<Micros> {
        self.host(side).wake()
    }

    /// Whether nothing but waiting is left.
    fn is_finished(&self) -> bool {
        Side::BOTH.into_iter().all(|side| self.host(side).is_finished())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Act, Name, PacketKind, What, log::Call};

    fn data(number: u32) -> Name {
        Name { from: Side::Client, kind: PacketKind::Data, number, offset: 0, attempt: 1 }
    }

    fn lesson(lost: &[u32]) -> Run {
        Run { edits: lost.iter().map(|n| Edit { packet: data(*n), act: Act::Lose }).collect(), ..Run::default() }
    }

    fn reads(log: &Log) -> Vec<usize> {
        log.reads(Side::Server).map(|read| read.bytes.len()).collect()
    }

    #[test]
    fn udp_loses_what_is_lost() {
        let log = lesson(&[3]).over(Transport::Udp).play();
        assert_eq!((log.ended, log.packets.len()), (Ended::Done, 6));
        let numbers: Vec<_> = log.reads(Side::Server).map(|read| read.pieces[0].message).collect();
        assert_eq!(numbers, [1, 2, 4, 5, 6]);
        let first = log.reads(Side::Server).next().unwrap();
        assert_eq!((first.at, first.bytes.len()), (40_000, 100));
        let counters = log.counters();
        assert_eq!((counters.whole, counters.missing, counters.lost), (5, 1, 1));
    }

    #[test]
    fn tcp_sends_the_third_again_after_three_duplicates() {
        let log = lesson(&[3]).play();
        assert_eq!(log.ended, Ended::Done);
        assert_eq!(reads(&log), [100, 100, 400]);
        let again: Vec<_> = log.packets.iter().filter(|packet| packet.resent.is_some()).collect();
        assert_eq!(again.len(), 1);
        assert_eq!((again[0].name.number, again[0].name.attempt, again[0].sent), (3, 2, 155_000));
        assert_eq!(log.events.iter().filter(|event| event.what == What::Call(Call::Close)).count(), 2);
    }

    #[test]
    fn a_lost_tail_waits_for_the_timer() {
        for lost in 4..=6 {
            let log = lesson(&[lost]).play();
            assert_eq!(log.ended, Ended::Done);
            let again = log.packets.iter().find(|packet| packet.resent.is_some()).unwrap();
            assert!(again.sent > 1_000_000, "{lost}: {}", again.sent);
        }
    }
}
