//! The window without a screen: frames are laid out and read by accessible names, sockets are real.

use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, accesskit::Role};
use egui_kittest::{Harness, HarnessBuilder, kittest::Queryable as _};
use twocan::{
    gui::{App, theme::ThemeChoice},
    words::Lang,
};

/// A language and a theme each.
pub const BOTH: [(Lang, ThemeChoice); 2] = [(Lang::En, ThemeChoice::Light), (Lang::Zh, ThemeChoice::Dark)];

/// The one that is in this language.
pub fn in_language(lang: Lang, english: &'static str, chinese: &'static str) -> &'static str {
    match lang {
        Lang::En => english,
        Lang::Zh => chinese,
    }
}

/// Empties the field of this name and types into it.
pub fn fill<S>(harness: &mut Harness<'_, S>, name: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, name).focus();
    harness.step();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.step();
    harness.event(Event::Text(text.into()));
    harness.step();
}

/// The window in this language and theme.
pub fn window(lang: Lang, theme: ThemeChoice) -> Harness<'static, App> {
    sized(lang, theme, egui::vec2(1440.0, 900.0))
}

/// A window that shows characters no bundled font has as boxes, instead of failing.
pub fn any_text(size: egui::Vec2) -> Harness<'static, App> {
    build(Harness::builder().with_size(size).allow_missing_glyphs(), Lang::En, ThemeChoice::Light)
}

/// The same in another size.
pub fn sized(lang: Lang, theme: ThemeChoice, size: egui::Vec2) -> Harness<'static, App> {
    build(Harness::builder().with_size(size), lang, theme)
}

fn build(builder: HarnessBuilder<App>, lang: Lang, theme: ThemeChoice) -> Harness<'static, App> {
    builder.with_max_steps(16).build_eframe(move |cc| {
        let mut app = App::new(&cc.egui_ctx);
        app.model.settings.lang = Some(lang);
        app.model.settings.theme = theme;
        cc.egui_ctx.set_theme(egui::ThemePreference::from(theme));
        app
    })
}

/// Steps until `ok`; panics with what the window shows after ten seconds.
pub fn step_until<S>(harness: &mut Harness<'_, S>, what: &str, mut ok: impl FnMut(&Harness<'_, S>) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !ok(harness) {
        assert!(Instant::now() < deadline, "timed out: {what}\n{harness:?}");
        harness.step();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
