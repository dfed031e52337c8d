//! Below the ladders: what the receiving program read, one sentence of what happened, and behind tabs the sums and plots.

use egui::{
    Align, CornerRadius, FontId, Layout, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{LabState, counters, drawn::Lane, marks, plot, stream, words};
use crate::{
    gui::{
        Cx,
        theme::{TokensExt as _, section, semibold},
        tr,
        widgets::compact::compact,
    },
    sim::{Log, Micros, Piece, Side},
    words::{Lang, number},
};

/// Size of a block.
const BLOCK: f32 = 28.0;
/// Between blocks of two reads, and of one.
const GAPS: [f32; 2] = [6.0, 2.0];

/// What stands below the ladders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What was read.
    #[default]
    Read,
    /// Sums.
    Counters,
    /// Time-sequence and bytes in flight.
    Plot,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Read, Self::Counters, Self::Plot];

    fn name(self, lang: Lang) -> String {
        match self {
            Self::Read => tr!(lang, "lab.tab_read"),
            Self::Counters => tr!(lang, "lab.tab_counters"),
            Self::Plot => tr!(lang, "lab.tab_plot"),
        }
        .into_owned()
    }
}

/// Paints it.
pub fn below_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut LabState) {
    let tokens = ui.tokens();
    let all = ui.available_rect_before_wrap();
    ui.painter().hline(all.x_range(), all.top() + 0.5, Stroke::new(1.0, tokens.line));
    let middle = all.center().x.round();
    let tabs = Rect::from_min_max(pos2(middle, all.top() + 4.0), pos2(all.right() - 12.0, all.top() + 30.0));
    let at = state.moment().0;
    match state.tab {
        Tab::Read => {
            ui.painter().vline(middle, all.y_range(), Stroke::new(1.0, tokens.line));
            for index in 0..2 {
                let (left, right) = if index == 0 { (all.left(), middle) } else { (middle, all.right()) };
                let rect =
                    Rect::from_min_max(pos2(left + 16.0, all.top() + 10.0), pos2(right - 12.0, all.bottom() - 4.0));
                ui.scope_builder(egui::UiBuilder::new().max_rect(rect).id_salt(("below", index)), |ui| {
                    ui.set_clip_rect(ui.clip_rect().intersect(rect.expand(2.0)));
                    lane_ui(ui, cx.lang, state, index, at);
                });
            }
        }
        Tab::Counters => {
            let rect =
                Rect::from_min_max(pos2(all.left() + 16.0, all.top() + 10.0), pos2(all.right() - 12.0, all.bottom()));
            ui.scope_builder(egui::UiBuilder::new().max_rect(rect), |ui| counters::counters_ui(ui, cx.lang, state));
        }
        Tab::Plot => {
            let rect = Rect::from_min_max(
                pos2(all.left() + 8.0, all.top() + 6.0),
                pos2(all.right() - 8.0, all.bottom() - 4.0),
            );
            ui.scope_builder(egui::UiBuilder::new().max_rect(rect), |ui| plot::plot_ui(ui, cx.lang, state));
        }
    }
    ui.scope_builder(egui::UiBuilder::new().max_rect(tabs), |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.spacing_mut().button_padding = vec2(8.0, 2.0);
            for tab in Tab::ALL.into_iter().rev() {
                let name = tab.name(cx.lang);
                let chosen = tab == state.tab;
                let color = if chosen { tokens.tcp } else { tokens.muted };
                let fill = if chosen { tokens.selection } else { tokens.panel };
                let button = egui::Button::new(compact(&name).color(color)).fill(fill).stroke(Stroke::NONE);
                let response = ui.add(button);
                response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, &name));
                if response.clicked() {
                    state.tab = tab;
                }
            }
        });
    });
    ui.advance_cursor_after_rect(all);
}

fn lane_ui(ui: &mut Ui, lang: Lang, state: &LabState, index: usize, now: Micros) {
    let Some(pair) = state.drawn.pair() else { return };
    let Some(lane) = pair.lanes.get(index) else { return };
    ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
    ui.label(section(ui, &tr!(lang, "lab.what_read")));
    blocks_ui(ui, lang, lane, now);
    if now >= lane.log.end_at {
        let text = pair.sentence(lang, index, now);
        ui.label(RichText::new(text).small().color(ui.tokens().muted));
    }
    if ui.available_height() > 30.0 {
        stream::stream_ui(ui, lang, lane, now);
    }
}

/// A block of what was read.
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own that the block can have")]
#[derive(Clone, Debug)]
pub struct Block {
    piece: Piece,
    at: Micros,
    again: bool,
    shuffled: bool,
    wrong: bool,
    /// The first of its read.
    first: bool,
}

/// What was read in a whole run, in order.
pub fn blocks(log: &Log) -> Vec<Block> {
    let mut seen = vec![false; log.messages.len()];
    let mut highest = 0;
    let mut blocks = Vec::new();
    let mut reads: Vec<_> = Side::BOTH.into_iter().flat_map(|side| log.reads(side)).collect();
    reads.sort_by_key(|read| read.at);
    for read in reads {
        let mut from = 0;
        for (nth, piece) in read.pieces.iter().enumerate() {
            let index = (piece.message as usize).wrapping_sub(1);
            let bytes = read.bytes.get(from..from + piece.len() as usize);
            from += piece.len() as usize;
            let sent = log.messages.get(index).and_then(|m| m.bytes.get(piece.from as usize..piece.to as usize));
            let whole = piece.from == 0;
            let again = whole && seen.get(index).copied().unwrap_or(false);
            if let Some(seen) = seen.get_mut(index) {
                *seen = true;
            }
            blocks.push(Block {
                piece: *piece,
                at: read.at,
                again,
                shuffled: !again && piece.message < highest,
                wrong: bytes != sent,
                first: nth == 0,
            });
            highest = highest.max(piece.message);
        }
    }
    blocks
}

