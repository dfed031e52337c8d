//! The engine on loopback, with sockets of the standard library as peers. Port 0 everywhere, no sleeps.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

#[path = "engine/ends.rs"]
mod ends;
mod support;
#[path = "engine/udp.rs"]
mod udp;

use std::{
    io::{Read as _, Write as _},
    net::{Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    num::NonZeroU32,
    time::Duration,
};

use support::bench::{Bench, LOCALHOST, peer_stream};
use twocan::{
    journal::{CloseReason, Direction, Event, FaultKind, SocketId, State},
    net::{Command, Part, Repeat, Responder, ServerModel, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec},
    text::Charset,
};

fn server(model: ServerModel, responder: Responder) -> SocketSpec {
    SocketSpec::TcpServer(TcpServerSpec { model, responder, ..TcpServerSpec::default() })
}

fn client(addr: SocketAddr) -> SocketSpec {
    SocketSpec::TcpClient(TcpClientSpec { target: addr.into(), ..TcpClientSpec::default() })
}

fn send(bytes: &[u8]) -> Command {
    Command::Send { bytes: bytes.to_vec(), to: None }
}

#[test]
fn every_model_echoes_and_closes_after_its_peer() {
    for model in [ServerModel::Sequential, ServerModel::Threads, ServerModel::EventLoop] {
        let mut bench = Bench::new();
        let (id, addr) = bench.listening(&server(model, Responder::Echo));
        let mut peer = peer_stream(addr);
        peer.write_all(b"hello").unwrap();
        let mut buffer = [0; 5];
        peer.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"hello");
        peer.shutdown(Shutdown::Write).unwrap();
        assert_eq!(peer.read(&mut buffer).unwrap(), 0);
        bench.until("accepted", |b| !b.sockets.get(id).unwrap().connections.is_empty());
        let connection = bench.connection(id, 0);
        bench.until("closed", |b| b.state(connection) == State::Closed(CloseReason::PeerEnded));
        assert_eq!(bench.bytes(connection, Direction::In), b"hello");
        assert_eq!(bench.bytes(connection, Direction::Out), b"hello");
        let totals = bench.engine.counters(connection).unwrap().totals();
        assert_eq!((totals.bytes_in, totals.bytes_out, totals.waiting), (5, 5, 0));
        assert_eq!(bench.state(id), State::Listen);
    }
}

#[test]
fn a_server_without_a_loop_ends_with_its_last_client() {
    for model in [ServerModel::Sequential, ServerModel::Threads, ServerModel::EventLoop] {
        let mut bench = Bench::new();
        let accepts = NonZeroU32::new(2);
        let spec = TcpServerSpec { model, responder: Responder::Echo, accepts, ..TcpServerSpec::default() };
        let (id, addr) = bench.listening(&SocketSpec::TcpServer(spec));
        let mut peers: Vec<_> = (0..3).map(|_| peer_stream(addr)).collect();
        for peer in &mut peers[..2] {
            peer.write_all(b"hello").unwrap();
            peer.read_exact(&mut [0; 5]).unwrap();
            assert_eq!(bench.state(id), State::Listen, "{model:?}");
            peer.shutdown(Shutdown::Write).unwrap();
            assert_eq!(peer.read(&mut [0; 5]).unwrap(), 0);
        }
        bench.until("closed", |b| b.state(id) == State::Closed(CloseReason::Served));
        assert_eq!(bench.sockets.get(id).unwrap().connections.len(), 2);
        // The third was connected by the kernel and never accepted.
        assert!(!matches!(peers[2].read(&mut [0; 5]), Ok(1..)));
        std::net::TcpStream::connect(addr).unwrap_err();
    }
}

