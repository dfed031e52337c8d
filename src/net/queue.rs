//! What waits to be sent on a connection, and messages sent again and again.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use super::{counters::Counters, options::Repeat};
use crate::{
    framing::FramingError,
    journal::{CloseReason, Event, Fault, FaultKind},
};

/// How far a repetition may fall behind before it gives the lost time up.
const PATIENCE: Duration = Duration::from_millis(100);

/// One thing to do on the sending side of a connection, in order.
#[derive(Debug)]
pub(super) enum Item {
    /// Bytes; those before `at` are sent.
    Bytes { data: Vec<u8>, at: usize },
    /// The rest of a file.
    File(FileSend),
    /// `shutdown(SHUT_WR)`.
    Shutdown,
    /// `close`.
    Close(CloseReason),
    /// RST.
    Abort,
}

/// The items, with the bytes among them counted in [`Counters::waiting`].
#[derive(Debug, Default)]
pub(super) struct SendQueue {
    pub items: VecDeque<Item>,
    /// Whether `shutdown` was ever queued; nothing takes it back.
    shutting: bool,
}

impl SendQueue {
    /// Queues bytes that [`Counters::waiting`] does not count yet.
    pub fn push_own(&mut self, counters: &Counters, data: Vec<u8>) {
        Counters::add(&counters.waiting, data.len());
        self.push_counted(data);
    }

    /// Queues bytes that were counted when the command was given.
    pub fn push_counted(&mut self, data: Vec<u8>) {
        self.items.push_back(Item::Bytes { data, at: 0 });
    }

    /// Queues `shutdown(SHUT_WR)`, once.
    pub fn push_shutdown(&mut self) {
        if !std::mem::replace(&mut self.shutting, true) {
            self.items.push_back(Item::Shutdown);
        }
    }

    /// Whether `shutdown` is queued or done: what is queued behind it could not be sent.
    pub fn is_shutting(&self) -> bool {
        self.shutting
    }

    /// Whether the next thing to do is to begin with a message, or with a file.
    pub fn begins(&self) -> bool {
        match self.items.front() {
            Some(Item::Bytes { at, .. }) => *at == 0,
            Some(Item::File(file)) => !file.started,
            _ => false,
        }
    }

    /// Whether closing was asked for already.
    pub fn is_closing(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Close(_) | Item::Abort))
    }

    /// The file that is being sent or waits to be.
    pub fn file(&mut self) -> Option<&mut FileSend> {
        self.items.iter_mut().find_map(|item| match item {
            Item::File(file) => Some(file),
            _ => None,
        })
    }

    /// Takes the file out that is being sent or waits to be.
    pub fn take_file(&mut self) -> Option<FileSend> {
        let index = self.items.iter().position(|item| matches!(item, Item::File(_)))?;
        match self.items.remove(index) {
            Some(Item::File(file)) => Some(file),
            _ => None,
        }
    }

    /// Bytes that are not sent, files included; the queue is empty afterwards.
    pub fn drain_unsent(&mut self, counters: &Counters) -> u32 {
        let mut unsent = 0_u64;
        for item in self.items.drain(..) {
            unsent += match item {
                Item::Bytes { data, at } => (data.len() - at) as u64,
                Item::File(file) => file.size.saturating_sub(file.sent),
                Item::Shutdown | Item::Close(_) | Item::Abort => 0,
            };
        }
        counters.waiting.store(0, Relaxed);
        counters.file_ended();
        u32::try_from(unsent).unwrap_or(u32::MAX)
    }
}

/// A file on its way. Its bytes go from the file to the socket and nowhere else.
#[derive(Debug)]
pub(super) struct FileSend {
    file: File,
    pub path: PathBuf,
    /// Size when it was opened.
    pub size: u64,
    /// Bytes the kernel took.
    pub sent: u64,
    /// Whether its turn has come.
    pub started: bool,
    /// Whether the user has it wait.
    paused: bool,
    chunk: Vec<u8>,
    at: usize,
}

