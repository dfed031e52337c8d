//! The composer: what is typed, the exact bytes it becomes, and to whom they go.
//!
//! Nothing is sent that was not shown: the preview and the message are the same bytes, made by
//! [`Composition`] and, on a connection, its framing. Enter sends and Shift+Enter begins a line, but no key is taken
//! while an input method composes: there, Enter and the arrows choose among candidates.

mod asks;
mod draft;
mod field;
mod file;
mod options;
mod person;
mod repeat;
mod target;

use std::collections::BTreeMap;

use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder, pos2, vec2};

use self::{
    draft::Draft,
    target::{Blocked, Target, open_connections},
};
pub use self::{
    draft::parse_target,
    person::{Person, PersonState, person_ui},
};
use super::{
    Cx,
    framing::ChoiceState,
    lens::{self, Taken},
};
use crate::{
    framing::{Framing, FramingError, Parts},
    gui::{
        Model,
        actions::Action,
        theme::{self, TokensExt as _, icons},
        tr,
        widgets::{
            compact::{compact, compact_icon, compact_menu, menu_entry},
            error_line,
        },
    },
    journal::{Kind, SocketEntry, SocketId},
    net::{
        Command, CommandError,
        options::AddressError,
        responder::{EmptyLine, Lines},
    },
    text::{ComposeError, Composition, Mode},
    words::{self, Lang},
};

/// Below this width the options of a message take a line of their own.
const NARROW: f32 = 560.0;

/// What the composer keeps from one frame to the next.
#[derive(Default)]
pub struct ComposerState {
    drafts: BTreeMap<SocketId, Draft>,
    preview: Preview,
    field: field::FieldState,
    open: Option<More>,
    framing: ChoiceState,
    /// Whether the cursor is to go into the address of a datagram.
    focus_address: bool,
    /// As of the last frame, in points.
    height: f32,
}

/// What is open below the buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// How a message is repeated.
    Repeat,
    /// Which file is sent.
    File,
}

/// The bytes of what was typed last, so that they are not made anew for every frame.
#[derive(Default)]
struct Preview {
    of: Option<(String, Composition, Framing)>,
    bytes: Option<Result<Framed, Unsendable>>,
}

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Framed {
    bytes: Vec<u8>,
    parts: Parts,
}

/// Why what was typed cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unsendable {
    Text(ComposeError),
    Framing(FramingError),
}

impl Unsendable {
    fn told(&self, lang: Lang) -> String {
        match self {
            Self::Text(error) => words::compose_error(lang, error),
            Self::Framing(error) => words::framing_error(lang, error),
        }
    }
}

impl Preview {
    fn of(&mut self, typed: &str, composition: Composition, framing: &Framing) -> &Result<Framed, Unsendable> {
        let same = |(text, made, framed): &(String, Composition, Framing)| {
            text == typed && *made == composition && framed == framing
        };
        if !self.of.as_ref().is_some_and(same) {
            self.of = Some((typed.to_owned(), composition, framing.clone()));
            self.bytes = None;
        }
        self.bytes.get_or_insert_with(|| {
            let message = composition.bytes(typed).map_err(Unsendable::Text)?;
            let mut bytes = Vec::new();
            let parts = framing.encode(&message, &mut bytes).map_err(Unsendable::Framing)?;
            Ok(Framed { bytes, parts })
        })
    }
}

impl ComposerState {
    /// What the encoding lens is to look at: the message for the selected socket, while the cursor is in it.
    pub fn for_lens(&self, model: &Model, ctx: &egui::Context) -> Option<Taken> {
        let socket = model.selected.filter(|id| field::has_focus(ctx, *id))?;
        let typed = &self.drafts.get(&socket)?.text;
        lens::from_composer(typed, model.settings.composer)
    }

    /// Puts the cursor into the field in the next frame.
    pub fn focus(&mut self) {
        self.focus_address = false;
        self.field.focus();
    }

