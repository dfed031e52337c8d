//! What records and the passing of time change.

use super::{Asked, Model, Outgoing};
use crate::{
    gui::{actions::Action, meter::Meter},
    journal::{Batch, Event, Kind, Nanos, Origin, Record, SocketEntry, SocketId, State},
    net::Engine,
    transfer::name::shown,
};

impl Model {
    /// Takes a batch of records in.
    pub fn apply(&mut self, batch: Batch) {
        let first = self.journal.range().end;
        for (record, seq) in batch.records.iter().zip(first..) {
            match record.event {
                Event::Sent { .. } | Event::Received { .. } => self.sockets.apply(record, batch.bytes_of(record)),
                Event::Accepted { connection } => {
                    // Its end may have been told, and the connection dropped, before this.
                    if !self.unaccepted.remove(&connection) || self.sockets.get(connection).is_some() {
                        self.sockets.apply(record, batch.bytes_of(record));
                        self.fresh.push(connection);
                    }
                }
                Event::OptionSet => self.note_option(record.socket, batch.bytes_of(record)),
                Event::Asked => self.ask(record.socket, Asked { seq, peer: record.peer }),
                event => {
                    self.note_file(record, batch.bytes_of(record));
                    if let Event::Opened { listener } = event {
                        if self.sockets.get(record.socket).is_none() {
                            self.unaccepted.insert(record.socket);
                        }
                        if let Some(tuned) = self.tuned.get(&listener).cloned() {
                            self.tuned.insert(record.socket, tuned);
                        }
                        self.fresh.push(record.socket);
                    }
                    self.sockets.apply(record, batch.bytes_of(record));
                    self.follow(record.socket, event);
                }
            }
        }
        self.activity.unseen = true;
        self.journal.push(batch);
    }

    /// Remembers which file is being sent, as long as it is.
    fn note_file(&mut self, record: &Record, path: &[u8]) {
        match record.event {
            Event::FileStarted { .. } => {
                let path = String::from_utf8_lossy(path);
                let name = path.rsplit(std::path::is_separator).next().map(shown).unwrap_or_default();
                self.files.insert(record.socket, Outgoing { name, since: record.at, began: record.at, paused: None });
            }
            Event::FilePaused { .. } | Event::FileResumed { .. } => {
                if let Some(file) = self.files.get_mut(&record.socket) {
                    file.pause(matches!(record.event, Event::FilePaused { .. }), record.at);
                }
            }
            Event::FileEnded { .. } | Event::Closed { .. } | Event::Aborted { .. } => {
                self.files.remove(&record.socket);
            }
            _ => {}
        }
    }

    /// The counters are ahead of the records: they were changed before the record was written.
    fn ask(&mut self, id: SocketId, asked: Asked) {
        let waiting = self.asked.entry(id).or_default();
        waiting.push_back(asked);
        if waiting.len() > Self::ASKED_KEPT {
            waiting.pop_front();
        }
    }

    /// Answers go to the oldest first: of those that asked, the newest are the ones that still wait.
    fn note_answers(&mut self) {
        let meters = &self.meters;
        self.asked.retain(|id, waiting| {
            let still = meters.get(id).map_or(usize::MAX, |meter| meter.asks_now() as usize);
            waiting.drain(..waiting.len().saturating_sub(still));
            !waiting.is_empty()
        });
    }

    /// Options are what the kernel reports after they were set, not what was asked for.
    fn note_option(&mut self, id: SocketId, detail: &[u8]) {
        let tuned = self.tuned.entry(id).or_default();
        match detail {
            b"TCP_NODELAY=0" => tuned.nodelay = Some(false),
            b"TCP_NODELAY=1" => tuned.nodelay = Some(true),
            b"SO_BROADCAST=0" => tuned.broadcast = Some(false),
            b"SO_BROADCAST=1" => tuned.broadcast = Some(true),
            _ => {}
        }
    }

