//! UDP.

use super::*;

#[test]
fn udp_talks_to_anybody_and_empty_datagrams_count() {
    let mut bench = Bench::new();
    let (id, addr) = bench.bound(&UdpSpec { responder: Responder::Echo, ..UdpSpec::default() });
    let peers: Vec<_> = (0..2).map(|_| Bench::peer_datagrams()).collect();
    let mut buffer = vec![0; 70_000];
    for (i, peer) in peers.iter().enumerate() {
        for size in [0, 1, 65_507] {
            let message = vec![b'a' + i as u8; size];
            peer.send_to(&message, addr).unwrap();
            let (len, from) = peer.recv_from(&mut buffer).unwrap();
            assert_eq!((&buffer[..len], from), (&message[..], addr));
        }
    }
    bench.until("all recorded", |b| b.rows(id, Direction::In) == 6 && b.rows(id, Direction::Out) == 6);
    assert_eq!(bench.sockets.get(id).unwrap().peers.len(), 2);
    bench.engine.command(id, Command::Send { bytes: vec![0; 65_508], to: peers[0].local_addr().ok() }).unwrap();
    bench.until("too long", |b| b.fault(id) == Some(FaultKind::TooLong));
    bench.engine.command(id, send(b"to whom?")).unwrap();
    bench.until("nowhere", |b| b.fault(id) == Some(FaultKind::NotConnected));
    assert_eq!(bench.state(id), State::Bound);
}

#[test]
fn a_cut_datagram_is_said_to_be_cut() {
    let mut bench = Bench::new();
    let (id, addr) = bench.bound(&UdpSpec { recv_bytes: 1_000, responder: Responder::None, ..UdpSpec::default() });
    Bench::peer_datagrams().send_to(&[7; 3_000], addr).unwrap();
    bench.until("received", |b| b.rows(id, Direction::In) == 1);
    assert_eq!(bench.bytes(id, Direction::In).len(), 1_000);
    let full = bench.journal.rows_from(0).find_map(|row| match row.record.event {
        Event::Received { full } => Some(full),
        _ => None,
    });
    assert!(full.unwrap() > 1_000, "{full:?}");
}

#[test]
fn an_icmp_answer_is_a_record_and_not_the_end() {
    let mut bench = Bench::new();
    let peer = Bench::peer_datagrams();
    let closed = UdpSocket::bind(LOCALHOST).unwrap().local_addr().unwrap();
    let (id, addr) = bench.bound(&UdpSpec::default());
    bench.engine.command(id, Command::Send { bytes: b"x".into(), to: Some(closed) }).unwrap();
    if cfg!(target_os = "linux") {
        bench.until("refused", |b| b.fault(id) == Some(FaultKind::Refused));
        assert_eq!(bench.sockets.get(id).unwrap().last_fault.clone().unwrap().addr, Some(closed));
    }
    peer.send_to(b"still there?", addr).unwrap();
    bench.until("received", |b| b.bytes(id, Direction::In) == b"still there?");
    // The next datagram to somebody else is sent, not swallowed by the error of the last one.
    for _ in 0..10 {
        bench.engine.command(id, Command::Send { bytes: b"x".into(), to: Some(closed) }).unwrap();
        bench.engine.command(id, Command::Send { bytes: b"y".into(), to: peer.local_addr().ok() }).unwrap();
    }
    let mut buffer = [0; 8];
    for _ in 0..10 {
        assert_eq!(peer.recv(&mut buffer).unwrap(), 1);
    }
}

#[test]
fn a_connected_udp_socket_sends_without_an_address() {
    let mut bench = Bench::new();
    let peer = Bench::peer_datagrams();
    let to = peer.local_addr().unwrap();
    for target in [to.to_string(), format!("localhost:{}", to.port())] {
        let connect = Some(target.parse().unwrap());
        let (id, addr) = bench.bound(&UdpSpec { connect, responder: Responder::None, ..UdpSpec::default() });
        bench.engine.command(id, send(b"hi")).unwrap();
        let mut buffer = [0; 8];
        assert_eq!(peer.recv_from(&mut buffer).unwrap(), (2, addr));
        bench.until("connected", |b| b.sockets.get(id).unwrap().peer == Some(to));
    }
    let (id, addr) = bench.bound(&UdpSpec::default());
    let name = format!("localhost:{}", to.port()).parse().unwrap();
    bench.engine.command(id, Command::SendToName { bytes: b"by name".into(), to: name }).unwrap();
    let mut buffer = [0; 8];
    assert_eq!(peer.recv_from(&mut buffer).unwrap(), (7, addr));
}

