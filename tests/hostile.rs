//! Peers that do their worst: a flood, silence, one byte at a time, resets, five thousand connects. The engine
//! answers the next one all the same, the journal stays within its budget, and no thread is left.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
};

use support::bench::{Bench, peer_stream};
use twocan::{
    journal::{Budget, CloseReason, Direction, Journal, State},
    net::{Responder, ServerModel, SocketSpec, TcpServerSpec},
};

const MODELS: [ServerModel; 3] = [ServerModel::Sequential, ServerModel::Threads, ServerModel::EventLoop];

fn server(model: ServerModel, responder: Responder) -> SocketSpec {
    // Where the queue is full the kernel drops SYNs, and a client waits a second before it tries again.
    SocketSpec::TcpServer(TcpServerSpec { model, responder, backlog: 4_096, ..TcpServerSpec::default() })
}

/// The server still serves.
fn serves(addr: SocketAddr) {
    let mut peer = peer_stream(addr);
    peer.write_all(b"still there?").unwrap();
    let mut buffer = [0; 12];
    peer.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"still there?");
}

/// Closes with RST, and leaves no TIME_WAIT behind to run out of ports with.
fn reset(peer: TcpStream) {
    socket2::SockRef::from(&peer).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(peer);
}

#[test]
fn a_gigabyte_passes_and_the_journal_keeps_to_its_budget() {
    const SIZE: u64 = 1 << 30;
    let mut bench = Bench::new();
    bench.journal = Journal::new(Budget { bytes: 16 << 20, rows: 100_000 });
    let (id, addr) = bench.listening(&server(ServerModel::EventLoop, Responder::None));
    let flood = thread::Builder::new().name("flood".into()).spawn(move || {
        let mut peer = peer_stream(addr);
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..SIZE >> 20 {
            peer.write_all(&chunk).unwrap();
        }
    });
    bench.until("accepted", |b| !b.sockets.get(id).unwrap().connections.is_empty());
    let connection = bench.connection(id, 0);
    bench.until("over", |b| b.state(connection) == State::Closed(CloseReason::PeerEnded));
    flood.unwrap().join().unwrap();
    assert_eq!(bench.engine.counters(connection).unwrap().totals().bytes_in, SIZE);
    // One batch more than the budget at most: the newest always stays.
    assert!(bench.journal.held() <= (16 << 20) + (1 << 20), "{}", bench.journal.held());
    assert!(bench.gone() > 0);
}

#[test]
fn an_echo_does_not_collect_what_its_peer_does_not_read() {
    let mut bench = Bench::new();
    let (id, addr) = bench.listening(&server(ServerModel::Threads, Responder::Echo));
    let mut peer = peer_stream(addr);
    peer.set_nonblocking(true).unwrap();
    let chunk = vec![b'x'; 1 << 20];
    bench.until("accepted", |b| !b.sockets.get(id).unwrap().connections.is_empty());
    let connection = bench.connection(id, 0);
    let counters = bench.engine.counters(connection).unwrap();
    // The peer writes for as long as anybody takes it and reads nothing.
    let (mut sent, mut idle) = (0, 0);
    while idle < 50 {
        if let Ok(count) = peer.write(&chunk) {
            (sent, idle) = (sent + count as u64, 0);
        } else {
            idle += 1;
            bench.engine.batches().recv_timeout(std::time::Duration::from_millis(5)).ok();
        }
        assert!(sent < 200 << 20, "nothing stopped the peer");
    }
    let waiting = counters.totals().waiting;
    assert!(waiting < 1 << 20, "{waiting}");
}

#[test]
fn one_byte_at_a_time_and_then_nothing() {
    for model in MODELS {
        let mut bench = Bench::new();
        let (id, addr) = bench.listening(&server(model, Responder::Echo));
        let mut peer = peer_stream(addr);
        for n in 0..300_u32 {
            let byte = [n as u8];
            peer.write_all(&byte).unwrap();
            let mut back = [0];
            peer.read_exact(&mut back).unwrap();
            assert_eq!(back, byte);
        }
        bench.until("accepted", |b| !b.sockets.get(id).unwrap().connections.is_empty());
        let connection = bench.connection(id, 0);
        bench.until("all seen", |b| b.rows(connection, Direction::In) == 300);
        assert_eq!(bench.state(connection), State::Established);
    }
}

#[test]
fn resets_at_once_hurt_nobody() {
    for model in MODELS {
        let mut bench = Bench::new();
        let (id, addr) = bench.listening(&server(model, Responder::Echo));
        for _ in 0..200 {
            reset(peer_stream(addr));
        }
        serves(addr);
        bench.until("all are gone", |b| b.sockets.open_connections(id) == 0 && b.engine.workers() == 1);
        assert_eq!(bench.state(id), State::Listen);
    }
}

#[test]
fn five_thousand_connects_leave_no_thread() {
    for model in MODELS {
        let mut bench = Bench::new();
        let (id, addr) = bench.listening(&server(model, Responder::Echo));
        let storm = thread::Builder::new().name("storm".into()).spawn(move || {
            for _ in 0..5_000 {
                let mut peer = peer_stream(addr);
                peer.write_all(b"x").unwrap();
                reset(peer);
            }
            serves(addr);
        });
        let storm = storm.unwrap();
        bench.until("the storm is over", |_| storm.is_finished());
        storm.join().unwrap();
        bench.until("all came and went", |b| {
            b.sockets.get(id).unwrap().connections.len() == 5_001 && b.sockets.open_connections(id) == 0
        });
        bench.until("one worker is left", |b| b.engine.workers() == 1);
    }
}

#[test]
fn a_thousand_connections_at_once() {
    for model in [ServerModel::Threads, ServerModel::EventLoop] {
        let mut bench = Bench::new();
        let (id, addr) = bench.listening(&server(model, Responder::Echo));
        let mut buffer = [0; 5];
        let mut peers = Vec::new();
        for _ in 0..1_000 {
            peers.push(peer_stream(addr));
            bench.drain();
        }
        for peer in &mut peers {
            peer.write_all(b"hello").unwrap();
        }
        for peer in &mut peers {
            bench.drain();
            peer.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, b"hello");
        }
        bench.until("all are there", |b| b.sockets.open_connections(id) == 1_000);
        drop(peers);
        bench.until("all are gone", |b| b.sockets.open_connections(id) == 0 && b.engine.workers() == 1);
    }
}
