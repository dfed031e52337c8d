//! Time against sequence numbers, as tcptrace draws it, and bytes in flight; for the run over TCP.

use egui::{Role, Ui, Vec2b, WidgetInfo};
use egui_plot::{Legend, Line, Plot, PlotPoints, Points};

use super::{LabState, drawn::Lane, words};
use crate::{
    gui::{theme::TokensExt as _, tr},
    sim::{End, Micros, Side},
    words::{Lang, number::grouped},
};

/// Points of a curve at most: a plot is a few hundred pixels wide.
const POINTS: usize = 2_000;

/// What the plots show.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    sent: Vec<[f64; 2]>,
    again: Vec<[f64; 2]>,
    acked: Vec<[f64; 2]>,
    flight: Vec<[f64; 2]>,
}

impl Curves {
    /// Of what was sent in this lane until now.
    fn of(lane: &Lane, now: Micros) -> Self {
        let log = &lane.log;
        let base = words::bases(log, Side::Client)[0].wrapping_add(1);
        let mut curves = Self::default();
        let mut changes: Vec<(Micros, bool, u64)> = Vec::new();
        for packet in log.packets.iter().filter(|packet| packet.copy_of.is_none() && packet.sent <= now) {
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
            } else if packet.from() == Side::Server
                && packet.end == End::Delivered
                && packet.ended <= now
                && segment.ack
            {
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
        for curve in [&mut curves.sent, &mut curves.again, &mut curves.acked, &mut curves.flight] {
            thin(curve);
        }
        curves
    }
}

/// Leaves out points that no one could tell apart.
fn thin(curve: &mut Vec<[f64; 2]>) {
    let every = curve.len().div_ceil(POINTS).max(1);
    let mut nth = 0;
    curve.retain(|_| {
        nth += 1;
        (nth - 1) % every == 0
    });
}

/// Paints both plots beside one another.
pub fn plot_ui(ui: &mut Ui, lang: Lang, state: &LabState) {
    let tokens = ui.tokens();
    let Some(lane) = state.drawn.pair().and_then(|pair| pair.lanes.first()) else { return };
    let (now, _) = state.moment();
    let curves = Curves::of(lane, now);
    let top = |curve: &[[f64; 2]]| curve.iter().map(|point| point[1]).fold(0.0, f64::max) as u64;
    let said = tr!(
        lang,
        "lab.plot_said",
        sent = grouped(top(&curves.sent)),
        time = words::moment(now),
        flight = grouped(top(&curves.flight))
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
            let (sent, again) = (tr!(lang, "lab.plot_sent"), tr!(lang, "lab.plot_again"));
            plot.points(Points::new(sent, PlotPoints::from(curves.sent)).color(tokens.tcp).radius(2.0));
            plot.points(Points::new(again, PlotPoints::from(curves.again)).color(tokens.error).radius(3.0));
            let acked = tr!(lang, "lab.plot_acked");
            plot.line(Line::new(acked, PlotPoints::from(curves.acked)).color(tokens.ok).width(1.5));
        });
        sequence.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, said.as_ref()));
        let name = tr!(lang, "lab.plot_flight");
        let flight = plot("lab_flight", &name).show(ui, |plot| {
            plot.line(Line::new(name.clone(), PlotPoints::from(curves.flight)).color(tokens.tcp).width(1.5));
        });
        flight.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, said.as_ref()));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Run;

    #[test]
    fn what_is_in_flight_is_sent_and_not_acknowledged() {
        let lane = Lane::new(Run::default().play());
        let curves = Curves::of(&lane, lane.log.end_at);
        assert_eq!(curves.sent.len(), 6);
        assert!(curves.again.is_empty());
        assert_eq!(curves.acked.last().map(|point| point[1]), Some(600.0));
        assert!(curves.flight.iter().any(|point| point[1] >= 500.0), "{curves:?}");
        assert_eq!(curves.flight.last().map(|point| point[1]), Some(0.0));
        assert!(Curves::of(&lane, 0).sent.is_empty());
    }

    #[test]
    fn curves_are_thinned() {
        let mut curve: Vec<_> = (0..10_001).map(|n| [f64::from(n), 0.0]).collect();
        thin(&mut curve);
        assert!(curve.len() <= POINTS && curve.len() > POINTS / 2, "{}", curve.len());
    }
}
