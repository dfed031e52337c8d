//! The parts of the window, one file each.
//!
//! A view is a function `xxx_ui(ui, cx, &mut XxxState)`: it reads [`Cx::model`], writes its own state and pushes
//! [`Action`](super::Action)s. It never calls the engine.

pub mod boundaries;
pub mod chat;
pub mod classic;
pub mod composer;
pub mod confirm;
pub mod conversation;
pub mod describe;
pub mod detail;
pub mod empty;
pub mod filter_bar;
pub mod framing;
pub mod header;
pub mod help;
pub mod inspector;
pub mod lab;
pub mod ladder;
pub mod lens;
pub mod new_menu;
pub mod new_socket;
pub mod notices;
pub mod palette;
pub mod response;
pub mod rules;
pub mod save;
pub mod save_preset;
pub mod settings;
pub mod sidebar;
pub mod top_bar;
pub mod traffic;
pub mod transfer;

use egui::{Align, FontId, Frame, Layout, Margin, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, vec2};

use super::{
    actions::Actions,
    model::Model,
    theme::{HEAD_HEIGHT, TokensExt as _, medium, semibold},
    widgets,
};
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

/// A part of the program, chosen in the top bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The sockets and their traffic.
    #[default]
    Bench,
    /// People, over UDP.
    Chat,
    /// Files from one computer to another.
    Transfer,
    /// TCP and UDP over the same simulated link.
    Lab,
}

/// Which reading of the traffic is on show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// As a table of calls and bytes.
    #[default]
    Traffic,
    /// As bubbles.
    Conversation,
    /// As lifelines with arrows between them.
    Ladder,
    /// As messages cut out of what was received.
    Messages,
}

/// What views keep from one frame to the next.
#[derive(Default)]
pub struct ViewState {
    /// Which part of the program is on show.
    pub place: Place,
    /// The people.
    pub chat: chat::ChatState,
    /// Files from one computer to another.
    pub transfer: transfer::TransferState,
    /// The simulated link.
    pub lab: lab::LabState,
    /// Which reading of the traffic is on show.
    pub tab: Tab,
    /// The table.
    pub traffic: traffic::TrafficState,
    /// The bubbles.
    pub conversation: conversation::ConversationState,
    /// The ladder.
    pub ladder: ladder::LadderState,
    /// The messages in the stream.
    pub framing: framing::FramingState,
    /// The message being written.
    pub composer: composer::ComposerState,
    /// The column of sockets.
    pub sidebar: sidebar::SidebarState,
    /// The form for a new socket.
    pub new_socket: new_socket::NewSocketState,
    /// The column at the right.
    pub inspector: inspector::InspectorState,
    /// Whether the column at the right was closed, or in a narrow window opened, by the user.
    pub inspector_wanted: Option<bool>,
    /// A socket on its way to be a preset.
    pub save_preset: save_preset::SavePresetState,
    /// The editor of a responder.
    pub rules: rules::RulesState,
    /// The encoding lens.
    pub lens: lens::LensState,
    /// What waits for the user's word.
    pub confirm: confirm::ConfirmState,
    /// The palette.
    pub palette: palette::PaletteState,
    /// Whether the settings are open.
    pub settings_open: bool,
    /// Whether help is open.
    pub help_open: bool,
}

impl ViewState {
    /// Whether the column at the right is open: in a wide window unless closed, in a narrow one if opened.
    pub fn inspector_open(&self, wide: bool) -> bool {
        self.inspector_wanted.unwrap_or(wide)
    }

    /// Leaves whatever stands in the middle instead of a socket: forms, and what waits to be confirmed.
    pub fn leave_pages(&mut self) {
        self.new_socket.draft = None;
        self.rules.leave();
        self.save_preset.close();
        self.confirm.close();
        self.lens.close();
    }

    /// What the encoding lens is to look at when it is opened by its keys: the rows or the message with the focus.
    pub fn for_lens(&self, model: &Model, ctx: &egui::Context) -> Option<lens::Taken> {
        if self.traffic.has_focus(ctx) { self.traffic.for_lens(model) } else { self.composer.for_lens(model, ctx) }
    }

    /// Opens or closes the column at the right.
    pub fn toggle_inspector(&mut self, wide: bool) {
        self.inspector_wanted = Some(!self.inspector_open(wide));
    }
}

/// The head of a panel: 36 points, tabs at the left, a rule below.
pub fn head<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.spacing_mut().item_spacing.y = 0.0;
    let inner = Frame::new().inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        let size = vec2(ui.available_width(), HEAD_HEIGHT - 1.0);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(size);
            ui.spacing_mut().item_spacing.x = 12.0;
            contents(ui)
        })
        .inner
    });
    widgets::rule(ui);
    inner.inner
}

/// A tab in a [`head`]; the chosen one is underlined. Returns whether it was clicked.
pub fn tab(ui: &mut Ui, text: &str, chosen: bool) -> bool {
    let tokens = ui.tokens();
    let family = if chosen { semibold() } else { medium() };
    let color = if chosen { tokens.text } else { tokens.muted };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::new(13.0, family), color);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x, HEAD_HEIGHT - 1.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, text));
    let color = if response.hovered() { tokens.text } else { color };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, color);
    if chosen {
        let y = rect.bottom() - 0.5;
        ui.painter().hline(rect.x_range(), y, Stroke::new(2.0, tokens.tcp));
    }
    response.clicked()
}
