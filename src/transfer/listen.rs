//! A receiver's thread: it accepts, and hands each sender to a thread of its own.

use std::{
    io,
    net::SocketAddr,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener, TcpStream},
};
use socket2::{Domain, Protocol, Socket, Type};

use super::{
    framed, helper,
    job::{Hub, Job, lock},
    ledger::Ledger,
    options::{Accept, Policy, ReceiveSpec, Way},
    raw,
    reason::Reason,
    receiver::{Folder, Keeping},
    report::{Answer, Direction, Entry, Notice, Offer, ReceiverId, ReceiverState},
    service::Shared,
    udp,
    wire::Wire,
};
use crate::journal::Call;

const SOCKET: Token = Token(0);
const WAKE: Token = Token(1);
const BACKLOG: i32 = 128;
/// After `accept` failed for want of descriptors, so long nothing is tried.
const BREATH: Duration = Duration::from_millis(100);
/// Whether somebody has said anything is looked at so often.
const LOOK: Duration = Duration::from_millis(20);
/// While a question stands the sender is told so often that it does.
const ALIVE: Duration = Duration::from_secs(5);

/// A receiver, shared with its thread.
pub(super) struct Listener {
    pub id: ReceiverId,
    pub spec: ReceiveSpec,
    state: Mutex<ReceiverState>,
    stopped: AtomicBool,
    waker: OnceLock<Arc<Waker>>,
}

impl Listener {
    pub fn new(id: ReceiverId, spec: ReceiveSpec) -> Self {
        let state = Mutex::new(ReceiverState::Starting);
        Self { id, spec, state, stopped: AtomicBool::new(false), waker: OnceLock::new() }
    }

    pub fn state(&self) -> ReceiverState {
        lock(&self.state).clone()
    }

    pub fn stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
        if let Some(waker) = self.waker.get() {
            // It fails only when the poll is gone, and with it the thread.
            waker.wake().ok();
        }
    }

    pub fn set_waker(&self, waker: Arc<Waker>) {
        // One thread sets it once.
        self.waker.set(waker).ok();
    }

    pub fn listening(&self, hub: &Hub, address: SocketAddr) {
        *lock(&self.state) = ReceiverState::Listening(address);
        hub.tell(Notice::Listening(self.id, address));
    }

    pub fn end(&self, hub: &Hub, state: ReceiverState) {
        *lock(&self.state) = state;
        hub.tell(Notice::ReceiverEnded(self.id));
    }

    pub fn keeping(&self) -> Keeping {
        let policy = &self.spec.policy;
        let partial = policy.partial == super::options::Partial::Keep;
        Keeping { partial, sync: policy.sync, sha256: policy.sha256 }
    }
}

/// The life of a receiver.
pub(super) fn run(shared: &Arc<Shared>, listener: &Arc<Listener>) {
    let body = || match listener.spec.way {
        Way::Udp => udp::listen(shared, listener),
        _ => listen(shared, listener),
    };
    let ended = panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        shared.abandon(listener.id);
        Err(Reason::Bug)
    });
    let state = ended.map_or_else(ReceiverState::Failed, |()| ReceiverState::Stopped);
    listener.end(&shared.hub, state);
}

fn listen(shared: &Arc<Shared>, listener: &Arc<Listener>) -> Result<(), Reason> {
    let folder = Arc::new(Folder::open(&listener.spec.folder)?);
    let bind = listener.spec.bind;
    let failed = |call: Call| move |error: io::Error| Reason::net(call, &error, Some(bind));
    let mut poll = Poll::new().map_err(failed(Call::Socket))?;
    listener.set_waker(Arc::new(Waker::new(poll.registry(), WAKE).map_err(failed(Call::Socket))?));
    let mut socket = bound(bind)?;
    let address = socket.local_addr().map_err(failed(Call::Bind))?;
    poll.registry().register(&mut socket, SOCKET, Interest::READABLE).map_err(failed(Call::Listen))?;
    listener.listening(&shared.hub, address);
    let mut events = Events::with_capacity(16);
    let mut wait = None;
    while !listener.stopped() && !shared.stopping() {
        match poll.poll(&mut events, wait) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(failed(Call::Accept)(error)),
            _ => {}
        }
        wait = None;
        loop {
            if listener.stopped() {
                return Ok(());
            }
            match socket.accept() {
                Ok((stream, peer)) => {
                    let job = begin(shared, listener, &folder, stream, peer);
                    let stop = || listener.stopped() || shared.stopping();
                    if listener.spec.policy.once && counts(&job, &mut poll, &mut events, stop) {
                        return Ok(());
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => break,
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                    _ => {
                        // EMFILE and its like: the sender waits in the queue until something is closed.
                        wait = Some(BREATH);
                        break;
                    }
                },
            }
        }
    }
    Ok(())
}

