//! TCP at both ends: smoltcp's, with the program's calls on top and the rules that keep it honest.
//!
//! - R1, a polite end: `close` is only asked for; the socket is closed when everything is acknowledged and nothing is in
//!   flight, or 200 ms later. A FIN above a hole would be forgotten, and a lone one can be lost for ever.
//! - R2: an ACK after a time-out carries SND.NXT. smoltcp rewinds its sequence number, the peer finds it outside of its
//!   window and ignores the ACK, and both go on so for ever.
//! - R3: one packet in, then the program, then packets out. Otherwise the ACK advertises a window without the bytes that the
//!   program is about to read, and the next duplicate ACK is taken for a window update.
//!
//! What smoltcp does not tell (which timer runs, why bytes wait) is read off its packets and the time at which it wants to
//! run again.

use std::sync::Arc;

use smoltcp::{
    iface::SocketHandle,
    socket::tcp::{self, CongestionControl, State},
    time::Duration,
    wire::{Ipv4Packet, TcpPacket, TcpSeqNumber},
};

use super::{
    Micros, Side,
    fate::PacketKind,
    host::{Arrived, Host, Outgoing, Verdict, Wire},
    knobs::{Control, TcpKnobs},
    log::{Call, Change, Departure, Discard, Failure, Held, Note, Resent, Segment, Timer, Why},
    program::{Program, Stream},
    run::Run,
    stack::{self, Stack},
    workload::Message,
};

/// How long a close waits for an empty wire.
const POLITE: Micros = 200_000;
/// The longest retransmission time-out of smoltcp; what is later than that is the time to give up.
const LONGEST_TIMEOUT: Micros = 60_000_000;

/// One side.
pub(super) struct TcpHost {
    side: Side,
    knobs: TcpKnobs,
    program: Program,
    stack: Stack,
    socket: SocketHandle,
    state: State,
    mss: u64,
    /// What this side sends and what it reads, as streams.
    out: Stream,
    into: Stream,
    sending: Sending,
    /// Bytes of the other side's stream that the program has read.
    read: u64,
    /// The other side's first sequence number, and the next byte of its stream that is missing.
    their_initial: Option<u32>,
    expected: u64,
    /// Whether bytes came that are not acknowledged.
    owes_ack: bool,
    /// When anything was heard of the other side: giving up counts from here.
    heard: Micros,
    timer: Option<(Timer, Micros)>,
    held: Option<Held>,
    /// Whether the last `send` took nothing.
    blocked: bool,
    end: Closing,
    failed: Option<Failure>,
    /// What was said already.
    departures: Vec<Departure>,
    wake: Option<Micros>,
}

/// What is known of the bytes that go out. Offsets are in the stream: SYN and FIN do not count.
#[derive(Debug, Default)]
struct Sending {
    initial: Option<u32>,
    /// Bytes that the program has handed over.
    written: u64,
    /// SND.UNA.
    una: u64,
    /// SND.NXT.
    nxt: u64,
    /// The same without the byte of a probe.
    plain: u64,
    /// SND.NXT as a sequence number, with SYN and FIN.
    top: u32,
    fin: bool,
    window: u64,
    duplicates: u32,
    /// The third duplicate came with the packet that was taken in last.
    third: bool,
    /// Something was sent again, and what had been sent before is not acknowledged yet: up to here.
    recovering: Option<u64>,
    /// The retransmission timer was due at this poll.
    fired: bool,
}

/// How far the connection's life is.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each happens once, and not in one order")]
struct Closing {
    begun: bool,
    opened: bool,
    /// When the program called `close`.
    asked: Option<Micros>,
    /// Since when nothing waits to be acknowledged.
    quiet: Option<Micros>,
    /// The socket is closed.
    done: bool,
    /// The program knows that the other side has ended.
    seen: bool,
}

