//! The receiver's side of the frame.

mod offer;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{
    ALIVE, kind,
    parser::{Announced, FrameError, HEAD_BYTES, Said, Sender},
    record,
};
use crate::transfer::{
    block::{BLOCK, Block},
    job::Job,
    ledger::Ledger,
    listen::Listener,
    name::SafeName,
    reason::Reason,
    receiver::{Batch, Folder, Incoming, Kept},
    report::{FileEnd, State},
    wire::Wire,
};

/// Answers that may wait to be written while bytes are taken. A sender that reads none of them has to wait.
const WAITING_BYTES: usize = 1 << 20;

/// Says no, and why.
pub(in crate::transfer) fn refuse(mut wire: Wire, reason: Reason) -> Result<(), Reason> {
    let mut out = Vec::new();
    record::preamble(&mut out);
    record::cancel(&mut out, &reason);
    wire.last_words();
    // It may be gone already; then nobody needs an answer.
    wire.write_all(&out).ok();
    wire.drain();
    Err(reason)
}

/// Takes what is sent over one connection.
pub(in crate::transfer) fn receive(
    job: &Arc<Job>,
    ledger: &mut Ledger,
    wire: Wire,
    listener: &Listener,
    folder: &Arc<Folder>,
) -> Result<(), Reason> {
    let mut input =
        Input { parser: Sender::default(), buffer: Block::new(HEAD_BYTES + BLOCK), came: 0, start: 0, end: 0 };
    let mut session = Session {
        job,
        ledger,
        out: Out { wire, bytes: Vec::new(), sent: 0, said: Instant::now() },
        listener,
        folder,
        entries: Vec::new(),
        awaited: 0,
        batch: None,
        kept: None,
        parts: BTreeMap::new(),
        current: None,
        broken: false,
    };
    record::preamble(&mut session.out.bytes);
    let done = session.run(&mut input);
    session.end(done)
}

/// One entry of the offer.
struct Offered {
    announced: Announced,
    name: Result<SafeName, Reason>,
    state: Stage,
}

impl Offered {
    /// Whether it is a file that was taken and has not ended.
    fn may_begin(&self) -> bool {
        self.state == Stage::Awaited && !self.announced.folder
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not taken, or told how it ended.
    Over,
    /// Taken.
    Awaited,
}

/// The file between FILE and END.
#[expect(clippy::large_enum_variant, reason = "there is one, which is made with each file and stays where it is")]
enum Coming {
    /// Its bytes are written.
    Bytes(Incoming),
    /// It is here since an earlier try, and END brings the same hash once more.
    There(SafeName, [u8; 32]),
    /// It has failed.
    Nothing,
}

impl Coming {
    /// What was being written.
    fn part(self) -> Option<Incoming> {
        match self {
            Self::Bytes(incoming) => Some(incoming),
            Self::There(..) | Self::Nothing => None,
        }
    }
}

/// What has been read and not looked at yet.
struct Input {
    parser: Sender,
    buffer: Block,
    /// Bytes so far.
    came: u64,
    start: usize,
    end: usize,
}

/// What is to be said.
struct Out {
    wire: Wire,
    bytes: Vec<u8>,
    sent: usize,
    said: Instant,
}

struct Session<'a> {
    job: &'a Arc<Job>,
    ledger: &'a mut Ledger,
    out: Out,
    listener: &'a Listener,
    folder: &'a Arc<Folder>,
    entries: Vec<Offered>,
    /// Entries that are taken and not over yet.
    awaited: usize,
    batch: Option<Batch>,
    kept: Option<Kept>,
    /// Parts of an earlier try that are open.
    parts: BTreeMap<u32, Incoming>,
    /// The file whose bytes come.
    current: Option<(u32, Coming)>,
    /// Parts were left for another try.
    broken: bool,
}

