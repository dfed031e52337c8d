//! Thin for now.

use egui::Ui;

use super::Cx;

/// What is kept from one frame to the next.
#[derive(Default)]
pub struct ConversationState {}

/// Paints it.
pub fn conversation_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ConversationState) {
    let _ = (cx, state);
    ui.label("conversation");
}
