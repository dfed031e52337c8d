//! Below the blocks: for TCP the stream as a bar (acknowledged, in flight, unsent; what the other kernel has, islands and
//! all, and where each read ended), for UDP a shelf with a box for each datagram, or a column for some of many.

use std::collections::BTreeMap;

use egui::{Align2, CornerRadius, FontId, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::{drawn::Lane, marks};
use crate::{
    gui::{theme::TokensExt as _, tr},
    sim::{End, Log, Micros, Packet, PacketKind, Piece, Side, Transport},
    words::{Lang, number::grouped},
};

/// Width of the names of the bars.
const NAMES: f32 = 48.0;
/// Height of a bar.
const BAR: f32 = 11.0;
/// Messages above which their boundaries are not drawn one by one.
const FEW: usize = 200;
/// Width of a box below which several datagrams stand in a column.
const NARROWEST: f32 = 5.0;
/// Width of a column of the shelf that stands for some datagrams of many.
const COLUMN: f32 = 4.0;

/// How a number grew over time: from when on it is how much. It only grows.
#[derive(Clone, Debug, Default)]
struct Grown(Vec<(Micros, u64)>);

impl Grown {
    /// It is (at least) so much from this moment on, which is not before the ones that were told.
    fn push(&mut self, at: Micros, value: u64) {
        match self.0.last_mut() {
            Some((_, last)) if *last >= value => {}
            Some((since, last)) if *since == at => *last = value,
            _ => self.0.push((at, value)),
        }
    }

    /// What it was at a moment, and how often it had grown.
    fn at(&self, now: Micros) -> (u64, usize) {
        let times = self.0.partition_point(|(since, _)| *since <= now);
        (times.checked_sub(1).and_then(|last| self.0.get(last)).map_or(0, |(_, value)| *value), times)
    }
}

/// The client's stream over a whole run, in bytes from its beginning.
#[derive(Clone, Debug, Default)]
pub struct History {
    total: u64,
    acked: Grown,
    sent: Grown,
    /// Where each read ended.
    read: Grown,
    /// What arrived when: ranges that do not overlap, by their places.
    arrived: Vec<(u64, u64, Micros)>,
    /// What arrived without a hole before it, and the end of the furthest.
    whole: Grown,
    furthest: Grown,
    /// Where messages end, if they are few.
    bounds: Vec<u64>,
}

impl History {
    /// Of this log.
    pub fn of(log: &Log) -> Self {
        let mut starts = Vec::with_capacity(log.messages.len());
        let mut history = Self::default();
        for message in &log.messages {
            starts.push(history.total);
            if message.from == Side::Client {
                history.total += message.bytes.len() as u64;
                history.bounds.push(history.total);
            }
        }
        if log.messages.len() >= FEW {
            history.bounds.clear();
        }
        let start = |piece: &Piece| starts.get((piece.message as usize).wrapping_sub(1)).copied().unwrap_or(0);
        let range = |piece: &Piece| (start(piece) + u64::from(piece.from), start(piece) + u64::from(piece.to));
        for packet in log.packets.iter().filter(|packet| packet.from() == Side::Client) {
            for piece in &packet.pieces {
                history.sent.push(packet.sent, range(piece).1);
            }
        }
        let opens = |packet: &&Packet| packet.from() == Side::Client && packet.name.kind == PacketKind::Syn;
        let syn = log.packets.iter().find(opens).and_then(Packet::segment);
        let base = syn.map(|segment| segment.seq.wrapping_add(1));
        let mut came: Vec<_> = log.packets.iter().filter(|packet| packet.end == End::Delivered).collect();
        came.sort_by_key(|packet| (packet.ended, packet.id));
        let mut have = BTreeMap::new();
        for packet in came {
            if packet.from() == Side::Client {
                for (from, to) in packet.pieces.iter().map(range) {
                    history.arrive(&mut have, from, to, packet.ended);
                }
            } else if let (Some(base), Some(segment)) = (base, packet.segment())
                && segment.ack
            {
                // FIN counts one.
                let acked = u64::from(segment.ack_number.wrapping_sub(base)).min(history.total);
                history.acked.push(packet.ended, acked);
            }
        }
        history.arrived.sort_unstable();
        let mut read = 0;
        for event in log.reads(Side::Server) {
            read += event.bytes.len() as u64;
            history.read.push(event.at, read);
        }
        history
    }

    /// Bytes come; `have` is what came before, by beginning and end.
    fn arrive(&mut self, have: &mut BTreeMap<u64, u64>, from: u64, to: u64, at: Micros) {
        let (mut low, mut high, mut fresh) = (from, to, from);
        // What it touches, from the first on.
        let first = have.range(..=from).next_back().filter(|(_, end)| **end >= from).map(|(begin, _)| *begin);
        let touched: Vec<_> = have.range(first.unwrap_or(from)..=to).map(|(begin, end)| (*begin, *end)).collect();
        for (begin, end) in touched {
            if begin > fresh {
                self.arrived.push((fresh, begin, at));
            }
            fresh = fresh.max(end);
            (low, high) = (low.min(begin), high.max(end));
            have.remove(&begin);
        }
        if to > fresh {
            self.arrived.push((fresh, to, at));
        }
        if high > low {
            have.insert(low, high);
        }
        self.furthest.push(at, high);
        if low == 0 {
            self.whole.push(at, high);
        }
    }

    /// At a moment.
    pub fn at(&self, now: Micros) -> Stream {
        let (whole, furthest) = (self.whole.at(now).0, self.furthest.at(now).0);
        let mut arrived: Vec<(u64, u64)> = Vec::new();
        if whole > 0 {
            arrived.push((0, whole));
        }
        let beyond = self.arrived.partition_point(|(from, ..)| *from < whole);
        let beyond = self.arrived.get(beyond..).unwrap_or_default().iter();
        for (from, to, at) in beyond.take_while(|(from, ..)| *from < furthest) {
            match arrived.last_mut() {
                _ if *at > now => {}
                Some((_, end)) if *from <= *end => *end = *to.max(end),
                _ => arrived.push((*from, *to)),
            }
        }
        let (read, reads) = self.read.at(now);
        Stream { total: self.total, acked: self.acked.at(now).0, sent: self.sent.at(now).0, arrived, read, reads }
    }
}

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
    /// How much was read.
    pub read: u64,
    /// In how many reads, those of one instant as one.
    pub reads: usize,
}

