//! What is told about transfers: their rows, the questions, and how each of them ended.

use std::{
    net::SocketAddr,
    ops::Range,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{options::Way, reason::Reason};
use crate::net::Endpoint;

/// A transfer: everything that one connection (or, without connections, one sender) brings across. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u32);

/// A receiver that listens. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiverId(pub u32);

/// Which way the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From here.
    Sending,
    /// To here.
    Receiving,
}

/// A transfer as it is now. A copy: reading it holds nobody up.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Its name in every other call.
    pub id: TransferId,
    /// Which way the bytes go.
    pub direction: Direction,
    /// How.
    pub way: Way,
    /// The receiver that it came to; `None` for a send.
    pub receiver: Option<ReceiverId>,
    /// To whom, as typed; `None` where somebody sends to us.
    pub to: Option<Endpoint>,
    /// The other end, once there is one.
    pub peer: Option<SocketAddr>,
    /// What it is called: the name of its only file or folder, or of the first. Escaped; empty while unknown.
    pub title: String,
    /// Files and folders at the top, of which `title` is one: `title` and `tops - 1` more.
    pub tops: u32,
    /// The folder that it is received into.
    pub folder: Option<PathBuf>,
    /// What is going on.
    pub state: State,
    /// How far it is.
    pub progress: Progress,
    /// How it ended; there once `state` is [`State::Ended`].
    pub outcome: Option<Arc<Outcome>>,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Sending: the folders are read. Receiving: waiting to hear what is offered.
    Preparing,
    /// The name is looked up, the connection made.
    Connecting,
    /// The receiver's user is asked.
    Asking,
    /// What an earlier try left is read and compared.
    Checking,
    /// Bytes flow.
    Moving,
    /// The user of this side made it wait.
    Paused,
    /// All bytes are sent or written; the confirmation is on its way.
    Finishing,
    /// It is over, and there is an outcome.
    Ended,
}

/// How far a transfer is. Bytes count when they are in the file, or in the socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are across, with `resumed`.
    pub bytes: u64,
    /// Bytes in all, of what was accepted; `None` where nobody knows.
    pub total: Option<u64>,
    /// Bytes that an earlier try had brought across.
    pub resumed: u64,
    /// Files that are done, well or not.
    pub files_done: u32,
    /// Files in all, of what was accepted; 0 while unknown.
    pub files: u32,
    /// The file that moves, escaped.
    pub current: String,
    /// How long bytes have flowed, without pauses.
    pub moving: Duration,
}

impl Progress {
    /// From 0 to 1, where the total is known.
    pub fn fraction(&self) -> Option<f64> {
        let total = self.total?;
        Some(if total == 0 { 1.0 } else { (self.bytes as f64 / total as f64).min(1.0) })
    }

    /// Bytes a second over the whole of it, without what was there already.
    pub fn mean_rate(&self) -> f64 {
        let seconds = self.moving.as_secs_f64();
        if seconds > 0.0 { self.bytes.saturating_sub(self.resumed) as f64 / seconds } else { 0.0 }
    }

    /// How long the rest takes at `rate` bytes a second, where that can be told.
    pub fn time_left(&self, rate: f64) -> Option<Duration> {
        let left = self.total?.saturating_sub(self.bytes);
        if rate >= 1.0 { Duration::try_from_secs_f64(left as f64 / rate).ok() } else { None }
    }
}

/// How a transfer ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// `Ok` when every file that was accepted is well, and, for a send, none was left out; else the reason that says most:
    /// that which ended it all, or that of the first file.
    pub result: Result<(), Reason>,
    /// Whether the other side has confirmed size and hash of every file. Never for `raw` and `helper`, whose
    /// receivers cannot: there `result` says that every byte was taken.
    pub confirmed: bool,
    /// What became of each file and folder, in the order of the offer.
    pub files: Vec<FileOutcome>,
    /// Bytes that are across, with those of an earlier try.
    pub bytes: u64,
    /// Bytes that an earlier try had brought across.
    pub resumed: u64,
    /// How long bytes flowed, without pauses.
    pub moving: Duration,
}

impl Outcome {
    /// Bytes a second.
    pub fn rate(&self) -> f64 {
        let seconds = self.moving.as_secs_f64();
        if seconds > 0.0 { self.bytes.saturating_sub(self.resumed) as f64 / seconds } else { 0.0 }
    }

    /// Whether trying again can go on where this broke off.
    pub fn can_resume(&self) -> bool {
        self.result.as_ref().is_err_and(Reason::can_resume)
    }
}

