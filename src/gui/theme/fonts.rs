//! The faces: Inter for text, JetBrains Mono for bytes, addresses and numbers, so that changing digits move
//! nothing. Chinese must show on a bare machine, so a cut of Noto Sans SC stands behind both; where they came
//! from is in `assets/fonts/PROVENANCE.md`. What none of them has is left to the system's fonts.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

const FACES: [(&str, &[u8]); 6] = [
    ("Inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
    ("Inter Medium", include_bytes!("../../../assets/fonts/Inter-Medium.otf")),
    ("Inter SemiBold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
    ("JetBrains Mono", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf")),
    ("Noto Sans SC", include_bytes!("../../../assets/fonts/NotoSansSC-Regular.otf")),
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
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    for (family, face) in [
        (FontFamily::Proportional, "Inter"),
        (medium(), "Inter Medium"),
        (semibold(), "Inter SemiBold"),
        (FontFamily::Monospace, "JetBrains Mono"),
    ] {
        // Inter also stands behind JetBrains Mono and the other way round: each has signs the other lacks.
        let other = if face == "JetBrains Mono" { "Inter" } else { "JetBrains Mono" };
        let chain = [face, "Noto Sans SC", "icons", other];
        fonts.families.insert(family, chain.map(str::to_owned).to_vec());
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
        let locales =
            [include_str!("../../../assets/locales/en.toml"), include_str!("../../../assets/locales/zh-CN.toml")];
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
