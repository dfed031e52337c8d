//! How connections end: half-closed with something left to say, closed with something left to read, reset.

use twocan::journal::{Call, Failure, Row};

use super::*;

fn last_fault(bench: &Bench, id: SocketId) -> Failure {
    bench.sockets.get(id).unwrap().last_fault.clone().unwrap()
}

fn events(bench: &Bench, id: SocketId) -> Vec<Event> {
    bench.journal.rows_from(0).filter(|row| row.record.socket == id).map(|row| row.record.event).collect()
}

/// A client of a listener of the standard library, connected, and its other end.
fn connected(bench: &mut Bench, responder: Responder) -> (SocketId, TcpStream) {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let target = listener.local_addr().unwrap().into();
    let id = bench.open(&SocketSpec::TcpClient(TcpClientSpec { target, responder, ..TcpClientSpec::default() }));
    let (peer, _) = listener.accept().unwrap();
    bench.until("established", |b| b.state(id) == State::Established);
    (id, peer)
}

/// The `send` that an echo makes at once was not told of when it failed, and the next one has another error.
#[test]
#[cfg(target_os = "linux")]
fn the_first_send_that_fails_is_the_one_that_is_told() {
    let mut bench = Bench::new();
    let (id, addr) = bench.listening(&server(ServerModel::Sequential, Responder::Echo));
    let first = peer_stream(addr);
    bench.until("accepted", |b| b.sockets.get(id).unwrap().connections.len() == 1);
    // It waits in the queue, and is gone before it is accepted: no time plays a part in it.
    let mut second = peer_stream(addr);
    second.write_all(b"hello").unwrap();
    socket2::SockRef::from(&second).set_linger(Some(Duration::ZERO)).unwrap();
    drop(second);
    drop(first);
    bench.until("accepted", |b| b.sockets.get(id).unwrap().connections.len() == 2);
    let connection = bench.connection(id, 1);
    bench.until("reset", |b| b.state(connection) == State::Failed(FaultKind::Reset));
    assert_eq!(last_fault(&bench, connection).call, Call::Send);
    assert_eq!(bench.bytes(connection, Direction::In), b"hello");
    let failed = events(&bench, connection).iter().filter(|event| matches!(event, Event::Failed { .. })).count();
    assert_eq!(failed, 1);
}

/// `close` there, then `send` here: the answer is RST, which Linux tells of as EPIPE though no call returned that.
#[test]
#[cfg(target_os = "linux")]
fn what_is_sent_to_a_peer_that_has_closed_is_answered_with_a_reset() {
    let mut bench = Bench::new();
    let (id, mut peer) = connected(&mut bench, Responder::None);
    peer.write_all(b"one").unwrap();
    drop(peer);
    bench.until("close-wait", |b| b.state(id) == State::CloseWait);
    bench.engine.command(id, send(b"anyone?")).unwrap();
    bench.until("reset", |b| b.state(id) == State::Failed(FaultKind::Reset));
    let told = last_fault(&bench, id);
    assert_eq!((told.call, told.fault.errno), (Call::Send, 32));
    let told = twocan::words::failure(twocan::words::Lang::En, &told, twocan::journal::Kind::TcpConnection);
    assert!(told.contains("had closed before"), "{told}");
}

#[test]
fn what_comes_behind_a_half_close_that_waits_is_refused_and_costs_nothing() {
    let mut bench = Bench::new();
    let (id, mut peer) = connected(&mut bench, Responder::Echo);
    bench.engine.command(id, send(&vec![b'x'; 20 << 20])).unwrap();
    bench.until("the peer is full", |b| b.rows(id, Direction::Out) > 0);
    for _ in 0..2 {
        bench.engine.command(id, Command::HalfClose).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, b"file").unwrap();
    let parts = vec![Part::Bytes(b"again".into())];
    let plan = Repeat { parts, framing: twocan::framing::Framing::None, every: Duration::ZERO, count: 3, to: None };
    for command in [send(b"more"), Command::SendFile { path, to: None }, Command::Repeat(plan)] {
        bench.engine.command(id, command).unwrap();
    }
    // An echo reads it once the queue is short, when the half-close may still be in it.
    peer.write_all(b"later").unwrap();
    let mut all = Vec::new();
    peer.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), 20 << 20);
    bench.until("read", |b| b.bytes(id, Direction::In) == b"later");
    assert_eq!(bench.state(id), State::FinWait);
    let of = |what: fn(&Event) -> bool| events(&bench, id).iter().filter(|event| what(event)).count();
    assert_eq!(of(|event| *event == Event::HalfClosed), 1);
    assert_eq!(of(|event| matches!(event, Event::Failed { .. })), 3);
    let told = last_fault(&bench, id);
    assert_eq!((told.call, told.fault.kind), (Call::Send, FaultKind::HalfClosed));
    peer.write_all(b", too").unwrap();
    drop(peer);
    bench.until("closed", |b| b.state(id) == State::Closed(CloseReason::BothEnded));
    assert_eq!(bench.bytes(id, Direction::In), b"later, too");
}

