//! The one kind of thread that touches sockets.
//!
//! A worker owns a `mio::Poll`, the sockets in it and a channel of orders. It waits in `poll` only, so an order,
//! a readable socket, a timer or the end of the engine reach it at once. Every socket gets turns with a byte
//! budget, so that one loud socket starves none. The three server models are one decision, *where an accepted
//! connection goes*: **sequential** keeps it in this worker and stops accepting until it ends; **thread per
//! connection** moves it to a worker of its own; **event loop** keeps it here and goes on accepting.
//!
//! `mio` is edge-triggered: a socket is told once that it became ready, and has to be read until it would
//! block. A socket whose budget ran out is therefore remembered here and gets another turn by itself.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender};
use mio::{Events, Poll, Registry, Token, Waker, net::TcpStream};

use super::{
    engine::Shared,
    options::{Command, Endpoint, Family, SocketSpec},
    outbox::{Outbox, Tag},
    resolve,
    responder::exec::Finished,
    tcp::{Client, Listener, Stream, StreamSettings},
    udp::Udp,
};
use crate::journal::{Call, CloseReason, Event, Fault, FaultKind, SocketId};

/// The token of the waker; sockets use their id, which is a `u32`.
const WAKE: Token = Token(usize::MAX);
/// Orders taken before sockets get their turn.
const ORDERS: usize = 256;

/// What reaches a worker.
#[derive(Debug)]
pub(super) enum Order {
    /// A verb of the user's.
    Do(Command),
    /// A name look-up is done.
    Resolved { endpoint: Endpoint, answer: Result<Vec<SocketAddr>, Fault> },
    /// A program that a rule started has ended.
    Ran(Finished),
    /// A bug, to see that it is caught.
    #[cfg(test)]
    Panic,
}

impl Order {
    /// The verb in it, for sockets to which nothing else can be said.
    pub fn command(self) -> Option<Command> {
        match self {
            Self::Do(command) => Some(command),
            Self::Resolved { .. } | Self::Ran(_) => None,
            #[cfg(test)]
            Self::Panic => panic!("as asked for"),
        }
    }
}

/// What a worker starts with.
pub(super) enum Start {
    /// What the user asked for.
    Open(SocketSpec),
    /// A connection that a listener accepted.
    Accepted { socket: TcpStream, peer: SocketAddr, listener: SocketId, settings: StreamSettings },
}

/// What a socket wants after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing until the next event, order or timer.
    Idle,
    /// Another turn: its budget ran out, not its work.
    Again,
    /// Another turn once the channel of batches has room.
    Stalled,
    /// It is to be closed now. What is told of it is told once its descriptor is closed: whoever hears of it
    /// may want the address again.
    Gone(Event, Option<SocketAddr>),
}

impl Turn {
    /// Whether the socket has come to its end.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Gone(..))
    }
}

/// A socket could not be opened; why has been recorded. The address is the one that was asked for.
pub(super) struct Refused(pub Option<SocketAddr>);

/// A socket in a worker.
pub(super) trait Slot: Send {
    fn tag(&self) -> Tag;