    /// What else an event means: the second half of a pair can be opened, a closed connection grows old.
    fn follow(&mut self, id: SocketId, event: Event) {
        let Some(entry) = self.sockets.get(id) else { return };
        match event {
            Event::Bound | Event::Listening { .. } => {
                // A TCP server is bound before it listens: connecting then would be refused.
                let ready = matches!(entry.state, State::Bound | State::Listen)
                    && (entry.kind == Kind::UdpSocket || entry.state == State::Listen);
                if ready
                    && let Some(local) = entry.local
                    && let Some(pair) = self.pairs.remove(&id)
                {
                    self.follow_ups.push(Action::Open(pair.second(local)));
                }
            }
            Event::Failed { .. } => {
                let now = self.meters.get(&id).map(Meter::messages_now).unwrap_or_default();
                self.failed_at.insert(id, now);
            }
            Event::Closed { .. } | Event::Aborted { .. } => {
                self.pairs.remove(&id);
                self.failed_at.remove(&id);
                if let Origin::AcceptedBy(listener) = entry.origin {
                    self.grow_old(listener, id);
                }
            }
            _ => {}
        }
    }

    fn grow_old(&mut self, listener: SocketId, id: SocketId) {
        let closed = self.closed.entry(listener).or_default();
        if !closed.kept.contains(&id) {
            closed.kept.push_back(id);
        }
        while closed.kept.len() > Self::CLOSED_KEPT {
            // The one being looked at stays until another one is chosen.
            let oldest = closed.kept.iter().position(|old| self.selected != Some(*old));
            let Some(old) = oldest.and_then(|index| closed.kept.remove(index)) else { break };
            closed.earlier += 1;
            self.sockets.forget(old);
            self.meters.remove(&old);
            self.refusals.remove(&old);
            self.tuned.remove(&old);
            self.framings.remove(&old);
            self.dropped.push(old);
        }
    }

    /// Gives the engine's counters to sockets that just appeared and gives back those of dropped ones.
    pub fn attach(&mut self, engine: &Engine) {
        for id in self.fresh.drain(..) {
            if self.sockets.get(id).is_some()
                && let Some(counters) = engine.counters(id)
            {
                self.meters.entry(id).or_insert_with(|| Meter::new(counters));
            }
        }
        for id in self.dropped.drain(..) {
            engine.forget(id);
        }
    }

    /// Tells the time, and looks at the counters if a quarter of a second has passed.
    pub fn tick(&mut self, now: Nanos) {
        self.now = now;
        let behind = !self.chat.advance(&self.journal);
        let due = self.activity.last_look.is_none_or(|last| now.saturating_sub(last) >= Self::LOOK_EVERY);
        self.note_answers();
        self.activity.unseen |= behind;
        if !due {
            return;
        }
        self.activity.last_look = Some(now);
        self.activity.unseen = behind;
        self.activity.running = false;
        for meter in self.meters.values_mut() {
            if meter.look(now) {
                self.activity.last_move = Some(now);
            }
            self.activity.running |= meter.is_running();
        }
    }

    /// Whether bytes moved in the last two seconds.
    pub fn moved_lately(&self) -> bool {
        self.activity.last_move.is_some_and(|last| self.now.saturating_sub(last) < Self::QUIET_AFTER)
    }

    /// Whether something on show changes by itself: bytes moved in the last two seconds, a file or a repetition
    /// runs, or an answer is awaited. A quiet window with open sockets is not lively.
    pub fn is_lively(&self) -> bool {
        let activity = &self.activity;
        let waits = |entry: &SocketEntry| matches!(entry.state, State::New | State::Resolving | State::SynSent);
        activity.unseen || activity.running || self.moved_lately() || self.sockets.iter().any(waits)
    }

