//! What became of the boundaries of messages: what was handed to `send` above, what came out of each `recv` below.
//!
//! Under the table and under the ladder, for the chosen socket. Both lanes of a stream count the same bytes, so what stands
//! above one another is the same bytes; datagrams stand one to one. A send has one colour, a recv those of the sends that it
//! carried. Beside it stands what changes all that on the living sockets. Which bytes are which is kept up by
//! [`spans`], a row at a time; a frame paints what is on screen of it.

mod cells;
mod controls;
mod datagrams;
mod keys;
mod lanes;
mod window;
mod words;

use egui::{
    Align, FontId, Frame, Layout, Margin, Panel, Rect, RichText, Role, Sense, TextWrapMode, Ui, WidgetInfo, vec2,
};

pub use self::controls::{Number, Typed, number_ui};
use self::{
    controls::controls_ui,
    keys::{Step, keys_ui, stepped},
    window::{Placed, Window},
};
use super::{
    Cx,
    traffic::{Texts, TrafficState},
};
use crate::{
    gui::{
        actions::Action,
        theme::{self, TokensExt as _, icons},
        tr,
        widgets::{
            self,
            compact::{compact_button, compact_icon},
        },
    },
    journal::{
        Direction, Kind, SocketEntry, SocketId, State,
        spans::{self, Ends, Life, Matching, Streams},
    },
};

/// Height of a lane.
const LANE: f32 = 17.0;
/// Between the lanes.
const BETWEEN: f32 = 13.0;
/// Width of the names of the lanes.
const NAMES: f32 = 42.0;
/// From this width on the sentence stands beside the title, else below it.
const WIDE: f32 = 760.0;
/// Height of two lines of the sentence.
const SENTENCE: f32 = 31.0;
/// Below this height of the middle there is room for the sentence only.
const LOW: f32 = 300.0;
/// Calls of one lane, or datagrams, that are on show unless one zooms.
const SHOWN: usize = 24;
/// Points a byte, unless one zooms: a few bytes are not stretched over the whole window.
const BYTE: f64 = 16.0;
/// Points a byte at most.
const MOST: f64 = 64.0;
/// Points a datagram, unless one zooms, and at most.
const DATAGRAM: f64 = 96.0;
const MOST_DATAGRAM: f64 = 400.0;
/// Calls that are copied as text at most.
const COPIED: usize = 10_000;
/// Connections of a listener that can be chosen here.
const OFFERED: usize = 4;

/// Which of the two directions of a socket is on show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    /// The one in which bytes moved; if in both, what the chosen socket sent.
    #[default]
    Either,
    /// What the chosen socket sent.
    Out,
    /// What it received.
    In,
}

/// Who sends and who receives, as far as they are here.
type Lives = (Option<Life>, Option<Life>);

/// What the boundaries keep from one frame to the next.
#[derive(Default)]
pub struct BoundariesState {
    subject: Option<Life>,
    way: Way,
    window: Window,
    /// The selected row of the last frame.
    selected: Option<u64>,
    /// Of which two lives the boundaries were counted, and how far.
    matching: (Option<Lives>, Matching),
    typed: Typed,
    texts: Texts,
}

/// One stream of a connection, as far as its ends are in this program.
#[derive(Clone, Copy)]
struct Stream<'a> {
    sender: Option<(Life, &'a Ends)>,
    receiver: Option<(Life, &'a Ends)>,
}

impl<'a> Stream<'a> {
    fn sends(&self) -> Option<&'a spans::Lane> {
        self.sender.map(|(_, ends)| &ends.sent)
    }

    fn recvs(&self) -> Option<&'a spans::Lane> {
        self.receiver.map(|(_, ends)| &ends.received)
    }

    fn is_empty(&self) -> bool {
        [self.sends(), self.recvs()].into_iter().flatten().all(spans::Lane::is_empty)
    }
}

/// What is on show.
enum Subject<'a> {
    Stream { here: Stream<'a>, back: Stream<'a> },
    Datagrams(SocketId),
    Listener,
    Nothing,
}

impl<'a> Subject<'a> {
    fn of(entry: Option<&SocketEntry>, streams: &'a Streams) -> Self {
        let Some(entry) = entry else { return Self::Nothing };
        let life = (entry.id, entry.generation);
        match entry.kind {
            Kind::TcpListener => Self::Listener,
            Kind::UdpSocket => Self::Datagrams(entry.id),
            Kind::TcpConnection => {
                let Some(ends) = streams.ends(life) else { return Self::Nothing };
                let (here, there) = (Some((life, ends)), streams.other(life));
                Self::Stream {
                    here: Stream { sender: here, receiver: there },
                    back: Stream { sender: there, receiver: here },
                }
            }
        }
    }
}

