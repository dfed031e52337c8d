//! What each system does in its own way: receiving datagrams in bulk, what the kernel dropped, ICMP answers,
//! who holds a port, how a child process ends. One trait, a portable fallback (which Linux compiles and tests too), and
//! Linux.

mod holder;
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "recvmmsg, the error queue and two options have no safe wrapper in socket2 or std")]
mod linux;
#[cfg_attr(target_os = "linux", cfg(test))]
mod portable;
pub(super) mod process;

use std::{io, net::SocketAddr};

use mio::net::UdpSocket;

pub(super) use self::holder::why_not_here;
#[cfg(target_os = "linux")]
pub(super) use self::linux::{Linux as Native, raise_descriptor_limit, unread};
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{look_up, set_receive_low_water};
#[cfg(not(target_os = "linux"))]
pub(super) use self::portable::{Portable as Native, raise_descriptor_limit, unread};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::portable::{look_up, set_receive_low_water};
use crate::journal::Fault;

/// What a datagram holds at most, with its header.
const LONGEST_DATAGRAM: usize = 65_535;

/// Gives a UDP socket room for the longest datagram there is: macOS has 9 216 bytes and refuses a longer one as too long.
/// Where there is more room already (Linux, Windows), it stays.
pub(crate) fn room_for_any_datagram(socket: &socket2::SockRef<'_>) {
    if socket.send_buffer_size().is_ok_and(|room| room < LONGEST_DATAGRAM) {
        socket.set_send_buffer_size(LONGEST_DATAGRAM).ok();
    }
}

/// One datagram, lent for the length of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    /// What fitted into the buffer.
    pub bytes: &'a [u8],
    /// Its true length as far as the system tells: larger than `bytes` if it was cut.
    pub full: u32,
    /// Who sent it.
    pub from: SocketAddr,
}

/// Receiving on one UDP socket.
pub(super) trait Datagrams {
    /// Buffers for datagrams of up to `recv_bytes`.
    fn new(recv_bytes: usize) -> Self;

    /// Asks the system to report ICMP errors for this socket, where it can.
    fn prepare(socket: &UdpSocket);

    /// Receives what is there, up to a system-dependent number, without blocking; returns how many.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there; else what `recvfrom` says. Errors never end a UDP socket.
    fn receive(&mut self, socket: &UdpSocket, each: &mut dyn FnMut(Datagram<'_>)) -> io::Result<usize>;

    /// Datagrams that the kernel dropped for this socket since it was opened, if the system counts them.
    fn drops(socket: &UdpSocket) -> Option<u64>;

    /// The next ICMP answer to a datagram of ours and the address that datagram was for.
    fn take_error(socket: &UdpSocket) -> Option<(Fault, Option<SocketAddr>)>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_the_longest_datagram_and_what_is_more_stays() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let socket = socket2::SockRef::from(&socket);
        socket.set_send_buffer_size(9_216).unwrap();
        room_for_any_datagram(&socket);
        let room = socket.send_buffer_size().unwrap();
        assert!(room >= LONGEST_DATAGRAM, "{room}");
        socket.set_send_buffer_size(2 * LONGEST_DATAGRAM).unwrap();
        let room = socket.send_buffer_size().unwrap();
        room_for_any_datagram(&socket);
        assert_eq!(socket.send_buffer_size().unwrap(), room);
    }
}
