//! Before real programs are run: which, by whom, and what that means. In the middle of the window, where it is read.

use egui::{CentralPanel, Frame, Key, Margin, RichText, Ui, vec2};

use super::{Cx, rules::Subject};
use crate::{
    gui::{
        actions::Action,
        risk::{self, Risk},
        theme::{self, TokensExt as _},
        tr,
        widgets::{self, Look},
    },
    words::number,
};

/// What waits for the user's word, if something does.
#[derive(Debug, Default)]
pub struct ConfirmState {
    waits: Option<(Action, Risk)>,
}

impl ConfirmState {
    /// Asks before this is done.
    pub fn ask(&mut self, action: Action, risk: Risk) {
        self.waits = Some((action, risk));
    }

    /// It is not done.
    pub fn close(&mut self) {
        self.waits = None;
    }

    /// Whether something waits.
    pub fn is_open(&self) -> bool {
        self.waits.is_some()
    }
}

/// Paints the question. What is confirmed is asked for again, with the user's word in it.
pub fn confirm_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ConfirmState, covered: bool) {
    let Some((action, risk)) = &state.waits else { return };
    let lang = cx.lang;
    let tokens = ui.tokens();
    let mut closing = !covered && ui.input(|input| input.key_pressed(Key::Escape));
    let mut confirmed = None;
    CentralPanel::no_frame().frame(Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(24, 20))).show(
        ui,
        |ui| {
            let size = vec2(ui.available_width().min(600.0), ui.available_height());
            ui.allocate_ui(size, |ui| {
                ui.spacing_mut().item_spacing.y = 12.0;
                ui.heading(tr!(lang, "confirm.title"));
                let socket = risk::subject(cx.model, lang, action);
                ui.label(RichText::new(tr!(lang, "confirm.risk", socket = socket)).color(tokens.warn));
                ui.label(theme::section(ui, &tr!(lang, "confirm.programs")));
                ui.label(RichText::new(risk.programs.join("   ")).monospace());
                if let Some(ip) = risk.ip {
                    ui.label(theme::section(ui, &tr!(lang, "confirm.reach")));
                    ui.label(cx.model.reach(lang, ip));
                }
                let (time, size) = (number::duration(risk.limit), number::size(risk.output));
                widgets::hint(ui, tr!(lang, "confirm.limits", time = time, size = size));
                let refused = risk.is_refused().then(|| tr!(lang, "confirm.refused"));
                if let Some(refused) = &refused {
                    ui.label(RichText::new(refused.as_ref()).color(tokens.error));
                }
                ui.horizontal(|ui| {
                    closing |= widgets::button(ui, tr!(lang, "new.cancel"), Look::Plain).clicked();
                    let word = tr!(lang, "confirm.run");
                    let reason = refused.as_deref();
                    if widgets::verb(ui, &word, Look::Danger, &word, reason).clicked() {
                        confirmed = Some(risk::confirmed(action.clone()));
                    }
                });
            });
        },
    );
    if let Some(action) = confirmed {
        cx.actions.push(action);
        closing = true;
    } else if closing {
        // Back to where it can be changed; nothing that was filled in is lost.
        cx.actions.extend(match action {
            Action::OpenNew(spec) => Some(Action::ShowSpec(spec.clone())),
            Action::OpenPreset(preset) => Some(Action::ShowPreset(preset.clone())),
            Action::Verb(id, _) => Some(Action::EditRules(Subject::Socket(*id))),
            _ => None,
        });
    }
    if closing {
        state.waits = None;
    }
}
