//! The lab: the same messages over the same bad link, TCP on the left, UDP on the right, one clock.
//!
//! The picture keeps no truth: a run (messages, knobs, seed, changes by hand) gives two logs, and what is drawn, counted and
//! told is read from them. Playing is an index into the logs. A run is made again when a knob moves, which takes less than a
//! millisecond for nearly all, and never in a frame that brought nothing new.
//!
//! ```text
//! axis  geometry  play    pure: where things stand, and when       drawn  the two logs, and what is read off them
//! index groups            pure: what is in sight, and what of it is too dense to be drawn one by one
//! head  knobs     bar     title, sliders, moving in time           side   predictions, changes by hand
//! paint scene     notes   the two ladders, a lane of them, the words beside it
//! marks lifelines menu    arrows, what stands beside lifelines     below  what was read, counters, plot
//! build judge             reliability on UDP, and what 200 seeds say
//! ```

mod axis;
mod bar;
mod below;
mod build;
mod counters;
mod drawn;
mod geometry;
mod groups;
mod head;
mod index;
mod judge;
mod keys;
mod knobs;
mod lifelines;
mod marks;
mod menu;
mod notes;
mod paint;
mod play;
mod plot;
mod save;
mod scene;
mod side;
mod stream;
mod words;

use egui::{CentralPanel, Frame, Margin, Panel, ScrollArea, Ui};

use self::{
    axis::Axis,
    below::Tab,
    build::BuildState,
    drawn::{Drawn, Wanted},
    head::HeadState,
    menu::Menu,
    play::Play,
    side::SideState,
};
use super::Cx;
use crate::{
    gui::theme::TokensExt as _,
    sim::{Act, Chance, Edit, Knobs, LinkKnobs, Name, PacketId, Run, Workload},
};

/// From this width on the column at the right is open.
const WIDE: f32 = 1_200.0;
/// Below this height the page is scrolled as a whole.
const LOW: f32 = 560.0;
/// Width of the column at the right.
const SIDE: f32 = 288.0;

/// What the lab keeps from one frame to the next.
pub struct LabState {
    run: Run,
    drawn: Drawn,
    play: Play,
    shown: Shown,
    axis: Axis,
    /// What the axis was made for.
    axis_for: Option<AxisFor>,
    selected: Option<Chosen>,
    menu: Option<Menu>,
    /// Whether the ladders take the focus back from a menu that was closed.
    refocus: bool,
    tab: Tab,
    head: HeadState,
    side: SideState,
    build: BuildState,
    /// Whether the column at the right was opened or closed by the user.
    side_wanted: Option<bool>,
    /// How far the ladders are scrolled, their height on the screen, and where they are to be next.
    scrolled: f32,
    height: f32,
    scroll_to: Option<f32>,
    /// A moment that is to stand so far down from the top of the picture when the axis is another one.
    anchor: Option<(u64, f32)>,
}

/// How the ladders are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    folded: bool,
    four: Option<bool>,
    /// Halves of doublings of the time axis.
    zoom: i8,
}

/// A packet of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chosen {
    lane: usize,
    packet: PacketId,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct AxisFor {
    made: u64,
    folded: bool,
    zoom: i8,
    height: f32,
}

impl Default for LabState {
    fn default() -> Self {
        Self {
            run: opening(),
            drawn: Drawn::default(),
            play: Play::default(),
            shown: Shown { folded: true, four: None, zoom: 0 },
            axis: Axis::default(),
            axis_for: None,
            selected: None,
            menu: None,
            refocus: false,
            tab: Tab::default(),
            head: HeadState::default(),
            side: SideState::default(),
            build: BuildState::default(),
            side_wanted: None,
            scrolled: 0.0,
            height: 400.0,
            scroll_to: None,
            anchor: None,
        }
    }
}

/// What one finds here first.
fn opening() -> Run {
    let link = LinkKnobs {
        delay: 40_000,
        jitter: 12_000,
        loss: Chance::percent(15.0),
        duplicate: Chance::percent(5.0),
        reorder: Chance::percent(10.0),
        reorder_by: 60_000,
        rate: Some(1_000_000),
        ..LinkKnobs::default()
    };
    let workload = Workload::Messages { count: 6, size: 100, gap: 13_000 };
    Run { workload, knobs: Knobs { link, ..Knobs::default() }, seed: 201, ..Run::default() }
}

impl LabState {
    /// The run that is on show.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Shows another run, from its end; it is of no level.
    pub fn show(&mut self, run: Run) {
        self.build.level = None;
        self.show_run(run);
    }

    fn show_run(&mut self, run: Run) {
        self.run = run;
        self.play.show_end();
        (self.selected, self.menu) = (None, None);
        self.scroll_to = Some(0.0);
    }

    /// How often a run was made: not in frames that brought nothing new.
    pub fn times(&self) -> u64 {
        self.drawn.times()
    }

    /// When the run ends, and which moment is on show.
    fn moment(&self) -> (u64, u64) {
        let end = self.drawn.pair().map_or(0, |pair| pair.end);
        (self.play.now(end), end)
    }

    /// Does something to a packet, or takes it back if it was done.
    fn edit(&mut self, packet: Name, act: Act) {
        let edit = Edit { packet, act };
        if let Some(index) = self.run.edits.iter().position(|other| *other == edit) {
            self.run.edits.remove(index);
        } else {
            // What contradicts it goes.
            let contradicts = |other: &Edit| {
                other.packet == packet
                    && matches!((other.act, act), (Act::Lose, Act::Spare) | (Act::Spare, Act::Lose | Act::Corrupt))
            };
            self.run.edits.retain(|other| !contradicts(other));
            self.run.edits.push(edit);
        }
    }

