//! What a frame of the traffic table costs with 200 000 rows behind it, against the same table with 50.
//!
//! Only rows on screen are turned into text, so the two have to be nearly the same; a frame has to stay under 8 ms,
//! half of what 60 frames a second allow. Laid out and tessellated as the window does it, on no screen. What grows
//! with the rows is told apart: the end of a still table, a table that is scrolled through, and one that takes 3 000
//! new rows a frame (180 000 a second). `cargo bench --bench table`, with `-- --quick` for a short run.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that measures: plain output")]

#[path = "support/mod.rs"]
mod support;

use std::time::{Duration, Instant, SystemTime};

use egui::{Event as Input, Modifiers, MouseWheelSource, MouseWheelUnit, RawInput, Rect, TouchPhase, pos2, vec2};
use support::line;
use twocan::{
    gui::{
        Actions, Cx, Model, Settings, theme,
        views::traffic::{TrafficState, traffic_ui},
    },
    journal::{Batch, Epoch, Event, Kind, Record, SocketId, Span},
    text::{Charset, Unmappable},
    words::Lang,
};

const ROWS: u64 = 200_000;
const FEW: u64 = 50;
const LIMIT: Duration = Duration::from_millis(8);
const SIZE: egui::Vec2 = vec2(1440.0, 900.0);

/// A window with nothing but the table.
struct Window {
    ctx: egui::Context,
    model: Model,
    state: TrafficState,
    time: f64,
}

impl Window {
    fn new(rows: u64) -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let mut model = Model::new(Epoch { wall: SystemTime::UNIX_EPOCH }, Settings::default());
        model.settings.composer.charset = Charset::GBK;
        model.sockets.open(SocketId(1), Kind::UdpSocket, 0, 0);
        model.selected = Some(SocketId(1));
        let mut window = Self { ctx, model, state: TrafficState::default(), time: 0.0 };
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
        let first = self.model.journal.range().end;
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
            self.model.apply(batch);
        }
    }

    /// One frame, from the input to triangles.
    fn frame(&mut self, events: Vec<Input>) -> Duration {
        self.time += 1.0 / 60.0;
        let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), SIZE));
        let input = RawInput { screen_rect, events, time: Some(self.time), ..RawInput::default() };
        let start = Instant::now();
        let mut actions = Actions::default();
        let output = self.ctx.run_ui(input, |ui| {
            let mut cx = Cx { model: &self.model, lang: Lang::En, actions: &mut actions };
            traffic_ui(ui, &mut cx, &mut self.state);
        });
        let shapes = self.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
        let taken = start.elapsed();
        assert!(!shapes.is_empty());
        output.drop_without_applying_deltas();
        taken
    }
}

fn main() {
    let frames = if support::quick() { 60 } else { 600 };
    let wheel = |delta| {
        let (unit, phase, source) = (MouseWheelUnit::Point, TouchPhase::Move, MouseWheelSource::Wheel);
        let turn = Input::MouseWheel { unit, delta: vec2(0.0, delta), phase, source, modifiers: Modifiers::NONE };
        vec![Input::PointerMoved(pos2(400.0, 400.0)), turn]
    };

    let mut few = Window::new(FEW);
    let baseline = median((0..frames).map(|_| few.frame(Vec::new())).collect());
    println!("a frame of the table, {}x{} points, median of {frames}", SIZE.x, SIZE.y);
    line(&format!("  {FEW} rows"), &shown(baseline), None);

    let mut many = Window::new(ROWS);
    let still = median((0..frames).map(|_| many.frame(Vec::new())).collect());
    line(&format!("  {ROWS} rows, at the end"), &shown(still), Some(ratio(baseline, still)));

    let scrolled =
        median((0..frames).map(|i| many.frame(wheel(if i < frames / 2 { 900.0 } else { -700.0 }))).collect());
    line("  the same, scrolled a page a frame", &shown(scrolled), Some(ratio(baseline, scrolled)));

    let mut busy = Window::new(ROWS);
    let mut applied = Vec::new();
    for _ in 0..frames.min(100) {
        busy.fill(3_000);
        applied.push(busy.frame(Vec::new()));
    }
    let busy = median(applied);
    line("  the same, following 3000 new rows a frame", &shown(busy), Some(ratio(baseline, busy)));

    let worst = still.max(scrolled).max(busy);
    println!("limit {}: {}", shown(LIMIT), if worst < LIMIT { "kept" } else { "EXCEEDED" });
}

fn median(mut taken: Vec<Duration>) -> Duration {
    taken.sort_unstable();
    taken.get(taken.len() / 2).copied().unwrap_or_default()
}

fn ratio(baseline: Duration, taken: Duration) -> f64 {
    taken.as_secs_f64() / baseline.as_secs_f64()
}

fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
