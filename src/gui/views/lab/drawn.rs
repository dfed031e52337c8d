//! What is on show: the run over TCP and over UDP, and what is read off the two logs once and not in every frame.
//!
//! A run is made again when anything that it follows from changes, and else never. Nearly all take less than a millisecond;
//! a large file goes to a thread, and the picture of before stays until it is there.

use std::{cell::OnceCell, thread};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

use super::{
    axis,
    below::{self, Block},
    index::Index,
    plot::Curves,
    stream::{self, Arrival, History},
    words,
};
use crate::{
    sim::{
        Call, Change, Counters, Course, Held, Log, Micros, Note, Piece, Run, Side, Timer, Transport, What, Workload,
        counters::Fortune,
    },
    words::Lang,
};

/// Bytes of a file from which on a run goes to a thread.
const LARGE: u64 = 400_000;
/// Messages from which on it does.
const MANY: u32 = 3_000;
/// A silence shorter than this is never folded.
const SHORTEST_FOLD: Micros = 60_000;

/// A time in which something lasts on one side.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// On which side.
    pub side: Side,
    /// Since when.
    pub from: Micros,
    /// Until when; the end of the run if it never ended.
    pub to: Micros,
    /// What.
    pub what: Lasting,
}

/// What lasts.
#[derive(Clone, Debug, PartialEq)]
pub enum Lasting {
    /// A timer ran.
    Timer {
        /// Which.
        timer: Timer,
        /// When it was due.
        due: Micros,
        /// Whether it came to that.
        fired: bool,
    },
    /// Bytes waited in the sender's kernel.
    Held {
        /// Why.
        why: Held,
        /// Of which messages.
        messages: Vec<u32>,
    },
    /// Bytes waited in the receiver's kernel for others.
    Hole {
        /// Messages that wait.
        messages: Vec<u32>,
        /// The message that they wait for.
        missing: u32,
    },
    /// The other end's window was closed.
    Closed,
}

/// One transport's run, and what is read off it.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What happened.
    pub log: Log,
    /// Sums.
    pub counters: Counters,
    /// The sums at any moment.
    pub course: Course,
    /// What became of each message.
    pub fortunes: Vec<Fortune>,
    /// How long each message waited in the receiving kernel.
    pub waits: Vec<Option<Micros>>,
    /// What lasted, by its beginning.
    pub spans: Vec<Span>,
    /// What a frame looks up in it.
    pub index: Index,
    /// What was read, in order.
    pub blocks: Vec<Block>,
    /// The client's stream, for TCP.
    pub history: History,
    /// What became of each message as a datagram, for all others.
    pub arrivals: Vec<Arrival>,
    /// What the plots show, for TCP.
    pub curves: Curves,
}

impl Lane {
    /// Reads off a log what is shown of it.
    pub fn new(log: Log) -> Self {
        let (counters, fortunes, waits) = (log.counters(), log.fortunes(), log.waits());
        let spans = spans(&log);
        let index = Index::new(&log, &fortunes, &spans);
        let blocks = below::blocks(&log);
        let course = Course::of(&log);
        let (mut history, mut arrivals, mut curves) = (History::default(), Vec::new(), Curves::default());
        if log.transport == Transport::Tcp {
            (history, curves) = (History::of(&log), Curves::of(&log));
        } else {
            arrivals = stream::arrivals(&log);
        }
        Self { log, counters, course, fortunes, waits, spans, index, blocks, history, arrivals, curves }
    }

    /// What lasts at any time between two moments.
    pub fn spans_between(&self, from: Micros, to: Micros) -> impl Iterator<Item = &Span> {
        self.index.spans_between(&self.spans, from, to)
    }
}

/// Both lanes.
#[derive(Clone, Debug)]
pub struct Pair {
    /// TCP, and what stands beside it.
    pub lanes: [Lane; 2],
    /// Moments at which anything happened, in order.
    pub moments: Vec<Micros>,
    /// Silences that may be folded.
    pub idle: Vec<(Micros, Micros)>,
    /// When the last thing happened.
    pub end: Micros,
    /// What came of each lane, in English and in Chinese, before and after the other one's first byte came; once somebody asked.
    sentences: [[[OnceCell<String>; 2]; 2]; 2],
}

impl Pair {
    /// Plays a run over both.
    pub fn of(wanted: &Wanted) -> Self {
        let lanes = [Lane::new(wanted.run.over(Transport::Tcp).play()), Lane::new(wanted.right())];
        let end = lanes.iter().map(|lane| lane.log.end_at).max().unwrap_or(0);
        let mut moments: Vec<_> = lanes.iter().flat_map(|lane| lane.log.events.iter().map(|event| event.at)).collect();
        moments.sort_unstable();
        moments.dedup();
        let packets = lanes.iter().flat_map(|lane| lane.log.packets.iter().map(|packet| (packet.sent, packet.ended)));
        let busy = packets.chain(moments.iter().map(|moment| (*moment, *moment)));
        let knobs = &wanted.run.knobs;
        let round = knobs.direction(Side::Client).delay + knobs.direction(Side::Server).delay;
        let idle = axis::idle(busy, end, (3 * round).max(SHORTEST_FOLD));
        Self { lanes, moments, idle, end, sentences: Default::default() }
    }

