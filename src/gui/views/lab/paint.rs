//! The two ladders, one time axis: only what is on screen of them.

use egui::{
    Align2, Color32, FontId, Galley, Id, Painter, Pos2, Rangef, Rect, Role, ScrollArea, Sense, Shape, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

use super::{
    Chosen, LabState,
    drawn::{Lane, Lasting, Span, messages},
    geometry::{self, Arrow, Grid, ROOMY},
    keys,
    marks::{self, Look, Tip},
    menu::{self, Menu},
    words,
};
use crate::{
    gui::{
        Cx,
        theme::{HEAD_HEIGHT, Tokens, TokensExt as _, medium, semibold},
        tr,
        views::head,
        widgets,
    },
    sim::{Call, End, Event, Failure, Micros, Note, Packet, PacketId, PacketKind, Side, Transport, What},
    words::Lang,
};

/// Height of the names of the lifelines.
const NAMES: f32 = 30.0;
/// Arrows on screen above which they have no words and are pointed at by the pointer and the keys alone.
const MANY: usize = 400;
/// Height of a line of words.
const LINE: f32 = 13.0;

/// Paints the heads of the lanes, the names of the lifelines, and the ladders.
pub fn lanes_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    if state.drawn.pair().is_none() {
        ui.vertical_centered(|ui| {
            ui.add_space(60.0);
            widgets::hint(ui, tr!(cx.lang, "lab.making"));
        });
        return;
    }
    let all = ui.available_rect_before_wrap();
    let middle = all.center().x.round();
    let lanes = [Rangef::new(all.left(), middle), Rangef::new(middle, all.right())];
    let top = all.top();
    for (index, lane) in lanes.into_iter().enumerate() {
        let rect = Rect::from_x_y_ranges(lane, top..=top + HEAD_HEIGHT);
        ui.scope_builder(egui::UiBuilder::new().max_rect(rect).id_salt(("lane_head", index)), |ui| {
            ui.set_clip_rect(ui.clip_rect().intersect(rect));
            lane_head_ui(ui, cx, state, index);
        });
    }
    let four = state.shown.four.unwrap_or(lanes[0].span() >= ROOMY);
    let grids = lanes.map(|lane| Grid::new(lane, four));
    let names = Rect::from_x_y_ranges(all.x_range(), top + HEAD_HEIGHT..=top + HEAD_HEIGHT + NAMES);
    for grid in &grids {
        names_ui(ui, cx.lang, grid, names);
    }
    let body = Rect::from_min_max(pos2(all.left(), names.bottom()), all.max);
    ui.scope_builder(egui::UiBuilder::new().max_rect(body), |ui| body_ui(ui, cx, state, body, &grids));
    ui.painter().vline(middle, all.y_range(), Stroke::new(1.0, ui.tokens().line));
    ui.advance_cursor_after_rect(all);
}

/// What a lane is called.
pub fn lane_name(lane: &Lane) -> &'static str {
    match lane.log.transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
        Transport::Arq => "ARQ",
    }
}

fn lane_head_ui(ui: &mut Ui, cx: &Cx<'_>, state: &LabState, index: usize) {
    let tokens = ui.tokens();
    let Some(lane) = state.drawn.pair().and_then(|pair| pair.lanes.get(index)) else { return };
    head(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let name = lane_name(lane);
        let (color, tint, motto) = match lane.log.transport {
            Transport::Tcp => (tokens.tcp, tokens.tcp_tint, tr!(cx.lang, "lab.tcp_motto")),
            Transport::Udp => (tokens.udp, tokens.udp_tint, tr!(cx.lang, "lab.udp_motto")),
            Transport::Arq => (tokens.udp, tokens.udp_tint, tr!(cx.lang, "lab.arq_motto")),
        };
        widgets::badge(ui, name, color, tint);
        // What it came to is not told before it is there.
        let over = state.moment().0 >= lane.log.end_at;
        let summary = if over { words::summary(cx.lang, lane) } else { String::new() };
        let font = FontId::monospace(12.0);
        let galley = ui.painter().layout_no_wrap(summary.clone(), font, tokens.muted);
        let motto_font = FontId::new(13.0, medium());
        let motto = ui.painter().layout_no_wrap(motto.into_owned(), motto_font, tokens.text);
        let room = ui.available_width();
        if motto.size().x + galley.size().x + 16.0 < room {
            let (rect, _) = ui.allocate_exact_size(motto.size(), Sense::hover());
            ui.painter().galley(rect.min, motto, tokens.text);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let text = egui::RichText::new(&summary).font(FontId::monospace(12.0)).color(tokens.muted);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(&summary);
        });
    });
}

