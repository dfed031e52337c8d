//! Numbered datagrams.
use super::{job::Job, ledger::Ledger, listen::Listener, reason::Reason, service::Shared};
use std::sync::Arc;
pub(super) fn send(_job: &Arc<Job>, _ledger: &mut Ledger) -> Result<(), Reason> {
    Err(Reason::Bug)
}
pub(super) fn listen(_shared: &Arc<Shared>, _listener: &Arc<Listener>) -> Result<(), Reason> {
    Err(Reason::Bug)
}
