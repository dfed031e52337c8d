//! Where files are received: a form, and the receivers that listen, with this computer's addresses large enough to read
//! across the table.

use std::{borrow::Cow, path::PathBuf};

use egui::{FontFamily, FontId, RichText, Ui};

use super::{TransferState, section, way_words};
use crate::{
    gui::{
        Cx,
        actions::{Action, FileFor},
        theme::{TokensExt as _, icons},
        tr,
        transfers::TransferAction,
        views::new_socket::address_buttons,
        widgets::{self, Field, Look},
    },
    net::{Reach, options::parse_bind},
    transfer::{Partial, Policy, ReceiveSpec, ReceiverRow, ReceiverState, Way},
    words::{self, Lang},
};

/// Paints the form and the receivers.
pub fn receive_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState) {
    let lang = cx.lang;
    let model = cx.model;
    let settings = &model.settings.transfer;
    section(ui, &tr!(lang, "transfer_window.receive_here"));
    let over = |row: &ReceiverRow| matches!(row.state, ReceiverState::Stopped | ReceiverState::Failed(_));
    for receiver in model.transfers.receivers.iter().filter(|row| !over(row)) {
        receiver_ui(ui, cx, receiver);
    }
    let bind = state.bind.get_or_insert_with(|| settings.bind.clone());
    let parsed = parse_bind(bind);
    let (error, help) = match &parsed {
        Ok(address) => (None, Some(model.reach(lang, address.ip()))),
        Err(error) => (Some(words::address_error(lang, error)), None),
    };
    let label = tr!(lang, "transfer_window.listen_on");
    let width = ui.available_width();
    Field::new(&label, bind).width(width).placeholder("0.0.0.0:8021").error(error).help(help).show(ui);
    let port = parsed.as_ref().map_or(0, std::net::SocketAddr::port);
    if let Some(address) = ui.horizontal(|ui| address_buttons(ui, lang, port)).inner {
        *bind = address;
    }
    let folder = state.folder.get_or_insert_with(|| settings.folder().display().to_string());
    let label = tr!(lang, "transfer_window.into");
    let error = folder.trim().is_empty().then(|| tr!(lang, "transfer_window.no_folder").into_owned());
    Field::new(&label, folder).width(width).error(error).show(ui);
    let folder = PathBuf::from(folder.trim());
    if widgets::button(ui, tr!(lang, "transfer_window.choose_into"), Look::Plain).clicked() {
        cx.actions.push(Action::ChooseFile(FileFor::TransferInto));
    }
    let mut changed = settings.clone();
    let label = tr!(lang, "transfer_window.receive_way");
    widgets::choice(ui, &label, &mut changed.receive_way, &way_words(lang));
    widgets::hint(ui, from_tip(lang, changed.receive_way));
    if changed.receive_way.resumes() {
        let mut keep = changed.partial == Partial::Keep;
        ui.checkbox(&mut keep, tr!(lang, "transfer_window.keep")).on_hover_text(tr!(lang, "transfer_window.keep_tip"));
        changed.partial = if keep { Partial::Keep } else { Partial::Remove };
    }
    let reason = match &parsed {
        Err(_) => Some(tr!(lang, "new.wrong_field")),
        Ok(_) if folder.as_os_str().is_empty() => Some(tr!(lang, "transfer_window.no_folder")),
        Ok(_) => None,
    };
    let tip = tr!(lang, "transfer_window.start_tip");
    if widgets::verb(ui, &tr!(lang, "transfer_window.start"), Look::Primary, &tip, reason.as_deref()).clicked()
        && let Ok(bind) = parsed
    {
        changed.bind = bind.to_string();
        changed.folder = Some(folder.clone());
        // Only what can be resumed is worth keeping.
        let partial = if changed.receive_way.resumes() { changed.partial } else { Partial::Remove };
        let policy = Policy { partial, sha256: true, ..Policy::default() };
        let spec = ReceiveSpec { bind, folder, way: changed.receive_way, policy };
        cx.actions.push(Action::Transfer(TransferAction::Receive(spec)));
    }
    if changed != *settings {
        cx.actions.push(Action::Transfer(TransferAction::Set(changed)));
    }
    // Below the form, which they would push out of the window.
    for receiver in model.transfers.receivers.iter().rev().filter(|row| over(row)) {
        receiver_ui(ui, cx, receiver);
    }
}

