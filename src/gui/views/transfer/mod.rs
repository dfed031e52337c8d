//! Transfer: files to the machine across the table, and from it.
//!
//! At the left whom to send to and where to receive, in the middle what is to be sent, what is under way and what is
//! done, at the right what others offer. Nothing is taken without a click.

pub mod bar;
mod done;
mod incoming;
mod now;
mod paths;
mod receive;
mod send;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use egui::{CentralPanel, Frame, Panel, ScrollArea, Ui};

use super::Cx;
use crate::{
    gui::{
        theme::{self, TokensExt as _},
        tr,
    },
    transfer::{TransferId, Way},
    words::{Lang, number},
};

/// What the place keeps from one frame to the next.
#[derive(Default)]
pub struct TransferState {
    /// What is to be sent.
    pub paths: Vec<PathBuf>,
    /// What is found there.
    finds: paths::Finds,
    /// A path as typed.
    typed_path: String,
    /// To whom, as typed.
    to: String,
    /// Bytes a second over UDP, as typed; empty for as fast as it goes.
    pace: String,
    /// Where a receiver is to listen and where its files go, as typed; until then those of last time.
    bind: Option<String>,
    folder: Option<String>,
    /// Entries of an offer that the user does not want.
    unwanted: BTreeMap<TransferId, BTreeSet<u32>>,
    /// How many files of an ended transfer are listed one by one.
    opened: BTreeMap<TransferId, usize>,
}

impl TransferState {
    /// Adds files and folders that are to be sent, each once.
    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        for path in paths {
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
        }
    }

    /// Takes over a folder that was chosen for received files.
    pub fn receive_into(&mut self, folder: &std::path::Path) {
        self.folder = Some(folder.display().to_string());
    }
}

/// Paints the place.
pub fn transfer_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut TransferState) {
    let tokens = ui.tokens();
    let flat = Frame::new().fill(tokens.panel);
    let width = ui.ctx().content_rect().width();
    state.opened.retain(|id, _| cx.model.transfers.rows.iter().any(|row| row.transfer.id == *id));
    state.unwanted.retain(|id, _| cx.model.transfers.offers.iter().any(|offer| offer.transfer == *id));
    // At 200 % there is room for two columns only: then offers stand at the top of the middle one.
    let narrow = width < 960.0;
    Panel::left("transfer_left").exact_size(if narrow { 264.0 } else { 328.0 }).resizable(false).frame(flat).show(
        ui,
        |ui| {
            ScrollArea::vertical().id_salt("left").auto_shrink(false).show(ui, |ui| {
                Frame::new().inner_margin(14).show(ui, |ui| {
                    send::address_ui(ui, cx, state);
                    ui.add_space(16.0);
                    receive::receive_ui(ui, cx, state);
                });
            });
        },
    );
    if !narrow {
        Panel::right("incoming").exact_size(320.0).resizable(false).frame(flat).show(ui, |ui| {
            incoming::incoming_ui(ui, cx, state);
        });
    }
    let background = Frame::new().fill(tokens.background);
    CentralPanel::no_frame().frame(background).show(ui, |ui| {
        ScrollArea::vertical().id_salt("middle").auto_shrink(false).show(ui, |ui| {
            Frame::new().inner_margin(egui::Margin::symmetric(20, 16)).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 8.0;
                if narrow && !cx.model.transfers.offers.is_empty() {
                    incoming::offers_ui(ui, cx, state);
                }
                send::drop_ui(ui, cx, state);
                now::now_ui(ui, cx);
                done::done_ui(ui, cx, state);
            });
        });
    });
}

/// The name of a way to send, and what it is for.
fn way_words(lang: Lang) -> [(Way, String, String); 4] {
    [
        (Way::Framed, tr!(lang, "transfer_window.framed"), tr!(lang, "transfer_window.framed_tip")),
        (Way::Raw, tr!(lang, "transfer_window.raw"), tr!(lang, "transfer_window.raw_tip")),
        (Way::Helper, tr!(lang, "transfer_window.helper"), tr!(lang, "transfer_window.helper_tip")),
        (Way::Udp, tr!(lang, "transfer_window.udp"), tr!(lang, "transfer_window.udp_tip")),
    ]
    .map(|(way, word, tip)| (way, word.into_owned(), tip.into_owned()))
}

/// What the chosen way promises, and what it does not.
fn way_tip(lang: Lang, way: Way) -> String {
    way_words(lang).into_iter().find(|(each, ..)| *each == way).map(|(.., tip)| tip).unwrap_or_default()
}

/// `3 files and 1 folder`
fn files_and_folders(lang: Lang, files: usize, folders: usize) -> String {
    let files_text = match files {
        1 => tr!(lang, "transfer_window.one_file"),
        files => tr!(lang, "transfer_window.n_files", count = number::grouped(files as u64)),
    };
    let folders_text = match folders {
        0 => return files_text.into_owned(),
        1 => tr!(lang, "transfer_window.one_folder"),
        folders => tr!(lang, "transfer_window.n_folders", count = number::grouped(folders as u64)),
    };
    if files == 0 {
        return folders_text.into_owned();
    }
    tr!(lang, "transfer_window.files_and_folders", files = files_text, folders = folders_text).into_owned()
}

fn section(ui: &mut Ui, text: &str) {
    ui.label(theme::section(ui, text));
}