#[test]
fn the_sequential_model_serves_one_at_a_time_and_the_others_all() {
    for (model, at_once) in [(ServerModel::Sequential, 1), (ServerModel::Threads, 3), (ServerModel::EventLoop, 3)] {
        let mut bench = Bench::new();
        let (id, addr) = bench.listening(&server(model, Responder::Upper));
        let mut peers: Vec<_> = (0..3).map(|_| peer_stream(addr)).collect();
        for peer in &mut peers {
            peer.write_all(b"abc").unwrap();
        }
        let mut buffer = [0; 3];
        for peer in &mut peers[..at_once] {
            peer.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, b"ABC");
        }
        let came = |b: &Bench| b.sockets.get(id).unwrap().connections.len();
        bench.until("those served are there", |b| came(b) >= at_once);
        assert_eq!(came(&bench), at_once, "{model:?}");
        // The first one leaves; then the next has its turn.
        for mut peer in peers {
            peer.shutdown(Shutdown::Write).unwrap();
            let mut rest = Vec::new();
            peer.read_to_end(&mut rest).unwrap();
        }
        bench.until("all three came", |b| came(b) == 3);
    }
}

#[test]
fn a_client_connects_talks_and_half_closes() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(listener.local_addr().unwrap()));
    let (mut peer, from) = listener.accept().unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    bench.until("established", |b| b.state(id) == State::Established);
    assert_eq!(bench.sockets.get(id).unwrap().local, Some(from));
    bench.engine.command(id, send(b"\xC4\xE3\xBA\xC3")).unwrap();
    bench.engine.command(id, Command::HalfClose).unwrap();
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"\xC4\xE3\xBA\xC3");
    bench.until("half-closed", |b| b.state(id) == State::FinWait);
    peer.write_all(b"last words").unwrap();
    bench.until("heard", |b| b.bytes(id, Direction::In) == b"last words");
    drop(peer);
    bench.until("both ended", |b| b.state(id) == State::Closed(CloseReason::BothEnded));
    assert!(bench.engine.command(id, send(b"x")).is_err());
}

#[test]
fn the_peer_may_end_first_and_we_may_go_on() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(listener.local_addr().unwrap()));
    let (mut peer, _) = listener.accept().unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    bench.until("close-wait", |b| b.state(id) == State::CloseWait);
    bench.engine.command(id, send(b"still here")).unwrap();
    let mut buffer = [0; 10];
    peer.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"still here");
    bench.engine.command(id, Command::HalfClose).unwrap();
    bench.until("both ended", |b| b.state(id) == State::Closed(CloseReason::BothEnded));
}

#[test]
fn refused_says_so_and_can_be_tried_again() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let mut bench = Bench::new();
    let id = bench.open(&client(addr));
    bench.until("refused", |b| b.state(id) == State::Failed(FaultKind::Refused));
    let failure = bench.sockets.get(id).unwrap().last_fault.clone().unwrap();
    assert_eq!((failure.call.name(), failure.addr), ("connect", Some(addr)));
    let _listener = TcpListener::bind(addr).unwrap();
    bench.reopen(id, &client(addr));
    bench.until("established", |b| b.state(id) == State::Established);
}

#[test]
fn an_address_in_use_names_its_holder() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let address = listener.local_addr().unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&SocketSpec::TcpServer(TcpServerSpec { address, ..TcpServerSpec::default() }));
    bench.until("in use", |b| b.state(id) == State::Failed(FaultKind::InUse));
    let detail = bench.sockets.get(id).unwrap().last_fault.clone().unwrap().detail;
    if cfg!(target_os = "linux") {
        assert!(detail.contains(&std::process::id().to_string()), "{detail:?}");
    }
    let socket = UdpSocket::bind(LOCALHOST).unwrap();
    let id = bench.open(&SocketSpec::Udp(UdpSpec { address: socket.local_addr().unwrap(), ..UdpSpec::default() }));
    bench.until("in use", |b| b.state(id) == State::Failed(FaultKind::InUse));
}

#[test]
fn an_address_that_is_not_ours() {
    let mut bench = Bench::new();
    let address = "203.0.113.7:0".parse().unwrap();
    let id = bench.open(&SocketSpec::TcpServer(TcpServerSpec { address, ..TcpServerSpec::default() }));
    bench.until("not ours", |b| b.state(id) == State::Failed(FaultKind::NotOurs));
}

