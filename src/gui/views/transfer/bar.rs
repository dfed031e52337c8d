//! How far, how fast, how long still: the bar of everything that carries a file, here and over a socket of the bench.

use std::time::Duration;

use egui::{Align, Color32, Frame, Layout, RichText, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    gui::{
        theme::{self, TokensExt as _},
        tr, widgets,
    },
    transfer::{Direction, Progress},
    words::{Lang, number},
};

/// Below this width title and speed have a line each.
const NARROW: f32 = 440.0;

/// What a bar tells.
pub struct Bar<'a, R> {
    /// What is carried.
    pub title: &'a str,
    /// Which way.
    pub direction: Direction,
    /// Where to, and what else is known.
    pub below: &'a str,
    /// How far it is, and how long that took.
    pub progress: &'a Progress,
    /// Whether what is done just now has no measure, whatever is known of the bytes.
    pub unmeasured: bool,
    /// Whether it stands still: paused, or waiting for somebody.
    pub still: bool,
    /// Bytes a second just now, or a word for why nothing moves.
    pub now: Result<f64, String>,
    /// Bytes a second as they were, the newest last.
    pub rates: R,
    /// Samples that the plot has room for.
    pub samples: usize,
}

impl<R: Iterator<Item = f64> + Clone> Bar<'_, R> {
    /// Paints it in a card, with buttons from the right.
    pub fn ui(self, ui: &mut Ui, lang: Lang, buttons: impl FnOnce(&mut Ui)) {
        let tokens = ui.tokens();
        let (title, progress) = (self.title, self.progress);
        card_ui(ui, tokens.line, |ui| {
            let speed = match self.now {
                Ok(rate) => speed(lang, progress, rate),
                Err(word) => word,
            };
            let speed = RichText::new(speed).monospace().color(tokens.muted);
            if ui.available_width() < NARROW {
                widgets::title_name(ui, title);
                ui.label(speed);
            } else {
                ui.horizontal(|ui| {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.label(speed);
                        ui.with_layout(Layout::left_to_right(Align::Center), |ui| widgets::title_name(ui, title));
                    });
                });
            }
            ui.add(egui::Label::new(RichText::new(self.below).small().color(tokens.muted)).truncate());
            let done = number::size(progress.bytes);
            let spoken = if let Some(total) = progress.total {
                tr!(lang, "transfer_window.bar", title = title, done = done, total = number::size(total))
            } else {
                tr!(lang, "transfer_window.bar_unknown", title = title, done = done)
            };
            let fraction = progress.fraction().filter(|_| !self.unmeasured);
            let color = match self.direction {
                Direction::Sending => tokens.tcp,
                Direction::Receiving => tokens.ok,
            };
            let bar = match fraction {
                Some(fraction) => widgets::progress(ui, fraction as f32, color),
                None => widgets::progress_unmeasured(ui, !self.still, color),
            };
            let bar = bar.on_hover_text(spoken.as_ref());
            bar.widget_info(|| {
                let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, &spoken);
                info.value = fraction.map(|fraction| (fraction * 100.0).floor());
                info
            });
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    buttons(ui);
                    plot(ui, lang, color, self.rates, self.samples);
                });
            });
        });
    }
}

/// A card of this place, as wide as there is room.
pub(super) fn card_ui(ui: &mut Ui, border: Color32, inside: impl FnOnce(&mut Ui)) {
    let frame = Frame::new()
        .fill(ui.tokens().panel)
        .stroke(Stroke::new(1.0, border))
        .corner_radius(theme::CARD_RADIUS)
        .inner_margin(12);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 6.0;
        inside(ui);
    });
}

/// `3.1 of 4.8 GB`
pub fn amount(lang: Lang, progress: &Progress) -> String {
    let done = number::size(progress.bytes);
    match progress.total {
        Some(total) => tr!(lang, "transfer_window.of", done = done, total = number::size(total)).into_owned(),
        None => tr!(lang, "transfer_window.size_unknown", done = done).into_owned(),
    }
}

/// `112 MB/s (mean 98 MB/s) · 15 s left`
fn speed(lang: Lang, progress: &Progress, rate: f64) -> String {
    let (now, mean) = (number::rate(rate), number::rate(progress.mean_rate()));
    let speed = tr!(lang, "transfer_window.speed", now = now, mean = mean);
    match progress.time_left(rate) {
        Some(left) => {
            // Whole seconds: tenths would only flicker.
            let left = number::duration(Duration::from_secs(left.as_secs().max(1)));
            tr!(lang, "transfer_window.speed_left", speed = speed, left = left).into_owned()
        }
        None => speed.into_owned(),
    }
}

/// How fast it has been: the newest sample at the right.
fn plot(ui: &mut Ui, lang: Lang, color: Color32, rates: impl Iterator<Item = f64> + Clone, samples: usize) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().max(40.0), 26.0), Sense::hover());
    let highest = rates.clone().fold(0.0_f64, f64::max);
    let name = tr!(lang, "transfer_window.plot", highest = number::rate(highest));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    response.on_hover_text(name.as_ref());
    let step = rect.width() / samples.saturating_sub(1).max(1) as f32;
    let at = |(index, rate): (usize, f64)| {
        let y = rect.bottom() - 2.0 - (rate / highest) as f32 * (rect.height() - 4.0);
        pos2(rect.left() + index as f32 * step, y)
    };
    let line: Vec<_> = rates.enumerate().map(at).collect();
    if line.len() > 1 && highest > 0.0 {
        ui.painter().add(egui::Shape::line(line, Stroke::new(1.5, color)));
    }
}
