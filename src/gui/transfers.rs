//! Files on their way, as the window shows them: a copy of the service's lists, with how fast each has been.
//!
//! [`TransferBook::refresh`] is called after every wake and ten times a second while something is under way; at idle
//! nobody looks.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::notice::Notice;
use crate::transfer::{
    Answer, Direction, Offer, Partial, ReceiveSpec, ReceiverId, ReceiverRow, ReceiverState, SendSpec, State, Transfer,
    TransferId, Transfers, Way,
};

/// What the user asks of transfers.
#[derive(Clone, Debug)]
pub enum TransferAction {
    /// Send.
    Send(SendSpec),
    /// Listen.
    Receive(ReceiveSpec),
    /// Stop listening.
    Stop(ReceiverId),
    /// Take a receiver that has ended off the list.
    ForgetReceiver(ReceiverId),
    /// Answer an offer.
    Answer(TransferId, Answer),
    /// Let it wait.
    Pause(TransferId),
    /// Let it go on.
    Unpause(TransferId),
    /// End it.
    Cancel(TransferId),
    /// Try again, from where it broke off.
    Resume(TransferId),
    /// Put what a send was to send on the list again.
    PutBack(TransferId),
    /// Take all that have ended off the list.
    ForgetEnded,
    /// Show a folder of the user's in the system's file manager.
    OpenFolder(PathBuf),
    /// Remember this for next time.
    Set(TransferSettings),
}

/// What is remembered for next time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransferSettings {
    /// To whom files were sent lately, the newest first.
    pub recent: Vec<String>,
    /// How they are sent.
    pub way: Way,
    /// Where a receiver listens.
    pub bind: String,
    /// How a receiver takes files.
    pub receive_way: Way,
    /// Where received files go; the user's downloads if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// What becomes of a file that breaks off.
    pub partial: Partial,
}

impl Default for TransferSettings {
    fn default() -> Self {
        Self {
            recent: Vec::new(),
            way: Way::default(),
            bind: "127.0.0.1:8021".into(),
            receive_way: Way::default(),
            folder: None,
            partial: Partial::Remove,
        }
    }
}

impl TransferSettings {
    /// How many addresses are remembered.
    pub const RECENT: usize = 8;

    /// Puts an address in front of the recent ones.
    pub fn remember(&mut self, to: &str) {
        self.recent.retain(|known| known != to);
        self.recent.insert(0, to.to_owned());
        self.recent.truncate(Self::RECENT);
    }

    /// Where received files go.
    pub fn folder(&self) -> PathBuf {
        self.folder.clone().unwrap_or_else(downloads)
    }
}

/// The folder for downloads of this user: its home where there is none.
fn downloads() -> PathBuf {
    let home = etcetera::home_dir().unwrap_or_default();
    let downloads = home.join("Downloads");
    if downloads.is_dir() { downloads } else { home }
}

/// A transfer and how fast it has been.
#[derive(Clone, Debug)]
pub struct TransferRow {
    /// As of the last look.
    pub transfer: Transfer,
    /// Bytes a second, a sample every [`TransferBook::SAMPLE`], the newest last.
    pub rates: VecDeque<f64>,
    sampled: Option<(Instant, u64)>,
}

impl TransferRow {
    /// Bytes a second just now: the mean of the last samples, so that the number can be read.
    pub fn rate(&self) -> f64 {
        let recent = self.rates.iter().rev().take(4);
        let count = recent.len();
        if count == 0 { self.transfer.progress.mean_rate() } else { recent.sum::<f64>() / count as f64 }
    }

    fn sample(&mut self, now: Instant) {
        if self.transfer.state != State::Moving {
            // Or the first sample afterwards would hold the rest.
            self.sampled = None;
            return;
        }
        // What was there already did not move.
        let progress = &self.transfer.progress;
        let bytes = progress.bytes.saturating_sub(progress.resumed);
        let Some((then, before)) = self.sampled else {
            self.sampled = Some((now, bytes));
            return;
        };
        let passed = now.saturating_duration_since(then);
        if passed < TransferBook::SAMPLE {
            return;
        }
        self.sampled = Some((now, bytes));
        self.rates.push_back(bytes.saturating_sub(before) as f64 / passed.as_secs_f64());
        if self.rates.len() > TransferBook::SAMPLES {
            self.rates.pop_front();
        }
    }
}

/// The lists as of the last look.
#[derive(Clone, Debug, Default)]
pub struct TransferBook {
    /// Every transfer, oldest first.
    pub rows: Vec<TransferRow>,
    /// The questions that are open, oldest first.
    pub offers: Vec<Arc<Offer>>,
    /// Every receiver, oldest first.
    pub receivers: Vec<ReceiverRow>,
    /// What [`Transfers::changes`] was at the last look.
    seen: Option<u64>,
}

