//! The middle of one connection: every byte is counted, and held where a test wants it held.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread::Builder,
    time::{Duration, Instant},
};

/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// Takes one connection, and makes another one to where it was meant to go.
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes towards the one that listens: carried, and let through at most.
    there: u64,
    most: u64,
    /// Both connections, once they are there.
    ends: Vec<TcpStream>,
    cut: bool,
}

impl Relay {
    /// Lets so many bytes through towards `to`; answers pass as they come.
    pub fn start(to: SocketAddr, most: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.state.lock().unwrap().most = most;
        let relayed = Arc::clone(&shared);
        let run = move || {
            let (from, to) = (listener.accept().unwrap().0, TcpStream::connect(to).unwrap());
            let ends = vec![from.try_clone().unwrap(), to.try_clone().unwrap()];
            relayed.change(|state| state.ends = ends);
            let (back, asks, answers) = (Arc::clone(&relayed), from.try_clone().unwrap(), to.try_clone().unwrap());
            Builder::new().name("answers".into()).spawn(move || back.carry(answers, asks, false)).unwrap();
            relayed.carry(from, to, true);
        };
        Builder::new().name("relay".into()).spawn(run).unwrap();
        Self { address, shared }
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until everything that may pass has passed.
    pub fn held(&self) {
        self.shared.until("so many bytes do not come", |state| state.there == state.most);
    }

    /// Bytes that were carried towards the one that listens.
    pub fn carried(&self) -> u64 {
        self.shared.state.lock().unwrap().there
    }

    /// Lets everything through from now on.
    pub fn release(&self) {
        self.shared.change(|state| state.most = u64::MAX);
    }

    /// Ends both connections behind what they have carried: with FIN, or with RST.
    pub fn cut(&self, reset: bool) {
        self.shared.cut(reset);
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn until(&self, what: &str, wanted: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.state.lock().unwrap();
        while !wanted(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what}: {} of {}", state.there, state.most);
            state = self.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Copies from one to the other until an end or an error, and passes that on too.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream, there: bool) {
        let mut block = vec![0; 64 << 10];
        loop {
            let mut room = block.len();
            if there {
                let mut state = self.state.lock().unwrap();
                while state.there >= state.most && !state.cut {
                    state = self.changed.wait(state).unwrap();
                }
                room = room.min(usize::try_from(state.most.saturating_sub(state.there)).unwrap_or(room));
            }
            let carried = from.read(&mut block[..room]).and_then(|n| to.write_all(&block[..n]).map(|()| n));
            match carried {
                Ok(0) => {
                    // It may be gone already.
                    to.shutdown(Shutdown::Write).ok();
                    return;
                }
                Ok(n) if there => self.change(|state| state.there += n as u64),
                Ok(_) => {}
                Err(_) => return self.cut(true),
            }
        }
    }

    fn cut(&self, reset: bool) {
        self.change(|state| {
            state.cut = true;
            // Each descriptor is one of three; the last close is the one that tells. The threads' reads end here, and with
            // them their descriptors.
            for end in state.ends.drain(..) {
                if reset {
                    socket2::SockRef::from(&end).set_linger(Some(Duration::ZERO)).unwrap();
                } else {
                    end.shutdown(Shutdown::Write).ok();
                }
                end.shutdown(Shutdown::Read).ok();
            }
        });
    }
}
