//! What `send` and `receive` say about files: a bar, a line a file, or lines of JSON.

use std::{collections::HashSet, ops::Range};

use rust_i18n::t;
use serde_json::{Value, json};

use super::{bar::Bar, notes, printed};
use crate::{
    transfer::{
        Direction, FileEnd, FileOutcome, Offer, Outcome, Reason, State, Transfer, TransferId, Way, name, udp::HOLES,
    },
    words::{self, Lang, Things, counted, number},
};

/// Files that are told of one by one where they are well, or left out; more would hide what failed.
const LISTED: usize = 20;
/// Characters of a map of holes.
const MAP: u64 = 50;

/// Standard error and, where it is asked for, JSON on standard output.
pub(super) struct Carried {
    lang: Lang,
    json: bool,
    quiet: bool,
    bar: Option<Bar>,
    /// Those that nobody could be asked about: that was said, and it was nobody's no.
    unasked: HashSet<TransferId>,
}

impl Carried {
    pub fn new(lang: Lang, json: bool, quiet: bool) -> Self {
        Self { lang, json, quiet, bar: None, unasked: HashSet::new() }
    }

    /// Writes a line of JSON, where that is asked for. A closed standard output is no reason to stop.
    pub fn line(&self, value: &Value) {
        if self.json {
            printed::line(&value.to_string());
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
        self.bar.get_or_insert_with(Bar::new).show(self.lang, transfer);
    }

    /// Somebody is there, and has said nothing yet.
    pub fn began(&self, transfer: &Transfer) {
        self.line(&json!({ "event": "began", "transfer": transfer.id.0, "from": from(transfer) }));
    }

    /// Nobody could be asked about this one.
    pub fn unasked(&mut self, id: TransferId) {
        self.unasked.insert(id);
    }

    /// Tells what became of a transfer and its files.
    pub fn ended(&mut self, transfer: &Transfer, outcome: &Outcome) {
        if let Some(bar) = self.bar.take() {
            bar.clear();
        }
        let many = many(outcome);
        for file in &outcome.files {
            self.line(&self.file(transfer, file));
            if !many.iter().any(|(end, _)| *end == file.end) {
                self.file_said(file, transfer, outcome);
            }
        }
        self.many(transfer, outcome, &many);
        self.total(transfer, outcome);
        let unasked = self.unasked.remove(&transfer.id);
        if let Err(reason) = &outcome.result {
            // What one file failed of was said with it, and that nobody could be asked when that was so.
            let said = |file: &FileOutcome| matches!(&file.end, FileEnd::Failed(failed) if failed == reason);
            if !outcome.files.iter().any(said) && !unasked {
                self.warn(&of(transfer, &words::reason(self.lang, reason)));
            }
        }
        let reason = outcome.result.as_ref().err();
        let tag = self.lang.tag();
        let says = |reason| {
            if unasked {
                t!("transfer.cli.nobody_to_ask", locale = tag).into_owned()
            } else {
                words::reason(self.lang, reason)
            }
        };
        self.line(&json!({
            "event": "ended",
            "transfer": transfer.id.0,
            "from": from(transfer),
            "to": to(transfer),
            "ok": outcome.result.is_ok(),
            "confirmed": outcome.confirmed,
            "bytes": outcome.bytes,
            "resumed": outcome.resumed,
            "seconds": outcome.moving.as_secs_f64(),
            "rate": outcome.rate(),
            "reason": reason.map(Reason::code),
            "side": reason.map(side),
            "says": reason.map(says),
        }));
    }

    fn file(&self, transfer: &Transfer, file: &FileOutcome) -> Value {
        let reason = if let FileEnd::Failed(reason) = &file.end { Some(reason) } else { None };
        json!({
            "event": "file",
            "transfer": transfer.id.0,
            "from": from(transfer),
            "to": to(transfer),
            "name": file.name,
            "saved_as": saved_as(transfer, file),
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

    fn file_said(&self, file: &FileOutcome, transfer: &Transfer, outcome: &Outcome) {
        let tag = self.lang.tag();
        let receiving = transfer.direction == Direction::Receiving;
        match &file.end {
            FileEnd::Verified | FileEnd::Whole if !file.folder => {
                let hash = file.blake3.map(hex).unwrap_or_default();
                let how = match (&file.end, receiving) {
                    (FileEnd::Verified, _) => t!("transfer.cli.confirmed", locale = tag, hash = hash),
                    (_, false) => t!("transfer.cli.unconfirmed", locale = tag, hash = hash),
                    (_, true) if transfer.way == Way::Raw => t!("transfer.cli.received_raw", locale = tag, hash = hash),
                    (_, true) => t!("transfer.cli.received_sized", locale = tag, hash = hash),
                };
                let name = match saved_as(transfer, file) {
                    Some(safe) => t!("transfer.cli.now_called", locale = tag, name = file.name, safe = safe),
                    None => file.name.as_str().into(),
                };
                let bytes = counted(self.lang, file.size, Things::Bytes);
                let text = t!("transfer.cli.carried", locale = tag, name = name, bytes = bytes, how = how);
                if outcome.files.len() <= LISTED {
                    self.say(&of(transfer, &text));
                }
                if let (true, Some(path), false) = (receiving, &file.path, self.json) {
                    printed::line(&path.display().to_string());
                }
            }
            FileEnd::Verified | FileEnd::Whole => {}
            bad => {
                let why = words::file_end(self.lang, bad);
                self.warn(&of(transfer, &t!("transfer.cli.failed", locale = tag, name = file.name, why = why)));
                self.holes(file, transfer);
                if let (true, Some(path)) = (receiving, &file.path) {
                    let path = path.display();
                    self.say(&of(transfer, &t!("transfer.cli.part_kept", locale = tag, name = file.name, path = path)));
                }
            }
        }
    }

    /// What did not come of a file, and the hash of what did.
    fn holes(&self, file: &FileOutcome, transfer: &Transfer) {
        if file.holes.is_empty() {
            return;
        }
        let tag = self.lang.tag();
        let missing: u64 = file.holes.iter().map(|hole| hole.end.saturating_sub(hole.start)).sum();
        let (map, mut bytes) = (map(file), counted(self.lang, missing, Things::Bytes));
        if cut(file) {
            bytes = t!("transfer.cli.at_least", locale = tag, bytes = bytes).into_owned();
        }
        self.say(&of(transfer, &t!("transfer.cli.holes", locale = tag, name = file.name, map = map, bytes = bytes)));
        if let Some(hash) = file.blake3.map(hex) {
            self.say(&of(transfer, &t!("transfer.cli.holes_hash", locale = tag, name = file.name, hash = hash)));
        }
    }

    /// What many files have in common, in a line.
    fn many(&self, transfer: &Transfer, outcome: &Outcome, many: &[(FileEnd, usize)]) {
        let tag = self.lang.tag();
        let all = number::grouped(outcome.files.len() as u64);
        for (end, count) in many {
            let (count, what) = (number::grouped(*count as u64), words::file_end(self.lang, end));
            self.warn(&of(transfer, &t!("transfer.cli.so_many", locale = tag, what = what, count = count, all = all)));
        }
    }

    /// How much that was, and, where nothing failed, how quick: else the time was that of other bytes too.
    fn total(&self, transfer: &Transfer, outcome: &Outcome) {
        let tag = self.lang.tag();
        let well = outcome.files.iter().filter(|file| !file.folder && file.end.is_well());
        let (count, sum) = well.fold((0_u64, 0_u64), |(count, sum), file| (count + 1, sum.saturating_add(file.size)));
        if count == 0 {
            return;
        }
        let count = self.files(count, 0);
        let mut bytes = counted(self.lang, sum, Things::Bytes);
        if outcome.files.iter().all(|file| file.end.is_well() || file.end == FileEnd::Declined) {
            let (time, rate) = (number::duration(outcome.moving), number::rate(outcome.rate()));
            bytes = t!("transfer.cli.in_time", locale = tag, bytes = bytes, time = time, rate = rate).into_owned();
        }
        self.say(&of(
            transfer,
            &if transfer.direction == Direction::Receiving {
                t!("transfer.cli.total_received", locale = tag, count = count, bytes = bytes)
            } else {
                t!("transfer.cli.total_sent", locale = tag, count = count, bytes = bytes)
            },
        ));
        if outcome.resumed > 0 {
            let bytes = counted(self.lang, outcome.resumed, Things::Bytes);
            self.say(&of(transfer, &t!("transfer.cli.resumed", locale = tag, bytes = bytes)));
        }
    }

    /// `1 file`, `2 files and 1 folder`
    pub fn files(&self, files: u64, folders: u64) -> String {
        let tag = self.lang.tag();
        let files = match files {
            1 => t!("transfer.cli.one_file", locale = tag),
            count => t!("transfer.cli.files", locale = tag, count = number::grouped(count)),
        };
        let folders = match folders {
            0 => return files.into_owned(),
            1 => t!("transfer.cli.one_folder", locale = tag),
            count => t!("transfer.cli.folders", locale = tag, count = number::grouped(count)),
        };
        t!("transfer.cli.both", locale = tag, files = files, folders = folders).into_owned()
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

/// Who sends it, where that is not us.
fn from(transfer: &Transfer) -> Option<String> {
    let receiving = transfer.direction == Direction::Receiving;
    transfer.peer.filter(|_| receiving).map(|peer| peer.to_string())
}

/// Who gets it, where that is not us.
fn to(transfer: &Transfer) -> Option<String> {
    let sending = transfer.direction == Direction::Sending;
    transfer.peer.filter(|_| sending).map(|peer| peer.to_string())
}

/// A line about a transfer: of those that come, with whose it is. What is sent has one receiver, who is known.
fn of(transfer: &Transfer, text: &str) -> String {
    from(transfer).map_or_else(|| text.to_owned(), |from| format!("{from}: {text}"))
}

/// What a file that is saved is called, if that is not what its sender calls it.
fn saved_as(transfer: &Transfer, file: &FileOutcome) -> Option<String> {
    let below = file.path.as_ref()?.strip_prefix(transfer.folder.as_ref()?).ok()?;
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    let called = name::shown(&parts.join("/"));
    (file.end.is_well() && called != file.name).then_some(called)
}

/// Ends that many files have, which are told of in one line with their number: from two on that were not reached, and from
/// many on that were left out.
fn many(outcome: &Outcome) -> Vec<(FileEnd, usize)> {
    let count = |end: &FileEnd| outcome.files.iter().filter(|file| file.end == *end).count();
    let ends = [(FileEnd::Declined, LISTED + 1), (FileEnd::NotReached, 2)];
    let ends = ends.into_iter().map(|(end, least)| (count(&end), end, least));
    ends.filter(|(count, _, least)| count >= least).map(|(count, end, _)| (end, count)).collect()
}

/// Whether more holes may be behind those that are told of.
fn cut(file: &FileOutcome) -> bool {
    file.holes.len() >= HOLES
}

/// A file from its beginning to its end: `#` where all came, `+` where some did, `.` where nothing did, and `?` behind the last
/// hole where there may be more.
fn map(file: &FileOutcome) -> String {
    let cells = MAP.min(file.size);
    let at = |cell: u64| (u128::from(file.size) * u128::from(cell) / u128::from(cells.max(1))) as u64;
    let known = file.holes.last().filter(|_| cut(file)).map_or(file.size, |hole| hole.end);
    let cell = |cell| {
        let (start, end) = (at(cell), at(cell + 1));
        let overlap = |hole: &Range<u64>| hole.end.min(end).saturating_sub(hole.start.max(start));
        match file.holes.iter().map(overlap).sum::<u64>() {
            _ if end > known => '?',
            0 => '#',
            missing if missing < end - start => '+',
            _ => '.',
        }
    };
    (0..cells).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_shows_every_hole() {
        let mut file = FileOutcome {
            name: "a".into(),
            folder: false,
            size: 1_000_000,
            path: None,
            blake3: None,
            sha256: None,
            end: FileEnd::NotReached,
            holes: vec![0..1, 500_000..520_001, 999_999..1_000_000],
        };
        let drawn = map(&file);
        assert_eq!(drawn, format!("+{}.+{}+", "#".repeat(24), "#".repeat(22)));
        file.size = 5;
        file.holes = vec![1..2, 3..4];
        assert_eq!(map(&file), "#.#.#");
        file.size = 100_000;
        file.holes = (0..10_000).map(|n| n * 8..n * 8 + 1).collect();
        assert_eq!(map(&file), format!("{}{}", "+".repeat(39), "?".repeat(11)));
        file.size = u64::MAX;
        assert_eq!(map(&file).len(), 50);
    }
}
