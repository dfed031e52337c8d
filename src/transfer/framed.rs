//! Twocan to Twocan.
use super::{job::Job, ledger::Ledger, listen::Listener, reason::Reason, receiver::Folder, wire::Wire};
use std::sync::Arc;
pub(super) fn send(_job: &Arc<Job>, _ledger: &mut Ledger) -> Result<(), Reason> {
    Err(Reason::Bug)
}
pub(super) fn receive(
    _job: &Arc<Job>,
    _ledger: &mut Ledger,
    _wire: Wire,
    _listener: &Listener,
    _folder: &Arc<Folder>,
) -> Result<(), Reason> {
    Err(Reason::Bug)
}
pub(super) fn refuse(_wire: Wire, reason: Reason) -> Result<(), Reason> {
    Err(reason)
}

/// Why what came is not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FrameError {
    /// It does not begin with the magic.
    #[error("this is no Twocan")]
    Magic,
    /// Another version of the frame.
    #[error("version {0} of the frame is not known")]
    Version(u16),
    /// A record that does not belong here, or is of no known kind.
    #[error("record {0:#04x} does not belong here")]
    Unexpected(u8),
    /// A record is longer or shorter than its kind allows.
    #[error("record {kind:#04x} has {length} bytes")]
    Length {
        /// The kind of record.
        kind: u8,
        /// Its length.
        length: u32,
    },
    /// A field has a value that it cannot have.
    #[error("record {0:#04x} holds a value that cannot be")]
    Value(u8),
    /// The stream ends in the middle.
    #[error("the stream ends in the middle of a record")]
    Cut,
}
