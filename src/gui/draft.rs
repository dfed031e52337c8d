//! A socket as the user types it: text for every field, checked as one types.

use std::{net::SocketAddr, num::NonZeroU32, ops::RangeInclusive, time::Duration};

use super::model::Model;
use crate::net::{
    Endpoint, Family, Responder, ServerModel, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec,
    options::{AddressError, RECV_BYTES, WAIT, parse_bind},
};

/// What is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NewKind {
    /// A TCP server.
    TcpServer,
    /// A TCP client.
    TcpClient,
    /// A UDP socket.
    Udp,
}

impl NewKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TcpServer, Self::TcpClient, Self::Udp];

    /// What this is.
    pub fn of(spec: &SocketSpec) -> Self {
        match spec {
            SocketSpec::TcpServer(_) => Self::TcpServer,
            SocketSpec::TcpClient(_) => Self::TcpClient,
            SocketSpec::Udp(_) => Self::Udp,
        }
    }
}

/// Backlogs that can be typed; the kernel caps them at its own limit.
pub const BACKLOG: RangeInclusive<u32> = 0..=65_535;
/// Receive buffers that can be asked for, in bytes.
pub const RECEIVE_BUFFER: RangeInclusive<usize> = 256..=1 << 30;
/// Connect timeouts that can be typed, in seconds.
pub const TIMEOUT: RangeInclusive<f64> = 0.1..=3600.0;

/// A form filled in. Fields that its kind does not have are kept for when the kind is changed.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    clippy::struct_excessive_bools,
    reason = "each is the field of the same name in one of the specs"
)]
pub struct Draft {
    pub kind: NewKind,
    pub address: String,
    pub backlog: String,
    pub reuse_address: bool,
    pub model: ServerModel,
    pub server_reply: Responder,
    pub reply: Responder,
    pub close_on_end: bool,
    /// Of a server that a preset describes; there is no field for it.
    pub accepts: Option<NonZeroU32>,
    pub nodelay: bool,
    /// In milliseconds, as the next one.
    pub read_delay: String,
    pub send_gap: String,
    pub tcp_recv: String,
    pub udp_recv: String,
    pub target: String,
    pub family: Family,
    pub timeout: String,
    /// UDP: whom to connect to; empty for nobody.
    pub connect: String,
    pub broadcast: bool,
    pub receive_buffer: String,
}

/// A number that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberError {
    /// The least that can be.
    pub low: u64,
    /// The most that can be.
    pub high: u64,
}

impl Draft {
    /// A form with the defaults; a client's target is the newest server that listens.
    pub fn new(kind: NewKind, model: &Model) -> Self {
        let mut draft = Self::of(&SocketSpec::TcpServer(TcpServerSpec::default()));
        draft.set_kind(kind);
        if let Some(server) = model.newest_server() {
            draft.target = Endpoint::from(server).to_string();
        }
        draft
    }

    /// The form that describes this socket.
    pub fn of(spec: &SocketSpec) -> Self {
        let (mut server, mut client, mut udp) =
            (TcpServerSpec::default(), TcpClientSpec::default(), UdpSpec::default());
        let kind = match spec.clone() {
            SocketSpec::TcpServer(spec) => {
                server = spec;
                NewKind::TcpServer
            }
            SocketSpec::TcpClient(spec) => {
                client = spec;
                NewKind::TcpClient
            }
            SocketSpec::Udp(spec) => {
                udp = spec;
                NewKind::Udp
            }
        };
        let (address, reuse_address) = match kind {
            NewKind::Udp => (udp.address, udp.reuse_address),
            _ => (server.address, server.reuse_address),
        };
        let (nodelay, read_delay, send_gap) = match kind {
            NewKind::TcpServer => (server.nodelay, server.read_delay, server.send_gap),
            NewKind::TcpClient => (client.nodelay, client.read_delay, client.send_gap),
            NewKind::Udp => (false, udp.read_delay, udp.send_gap),
        };
        Self {
            kind,
            nodelay,
            read_delay: read_delay.as_millis().to_string(),
            send_gap: send_gap.as_millis().to_string(),
            address: address.to_string(),
            backlog: server.backlog.to_string(),
            reuse_address,
            model: server.model,
            server_reply: server.responder,
            reply: if kind == NewKind::Udp { udp.responder } else { client.responder },
            close_on_end: if kind == NewKind::TcpClient { client.close_on_end } else { server.close_on_end },
            accepts: server.accepts,
            tcp_recv: if kind == NewKind::TcpClient { client.recv_bytes } else { server.recv_bytes }.to_string(),
            udp_recv: udp.recv_bytes.to_string(),
            target: client.target.to_string(),
            family: client.family,
            timeout: client.connect_timeout.as_secs_f64().to_string(),
            connect: udp.connect.map(|target| target.to_string()).unwrap_or_default(),
            broadcast: udp.broadcast,
            receive_buffer: udp.receive_buffer.to_string(),
        }
    }

