//! What lies between the calls of one socket: the wait before each `recv`, and the distance between two `send`s.
//!
//! Judged by the times in the records, which are never earlier than they should be; how much later is the machine's affair.
//! Nothing sleeps here: what has to have happened is waited for.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/bench.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod support;

use std::{io::Read as _, io::Write as _, net::TcpListener, time::Duration};

use support::{Bench, LOCALHOST, peer_stream};
use twocan::{
    framing::Framing,
    journal::{CloseReason, Direction, Event, Nanos, SocketId, State},
    net::{Command, Endpoint, Part, Repeat, Responder, ServerModel, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec},
};

const STEP: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(10);

fn client(listener: &TcpListener, read_delay: Duration, send_gap: Duration) -> SocketSpec {
    let target = Endpoint::from(listener.local_addr().unwrap());
    SocketSpec::TcpClient(TcpClientSpec { target, read_delay, send_gap, ..TcpClientSpec::default() })
}

fn send(bytes: &[u8]) -> Command {
    Command::Send { bytes: bytes.into(), to: None }
}

fn times(bench: &Bench, id: SocketId, direction: Direction) -> Vec<Nanos> {
    let rows = bench.journal.rows_from(0).filter(|row| row.record.socket == id);
    rows.filter(|row| row.record.event.direction() == Some(direction)).map(|row| row.record.at).collect()
}

fn apart(times: &[Nanos], at_least: Duration) {
    for pair in times.windows(2) {
        assert!(u128::from(pair[1] - pair[0]) >= at_least.as_nanos(), "{times:?}");
    }
}

fn waiting(bench: &Bench, id: SocketId) -> u64 {
    bench.engine.counters(id).unwrap().totals().waiting
}

fn unsent(bench: &Bench, id: SocketId) -> Option<u32> {
    bench.journal.rows_from(0).filter(|row| row.record.socket == id).find_map(|row| match row.record.event {
        Event::Closed { unsent, .. } | Event::Aborted { unsent } => Some(unsent),
        _ => None,
    })
}

#[test]
fn queued_messages_leave_apart_and_the_half_close_behind_them() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(&listener, Duration::ZERO, STEP));
    let (mut peer, _) = listener.accept().unwrap();
    for message in [b"one", b"two", b"six", b"ten"] {
        bench.engine.command(id, send(message)).unwrap();
    }
    bench.engine.command(id, Command::HalfClose).unwrap();
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"onetwosixten");
    bench.until("half-closed", |b| b.state(id) == State::FinWait);
    let sent = times(&bench, id, Direction::Out);
    assert_eq!((sent.len(), waiting(&bench, id)), (4, 0));
    apart(&sent, STEP);
}

#[test]
fn a_close_waits_for_what_keeps_its_distance_and_a_second_one_does_not() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(&listener, Duration::ZERO, STEP));
    let (mut peer, _) = listener.accept().unwrap();
    // To close while connecting is to give up.
    bench.until("established", |b| b.state(id) == State::Established);
    for message in [b"one", b"two", b"six"] {
        bench.engine.command(id, send(message)).unwrap();
    }
    bench.engine.command(id, Command::Close).unwrap();
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"onetwosix");
    bench.until("closed", |b| b.state(id) == State::Closed(CloseReason::User));
    apart(&times(&bench, id, Direction::Out), STEP);
    assert_eq!(unsent(&bench, id), Some(0));

    for last in [Command::Close, Command::Abort] {
        let id = bench.open(&client(&listener, Duration::ZERO, LONG));
        let (_peer, _) = listener.accept().unwrap();
        for message in [b"one", b"two", b"six"] {
            bench.engine.command(id, send(message)).unwrap();
        }
        bench.until("the first has left", |b| b.rows(id, Direction::Out) == 1);
        assert_eq!(waiting(&bench, id), 6, "what waits is counted");
        bench.engine.command(id, Command::Close).unwrap();
        bench.engine.command(id, last).unwrap();
        bench.until("closed", |b| !b.state(id).is_open());
        assert_eq!((unsent(&bench, id), waiting(&bench, id)), (Some(6), 0));
    }
}

#[test]
fn each_recv_waits_from_when_there_is_something() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(&listener, STEP, Duration::ZERO));
    bench.engine.command(id, Command::SetRecvBytes(4)).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    bench.until("established", |b| b.state(id) == State::Established);
    let before = bench.engine.now();
    peer.write_all(b"onetwosixten").unwrap();
    drop(peer);
    bench.until("all read", |b| b.state(id) == State::CloseWait);
    assert_eq!(bench.bytes(id, Direction::In), b"onetwosixten");
    let received = times(&bench, id, Direction::In);
    assert_eq!(received.len(), 3);
    apart(&[&[before], &received[..]].concat(), STEP);
}

