//! What went wrong, as structure: which call, which error. Words for it are made in [`words`](crate::words).

use std::io;

use serde::{Deserialize, Serialize};

/// A call of the socket API, or one of the few others that a socket's worker makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    /// `getaddrinfo`
    Resolve,
    /// `socket`
    Socket,
    /// `setsockopt`
    SetOption,
    /// `bind`
    Bind,
    /// `listen`
    Listen,
    /// `accept`
    Accept,
    /// `connect`
    Connect,
    /// `send`
    Send,
    /// `sendto`
    SendTo,
    /// `recv`
    Recv,
    /// `recvfrom`
    RecvFrom,
    /// `shutdown`
    Shutdown,
    /// `open` of a file that is to be sent
    OpenFile,
    /// `read` of a file that is being sent
    ReadFile,
    /// Running a program that a rule names.
    Command,
    /// Carrying out a rule of the responder.
    Rule,
    /// Starting a worker thread for the socket.
    Spawn,
    /// The worker's own code: a bug of ours, caught.
    Worker,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Resolve,
        Self::Socket,
        Self::SetOption,
        Self::Bind,
        Self::Listen,
        Self::Accept,
        Self::Connect,
        Self::Send,
        Self::SendTo,
        Self::Recv,
        Self::RecvFrom,
        Self::Shutdown,
        Self::OpenFile,
        Self::ReadFile,
        Self::Command,
        Self::Rule,
        Self::Spawn,
        Self::Worker,
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "getaddrinfo",
            Self::Socket => "socket",
            Self::SetOption => "setsockopt",
            Self::Bind => "bind",
            Self::Listen => "listen",
            Self::Accept => "accept",
            Self::Connect => "connect",
            Self::Send => "send",
            Self::SendTo => "sendto",
            Self::Recv => "recv",
            Self::RecvFrom => "recvfrom",
            Self::Shutdown => "shutdown",
            Self::OpenFile => "open",
            Self::ReadFile => "read",
            Self::Command => "exec",
            Self::Rule => "rule",
            Self::Spawn => "spawn",
            Self::Worker => "worker",
        }
    }
}

/// The error of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// What it means, the same on every system.
    pub kind: FaultKind,
    /// The system's own number, 0 where the system gave none.
    pub errno: i32,
}

/// What an error means, by its POSIX name (`errno(3)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// ECONNREFUSED: nobody listens there (RST, or ICMP port unreachable for UDP).
    Refused,
    /// ETIMEDOUT, or the time limit that the user set ran out.
    TimedOut,
    /// ECONNRESET: the peer sent RST.
    Reset,
    /// ECONNABORTED
    Aborted,
    /// EPIPE: written after the connection was gone.
    BrokenPipe,
    /// EPIPE: written after one's own half-close, with the connection still there.
    HalfClosed,
    /// ENETUNREACH
    NetUnreachable,
    /// EHOSTUNREACH
    HostUnreachable,
    /// ENETDOWN
    NetDown,
    /// EADDRINUSE
    InUse,
    /// EADDRNOTAVAIL: the address is not one of this computer's.
    NotOurs,
    /// EACCES or EPERM
    Permission,
    /// EMSGSIZE: the datagram is larger than can be sent.
    TooLong,
    /// ENOTCONN or EDESTADDRREQ
    NotConnected,
    /// ENOBUFS or ENOMEM
    NoBuffers,
    /// EMFILE or ENFILE
    TooManyFiles,
    /// EINVAL
    Invalid,
    /// EAFNOSUPPORT: an IPv6 address on an IPv4 socket, or the other way round.
    Family,
    /// ENOENT
    NoFile,
    /// It is a folder or a device, which is not sent as a file.
    NotAFile,
    /// The name has no address (`EAI_NONAME` and its relatives).
    NoName,
    /// No name server answered, or none could (`EAI_AGAIN`, `EAI_FAIL`).
    NoAnswer,
    /// More is waiting to be sent than Twocan holds for one socket.
    QueueFull,
    /// Programs may be run for peers on this computer only, and this socket can be reached by others.
    NotLoopback,
    /// Nobody has confirmed that programs may be run.
    NotConfirmed,
    /// The program is not on the list, or the command line cannot be read.
    NotAllowed,
    /// EILSEQ: the encoding lacks a character.
    Encoding,
    /// EBADMSG: what came is not in the framing that was chosen, or is longer than its limit.
    Framing,
    /// A `strftime` format with a conversion that is not known.
    Format,
    /// The user stopped it.
    Cancelled,
    /// A bug of Twocan, caught; the other sockets go on.
    Bug,
    /// Something else; the number says what.
    Other,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 32] = [
        Self::Refused,
        Self::TimedOut,
        Self::Reset,
        Self::Aborted,
        Self::BrokenPipe,
        Self::HalfClosed,
        Self::NetUnreachable,
        Self::HostUnreachable,
        Self::NetDown,
        Self::InUse,
        Self::NotOurs,
        Self::Permission,
        Self::TooLong,
        Self::NotConnected,
        Self::NoBuffers,
        Self::TooManyFiles,
        Self::Invalid,
        Self::Family,
        Self::NoFile,
        Self::NotAFile,
        Self::NoName,
        Self::NoAnswer,
        Self::QueueFull,
        Self::NotLoopback,
        Self::NotConfirmed,
        Self::NotAllowed,
        Self::Encoding,
        Self::Framing,
        Self::Format,
        Self::Cancelled,
        Self::Bug,
        Self::Other,
    ];

    /// The POSIX name, or what comes closest where it is not the system's error.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "ECONNREFUSED",
            Self::TimedOut => "ETIMEDOUT",
            Self::Reset => "ECONNRESET",
            Self::Aborted => "ECONNABORTED",
            Self::BrokenPipe | Self::HalfClosed => "EPIPE",
            Self::NetUnreachable => "ENETUNREACH",
            Self::HostUnreachable => "EHOSTUNREACH",
            Self::NetDown => "ENETDOWN",
            Self::InUse => "EADDRINUSE",
            Self::NotOurs => "EADDRNOTAVAIL",
            Self::Permission => "EACCES",
            Self::TooLong => "EMSGSIZE",
            Self::NotConnected => "ENOTCONN",
            Self::NoBuffers => "ENOBUFS",
            Self::TooManyFiles => "EMFILE",
            Self::Invalid => "EINVAL",
            Self::Family => "EAFNOSUPPORT",
            Self::NoFile => "ENOENT",
            Self::NotAFile => "NOT_A_FILE",
            Self::NoName => "EAI_NONAME",
            Self::NoAnswer => "EAI_AGAIN",
            Self::QueueFull => "QUEUE_FULL",
            Self::NotLoopback => "NOT_LOOPBACK",
            Self::NotConfirmed => "NOT_CONFIRMED",
            Self::NotAllowed => "NOT_ALLOWED",
            Self::Encoding => "EILSEQ",
            Self::Framing => "EBADMSG",
            Self::Format => "BAD_FORMAT",
            Self::Cancelled => "CANCELLED",
            Self::Bug => "BUG",
            Self::Other => "ERROR",
        }
    }
}

