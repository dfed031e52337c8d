//! The numbers below the table: what is on show and, exactly, what is not.
//!
//! What is told is measured before anything is painted: texts never lie over one another.

use egui::{Align, Color32, Label, Layout, RichText, TextStyle, Ui, WidgetText};

use super::{TrafficState, count_rows, keys::COPIED};
use crate::{
    gui::{Cx, theme::TokensExt as _, tr},
    journal::{Kind, SocketId},
    words::number::{grouped, size},
};

/// Between two texts of the line.
const BETWEEN: f32 = 12.0;

/// A number that is told.
struct Told {
    count: u64,
    text: String,
    hint: String,
}

/// What stands below the table, as far as there is room: rows shown, rows that left, rows not shown, datagrams cut,
/// drops of the kernel; at its end where the reader is, or how many rows came while the table is paused.
pub struct Status {
    rows: String,
    told: Vec<Told>,
    at_end: Option<String>,
    /// Whether it needs a second line.
    two_lines: bool,
}

impl Status {
    /// Finds out what is to be told, and what of it fits into a line of this width. What is not zero is told in any case.
    pub fn of(ui: &Ui, cx: &Cx<'_>, state: &TrafficState, room: f32) -> Self {
        let width = |text: &str| {
            let text = WidgetText::from(text);
            text.into_galley(ui, Some(egui::TextWrapMode::Extend), f32::INFINITY, TextStyle::Small).size().x + BETWEEN
        };
        let rows = count_rows(cx.lang, state.shown.len());
        let mut told = numbers(cx, state);
        let at_end = at_end(cx, state);
        let own = width(&rows) + told.iter().map(|told| width(&told.text)).sum::<f32>();
        let Some((mut text, short)) = at_end else {
            let two_lines = fit(&mut told, own, room + BETWEEN, width) < 0.0;
            return Self { rows, told, at_end: None, two_lines };
        };
        let long = width(&text);
        if own + long > room
            && let Some(short) = short
        {
            text = short;
        }
        let left = fit(&mut told, own, room - width(&text), width);
        Self { rows, told, at_end: Some(text), two_lines: left < 0.0 }
    }

    /// How high it is.
    pub fn height(&self, low: bool) -> f32 {
        (if low { 18.0 } else { 24.0 }) + if self.two_lines { 16.0 } else { 0.0 }
    }

    /// Paints it.
    pub fn ui(&self, ui: &mut Ui) {
        let tokens = ui.tokens();
        let small = |text: &str, color: Color32| Label::new(RichText::new(text).small().color(color));
        ui.spacing_mut().item_spacing = egui::vec2(BETWEEN, 0.0);
        let line = |ui: &mut Ui| {
            ui.add(small(&self.rows, tokens.muted).extend());
            for told in &self.told {
                let color = if told.count == 0 { tokens.faint } else { tokens.warn };
                ui.add(small(&told.text, color).extend()).on_hover_text(&told.hint);
            }
        };
        if self.two_lines {
            ui.add_space(2.0);
            ui.horizontal_wrapped(|ui| {
                line(ui);
                if let Some(text) = &self.at_end {
                    ui.add(small(text, tokens.muted).extend());
                }
            });
            return;
        }
        ui.horizontal_centered(|ui| {
            line(ui);
            if let Some(text) = &self.at_end {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(small(text, tokens.muted).extend()));
            }
        });
    }
}

/// Takes zeros away, the last first, until the rest fits. Returns how much room is left.
fn fit(told: &mut Vec<Told>, own: f32, room: f32, width: impl Fn(&str) -> f32) -> f32 {
    let mut left = room - own;
    while left < 0.0
        && let Some(zero) = told.iter().rposition(|told| told.count == 0)
    {
        left += width(&told.remove(zero).text);
    }
    left
}

fn numbers(cx: &Cx<'_>, state: &TrafficState) -> Vec<Told> {
    let lang = cx.lang;
    let lost = Lost::of(cx, state);
    let journal = &cx.model.journal;
    let gone = journal.gone();
    let count = grouped(gone);
    // One journal for all: whose rows left is not known.
    let left =
        if gone == 0 { tr!(lang, "traffic.gone", count = count) } else { tr!(lang, "traffic.gone_all", count = count) };
    let budget = size(journal.budget().bytes as u64);
    let mut told = vec![
        Told {
            count: gone,
            text: left.into_owned(),
            hint: tr!(lang, "traffic.gone_hint", budget = budget).into_owned(),
        },
        Told {
            count: lost.not_shown,
            text: tr!(lang, "traffic.not_shown", count = grouped(lost.not_shown)).into_owned(),
            hint: tr!(lang, "traffic.not_shown_hint").into_owned(),
        },
    ];
    if lost.udp {
        told.push(Told {
            count: lost.cut,
            text: tr!(lang, "traffic.cut", count = grouped(lost.cut)).into_owned(),
            hint: tr!(lang, "traffic.cut_hint").into_owned(),
        });
        told.push(Told {
            count: lost.dropped,
            text: tr!(lang, "traffic.dropped", count = grouped(lost.dropped)).into_owned(),
            hint: tr!(lang, "traffic.dropped_hint").into_owned(),
        });
    }
    told
}

/// What is told at the end of the line, and the same in fewer words.
fn at_end(cx: &Cx<'_>, state: &TrafficState) -> Option<(String, Option<String>)> {
    let lang = cx.lang;
    let selected = state.selection.map_or(0, |selection| selection.count(&state.shown));
    let text = if selected > COPIED {
        tr!(lang, "traffic.copy_too_many", limit = grouped(COPIED as u64))
    } else if selected > 1 {
        tr!(lang, "traffic.selected", count = count_rows(lang, selected))
    } else if state.scroll.is_paused() {
        tr!(lang, "traffic.waiting", count = grouped(state.shown.waiting() as u64))
    } else if state.shown.is_searching() {
        tr!(lang, "traffic.searching")
    } else if !state.scroll.follows() {
        let short = tr!(lang, "traffic.not_following_short").into_owned();
        return Some((tr!(lang, "traffic.not_following").into_owned(), Some(short)));
    } else {
        return None;
    };
    Some((text.into_owned(), None))
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
