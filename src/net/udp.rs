//! A UDP socket (RFC 768; `udp(7)`): datagrams in bulk, each recorded or at least counted.
//!
//! Nothing that arrives ends a UDP socket: ICMP answers, cut and empty datagrams are records like any other.
//! When the reader of the batches is too slow, datagrams are still received and counted, only their rows are
//! left out (and counted as left out); waiting would make the kernel drop them instead.

mod play;
mod sending;

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use mio::{Interest, net::UdpSocket};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::{
    counters::Counters,
    options::{Command, Endpoint, Family, RECV_BYTES, UDP_RECV_BYTES, UdpSpec},
    outbox::{Tag, canonical},
    pace::Pace,
    queue::{FileSend, Repeating},
    resolve,
    responder::{Machine, Responder, exec::Running},
    rules,
    sys::{self, Datagrams as _},
    worker::{Context, Order, Refused, Slot, Turn, token},
};
use crate::journal::{Call, CloseReason, Event, Fault, FaultKind, Kind, Nanos};

/// System calls for receiving in one turn; each may return 64 datagrams.
const TURN_CALLS: usize = 16;
/// Datagrams sent in one turn.
const TURN_SENDS: usize = 1_024;
/// Datagrams that may wait for one name, and names remembered.
const NAMES: usize = 64;
/// Peers that a chat remembers.
const HEARD: usize = 256;
/// What lies between two looks at the kernel's drops at least, where a turn ends with datagrams unread.
const LOOK: Duration = Duration::from_millis(100);

/// A UDP socket.
pub(super) struct Udp {
    tag: Tag,
    socket: UdpSocket,
    local: SocketAddr,
    /// The peer of a connected socket.
    peer: Option<SocketAddr>,
    /// Its name is still being looked up.
    connecting: bool,
    responder: Responder,
    datagrams: sys::Native,
    counters: Arc<Counters>,
    queue: VecDeque<(Vec<u8>, Option<SocketAddr>)>,
    /// What lies between its calls.
    pace: Pace,
    /// It closes, for this reason, once what is queued has left.
    closing: Option<CloseReason>,
    file: Option<(FileSend, Option<SocketAddr>)>,
    repeat: Option<Repeating>,
    names: Vec<Name>,
    /// The rules at work, where the responder has some.
    machine: Option<Box<Machine>>,
    /// The program that a rule runs, with its command line and whom it is for.
    running: Option<(String, Option<SocketAddr>, Running)>,
    /// When the rules want to go on.
    play_at: Option<Instant>,
    /// Who was heard, the latest last: the others of a chat.
    heard: Vec<SocketAddr>,
    /// When the kernel's drops are to be looked at again, while datagrams are left unread. A full buffer wakes nobody.
    look_at: Option<Instant>,
}

/// A host that datagrams were sent to by name.
struct Name {
    endpoint: Endpoint,
    addr: Option<SocketAddr>,
    waiting: Vec<Vec<u8>>,
}

