//! The files of a transfer that has ended: how each of them did, where it is, and its hashes.

use std::collections::btree_map::Entry;

use egui::{Align, Layout, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use super::{super::files_and_folders, TransferState};
use crate::{
    gui::{
        Cx,
        actions::Action,
        theme::{TokensExt as _, icons},
        tr,
        widgets::{self, Look},
    },
    transfer::{Direction, FileEnd, FileOutcome, Outcome, Transfer, name},
    words::{self, Lang, number},
};

/// So many files of one transfer are listed at first, and so many more with each click.
const LISTED: usize = 200;

/// The button that shows the files one by one, or hides them.
pub fn show_button(ui: &mut Ui, lang: Lang, state: &mut TransferState, transfer: &Transfer, outcome: &Outcome) {
    let open = state.opened.contains_key(&transfer.id);
    let text = if open {
        tr!(lang, "transfer_window.hide_files")
    } else {
        let folders = outcome.files.iter().filter(|file| file.folder).count();
        let what = files_and_folders(lang, outcome.files.len() - folders, folders);
        tr!(lang, "transfer_window.show_files", what = what)
    };
    if widgets::button(ui, text, Look::Quiet).clicked() {
        match state.opened.entry(transfer.id) {
            Entry::Occupied(open) => drop(open.remove()),
            Entry::Vacant(closed) => drop(closed.insert(LISTED)),
        }
    }
}

/// The files, if they are to be listed: those that are not well before the others.
pub fn files_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState, transfer: &Transfer, outcome: &Outcome) {
    let Some(listed) = state.opened.get_mut(&transfer.id) else { return };
    let files = || outcome.files.iter();
    let sorted = files().filter(|file| !file.end.is_well()).chain(files().filter(|file| file.end.is_well()));
    for file in sorted.take(*listed) {
        file_ui(ui, cx, transfer, file);
    }
    if outcome.files.len() > *listed {
        let more = number::grouped((outcome.files.len() - *listed) as u64);
        let text = tr!(cx.lang, "transfer_window.show_more", count = more);
        if widgets::button(ui, text, Look::Quiet).clicked() {
            *listed += LISTED;
        }
    }
}

fn file_ui(ui: &mut Ui, cx: &mut Cx<'_>, transfer: &Transfer, file: &FileOutcome) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    ui.horizontal(|ui| {
        let icon = if file.folder { icons::FOLDER } else { icons::FILE };
        widgets::icon(ui, icon, 13.0, tokens.muted);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (word, color) = match &file.end {
                FileEnd::Verified => (tr!(lang, "transfer_window.verified"), tokens.ok),
                FileEnd::Whole if transfer.direction == Direction::Sending => {
                    (tr!(lang, "transfer_window.whole"), tokens.ok)
                }
                FileEnd::Whole => (tr!(lang, "transfer_window.unverified"), tokens.warn),
                FileEnd::Declined => (tr!(lang, "transfer_window.declined"), tokens.muted),
                FileEnd::Failed(_) => (tr!(lang, "transfer_window.file_failed"), tokens.error),
                FileEnd::NotReached => (tr!(lang, "transfer_window.not_reached"), tokens.warn),
            };
            ui.label(RichText::new(word).small().color(color));
            if !file.folder {
                ui.label(RichText::new(number::size(file.size)).monospace().color(tokens.muted));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| widgets::file_name(ui, &file.name));
        });
    });
    ui.indent("more about it", |ui| {
        if let FileEnd::Failed(reason) = &file.end {
            widgets::error_line(ui, words::reason_seen(lang, reason, transfer.direction));
        }
        place_ui(ui, lang, transfer, file);
        hashes_ui(ui, cx, file, Some(&file.name));
    });
}

/// Where a received file is, if that is not clear, or what is left of one that broke off.
pub fn place_ui(ui: &mut Ui, lang: Lang, transfer: &Transfer, file: &FileOutcome) {
    if let Some(part) = kept_part(transfer, file) {
        widgets::hint(ui, tr!(lang, "transfer_window.kept_in", path = widgets::spaces(&part)));
    } else if let Some(saved) = saved_as(transfer, file) {
        widgets::hint(ui, tr!(lang, "transfer_window.was_saved_as", name = widgets::spaces(&saved)));
    }
}

/// What is left of the first file that broke off; there is hardly ever a second.
pub fn first_part_ui(ui: &mut Ui, lang: Lang, transfer: &Transfer, outcome: &Outcome) {
    if outcome.result.is_ok() {
        return;
    }
    if let Some(file) = outcome.files.iter().find(|file| !file.end.is_well() && file.path.is_some()) {
        place_ui(ui, lang, transfer, file);
    }
}

