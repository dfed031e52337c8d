//! What the window knows: the journal, who is there, how fast bytes move. Views read it and change nothing.
//!
//! It changes in three ways only, each of them total, so that no order of events panics: [`Model::apply`] takes a
//! batch of records in, [`Model::dispatch`] carries out what the user asked for, [`Model::tick`] reads the
//! counters four times a second. It reads no clock: the time comes in with `tick`.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    path::PathBuf,
};

use super::{
    actions::{Action, Pair},
    meter::Meter,
    settings::Settings,
};
use crate::{
    journal::{Batch, Epoch, Event, Failure, Journal, Kind, Nanos, Origin, SocketEntry, SocketId, Sockets, State},
    net::{
        Command, CommandError, Endpoint, Engine, Responder, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec,
        interfaces::Interface,
    },
};

/// Everything the views read.
#[derive(Debug)]
pub struct Model {
    /// What happened.
    pub journal: Journal,
    /// Who is there.
    pub sockets: Sockets,
    /// The moment that record times count from.
    pub epoch: Epoch,
    /// What the user set.
    pub settings: Settings,
    /// The socket in the middle of the window.
    pub selected: Option<SocketId>,
    /// This computer's addresses, as of the last look.
    pub addresses: Vec<Interface>,
    /// Where the settings are kept, if they are.
    pub settings_path: Option<PathBuf>,
    now: Nanos,
    specs: BTreeMap<SocketId, SocketSpec>,
    tuned: BTreeMap<SocketId, Tuned>,
    meters: BTreeMap<SocketId, Meter>,
    activity: Activity,
    closed: BTreeMap<SocketId, Closed>,
    /// Accepted connections whose `accept` was not seen yet: it may come from another worker, later than their end.
    unaccepted: BTreeSet<SocketId>,
    refusals: BTreeMap<SocketId, CommandError>,
    /// Messages in and out when a call last failed on a socket that stayed open.
    failed_at: BTreeMap<SocketId, (u64, u64)>,
    pairs: BTreeMap<SocketId, Pair>,
    follow_ups: Vec<Action>,
    /// Sockets that appeared in the records and have no meter yet.
    fresh: Vec<SocketId>,
    /// Sockets that were dropped from the table and still have counters in the engine.
    dropped: Vec<SocketId>,
}

/// What was changed on a living socket.
#[derive(Clone, Copy, Debug, Default)]
struct Tuned {
    responder: Option<Responder>,
    recv_bytes: Option<usize>,
    nodelay: Option<bool>,
    broadcast: Option<bool>,
}

/// Closed connections of one listener.
#[derive(Debug, Default)]
struct Closed {
    /// Those still in the table, the newest last.
    kept: VecDeque<SocketId>,
    /// How many were dropped from it.
    earlier: u64,
}

/// Whether anything moves, as of the last look at the counters.
#[derive(Debug, Default)]
struct Activity {
    last_look: Option<Nanos>,
    last_move: Option<Nanos>,
    /// Records came in since the last look.
    unseen: bool,
    /// A file or a repetition runs, or reading is paused.
    running: bool,
}

impl Model {
    /// Closed connections of a listener that stay in the table; older ones are only counted.
    pub const CLOSED_KEPT: usize = 100;
    /// From one look at the counters to the next.
    pub const LOOK_EVERY: Nanos = 250_000_000;
    /// How long rates stay on show after the last byte moved.
    pub const QUIET_AFTER: Nanos = 2_000_000_000;

