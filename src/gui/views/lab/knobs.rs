//! What can be turned: seven sliders, and the rest in a fold.
//!
//! A slider goes through steps that are worth trying, not through every number; a value from elsewhere stays as it is until
//! the slider is moved, and is shown as it is.

use egui::{Align, Layout, RichText, TextEdit, Ui, vec2};

use super::{head::HeadState, words};
use crate::{
    gui::{
        Cx,
        theme::TokensExt as _,
        tr,
        widgets::{
            self,
            compact::{compact_menu, compact_toggle, menu_entry},
        },
    },
    sim::{Burst, Chance, Control, Knobs, LinkKnobs, Micros, Outage, Own, Run, Workload},
    text::Charset,
    words::{Lang, number},
};

/// Steps of delays and jitter, in milliseconds.
const DELAYS: &[u64] = &[0, 1, 2, 5, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500];
/// Steps of chances, in tenths of percent.
const CHANCES: &[u64] = &[0, 5, 10, 20, 30, 50, 70, 100, 120, 150, 200, 250, 300, 400, 500, 700, 1_000];
/// Steps of the bandwidth, in kbit/s; 0 is without limit.
const RATES: &[u64] =
    &[8, 16, 32, 64, 100, 128, 200, 256, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 0];
/// Steps of numbers of messages.
const COUNTS: &[u64] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 40, 60, 100, 200, 500, 1_000];
/// Steps of bytes in a message.
const SIZES: &[u64] =
    &[1, 10, 40, 100, 160, 200, 256, 340, 500, 1_000, 1_024, 1_460, 2_000, 4_000, 9_000, 20_000, 60_000];
/// Steps of bytes of a file, in kB.
const FILES: &[u64] = &[1, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/// Steps of the MTU; 0 is a message and 40 bytes.
const MTUS: &[u64] = &[0, 68, 140, 296, 576, 1_064, 1_280, 1_500, 9_000];
/// Steps of the queue and of windows, in bytes.
const BUFFERS: &[u64] = &[
    300, 600, 1_000, 1_500, 2_000, 3_000, 5_000, 8_000, 10_000, 16_384, 20_000, 32_768, 50_000, 65_535, 131_072,
    262_144,
];
/// Steps of an outage, in milliseconds.
const OUTAGES: &[u64] = &[0, 20, 50, 100, 150, 200, 300, 400, 500, 700, 1_000, 2_000, 3_000, 5_000, 10_000];
/// Steps of the delayed ACK, in milliseconds; 0 is at once.
const ACKS: &[u64] = &[0, 10, 20, 40, 100, 200, 500];
/// Steps of how often bursts begin, in tenths of percent.
const BURSTS: &[u64] = &[0, 5, 10, 20, 30, 50, 70, 100, 150, 200];

/// Width of a slider with its name.
const SLIDER: f32 = 118.0;

/// Paints one slider and takes its value over.
type Row<'a> = &'a dyn Fn(&mut Ui, &mut Run);

/// The seven sliders of the mock-up, in one row or, in a narrow window, in two.
pub fn sliders_ui(ui: &mut Ui, lang: Lang, run: &mut Run, back: bool) {
    let width = ui.available_width();
    let columns = ((width + 20.0) / (SLIDER + 20.0)).floor().clamp(2.0, 7.0) as usize;
    let gap = if width > 1_100.0 { 26.0 } else { 16.0 };
    let each = (width - gap * (columns - 1) as f32) / columns as f32;
    let all: [Row<'_>; 7] = [
        &|ui, run| millis(ui, lang, &tr!(lang, "lab.delay"), &mut link(run, back).delay, DELAYS, each),
        &|ui, run| millis(ui, lang, &tr!(lang, "lab.jitter"), &mut link(run, back).jitter, DELAYS, each),
        &|ui, run| chance(ui, lang, &tr!(lang, "lab.loss"), &mut link(run, back).loss, CHANCES, each),
        &|ui, run| chance(ui, lang, &tr!(lang, "lab.duplicate"), &mut link(run, back).duplicate, CHANCES, each),
        &|ui, run| chance(ui, lang, &tr!(lang, "lab.reorder"), &mut link(run, back).reorder, CHANCES, each),
        &|ui, run| rate(ui, lang, link(run, back), each),
        &|ui, run| count(ui, lang, &mut run.workload, each),
    ];
    for row in all.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for slider in row {
                slider(ui, run);
            }
        });
        ui.add_space(6.0);
    }
}

