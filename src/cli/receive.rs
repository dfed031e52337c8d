//! `twocan receive`

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs,
    io::{self, BufRead as _, IsTerminal as _},
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, after, never, select, tick};
use rust_i18n::t;
use serde_json::json;

use super::{Exit, Refusal, arguments::Receive, carried::Carried, notes::Notes, options, signals::signals};
use crate::{
    net::options::parse_bind,
    transfer::{
        Accept, Answer, DiskFault, Notice, Offer, Outcome, Partial, Policy, Reason, ReceiveSpec, ReceiverId,
        ReceiverState, TransferId, Transfers, Way,
        name::{OURS, SafeName},
    },
    words::{self, Lang, number},
};

/// How often the bar moves.
const REDRAW: Duration = Duration::from_millis(100);
/// Entries of an offer that are listed one by one.
const LISTED: usize = 20;
/// How the names of files end that remember what broke off.
const RESUME: &str = ".resume";
/// Lines that may wait to be answers.
const LINES: usize = 16;
/// Nobody reads a question and answers it in this time: what comes sooner was typed before the question stood there.
const TYPED_BEFORE: Duration = Duration::from_millis(200);

pub(super) fn run(typed: &Receive, lang: Lang) -> Result<Exit, Refusal> {
    let bind = parse_bind(&typed.place).map_err(|error| Refusal(words::address_error(lang, &error)))?;
    check(typed, lang)?;
    let policy = Policy {
        accept: typed.accept,
        partial: if typed.keep { Partial::Keep } else { Partial::Remove },
        sync: typed.sync,
        sha256: typed.told.sha256,
        once: typed.once,
        name: typed.save_as.clone(),
        ..Policy::default()
    };
    let way = typed.way;
    let interrupted = signals().unwrap_or_else(|_| never());
    let transfers = Transfers::new(Arc::new(()));
    let receiver = transfers.receive(ReceiveSpec { bind, folder: typed.into.clone(), way, policy });
    let mut session = Session {
        lang,
        notes: Notes::new(lang, typed.told.quiet),
        carried: Carried::new(lang, typed.told.json, typed.told.quiet),
        transfers,
        receiver,
        asked: VecDeque::new(),
        failed: false,
        over: false,
        deaf: false,
    };
    // A terminal is read when there is a question: a program in the background that reads it is stopped by the system, and
    // listens to nobody.
    let mut reads_at_a_question = typed.accept == Accept::Ask;
    let mut lines = never();
    if reads_at_a_question && !io::stdin().is_terminal() {
        reads_at_a_question = false;
        lines = keyboard(Duration::ZERO);
    }
    let limit = typed.limit.map_or_else(never, after);
    let redraw = tick(REDRAW);
    while !session.done() {
        select! {
            recv(session.transfers.notices()) -> notice => if let Ok(notice) = notice {
                session.heed(notice);
            },
            recv(lines) -> line => match line {
                Ok(line) => session.typed(&line),
                Err(_) => session.deaf = true,
            },
            recv(redraw) -> _ => session.progress(),
            recv(interrupted) -> _ => session.stop(),
            recv(limit) -> _ => session.stop(),
        }
        if reads_at_a_question && !session.asked.is_empty() {
            reads_at_a_question = false;
            lines = keyboard(TYPED_BEFORE);
        }
        if session.deaf {
            session.decline_all();
        }
    }
    Ok(if session.failed { Exit::Network } else { Exit::Done })
}

/// Whether what is asked for can be, before anything is opened.
fn check(typed: &Receive, lang: Lang) -> Result<(), Refusal> {
    let Some(name) = &typed.save_as else { return Ok(()) };
    if typed.way != Way::Raw {
        return Err(options::without_effect(lang, "--name", typed.way));
    }
    SafeName::parse(name).map_err(|error| Refusal(words::reason(lang, &Reason::Name(error))))?;
    Ok(())
}

/// Lines of standard input, without those of this first time; the channel ends with it. The thread ends with the program.
fn keyboard(without: Duration) -> Receiver<String> {
    let (sender, lines) = crossbeam_channel::bounded(LINES);
    let read = move || {
        let begun = Instant::now();
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if begun.elapsed() >= without && sender.send(line).is_err() {
                return;
            }
        }
    };
    // Without a thread nobody can say yes, as without a keyboard.
    thread::Builder::new().name("keyboard".into()).spawn(read).ok();
    lines
}

struct Session {
    lang: Lang,
    notes: Notes,
    carried: Carried,
    transfers: Transfers,
    receiver: ReceiverId,
    /// Questions, the one that is being asked first.
    asked: VecDeque<Arc<Offer>>,
    failed: bool,
    /// The receiver has stopped.
    over: bool,
    /// Standard input has ended: nobody can answer.
    deaf: bool,
}

