//! The painted rows: only those that are on screen.
//!
//! Rows are painted, not laid out: one widget a row keeps a frame short and gives a screen reader one sentence a
//! row. Places are counted in rows and turned into pixels late, because `f32` counts pixels exactly only up to
//! 2²⁴ and the journal may hold half a million rows of 26 pixels.

use std::net::IpAddr;

use egui::{
    Align2, FontId, Id, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    text::LayoutJob, vec2,
};

use jiff::tz::TimeZone;

use super::{
    TrafficState,
    columns::{Column, Peers, Places, header_ui},
    empty_ui, keys, reading, rows,
    shown::Selection,
};
use crate::{
    gui::{
        Cx,
        theme::{ROW_HEIGHT, Tokens, TokensExt as _},
        tr,
    },
    journal::{Direction, Event, Kind, Record, Row, RowText},
    words::{self, Lang},
};

/// Squares before the text of a recv, for as many messages, at most.
const SQUARES: usize = 5;

/// Height of the heads of the columns where there is little room.
const LOW_HEADS: f32 = 21.0;

/// Paints header and rows. In a `low` place the heads leave more of it to the rows.
pub fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TrafficState, low: bool) {
    // What the scroll bar takes is never part of a row: nothing moves or is cut off when it appears.
    let width = ui.available_width() - ui.spacing().scroll.allocated_width();
    let peers = peers(cx, state);
    let places = state.columns.place(width, state.all_sockets, peers);
    header_ui(ui, cx, state, &places, if low { LOW_HEADS } else { ROW_HEIGHT });
    if state.shown.is_empty() {
        empty_ui(ui, cx, state);
        return;
    }
    body_ui(ui, cx, state, &places, peers);
}

/// Which other ends the rows on show may have.
fn peers(cx: &Cx<'_>, state: &TrafficState) -> Peers {
    let sockets = &cx.model.sockets;
    let mut hosts: Option<IpAddr> = None;
    let mut same = |ip: IpAddr| *hosts.get_or_insert(ip) == ip;
    let one_host = match cx.model.selected_entry() {
        _ if state.all_sockets => {
            sockets.iter().all(|entry| entry.peer.iter().chain(&entry.peers).all(|peer| same(peer.ip())))
        }
        Some(entry) if entry.kind == Kind::UdpSocket => entry.peers.iter().all(|peer| same(peer.ip())),
        Some(entry) if entry.kind == Kind::TcpListener => {
            entry.connections.iter().filter_map(|id| sockets.get(*id)?.peer).all(|peer| same(peer.ip()))
        }
        _ => return Peers::One,
    };
    if one_host { Peers::OneHost } else { Peers::Hosts }
}

fn body_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TrafficState, places: &Places, peers: Peers) {
    let body = ui.available_rect_before_wrap();
    let id = ui.scope_id().with("traffic_table");
    let table = ui.interact(body, id, Sense::click());
    table.widget_info(|| WidgetInfo::labeled(Role::Table, true, tr!(cx.lang, "traffic.tab")));
    if table.clicked() {
        table.request_focus();
    }
    state.table = Some(id);
    keys::keys_ui(ui, cx, state, id, (body.height() / ROW_HEIGHT) as usize);

    // Springy edges would fight with the place that is kept here, and a faded row reads as one that is disabled.
    ui.spacing_mut().scroll.kinetic.rubber_band = false;
    ui.spacing_mut().scroll.fade.strength = 0.0;
    let offset = state.scroll.place(&state.shown, body.height());
    let area = ScrollArea::vertical().id_salt("traffic_rows").auto_shrink(false).animated(false);
    let area = area.min_scrolled_height(0.0);
    let count = state.shown.len();
    let mut texts = std::mem::take(&mut state.texts);
    texts.begin(state.read_as.charset(cx.model));
    let output = area.vertical_scroll_offset(offset).show_viewport(ui, |ui, viewport| {
        ui.set_height(count as f32 * ROW_HEIGHT);
        let font = FontId::monospace(12.0);
        let digit = ui.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
        let painted = Painted { places, peers, font, digit, id, zone: state.zone.clone() };
        let first = (viewport.min.y / ROW_HEIGHT).floor().max(0.0) as usize;
        for index in first..count {
            let y = body.top() + (index as f64 * f64::from(ROW_HEIGHT) - f64::from(viewport.min.y)) as f32;
            if y > body.bottom() {
                break;
            }
            let rect = Rect::from_min_size(pos2(body.left(), y), vec2(body.width(), ROW_HEIGHT));
            if let Some(seq) = state.shown.seq(index)
                && let Some(row) = cx.model.journal.row(seq)
            {
                let text = texts.of(&cx.model.journal, seq, kind_of(cx, &row));
                let cells = Cells::new(cx, state, index, &row, text);
                painted.row_ui(ui, cx, state, &cells, rect);
            }
        }
    });
    state.texts = texts;
    state.scroll.keep(&state.shown, offset, output.state.clamped_offset().y, body.height());
    // With a selection the bar at its row shows where the keyboard is.
    if table.has_focus() && state.selection.is_none() {
        ui.painter().rect_stroke(body.shrink(0.5), 0.0, Stroke::new(1.0, ui.tokens().tcp), StrokeKind::Inside);
    }
}

