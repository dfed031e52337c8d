//! A TCP connection with deadlines, which a cancel or a pause of its transfer ends at once, whatever it waits for.
//!
//! The socket never blocks; all waiting is one `poll` with the waker of the job in it. Epoll and its relatives tell
//! only of changes (edges), so a call is always tried first and waited for only when it would block, and an edge that
//! comes while another one is waited for is remembered.

use std::{
    io::{self, IoSlice, Read as _, Write as _},
    net::{IpAddr, Shutdown, SocketAddr},
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, Waker, net::TcpStream};

use super::{job::Job, reason::Reason};
use crate::{
    journal::{Call, Failure, Fault, FaultKind},
    net::{self, Endpoint, set_receive_low_water},
};

const SOCKET: Token = Token(0);
pub(super) const WAKE: Token = Token(1);
/// How long the last words of a transfer may take: less than the second in which everything has to end.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(300);
/// A peer's last words may be read for so long.
const DRAIN: Duration = Duration::from_millis(300);

/// What is missing in a block is waited for so long.
const PATIENCE: Duration = Duration::from_millis(20);

/// What the thread of a job waits in.
pub(super) struct Waiting {
    pub poll: Poll,
    pub events: Events,
    pub job: Arc<Job>,
}

impl Waiting {
    pub fn new(job: Arc<Job>) -> Result<Self, Reason> {
        let failed = |error: io::Error| Reason::net(Call::Socket, &error, None);
        let poll = Poll::new().map_err(failed)?;
        let waker = Waker::new(poll.registry(), WAKE).map_err(failed)?;
        job.control.set_waker(Arc::new(waker));
        Ok(Self { poll, events: Events::with_capacity(16), job })
    }

    /// Waits for anything to happen, or so long.
    pub fn poll(&mut self, time: Option<Duration>) -> Result<(), Reason> {
        match self.poll.poll(&mut self.events, time) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(Reason::net(Call::Socket, &error, None)),
            _ => Ok(()),
        }
    }

    /// An error if the job was cancelled.
    pub fn check(&self) -> Result<(), Reason> {
        if self.job.control.cancelled() { Err(Reason::Cancelled) } else { Ok(()) }
    }
}

/// A connection.
pub(super) struct Wire {
    waiting: Waiting,
    stream: TcpStream,
    peer: SocketAddr,
    idle: Duration,
    /// What the next read fails with.
    failed: Option<Reason>,
    /// A cancel is no news any more: what is left to say is said.
    last_words: Option<Instant>,
}

impl Wire {
    /// Connects, looking the name up first. All addresses are tried, each with its share of the time.
    pub fn connect(job: Arc<Job>, to: &Endpoint, within: Duration, idle: Duration) -> Result<Self, Reason> {
        Self::connect_with(job, to, within, idle, None)
    }

    /// The same, with segments of at most so many bytes, where the system can (`TCP_MAXSEG`).
    pub fn connect_with(
        job: Arc<Job>,
        to: &Endpoint,
        within: Duration,
        idle: Duration,
        segment: Option<u32>,
    ) -> Result<Self, Reason> {
        let mut waiting = Waiting::new(job)?;
        let deadline = Instant::now() + within;
        let addresses = look_up(&mut waiting, to, deadline)?;
        let mut failed = Reason::Nothing;
        let count = addresses.len();
        for (addr, n) in addresses.into_iter().zip(0..) {
            let left = deadline.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(count - n).unwrap_or(1).max(1);
            waiting.job.set_peer(addr);
            match connect(&mut waiting, addr, share, segment) {
                Ok(stream) => {
                    let wire = Self::over(waiting, stream, addr, idle);
                    return Ok(wire);
                }
                Err(Reason::Cancelled) => return Err(Reason::Cancelled),
                Err(reason) => failed = reason,
            }
        }
        Err(failed)
    }

    /// A connection that was accepted.
    pub fn accepted(job: Arc<Job>, mut stream: TcpStream, peer: SocketAddr, idle: Duration) -> Result<Self, Reason> {
        let waiting = Waiting::new(job)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        let registered = waiting.poll.registry().register(&mut stream, SOCKET, both);
        registered.map_err(|error| Reason::net(Call::Accept, &error, Some(peer)))?;
        Ok(Self::over(waiting, stream, peer, idle))
    }

