//! A slider: a thin rail that is filled up to a round handle, as in the mock-up. Its number stands where the view wants it.

use std::ops::RangeInclusive;

use egui::{Response, Slider, Stroke, Ui, WidgetInfo, emath::Numeric, style::HandleShape};

use crate::gui::theme::TokensExt as _;

/// A slider of so many points. It is called `name`, and its value is told as `said`.
pub fn slider<N: Numeric>(
    ui: &mut Ui,
    value: &mut N,
    range: RangeInclusive<N>,
    width: f32,
    name: &str,
    said: impl Fn(&N) -> f64,
) -> Response {
    let tokens = ui.tokens();
    let response = ui
        .scope(|ui| {
            ui.spacing_mut().slider_width = width;
            ui.spacing_mut().slider_rail_height = 4.0;
            ui.spacing_mut().interact_size.y = 17.0;
            let visuals = ui.visuals_mut();
            visuals.handle_shape = HandleShape::Circle;
            visuals.selection.bg_fill = tokens.tcp;
            visuals.widgets.inactive.bg_fill = tokens.line;
            for state in [&mut visuals.widgets.inactive, &mut visuals.widgets.hovered, &mut visuals.widgets.active] {
                state.fg_stroke = Stroke::new(2.0, tokens.tcp);
            }
            ui.add(Slider::new(value, range).show_value(false).trailing_fill(true))
        })
        .inner;
    response.widget_info(|| WidgetInfo::slider(true, said(value), name));
    response
}