/// Paints the bar or the shelf.
pub fn stream_ui(ui: &mut Ui, lang: Lang, lane: &Lane, now: Micros) {
    if lane.log.transport == Transport::Tcp { bar_ui(ui, lang, lane, now) } else { shelf_ui(ui, lang, lane, now) }
}

fn bar_ui(ui: &mut Ui, lang: Lang, lane: &Lane, now: Micros) {
    let tokens = ui.tokens();
    let stream = lane.history.at(now);
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
    for (from, to) in &stream.arrived {
        // An island stands out: it cannot be read. And it is seen, however short it is.
        let color = if *from == 0 { tokens.ok.gamma_multiply(0.35) } else { tokens.warn.gamma_multiply(0.7) };
        let range = bar(below, *from, *to);
        painter.rect_filled(range.with_max_x(range.right().max(range.left() + 1.0)), CornerRadius::same(2), color);
    }
    painter.rect_filled(bar(below, 0, stream.read), CornerRadius::same(2), tokens.ok);
    // Boundaries of messages are dotted, ends of reads are cuts.
    for at in &lane.history.bounds {
        let points = [pos2(x(*at), above), pos2(x(*at), below + BAR)];
        painter.extend(Shape::dotted_line(&points, tokens.faint, 3.0, 0.6));
    }
    // Where they would be closer than this they would hide what was read.
    let apart = stream.reads as f32 * 4.0 <= x(stream.read) - left;
    for (_, cut) in lane.history.read.0.iter().take(stream.reads).filter(|_| apart) {
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
        read = grouped(stream.read)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.as_ref()));
    response.on_hover_text(said.as_ref());
}

/// What became of a message, datagram by datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which it was of those that came, from 1; 0 if it did not.
    place: u32,
    /// When it came, and when it came again.
    at: Option<Micros>,
    again: Option<Micros>,
    /// From when on it is known that it will not come.
    gone: Option<Micros>,
    /// Its end, in bytes of all messages.
    end: u64,
}