    /// Actions that records brought about, such as opening the client of a pair once its server listens.
    pub fn take_follow_ups(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.follow_ups)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        gui::{actions::Pair, settings::Settings},
        journal::{Call, CloseReason, Epoch, Fault, FaultKind, Record, Span},
        net::{SocketSpec, interfaces::Interface},
        words::Lang,
    };

    fn model() -> Model {
        Model::new(Epoch { wall: std::time::SystemTime::UNIX_EPOCH }, Settings::default())
    }

    fn record(socket: u32, event: Event) -> Record {
        let peer = Some(([127, 0, 0, 1], 4_000).into());
        Record { at: 1, socket: SocketId(socket), generation: 0, event, peer, bytes: Span::default() }
    }

    fn apply(model: &mut Model, records: &[(Record, &str)]) {
        let mut batch = Batch::default();
        for (record, detail) in records {
            batch.push(*record, detail.as_bytes());
        }
        model.apply(batch);
    }

    fn close() -> Event {
        Event::Closed { why: CloseReason::PeerEnded, unsent: 0 }
    }

    #[test]
    fn old_closed_connections_are_forgotten_and_counted() {
        let mut model = model();
        model.sockets.open(SocketId(0), Kind::TcpListener, 0, 0);
        model.selected = Some(SocketId(5));
        for id in 1..=1_000 {
            apply(
                &mut model,
                &[
                    (record(0, Event::Accepted { connection: SocketId(id) }), ""),
                    (record(id, Event::Opened { listener: SocketId(0) }), ""),
                    (record(id, close()), ""),
                ],
            );
        }
        assert_eq!(model.sockets.len(), 1 + Model::CLOSED_KEPT);
        assert_eq!(model.earlier_connections(SocketId(0)), 1_000 - Model::CLOSED_KEPT as u64);
        assert!(model.sockets.get(SocketId(1_000)).is_some(), "the newest stay");
        assert!(model.sockets.get(SocketId(5)).is_some(), "the one being looked at stays");
        assert_eq!(model.journal.len(), 3_000, "the rows stay");
    }

    #[test]
    fn an_accept_that_comes_after_the_end_does_not_bring_a_forgotten_connection_back() {
        let mut model = model();
        model.sockets.open(SocketId(0), Kind::TcpListener, 0, 0);
        for id in 1..=200 {
            apply(&mut model, &[(record(id, Event::Opened { listener: SocketId(0) }), ""), (record(id, close()), "")]);
        }
        for id in 1..=200 {
            apply(&mut model, &[(record(0, Event::Accepted { connection: SocketId(id) }), "")]);
        }
        assert_eq!(model.sockets.len(), 1 + Model::CLOSED_KEPT);
        assert_eq!(model.earlier_connections(SocketId(0)), 100);
        assert!(model.unaccepted.is_empty());
    }

    #[test]
    fn a_pair_waits_for_the_port_and_gives_up_with_its_server() {
        let mut model = model();
        model.sockets.open(SocketId(0), Kind::TcpListener, 0, 0);
        model.pairs.insert(SocketId(0), Pair::Tcp);
        apply(&mut model, &[(record(0, Event::Bound), "0.0.0.0:4321")]);
        assert!(model.take_follow_ups().is_empty(), "bound is not listening");
        apply(&mut model, &[(record(0, Event::Listening { backlog: 1 }), "0.0.0.0:4321")]);
        let follow_ups = model.take_follow_ups();
        let [Action::Open(SocketSpec::TcpClient(spec))] = follow_ups.as_slice() else { panic!("{follow_ups:?}") };
        assert_eq!(spec.target.to_string(), "127.0.0.1:4321");

        model.sockets.open(SocketId(1), Kind::UdpSocket, 0, 0);
        model.pairs.insert(SocketId(1), Pair::Udp);
        let failed = Event::Failed { call: Call::Bind, fault: Fault::of(FaultKind::InUse) };
        let closed = Event::Closed { why: CloseReason::Failure, unsent: 0 };
        apply(&mut model, &[(record(1, failed), ""), (record(1, closed), "")]);
        assert!(model.take_follow_ups().is_empty());
        assert!(model.pairs.is_empty());
    }

    #[test]
    fn options_are_what_the_kernel_reports() {
        let mut model = model();
        model.sockets.open(SocketId(0), Kind::TcpConnection, 0, 0);
        assert!(!model.nodelay(SocketId(0)));
        apply(&mut model, &[(record(0, Event::OptionSet), "TCP_NODELAY=1")]);
        assert!(model.nodelay(SocketId(0)));
        apply(&mut model, &[(record(0, Event::OptionSet), "TCP_NODELAY=nonsense")]);
        assert!(model.nodelay(SocketId(0)));
    }

    #[test]
    fn a_quiet_window_is_not_lively() {
        let mut model = model();
        model.sockets.open(SocketId(0), Kind::UdpSocket, 0, 0);
        model.tick(0);
        assert!(model.is_lively(), "nothing is known of it yet");
        apply(&mut model, &[(record(0, Event::Bound), "127.0.0.1:1")]);
        model.tick(Model::LOOK_EVERY);
        model.tick(Model::QUIET_AFTER * 2);
        assert!(!model.is_lively());
    }

    #[test]
    fn a_socket_bound_to_ipv4_is_not_reached_by_ipv6() {
        let mut model = model();
        let interface = |ip: &str| Interface { name: "eth0".into(), ip: ip.parse().unwrap() };
        model.addresses = vec![interface("192.0.2.2"), interface("fd00::2")];
        let reach = |ip: &str| model.reach(Lang::En, ip.parse().unwrap());
        assert!(reach("0.0.0.0").contains("192.0.2.2") && !reach("0.0.0.0").contains("fd00::2"));
        assert!(reach("::").contains("192.0.2.2") && reach("::").contains("fd00::2"));
        assert!(!reach("127.0.0.1").contains("192.0.2.2"));
    }

    #[test]
    fn the_neighbours_go_around() {
        let mut model = model();
        assert_eq!(model.neighbour(true), None);
        for id in 0..3 {
            model.sockets.open(SocketId(id), Kind::UdpSocket, 0, 0);
        }
        model.selected = Some(SocketId(2));
        assert_eq!((model.neighbour(true), model.neighbour(false)), (Some(SocketId(0)), Some(SocketId(1))));
    }

    fn any_event() -> impl Strategy<Value = Event> {
        let id = (0_u32..6).prop_map(SocketId);
        prop_oneof![
            Just(Event::Resolving),
            Just(Event::Bound),
            Just(Event::Listening { backlog: 1 }),
            Just(Event::Connecting),
            Just(Event::Connected { took: 1 }),
            id.clone().prop_map(|connection| Event::Accepted { connection }),
            id.prop_map(|listener| Event::Opened { listener }),
            Just(Event::Sent { asked: 1 }),
            Just(Event::Received { full: 1 }),
            Just(Event::PeerEnded),
            Just(Event::HalfClosed),
            Just(close()),
            Just(Event::Aborted { unsent: 0 }),
            Just(Event::Failed { call: Call::Connect, fault: Fault::of(FaultKind::Refused) }),
            Just(Event::OptionSet),
        ]
    }

    proptest! {
        #[test]
        fn no_order_of_records_panics(
            events in prop::collection::vec((0_u32..6, 0_u16..3, any_event(), "[0-9.:]{0,12}"), 0..80)
        ) {
            let mut model = model();
            model.sockets.open(SocketId(0), Kind::TcpListener, 0, 0);
            model.sockets.open(SocketId(1), Kind::UdpSocket, 1, 0);
            model.pairs.insert(SocketId(0), Pair::Tcp);
            for (at, (socket, generation, event, detail)) in events.into_iter().enumerate() {
                let mut record = record(socket, event);
                record.generation = generation;
                apply(&mut model, &[(record, detail.as_str())]);
                model.tick(at as u64 * 100_000_000);
                for forward in [false, true] {
                    model.selected = model.neighbour(forward);
                }
                model.newest_server();
            }
        }
    }
}
