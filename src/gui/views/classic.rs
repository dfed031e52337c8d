//! Classic programs under "New": servers, clients and peers by name, each with the listing it plays and what to watch.
//! One click runs one; the pencil opens the form with it.

use egui::{FontId, Key, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, accesskit::Role, vec2};

use super::{Cx, new_menu::row, traffic::cut_at};
use crate::{
    gui::{
        actions::{Action, FileFor},
        theme::{self, TokensExt as _, icons},
        tr,
        widgets::{self, compact::compact_button},
    },
    preset::{self, Preset, Role as Part},
    words::Lang,
};

/// Height of a program: its title, and what to watch.
const ENTRY: f32 = 44.0;
/// Height of the list before it scrolls.
const LIST: std::ops::RangeInclusive<f32> = 200.0..=480.0;
/// What else is in the menu, and above and below it.
const REST: f32 = 480.0;

/// What is looked for.
#[derive(Debug, Default)]
pub struct ClassicState {
    query: String,
    /// The menu was open in the last frame; when it appears, what is typed searches.
    open: bool,
}

impl ClassicState {
    /// The menu is closed.
    pub fn closed(&mut self) {
        *self = Self::default();
    }
}

/// The field that searches, and the programs that are found.
pub fn classic_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ClassicState) {
    let lang = cx.lang;
    ui.add_space(6.0);
    ui.label(theme::section(ui, &tr!(lang, "classic.title")));
    let hint = RichText::new(tr!(lang, "classic.search_hint")).color(ui.tokens().faint);
    let field = TextEdit::singleline(&mut state.query)
        .hint_text(hint)
        .desired_width(f32::INFINITY)
        .char_limit(100)
        .margin(egui::Margin::symmetric(10, 5));
    let field = ui.add(field).accessible_name(tr!(lang, "classic.search"));
    if !std::mem::replace(&mut state.open, true) {
        field.request_focus();
    }
    let model = cx.model;
    let found = |presets: &'static [Preset], role| {
        presets.iter().filter(move |preset| preset.role == role).filter(|preset| matches(preset, &state.query))
    };
    let own: Vec<&Preset> = model.own_presets.iter().filter(|preset| matches(preset, &state.query)).collect();
    let groups = [
        (Part::Server, tr!(lang, "classic.servers")),
        (Part::Client, tr!(lang, "classic.clients")),
        (Part::Peer, tr!(lang, "classic.peers")),
    ];
    let groups = groups.map(|(role, name)| (name, found(preset::all(), role).collect::<Vec<_>>()));
    let first = own.first().copied().or_else(|| groups.iter().find_map(|(_, group)| group.first().copied()));
    if field.lost_focus()
        && ui.input(|input| input.key_pressed(Key::Enter) && input.modifiers == Modifiers::NONE)
        && !state.query.trim().is_empty()
        && let Some(first) = first
    {
        cx.actions.push(Action::OpenPreset(Box::new(first.clone())));
        ui.close();
    }
    ui.add_space(2.0);
    let height = (ui.ctx().content_rect().height() - REST).clamp(*LIST.start(), *LIST.end());
    // The menu is as high as what is in it, and this must not ask back how high that is.
    ScrollArea::vertical()
        .id_salt("classic")
        .max_height(height)
        .min_scrolled_height(height)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            if first.is_none() {
                widgets::hint(ui, tr!(lang, "classic.nothing"));
            }
            if !own.is_empty() {
                ui.label(theme::section(ui, &tr!(lang, "classic.own")));
                for preset in own {
                    ui.push_id(("own", &preset.name), |ui| entry(ui, cx, preset, true));
                }
            }
            for (name, group) in groups {
                if !group.is_empty() {
                    ui.label(theme::section(ui, &name));
                }
                for preset in group {
                    // A click on a list that is just being filtered stays with the program it was made on.
                    ui.push_id(&preset.name, |ui| entry(ui, cx, preset, false));
                }
            }
        });
    ui.horizontal(|ui| {
        if compact_button(ui, &tr!(lang, "classic.import")).on_hover_text(tr!(lang, "classic.import_tip")).clicked() {
            cx.actions.push(Action::ChooseFile(FileFor::ImportPreset));
            ui.close();
        }
    });
}