#[test]
fn abort_resets_and_a_reset_is_told() {
    let mut bench = Bench::new();
    let (server_id, addr) = bench.listening(&server(ServerModel::Threads, Responder::None));
    let id = bench.open(&client(addr));
    bench.until("accepted", |b| !b.sockets.get(server_id).unwrap().connections.is_empty());
    let connection = bench.connection(server_id, 0);
    bench.until("established", |b| b.state(id) == State::Established && b.state(connection) == State::Established);
    bench.engine.command(id, Command::Abort).unwrap();
    bench.until("aborted", |b| b.state(id) == State::Aborted);
    bench.until("reset", |b| b.state(connection) == State::Failed(FaultKind::Reset));
}

#[test]
fn what_the_peer_said_before_it_vanished_is_read() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(listener.local_addr().unwrap()));
    let (mut peer, _) = listener.accept().unwrap();
    bench.until("established", |b| b.state(id) == State::Established);
    peer.write_all(b"bye").unwrap();
    drop(peer);
    bench.until("close-wait", |b| b.state(id) == State::CloseWait);
    // The first send draws a reset, the second finds it.
    for _ in 0..2 {
        bench.engine.command(id, send(b"anyone?")).ok();
        bench.until("sent or failed", |b| {
            let waiting = b.engine.counters(id).unwrap().totals().waiting;
            waiting == 0 || !b.state(id).is_open()
        });
    }
    bench.until("ended", |b| !b.state(id).is_open());
    assert_eq!(bench.bytes(id, Direction::In), b"bye");
    assert!(
        matches!(bench.state(id), State::Failed(FaultKind::BrokenPipe | FaultKind::Reset)),
        "{:?}",
        bench.state(id)
    );
}

#[test]
fn a_connect_that_nobody_answers_times_out_or_is_cancelled() {
    // A full accept queue drops SYNs: the honest way to a silent address on loopback (Linux, listen(2)).
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let addr = socket.local_addr().unwrap().as_socket().unwrap();
    let _filler = TcpStream::connect(addr).unwrap();
    if TcpStream::connect_timeout(&addr, Duration::from_millis(200)).is_ok() {
        return; // Not Linux: this queue takes more.
    }
    let spec = |millis| {
        SocketSpec::TcpClient(TcpClientSpec {
            target: addr.into(),
            connect_timeout: Duration::from_millis(millis),
            ..TcpClientSpec::default()
        })
    };
    let mut bench = Bench::new();
    let id = bench.open(&spec(150));
    bench.until("timed out", |b| b.state(id) == State::Failed(FaultKind::TimedOut));
    let id = bench.open(&spec(60_000));
    bench.until("connecting", |b| b.state(id) == State::SynSent);
    bench.engine.command(id, Command::Close).unwrap();
    bench.until("cancelled", |b| b.state(id) == State::Failed(FaultKind::Cancelled));
}

#[test]
fn names_are_looked_up_elsewhere() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut bench = Bench::new();
    let spec = |host: &str| {
        let target = format!("{host}:{port}").parse().unwrap();
        SocketSpec::TcpClient(TcpClientSpec { target, family: twocan::net::Family::V4, ..TcpClientSpec::default() })
    };
    let id = bench.open(&spec("localhost"));
    bench.engine.command(id, send(b"early")).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let mut buffer = [0; 5];
    peer.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"early");
    let id = bench.open(&spec("no-such-host.invalid"));
    // Where no name server can be reached nobody knows that there is no such name.
    let unknown = |state| matches!(state, State::Failed(FaultKind::NoName | FaultKind::NoAnswer));
    bench.until("no name", |b| unknown(b.state(id)));
    assert_eq!(bench.sockets.get(id).unwrap().last_fault.clone().unwrap().detail, "no-such-host.invalid");
}