fn blocks_ui(ui: &mut Ui, lang: Lang, lane: &Lane, now: Micros) {
    let tokens = ui.tokens();
    let until = lane.blocks.partition_point(|block| block.at <= now);
    let blocks = lane.blocks.get(..until).unwrap_or_default();
    let over = now >= lane.log.end_at;
    let missing = if over { lane.index.missing.as_slice() } else { &[] };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BLOCK + 4.0), Sense::hover());
    let mut x = rect.left() + 2.0;
    let top = rect.top() + 2.0;
    let total = blocks.len() + missing.len();
    let mut shown = 0;
    let rest_width = 78.0;
    let size_of = |piece: &Piece| {
        let whole = lane.log.message(piece.message).map_or(0, |message| message.bytes.len() as u32);
        if piece.len() < whole { 18.0 } else { BLOCK.max(13.0 + 7.0 * digits(piece.message)) }
    };
    let mut numbers = missing.iter();
    for block in blocks {
        let width = size_of(&block.piece);
        let gap = if shown == 0 {
            0.0
        } else if block.first {
            GAPS[0]
        } else {
            GAPS[1]
        };
        if x + gap + width > rect.right() - if shown + 1 < total { rest_width } else { 0.0 } {
            break;
        }
        x += gap;
        let cell = Rect::from_min_size(pos2(x, top), vec2(width, BLOCK));
        x += width;
        shown += 1;
        let color = tokens.message((block.piece.message as usize).wrapping_sub(1));
        ui.painter().rect_filled(cell, CornerRadius::same(4), color);
        if block.again {
            ui.painter().rect_stroke(cell.shrink(2.5), 2.0, Stroke::new(1.5, tokens.panel), StrokeKind::Inside);
            ui.painter().rect_stroke(cell.expand(1.5), 5.0, Stroke::new(1.5, color), StrokeKind::Outside);
        }
        if block.shuffled {
            // A corner: it came after one that was sent later.
            let corner = vec![cell.left_top(), cell.left_top() + vec2(10.0, 0.0), cell.left_top() + vec2(0.0, 10.0)];
            ui.painter().add(egui::Shape::convex_polygon(corner, tokens.text, Stroke::NONE));
        }
        let font = FontId::new(13.0, semibold());
        let text = if block.wrong { format!("{}!", block.piece.message) } else { block.piece.message.to_string() };
        ui.painter().text(cell.center(), egui::Align2::CENTER_CENTER, text, font, tokens.on_message);
        node(ui, cell, shown, &block_words(lang, lane, block));
    }
    if shown == blocks.len() {
        for number in numbers.by_ref() {
            let width = BLOCK.max(13.0 + 7.0 * digits(*number));
            if x + GAPS[0] + width > rect.right() - if shown + 1 < total { rest_width } else { 0.0 } {
                break;
            }
            x += if shown == 0 { 0.0 } else { GAPS[0] };
            let cell = Rect::from_min_size(pos2(x, top), vec2(width, BLOCK));
            x += width;
            shown += 1;
            marks::dashed_box(ui.painter(), cell, tokens.error);
            let font = FontId::new(13.0, semibold());
            ui.painter().text(cell.center(), egui::Align2::CENTER_CENTER, number, font, tokens.error);
            node(ui, cell, shown, &tr!(lang, "lab.block_missing", number = number));
        }
    }
    if shown < total {
        let text = tr!(lang, "lab.blocks_more", count = number::grouped((total - shown) as u64));
        let at = pos2(x + 8.0, top + BLOCK / 2.0);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, text, FontId::proportional(12.0), tokens.muted);
    }
}

fn digits(number: u32) -> f32 {
    number.checked_ilog10().unwrap_or(0) as f32 + 1.0
}

fn node(ui: &Ui, cell: Rect, nth: usize, said: &str) {
    let response = ui.interact(cell, ui.scope_id().with(("block", nth)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, said));
    response.on_hover_text(said);
}

fn block_words(lang: Lang, lane: &Lane, block: &Block) -> String {
    let Piece { message, from, to } = block.piece;
    let whole = lane.log.message(message).map_or(0, |message| message.bytes.len() as u32);
    let time = words::moment(block.at);
    let mut text = if block.piece.len() < whole {
        tr!(lang, "lab.block_part", from = from, to = to, number = message, time = time).into_owned()
    } else {
        tr!(lang, "lab.block", number = message, time = time).into_owned()
    };
    let marks = [
        (block.again, tr!(lang, "lab.block_again")),
        (block.shuffled, tr!(lang, "lab.block_shuffled")),
        (block.wrong, tr!(lang, "lab.block_wrong")),
    ];
    for (_, mark) in marks.iter().filter(|(set, _)| *set) {
        text = format!("{text} · {mark}");
    }
    text
}