impl TransferBook {
    /// From one look at the lists to the next while something is under way.
    pub const LOOK: Duration = Duration::from_millis(100);
    /// From one sample of a rate to the next.
    pub const SAMPLE: Duration = Duration::from_millis(250);
    /// Samples that are kept.
    pub const SAMPLES: usize = 120;

    /// Takes over what has changed in the service's lists: those under way each time, everything only when a list has
    /// changed otherwise.
    pub fn refresh(&mut self, service: &Transfers, now: Instant) {
        let changes = Some(service.changes());
        if self.seen == changes {
            for row in self.rows.iter_mut().filter(|row| row.transfer.outcome.is_none()) {
                if let Some(transfer) = service.transfer(row.transfer.id) {
                    row.transfer = transfer;
                    row.sample(now);
                }
            }
            return;
        }
        self.seen = changes;
        let mut old = std::mem::take(&mut self.rows);
        for transfer in service.list() {
            let known = old.iter().position(|row| row.transfer.id == transfer.id);
            let mut row = match known {
                Some(index) => TransferRow { transfer, ..old.swap_remove(index) },
                None => TransferRow { transfer, rates: VecDeque::new(), sampled: None },
            };
            row.sample(now);
            self.rows.push(row);
        }
        self.offers = service.offers();
        self.receivers = service.receivers();
    }

    /// Whether something moves that has to be looked at again soon.
    pub fn is_lively(&self) -> bool {
        let moving = |row: &TransferRow| !matches!(row.transfer.state, State::Asking | State::Ended | State::Paused);
        let starting = |receiver: &ReceiverRow| receiver.state == ReceiverState::Starting;
        self.rows.iter().any(moving) || self.receivers.iter().any(starting)
    }

    /// Those under way, oldest first, with those that wait for the other side's yes. What waits for the user's own is an
    /// offer.
    pub fn under_way(&self) -> impl Iterator<Item = &TransferRow> {
        let offered =
            |row: &TransferRow| row.transfer.state == State::Asking && row.transfer.direction == Direction::Receiving;
        self.rows.iter().filter(move |row| row.transfer.outcome.is_none() && !offered(row))
    }

    /// Those that have ended, the newest first.
    pub fn ended(&self) -> impl Iterator<Item = &TransferRow> {
        self.rows.iter().rev().filter(|row| row.transfer.outcome.is_some())
    }
}

/// Shows a folder in the system's file manager; calls `failed` if there is no such folder, or nothing that shows it. The
/// path is one that the user chose here, never a peer's.
pub fn open_folder(folder: PathBuf, failed: impl FnOnce(Notice) + Send + 'static) {
    // Somebody has to wait for the program, or it stays as a zombie; and a disk may be slow.
    let opening = std::thread::Builder::new().name("file-manager".into()).spawn(move || {
        if !folder.is_dir() {
            failed(Notice::NoFolder { path: folder });
        } else if !show_in_file_manager(&folder) {
            failed(Notice::NoFileManager { path: folder });
        }
    });
    if let Err(error) = opening {
        log::warn!("no thread for a file manager: {error}");
    }
}

