//! What is sent: the files and folders that were named, and what is in them.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::Digest as _;

use super::{
    name::{self, DEPTH, NameError},
    options::Way,
    reason::{DiskFault, Reason},
};

#[cfg(target_os = "linux")]
const NONBLOCK: i32 = libc::O_NONBLOCK;
/// macOS and the BSDs.
#[cfg(all(unix, not(target_os = "linux")))]
const NONBLOCK: i32 = 0x0004;

/// Files and folders that one send may have.
const ITEMS: usize = 1_000_000;

/// A file or folder that is to be sent.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub path: PathBuf,
    /// Its name with the folders that were named, `/` between parts. Empty where it has none in UTF-8.
    pub name: String,
    pub folder: bool,
    pub size: u64,
    pub modified: Option<SystemTime>,
    /// Why it cannot be sent.
    pub wrong: Option<Reason>,
}

/// What was named, in order, with what is in it. What cannot be sent, or is not, has a reason.
pub(super) fn items(paths: &[PathBuf], way: Way, stop: &mut dyn FnMut() -> bool) -> Result<Vec<Item>, Reason> {
    let mut items = Vec::new();
    for path in paths {
        // `.` and `..` have names too, once they are looked at.
        let named = path.file_name().map_or_else(|| path.canonicalize().ok(), |_| Some(path.clone()));
        let name = named.as_deref().and_then(Path::file_name).unwrap_or_default().to_owned();
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => {
                items.push(Item {
                    wrong: Some(Reason::disk(&error, &path.display().to_string())),
                    ..item(path.clone(), name.to_str(), &name::shown(&name.to_string_lossy()))
                });
                continue;
            }
        };
        add(&mut items, path.clone(), name.to_str(), "", &metadata, 0, stop)?;
    }
    if !way.keeps_folders() {
        items.retain(|item| !item.folder || item.wrong.is_some());
    }
    if items.is_empty() { Err(Reason::Nothing) } else { Ok(items) }
}

fn item(path: PathBuf, name: Option<&str>, shown: &str) -> Item {
    let wrong = if name.is_none() { Some(NameError::Encoding.into()) } else { None };
    Item { path, name: name.unwrap_or(shown).to_owned(), folder: false, size: 0, modified: None, wrong }
}

fn add(
    items: &mut Vec<Item>,
    path: PathBuf,
    name: Option<&str>,
    around: &str,
    metadata: &fs::Metadata,
    depth: usize,
    stop: &mut dyn FnMut() -> bool,
) -> Result<(), Reason> {
    if stop() {
        return Err(Reason::Cancelled);
    }
    if items.len() >= ITEMS {
        return Err(Reason::TooMany { announced: items.len() as u64 + 1, limit: ITEMS as u64 });
    }
    let lossy = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let whole = below(around, name.unwrap_or(&lossy));
    let mut item = item(path, name.map(|_| whole.as_str()), &whole);
    item.folder = metadata.is_dir();
    item.modified = metadata.modified().ok();
    if depth >= DEPTH && item.wrong.is_none() {
        item.wrong = Some(NameError::Deep.into());
    }
    if !item.folder {
        item.size = metadata.len();
        if !metadata.is_file() {
            item.wrong = Some(Reason::Disk { what: DiskFault::NotFile, path: name::shown(&whole), errno: 0 });
        }
        items.push(item);
        return Ok(());
    }
    let entries = fs::read_dir(&item.path);
    let whole_wrong = item.wrong.is_some();
    let here = items.len();
    items.push(item);
    if whole_wrong {
        return Ok(());
    }
    let entries = match entries.and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(mut entries) => {
            // The same folder is offered in the same order each time, which is how a receiver knows it again.
            entries.sort_by_key(fs::DirEntry::file_name);
            entries
        }
        Err(error) => {
            if let Some(item) = items.get_mut(here) {
                item.wrong = Some(Reason::disk(&error, &whole));
            }
            return Ok(());
        }
    };
    for entry in entries {
        let path = entry.path();
        // Not following: a link to a folder around it would never end, and one to elsewhere was not meant.
        let wrong = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => None,
            Ok(metadata) => {
                add(items, path, entry.file_name().to_str(), &whole, &metadata, depth + 1, stop)?;
                continue;
            }
            Err(error) => Some(error),
        };
        let name = below(&whole, &entry.file_name().to_string_lossy());
        let link = || Reason::Disk { what: DiskFault::Link, path: name::shown(&name), errno: 0 };
        items.push(left_out(path, &name, wrong.map_or_else(link, |error| Reason::disk(&error, &name))));
    }
    Ok(())
}