/// The way that the sliders are about.
fn link(run: &mut Run, back: bool) -> &mut LinkKnobs {
    match &mut run.knobs.back {
        Some(link) if back => link,
        _ => &mut run.knobs.link,
    }
}

/// Whether both ways are alike, and if not, which of them the sliders are about.
pub fn direction_ui(ui: &mut Ui, lang: Lang, knobs: &mut Knobs, back: &mut bool) {
    let words = [tr!(lang, "lab.ways_alike"), tr!(lang, "lab.way_there"), tr!(lang, "lab.way_back")];
    let at = if knobs.back.is_none() { 0 } else { 1 + usize::from(*back) };
    let current = words.get(at).map(AsRef::as_ref).unwrap_or_default();
    let name = tr!(lang, "lab.knob", name = tr!(lang, "lab.ways"), value = current);
    let menu = compact_menu(ui, current, &name, |ui| {
        for (index, word) in words.iter().enumerate() {
            if menu_entry(ui, index == at, word).clicked() {
                // Apart they begin as they were together.
                knobs.back = (index > 0).then(|| knobs.back.unwrap_or(knobs.link));
                *back = index == 2;
            }
        }
    });
    menu.on_hover_text(tr!(lang, "lab.ways_hint"));
}

/// A slider with its name and its value above it. Returns the new value if it was moved.
fn slider(ui: &mut Ui, lang: Lang, name: &str, value: &str, steps: &[u64], at: u64, width: f32) -> Option<u64> {
    let tokens = ui.tokens();
    let mut moved = None;
    ui.allocate_ui_with_layout(vec2(width, 34.0), Layout::top_down(Align::Min), |ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing = vec2(4.0, 1.0);
        ui.allocate_ui_with_layout(vec2(width, 17.0), Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(value).font(egui::FontId::monospace(12.0)).strong().color(tokens.text));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(name).small().color(tokens.muted)).truncate());
            });
        });
        let mut index =
            steps.iter().enumerate().min_by_key(|(_, step)| step.abs_diff(at)).map_or(0, |(index, _)| index);
        let last = steps.len().saturating_sub(1);
        let text = tr!(lang, "lab.knob", name = name, value = value);
        let response = widgets::slider(ui, &mut index, 0..=last, width, &text, |index| *index as f64);
        if response.changed() {
            moved = steps.get(index).copied();
        }
    });
    moved
}

fn millis(ui: &mut Ui, lang: Lang, name: &str, value: &mut Micros, steps: &[u64], width: f32) {
    if let Some(new) = slider(ui, lang, name, &words::time(*value), steps, *value / 1_000, width) {
        *value = new * 1_000;
    }
}

fn percent(chance: Chance) -> String {
    format!("{} %", chance.as_percent())
}

fn chance(ui: &mut Ui, lang: Lang, name: &str, value: &mut Chance, steps: &[u64], width: f32) {
    let at = u64::from(value.as_millionths() / 1_000);
    if let Some(new) = slider(ui, lang, name, &percent(*value), steps, at, width) {
        *value = Chance::millionths(new as u32 * 1_000);
    }
}

fn rate(ui: &mut Ui, lang: Lang, link: &mut LinkKnobs, width: f32) {
    let text = match link.rate {
        None => tr!(lang, "lab.no_limit").into_owned(),
        Some(rate) if rate >= 1_000_000 => format!("{} Mbit/s", rate as f64 / 1e6),
        Some(rate) => format!("{} kbit/s", rate as f64 / 1e3),
    };
    // Without limit is the last step, as if it were a very fast one.
    let at = link.rate.map_or(0, |rate| (rate / 1_000).max(1));
    if let Some(new) = slider(ui, lang, &tr!(lang, "lab.bandwidth"), &text, RATES, at, width) {
        link.rate = (new > 0).then_some(new * 1_000);
    }
}

fn count(ui: &mut Ui, lang: Lang, workload: &mut Workload, width: f32) {
    let name = tr!(lang, "lab.messages");
    match workload {
        Workload::Messages { count, .. } | Workload::PingPong { count, .. } | Workload::Voice { count, .. } => {
            let text = number::grouped(u64::from(*count));
            if let Some(new) = slider(ui, lang, &name, &text, COUNTS, u64::from(*count), width) {
                *count = new as u32;
            }
        }
        Workload::File { bytes, .. } => {
            let (name, text) = (tr!(lang, "lab.file_size"), number::size(u64::from(*bytes)));
            if let Some(new) = slider(ui, lang, &name, &text, FILES, u64::from(*bytes / 1_000), width) {
                *bytes = new as u32 * 1_000;
            }
        }
        Workload::Text { .. } | Workload::Own { .. } => {
            // As many as the text has.
            let messages = workload.count();
            let text = number::grouped(messages);
            ui.add_enabled_ui(false, |ui| slider(ui, lang, &name, &text, COUNTS, messages, width));
        }
    }
}

