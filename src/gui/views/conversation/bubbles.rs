//! Rows as bubbles: ours on the right, theirs on the left, events as lines between them.
//!
//! Bubbles are as high as their text, so their places have to be measured. That is done for those near the end
//! first and a few a frame; the reader's place is kept by the number of the bubble on top, so that what is
//! measured or leaves above it moves nothing. At most `LIMIT` bubbles are there at a time, and the line above
//! them says exactly how many came before.

use std::collections::HashMap;

use egui::{
    Color32, CornerRadius, Frame, Margin, Panel, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind,
    TextStyle, Ui, WidgetInfo, pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use crate::{
    gui::{
        Cx,
        theme::{CARD_RADIUS, TokensExt as _},
        tr,
        views::traffic::{self, visible},
        widgets::compact::compact_button,
    },
    journal::{
        Direction, Event, Found, Journal, Kind, Question, Row, SocketId,
        lens::{RowText, row_text},
    },
    text::Charset,
    words::{self, number},
};

/// Bubbles that are there at a time.
const LIMIT: usize = 500;
/// Bubbles measured in one frame.
const MEASURED: usize = 80;
/// What a bubble is taken for until it is measured.
const GUESS: f32 = 60.0;
/// Lines of a bubble; the rest is in the detail.
const LINES: usize = 8;
/// Bytes of a bubble that are decoded: more than fits into its lines.
const BYTES: usize = 2_048;
/// Room between text and edge of a bubble.
const INSIDE: f32 = 9.0;
/// Height of the line below a bubble, and the room after it.
const BELOW: f32 = 26.0;

/// What the bubbles keep from one frame to the next.
#[derive(Default)]
pub struct Bubbles {
    rows: Found,
    place: Place,
    heights: Heights,
}

/// How they are shown.
pub struct Look<'a> {
    /// In which encoding.
    pub charset: Charset,
    /// Whether the other end is named below each: there are several.
    pub addressed: bool,
    /// What else is said below a bubble.
    pub note: &'a dyn Fn(&Row<'_>) -> Option<Note>,
    /// What stands there while there is nothing.
    pub empty: &'a str,
}

/// What is said below one bubble.
pub struct Note {
    /// In a word or a few.
    pub word: String,
    /// What the word means, on hover.
    pub hint: String,
    /// In which colour the word is.
    pub color: Color32,
}

impl Bubbles {
    /// Shows the rows that answer this question. Returns whether all were looked at; if not, call again.
    pub fn ask(&mut self, question: Question, journal: &Journal, known: impl FnOnce() -> Vec<SocketId>) -> bool {
        if self.rows.question() != &question {
            self.rows = self.rows.again(question, known());
        }
        self.rows.advance(journal)
    }

    /// Goes to the newest row and stays there.
    pub fn follow_end(&mut self) {
        self.place = Place::default();
    }

    /// Whether the reader is at the newest row.
    pub fn follows_end(&self) -> bool {
        !self.place.away
    }
}

/// Where the reader is. `top` is the bubble on top, of which `hidden` points are out of sight; `from` the first
/// bubble that is there while the reader is not at the end.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    away: bool,
    from: u64,
    top: u64,
    hidden: f32,
}

/// Measured heights, valid for one width, one encoding and one zoom.
#[derive(Default)]
struct Heights {
    key: Option<(u32, Charset, u32)>,
    of: HashMap<u64, f32>,
}

