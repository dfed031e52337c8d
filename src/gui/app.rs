//! One frame: drain what the workers sent, run what was asked for, paint.
//!
//! `logic` also runs while the window is hidden, when egui does not paint; so channels are drained there and
//! never in `ui`. Draining is bounded in time: what is left over is for the next frame.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use eframe::egui::{self, CentralPanel, Context, Frame, Margin, Panel, Ui, ViewportCommand};

use super::{
    actions::{Action, Actions, FileFor},
    commands::UiCommand,
    dialogs::Dialogs,
    draft::{Draft, NewKind},
    model::Model,
    notice::{Done, Notice},
    preset_folder::PresetFolder,
    risk::Risk,
    settings::Settings,
    settings_file::SettingsFile,
    theme::{self, TokensExt as _},
    tr,
    transfers::{self, TransferAction, TransferBook},
    views::{self, Cx, Place, Tab, ViewState, rules::Subject},
    waker::UiWaker,
};
use crate::{
    net::{Command, Engine, SocketSpec, interfaces},
    preset::Preset,
    transfer::Transfers,
    words::Lang,
};

/// Time for taking batches in, in one frame.
const DRAIN: Duration = Duration::from_millis(4);
/// The same while nobody sees a frame: eframe asks ten times a second then, and nothing is painted that could wait.
const DRAIN_HIDDEN: Duration = Duration::from_millis(50);
/// From one look at the counters to the next while something moves.
const LOOK: Duration = Duration::from_nanos(Model::LOOK_EVERY);
/// How old this computer's addresses may be when a frame is painted.
const ADDRESSES: Duration = Duration::from_secs(10);
/// Below this width the inspector is closed unless the user opens it.
const WIDE: f32 = 1200.0;
/// Below this height the margins are half: a window of 900 points at 200 % has 450.
const LOW: f32 = 560.0;

/// The program behind the window.
pub struct App {
    /// What is shown.
    pub model: Model,
    /// Scroll positions, drafts, what is open.
    pub view: ViewState,
    /// What was asked for and not yet carried out.
    pub actions: Actions,
    engine: Engine,
    transfers: Transfers,
    waker: Arc<UiWaker>,
    dialogs: Dialogs,
    file: Option<SettingsFile>,
    presets: Option<PresetFolder>,
    notices: Vec<Notice>,
    addresses_read: Option<Instant>,
    /// Whether no frame has followed the last look: the window is minimised, or covered whole.
    hidden: bool,
}

impl App {
    /// A window with sockets of its own, and settings that end with it.
    pub fn new(ctx: &Context) -> Self {
        let waker = Arc::new(UiWaker::new(ctx.clone()));
        let engine = Engine::new(waker.clone());
        Self::with_engine(ctx, engine, waker, Settings::default())
    }

    /// A window on this engine, which wakes it through `waker`.
    pub fn with_engine(ctx: &Context, engine: Engine, waker: Arc<UiWaker>, settings: Settings) -> Self {
        theme::install(ctx);
        // Zooming goes through our own commands, so that it is in the palette and in the settings.
        ctx.options_mut(|options| {
            options.zoom_with_keyboard = false;
            // Where the system does not tell.
            options.fallback_theme = egui::Theme::Light;
        });
        let app = Self {
            model: Model::new(engine.epoch(), settings),
            view: ViewState::default(),
            actions: Actions::default(),
            engine,
            transfers: Transfers::new(waker.clone()),
            waker,
            dialogs: Dialogs::default(),
            file: None,
            presets: None,
            notices: Vec::new(),
            addresses_read: None,
            hidden: false,
        };
        app.show_settings(ctx);
        app
    }

    /// Takes the settings of this folder over and keeps changes there.
    pub fn keep_settings_in(&mut self, ctx: &Context, folder: &Path) {
        let (file, settings, notice) = SettingsFile::open(folder);
        self.model.journal.set_budget(settings.journal.into());
        self.model.settings = settings;
        self.model.settings_path = file.as_ref().map(|file| file.path().to_owned());
        self.file = file;
        self.notices.extend(notice);
        let presets = PresetFolder::open(folder.join("presets"), self.waker.clone());
        self.presets = presets.inspect_err(|error| log::warn!("no thread for presets: {error}")).ok();
        self.show_settings(ctx);
    }

