//! The service's handle: what a window, a command line or a test holds.

use std::{
    collections::BTreeMap,
    io,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

use crossbeam_channel::Receiver;

use super::{
    framed, helper,
    job::{Hub, Job, lock},
    ledger::Ledger,
    listen::{self, Listener},
    options::{ReceiveSpec, SendSpec, Way},
    raw,
    reason::Reason,
    report::{Answer, Direction, Notice, Offer, ReceiverId, ReceiverRow, ReceiverState, Transfer, TransferId},
    udp,
};
use crate::{journal::Call, net::Wake};

/// Notices that may wait to be fetched. The lists tell everything too.
const NOTICES: usize = 4096;
/// Transfers that are over and still listed; the oldest leave.
const ENDED: usize = 500;
/// Of these, connections that ended before anything was offered: somebody looks for open ports, or is refused. They are
/// not to push out what the user has sent and received.
const NAMELESS: usize = 8;
/// So many senders may wait for an answer for each that may move.
const QUESTIONS: usize = 8;
/// Threads hold their buffers on the heap.
const STACK_BYTES: usize = 512 * 1024;

/// All transfers and receivers. Dropping it cancels every one and joins every thread, within a second.
///
/// Nothing here blocks: every call leaves its work to a thread and returns.
pub struct Transfers {
    shared: Arc<Shared>,
    notices: Receiver<Notice>,
}

/// Why an answer came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// There is no such question (any more): answered, timed out, or the sender is gone.
    #[error("nothing waits for this answer any more")]
    NoQuestion,
}

