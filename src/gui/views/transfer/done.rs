//! What has ended: size, time, rate, hash, and in words why what failed failed.

mod files;

use std::path::Path;

use egui::{Align, Color32, Layout, RichText, Ui};

use super::{TransferState, bar, now, section};
use crate::{
    gui::{
        Cx,
        actions::Action,
        theme::{TokensExt as _, icons},
        tr,
        transfers::{TransferAction, TransferRow},
        widgets::{self, Look},
    },
    transfer::{Direction, FileEnd, Outcome, Reason, Transfer, Way},
    words::{self, Lang, number},
};

/// Paints what has ended, the newest first.
pub fn done_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState) {
    let lang = cx.lang;
    let model = cx.model;
    if model.transfers.ended().next().is_none() {
        return;
    }
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        section(ui, &tr!(lang, "transfer_window.done"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::button(ui, tr!(lang, "transfer_window.clear"), Look::Quiet)
                .on_hover_text(tr!(lang, "transfer_window.clear_tip"))
                .clicked()
            {
                cx.actions.push(Action::Transfer(TransferAction::ForgetEnded));
            }
        });
    });
    for row in model.transfers.ended() {
        if let Some(outcome) = &row.transfer.outcome {
            row_ui(ui, cx, state, row, outcome);
        }
    }
}

fn row_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState, row: &TransferRow, outcome: &Outcome) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    let transfer = &row.transfer;
    let end = End::of(transfer, outcome);
    bar::card_ui(ui, tokens.line, |ui| {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (word, color, tint) = end.badge(ui, lang);
                widgets::badge(ui, &word, color, tint);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let icon = match transfer.direction {
                        Direction::Sending => icons::ARROW_UP,
                        Direction::Receiving => icons::ARROW_DOWN,
                    };
                    widgets::icon(ui, icon, 14.0, tokens.muted);
                    widgets::title_name(ui, &now::title(lang, transfer));
                });
            });
        });
        ui.label(RichText::new(numbers(lang, row, outcome)).small().color(tokens.muted));
        if let Err(reason) = &outcome.result {
            let text = why(lang, transfer, outcome, reason);
            match end {
                End::Declined | End::Cancelled => widgets::hint(ui, text),
                _ => widgets::error_line(ui, text),
            };
        } else if end == End::Unverified {
            let told = if transfer.way == Way::Helper {
                tr!(lang, "transfer_window.unverified_helper")
            } else {
                tr!(lang, "transfer_window.unverified_raw")
            };
            widgets::hint(ui, told);
        }
        if outcome.files.len() > 1 && !state.opened.contains_key(&transfer.id) {
            files::first_part_ui(ui, lang, transfer, outcome);
        }
        if let [file] = &outcome.files[..] {
            files::place_ui(ui, lang, transfer, file);
            files::hashes_ui(ui, cx, file, None);
            files::holes_ui(ui, lang, file);
        }
        buttons_ui(ui, cx, state, transfer, outcome);
        if outcome.files.len() > 1 {
            files::files_ui(ui, cx, state, transfer, outcome);
        }
    });
}

/// Why it failed; of several files with the name of the one that it is about.
fn why(lang: Lang, transfer: &Transfer, outcome: &Outcome, reason: &Reason) -> String {
    let text = words::reason_seen(lang, reason, transfer.direction);
    let of_a_file = matches!(
        reason.bare().0,
        Reason::Disk { .. }
            | Reason::Name(_)
            | Reason::Changed
            | Reason::Hash
            | Reason::Size { .. }
            | Reason::Holes { .. }
    );
    let about = outcome.files.iter().find(|file| matches!(&file.end, FileEnd::Failed(why) if why == reason));
    match about {
        Some(file) if of_a_file && outcome.files.len() > 1 => {
            tr!(lang, "transfer_window.of_file", name = widgets::spaces(&file.name), why = text).into_owned()
        }
        _ => text,
    }
}

