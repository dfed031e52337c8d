//! The service's handle: what a window, a command line or a test holds.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    thread::JoinHandle,
};

use crossbeam_channel::{Receiver, Sender};

use super::{
    job::{Job, lock},
    options::{ReceiveSpec, SendSpec},
    report::{Answer, Direction, Notice, Offer, ReceiverId, ReceiverRow, ReceiverState, Transfer, TransferId},
};
use crate::net::Wake;

/// Notices that may wait to be fetched. The lists tell everything too.
const NOTICES: usize = 4096;
/// Transfers that are over and still listed; the oldest leave.
const ENDED: usize = 500;

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
    wake: Arc<dyn Wake>,
    notices: Sender<Notice>,
    next: AtomicU32,
    stop: AtomicBool,
    jobs: Mutex<BTreeMap<TransferId, Arc<Job>>>,
    receivers: Mutex<BTreeMap<ReceiverId, Arc<Listener>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A receiver, shared with its thread.
pub(super) struct Listener {
    pub id: ReceiverId,
    pub spec: ReceiveSpec,
    pub state: Mutex<ReceiverState>,
}

impl Transfers {
    /// A service without transfers. `wake` is called when a list has changed otherwise than by progress.
    pub fn new(wake: Arc<dyn Wake>) -> Self {
        let (sender, notices) = crossbeam_channel::bounded(NOTICES);
        let shared = Shared {
            wake,
            notices: sender,
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
        let id = TransferId(self.shared.next.fetch_add(1, Relaxed));
        let way = spec.way;
        let job = Arc::new(Job::new(id, Direction::Sending, way, None, Some(spec), None));
        lock(&self.shared.jobs).insert(id, job);
        id
    }

    /// Starts a receiver. Where it listens, or why it does not, is told by its row.
    pub fn receive(&self, spec: ReceiveSpec) -> ReceiverId {
        let id = ReceiverId(self.shared.next.fetch_add(1, Relaxed));
        let listener = Listener { id, spec, state: Mutex::new(ReceiverState::Starting) };
        lock(&self.shared.receivers).insert(id, Arc::new(listener));
        id
    }

    /// Stops listening. Transfers that have begun go on; questions are withdrawn and their senders told.
    pub fn stop(&self, id: ReceiverId) {
        let _ = id;
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
        }
    }

    /// Lets a paused transfer go on.
    pub fn unpause(&self, id: TransferId) {
        if let Some(job) = self.job(id) {
            job.control.pause(false);
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

    /// Answers an offer.
    ///
    /// # Errors
    /// Nobody waits for it any more.
    pub fn answer(&self, id: TransferId, answer: Answer) -> Result<(), AnswerError> {
        let answered = self.job(id).is_some_and(|job| job.answer(answer));
        if answered { Ok(()) } else { Err(AnswerError::NoQuestion) }
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
            state: lock(&listener.state).clone(),
        };
        lock(&self.shared.receivers).values().map(row).collect()
    }

    /// Takes a transfer that has ended off the list.
    pub fn forget(&self, id: TransferId) {
        let mut jobs = lock(&self.shared.jobs);
        if jobs.get(&id).is_some_and(|job| job.outcome().is_some()) {
            jobs.remove(&id);
        }
    }

    /// Takes a receiver that has stopped off the list.
    pub fn forget_receiver(&self, id: ReceiverId) {
        let mut receivers = lock(&self.shared.receivers);
        let over = |listener: &Arc<Listener>| {
            matches!(*lock(&listener.state), ReceiverState::Stopped | ReceiverState::Failed(_))
        };
        if receivers.get(&id).is_some_and(over) {
            receivers.remove(&id);
        }
    }

    /// Where notices come out, for whoever would rather wait than look.
    pub fn notices(&self) -> &Receiver<Notice> {
        &self.notices
    }

    /// Whether anything is under way: a transfer that has not ended.
    pub fn is_busy(&self) -> bool {
        lock(&self.shared.jobs).values().any(|job| job.outcome().is_none())
    }

    fn job(&self, id: TransferId) -> Option<Arc<Job>> {
        lock(&self.shared.jobs).get(&id).cloned()
    }
}

impl Drop for Transfers {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        for job in lock(&self.shared.jobs).values() {
            job.control.cancel();
        }
        let threads = std::mem::take(&mut *lock(&self.shared.threads));
        for thread in threads {
            // Panics were caught in the thread and told; there is nobody left to tell.
            thread.join().ok();
        }
    }
}
