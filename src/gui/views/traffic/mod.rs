//! Traffic: what happened on a socket, as a table of calls and bytes.
//!
//! The table shows rows of the journal and keeps none of its own: [`Shown`] knows their numbers, the painter asks
//! for those on screen and turns them into text in the encoding chosen now. It follows the end until the reader
//! scrolls up; from then on it keeps its place by the number of the row on top, whatever comes in or leaves.

mod columns;
mod keys;
mod marks;
mod reading;
mod rows;
mod scroll;
mod shown;
mod status;
mod table;

use std::path::Path;

use egui::{CentralPanel, Color32, Frame, Margin, Panel, RichText, Ui};
use jiff::tz::TimeZone;

use self::{columns::Columns, marks::Marks, scroll::Scroll, shown::Selection, status::Status};
pub use self::{
    reading::{Texts, cut_at, line, plain},
    rows::{date_and_clock, delta, hex, visible},
    shown::Shown,
};
use super::{
    Cx, Tab,
    boundaries::{BoundariesState, boundaries_panel},
    detail::{DetailState, detail_ui},
    filter_bar::{FilterState, filter_bar_ui, filter_field_ui},
    head,
    lens::{self, Taken},
    save::{SaveState, save_ui},
    tab,
};
use crate::{
    gui::{
        Model,
        actions::Action,
        commands::UiCommand,
        theme::{ROW_HEIGHT, Tokens, TokensExt as _, icons},
        tr,
        widgets::{
            compact::{compact, compact_icon, compact_menu, compact_pressed, menu_entry, menu_spacing},
            encoding_menu::encoding_menu,
        },
    },
    journal::{
        Event, Kind, Question, Row, SocketId,
        spans::{Datagrams, Streams},
    },
    net::Responder,
    text::Charset,
    words::{self, Lang, number::grouped},
};

/// Below this width the buttons of the head show their icons only.
const ROOMY: f32 = 640.0;
/// Below this height there is no room for the boundaries too: three rows, their heads and their numbers come first.
/// The boundaries are under the ladder as well.
const ROOM_FOR_BOUNDARIES: f32 = 190.0;
/// Below this height a row that is opened and the table do not fit together.
const ROOM_FOR_BOTH: f32 = LEAST_TABLE + LEAST_OPENED + 24.0;
/// What the table keeps of the height beside a row that is opened: its heads and two rows.
const LEAST_TABLE: f32 = 3.0 * ROW_HEIGHT;
/// The least height of a row that is opened.
const LEAST_OPENED: f32 = 96.0;
/// Below this width the tabs are a menu.
const TABS: f32 = 560.0;
/// The same without the tab of the ladder.
const THREE_TABS: f32 = 470.0;

/// In which encoding payload is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadAs {
    /// In the one that the socket's rules name, else in the one that the composer writes in.
    #[default]
    Composer,
    /// In this one.
    Charset(Charset),
}

impl ReadAs {
    /// The encoding itself.
    pub fn charset(self, model: &Model) -> Charset {
        match self {
            Self::Composer => match model.selected.map(|id| model.responder(id)).as_ref().and_then(Responder::rules) {
                // Rules that name an encoding know what is spoken here; UTF-8 is what stands there unless one is named.
                Some(rules) if rules.encoding != Charset::UTF_8 => rules.encoding_in.unwrap_or(rules.encoding),
                _ => model.settings.composer.charset,
            },
            Self::Charset(charset) => charset,
        }
    }
}

/// What the table keeps from one frame to the next.
pub struct TrafficState {
    /// In which encoding payload is read, here and in the conversation.
    pub read_as: ReadAs,
    /// Whether the ladder stands beside it, so that it needs no tab.
    pub ladder_beside: bool,
    /// The socket whose rows are on show, as of the last frame.
    subject: Option<SocketId>,
    all_sockets: bool,
    filter: FilterState,
    shown: Shown,
    marks: Marks,
    /// What became of the boundaries of messages: under the table and under the ladder.
    pub boundaries: BoundariesState,
    texts: Texts,
    selection: Option<Selection>,
    scroll: Scroll,
    columns: Columns,
    detail: DetailState,
    save: SaveState,
    zone: TimeZone,
    /// The table, to ask whether it has the focus.
    table: Option<egui::Id>,
}

impl Default for TrafficState {
    fn default() -> Self {
        Self {
            read_as: ReadAs::default(),
            ladder_beside: false,
            subject: None,
            all_sockets: false,
            filter: FilterState::default(),
            shown: Shown::default(),
            marks: Marks::default(),
            boundaries: BoundariesState::default(),
            texts: Texts::default(),
            selection: None,
            scroll: Scroll::default(),
            columns: Columns::default(),
            detail: DetailState::default(),
            save: SaveState::default(),
            zone: TimeZone::system(),
            table: None,
        }
    }
}

