//! Time against sequence numbers, as tcptrace draws it, and bytes in flight; for the run over TCP.

use std::{borrow::Cow, collections::BTreeSet};

use egui::{Role, Ui, Vec2b, WidgetInfo};
use egui_plot::{Legend, Line, Plot, PlotPoints, Points};

use super::{LabState, words};
use crate::{
    gui::{theme::TokensExt as _, tr},
    sim::{End, Log, Micros, Side},
    words::{Lang, number::grouped},
};

/// Cells of a plot in each direction in which points are not told apart: about a pixel each.
const CELLS: f64 = 400.0;

/// What the plots show of a whole run, by time in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    sent: Vec<[f64; 2]>,
    again: Vec<[f64; 2]>,
    acked: Vec<[f64; 2]>,
    flight: Vec<[f64; 2]>,
}

impl Curves {
    /// Of this log.
    pub fn of(log: &Log) -> Self {
        let base = words::bases(log, Side::Client)[0].wrapping_add(1);
        let mut curves = Self::default();
        let mut changes: Vec<(Micros, bool, u64)> = Vec::new();
        for packet in log.packets.iter().filter(|packet| packet.copy_of.is_none()) {
            let Some(segment) = packet.segment() else { continue };
            if packet.from() == Side::Client && segment.len > 0 {
                let top = u64::from(segment.seq.wrapping_sub(base)) + u64::from(segment.len);
                let point = [packet.sent as f64 / 1e3, top as f64];
                if packet.resent.is_some() {
                    curves.again.push(point);
                } else {
                    curves.sent.push(point);
                }
                changes.push((packet.sent, true, top));
            } else if packet.from() == Side::Server && packet.end == End::Delivered && segment.ack {
                changes.push((packet.ended, false, u64::from(segment.ack_number.wrapping_sub(base))));
            }
        }
        changes.sort_unstable();
        let (mut sent, mut acked) = (0, 0);
        for (at, is_sent, top) in changes {
            let at = at as f64 / 1e3;
            if is_sent {
                sent = sent.max(top);
            } else if top > acked && top <= sent + 1 {
                curves.acked.push([at, acked as f64]);
                acked = top.min(sent);
                curves.acked.push([at, acked as f64]);
            }
            curves.flight.push([at, (sent - acked) as f64]);
        }
        curves
    }
}

/// What of a curve has been by now.
fn until(curve: &[[f64; 2]], now: Micros) -> &[[f64; 2]] {
    let now = now as f64 / 1e3;
    curve.get(..curve.partition_point(|point| point[0] <= now)).unwrap_or_default()
}

/// The highest of these points.
fn top(curve: &[[f64; 2]]) -> f64 {
    curve.iter().map(|point| point[1]).fold(0.0, f64::max)
}

/// These points without those that fall on one that is drawn: of what stands alone none is left out.
fn scattered(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let (right, top) = (points.last().map_or(0.0, |point| point[0]), top(points));
    let cell = |point: &[f64; 2]| {
        let part = |value: f64, all: f64| (value / all.max(1e-9) * CELLS).floor() as i32;
        (part(point[0], right), part(point[1], top))
    };
    let mut taken = BTreeSet::new();
    points.iter().filter(|point| taken.insert(cell(point))).copied().collect()
}

/// A line of which in each column of pixels only the first, the lowest, the highest and the last point are left: it looks
/// the same, and no peak is lost.
fn thinned(line: &[[f64; 2]]) -> Vec<[f64; 2]> {
    if line.len() < 4 * CELLS as usize {
        return line.to_vec();
    }
    let right = line.last().map_or(0.0, |point| point[0]).max(1e-9);
    let mut thin = Vec::new();
    for column in line.chunk_by(|a, b| (a[0] / right * CELLS).floor() >= (b[0] / right * CELLS).floor()) {
        let lowest = column.iter().enumerate().min_by(|(_, a), (_, b)| a[1].total_cmp(&b[1])).map(|(at, _)| at);
        let highest = column.iter().enumerate().max_by(|(_, a), (_, b)| a[1].total_cmp(&b[1])).map(|(at, _)| at);
        let mut left = [Some(0), lowest, highest, column.len().checked_sub(1)];
        left.sort_unstable();
        let mut before = None;
        for at in left.into_iter().flatten().filter(|at| before.replace(*at) != Some(*at)) {
            thin.extend(column.get(at).copied());
        }
    }
    thin
}