    /// Opens what is below the buttons.
    pub fn open(&mut self, more: More) {
        self.open = Some(more);
    }

    /// Puts the cursor into the address that a datagram goes to: it has to be known first.
    pub fn focus_address(&mut self) {
        self.focus_address = true;
    }
}

/// Paints the composer of the selected socket.
pub fn composer_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ComposerState) {
    let Some(entry) = cx.model.selected_entry() else { return };
    let model = cx.model;
    state.drafts.retain(|id, _| model.sockets.get(*id).is_some());
    let mut draft = state.drafts.remove(&entry.id).unwrap_or_default();
    prepare(&mut draft, entry);
    asks::aim(cx, entry, &mut draft);
    let composition = model.settings.composer;
    let responder = model.responder(entry.id);
    let rules = responder.rules();
    let lines = rules.and_then(|rules| rules.lines.as_ref());

    ui.spacing_mut().item_spacing.y = 8.0;
    let framings = model.framings(entry.id);
    let framed = state.preview.of(&draft.text, composition, &framings.send).clone();
    let told = problems(cx, entry, &draft, &framed, lines.is_some());
    problems_ui(ui, &mut draft, entry, &told);
    repeat::running_ui(ui, cx, entry);
    file::running_ui(ui, cx, entry);
    asks::asks_ui(ui, cx, entry, &mut draft);
    match entry.kind {
        Kind::UdpSocket if lines.is_some() => {}
        Kind::UdpSocket => to_address_ui(ui, state, cx, entry, &mut draft),
        Kind::TcpListener => to_connection_ui(ui, cx, entry, &mut draft),
        Kind::TcpConnection => {}
    }
    let target =
        if lines.is_some() { Target::of_lines(model, entry, &draft) } else { Target::of(model, entry, &draft) };
    let row = ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        ui.set_max_height(58.0);
        ui.spacing_mut().item_spacing.x = 12.0;
        let reason = match lines {
            Some(lines) => unsayable(cx.lang, lines, &draft.text, &target),
            None => unsendable(cx.lang, entry, &framed, &target),
        };
        let sent = send_ui(ui, cx.lang, reason);
        let mode = if lines.is_some() { Mode::Text } else { composition.mode };
        let entered = field::field_ui(ui, cx.lang, entry.id, &mut state.field, &mut draft, mode);
        // An empty datagram is sent by the button only: Enter in an empty field is a slip of the finger.
        sent || (entered && !draft.text.is_empty())
    });
    let sent = row.inner;
    lens_ui(ui, cx, row.response.rect, &draft.text, composition);
    // As at 200 %: then what is left over stands in a line of its own, with the bytes beside it.
    let narrow = entry.kind != Kind::UdpSocket && ui.available_width() < NARROW && lines.is_none();
    if narrow {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            options::options_ui(ui, cx, composition);
        });
    }
    let beside = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        if let (Some(lines), Some(rules)) = (lines, rules) {
            asks::lines_ui(ui, cx, lines, rules.encoding.name());
            return true;
        }
        if !narrow {
            options::options_ui(ui, cx, composition);
        }
        if entry.kind != Kind::UdpSocket {
            options::framing_ui(ui, cx, &mut state.framing, entry.id, &framings);
        }
        let more = [
            (More::Repeat, icons::REPEAT, tr!(cx.lang, "composer.repeat")),
            (More::File, icons::FILE, tr!(cx.lang, "composer.file")),
        ];
        let roomy = ui.available_width() > 320.0 && !narrow;
        for (which, icon, text) in more {
            let open = state.open == Some(which);
            let button = if roomy { compact_word(ui, &text, open) } else { compact_icon(ui, icon, &text, false) };
            if button.clicked() {
                state.open = (!open).then_some(which);
            }
        }
        // The parts of a frame tell nothing when they are cut off.
        let is_framed = framed.as_ref().is_ok_and(|framed| framed.parts.len() > framed.parts.body);
        let beside = ui.available_width() > if is_framed && !narrow { 240.0 } else { 110.0 };
        if beside {
            options::framed_ui(ui, cx.lang, entry.kind, &framed);
        }
        beside
    });
    if !beside.inner {
        ui.horizontal(|ui| options::framed_ui(ui, cx.lang, entry.kind, &framed));
    }
    // What else is refused is said in the header, but a listener's connections have none here.
    let queue_full = model.refusal(entry.id).filter(|error| matches!(error, CommandError::QueueFull(_)));
    let refused = queue_full.or_else(|| entry.connections.iter().find_map(|id| model.refusal(*id)));
    if let Some(error) = refused {
        error_line(ui, refused_text(cx.lang, error));
    }
    match state.open.filter(|_| lines.is_none()) {
        Some(More::Repeat) => repeat::repeat_ui(ui, cx, &mut draft, (composition, &framings.send), &target),
        Some(More::File) => file::file_ui(ui, cx, &mut draft, &target),
        None => {}
    }
    if let (true, Some(lines), Ok(target)) = (sent, lines, &target) {
        if unsayable(cx.lang, lines, &draft.text, &Ok(target.clone())).is_none() {
            for id in &target.sockets {
                // A line each: what is pasted may have several.
                for line in draft.text.split('\n') {
                    cx.actions.verb(*id, Command::Line(line.to_owned()));
                }
            }
            draft.history.push(&draft.text);
            draft.text.clear();
            state.field.focus();
        }
    } else if sent
        && let (Ok(Framed { bytes, .. }), Ok(target)) = (framed, target)
        && (!bytes.is_empty() || entry.kind == Kind::UdpSocket)
    {
        for id in target.sockets {
            cx.actions.verb(id, Command::Send { bytes: bytes.clone(), to: target.to });
        }
        draft.history.push(&draft.text);
        draft.text.clear();
        state.field.focus();
    }
    let now = state.preview.of(&draft.text, composition, &framings.send).clone();
    if problems(cx, entry, &draft, &now, lines.is_some()) != told {
        ui.ctx().request_discard("what was typed is wrong in another way");
    }
    state.drafts.insert(entry.id, draft);
    // A panel at the bottom stands where the height of the last frame put it: lay out again rather than show a
    // frame in which buttons are not where they will be clicked.
    let height = ui.min_rect().height();
    if (height - state.height).abs() > 0.5 {
        state.height = height;
        ui.ctx().request_discard("the composer's height changed");
    }
}

