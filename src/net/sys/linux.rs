//! Linux: `recvmmsg(2)`, the error queue of `ip(7)`, drop counts by `SO_MEMINFO` (`socket(7)`).
//!
//! A blocking `recvmmsg` waits for all of its messages, so sockets are always non-blocking. `SO_MEMINFO`
//! answers with `sk_drops` at any time, while `SO_RXQ_OVFL` only speaks with a later datagram.

use std::{
    ffi::CString,
    io, mem,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    os::fd::AsRawFd,
    ptr,
};

use libc::{c_int, c_void, iovec, mmsghdr, msghdr, sockaddr_in, sockaddr_in6, sockaddr_storage, socklen_t};
use mio::net::{TcpStream, UdpSocket};

use super::{Datagram, Datagrams};
use crate::journal::{Fault, FaultKind};

/// Datagrams a call.
const BATCH: usize = 64;
/// `SO_MEMINFO` (`asm-generic/socket.h`) and the place of `SK_MEMINFO_DROPS` in its answer (`linux/sock_diag.h`).
const SO_MEMINFO: c_int = 55;
const SK_MEMINFO_DROPS: usize = 8;
const SK_MEMINFO_VARS: usize = 9;

/// Buffers for one `recvmmsg`.
pub(crate) struct Linux {
    buffers: Vec<u8>,
    names: Vec<sockaddr_storage>,
    recv_bytes: usize,
}

impl Datagrams for Linux {
    fn new(recv_bytes: usize) -> Self {
        // SAFETY: sockaddr_storage is plain old data, for which all zeroes is a value.
        let name: sockaddr_storage = unsafe { mem::zeroed() };
        // Zeroed by calloc: pages that no datagram reaches are never touched.
        Self { buffers: vec![0; recv_bytes * BATCH], names: vec![name; BATCH], recv_bytes }
    }

    fn prepare(socket: &UdpSocket) {
        // Without these options ICMP answers are only missed, so a refusal is not worth an error.
        set_option(socket, libc::IPPROTO_IP, libc::IP_RECVERR, 1).ok();
        if socket.local_addr().is_ok_and(|addr| addr.is_ipv6()) {
            set_option(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, 1).ok();
        }
    }

    fn receive(&mut self, socket: &UdpSocket, each: &mut dyn FnMut(Datagram<'_>)) -> io::Result<usize> {
        let recv_bytes = self.recv_bytes;
        let buffers = self.buffers.as_mut_ptr();
        let names = self.names.as_mut_ptr();
        let mut vectors: [iovec; BATCH] = std::array::from_fn(|i| iovec {
            // SAFETY: i < BATCH, and the vector holds BATCH * recv_bytes bytes.
            iov_base: unsafe { buffers.add(i * recv_bytes) }.cast::<c_void>(),
            iov_len: recv_bytes,
        });
        let vectors = vectors.as_mut_ptr();
        let mut headers: [mmsghdr; BATCH] = std::array::from_fn(|i| {
            // SAFETY: msghdr is plain old data (musl pads it, so it cannot be written as a literal).
            let mut header: msghdr = unsafe { mem::zeroed() };
            // SAFETY: i < BATCH, the length of both arrays.
            unsafe {
                header.msg_name = names.add(i).cast::<c_void>();
                header.msg_iov = vectors.add(i);
            }
            header.msg_namelen = size_of::<sockaddr_storage>() as socklen_t;
            header.msg_iovlen = 1;
            mmsghdr { msg_hdr: header, msg_len: 0 }
        });
        let count = socket.try_io(|| {
            // SAFETY: every header points to a name and to one vector of ours, each into a buffer of ours that
            // nobody else touches during the call. With MSG_TRUNC msg_len is the datagram's true length.
            let count = unsafe {
                libc::recvmmsg(
                    socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    BATCH as u32,
                    (libc::MSG_DONTWAIT | libc::MSG_TRUNC) as _,
                    ptr::null_mut(),
                )
            };
            if count < 0 { Err(io::Error::last_os_error()) } else { Ok(count as usize) }
        })?;
        for (i, header) in headers.iter().enumerate().take(count) {
            let full = header.msg_len;
            let start = i * recv_bytes;
            let bytes = self.buffers.get(start..start + (full as usize).min(recv_bytes)).unwrap_or_default();
            if let Some(from) = self.names.get(i).and_then(socket_addr) {
                each(Datagram { bytes, full, from });
            }
        }
        Ok(count)
    }

    fn drops(socket: &UdpSocket) -> Option<u64> {
        let mut info = [0_u32; SK_MEMINFO_VARS];
        let mut len = size_of_val(&info) as socklen_t;
        // SAFETY: the kernel writes at most `len` bytes, the size of the array.
        let result = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                SO_MEMINFO,
                info.as_mut_ptr().cast::<c_void>(),
                &raw mut len,
            )
        };
        (result == 0 && len as usize == size_of_val(&info)).then_some(u64::from(info[SK_MEMINFO_DROPS]))
    }

    fn take_error(socket: &UdpSocket) -> Option<(Fault, Option<SocketAddr>)> {
        loop {
            let (origin, errno, addr) = error_queue(socket)?;
            // What a call of ours was refused is queued here too, and was the result of that call already.
            if origin != libc::SO_EE_ORIGIN_LOCAL {
                return Some((Fault::from(io::Error::from_raw_os_error(errno)), addr));
            }
        }
    }
}

