//! What became of the boundaries of messages: what was handed to `send` above, what came out of each `recv` below.
//!
//! Both lanes count the same bytes of the stream, so what stands above one another is the same bytes. A send has one colour,
//! a recv those of the sends that it carried; its outline ends where the call returned.

use egui::{
    Align, Align2, CornerRadius, FontId, Layout, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use super::{
    drawn::{Drawn, Ends},
    paint::hue,
};
use crate::{
    gui::{
        Cx,
        theme::{TokensExt as _, section},
        tr,
        views::traffic::TrafficState,
        widgets::compact::compact_button,
    },
    journal::{
        SocketId,
        spans::{self, Lane, Piece},
    },
    words::{Lang, number::grouped},
};

/// Height of a lane.
const LANE: f32 = 17.0;
/// Between the lanes.
const BETWEEN: f32 = 13.0;
/// From this width on the sentence stands beside the title, else below it.
const WIDE: f32 = 720.0;
/// Width of the names of the lanes.
const NAMES: f32 = 42.0;
/// Calls of one lane on show at most; those around the chosen one, else the newest.
const SHOWN: usize = 24;

/// Which of the two streams of a connection is on show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The one in which bytes moved; if in both, what the chosen socket sent.
    #[default]
    Either,
    /// What the chosen socket sent.
    Out,
    /// What it received.
    In,
}

/// One stream of a connection, as far as its ends are in this program.
struct Stream<'a> {
    sends: Option<(SocketId, &'a Lane)>,
    recvs: Option<(SocketId, &'a Lane)>,
}

impl<'a> Stream<'a> {
    fn of(sender: &'a Ends, receiver: &'a Ends) -> Self {
        Self { sends: sender.id.map(|id| (id, &sender.sent)), recvs: receiver.id.map(|id| (id, &receiver.received)) }
    }

    fn is_empty(&self) -> bool {
        [self.sends, self.recvs].into_iter().flatten().all(|(_, lane)| lane.is_empty())
    }

    fn name(&self, lang: Lang) -> String {
        let end = |end: Option<(SocketId, &Lane)>| {
            end.map_or_else(|| tr!(lang, "ladder.outside").into_owned(), |(id, _)| id.to_string())
        };
        format!("{} → {}", end(self.sends), end(self.recvs))
    }
}

/// Paints the lanes of one stream with the sentence about them.
pub fn boundaries_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    drawn: &Drawn,
    direction: &mut Direction,
    traffic: &mut TrafficState,
) {
    let lang = cx.lang;
    let (out, back) = (Stream::of(&drawn.here, &drawn.there), Stream::of(&drawn.there, &drawn.here));
    let outward = match direction {
        Direction::Either => !out.is_empty(),
        Direction::Out => true,
        Direction::In => false,
    };
    let (stream, other) = if outward { (&out, &back) } else { (&back, &out) };
    let wide = ui.available_width() >= WIDE;
    ui.horizontal(|ui| {
        ui.set_height(25.0);
        ui.label(section(ui, &tr!(lang, "ladder.boundaries")));
        ui.label(RichText::new(stream.name(lang)).monospace().color(ui.tokens().muted));
        if !other.is_empty() || stream.is_empty() {
            let text = tr!(lang, "ladder.other_way", way = other.name(lang));
            if compact_button(ui, &text).clicked() {
                *direction = if outward { Direction::In } else { Direction::Out };
            }
        }
        if wide {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(sentence(lang, stream)).small().color(ui.tokens().muted));
            });
        }
    });
    if !wide {
        ui.label(RichText::new(sentence(lang, stream)).small().color(ui.tokens().muted));
    }
    ui.add_space(6.0);
    lanes_ui(ui, cx, stream, traffic);
}

