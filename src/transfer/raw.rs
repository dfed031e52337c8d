//! Bytes until the end of the stream, as `nc`, `ncat` and `socat` send and take files.
//!
//! One connection is one file, without name or size. All that the sender can know is that every byte was taken and that
//! the other side then ended the connection too. The only word that this way has for "not all of it" is an RST: a receiver
//! that cannot go on (disk full) resets the connection, and so does our sender that is stopped, fails or is killed. Other
//! senders end a connection as their kernel does for them, and of these nobody can tell a file from its first half.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, SystemTime},
};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    block::{BLOCK, Block},
    job::Job,
    ledger::Ledger,
    listen::{Listener, Question},
    name::SafeName,
    reason::Reason,
    receiver::{Batch, Folder, Incoming},
    report::{Entry, FileEnd, State},
    source::{self, Item, Reading},
    wire::Wire,
};

/// Bytes that systems may hold between two programs. Whether a receiver reads at all shows only behind them; it may be
/// asking its user first, and has no word to say so.
const BETWEEN: u64 = 64 << 20;

/// Sends each file over a connection of its own.
pub(super) fn send(job: &Arc<Job>, ledger: &mut Ledger) -> Result<(), Reason> {
    each_file(job, ledger, |job, item, ledger, index| {
        let Some(spec) = &job.spec else { return Err(Reason::Bug) };
        let options = &spec.options;
        let mut reading = Reading::open(item, options.sha256)?;
        job.set_state(State::Connecting);
        let answered = options.idle_timeout.max(options.answer_timeout);
        let mut wire = Wire::connect(Arc::clone(job), &spec.to, options.connect_timeout, answered)?;
        wire.reset_unless_finished();
        job.set_state(State::Moving);
        let mut buffer = Block::for_file(item.size);
        while reading.left() > 0 {
            wire.pause(|_| Ok(()))?;
            let n = reading.fill(&mut buffer)?;
            wire.write_all(buffer.get(..n).unwrap_or_default())?;
            job.counts.bytes.fetch_add(n as u64, Relaxed);
            if item.size - reading.left() > BETWEEN {
                wire.set_idle(options.idle_timeout);
            }
        }
        reading.check_end()?;
        taken(job, wire, &mut buffer, answered)?;
        ledger.with(index, |file| {
            file.blake3 = Some(reading.hash());
            file.sha256 = reading.sha256();
        });
        Ok(())
    })
}

/// Ends the connection, on which everything was written, and waits for the receiver to end it too: it has read everything.
pub(super) fn taken(job: &Job, mut wire: Wire, buffer: &mut [u8], within: Duration) -> Result<(), Reason> {
    wire.finish_whole();
    job.set_state(State::Finishing);
    let ended = loop {
        match wire.read_within(buffer, within) {
            // Whatever it says is not meant for us.
            Ok(Some(n)) if n > 0 => {}
            Ok(Some(_)) => break Ok(()),
            Ok(None) => break Err(Reason::Silent(within)),
            Err(reason) => break Err(reason),
        }
    };
    if ended.is_err() {
        // It may not have it yet, and is not to take for whole what failed here.
        wire.reset();
    }
    ended
}

/// Lists what is to be sent and sends it file by file. A file that cannot be read fails alone; the connection's failures
/// end everything.
pub(super) fn each_file(
    job: &Arc<Job>,
    ledger: &mut Ledger,
    mut send: impl FnMut(&Arc<Job>, &Item, &mut Ledger, usize) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let Some(spec) = &job.spec else { return Err(Reason::Bug) };
    let items = source::items(&spec.paths, spec.way, &mut || job.control.cancelled())?;
    for item in &items {
        ledger.enter(&item.name, item.folder, item.size);
    }
    job.set_title(&items.first().map_or_else(String::new, |item| item.name.clone()), items.len());
    let well = items.iter().filter(|item| item.wrong.is_none());
    job.counts.set_total(Some(well.clone().fold(0, |sum, item| item.size.saturating_add(sum))));
    job.counts.files.store(u32::try_from(well.count()).unwrap_or(u32::MAX), Relaxed);
    for (item, index) in items.iter().zip(0..) {
        ledger.with(index, |file| file.path = Some(item.path.clone()));
        if let Some(wrong) = &item.wrong {
            ledger.fail(index, wrong.clone());
            continue;
        }
        job.set_current(&item.name);
        let before = job.counts.bytes.load(Relaxed);
        match send(job, item, ledger, index) {
            Ok(()) => ledger.end(index, FileEnd::Whole),
            Err(reason) => {
                ledger.fail(index, reason.clone());
                // Of these the file is the cause, and not the way to the other side.
                let alone =
                    matches!(reason, Reason::Disk { .. } | Reason::Changed | Reason::Name(_) | Reason::TooMany { .. });
                if !alone {
                    return Err(reason);
                }
                // So that the bar ends where everything that can come has come.
                job.counts.bytes.store(before.saturating_add(item.size), Relaxed);
            }
        }
        job.counts.files_done.fetch_add(1, Relaxed);
    }
    Ok(())
}

