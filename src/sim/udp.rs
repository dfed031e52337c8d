//! UDP at both ends: smoltcp's, with the program's calls on top. Also datagrams for protocols of one's own.
//!
//! House rule R4: one datagram is handed over, then everything that comes of it is sent. smoltcp has one buffer for fragments,
//! and the next datagram would overwrite what is left of the one before.

use std::{collections::VecDeque, sync::Arc};

use smoltcp::{
    iface::SocketHandle,
    phy::ChecksumCapabilities,
    socket::udp,
    wire::{IpProtocol, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr},
};

use super::{
    Micros, Side,
    fate::PacketKind,
    host::{Arrived, Host, Outgoing, Verdict, Wire},
    log::{Call, Discard, Piece},
    program::Program,
    run::Run,
    stack::{self, Stack},
    workload::Message,
};

/// Bytes of the IPv4 and UDP headers before a payload.
pub const HEADERS: usize = 28;

/// A payload as a datagram from this side to the other, with true headers. Without `checksum` the field is 0, "none" (RFC
/// 768): damage to the payload reaches the program.
pub fn datagram(from: Side, payload: &[u8], checksum: bool) -> Vec<u8> {
    let (here, there) = (stack::endpoint(from), stack::endpoint(from.other()));
    let (smoltcp::wire::IpAddress::Ipv4(source), smoltcp::wire::IpAddress::Ipv4(target)) = (here.addr, there.addr);
    let repr = UdpRepr { src_port: here.port, dst_port: there.port };
    let ip = Ipv4Repr {
        src_addr: source,
        dst_addr: target,
        next_header: IpProtocol::Udp,
        payload_len: repr.header_len() + payload.len(),
        hop_limit: 64,
    };
    let mut bytes = vec![0; ip.buffer_len() + ip.payload_len];
    let mut capabilities = ChecksumCapabilities::default();
    ip.emit(&mut Ipv4Packet::new_unchecked(&mut bytes), &capabilities);
    if !checksum {
        capabilities.udp = smoltcp::phy::Checksum::None;
    }
    if let Some(body) = bytes.get_mut(ip.buffer_len()..) {
        let mut packet = UdpPacket::new_unchecked(body);
        let fill = |into: &mut [u8]| into.copy_from_slice(payload);
        repr.emit(&mut packet, &here.addr, &there.addr, payload.len(), fill, &capabilities);
    }
    bytes
}

/// The payload of a datagram that is not fragmented. Checksums are not looked at.
pub fn payload(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(payload_at(bytes)?..)
}

/// Where the payload of a datagram or segment begins.
pub fn payload_at(bytes: &[u8]) -> Option<usize> {
    stack::payload_at(bytes)
}

/// One side.
pub(super) struct UdpHost {
    side: Side,
    messages: Arc<[Message]>,
    program: Program,
    stack: Stack,
    socket: SocketHandle,
    bound: bool,
    /// What waits in the receive buffer, in order.
    waiting: VecDeque<Vec<Piece>>,
    wake: Option<Micros>,
}

