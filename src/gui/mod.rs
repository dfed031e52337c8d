//! The window.
//!
//! ```text
//! app       the frame: drain, run actions, paint     waker     how workers wake it
//! model     what is shown                            meter     how much and how fast
//! actions   what views ask for                       commands  what has a name and a shortcut
//! risk      what has to be confirmed first           verbs     what can be done to a socket now
//! settings  what lasts, and its file                 dialogs   files of the system
//! draft     a socket as typed                        chat      who is talked with over UDP
//! transfers files on their way
//! notice    what is told in a strip                  preset_folder  presets of the user's own
//! theme/    colours, fonts, icons                    widgets/  badge, card, sparkline …
//! views/    one file a part of the window: `xxx_ui(ui, cx, &mut XxxState)`
//! ```
//!
//! Views read `&Model`, write their own state (scroll, drafts, selection) and push [`Action`]s; the window carries
//! those out after painting. Nothing here blocks, and an open, quiet window asks for no repaint.

pub mod actions;
pub mod app;
pub mod chat;
pub mod commands;
mod dialogs;
pub mod draft;
pub mod meter;
pub mod model;
pub mod notice;
pub mod preset_folder;
pub mod risk;
pub mod settings;
pub mod settings_file;
pub mod theme;
pub mod transfers;
pub mod verbs;
pub mod views;
mod waker;
pub mod widgets;

use eframe::egui;

/// `tr!(lang, "app.name", name = value)`: the text of a key in a language.
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

/// The icon, 256 points square.
const ICON: &[u8] = include_bytes!("../../assets/icons/twocan-256.png");

/// Opens the window and stays until it is closed.
///
/// # Errors
/// There is no display, or no OpenGL on it.
pub fn run() -> Result<(), RunError> {
    let viewport = egui::ViewportBuilder::default()
        .with_app_id("twocan")
        .with_title("Twocan")
        .with_icon(eframe::icon_data::from_png_bytes(ICON).unwrap_or_default())
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([1024.0, 700.0]);
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        persist_window: false,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "Twocan",
        options,
        Box::new(|cc| {
            let mut app = App::new(&cc.egui_ctx);
            if let Some(folder) = settings_file::folder() {
                app.keep_settings_in(&cc.egui_ctx, &folder);
            }
            Ok(Box::new(app))
        }),
    )?;
    Ok(())
}
