//! The judge, who tries a set on 200 seeds: after every change, in a thread, so that a slider moves his numbers as it moves
//! the picture. The newest question wins: he drops what he is at when another comes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::{FontId, Grid, RichText, Ui};

use super::{LabState, side::pick};
use crate::{
    gui::{
        theme::{TokensExt as _, icons},
        tr,
        widgets::{Look, button, hint},
    },
    sim::{
        Run,
        arq::{Goal, Judgement, Mechanism, Mechanisms, SEEDS, Trial, Worth, levels},
    },
    words::{self, Lang},
};

/// Between the beginnings of two judgements, in seconds: while a slider is dragged there are more changes than that.
const PAUSE: f64 = 0.1;
/// Messages of a run up to which it is judged without being asked: the rest would keep a core busy for seconds.
const MANY: u64 = 200;
/// Bytes of its messages up to which it is.
const LARGE: u64 = 200_000;

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

/// A question to which there is no answer yet.
struct Asked {
    case: Case,
    answer: Receiver<Verdict>,
    dropped: Arc<AtomicBool>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Relaxed);
    }
}

/// The judge, from one frame to the next.
#[derive(Default)]
pub struct Judge {
    asked: Option<Asked>,
    /// What he said last; nothing if he did not come back, which is a bug.
    judged: Option<(Case, Option<Verdict>)>,
    /// When he began the last time, in seconds of the window.
    began: Option<f64>,
}

impl Judge {
    /// Takes what has come, and asks if there is something new to ask. `asked` says whether the user wants it, however long it
    /// takes.
    fn watch(&mut self, ui: &Ui, case: &Case, asked: bool) {
        if let Some(open) = &self.asked {
            match open.answer.try_recv() {
                Ok(verdict) => self.judged = Some((open.case.clone(), Some(verdict))),
                Err(TryRecvError::Empty) if open.case == *case => return,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    log::error!("the judge of the lab did not come back");
                    self.judged = Some((open.case.clone(), None));
                }
            }
            self.asked = None;
        }
        if self.judged.as_ref().is_some_and(|(judged, _)| judged == case) || !(asked || case.is_quick()) {
            return;
        }
        let now = ui.input(|input| input.time);
        let rest = self.began.map_or(0.0, |began| began + PAUSE - now);
        if rest > 0.0 && !asked {
            ui.ctx().request_repaint_after_secs(rest as f32);
            return;
        }
        self.began = Some(now);
        self.ask(ui.ctx(), case.clone());
    }

    /// What he said of this.
    fn said(&self, case: &Case) -> Option<&Verdict> {
        self.judged.as_ref().filter(|(judged, _)| judged == case).and_then(|(_, verdict)| verdict.as_ref())
    }

    /// What he said last, and whether it was of this. What was said of something else is pale until the new is there: nothing
    /// jumps while a slider is dragged. Where he will not be asked by himself it does not stay.
    fn last(&self, case: &Case) -> Option<(bool, Verdict)> {
        if let Some(verdict) = self.said(case) {
            return Some((true, verdict.clone()));
        }
        let (_, verdict) = self.judged.as_ref().filter(|_| case.is_quick() || self.asked.is_some())?;
        Some((false, verdict.clone()?))
    }

    fn ask(&mut self, ctx: &egui::Context, case: Case) {
        let (sender, answer) = bounded(1);
        let dropped = Arc::new(AtomicBool::new(false));
        let (ctx, judged, stop) = (ctx.clone(), case.clone(), Arc::clone(&dropped));
        let made = thread::Builder::new().name("lab-judge".into()).spawn(move || {
            if let Some(verdict) = judge(&judged, &stop) {
                // Nobody listens any more if the window was closed.
                sender.send(verdict).ok();
                ctx.request_repaint();
            }
        });
        match made {
            Ok(_) => self.asked = Some(Asked { case, answer, dropped }),
            Err(error) => {
                log::warn!("no thread for the judge: {error}");
                self.judged = Some((case, None));
            }
        }
    }
}

impl Case {
    /// Whether he is asked without being told to.
    fn is_quick(&self) -> bool {
        let Some(run) = &self.run else { return true };
        run.workload.count() <= MANY && run.workload.bytes() <= LARGE
    }
}

/// Judges, unless nobody wants to know any more.
fn judge(case: &Case, stop: &AtomicBool) -> Option<Verdict> {
    let level = case.level.and_then(|level| levels().get(level));
    let own = || Trial::of_run(&case.run.as_deref().cloned().unwrap_or_default(), Goal::default());
    let trial = level.map_or_else(own, |level| level.trial.clone());
    let mut judgement = Judgement::default();
    for _ in 0..SEEDS {
        trial.judge_on(&case.set, &mut judgement, 1);
        if stop.load(Ordering::Relaxed) {
            return None;
        }
    }
    let worth = level.filter(|_| judgement.is_passed()).map(|level| level.worth(&case.set));
    Some(Verdict { judgement, worth })
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

    /// Shows the run of a seed, as the judge played it.
    pub(super) fn open_seed(&mut self, seed: u64) {
        let set = self.run.knobs.arq;
        let run = match self.build.shown() {
            Some(level) => level.trial.run(&set, seed),
            None => Run { seed, ..self.run.clone() },
        };
        self.show_run(run);
    }

    /// The next seed: in a level with the link whose turn it is.
    pub(super) fn next_seed(&mut self) {
        let seed = self.run.seed.wrapping_add(1);
        if self.build.level.is_some() { self.open_seed(seed) } else { self.run.seed = seed }
    }

    /// A level is left when its link or its messages are changed: what is judged is what is on show.
    pub(super) fn keep_level(&mut self) {
        let Some(level) = self.build.shown() else { return };
        let set = self.run.knobs.arq;
        let same = level.trial.links().iter().any(|(run, _)| {
            let mut knobs = run.knobs.clone();
            knobs.arq = set;
            knobs == self.run.knobs && run.workload == self.run.workload
        });
        if !same {
            self.build.level = None;
        }
    }
}