/// What all rows of a frame have in common.
struct Painted<'a> {
    places: &'a Places,
    peers: Peers,
    font: FontId,
    /// The width of a digit.
    digit: f32,
    id: Id,
    zone: TimeZone,
}

impl Painted<'_> {
    fn row_ui(&self, ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TrafficState, cells: &Cells<'_>, rect: Rect) {
        let tokens = ui.tokens();
        let seq = cells.row.seq;
        // Not focusable: Tab goes to the table, and the arrows through its rows.
        let response = ui.interact(rect, self.id.with(seq), Sense::CLICK);
        let selected = state.selection.is_some_and(|selection| selection.contains(seq));
        if selected {
            ui.painter().rect_filled(rect, 0.0, tokens.selection);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 0.0, tokens.hover);
        }
        if state.selection.is_some_and(|selection| selection.cursor() == seq)
            && ui.memory(|memory| memory.has_focus(self.id))
        {
            ui.painter().rect_filled(rect.with_max_x(rect.left() + 2.0), 0.0, tokens.tcp);
        }
        let mut hover = None;
        let hovered_at = response.hover_pos();
        let columns = &self.places.columns;
        let right = columns.last().map_or(rect.right(), |(_, x)| rect.left() + x.max).min(rect.right());
        let failure = self.failure(ui, cells, rect);
        for (column, x) in columns {
            let mut cell = self.places.cell(rect, *x);
            let mut pointed = hovered_at.filter(|pos| x.contains(pos.x - rect.left()));
            if let Some((_, wide)) = &failure {
                match column {
                    Column::Call => {
                        pointed = hovered_at.filter(|pos| wide.x_range().contains(pos.x));
                        cell = *wide;
                    }
                    Column::Bytes => continue,
                    _ => {}
                }
            }
            let call = failure.as_ref().map_or(cells.call.as_str(), |(word, _)| word);
            // Where there are no bytes, what is told may take their room.
            if *column == Column::Text && cells.row.record.event.direction().is_none() {
                cell.max.x = cell.max.x.max(right - 6.0);
            }
            let tip = self.cell_ui(ui, cx, cells, *column, cell, pointed, call);
            hover = hover.or(tip);
        }
        response.widget_info(|| {
            WidgetInfo::selected(Role::Row, true, selected, cells.sentence(cx.lang, self.peers != Peers::One))
        });
        let response = match hover {
            Some(tip) => response.on_hover_text_at_pointer(tip),
            None => response,
        };
        self.select(ui, state, &response, seq);
        response.context_menu(|ui| {
            keys::lens_entry(ui, cx, state);
            keys::copy_entries(ui, cx, state);
        });
    }

    /// What stands for a failed call whose words do not fit into their column, and where: a failure moved no bytes, so that
    /// their column is free; and if that is too little, the name of the error alone, which is what one looks up.
    fn failure<'c>(&self, ui: &Ui, cells: &'c Cells<'_>, row: Rect) -> Option<(&'c str, Rect)> {
        let Event::Failed { call, .. } = cells.row.record.event else { return None };
        let fits = |word: &str, width: f32| {
            let galley = ui.painter().layout_no_wrap(word.to_owned(), self.font.clone(), egui::Color32::PLACEHOLDER);
            galley.size().x <= width
        };
        let own = self.places.cell(row, self.places.of(Column::Call)?);
        if fits(&cells.call, own.width()) {
            return None;
        }
        let bytes = self.places.of(Column::Bytes).map_or(own, |x| self.places.cell(row, x));
        let wide = own.union(bytes);
        let whole = cells.call.as_str();
        let name = whole.strip_prefix(call.name()).map_or(whole, str::trim_start);
        Some((if fits(whole, wide.width()) { whole } else { name }, wide))
    }

    fn select(&self, ui: &Ui, state: &mut TrafficState, response: &Response, seq: u64) {
        if response.clicked() {
            ui.memory_mut(|memory| memory.request_focus(self.id));
            let extend = ui.input(|input| input.modifiers.shift);
            state.selection = Some(match state.selection {
                Some(selection) if extend => selection.to(seq),
                _ => Selection::one(seq),
            });
            // Whoever points at a row wants to read it: it must not run away.
            state.scroll.show(seq);
        } else if response.secondary_clicked() && !state.selection.is_some_and(|selection| selection.contains(seq)) {
            state.selection = Some(Selection::one(seq));
            state.scroll.show(seq);
        }
    }

    /// Paints one cell; returns what hovering it says.
    #[expect(clippy::too_many_arguments, reason = "what a cell is made of")]
    fn cell_ui(
        &self,
        ui: &Ui,
        cx: &Cx<'_>,
        cells: &Cells<'_>,
        column: Column,
        cell: Rect,
        pointed: Option<egui::Pos2>,
        call: &str,
    ) -> Option<String> {
        let tokens = ui.tokens();
        let row = cells.row;
        match column {
            Column::Time => {
                self.word(ui, cell, &cells.time, tokens.muted, Align2::LEFT_CENTER);
                pointed.map(|_| rows::date_and_clock(cx.model.epoch, row.record.at, &self.zone))
            }
            Column::Delta => {
                let cut = self.word(ui, cell, &cells.delta, tokens.faint, Align2::LEFT_CENTER);
                pointed.filter(|_| cut).map(|_| cells.delta.clone())
            }
            Column::Call => {
                let color = call_color(tokens, row.record, cells.kind);
                let cut = self.word(ui, cell, call, color, Align2::LEFT_CENTER);
                match row.record.event {
                    Event::Sent { .. } => pointed.map(|_| words::sent_hint(cx.lang, cells.kind).into_owned()),
                    _ => pointed.filter(|_| cut || call != cells.call).map(|_| cells.call.clone()),
                }
            }
            Column::Bytes => {
                let color = match row.record.event.has_payload() {
                    _ if rows::is_truncated(row) => tokens.warn,
                    true => tokens.text,
                    false => tokens.faint,
                };
                let cut = self.word(ui, cell, &cells.bytes, color, Align2::RIGHT_CENTER);
                if rows::is_truncated(row) {
                    return pointed.map(|_| cells.note.clone());
                }
                pointed.filter(|_| cut).map(|_| cells.bytes.clone())
            }
            Column::Socket => {
                self.word(ui, cell, &row.record.socket.to_string(), tokens.muted, Align2::LEFT_CENTER);
                None
            }
            Column::Peer => {
                let peer = rows::short_peer(&cells.peer, self.digits(cell), self.peers == Peers::OneHost);
                self.word(ui, cell, &peer, tokens.muted, Align2::LEFT_CENTER);
                pointed.filter(|_| peer != cells.peer).map(|_| cells.peer.clone())
            }
            Column::Text => self.text_ui(ui, cx, cells, cell, pointed),
            Column::Hex => {
                let payload = row_payload(row);
                // A byte is three characters, the last two; what says that more follows is two.
                let fits = |more| (self.digits(cell).saturating_sub(more) + 1) / 3;
                let fits = if payload.len() <= fits(0) { fits(0) } else { fits(2).max(1) };
                self.word(ui, cell, &rows::hex(payload, fits), tokens.faint, Align2::LEFT_CENTER);
                None
            }
        }
    }

    fn text_ui(
        &self,
        ui: &Ui,
        cx: &Cx<'_>,
        cells: &Cells<'_>,
        cell: Rect,
        pointed: Option<egui::Pos2>,
    ) -> Option<String> {
        let tokens = ui.tokens();
        let row = cells.row;
        let Some(direction) = row.record.event.direction() else {
            let color = match row.record.event {
                Event::Failed { .. } => tokens.error,
                Event::Asked if cx.model.waits(row.record.socket, row.seq) => tokens.warn,
                _ => tokens.muted,
            };
            let cut = self.word(ui, cell, &cells.note, color, Align2::LEFT_CENTER);
            return pointed.filter(|_| cut).map(|_| cells.note.clone());
        };
        let (count, hues) = &cells.carried;
        let hues = match direction {
            Direction::Out => std::slice::from_ref(&cells.hue),
            Direction::In if hues.is_empty() => &[None],
            Direction::In => hues.as_slice(),
        };
        let mut left = cell.left();
        for hue in hues {
            let color = hue.map_or(tokens.faint, |hue| tokens.message(usize::from(hue)));
            let square = Rect::from_center_size(pos2(left + 4.0, cell.center().y), vec2(8.0, 8.0));
            ui.painter_at(cell).rect_filled(square, 1.0, color);
            left = square.right();
        }
        if *count > hues.len() {
            let more = format!("+{}", count - hues.len());
            let at = pos2(left + 3.0, cell.center().y);
            let font = FontId::monospace(10.0);
            left = ui.painter_at(cell).text(at, Align2::LEFT_CENTER, more, font, tokens.muted).right();
        }
        let squares = cell.left()..=left;
        let text = Rect::from_min_max(pos2(left + 7.0, cell.top()), cell.max);
        if pointed.is_some_and(|pos| squares.contains(&pos.x))
            && let Some(carried) = cells.told_carried(cx.lang)
        {
            return Some(carried);
        }
        if row.bytes.is_empty() {
            self.word(ui, text, &cells.note, tokens.muted, Align2::LEFT_CENTER);
            return None;
        }
        let job = reading::line(cells.text, row.bytes, &self.font, tokens.text, tokens, text.width());
        let galley = ui.painter().layout_job(job);
        let at = pos2(text.left(), text.center().y - galley.size().y / 2.0);
        let tip = pointed.and_then(|pos| {
            let index = galley.cursor_from_pos(pos - at).index.0;
            glyph_tip(cx, cells, index)
        });
        ui.painter_at(text).galley(at, galley, tokens.text);
        tip.or_else(|| pointed.filter(|_| !cells.note.is_empty()).map(|_| cells.note.clone()))
    }

    /// How many digits fit into a cell.
    fn digits(&self, cell: Rect) -> usize {
        (cell.width() / self.digit + 0.01) as usize
    }

    /// Paints a word into a cell and returns whether it was too wide for it.
    fn word(&self, ui: &Ui, cell: Rect, text: &str, color: egui::Color32, align: Align2) -> bool {
        if text.is_empty() || cell.width() < 4.0 {
            return false;
        }
        let mut job = LayoutJob::simple_singleline(text.to_owned(), self.font.clone(), color);
        job.wrap = reading::cut_at(cell.width());
        let galley = ui.painter().layout_job(job);
        let cut = galley.elided;
        let at = align.align_size_within_rect(galley.size(), cell).min;
        ui.painter_at(cell).galley(at, galley, color);
        cut
    }
}

