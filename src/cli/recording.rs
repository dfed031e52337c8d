//! `--pcap FILE` and `--ladder`: all records of a session, kept until its end.
//!
//! Nothing is kept unless one of them is asked for. A journal with its budget keeps them, so a server may run for days; what
//! left by then is counted and said. A file that is there is never overwritten.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Write as _},
    path::PathBuf,
};

use jiff::tz::TimeZone;
use rust_i18n::t;

use super::{
    Refusal,
    notes::{self, Notes},
    options::Options,
};
use crate::{
    export::{self, Context, Format},
    journal::{Batch, Epoch, Event, Journal, SocketId, Sockets, ladder::Ladder},
    words::{Things, counted, number},
};

/// Rows of the longest ladder: the latest.
const LADDER_ROWS: u64 = 10_000;
/// Sockets of the widest: a terminal is narrower, a file may not be.
const LADDER_SOCKETS: usize = 64;

/// Records on their way to a file or a ladder.
pub(super) struct Recording {
    journal: Journal,
    file: Option<(PathBuf, File)>,
    ladder: bool,
}

impl Recording {
    /// Makes the file; nothing where nothing is to be kept.
    pub fn new(options: &Options) -> Result<Option<Self>, Refusal> {
        let tag = options.lang.tag();
        if options.pcap.is_none() && !options.ladder {
            return Ok(None);
        }
        let file = match options.pcap.clone() {
            None => None,
            Some(path) => match File::create_new(&path) {
                Ok(file) => Some((path, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(Refusal(t!("cli.pcap_exists", locale = tag, path = path.display()).into_owned()));
                }
                Err(error) => {
                    let path = path.display();
                    return Err(Refusal(t!("cli.pcap_failed", locale = tag, path = path, error = error).into_owned()));
                }
            },
        };
        Ok(Some(Self { journal: Journal::default(), file, ladder: options.ladder }))
    }

    /// Keeps these.
    pub fn take(&mut self, batch: Batch) {
        self.journal.push(batch);
    }

    /// Writes what was asked for. `known` are the sockets that the session still remembers, `unseen` the rows that never
    /// came. Returns whether the file was written.
    pub fn finish(self, notes: &Notes, known: &Sockets, epoch: Epoch, options: &Options, unseen: u64) -> bool {
        let sockets = self.all(known);
        if self.ladder {
            self.tell_ladder(notes, &sockets);
        }
        let Some((path, file)) = self.file else { return true };
        let (tag, path) = (notes.lang().tag(), path.display());
        let gone = self.journal.gone();
        let context =
            Context { charset: options.reading, epoch, zone: TimeZone::system(), sockets: &sockets, gone, unseen };
        match export::export(file, Format::Pcapng, &self.journal, self.journal.range(), &context) {
            Ok(summary) => {
                let lang = notes.lang();
                let (rows, bytes) =
                    (counted(lang, summary.rows, Things::Rows), counted(lang, summary.bytes, Things::Bytes));
                notes.say(&t!("cli.pcap_saved", locale = tag, path = path, rows = rows, bytes = bytes));
                if gone > 0 {
                    notes::warn(&t!("cli.pcap_left", locale = tag, path = path, count = number::grouped(gone)));
                }
                if summary.file_bytes > 0 {
                    let bytes = number::size(summary.file_bytes);
                    notes::warn(&t!("cli.pcap_files", locale = tag, path = path, bytes = bytes));
                }
                true
            }
            Err(error) => {
                notes::warn(&t!("cli.pcap_failed", locale = tag, path = path, error = error));
                false
            }
        }
    }

    /// The sockets of all rows: a session forgets closed connections after a while.
    fn all(&self, known: &Sockets) -> Sockets {
        let mut all = known.clone();
        for row in self.journal.rows_from(0).filter(|row| known.get(row.record.socket).is_none()) {
            all.apply(row.record, row.bytes);
        }
        all
    }

    fn tell_ladder(&self, notes: &Notes, sockets: &Sockets) {
        let rows = self.journal.range();
        let from = rows.end.saturating_sub(LADDER_ROWS).max(rows.start);
        let mut latest = Batch::default();
        let mut there = BTreeSet::new();
        for row in self.journal.rows_from(from) {
            latest.push(*row.record, row.bytes);
            there.insert(row.record.socket);
            if let Event::Accepted { connection } = row.record.event {
                there.insert(connection);
            }
        }
        let mut journal = Journal::default();
        journal.push(latest);
        // The first ones: among them is the socket of the session itself.
        let chosen: BTreeSet<SocketId> = there.iter().copied().take(LADDER_SOCKETS).collect();
        let text = Ladder::of(&journal, sockets, &chosen).text();
        // A closed standard error is no reason to stop.
        let _ = io::stderr().lock().write_all(text.as_bytes());
        let (left, hidden) = (from, there.len() - chosen.len());
        if left > 0 || hidden > 0 {
            let (left, hidden) = (number::grouped(left), number::grouped(hidden as u64));
            notes::warn(&t!("cli.ladder_left", locale = notes.lang().tag(), rows = left, sockets = hidden));
        }
    }
}
