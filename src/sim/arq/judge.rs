//! The judge: a set of mechanisms over many seeds at once, and the first seed that it fails.

use std::sync::Arc;

use super::{host::ArqHost, mechanisms::Mechanisms};
use crate::sim::{
    Ended, Log, Message, Micros, Run, Side, Transport,
    log::{Call, Discard, End, What},
};

/// How many seeds a set is judged on, from 1.
pub const SEEDS: u64 = 200;

/// What a set of mechanisms has to achieve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Goal {
    /// Messages may be missing.
    pub may_miss: bool,
    /// The receiver has to learn that it has everything.
    pub knows_end: bool,
    /// By when the last byte has to be read.
    pub within: Option<Micros>,
    /// How many packets may be sent again beyond those that were lost or damaged.
    pub wasted: Option<u64>,
}

/// Where and with what to try: the messages, one link or several in turn, and the goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// One for each link, with what has to come of it; their workloads are the same.
    runs: Vec<(Run, Goal)>,
    /// What is sent.
    messages: Arc<[Message]>,
}

/// What may go wrong in a run. A run may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Bytes were read that nobody sent.
    Corrupted,
    /// A message was read twice.
    Twice,
    /// A message was read after a later one.
    OutOfOrder,
    /// A message was not read, or not whole.
    Missing,
    /// An end waits, and nothing will ever happen again.
    Deadlock,
    /// The sender gave up, or the run had to be stopped.
    GaveUp,
    /// The receiver never learnt that there is no more.
    NoEnd,
    /// The last byte was read too late.
    Slow,
    /// Too much was sent again that was not lost.
    Wasteful,
}

impl Fault {
    /// All of them, in the order of weight.
    pub const ALL: [Self; 9] = [
        Self::Corrupted,
        Self::Twice,
        Self::OutOfOrder,
        Self::Missing,
        Self::Deadlock,
        Self::GaveUp,
        Self::NoEnd,
        Self::Slow,
        Self::Wasteful,
    ];

    /// Key of its name, in `assets/locales/lab.*.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Corrupted => "arq.fault_corrupted",
            Self::Twice => "arq.fault_twice",
            Self::OutOfOrder => "arq.fault_out_of_order",
            Self::Missing => "arq.fault_missing",
            Self::Deadlock => "arq.fault_deadlock",
            Self::GaveUp => "arq.fault_gave_up",
            Self::NoEnd => "arq.fault_no_end",
            Self::Slow => "arq.fault_slow",
            Self::Wasteful => "arq.fault_wasteful",
        }
    }
}

/// What a run came to, in the eyes of the judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What went wrong, in the order of [`Fault::ALL`]; all of it, whether or not the goal minds.
    pub faults: Vec<Fault>,
    /// Bytes that were read and right, each once.
    pub useful: u64,
    /// Bytes on the link that are no message's, or were sent before.
    pub extra: u64,
    /// When the last byte was read.
    pub last_byte: Option<Micros>,
    /// Packets sent again beyond those that were lost or damaged.
    pub wasted: u64,
    /// Messages that were not read whole.
    pub missing: u64,
    /// Messages that were read twice.
    pub twice: u64,
    /// Messages that were read with other bytes, and reads that are nobody's.
    pub corrupted: u64,
}

impl Outcome {
    /// Of a run.
    pub fn of(log: &Log, goal: &Goal) -> Self {
        let (fortunes, counters) = (log.fortunes(), log.counters());
        let strange =
            log.reads(Side::Client).chain(log.reads(Side::Server)).filter(crate::sim::Read::is_strange).count();
        let corrupted = counters.wrong + strange as u64;
        let ends = |side| log.messages.iter().any(|message| message.from == side);
        let ended = |side: Side| {
            let read = |event: &crate::sim::Event| event.side == side && event.what == What::Call(Call::EndOfStream);
            !ends(side.other()) || log.events.iter().any(read)
        };
        // A lost acknowledgement is as good a reason as a lost message.
        let gone = |packet: &&crate::sim::Packet| {
            packet.copy_of.is_none() && matches!(packet.end, End::Lost(_) | End::Discarded(Discard::Checksum))
        };
        let wasted = counters.resent.saturating_sub(log.packets.iter().filter(gone).count() as u64);
        let faults = Fault::ALL.into_iter().filter(|fault| match fault {
            Fault::Corrupted => corrupted > 0,
            Fault::Twice => counters.twice > 0,
            Fault::OutOfOrder => fortunes.iter().any(|fortune| fortune.out_of_order),
            Fault::Missing => counters.missing > 0,
            Fault::Deadlock => log.ended == Ended::Silent,
            Fault::GaveUp => matches!(log.ended, Ended::GaveUp(_) | Ended::TooLong | Ended::Spinning),
            Fault::NoEnd => !Side::BOTH.into_iter().all(ended),
            Fault::Slow => goal.within.is_some_and(|within| counters.last_byte.is_none_or(|last| last > within)),
            Fault::Wasteful => goal.wasted.is_some_and(|most| wasted > most),
        });
        let useful = fortunes.iter().filter(|fortune| !fortune.wrong).map(|fortune| u64::from(fortune.got)).sum();
        Self {
            faults: faults.collect(),
            useful,
            extra: counters.bytes.saturating_sub(useful),
            last_byte: counters.last_byte,
            wasted,
            missing: counters.missing,
            twice: counters.twice,
            corrupted,
        }
    }

