//! Thin for now.

use egui::Ui;

use super::Cx;

/// What is kept from one frame to the next.
#[derive(Default)]
pub struct ComposerState {}

/// Paints it.
pub fn composer_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ComposerState) {
    let _ = (cx, state);
    ui.label("composer");
}

impl ComposerState {
    /// Puts the cursor into the message.
    pub fn focus(&mut self) {}
}
