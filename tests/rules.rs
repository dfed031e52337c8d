//! Rules on real sockets: what servers and clients say by themselves, and what they refuse.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::{TcpStream, UdpSocket},
    sync::Arc,
    time::Duration,
};

use support::bench::Bench;
use twocan::{
    journal::{CloseReason, Direction, Event, FaultKind, State},
    net::{Command, Responder, ServerModel, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec, responder::Rules},
};

fn rules(text: &str) -> Responder {
    Responder::Rules(Arc::new(Rules::parse(text).unwrap()))
}

fn confirmed(text: &str) -> Responder {
    Responder::Rules(Arc::new(Rules { commands_confirmed: true, ..Rules::parse(text).unwrap() }))
}

fn server(model: ServerModel, responder: Responder) -> SocketSpec {
    SocketSpec::TcpServer(TcpServerSpec { model, responder, ..TcpServerSpec::default() })
}

fn connect(addr: std::net::SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn read(stream: &mut TcpStream, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_server_greets_answers_and_closes() {
    let text =
        "connect = [{ reply = \"hi\" }]\n[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"got {bytes}\" }, \"close\"]";
    for model in [ServerModel::Sequential, ServerModel::Threads, ServerModel::EventLoop] {
        let mut bench = Bench::new();
        let (id, addr) = bench.listening(&server(model, rules(text)));
        let mut peer = connect(addr);
        assert_eq!(read(&mut peer, 2), b"hi");
        peer.write_all(b"sb").unwrap();
        assert_eq!(read_to_end(&peer), b"got b'sb'");
        bench.until("closed by its rule", |b| {
            let connections = &b.sockets.get(id).unwrap().connections;
            connections.iter().any(|c| b.state(*c) == State::Closed(CloseReason::Rule))
        });
    }
}

#[test]
fn the_last_word_is_said_although_the_peer_has_ended() {
    let mut bench = Bench::new();
    let text = "[[rule]]\nwhen = \"any\"\nthen = [{ wait-ms = 50 }, \"echo\"]\n[[rule]]\nwhen = \"end\"\nthen = [{ reply = \"bye\" }]";
    let (_, addr) = bench.listening(&server(ServerModel::Threads, rules(text)));
    let mut peer = connect(addr);
    peer.write_all(b"a").unwrap();
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&peer), b"abye");
}

#[test]
fn a_reset_is_a_reset_and_comes_after_what_was_said() {
    let mut bench = Bench::new();
    let (_, addr) = bench.listening(&server(
        ServerModel::Threads,
        rules("[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"x\" }, { await = 1 }, \"reset\"]"),
    ));
    let mut peer = connect(addr);
    peer.write_all(b"a").unwrap();
    assert_eq!(read(&mut peer, 1), b"x");
    peer.write_all(b"b").unwrap();
    let error = peer.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn what_one_says_all_others_hear() {
    for model in [ServerModel::Threads, ServerModel::EventLoop] {
        let mut bench = Bench::new();
        let text = "[[rule]]\nwhen = \"any\"\nthen = [{ others = \"{peer}: {text}\" }, { reply = \"ok\" }]";
        let (id, addr) = bench.listening(&server(model, rules(text)));
        let mut peers: Vec<_> = (0..3).map(|_| connect(addr)).collect();
        bench.until("three", |b| {
            let connections = &b.sockets.get(id).unwrap().connections;
            connections.iter().filter(|c| b.state(**c) == State::Established).count() == 3
        });
        let name = peers[0].local_addr().unwrap();
        peers[0].write_all("大家好".as_bytes()).unwrap();
        assert_eq!(read(&mut peers[0], 2), b"ok");
        let heard = format!("{name}: 大家好");
        for peer in &mut peers[1..] {
            assert_eq!(String::from_utf8(read(peer, heard.len())).unwrap(), heard);
        }
    }
}

#[test]
fn a_server_that_goes_on_to_its_next_client_drops_the_last_one_then() {
    let mut bench = Bench::new();
    let text = "[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"one\" }, \"next-client\"]";
    let (id, addr) = bench.listening(&server(ServerModel::Sequential, rules(text)));
    let mut first = connect(addr);
    first.write_all(b"a").unwrap();
    assert_eq!(read(&mut first, 3), b"one");
    // It is still open: nothing came, not even an end.
    first.set_nonblocking(true).unwrap();
    assert_eq!(first.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    first.set_nonblocking(false).unwrap();
    let mut second = connect(addr);
    second.write_all(b"b").unwrap();
    assert_eq!(read(&mut second, 3), b"one");
    assert_eq!(read_to_end(&first), b"");
    bench.until("one left", |b| b.sockets.open_connections(id) == 1);
}

#[test]
fn a_client_follows_its_script_to_its_end() {
    let mut bench = Bench::new();
    let (_, addr) = bench.listening(&server(ServerModel::Threads, Responder::Upper));
    let responder = rules("connect = [{ reply = \"hello\" }, { await = 1 }, \"close\"]");
    let spec = TcpClientSpec { target: addr.into(), responder, ..TcpClientSpec::default() };
    let id = bench.open(&SocketSpec::TcpClient(spec));
    bench.until("done", |b| b.state(id) == State::Closed(CloseReason::Rule));
    assert_eq!(bench.bytes(id, Direction::In), b"HELLO");
}

#[test]
fn typed_lines_go_where_the_rules_say() {
    let mut bench = Bench::new();
    let (_, addr) = bench.listening(&server(ServerModel::Threads, Responder::Upper));
    let responder = rules("[lines]\nsend = \"<{line}>\"\nping-pong = true\nquit = \"q\"");
    let spec = TcpClientSpec { target: addr.into(), responder, ..TcpClientSpec::default() };
    let id = bench.open(&SocketSpec::TcpClient(spec));
    // Before it is connected, too.
    for line in ["a", "b", "q"] {
        bench.engine.command(id, Command::Line(line.into())).unwrap();
    }
    bench.until("done", |b| b.state(id) == State::Closed(CloseReason::Rule));
    assert_eq!(bench.bytes(id, Direction::In), b"<A><B>");
}

#[test]
fn a_time_server_answers_an_empty_datagram() {
    let mut bench = Bench::new();
    let text = "[[rule]]\nwhen = \"any\"\nthen = [{ strftime = \"%Y-%m-%d %X\" }]";
    let (_, addr) = bench.bound(&UdpSpec { responder: rules(text), ..UdpSpec::default() });
    let peer = UdpSocket::bind(support::bench::LOCALHOST).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut buffer = [0; 100];
    peer.send_to(b"", addr).unwrap();
    let len = peer.recv(&mut buffer).unwrap();
    assert_eq!(len, "2026-11-20 13:05:09".len());
    peer.send_to(b"%%", addr).unwrap();
    let len = peer.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..len], b"%");
}

