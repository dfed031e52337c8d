//! `udp`

use std::net::UdpSocket;

use super::{
    any_port, bound,
    process::{DEADLINE, Process},
    run, start,
};

fn socket(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(address).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket
}

fn datagram(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 65_536];
    let n = socket.recv(&mut buffer).unwrap();
    buffer.truncate(n);
    buffer
}

fn own(arguments: &[&str]) -> (Process, String) {
    bound(&[&["udp"], arguments].concat(), "bound to ")
}

#[test]
fn two_of_them_talk_over_both_families() {
    for address in any_port() {
        let (mut one, at) = own(&["--bind", address, "--encoding", "gbk"]);
        let mut two = start(&["udp", "--to", &at, "--encoding", "gbk"]);
        two.write("你好\n");
        one.says("你好");
        // Lines go to the last peer heard.
        one.write("再见\n");
        two.says("再见");
    }
}

#[test]
fn every_line_is_a_datagram_and_an_empty_one_too() {
    let peer = socket("127.0.0.1:0");
    let to = peer.local_addr().unwrap().to_string();
    let mut twocan = start(&["udp", "--to", &to, "--wait", "0", "--ending", "crlf"]);
    twocan.write("a\n\nb");
    twocan.end_input();
    let datagrams = [datagram(&peer), datagram(&peer), datagram(&peer)];
    assert_eq!(datagrams, [&b"a\r\n"[..], b"\r\n", b"b"]);
    let ended = twocan.finish();
    assert!(ended.err.contains("sent 3 messages, 6 bytes"), "{}", ended.err);
    ended.ok();
    let one = run(&["udp", "--to", &to, "--wait", "0"], "\n");
    assert!(one.err.contains("received 0 messages, 0 bytes; sent 1 message, 0 bytes"), "{}", one.err);
    one.ok();
    assert_eq!(datagram(&peer), b"");
}

#[test]
fn datagrams_are_shown_one_by_one_and_cut_ones_are_named() {
    let (twocan, at) = own(&["--hex", "--recv", "4", "--count", "3"]);
    let peer = socket("127.0.0.1:0");
    for message in [&b"ab"[..], b"", b"abcdef"] {
        peer.send_to(message, &at).unwrap();
    }
    let ended = twocan.finish();
    assert!(ended.err.contains("empty datagram"), "{}", ended.err);
    assert!(ended.err.contains("cut: 4 of 6 bytes"), "{}", ended.err);
    assert_eq!(ended.ok(), b"61 62\n\n61 62 63 64\n");
}

#[test]
fn it_ends_after_so_many_datagrams_and_shows_no_more() {
    let (twocan, at) = own(&["--reply", "echo", "--count", "2"]);
    let peer = socket("127.0.0.1:0");
    peer.send_to(b"one ", &at).unwrap();
    assert_eq!(datagram(&peer), b"one ");
    peer.send_to(b"two ", &at).unwrap();
    assert_eq!(datagram(&peer), b"two ");
    let ended = twocan.finish();
    assert!(ended.err.contains(&format!("hearing from {}", peer.local_addr().unwrap())), "{}", ended.err);
    assert_eq!(ended.ok(), b"one two ");
}

#[test]
fn the_end_of_the_input_waits_for_the_answer() {
    let peer = socket("127.0.0.1:0");
    let mut twocan = start(&["udp", "--to", &peer.local_addr().unwrap().to_string(), "--count", "1"]);
    twocan.write("ping");
    twocan.end_input();
    let (n, from) = peer.recv_from(&mut [0; 16]).unwrap();
    peer.send_to(b"pong", from).unwrap();
    assert_eq!((n, twocan.finish().ok()), (4, b"pong".to_vec()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_closed_port_answers_and_that_is_exit_code_1() {
    let address = socket("127.0.0.1:0").local_addr().unwrap().to_string();
    let ended = run(&["udp", "--to", &address, "--wait", "1"], "anybody?\n");
    let says = format!("The computer at {address} answered that no program has that port (ICMP port unreachable).");
    assert!(ended.err.contains(&says), "{}", ended.err);
    assert_eq!(ended.code, Some(1));
}

#[test]
fn a_datagram_that_is_too_long_is_exit_code_1() {
    let peer = socket("127.0.0.1:0");
    let to = peer.local_addr().unwrap().to_string();
    let ended = run(&["udp", "--to", &to, "--wait", "0.1"], "x".repeat(65_508));
    assert!(ended.err.contains("at most 65 507 bytes"), "{}", ended.err);
    assert_eq!(ended.code, Some(1));
    run(&["udp", "--to", &to, "--wait", "0"], "x".repeat(65_507)).ok();
    assert_eq!(datagram(&peer).len(), 65_507);
}

#[test]
#[cfg(target_os = "linux")]
fn broadcasting_has_to_be_allowed() {
    // Loopback has a broadcast address on Linux; whoever is bound to all addresses hears it.
    let peer = socket("0.0.0.0:0");
    let to = format!("127.255.255.255:{}", peer.local_addr().unwrap().port());
    let ended = run(&["udp", "--to", &to], "");
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("broadcast"), "{}", ended.err);
    run(&["udp", "--to", &to, "--broadcast", "--wait", "0"], "heard").ok();
    assert_eq!(datagram(&peer), b"heard");
}

#[test]
fn a_name_is_looked_up_and_one_without_an_address_is_exit_code_1() {
    let peer = socket("127.0.0.1:0");
    let to = format!("localhost:{}", peer.local_addr().unwrap().port());
    run(&["udp", "--to", &to, "--wait", "0"], "named").ok();
    assert_eq!(datagram(&peer), b"named");
    let ended = run(&["udp", "--to", "nowhere.invalid:9", "--for", "8"], "");
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("nowhere.invalid"), "{}", ended.err);
}

#[test]
fn an_answer_that_never_comes_is_waited_for_only_so_long_behind_the_last_line() {
    let silent = socket("127.0.0.1:0");
    let to = silent.local_addr().unwrap().to_string();
    let mut twocan = start(&["preset", "udp-time-client", "--address", &to, "--wait", "0.1"]);
    twocan.write("%H\n");
    twocan.finish().ok();
    assert_eq!(datagram(&silent), b"%H");
}

/// Two peers in turn were told of with every datagram.
#[test]
fn whom_it_hears_is_said_once() {
    let (twocan, at) = own(&["--count", "20"]);
    let peers = [socket("127.0.0.1:0"), socket("127.0.0.1:0")];
    for _ in 0..10 {
        for peer in &peers {
            peer.send_to(b"x", &at).unwrap();
        }
    }
    let ended = twocan.finish();
    for peer in peers {
        let address = peer.local_addr().unwrap().to_string();
        assert_eq!(ended.err.matches(&address).count(), 1, "{}", ended.err);
    }
}
