//! Thin for now.

use egui::Ui;

use super::Cx;

/// What is kept from one frame to the next.
#[derive(Default)]
pub struct TrafficState {}

/// Paints it.
pub fn traffic_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TrafficState) {
    let _ = (cx, state);
    ui.label("traffic");
}

impl TrafficState {
    /// Saves the rows on show to a file.
    pub fn save_to(&mut self, model: &crate::gui::Model, path: &std::path::Path) {
        let _ = (model, path);
    }

    /// Runs a command of the palette that concerns the table: filter, pause, save.
    pub fn run(&mut self, command: crate::gui::commands::UiCommand) {
        let _ = command;
    }
}
