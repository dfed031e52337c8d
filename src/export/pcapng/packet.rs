//! Packets as they would have been on the wire: headers around the bytes that a call moved.
//!
//! IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293) and UDP (RFC 768), with checksums (RFC 1071) that are right, so that a
//! reader which checks them has nothing to say. Lengths that no packet can have make none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use etherparse::{IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, TcpHeader, TcpOptionElement, UdpHeader};

/// Payload of the longest TCP segment: a packet of 65 535 bytes without both headers.
pub const SEGMENT: usize = 65_495;
/// Hops that a packet has left, as Linux sets it.
const HOPS: u8 = 64;
/// The receive window that is said, times 2 to the [`SCALE`]: no real one is known, and this one never fills.
const WINDOW: u16 = u16::MAX;
/// RFC 7323: the largest.
const SCALE: u8 = 14;

/// What a TCP segment is beside its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the header")]
pub struct Flags {
    /// The first one.
    pub syn: bool,
    /// It acknowledges.
    pub ack: bool,
    /// The last byte of a send is in it.
    pub psh: bool,
    /// No more comes.
    pub fin: bool,
    /// The connection is broken off.
    pub rst: bool,
}

/// A packet with a TCP segment.
pub fn tcp(
    from: SocketAddr,
    to: SocketAddr,
    (sequence, acknowledged): (u32, u32),
    flags: Flags,
    payload: &[u8],
) -> Option<Vec<u8>> {
    let mut header = TcpHeader::new(from.port(), to.port(), sequence, WINDOW);
    header.acknowledgment_number = if flags.ack { acknowledged } else { 0 };
    (header.syn, header.ack, header.psh) = (flags.syn, flags.ack, flags.psh);
    (header.fin, header.rst) = (flags.fin, flags.rst);
    if flags.syn {
        let options = [TcpOptionElement::MaximumSegmentSize(SEGMENT as u16), TcpOptionElement::WindowScale(SCALE)];
        header.set_options(&options).ok()?;
    }
    let addresses = Addresses::of(from.ip(), to.ip());
    header.checksum = match addresses {
        Addresses::V4(from, to) => header.calc_checksum_ipv4_raw(from.octets(), to.octets(), payload).ok()?,
        Addresses::V6(from, to) => header.calc_checksum_ipv6_raw(from.octets(), to.octets(), payload).ok()?,
    };
    let mut packet = addresses.header(IpNumber::TCP, header.header_len() + payload.len())?;
    packet.extend_from_slice(&header.to_bytes());
    packet.extend_from_slice(payload);
    Some(packet)
}

/// A packet with a datagram of `full` bytes, of which these are known.
pub fn udp(from: SocketAddr, to: SocketAddr, full: usize, payload: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(full.checked_add(UdpHeader::LEN)?).ok()?;
    let mut header = UdpHeader { source_port: from.port(), destination_port: to.port(), length, checksum: 0 };
    let addresses = Addresses::of(from.ip(), to.ip());
    // Nobody can check that of a datagram which is not whole; over IPv6 it must not be 0 all the same.
    header.checksum = match addresses {
        Addresses::V4(..) if payload.len() < full => 0,
        Addresses::V4(from, to) => header.calc_checksum_ipv4_raw(from.octets(), to.octets(), payload).ok()?,
        Addresses::V6(from, to) => header.calc_checksum_ipv6_raw(from.octets(), to.octets(), payload).ok()?,
    };
    let mut packet = addresses.header(IpNumber::UDP, usize::from(length))?;
    packet.extend_from_slice(&header.to_bytes());
    packet.extend_from_slice(payload);
    Some(packet)
}

/// Both addresses of a packet: of one family.
#[derive(Clone, Copy)]
enum Addresses {
    V4(Ipv4Addr, Ipv4Addr),
    V6(Ipv6Addr, Ipv6Addr),
}

impl Addresses {
    /// An IPv6 socket that speaks with an IPv4 one does so over IPv4 (RFC 4291 section 2.5.5.2).
    fn of(from: IpAddr, to: IpAddr) -> Self {
        let v6 = |ip| match ip {
            IpAddr::V4(v4) => Ipv4Addr::to_ipv6_mapped(&v4),
            IpAddr::V6(v6) => v6,
        };
        match (from.to_canonical(), to.to_canonical()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => Self::V4(from, to),
            (IpAddr::V4(from), IpAddr::V6(to)) if to.is_unspecified() => Self::V4(from, Ipv4Addr::UNSPECIFIED),
            (IpAddr::V6(from), IpAddr::V4(to)) if from.is_unspecified() => Self::V4(Ipv4Addr::UNSPECIFIED, to),
            (from, to) => Self::V6(v6(from), v6(to)),
        }
    }

