//! The ladder: the conversation of the chosen socket, drawn as it happens.
//!
//! What is drawn and where comes from the pure [`Ladder`](crate::journal::ladder::Ladder), which is made again only when
//! rows of its sockets came or left; a frame paints what is on screen of it. Colour is the message, as in the table; what
//! a call saw is solid, what is inferred is dashed, and a legend says so. The chosen row is the one of the table.

mod drawn;
mod keys;
mod marks;
mod paint;
mod place;
mod replay;
mod save;
mod transport;
mod words;

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, RichText, Ui};

pub use self::drawn::Scope;
use self::{drawn::Drawn, place::Place, replay::Replay};
use super::{
    Cx, Tab,
    boundaries::boundaries_panel,
    head, tab,
    traffic::{self, Texts, TrafficState},
};
use crate::{
    gui::{
        actions::Action,
        commands::UiCommand,
        theme::{TokensExt as _, icons},
        tr,
        widgets::compact::{compact_icon, compact_menu, menu_entry, menu_spacing},
    },
    journal::{SocketId, ladder::Scale},
    words::Lang,
};

/// Below this width the buttons of the head show their icons only.
const ROOMY: f32 = 820.0;
/// Below this width, as at 200 % and beside the table, the head has what is needed most; the rest is in a menu.
const NARROW: f32 = 640.0;
/// Below this height the ladder itself needs all the room.
const LOW: f32 = 280.0;
/// Steps that are copied as text at most: what goes through the clipboard has to fit into it.
const COPIED: usize = 10_000;
/// Room that the reminder of where the reader is needs.
const HINT: f32 = 260.0;
/// The least width of the ladder beside the table, and of the table beside it.
pub const BESIDE: f32 = 380.0;
/// How far true time can be stretched.
const ZOOMS: std::ops::RangeInclusive<i8> = -16..=12;

/// What the ladder keeps from one frame to the next.
pub struct LadderState {
    subject: Option<SocketId>,
    scope: Scope,
    scale: Scale,
    /// Doublings of true time.
    zoom: i8,
    paused: bool,
    drawn: Drawn,
    place: Place,
    texts: Texts,
    /// The row that was selected in the last frame, wherever that was done.
    selected: Option<u64>,
    /// The moment that is on show, if it is not now.
    replay: Option<Replay>,
    slower: u32,
    /// Whether the user wants it beside the table where there is room.
    beside: bool,
    save: save::SaveState,
}

impl Default for LadderState {
    fn default() -> Self {
        Self {
            subject: None,
            scope: Scope::default(),
            scale: Scale::default(),
            zoom: 0,
            paused: false,
            drawn: Drawn::default(),
            place: Place::default(),
            texts: Texts::default(),
            selected: None,
            replay: None,
            slower: 10,
            beside: true,
            save: save::SaveState::default(),
        }
    }
}

impl LadderState {
    /// How often something changed in the ladder: not in frames that brought nothing of its sockets.
    pub fn drawings(&self) -> u64 {
        self.drawn.times()
    }

    /// Whether it stands beside the table where the middle of the window is so wide.
    pub fn is_beside(&self, room: f32) -> bool {
        self.beside && room >= 2.0 * BESIDE
    }

    /// Whether it shall stand beside the table where there is room.
    pub fn set_beside(&mut self, beside: bool) {
        self.beside = beside;
    }

    /// Goes to the newest step and stays there.
    fn follow(&mut self) {
        self.place = Place::default();
        self.replay = None;
    }

    /// Replay goes to the row that was just selected, and stands there.
    fn stop(&mut self) {
        if let Some(replay) = &mut self.replay {
            replay.playing = false;
            replay.wanted = self.selected;
        }
    }

    /// Starts the replay where it is, or at the beginning; or stands still.
    fn play(&mut self) {
        let index = &self.drawn.index;
        let (first, last) = (index.time(0), index.len().checked_sub(1).and_then(|last| index.time(last)));
        let (Some(first), Some(last)) = (first, last) else { return };
        let mut replay = self.replay.unwrap_or(Replay::at(first, self.slower));
        if !replay.playing && replay.moment() >= last {
            replay = Replay::at(first, self.slower);
        }
        replay.playing = !replay.playing;
        self.replay = Some(replay);
    }

    /// The last step that has happened at the moment of the replay.
    fn replay_place(&self) -> Option<usize> {
        let moment = self.replay?.moment().saturating_add(1);
        Some(self.drawn.index.place_of_time(moment).saturating_sub(1))
    }

