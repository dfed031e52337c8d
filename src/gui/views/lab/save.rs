//! Saving a run as a capture: one end of one lane's wire a file, as Wireshark wants it.

use egui::Ui;

use super::{LabState, paint::lane_name};
use crate::{
    export::sim_pcapng,
    gui::{
        Cx,
        actions::{Action, FileFor},
        tr,
        widgets::compact::{compact_menu, menu_entry},
    },
    sim::Side,
};

/// Paints the button with its menu.
pub fn save_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &LabState) {
    let lang = cx.lang;
    let name = tr!(lang, "lab.save");
    compact_menu(ui, &name, &name, |ui| {
        let Some(pair) = state.drawn.pair() else { return };
        for lane in &pair.lanes {
            for side in Side::BOTH {
                let end = super::words::side(lang, side);
                let text = tr!(lang, "lab.save_end", name = lane_name(lane), side = end);
                if menu_entry(ui, false, &text).clicked() {
                    let mut file = Vec::new();
                    // Memory takes everything.
                    if sim_pcapng::write(&mut file, &lane.log, side).is_ok() {
                        cx.actions.push(Action::ChooseFile(FileFor::SaveCapture(file.into())));
                    }
                }
            }
        }
    });
}