    fn over(waiting: Waiting, stream: TcpStream, peer: SocketAddr, idle: Duration) -> Self {
        // Records end with short writes that nothing follows; with Nagle they would wait for acknowledgements.
        stream.set_nodelay(true).ok();
        Self { waiting, stream, peer, idle, failed: None, last_words: None }
    }

    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Bytes of a full segment of this connection, where the system tells.
    #[cfg_attr(not(unix), expect(clippy::unused_self, reason = "elsewhere it is asked"))]
    pub fn segment(&self) -> Option<u32> {
        #[cfg(unix)]
        return socket2::SockRef::from(&self.stream).tcp_mss().ok();
        #[cfg(not(unix))]
        None
    }

    /// From now on the system holds no more than about so many bytes that the peer has not acknowledged.
    pub fn few_on_the_way(&self, bytes: usize) {
        socket2::SockRef::from(&self.stream).set_send_buffer_size(bytes).ok();
    }

    pub fn idle(&self) -> Duration {
        self.idle
    }

    /// From now on nothing may move for so long.
    pub fn set_idle(&mut self, idle: Duration) {
        self.idle = idle;
    }

    /// Reads what is there; `None` if nothing is, 0 at the end.
    pub fn try_read(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Reason> {
        if let Some(reason) = self.failed.take() {
            return Err(reason);
        }
        loop {
            match self.stream.read(buffer) {
                Ok(n) => {
                    if n > 0 {
                        self.waiting.job.counts.heard.store(true, Relaxed);
                    }
                    return Ok(Some(n));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(None);
                }
                Err(error) => return Err(Reason::net(Call::Recv, &error, Some(self.peer))),
            }
        }
    }

    /// Reads until the buffer is full, nothing more is there, or the end; `None` if nothing was there at all. Larger pieces
    /// are hashed and written with fewer calls.
    pub fn try_fill(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Reason> {
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.try_read(room) {
                Ok(Some(0)) if filled > 0 => {
                    // The next call finds the end again.
                    break;
                }
                Ok(Some(0)) => return Ok(Some(0)),
                Ok(Some(n)) => filled += n,
                // What came before it is looked at first. The system tells an error once and then says that this is the end.
                Err(reason) if filled > 0 => {
                    self.failed = Some(reason);
                    break;
                }
                Err(reason) => return Err(reason),
                Ok(None) => break,
            }
        }
        Ok((filled > 0).then_some(filled))
    }

    /// The same, but what comes in pieces is waited for a moment, up to `least` bytes: whole blocks are hashed and written
    /// with fewer calls, and the page cache has them in larger folios.
    pub fn try_whole(&mut self, buffer: &mut [u8], least: usize) -> Result<Option<usize>, Reason> {
        let least = least.min(buffer.len());
        let mut filled = 0;
        let mut until = None;
        let end = loop {
            let room = buffer.get_mut(filled..).unwrap_or_default();
            match self.try_fill(room) {
                Ok(Some(0)) if filled == 0 => return Ok(Some(0)),
                Ok(Some(0)) => break Ok(()),
                Ok(Some(n)) => filled += n,
                Ok(None) => {}
                Err(reason) => break Err(reason),
            }
            if filled == 0 || filled >= least || self.waiting.check().is_err() {
                break Ok(());
            }
            let left = until.get_or_insert_with(|| Instant::now() + PATIENCE).saturating_duration_since(Instant::now());
            if left.is_zero() {
                break Ok(());
            }
            // Not woken by each segment.
            set_receive_low_water(&self.stream, least - filled);
            let waited = self.waiting.poll(Some(left));
            set_receive_low_water(&self.stream, 1);
            if let Err(reason) = waited {
                break Err(reason);
            }
        };
        match end {
            Err(reason) if filled == 0 => Err(reason),
            end => {
                // What came before it is looked at first.
                self.failed = self.failed.take().or(end.err());
                Ok((filled > 0).then_some(filled))
            }
        }
    }

    /// Writes what there is room for; 0 if there is none.
    pub fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Reason> {
        self.try_write_both(bytes, &[])
    }

    /// The same for two pieces, one behind the other.
    pub fn try_write_both(&mut self, bytes: &[u8], more: &[u8]) -> Result<usize, Reason> {
        loop {
            match self.stream.write_vectored(&[IoSlice::new(bytes), IoSlice::new(more)]) {
                Ok(n) => return Ok(n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(0);
                }
                Err(error) => return Err(Reason::net(Call::Send, &error, Some(self.peer))),
            }
        }
    }

    /// Waits until the socket may have become readable or writable, the job was rung, or the deadline has passed.
    pub fn wait(&mut self, deadline: Instant) -> Result<(), Reason> {
        let deadline = self.last_words.map_or(deadline, |last| last.min(deadline));
        if self.last_words.is_none() {
            self.waiting.check()?;
        } else if Instant::now() >= deadline {
            return Err(Reason::Cancelled);
        }
        self.waiting.poll(Some(deadline.saturating_duration_since(Instant::now())))?;
        if self.last_words.is_none() {
            self.waiting.check()?;
        }
        Ok(())
    }

    /// Reads at least a byte; 0 at the end.
    #[cfg(test)]
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        let idle = self.idle;
        self.read_within(buffer, idle)?.ok_or(Reason::Silent(idle))
    }

