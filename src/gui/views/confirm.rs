//! Before what cannot be undone: real programs are run, all traffic is dropped. Which, and what that means, in the middle of
//! the window, where it is read.

use egui::{CentralPanel, Frame, Key, Margin, RichText, Ui, vec2};

use super::{Cx, rules::Subject};
use crate::{
    gui::{
        actions::Action,
        commands::UiCommand,
        risk::{self, Risk},
        theme::{self, TokensExt as _},
        tr,
        views::traffic::count_rows,
        widgets::{self, Look},
    },
    words::number,
};

/// What the user is asked.
#[derive(Debug)]
enum Question {
    /// Real programs would be run.
    Programs(Risk),
    /// Every row would be dropped.
    Clear,
}

/// What waits for the user's word, if something does.
#[derive(Debug, Default)]
pub struct ConfirmState {
    waits: Option<(Action, Question)>,
}

impl ConfirmState {
    /// Asks before this is done.
    pub fn ask(&mut self, action: Action, risk: Risk) {
        self.waits = Some((action, Question::Programs(risk)));
    }

    /// Asks before every row is dropped.
    pub fn ask_to_clear(&mut self) {
        self.waits = Some((Action::ClearJournalNow, Question::Clear));
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

/// What the user said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

/// Paints the question. What is confirmed is asked for again, with the user's word in it.
pub fn confirm_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ConfirmState, covered: bool) {
    let Some((action, question)) = &state.waits else { return };
    let mut answer = (!covered && ui.input(|input| input.key_pressed(Key::Escape))).then_some(Answer::No);
    CentralPanel::no_frame().frame(Frame::new().fill(ui.tokens().panel).inner_margin(Margin::symmetric(24, 20))).show(
        ui,
        |ui| {
            let size = vec2(ui.available_width().min(600.0), ui.available_height());
            ui.allocate_ui(size, |ui| {
                ui.spacing_mut().item_spacing.y = 12.0;
                let said = match question {
                    Question::Programs(risk) => programs_ui(ui, cx, action, risk),
                    Question::Clear => clear_ui(ui, cx),
                };
                answer = said.or(answer);
            });
        },
    );
    match answer {
        Some(Answer::Yes) => cx.actions.push(risk::confirmed(action.clone())),
        // Back to where it can be changed; nothing that was filled in is lost.
        Some(Answer::No) => cx.actions.extend(match action {
            Action::OpenNew(spec) => Some(Action::ShowSpec(spec.clone())),
            Action::OpenPreset(preset) => Some(Action::ShowPreset(preset.clone())),
            Action::Verb(id, _) => Some(Action::EditRules(Subject::Socket(*id))),
            _ => None,
        }),
        None => return,
    }
    state.waits = None;
}

fn programs_ui(ui: &mut Ui, cx: &Cx<'_>, action: &Action, risk: &Risk) -> Option<Answer> {
    let (lang, tokens) = (cx.lang, ui.tokens());
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
    let mut answer = None;
    ui.horizontal(|ui| {
        if widgets::button(ui, tr!(lang, "new.cancel"), Look::Plain).clicked() {
            answer = Some(Answer::No);
        }
        let word = tr!(lang, "confirm.run");
        if widgets::verb(ui, &word, Look::Danger, &word, refused.as_deref()).clicked() {
            answer = Some(Answer::Yes);
        }
    });
    answer
}

fn clear_ui(ui: &mut Ui, cx: &mut Cx<'_>) -> Option<Answer> {
    let lang = cx.lang;
    ui.heading(tr!(lang, "confirm.clear_title"));
    ui.label(tr!(lang, "confirm.clear", rows = count_rows(lang, cx.model.journal.len())));
    widgets::hint(ui, tr!(lang, "confirm.clear_stays"));
    let mut answer = None;
    ui.horizontal(|ui| {
        if widgets::button(ui, tr!(lang, "new.cancel"), Look::Plain).clicked() {
            answer = Some(Answer::No);
        }
        if widgets::button(ui, tr!(lang, "traffic.save"), Look::Plain).clicked() {
            cx.actions.push(Action::Run(UiCommand::SaveTraffic));
            answer = Some(Answer::No);
        }
        let word = tr!(lang, "confirm.clear_now");
        if widgets::verb(ui, &word, Look::Danger, &word, None).clicked() {
            answer = Some(Answer::Yes);
        }
    });
    answer
}