#[test]
fn broadcast_needs_its_switch() {
    let mut bench = Bench::new();
    let (id, _) = bench.bound(&UdpSpec::default());
    let to = Some("127.255.255.255:9".parse().unwrap());
    bench.engine.command(id, Command::Send { bytes: b"x".into(), to }).unwrap();
    bench.until("not permitted", |b| b.fault(id) == Some(FaultKind::Permission));
    bench.engine.command(id, Command::SetBroadcast(true)).unwrap();
    bench.engine.command(id, Command::Send { bytes: b"x".into(), to }).unwrap();
    bench.until("sent", |b| b.rows(id, Direction::Out) == 1);
}

#[test]
fn a_slow_reader_of_batches_costs_udp_rows_but_no_counts() {
    let mut bench = Bench::new();
    let (id, addr) = bench.bound(&UdpSpec { responder: Responder::None, ..UdpSpec::default() });
    let counters = bench.engine.counters(id).unwrap();
    let peer = Bench::peer_datagrams();
    // Twice as many as the channel holds, paced by the counter so that the kernel drops none.
    let count = 2 * 512 * 256_u64;
    for n in 1..=count {
        peer.send_to(b"0123456789", addr).unwrap();
        while n % 64 == 0 && counters.totals().messages_in + 4_096 < n {
            std::thread::yield_now();
        }
    }
    while counters.totals().messages_in + counters.totals().kernel_drops < count {
        std::thread::yield_now();
    }
    bench.until("drained", |b| {
        let totals = counters.totals();
        b.rows(id, Direction::In) as u64 + b.gone() + totals.rows_not_shown == totals.messages_in
    });
    let totals = counters.totals();
    assert!(totals.rows_not_shown > 0);
    assert_eq!(totals.messages_in + totals.kernel_drops, count);
    assert_eq!(totals.bytes_in, totals.messages_in * 10);
}

/// The kernel drops when nothing is read, so just then the number has to be told.
#[test]
#[cfg(target_os = "linux")]
fn drops_are_told_while_nothing_is_read() {
    let mut bench = Bench::new();
    let read_delay = Duration::from_secs(10);
    let (id, addr) = bench.bound(&UdpSpec { read_delay, receive_buffer: 4_096, ..UdpSpec::default() });
    let peer = Bench::peer_datagrams();
    for _ in 0..100 {
        peer.send_to(&[7; 1_000], addr).unwrap();
    }
    let counters = bench.engine.counters(id).unwrap();
    bench.until("dropped", |_| counters.totals().kernel_drops > 0);
    // And those that come later, of which no event tells.
    let before = counters.totals().kernel_drops;
    for _ in 0..100 {
        peer.send_to(&[7; 1_000], addr).unwrap();
    }
    bench.until("dropped", |_| counters.totals().kernel_drops >= before + 100);
    assert_eq!(counters.totals().messages_in, 0);
}

#[test]
fn a_slow_reader_of_batches_does_not_collect_what_failed() {
    let mut bench = Bench::new();
    let (id, _) = bench.bound(&UdpSpec::default());
    let parts = vec![Part::Bytes(b"x".into())];
    let framing = twocan::framing::Framing::None;
    // More than the channel holds; no datagram can be sent to port 0.
    let count = 200_000;
    let plan = Repeat { parts, framing, every: Duration::ZERO, count, to: "127.0.0.1:0".parse().ok() };
    bench.engine.command(id, Command::Repeat(plan)).unwrap();
    let counters = bench.engine.counters(id).unwrap();
    while counters.totals().repeated < count || counters.totals().waiting > 0 {
        std::thread::yield_now();
    }
    let totals = counters.totals();
    assert!(totals.rows_not_shown > count / 4, "{totals:?}");
    let failed = |b: &Bench| {
        b.journal.rows_from(0).filter(|row| matches!(row.record.event, Event::Failed { .. })).count() as u64
    };
    bench.until("drained", |b| failed(b) + counters.totals().rows_not_shown == count);
}