#[test]
fn ipv6_works_and_shows_ipv4_peers_as_what_they_are() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return; // This computer has no IPv6.
    }
    let mut bench = Bench::new();
    let address = "[::]:0".parse().unwrap();
    let (id, addr) = bench.listening(&SocketSpec::TcpServer(TcpServerSpec { address, ..TcpServerSpec::default() }));
    for host in ["127.0.0.1", "::1"] {
        let mut peer = peer_stream(SocketAddr::new(host.parse().unwrap(), addr.port()));
        peer.write_all(b"x").unwrap();
        peer.read_exact(&mut [0]).unwrap();
    }
    bench.until("two came", |b| b.sockets.get(id).unwrap().connections.len() == 2);
    let peers: Vec<_> = (0..2).map(|i| bench.sockets.get(bench.connection(id, i)).unwrap().peer.unwrap()).collect();
    assert!(peers[0].is_ipv4() && peers[1].is_ipv6(), "{peers:?}");
    let here = |b: &Bench, i| b.sockets.get(b.connection(id, i)).unwrap().local;
    bench.until("opened", |b| here(b, 0).is_some() && here(b, 1).is_some());
    let here = (here(&bench, 0).unwrap(), here(&bench, 1).unwrap());
    assert!(here.0.is_ipv4() && here.1.is_ipv6(), "{here:?}");
    let (udp, udp_addr) = bench.bound(&UdpSpec { address, responder: Responder::Echo, ..UdpSpec::default() });
    let peer = Bench::peer_datagrams();
    peer.send_to(b"four", SocketAddr::new("127.0.0.1".parse().unwrap(), udp_addr.port())).unwrap();
    let mut buffer = [0; 8];
    assert_eq!(peer.recv(&mut buffer).unwrap(), 4);
    bench.engine.command(udp, Command::Send { bytes: b"six".into(), to: peer.local_addr().ok() }).unwrap();
    assert_eq!(peer.recv(&mut buffer).unwrap(), 3);
}

#[test]
fn a_repeated_message_counts_and_ends() {
    let mut bench = Bench::new();
    let peer = Bench::peer_datagrams();
    let (id, _) = bench.bound(&UdpSpec::default());
    let parts = vec![Part::Bytes(b"n=".into()), Part::Counter(Charset::UTF_8)];
    let framing = twocan::framing::Framing::None;
    let plan = Repeat { parts, framing, every: Duration::from_millis(1), count: 20, to: peer.local_addr().ok() };
    bench.engine.command(id, Command::Repeat(plan.clone())).unwrap();
    let mut buffer = [0; 8];
    for n in 1..=20 {
        let len = peer.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..len], format!("n={n}").as_bytes());
    }
    let ended = |b: &Bench, stopped| {
        let event = |row: twocan::journal::Row<'_>| row.record.event;
        b.journal.rows_from(0).map(event).any(|e| matches!(e, Event::RepeatEnded { stopped: s, .. } if s == stopped))
    };
    bench.until("ended", |b| ended(b, false));
    bench.engine.command(id, Command::Repeat(Repeat { count: 0, ..plan })).unwrap();
    peer.recv(&mut buffer).unwrap();
    bench.engine.command(id, Command::StopRepeat).unwrap();
    bench.until("stopped", |b| ended(b, true));
}

#[test]
fn a_file_goes_out_byte_for_byte_and_can_be_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.bin");
    let content: Vec<u8> = (0..3_000_000_u32).map(|i| (i * 7 + i / 251) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(listener.local_addr().unwrap()));
    let (mut peer, _) = listener.accept().unwrap();
    bench.engine.command(id, send(b"before ")).unwrap();
    bench.engine.command(id, Command::SendFile { path: path.clone(), to: None }).unwrap();
    bench.engine.command(id, send(b" after")).unwrap();
    bench.engine.command(id, Command::HalfClose).unwrap();
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert!(all == [b"before ", &content[..], b" after"].concat());
    bench.until("ended", |b| {
        let size = content.len() as u64;
        b.journal.rows_from(0).any(|r| r.record.event == Event::FileEnded { sent: size, cancelled: false })
    });
    // Its bytes were counted and not copied into the journal.
    assert_eq!(bench.bytes(id, Direction::Out), b"before  after");
    assert_eq!(bench.engine.counters(id).unwrap().totals().bytes_out, content.len() as u64 + 13);

    let id = bench.open(&client(listener.local_addr().unwrap()));
    let (_silent, _) = listener.accept().unwrap();
    let big = dir.path().join("big.bin");
    std::fs::File::create(&big).unwrap().set_len(1 << 30).unwrap();
    bench.engine.command(id, Command::SendFile { path: big, to: None }).unwrap();
    bench.until("the peer is full", |b| b.engine.counters(id).unwrap().totals().file_sent > 0);
    bench.engine.command(id, Command::CancelFile).unwrap();
    bench.until("cancelled", |b| {
        b.journal.rows_from(0).any(|r| matches!(r.record.event, Event::FileEnded { cancelled: true, .. }))
    });
    bench.engine.command(id, Command::SendFile { path: dir.path().join("none"), to: None }).unwrap();
    bench.until("no file", |b| b.fault(id) == Some(FaultKind::NoFile));
    assert_eq!(bench.state(id), State::Established);
}

