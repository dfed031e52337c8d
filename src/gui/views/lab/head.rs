//! The head of the lab: what the run is, its luck, saving, playing; and the sliders.

use std::path::PathBuf;

use egui::{Align, Layout, RichText, TextEdit, TextStyle, Ui};

use super::{LabState, knobs};
use crate::{
    gui::{
        Cx,
        actions::{Action, FileProblem},
        theme::{TokensExt as _, icons},
        tr,
        widgets::{
            Look, button,
            compact::{compact_button, compact_icon, compact_menu, compact_toggle, menu_entry},
            error_line, hint,
        },
    },
    sim::{Run, text::RunError},
    words::{self, Lang},
};

/// What the head keeps from one frame to the next.
#[derive(Default)]
pub struct HeadState {
    /// Whether the rest of the knobs is on show.
    pub more: bool,
    /// Which way the sliders of the link are about, where the ways are not alike.
    pub back: bool,
    /// Own messages as typed.
    pub own: String,
    /// The text of a run that is being pasted.
    paste: Option<String>,
    /// What was wrong with it.
    wrong: Option<RunError>,
    copied: bool,
    /// The file that was written last, and why it was not.
    saved: Option<(PathBuf, Option<String>)>,
}

impl LabState {
    /// A capture was written, or was not.
    pub fn saved(&mut self, path: PathBuf, written: Result<(), FileProblem>) {
        let problem = written.err().map(|problem| match problem {
            FileProblem::System(error) => error,
            FileProblem::TooLarge => String::new(),
        });
        self.head.saved = Some((path, problem));
    }
}

/// Paints the head.
pub fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    let tokens = ui.tokens();
    let lang = cx.lang;
    ui.horizontal(|ui| {
        ui.set_height(38.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            buttons_ui(ui, cx, state);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.add(egui::Label::new(RichText::new(title(lang, state)).heading()).truncate());
                let subtitle = tr!(lang, "lab.subtitle", seed = state.run.seed);
                ui.add(egui::Label::new(RichText::new(subtitle).small().color(tokens.muted)).truncate());
            });
        });
    });
    ui.add_space(10.0);
    knobs::sliders_ui(ui, lang, &mut state.run, state.head.back);
    if state.head.more {
        knobs::more_ui(ui, cx, &mut state.run, &mut state.head);
        ui.add_space(4.0);
    }
    paste_ui(ui, lang, state);
    saved_ui(ui, lang, state);
}

/// What became of the last capture.
fn saved_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    let Some((path, problem)) = &state.head.saved else { return };
    let path = path.display();
    let mut seen = false;
    ui.horizontal(|ui| {
        match problem {
            None => hint(ui, tr!(lang, "lab.saved", path = path)),
            Some(problem) => error_line(ui, tr!(lang, "lab.not_saved", path = path, error = problem)),
        };
        seen = compact_icon(ui, icons::X, &tr!(lang, "save.close"), false).clicked();
    });
    if seen {
        state.head.saved = None;
    }
}

/// What is sent, in a title.
fn title(lang: Lang, state: &LabState) -> String {
    if let Some(title) = state.side.title(lang) {
        return title;
    }
    let count = state.run.workload.count() as usize;
    if count == 1 {
        return tr!(lang, "lab.one_title").into_owned();
    }
    let words = tr!(lang, "lab.count_words");
    let word = words.split_whitespace().nth(count).map_or_else(|| format!(" {count} "), str::to_owned);
    let word = if lang == Lang::En { word.trim().to_owned() } else { word };
    tr!(lang, "lab.title", count = word).into_owned()
}

/// From right to left: play, step, save, seed, the run as text, more knobs.
fn buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    let lang = cx.lang;
    let playing = state.play.is_playing();
    let (icon, word) =
        if playing { (icons::PAUSE, tr!(lang, "lab.pause")) } else { (icons::PLAY_FILLED, tr!(lang, "lab.play")) };
    let play = button(ui, format!("{icon} {word}"), Look::Primary).accessible_name(word.as_ref());
    if play.on_hover_text(tr!(lang, "lab.play_hint")).clicked() {
        state.toggle_play();
    }
    if button(ui, tr!(lang, "lab.step"), Look::Plain).on_hover_text(tr!(lang, "lab.step_hint")).clicked() {
        state.step(true);
    }
    super::save::save_ui(ui, cx, state);
    let seed = tr!(lang, "lab.seed", seed = state.run.seed);
    let next = button(ui, format!("{seed} {}", icons::REFRESH), Look::Plain).accessible_name(seed.as_ref());
    if next.on_hover_text(tr!(lang, "lab.seed_hint")).clicked() {
        state.side.leave();
        state.next_seed();
    }
    run_menu(ui, cx, state);
    if state.head.more || state.run.knobs.back.is_some() {
        knobs::direction_ui(ui, lang, &mut state.run.knobs, &mut state.head.back);
    }
    let more = compact_toggle(ui, &mut state.head.more, &tr!(lang, "lab.more"));
    more.on_hover_text(tr!(lang, "lab.more_hint"));
}

/// The run as a short text, there and back.
fn run_menu(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    let lang = cx.lang;
    let name = tr!(lang, "lab.run_menu");
    compact_menu(ui, &name, &name, |ui| {
        if menu_entry(ui, false, &tr!(lang, "lab.run_copy")).clicked() {
            cx.actions.push(Action::Copy(state.run.to_toml()));
            (state.head.copied, state.head.paste) = (true, None);
        }
        if menu_entry(ui, false, &tr!(lang, "lab.run_paste")).clicked() {
            (state.head.copied, state.head.paste, state.head.wrong) = (false, Some(String::new()), None);
        }
        if menu_entry(ui, false, &tr!(lang, "lab.run_reset")).clicked() {
            state.side.leave();
            state.show(super::opening());
        }
        let field = egui::DragValue::new(&mut state.run.seed).prefix(format!("{} ", tr!(lang, "lab.seed_field")));
        ui.add(field);
    });
}

fn paste_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    let head = &mut state.head;
    if head.copied {
        ui.horizontal(|ui| {
            hint(ui, tr!(lang, "lab.run_copied"));
            if compact_icon(ui, icons::X, &tr!(lang, "save.close"), false).clicked() {
                head.copied = false;
            }
        });
    }
    let Some(text) = &mut head.paste else { return };
    let mut taken = None;
    let mut left = false;
    ui.horizontal_top(|ui| {
        let field = TextEdit::multiline(text)
            .id_salt("lab_paste")
            .font(TextStyle::Monospace)
            .desired_rows(4)
            .desired_width((ui.available_width() - 220.0).max(200.0))
            .char_limit(100_000);
        ui.add(field).accessible_name(tr!(lang, "lab.run_paste_field"));
        if compact_button(ui, &tr!(lang, "lab.run_take")).clicked() {
            taken = Some(Run::parse(text));
        }
        left = compact_button(ui, &tr!(lang, "lab.run_cancel")).clicked();
    });
    if let Some(error) = &head.wrong {
        error_line(ui, words::run_error(lang, error));
    }
    match taken {
        Some(Ok(run)) => {
            head.paste = None;
            state.side.leave();
            state.show(run);
        }
        Some(Err(error)) => head.wrong = Some(error),
        None if left => head.paste = None,
        None => {}
    }
}
