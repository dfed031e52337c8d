//! The rules of the built-in presets, to be taken over as they are or as a beginning.

use egui::{ScrollArea, Ui};

use crate::{
    gui::{
        tr,
        widgets::compact::{compact_menu, menu_entry},
    },
    net::Responder,
    preset::{self, Role},
    words::Lang,
};

/// A menu of them, for a socket that listens or one that speaks first. Returns the one that was chosen.
pub fn built_in_ui(ui: &mut Ui, lang: Lang, client: bool) -> Option<Responder> {
    let title = tr!(lang, "editor.built_in");
    let mut chosen = None;
    compact_menu(ui, &title, &title, |ui| {
        ui.set_width(320.0);
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            let fits = |role| (role == Role::Client) == client;
            for preset in preset::all().iter().filter(|preset| fits(preset.role)) {
                let Some(rules) = preset.responder().rules() else { continue };
                let listings: Vec<_> = preset.listings.iter().map(ToString::to_string).collect();
                let text = format!("{}  {}", lang.pick(&preset.title), listings.join(" "));
                if menu_entry(ui, false, text.trim_end()).on_hover_text(lang.pick(&preset.watch)).clicked() {
                    chosen = Some(Responder::Rules(rules.clone()));
                }
            }
        });
    });
    chosen
}
