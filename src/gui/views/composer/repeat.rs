//! One message again and again: every so many milliseconds, so many times, with `{n}` as its number.

use egui::{Margin, RichText, TextEdit, TextStyle, Ui};

use super::{
    draft::{Draft, RepeatError},
    target::{Blocked, Target},
};
use crate::{
    framing::{Framing, FramingError},
    gui::{
        Cx,
        theme::{TokensExt as _, icons},
        tr,
        widgets::{compact::compact_button, compact::compact_icon, error_line, hint},
    },
    journal::SocketEntry,
    net::{Command, Part, Repeat},
    text::Composition,
    words::{self, number::grouped},
};

/// The fields, and the button that starts.
pub fn repeat_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    draft: &mut Draft,
    (composition, framing): (Composition, &Framing),
    target: &Result<Target, Blocked>,
) {
    let lang = cx.lang;
    let parsed = draft.repeat.parse();
    let parts = composition.parts(&draft.text);
    let framed = match (&parsed, &parts) {
        (Ok((_, count)), Ok(parts)) => fits(framing, parts, *count),
        _ => Ok(()),
    };
    let mut start = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(RichText::new(tr!(lang, "composer.every")).small());
        number_ui(ui, &tr!(lang, "composer.every_name"), &mut draft.repeat.every_ms);
        ui.label(RichText::new("ms ×").small());
        number_ui(ui, &tr!(lang, "composer.times"), &mut draft.repeat.count);
        ui.label(RichText::new(tr!(lang, "composer.times_hint")).small().color(ui.tokens().muted));
        ui.add_space(6.0);
        let ready = parsed.is_ok() && parts.is_ok() && framed.is_ok() && target.is_ok();
        ui.add_enabled_ui(ready, |ui| {
            start = compact_button(ui, &tr!(lang, "composer.start")).clicked();
        });
    });
    match (&parsed, &parts) {
        (Err(RepeatError::Every), _) => drop(error_line(ui, tr!(lang, "composer.every_error"))),
        (Err(RepeatError::Count), _) => drop(error_line(ui, tr!(lang, "composer.count_error"))),
        // The preview says so already, unless only the counter is what does not fit.
        (_, Err(error)) if composition.bytes(&draft.text).is_ok() => {
            error_line(ui, words::compose_error(lang, error));
        }
        _ => match framed {
            Err(error) => drop(error_line(ui, words::framing_error(lang, &error))),
            Ok(()) => drop(hint(ui, tr!(lang, "composer.counter_hint"))),
        },
    }
    if start && let (Ok((every, count)), Ok(parts), Ok(target)) = (parsed, parts, target) {
        for id in &target.sockets {
            let framing = framing.clone();
            let repeat = Repeat { parts: parts.clone(), framing, every, count, to: target.to };
            cx.actions.verb(*id, Command::Repeat(repeat));
        }
        draft.history.push(&draft.text);
    }
}

/// Whether the first message and the last one, whose number is the longest, can be framed.
fn fits(framing: &Framing, parts: &[Part], count: u64) -> Result<(), FramingError> {
    let last = if count == 0 { u64::MAX } else { count };
    for number in [1, last] {
        let mut message = Vec::new();
        for part in parts {
            part.append_to(number, &mut message);
        }
        framing.encode(&message, &mut Vec::new())?;
    }
    Ok(())
}

/// How far a repetition that runs has come, and the button that stops it.
pub fn running_ui(ui: &mut Ui, cx: &mut Cx<'_>, entry: &SocketEntry) {
    let lang = cx.lang;
    let running = cx.model.repeating(entry);
    let (mut sent, mut rate) = (0, 0);
    for id in &running {
        if let Some(meter) = cx.model.meter(*id) {
            sent += meter.totals().repeated;
            rate += meter.per_second().messages_out;
        }
    }
    if running.is_empty() {
        return;
    }
    ui.horizontal(|ui| {
        ui.label(RichText::new(icons::REPEAT).color(ui.tokens().tcp));
        // The button stands in front of the numbers: it must not move while they grow.
        if compact_icon(ui, icons::X, &tr!(lang, "composer.stop"), true).clicked() {
            for id in running {
                cx.actions.verb(id, Command::StopRepeat);
            }
        }
        ui.label(RichText::new(tr!(lang, "composer.repeating", count = grouped(sent), rate = grouped(rate))).small());
    });
}

fn number_ui(ui: &mut Ui, name: &str, text: &mut String) {
    let field = TextEdit::singleline(text)
        .id_salt(("repeat", name))
        .font(TextStyle::Monospace)
        .margin(Margin::symmetric(8, 3))
        .desired_width(64.0)
        .char_limit(20);
    ui.add(field).accessible_name(name);
}
