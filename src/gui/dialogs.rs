//! The system's file dialogs, which must never make the window wait.
//!
//! rfd builds a dialog on the window's thread (macOS insists) and its answer is awaited on another. On Linux a
//! portal that hangs never answers, so there is one dialog at a time, it can be given up, and every place that
//! asks for a file also takes a typed path.

use std::{path::PathBuf, sync::Arc, thread};

use crossbeam_channel::{Receiver, TryRecvError};

use super::actions::{Action, Actions, FileFor};
use crate::net::Wake;

/// The dialog that is open, if one is.
#[derive(Default)]
pub struct Dialogs {
    open: Option<Open>,
}

struct Open {
    purpose: FileFor,
    answer: Receiver<Option<PathBuf>>,
}

impl Dialogs {
    /// Opens a dialog, unless one is open.
    pub fn ask(&mut self, purpose: FileFor, dialog: rfd::AsyncFileDialog, wake: Arc<dyn Wake>) {
        if self.open.is_some() {
            return;
        }
        let (sender, answer) = crossbeam_channel::bounded(1);
        let future: std::pin::Pin<Box<dyn Future<Output = Option<rfd::FileHandle>> + Send>> = match &purpose {
            FileFor::Send { .. } => Box::pin(dialog.pick_file()),
            FileFor::SaveTraffic => Box::pin(dialog.save_file()),
        };
        let waiting = thread::Builder::new().name("file-dialog".into()).spawn(move || {
            let chosen = pollster::block_on(future).map(|file| file.path().to_owned());
            // Nobody listens any more if the dialog was given up.
            sender.send(chosen).ok();
            wake.wake();
        });
        match waiting {
            Ok(_) => self.open = Some(Open { purpose, answer }),
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

    /// Passes the answer on if there is one.
    pub fn poll(&mut self, actions: &mut Actions) {
        let Some(open) = &self.open else { return };
        match open.answer.try_recv() {
            Ok(Some(path)) => actions.push(Action::FileChosen(open.purpose.clone(), path)),
            Ok(None) | Err(TryRecvError::Disconnected) => {}
            Err(TryRecvError::Empty) => return,
        }
        self.open = None;
    }
}
