//! The ladder by keyboard: to the next or previous event, to the next error, to the table.

use egui::{Event, EventFilter, Id, Key, Modifiers, Ui};

use super::{COPIED, LadderState, show_row};
use crate::{
    gui::{Cx, actions::Action, views::traffic::TrafficState},
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
            step(state, traffic, by);
        }
    }
    if pressed(Key::Home)
        && let Some(first) = state.drawn.ladder.steps.first()
    {
        select(state, traffic, first.seq);
    }
    if pressed(Key::End) {
        state.place = super::Place::default();
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
    if copies && state.drawn.ladder.steps.len() <= COPIED {
        cx.actions.push(Action::Copy(state.drawn.ladder.text()));
    }
}

/// Selects the step `by` places further down (or up).
fn step(state: &mut LadderState, traffic: &mut TrafficState, by: isize) {
    let steps = &state.drawn.ladder.steps;
    let Some(last) = steps.len().checked_sub(1) else { return };
    let next = match traffic.selected().and_then(|seq| state.drawn.step_of(seq)) {
        Some(at) => at.saturating_add_signed(by).min(last),
        // Without a selection the keys start at the end, where the news is.
        None => last,
    };
    if let Some(step) = steps.get(next) {
        select(state, traffic, step.seq);
    }
}

/// Selects the next step that failed, from the selected one on and then from the beginning.
pub fn next_error(state: &mut LadderState, traffic: &mut TrafficState) {
    let steps = &state.drawn.ladder.steps;
    let from = traffic.selected().and_then(|seq| state.drawn.step_of(seq)).map_or(0, |at| at + 1);
    let failed = |step: &&journal::ladder::Step| matches!(step.event, journal::Event::Failed { .. });
    let found = steps.iter().skip(from).find(failed).or_else(|| steps.iter().find(failed));
    if let Some(seq) = found.map(|step| step.seq) {
        select(state, traffic, seq);
    }
}

/// Selects a row, here and in the table, and brings it into sight in both.
pub fn select(state: &mut LadderState, traffic: &mut TrafficState, seq: u64) {
    traffic.select(Some(seq));
    state.place.show(seq);
}
