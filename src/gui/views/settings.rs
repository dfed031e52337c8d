//! The few settings, in a popup under the top bar's last button.

use egui::{Popup, PopupCloseBehavior, Response, Ui};

use super::Cx;
use crate::{
    gui::{
        actions::Action,
        settings::JournalLimit,
        theme::ThemeChoice,
        tr,
        widgets::{self, choice},
    },
    words::{Lang, number},
};

/// The popup of `button`, while it is open.
pub fn settings_ui(button: &Response, cx: &mut Cx<'_>, open: &mut bool) {
    let lang = cx.lang;
    let popup = Popup::from_response(button)
        .open_bool(open)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name(tr!(lang, "settings.title"))
        .gap(6.0)
        .width(360.0);
    popup.show(|ui| {
        ui.set_width(360.0);
        ui.spacing_mut().item_spacing.y = 12.0;
        egui::Frame::new().inner_margin(8).show(ui, |ui| contents(ui, cx));
    });
}

fn contents(ui: &mut Ui, cx: &mut Cx<'_>) {
    let lang = cx.lang;
    let settings = &cx.model.settings;
    ui.heading(tr!(lang, "settings.title"));
    let mut chosen = settings.language();
    // Each in its own language: who cannot read this one finds the way back.
    let languages = [(Lang::En, "English".to_owned(), String::new()), (Lang::Zh, "简体中文".to_owned(), String::new())];
    if choice(ui, &tr!(lang, "settings.language"), &mut chosen, &languages) {
        cx.actions.push(Action::SetLang(chosen));
    }
    let mut theme = settings.theme;
    let themes = ThemeChoice::ALL.map(|theme| {
        let word = match theme {
            ThemeChoice::System => tr!(lang, "settings.theme_system"),
            ThemeChoice::Light => tr!(lang, "settings.theme_light"),
            ThemeChoice::Dark => tr!(lang, "settings.theme_dark"),
        };
        (theme, word.into_owned(), String::new())
    });
    if choice(ui, &tr!(lang, "settings.theme"), &mut theme, &themes) {
        cx.actions.push(Action::SetTheme(theme));
    }
    let mut zoom = settings.zoom_percent;
    let zooms = [80, 100, 125, 150, 200].map(|percent| (percent, format!("{percent} %"), String::new()));
    if choice(ui, &tr!(lang, "settings.zoom"), &mut zoom, &zooms) {
        cx.actions.push(Action::SetZoom(zoom));
    }
    let mut limit = settings.journal;
    let limits = JournalLimit::CHOICES.map(|limit| (limit, format!("{} MiB", limit.0), String::new()));
    if choice(ui, &tr!(lang, "settings.journal"), &mut limit, &limits) {
        cx.actions.push(Action::SetJournal(limit));
    }
    let held = number::size(cx.model.journal.held() as u64);
    let rows = number::grouped(cx.model.journal.len() as u64);
    widgets::hint(ui, tr!(lang, "settings.journal_help", held = held, rows = rows));
    if let Some(path) = &cx.model.settings_path {
        widgets::hint(ui, tr!(lang, "settings.path", path = path.display()));
    }
}