impl TcpHost {
    pub fn new(run: &Run, side: Side, messages: &Arc<[Message]>) -> Self {
        let mtu = run.mtu(side, messages);
        let knobs = run.knobs.tcp;
        let mut stack = Stack::new(side, mtu, run.seed);
        let buffer = |bytes: u32| tcp::SocketBuffer::new(vec![0; bytes.max(1) as usize]);
        let mut socket = tcp::Socket::new(buffer(knobs.window), buffer(knobs.send_buffer));
        socket.set_congestion_control(match knobs.control {
            Control::None => CongestionControl::None,
            Control::Reno => CongestionControl::Reno,
            Control::Cubic => CongestionControl::Cubic,
        });
        socket.set_nagle_enabled(knobs.nagle);
        socket.set_ack_delay(knobs.delayed_ack.map(Duration::from_micros));
        socket.set_timeout(Some(Duration::from_micros(knobs.give_up)));
        let socket = stack.sockets.add(socket);
        Self {
            side,
            knobs,
            program: Program::new(side, Arc::clone(messages), run.knobs.program, None),
            stack,
            socket,
            state: State::Closed,
            mss: u64::from(mtu.min(run.mtu(side.other(), messages))) - 40,
            out: Stream::new(messages, side),
            into: Stream::new(messages, side.other()),
            sending: Sending::default(),
            read: 0,
            their_initial: None,
            expected: 0,
            owes_ack: false,
            heard: 0,
            timer: None,
            held: None,
            blocked: false,
            end: Closing::default(),
            failed: None,
            departures: Vec::new(),
            wake: Some(0),
        }
    }

