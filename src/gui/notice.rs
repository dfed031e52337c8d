//! What concerns the window rather than a socket, and is told in a strip under the top bar.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use super::actions::FileProblem;
use crate::{export::code::Language, net::responder::RulesError};

/// How long it is said that something went well.
pub const BRIEFLY: Duration = Duration::from_secs(4);

/// Something that the user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The settings could not be understood and were set aside; the defaults are in force.
    Broken {
        /// The file's name now.
        kept_as: PathBuf,
        /// The line that could not be understood, if one is to blame.
        line: Option<usize>,
    },
    /// The settings could not be read, or not be set aside; the defaults are in force and nothing will be saved.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: String,
    },
    /// The settings could not be written.
    NotSaved {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: String,
    },
    /// A file of the user's is no preset.
    NoPreset {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<RulesError>,
    },
    /// A file of a preset could not be read, written or deleted.
    PresetFile {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: FileProblem,
    },
    /// A folder that was to be shown is not there.
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing here shows folders.
    NoFileManager {
        /// The folder that was to be shown.
        path: PathBuf,
    },
    /// The system has opened no file dialog.
    NoDialog,
    /// Something went well that is not to be seen elsewhere; told for a moment.
    Done {
        /// What.
        what: Done,
        /// Since when it is told.
        since: Instant,
    },
}

/// What went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A preset was saved.
    PresetSaved(PathBuf),
    /// A program was copied; in which language it is written.
    Copied(Language),
}

impl Notice {
    /// That something went well.
    pub fn done(what: Done) -> Self {
        Self::Done { what, since: Instant::now() }
    }

    /// How long it is still to be told; `None` until it is closed.
    pub fn remaining(&self) -> Option<Duration> {
        match self {
            Self::Done { since, .. } => Some(BRIEFLY.saturating_sub(since.elapsed())),
            _ => None,
        }
    }
}
