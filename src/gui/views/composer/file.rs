//! A file's bytes, as they are: chosen in a dialog of the system or typed, and how far they have come.

use std::time::Duration;

use egui::{Margin, RichText, TextEdit, TextStyle, Ui};

use super::{
    draft::Draft,
    target::{Blocked, Target},
};
use crate::{
    gui::{
        Cx,
        actions::{Action, FileFor},
        theme::{TokensExt as _, icons},
        tr,
        widgets::{
            compact::{compact_button, compact_icon},
            hint, progress,
        },
    },
    journal::SocketEntry,
    net::Command,
    words::number::{duration, rate, size},
};

/// The field for the path, the button for the dialog, and the one that sends.
pub fn file_ui(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Draft, target: &Result<Target, Blocked>) {
    let lang = cx.lang;
    let mut chosen = None;
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new(tr!(lang, "composer.path")).small());
        let field = TextEdit::singleline(&mut draft.file)
            .id_salt("composer_file")
            .font(TextStyle::Monospace)
            .margin(Margin::symmetric(8, 3))
            .desired_width((ui.available_width() - 200.0).clamp(120.0, 420.0))
            .char_limit(4_096);
        ui.add(field).labelled_by(label.id);
        // The dialog answers later: by then it must still be clear who is to send.
        let single = target.as_ref().ok().filter(|target| target.sockets.len() == 1);
        ui.add_enabled_ui(single.is_some(), |ui| {
            let button = compact_button(ui, &tr!(lang, "composer.choose_file"));
            if button.on_disabled_hover_text(tr!(lang, "composer.choose_single")).clicked()
                && let Some(target) = single
                && let Some(socket) = target.sockets.first()
            {
                chosen = Some(Action::ChooseFile(FileFor::Send { socket: *socket, to: target.to }));
            }
        });
        let path = draft.file.trim();
        ui.add_enabled_ui(target.is_ok() && !path.is_empty(), |ui| {
            if compact_button(ui, &tr!(lang, "composer.send_file")).clicked()
                && let Ok(target) = target
            {
                for id in &target.sockets {
                    cx.actions.verb(*id, Command::SendFile { path: path.into(), to: target.to });
                }
            }
        });
    });
    if let Some(action) = chosen {
        cx.actions.push(action);
    }
    hint(ui, tr!(lang, "composer.file_hint"));
}

/// How far the file that is being sent has come, how fast, and the button that stops it.
pub fn running_ui(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry) {
    let lang = cx.lang;
    for id in std::iter::once(&entry.id).chain(&entry.connections) {
        let Some(meter) = cx.model.meter(*id) else { continue };
        let totals = meter.totals();
        if totals.file_size == 0 || totals.file_sent >= totals.file_size {
            continue;
        }
        let per_second = meter.per_second().bytes_out;
        let seconds = (totals.file_size - totals.file_sent).checked_div(per_second).map(Duration::from_secs);
        let left = seconds.map(|time| tr!(lang, "composer.time_left", time = duration(time)));
        let left = left.unwrap_or_else(|| tr!(lang, "composer.waits"));
        let text = tr!(
            lang,
            "composer.sending_file",
            sent = size(totals.file_sent),
            size = size(totals.file_size),
            rate = rate(per_second as f64),
            left = left
        );
        ui.horizontal(|ui| {
            ui.label(RichText::new(icons::FILE).color(ui.tokens().tcp));
            if compact_icon(ui, icons::X, &tr!(lang, "composer.cancel"), true).clicked() {
                cx.actions.verb(*id, Command::CancelFile);
            }
            ui.label(RichText::new(text).small());
        });
        progress(ui, totals.file_sent as f32 / totals.file_size as f32);
    }
}
