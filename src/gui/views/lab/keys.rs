//! The ladders by keyboard: from packet to packet, what happens to it, and moving in time.

use egui::{Event, EventFilter, Id, Key, Modifiers, Ui, pos2};

use super::{Chosen, LabState, menu::Menu, words};
use crate::{
    gui::{Cx, actions::Action},
    sim::{Act, PacketId},
};

/// Takes the keys that were pressed while the ladders have the focus.
pub fn keys_ui(ui: &Ui, cx: &mut Cx<'_>, state: &mut LabState, id: Id) {
    if !ui.memory(|memory| memory.has_focus(id)) || state.menu.is_some() {
        return;
    }
    let filter = EventFilter {
        vertical_arrows: true,
        horizontal_arrows: true,
        escape: state.selected.is_some(),
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    for (key, by) in [(Key::ArrowUp, -1), (Key::ArrowDown, 1), (Key::PageUp, -10), (Key::PageDown, 10)] {
        if pressed(key) {
            state.choose(by);
        }
    }
    for (key, lane) in [(Key::ArrowLeft, 0), (Key::ArrowRight, 1)] {
        if pressed(key) {
            state.change_lane(lane);
        }
    }
    if pressed(Key::Space) {
        state.toggle_play();
    }
    for (key, forward) in [(Key::Period, true), (Key::Comma, false)] {
        if pressed(key) {
            state.step(forward);
        }
    }
    for (key, again) in [(Key::N, false), (Key::R, true)] {
        if pressed(key) {
            state.jump(again);
        }
    }
    if pressed(Key::Home) {
        state.go_to(0);
    }
    if pressed(Key::End) {
        state.play.show_end();
        state.follow();
    }
    if pressed(Key::Escape) {
        state.selected = None;
    }
    if let Some(chosen) = state.selected {
        let acts = [(Key::L, Act::Lose), (Key::D, Act::Duplicate), (Key::C, Act::Corrupt), (Key::S, Act::Spare)];
        let later = state.later();
        for (key, act) in acts.into_iter().chain([(Key::Y, Act::Delay(later))]) {
            if pressed(key)
                && let Some(name) = state.name(chosen)
            {
                state.edit(name, act);
            }
        }
        if pressed(Key::Enter) {
            let rect = ui.max_rect();
            state.menu = Some(Menu::at(chosen, pos2(rect.center().x, rect.top() + 60.0)));
        }
    }
    let copies = ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)));
    if copies && let Some(pair) = state.drawn.pair() {
        cx.actions.push(Action::Copy(words::told(cx.lang, &pair.lanes)));
    }
}

impl LabState {
    /// Chooses the packet `by` places further down in its lane.
    fn choose(&mut self, by: isize) {
        let Some(pair) = self.drawn.pair() else { return };
        let lane = self.selected.map_or(0, |chosen| chosen.lane);
        let Some(shown) = pair.lanes.get(lane) else { return };
        let Some(last) = shown.log.packets.len().checked_sub(1) else { return };
        let next = if let Some(chosen) = self.selected {
            chosen.packet.index().saturating_add_signed(by).min(last)
        } else {
            let top = self.axis.time(f64::from(self.scrolled));
            shown.index.ways_between(top, u64::MAX).next().map_or(0, |way| way.packet.index())
        };
        self.select(Chosen { lane, packet: PacketId(next as u32) });
    }

    /// To the packet of the other lane that is sent at about the same time.
    fn change_lane(&mut self, lane: usize) {
        let Some(chosen) = self.selected.filter(|chosen| chosen.lane != lane) else { return };
        let Some(pair) = self.drawn.pair() else { return };
        let Some(sent) = pair.lanes.get(chosen.lane).and_then(|lane| lane.log.packet(chosen.packet)).map(|p| p.sent)
        else {
            return;
        };
        let Some(packets) = pair.lanes.get(lane).map(|lane| &lane.log.packets) else { return };
        let index = packets.partition_point(|packet| packet.sent < sent).min(packets.len().saturating_sub(1));
        if !packets.is_empty() {
            self.select(Chosen { lane, packet: PacketId(index as u32) });
        }
    }

    /// Chooses a packet and brings it into sight, in time as well.
    pub(super) fn select(&mut self, chosen: Chosen) {
        self.selected = Some(chosen);
        let Some(pair) = self.drawn.pair() else { return };
        let Some(packet) = pair.lanes.get(chosen.lane).and_then(|lane| lane.log.packet(chosen.packet)) else { return };
        let (top, bottom) = (self.axis.y(packet.sent) as f32, self.axis.y(packet.ended) as f32);
        if top < self.scrolled || bottom > self.scrolled + self.height {
            self.scroll_to = Some((top - self.height * 0.3).max(0.0));
        }
        let (now, end) = (self.play.now(pair.end), pair.end);
        if packet.ended > now {
            self.play.go_to(packet.ended.min(end), end);
        }
    }
}