fn left_out(path: PathBuf, name: &str, wrong: Reason) -> Item {
    Item { wrong: Some(wrong), ..item(path, Some(name), name) }
}

/// The name of what is in a folder, or at the top.
fn below(around: &str, name: &str) -> String {
    if around.is_empty() { name.to_owned() } else { format!("{around}/{name}") }
}

/// Opens it, without waiting for a writer where it has become a FIFO.
fn open(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        match File::options().read(true).custom_flags(NONBLOCK).open(path) {
            // Somebody has a lease on it (fcntl(2), `F_SETLEASE`), and gives it back to whoever waits.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            opened => return opened,
        }
    }
    File::open(path)
}

/// A file that is being read and hashed.
pub(super) struct Reading {
    file: File,
    name: String,
    size: u64,
    at: u64,
    blake3: blake3::Hasher,
    sha256: Option<sha2::Sha256>,
}

impl Reading {
    /// Opens it; its size must still be what was announced.
    pub fn open(item: &Item, sha256: bool) -> Result<Self, Reason> {
        let failed = |error: &io::Error| Reason::disk(error, &item.name);
        let file = open(&item.path).map_err(|error| failed(&error))?;
        let metadata = file.metadata().map_err(|error| failed(&error))?;
        if metadata.len() != item.size || !metadata.is_file() {
            return Err(Reason::Changed);
        }
        let reading = Self {
            file,
            name: item.name.clone(),
            size: item.size,
            at: 0,
            blake3: blake3::Hasher::new(),
            sha256: sha256.then(sha2::Sha256::new),
        };
        if item.size == 0 {
            // The kernel's own files say so whatever is in them; nothing of such a one is sent.
            reading.check_end()?;
        }
        Ok(reading)
    }

    /// Bytes that are left to read.
    pub fn left(&self) -> u64 {
        self.size - self.at
    }

    /// Fills the buffer, or to the end of what was announced; how many bytes that are.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        let most = usize::try_from(self.left()).unwrap_or(usize::MAX).min(buffer.len());
        let room = buffer.get_mut(..most).unwrap_or_default();
        let mut filled = 0;
        while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read(rest) {
                Ok(0) => return Err(Reason::Changed),
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Reason::disk(&error, &self.name)),
            }
        }
        let bytes = room.get(..filled).unwrap_or_default();
        self.blake3.update(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        self.at += filled as u64;
        Ok(filled)
    }

    /// Reads from the beginning to `offset` and tells whether that has this hash; if not, it stands at the beginning.
    pub fn skip_to(
        &mut self,
        offset: u64,
        hash: &[u8; 32],
        buffer: &mut [u8],
        stop: &mut dyn FnMut() -> bool,
    ) -> Result<bool, Reason> {
        while self.at < offset {
            if stop() {
                return Err(Reason::Cancelled);
            }
            let most = usize::try_from(offset - self.at).unwrap_or(usize::MAX).min(buffer.len());
            self.fill(buffer.get_mut(..most).unwrap_or_default())?;
        }
        if self.at == offset && self.hash() == *hash {
            return Ok(true);
        }
        self.restart()?;
        Ok(false)
    }

    /// Stands at the beginning again.
    pub fn restart(&mut self) -> Result<(), Reason> {
        self.file.seek(SeekFrom::Start(0)).map_err(|error| Reason::disk(&error, &self.name))?;
        self.at = 0;
        self.blake3 = blake3::Hasher::new();
        self.sha256 = self.sha256.is_some().then(sha2::Sha256::new);
        Ok(())
    }

    /// The BLAKE3 of what was read.
    pub fn hash(&self) -> [u8; 32] {
        *self.blake3.finalize().as_bytes()
    }

    /// The SHA-256 of what was read, if that was asked for.
    pub fn sha256(&self) -> Option<[u8; 32]> {
        self.sha256.clone().map(|sha256| sha256.finalize().into())
    }

    /// Whether the file has grown meanwhile, or has more than its size says. What was sent is what it was when it was
    /// announced, or nearly.
    pub fn check_end(&self) -> Result<(), Reason> {
        let failed = |error: &io::Error| Reason::disk(error, &self.name);
        let now = self.file.metadata().map_err(|error| failed(&error))?.len();
        let more = (&self.file).read(&mut [0]).map_err(|error| failed(&error))?;
        if now == self.size && more == 0 { Ok(()) } else { Err(Reason::Changed) }
    }
}