/// What whoever receives has to know of a way.
fn from_tip(lang: Lang, way: Way) -> Cow<'static, str> {
    match way {
        Way::Framed => tr!(lang, "transfer_window.framed_from"),
        Way::Raw => tr!(lang, "transfer_window.raw_from"),
        Way::Helper => tr!(lang, "transfer_window.helper_from"),
        Way::Udp => tr!(lang, "transfer_window.udp_from"),
    }
}

fn receiver_ui(ui: &mut Ui, cx: &mut Cx<'_>, receiver: &ReceiverRow) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    let words = way_words(lang);
    let Some((_, way, _)) = words.iter().find(|(way, ..)| *way == receiver.spec.way) else { return };
    let (badge, color, tint) = match &receiver.state {
        ReceiverState::Starting => (tr!(lang, "transfer_window.starting"), tokens.muted, tokens.sunken),
        ReceiverState::Listening(_) => (tr!(lang, "transfer_window.listening"), tokens.ok, tokens.ok_tint),
        ReceiverState::Stopped => (tr!(lang, "transfer_window.stopped"), tokens.muted, tokens.sunken),
        ReceiverState::Failed(_) => (tr!(lang, "transfer_window.failed"), tokens.error, tokens.error_tint),
    };
    let frame = egui::Frame::new().stroke(egui::Stroke::new(1.0, tokens.line)).corner_radius(8).inner_margin(10);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(crate::gui::theme::strong(way.as_str()));
            widgets::badge(ui, &badge, color, tint);
        });
        match &receiver.state {
            ReceiverState::Listening(address) => {
                let large = FontId::new(20.0, FontFamily::Monospace);
                for shown in cx.model.transfer_addresses(*address) {
                    let name = tr!(lang, "transfer_window.copy_address", address = shown);
                    ui.horizontal(|ui| {
                        ui.label(RichText::new(&shown).font(large.clone()));
                        if widgets::quiet_icon(ui, icons::COPY, &name).clicked() {
                            cx.actions.push(Action::Copy(shown.clone()));
                        }
                    });
                }
                let reach = cx.model.reach(lang, address.ip());
                if Reach::of(address.ip()) == Reach::ThisComputer {
                    widgets::hint(ui, reach);
                } else {
                    ui.label(RichText::new(reach).small().color(tokens.warn));
                }
            }
            ReceiverState::Failed(reason) => {
                widgets::error_line(ui, words::reason(lang, reason));
            }
            ReceiverState::Starting | ReceiverState::Stopped => {}
        }
        let folder = receiver.spec.folder.display().to_string();
        widgets::hint(ui, tr!(lang, "transfer_window.saves_in", folder = crate::transfer::name::shown(&folder)));
        ui.horizontal(|ui| {
            let action = match receiver.state {
                ReceiverState::Stopped | ReceiverState::Failed(_) => {
                    let clicked = widgets::button(ui, tr!(lang, "transfer_window.forget"), Look::Plain).clicked();
                    clicked.then_some(TransferAction::ForgetReceiver(receiver.id))
                }
                _ => {
                    let clicked = widgets::button(ui, tr!(lang, "transfer_window.stop"), Look::Plain)
                        .on_hover_text(tr!(lang, "transfer_window.stop_tip"))
                        .clicked();
                    clicked.then_some(TransferAction::Stop(receiver.id))
                }
            };
            if let Some(action) = action {
                cx.actions.push(Action::Transfer(action));
            }
            if widgets::button(ui, tr!(lang, "transfer_window.open_folder"), Look::Quiet).clicked() {
                cx.actions.push(Action::Transfer(TransferAction::OpenFolder(receiver.spec.folder.clone())));
            }
        });
    });
}
