//! The lives of which rows left before the ladder looked at them.
//!
//! A ladder grows only while it is on show, and then some ten thousand rows a frame; a flood is quicker. What it missed of a
//! connection is what the streams have kept, which miss nothing: its addresses, its states, how far its bytes are. Of other
//! sockets the table of sockets knows what they are now; what they were before, nobody claims.

use super::{
    super::{
        record::{Event, Nanos, Record, Span},
        sockets::{Kind, SocketEntry, Sockets, State},
        spans::{Past, Streams},
        store::{Journal, Reader},
    },
    lives::{Lane, Lives, Moment},
};

impl Lives {
    /// The lives that had begun before the first row of the journal, as they were then.
    pub(super) fn since(journal: &Journal, streams: &Streams, sockets: &Sockets) -> Self {
        let (start, reader) = (journal.range().start, journal.reader());
        let mut lives = Self::default();
        for (_, past) in streams.past(start) {
            lives.tell(&reader, &past, sockets);
        }
        let first = journal.rows_from(start).next().map_or(Nanos::MAX, |row| row.record.at);
        // Connections that began later tell of that themselves.
        let told = |entry: &&SocketEntry| streams.ends((entry.id, entry.generation)).is_some();
        let stands = |entry: &&SocketEntry| entry.state.is_open() && entry.since < first;
        for entry in sockets.iter().filter(stands).filter(|entry| !told(entry)) {
            lives.stand(&reader, entry, sockets);
        }
        lives.leave(start);
        lives
    }

    /// Takes once more what happened on a connection, but for its bytes.
    fn tell(&mut self, reader: &Reader<'_>, past: &Past<'_>, sockets: &Sockets) {
        let local = past.local().map(|local| local.to_string()).unwrap_or_default();
        let (sent, received) = past.moved();
        for (nth, (seq, record)) in past.story().enumerate() {
            let Some(slot) = self.meet(record, seq, sockets) else { return };
            if nth == 0
                && let Some(life) = self.get_mut(slot)
            {
                (life.sent, life.received) = (Lane::behind(sent), Lane::behind(received));
            }
            // The details of the others change nothing here.
            let detail = if nth == 0 { local.as_bytes() } else { b"" };
            // Rows that left stand nowhere, so none has to stand earlier.
            self.take(reader, slot, record, detail, Moment { seq, at: record.at }, &mut Vec::new());
            if let Some(life) = self.get_mut(slot) {
                (life.whole, life.heard_before) = (past.is_whole(), received > 0);
            }
        }
    }

    /// A socket of which no row is known and that is open: as it is now, since it has been so.
    fn stand(&mut self, reader: &Reader<'_>, entry: &SocketEntry, sockets: &Sockets) {
        let event = match (entry.kind, entry.state) {
            (Kind::TcpListener, State::Listen) => Event::Listening { backlog: 0 },
            (Kind::UdpSocket, State::Bound) => Event::Bound,
            (Kind::TcpConnection, State::SynSent) => Event::Connecting,
            (Kind::TcpConnection, State::Established) => Event::Connected { took: entry.connect_took.unwrap_or(0) },
            _ => return,
        };
        let (socket, generation, at) = (entry.id, entry.generation, entry.since);
        let record = Record { at, socket, generation, event, peer: entry.peer, bytes: Span::default() };
        let Some(slot) = self.meet(&record, 0, sockets) else { return };
        let local = entry.local.map(|local| local.to_string()).unwrap_or_default();
        self.take(reader, slot, &record, local.as_bytes(), Moment { seq: 0, at }, &mut Vec::new());
        if let Some(life) = self.get_mut(slot) {
            (life.whole, life.heard_before) = (false, true);
        }
    }
}
