//! An engine with somebody who drains it, for tests that need to see what it says.

use std::{
    net::{SocketAddr, TcpStream, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use twocan::{
    journal::{Budget, Direction, FaultKind, Filter, Journal, SocketId, Sockets, State},
    net::{Engine, SocketSpec, UdpSpec},
};

pub const LOCALHOST: &str = "127.0.0.1:0";
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Bench {
    pub engine: Engine,
    pub journal: Journal,
    pub sockets: Sockets,
}

impl Bench {
    pub fn new() -> Self {
        let budget = Budget { bytes: 256 << 20, rows: 2_000_000 };
        Self { engine: Engine::new(Arc::new(())), journal: Journal::new(budget), sockets: Sockets::default() }
    }

    /// Opens a socket as the window does: announced first, so that no record meets a stranger.
    pub fn open(&mut self, spec: &SocketSpec) -> SocketId {
        let id = self.engine.open(spec);
        self.sockets.open(id, spec.kind(), 0, self.engine.now());
        id
    }

    pub fn reopen(&mut self, id: SocketId, spec: &SocketSpec) {
        let generation = self.sockets.get(id).unwrap().generation + 1;
        self.sockets.open(id, spec.kind(), generation, self.engine.now());
        self.engine.reopen(id, generation, spec);
    }

    pub fn listening(&mut self, spec: &SocketSpec) -> (SocketId, SocketAddr) {
        let id = self.open(spec);
        self.until("listening", |b| b.state(id) == State::Listen);
        (id, self.sockets.get(id).unwrap().local.unwrap())
    }

    pub fn bound(&mut self, spec: &UdpSpec) -> (SocketId, SocketAddr) {
        let id = self.open(&SocketSpec::Udp(spec.clone()));
        self.until("bound", |b| b.state(id) == State::Bound);
        (id, self.sockets.get(id).unwrap().local.unwrap())
    }

    pub fn drain(&mut self) {
        while let Ok(batch) = self.engine.batches().try_recv() {
            self.take(batch);
        }
    }

    fn take(&mut self, batch: twocan::journal::Batch) {
        for record in &batch.records {
            self.sockets.apply(record, batch.bytes_of(record));
        }
        self.journal.push(batch);
    }

    /// Drains until it is so.
    pub fn until(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.drain();
            if so(self) {
                return;
            }
            if let Ok(batch) = self.engine.batches().recv_timeout(Duration::from_millis(5)) {
                self.take(batch);
            }
            assert!(Instant::now() < deadline, "not {what} in {PATIENCE:?}: {:#?}", self.sockets);
        }
    }

    pub fn state(&self, id: SocketId) -> State {
        self.sockets.get(id).unwrap().state
    }

    pub fn fault(&self, id: SocketId) -> Option<FaultKind> {
        self.sockets.get(id)?.last_fault.as_ref().map(|failure| failure.fault.kind)
    }

    pub fn connection(&self, listener: SocketId, index: usize) -> SocketId {
        self.sockets.get(listener).unwrap().connections[index]
    }

    pub fn bytes(&self, id: SocketId, direction: Direction) -> Vec<u8> {
        let filter = Filter { direction: Some(direction), ..Filter::socket(id) };
        self.journal.rows_from(0).filter(|row| filter.matches(row)).flat_map(|row| row.bytes.to_vec()).collect()
    }

    pub fn rows(&self, id: SocketId, direction: Direction) -> usize {
        let filter = Filter { direction: Some(direction), ..Filter::socket(id) };
        self.journal.rows_from(0).filter(|row| filter.matches(row)).count()
    }

    pub fn gone(&self) -> u64 {
        self.journal.gone()
    }

    pub fn peer_datagrams() -> UdpSocket {
        let socket = UdpSocket::bind(LOCALHOST).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        // macOS sends no more than 9 216 bytes at a time without it.
        socket2::SockRef::from(&socket).set_send_buffer_size(256 << 10).unwrap();
        socket
    }
}

pub fn peer_stream(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}