/// Paints what he says of the set that is on show: above the switches, so that it is in sight when one is moved.
pub fn judge_ui(ui: &mut Ui, lang: Lang, state: &mut LabState) {
    if state.is_asking() {
        hint(ui, tr!(lang, "lab.judge_later"));
        return;
    }
    let case = state.case();
    let judge = &mut state.build.judge;
    judge.watch(ui, &case, false);
    if judge.asked.is_none() && judge.said(&case).is_none() && !case.is_quick() {
        let ask = button(ui, tr!(lang, "lab.judge", count = SEEDS), Look::Plain);
        if ask.on_hover_text(tr!(lang, "lab.judge_hint")).clicked() {
            judge.watch(ui, &case, true);
        }
        return;
    }
    let Some((known, verdict)) = judge.last(&case) else {
        hint(ui, tr!(lang, "lab.judging"));
        return;
    };
    ui.add_enabled_ui(known, |ui| verdict_ui(ui, lang, state, &verdict));
}

/// Paints his figures.
pub fn figures_ui(ui: &mut Ui, lang: Lang, state: &LabState) {
    let case = state.case();
    let Some((known, verdict)) = state.build.judge.last(&case).filter(|_| !state.is_asking()) else { return };
    let color = ui.tokens().muted;
    ui.add_enabled_ui(known, |ui| {
        Grid::new("judgement").num_columns(2).spacing([14.0, 1.0]).min_row_height(0.0).show(ui, |ui| {
            for (name, value) in words::judgement(lang, &verdict.judgement) {
                ui.label(RichText::new(name).small().color(color));
                ui.label(RichText::new(value).font(FontId::monospace(11.0)));
                ui.end_row();
            }
        });
    });
}

fn verdict_ui(ui: &mut Ui, lang: Lang, state: &mut LabState, verdict: &Verdict) {
    let tokens = ui.tokens();
    let judgement = &verdict.judgement;
    let passed = judgement.is_passed();
    let (icon, color) = if passed { (icons::CIRCLE_CHECK, tokens.ok) } else { (icons::CIRCLE_X, tokens.error) };
    let said = words::verdict(lang, judgement);
    let label = ui.label(RichText::new(format!("{icon} {said}")).color(color)).accessible_name(&said);
    label.on_hover_text(tr!(lang, "lab.judge_hint"));
    if let Some(failure) = &judgement.first_failure
        && button(ui, tr!(lang, "lab.judge_open", seed = failure.seed), Look::Plain).clicked()
    {
        state.open_seed(failure.seed);
    }
    match &verdict.worth {
        Some(Worth::Smallest) => {
            ui.label(RichText::new(tr!(lang, "lab.smallest")).small().color(tokens.ok));
        }
        Some(Worth::TooMuch(weaker)) => {
            let set = state.run.knobs.arq;
            let less = Mechanism::ALL.into_iter().find(|mechanism| {
                set.has(*mechanism)
                    && (!weaker.has(*mechanism) || *weaker != set)
                    && weaker.without(*mechanism) == set.without(*mechanism)
            });
            let name = less.map_or_else(String::new, |mechanism| tr!(lang, mechanism.name()).into_owned());
            hint(ui, tr!(lang, "lab.too_much", name = name));
        }
        Some(Worth::Fails(_)) | None => {}
    }
    if passed && let Some(level) = state.build.shown() {
        ui.label(RichText::new(pick(lang, &level.explanation)).small());
        if let Some(next) = state.build.level.map(|level| level + 1).filter(|next| *next < levels().len())
            && button(ui, tr!(lang, "lab.level_next"), Look::Primary).clicked()
        {
            state.begin_level(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Workload;

    #[test]
    fn what_nobody_waits_for_is_dropped() {
        let case = LabState::default().case();
        assert!(judge(&case, &AtomicBool::new(true)).is_none());
        let verdict = judge(&case, &AtomicBool::new(false)).unwrap();
        let trial = Trial::of_run(case.run.as_deref().unwrap(), Goal::default());
        assert_eq!(verdict.judgement, trial.judge(&case.set, SEEDS));
        let (_sender, answer) = bounded(1);
        let dropped = Arc::new(AtomicBool::new(false));
        drop(Asked { case, answer, dropped: Arc::clone(&dropped) });
        assert!(dropped.load(Ordering::Relaxed));
    }

    #[test]
    fn a_large_file_is_judged_on_request_only() {
        let mut state = LabState::default();
        assert!(state.case().is_quick());
        state.run.workload = Workload::File { bytes: 10_000_000, size: 1_460 };
        assert!(!state.case().is_quick());
        state.begin_level(2);
        assert!(state.case().is_quick());
    }

    #[test]
    fn a_level_is_left_when_its_link_is_changed_and_not_by_a_seed_or_a_switch() {
        let mut state = LabState::default();
        // One with two links in turn.
        let index = levels().iter().position(|level| level.trial.links().len() > 1).unwrap();
        state.begin_level(index);
        for seed in 1..4 {
            state.open_seed(seed);
            state.run.knobs.arq.bits = 3;
            state.keep_level();
            assert_eq!(state.build.level, Some(index));
        }
        state.run.knobs.link.delay += 1_000;
        state.keep_level();
        assert_eq!(state.build.level, None);
    }
}
