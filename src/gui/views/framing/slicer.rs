//! The worst slicer: a thousand ways to cut the same messages, and the first that a framing does not survive, as a ladder.

use std::{fmt::Write as _, thread, time::Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::{Margin, RichText, ScrollArea, TextEdit, TextStyle, Ui};

use super::{choice, failure::ladder};
use crate::{
    framing::{
        Framing, FramingError,
        slicer::{Attack, Failure, Report},
    },
    gui::{
        Cx,
        actions::Action,
        theme::{TokensExt as _, icons, section},
        tr,
        widgets::{
            compact::{compact_button, compact_icon},
            error_line, hint, icon,
        },
    },
    text::{Charset, Unmappable},
    words::{self, Lang, number::grouped},
};

/// How often the messages are cut.
const RUNS: u32 = 1_000;
/// The most messages, and the most characters of all of them.
const MOST: usize = 100;
const LONGEST: usize = 4_096;
/// The messages that stand there first, a line each.
const NINE: &str = "i = 1\ni = 2\n你好\ni = 4\n传声筒\ni = 6\n粘包\n半包\ni = 9";

/// What the worst slicer keeps from one frame to the next.
pub struct SlicerState {
    texts: String,
    seed: u64,
    running: Option<Running>,
    done: Option<Done>,
}

impl Default for SlicerState {
    fn default() -> Self {
        Self { texts: NINE.into(), seed: 1, running: None, done: None }
    }
}

type Outcome = Result<Report, (usize, FramingError)>;

struct Running {
    attack: Attack,
    outcome: Receiver<Outcome>,
    since: Instant,
}

/// A finished attack, in words where they take long to make.
struct Done {
    attack: Attack,
    outcome: Outcome,
    ladder: String,
}

impl SlicerState {
    /// Begins an attack on a thread of its own: a thousand runs may take longer than a frame.
    fn start(&mut self, ctx: &egui::Context, attack: Attack) -> std::io::Result<()> {
        let (sender, outcome) = bounded(1);
        let (job, ctx) = (attack.clone(), ctx.clone());
        thread::Builder::new().name("worst-slicer".into()).spawn(move || {
            // Nobody listens any more when another attack was begun or the window is closing.
            sender.send(job.run()).ok();
            ctx.request_repaint();
        })?;
        self.running = Some(Running { attack, outcome, since: Instant::now() });
        Ok(())
    }

    fn poll(&mut self) {
        let Some(running) = &self.running else { return };
        match running.outcome.try_recv() {
            Ok(outcome) => {
                let failure = outcome.as_ref().ok().and_then(|report| report.failure.as_ref());
                let ladder = failure.map(ladder).unwrap_or_default();
                self.done = Some(Done { attack: running.attack.clone(), outcome, ladder });
                self.running = None;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => self.running = None,
        }
    }
}

/// Paints the messages, the button and what became of them.
pub fn slicer_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut SlicerState, framing: &Framing, charset: Charset) {
    let lang = cx.lang;
    state.poll();
    ui.label(section(ui, &tr!(lang, "framing.slicer")));
    hint(ui, tr!(lang, "framing.slicer_hint", runs = grouped(u64::from(RUNS))));
    ui.add_space(4.0);
    let label = ui.label(RichText::new(tr!(lang, "framing.slicer_messages")).small().color(ui.tokens().muted));
    let field = TextEdit::multiline(&mut state.texts)
        .id_salt("slicer_messages")
        .font(TextStyle::Monospace)
        .margin(Margin::symmetric(8, 4))
        .desired_rows(4)
        .desired_width(f32::INFINITY)
        .char_limit(LONGEST);
    ScrollArea::vertical().id_salt("slicer_field").max_height(84.0).show(ui, |ui| {
        ui.add(field).labelled_by(label.id);
    });
    ui.add_space(4.0);
    let messages = messages(&state.texts, charset);
    let mut start = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let through = tr!(lang, "framing.slicer_run", framing = choice::short(lang, framing));
        start =
            ui.add_enabled_ui(messages.is_ok(), |ui| compact_icon(ui, icons::SCISSORS, &through, true)).inner.clicked();
        let text = tr!(lang, "framing.seed", seed = state.seed);
        ui.label(RichText::new(text).small().color(ui.tokens().muted));
        if compact_button(ui, &tr!(lang, "framing.another_seed")).clicked() {
            state.seed = state.seed.wrapping_add(1);
            start = messages.is_ok();
        }
        if state.running.as_ref().is_some_and(|running| running.since.elapsed().as_millis() > 200) {
            ui.spinner();
            ui.label(RichText::new(tr!(lang, "framing.slicing")).small());
        }
    });
    match messages {
        Ok(messages) if start => {
            let limit = cx.model.settings.message_limit;
            let attack = Attack { framing: framing.clone(), limit, messages, seed: state.seed, runs: RUNS };
            if let Err(error) = state.start(ui.ctx(), attack) {
                error_line(ui, error.to_string());
            }
        }
        Ok(_) => {}
        Err(problem) => drop(error_line(ui, problem.told(lang, charset))),
    }
    ui.add_space(6.0);
    if let Some(done) = &state.done {
        done_ui(ui, cx, done);
    }
}