    /// The faults that the goal minds.
    pub fn failures<'a>(&'a self, goal: &'a Goal) -> impl Iterator<Item = Fault> + 'a {
        self.faults.iter().copied().filter(|fault| match fault {
            Fault::Missing => !goal.may_miss,
            Fault::NoEnd => goal.knows_end,
            _ => true,
        })
    }
}

impl crate::sim::Read<'_> {
    /// Whether there is anything in it that is no part of a message.
    fn is_strange(&self) -> bool {
        // An empty message is a piece without bytes; a read without any piece is nobody's.
        self.pieces.is_empty()
            || self.bytes.len() as u64 != self.pieces.iter().map(|piece| u64::from(piece.len())).sum::<u64>()
    }
}

/// The first run that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its seed: [`Trial::play`] shows it.
    pub seed: u64,
    /// Why.
    pub faults: Vec<Fault>,
}

/// What the judge says about a set. It may be asked at any time, and added to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Runs so far.
    pub runs: u64,
    /// Those in which everything was read exactly once, in order, and unchanged.
    pub exact: u64,
    /// Those that reached the goal.
    pub passed: u64,
    /// Runs with each fault, in the order of [`Fault::ALL`].
    pub faults: [u64; 9],
    /// Messages that were not read whole, in all runs.
    pub missing: u64,
    /// Messages that were read twice.
    pub twice: u64,
    /// Messages, or reads, with bytes that nobody sent.
    pub corrupted: u64,
    /// Bytes of messages read, once and right.
    pub useful: u64,
    /// Bytes on the link beside these.
    pub extra: u64,
    /// Sum of the times in which they were read.
    pub took: Micros,
    /// The latest last byte.
    pub slowest: Micros,
    /// The most packets that were sent again in a run without having been lost.
    pub most_wasted: u64,
    /// The first that failed.
    pub first_failure: Option<Failure>,
}

impl Judgement {
    /// Adds a run.
    pub fn add(&mut self, seed: u64, outcome: &Outcome, goal: &Goal) {
        let failures: Vec<_> = outcome.failures(goal).collect();
        self.runs += 1;
        self.passed += u64::from(failures.is_empty());
        self.exact += u64::from(!outcome.faults.iter().any(|fault| *fault <= Fault::Missing));
        for fault in &outcome.faults {
            if let Some(count) = self.faults.get_mut(*fault as usize) {
                *count += 1;
            }
        }
        self.missing += outcome.missing;
        self.twice += outcome.twice;
        self.corrupted += outcome.corrupted;
        self.useful += outcome.useful;
        self.extra += outcome.extra;
        self.took += outcome.last_byte.unwrap_or(0);
        self.slowest = self.slowest.max(outcome.last_byte.unwrap_or(0));
        self.most_wasted = self.most_wasted.max(outcome.wasted);
        if !failures.is_empty() && self.first_failure.is_none() {
            self.first_failure = Some(Failure { seed, faults: failures });
        }
    }

    /// Whether every run reached the goal.
    pub fn is_passed(&self) -> bool {
        self.passed == self.runs
    }

    /// Runs with this fault.
    pub fn with(&self, fault: Fault) -> u64 {
        self.faults.get(fault as usize).copied().unwrap_or(0)
    }

    /// Runs in which everything was read exactly once and in order, in percent.
    pub fn exact_percent(&self) -> f64 {
        if self.runs == 0 { 0.0 } else { self.exact as f64 * 100.0 / self.runs as f64 }
    }

    /// Useful bits a second, over all runs.
    pub fn goodput(&self) -> f64 {
        if self.took == 0 { 0.0 } else { self.useful as f64 * 8e6 / self.took as f64 }
    }

