//! A client from its name to its connection: look-up, `connect` to each address in turn, then a [`Stream`].

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use mio::net::TcpStream;

use super::{Stream, StreamSettings, interest};
use crate::{
    journal::{Call, CloseReason, Event, Fault, FaultKind, Nanos},
    net::{
        options::{Command, RECV_BYTES, TcpClientSpec},
        outbox::Tag,
        resolve,
        worker::{Context, Order, Refused, Slot, Turn, token},
    },
};

/// A client, connecting or connected.
pub(in crate::net) struct Client {
    tag: Tag,
    settings: StreamSettings,
    timeout: Duration,
    /// Addresses that were not tried yet.
    candidates: VecDeque<SocketAddr>,
    phase: Phase,
    /// What was asked for before the connection stood.
    early: Vec<Command>,
}

enum Phase {
    /// The name is being looked up.
    Resolving,
    /// `connect` has not answered.
    Connecting { socket: TcpStream, peer: SocketAddr, since: Instant },
    /// `connect` succeeded.
    Open(Box<Stream>),
}

impl Client {
    /// Starts the look-up, or the first `connect`.
    pub fn open(cx: &mut Context<'_>, tag: Tag, spec: &TcpClientSpec) -> Result<Self, Refused> {
        let mut client = Self {
            tag,
            settings: StreamSettings {
                recv_bytes: spec.recv_bytes.clamp(*RECV_BYTES.start(), *RECV_BYTES.end()),
                responder: spec.responder.clone(),
                close_on_end: spec.close_on_end,
                nodelay: spec.nodelay,
                read_delay: spec.read_delay,
                send_gap: spec.send_gap,
            },
            timeout: spec.connect_timeout,
            candidates: VecDeque::new(),
            phase: Phase::Resolving,
            early: Vec::new(),
        };
        if let Some(addr) = resolve::literal(&spec.target) {
            client.candidates.push_back(addr);
            return match client.connect_next(cx) {
                Turn::Gone(_, peer) => Err(Refused(peer)),
                _ => Ok(client),
            };
        }
        if let Err(fault) = cx.resolve(tag, &spec.target, spec.family) {
            cx.fail(tag, Call::Resolve, fault, None);
            return Err(Refused(None));
        }
        Ok(client)
    }

    /// Calls `connect` for the next address; without one left, gives up.
    fn connect_next(&mut self, cx: &mut Context<'_>) -> Turn {
        let mut last = None;
        while let Some(addr) = self.candidates.pop_front() {
            last = Some(addr);
            cx.out.record(self.tag, Event::Connecting, Some(addr), b"");
            let since = Instant::now();
            let started = TcpStream::connect(addr).and_then(|mut socket| {
                cx.registry.register(&mut socket, token(self.tag.id), interest())?;
                Ok(socket)
            });
            match started {
                Ok(socket) => {
                    self.phase = Phase::Connecting { socket, peer: addr, since };
                    return Turn::Again;
                }
                Err(error) => cx.fail(self.tag, Call::Connect, error, Some(addr)),
            }
        }
        self.give_up(CloseReason::Failure, last, cx)
    }

    fn give_up(&mut self, why: CloseReason, peer: Option<SocketAddr>, cx: &Context<'_>) -> Turn {
        let unsent = cx.shared.count(self.tag.id).waiting.swap(0, Relaxed);
        Turn::Gone(Event::Closed { why, unsent: u32::try_from(unsent).unwrap_or(u32::MAX) }, peer)
    }

    /// Whether `connect` has answered, and what.
    fn check(&mut self, cx: &mut Context<'_>) -> Turn {
        let Phase::Connecting { socket, peer, since } = &self.phase else { return Turn::Idle };
        let (peer, since) = (*peer, *since);
        let (fault, detail) = match outcome(socket, peer) {
            Ok(local) => {
                let took = since.elapsed().as_nanos() as Nanos;
                cx.out.record(self.tag, Event::Connected { took }, Some(peer), local.to_string().as_bytes());
                return self.opened(cx);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if since.elapsed() < self.timeout {
                    return Turn::Idle;
                }
                // Our own limit and not the kernel's: only here is it known how long it was.
                (Fault::of(FaultKind::TimedOut), format!("{} ms", self.timeout.as_millis()))
            }
            Err(error) => (error.into(), String::new()),
        };
        cx.out.record(self.tag, Event::Failed { call: Call::Connect, fault }, Some(peer), detail.as_bytes());
        self.phase = Phase::Resolving;
        match self.connect_next(cx) {
            Turn::Gone(event, None) => Turn::Gone(event, Some(peer)),
            other => other,
        }
    }

