//! The faces: Inter for text, JetBrains Mono for bytes, addresses and numbers, so that changing digits move
//! nothing. Chinese must show on a bare machine, so a cut of Noto Sans SC stands behind both; where they came
//! from is in `assets/fonts/PROVENANCE.md`. What none of them has is left to the system's fonts.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

const FACES: [(&str, &[u8]); 7] = [
    ("Inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
    ("Inter Medium", include_bytes!("../../../assets/fonts/Inter-Medium.otf")),
    ("Inter SemiBold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
    ("JetBrains Mono", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf")),
    ("Noto Sans SC", include_bytes!("../../../assets/fonts/NotoSansSC-Regular.otf")),
    ("Noto Sans SC Bold", include_bytes!("../../../assets/fonts/NotoSansSC-Bold.otf")),
    ("icons", include_bytes!("../../../assets/fonts/icons.ttf")),
];

/// The family of headings and names: Inter's semibold.
pub fn semibold() -> FontFamily {
    FontFamily::Name(Arc::from("semibold"))
}

/// The family of buttons and tabs: Inter Medium.
pub fn medium() -> FontFamily {
    FontFamily::Name(Arc::from("medium"))
}

/// All faces and families.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in FACES {
        let mut face = FontData::from_static(bytes);
        if name.starts_with("Noto Sans SC") {
            // Its characters stand lower than Latin ones of the same line would have them.
            face.tweak.y_offset_factor = -0.07;
        }
        fonts.font_data.insert(name.to_owned(), Arc::new(face));
    }
    // Each has signs that the others lack; the bold Chinese face has only the frequent characters.
    for (family, chain) in [
        (FontFamily::Proportional, ["Inter", "Noto Sans SC", "icons", "JetBrains Mono"].as_slice()),
        (medium(), &["Inter Medium", "Noto Sans SC", "icons", "JetBrains Mono"]),
        (semibold(), &["Inter SemiBold", "Noto Sans SC Bold", "Noto Sans SC", "icons", "JetBrains Mono"]),
        (FontFamily::Monospace, &["JetBrains Mono", "Noto Sans SC", "icons", "Inter"]),
    ] {
        fonts.families.insert(family, chain.iter().map(ToString::to_string).collect());
    }
    fonts
}

#[cfg(test)]
mod tests {
    use egui::FontId;

    use super::*;
    use crate::gui::theme::icons;

    #[test]
    fn every_family_has_what_the_window_says() {
        let ctx = egui::Context::default();
        ctx.set_fonts(definitions());
        ctx.begin_pass(egui::RawInput::default());
        let locales = crate::words::TEXTS.as_flattened();
        for family in [FontFamily::Proportional, FontFamily::Monospace, medium(), semibold()] {
            let font = FontId::new(13.0, family);
            ctx.fonts_mut(|fonts| {
                for character in locales.iter().flat_map(|text| text.chars()).filter(|c| !c.is_control()) {
                    assert!(fonts.has_glyph(&font, character), "{font:?} lacks {character:?}");
                }
                for icon in [icons::ARROW_UP, icons::CHEVRON_DOWN] {
                    assert!(fonts.has_glyphs(&font, icon));
                }
            });
        }
        ctx.end_pass().drop_without_applying_deltas();
    }
}