    fn socket(&mut self) -> &mut tcp::Socket<'static> {
        self.stack.sockets.get_mut(self.socket)
    }

    /// Says once where this is not a usual kernel.
    fn depart(&mut self, departure: Departure, wire: &mut Wire<'_>) {
        if !self.departures.contains(&departure) {
            self.departures.push(departure);
            wire.note(Note::Departure(departure));
        }
    }

    /// Opens the socket.
    fn begin(&mut self, wire: &mut Wire<'_>) {
        if std::mem::replace(&mut self.end.begun, true) {
            return;
        }
        let (here, there) = (stack::endpoint(self.side), stack::endpoint(self.side.other()));
        let handle = self.socket;
        let opened = if self.side == Side::Client {
            wire.call(Call::Connect);
            let (context, sockets) = self.stack.context();
            sockets.get_mut::<tcp::Socket<'_>>(handle).connect(context, there, here.port).is_ok()
        } else {
            wire.call(Call::Listen);
            self.socket().listen(here.port).is_ok()
        };
        debug_assert!(opened, "fresh sockets can be opened");
    }

    /// Writes down a new state, and what the program learns from it.
    fn look(&mut self, wire: &mut Wire<'_>) {
        let state = self.socket().state();
        if state == self.state {
            return;
        }
        self.state = state;
        wire.state(name(state));
        if state == State::Established && !self.end.opened {
            self.end.opened = true;
            wire.call(if self.side == Side::Client { Call::Connected } else { Call::Accepted });
            self.program.ready(wire.now, self.side);
        }
        if state == State::Closed && !(self.end.done && self.end.seen) && self.failed.is_none() {
            self.failed = Some(Failure::TimedOut);
            wire.call(Call::Failed(Failure::TimedOut));
            self.depart(Departure::ResetAtGivingUp, wire);
        }
    }

    fn read(&mut self, wire: &mut Wire<'_>) {
        while let Some(asked) = self.program.to_read(wire.now) {
            let socket = self.stack.sockets.get_mut::<tcp::Socket<'_>>(self.socket);
            let side = self.side;
            let mut total = 0;
            // The buffer is a ring: what goes around its end takes two looks, and is one read all the same.
            let mut range = None;
            while total < asked as usize && socket.can_recv() {
                let took = socket.recv(|bytes| {
                    let bytes = bytes.get(..bytes.len().min(asked as usize - total)).unwrap_or_default();
                    let more = wire.recorder.read(side, bytes);
                    let whole = range.get_or_insert(more.start..more.start);
                    whole.end = more.end;
                    (bytes.len(), bytes.len())
                });
                match took {
                    Ok(more @ 1..) => total += more,
                    _ => break,
                }
            }
            let Some(range) = range.filter(|_| total > 0) else { break };
            let pieces = self.into.pieces(self.read, self.read + total as u64);
            self.read += total as u64;
            self.program.has_read(wire.now, &pieces);
            wire.call(Call::Recv { asked, bytes: range, pieces });
        }
        let socket = self.socket();
        let ended = !socket.may_recv() && socket.recv_queue() == 0;
        if ended
            && self.end.opened
            && !self.end.seen
            && self.failed.is_none()
            && self.program.to_read(wire.now).is_some()
        {
            self.end.seen = true;
            wire.call(Call::EndOfStream);
        }
    }

    fn send(&mut self, wire: &mut Wire<'_>) {
        while let Some((message, bytes)) = self.program.to_send(wire.now) {
            let socket = self.stack.sockets.get_mut::<tcp::Socket<'_>>(self.socket);
            let Ok(taken) = socket.send_slice(bytes) else { return };
            if taken > 0 || !self.blocked {
                wire.call(Call::Send { message, asked: bytes.len() as u32, taken: taken as u32 });
            }
            self.blocked = taken < bytes.len();
            self.sending.written += taken as u64;
            self.program.took(wire.now, taken);
            if self.blocked {
                return;
            }
        }
    }

    /// Closes when it may: rule R1.
    fn close(&mut self, wire: &mut Wire<'_>) {
        let done = match self.side {
            Side::Client => self.program.has_sent_all() && self.program.has_read_all(),
            Side::Server => self.program.has_sent_all() && self.end.seen,
        };
        if !done || !self.end.opened || self.end.done || self.failed.is_some() {
            return;
        }
        if self.end.asked.is_none() {
            self.end.asked = Some(wire.now);
            wire.call(Call::Close);
        }
        if self.socket().send_queue() > 0 {
            self.end.quiet = None;
            return self.depart(Departure::PoliteFin, wire);
        }
        let quiet = *self.end.quiet.get_or_insert(wire.now);
        if wire.in_flight() == 0 || wire.now >= quiet + POLITE {
            self.socket().close();
            self.end.done = true;
        } else {
            self.depart(Departure::PoliteFin, wire);
        }
    }

    fn egress(&mut self, wire: &mut Wire<'_>) {
        loop {
            let more = self.stack.egress(wire.now);
            while let Some(bytes) = self.stack.leaving() {
                self.put_out(bytes, wire);
            }
            if !more {
                break;
            }
        }
    }

    /// Names a segment and sends it.
    fn put_out(&mut self, mut bytes: Vec<u8>, wire: &mut Wire<'_>) {
        let Some(segment) = Segment::parse(&bytes) else { return };
        let sending = &mut self.sending;
        if segment.syn {
            sending.initial = Some(segment.seq);
        }
        let initial = sending.initial.unwrap_or(segment.seq.wrapping_sub(1));
        let fresh = sending.top == 0 && sending.nxt == 0 && !sending.fin && segment.syn;
        let behind = segment.seq.wrapping_sub(sending.top).cast_signed() < 0 && !fresh;
        let empty = segment.len == 0 && !segment.syn && !segment.fin && !segment.rst;
        let start = u64::from(segment.seq.wrapping_sub(initial).wrapping_sub(1));
        let end = start + u64::from(segment.len);
        let mut packet = Outgoing {
            bytes: Vec::new(),
            kind: PacketKind::Ack,
            number: None,
            offset: 0,
            pieces: Vec::new(),
            damage_from: 0,
        };
        let mut again = false;
        if segment.rst {
            packet.kind = PacketKind::Reset;
        } else if segment.syn {
            (packet.kind, packet.number) = (PacketKind::Syn, Some(1));
            again = behind;
        } else if segment.len > 0 {
            packet.pieces = self.out.pieces(start, end);
            // What went ahead in a probe was asked, not sent.
            again = start < sending.plain;
            if segment.len == 1 && sending.window == 0 {
                packet.kind = PacketKind::Probe;
            } else {
                packet.kind = PacketKind::Data;
                packet.number = packet.pieces.first().map(|piece| piece.message);
                packet.offset = packet.pieces.first().map_or(0, |piece| piece.from);
                sending.plain = sending.plain.max(end);
            }
            sending.nxt = sending.nxt.max(end);
        } else if segment.fin {
            (packet.kind, packet.number) = (PacketKind::Fin, Some(1));
            again = sending.fin;
        }
        sending.fin |= segment.fin;
        if empty && behind {
            // R2.
            renumber(&mut bytes, sending.top);
            self.depart(Departure::AckNumbered, wire);
        } else if fresh || segment.next().wrapping_sub(self.sending.top).cast_signed() > 0 {
            self.sending.top = segment.next();
        }
        if segment.ack {
            self.owes_ack = false;
        }
        packet.bytes = bytes;
        let probe = packet.kind == PacketKind::Probe;
        let id = wire.send(packet);
        if again && !probe {
            let why = self.why(end);
            wire.resent(id, Resent { why, needless: false });
            if why == Why::Recovery {
                self.depart(Departure::NoSack, wire);
            }
        }
    }

    /// Why bytes are sent again.
    fn why(&mut self, end: u64) -> Why {
        let sending = &mut self.sending;
        let why = match (std::mem::take(&mut sending.third), std::mem::take(&mut sending.fired)) {
            (true, _) => Why::Fast,
            (false, true) => Why::Timer,
            (false, false) if sending.recovering.is_some() => return Why::Recovery,
            (false, false) => return Why::Timer,
        };
        sending.recovering = Some(sending.nxt.max(end));
        why
    }

    /// Reads what an arriving segment says, before smoltcp does.
    fn learn(&mut self, segment: &Segment, packet: &Arrived<'_>, wire: &mut Wire<'_>) {
        if segment.syn {
            self.their_initial = Some(segment.seq);
        }
        if let Some(initial) = self.their_initial
            && segment.len > 0
        {
            self.owes_ack = true;
            let start = u64::from(segment.seq.wrapping_sub(initial).wrapping_sub(1));
            if start > self.expected && start < self.expected + (1 << 30) {
                wire.note(Note::Hole { waiting: packet.pieces.to_vec() });
            }
        }
        let sending = &mut self.sending;
        let Some(initial) = sending.initial.filter(|_| segment.ack && !segment.rst) else { return };
        let shift = if segment.syn { 0 } else { (32 - self.knobs.window.leading_zeros()).saturating_sub(16) };
        let window = u64::from(segment.window) << shift;
        let acked = u64::from(segment.ack_number.wrapping_sub(initial).wrapping_sub(1));
        let ahead = acked > sending.una && acked <= sending.written + 1;
        let same = acked == sending.una && segment.len == 0 && !segment.syn && !segment.fin && window == sending.window;
        if ahead {
            sending.una = acked.min(sending.written);
            (sending.duplicates, sending.third) = (0, false);
            sending.recovering = sending.recovering.filter(|until| *until > acked);
        } else if same && sending.una < sending.nxt {
            sending.duplicates += 1;
            sending.third = sending.duplicates == 3;
            wire.note(Note::DuplicateAck(sending.duplicates));
        }
        if ahead || acked == sending.una {
            match (sending.window, window) {
                (1.., 0) => wire.note(Note::WindowClosed),
                (0, 1..) if self.end.opened => wire.note(Note::WindowOpened(window as u32)),
                _ => {}
            }
            sending.window = window;
        }
    }

    /// Writes down what the program's bytes wait for.
    fn hold(&mut self, wire: &mut Wire<'_>) {
        let Sending { written, una, nxt, window, .. } = self.sending;
        let (unsent, flying) = (written - nxt.min(written), nxt.saturating_sub(una));
        let held = if unsent == 0 || !self.end.opened || self.failed.is_some() {
            None
        } else if window < flying + unsent.min(self.mss) {
            Some(Held::Window)
        } else if flying == 0 {
            None
        } else if self.knobs.nagle && unsent < self.mss {
            Some(Held::Nagle)
        } else {
            Some(Held::Congestion)
        };
        if held == self.held {
            return;
        }
        self.held = held;
        match held {
            Some(why) => {
                wire.note(Note::Held { why, pieces: self.out.pieces(nxt, written) });
                if why == Held::Congestion && self.sending.una == 0 {
                    self.depart(Departure::SmallStart, wire);
                }
            }
            None => wire.note(Note::Released),
        }
    }

    /// Writes down which timer runs: the one that explains when smoltcp wants to run again.
    fn time(&mut self, wake: Option<Micros>, wire: &mut Wire<'_>) {
        let Sending { una, nxt, written, window, fin, .. } = self.sending;
        let until = wake.filter(|at| *at > wire.now && *at - wire.now <= LONGEST_TIMEOUT);
        let unacknowledged = una < nxt || fin || matches!(self.state, State::SynSent | State::SynReceived);
        let timer = until.and_then(|until| {
            let delay = self.knobs.delayed_ack.filter(|_| self.owes_ack);
            let timer = match self.state {
                State::TimeWait => Timer::TimeWait,
                _ if until == self.heard + self.knobs.give_up => Timer::GiveUp,
                _ if delay.is_some_and(|delay| until - wire.now <= delay) => Timer::DelayedAck,
                State::FinWait2 | State::CloseWait | State::Closed | State::Listen => return None,
                _ if window == 0 && nxt < written && una == nxt => Timer::Persist,
                _ if unacknowledged => Timer::Retransmission(None),
                _ => return None,
            };
            Some((timer, until))
        });
        if timer == self.timer {
            return;
        }
        if let Some((old, _)) = self.timer
            && timer.is_none_or(|(new, _)| new != old)
        {
            wire.timer(old, Change::Stopped);
        }
        if let Some((new, until)) = timer {
            wire.timer(new, Change::Started(until));
        }
        self.timer = timer;
    }
}