/// Everything else.
pub fn more_ui(ui: &mut Ui, cx: &Cx<'_>, run: &mut Run, state: &mut HeadState) {
    let lang = cx.lang;
    let width = 120.0;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(20.0, 6.0);
        workload_menu(ui, lang, &mut run.workload);
        match &mut run.workload {
            Workload::Messages { size, gap, .. } | Workload::Text { size, gap } => {
                bytes(ui, lang, &tr!(lang, "lab.size"), size, SIZES, width);
                millis(ui, lang, &tr!(lang, "lab.gap"), gap, DELAYS, width);
            }
            Workload::PingPong { size, .. } | Workload::File { size, .. } => {
                bytes(ui, lang, &tr!(lang, "lab.size"), size, SIZES, width);
            }
            Workload::Voice { size, gap, deadline, .. } => {
                bytes(ui, lang, &tr!(lang, "lab.size"), size, SIZES, width);
                millis(ui, lang, &tr!(lang, "lab.gap"), gap, DELAYS, width);
                millis(ui, lang, &tr!(lang, "lab.deadline"), deadline, DELAYS, width);
            }
            Workload::Own { messages, .. } => own_ui(ui, lang, messages, state),
        }
        let link = link(run, state.back);
        burst(ui, lang, link, width);
        chance(ui, lang, &tr!(lang, "lab.corrupt"), &mut link.corrupt, CHANCES, width);
        let text = link.mtu.map_or_else(|| tr!(lang, "lab.mtu_own").into_owned(), |mtu| mtu.to_string());
        if let Some(new) = slider(ui, lang, &tr!(lang, "lab.mtu"), &text, MTUS, link.mtu.unwrap_or(0).into(), width) {
            link.mtu = (new > 0).then_some(new as u16);
        }
        bytes(ui, lang, &tr!(lang, "lab.queue"), &mut link.queue, BUFFERS, width);
        outage(ui, lang, link, width);
        millis(ui, lang, &tr!(lang, "lab.read_every"), &mut run.knobs.program.read_every, DELAYS, width);
        let tcp = &mut run.knobs.tcp;
        bytes(ui, lang, &tr!(lang, "lab.window"), &mut tcp.window, BUFFERS, width);
        let text = tcp.delayed_ack.map_or_else(|| tr!(lang, "lab.off").into_owned(), words::time);
        let at = tcp.delayed_ack.unwrap_or(0) / 1_000;
        if let Some(new) = slider(ui, lang, &tr!(lang, "lab.delayed_ack"), &text, ACKS, at, width) {
            tcp.delayed_ack = (new > 0).then_some(new * 1_000);
        }
        compact_toggle(ui, &mut tcp.nagle, &tr!(lang, "lab.nagle"));
        let word = |control| match control {
            Control::None => tr!(lang, "lab.control_none").into_owned(),
            Control::Reno => "Reno".to_owned(),
            Control::Cubic => "CUBIC".to_owned(),
        };
        let name = tr!(lang, "lab.control");
        let text = tr!(lang, "lab.knob", name = name, value = word(tcp.control));
        compact_menu(ui, &text, &text, |ui| {
            for control in [Control::None, Control::Reno, Control::Cubic] {
                if menu_entry(ui, control == tcp.control, &word(control)).clicked() {
                    tcp.control = control;
                }
            }
        });
    });
}

fn bytes(ui: &mut Ui, lang: Lang, name: &str, value: &mut u32, steps: &[u64], width: f32) {
    let text = number::size(u64::from(*value));
    if let Some(new) = slider(ui, lang, name, &text, steps, u64::from(*value), width) {
        *value = new as u32;
    }
}

fn burst(ui: &mut Ui, lang: Lang, link: &mut LinkKnobs, width: f32) {
    let enter = link.burst.map_or(Chance::NEVER, |burst| burst.enter);
    let text = if link.burst.is_some() { percent(enter) } else { tr!(lang, "lab.off").into_owned() };
    let at = u64::from(enter.as_millionths() / 1_000);
    if let Some(new) = slider(ui, lang, &tr!(lang, "lab.burst"), &text, BURSTS, at, width) {
        let rest = link.burst.unwrap_or_default();
        link.burst = (new > 0).then(|| Burst { enter: Chance::millionths(new as u32 * 1_000), ..rest });
    }
}