    /// The sockets behind the window.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn show_settings(&self, ctx: &Context) {
        let settings = &self.model.settings;
        ctx.set_theme(egui::ThemePreference::from(settings.theme));
        if (ctx.zoom_factor() - settings.zoom()).abs() > f32::EPSILON {
            ctx.set_zoom_factor(settings.zoom());
        }
    }

    /// Takes in what has happened and carries out what is due: before each frame, and also while none is painted.
    pub fn look(&mut self, ctx: &Context) {
        self.drain(ctx);
        self.hidden = true;
        self.look_at_transfers(ctx);
        self.dialogs.poll(&mut self.actions);
        self.run_actions(ctx);
        self.keep_settings(ctx);
        self.read_presets();
        if self.model.is_lively() {
            ctx.request_repaint_after(LOOK);
        }
    }

    fn drain(&mut self, ctx: &Context) {
        self.waker.clear();
        let start = Instant::now();
        let time = if self.hidden { DRAIN_HIDDEN } else { DRAIN };
        while let Ok(batch) = self.engine.batches().try_recv() {
            self.model.apply(batch);
            if start.elapsed() > time {
                ctx.request_repaint();
                break;
            }
        }
        // Before rows leave, whatever is on show: else the boundaries of their streams would be lost.
        if !self.view.traffic.keep_up(&self.model) {
            ctx.request_repaint();
        }
        self.model.attach(&self.engine);
        self.model.tick(self.engine.now());
        if self.addresses_read.is_none_or(|read| read.elapsed() > ADDRESSES) {
            self.model.addresses = interfaces::addresses();
            self.addresses_read = Some(Instant::now());
        }
    }

    /// Looks at the files on their way: after a wake, and again soon while something moves.
    fn look_at_transfers(&mut self, ctx: &Context) {
        self.model.transfers.refresh(&self.transfers, Instant::now());
        // The lists tell everything; the notices are for whoever would rather wait.
        while self.transfers.notices().try_recv().is_ok() {}
        if self.model.transfers.is_lively() {
            ctx.request_repaint_after(TransferBook::LOOK);
        }
    }

    fn transfer(&mut self, action: TransferAction) {
        match action {
            TransferAction::Send(spec) => {
                self.transfers.send(spec);
            }
            TransferAction::Receive(spec) => {
                self.transfers.receive(spec);
            }
            TransferAction::Stop(id) => self.transfers.stop(id),
            TransferAction::ForgetReceiver(id) => self.transfers.forget_receiver(id),
            // Somebody may have withdrawn it a moment ago; then it leaves the window in the next frame.
            TransferAction::Answer(id, answer) => drop(self.transfers.answer(id, answer)),
            TransferAction::Pause(id) => self.transfers.pause(id),
            TransferAction::Unpause(id) => self.transfers.unpause(id),
            TransferAction::Cancel(id) => self.transfers.cancel(id),
            TransferAction::Resume(id) => {
                self.transfers.resume(id);
            }
            TransferAction::ForgetEnded => {
                let ended: Vec<_> = self.model.transfers.ended().map(|row| row.transfer.id).collect();
                for id in ended {
                    self.transfers.forget(id);
                }
            }
            TransferAction::OpenFolder(folder) => transfers::open_folder(&folder),
            TransferAction::Set(settings) => self.model.settings.transfer = settings,
        }
        self.model.transfers.refresh(&self.transfers, Instant::now());
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

    fn read_presets(&mut self) {
        if let Some(report) = self.presets.as_ref().and_then(PresetFolder::poll) {
            self.model.own_presets = report.presets;
            self.notices.extend(report.notices);
        }
    }

    fn keep_settings(&mut self, ctx: &Context) {
        let Some(file) = &mut self.file else { return };
        if file.save(&self.model.settings) {
            ctx.request_repaint_after(LOOK);
        }
        self.notices.extend(file.problems());
    }

    fn perform(&mut self, ctx: &Context, action: Action) {
        if let Some(risk) = Risk::of(&self.model, &action) {
            self.view.place = Place::Bench;
            return self.view.confirm.ask(action, risk);
        }
        match action {
            Action::Copy(text) => ctx.copy_text(text),
            Action::CopyCode(text, language) => {
                ctx.copy_text(text);
                self.notices.retain(|notice| notice.remaining().is_none());
                self.notices.push(Notice::done(Done::Copied(language)));
            }
            Action::Run(command) => self.run_command(ctx, command),
            Action::ShowNew(kind) => {
                self.view.place = Place::Bench;
                self.view.leave_pages();
                self.view.new_socket.show(Draft::new(kind, &self.model));
            }
            Action::ShowSpec(spec) => {
                self.view.place = Place::Bench;
                self.view.leave_pages();
                self.view.new_socket.show(Draft::of(&spec));
            }
            Action::ShowPreset(preset) => {
                self.view.place = Place::Bench;
                self.view.leave_pages();
                self.view.new_socket.show_preset(*preset);
            }
            Action::ShowSavePreset(id) => {
                self.view.leave_pages();
                self.view.save_preset.open(&self.model, id);
            }
            Action::SavePreset(preset) => self.save_preset(*preset),
            Action::DeletePreset(name) => {
                if let Some(presets) = &self.presets {
                    presets.delete(name);
                }
            }
            // Over a form rather than instead of it: what is filled in there is there again afterwards.
            Action::ShowLens(taken) => {
                self.view.place = Place::Bench;
                self.view.lens.open(taken.map(|taken| *taken));
            }
            Action::ShowPlace(place) => {
                self.view.place = place;
                // What is done to "the socket" with a key is done to the one on show.
                if place == Place::Chat && self.model.chat.socket().is_some() {
                    self.model.selected = self.model.chat.socket();
                }
            }
            Action::ShowRow(socket, seq) => {
                self.perform(ctx, Action::Select(Some(socket)));
                self.view.tab = Tab::Traffic;
                self.view.traffic.open(&self.model, seq);
            }
            Action::ShowSettings => self.view.settings_open = !self.view.settings_open,
            Action::ChooseFile(purpose) => {
                let lang = self.model.settings.language();
                let title = match purpose {
                    FileFor::Send { .. } => tr!(lang, "top.dialog_send"),
                    FileFor::TransferFiles => tr!(lang, "top.dialog_transfer_files"),
                    FileFor::TransferFolder => tr!(lang, "top.dialog_transfer_folder"),
                    FileFor::TransferInto => tr!(lang, "top.dialog_transfer_into"),
                    FileFor::SaveTraffic => tr!(lang, "top.dialog_save"),
                    FileFor::OpenRules => tr!(lang, "editor.dialog_open"),
                    FileFor::SaveRules(_) => tr!(lang, "editor.dialog_save"),
                    FileFor::ImportPreset => tr!(lang, "classic.dialog_open"),
                    FileFor::ExportPreset(_) => tr!(lang, "classic.dialog_save"),
                    FileFor::SaveCapture(_) => tr!(lang, "lab.dialog_save"),
                };
                let mut dialog = rfd::AsyncFileDialog::new().set_title(title);
                if matches!(purpose, FileFor::SaveCapture(_)) {
                    dialog = dialog.add_filter("pcapng", &["pcapng"]).set_file_name("run.pcapng");
                } else if matches!(
                    purpose,
                    FileFor::OpenRules | FileFor::SaveRules(_) | FileFor::ImportPreset | FileFor::ExportPreset(_)
                ) {
                    dialog = dialog.add_filter("TOML", &["toml"]);
                }
                self.dialogs.ask(purpose, dialog, self.waker.clone());
            }
            Action::EditRules(subject) => {
                let lang = self.model.settings.language();
                let responder = match subject {
                    Subject::Socket(id) => Some(self.model.responder(id)),
                    Subject::Draft => self.view.new_socket.draft.as_ref().map(|draft| draft.responder().clone()),
                };
                if let Some(responder) = responder {
                    self.view.rules.open(subject, &responder, lang);
                }
            }
            Action::FileRead(FileFor::ImportPreset, path, text) => match text.map(|text| Preset::parse(&text)) {
                Ok(Ok(preset)) => self.save_preset(preset),
                Ok(Err(error)) => self.notices.push(Notice::NoPreset { path, error: Box::new(error) }),
                Err(problem) => self.notices.push(Notice::PresetFile { path, problem }),
            },
            Action::FileWritten(FileFor::ExportPreset(_), path, written) => self.notices.push(match written {
                Ok(()) => Notice::done(Done::PresetSaved(path)),
                Err(problem) => Notice::PresetFile { path, problem },
            }),
            Action::FileWritten(FileFor::SaveCapture(_), path, written) => self.view.lab.saved(path, written),
            Action::FileRead(_, path, text) => {
                let lang = self.model.settings.language();
                self.view.rules.take_file(text.map_err(|problem| problem.unreadable(lang, &path)));
            }
            Action::FileWritten(_, path, written) => {
                let lang = self.model.settings.language();
                let written = written.map(|()| path.display().to_string());
                self.view.rules.saved(written.map_err(|problem| problem.unwritable(lang, &path)));
            }
            Action::FileChosen(FileFor::SaveTraffic, path) => self.view.traffic.save_to(&self.model, &path),
            Action::FileChosen(FileFor::TransferInto, path) => self.view.transfer.receive_into(&path),
            Action::FilesChosen(paths) => {
                self.view.place = Place::Transfer;
                self.view.transfer.add(paths);
            }
            Action::Transfer(action) => self.transfer(action),
            Action::FileChosen(FileFor::Send { socket, to }, path) => {
                self.model.dispatch(Action::Verb(socket, Command::SendFile { path, to }), &self.engine);
            }
            action => {
                match &action {
                    Action::Select(_) => {
                        self.view.leave_pages();
                        self.view.place = Place::Bench;
                    }
                    // Whoever opened one that can send wants to write next.
                    Action::Open(SocketSpec::TcpClient(_)) | Action::OpenNew(SocketSpec::TcpClient(_)) => {
                        self.view.composer.focus();
                    }
                    _ => {}
                }
                if matches!(action, Action::OpenNew(_) | Action::OpenPreset(_) | Action::OpenPair(_)) {
                    self.view.leave_pages();
                    self.view.place = Place::Bench;
                }
                self.model.dispatch(action, &self.engine);
            }
        }
    }

    fn save_preset(&mut self, preset: Preset) {
        if let Some(presets) = &self.presets {
            presets.save(preset);
        } else {
            // Without a folder for settings there is none for presets: they last as long as the window.
            self.model.own_presets.retain(|own| own.name != preset.name);
            self.model.own_presets.push(preset);
        }
    }

    fn run_command(&mut self, ctx: &Context, command: UiCommand) {
        if command.unavailable(&self.model).is_some() {
            return;
        }
        let lens = self.view.place == Place::Bench && self.view.lens.is_open();
        if lens && command.shows_traffic() {
            self.view.lens.close();
        }
        if self.view.place != Place::Bench && self.leaves_place(command) {
            self.view.place = Place::Bench;
            // A verb is for a socket that the user sees.
            if matches!(
                command,
                UiCommand::HalfClose | UiCommand::Close | UiCommand::Abort | UiCommand::Reopen | UiCommand::Remove
            ) {
                return;
            }
        }
        let settings = &self.model.settings;
        let zoom = settings.zoom_percent;
        let action = match command {
            UiCommand::Palette => return self.view.palette.toggle(),
            UiCommand::NewSocket => return self.view.sidebar.menu.open = true,
            UiCommand::NewTcpServer => Action::ShowNew(NewKind::TcpServer),
            UiCommand::NewTcpClient => Action::ShowNew(NewKind::TcpClient),
            UiCommand::NewUdp => Action::ShowNew(NewKind::Udp),
            UiCommand::TcpPair => Action::OpenPair(super::actions::Pair::Tcp),
            UiCommand::UdpPair => Action::OpenPair(super::actions::Pair::Udp),
            UiCommand::NextSocket => Action::Select(self.model.neighbour(true)),
            UiCommand::PreviousSocket => Action::Select(self.model.neighbour(false)),
            UiCommand::HalfClose | UiCommand::Close | UiCommand::Abort | UiCommand::Reopen | UiCommand::Remove => {
                let entry = self.model.selected_entry();
                let Some((entry, (verb, None))) = entry.and_then(|e| Some((e, command.verb(&self.model, e)?))) else {
                    return;
                };
                verb.action(entry)
            }
            UiCommand::ShowTraffic => return self.view.tab = Tab::Traffic,
            UiCommand::ShowConversation => return self.view.tab = Tab::Conversation,
            UiCommand::ShowLadder => return self.view.tab = Tab::Ladder,
            UiCommand::ShowMessages => return self.view.tab = Tab::Messages,
            UiCommand::FocusFilter | UiCommand::PauseTraffic | UiCommand::SaveTraffic => {
                self.view.tab = Tab::Traffic;
                return self.view.traffic.run(command);
            }
            UiCommand::ShowChat => Action::ShowPlace(Place::Chat),
            UiCommand::ShowLens if lens => return self.view.lens.close(),
            UiCommand::ShowLens => Action::ShowLens(self.view.for_lens(&self.model, ctx).map(Box::new)),
            UiCommand::ShowTransfer => Action::ShowPlace(Place::Transfer),
            UiCommand::ShowLab => Action::ShowPlace(Place::Lab),
            UiCommand::FocusComposer if self.view.place == Place::Chat => return self.view.chat.focus(),
            UiCommand::FocusComposer => return self.view.composer.focus(),
            UiCommand::ClearTraffic => Action::ClearJournal,
            UiCommand::ToggleInspector => return self.view.toggle_inspector(is_wide(ctx)),
            UiCommand::SwitchLanguage => Action::SetLang(match settings.language() {
                Lang::En => Lang::Zh,
                Lang::Zh => Lang::En,
            }),
            UiCommand::SwitchTheme => Action::SetTheme(settings.theme.next()),
            UiCommand::ZoomIn => Action::SetZoom(zoom.saturating_add(10)),
            UiCommand::ZoomOut => Action::SetZoom(zoom.saturating_sub(10)),
            UiCommand::ZoomReset => Action::SetZoom(100),
            UiCommand::Settings => Action::ShowSettings,
            UiCommand::Help => return self.view.help_open = !self.view.help_open,
            UiCommand::Quit => return ctx.send_viewport_cmd(ViewportCommand::Close),
        };
        self.perform(ctx, action);
    }

    /// Whether a command is about the bench, so that it has to be on show. The chat's own socket has its verbs in the chat.
    fn leaves_place(&self, command: UiCommand) -> bool {
        match command {
            UiCommand::Palette
            | UiCommand::ShowChat
            | UiCommand::ShowTransfer
            | UiCommand::ShowLab
            | UiCommand::ClearTraffic
            | UiCommand::SwitchLanguage
            | UiCommand::SwitchTheme
            | UiCommand::ZoomIn
            | UiCommand::ZoomOut
            | UiCommand::ZoomReset
            | UiCommand::Settings
            | UiCommand::Help
            | UiCommand::Quit => false,
            UiCommand::FocusComposer => self.view.place != Place::Chat,
            UiCommand::Close | UiCommand::Reopen => {
                self.view.place != Place::Chat
                    || self.model.chat.socket().is_none()
                    || self.model.chat.socket() != self.model.selected
            }
            _ => true,
        }
    }

    fn panels(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        let lang = self.model.settings.language();
        let mut cx = Cx { model: &self.model, lang, actions: &mut self.actions };
        let view = &mut self.view;
        let flat = Frame::new().fill(tokens.panel);
        Panel::top("top").exact_size(44.0).frame(flat.inner_margin(Margin::symmetric(16, 0))).show(ui, |ui| {
            views::top_bar::top_bar_ui(ui, &mut cx, view.place, &mut view.settings_open);
        });
        views::notices::notices_ui(ui, &cx, &mut self.notices);
        views::notices::dialog_ui(ui, &cx, &mut self.dialogs);
        if view.place != Place::Bench {
            CentralPanel::no_frame().frame(flat).show(ui, |ui| match view.place {
                Place::Lab => views::lab::lab_ui(ui, &mut cx, &mut view.lab),
                Place::Chat => views::chat::chat_ui(ui, &mut cx, &mut view.chat),
                Place::Transfer => views::transfer::transfer_ui(ui, &mut cx, &mut view.transfer),
                Place::Bench => {}
            });
            views::palette::palette_ui(ui, &mut cx, &mut view.palette);
            views::help::help_ui(ui, &cx, &mut view.help_open);
            return;
        }
        // At 200 % a window of 1440 points has 720.
        let sidebar = if ui.ctx().content_rect().width() < 800.0 { 232.0 } else { 264.0 };
        Panel::left("sockets").exact_size(sidebar).resizable(false).frame(flat.inner_margin(12)).show(ui, |ui| {
            views::sidebar::sidebar_ui(ui, &mut cx, &mut view.sidebar);
        });
        let covered = view.palette.open || view.help_open || view.settings_open || view.sidebar.menu.open;
        let form = view.new_socket.draft.is_some()
            || view.rules.is_open()
            || view.confirm.is_open()
            || view.save_preset.is_open()
            || view.lens.is_open();
        let inspector = view.inspector_open(is_wide(ui.ctx()));
        if inspector && cx.model.selected_entry().is_some() && !form {
            Panel::right("inspector").exact_size(288.0).resizable(false).frame(flat).show(ui, |ui| {
                views::inspector::inspector_ui(ui, &mut cx, &mut view.inspector);
            });
        }
        CentralPanel::no_frame().frame(flat).show(ui, |ui| {
            if view.confirm.is_open() {
                views::confirm::confirm_ui(ui, &mut cx, &mut view.confirm, covered);
            } else if view.lens.is_open() {
                views::lens::lens_ui(ui, &mut cx, &mut view.lens, covered);
            } else if view.rules.is_open() {
                views::rules::rules_ui(ui, &mut cx, &mut view.rules, &mut view.new_socket.draft, covered);
            } else if view.save_preset.is_open() {
                views::save_preset::save_preset_ui(ui, &mut cx, &mut view.save_preset, covered);
            } else if form {
                views::new_socket::new_socket_ui(ui, &mut cx, &mut view.new_socket, covered);
            } else if cx.model.selected_entry().is_none() {
                views::empty::empty_ui(ui, &mut cx);
            } else {
                bench(ui, &mut cx, view, inspector, flat);
            }
        });
        views::palette::palette_ui(ui, &mut cx, &mut view.palette);
        views::help::help_ui(ui, &cx, &mut view.help_open);
    }
}

