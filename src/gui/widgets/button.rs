//! Buttons as in the mock-up: bordered, primary, dangerous; small in heads and headers.

use egui::{Align, Button, FontId, Layout, Response, RichText, Stroke, StrokeKind, Ui, Vec2, vec2};

use crate::gui::theme::{RADIUS, TokensExt as _, badge_font, medium};

/// Between the text of a small button and its border.
const PADDING: Vec2 = vec2(9.0, 3.0);

/// Width of the ring around what has the focus.
const RING: f32 = 1.5;

/// How a button looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Bordered.
    #[default]
    Plain,
    /// What one most likely wants: filled with the accent.
    Primary,
    /// What cannot be taken back: in the colour of errors.
    Danger,
    /// Without a border until the pointer is over it.
    Quiet,
}

/// A button of 26 points with text of 12.
pub fn button(ui: &mut Ui, text: impl Into<String>, look: Look) -> Response {
    let text = text.into();
    // The scope below would not go to the next line by itself.
    if ui.layout().main_wrap && ui.available_size_before_wrap().x < button_width(ui, &text) {
        ui.end_row();
    }
    let button = styled(ui, text, look);
    let response = ui.scope(|ui| {
        ui.spacing_mut().button_padding = PADDING;
        ui.add(button)
    });
    ringed(ui, response.inner, look)
}

/// A ring around what has the focus of the keyboard, for widgets whose own border never changes.
fn focus_ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let ring = Stroke::new(RING, ui.tokens().tcp);
        ui.painter().rect_stroke(response.rect.expand(2.5), RADIUS + 2, ring, StrokeKind::Outside);
    }
}

fn ringed(ui: &Ui, response: Response, look: Look) -> Response {
    if look == Look::Primary {
        focus_ring(ui, &response);
    }
    response
}

/// How wide a button with this text is.
pub fn button_width(ui: &Ui, text: &str) -> f32 {
    let text = egui::WidgetText::from(RichText::new(text).font(FontId::new(12.0, medium())));
    text.into_galley(ui, None, f32::INFINITY, egui::TextStyle::Button).size().x + 2.0 * PADDING.x
}

/// A button as wide as there is room, 34 points high.
pub fn wide_button(ui: &mut Ui, text: impl Into<String>, look: Look) -> Response {
    let button = styled(ui, text.into(), look).min_size(vec2(0.0, 34.0)).wrap();
    let size = vec2(ui.available_width(), 34.0);
    let layout = Layout::top_down_justified(Align::Center);
    let response = ui.allocate_ui_with_layout(size, layout, |ui| ui.add(button)).inner;
    ringed(ui, response, look)
}

/// A word that is on or off, as a badge that can be clicked.
pub fn switch(ui: &mut Ui, word: &str, on: bool, enabled: bool) -> Response {
    let tokens = ui.tokens();
    let (color, tint) = if on { (tokens.ok, tokens.ok_tint) } else { (tokens.text, tokens.background) };
    let response = ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(7.0, 2.0);
        ui.spacing_mut().interact_size.y = 18.0;
        let text = RichText::new(word).font(badge_font()).color(color);
        let button = Button::new(text).fill(tint).stroke(Stroke::NONE).corner_radius(4);
        ui.add_enabled(enabled, button)
    });
    focus_ring(ui, &response.inner);
    response.inner
}

/// A verb on a socket: greyed when it cannot apply, with the reason on hover; else `tip` says what it does.
pub fn verb(ui: &mut Ui, text: &str, look: Look, tip: &str, reason: Option<&str>) -> Response {
    let look = if reason.is_some() { Look::Plain } else { look };
    let button = styled(ui, text.to_owned(), look);
    let response = ui.scope(|ui| {
        ui.spacing_mut().button_padding = PADDING;
        ui.visuals_mut().disabled_alpha = 0.45;
        ui.add_enabled(reason.is_none(), button)
    });
    let response = ringed(ui, response.inner, look);
    match reason {
        Some(reason) => response.on_disabled_hover_text(reason),
        None => response.on_hover_text(tip),
    }
}

/// A square button with an icon; `name` is said to those who cannot see it and shown on hover.
pub fn icon_button(ui: &mut Ui, icon: &str, name: &str) -> Response {
    let text = RichText::new(icon).size(15.0).color(ui.tokens().muted);
    let button = Button::new(text).min_size(Vec2::splat(26.0));
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(5.0, 3.0);
        ui.add(button)
    })
    .inner
    .on_hover_text(name)
    .accessible_name(name)
}

/// The same without a border.
pub fn quiet_icon(ui: &mut Ui, icon: &str, name: &str) -> Response {
    let text = RichText::new(icon).size(14.0).color(ui.tokens().muted);
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(5.0, 3.0);
        ui.add(Button::new(text).frame_when_inactive(false).min_size(Vec2::splat(24.0)))
    })
    .inner
    .on_hover_text(name)
    .accessible_name(name)
}

/// An icon of the height of a line, for what is rarely wanted.
pub fn tiny_icon(ui: &mut Ui, icon: &str, name: &str) -> Response {
    let text = RichText::new(icon).size(13.0).color(ui.tokens().muted);
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(3.0, 1.0);
        ui.spacing_mut().interact_size.y = 18.0;
        ui.add(Button::new(text).frame_when_inactive(false).min_size(vec2(20.0, 18.0)))
    })
    .inner
    .on_hover_text(name)
    .accessible_name(name)
}

fn styled(ui: &Ui, text: String, look: Look) -> Button<'static> {
    let tokens = ui.tokens();
    let text = RichText::new(text).font(FontId::new(12.0, medium()));
    let button = match look {
        Look::Plain => Button::new(text),
        Look::Primary => {
            Button::new(text.color(tokens.on_accent)).fill(tokens.tcp).stroke(Stroke::new(1.0, tokens.tcp))
        }
        Look::Danger => Button::new(text.color(tokens.error)),
        Look::Quiet => Button::new(text.color(tokens.muted)).frame_when_inactive(false),
    };
    button.min_size(vec2(0.0, 26.0)).wrap_mode(egui::TextWrapMode::Extend)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rectangles with the border of a ring that a frame paints.
    fn rings(ctx: &egui::Context, paint: impl Fn(&mut Ui)) -> usize {
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| paint(ui));
        output.textures_delta.clear();
        let ring = |shape: &egui::epaint::ClippedShape| match &shape.shape {
            egui::Shape::Rect(rect) => (rect.stroke.width - RING).abs() < f32::EPSILON,
            _ => false,
        };
        output.shapes.iter().filter(|shape| ring(shape)).count()
    }

    #[test]
    fn the_focus_of_the_keyboard_is_seen_on_what_has_a_border_of_its_own() {
        type Paint = fn(&mut Ui) -> Response;
        let widgets: [Paint; 5] = [
            |ui| button(ui, "send", Look::Primary),
            |ui| verb(ui, "accept", Look::Primary, "", None),
            |ui| wide_button(ui, "start", Look::Primary),
            |ui| switch(ui, "on", true, true),
            |ui| switch(ui, "off", false, true),
        ];
        for paint in widgets {
            let ctx = egui::Context::default();
            crate::gui::theme::install(&ctx);
            assert_eq!(rings(&ctx, |ui| drop(paint(ui))), 0);
            rings(&ctx, |ui| paint(ui).request_focus());
            assert_eq!(rings(&ctx, |ui| drop(paint(ui))), 1);
        }
    }
}