#[test]
fn a_file_that_is_held_up_stands_where_it_is_and_goes_on_from_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.bin");
    let content: Vec<u8> = (0..32_000_000_u32).map(|i| (i * 7 + i / 251) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(listener.local_addr().unwrap()));
    let (mut peer, _) = listener.accept().unwrap();
    bench.engine.command(id, Command::SendFile { path, to: None }).unwrap();
    bench.until("the peer is full", |b| b.engine.counters(id).unwrap().totals().file_sent > 0);
    bench.engine.command(id, Command::PauseFile(true)).unwrap();
    bench.until("held up", |b| b.engine.counters(id).unwrap().totals().file_paused);
    bench.engine.command(id, send(b" after")).unwrap();
    let sent = bench.engine.counters(id).unwrap().totals().file_sent;
    let mut all = vec![0; sent as usize];
    // Now there is room for more; and what the peer says comes in all the same.
    peer.read_exact(&mut all).unwrap();
    peer.write_all(b"well?").unwrap();
    bench.until("heard", |b| b.bytes(id, Direction::In) == b"well?");
    assert_eq!(bench.engine.counters(id).unwrap().totals().file_sent, sent);
    bench.engine.command(id, Command::PauseFile(false)).unwrap();
    bench.engine.command(id, Command::HalfClose).unwrap();
    peer.read_to_end(&mut all).unwrap();
    assert!(all == [&content[..], b" after"].concat());
    assert!(!bench.engine.counters(id).unwrap().totals().file_paused);
    let told = |b: &Bench| {
        let acts = b.journal.rows_from(0).filter_map(|row| match row.record.event {
            Event::FilePaused { sent } => Some(("paused", sent)),
            Event::FileResumed { sent } => Some(("resumed", sent)),
            Event::FileEnded { sent, .. } => Some(("ended", sent)),
            _ => None,
        });
        acts.collect::<Vec<_>>()
    };
    bench.until("the end is told", |b| told(b).len() == 3);
    assert_eq!(told(&bench), [("paused", sent), ("resumed", sent), ("ended", content.len() as u64)]);
}

#[test]
fn a_peer_that_does_not_read_fills_a_queue_with_a_limit() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(listener.local_addr().unwrap()));
    let (_silent, _) = listener.accept().unwrap();
    bench.until("established", |b| b.state(id) == State::Established);
    let chunk = vec![0; 8 << 20];
    let mut refused = None;
    for _ in 0..40 {
        if let Err(error) = bench.engine.command(id, send(&chunk)) {
            refused = Some(error);
            break;
        }
        bench.drain();
    }
    assert_eq!(refused, Some(twocan::net::CommandError::QueueFull(id)));
    // The first close waits for what is queued, the second does not.
    bench.engine.command(id, Command::Close).unwrap();
    bench.engine.command(id, Command::Close).unwrap();
    bench.until("closed", |b| !b.state(id).is_open());
    let unsent = bench.journal.rows_from(0).find_map(|row| match row.record.event {
        Event::Closed { unsent, .. } => Some(unsent),
        _ => None,
    });
    assert!(unsent.unwrap() > 8 << 20, "{unsent:?}");
}

