//! What is to be sent, to whom, and which way.

use egui::{Align, Frame, Key, Layout, RichText, Stroke, Ui};

use super::{
    TransferState,
    paths::{self, Found},
    section, way_tip, way_words,
};
use crate::{
    gui::{
        Cx,
        actions::{Action, FileFor},
        theme::{self, TokensExt as _, icons},
        tr,
        transfers::TransferAction,
        widgets::{self, Field, Look},
    },
    net::Endpoint,
    transfer::{SendOptions, SendSpec, Way},
    words,
};

/// Slowest pace over UDP, in bytes a second: less would never end.
const SLOWEST: u64 = 1_000;

/// To whom, and which way.
pub fn address_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState) {
    let lang = cx.lang;
    let settings = &cx.model.settings.transfer;
    ui.spacing_mut().item_spacing.y = 8.0;
    section(ui, &tr!(lang, "transfer_window.send_to"));
    let parsed = state.to.parse::<Endpoint>();
    let error = match &parsed {
        Err(error) if !state.to.is_empty() => Some(words::address_error(lang, error)),
        _ => None,
    };
    let label = tr!(lang, "transfer_window.address");
    let width = ui.available_width();
    Field::new(&label, &mut state.to).width(width).placeholder("192.168.1.20:8021").error(error).show(ui);
    for recent in &settings.recent {
        let name = tr!(lang, "transfer_window.recent", address = recent);
        let text = RichText::new(recent).monospace();
        let chosen = state.to == *recent;
        let mut forgotten = false;
        let card = widgets::card(ui, ("recent", recent), &name, chosen, |ui| {
            ui.spacing_mut().interact_size.y = 18.0;
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let forget = tr!(lang, "transfer_window.forget_recent", address = recent);
                    forgotten = widgets::tiny_icon(ui, icons::X, &forget).clicked();
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add(egui::Label::new(text).truncate());
                    });
                });
            });
        });
        if forgotten {
            let mut settings = settings.clone();
            settings.recent.retain(|known| known != recent);
            cx.actions.push(Action::Transfer(TransferAction::Set(settings)));
        } else if card.clicked() {
            state.to.clone_from(recent);
        }
    }
    let mut way = settings.way;
    if widgets::choice(ui, &tr!(lang, "transfer_window.way"), &mut way, &way_words(lang)) {
        let mut settings = settings.clone();
        settings.way = way;
        cx.actions.push(Action::Transfer(TransferAction::Set(settings)));
    }
    widgets::hint(ui, way_tip(lang, way));
    if way == Way::Udp {
        let error = pace(&state.pace).is_err().then(|| tr!(lang, "transfer_window.pace_wrong").into_owned());
        let label = tr!(lang, "transfer_window.pace");
        let help = tr!(lang, "transfer_window.pace_help").into_owned();
        Field::new(&label, &mut state.pace).width(160.0).placeholder("1000000").error(error).help(Some(help)).show(ui);
    }
}

/// What is to be sent: files dropped, chosen or typed, and the button that sends them.
pub fn drop_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    let hovering = ui.input(|input| !input.raw.hovered_files.is_empty());
    let frame =
        Frame::new().fill(if hovering { tokens.tcp_tint } else { tokens.sunken }).corner_radius(theme::CARD_RADIUS);
    let shown = frame.inner_margin(16).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            ui.add_space(4.0);
            ui.heading(tr!(lang, "transfer_window.drop"));
            ui.label(RichText::new(tr!(lang, "transfer_window.then")).color(tokens.muted));
        });
        ui.add_space(4.0);
        buttons_ui(ui, cx);
        ui.add_space(8.0);
        typed_ui(ui, cx, state);
        if !state.paths.is_empty() {
            chosen_ui(ui, cx, state);
        }
        ui.add_space(4.0);
    });
    let rect = shown.response.rect.shrink(0.5);
    let stroke = Stroke::new(1.0, if hovering { tokens.tcp } else { tokens.faint });
    dashed(ui, rect, stroke);
}

/// Two buttons in the middle of the row.
fn buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let lang = cx.lang;
    let (files, folder) = (tr!(lang, "transfer_window.choose_files"), tr!(lang, "transfer_window.choose_folder"));
    let id = ui.scope_id().with("width of the buttons");
    let width: f32 = ui.data(|data| data.get_temp(id).unwrap_or(240.0));
    let row = ui.horizontal(|ui| {
        ui.add_space(((ui.available_width() - width) / 2.0).max(0.0));
        let left = ui.cursor().left();
        if widgets::button(ui, files, Look::Primary).clicked() {
            cx.actions.push(Action::ChooseFile(FileFor::TransferFiles));
        }
        if widgets::button(ui, folder, Look::Plain).clicked() {
            cx.actions.push(Action::ChooseFile(FileFor::TransferFolder));
        }
        ui.min_rect().right() - left
    });
    if (row.inner - width).abs() > 0.5 {
        ui.data_mut(|data| data.insert_temp(id, row.inner));
        ui.ctx().request_discard("the buttons have another width");
    }
}