/// What became of each message of a log.
pub fn arrivals(log: &Log) -> Vec<Arrival> {
    let mut end = 0;
    let mut arrivals: Vec<_> = (log.messages.iter())
        .map(|message| {
            end += message.bytes.len().max(1) as u64;
            Arrival { place: 0, at: None, again: None, gone: None, end }
        })
        .collect();
    let mut reads: Vec<_> = Side::BOTH.into_iter().flat_map(|side| log.reads(side)).collect();
    reads.sort_by_key(|read| read.at);
    for (read, place) in reads.into_iter().zip(1..) {
        for piece in read.pieces {
            if let Some(arrival) = arrivals.get_mut((piece.message as usize).wrapping_sub(1)) {
                if arrival.at.is_none() {
                    (arrival.place, arrival.at) = (place, Some(read.at));
                } else {
                    arrival.again.get_or_insert(read.at);
                }
            }
        }
    }
    // Of each message that did not come: whether all packets with it were lost, and when the last of them was.
    let mut fates = vec![(true, None); log.messages.len()];
    for packet in &log.packets {
        let lost = !matches!(packet.end, End::Delivered | End::OnTheWay);
        for piece in &packet.pieces {
            if let Some((all, last)) = fates.get_mut((piece.message as usize).wrapping_sub(1)) {
                (*all, *last) = (*all && lost, Some(packet.ended).max(*last));
            }
        }
    }
    for (arrival, (all_lost, last)) in arrivals.iter_mut().zip(fates) {
        if arrival.at.is_none() {
            arrival.gone = last.map(|last| if all_lost { last } else { log.end_at });
        }
    }
    arrivals
}

fn shelf_ui(ui: &mut Ui, lang: Lang, lane: &Lane, now: Micros) {
    let by_now = |at: Option<Micros>| at.is_some_and(|at| at <= now);
    let arrivals = lane.arrivals.as_slice();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 2.0 * BAR + 8.0), Sense::hover());
    let floor = rect.bottom() - 3.0;
    ui.painter().hline(rect.x_range(), floor + 1.0, Stroke::new(1.5, ui.tokens().line));
    let arrived = arrivals.iter().filter(|arrival| by_now(arrival.at)).count();
    let said = tr!(lang, "lab.shelf", arrived = arrived, count = arrivals.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.as_ref()));
    if arrivals.len() as f32 * NARROWEST > rect.width() {
        columns_ui(ui, lang, arrivals, rect, floor, now);
    } else {
        boxes_ui(ui, lang, arrivals, rect, floor, now);
    }
}

/// A box for each datagram.
fn boxes_ui(ui: &Ui, lang: Lang, arrivals: &[Arrival], rect: Rect, floor: f32, now: Micros) {
    let tokens = ui.tokens();
    let painter = ui.painter();
    let by_now = |at: Option<Micros>| at.is_some_and(|at| at <= now);
    let scale = (rect.width() - 2.0) / arrivals.last().map_or(1, |last| last.end) as f32;
    let mut x = rect.left() + 1.0;
    for (index, arrival) in arrivals.iter().enumerate() {
        let end = rect.left() + 1.0 + arrival.end as f32 * scale;
        let cell = Rect::from_min_max(pos2(x + 1.0, floor - 18.0), pos2((end - 1.0).max(x + 1.5), floor));
        x = end;
        let color = tokens.message(index);
        let text = if by_now(arrival.at) {
            painter.rect_filled(cell, CornerRadius::same(2), color);
            let twice = by_now(arrival.again);
            if twice {
                let behind = cell.translate(vec2(3.0, -4.0));
                painter.rect_stroke(behind, 2.0, Stroke::new(1.5, color), StrokeKind::Inside);
            }
            let number = index + 1;
            // Which one it is, as in the blocks above; and where there is room and it did not come in its turn, when.
            let out_of_turn = cell.width() > 72.0 && arrival.place as usize != number;
            if out_of_turn {
                let text = tr!(lang, "lab.shelf_short", number = number, place = arrival.place);
                painter.text(cell.center(), Align2::CENTER_CENTER, text, FontId::proportional(11.0), tokens.on_message);
            } else if cell.width() > 16.0 {
                painter.text(cell.center(), Align2::CENTER_CENTER, number, FontId::monospace(11.0), tokens.on_message);
            }
            let place = tr!(lang, "lab.shelf_arrived", place = arrival.place);
            if twice { format!("{place} · {}", tr!(lang, "lab.shelf_twice")) } else { place.into_owned() }
        } else if by_now(arrival.gone) {
            marks::dashed_box(painter, cell, tokens.error);
            tr!(lang, "lab.shelf_lost").into_owned()
        } else {
            painter.rect_stroke(cell, 2.0, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
            continue;
        };
        let said = tr!(lang, "lab.shelf_box", number = index + 1, text = text);
        let node = ui.interact(cell, ui.scope_id().with(("box", index)), Sense::hover());
        node.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, said.as_ref()));
        node.on_hover_text(said.as_ref());
    }
}

/// Some datagrams that stand in one column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Column {
    /// The first of them, from 1, and how many they are.
    first: usize,
    count: usize,
    arrived: usize,
    twice: usize,
    gone: usize,
}