    /// A lane and the one beside it.
    pub fn lane(&self, index: usize) -> Option<(&Lane, &Lane)> {
        Some((self.lanes.get(index)?, self.lanes.get(1 - index.min(1))?))
    }

    /// What came of a lane, in a sentence or two, held against what has come of the other one by now.
    pub fn sentence(&self, lang: Lang, index: usize, now: Micros) -> &str {
        let (Some((lane, other)), Some(cells)) = (self.lane(index), self.sentences.get(index)) else { return "" };
        let [en, zh] = cells;
        let [before, after] = if lang == Lang::En { en } else { zh };
        let known = other.counters.first_byte.is_some_and(|first| first <= now);
        let cell = if known { after } else { before };
        cell.get_or_init(|| words::sentence(lang, lane, other, now))
    }

    /// How much of it is not idle.
    pub fn busy(&self) -> Micros {
        let idle: Micros = self.idle.iter().map(|(from, to)| to - from).sum();
        self.end.saturating_sub(idle)
    }
}

/// What a picture follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The run; its transport says only whether ARQ that adds nothing stands beside TCP, or UDP.
    pub run: Run,
}

impl Wanted {
    /// What stands beside TCP.
    fn right(&self) -> Log {
        self.run.over(self.run.beside()).play()
    }

    /// Whether it takes long enough to be noticed.
    fn is_large(&self) -> bool {
        match &self.run.workload {
            Workload::File { bytes, .. } => u64::from(*bytes) > LARGE,
            Workload::Messages { count, size, .. }
            | Workload::PingPong { count, size, .. }
            | Workload::Voice { count, size, .. } => *count > MANY || u64::from(*count) * u64::from(*size) > LARGE,
            Workload::Text { .. } => false,
            Workload::Own { messages, .. } => messages.len() > MANY as usize,
        }
    }
}

/// The picture that is on show.
#[derive(Default)]
pub struct Drawn {
    made_for: Option<Wanted>,
    pair: Option<Pair>,
    job: Option<(Wanted, Receiver<Pair>)>,
    times: u64,
}

impl Drawn {
    /// What is on show, if anything is yet.
    pub fn pair(&self) -> Option<&Pair> {
        self.pair.as_ref()
    }

    /// Whether something newer is on its way.
    pub fn is_making(&self) -> bool {
        self.job.is_some()
    }

    /// Whether what is on show is not of this run, and nothing is on its way.
    pub fn is_behind(&self, run: &Run) -> bool {
        self.job.is_none() && self.made_for.as_ref().is_some_and(|made_for| made_for.run != *run)
    }

    /// How often a run was made.
    pub fn times(&self) -> u64 {
        self.times
    }

    /// Makes the run again if it is not the one that is wanted.
    pub fn sync(&mut self, ctx: &Context, wanted: &Wanted) {
        if let Some((made_for, answer)) = &self.job {
            match answer.try_recv() {
                Ok(pair) => self.take(made_for.clone(), pair),
                Err(TryRecvError::Empty) => return,
                // It would have panicked: a bug. What is on show stays.
                Err(TryRecvError::Disconnected) => {
                    log::error!("a run of the lab was not made");
                    self.made_for = Some(made_for.clone());
                }
            }
            self.job = None;
        }
        if self.made_for.as_ref() == Some(wanted) {
            return;
        }
        if wanted.is_large()
            && let Some(answer) = start(ctx, wanted)
        {
            self.job = Some((wanted.clone(), answer));
        } else {
            self.take(wanted.clone(), Pair::of(wanted));
        }
    }

    fn take(&mut self, made_for: Wanted, pair: Pair) {
        self.times += 1;
        (self.made_for, self.pair) = (Some(made_for), Some(pair));
    }
}

/// Makes it in a thread, which wakes the window.
fn start(ctx: &Context, wanted: &Wanted) -> Option<Receiver<Pair>> {
    let (sender, answer) = bounded(1);
    let (ctx, wanted) = (ctx.clone(), wanted.clone());
    let made = thread::Builder::new().name("lab-run".into()).spawn(move || {
        // Nobody listens any more if the window was closed.
        sender.send(Pair::of(&wanted)).ok();
        ctx.request_repaint();
    });
    made.inspect_err(|error| log::warn!("no thread for a run of the lab: {error}")).ok().map(|_| answer)
}

/// The numbers of messages, each once, in order of their places.
pub fn messages(pieces: &[Piece]) -> Vec<u32> {
    let mut numbers: Vec<u32> = pieces.iter().map(|piece| piece.message).collect();
    numbers.dedup();
    numbers
}