#[test]
fn a_server_hands_its_waits_to_its_connections() {
    for model in [ServerModel::Sequential, ServerModel::Threads, ServerModel::EventLoop] {
        let mut bench = Bench::new();
        let spec = TcpServerSpec {
            model,
            responder: Responder::Echo,
            recv_bytes: 2,
            nodelay: true,
            read_delay: STEP,
            send_gap: 2 * STEP,
            ..TcpServerSpec::default()
        };
        let (id, addr) = bench.listening(&SocketSpec::TcpServer(spec));
        let mut peer = peer_stream(addr);
        let before = bench.engine.now();
        peer.write_all(b"abcdef").unwrap();
        peer.read_exact(&mut [0; 6]).unwrap();
        bench.until("three answers", |b| {
            b.sockets.get(id).unwrap().connections.first().is_some_and(|id| b.rows(*id, Direction::Out) == 3)
        });
        let connection = bench.connection(id, 0);
        apart(&[&[before], &times(&bench, connection, Direction::In)[..]].concat(), STEP);
        apart(&times(&bench, connection, Direction::Out), 2 * STEP);
        let nodelay =
            |row: twocan::journal::Row<'_>| row.record.socket == connection && row.detail() == "TCP_NODELAY=1";
        assert!(bench.journal.rows_from(0).any(nodelay), "{model:?}");

        // Those that are accepted from now on have none.
        bench.engine.command(id, Command::SetReadDelay(LONG)).unwrap();
        bench.engine.command(id, Command::SetReadDelay(Duration::ZERO)).unwrap();
        bench.engine.command(id, Command::SetSendGap(Duration::ZERO)).unwrap();
        bench.engine.command(id, Command::SetNodelay(false)).unwrap();
        drop(peer);
        bench.until("gone", |b| !b.state(connection).is_open());
        let mut peer = peer_stream(addr);
        peer.write_all(b"abcdef").unwrap();
        peer.read_exact(&mut [0; 6]).unwrap();
        bench.until("another", |b| b.sockets.get(id).unwrap().connections.len() == 2);
        let other = bench.connection(id, 1);
        bench.until("answered", |b| b.rows(other, Direction::Out) == 3);
        let nodelay = |row: twocan::journal::Row<'_>| row.record.socket == other && row.detail() == "TCP_NODELAY=1";
        assert!(!bench.journal.rows_from(0).any(nodelay), "{model:?}");
    }
}

#[test]
fn a_wait_that_goes_on_ends_when_it_is_set_to_nothing() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(&listener, LONG, LONG));
    let (mut peer, _) = listener.accept().unwrap();
    peer.write_all(b"hello").unwrap();
    bench.engine.command(id, send(b"one")).unwrap();
    bench.engine.command(id, send(b"two")).unwrap();
    bench.until("the first has left", |b| b.rows(id, Direction::Out) == 1);
    bench.engine.command(id, Command::SetSendGap(Duration::ZERO)).unwrap();
    bench.engine.command(id, Command::SetReadDelay(Duration::ZERO)).unwrap();
    bench.until("both", |b| b.rows(id, Direction::Out) == 2 && b.bytes(id, Direction::In) == b"hello");
}

#[test]
fn a_repetition_keeps_the_distance_too() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(&listener, Duration::ZERO, STEP));
    let (_peer, _) = listener.accept().unwrap();
    let parts = vec![Part::Bytes(b"x".into())];
    bench
        .engine
        .command(
            id,
            Command::Repeat(Repeat { parts, every: Duration::ZERO, count: 4, to: None, framing: Framing::None }),
        )
        .unwrap();
    let ended =
        |row: twocan::journal::Row<'_>| matches!(row.record.event, Event::RepeatEnded { sent: 4, stopped: false });
    bench.until("ended", |b| b.journal.rows_from(0).any(ended) && b.rows(id, Direction::Out) == 4);
    apart(&times(&bench, id, Direction::Out), STEP);
}

#[test]
fn datagrams_keep_their_distance_and_a_close_waits_for_them() {
    let mut bench = Bench::new();
    let peer = Bench::peer_datagrams();
    let to = peer.local_addr().unwrap();
    let spec = UdpSpec { send_gap: STEP, ..UdpSpec::default() };
    let (id, _) = bench.bound(&spec);
    for message in [b"one", b"two", b"six"] {
        bench.engine.command(id, Command::Send { bytes: message.to_vec(), to: Some(to) }).unwrap();
    }
    bench.engine.command(id, Command::Close).unwrap();
    // Behind the close nothing is taken any more.
    bench.engine.command(id, Command::Send { bytes: b"late".to_vec(), to: Some(to) }).ok();
    for message in [b"one", b"two", b"six"] {
        let mut buffer = [0; 9];
        let len = peer.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..len], message);
    }
    bench.until("closed", |b| b.state(id) == State::Closed(CloseReason::User));
    apart(&times(&bench, id, Direction::Out), STEP);
    assert_eq!((unsent(&bench, id), waiting(&bench, id)), (Some(0), 0));

    for last in [Command::Close, Command::Abort] {
        let (id, _) = bench.bound(&UdpSpec { send_gap: LONG, ..UdpSpec::default() });
        for message in [b"one", b"two"] {
            bench.engine.command(id, Command::Send { bytes: message.to_vec(), to: Some(to) }).unwrap();
        }
        bench.until("the first has left", |b| b.rows(id, Direction::Out) == 1);
        if matches!(last, Command::Close) {
            bench.engine.command(id, Command::Close).unwrap();
        }
        bench.engine.command(id, last).unwrap();
        bench.until("closed", |b| !b.state(id).is_open());
        assert_eq!(unsent(&bench, id), Some(3));
    }
}

#[test]
fn a_datagram_is_left_in_the_kernel_until_the_wait_is_over() {
    let mut bench = Bench::new();
    let (id, addr) = bench.bound(&UdpSpec { read_delay: STEP, ..UdpSpec::default() });
    let peer = Bench::peer_datagrams();
    let mut moments = vec![bench.engine.now()];
    for message in [b"one", b"two"] {
        peer.send_to(message, addr).unwrap();
        let so_far = bench.rows(id, Direction::In);
        bench.until("received", |b| b.rows(id, Direction::In) > so_far);
        moments.push(*times(&bench, id, Direction::In).last().unwrap());
    }
    apart(&moments, STEP);
    assert_eq!(bench.bytes(id, Direction::In), b"onetwo");
}
