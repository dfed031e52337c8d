//! Small things that several views paint, and nothing that knows a socket.
//!
//! Sizes are those of the mock-up's `style.css`. Everything that can be clicked has a name for those who cannot
//! see it; a disabled button tells on hover why.

mod button;
mod card;
pub mod compact;
pub mod encoding_menu;
mod field;
mod middle;
mod slider;
mod sparkline;

use egui::{Color32, CornerRadius, Response, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

pub use self::{
    button::{Look, button, button_width, icon_button, quiet_icon, switch, tiny_icon, verb, wide_button},
    card::{card, rule},
    field::{Field, choice, choices, line},
    middle::{file_name, middle, spaces, title_name},
    slider::slider,
    sparkline::sparkline,
};
use super::theme::{TokensExt as _, badge_font};

/// A word on a tint: 11 points, semibold.
pub fn badge(ui: &mut Ui, word: &str, color: Color32, tint: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(word.to_owned(), badge_font(), color);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 14.0, 18.0), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(4), tint);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    response
}

/// A disc of 8 points. It never says anything alone: a word stands beside it.
pub fn dot(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, color);
}

/// An icon beside a word; the word says what it means.
pub fn icon(ui: &mut Ui, icon: &str, size: f32, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(size + 2.0, size + 2.0), Sense::hover());
    let font = egui::FontId::proportional(size);
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, icon, font, color);
}

/// Small text in the muted colour, wrapped.
pub fn hint(ui: &mut Ui, text: impl Into<String>) -> Response {
    let color = ui.tokens().muted;
    ui.label(RichText::new(text).small().color(color))
}

/// Small text in the colour of errors, wrapped.
pub fn error_line(ui: &mut Ui, text: impl Into<String>) -> Response {
    let color = ui.tokens().error;
    ui.label(RichText::new(text).small().color(color))
}

/// A bar of 6 points for what has no measure: a part of it that wanders with the time, or stands where nothing moves.
pub fn progress_unmeasured(ui: &mut Ui, moves: bool, color: Color32) -> Response {
    let response = progress(ui, 0.0, color);
    let time = if moves { ui.input(|input| input.time) } else { 0.0 };
    let part = response.rect.width() * 0.2;
    // There and back in four seconds.
    let at = 1.0 - ((time / 2.0).rem_euclid(2.0) as f32 - 1.0).abs();
    let left = response.rect.left() + at * (response.rect.width() - part);
    let wanders = response.rect.with_min_x(left).with_max_x(left + part);
    ui.painter().rect_filled(wanders, CornerRadius::same(3), color);
    response
}

/// A bar of 6 points, filled to `fraction`.
pub fn progress(ui: &mut Ui, fraction: f32, color: Color32) -> Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    let radius = CornerRadius::same(3);
    ui.painter().rect_filled(rect, radius, tokens.line);
    let mut done = rect;
    done.set_width(rect.width() * fraction.clamp(0.0, 1.0));
    ui.painter().rect_filled(done, radius, color);
    response
}