/// Paints what is on screen. Returns the row whose detail the reader wants.
pub fn bubbles_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut Bubbles, look: &Look<'_>) -> Option<u64> {
    let (seqs, earlier, later) = window(state);
    if seqs.is_empty() {
        traffic::nothing_ui(ui, 80.0, RichText::new(look.empty).small());
        return None;
    }
    note_ui(ui, cx, state, earlier, later);
    let body = ui.available_rect_before_wrap();
    let style = BubbleStyle::new(look, body.width());
    measure(ui, cx, state, &style, &seqs);

    let mut tops = Vec::with_capacity(seqs.len() + 1);
    let mut total = 8.0;
    for seq in &seqs {
        tops.push(total);
        total += state.heights.of.get(seq).copied().unwrap_or(GUESS);
    }
    let end = (total - body.height()).max(0.0);
    let offset = if state.place.away {
        let index = seqs.partition_point(|seq| *seq < state.place.top);
        let hidden = if seqs.get(index) == Some(&state.place.top) { state.place.hidden } else { 0.0 };
        (tops.get(index).copied().unwrap_or(end) + hidden).clamp(0.0, end)
    } else {
        end
    };
    ui.spacing_mut().scroll.kinetic.rubber_band = false;
    ui.spacing_mut().scroll.fade.strength = 0.0;
    let mut opened = None;
    let area = ScrollArea::vertical().id_salt("bubbles").auto_shrink(false).animated(false);
    let output = area.vertical_scroll_offset(offset).show_viewport(ui, |ui, viewport| {
        ui.set_height(total);
        let first = tops.partition_point(|top| *top < viewport.min.y).saturating_sub(1);
        for (seq, top) in seqs.iter().zip(&tops).skip(first) {
            if *top > viewport.max.y {
                break;
            }
            if let Some(row) = cx.model.journal.row(*seq)
                && style.show(ui, cx, &row, body.top() + top - viewport.min.y, body.x_range())
            {
                opened = Some(*seq);
            }
        }
    });
    let after = output.state.clamped_offset().y;
    if after < offset - 0.5 && !state.place.away {
        state.place = Place { away: true, from: seqs.first().copied().unwrap_or(0), ..state.place };
    } else if after > offset + 0.5 && after >= end - 1.0 && later == 0 {
        state.place = Place::default();
    }
    let index = tops.partition_point(|top| *top <= after).saturating_sub(1);
    state.place.top = seqs.get(index).copied().unwrap_or(0);
    state.place.hidden = after - tops.get(index).copied().unwrap_or(0.0);
    opened
}

/// The bubbles that are there, and how many there are before and after them.
fn window(state: &Bubbles) -> (Vec<u64>, u64, u64) {
    let rows = &state.rows;
    let start = if state.place.away { rows.index_of(state.place.from) } else { rows.len().saturating_sub(LIMIT) };
    let seqs = (start..rows.len()).take(LIMIT).filter_map(|index| rows.seq(index)).collect();
    let earlier = start as u64 + rows.gone();
    (seqs, earlier, rows.len().saturating_sub(start + LIMIT) as u64)
}

fn note_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut Bubbles, earlier: u64, later: u64) {
    if earlier == 0 && later == 0 {
        return;
    }
    let color = ui.tokens().muted;
    Panel::top("conversation_note").frame(Frame::new().inner_margin(Margin::symmetric(12, 4))).show(ui, |ui| {
        ui.horizontal(|ui| {
            if earlier > 0 {
                let text = tr!(cx.lang, "conversation.earlier", limit = LIMIT, count = number::grouped(earlier));
                ui.label(RichText::new(text).small().color(color));
            }
            if later > 0 {
                let text = tr!(cx.lang, "conversation.later", count = number::grouped(later));
                if compact_button(ui, &text).clicked() {
                    state.place = Place::default();
                }
            }
        });
    });
}

