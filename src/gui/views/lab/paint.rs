//! The two ladders, one time axis: only what is on screen of them.

use egui::{
    Align2, Color32, FontId, Rangef, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{
    LabState,
    drawn::Lane,
    geometry::{Grid, ROOMY},
    keys,
    menu::Menu,
    scene::{Scene, Wish},
    words,
};
use crate::{
    gui::{
        Cx,
        theme::{HEAD_HEIGHT, TokensExt as _, medium, semibold},
        tr,
        views::head,
        widgets,
    },
    sim::{Side, Transport},
    words::Lang,
};

/// Height of the names of the lifelines.
const NAMES: f32 = 30.0;

/// Paints the heads of the lanes, the names of the lifelines, and the ladders.
pub fn lanes_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    if state.drawn.pair().is_none() {
        ui.vertical_centered(|ui| {
            ui.add_space(60.0);
            widgets::hint(ui, tr!(cx.lang, "lab.making"));
        });
        return;
    }
    let all = ui.available_rect_before_wrap();
    let middle = all.center().x.round();
    let lanes = [Rangef::new(all.left(), middle), Rangef::new(middle, all.right())];
    let top = all.top();
    for (index, lane) in lanes.into_iter().enumerate() {
        let rect = Rect::from_x_y_ranges(lane, top..=top + HEAD_HEIGHT);
        ui.scope_builder(egui::UiBuilder::new().max_rect(rect).id_salt(("lane_head", index)), |ui| {
            ui.set_clip_rect(ui.clip_rect().intersect(rect));
            lane_head_ui(ui, cx, state, index);
        });
    }
    let four = state.shown.four.unwrap_or(lanes[0].span() >= ROOMY);
    let (_, end) = state.moment();
    let longest = words::moment(end / 1_000 * 1_000);
    let widest = ui.painter().layout_no_wrap(longest, FontId::monospace(11.0), ui.tokens().faint).size().x;
    let grids = lanes.map(|lane| Grid::new(lane, four, widest));
    let names = Rect::from_x_y_ranges(all.x_range(), top + HEAD_HEIGHT..=top + HEAD_HEIGHT + NAMES);
    for grid in &grids {
        names_ui(ui, cx.lang, grid, names);
    }
    let body = Rect::from_min_max(pos2(all.left(), names.bottom()), all.max);
    ui.scope_builder(egui::UiBuilder::new().max_rect(body), |ui| body_ui(ui, cx, state, body, &grids));
    ui.painter().vline(middle, all.y_range(), Stroke::new(1.0, ui.tokens().line));
    ui.advance_cursor_after_rect(all);
}

/// What a lane is called.
pub fn lane_name(lane: &Lane) -> &'static str {
    match lane.log.transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
        Transport::Arq => "ARQ",
    }
}

fn lane_head_ui(ui: &mut Ui, cx: &Cx<'_>, state: &LabState, index: usize) {
    let tokens = ui.tokens();
    let Some(lane) = state.drawn.pair().and_then(|pair| pair.lanes.get(index)) else { return };
    head(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let name = lane_name(lane);
        let (color, tint, motto) = match lane.log.transport {
            Transport::Tcp => (tokens.tcp, tokens.tcp_tint, tr!(cx.lang, "lab.tcp_motto")),
            Transport::Udp => (tokens.udp, tokens.udp_tint, tr!(cx.lang, "lab.udp_motto")),
            Transport::Arq => (tokens.udp, tokens.udp_tint, tr!(cx.lang, "lab.arq_motto")),
        };
        widgets::badge(ui, name, color, tint);
        // What it came to is not told before it is there.
        let over = state.moment().0 >= lane.log.end_at;
        let summary = if over { words::summary(cx.lang, lane) } else { String::new() };
        let font = FontId::monospace(12.0);
        let galley = ui.painter().layout_no_wrap(summary.clone(), font, tokens.muted);
        let motto_font = FontId::new(13.0, medium());
        let motto = ui.painter().layout_no_wrap(motto.into_owned(), motto_font, tokens.text);
        let room = ui.available_width();
        if motto.size().x + galley.size().x + 16.0 < room {
            let (rect, _) = ui.allocate_exact_size(motto.size(), Sense::hover());
            ui.painter().galley(rect.min, motto, tokens.text);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let text = egui::RichText::new(&summary).font(FontId::monospace(12.0)).color(tokens.muted);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(&summary);
        });
    });
}

