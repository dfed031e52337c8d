//! The numbers below the table: what is on show and, exactly, what is not.

use egui::{Align, Layout, RichText, Ui};

use super::{TrafficState, count_rows, keys::COPIED};
use crate::{
    gui::{Cx, theme::TokensExt as _, tr},
    journal::{Kind, SocketId},
    words::number::{grouped, size},
};

/// Room that the reminder of where the reader is needs; the button for it is in the head anyway.
const ROOM_FOR_HINT: f32 = 260.0;

/// One line: rows shown, rows that left, rows not shown, datagrams cut, drops of the kernel; at its end how many
/// came while the table is paused.
pub fn status_ui(ui: &mut Ui, cx: &Cx<'_>, state: &TrafficState) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    let lost = Lost::of(cx, state);
    let journal = &cx.model.journal;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        ui.label(RichText::new(count_rows(lang, state.shown.len())).small().color(tokens.muted));
        let number = |ui: &mut Ui, count: u64, text: &str, tip: &str| {
            let color = if count == 0 { tokens.faint } else { tokens.warn };
            ui.label(RichText::new(text).small().color(color)).on_hover_text(tip);
        };
        let gone = journal.gone();
        let budget = size(journal.budget().bytes as u64);
        let text = tr!(lang, "traffic.gone", count = grouped(gone));
        number(ui, gone, &text, &tr!(lang, "traffic.gone_hint", budget = budget));
        let text = tr!(lang, "traffic.not_shown", count = grouped(lost.not_shown));
        number(ui, lost.not_shown, &text, &tr!(lang, "traffic.not_shown_hint"));
        if lost.udp {
            let text = tr!(lang, "traffic.cut", count = grouped(lost.cut));
            number(ui, lost.cut, &text, &tr!(lang, "traffic.cut_hint"));
            let text = tr!(lang, "traffic.dropped", count = grouped(lost.dropped));
            number(ui, lost.dropped, &text, &tr!(lang, "traffic.dropped_hint"));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let selected = state.selection.map_or(0, |selection| selection.count(&state.shown));
            let text = if selected > COPIED {
                tr!(lang, "traffic.copy_too_many", limit = grouped(COPIED as u64))
            } else if selected > 1 {
                tr!(lang, "traffic.selected", count = count_rows(lang, selected))
            } else if state.scroll.is_paused() {
                tr!(lang, "traffic.waiting", count = grouped(state.shown.waiting() as u64))
            } else if state.shown.is_searching() {
                tr!(lang, "traffic.searching")
            } else if !state.scroll.follows() && ui.available_width() > ROOM_FOR_HINT {
                tr!(lang, "traffic.not_following")
            } else {
                return;
            };
            ui.label(RichText::new(text).small().color(tokens.muted));
        });
    });
}

/// What the sockets on show lost, by their own counters.
#[derive(Default)]
struct Lost {
    not_shown: u64,
    cut: u64,
    dropped: u64,
    udp: bool,
}

impl Lost {
    fn of(cx: &Cx<'_>, state: &TrafficState) -> Self {
        let model = cx.model;
        let mut lost = Self::default();
        let mut add = |id: SocketId| {
            lost.cut += state.marks.cut(id);
            lost.udp |= model.sockets.get(id).is_some_and(|entry| entry.kind == Kind::UdpSocket);
            if let Some(meter) = model.meter(id) {
                lost.not_shown += meter.totals().rows_not_shown;
                lost.dropped += meter.totals().kernel_drops;
            }
        };
        let concerned = |id: &SocketId| state.shown.matcher().concerns(*id);
        model.sockets.iter().map(|entry| entry.id).filter(concerned).for_each(&mut add);
        lost
    }
}