/// Why the messages cannot be tried.
enum Problem {
    None,
    Many,
    Character(char),
}

impl Problem {
    fn told(&self, lang: Lang, charset: Charset) -> String {
        match self {
            Self::None => tr!(lang, "framing.slicer_none"),
            Self::Many => tr!(lang, "framing.slicer_many", most = MOST),
            Self::Character(character) => {
                tr!(lang, "framing.slicer_character", encoding = charset.name(), character = character)
            }
        }
        .into_owned()
    }
}

/// The messages, a line each.
fn messages(texts: &str, charset: Charset) -> Result<Vec<Vec<u8>>, Problem> {
    let lines: Vec<_> = texts.lines().collect();
    match lines.len() {
        0 => return Err(Problem::None),
        1..=MOST => {}
        _ => return Err(Problem::Many),
    }
    let encoded =
        |line: &&str| charset.encode(line, Unmappable::Refuse).map_err(|error| Problem::Character(error.character));
    lines.iter().map(encoded).collect()
}

fn done_ui(ui: &mut Ui, cx: &mut Cx<'_>, done: &Done) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    let framing = choice::short(lang, &done.attack.framing);
    let report = match &done.outcome {
        Ok(report) => report,
        Err((index, error)) => {
            let (number, error) = (index + 1, words::framing_error(lang, error));
            error_line(ui, tr!(lang, "framing.slicer_refused", number = number, error = error));
            return;
        }
    };
    let all = report.survived == report.runs;
    let (sign, color) = if all { (icons::CIRCLE_CHECK, tokens.ok) } else { (icons::CIRCLE_X, tokens.error) };
    let text = tr!(
        lang,
        "framing.survived",
        framing = framing,
        survived = grouped(u64::from(report.survived)),
        runs = grouped(u64::from(report.runs)),
        seed = done.attack.seed
    );
    ui.horizontal(|ui| {
        icon(ui, sign, 14.0, color);
        ui.label(RichText::new(text).color(color));
    });
    let Some(failure) = &report.failure else {
        hint(ui, tr!(lang, "framing.slicer_good"));
        return;
    };
    let why = match &done.attack.framing {
        Framing::None => tr!(lang, "framing.why_none"),
        Framing::Silence(_) => tr!(lang, "framing.why_silence"),
        _ => tr!(lang, "framing.why_other"),
    };
    hint(ui, why);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!(lang, "framing.simulated", run = failure.run)).color(tokens.warn));
        if compact_icon(ui, icons::COPY, &tr!(lang, "ladder.copy"), false).clicked() {
            cx.actions.push(Action::Copy(done.ladder.clone()));
        }
    });
    hint(ui, outcome(lang, failure, &done.attack));
    ScrollArea::both().id_salt("slicer_ladder").auto_shrink(false).show(ui, |ui| {
        ui.add(egui::Label::new(RichText::new(&done.ladder).monospace()).extend());
    });
}

/// What came out instead: `5 messages out of 9; number 1 was "i = 1i"`.
fn outcome(lang: Lang, failure: &Failure, attack: &Attack) -> String {
    let charset = Charset::UTF_8;
    let mut text = String::new();
    let quoted = |bytes: &[u8]| -> String {
        let text: String = charset.decode(bytes).chars().take(40).collect();
        format!("{text:?}")
    };
    let said = tr!(
        lang,
        "framing.came_out",
        came = grouped(failure.came.len() as u64),
        sent = grouped(attack.messages.len() as u64)
    );
    // Writing to a string cannot fail.
    let _ = write!(text, "{said}");
    if let Some(error) = &failure.error {
        let _ = write!(text, " {}", words::framing_error(lang, error));
    } else if let (Some(came), Some(sent)) = (failure.came.get(failure.differs), attack.messages.get(failure.differs)) {
        let number = failure.differs + 1;
        let said = tr!(lang, "framing.came_as", number = number, sent = quoted(sent), came = quoted(came));
        let _ = write!(text, " {said}");
    }
    text
}
