//! One row, whole: its bytes and their text in step, the same bytes in other encodings, or what an event says.
//!
//! A payload may be a mebibyte long: it is decoded once when its row is opened, and only the lines on screen are
//! ever formatted.

mod steps;

use egui::{
    Align, CentralPanel, FontId, Frame, Grid, Key, Layout, Margin, Panel, RichText, ScrollArea, TextStyle, Ui,
    text::{LayoutJob, TextWrapping},
    vec2,
};
use jiff::tz::TimeZone;

use self::steps::Steps;
use super::{
    Cx, lens,
    traffic::{count_bytes, date_and_clock, delta, line},
};
use crate::{
    export::clip::{Clip, clip},
    gui::{
        actions::Action,
        theme::{self, TokensExt as _, icons},
        tr,
        widgets::compact::{compact_icon, compact_menu, compact_toggle, menu_entry},
    },
    journal::{
        Event, Journal, Kind, Nanos, Row,
        lens::{RowText, row_text},
    },
    text::Charset,
    words::{self, number::grouped},
};

/// From this width on the other readings stand beside the bytes, else below them.
const WIDE: f32 = 820.0;
/// From this height on there is room for them below, else they stand in the place of the bytes if one asks for them.
const HIGH: f32 = 180.0;
/// Bytes are seen at least so high while the other readings stand below: what they are about, and two lines.
const LEAST_BYTES: f32 = 3.0 * steps::LINE + 6.0;
/// The other readings, a line each, and their title.
const READINGS: f32 = 132.0;
/// Bytes that the other readings show.
const READ: usize = 1_024;
/// The readings that are offered beside the one in use, the likeliest first.
const OTHERS: [Charset; 5] = [Charset::UTF_8, Charset::GBK, Charset::UTF_16LE, Charset::ISO_8859_1, Charset::BIG5];

/// What the detail keeps from one frame to the next.
#[derive(Default)]
pub struct DetailState {
    opened: Option<Opened>,
}

/// The payload of the row on show, decoded.
struct Opened {
    seq: u64,
    charset: Charset,
    text: RowText,
    others: Vec<(Charset, RowText)>,
    /// Where there is room for one of them: the other readings are on show instead of the bytes.
    others_open: bool,
    steps: Steps,
}

impl Opened {
    fn new(journal: &Journal, seq: u64, charset: Charset, kind: Kind) -> Self {
        let read = |kind, charset, limit| row_text(journal, seq, kind, charset, limit).unwrap_or_default();
        // The others are not what was sent: read on from the row before, they would begin with its rubbish.
        let alone = |charset| read(Kind::UdpSocket, charset, READ);
        let others = OTHERS.into_iter().filter(|other| *other != charset).take(4);
        Self {
            seq,
            charset,
            text: read(kind, charset, usize::MAX),
            others: others.map(|other| (other, alone(other))).collect(),
            others_open: false,
            steps: Steps::default(),
        }
    }
}

/// Where the other readings of a payload stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readings {
    Beside,
    Below,
    Instead,
}

/// When the row was, on its own and since the row shown before it.
struct When<'a> {
    zone: &'a TimeZone,
    before: Option<Nanos>,
}

/// Paints the detail of a row; `before` is when the row shown before it was. Returns whether the reader closed it.
pub fn detail_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut DetailState,
    seq: u64,
    before: Option<Nanos>,
    charset: Charset,
    zone: &TimeZone,
) -> bool {
    let escaped = ui.memory(|memory| memory.focused().is_none())
        && !egui::Popup::is_any_open(ui.ctx())
        && ui.input(|input| input.key_pressed(Key::Escape));
    let Some(row) = cx.model.journal.row(seq) else {
        return gone_ui(ui, cx) || escaped;
    };
    let kind = cx.model.sockets.get(row.record.socket).map_or(Kind::TcpConnection, |entry| entry.kind);
    if !row.record.event.has_payload() {
        state.opened = None;
    } else if state.opened.as_ref().is_none_or(|opened| opened.seq != seq || opened.charset != charset) {
        state.opened = Some(Opened::new(&cx.model.journal, seq, charset, kind));
    }
    let readings = match ui.available_size() {
        size if size.x >= WIDE => Readings::Beside,
        size if size.y >= HIGH => Readings::Below,
        _ => Readings::Instead,
    };
    let closed = head_ui(ui, cx, state, &row, kind, &When { zone, before }, readings);
    match &mut state.opened {
        Some(opened) => payload_ui(ui, cx, opened, &row, readings),
        None => event_ui(ui, cx, &row, kind),
    }
    closed || escaped
}

