//! An empty bench teaches: two sockets that talk to each other, one click each.

use egui::{Align, Frame, Layout, Margin, RichText, Stroke, Ui, vec2};

use super::Cx;
use crate::gui::{
    actions::{Action, Pair},
    commands::UiCommand,
    theme::{self, CARD_RADIUS, TokensExt as _, icons},
    tr,
    widgets::{self, Look},
};

/// Width of one of the two cards.
const CARD: f32 = 300.0;

/// What to begin with, or which socket to choose.
pub fn empty_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    ui.painter().rect_filled(ui.max_rect(), 0.0, tokens.panel);
    if !cx.model.sockets.is_empty() {
        ui.centered_and_justified(|ui| {
            ui.label(RichText::new(tr!(cx.lang, "empty.choose")).color(tokens.muted));
        });
        return;
    }
    let top = (ui.available_height() * 0.22).max(24.0);
    ui.add_space(top);
    ui.vertical_centered(|ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.heading(tr!(cx.lang, "empty.title"));
        ui.set_max_width(560.0);
        ui.label(RichText::new(tr!(cx.lang, "empty.lead")).color(tokens.muted));
    });
    ui.add_space(20.0);
    ui.horizontal_top(|ui| {
        let gap = 16.0;
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.add_space(((ui.available_width() - 2.0 * CARD - gap) / 2.0).max(0.0));
        ui.spacing_mut().item_spacing.x = gap;
        pair(ui, cx, Pair::Tcp);
        pair(ui, cx, Pair::Udp);
    });
    ui.add_space(20.0);
    ui.vertical_centered(|ui| {
        let keys = |command: UiCommand| command.keys(ui.ctx()).unwrap_or_default();
        let (new, palette, help) = (keys(UiCommand::NewSocket), keys(UiCommand::Palette), keys(UiCommand::Help));
        widgets::hint(ui, tr!(cx.lang, "empty.keys", new = new, palette = palette, help = help));
    });
}

fn pair(ui: &mut Ui, cx: &mut Cx<'_>, pair: Pair) {
    let tokens = ui.tokens();
    let (icon, title, text, word) = match pair {
        Pair::Tcp => (
            icons::SERVER,
            tr!(cx.lang, "empty.tcp_title"),
            tr!(cx.lang, "empty.tcp_text"),
            tr!(cx.lang, "empty.tcp_start"),
        ),
        Pair::Udp => (
            icons::RADIO,
            tr!(cx.lang, "empty.udp_title"),
            tr!(cx.lang, "empty.udp_text"),
            tr!(cx.lang, "empty.udp_start"),
        ),
    };
    let color = if pair == Pair::Tcp { tokens.tcp } else { tokens.udp };
    Frame::new().stroke(Stroke::new(1.0, tokens.line)).corner_radius(CARD_RADIUS).inner_margin(Margin::same(16)).show(
        ui,
        |ui| {
            ui.allocate_ui_with_layout(vec2(CARD - 34.0, 172.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(CARD - 34.0);
                ui.spacing_mut().item_spacing.y = 8.0;
                ui.horizontal(|ui| {
                    widgets::icon(ui, icon, 18.0, color);
                    ui.label(theme::strong(title));
                });
                ui.label(RichText::new(text).color(tokens.muted));
                ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
                    if widgets::wide_button(ui, word, Look::Primary).clicked() {
                        cx.actions.push(Action::OpenPair(pair));
                    }
                });
            });
        },
    );
}
