//! What can be asked for: a send, and a receiver with its policy.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::net::Endpoint;

/// How a file gets across.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Twocan to Twocan over TCP: many files and folders in one connection, with hashes, resume and reasons.
    #[default]
    Framed,
    /// Bytes until the end of the stream: `nc`, `ncat`, `socat`. Name and size are unknown to whoever receives.
    Raw,
    /// The tutorial's file helper (P20, P21): a prompt, a name and a size in GBK and binary, then the bytes.
    Helper,
    /// Numbered datagrams without any repair, to see what is lost. Never for something dear.
    Udp,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Framed, Self::Raw, Self::Helper, Self::Udp];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Framed => "framed",
            Self::Raw => "raw",
            Self::Helper => "helper",
            Self::Udp => "udp",
        }
    }

    /// Whether the receiver is told names and sizes before the bytes.
    pub fn tells_names(self) -> bool {
        self != Self::Raw
    }

    /// Whether folders, with what is in them, can be sent. The others send the files of a folder one by one.
    pub fn keeps_folders(self) -> bool {
        self == Self::Framed
    }

    /// Whether the other side confirms size and hash. Else all that is known is that the bytes were taken.
    pub fn confirms(self) -> bool {
        matches!(self, Self::Framed | Self::Udp)
    }

    /// Whether what was broken off can be resumed where it broke.
    pub fn resumes(self) -> bool {
        self == Self::Framed
    }
}

/// Files and folders that are to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendSpec {
    /// Files and folders of this computer. Links are followed where they are named here; inside folders they are
    /// left out, and told of.
    pub paths: Vec<PathBuf>,
    /// To whom.
    pub to: Endpoint,
    /// How.
    pub way: Way,
    /// The rest.
    pub options: SendOptions,
}

/// How a send behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendOptions {
    /// How long to wait for the connection, all addresses of a name together.
    pub connect_timeout: Duration,
    /// How long the receiver's user may think. The receiver has a limit of its own and says when it has run out.
    pub answer_timeout: Duration,
    /// How long nothing may move once bytes flow.
    pub idle_timeout: Duration,
    /// Also compute SHA-256, which other programs show.
    pub sha256: bool,
    /// UDP: bytes a second, `None` as fast as the system takes them.
    pub pace: Option<u64>,
    /// UDP: bytes of the file in one datagram.
    pub datagram_bytes: usize,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_mins(5),
            idle_timeout: Duration::from_mins(1),
            sha256: false,
            pace: None,
            // With our header, IP's and UDP's one Ethernet frame of 1500 bytes.
            datagram_bytes: 1400,
        }
    }
}

/// A receiver: it listens until it is stopped, and takes what is accepted into one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveSpec {
    /// Where to listen. On 127.0.0.1 nobody but this computer reaches it; [`Reach`](crate::net::Reach) says who does.
    pub bind: SocketAddr,
    /// Where files go. It must be there.
    pub folder: PathBuf,
    /// How files come.
    pub way: Way,
    /// The rest.
    pub policy: Policy,
}

impl ReceiveSpec {
    /// A receiver for this computer alone, on a port that the system chooses.
    pub fn into_folder(folder: impl Into<PathBuf>, way: Way) -> Self {
        Self { bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), folder: folder.into(), way, policy: Policy::default() }
    }
}

/// What a receiver does with what comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Who says yes.
    pub accept: Accept,
    /// What becomes of a file that breaks off.
    pub partial: Partial,
    /// How long a question may stand. When it has run out the sender is told so.
    pub ask_timeout: Duration,
    /// How long nothing may come once bytes flow.
    pub idle_timeout: Duration,
    /// Force every file to the disk (`fsync`) before it is confirmed.
    pub sync: bool,
    /// Also compute SHA-256, which other programs show.
    pub sha256: bool,
    /// Stop listening after the first sender.
    pub once: bool,
    /// What a file is called whose sender tells no name. `None`: after the moment at which it came.
    pub name: Option<String>,
    /// Files and folders that one sender may announce.
    pub entries: u32,
    /// Senders whose files may come at a time; one more is refused. Beside them eight times as many may wait for an answer.
    pub senders: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            accept: Accept::Ask,
            partial: Partial::Remove,
            ask_timeout: Duration::from_mins(2),
            idle_timeout: Duration::from_mins(1),
            sync: false,
            sha256: false,
            once: false,
            name: None,
            entries: 100_000,
            senders: 16,
        }
    }
}

/// Who says yes to an offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accept {
    /// The user, each time.
    #[default]
    Ask,
    /// Everything that is safe and for which there is room.
    All,
}

/// What becomes of a file that breaks off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partial {
    /// It goes.
    #[default]
    Remove,
    /// It stays as `.name.random.part`, and the next try goes on behind it (`framed` alone).
    Keep,
}