#[test]
#[cfg(target_os = "linux")]
fn a_close_that_sends_rst_says_how_much_was_not_read() {
    let mut bench = Bench::new();
    let read_delay = Duration::from_secs(10);
    let (id, addr) = bench.listening(&SocketSpec::TcpServer(TcpServerSpec { read_delay, ..TcpServerSpec::default() }));
    let mut peer = peer_stream(addr);
    bench.until("accepted", |b| b.sockets.open_connections(id) == 1);
    let connection = bench.connection(id, 0);
    peer.write_all(b"unread").unwrap();
    bench.engine.command(connection, Command::Close).unwrap();
    let error = peer.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    bench.until("closed", |b| !b.state(connection).is_open());
    let closed = |row: &Row<'_>| matches!(row.record.event, Event::Closed { .. });
    let row = bench.journal.rows_from(0).find(closed).unwrap();
    assert_eq!((row.detail(), row.record.event.unread(row.bytes)), ("unread=6", 6));
    let told = twocan::words::event(twocan::words::Lang::En, &row, twocan::journal::Kind::TcpConnection);
    assert!(told.contains("6 bytes that had come were not read"), "{told}");
}

/// The peer's end in the same event as its last bytes, and urgent data, at which a `recv` stops with more behind it: a
/// short `recv` is not the last one then.
#[test]
#[cfg(target_os = "linux")]
fn what_lies_behind_a_short_recv_is_read_too() {
    let mut bench = Bench::new();
    for read_delay in [Duration::ZERO, Duration::from_millis(50)] {
        let spec = TcpServerSpec { read_delay, responder: Responder::None, ..TcpServerSpec::default() };
        let (id, addr) = bench.listening(&SocketSpec::TcpServer(spec));
        let mut peer = peer_stream(addr);
        peer.write_all(b"a").unwrap();
        bench.until("accepted", |b| b.sockets.open_connections(id) == 1);
        let connection = bench.connection(id, 0);
        bench.until("read", |b| b.bytes(connection, Direction::In) == b"a");
        peer.write_all(b"bc").unwrap();
        socket2::SockRef::from(&peer).send_out_of_band(b"!").unwrap();
        peer.write_all(b"de").unwrap();
        bench.until("read", |b| b.bytes(connection, Direction::In) == b"abcde");
        peer.write_all(b"f").unwrap();
        drop(peer);
        bench.until("closed", |b| b.state(connection) == State::Closed(CloseReason::PeerEnded));
        assert_eq!(bench.bytes(connection, Direction::In), b"abcdef");
    }
}

/// Each connection begins with `accepted` of its listener, however slow the reader is.
#[test]
fn nothing_is_told_of_a_connection_before_it_is_accepted() {
    const CLIENTS: usize = 400;
    let mut bench = Bench::new();
    let spec = TcpServerSpec { model: ServerModel::Threads, backlog: 1_024, ..TcpServerSpec::default() };
    let (id, addr) = bench.listening(&SocketSpec::TcpServer(spec));
    // Each makes two batches at least: more than the channel holds, and nobody reads.
    drop((0..CLIENTS).map(|_| peer_stream(addr)).collect::<Vec<_>>());
    let closed = |row: &Row<'_>| row.record.socket != id && matches!(row.record.event, Event::Closed { .. });
    bench.until("all are over", |b| b.journal.rows_from(0).filter(closed).count() == CLIENTS);
    let mut accepted = std::collections::HashSet::from([id]);
    for row in bench.journal.rows_from(0) {
        if let Event::Accepted { connection } = row.record.event {
            accepted.insert(connection);
        }
        assert!(accepted.contains(&row.record.socket), "{:?}", row.record);
    }
}
