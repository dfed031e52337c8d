//! Why a transfer, or one file of it, did not come to its good end. Structure, not sentences: `words` has those.

use std::{io, time::Duration};

use super::name::NameError;
use crate::journal::{Call, Failure, Fault};

/// Why something went wrong.
///
/// The same reason can arise on either side; [`Reason::There`] says that the other side reported it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A call of the socket API failed: nobody listens, reset, no such name …
    #[error("{} failed: {}", .0.call.name(), .0.fault.kind.name())]
    Net(Failure),
    /// Something about a file or folder failed.
    #[error("{path}: {what:?} (errno {errno})")]
    Disk {
        /// What.
        what: DiskFault,
        /// Which file or folder, escaped for showing.
        path: String,
        /// The system's number, 0 where it gave none.
        errno: i32,
    },
    /// The name cannot be used.
    #[error("the name cannot be used: {0}")]
    Name(#[from] NameError),
    /// The user said no.
    #[error("declined")]
    Declined,
    /// The user said no to some of it, and the rest is well. Only whoever sent it says so.
    #[error("{out} of {of} were left out")]
    LeftOut {
        /// Files and folders that were not taken.
        out: u64,
        /// Files and folders that were offered.
        of: u64,
    },
    /// Nobody answered the question in time.
    #[error("nobody answered within {} s", .0.as_secs())]
    NoAnswer(Duration),
    /// The user of this side stopped it, or the program ended.
    #[error("cancelled")]
    Cancelled,
    /// There is not enough room for what was announced.
    #[error("{needed} bytes are needed and {free} are free")]
    NoSpace {
        /// Bytes of what was announced.
        needed: u64,
        /// Bytes free, less a margin.
        free: u64,
    },
    /// More or fewer bytes came than were announced.
    #[error("{announced} bytes were announced and {came} came")]
    Size {
        /// What was said first.
        announced: u64,
        /// What came; one more than announced where the rest was not read.
        came: u64,
    },
    /// What arrived is not what was sent: the hashes differ.
    #[error("the hashes differ")]
    Hash,
    /// A file changed while it was being sent.
    #[error("the file changed while it was sent")]
    Changed,
    /// The other side was gone before the end.
    #[error("the other side ended the connection early")]
    Gone,
    /// Somebody connected and said nothing.
    #[error("nothing was said")]
    Mute,
    /// Nothing moved for so long.
    #[error("nothing moved for {} s", .0.as_secs())]
    Silent(Duration),
    /// What came is not in the form of this way of sending.
    #[error("not understood: {0}")]
    Protocol(#[from] super::framed::FrameError),
    /// More files and folders than are taken at a time.
    #[error("{announced} files were announced, at most {limit} are taken")]
    TooMany {
        /// What was announced.
        announced: u64,
        /// The limit.
        limit: u64,
    },
    /// UDP: the file would take more datagrams than are counted.
    #[error("{needed} datagrams are needed, at most {limit} are counted")]
    Datagrams {
        /// With so many bytes in each.
        needed: u64,
        /// The limit.
        limit: u64,
    },
    /// There are as many senders as the receiver takes.
    #[error("the receiver is busy")]
    Busy,
    /// The helper's header makes no sense: no name, no size, or too long.
    #[error("the helper's header cannot be read")]
    Header,
    /// The sender asked for a name and then had no such file (the helper ends the connection).
    #[error("the sender has no such file")]
    NoFile,
    /// Datagrams are missing.
    #[error("{lost} of {of} datagrams are missing")]
    Holes {
        /// Datagrams that did not come.
        lost: u64,
        /// Datagrams that were sent.
        of: u64,
    },
    /// There is nothing to send: no paths, or none that can be sent this way.
    #[error("there is nothing to send")]
    Nothing,
    /// Reported by the other side; its reason, as seen from there.
    #[error("the other side says: {0}")]
    There(Box<Reason>),
    /// A number that this version of Twocan does not know, reported by the other side.
    #[error("reason {0}")]
    Unknown(u16),
    /// A bug of ours, caught.
    #[error("a bug in Twocan")]
    Bug,
}

/// What is wrong with a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiskFault {
    /// ENOSPC, EDQUOT: the disk or the quota is full.
    Full,
    /// EACCES, EPERM
    Permission,
    /// EROFS: the disk cannot be written.
    ReadOnly,
    /// ENOENT: the file or the folder is not there (any more).
    Missing,
    /// ENAMETOOLONG
    NameTooLong,
    /// EFBIG: the file system or a limit has no room for a file of that size (FAT: 4 GiB − 1).
    TooLarge,
    /// ENOTDIR, ELOOP or cap-std's refusal: something in the way is no folder, or a link.
    NotFolder,
    /// It is neither a file nor a folder: a device, a pipe, a socket.
    NotFile,
    /// EMFILE, ENFILE
    TooManyFiles,
    /// EIO and everything else.
    Other,
    /// It is a link inside a folder, which is not followed.
    Link,
}