/// One row as text.
struct Cells<'a> {
    row: &'a Row<'a>,
    kind: Kind,
    hue: Option<u8>,
    /// How many messages a recv brought bytes of, and the hues of the first.
    carried: (usize, Vec<Option<u8>>),
    time: String,
    delta: String,
    call: String,
    bytes: String,
    peer: String,
    note: String,
    text: &'a RowText,
}

impl<'a> Cells<'a> {
    fn new(cx: &Cx<'_>, state: &TrafficState, index: usize, row: &'a Row<'a>, text: &'a RowText) -> Self {
        let model = cx.model;
        let record = row.record;
        let kind = kind_of(cx, row);
        let before = index.checked_sub(1).and_then(|i| model.journal.row(state.shown.seq(i)?));
        Self {
            row,
            kind,
            hue: state.marks.hue(row.seq),
            carried: state.marks.carried(&model.journal, row, SQUARES),
            time: words::number::clock(model.epoch.wall_time(record.at), &state.zone),
            delta: rows::delta(before.map(|row| row.record.at), record.at),
            call: words::call(cx.lang, record, kind).into_owned(),
            bytes: rows::bytes(row).into_owned(),
            peer: rows::peer(row),
            note: super::note(cx, row, kind),
            text,
        }
    }

    /// What the squares before the text of a recv say.
    fn told_carried(&self, lang: Lang) -> Option<String> {
        match self.carried.0 {
            0 => None,
            1 => Some(tr!(lang, "boundaries.carries_one").into_owned()),
            count => Some(tr!(lang, "boundaries.carries", count = words::number::grouped(count as u64)).into_owned()),
        }
    }

