//! What concerns the window rather than a socket: a strip under the top bar, until it is closed.

use egui::{Align, Frame, Layout, Margin, Panel, Ui};

use super::Cx;
use crate::{
    gui::{
        actions::FileProblem,
        dialogs::Dialogs,
        notice::{Done, Notice},
        theme::{TokensExt as _, icons},
        tr,
        widgets::{self, Look},
    },
    words,
};

/// The strips; what is closed is removed.
pub fn notices_ui(ui: &mut Ui, cx: &Cx<'_>, notices: &mut Vec<Notice>) {
    let tokens = ui.tokens();
    let lang = cx.lang;
    notices.retain(|notice| notice.remaining().is_none_or(|left| !left.is_zero()));
    if let Some(left) = notices.iter().filter_map(Notice::remaining).min() {
        ui.ctx().request_repaint_after(left);
    }
    let mut closed = None;
    for (index, notice) in notices.iter().enumerate() {
        let text = match notice {
            Notice::Broken { kept_as, line: None } => tr!(lang, "settings.broken", path = kept_as.display()),
            Notice::Broken { kept_as, line: Some(line) } => {
                tr!(lang, "settings.broken_line", path = kept_as.display(), line = line)
            }
            Notice::Unreadable { path, error } => {
                tr!(lang, "settings.unreadable", path = path.display(), error = error)
            }
            Notice::NoPreset { path, error } => {
                let error = words::rules_error(lang, error);
                tr!(lang, "classic.no_preset", path = path.display(), error = error)
            }
            Notice::PresetFile { path, problem } => match problem {
                FileProblem::System(error) => {
                    tr!(lang, "classic.file_failed", path = path.display(), error = error)
                }
                FileProblem::TooLarge => tr!(lang, "classic.too_large", path = path.display()),
            },
            Notice::NoFolder { path } => tr!(lang, "transfer_window.no_such_folder", path = path.display()),
            Notice::NoFileManager { path } => tr!(lang, "transfer_window.no_file_manager", path = path.display()),
            Notice::NoDialog => tr!(lang, "transfer_window.no_dialog"),
            Notice::Done { what: Done::PresetSaved(path), .. } => {
                tr!(lang, "classic.saved", path = path.display())
            }
            Notice::Done { what: Done::Copied(language), .. } => tr!(lang, "classic.copied", language = language),
            Notice::NotSaved { path, error } => tr!(lang, "settings.not_saved", path = path.display(), error = error),
        };
        let (icon, color, tint) = match notice {
            Notice::Done { .. } => (icons::CIRCLE_CHECK, tokens.ok, tokens.ok_tint),
            _ => (icons::ALERT, tokens.warn, tokens.warn_tint),
        };
        let frame = Frame::new().fill(tint).inner_margin(Margin::symmetric(16, 6));
        Panel::top(("notice", index)).frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                widgets::icon(ui, icon, 15.0, color);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if widgets::icon_button(ui, icons::X, &tr!(lang, "settings.dismiss")).clicked() {
                        closed = Some(index);
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add(egui::Label::new(text).wrap());
                    });
                });
            });
        });
    }
    if let Some(index) = closed {
        notices.remove(index);
    }
}

/// A strip that says that a file dialog is open, for when it hides behind the window or never comes.
pub fn dialog_ui(ui: &mut Ui, cx: &Cx<'_>, dialogs: &mut Dialogs) {
    if dialogs.open().is_none() {
        return;
    }
    let tokens = ui.tokens();
    let frame = Frame::new().fill(tokens.tcp_tint).inner_margin(Margin::symmetric(16, 6));
    Panel::top("file dialog").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(tr!(cx.lang, "top.dialog_open"));
            if widgets::button(ui, tr!(cx.lang, "top.dialog_give_up"), Look::Plain).clicked() {
                dialogs.give_up();
            }
        });
    });
}
