//! A lane in a frame: its times and lifelines, its packets as arrows or in groups, and what one points at.

use egui::{Align2, Color32, FontId, Id, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{
    Chosen, LabState,
    axis::FOLD,
    drawn::Lane,
    geometry::{self, Arrow, Band, Grid},
    groups::{self, Group, MANY, Sight, View},
    marks::{self, Look, Tip},
    menu,
    notes::{self, Column, Words},
    words,
};
use crate::{
    gui::{
        theme::{Tokens, TokensExt as _, icons},
        tr,
    },
    sim::{End, Micros, Packet, PacketId, PacketKind, Side, Transport},
    words::{Lang, number::grouped},
};

/// What was asked for in a lane.
pub enum Wish {
    /// The menu of a packet.
    Open(Chosen, Pos2),
    /// Time stretched by so many halves of doublings around this moment, which stands there.
    Stretch(i8, Micros, f32),
    /// Nothing is chosen any more.
    Leave,
}

/// A lane in a frame.
pub struct Scene<'t> {
    pub(super) lang: Lang,
    pub(super) tokens: &'static Tokens,
    pub(super) state: &'t LabState,
    pub(super) shown: &'t Lane,
    index: usize,
    pub(super) grid: Grid,
    pub(super) lane: Rect,
    /// Added to a height of the axis to be on screen.
    down: f32,
    pub(super) view: View<'t>,
    pub(super) now: Micros,
}

impl<'t> Scene<'t> {
    /// The lane with this index, as far as `body` shows it when it is scrolled down so far.
    pub fn new(
        ui: &Ui,
        lang: Lang,
        state: &'t LabState,
        index: usize,
        grid: Grid,
        body: Rect,
        scrolled: f32,
    ) -> Option<Self> {
        let shown = state.drawn.pair()?.lanes.get(index)?;
        let lane = Rect::from_x_y_ranges(grid.lane, body.y_range());
        let (top, height) = (f64::from(scrolled), f64::from(body.height()));
        let (now, _) = state.moment();
        let (from, to) = (state.axis.time(top - 20.0), state.axis.time(top + height + 20.0));
        let delays = Side::BOTH.map(|side| state.run.knobs.direction(side).delay);
        let view = View { axis: &state.axis, from, to: to.min(now), now, delays };
        let down = body.top() - scrolled;
        Some(Self { lang, tokens: ui.tokens(), state, shown, index, grid, lane, down, view, now })
    }

    pub(super) fn y(&self, at: Micros) -> f32 {
        self.state.axis.y(at) as f32 + self.down
    }

    /// Paints it.
    pub fn ui(&self, ui: &Ui, id: Id) -> Option<Wish> {
        let painter = ui.painter_at(self.lane);
        let background = ui.interact(self.lane, id, Sense::click());
        self.background(&painter);
        self.waiting(&painter);
        let mut notes = Vec::new();
        let sight = Sight::of(&self.shown.index, &self.view);
        self.spans(&painter, sight.is_grouped(), &mut notes);
        let chosen = self.state.selected.filter(|chosen| chosen.lane == self.index).map(|chosen| chosen.packet);
        let arrows = self.arrows(&sight, chosen);
        let bands: Vec<(&Group, Band)> = sight.groups.iter().map(|group| (group, self.band(group))).collect();

        let free = self.state.menu.is_none() && !egui::Popup::is_any_open(ui.ctx());
        let pointer = ui.input(|input| input.pointer.hover_pos());
        let pointer = pointer.filter(|pos| free && self.lane.contains(*pos) && ui.rect_contains_pointer(self.lane));
        let pointed = pointer.and_then(|pos| geometry::pointed_at(arrows.iter().map(|(p, a)| (p.id, a)), pos));
        let within =
            pointer.filter(|_| pointed.is_none()).and_then(|pos| geometry::band_at(&bands, pos, self.y(self.now)));
        let over = within.and_then(|at| bands.get(at)).map(|(group, _)| *group);

        for (group, band) in &bands {
            self.group(&painter, group, band, over == Some(*group));
        }
        for (packet, arrow) in &arrows {
            self.arrow(&painter, packet, arrow, Some(packet.id) == chosen, Some(packet.id) == pointed, &mut notes);
        }
        let labels: Vec<_> = bands.iter().map(|(group, band)| self.label(&painter, group, band)).collect();
        self.marks(ui, &painter, id, sight.is_grouped(), &mut notes);
        self.nothing_more(&painter);
        notes::notes_ui(ui, &painter, &self.grid, self.lane, id, notes);

        let clicked = self.nodes(ui, id, &arrows, chosen);
        let opened = self.group_nodes(ui, id, &bands, &labels);
        if let Some(packet) = pointed.and_then(|packet| self.shown.log.packet(packet)) {
            let encoding = self.state.run.workload.encoding();
            tip(ui, id, |ui| menu::explain_ui(ui, self.lang, &self.shown.log, packet, self.now, encoding));
        } else if let Some(group) = over {
            tip(ui, id, |ui| {
                ui.set_max_width(300.0);
                ui.label(groups::said(self.lang, group));
                crate::gui::widgets::hint(ui, self.hint(group));
            });
        }
        let open = |packet: PacketId| {
            let (_, arrow) = arrows.iter().find(|(other, _)| other.id == packet)?;
            Some(Wish::Open(Chosen { lane: self.index, packet }, pointer.unwrap_or(arrow.middle().center())))
        };
        match (clicked, opened, background.clicked()) {
            // Where arrows cross the nearest is meant.
            (Some(packet), ..) => open(pointed.unwrap_or(packet)),
            (None, Some(at), _) => bands.get(at).map(|(group, band)| self.enter(group, band, &sight, pointer)),
            (None, None, true) => match (pointed, within.and_then(|at| bands.get(at))) {
                (Some(packet), _) => open(packet),
                (None, Some((group, band))) => Some(self.enter(group, band, &sight, pointer)),
                (None, None) => Some(Wish::Leave),
            },
            (None, None, false) => None,
        }
    }