/// Every word that was typed occurs in what is written of it, in either language.
fn matches(preset: &Preset, query: &str) -> bool {
    let listings: Vec<_> = preset.listings.iter().map(ToString::to_string).collect();
    let texts = Lang::ALL.map(|lang| format!("{} {}", lang.pick(&preset.title), lang.pick(&preset.watch)));
    // By its port, too: that is what stands in the program that somebody has pasted.
    let (listings, address) = (listings.join(" "), preset.address());
    let all = format!("{} {listings} {} {address} {}", preset.name, preset.transport(), texts.join(" ")).to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| all.contains(word))
}

fn entry(ui: &mut Ui, cx: &mut Cx<'_>, preset: &Preset, own: bool) {
    let lang = cx.lang;
    let title = lang.pick(&preset.title);
    row(
        ui,
        cx,
        |ui, cx| {
            ui.spacing_mut().item_spacing.x = 2.0;
            if own {
                let name = format!("{}: {title}", tr!(lang, "classic.delete"));
                if widgets::tiny_icon(ui, icons::TRASH, &name).clicked() {
                    cx.actions.push(Action::DeletePreset(preset.name.clone()));
                }
                let name = format!("{}: {title}", tr!(lang, "classic.export"));
                if widgets::tiny_icon(ui, icons::UPLOAD, &name).clicked() {
                    cx.actions.push(Action::ChooseFile(FileFor::ExportPreset(preset.to_toml())));
                    ui.close();
                }
            }
            let name = format!("{}: {title}", tr!(lang, "classic.edit"));
            if widgets::tiny_icon(ui, icons::PENCIL, &name).clicked() {
                cx.actions.push(Action::ShowPreset(Box::new(preset.clone())));
                ui.close();
            }
        },
        |ui, cx, width| {
            if program(ui, cx.lang, preset, width).clicked() {
                cx.actions.push(Action::OpenPreset(Box::new(preset.clone())));
                ui.close();
            }
        },
    );
}

/// Two lines: title with listing and address, and what to watch; all of that sentence on hover.
fn program(ui: &mut Ui, lang: Lang, preset: &Preset, width: f32) -> egui::Response {
    let tokens = ui.tokens();
    let title = lang.pick(&preset.title);
    let watch = lang.pick(&preset.watch);
    let (rect, response) = ui.allocate_exact_size(vec2(width, ENTRY), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, title));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 6.0, tokens.hover);
    }
    let inner = rect.shrink2(vec2(8.0, 4.0));
    let mono = FontId::monospace(11.0);
    let listings: Vec<_> = preset.listings.iter().map(ToString::to_string).collect();
    let right = format!("{}  {} {}", listings.join(" "), preset.transport(), preset.address());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let right = painter.layout_no_wrap(right, mono, tokens.faint);
    let room = inner.width() - right.size().x - 8.0;
    painter.galley(egui::pos2(inner.right() - right.size().x, inner.top() + 2.0), right, tokens.faint);
    for (text, font, color, width, y) in [
        (title, egui::TextStyle::Body.resolve(ui.style()), tokens.text, room, 0.0),
        (watch, egui::TextStyle::Small.resolve(ui.style()), tokens.muted, inner.width(), 19.0),
    ] {
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
        job.wrap = cut_at(width);
        let galley = painter.layout_job(job);
        painter.galley(inner.left_top() + vec2(0.0, y), galley, color);
    }
    response.on_hover_text(format!("{title}\n{watch}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_either_language_and_by_listing() {
        let names = |query: &str| -> Vec<&str> {
            preset::all().iter().filter(|preset| matches(preset, query)).map(|preset| preset.name.as_str()).collect()
        };
        assert_eq!(names("").len(), preset::all().len());
        assert!(names("upper-case thread").contains(&"upper-server-threads"));
        assert!(names("大写").contains(&"upper-server-threads"));
        assert!(names("p37").contains(&"udp-time-server"));
        assert!(names("no such program").is_empty());
    }
}
