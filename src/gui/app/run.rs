//! What each command of the palette and of the keyboard does to the window.

use eframe::egui::{Context, ViewportCommand};

use super::{App, is_wide};
use crate::{
    gui::{
        actions::{Action, Pair},
        commands::UiCommand,
        draft::NewKind,
        views::{Place, Tab, composer::More},
    },
    net::Command,
    words::Lang,
};

impl App {
    pub(super) fn run_command(&mut self, ctx: &Context, command: UiCommand) {
        if command.unavailable(&self.model).is_some() {
            return;
        }
        let lens = self.view.place == Place::Bench && self.view.lens.is_open();
        if lens && command.shows_traffic() {
            self.view.lens.close();
        }
        if self.view.place != Place::Bench && self.leaves_place(command) {
            self.view.place = Place::Bench;
            // A verb is for a socket that the user sees.
            if matches!(
                command,
                UiCommand::HalfClose
                    | UiCommand::Close
                    | UiCommand::Abort
                    | UiCommand::Reopen
                    | UiCommand::Remove
                    | UiCommand::CloseAll
            ) {
                return;
            }
        }
        let settings = &self.model.settings;
        let zoom = settings.zoom_percent;
        let action = match command {
            UiCommand::Palette => return self.view.palette.toggle(),
            UiCommand::NewSocket => return self.view.sidebar.menu.open = true,
            UiCommand::NewTcpServer => Action::ShowNew(NewKind::TcpServer),
            UiCommand::NewTcpClient => Action::ShowNew(NewKind::TcpClient),
            UiCommand::NewUdp => Action::ShowNew(NewKind::Udp),
            UiCommand::TcpPair => Action::OpenPair(Pair::Tcp),
            UiCommand::UdpPair => Action::OpenPair(Pair::Udp),
            UiCommand::NextSocket => Action::Select(self.model.neighbour(true)),
            UiCommand::PreviousSocket => Action::Select(self.model.neighbour(false)),
            UiCommand::HalfClose
            | UiCommand::Close
            | UiCommand::Abort
            | UiCommand::Reopen
            | UiCommand::Remove
            | UiCommand::CloseAll => {
                let entry = self.model.selected_entry();
                let Some((entry, (verb, None))) = entry.and_then(|e| Some((e, command.verb(&self.model, e)?))) else {
                    return;
                };
                verb.action(entry)
            }
            UiCommand::Repeat => return self.view.composer.open(More::Repeat),
            UiCommand::SendFile => return self.view.composer.open(More::File),
            UiCommand::StopRepeat => {
                for id in self.model.selected_entry().map(|entry| self.model.repeating(entry)).unwrap_or_default() {
                    self.perform(ctx, Action::Verb(id, Command::StopRepeat));
                }
                return;
            }
            UiCommand::Favourite => {
                let Some(spec) = self.model.selected.and_then(|id| self.model.spec(id)) else { return };
                Action::ToggleFavourite(spec.clone())
            }
            UiCommand::ShowTraffic => return self.view.tab = Tab::Traffic,
            UiCommand::ShowConversation => return self.view.tab = Tab::Conversation,
            UiCommand::ShowLadder => return self.view.tab = Tab::Ladder,
            UiCommand::ShowMessages => return self.view.tab = Tab::Messages,
            UiCommand::FocusFilter | UiCommand::PauseTraffic | UiCommand::SaveTraffic => {
                self.view.tab = Tab::Traffic;
                return self.view.traffic.run(command);
            }
            UiCommand::ShowChat => Action::ShowPlace(Place::Chat),
            UiCommand::ShowLens if lens => return self.view.lens.close(),
            UiCommand::ShowLens => Action::ShowLens(self.view.for_lens(&self.model, ctx).map(Box::new)),
            UiCommand::ShowTransfer => Action::ShowPlace(Place::Transfer),
            UiCommand::ShowLab => Action::ShowPlace(Place::Lab),
            UiCommand::FocusComposer if self.view.place == Place::Chat => return self.view.chat.focus(),
            UiCommand::FocusComposer => return self.view.composer.focus(),
            UiCommand::ClearTraffic => Action::ClearJournal,
            UiCommand::ToggleInspector => return self.view.toggle_inspector(is_wide(ctx)),
            UiCommand::SwitchLanguage => Action::SetLang(match settings.language() {
                Lang::En => Lang::Zh,
                Lang::Zh => Lang::En,
            }),
            UiCommand::SwitchTheme => Action::SetTheme(settings.theme.next()),
            UiCommand::ZoomIn => Action::SetZoom(zoom.saturating_add(10)),
            UiCommand::ZoomOut => Action::SetZoom(zoom.saturating_sub(10)),
            UiCommand::ZoomReset => Action::SetZoom(100),
            UiCommand::Settings => Action::ShowSettings,
            UiCommand::Help => return self.view.help_open = !self.view.help_open,
            UiCommand::Quit => return ctx.send_viewport_cmd(ViewportCommand::Close),
        };
        self.perform(ctx, action);
    }

    /// Whether a command is about the bench, so that it has to be on show. The chat's own socket has its verbs in the chat.
    fn leaves_place(&self, command: UiCommand) -> bool {
        match command {
            UiCommand::Palette
            | UiCommand::ShowChat
            | UiCommand::ShowTransfer
            | UiCommand::ShowLab
            | UiCommand::ClearTraffic
            | UiCommand::SwitchLanguage
            | UiCommand::SwitchTheme
            | UiCommand::ZoomIn
            | UiCommand::ZoomOut
            | UiCommand::ZoomReset
            | UiCommand::Settings
            | UiCommand::Help
            | UiCommand::Quit => false,
            UiCommand::FocusComposer => self.view.place != Place::Chat,
            UiCommand::Close | UiCommand::Reopen => {
                self.view.place != Place::Chat
                    || self.model.chat.socket().is_none()
                    || self.model.chat.socket() != self.model.selected
            }
            _ => true,
        }
    }
}
