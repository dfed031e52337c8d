//! Below the blocks: for TCP the stream as a bar (acknowledged, in flight, unsent; what the other kernel has, islands and
//! all, and where each read ended), for UDP a shelf with a box for each datagram.

use egui::{Align2, CornerRadius, FontId, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::{drawn::Lane, marks};
use crate::{
    gui::{theme::TokensExt as _, tr},
    sim::{End, Log, Micros, PacketKind, Piece, Side, Transport},
    words::{Lang, number::grouped},
};

/// Width of the names of the bars.
const NAMES: f32 = 48.0;
/// Height of a bar.
const BAR: f32 = 11.0;

/// The client's stream at a moment, in bytes from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// All bytes that there are to send.
    pub total: u64,
    /// Up to here everything was acknowledged, as the sender knows.
    pub acked: u64,
    /// Up to here everything was sent at least once.
    pub sent: u64,
    /// What the receiving kernel has, or had: ranges that touch nowhere.
    pub arrived: Vec<(u64, u64)>,
    /// Where each read ended.
    pub reads: Vec<u64>,
}

impl Stream {
    /// Of this log, at this moment.
    pub fn at(log: &Log, now: Micros) -> Self {
        let mut starts = Vec::with_capacity(log.messages.len());
        let mut total = 0_u64;
        for message in &log.messages {
            starts.push(total);
            if message.from == Side::Client {
                total += message.bytes.len() as u64;
            }
        }
        let start = |piece: &Piece| starts.get((piece.message as usize).wrapping_sub(1)).copied().unwrap_or(0);
        let mut stream = Self { total, ..Self::default() };
        let mut base = None;
        let end = log.packets.partition_point(|packet| packet.sent <= now);
        let mut ranges = Vec::new();
        for packet in log.packets.get(..end).unwrap_or_default() {
            let arrived = packet.end == End::Delivered && packet.ended <= now;
            if packet.from() == Side::Client {
                if packet.name.kind == PacketKind::Syn && base.is_none() {
                    base = packet.segment().map(|segment| segment.seq.wrapping_add(1));
                }
                for piece in &packet.pieces {
                    let from = start(piece) + u64::from(piece.from);
                    let to = start(piece) + u64::from(piece.to);
                    stream.sent = stream.sent.max(to);
                    if arrived {
                        ranges.push((from, to));
                    }
                }
            } else if arrived && let (Some(base), Some(segment)) = (base, packet.segment()) {
                // FIN counts one.
                let acked = u64::from(segment.ack_number.wrapping_sub(base)).min(total);
                stream.acked = stream.acked.max(if segment.ack { acked } else { 0 });
            }
        }
        ranges.sort_unstable();
        for (from, to) in ranges {
            match stream.arrived.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => stream.arrived.push((from, to)),
            }
        }
        for read in log.reads(Side::Server).take_while(|read| read.at <= now) {
            let before = stream.reads.last().copied().unwrap_or(0);
            stream.reads.push(before + read.bytes.len() as u64);
        }
        stream
    }

    /// How much was read.
    pub fn read(&self) -> u64 {
        self.reads.last().copied().unwrap_or(0)
    }
}

/// Paints the bar or the shelf.
pub fn stream_ui(ui: &mut Ui, lang: Lang, lane: &Lane, now: Micros) {
    if lane.log.transport == Transport::Tcp { bar_ui(ui, lang, lane, now) } else { shelf_ui(ui, lang, lane, now) }
}