/// Takes one file.
pub(super) fn receive(
    job: &Arc<Job>,
    ledger: &mut Ledger,
    mut wire: Wire,
    listener: &Listener,
    folder: &Arc<Folder>,
) -> Result<(), Reason> {
    let name = listener.spec.policy.name.clone().unwrap_or_else(name_now);
    let safe = SafeName::parse(&name)?;
    job.set_title(&name, 1);
    ledger.enter(&name, false, 0);
    let received = take(job, ledger, &mut wire, listener, folder, &safe);
    if received.is_err() {
        wire.reset();
    }
    received.inspect_err(|reason| ledger.fail(0, reason.clone()))
}

fn take(
    job: &Arc<Job>,
    ledger: &mut Ledger,
    wire: &mut Wire,
    listener: &Listener,
    folder: &Arc<Folder>,
    name: &SafeName,
) -> Result<(), Reason> {
    let entry = Entry { name: name.to_string(), saved_as: None, folder: false, size: None, refused: None };
    let entries = vec![entry];
    let question = Question { job, listener, folder, from: wire.peer(), entries, resumable: 0 };
    let taken = question.ask(wire, Wire::unbroken)?;
    if !taken.contains(&true) {
        ledger.end(0, FileEnd::Declined);
        return Err(Reason::Declined);
    }
    let mut batch = Batch::new(Arc::clone(folder), listener.keeping())?;
    let mut incoming = batch.file(name, None, None)?;
    job.counts.files.store(1, Relaxed);
    job.set_current(&name.to_string());
    job.set_state(State::Moving);
    let mut buffer = Block::new(BLOCK);
    let received = loop {
        buffer.suit(incoming.written());
        // To the next whole block of the file, if a part of one came.
        let most = BLOCK - (incoming.written() % BLOCK as u64) as usize;
        let room = buffer.get_mut(..most).unwrap_or_default();
        let n = match wire.pause(|_| Ok(())).and_then(|()| wire.read_whole(room)) {
            Ok(0) => break Ok(()),
            Ok(n) => n,
            Err(reason) => break Err(reason),
        };
        if let Err(reason) = incoming.write(buffer.get(..n).unwrap_or_default()) {
            break Err(reason);
        }
        job.counts.bytes.fetch_add(n as u64, Relaxed);
    };
    ledger.with(0, |file| file.size = incoming.written());
    end_one(job, ledger, listener, incoming, received)
}

/// Ends the receiving of the only file: a whole one gets its name; of one that broke off the part stays, if parts are kept.
pub(super) fn end_one(
    job: &Arc<Job>,
    ledger: &mut Ledger,
    listener: &Listener,
    incoming: Incoming,
    received: Result<(), Reason>,
) -> Result<(), Reason> {
    if let Err(reason) = received {
        if listener.keeping().partial && incoming.written() > 0 {
            let part = incoming.keep();
            ledger.with(0, |file| file.path = Some(part));
        }
        return Err(reason);
    }
    job.set_state(State::Finishing);
    let saved = incoming.finish(None)?;
    job.counts.files_done.store(1, Relaxed);
    job.counts.set_total(Some(saved.size));
    ledger.with(0, |file| {
        file.path = Some(saved.path);
        file.blake3 = Some(saved.blake3);
        file.sha256 = saved.sha256;
    });
    ledger.end(0, FileEnd::Whole);
    Ok(())
}

/// What a file without a name is called: when it came.
fn name_now() -> String {
    let now = Timestamp::try_from(SystemTime::now()).unwrap_or_default().to_zoned(TimeZone::system());
    // No point before the seconds, which would be the extension.
    format!("received {} {:02}-{:02}-{:02}", now.date(), now.hour(), now.minute(), now.second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::name;

    #[test]
    fn the_number_of_a_file_without_a_name_comes_last() {
        let now = name_now();
        assert_eq!(name::numbered(&now, 1), format!("{now} (1)"));
        assert_eq!(SafeName::parse(&now).unwrap().to_string(), now);
    }
}
