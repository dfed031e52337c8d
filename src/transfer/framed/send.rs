//! The sender's side of the frame.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{
    ALIVE, kind,
    parser::{Announced, FrameError, HEAD_BYTES, Receiver, Replied},
    record,
};
use crate::transfer::{
    block::{BLOCK, Block},
    job::Job,
    ledger::Ledger,
    reason::Reason,
    report::{FileEnd, State},
    source::{self, Item, Reading},
    wire::Wire,
};

/// Files up to this size wait for others, to go out with them; larger ones are sent from where they were read to.
const SMALL: u64 = 64 << 10;
/// Bytes that wait for more at most.
const TOGETHER: usize = 256 << 10;

/// Sends everything over one connection.
pub(in crate::transfer) fn send(job: &Arc<Job>, ledger: &mut Ledger) -> Result<(), Reason> {
    let Some(spec) = &job.spec else { return Err(Reason::Bug) };
    let items = source::items(&spec.paths, spec.way, &mut || job.control.cancelled())?;
    for (item, index) in items.iter().zip(0..) {
        ledger.enter(&item.name, item.folder, item.size);
        ledger.with(index, |file| file.path = Some(item.path.clone()));
        if let Some(wrong) = &item.wrong {
            ledger.fail(index, wrong.clone());
        }
    }
    let tops = items.iter().filter(|item| !item.name.contains('/')).count();
    job.set_title(&items.first().map_or_else(String::new, |item| item.name.clone()), tops);
    // What cannot be sent is not offered, and has no number on the wire.
    let offered: Vec<(usize, &Item)> = (0..).zip(&items).filter(|(_, item)| item.wrong.is_none()).collect();
    if offered.is_empty() {
        return Ok(());
    }
    job.set_state(State::Connecting);
    let options = &spec.options;
    let wire = Wire::connect(Arc::clone(job), &spec.to, options.connect_timeout, options.idle_timeout)?;
    let mut session = Session {
        job,
        wire,
        parser: Receiver::default(),
        input: vec![0; 16 << 10],
        out: Vec::with_capacity(TOGETHER + SMALL as usize),
        sent: 0,
        written: 0,
        replies: VecDeque::new(),
        ended: false,
        stages: vec![Stage::Over; offered.len()],
        left: 0,
        offered: &offered,
        ledger,
        said: Instant::now(),
    };
    let done = session.run(options.answer_timeout, options.sha256);
    let Err(reason) = done else { return Ok(()) };
    let begun = session.begun();
    let reason = session.last_words(reason);
    for index in begun {
        ledger.fail(index, reason.clone());
    }
    if reason == Reason::There(Box::new(Reason::Declined)) {
        for (index, _) in &offered {
            ledger.end(*index, FileEnd::Declined);
        }
    }
    Err(reason)
}

/// Where an entry that was offered is in its story.
#[derive(Clone, Copy)]
enum Stage {
    /// Not taken, or it is known how it ended.
    Over,
    /// Taken: so many bytes with this hash are there.
    Taken(u64, [u8; 32]),
    /// Its bytes are on their way.
    Moving,
    /// Whole once this byte of the stream is written: what the receiver says before that cannot be true.
    Whole(u64),
    /// It was told that it does not come.
    Skipped,
}

struct Session<'a> {
    job: &'a Arc<Job>,
    wire: Wire,
    parser: Receiver,
    input: Vec<u8>,
    /// What is to be written, and how much of it is.
    out: Vec<u8>,
    sent: usize,
    /// Bytes that were written before these.
    written: u64,
    /// What was said, and how many bytes were written then.
    replies: VecDeque<(u64, Replied)>,
    /// The receiver has ended its direction.
    ended: bool,
    stages: Vec<Stage>,
    /// Entries that were taken and of which the end is not known.
    left: usize,
    offered: &'a [(usize, &'a Item)],
    ledger: &'a mut Ledger,
    said: Instant,
}

