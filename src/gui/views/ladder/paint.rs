//! The painted ladder: only the steps and arrows that are on screen.
//!
//! Each step is one thing to point at, as wide as the ladder; each arrow has its words as another. In true time many calls
//! may fall on one place: they are one thing then, which says how many it stands for.

use std::collections::BTreeMap;

use egui::{
    Align2, Color32, FontId, Galley, Id, Pos2, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    text::LayoutJob, vec2,
};
use std::sync::Arc;

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
        Event, Kind,
        ladder::{Arrow, End, Step, Tip},
    },
    words::number,
};

/// Height of a step where steps do not stand closer.
pub const ROW: f64 = 26.0;
/// Steps closer than this are one thing to point at.
const CLOSE: f64 = 13.0;
/// Height of the names of the lifelines.
const HEAD: f32 = 42.0;
/// Width of the times.
const TIMES: f32 = 98.0;
/// Room for the words of calls beside the outer lifelines, and between two.
const WORDS: f32 = 148.0;
/// The least from one lifeline to the next.
const GAP: f32 = 240.0;
/// How far an arrow falls whose other end was not seen.
const SLOPE: f32 = 9.0;
/// Arrows on screen above which those to one call are one arrow with a count.
const ARROWS: usize = 2_000;

/// Where the lifelines stand.
#[derive(Clone, Copy)]
struct Grid {
    left: f32,
    gap: f32,
    width: f32,
}

impl Grid {
    fn new(lines: usize, width: f32) -> Self {
        let between = lines.saturating_sub(1) as f32;
        let left = TIMES + WORDS;
        let gap = if between > 0.0 { ((width - left - WORDS - 16.0) / between).max(GAP) } else { 0.0 };
        Self { left, gap, width: (left + gap * between + WORDS + 16.0).max(width) }
    }
}

/// Paints the names of the lifelines and below them the ladder.
pub fn body_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState) {
    if state.drawn.ladder.steps.is_empty() {
        let text = tr!(cx.lang, "ladder.empty");
        ui.vertical_centered(|ui| {
            ui.add_space((ui.available_height() * 0.3).min(120.0));
            ui.set_max_width(420.0);
            widgets::hint(ui, text);
        });
        return;
    }
    let all = ui.available_rect_before_wrap();
    let grid = Grid::new(state.drawn.ladder.lines.len(), all.width());
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
    let before = state.place.offset(&state.drawn.ladder.steps, &state.drawn.timeline, height);
    let area = ScrollArea::both().id_salt("ladder_steps").auto_shrink(false).animated(false);
    let mut texts = std::mem::take(&mut state.texts);
    texts.begin(traffic.read_as.charset(cx.model));
    let output = area.vertical_scroll_offset(before as f32).show_viewport(ui, |ui, viewport| {
        ui.set_width(grid.width);
        ui.set_height(full(&state.drawn.timeline) as f32);
        let origin = pos2(body.left() - viewport.min.x, body.top() - viewport.min.y);
        let view = View { grid, body, origin, id, above: f64::from(viewport.min.y) };
        view.ui(ui, cx, state, traffic, &mut texts);
    });
    state.texts = texts;
    let after = output.state.clamped_offset();
    state.place.moved(&state.drawn.ladder.steps, &state.drawn.timeline, before, f64::from(after.y), height);
    names_ui(ui, cx, state, grid, names, after.x);
    if list.has_focus() && traffic.selected().is_none() {
        ui.painter().rect_stroke(body.shrink(0.5), 0.0, Stroke::new(1.0, ui.tokens().tcp), StrokeKind::Inside);
    }
}