    /// Bytes on the link for each useful one, beside itself, in percent: headers, acknowledgements, and what was sent again.
    pub fn overhead_percent(&self) -> f64 {
        if self.useful == 0 { 0.0 } else { self.extra as f64 * 100.0 / self.useful as f64 }
    }
}

impl Trial {
    /// On the link of this run, with its messages.
    pub fn of_run(run: &Run, goal: Goal) -> Self {
        Self::new(vec![(run.clone(), goal)], run.workload.messages().into())
    }

    /// On several links in turn. The seeds of the runs do not matter.
    pub(super) fn new(runs: Vec<(Run, Goal)>, messages: Arc<[Message]>) -> Self {
        Self { runs, messages }
    }

    /// What is sent.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The links, in the order in which seeds take turns on them, and what has to come of each.
    pub fn links(&self) -> &[(Run, Goal)] {
        &self.runs
    }

    fn link(&self, seed: u64) -> Option<&(Run, Goal)> {
        let place = seed.saturating_sub(1).checked_rem(self.runs.len() as u64)?;
        self.runs.get(place as usize)
    }

    /// What has to come of a run with this seed.
    pub fn goal(&self, seed: u64) -> Goal {
        self.link(seed).map(|(_, goal)| *goal).unwrap_or_default()
    }

    /// The run of this set with this seed: over UDP if it adds nothing, and the trial's run is not over ARQ.
    pub fn run(&self, set: &Mechanisms, seed: u64) -> Run {
        let mut run = self.link(seed).map(|(run, _)| run.clone()).unwrap_or_default();
        (run.seed, run.knobs.arq) = (seed, *set);
        run.transport = run.beside();
        run
    }

    /// Plays it.
    pub fn play(&self, set: &Mechanisms, seed: u64) -> Log {
        let run = self.run(set, seed);
        if run.transport == Transport::Udp {
            return run.play();
        }
        let mut hosts = Side::BOTH.map(|side| ArqHost::new(&run, side, &self.messages));
        let [client, server] = &mut hosts;
        run.play_with(&self.messages, [client, server])
    }

    /// Judges the set on the seeds from 1 up to this one.
    pub fn judge(&self, set: &Mechanisms, seeds: u64) -> Judgement {
        let mut judgement = Judgement::default();
        self.judge_on(set, &mut judgement, seeds);
        judgement
    }

    /// Goes on with a judgement of the same set, for at most so many seeds: a window does some a frame.
    pub fn judge_on(&self, set: &Mechanisms, judgement: &mut Judgement, seeds: u64) {
        for _ in 0..seeds {
            let seed = judgement.runs + 1;
            let goal = self.goal(seed);
            judgement.add(seed, &Outcome::of(&self.play(set, seed), &goal), &goal);
        }
    }

