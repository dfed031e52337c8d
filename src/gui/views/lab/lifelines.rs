//! What stands beside the lifelines: timers and what is held back, calls of programs, duplicate acknowledgements.

use egui::{Id, Painter, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{
    drawn::{Lasting, Span, messages},
    groups::{self, Beside, FEW, MANY},
    index::{self, Class, Mark},
    marks,
    notes::{Column, Words},
    scene::Scene,
    words,
};
use crate::{
    gui::tr,
    sim::{Call, Event, Failure, Note, Side, Transport, What},
    words::number::grouped,
};

/// A timer that was stopped is drawn from this height on.
const TALL: f32 = 36.0;

impl Scene<'_> {
    /// What lasts. Of many that began in one line of the picture the longest of each kind is drawn, with their number.
    pub(super) fn spans(&self, painter: &Painter, many: bool, notes: &mut Vec<Words>) {
        let spans = self.shown.spans_between(self.view.from, self.view.to);
        let tall =
            |span: &&Span| index::always(span, self.now) || self.y(span.to.min(self.now)) - self.y(span.from) >= TALL;
        let spans: Vec<&Span> = spans.filter(tall).collect();
        if !many && spans.len() <= MANY {
            for span in spans {
                self.span(painter, span, 1, notes);
            }
            return;
        }
        for line in spans.chunk_by(|a, b| self.view.row(a.from) == self.view.row(b.from)) {
            for side in Side::BOTH {
                for kind in 0..5 {
                    let own = || line.iter().filter(|span| span.side == side && kind_of(span) == kind);
                    let count = own().count() as u32;
                    if count <= FEW {
                        own().for_each(|span| self.span(painter, span, 1, notes));
                    } else if let Some(longest) = own().max_by_key(|span| span.to - span.from) {
                        self.span(painter, longest, count, notes);
                    }
                }
            }
        }
    }

    /// A timer as an arc, what is held back as a bar. It stands for so many.
    fn span(&self, painter: &Painter, span: &Span, count: u32, notes: &mut Vec<Words>) {
        let tokens = self.tokens;
        let to = span.to.min(self.now);
        let (top, bottom) = (self.y(span.from), self.y(to));
        let x = self.grid.kernel(span.side);
        let out = if span.side == Side::Client { -1.0 } else { 1.0 };
        let column = Column::beside(span.side);
        let took = span.to - span.from;
        match &span.what {
            Lasting::Timer { fired, .. } => {
                let fired = *fired && span.to <= self.now;
                let color = if fired { tokens.warn } else { tokens.faint };
                marks::arc(painter, x, top, bottom, out * 14.0, Stroke::new(if fired { 1.5 } else { 1.0 }, color));
                if fired {
                    let text = self.times(words::lasting(self.lang, &span.what, took), count);
                    // Above what it makes the sender send.
                    notes.push(Words::new(bottom - 9.0, column, text, color));
                }
            }
            Lasting::Held { .. } | Lasting::Hole { .. } | Lasting::Closed => {
                let left = if out < 0.0 { x - 5.0 } else { x + 1.0 };
                let bar = Rect::from_min_max(pos2(left, top), pos2(left + 4.0, bottom.max(top + 2.0)));
                painter.rect_filled(bar, 1.0, tokens.warn.gamma_multiply(0.55));
                let text = self.times(words::lasting_short(self.lang, &span.what, took), count);
                let whole = Some(self.times(words::lasting(self.lang, &span.what, took), count));
                let y = f32::midpoint(top.max(self.lane.top()), bottom.min(self.lane.bottom()));
                notes.push(Words { whole, ..Words::new(y, column, text, tokens.warn) });
            }
        }
    }

    fn times(&self, what: String, count: u32) -> String {
        if count < 2 {
            return what;
        }
        tr!(self.lang, "lab_group.times", what = what, count = grouped(u64::from(count))).into_owned()
    }

    /// Calls of programs, and what kernels notice: one by one, or, where they are many, by lines of the picture.
    pub(super) fn marks(&self, ui: &Ui, painter: &Painter, id: Id, many: bool, notes: &mut Vec<Words>) {
        let four = self.grid.programs.is_some();
        let drawn = |class: Class| {
            four || matches!(class, Class::OddRead | Class::Failed | Class::Duplicate | Class::Departure)
        };
        let marks = self.shown.index.marks_between(self.view.from, self.view.to);
        if !many && marks.iter().filter(|mark| drawn(mark.class)).count() <= MANY {
            for mark in marks.iter().filter(|mark| drawn(mark.class)) {
                self.mark(ui, painter, id, mark, notes);
            }
            return;
        }
        for line in groups::beside(marks, &self.view, drawn) {
            for mark in &line.alone {
                self.mark(ui, painter, id, mark, notes);
            }
            self.line(painter, &line, notes);
        }
    }

    fn mark(&self, ui: &Ui, painter: &Painter, id: Id, mark: &Mark, notes: &mut Vec<Words>) {
        let Some(event) = self.shown.log.events.get(mark.event as usize) else { return };
        let y = self.y(event.at);
        match &event.what {
            What::Call(call) => self.call(painter, event, call, y, notes),
            What::Note(Note::DuplicateAck(count)) => {
                self.bead(ui, painter, id.with(("bead", mark.event)), event, *count, notes);
            }
            What::Note(Note::Departure(departure)) => {
                let text = tr!(self.lang, "lab.departs").into_owned();
                let whole = Some(crate::words::departure(self.lang, *departure));
                notes.push(Words { whole, ..Words::new(y, Column::beside(event.side), text, self.tokens.faint) });
            }
            _ => {}
        }
    }

    /// A duplicate acknowledgement: a bead with its number.
    fn bead(&self, ui: &Ui, painter: &Painter, id: Id, event: &Event, count: u32, notes: &mut Vec<Words>) {
        let tokens = self.tokens;
        let color = if count >= 3 { tokens.error } else { tokens.warn };
        let out = if event.side == Side::Client { -9.0 } else { 9.0 };
        let at = pos2(self.grid.kernel(event.side) + out, self.y(event.at));
        marks::bead(painter, at, count.min(99), color, tokens.on_accent);
        let node = ui.interact(Rect::from_center_size(at, vec2(12.0, 12.0)).intersect(self.lane), id, Sense::hover());
        let said = || {
            let (time, side) = (words::moment(event.at), words::side(self.lang, event.side));
            tr!(self.lang, "lab_group.bead", time = time, side = side, count = count).into_owned()
        };
        node.widget_info(|| WidgetInfo::labeled(Role::Label, true, said()));
        if node.hovered() {
            node.on_hover_text(said());
        }
        if count == 3 {
            let text = tr!(self.lang, "lab.dup_acks", count = count).into_owned();
            notes.push(Words::new(at.y, Column::beside(event.side), text, color));
        }
    }

    fn call(&self, painter: &Painter, event: &Event, call: &Call, y: f32, notes: &mut Vec<Words>) {
        let tokens = self.tokens;
        let (kernel, program) = (self.grid.kernel(event.side), self.grid.program(event.side));
        let failed = matches!(call, Call::Failed(Failure::Reset | Failure::TimedOut));
        let waits = matches!(call, Call::Send { taken: 0, asked: 1.., .. } | Call::StoppedWaiting(_));
        let color = if failed { tokens.error } else { tokens.muted };
        if self.grid.programs.is_some() {
            let first = match call {
                Call::Send { message, .. } => Some(*message),
                Call::Recv { pieces, .. } => pieces.first().map(|piece| piece.message),
                _ => None,
            };
            let hue = first.map_or(color, |first| tokens.message((first as usize).wrapping_sub(1)));
            let (from, to) = match call {
                Call::Recv { .. } | Call::Connected | Call::Accepted | Call::EndOfStream => (kernel, program),
                _ => (program, kernel),
            };
            painter.line_segment([pos2(from, y), pos2(to, y)], Stroke::new(1.5, hue));
            let inward = if to < from { 5.0 } else { -5.0 };
            let tip = vec![pos2(to, y), pos2(to + inward, y - 3.0), pos2(to + inward, y + 3.0)];
            painter.add(Shape::convex_polygon(tip, hue, Stroke::NONE));
            let color = if waits { tokens.warn } else { color };
            let words = Words::new(y, Column::program(event.side), words::call(call), color);
            notes.push(Words { bold: failed, ..words });
        } else if failed {
            let words = Words::new(y, Column::beside(event.side), words::call(call), color);
            notes.push(Words { bold: true, ..words });
        }
        if let Call::Recv { pieces, .. } = call {
            self.read(event, &messages(pieces), y, notes);
        }
    }

    /// A read that is worth a word: more than one message at once, or one that is late or came before.
    fn read(&self, event: &Event, numbers: &[u32], y: f32, notes: &mut Vec<Words>) {
        let tokens = self.tokens;
        let column = Column::beside(event.side);
        let what = words::list(self.lang, numbers);
        if self.shown.log.transport != Transport::Udp {
            if numbers.len() > 1 {
                let text = tr!(self.lang, "lab.read", what = what).into_owned();
                notes.push(Words { bold: true, ..Words::new(y, column, text, tokens.ok) });
            }
            return;
        }
        let Some(fortune) = numbers.first().and_then(|n| self.shown.fortunes.get((*n as usize).wrapping_sub(1))) else {
            return;
        };
        let first = fortune.read_at.is_none_or(|read| read == event.at);
        let text = match (first, fortune.out_of_order || fortune.late) {
            (false, _) => tr!(self.lang, "lab.read_again", what = what),
            (true, true) => tr!(self.lang, "lab.read_late", what = what),
            (true, false) => return,
        };
        notes.push(Words::new(y, column, text.into_owned(), tokens.muted));
    }

    /// What stands beside a lifeline in one line of the picture and is too much to be drawn one by one.
    fn line(&self, painter: &Painter, line: &Beside<'_>, notes: &mut Vec<Words>) {
        let tokens = self.tokens;
        let (top, bottom) = (self.y(line.at.0), self.y(line.at.1));
        let y = f32::midpoint(top, bottom);
        let (kernel, program) = (self.grid.kernel(line.side), self.grid.program(line.side));
        let times = |what: &str, count: u32| self.times(what.to_owned(), count.max(2));
        let reads = line.count(Class::Read) + line.count(Class::OddRead);
        if self.grid.programs.is_some() {
            let (sends, waits) = (line.count(Class::Send), line.count(Class::Wait));
            let mut said = Vec::new();
            for (what, count) in [("send", sends), ("recv", reads), ("EAGAIN", waits)] {
                if count > 0 {
                    said.push(times(what, count));
                }
            }
            if !said.is_empty() {
                let bar = Rect::from_two_pos(pos2(kernel, top - 1.0), pos2(program, bottom + 1.0));
                painter.rect_filled(bar, 0.0, tokens.muted.gamma_multiply(0.3));
                let color = if waits > 0 { tokens.warn } else { tokens.muted };
                let text = said.join(&tr!(self.lang, "lab_group.comma"));
                notes.push(Words::new(y, Column::program(line.side), text, color));
            }
        }
        let odd = line.count(Class::OddRead);
        if odd > 0 {
            let (text, color) = if self.shown.log.transport == Transport::Udp {
                (tr!(self.lang, "lab_group.odd", count = grouped(u64::from(odd))).into_owned(), tokens.muted)
            } else {
                (times("recv", odd), tokens.ok)
            };
            notes.push(Words::new(y, Column::beside(line.side), text, color));
        }
        let departures = line.count(Class::Departure);
        if departures > 0 {
            let text = times(&tr!(self.lang, "lab.departs"), departures);
            notes.push(Words::new(y, Column::beside(line.side), text, tokens.faint));
        }
        let count = line.count(Class::Duplicate);
        if count > 0 {
            let third = |mark: &&Mark| {
                let event = self.shown.log.events.get(mark.event as usize);
                event.is_some_and(|event| matches!(event.what, What::Note(Note::DuplicateAck(3..))))
            };
            let color = if line.duplicates.iter().any(third) { tokens.error } else { tokens.warn };
            let text = tr!(self.lang, "lab.dup_acks", count = grouped(u64::from(count))).into_owned();
            notes.push(Words::new(y, Column::beside(line.side), text, color));
        }
    }
}

fn kind_of(span: &Span) -> u8 {
    match span.what {
        Lasting::Timer { fired: true, .. } => 0,
        Lasting::Timer { fired: false, .. } => 1,
        Lasting::Held { .. } => 2,
        Lasting::Hole { .. } => 3,
        Lasting::Closed => 4,
    }
}
