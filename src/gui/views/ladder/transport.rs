//! The bar under the ladder: replay, the moment that is on show, one event further or back, the next error.

use egui::{Align, Layout, RichText, Slider, SliderClamping, Ui};

use super::{
    LadderState, keys,
    replay::{Replay, SLOWER},
};
use crate::{
    gui::{
        Cx,
        theme::{TokensExt as _, icons},
        tr,
        views::traffic::TrafficState,
        widgets::compact::{compact_icon, compact_menu, menu_entry},
    },
    words::number,
};

/// Below this width the moment is shown by the slider alone.
const ROOMY: f32 = 420.0;

/// Paints the bar.
pub fn transport_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState) {
    let lang = cx.lang;
    let steps = state.drawn.index.len();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let playing = state.replay.is_some_and(|replay| replay.playing);
        let (icon, word) = if playing {
            (icons::PAUSE, tr!(lang, "ladder.replay_pause"))
        } else {
            (icons::PLAY, tr!(lang, "ladder.replay"))
        };
        let play = ui.add_enabled_ui(steps > 1, |ui| compact_icon(ui, icon, &word, false)).inner;
        if play.on_hover_text(tr!(lang, "ladder.replay_hint")).clicked() {
            state.play();
        }
        let speed = |slower: u32| if slower == 1 { "1×".to_owned() } else { format!("1/{slower}") };
        let name = tr!(lang, "ladder.speed", speed = speed(state.slower));
        compact_menu(ui, &speed(state.slower), &name, |ui| {
            for slower in SLOWER {
                if menu_entry(ui, slower == state.slower, &speed(slower)).clicked() {
                    state.slower = slower;
                    if let Some(replay) = &mut state.replay {
                        replay.slower = slower;
                    }
                }
            }
        });
        let entries = [
            (icons::CHEVRON_LEFT, tr!(lang, "ladder.previous"), -1),
            (icons::CHEVRON_RIGHT, tr!(lang, "ladder.next"), 1),
        ];
        for (icon, word, by) in entries {
            if compact_icon(ui, icon, &word, false).clicked() {
                keys::step(cx.model, state, traffic, by);
            }
        }
        if compact_icon(ui, icons::CIRCLE_ALERT, &tr!(lang, "ladder.next_error"), false).clicked() {
            keys::next_error(cx.model, state, traffic);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let place = state.replay_place().unwrap_or(steps.saturating_sub(1));
            if ui.available_width() >= ROOMY - 220.0
                && let Some(at) = state.replay.map(|replay| replay.moment()).or_else(|| state.drawn.index.time(place))
            {
                let clock = number::clock(cx.model.epoch.wall_time(at), traffic.zone());
                ui.label(RichText::new(clock).monospace().size(11.0).color(ui.tokens().muted));
            }
            let (mut at, last) = (place, steps.saturating_sub(1));
            ui.spacing_mut().slider_width = (ui.available_width() - 8.0).max(40.0);
            let slider = Slider::new(&mut at, 0..=last).show_value(false).clamping(SliderClamping::Always);
            let slider = ui.add_enabled(steps > 1, slider).accessible_name(tr!(lang, "ladder.scrub"));
            if slider.on_hover_text(tr!(lang, "ladder.scrub_hint")).changed()
                && let Some(time) = state.drawn.index.time(at)
            {
                state.replay = Some(Replay::at(time, state.slower));
            }
        });
    });
}