    /// Makes what is on show.
    fn sync(&mut self, ui: &Ui) {
        let wanted = Wanted { run: self.run.clone() };
        self.drawn.sync(ui.ctx(), &wanted);
        let Some(pair) = self.drawn.pair() else { return };
        let axis_for =
            AxisFor { made: self.drawn.times(), folded: self.shown.folded, zoom: self.shown.zoom, height: self.height };
        if self.axis_for != Some(axis_for) {
            let (idle, busy) =
                if self.shown.folded { (pair.idle.as_slice(), pair.busy()) } else { (&[][..], pair.end) };
            let fitting = axis::fitting(busy, idle.len(), self.run.knobs.link.delay, f64::from(self.height));
            let scale = fitting * 2_f64.powf(f64::from(self.shown.zoom) / 2.0);
            self.axis = Axis::new(idle, pair.end, scale);
            self.axis_for = Some(axis_for);
            if let Some((moment, down)) = self.anchor.take() {
                self.scroll_to = Some((self.axis.y(moment) as f32 - down).max(0.0));
            }
        }
        if self.play.is_playing() {
            let passed = f64::from(ui.input(|input| input.stable_dt)).min(0.1);
            self.play.advance(passed, &self.axis, pair.end, pair.busy());
            if self.play.is_playing() {
                ui.request_repaint();
            }
            self.follow();
        }
    }

    /// Scrolls so that the present moment is in sight.
    fn follow(&mut self) {
        let (now, _) = self.moment();
        let y = self.axis.y(now) as f32;
        if y > self.scrolled + self.height * 0.9 || y < self.scrolled {
            self.scroll_to = Some((y - self.height * 0.35).max(0.0));
        }
    }

    fn go_to(&mut self, at: u64) {
        let (_, end) = self.moment();
        self.play.go_to(at, end);
        self.follow();
    }
}

/// Paints the lab.
pub fn lab_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    ui.spacing_mut().item_spacing.y = 0.0;
    if ui.available_height() < LOW {
        ScrollArea::vertical().id_salt("lab").auto_shrink(false).show(ui, |ui| {
            let size = egui::vec2(ui.available_width(), LOW);
            ui.allocate_ui(size, |ui| {
                ui.set_min_size(size);
                page_ui(ui, cx, state);
            });
        });
    } else {
        page_ui(ui, cx, state);
    }
}

fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    state.sync(ui);
    // Before the ladders: a click that opens it must not count as one beside it.
    menu::menu_ui(ui, cx, state);
    let flat = Frame::new().fill(ui.tokens().panel);
    let wide = ui.available_width() >= WIDE;
    Panel::top("lab_head").frame(flat.inner_margin(Margin { left: 16, right: 16, top: 12, bottom: 10 })).show(
        ui,
        |ui| {
            head::head_ui(ui, cx, state);
        },
    );
    state.keep_level();
    let side = state.side_wanted.unwrap_or(wide);
    if side {
        Panel::right("lab_side").exact_size(SIDE).resizable(false).frame(flat).show(ui, |ui| {
            side::side_ui(ui, cx, state);
        });
    }
    Panel::top("lab_bar").exact_size(36.0).frame(flat.inner_margin(Margin::symmetric(12, 0))).show(ui, |ui| {
        bar::bar_ui(ui, cx, state, side);
    });
    let low = ui.available_height() < 420.0;
    let below = if low { 132.0 } else { 188.0 };
    Panel::bottom("lab_below").exact_size(below).resizable(false).frame(flat).show(ui, |ui| {
        below::below_ui(ui, cx, state);
    });
    CentralPanel::no_frame().frame(flat).show(ui, |ui| paint::lanes_ui(ui, cx, state));
    // What was changed in this frame is made, and judged, in the next.
    if state.drawn.is_behind(&state.run) {
        ui.ctx().request_repaint();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{PacketKind, Side, Transport};
    #[test]
    fn what_one_finds_first_shows_each_thing_that_can_happen() {
        let run = opening();
        let (tcp, udp) = (run.over(Transport::Tcp).play(), run.over(Transport::Udp).play());
        let (tcp, udp) = (tcp.counters(), udp.counters());
        assert_eq!((tcp.lost, tcp.resent, tcp.whole), (1, 1, 6));
        assert_eq!((udp.lost, udp.missing, udp.twice, udp.late), (1, 1, 1, 2));
        assert!(tcp.last_byte < Some(500_000), "by a fast retransmit, not by the timer: {tcp:?}");
    }

    #[test]
    fn a_change_by_hand_is_taken_back_by_making_it_again() {
        let mut state = LabState::default();
        let packet = Name { from: Side::Client, kind: PacketKind::Data, number: 2, offset: 0, attempt: 1 };
        state.edit(packet, Act::Lose);
        state.edit(packet, Act::Duplicate);
        assert_eq!(state.run.edits.len(), 2);
        state.edit(packet, Act::Spare);
        let acts: Vec<_> = state.run.edits.iter().map(|edit| edit.act).collect();
        assert_eq!(acts, [Act::Duplicate, Act::Spare]);
        state.edit(packet, Act::Duplicate);
        state.edit(packet, Act::Spare);
        assert!(state.run.edits.is_empty());
    }
}