/// What is wrong with what was typed: the address, and the message.
fn problems(
    cx: &Cx<'_>,
    entry: &SocketEntry,
    draft: &Draft,
    framed: &Result<Framed, Unsendable>,
    lines: bool,
) -> Vec<String> {
    let mut told = Vec::new();
    if lines {
        return told;
    }
    if entry.kind == Kind::UdpSocket
        && !draft.to.trim().is_empty()
        && let Err(Blocked::Address(error)) = Target::of(cx.model, entry, draft)
    {
        told.push(address_text(cx.lang, &error));
    }
    told.extend(framed.as_ref().err().map(|error| error.told(cx.lang)));
    told
}

/// Says what is wrong above the fields, so that they stay where they are while one types: the composer grows upwards. The
/// room stays until the message is gone, for a half byte or a half address is wrong with every other key.
fn problems_ui(ui: &mut Ui, draft: &mut Draft, entry: &SocketEntry, told: &[String]) {
    let typing = !draft.text.is_empty() || ui.memory(|memory| memory.has_focus(to_id(entry.id)));
    if told.is_empty() && !typing {
        draft.problems = 0.0;
    }
    if told.is_empty() && draft.problems == 0.0 {
        return;
    }
    let room = ui.vertical(|ui| {
        ui.set_min_size(vec2(ui.available_width(), draft.problems));
        for problem in told {
            error_line(ui, problem);
        }
    });
    draft.problems = draft.problems.max(room.response.rect.height());
}

