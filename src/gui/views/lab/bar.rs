//! Moving in time: back, step, jump, scrub; and how the ladders are drawn.

use egui::{Align, Layout, Ui, vec2};

use super::{LabState, play::Speed, words};
use crate::{
    gui::{
        Cx,
        actions::Action,
        theme::{TokensExt as _, icons},
        tr,
        widgets::{
            compact::{compact_icon, compact_menu, compact_toggle, menu_entry},
            hint, slider,
        },
    },
    sim::Micros,
};

/// How far the time axis can be stretched, in halves of doublings.
const ZOOMS: std::ops::RangeInclusive<i8> = -4..=10;

impl LabState {
    /// Plays or pauses.
    pub(super) fn toggle_play(&mut self) {
        if !self.play.is_playing() && self.play.is_at_the_end() {
            self.scroll_to = Some(0.0);
        }
        self.play.toggle();
    }

    /// To the next thing that happens, or the one before.
    pub(super) fn step(&mut self, forward: bool) {
        let Some(pair) = self.drawn.pair() else { return };
        if forward && self.play.is_at_the_end() {
            self.play = self.play.rewound();
            self.scroll_to = Some(0.0);
            return;
        }
        self.play.step(&pair.moments, pair.end, forward);
        self.follow();
    }

    /// The next moment at which a packet is lost, or sent again; from the beginning if all of it is on show.
    pub(super) fn next(&self, again: bool) -> Option<Micros> {
        let pair = self.drawn.pair()?;
        let (now, _) = self.moment();
        let now = if self.play.is_at_the_end() { 0 } else { now };
        let next = pair
            .lanes
            .iter()
            .filter_map(|lane| if again { lane.index.next_resent(now) } else { lane.index.next_loss(now) });
        next.min()
    }

    /// Goes there.
    pub(super) fn jump(&mut self, again: bool) {
        if let Some(at) = self.next(again) {
            self.go_to(at);
        }
    }

    /// Stretches or shrinks time; what stands in the middle of the picture stays there.
    pub(super) fn zoom(&mut self, by: i8) {
        let middle = self.height / 2.0;
        self.stretch(by, self.axis.time(f64::from(self.scrolled + middle)), middle);
    }

    /// Stretches time so that a moment stays where it is, so far down from the top of the picture. Goes as far as it goes.
    pub(super) fn stretch(&mut self, by: i8, moment: Micros, down: f32) {
        let zoom = self.shown.zoom.saturating_add(by).clamp(*ZOOMS.start(), *ZOOMS.end());
        if zoom != self.shown.zoom {
            self.shown.zoom = zoom;
            self.anchor = Some((moment, down));
        }
    }

    /// Whether time can be stretched further.
    pub(super) fn stretches(&self) -> bool {
        self.shown.zoom < *ZOOMS.end()
    }
}

/// Paints the bar. `side` says whether the column at the right is open.
pub fn bar_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState, side: bool) {
    let lang = cx.lang;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let roomy = ui.available_width() > 1_080.0;
        let tight = ui.available_width() < 640.0;
        if compact_icon(ui, icons::CHEVRON_LEFT, &tr!(lang, "lab.back"), false)
            .on_hover_text(tr!(lang, "lab.back_hint"))
            .clicked()
        {
            state.step(false);
        }
        scrub_ui(
            ui,
            cx,
            state,
            if roomy {
                190.0
            } else if tight {
                90.0
            } else {
                130.0
            },
        );
        for (again, icon, word, tip) in [
            (false, icons::CIRCLE_X, tr!(lang, "lab.next_loss"), tr!(lang, "lab.next_loss_hint")),
            (true, icons::REPEAT, tr!(lang, "lab.next_again"), tr!(lang, "lab.next_again_hint")),
        ] {
            let there = state.next(again).is_some();
            let jump = ui.add_enabled_ui(there, |ui| compact_icon(ui, icon, &word, roomy)).inner;
            let jump = jump.on_hover_text(tip).on_disabled_hover_text(tr!(lang, "lab.no_more"));
            if jump.clicked() {
                state.jump(again);
            }
        }
        speed_ui(ui, cx, state);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let mut open = side;
            if compact_toggle(ui, &mut open, &tr!(lang, "lab.side")).on_hover_text(tr!(lang, "lab.side_hint")).changed()
            {
                state.side_wanted = Some(open);
            }
            let copy = compact_icon(ui, icons::COPY, &tr!(lang, "lab.as_text"), false);
            if copy.clicked()
                && let Some(pair) = state.drawn.pair()
            {
                cx.actions.push(Action::Copy(words::told(lang, &pair.lanes)));
            }
            if compact_icon(ui, icons::PLUS, &tr!(lang, "lab.larger"), false).clicked() {
                state.zoom(1);
            }
            if compact_icon(ui, icons::MINUS, &tr!(lang, "lab.smaller"), false).clicked() {
                state.zoom(-1);
            }
            if tight {
                return;
            }
            let mut four = state.shown.four.unwrap_or(ui.ctx().content_rect().width() >= 1_280.0 && !side);
            if compact_toggle(ui, &mut four, &tr!(lang, "lab.four")).on_hover_text(tr!(lang, "lab.four_hint")).changed()
            {
                state.shown.four = Some(four);
            }
            let fold = compact_toggle(ui, &mut state.shown.folded, &tr!(lang, "lab.fold_idle"));
            fold.on_hover_text(tr!(lang, "lab.fold_idle_hint"));
            if state.drawn.is_making() {
                ui.spinner();
                hint(ui, tr!(lang, "lab.making"));
            }
        });
    });
}

fn scrub_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut LabState, width: f32) {
    let tokens = ui.tokens();
    let (now, end) = state.moment();
    // By where it stands on the axis: folds are short here too.
    let bottom = state.axis.y(end).max(1.0);
    let mut at = state.axis.y(now);
    let text = tr!(cx.lang, "lab.scrub", time = words::moment(now));
    let response = slider(ui, &mut at, super::axis::MARGIN..=bottom, width, &text, |_| now as f64);
    if response.changed() {
        state.go_to(state.axis.time(at));
    }
    response.on_hover_text(text.as_ref());
    let text = format!("{} / {}", words::moment(now), words::moment(end));
    let font = egui::FontId::monospace(11.0);
    let galley = ui.painter().layout_no_wrap(text, font, tokens.muted);
    // So wide that changing digits move nothing.
    let widest = format!("{} / {}", words::moment(end + 100), words::moment(end + 100));
    let widest = ui.painter().layout_no_wrap(widest, egui::FontId::monospace(11.0), tokens.muted).size().x;
    let (rect, _) = ui.allocate_exact_size(vec2(widest, 20.0), egui::Sense::hover());
    ui.painter().galley(egui::pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, tokens.muted);
}

fn speed_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut LabState) {
    let lang = cx.lang;
    let busy = state.drawn.pair().map_or(0, super::drawn::Pair::busy);
    let own = Speed::fitting(busy);
    let current = state.play.speed.unwrap_or(own);
    let name = tr!(lang, "lab.speed", speed = current.text());
    compact_menu(ui, &current.text(), &name, |ui| {
        if menu_entry(ui, state.play.speed.is_none(), &tr!(lang, "lab.speed_own")).clicked() {
            state.play.speed = None;
        }
        for speed in Speed::ALL {
            if menu_entry(ui, state.play.speed == Some(speed), &speed.text()).clicked() {
                state.play.speed = Some(speed);
            }
        }
    });
}
