//! Saving traffic: as what, where to, and what became of it.
//!
//! The dialog of the system is one way to name a file, typing its path is the other; a typed path never
//! overwrites a file that is there.

mod job;

use std::path::{Path, PathBuf};

use egui::{Frame, Margin, Panel, RichText, TextEdit, TextStyle, Ui};
use jiff::tz::TimeZone;

use self::job::{Job, Source};
use super::{
    Cx,
    traffic::{Shown, count_rows},
};
use crate::{
    export::{Format, Summary},
    gui::{
        Model,
        actions::{Action, FileFor},
        theme::{TokensExt as _, icons},
        tr,
        widgets::{
            compact::{compact_button, compact_icon, compact_menu, menu_entry},
            error_line, hint,
        },
    },
    journal::{Direction, Fault, Kind},
    text::Charset,
    words::{
        Lang,
        number::{grouped, size},
    },
};

/// What the panel keeps from one frame to the next.
#[derive(Default)]
pub struct SaveState {
    open: bool,
    format: Option<Format>,
    path: String,
    /// A file chosen in the dialog, which asked about overwriting it.
    chosen: Option<PathBuf>,
    job: Option<Job>,
    outcome: Option<Outcome>,
}

/// What became of the last file.
struct Outcome {
    path: PathBuf,
    result: Result<Summary, Fault>,
    /// Rows that left the journal while the file was written.
    left: u64,
}

impl SaveState {
    /// Shows the panel.
    pub fn open(&mut self) {
        self.open = true;
        if self.path.is_empty() {
            self.path = suggestion(self.format());
        }
    }

    /// Whether the panel is on show.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// A file was chosen in the dialog: saving starts with the next frame.
    pub fn choose(&mut self, path: &Path) {
        self.open = true;
        self.path = path.display().to_string();
        self.chosen = Some(path.to_owned());
    }

    fn format(&self) -> Format {
        self.format.unwrap_or(Format::Jsonl)
    }
}

/// Paints the panel and drives what is being saved.
pub fn save_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut SaveState, shown: &Shown, charset: Charset, zone: &TimeZone) {
    drive(ui, cx, state);
    let lang = cx.lang;
    let frame = Frame::new().fill(ui.tokens().sunken).inner_margin(Margin::symmetric(12, 8));
    let mut start = state.chosen.take().map(|path| (path, true));
    Panel::top("save").resizable(false).frame(frame).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        let narrow = ui.available_width() < 560.0;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            format_ui(ui, lang, state);
            // Beside the ladder there is no room for all of it in one row.
            if narrow {
                ui.end_row();
            }
            let field = TextEdit::singleline(&mut state.path)
                .id_salt("save_path")
                .font(TextStyle::Monospace)
                .margin(Margin::symmetric(8, 4))
                .desired_width((ui.available_width() - 260.0).clamp(140.0, 420.0))
                .char_limit(4_096);
            ui.add(field).accessible_name(tr!(lang, "save.path"));
            let idle = state.job.is_none();
            ui.add_enabled_ui(idle, |ui| {
                if compact_button(ui, &tr!(lang, "save.choose")).clicked() {
                    cx.actions.push(Action::ChooseFile(FileFor::SaveTraffic));
                }
            });
            let path = state.path.trim();
            ui.add_enabled_ui(idle && !path.is_empty(), |ui| {
                if compact_button(ui, &tr!(lang, "save.save")).clicked() {
                    start = Some((PathBuf::from(path), false));
                }
            });
            if compact_icon(ui, icons::X, &tr!(lang, "save.close"), false).clicked() {
                state.open = false;
            }
        });
        if matches!(state.format(), Format::Raw(_)) && several(cx.model, shown) {
            hint(ui, tr!(lang, "save.raw_mixed"));
        }
        progress_ui(ui, lang, state, shown);
    });
    if let Some((path, overwrite)) = start
        && state.job.is_none()
    {
        let source = Source::new(cx.model, shown, charset, zone);
        state.outcome = None;
        match Job::start(ui.ctx(), path.clone(), overwrite, state.format(), source) {
            Ok(job) => state.job = Some(job),
            Err(error) => state.outcome = Some(Outcome { path, result: Err(Fault::from(error)), left: 0 }),
        }
    }
}

