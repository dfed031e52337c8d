//! What the ladder of 200 000 records costs: the part of it that is on screen, taking a batch in, and a whole frame of the
//! view; against a ladder of 50 records.
//!
//! A ladder grows with the journal and only what is on screen of it is made, so the long one has to cost nearly what the
//! short one does: 4 ms for the layout at most, 8 ms for a frame, half of what 60 frames a second allow. True time is worst:
//! seen from afar all 200 000 steps are on one screen. `cargo bench --bench ladder`, with `-- --quick` for a short run.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that measures: plain output")]

#[path = "support/screen.rs"]
mod screen;
#[path = "support/mod.rs"]
mod support;

use std::{
    collections::BTreeSet,
    hint::black_box,
    time::{Duration, Instant, SystemTime},
};

use egui::{Event as Input, Pos2, pos2, vec2};
use screen::{Screen, wheel};
use support::{line, median, millis, times};
use twocan::{
    gui::{
        Model, Settings,
        views::{
            ladder::{LadderState, ladder_ui},
            traffic::TrafficState,
        },
    },
    journal::{
        Batch, Budget, Epoch, Event, Journal, Kind, Nanos, Record, SocketId, Sockets, Span,
        ladder::{Index, Scale, Timeline},
        spans::{Datagrams, Streams},
    },
    text::{Charset, Unmappable},
};

const RECORDS: u64 = 200_000;
const FEW: u64 = 50;
const BATCH: u64 = 256;
const LAYOUT: Duration = Duration::from_millis(4);
const FRAME: Duration = Duration::from_millis(8);
const SIZE: egui::Vec2 = vec2(1440.0, 900.0);
/// A place in the ladder.
const LADDER: Pos2 = pos2(400.0, 400.0);
const HERE: &str = "127.0.0.1:50000";
const THERE: &str = "127.0.0.1:8008";

/// Batches as workers send them, of so many records: a client and the connection that a listener of ours accepted from it.
/// Three sends come out of one recv, and the answer of one send out of two.
fn batches(from: u64, records: u64) -> Vec<Batch> {
    let record = |at, socket, event, peer: &str| {
        let (socket, peer) = (SocketId(socket), peer.parse().ok());
        Record { at, socket, generation: 0, event, peer, bytes: Span::default() }
    };
    let mut all = Vec::new();
    let mut batch = Batch::default();
    if from == 0 {
        batch.push(record(0, 1, Event::Listening { backlog: 5 }, THERE), THERE.as_bytes());
        batch.push(record(1, 2, Event::Connecting, THERE), b"");
        batch.push(record(2, 2, Event::Connected { took: 1 }, THERE), HERE.as_bytes());
        batch.push(record(3, 1, Event::Accepted { connection: SocketId(3) }, HERE), b"");
        batch.push(record(3, 3, Event::Opened { listener: SocketId(1) }, HERE), THERE.as_bytes());
    }
    let text = Charset::GBK.encode("第几条消息", Unmappable::Skip).unwrap_or_default();
    let three = [&text[..], &text, &text].concat();
    let len = text.len() as u32;
    for i in from..from + records {
        // A pause in which nothing happens, now and then.
        let at: Nanos = 1_000 + i * 20_000 + (i / 1_000) * 500_000_000;
        let (record, bytes) = match i % 7 {
            0..=2 => (record(at, 2, Event::Sent { asked: len }, THERE), &text[..]),
            3 => (record(at, 3, Event::Received { full: 3 * len }, HERE), &three[..]),
            4 => (record(at, 3, Event::Sent { asked: len }, HERE), &text[..]),
            5 => (record(at, 2, Event::Received { full: 4 }, THERE), &text[..4]),
            _ => (record(at, 2, Event::Received { full: len - 4 }, THERE), &text[4..]),
        };
        batch.push(record, bytes);
        if batch.records.len() as u64 >= BATCH {
            all.push(std::mem::take(&mut batch));
        }
    }
    all.push(batch);
    all
}

