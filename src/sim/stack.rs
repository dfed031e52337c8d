//! What both of smoltcp's hosts need: an interface on a device that is two queues, addresses, and a look at headers.

use std::collections::VecDeque;

use smoltcp::{
    iface::{Config, Interface, PollIngressSingleResult, PollResult, SocketSet},
    phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken},
    time::Instant,
    wire::{HardwareAddress, IpAddress, IpCidr, IpEndpoint, IpProtocol, Ipv4Packet, TcpPacket, UdpPacket},
};

use super::{Micros, Side, fate};

/// The server's port: one that no dissector of Wireshark claims.
pub(super) const SERVER_PORT: u16 = 50_007;
/// The client's port.
pub(super) const CLIENT_PORT: u16 = 49_152;

/// The address of a side.
pub(super) fn address(side: Side) -> IpAddress {
    IpAddress::v4(10, 0, 0, side.index() as u8 + 1)
}

/// Where a side's socket is.
pub(super) fn endpoint(side: Side) -> IpEndpoint {
    let port = if side == Side::Client { CLIENT_PORT } else { SERVER_PORT };
    IpEndpoint { addr: address(side), port }
}

/// The time, as smoltcp takes it.
pub(super) fn instant(now: Micros) -> Instant {
    Instant::from_micros(i64::try_from(now).unwrap_or(i64::MAX))
}

/// smoltcp's network layer and its sockets, on queues.
pub(super) struct Stack {
    /// Large, because of the buffer for fragments.
    interface: Box<Interface>,
    port: Port,
    /// The sockets.
    pub sockets: SocketSet<'static>,
}

impl Stack {
    /// The stack of a side. `mtu` is that of the direction which begins here.
    pub fn new(side: Side, mtu: u16, seed: u64) -> Self {
        let mut config = Config::new(HardwareAddress::Ip);
        // Sequence numbers begin where this says.
        config.random_seed = fate::hash(&[seed, 0x7477_6F63_616E, side.index() as u64]);
        let mut port = Port { arrived: None, leaving: VecDeque::new(), mtu: usize::from(mtu) };
        let mut interface = Box::new(Interface::new(config, &mut port, instant(0)));
        interface.update_ip_addrs(|addresses| {
            // There is room for one.
            let _ = addresses.push(IpCidr::new(address(side), 24));
        });
        Self { interface, port, sockets: SocketSet::new(Vec::new()) }
    }

    /// What sockets need to connect.
    pub fn context(&mut self) -> (&mut smoltcp::iface::Context, &mut SocketSet<'static>) {
        (self.interface.context(), &mut self.sockets)
    }

    /// Takes one packet in.
    pub fn ingress(&mut self, now: Micros, bytes: &[u8]) {
        self.port.arrived = Some(bytes.to_vec());
        self.interface.poll_maintenance(instant(now));
        let result = self.interface.poll_ingress_single(instant(now), &mut self.port, &mut self.sockets);
        debug_assert_ne!(result, PollIngressSingleResult::None);
        self.port.arrived = None;
    }

    /// Lets one socket put something out. Returns whether there may be more at this instant. What is put out is in
    /// [`Self::leaving`].
    pub fn egress(&mut self, now: Micros) -> bool {
        let at = instant(now);
        let result = self.interface.poll_egress(at, &mut self.port, &mut self.sockets);
        result != PollResult::None || self.interface.poll_at(at, &self.sockets) == Some(Instant::ZERO)
    }

    /// The next packet that was put out.
    pub fn leaving(&mut self) -> Option<Vec<u8>> {
        self.port.leaving.pop_front()
    }

    /// When it wants to run again; what is due already is now.
    pub fn wake(&mut self, now: Micros) -> Option<Micros> {
        let at = self.interface.poll_at(instant(now), &self.sockets)?;
        Some(u64::try_from(at.total_micros()).unwrap_or(0).max(now))
    }
}

/// A device that is two queues.
struct Port {
    arrived: Option<Vec<u8>>,
    leaving: VecDeque<Vec<u8>>,
    mtu: usize,
}

impl Device for Port {
    type RxToken<'a>
        = Frame
    where
        Self: 'a;
    type TxToken<'a>
        = Room<'a>
    where
        Self: 'a;

    fn receive(&mut self, _: Instant) -> Option<(Frame, Room<'_>)> {
        Some((Frame(self.arrived.take()?), Room(&mut self.leaving)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Room<'_>> {
        Some(Room(&mut self.leaving))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

/// A packet that comes in.
struct Frame(Vec<u8>);

impl RxToken for Frame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, take: F) -> R {
        take(&self.0)
    }
}

/// Room for a packet that goes out.
struct Room<'a>(&'a mut VecDeque<Vec<u8>>);

impl TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, fill: F) -> R {
        let mut bytes = vec![0; len];
        let result = fill(&mut bytes);
        self.0.push_back(bytes);
        result
    }
}

/// Where the payload of a TCP segment or UDP datagram begins. The later fragments of a datagram are payload from the IP
/// header on.
pub(super) fn payload_at(bytes: &[u8]) -> Option<usize> {
    let ip = Ipv4Packet::new_checked(bytes).ok()?;
    let header = usize::from(ip.header_len());
    if ip.frag_offset() > 0 {
        return Some(header);
    }
    match ip.next_header() {
        IpProtocol::Tcp => Some(header + usize::from(TcpPacket::new_checked(ip.payload()).ok()?.header_len())),
        IpProtocol::Udp => Some(header + 8),
        _ => None,
    }
}

/// Whether the checksums of a packet come out, as far as they are in it: that of a fragmented datagram is over all of its
/// fragments, and counts as not coming out, because only damaged packets are looked at.
pub(super) fn is_sound(bytes: &[u8]) -> bool {
    let Ok(ip) = Ipv4Packet::new_checked(bytes) else { return false };
    if !ip.verify_checksum() || ip.more_frags() || ip.frag_offset() > 0 {
        return false;
    }
    let (from, to) = (ip.src_addr().into(), ip.dst_addr().into());
    match ip.next_header() {
        IpProtocol::Tcp => TcpPacket::new_checked(ip.payload()).is_ok_and(|tcp| tcp.verify_checksum(&from, &to)),
        IpProtocol::Udp => UdpPacket::new_checked(ip.payload()).is_ok_and(|udp| udp.verify_checksum(&from, &to)),
        _ => false,
    }
}