impl Host for TcpHost {
    fn receive(&mut self, packet: &Arrived<'_>, wire: &mut Wire<'_>) -> Verdict {
        if packet.damaged && !stack::is_sound(packet.bytes) {
            // It throws it away as well: nothing is hidden from it.
            self.stack.ingress(wire.now, packet.bytes);
            return Verdict::Discarded(Discard::Checksum);
        }
        let segment = Segment::parse(packet.bytes);
        self.heard = wire.now;
        if let Some(segment) = &segment {
            self.learn(segment, packet, wire);
        }
        let before = self.socket().recv_queue();
        self.stack.ingress(wire.now, packet.bytes);
        self.expected += (self.socket().recv_queue() - before.min(self.socket().recv_queue())) as u64;
        if segment.is_some_and(|segment| segment.rst)
            && self.socket().state() == State::Closed
            && self.state != State::Closed
            && !(self.end.done && self.end.seen)
        {
            self.failed = Some(Failure::Reset);
            wire.call(Call::Failed(Failure::Reset));
        }
        Verdict::Taken
    }

    fn poll(&mut self, wire: &mut Wire<'_>) {
        if let Some((timer, until)) = self.timer
            && until <= wire.now
        {
            self.timer = None;
            wire.timer(timer, Change::Fired);
            if timer == Timer::Retransmission(None) {
                self.sending.fired = true;
                self.sending.duplicates = 0;
                // The first second of a SYN is what kernels wait too.
                if self.end.opened {
                    self.depart(Departure::SlowTimeout, wire);
                }
            }
        }
        self.begin(wire);
        self.look(wire);
        self.read(wire);
        self.send(wire);
        self.close(wire);
        self.egress(wire);
        self.look(wire);
        (self.sending.third, self.sending.fired) = (false, false);
        self.hold(wire);
        let stack = self.stack.wake(wire.now);
        self.time(stack, wire);
        let readable = self.socket().recv_queue() > 0;
        let close = self.end.quiet.filter(|_| !self.end.done).map(|quiet| quiet + POLITE);
        self.wake = [self.program.wake(wire.now, readable), stack, close].into_iter().flatten().min();
    }