/// What the lanes tell: `3 sends came out of 1 recv: TCP is a stream of bytes.`
fn sentence(lang: Lang, stream: &Stream<'_>) -> String {
    let counted = |count: usize, one: std::borrow::Cow<'static, str>, many: std::borrow::Cow<'static, str>| {
        if count == 1 { one } else { many }
    };
    let sends = |count: usize| {
        counted(count, tr!(lang, "ladder.one_send"), tr!(lang, "ladder.sends", count = grouped(count as u64)))
    };
    let recvs = |count: usize| {
        counted(count, tr!(lang, "ladder.one_recv"), tr!(lang, "ladder.recvs", count = grouped(count as u64)))
    };
    let (sent, received) = match (stream.sends, stream.recvs) {
        (Some((_, sent)), Some((_, received))) => (sent, received),
        (Some((_, sent)), None) => {
            return tr!(lang, "ladder.sends_only", sends = sends(sent.pieces.len())).into_owned();
        }
        (None, Some((_, received))) => {
            return tr!(lang, "ladder.recvs_only", recvs = recvs(received.pieces.len())).into_owned();
        }
        (None, None) => return String::new(),
    };
    if !(sent.whole && received.whole) {
        return tr!(lang, "ladder.not_whole").into_owned();
    }
    let told = spans::summary(sent, received);
    let (from, into) = (sends(told.sends), recvs(told.recvs));
    let mut text = match told {
        _ if told.sends == 0 => tr!(lang, "ladder.nothing_sent"),
        _ if told.recvs == 0 => tr!(lang, "ladder.nothing_read", sends = from),
        _ if told.glued > 0 || told.split > 0 => tr!(lang, "ladder.stream", sends = from, recvs = into),
        _ if told.unread > 0 => tr!(lang, "ladder.so_far", sends = from, recvs = into),
        _ => tr!(lang, "ladder.one_to_one", sends = from, recvs = into),
    }
    .into_owned();
    if told.unread > 0 && told.recvs > 0 {
        text = format!("{text} {}", tr!(lang, "ladder.unread", count = grouped(told.unread)));
    }
    text
}

/// The bytes of the stream on show: those of some calls around the chosen one, else of the newest.
fn window(lanes: &[&Lane], chosen: Option<u64>) -> (u64, u64) {
    let mut from = 0;
    for lane in lanes {
        let pieces = &lane.pieces;
        let found = chosen.and_then(|seq| pieces.iter().position(|piece| piece.seq == seq));
        let last = found.map_or(pieces.len(), |at| (at + SHOWN / 2).max(SHOWN).min(pieces.len()));
        let first = pieces.get(last.saturating_sub(SHOWN)).map_or(0, |piece| piece.offset);
        if found.is_some() {
            let end = last.checked_sub(1).and_then(|last| pieces.get(last)).map_or(0, Piece::end);
            return (first, end);
        }
        from = from.max(first);
    }
    let end = lanes.iter().map(|lane| lane.len()).max().unwrap_or_default();
    (from.min(end), end)
}

