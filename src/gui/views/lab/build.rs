//! Build reliability on UDP: what TCP adds, one mechanism at a time, and the judge, who tries a set on 200 seeds.
//!
//! The rows come from the simulator ([`Panel`]), which knows what a switch leads to and what can do nothing without another.
//! The judge works in a thread: he takes a good part of a second where the link is slow.

use std::{sync::Arc, thread};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::{Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::LabState;
use crate::{
    gui::{
        theme::{TokensExt as _, icons, section},
        tr,
        widgets::{
            Look, button,
            compact::{compact_menu, menu_entry},
            error_line, hint,
        },
    },
    sim::{
        Run,
        arq::{Fault, Goal, Judgement, Mechanism, Mechanisms, Panel, Row, SEEDS, Trial, Worth, level::Level, levels},
    },
    words::{Lang, number},
};

/// What this part keeps from one frame to the next.
#[derive(Default)]
pub struct BuildState {
    /// Which level is on show.
    pub level: Option<usize>,
    asked: Option<(Case, Receiver<Verdict>)>,
    judged: Option<(Case, Verdict)>,
}

/// What is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Case {
    set: Mechanisms,
    level: Option<usize>,
    /// Without a level: on the link of this run, whatever its seed.
    run: Option<Arc<Run>>,
}

/// What the judge says.
#[derive(Clone, Debug)]
struct Verdict {
    judgement: Judgement,
    /// In a level that was passed: whether less would do.
    worth: Option<Worth>,
}

impl BuildState {
    /// The level that is on show.
    pub fn shown(&self) -> Option<&'static Level> {
        levels().get(self.level?)
    }

    /// Whether the judge is at work.
    pub fn is_judging(&self) -> bool {
        self.asked.is_some()
    }

    fn poll(&mut self) {
        let Some((case, answer)) = &self.asked else { return };
        match answer.try_recv() {
            Ok(verdict) => self.judged = Some((case.clone(), verdict)),
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => log::error!("the judge of the lab did not come back"),
        }
        self.asked = None;
    }

    fn ask(&mut self, ctx: &egui::Context, case: Case) {
        if self.asked.is_some() {
            return;
        }
        let (sender, answer) = bounded(1);
        let (ctx, judged) = (ctx.clone(), case.clone());
        let made = thread::Builder::new().name("lab-judge".into()).spawn(move || {
            // Nobody listens any more if the window was closed.
            sender.send(judge(&judged)).ok();
            ctx.request_repaint();
        });
        match made {
            Ok(_) => self.asked = Some((case, answer)),
            Err(error) => log::warn!("no thread for the judge: {error}"),
        }
    }
}

fn judge(case: &Case) -> Verdict {
    if let Some(level) = case.level.and_then(|level| levels().get(level)) {
        let judgement = level.trial.judge(&case.set, SEEDS);
        let worth = judgement.is_passed().then(|| level.worth(&case.set));
        return Verdict { judgement, worth };
    }
    let run = case.run.as_deref().cloned().unwrap_or_default();
    Verdict { judgement: Trial::of_run(&run, Goal::default()).judge(&case.set, SEEDS), worth: None }
}

impl LabState {
    fn case(&self) -> Case {
        let set = self.run.knobs.arq;
        let level = self.build.level;
        let run = level.is_none().then(|| {
            let mut run = Run { seed: 0, ..self.run.clone() };
            run.knobs.arq = Mechanisms::default();
            Arc::new(run)
        });
        Case { set, level, run }
    }

    /// Begins a level with its set, on the first seed that this set fails.
    pub fn begin_level(&mut self, index: usize) {
        let Some(level) = levels().get(index) else { return };
        let seed = level.trial.first_failure(&level.start, SEEDS).map_or(1, |failure| failure.seed);
        self.side.leave();
        self.build.level = Some(index);
        self.show(level.trial.run(&level.start, seed));
    }

    /// Shows the run of a seed, as the judge played it.
    fn open_seed(&mut self, seed: u64) {
        let set = self.run.knobs.arq;
        let run = match self.build.shown() {
            Some(level) => level.trial.run(&set, seed),
            None => Run { seed, ..self.run.clone() },
        };
        self.show(run);
    }
}

