//! What a frame of the traffic table costs with 200 000 rows behind it, against the same table with 50.
//!
//! Only rows on screen are turned into text, so the two have to be nearly the same; a frame has to stay under 8 ms,
//! half of what 60 frames a second allow. Laid out and tessellated as the window does it, on no screen. What grows
//! with the rows is told apart: the end of a still table, a table that is scrolled through, and one that takes 3 000
//! new rows a frame (180 000 a second). `cargo bench --bench table`, with `-- --quick` for a short run.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that measures: plain output")]

#[path = "support/screen.rs"]
mod screen;
#[path = "support/mod.rs"]
mod support;

use std::time::{Duration, SystemTime};

use egui::{Event as Input, Pos2, pos2, vec2};
use screen::{Screen, wheel};
use support::{line, median, millis, times};
use twocan::{
    gui::{
        Model, Settings,
        views::traffic::{TrafficState, traffic_ui},
    },
    journal::{Batch, Epoch, Event, Kind, Record, SocketId, Span},
    text::{Charset, Unmappable},
};

const ROWS: u64 = 200_000;
const FEW: u64 = 50;
const LIMIT: Duration = Duration::from_millis(8);
const SIZE: egui::Vec2 = vec2(1440.0, 900.0);
/// A place in the table.
const TABLE: Pos2 = pos2(400.0, 400.0);

/// A window with nothing but the table.
struct Window {
    screen: Screen,
    state: TrafficState,
}

impl Window {
    fn new(rows: u64) -> Self {
        let mut model = Model::new(Epoch { wall: SystemTime::UNIX_EPOCH }, Settings::default());
        model.settings.composer.charset = Charset::GBK;
        model.sockets.open(SocketId(1), Kind::UdpSocket, 0, 0);
        model.selected = Some(SocketId(1));
        let mut window = Self { screen: Screen::new(SIZE, model), state: TrafficState::default() };
        window.fill(rows);
        // The first frames load fonts and find the rows.
        for _ in 0..10 {
            window.frame(Vec::new());
        }
        window
    }

    /// As many rows more, in batches as a worker sends them: half sent, half received, Chinese and ASCII mixed.
    fn fill(&mut self, rows: u64) {
        let peer = Some(([127, 0, 0, 1], 8008).into());
        let first = self.screen.model.journal.range().end;
        for from in (first..first + rows).step_by(256) {
            let mut batch = Batch::default();
            for i in from..(from + 256).min(first + rows) {
                let text = format!("第{i}条消息 hello world");
                let bytes = Charset::GBK.encode(&text, Unmappable::Skip).unwrap_or_default();
                let (asked, full) = (bytes.len() as u32, bytes.len() as u32);
                let event = if i % 2 == 0 { Event::Sent { asked } } else { Event::Received { full } };
                let record =
                    Record { at: i * 1_000, socket: SocketId(1), generation: 0, event, peer, bytes: Span::default() };
                batch.push(record, &bytes);
            }
            self.screen.model.apply(batch);
        }
    }

    fn frame(&mut self, events: Vec<Input>) -> Duration {
        self.screen.frame(events, |ui, cx| traffic_ui(ui, cx, &mut self.state))
    }
}

fn main() {
    let frames = if support::quick() { 60 } else { 600 };
    let mut few = Window::new(FEW);
    let baseline = median((0..frames).map(|_| few.frame(Vec::new())).collect());
    println!("a frame of the table, {}x{} points, median of {frames}", SIZE.x, SIZE.y);
    line(&format!("  {FEW} rows"), &millis(baseline), None);

    let mut many = Window::new(ROWS);
    let still = median((0..frames).map(|_| many.frame(Vec::new())).collect());
    line(&format!("  {ROWS} rows, at the end"), &millis(still), Some(times(baseline, still)));

    let scrolled =
        median((0..frames).map(|i| many.frame(wheel(TABLE, if i < frames / 2 { 900.0 } else { -700.0 }))).collect());
    line("  the same, scrolled a page a frame", &millis(scrolled), Some(times(baseline, scrolled)));

    let mut busy = Window::new(ROWS);
    let mut applied = Vec::new();
    for _ in 0..frames.min(100) {
        busy.fill(3_000);
        applied.push(busy.frame(Vec::new()));
    }
    let busy = median(applied);
    line("  the same, following 3000 new rows a frame", &millis(busy), Some(times(baseline, busy)));

    let worst = still.max(scrolled).max(busy);
    println!("limit {}: {}", millis(LIMIT), if worst < LIMIT { "kept" } else { "EXCEEDED" });
}
