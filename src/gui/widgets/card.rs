//! A bordered card that can be chosen.

use egui::{CornerRadius, Frame, Response, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role};

use crate::gui::theme::{CARD_RADIUS, TokensExt as _};

/// A card of the panel's width; the whole of it can be clicked. What is inside may be clicked on its own.
pub fn card(
    ui: &mut Ui,
    id: impl std::hash::Hash + std::fmt::Debug,
    name: &str,
    chosen: bool,
    contents: impl FnOnce(&mut Ui),
) -> Response {
    let tokens = ui.tokens();
    let (fill, border) = if chosen { (tokens.selection, tokens.tcp) } else { (tokens.panel, tokens.line) };
    let builder = UiBuilder::new().id_salt(id).sense(Sense::click());
    let scope = ui.scope_builder(builder, |ui| {
        // Whether the pointer is over it is known from the last frame.
        let hovered = ui.response().contains_pointer() && !chosen;
        let border = if ui.response().has_focus() { tokens.tcp } else { border };
        let frame = Frame::new()
            .fill(if hovered { tokens.hover } else { fill })
            .stroke(Stroke::new(1.0, border))
            .corner_radius(CornerRadius::same(CARD_RADIUS))
            .inner_margin(9);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui);
        });
    });
    let response = scope.response;
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, name));
    response
}

/// A horizontal rule across what room there is.
pub fn rule(ui: &mut Ui) {
    let rect = ui.available_rect_before_wrap();
    let y = ui.painter().round_to_pixel_center(rect.top());
    ui.painter().hline(rect.x_range(), y, Stroke::new(1.0, ui.tokens().line));
    ui.add_space(1.0);
}