/// The path field, which works where no dialog does.
fn typed_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut TransferState) {
    let lang = cx.lang;
    ui.horizontal(|ui| {
        let label = tr!(lang, "transfer_window.path");
        let label = ui.label(RichText::new(label).color(ui.tokens().muted));
        let add = tr!(lang, "transfer_window.add");
        // The button stands at the end of the row, whatever it is called.
        let button = widgets::button_width(ui, &add) + ui.spacing().item_spacing.x;
        let edit = widgets::line(&mut state.typed_path, (ui.available_width() - button).max(120.0));
        let response = ui.add(edit.char_limit(4_096)).labelled_by(label.id);
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let empty = state.typed_path.trim().is_empty();
        let reason = tr!(lang, "transfer_window.no_path");
        let tip = tr!(lang, "transfer_window.add_tip");
        let reason = empty.then_some(reason.as_ref());
        let clicked = widgets::verb(ui, &add, Look::Plain, &tip, reason).clicked();
        if (clicked || entered) && !empty {
            state.add([paths::typed(&state.typed_path)]);
            state.typed_path.clear();
            if entered {
                response.request_focus();
            }
        }
    });
}

/// What was chosen, and the button that sends it.
fn chosen_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState) {
    let (lang, tokens) = (cx.lang, ui.tokens());
    ui.add_space(8.0);
    let mut removed = None;
    for (index, path) in state.paths.iter().enumerate().take(SHOWN) {
        ui.horizontal(|ui| {
            let shown = crate::transfer::name::shown(&path.display().to_string());
            let found = state.finds.at(path, ui.ctx());
            let icon = if found == Some(Found::Folder) { icons::FOLDER } else { icons::FILE };
            widgets::icon(ui, icon, 14.0, tokens.muted);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let name = tr!(lang, "transfer_window.remove", path = shown);
                if widgets::quiet_icon(ui, icons::X, &name).clicked() {
                    removed = Some(index);
                }
                if found == Some(Found::Nothing) {
                    ui.label(RichText::new(tr!(lang, "transfer_window.not_there")).small().color(tokens.error));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| widgets::file_name(ui, &shown));
            });
        });
    }
    if state.paths.len() > SHOWN {
        let count = words::number::grouped((state.paths.len() - SHOWN) as u64);
        widgets::hint(ui, tr!(lang, "transfer_window.and_more", count = count));
    }
    if let Some(index) = removed {
        let path = state.paths.remove(index);
        state.finds.forget(&path);
    }
    ui.horizontal(|ui| {
        let way = cx.model.settings.transfer.way;
        let to = state.to.parse::<Endpoint>();
        let pace = pace(&state.pace);
        let reason = match (&to, &pace) {
            (Err(_), _) if state.to.is_empty() => Some(tr!(lang, "transfer_window.no_address")),
            (Err(_), _) => Some(tr!(lang, "transfer_window.wrong_address")),
            (_, Err(())) if way == Way::Udp => Some(tr!(lang, "transfer_window.pace_wrong")),
            _ => None,
        };
        let text = tr!(lang, "transfer_window.send");
        let address = to.as_ref().map(ToString::to_string).unwrap_or_default();
        let tip = way_tip(lang, way);
        let mut send = widgets::verb(ui, &text, Look::Primary, &tip, reason.as_deref());
        if to.is_ok() {
            send = send.accessible_name(tr!(lang, "transfer_window.send_it_to", address = address));
            // However long it is, the column stays as wide as it is.
            let peer = RichText::new(tr!(lang, "transfer_window.to", peer = address)).small().color(tokens.muted);
            ui.add(egui::Label::new(peer).truncate());
        }
        if send.clicked()
            && let (Ok(to), Ok(pace)) = (to, pace.or(if way == Way::Udp { Err(()) } else { Ok(None) }))
        {
            let options = SendOptions { pace, sha256: true, ..SendOptions::default() };
            let mut settings = cx.model.settings.transfer.clone();
            settings.remember(&state.to);
            cx.actions.push(Action::Transfer(TransferAction::Set(settings)));
            let paths = std::mem::take(&mut state.paths);
            for path in &paths {
                state.finds.forget(path);
            }
            cx.actions.push(Action::Transfer(TransferAction::Send(SendSpec { paths, to, way, options })));
        }
        if let Some(reason) = reason {
            widgets::hint(ui, reason);
        }
    });
}

/// Paths that are listed; the others are counted.
const SHOWN: usize = 12;

/// Bytes a second as typed; `None` for as fast as it goes.
fn pace(typed: &str) -> Result<Option<u64>, ()> {
    // As people group thousands.
    let typed = typed.trim().replace([' ', '_', ',', '\'', '\u{a0}', '\u{202f}'], "");
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().ok().filter(|pace| *pace >= SLOWEST).map(Some).ok_or(())
}

/// A dashed border, which says: things can be put in here.
fn dashed(ui: &Ui, rect: egui::Rect, stroke: Stroke) {
    let painter = ui.painter();
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    painter.extend(egui::Shape::dashed_line(&corners, stroke, 5.0, 4.0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_a_number_of_bytes_and_not_too_slow() {
        assert_eq!(pace(" "), Ok(None));
        for million in ["1 000 000", "1,000,000", "1'000'000", "1000000"] {
            assert_eq!(pace(million), Ok(Some(1_000_000)));
        }
        for wrong in ["999", "-5", "fast", "1e6"] {
            assert_eq!(pace(wrong), Err(()), "{wrong}");
        }
    }
}