fn bar_ui(ui: &mut Ui, lang: Lang, lane: &Lane, now: Micros) {
    let tokens = ui.tokens();
    let stream = Stream::at(&lane.log, now);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 2.0 * BAR + 8.0), Sense::hover());
    let left = rect.left() + NAMES;
    let scale = (rect.right() - left - 2.0) / stream.total.max(1) as f32;
    let x = |at: u64| left + at.min(stream.total) as f32 * scale;
    let painter = ui.painter();
    let (above, below) = (rect.top() + 1.0, rect.top() + BAR + 5.0);
    let bar = |top: f32, from: u64, to: u64| Rect::from_x_y_ranges(x(from)..=x(to), top..=top + BAR);
    for (top, name) in [(above, tr!(lang, "lab.stream_out")), (below, tr!(lang, "lab.stream_in"))] {
        let at = pos2(rect.left(), top + BAR / 2.0);
        painter.text(at, Align2::LEFT_CENTER, name, FontId::proportional(11.0), tokens.muted);
        painter.rect_stroke(bar(top, 0, stream.total), 2.0, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
    }
    painter.rect_filled(bar(above, 0, stream.acked), CornerRadius::same(2), tokens.tcp);
    if stream.sent > stream.acked {
        marks::hatch(painter, bar(above, stream.acked, stream.sent), tokens.tcp);
    }
    let read = stream.read();
    for (from, to) in &stream.arrived {
        // An island stands out: it cannot be read.
        let color = if *from == 0 { tokens.ok.gamma_multiply(0.35) } else { tokens.warn.gamma_multiply(0.7) };
        painter.rect_filled(bar(below, *from, *to), CornerRadius::same(2), color);
    }
    painter.rect_filled(bar(below, 0, read), CornerRadius::same(2), tokens.ok);
    // Boundaries of messages are dotted, ends of reads are cuts.
    let mut at = 0;
    let few = lane.log.messages.len() < 200;
    for message in lane.log.messages.iter().filter(|message| few && message.from == Side::Client) {
        at += message.bytes.len() as u64;
        let points = [pos2(x(at), above), pos2(x(at), below + BAR)];
        painter.extend(Shape::dotted_line(&points, tokens.faint, 3.0, 0.6));
    }
    for cut in stream.reads.iter().filter(|_| stream.reads.len() < 400) {
        painter.vline(x(*cut), below - 2.0..=below + BAR + 2.0, Stroke::new(1.5, tokens.text));
    }
    let received: u64 = stream.arrived.iter().map(|(from, to)| to - from).sum();
    let said = tr!(
        lang,
        "lab.stream",
        acked = grouped(stream.acked),
        flight = grouped(stream.sent - stream.acked.min(stream.sent)),
        unsent = grouped(stream.total.saturating_sub(stream.sent)),
        received = grouped(received),
        read = grouped(read)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.as_ref()));
    response.on_hover_text(said.as_ref());
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Arrival {
    /// Which it was of those that came, from 1.
    place: u32,
    times: u32,
}

fn arrivals(log: &Log, now: Micros) -> Vec<Arrival> {
    let mut arrivals = vec![Arrival::default(); log.messages.len()];
    let mut place = 0;
    for read in Side::BOTH.into_iter().flat_map(|side| log.reads(side)).filter(|read| read.at <= now) {
        place += 1;
        for piece in read.pieces {
            if let Some(arrival) = arrivals.get_mut((piece.message as usize).wrapping_sub(1)) {
                arrival.times += 1;
                if arrival.place == 0 {
                    arrival.place = place;
                }
            }
        }
    }
    arrivals
}

