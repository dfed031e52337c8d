//! One frame: drain what the workers sent, run what was asked for, paint.
//!
//! `logic` also runs while the window is hidden, when egui does not paint; so channels are drained there and
//! never in `ui`. Draining is bounded in time: what is left over is for the next frame.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eframe::egui::{self, CentralPanel, Context, Frame, Margin, Panel, Ui};

use super::{
    actions::{Action, Actions, FileFor},
    commands::UiCommand,
    dialogs::Dialogs,
    model::Model,
    settings::Settings,
    theme::{self, TokensExt as _},
    views::{self, Cx, Tab, ViewState},
    waker::UiWaker,
};
use crate::net::Engine;

/// Time for taking batches in, in one frame.
const DRAIN: Duration = Duration::from_millis(4);
/// From one look at the counters to the next while something moves.
const LOOK: Duration = Duration::from_nanos(Model::LOOK_EVERY);

/// The program behind the window.
pub struct App {
    /// What is shown.
    pub model: Model,
    /// Scroll positions, drafts, what is open.
    pub view: ViewState,
    /// What was asked for and not yet carried out.
    pub actions: Actions,
    engine: Engine,
    waker: Arc<UiWaker>,
    dialogs: Dialogs,
}

impl App {
    /// A window with sockets of its own.
    pub fn new(ctx: &Context, settings: Settings) -> Self {
        let waker = Arc::new(UiWaker::new(ctx.clone()));
        let engine = Engine::new(waker.clone());
        Self::with_engine(ctx, engine, waker, settings)
    }

    /// A window on this engine, which wakes it through `waker`.
    pub fn with_engine(ctx: &Context, engine: Engine, waker: Arc<UiWaker>, settings: Settings) -> Self {
        theme::install(ctx);
        // Zooming goes through our own commands, so that it is in the palette and in the settings.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let app = Self {
            model: Model::new(engine.epoch(), settings),
            view: ViewState::default(),
            actions: Actions::default(),
            engine,
            waker,
            dialogs: Dialogs::default(),
        };
        app.show_settings(ctx);
        app
    }

    /// The sockets behind the window.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn show_settings(&self, ctx: &Context) {
        let settings = &self.model.settings;
        ctx.set_theme(egui::ThemePreference::from(settings.theme));
        if (ctx.zoom_factor() - settings.zoom).abs() > f32::EPSILON {
            ctx.set_zoom_factor(settings.zoom);
        }
    }

    fn drain(&mut self, ctx: &Context) {
        self.waker.clear();
        let start = Instant::now();
        while let Ok(batch) = self.engine.batches().try_recv() {
            self.model.apply(batch);
            if start.elapsed() > DRAIN {
                ctx.request_repaint();
                break;
            }
        }
        self.model.attach(&self.engine);
        self.model.tick(self.engine.now());
    }

    fn run_actions(&mut self, ctx: &Context) {
        for action in self.model.take_follow_ups() {
            self.actions.push(action);
        }
        if self.actions.is_empty() {
            return;
        }
        for action in self.actions.take() {
            self.perform(ctx, action);
        }
        self.show_settings(ctx);
        ctx.request_repaint();
    }

    fn perform(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Copy(text) => ctx.copy_text(text),
            Action::Run(command) => self.run_command(ctx, command),
            Action::ChooseFile(purpose) => {
                let dialog = rfd::AsyncFileDialog::new();
                self.dialogs.ask(purpose, dialog, self.waker.clone());
            }
            Action::FileChosen(FileFor::SaveTraffic, path) => {
                self.view.traffic.save_to(&self.model, &path);
            }
            Action::FileChosen(FileFor::Send { socket, to }, path) => {
                let command = crate::net::Command::SendFile { path, to };
                self.model.dispatch(Action::Verb(socket, command), &self.engine);
            }
            action => self.model.dispatch(action, &self.engine),
        }
    }

    fn run_command(&mut self, ctx: &Context, command: UiCommand) {
        let _ = (ctx, command);
    }

    fn panels(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        let lang = self.model.settings.language();
        let mut cx = Cx { model: &self.model, lang, actions: &mut self.actions };
        let view = &mut self.view;
        let flat = Frame::new().fill(tokens.panel);
        Panel::top("top").exact_size(44.0).frame(flat.inner_margin(Margin::symmetric(16, 0))).show(ui, |ui| {
            views::top_bar::top_bar_ui(ui, &mut cx);
        });
        Panel::left("sockets").exact_size(264.0).resizable(false).frame(flat.inner_margin(12)).show(ui, |ui| {
            views::sidebar::sidebar_ui(ui, &mut cx);
        });
        CentralPanel::no_frame().show(ui, |ui| {
            if cx.model.selected_entry().is_none() {
                views::empty::empty_ui(ui, &mut cx);
                return;
            }
            Panel::top("header").frame(flat.inner_margin(Margin::symmetric(16, 12))).show(ui, |ui| {
                views::header::header_ui(ui, &mut cx);
            });
            Panel::bottom("composer").frame(flat.inner_margin(Margin::symmetric(16, 12))).show(ui, |ui| {
                views::composer::composer_ui(ui, &mut cx, &mut view.composer);
            });
            CentralPanel::no_frame().frame(flat).show(ui, |ui| match view.tab {
                Tab::Traffic => views::traffic::traffic_ui(ui, &mut cx, &mut view.traffic),
                Tab::Conversation => views::conversation::conversation_ui(ui, &mut cx, &mut view.conversation),
            });
        });
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.drain(ctx);
        self.dialogs.poll(&mut self.actions);
        self.run_actions(ctx);
        if self.model.is_lively() {
            ctx.request_repaint_after(LOOK);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.panels(ui);
        let ctx = ui.ctx().clone();
        self.run_actions(&ctx);
    }
}
