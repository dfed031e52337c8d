//! The keys of the lanes: from call to call, from one lane to the other, larger and smaller.

use egui::{Event, EventFilter, Key, Modifiers, Ui};

use super::{Ground, window::Window};

/// Where a key moves the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    By(isize),
    First,
    Last,
    Other,
}

pub(super) fn keys_ui(ui: &Ui, ground: &Ground, window: &mut Window, most: f64) -> Option<Step> {
    if !ground.focused {
        return None;
    }
    let id = ui.scope_id().with("lanes");
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let typed = |text| ui.input(|input| input.events.iter().any(|e| matches!(e, Event::Text(typed) if typed == text)));
    for (larger, sign) in [(true, "+"), (false, "-")] {
        if typed(sign) {
            window.step(&ground.placed, larger, most);
        }
    }
    let steps = [
        (Key::ArrowLeft, Step::By(-1)),
        (Key::ArrowRight, Step::By(1)),
        (Key::Home, Step::First),
        (Key::End, Step::Last),
        (Key::ArrowUp, Step::Other),
        (Key::ArrowDown, Step::Other),
    ];
    steps.into_iter().find(|(key, _)| pressed(*key)).map(|(_, step)| step)
}

/// The place that a step leads to, of so many.
pub(super) fn stepped(at: usize, count: usize, step: Step) -> usize {
    let last = count.saturating_sub(1);
    match step {
        Step::By(by) => at.saturating_add_signed(by).min(last),
        Step::First => 0,
        Step::Last | Step::Other => last,
    }
}
