//! F1: the keys, and what the words in the badges mean.

use egui::{Align, Area, Frame, Id, Key, Layout, Modifiers, Order, RichText, ScrollArea, Ui, vec2};

use super::{Cx, describe};
use crate::{
    gui::{
        commands::UiCommand,
        theme::{self, CARD_RADIUS, TokensExt as _},
        tr,
        widgets::{self, Look},
    },
    journal::{CloseReason, FaultKind, State},
    words,
};

/// The states of sockets, in the order of a socket's life.
const STATES: [State; 12] = [
    State::Resolving,
    State::SynSent,
    State::Listen,
    State::Bound,
    State::Established,
    State::FinWait,
    State::CloseWait,
    State::Closed(CloseReason::User),
    State::Aborted,
    State::Failed(FaultKind::Refused),
    State::Failed(FaultKind::TimedOut),
    State::Failed(FaultKind::Reset),
];

/// The overlay, while it is open.
pub fn help_ui(ui: &mut Ui, cx: &Cx<'_>, open: &mut bool) {
    if !*open {
        return;
    }
    let screen = ui.ctx().content_rect();
    let size = vec2(860.0, 660.0).min(screen.size() - vec2(96.0, 96.0));
    let area = Area::new(Id::unique("help"))
        .order(Order::Foreground)
        .fixed_pos(screen.center() - size / 2.0)
        .default_size(size);
    area.show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).corner_radius(CARD_RADIUS).inner_margin(20).show(ui, |ui| {
            ui.set_width(size.x);
            ui.horizontal(|ui| {
                ui.heading(tr!(cx.lang, "palette.help_title"));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if widgets::button(ui, tr!(cx.lang, "palette.help_close"), Look::Plain).clicked() {
                        *open = false;
                    }
                });
            });
            ui.add_space(8.0);
            ScrollArea::vertical().max_height(size.y - 48.0).auto_shrink([false, true]).show(ui, |ui| {
                ui.columns_const(|[left, right]| {
                    left.with_layout(Layout::top_down(Align::Min), |ui| keys(ui, cx));
                    right.with_layout(Layout::top_down(Align::Min), |ui| states(ui, cx));
                });
            });
        });
    });
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        *open = false;
    }
}

fn keys(ui: &mut Ui, cx: &Cx<'_>) {
    ui.label(theme::section(ui, &tr!(cx.lang, "palette.keys")));
    ui.add_space(4.0);
    let muted = ui.tokens().muted;
    let line = |ui: &mut Ui, keys: String, text: String| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.spacing_mut().interact_size.y = 18.0;
            ui.allocate_ui(vec2(110.0, 18.0), |ui| {
                ui.set_min_width(110.0);
                ui.label(RichText::new(keys).monospace().color(muted));
            });
            ui.add(egui::Label::new(text).truncate());
        });
    };
    line(ui, "Enter".into(), tr!(cx.lang, "palette.enter_sends").into_owned());
    line(ui, "Shift Enter".into(), tr!(cx.lang, "palette.new_line").into_owned());
    line(ui, "↑".into(), tr!(cx.lang, "palette.last_message").into_owned());
    for command in UiCommand::ALL {
        if let Some(keys) = command.keys(ui.ctx()) {
            line(ui, keys, command.text(cx.lang).into_owned());
        }
    }
}

fn states(ui: &mut Ui, cx: &Cx<'_>) {
    ui.label(theme::section(ui, &tr!(cx.lang, "palette.states")));
    ui.add_space(4.0);
    let tokens = ui.tokens();
    for state in STATES {
        let (_, color, tint) = describe::colours(tokens, state);
        widgets::badge(ui, state.word(), color, tint);
        widgets::hint(ui, words::state_hint(cx.lang, state));
        ui.add_space(4.0);
    }
}
