//! What every system can do, with std, socket2 and mio alone.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs as _},
};

use mio::net::UdpSocket;

use super::{Datagram, Datagrams, LONGEST_DATAGRAM};
use crate::journal::{Fault, FaultKind};

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

/// std's look-up, which mostly tells no more than that it failed.
pub(crate) fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, Fault> {
    match (host, port).to_socket_addrs() {
        Ok(found) => Ok(found.collect()),
        Err(error) => Err(match error.raw_os_error() {
            // WSATRY_AGAIN and WSANO_RECOVERY.
            Some(11_002 | 11_003) => Fault::of(FaultKind::NoAnswer),
            Some(11_001 | 11_004) => Fault::of(FaultKind::NoName),
            Some(_) => error.into(),
            // EAI_AGAIN in words: neither a number nor a kind of error is given.
            None if error.to_string().contains("emporary failure") => Fault::of(FaultKind::NoAnswer),
            None => Fault::of(FaultKind::NoName),
        }),
    }
}

/// What closing with unread bytes sends is not known for every system, so nothing is said of them.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unread(_: &mio::net::TcpStream) -> usize {
    0
}

/// Nothing is raised: Windows has no such limit, and on macOS it is 256 until the shell or `launchd` says more.
#[cfg(not(target_os = "linux"))]
pub(crate) fn raise_descriptor_limit() {}
