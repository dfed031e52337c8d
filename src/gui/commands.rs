//! Every action that has a name: one enum with its text, its tooltip and its shortcut, so that the palette, the
//! buttons and the keyboard cannot disagree.

use egui::{Key, KeyboardShortcut, Modifiers};

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
    ShowTraffic,
    ShowConversation,
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
    pub const ALL: [Self; 30] = [
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
        Self::NextSocket,
        Self::PreviousSocket,
        Self::ShowTraffic,
        Self::ShowConversation,
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
            | Self::ClearTraffic => &[],
        }
    }
}