impl Out {
    /// Writes what there is room for.
    fn flush(&mut self) -> Result<(), Reason> {
        while let Some(rest) = self.bytes.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.wire.try_write(rest)? {
                0 if self.bytes.len() - self.sent > WAITING_BYTES => {
                    self.wire.wait(Instant::now() + self.wire.idle())?;
                }
                0 => return Ok(()),
                n => self.sent += n,
            }
            self.said = Instant::now();
        }
        self.bytes.clear();
        self.sent = 0;
        Ok(())
    }

    /// Writes everything.
    fn flush_all(&mut self) -> Result<(), Reason> {
        let rest = self.bytes.get(self.sent..).unwrap_or_default();
        self.wire.write_all(rest)?;
        self.bytes.clear();
        self.sent = 0;
        self.said = Instant::now();
        Ok(())
    }

    /// Says that we are still here, if nothing was said for a while.
    fn alive(&mut self) -> Result<(), Reason> {
        if self.said.elapsed() >= ALIVE {
            record::record(&mut self.bytes, kind::ALIVE, &[]);
            self.said = Instant::now();
        }
        self.flush()
    }
}

impl Input {
    /// Reads once more; `false` at the end.
    fn more(&mut self, out: &mut Out) -> Result<bool, Reason> {
        self.start = 0;
        self.end = 0;
        self.buffer.suit(self.came);
        // To the end of the record and the head of the next one, so that of a large file each read after the first brings
        // one whole block.
        let left = self.parser.data_left() as usize;
        let most = if left == 0 { self.buffer.len() } else { (left + HEAD_BYTES).min(self.buffer.len()) };
        // Answers that found no room go out as soon as there is some, whether or not anything comes.
        let deadline = Instant::now() + out.wire.idle();
        loop {
            out.flush()?;
            match out.wire.try_whole(self.buffer.get_mut(..most).unwrap_or_default(), left)? {
                Some(n) => {
                    self.end = n;
                    self.came += n as u64;
                    return Ok(n > 0);
                }
                None if Instant::now() >= deadline => return Err(Reason::Silent(out.wire.idle())),
                None => out.wire.wait(deadline)?,
            }
        }
    }
}

