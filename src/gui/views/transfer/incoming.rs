//! What others offer: names, sizes, who asks, where it would go. Nothing is taken without a click here.

use std::time::Instant;

use egui::{Align, Frame, Layout, RichText, ScrollArea, Ui};

use super::{TransferState, bar};
use crate::{
    gui::{
        Cx,
        actions::Action,
        theme::{self, TokensExt as _},
        tr,
        transfers::TransferAction,
        views::head,
        widgets::{self, Look},
    },
    transfer::{Answer, Entry, Offer, ReceiverState},
    words::{self, number},
};

/// Entries of an offer that can be chosen one by one; more are taken or left together.
const LISTED: usize = 500;

/// The column at the right.
pub fn incoming_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState) {
    let lang = cx.lang;
    head(ui, |ui| ui.label(theme::strong(tr!(lang, "transfer_window.incoming"))));
    ScrollArea::vertical().id_salt("offers").auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(14).show(ui, |ui| {
            if cx.model.transfers.offers.is_empty() {
                let listening =
                    cx.model.transfers.receivers.iter().any(|row| matches!(row.state, ReceiverState::Listening(_)));
                let text = if listening {
                    tr!(lang, "transfer_window.nothing_offered")
                } else {
                    tr!(lang, "transfer_window.nobody_listens")
                };
                ui.label(RichText::new(text).color(ui.tokens().muted));
            }
            offers_ui(ui, cx, state);
        });
    });
}

/// The questions, each in a frame.
pub fn offers_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState) {
    let model = cx.model;
    for offer in &model.transfers.offers {
        offer_ui(ui, cx, state, offer);
        ui.add_space(8.0);
    }
    if !model.transfers.offers.is_empty() {
        // The seconds that are left.
        ui.ctx().request_repaint_after(std::time::Duration::from_secs(1));
    }
}

fn offer_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState, offer: &Offer) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    let unwanted = state.unwanted.entry(offer.transfer).or_default();
    bar::card_ui(ui, tokens.tcp, |ui| {
        let count = number::grouped(offer.entries.len() as u64);
        ui.horizontal_wrapped(|ui| {
            widgets::dot(ui, tokens.tcp);
            let from = offer.from.ip();
            ui.label(theme::strong(tr!(lang, "transfer_window.wants", from = from, count = count)));
        });
        let address = tr!(lang, "transfer_window.proves_nothing", address = offer.from);
        ui.label(RichText::new(address).small().color(tokens.muted));
        for (index, entry) in offer.entries.iter().enumerate().take(LISTED) {
            let index = index as u32;
            let mut wanted = entry.refused.is_none() && !unwanted.contains(&index);
            if entry_ui(ui, cx, entry, &mut wanted) {
                if wanted {
                    unwanted.remove(&index);
                } else {
                    unwanted.insert(index);
                }
            }
        }
        if offer.entries.len() > LISTED {
            let count = number::grouped((offer.entries.len() - LISTED) as u64);
            widgets::hint(ui, tr!(lang, "transfer_window.and_more", count = count));
        }
        let takeable = |index: &u32| offer.entries.get(*index as usize).is_some_and(|entry| entry.refused.is_none());
        let wanted: Vec<u32> =
            (0..offer.entries.len() as u32).filter(|index| takeable(index) && !unwanted.contains(index)).collect();
        let folder = crate::transfer::name::shown(&offer.folder.display().to_string());
        let total = offer.bytes_of(&wanted);
        let left = total.and_then(|total| offer.free.checked_sub(total.saturating_sub(offer.resumable)));
        let place = match (total, left) {
            (None, _) => tr!(lang, "transfer_window.place_unknown", folder = folder, free = number::size(offer.free)),
            (Some(_), Some(left)) => {
                tr!(lang, "transfer_window.place", folder = folder, left = number::size(left))
            }
            (Some(total), None) => {
                let (needed, free) = (number::size(total), number::size(offer.free));
                tr!(lang, "transfer_window.place_full", folder = folder, needed = needed, free = free)
            }
        };
        let color = if total.is_some() && left.is_none() { tokens.error } else { tokens.muted };
        ui.label(RichText::new(place).small().color(color));
        if offer.resumable > 0 {
            let size = number::size(offer.resumable);
            widgets::hint(ui, tr!(lang, "transfer_window.resumable", size = size));
        }
        ui.horizontal(|ui| {
            let count = number::grouped(wanted.len() as u64);
            let nothing = tr!(lang, "transfer_window.nothing_chosen");
            let full = tr!(lang, "transfer_window.no_room");
            let reason = match () {
                () if wanted.is_empty() => Some(nothing.as_ref()),
                () if total.is_some() && left.is_none() => Some(full.as_ref()),
                () => None,
            };
            let accept = tr!(lang, "transfer_window.accept", count = count);
            let tip = tr!(lang, "transfer_window.accept_tip");
            if widgets::verb(ui, &accept, Look::Primary, &tip, reason).clicked() {
                let answer = if wanted.len() == offer.entries.len() { Answer::All } else { Answer::Some(wanted) };
                cx.actions.push(Action::Transfer(TransferAction::Answer(offer.transfer, answer)));
            }
            if widgets::button(ui, tr!(lang, "transfer_window.decline"), Look::Plain).clicked() {
                cx.actions.push(Action::Transfer(TransferAction::Answer(offer.transfer, Answer::Decline)));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let seconds = offer.deadline.saturating_duration_since(Instant::now()).as_secs();
                let clock = format!("{}:{:02}", seconds / 60, seconds % 60);
                ui.label(RichText::new(&clock).monospace().color(tokens.muted))
                    .on_hover_text(tr!(lang, "transfer_window.deadline"));
            });
        });
    });
}

/// One file or folder; returns whether its box was clicked.
fn entry_ui(ui: &mut Ui, cx: &Cx<'_>, entry: &Entry, wanted: &mut bool) -> bool {
    let (lang, tokens) = (cx.lang, ui.tokens());
    let mut changed = false;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let size = match (entry.folder, entry.size) {
                (true, _) => tr!(lang, "transfer_window.folder").into_owned(),
                (false, Some(size)) => number::size(size),
                (false, None) => tr!(lang, "transfer_window.unknown").into_owned(),
            };
            ui.label(RichText::new(size).monospace().color(tokens.muted));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let enabled = entry.refused.is_none();
                let text = RichText::new(&entry.name).monospace();
                ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
                let checkbox = ui.add_enabled(enabled, egui::Checkbox::new(wanted, text));
                changed = checkbox.changed();
            });
        });
    });
    if let Some(reason) = &entry.refused {
        widgets::error_line(ui, words::reason(lang, reason));
    } else if let Some(saved) = &entry.saved_as {
        widgets::hint(ui, tr!(lang, "transfer_window.saved_as", name = saved));
    }
    changed
}
