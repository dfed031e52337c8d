//! What happened, in order. Pure: no threads, no sockets, no clock.
//!
//! Workers send [`Batch`]es; the [`Journal`] *is* the queue of them, so that taking one in costs a pointer.
//! Rows are addressed by sequence numbers that never change; when the journal is over its budget the oldest
//! batches leave and the number of rows that left is kept exactly. Bytes are the record: text, hex and every
//! other reading of them is made by whoever looks, in the encoding chosen then.
//!
//! - [`record`]: one thing that happened. [`fault`]: what went wrong.
//! - [`Sockets`]: who is there and in which state, folded from the records.
//! - [`spans`]: which bytes of which send came out of which recv. [`ladder`]: the conversation as lifelines and arrows.
//! - [`filter`] and [`Found`]: which rows a view shows, kept up as batches arrive. [`lens`]: the text of one row.

mod chunks;
pub mod fault;
pub mod filter;
mod found;
pub mod ladder;
pub mod lens;
pub mod record;
mod sockets;
pub mod spans;
mod store;

pub use self::{
    fault::{Call, Fault, FaultKind},
    filter::Filter,
    found::{Found, Matcher, Question},
    lens::{RowGlyph, RowText, row_text},
    record::{Batch, CloseReason, Direction, Event, Nanos, Record, SocketId, Span},
    sockets::{Failure, Kind, Origin, SocketEntry, Sockets, State},
    store::{Budget, Epoch, Journal, Reader, Row},
};