fn to_id(socket: SocketId) -> egui::Id {
    egui::Id::unique(("composer_to", socket))
}

/// The button that opens the encoding lens on the message: below the one that sends, where nothing else needs the room.
fn lens_ui(ui: &mut Ui, cx: &mut Cx<'_>, row: Rect, typed: &str, composition: Composition) {
    let corner = Rect::from_min_max(pos2(row.right() - 60.0, row.top() + 37.0), pos2(row.right(), row.top() + 58.0));
    let text = tr!(cx.lang, "lens.open");
    let word = (RichText::new(icons::TYPE).size(12.0), compact(text.as_ref()).color(ui.tokens().muted));
    let mut corner_ui = ui.new_child(UiBuilder::new().max_rect(corner).layout(Layout::right_to_left(Align::Center)));
    corner_ui.spacing_mut().button_padding = vec2(4.0, 1.0);
    corner_ui.spacing_mut().interact_size.y = 20.0;
    let button = egui::Button::new(word).frame_when_inactive(false).gap(4.0);
    let lens = corner_ui.add(button).accessible_name(text);
    if lens.on_hover_text(tr!(cx.lang, "lens.open_message")).clicked() {
        let taken = lens::from_composer(typed, composition);
        cx.actions.push(Action::ShowLens(taken.map(Box::new)));
    }
}

/// Fills in what can be known: the peer heard from last is the likeliest to be answered.
fn prepare(draft: &mut Draft, entry: &SocketEntry) {
    // Only once: an address that changes by itself while one types would send the message to somebody else.
    if entry.kind == Kind::UdpSocket
        && entry.peer.is_none()
        && draft.to.is_empty()
        && !draft.addressed
        && let Some(peer) = entry.peers.last()
    {
        draft.to = peer.to_string();
    }
}

fn to_address_ui(ui: &mut Ui, state: &mut ComposerState, cx: &Cx<'_>, entry: &SocketEntry, draft: &mut Draft) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new(tr!(lang, "composer.to")).small().color(tokens.muted));
        let connected = entry.peer.map(|peer| tr!(lang, "composer.to_connected", address = peer));
        let hint = connected.unwrap_or_else(|| tr!(lang, "composer.to_hint"));
        let field = egui::TextEdit::singleline(&mut draft.to)
            .id(to_id(entry.id))
            .font(egui::TextStyle::Monospace)
            .hint_text(RichText::new(hint).color(tokens.faint))
            .margin(egui::Margin::symmetric(8, 4))
            .desired_width(220.0)
            .char_limit(100);
        let response = ui.add(field).labelled_by(label.id);
        if response.changed() {
            draft.addressed = true;
        }
        if std::mem::take(&mut state.focus_address) {
            response.request_focus();
        }
        if !entry.peers.is_empty() {
            compact_menu(ui, &tr!(lang, "composer.peers"), &tr!(lang, "composer.peers"), |ui| {
                for peer in entry.peers.iter().rev() {
                    let peer = peer.to_string();
                    if menu_entry(ui, draft.to == peer, &peer).clicked() {
                        draft.to = peer;
                        draft.addressed = true;
                    }
                }
            });
        }
    });
}

fn to_connection_ui(ui: &mut Ui, cx: &Cx<'_>, entry: &SocketEntry, draft: &mut Draft) {
    let lang = cx.lang;
    let open = open_connections(cx.model, entry);
    let all = tr!(lang, "composer.all_connections", count = open.len());
    // A chosen connection that closed stays chosen: what was meant for one must not go to all.
    let name = |id: SocketId| match cx.model.sockets.get(id).and_then(|connection| connection.peer) {
        Some(peer) => peer.to_string(),
        None => id.to_string(),
    };
    let chosen = draft.connection.map(name);
    let current = chosen.unwrap_or_else(|| all.clone().into_owned());
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!(lang, "composer.to")).small().color(ui.tokens().muted));
        compact_menu(ui, &current, &tr!(lang, "composer.to_which", target = current), |ui| {
            if menu_entry(ui, draft.connection.is_none(), &all).clicked() {
                draft.connection = None;
            }
            egui::ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
                for (id, peer) in &open {
                    if menu_entry(ui, draft.connection == Some(*id), &peer.to_string()).clicked() {
                        draft.connection = Some(*id);
                    }
                }
            });
        });
    });
}

