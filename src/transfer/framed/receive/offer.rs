//! The offer heard, what an earlier try has left of it, and the question.

use std::{sync::Arc, time::Instant};

use super::{
    super::{
        ALIVE, kind,
        parser::{Announced, FrameError, Said},
        record,
    },
    Input, Offered, Out, Session, Stage,
};
use crate::transfer::{
    listen::Question,
    name::{self, SafeName},
    reason::Reason,
    receiver::{Batch, Kept},
    report::{Entry, FileEnd, State},
    wire::Wire,
};

/// Bytes of all names of an offer.
const NAMES_BYTES: usize = 32 << 20;
/// Parts of an earlier try that are gone on with. There is one for each connection that broke.
const PARTS: usize = 64;

impl Session<'_> {
    /// Hears the offer.
    pub(super) fn offer(&mut self, input: &mut Input) -> Result<(), Reason> {
        let (mut announced, mut sum, mut names) = (0, 0_u64, 0);
        loop {
            let mut bytes = input.buffer.get(input.start..input.end).unwrap_or_default();
            while let Some(said) = input.parser.next(&mut bytes)? {
                match said {
                    Said::Offer { entries, total } => {
                        let limit = self.listener.spec.policy.entries;
                        if entries > limit {
                            return Err(Reason::TooMany { announced: entries.into(), limit: limit.into() });
                        }
                        announced = total;
                    }
                    Said::Entry(entry) => {
                        let wrong = || Reason::Protocol(FrameError::Value(kind::OFFER));
                        sum = sum.checked_add(entry.size).filter(|sum| *sum <= announced).ok_or_else(wrong)?;
                        names += entry.name.len();
                        if names > NAMES_BYTES {
                            return Err(Reason::TooMany { announced: names as u64, limit: NAMES_BYTES as u64 });
                        }
                        let name = SafeName::parse(&entry.name).map_err(Reason::Name);
                        self.ledger.enter(&entry.name, entry.folder, entry.size);
                        self.entries.push(Offered { announced: entry, name, state: Stage::Over });
                    }
                    Said::Offered if sum == announced => {
                        input.start = input.end - bytes.len();
                        return Ok(());
                    }
                    Said::Offered => return Err(FrameError::Value(kind::OFFER).into()),
                    Said::Cancel(reason) => return Err(Reason::There(Box::new(reason))),
                    _ => {}
                }
            }
            if !input.more(&mut self.out)? {
                return Err(Reason::Gone);
            }
        }
    }

    /// Finds what is here already, and asks; which entries are taken.
    pub(super) fn ask(&mut self, input: &mut Input) -> Result<Vec<bool>, Reason> {
        let title = self.entries.first().map_or("", |entry| entry.announced.name.as_str());
        let tops = self.entries.iter().filter(|entry| !entry.announced.name.contains('/')).count();
        self.job.set_title(title, tops.max(1));
        let resumable = self.recall()?;
        let entries = self.entries.iter().map(Offered::entry).collect();
        let from = self.out.wire.peer();
        let (job, listener, folder) = (self.job, self.listener, self.folder);
        let question = Question { job, listener, folder, from, entries, resumable };
        // The sender may think better of it, and says so; its question is not shown longer than it stands.
        let Out { wire, bytes, said, .. } = &mut self.out;
        let asked = question.ask(wire, |wire| {
            if said.elapsed() >= ALIVE {
                *said = Instant::now();
                let mut alive = std::mem::take(bytes);
                record::record(&mut alive, kind::ALIVE, &[]);
                wire.write_all(&alive)?;
            }
            hear_nothing(input, wire)
        })?;
        if asked.contains(&true) { Ok(asked) } else { Err(self.nothing_taken()) }
    }

    /// Why nothing at all is taken: the user's no, or, where all names are refused, the first of these.
    fn nothing_taken(&mut self) -> Reason {
        for (entry, at) in self.entries.iter().zip(0..) {
            let end = entry.name.as_ref().err().map_or(FileEnd::Declined, |reason| FileEnd::Failed(reason.clone()));
            self.ledger.end(at, end);
        }
        let refused = self.entries.iter().map(|entry| entry.name.as_ref().err());
        let all: Option<Vec<_>> = refused.collect();
        all.and_then(|all| all.first().copied().cloned()).unwrap_or(Reason::Declined)
    }

    /// What an earlier try of the same offer has left; how many bytes.
    fn recall(&mut self) -> Result<u64, Reason> {
        let mut batch = Batch::new(Arc::clone(self.folder), self.listener.keeping())?;
        let mut resumable = 0;
        if self.listener.keeping().partial {
            self.kept = Kept::open(self.folder, &self.id());
            if let Some(kept) = &self.kept {
                self.job.set_state(State::Checking);
                for (name, at) in &kept.folders {
                    // What was moved away meanwhile is made anew.
                    batch.again(name, at).ok();
                }
            }
            for at in 0..self.entries.len() {
                resumable += self.recall_one(&mut batch, at)?;
            }
        }
        self.batch = Some(batch);
        Ok(resumable)
    }

    fn recall_one(&mut self, batch: &mut Batch, at: usize) -> Result<u64, Reason> {
        let (Some(kept), Some(entry)) = (&self.kept, self.entries.get(at)) else { return Ok(0) };
        let (Ok(name), index) = (&entry.name, at as u32) else { return Ok(0) };
        let Announced { size, modified, .. } = entry.announced;
        let Some(part) = kept.part(index).filter(|_| self.parts.len() < PARTS) else { return Ok(0) };
        let (out, control) = (&mut self.out, &self.job.control);
        let mut failed = None;
        let again = batch.file_again(name, part, size, modified, &mut || {
            failed = out.alive().err();
            failed.is_some() || control.cancelled()
        });
        if let Some(reason) = failed {
            return Err(reason);
        }
        match again {
            Ok(Some(incoming)) => {
                let have = incoming.written();
                self.parts.insert(index, incoming);
                Ok(have)
            }
            Err(Reason::Cancelled) => Err(Reason::Cancelled),
            // What cannot be read is sent again.
            Ok(None) | Err(_) => Ok(0),
        }
    }

    /// The hash of who offers what.
    pub(super) fn id(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.out.wire.peer().ip().to_canonical().to_string().as_bytes());
        let mut bytes = Vec::new();
        for entry in &self.entries {
            bytes.clear();
            record::entry(&mut bytes, &entry.announced);
            hasher.update(&bytes);
        }
        *hasher.finalize().as_bytes()
    }
}

impl Offered {
    fn entry(&self) -> Entry {
        let Announced { name, folder, size, .. } = &self.announced;
        Entry {
            name: name::shown(name),
            saved_as: self.name.as_ref().ok().map(ToString::to_string).filter(|safe| safe != name),
            folder: *folder,
            size: Some(*size),
            refused: self.name.as_ref().err().cloned(),
        }
    }
}

/// While a question stands the sender has nothing to say but that it is there, or that it is over.
fn hear_nothing(input: &mut Input, wire: &mut Wire) -> Result<(), Reason> {
    loop {
        let mut bytes = input.buffer.get(input.start..input.end).unwrap_or_default();
        while let Some(said) = input.parser.next(&mut bytes)? {
            match said {
                Said::Alive => {}
                Said::Cancel(reason) => return Err(Reason::There(Box::new(reason))),
                _ => return Err(FrameError::Unexpected(kind::FILE).into()),
            }
        }
        (input.start, input.end) = (0, 0);
        match wire.try_read(&mut input.buffer)? {
            None => return Ok(()),
            Some(0) => return Err(Reason::Gone),
            Some(n) => input.end = n,
        }
    }
}
