//! Every action that has a name: one enum with its text, its tooltip and its shortcut, so that the palette, the
//! buttons and the keyboard cannot disagree.

use std::borrow::Cow;

use egui::{InputState, Key, KeyboardShortcut, Modifiers};

use super::{
    model::Model,
    tr,
    verbs::{self, Reason, Verb},
};
use crate::{journal::SocketEntry, words::Lang};

/// A command of the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "their texts are in the locale files, under [command]")]
pub enum UiCommand {
    Palette,
    NewSocket,
    NewTcpServer,
    NewTcpClient,
    NewUdp,
    TcpPair,
    UdpPair,
    NextSocket,
    PreviousSocket,
    HalfClose,
    Close,
    Abort,
    Reopen,
    Remove,
    CloseAll,
    Repeat,
    StopRepeat,
    SendFile,
    Favourite,
    ShowTraffic,
    ShowConversation,
    ShowLadder,
    ShowMessages,
    ShowChat,
    ShowLens,
    ShowTransfer,
    ShowLab,
    FocusFilter,
    FocusComposer,
    PauseTraffic,
    ClearTraffic,
    SaveTraffic,
    ToggleInspector,
    SwitchLanguage,
    SwitchTheme,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    Settings,
    Help,
    Quit,
}

impl UiCommand {
    /// All of them, in the order of the palette.
    pub const ALL: [Self; 41] = [
        Self::NewSocket,
        Self::NewTcpServer,
        Self::NewTcpClient,
        Self::NewUdp,
        Self::TcpPair,
        Self::UdpPair,
        Self::HalfClose,
        Self::Close,
        Self::Abort,
        Self::Reopen,
        Self::Remove,
        Self::CloseAll,
        Self::Repeat,
        Self::StopRepeat,
        Self::SendFile,
        Self::Favourite,
        Self::NextSocket,
        Self::PreviousSocket,
        Self::ShowTraffic,
        Self::ShowConversation,
        Self::ShowLadder,
        Self::ShowMessages,
        Self::ShowChat,
        Self::ShowLens,
        Self::ShowTransfer,
        Self::ShowLab,
        Self::FocusFilter,
        Self::FocusComposer,
        Self::PauseTraffic,
        Self::ClearTraffic,
        Self::SaveTraffic,
        Self::ToggleInspector,
        Self::SwitchLanguage,
        Self::SwitchTheme,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::ZoomReset,
        Self::Settings,
        Self::Help,
        Self::Palette,
        Self::Quit,
    ];

