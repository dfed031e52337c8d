//! Which rows a view shows. [`Found`](super::Found) keeps up with them as batches arrive.

use memchr::memmem;

use super::{
    record::{Direction, Event, SocketId},
    store::Row,
};

/// What a row must be to be shown. An empty filter shows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only these sockets, in ascending order; `None` for all.
    pub sockets: Option<Vec<SocketId>>,
    /// Only bytes that went this way. Rows without payload are hidden then.
    pub direction: Option<Direction>,
    /// Only rows whose address contains this text (`:8008`, `192.168.`).
    pub peer: Option<String>,
    /// Only rows of this kind.
    pub kind: Option<RowKind>,
    /// Only rows whose payload or detail contains these bytes: the text that was typed, in the encoding in
    /// which the payload is read, or hex.
    pub needle: Option<Vec<u8>>,
}

/// A coarse sort of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// Bytes that moved.
    Data,
    /// Calls that moved none.
    Calls,
    /// Failed calls.
    Errors,
}

impl RowKind {
    /// The kind of an event.
    pub fn of(event: Event) -> Self {
        match event {
            Event::Sent { .. } | Event::Received { .. } => Self::Data,
            Event::Failed { .. } => Self::Errors,
            _ => Self::Calls,
        }
    }
}

impl Filter {
    /// Everything of one socket.
    pub fn socket(id: SocketId) -> Self {
        Self { sockets: Some(vec![id]), ..Self::default() }
    }

    /// Whether the row is shown.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        let record = row.record;
        self.sockets.as_ref().is_none_or(|ids| ids.binary_search(&record.socket).is_ok())
            && self.direction.is_none_or(|direction| record.event.direction() == Some(direction))
            && self.kind.is_none_or(|kind| RowKind::of(record.event) == kind)
            && self
                .peer
                .as_ref()
                .is_none_or(|text| record.peer.is_some_and(|peer| peer.to_string().contains(text.as_str())))
            && self.needle.as_ref().is_none_or(|needle| memmem::find(row.bytes, needle).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Journal, Record, Span};

    fn record(socket: u32, event: Event) -> Record {
        let peer = Some(([127, 0, 0, 1], 8000 + socket as u16).into());
        Record { at: 0, socket: SocketId(socket), generation: 0, event, peer, bytes: Span::default() }
    }

    fn journal() -> Journal {
        let mut batch = Batch::default();
        batch.push(record(1, Event::Connecting), b"");
        batch.push(record(1, Event::Sent { asked: 5 }), b"hello");
        batch.push(record(2, Event::Received { full: 5 }), b"HELLO");
        batch.push(record(2, Event::PeerEnded), b"");
        let mut journal = Journal::default();
        journal.push(batch);
        journal
    }

    #[test]
    fn each_part_narrows() {
        let journal = journal();
        let count = |filter: Filter| {
            journal.rows_from(0).filter(|row| filter.matches(row)).map(|row| row.seq).collect::<Vec<_>>()
        };
        let all = Filter::default;
        assert_eq!(count(all()), [0, 1, 2, 3]);
        assert_eq!(count(Filter::socket(SocketId(2))), [2, 3]);
        assert_eq!(count(Filter { direction: Some(Direction::Out), ..all() }), [1]);
        assert_eq!(count(Filter { peer: Some(":8002".into()), ..all() }), [2, 3]);
        assert_eq!(count(Filter { kind: Some(RowKind::Calls), ..all() }), [0, 3]);
        assert_eq!(count(Filter { needle: Some(b"LL".into()), ..all() }), [2]);
    }
}
