//! The painted ladder: only the steps and arrows that are on screen.
//!
//! Each step is one thing to point at, as wide as the ladder; each arrow has its words as another, each state and each wait
//! too. In true time many calls may fall on one place: they are one thing then, which says how many it stands for. While
//! something is replayed, what is later than its moment is not drawn, and what was under way then is drawn so far.

use std::{collections::BTreeMap, sync::Arc};

use egui::{
    Align2, Color32, FontId, Galley, Id, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, text::LayoutJob, vec2,
};

use super::{
    LadderState, keys,
    marks::{self, Tick},
    place::{MARGIN, full},
    show_row, words,
};
use crate::{
    gui::{
        Cx,
        theme::{TokensExt as _, semibold},
        tr,
        views::traffic::{TrafficState, cut_at},
        widgets,
    },
    journal::{
        Event, Kind, Nanos, State,
        ladder::{Arrow, End, Ladder, Step, Tip, What},
    },
    words::number,
};

/// Height of a step where steps do not stand closer.
pub const ROW: f64 = 26.0;
/// Steps closer than this are one thing to point at.
const CLOSE: f64 = 13.0;
/// Height of the names of the lifelines.
const HEAD: f32 = 42.0;
/// How far an arrow falls whose other end was not seen.
const SLOPE: f32 = 9.0;
/// From this width on there is room for whole times and long words.
const WIDE: f32 = 620.0;
/// Below this width, as beside the table, two lifelines and the words at both sides have just their room.
const SLIM: f32 = 450.0;

/// Where the lifelines stand.
#[derive(Clone, Copy)]
struct Grid {
    left: f32,
    gap: f32,
    width: f32,
    /// Room for the words of a call.
    words: f32,
    /// Whether times have their hours.
    wide: bool,
}

impl Grid {
    fn new(lines: usize, width: f32) -> Self {
        let wide = width >= WIDE;
        let (times, words, least) = match width {
            ..SLIM => (62.0, 92.0, 104.0),
            ..WIDE => (62.0, 106.0, 150.0),
            _ => (98.0, 148.0, 240.0),
        };
        let between = lines.saturating_sub(1) as f32;
        let left = times + words;
        let gap = if between > 0.0 { ((width - left - words - 16.0) / between).max(least) } else { 0.0 };
        Self { left, gap, width: (left + gap * between + words + 16.0).max(width), words, wide }
    }
}

/// Paints the names of the lifelines and below them the ladder.
pub fn body_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState) {
    if state.drawn.index.is_empty() {
        let told = cx.model.selected_entry().is_some_and(|entry| entry.state != State::New);
        let text = if state.paused {
            tr!(cx.lang, "ladder.empty_paused")
        } else if told && cx.model.journal.gone() > 0 {
            tr!(cx.lang, "ladder.empty_left")
        } else {
            tr!(cx.lang, "ladder.empty")
        };
        ui.vertical_centered(|ui| {
            ui.add_space((ui.available_height() * 0.3).min(120.0));
            // More than there is would lay the ladder out beyond its edge.
            ui.set_max_width((ui.available_width() - 24.0).min(420.0));
            widgets::hint(ui, text);
        });
        return;
    }
    let all = ui.available_rect_before_wrap();
    state.save.area = Some(all);
    let grid = Grid::new(state.drawn.index.lines().len(), all.width());
    let (names, _) = ui.allocate_exact_size(vec2(all.width(), HEAD), Sense::hover());
    let body = ui.available_rect_before_wrap();
    let id = ui.scope_id().with("ladder");
    let list = ui.interact(body, id, Sense::click());
    list.widget_info(|| WidgetInfo::labeled(Role::List, true, tr!(cx.lang, "ladder.tab")));
    if list.clicked() {
        list.request_focus();
    }
    keys::keys_ui(ui, cx, state, traffic, id, (f64::from(body.height()) / ROW) as usize);

    ui.spacing_mut().scroll.kinetic.rubber_band = false;
    ui.spacing_mut().scroll.fade.strength = 0.0;
    let height = f64::from(body.height());
    let index = &state.drawn.index;
    let mut before = state.place.offset(&state.drawn.timeline, height, |seq| index.place(&cx.model.journal, seq));
    let playing = state.replay.filter(|replay| replay.playing);
    if let Some(replay) = playing {
        // The moment stays in sight, a little below the middle.
        let line = state.drawn.timeline.top_of_time(&state.drawn.index, replay.moment()) + MARGIN;
        before = (line - height * 0.6).clamp(0.0, (full(&state.drawn.timeline) - height).max(0.0));
    }
    let area = ScrollArea::both().id_salt("ladder_steps").auto_shrink(false).animated(false);
    let mut texts = std::mem::take(&mut state.texts);
    texts.begin(traffic.read_as.charset(cx.model));
    let output = area.vertical_scroll_offset(before as f32).show_viewport(ui, |ui, viewport| {
        ui.set_width(grid.width);
        ui.set_height(full(&state.drawn.timeline) as f32);
        let origin = pos2(body.left() - viewport.min.x, body.top() - viewport.min.y);
        let moment = state.replay.map(|replay| replay.moment());
        let view = View { grid, body, origin, id, above: f64::from(viewport.min.y), moment };
        view.ui(ui, cx, state, traffic, &mut texts);
    });
    state.texts = texts;
    let after = output.state.clamped_offset();
    // Where it stood when the replay ends is where it stays.
    let before = if playing.is_some() { f64::from(after.y) + 1.0 } else { before };
    let index = &state.drawn.index;
    state.place.moved(&state.drawn.timeline, (before, f64::from(after.y)), height, |step| index.seq(step));
    names_ui(ui, cx, state, grid, names, after.x);
    if list.has_focus() && traffic.selected().is_none() {
        ui.painter().rect_stroke(body.shrink(0.5), 0.0, Stroke::new(1.0, ui.tokens().tcp), StrokeKind::Inside);
    }
}