#[test]
fn close_waits_for_what_was_sent_before_it() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let id = bench.open(&client(listener.local_addr().unwrap()));
    let (mut peer, _) = listener.accept().unwrap();
    bench.engine.command(id, send(&vec![b'x'; 20 << 20])).unwrap();
    bench.engine.command(id, Command::Close).unwrap();
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), 20 << 20);
    bench.until("closed", |b| b.state(id) == State::Closed(CloseReason::User));
}

#[test]
fn a_slow_reader_of_batches_stops_tcp_and_loses_nothing() {
    let mut bench = Bench::new();
    let (id, addr) = bench.listening(&server(ServerModel::EventLoop, Responder::None));
    let mut peer = peer_stream(addr);
    peer.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    bench.until("accepted", |b| !b.sockets.get(id).unwrap().connections.is_empty());
    // Nobody drains now: the channel fills, the worker stops reading, the kernel's window closes.
    let chunk = vec![b'x'; 1 << 20];
    let mut sent = 0_u64;
    let error = loop {
        match peer.write(&chunk) {
            Ok(count) => sent += count as u64,
            Err(error) => break error,
        }
        assert!(sent < 400 << 20, "nothing stopped the peer");
    };
    assert!(matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{error}");
    let connection = bench.connection(id, 0);
    let counters = bench.engine.counters(connection).unwrap();
    assert!(counters.totals().paused);
    drop(peer);
    bench.until("all read", |b| !b.state(connection).is_open());
    assert_eq!(counters.totals().bytes_in, sent);
    assert_eq!(counters.totals().rows_not_shown, 0);
    assert!(!counters.totals().paused);
}

#[test]
fn sockets_come_and_go_without_a_trace() {
    let mut bench = Bench::new();
    let (server_id, addr) = bench.listening(&server(ServerModel::Threads, Responder::Echo));
    let descriptors = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let mut before = 0;
    for round in 0..110 {
        let id = bench.open(&client(addr));
        let (udp, _) = bench.bound(&UdpSpec::default());
        bench.until("established", |b| b.state(id) == State::Established);
        bench.engine.command(id, Command::Close).unwrap();
        bench.engine.command(udp, Command::Close).unwrap();
        bench.until("closed", |b| !b.state(id).is_open() && !b.state(udp).is_open());
        bench.until("the server's side too", |b| b.sockets.open_connections(server_id) == 0);
        bench.until("one worker is left", |b| b.engine.workers() == 1);
        if round == 10 {
            before = descriptors();
        }
    }
    // Other tests run in this process and have descriptors of their own.
    assert!(descriptors() < before + 50, "{before} -> {}", descriptors());
}

#[test]
fn dropping_the_engine_joins_every_worker_at_once() {
    let mut bench = Bench::new();
    let (_, addr) = bench.listening(&server(ServerModel::Threads, Responder::Echo));
    let peers: Vec<_> = (0..20).map(|_| peer_stream(addr)).collect();
    let ids: Vec<SocketId> = (0..20).map(|_| bench.open(&client(addr))).collect();
    bench.bound(&UdpSpec::default());
    bench.until("all are there", |b| ids.iter().all(|id| b.state(*id) == State::Established));
    let start = std::time::Instant::now();
    drop(bench);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    drop(peers);
}

#[test]
fn stopping_to_listen_leaves_the_connections() {
    for model in [ServerModel::Threads, ServerModel::EventLoop] {
        let mut bench = Bench::new();
        let (id, addr) = bench.listening(&server(model, Responder::Echo));
        let mut peer = peer_stream(addr);
        bench.until("accepted", |b| b.sockets.open_connections(id) == 1);
        bench.engine.command(id, Command::Close).unwrap();
        bench.until("closed", |b| !b.state(id).is_open());
        assert!(TcpStream::connect(addr).is_err());
        peer.write_all(b"x").unwrap();
        peer.read_exact(&mut [0]).unwrap();
        // And the port can be had again at once, although a connection of it lives.
        bench.reopen(id, &SocketSpec::TcpServer(TcpServerSpec { address: addr, model, ..TcpServerSpec::default() }));
        bench.until("listening again", |b| b.state(id) == State::Listen);
    }
}
