//! The engine's handle: what a window, a command line or a test holds. (Contract; workers follow.)

use std::{sync::Arc, time::SystemTime};

use crossbeam_channel::Receiver;

use super::{
    counters::Counters,
    options::{Command, SocketSpec},
};
use crate::journal::{Batch, Epoch, Nanos, SocketId};

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
    batches: Receiver<Batch>,
    epoch: Epoch,
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
}

impl Engine {
    /// An engine without sockets.
    pub fn new(wake: Arc<dyn Wake>) -> Self {
        let _ = wake;
        Self { batches: crossbeam_channel::bounded(1).1, epoch: Epoch { wall: SystemTime::now() } }
    }

    /// Opens a socket. How that went is told by its records.
    pub fn open(&self, spec: &SocketSpec) -> SocketId {
        let _ = spec;
        SocketId(0)
    }

    /// Opens a closed socket again under the same id; `generation` counts from 0.
    pub fn reopen(&self, id: SocketId, generation: u16, spec: &SocketSpec) {
        let _ = (id, generation, spec);
    }

    /// Sends a verb to a socket. Never blocks.
    ///
    /// # Errors
    /// The socket is closed or has too many commands waiting.
    pub fn command(&self, id: SocketId, command: Command) -> Result<(), CommandError> {
        let _ = command;
        Err(CommandError::NotOpen(id))
    }

    /// The totals of a socket; kept until it is [forgotten](Self::forget).
    pub fn counters(&self, id: SocketId) -> Option<Arc<Counters>> {
        let _ = id;
        None
    }

    /// Drops the totals of a closed socket.
    pub fn forget(&self, id: SocketId) {
        let _ = id;
    }

    /// Where batches come out. Bounded: a slow reader makes TCP wait and UDP rows be counted but not kept.
    pub fn batches(&self) -> &Receiver<Batch> {
        &self.batches
    }

    /// The moment that record times count from.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The time now, as records tell it.
    pub fn now(&self) -> Nanos {
        0
    }

    /// Worker threads that are alive.
    pub fn workers(&self) -> usize {
        0
    }
}
