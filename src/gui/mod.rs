//! The window.
//!
//! ```text
//! app       the frame: drain, run actions, paint     waker     how workers wake it
//! model     what is shown                            meter     how much and how fast
//! actions   what views ask for                       commands  what has a name and a shortcut
//! settings  what lasts                               dialogs   files of the system
//! theme/    colours, fonts, icons                    widgets/  badge, card, sparkline …
//! views/    one file a part of the window: `xxx_ui(ui, cx, &mut XxxState)`
//! ```
//!
//! Views read `&Model`, write their own state (scroll, drafts, selection) and push [`Action`]s; the window carries
//! those out after painting. Nothing here blocks, and an open, quiet window asks for no repaint.

pub mod actions;
pub mod app;
pub mod commands;
mod dialogs;
pub mod meter;
pub mod model;
pub mod settings;
pub mod theme;
pub mod views;
mod waker;
pub mod widgets;

use eframe::egui;

/// `tr!(lang, "section.key", name = value)`: the text of a key in a language.
macro_rules! tr {
    ($lang:expr, $key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        ::rust_i18n::t!($key, locale = $lang.tag() $(, $name = $value)*)
    };
}
pub(crate) use tr;

pub use self::{
    actions::{Action, Actions},
    app::App,
    model::Model,
    settings::Settings,
    views::Cx,
    waker::UiWaker,
};

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No display, no OpenGL, or no event loop.
    #[error("the window could not be opened: {0}")]
    Window(#[from] eframe::Error),
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// There is no display, or no OpenGL on it.
pub fn run() -> Result<(), RunError> {
    let viewport = egui::ViewportBuilder::default()
        .with_app_id("twocan")
        .with_title("Twocan")
        .with_icon(egui::IconData::default())
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([1024.0, 700.0]);
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        persist_window: false,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native("Twocan", options, Box::new(|cc| Ok(Box::new(App::new(&cc.egui_ctx, Settings::default())))))?;
    Ok(())
}
