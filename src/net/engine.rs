//! The engine's handle: what a window, a command line or a test holds.

#[cfg(test)]
use std::sync::atomic::AtomicU64;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Instant, SystemTime},
};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::{
    counters::Counters,
    options::{Command, SocketSpec},
    outbox::{Outbox, Tag},
    sys,
    worker::{Order, Start, Station, Worker},
};
use crate::journal::{Batch, Call, CloseReason, Epoch, Event, Fault, Nanos, SocketId};

/// Batches that may wait for the window. At 256 records each this covers the quarter of a second for which a
/// hidden window does not look, at half a million records a second.
const BATCHES: usize = 512;
/// Commands that may wait for one worker.
const COMMANDS: usize = 256;
/// Bytes that may wait in Twocan to be sent by one socket.
pub(super) const QUEUE_BYTES: u64 = 64 << 20;
/// A worker needs little: a connection a thread must not cost 2 MiB of address space each.
const STACK_BYTES: usize = 256 * 1024;

/// Wakes whoever drains the engine. Called by workers, at most once per batch.
pub trait Wake: Send + Sync {
    /// There is a batch (or there was one a moment ago).
    fn wake(&self);
}

impl Wake for () {
    fn wake(&self) {}
}

/// All sockets and their workers. Dropping it closes every socket and joins every worker.
pub struct Engine {
    shared: Arc<Shared>,
    batches: Receiver<Batch>,
}

/// Why a command did not reach its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// It is closed, or never was.
    #[error("{0} is not open")]
    NotOpen(SocketId),
    /// Its worker has not caught up with 256 commands before this one.
    #[error("{0} is busy; try again")]
    Busy(SocketId),
    /// More than 64 MiB wait to be sent already: the peer does not read.
    #[error("{0} has 64 MiB waiting to be sent; the other end does not read")]
    QueueFull(SocketId),
}

impl Engine {
    /// An engine without sockets. `wake` is called whenever a batch can be drained.
    pub fn new(wake: Arc<dyn Wake>) -> Self {
        sys::raise_descriptor_limit();
        let (sender, batches) = crossbeam_channel::bounded(BATCHES);
        let shared = Shared {
            sender,
            wake,
            origin: Instant::now(),
            epoch: Epoch { wall: SystemTime::now() },
            next: AtomicU32::new(1),
            stop: AtomicBool::new(false),
            alive: AtomicUsize::new(0),
            routes: Mutex::default(),
            counters: Mutex::default(),
            threads: Mutex::default(),
            #[cfg(test)]
            rounds: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared), batches }
    }

    /// Opens a socket. How that went is told by its records.
    pub fn open(&self, spec: &SocketSpec) -> SocketId {
        let id = self.shared.next_id();
        self.reopen(id, 0, spec);
        id
    }

    /// Opens a closed socket again under the same id; `generation` counts from 0.
    ///
    /// An open socket of that id is aborted first.
    pub fn reopen(&self, id: SocketId, generation: u16, spec: &SocketSpec) {
        // Refused only if it is closed, which is what is wanted.
        self.command(id, Command::Abort).ok();
        let tag = Tag { id, generation };
        self.shared.count(id);
        if let Err(error) = self.shared.spawn(tag, Start::Open(spec.clone())) {
            let mut out = self.shared.outbox();
            out.record(tag, Event::Failed { call: Call::Spawn, fault: Fault::from(error) }, None, b"");
            out.record(tag, Event::Closed { why: CloseReason::Failure, unsent: 0 }, None, b"");
            if !out.flush()
                && let Some(counters) = self.counters(id)
            {
                Counters::add(&counters.rows_not_shown, 2);
            }
        }
    }

    /// Sends a verb to a socket. Never blocks.
    ///
    /// # Errors
    /// The socket is closed, or has too many commands or bytes waiting.
    pub fn command(&self, id: SocketId, command: Command) -> Result<(), CommandError> {
        self.shared.command(id, command)
    }

    /// The totals of a socket; kept until it is [forgotten](Self::forget).
    pub fn counters(&self, id: SocketId) -> Option<Arc<Counters>> {
        lock(&self.shared.counters).get(&id).cloned()
    }

    /// Drops the totals of a closed socket.
    pub fn forget(&self, id: SocketId) {
        lock(&self.shared.counters).remove(&id);
    }

    /// Where batches come out. Bounded: a slow reader makes TCP wait and UDP rows be counted but not kept.
    pub fn batches(&self) -> &Receiver<Batch> {
        &self.batches
    }

    /// The moment that record times count from.
    pub fn epoch(&self) -> Epoch {
        self.shared.epoch
    }

    /// The time now, as records tell it.
    pub fn now(&self) -> Nanos {
        self.shared.origin.elapsed().as_nanos() as Nanos
    }

    /// Worker threads that are alive.
    pub fn workers(&self) -> usize {
        self.shared.alive.load(Ordering::Acquire)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // Workers that wait for a name or a socket wait in `poll`, which this ends.
        for route in lock(&self.shared.routes).values() {
            route.wake();
        }
        let threads = std::mem::take(&mut *lock(&self.shared.threads));
        for thread in threads {
            // Panics were caught in the worker and told; there is nobody left to tell.
            thread.join().ok();
        }
    }
}

