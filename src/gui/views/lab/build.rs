//! Build reliability on UDP: what TCP adds, one mechanism at a time.
//!
//! The rows come from the simulator ([`Panel`]), which knows what a switch leads to and what can do nothing without another.

use egui::{Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    LabState,
    judge::{Judge, figures_ui, judge_ui},
};
use crate::{
    gui::{
        theme::{TokensExt as _, section},
        tr,
        widgets::{
            compact::{compact_menu, menu_entry},
            hint,
        },
    },
    sim::{
        Transport,
        arq::{Mechanisms, Panel, Row, SEEDS, level::Level, levels},
    },
    words::{Lang, number},
};

/// What this part keeps from one frame to the next.
#[derive(Default)]
pub struct BuildState {
    /// Which level is on show.
    pub level: Option<usize>,
    /// Who tries the set that is on show.
    pub judge: Judge,
}

impl BuildState {
    /// The level that is on show.
    pub fn shown(&self) -> Option<&'static Level> {
        levels().get(self.level?)
    }
}

impl LabState {
    /// Begins a level with its set, on the first seed that this set fails.
    pub fn begin_level(&mut self, index: usize) {
        let Some(level) = levels().get(index) else { return };
        let seed = level.trial.first_failure(&level.start, SEEDS).map_or(1, |failure| failure.seed);
        self.side.leave();
        self.show(level.trial.run(&level.start, seed));
        self.build.level = Some(index);
    }
}

/// Paints it.
pub fn build_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    ui.label(section(ui, &tr!(lang, "lab.build")));
    hint(ui, tr!(lang, "lab.build_hint"));
    level_ui(ui, lang, state);
    judge_ui(ui, lang, state);
    ui.add_space(2.0);
    let set = state.run.knobs.arq;
    let panel = Panel::of(&set);
    let fixed = state.build.shown().map(|level| level.fixed.as_slice()).unwrap_or_default();
    let mut wanted = None;
    for row in &panel.rows {
        row_ui(ui, lang, row, fixed.contains(&row.mechanism), &mut wanted);
    }
    header_ui(ui, lang, &panel);
    if let Some(set) = wanted {
        state.run.knobs.arq = state.build.shown().map_or(set, |level| level.within_rules(set));
    }
    figures_ui(ui, lang, state);
}

fn level_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    let free = tr!(lang, "lab.level_none").into_owned();
    let title = |index: usize, level: &Level| format!("L{index} {}", super::side::pick(lang, &level.title));
    let current = match (state.build.level, state.build.shown()) {
        (Some(index), Some(level)) => title(index, level),
        _ => free.clone(),
    };
    let name = tr!(lang, "lab.level", title = current);
    let mut chosen = None;
    compact_menu(ui, &current, &name, |ui| {
        if menu_entry(ui, state.build.level.is_none(), &free).clicked() {
            chosen = Some(None);
        }
        for (index, level) in levels().iter().enumerate() {
            if menu_entry(ui, state.build.level == Some(index), &title(index, level)).clicked() {
                chosen = Some(Some(index));
            }
        }
    });
    match chosen {
        Some(Some(index)) => state.begin_level(index),
        Some(None) => {
            state.build.level = None;
            state.run.transport = Transport::default();
        }
        None => {}
    }
    if let Some(level) = state.build.shown() {
        ui.label(RichText::new(super::side::pick(lang, &level.link)).small());
        ui.label(super::side::pick(lang, &level.question));
    }
}

fn row_ui(ui: &mut Ui, lang: Lang, row: &Row, fixed: bool, wanted: &mut Option<Mechanisms>) {
    let tokens = ui.tokens();
    let text = |key: &str| tr!(lang, key).into_owned();
    let name = text(row.name);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 1.0);
        let (rect, response) =
            ui.allocate_exact_size(vec2(30.0, 22.0), if fixed { Sense::hover() } else { Sense::click() });
        let track = Rect::from_center_size(rect.center(), vec2(30.0, 17.0));
        let fill = match (row.on, fixed) {
            (true, false) => tokens.tcp,
            (true, true) => tokens.faint,
            (false, _) => tokens.line,
        };
        ui.painter().rect_filled(track, 9.0, fill);
        let x = if row.on { track.right() - 8.5 } else { track.left() + 8.5 };
        ui.painter().circle_filled(pos2(x, track.center().y), 6.5, tokens.panel);
        if response.has_focus() {
            ui.painter().rect_stroke(
                track.expand(2.0),
                10.0,
                egui::Stroke::new(1.5, tokens.tcp),
                egui::StrokeKind::Outside,
            );
        }
        response.widget_info(|| WidgetInfo::selected(Role::Switch, !fixed, row.on, &name));
        if response.clicked() {
            *wanted = Some(row.switched);
        }
        if fixed {
            response.on_hover_text(tr!(lang, "lab.level_fixed"));
        }
        ui.vertical(|ui| {
            ui.label(&name);
            hint(ui, text(row.hint));
            if !row.on {
                return;
            }
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(4.0, 3.0);
                ui.add_enabled_ui(!fixed, |ui| {
                    for choice in &row.choices {
                        let label = RichText::new(text(choice.name)).small();
                        let entry = ui.add(egui::Button::selectable(choice.chosen, label));
                        if entry.on_hover_text(text(choice.hint)).clicked() {
                            *wanted = Some(choice.then);
                        }
                    }
                    if let Some(amount) = &row.amount {
                        let shown = |value: u32| tr!(lang, amount.name, number = value).into_owned();
                        let current = shown(amount.value);
                        let label = tr!(lang, "lab.knob", name = name, value = current);
                        compact_menu(ui, &current, &label, |ui| {
                            for (value, then) in &amount.steps {
                                if menu_entry(ui, *value == amount.value, &shown(*value)).clicked() {
                                    *wanted = Some(*then);
                                }
                            }
                        });
                    }
                });
            });
            if let Some(needs) = row.needs {
                ui.label(RichText::new(text(needs)).small().color(tokens.warn));
            }
        });
    });
}

/// The header, which grows: a bar with a field for each mechanism.
fn header_ui(ui: &mut Ui, lang: Lang, panel: &Panel) {
    let tokens = ui.tokens();
    let bytes = |bits: u32| number::size(u64::from(bits / 8));
    let text = tr!(lang, "lab.header", data = bytes(panel.data_bits), ack = bytes(panel.ack_bits));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    // As long as the largest of them, a CRC and 16 bits of number.
    let scale = rect.width() / 64.0;
    ui.painter().rect_stroke(rect, 2.0, egui::Stroke::new(1.0, tokens.line), egui::StrokeKind::Inside);
    let mut x = rect.left();
    for (index, row) in panel.rows.iter().enumerate() {
        let width = row.data_bits as f32 * scale;
        let field = Rect::from_min_size(pos2(x, rect.top()), vec2((width - 1.0).max(0.0), rect.height()));
        ui.painter().rect_filled(field.intersect(rect), 2.0, tokens.message(index));
        x += width;
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text.as_ref()));
    hint(ui, text.as_ref());
}