fn bound(bind: SocketAddr) -> Result<TcpListener, Reason> {
    let failed = |call: Call| move |error: io::Error| Reason::net(call, &error, Some(bind));
    let socket = Socket::new(Domain::for_address(bind), Type::STREAM, Some(Protocol::TCP));
    let socket = socket.map_err(failed(Call::Socket))?;
    #[cfg(unix)]
    socket.set_reuse_address(true).map_err(failed(Call::SetOption))?;
    socket.set_nonblocking(true).map_err(failed(Call::SetOption))?;
    socket.bind(&bind.into()).map_err(failed(Call::Bind))?;
    socket.listen(BACKLOG).map_err(failed(Call::Listen))?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Whether a sender is the only one that is taken. A connection of whoever only looks for open ports is not: it ends
/// without a word. The ways whose senders may have nothing to say cannot be told from it. Whoever comes meanwhile waits.
fn counts(job: &Job, poll: &mut Poll, events: &mut Events, stop: impl Fn() -> bool) -> bool {
    let heard = || job.way != Way::Framed || job.counts.heard.load(Relaxed);
    while !heard() && job.outcome().is_none() && !stop() {
        // It fails where the next one does, which is told of.
        poll.poll(events, Some(LOOK)).ok();
    }
    heard() || stop()
}

/// What becomes of a connection whose other end has said nothing before it ended or fell silent.
fn mute(job: &Job, reason: Reason) -> Reason {
    match reason {
        Reason::Gone | Reason::Net(_) | Reason::Silent(_) if !job.counts.heard.load(Relaxed) => Reason::Mute,
        reason => reason,
    }
}

fn begin(
    shared: &Arc<Shared>,
    listener: &Arc<Listener>,
    folder: &Arc<Folder>,
    stream: TcpStream,
    peer: SocketAddr,
) -> Arc<Job> {
    let busy = shared.is_busy(listener.id, listener.spec.policy.senders);
    let spec = &listener.spec;
    let (way, id, hub) = (spec.way, listener.id, Arc::clone(&shared.hub));
    let path = Some(folder.path().to_owned());
    let job = |job| Job::new(job, Direction::Receiving, way, Some(id), None, path, hub).with_peer(peer);
    let job = shared.add(job);
    let (listener, folder) = (Arc::clone(listener), Arc::clone(folder));
    let body = move |job: &Arc<Job>, ledger: &mut Ledger| {
        let wire = Wire::accepted(Arc::clone(job), stream, peer, listener.spec.policy.idle_timeout)?;
        match way {
            Way::Framed if busy => framed::refuse(wire, Reason::Busy),
            // The only word that these ways have: an end would say that everything was read.
            _ if busy => {
                wire.reset();
                Err(Reason::Busy)
            }
            Way::Framed => framed::receive(job, ledger, wire, &listener, &folder).map_err(|reason| mute(job, reason)),
            Way::Helper => helper::receive(job, ledger, wire, &listener, &folder),
            Way::Raw | Way::Udp => raw::receive(job, ledger, wire, &listener, &folder),
        }
    };
    shared.run(format!("receive-{}-{}", id.0, job.id.0), Arc::clone(&job), body);
    job
}

/// What may be said yes to, and by whom.
pub(super) struct Question<'a> {
    pub job: &'a Arc<Job>,
    pub listener: &'a Listener,
    pub folder: &'a Folder,
    pub from: SocketAddr,
    pub entries: Vec<Entry>,
    pub resumable: u64,
}

impl Question<'_> {
    /// Asks, if anybody has to be asked, and waits for the answer: which entries are taken. `each` is called at least
    /// every few seconds and sees whether the sender is still there.
    pub fn ask(
        self,
        wire: &mut Wire,
        mut each: impl FnMut(&mut Wire) -> Result<(), Reason>,
    ) -> Result<Vec<bool>, Reason> {
        let Policy { accept, ask_timeout, .. } = self.listener.spec.policy;
        let takeable: Vec<bool> = self.entries.iter().map(|entry| entry.refused.is_none()).collect();
        let sizes: Vec<Option<u64>> = self.entries.iter().map(|entry| entry.size).collect();
        let free = self.folder.free()?;
        let answer = if accept == Accept::All {
            Answer::All
        } else {
            let deadline = Instant::now() + ask_timeout;
            self.put(free, deadline);
            loop {
                if let Some(answer) = self.job.take_answer() {
                    break answer;
                }
                let now = Instant::now();
                if now >= deadline {
                    self.job.withdraw();
                    return Err(Reason::NoAnswer(ask_timeout));
                }
                each(wire)?;
                wire.wait(deadline.min(now + ALIVE))?;
            }
        };
        let mut taken = takeable;
        match answer {
            Answer::All => {}
            Answer::Decline => taken.fill(false),
            Answer::Some(indices) => {
                let chosen: std::collections::HashSet<u32> = indices.into_iter().collect();
                for (take, index) in taken.iter_mut().zip(0..) {
                    *take &= chosen.contains(&index);
                }
            }
        }
        let wanted = sizes.iter().zip(&taken).filter(|(_, taken)| **taken).filter_map(|(size, _)| *size);
        let needed = wanted.fold(0, u64::saturating_add).saturating_sub(self.resumable);
        // Asked again: it may have been minutes.
        let free = self.folder.free()?;
        if needed > free {
            return Err(Reason::NoSpace { needed, free });
        }
        Ok(taken)
    }

    fn put(&self, free: u64, deadline: Instant) {
        let can = self.entries.iter().filter(|entry| entry.refused.is_none());
        let total = can.map(|entry| entry.size).try_fold(0_u64, |sum, size| sum.checked_add(size?));
        self.job.ask(Offer {
            transfer: self.job.id,
            receiver: self.listener.id,
            way: self.listener.spec.way,
            from: self.from,
            entries: self.entries.clone(),
            total,
            resumable: self.resumable,
            folder: self.folder.path().to_owned(),
            free,
            deadline,
        });
    }
}
