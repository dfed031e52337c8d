//! The columns of the table and their heads.
//!
//! Columns that hold numbers, addresses and names have widths of their own; text and hex share what is left. An
//! edge that was dragged stays where it was put.

use egui::{Align2, CursorIcon, FontId, Rangef, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::TrafficState;
use crate::gui::{
    Cx,
    theme::{ROW_HEIGHT, TokensExt as _},
    tr,
};

/// Left and right of what stands in a cell.
const CELL_MARGIN: f32 = 10.0;
/// The narrowest a column can be made.
const NARROWEST: f32 = 36.0;
/// The least room for the text, before other columns leave.
const ROOM_FOR_TEXT: f32 = 140.0;
/// From this width on there is room for the names of errors in the call column.
const WIDE: f32 = 760.0;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Time,
    Delta,
    Call,
    Bytes,
    Socket,
    Peer,
    Text,
    Hex,
}

/// How wide the columns were made by hand; the others find their own width.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    dragged: [Option<f32>; 8],
}

impl Columns {
    /// The columns of a table, from left to right. Where there is no room for the text, others make it.
    pub fn place(&self, width: f32, sockets: bool, peers: bool) -> Vec<(Column, Rangef)> {
        use Column::{Bytes, Call, Delta, Hex, Peer, Socket, Text, Time};
        let call = if width < WIDE { 96.0 } else { 164.0 };
        let mut columns = vec![(Time, 106.0), (Delta, 60.0), (Call, call), (Bytes, 60.0)];
        if sockets {
            columns.push((Socket, 52.0));
        }
        if peers {
            columns.push((Peer, 136.0));
        }
        let own = |(column, own): (Column, f32)| self.dragged[column as usize].unwrap_or(own).max(NARROWEST);
        for spare in [Delta, Peer] {
            let taken: f32 = columns.iter().copied().map(own).sum();
            if width - taken < ROOM_FOR_TEXT {
                columns.retain(|(column, _)| *column != spare);
            }
        }
        let left = width - columns.iter().copied().map(own).sum::<f32>();
        columns.push((Text, (left * 0.5).max(ROOM_FOR_TEXT)));
        let left = width - columns.iter().copied().map(own).sum::<f32>();
        columns.push((Hex, left.max(110.0)));
        let mut x = 0.0;
        let placed = columns.into_iter().map(|(column, width)| {
            let from = x;
            x += own((column, width));
            (column, Rangef::new(from, x))
        });
        placed.collect()
    }
}

/// Paints the heads of the columns.
pub fn header_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut TrafficState, columns: &[(Column, Rangef)]) {
    let tokens = ui.tokens();
    let lang = cx.lang;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
    let font = FontId::monospace(11.0);
    let charset = state.read_as.charset(cx.model).name();
    for (column, x) in columns {
        let title = match column {
            Column::Time => tr!(lang, "traffic.time"),
            Column::Delta => tr!(lang, "traffic.delta"),
            Column::Call => tr!(lang, "traffic.call"),
            Column::Bytes => tr!(lang, "traffic.bytes"),
            Column::Socket => tr!(lang, "traffic.socket"),
            Column::Peer => tr!(lang, "traffic.peer"),
            Column::Text => tr!(lang, "traffic.text", encoding = charset),
            Column::Hex => tr!(lang, "traffic.hex"),
        };
        let cell = cell_rect(rect, *x);
        let painter = ui.painter_at(cell.expand2(vec2(0.0, 1.0)).intersect(rect));
        let (at, align) = match column {
            Column::Bytes => (cell.right_center(), Align2::RIGHT_CENTER),
            _ => (cell.left_center(), Align2::LEFT_CENTER),
        };
        painter.text(at, align, &title, font.clone(), tokens.muted);
        let edge = Rect::from_x_y_ranges(rect.left() + x.max - 3.0..=rect.left() + x.max + 3.0, rect.y_range());
        if edge.center().x < rect.right() {
            resize_ui(ui, edge, *column, *x, state, &tr!(lang, "traffic.resize", column = title));
        }
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
}

/// The edge of a column's head, by which it is made wider; a double click lets it find its own width again.
fn resize_ui(ui: &Ui, edge: Rect, column: Column, x: Rangef, state: &mut TrafficState, name: &str) {
    let response = ui.interact(edge, ui.scope_id().with(("edge", column as usize)), Sense::CLICK | Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, name));
    let dragged = &mut state.columns.dragged[column as usize];
    if response.double_clicked() {
        *dragged = None;
    } else if response.dragged() {
        *dragged = Some((x.span() + response.drag_delta().x).clamp(NARROWEST, 2_000.0));
    }
    if response.hovered() || response.dragged() {
        ui.painter().vline(edge.center().x, edge.y_range().shrink(5.0), Stroke::new(1.0, ui.tokens().faint));
    }
    response.on_hover_cursor(CursorIcon::ResizeHorizontal);
}

/// Where the contents of a cell stand.
pub fn cell_rect(row: Rect, x: Rangef) -> Rect {
    let left = row.left() + x.min + CELL_MARGIN;
    Rect::from_x_y_ranges(left..=(row.left() + x.max - CELL_MARGIN).min(row.right()).max(left), row.y_range())
}

#[cfg(test)]
mod tests {
    use super::{
        Column::{Bytes, Call, Delta, Hex, Peer, Text, Time},
        *,
    };

    fn placed(width: f32, sockets: bool, peers: bool) -> (Vec<Column>, Rangef) {
        let columns = Columns::default().place(width, sockets, peers);
        let text = columns.iter().find(|(column, _)| *column == Column::Text).unwrap().1;
        (columns.into_iter().map(|(column, _)| column).collect(), text)
    }

    #[test]
    fn there_is_always_room_for_the_text() {
        for width in [440.0, 472.0, 600.0, 760.0, 888.0, 1_400.0] {
            for (sockets, peers) in [(false, false), (false, true), (true, true)] {
                let (columns, text) = placed(width, sockets, peers);
                assert!(width - text.min >= 108.0 && text.span() >= 140.0, "{width} {sockets} {peers}: {text:?}");
                assert!(columns.contains(&Column::Time) && columns.contains(&Column::Hex));
            }
        }
        assert_eq!(placed(888.0, false, true).0, [Time, Delta, Call, Bytes, Peer, Text, Hex]);
        assert_eq!(placed(472.0, false, true).0, [Time, Call, Bytes, Text, Hex]);
    }

    #[test]
    fn a_dragged_edge_stays_where_it_was_put() {
        let mut columns = Columns::default();
        columns.dragged[Column::Time as usize] = Some(200.0);
        columns.dragged[Column::Hex as usize] = Some(1.0);
        let placed = columns.place(888.0, false, false);
        let spans: Vec<_> = placed.iter().map(|(_, x)| x.span() as i32).collect();
        assert_eq!((spans[0], spans.last().copied()), (200, Some(NARROWEST as i32)));
    }
}
