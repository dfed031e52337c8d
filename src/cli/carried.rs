//! What `send` and `receive` say about files: a bar, a line a file, or lines of JSON.

use std::io::{self, Write as _};

use indicatif::{ProgressBar, ProgressStyle};
use rust_i18n::t;
use serde_json::{Value, json};

use super::notes;
use crate::{
    transfer::{Direction, FileEnd, FileOutcome, Offer, Outcome, Reason, State, Transfer},
    words::{self, Lang, Things, counted, number},
};

/// Files that are told of one by one where they are well; more would hide what is not.
const LISTED: usize = 20;

/// Standard error and, where it is asked for, JSON on standard output.
pub(super) struct Carried {
    lang: Lang,
    json: bool,
    quiet: bool,
    bar: Option<ProgressBar>,
    /// When and how far the transfer on the bar was, for a rate that follows it.
    last: Option<(std::time::Instant, u64)>,
    rate: f64,
}

impl Carried {
    pub fn new(lang: Lang, json: bool, quiet: bool) -> Self {
        Self { lang, json, quiet, bar: None, last: None, rate: 0.0 }
    }

    /// Writes a line of JSON, where that is asked for. A closed standard output is no reason to stop.
    pub fn line(&self, value: &Value) {
        if self.json {
            let _ = writeln!(io::stdout(), "{value}");
        }
    }

