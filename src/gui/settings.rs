//! What the user set, and what is remembered for next time. The file it lies in: [`settings_file`](super::settings_file).

use serde::{Deserialize, Serialize};

use super::{chat::ChatSettings, theme::ThemeChoice, transfers::TransferSettings};
use crate::{
    framing::{self, Framing},
    journal::Budget,
    net::SocketSpec,
    text::Composition,
    words::Lang,
};

/// Everything that lasts from one start to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The language; the system's if not set.
    #[serde(rename = "language", skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
    /// The theme.
    pub theme: ThemeChoice,
    /// By how much everything is enlarged, in [`Settings::ZOOM`].
    pub zoom_percent: u16,
    /// How much traffic is kept.
    #[serde(rename = "journal_mib")]
    pub journal: JournalLimit,
    /// The longest message that is gathered from a stream, in bytes.
    pub message_limit: usize,
    /// Whether the boundaries of messages are on show, and not only their sentence.
    pub boundaries: bool,
    /// What the composer starts with.
    pub composer: Composition,
    /// Whom one chats with.
    pub chat: ChatSettings,
    /// How the messages of a connection are framed until another framing is chosen for it.
    pub framing: Framings,
    /// How files are sent and received.
    pub transfer: TransferSettings,
    /// Sockets opened lately, the newest first.
    pub recent: Vec<SocketSpec>,
    /// Sockets to keep.
    pub favourites: Vec<SocketSpec>,
}

/// How the messages of a TCP connection are marked in its two directions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Framings {
    /// Those that are sent.
    pub send: Framing,
    /// Those that come.
    pub receive: Framing,
}

/// How much traffic is kept, in MiB of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JournalLimit(pub u32);

impl JournalLimit {
    /// What can be chosen.
    pub const CHOICES: [Self; 5] = [Self(16), Self(48), Self(256), Self(1024), Self(4096)];
}

impl From<JournalLimit> for Budget {
    fn from(limit: JournalLimit) -> Self {
        Self { bytes: (limit.0 as usize).clamp(1, 1 << 14) << 20, ..Self::default() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lang: None,
            theme: ThemeChoice::System,
            zoom_percent: 100,
            journal: JournalLimit(48),
            message_limit: framing::LIMIT,
            boundaries: true,
            composer: Composition::default(),
            chat: ChatSettings::default(),
            framing: Framings::default(),
            transfer: TransferSettings::default(),
            recent: Vec::new(),
            favourites: Vec::new(),
        }
    }
}

impl Settings {
    /// How many recent sockets are remembered.
    pub const RECENT: usize = 12;
    /// Zoom, in percent, that can be worked with.
    pub const ZOOM: std::ops::RangeInclusive<u16> = 50..=300;

    /// The language in force.
    pub fn language(&self) -> Lang {
        self.lang.unwrap_or_else(Lang::of_system)
    }

    /// The factor that everything is enlarged by.
    pub fn zoom(&self) -> f32 {
        f32::from(self.zoom_percent.clamp(*Self::ZOOM.start(), *Self::ZOOM.end())) / 100.0
    }

    /// Sets the zoom, kept within [`Settings::ZOOM`].
    pub fn set_zoom(&mut self, percent: u16) {
        self.zoom_percent = percent.clamp(*Self::ZOOM.start(), *Self::ZOOM.end());
    }

    /// Puts a socket in front of the recent ones.
    pub fn remember(&mut self, spec: SocketSpec) {
        self.recent.retain(|known| *known != spec);
        self.recent.insert(0, spec);
        self.recent.truncate(Self::RECENT);
    }

    /// Keeps a socket, or no longer.
    pub fn toggle_favourite(&mut self, spec: SocketSpec) {
        if self.favourites.contains(&spec) {
            self.favourites.retain(|known| *known != spec);
        } else {
            self.favourites.push(spec);
        }
    }
}
