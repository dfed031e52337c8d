//! The table by keyboard, and what can be done with the selected rows.
//!
//! Keys are only taken while the table has the focus; a text field that has it keeps all of its own.

use egui::{Event, EventFilter, Id, Key, Modifiers, Ui};

use super::{TrafficState, shown::Selection};
use crate::{
    export::clip::{Clip, clip},
    gui::{Cx, actions::Action, tr, widgets::compact::menu_entry},
    journal::{Kind, Row},
    words::{self, number::grouped},
};

/// Rows that are copied at most: what goes through the clipboard has to fit into it, larger things are saved.
pub const COPIED: usize = 10_000;

/// Moves the selection, extends it, copies it. `page` is the number of rows on screen.
pub fn keys_ui(ui: &Ui, cx: &mut Cx<'_>, state: &mut TrafficState, table: Id, page: usize) {
    if !ui.memory(|memory| memory.has_focus(table)) {
        return;
    }
    let filter = EventFilter { vertical_arrows: true, escape: state.selection.is_some(), ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(table, filter));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let extended = |key| ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, key));

    let page = page.max(1).cast_signed();
    for (key, by) in [(Key::ArrowUp, -1), (Key::ArrowDown, 1), (Key::PageUp, -page), (Key::PageDown, page)] {
        // The longer combination first: egui ignores an extra Shift.
        if extended(key) {
            step(state, by, true);
        } else if pressed(key) {
            step(state, by, false);
        }
    }
    if pressed(Key::Home)
        && let Some(first) = state.shown.seq(0)
    {
        state.selection = Some(Selection::one(first));
        state.scroll.show(first);
    }
    if pressed(Key::End) {
        state.scroll.follow_end();
    }
    if pressed(Key::Escape) {
        state.selection = None;
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
        state.selection = Selection::all(&state.shown);
    }
    if ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy))) {
        copy(cx, state, Clip::Text);
    }
}

/// The entry of a menu that opens the encoding lens on the selected rows.
pub fn lens_entry(ui: &mut Ui, cx: &mut Cx<'_>, state: &TrafficState) {
    let taken = state.for_lens(cx.model);
    let text = tr!(cx.lang, "lens.open_rows");
    let entry = ui.add_enabled_ui(taken.is_some(), |ui| menu_entry(ui, false, &text)).inner;
    if entry.on_disabled_hover_text(tr!(cx.lang, "lens.no_row")).clicked() {
        cx.actions.push(Action::ShowLens(taken.map(Box::new)));
    }
}

/// The entries of a menu that put the selected rows on the clipboard.
pub fn copy_entries(ui: &mut Ui, cx: &mut Cx<'_>, state: &TrafficState) {
    let lang = cx.lang;
    let selected = state.selection.map_or(0, |selection| selection.count(&state.shown));
    let reason = if selected == 0 {
        tr!(lang, "traffic.copy_nothing")
    } else {
        tr!(lang, "traffic.copy_too_many", limit = grouped(COPIED as u64))
    };
    let entries = [
        (Clip::Text, tr!(lang, "traffic.copy_text")),
        (Clip::Hex, tr!(lang, "traffic.copy_hex")),
        (Clip::Dump, tr!(lang, "traffic.copy_dump")),
        (Clip::Python, tr!(lang, "traffic.copy_python")),
    ];
    for (form, text) in &entries {
        let entry = ui.add_enabled_ui((1..=COPIED).contains(&selected), |ui| menu_entry(ui, false, text)).inner;
        if entry.on_disabled_hover_text(reason.as_ref()).clicked() {
            copy(cx, state, *form);
        }
    }
}

fn copy(cx: &mut Cx<'_>, state: &TrafficState, form: Clip) {
    let Some(selection) = state.selection else { return };
    let model = cx.model;
    if selection.count(&state.shown) > COPIED {
        // The line of numbers says so.
        return;
    }
    let seqs: Vec<u64> = selection.seqs(&state.shown).collect();
    let mut text = clip(&model.journal, &model.sockets, seqs.iter().copied(), state.read_as.charset(model), form);
    if text.is_empty() {
        // Only calls are selected: what the table says of them is what there is to copy.
        let lines = seqs.iter().filter_map(|seq| model.journal.row(*seq)).map(|row| told(cx, &row));
        text = lines.collect::<Vec<_>>().join("\n");
    }
    if !text.is_empty() {
        cx.actions.push(Action::Copy(text));
    }
}

fn told(cx: &Cx<'_>, row: &Row<'_>) -> String {
    let kind = cx.model.sockets.get(row.record.socket).map_or(Kind::TcpConnection, |entry| entry.kind);
    format!("{} {}", words::call(cx.lang, row.record, kind), words::event(cx.lang, row, kind))
}

fn step(state: &mut TrafficState, by: isize, extend: bool) {
    let Some(last) = state.shown.len().checked_sub(1) else { return };
    let next = match state.selection {
        Some(selection) => selection.moved(&state.shown, by),
        // Without a selection the keys start at the end, where the news is.
        None => state.shown.seq(last),
    };
    let Some(seq) = next else { return };
    state.selection = Some(match state.selection {
        Some(selection) if extend => selection.to(seq),
        _ => Selection::one(seq),
    });
    state.scroll.show(seq);
}