/// What all threads share.
pub(super) struct Shared {
    pub hub: Arc<Hub>,
    next: AtomicU32,
    stop: AtomicBool,
    jobs: Mutex<BTreeMap<TransferId, Arc<Job>>>,
    receivers: Mutex<BTreeMap<ReceiverId, Arc<Listener>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Transfers {
    /// A service without transfers. `wake` is called when a list has changed otherwise than by progress.
    pub fn new(wake: Arc<dyn Wake>) -> Self {
        let (sender, notices) = crossbeam_channel::bounded(NOTICES);
        let shared = Shared {
            hub: Arc::new(Hub::new(wake, sender)),
            next: AtomicU32::new(1),
            stop: AtomicBool::new(false),
            jobs: Mutex::default(),
            receivers: Mutex::default(),
            threads: Mutex::default(),
        };
        Self { shared: Arc::new(shared), notices }
    }

    /// Starts sending. How that goes is told by its row.
    pub fn send(&self, spec: SendSpec) -> TransferId {
        let (way, hub) = (spec.way, Arc::clone(&self.shared.hub));
        let job = |id| Job::new(id, Direction::Sending, way, None, Some(spec), None, hub);
        let job = self.shared.add(job);
        let id = job.id;
        let run = move |job: &Arc<Job>, ledger: &mut Ledger| match way {
            Way::Raw => raw::send(job, ledger),
            Way::Framed => framed::send(job, ledger),
            Way::Helper => helper::send(job, ledger),
            Way::Udp => udp::send(job, ledger),
        };
        self.shared.run(format!("send-{}", id.0), job, run);
        id
    }

    /// Starts a receiver. Where it listens, or why it does not, is told by its row.
    pub fn receive(&self, spec: ReceiveSpec) -> ReceiverId {
        let id = ReceiverId(self.shared.next.fetch_add(1, Relaxed));
        let listener = Arc::new(Listener::new(id, spec));
        lock(&self.shared.receivers).insert(id, Arc::clone(&listener));
        self.shared.hub.changed();
        let shared = Arc::clone(&self.shared);
        let (failed, hub) = (Arc::clone(&listener), Arc::clone(&self.shared.hub));
        let spawned = self.shared.spawn(format!("receive-{}", id.0), move || listen::run(&shared, &listener));
        if let Err(error) = spawned {
            failed.end(&hub, ReceiverState::Failed(Reason::net(Call::Spawn, &error, None)));
        }
        id
    }

    /// Stops listening. Transfers that have begun go on; questions are withdrawn and their senders told.
    pub fn stop(&self, id: ReceiverId) {
        let listener = lock(&self.shared.receivers).get(&id).cloned();
        if let Some(listener) = listener {
            listener.stop();
        }
        for job in lock(&self.shared.jobs).values().filter(|job| job.receiver == Some(id)) {
            if job.offer().is_some() {
                job.control.cancel();
            }
        }
    }

    /// Ends a transfer, wherever it is, and tells the other side. What has been received whole stays.
    pub fn cancel(&self, id: TransferId) {
        if let Some(job) = self.job(id) {
            job.control.cancel();
        }
    }

    /// Lets a transfer wait, without ending its connection.
    pub fn pause(&self, id: TransferId) {
        if let Some(job) = self.job(id) {
            job.control.pause(true);
            self.shared.hub.changed();
        }
    }

    /// Lets a paused transfer go on.
    pub fn unpause(&self, id: TransferId) {
        if let Some(job) = self.job(id) {
            job.control.pause(false);
            self.shared.hub.changed();
        }
    }

    /// Does a send that has ended once more, as a new transfer; what the receiver has kept is not sent again.
    ///
    /// `None` if it is no send, has not ended, or was forgotten.
    pub fn resume(&self, id: TransferId) -> Option<TransferId> {
        let job = self.job(id)?;
        job.outcome()?;
        Some(self.send(job.spec.clone()?))
    }

    /// What was asked for, of a send that is still listed.
    pub fn spec(&self, id: TransferId) -> Option<SendSpec> {
        self.job(id)?.spec.clone()
    }

    /// Answers an offer.
    ///
    /// # Errors
    /// Nobody waits for it any more.
    pub fn answer(&self, id: TransferId, answer: Answer) -> Result<(), AnswerError> {
        let answered = self.job(id).is_some_and(|job| job.answer(answer));
        if answered { Ok(()) } else { Err(AnswerError::NoQuestion) }
    }

    /// How often a list has changed otherwise than by progress: a transfer, a question or a receiver came, changed its state,
    /// or left. Whoever reads it before the lists and finds the same number later needs only those under way again.
    pub fn changes(&self) -> u64 {
        self.shared.hub.changes()
    }

    /// Every transfer, oldest first. Ten times a second is fine.
    pub fn list(&self) -> Vec<Transfer> {
        lock(&self.shared.jobs).values().map(|job| job.snapshot()).collect()
    }

    /// One transfer.
    pub fn transfer(&self, id: TransferId) -> Option<Transfer> {
        self.job(id).map(|job| job.snapshot())
    }

    /// The questions that are open, oldest first.
    pub fn offers(&self) -> Vec<Arc<Offer>> {
        lock(&self.shared.jobs).values().filter_map(|job| job.offer()).collect()
    }

    /// Every receiver that was not forgotten, oldest first.
    pub fn receivers(&self) -> Vec<ReceiverRow> {
        let row = |listener: &Arc<Listener>| ReceiverRow {
            id: listener.id,
            spec: listener.spec.clone(),
            state: listener.state(),
        };
        lock(&self.shared.receivers).values().map(row).collect()
    }

    /// Takes a transfer that has ended off the list.
    pub fn forget(&self, id: TransferId) {
        let mut jobs = lock(&self.shared.jobs);
        if jobs.get(&id).is_some_and(|job| job.outcome().is_some()) {
            jobs.remove(&id);
            drop(jobs);
            self.shared.hub.changed();
        }
    }

    /// Takes a receiver that has stopped off the list.
    pub fn forget_receiver(&self, id: ReceiverId) {
        let mut receivers = lock(&self.shared.receivers);
        let over =
            |listener: &Arc<Listener>| matches!(listener.state(), ReceiverState::Stopped | ReceiverState::Failed(_));
        if receivers.get(&id).is_some_and(over) {
            receivers.remove(&id);
            drop(receivers);
            self.shared.hub.changed();
        }
    }

    /// Where notices come out, for whoever would rather wait than look.
    pub fn notices(&self) -> &Receiver<Notice> {
        &self.notices
    }

    fn job(&self, id: TransferId) -> Option<Arc<Job>> {
        lock(&self.shared.jobs).get(&id).cloned()
    }
}

impl Drop for Transfers {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        for listener in lock(&self.shared.receivers).values() {
            listener.stop();
        }
        for job in lock(&self.shared.jobs).values() {
            job.control.cancel();
        }
        // A receiver that was just stopping may have started one more; nobody starts any once all are joined.
        loop {
            let threads = std::mem::take(&mut *lock(&self.shared.threads));
            if threads.is_empty() {
                return;
            }
            for thread in threads {
                // Panics were caught in the thread and told; there is nobody left to tell.
                thread.join().ok();
            }
        }
    }
}