/// Paints the strip at the bottom of a middle of the window.
pub fn boundaries_panel(ui: &mut Ui, cx: &mut Cx<'_>, traffic: &mut TrafficState) {
    let frame = Frame::new().fill(ui.tokens().panel).inner_margin(Margin { left: 12, right: 12, top: 5, bottom: 7 });
    let low = ui.available_height() < LOW;
    Panel::bottom("boundaries").frame(frame).show(ui, |ui| boundaries_ui(ui, cx, traffic, low));
}

fn boundaries_ui(ui: &mut Ui, cx: &mut Cx<'_>, traffic: &mut TrafficState, low: bool) {
    // Lent, so that the rest of the table's state can be asked meanwhile.
    let mut state = std::mem::take(&mut traffic.boundaries);
    let entry = cx.model.selected_entry();
    let subject = entry.map(|entry| (entry.id, entry.generation));
    if state.subject != subject {
        state = BoundariesState { subject, typed: state.typed, selected: traffic.selected(), ..Default::default() };
    }
    let chosen = match Subject::of(entry, traffic.streams()) {
        Subject::Stream { here, back } => stream_ui(ui, cx, &mut state, traffic, low, (here, back)),
        Subject::Datagrams(id) => datagrams_ui(ui, cx, &mut state, traffic, low, id),
        Subject::Listener => {
            head_ui(ui, cx, low, "", tr!(cx.lang, "boundaries.listener").as_ref(), |_, _| ());
            listener_ui(ui, cx, low);
            None
        }
        Subject::Nothing => {
            let open = entry.is_some_and(|entry| entry.state == State::Established);
            let was = open || entry.is_some_and(|entry| matches!(entry.state, State::Closed(_) | State::Aborted));
            let left = was && cx.model.journal.gone() > 0;
            let told = if left { tr!(cx.lang, "boundaries.left") } else { tr!(cx.lang, "boundaries.no_stream") };
            head_ui(ui, cx, low, "", &told, |_, _| ());
            None
        }
    };
    state.selected = traffic.selected();
    traffic.boundaries = state;
    if let Some(seq) = chosen {
        // What was clicked is in sight: the strip stays where it is.
        traffic.boundaries.selected = Some(seq);
        traffic.select(Some(seq));
    }
}

/// Title, whose stream it is, and the sentence. Returns whether the rest is to be painted.
fn head_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    low: bool,
    name: &str,
    sentence: &str,
    more: impl FnOnce(&mut Ui, &mut Cx<'_>),
) -> bool {
    let tokens = ui.tokens();
    let open = cx.model.settings.boundaries;
    let wide = ui.available_width() >= WIDE;
    let said = |ui: &mut Ui| {
        ui.label(RichText::new(sentence).small().color(tokens.muted));
    };
    ui.horizontal(|ui| {
        ui.set_height(25.0);
        ui.spacing_mut().item_spacing.x = 8.0;
        let title = tr!(cx.lang, "ladder.boundaries");
        let (icon, tip) = if open {
            (icons::CHEVRON_DOWN, tr!(cx.lang, "boundaries.hide"))
        } else {
            (icons::CHEVRON_RIGHT, tr!(cx.lang, "boundaries.show"))
        };
        if widgets::tiny_icon(ui, icon, &tip).clicked() {
            cx.actions.push(Action::SetBoundaries(!open));
        }
        ui.label(theme::section(ui, &title));
        if !name.is_empty() {
            ui.label(RichText::new(name).monospace().color(tokens.muted));
        }
        more(ui, cx);
        if wide {
            ui.with_layout(Layout::right_to_left(Align::Center), said);
        }
    });
    if !wide && !sentence.is_empty() {
        let room = vec2(ui.available_width(), if open && !low { SENTENCE } else { 0.0 });
        // Its second line comes and goes as calls are counted: what stands below does not move.
        ui.vertical(|ui| {
            ui.set_min_size(room);
            said(ui);
        });
    }
    open && !low
}

/// Connections to choose from.
fn listener_ui(ui: &mut Ui, cx: &mut Cx<'_>, low: bool) {
    if low || !cx.model.settings.boundaries {
        return;
    }
    let connections = cx.model.selected_entry().map(|entry| entry.connections.clone()).unwrap_or_default();
    if connections.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        // A button goes to the next line as a whole.
        ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
        for id in connections.into_iter().rev().take(OFFERED) {
            if compact_button(ui, &tr!(cx.lang, "boundaries.choose", id = id)).clicked() {
                cx.actions.push(Action::Select(Some(id)));
            }
        }
    });
}