/// What all workers share.
pub(super) struct Shared {
    sender: Sender<Batch>,
    wake: Arc<dyn Wake>,
    origin: Instant,
    epoch: Epoch,
    next: AtomicU32,
    stop: AtomicBool,
    alive: AtomicUsize,
    routes: Mutex<HashMap<SocketId, Route>>,
    counters: Mutex<HashMap<SocketId, Arc<Counters>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// How often workers woke, to see that an idle one does not.
    #[cfg(test)]
    pub rounds: AtomicU64,
}

/// How a command finds the worker of its socket.
#[derive(Clone)]
pub(super) struct Route {
    pub generation: u16,
    /// The listener it was accepted by.
    group: Option<SocketId>,
    pub orders: Sender<(SocketId, Order)>,
    pub waker: Arc<mio::Waker>,
    pub counters: Arc<Counters>,
}

impl Route {
    pub fn wake(&self) {
        // It fails only when the worker's poll is gone, and with it the worker.
        self.waker.wake().ok();
    }
}

impl Shared {
    pub fn next_id(&self) -> SocketId {
        SocketId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.sender.clone(), Arc::clone(&self.wake), self.origin)
    }

    /// The counters of a socket, made if it has none yet.
    pub fn count(&self, id: SocketId) -> Arc<Counters> {
        Arc::clone(lock(&self.counters).entry(id).or_default())
    }

    pub fn add_route(&self, tag: Tag, orders: Sender<(SocketId, Order)>, waker: Arc<mio::Waker>) {
        let counters = self.count(tag.id);
        // What waited for an earlier life of this socket will never be sent.
        counters.waiting.store(0, Ordering::Relaxed);
        lock(&self.routes).insert(tag.id, Route { generation: tag.generation, group: None, orders, waker, counters });
    }

    /// Ends the route of one life of a socket, but not that of its next life.
    pub fn drop_route(&self, tag: Tag) {
        let mut routes = lock(&self.routes);
        if routes.get(&tag.id).is_some_and(|route| route.generation == tag.generation) {
            routes.remove(&tag.id);
        }
    }

    /// Sends a verb to a socket. Never blocks. As [`Engine::command`].
    pub fn command(&self, id: SocketId, command: Command) -> Result<(), CommandError> {
        let routes = lock(&self.routes);
        let route = routes.get(&id).ok_or(CommandError::NotOpen(id))?;
        let len = match &command {
            Command::Send { bytes, .. } | Command::SendToName { bytes, .. } => bytes.len() as u64,
            _ => 0,
        };
        if route.counters.waiting.load(Ordering::Relaxed) + len > QUEUE_BYTES {
            return Err(CommandError::QueueFull(id));
        }
        // Counted here and not in the worker, so that whoever sends much can see at once how much waits.
        route.counters.waiting.fetch_add(len, Ordering::Relaxed);
        match route.orders.try_send((id, Order::Do(command))) {
            Ok(()) => {
                route.wake();
                Ok(())
            }
            Err(error) => {
                route.counters.waiting.fetch_sub(len, Ordering::Relaxed);
                Err(match error {
                    TrySendError::Full(_) => CommandError::Busy(id),
                    TrySendError::Disconnected(_) => CommandError::NotOpen(id),
                })
            }
        }
    }

    /// Makes an accepted connection one of its listener's, which chat among themselves.
    pub fn join_group(&self, connection: SocketId, listener: SocketId) {
        if let Some(route) = lock(&self.routes).get_mut(&connection) {
            route.group = Some(listener);
        }
    }

    /// The open connections of the listener that this one came from, without it.
    pub fn others(&self, connection: SocketId) -> Vec<SocketId> {
        let routes = lock(&self.routes);
        let Some(group) = routes.get(&connection).and_then(|route| route.group) else { return Vec::new() };
        let other = |(id, route): (&SocketId, &Route)| (route.group == Some(group) && *id != connection).then_some(*id);
        routes.iter().filter_map(other).collect()
    }

    /// Starts a worker with one socket.
    pub fn spawn(self: &Arc<Self>, tag: Tag, start: Start) -> std::io::Result<()> {
        self.launch(self.prepare(tag, start, Self::station()?))
    }

    /// What a new worker waits in.
    pub fn station() -> std::io::Result<Station> {
        Station::new(COMMANDS)
    }

    /// Makes a worker's socket one that can be given orders, which wait until it is launched: who hears of it may give one
    /// at once.
    pub fn prepare(&self, tag: Tag, start: Start, station: Station) -> Prepared {
        self.add_route(tag, station.orders.clone(), Arc::clone(&station.waker));
        // What the others say meanwhile waits in its orders.
        if let Start::Accepted { listener, .. } = &start {
            self.join_group(tag.id, *listener);
        }
        Prepared { tag, start, station }
    }

    /// Starts the worker's thread. Where that fails the socket is gone.
    pub fn launch(self: &Arc<Self>, prepared: Prepared) -> std::io::Result<()> {
        let Prepared { tag, start, station } = prepared;
        let mut threads = lock(&self.threads);
        if self.stopping() {
            self.drop_route(tag);
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        threads.retain(|thread| !thread.is_finished());
        self.alive.fetch_add(1, Ordering::AcqRel);
        let shared = Arc::clone(self);
        let spawned =
            thread::Builder::new().name(format!("socket-{}", tag.id.0)).stack_size(STACK_BYTES).spawn(move || {
                Worker::run(&shared, tag, start, station);
                shared.alive.fetch_sub(1, Ordering::AcqRel);
            });
        match spawned {
            Ok(thread) => {
                threads.push(thread);
                Ok(())
            }
            Err(error) => {
                self.alive.fetch_sub(1, Ordering::AcqRel);
                self.drop_route(tag);
                Err(error)
            }
        }
    }
}

