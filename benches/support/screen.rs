//! A window on no screen, whose frames are laid out and tessellated as the real one's are, and timed.

#![allow(dead_code, reason = "a bench uses a part of this")]

use std::time::{Duration, Instant};

use egui::{
    Event as Input, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, Ui, Vec2,
    accesskit::TreeUpdate, pos2, vec2,
};
use twocan::{
    gui::{Actions, Cx, Model, theme},
    words::Lang,
};

/// The window, with whatever view a bench paints in it.
pub struct Screen {
    pub ctx: egui::Context,
    pub model: Model,
    size: Vec2,
    time: f64,
}

impl Screen {
    pub fn new(size: Vec2, model: Model) -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        Self { ctx, model, size, time: 0.0 }
    }

    /// One frame, from the input to triangles.
    pub fn frame(&mut self, events: Vec<Input>, view: impl FnMut(&mut Ui, &mut Cx<'_>)) -> Duration {
        self.output(events, view).0
    }

    /// The same, with what a screen reader is told.
    pub fn output(
        &mut self,
        events: Vec<Input>,
        mut view: impl FnMut(&mut Ui, &mut Cx<'_>),
    ) -> (Duration, Option<TreeUpdate>) {
        self.time += 1.0 / 60.0;
        let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), self.size));
        let input = RawInput { screen_rect, events, time: Some(self.time), ..RawInput::default() };
        let start = Instant::now();
        let mut actions = Actions::default();
        let mut output = self.ctx.run_ui(input, |ui| {
            let mut cx = Cx { model: &self.model, lang: Lang::En, actions: &mut actions };
            view(ui, &mut cx);
        });
        let shapes = self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let taken = start.elapsed();
        assert!(!shapes.is_empty());
        let tree = output.platform_output.accesskit_update.take();
        output.drop_without_applying_deltas();
        (taken, tree)
    }
}

/// The wheel is turned while the pointer is here.
pub fn wheel(at: Pos2, delta: f32) -> Vec<Input> {
    let (unit, phase, source) = (MouseWheelUnit::Point, TouchPhase::Move, MouseWheelSource::Wheel);
    let turn = Input::MouseWheel { unit, delta: vec2(0.0, delta), phase, source, modifiers: Modifiers::NONE };
    vec![Input::PointerMoved(at), turn]
}