/// What lasted in a run.
fn spans(log: &Log) -> Vec<Span> {
    let mut spans = Vec::new();
    for side in Side::BOTH {
        let mut timers: Vec<(Timer, Micros, Micros)> = Vec::new();
        let mut held: Option<(Micros, Held, Vec<u32>)> = None;
        let mut hole: Option<(Micros, Vec<u32>, u32)> = None;
        let mut closed: Option<Micros> = None;
        let mut push = |from, to, what| spans.push(Span { side, from, to, what });
        for event in log.events.iter().filter(|event| event.side == side) {
            let now = event.at;
            match &event.what {
                What::Timer { timer, change } => {
                    if let Some(index) = timers.iter().position(|(running, ..)| running == timer) {
                        let (timer, from, due) = timers.swap_remove(index);
                        push(from, now, Lasting::Timer { timer, due, fired: *change == Change::Fired });
                    }
                    if let Change::Started(due) = change {
                        timers.push((*timer, now, *due));
                    }
                }
                What::Note(Note::Held { why, pieces }) => {
                    let now_held = messages(pieces);
                    match &mut held {
                        Some((_, old, messages)) if old == why => *messages = now_held,
                        _ => {
                            if let Some((from, why, messages)) = held.replace((now, *why, now_held)) {
                                push(from, now, Lasting::Held { why, messages });
                            }
                        }
                    }
                }
                What::Note(Note::Released) => {
                    if let Some((from, why, messages)) = held.take() {
                        push(from, now, Lasting::Held { why, messages });
                    }
                }
                What::Note(Note::Hole { waiting }) => {
                    let waits = messages(waiting);
                    let missing = waiting.first().map_or(0, |first| first.message - u32::from(first.from == 0));
                    match &mut hole {
                        Some((_, messages, _)) => {
                            messages.extend(waits);
                            messages.sort_unstable();
                            messages.dedup();
                        }
                        None => hole = Some((now, waits, missing)),
                    }
                }
                What::Note(Note::WindowClosed) => {
                    closed.get_or_insert(now);
                }
                What::Note(Note::WindowOpened(_)) => {
                    if let Some(from) = closed.take() {
                        push(from, now, Lasting::Closed);
                    }
                }
                What::Call(Call::Recv { pieces, .. }) => {
                    let reads = |messages: &[u32]| pieces.iter().any(|piece| messages.contains(&piece.message));
                    if hole.as_ref().is_some_and(|(_, messages, _)| reads(messages))
                        && let Some((from, messages, missing)) = hole.take()
                    {
                        // Reads are in order: what it begins with is what the others waited for.
                        let missing = pieces.first().map_or(missing, |first| first.message);
                        push(from, now, Lasting::Hole { messages, missing });
                    }
                }
                _ => {}
            }
        }
        for (timer, from, due) in timers {
            push(from, log.end_at, Lasting::Timer { timer, due, fired: false });
        }
        if let Some((from, why, messages)) = held {
            push(from, log.end_at, Lasting::Held { why, messages });
        }
        if let Some((from, messages, missing)) = hole {
            push(from, log.end_at, Lasting::Hole { messages, missing });
        }
        if let Some(from) = closed {
            push(from, log.end_at, Lasting::Closed);
        }
    }
    spans.sort_by_key(|span| (span.from, span.to));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Act, Edit, Name, PacketKind};

    fn losing(number: u32) -> Wanted {
        let packet = Name { from: Side::Client, kind: PacketKind::Data, number, offset: 0, attempt: 1 };
        Wanted { run: Run { edits: vec![Edit { packet, act: Act::Lose }], ..Run::default() } }
    }

    #[test]
    fn what_waits_for_the_third_is_one_span() {
        let pair = Pair::of(&losing(3));
        let holes: Vec<_> =
            pair.lanes[0].spans.iter().filter(|span| matches!(span.what, Lasting::Hole { .. })).collect();
        assert_eq!(holes.len(), 1, "{holes:?}");
        assert_eq!(holes[0].what, Lasting::Hole { messages: vec![4, 5, 6], missing: 3 });
        assert_eq!((holes[0].side, holes[0].to), (Side::Server, 185_000));
        assert!(pair.lanes[1].spans.is_empty());
    }

    #[test]
    fn a_lost_tail_is_a_timer_that_fired_and_a_silence() {
        let pair = Pair::of(&losing(6));
        let fired = |span: &&Span| matches!(span.what, Lasting::Timer { fired: true, .. });
        let fired: Vec<_> = pair.lanes[0].spans.iter().filter(fired).collect();
        assert_eq!(fired.len(), 1, "{:?}", pair.lanes[0].spans);
        assert_eq!(fired[0].to - fired[0].from, 1_000_000);
        assert_eq!(pair.idle.len(), 1);
        assert!(pair.busy() < 600_000, "{}", pair.busy());
        let within: Vec<_> = pair.lanes[0].spans_between(600_000, 700_000).collect();
        assert!(within.contains(&fired[0]));
    }

    #[test]
    fn a_run_is_made_once() {
        let (ctx, mut drawn) = (Context::default(), Drawn::default());
        let mut wanted = losing(3);
        for _ in 0..3 {
            drawn.sync(&ctx, &wanted);
        }
        assert_eq!(drawn.times(), 1);
        wanted.run.seed += 1;
        drawn.sync(&ctx, &wanted);
        assert_eq!(drawn.times(), 2);
    }
}