impl Session<'_> {
    fn run(&mut self, input: &mut Input) -> Result<(), Reason> {
        self.offer(input)?;
        let asked = self.ask(input)?;
        self.answer(&asked)?;
        self.job.set_state(State::Moving);
        loop {
            let mut bytes = input.buffer.get(input.start..input.end).unwrap_or_default();
            while let Some(said) = input.parser.next(&mut bytes)? {
                if self.heed(said)? {
                    return Ok(());
                }
            }
            let alive = &mut self.out;
            alive.flush()?;
            if self.job.control.paused() {
                let mut ping = Vec::new();
                record::record(&mut ping, kind::ALIVE, &[]);
                alive.flush_all()?;
                alive.wire.pause(|wire| wire.write_all(&ping))?;
            } else if self.job.control.cancelled() {
                return Err(Reason::Cancelled);
            }
            if !input.more(&mut self.out)? {
                input.parser.finish().map_err(|_| Reason::Gone)?;
                return Err(Reason::Gone);
            }
        }
    }

    /// Tells the sender what is taken, and makes the folders.
    fn answer(&mut self, taken: &[bool]) -> Result<(), Reason> {
        if self.kept.is_none() && self.listener.keeping().partial {
            self.kept = Kept::begin(self.folder, &self.id());
        }
        let (mut total, mut files) = (0_u64, 0);
        let mut folders = Vec::new();
        for at in 0..self.entries.len() {
            let index = at as u32;
            let Some(entry) = self.entries.get_mut(at) else { break };
            let name = match (&entry.name, taken.get(at)) {
                (Err(reason), _) => {
                    record::refuse(&mut self.out.bytes, index, reason);
                    self.ledger.fail(at, reason.clone());
                    continue;
                }
                (Ok(_), Some(false) | None) => {
                    record::refuse(&mut self.out.bytes, index, &Reason::Declined);
                    self.ledger.end(at, FileEnd::Declined);
                    continue;
                }
                (Ok(name), Some(true)) => name.clone(),
            };
            entry.state = Stage::Awaited;
            self.awaited += 1;
            let Announced { size, folder, .. } = entry.announced;
            let whole = self.kept.as_ref().and_then(|kept| kept.whole(index, size));
            let (have, hash) = match (self.parts.get(&index), whole) {
                (Some(part), _) => (part.written(), part.hash()),
                (None, Some((_, hash))) => (size, hash),
                (None, None) => (0, [0; 32]),
            };
            record::take(&mut self.out.bytes, index, have, &hash);
            if folder {
                folders.push((index, name));
            } else {
                files += 1;
                total = total.saturating_add(size);
            }
            self.out.flush()?;
        }
        self.job.counts.set_total(Some(total));
        self.job.counts.files.store(files, Relaxed);
        record::record(&mut self.out.bytes, kind::GO, &[]);
        for (index, name) in folders {
            let made = self.batch.as_mut().map_or(Err(Reason::Bug), |batch| batch.make_folder(&name));
            match made {
                Ok(path) => {
                    if let Some(kept) = &mut self.kept {
                        kept.made(&name, &slashes(&path));
                    }
                    self.ledger.with(index as usize, |file| file.path = Some(self.folder.path().join(path)));
                    self.over(index, Ok(()));
                }
                Err(reason) => self.over(index, Err(reason)),
            }
        }
        self.out.flush()
    }

    /// Does what was said; whether that was the last.
    fn heed(&mut self, said: Said<'_>) -> Result<bool, Reason> {
        match said {
            Said::Data(bytes) => {
                if let Some((index, Coming::Bytes(incoming))) = &mut self.current {
                    match incoming.write(bytes) {
                        Ok(()) => {
                            self.job.counts.bytes.fetch_add(bytes.len() as u64, Relaxed);
                        }
                        Err(reason) => {
                            let index = *index;
                            self.give_up(index, reason);
                        }
                    }
                }
            }
            Said::File { index, offset } => self.begin(index, offset)?,
            Said::End(hash) => self.finish(hash),
            Said::Skip(index, reason) => {
                let fits = match &self.current {
                    Some((current, _)) => *current == index,
                    None => self.entries.get(index as usize).is_some_and(Offered::may_begin),
                };
                if !fits {
                    return Err(FrameError::Value(kind::SKIP).into());
                }
                self.give_up(index, Reason::There(Box::new(reason)));
                self.current = None;
            }
            Said::Done => return Ok(true),
            Said::Cancel(reason) => return Err(Reason::There(Box::new(reason))),
            Said::Alive | Said::Offer { .. } | Said::Entry(_) | Said::Offered => {}
        }
        Ok(false)
    }

    fn begin(&mut self, index: u32, offset: u64) -> Result<(), Reason> {
        let wrong = || Reason::Protocol(FrameError::Value(kind::FILE));
        let entry = self.entries.get(index as usize).filter(|entry| entry.may_begin()).ok_or_else(wrong)?;
        let name = entry.name.as_ref().map_err(|_| wrong())?;
        let Announced { size, modified, .. } = entry.announced;
        self.job.set_current(&entry.announced.name);
        let whole = self.kept.as_ref().and_then(|kept| kept.whole(index, size));
        let begun = match (self.parts.remove(&index), offset) {
            (Some(mut part), 0) => part.restart().map(|()| part),
            (Some(part), offset) if offset == part.written() => Ok(part),
            (None, offset) if offset == size && whole.is_some() => {
                self.job.counts.bytes.fetch_add(size, Relaxed);
                self.job.counts.resumed.fetch_add(size, Relaxed);
                self.current = whole.map(|(at, hash)| (index, Coming::There(at, hash)));
                return Ok(());
            }
            (None, 0) => {
                let name = name.clone();
                self.batch.as_mut().map_or(Err(Reason::Bug), |batch| batch.file(&name, Some(size), modified))
            }
            _ => return Err(wrong()),
        };
        match begun {
            Ok(incoming) => {
                self.job.counts.bytes.fetch_add(offset, Relaxed);
                self.job.counts.resumed.fetch_add(offset, Relaxed);
                if let Some(kept) = &mut self.kept {
                    kept.begun(index, incoming.part());
                }
                self.current = Some((index, Coming::Bytes(incoming)));
            }
            Err(reason) => {
                self.current = Some((index, Coming::Nothing));
                self.give_up(index, reason);
            }
        }
        Ok(())
    }

    fn finish(&mut self, hash: [u8; 32]) {
        let Some((index, coming)) = self.current.take() else { return };
        let finished = match coming {
            Coming::Nothing => return,
            Coming::There(at, there) if there == hash => {
                let path = self.folder.path().join(at.to_string());
                self.ledger.with(index as usize, |file| {
                    file.path = Some(path);
                    file.blake3 = Some(there);
                });
                Ok(())
            }
            Coming::There(..) => Err(Reason::Hash),
            Coming::Bytes(incoming) => incoming.finish(Some(hash)).map(|saved| {
                if let Some(kept) = &mut self.kept {
                    kept.saved(index, &saved.name, saved.size, saved.blake3);
                }
                self.ledger.with(index as usize, |file| {
                    file.path = Some(saved.path);
                    file.blake3 = Some(saved.blake3);
                    file.sha256 = saved.sha256;
                });
            }),
        };
        self.job.counts.files_done.fetch_add(1, Relaxed);
        self.over(index, finished);
    }

    /// An entry does not come, or not to its end.
    fn give_up(&mut self, index: u32, reason: Reason) {
        let part = match &mut self.current {
            Some((current, coming)) if *current == index => std::mem::replace(coming, Coming::Nothing).part(),
            _ => None,
        };
        let awaited = self.entries.get(index as usize).is_some_and(|entry| entry.state == Stage::Awaited);
        if let Some(part) = part.or_else(|| self.parts.remove(&index)) {
            self.keep(index, part);
        }
        if awaited {
            self.job.counts.files_done.fetch_add(1, Relaxed);
            self.over(index, Err(reason));
        }
    }

    /// Keeps a part, if parts are kept and there is something in it; else it goes.
    fn keep(&mut self, index: u32, part: Incoming) {
        if self.kept.is_some() && part.written() > 0 {
            let path = part.keep();
            self.broken = true;
            self.ledger.with(index as usize, |file| file.path = Some(path));
        }
    }

    /// Tells the sender, and remembers, how an entry ended.
    fn over(&mut self, index: u32, how: Result<(), Reason>) {
        if let Some(entry) = self.entries.get_mut(index as usize)
            && entry.state == Stage::Awaited
        {
            entry.state = Stage::Over;
            self.awaited -= 1;
        }
        if self.awaited == 0 {
            // Nothing begins any more: whoever hears of the last one finds only what was sent.
            self.batch = None;
        }
        match how {
            Ok(()) => {
                record::stored(&mut self.out.bytes, index);
                self.ledger.end(index as usize, FileEnd::Verified);
            }
            Err(reason) => {
                record::failed(&mut self.out.bytes, kind::FAILED, index, &reason);
                self.ledger.fail(index as usize, reason);
            }
        }
    }

    /// Whatever happened: tells the other side, and leaves nothing that nobody asked for.
    fn end(mut self, done: Result<(), Reason>) -> Result<(), Reason> {
        if let Some((index, coming)) = self.current.take() {
            if let Some(part) = coming.part() {
                self.keep(index, part);
            }
            if let Err(reason) = &done {
                self.ledger.fail(index as usize, reason.clone());
            }
        }
        for (index, part) in std::mem::take(&mut self.parts) {
            self.keep(index, part);
        }
        self.batch = None;
        let awaited = self.entries.iter().any(|entry| entry.state == Stage::Awaited);
        if let Some(kept) = self.kept.take() {
            if done.is_ok() && !awaited && !self.broken { kept.forget() } else { kept.leave(self.broken) }
        }
        match &done {
            Ok(()) => {
                self.job.set_state(State::Finishing);
                // What was taken and never came is told of, too.
                for index in 0..self.entries.len() as u32 {
                    let awaited = self.entries.get(index as usize).is_some_and(|entry| entry.state == Stage::Awaited);
                    if awaited {
                        self.over(index, Err(Reason::Gone));
                    }
                }
                self.out.flush_all()?;
            }
            Err(Reason::There(_) | Reason::Gone | Reason::Net(_)) => {}
            Err(reason) => {
                self.out.wire.last_words();
                record::cancel(&mut self.out.bytes, reason);
                // It may be gone; then there is nobody to tell.
                self.out.flush_all().ok();
            }
        }
        self.out.wire.drain();
        done
    }
}

fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

// The time that a question may stand is the policy's; ALIVE is said in between.
const _: () = assert!(ALIVE.as_secs() < Duration::from_secs(20).as_secs());
