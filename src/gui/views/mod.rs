//! The parts of the window, one file each.
//!
//! A view is a function `xxx_ui(ui, cx, &mut XxxState)`: it reads [`Cx::model`], writes its own state and pushes
//! [`Action`](super::Action)s. It never calls the engine.

pub mod composer;
pub mod conversation;
pub mod empty;
pub mod header;
pub mod sidebar;
pub mod top_bar;
pub mod traffic;

use super::{actions::Actions, model::Model};
use crate::words::Lang;

/// What every view is handed.
pub struct Cx<'a> {
    /// What there is to show.
    pub model: &'a Model,
    /// In which language.
    pub lang: Lang,
    /// Where wishes go.
    pub actions: &'a mut Actions,
}

/// Which reading of the traffic is on show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// As a table of calls and bytes.
    #[default]
    Traffic,
    /// As bubbles.
    Conversation,
}

/// What views keep from one frame to the next.
#[derive(Default)]
pub struct ViewState {
    /// Which reading of the traffic is on show.
    pub tab: Tab,
    /// The table.
    pub traffic: traffic::TrafficState,
    /// The bubbles.
    pub conversation: conversation::ConversationState,
    /// The message being written.
    pub composer: composer::ComposerState,
}