/// Paints both plots beside one another.
pub fn plot_ui(ui: &mut Ui, lang: Lang, state: &LabState) {
    let tokens = ui.tokens();
    let Some(lane) = state.drawn.pair().and_then(|pair| pair.lanes.first()) else { return };
    let (now, _) = state.moment();
    let curves = &lane.curves;
    let [sent, again, acked, flight] =
        [&curves.sent, &curves.again, &curves.acked, &curves.flight].map(|curve| until(curve, now));
    let said = tr!(
        lang,
        "lab.plot_said",
        sent = grouped(top(sent) as u64),
        time = words::moment(now),
        flight = grouped(top(flight) as u64)
    );
    let half = (ui.available_width() / 2.0 - 8.0).max(100.0);
    let height = (ui.available_height() - 26.0).max(60.0);
    ui.add_space(22.0);
    ui.horizontal_top(|ui| {
        let plot = |id: &str, name: &str| {
            Plot::new(id.to_owned())
                .width(half)
                .height(height)
                .allow_scroll(false)
                .allow_boxed_zoom(false)
                .auto_bounds(Vec2b::TRUE)
                .x_axis_label(tr!(lang, "lab.plot_time").into_owned())
                .y_axis_label(name.to_owned())
                .y_axis_min_width(44.0)
                .legend(Legend::default())
        };
        let name = tr!(lang, "lab.plot_sequence");
        let sequence = plot("lab_sequence", &name).show(ui, |plot| {
            let points = |name: Cow<'_, str>, points| Points::new(name, PlotPoints::from(scattered(points)));
            plot.points(points(tr!(lang, "lab.plot_sent"), sent).color(tokens.tcp).radius(2.0));
            plot.points(points(tr!(lang, "lab.plot_again"), again).color(tokens.error).radius(3.0));
            let line = Line::new(tr!(lang, "lab.plot_acked"), PlotPoints::from(thinned(acked)));
            plot.line(line.color(tokens.ok).width(1.5));
        });
        sequence.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, said.as_ref()));
        let name = tr!(lang, "lab.plot_flight");
        let flight = plot("lab_flight", &name).show(ui, |plot| {
            plot.line(Line::new(name.clone(), PlotPoints::from(thinned(flight))).color(tokens.tcp).width(1.5));
        });
        flight.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, said.as_ref()));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Chance, Run, Workload};

    #[test]
    fn what_is_in_flight_is_sent_and_not_acknowledged() {
        let log = Run::default().play();
        let curves = Curves::of(&log);
        assert_eq!(curves.sent.len(), 6);
        assert!(curves.again.is_empty());
        assert_eq!(curves.acked.last().map(|point| point[1]), Some(600.0));
        assert!(curves.flight.iter().any(|point| point[1] >= 500.0), "{curves:?}");
        assert_eq!(curves.flight.last().map(|point| point[1]), Some(0.0));
        assert!(until(&curves.sent, 0).is_empty());
        assert_eq!(until(&curves.sent, log.end_at), curves.sent);
    }

    #[test]
    fn a_thinned_line_keeps_its_peaks() {
        let mut line: Vec<_> = (0..20_000).map(|n| [f64::from(n), f64::from(n % 7)]).collect();
        line[11_111][1] = 900.0;
        let thin = thinned(&line);
        assert!(thin.len() <= 4 * (CELLS as usize + 1), "{}", thin.len());
        assert!((top(&thin) - 900.0).abs() < 1e-9);
        assert_eq!((thin.first(), thin.last()), (line.first(), line.last()));
        assert!(thin.is_sorted_by(|a, b| a[0] <= b[0]));
    }

    #[test]
    fn no_point_that_stands_alone_is_left_out() {
        let mut run = Run { workload: Workload::File { bytes: 400_000, size: 1_000 }, ..Run::default() };
        run.knobs.link.loss = Chance::percent(3.0);
        let curves = Curves::of(&run.play());
        assert!(curves.again.len() > 5);
        let drawn = scattered(&curves.again);
        let (right, top) = (curves.again.last().unwrap()[0], top(&curves.again));
        for point in &curves.again {
            let near = |other: &[f64; 2]| {
                (other[0] - point[0]).abs() <= right / CELLS && (other[1] - point[1]).abs() <= top / CELLS
            };
            assert!(drawn.iter().any(near), "{point:?}");
        }
        let line: Vec<_> = (0..30_000).map(|n| [f64::from(n), f64::from(n)]).collect();
        assert!(scattered(&line).len() <= CELLS as usize + 1);
    }
}