impl Session<'_> {
    fn run(&mut self, answer_timeout: Duration, sha256: bool) -> Result<(), Reason> {
        self.offer()?;
        self.job.set_state(State::Asking);
        self.answers(answer_timeout)?;
        self.job.set_state(State::Moving);
        let mut buffer = Block::new(BLOCK);
        for at in 0..self.offered.len() {
            let Some(&(index, item)) = self.offered.get(at) else { break };
            let Some(Stage::Taken(have, hash)) = self.stages.get(at).copied() else { continue };
            if !item.folder {
                self.job.set_current(&item.name);
                self.file(at as u32, index, item, (have, hash), sha256, &mut buffer)?;
                self.job.counts.files_done.fetch_add(1, Relaxed);
            }
        }
        record::record(&mut self.out, kind::DONE, &[]);
        self.flush()?;
        self.job.set_state(State::Finishing);
        while self.left > 0 {
            self.listen(self.wire.idle())?;
            self.heed()?;
        }
        self.wire.finish_writing();
        // The receiver ends the connection, and has nothing more to say; if it does not, nothing is lost any more.
        while !self.ended && self.listen(Duration::from_secs(1)).is_ok() {}
        Ok(())
    }

    fn offer(&mut self) -> Result<(), Reason> {
        let total = self.offered.iter().try_fold(0_u64, |sum, (_, item)| sum.checked_add(item.size));
        let entries = u32::try_from(self.offered.len()).ok();
        let (Some(total), Some(entries)) = (total, entries) else { return Err(Reason::Nothing) };
        // Less once some of it is not taken.
        self.job.counts.set_total(Some(total));
        record::preamble(&mut self.out);
        record::offer(&mut self.out, entries, total);
        for (_, item) in self.offered {
            let announced = Announced {
                name: item.name.clone(),
                folder: item.folder,
                size: if item.folder { 0 } else { item.size },
                modified: item.modified,
            };
            record::entry(&mut self.out, &announced);
            if self.out.len() >= TOGETHER {
                self.flush()?;
                self.heed_early()?;
            }
        }
        self.flush()
    }

    /// A receiver that refuses the offer as a whole may say so before it has all of it.
    fn heed_early(&mut self) -> Result<(), Reason> {
        match self.replies.front() {
            Some((_, Replied::Cancel(reason))) => Err(Reason::There(Box::new(reason.clone()))),
            _ => Ok(()),
        }
    }

    /// Waits for the answers.
    fn answers(&mut self, within: Duration) -> Result<(), Reason> {
        let deadline = Instant::now() + within;
        let mut next = 0;
        let (mut total, mut files, mut resumed) = (0_u64, 0_u32, 0_u64);
        loop {
            while let Some((_, reply)) = self.replies.pop_front() {
                match reply {
                    Replied::Take(at, have, hash) if at == next => {
                        let entry = self.offered.get(at as usize);
                        let Some(&(_, item)) = entry else { return Err(wrong(kind::ANSWER)) };
                        if have > item.size {
                            return Err(wrong(kind::ANSWER));
                        }
                        self.turn(at, Stage::Taken(have, hash));
                        self.left += 1;
                        files += u32::from(!item.folder);
                        total = total.saturating_add(if item.folder { 0 } else { item.size });
                        resumed = resumed.saturating_add(have);
                        next += 1;
                    }
                    Replied::Refuse(at, reason) if at == next => {
                        let Some(&(index, _)) = self.offered.get(at as usize) else {
                            return Err(wrong(kind::ANSWER));
                        };
                        let end = match reason {
                            Reason::Declined => FileEnd::Declined,
                            reason => FileEnd::Failed(Reason::There(Box::new(reason))),
                        };
                        self.ledger.end(index, end);
                        next += 1;
                    }
                    Replied::Go if next as usize == self.offered.len() => {
                        self.job.counts.set_total(Some(total));
                        self.job.counts.files.store(files, Relaxed);
                        return Ok(());
                    }
                    Replied::Alive => {}
                    Replied::Cancel(reason) => return Err(Reason::There(Box::new(reason))),
                    _ => return Err(wrong(kind::ANSWER)),
                }
            }
            if self.ended {
                return Err(Reason::Gone);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Reason::NoAnswer(within));
            }
            self.alive()?;
            self.listen(left.min(ALIVE)).or_else(|reason| match reason {
                // Its silence is that of its user, as long as the connection stands.
                Reason::Silent(_) => Ok(()),
                reason => Err(reason),
            })?;
        }
    }

    fn file(
        &mut self,
        at: u32,
        index: usize,
        item: &Item,
        there: (u64, [u8; 32]),
        sha256: bool,
        buffer: &mut Block,
    ) -> Result<(), Reason> {
        let before = self.job.counts.bytes.load(Relaxed);
        self.turn(at, Stage::Moving);
        let sent = self.bytes(at, item, there, sha256, buffer)?;
        match sent {
            Ok(reading) => {
                // Whatever was resumed and sent, this is what is across now.
                self.job.counts.bytes.store(before.saturating_add(item.size), Relaxed);
                self.ledger.with(index, |file| {
                    file.blake3 = Some(reading.hash());
                    file.sha256 = reading.sha256();
                });
            }
            Err(reason) => {
                self.job.counts.give_up(before.saturating_add(item.size));
                record::failed(&mut self.out, kind::SKIP, at, &reason);
                // Where it has failed over there already, nothing more is said about it.
                if !matches!(self.stages.get(at as usize), Some(Stage::Over)) {
                    self.turn(at, Stage::Skipped);
                    self.left -= 1;
                }
                self.ledger.fail(index, reason);
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Sends the bytes of a file. The inner error is the file's alone.
    fn bytes(
        &mut self,
        at: u32,
        item: &Item,
        (have, hash): (u64, [u8; 32]),
        sha256: bool,
        buffer: &mut Block,
    ) -> Result<Result<Reading, Reason>, Reason> {
        let mut reading = match Reading::open(item, sha256) {
            Ok(reading) => reading,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut offset = 0;
        if have > 0 {
            self.job.set_state(State::Checking);
            buffer.suit(item.size);
            let mut failed = None;
            let same = reading.skip_to(have, &hash, buffer, &mut || {
                failed = self.alive().err();
                failed.is_some() || self.job.control.cancelled()
            });
            self.job.set_state(State::Moving);
            match (failed, same) {
                (Some(reason), _) => return Err(reason),
                (None, Ok(true)) => offset = have,
                (None, Ok(false)) => {}
                (None, Err(Reason::Cancelled)) => return Err(Reason::Cancelled),
                (None, Err(reason)) => return Ok(Err(reason)),
            }
            self.job.counts.resumed.fetch_add(offset, Relaxed);
            self.job.counts.bytes.fetch_add(offset, Relaxed);
        }
        record::file(&mut self.out, at, offset);
        if have > 0 && offset == item.size {
            // It is there since an earlier try, and was compared.
            self.turn(at, Stage::Whole(self.end_of_out()));
        }
        if item.size > SMALL {
            buffer.suit(item.size);
        }
        while reading.left() > 0 {
            self.pause()?;
            let most = reading.left().min(BLOCK as u64) as usize;
            let head = self.out.len();
            record::data(&mut self.out, most as u32);
            let read = if item.size <= SMALL {
                self.out.resize(head + HEAD_BYTES + most, 0);
                reading.fill(self.out.get_mut(head + HEAD_BYTES..).unwrap_or_default())
            } else {
                reading.fill(buffer.get_mut(..most).unwrap_or_default())
            };
            if let Err(reason) = read {
                self.out.truncate(head);
                return Ok(Err(reason));
            }
            if item.size > SMALL {
                self.flush_with(buffer.get(..most).unwrap_or_default())?;
            } else if self.out.len() >= TOGETHER {
                self.flush()?;
            }
            self.job.counts.bytes.fetch_add(most as u64, Relaxed);
            self.heed()?;
            if matches!(self.stages.get(at as usize), Some(Stage::Over)) {
                // It has failed over there already. The reason is in the ledger.
                return Ok(Err(Reason::Cancelled));
            }
        }
        if let Err(reason) = reading.check_end() {
            return Ok(Err(reason));
        }
        record::record(&mut self.out, kind::END, &[&reading.hash()]);
        if matches!(self.stages.get(at as usize), Some(Stage::Moving)) {
            self.turn(at, Stage::Whole(self.end_of_out()));
        }
        Ok(Ok(reading))
    }

    fn turn(&mut self, at: u32, stage: Stage) {
        if let Some(entry) = self.stages.get_mut(at as usize) {
            *entry = stage;
        }
    }

    /// Bytes of the stream that are written once what waits is.
    fn end_of_out(&self) -> u64 {
        self.written + self.out.len() as u64
    }

    /// Files whose bytes are on their way or across, and of which the end is not known.
    fn begun(&self) -> Vec<usize> {
        let begun = |stage: &Stage| matches!(stage, Stage::Moving | Stage::Whole(_));
        let all = self.stages.iter().zip(self.offered);
        all.filter(|(stage, _)| begun(stage)).map(|(_, (index, _))| *index).collect()
    }

    /// Waits while the user wants that. A receiver that is quick never makes us wait, so a cancel is looked for here too.
    fn pause(&mut self) -> Result<(), Reason> {
        if self.job.control.cancelled() {
            return Err(Reason::Cancelled);
        }
        if self.job.control.paused() {
            self.flush()?;
            let said = &mut self.said;
            let mut alive = Vec::new();
            record::record(&mut alive, kind::ALIVE, &[]);
            return self.wire.pause(|wire| {
                if said.elapsed() >= ALIVE {
                    *said = Instant::now();
                    wire.write_all(&alive)?;
                }
                Ok(())
            });
        }
        Ok(())
    }

    /// Says that it is still there, if it has said nothing for a while.
    fn alive(&mut self) -> Result<(), Reason> {
        if self.said.elapsed() >= ALIVE {
            record::record(&mut self.out, kind::ALIVE, &[]);
            self.flush()?;
        }
        Ok(())
    }

    /// Writes everything that waits, hearing what comes meanwhile.
    fn flush(&mut self) -> Result<(), Reason> {
        self.flush_with(&[])
    }

    /// The same, and these bytes behind it.
    fn flush_with(&mut self, body: &[u8]) -> Result<(), Reason> {
        self.write_out(body).inspect_err(|_| {
            // So that the last words do not come in the middle of a record.
            self.out.extend_from_slice(body);
        })?;
        self.out.clear();
        self.written += self.sent as u64;
        self.sent = 0;
        self.said = Instant::now();
        self.hear()?;
        Ok(())
    }

    fn write_out(&mut self, body: &[u8]) -> Result<(), Reason> {
        let mut deadline = Instant::now() + self.wire.idle();
        loop {
            let rest = self.out.get(self.sent..).unwrap_or_default();
            let body = body.get(self.sent.saturating_sub(self.out.len())..).unwrap_or_default();
            if rest.is_empty() && body.is_empty() {
                return Ok(());
            }
            match self.wire.try_write_both(rest, body) {
                Ok(0) => {
                    let now = Instant::now();
                    if now >= deadline {
                        return Err(Reason::Silent(self.wire.idle()));
                    }
                    // To the end: of what came together only the first is told of.
                    while self.hear()? {
                        // Whoever answers is there, though it reads slowly.
                        deadline = now + self.wire.idle();
                    }
                    if self.ended {
                        // It says no more and reads no more: what it would have to answer never comes.
                        return Err(self.heed().err().unwrap_or(Reason::Gone));
                    }
                    self.wire.wait(deadline)?;
                }
                Ok(n) => {
                    self.sent += n;
                    deadline = Instant::now() + self.wire.idle();
                }
                // What it said before it went says more than that it went.
                Err(reason) => {
                    while self.hear().unwrap_or(false) {}
                    return Err(self.heed().err().unwrap_or(reason));
                }
            }
        }
    }

    /// Takes what has come; whether anything has.
    fn hear(&mut self) -> Result<bool, Reason> {
        let Some(n) = self.wire.try_read(&mut self.input)? else { return Ok(false) };
        if n == 0 {
            self.parser.finish()?;
            self.ended = true;
            return Ok(false);
        }
        let mut input = self.input.get(..n).unwrap_or_default();
        while let Some(reply) = self.parser.next(&mut input)? {
            // Nobody waits for these, and a peer that says nothing else must not fill the memory.
            if reply != Replied::Alive {
                self.replies.push_back((self.written + self.sent as u64, reply));
            }
        }
        Ok(true)
    }

    /// Waits until something has come, or the end.
    fn listen(&mut self, within: Duration) -> Result<(), Reason> {
        let deadline = Instant::now() + within;
        while !self.hear()? && !self.ended {
            if Instant::now() >= deadline {
                return Err(Reason::Silent(within));
            }
            self.wire.wait(deadline)?;
        }
        Ok(())
    }

    /// Does what the receiver has said since GO.
    fn heed(&mut self) -> Result<(), Reason> {
        while let Some((then, reply)) = self.replies.pop_front() {
            let (at, end) = match reply {
                Replied::Stored(at) => (at, FileEnd::Verified),
                Replied::Failed(at, reason) => (at, FileEnd::Failed(Reason::There(Box::new(reason)))),
                Replied::Alive => continue,
                Replied::Cancel(reason) => return Err(Reason::There(Box::new(reason))),
                Replied::Take(..) | Replied::Refuse(..) | Replied::Go => return Err(wrong(kind::ANSWER)),
            };
            let (Some(stage), Some((index, item))) = (self.stages.get_mut(at as usize), self.offered.get(at as usize))
            else {
                return Err(wrong(if end == FileEnd::Verified { kind::STORED } else { kind::FAILED }));
            };
            match (&end, *stage) {
                (FileEnd::Verified, Stage::Taken(..)) if item.folder => self.left -= 1,
                (FileEnd::Verified, Stage::Whole(end)) if then >= end => self.left -= 1,
                (FileEnd::Verified, _) => return Err(wrong(kind::STORED)),
                (_, Stage::Over) => return Err(wrong(kind::FAILED)),
                // It is not waited for.
                (_, Stage::Skipped) => {}
                (_, Stage::Taken(..) | Stage::Moving | Stage::Whole(_)) => self.left -= 1,
            }
            *stage = Stage::Over;
            self.ledger.end(*index, end);
        }
        if self.ended && self.left > 0 { Err(Reason::Gone) } else { Ok(()) }
    }

    /// Tells the receiver why it is over, if it is not that who said so.
    fn last_words(mut self, reason: Reason) -> Reason {
        let heard = self.heed();
        if let Err(told @ Reason::There(_)) = heard {
            return told;
        }
        if !matches!(reason, Reason::There(_) | Reason::Gone | Reason::Net(_)) {
            self.wire.last_words();
            record::cancel(&mut self.out, &reason);
            // It may be gone; then there is nobody to tell.
            self.flush().ok();
            self.wire.drain();
        }
        reason
    }
}

fn wrong(kind: u8) -> Reason {
    Reason::Protocol(FrameError::Value(kind))
}
