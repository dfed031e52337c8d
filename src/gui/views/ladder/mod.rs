//! The ladder: the conversation of the chosen socket, drawn as it happens.
//!
//! What is drawn and where comes from the pure [`Ladder`](crate::journal::ladder::Ladder), which is made again only when
//! rows of its sockets came or left; a frame paints what is on screen of it. Colour is the message, as in the table; what
//! a call saw is solid, what is inferred is dashed, and a legend says so. The chosen row is the one of the table.

mod drawn;
mod keys;
mod marks;
mod paint;
mod place;
mod words;

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, RichText, Ui};

use self::{drawn::Drawn, place::Place};
use super::{
    Cx, Tab,
    boundaries::boundaries_panel,
    head,
    traffic::{self, Texts, TrafficState},
};
use crate::{
    gui::{
        actions::Action,
        commands::UiCommand,
        theme::{TokensExt as _, icons},
        tr,
        widgets::compact::{compact_icon, compact_menu, menu_entry},
    },
    journal::{SocketId, ladder::Scale},
    words::Lang,
};

/// Below this width the buttons of the head show their icons only.
const ROOMY: f32 = 720.0;
/// Below this width, as at 200 %, the head has what is about the ladder alone.
const NARROW: f32 = 620.0;
/// Below this height the ladder itself needs all the room.
const LOW: f32 = 280.0;
/// Steps that are copied as text at most: what goes through the clipboard has to fit into it.
const COPIED: usize = 10_000;
/// Room that the reminder of where the reader is needs.
const HINT: f32 = 260.0;
/// How far true time can be stretched.
const ZOOMS: std::ops::RangeInclusive<i8> = -6..=12;

/// What the ladder keeps from one frame to the next.
#[derive(Default)]
pub struct LadderState {
    subject: Option<SocketId>,
    scale: Scale,
    /// Doublings of true time.
    zoom: i8,
    paused: bool,
    drawn: Drawn,
    place: Place,
    texts: Texts,
}

impl LadderState {
    /// How often the ladder was laid out: not in frames that brought nothing of its sockets.
    pub fn drawings(&self) -> u64 {
        self.drawn.times()
    }

    /// Takes in what changed since the last frame.
    fn sync(&mut self, ui: &Ui, cx: &Cx<'_>) {
        if self.subject != cx.model.selected {
            let (scale, subject) = (self.scale, cx.model.selected);
            *self = Self { subject, scale, ..Self::default() };
        }
        if !self.paused || self.drawn.is_of_another(cx.model) {
            self.drawn.sync(ui, cx.model);
        }
        self.drawn.place(self.scale, 2_f64.powi(self.zoom.into()));
    }
}

/// Paints the ladder of the selected socket, what became of the boundaries of its messages, and a legend.
pub fn ladder_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState) {
    ui.spacing_mut().item_spacing.y = 0.0;
    // The table knows the selected row and the colours of messages, also while it is not on show.
    if !traffic.sync(cx.model) {
        ui.request_repaint();
    }
    state.sync(ui, cx);
    head_ui(ui, cx, state, traffic);
    let flat = Frame::new().fill(ui.tokens().panel);
    let line = flat.inner_margin(Margin::symmetric(12, 0));
    Panel::bottom("ladder_legend")
        .exact_size(26.0)
        .frame(line)
        .show(ui, |ui| legend_ui(ui, cx.lang, state.place.follows()));
    if ui.available_height() >= LOW {
        boundaries_panel(ui, cx, traffic);
    }
    CentralPanel::no_frame().frame(flat).show(ui, |ui| paint::body_ui(ui, cx, state, traffic));
}

fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState) {
    let lang = cx.lang;
    let roomy = ui.available_width() >= ROOMY;
    let narrow = ui.available_width() < NARROW;
    head(ui, |ui| {
        traffic::tabs_ui(ui, cx, Tab::Ladder);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let steps = state.drawn.ladder.steps.len();
            let copies = (1..=COPIED).contains(&steps);
            let copy = ui
                .add_enabled_ui(copies, |ui| compact_icon(ui, icons::COPY, &tr!(lang, "ladder.copy"), false))
                .inner
                .on_disabled_hover_text(tr!(lang, "ladder.copy_limit", limit = COPIED));
            if copy.clicked() {
                cx.actions.push(Action::Copy(state.drawn.ladder.text()));
            }
            let follow = compact_icon(ui, icons::ARROW_DOWN, &tr!(lang, "traffic.follow"), roomy);
            if follow.on_hover_text(tr!(lang, "ladder.follow_hint")).clicked() {
                state.place = Place::default();
                state.paused = false;
            }
            let (icon, word) = if state.paused {
                (icons::PLAY, tr!(lang, "traffic.resume"))
            } else {
                (icons::PAUSE, tr!(lang, "traffic.pause"))
            };
            if compact_icon(ui, icon, &word, roomy).clicked() {
                state.paused = !state.paused;
            }
            if !narrow && compact_icon(ui, icons::CIRCLE_ALERT, &tr!(lang, "ladder.next_error"), false).clicked() {
                keys::next_error(state, traffic);
            }
            if state.scale == Scale::True && !narrow {
                zoom_ui(ui, lang, &mut state.zoom);
            }
            scale_ui(ui, lang, &mut state.scale);
            if !narrow {
                traffic::read_as_ui(ui, cx, &mut traffic.read_as);
            }
        });
    });
}

fn scale_ui(ui: &mut Ui, lang: Lang, scale: &mut Scale) {
    let word = |scale| match scale {
        Scale::Folded => tr!(lang, "ladder.scale_folded"),
        Scale::Steps => tr!(lang, "ladder.scale_steps"),
        Scale::True => tr!(lang, "ladder.scale_true"),
    };
    let current = word(*scale);
    let name = tr!(lang, "ladder.scale", scale = current);
    compact_menu(ui, &current, &name, |ui| {
        for other in Scale::ALL {
            if menu_entry(ui, other == *scale, &word(other)).clicked() {
                *scale = other;
            }
        }
    })
    .on_hover_text(tr!(lang, "ladder.scale_hint"));
}

fn zoom_ui(ui: &mut Ui, lang: Lang, zoom: &mut i8) {
    let entries = [(icons::PLUS, tr!(lang, "ladder.stretch"), 1), (icons::MINUS, tr!(lang, "ladder.shrink"), -1)];
    for (icon, name, by) in entries {
        let enabled = ZOOMS.contains(&(*zoom + by));
        if ui.add_enabled_ui(enabled, |ui| compact_icon(ui, icon, &name, false)).inner.clicked() {
            *zoom += by;
        }
    }
}

/// What solid, dashed and hollow mean.
fn legend_ui(ui: &mut Ui, lang: Lang, follows: bool) {
    let color = ui.tokens().muted;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let entries = [
            (marks::Sample::Solid, tr!(lang, "ladder.legend_solid")),
            (marks::Sample::Dashed, tr!(lang, "ladder.legend_dashed")),
            (marks::Sample::Hollow, tr!(lang, "ladder.legend_hollow")),
            (marks::Sample::Colours, tr!(lang, "ladder.legend_colour")),
        ];
        let reserved = if !follows && ui.available_width() > 2.0 * HINT { HINT } else { 0.0 };
        for (sample, text) in entries {
            let width = ui.painter().layout_no_wrap(text.to_string(), egui::FontId::proportional(12.0), color).size().x;
            if ui.available_width() < width + 40.0 + reserved {
                break;
            }
            marks::sample_ui(ui, sample);
            ui.label(RichText::new(text).small().color(color));
            ui.add_space(8.0);
        }
        if reserved > 0.0 {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(tr!(lang, "ladder.not_following")).small().color(color));
            });
        }
    });
}

/// Goes to the table with this row selected.
fn show_row(cx: &mut Cx<'_>, traffic: &mut TrafficState, seq: u64) {
    traffic.open(cx.model, seq);
    cx.actions.push(Action::Run(UiCommand::ShowTraffic));
}
