//! What is remembered of a batch that may break off, so that the next try goes on where it broke.
//!
//! A file `.twocan.<hash>.resume` beside what is received, of a line of JSON for each folder that was made, part that was
//! begun and file that is whole. Its name is the hash of who sends and of everything that is offered, so that only the
//! same offer from the same address finds it; no stranger can plant one ([`name`](crate::transfer::name) sees to that),
//! and what it says is opened like everything else, below the folder and without following links. What it says about
//! bytes is not believed either: a part is read and hashed, and the sender compares. It goes with the last file.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read as _, Write as _},
    sync::Arc,
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::{
    Folder,
    system::{create, open_part},
};
use crate::transfer::name::{OURS, SafeName};

/// Bytes that are read of it at most; a hundred thousand entries have fewer.
const BYTES: u64 = 64 << 20;

/// The memory of a batch.
pub struct Kept {
    folder: Arc<Folder>,
    name: String,
    file: File,
    /// Folders that were made: what the sender calls them, and where they are below the root.
    pub folders: Vec<(SafeName, SafeName)>,
    /// Parts that were begun, by entry: their names in their folders.
    parts: BTreeMap<u32, String>,
    /// Files that are whole, by entry.
    whole: BTreeMap<u32, Whole>,
    /// Whether anything is worth keeping.
    worth: bool,
}

#[derive(Clone, Debug)]
struct Whole {
    at: SafeName,
    size: u64,
    hash: [u8; 32],
    /// What the system said, which is not always what it was asked for.
    modified: Option<SystemTime>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Folder {
        name: String,
        at: String,
    },
    Part {
        entry: u32,
        part: String,
    },
    Whole {
        entry: u32,
        at: String,
        size: u64,
        hash: String,
        #[serde(default)]
        modified: Option<SystemTime>,
    },
}

impl Kept {
    /// Opens the memory of an offer with this hash; `None` if there is none, or another receiver has it.
    pub fn open(folder: &Arc<Folder>, id: &[u8; 32]) -> Option<Self> {
        let name = file_name(id);
        let file = open_part(&folder.root, &name).ok().flatten()?;
        let mut text = String::new();
        // Lines that make no sense (the last one of a machine that lost power) are lines that were never written.
        (&file).take(BYTES).read_to_string(&mut text).ok();
        let (folders, parts, whole) = Default::default();
        let mut kept = Self { folder: Arc::clone(folder), name, file, folders, parts, whole, worth: !text.is_empty() };
        for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            kept.take(line);
        }
        Some(kept)
    }

    /// Begins one; `None` if it cannot be made, which costs nothing but a resume.
    pub fn begin(folder: &Arc<Folder>, id: &[u8; 32]) -> Option<Self> {
        let name = file_name(id);
        let file = create(&folder.root, &name).ok()?;
        file.try_lock().ok();
        let (folders, parts, whole) = Default::default();
        Some(Self { folder: Arc::clone(folder), name, file, folders, parts, whole, worth: false })
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Folder { name, at } => {
                if let (Ok(name), Ok(at)) = (SafeName::parse(&name), SafeName::parse(&at)) {
                    self.folders.push((name, at));
                }
            }
            Line::Part { entry, part } => {
                // One part of a path: a name that was made here is safe, and stays as it is.
                let ours = part.strip_prefix('.').and_then(|part| part.strip_suffix(".part"));
                if ours.is_some_and(|part| !part.contains(['/', '\\'])) {
                    self.parts.insert(entry, part);
                }
            }
            Line::Whole { entry, at, size, hash, modified } => {
                if let (Ok(at), Ok(hash)) = (SafeName::parse(&at), blake3::Hash::from_hex(&hash)) {
                    self.parts.remove(&entry);
                    self.whole.insert(entry, Whole { at, size, hash: *hash.as_bytes(), modified });
                }
            }
        }
    }

    /// The part of an entry, if one was begun.
    pub fn part(&self, entry: u32) -> Option<&str> {
        self.parts.get(&entry).map(String::as_str)
    }

    /// The hash of an entry that is whole, and still is what was saved, as far as its size and time tell.
    pub fn whole(&self, entry: u32, size: u64) -> Option<(SafeName, [u8; 32])> {
        let whole = self.whole.get(&entry).filter(|whole| whole.size == size)?;
        let metadata = self.folder.root.symlink_metadata(whole.at.to_string()).ok()?;
        let same_time = whole.modified.is_some() && modified(&metadata) == whole.modified;
        (metadata.is_file() && metadata.len() == size && same_time).then(|| (whole.at.clone(), whole.hash))
    }

    /// A folder was made.
    pub fn made(&mut self, name: &SafeName, at: &str) {
        self.write(&Line::Folder { name: name.to_string(), at: at.to_owned() });
    }

    /// A part was begun.
    pub fn begun(&mut self, entry: u32, part: &str) {
        self.write(&Line::Part { entry, part: part.to_owned() });
    }

    /// A file is whole.
    pub fn saved(&mut self, entry: u32, at: &str, size: u64, hash: [u8; 32]) {
        let hash = blake3::Hash::from_bytes(hash).to_hex().to_string();
        let modified = self.folder.root.symlink_metadata(at).ok().and_then(|metadata| modified(&metadata));
        self.write(&Line::Whole { entry, at: at.to_owned(), size, hash, modified });
    }

    /// Removes it: there is nothing to resume.
    pub fn forget(self) {
        // Gone already, or the folder is.
        self.folder.root.remove_file(&self.name).ok();
    }

    /// Leaves it for the next try, if there is anything to go on with.
    pub fn leave(self, parts: bool) {
        if !parts && !self.worth && self.whole.is_empty() {
            self.forget();
        }
    }

    fn write(&mut self, line: &Line) {
        let Ok(mut text) = serde_json::to_string(line) else { return };
        text.push('\n');
        // Without it the next try begins anew: no reason to end this one.
        if self.file.write_all(text.as_bytes()).is_ok()
            && let Line::Whole { .. } = line
        {
            self.worth = true;
        }
    }
}

fn modified(metadata: &cap_std::fs::Metadata) -> Option<SystemTime> {
    metadata.modified().ok().map(cap_std::time::SystemTime::into_std)
}

fn file_name(id: &[u8; 32]) -> String {
    let hex = blake3::Hash::from_bytes(*id).to_hex();
    format!("{OURS}{}.resume", hex.get(..16).unwrap_or_default())
}