/// The same as datagrams between two sockets, of which every tenth is lost.
fn datagrams(records: u64) -> Vec<Batch> {
    let addr = |socket: u32| format!("127.0.0.1:{}", 9_000 + socket);
    let record = |at, socket, event, peer: &str| {
        let (socket, peer) = (SocketId(socket), peer.parse().ok());
        Record { at, socket, generation: 0, event, peer, bytes: Span::default() }
    };
    let mut all = Vec::new();
    let mut batch = Batch::default();
    for socket in [1, 2] {
        batch.push(record(0, socket, Event::Bound, &addr(socket)), addr(socket).as_bytes());
    }
    for i in 0..records {
        let text = format!("datagram {}", i / 2);
        let len = text.len() as u32;
        let at = 1_000 + i * 5_000;
        match i % 20 {
            19 => {}
            n if n % 2 == 0 => batch.push(record(at, 1, Event::Sent { asked: len }, &addr(2)), text.as_bytes()),
            _ => batch.push(record(at, 2, Event::Received { full: len }, &addr(1)), text.as_bytes()),
        }
        if batch.records.len() as u64 >= BATCH {
            all.push(std::mem::take(&mut batch));
        }
    }
    all.push(batch);
    all
}

fn sockets(udp: bool) -> Sockets {
    let mut sockets = Sockets::default();
    if udp {
        sockets.open(SocketId(1), Kind::UdpSocket, 0, 0);
        sockets.open(SocketId(2), Kind::UdpSocket, 0, 0);
    } else {
        sockets.open(SocketId(1), Kind::TcpListener, 0, 0);
        sockets.open(SocketId(2), Kind::TcpConnection, 0, 0);
    }
    sockets
}

/// A ladder without a window.
struct Pure {
    journal: Journal,
    index: Index,
    datagrams: Datagrams,
    timeline: Timeline,
    /// How long a batch took, the middle one and the longest.
    taken: (Duration, Duration),
}

impl Pure {
    fn new(batches: Vec<Batch>, udp: bool, scale: Scale) -> Self {
        let mut sockets = sockets(udp);
        let chosen = BTreeSet::from([SocketId(1), SocketId(2)]);
        let mut journal = Journal::new(Budget { bytes: 1 << 30, rows: 1 << 20 });
        let (mut index, mut timeline, mut datagrams) = (Index::default(), Timeline::default(), Datagrams::default());
        let mut streams = Streams::default();
        timeline.set(&index, scale, 26.0, 1.0);
        let mut taken = Vec::new();
        for batch in batches {
            for record in &batch.records {
                sockets.apply(record, batch.bytes_of(record));
            }
            journal.push(batch);
            let start = Instant::now();
            datagrams.advance(&journal, usize::MAX);
            streams.advance(&journal, usize::MAX);
            index.advance((&journal, &datagrams, &streams), &sockets, &chosen, usize::MAX);
            timeline.follow(&mut index);
            taken.push(start.elapsed());
        }
        if scale == Scale::True {
            // Seen from so far away that all of it is on one screen.
            timeline.set(&index, scale, 26.0, 780.0 / timeline.height());
        }
        let worst = taken.iter().max().copied().unwrap_or_default();
        Self { journal, datagrams, index, timeline, taken: (median(taken), worst) }
    }

    /// What is on a screen that stands at this part of the way down.
    fn layout(&self, part: f64) -> Duration {
        let start = Instant::now();
        let top = self.timeline.height() * part;
        let groups = self.timeline.groups(top, top + 800.0, 13.0);
        let ladder = self.index.window(&self.journal, &self.datagrams, &groups);
        let took = start.elapsed();
        assert!(!ladder.steps.is_empty() && !ladder.arrows.is_empty(), "something is on screen");
        black_box(ladder);
        took
    }

    fn layouts(&self, runs: u32) -> Duration {
        median((0..runs).map(|run| self.layout(0.9 * f64::from(run) / f64::from(runs))).collect())
    }
}