    /// The same, and what comes within a moment of that, up to a full buffer.
    pub fn read_whole(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        let (idle, least) = (self.idle, buffer.len());
        self.read_least(buffer, least, idle)?.ok_or(Reason::Silent(idle))
    }

    /// Reads at least a byte; `None` if so long nothing came.
    pub fn read_within(&mut self, buffer: &mut [u8], time: Duration) -> Result<Option<usize>, Reason> {
        self.read_least(buffer, 1, time)
    }

    fn read_least(&mut self, buffer: &mut [u8], least: usize, time: Duration) -> Result<Option<usize>, Reason> {
        let mut deadline = None;
        loop {
            self.waiting.check()?;
            if let Some(n) = self.try_whole(buffer, least)? {
                return Ok(Some(n));
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + time);
            if Instant::now() >= deadline {
                return Ok(None);
            }
            self.wait(deadline)?;
        }
    }

    /// Writes all.
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), Reason> {
        let mut deadline = None;
        while !bytes.is_empty() {
            if self.last_words.is_none() {
                self.waiting.check()?;
            }
            match self.try_write(bytes)? {
                0 => {
                    let until = self.last_words.unwrap_or_else(|| Instant::now() + self.idle);
                    let deadline = *deadline.get_or_insert(until);
                    if Instant::now() >= deadline {
                        return Err(Reason::Silent(self.idle));
                    }
                    self.wait(deadline)?;
                }
                n => {
                    bytes = bytes.get(n..).unwrap_or_default();
                    deadline = None;
                }
            }
        }
        Ok(())
    }

    /// While the user has it wait: waits, telling `each` so every few seconds. At once if it need not.
    pub fn pause(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Reason>) -> Result<(), Reason> {
        if !self.waiting.job.control.paused() {
            return self.waiting.check();
        }
        self.waiting.job.moving(false);
        let paused = loop {
            if !self.waiting.job.control.paused() {
                break Ok(());
            }
            let done = each(self).and_then(|()| self.wait(Instant::now() + Duration::from_secs(5)));
            if done.is_err() {
                break done;
            }
        };
        self.waiting.job.moving(true);
        paused
    }

    /// An error if the peer has left without a word. What it has sent stays unread.
    pub fn still_there(&mut self) -> Result<(), Reason> {
        match self.stream.peek(&mut [0]) {
            Ok(0) => Err(Reason::Gone),
            Err(error) if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Err(Reason::net(Call::Recv, &error, Some(self.peer)))
            }
            _ => Ok(()),
        }
    }

    /// The same where the peer may have ended its direction, having sent everything.
    pub fn unbroken(&mut self) -> Result<(), Reason> {
        // Behind an end an RST shows here alone (as EPIPE on Linux); reading finds the end.
        if let Ok(Some(_)) = self.stream.take_error() {
            return Err(Reason::net(Call::Recv, &io::ErrorKind::ConnectionReset.into(), Some(self.peer)));
        }
        match self.still_there() {
            Err(Reason::Gone) => Ok(()),
            there => there,
        }
    }

    /// However this ends before [`finish_whole`](Self::finish_whole), even with the process killed, the peer gets an RST
    /// and not an end of the stream, which would be that of a whole file.
    pub fn reset_unless_finished(&self) {
        // Where it cannot be asked for, the peer learns what any kernel tells of a program that is gone.
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).ok();
    }

    /// Nothing more will be sent, and this was all.
    pub fn finish_whole(&mut self) {
        // Else the close would throw away what the system still holds.
        socket2::SockRef::from(&self.stream).set_linger(None).ok();
        self.finish_writing();
    }

    /// Closes with an RST: the peer learns that not everything was taken.
    pub fn reset(self) {
        // Where it cannot be asked for, the close of a socket with unread bytes does the same (RFC 9293, 3.6.1).
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).ok();
    }

    /// From now on a cancel ends nothing, and what is written has a moment to go out.
    pub fn last_words(&mut self) {
        self.last_words.get_or_insert_with(|| Instant::now() + LAST_WORDS);
    }

    /// Nothing more will be sent.
    pub fn finish_writing(&mut self) {
        // It fails where the peer is gone, which reading tells.
        self.stream.shutdown(Shutdown::Write).ok();
    }

    /// Ends the connection so that the last words arrive: a close with unread bytes would be an RST, which can
    /// overtake them. Reads what still comes for a moment, and throws it away.
    pub fn drain(mut self) {
        self.finish_writing();
        let deadline = Instant::now() + DRAIN;
        self.last_words = Some(deadline);
        let mut buffer = vec![0; 64 << 10];
        while Instant::now() < deadline {
            match self.try_read(&mut buffer) {
                Ok(Some(0)) | Err(_) => return,
                Ok(None) if self.wait(deadline).is_err() => return,
                Ok(_) => {}
            }
        }
    }
}