/// The names of the lifelines, which stay where they are when the ladder is scrolled.
fn names_ui(ui: &Ui, cx: &Cx<'_>, state: &LadderState, grid: Grid, rect: Rect, scrolled: f32) {
    let tokens = ui.tokens();
    let painter = ui.painter_at(rect);
    let room = if grid.gap > 0.0 { grid.gap.min(2.0 * grid.left) } else { 2.0 * grid.left } - 8.0;
    for (index, lifeline) in state.drawn.index.lines().iter().enumerate() {
        let x = rect.left() - scrolled + grid.left + grid.gap * index as f32;
        if x < rect.left() - room || x > rect.right() + room {
            continue;
        }
        let role = words::role(cx, lifeline);
        let addr = lifeline.addr.map(|addr| addr.to_string()).unwrap_or_default();
        let outside = matches!(lifeline.end, End::Peer(_));
        let chosen = matches!(lifeline.end, End::Socket(id) if Some(id) == cx.model.selected);
        let color = if chosen { tokens.tcp } else { tokens.text };
        let color = if outside { tokens.muted } else { color };
        for (text, y, font, color) in
            [(&role, 13.0, FontId::new(12.0, semibold()), color), (&addr, 30.0, FontId::monospace(11.0), tokens.muted)]
        {
            let galley = cut(ui, text, font, color, room);
            painter.galley(pos2(x, rect.top() + y) - galley.size() / 2.0, galley, color);
        }
        let head = Rect::from_center_size(rect.center(), vec2(room, HEAD)).translate(vec2(x - rect.center().x, 0.0));
        let response = ui.interact(head.intersect(rect), ui.scope_id().with(("lifeline", index)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, format!("{role} {addr}")));
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
}

/// What a frame of the ladder has in common.
struct View {
    grid: Grid,
    /// The ladder on the screen.
    body: Rect,
    /// The top left of the whole ladder on the screen.
    origin: Pos2,
    id: Id,
    /// Points of the ladder above the screen.
    above: f64,
    /// What is later has not happened yet.
    moment: Option<Nanos>,
}

impl View {
    fn x(&self, line: usize) -> f32 {
        self.origin.x + self.grid.left + self.grid.gap * line as f32
    }

    /// Whether a lifeline, or what stands beside it, is on screen.
    fn sees(&self, line: usize) -> bool {
        self.body.x_range().expand(self.grid.words).contains(self.x(line))
    }

    fn at(&self, top: f64) -> f32 {
        (f64::from(self.body.top()) + (top + MARGIN - self.above)) as f32
    }

    fn y(&self, state: &LadderState, step: usize) -> f32 {
        self.at(state.drawn.timeline.top(step))
    }

    /// How far down time has come.
    fn now(&self, state: &LadderState) -> Option<f32> {
        self.moment.map(|moment| self.at(state.drawn.timeline.top_of_time(&state.drawn.index, moment)))
    }

    fn ui(
        &self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        state: &mut LadderState,
        traffic: &mut TrafficState,
        texts: &mut super::Texts,
    ) {
        let tokens = ui.tokens();
        let from = self.above - MARGIN - ROW;
        let until = self.above + f64::from(self.body.height()) + ROW;
        let mut groups = state.drawn.timeline.groups(from, until, CLOSE);
        if let Some(end) = state.replay_place() {
            groups.retain_mut(|group| {
                group.end = group.end.min(end + 1);
                group.start < group.end
            });
        }
        state.drawn.show(cx.model, traffic.datagrams(), groups);
        // Painting selects and scrolls, which changes the state but not the picture.
        let picture = std::mem::take(&mut state.drawn.picture);
        for step in &picture.steps {
            self.row_ui(ui, cx, state, traffic, texts, &picture, step);
        }
        let (top, bottom) = (self.body.top() - 4.0, self.body.bottom() + 4.0);
        for (index, lifeline) in picture.lines.iter().enumerate().filter(|(index, _)| self.sees(*index)) {
            let outside = matches!(lifeline.end, End::Peer(_));
            let bottom = self.now(state).map_or(bottom, |now| now.min(bottom));
            marks::lifeline(ui.painter(), self.x(index), top, bottom, outside, tokens.faint);
        }
        self.bands_ui(ui, cx, state, traffic, &picture);
        let mut into: BTreeMap<usize, u64> = BTreeMap::new();
        for arrow in &picture.arrows {
            if let Some(step) = arrow.to.step {
                *into.entry(step).or_default() += arrow.count;
            }
        }
        for arrow in &picture.arrows {
            self.arrow_line(ui, state, traffic, arrow);
        }
        for step in &picture.steps {
            self.step_marks(ui, cx, state, traffic, &picture, step, &into);
        }
        for (nth, arrow) in picture.arrows.iter().enumerate() {
            self.arrow_words(ui, cx, state, traffic, texts, &picture, nth, arrow);
        }
        if let Some(now) = self.now(state).filter(|now| *now < bottom) {
            let (left, right) = (self.body.left(), self.origin.x + self.grid.width);
            ui.painter().hline(left..=right, now, Stroke::new(1.5, tokens.tcp));
            let clock = number::clock(cx.model.epoch.wall_time(self.moment.unwrap_or_default()), traffic.zone());
            let name = tr!(cx.lang, "ladder.now", time = clock);
            let line = Rect::from_x_y_ranges(left..=right, now - 2.0..=now + 2.0);
            let response = ui.interact(line, self.id.with("now"), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name.as_ref()));
        }
        state.drawn.picture = picture;
    }

    /// One row to point at: its highlight, its time, what it says.
    #[expect(clippy::too_many_arguments, reason = "what a frame has in common, and which step")]
    fn row_ui(
        &self,
        ui: &Ui,
        cx: &mut Cx<'_>,
        state: &mut LadderState,
        traffic: &mut TrafficState,
        texts: &mut super::Texts,
        picture: &Ladder,
        step: &Step,
    ) {
        let tokens = ui.tokens();
        let half = (ROW / 2.0) as f32;
        let (top, bottom) = (self.y(state, step.place), self.y(state, step.place + step.more));
        let row = Rect::from_min_max(pos2(self.body.left(), top - half), pos2(self.body.right(), bottom + half));
        let response = ui.interact(row, self.id.with(("step", step.seq)), Sense::CLICK);
        let chosen = traffic.selected();
        let selected = chosen == Some(step.seq)
            || (step.more > 0
                && chosen
                    .and_then(|seq| state.drawn.index.place(&cx.model.journal, seq))
                    .is_some_and(|place| (step.place..=step.place + step.more).contains(&place)));
        if selected {
            ui.painter().rect_filled(row, 0.0, tokens.selection);
        } else if response.hovered() {
            ui.painter().rect_filled(row, 0.0, tokens.hover);
        }
        if selected && ui.memory(|memory| memory.has_focus(self.id)) {
            ui.painter().rect_filled(row.with_max_x(row.left() + 2.0), 0.0, tokens.tcp);
        }
        let kind = kind(picture, step);
        let found = cx.model.journal.row(step.seq);
        let time = number::clock(cx.model.epoch.wall_time(step.at), traffic.zone());
        let shown = if self.grid.wide { time.as_str() } else { time.get(6..).unwrap_or(&time) };
        let at = pos2(self.origin.x + 12.0, top);
        ui.painter().text(at, Align2::LEFT_CENTER, shown, FontId::monospace(11.0), tokens.faint);
        if let Some(gap) = state.drawn.timeline.fold_before(step.place) {
            self.fold(ui, top - ROW as f32, &words::fold(cx.lang, picture, step.place, gap));
        }
        let text = if step.len > 0 { words::text(cx, texts, step.seq, kind) } else { String::new() };
        response.widget_info(|| {
            let call = words::step(cx, step, kind, found.as_ref());
            let end = words::end(picture, step.line);
            let mut name = format!("{time} {end} {call} {text}").trim_end().to_owned();
            if step.more > 0 {
                let count = number::grouped(step.more as u64);
                name = format!("{name} {}", tr!(cx.lang, "ladder.close", count = count));
            }
            WidgetInfo::selected(Role::ListItem, true, selected, name)
        });
        if response.clicked() {
            ui.memory_mut(|memory| memory.request_focus(self.id));
            keys::select(state, traffic, step.seq);
        }
        if response.double_clicked() {
            show_row(cx, traffic, step.seq);
        }
        if response.hovered()
            && let Some(row) = found
        {
            let tip = words::step_tip(cx, texts, &row, kind);
            response.on_hover_text_at_pointer(tip);
        }
    }

    /// The mark of a time in which nothing happened, or a file was on its way.
    fn fold(&self, ui: &Ui, y: f32, text: &str) {
        let tokens = ui.tokens();
        let painter = ui.painter();
        let font = FontId::proportional(11.0);
        let at = pos2(self.origin.x + 12.0, y);
        let rect = painter.text(at, Align2::LEFT_CENTER, text, font, tokens.muted);
        let right = self.origin.x + self.grid.width - 12.0;
        let points = [pos2(rect.right() + 8.0, y), pos2(right, y)];
        painter.extend(Shape::dotted_line(&points, tokens.faint, 6.0, 0.8));
        let response = ui.interact(rect, self.id.with(("fold", y.to_bits())), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    }

    /// States as bands on the lifelines, with their words; waits as dashed bars beside them; files as bars.
    fn bands_ui(&self, ui: &Ui, cx: &Cx<'_>, state: &LadderState, traffic: &TrafficState, picture: &Ladder) {
        let end = self.now(state).unwrap_or_else(|| self.at(state.drawn.timeline.height() - ROW));
        let span = |from: usize, to: Option<usize>| {
            let top = self.y(state, from).max(self.body.top() - 8.0);
            let bottom = to.map_or(end + (ROW / 2.0) as f32, |to| self.y(state, to)).min(end.max(top));
            (top, bottom.min(self.body.bottom() + 8.0))
        };
        for (nth, band) in picture.bands.iter().enumerate().filter(|(_, band)| self.sees(band.line)) {
            let (top, bottom) = span(band.from, band.to);
            let bottom = if band.to.is_none() && self.moment.is_none() { bottom.max(top + 12.0) } else { bottom };
            if bottom <= top {
                continue;
            }
            let rect = marks::band(ui, self.x(band.line), top, bottom, band.state);
            let since = number::clock(cx.model.epoch.wall_time(band.since), traffic.zone());
            let name = words::band(cx.lang, picture, band, &since);
            let response = ui.interact(rect, self.id.with(("band", nth)), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
            response.on_hover_text_at_pointer(name);
        }
        for (nth, wait) in picture.waits.iter().enumerate().filter(|(_, wait)| self.sees(wait.line)) {
            let (top, bottom) = span(wait.from, wait.to);
            if bottom <= top {
                continue;
            }
            // On the side where no words stand.
            let side = if wait.line == 0 { 16.0 } else { -16.0 };
            let rect = marks::wait(ui, self.x(wait.line) + side, top, bottom);
            let name = words::wait(cx.lang, wait);
            marks::turned(ui, rect, &name, ui.tokens().muted, 5.0);
            let response = ui.interact(rect, self.id.with(("wait", nth)), Sense::hover());
            let said = format!("{} {name}", words::end(picture, wait.line));
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
            response.on_hover_text_at_pointer(format!("{said}\n{}", tr!(cx.lang, "ladder.wait_hint")));
        }
        for transfer in picture.transfers.iter().filter(|transfer| self.sees(transfer.line)) {
            let (top, bottom) = span(transfer.from, transfer.to);
            let rect = Rect::from_x_y_ranges(
                self.x(transfer.line) - 4.0..=self.x(transfer.line) + 4.0,
                top..=bottom.max(top + 2.0),
            );
            ui.painter().rect_filled(rect, 2.0, hue(ui, traffic, Some(transfer.seq)));
        }
    }

    /// The tick of each step, and beside the first what it says.
    #[expect(clippy::too_many_arguments, reason = "what a frame has in common, and which step")]
    fn step_marks(
        &self,
        ui: &Ui,
        cx: &Cx<'_>,
        state: &LadderState,
        traffic: &TrafficState,
        picture: &Ladder,
        step: &Step,
        into: &BTreeMap<usize, u64>,
    ) {
        if !self.sees(step.line) {
            return;
        }
        let tokens = ui.tokens();
        let failed = matches!(step.event, Event::Failed { .. } | Event::Aborted { .. });
        let shape = match into.get(&step.place) {
            _ if failed => Tick::Failed,
            Some(2..) => Tick::Glued,
            _ => Tick::Call,
        };
        let color = match step.event {
            _ if failed => tokens.error,
            Event::Sent { .. } => hue(ui, traffic, Some(step.seq)),
            _ => tokens.text,
        };
        let y = self.y(state, step.place);
        marks::tick(ui.painter(), pos2(self.x(step.line), y), tokens, color, shape);
        if step.more > 0 {
            let bottom = self.y(state, step.place + step.more);
            let stroke = Stroke::new(4.0, tokens.muted);
            ui.painter().vline(self.x(step.line), y..=bottom.max(y + 4.0), stroke);
        }
        let row = cx.model.journal.row(step.seq);
        let mut said = words::step(cx, step, kind(picture, step), row.as_ref());
        if step.more > 0 {
            said = format!("{said} +{}", number::grouped(step.more as u64));
        }
        let color = if failed { tokens.error } else { tokens.text };
        let galley = cut(ui, &said, FontId::monospace(11.0), color, self.grid.words - 22.0);
        let (x, y) = (self.x(step.line), y - galley.size().y / 2.0);
        // The words of the first lifeline stand before it, those of the others behind them.
        let x = if step.line == 0 { x - 12.0 - galley.size().x } else { x + 12.0 };
        let at = pos2(x, y);
        if step.line > 0 && step.line + 1 < picture.lines.len() {
            let behind = Rect::from_min_size(at, galley.size()).expand2(vec2(3.0, 1.0));
            let selected = traffic.selected() == Some(step.seq);
            ui.painter().rect_filled(behind, 2.0, if selected { tokens.selection } else { tokens.panel });
        }
        ui.painter().galley(at, galley, color);
    }

    /// From where to where an arrow runs on the screen.
    fn ends(&self, state: &LadderState, arrow: &Arrow) -> (Pos2, Pos2) {
        let y = |tip: Tip| tip.step.map(|step| self.y(state, step));
        let (from, to) = match (y(arrow.from), y(arrow.to)) {
            (Some(from), Some(to)) => (from, to),
            (Some(from), None) => (from, from + SLOPE),
            (None, Some(to)) => (to - SLOPE, to),
            (None, None) => (self.body.top(), self.body.top()),
        };
        let (left, right) = (self.x(arrow.from.line), self.x(arrow.to.line));
        let inset = if right > left { marks::BAND / 2.0 } else { -marks::BAND / 2.0 };
        (pos2(left + inset, from), pos2(right - inset, to))
    }

    fn arrow_line(&self, ui: &Ui, state: &LadderState, traffic: &TrafficState, arrow: &Arrow) {
        let (from, to) = self.ends(state, arrow);
        if !self.body.x_range().intersects(egui::Rangef::new(from.x.min(to.x), from.x.max(to.x))) {
            return;
        }
        let color = if arrow.is_dashed() { ui.tokens().muted } else { hue(ui, traffic, arrow.message) };
        let chosen = arrow.message.is_some() && traffic.selected() == arrow.message;
        let width = match arrow.what {
            What::File => 9.0,
            _ if chosen || arrow.count > 1 => 3.0,
            _ => 2.0,
        };
        let stroke = Stroke::new(if arrow.is_dashed() { 1.25 } else { width }, color);
        let (top, bottom) = (self.body.top() - 40.0, self.body.bottom() + 40.0);
        // What is under way at the moment of the replay has come so far.
        let so_far = self.now(state).filter(|now| *now < to.y && arrow.to.step.is_some());
        let Some((start, end)) = marks::clipped(from, to, top, so_far.map_or(bottom, |now| now.min(bottom))) else {
            return;
        };
        marks::line(ui.painter(), start, end, arrow.seen, stroke);
        if end == to {
            let stroke = Stroke::new(stroke.width.min(3.0), color);
            marks::head(ui.painter(), from, to, arrow.to.step.is_some(), stroke);
        }
    }

    /// The words on an arrow, which are also what one points at.
    #[expect(clippy::too_many_arguments, reason = "what a frame has in common, and which arrow")]
    fn arrow_words(
        &self,
        ui: &Ui,
        cx: &mut Cx<'_>,
        state: &mut LadderState,
        traffic: &mut TrafficState,
        texts: &mut super::Texts,
        picture: &Ladder,
        nth: usize,
        arrow: &Arrow,
    ) {
        let tokens = ui.tokens();
        let (from, to) = self.ends(state, arrow);
        let Some((start, end)) = marks::clipped(from, to, self.body.top(), self.body.bottom()) else { return };
        // Where several come together they are apart at their beginnings, and where one is cut up at its ends.
        let t = if arrow.from.step.is_some() && !arrow.is_dashed() { 0.36 } else { 0.5 };
        let whole = arrow.message.and_then(|seq| cx.model.journal.row(seq)).map_or(0, |row| row.bytes.len() as u64);
        let t = if arrow.len < whole && arrow.to.step.is_some() { 0.68 } else { t };
        let at = start + (end - start) * t;
        if self.now(state).is_some_and(|now| at.y > now + 1.0) || !self.body.x_range().contains(at.x) {
            return;
        }
        let said = words::on_arrow(cx, texts, picture, arrow);
        let color = if arrow.is_dashed() { tokens.muted } else { tokens.text };
        let font = FontId::proportional(11.0);
        let galley = cut(ui, &said, font, color, (end.x - start.x).abs() * 0.6);
        let rect = Rect::from_center_size(at - vec2(0.0, 1.0), galley.size() + vec2(8.0, 2.0));
        let chosen = arrow.message.is_some() && traffic.selected() == arrow.message;
        ui.painter().rect_filled(rect, 3.0, if chosen { tokens.selection } else { tokens.panel });
        if arrow.is_dashed() {
            ui.painter().rect_stroke(rect, 3.0, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
        }
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
        let response = ui.interact(rect, self.id.with(("arrow", nth)), Sense::CLICK);
        let name = words::arrow(cx.lang, picture, arrow);
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &name));
        let row = arrow.message.or_else(|| state.drawn.index.seq(arrow.from.step.or(arrow.to.step)?));
        if response.clicked()
            && let Some(seq) = row
        {
            ui.memory_mut(|memory| memory.request_focus(self.id));
            keys::select(state, traffic, seq);
        }
        if response.hovered() {
            let found = arrow.message.and_then(|seq| cx.model.journal.row(seq));
            let kind = picture.lines.get(arrow.from.line).map_or(Kind::TcpConnection, |line| line.kind);
            let bytes = found.map(|row| format!("\n{}", words::step_tip(cx, texts, &row, kind))).unwrap_or_default();
            response.on_hover_text_at_pointer(format!("{name}{bytes}"));
        }
    }
}

fn kind(picture: &Ladder, step: &Step) -> Kind {
    picture.lines.get(step.line).map_or(Kind::TcpConnection, |line| line.kind)
}

/// The colour of a message: that of its send, and none where its send was not seen.
pub fn hue(ui: &Ui, traffic: &TrafficState, message: Option<u64>) -> Color32 {
    let tokens = ui.tokens();
    traffic.color(tokens, message).unwrap_or(tokens.muted)
}

fn cut(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = cut_at(width);
    ui.painter().layout_job(job)
}