    /// The row in one line, for those who cannot see it.
    fn sentence(&self, lang: Lang, addressed: bool) -> String {
        let text = if self.row.bytes.is_empty() || !self.row.record.event.has_payload() {
            self.note.clone()
        } else {
            reading::plain(self.text)
        };
        let peer = if addressed { &self.peer } else { "" };
        let hex = rows::hex(row_payload(self.row), 64);
        let carried = self.told_carried(lang).filter(|_| self.carried.0 > 1).unwrap_or_default();
        let delta = format!("Δ {} ms", self.delta);
        let parts = [self.time.as_str(), &delta, &self.call, &self.bytes, peer, &text, &hex];
        if carried.is_empty() { parts.join(" ") } else { format!("{} {carried}", parts.join(" ")) }
    }
}

/// What hovering a character says: the bytes of one that is not text, or what held bytes wait for.
fn glyph_tip(cx: &Cx<'_>, cells: &Cells<'_>, index: usize) -> Option<String> {
    let lang = cx.lang;
    let Some(glyph) = cells.text.glyphs.get(index) else {
        let held = (!cells.text.held.is_empty()).then(|| tr!(lang, "traffic.held", count = cells.text.held.len()));
        return held.map(std::borrow::Cow::into_owned);
    };
    let hex = rows::hex(cells.row.bytes.get(glyph.range())?, 8);
    if !glyph.valid {
        return Some(tr!(lang, "traffic.not_text", hex = hex).into_owned());
    }
    let code = format!("U+{:04X}", u32::from(glyph.character));
    (rows::visible(glyph.character) != glyph.character)
        .then(|| tr!(lang, "traffic.control", code = code, hex = hex).into_owned())
}

fn kind_of(cx: &Cx<'_>, row: &Row<'_>) -> Kind {
    cx.model.sockets.get(row.record.socket).map_or(Kind::TcpConnection, |entry| entry.kind)
}

fn row_payload<'a>(row: &Row<'a>) -> &'a [u8] {
    if row.record.event.has_payload() { row.bytes } else { &[] }
}

fn call_color(tokens: &Tokens, record: &Record, kind: Kind) -> egui::Color32 {
    match record.event {
        Event::Sent { .. } if kind == Kind::UdpSocket => tokens.udp,
        Event::Sent { .. } => tokens.tcp,
        Event::Received { .. } | Event::Connected { .. } | Event::Opened { .. } => tokens.ok,
        Event::Failed { .. } | Event::Aborted { .. } => tokens.error,
        _ => tokens.text,
    }
}