    /// The first seed that the set fails, which is found sooner than a whole judgement.
    pub fn first_failure(&self, set: &Mechanisms, seeds: u64) -> Option<Failure> {
        (1..=seeds).find_map(|seed| {
            let goal = self.goal(seed);
            let outcome = Outcome::of(&self.play(set, seed), &goal);
            let faults: Vec<_> = outcome.failures(&goal).collect();
            (!faults.is_empty()).then_some(Failure { seed, faults })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{
        Act, Edit, Name, PacketKind,
        arq::mechanisms::{Acks, Timeout, Window},
    };

    fn arq() -> Run {
        Run { transport: Transport::Arq, ..Run::default() }
    }

    fn plain() -> Mechanisms {
        Mechanisms::default()
    }

    /// The faults of one run of six messages, with these first packets edited.
    fn faults(set: Mechanisms, edits: &[(PacketKind, Side, u32, Act)], goal: Goal) -> Vec<Fault> {
        let name = |kind, from, number| Name { from, kind, number, offset: 0, attempt: 1 };
        let edits =
            edits.iter().map(|(kind, from, number, act)| Edit { packet: name(*kind, *from, *number), act: *act });
        let trial = Trial::of_run(&Run { edits: edits.collect(), ..arq() }, goal);
        Outcome::of(&trial.play(&set, 1), &goal).failures(&goal).collect()
    }

    #[test]
    fn each_fault_is_seen() {
        let data = |number, act| (PacketKind::Data, Side::Client, number, act);
        let any = Goal::default();
        assert_eq!(faults(plain(), &[], any), []);
        assert_eq!(faults(plain(), &[data(2, Act::Lose)], any), [Fault::Missing]);
        assert_eq!(faults(plain(), &[data(2, Act::Lose)], Goal { may_miss: true, ..any }), []);
        assert_eq!(faults(plain(), &[data(2, Act::Duplicate)], any)[0], Fault::Twice);
        assert_eq!(faults(plain(), &[data(2, Act::Corrupt)], any), [Fault::Corrupted]);
        assert_eq!(faults(plain(), &[data(2, Act::Delay(20_000))], any), [Fault::OutOfOrder]);
        assert_eq!(faults(plain(), &[], Goal { knows_end: true, ..any }), [Fault::NoEnd]);
        assert_eq!(faults(Mechanisms { end: true, ..plain() }, &[], Goal { knows_end: true, ..any }), []);
        assert_eq!(faults(plain(), &[], Goal { within: Some(64_999), ..any }), [Fault::Slow]);
        assert_eq!(faults(plain(), &[], Goal { within: Some(65_000), ..any }), []);
        let wait = Mechanisms { window: Window::StopAndWait, ..plain() };
        assert_eq!(faults(wait, &[], any), [Fault::Missing, Fault::Deadlock]);
        assert_eq!(
            faults(Mechanisms { timeout: Timeout::Fixed(50), ..plain() }, &[], any),
            [Fault::Twice, Fault::GaveUp]
        );
    }

    #[test]
    fn a_set_of_nothing_is_udp_with_its_own_checksum() {
        let mut run = Run::default();
        run.knobs.link.corrupt = crate::sim::Chance::percent(20.0);
        let judged = |run: &Run| Trial::of_run(run, Goal::default()).judge(&plain(), 40);
        let udp = judged(&run);
        assert!(udp.missing > 0 && udp.corrupted == 0, "{udp:?}");
        let bare = judged(&run.over(Transport::Arq));
        assert!(bare.missing == 0 && bare.corrupted > 0, "{bare:?}");
    }

    #[test]
    fn what_is_lost_may_be_sent_again_and_no_more() {
        let none = Goal { wasted: Some(0), ..Goal::default() };
        let repair = |ms| Mechanisms {
            acks: Acks::Each,
            timeout: Timeout::Fixed(ms),
            window: Window::StopAndWait,
            bits: 1,
            duplicates: true,
            ..plain()
        };
        let lost = [(PacketKind::Data, Side::Client, 2, Act::Lose), (PacketKind::Ack, Side::Server, 4, Act::Lose)];
        assert_eq!(faults(repair(100), &lost, none), []);
        // A round trip takes 60 ms.
        assert_eq!(faults(repair(50), &lost, none), [Fault::Wasteful]);
    }

    #[test]
    fn an_acknowledgement_that_is_taken_for_data_is_seen() {
        // Without a checksum the first bit tells one from the other, and here it is turned over for certain.
        let set = Mechanisms { acks: Acks::Each, ..plain() };
        let damaged = (1..200).find_map(|seed| {
            let packet = Name { from: Side::Server, kind: PacketKind::Ack, number: 1, offset: 0, attempt: 1 };
            let run = Run { edits: vec![Edit { packet, act: Act::Corrupt }], ..arq() };
            let log = Trial::of_run(&run, Goal::default()).play(&set, seed);
            (!log.read[Side::Client.index()].is_empty() || log.reads(Side::Client).count() > 0).then_some(log)
        });
        // An empty datagram is read as an empty message; a message that nobody sent is no part of any.
        let outcome = Outcome::of(&damaged.unwrap(), &Goal::default());
        assert_eq!(outcome.faults[0], Fault::Corrupted);
    }

    #[test]
    fn a_judgement_goes_on_where_it_stopped() {
        let mut lossy = arq();
        lossy.knobs.link.loss = crate::sim::Chance::percent(10.0);
        let trial = Trial::of_run(&lossy, Goal::default());
        let whole = trial.judge(&plain(), 60);
        let mut parts = Judgement::default();
        for _ in 0..4 {
            trial.judge_on(&plain(), &mut parts, 15);
        }
        assert_eq!(parts, whole);
        assert!(whole.passed > 0 && whole.passed < 60 && whole.exact == whole.passed);
        assert_eq!(whole.first_failure.as_ref().map(|it| &it.faults[..]), Some(&[Fault::Missing][..]));
        assert_eq!(whole.first_failure, trial.first_failure(&plain(), 60));
        assert_eq!(whole.with(Fault::Missing) + whole.passed, 60);
        // Headers are 28 of every 128 bytes, and a tenth is lost: a little more than 28 %.
        assert!((28.0..50.0).contains(&whole.overhead_percent()), "{}", whole.overhead_percent());
    }
}