    /// Reads, writes and keeps time, until nothing is left to do or the budget is spent.
    fn turn(&mut self, cx: &mut Context<'_>) -> Turn;

    /// Takes an order; a turn follows.
    fn order(&mut self, cx: &mut Context<'_>, order: Order) -> Turn;

    /// Comes to its end now.
    fn end(&mut self, cx: &mut Context<'_>, why: CloseReason) -> Turn;

    /// When it wants a turn even if nothing happens.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// An event tells of the peer's end, of an error or of urgent data: a `recv` that returns less than it might is no
    /// sign that nothing is left.
    fn more_than_data(&mut self) {}

    /// Bytes that came and were not read, as far as the system tells. Closing then sends RST instead of FIN (RFC 9293,
    /// 3.6): what the peer said is lost, and so may be what is on its way to the peer.
    fn unread(&self) -> usize {
        0
    }

    /// The listener it came from, if it is to hear of the end.
    fn listener(&self) -> Option<SocketId> {
        None
    }

    /// A connection it accepted is left as it is: it may accept the next client, and is to close this one then.
    fn connection_left(&mut self, connection: SocketId) {
        let _ = connection;
    }

    /// A connection it accepted has ended.
    fn connection_ended(&mut self, connection: SocketId) {
        let _ = connection;
    }
}

/// What a worker lends to a socket for its turn.
pub(super) struct Context<'w> {
    pub out: &'w mut Outbox,
    /// Room for one read.
    pub buffer: &'w mut Vec<u8>,
    pub registry: &'w Registry,
    pub shared: &'w Arc<Shared>,
    /// Sockets that join this worker after the turn.
    pub joining: &'w mut Vec<Box<dyn Slot>>,
    /// Connections that their listeners (first) need not wait for.
    pub left: &'w mut Vec<(SocketId, SocketId)>,
    orders: &'w Sender<(SocketId, Order)>,
    waker: &'w Arc<Waker>,
}

impl Context<'_> {
    /// Makes orders for this socket come to this worker.
    pub fn add_route(&self, tag: Tag) {
        self.shared.add_route(tag, self.orders.clone(), Arc::clone(self.waker));
    }

    /// Where a program's end is to be told; it comes as an [`Order::Ran`].
    pub fn teller(&self, tag: Tag) -> impl FnOnce(Finished) + Send + 'static {
        let (orders, waker) = (self.orders.clone(), Arc::clone(self.waker));
        move |finished| {
            // A full channel means that the worker is alive and takes orders; a closed one that nobody wants to know.
            if orders.send((tag.id, Order::Ran(finished))).is_ok() {
                waker.wake().ok();
            }
        }
    }

    /// Closes another socket of this worker.
    pub fn close(&self, id: SocketId) {
        // A worker with 256 orders waiting closes it with its listener.
        self.orders.try_send((id, Order::Do(Command::Close))).ok();
        self.waker.wake().ok();
    }

    /// Looks a name up; the answer comes as an [`Order::Resolved`].
    pub fn resolve(&mut self, tag: Tag, endpoint: &Endpoint, family: Family) -> Result<(), Fault> {
        self.out.record(tag, Event::Resolving, None, endpoint.host.as_bytes());
        resolve::start(tag.id, endpoint.clone(), family, self.orders.clone(), Arc::clone(self.waker))
            .map_err(Fault::from)
    }

    /// Records a failed call.
    pub fn fail(&mut self, tag: Tag, call: Call, fault: impl Into<Fault>, addr: Option<SocketAddr>) {
        self.out.record(tag, Event::Failed { call, fault: fault.into() }, addr, b"");
    }
}

/// The token under which a socket is registered.
pub(super) fn token(id: SocketId) -> Token {
    Token(id.0 as usize)
}

/// What a worker waits in, and what reaches it there. It is made before its thread: where the process has no descriptors
/// left for it, there is still somebody to say so.
pub(super) struct Station {
    poll: Poll,
    pub orders: Sender<(SocketId, Order)>,
    receiver: Receiver<(SocketId, Order)>,
    pub waker: Arc<Waker>,
}

impl Station {
    /// Room for `orders` of them.
    pub fn new(orders: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (orders, receiver) = crossbeam_channel::bounded(orders);
        Ok(Self { poll, orders, receiver, waker })
    }
}

