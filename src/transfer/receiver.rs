//! Bytes from strangers put on disk: the one safe way, used by every way of receiving. Knows no protocol.
//!
//! Everything is opened relative to a handle of the folder (`cap-std`), part by part and without following links, so
//! that neither a name nor a link that is swapped in meanwhile leads elsewhere. A file is written as
//! `.name.random.part` beside its place, made with `create_new` and for nobody else to read, hashed as it is written, and
//! gets its name by a rename that replaces nothing. Only what this session made is ever removed, and what one made that
//! was killed (`begun`).
//!
//! **A rename that replaces nothing.** `renameat2(RENAME_NOREPLACE)` is Linux's alone, and cap-std does not have it.
//! `link(2)` is everywhere where files have more than one name and fails with EEXIST whatever has the name (a dangling
//! link too), so the file gets its name by a hard link and loses the one it was written under. Where the file system
//! has no hard links (FAT, exFAT, some shares) the name is taken first by an empty file of ours (`create_new`), over which the part is renamed.
//! Linux links what is open; elsewhere it is looked at afterwards whether the name stands for that, so that nothing put in
//! the part's place is ever told as what was hashed.

mod begun;
mod incoming;
mod kept;
mod system;

use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::SystemTime,
};

use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions},
};
use sha2::Digest as _;

use self::{
    begun::Begun,
    system::{create, has_two_names, open_folder, open_part, permissions},
};
pub use self::{
    incoming::{Incoming, Saved},
    kept::Kept,
};
use super::{
    name::{self, SafeName},
    reason::{DiskFault, Reason},
};

/// Names that are tried when others have the first ones.
const TRIES: u32 = 10_000;
/// Room that is left on the disk, at most: 1 % of the disk.
const MARGIN: u64 = 64 << 20;
/// Permissions of a file that is not whole yet: for nobody else.
const PRIVATE: u32 = 0o600;
/// A part of a name that is left of it in the name of its part-file.
const STEM: usize = 200;

/// A folder that files are received into.
pub struct Folder {
    root: Dir,
    path: PathBuf,
    /// The permissions that the umask leaves to a new file; never executable. Found out with the first file.
    mode: OnceLock<u32>,
}

impl Folder {
    /// Opens it. Nothing is written there before something is taken; parts of a process that was killed go.
    ///
    /// # Errors
    /// It is not there, is no folder, or may not be entered.
    pub fn open(path: &Path) -> Result<Self, Reason> {
        let failed = |error: &io::Error| Reason::disk(error, &path.display().to_string());
        let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| failed(&error))?;
        // It may have been opened for its path alone; what is in it is needed with the first file.
        root.entries().map_err(|error| failed(&error))?;
        // What cannot be removed stays: it is in nobody's way.
        begun::tidy(&root).ok();
        Ok(Self { root, path: path.to_owned(), mode: OnceLock::new() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that may be written, with some left for everybody else.
    ///
    /// # Errors
    /// The folder is gone, or the system does not tell.
    pub fn free(&self) -> Result<u64, Reason> {
        let stats = fs4::statvfs(&self.path).map_err(|error| self.failed(&error))?;
        Ok(stats.available_space().saturating_sub(MARGIN.min(stats.total_space() / 100)))
    }

    /// The permissions of a new file: 0666 less the umask, which nothing tells but a new file.
    fn mode(&self) -> u32 {
        *self.mode.get_or_init(|| {
            let probe = format!(".twocan-probe.{:08x}", fastrand::u32(..));
            let opened = self.root.open_with(&probe, OpenOptions::new().write(true).create_new(true));
            // Where not even that can be made, the file keeps what it was begun with.
            opened.map_or(PRIVATE, |file| {
                let mode = permissions(&file);
                drop(file);
                self.root.remove_file(&probe).ok();
                mode
            })
        })
    }

    fn failed(&self, error: &io::Error) -> Reason {
        Reason::disk(error, &self.path.display().to_string())
    }
}

/// How files are kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keeping {
    /// Parts of files stay when they break off.
    pub partial: bool,
    /// Force each file to the disk before it gets its name.
    pub sync: bool,
    /// Compute SHA-256 too.
    pub sha256: bool,
}

/// What one sender brings: the same folder names mean the same folders throughout.
pub struct Batch {
    folder: Arc<Folder>,
    keeping: Keeping,
    /// Folders by the parts that the sender calls them by, folded and joined by `/`.
    folders: HashMap<String, Place>,
    /// The list of parts; there with the first one.
    begun: Option<Arc<Begun>>,
}

/// An open folder.
#[derive(Clone)]
struct Place {
    dir: Arc<Dir>,
    /// Where it is below the root, for telling.
    path: PathBuf,
    /// Names that are taken in it, folded.
    taken: Arc<Mutex<HashSet<String>>>,
}

impl Batch {
    /// Begins with nothing.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn new(folder: Arc<Folder>, keeping: Keeping) -> Result<Self, Reason> {
        let dir = folder.root.try_clone().map_err(|error| folder.failed(&error))?;
        let root = Place::open(dir, PathBuf::new()).map_err(|error| folder.failed(&error))?;
        Ok(Self { folder, keeping, folders: HashMap::from([(String::new(), root)]), begun: None })
    }

    /// Names a folder of an earlier try again: what the sender calls `name` is at `place`, below the root.
    ///
    /// # Errors
    /// It is not there any more, or something else is in its place.
    pub fn again(&mut self, name: &SafeName, place: &SafeName) -> Result<(), Reason> {
        let mut dir = self.folder.root.try_clone().map_err(|error| self.folder.failed(&error))?;
        for part in place.parts() {
            dir = open_folder(&dir, part).map_err(|error| Reason::disk(&error, &place.to_string()))?;
        }
        let path = place.parts().iter().collect();
        let place = Place::open(dir, path).map_err(|error| Reason::disk(&error, &place.to_string()))?;
        self.folders.insert(key(name.parts()), place);
        Ok(())
    }