/// A window with nothing but the ladder.
struct Window {
    screen: Screen,
    state: LadderState,
    traffic: TrafficState,
    next: u64,
}

impl Window {
    fn new(records: u64) -> Self {
        let mut model = Model::new(Epoch { wall: SystemTime::UNIX_EPOCH }, Settings::default());
        model.settings.composer.charset = Charset::GBK;
        model.journal.set_budget(Budget { bytes: 1 << 30, rows: 1 << 20 });
        model.sockets = sockets(false);
        model.selected = Some(SocketId(2));
        let (state, traffic) = (LadderState::default(), TrafficState::default());
        let mut window = Self { screen: Screen::new(SIZE, model), state, traffic, next: 0 };
        window.fill(records);
        // The first frames load fonts and take the rows in.
        for _ in 0..20 {
            window.frame(Vec::new());
        }
        window
    }

    fn fill(&mut self, records: u64) {
        for batch in batches(self.next, records) {
            self.screen.model.apply(batch);
        }
        self.next += records;
    }

    fn frame(&mut self, events: Vec<Input>) -> Duration {
        self.screen.frame(events, |ui, cx| ladder_ui(ui, cx, &mut self.state, &mut self.traffic))
    }
}

fn main() {
    let runs = if support::quick() { 60 } else { 600 };
    println!("the part of a ladder that is on screen, 800 points, median of {runs}");
    let few = Pure::new(batches(0, FEW), false, Scale::Folded);
    let baseline = few.layouts(runs);
    line(&format!("  {FEW} records"), &millis(baseline), None);
    let mut layouts = Vec::new();
    for (what, batches, udp, scale) in [
        ("folded", batches(0, RECORDS), false, Scale::Folded),
        ("in true time, all on one screen", batches(0, RECORDS), false, Scale::True),
        ("datagrams, folded", datagrams(RECORDS), true, Scale::Folded),
        ("datagrams, all on one screen", datagrams(RECORDS), true, Scale::True),
    ] {
        let pure = Pure::new(batches, udp, scale);
        let took = if scale == Scale::True {
            median((0..runs).map(|_| pure.layout(0.0)).collect())
        } else {
            pure.layouts(runs)
        };
        layouts.push(took);
        line(&format!("  {RECORDS} records, {what}"), &millis(took), Some(times(baseline, took)));
        let (middle, worst) = pure.taken;
        line("    a batch of 256 taken in (the longest)", &format!("{} ({})", millis(middle), millis(worst)), None);
    }

    println!("a frame of the ladder, {}x{} points, median of {runs}", SIZE.x, SIZE.y);
    let mut few = Window::new(FEW);
    let baseline = median((0..runs).map(|_| few.frame(Vec::new())).collect());
    line(&format!("  {FEW} records"), &millis(baseline), None);
    let mut many = Window::new(RECORDS);
    let still = median((0..runs).map(|_| many.frame(Vec::new())).collect());
    line(&format!("  {RECORDS} records, at the end"), &millis(still), Some(times(baseline, still)));
    let scrolled =
        median((0..runs).map(|i| many.frame(wheel(LADDER, if i < runs / 2 { 900.0 } else { -700.0 }))).collect());
    line("  the same, scrolled a page a frame", &millis(scrolled), Some(times(baseline, scrolled)));
    let mut busy = Window::new(RECORDS);
    let mut frames = Vec::new();
    for _ in 0..runs.min(100) {
        busy.fill(3_000);
        frames.push(busy.frame(Vec::new()));
    }
    let busy = median(frames);
    line("  the same, following 3000 new rows a frame", &millis(busy), Some(times(baseline, busy)));

    let layout = layouts.into_iter().max().unwrap_or_default();
    let frame = still.max(scrolled).max(busy);
    let kept = layout < LAYOUT && frame < FRAME;
    let word = if kept { "kept" } else { "EXCEEDED" };
    println!("limits {} for the layout, {} for a frame: {word}", millis(LAYOUT), millis(FRAME));
}