/// Measures bubbles that were not, those near the end first.
fn measure(ui: &Ui, cx: &Cx<'_>, state: &mut Bubbles, style: &BubbleStyle<'_>, seqs: &[u64]) {
    let key = (style.width as u32, style.look.charset, ui.pixels_per_point().to_bits());
    let heights = &mut state.heights;
    if heights.key != Some(key) || heights.of.len() > 8 * LIMIT {
        *heights = Heights { key: Some(key), of: HashMap::new() };
    }
    // Around the reader first: elsewhere a guess does no harm.
    let near = if state.place.away { seqs.partition_point(|seq| *seq < state.place.top) + 20 } else { seqs.len() };
    let order = seqs.iter().take(near).rev().chain(seqs.iter().skip(near));
    let missing: Vec<u64> = order.copied().filter(|seq| !heights.of.contains_key(seq)).take(MEASURED + 1).collect();
    for seq in missing.iter().take(MEASURED) {
        if let Some(row) = cx.model.journal.row(*seq) {
            heights.of.insert(*seq, style.height(ui, cx, &row));
        }
    }
    if missing.len() > MEASURED {
        ui.request_repaint();
    }
}

/// What the line below a bubble tells, the less the less room there is. The rest is told on hover.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    /// When, how many bytes, to or from whom.
    Whole,
    /// To or from which port.
    Port,
    /// That, and not how many bytes.
    PortAlone,
}

/// What all bubbles of a frame have in common.
struct BubbleStyle<'a> {
    look: &'a Look<'a>,
    /// The widest a bubble's text may be.
    width: f32,
}

impl<'a> BubbleStyle<'a> {
    fn new(look: &'a Look<'a>, room: f32) -> Self {
        Self { look, width: (room * 0.72 - 2.0 * INSIDE - 24.0).clamp(80.0, 560.0) }
    }

    fn height(&self, ui: &Ui, cx: &Cx<'_>, row: &Row<'_>) -> f32 {
        let galley = ui.painter().layout_job(self.job(ui, cx, row));
        match row.record.event.direction() {
            Some(_) => galley.size().y + 2.0 * INSIDE + BELOW,
            None => galley.size().y + 14.0,
        }
    }

    /// The text of a bubble, or of the line that tells of an event.
    fn job(&self, ui: &Ui, cx: &Cx<'_>, row: &Row<'_>) -> LayoutJob {
        let tokens = ui.tokens();
        let kind = kind_of(cx, row);
        let event = row.record.event;
        if !event.has_payload() {
            let color = match event {
                Event::Failed { .. } => tokens.error,
                Event::Asked if cx.model.waits(row.record.socket, row.seq) => tokens.warn,
                _ => tokens.muted,
            };
            let note = traffic::note(cx, row, kind);
            let call = words::call(cx.lang, row.record, kind);
            let time = number::clock(cx.model.epoch.wall_time(row.record.at), &jiff::tz::TimeZone::system());
            let font = TextStyle::Small.resolve(ui.style());
            return LayoutJob::simple(format!("{time}  {call}  {note}"), font, color, self.width);
        }
        let font = TextStyle::Body.resolve(ui.style());
        if row.bytes.is_empty() {
            return LayoutJob::simple(words::event(cx.lang, row, kind), font, tokens.muted, self.width);
        }
        let text = row_text(&cx.model.journal, row.seq, kind, self.look.charset, BYTES).unwrap_or_default();
        let mut job = lines_of(&text, &font, tokens.text, tokens.error);
        job.wrap = TextWrapping { max_width: self.width, max_rows: LINES, ..TextWrapping::default() };
        job
    }

