//! Bytes moved in the last half minute, received above the line and sent below it.

use egui::{Rect, Response, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::gui::{
    meter::{Meter, Sample},
    theme::TokensExt as _,
};

/// The picture, with `name` as its text alternative.
pub fn sparkline(ui: &mut Ui, samples: impl ExactSizeIterator<Item = Sample>, name: &str) -> Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let samples: Vec<_> = samples.collect();
    let highest = samples.iter().map(|sample| sample.bytes_in.max(sample.bytes_out)).max().unwrap_or(0).max(1);
    let middle = ui.painter().round_to_pixel_center(rect.center().y);
    ui.painter().hline(rect.x_range(), middle, Stroke::new(1.0, tokens.line));
    let step = rect.width() / Meter::SAMPLES as f32;
    let half = rect.height() / 2.0 - 2.0;
    for (index, sample) in samples.iter().rev().enumerate() {
        let right = rect.right() - index as f32 * step;
        let height = |bytes: u64| if bytes == 0 { 0.0 } else { (bytes as f32 / highest as f32 * half).max(1.0) };
        let bar = |top: f32, bottom: f32| Rect::from_min_max(pos2(right - step.max(1.5), top), pos2(right, bottom));
        if sample.bytes_in > 0 {
            ui.painter().rect_filled(bar(middle - 1.0 - height(sample.bytes_in), middle - 1.0), 0.0, tokens.ok);
        }
        if sample.bytes_out > 0 {
            ui.painter().rect_filled(bar(middle + 1.0, middle + 1.0 + height(sample.bytes_out)), 0.0, tokens.tcp);
        }
    }
    response
}
