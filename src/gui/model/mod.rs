//! What the window knows: the journal, who is there, how fast bytes move. Views read it and change nothing.
//!
//! It changes in three ways only, each of them total, so that no order of events panics: [`Model::apply`] takes a
//! batch of records in, [`Model::dispatch`] carries out what the user asked for, [`Model::tick`] reads the
//! counters four times a second. It reads no clock: the time comes in with `tick`.

mod apply;
mod dispatch;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{
    actions::{Action, Pair},
    chat::Chat,
    meter::Meter,
    settings::{Framings, Settings},
    transfers::TransferBook,
};
use crate::{
    framing::Framing,
    journal::{Epoch, Failure, Journal, Kind, Nanos, Origin, SocketEntry, SocketId, Sockets, State},
    net::{CommandError, Reach, Responder, SocketSpec, TcpServerSpec, UdpSpec, interfaces::Interface},
    preset::{Listing, Localised, Preset},
    transfer::Progress,
    words::{self, Lang},
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
    /// The presets that the user saved.
    pub own_presets: Vec<Preset>,
    /// Who is talked with over UDP.
    pub chat: Chat,
    /// Files on their way.
    pub transfers: TransferBook,
    /// The socket in the middle of the window.
    pub selected: Option<SocketId>,
    /// This computer's addresses, as of the last look.
    pub addresses: Vec<Interface>,
    /// Where the settings are kept, if they are.
    pub settings_path: Option<PathBuf>,
    now: Nanos,
    specs: BTreeMap<SocketId, SocketSpec>,
    tuned: BTreeMap<SocketId, Tuned>,
    framings: BTreeMap<SocketId, Framings>,
    meters: BTreeMap<SocketId, Meter>,
    activity: Activity,
    closed: BTreeMap<SocketId, Closed>,
    /// Accepted connections whose `accept` was not seen yet: it may come from another worker, later than their end.
    unaccepted: BTreeSet<SocketId>,
    refusals: BTreeMap<SocketId, CommandError>,
    /// Messages in and out when a call last failed on a socket that stayed open.
    failed_at: BTreeMap<SocketId, (u64, u64)>,
    /// Which classic program a socket was opened as.
    played: BTreeMap<SocketId, Played>,
    /// Messages that rules handed to the person, oldest first; as many as the counters say.
    asked: BTreeMap<SocketId, VecDeque<Asked>>,
    /// The files that are being sent.
    files: BTreeMap<SocketId, Outgoing>,
    pairs: BTreeMap<SocketId, Pair>,
    follow_ups: Vec<Action>,
    /// Sockets that appeared in the records and have no meter yet.
    fresh: Vec<SocketId>,
    /// Sockets that were dropped from the table and still have counters in the engine.
    dropped: Vec<SocketId>,
}

/// A file that is being sent over a socket.
#[derive(Clone, Debug)]
struct Outgoing {
    /// Its name, escaped for showing.
    name: String,
    /// When it began.
    since: Nanos,
    /// The same, later by what it was held up.
    began: Nanos,
    /// Since when it has been held up.
    paused: Option<Nanos>,
}

impl Outgoing {
    fn pause(&mut self, paused: bool, now: Nanos) {
        if paused {
            self.paused.get_or_insert(now);
        } else if let Some(since) = self.paused.take() {
            self.began += now.saturating_sub(since);
        }
    }
}

/// What was changed on a living socket.
#[derive(Clone, Debug, Default)]
struct Tuned {
    responder: Option<Responder>,
    recv_bytes: Option<usize>,
    read_delay: Option<Duration>,
    send_gap: Option<Duration>,
    nodelay: Option<bool>,
    broadcast: Option<bool>,
}

/// The classic program that a socket was opened as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The tutorials' listings that it plays.
    pub listings: Vec<Listing>,
    /// What it is.
    pub title: Localised,
    /// What to watch.
    pub watch: Localised,
    /// The user has read that.
    pub dismissed: bool,
}

