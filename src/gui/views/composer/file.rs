//! A file's bytes, as they are: chosen in a dialog of the system or typed, and how far they have come.

use egui::{Margin, RichText, TextEdit, TextStyle, Ui};

use super::{
    draft::Draft,
    target::{Blocked, Target},
};
use crate::{
    gui::{
        Cx,
        actions::{Action, FileFor},
        meter::Meter,
        tr,
        views::transfer::bar::{self, Bar},
        widgets::{self, Look, compact::compact_button, hint},
    },
    journal::SocketEntry,
    net::Command,
    transfer::Direction,
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
        let field = ui.add(field).labelled_by(label.id);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
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
            let clicked = compact_button(ui, &tr!(lang, "composer.send_file")).clicked();
            if (clicked || entered && !path.is_empty())
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

/// How far the file that is being sent has come, how fast, and the buttons that hold it up and stop it.
pub fn running_ui(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry) {
    let lang = cx.lang;
    for id in std::iter::once(&entry.id).chain(&entry.connections) {
        let Some(meter) = cx.model.meter(*id) else { continue };
        let Some((name, progress)) = cx.model.file(*id) else { continue };
        let looks = cx.model.file_looks(*id);
        let peer = cx.model.sockets.get(*id).and_then(|socket| socket.peer);
        let amount = bar::amount(lang, &progress);
        let below = match peer {
            Some(peer) => format!("{} · {amount}", tr!(lang, "transfer_window.to", peer = peer)),
            None => amount,
        };
        let paused = meter.totals().file_paused;
        let per_second = meter.per_second().bytes_out;
        let bar = Bar {
            title: name,
            direction: Direction::Sending,
            below: &below,
            progress: &progress,
            unmeasured: false,
            still: paused,
            now: match per_second {
                _ if paused => Err(tr!(lang, "transfer_window.state_paused").into_owned()),
                0 => Err(tr!(lang, "composer.waits").into_owned()),
                rate => Ok(rate as f64),
            },
            // Those before were of something else.
            rates: meter
                .samples()
                .skip(meter.samples().len().saturating_sub(looks))
                .map(|sample| sample.bytes_out as f64 * Meter::SAMPLES_A_SECOND),
            samples: Meter::SAMPLES,
        };
        bar.ui(ui, lang, |ui| {
            if widgets::button(ui, tr!(lang, "transfer_window.cancel"), Look::Danger).clicked() {
                cx.actions.verb(*id, Command::CancelFile);
            }
            let pause = if paused { "composer.file_unpause" } else { "composer.file_pause" };
            if widgets::button(ui, tr!(lang, pause), Look::Plain).clicked() {
                cx.actions.verb(*id, Command::PauseFile(!paused));
            }
        });
    }
}
