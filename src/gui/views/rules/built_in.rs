//! The rules of the built-in presets, to be taken over as they are or as a beginning.

use egui::{ScrollArea, Ui};

use crate::{
    gui::{
        draft::NewKind,
        tr,
        widgets::compact::{compact_menu, menu_entry},
    },
    net::Responder,
    preset,
    words::Lang,
};

/// A menu of those for sockets of this kind. Returns the one that was chosen.
pub fn built_in_ui(ui: &mut Ui, lang: Lang, kind: NewKind) -> Option<Responder> {
    let title = tr!(lang, "editor.built_in");
    let mut chosen = None;
    compact_menu(ui, &title, &title, |ui| {
        ui.set_width(320.0);
        ScrollArea::vertical().max_height(320.0).min_scrolled_height(320.0).show(ui, |ui| {
            for preset in preset::all().iter().filter(|preset| NewKind::of(&preset.socket) == kind) {
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