/// Whether the rows on show may be of several connections or senders, whose bytes a raw file would mix. A filter by
/// address keeps them apart.
fn several(model: &Model, shown: &Shown) -> bool {
    let matcher = shown.matcher();
    let concerned = model.sockets.iter().filter(|entry| entry.kind != Kind::TcpListener && matcher.concerns(entry.id));
    concerned.map(|entry| entry.peers.len().max(1)).sum::<usize>() > 1 && !shown.is_addressed()
}

/// Hands the next rows over, and takes the result.
fn drive(ui: &Ui, cx: &Cx<'_>, state: &mut SaveState) {
    let Some(job) = &mut state.job else { return };
    if !job.feed(&cx.model.journal) {
        ui.request_repaint();
    }
    if let Some(result) = job.result() {
        state.outcome = Some(Outcome { path: job.path().to_owned(), result, left: job.left() });
        state.job = None;
    }
}

fn progress_ui(ui: &mut Ui, lang: Lang, state: &mut SaveState, shown: &Shown) {
    if let Some(job) = &mut state.job {
        let text = tr!(lang, "save.saving", count = count_rows(lang, job.fed() as usize));
        ui.horizontal(|ui| {
            ui.label(RichText::new(text).small());
            if compact_icon(ui, icons::X, &tr!(lang, "save.cancel"), true).clicked() {
                job.cancel();
            }
        });
        return;
    }
    let Some(outcome) = &state.outcome else {
        let rows = count_rows(lang, shown.len());
        hint(ui, tr!(lang, "save.hint", count = rows));
        return;
    };
    let path = outcome.path.display();
    match &outcome.result {
        Ok(summary) => {
            let gone = summary.gone + outcome.left;
            let text = tr!(
                lang,
                "save.saved",
                rows = count_rows(lang, summary.rows as usize),
                bytes = size(summary.bytes),
                path = path,
                gone = grouped(gone),
                unseen = grouped(summary.unseen)
            );
            ui.label(RichText::new(text).small().color(ui.tokens().ok));
            if summary.file_bytes > 0 {
                hint(ui, tr!(lang, "save.file_bytes", bytes = size(summary.file_bytes)));
            }
        }
        Err(fault) => {
            error_line(ui, failed(lang, *fault, &path.to_string()));
        }
    }
}

fn failed(lang: Lang, fault: Fault, path: &str) -> String {
    use crate::journal::FaultKind;
    match fault.kind {
        FaultKind::NoFile => tr!(lang, "save.no_folder", path = path),
        FaultKind::Permission => tr!(lang, "save.permission", path = path),
        FaultKind::Cancelled => tr!(lang, "save.cancelled", path = path),
        FaultKind::Other if fault.errno == job::EXISTS => tr!(lang, "save.exists", path = path),
        kind => tr!(lang, "save.failed", path = path, error = format!("{} {}", kind.name(), fault.errno)),
    }
    .into_owned()
}

fn format_ui(ui: &mut Ui, lang: Lang, state: &mut SaveState) {
    let word = |format: Format| match format {
        Format::Jsonl => tr!(lang, "save.jsonl"),
        Format::Csv => tr!(lang, "save.csv"),
        Format::Pcapng => tr!(lang, "save.pcapng"),
        Format::Raw(Direction::In) => tr!(lang, "save.raw_in"),
        Format::Raw(Direction::Out) => tr!(lang, "save.raw_out"),
    };
    let current = state.format();
    let name = tr!(lang, "save.format", format = word(current));
    compact_menu(ui, &word(current), &name, |ui| {
        for format in Format::ALL {
            if menu_entry(ui, format == current, &word(format)).clicked() {
                state.path = renamed(&state.path, current, format);
                state.format = Some(format);
            }
        }
    });
}

/// A path to start with, in the user's folder.
fn suggestion(format: Format) -> String {
    let folder = std::env::home_dir().unwrap_or_default();
    folder.join(format!("traffic.{}", format.extension())).display().to_string()
}

/// The same path with the ending of another format, if it had the one of the old.
fn renamed(path: &str, from: Format, to: Format) -> String {
    match path.strip_suffix(from.extension()) {
        Some(stem) if stem.ends_with('.') => format!("{stem}{}", to.extension()),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_follows_the_format_unless_it_is_the_users_own() {
        let csv = Format::Csv;
        assert_eq!(renamed("/tmp/a.jsonl", Format::Jsonl, csv), "/tmp/a.csv");
        assert_eq!(renamed("/tmp/a.txt", Format::Jsonl, csv), "/tmp/a.txt");
        assert_eq!(renamed("jsonl", Format::Jsonl, csv), "jsonl");
    }
}