/// The next message of the error queue: its origin, its errno, and where the datagram was sent that caused it.
fn error_queue(socket: &UdpSocket) -> Option<(u8, c_int, Option<SocketAddr>)> {
    // SAFETY: both are plain old data.
    let (mut name, mut header): (sockaddr_storage, msghdr) = unsafe { (mem::zeroed(), mem::zeroed()) };
    let mut control = [0_u64; 64];
    let mut byte = [0_u8; 1];
    let mut vector = iovec { iov_base: byte.as_mut_ptr().cast::<c_void>(), iov_len: 1 };
    header.msg_name = (&raw mut name).cast::<c_void>();
    header.msg_namelen = size_of::<sockaddr_storage>() as socklen_t;
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast::<c_void>();
    header.msg_controllen = size_of_val(&control) as _;
    // SAFETY: the header points to buffers of ours with their true lengths; `control` is aligned for cmsghdr.
    let result = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT) };
    if result < 0 {
        return None;
    }
    let (mut origin, mut errno) = (libc::SO_EE_ORIGIN_NONE, 0);
    // SAFETY: the CMSG macros walk the control buffer that the kernel has just filled, within the length it
    // set; an IP(V6)_RECVERR message carries a sock_extended_err, which is read unaligned.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(&raw const header);
        while !message.is_null() {
            let level = (*message).cmsg_level;
            let kind = (*message).cmsg_type;
            if (level == libc::IPPROTO_IP && kind == libc::IP_RECVERR)
                || (level == libc::IPPROTO_IPV6 && kind == libc::IPV6_RECVERR)
            {
                let error: libc::sock_extended_err = ptr::read_unaligned(libc::CMSG_DATA(message).cast());
                (origin, errno) = (error.ee_origin, error.ee_errno.cast_signed());
            }
            message = libc::CMSG_NXTHDR(&raw const header, message);
        }
    }
    Some((origin, errno, socket_addr(&name)))
}

/// A socket is readable from so many bytes on, or at its end (socket(7), `SO_RCVLOWAT`). A wish.
pub(crate) fn set_receive_low_water(socket: &TcpStream, bytes: usize) {
    set_option(socket, libc::SOL_SOCKET, libc::SO_RCVLOWAT, c_int::try_from(bytes).unwrap_or(c_int::MAX)).ok();
}

/// `getaddrinfo(3)`. Unlike std it keeps the reason of a failure: a name that does not exist is not the same as a name
/// server that does not answer.
pub(crate) fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, Fault> {
    let Ok(host) = CString::new(host) else { return Err(Fault::of(FaultKind::NoName)) };
    // SAFETY: an addrinfo is plain old data, for which all zeroes is a value: no hints.
    let mut hints: libc::addrinfo = unsafe { mem::zeroed() };
    // Else each address comes once for every type of socket.
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut list = ptr::null_mut();
    // SAFETY: a C string, no service, hints and a place for the list, all of which outlive the call.
    let code = unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &raw const hints, &raw mut list) };
    match code {
        0 => {}
        libc::EAI_SYSTEM => return Err(io::Error::last_os_error().into()),
        libc::EAI_MEMORY => return Err(Fault::of(FaultKind::NoBuffers)),
        libc::EAI_AGAIN | libc::EAI_FAIL => return Err(Fault::of(FaultKind::NoAnswer)),
        // glibc says so too where it had no descriptor left to look with; only errno tells these apart.
        _ => {
            let fault = Fault::from(io::Error::last_os_error());
            return Err(if fault.kind == FaultKind::TooManyFiles { fault } else { Fault::of(FaultKind::NoName) });
        }
    }
    let mut found = Vec::new();
    let mut next = list;
    // SAFETY: the list is walked as getaddrinfo made it and freed once, after the last look at it. An address is copied,
    // with the length it has, into a storage that holds every address.
    unsafe {
        while let Some(info) = next.as_ref() {
            let mut name: sockaddr_storage = mem::zeroed();
            let len = (info.ai_addrlen as usize).min(size_of::<sockaddr_storage>());
            ptr::copy_nonoverlapping(info.ai_addr.cast::<u8>(), (&raw mut name).cast::<u8>(), len);
            if let Some(mut addr) = socket_addr(&name) {
                addr.set_port(port);
                found.push(addr);
            }
            next = info.ai_next;
        }
        libc::freeaddrinfo(list);
    }
    Ok(found)
}