    /// The keys that run it, the one that is shown first. `COMMAND` is Ctrl, on macOS ⌘.
    pub fn shortcuts(self) -> &'static [KeyboardShortcut] {
        const fn command(key: Key) -> KeyboardShortcut {
            KeyboardShortcut::new(Modifiers::COMMAND, key)
        }
        const fn command_shift(key: Key) -> KeyboardShortcut {
            KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
        }
        match self {
            Self::Palette => const { &[command(Key::K)] },
            Self::NewSocket => const { &[command(Key::T)] },
            Self::NextSocket => const { &[command(Key::PageDown)] },
            Self::PreviousSocket => const { &[command(Key::PageUp)] },
            Self::HalfClose => const { &[command(Key::D)] },
            Self::Close => const { &[command(Key::W)] },
            Self::Reopen => const { &[command(Key::R)] },
            Self::ShowTraffic => const { &[command(Key::Num1)] },
            Self::ShowConversation => const { &[command(Key::Num2)] },
            Self::ShowChat => const { &[command(Key::Num3)] },
            Self::ShowLadder => const { &[command(Key::Num4)] },
            Self::ShowLens => const { &[command_shift(Key::E)] },
            Self::ShowMessages => const { &[command(Key::Num5)] },
            Self::ShowTransfer => const { &[command(Key::Num6)] },
            Self::ShowLab => const { &[command(Key::Num7)] },
            Self::FocusFilter => const { &[command(Key::F)] },
            Self::FocusComposer => const { &[command(Key::E)] },
            Self::PauseTraffic => const { &[command(Key::P)] },
            Self::SaveTraffic => const { &[command(Key::S)] },
            Self::ToggleInspector => const { &[command(Key::I)] },
            Self::SwitchLanguage => const { &[command(Key::L)] },
            Self::SwitchTheme => const { &[command_shift(Key::L)] },
            Self::ZoomIn => const { &[command(Key::Plus), command(Key::Equals)] },
            Self::ZoomOut => const { &[command(Key::Minus)] },
            Self::ZoomReset => const { &[command(Key::Num0)] },
            Self::Settings => const { &[command(Key::Comma)] },
            Self::Help => const { &[KeyboardShortcut::new(Modifiers::NONE, Key::F1)] },
            Self::Quit => const { &[command(Key::Q)] },
            Self::NewTcpServer
            | Self::NewTcpClient
            | Self::NewUdp
            | Self::TcpPair
            | Self::UdpPair
            | Self::Abort
            | Self::Remove
            | Self::CloseAll
            | Self::Repeat
            | Self::StopRepeat
            | Self::SendFile
            | Self::Favourite
            | Self::ClearTraffic => &[],
        }
    }

    /// The keys as they are written here: `Ctrl K`, `⌘ K`.
    pub fn keys(self, ctx: &egui::Context) -> Option<String> {
        self.shortcuts().first().map(|shortcut| ctx.format_shortcut(shortcut).replace('+', " "))
    }

    /// What it is called.
    pub fn text(self, lang: Lang) -> Cow<'static, str> {
        match self {
            Self::Palette => tr!(lang, "command.palette"),
            Self::NewSocket => tr!(lang, "command.new_socket"),
            Self::NewTcpServer => tr!(lang, "command.new_tcp_server"),
            Self::NewTcpClient => tr!(lang, "command.new_tcp_client"),
            Self::NewUdp => tr!(lang, "command.new_udp"),
            Self::TcpPair => tr!(lang, "command.tcp_pair"),
            Self::UdpPair => tr!(lang, "command.udp_pair"),
            Self::NextSocket => tr!(lang, "command.next_socket"),
            Self::PreviousSocket => tr!(lang, "command.previous_socket"),
            Self::HalfClose => tr!(lang, "command.half_close"),
            Self::Close => tr!(lang, "command.close"),
            Self::Abort => tr!(lang, "command.abort"),
            Self::Reopen => tr!(lang, "command.reopen"),
            Self::Remove => tr!(lang, "command.remove"),
            Self::CloseAll => tr!(lang, "command.close_all"),
            Self::Repeat => tr!(lang, "command.repeat"),
            Self::StopRepeat => tr!(lang, "command.stop_repeat"),
            Self::SendFile => tr!(lang, "command.send_file"),
            Self::Favourite => tr!(lang, "command.favourite"),
            Self::ShowTraffic => tr!(lang, "command.show_traffic"),
            Self::ShowConversation => tr!(lang, "command.show_conversation"),
            Self::ShowLadder => tr!(lang, "command.show_ladder"),
            Self::ShowMessages => tr!(lang, "command.show_messages"),
            Self::ShowChat => tr!(lang, "command.show_chat"),
            Self::ShowLens => tr!(lang, "command.show_lens"),
            Self::ShowTransfer => tr!(lang, "command.show_transfer"),
            Self::ShowLab => tr!(lang, "command.show_lab"),
            Self::FocusFilter => tr!(lang, "command.focus_filter"),
            Self::FocusComposer => tr!(lang, "command.focus_composer"),
            Self::PauseTraffic => tr!(lang, "command.pause_traffic"),
            Self::ClearTraffic => tr!(lang, "command.clear_traffic"),
            Self::SaveTraffic => tr!(lang, "command.save_traffic"),
            Self::ToggleInspector => tr!(lang, "command.toggle_inspector"),
            Self::SwitchLanguage => tr!(lang, "command.switch_language"),
            Self::SwitchTheme => tr!(lang, "command.switch_theme"),
            Self::ZoomIn => tr!(lang, "command.zoom_in"),
            Self::ZoomOut => tr!(lang, "command.zoom_out"),
            Self::ZoomReset => tr!(lang, "command.zoom_reset"),
            Self::Settings => tr!(lang, "command.settings"),
            Self::Help => tr!(lang, "command.help"),
            Self::Quit => tr!(lang, "command.quit"),
        }
    }

    /// What it does, in a sentence.
    pub fn tip(self, lang: Lang) -> Cow<'static, str> {
        match self {
            Self::Palette => tr!(lang, "command.tip.palette"),
            Self::NewSocket => tr!(lang, "command.tip.new_socket"),
            Self::NewTcpServer => tr!(lang, "command.tip.new_tcp_server"),
            Self::NewTcpClient => tr!(lang, "command.tip.new_tcp_client"),
            Self::NewUdp => tr!(lang, "command.tip.new_udp"),
            Self::TcpPair => tr!(lang, "command.tip.tcp_pair"),
            Self::UdpPair => tr!(lang, "command.tip.udp_pair"),
            Self::NextSocket => tr!(lang, "command.tip.next_socket"),
            Self::PreviousSocket => tr!(lang, "command.tip.previous_socket"),
            Self::HalfClose => tr!(lang, "command.tip.half_close"),
            Self::Close => tr!(lang, "command.tip.close"),
            Self::Abort => tr!(lang, "command.tip.abort"),
            Self::Reopen => tr!(lang, "command.tip.reopen"),
            Self::Remove => tr!(lang, "command.tip.remove"),
            Self::CloseAll => tr!(lang, "command.tip.close_all"),
            Self::Repeat => tr!(lang, "command.tip.repeat"),
            Self::StopRepeat => tr!(lang, "command.tip.stop_repeat"),
            Self::SendFile => tr!(lang, "command.tip.send_file"),
            Self::Favourite => tr!(lang, "command.tip.favourite"),
            Self::ShowTraffic => tr!(lang, "command.tip.show_traffic"),
            Self::ShowConversation => tr!(lang, "command.tip.show_conversation"),
            Self::ShowLadder => tr!(lang, "command.tip.show_ladder"),
            Self::ShowMessages => tr!(lang, "command.tip.show_messages"),
            Self::ShowChat => tr!(lang, "command.tip.show_chat"),
            Self::ShowLens => tr!(lang, "command.tip.show_lens"),
            Self::ShowTransfer => tr!(lang, "command.tip.show_transfer"),
            Self::ShowLab => tr!(lang, "command.tip.show_lab"),
            Self::FocusFilter => tr!(lang, "command.tip.focus_filter"),
            Self::FocusComposer => tr!(lang, "command.tip.focus_composer"),
            Self::PauseTraffic => tr!(lang, "command.tip.pause_traffic"),
            Self::ClearTraffic => tr!(lang, "command.tip.clear_traffic"),
            Self::SaveTraffic => tr!(lang, "command.tip.save_traffic"),
            Self::ToggleInspector => tr!(lang, "command.tip.toggle_inspector"),
            Self::SwitchLanguage => tr!(lang, "command.tip.switch_language"),
            Self::SwitchTheme => tr!(lang, "command.tip.switch_theme"),
            Self::ZoomIn => tr!(lang, "command.tip.zoom_in"),
            Self::ZoomOut => tr!(lang, "command.tip.zoom_out"),
            Self::ZoomReset => tr!(lang, "command.tip.zoom_reset"),
            Self::Settings => tr!(lang, "command.tip.settings"),
            Self::Help => tr!(lang, "command.tip.help"),
            Self::Quit => tr!(lang, "command.tip.quit"),
        }
    }

    /// The verb that it means for this socket, if it means one.
    pub fn verb(self, model: &Model, entry: &SocketEntry) -> Option<(Verb, Option<Reason>)> {
        verbs::verbs(model, entry).into_iter().find(|(verb, _)| verb.command() == Some(self))
    }

    /// Why it cannot be run now, if it cannot.
    pub fn unavailable(self, model: &Model) -> Option<Unavailable> {
        match self {
            Self::HalfClose | Self::Close | Self::Abort | Self::Reopen | Self::Remove | Self::CloseAll => {
                let Some(entry) = model.selected_entry() else { return Some(Unavailable::NoSocket) };
                match self.verb(model, entry) {
                    None => Some(Unavailable::NotNow),
                    Some((_, reason)) => reason.map(Unavailable::Verb),
                }
            }
            Self::StopRepeat => match model.selected_entry() {
                None => Some(Unavailable::NoSocket),
                Some(entry) => model.repeating(entry).is_empty().then_some(Unavailable::NotNow),
            },
            Self::Repeat | Self::SendFile => match model.selected_entry() {
                None => Some(Unavailable::NoSocket),
                // Rules that take lines have neither.
                Some(entry) => takes_lines(model, entry).then_some(Unavailable::NotNow),
            },
            Self::Favourite => match model.selected {
                None => Some(Unavailable::NoSocket),
                // An accepted connection cannot be opened again.
                Some(id) => model.spec(id).is_none().then_some(Unavailable::NotNow),
            },
            Self::NextSocket | Self::PreviousSocket => model.sockets.is_empty().then_some(Unavailable::NoSocket),
            Self::ShowTraffic
            | Self::ShowConversation
            | Self::ShowLadder
            | Self::FocusFilter
            | Self::FocusComposer
            | Self::PauseTraffic
            | Self::SaveTraffic
            | Self::ToggleInspector => model.selected_entry().is_none().then_some(Unavailable::NoSocket),
            _ => None,
        }
    }

    /// Whether it shows the traffic or the composer of the selected socket, or does something there.
    pub fn shows_traffic(self) -> bool {
        matches!(
            self,
            Self::ShowTraffic
                | Self::ShowConversation
                | Self::ShowLadder
                | Self::FocusFilter
                | Self::FocusComposer
                | Self::Repeat
                | Self::SendFile
                | Self::PauseTraffic
                | Self::SaveTraffic
        )
    }

    /// The command whose keys were pressed, taken out of the input. Those with more modifiers go first.
    pub fn pressed(input: &mut InputState) -> Option<Self> {
        let mut all: Vec<(Self, KeyboardShortcut)> = Self::ALL
            .into_iter()
            .flat_map(|command| command.shortcuts().iter().map(move |shortcut| (command, *shortcut)))
            .collect();
        all.sort_by_key(|(_, shortcut)| std::cmp::Reverse(modifiers(*shortcut)));
        all.into_iter().find(|(_, shortcut)| input.consume_shortcut(shortcut)).map(|(command, _)| command)
    }
}

