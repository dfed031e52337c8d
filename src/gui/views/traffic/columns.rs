//! The columns of the table and their heads.
//!
//! Columns that hold numbers, addresses and names have widths of their own; text and hex share what is left. Where that
//! is too little, the others become narrower, the peer is its port, and then columns leave: nothing is ever placed beyond
//! the edge of the table. An edge that was dragged stays where it was put.

use egui::{Align2, CursorIcon, FontId, Rangef, Rect, Role, Sense, Stroke, Ui, WidgetInfo, text::LayoutJob, vec2};

use super::{TrafficState, reading::cut_at};
use crate::gui::{Cx, theme::TokensExt as _, tr};

/// The narrowest a column can be made.
const NARROWEST: f32 = 36.0;
/// Room for three bytes, or for two and the sign that more follow.
const HEX: f32 = 64.0;
/// The least room for the bytes: two of them.
const LITTLE_HEX: f32 = 48.0;
/// What the text gets before the bytes get more than that.
const TEXT: f32 = 140.0;
/// The least room for the text.
const LITTLE_TEXT: f32 = 76.0;
/// The width of a port alone.
const PORT: f32 = 56.0;

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

/// Which other ends the rows of a table have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peers {
    /// One, which the table need not name.
    One,
    /// Several of one computer: their ports tell them apart.
    OneHost,
    /// Several of several computers.
    Hosts,
}

/// How wide the columns were made by hand; the others find their own width.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    dragged: [Option<f32>; 8],
}

/// Where the columns of a table are, from left to right.
#[derive(Clone, Debug)]
pub struct Places {
    /// The columns and what each has of the width.
    pub columns: Vec<(Column, Rangef)>,
    /// What all of them have.
    width: f32,
    /// Left and right of what stands in a cell.
    margin: f32,
}

/// What a table has where there is this much room.
#[derive(Clone, Copy)]
struct Fit {
    roomy: bool,
    peer: Option<f32>,
    delta: bool,
    bytes: bool,
    /// The least for the bytes, if they are there.
    hex: Option<f32>,
    /// The least for the text; with less the next is tried.
    text: f32,
}

impl Columns {
    /// The columns of a table of this width.
    pub fn place(&self, width: f32, sockets: bool, peers: Peers) -> Places {
        let several = peers != Peers::One;
        let short = if peers == Peers::Hosts { 92.0 } else { PORT };
        let all =
            Fit { roomy: false, peer: several.then_some(120.0), delta: true, bytes: true, hex: Some(HEX), text: 100.0 };
        let little =
            Fit { peer: several.then_some(short), text: LITTLE_TEXT, hex: (!several).then_some(LITTLE_HEX), ..all };
        let least = Fit { delta: false, peer: several.then_some(PORT), ..little };
        let fits = [
            Fit { roomy: true, peer: several.then_some(136.0), hex: Some(110.0), text: TEXT, ..all },
            all,
            Fit { text: all.text, hex: all.hex, ..little },
            little,
            Fit { delta: false, ..little },
            least,
            Fit { hex: None, ..least },
        ];
        let left = |fit: &Fit| width - self.own(fit, sockets).map(|(_, own)| own).sum::<f32>();
        let fit = fits.into_iter().find(|fit| left(fit) - self.least_hex(fit) >= fit.text);
        let fit = fit.unwrap_or(Fit { hex: None, bytes: false, ..least });

        let (left, hex) = (left(&fit), self.least_hex(&fit));
        let text = match (fit.hex, self.dragged[Column::Hex as usize]) {
            (Some(_), None) => (left * 0.5).max((left - hex).min(TEXT)),
            (Some(_), Some(_)) => left - hex,
            (None, _) => left,
        };
        let text = self.dragged[Column::Text as usize].unwrap_or(text).max(NARROWEST);
        let hex = self.dragged[Column::Hex as usize].unwrap_or(left - text).max(NARROWEST);
        let own = self.own(&fit, sockets).chain([(Column::Text, text)]).chain(fit.hex.map(|_| (Column::Hex, hex)));
        let mut x = 0.0;
        let columns = own.map(|(column, width)| {
            let from = x;
            x += width;
            (column, Rangef::new(from, x))
        });
        Places { columns: columns.collect(), width, margin: if fit.roomy { 10.0 } else { 6.0 } }
    }

    /// The columns before the text, and their widths.
    fn own(&self, fit: &Fit, sockets: bool) -> impl Iterator<Item = (Column, f32)> {
        use Column::{Bytes, Call, Delta, Peer, Socket, Time};
        let of = |roomy, narrow| if fit.roomy { roomy } else { narrow };
        let columns = [
            Some((Time, of(106.0, 99.0))),
            fit.delta.then_some((Delta, of(60.0, 48.0))),
            Some((Call, of(164.0, 85.0))),
            fit.bytes.then_some((Bytes, of(60.0, 48.0))),
            sockets.then_some((Socket, of(52.0, 42.0))),
            fit.peer.map(|width| (Peer, width)),
        ];
        let dragged = self.dragged;
        let own = move |(column, own)| (column, dragged[column as usize].unwrap_or(own).max(NARROWEST));
        columns.into_iter().flatten().map(own)
    }