impl UdpHost {
    pub fn new(run: &Run, side: Side, messages: &Arc<[Message]>) -> Self {
        let mut stack = Stack::new(side, run.mtu(side, messages), run.seed);
        let largest = messages.iter().map(|message| message.bytes.len()).max().unwrap_or(0);
        let buffer = |bytes: usize| {
            let slots = (bytes / 16).clamp(16, 4_096);
            udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; slots], vec![0; bytes])
        };
        let receive = (run.knobs.udp.receive_buffer as usize).max(1);
        // Each datagram is sent before the next is handed over, so the send buffer has to take one.
        let socket = udp::Socket::new(buffer(receive), buffer(largest.max(1)));
        let socket = stack.sockets.add(socket);
        Self {
            side,
            program: Program::new(side, Arc::clone(messages), run.knobs.program, run.patience()),
            messages: Arc::clone(messages),
            stack,
            socket,
            bound: false,
            waiting: VecDeque::new(),
            wake: Some(0),
        }
    }

    fn socket(&mut self) -> &mut udp::Socket<'static> {
        self.stack.sockets.get_mut(self.socket)
    }

    fn read(&mut self, wire: &mut Wire<'_>) {
        while let Some(asked) = self.program.to_read(wire.now) {
            let Ok((bytes, _)) = self.stack.sockets.get_mut::<udp::Socket<'_>>(self.socket).recv() else { break };
            // What does not fit into the buffer of `recvfrom` is cut off and gone.
            let cut = bytes.get(..bytes.len().min(asked as usize)).unwrap_or_default();
            let range = wire.recorder.read(self.side, cut);
            let mut pieces = self.waiting.pop_front().unwrap_or_default();
            for piece in &mut pieces {
                piece.to = piece.to.min(cut.len() as u32);
            }
            self.program.has_read(wire.now, &pieces);
            wire.call(Call::Recv { asked, bytes: range, pieces });
        }
        if let Some(number) = self.program.give_up(wire.now) {
            wire.call(Call::StoppedWaiting(number));
        }
    }

    fn send(&mut self, wire: &mut Wire<'_>) {
        while let Some((message, bytes)) = self.program.to_send(wire.now) {
            let len = bytes.len();
            let to = stack::endpoint(self.side.other());
            let socket = self.stack.sockets.get_mut::<udp::Socket<'_>>(self.socket);
            let taken = socket.send_slice(bytes, to).is_ok();
            wire.call(Call::Send { message, asked: len as u32, taken: if taken { len as u32 } else { 0 } });
            // One that no datagram can hold is refused (EMSGSIZE), and the program goes on.
            self.program.took(wire.now, len);
            self.egress(message, wire);
        }
    }

    /// Sends what is to be sent: the datagram of this message, in fragments if it must be.
    fn egress(&mut self, message: u32, wire: &mut Wire<'_>) {
        loop {
            let more = self.stack.egress(wire.now);
            while let Some(bytes) = self.stack.leaving() {
                let (offset, len) = place(&bytes);
                let pieces = vec![Piece { message, from: offset, to: offset + len }];
                wire.send(Outgoing {
                    bytes,
                    kind: PacketKind::Data,
                    number: Some(message),
                    offset,
                    pieces,
                    damage_from: 0,
                });
            }
            if !more {
                break;
            }
        }
    }
}

/// Which bytes of its datagram's payload a packet carries: the first, and how many.
fn place(bytes: &[u8]) -> (u32, u32) {
    let Ok(ip) = Ipv4Packet::new_checked(bytes) else { return (0, 0) };
    let (offset, len) = (u32::from(ip.frag_offset()), ip.payload().len() as u32);
    // The first 8 bytes of a datagram are its header.
    (offset.saturating_sub(8), if offset == 0 { len.saturating_sub(8) } else { len })
}

impl Host for UdpHost {
    fn receive(&mut self, packet: &Arrived<'_>, wire: &mut Wire<'_>) -> Verdict {
        let sound = !packet.damaged || stack::is_sound(packet.bytes);
        let before = self.socket().recv_queue();
        self.stack.ingress(wire.now, packet.bytes);
        let grew = self.socket().recv_queue() > before;
        if !sound {
            return Verdict::Discarded(Discard::Checksum);
        }
        if grew {
            let number = packet.name.number;
            let len = self.messages.get(number as usize - 1).map_or(0, |message| message.bytes.len() as u32);
            self.waiting.push_back(vec![Piece { message: number, from: 0, to: len }]);
            return Verdict::Taken;
        }
        let fragment = Ipv4Packet::new_checked(packet.bytes).is_ok_and(|ip| ip.more_frags() || ip.frag_offset() > 0);
        if fragment { Verdict::Taken } else { Verdict::Discarded(Discard::BufferFull) }
    }

    fn poll(&mut self, wire: &mut Wire<'_>) {
        if !self.bound {
            self.bound = true;
            let port = stack::endpoint(self.side).port;
            if self.socket().bind(port).is_ok() {
                wire.call(Call::Bind);
                self.program.ready(wire.now, self.side);
            }
        }
        self.read(wire);
        self.send(wire);
        let readable = !self.waiting.is_empty();
        let stack = self.stack.wake(wire.now);
        self.wake = [self.program.wake(wire.now, readable), stack].into_iter().flatten().min();
    }

    fn wake(&self) -> Option<Micros> {
        self.wake
    }

    /// A datagram socket waits for nothing: whatever does not come does not come.
    fn is_done(&self) -> bool {
        true
    }
}