impl TrafficState {
    /// Saves the traffic on show to a file that was chosen in a dialog.
    pub fn save_to(&mut self, model: &Model, path: &Path) {
        let _ = model;
        self.save.choose(path);
    }

    /// Runs a command of the palette that concerns the table: filter, pause, save.
    pub fn run(&mut self, command: UiCommand) {
        match command {
            UiCommand::FocusFilter => self.filter.focus(),
            UiCommand::PauseTraffic => self.scroll.toggle_pause(),
            UiCommand::SaveTraffic => self.save.open(),
            _ => {}
        }
    }

    /// Opens the detail of a row of the selected socket, from wherever it was chosen.
    pub fn open(&mut self, model: &Model, seq: u64) {
        // The table may not have been on show since the socket was selected.
        self.sync(model);
        self.selection = Some(Selection::one(seq));
        self.scroll.show(seq);
    }

    /// The selected row, from wherever it was chosen.
    pub fn selected(&self) -> Option<u64> {
        self.selection.map(Selection::cursor)
    }

    /// Selects a row, or none.
    pub fn select(&mut self, seq: Option<u64>) {
        self.selection = seq.map(Selection::one);
        if let Some(seq) = seq {
            self.scroll.show(seq);
        }
    }

    /// Whether the table has the focus.
    pub fn has_focus(&self, ctx: &egui::Context) -> bool {
        self.table.is_some_and(|table| ctx.memory(|memory| memory.has_focus(table)))
    }

    /// What the encoding lens is to look at: the bytes of the selected rows, in the encoding in which they are read.
    pub fn for_lens(&self, model: &Model) -> Option<Taken> {
        let selection = self.selection?;
        let charset = self.read_as.charset(model);
        lens::from_rows(&model.journal, selection.seqs(&self.shown), selection.cursor(), charset)
    }

    /// The hue of a send, 0 to 5.
    pub fn hue(&self, seq: u64) -> Option<u8> {
        self.marks.hue(seq)
    }

    /// The colour of a message, wherever it is on show: that of its send, and none where its send was not seen.
    pub fn color(&self, tokens: &Tokens, message: Option<u64>) -> Option<Color32> {
        self.hue(message?).map(|hue| tokens.message(usize::from(hue)))
    }

    /// The lanes of all connections.
    pub fn streams(&self) -> &Streams {
        self.marks.streams()
    }

    /// All datagrams.
    pub fn datagrams(&self) -> &Datagrams {
        self.marks.datagrams()
    }

    /// In which time zone times are shown.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Times are shown in this time zone rather than in the system's.
    pub fn set_zone(&mut self, zone: TimeZone) {
        self.zone = zone;
    }

    /// Looks at what came in since the last frame also while something else is on show: of rows that left unseen nothing can
    /// be said any more, and of their streams neither. Returns whether it is up to date.
    pub fn keep_up(&mut self, model: &Model) -> bool {
        self.marks.advance(&model.journal)
    }

    /// Takes in what changed since the last frame. Returns whether it is up to date.
    pub fn sync(&mut self, model: &Model) -> bool {
        let charset = self.read_as.charset(model);
        let socket = model.selected.filter(|_| !self.all_sockets);
        let question = Question { socket, peer: None, filter: self.filter.filter(charset) };
        if self.subject == model.selected {
            self.shown.ask(question, || known_connections(model));
        } else {
            self.subject = model.selected;
            self.selection = None;
            self.scroll.follow_end();
            self.shown.reset(question, known_connections(model));
        }
        self.shown.set_paused(self.scroll.is_paused(), &model.journal);
        let marked = self.marks.advance(&model.journal);
        self.shown.advance(&model.journal) && marked
    }
}