impl DiskFault {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Full,
        Self::Permission,
        Self::ReadOnly,
        Self::Missing,
        Self::NameTooLong,
        Self::TooLarge,
        Self::NotFolder,
        Self::NotFile,
        Self::TooManyFiles,
        Self::Other,
        Self::Link,
    ];
}

impl DiskFault {
    fn code(self) -> &'static str {
        match self {
            Self::Full => "disk-full",
            Self::Permission => "permission",
            Self::ReadOnly => "read-only",
            Self::Missing => "missing",
            Self::NameTooLong => "name-too-long",
            Self::TooLarge => "too-large",
            Self::NotFolder => "not-folder",
            Self::NotFile => "not-file",
            Self::TooManyFiles => "too-many-files",
            Self::Other => "disk",
            Self::Link => "link",
        }
    }
}

impl From<&io::Error> for DiskFault {
    fn from(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded => Self::Full,
            Kind::PermissionDenied => Self::Permission,
            Kind::ReadOnlyFilesystem => Self::ReadOnly,
            Kind::NotFound | Kind::StaleNetworkFileHandle => Self::Missing,
            Kind::InvalidFilename => Self::NameTooLong,
            Kind::FileTooLarge => Self::TooLarge,
            Kind::NotADirectory | Kind::IsADirectory => Self::NotFolder,
            _ => match error.raw_os_error() {
                // ELOOP: `O_NOFOLLOW` met a link. Linux, then macOS and the BSDs.
                #[cfg(unix)]
                Some(40 | 62) => Self::NotFolder,
                #[cfg(unix)]
                Some(23 | 24) => Self::TooManyFiles,
                _ => Self::Other,
            },
        }
    }
}

impl Reason {
    /// A failed call on a file or folder; `path` is escaped for showing here.
    pub fn disk(error: &io::Error, path: &str) -> Self {
        Self::Disk {
            what: DiskFault::from(error),
            path: super::name::shown(path),
            errno: error.raw_os_error().unwrap_or(0),
        }
    }

    /// A failed call of the socket API.
    pub(super) fn net(call: Call, error: &io::Error, addr: Option<std::net::SocketAddr>) -> Self {
        Self::Net(Failure { call, fault: Fault::from(error), addr, detail: String::new(), at: 0 })
    }

    /// The reason itself, whichever side it arose on, and whether that was the other one.
    pub fn bare(&self) -> (&Self, bool) {
        match self {
            Self::There(reason) => (reason.bare().0, true),
            own => (own, false),
        }
    }

    /// A word for programs that read what is written for them; that of the bare reason.
    pub fn code(&self) -> &'static str {
        match self.bare().0 {
            Self::Net(failure) => failure.fault.kind.name(),
            Self::Disk { what, .. } => what.code(),
            Self::Name(_) => "name",
            Self::Declined | Self::LeftOut { .. } => "declined",
            Self::NoAnswer(_) => "no-answer",
            Self::Cancelled => "cancelled",
            Self::NoSpace { .. } => "no-space",
            Self::Size { .. } => "size",
            Self::Hash => "hash",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Mute => "mute",
            Self::Silent(_) => "silent",
            Self::Protocol(super::framed::FrameError::Version(_)) => "version",
            Self::Protocol(_) => "protocol",
            Self::TooMany { .. } | Self::Datagrams { .. } => "too-many",
            Self::Busy => "busy",
            Self::Header => "header",
            Self::NoFile => "no-file",
            Self::Holes { .. } => "holes",
            Self::Nothing => "nothing",
            Self::Unknown(_) => "unknown",
            Self::Bug | Self::There(_) => "bug",
        }
    }

    /// Whether trying again can go on where this broke off, if the receiver keeps what it has.
    pub fn can_resume(&self) -> bool {
        !matches!(
            self.bare().0,
            Self::Declined
                | Self::LeftOut { .. }
                | Self::Name(_)
                | Self::Protocol(_)
                | Self::TooMany { .. }
                | Self::Datagrams { .. }
                | Self::Header
                | Self::Mute
                | Self::Nothing
        )
    }
}