impl FileSend {
    /// Opens a regular file. Pipes and devices are refused: opening one may block for ever.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let meta = std::fs::metadata(path)?;
        if !meta.is_file() {
            return Err(Fault::of(FaultKind::NotAFile));
        }
        let file = File::open(path)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            size: meta.len(),
            sent: 0,
            started: false,
            paused: false,
            chunk: Vec::new(),
            at: 0,
        })
    }

    /// The bytes to send next, at most `limit`; empty at the end of the file.
    pub fn next(&mut self, limit: usize) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() {
            self.chunk.resize(limit, 0);
            self.at = 0;
            let len = loop {
                match self.file.read(&mut self.chunk) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => break result,
                }
            };
            self.chunk.truncate(*len.as_ref().unwrap_or(&0));
            len?;
        }
        Ok(self.chunk.get(self.at..).unwrap_or_default())
    }

    /// Has it wait, or go on. Returns what is to be recorded of it: nothing where it did so already.
    pub fn pause(&mut self, paused: bool, counters: &Counters) -> Option<Event> {
        if self.paused == paused {
            return None;
        }
        self.paused = paused;
        counters.file_paused.store(paused, Relaxed);
        let sent = self.sent;
        Some(if paused { Event::FilePaused { sent } } else { Event::FileResumed { sent } })
    }

    /// Whether it waits because the user wants it to.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The kernel took so many of them.
    pub fn took(&mut self, count: usize, counters: &Counters) {
        self.at += count;
        self.sent += count as u64;
        counters.file_sent.store(self.sent, Relaxed);
    }
}

/// A repetition that runs.
#[derive(Debug)]
pub(super) struct Repeating {
    pub plan: Repeat,
    pub sent: u64,
    next: Instant,
}

impl Repeating {
    pub fn new(plan: Repeat, counters: &Counters) -> Self {
        counters.repeated.store(0, Relaxed);
        counters.repeating.store(true, Relaxed);
        Self { plan, sent: 0, next: Instant::now() }
    }

    /// When the next message is due.
    pub fn due(&self) -> Instant {
        self.next
    }

    /// The next message in its frame, if it is due; its number is put in. After an error nothing more should be asked for.
    pub fn take(&mut self, now: Instant, counters: &Counters) -> Option<Result<Vec<u8>, FramingError>> {
        if now < self.next || self.is_done() {
            return None;
        }
        self.sent += 1;
        counters.repeated.store(self.sent, Relaxed);
        self.next = (self.next + self.plan.every).max(now.checked_sub(PATIENCE).unwrap_or(now));
        let (mut message, mut framed) = (Vec::new(), Vec::new());
        for part in &self.plan.parts {
            part.append_to(self.sent, &mut message);
        }
        let encoded = self.plan.framing.encode(&message, &mut framed);
        Some(encoded.map(|_| framed))
    }

    /// Whether its count is reached.
    pub fn is_done(&self) -> bool {
        self.plan.count != 0 && self.sent >= self.plan.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{framing::Framing, text::Part};

    fn repeat(every: Duration, count: u64) -> (Repeating, Counters) {
        let counters = Counters::default();
        let parts = vec![Part::Bytes(b"n=".into()), Part::Counter(crate::text::Charset::UTF_8)];
        let plan = Repeat { parts, framing: Framing::None, every, count, to: None };
        (Repeating::new(plan, &counters), counters)
    }

    #[test]
    fn each_message_has_a_frame_of_its_own() {
        let (mut repeat, counters) = repeat(Duration::ZERO, 11);
        repeat.plan.framing = "u8".parse().unwrap();
        let now = Instant::now();
        let all: Vec<_> = std::iter::from_fn(|| repeat.take(now, &counters)).map(Result::unwrap).collect();
        assert_eq!((all[8].as_slice(), all[9].as_slice()), (&b"\x03n=9"[..], &b"\x04n=10"[..]));
    }

    #[test]
    fn messages_are_counted_and_end() {
        let (mut repeat, counters) = repeat(Duration::ZERO, 3);
        let now = Instant::now();
        let all: Vec<_> = std::iter::from_fn(|| repeat.take(now, &counters)).map(Result::unwrap).collect();
        assert_eq!(all, [b"n=1", b"n=2", b"n=3"]);
        assert!(repeat.is_done());
        assert_eq!(counters.repeated.load(Relaxed), 3);
    }

    #[test]
    fn a_late_repetition_catches_up_a_little_but_not_for_ever() {
        let (mut repeat, counters) = repeat(Duration::from_millis(10), 0);
        let start = repeat.due();
        assert!(repeat.take(start, &counters).is_some());
        assert!(repeat.take(start + Duration::from_millis(9), &counters).is_none());
        let late = start + Duration::from_mins(1);
        let burst = std::iter::from_fn(|| repeat.take(late, &counters)).count();
        assert!((10..=12).contains(&burst), "{burst}");
    }

    #[test]
    fn only_files_are_files() {
        assert_eq!(FileSend::open(Path::new("/no/such")).unwrap_err().kind, FaultKind::NoFile);
        assert_eq!(FileSend::open(&std::env::temp_dir()).unwrap_err().kind, FaultKind::NotAFile);
    }
}