impl Column {
    fn of(first: usize, arrivals: &[Arrival], now: Micros) -> Self {
        let count = |of: fn(&Arrival) -> Option<Micros>| {
            arrivals.iter().filter(|arrival| of(arrival).is_some_and(|at| at <= now)).count()
        };
        Self {
            first,
            count: arrivals.len(),
            arrived: count(|arrival| arrival.at),
            twice: count(|arrival| arrival.again),
            gone: count(|arrival| arrival.gone),
        }
    }

    fn words(&self, lang: Lang) -> String {
        let mut text = tr!(
            lang,
            "lab_group.shelf",
            first = self.first,
            last = self.first + self.count.saturating_sub(1),
            arrived = self.arrived,
            count = self.count
        )
        .into_owned();
        for (count, word) in [
            (self.gone, tr!(lang, "lab_group.shelf_lost", count = self.gone)),
            (self.twice, tr!(lang, "lab_group.shelf_twice", count = self.twice)),
        ] {
            if count > 0 {
                text = format!("{text}{}{word}", tr!(lang, "lab_group.comma"));
            }
        }
        text
    }
}

/// All of them, cut into so many columns by their places in the stream of bytes.
fn columns(arrivals: &[Arrival], count: usize, now: Micros) -> Vec<Column> {
    let total = arrivals.last().map_or(1, |last| last.end);
    let mut columns = Vec::with_capacity(count);
    let mut from = 0;
    for nth in 1..=count as u64 {
        let to = arrivals.partition_point(|arrival| arrival.end <= total * nth / count as u64).max(from);
        columns.push(Column::of(from + 1, arrivals.get(from..to).unwrap_or_default(), now));
        from = to;
    }
    columns
}

