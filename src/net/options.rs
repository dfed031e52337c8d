//! What the user asks for: sockets as typed and as validated, and the verbs on them.
//!
//! Everything here can be written to the settings file (favourites, recent sockets) and compared; the engine
//! takes it as it is. Addresses that a socket is *bound* to are IP addresses; those it *connects* to may be
//! names, which are looked up off the window's thread.

mod address;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};

pub use self::address::{AddressError, narrow, parse_bind};
use super::responder::Responder;
pub use crate::text::Part;
use crate::{framing::Framing, journal::Kind};

/// Bytes for one `recv`: from one byte to 1 MiB.
pub const RECV_BYTES: std::ops::RangeInclusive<usize> = 1..=1 << 20;
/// Default for one `recv` on TCP.
pub const TCP_RECV_BYTES: usize = 16 * 1024;
/// Default for one `recvfrom`: no UDP datagram is longer.
pub const UDP_RECV_BYTES: usize = 65_535;
/// What can lie before a `recv`, or between two `send`s.
pub const WAIT: std::ops::RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(10);
/// SO_RCVBUF asked for on UDP sockets; what the kernel grants is shown.
pub const UDP_RECEIVE_BUFFER: usize = 4 << 20;

/// A socket to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SocketSpec {
    /// A TCP server.
    TcpServer(TcpServerSpec),
    /// A TCP client.
    TcpClient(TcpClientSpec),
    /// A UDP socket.
    Udp(UdpSpec),
}

impl SocketSpec {
    /// What kind of socket it becomes.
    pub fn kind(&self) -> Kind {
        match self {
            Self::TcpServer(_) => Kind::TcpListener,
            Self::TcpClient(_) => Kind::TcpConnection,
            Self::Udp(_) => Kind::UdpSocket,
        }
    }

    /// What it says by itself.
    pub fn responder(&self) -> &Responder {
        match self {
            Self::TcpServer(spec) => &spec.responder,
            Self::TcpClient(spec) => &spec.responder,
            Self::Udp(spec) => &spec.responder,
        }
    }

    /// The same, to be changed.
    pub fn responder_mut(&mut self) -> &mut Responder {
        match self {
            Self::TcpServer(spec) => &mut spec.responder,
            Self::TcpClient(spec) => &mut spec.responder,
            Self::Udp(spec) => &mut spec.responder,
        }
    }
}

/// Where a server's accepted connections go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerModel {
    /// One client at a time; the others wait in the kernel's queue until it ends.
    Sequential,
    /// A worker thread for every connection.
    #[default]
    Threads,
    /// All connections in the listener's own worker.
    EventLoop,
}

/// A TCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TcpServerSpec {
    /// Address and port to bind; port 0 lets the system choose.
    pub address: SocketAddr,
    /// Connections that may wait for `accept`; the kernel may cap it.
    pub backlog: u32,
    /// SO_REUSEADDR: bind although old connections of the port are in TIME_WAIT.
    pub reuse_address: bool,
    /// Where accepted connections go.
    pub model: ServerModel,
    /// What is answered.
    pub responder: Responder,
    /// Close a connection when its peer ends, as most servers do; else it stays in CLOSE_WAIT for the user.
    pub close_on_end: bool,
    /// Accept so many connections and no more, and close once they have ended, as a program without a loop does; clients
    /// that come later wait in the queue until then. These connections share the listener's worker, whatever the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepts: Option<NonZeroU32>,
    /// Bytes for one `recv` of each connection, in [`RECV_BYTES`].
    pub recv_bytes: usize,
    /// TCP_NODELAY: what is sent leaves at once, however little it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nodelay: bool,
    /// How long each `recv` waits from when there is something to be read, in [`WAIT`]: a program that is busy.
    #[serde(rename = "read_delay_ms", with = "millis", skip_serializing_if = "Duration::is_zero")]
    pub read_delay: Duration,
    /// How far apart messages leave at least, in [`WAIT`]; those that are queued wait.
    #[serde(rename = "send_gap_ms", with = "millis", skip_serializing_if = "Duration::is_zero")]
    pub send_gap: Duration,
}

