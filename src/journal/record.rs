//! One thing that happened on one socket.
//!
//! A record is small and of fixed size, because half a million of them a second may pass through here:
//! the payload lies in its batch's byte buffer and the record only holds a range of it. Names are those of
//! the socket API (POSIX.1-2024, `socket(7)`, `tcp(7)`, `udp(7)`), errors those of `errno(3)`.

use std::{fmt, net::SocketAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::fault::{Call, Fault};

/// Names a socket that the user opened or a server accepted. Never used twice while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SocketId(pub u32);

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Nanoseconds on the monotonic clock since the journal's [`Epoch`](super::Epoch).
pub type Nanos = u64;

/// A range of its batch's byte buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
}

/// One thing that happened: a call and its result, or bytes that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When the call returned, by the worker's own clock.
    pub at: Nanos,
    /// Which socket.
    pub socket: SocketId,
    /// How often this socket was opened before: a closed client that connects again keeps its id.
    pub generation: u16,
    /// What happened.
    pub event: Event,
    /// The address that the call named or the bytes came from; for a bind or a listen the local one.
    pub peer: Option<SocketAddr>,
    /// The payload of [`Event::Sent`] and [`Event::Received`]; for other events their [detail](Event::has_payload).
    pub bytes: Span,
}

/// What a [`Record`] says.
///
/// Events without payload may carry a *detail* in their byte range, always UTF-8: the local address of
/// `Bound`, `Listening`, `Connected` and `Opened` (as [`SocketAddr`] prints it), the name that `Resolving`
/// looks up, the process that holds the port of a failed `bind`, the path of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A host name is being looked up; the detail is the name.
    Resolving,
    /// `bind` (and `socket`) succeeded. Detail: the local address. UDP sockets stay in this state.
    Bound,
    /// `listen` succeeded. Detail: the local address.
    Listening {
        /// The backlog asked for; the kernel may cap it.
        backlog: u32,
    },
    /// `connect` was called and has not answered yet; SYN sent. `peer` is the target.
    Connecting,
    /// `connect` succeeded. Detail: the local address.
    Connected {
        /// From the call to its success, in nanoseconds.
        took: Nanos,
    },
    /// `accept` returned a connection. The record belongs to the listener, `peer` is the client.
    Accepted {
        /// The new socket.
        connection: SocketId,
    },
    /// First record of an accepted connection. Detail: its local address.
    Opened {
        /// The listening socket it came from.
        listener: SocketId,
    },
    /// `send` or `sendto` took these bytes into the kernel. That is all it says: nothing was acknowledged.
    Sent {
        /// How many bytes were handed to the call; it took the length of the payload.
        asked: u32,
    },
    /// `recv` or `recvfrom` returned these bytes.
    Received {
        /// The true length of the datagram, larger than the payload where the buffer was too small
        /// (the rest is lost). For TCP the length of the payload.
        full: u32,
    },
    /// `recv` returned 0: the peer sent FIN and will send no more.
    PeerEnded,
    /// `shutdown(SHUT_WR)`: our FIN is on its way, reading goes on.
    HalfClosed,
    /// The socket is closed. Detail: `unread=N` where N bytes that came were never read, which makes the system send RST
    /// instead of FIN.
    Closed {
        /// Why: sockets never close by themselves without saying so.
        why: CloseReason,
        /// Bytes that were still waiting in Twocan to be sent, and never will be.
        unsent: u32,
    },
    /// `close` with `SO_LINGER` 0: RST instead of FIN.
    Aborted {
        /// Bytes that were still waiting in Twocan to be sent, and never will be.
        unsent: u32,
    },
    /// A call failed. Detail: what else is known, such as the process that holds the port, the addresses that could be
    /// bound instead, or how many milliseconds were waited (`10000 ms`).
    Failed {
        /// The call.
        call: Call,
        /// Its error.
        fault: Fault,
    },
    /// A file's bytes start to be sent from here. Detail: the path.
    FileStarted {
        /// The file's size in bytes when it was opened.
        size: u64,
    },
    /// The user has a file wait. Detail: the path.
    FilePaused {
        /// Bytes of it handed to the kernel so far.
        sent: u64,
    },
    /// The user has a file that waited go on. Detail: the path.
    FileResumed {
        /// Bytes of it handed to the kernel so far.
        sent: u64,
    },
    /// The last byte of the file was handed to the kernel, or the sending was cancelled. Detail: the path.
    FileEnded {
        /// Bytes handed to the kernel.
        sent: u64,
        /// Whether the user stopped it.
        cancelled: bool,
    },
    /// Repeated sending ended.
    RepeatEnded {
        /// Messages sent.
        sent: u64,
        /// Whether the user stopped it before its count was reached.
        stopped: bool,
    },
    /// An option was set on the living socket. Detail: `NAME=VALUE` as the kernel now reports it.
    OptionSet,
    /// A rule of the responder handed a message to the person: `peer` waits for a typed answer.
    Asked,
    /// More messages than the responder's limit came within a second; what is more is answered in the next.
    Limited {
        /// The limit.
        per_second: u32,
    },
    /// A program that a rule ran has ended. Detail: its command line.
    Ran {
        /// Its exit status; negative where a signal ended it.
        status: i32,
        /// From its start to its end, in nanoseconds.
        took: Nanos,
    },
}