fn outage(ui: &mut Ui, lang: Lang, link: &mut LinkKnobs, width: f32) {
    let Outage { from, to } = link.outage.unwrap_or(Outage { from: 100_000, to: 100_000 });
    let lasts = to.saturating_sub(from);
    let text = if lasts > 0 { words::time(lasts) } else { tr!(lang, "lab.off").into_owned() };
    let mut set = |from: Micros, lasts: Micros| {
        link.outage = (lasts > 0).then_some(Outage { from, to: from + lasts });
    };
    if let Some(new) = slider(ui, lang, &tr!(lang, "lab.outage_for"), &text, OUTAGES, lasts / 1_000, width) {
        set(from, new * 1_000);
    }
    if lasts > 0
        && let Some(new) =
            slider(ui, lang, &tr!(lang, "lab.outage_from"), &words::time(from), OUTAGES, from / 1_000, width)
    {
        set(new * 1_000, lasts);
    }
}

fn workload_menu(ui: &mut Ui, lang: Lang, workload: &mut Workload) {
    let kinds = [
        (tr!(lang, "lab.work_messages"), Workload::default()),
        (tr!(lang, "lab.work_text"), Workload::Text { size: 40, gap: 5_000 }),
        (tr!(lang, "lab.work_ping"), Workload::PingPong { count: 5, size: 100, patience: 500_000 }),
        (tr!(lang, "lab.work_file"), Workload::File { bytes: 20_000, size: 1_000 }),
        (tr!(lang, "lab.work_voice"), Workload::Voice { count: 30, size: 160, gap: 20_000, deadline: 150_000 }),
        (tr!(lang, "lab.work_own"), Workload::Own { messages: own("hello\n你好\n再见"), encoding: Charset::UTF_8 }),
    ];
    let same = |a: &Workload, b: &Workload| std::mem::discriminant(a) == std::mem::discriminant(b);
    let current =
        kinds.iter().find(|(_, kind)| same(kind, workload)).map_or_else(String::new, |(name, _)| name.to_string());
    let name = tr!(lang, "lab.workload");
    let text = tr!(lang, "lab.knob", name = name, value = current);
    compact_menu(ui, &text, &text, |ui| {
        for (name, kind) in kinds {
            let chosen = same(&kind, workload);
            if menu_entry(ui, chosen, &name).clicked() && !chosen {
                *workload = kind;
            }
        }
    });
}

/// One message a line, 5 ms apart.
fn own(text: &str) -> Vec<Own> {
    text.lines().zip(0_u64..).map(|(line, n)| Own { text: line.to_owned(), at: n * 5_000 }).collect()
}

fn own_ui(ui: &mut Ui, lang: Lang, messages: &mut Vec<Own>, state: &mut HeadState) {
    let current = messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join("\n");
    if state.own.lines().ne(current.lines()) {
        state.own = current;
    }
    let field = TextEdit::multiline(&mut state.own).desired_rows(2).desired_width(220.0).char_limit(4_000);
    let response = ui.add(field).accessible_name(tr!(lang, "lab.own_text"));
    if response.changed() {
        *messages = own(&state.own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_one_that_a_run_takes() {
        let check = |change: &dyn Fn(&mut Run)| {
            let mut run = Run::default();
            change(&mut run);
            assert_eq!(run.check(), Ok(()), "{run:?}");
        };
        for step in DELAYS {
            check(&|run| run.knobs.link.delay = step * 1_000);
            check(&|run| run.knobs.program.read_every = step * 1_000);
        }
        for step in MTUS {
            check(&|run| run.knobs.link.mtu = (*step > 0).then_some(*step as u16));
        }
        for step in BUFFERS {
            check(&|run| run.knobs.tcp.window = *step as u32);
        }
        for step in ACKS {
            check(&|run| run.knobs.tcp.delayed_ack = (*step > 0).then_some(step * 1_000));
        }
        for step in SIZES {
            check(&|run| run.workload = Workload::Messages { count: 6, size: *step as u32, gap: 0 });
        }
        for step in FILES {
            check(&|run| run.workload = Workload::File { bytes: *step as u32 * 1_000, size: 1_000 });
        }
        for step in RATES {
            check(&|run| run.knobs.link.rate = (*step > 0).then_some(step * 1_000));
        }
    }

    #[test]
    fn own_messages_are_lines() {
        let own = own("hello\n你好");
        assert_eq!((own.len(), own[1].text.as_str(), own[1].at), (2, "你好", 5_000));
    }
}