/// The names above the lifelines.
fn names_ui(ui: &Ui, lang: Lang, grid: &Grid, rect: Rect) {
    let tokens = ui.tokens();
    let painter = ui.painter();
    let name = |x: f32, text: &str, font: FontId, color: Color32| {
        painter.text(pos2(x, rect.center().y), Align2::CENTER_CENTER, text, font, color);
    };
    let bold = || FontId::new(12.0, semibold());
    match grid.programs {
        None => {
            for side in Side::BOTH {
                name(grid.kernel(side), &words::side(lang, side), bold(), tokens.text);
            }
        }
        Some(_) => {
            for side in Side::BOTH {
                let small = FontId::proportional(11.0);
                let (program, kernel) = (tr!(lang, "lab.program"), tr!(lang, "lab.kernel"));
                let (above, below) = (rect.center().y - 7.0, rect.center().y + 7.0);
                let x = f32::midpoint(grid.kernel(side), grid.program(side));
                painter.text(pos2(x, above), Align2::CENTER_CENTER, words::side(lang, side), bold(), tokens.text);
                painter.text(
                    pos2(grid.program(side), below),
                    Align2::CENTER_CENTER,
                    program,
                    small.clone(),
                    tokens.muted,
                );
                painter.text(pos2(grid.kernel(side), below), Align2::CENTER_CENTER, kernel, small, tokens.muted);
            }
        }
    }
}

fn body_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState, body: Rect, grids: &[Grid; 2]) {
    // The axis is made for this height in the next frame.
    if (state.height - body.height()).abs() > 0.5 {
        state.height = body.height();
        ui.request_repaint();
    }
    let id = ui.scope_id().with("ladders");
    let list = ui.interact(body, id, Sense::click());
    list.widget_info(|| WidgetInfo::labeled(Role::List, true, said(cx.lang, state)));
    if std::mem::take(&mut state.refocus) {
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    keys::keys_ui(ui, cx, state, id);

    ui.spacing_mut().scroll.kinetic.rubber_band = false;
    ui.spacing_mut().scroll.fade.strength = 0.0;
    let mut area = ScrollArea::vertical().id_salt("lab_time").auto_shrink(false).animated(false);
    if let Some(offset) = state.scroll_to.take() {
        area = area.vertical_scroll_offset(offset);
    }
    let mut wish = None;
    let output = area.show_viewport(ui, |ui, viewport| {
        ui.set_width(body.width());
        ui.set_height(state.axis.height() as f32);
        for (index, grid) in grids.iter().enumerate() {
            if let Some(scene) = Scene::new(ui, cx.lang, state, index, *grid, body, viewport.top()) {
                wish = scene.ui(ui, id.with(("lane", index))).or(wish.take());
            }
        }
        now_ui(ui, state, body, viewport.top());
    });
    state.scrolled = output.state.clamped_offset().y;
    match wish {
        Some(Wish::Open(chosen, at)) => {
            state.selected = Some(chosen);
            state.menu = Some(Menu::at(chosen, at));
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        Some(Wish::Stretch(by, moment, y)) => state.stretch(by, moment, y - body.top()),
        Some(Wish::Leave) => {
            state.selected = None;
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        None => {}
    }
    if list.has_focus() && state.selected.is_none() {
        ui.painter().rect_stroke(body.shrink(0.5), 0.0, Stroke::new(1.0, ui.tokens().tcp), StrokeKind::Inside);
    }
}

/// What is on show, for those who cannot see it. What it came to is not told before it is there.
fn said(lang: Lang, state: &LabState) -> String {
    let Some(pair) = state.drawn.pair() else { return String::new() };
    let (now, _) = state.moment();
    let lane = |index: usize| {
        let lane = pair.lanes.get(index)?;
        let text = if now >= lane.log.end_at {
            format!("{}. {}", words::summary(lang, lane), pair.sentence(lang, index, now))
        } else {
            words::moment(now)
        };
        Some(tr!(lang, "lab.lane", name = lane_name(lane), text = text).into_owned())
    };
    [lane(0), lane(1)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The present moment, across both lanes.
fn now_ui(ui: &Ui, state: &LabState, body: Rect, scrolled: f32) {
    if state.play.is_at_the_end() {
        return;
    }
    let tokens = ui.tokens();
    let (now, _) = state.moment();
    let y = body.top() + state.axis.y(now) as f32 - scrolled;
    ui.painter().hline(body.x_range(), y, Stroke::new(1.0, tokens.tcp));
    let galley = ui.painter().layout_no_wrap(words::moment(now), FontId::monospace(11.0), tokens.on_accent);
    let rect = Rect::from_min_size(pos2(body.left() + 4.0, y - 8.0), galley.size() + vec2(10.0, 3.0));
    ui.painter().rect_filled(rect, 3.0, tokens.tcp);
    ui.painter().galley(rect.min + vec2(5.0, 1.5), galley, tokens.on_accent);
}
