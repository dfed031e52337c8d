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

mod begun;
mod kept;
mod system;

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::SystemTime,
};

use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions},
};
use sha2::Digest as _;

pub use self::kept::Kept;
use self::{
    begun::Begun,
    system::{
        clamped, create, has_two_names, open_folder, open_part, permissions, rename_over_nothing, set_permissions,
    },
};
use super::{
    name::{self, SafeName},
    reason::{DiskFault, Reason},
};

/// Names that are tried when others have the first ones.
const TRIES: u32 = 10_000;
/// Room that is left on the disk, at most: 1 % of the disk.
const MARGIN: u64 = 64 << 20;
/// Bytes that a file system without more needs at once, to read what an earlier try has left.
const BLOCK: usize = 256 << 10;
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

/// A file that is being received. Dropped before it is [finished](Self::finish), it leaves nothing.
pub struct Incoming {
    file: File,
    part: String,
    name: String,
    place: Place,
    folder: Arc<Folder>,
    keeping: Keeping,
    size: Option<u64>,
    modified: Option<SystemTime>,
    written: u64,
    /// Where [`write_at`](Self::write_at) stands.
    at: u64,
    blake3: blake3::Hasher,
    sha256: Option<sha2::Sha256>,
    /// Its part-file is no longer ours to remove.
    settled: bool,
    /// Stays as long as the part does.
    _begun: Option<Arc<Begun>>,
}

/// A file that is there.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Where.
    pub path: PathBuf,
    /// Its name below the folder, `/` between parts.
    pub name: String,
    /// Its size.
    pub size: u64,
    /// Its BLAKE3.
    pub blake3: [u8; 32],
    /// Its SHA-256, if that was asked for.
    pub sha256: Option<[u8; 32]>,
}

impl Incoming {
    /// Bytes that it has.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The name of its part-file, in its folder.
    pub fn part(&self) -> &str {
        &self.part
    }

    /// Where its part-file is.
    pub fn part_path(&self) -> PathBuf {
        self.folder.path.join(&self.place.path).join(&self.part)
    }

    /// The BLAKE3 of what it has.
    pub fn hash(&self) -> [u8; 32] {
        *self.blake3.finalize().as_bytes()
    }

    /// Appends.
    ///
    /// # Errors
    /// More than was announced, or what the system says.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        let after = self.written.saturating_add(bytes.len() as u64);
        if let Some(announced) = self.size.filter(|size| after > *size) {
            return Err(Reason::Size { announced, came: after });
        }
        self.file.write_all(bytes).map_err(|error| self.failed(&error))?;
        self.blake3.update(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        self.written = after;
        Ok(())
    }

    /// Writes somewhere, for ways that lose bytes; such a file is hashed by [`reread`](Self::reread).
    ///
    /// # Errors
    /// Beyond what was announced, or what the system says.
    pub fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Reason> {
        let after = offset.saturating_add(bytes.len() as u64);
        if let Some(announced) = self.size.filter(|size| after > *size) {
            return Err(Reason::Size { announced, came: after });
        }
        // Most come in order, and a seek for each would be a second call for each.
        let seek = if self.at == offset { Ok(0) } else { self.file.seek(SeekFrom::Start(offset)) };
        self.at = after;
        seek.and_then(|_| self.file.write_all(bytes)).map_err(|error| self.failed(&error))
    }

    /// Hashes what was [written anywhere](Self::write_at); what was never written is zeros.
    ///
    /// # Errors
    /// What the system says.
    pub fn reread(&mut self) -> Result<(), Reason> {
        let size = self.size.unwrap_or_default();
        self.file.set_len(size).map_err(|error| self.failed(&error))?;
        self.read_again(size, &mut || false).map_err(|error| self.failed(&error))?;
        Ok(())
    }

    /// Begins from nothing again.
    ///
    /// # Errors
    /// What the system says.
    pub fn restart(&mut self) -> Result<(), Reason> {
        let restarted = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        restarted.map_err(|error| self.failed(&error))?;
        self.written = 0;
        self.blake3 = blake3::Hasher::new();
        self.sha256 = self.keeping.sha256.then(sha2::Sha256::new);
        Ok(())
    }

