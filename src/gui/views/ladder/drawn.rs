//! The ladder as it was last made, and whether it has to be made again: only for rows of its own sockets.

use std::collections::BTreeSet;

use egui::Ui;

use super::paint::ROW;
use crate::{
    gui::Model,
    journal::{
        SocketId,
        ladder::{Crossings, Ladder, Scale, Timeline, company},
        spans,
    },
};

/// Steps from which on the ladder is not made anew in every frame that brings rows.
const MANY: usize = 2_000;
/// How often one of so many steps is made anew, in seconds.
const EVERY: f64 = 0.25;

/// A ladder and what was made of it.
#[derive(Default)]
pub struct Drawn {
    /// Itself.
    pub ladder: Ladder,
    /// Where its steps stand.
    pub timeline: Timeline,
    /// Which arrows cross which steps.
    pub crossings: Crossings,
    /// For whom it was made: what it depends on but for the rows.
    key: Vec<Key>,
    scale: Option<(Scale, u64)>,
    /// The next row to look at.
    next: u64,
    /// When it was made.
    made: f64,
    stale: bool,
    /// How often it was made, for tests.
    times: u64,
}

type Key = (SocketId, u16, Option<std::net::SocketAddr>, Option<std::net::SocketAddr>);

impl Drawn {
    /// Whether it is about other sockets than those that the model has selected.
    pub fn is_of_another(&self, model: &Model) -> bool {
        self.key.first().map(|key| key.0) != model.selected
    }

    /// How often it was made.
    pub fn times(&self) -> u64 {
        self.times
    }

    /// Makes it anew if rows of its sockets came or left.
    pub fn sync(&mut self, ui: &Ui, model: &Model) {
        let Some(subject) = model.selected else { return };
        let chosen = company(&model.sockets, subject);
        let key = key(model, subject, &chosen);
        let journal = &model.journal;
        if key != self.key {
            (self.stale, self.made, self.next) = (true, f64::MIN, 0);
        }
        let left = self.ladder.steps.iter().any(|step| step.seq < journal.range().start);
        let drawn: BTreeSet<_> = key.iter().map(|(id, ..)| *id).collect();
        let came = journal.rows_from(self.next).any(|row| drawn.contains(&row.record.socket));
        self.stale |= left || came;
        self.next = journal.range().end;
        if !self.stale {
            return;
        }
        let now = ui.input(|input| input.time);
        let wait = if self.ladder.steps.len() > MANY { self.made + EVERY - now } else { 0.0 };
        if wait > 0.0 {
            ui.ctx().request_repaint_after_secs(wait as f32);
            return;
        }
        self.ladder = Ladder::of(journal, &model.sockets, &chosen);
        self.crossings = Crossings::new(&self.ladder.arrows);
        (self.key, self.made, self.stale, self.scale) = (key, now, false, None);
        self.times += 1;
    }

    /// Places its steps.
    pub fn place(&mut self, scale: Scale, zoom: f64) {
        if self.scale != Some((scale, zoom.to_bits())) {
            self.scale = Some((scale, zoom.to_bits()));
            self.timeline = Timeline::new(&self.ladder.steps, scale, ROW, zoom);
        }
    }

    /// Which step tells of this row.
    pub fn step_of(&self, seq: u64) -> Option<usize> {
        self.ladder.steps.iter().position(|step| step.seq == seq)
    }
}

/// What a ladder depends on but for the rows: the chosen socket first, then all that are drawn.
fn key(model: &Model, subject: SocketId, chosen: &BTreeSet<SocketId>) -> Vec<Key> {
    let others = chosen.iter().filter_map(|id| spans::other_end(&model.sockets, *id));
    let all = std::iter::once(subject).chain(chosen.iter().copied()).chain(others);
    let entries = all.filter_map(|id| model.sockets.get(id));
    entries.map(|entry| (entry.id, entry.generation, entry.local, entry.peer)).collect()
}