fn gone_ui(ui: &mut Ui, cx: &Cx<'_>) -> bool {
    let mut closed = false;
    ui.horizontal(|ui| {
        ui.add_space(12.0);
        ui.label(RichText::new(tr!(cx.lang, "detail.gone")).color(ui.tokens().muted));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(12.0);
            closed = compact_icon(ui, icons::X, &tr!(cx.lang, "detail.close"), false).clicked();
        });
    });
    closed
}

fn head_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut DetailState,
    row: &Row<'_>,
    kind: Kind,
    when: &When<'_>,
    readings: Readings,
) -> bool {
    let lang = cx.lang;
    let tokens = ui.tokens();
    let payload = row.record.event.has_payload();
    let charset = state.opened.as_ref().map(|opened| opened.charset).unwrap_or_default();
    let wide = readings == Readings::Beside;
    let mut closed = false;
    let facts = |ui: &mut Ui, size: f32| {
        let fact = |ui: &mut Ui, text: String, color| {
            ui.label(RichText::new(text).font(FontId::monospace(size)).color(color));
        };
        if let Some(peer) = row.record.peer {
            fact(ui, peer.to_string(), tokens.muted);
        }
        fact(ui, date_and_clock(cx.model.epoch, row.record.at, when.zone), tokens.faint);
        if when.before.is_some() {
            fact(ui, format!("Δ {} ms", delta(when.before, row.record.at)), tokens.faint);
        }
    };
    let frame = Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(12, 0));
    Panel::top("detail_head").exact_size(34.0).show_separator_line(false).frame(frame).show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            closed = compact_icon(ui, icons::X, &tr!(lang, "detail.close"), false).clicked();
            if payload {
                copy_ui(ui, cx, row, charset);
                let lens = compact_icon(ui, icons::TYPE, &tr!(lang, "lens.open"), wide);
                if lens.on_hover_text(tr!(lang, "lens.open_row")).clicked() {
                    let taken = lens::from_rows(&cx.model.journal, [row.seq].into_iter(), row.seq, charset);
                    cx.actions.push(Action::ShowLens(taken.map(Box::new)));
                }
                if readings == Readings::Instead
                    && let Some(opened) = &mut state.opened
                {
                    compact_toggle(ui, &mut opened.others_open, &tr!(lang, "detail.other_readings"));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 10.0;
                ui.set_clip_rect(ui.max_rect());
                ui.label(theme::strong(words::call(lang, row.record, kind)));
                if payload {
                    ui.label(RichText::new(count_bytes(lang, row.bytes.len())).color(tokens.muted));
                }
                if wide {
                    facts(ui, 13.0);
                }
            });
        });
    });
    if !wide {
        // Beside the buttons they would be cut off: to or from whom, and when, is what one opens a row for.
        let frame = Frame::new().fill(tokens.panel).inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 4 });
        Panel::top("detail_facts").resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(10.0, 2.0);
                facts(ui, 11.0);
            });
        });
    }
    closed
}

fn payload_ui(ui: &mut Ui, cx: &Cx<'_>, opened: &mut Opened, row: &Row<'_>, readings: Readings) {
    let tokens = ui.tokens();
    let frame = Frame::new().fill(tokens.panel).inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 6 });
    let scrolled = |ui: &mut Ui, opened: &Opened, lines| {
        let area = ScrollArea::vertical().auto_shrink(false).min_scrolled_height(0.0);
        area.show(ui, |ui| readings_ui(ui, cx, opened, row, lines));
    };
    match readings {
        Readings::Beside => {
            let width = ui.available_width() - steps::width(16) - 36.0;
            let panel = Panel::right("detail_readings").exact_size(width).resizable(false).frame(frame);
            panel.show(ui, |ui| scrolled(ui, opened, 4));
        }
        Readings::Below => {
            // The bytes keep what they need; of more than fits, half.
            let room = ui.available_height();
            let bytes = steps::height(row.bytes.len(), ui.available_width() - 24.0) + 6.0;
            let height = (room - bytes).max((room * 0.5).min(READINGS)).min(room - LEAST_BYTES).max(0.0);
            let panel = Panel::bottom("detail_readings_below").exact_size(height).resizable(false).frame(frame);
            panel.show_separator_line(false).show(ui, |ui| scrolled(ui, opened, 2));
        }
        Readings::Instead if opened.others_open => {
            CentralPanel::no_frame().frame(frame).show(ui, |ui| scrolled(ui, opened, 4));
            return;
        }
        Readings::Instead => {}
    }
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        steps::steps_ui(ui, cx.lang, &mut opened.steps, row.bytes, &opened.text);
    });
}

