//! The ladder by keyboard: to the next or previous event, to the next error, to the table.

use egui::{Event, EventFilter, Id, Key, Modifiers, Ui};

use super::{COPIED, LadderState, show_row};
use crate::{
    gui::{Cx, Model, actions::Action, views::traffic::TrafficState},
    journal,
};

/// Takes the keys that were pressed while the ladder has the focus. `page` is the number of steps on screen.
pub fn keys_ui(ui: &Ui, cx: &mut Cx<'_>, state: &mut LadderState, traffic: &mut TrafficState, id: Id, page: usize) {
    if !ui.memory(|memory| memory.has_focus(id)) {
        return;
    }
    let selected = traffic.selected();
    let filter = EventFilter { vertical_arrows: true, escape: selected.is_some(), ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let page = page.max(1).cast_signed();
    for (key, by) in [(Key::ArrowUp, -1), (Key::ArrowDown, 1), (Key::PageUp, -page), (Key::PageDown, page)] {
        if pressed(key) {
            step(cx.model, state, traffic, by);
        }
    }
    if pressed(Key::Home)
        && let Some(first) = state.drawn.index.seq(0)
    {
        select(state, traffic, first);
    }
    if pressed(Key::End) {
        state.follow();
    }
    if pressed(Key::Escape) {
        traffic.select(None);
    }
    if pressed(Key::Enter)
        && let Some(seq) = selected
    {
        show_row(cx, traffic, seq);
    }
    let copies = ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)));
    if copies && state.drawn.index.len() <= COPIED {
        cx.actions.push(Action::Copy(state.drawn.index.whole(&cx.model.journal, traffic.datagrams()).text()));
    }
}

/// Selects the step `by` places further down (or up).
pub fn step(model: &Model, state: &mut LadderState, traffic: &mut TrafficState, by: isize) {
    let Some(last) = state.drawn.index.len().checked_sub(1) else { return };
    let selected = traffic.selected().and_then(|seq| state.drawn.index.place(&model.journal, seq));
    let next = match selected.or(state.replay_place()) {
        Some(at) => at.saturating_add_signed(by).min(last),
        // Without a selection the keys start at the end, where the news is.
        None => last,
    };
    if let Some(seq) = state.drawn.index.seq(next) {
        select(state, traffic, seq);
    }
}

/// Selects the next step that failed, from the selected one on and then from the beginning.
pub fn next_error(model: &Model, state: &mut LadderState, traffic: &mut TrafficState) {
    let index = &state.drawn.index;
    let selected = traffic.selected().and_then(|seq| index.place(&model.journal, seq));
    let from = selected.map_or(0, |at| at + 1);
    let failed = |place: &usize| {
        let row = index.seq(*place).and_then(|seq| model.journal.row(seq));
        row.is_some_and(|row| matches!(row.record.event, journal::Event::Failed { .. }))
    };
    let found = (from..index.len()).chain(0..from.min(index.len())).find(failed);
    if let Some(seq) = found.and_then(|place| index.seq(place)) {
        select(state, traffic, seq);
    }
}

/// Selects a row, here and in the table, and brings it into sight in both.
pub fn select(state: &mut LadderState, traffic: &mut TrafficState, seq: u64) {
    traffic.select(Some(seq));
    state.selected = Some(seq);
    state.place.show(seq);
    state.stop();
}