fn show_in_file_manager(folder: &Path) -> bool {
    let program = if cfg!(target_os = "windows") {
        "explorer"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = std::process::Command::new(program);
    command.arg(folder).stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    let ended = command.stderr(std::process::Stdio::null()).status();
    // Explorer ends with 1 when all is well.
    ended.is_ok_and(|status| status.success() || cfg!(target_os = "windows"))
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read as _, net::TcpListener, thread};

    use super::*;
    use crate::{net::Endpoint, transfer::SendOptions};

    #[test]
    fn addresses_are_remembered_once_and_not_for_ever() {
        let mut settings = TransferSettings::default();
        for n in 0..20 {
            settings.remember(&format!("10.0.0.{n}:1"));
        }
        settings.remember("10.0.0.19:1");
        settings.remember("10.0.0.15:1");
        assert_eq!(settings.recent.len(), TransferSettings::RECENT);
        assert_eq!(settings.recent[..2], ["10.0.0.15:1", "10.0.0.19:1"]);
    }

    #[test]
    fn a_folder_that_is_gone_is_told() {
        let gone = tempfile::tempdir().unwrap().path().join("gone");
        let (sender, told) = crossbeam_channel::bounded(1);
        open_folder(gone.clone(), move |notice| sender.send(notice).unwrap());
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(Notice::NoFolder { path: gone }));
    }

    #[test]
    fn what_was_there_already_and_pauses_are_no_speed() {
        let service = Transfers::new(Arc::new(()));
        let spec = SendSpec {
            paths: Vec::new(),
            to: "127.0.0.1:1".parse().unwrap(),
            way: Way::Framed,
            options: SendOptions::default(),
        };
        let mut transfer = service.transfer(service.send(spec)).unwrap();
        transfer.state = State::Moving;
        let mut row = TransferRow { transfer, rates: VecDeque::new(), sampled: None };
        let start = Instant::now();
        let mut look = |seconds: u32, state: State, bytes: u64, resumed: u64| {
            row.transfer.state = state;
            (row.transfer.progress.bytes, row.transfer.progress.resumed) = (bytes, resumed);
            row.sample(start + Duration::from_secs(1) * seconds);
            row.rates.iter().copied().collect::<Vec<_>>()
        };
        look(0, State::Moving, 0, 0);
        assert_eq!(look(1, State::Moving, 1_000, 0), [1_000.0]);
        assert_eq!(look(2, State::Moving, 1_002_000, 1_000_000), [1_000.0, 1_000.0]);
        look(3, State::Paused, 1_002_500, 1_000_000);
        assert_eq!(look(100, State::Moving, 1_002_500, 1_000_000), [1_000.0, 1_000.0]);
        assert_eq!(look(101, State::Moving, 1_003_500, 1_000_000), [1_000.0; 3]);
    }

    fn look_until(book: &mut TransferBook, service: &Transfers, done: impl Fn(&TransferBook) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !done(book) {
            assert!(Instant::now() < deadline, "{book:?}");
            book.refresh(service, Instant::now());
            thread::yield_now();
        }
    }

    /// Every row of the service is in the book as the service has it, but for what progress changes.
    fn same(book: &TransferBook, service: &Transfers) -> bool {
        let row = |transfer: &Transfer| (transfer.id, transfer.state, transfer.outcome.is_some());
        let here: Vec<_> = book.rows.iter().map(|each| row(&each.transfer)).collect();
        here == service.list().iter().map(row).collect::<Vec<_>>()
    }

    #[test]
    fn a_look_copies_what_has_changed_and_misses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.bin");
        fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = Endpoint::from(listener.local_addr().unwrap());
        let service = Transfers::new(Arc::new(()));
        let mut book = TransferBook::default();
        let spec = |path: PathBuf| SendSpec {
            paths: vec![path],
            to: to.clone(),
            way: Way::Raw,
            options: SendOptions::default(),
        };

        let failed = service.send(spec(folder.path().join("missing")));
        look_until(&mut book, &service, |book| book.ended().count() == 1);
        let going = service.send(spec(path));
        let (mut peer, _) = listener.accept().unwrap();
        let moved = |book: &TransferBook| book.rows.last().is_some_and(|row| row.transfer.progress.bytes > 0);
        look_until(&mut book, &service, moved);

        // Nothing but progress: the row that has ended is the same one, and the other one goes on.
        look_until(&mut book, &service, |book| book.rows.last().unwrap().transfer.state == State::Moving);
        book.refresh(&service, Instant::now());
        let title = book.rows.first().unwrap().transfer.title.as_ptr();
        let bytes = book.rows.last().unwrap().transfer.progress.bytes;
        let read = move || {
            let mut block = vec![0; 1 << 20];
            // Ends when the sender is cancelled.
            while peer.read(&mut block).is_ok_and(|n| n > 0) {}
        };
        let reading = thread::Builder::new().name("peer".into()).spawn(read).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while book.rows.last().unwrap().transfer.progress.bytes == bytes {
            assert!(Instant::now() < deadline, "{book:?}");
            book.refresh(&service, Instant::now());
            // A copy is made before the one that it replaces goes, so it never lies where that lay.
            assert_eq!(book.rows.first().unwrap().transfer.title.as_ptr(), title, "copied though it has ended");
        }

        service.pause(going);
        look_until(&mut book, &service, |book| book.rows.last().unwrap().transfer.state == State::Paused);
        service.unpause(going);
        look_until(&mut book, &service, |book| book.rows.last().unwrap().transfer.state == State::Moving);
        service.cancel(going);
        look_until(&mut book, &service, |book| book.ended().count() == 2);
        reading.join().unwrap();
        service.forget(failed);
        book.refresh(&service, Instant::now());
        assert_eq!(book.rows.len(), 1);
        assert!(same(&book, &service));

        let receiver = service.receive(ReceiveSpec::into_folder(folder.path(), Way::Raw));
        let listens =
            |book: &TransferBook| matches!(book.receivers.first().unwrap().state, ReceiverState::Listening(_));
        book.refresh(&service, Instant::now());
        look_until(&mut book, &service, listens);
        service.stop(receiver);
        look_until(&mut book, &service, |book| book.receivers.first().unwrap().state == ReceiverState::Stopped);
        service.forget_receiver(receiver);
        book.refresh(&service, Instant::now());
        assert!(book.receivers.is_empty());
    }
}
