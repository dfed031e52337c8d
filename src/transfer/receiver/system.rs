//! What is asked of the file system, below an open folder and without following links.

use std::{
    fs::File,
    io,
    time::{Duration, SystemTime},
};

use cap_std::fs::{Dir, OpenOptions};

#[cfg(unix)]
use super::PRIVATE;

/// A new file that nobody else may read yet.
pub(super) fn create(dir: &Dir, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt as _;
        options.mode(PRIVATE);
    }
    Ok(dir.open_with(name, &options)?.into_std())
}

/// Reserves room on the disk for these bytes of a file, without making the file longer; whether there is such a thing
/// here, and room (fallocate(2), `FALLOC_FL_KEEP_SIZE`).
pub(super) fn reserve(file: &File, offset: u64, bytes: u64) -> bool {
    #[cfg(target_os = "linux")]
    return rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, offset, bytes).is_ok();
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, offset, bytes);
        false
    }
}

/// Gives a file a name that nothing has, by its handle: the name stands for what was written and hashed, whatever the
/// name of its part stands for by now (open(2), `O_TMPFILE`: the way that needs no privilege).
pub(super) fn link_handle(file: &File, dir: &Dir, name: &str) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd as _;
        let handle = format!("/proc/self/fd/{}", file.as_raw_fd());
        let follow = rustix::fs::AtFlags::SYMLINK_FOLLOW;
        Ok(rustix::fs::linkat(rustix::fs::CWD, handle, dir, name, follow)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, dir, name);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The same by the name of its part; `NotFound` if that stands for something else by now.
pub(super) fn link(file: &File, dir: &Dir, part: &str, name: &str) -> io::Result<()> {
    dir.hard_link(part, dir, name)?;
    if is_named(file, dir, name)? {
        return Ok(());
    }
    // The name is ours, what it stands for is not. It keeps its other name.
    dir.remove_file(name).ok();
    Err(io::ErrorKind::NotFound.into())
}

/// The same where there are no hard links: an empty file takes the name first.
pub(super) fn rename_over_nothing(file: &File, dir: &Dir, part: &str, name: &str) -> io::Result<()> {
    drop(create(dir, name)?);
    // What is not ours keeps its name, and what takes its place between two calls has a wrong one, but is not believed.
    let is_ours = |name| if is_named(file, dir, name)? { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) };
    let renamed = is_ours(part).and_then(|()| dir.rename(part, dir, name)).inspect_err(|_| {
        // The empty one is ours.
        dir.remove_file(name).ok();
    });
    renamed.and_then(|()| is_ours(name))
}

/// Whether this name stands for this file, and not for a link to it or to anything else.
pub(super) fn is_named(file: &File, dir: &Dir, name: &str) -> io::Result<bool> {
    let there = dir.symlink_metadata(name)?;
    Ok(there.is_file() && same(&there, &cap_std::fs::Metadata::from_file(file)?))
}

/// Opens a part-file of an earlier try, if it is a file and no link.
pub(super) fn open_part(dir: &Dir, name: &str) -> io::Result<Option<File>> {
    let before = dir.symlink_metadata(name)?;
    if !before.is_file() {
        return Ok(None);
    }
    let file = dir.open_with(name, OpenOptions::new().read(true).write(true))?;
    let same = same(&before, &file.metadata()?);
    let file = file.into_std();
    // Another receiver that goes on with it holds the lock.
    Ok((same && file.try_lock().is_ok()).then_some(file))
}

/// Whether a file has another name as well: a part that was killed on its way to its name is the finished file.
pub(super) fn has_two_names(file: &File) -> bool {
    #[cfg(unix)]
    return file.metadata().is_ok_and(|data| std::os::unix::fs::MetadataExt::nlink(&data) > 1);
    #[cfg(not(unix))]
    {
        // Not told by the standard library.
        let _ = file;
        false
    }
}

/// Opens a folder that is no link. A link that stands there for the moment of opening only is found out too.
pub(super) fn open_folder(dir: &Dir, name: &str) -> io::Result<Dir> {
    let opened = dir.open_dir(name)?;
    let now = dir.symlink_metadata(name)?;
    if now.is_dir() && same(&now, &opened.dir_metadata()?) {
        Ok(opened)
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    }
}

#[cfg(unix)]
fn same(one: &cap_std::fs::Metadata, other: &cap_std::fs::Metadata) -> bool {
    use cap_std::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere it is enough that it was no link when it was looked at; cap-std keeps it inside the folder.
#[cfg(not(unix))]
fn same(one: &cap_std::fs::Metadata, other: &cap_std::fs::Metadata) -> bool {
    one.is_dir() == other.is_dir()
}

/// The number that tells a file from another one of the same name later, where the system has one.
pub(super) fn inode(file: &File) -> Option<u64> {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::ino(&file.metadata().ok()?).into();
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}

#[cfg(unix)]
pub(super) fn permissions(file: &cap_std::fs::File) -> u32 {
    use cap_std::fs::PermissionsExt as _;
    file.metadata().map_or(PRIVATE, |metadata| metadata.permissions().mode() & 0o666 | PRIVATE)
}

#[cfg(not(unix))]
pub(super) fn permissions(_: &cap_std::fs::File) -> u32 {
    0
}

#[cfg(unix)]
pub(super) fn set_permissions(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match file.set_permissions(std::fs::Permissions::from_mode(mode)) {
        // Shares and FAT have no modes; the file is well without.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        done => done,
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(super) fn set_permissions(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// A time that is not in the future. What the file system cannot hold it says itself.
pub(super) fn clamped(time: SystemTime) -> SystemTime {
    time.min(SystemTime::now() + Duration::from_hours(24))
}
