//! To whom a message goes, and why it cannot. Pure.

use std::net::SocketAddr;

use super::draft::{Draft, parse_target};
use crate::{
    gui::Model,
    journal::{Kind, SocketEntry, SocketId, State},
    net::options::AddressError,
};

/// Where the bytes go when they are sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The sockets that send them: one, or every open connection of a listener.
    pub sockets: Vec<SocketId>,
    /// UDP: the address they go to; `None` for the peer of a connected socket.
    pub to: Option<SocketAddr>,
}

/// Why nothing can be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The socket's state does not allow it.
    State(State),
    /// A listening socket sends nothing itself, and none of its connections is open.
    NoConnection,
    /// UDP: there is no address to send to, or what was typed is none.
    Address(AddressError),
}

impl Target {
    /// Whom a draft of this socket goes to.
    ///
    /// # Errors
    /// Why it goes nowhere.
    pub fn of(model: &Model, entry: &SocketEntry, draft: &Draft) -> Result<Self, Blocked> {
        let one = |to| Ok(Self { sockets: vec![entry.id], to });
        match entry.kind {
            Kind::TcpListener => {
                let state = |id: SocketId| model.sockets.get(id).map(|connection| connection.state);
                if let Some(id) = draft.connection {
                    return match state(id) {
                        Some(state) if !state.can_send() => Err(Blocked::State(state)),
                        Some(_) => Ok(Self { sockets: vec![id], to: None }),
                        None => Err(Blocked::NoConnection),
                    };
                }
                let can_send = |id: &SocketId| state(*id).is_some_and(State::can_send);
                let sockets: Vec<_> = entry.connections.iter().copied().filter(can_send).collect();
                if sockets.is_empty() { Err(Blocked::NoConnection) } else { Ok(Self { sockets, to: None }) }
            }
            _ if !entry.state.can_send() => Err(Blocked::State(entry.state)),
            Kind::TcpConnection => one(None),
            Kind::UdpSocket if draft.to.trim().is_empty() && entry.peer.is_some() => one(None),
            Kind::UdpSocket => one(Some(parse_target(&draft.to).map_err(Blocked::Address)?)),
        }
    }

    /// Whom a line goes to, at a socket whose rules know what to do with lines: the rules choose the address.
    ///
    /// # Errors
    /// Why it goes nowhere.
    pub fn of_lines(model: &Model, entry: &SocketEntry, draft: &Draft) -> Result<Self, Blocked> {
        match entry.kind {
            Kind::UdpSocket if entry.state.can_send() => Ok(Self { sockets: vec![entry.id], to: None }),
            _ => Self::of(model, entry, draft),
        }
    }
}

/// The connections of a listener that can send, oldest first.
pub fn open_connections(model: &Model, entry: &SocketEntry) -> Vec<(SocketId, SocketAddr)> {
    let open = |id: &SocketId| {
        let connection = model.sockets.get(*id).filter(|connection| connection.state.can_send())?;
        Some((*id, connection.peer?))
    };
    entry.connections.iter().filter_map(open).collect()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::{
        gui::Settings,
        journal::{Batch, Epoch, Event, Record, Span},
    };

    fn model(records: &[(u32, Kind, Event, &str)]) -> Model {
        let mut model = Model::new(Epoch { wall: SystemTime::UNIX_EPOCH }, Settings::default());
        let mut batch = Batch::default();
        for (socket, kind, event, peer) in records {
            let id = SocketId(*socket);
            if model.sockets.get(id).is_none() && !matches!(event, Event::Opened { .. }) {
                model.sockets.open(id, *kind, 0, 0);
            }
            let peer = peer.parse().ok();
            let record = Record { at: 0, socket: id, generation: 0, event: *event, peer, bytes: Span::default() };
            batch.push(record, b"127.0.0.1:1");
        }
        model.apply(batch);
        model
    }

    fn target(model: &Model, id: u32, draft: &Draft) -> Result<Target, Blocked> {
        Target::of(model, model.sockets.get(SocketId(id)).unwrap(), draft)
    }

    #[test]
    fn a_listener_sends_through_its_open_connections() {
        let listening = Event::Listening { backlog: 1 };
        let opened = Event::Opened { listener: SocketId(1) };
        let tcp = Kind::TcpConnection;
        let model = model(&[
            (1, Kind::TcpListener, listening, ""),
            (2, tcp, opened, "127.0.0.1:2"),
            (3, tcp, opened, "127.0.0.1:3"),
            (3, tcp, Event::Aborted { unsent: 0 }, ""),
            (4, tcp, opened, "127.0.0.1:4"),
        ]);
        let to = |connection| target(&model, 1, &Draft { connection, ..Draft::default() }).map(|target| target.sockets);
        assert_eq!(to(None), Ok(vec![SocketId(2), SocketId(4)]));
        assert_eq!(to(Some(SocketId(4))), Ok(vec![SocketId(4)]));
        assert_eq!(
            to(Some(SocketId(3))),
            Err(Blocked::State(State::Aborted)),
            "what was meant for one goes to nobody else"
        );
        assert_eq!(to(Some(SocketId(9))), Err(Blocked::NoConnection));
        let entry = model.sockets.get(SocketId(1)).unwrap();
        assert_eq!(open_connections(&model, entry).len(), 2);
    }

    #[test]
    fn a_datagram_needs_an_address_unless_its_socket_is_connected() {
        let model = model(&[
            (1, Kind::UdpSocket, Event::Bound, ""),
            (2, Kind::UdpSocket, Event::Connected { took: 1 }, "127.0.0.1:9"),
        ]);
        let to = |id, text: &str| target(&model, id, &Draft { to: text.into(), ..Draft::default() }).map(|t| t.to);
        assert_eq!(to(1, ""), Err(Blocked::Address(AddressError::Empty)));
        assert_eq!(to(1, "9000"), Ok("127.0.0.1:9000".parse().ok()));
        assert_eq!(to(2, " "), Ok(None));
        assert_eq!(to(2, "x"), Err(Blocked::Address(AddressError::NoPort("x".into()))));
    }

    #[test]
    fn a_socket_that_cannot_send_says_in_which_state_it_is() {
        let model = model(&[
            (1, Kind::TcpConnection, Event::Connecting, "127.0.0.1:2"),
            (2, Kind::UdpSocket, Event::Closed { why: crate::journal::CloseReason::User, unsent: 0 }, ""),
        ]);
        assert_eq!(target(&model, 1, &Draft::default()), Err(Blocked::State(State::SynSent)));
        assert!(matches!(target(&model, 2, &Draft::default()), Err(Blocked::State(State::Closed(_)))));
    }
}