/// A worker that has everything but its thread.
pub(super) struct Prepared {
    /// Its first socket.
    pub tag: Tag,
    start: Start,
    station: Station,
}

/// Locks, whatever became of the last holder: the maps behind these locks are whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
        time::Duration,
    };

    use super::*;
    use crate::{
        journal::{FaultKind, Kind, Sockets, State},
        net::{ServerModel, TcpServerSpec, responder::Rules},
    };

    /// Waits until workers have told nothing for so long; not for ever, if they go on and on.
    fn quiet(engine: &Engine, time: Duration) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while engine.batches().recv_timeout(time).is_ok() && Instant::now() < deadline {}
    }

    /// Looks, 10 ms apart, in which nothing moves until the kernel is said to take no more: a worker may only have waited
    /// for a processor.
    const STILL: u32 = 30;

    /// A connection with timers in its rules and waits between its calls, full of what its peer does not read, that is asked
    /// to close: each of its moments comes while nothing can be done about it, and must not wake it again and again.
    #[test]
    fn a_connection_that_cannot_go_on_does_not_wake_for_moments_that_are_past() {
        let rules = Rules::parse("[[rule]]\nwhen = { every-ms = 20 }\nthen = [{ reply = \"x\" }]").unwrap();
        for (read_delay, send_gap) in
            [(0, 0), (2, 2)].map(|(read, send)| (Duration::from_millis(read), Duration::from_millis(send)))
        {
            let engine = Engine::new(Arc::new(()));
            let responder = crate::net::Responder::Rules(Arc::new(rules.clone()));
            let spec = TcpServerSpec { responder, read_delay, send_gap, ..TcpServerSpec::default() };
            let server = engine.open(&SocketSpec::TcpServer(spec));
            let mut sockets = Sockets::default();
            sockets.open(server, Kind::TcpListener, 0, 0);
            let mut peer = None;
            let connection = loop {
                let batch = engine.batches().recv_timeout(Duration::from_secs(10)).unwrap();
                for record in &batch.records {
                    sockets.apply(record, batch.bytes_of(record));
                }
                let entry = sockets.get(server).unwrap();
                if let Some(addr) = entry.local.filter(|_| peer.is_none()) {
                    peer = Some(TcpStream::connect(addr).unwrap());
                }
                if let Some(id) = entry.connections.first().filter(|id| sockets.get(**id).unwrap().state.is_open()) {
                    break *id;
                }
            };
            let counters = engine.counters(connection).unwrap();
            peer.as_mut().unwrap().write_all(b"nobody answers this").unwrap();
            // Until the kernel takes no more: what the rules say meanwhile would move else.
            let sent = || counters.totals().bytes_out;
            let mut still = 0;
            while still < STILL {
                let (mut before, goal) = (sent(), sent() + (64 << 10));
                engine.command(connection, Command::Send { bytes: vec![0; 64 << 10], to: None }).unwrap();
                still = 0;
                while sent() < goal && still < STILL {
                    if engine.batches().recv_timeout(Duration::from_millis(10)).is_ok() {
                        // A full channel would stop it too.
                        while engine.batches().try_recv().is_ok() {}
                    }
                    still = if sent() == before { still + 1 } else { 0 };
                    before = sent();
                }
            }
            engine.command(connection, Command::Close).unwrap();
            quiet(&engine, Duration::from_millis(100));
            assert!(lock(&engine.shared.routes).contains_key(&connection), "it still waits for its peer");
            let before = engine.shared.rounds.load(Ordering::Relaxed);
            quiet(&engine, Duration::from_millis(300));
            let rounds = engine.shared.rounds.load(Ordering::Relaxed) - before;
            assert!(rounds < 20, "{rounds} rounds while nothing could be done");
            drop(peer);
        }
    }

    /// A window may answer as soon as it hears of a client: there was a moment in which nobody took the order.
    #[test]
    fn a_socket_takes_orders_before_anybody_hears_of_it() {
        let engine = Engine::new(Arc::new(()));
        let tag = Tag { id: engine.shared.next_id(), generation: 0 };
        let start = Start::Open(SocketSpec::Udp(crate::net::UdpSpec::default()));
        let prepared = engine.shared.prepare(tag, start, Shared::station().unwrap());
        assert_eq!(engine.command(tag.id, Command::Close), Ok(()));
        engine.shared.launch(prepared).unwrap();
        // And it is followed.
        let deadline = Instant::now() + Duration::from_secs(10);
        let closed = |batch: &Batch| batch.records.iter().any(|record| matches!(record.event, Event::Closed { .. }));
        while !closed(&engine.batches().recv_deadline(deadline).unwrap()) {}
    }

    #[test]
    fn a_bug_ends_its_socket_and_spares_the_others() {
        let engine = Engine::new(Arc::new(()));
        let mut sockets = Sockets::default();
        let spec = TcpServerSpec { model: ServerModel::EventLoop, ..TcpServerSpec::default() };
        let server = engine.open(&SocketSpec::TcpServer(spec));
        sockets.open(server, Kind::TcpListener, 0, 0);
        let mut wait = |so: &dyn Fn(&Sockets) -> bool| {
            while !so(&sockets) {
                let batch = engine.batches().recv_timeout(Duration::from_secs(10)).unwrap();
                for record in &batch.records {
                    sockets.apply(record, batch.bytes_of(record));
                }
            }
            sockets.clone()
        };
        let addr = wait(&|s| s.get(server).unwrap().local.is_some()).get(server).unwrap().local.unwrap();
        let mut peers: Vec<_> = (0..2).map(|_| TcpStream::connect(addr).unwrap()).collect();
        let there = wait(&|s| s.open_connections(server) == 2);
        let victim = there.get(server).unwrap().connections[0];
        let route = lock(&engine.shared.routes).get(&victim).unwrap().clone();
        route.orders.send((victim, Order::Panic)).unwrap();
        route.wake();
        wait(&|s| s.get(victim).unwrap().state == State::Failed(FaultKind::Bug));
        assert_eq!(engine.command(victim, Command::Close), Err(CommandError::NotOpen(victim)));
        peers[1].write_all(b"x").unwrap();
        peers[1].read_exact(&mut [0]).unwrap();
        peers.push(TcpStream::connect(addr).unwrap());
        wait(&|s| s.get(server).unwrap().connections.len() == 3);
    }
}