impl Event {
    /// Whether the record's bytes are traffic rather than a detail about the event.
    pub fn has_payload(self) -> bool {
        matches!(self, Self::Sent { .. } | Self::Received { .. })
    }

    /// The direction of the bytes, where bytes moved.
    pub fn direction(self) -> Option<Direction> {
        match self {
            Self::Sent { .. } => Some(Direction::Out),
            Self::Received { .. } => Some(Direction::In),
            _ => None,
        }
    }

    /// The detail of [`Event::Closed`] where bytes were never read.
    pub fn detail_of_unread(bytes: usize) -> String {
        format!("unread={bytes}")
    }

    /// Bytes that were never read when a connection was closed, by the record's detail; 0 for all other events.
    pub fn unread(self, detail: &[u8]) -> u64 {
        let text = if matches!(self, Self::Closed { .. }) { std::str::from_utf8(detail).ok() } else { None };
        text.and_then(|text| text.strip_prefix("unread=")?.parse().ok()).unwrap_or(0)
    }

    /// A word for this kind of event that stays the same between versions: `sent`, `received`, `failed` …
    pub fn word(self) -> &'static str {
        match self {
            Self::Resolving => "resolving",
            Self::Bound => "bound",
            Self::Listening { .. } => "listening",
            Self::Connecting => "connecting",
            Self::Connected { .. } => "connected",
            Self::Accepted { .. } => "accepted",
            Self::Opened { .. } => "opened",
            Self::Sent { .. } => "sent",
            Self::Received { .. } => "received",
            Self::PeerEnded => "peer-ended",
            Self::HalfClosed => "half-closed",
            Self::Closed { .. } => "closed",
            Self::Aborted { .. } => "aborted",
            Self::Failed { .. } => "failed",
            Self::FileStarted { .. } => "file-started",
            Self::FilePaused { .. } => "file-paused",
            Self::FileResumed { .. } => "file-resumed",
            Self::FileEnded { .. } => "file-ended",
            Self::RepeatEnded { .. } => "repeat-ended",
            Self::OptionSet => "option-set",
            Self::Asked => "asked",
            Self::Limited { .. } => "limited",
            Self::Ran { .. } => "ran",
        }
    }
}

/// Which way bytes went, seen from Twocan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Sent by us.
    Out,
    /// Received by us.
    In,
}

/// Why a socket was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The user asked for it.
    User,
    /// The peer ended and this socket was told to close then (as most servers do).
    PeerEnded,
    /// Both directions had ended; nothing was left to do.
    BothEnded,
    /// An error ended it: the record before this one says which.
    Failure,
    /// Twocan is shutting down.
    Exit,
    /// A rule of its responder, or its script, said so.
    Rule,
    /// It was to accept so many connections and no more, and they have ended.
    Served,
}

impl CloseReason {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::User, Self::PeerEnded, Self::BothEnded, Self::Failure, Self::Exit, Self::Rule, Self::Served];

    /// A word that stays the same between versions.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::PeerEnded => "peer-ended",
            Self::BothEnded => "both-ended",
            Self::Failure => "failure",
            Self::Exit => "exit",
            Self::Rule => "rule",
            Self::Served => "served",
        }
    }
}

/// A whole batch of records on its way from a worker to the window, with the bytes that they speak of.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the order in which they happened.
    pub records: Vec<Record>,
    /// Payloads and details, one behind the other.
    pub bytes: Vec<u8>,
}

impl Batch {
    /// The payload or detail of `record`; empty if the record is not of this batch.
    pub fn bytes_of(&self, record: &Record) -> &[u8] {
        let start = record.bytes.start as usize;
        self.bytes.get(start..start.saturating_add(record.bytes.len as usize)).unwrap_or_default()
    }

    /// Appends a record; its bytes are copied behind those that are there.
    ///
    /// `record.bytes` is overwritten. A batch holds at most 4 GiB; workers send theirs at 64 KiB.
    pub fn push(&mut self, mut record: Record, bytes: &[u8]) {
        record.bytes = Span { start: self.bytes.len() as u32, len: bytes.len() as u32 };
        self.bytes.extend_from_slice(bytes);
        self.records.push(record);
    }

    /// Memory that the batch holds, in bytes, spare capacity included.
    pub fn footprint(&self) -> usize {
        size_of::<Self>() + self.records.capacity() * size_of::<Record>() + self.bytes.capacity()
    }
}

/// Nanoseconds as a [`Duration`].
pub fn duration(nanos: Nanos) -> Duration {
    Duration::from_nanos(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stays_small() {
        assert!(size_of::<Record>() <= 88, "{}", size_of::<Record>());
    }

    #[test]
    fn a_foreign_record_has_no_bytes_here() {
        let mut batch = Batch::default();
        let record = Record {
            at: 0,
            socket: SocketId(1),
            generation: 0,
            event: Event::Received { full: 3 },
            peer: None,
            bytes: Span::default(),
        };
        batch.push(record, b"abc");
        assert_eq!(batch.bytes_of(&batch.records[0]), b"abc");
        let foreign = Record { bytes: Span { start: 2, len: 9 }, ..record };
        assert_eq!(batch.bytes_of(&foreign), b"");
    }
}
