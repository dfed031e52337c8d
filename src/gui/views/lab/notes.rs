//! Words beside the ladder, that keep out of each other's way.

use std::sync::Arc;

use egui::{Color32, FontId, Galley, Id, Painter, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::geometry::Grid;
use crate::{
    gui::theme::{TokensExt as _, semibold},
    sim::Side,
};

/// Height of a line of words.
pub const LINE: f32 = 13.0;

/// What is said beside a lifeline.
#[derive(Clone, Debug)]
pub struct Words {
    /// At which height.
    pub y: f32,
    /// Where.
    pub column: Column,
    /// What.
    pub text: String,
    /// More, for those who point at it or cannot see it.
    pub whole: Option<String>,
    /// In which colour.
    pub color: Color32,
    /// Whether it stands out.
    pub bold: bool,
}

impl Words {
    /// Plain words.
    pub fn new(y: f32, column: Column, text: String, color: Color32) -> Self {
        Self { y, column, text, whole: None, color, bold: false }
    }
}

/// Where words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Left of the client's kernel.
    Client,
    /// Right of the server's.
    Server,
    /// Left of the client's program.
    ClientProgram,
    /// Right of the server's.
    ServerProgram,
}

impl Column {
    const ALL: [Self; 4] = [Self::Client, Self::Server, Self::ClientProgram, Self::ServerProgram];

    /// Beside a side's kernel.
    pub fn beside(side: Side) -> Self {
        if side == Side::Client { Self::Client } else { Self::Server }
    }

    /// Beside a side's program.
    pub fn program(side: Side) -> Self {
        if side == Side::Client { Self::ClientProgram } else { Self::ServerProgram }
    }

    /// Where it begins, whether it goes to the right, and how wide it may be, in a lane from `left` to `right`.
    fn place(self, grid: &Grid) -> (f32, bool, f32) {
        let [client, server] = grid.kernels;
        match (self, grid.programs) {
            (Self::Client, None) => (client - 18.0, false, client - 20.0 - grid.times),
            (Self::Client, Some([program, _])) => (client - 18.0, false, client - program - 22.0),
            (Self::Server, None) => (server + 9.0, true, grid.lane.max - server - 11.0),
            (Self::Server, Some([_, program])) => (server + 9.0, true, program - server - 14.0),
            (Self::ClientProgram, programs) => {
                let x = programs.map_or(client, |[program, _]| program) - 6.0;
                (x, false, x - grid.times)
            }
            (Self::ServerProgram, programs) => {
                let x = programs.map_or(server, |[_, program]| program) + 6.0;
                (x, true, grid.lane.max - x)
            }
        }
    }
}

/// Paints them where there is room for them, from top to bottom.
pub fn notes_ui(ui: &Ui, painter: &Painter, grid: &Grid, lane: Rect, id: Id, mut notes: Vec<Words>) {
    notes.retain(|note| note.y > lane.top() - LINE && note.y < lane.bottom() + LINE);
    notes.sort_by(|a, b| a.y.total_cmp(&b.y));
    for column in Column::ALL {
        let mut free = f32::MIN;
        let (x, right, width) = column.place(grid);
        for (nth, note) in notes.iter().filter(|note| note.column == column).enumerate() {
            let top = (note.y - LINE / 2.0).max(free);
            // Moved further than this it would seem to belong to something else.
            if top - note.y > LINE {
                continue;
            }
            free = top + LINE;
            let font = FontId::new(11.0, if note.bold { semibold() } else { egui::FontFamily::Proportional });
            let galley = cut(painter, &note.text, font, note.color, width);
            let left = if right { x } else { x - galley.size().x };
            let rect = Rect::from_min_size(pos2(left, top - 1.0), galley.size());
            if grid.programs.is_some() && matches!(column, Column::Client | Column::Server) {
                // Calls pass here.
                let behind = ui.tokens().panel.gamma_multiply(0.85);
                painter.rect_filled(rect.expand2(vec2(2.0, -1.0)), 2.0, behind);
            }
            painter.galley(rect.min, galley, note.color);
            let node = ui.interact(rect.intersect(lane), id.with(("note", column as u8, nth)), Sense::hover());
            let whole = note.whole.as_deref().unwrap_or(&note.text);
            node.widget_info(|| WidgetInfo::labeled(Role::Label, true, whole));
            node.on_hover_text(whole);
        }
    }
}

/// A line of text that is cut where there is no more room.
pub fn cut(painter: &Painter, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(20.0));
    painter.layout_job(job)
}
