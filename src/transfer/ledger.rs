//! What became of each file of a transfer, kept by its thread until the end.

use std::time::Duration;

use super::{
    name,
    options::Way,
    reason::Reason,
    report::{Direction, FileEnd, FileOutcome, Outcome},
};

/// The files of one transfer, in the order of the offer.
#[derive(Default)]
pub(super) struct Ledger {
    pub files: Vec<FileOutcome>,
}

impl Ledger {
    /// Enters a file or folder whose turn has not come.
    pub fn enter(&mut self, name: &str, folder: bool, size: u64) {
        self.files.push(FileOutcome {
            name: name::shown(name),
            folder,
            size,
            path: None,
            blake3: None,
            sha256: None,
            end: FileEnd::NotReached,
            holes: Vec::new(),
        });
    }

    /// Changes what is known about one.
    pub fn with(&mut self, index: usize, change: impl FnOnce(&mut FileOutcome)) {
        if let Some(file) = self.files.get_mut(index) {
            change(file);
        }
    }

    /// How one ended, unless that is known.
    pub fn end(&mut self, index: usize, end: FileEnd) {
        self.with(index, |file| {
            if file.end == FileEnd::NotReached {
                file.end = end;
            }
        });
    }

    pub fn fail(&mut self, index: usize, reason: Reason) {
        self.end(index, FileEnd::Failed(reason));
    }

    /// How it all ended.
    pub fn outcome(
        self,
        result: Result<(), Reason>,
        (way, direction): (Way, Direction),
        bytes: u64,
        resumed: u64,
        moving: Duration,
    ) -> Outcome {
        let result = result.and_then(|()| {
            let failed = self.files.iter().find_map(|file| match &file.end {
                FileEnd::Failed(reason) => Some(reason.clone()),
                FileEnd::NotReached => Some(Reason::Gone),
                _ => None,
            });
            let (out, of) = (self.files.iter().filter(|file| file.end == FileEnd::Declined).count(), self.files.len());
            let sending = direction == Direction::Sending;
            match failed {
                Some(reason) => Err(reason),
                // Where it was sent from, it was the other side's no.
                None if out == of && sending => Err(Reason::There(Reason::Declined.into())),
                None if out == of => Err(Reason::Declined),
                // What its user left out is no fault of a receiver, but whoever sent it has to know that it is not there.
                None if out > 0 && sending => {
                    Err(Reason::There(Reason::LeftOut { out: out as u64, of: of as u64 }.into()))
                }
                None => Ok(()),
            }
        });
        let verified = |file: &FileOutcome| matches!(file.end, FileEnd::Verified | FileEnd::Declined);
        let confirmed = way.confirms() && result.is_ok() && self.files.iter().all(verified);
        Outcome { result, confirmed, files: self.files, bytes, resumed, moving }
    }
}