    fn opened(&mut self, cx: &mut Context<'_>) -> Turn {
        let Phase::Connecting { socket, peer, .. } = std::mem::replace(&mut self.phase, Phase::Resolving) else {
            return Turn::Idle;
        };
        let mut stream = Box::new(Stream::new(cx, self.tag, socket, peer, None, self.settings.clone()));
        for command in self.early.drain(..) {
            let turn = stream.order(cx, Order::Do(command));
            if turn.is_gone() {
                return turn;
            }
        }
        self.phase = Phase::Open(stream);
        Turn::Again
    }
}

/// What became of a non-blocking `connect` (connect(2), EINPROGRESS): our own address if it stands.
fn outcome(socket: &TcpStream, target: SocketAddr) -> io::Result<SocketAddr> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match socket.peer_addr() {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotConnected => return Err(ErrorKind::WouldBlock.into()),
        Err(error) => return Err(error),
    }
    let local = socket.local_addr()?;
    // Where the system happens to choose the target's own port for a socket that connects to this computer, TCP
    // lets the socket open to itself (RFC 9293, simultaneous open). Nobody is listening all the same.
    if local == target {
        return Err(ErrorKind::ConnectionRefused.into());
    }
    Ok(local)
}

impl Slot for Client {
    fn tag(&self) -> Tag {
        self.tag
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Resolving => None,
            Phase::Connecting { since, .. } => Some(*since + self.timeout),
            Phase::Open(stream) => stream.deadline(),
        }
    }

    fn more_than_data(&mut self) {
        if let Phase::Open(stream) = &mut self.phase {
            stream.more_than_data();
        }
    }

    fn unread(&self) -> usize {
        if let Phase::Open(stream) = &self.phase { stream.unread() } else { 0 }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        match &mut self.phase {
            Phase::Resolving => Turn::Idle,
            Phase::Connecting { .. } => self.check(cx),
            Phase::Open(stream) => stream.turn(cx),
        }
    }

    fn order(&mut self, cx: &mut Context<'_>, order: Order) -> Turn {
        if let Phase::Open(stream) = &mut self.phase {
            return stream.order(cx, order);
        }
        match order {
            Order::Resolved { answer: Ok(addrs), .. } => {
                self.candidates = addrs.into();
                self.connect_next(cx)
            }
            Order::Resolved { endpoint, answer: Err(fault) } => {
                let event = Event::Failed { call: Call::Resolve, fault };
                cx.out.record(self.tag, event, None, endpoint.host.as_bytes());
                self.give_up(CloseReason::Failure, None, cx)
            }
            Order::Do(Command::Close | Command::Abort) => {
                let peer = match &self.phase {
                    Phase::Connecting { peer, .. } => Some(*peer),
                    _ => None,
                };
                let call = if peer.is_some() { Call::Connect } else { Call::Resolve };
                cx.fail(self.tag, call, Fault::of(FaultKind::Cancelled), peer);
                self.give_up(CloseReason::Failure, peer, cx)
            }
            Order::Ran(_) => Turn::Idle,
            Order::Do(command) => {
                // Bytes among them are counted in `waiting`, which bounds them.
                if self.early.len() < 1_024 {
                    self.early.push(command);
                    return Turn::Idle;
                }
                if let Command::Send { bytes, .. } | Command::SendToName { bytes, .. } = command {
                    cx.shared.count(self.tag.id).waiting.fetch_sub(bytes.len() as u64, Relaxed);
                }
                cx.fail(self.tag, Call::Send, Fault::of(FaultKind::QueueFull), None);
                Turn::Idle
            }
            #[cfg(test)]
            Order::Panic => panic!("as asked for"),
        }
    }

    fn end(&mut self, cx: &mut Context<'_>, why: CloseReason) -> Turn {
        match &mut self.phase {
            Phase::Open(stream) => stream.end(cx, why),
            _ => self.give_up(why, None, cx),
        }
    }
}