/// What came of a file that broke off, if it was kept.
fn kept_part(transfer: &Transfer, file: &FileOutcome) -> Option<String> {
    let part = file.path.as_ref().filter(|_| transfer.direction == Direction::Receiving && !file.end.is_well())?;
    Some(name::shown(&part.display().to_string()))
}

/// The name of a received file here, with its folders, if the sender called it otherwise.
fn saved_as(transfer: &Transfer, file: &FileOutcome) -> Option<String> {
    let path = file.path.as_ref().filter(|_| transfer.direction == Direction::Receiving && file.end.is_well())?;
    let below = path.strip_prefix(transfer.folder.as_ref()?).ok()?;
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    let saved = name::shown(&parts.join("/"));
    (saved != file.name).then_some(saved)
}

/// The hashes with a button each that copies it, whole; `of` where they stand in a list.
pub fn hashes_ui(ui: &mut Ui, cx: &mut Cx<'_>, file: &FileOutcome, of: Option<&str>) {
    let lang = cx.lang;
    let hashes = [("BLAKE3", file.blake3), ("SHA-256", file.sha256)];
    if file.folder || hashes.iter().all(|(_, hash)| hash.is_none()) {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for (name, hash) in hashes {
            let Some(hash) = hash else { continue };
            let hash = hex(&hash);
            let short = format!("{}…{}", hash.get(..8).unwrap_or_default(), hash.get(56..).unwrap_or_default());
            let text = RichText::new(format!("{name} {short}")).monospace().color(ui.tokens().faint);
            // On one line, with its name.
            ui.add(egui::Label::new(text).extend()).on_hover_text(&hash);
            let copy = match of {
                None => tr!(lang, "transfer_window.copy_hash", name = name),
                Some(file) => tr!(lang, "transfer_window.copy_hash_of", name = name, file = file),
            };
            if widgets::tiny_icon(ui, icons::COPY, &copy).clicked() {
                cx.actions.push(Action::Copy(hash.clone()));
            }
        }
    });
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing into a string cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// UDP: a map of the file with what did not come.
pub fn holes_ui(ui: &mut Ui, lang: Lang, file: &FileOutcome) {
    if file.holes.is_empty() || file.size == 0 {
        return;
    }
    let tokens = ui.tokens();
    let lost: u64 = file.holes.iter().map(|hole| hole.end.saturating_sub(hole.start)).sum();
    let count = number::grouped(file.holes.len() as u64);
    let name = tr!(lang, "transfer_window.holes", count = count, lost = number::size(lost));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 3.0, tokens.ok);
    let x = |byte: u64| rect.left() + (byte as f64 / file.size as f64) as f32 * rect.width();
    for hole in &file.holes {
        let (left, right) = (x(hole.start), x(hole.end));
        // A lost datagram of a large file is less than a pixel wide, and must be seen all the same.
        let hole = egui::Rect::from_x_y_ranges(left..=right.max(left + 1.0), rect.y_range());
        painter.rect_filled(hole, 0.0, tokens.error);
    }
    widgets::hint(ui, name);
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use super::*;
    use crate::transfer::{Progress, Reason, State, TransferId, Way};

    fn received(folder: &str) -> Transfer {
        Transfer {
            id: TransferId(1),
            direction: Direction::Receiving,
            way: Way::Framed,
            receiver: None,
            to: None,
            peer: None,
            title: String::new(),
            tops: 1,
            folder: Some(folder.into()),
            state: State::Ended,
            progress: Progress::default(),
            outcome: None::<Arc<Outcome>>,
        }
    }

    #[test]
    fn where_a_file_is_is_told_when_its_name_does_not() {
        let transfer = received("/in");
        let file = |name: &str, path: &str, end| FileOutcome {
            name: name.into(),
            folder: false,
            size: 1,
            path: Some(PathBuf::from(path)),
            blake3: None,
            sha256: None,
            end,
            holes: Vec::new(),
        };
        for (name, path, saved) in [
            ("a/b.txt", "/in/a/b.txt", None),
            ("CON.txt", "/in/_CON.txt", Some("_CON.txt")),
            ("a/b.txt", "/in/a (1)/b.txt", Some("a (1)/b.txt")),
        ] {
            let file = file(name, path, FileEnd::Verified);
            assert_eq!(saved_as(&transfer, &file).as_deref(), saved);
            assert_eq!(kept_part(&transfer, &file), None);
            let sent = Transfer { direction: Direction::Sending, ..transfer.clone() };
            assert_eq!(saved_as(&sent, &file), None, "it lies where it lay");
        }
        let broken = file("b.txt", "/in/.b.txt.1.part", FileEnd::Failed(Reason::Gone));
        assert_eq!(kept_part(&transfer, &broken).as_deref(), Some("/in/.b.txt.1.part"));
        assert_eq!(saved_as(&transfer, &broken), None);
    }
}
