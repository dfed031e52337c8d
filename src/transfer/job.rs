//! One transfer as its thread, the service and whoever shows it share it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;

use super::{
    ledger::Ledger,
    name,
    options::{SendSpec, Way},
    reason::Reason,
    report::{Answer, Direction, Notice, Offer, Outcome, Progress, ReceiverId, State, Transfer, TransferId},
};
use crate::net::Wake;

/// Where everything that happens is told.
pub(super) struct Hub {
    pub wake: Arc<dyn Wake>,
    pub notices: Sender<Notice>,
    /// How often a list has changed otherwise than by progress.
    changes: AtomicU64,
}

impl Hub {
    pub fn new(wake: Arc<dyn Wake>, notices: Sender<Notice>) -> Self {
        Self { wake, notices, changes: AtomicU64::new(0) }
    }

    /// How often [`changed`](Self::changed) was called.
    pub fn changes(&self) -> u64 {
        self.changes.load(Acquire)
    }

    /// A list has changed: whoever counts sees that it has before being woken.
    pub fn changed(&self) {
        self.changes.fetch_add(1, Release);
        self.wake.wake();
    }

    pub fn tell(&self, notice: Notice) {
        // Without room it is dropped: the lists tell everything too.
        self.notices.try_send(notice).ok();
        self.changed();
    }
}

/// One transfer.
pub(super) struct Job {
    pub id: TransferId,
    pub direction: Direction,
    pub way: Way,
    pub receiver: Option<ReceiverId>,
    /// What was asked for, to do it once more; sends only.
    pub spec: Option<SendSpec>,
    pub folder: Option<PathBuf>,
    pub control: Control,
    pub counts: Counts,
    told: Mutex<Told>,
    hub: Arc<Hub>,
}

/// How a thread is told to stop, to wait, or that something it waits for is there.
#[derive(Default)]
pub(super) struct Control {
    cancelled: AtomicBool,
    paused: AtomicBool,
    /// Wakes the thread out of its poll; there once it has one. A way that has a connection for each file has a poll for each.
    waker: Mutex<Option<Arc<mio::Waker>>>,
    /// Wakes it out of a wait shorter than a poll can be.
    bell: Condvar,
    lock: Mutex<()>,
}

/// What grows while bytes flow.
#[derive(Default)]
pub(super) struct Counts {
    pub bytes: AtomicU64,
    /// The total and 1, so that 0 is "unknown".
    total: AtomicU64,
    pub resumed: AtomicU64,
    pub files_done: AtomicU32,
    pub files: AtomicU32,
    /// Anything at all has come from the other side.
    pub heard: AtomicBool,
}

/// What changes a few times in the life of a transfer.
#[derive(Default)]
struct Told {
    peer: Option<SocketAddr>,
    title: String,
    tops: u32,
    state: Option<State>,
    current: String,
    moved: Duration,
    moving_since: Option<Instant>,
    offer: Option<Arc<Offer>>,
    answer: Option<Answer>,
    outcome: Option<Arc<Outcome>>,
}

impl Control {
    pub fn cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    pub fn paused(&self) -> bool {
        self.paused.load(Relaxed)
    }

    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
        self.ring();
    }

    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Relaxed);
        self.ring();
    }

    /// The thread's poll can be woken from now on.
    pub fn set_waker(&self, waker: Arc<mio::Waker>) {
        *lock(&self.waker) = Some(waker);
    }

    /// Wakes the thread, wherever it waits.
    pub fn ring(&self) {
        if let Some(waker) = &*lock(&self.waker) {
            // It fails only when the poll is gone, and with it the thread.
            waker.wake().ok();
        }
        let _held = lock(&self.lock);
        self.bell.notify_all();
    }

    /// Waits so long, or until it is cancelled: for pauses shorter than a poll's millisecond.
    pub fn wait(&self, time: Duration) {
        let held = lock(&self.lock);
        // Poisoned or not, the guard holds nothing.
        drop(self.bell.wait_timeout_while(held, time, |()| !self.cancelled()));
    }
}

impl Counts {
    pub fn total(&self) -> Option<u64> {
        self.total.load(Relaxed).checked_sub(1)
    }

    pub fn set_total(&self, total: Option<u64>) {
        self.total.store(total.map_or(0, |total| total.saturating_add(1)), Relaxed);
    }

    /// A file has failed that would have ended at so many bytes: what it still lacks will not come, and the bar ends where
    /// everything that can come has come.
    pub fn give_up(&self, end: u64) {
        let lacks = end.saturating_sub(self.bytes.load(Relaxed));
        self.set_total(self.total().map(|total| total.saturating_sub(lacks)));
    }
}

impl Job {
    pub fn new(
        id: TransferId,
        direction: Direction,
        way: Way,
        receiver: Option<ReceiverId>,
        spec: Option<SendSpec>,
        folder: Option<PathBuf>,
        hub: Arc<Hub>,
    ) -> Self {
        let (control, counts, told) = Default::default();
        Self { id, direction, way, receiver, spec, folder, control, counts, told, hub }
    }

