//! Controls of 12 points, as they stand in the heads of panels and under the composer.
//!
//! An icon behind a word is a character of the icon font, which a screen reader would spell out; so every control
//! here gets the word alone as its accessible name.

use egui::{Button, FontId, Popup, PopupCloseBehavior, Response, RichText, Role, Ui, WidgetInfo, vec2};

use crate::gui::theme::{self, icons};

/// A word of these controls.
pub fn compact(text: impl Into<String>) -> RichText {
    RichText::new(text).font(FontId::new(12.0, theme::medium()))
}

/// Makes buttons in `ui` as small as the ones here: 25 points high with their border.
pub fn compact_spacing(ui: &mut Ui) {
    let spacing = ui.spacing_mut();
    spacing.button_padding = vec2(9.0, 3.0);
    spacing.interact_size.y = 25.0;
}

/// A button with a word.
pub fn compact_button(ui: &mut Ui, text: &str) -> Response {
    ui.scope(|ui| {
        compact_spacing(ui);
        ui.add(Button::new(compact(text)))
    })
    .inner
}

/// A button with an icon and, where there is room, its word. The word is its name in any case.
pub fn compact_icon(ui: &mut Ui, icon: &str, text: &str, roomy: bool) -> Response {
    let response = ui
        .scope(|ui| {
            compact_spacing(ui);
            let icon = RichText::new(icon).size(13.0);
            if roomy { ui.add(Button::new((icon, compact(text)))) } else { ui.add(Button::new(icon)) }
        })
        .inner
        .accessible_name(text);
    if roomy { response } else { response.on_hover_text(text) }
}

/// The same button, which looks pressed while it is in force.
pub fn compact_pressed(ui: &mut Ui, icon: &str, text: &str, roomy: bool, on: bool) -> Response {
    let response = ui
        .scope(|ui| {
            compact_spacing(ui);
            let icon = RichText::new(icon).size(13.0);
            let button = if roomy { Button::new((icon, compact(text))) } else { Button::new(icon) };
            ui.add(button.selected(on))
        })
        .inner;
    let enabled = response.enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, text));
    if roomy { response } else { response.on_hover_text(text) }
}

/// A button that is on or off, with a box that says which.
pub fn compact_toggle(ui: &mut Ui, on: &mut bool, text: &str) -> Response {
    let icon = if *on { icons::SQUARE_CHECK } else { icons::SQUARE };
    let mut response = ui
        .scope(|ui| {
            compact_spacing(ui);
            ui.add(Button::new((RichText::new(icon).size(13.0), compact(text))))
        })
        .inner;
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let (enabled, checked) = (response.enabled(), *on);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, checked, text));
    response
}

/// A button that opens a menu. `text` is what is chosen, `name` what the menu is about.
///
/// Returns the button; the menu stays open until something in it calls [`Ui::close`] or one clicks elsewhere.
pub fn compact_menu(ui: &mut Ui, text: &str, name: &str, content: impl FnOnce(&mut Ui)) -> Response {
    let response = ui
        .scope(|ui| {
            compact_spacing(ui);
            ui.add(Button::new((compact(text), RichText::new(icons::CHEVRON_DOWN).size(12.0))).gap(4.0))
        })
        .inner
        .accessible_name(name);
    Popup::menu(&response).gap(4.0).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        menu_spacing(ui);
        content(ui);
    });
    response
}

/// An entry of such a menu. Closes the menu when it is clicked.
pub fn menu_entry(ui: &mut Ui, chosen: bool, text: &str) -> Response {
    let response = ui.add(Button::selectable(chosen, compact(text)));
    if response.clicked() {
        ui.close();
    }
    response
}

/// Room between the entries of a menu.
pub fn menu_spacing(ui: &mut Ui) {
    let spacing = ui.spacing_mut();
    spacing.button_padding = vec2(8.0, 4.0);
    spacing.item_spacing.y = 2.0;
    spacing.interact_size.y = 24.0;
}