impl Udp {
    /// `socket`, `bind` and, if asked for, `connect`.
    pub fn open(cx: &mut Context<'_>, tag: Tag, spec: &UdpSpec) -> Result<Self, Refused> {
        let addr = spec.address;
        if !rules::allowed(cx, tag, &spec.responder, addr.ip(), None) {
            return Err(Refused(Some(addr)));
        }
        let refuse = |cx: &mut Context<'_>, call, error: io::Error| {
            let fault = Fault::from(error);
            let detail = sys::why_not_here(addr, Kind::UdpSocket, fault.kind);
            cx.out.record(tag, Event::Failed { call, fault }, Some(addr), detail.as_bytes());
            Refused(Some(addr))
        };
        let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))
            .map_err(|error| refuse(cx, Call::Socket, error))?;
        let options = || {
            socket.set_nonblocking(true)?;
            socket.set_reuse_address(spec.reuse_address)?;
            socket.set_broadcast(spec.broadcast)?;
            if addr.is_ipv6() {
                socket.set_only_v6(false)?;
            }
            io::Result::Ok(())
        };
        options().map_err(|error| refuse(cx, Call::SetOption, error))?;
        // The kernel gives what it allows; what it gave is shown.
        socket.set_recv_buffer_size(spec.receive_buffer).ok();
        sys::room_for_any_datagram(&SockRef::from(&socket));
        socket.bind(&addr.into()).map_err(|error| refuse(cx, Call::Bind, error))?;
        let mut socket = UdpSocket::from_std(socket.into());
        sys::Native::prepare(&socket);
        cx.registry
            .register(&mut socket, token(tag.id), Interest::READABLE | Interest::WRITABLE)
            .map_err(|error| refuse(cx, Call::Bind, error))?;
        let local = socket.local_addr().unwrap_or(addr);
        cx.out.record(tag, Event::Bound, Some(local), local.to_string().as_bytes());
        let counters = cx.shared.count(tag.id);
        if let Ok(size) = SockRef::from(&socket).recv_buffer_size() {
            counters.receive_buffer.store(size as u64, Relaxed);
        }
        let mut udp = Self {
            tag,
            socket,
            local,
            peer: None,
            connecting: false,
            responder: Responder::None,
            datagrams: sys::Native::new(clamp(spec.recv_bytes)),
            counters,
            queue: VecDeque::new(),
            pace: Pace::new(spec.read_delay, spec.send_gap),
            closing: None,
            file: None,
            repeat: None,
            names: Vec::new(),
            machine: None,
            running: None,
            play_at: None,
            heard: Vec::new(),
            look_at: None,
        };
        udp.set_responder(cx, spec.responder.clone(), true);
        if let Some(target) = &spec.connect {
            udp.start_connect(cx, target);
        }
        Ok(udp)
    }

    fn start_connect(&mut self, cx: &mut Context<'_>, target: &Endpoint) {
        if let Some(addr) = resolve::literal(target) {
            self.connect(cx, addr);
            return;
        }
        match cx.resolve(self.tag, target, self.family()) {
            Ok(()) => {
                self.connecting = true;
                self.names.push(Name { endpoint: target.clone(), addr: None, waiting: Vec::new() });
            }
            Err(fault) => cx.fail(self.tag, Call::Resolve, fault, None),
        }
    }

    fn connect(&mut self, cx: &mut Context<'_>, addr: SocketAddr) {
        let since = Instant::now();
        cx.out.record(self.tag, Event::Connecting, Some(addr), b"");
        match self.socket.connect(self.mapped(addr)) {
            Ok(()) => {
                self.peer = Some(addr);
                self.local = self.socket.local_addr().unwrap_or(self.local);
                let took = since.elapsed().as_nanos() as Nanos;
                let local = canonical(self.local).to_string();
                cx.out.record(self.tag, Event::Connected { took }, Some(addr), local.as_bytes());
                if let Some(machine) = &mut self.machine {
                    machine.connected(Some(addr), Instant::now());
                }
            }
            Err(error) => self.refused(cx, Call::Connect, error, Some(addr)),
        }
    }

    fn family(&self) -> Family {
        // A dual-stack socket reaches both.
        if self.local.is_ipv4() { Family::V4 } else { Family::Any }
    }

    /// An IPv4 address as an IPv6 socket takes it.
    fn mapped(&self, addr: SocketAddr) -> SocketAddr {
        match addr {
            SocketAddr::V4(v4) if self.local.is_ipv6() => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
            _ => addr,
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Turn {
        let turn = self.receive(cx);
        // Read dry, it has looked already. Whatever else keeps it from reading is what makes the kernel drop.
        if self.look_at.is_some_and(|at| Instant::now() >= at) {
            self.see_drops();
            self.look_at = Some(Instant::now() + LOOK);
        }
        turn
    }

    fn see_drops(&self) {
        if let Some(drops) = sys::Native::drops(&self.socket) {
            self.counters.kernel_drops.store(drops, Relaxed);
        }
    }

    fn receive(&mut self, cx: &mut Context<'_>) -> Turn {
        // Until it is known that nothing is left.
        self.look_at.get_or_insert_with(Instant::now);
        for _ in 0..TURN_CALLS {
            // An answer that cannot leave waits; what arrives meanwhile waits in the kernel, which counts its drops.
            if self.responder != Responder::None && self.queue.len() >= TURN_SENDS {
                return Turn::Idle;
            }
            if self.machine.as_ref().is_some_and(|machine| machine.is_full()) {
                return Turn::Idle;
            }
            if self.pace.delays() {
                let Self { pace, socket, .. } = self;
                let told = pace.may_read(Instant::now(), || match socket.peek_from(&mut [0]) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
                    Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
                    // One that is longer than what was peeked at, in the words of Windows.
                    Err(_) if cfg!(windows) => Ok(true),
                    Err(error) => Err(error),
                    Ok(_) => Ok(true),
                });
                match told {
                    Ok(true) => self.pace.has_read(),
                    Ok(false) => {
                        if self.pace.is_dry() {
                            self.look_at = None;
                            self.see_drops();
                        }
                        return Turn::Idle;
                    }
                    Err(error) => {
                        if !self.take_errors(cx) {
                            self.fail(cx, Call::RecvFrom, error, self.peer);
                        }
                        continue;
                    }
                }
            }
            let Self { socket, datagrams, counters, responder, queue, tag, machine, heard, .. } = self;
            let mut at = None;
            let (mut count, mut bytes) = (0, 0);
            let result = datagrams.receive(socket, &mut |datagram| {
                count += 1;
                bytes += datagram.bytes.len();
                if cx.out.has_room() {
                    // One call returned them all at one moment.
                    let at = *at.get_or_insert_with(|| cx.out.now());
                    let event = Event::Received { full: datagram.full };
                    cx.out.record_at(at, *tag, event, Some(datagram.from), datagram.bytes);
                } else {
                    Counters::add(&counters.rows_not_shown, 1);
                }
                if let Some(machine) = machine {
                    hear(heard, datagram.from);
                    machine.received(datagram.bytes, Some(datagram.from));
                }
                if let Some(reply) = responder.reply(datagram.bytes) {
                    Counters::add(&counters.waiting, reply.len());
                    queue.push_back((reply.into_owned(), Some(datagram.from)));
                }
            });
            Counters::add(&counters.bytes_in, bytes);
            Counters::add(&counters.messages_in, count);
            let turn = match result {
                Ok(_) => match self.play(cx) {
                    Turn::Idle => self.write(cx),
                    other => other,
                },
                Err(error) if error.kind() == ErrorKind::Interrupted => Turn::Idle,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.look_at = None;
                    self.see_drops();
                    return Turn::Idle;
                }
                Err(error) => {
                    if !self.take_errors(cx) {
                        self.fail(cx, Call::RecvFrom, error, self.peer);
                    }
                    Turn::Idle
                }
            };
            if turn.is_gone() {
                return turn;
            }
        }
        Turn::Again
    }

    /// Records a failed call that may come as often as datagrams do, and is counted where there is no room for it.
    fn fail(&self, cx: &mut Context<'_>, call: Call, fault: impl Into<Fault>, addr: Option<SocketAddr>) {
        if cx.out.has_room() {
            cx.fail(self.tag, call, fault, addr);
        } else {
            Counters::add(&self.counters.rows_not_shown, 1);
        }
    }

    /// As [`fail`](Self::fail), with what is to be known of a permission: without broadcast it may be that switch, with it
    /// it is not.
    fn refused(&self, cx: &mut Context<'_>, call: Call, error: io::Error, addr: Option<SocketAddr>) {
        if error.kind() != ErrorKind::PermissionDenied || !self.socket.broadcast().unwrap_or(false) {
            return self.fail(cx, call, error, addr);
        }
        if cx.out.has_room() {
            let event = Event::Failed { call, fault: error.into() };
            cx.out.record(self.tag, event, addr, b"SO_BROADCAST=1");
        } else {
            Counters::add(&self.counters.rows_not_shown, 1);
        }
    }

    /// Records the ICMP answers that wait; `false` if there was none.
    fn take_errors(&mut self, cx: &mut Context<'_>) -> bool {
        let mut any = false;
        // A closed port answers every datagram: the queue is as long as the kernel lets it be, not longer.
        while let Some((fault, addr)) = sys::Native::take_error(&self.socket) {
            any = true;
            self.fail(cx, Call::RecvFrom, fault, addr.or(self.peer));
        }
        any
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Turn {
        for _ in 0..TURN_SENDS {
            let Some((bytes, to)) = self.queue.front() else {
                return self.closing.map_or(Turn::Idle, |why| self.gone(cx, why));
            };
            if !self.pace.may_send(Instant::now) {
                return Turn::Idle;
            }
            let (result, call, addr) = self.send(bytes, *to);
            match result {
                Ok(_) => {
                    Counters::add(&self.counters.bytes_out, bytes.len());
                    Counters::add(&self.counters.messages_out, 1);
                    if cx.out.has_room() {
                        cx.out.record(self.tag, Event::Sent { asked: bytes.len() as u32 }, addr, bytes);
                    } else {
                        Counters::add(&self.counters.rows_not_shown, 1);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Idle,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // The answer to an earlier datagram is told by the next call, whatever it sends where (ip(7)):
                // with that told, this datagram is tried again.
                Err(_) if self.take_errors(cx) => continue,
                Err(error) => self.refused(cx, call, error, addr),
            }
            if let Some((bytes, _)) = self.queue.pop_front() {
                self.counters.waiting.fetch_sub(bytes.len() as u64, Relaxed);
                self.pace.has_sent(Instant::now);
            }
        }
        Turn::Again
    }

    fn send(&self, bytes: &[u8], to: Option<SocketAddr>) -> (io::Result<usize>, Call, Option<SocketAddr>) {
        match to {
            // Sending elsewhere from a connected socket is an error on some systems and not on others.
            Some(addr) if self.peer != Some(addr) => (self.socket.send_to(bytes, self.mapped(addr)), Call::SendTo, to),
            _ if self.peer.is_some() => (self.socket.send(bytes), Call::Send, self.peer),
            _ => (Err(ErrorKind::NotConnected.into()), Call::Send, None),
        }
    }

    /// Queues a datagram that `waiting` does not count yet.
    fn push(&mut self, bytes: Vec<u8>, to: Option<SocketAddr>) {
        Counters::add(&self.counters.waiting, bytes.len());
        self.queue.push_back((bytes, to));
    }

    /// Datagrams leave at once or not at all: what waits now is what the kernel has no room for. Only those that keep their
    /// distance to one another are waited for, and only once.
    fn close(&mut self, cx: &mut Context<'_>, why: CloseReason) -> Turn {
        let turn = self.write(cx);
        if turn.is_gone() {
            return turn;
        }
        if self.closing.is_some() || self.queue.is_empty() || !self.pace.parts() {
            return self.gone(cx, why);
        }
        self.closing = Some(why);
        self.stop_repeating(cx, true);
        self.end_file(cx, true);
        (self.machine, self.running, self.play_at, self.responder) = (None, None, None, Responder::None);
        self.counters.asks.store(0, Relaxed);
        Turn::Idle
    }

    fn gone(&mut self, cx: &mut Context<'_>, why: CloseReason) -> Turn {
        self.stop_repeating(cx, true);
        self.end_file(cx, true);
        self.running = None;
        self.counters.asks.store(0, Relaxed);
        self.see_drops();
        let unsent = self.counters.waiting.swap(0, Relaxed);
        let unsent = u32::try_from(unsent).unwrap_or(u32::MAX);
        Turn::Gone(Event::Closed { why, unsent }, self.peer)
    }
}

/// Notes who was heard. Of too many the one that was silent longest is forgotten.
fn hear(heard: &mut Vec<SocketAddr>, from: SocketAddr) {
    if heard.last() == Some(&from) {
        return;
    }
    heard.retain(|addr| *addr != from);
    if heard.len() >= HEARD {
        heard.remove(0);
    }
    heard.push(from);
}

fn clamp(recv_bytes: usize) -> usize {
    // No datagram is longer: more room would only be memory.
    recv_bytes.clamp(*RECV_BYTES.start(), UDP_RECV_BYTES)
}

impl Slot for Udp {
    fn tag(&self) -> Tag {
        self.tag
    }

    fn deadline(&self) -> Option<Instant> {
        let repeat = self.repeat.as_ref().filter(|_| self.queue.is_empty()).map(Repeating::due);
        let paced = self.pace.deadline(!self.queue.is_empty() || self.file.is_some());
        let timers = [repeat, self.play_at.filter(|_| self.queue.len() < TURN_SENDS), paced, self.look_at];
        timers.into_iter().flatten().min()
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        if self.deadline().is_some() {
            self.pace.wake(Instant::now());
        }
        let mut wish = Turn::Idle;
        for act in [Self::write, Self::play, Self::repeat_now, Self::send_file, Self::read] {
            match act(self, cx) {
                gone @ Turn::Gone(..) => return gone,
                Turn::Idle => {}
                other => wish = other,
            }
        }
        wish
    }

    fn order(&mut self, cx: &mut Context<'_>, order: Order) -> Turn {
        let command = match order {
            Order::Do(command) => command,
            Order::Resolved { endpoint, answer } => {
                self.resolved(cx, &endpoint, answer);
                return Turn::Again;
            }
            Order::Ran(finished) => {
                self.ran(cx, &finished);
                return Turn::Again;
            }
            #[cfg(test)]
            Order::Panic => panic!("as asked for"),
        };
        match command {
            // It is closing: nothing more is taken, and what is queued is waited for.
            Command::Send { bytes, .. } | Command::SendToName { bytes, .. } if self.closing.is_some() => {
                self.refuse(cx, Call::Send, FaultKind::BrokenPipe, bytes.len());
            }
            Command::Repeat(_) | Command::SendFile { .. } | Command::SetResponder(_) if self.closing.is_some() => {
                cx.fail(self.tag, Call::Send, Fault::of(FaultKind::BrokenPipe), None);
            }
            // What is sent while the peer's name is looked up waits for it.
            Command::Send { bytes, to: None } if self.connecting => {
                match self.names.first_mut() {
                    Some(name) if name.waiting.len() < NAMES => name.waiting.push(bytes),
                    _ => self.refuse(cx, Call::Send, FaultKind::QueueFull, bytes.len()),
                }
                return Turn::Idle;
            }
            Command::Send { bytes, to } => {
                let to = self.answered(to);
                self.queue.push_back((bytes, to));
            }
            Command::Line(line) => self.line(cx, line),
            Command::SendToName { bytes, to } => self.send_to_name(cx, bytes, to),
            Command::Repeat(plan) => {
                self.stop_repeating(cx, true);
                self.repeat = Some(Repeating::new(plan, &self.counters));
            }
            Command::StopRepeat => self.stop_repeating(cx, true),
            Command::SendFile { path, to } => {
                self.end_file(cx, true);
                match FileSend::open(&path) {
                    Ok(file) => {
                        let event = Event::FileStarted { size: file.size };
                        cx.out.record(self.tag, event, to.or(self.peer), path.to_string_lossy().as_bytes());
                        self.counters.file_sent.store(0, Relaxed);
                        self.counters.file_size.store(file.size, Relaxed);
                        self.file = Some((file, to));
                    }
                    Err(fault) => {
                        let event = Event::Failed { call: Call::OpenFile, fault };
                        cx.out.record(self.tag, event, to.or(self.peer), path.to_string_lossy().as_bytes());
                    }
                }
            }
            Command::PauseFile(paused) => {
                if let Some((file, to)) = &mut self.file
                    && let Some(event) = file.pause(paused, &self.counters)
                {
                    cx.out.record(self.tag, event, to.or(self.peer), file.path.to_string_lossy().as_bytes());
                }
            }
            Command::CancelFile => self.end_file(cx, true),
            Command::Close => return self.close(cx, CloseReason::User),
            Command::Abort => {
                if !self.pace.parts() {
                    self.write(cx);
                }
                return self.gone(cx, CloseReason::User);
            }
            Command::SetReadDelay(delay) => self.pace.set_read_delay(delay, Instant::now()),
            Command::SetSendGap(gap) => self.pace.set_send_gap(gap, Instant::now()),
            Command::SetRecvBytes(count) => self.datagrams = sys::Native::new(clamp(count)),
            Command::SetResponder(responder) => self.set_responder(cx, responder, false),
            Command::SetBroadcast(on) => match self.socket.set_broadcast(on) {
                Ok(()) => {
                    let value = self.socket.broadcast().unwrap_or(on);
                    let detail = format!("SO_BROADCAST={}", u8::from(value));
                    cx.out.record(self.tag, Event::OptionSet, self.peer, detail.as_bytes());
                }
                Err(error) => cx.fail(self.tag, Call::SetOption, error, Some(self.local)),
            },
            Command::SetNodelay(_) | Command::HalfClose => {}
        }
        Turn::Again
    }

    fn end(&mut self, cx: &mut Context<'_>, why: CloseReason) -> Turn {
        self.gone(cx, why)
    }
}