    /// Changes the kind. What a server and a client start with differs, and comes along unless it was touched.
    pub fn set_kind(&mut self, kind: NewKind) {
        let defaults = |kind| (kind == NewKind::TcpServer, kind != NewKind::Udp && cfg!(not(windows)));
        let (before, after) = (defaults(self.kind), defaults(kind));
        if self.close_on_end == before.0 {
            self.close_on_end = after.0;
        }
        if self.reuse_address == before.1 {
            self.reuse_address = after.1;
        }
        self.kind = kind;
    }

    /// What it answers, as its kind has it.
    pub fn responder(&self) -> &Responder {
        if self.kind == NewKind::TcpServer { &self.server_reply } else { &self.reply }
    }

    /// Changes what it answers.
    pub fn set_responder(&mut self, responder: Responder) {
        *if self.kind == NewKind::TcpServer { &mut self.server_reply } else { &mut self.reply } = responder;
    }

    /// The address to bind.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn address(&self) -> Result<SocketAddr, AddressError> {
        parse_bind(&self.address)
    }

    /// Whom a client connects to.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn target(&self) -> Result<Endpoint, AddressError> {
        self.target.parse()
    }

    /// Whom a UDP socket is connected to, if to anybody.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn connect(&self) -> Result<Option<Endpoint>, AddressError> {
        if self.connect.trim().is_empty() { Ok(None) } else { self.connect.parse().map(Some) }
    }

    /// The backlog.
    ///
    /// # Errors
    /// It is no number, or out of range.
    pub fn backlog(&self) -> Result<u32, NumberError> {
        let number = whole(&self.backlog, u64::from(*BACKLOG.start()), u64::from(*BACKLOG.end()))?;
        Ok(number as u32)
    }

    /// Bytes for one `recv`.
    ///
    /// # Errors
    /// It is no number, or out of range.
    pub fn recv_bytes(&self) -> Result<usize, NumberError> {
        recv_bytes(if self.kind == NewKind::Udp { &self.udp_recv } else { &self.tcp_recv })
    }

    /// The wait before each `recv`.
    ///
    /// # Errors
    /// It is no number, or out of range.
    pub fn read_delay(&self) -> Result<Duration, NumberError> {
        wait(&self.read_delay)
    }

    /// The least distance between two messages.
    ///
    /// # Errors
    /// It is no number, or out of range.
    pub fn send_gap(&self) -> Result<Duration, NumberError> {
        wait(&self.send_gap)
    }

    /// SO_RCVBUF.
    ///
    /// # Errors
    /// It is no number, or out of range.
    pub fn receive_buffer(&self) -> Result<usize, NumberError> {
        let (low, high) = (*RECEIVE_BUFFER.start() as u64, *RECEIVE_BUFFER.end() as u64);
        Ok(whole(&self.receive_buffer, low, high)? as usize)
    }

    /// The connect timeout; seconds may have a fraction.
    ///
    /// # Errors
    /// It is no number, or out of range.
    pub fn timeout(&self) -> Result<Duration, NumberError> {
        let seconds: Option<f64> = self.timeout.trim().parse().ok();
        match seconds {
            Some(seconds) if TIMEOUT.contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
            _ => Err(NumberError { low: 0, high: *TIMEOUT.end() as u64 }),
        }
    }

    /// The socket, if every field of its kind can be used.
    pub fn spec(&self) -> Option<SocketSpec> {
        let spec = match self.kind {
            NewKind::TcpServer => SocketSpec::TcpServer(TcpServerSpec {
                address: self.address().ok()?,
                backlog: self.backlog().ok()?,
                reuse_address: self.reuse_address,
                model: self.model,
                responder: self.server_reply.clone(),
                close_on_end: self.close_on_end,
                accepts: self.accepts,
                recv_bytes: self.recv_bytes().ok()?,
                nodelay: self.nodelay,
                read_delay: self.read_delay().ok()?,
                send_gap: self.send_gap().ok()?,
            }),
            NewKind::TcpClient => SocketSpec::TcpClient(TcpClientSpec {
                target: self.target().ok()?,
                family: self.family,
                connect_timeout: self.timeout().ok()?,
                close_on_end: self.close_on_end,
                responder: self.reply.clone(),
                recv_bytes: self.recv_bytes().ok()?,
                nodelay: self.nodelay,
                read_delay: self.read_delay().ok()?,
                send_gap: self.send_gap().ok()?,
            }),
            NewKind::Udp => SocketSpec::Udp(UdpSpec {
                address: self.address().ok()?,
                connect: self.connect().ok()?,
                broadcast: self.broadcast,
                reuse_address: self.reuse_address,
                responder: self.reply.clone(),
                recv_bytes: self.recv_bytes().ok()?,
                receive_buffer: self.receive_buffer().ok()?,
                read_delay: self.read_delay().ok()?,
                send_gap: self.send_gap().ok()?,
            }),
        };
        Some(spec)
    }
}

