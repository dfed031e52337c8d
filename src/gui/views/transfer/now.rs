//! What is under way: how far, how fast, how long still, and how to stop it.

use egui::Ui;

use super::{
    bar::{self, Bar},
    section,
};
use crate::{
    gui::{
        Cx,
        actions::Action,
        tr,
        transfers::{TransferAction, TransferBook, TransferRow},
        widgets::{self, Look},
    },
    transfer::{Direction, State, Transfer},
    words::{Lang, number},
};

/// Paints what is under way.
pub fn now_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let model = cx.model;
    if model.transfers.under_way().next().is_none() {
        return;
    }
    ui.add_space(8.0);
    section(ui, &tr!(cx.lang, "transfer_window.now"));
    for row in model.transfers.under_way() {
        card_ui(ui, cx, row);
    }
}

/// What a transfer is called: its first file, and how many more.
pub fn title(lang: Lang, transfer: &Transfer) -> String {
    let title = match transfer.title.as_str() {
        "" => tr!(lang, "transfer_window.unnamed").into_owned(),
        title => title.to_owned(),
    };
    match transfer.tops {
        0 | 1 => title,
        tops => {
            let more = number::grouped(u64::from(tops) - 1);
            tr!(lang, "transfer_window.title_more", title = title, count = more).into_owned()
        }
    }
}

/// The other end: its address, or what was typed for it.
pub fn peer(transfer: &Transfer) -> String {
    let typed = || transfer.to.as_ref().map(ToString::to_string);
    transfer.peer.map(|peer| peer.to_string()).or_else(typed).unwrap_or_default()
}

fn card_ui(ui: &mut Ui, cx: &mut Cx<'_>, row: &TransferRow) {
    let lang = cx.lang;
    let transfer = &row.transfer;
    let bar = Bar {
        title: &title(lang, transfer),
        direction: transfer.direction,
        below: &where_to(lang, transfer),
        progress: &transfer.progress,
        unmeasured: matches!(transfer.state, State::Preparing | State::Connecting | State::Checking),
        still: matches!(transfer.state, State::Paused | State::Asking),
        now: if transfer.state == State::Moving { Ok(row.rate()) } else { Err(state_word(lang, transfer.state)) },
        rates: row.rates.iter().copied(),
        samples: TransferBook::SAMPLES,
    };
    bar.ui(ui, lang, |ui| {
        if widgets::button(ui, tr!(lang, "transfer_window.cancel"), Look::Danger).clicked() {
            cx.actions.push(Action::Transfer(TransferAction::Cancel(transfer.id)));
        }
        let pause = match transfer.state {
            State::Paused => Some((tr!(lang, "transfer_window.unpause"), TransferAction::Unpause(transfer.id))),
            State::Moving => Some((tr!(lang, "transfer_window.pause"), TransferAction::Pause(transfer.id))),
            _ => None,
        };
        if let Some((text, action)) = pause
            && widgets::button(ui, text, Look::Plain).clicked()
        {
            cx.actions.push(Action::Transfer(action));
        }
    });
}

/// `to 10.0.0.2:8021 · 3.1 of 4.8 GB · IMG_2041.HEIC`
fn where_to(lang: Lang, transfer: &Transfer) -> String {
    let progress = &transfer.progress;
    let peer = peer(transfer);
    let mut parts = vec![match transfer.direction {
        Direction::Sending => tr!(lang, "transfer_window.to", peer = peer).into_owned(),
        Direction::Receiving => tr!(lang, "transfer_window.from", peer = peer).into_owned(),
    }];
    parts.push(bar::amount(lang, progress));
    if progress.resumed > 0 {
        let there = number::size(progress.resumed);
        parts.push(tr!(lang, "transfer_window.resumed", size = there).into_owned());
    }
    if progress.files > 1 {
        let (done, files) = (number::grouped(progress.files_done.into()), number::grouped(progress.files.into()));
        parts.push(tr!(lang, "transfer_window.files", done = done, files = files).into_owned());
    }
    if transfer.direction == Direction::Receiving
        && let Some(folder) = &transfer.folder
    {
        let folder = crate::transfer::name::shown(&folder.display().to_string());
        parts.push(tr!(lang, "transfer_window.saving_to", folder = folder).into_owned());
    }
    if !progress.current.is_empty() && progress.current != transfer.title {
        parts.push(progress.current.clone());
    }
    parts.join(" · ")
}

fn state_word(lang: Lang, state: State) -> String {
    match state {
        State::Preparing => tr!(lang, "transfer_window.state_preparing"),
        State::Connecting => tr!(lang, "transfer_window.state_connecting"),
        State::Asking => tr!(lang, "transfer_window.state_asking"),
        State::Checking => tr!(lang, "transfer_window.state_checking"),
        State::Moving => tr!(lang, "transfer_window.state_moving"),
        State::Paused => tr!(lang, "transfer_window.state_paused"),
        State::Finishing => tr!(lang, "transfer_window.state_finishing"),
        State::Ended => tr!(lang, "transfer_window.state_ended"),
    }
    .into_owned()
}
