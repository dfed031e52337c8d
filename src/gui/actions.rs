//! What views ask for. They push; the window carries out after painting, so that no view changes what another
//! one is just showing.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::{
    chat::ChatSettings,
    commands::UiCommand,
    draft::NewKind,
    settings::{Framings, JournalLimit},
    theme::ThemeChoice,
    tr,
    transfers::TransferAction,
    views::{Place, lens::Taken, rules::Subject},
};
use crate::{
    export::code::Language,
    journal::SocketId,
    net::{Command, SocketSpec, UdpSpec},
    preset::Preset,
    text::Composition,
    words::Lang,
};

/// One thing to be done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Open a socket.
    Open(SocketSpec),
    /// Open a socket that the user described, and remember it among the recent ones.
    OpenNew(SocketSpec),
    /// Open the socket of a classic program.
    OpenPreset(Box<Preset>),
    /// Show the form with this socket.
    ShowSpec(SocketSpec),
    /// Show the form with the socket of a classic program.
    ShowPreset(Box<Preset>),
    /// Ask what a socket shall be called as a preset.
    ShowSavePreset(SocketId),
    /// Keep a preset among the user's own.
    SavePreset(Box<Preset>),
    /// Delete the user's preset of this name.
    DeletePreset(String),
    /// No longer show what is to be watched on a socket.
    DismissWatch(SocketId),
    /// Open two sockets that talk to each other.
    OpenPair(Pair),
    /// Open a closed socket again, as it was.
    Reopen(SocketId),
    /// Take a closed socket off the bench. Its rows stay.
    Forget(SocketId),
    /// Show this socket in the middle.
    Select(Option<SocketId>),
    /// A verb on a socket.
    Verb(SocketId, Command),
    /// Close every open connection of a listener.
    CloseAll(SocketId),
    /// Keep a socket among the favourites, or no longer.
    ToggleFavourite(SocketSpec),
    /// Switch the language.
    SetLang(Lang),
    /// Switch the theme.
    SetTheme(ThemeChoice),
    /// Enlarge everything to this percentage.
    SetZoom(u16),
    /// How much traffic is kept.
    SetJournal(JournalLimit),
    /// What the composer starts with next time.
    SetComposition(Composition),
    /// How the messages of a socket, or of the connections of a listener, are framed.
    SetFramings(SocketId, Framings),
    /// How they are framed where nothing was chosen.
    SetUsualFramings(Framings),
    /// The longest message that is gathered from a stream, in bytes.
    SetMessageLimit(usize),
    /// Show the boundaries of messages under the table, or only their sentence.
    SetBoundaries(bool),
    /// Ask whether every row is to be dropped.
    ClearJournal,
    /// Drop every row.
    ClearJournalNow,
    /// Open a socket and chat with it.
    OpenChat(UdpSpec),
    /// Chat with a UDP socket that is there already, or with none.
    UseForChat(Option<SocketId>),
    /// What came from this address was looked at.
    ChatSeen(SocketAddr),
    /// What lasts of the chat.
    SetChat(ChatSettings),
    /// Files on their way.
    Transfer(TransferAction),
    /// Put text on the clipboard.
    Copy(String),
    /// Put a program that does what a socket does on the clipboard.
    CopyCode(String, Language),
    /// Show the form for a new socket.
    ShowNew(NewKind),
    /// Edit what a socket answers.
    EditRules(Subject),
    /// Show the settings.
    ShowSettings,
    /// Show this row of a socket in its traffic.
    ShowRow(SocketId, u64),
    /// Look at this in the encoding lens; at nothing new: at what was there.
    ShowLens(Option<Box<Taken>>),
    /// Show this part of the program.
    ShowPlace(Place),
    /// Run a command of the palette.
    Run(UiCommand),
    /// Ask for a file, in a dialog of the system.
    ChooseFile(FileFor),
    /// A file was chosen.
    FileChosen(FileFor, PathBuf),
    /// Files were chosen, or dropped on the window.
    FilesChosen(Vec<PathBuf>),
    /// A file of text was chosen and read.
    FileRead(FileFor, PathBuf, Result<String, FileProblem>),
    /// A file was chosen and written.
    FileWritten(FileFor, PathBuf, Result<(), FileProblem>),
}

/// What a file is chosen for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFor {
    /// To send its bytes.
    Send {
        /// From this socket.
        socket: SocketId,
        /// UDP: to this address.
        to: Option<SocketAddr>,
    },
    /// To send them to another computer, with their names.
    TransferFiles,
    /// To send it, with what is in it.
    TransferFolder,
    /// To put received files into.
    TransferInto,
    /// To save the traffic on show.
    SaveTraffic,
    /// To read rules from.
    OpenRules,
    /// To write rules to; their text.
    SaveRules(String),
    /// To read a preset from, to keep it.
    ImportPreset,
    /// To write a preset to, to share it; its text.
    ExportPreset(String),
    /// To write a simulated capture to; its bytes.
    SaveCapture(std::sync::Arc<[u8]>),
}

/// Why a file of text could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileProblem {
    /// In the system's words.
    System(String),
    /// It is larger than such files are.
    TooLarge,
}

impl FileProblem {
    /// Says that the file could not be read.
    pub fn unreadable(&self, lang: Lang, path: &Path) -> String {
        match self {
            Self::System(error) => tr!(lang, "editor.unreadable", path = path.display(), error = error),
            Self::TooLarge => tr!(lang, "editor.too_large", path = path.display()),
        }
        .into_owned()
    }

    /// Says that the file could not be written.
    pub fn unwritable(&self, lang: Lang, path: &Path) -> String {
        let Self::System(error) = self else { return self.unreadable(lang, path) };
        tr!(lang, "editor.unwritable", path = path.display(), error = error).into_owned()
    }
}

/// Two sockets that talk to each other, for a first try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// A TCP echo server and a client of it.
    Tcp,
    /// A UDP echo socket and one connected to it.
    Udp,
}

/// Where views push to.
#[derive(Debug, Default)]
pub struct Actions {
    queue: Vec<Action>,
}

impl Actions {
    /// Asks for something to be done after painting.
    pub fn push(&mut self, action: Action) {
        self.queue.push(action);
    }

    /// Asks for these.
    pub fn extend(&mut self, actions: impl IntoIterator<Item = Action>) {
        self.queue.extend(actions);
    }

    /// A verb on a socket.
    pub fn verb(&mut self, id: SocketId, command: Command) {
        self.push(Action::Verb(id, command));
    }

    /// What was asked for since the last time, in order.
    pub fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.queue)
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