fn way_ui(ui: &mut Ui, way: &mut Way, outward: bool, text: &str) {
    if compact_button(ui, text).clicked() {
        *way = if outward { Way::In } else { Way::Out };
    }
}

/// Larger, smaller, as it was, and a copy: at the end of the row of controls.
fn view_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    window: &mut Window,
    placed: &Placed,
    most: f64,
    copy: impl FnOnce() -> String,
) {
    let lang = cx.lang;
    if compact_icon(ui, icons::COPY, &tr!(lang, "boundaries.copy"), false).clicked() {
        cx.actions.push(Action::Copy(copy()));
    }
    for (icon, name, larger) in
        [(icons::PLUS, tr!(lang, "boundaries.larger"), true), (icons::MINUS, tr!(lang, "boundaries.smaller"), false)]
    {
        let can = if larger { placed.scale < most } else { placed.has_more() };
        let response = ui.add_enabled_ui(can, |ui| compact_icon(ui, icon, &name, false)).inner;
        if response.on_disabled_hover_text(tr!(lang, "boundaries.no_more")).clicked() {
            window.step(placed, larger, most);
        }
    }
    if *window != Window::default() && compact_button(ui, &tr!(lang, "boundaries.newest")).clicked() {
        *window = Window::default();
    }
}

/// The place of the lanes: room, what is on show of them, and what wheel and keys do to that.
struct Ground {
    rect: Rect,
    placed: Placed,
    focused: bool,
}

#[expect(clippy::too_many_arguments, reason = "what the place of two lanes depends on")]
fn ground_ui(
    ui: &mut Ui,
    window: &mut Window,
    all: &std::ops::Range<u64>,
    own: f64,
    most: f64,
    lanes: usize,
    name: &str,
    wanted: Option<std::ops::Range<u64>>,
) -> Ground {
    let height = lanes as f32 * LANE + lanes.saturating_sub(1) as f32 * BETWEEN + 6.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with("lanes"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, name));
    if response.clicked() {
        response.request_focus();
    }
    let (left, width) = (rect.left() + NAMES, rect.width() - NAMES - 2.0);
    let placed = window.place(all, own, left, width);
    if let Some(units) = wanted {
        window.show(&placed, &units);
    }
    if ui.rect_contains_pointer(rect) {
        let (wheel, zoom, at) =
            ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta(), input.pointer.hover_pos()));
        if (zoom - 1.0).abs() > f32::EPSILON
            && let Some(at) = at
        {
            window.zoom(&placed, f64::from(zoom), at.x, most);
        } else if wheel != egui::Vec2::ZERO && placed.has_more() {
            let along = if wheel.x.abs() > wheel.y.abs() { wheel.x } else { wheel.y };
            window.scroll(&placed, -along);
        }
    }
    let focused = response.has_focus();
    if focused {
        ui.painter().rect_stroke(
            rect.expand(1.0),
            3.0,
            egui::Stroke::new(1.0, ui.tokens().tcp),
            egui::StrokeKind::Outside,
        );
    }
    let placed = window.place(all, own, left, width);
    bar_ui(ui, window, &placed, rect);
    Ground { rect, placed, focused }
}

/// Where one is in all of it, to be dragged.
fn bar_ui(ui: &Ui, window: &mut Window, placed: &Placed, rect: Rect) {
    if !placed.has_more() {
        return;
    }
    let tokens = ui.tokens();
    let track = Rect::from_x_y_ranges(rect.left() + NAMES..=rect.right() - 2.0, rect.bottom() - 4.0..=rect.bottom());
    let (from, until) = placed.part();
    let x = |part: f32| track.left() + part * track.width();
    let thumb = Rect::from_x_y_ranges(x(from)..=x(until).max(x(from) + 12.0), track.y_range());
    let response = ui.interact(track.expand2(vec2(0.0, 2.0)), ui.scope_id().with("bar"), Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, format!("{:.0} %", from * 100.0)));
    if response.dragged() {
        let by = placed.units(response.drag_delta().x / track.width());
        window.go_to(placed, placed.from + by);
    }
    ui.painter().rect_filled(track, 2.0, tokens.background);
    let color = if response.dragged() || response.hovered() { tokens.muted } else { tokens.faint };
    ui.painter().rect_filled(thumb, 2.0, color);
}