    /// Paints one bubble. Returns whether the reader wants its detail.
    fn show(&self, ui: &Ui, cx: &Cx<'_>, row: &Row<'_>, top: f32, x: egui::Rangef) -> bool {
        let tokens = ui.tokens();
        let galley = ui.painter().layout_job(self.job(ui, cx, row));
        let size = galley.size();
        let Some(direction) = row.record.event.direction() else {
            let at = pos2(x.center() - size.x / 2.0, top + 4.0);
            let response = ui.interact(Rect::from_min_size(at, size), ui.scope_id().with(row.seq), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, galley.text()));
            ui.painter().galley(at, galley, tokens.muted);
            return response.clicked();
        };
        let ours = direction == Direction::Out;
        let outer = size + vec2(2.0 * INSIDE, 2.0 * INSIDE);
        let left = if ours { x.max - 16.0 - outer.x } else { x.min + 12.0 };
        let rect = Rect::from_min_size(pos2(left, top), outer);
        let response = ui.interact(rect, ui.scope_id().with(row.seq), Sense::click());
        let (fill, border) = if ours { (tokens.tcp_tint, Color32::TRANSPARENT) } else { (tokens.sunken, tokens.line) };
        let border = if response.hovered() || response.has_focus() { tokens.tcp } else { border };
        let radius = CornerRadius::same(CARD_RADIUS);
        ui.painter().rect(rect, radius, fill, Stroke::new(1.0, border), StrokeKind::Inside);
        let mut hover = tr!(cx.lang, "conversation.open").into_owned();
        let note = (self.look.note)(row);
        if let Some(note) = &note {
            hover = format!("{}\n{hover}", note.hint);
        }
        let cut = galley.elided;
        let below = |told, room| {
            let font = egui::FontId::monospace(11.0);
            let mut job = LayoutJob { wrap: traffic::cut_at(room), ..LayoutJob::default() };
            let text = self.below(cx, row, cut, told);
            job.append(&text, 0.0, egui::TextFormat::simple(font.clone(), tokens.faint));
            if let Some(note) = &note {
                job.append(&format!(" · {}", note.word), 0.0, egui::TextFormat::simple(font, note.color));
            }
            job
        };
        let whole = below(Below::Whole, f32::INFINITY);
        let name = format!("{} {}", galley.text(), whole.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        ui.painter().galley(rect.min + vec2(INSIDE, INSIDE), galley, tokens.text);
        // From the edge of its bubble inwards; where that is too little the port alone, and what is left out on hover.
        let room = x.span() - 28.0;
        let told = ui.painter().layout_job(whole);
        let below = if told.size().x > room {
            hover = format!("{}\n{hover}", told.text());
            let port = ui.painter().layout_job(below(Below::Port, room));
            if port.elided { ui.painter().layout_job(below(Below::PortAlone, room)) } else { port }
        } else {
            told
        };
        let left = if ours { rect.right() - below.size().x } else { rect.left() };
        ui.painter().galley(pos2(left, rect.bottom() + 3.0), below, tokens.faint);
        response.on_hover_text(hover).clicked()
    }

    /// The line below a bubble: when, how many bytes, to or from whom.
    fn below(&self, cx: &Cx<'_>, row: &Row<'_>, cut: bool, told: Below) -> String {
        let time = number::clock(cx.model.epoch.wall_time(row.record.at), &jiff::tz::TimeZone::system());
        let bytes = traffic::count_bytes(cx.lang, row.bytes.len());
        let peer = match row.record.peer.filter(|_| self.look.addressed) {
            Some(peer) if told == Below::Whole => format!(" · {peer}"),
            Some(peer) => format!(" · :{}", peer.port()),
            None => String::new(),
        };
        let more = if cut || row.bytes.len() > BYTES {
            format!(" · {}", tr!(cx.lang, "conversation.more"))
        } else {
            String::new()
        };
        match told {
            Below::PortAlone if !peer.is_empty() => format!("{time}{peer}{more}"),
            _ => format!("{time} · {bytes}{peer}{more}"),
        }
    }
}

/// The text of a bubble, line feeds and all.
fn lines_of(text: &RowText, font: &egui::FontId, color: Color32, wrong: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut utf8 = [0; 4];
    for glyph in &text.glyphs {
        let shown = if glyph.character == '\n' { '\n' } else { visible(glyph.character) };
        let color = if glyph.valid { color } else { wrong };
        job.append(shown.encode_utf8(&mut utf8), 0.0, egui::TextFormat::simple(font.clone(), color));
    }
    job
}

fn kind_of(cx: &Cx<'_>, row: &Row<'_>) -> Kind {
    cx.model.sockets.get(row.record.socket).map_or(Kind::TcpConnection, |entry| entry.kind)
}