/// A column for some of many datagrams: filled as far as they came, from above red as far as they are lost. However many
/// stand in it, one that is lost and one that came twice is seen.
fn columns_ui(ui: &Ui, lang: Lang, arrivals: &[Arrival], rect: Rect, floor: f32, now: Micros) {
    let tokens = ui.tokens();
    let painter = ui.painter();
    let count = ((rect.width() - 2.0) / COLUMN).floor().max(1.0) as usize;
    let width = (rect.width() - 2.0) / count as f32;
    let top = floor - 18.0;
    let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|pos| rect.contains(*pos));
    for (nth, column) in columns(arrivals, count, now).into_iter().enumerate().filter(|(_, column)| column.count > 0) {
        // On whole points, so that there are no gaps between them.
        let [left, right] = [nth, nth + 1].map(|nth| (rect.left() + 1.0 + nth as f32 * width).round());
        let cell = |from: f32, to: f32| Rect::from_min_max(pos2(left, from), pos2(right, to));
        let part = |part: usize| 18.0 * part as f32 / column.count as f32;
        painter.rect_filled(cell(top, floor), 0.0, tokens.line.gamma_multiply(0.5));
        if column.arrived > 0 {
            painter.rect_filled(cell(floor - part(column.arrived).max(1.5), floor), 0.0, tokens.udp);
        }
        if column.gone > 0 {
            painter.rect_filled(cell(top, top + part(column.gone).max(2.5)), 0.0, tokens.error);
        }
        if column.twice > 0 {
            painter.rect_filled(cell(top - 4.0, top - 1.5), 0.0, tokens.udp);
        }
        if pointer.is_some_and(|pos| (left..right).contains(&pos.x)) {
            let node =
                ui.interact(cell(rect.top(), rect.bottom()), ui.scope_id().with(("column", nth)), Sense::hover());
            let said = column.words(lang);
            node.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &said));
            node.on_hover_text(said);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::{Act, Chance, Edit, Name, Run, Workload};

    fn losing_third(transport: Transport) -> Log {
        let packet = Name { from: Side::Client, kind: PacketKind::Data, number: 3, offset: 0, attempt: 1 };
        Run { edits: vec![Edit { packet, act: Act::Lose }], ..Run::default() }.over(transport).play()
    }

    /// What a history says of a moment, counted afresh from the log.
    fn slowly(log: &Log, now: Micros) -> Stream {
        let mut total = 0;
        let mut starts = Vec::new();
        for message in &log.messages {
            starts.push(total);
            total += if message.from == Side::Client { message.bytes.len() as u64 } else { 0 };
        }
        let mut stream = Stream { total, ..Stream::default() };
        let (mut base, mut ranges) = (None, Vec::new());
        for packet in log.packets.iter().filter(|packet| packet.sent <= now) {
            let arrived = packet.end == End::Delivered && packet.ended <= now;
            if packet.from() == Side::Client {
                if packet.name.kind == PacketKind::Syn && base.is_none() {
                    base = packet.segment().map(|segment| segment.seq.wrapping_add(1));
                }
                for piece in &packet.pieces {
                    let start = starts[piece.message as usize - 1];
                    stream.sent = stream.sent.max(start + u64::from(piece.to));
                    if arrived {
                        ranges.push((start + u64::from(piece.from), start + u64::from(piece.to)));
                    }
                }
            } else if arrived && let (Some(base), Some(segment)) = (base, packet.segment()) {
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
        let reads: Vec<_> = log.reads(Side::Server).filter(|read| read.at <= now).collect();
        stream.read = reads.iter().map(|read| read.bytes.len() as u64).sum();
        let mut moments: Vec<_> = reads.iter().map(|read| read.at).collect();
        moments.dedup();
        stream.reads = moments.len();
        stream
    }

    #[test]
    fn the_bar_has_an_island_until_the_hole_is_filled() {
        let log = losing_third(Transport::Tcp);
        let history = History::of(&log);
        let stream = history.at(130_000);
        assert_eq!((stream.arrived.as_slice(), stream.read, stream.reads), (&[(0, 200), (300, 600)][..], 200, 2));
        assert_eq!((stream.sent, stream.total), (600, 600));
        let end = history.at(log.end_at);
        assert_eq!((end.acked, end.arrived.as_slice(), end.read), (600, &[(0, 600)][..], 600));
        let start = history.at(0);
        assert_eq!((start.acked, start.sent, start.arrived.len()), (0, 0, 0));
    }

    #[test]
    fn the_shelf_says_in_which_order_datagrams_came() {
        let log = losing_third(Transport::Udp);
        let arrivals = arrivals(&log);
        let places: Vec<_> = arrivals.iter().map(|arrival| arrival.place).collect();
        assert_eq!(places, [1, 2, 0, 3, 4, 5]);
        assert!(arrivals.iter().all(|arrival| arrival.at != Some(0) && arrival.again.is_none()));
        let gone: Vec<_> = arrivals.iter().map(|arrival| arrival.gone.is_some()).collect();
        assert_eq!(gone, [false, false, true, false, false, false]);
    }

    #[test]
    fn in_an_exchange_places_follow_time() {
        let workload = Workload::PingPong { count: 3, size: 100, patience: 500_000 };
        let log = Run { workload, ..Run::default() }.over(Transport::Udp).play();
        let places: Vec<_> = arrivals(&log).iter().map(|arrival| arrival.place).collect();
        assert_eq!(places, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn columns_of_the_shelf_hold_every_datagram_once() {
        let mut run = Run { workload: Workload::Messages { count: 1_003, size: 50, gap: 200 }, ..Run::default() };
        (run.knobs.link.loss, run.knobs.link.duplicate) = (Chance::percent(5.0), Chance::percent(5.0));
        let log = run.over(Transport::Udp).play();
        let counters = log.counters();
        let arrivals = arrivals(&log);
        for (count, now) in [(1, log.end_at), (100, log.end_at), (170, log.end_at / 2), (3_000, log.end_at)] {
            let columns = columns(&arrivals, count, now);
            let sum = |of: fn(&Column) -> usize| columns.iter().map(of).sum::<usize>();
            assert_eq!((columns.len(), sum(|column| column.count)), (count, 1_003));
            if now == log.end_at {
                assert_eq!(sum(|column| column.gone) as u64, counters.missing);
                assert_eq!(sum(|column| column.arrived) as u64, counters.messages - counters.missing);
                assert_eq!(sum(|column| column.twice) as u64, counters.twice);
            } else {
                assert!(sum(|column| column.arrived) < 1_003 - counters.missing as usize);
            }
            let first = columns.iter().find(|column| column.count > 0).unwrap();
            assert_eq!(first.first, 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn at_each_moment_a_history_says_what_the_log_does(
            seed in 0_u64..500, loss in 0.0..30.0_f64, size in 1_u32..400, nagle in any::<bool>(), part in 0.0..1.1_f64,
        ) {
            let workload = Workload::Messages { count: 30, size, gap: 4_000 };
            let mut run = Run { workload, seed, ..Run::default() };
            run.knobs.link.loss = Chance::percent(loss);
            run.knobs.link.duplicate = Chance::percent(5.0);
            run.knobs.link.jitter = 20_000;
            run.knobs.tcp.nagle = nagle;
            let log = run.play();
            let history = History::of(&log);
            for now in [0, (log.end_at as f64 * part) as Micros, log.end_at] {
                prop_assert_eq!(history.at(now), slowly(&log, now), "{}", now);
            }
        }
    }
}