fn stream_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut BoundariesState,
    traffic: &TrafficState,
    low: bool,
    (here, back): (Stream<'_>, Stream<'_>),
) -> Option<u64> {
    let lang = cx.lang;
    let outward = match state.way {
        Way::Either => !here.is_empty() || back.is_empty(),
        Way::Out => true,
        Way::In => false,
    };
    let (stream, other) = if outward { (here, back) } else { (back, here) };
    let end = |end: Option<(Life, &Ends)>| {
        end.map_or_else(|| tr!(lang, "ladder.outside").into_owned(), |((id, _), _)| id.to_string())
    };
    let named = |stream: &Stream<'_>| format!("{} → {}", end(stream.sender), end(stream.receiver));
    let lives = (stream.sender.map(|(life, _)| life), stream.receiver.map(|(life, _)| life));
    if state.matching.0 != Some(lives) {
        state.matching = (Some(lives), Matching::default());
        state.window = Window::default();
    }
    let file_runs = stream.sender.is_some_and(|((id, _), _)| cx.model.file(id).is_some());
    let sentence = words::stream(lang, stream.sends(), stream.recvs(), file_runs, &mut state.matching.1);
    let way = &mut state.way;
    let goes_on = head_ui(ui, cx, low, &named(&stream), &sentence, |ui, _| {
        if !other.is_empty() || stream.is_empty() {
            way_ui(ui, way, outward, &tr!(lang, "ladder.other_way", way = named(&other)));
        }
    });
    if !goes_on {
        return None;
    }
    let selected = traffic.selected();
    let lanes: Vec<_> = [stream.sends(), stream.recvs()].into_iter().flatten().collect();
    let begins = lanes.iter().map(|lane| lane.begins()).min().unwrap_or_default();
    let all = begins..lanes.iter().map(|lane| lane.len()).max().unwrap_or_default();
    // Those calls of which the newest are on show unless one zooms.
    let newest = |lane: &&spans::Lane| {
        let first = lane.pieces.len().saturating_sub(SHOWN);
        lane.pieces.get(first).map_or(all.start, |piece| piece.offset)
    };
    let from = lanes.iter().map(newest).max().unwrap_or_default();
    let width = f64::from((ui.available_width() - NAMES - 2.0).max(1.0));
    let own = (width / all.end.saturating_sub(from).max(1) as f64).min(BYTE);
    let wanted = selected.filter(|_| state.selected != selected).and_then(|seq| {
        let piece = lanes.iter().find_map(|lane| lane.pieces.get(lane.position(seq)?))?;
        Some(piece.offset..piece.end())
    });
    ui.add_space(4.0);
    let name = tr!(lang, "ladder.boundaries");
    let ground = ground_ui(ui, &mut state.window, &all, own, MOST, lanes.len(), &name, wanted);
    state.texts.begin(traffic.read_as.charset(cx.model));
    let mut chosen = lanes::paint(ui, cx, state, traffic, &stream, &ground);
    if let Some(step) = keys_ui(ui, &ground, &mut state.window, MOST) {
        let at = selected.and_then(|seq| lanes.iter().position(|lane| lane.position(seq).is_some()));
        let chosen_lane = match (at, step) {
            (Some(at), Step::Other) if lanes.len() > 1 => lanes.get(1 - at.min(1)),
            (at, _) => lanes.get(at.unwrap_or_default()),
        };
        chosen = chosen_lane.and_then(|lane| {
            let found = selected.and_then(|seq| lane.position(seq));
            let index = match (found, step) {
                (Some(found), _) => stepped(found, lane.pieces.len(), step),
                // From the other lane to the call with the same bytes.
                (None, Step::Other) => {
                    let piece = lanes.get(at?).and_then(|lane| lane.pieces.get(lane.position(selected?)?))?;
                    lane.within(piece.offset, piece.end()).start
                }
                (None, _) => stepped(lane.pieces.len(), lane.pieces.len(), step),
            };
            lane.pieces.get(index).map(|piece| piece.seq)
        });
        if let Some(piece) = chosen_lane.and_then(|lane| lane.pieces.get(lane.position(chosen?)?)) {
            state.window.show(&ground.placed, &(piece.offset..piece.end()));
        }
    }
    ui.add_space(6.0);
    let text = || spans::text(stream.sends(), stream.recvs(), COPIED);
    let (sender, receiver) = (lives.0.map(|life| life.0), lives.1.map(|life| life.0));
    tools_ui(ui, cx, state, &ground.placed, MOST, (sender, receiver), text);
    chosen
}

fn tools_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut BoundariesState,
    placed: &Placed,
    most: f64,
    (sender, receiver): (Option<SocketId>, Option<SocketId>),
    text: impl FnOnce() -> String,
) {
    let BoundariesState { window, typed, .. } = state;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            view_ui(ui, cx, window, placed, most, text);
            ui.with_layout(Layout::top_down(Align::Min), |ui| controls_ui(ui, cx, typed, sender, receiver));
        });
    });
}