/// What became of one file or folder.
#[derive(Clone, Debug)]
pub struct FileOutcome {
    /// Its name with the folders that were sent, escaped: `photos/a.jpg`.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// Its size as announced, or, where that is unknown, as it came.
    pub size: u64,
    /// Where it is on this computer: what was sent, or where it was saved (or where its part is, if that was kept).
    pub path: Option<PathBuf>,
    /// Its BLAKE3, where all of it was read or written here.
    pub blake3: Option<[u8; 32]>,
    /// Its SHA-256, if that was asked for.
    pub sha256: Option<[u8; 32]>,
    /// How it ended.
    pub end: FileEnd,
    /// UDP: the ranges of bytes that did not come, in order; the first ten thousand of them.
    pub holes: Vec<Range<u64>>,
}

/// How one file or folder ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEnd {
    /// Both sides have the same size and hash. For a folder: it is there.
    Verified,
    /// Every byte was sent, or written; this way of sending has no hash to compare.
    Whole,
    /// The user left it out.
    Declined,
    /// It went wrong.
    Failed(Reason),
    /// The transfer ended before its turn.
    NotReached,
}

impl FileEnd {
    /// Whether the file is well.
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Verified | Self::Whole)
    }
}

/// A question: somebody wants to send something.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The transfer, which waits for [`Transfers::answer`](super::Transfers::answer).
    pub transfer: TransferId,
    /// The receiver that it came to.
    pub receiver: ReceiverId,
    /// How it would come.
    pub way: Way,
    /// Who asks. An address is no proof of who that is.
    pub from: SocketAddr,
    /// What is offered. `raw` has one entry without size, whose name is ours.
    pub entries: Vec<Entry>,
    /// Bytes of all entries that can be taken; `None` where nobody knows.
    pub total: Option<u64>,
    /// Bytes of them that an earlier try has left here.
    pub resumable: u64,
    /// Where it would go.
    pub folder: PathBuf,
    /// Bytes free there now.
    pub free: u64,
    /// When it is withdrawn by itself, and the sender told that nobody answered.
    pub deadline: Instant,
}

impl Offer {
    /// Bytes of these entries (by index), where all are known.
    pub fn bytes_of(&self, indices: &[u32]) -> Option<u64> {
        let entries = indices.iter().filter_map(|index| self.entries.get(*index as usize));
        entries.map(|entry| entry.size).try_fold(0_u64, |sum, size| sum.checked_add(size?))
    }

    /// Bytes free once everything is here; `None` where the size is unknown or there is too little.
    pub fn free_after(&self) -> Option<u64> {
        self.free.checked_sub(self.total?.saturating_sub(self.resumable))
    }
}

/// One file or folder of an offer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the sender calls it, escaped: nothing in it hides or moves what stands around it.
    pub name: String,
    /// What it would be called here, with its folders and before any `(1)`, if that is not the same.
    pub saved_as: Option<String>,
    /// Whether it is a folder.
    pub folder: bool,
    /// Its size; `None` where the sender does not tell.
    pub size: Option<u64>,
    /// Why it cannot be taken; it is left out whatever the answer is.
    pub refused: Option<Reason>,
}

/// The answer to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Everything that can be taken.
    All,
    /// These entries, by their index in [`Offer::entries`].
    Some(Vec<u32>),
    /// Nothing.
    Decline,
}

/// A receiver as it is now.
#[derive(Clone, Debug)]
pub struct ReceiverRow {
    /// Its name in every other call.
    pub id: ReceiverId,
    /// What was asked for.
    pub spec: super::ReceiveSpec,
    /// Whether it listens, and where.
    pub state: ReceiverState,
}

/// Whether a receiver listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiverState {
    /// Not yet.
    Starting,
    /// It listens here.
    Listening(SocketAddr),
    /// It was stopped, or had its one sender.
    Stopped,
    /// It could not go on.
    Failed(Reason),
}

/// Something that happened. The lists tell everything too: a notice that nobody fetches in time is dropped.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A receiver listens.
    Listening(ReceiverId, SocketAddr),
    /// A receiver is over; its row says why.
    ReceiverEnded(ReceiverId),
    /// A transfer began.
    Began(TransferId),
    /// A question.
    Offered(Arc<Offer>),
    /// A question needs no answer any more: answered, timed out, or its sender is gone.
    Settled(TransferId),
    /// A transfer is over.
    Ended(TransferId, Arc<Outcome>),
}