fn buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState, transfer: &Transfer, outcome: &Outcome) {
    let lang = cx.lang;
    let sent = transfer.direction == Direction::Sending;
    let (failed, many) = (outcome.result.is_err(), outcome.files.len() > 1);
    let folder = folder(transfer, outcome);
    // A row without buttons would be a gap.
    if !(sent && failed || many || folder.is_some()) {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if sent && outcome.can_resume() {
            let (text, tip) = if transfer.way.resumes() {
                (tr!(lang, "transfer_window.resume"), tr!(lang, "transfer_window.resume_tip"))
            } else {
                (tr!(lang, "transfer_window.again"), tr!(lang, "transfer_window.again_tip"))
            };
            if widgets::button(ui, text, Look::Plain).on_hover_text(tip).clicked() {
                cx.actions.push(Action::Transfer(TransferAction::Resume(transfer.id)));
            }
        }
        if sent && failed {
            let (text, tip) = (tr!(lang, "transfer_window.put_back"), tr!(lang, "transfer_window.put_back_tip"));
            if widgets::button(ui, text, Look::Plain).on_hover_text(tip).clicked() {
                cx.actions.push(Action::Transfer(TransferAction::PutBack(transfer.id)));
            }
        }
        if let Some(folder) = folder
            && widgets::button(ui, tr!(lang, "transfer_window.open_folder"), Look::Plain).clicked()
        {
            cx.actions.push(Action::Transfer(TransferAction::OpenFolder(folder.to_owned())));
        }
        if many {
            files::show_button(ui, lang, state, transfer, outcome);
        }
    });
}

/// Where its files are: received into this folder, or sent out of it.
fn folder<'a>(transfer: &'a Transfer, outcome: &'a Outcome) -> Option<&'a Path> {
    let first = || outcome.files.first()?.path.as_deref()?.parent();
    transfer.folder.as_deref().or_else(first).filter(|folder| !folder.as_os_str().is_empty())
}

/// `to 10.0.0.2:8021 · 4.8 GB in 43 s · 112 MB/s`
fn numbers(lang: Lang, row: &TransferRow, outcome: &Outcome) -> String {
    let transfer = &row.transfer;
    let peer = now::peer(transfer);
    let mut parts = vec![match transfer.direction {
        Direction::Sending => tr!(lang, "transfer_window.to", peer = peer),
        Direction::Receiving => tr!(lang, "transfer_window.from", peer = peer),
    }];
    // What was there already took no time.
    let moved = outcome.bytes.saturating_sub(outcome.resumed);
    let (size, time) = (number::size(moved), number::duration(outcome.moving));
    if !outcome.moving.is_zero() {
        parts.push(tr!(lang, "transfer_window.took", size = size, time = time));
        parts.push(number::rate(outcome.rate()).into());
    }
    if outcome.resumed > 0 {
        parts.push(tr!(lang, "transfer_window.resumed", size = number::size(outcome.resumed)));
    }
    let files = || outcome.files.iter().filter(|file| !file.folder);
    let (well, all) = (files().filter(|file| file.end.is_well()).count(), files().count());
    if outcome.result.is_err() && all > 1 {
        let (well, all) = (number::grouped(well as u64), number::grouped(all as u64));
        parts.push(tr!(lang, "transfer_window.files", done = well, files = all));
    }
    parts.join(" · ")
}

/// How a transfer ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Both sides have the same.
    Verified,
    /// Everything was sent, and nobody says that it came.
    Sent,
    /// What came is saved, and nobody knows whether it is all.
    Unverified,
    /// Somebody said no.
    Declined,
    /// Somebody stopped it.
    Cancelled,
    /// Some files are there.
    Partly,
    /// None is.
    Failed,
}

impl End {
    fn of(transfer: &Transfer, outcome: &Outcome) -> Self {
        match outcome.result.as_ref().map_err(|reason| reason.bare().0) {
            Ok(()) if outcome.confirmed => Self::Verified,
            Ok(()) if transfer.direction == Direction::Sending => Self::Sent,
            Ok(()) => Self::Unverified,
            Err(Reason::Declined) => Self::Declined,
            Err(Reason::Cancelled) => Self::Cancelled,
            Err(_) if outcome.files.iter().any(|file| file.end.is_well() && !file.folder) => Self::Partly,
            Err(_) => Self::Failed,
        }
    }

    fn badge(self, ui: &Ui, lang: Lang) -> (String, Color32, Color32) {
        let tokens = ui.tokens();
        let (word, color, tint) = match self {
            Self::Verified => (tr!(lang, "transfer_window.verified"), tokens.ok, tokens.ok_tint),
            Self::Sent => (tr!(lang, "transfer_window.whole"), tokens.ok, tokens.ok_tint),
            Self::Unverified => (tr!(lang, "transfer_window.unverified"), tokens.warn, tokens.warn_tint),
            Self::Declined => (tr!(lang, "transfer_window.declined"), tokens.muted, tokens.background),
            Self::Cancelled => (tr!(lang, "transfer_window.cancelled"), tokens.muted, tokens.background),
            Self::Partly => (tr!(lang, "transfer_window.partly"), tokens.warn, tokens.warn_tint),
            Self::Failed => (tr!(lang, "transfer_window.failed"), tokens.error, tokens.error_tint),
        };
        (word.into_owned(), color, tint)
    }
}
