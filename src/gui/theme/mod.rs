//! How the window looks: tokens, egui's own style made of them, fonts and icons.
//!
//! `look.md` is the source. A view never names a colour or a font: it asks `ui.tokens()` for colours and uses
//! the text styles of this module ([`section`], [`strong`], egui's `Body`, `Small`, `Heading`, `Monospace`).

mod fonts;
pub mod icons;
mod tokens;

use egui::{
    CornerRadius, FontFamily, FontId, Margin, RichText, Shadow, Stroke, TextStyle, Theme, ThemePreference, Vec2, vec2,
};
use serde::{Deserialize, Serialize};

pub use self::{
    fonts::{medium, semibold},
    tokens::{CARD_RADIUS, DARK, HEAD_HEIGHT, LIGHT, PADDING, RADIUS, ROW_HEIGHT, Tokens, TokensExt},
};

/// Which theme the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl ThemeChoice {
    /// All of them, in the order in which the button of the top bar goes through them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

impl From<ThemeChoice> for ThemePreference {
    fn from(choice: ThemeChoice) -> Self {
        match choice {
            ThemeChoice::System => Self::System,
            ThemeChoice::Light => Self::Light,
            ThemeChoice::Dark => Self::Dark,
        }
    }
}

/// The label of a section: 11 points, capitals where the script has them. Give it the `muted` colour.
pub fn section(ui: &egui::Ui, text: &str) -> RichText {
    RichText::new(text.to_uppercase())
        .font(FontId::new(11.0, semibold()))
        .extra_letter_spacing(0.44)
        .color(ui.tokens().muted)
}

/// A name that stands out in running text: 13 points, semibold.
pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).font(FontId::new(13.0, semibold()))
}

/// The word in a badge: 11 points, semibold.
pub fn badge_font() -> FontId {
    FontId::new(11.0, semibold())
}

/// Makes egui look like Twocan. Once, when the window opens.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    for theme in [Theme::Light, Theme::Dark] {
        ctx.style_mut_of(theme, |style| shape(style, Tokens::of(theme)));
    }
}

fn shape(style: &mut egui::Style, tokens: &Tokens) {
    style.text_styles = [
        (TextStyle::Small, FontId::new(12.0, FontFamily::Proportional)),
        (TextStyle::Body, FontId::new(13.0, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(13.0, medium())),
        (TextStyle::Heading, FontId::new(15.0, semibold())),
        (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
    ]
    .into();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    spacing(&mut style.spacing);

    let visuals = &mut style.visuals;
    let line = Stroke::new(1.0, tokens.line);
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.panel;
    visuals.window_stroke = line;
    visuals.window_corner_radius = CornerRadius::same(CARD_RADIUS);
    visuals.menu_corner_radius = CornerRadius::same(CARD_RADIUS);
    let shadow = Shadow { offset: [0, 4], blur: 16, spread: 0, color: tokens.shadow };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.faint_bg_color = tokens.sunken;
    visuals.extreme_bg_color = tokens.sunken;
    visuals.text_edit_bg_color = Some(tokens.sunken);
    visuals.code_bg_color = tokens.sunken;
    visuals.hyperlink_color = tokens.tcp;
    visuals.warn_fg_color = tokens.warn;
    visuals.error_fg_color = tokens.error;
    visuals.weak_text_color = Some(tokens.muted);
    visuals.selection.bg_fill = tokens.selection;
    visuals.selection.stroke = Stroke::new(1.0, tokens.tcp);
    visuals.text_cursor.stroke = Stroke::new(1.5, tokens.tcp);
    // Blinking would ask for a repaint twice a second for as long as a field has the focus.
    visuals.text_cursor.blink = false;
    visuals.indent_has_left_vline = false;

    let radius = CornerRadius::same(RADIUS);
    let widgets = &mut visuals.widgets;
    for (state, fill, border) in [
        (&mut widgets.noninteractive, tokens.panel, tokens.line),
        (&mut widgets.inactive, tokens.panel, tokens.line),
        (&mut widgets.hovered, tokens.hover, tokens.faint),
        (&mut widgets.active, tokens.selection, tokens.tcp),
        (&mut widgets.open, tokens.hover, tokens.faint),
    ] {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, border);
        state.fg_stroke = Stroke::new(1.0, tokens.text);
        state.corner_radius = radius;
        state.expansion = 0.0;
    }
}

fn spacing(spacing: &mut egui::style::Spacing) {
    spacing.item_spacing = vec2(8.0, 4.0);
    spacing.button_padding = vec2(12.0, 5.0);
    spacing.interact_size = Vec2::new(32.0, 24.0);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(PADDING);
    spacing.icon_width = 14.0;
    spacing.icon_width_inner = 8.0;
    spacing.icon_spacing = 6.0;
    spacing.combo_width = 64.0;
    spacing.scroll = egui::style::ScrollStyle::thin();
}
