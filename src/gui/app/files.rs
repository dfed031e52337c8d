//! Files: those on their way, and what the system's dialogs and its file manager say.

use std::time::Instant;

use eframe::egui::Context;

use super::App;
use crate::{
    gui::transfers::{self, TransferAction, TransferBook},
    net::Wake as _,
};

impl App {
    /// Takes the answer of a dialog, and what other threads have to tell.
    pub(super) fn look_at_dialogs(&mut self) {
        let notice = self.dialogs.poll(&mut self.actions);
        for notice in self.told.1.try_iter().chain(notice) {
            // Once, however often it was tried.
            if !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
    }

    /// Looks at the files on their way: after a wake, and again soon while something moves.
    pub(super) fn look_at_transfers(&mut self, ctx: &Context) {
        self.model.transfers.refresh(&self.transfers, Instant::now());
        // The lists tell everything; the notices are for whoever would rather wait.
        while self.transfers.notices().try_recv().is_ok() {}
        if self.model.transfers.is_lively() {
            ctx.request_repaint_after(TransferBook::LOOK);
        }
    }

    /// Does what the user asks of transfers.
    pub(super) fn transfer(&mut self, action: TransferAction) {
        match action {
            TransferAction::Send(spec) => {
                self.transfers.send(spec);
            }
            TransferAction::Receive(spec) => {
                self.transfers.receive(spec);
            }
            TransferAction::Stop(id) => self.transfers.stop(id),
            TransferAction::ForgetReceiver(id) => self.transfers.forget_receiver(id),
            // Somebody may have withdrawn it a moment ago; then it leaves the window in the next frame.
            TransferAction::Answer(id, answer) => drop(self.transfers.answer(id, answer)),
            TransferAction::Pause(id) => self.transfers.pause(id),
            TransferAction::Unpause(id) => self.transfers.unpause(id),
            TransferAction::Cancel(id) => self.transfers.cancel(id),
            TransferAction::Resume(id) => {
                // The new one stands for it from now on: else it could be resumed once more beside it.
                if self.transfers.resume(id).is_some() {
                    self.transfers.forget(id);
                }
            }
            TransferAction::PutBack(id) => {
                if let Some(spec) = self.transfers.spec(id) {
                    self.view.transfer.add(spec.paths);
                }
            }
            TransferAction::ForgetEnded => {
                let ended: Vec<_> = self.model.transfers.ended().map(|row| row.transfer.id).collect();
                for id in ended {
                    self.transfers.forget(id);
                }
            }
            TransferAction::OpenFolder(folder) => {
                let (told, waker) = (self.told.0.clone(), self.waker.clone());
                transfers::open_folder(folder, move |notice| {
                    // Without room there is more to read already than anybody does.
                    told.try_send(notice).ok();
                    waker.wake();
                });
            }
            TransferAction::Set(settings) => self.model.settings.transfer = settings,
        }
        self.model.transfers.refresh(&self.transfers, Instant::now());
    }
}
