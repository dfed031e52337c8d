//! What concerns the window rather than a socket: a strip under the top bar, until it is closed.

use egui::{Align, Frame, Layout, Margin, Panel, Ui};

use super::Cx;
use crate::gui::{
    dialogs::Dialogs,
    settings_file::Notice,
    theme::{TokensExt as _, icons},
    tr,
    widgets::{self, Look},
};

/// The strips; what is closed is removed.
pub fn notices_ui(ui: &mut Ui, cx: &Cx<'_>, notices: &mut Vec<Notice>) {
    let tokens = ui.tokens();
    let lang = cx.lang;
    let mut closed = None;
    for (index, notice) in notices.iter().enumerate() {
        let text = match notice {
            Notice::Broken { kept_as } => tr!(lang, "settings.broken", path = kept_as.display()),
            Notice::Unreadable { path, error } => {
                tr!(lang, "settings.unreadable", path = path.display(), error = error)
            }
            Notice::NotSaved { path, error } => tr!(lang, "settings.not_saved", path = path.display(), error = error),
        };
        let frame = Frame::new().fill(tokens.warn_tint).inner_margin(Margin::symmetric(16, 6));
        Panel::top(("notice", index)).frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                widgets::icon(ui, icons::ALERT, 15.0, tokens.warn);
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