impl Default for TcpServerSpec {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
            backlog: 128,
            reuse_address: !cfg!(windows),
            model: ServerModel::default(),
            responder: Responder::default(),
            close_on_end: true,
            accepts: None,
            recv_bytes: TCP_RECV_BYTES,
            nodelay: false,
            read_delay: Duration::ZERO,
            send_gap: Duration::ZERO,
        }
    }
}

/// A TCP client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TcpClientSpec {
    /// Whom to connect to.
    pub target: Endpoint,
    /// Which addresses of a name may be used.
    pub family: Family,
    /// How long `connect` may take.
    #[serde(with = "millis")]
    pub connect_timeout: Duration,
    /// Close when the peer ends; else the socket stays in CLOSE_WAIT for the user.
    pub close_on_end: bool,
    /// What is answered.
    pub responder: Responder,
    /// Bytes for one `recv`, in [`RECV_BYTES`].
    pub recv_bytes: usize,
    /// TCP_NODELAY: what is sent leaves at once, however little it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nodelay: bool,
    /// How long each `recv` waits from when there is something to be read, in [`WAIT`]: a program that is busy.
    #[serde(rename = "read_delay_ms", with = "millis", skip_serializing_if = "Duration::is_zero")]
    pub read_delay: Duration,
    /// How far apart messages leave at least, in [`WAIT`]; those that are queued wait.
    #[serde(rename = "send_gap_ms", with = "millis", skip_serializing_if = "Duration::is_zero")]
    pub send_gap: Duration,
}

impl Default for TcpClientSpec {
    fn default() -> Self {
        Self {
            target: Endpoint::default(),
            family: Family::Any,
            connect_timeout: Duration::from_secs(10),
            close_on_end: false,
            responder: Responder::None,
            recv_bytes: TCP_RECV_BYTES,
            nodelay: false,
            read_delay: Duration::ZERO,
            send_gap: Duration::ZERO,
        }
    }
}

/// A UDP socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UdpSpec {
    /// Address and port to bind; port 0 lets the system choose.
    pub address: SocketAddr,
    /// If given, the socket is connected: it sends there and hears only from there.
    pub connect: Option<Endpoint>,
    /// SO_BROADCAST: allow sending to broadcast addresses.
    pub broadcast: bool,
    /// SO_REUSEADDR.
    pub reuse_address: bool,
    /// What is answered to every datagram.
    pub responder: Responder,
    /// Bytes for one `recvfrom`, in [`RECV_BYTES`]; longer datagrams are cut, and said to be.
    pub recv_bytes: usize,
    /// SO_RCVBUF to ask for, in bytes.
    pub receive_buffer: usize,
    /// How long each `recv` waits from when there is something to be read, in [`WAIT`]: a program that is busy.
    #[serde(rename = "read_delay_ms", with = "millis", skip_serializing_if = "Duration::is_zero")]
    pub read_delay: Duration,
    /// How far apart messages leave at least, in [`WAIT`]; those that are queued wait.
    #[serde(rename = "send_gap_ms", with = "millis", skip_serializing_if = "Duration::is_zero")]
    pub send_gap: Duration,
}

impl Default for UdpSpec {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
            connect: None,
            broadcast: false,
            reuse_address: false,
            responder: Responder::None,
            recv_bytes: UDP_RECV_BYTES,
            receive_buffer: UDP_RECEIVE_BUFFER,
            read_delay: Duration::ZERO,
            send_gap: Duration::ZERO,
        }
    }
}

/// Which of a name's addresses may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Whatever the name has, in the resolver's order.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

impl Family {
    /// Whether an address may be used.
    pub fn allows(self, ip: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => ip.is_ipv4(),
            Self::V6 => ip.is_ipv6(),
        }
    }
}

/// A host (name or IP address) and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    /// A name, an IPv4 address or an IPv6 address without brackets (a scope as `%2` or `%eth0` may follow).
    pub host: String,
    /// The port, 1 to 65535.
    pub port: u16,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self { host: "127.0.0.1".into(), port: 8008 }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.to_string()
    }
}