    /// Takes in what changed since the last frame.
    fn sync(&mut self, ui: &Ui, cx: &Cx<'_>, traffic: &TrafficState) {
        let selected = traffic.selected();
        let model = cx.model;
        if self.subject != model.selected {
            self.subject = model.selected;
            (self.place, self.paused, self.replay) = (Place::default(), false, None);
        }
        if !self.drawn.sync(model, (traffic.datagrams(), traffic.streams()), self.scope, self.paused) {
            ui.request_repaint();
        }
        self.drawn.place(self.scale, 2_f64.powi(self.zoom.into()));
        if selected != self.selected {
            self.selected = selected;
            if let Some(seq) = selected {
                self.place.show(seq);
                self.stop();
            }
        }
        if let Some(mut replay) = self.replay {
            let wanted = replay.wanted.take().and_then(|seq| self.drawn.index.place(&model.journal, seq));
            if let Some(time) = wanted.and_then(|place| self.drawn.index.time(place)) {
                replay = Replay::at(time, replay.slower);
            }
            replay.advance(ui.input(|input| input.time), &self.drawn.index);
            self.replay = Some(replay);
            if replay.playing {
                ui.request_repaint();
            }
        }
    }
}

/// Paints the ladder of the selected socket, what became of the boundaries of its messages, and a legend.
pub fn ladder_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState) {
    whole_ui(ui, cx, state, traffic, false);
}

/// The same beside the table, which shows the boundaries itself.
pub fn ladder_beside_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState) {
    whole_ui(ui, cx, state, traffic, true);
}

fn whole_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState, beside: bool) {
    ui.spacing_mut().item_spacing.y = 0.0;
    // The table knows the selected row and the colours of messages, also while it is not on show.
    if !traffic.sync(cx.model) {
        ui.request_repaint();
    }
    state.sync(ui, cx, traffic);
    head_ui(ui, cx, state, traffic, beside);
    save::drive(ui, &mut state.save);
    save::save_ui(ui, cx, state, traffic);
    let flat = Frame::new().fill(ui.tokens().panel);
    let line = flat.inner_margin(Margin::symmetric(12, 0));
    let (legend, transport) = if beside {
        ("ladder_legend_beside", "ladder_transport_beside")
    } else {
        ("ladder_legend", "ladder_transport")
    };
    // Where there is little room, as at 200 %, the ladder itself has it.
    let low = ui.available_height() < LOW;
    if !low {
        Panel::bottom(legend).exact_size(26.0).frame(line).show(ui, |ui| {
            legend_ui(ui, cx.lang, state.place.follows() && state.replay.is_none());
        });
    }
    Panel::bottom(transport).exact_size(34.0).frame(line).show(ui, |ui| {
        transport::transport_ui(ui, cx, state, traffic);
    });
    if !beside && ui.available_height() >= LOW {
        boundaries_panel(ui, cx, traffic);
    }
    CentralPanel::no_frame().frame(flat).show(ui, |ui| paint::body_ui(ui, cx, state, traffic));
}

fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState, beside: bool) {
    let lang = cx.lang;
    let roomy = ui.available_width() >= ROOMY;
    let narrow = ui.available_width() < NARROW;
    head(ui, |ui| {
        if beside {
            // A click gives it the whole of the middle.
            if tab(ui, &tr!(lang, "ladder.tab"), true) {
                cx.actions.push(Action::Run(UiCommand::ShowLadder));
            }
        } else {
            traffic::tabs_ui(ui, cx, Tab::Ladder, false);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            if beside && compact_icon(ui, icons::X, &tr!(lang, "ladder.close_beside"), false).clicked() {
                state.beside = false;
            }
            more_ui(ui, cx, state, traffic, narrow);
            if !narrow {
                copy_ui(ui, cx, state, traffic);
            }
            // The table beside it has buttons with the same words.
            let button = |ui: &mut Ui, icon: &str, word: &str, name: &str| {
                compact_icon(ui, icon, if roomy { word } else { name }, roomy).accessible_name(name.to_owned())
            };
            let (word, name) = (tr!(lang, "traffic.follow"), tr!(lang, "ladder.follow"));
            let follow = button(ui, icons::ARROW_DOWN, &word, &name);
            if follow.on_hover_text(tr!(lang, "ladder.follow_hint")).clicked() {
                state.follow();
                state.paused = false;
            }
            let (icon, word, name) = if state.paused {
                (icons::PLAY, tr!(lang, "traffic.resume"), tr!(lang, "ladder.resume"))
            } else {
                (icons::PAUSE, tr!(lang, "traffic.pause"), tr!(lang, "ladder.pause"))
            };
            if button(ui, icon, &word, &name).clicked() {
                state.paused = !state.paused;
            }
            if state.scale == Scale::True && !narrow {
                zoom_ui(ui, lang, &mut state.zoom);
            }
            scale_ui(ui, lang, &mut state.scale);
            if !narrow {
                scope_ui(ui, lang, &mut state.scope);
                traffic::read_as_ui(ui, cx, &mut traffic.read_as);
            }
        });
    });
}

