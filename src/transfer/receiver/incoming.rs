//! One file that is being received: written, hashed, and given its name.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
    sync::Arc,
    time::SystemTime,
};

use sha2::Digest as _;

use super::{
    Begun, Folder, Keeping, Place, TRIES, slashes,
    system::{clamped, is_named, link, link_handle, rename_over_nothing, reserve, set_permissions},
};
use crate::transfer::{
    block::{Block, LARGE},
    name,
    reason::Reason,
};

/// Room on the disk that is asked for at once, ahead of what is written.
const AHEAD: u64 = 8 << 20;
/// Bytes that are written with one call. The page cache has them in one piece of memory: smaller ones cost more, and of
/// larger ones a virtual machine has few that its host has not taken back (four times slower, half of the time).
const CALL: usize = 128 << 10;

/// A file that is being received. Dropped before it is [finished](Self::finish), it leaves nothing.
pub struct Incoming {
    pub(super) file: File,
    pub(super) part: String,
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) folder: Arc<Folder>,
    pub(super) keeping: Keeping,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<SystemTime>,
    pub(super) written: u64,
    /// Where [`write_at`](Self::write_at) stands.
    pub(super) at: u64,
    pub(super) blake3: blake3::Hasher,
    pub(super) sha256: Option<sha2::Sha256>,
    /// Up to where room on the disk was asked for; all there is, where the file system gives none.
    pub(super) reserved: u64,
    /// Its part-file is no longer ours to remove.
    pub(super) settled: bool,
    /// Stays as long as the part does.
    pub(super) _begun: Option<Arc<Begun>>,
}

/// How a file gets its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// Whatever the part's name stands for by now, by a link to what was written.
    Handle,
    /// By a link to the part.
    Link,
    /// By a rename, where there are no links.
    Rename,
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
        self.reserve(after);
        for bytes in bytes.chunks(CALL) {
            self.file.write_all(bytes).map_err(|error| self.failed(&error))?;
        }
        self.blake3.update(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        self.written = after;
        Ok(())
    }

    /// Asks for room on the disk ahead of what is written, for a file that is large, or has become so: the file system
    /// then looks for it once and not with each block. Where it has none, or no such call, writing tells.
    fn reserve(&mut self, after: u64) {
        if after <= self.reserved || self.size.unwrap_or(after) < LARGE {
            return;
        }
        let from = self.reserved.max(self.written);
        let until = after.saturating_add(AHEAD).min(self.size.unwrap_or(u64::MAX));
        self.reserved = if reserve(&self.file, from, until - from) { until } else { u64::MAX };
    }

    /// Gives back what was asked for and not needed.
    fn give_back(&mut self) -> io::Result<()> {
        if (self.written + 1..u64::MAX).contains(&self.reserved) {
            self.reserved = self.written;
            // It has this length; what is reserved behind it goes all the same (ftruncate(2) of ext4, XFS, Btrfs, tmpfs).
            self.file.set_len(self.written)?;
        }
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

    /// Begins to hash what was [written anywhere](Self::write_at); what was never written is zeros.
    ///
    /// # Errors
    /// What the system says.
    pub fn reread(&mut self) -> Result<(), Reason> {
        let size = self.size.unwrap_or_default();
        self.file.set_len(size).and_then(|()| self.rewind()).map_err(|error| self.failed(&error))
    }

    /// Goes on with [that](Self::reread) until it is done, which is `true`, or `stop` says so, which is asked between blocks.
    ///
    /// # Errors
    /// What the system says.
    pub fn reread_on(&mut self, stop: &mut dyn FnMut() -> bool) -> Result<bool, Reason> {
        let size = self.size.unwrap_or_default();
        self.read_on(size, stop).map_err(|error| self.failed(&error))
    }

    /// Begins from nothing again.
    ///
    /// # Errors
    /// What the system says.
    pub fn restart(&mut self) -> Result<(), Reason> {
        let restarted = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        restarted.map_err(|error| self.failed(&error))?;
        self.written = 0;
        self.reserved = 0;
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
        self.give_back().map_err(|error| self.failed(&error))?;
        if let Some(modified) = self.modified {
            // A time that the file system cannot hold costs the file its time, not its bytes.
            self.file.set_modified(clamped(modified)).ok();
        }
        set_permissions(&self.file, self.folder.mode()).map_err(|error| self.failed(&error))?;
        if self.keeping.sync {
            self.file.sync_all().map_err(|error| self.failed(&error))?;
        }
        let name = self.rename(Naming::Handle).map_err(|error| self.failed(&error))?;
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
        // The room stays with the part where it cannot be given back.
        self.give_back().ok();
        self.settled = true;
        self.part_path()
    }

    /// The first free name, taken: by a hard link as long as the file system has any, `naming` at first.
    pub(super) fn rename(&self, mut naming: Naming) -> io::Result<String> {
        let dir = &self.place.dir;
        for n in 0..TRIES {
            let name = name::numbered(&self.name, n);
            if !self.place.take(&name) {
                continue;
            }
            loop {
                let named = match naming {
                    Naming::Handle => link_handle(&self.file, dir, &name),
                    Naming::Link => link(&self.file, dir, &self.part, &name),
                    Naming::Rename => rename_over_nothing(&self.file, dir, &self.part, &name),
                };
                match (named, naming) {
                    (Ok(()), _) => {
                        self.remove_part();
                        return Ok(name.into_owned());
                    }
                    (Err(error), _) if error.kind() == io::ErrorKind::AlreadyExists => break,
                    // Not every system has it, and where the part is gone the next way finds that too.
                    (Err(_), Naming::Handle) => naming = Naming::Link,
                    (Err(error), Naming::Link) if error.kind() != io::ErrorKind::NotFound => naming = Naming::Rename,
                    (Err(error), _) => return Err(error),
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Removes the name under which it was written, if that still is its name. What cannot be removed stays: of a file that
    /// is whole it is a second name.
    fn remove_part(&self) {
        if is_named(&self.file, &self.place.dir, &self.part).unwrap_or(false) {
            self.place.dir.remove_file(&self.part).ok();
        }
    }

    /// Hashes the first `size` bytes that are in the file and stands behind them; `false` if it was stopped.
    pub(super) fn read_again(&mut self, size: u64, stop: &mut dyn FnMut() -> bool) -> io::Result<bool> {
        self.rewind()?;
        self.read_on(size, stop)
    }

    /// Stands before the first byte, with nothing hashed.
    fn rewind(&mut self) -> io::Result<()> {
        self.written = 0;
        self.blake3 = blake3::Hasher::new();
        self.sha256 = self.keeping.sha256.then(sha2::Sha256::new);
        self.file.seek(SeekFrom::Start(0)).map(|_| ())
    }

    fn read_on(&mut self, size: u64, stop: &mut dyn FnMut() -> bool) -> io::Result<bool> {
        let mut block = Block::for_file(size);
        while self.written < size {
            if stop() {
                return Ok(false);
            }
            let most = usize::try_from(size - self.written).unwrap_or(usize::MAX).min(block.len());
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

    pub(super) fn failed(&self, error: &io::Error) -> Reason {
        Reason::disk(error, &slashes(&self.place.path.join(&self.name)))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.settled {
            // Gone already, or the folder is: nothing of ours is left either way.
            self.remove_part();
        }
    }
}
