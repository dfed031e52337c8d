//! What has ended: size, time, rate, hash, and in words why what failed failed.

use egui::{Align, Color32, Layout, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use super::{TransferState, bar, now, section};
use crate::{
    gui::{
        Cx,
        actions::Action,
        theme::{self, TokensExt as _, icons},
        tr,
        transfers::{TransferAction, TransferRow},
        widgets::{self, Look},
    },
    transfer::{Direction, FileEnd, FileOutcome, Outcome},
    words::{self, Lang, number},
};

/// Files of one transfer that are listed; the others are counted.
const LISTED: usize = 200;

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
    bar::card_ui(ui, tokens.line, |ui| {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (word, color, tint) = ended_word(ui, lang, outcome);
                widgets::badge(ui, &word, color, tint);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let icon = match transfer.direction {
                        Direction::Sending => icons::ARROW_UP,
                        Direction::Receiving => icons::ARROW_DOWN,
                    };
                    widgets::icon(ui, icon, 14.0, tokens.muted);
                    ui.add(egui::Label::new(theme::strong(now::title(lang, transfer))).truncate());
                });
            });
        });
        ui.label(RichText::new(numbers(lang, row, outcome)).small().color(tokens.muted));
        if let Err(reason) = &outcome.result {
            widgets::error_line(ui, words::reason(lang, reason));
        }
        if let [file] = &outcome.files[..] {
            hash_ui(ui, cx, file);
            holes_ui(ui, lang, file);
        }
        // A row without buttons would be a gap.
        if resumable(row, outcome) || transfer.folder.is_some() || outcome.files.len() > 1 {
            buttons_ui(ui, cx, state, row, outcome);
        }
        if outcome.files.len() > 1 && state.opened.contains(&transfer.id) {
            files_ui(ui, cx, outcome);
        }
    });
}

fn resumable(row: &TransferRow, outcome: &Outcome) -> bool {
    outcome.can_resume() && row.transfer.direction == Direction::Sending
}

fn buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState, row: &TransferRow, outcome: &Outcome) {
    let lang = cx.lang;
    let transfer = &row.transfer;
    ui.horizontal(|ui| {
        if resumable(row, outcome) {
            let (text, tip) = if transfer.way.resumes() {
                (tr!(lang, "transfer_window.resume"), tr!(lang, "transfer_window.resume_tip"))
            } else {
                (tr!(lang, "transfer_window.again"), tr!(lang, "transfer_window.again_tip"))
            };
            if widgets::button(ui, text, Look::Plain).on_hover_text(tip).clicked() {
                cx.actions.push(Action::Transfer(TransferAction::Resume(transfer.id)));
            }
        }
        if let Some(folder) = &transfer.folder
            && widgets::button(ui, tr!(lang, "transfer_window.open_folder"), Look::Plain).clicked()
        {
            cx.actions.push(Action::Transfer(TransferAction::OpenFolder(folder.clone())));
        }
        if outcome.files.len() > 1 {
            let open = state.opened.contains(&transfer.id);
            let count = number::grouped(outcome.files.len() as u64);
            let text = if open {
                tr!(lang, "transfer_window.hide_files")
            } else {
                tr!(lang, "transfer_window.show_files", count = count)
            };
            if widgets::button(ui, text, Look::Quiet).clicked() && !state.opened.remove(&transfer.id) {
                state.opened.insert(transfer.id);
            }
        }
    });
}

/// `to 10.0.0.2:8021 · 4.8 GB in 43 s · 112 MB/s`
fn numbers(lang: Lang, row: &TransferRow, outcome: &Outcome) -> String {
    let transfer = &row.transfer;
    let peer = now::peer(transfer);
    let to = match transfer.direction {
        Direction::Sending => tr!(lang, "transfer_window.to", peer = peer),
        Direction::Receiving => tr!(lang, "transfer_window.from", peer = peer),
    };
    let (size, time) = (number::size(outcome.bytes), number::duration(outcome.moving));
    let took = tr!(lang, "transfer_window.took", size = size, time = time);
    let mut text = format!("{to} · {took} · {}", number::rate(outcome.rate()));
    if outcome.resumed > 0 {
        text.push_str(" · ");
        text.push_str(&tr!(lang, "transfer_window.resumed", size = number::size(outcome.resumed)));
    }
    text
}

fn ended_word(ui: &Ui, lang: Lang, outcome: &Outcome) -> (String, Color32, Color32) {
    let tokens = ui.tokens();
    let (word, color, tint) = match &outcome.result {
        Ok(()) if outcome.confirmed => (tr!(lang, "transfer_window.verified"), tokens.ok, tokens.ok_tint),
        Ok(()) => (tr!(lang, "transfer_window.whole"), tokens.ok, tokens.ok_tint),
        Err(_) => (tr!(lang, "transfer_window.failed"), tokens.error, tokens.error_tint),
    };
    (word.into_owned(), color, tint)
}

/// The hash with a button that copies it, whole.
fn hash_ui(ui: &mut Ui, cx: &mut Cx<'_>, file: &FileOutcome) {
    let lang = cx.lang;
    for (name, hash) in [("BLAKE3", file.blake3), ("SHA-256", file.sha256)] {
        let Some(hash) = hash else { continue };
        let hash = hex(&hash);
        ui.horizontal(|ui| {
            let short = format!("{}…{}", hash.get(..8).unwrap_or_default(), hash.get(56..).unwrap_or_default());
            let text = RichText::new(format!("{name} {short}")).monospace().color(ui.tokens().faint);
            ui.label(text).on_hover_text(&hash);
            if widgets::tiny_icon(ui, icons::COPY, &tr!(lang, "transfer_window.copy_hash", name = name)).clicked() {
                cx.actions.push(Action::Copy(hash.clone()));
            }
        });
    }
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
fn holes_ui(ui: &mut Ui, lang: Lang, file: &FileOutcome) {
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

fn files_ui(ui: &mut Ui, cx: &mut Cx<'_>, outcome: &Outcome) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    for file in outcome.files.iter().take(LISTED) {
        ui.horizontal(|ui| {
            let (word, color) = match &file.end {
                FileEnd::Verified => (tr!(lang, "transfer_window.verified"), tokens.ok),
                FileEnd::Whole => (tr!(lang, "transfer_window.whole"), tokens.ok),
                FileEnd::Declined => (tr!(lang, "transfer_window.declined"), tokens.muted),
                FileEnd::Failed(reason) => (words::reason(lang, reason).into(), tokens.error),
                FileEnd::NotReached => (tr!(lang, "transfer_window.not_reached"), tokens.warn),
            };
            let icon = if file.folder { icons::FOLDER } else { icons::FILE };
            widgets::icon(ui, icon, 13.0, tokens.muted);
            ui.label(RichText::new(&file.name).monospace());
            if !file.folder {
                ui.label(RichText::new(number::size(file.size)).monospace().color(tokens.muted));
            }
            ui.label(RichText::new(word).small().color(color));
        });
    }
    if outcome.files.len() > LISTED {
        let count = number::grouped((outcome.files.len() - LISTED) as u64);
        widgets::hint(ui, tr!(lang, "transfer_window.and_more", count = count));
    }
}