    /// Writes something for people, past the bar.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// The same, and also where nothing but failures is to be told.
    pub fn warn(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| notes::warn(text)),
            None => notes::warn(text),
        }
    }

    /// Shows how far a transfer is.
    pub fn progress(&mut self, transfer: &Transfer) {
        let progress = &transfer.progress;
        let now = std::time::Instant::now();
        let (then, before) = *self.last.get_or_insert((now, progress.bytes));
        let seconds = now.duration_since(then).as_secs_f64();
        if seconds >= 0.1 {
            let latest = progress.bytes.saturating_sub(before) as f64 / seconds;
            // What was just now counts most, but not alone: else the number could not be read.
            self.rate = if self.rate == 0.0 { latest } else { 0.7 * self.rate + 0.3 * latest };
            self.last = Some((now, progress.bytes));
        }
        self.line(&json!({
            "event": "progress",
            "transfer": transfer.id.0,
            "state": state(transfer.state),
            "bytes": progress.bytes,
            "total": progress.total,
            "files_done": progress.files_done,
            "files": progress.files,
        }));
        if self.quiet || self.json {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            // Drawn on standard error, and not at all where that is no terminal.
            let bar = ProgressBar::new(0);
            // It holds no placeholder that could be wrong; if it did, the bar would look plain.
            if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:30} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        let name = if progress.current.is_empty() { &transfer.title } else { &progress.current };
        bar.set_prefix(shortened(name, 32));
        bar.set_length(progress.total.unwrap_or(progress.bytes).max(1));
        bar.set_position(progress.bytes);
        let mut text = match transfer.state {
            State::Moving => {
                let total = progress.total.map_or_else(|| "?".into(), number::size);
                format!("{} / {total}  {}", number::size(progress.bytes), number::rate(self.rate))
            }
            other => words::transfer_state(self.lang, other, transfer.direction),
        };
        if let Some(left) = progress.time_left(self.rate).filter(|_| transfer.state == State::Moving) {
            text.push_str("  ");
            text.push_str(&number::duration(std::time::Duration::from_secs(left.as_secs())));
        }
        bar.set_message(text);
    }

    /// Tells what became of a transfer and its files.
    pub fn ended(&mut self, transfer: &Transfer, outcome: &Outcome) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        (self.last, self.rate) = (None, 0.0);
        for file in &outcome.files {
            self.line(&self.file(transfer, file));
            self.file_said(file, outcome, transfer.direction);
        }
        self.total(transfer, outcome);
        if let Err(reason) = &outcome.result {
            // What one file failed of was said with it.
            let said = |file: &FileOutcome| matches!(&file.end, FileEnd::Failed(failed) if failed == reason);
            if !outcome.files.iter().any(said) {
                self.warn(&words::reason(self.lang, reason));
            }
        }
        let reason = outcome.result.as_ref().err();
        self.line(&json!({
            "event": "ended",
            "transfer": transfer.id.0,
            "ok": outcome.result.is_ok(),
            "confirmed": outcome.confirmed,
            "bytes": outcome.bytes,
            "resumed": outcome.resumed,
            "seconds": outcome.moving.as_secs_f64(),
            "rate": outcome.rate(),
            "reason": reason.map(Reason::code),
            "side": reason.map(side),
            "says": reason.map(|reason| words::reason(self.lang, reason)),
        }));
    }

    fn file(&self, transfer: &Transfer, file: &FileOutcome) -> Value {
        let reason = if let FileEnd::Failed(reason) = &file.end { Some(reason) } else { None };
        json!({
            "event": "file",
            "transfer": transfer.id.0,
            "name": file.name,
            "folder": file.folder,
            "size": file.size,
            "path": file.path.as_ref().map(|path| path.display().to_string()),
            "end": end(&file.end),
            "blake3": file.blake3.map(hex),
            "sha256": file.sha256.map(hex),
            "reason": reason.map(Reason::code),
            "side": reason.map(side),
            "says": reason.map(|reason| words::reason(self.lang, reason)),
            "holes": file.holes.iter().map(|hole| [hole.start, hole.end]).collect::<Vec<_>>(),
        })
    }

    fn file_said(&self, file: &FileOutcome, outcome: &Outcome, direction: Direction) {
        let tag = self.lang.tag();
        let receiving = direction == Direction::Receiving;
        match &file.end {
            FileEnd::Verified | FileEnd::Whole if !file.folder => {
                let hash = file.blake3.map(hex).unwrap_or_default();
                let how = match (&file.end, receiving) {
                    (FileEnd::Verified, _) => t!("transfer.cli.confirmed", locale = tag, hash = hash),
                    (_, false) => t!("transfer.cli.unconfirmed", locale = tag, hash = hash),
                    (_, true) => t!("transfer.cli.received_raw", locale = tag, hash = hash),
                };
                let bytes = counted(self.lang, file.size, Things::Bytes);
                let text = t!("transfer.cli.carried", locale = tag, name = file.name, bytes = bytes, how = how);
                if outcome.files.len() <= LISTED {
                    self.say(&text);
                }
                if let (true, Some(path), false) = (receiving, &file.path, self.json) {
                    let _ = writeln!(io::stdout(), "{}", path.display());
                }
            }
            FileEnd::Verified | FileEnd::Whole => {}
            bad => {
                let why = words::file_end(self.lang, bad);
                self.warn(&t!("transfer.cli.failed", locale = tag, name = file.name, why = why));
                if let (true, Some(path)) = (receiving, &file.path) {
                    let path = path.display();
                    self.say(&t!("transfer.cli.part_kept", locale = tag, name = file.name, path = path));
                }
            }
        }
    }

    /// How much that was, and how quick.
    fn total(&self, transfer: &Transfer, outcome: &Outcome) {
        let tag = self.lang.tag();
        let well = outcome.files.iter().filter(|file| !file.folder && file.end.is_well());
        let (count, sum) = well.fold((0_u64, 0_u64), |(count, sum), file| (count + 1, sum.saturating_add(file.size)));
        if count == 0 {
            return;
        }
        let count = match count {
            1 => t!("transfer.cli.one_file", locale = tag),
            count => t!("transfer.cli.files", locale = tag, count = number::grouped(count)),
        };
        let (bytes, time) = (counted(self.lang, sum, Things::Bytes), number::duration(outcome.moving));
        let rate = number::rate(outcome.rate());
        self.say(&if transfer.direction == Direction::Receiving {
            t!("transfer.cli.total_received", locale = tag, count = count, bytes = bytes, time = time, rate = rate)
        } else {
            t!("transfer.cli.total_sent", locale = tag, count = count, bytes = bytes, time = time, rate = rate)
        });
        if outcome.resumed > 0 {
            let bytes = counted(self.lang, outcome.resumed, Things::Bytes);
            self.say(&t!("transfer.cli.resumed", locale = tag, bytes = bytes));
        }
    }

    /// An offer as a line of JSON.
    pub fn offered(&self, offer: &Offer) {
        let entries: Vec<_> = offer
            .entries
            .iter()
            .map(|entry| {
                json!({
                    "name": entry.name,
                    "saved_as": entry.saved_as,
                    "folder": entry.folder,
                    "size": entry.size,
                    "refused": entry.refused.as_ref().map(Reason::code),
                })
            })
            .collect();
        self.line(&json!({
            "event": "offer",
            "transfer": offer.transfer.0,
            "from": offer.from.to_string(),
            "entries": entries,
            "total": offer.total,
            "resumable": offer.resumable,
            "folder": offer.folder.display().to_string(),
            "free": offer.free,
        }));
    }
}

/// Lower-case digits, as `b3sum` and `sha256sum` write them.
fn hex(hash: [u8; 32]) -> String {
    blake3::Hash::from_bytes(hash).to_hex().to_string()
}

fn side(reason: &Reason) -> &'static str {
    if reason.bare().1 { "there" } else { "here" }
}

fn end(end: &FileEnd) -> &'static str {
    match end {
        FileEnd::Verified => "verified",
        FileEnd::Whole => "whole",
        FileEnd::Declined => "declined",
        FileEnd::Failed(_) => "failed",
        FileEnd::NotReached => "not-reached",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Preparing => "preparing",
        State::Connecting => "connecting",
        State::Asking => "asking",
        State::Checking => "checking",
        State::Moving => "moving",
        State::Paused => "paused",
        State::Finishing => "finishing",
        State::Ended => "ended",
    }
}

/// The beginning and the end of a name, which tell files apart.
fn shortened(name: &str, most: usize) -> String {
    let count = name.chars().count();
    if count <= most {
        return name.to_owned();
    }
    let head: String = name.chars().take(most / 2).collect();
    let tail: String = name.chars().skip(count - (most / 2 - 1)).collect();
    format!("{head}…{tail}")
}