/// The names above the lifelines.
fn names_ui(ui: &Ui, lang: Lang, grid: &Grid, rect: Rect) {
    let tokens = ui.tokens();
    let painter = ui.painter();
    let name = |x: f32, text: &str, font: FontId, color: Color32| {
        painter.text(pos2(x, rect.center().y), Align2::CENTER_CENTER, text, font, color);
    };
    let bold = || FontId::new(12.0, semibold());
    match grid.programs {
        None => {
            for side in Side::BOTH {
                name(grid.kernel(side), &words::side(lang, side), bold(), tokens.text);
            }
        }
        Some(_) => {
            for side in Side::BOTH {
                let small = FontId::proportional(11.0);
                let (program, kernel) = (tr!(lang, "lab.program"), tr!(lang, "lab.kernel"));
                let (above, below) = (rect.center().y - 7.0, rect.center().y + 7.0);
                let x = f32::midpoint(grid.kernel(side), grid.program(side));
                painter.text(pos2(x, above), Align2::CENTER_CENTER, words::side(lang, side), bold(), tokens.text);
                painter.text(
                    pos2(grid.program(side), below),
                    Align2::CENTER_CENTER,
                    program,
                    small.clone(),
                    tokens.muted,
                );
                painter.text(pos2(grid.kernel(side), below), Align2::CENTER_CENTER, kernel, small, tokens.muted);
            }
        }
    }
}

