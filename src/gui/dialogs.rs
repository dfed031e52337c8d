//! The system's file dialogs, which must never make the window wait.
//!
//! rfd builds a dialog on the window's thread (macOS insists) and its answer is awaited on another. On Linux a
//! portal that hangs never answers, so there is one dialog at a time, it can be given up, and every place that
//! asks for a file also takes a typed path.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, TryRecvError};

use super::{
    actions::{Action, Actions, FileFor, FileProblem},
    notice::Notice,
};
use crate::net::Wake;

/// The largest file of text that is read, in bytes.
const LARGEST: u64 = 1_000_000;

/// The dialog that is open, if one is.
#[derive(Default)]
pub struct Dialogs {
    open: Option<Open>,
}

struct Open {
    purpose: FileFor,
    answer: Receiver<Option<Action>>,
    since: Instant,
}

/// Nobody sees a dialog and closes it in so short a time: there was none. rfd tells both alike.
const UNSEEN: Duration = Duration::from_millis(300);

impl Dialogs {
    /// Opens a dialog, unless one is open.
    pub fn ask(&mut self, purpose: FileFor, dialog: rfd::AsyncFileDialog, wake: Arc<dyn Wake>) {
        if self.open.is_some() {
            return;
        }
        let (sender, answer) = crossbeam_channel::bounded(1);
        let one = |file: Option<rfd::FileHandle>| file.map(|file| vec![file]);
        let future: std::pin::Pin<Box<dyn Future<Output = Option<Vec<rfd::FileHandle>>> + Send>> = match &purpose {
            FileFor::Send { .. } | FileFor::OpenRules | FileFor::ImportPreset => {
                let future = dialog.pick_file();
                Box::pin(async move { one(future.await) })
            }
            FileFor::SaveTraffic | FileFor::SaveRules(_) | FileFor::ExportPreset(_) | FileFor::SaveCapture(_) => {
                let future = dialog.save_file();
                Box::pin(async move { one(future.await) })
            }
            FileFor::TransferFiles => Box::pin(dialog.pick_files()),
            FileFor::TransferFolder | FileFor::TransferInto => {
                let future = dialog.pick_folder();
                Box::pin(async move { one(future.await) })
            }
        };
        let chosen_for = purpose.clone();
        let waiting = thread::Builder::new().name("file-dialog".into()).spawn(move || {
            let chosen = pollster::block_on(future);
            let paths = chosen.into_iter().flatten().map(|file| file.path().to_owned()).collect();
            // Nobody listens any more if the dialog was given up.
            sender.send(answer_of(chosen_for, paths)).ok();
            wake.wake();
        });
        match waiting {
            Ok(_) => self.open = Some(Open { purpose, answer, since: Instant::now() }),
            Err(error) => log::warn!("no thread for a file dialog: {error}"),
        }
    }

    /// What the open dialog is for.
    pub fn open(&self) -> Option<&FileFor> {
        self.open.as_ref().map(|open| &open.purpose)
    }

    /// Stops waiting for the dialog; its answer will be ignored.
    pub fn give_up(&mut self) {
        self.open = None;
    }

    /// Passes the answer on if there is one; returns what the user should know if there was no dialog.
    pub fn poll(&mut self, actions: &mut Actions) -> Option<Notice> {
        let open = self.open.as_ref()?;
        let unseen = match open.answer.try_recv() {
            Ok(Some(action)) => {
                actions.push(action);
                false
            }
            Ok(None) | Err(TryRecvError::Disconnected) => open.since.elapsed() < UNSEEN,
            Err(TryRecvError::Empty) => return None,
        };
        self.open = None;
        unseen.then_some(Notice::NoDialog)
    }
}

/// What becomes of the chosen files; `None` if none was chosen. Small files of text are read and written here, because a
/// disk may be slow too.
fn answer_of(purpose: FileFor, mut paths: Vec<PathBuf>) -> Option<Action> {
    if matches!(purpose, FileFor::TransferFiles | FileFor::TransferFolder) {
        return (!paths.is_empty()).then_some(Action::FilesChosen(paths));
    }
    let path = paths.pop()?;
    Some(match &purpose {
        FileFor::OpenRules | FileFor::ImportPreset => {
            let text = read_text(&path);
            Action::FileRead(purpose, path, text)
        }
        FileFor::SaveRules(text) | FileFor::ExportPreset(text) => {
            let written = fs::write(&path, text).map_err(problem);
            Action::FileWritten(purpose, path, written)
        }
        FileFor::SaveCapture(bytes) => {
            let written = fs::write(&path, bytes).map_err(problem);
            Action::FileWritten(purpose, path, written)
        }
        FileFor::Send { .. }
        | FileFor::SaveTraffic
        | FileFor::TransferFiles
        | FileFor::TransferFolder
        | FileFor::TransferInto => Action::FileChosen(purpose, path),
    })
}

/// The text of a small file.
///
/// # Errors
/// The system does not give it, it is no text, or it is too large.
pub(super) fn read_text(path: &Path) -> Result<String, FileProblem> {
    let mut text = String::new();
    let mut file = fs::File::open(path).map_err(problem)?.take(LARGEST + 1);
    let bytes = file.read_to_string(&mut text).map_err(problem)?;
    if bytes as u64 > LARGEST { Err(FileProblem::TooLarge) } else { Ok(text) }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn problem(error: io::Error) -> FileProblem {
    FileProblem::System(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_and_read_and_large_files_are_no_rules() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("规则.toml");
        let save = FileFor::SaveRules("encoding = \"gbk\"".into());
        assert!(matches!(answer_of(save, vec![path.clone()]), Some(Action::FileWritten(_, _, Ok(())))));
        let read = answer_of(FileFor::OpenRules, vec![path.clone()]);
        let Some(Action::FileRead(_, _, Ok(text))) = read else { panic!() };
        assert_eq!(text, "encoding = \"gbk\"");
        fs::write(&path, vec![b' '; LARGEST as usize + 1]).unwrap();
        assert_eq!(read_text(&path), Err(FileProblem::TooLarge));
        fs::write(&path, [0xFF]).unwrap();
        assert!(matches!(read_text(&path), Err(FileProblem::System(_))));
        assert!(matches!(read_text(folder.path()), Err(FileProblem::System(_))));
    }
}
