//! Thin for now.

use egui::Ui;

use super::Cx;
use crate::gui::tr;

/// Paints it.
pub fn top_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.label(tr!(cx.lang, "app.name"));
}