    /// Gives it its name, if it is whole and, where that is known, has this hash.
    ///
    /// # Errors
    /// It is not what was announced (then it goes), or what the system says.
    pub fn finish(mut self, hash: Option<[u8; 32]>) -> Result<Saved, Reason> {
        if let Some(announced) = self.size.filter(|size| *size != self.written) {
            let came = self.written;
            return Err(Reason::Size { announced, came });
        }
        let blake3 = self.hash();
        if hash.is_some_and(|hash| hash != blake3) {
            return Err(Reason::Hash);
        }
        if let Some(modified) = self.modified {
            // A time that the file system cannot hold costs the file its time, not its bytes.
            self.file.set_modified(clamped(modified)).ok();
        }
        set_permissions(&self.file, self.folder.mode()).map_err(|error| self.failed(&error))?;
        if self.keeping.sync {
            self.file.sync_all().map_err(|error| self.failed(&error))?;
        }
        let name = self.rename(true).map_err(|error| self.failed(&error))?;
        self.settled = true;
        if self.keeping.sync {
            // The name is in the folder, which has to be written too. Not every system can.
            self.place.dir.try_clone().and_then(|dir| dir.into_std_file().sync_all()).ok();
        }
        let below = self.place.path.join(&name);
        Ok(Saved {
            path: self.folder.path.join(&below),
            name: slashes(&below),
            size: self.written,
            blake3,
            sha256: self.sha256.take().map(|sha256| sha256.finalize().into()),
        })
    }

    /// Leaves the part-file where it is, and tells where that is.
    pub fn keep(mut self) -> PathBuf {
        self.settled = true;
        self.part_path()
    }

    /// The first free name, taken: by a hard link as long as the file system has any, `linked` at first.
    fn rename(&self, mut linked: bool) -> io::Result<String> {
        let dir = &self.place.dir;
        for n in 0..TRIES {
            let name = name::numbered(&self.name, n);
            if !self.place.take(&name) {
                continue;
            }
            if linked {
                match dir.hard_link(&self.part, dir, &*name) {
                    Ok(()) => {
                        // It has its name; the other one goes, or stays as a second name of a file that is whole.
                        dir.remove_file(&self.part).ok();
                        return Ok(name.into_owned());
                    }
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
                    Err(_) => linked = false,
                }
            }
            match rename_over_nothing(dir, &self.part, &name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                renamed => return renamed.map(|()| name.into_owned()),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Hashes the first `size` bytes that are in the file and stands behind them; `false` if it was stopped.
    fn read_again(&mut self, size: u64, stop: &mut dyn FnMut() -> bool) -> io::Result<bool> {
        self.written = 0;
        self.blake3 = blake3::Hasher::new();
        self.sha256 = self.keeping.sha256.then(sha2::Sha256::new);
        self.file.seek(SeekFrom::Start(0))?;
        let mut block = vec![0; BLOCK];
        while self.written < size {
            if stop() {
                return Ok(false);
            }
            let most = usize::try_from(size - self.written).unwrap_or(BLOCK).min(BLOCK);
            let Some(room) = block.get_mut(..most) else { break };
            let n = self.file.read(room)?;
            let Some(bytes) = room.get(..n).filter(|bytes| !bytes.is_empty()) else { break };
            self.blake3.update(bytes);
            if let Some(sha256) = &mut self.sha256 {
                sha256.update(bytes);
            }
            self.written += n as u64;
        }
        // Whatever lies behind was not announced.
        self.file.set_len(self.written)?;
        Ok(true)
    }

    fn failed(&self, error: &io::Error) -> Reason {
        Reason::disk(error, &slashes(&self.place.path.join(&self.name)))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.settled {
            // Gone already, or the folder is: nothing of ours is left either way.
            self.place.dir.remove_file(&self.part).ok();
        }
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
