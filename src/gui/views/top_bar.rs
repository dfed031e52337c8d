//! The top bar: the mark, the places, and what concerns the whole window.

use egui::{
    Align, Button, Color32, CornerRadius, FontId, Layout, Pos2, Rect, RichText, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo,
    accesskit::Role,
    epaint::{CubicBezierShape, PathStroke},
    vec2,
};

use super::{Cx, Place};
use crate::{
    gui::{
        actions::Action,
        commands::UiCommand,
        theme::{ThemeChoice, TokensExt as _, badge_font, icons, medium, semibold},
        tr,
    },
    words::{Lang, number},
};

/// The top bar.
pub fn top_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>, on: Place, settings_open: &mut bool) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        mark(ui);
        ui.label(RichText::new("Twocan").font(FontId::new(14.0, semibold())));
        ui.add_space(16.0);
        for (which, name) in [
            (Place::Bench, tr!(cx.lang, "top.bench")),
            (Place::Lab, tr!(cx.lang, "top.lab")),
            (Place::Chat, tr!(cx.lang, "top.chat")),
            (Place::Transfer, tr!(cx.lang, "top.transfer")),
        ] {
            let unread = match which {
                Place::Chat => cx.model.chat.unread(),
                Place::Transfer => cx.model.transfers.offers.len() as u64,
                Place::Bench | Place::Lab => 0,
            };
            if place(ui, cx, &name, which == on, unread) {
                cx.actions.push(Action::ShowPlace(which));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let button = pill(ui, RichText::new(icons::SETTINGS).size(15.0), &tr!(cx.lang, "top.settings"));
            if button.clicked() {
                *settings_open = !*settings_open;
            }
            super::settings::settings_ui(&button, cx, settings_open);
            theme_button(ui, cx);
            let (other, word) = match cx.lang {
                Lang::En => (Lang::Zh, "中文"),
                Lang::Zh => (Lang::En, "EN"),
            };
            if pill(ui, RichText::new(word), &tr!(cx.lang, "top.language")).clicked() {
                cx.actions.push(Action::SetLang(other));
            }
            search(ui, cx);
        });
    });
}

/// The name of a part of the program, behind it how much is new there. Returns whether it was clicked.
fn place(ui: &mut Ui, cx: &Cx<'_>, name: &str, on: bool, new: u64) -> bool {
    let tokens = ui.tokens();
    let color = if on { tokens.tcp } else { tokens.muted };
    let text = RichText::new(name).font(FontId::new(13.0, medium())).color(color);
    let count = number::grouped(new);
    let spoken = match new {
        0 => name.to_owned(),
        _ => format!("{name} {}", tr!(cx.lang, "chat.unread", count = count)),
    };
    let fill = if on { tokens.selection } else { Color32::TRANSPARENT };
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(14.0, 6.0);
        let button = if new == 0 {
            Button::new(text)
        } else {
            Button::new((text, RichText::new(count).font(badge_font()).color(tokens.udp)))
        };
        let button = button.fill(fill).stroke(Stroke::NONE).selected(on).frame_when_inactive(on);
        ui.add(button).accessible_name(spoken).clicked()
    })
    .inner
}

/// Two tins and a string.
fn mark(ui: &mut Ui) {
    let tokens = ui.tokens();
    let (rect, _) = ui.allocate_exact_size(vec2(26.0, 18.0), Sense::hover());
    let at = |x: f32, y: f32| Pos2::new(rect.left() + x, rect.top() + y);
    let painter = ui.painter();
    for x in [1.0, 17.0] {
        let tin = Rect::from_min_size(at(x, 3.0), vec2(8.0, 11.0));
        painter.rect_stroke(tin, CornerRadius::same(2), Stroke::new(1.6, tokens.text), StrokeKind::Middle);
    }
    let string = [at(9.0, 8.0), at(12.0, 14.0), at(14.0, 14.0), at(17.0, 8.0)];
    let stroke = Stroke::new(1.6, tokens.tcp);
    let stroke = PathStroke::from(stroke);
    painter.add(CubicBezierShape::from_points_stroke(string, false, Color32::TRANSPARENT, stroke));
}

/// A bordered button in the muted colour; `name` is said and shown on hover.
fn pill(ui: &mut Ui, text: RichText, name: &str) -> egui::Response {
    let text = text.color(ui.tokens().muted);
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(10.0, 4.0);
        ui.add(Button::new(text).min_size(Vec2::new(0.0, 28.0)))
    })
    .inner
    .on_hover_text(name)
    .accessible_name(name)
}

fn theme_button(ui: &mut Ui, cx: &mut Cx<'_>) {
    let choice = cx.model.settings.theme;
    let (icon, name) = match choice {
        ThemeChoice::System => (icons::SUN_MOON, tr!(cx.lang, "top.theme_system")),
        ThemeChoice::Light => (icons::SUN, tr!(cx.lang, "top.theme_light")),
        ThemeChoice::Dark => (icons::MOON, tr!(cx.lang, "top.theme_dark")),
    };
    if pill(ui, RichText::new(icon).size(15.0), &name).clicked() {
        cx.actions.push(Action::SetTheme(choice.next()));
    }
}

/// Opens the palette. The keys stand in a box of their own, so the button is painted by hand.
fn search(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let name = tr!(cx.lang, "top.search");
    let font = |size| FontId::new(size, egui::FontFamily::Proportional);
    let text = ui.painter().layout_no_wrap(name.to_string(), font(13.0), tokens.muted);
    let keys = UiCommand::Palette.keys(ui.ctx()).unwrap_or_default();
    let keys = ui.painter().layout_no_wrap(keys, font(11.0), tokens.faint);
    let box_size = vec2(keys.size().x + 12.0, 18.0);
    let size = vec2(10.0 + text.size().x + 8.0 + box_size.x + 10.0, 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let visuals = *ui.style().interact(&response);
    let painter = ui.painter();
    painter.rect(rect, visuals.corner_radius, visuals.weak_bg_fill, visuals.bg_stroke, StrokeKind::Inside);
    painter.galley(Pos2::new(rect.left() + 10.0, rect.center().y - text.size().y / 2.0), text, tokens.muted);
    let center = Pos2::new(rect.right() - 10.0 - box_size.x / 2.0, rect.center().y);
    let keys_box = Rect::from_center_size(center, box_size);
    let border = Stroke::new(1.0, tokens.line);
    painter.rect_stroke(keys_box, CornerRadius::same(4), border, StrokeKind::Inside);
    painter.galley(keys_box.center() - keys.size() / 2.0, keys, tokens.faint);
    if response.clicked() {
        cx.actions.push(Action::Run(UiCommand::Palette));
    }
}
