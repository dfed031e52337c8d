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
    journal::{Call, CloseReason, Event, Fault, FaultKind, Kind, SocketId},
    net::{
        engine::{Prepared, Shared},
        options::{Command, RECV_BYTES, ServerModel, TcpServerSpec},
        outbox::{AGE, Tag},
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
    /// That error, once told: it is not told again for as long as it lasts.
    failing: Option<FaultKind>,
    /// The client that is first in the queue and cannot go where it belongs yet.
    held: Option<Held>,
}

/// A client on its way to a worker of its own.
enum Held {
    /// The process has no descriptors left for that worker, so nobody has heard of the client yet.
    Waiting(TcpStream, SocketAddr),
    /// That it was accepted is written but has not left, and the worker's first record must not overtake it.
    Told(Prepared, SocketAddr),
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
        Ok(Self {
            tag,
            socket,
            local,
            model: spec.model,
            settings,
            busy: None,
            passed: Vec::new(),
            left,
            retry: None,
            failing: None,
            held: None,
        })
    }

    /// Decides where a connection goes.
    fn place(&mut self, cx: &mut Context<'_>, socket: TcpStream, peer: SocketAddr) -> Turn {
        let mut station = None;
        if self.model == ServerModel::Threads && self.left.is_none() {
            match Shared::station() {
                Ok(made) => station = Some(made),
                Err(error) => {
                    self.held = Some(Held::Waiting(socket, peer));
                    return self.pause(cx, error);
                }
            }
        }
        self.failing = None;
        let id = cx.shared.next_id();
        let tag = Tag { id, generation: 0 };
        cx.shared.count(id);
        let accepted = Event::Accepted { connection: id };
        let (listener, settings) = (self.tag.id, self.settings.clone());
        if let Some(station) = station {
            let start = Start::Accepted { socket, peer, listener, settings };
            let prepared = cx.shared.prepare(tag, start, station);
            cx.out.record(self.tag, accepted, Some(peer), b"");
            self.passed.drain(..).for_each(|passed| cx.close(passed));
            return self.launch(cx, prepared, peer);
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
        Turn::Idle
    }

    /// Starts the worker of a connection, once it has been told that it was accepted.
    fn launch(&mut self, cx: &mut Context<'_>, prepared: Prepared, peer: SocketAddr) -> Turn {
        if !cx.out.flush() {
            self.held = Some(Held::Told(prepared, peer));
            // Sooner than the hundreds of connections that may wait for room as well: it is one, and others wait for it.
            self.retry = Some(Instant::now() + AGE);
            return Turn::Idle;
        }
        Self::launch_now(cx, prepared, peer);
        Turn::Idle
    }

    fn launch_now(cx: &mut Context<'_>, prepared: Prepared, peer: SocketAddr) {
        let tag = prepared.tag;
        if let Err(error) = cx.shared.launch(prepared) {
            cx.fail(tag, Call::Spawn, error, Some(peer));
            cx.out.record(tag, Event::Closed { why: CloseReason::Failure, unsent: 0 }, Some(peer), b"");
        }
    }

    /// No descriptor or memory left, most likely. The client keeps waiting, and so does the listener.
    fn pause(&mut self, cx: &mut Context<'_>, error: std::io::Error) -> Turn {
        let fault = Fault::from(error);
        if self.failing.replace(fault.kind) != Some(fault.kind) {
            cx.fail(self.tag, Call::Accept, fault, Some(self.local));
        }
        self.retry = Some(Instant::now() + PAUSE);
        Turn::Idle
    }

    /// It listens no more. Who was told to be accepted is served; who was not goes as those in the queue do.
    fn ends(&mut self, cx: &mut Context<'_>) {
        if let Some(Held::Told(prepared, peer)) = self.held.take() {
            Self::launch_now(cx, prepared, peer);
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
            let client = match self.held.take() {
                Some(Held::Told(prepared, peer)) => match self.launch(cx, prepared, peer) {
                    Turn::Idle if self.retry.is_none() => continue,
                    other => return other,
                },
                Some(Held::Waiting(socket, peer)) => Ok((socket, peer)),
                None => self.socket.accept(),
            };
            match client {
                Ok((socket, peer)) => match self.place(cx, socket, peer) {
                    // It may have to wait before the next one.
                    Turn::Idle if self.retry.is_none() => {}
                    other => return other,
                },
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Turn::Idle,
                    // The client gave up before it was accepted: the next one is waiting (accept(2)).
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => return self.pause(cx, error),
                },
            }
        }
        Turn::Again
    }

    fn order(&mut self, cx: &mut Context<'_>, order: Order) -> Turn {
        let Some(command) = order.command() else { return Turn::Idle };
        match command {
            Command::Close | Command::Abort => {
                self.ends(cx);
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

    fn end(&mut self, cx: &mut Context<'_>, why: CloseReason) -> Turn {
        self.ends(cx);
        Turn::Gone(Event::Closed { why, unsent: 0 }, None)
    }
}
