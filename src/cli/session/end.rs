//! The end of a session: what was received is written, what is open is closed, and what was not sent is told.

use std::{
    io,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rust_i18n::t;

use super::{Input, RETRY, Role, Session, Tally};
use crate::{
    cli::{Exit, input::Line, notes},
    journal::{Batch, Event, Record},
    net::{Command, CommandError},
    words::{Things, counted, number},
};

/// How long closing may take before what waits to be sent is given up.
const CLOSING: Duration = Duration::from_secs(1);

/// How long a line may take that standard input has.
const READING: Duration = Duration::from_millis(100);

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub exit: Exit,
    /// The clock or the user ended it, so there may be lines that were still to be sent.
    pub early: bool,
}

impl End {
    /// It is over by itself.
    pub const fn over(exit: Exit) -> Self {
        Self { exit, early: false }
    }

    /// It was ended.
    pub const fn early(exit: Exit) -> Self {
        Self { exit, early: true }
    }
}

impl Session<'_> {
    /// Closes what is open, waits for that, and tells what was moved.
    pub(super) fn finish(mut self, end: End, lines: &Receiver<io::Result<Line>>) -> Exit {
        let ended = !self.state().is_open();
        let unsent = if end.early { self.first_unsent(lines) } else { None };
        let nobody = self.target().is_none();
        // What a peer does not take in that time is given up by closing a second time, and its record says so.
        if !self.close_all(CLOSING) {
            self.close_all(CLOSING);
        }
        let sockets: Vec<_> = self.sockets.iter().map(|entry| entry.id).collect();
        for id in sockets {
            self.output_ended(id);
        }
        self.output.flush();
        self.http.tell(&self.notes, ended);
        if let Some(number) = unsent {
            let key = if nobody { "cli.unsent_nobody" } else { "cli.unsent_slow" };
            notes::warn(&t!(key, locale = self.options.lang.tag(), number = number));
        }
        self.tell_totals();
        let unseen = self.engine.counters(self.id).map_or(0, |counters| counters.totals().rows_not_shown);
        let saved = self.recording.take().is_none_or(|recording| {
            recording.finish(&self.notes, &self.sockets, self.engine.epoch(), self.options, unseen)
        });
        let all_sent = !end.early || (unsent.is_none() && !self.gave_up);
        if end.exit == Exit::Done && (self.network_failed || !saved || !all_sent) {
            Exit::Network
        } else if end.exit == Exit::Done && self.sender.failed {
            Exit::Text
        } else {
            end.exit
        }
    }

    /// The first line of which the engine does not have everything, as far as the input was read.
    fn first_unsent(&mut self, lines: &Receiver<io::Result<Line>>) -> Option<u64> {
        // Behind a line that was just taken the next one may still be on its way.
        let next = || match lines.recv_timeout(READING) {
            Ok(Ok(line)) => Some(line.number),
            _ => None,
        };
        self.sender
            .unsent()
            .or_else(|| self.ahead.as_ref().map(|line| line.number))
            .or_else(|| if self.input == Input::Open { next() } else { None })
    }

    /// Tells every open socket to close; `false` if some are still open after that time. A slow reader of standard output
    /// has all the time that it takes: what was received is not dropped.
    fn close_all(&mut self, time: Duration) -> bool {
        let mut until = Instant::now() + time;
        let batches = self.engine.batches().clone();
        let mut to_close: Vec<_> = self.open_connections().collect();
        if self.state().is_open() {
            to_close.push(self.id);
        }
        let mut open = to_close.clone();
        while !open.is_empty() {
            to_close.retain(|id| {
                let told = self.engine.command(*id, Command::Close);
                matches!(told, Err(CommandError::Busy(_) | CommandError::QueueFull(_)))
            });
            let retry = if to_close.is_empty() { until } else { until.min(Instant::now() + RETRY) };
            match batches.recv_deadline(retry) {
                Ok(batch) => {
                    let began = Instant::now();
                    self.take(batch);
                    until += began.elapsed();
                }
                // Nothing more will come, or nothing came in time.
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if Instant::now() >= until {
                return false;
            }
            open.retain(|id| self.sockets.get(*id).is_some_and(|entry| entry.state.is_open()));
        }
        true
    }

    /// A record behind the last message that was asked for: what was received is no longer shown, so that `--count` means
    /// what it says.
    pub(super) fn take_last(&mut self, record: &Record, batch: &Batch) {
        if matches!(record.event, Event::Received { .. }) {
            self.sockets.apply(record, batch.bytes_of(record));
        } else {
            self.take_record(record, batch);
        }
    }

    fn tell_totals(&self) {
        let (lang, tag) = (self.options.lang, self.options.lang.tag());
        let (mut received, mut sent) = (self.received, self.sent);
        if let (Role::Udp { .. }, Some(counters)) = (&self.role, self.engine.counters(self.id)) {
            // Rows of datagrams may be missing when standard output is slow; the counters know of all of them.
            let totals = counters.totals();
            // Those behind the last one that was asked for, or that a reader has gone before, are missed by nobody.
            let all = self.still_wanted() > 0 && !self.output.is_closed();
            let missing =
                if all { totals.messages_in.saturating_sub(received.messages) } else { totals.rows_not_shown };
            received = Tally { messages: totals.messages_in, bytes: totals.bytes_in };
            sent = Tally { messages: totals.messages_out, bytes: totals.bytes_out };
            for (count, key) in [(totals.kernel_drops, "cli.dropped"), (missing, "cli.not_shown")] {
                if count > 0 {
                    notes::warn(&t!(key, locale = tag, count = number::grouped(count)));
                }
            }
        }
        self.notes.say(&t!(
            "cli.totals",
            locale = tag,
            messages_in = counted(lang, received.messages, Things::Messages),
            bytes_in = counted(lang, received.bytes, Things::Bytes),
            messages_out = counted(lang, sent.messages, Things::Messages),
            bytes_out = counted(lang, sent.bytes, Things::Bytes)
        ));
    }
}
