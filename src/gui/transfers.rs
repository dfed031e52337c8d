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

use crate::transfer::{
    Answer, Offer, Partial, ReceiveSpec, ReceiverId, ReceiverRow, ReceiverState, SendSpec, State, Transfer, TransferId,
    Transfers, Way,
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
            partial: Partial::Keep,
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
        let bytes = self.transfer.progress.bytes;
        let Some((then, before)) = self.sampled else {
            self.sampled = Some((now, bytes));
            return;
        };
        let passed = now.saturating_duration_since(then);
        if passed < TransferBook::SAMPLE {
            return;
        }
        self.sampled = Some((now, bytes));
        if self.transfer.state == State::Moving {
            self.rates.push_back(bytes.saturating_sub(before) as f64 / passed.as_secs_f64());
            if self.rates.len() > TransferBook::SAMPLES {
                self.rates.pop_front();
            }
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
}

impl TransferBook {
    /// From one look at the lists to the next while something is under way.
    pub const LOOK: Duration = Duration::from_millis(100);
    /// From one sample of a rate to the next.
    pub const SAMPLE: Duration = Duration::from_millis(250);
    /// Samples that are kept.
    pub const SAMPLES: usize = 120;

    /// Takes the service's lists over.
    pub fn refresh(&mut self, service: &Transfers, now: Instant) {
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

    /// Those under way, oldest first.
    pub fn under_way(&self) -> impl Iterator<Item = &TransferRow> {
        self.rows.iter().filter(|row| row.transfer.outcome.is_none() && row.transfer.state != State::Asking)
    }

    /// Those that have ended, the newest first.
    pub fn ended(&self) -> impl Iterator<Item = &TransferRow> {
        self.rows.iter().rev().filter(|row| row.transfer.outcome.is_some())
    }
}

/// Shows a folder in the system's file manager. The path is one that the user chose here, never a peer's.
pub fn open_folder(folder: &Path) {
    let program = if cfg!(target_os = "windows") {
        "explorer"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = std::process::Command::new(program);
    command.arg(folder).stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    let spawned = command.stderr(std::process::Stdio::null()).spawn();
    let Ok(mut child) = spawned.inspect_err(|error| log::warn!("{program}: {error}")) else { return };
    // Somebody has to wait for it, or it stays as a zombie.
    let waiting = std::thread::Builder::new().name("file-manager".into()).spawn(move || child.wait().ok());
    if let Err(error) = waiting {
        log::warn!("no thread for a file manager: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