/// Why nothing can be sent now.
fn unsendable(
    lang: Lang,
    entry: &SocketEntry,
    framed: &Result<Framed, Unsendable>,
    target: &Result<Target, Blocked>,
) -> Option<String> {
    match (target, framed) {
        (Err(blocked), _) => Some(blocked_text(lang, blocked)),
        (_, Err(error)) => Some(error.told(lang)),
        (_, Ok(framed)) if framed.bytes.is_empty() && entry.kind != Kind::UdpSocket => {
            Some(tr!(lang, "composer.nothing").into_owned())
        }
        _ => None,
    }
}

/// Why a line cannot be said now, at a socket whose rules take lines.
fn unsayable(lang: Lang, lines: &Lines, text: &str, target: &Result<Target, Blocked>) -> Option<String> {
    match target {
        Err(blocked) => Some(blocked_text(lang, blocked)),
        Ok(_) if text.is_empty() && lines.empty == EmptyLine::Ignored => {
            Some(tr!(lang, "composer.nothing").into_owned())
        }
        Ok(_) => None,
    }
}

/// The button that sends; it is grey while nothing can be sent, and says why on hover.
fn send_ui(ui: &mut Ui, lang: Lang, reason: Option<String>) -> bool {
    let tokens = ui.tokens();
    let text = tr!(lang, "composer.send");
    let word = RichText::new(text.as_ref()).font(egui::FontId::new(13.0, theme::medium())).color(tokens.on_accent);
    let icon = RichText::new(icons::CORNER_DOWN_LEFT).size(14.0).color(tokens.on_accent);
    let button = egui::Button::new((word, icon))
        .fill(tokens.tcp)
        .stroke(egui::Stroke::new(1.0, tokens.tcp))
        .min_size(vec2(0.0, 34.0));
    let response = ui.add_enabled(reason.is_none(), button).accessible_name(text);
    match reason {
        Some(reason) => response.on_disabled_hover_text(reason).clicked(),
        None => response.on_hover_text(tr!(lang, "composer.send_hint")).clicked(),
    }
}

fn blocked_text(lang: Lang, blocked: &Blocked) -> String {
    match blocked {
        Blocked::State(state) => words::state_hint(lang, *state).into_owned(),
        Blocked::NoConnection => tr!(lang, "composer.no_connection").into_owned(),
        Blocked::Address(error) => address_text(lang, error),
    }
}

/// Why a typed address cannot be sent to. Names are not looked up here: a datagram is sent at once.
fn address_text(lang: Lang, error: &AddressError) -> String {
    match error {
        AddressError::NotIp(host) => tr!(lang, "composer.to_not_ip", host = host.escape_debug()).into_owned(),
        other => words::address_error(lang, other),
    }
}

fn refused_text(lang: Lang, error: CommandError) -> String {
    match error {
        CommandError::NotOpen(id) => tr!(lang, "composer.not_open", socket = id),
        CommandError::Busy(id) => tr!(lang, "composer.busy", socket = id),
        CommandError::QueueFull(id) => tr!(lang, "composer.queue_full", socket = id),
    }
    .into_owned()
}

/// A button with a word that stays pressed while what it opened is open.
fn compact_word(ui: &mut Ui, text: &str, open: bool) -> egui::Response {
    ui.scope(|ui| {
        crate::gui::widgets::compact::compact_spacing(ui);
        ui.add(egui::Button::new(crate::gui::widgets::compact::compact(text)).selected(open))
    })
    .inner
}