    /// The packets that are drawn one by one; the one that is chosen is, wherever it stands.
    fn arrows(&self, sight: &Sight, chosen: Option<PacketId>) -> Vec<(&'t Packet, Arrow)> {
        let log = &self.shown.log;
        let also = chosen.filter(|chosen| !sight.alone.contains(chosen)).and_then(|chosen| log.packet(chosen));
        let also = also.filter(|packet| packet.left <= self.view.to && packet.ended >= self.view.from);
        let place = |packet: &'t Packet| {
            let delay = self.view.delays.get(packet.from().index()).copied().unwrap_or(0);
            (packet, Arrow::new(packet, &self.grid, &self.state.axis, delay).moved(self.down))
        };
        sight.alone.iter().filter_map(|id| log.packet(*id)).chain(also).map(place).collect()
    }

    /// Times, folds, lifelines.
    fn background(&self, painter: &Painter) {
        let (tokens, axis) = (self.tokens, &self.state.axis);
        let [left, right] = self.grid.kernels;
        let (top, bottom) = (f64::from(self.lane.top() - self.down), f64::from(self.lane.bottom() - self.down));
        for at in axis.labels(top, bottom) {
            let y = self.y(at);
            let pos = pos2(self.grid.times - 8.0, y);
            painter.text(pos, Align2::RIGHT_CENTER, words::moment(at), FontId::monospace(11.0), tokens.faint);
            painter.hline(left..=right, y, Stroke::new(1.0, tokens.line.gamma_multiply(0.6)));
        }
        let mut lines = vec![left, right];
        lines.extend(self.grid.programs.into_iter().flatten());
        for x in lines {
            painter.vline(x, self.lane.y_range(), Stroke::new(1.5, tokens.line));
        }
        for fold in axis.folds(top, bottom) {
            let y = fold.top as f32 + self.down + FOLD as f32 / 2.0;
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

    /// When packets wait for their turn on the link.
    fn waiting(&self, painter: &Painter) {
        for side in Side::BOTH {
            let x = self.grid.kernel(side);
            for (since, until) in self.shown.index.waiting_between(side, self.view.from, self.view.to) {
                // Only what is in sight: a queue may last for the whole of a run.
                let top = self.y(since.max(self.view.from));
                let bottom = self.y(until.min(self.view.to));
                painter.extend(Shape::dotted_line(&[pos2(x, top), pos2(x, bottom)], self.tokens.warn, 4.0, 1.0));
            }
        }
    }

    fn arrow(
        &self,
        painter: &Painter,
        packet: &Packet,
        arrow: &Arrow,
        chosen: bool,
        pointed: bool,
        notes: &mut Vec<Words>,
    ) {
        let tokens = self.tokens;
        let Some((drawn, all)) = arrow.until(self.y(self.now)) else { return };
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
            width: if packet.name.kind == PacketKind::Ack { 1.1 } else { 2.0 },
            dashed: packet.resent.is_some(),
            double: packet.copy_of.is_some(),
            zigzag: packet.damaged.is_some(),
            tip,
        };
        marks::arrow(painter, &drawn, &look);
        if let (End::Lost(_), true) = (packet.end, ended) {
            marks::cross(painter, drawn.to, tokens.error);
        }
        if control && packet.name.kind != PacketKind::Ack || packet.name.kind == PacketKind::Ack && self.opens(packet) {
            self.word(painter, &drawn, packet);
        }
        let column = Column::beside(packet.from().other());
        if let (Some(text), true) = (words::again(self.lang, packet), ended) {
            notes.push(Words::new(arrow.to.y, column, text, tokens.muted));
        }
        if let (End::Discarded(why), true) = (packet.end, ended) {
            notes.push(Words::new(arrow.to.y, column, words::discard_words(self.lang, why), tokens.error));
        }
    }

    /// Whether an ACK is the third packet of the handshake, which has its name above it.
    fn opens(&self, packet: &Packet) -> bool {
        self.shown.log.transport == Transport::Tcp
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

    /// Each packet has a name, and can be clicked.
    fn nodes(&self, ui: &Ui, id: Id, arrows: &[(&Packet, Arrow)], chosen: Option<PacketId>) -> Option<PacketId> {
        let mut clicked = None;
        for (packet, arrow) in arrows {
            let node = ui.interact(arrow.middle().intersect(self.lane), id.with(("packet", packet.id.0)), Sense::CLICK);
            let selected = Some(packet.id) == chosen;
            node.widget_info(|| {
                WidgetInfo::selected(Role::ListItem, true, selected, words::said(self.lang, packet, self.now))
            });
            if node.clicked() {
                clicked = Some(packet.id);
            }
        }
        // One that is chosen and off the screen is still named.
        if let Some(packet) = chosen.and_then(|chosen| self.shown.log.packet(chosen))
            && packet.sent <= self.now
            && !arrows.iter().any(|(other, _)| other.id == packet.id)
        {
            let node = ui.interact(self.lane.with_max_y(self.lane.top()), id.with("chosen"), Sense::hover());
            node.widget_info(|| {
                WidgetInfo::selected(Role::ListItem, true, true, words::said(self.lang, packet, self.now))
            });
        }
        clicked
    }

    fn band(&self, group: &Group) -> Band {
        let (begin, end) = (self.grid.kernel(group.from), self.grid.kernel(group.from.other()));
        let from = (self.y(group.left.0), self.y(group.left.2));
        match (group.lands, group.died) {
            (Some((first, last)), _) => Band::new((begin, end), from, (self.y(first), self.y(last))),
            (None, Some((far, at))) => Band::new((begin, begin + (end - begin) * far), from, (self.y(at), self.y(at))),
            // All of them will be lost, and nobody knows yet.
            (None, None) => Band::new((begin, begin + (end - begin) * 0.06), from, from),
        }
    }

    /// Packets that cannot be told apart: an area from the first to the last of them, crosses where they died.
    fn group(&self, painter: &Painter, group: &Group, band: &Band, pointed: bool) {
        let tokens = self.tokens;
        // What is to come is not drawn.
        let until = self.lane.with_max_y(self.y(self.now).clamp(self.lane.top(), self.lane.bottom()));
        let past = painter.with_clip_rect(painter.clip_rect().intersect(until));
        let color = if group.sums.acks == group.sums.packets { tokens.faint } else { tokens.muted };
        let [first, last] = band.edges();
        let area = vec![first[0], first[1], last[1], last[0]];
        let fill = color.gamma_multiply(if pointed { 0.45 } else { 0.2 });
        past.add(Shape::convex_polygon(area, fill, Stroke::NONE));
        for edge in [first, last] {
            past.line_segment(edge, Stroke::new(1.2, color));
        }
        if group.sums.resent > 0 {
            past.extend(Shape::dashed_line(&band.middle_line(), Stroke::new(2.0, color), 5.0, 3.0));
        }
        if group.lands.is_some() {
            marks::head(&past, last[0], last[1], color, 1.2, true);
        }
        if let Some((far, at)) = group.died {
            let (begin, end) = (self.grid.kernel(group.from), self.grid.kernel(group.from.other()));
            let at = pos2(begin + (end - begin) * far, self.y(at));
            marks::cross(painter, at, tokens.error);
            if group.sums.lost > 1 {
                let font = FontId::proportional(11.0);
                let text = grouped(u64::from(group.sums.lost));
                let galley = painter.layout_no_wrap(text, font, tokens.error);
                let rect = Rect::from_min_size(at + vec2(8.0, -galley.size().y / 2.0), galley.size());
                painter.rect_filled(rect.expand2(vec2(1.0, 0.0)), 2.0, tokens.panel.gamma_multiply(0.8));
                painter.galley(rect.min, galley, tokens.error);
            }
        }
    }

    /// How many a group is made of, near their sender, with what is not to be overlooked. Returns where it stands, in sight
    /// or not.
    fn label(&self, painter: &Painter, group: &Group, band: &Band) -> Option<Rect> {
        let tokens = self.tokens;
        let until = self.y(self.now);
        let in_sight = |at: &Pos2| self.lane.contains(*at) && at.y <= until;
        let at = [0.27, 0.5, 0.73, 0.95, 0.12, 0.0].into_iter().map(|part| band.at(part)).find(in_sight)?;
        let mut job = egui::text::LayoutJob::default();
        let mut push = |text: String, color| {
            job.append(&text, 0.0, egui::TextFormat::simple(FontId::proportional(11.0), color));
        };
        let count = |count: u32| grouped(u64::from(count));
        push(format!("×{}", count(group.sums.packets)), tokens.text);
        if group.sums.resent > 0 {
            push(format!(" {}{}", icons::REPEAT, count(group.sums.resent)), tokens.warn);
        }
        if group.sums.discarded > 0 {
            push(format!(" {}{}", icons::BAN, count(group.sums.discarded)), tokens.error);
        }
        let galley = painter.layout_job(job);
        let rect = Rect::from_center_size(at, galley.size() + vec2(6.0, 0.0));
        painter.rect_filled(rect, 3.0, tokens.panel.gamma_multiply(0.85));
        painter.galley(rect.min + vec2(3.0, 0.0), galley, tokens.text);
        Some(rect)
    }

    /// Each group has a name, and can be clicked. Returns the place of the one that was.
    fn group_nodes(&self, ui: &Ui, id: Id, bands: &[(&Group, Band)], labels: &[Option<Rect>]) -> Option<usize> {
        let mut clicked = None;
        for (nth, ((group, _), label)) in bands.iter().zip(labels).enumerate() {
            let rect = label.unwrap_or(self.lane.with_max_y(self.lane.top())).intersect(self.lane);
            let node = ui.interact(rect, id.with(("group", group.from.index(), group.row)), Sense::CLICK);
            node.widget_info(|| {
                let text = format!("{}. {}", groups::said(self.lang, group), self.hint(group));
                WidgetInfo::labeled(Role::ListItem, true, text)
            });
            if node.clicked() {
                clicked = Some(nth);
            }
        }
        clicked
    }

    /// Whether time can be stretched so that a group falls apart.
    fn parts(&self, group: &Group) -> bool {
        self.state.stretches() && !group.is_one_instant()
    }

    fn hint(&self, group: &Group) -> String {
        let hint =
            if self.parts(group) { tr!(self.lang, "lab_group.stretch") } else { tr!(self.lang, "lab_group.first") };
        hint.into_owned()
    }

    /// A click on a group: time is stretched until its packets stand apart, as far as that goes; else it opens the one
    /// that is most worth it.
    fn enter(&self, group: &Group, band: &Band, sight: &Sight, pointer: Option<Pos2>) -> Wish {
        let at = pointer.unwrap_or(band.at(0.27));
        if !self.parts(group) {
            return Wish::Open(Chosen { lane: self.index, packet: group.first }, at);
        }
        let many = (sight.seen as f32 / MANY as f32).max(group.sums.packets as f32 / 4.0);
        let by = (2.0 * many.max(1.5).log2()).ceil() as i8;
        let middle = u64::midpoint(group.left.0, group.left.1);
        Wish::Stretch(by, middle, self.y(middle).clamp(self.lane.top(), self.lane.bottom()))
    }

    /// Below the last packet of UDP: the silence explained.
    fn nothing_more(&self, painter: &Painter) {
        let lane = self.shown;
        if lane.log.transport != Transport::Udp || lane.counters.missing == 0 || lane.log.end_at > self.now {
            return;
        }
        let mut below = self.state.axis.y(lane.log.end_at) + 34.0;
        // Not on the words of a fold.
        let fold = self.state.axis.folds(below - 24.0, below + 24.0).next();
        below = fold.map_or(below, |fold| fold.top + FOLD + 16.0);
        let y = below as f32 + self.down;
        if !self.lane.y_range().expand(20.0).contains(y) {
            return;
        }
        let text = tr!(self.lang, "lab.nothing_more", what = words::list(self.lang, &lane.index.missing));
        // Between the times and the next lane.
        let room = egui::Rangef::new(self.grid.times, self.lane.right() - 8.0);
        let galley = notes::cut(painter, &text, FontId::proportional(11.0), self.tokens.muted, room.span() - 8.0);
        let size = galley.size() + vec2(8.0, 2.0);
        let middle = self.grid.kernels.into_iter().sum::<f32>() / 2.0;
        let left = (middle - size.x / 2.0).min(room.max - size.x).max(room.min);
        let around = Rect::from_min_size(pos2(left, y - size.y / 2.0), size);
        painter.rect_filled(around, 0.0, self.tokens.panel);
        painter.galley(around.min + vec2(4.0, 1.0), galley, self.tokens.muted);
    }
}

/// What is said of what one points at.
fn tip(ui: &Ui, id: Id, show: impl FnOnce(&mut Ui)) {
    ui.set_cursor_icon(egui::CursorIcon::PointingHand);
    egui::Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), id.with("tip"), egui::PopupAnchor::Pointer)
        .gap(14.0)
        .show(show);
}