    /// A model without sockets.
    pub fn new(epoch: Epoch, settings: Settings) -> Self {
        Self {
            journal: Journal::new(settings.journal.into()),
            sockets: Sockets::default(),
            epoch,
            settings,
            selected: None,
            addresses: Vec::new(),
            settings_path: None,
            now: 0,
            specs: BTreeMap::new(),
            tuned: BTreeMap::new(),
            meters: BTreeMap::new(),
            activity: Activity::default(),
            closed: BTreeMap::new(),
            unaccepted: BTreeSet::new(),
            refusals: BTreeMap::new(),
            failed_at: BTreeMap::new(),
            pairs: BTreeMap::new(),
            follow_ups: Vec::new(),
            fresh: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// The time of the last [`tick`](Self::tick), as records tell it.
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// The socket in the middle of the window.
    pub fn selected_entry(&self) -> Option<&SocketEntry> {
        self.sockets.get(self.selected?)
    }

    /// The socket after or before the chosen one in the column of sockets, around its end.
    pub fn neighbour(&self, forward: bool) -> Option<SocketId> {
        let all = self.listed();
        let at = all.iter().position(|id| Some(*id) == self.selected);
        let next = match at {
            Some(at) if forward => (at + 1) % all.len(),
            Some(0) => all.len() - 1,
            Some(at) => at - 1,
            None => 0,
        };
        all.get(next).copied()
    }

    /// The sockets as the column lists them: connections behind their listener.
    fn listed(&self) -> Vec<SocketId> {
        let mut all = Vec::with_capacity(self.sockets.len());
        for entry in self.sockets.iter() {
            match entry.origin {
                Origin::AcceptedBy(listener) if self.sockets.get(listener).is_some() => {}
                _ => all.push(entry.id),
            }
            all.extend(entry.connections.iter().copied().filter(|id| self.sockets.get(*id).is_some()));
        }
        all
    }

    /// As what the user opened this socket; `None` for accepted connections.
    pub fn spec(&self, id: SocketId) -> Option<&SocketSpec> {
        self.specs.get(&id)
    }

    /// As what the user opened this socket or, for an accepted connection, its listener.
    pub fn spec_or_listeners(&self, id: SocketId) -> Option<&SocketSpec> {
        self.specs.get(&id).or_else(|| match self.sockets.get(id)?.origin {
            Origin::AcceptedBy(listener) => self.specs.get(&listener),
            Origin::Opened => None,
        })
    }

    /// What a socket answers now.
    pub fn responder(&self, id: SocketId) -> Responder {
        let changed = self.tuned.get(&id).and_then(|tuned| tuned.responder);
        changed.unwrap_or_else(|| match self.spec_or_listeners(id) {
            Some(SocketSpec::TcpServer(spec)) => spec.responder,
            Some(SocketSpec::TcpClient(spec)) => spec.responder,
            Some(SocketSpec::Udp(spec)) => spec.responder,
            None => Responder::None,
        })
    }

    /// Bytes for one `recv` now.
    pub fn recv_bytes(&self, id: SocketId) -> Option<usize> {
        let changed = self.tuned.get(&id).and_then(|tuned| tuned.recv_bytes);
        changed.or_else(|| match self.spec_or_listeners(id)? {
            SocketSpec::TcpServer(spec) => Some(spec.recv_bytes),
            SocketSpec::TcpClient(spec) => Some(spec.recv_bytes),
            SocketSpec::Udp(spec) => Some(spec.recv_bytes),
        })
    }

    /// Whether TCP_NODELAY is on; it is off until someone sets it.
    pub fn nodelay(&self, id: SocketId) -> bool {
        self.tuned.get(&id).and_then(|tuned| tuned.nodelay).unwrap_or(false)
    }

    /// Whether SO_BROADCAST is on.
    pub fn broadcast(&self, id: SocketId) -> bool {
        let opened = matches!(self.specs.get(&id), Some(SocketSpec::Udp(UdpSpec { broadcast: true, .. })));
        self.tuned.get(&id).and_then(|tuned| tuned.broadcast).unwrap_or(opened)
    }

    /// Totals and rates of a socket.
    pub fn meter(&self, id: SocketId) -> Option<&Meter> {
        self.meters.get(&id)
    }

    /// Connections of a listener that were dropped from the table after they closed, exactly.
    pub fn earlier_connections(&self, listener: SocketId) -> u64 {
        self.closed.get(&listener).map_or(0, |closed| closed.earlier)
    }

    /// Why the engine did not take the last command to this socket, until one is taken.
    pub fn refusal(&self, id: SocketId) -> Option<CommandError> {
        self.refusals.get(&id).copied()
    }

    /// The last failure of a socket, while it still explains something: it ended the socket, or nothing has gone
    /// well since. Something received, or two messages sent without a new failure, is that.
    pub fn failure(&self, id: SocketId) -> Option<&Failure> {
        let entry = self.sockets.get(id)?;
        let failure = entry.last_fault.as_ref()?;
        match entry.state {
            State::Failed(_) => Some(failure),
            state if !state.is_open() => None,
            _ => {
                let (messages_in, messages_out) = self.failed_at.get(&id).copied().unwrap_or_default();
                let totals = self.meters.get(&id).map(|meter| *meter.totals()).unwrap_or_default();
                let fine = totals.messages_in > messages_in || totals.messages_out >= messages_out.saturating_add(2);
                (!fine).then_some(failure)
            }
        }
    }

    /// The address of the newest server that listens: what a new client connects to unless told otherwise.
    pub fn newest_server(&self) -> Option<SocketAddr> {
        let listening = |entry: &&SocketEntry| entry.state == State::Listen;
        let servers: Vec<_> = self.sockets.iter().filter(listening).collect();
        servers.last().and_then(|entry| entry.local).map(reachable)
    }

    /// Takes a batch of records in.
    pub fn apply(&mut self, batch: Batch) {
        for record in &batch.records {
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
                event => {
                    if let Event::Opened { listener } = event {
                        if self.sockets.get(record.socket).is_none() {
                            self.unaccepted.insert(record.socket);
                        }
                        if let Some(tuned) = self.tuned.get(&listener).copied() {
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
        let due = self.activity.last_look.is_none_or(|last| now.saturating_sub(last) >= Self::LOOK_EVERY);
        if !due {
            return;
        }
        self.activity.last_look = Some(now);
        self.activity.unseen = false;
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

    /// Carries out what concerns sockets and settings. Actions on the window itself are not its business.
    pub fn dispatch(&mut self, action: Action, engine: &Engine) {
        match action {
            Action::Open(spec) => {
                self.open(&spec, engine);
            }
            Action::OpenNew(spec) => {
                self.open(&spec, engine);
                self.settings.remember(spec);
            }
            Action::OpenPair(pair) => {
                let id = self.open(&pair.first(), engine);
                self.pairs.insert(id, pair);
            }
            Action::Reopen(id) => self.reopen(id, engine),
            Action::Forget(id) => self.forget(id, engine),
            Action::Select(id) => self.selected = id,
            Action::Verb(id, command) => self.command(id, command, engine),
            Action::CloseAll(listener) => {
                let connections = self.sockets.get(listener).map(|entry| entry.connections.clone()).unwrap_or_default();
                for id in connections {
                    if self.sockets.get(id).is_some_and(|entry| entry.state.is_open()) {
                        self.command(id, Command::Close, engine);
                    }
                }
            }
            Action::ToggleFavourite(spec) => self.settings.toggle_favourite(spec),
            Action::SetLang(lang) => self.settings.lang = Some(lang),
            Action::SetTheme(theme) => self.settings.theme = theme,
            Action::SetZoom(zoom) => self.settings.set_zoom(zoom),
            Action::SetJournal(limit) => {
                self.settings.journal = limit;
                self.journal.set_budget(limit.into());
            }
            Action::SetComposition(composition) => self.settings.composer = composition,
            Action::ClearJournal => self.journal.clear(),
            Action::Copy(_)
            | Action::Run(_)
            | Action::ShowNew(_)
            | Action::ShowSettings
            | Action::ChooseFile(_)
            | Action::FileChosen(..) => {}
        }
    }

    fn open(&mut self, spec: &SocketSpec, engine: &Engine) -> SocketId {
        let id = engine.open(spec);
        self.sockets.open(id, spec.kind(), 0, self.now);
        self.specs.insert(id, spec.clone());
        if let Some(counters) = engine.counters(id) {
            self.meters.insert(id, Meter::new(counters));
        }
        self.selected = Some(id);
        id
    }

    fn reopen(&mut self, id: SocketId, engine: &Engine) {
        let Some(entry) = self.sockets.get(id).filter(|entry| !entry.state.is_open()) else { return };
        let (kind, generation, local) = (entry.kind, entry.generation.saturating_add(1), entry.local);
        let Some(spec) = self.specs.get_mut(&id) else { return };
        // A server that comes back is expected where it was, although the system chose its port then.
        if let (Some(local), SocketSpec::TcpServer(TcpServerSpec { address, .. })) = (local, &mut *spec) {
            *address = local;
        }
        engine.reopen(id, generation, spec);
        self.sockets.open(id, kind, generation, self.now);
        self.refusals.remove(&id);
        self.tuned.remove(&id);
        if let Some(counters) = engine.counters(id) {
            self.meters.insert(id, Meter::new(counters));
        }
        self.selected = Some(id);
    }

    fn forget(&mut self, id: SocketId, engine: &Engine) {
        let Some(entry) = self.sockets.get(id).filter(|entry| !entry.state.is_open()) else { return };
        let is_closed = |id: &SocketId| self.sockets.get(*id).is_some_and(|entry| !entry.state.is_open());
        let mut leaving: Vec<_> = entry.connections.iter().copied().filter(is_closed).collect();
        leaving.push(id);
        for id in leaving {
            self.sockets.forget(id);
            self.specs.remove(&id);
            self.meters.remove(&id);
            self.tuned.remove(&id);
            self.closed.remove(&id);
            self.refusals.remove(&id);
            for closed in self.closed.values_mut() {
                closed.kept.retain(|kept| *kept != id);
            }
            engine.forget(id);
            if self.selected == Some(id) {
                self.selected = None;
            }
        }
        if self.selected.is_none() {
            self.selected = self.sockets.iter().last().map(|entry| entry.id);
        }
    }

    fn command(&mut self, id: SocketId, command: Command, engine: &Engine) {
        let mut tuned = self.tuned.get(&id).copied().unwrap_or_default();
        match &command {
            Command::SetRecvBytes(bytes) => tuned.recv_bytes = Some(*bytes),
            Command::SetResponder(responder) => tuned.responder = Some(*responder),
            _ => {}
        }
        match engine.command(id, command) {
            Ok(()) => {
                self.refusals.remove(&id);
                self.tuned.insert(id, tuned);
            }
            Err(error) => {
                self.refusals.insert(id, error);
            }
        }
    }
}

impl Pair {
    fn first(self) -> SocketSpec {
        match self {
            Self::Tcp => {
                SocketSpec::TcpServer(TcpServerSpec { responder: Responder::Echo, ..TcpServerSpec::default() })
            }
            Self::Udp => SocketSpec::Udp(UdpSpec { responder: Responder::Echo, ..UdpSpec::default() }),
        }
    }

    fn second(self, first: SocketAddr) -> SocketSpec {
        let target = Endpoint::from(reachable(first));
        match self {
            Self::Tcp => SocketSpec::TcpClient(TcpClientSpec { target, ..TcpClientSpec::default() }),
            Self::Udp => SocketSpec::Udp(UdpSpec { connect: Some(target), ..UdpSpec::default() }),
        }
    }
}

/// Where a socket bound to this address is reached from this computer: 0.0.0.0 and :: are not addresses to
/// connect to on every system.
pub fn reachable(bound: SocketAddr) -> SocketAddr {
    use std::net::{Ipv4Addr, Ipv6Addr};
    let mut addr = bound;
    if bound.ip().is_unspecified() {
        addr.set_ip(if bound.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    addr
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::{Call, CloseReason, Fault, FaultKind, Record, Span};

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