    /// The IP header before so many bytes.
    fn header(self, protocol: IpNumber, bytes: usize) -> Option<Vec<u8>> {
        let bytes = u16::try_from(bytes).ok()?;
        let mut packet = Vec::with_capacity(usize::from(bytes) + Ipv6Header::LEN);
        match self {
            Self::V4(from, to) => {
                let mut header = Ipv4Header::new(bytes, HOPS, protocol, from.octets(), to.octets()).ok()?;
                header.header_checksum = header.calc_header_checksum();
                packet.extend_from_slice(&header.to_bytes());
            }
            Self::V6(from, to) => {
                let header = Ipv6Header {
                    traffic_class: 0,
                    flow_label: Ipv6FlowLabel::ZERO,
                    payload_length: bytes,
                    next_header: protocol,
                    hop_limit: HOPS,
                    source: from.octets(),
                    destination: to.octets(),
                };
                packet.extend_from_slice(&header.to_bytes());
            }
        }
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// RFC 1071, in the plainest way: what is summed up with its checksum is all ones.
    fn sum(parts: &[&[u8]]) -> u16 {
        let bytes = parts.concat();
        let mut sum = 0_u64;
        for pair in bytes.chunks(2) {
            sum += u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0));
        }
        while sum > 0xFFFF {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        sum as u16
    }

    fn is_whole_v4(packet: &[u8], protocol: u8) {
        assert_eq!(sum(&[&packet[..20]]), 0xFFFF);
        assert_eq!(usize::from(u16::from_be_bytes([packet[2], packet[3]])), packet.len());
        let len = (packet.len() - 20) as u16;
        assert_eq!(sum(&[&packet[12..20], &[0, protocol], &len.to_be_bytes(), &packet[20..]]), 0xFFFF);
    }

    #[test]
    fn checksums_come_out_over_ipv4() {
        let (from, to) = (addr("127.0.0.1:50000"), addr("192.168.1.20:8008"));
        for payload in [&b""[..], b"odd", "你好".as_bytes(), &vec![0xFF; SEGMENT]] {
            let flags = Flags { ack: true, psh: true, ..Flags::default() };
            is_whole_v4(&tcp(from, to, (7, u32::MAX), flags, payload).unwrap(), 6);
            is_whole_v4(&udp(from, to, payload.len(), payload).unwrap(), 17);
        }
        let syn = tcp(from, to, (0, 9), Flags { syn: true, ..Flags::default() }, b"").unwrap();
        is_whole_v4(&syn, 6);
        // No ACK, so nothing is acknowledged.
        assert_eq!(syn[28..32], [0; 4]);
        assert_eq!(syn[33], 0x02);
    }

    #[test]
    fn checksums_come_out_over_ipv6() {
        let (from, to) = (addr("[::1]:50000"), addr("[2001:db8::7]:8008"));
        for (packet, protocol) in [
            (tcp(from, to, (1, 1), Flags { fin: true, ack: true, ..Flags::default() }, b"").unwrap(), 6),
            (udp(from, to, 3, b"abc").unwrap(), 17),
        ] {
            assert_eq!(packet[0] >> 4, 6);
            let len = (packet.len() - 40) as u16;
            assert_eq!(packet[4..6], len.to_be_bytes());
            assert_eq!(sum(&[&packet[8..40], &len.to_be_bytes(), &[0, protocol], &packet[40..]]), 0xFFFF);
        }
    }

    #[test]
    fn ipv4_through_an_ipv6_socket_is_ipv4() {
        let packet = udp(addr("[::ffff:127.0.0.1]:1"), addr("[::]:2"), 0, b"").unwrap();
        assert_eq!((packet[0], &packet[12..16], &packet[16..20]), (0x45, &[127, 0, 0, 1][..], &[0; 4][..]));
        let mixed = udp(addr("127.0.0.1:1"), addr("[::1]:2"), 0, b"").unwrap();
        assert_eq!(mixed[0] >> 4, 6);
    }

    #[test]
    fn a_datagram_that_is_not_whole_says_its_true_length() {
        let packet = udp(addr("127.0.0.1:1"), addr("127.0.0.1:2"), 100, b"0123456789").unwrap();
        assert_eq!((packet.len(), packet[3], packet[25]), (38, 128, 108));
        assert_eq!(packet[26..28], [0, 0]);
        let v6 = udp(addr("[::1]:1"), addr("[::1]:2"), 100, b"0123456789").unwrap();
        assert_ne!(v6[46..48], [0, 0]);
    }

    #[test]
    fn what_fits_no_packet_makes_none() {
        let (from, to) = (addr("127.0.0.1:1"), addr("127.0.0.1:2"));
        assert_eq!(udp(from, to, 65_508, b""), None);
        assert_eq!(udp(from, to, usize::MAX, b""), None);
        assert_eq!(tcp(from, to, (0, 0), Flags::default(), &vec![0; SEGMENT + 1]), None);
    }
}