/// Why a command cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// No socket is chosen, or there is none.
    NoSocket,
    /// The socket has the verb, but it cannot apply.
    Verb(Reason),
    /// The socket has no such verb in its state.
    NotNow,
}

fn takes_lines(model: &Model, entry: &SocketEntry) -> bool {
    model.responder(entry.id).rules().is_some_and(|rules| rules.lines.is_some())
}

fn modifiers(shortcut: KeyboardShortcut) -> usize {
    let Modifiers { alt, ctrl, shift, mac_cmd, command } = shortcut.modifiers;
    [alt, ctrl, shift, mac_cmd, command].into_iter().filter(|held| *held).count()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use egui::os::OperatingSystem;

    use super::*;

    /// What a text field does with keys of its own, where we would take them away.
    const EDITING: [Key; 5] = [Key::A, Key::C, Key::V, Key::X, Key::Z];

    #[test]
    fn no_two_commands_share_their_keys() {
        for os in [OperatingSystem::Nix, OperatingSystem::Windows, OperatingSystem::Mac] {
            let mut taken = BTreeMap::new();
            for command in UiCommand::ALL {
                for shortcut in command.shortcuts() {
                    let Modifiers { alt, ctrl, shift, mac_cmd, command: held } = shortcut.modifiers;
                    // As the system reports it: Ctrl and the command key are one, but on a Mac.
                    let mac = os == OperatingSystem::Mac;
                    let keys = (shortcut.logical_key, alt, ctrl || (held && !mac), shift, mac_cmd || (held && mac));
                    let before = taken.insert(keys, command);
                    assert!(before.is_none(), "{before:?} and {command:?} share {shortcut:?} on {os:?}");
                    assert!(!(held && EDITING.contains(&shortcut.logical_key)), "{command:?} breaks text fields");
                }
            }
        }
    }

    #[test]
    fn every_command_is_listed_once_and_says_what_it_is() {
        for lang in Lang::ALL {
            let mut texts = BTreeSet::new();
            for command in UiCommand::ALL {
                for text in [command.text(lang), command.tip(lang)] {
                    assert!(!text.is_empty() && !text.contains("command."), "{command:?} in {lang:?}: {text}");
                }
                assert!(texts.insert(command.text(lang)), "{command:?} is called like another one");
            }
        }
    }

    #[test]
    fn more_modifiers_go_first() {
        let mut input = InputState::default();
        let modifiers = Modifiers::CTRL | Modifiers::COMMAND | Modifiers::SHIFT;
        let key = Key::L;
        input.events.push(egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
        assert_eq!(UiCommand::pressed(&mut input), Some(UiCommand::SwitchTheme));
        assert_eq!(UiCommand::pressed(&mut input), None);
    }
}