/// Paints the table with its head, its filter, the detail of the selected row and its numbers.
pub fn traffic_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TrafficState) {
    if !state.sync(cx.model) {
        ui.request_repaint();
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    head_ui(ui, cx, state);
    if state.filter.is_open() {
        filter_bar_ui(ui, cx, &mut state.filter, &state.shown, &mut state.all_sockets);
    }
    if state.save.is_open() {
        let charset = state.read_as.charset(cx.model);
        save_ui(ui, cx, &mut state.save, &state.shown, charset, &state.zone);
    }
    let flat = Frame::new().fill(ui.tokens().panel);
    let low = ui.available_height() < ROOM_FOR_BOUNDARIES;
    if !low {
        boundaries_panel(ui, cx, state);
    }
    if state.selection.is_some() && ui.available_height() < ROOM_FOR_BOTH {
        // As at 200 %: a row that is opened stands in the place of the table until it is closed.
        CentralPanel::no_frame().frame(flat).show(ui, |ui| opened_ui(ui, cx, state));
        return;
    }
    let status = Status::of(ui, cx, state, ui.available_width() - 24.0);
    Panel::bottom("traffic_numbers")
        .exact_size(status.height(low))
        .frame(flat.inner_margin(Margin::symmetric(12, 0)))
        .show(ui, |ui| status.ui(ui));
    if state.selection.is_some() {
        let most = (ui.available_height() - LEAST_TABLE).max(LEAST_OPENED);
        let panel = Panel::bottom("traffic_detail").resizable(true).default_size(264.0);
        panel.size_range(LEAST_OPENED..=most).frame(flat).show(ui, |ui| opened_ui(ui, cx, state));
    }
    CentralPanel::no_frame().frame(flat).show(ui, |ui| table::table_ui(ui, cx, state, low));
}

/// The row that was selected last, whole.
fn opened_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TrafficState) {
    let Some(selection) = state.selection else { return };
    let seq = selection.cursor();
    let charset = state.read_as.charset(cx.model);
    let journal = &cx.model.journal;
    let before = state.shown.position(seq).and_then(|index| state.shown.seq(index.checked_sub(1)?));
    let before = before.and_then(|seq| Some(journal.row(seq)?.record.at));
    if detail_ui(ui, cx, &mut state.detail, seq, before, charset, &state.zone) {
        state.selection = None;
    }
}

/// The tabs of the middle of the window, on the left of the head that all readings of the traffic have.
pub fn tabs_ui(ui: &mut Ui, cx: &mut Cx<'_>, on: Tab, ladder_beside: bool) {
    let lang = cx.lang;
    let mut tabs = vec![
        (Tab::Traffic, tr!(lang, "traffic.tab"), UiCommand::ShowTraffic),
        (Tab::Conversation, tr!(lang, "conversation.tab"), UiCommand::ShowConversation),
        (Tab::Ladder, tr!(lang, "ladder.tab"), UiCommand::ShowLadder),
        (Tab::Messages, tr!(lang, "framing.tab"), UiCommand::ShowMessages),
    ];
    tabs.retain(|(tab, ..)| !(ladder_beside && *tab == Tab::Ladder));
    if ui.available_width() < if ladder_beside { THREE_TABS } else { TABS } {
        // As at 200 %: side by side they would lie under the buttons at the right.
        let current = tabs.iter().find(|(tab, ..)| *tab == on).map_or("", |(_, text, _)| text);
        compact_menu(ui, current, &tr!(lang, "framing.tabs", tab = current), |ui| {
            for (other, text, command) in &tabs {
                if menu_entry(ui, *other == on, text).clicked() {
                    cx.actions.push(Action::Run(*command));
                }
            }
        });
        return;
    }
    for (other, text, command) in &tabs {
        if tab(ui, text, *other == on) {
            cx.actions.push(Action::Run(*command));
        }
    }
}

/// The menu that chooses the encoding in which payload is read.
pub fn read_as_ui(ui: &mut Ui, cx: &Cx<'_>, read_as: &mut ReadAs) {
    let lang = cx.lang;
    let current = read_as.charset(cx.model);
    let composer = ReadAs::Composer.charset(cx.model);
    let name = tr!(lang, "traffic.read_as", encoding = current.name());
    let mut as_composer = false;
    let (response, chosen) = encoding_menu(ui, lang, current, &name, |ui| {
        let text = tr!(lang, "traffic.read_as_composer", encoding = composer.name());
        as_composer = menu_entry(ui, *read_as == ReadAs::Composer, &text).clicked();
    });
    response.on_hover_text(tr!(lang, "traffic.read_as_hint"));
    if as_composer {
        *read_as = ReadAs::Composer;
    } else if let Some(charset) = chosen {
        *read_as = ReadAs::Charset(charset);
    }
}

fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TrafficState) {
    let roomy = ui.available_width() >= ROOMY;
    head(ui, |ui| {
        tabs_ui(ui, cx, Tab::Traffic, state.ladder_beside);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            more_ui(ui, cx, state);
            let follows = state.scroll.follows() && !state.scroll.is_paused();
            let follow = compact_pressed(ui, icons::ARROW_DOWN, &tr!(cx.lang, "traffic.follow"), roomy, follows);
            if follow.on_hover_text(tr!(cx.lang, "traffic.follow_hint")).clicked() {
                state.scroll.follow_end();
            }
            let paused = state.scroll.is_paused();
            let (icon, word) = if paused {
                (icons::PLAY, tr!(cx.lang, "traffic.resume"))
            } else {
                (icons::PAUSE, tr!(cx.lang, "traffic.pause"))
            };
            if compact_icon(ui, icon, &word, roomy).clicked() {
                state.scroll.toggle_pause();
            }
            filter_field_ui(ui, cx, &mut state.filter);
            read_as_ui(ui, cx, &mut state.read_as);
        });
    });
}

