//! The column at the right: the prepared runs with their question to answer before playing, and changes by hand.

use egui::{Frame, Margin, RichText, ScrollArea, Ui};

use super::{LabState, words};
use crate::{
    gui::{
        Cx,
        theme::{TokensExt as _, icons, section},
        tr,
        widgets::{
            Look, button, card,
            compact::{compact_button, compact_icon, compact_menu, menu_entry},
            hint, rule,
        },
    },
    sim::{
        Act, Edit, PacketKind,
        prepared::{Prepared, Told, prepared},
    },
    words::Lang,
};

/// What the column keeps from one frame to the next.
#[derive(Default)]
pub struct SideState {
    /// Which prepared run is on show.
    prepared: Option<usize>,
    /// Which answer was chosen.
    answer: Option<usize>,
    /// Whether a question has come, which stands at the top.
    to_top: bool,
}

impl SideState {
    /// The title of the prepared run that is on show.
    pub fn title(&self, lang: Lang) -> Option<String> {
        self.shown().map(|prepared| pick(lang, &prepared.lesson.title).to_owned())
    }

    /// The run is no longer the prepared one.
    pub fn leave(&mut self) {
        *self = Self::default();
    }

    fn shown(&self) -> Option<&'static Prepared> {
        prepared().get(self.prepared?)
    }
}

/// A text in this language.
pub fn pick(lang: Lang, told: &Told) -> &str {
    match lang {
        Lang::En => &told.en,
        Lang::Zh => &told.zh_cn,
    }
}

impl LabState {
    /// Shows a prepared run at its beginning, with its question.
    pub fn prepare(&mut self, index: usize) {
        let Some(chosen) = prepared().get(index) else { return };
        self.show(chosen.run.clone());
        self.play = self.play.rewound();
        self.side = SideState { prepared: Some(index), answer: None, to_top: true };
    }
}

impl LabState {
    /// Whether there is a question that has not been played yet: nothing may answer it before.
    pub(super) fn is_asking(&self) -> bool {
        self.side.prepared.is_some() && !self.play.is_at_the_end()
    }
}

/// Paints the column.
pub fn side_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    ui.painter().vline(ui.max_rect().left() + 0.5, ui.max_rect().y_range(), egui::Stroke::new(1.0, ui.tokens().line));
    let mut area = ScrollArea::vertical().id_salt("lab_side").auto_shrink(false);
    if std::mem::take(&mut state.side.to_top) {
        area = area.vertical_scroll_offset(0.0);
    }
    area.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        Frame::new().inner_margin(Margin::symmetric(14, 12)).show(ui, |ui| {
            // What is asked comes first: it is to be answered before anything is played.
            question_ui(ui, cx.lang, state);
            super::build::build_ui(ui, cx.lang, state);
            gap(ui);
            edits_ui(ui, cx.lang, state);
        });
    });
}

fn question_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    ui.label(section(ui, &tr!(lang, "lab.predict_first")));
    prepared_ui(ui, lang, state);
    let Some(shown) = state.side.shown() else {
        hint(ui, tr!(lang, "lab.prepared_hint"));
        return gap(ui);
    };
    let lesson = &shown.lesson;
    ui.label(pick(lang, &lesson.question));
    ui.add_space(2.0);
    for (index, answer) in lesson.answers.iter().enumerate() {
        let text = match lang {
            Lang::En => &answer.en,
            Lang::Zh => &answer.zh_cn,
        };
        let chosen = state.side.answer == Some(index);
        let response = card(ui, ("answer", index), text, chosen, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(text);
            });
        });
        if response.clicked() {
            state.side.answer = Some(index);
        }
    }
    let seen = state.play.is_at_the_end();
    if let (Some(answer), true) = (state.side.answer, seen) {
        let right = lesson.answers.get(answer).is_some_and(|answer| answer.right);
        let tokens = ui.tokens();
        let (icon, color, word) = if right {
            (icons::CIRCLE_CHECK, tokens.ok, tr!(lang, "lab.right"))
        } else {
            (icons::CIRCLE_X, tokens.error, tr!(lang, "lab.not_so"))
        };
        ui.label(RichText::new(format!("{icon} {word}")).color(color));
    }
    if seen {
        ui.label(RichText::new(pick(lang, &lesson.explanation)).small());
        if state.run != shown.run {
            hint(ui, tr!(lang, "lab.changed_since"));
        }
    } else {
        hint(ui, if state.side.answer.is_some() { tr!(lang, "lab.now_play") } else { tr!(lang, "lab.choose_first") });
        if button(ui, tr!(lang, "lab.show_answer"), Look::Plain).clicked() {
            state.play.show_end();
        }
    }
    gap(ui);
}

/// The prepared runs, to choose from.
fn prepared_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    let name = tr!(lang, "lab.prepared");
    let (current, said) = match state.side.title(lang) {
        Some(title) => (title.clone(), tr!(lang, "lab.knob", name = name, value = title)),
        None => (name.clone().into_owned(), name),
    };
    let mut chosen = None;
    compact_menu(ui, &current, &said, |ui| {
        for (index, prepared) in prepared().iter().enumerate() {
            let title = pick(lang, &prepared.lesson.title);
            let on = state.side.prepared == Some(index);
            if menu_entry(ui, on, &format!("{}  {title}", index + 1)).accessible_name(title).clicked() {
                chosen = Some(index);
            }
        }
    });
    if let Some(index) = chosen {
        state.prepare(index);
    }
}

fn gap(ui: &mut Ui) {
    ui.add_space(6.0);
    rule(ui);
    ui.add_space(6.0);
}

/// What a change by hand is, in words.
fn edit_words(lang: Lang, edit: &Edit) -> String {
    let name = edit.packet;
    let what = match name.kind {
        PacketKind::Data => tr!(lang, "lab.message", number = name.number).into_owned(),
        PacketKind::Syn => "SYN".to_owned(),
        PacketKind::Ack => format!("ACK {}", name.number),
        PacketKind::Probe => tr!(lang, "lab.probe").into_owned(),
        PacketKind::Fin => "FIN".to_owned(),
        PacketKind::Reset => "RST".to_owned(),
    };
    let act = match edit.act {
        Act::Lose => tr!(lang, "lab.edit_lose"),
        Act::Spare => tr!(lang, "lab.edit_spare"),
        Act::Delay(by) => tr!(lang, "lab.edit_delay", time = words::time(by)),
        Act::Duplicate => tr!(lang, "lab.edit_double"),
        Act::Corrupt => tr!(lang, "lab.edit_damage"),
    };
    let from = words::side(lang, name.from);
    let which = tr!(lang, "lab.edit_which", from = from, what = what, attempt = name.attempt);
    tr!(lang, "lab.knob", name = which, value = act).into_owned()
}

fn edits_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    ui.label(section(ui, &tr!(lang, "lab.edits")));
    if state.run.edits.is_empty() {
        hint(ui, tr!(lang, "lab.edits_none"));
    }
    let mut removed = None;
    for (index, edit) in state.run.edits.iter().enumerate() {
        let text = edit_words(lang, edit);
        ui.horizontal(|ui| {
            if compact_icon(ui, icons::X, &tr!(lang, "lab.edit_remove", edit = text), false).clicked() {
                removed = Some(index);
            }
            ui.add(egui::Label::new(RichText::new(&text).small()).wrap());
        });
    }
    if let Some(index) = removed {
        state.run.edits.remove(index);
    }
    if state.run.edits.len() > 1 && compact_button(ui, &tr!(lang, "lab.edit_clear")).clicked() {
        state.run.edits.clear();
    }
    gap(ui);
}
