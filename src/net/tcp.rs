//! TCP: a listener, a client that is connecting, an open connection (RFC 9293; `tcp(7)`).
//!
//! Reading and writing report what the calls returned and nothing more: `send` says what the kernel took, a
//! `recv` of 0 says that the peer sent FIN. When both directions have ended the socket is closed, and says so.

mod client;
mod ends;
mod listener;
mod play;

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use mio::{Interest, net::TcpStream};
use socket2::SockRef;

pub(super) use self::{client::Client, listener::Listener};
use super::{
    counters::Counters,
    options::{Command, RECV_BYTES},
    outbox::{Tag, canonical},
    pace::Pace,
    queue::{FileSend, Item, Repeating, SendQueue},
    responder::{Machine, Responder, exec::Running},
    rules, sys,
    worker::{Context, Order, Refused, Slot, Turn, token},
};
use crate::journal::{Call, CloseReason, Event, Fault, FaultKind, SocketId};

/// Bytes read or written in one turn before others get theirs.
const TURN_BYTES: usize = 1 << 20;
/// A responder whose answers are not taken stops reading: an echo must not collect what its peer does not read.
const REPLY_BYTES: u64 = 256 * 1024;
/// Bytes of a file for one `send`.
const FILE_BYTES: usize = 256 * 1024;
/// A repetition waits while this much is queued.
const REPEAT_BYTES: u64 = 1 << 20;

/// What an open connection needs to know.
#[derive(Clone, Debug)]
pub(super) struct StreamSettings {
    pub recv_bytes: usize,
    pub responder: Responder,
    pub close_on_end: bool,
    pub nodelay: bool,
    pub read_delay: Duration,
    pub send_gap: Duration,
}

/// An open connection.
pub(super) struct Stream {
    tag: Tag,
    socket: TcpStream,
    peer: SocketAddr,
    /// The listener that waits for its end, where that listener is in the same worker.
    listener: Option<SocketId>,
    settings: StreamSettings,
    counters: Arc<Counters>,
    queue: SendQueue,
    /// What lies between its calls.
    pace: Pace,
    repeat: Option<Repeating>,
    read_ended: bool,
    write_ended: bool,
    /// Why nothing can be sent any more; what can still be read is read before that is told.
    broken: Option<Fault>,
    /// The rules at work, where the responder has some.
    machine: Option<Box<Machine>>,
    /// The program that a rule runs, with its command line.
    running: Option<(String, Running)>,
    /// The server has gone on to its next client: nothing more is read here.
    left: bool,
    /// When the rules want to go on.
    play_at: Option<Instant>,
    behind: Behind,
}

/// What may lie behind a `recv` that returns less than it might.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    /// The peer's end or urgent data, or nobody knows yet: only `recv` itself says when nothing is left.
    Anything,
    /// Nothing: what comes later is an event.
    Nothing,
}

impl Stream {
    /// Takes an accepted connection in.
    pub fn accepted(
        cx: &mut Context<'_>,
        tag: Tag,
        mut socket: TcpStream,
        peer: SocketAddr,
        listener: SocketId,
        settings: StreamSettings,
    ) -> Result<Self, Refused> {
        let local = socket.local_addr().map(|addr| canonical(addr).to_string()).unwrap_or_default();
        cx.out.record(tag, Event::Opened { listener }, Some(peer), local.as_bytes());
        if let Err(error) = cx.registry.register(&mut socket, token(tag.id), interest()) {
            cx.fail(tag, Call::Socket, error, Some(peer));
            return Err(Refused(Some(peer)));
        }
        Ok(Self::new(cx, tag, socket, peer, Some(listener), settings))
    }

