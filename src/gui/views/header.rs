//! Thin for now.

use egui::Ui;

use super::Cx;

/// Paints it.
pub fn header_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let _ = cx;
    ui.label("header");
}