/// The payload in the encoding in use and in four others, the beginning of it.
fn readings_ui(ui: &mut Ui, cx: &Cx<'_>, opened: &Opened, row: &Row<'_>, lines: usize) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 4.0;
    let cut = (row.bytes.len() > READ).then(|| tr!(cx.lang, "detail.beginning", count = grouped(READ as u64)));
    let title = cut.unwrap_or_else(|| tr!(cx.lang, "detail.readings"));
    ui.label(RichText::new(title).small().color(tokens.muted));
    let own = (opened.charset, &opened.text);
    let all = std::iter::once(own).chain(opened.others.iter().map(|(charset, text)| (*charset, text)));
    Grid::new("readings").num_columns(2).min_row_height(18.0).spacing([12.0, 3.0]).show(ui, |ui| {
        for (charset, text) in all {
            let color = if charset == opened.charset { tokens.text } else { tokens.muted };
            ui.label(RichText::new(charset.name()).monospace().color(color));
            let font = TextStyle::Monospace.resolve(ui.style());
            let width = (ui.available_width() - 8.0).max(60.0);
            let mut job: LayoutJob = line(text, row.bytes, &font, color, tokens, width * lines as f32);
            job.wrap =
                TextWrapping { max_width: width, max_rows: lines, break_anywhere: true, ..TextWrapping::default() };
            ui.label(job);
            ui.end_row();
        }
    });
}

/// The menu that puts the payload on the clipboard.
fn copy_ui(ui: &mut Ui, cx: &mut Cx<'_>, row: &Row<'_>, charset: Charset) {
    let lang = cx.lang;
    let forms = [
        (Clip::Text, tr!(lang, "traffic.copy_text")),
        (Clip::Hex, tr!(lang, "traffic.copy_hex")),
        (Clip::Dump, tr!(lang, "traffic.copy_dump")),
        (Clip::Python, tr!(lang, "traffic.copy_python")),
    ];
    let text = tr!(lang, "detail.copy");
    compact_menu(ui, &text, &text, |ui| {
        for (form, text) in &forms {
            if menu_entry(ui, false, text).clicked() {
                let model = cx.model;
                let text = clip(&model.journal, &model.sockets, [row.seq], charset, *form);
                cx.actions.push(Action::Copy(text));
            }
        }
    });
}

/// What an event without payload says, and every fact that it carries.
fn event_ui(ui: &mut Ui, cx: &Cx<'_>, row: &Row<'_>, kind: Kind) {
    let lang = cx.lang;
    let tokens = ui.tokens();
    let frame = Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(12, 4));
    CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            let failed = matches!(row.record.event, Event::Failed { .. });
            let sentence = words::event(lang, row, kind);
            if !sentence.is_empty() {
                ui.label(RichText::new(sentence).color(if failed { tokens.error } else { tokens.text }));
            }
            Grid::new("facts").num_columns(2).spacing([16.0, 4.0]).show(ui, |ui| {
                let fact = |ui: &mut Ui, name: &str, value: String| {
                    ui.label(RichText::new(name).color(tokens.muted));
                    ui.label(RichText::new(value).monospace());
                    ui.end_row();
                };
                if let Event::Failed { call, fault } = row.record.event {
                    fact(ui, &tr!(lang, "detail.call"), call.name().into());
                    let number = if fault.errno == 0 { String::new() } else { format!(" ({})", fault.errno) };
                    fact(ui, &tr!(lang, "detail.error"), format!("{}{number}", fault.kind.name()));
                }
                fact(ui, &tr!(lang, "detail.socket"), row.record.socket.to_string());
                if let Some(peer) = row.record.peer {
                    fact(ui, &tr!(lang, "detail.address"), peer.to_string());
                }
                if !row.detail().is_empty() {
                    fact(ui, &tr!(lang, "detail.detail"), row.detail().to_owned());
                }
                fact(ui, &tr!(lang, "detail.event"), row.record.event.word().into());
            });
        });
    });
}