    fn wake(&self) -> Option<Micros> {
        self.wake
    }

    fn is_done(&self) -> bool {
        self.end.done && self.end.seen && matches!(self.state, State::TimeWait | State::Closed)
    }

    fn is_finished(&self) -> bool {
        self.is_done()
    }

    fn gave_up(&self) -> bool {
        self.failed.is_some()
    }
}

/// Gives a pure ACK another sequence number, and its checksum.
fn renumber(bytes: &mut [u8], seq: u32) {
    let Ok(ip) = Ipv4Packet::new_checked(&*bytes) else { return };
    let (from, to, header) = (ip.src_addr().into(), ip.dst_addr().into(), usize::from(ip.header_len()));
    let Some(Ok(mut tcp)) = bytes.get_mut(header..).map(TcpPacket::new_checked) else { return };
    tcp.set_seq_number(TcpSeqNumber(seq.cast_signed()));
    tcp.fill_checksum(&from, &to);
}

/// A state in the words of RFC 9293.
fn name(state: State) -> &'static str {
    match state {
        State::Closed => "CLOSED",
        State::Listen => "LISTEN",
        State::SynSent => "SYN-SENT",
        State::SynReceived => "SYN-RECEIVED",
        State::Established => "ESTABLISHED",
        State::FinWait1 => "FIN-WAIT-1",
        State::FinWait2 => "FIN-WAIT-2",
        State::CloseWait => "CLOSE-WAIT",
        State::Closing => "CLOSING",
        State::LastAck => "LAST-ACK",
        State::TimeWait => "TIME-WAIT",
    }
}