/// Ids are numbers in a row of our own making: a hash that nobody can foresee would only cost time.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32((*byte).into());
        }
    }

    fn write_u32(&mut self, id: u32) {
        // The golden ratio, which spreads neighbours.
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

type Ids = HashSet<SocketId, BuildHasherDefault<IdHasher>>;

pub(super) struct Worker {
    shared: Arc<Shared>,
    station: Station,
    out: Outbox,
    buffer: Vec<u8>,
    slots: HashMap<SocketId, Box<dyn Slot>, BuildHasherDefault<IdHasher>>,
    /// Sockets that get a turn in the next round.
    ready: Ids,
    /// Sockets that wait for room in the channel.
    stalled: Ids,
    /// Sockets that have a deadline.
    timed: Ids,
}

impl Worker {
    /// The life of a worker thread: from its first socket to the end of its last.
    pub fn run(shared: &Arc<Shared>, tag: Tag, start: Start, station: Station) {
        let mut worker = Self {
            shared: Arc::clone(shared),
            station,
            out: shared.outbox(),
            buffer: Vec::new(),
            slots: HashMap::default(),
            ready: Ids::default(),
            stalled: Ids::default(),
            timed: Ids::default(),
        };
        worker.begin(tag, start);
        worker.live();
        worker.leave();
    }

    fn begin(&mut self, tag: Tag, start: Start) {
        let slot = self.guarded(tag, move |cx| -> Result<Box<dyn Slot>, Refused> {
            Ok(match start {
                Start::Open(SocketSpec::TcpServer(spec)) => Box::new(Listener::open(cx, tag, &spec)?),
                Start::Open(SocketSpec::TcpClient(spec)) => Box::new(Client::open(cx, tag, &spec)?),
                Start::Open(SocketSpec::Udp(spec)) => Box::new(Udp::open(cx, tag, &spec)?),
                Start::Accepted { socket, peer, listener, settings } => {
                    Box::new(Stream::accepted(cx, tag, socket, peer, listener, settings)?)
                }
            })
        });
        match slot {
            Some(Ok(slot)) => self.join(slot),
            refused => {
                self.shared.drop_route(tag);
                let peer = refused.and_then(Result::err).and_then(|Refused(peer)| peer);
                self.out.record(tag, Event::Closed { why: CloseReason::Failure, unsent: 0 }, peer, b"");
            }
        }
    }

    fn live(&mut self) {
        let mut events = Events::with_capacity(256);
        let mut turns = Vec::new();
        loop {
            if self.shared.stopping() {
                return;
            }
            #[cfg(test)]
            self.shared.rounds.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.take_orders();
            turns.extend(self.ready.drain());
            for id in turns.drain(..) {
                self.with_slot(id, |slot, cx| slot.turn(cx));
            }
            if self.slots.is_empty() {
                return;
            }
            let now = Instant::now();
            let timeout = if self.ready.is_empty() {
                let rest = self.out.flush_at_rest(now);
                self.until_next(now, rest)
            } else {
                self.out.flush_if_old(now);
                Some(Duration::ZERO)
            };
            // An interrupted wait is a wait that ended early; other errors cannot be had from a valid poll.
            if let Err(error) = self.station.poll.poll(&mut events, timeout)
                && error.kind() != io::ErrorKind::Interrupted
            {
                log::error!("poll: {error}");
                return;
            }
            for event in &events {
                if event.token() == WAKE {
                    continue;
                }
                let id = SocketId(event.token().0 as u32);
                self.ready.insert(id);
                if (event.is_read_closed() || event.is_error() || event.is_priority())
                    && let Some(slot) = self.slots.get_mut(&id)
                {
                    slot.more_than_data();
                }
            }
            if !self.stalled.is_empty() && self.out.has_room() {
                self.ready.extend(self.stalled.drain());
            }
            if !self.timed.is_empty() {
                let now = Instant::now();
                let due = |id: &&SocketId| self.slots.get(*id).and_then(|s| s.deadline()).is_some_and(|at| at <= now);
                self.ready.extend(self.timed.iter().filter(due).copied());
            }
        }
    }

    /// Sees to it that the last records arrive, unless the engine is going.
    fn leave(&mut self) {
        let tags: Vec<Tag> = self.slots.values().map(|slot| slot.tag()).collect();
        for tag in tags {
            self.with_slot(tag.id, |slot, cx| slot.end(cx, CloseReason::Exit));
        }
        let mut events = Events::with_capacity(8);
        while !self.out.flush() && !self.shared.stopping() {
            let retry = self.out.retry_in(Instant::now());
            self.station.poll.poll(&mut events, Some(retry)).ok();
        }
    }

    fn take_orders(&mut self) {
        for _ in 0..ORDERS {
            let Ok((id, order)) = self.station.receiver.try_recv() else { return };
            self.with_slot(id, |slot, cx| slot.order(cx, order));
        }
        // More may wait than was woken for.
        if !self.station.receiver.is_empty() {
            self.station.waker.wake().ok();
        }
    }

    fn until_next(&self, now: Instant, rest: Option<Duration>) -> Option<Duration> {
        let timers = self.timed.iter().filter_map(|id| self.slots.get(id)?.deadline());
        let timer = timers.min().map(|at| at.saturating_duration_since(now));
        let retry = (!self.stalled.is_empty()).then(|| self.out.retry_in(now));
        [timer, retry, rest].into_iter().flatten().min()
    }

    /// Gives a socket the word and does what it wants afterwards.
    fn with_slot(&mut self, id: SocketId, act: impl FnOnce(&mut dyn Slot, &mut Context<'_>) -> Turn) {
        let Some(mut slot) = self.slots.remove(&id) else { return };
        let tag = slot.tag();
        let turn = self.guarded(tag, |cx| act(slot.as_mut(), cx));
        if let Some(turn @ (Turn::Idle | Turn::Again | Turn::Stalled)) = turn {
            match turn {
                Turn::Again => self.ready.insert(id),
                Turn::Stalled => self.stalled.insert(id),
                Turn::Idle | Turn::Gone(..) => false,
            };
            if slot.deadline().is_some() {
                self.timed.insert(id);
            } else {
                self.timed.remove(&id);
            }
            self.slots.insert(id, slot);
            return;
        }
        let listener = slot.listener();
        let unread = if matches!(turn, Some(Turn::Gone(Event::Closed { .. }, _))) { slot.unread() } else { 0 };
        drop(slot);
        for set in [&mut self.timed, &mut self.stalled, &mut self.ready] {
            set.remove(&id);
        }
        self.shared.drop_route(tag);
        if let Some(Turn::Gone(event, peer)) = turn {
            let detail = if unread == 0 { String::new() } else { Event::detail_of_unread(unread) };
            self.out.record(tag, event, peer, detail.as_bytes());
        } else {
            self.out.record(tag, Event::Closed { why: CloseReason::Failure, unsent: 0 }, None, b"");
        }
        if let Some(listener) = listener
            && let Some(slot) = self.slots.get_mut(&listener)
        {
            slot.connection_ended(id);
            self.ready.insert(listener);
        }
    }

    /// Runs a socket's code. A panic in it is a bug of ours: it ends that socket, says so, and spares the others.
    fn guarded<T>(&mut self, tag: Tag, act: impl FnOnce(&mut Context<'_>) -> T) -> Option<T> {
        let (mut joining, mut left) = (Vec::new(), Vec::new());
        let mut cx = Context {
            out: &mut self.out,
            buffer: &mut self.buffer,
            registry: self.station.poll.registry(),
            shared: &self.shared,
            joining: &mut joining,
            left: &mut left,
            orders: &self.station.orders,
            waker: &self.station.waker,
        };
        let result = catch_unwind(AssertUnwindSafe(|| act(&mut cx)));
        if result.is_err() {
            let fault = Fault::of(FaultKind::Bug);
            self.out.record(tag, Event::Failed { call: Call::Worker, fault }, None, b"");
        }
        for slot in joining {
            self.join(slot);
        }
        for (listener, connection) in left {
            if let Some(slot) = self.slots.get_mut(&listener) {
                slot.connection_left(connection);
                self.ready.insert(listener);
            }
        }
        result.ok()
    }

    fn join(&mut self, slot: Box<dyn Slot>) {
        let id = slot.tag().id;
        if slot.deadline().is_some() {
            self.timed.insert(id);
        }
        self.ready.insert(id);
        self.slots.insert(id, slot);
    }
}
