//! A listening socket, and where the connections it accepts go.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{
    Interest,
    net::{TcpListener, TcpStream},
};
use socket2::{Domain, Protocol, Socket, Type};

use super::{Stream, StreamSettings};
use crate::{
    journal::{Call, CloseReason, Event, Fault, Kind, SocketId},
    net::{
        options::{Command, RECV_BYTES, ServerModel, TcpServerSpec},
        outbox::Tag,
        rules, sys,
        worker::{Context, Order, Refused, Slot, Start, Turn, token},
    },
};

/// Connections accepted in one turn.
const TURN_ACCEPTS: usize = 64;
/// How long to wait before `accept` is tried again where the process has no descriptor left.
const PAUSE: Duration = Duration::from_millis(250);

/// A listening socket.
pub(in crate::net) struct Listener {
    tag: Tag,
    socket: TcpListener,
    local: SocketAddr,
    model: ServerModel,
    settings: StreamSettings,
    /// Sequential model: the connection that is served now.
    busy: Option<SocketId>,
    /// Connections that are left as they are until the next client comes.
    passed: Vec<SocketId>,
    /// Connections that are still to be accepted, where their number is limited, and those that have not ended.
    left: Option<(u32, u32)>,
    /// When to try `accept` again after an error that passes.
    retry: Option<Instant>,
}

impl Listener {
    /// `socket`, `bind`, `listen`.
    pub fn open(cx: &mut Context<'_>, tag: Tag, spec: &TcpServerSpec) -> Result<Self, Refused> {
        let addr = spec.address;
        if !rules::allowed(cx, tag, &spec.responder, addr.ip(), None) {
            return Err(Refused(Some(addr)));
        }
        let refuse = |cx: &mut Context<'_>, call, error: std::io::Error| {
            let fault = Fault::from(error);
            let detail = sys::why_not_here(addr, Kind::TcpListener, fault.kind);
            cx.out.record(tag, Event::Failed { call, fault }, Some(addr), detail.as_bytes());
            Refused(Some(addr))
        };
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))
            .map_err(|error| refuse(cx, Call::Socket, error))?;
        let options = || {
            socket.set_reuse_address(spec.reuse_address)?;
            if addr.is_ipv6() {
                // Systems differ in their default; `::` means every address here, IPv4 ones too.
                socket.set_only_v6(false)?;
            }
            socket.set_nonblocking(true)
        };
        options().map_err(|error| refuse(cx, Call::SetOption, error))?;
        socket.bind(&addr.into()).map_err(|error| refuse(cx, Call::Bind, error))?;
        let backlog = i32::try_from(spec.backlog).unwrap_or(i32::MAX);
        socket.listen(backlog).map_err(|error| refuse(cx, Call::Listen, error))?;
        let mut socket = TcpListener::from_std(socket.into());
        cx.registry
            .register(&mut socket, token(tag.id), Interest::READABLE)
            .map_err(|error| refuse(cx, Call::Listen, error))?;
        let local = socket.local_addr().unwrap_or(addr);
        let event = Event::Listening { backlog: spec.backlog };
        cx.out.record(tag, event, Some(local), local.to_string().as_bytes());
        let settings = StreamSettings {
            recv_bytes: spec.recv_bytes.clamp(*RECV_BYTES.start(), *RECV_BYTES.end()),
            responder: spec.responder.clone(),
            close_on_end: spec.close_on_end,
            nodelay: spec.nodelay,
            read_delay: spec.read_delay,
            send_gap: spec.send_gap,
        };
        let left = spec.accepts.map(|count| (count.get(), 0));
        Ok(Self { tag, socket, local, model: spec.model, settings, busy: None, passed: Vec::new(), left, retry: None })
    }

    /// Decides where a connection goes.
    fn place(&mut self, cx: &mut Context<'_>, socket: TcpStream, peer: SocketAddr) {
        let id = cx.shared.next_id();
        let tag = Tag { id, generation: 0 };
        cx.shared.count(id);
        let accepted = Event::Accepted { connection: id };
        let (listener, settings) = (self.tag.id, self.settings.clone());
        if self.model == ServerModel::Threads && self.left.is_none() {
            let start = Start::Accepted { socket, peer, listener, settings };
            let told = cx.shared.spawn(tag, start, || {
                cx.out.record(self.tag, accepted, Some(peer), b"");
                self.passed.drain(..).for_each(|passed| cx.close(passed));
                // The new worker's first record must not overtake this one.
                cx.out.flush();
            });
            if let Err(error) = told {
                cx.fail(tag, Call::Spawn, error, Some(peer));
                cx.out.record(tag, Event::Closed { why: CloseReason::Failure, unsent: 0 }, Some(peer), b"");
            }
            return;
        }
        // Whoever hears of it may give it orders.
        cx.add_route(tag);
        cx.shared.join_group(id, listener);
        cx.out.record(self.tag, accepted, Some(peer), b"");
        self.passed.drain(..).for_each(|passed| cx.close(passed));
        if let Some((left, _)) = &mut self.left {
            *left = left.saturating_sub(1);
        }
        match Stream::accepted(cx, tag, socket, peer, listener, settings) {
            Ok(stream) => {
                if self.model == ServerModel::Sequential {
                    self.busy = Some(id);
                }
                if let Some((_, open)) = &mut self.left {
                    *open += 1;
                }
                cx.joining.push(Box::new(stream));
            }
            Err(Refused(peer)) => {
                cx.shared.drop_route(tag);
                cx.out.record(tag, Event::Closed { why: CloseReason::Failure, unsent: 0 }, peer, b"");
            }
        }
    }
}

