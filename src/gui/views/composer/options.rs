//! How what is typed becomes bytes: the buttons for it, and the bytes themselves.

use std::borrow::Cow;

use egui::{Align, Layout, RichText, Ui};

use super::{Framed, Unsendable};
use crate::{
    gui::{
        Cx,
        actions::Action,
        settings::Framings,
        theme::TokensExt as _,
        tr,
        views::{
            framing::{ChoiceState, frame_job, framing_menu, short},
            traffic::{count_bytes, hex},
        },
        widgets::{
            compact::{compact_menu, compact_toggle, menu_entry},
            encoding_menu::encoding_menu,
        },
    },
    journal::{Kind, SocketId},
    text::{Composition, Ending, Mode, Unmappable},
    words::{self, Lang},
};

/// The buttons: text or hex and, for text, its encoding, its ending and whether escapes are understood.
pub fn options_ui(ui: &mut Ui, cx: &mut Cx<'_>, composition: Composition) {
    let lang = cx.lang;
    let mut wanted = composition;
    let modes = [(Mode::Text, tr!(lang, "composer.mode_text")), (Mode::Hex, tr!(lang, "composer.mode_hex"))];
    choose(ui, &tr!(lang, "composer.mode"), str::to_owned, &mut wanted.mode, &modes);
    if composition.mode == Mode::Text {
        let name = tr!(lang, "composer.encoding", encoding = composition.charset.name());
        let (response, chosen) = encoding_menu(ui, lang, composition.charset, &name, |ui| {
            unmappable_ui(ui, lang, &mut wanted.unmappable);
        });
        response.on_hover_text(tr!(lang, "composer.encoding_hint"));
        wanted.charset = chosen.unwrap_or(wanted.charset);
        let endings = [
            (Ending::None, tr!(lang, "composer.ending_none")),
            (Ending::Lf, Cow::Borrowed("LF")),
            (Ending::Cr, Cow::Borrowed("CR")),
            (Ending::CrLf, Cow::Borrowed("CRLF")),
        ];
        let ending = tr!(lang, "composer.ending");
        let shown = |word: &str| tr!(lang, "composer.ending_is", ending = word).into_owned();
        choose(ui, &ending, shown, &mut wanted.ending, &endings);
        compact_toggle(ui, &mut wanted.escapes, &tr!(lang, "composer.escapes"))
            .on_hover_text(tr!(lang, "composer.escapes_hint"));
    }
    if wanted != composition {
        cx.actions.push(Action::SetComposition(wanted));
    }
}

/// The button that chooses how messages of a connection are marked.
pub fn framing_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut ChoiceState, id: SocketId, framings: &Framings) {
    let lang = cx.lang;
    let current = short(lang, &framings.send);
    let shown = tr!(lang, "framing.send_is", framing = current);
    let (name, none) = (tr!(lang, "framing.send", framing = current), tr!(lang, "framing.none_sent"));
    let mut usual = cx.model.settings.framing == *framings;
    let was_usual = usual;
    let (response, chosen) = framing_menu(ui, lang, state, &framings.send, (&shown, &name, &none), |ui| {
        ui.separator();
        compact_toggle(ui, &mut usual, &tr!(lang, "framing.usual"));
    });
    response.on_hover_text(tr!(lang, "framing.send_hint"));
    if let Some(send) = chosen {
        cx.actions.push(Action::SetFramings(id, Framings { send, ..framings.clone() }));
    }
    if usual != was_usual {
        cx.actions.push(Action::SetUsualFramings(if usual { framings.clone() } else { Framings::default() }));
    }
}

/// The bytes that would be sent now with the parts of their frame marked, and their number.
pub fn framed_ui(ui: &mut Ui, lang: Lang, kind: Kind, framed: &Result<Framed, Unsendable>) {
    let framed = match framed {
        Ok(framed) if framed.parts.len() > framed.parts.body => framed,
        Ok(framed) => return preview_ui::<Unsendable>(ui, lang, kind, &Ok(framed.bytes.clone())),
        Err(error) => return preview_ui(ui, lang, kind, &Err(error.clone())),
    };
    let tokens = ui.tokens();
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.label(RichText::new(count_bytes(lang, framed.bytes.len())).small().color(tokens.muted));
        let fits = (ui.available_width() / 25.0).floor().clamp(0.0, 64.0) as usize;
        if fits > 0 {
            let job = frame_job(tokens, framed.parts, &framed.bytes, fits);
            let told = words::frame_parts(lang, framed.parts);
            ui.add(egui::Label::new(job).truncate()).on_hover_text(told);
        }
    });
}

/// The bytes that would be sent now, and their number.
pub fn preview_ui<E>(ui: &mut Ui, lang: Lang, kind: Kind, bytes: &Result<Vec<u8>, E>) {
    let tokens = ui.tokens();
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let Ok(bytes) = bytes else {
            ui.label(RichText::new(tr!(lang, "composer.cannot")).small().color(tokens.error));
            return;
        };
        let count = if bytes.is_empty() && kind == Kind::UdpSocket {
            tr!(lang, "composer.empty_datagram")
        } else {
            count_bytes(lang, bytes.len()).into()
        };
        ui.label(RichText::new(count).small().color(tokens.muted));
        let fits = (ui.available_width() / 22.5).floor().clamp(0.0, 64.0) as usize;
        if fits > 0 && !bytes.is_empty() {
            let preview = RichText::new(hex(bytes, fits)).monospace().color(tokens.muted);
            ui.add(egui::Label::new(preview).truncate()).on_hover_text(tr!(lang, "composer.preview_hint"));
        }
    });
}

fn unmappable_ui(ui: &mut Ui, lang: Lang, unmappable: &mut Unmappable) {
    ui.label(RichText::new(tr!(lang, "composer.unmappable")).small().color(ui.tokens().muted));
    for (choice, text) in [
        (Unmappable::Refuse, tr!(lang, "composer.unmappable_refuse")),
        (Unmappable::Question, tr!(lang, "composer.unmappable_question")),
        (Unmappable::Skip, tr!(lang, "composer.unmappable_skip")),
        (Unmappable::Ncr, tr!(lang, "composer.unmappable_ncr")),
    ] {
        if menu_entry(ui, *unmappable == choice, &text).clicked() {
            *unmappable = choice;
        }
    }
    ui.separator();
}

/// A button that shows the chosen word, and opens a menu of all words.
fn choose<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    shown: impl FnOnce(&str) -> String,
    value: &mut T,
    words: &[(T, Cow<'_, str>)],
) {
    let current = words.iter().find(|(option, _)| option == value).map_or("", |(_, word)| word).to_owned();
    compact_menu(ui, &shown(&current), &format!("{name}: {current}"), |ui| {
        for (option, word) in words {
            if menu_entry(ui, option == value, word).clicked() {
                *value = *option;
            }
        }
    });
}