    /// Nothing is begun for a while: the list of parts goes as soon as they have. The next file makes a new one.
    pub fn rest(&mut self) {
        self.begun = None;
    }

    /// Makes a folder, with those around it; where it is below the root.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make_folder(&mut self, name: &SafeName) -> Result<PathBuf, Reason> {
        Ok(self.place(name.parts())?.path)
    }

    /// Begins a file.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn file(
        &mut self,
        name: &SafeName,
        size: Option<u64>,
        modified: Option<SystemTime>,
    ) -> Result<Incoming, Reason> {
        let (folders, last) = name.split();
        let place = self.place(folders)?;
        let failed = |error: &io::Error| Reason::disk(error, &name.to_string());
        let at = slashes(&place.path);
        if self.begun.is_none() {
            self.begun = Begun::new(&self.folder).map(Arc::new);
        }
        let mut part = String::new();
        for _ in 0..16 {
            part = format!(".{}.{:08x}.part", name::cut(last, STEM), fastrand::u32(..));
            if let Some(begun) = &self.begun {
                begun.announce(&at, &part);
            }
            match create(&place.dir, &part) {
                Ok(file) => {
                    // So that nobody goes on with it while it grows. File systems without locks do without.
                    file.try_lock().ok();
                    if let Some(begun) = self.begun.as_ref().filter(|_| !self.keeping.partial) {
                        begun.made(&at, &part, &file);
                    }
                    return Ok(Incoming {
                        file,
                        part,
                        name: last.to_owned(),
                        place,
                        folder: Arc::clone(&self.folder),
                        keeping: self.keeping,
                        size,
                        modified,
                        written: 0,
                        at: 0,
                        blake3: blake3::Hasher::new(),
                        sha256: self.keeping.sha256.then(sha2::Sha256::new),
                        reserved: 0,
                        settled: false,
                        _begun: self.begun.clone(),
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Err(Reason::Disk { what: DiskFault::Other, path: name::shown(&part), errno: 0 })
    }

    /// Goes on with a file of which an earlier try has left a part, after reading it; `None` if there is no such part.
    ///
    /// `stop` is asked between blocks and ends it.
    ///
    /// # Errors
    /// It cannot be read or written any more.
    pub fn file_again(
        &mut self,
        name: &SafeName,
        part: &str,
        size: u64,
        modified: Option<SystemTime>,
        stop: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Incoming>, Reason> {
        let (folders, last) = name.split();
        let place = self.place(folders)?;
        let failed = |error: &io::Error| Reason::disk(error, &name.to_string());
        let file = match open_part(&place.dir, part) {
            Ok(Some(file)) if !has_two_names(&file) => file,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&error)),
        };
        let mut incoming = Incoming {
            file,
            part: part.to_owned(),
            name: last.to_owned(),
            place,
            folder: Arc::clone(&self.folder),
            keeping: self.keeping,
            size: Some(size),
            modified,
            written: 0,
            at: 0,
            blake3: blake3::Hasher::new(),
            sha256: self.keeping.sha256.then(sha2::Sha256::new),
            reserved: 0,
            settled: false,
            _begun: None,
        };
        match incoming.read_again(size, stop) {
            Ok(true) => Ok(Some(incoming)),
            Ok(false) => {
                incoming.keep();
                Err(Reason::Cancelled)
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// The folder of these parts, made if the sender has not named it before. What exists is never entered: a folder of
    /// that name that is here already keeps what it has, and the new one gets a number.
    fn place(&mut self, parts: &[String]) -> Result<Place, Reason> {
        let whole = key(parts);
        if let Some(place) = self.folders.get(&whole) {
            return Ok(place.clone());
        }
        let (folders, last) = parts.split_last().map_or((&[][..], ""), |(last, folders)| (folders, last.as_str()));
        let around = self.place(folders)?;
        let failed = |error: &io::Error| Reason::disk(error, &parts.join("/"));
        for n in 0..TRIES {
            let name = name::numbered(last, n);
            if !around.take(&name) {
                continue;
            }
            match around.dir.create_dir(&*name) {
                Ok(()) => {
                    let dir = open_folder(&around.dir, &name).map_err(|error| failed(&error))?;
                    let place = Place::open(dir, around.path.join(&*name)).map_err(|error| failed(&error))?;
                    self.folders.insert(whole, place.clone());
                    return Ok(place);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Err(failed(&io::ErrorKind::AlreadyExists.into()))
    }
}

impl Place {
    fn open(dir: Dir, path: PathBuf) -> io::Result<Self> {
        // Names that differ in case or composition alone are one name on other systems: they count as taken.
        let taken = dir.entries()?.filter_map(|entry| Some(name::fold(entry.ok()?.file_name().to_str()?)));
        Ok(Self { taken: Arc::new(Mutex::new(taken.collect())), dir: Arc::new(dir), path })
    }

    /// Takes a name, unless it is taken.
    fn take(&self, name: &str) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(name::fold(name))
    }
}

/// A path below the root, with `/` between its parts on every system.
fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// What the same folder has in common, whatever the case.
fn key(parts: &[String]) -> String {
    let folded: Vec<_> = parts.iter().map(|part| name::fold(part)).collect();
    folded.join("/")
}

#[cfg(test)]
mod tests;