/// The chosen socket: header, one of the readings of its traffic, composer.
fn bench(ui: &mut Ui, cx: &mut Cx<'_>, view: &mut ViewState, inspector: bool, flat: Frame) {
    // At 200 % every point is for the rows.
    let margin =
        if ui.ctx().content_rect().height() < LOW { Margin::symmetric(16, 5) } else { Margin::symmetric(16, 12) };
    Panel::top("header").frame(flat.inner_margin(margin)).show(ui, |ui| {
        views::header::header_ui(ui, cx, inspector);
    });
    Panel::bottom("composer").frame(flat.inner_margin(margin)).show(ui, |ui| {
        views::composer::composer_ui(ui, cx, &mut view.composer);
    });
    let room = ui.available_width();
    // The ladder itself, and the picture of the buffer, need the whole width.
    view.traffic.ladder_beside = !matches!(view.tab, Tab::Ladder | Tab::Messages) && view.ladder.is_beside(room);
    if view.traffic.ladder_beside {
        let sizes = views::ladder::BESIDE..=room - views::ladder::BESIDE;
        let panel = Panel::right("ladder_beside").resizable(true).default_size(room * 0.487).size_range(sizes);
        panel.frame(flat).show(ui, |ui| {
            views::ladder::ladder_beside_ui(ui, cx, &mut view.ladder, &mut view.traffic);
        });
    }
    CentralPanel::no_frame().frame(flat).show(ui, |ui| match view.tab {
        Tab::Traffic => views::traffic::traffic_ui(ui, cx, &mut view.traffic),
        Tab::Conversation => {
            views::conversation::conversation_ui(ui, cx, &mut view.conversation, &mut view.traffic);
        }
        Tab::Ladder => views::ladder::ladder_ui(ui, cx, &mut view.ladder, &mut view.traffic),
        Tab::Messages => views::framing::framing_ui(ui, cx, &mut view.framing, &mut view.traffic),
    });
}

fn is_wide(ctx: &Context) -> bool {
    ctx.content_rect().width() >= WIDE
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.look(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.hidden = false;
        if let Some(command) = ui.input_mut(UiCommand::pressed) {
            self.actions.push(Action::Run(command));
        }
        let dropped = ui.input_mut(|input| std::mem::take(&mut input.raw.dropped_files));
        let paths: Vec<_> = dropped.iter().map(|file| file.path().to_owned()).collect();
        if !paths.is_empty() {
            self.actions.push(Action::FilesChosen(paths));
        }
        self.panels(ui);
        let ctx = ui.ctx().clone();
        self.run_actions(&ctx);
    }
}
