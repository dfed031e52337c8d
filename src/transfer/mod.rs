//! Files over sockets of our own: send one, receive one, lose nothing.
//!
//! ```text
//!  Transfers::send, receive → a named thread each → Job (atomics, a waker) → list(), offers(), notices()
//!  cancel, pause, answer    → Job + mio::Waker    → the thread, wherever it waits
//! ```
//!
//! A file's bytes never leave their thread: they go from the socket into the file and back, and what is shown is read
//! from atomics, ten times a second, by whoever shows it. Whatever a thread waits for (a connection, bytes, room to
//! send, an answer), it waits in one `poll` that a cancel ends at once.
//!
//! - [`Transfers`]: the service, which owns the threads. [`options`]: what can be asked for. [`report`]: what is told.
//! - [`Reason`]: why something failed.
//! - [`name`]: names from strangers made safe. Pure. [`receiver`]: bytes from strangers put on disk. Neither knows a protocol.
//! - [`framed`], [`raw`], [`helper`], [`udp`]: the ways to send. [`framed`] has its wire format in its documentation.
//! - `wire`: a socket with deadlines that a cancel ends. `listen`: a receiver's thread. `source`: what is sent. `job`: one
//!   transfer, shared. `ledger`: what became of its files.

mod block;
pub mod framed;
pub mod helper;
mod job;
mod ledger;
mod listen;
pub mod name;
pub mod options;
pub mod raw;
mod reason;
pub mod receiver;
pub mod report;
mod service;
mod source;
pub mod udp;
mod wire;

pub use self::{
    options::{Accept, Partial, Policy, ReceiveSpec, SendOptions, SendSpec, Way},
    reason::{DiskFault, Reason},
    report::{
        Answer, Direction, Entry, FileEnd, FileOutcome, Notice, Offer, Outcome, Progress, ReceiverId, ReceiverRow,
        ReceiverState, State, Transfer, TransferId,
    },
    service::{AnswerError, Transfers},
};
