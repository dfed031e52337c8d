//! What is under way: how far, how fast, how long still, and how to stop it.

use egui::{Align, Frame, Layout, RichText, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::section;
use crate::{
    gui::{
        Cx,
        actions::Action,
        theme::{self, TokensExt as _},
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
    let (lang, tokens) = (cx.lang, ui.tokens());
    let transfer = &row.transfer;
    let progress = &transfer.progress;
    let moving = transfer.state == State::Moving;
    let frame = Frame::new()
        .fill(tokens.panel)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(theme::CARD_RADIUS)
        .inner_margin(14);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 6.0;
        let title = title(lang, transfer);
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let speed = if moving { speed(lang, row) } else { state_word(lang, transfer.state) };
                ui.label(RichText::new(speed).monospace().color(tokens.muted));
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(theme::strong(&title)).truncate());
                });
            });
        });
        ui.add(egui::Label::new(RichText::new(where_to(lang, transfer)).small().color(tokens.muted)).truncate());
        let done = number::size(progress.bytes);
        let spoken = if let Some(total) = progress.total {
            tr!(lang, "transfer_window.bar", title = title, done = done, total = number::size(total))
        } else {
            tr!(lang, "transfer_window.bar_unknown", title = title, done = done)
        };
        let fraction = progress.fraction();
        let bar = widgets::progress(ui, fraction.unwrap_or(0.0) as f32).on_hover_text(spoken.as_ref());
        bar.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, &spoken);
            info.value = fraction.map(|fraction| (fraction * 100.0).floor());
            info
        });
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
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
                plot(ui, lang, row);
            });
        });
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
    let done = number::size(progress.bytes);
    parts.push(match progress.total {
        Some(total) => tr!(lang, "transfer_window.of", done = done, total = number::size(total)).into_owned(),
        None => tr!(lang, "transfer_window.size_unknown", done = done).into_owned(),
    });
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
    if !progress.current.is_empty() {
        parts.push(progress.current.clone());
    }
    parts.join(" · ")
}

/// `112 MB/s (mean 98 MB/s) · 15 s left`
fn speed(lang: Lang, row: &TransferRow) -> String {
    let rate = row.rate();
    let mean = number::rate(row.transfer.progress.mean_rate());
    let now = number::rate(rate);
    let speed = tr!(lang, "transfer_window.speed", now = now, mean = mean);
    match row.transfer.progress.time_left(rate) {
        Some(left) => {
            // Whole seconds: tenths would only flicker.
            let left = number::duration(std::time::Duration::from_secs(left.as_secs().max(1)));
            tr!(lang, "transfer_window.speed_left", speed = speed, left = left).into_owned()
        }
        None => speed.into_owned(),
    }
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

/// How fast it has been: the newest sample at the right.
fn plot(ui: &mut Ui, lang: Lang, row: &TransferRow) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2((ui.available_width() - 8.0).max(40.0), 26.0), Sense::hover());
    let highest = row.rates.iter().copied().fold(0.0_f64, f64::max);
    let name = tr!(lang, "transfer_window.plot", highest = number::rate(highest));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    response.on_hover_text(name.as_ref());
    if row.rates.len() < 2 || highest <= 0.0 {
        return;
    }
    let step = rect.width() / (TransferBook::SAMPLES - 1) as f32;
    let at = |(index, rate): (usize, &f64)| {
        let y = rect.bottom() - 2.0 - (*rate / highest) as f32 * (rect.height() - 4.0);
        pos2(rect.left() + index as f32 * step, y)
    };
    let line: Vec<_> = row.rates.iter().enumerate().map(at).collect();
    ui.painter().add(egui::Shape::line(line, Stroke::new(1.5, tokens.tcp)));
}