impl Slot for Listener {
    fn tag(&self) -> Tag {
        self.tag
    }

    fn deadline(&self) -> Option<Instant> {
        self.retry
    }

    fn connection_left(&mut self, connection: SocketId) {
        if self.busy == Some(connection) {
            self.busy = None;
        }
        self.passed.push(connection);
    }

    fn connection_ended(&mut self, connection: SocketId) {
        if self.busy == Some(connection) {
            self.busy = None;
        }
        self.passed.retain(|passed| *passed != connection);
        if let Some((_, open)) = &mut self.left {
            *open = open.saturating_sub(1);
        }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        if self.retry.is_some_and(|at| Instant::now() < at) {
            return Turn::Idle;
        }
        self.retry = None;
        for _ in 0..TURN_ACCEPTS {
            match self.left {
                Some((0, 0)) => {
                    return Turn::Gone(Event::Closed { why: CloseReason::Served, unsent: 0 }, Some(self.local));
                }
                Some((0, _)) => return Turn::Idle,
                _ => {}
            }
            if self.busy.is_some() {
                return Turn::Idle;
            }
            if !cx.out.has_room() {
                return Turn::Stalled;
            }
            match self.socket.accept() {
                Ok((socket, peer)) => self.place(cx, socket, peer),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Turn::Idle,
                    // The client gave up before it was accepted: the next one is waiting (accept(2)).
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => {
                        // No descriptor or memory left, most likely. The connection keeps waiting in the queue.
                        cx.fail(self.tag, Call::Accept, error, Some(self.local));
                        self.retry = Some(Instant::now() + PAUSE);
                        return Turn::Idle;
                    }
                },
            }
        }
        Turn::Again
    }

    fn order(&mut self, cx: &mut Context<'_>, order: Order) -> Turn {
        let Some(command) = order.command() else { return Turn::Idle };
        match command {
            Command::Close | Command::Abort => {
                return Turn::Gone(Event::Closed { why: CloseReason::User, unsent: 0 }, None);
            }
            Command::SetResponder(responder) if rules::allowed(cx, self.tag, &responder, self.local.ip(), None) => {
                self.settings.responder = responder;
            }
            Command::SetRecvBytes(count) => {
                self.settings.recv_bytes = count.clamp(*RECV_BYTES.start(), *RECV_BYTES.end());
            }
            Command::SetNodelay(on) => self.settings.nodelay = on,
            Command::SetReadDelay(delay) => self.settings.read_delay = delay,
            Command::SetSendGap(gap) => self.settings.send_gap = gap,
            _ => {}
        }
        Turn::Idle
    }

    fn end(&mut self, _: &mut Context<'_>, why: CloseReason) -> Turn {
        Turn::Gone(Event::Closed { why, unsent: 0 }, None)
    }
}