/// The names of the lifelines, which stay where they are when the ladder is scrolled.
fn names_ui(ui: &Ui, cx: &Cx<'_>, state: &LadderState, grid: Grid, rect: Rect, scrolled: f32) {
    let tokens = ui.tokens();
    let painter = ui.painter_at(rect);
    for (index, lifeline) in state.drawn.ladder.lines.iter().enumerate() {
        let x = rect.left() - scrolled + grid.left + grid.gap * index as f32;
        if x < rect.left() - GAP || x > rect.right() + GAP {
            continue;
        }
        let role = words::role(cx, lifeline);
        let addr = lifeline.addr.map(|addr| addr.to_string()).unwrap_or_default();
        let outside = matches!(lifeline.end, End::Peer(_));
        let chosen = matches!(lifeline.end, End::Socket(id) if Some(id) == cx.model.selected);
        let color = if chosen { tokens.tcp } else { tokens.text };
        let color = if outside { tokens.muted } else { color };
        let name = pos2(x, rect.top() + 13.0);
        painter.text(name, Align2::CENTER_CENTER, &role, FontId::new(12.0, semibold()), color);
        let place = pos2(x, rect.top() + 30.0);
        painter.text(place, Align2::CENTER_CENTER, &addr, FontId::monospace(11.0), tokens.muted);
        let head =
            Rect::from_center_size(rect.center(), vec2(GAP - 8.0, HEAD)).translate(vec2(x - rect.center().x, 0.0));
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
}

/// Steps that stand so close that they are one thing to point at.
struct Group {
    first: usize,
    last: usize,
}

impl View {
    fn x(&self, line: usize) -> f32 {
        self.origin.x + self.grid.left + self.grid.gap * line as f32
    }

    fn y(&self, state: &LadderState, step: usize) -> f32 {
        (f64::from(self.body.top()) + (state.drawn.timeline.top(step) + MARGIN - self.above)) as f32
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
        let visible = state.drawn.timeline.within(from, until);
        let groups = groups(state, visible.clone());
        for group in &groups {
            self.row_ui(ui, cx, state, traffic, texts, group);
        }
        for (index, lifeline) in state.drawn.ladder.lines.iter().enumerate() {
            let (top, bottom) = (self.body.top() - 4.0, self.body.bottom() + 4.0);
            let outside = matches!(lifeline.end, End::Peer(_));
            marks::lifeline(ui.painter(), self.x(index), top, bottom, outside, tokens.faint);
        }
        let arrows = on_screen(state, visible.clone());
        let mut into: BTreeMap<usize, usize> = BTreeMap::new();
        for (arrow, sends) in &arrows {
            if let Some(step) = arrow.to.step {
                *into.entry(step).or_default() += sends;
            }
        }
        for (arrow, sends) in &arrows {
            self.arrow_line(ui, state, traffic, arrow, *sends);
        }
        for group in &groups {
            self.step_marks(ui, cx, state, traffic, group, &into);
        }
        for (nth, (arrow, sends)) in arrows.iter().enumerate() {
            self.arrow_words(ui, cx, state, traffic, texts, nth, arrow, *sends);
        }
    }

    /// One row to point at: its highlight, its time, what it says.
    fn row_ui(
        &self,
        ui: &Ui,
        cx: &mut Cx<'_>,
        state: &mut LadderState,
        traffic: &mut TrafficState,
        texts: &mut super::Texts,
        group: &Group,
    ) {
        let tokens = ui.tokens();
        let steps = &state.drawn.ladder.steps;
        let Some(step) = steps.get(group.first).copied() else { return };
        let half = (ROW / 2.0) as f32;
        let (top, bottom) = (self.y(state, group.first), self.y(state, group.last));
        let row = Rect::from_min_max(pos2(self.body.left(), top - half), pos2(self.body.right(), bottom + half));
        let response = ui.interact(row, self.id.with(("step", step.seq)), Sense::CLICK);
        let members = steps.get(group.first..=group.last).unwrap_or_default();
        let selected = traffic.selected().is_some_and(|seq| members.iter().any(|member| member.seq == seq));
        if selected {
            ui.painter().rect_filled(row, 0.0, tokens.selection);
        } else if response.hovered() {
            ui.painter().rect_filled(row, 0.0, tokens.hover);
        }
        if selected && ui.memory(|memory| memory.has_focus(self.id)) {
            ui.painter().rect_filled(row.with_max_x(row.left() + 2.0), 0.0, tokens.tcp);
        }
        let kind = kind(state, &step);
        let found = cx.model.journal.row(step.seq);
        let time = number::clock(cx.model.epoch.wall_time(step.at), traffic.zone());
        let at = pos2(self.origin.x + 12.0, top);
        ui.painter().text(at, Align2::LEFT_CENTER, &time, FontId::monospace(11.0), tokens.faint);
        if let Some(gap) = state.drawn.timeline.fold_before(group.first) {
            self.fold(ui, cx, top - ROW as f32, gap);
        }
        let more = group.last - group.first;
        let text = if step.len > 0 { words::text(cx, texts, step.seq, kind) } else { String::new() };
        response.widget_info(|| {
            let call = words::step(cx, &step, kind, found.as_ref());
            let end = words::end(&state.drawn.ladder, step.line);
            let mut name = format!("{time} {end} {call} {text}").trim_end().to_owned();
            if more > 0 {
                name = format!("{name} {}", tr!(cx.lang, "ladder.close", count = more));
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

    /// The mark of a time in which nothing happened.
    fn fold(&self, ui: &Ui, cx: &Cx<'_>, y: f32, gap: u64) {
        let tokens = ui.tokens();
        let painter = ui.painter();
        let text = tr!(cx.lang, "ladder.idle", time = words::idle(gap));
        let font = FontId::proportional(11.0);
        let at = pos2(self.origin.x + 12.0, y);
        let rect = painter.text(at, Align2::LEFT_CENTER, &text, font, tokens.muted);
        let right = self.origin.x + self.grid.width - 12.0;
        let points = [pos2(rect.right() + 8.0, y), pos2(right, y)];
        painter.extend(egui::Shape::dotted_line(&points, tokens.faint, 6.0, 0.8));
        let response = ui.interact(rect, self.id.with(("fold", y.to_bits())), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text.as_ref()));
    }

    /// The tick of each step, and beside the first what it says.
    fn step_marks(
        &self,
        ui: &Ui,
        cx: &Cx<'_>,
        state: &LadderState,
        traffic: &TrafficState,
        group: &Group,
        into: &BTreeMap<usize, usize>,
    ) {
        let tokens = ui.tokens();
        let steps = &state.drawn.ladder.steps;
        for index in group.first..=group.last {
            let Some(step) = steps.get(index) else { break };
            let failed = matches!(step.event, Event::Failed { .. } | Event::Aborted { .. });
            let shape = match into.get(&index) {
                _ if failed => Tick::Failed,
                Some(2..) => Tick::Glued,
                _ => Tick::Call,
            };
            let color = match step.event {
                _ if failed => tokens.error,
                Event::Sent { .. } => hue(ui, traffic, Some(step.seq)),
                _ => tokens.text,
            };
            marks::tick(ui.painter(), pos2(self.x(step.line), self.y(state, index)), tokens, color, shape);
        }
        let Some(step) = steps.get(group.first) else { return };
        let row = cx.model.journal.row(step.seq);
        let mut said = words::step(cx, step, kind(state, step), row.as_ref());
        if group.last > group.first {
            said = format!("{said} +{}", group.last - group.first);
        }
        let color =
            if matches!(step.event, Event::Failed { .. } | Event::Aborted { .. }) { tokens.error } else { tokens.text };
        let galley = cut(ui, &said, FontId::monospace(11.0), color, WORDS - 20.0);
        let (x, y) = (self.x(step.line), self.y(state, group.first) - galley.size().y / 2.0);
        // The words of the first lifeline stand before it, those of the others behind them.
        let x = if step.line == 0 { x - 12.0 - galley.size().x } else { x + 12.0 };
        let at = pos2(x, y);
        if step.line > 0 && step.line + 1 < state.drawn.ladder.lines.len() {
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
        let inset = if right > left { marks::TICK } else { -marks::TICK };
        (pos2(left + inset, from), pos2(right - inset, to))
    }

    fn arrow_line(&self, ui: &Ui, state: &LadderState, traffic: &TrafficState, arrow: &Arrow, sends: usize) {
        let (from, to) = self.ends(state, arrow);
        let color = if arrow.is_dashed() { ui.tokens().muted } else { hue(ui, traffic, arrow.message) };
        let chosen = arrow.message.is_some() && traffic.selected() == arrow.message;
        let width = if chosen || sends > 1 { 3.0 } else { 2.0 };
        let stroke = Stroke::new(if arrow.is_dashed() { 1.25 } else { width }, color);
        let (top, bottom) = (self.body.top() - 40.0, self.body.bottom() + 40.0);
        let Some((start, end)) = marks::clipped(from, to, top, bottom) else { return };
        marks::line(ui.painter(), start, end, arrow.seen, stroke);
        if end == to {
            marks::head(ui.painter(), from, to, arrow.to.step.is_some(), stroke);
        }
    }

    /// The words on an arrow, which are also what one points at.
    #[expect(clippy::too_many_arguments, reason = "what a frame is made of, and which arrow")]
    fn arrow_words(
        &self,
        ui: &Ui,
        cx: &mut Cx<'_>,
        state: &mut LadderState,
        traffic: &mut TrafficState,
        texts: &mut super::Texts,
        nth: usize,
        arrow: &Arrow,
        sends: usize,
    ) {
        let tokens = ui.tokens();
        let (from, to) = self.ends(state, arrow);
        let Some((start, end)) = marks::clipped(from, to, self.body.top(), self.body.bottom()) else { return };
        // Where several come together they are apart at their beginnings, and where one is cut up at its ends.
        let t = if arrow.from.step.is_some() && !arrow.is_dashed() { 0.36 } else { 0.5 };
        let whole = arrow.message.and_then(|seq| cx.model.journal.row(seq)).map_or(0, |row| row.bytes.len() as u64);
        let t = if arrow.len < whole && arrow.to.step.is_some() { 0.68 } else { t };
        let at = start + (end - start) * t;
        let said = words::on_arrow(cx, texts, &state.drawn.ladder, arrow, sends);
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
        let name = words::arrow(cx.lang, &state.drawn.ladder, arrow, sends);
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &name));
        let row = arrow.message.or_else(|| seq_of(state, arrow.from.step.or(arrow.to.step)));
        if response.clicked()
            && let Some(seq) = row
        {
            ui.memory_mut(|memory| memory.request_focus(self.id));
            keys::select(state, traffic, seq);
        }
        if response.hovered() {
            let found = arrow.message.and_then(|seq| cx.model.journal.row(seq));
            let kind = state.drawn.ladder.lines.get(arrow.from.line).map_or(Kind::TcpConnection, |line| line.kind);
            let bytes = found.map(|row| format!("\n{}", words::step_tip(cx, texts, &row, kind))).unwrap_or_default();
            response.on_hover_text_at_pointer(format!("{name}{bytes}"));
        }
    }
}

/// The steps on screen, those together that stand too close to be pointed at.
fn groups(state: &LadderState, visible: std::ops::Range<usize>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let top = |step| state.drawn.timeline.top(step);
    for step in visible {
        match groups.last_mut() {
            Some(group) if top(step) - top(group.first) < CLOSE => group.last = step,
            _ => groups.push(Group { first: step, last: step }),
        }
    }
    groups
}

/// The arrows on screen, each with the number of sends that it stands for.
fn on_screen(state: &LadderState, visible: std::ops::Range<usize>) -> Vec<(Arrow, usize)> {
    let all = &state.drawn.ladder.arrows;
    let found = state.drawn.crossings.across(visible).filter_map(|index| all.get(index).copied());
    let arrows: Vec<_> = found.map(|arrow| (arrow, 1)).collect();
    if arrows.len() <= ARROWS {
        return arrows;
    }
    let mut grouped: BTreeMap<_, (Arrow, usize)> = BTreeMap::new();
    for (arrow, _) in arrows {
        let key = (arrow.from.line, arrow.to.line, arrow.to.step.or(arrow.from.step), arrow.is_dashed());
        let (all, count) = grouped.entry(key).or_insert((arrow, 0));
        all.len += if *count > 0 { arrow.len } else { 0 };
        *count += 1;
    }
    grouped.into_values().take(ARROWS).collect()
}

fn seq_of(state: &LadderState, step: Option<usize>) -> Option<u64> {
    state.drawn.ladder.steps.get(step?).map(|step| step.seq)
}

fn kind(state: &LadderState, step: &Step) -> Kind {
    state.drawn.ladder.lines.get(step.line).map_or(Kind::TcpConnection, |line| line.kind)
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
