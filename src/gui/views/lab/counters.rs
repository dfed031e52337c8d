//! The sums of both lanes at the moment that is on show, in the same rows; and where the run is not as between usual kernels.

use std::collections::BTreeSet;

use egui::{Align2, FontId, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{LabState, drawn::Lane, paint::lane_name, words as told};
use crate::{
    gui::{
        theme::{TokensExt as _, semibold},
        tr,
        widgets::hint,
    },
    sim::{Counters, Micros},
    words::{self, Lang, number::grouped},
};

/// Height of a row.
const ROW: f32 = 18.0;
/// Width of a column of rows.
const COLUMN: f32 = 316.0;
/// Width of a name.
const NAME: f32 = 148.0;

/// One row: its name, and its value in each lane, of which is also known whether it is over.
fn rows(lang: Lang, lanes: [(&Counters, bool); 2]) -> Vec<(String, [String; 2])> {
    let counters = lanes.map(|(counters, _)| counters);
    let count = |of: fn(&Counters) -> u64| counters.map(|counters| grouped(of(counters)));
    // Nobody can know before the end.
    let missing = lanes.map(|(counters, over)| if over { grouped(counters.missing) } else { "–".to_owned() });
    let share = counters.map(|counters| {
        let percent = counters.header_bytes as f64 * 100.0 / counters.bytes.max(1) as f64;
        format!("{} ({percent:.0} %)", grouped(counters.header_bytes))
    });
    let moment = |of: fn(&Counters) -> Option<u64>| {
        counters.map(|counters| of(counters).map_or_else(|| "–".to_owned(), told::moment))
    };
    vec![
        (tr!(lang, "lab.count_packets").into_owned(), count(|c| c.packets)),
        (tr!(lang, "lab.count_bytes").into_owned(), count(|c| c.bytes)),
        (tr!(lang, "lab.count_header").into_owned(), share),
        (tr!(lang, "lab.count_lost").into_owned(), count(|c| c.lost)),
        (tr!(lang, "lab.count_discarded").into_owned(), count(|c| c.discarded)),
        (tr!(lang, "lab.count_again").into_owned(), count(|c| c.resent)),
        (tr!(lang, "lab.count_needless").into_owned(), count(|c| c.needless)),
        (tr!(lang, "lab.count_acks").into_owned(), count(|c| c.acks)),
        (tr!(lang, "lab.count_first").into_owned(), moment(|c| c.first_byte)),
        (tr!(lang, "lab.count_last").into_owned(), moment(|c| c.last_byte)),
        (tr!(lang, "lab.count_head").into_owned(), counters.map(|c| told::time(c.head_of_line))),
        (tr!(lang, "lab.count_whole").into_owned(), counters.map(|c| format!("{} / {}", c.whole, c.messages))),
        (tr!(lang, "lab.count_missing").into_owned(), missing),
        (tr!(lang, "lab.count_twice").into_owned(), count(|c| c.twice)),
        (tr!(lang, "lab.count_late").into_owned(), count(|c| c.late)),
        (tr!(lang, "lab.count_wrong").into_owned(), count(|c| c.wrong)),
        (tr!(lang, "lab.count_reads").into_owned(), count(|c| c.reads)),
    ]
}

/// Paints them, in as many columns as there is room for.
pub fn counters_ui(ui: &mut Ui, lang: Lang, state: &LabState) {
    let Some(pair) = state.drawn.pair() else { return };
    let [left, right] = &pair.lanes;
    let (now, _) = state.moment();
    let counters = [left, right].map(|lane| lane.course.at(now));
    let over = [left, right].map(|lane| now >= lane.log.end_at);
    let rows = rows(lang, [(&counters[0], over[0]), (&counters[1], over[1])]);
    let names = [lane_name(left), lane_name(right)];
    ui.add_space(24.0);
    ScrollArea::vertical().id_salt("lab_counters").auto_shrink(false).show(ui, |ui| {
        let columns = (ui.available_width() / COLUMN).floor().clamp(1.0, 4.0) as usize;
        let each = rows.len().div_ceil(columns);
        let height = (each + 1) as f32 * ROW;
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let tokens = ui.tokens();
        for (column, rows) in rows.chunks(each).enumerate() {
            let x = rect.left() + column as f32 * COLUMN;
            for (nth, name) in names.iter().enumerate() {
                let at = pos2(value_x(x, nth), rect.top() + ROW / 2.0);
                let color = if nth == 0 { tokens.tcp } else { tokens.udp };
                ui.painter().text(at, Align2::RIGHT_CENTER, name, FontId::new(11.0, semibold()), color);
            }
            for (nth, (name, values)) in rows.iter().enumerate() {
                let y = rect.top() + ROW * (nth as f32 + 1.5);
                ui.painter().text(pos2(x, y), Align2::LEFT_CENTER, name, FontId::proportional(12.0), tokens.muted);
                for (index, value) in values.iter().enumerate() {
                    let at = pos2(value_x(x, index), y);
                    ui.painter().text(at, Align2::RIGHT_CENTER, value, FontId::monospace(11.5), tokens.text);
                }
                let cell = Rect::from_min_max(pos2(x, y - ROW / 2.0), pos2(x + COLUMN - 8.0, y + ROW / 2.0));
                let [tcp, other] = values;
                let said = tr!(lang, "lab.count_row", name = name, tcp = tcp, other_name = names[1], other = other);
                let node = ui.interact(cell, ui.scope_id().with(("row", name)), Sense::hover());
                node.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.as_ref()));
            }
        }
        departures_ui(ui, lang, [left, right], now);
    });
}

/// Where the run has not been as between usual kernels by now.
fn departures_ui(ui: &mut Ui, lang: Lang, lanes: [&Lane; 2], now: Micros) {
    let departures: BTreeSet<_> = lanes.into_iter().flat_map(|lane| lane.log.departures_until(now)).collect();
    if departures.is_empty() {
        return;
    }
    let sentences = departures.into_iter().map(|departure| words::departure(lang, departure)).collect::<Vec<_>>();
    let sentences = sentences.join(if lang == Lang::En { " " } else { "" });
    ui.add_space(4.0);
    hint(ui, tr!(lang, "lab.departures", what = sentences));
    ui.add_space(6.0);
}

fn value_x(column: f32, lane: usize) -> f32 {
    column + NAME + 76.0 * (lane as f32 + 1.0) - 8.0
}