fn lanes_ui(ui: &mut Ui, cx: &mut Cx<'_>, stream: &Stream<'_>, traffic: &mut TrafficState) {
    let tokens = ui.tokens();
    let lang = cx.lang;
    let known: Vec<_> = [stream.sends, stream.recvs].into_iter().flatten().map(|(_, lane)| lane).collect();
    let (from, until) = window(&known, traffic.selected());
    let height = known.len() as f32 * LANE + known.len().saturating_sub(1) as f32 * BETWEEN + 2.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let left = rect.left() + NAMES;
    let scale = f64::from(rect.right() - left - 2.0) / (until - from).max(1) as f64;
    let x = |offset: u64| left + (offset.clamp(from, until).saturating_sub(from) as f64 * scale) as f32;
    let matched = match (stream.sends, stream.recvs) {
        (Some((_, sent)), Some((_, received))) => spans::joins(sent, received),
        _ => Vec::new(),
    };
    let visible = |piece: &&Piece| piece.end() > from && piece.offset < until;
    let mut top = rect.top() + 1.0;
    let mut chosen = None;
    if let Some((id, sent)) = stream.sends {
        name(ui, rect.left(), top, "send");
        for piece in sent.pieces.iter().filter(visible) {
            let cell = Rect::from_x_y_ranges(x(piece.offset)..=(x(piece.end()) - 1.5), top..=top + LANE);
            ui.painter().rect_filled(cell, CornerRadius::same(3), hue(ui, traffic, Some(piece.seq)));
            let said = tr!(lang, "ladder.piece_sent", id = id, count = piece.len, offset = piece.offset);
            if piece_ui(ui, cell, piece, &said, traffic) {
                chosen = Some(piece.seq);
            }
        }
        top += LANE + BETWEEN;
    }
    if let Some((id, received)) = stream.recvs {
        name(ui, rect.left(), top, "recv");
        for (index, piece) in received.pieces.iter().enumerate().filter(|(_, piece)| visible(piece)) {
            let cell = Rect::from_x_y_ranges(x(piece.offset)..=(x(piece.end()) - 1.5), top..=top + LANE);
            let first = matched.partition_point(|join| join.recv < index);
            let parts = matched.iter().skip(first).take_while(|join| join.recv == index);
            let mut sends = 0;
            for join in parts {
                sends += 1;
                let message = stream.sends.and_then(|(_, sent)| sent.pieces.get(join.send)).map(|piece| piece.seq);
                let span = x(join.offset)..=x(join.offset + join.len);
                let color = hue(ui, traffic, message);
                let part = Rect::from_x_y_ranges(span.clone(), top..=top + LANE).intersect(cell);
                ui.painter().rect_filled(part, 0.0, color);
                // The same bytes, from one lane to the other.
                let above = Rect::from_x_y_ranges(span, top - BETWEEN..=top).intersect(cell.expand(BETWEEN));
                ui.painter().rect_filled(above, 0.0, color.gamma_multiply(0.22));
            }
            if sends == 0 {
                ui.painter().rect_filled(cell, 0.0, tokens.faint);
            }
            ui.painter().rect_stroke(cell, CornerRadius::same(3), Stroke::new(1.5, tokens.text), StrokeKind::Inside);
            // A mark where the call returned: the cut.
            ui.painter().vline(cell.right() + 0.75, top - 4.0..=top + LANE + 1.0, Stroke::new(1.5, tokens.text));
            let said =
                tr!(lang, "ladder.piece_received", id = id, count = piece.len, offset = piece.offset, sends = sends);
            if piece_ui(ui, cell, piece, &said, traffic) {
                chosen = Some(piece.seq);
            }
        }
    }
    if let Some(seq) = chosen {
        traffic.select(Some(seq));
    }
}

fn name(ui: &Ui, x: f32, top: f32, text: &str) {
    let font = FontId::monospace(11.0);
    ui.painter().text(pos2(x, top + LANE / 2.0), Align2::LEFT_CENTER, text, font, ui.tokens().muted);
}

/// One call, which can be pointed at; returns whether it was chosen.
fn piece_ui(ui: &Ui, cell: Rect, piece: &Piece, said: &str, traffic: &TrafficState) -> bool {
    let tokens = ui.tokens();
    let response = ui.interact(cell, ui.scope_id().with(("piece", piece.seq)), Sense::CLICK);
    let selected = traffic.selected() == Some(piece.seq);
    if selected {
        ui.painter().rect_stroke(cell.expand(2.0), 4.0, Stroke::new(2.0, tokens.tcp), StrokeKind::Outside);
    }
    let text = format!("{} B", grouped(piece.len));
    let galley = ui.painter().layout_no_wrap(text, FontId::monospace(10.0), tokens.on_message);
    if galley.size().x + 6.0 < cell.width() {
        ui.painter().galley(cell.center() - galley.size() / 2.0, galley, tokens.on_message);
    }
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, said));
    let clicked = response.clicked();
    response.on_hover_text_at_pointer(said);
    clicked
}