    fn new(
        cx: &mut Context<'_>,
        tag: Tag,
        socket: TcpStream,
        peer: SocketAddr,
        listener: Option<SocketId>,
        settings: StreamSettings,
    ) -> Self {
        let counters = cx.shared.count(tag.id);
        if let Ok(size) = SockRef::from(&socket).recv_buffer_size() {
            counters.receive_buffer.store(size as u64, Relaxed);
        }
        let queue = SendQueue::default();
        let pace = Pace::new(settings.read_delay, settings.send_gap);
        let mut stream = Self {
            tag,
            socket,
            peer,
            listener,
            settings,
            counters,
            queue,
            pace,
            repeat: None,
            read_ended: false,
            write_ended: false,
            broken: None,
            machine: None,
            running: None,
            left: false,
            play_at: None,
            behind: Behind::Anything,
        };
        if stream.settings.nodelay {
            stream.set_nodelay(cx, true);
        }
        let responder = stream.settings.responder.clone();
        stream.set_responder(cx, responder, true);
        stream
    }

    fn set_nodelay(&self, cx: &mut Context<'_>, on: bool) {
        match self.socket.set_nodelay(on) {
            Ok(()) => {
                let value = self.socket.nodelay().unwrap_or(on);
                let detail = format!("TCP_NODELAY={}", u8::from(value));
                cx.out.record(self.tag, Event::OptionSet, Some(self.peer), detail.as_bytes());
            }
            Err(error) => cx.fail(self.tag, Call::SetOption, error, Some(self.peer)),
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Turn {
        let recv_bytes = self.settings.recv_bytes;
        if cx.buffer.len() < recv_bytes {
            cx.buffer.resize(recv_bytes, 0);
        }
        let mut budget = TURN_BYTES;
        while !self.read_ended {
            if self.left || self.machine.as_ref().is_some_and(|machine| machine.is_full()) {
                return Turn::Idle;
            }
            if self.settings.responder != Responder::None && self.counters.waiting.load(Relaxed) > REPLY_BYTES {
                return Turn::Idle;
            }
            if !cx.out.has_room() {
                self.counters.paused.store(true, Relaxed);
                return Turn::Stalled;
            }
            if budget == 0 {
                return Turn::Again;
            }
            self.counters.paused.store(false, Relaxed);
            // What can still be read of a broken connection is told at once.
            if self.broken.is_none() && self.pace.delays() {
                let Self { pace, socket, .. } = self;
                match pace.may_read(Instant::now(), || readable(socket)) {
                    Ok(true) => pace.has_read(),
                    Ok(false) => return Turn::Idle,
                    Err(error) => return self.break_off(cx, Call::Recv, error.into()),
                }
            }
            let Some(buffer) = cx.buffer.get_mut(..recv_bytes) else { return Turn::Idle };
            match self.socket.read(buffer) {
                // After a reset that `send` was told of, `recv` says 0 as well: nobody sent FIN then.
                Ok(0) if self.broken.is_some() => self.read_ended = true,
                Ok(0) => {
                    self.read_ended = true;
                    cx.out.record(self.tag, Event::PeerEnded, Some(self.peer), b"");
                    if self.write_ended {
                        return self.close(cx, CloseReason::BothEnded);
                    }
                    if let Some(machine) = &mut self.machine {
                        machine.ended();
                        return self.play(cx);
                    }
                    if self.settings.close_on_end {
                        return self.follow(cx);
                    }
                }
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    Counters::add(&self.counters.bytes_in, count);
                    Counters::add(&self.counters.messages_in, 1);
                    cx.out.record(self.tag, Event::Received { full: count as u32 }, Some(self.peer), bytes);
                    budget = budget.saturating_sub(count.max(64));
                    if let Some(machine) = &mut self.machine {
                        machine.received(bytes, Some(self.peer));
                        match self.play(cx) {
                            Turn::Idle => {}
                            other => return other,
                        }
                    } else if !self.has_said_all()
                        && let Some(reply) = self.settings.responder.reply(bytes)
                    {
                        // Straight from the buffer where nothing waits before it; what the kernel does not take is
                        // queued like anything else.
                        let first = self.queue.items.is_empty() && !self.pace.parts();
                        let sent = if first { self.socket.write(&reply) } else { Ok(0) };
                        let taken = match sent {
                            Ok(count) => count,
                            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
                            Err(error) => return self.breaks(error),
                        };
                        if taken > 0 {
                            Counters::add(&self.counters.bytes_out, taken);
                            Counters::add(&self.counters.messages_out, 1);
                            let sent = reply.get(..taken).unwrap_or_default();
                            cx.out.record(self.tag, Event::Sent { asked: reply.len() as u32 }, Some(self.peer), sent);
                        }
                        if let Some(rest @ [_, ..]) = reply.get(taken..) {
                            self.queue.push_own(&self.counters, rest.to_vec());
                            let turn = self.write(cx);
                            if turn.is_gone() {
                                return turn;
                            }
                        }
                    }
                    // Less than there was room for: nothing is left, and the next bytes are an event (epoll(7)). A `recv`
                    // that says so as well would be every second one.
                    let last = count < recv_bytes && self.behind == Behind::Nothing && self.broken.is_none();
                    if cfg!(target_os = "linux") && last {
                        return Turn::Idle;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.behind = Behind::Nothing;
                    return Turn::Idle;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.break_off(cx, Call::Recv, error.into()),
            }
        }
        // Nothing more can be read, but a reset still shows.
        match self.socket.take_error() {
            Ok(Some(error)) => self.lost(cx, error),
            _ => Turn::Idle,
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Turn {
        let mut budget = TURN_BYTES;
        loop {
            if budget == 0 || self.broken.is_some() {
                return Turn::Again;
            }
            if self.queue.begins() && !self.pace.may_send(Instant::now) {
                return Turn::Idle;
            }
            let Some(item) = self.queue.items.front_mut() else { return Turn::Idle };
            let (result, asked) = match item {
                Item::Bytes { data, at } => {
                    if !cx.out.has_room() {
                        return Turn::Stalled;
                    }
                    let rest = data.get(*at..).unwrap_or_default();
                    (self.socket.write(rest), rest.len())
                }
                Item::File(file) if file.is_paused() => return Turn::Idle,
                Item::File(file) if !file.started => {
                    file.started = true;
                    self.counters.file_sent.store(0, Relaxed);
                    self.counters.file_size.store(file.size, Relaxed);
                    let event = Event::FileStarted { size: file.size };
                    cx.out.record(self.tag, event, Some(self.peer), file.path.to_string_lossy().as_bytes());
                    continue;
                }
                Item::File(file) => match file.next(FILE_BYTES) {
                    Ok([]) => {
                        self.end_file(cx, false);
                        continue;
                    }
                    Ok(chunk) => (self.socket.write(chunk), chunk.len()),
                    Err(error) => {
                        let path = file.path.to_string_lossy().into_owned();
                        let event = Event::Failed { call: Call::ReadFile, fault: error.into() };
                        cx.out.record(self.tag, event, Some(self.peer), path.as_bytes());
                        self.end_file(cx, true);
                        continue;
                    }
                },
                Item::Shutdown => {
                    self.queue.items.pop_front();
                    return self.shut_down(cx);
                }
                Item::Close(why) => {
                    let why = *why;
                    return self.close(cx, why);
                }
                Item::Abort => return self.abort(cx),
            };
            match result {
                // A kernel that takes nothing of something has no room.
                Ok(0) if asked > 0 => return Turn::Idle,
                Ok(count) => {
                    self.took(cx, count, asked);
                    budget = budget.saturating_sub(count.max(64));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Idle,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.breaks(error),
            }
        }
    }

    /// Notes what one `send` took.
    fn took(&mut self, cx: &mut Context<'_>, count: usize, asked: usize) {
        Counters::add(&self.counters.bytes_out, count);
        Counters::add(&self.counters.messages_out, 1);
        match self.queue.items.front_mut() {
            Some(Item::Bytes { data, at }) => {
                let bytes = data.get(*at..*at + count).unwrap_or_default();
                cx.out.record(self.tag, Event::Sent { asked: asked as u32 }, Some(self.peer), bytes);
                self.counters.waiting.fetch_sub(count as u64, Relaxed);
                *at += count;
                if *at == data.len() {
                    self.queue.items.pop_front();
                }
            }
            Some(Item::File(file)) => file.took(count, &self.counters),
            _ => {}
        }
        self.pace.has_sent(Instant::now);
    }

    /// Takes the first file off the queue and says so; `false` if there is none.
    fn end_file(&mut self, cx: &mut Context<'_>, cancelled: bool) -> bool {
        self.counters.file_ended();
        let Some(file) = self.queue.take_file() else { return false };
        let event = Event::FileEnded { sent: file.sent, cancelled };
        cx.out.record(self.tag, event, Some(self.peer), file.path.to_string_lossy().as_bytes());
        true
    }

    fn repeat_now(&mut self, cx: &mut Context<'_>) -> Turn {
        let now = Instant::now();
        let mut budget = TURN_BYTES;
        loop {
            if self.counters.waiting.load(Relaxed) > REPEAT_BYTES || self.has_to_part() || self.queue.is_closing() {
                break;
            }
            let Some(repeat) = &mut self.repeat else { break };
            if budget == 0 {
                return Turn::Again;
            }
            if repeat.is_done() {
                self.stop_repeating(cx, false);
                break;
            }
            let Some(message) = repeat.take(now, &self.counters) else { break };
            let message = match message {
                Ok(message) => message,
                Err(error) => {
                    // The number grew into something that the framing cannot mark.
                    let failed = Event::Failed { call: Call::Send, fault: Fault::of(FaultKind::Framing) };
                    cx.out.record(self.tag, failed, Some(self.peer), error.facts().as_bytes());
                    self.stop_repeating(cx, true);
                    break;
                }
            };
            budget = budget.saturating_sub(message.len().max(256));
            self.queue.push_own(&self.counters, message);
            match self.write(cx) {
                Turn::Idle => {}
                other => return other,
            }
        }
        Turn::Idle
    }

    /// Whether a message waits for its distance to the last one: a repetition makes no more of them meanwhile.
    fn has_to_part(&self) -> bool {
        self.pace.parts() && !self.queue.items.is_empty()
    }

    fn stop_repeating(&mut self, cx: &mut Context<'_>, stopped: bool) {
        if let Some(repeat) = self.repeat.take() {
            self.counters.repeating.store(false, Relaxed);
            let event = Event::RepeatEnded { sent: repeat.sent, stopped };
            cx.out.record(self.tag, event, Some(self.peer), b"");
        }
    }
}

/// What a connection is told of. Urgent data is not asked for as such, but a `recv` stops where it is.
fn interest() -> Interest {
    let both = Interest::READABLE | Interest::WRITABLE;
    #[cfg(target_os = "linux")]
    return both | Interest::PRIORITY;
    #[cfg(not(target_os = "linux"))]
    both
}

/// Whether `recv` would return something: bytes, or 0 for the end.
fn readable(socket: &TcpStream) -> std::io::Result<bool> {
    loop {
        match socket.peek(&mut [0]) {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Slot for Stream {
    fn tag(&self) -> Tag {
        self.tag
    }

    fn listener(&self) -> Option<SocketId> {
        self.listener
    }

    fn more_than_data(&mut self) {
        self.behind = Behind::Anything;
    }

    fn unread(&self) -> usize {
        sys::unread(&self.socket)
    }

    fn deadline(&self) -> Option<Instant> {
        if self.broken.is_some() {
            // It has turn after turn until it is told.
            return None;
        }
        let paced = self.pace.deadline(self.queue.begins());
        if (self.repeat.is_none() && self.play_at.is_none()) || self.queue.is_closing() {
            return paced;
        }
        // While much waits, the socket's becoming writable is what goes on, not the clock.
        let waiting = self.counters.waiting.load(Relaxed);
        let repeat = self.repeat.as_ref().filter(|_| waiting <= REPEAT_BYTES && !self.has_to_part());
        let timers = [repeat.map(Repeating::due), self.play_at.filter(|_| waiting <= REPLY_BYTES), paced];
        timers.into_iter().flatten().min()
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        if let Some(fault) = self.broken {
            return match self.read(cx) {
                Turn::Idle => self.break_off(cx, Call::Send, fault),
                other => other,
            };
        }
        if self.deadline().is_some() {
            self.pace.wake(Instant::now());
        }
        let mut wish = Turn::Idle;
        for act in [Self::write, Self::play, Self::repeat_now, Self::read] {
            match act(self, cx) {
                gone @ Turn::Gone(..) => return gone,
                Turn::Idle => {}
                // Stalled is the stronger wish: another turn would do nothing before the channel has room.
                other => wish = if wish == Turn::Stalled { wish } else { other },
            }
        }
        if self.broken.is_some() { Turn::Again } else { wish }
    }

    fn order(&mut self, cx: &mut Context<'_>, order: Order) -> Turn {
        if let Order::Ran(finished) = order {
            self.ran(cx, &finished);
            return Turn::Again;
        }
        let Some(command) = order.command() else { return Turn::Idle };
        match command {
            Command::Send { bytes, .. } | Command::SendToName { bytes, .. } => {
                let closing = self.queue.is_closing();
                if closing || self.has_said_all() {
                    self.counters.waiting.fetch_sub(bytes.len() as u64, Relaxed);
                    if closing {
                        cx.fail(self.tag, Call::Send, Fault::of(FaultKind::BrokenPipe), Some(self.peer));
                    } else {
                        self.refuse(cx);
                    }
                    return Turn::Idle;
                }
                self.answered();
                self.queue.push_counted(bytes);
            }
            Command::Line(line) => self.line(cx, line),
            Command::Repeat(_) | Command::SendFile { .. } if self.has_said_all() => self.refuse(cx),
            Command::Repeat(plan) => {
                self.stop_repeating(cx, true);
                self.repeat = Some(Repeating::new(plan, &self.counters));
            }
            Command::StopRepeat => self.stop_repeating(cx, true),
            Command::SendFile { path, .. } => match FileSend::open(&path) {
                Ok(file) => self.queue.items.push_back(Item::File(file)),
                Err(fault) => {
                    let event = Event::Failed { call: Call::OpenFile, fault };
                    cx.out.record(self.tag, event, Some(self.peer), path.to_string_lossy().as_bytes());
                }
            },
            Command::PauseFile(paused) => {
                if let Some(file) = self.queue.file()
                    && let Some(event) = file.pause(paused, &self.counters)
                {
                    cx.out.record(self.tag, event, Some(self.peer), file.path.to_string_lossy().as_bytes());
                }
            }
            Command::CancelFile => {
                self.end_file(cx, true);
            }
            Command::HalfClose => {
                // A line that was typed before leaves before.
                let turn = self.play(cx);
                if turn.is_gone() {
                    return turn;
                }
                self.stop_repeating(cx, true);
                self.queue.push_shutdown();
            }
            Command::Close => {
                self.stop_repeating(cx, true);
                if self.queue.is_closing() {
                    return self.close(cx, CloseReason::User);
                }
                self.queue.items.push_back(Item::Close(CloseReason::User));
            }
            Command::Abort => return self.abort(cx),
            Command::SetRecvBytes(count) => {
                self.settings.recv_bytes = count.clamp(*RECV_BYTES.start(), *RECV_BYTES.end());
            }
            Command::SetResponder(responder) => self.set_responder(cx, responder, false),
            Command::SetNodelay(on) => self.set_nodelay(cx, on),
            Command::SetReadDelay(delay) => self.pace.set_read_delay(delay, Instant::now()),
            Command::SetSendGap(gap) => self.pace.set_send_gap(gap, Instant::now()),
            Command::SetBroadcast(_) => {}
        }
        Turn::Again
    }

    fn end(&mut self, cx: &mut Context<'_>, why: CloseReason) -> Turn {
        self.close(cx, why)
    }
}