/// Bytes for one `recv`, as typed.
///
/// # Errors
/// It is no number, or not in [`RECV_BYTES`].
pub fn recv_bytes(text: &str) -> Result<usize, NumberError> {
    Ok(whole(text, *RECV_BYTES.start() as u64, *RECV_BYTES.end() as u64)? as usize)
}

/// A wait in milliseconds, as typed.
///
/// # Errors
/// It is no number, or not in [`WAIT`].
pub fn wait(text: &str) -> Result<Duration, NumberError> {
    Ok(Duration::from_millis(whole(text, WAIT.start().as_millis() as u64, WAIT.end().as_millis() as u64)?))
}

/// A whole number; digits may be parted by spaces and underscores, and by commas in groups of three: `1,5` is a fraction.
fn whole(text: &str, low: u64, high: u64) -> Result<u64, NumberError> {
    let parting = |c: char| c.is_whitespace() || c == '_';
    let digits: String = text.chars().filter(|c| !parting(*c)).collect();
    let thousands = digits.split(',').skip(1).all(|group| group.len() == 3);
    let number =
        digits.replace(',', "").parse().ok().filter(|_| thousands).filter(|number| (low..=high).contains(number));
    number.ok_or(NumberError { low, high })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft(kind: NewKind) -> Draft {
        let mut draft = Draft::of(&SocketSpec::TcpServer(TcpServerSpec::default()));
        draft.set_kind(kind);
        draft
    }

    #[test]
    fn the_defaults_are_the_specs_defaults() {
        assert_eq!(draft(NewKind::TcpServer).spec(), Some(SocketSpec::TcpServer(TcpServerSpec::default())));
        assert_eq!(draft(NewKind::TcpClient).spec(), Some(SocketSpec::TcpClient(TcpClientSpec::default())));
        assert_eq!(draft(NewKind::Udp).spec(), Some(SocketSpec::Udp(UdpSpec::default())));
    }

    #[test]
    fn a_form_of_a_spec_gives_the_spec_back() {
        let specs = [
            SocketSpec::TcpServer(TcpServerSpec {
                backlog: 7,
                close_on_end: false,
                accepts: NonZeroU32::new(1),
                ..TcpServerSpec::default()
            }),
            SocketSpec::TcpClient(TcpClientSpec {
                target: "[fe80::1%2]:80".parse().unwrap(),
                family: Family::V6,
                connect_timeout: Duration::from_millis(1_500),
                close_on_end: true,
                responder: Responder::Upper,
                recv_bytes: 3,
                nodelay: true,
                read_delay: Duration::from_millis(250),
                send_gap: Duration::from_secs(10),
            }),
            SocketSpec::Udp(UdpSpec {
                connect: Some("localhost:9".parse().unwrap()),
                broadcast: true,
                reuse_address: true,
                ..UdpSpec::default()
            }),
        ];
        for spec in specs {
            assert_eq!(Draft::of(&spec).spec(), Some(spec));
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused_with_their_range() {
        let mut draft = draft(NewKind::TcpServer);
        for typed in ["", "x", "-1", "1.5", "70000", "99999999999999999999999"] {
            draft.backlog = typed.into();
            assert_eq!(draft.backlog(), Err(NumberError { low: 0, high: 65_535 }), "{typed}");
            assert_eq!(draft.spec(), None);
        }
        for (typed, seconds) in [("inf", None), ("NaN", None), ("0", None), ("0.5", Some(0.5)), (" 10 ", Some(10.0))] {
            draft.timeout = typed.into();
            assert_eq!(draft.timeout().ok(), seconds.map(Duration::from_secs_f64), "{typed}");
        }
        assert_eq!(recv_bytes("1 048 576"), Ok(1 << 20));
        assert_eq!((recv_bytes("1,048,576"), recv_bytes("1,5").is_err()), (Ok(1 << 20), true));
        assert!(recv_bytes("0").is_err());
        assert_eq!((wait("0"), wait("10 000")), (Ok(Duration::ZERO), Ok(Duration::from_secs(10))));
        assert_eq!(wait("10001"), Err(NumberError { low: 0, high: 10_000 }));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            for kind in NewKind::ALL {
                let mut draft = draft(kind);
                for field in [
                    &mut draft.address, &mut draft.backlog, &mut draft.tcp_recv, &mut draft.udp_recv,
                    &mut draft.target, &mut draft.timeout, &mut draft.connect, &mut draft.receive_buffer,
                    &mut draft.read_delay, &mut draft.send_gap,
                ] {
                    field.clone_from(&text);
                }
                let _ = draft.spec();
            }
        }
    }
}
