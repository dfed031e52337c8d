//! The colours and sizes of the two themes: the only file with raw colours.
//!
//! They are those of `look.md`; message hues are Okabe and Ito's, which colour-blind people can tell apart.
//! `clippy.toml` bans `Color32::from_*` everywhere else, so that a colour always has a name and both themes.

#![allow(clippy::disallowed_methods, reason = "this is the one place for raw colours")]

use egui::{Color32, Theme};

/// What a theme is made of. Reached as `ui.tokens()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Behind panels.
    pub background: Color32,
    /// Panels and cards.
    pub panel: Color32,
    /// Fields and code.
    pub sunken: Color32,
    /// Borders and rules.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text that is not the point: labels, addresses.
    pub muted: Color32,
    /// Text that only has to be there: units, placeholders.
    pub faint: Color32,
    /// TCP, primary buttons, selection; the accent.
    pub tcp: Color32,
    /// Tint of [`tcp`](Self::tcp), behind it.
    pub tcp_tint: Color32,
    /// UDP.
    pub udp: Color32,
    /// Tint of [`udp`](Self::udp).
    pub udp_tint: Color32,
    /// Open, on, received.
    pub ok: Color32,
    /// Tint of [`ok`](Self::ok).
    pub ok_tint: Color32,
    /// Half open, paused, waiting.
    pub warn: Color32,
    /// Tint of [`warn`](Self::warn).
    pub warn_tint: Color32,
    /// Failed, refused.
    pub error: Color32,
    /// Tint of [`error`](Self::error).
    pub error_tint: Color32,
    /// Behind the chosen row, card or tab.
    pub selection: Color32,
    /// Behind a control under the pointer.
    pub hover: Color32,
    /// On a primary button.
    pub on_accent: Color32,
    /// Shadow of popups.
    pub shadow: Color32,
    /// One hue a message, from send to recv.
    pub messages: [Color32; 6],
    /// Text on one of those hues.
    pub on_message: Color32,
}

/// Panel padding, in points.
pub const PADDING: i8 = 12;
/// Corner radius of controls.
pub const RADIUS: u8 = 6;
/// Corner radius of cards.
pub const CARD_RADIUS: u8 = 8;
/// Height of a table's row.
pub const ROW_HEIGHT: f32 = 26.0;
/// Height of a panel's head with its tabs.
pub const HEAD_HEIGHT: f32 = 36.0;

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The light theme.
pub static LIGHT: Tokens = Tokens {
    background: rgb(0xF4_F5F8),
    panel: rgb(0xFF_FFFF),
    sunken: rgb(0xF9_FAFB),
    line: rgb(0xE2_E5EB),
    text: rgb(0x1B_2330),
    muted: rgb(0x68_7385),
    faint: rgb(0x9A_A4B2),
    tcp: rgb(0x2F_6FED),
    tcp_tint: rgb(0xE9_F0FE),
    udp: rgb(0xD9_730D),
    udp_tint: rgb(0xFD_F1E4),
    ok: rgb(0x1A_8F5C),
    ok_tint: rgb(0xE5_F6EE),
    warn: rgb(0xB7_791F),
    warn_tint: rgb(0xFB_F3E2),
    error: rgb(0xCF_3A32),
    error_tint: rgb(0xFC_EAE9),
    selection: rgb(0xED_F3FF),
    hover: rgb(0xF4_F6FA),
    on_accent: rgb(0xFF_FFFF),
    shadow: Color32::from_black_alpha(28),
    messages: [rgb(0x00_72B2), rgb(0xE6_9F00), rgb(0x00_9E73), rgb(0xCC_79A7), rgb(0x56_B4E9), rgb(0xD5_5E00)],
    on_message: rgb(0x00_0000),
};

/// The dark theme.
pub static DARK: Tokens = Tokens {
    background: rgb(0x12_151A),
    panel: rgb(0x1A_1E25),
    sunken: rgb(0x15_191F),
    line: rgb(0x2A_303A),
    text: rgb(0xE5_E8EE),
    muted: rgb(0x97_A1B2),
    faint: rgb(0x66_7085),
    tcp: rgb(0x6E_A0FF),
    tcp_tint: rgb(0x1D_2A44),
    udp: rgb(0xFF_AF5C),
    udp_tint: rgb(0x3A_2A17),
    ok: rgb(0x45_C48A),
    ok_tint: rgb(0x16_332A),
    warn: rgb(0xE5_B454),
    warn_tint: rgb(0x35_2C17),
    error: rgb(0xFF_7D74),
    error_tint: rgb(0x3B_2020),
    selection: rgb(0x20_304E),
    hover: rgb(0x22_2731),
    on_accent: rgb(0x0B_1220),
    shadow: Color32::from_black_alpha(120),
    messages: [rgb(0x4A_A8E0), rgb(0xF2_B63C), rgb(0x35_C79B), rgb(0xE0_9CC4), rgb(0x8C_CBF0), rgb(0xF0_8347)],
    on_message: rgb(0x00_0000),
};

impl Tokens {
    /// The tokens of a theme.
    pub fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// The hue of the n-th message.
    pub fn message(&self, n: usize) -> Color32 {
        self.messages[n % self.messages.len()]
    }
}

/// `ui.tokens()` wherever there is an [`egui::Ui`].
pub trait TokensExt {
    /// The tokens of the theme in force.
    fn tokens(&self) -> &'static Tokens;
}

impl TokensExt for egui::Ui {
    fn tokens(&self) -> &'static Tokens {
        if self.visuals().dark_mode { &DARK } else { &LIGHT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast as WCAG 2.2 defines it.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |color: Color32| {
            let channel = |value: u8| {
                let value = f32::from(value) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(color.r()) + 0.7152 * channel(color.g()) + 0.0722 * channel(color.b())
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn what_must_be_read_can_be_read() {
        for tokens in [&LIGHT, &DARK] {
            for behind in [tokens.panel, tokens.background, tokens.selection] {
                assert!(contrast(tokens.text, behind) >= 7.0);
                assert!(contrast(tokens.muted, behind) >= 4.0, "{}", contrast(tokens.muted, behind));
            }
            assert!(contrast(tokens.on_accent, tokens.tcp) >= 4.0);
            assert!(contrast(tokens.error, tokens.panel) >= 4.5);
            for hue in tokens.messages {
                assert!(contrast(tokens.on_message, hue) >= 4.0, "{hue:?}");
            }
        }
    }
}