impl TryFrom<String> for Endpoint {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(addr: SocketAddr) -> Self {
        match addr {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => {
                Self { host: format!("{}%{}", v6.ip(), v6.scope_id()), port: v6.port() }
            }
            _ => Self { host: addr.ip().to_string(), port: addr.port() },
        }
    }
}

/// Who can reach a socket that is bound to this address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Only programs on this computer.
    ThisComputer,
    /// Whoever can reach that one address.
    OneAddress,
    /// Whoever can reach any of this computer's addresses.
    Everyone,
}

impl Reach {
    /// Who can reach a socket bound to `ip`.
    pub fn of(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        if ip.is_loopback() {
            Self::ThisComputer
        } else if ip.is_unspecified() {
            Self::Everyone
        } else {
            Self::OneAddress
        }
    }
}

/// A verb on one socket.
#[derive(Clone, Debug)]
pub enum Command {
    /// Send these bytes: on TCP behind what already waits, on UDP as one datagram.
    Send {
        /// The bytes, ready to go.
        bytes: Vec<u8>,
        /// UDP: where to. `None` for the peer of a connected socket. Ignored by TCP.
        to: Option<SocketAddr>,
    },
    /// A line that a person typed at a socket whose rules say what becomes of it ([`Lines`](super::responder::Lines)); if
    /// they do not, it is sent in their encoding. It answers the oldest message that a rule handed to the person.
    Line(String),
    /// Send one datagram to a host by name (UDP). The name is looked up once and remembered.
    SendToName {
        /// The bytes, ready to go.
        bytes: Vec<u8>,
        /// Where to.
        to: Endpoint,
    },
    /// Send a message again and again; replaces the repetition that runs.
    Repeat(Repeat),
    /// Stop repeating.
    StopRepeat,
    /// Send a file's bytes as they are (UDP: in datagrams of 1 400 bytes).
    SendFile {
        /// The file.
        path: PathBuf,
        /// As in [`Command::Send`].
        to: Option<SocketAddr>,
    },
    /// Stop sending the file for now, or go on with it. What was to be sent after it waits too.
    PauseFile(bool),
    /// Stop sending the file.
    CancelFile,
    /// `shutdown(SHUT_WR)` once what waits is sent.
    HalfClose,
    /// `close` once what waits is sent; a second one closes at once. A listener only stops listening.
    Close,
    /// RST now.
    Abort,
    /// Change the bytes for one `recv`, in [`RECV_BYTES`].
    SetRecvBytes(usize),
    /// Change what is answered. On a listener it holds for connections accepted from now on.
    SetResponder(Responder),
    /// Set SO_BROADCAST (UDP).
    SetBroadcast(bool),
    /// Set TCP_NODELAY (TCP). On a listener it holds for connections accepted from now on.
    SetNodelay(bool),
    /// Change how long each `recv` waits from when there is something to be read, in [`WAIT`]. On a listener it holds for
    /// connections accepted from now on.
    SetReadDelay(Duration),
    /// Change how far apart messages leave at least, in [`WAIT`]. On a listener it holds for connections accepted from now
    /// on.
    SetSendGap(Duration),
}

/// A message sent again and again.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// The message, in pieces.
    pub parts: Vec<Part>,
    /// How each is marked (TCP).
    pub framing: Framing,
    /// From one message to the next; zero for as fast as the socket takes them.
    pub every: Duration,
    /// How many; 0 until stopped.
    pub count: u64,
    /// As in [`Command::Send`].
    pub to: Option<SocketAddr>,
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_millis() as u64)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_survive_the_settings_file() {
        let specs = [
            SocketSpec::TcpServer(TcpServerSpec::default()),
            SocketSpec::TcpClient(TcpClientSpec::default()),
            SocketSpec::Udp(UdpSpec { connect: Some("[::1]:9".parse().unwrap()), ..UdpSpec::default() }),
            SocketSpec::TcpServer(TcpServerSpec {
                nodelay: true,
                read_delay: Duration::from_millis(250),
                send_gap: Duration::from_millis(5),
                ..TcpServerSpec::default()
            }),
        ];
        for spec in specs {
            let text = toml::to_string(&spec).unwrap();
            assert_eq!(toml::from_str::<SocketSpec>(&text).unwrap(), spec, "{text}");
        }
    }
}