/// Paints it.
pub fn build_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    state.build.poll();
    ui.label(section(ui, &tr!(lang, "lab.build")));
    hint(ui, tr!(lang, "lab.build_hint"));
    level_ui(ui, lang, state);
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
    judge_ui(ui, lang, state);
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
        Some(None) => state.build.level = None,
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
                        compact_menu(ui, &current, &format!("{name}: {current}"), |ui| {
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

fn judge_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    let case = state.case();
    ui.horizontal(|ui| {
        let ask = ui.add_enabled_ui(!state.build.is_judging(), |ui| {
            button(ui, tr!(lang, "lab.judge", count = SEEDS), Look::Plain)
        });
        let ask = ask.inner.on_hover_text(tr!(lang, "lab.judge_hint"));
        if ask.clicked() {
            state.build.ask(ui.ctx(), case.clone());
        }
        if state.build.is_judging() {
            ui.spinner();
        }
    });
    let Some((_, verdict)) = state.build.judged.as_ref().filter(|(judged, _)| *judged == case) else { return };
    let tokens = ui.tokens();
    let judgement = &verdict.judgement;
    let passed = judgement.is_passed();
    let (icon, color, word) = if passed {
        (icons::CIRCLE_CHECK, tokens.ok, tr!(lang, "lab.judge_passed", count = judgement.runs))
    } else {
        let (passed, runs) = (judgement.passed, judgement.runs);
        (icons::CIRCLE_X, tokens.error, tr!(lang, "lab.judge_failed", passed = passed, count = runs))
    };
    ui.label(RichText::new(format!("{icon} {word}")).color(color));
    let lines = [
        tr!(lang, "lab.judge_exact", percent = format!("{:.1}", judgement.exact_percent())),
        tr!(
            lang,
            "lab.judge_messages",
            missing = judgement.missing,
            twice = judgement.twice,
            corrupted = judgement.corrupted,
            deadlocked = judgement.with(Fault::Deadlock)
        ),
        tr!(
            lang,
            "lab.judge_goodput",
            rate = format!("{:.1} kbit/s", judgement.goodput() / 1e3),
            overhead = format!("{:.0}", judgement.overhead_percent())
        ),
    ];
    for line in lines {
        hint(ui, line);
    }
    let failure = judgement.first_failure.clone();
    let worth = verdict.worth.clone();
    if let Some(failure) = failure {
        let faults: Vec<_> = failure.faults.iter().map(|fault| tr!(lang, fault.name()).into_owned()).collect();
        error_line(ui, tr!(lang, "lab.judge_seed", seed = failure.seed, why = faults.join(", ")));
        if button(ui, tr!(lang, "lab.judge_open", seed = failure.seed), Look::Plain).clicked() {
            state.open_seed(failure.seed);
        }
    }
    match worth {
        Some(Worth::Smallest) => {
            ui.label(RichText::new(tr!(lang, "lab.smallest")).small().color(ui.tokens().ok));
        }
        Some(Worth::TooMuch(weaker)) => {
            let less = Mechanism::ALL.into_iter().find(|mechanism| {
                state.run.knobs.arq.has(*mechanism)
                    && (!weaker.has(*mechanism) || weaker != state.run.knobs.arq)
                    && weaker.without(*mechanism) == state.run.knobs.arq.without(*mechanism)
            });
            let name = less.map_or_else(String::new, |mechanism| tr!(lang, mechanism.name()).into_owned());
            hint(ui, tr!(lang, "lab.too_much", name = name));
        }
        Some(Worth::Fails(_)) | None => {}
    }
    if passed && let Some(level) = state.build.shown() {
        ui.label(RichText::new(super::side::pick(lang, &level.explanation)).small());
        if let Some(next) = state.build.level.map(|level| level + 1).filter(|next| *next < levels().len())
            && button(ui, tr!(lang, "lab.level_next"), Look::Primary).clicked()
        {
            state.begin_level(next);
        }
    }
}