    fn least_hex(&self, fit: &Fit) -> f32 {
        fit.hex.map_or(0.0, |own| self.dragged[Column::Hex as usize].unwrap_or(own).max(NARROWEST))
    }
}

impl Places {
    /// Where the contents of a cell stand.
    pub fn cell(&self, row: Rect, x: Rangef) -> Rect {
        let left = row.left() + x.min + self.margin;
        Rect::from_x_y_ranges(left..=(row.left() + x.max - self.margin).min(row.right()).max(left), row.y_range())
    }

    /// What a column has of the width, if it is there.
    pub fn of(&self, column: Column) -> Option<Rangef> {
        self.columns.iter().find(|(other, _)| *other == column).map(|(_, x)| *x)
    }
}

/// Paints the heads of the columns.
pub fn header_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut TrafficState, places: &Places, height: f32) {
    let tokens = ui.tokens();
    let lang = cx.lang;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let font = FontId::monospace(11.0);
    let charset = state.read_as.charset(cx.model).name();
    for (column, x) in &places.columns {
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
        let cell = places.cell(rect, *x);
        let align = if *column == Column::Bytes { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
        let mut job = LayoutJob::simple_singleline(title.clone().into_owned(), font.clone(), tokens.muted);
        job.wrap = cut_at(cell.width());
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(align.align_size_within_rect(galley.size(), cell).min, galley, tokens.muted);
        let edge = Rect::from_x_y_ranges(rect.left() + x.max - 3.0..=rect.left() + x.max + 3.0, rect.y_range());
        // What ends at the edge of the table has no room to become wider.
        if x.max + 1.0 < places.width {
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

#[cfg(test)]
mod tests {
    use super::{
        Column::{Bytes, Call, Delta, Hex, Peer, Socket, Text, Time},
        *,
    };

    fn placed(width: f32, sockets: bool, peers: Peers) -> Vec<Column> {
        Columns::default().place(width, sockets, peers).columns.into_iter().map(|(column, _)| column).collect()
    }

    #[test]
    fn nothing_is_placed_beyond_the_edge_and_there_is_always_room_for_the_text() {
        for width in (370_u16..1_500).map(f32::from) {
            for (sockets, peers) in
                [(false, Peers::One), (false, Peers::OneHost), (false, Peers::Hosts), (true, Peers::Hosts)]
            {
                let places = Columns::default().place(width, sockets, peers);
                let last = places.columns.last().unwrap().1.max;
                assert!((last - width).abs() < 0.01, "{width} {sockets} {peers:?}: {places:?}");
                let text = places.of(Text).unwrap().span();
                assert!(text >= if sockets { 64.0 } else { LITTLE_TEXT }, "{width} {sockets} {peers:?}: {text}");
                assert!(places.of(Time).is_some() && places.of(Peer).is_some() == (peers != Peers::One));
            }
        }
    }

    /// The widths that the table has beside the ladder in windows of 1440 and 1024 points, and alone at 200 %.
    #[test]
    fn what_tells_rows_apart_stays_where_there_is_little_room() {
        assert_eq!(placed(888.0, false, Peers::Hosts), [Time, Delta, Call, Bytes, Peer, Text, Hex]);
        assert_eq!(placed(900.0, true, Peers::Hosts), [Time, Delta, Call, Bytes, Socket, Peer, Text, Hex]);
        assert_eq!(placed(450.0, false, Peers::One), [Time, Delta, Call, Bytes, Text, Hex]);
        assert_eq!(placed(450.0, false, Peers::OneHost), [Time, Delta, Call, Bytes, Peer, Text]);
        assert_eq!(placed(450.0, false, Peers::Hosts), [Time, Delta, Call, Bytes, Peer, Text]);
        assert_eq!(placed(482.0, false, Peers::One), [Time, Delta, Call, Bytes, Text, Hex]);
        assert_eq!(placed(374.0, false, Peers::One), [Time, Call, Bytes, Text, Hex]);
        assert_eq!(placed(374.0, false, Peers::OneHost), [Time, Call, Bytes, Peer, Text]);
        assert_eq!(placed(374.0, false, Peers::Hosts), [Time, Call, Bytes, Peer, Text]);
    }

    #[test]
    fn a_dragged_edge_stays_where_it_was_put() {
        let mut columns = Columns::default();
        columns.dragged[Column::Time as usize] = Some(200.0);
        columns.dragged[Column::Hex as usize] = Some(1.0);
        let placed = columns.place(888.0, false, Peers::One).columns;
        let spans: Vec<_> = placed.iter().map(|(_, x)| x.span() as i32).collect();
        assert_eq!((spans[0], spans.last().copied()), (200, Some(NARROWEST as i32)));
    }
}