/// A message that waits for the person's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The row that says so.
    pub seq: u64,
    /// Who waits.
    pub peer: Option<SocketAddr>,
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
    /// Messages that are remembered to wait at one socket; the counters know of more.
    const ASKED_KEPT: usize = 1_000;
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
            chat: Chat::default(),
            transfers: TransferBook::default(),
            own_presets: Vec::new(),
            selected: None,
            addresses: Vec::new(),
            settings_path: None,
            now: 0,
            specs: BTreeMap::new(),
            tuned: BTreeMap::new(),
            framings: BTreeMap::new(),
            meters: BTreeMap::new(),
            activity: Activity::default(),
            closed: BTreeMap::new(),
            unaccepted: BTreeSet::new(),
            refusals: BTreeMap::new(),
            failed_at: BTreeMap::new(),
            played: BTreeMap::new(),
            asked: BTreeMap::new(),
            files: BTreeMap::new(),
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

    /// Who can reach a socket that is bound to `ip`, in a sentence: one bound to 0.0.0.0 has no IPv6 address.
    pub fn reach(&self, lang: Lang, ip: IpAddr) -> String {
        let reached = |interface: &&Interface| ip.is_ipv6() || interface.ip.is_ipv4();
        let addresses: Vec<_> = self.addresses.iter().filter(reached).cloned().collect();
        words::reach(lang, Reach::of(ip), &addresses)
    }

    /// How others write the address of a receiver that is bound so: every address of this computer, or that one.
    pub fn transfer_addresses(&self, bound: SocketAddr) -> Vec<String> {
        if Reach::of(bound.ip()) != Reach::Everyone {
            return vec![bound.to_string()];
        }
        let reached = self.addresses.iter().filter(|interface| bound.is_ipv6() || interface.ip.is_ipv4());
        reached.map(|interface| SocketAddr::new(interface.ip, bound.port()).to_string()).collect()
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

    /// The sockets that send a message again and again: this one and its connections.
    pub fn repeating(&self, entry: &SocketEntry) -> Vec<SocketId> {
        let repeats = |id: &SocketId| self.meter(*id).is_some_and(|meter| meter.totals().repeating);
        std::iter::once(entry.id).chain(entry.connections.iter().copied()).filter(repeats).collect()
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

    /// The same with the answers that are in force now: what opening another one like it takes.
    pub fn spec_now(&self, id: SocketId) -> Option<SocketSpec> {
        let mut spec = self.specs.get(&id)?.clone();
        let responder = self.responder(id);
        match &mut spec {
            SocketSpec::TcpServer(spec) => spec.responder = responder,
            SocketSpec::TcpClient(spec) => spec.responder = responder,
            SocketSpec::Udp(spec) => spec.responder = responder,
        }
        Some(spec)
    }

    /// The classic program that a socket, or the listener that accepted it, was opened as; and which of the two.
    pub fn played(&self, id: SocketId) -> Option<(SocketId, &Played)> {
        let of = |id| self.played.get(&id).map(|played| (id, played));
        of(id).or_else(|| match self.sockets.get(id)?.origin {
            Origin::AcceptedBy(listener) => of(listener),
            Origin::Opened => None,
        })
    }

    /// What a socket answers now.
    pub fn responder(&self, id: SocketId) -> Responder {
        let changed = self.tuned.get(&id).and_then(|tuned| tuned.responder.clone());
        changed.unwrap_or_else(|| match self.spec_or_listeners(id) {
            Some(SocketSpec::TcpServer(spec)) => spec.responder.clone(),
            Some(SocketSpec::TcpClient(spec)) => spec.responder.clone(),
            Some(SocketSpec::Udp(spec)) => spec.responder.clone(),
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

    /// How long each `recv` waits now.
    pub fn read_delay(&self, id: SocketId) -> Duration {
        let changed = self.tuned.get(&id).and_then(|tuned| tuned.read_delay);
        changed.unwrap_or_else(|| match self.spec_or_listeners(id) {
            Some(SocketSpec::TcpServer(spec)) => spec.read_delay,
            Some(SocketSpec::TcpClient(spec)) => spec.read_delay,
            Some(SocketSpec::Udp(spec)) => spec.read_delay,
            None => Duration::ZERO,
        })
    }

    /// How far apart messages leave at least now.
    pub fn send_gap(&self, id: SocketId) -> Duration {
        let changed = self.tuned.get(&id).and_then(|tuned| tuned.send_gap);
        changed.unwrap_or_else(|| match self.spec_or_listeners(id) {
            Some(SocketSpec::TcpServer(spec)) => spec.send_gap,
            Some(SocketSpec::TcpClient(spec)) => spec.send_gap,
            Some(SocketSpec::Udp(spec)) => spec.send_gap,
            None => Duration::ZERO,
        })
    }

    /// Whether TCP_NODELAY is on; on a listener, whether it will be on the connections that it accepts.
    pub fn nodelay(&self, id: SocketId) -> bool {
        let opened = matches!(self.specs.get(&id), Some(SocketSpec::TcpServer(TcpServerSpec { nodelay: true, .. })));
        self.tuned.get(&id).and_then(|tuned| tuned.nodelay).unwrap_or(opened)
    }

    /// Whether SO_BROADCAST is on.
    pub fn broadcast(&self, id: SocketId) -> bool {
        let opened = matches!(self.specs.get(&id), Some(SocketSpec::Udp(UdpSpec { broadcast: true, .. })));
        self.tuned.get(&id).and_then(|tuned| tuned.broadcast).unwrap_or(opened)
    }

    /// How the messages of a socket are framed: as was chosen for it, else for its listener, else for all, else as its rules say. Datagrams need none.
    pub fn framings(&self, id: SocketId) -> Framings {
        let Some(entry) = self.sockets.get(id).filter(|entry| entry.kind != Kind::UdpSocket) else {
            return Framings::default();
        };
        let of_listener = || match entry.origin {
            Origin::AcceptedBy(listener) => self.framings.get(&listener),
            Origin::Opened => None,
        };
        if let Some(chosen) = self.framings.get(&id).or_else(of_listener) {
            return chosen.clone();
        }
        let mut usual = self.settings.framing.clone();
        // Rules that name a framing know what is spoken here.
        if usual.receive == Framing::None
            && let Some(rules) = self.responder(id).rules()
        {
            usual.receive = rules.framing.clone();
        }
        usual
    }

    /// The file that a socket is sending: its name, and how far it is.
    pub fn file(&self, id: SocketId) -> Option<(&str, Progress)> {
        let totals = self.meter(id)?.totals();
        let file = self.files.get(&id).filter(|_| totals.file_sent < totals.file_size)?;
        let progress = Progress {
            bytes: totals.file_sent,
            total: Some(totals.file_size),
            moving: Duration::from_nanos(file.paused.unwrap_or(self.now).saturating_sub(file.began)),
            ..Progress::default()
        };
        Some((&file.name, progress))
    }

    /// Looks at the meter of a socket since the file began that it is sending.
    pub fn file_looks(&self, id: SocketId) -> usize {
        let since = self.files.get(&id).map_or(self.now, |file| file.since);
        usize::try_from(self.now.saturating_sub(since).div_ceil(Self::LOOK_EVERY)).unwrap_or(usize::MAX)
    }

    /// Totals and rates of a socket.
    pub fn meter(&self, id: SocketId) -> Option<&Meter> {
        self.meters.get(&id)
    }

    /// Connections of a listener that were dropped from the table after they closed, exactly.
    pub fn earlier_connections(&self, listener: SocketId) -> u64 {
        self.closed.get(&listener).map_or(0, |closed| closed.earlier)
    }

    /// The messages that wait for the person at this socket, oldest first.
    pub fn asked(&self, id: SocketId) -> impl Iterator<Item = &Asked> {
        self.asked.get(&id).into_iter().flatten()
    }

    /// How many messages wait for the person at this socket or, for a listener, at its connections.
    pub fn asks(&self, entry: &SocketEntry) -> u64 {
        let ids = std::iter::once(entry.id).chain(entry.connections.iter().copied());
        ids.map(|id| self.asked.get(&id).map_or(0, VecDeque::len) as u64).sum()
    }

    /// Whether the message of this row still waits.
    pub fn waits(&self, id: SocketId, seq: u64) -> bool {
        self.asked(id).any(|asked| asked.seq == seq)
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