impl Shared {
    /// Enters a job into the list.
    pub fn add(&self, job: impl FnOnce(TransferId) -> Job) -> Arc<Job> {
        let job = Arc::new(job(TransferId(self.next.fetch_add(1, Relaxed))));
        let mut jobs = lock(&self.jobs);
        let over = jobs.values().filter(|job| job.outcome().is_some());
        let (nameless, over): (Vec<_>, Vec<_>) = over
            .map(|job| job.id)
            .partition(|id| jobs.get(id).is_some_and(|job| job.direction == Direction::Receiving && job.is_nameless()));
        for (over, most) in [(nameless, NAMELESS), (over, ENDED)] {
            for id in over.iter().take((over.len() + 1).saturating_sub(most)) {
                jobs.remove(id);
            }
        }
        jobs.insert(job.id, Arc::clone(&job));
        drop(jobs);
        self.hub.tell(Notice::Began(job.id));
        job
    }

    /// Runs a job in a thread of its own, to an end of any kind.
    pub fn run(
        self: &Arc<Self>,
        name: String,
        job: Arc<Job>,
        body: impl FnOnce(&Arc<Job>, &mut Ledger) -> Result<(), Reason> + Send + 'static,
    ) {
        let failed = Arc::clone(&job);
        if let Err(error) = self.spawn(name, move || finish(&job, body)) {
            failed.end(Err(Reason::net(Call::Spawn, &error, None)), Ledger::default());
        }
    }

    /// Starts a thread that is joined at the end.
    pub fn spawn(&self, name: String, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut threads = lock(&self.threads);
        if self.stopping() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(body)?);
        Ok(())
    }

    pub fn stopping(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// Ends what a receiver's own thread has left without an end, after a bug there.
    pub fn abandon(&self, receiver: ReceiverId) {
        let jobs: Vec<_> = lock(&self.jobs).values().filter(|job| job.receiver == Some(receiver)).cloned().collect();
        jobs.iter().filter(|job| job.way == Way::Udp).for_each(|job| job.end(Err(Reason::Bug), Ledger::default()));
    }

    /// Whether a receiver has as many senders as it may: of those that move, or, so that no crowd fills the memory, of
    /// those that wait for the user's answer.
    pub fn is_busy(&self, receiver: ReceiverId, senders: usize) -> bool {
        let jobs = lock(&self.jobs);
        let under_way = jobs.values().filter(|job| job.receiver == Some(receiver) && job.outcome().is_none());
        let (moving, waiting): (Vec<_>, Vec<_>) = under_way.partition(|job| job.is_answered());
        moving.len() >= senders || waiting.len() >= senders.saturating_mul(QUESTIONS)
    }
}

/// Runs the body; a bug in it ends this transfer and no other.
pub(super) fn finish(job: &Arc<Job>, body: impl FnOnce(&Arc<Job>, &mut Ledger) -> Result<(), Reason>) {
    let mut ledger = Ledger::default();
    let ran = panic::catch_unwind(AssertUnwindSafe(|| body(job, &mut ledger)));
    job.end(ran.unwrap_or(Err(Reason::Bug)), ledger);
}
