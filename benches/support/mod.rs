//! What the benches share: an engine whose batches go into a journal, as the window does it, and how results print.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    dead_code,
    reason = "a bench fails loudly, prints plainly, and uses a part of this"
)]

use std::{
    env,
    hint::black_box,
    iter::repeat_with,
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use twocan::{
    journal::{Budget, Event, Journal, SocketId},
    net::{Counters, Engine, SocketSpec},
};

/// Whether a short run was asked for: `cargo bench -- --quick`.
pub fn quick() -> bool {
    env::args().any(|argument| argument == "--quick")
}

/// Prints one result, and how it compares with the plain sockets of the same run.
pub fn line(what: &str, value: &str, ratio: Option<f64>) {
    match ratio {
        Some(ratio) => println!("{what:<44} {value:>20}   {ratio:>5.2} of the baseline"),
        None => println!("{what:<44} {value:>20}"),
    }
}

/// The one in the middle.
pub fn median(mut taken: Vec<Duration>) -> Duration {
    taken.sort_unstable();
    taken.get(taken.len() / 2).copied().unwrap_or_default()
}

/// How many times as long as the baseline something took.
pub fn times(baseline: Duration, taken: Duration) -> f64 {
    taken.as_secs_f64() / baseline.as_secs_f64().max(1e-9)
}

/// What some work takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let made = work();
    let took = start.elapsed();
    black_box(made);
    took
}

/// The machine has other things to do too: the best run is the one that was disturbed least.
pub fn best(runs: usize, run: impl FnMut() -> Duration) -> Duration {
    repeat_with(run).take(runs).min().unwrap_or_default()
}

/// How fast something is beside the baseline; below 1 it is slower.
pub fn speed(baseline: Duration, took: Duration) -> f64 {
    times(took, baseline)
}

/// A time as results have it.
pub fn millis(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}

/// An engine with one socket, whose batches a thread pushes into a journal.
pub struct Bench {
    engine: Arc<Engine>,
    socket: SocketId,
    /// Where the socket is bound.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    drain: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    received: AtomicU64,
    address: OnceLock<SocketAddr>,
}

impl Bench {
    /// Opens a socket and waits until it is bound.
    pub fn open(spec: &SocketSpec) -> Self {
        let engine = Arc::new(Engine::new(Arc::new(())));
        let socket = engine.open(spec);
        let shared = Arc::new(Shared::default());
        let (to_drain, from) = (Arc::clone(&shared), Arc::clone(&engine));
        let drain = Builder::new().name("drain".into()).spawn(move || push_all(&from, &to_drain)).expect("a thread");
        let address = *shared.address.wait();
        Self { engine, socket, address, shared, drain: Some(drain) }
    }

    /// The socket's totals.
    pub fn counters(&self) -> Arc<Counters> {
        self.engine.counters(self.socket).expect("the socket is open")
    }

    /// Rows of received bytes that reached the journal.
    pub fn rows(&self) -> u64 {
        self.shared.received.load(Relaxed)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(drain) = self.drain.take() {
            drop(drain.join());
        }
    }
}

fn push_all(engine: &Engine, shared: &Shared) {
    let mut journal = Journal::new(Budget::default());
    while !shared.stop.load(Relaxed) {
        let Ok(batch) = engine.batches().recv_timeout(Duration::from_millis(20)) else { continue };
        let mut received = 0;
        for record in &batch.records {
            match record.event {
                Event::Received { .. } => received += 1,
                Event::Bound | Event::Listening { .. } => {
                    let detail = std::str::from_utf8(batch.bytes_of(record)).unwrap_or_default();
                    if let Ok(address) = detail.parse() {
                        shared.address.get_or_init(|| address);
                    }
                }
                Event::Failed { call, fault } => panic!("{call:?}: {fault:?}"),
                _ => {}
            }
        }
        journal.push(batch);
        shared.received.fetch_add(received, Relaxed);
    }
}
