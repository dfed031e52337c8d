//! What others offer: names, sizes, who asks, where it would go. Nothing is taken without a click here.

use std::{collections::BTreeSet, time::Instant};

use egui::{Align, Checkbox, Frame, Layout, RichText, ScrollArea, TextStyle, Ui};

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
    words::{self, Lang, number},
};

/// Entries of an offer that can be chosen one by one; more are taken or left together.
const LISTED: usize = 500;
/// The list scrolls beyond so many points.
const LIST_HEIGHT: f32 = 240.0;

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
        ui.horizontal_wrapped(|ui| {
            widgets::dot(ui, tokens.tcp);
            ui.label(theme::strong(wants(lang, offer)));
        });
        let address = tr!(lang, "transfer_window.proves_nothing", address = offer.from);
        ui.label(RichText::new(address).small().color(tokens.muted));
        // Above the list, however long that is: the answer has to be given in time.
        answer_ui(ui, cx, unwanted, offer);
        let can = offer.entries.iter().filter(|entry| entry.refused.is_none()).count();
        if can > 1 {
            all_ui(ui, lang, unwanted, offer);
        }
        let list = ScrollArea::vertical().id_salt(("entries", offer.transfer)).max_height(LIST_HEIGHT);
        list.auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (index, entry) in offer.entries.iter().enumerate().take(LISTED) {
                let mut wanted = entry.refused.is_none() && !unwanted.contains(&(index as u32));
                if entry_ui(ui, cx, entry, &mut wanted) {
                    want(&offer.entries, unwanted, index, wanted);
                }
            }
            if offer.entries.len() > LISTED {
                let count = number::grouped((offer.entries.len() - LISTED) as u64);
                widgets::hint(ui, tr!(lang, "transfer_window.and_more", count = count));
            }
        });
    });
}

/// `192.0.2.2 wants to send 3 files and 1 folder (79 MB)`
fn wants(lang: Lang, offer: &Offer) -> String {
    let folders = offer.entries.iter().filter(|entry| entry.folder).count();
    let what = super::files_and_folders(lang, offer.entries.len() - folders, folders);
    let size = match offer.total {
        Some(total) => number::size(total),
        None => tr!(lang, "transfer_window.unknown").into_owned(),
    };
    tr!(lang, "transfer_window.wants", from = offer.from.ip(), what = what, size = size).into_owned()
}

/// Where it would go, and the answer.
fn answer_ui(ui: &mut Ui, cx: &mut Cx<'_>, unwanted: &BTreeSet<u32>, offer: &Offer) {
    let (lang, tokens) = (cx.lang, ui.tokens());
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
}

/// The box that ticks all of them, or none.
fn all_ui(ui: &mut Ui, lang: Lang, unwanted: &mut BTreeSet<u32>, offer: &Offer) {
    let mut all = unwanted.is_empty();
    let some = !all && unwanted.len() < offer.entries.len();
    let text = tr!(lang, "transfer_window.all");
    let clicked = ui.add(Checkbox::new(&mut all, text.as_ref()).indeterminate(some)).changed();
    if clicked && all {
        unwanted.clear();
    } else if clicked {
        unwanted.extend(0..offer.entries.len() as u32);
    }
}

/// Ticks an entry or not, and with a folder what is in it.
fn want(entries: &[Entry], unwanted: &mut BTreeSet<u32>, index: usize, wanted: bool) {
    let Some(chosen) = entries.get(index) else { return };
    let inside = format!("{}/", chosen.name);
    for (entry, at) in entries.iter().zip(0_u32..) {
        if at as usize == index || chosen.folder && entry.name.starts_with(&inside) {
            if wanted {
                unwanted.remove(&at);
            } else {
                unwanted.insert(at);
            }
        }
    }
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
                let name = widgets::spaces(&entry.name);
                let font = TextStyle::Monospace.resolve(ui.style());
                let room = ui.available_width() - ui.spacing().icon_width - ui.spacing().icon_spacing;
                let short = widgets::middle(ui, &name, &font, room);
                let text = RichText::new(short.as_ref()).font(font);
                ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
                let checkbox = ui.add_enabled(entry.refused.is_none(), Checkbox::new(wanted, text));
                changed = checkbox.changed();
                let checkbox = checkbox.accessible_name(name.as_ref());
                if short != name {
                    checkbox.on_hover_text(name.as_ref()).on_disabled_hover_text(name.as_ref());
                }
            });
        });
    });
    if let Some(reason) = &entry.refused {
        widgets::error_line(ui, words::reason(lang, reason));
    } else if let Some(saved) = &entry.saved_as {
        widgets::hint(ui, tr!(lang, "transfer_window.saved_as", name = widgets::spaces(saved)));
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_folder_goes_what_is_in_it() {
        let entry = |name: &str, folder| Entry { name: name.into(), saved_as: None, folder, size: None, refused: None };
        let entries = [entry("a", true), entry("a/x", true), entry("a/x/1", false), entry("ab", false)];
        let mut unwanted = BTreeSet::new();
        want(&entries, &mut unwanted, 0, false);
        assert_eq!(unwanted, BTreeSet::from([0, 1, 2]));
        want(&entries, &mut unwanted, 1, true);
        assert_eq!(unwanted, BTreeSet::from([0]));
        want(&entries, &mut unwanted, 3, false);
        assert_eq!(unwanted, BTreeSet::from([0, 3]));
    }
}