impl Session {
    /// Whether nothing is left to do or to tell: a transfer is on the list until its end has been told.
    fn done(&self) -> bool {
        self.over && self.transfers.list().is_empty()
    }

    fn heed(&mut self, notice: Notice) {
        let tag = self.lang.tag();
        match notice {
            Notice::Listening(_, address) => {
                self.carried.line(&json!({ "event": "listening", "address": address.to_string() }));
                let text = t!("cli.listening", locale = tag, address = address);
                self.notes.say(&self.notes.reachable(text, &address.to_string()));
                self.keeps();
            }
            Notice::ReceiverEnded(_) => {
                self.over = true;
                let state = self.transfers.receivers().into_iter().find(|row| row.id == self.receiver);
                if let Some(ReceiverState::Failed(reason)) = state.map(|row| row.state) {
                    self.failed = true;
                    let says = match &reason {
                        Reason::Disk { what: DiskFault::NotFolder, path, .. } => {
                            t!("transfer.cli.no_folder", locale = tag, path = path).into_owned()
                        }
                        reason => words::reason(self.lang, reason),
                    };
                    let line = json!({ "event": "failed", "reason": reason.code(), "says": says });
                    self.carried.line(&line);
                    self.carried.warn(&says);
                }
            }
            Notice::Began(id) => {
                if let Some(transfer) = self.transfers.transfer(id) {
                    self.carried.began(&transfer);
                }
            }
            Notice::Offered(offer) => {
                self.carried.offered(&offer);
                self.asked.push_back(offer);
                if self.asked.len() == 1 {
                    self.ask();
                }
            }
            Notice::Settled(id) => self.settled(id),
            Notice::Ended(id, outcome) => self.ended(id, &outcome),
        }
    }

    /// What becomes of parts that are kept, where that is not what `--keep` promises.
    fn keeps(&self) {
        let row = self.transfers.receivers().into_iter().find(|row| row.id == self.receiver);
        let Some(spec) = row.map(|row| row.spec).filter(|spec| spec.policy.partial == Partial::Keep) else { return };
        let (tag, way, folder) = (self.lang.tag(), spec.way, spec.folder.display());
        if !way.resumes() {
            self.notes.say(&t!("transfer.cli.keeps_alone", locale = tag, way = way.name()));
        }
        // Only the same offer goes on with them: one that has changed never does, and they would stay unseen.
        let (list, parts) = (format!("{OURS}*{RESUME}"), ".part");
        let text = match unfinished(&spec.folder) {
            0 => return,
            1 => t!("transfer.cli.one_unfinished", locale = tag, folder = folder, list = list, parts = parts),
            many => {
                t!("transfer.cli.unfinished", locale = tag, count = many, folder = folder, list = list, parts = parts)
            }
        };
        self.notes.say(&text);
    }

    fn ask(&self) {
        let Some(offer) = self.asked.front() else { return };
        let tag = self.lang.tag();
        let (address, folder) = (offer.from, offer.folder.display());
        let text = if let Some(total) = offer.total {
            let folders = offer.entries.iter().filter(|entry| entry.folder).count() as u64;
            let count = self.carried.files(offer.entries.len() as u64 - folders, folders);
            let (total, free) = (number::size(total), number::size(offer.free_after().unwrap_or(0)));
            t!(
                "transfer.cli.asks",
                locale = tag,
                address = address,
                count = count,
                total = total,
                folder = folder,
                free = free
            )
        } else {
            let free = number::size(offer.free);
            t!("transfer.cli.asks_unknown", locale = tag, address = address, folder = folder, free = free)
        };
        self.carried.warn(&text);
        for (entry, n) in offer.entries.iter().zip(1..).take(LISTED) {
            let name = match &entry.saved_as {
                Some(safe) => t!("transfer.cli.saved_as", locale = tag, name = entry.name, safe = safe),
                None => entry.name.as_str().into(),
            };
            let text = match (&entry.refused, entry.size) {
                (Some(reason), _) => {
                    let why = words::reason(self.lang, reason);
                    t!("transfer.cli.entry_refused", locale = tag, name = name, why = why)
                }
                (None, _) if entry.folder => t!("transfer.cli.entry_folder", locale = tag, number = n, name = name),
                (None, size) => {
                    let size = size.map_or_else(|| "?".into(), number::size);
                    t!("transfer.cli.entry", locale = tag, number = n, size = size, name = name)
                }
            };
            self.carried.warn(&text);
        }
        if let Some(more) = offer.entries.len().checked_sub(LISTED).filter(|more| *more > 0) {
            self.carried.warn(&t!("transfer.cli.more", locale = tag, count = number::grouped(more as u64)));
        }
        let left = offer.deadline.saturating_duration_since(Instant::now()).as_secs();
        let time = number::duration(Duration::from_secs(left));
        self.carried.warn(&t!("transfer.cli.take", locale = tag, time = time));
    }