fn body_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState, body: Rect, grids: &[Grid; 2]) {
    // The axis is made for this height in the next frame.
    if (state.height - body.height()).abs() > 0.5 {
        state.height = body.height();
        ui.request_repaint();
    }
    let id = ui.scope_id().with("ladders");
    let list = ui.interact(body, id, Sense::click());
    let whole = state.drawn.pair().map(|pair| {
        let [left, right] = &pair.lanes;
        let said = |lane: &Lane, other: &Lane| {
            let text = if state.moment().0 >= lane.log.end_at {
                format!(
                    "{}. {}",
                    words::summary(cx.lang, lane),
                    words::sentence(cx.lang, lane, other, state.moment().0)
                )
            } else {
                words::moment(state.moment().0)
            };
            tr!(cx.lang, "lab.lane", name = lane_name(lane), text = text).into_owned()
        };
        format!("{} {}", said(left, right), said(right, left))
    });
    let whole = whole.unwrap_or_default();
    list.widget_info(|| WidgetInfo::labeled(Role::List, true, &whole));
    if std::mem::take(&mut state.refocus) {
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    keys::keys_ui(ui, cx, state, id);

    ui.spacing_mut().scroll.kinetic.rubber_band = false;
    ui.spacing_mut().scroll.fade.strength = 0.0;
    let mut area = ScrollArea::vertical().id_salt("lab_time").auto_shrink(false).animated(false);
    if let Some(offset) = state.scroll_to.take() {
        area = area.vertical_scroll_offset(offset);
    }
    let mut wish = None;
    let output = area.show_viewport(ui, |ui, viewport| {
        ui.set_width(body.width());
        ui.set_height(state.axis.height() as f32);
        for (index, grid) in grids.iter().enumerate() {
            let scene = Scene::new(ui, cx.lang, state, index, *grid, body, viewport.top(), id);
            if let Some(scene) = scene {
                wish = scene.ui(ui, state).or(wish.take());
            }
        }
        now_ui(ui, state, body, viewport.top());
    });
    state.scrolled = output.state.clamped_offset().y;
    match wish {
        Some(Wish::Open(chosen, at)) => {
            state.selected = Some(chosen);
            state.menu = Some(Menu::at(chosen, at));
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        Some(Wish::Leave) => {
            state.selected = None;
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        None => {}
    }
    if list.has_focus() && state.selected.is_none() {
        ui.painter().rect_stroke(body.shrink(0.5), 0.0, Stroke::new(1.0, ui.tokens().tcp), StrokeKind::Inside);
    }
}

/// The present moment, across both lanes.
fn now_ui(ui: &Ui, state: &LabState, body: Rect, scrolled: f32) {
    if state.play.is_at_the_end() {
        return;
    }
    let tokens = ui.tokens();
    let (now, _) = state.moment();
    let y = body.top() + state.axis.y(now) as f32 - scrolled;
    ui.painter().hline(body.x_range(), y, Stroke::new(1.0, tokens.tcp));
    let galley = ui.painter().layout_no_wrap(words::moment(now), FontId::monospace(11.0), tokens.on_accent);
    let rect = Rect::from_min_size(pos2(body.left() + 4.0, y - 8.0), galley.size() + vec2(10.0, 3.0));
    ui.painter().rect_filled(rect, 3.0, tokens.tcp);
    ui.painter().galley(rect.min + vec2(5.0, 1.5), galley, tokens.on_accent);
}

/// What was asked for in a lane.
enum Wish {
    Open(Chosen, Pos2),
    Leave,
}

/// Words beside the ladder, that keep out of each other's way.
struct Words {
    y: f32,
    column: Column,
    text: String,
    /// More, for those who point at it or cannot see it.
    whole: Option<String>,
    color: Color32,
    bold: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    /// Left of the client's kernel.
    Client,
    /// Right of the server's.
    Server,
    /// Left of the client's program.
    ClientProgram,
    /// Right of the server's.
    ServerProgram,
}

impl Column {
    const ALL: [Self; 4] = [Self::Client, Self::Server, Self::ClientProgram, Self::ServerProgram];
}

/// A lane in a frame.
struct Scene<'t> {
    lang: Lang,
    tokens: &'t Tokens,
    index: usize,
    grid: Grid,
    lane: Rect,
    /// Added to a height of the axis to be on screen.
    down: f32,
    from: Micros,
    to: Micros,
    now: Micros,
    id: Id,
}

impl Scene<'_> {
    #[expect(clippy::too_many_arguments, reason = "it is what a frame of a lane has in common")]
    fn new(
        ui: &Ui,
        lang: Lang,
        state: &LabState,
        index: usize,
        grid: Grid,
        body: Rect,
        scrolled: f32,
        id: Id,
    ) -> Option<Self> {
        state.drawn.pair()?;
        let lane = Rect::from_x_y_ranges(grid.lane, body.y_range());
        let (top, height) = (f64::from(scrolled), f64::from(body.height()));
        let (now, _) = state.moment();
        let (from, to) = (state.axis.time(top - 20.0), state.axis.time(top + height + 20.0));
        let tokens: &'static Tokens = ui.tokens();
        Some(Self {
            lang,
            tokens,
            index,
            grid,
            lane,
            down: body.top() - scrolled,
            from,
            to: to.min(now),
            now,
            id: id.with(("lane", index)),
        })
    }

    fn y(&self, state: &LabState, at: Micros) -> f32 {
        state.axis.y(at) as f32 + self.down
    }

    fn ui(&self, ui: &Ui, state: &LabState) -> Option<Wish> {
        let lane = state.drawn.pair()?.lanes.get(self.index)?;
        let painter = ui.painter_at(self.lane);
        let background = ui.interact(self.lane, self.id, Sense::click());
        self.background(&painter, state);
        let mut notes = Vec::new();
        for span in lane.spans_between(self.from, self.to) {
            self.span(&painter, state, span, &mut notes);
        }
        let shown: Vec<&Packet> = geometry::on_screen(&lane.log, self.from, self.to).collect();
        let many = shown.len() > MANY;
        let delay = |side: Side| state.run.knobs.direction(side).delay;
        let place =
            |packet: &Packet| Arrow::new(packet, &self.grid, &state.axis, delay(packet.from())).moved(self.down);
        let arrows: Vec<(PacketId, Arrow)> = shown.iter().map(|packet| (packet.id, place(packet))).collect();
        let free = state.menu.is_none() && !egui::Popup::is_any_open(ui.ctx());
        let pointer = ui.input(|input| input.pointer.hover_pos());
        let pointer = pointer.filter(|pos| free && self.lane.contains(*pos) && ui.rect_contains_pointer(self.lane));
        let pointed = pointer.and_then(|pos| geometry::pointed_at(&arrows, pos));
        let chosen = state.selected.filter(|chosen| chosen.lane == self.index).map(|chosen| chosen.packet);
        for (packet, (id, arrow)) in shown.iter().zip(&arrows) {
            self.arrow(&painter, state, packet, arrow, many, Some(*id) == chosen, Some(*id) == pointed, &mut notes);
        }
        for event in lane.log.events_between(self.from, self.to.saturating_add(1)) {
            self.event(&painter, state, lane, event, many, &mut notes);
        }
        self.nothing_more(&painter, state, lane);
        self.notes(ui, &painter, notes);

        let mut clicked = None;
        for (packet, (id, arrow)) in shown.iter().zip(&arrows) {
            if many && Some(*id) != chosen {
                continue;
            }
            let node = ui.interact(arrow.middle().intersect(self.lane), self.id.with(("packet", id.0)), Sense::CLICK);
            let selected = Some(*id) == chosen;
            let lang = self.lang;
            node.widget_info(|| {
                WidgetInfo::selected(Role::ListItem, true, selected, words::said(lang, packet, self.now))
            });
            if node.clicked() {
                clicked = Some(*id);
            }
        }
        // One that is chosen and off the screen is still named.
        if let Some(packet) = chosen.and_then(|id| lane.log.packet(id))
            && packet.sent <= self.now
            && !shown.iter().any(|other| other.id == packet.id)
        {
            let node = ui.interact(self.lane.with_max_y(self.lane.top()), self.id.with("chosen"), Sense::hover());
            node.widget_info(|| {
                WidgetInfo::selected(Role::ListItem, true, true, words::said(self.lang, packet, self.now))
            });
        }
        if let Some(packet) = pointed.and_then(|id| lane.log.packet(id)) {
            ui.set_cursor_icon(egui::CursorIcon::PointingHand);
            let tip = self.id.with("tip");
            egui::Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), tip, egui::PopupAnchor::Pointer)
                .gap(14.0)
                .show(|ui| menu::explain_ui(ui, self.lang, &lane.log, packet, self.now, state.run.workload.encoding()));
        }
        let open = |id: PacketId| {
            let (_, arrow) = arrows.iter().find(|(other, _)| *other == id)?;
            let at = pointer.unwrap_or(arrow.middle().center());
            Some(Wish::Open(Chosen { lane: self.index, packet: id }, at))
        };
        match (clicked, background.clicked()) {
            // Where arrows cross the nearest is meant.
            (Some(id), _) => open(pointed.unwrap_or(id)),
            (None, true) => pointed.map_or(Some(Wish::Leave), open),
            (None, false) => None,
        }
    }

    /// Times, folds, lifelines.
    fn background(&self, painter: &Painter, state: &LabState) {
        let tokens = self.tokens;
        let [left, right] = self.grid.kernels;
        let (top, bottom) = (f64::from(self.lane.top() - self.down), f64::from(self.lane.bottom() - self.down));
        for at in state.axis.labels(top, bottom) {
            let y = self.y(state, at);
            let pos = pos2(self.grid.times - 8.0, y);
            painter.text(pos, Align2::RIGHT_CENTER, words::moment(at), FontId::monospace(11.0), tokens.faint);
            painter.hline(left..=right, y, Stroke::new(1.0, tokens.line.gamma_multiply(0.6)));
        }
        let mut lines = vec![left, right];
        lines.extend(self.grid.programs.into_iter().flatten());
        for x in lines {
            painter.vline(x, self.lane.y_range(), Stroke::new(1.5, tokens.line));
        }
        for fold in state.axis.folds(top, bottom) {
            let y = fold.top as f32 + self.down + super::axis::FOLD as f32 / 2.0;
            let text = tr!(self.lang, "lab.idle", time = words::time(fold.time));
            let galley = painter.layout_no_wrap(text.into_owned(), FontId::proportional(11.0), tokens.muted);
            let center = pos2(f32::midpoint(left, right), y);
            let around = Rect::from_center_size(center, galley.size() + vec2(12.0, 2.0));
            let points = [pos2(left - 6.0, y), pos2(right + 6.0, y)];
            painter.extend(Shape::dotted_line(&points, tokens.faint, 6.0, 0.8));
            for x in [left, right] {
                let cut = Rect::from_center_size(pos2(x, y), vec2(6.0, 12.0));
                painter.rect_filled(cut, 0.0, tokens.panel);
            }
            painter.rect_filled(around, 0.0, tokens.panel);
            painter.galley(center - galley.size() / 2.0, galley, tokens.muted);
        }
    }

    /// The column of words beside a side's kernel.
    fn beside(side: Side) -> Column {
        if side == Side::Client { Column::Client } else { Column::Server }
    }

    /// What lasts: timers as arcs, what is held back as bars.
    fn span(&self, painter: &Painter, state: &LabState, span: &Span, notes: &mut Vec<Words>) {
        let tokens = self.tokens;
        let to = span.to.min(self.now);
        let (top, bottom) = (self.y(state, span.from), self.y(state, to));
        let x = self.grid.kernel(span.side);
        let out = if span.side == Side::Client { -1.0 } else { 1.0 };
        let column = Self::beside(span.side);
        match &span.what {
            Lasting::Timer { fired, .. } => {
                let fired = *fired && span.to <= self.now;
                if !fired && bottom - top < 36.0 {
                    return;
                }
                let color = if fired { tokens.warn } else { tokens.faint };
                marks::arc(painter, x, top, bottom, out * 14.0, Stroke::new(if fired { 1.5 } else { 1.0 }, color));
                if fired {
                    let text = words::lasting(self.lang, &span.what, span.to - span.from);
                    // Above what it makes the sender send.
                    notes.push(Words { y: bottom - 9.0, column, text, whole: None, color, bold: false });
                }
            }
            Lasting::Held { .. } | Lasting::Hole { .. } | Lasting::Closed => {
                let left = if out < 0.0 { x - 5.0 } else { x + 1.0 };
                let bar = Rect::from_min_max(pos2(left, top), pos2(left + 4.0, bottom.max(top + 2.0)));
                painter.rect_filled(bar, 1.0, tokens.warn.gamma_multiply(0.55));
                let took = span.to - span.from;
                let text = words::lasting_short(self.lang, &span.what, took);
                let whole = Some(words::lasting(self.lang, &span.what, took));
                let y = f32::midpoint(top.max(self.lane.top()), bottom.min(self.lane.bottom()));
                notes.push(Words { y, column, text, whole, color: tokens.warn, bold: false });
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what is drawn, where, and how it stands out")]
    fn arrow(
        &self,
        painter: &Painter,
        state: &LabState,
        packet: &Packet,
        arrow: &Arrow,
        many: bool,
        chosen: bool,
        pointed: bool,
        notes: &mut Vec<Words>,
    ) {
        let tokens = self.tokens;
        let Some((drawn, all)) = arrow.until(self.y(state, self.now)) else { return };
        let control = packet.name.kind != PacketKind::Data;
        let color = match packet.name.kind {
            PacketKind::Ack => tokens.faint,
            _ => tokens.muted,
        };
        let total = packet.payload_len().max(1) as f32;
        let mut strips: Vec<(Color32, f32)> = packet
            .pieces
            .iter()
            .map(|piece| (tokens.message((piece.message as usize).wrapping_sub(1)), piece.len() as f32 / total))
            .collect();
        if strips.is_empty() {
            strips.push((color, 1.0));
        }
        let width = match packet.name.kind {
            PacketKind::Ack => 1.1,
            _ if many => 1.0,
            _ => 2.0,
        };
        if chosen || pointed {
            let halo = if chosen { tokens.tcp.gamma_multiply(0.35) } else { tokens.faint.gamma_multiply(0.35) };
            painter.line_segment([drawn.from, drawn.to], Stroke::new(8.0, halo));
        }
        let ended = all && packet.ended <= self.now;
        let tip = match packet.end {
            _ if !all => Tip::None,
            End::Lost(_) | End::OnTheWay => Tip::None,
            End::Delivered => Tip::Head,
            End::Discarded(_) => Tip::Hollow,
        };
        let look = Look {
            strips,
            width,
            dashed: packet.resent.is_some(),
            double: packet.copy_of.is_some(),
            zigzag: packet.damaged.is_some(),
            tip,
        };
        marks::arrow(painter, &drawn, &look);
        if packet.left > packet.sent {
            // It waits for its turn on the link.
            let x = drawn.from.x;
            let points = [pos2(x, self.y(state, packet.sent)), drawn.from];
            painter.extend(Shape::dotted_line(&points, tokens.warn, 4.0, 1.0));
        }
        if let (End::Lost(_), true) = (packet.end, ended) {
            marks::cross(painter, drawn.to, tokens.error);
        }
        if many {
            return;
        }
        if control && packet.name.kind != PacketKind::Ack
            || packet.name.kind == PacketKind::Ack && self.opens(state, packet)
        {
            self.word(painter, &drawn, packet);
        }
        if let (Some(text), true) = (words::again(self.lang, packet), ended) {
            let column = Self::beside(packet.from().other());
            notes.push(Words { y: arrow.to.y, column, text, whole: None, color: tokens.muted, bold: false });
        }
        if let (End::Discarded(why), true) = (packet.end, ended) {
            let column = Self::beside(packet.from().other());
            let text = words::discard_words(self.lang, why);
            notes.push(Words { y: arrow.to.y, column, text, whole: None, color: tokens.error, bold: false });
        }
    }

    /// Whether an ACK is the third packet of the handshake, which has its name above it.
    fn opens(&self, state: &LabState, packet: &Packet) -> bool {
        let lane = state.drawn.pair().and_then(|pair| pair.lanes.get(self.index));
        lane.is_some_and(|lane| lane.log.transport == Transport::Tcp)
            && packet.from() == Side::Client
            && packet.name.number == 1
            && packet.copy_of.is_none()
    }

    /// What stands above an arrow.
    fn word(&self, painter: &Painter, arrow: &Arrow, packet: &Packet) {
        let Some(text) = words::control(self.lang, packet) else { return };
        let center = arrow.from + (arrow.to - arrow.from) * 0.5;
        let galley = painter.layout_no_wrap(text, FontId::proportional(11.0), self.tokens.muted);
        let at = pos2(center.x - galley.size().x / 2.0, center.y - galley.size().y - 2.0);
        painter.galley(at, galley, self.tokens.muted);
    }

    /// Calls of programs, and what kernels notice.
    fn event(
        &self,
        painter: &Painter,
        state: &LabState,
        lane: &Lane,
        event: &Event,
        many: bool,
        notes: &mut Vec<Words>,
    ) {
        let tokens = self.tokens;
        let y = self.y(state, event.at);
        let (kernel, program) = (self.grid.kernel(event.side), self.grid.program(event.side));
        match &event.what {
            What::Call(call) => {
                let failed = matches!(call, Call::Failed(Failure::Reset | Failure::TimedOut));
                let waits = matches!(call, Call::Send { taken: 0, asked: 1.., .. } | Call::StoppedWaiting(_));
                let color = if failed { tokens.error } else { tokens.muted };
                if self.grid.programs.is_some() {
                    let strips: Vec<u32> = match call {
                        Call::Send { message, .. } => vec![*message],
                        Call::Recv { pieces, .. } => messages(pieces),
                        _ => Vec::new(),
                    };
                    let hue = strips.first().map_or(color, |first| tokens.message((*first as usize).wrapping_sub(1)));
                    let (from, to) = match call {
                        Call::Recv { .. } | Call::Connected | Call::Accepted | Call::EndOfStream => (kernel, program),
                        _ => (program, kernel),
                    };
                    painter.line_segment([pos2(from, y), pos2(to, y)], Stroke::new(1.5, hue));
                    let inward = if to < from { 5.0 } else { -5.0 };
                    let tip = vec![pos2(to, y), pos2(to + inward, y - 3.0), pos2(to + inward, y + 3.0)];
                    painter.add(Shape::convex_polygon(tip, hue, Stroke::NONE));
                    if !many {
                        let column = match event.side {
                            Side::Client => Column::ClientProgram,
                            Side::Server => Column::ServerProgram,
                        };
                        let color = if waits { tokens.warn } else { color };
                        notes.push(Words { y, column, text: words::call(call), whole: None, color, bold: failed });
                    }
                } else if failed {
                    let text = words::call(call);
                    notes.push(Words { y, column: Self::beside(event.side), text, whole: None, color, bold: true });
                }
                if let (Call::Recv { pieces, .. }, false) = (call, many) {
                    self.read(lane, event, &messages(pieces), y, notes);
                }
            }
            What::Note(Note::DuplicateAck(count)) if !many => {
                let color = if *count >= 3 { tokens.error } else { tokens.warn };
                let out = if event.side == Side::Client { -9.0 } else { 9.0 };
                marks::bead(painter, pos2(kernel + out, y), (*count).min(99), color, tokens.on_accent);
                if *count == 3 {
                    let text = tr!(self.lang, "lab.dup_acks", count = count).into_owned();
                    notes.push(Words { y, column: Self::beside(event.side), text, whole: None, color, bold: false });
                }
            }
            What::Note(Note::Departure(departure)) if !many => {
                let text = tr!(self.lang, "lab.departs").into_owned();
                let whole = Some(crate::words::departure(self.lang, *departure));
                notes.push(Words {
                    y,
                    column: Self::beside(event.side),
                    text,
                    whole,
                    color: tokens.faint,
                    bold: false,
                });
            }
            _ => {}
        }
    }

    /// A read that is worth a word: more than one message at once, or one that is late or came before.
    fn read(&self, lane: &Lane, event: &Event, numbers: &[u32], y: f32, notes: &mut Vec<Words>) {
        let tokens = self.tokens;
        let column = Self::beside(event.side);
        let what = words::list(self.lang, numbers);
        if lane.log.transport != Transport::Udp {
            if numbers.len() > 1 {
                let text = tr!(self.lang, "lab.read", what = what).into_owned();
                notes.push(Words { y, column, text, whole: None, color: tokens.ok, bold: true });
            }
            return;
        }
        let Some(fortune) = numbers.first().and_then(|n| lane.fortunes.get((*n as usize).wrapping_sub(1))) else {
            return;
        };
        let first = fortune.read_at.is_none_or(|read| read == event.at);
        let text = match (first, fortune.out_of_order || fortune.late) {
            (false, _) => tr!(self.lang, "lab.read_again", what = what),
            (true, true) => tr!(self.lang, "lab.read_late", what = what),
            (true, false) => return,
        };
        notes.push(Words { y, column, text: text.into_owned(), whole: None, color: tokens.muted, bold: false });
    }

    /// Below the last packet of UDP: the silence explained.
    fn nothing_more(&self, painter: &Painter, state: &LabState, lane: &Lane) {
        if lane.log.transport != Transport::Udp || lane.counters.missing == 0 || lane.log.end_at > self.now {
            return;
        }
        let missing = lane.fortunes.iter().zip(1..).filter(|(fortune, _)| fortune.read_at.is_none());
        let numbers: Vec<u32> = missing.map(|(_, number)| number).collect();
        let text = tr!(self.lang, "lab.nothing_more", what = words::list(self.lang, &numbers));
        let mut below = state.axis.y(lane.log.end_at) + 34.0;
        // Not on the words of a fold.
        let fold = state.axis.folds(below - 24.0, below + 24.0).next();
        below = fold.map_or(below, |fold| fold.top + super::axis::FOLD + 16.0);
        let at = pos2(self.grid.kernels.into_iter().sum::<f32>() / 2.0, below as f32 + self.down);
        let font = FontId::proportional(11.0);
        let galley = self.galley(painter, &text, font, self.tokens.muted, self.lane.width() - 24.0);
        let around = Rect::from_center_size(at, galley.size() + vec2(8.0, 2.0));
        painter.rect_filled(around, 0.0, self.tokens.panel);
        painter.galley(around.min + vec2(4.0, 1.0), galley, self.tokens.muted);
    }

    /// Words where there is room for them, from top to bottom.
    fn notes(&self, ui: &Ui, painter: &Painter, mut notes: Vec<Words>) {
        notes.retain(|note| note.y > self.lane.top() - LINE && note.y < self.lane.bottom() + LINE);
        notes.sort_by(|a, b| a.y.total_cmp(&b.y));
        for column in Column::ALL {
            let mut free = f32::MIN;
            let (x, right, width) = self.column(column);
            for (nth, note) in notes.iter().filter(|note| note.column == column).enumerate() {
                let top = (note.y - LINE / 2.0).max(free);
                // Moved further than this it would seem to belong to something else.
                if top - note.y > LINE {
                    continue;
                }
                free = top + LINE;
                let font = FontId::new(11.0, if note.bold { semibold() } else { egui::FontFamily::Proportional });
                let galley = self.galley(painter, &note.text, font, note.color, width);
                let left = if right { x } else { x - galley.size().x };
                let rect = Rect::from_min_size(pos2(left, top - 1.0), galley.size());
                painter.galley(rect.min, galley, note.color);
                let node =
                    ui.interact(rect.intersect(self.lane), self.id.with(("note", column as u8, nth)), Sense::hover());
                let whole = note.whole.as_deref().unwrap_or(&note.text);
                node.widget_info(|| WidgetInfo::labeled(Role::Label, true, whole));
                node.on_hover_text(whole);
            }
        }
    }

    /// Where a column of words begins, whether it goes to the right, and how wide it may be.
    fn column(&self, column: Column) -> (f32, bool, f32) {
        let [client, server] = self.grid.kernels;
        let lane = self.lane.x_range();
        match (column, self.grid.programs) {
            (Column::Client, None) => (client - 18.0, false, client - 20.0 - self.grid.times),
            (Column::Client, Some([program, _])) => (client - 18.0, false, client - program - 22.0),
            (Column::Server, None) => (server + 9.0, true, lane.max - server - 11.0),
            (Column::Server, Some([_, program])) => (server + 9.0, true, program - server - 14.0),
            (Column::ClientProgram, programs) => {
                let x = programs.map_or(client, |[program, _]| program) - 6.0;
                (x, false, x - self.grid.times)
            }
            (Column::ServerProgram, programs) => {
                let x = programs.map_or(server, |[_, program]| program) + 6.0;
                (x, true, lane.max - x)
            }
        }
    }

    /// A line of text that is cut where there is no more room.
    #[expect(clippy::unused_self, reason = "it is about what a lane says")]
    fn galley(&self, painter: &Painter, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(20.0));
        painter.layout_job(job)
    }
}