/// The addresses of a name. `getaddrinfo` blocks for as long as it likes, so it has a thread that nobody waits for.
pub(super) fn look_up(waiting: &mut Waiting, to: &Endpoint, deadline: Instant) -> Result<Vec<SocketAddr>, Reason> {
    if let Ok(ip) = to.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, to.port)]);
    }
    if let Ok(addr) = format!("[{}]:{}", to.host, to.port).parse() {
        return Ok(vec![addr]);
    }
    let failed =
        |fault| Reason::Net(Failure { call: Call::Resolve, fault, addr: None, detail: to.host.clone(), at: 0 });
    let (sender, answer) = crossbeam_channel::bounded(1);
    let (job, asked) = (Arc::clone(&waiting.job), to.clone());
    let spawned = thread::Builder::new().name("resolve".into()).spawn(move || {
        let found = net::look_up(&asked.host, asked.port);
        // If nobody waits any more, nobody needs it.
        sender.send(found).ok();
        job.control.ring();
    });
    spawned.map_err(|error| Reason::net(Call::Spawn, &error, None))?;
    loop {
        waiting.check()?;
        if let Ok(found) = answer.try_recv() {
            let mut found = found.map_err(failed)?;
            found.dedup();
            return if found.is_empty() { Err(failed(Fault::of(FaultKind::NoName))) } else { Ok(found) };
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failed(Fault::of(FaultKind::TimedOut)));
        }
        waiting.poll(Some(left))?;
    }
}