    fn typed(&mut self, line: &str) {
        let tag = self.lang.tag();
        let Some(offer) = self.asked.front() else {
            self.carried.say(&t!("transfer.cli.nothing_to_say", locale = tag));
            return;
        };
        match answer(line, offer.entries.len()) {
            Some(answer) => {
                // It may have been withdrawn just now, which is told by itself.
                self.transfers.answer(offer.transfer, answer).ok();
                // It is answered: the end of the input, which may be next, must not say no to it.
                self.asked.pop_front();
                self.ask();
            }
            None => {
                self.carried.warn(&t!("transfer.cli.answer_unclear", locale = tag, count = offer.entries.len()));
            }
        }
    }

    fn settled(&mut self, id: TransferId) {
        let was_first = self.asked.front().is_some_and(|offer| offer.transfer == id);
        self.asked.retain(|offer| offer.transfer != id);
        if was_first {
            self.ask();
        }
    }

    fn decline_all(&mut self) {
        let tag = self.lang.tag();
        for offer in std::mem::take(&mut self.asked) {
            self.carried.warn(&t!("transfer.cli.nobody_to_ask", locale = tag));
            // Where it has been answered or withdrawn meanwhile, that is how it ends.
            if self.transfers.answer(offer.transfer, Answer::Decline).is_ok() {
                self.carried.unasked(offer.transfer);
            }
        }
    }

    fn ended(&mut self, id: TransferId, outcome: &Outcome) {
        self.settled(id);
        // Whoever only looks for open ports has offered nothing that could fail.
        self.failed |= outcome.result.as_ref().is_err_and(|reason| *reason != Reason::Mute);
        if let Some(transfer) = self.transfers.transfer(id) {
            self.carried.ended(&transfer, outcome);
            self.transfers.forget(id);
        }
    }

    fn progress(&mut self) {
        if self.over && self.transfers.notices().is_empty() {
            // A notice that found no room was dropped; the list tells what it would have.
            for transfer in self.transfers.list() {
                if let Some(outcome) = &transfer.outcome {
                    self.ended(transfer.id, outcome);
                }
            }
        }
        let moving = self.transfers.list().into_iter().rfind(|transfer| transfer.outcome.is_none());
        // While a question stands under it the bar stays away.
        if let Some(transfer) = moving.filter(|_| self.asked.is_empty()) {
            self.carried.progress(&transfer);
        }
    }

    /// Ends everything, telling whoever is there.
    fn stop(&mut self) {
        self.transfers.stop(self.receiver);
        for transfer in self.transfers.list() {
            self.transfers.cancel(transfer.id);
        }
    }
}

/// Offers that broke off and of which something is kept in this folder.
fn unfinished(folder: &Path) -> usize {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let ours = |name: &OsString| {
        let name = name.to_string_lossy();
        name.strip_prefix(OURS).and_then(|rest| rest.strip_suffix(RESUME)).is_some()
    };
    names.filter(ours).count()
}

/// `y`, `n`, or numbers from 1.
fn answer(line: &str, entries: usize) -> Option<Answer> {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" | "是" | "好" => return Some(Answer::All),
        "n" | "no" | "否" | "不" => return Some(Answer::Decline),
        _ => {}
    }
    let numbers = line.split([' ', ',', '，', '、']).filter(|word| !word.is_empty());
    let index = |word: &str| {
        let number: usize = word.parse().ok().filter(|number| (1..=entries).contains(number))?;
        u32::try_from(number - 1).ok()
    };
    let chosen: Option<Vec<u32>> = numbers.map(index).collect();
    chosen.filter(|chosen| !chosen.is_empty()).map(Answer::Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_both_languages() {
        for (line, expected) in [
            ("y", Some(Answer::All)),
            (" YES ", Some(Answer::All)),
            ("是", Some(Answer::All)),
            ("n", Some(Answer::Decline)),
            ("不", Some(Answer::Decline)),
            ("1 3", Some(Answer::Some(vec![0, 2]))),
            ("2，3", Some(Answer::Some(vec![1, 2]))),
            ("", None),
            ("4", None),
            ("0", None),
            ("1 x", None),
        ] {
            assert_eq!(answer(line, 3), expected, "{line}");
        }
    }
}