fn more_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TrafficState) {
    let lang = cx.lang;
    let button = compact_icon(ui, icons::ELLIPSIS, &tr!(lang, "traffic.more"), false);
    egui::Popup::menu(&button).gap(4.0).show(|ui| {
        menu_spacing(ui);
        if menu_entry(ui, state.all_sockets, &tr!(lang, "traffic.all_sockets")).clicked() {
            state.all_sockets = !state.all_sockets;
        }
        ui.separator();
        if menu_entry(ui, false, &tr!(lang, "traffic.save")).clicked() {
            state.save.open();
        }
        if menu_entry(ui, false, &tr!(lang, "traffic.clear")).clicked() {
            cx.actions.push(Action::ClearJournal);
        }
        ui.separator();
        keys::lens_entry(ui, cx, state);
        keys::copy_entries(ui, cx, state);
    });
}

/// The connections of the selected listener that are in the table of sockets.
pub fn known_connections(model: &Model) -> Vec<SocketId> {
    model.selected_entry().map(|entry| entry.connections.clone()).unwrap_or_default()
}

/// What is told of a row that has no payload, or explains its payload: as of now, for who asked may have been answered.
pub fn note(cx: &Cx<'_>, row: &Row<'_>, kind: Kind) -> String {
    if row.record.event == Event::Asked && !cx.model.waits(row.record.socket, row.seq) {
        return tr!(cx.lang, "asks.answered").into_owned();
    }
    words::event(cx.lang, row, kind)
}

/// A number of bytes in words: `4 bytes`.
pub fn count_bytes(lang: Lang, count: usize) -> String {
    let text =
        if count == 1 { tr!(lang, "detail.byte") } else { tr!(lang, "detail.bytes", count = grouped(count as u64)) };
    text.into_owned()
}

/// A number of rows in words: `1 row`.
pub fn count_rows(lang: Lang, count: usize) -> String {
    let text =
        if count == 1 { tr!(lang, "traffic.row") } else { tr!(lang, "traffic.rows", count = grouped(count as u64)) };
    text.into_owned()
}

/// What a screen reader and an empty table say about a socket that has no rows to show.
fn empty_text(cx: &Cx<'_>, state: &TrafficState) -> String {
    let lang = cx.lang;
    if state.shown.waiting() > 0 {
        return tr!(lang, "traffic.empty_paused", count = count_rows(lang, state.shown.waiting())).into_owned();
    }
    if state.filter.is_active() {
        return tr!(lang, "traffic.empty_filtered").into_owned();
    }
    if let Some(text) = gone_text(cx) {
        return text;
    }
    match cx.model.selected_entry().map(|entry| entry.kind) {
        Some(Kind::TcpListener) => tr!(lang, "traffic.empty_listener"),
        Some(Kind::TcpConnection) => tr!(lang, "traffic.empty_connection"),
        Some(Kind::UdpSocket) => tr!(lang, "traffic.empty_udp"),
        None => tr!(lang, "traffic.empty"),
    }
    .into_owned()
}

/// What is told where the chosen socket has no rows any more: from its first call on it had some.
pub fn gone_text(cx: &Cx<'_>) -> Option<String> {
    let entry = cx.model.selected_entry().filter(|_| cx.model.journal.gone() > 0)?;
    let open = entry.state.is_open();
    let text = if open { tr!(cx.lang, "traffic.empty_gone") } else { tr!(cx.lang, "traffic.empty_gone_closed") };
    Some(text.into_owned())
}

/// The words of the empty table, in the middle of it.
fn empty_ui(ui: &mut Ui, cx: &Cx<'_>, state: &TrafficState) {
    let space = (ui.available_height() * 0.3).min(120.0);
    nothing_ui(ui, space, compact(empty_text(cx, state)));
}

/// Words in the middle of a place where there is nothing else, as far below its top as there is `space`.
pub fn nothing_ui(ui: &mut Ui, space: f32, text: RichText) {
    let color = ui.tokens().muted;
    let width = (ui.available_width() - 24.0).clamp(0.0, 420.0);
    ui.vertical_centered(|ui| {
        ui.add_space(space);
        // Wider than the place, the words would push its edge outwards.
        ui.set_max_width(width);
        ui.label(text.color(color));
    });
}
