//! A packet explained, and what can be done to it.

use egui::{Grid, Key, Modifiers, Popup, PopupAnchor, PopupCloseBehavior, Pos2, RichText, Ui};

use super::{Chosen, LabState, words};
use crate::{
    gui::{
        Cx,
        theme::{TokensExt as _, icons, strong},
        tr,
        widgets::{
            compact::{menu_entry, menu_spacing},
            hint, rule,
        },
    },
    sim::{Act, Edit, Log, Micros, Name, Packet},
    text::Charset,
    words::Lang,
};

/// The open menu of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Menu {
    chosen: Chosen,
    at: Pos2,
    fresh: bool,
}

impl Menu {
    /// Opens it.
    pub fn at(chosen: Chosen, at: Pos2) -> Self {
        Self { chosen, at, fresh: true }
    }
}

impl LabState {
    /// How a packet of a lane is named.
    pub(super) fn name(&self, chosen: Chosen) -> Option<Name> {
        let lane = self.drawn.pair()?.lanes.get(chosen.lane)?;
        lane.log.packet(chosen.packet).map(|packet| packet.name)
    }

    /// How much later a packet comes that is delayed by hand: a round trip, so that others overtake it.
    pub(super) fn later(&self) -> Micros {
        (2 * self.run.knobs.link.delay).max(20_000)
    }
}

/// Paints the menu, if it is open.
pub fn menu_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut LabState) {
    let Some(menu) = state.menu else { return };
    let lane = state.drawn.pair().and_then(|pair| pair.lanes.get(menu.chosen.lane));
    let Some((lane, packet)) = lane.and_then(|lane| Some((lane, lane.log.packet(menu.chosen.packet)?))) else {
        state.menu = None;
        return;
    };
    let lang = cx.lang;
    let mut open = true;
    let mut done = None;
    let name = packet.name;
    let later = state.later();
    let (now, _) = state.moment();
    let encoding = state.run.workload.encoding();
    let edits = &state.run.edits;
    let id = ui.scope_id().with("packet_menu");
    Popup::new(id, ui.ctx().clone(), PopupAnchor::Position(menu.at), ui.layer_id())
        .open_bool(&mut open)
        .accessible_name(tr!(lang, "lab.packet_menu"))
        .gap(10.0)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_max_width(300.0);
            menu_spacing(ui);
            explain_ui(ui, lang, &lane.log, packet, now, encoding);
            ui.add_space(4.0);
            rule(ui);
            ui.add_space(2.0);
            let entries = [
                (Act::Lose, tr!(lang, "lab.act_lose").into_owned(), "L"),
                (Act::Delay(later), tr!(lang, "lab.act_delay", time = words::time(later)).into_owned(), "Y"),
                (Act::Duplicate, tr!(lang, "lab.act_double").into_owned(), "D"),
                (Act::Corrupt, tr!(lang, "lab.act_damage").into_owned(), "C"),
                (Act::Spare, tr!(lang, "lab.act_spare").into_owned(), "S"),
            ];
            for (nth, (act, text, key)) in entries.into_iter().enumerate() {
                let on = edits.contains(&Edit { packet: name, act });
                let entry = menu_entry(ui, on, &format!("{text}  {key}")).accessible_name(&text);
                if menu.fresh && nth == 0 {
                    entry.request_focus();
                }
                if entry.clicked() {
                    done = Some(act);
                }
            }
        });
    let escaped = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    state.menu = (open && !escaped && done.is_none()).then_some(Menu { fresh: false, ..menu });
    state.refocus |= state.menu.is_none();
    if let Some(act) = done {
        state.edit(name, act);
    }
}

/// What a packet is, what it says if that is a text in this encoding, why it was sent, what became of it, and its header.
pub fn explain_ui(ui: &mut Ui, lang: Lang, log: &Log, packet: &Packet, now: Micros, encoding: Option<Charset>) {
    ui.spacing_mut().item_spacing.y = 3.0;
    ui.set_max_width(300.0);
    let title = words::packet(lang, packet);
    let title = match words::again(lang, packet) {
        Some(again) => format!("{title} · {again}"),
        None => title,
    };
    ui.label(strong(title));
    if let Some(encoding) = encoding {
        for said in words::payload(lang, packet, now, encoding) {
            ui.label(said);
        }
    }
    hint(ui, words::reason(lang, packet, log.transport));
    let fate = tr!(
        lang,
        "lab.said",
        time = words::moment(packet.sent),
        from = words::side(lang, packet.from()),
        what = words::fate(lang, packet, now)
    );
    hint(ui, fate);
    for departure in log.departures_of(packet) {
        let text = format!("{} {}", icons::INFO, crate::words::departure(lang, departure));
        ui.label(RichText::new(text).small().color(ui.tokens().warn))
            .accessible_name(crate::words::departure(lang, departure));
    }
    let color = ui.tokens().muted;
    Grid::new("fields").num_columns(2).spacing([14.0, 1.0]).min_row_height(0.0).show(ui, |ui| {
        let of_rfcs = words::fields(packet, words::bases(log, packet.from())).into_iter();
        let of_ours = words::own_fields(lang, packet, log).into_iter();
        for (field, value) in of_rfcs.map(|(field, value)| (field.to_owned(), value)).chain(of_ours) {
            ui.label(RichText::new(field).font(egui::FontId::proportional(11.0)).color(color));
            ui.label(RichText::new(value).font(egui::FontId::monospace(11.0)));
            ui.end_row();
        }
    });
}