/// Bytes that `recv` could return now (tcp(7), SIOCINQ).
pub(crate) fn unread(socket: &TcpStream) -> usize {
    let mut bytes: c_int = 0;
    // SAFETY: FIONREAD writes one c_int to where it is pointed.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::FIONREAD as _, &raw mut bytes) };
    if result == 0 { usize::try_from(bytes).unwrap_or(0) } else { 0 }
}

/// Lets this process open as many descriptors as its hard limit allows: a thousand connections need more than
/// the usual soft limit of 1 024. Where that fails, `accept` says EMFILE in time.
pub(crate) fn raise_descriptor_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls only read or write the struct they are handed.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max.min(1 << 20);
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

fn set_option(socket: &impl AsRawFd, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    // SAFETY: the option's value is the c_int that is pointed to, with its size.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast::<c_void>(),
            size_of::<c_int>() as socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn socket_addr(name: &sockaddr_storage) -> Option<SocketAddr> {
    match c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: a storage is larger than, and aligned for, every address; the family says which it is.
            let v4 = unsafe { &*ptr::from_ref(name).cast::<sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { &*ptr::from_ref(name).cast::<sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), 0, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::portable::Portable, *};
    use crate::journal::FaultKind;

    fn pair() -> (UdpSocket, std::net::UdpSocket) {
        let receiver = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(receiver.local_addr().unwrap()).unwrap();
        receiver.set_nonblocking(true).unwrap();
        (UdpSocket::from_std(receiver), sender)
    }

    /// Loopback delivers within the `send`, so what was sent is there when it returns.
    fn received<D: Datagrams>(recv_bytes: usize) -> Vec<(Vec<u8>, u32)> {
        let (receiver, sender) = pair();
        for size in [0, 5, 3_000] {
            sender.send(&vec![b'x'; size]).unwrap();
        }
        let mut found = Vec::new();
        let mut datagrams = D::new(recv_bytes);
        let mut each = |d: Datagram<'_>| {
            assert_eq!(d.from, sender.local_addr().unwrap());
            found.push((d.bytes.to_vec(), d.full));
        };
        assert_eq!(datagrams.receive(&receiver, &mut each).unwrap(), 3);
        let error = datagrams.receive(&receiver, &mut |_| ()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        found
    }

    #[test]
    fn both_ways_receive_the_same() {
        let whole = received::<Linux>(65_535);
        assert_eq!(whole, received::<Portable>(65_535));
        assert_eq!(whole.iter().map(|(bytes, _)| bytes.len()).collect::<Vec<_>>(), [0, 5, 3_000]);
        let cut = received::<Linux>(1_000);
        assert_eq!(cut, received::<Portable>(1_000));
        assert_eq!(cut[2], (vec![b'x'; 1_000], 3_000));
    }

    #[test]
    fn drops_are_counted_while_idle() {
        let (receiver, sender) = pair();
        socket2::SockRef::from(&receiver).set_recv_buffer_size(4_096).unwrap();
        for _ in 0..100 {
            sender.send(&[0; 1_000]).unwrap();
        }
        let mut there = 0;
        let mut datagrams = Linux::new(2_000);
        while let Ok(count) = datagrams.receive(&receiver, &mut |_| ()) {
            there += count as u64;
        }
        assert_eq!(Linux::drops(&receiver), Some(100 - there));
        assert!(there < 100);
    }

    #[test]
    fn an_icmp_answer_names_the_address() {
        let (socket, _) = pair();
        Linux::prepare(&socket);
        let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        socket.send_to(b"anyone?", closed).unwrap();
        let (fault, addr) = Linux::take_error(&socket).unwrap();
        assert_eq!((fault.kind, addr), (FaultKind::Refused, Some(closed)));
        assert!(Linux::take_error(&socket).is_none());
        // A refusal of our own call is in that queue too, but is no answer from anybody.
        let peer = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        socket.send_to(&vec![0; 65_508], peer).unwrap_err();
        assert!(Linux::take_error(&socket).is_none());
    }
    #[test]
    fn names_are_found_as_the_standard_library_finds_them() {
        let found = look_up("localhost", 80);
        assert!(found.as_ref().is_ok_and(|found| found.contains(&"127.0.0.1:80".parse().unwrap())), "{found:?}");
        assert_eq!(found, super::super::portable::look_up("localhost", 80));
        assert_eq!(look_up("nul\0", 80), Err(Fault::of(FaultKind::NoName)));
        // `.invalid` has no address anywhere (RFC 6761), which only a name server that answers can say.
        for look_up in [look_up, super::super::portable::look_up] {
            let none = look_up("no-such-host.invalid", 80).unwrap_err().kind;
            assert!(matches!(none, FaultKind::NoName | FaultKind::NoAnswer), "{none:?}");
        }
    }
}