fn connect(
    waiting: &mut Waiting,
    addr: SocketAddr,
    within: Duration,
    segment: Option<u32>,
) -> Result<TcpStream, Reason> {
    let failed = |error: &io::Error| Reason::net(Call::Connect, error, Some(addr));
    let deadline = Instant::now() + within;
    let mut stream = match segment {
        None => TcpStream::connect(addr).map_err(|error| failed(&error))?,
        Some(segment) => connect_segmented(addr, segment).map_err(|error| failed(&error))?,
    };
    let both = Interest::READABLE | Interest::WRITABLE;
    waiting.poll.registry().register(&mut stream, SOCKET, both).map_err(|error| failed(&error))?;
    loop {
        waiting.check()?;
        // What `connect` came to is known once the socket is writable (connect(2), EINPROGRESS).
        if let Some(error) = stream.take_error().map_err(|error| failed(&error))? {
            return Err(failed(&error));
        }
        if stream.peer_addr().is_ok() {
            return Ok(stream);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failed(&io::ErrorKind::TimedOut.into()));
        }
        waiting.poll(Some(left))?;
    }
}

/// Begins to connect, with an option that has to be there before the first segment is.
fn connect_segmented(addr: SocketAddr, segment: u32) -> io::Result<TcpStream> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    #[cfg(unix)]
    // A wish: without it the connection is like any other.
    socket.set_tcp_mss(segment).ok();
    #[cfg(not(unix))]
    let _ = segment;
    match socket.connect(&addr.into()) {
        // EINPROGRESS has no kind of its own.
        Err(error) if error.kind() != io::ErrorKind::WouldBlock && !in_progress(&error) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}

fn in_progress(error: &io::Error) -> bool {
    // Linux; macOS and the BSDs.
    matches!(error.raw_os_error(), Some(115 | 36))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream as Peer};

    use super::*;
    use crate::transfer::{
        job::Hub,
        options::Way,
        report::{Direction, TransferId},
    };

    fn pair() -> (Wire, Peer) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = Peer::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, from) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let hub = Arc::new(Hub::new(Arc::new(()), crossbeam_channel::bounded(16).0));
        let job = Job::new(TransferId(1), Direction::Receiving, Way::Raw, None, None, None, hub);
        let wire = Wire::accepted(Arc::new(job), TcpStream::from_std(stream), from, Duration::from_secs(20)).unwrap();
        (wire, peer)
    }

    #[test]
    fn a_block_that_does_not_become_full_is_not_waited_for_for_ever() {
        let (mut wire, mut peer) = pair();
        let mut block = [0; 10];
        peer.write_all(b"abc").unwrap();
        assert_eq!(wire.read_whole(&mut block).unwrap(), 3);
        // The next byte is told of at once: nothing is left of the wish for more.
        for byte in b"defg" {
            peer.write_all(&[*byte]).unwrap();
            assert_eq!(wire.read(&mut block).unwrap(), 1);
            assert_eq!(block[0], *byte);
        }
        peer.write_all(b"hij").unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        assert_eq!(wire.read_whole(&mut block).unwrap(), 3);
        assert_eq!(wire.read_whole(&mut block).unwrap(), 0);
    }

    #[test]
    fn what_comes_in_pieces_becomes_whole_blocks() {
        const PIECE: usize = 7_001;
        let (mut wire, mut peer) = pair();
        let sent: Vec<u8> = (0..PIECE * 300).map(|n| n as u8).collect();
        let sending = sent.clone();
        let send = move || sending.chunks(PIECE).for_each(|piece| peer.write_all(piece).unwrap());
        let sender = thread::Builder::new().spawn(send).unwrap();
        let (mut received, mut block, mut blocks) = (Vec::new(), vec![0; 64 << 10], 0);
        loop {
            let n = wire.read_whole(&mut block).unwrap();
            received.extend_from_slice(&block[..n]);
            blocks += usize::from(n == block.len());
            if n == 0 {
                break;
            }
        }
        sender.join().unwrap();
        assert_eq!(received, sent);
        assert!(blocks > 0, "none was whole");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_came_before_a_reset_is_read_first() {
        let (mut wire, mut peer) = pair();
        peer.write_all(b"abc").unwrap();
        let mut block = [0; 10];
        assert_eq!(wire.read(&mut block[..1]).unwrap(), 1);
        socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
        // Linux leaves what has come when an RST does; elsewhere it may be gone.
        drop(peer);
        assert_eq!(wire.read_whole(&mut block).unwrap(), 2);
        assert!(matches!(wire.read_whole(&mut block), Err(Reason::Net(_))));
    }
}