fn datagrams_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut BoundariesState,
    traffic: &TrafficState,
    low: bool,
    id: SocketId,
) -> Option<u64> {
    let lang = cx.lang;
    let (all, journal) = (traffic.datagrams(), &cx.model.journal);
    let tally = |direction| all.tally(id, direction);
    let empty = |direction| {
        let tally = tally(direction);
        tally.sent + tally.received + tally.files == 0
    };
    let outward = match state.way {
        Way::Either => !empty(Direction::Out) || empty(Direction::In),
        Way::Out => true,
        Way::In => false,
    };
    let (direction, other) = if outward { (Direction::Out, Direction::In) } else { (Direction::In, Direction::Out) };
    let (count, left) = all.len(id, direction);
    // The other end of the newest: what is done to it is tried on the spot too.
    let newest = count.checked_sub(1).and_then(|last| all.nth(journal, id, direction, last));
    let (sender, receiver) = match direction {
        Direction::Out => (Some(id), newest.and_then(|datagram| datagram.receiver)),
        Direction::In => (newest.and_then(|datagram| datagram.sender), Some(id)),
    };
    let missing = receiver.and_then(|id| cx.model.meter(id)).map_or(0, |meter| meter.totals().rows_not_shown);
    let sentence = words::datagrams(lang, tally(direction), missing);
    let named = |direction| match direction {
        Direction::Out => tr!(lang, "boundaries.way_out", id = id),
        Direction::In => tr!(lang, "boundaries.way_in", id = id),
    };
    let way = &mut state.way;
    let window = &mut state.window;
    let goes_on = head_ui(ui, cx, low, &named(direction), &sentence, |ui, _| {
        if !empty(other) {
            let before = *way;
            way_ui(ui, way, outward, &tr!(lang, "ladder.other_way", way = named(other)));
            if *way != before {
                *window = Window::default();
            }
        }
    });
    if !goes_on || count == 0 {
        if goes_on {
            tools_empty_ui(ui, cx, state, (sender, receiver));
        }
        return None;
    }
    let selected = traffic.selected();
    let units = left..left + count as u64;
    let width = f64::from((ui.available_width() - NAMES - 2.0).max(1.0));
    let own = (width / count.clamp(1, SHOWN) as f64).min(DATAGRAM);
    let at = |seq| all.position(id, direction, seq).map(|index| left + index as u64);
    let wanted = selected.filter(|_| state.selected != selected).and_then(at).map(|unit| unit..unit + 1);
    ui.add_space(4.0);
    let name = tr!(lang, "ladder.boundaries");
    let ground = ground_ui(ui, &mut state.window, &units, own, MOST_DATAGRAM, 2, &name, wanted);
    state.texts.begin(traffic.read_as.charset(cx.model));
    let mut chosen = datagrams::paint(ui, cx, state, traffic, (id, direction), &ground);
    if let Some(step) = keys_ui(ui, &ground, &mut state.window, MOST_DATAGRAM) {
        let found = selected.and_then(|seq| all.position(id, direction, seq));
        let index = match (found, step) {
            // From one lane to the other.
            (Some(found), Step::Other) => found,
            _ => stepped(found.unwrap_or(count), count, step),
        };
        let datagram = all.nth(journal, id, direction, index);
        chosen = datagram.and_then(|datagram| {
            let (first, second) = (datagram.sent.or(datagram.received), datagram.received.or(datagram.sent));
            if step == Step::Other && selected == first { second } else { first }
        });
        state.window.show(&ground.placed, &(left + index as u64..left + index as u64 + 1));
    }
    ui.add_space(6.0);
    let text = || {
        let told = (0..count.min(COPIED)).filter_map(|index| all.nth(journal, id, direction, index));
        told.map(|datagram| words::datagram(lang, &datagram)).collect::<Vec<_>>().join("\n")
    };
    tools_ui(ui, cx, state, &ground.placed, MOST_DATAGRAM, (sender, receiver), text);
    chosen
}

fn tools_empty_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut BoundariesState,
    (sender, receiver): (Option<SocketId>, Option<SocketId>),
) {
    controls_ui(ui, cx, &mut state.typed, sender, receiver);
}

fn lane_name(ui: &Ui, x: f32, top: f32, text: &str) {
    let font = FontId::monospace(11.0);
    let at = egui::pos2(x, top + LANE / 2.0);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, text, font, ui.tokens().muted);
}