#[test]
fn a_person_answers_datagrams_in_the_order_they_came() {
    let mut bench = Bench::new();
    let (id, addr) =
        bench.bound(&UdpSpec { responder: rules("[[rule]]\nwhen = \"any\"\nthen = [\"ask\"]"), ..UdpSpec::default() });
    let peers = [(); 2].map(|()| UdpSocket::bind(support::bench::LOCALHOST).unwrap());
    for (peer, n) in peers.iter().zip(1..) {
        peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        peer.send_to(b"?", addr).unwrap();
        bench.until("asked", |b| b.engine.counters(id).unwrap().totals().asks == n);
    }
    bench.engine.command(id, Command::Line("一".into())).unwrap();
    bench.engine.command(id, Command::Send { bytes: b"two".to_vec(), to: None }).unwrap();
    let mut buffer = [0; 9];
    let len = peers[0].recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..len], "一".as_bytes());
    let len = peers[1].recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..len], b"two");
    bench.until("nobody asks", |b| b.engine.counters(id).unwrap().totals().asks == 0);
}

#[test]
fn two_that_answer_each_other_are_held_to_the_limit_and_say_so() {
    let mut bench = Bench::new();
    let echo = rules("rate = 50\n[[rule]]\nwhen = \"any\"\nthen = [\"echo\"]");
    let (_, addr) = bench.bound(&UdpSpec { responder: echo.clone(), ..UdpSpec::default() });
    let (other, _) = bench.bound(&UdpSpec { responder: echo, ..UdpSpec::default() });
    bench.engine.command(other, Command::Send { bytes: b"ping".to_vec(), to: Some(addr) }).unwrap();
    let limited = |event| matches!(event, Event::Limited { per_second: 50 });
    bench.until("limited", |b| b.journal.rows_from(0).any(|row| limited(row.record.event)));
    let sent = bench.journal.rows_from(0).filter(|row| matches!(row.record.event, Event::Sent { .. })).count();
    assert!((50..=210).contains(&sent), "{sent}");
}

const DATE: &str =
    "[[rule]]\nwhen = \"any\"\nthen = [{ command = { programs = [\"echo\", \"sleep\"], limit-ms = 300 } }]";

#[test]
fn the_engine_itself_refuses_programs_where_others_can_reach_them() {
    let mut bench = Bench::new();
    let refused = |bench: &mut Bench, spec: &SocketSpec, kind: FaultKind| {
        let id = bench.open(spec);
        bench.until("refused", |b| b.state(id) == State::Failed(kind));
    };
    let address = "0.0.0.0:0".parse().unwrap();
    let everyone = TcpServerSpec { address, responder: confirmed(DATE), ..TcpServerSpec::default() };
    refused(&mut bench, &SocketSpec::TcpServer(everyone), FaultKind::NotLoopback);
    let everyone = UdpSpec { address, responder: confirmed(DATE), ..UdpSpec::default() };
    refused(&mut bench, &SocketSpec::Udp(everyone), FaultKind::NotLoopback);
    refused(&mut bench, &server(ServerModel::Threads, rules(DATE)), FaultKind::NotConfirmed);
    // A living socket does not get them either.
    let spec = TcpServerSpec { address, responder: Responder::Upper, ..TcpServerSpec::default() };
    let (id, addr) = bench.listening(&SocketSpec::TcpServer(spec));
    bench.engine.command(id, Command::SetResponder(confirmed(DATE))).unwrap();
    bench.until("told", |b| {
        b.journal.rows_from(0).any(|row| matches!(row.record.event, Event::Failed { .. }) && row.record.socket == id)
    });
    let mut peer = connect(([127, 0, 0, 1], addr.port()).into());
    peer.write_all(b"echo a").unwrap();
    assert_eq!(read(&mut peer, 6), b"ECHO A");
}

#[cfg(unix)]
#[test]
fn a_listed_program_runs_within_its_limits_and_no_other() {
    let mut bench = Bench::new();
    let (_, addr) = bench.listening(&server(ServerModel::EventLoop, confirmed(DATE)));
    let mut peer = connect(addr);
    peer.write_all(b"echo 'a  b'; id").unwrap();
    assert_eq!(read(&mut peer, 9), b"a  b; id\n");
    peer.write_all(b"id").unwrap();
    assert_eq!(read(&mut peer, 12), b"id: not run\n");
    peer.write_all(b"sleep 60").unwrap();
    bench.until("ended", |b| {
        b.journal
            .rows_from(0)
            .any(|row| matches!(row.record.event, Event::Failed { fault, .. } if fault.kind == FaultKind::TimedOut))
    });
    peer.write_all(b"echo on").unwrap();
    assert_eq!(read(&mut peer, 3), b"on\n");
}