fn shelf_ui(ui: &mut Ui, lang: Lang, lane: &Lane, now: Micros) {
    let tokens = ui.tokens();
    let log = &lane.log;
    let arrivals = arrivals(log, now);
    let sent = |index: usize| log.first_sent.get(index).copied().flatten().is_some_and(|at| at <= now);
    // Of each message: whether a packet was sent with it, and whether all of those are known to be lost.
    let mut fates = vec![(false, true); log.messages.len()];
    for packet in log.packets.iter().filter(|packet| packet.sent <= now) {
        let lost = !matches!(packet.end, End::Delivered) && packet.ended <= now;
        for piece in &packet.pieces {
            if let Some((sent, all)) = fates.get_mut((piece.message as usize).wrapping_sub(1)) {
                (*sent, *all) = (true, *all && lost);
            }
        }
    }
    let gone = |number: u32| fates.get((number as usize).wrapping_sub(1)).is_some_and(|(sent, lost)| *sent && *lost);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 2.0 * BAR + 8.0), Sense::hover());
    let total: usize = log.messages.iter().map(|message| message.bytes.len().max(1)).sum();
    let scale = (rect.width() - 2.0) / total.max(1) as f32;
    let painter = ui.painter();
    let floor = rect.bottom() - 3.0;
    painter.hline(rect.x_range(), floor + 1.0, Stroke::new(1.5, tokens.line));
    let mut x = rect.left() + 1.0;
    let few = log.messages.len() <= 200;
    for (index, message) in log.messages.iter().enumerate() {
        let width = message.bytes.len().max(1) as f32 * scale;
        let cell = Rect::from_min_max(pos2(x + 1.0, floor - 18.0), pos2(x + (width - 1.0).max(1.5), floor));
        x += width;
        let color = tokens.message(index);
        let arrival = arrivals.get(index).copied().unwrap_or_default();
        let number = index as u32 + 1;
        let text = if arrival.times > 0 {
            painter.rect_filled(cell, CornerRadius::same(2), color);
            if arrival.times > 1 {
                let behind = cell.translate(vec2(3.0, -4.0));
                painter.rect_stroke(behind, 2.0, Stroke::new(1.5, color), StrokeKind::Inside);
            }
            if cell.width() > 16.0 {
                let font = FontId::monospace(11.0);
                painter.text(cell.center(), Align2::CENTER_CENTER, arrival.place, font, tokens.on_message);
            }
            let place = tr!(lang, "lab.shelf_arrived", place = arrival.place);
            if arrival.times > 1 { format!("{place} · {}", tr!(lang, "lab.shelf_twice")) } else { place.into_owned() }
        } else if few && sent(index) && gone(number) {
            marks::dashed_box(painter, cell, tokens.error);
            tr!(lang, "lab.shelf_lost").into_owned()
        } else {
            painter.rect_stroke(cell, 2.0, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
            continue;
        };
        if few {
            let said = tr!(lang, "lab.shelf_box", number = number, text = text);
            let node = ui.interact(cell, ui.scope_id().with(("box", index)), Sense::hover());
            node.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, said.as_ref()));
            node.on_hover_text(said.as_ref());
        }
    }
    let arrived = arrivals.iter().filter(|arrival| arrival.times > 0).count();
    let said = tr!(lang, "lab.shelf", arrived = arrived, count = log.messages.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.as_ref()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Act, Edit, Name, Run};

    fn losing_third(transport: Transport) -> Log {
        let packet = Name { from: Side::Client, kind: PacketKind::Data, number: 3, offset: 0, attempt: 1 };
        Run { edits: vec![Edit { packet, act: Act::Lose }], ..Run::default() }.over(transport).play()
    }

    #[test]
    fn the_bar_has_an_island_until_the_hole_is_filled() {
        let log = losing_third(Transport::Tcp);
        let stream = Stream::at(&log, 130_000);
        assert_eq!(
            (stream.arrived.as_slice(), stream.reads.as_slice()),
            (&[(0, 200), (300, 600)][..], &[100, 200][..])
        );
        assert_eq!((stream.sent, stream.total), (600, 600));
        let end = Stream::at(&log, log.end_at);
        assert_eq!((end.acked, end.arrived.as_slice(), end.read()), (600, &[(0, 600)][..], 600));
        let start = Stream::at(&log, 0);
        assert_eq!((start.acked, start.sent, start.arrived.len()), (0, 0, 0));
    }

    #[test]
    fn the_shelf_says_in_which_order_datagrams_came() {
        let log = losing_third(Transport::Udp);
        let places: Vec<_> = arrivals(&log, log.end_at).iter().map(|arrival| arrival.place).collect();
        assert_eq!(places, [1, 2, 0, 3, 4, 5]);
        assert!(arrivals(&log, 0).iter().all(|arrival| arrival.times == 0));
    }
}