    /// The same, with an other end that is known before anybody hears of it.
    pub fn with_peer(self, peer: SocketAddr) -> Self {
        self.set_peer(peer);
        self
    }

    pub fn set_peer(&self, peer: SocketAddr) {
        lock(&self.told).peer = Some(peer);
    }

    /// What it is called, as a stranger or a file system spells it.
    pub fn set_title(&self, title: &str, tops: usize) {
        let mut told = lock(&self.told);
        told.title = name::shown(title);
        told.tops = u32::try_from(tops).unwrap_or(u32::MAX);
        drop(told);
        self.hub.changed();
    }

    pub fn set_current(&self, name: &str) {
        let shown = name::shown(name);
        lock(&self.told).current = shown;
    }

    pub fn set_state(&self, state: State) {
        let mut told = lock(&self.told);
        if told.state == Some(state) {
            return;
        }
        told.state = Some(state);
        told.clock(state == State::Moving);
        drop(told);
        self.hub.changed();
    }

    /// Runs or stops the clock of a pause.
    pub fn moving(&self, moves: bool) {
        lock(&self.told).clock(moves);
        self.hub.changed();
    }

    /// Puts a question.
    pub fn ask(&self, offer: Offer) {
        let offer = Arc::new(offer);
        let mut told = lock(&self.told);
        told.state = Some(State::Asking);
        told.offer = Some(Arc::clone(&offer));
        told.answer = None;
        drop(told);
        self.hub.tell(Notice::Offered(offer));
    }

    /// The answer, once there is one; then there is no question any more.
    pub fn take_answer(&self) -> Option<Answer> {
        let mut told = lock(&self.told);
        let answer = told.answer.take()?;
        told.offer = None;
        drop(told);
        self.hub.tell(Notice::Settled(self.id));
        Some(answer)
    }

    /// Takes the question back.
    pub fn withdraw(&self) {
        let was = lock(&self.told).offer.take();
        if was.is_some() {
            self.hub.tell(Notice::Settled(self.id));
        }
    }

    /// Ends it. Only the first end counts.
    pub fn end(&self, result: Result<(), Reason>, ledger: Ledger) {
        self.withdraw();
        let mut told = lock(&self.told);
        if told.outcome.is_some() {
            return;
        }
        told.clock(false);
        let (bytes, resumed) = (self.counts.bytes.load(Relaxed), self.counts.resumed.load(Relaxed));
        let outcome = Arc::new(ledger.outcome(result, (self.way, self.direction), bytes, resumed, told.moved));
        told.outcome = Some(Arc::clone(&outcome));
        told.state = Some(State::Ended);
        told.current = String::new();
        drop(told);
        self.hub.tell(Notice::Ended(self.id, outcome));
    }

    pub fn snapshot(&self) -> Transfer {
        let told = lock(&self.told);
        let state = told.state.unwrap_or(State::Preparing);
        let paused = state == State::Moving && self.control.paused();
        Transfer {
            id: self.id,
            direction: self.direction,
            way: self.way,
            receiver: self.receiver,
            to: self.spec.as_ref().map(|spec| spec.to.clone()),
            peer: told.peer,
            title: told.title.clone(),
            tops: told.tops,
            folder: self.folder.clone(),
            state: if paused { State::Paused } else { state },
            progress: Progress {
                bytes: self.counts.bytes.load(Relaxed),
                total: self.counts.total(),
                resumed: self.counts.resumed.load(Relaxed),
                files_done: self.counts.files_done.load(Relaxed),
                files: self.counts.files.load(Relaxed),
                current: told.current.clone(),
                moving: told.moving(),
            },
            outcome: told.outcome.clone(),
        }
    }

    /// Whether its question was answered, and more than waiting is to be done.
    pub fn is_answered(&self) -> bool {
        !matches!(lock(&self.told).state, None | Some(State::Preparing | State::Asking))
    }

    /// Whether nobody has said what it is.
    pub fn is_nameless(&self) -> bool {
        lock(&self.told).title.is_empty()
    }

    pub fn offer(&self) -> Option<Arc<Offer>> {
        lock(&self.told).offer.clone()
    }

    pub fn outcome(&self) -> Option<Arc<Outcome>> {
        lock(&self.told).outcome.clone()
    }

    /// Hands in an answer; whether there was a question.
    pub fn answer(&self, answer: Answer) -> bool {
        let mut told = lock(&self.told);
        let open = told.offer.is_some() && told.answer.is_none();
        if open {
            told.answer = Some(answer);
            drop(told);
            self.control.ring();
        }
        open
    }
}

impl Told {
    fn clock(&mut self, runs: bool) {
        match (runs, self.moving_since) {
            (true, None) => self.moving_since = Some(Instant::now()),
            (false, Some(since)) => {
                self.moved += since.elapsed();
                self.moving_since = None;
            }
            _ => {}
        }
    }

    fn moving(&self) -> Duration {
        self.moved + self.moving_since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Locks, whatever became of the last holder: what these locks hold is whole between any two statements.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