/// What there is no room for, and saving.
fn more_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &TrafficState, narrow: bool) {
    let lang = cx.lang;
    let button = compact_icon(ui, icons::ELLIPSIS, &tr!(lang, "ladder.more"), false);
    egui::Popup::menu(&button).gap(4.0).show(|ui| {
        menu_spacing(ui);
        for scope in Scope::ALL {
            if menu_entry(ui, scope == state.scope, &scope_word(lang, scope)).clicked() {
                state.scope = scope;
            }
        }
        if narrow && state.scale == Scale::True {
            ui.separator();
            for (by, name) in [(1, tr!(lang, "ladder.stretch")), (-1, tr!(lang, "ladder.shrink"))] {
                let enabled = ZOOMS.contains(&(state.zoom + by));
                if ui.add_enabled_ui(enabled, |ui| menu_entry(ui, false, &name)).inner.clicked() {
                    state.zoom += by;
                }
            }
        }
        ui.separator();
        if menu_entry(ui, state.beside, &tr!(lang, "ladder.beside")).clicked() {
            state.beside = !state.beside;
        }
        if menu_entry(ui, false, &tr!(lang, "ladder.save")).clicked() {
            state.save.open();
        }
        let copies = (1..=COPIED).contains(&state.drawn.index.len());
        let copy = ui.add_enabled_ui(copies, |ui| menu_entry(ui, false, &tr!(lang, "ladder.copy_menu"))).inner;
        if copy.on_disabled_hover_text(tr!(lang, "ladder.copy_limit", limit = COPIED)).clicked() {
            cx.actions.push(Action::Copy(state.drawn.index.whole(&cx.model.journal, traffic.datagrams()).text()));
        }
    });
}

fn copy_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &LadderState, traffic: &TrafficState) {
    let lang = cx.lang;
    let copies = (1..=COPIED).contains(&state.drawn.index.len());
    let copy = ui
        .add_enabled_ui(copies, |ui| compact_icon(ui, icons::COPY, &tr!(lang, "ladder.copy"), false))
        .inner
        .on_disabled_hover_text(tr!(lang, "ladder.copy_limit", limit = COPIED));
    if copy.clicked() {
        cx.actions.push(Action::Copy(state.drawn.index.whole(&cx.model.journal, traffic.datagrams()).text()));
    }
}

fn scope_word(lang: Lang, scope: Scope) -> std::borrow::Cow<'static, str> {
    match scope {
        Scope::Socket => tr!(lang, "ladder.scope_socket"),
        Scope::Server => tr!(lang, "ladder.scope_server"),
        Scope::Bench => tr!(lang, "ladder.scope_bench"),
    }
}

fn scope_ui(ui: &mut Ui, lang: Lang, scope: &mut Scope) {
    let current = scope_word(lang, *scope);
    let name = tr!(lang, "ladder.scope", scope = current);
    compact_menu(ui, &current, &name, |ui| {
        for other in Scope::ALL {
            if menu_entry(ui, other == *scope, &scope_word(lang, other)).clicked() {
                *scope = other;
            }
        }
    });
}

fn scale_ui(ui: &mut Ui, lang: Lang, scale: &mut Scale) {
    let word = |scale| match scale {
        Scale::Folded => tr!(lang, "ladder.scale_folded"),
        Scale::Steps => tr!(lang, "ladder.scale_steps"),
        Scale::True => tr!(lang, "ladder.scale_true"),
    };
    let current = word(*scale);
    let name = tr!(lang, "ladder.scale", scale = current);
    compact_menu(ui, &current, &name, |ui| {
        for other in Scale::ALL {
            if menu_entry(ui, other == *scale, &word(other)).clicked() {
                *scale = other;
            }
        }
    })
    .on_hover_text(tr!(lang, "ladder.scale_hint"));
}

fn zoom_ui(ui: &mut Ui, lang: Lang, zoom: &mut i8) {
    let entries = [(icons::PLUS, tr!(lang, "ladder.stretch"), 1), (icons::MINUS, tr!(lang, "ladder.shrink"), -1)];
    for (icon, name, by) in entries {
        let enabled = ZOOMS.contains(&(*zoom + by));
        if ui.add_enabled_ui(enabled, |ui| compact_icon(ui, icon, &name, false)).inner.clicked() {
            *zoom += by;
        }
    }
}

/// What solid, dashed and hollow mean.
fn legend_ui(ui: &mut Ui, lang: Lang, follows: bool) {
    let color = ui.tokens().muted;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let entries = [
            (marks::Sample::Solid, tr!(lang, "ladder.legend_solid")),
            (marks::Sample::Dashed, tr!(lang, "ladder.legend_dashed")),
            (marks::Sample::Hollow, tr!(lang, "ladder.legend_hollow")),
            (marks::Sample::Colours, tr!(lang, "ladder.legend_colour")),
        ];
        let reserved = if !follows && ui.available_width() > 2.0 * HINT { HINT } else { 0.0 };
        for (sample, text) in entries {
            let width = ui.painter().layout_no_wrap(text.to_string(), egui::FontId::proportional(12.0), color).size().x;
            if ui.available_width() < width + 40.0 + reserved {
                break;
            }
            marks::sample_ui(ui, sample);
            ui.label(RichText::new(text).small().color(color));
            ui.add_space(8.0);
        }
        if reserved > 0.0 {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(tr!(lang, "ladder.not_following")).small().color(color));
            });
        }
    });
}

/// Goes to the table with this row selected.
fn show_row(cx: &mut Cx<'_>, traffic: &mut TrafficState, seq: u64) {
    traffic.open(cx.model, seq);
    cx.actions.push(Action::Run(UiCommand::ShowTraffic));
}
