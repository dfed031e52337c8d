//! What a frame of the lab costs with more than 20 000 packets behind it: a 10 MB file over a link that loses some.
//!
//! Only what is on screen is drawn, so it has to stay under 8 ms, half of what 60 frames a second allow: at the end, scrolled
//! a page a frame, and played. Laid out and tessellated as the window does it, on no screen.
//! `cargo bench --bench lab_view`, with `-- --quick` for a short run.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that measures: plain output")]

#[path = "support/mod.rs"]
mod support;

use std::{
    thread,
    time::{Duration, Instant, SystemTime},
};

use egui::{Event as Input, Key, Modifiers, MouseWheelSource, MouseWheelUnit, RawInput, Rect, TouchPhase, pos2, vec2};
use support::line;
use twocan::{
    gui::{
        Actions, Cx, Model, Settings, theme,
        views::lab::{LabState, lab_ui},
    },
    journal::Epoch,
    sim::{Chance, Run, Workload},
    words::Lang,
};

const LIMIT: Duration = Duration::from_millis(8);
const SIZE: egui::Vec2 = vec2(1440.0, 856.0);

/// A window with nothing but the lab.
struct Window {
    ctx: egui::Context,
    model: Model,
    state: LabState,
    time: f64,
}

impl Window {
    fn new(run: Run) -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let model = Model::new(Epoch { wall: SystemTime::UNIX_EPOCH }, Settings::default());
        let mut window = Self { ctx, model, state: LabState::default(), time: 0.0 };
        window.frame(Vec::new());
        window.state.show(run);
        // A large run comes from a thread.
        while window.state.times() < 2 {
            window.frame(Vec::new());
            thread::park_timeout(Duration::from_millis(5));
        }
        for _ in 0..10 {
            window.frame(Vec::new());
        }
        window
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
            lab_ui(ui, &mut cx, &mut self.state);
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
    let mut run = Run { workload: Workload::File { bytes: 10_000_000, size: 1_460 }, ..Run::default() };
    run.knobs.link.loss = Chance::percent(1.0);
    let packets = run.play().packets.len();
    let wheel = |delta| {
        let (unit, phase, source) = (MouseWheelUnit::Point, TouchPhase::Move, MouseWheelSource::Wheel);
        let turn = Input::MouseWheel { unit, delta: vec2(0.0, delta), phase, source, modifiers: Modifiers::NONE };
        vec![Input::PointerMoved(pos2(400.0, 400.0)), turn]
    };
    println!("a frame of the lab, {}x{} points, median of {frames}", SIZE.x, SIZE.y);

    let mut few = Window::new(Run { seed: 1, ..Run::default() });
    let baseline = median((0..frames).map(|_| few.frame(Vec::new())).collect());
    line("  the default run", &shown(baseline), None);

    let mut many = Window::new(run);
    let still = median((0..frames).map(|_| many.frame(Vec::new())).collect());
    line(&format!("  {packets} packets over TCP, at the start"), &shown(still), Some(ratio(baseline, still)));

    let scrolled = median((0..frames).map(|_| many.frame(wheel(-500.0))).collect());
    line("  the same, scrolled a page a frame", &shown(scrolled), Some(ratio(baseline, scrolled)));

    let key = |key| Input::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
    many.frame(vec![
        Input::PointerMoved(pos2(300.0, 420.0)),
        Input::PointerButton {
            pos: pos2(300.0, 420.0),
            button: egui::PointerButton::Primary,
            pressed: true,
            modifiers: Modifiers::NONE,
        },
        Input::PointerButton {
            pos: pos2(300.0, 420.0),
            button: egui::PointerButton::Primary,
            pressed: false,
            modifiers: Modifiers::NONE,
        },
    ]);
    many.frame(vec![key(Key::Escape)]);
    many.frame(vec![key(Key::Space)]);
    let played = median((0..frames).map(|_| many.frame(Vec::new())).collect());
    line("  the same, played", &shown(played), Some(ratio(baseline, played)));

    let worst = still.max(scrolled).max(played);
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