impl Fault {
    /// A fault that no system call reported.
    pub fn of(kind: FaultKind) -> Self {
        Self { kind, errno: 0 }
    }
}

impl From<&io::Error> for Fault {
    fn from(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        let kind = match error.kind() {
            Kind::ConnectionRefused => FaultKind::Refused,
            Kind::TimedOut => FaultKind::TimedOut,
            Kind::ConnectionReset => FaultKind::Reset,
            Kind::ConnectionAborted => FaultKind::Aborted,
            Kind::BrokenPipe => FaultKind::BrokenPipe,
            Kind::NetworkUnreachable => FaultKind::NetUnreachable,
            Kind::HostUnreachable => FaultKind::HostUnreachable,
            Kind::NetworkDown => FaultKind::NetDown,
            Kind::AddrInUse => FaultKind::InUse,
            Kind::AddrNotAvailable => FaultKind::NotOurs,
            Kind::PermissionDenied => FaultKind::Permission,
            Kind::NotConnected => FaultKind::NotConnected,
            Kind::OutOfMemory => FaultKind::NoBuffers,
            Kind::InvalidInput => FaultKind::Invalid,
            Kind::NotFound => FaultKind::NoFile,
            _ => error.raw_os_error().map_or(FaultKind::Other, other_kind),
        };
        Self { kind, errno: error.raw_os_error().unwrap_or(0) }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::from(&error)
    }
}

/// Errors that `io::ErrorKind` has no (stable) name for, by number.
fn other_kind(errno: i32) -> FaultKind {
    // Linux and Android | macOS and the BSDs | Winsock (WSAE…)
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const TABLE: [(i32, FaultKind); 7] = [
        (90, FaultKind::TooLong),
        (89, FaultKind::NotConnected),
        (105, FaultKind::NoBuffers),
        (24, FaultKind::TooManyFiles),
        (23, FaultKind::TooManyFiles),
        (97, FaultKind::Family),
        (22, FaultKind::Invalid),
    ];
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    const TABLE: [(i32, FaultKind); 7] = [
        (40, FaultKind::TooLong),
        (39, FaultKind::NotConnected),
        (55, FaultKind::NoBuffers),
        (24, FaultKind::TooManyFiles),
        (23, FaultKind::TooManyFiles),
        (47, FaultKind::Family),
        (22, FaultKind::Invalid),
    ];
    #[cfg(not(unix))]
    const TABLE: [(i32, FaultKind); 6] = [
        (10040, FaultKind::TooLong),
        (10039, FaultKind::NotConnected),
        (10055, FaultKind::NoBuffers),
        (10024, FaultKind::TooManyFiles),
        (10047, FaultKind::Family),
        (10022, FaultKind::Invalid),
    ];
    TABLE.iter().find(|(number, _)| *number == errno).map_or(FaultKind::Other, |(_, kind)| *kind)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_names() {
        for (errno, name) in [
            (libc::ECONNREFUSED, "ECONNREFUSED"),
            (libc::EMSGSIZE, "EMSGSIZE"),
            (libc::EADDRINUSE, "EADDRINUSE"),
            (libc::EADDRNOTAVAIL, "EADDRNOTAVAIL"),
            (libc::EACCES, "EACCES"),
            (libc::EMFILE, "EMFILE"),
            (libc::ENETUNREACH, "ENETUNREACH"),
            (libc::EHOSTUNREACH, "EHOSTUNREACH"),
            (libc::EAFNOSUPPORT, "EAFNOSUPPORT"),
            (libc::EPIPE, "EPIPE"),
            (libc::EINVAL, "EINVAL"),
            (libc::ENOBUFS, "ENOBUFS"),
        ] {
            assert_eq!(Fault::from(io::Error::from_raw_os_error(errno)).kind.name(), name);
        }
    }
}
