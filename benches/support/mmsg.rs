//! `sendmmsg` and `recvmmsg` as bare as they go: the baseline of the UDP bench, and a sender that keeps up with it.

use std::{io, mem, net::UdpSocket, os::fd::AsRawFd as _, ptr};

/// Datagrams a system call.
pub const GROUP: usize = 64;

/// Sends [`GROUP`] equal datagrams a call on a connected socket.
pub struct Sender {
    payload: Vec<u8>,
}

impl Sender {
    /// For datagrams of this many bytes.
    pub fn new(size: usize) -> Self {
        Self { payload: vec![0x55; size] }
    }

    /// Sends one group; gives how many the kernel took.
    pub fn send(&mut self, socket: &UdpSocket) -> usize {
        let mut part = libc::iovec { iov_base: self.payload.as_mut_ptr().cast(), iov_len: self.payload.len() };
        // SAFETY: all-zero is a valid mmsghdr (no name, no control, no parts), and the parts are set below.
        let mut messages: [libc::mmsghdr; GROUP] = unsafe { mem::zeroed() };
        for message in &mut messages {
            message.msg_hdr.msg_iov = &raw mut part;
            message.msg_hdr.msg_iovlen = 1;
        }
        // SAFETY: `messages` and what they point to live through the call, which only reads the payload.
        let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), GROUP as u32, 0) };
        usize::try_from(sent).unwrap_or_else(|_| panic!("sendmmsg: {}", io::Error::last_os_error()))
    }
}

/// Receives up to [`GROUP`] datagrams a call and forgets them.
pub struct Receiver {
    buffers: Vec<[u8; 2048]>,
}

impl Receiver {
    /// With buffers of 2 KiB.
    pub fn new() -> Self {
        Self { buffers: vec![[0; 2048]; GROUP] }
    }

    /// Waits for a datagram (up to the socket's timeout) and takes what else is there; gives how many.
    pub fn receive(&mut self, socket: &UdpSocket) -> usize {
        // SAFETY: all-zero is a valid mmsghdr and iovec.
        let mut messages: [libc::mmsghdr; GROUP] = unsafe { mem::zeroed() };
        // SAFETY: as above.
        let mut parts: [libc::iovec; GROUP] = unsafe { mem::zeroed() };
        for ((message, part), buffer) in messages.iter_mut().zip(&mut parts).zip(&mut self.buffers) {
            *part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
        }
        let (fd, flags) = (socket.as_raw_fd(), libc::MSG_WAITFORONE);
        // SAFETY: `messages`, `parts` and the buffers live through the call; lengths are those of the buffers.
        let got = unsafe { libc::recvmmsg(fd, messages.as_mut_ptr(), GROUP as u32, flags as _, ptr::null_mut()) };
        usize::try_from(got).unwrap_or(0)
    }
}

/// Asks for SO_RCVBUF.
pub fn set_receive_buffer(socket: &UdpSocket, bytes: usize) {
    let wanted = i32::try_from(bytes).unwrap_or(i32::MAX);
    let size = mem::size_of_val(&wanted) as libc::socklen_t;
    // SAFETY: the pointer is to an int that lives through the call, and the length is its size.
    unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVBUF, (&raw const wanted).cast(), size);
    }
}
