//! What every system can do, with std, socket2 and mio alone.

use std::{io, net::SocketAddr};

use mio::net::UdpSocket;

use super::{Datagram, Datagrams, LONGEST_DATAGRAM};
use crate::journal::Fault;

/// Datagrams received in one go before others get their turn.
const TURN: usize = 64;

/// One `recvfrom` a datagram.
#[derive(Debug)]
pub(crate) struct Portable {
    buffer: Vec<u8>,
    recv_bytes: usize,
}

impl Datagrams for Portable {
    fn new(recv_bytes: usize) -> Self {
        // Room for every datagram, and what is more than asked for is left out afterwards: Windows gives an error for one that
        // it cuts, and nobody tells how long it was.
        Self { buffer: vec![0; LONGEST_DATAGRAM], recv_bytes }
    }

    fn prepare(_: &UdpSocket) {}

    fn receive(&mut self, socket: &UdpSocket, each: &mut dyn FnMut(Datagram<'_>)) -> io::Result<usize> {
        for count in 0..TURN {
            match socket.recv_from(&mut self.buffer) {
                Ok((len, from)) => {
                    let bytes = self.buffer.get(..len.min(self.recv_bytes)).unwrap_or_default();
                    each(Datagram { bytes, full: len as u32, from });
                }
                Err(error) if count > 0 && error.kind() == io::ErrorKind::WouldBlock => return Ok(count),
                Err(error) => return Err(error),
            }
        }
        Ok(TURN)
    }

    fn drops(_: &UdpSocket) -> Option<u64> {
        None
    }

    fn take_error(_: &UdpSocket) -> Option<(Fault, Option<SocketAddr>)> {
        None
    }
}

/// A socket is readable from the first byte on.
#[cfg(not(target_os = "linux"))]
pub(crate) fn set_receive_low_water(_: &mio::net::TcpStream, _: usize) {}

/// Nothing is raised: Windows has no such limit, and on macOS it is 256 until the shell or `launchd` says more.
#[cfg(not(target_os = "linux"))]
pub(crate) fn raise_descriptor_limit() {}
