//! The presets that play no listing, over real sockets: the services of RFC 862 to 868, a web page, a chat room.
//!
//! The real program runs each of them on port 0; the other end is a socket of the standard library.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream, UdpSocket},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use process::{DEADLINE, Process};

/// Seconds from 1900 to 1970 (RFC 868).
const FROM_1900: u64 = 2_208_988_800;

fn preset(name: &str, address: &str) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twocan"));
    Process::start(command.env("LC_ALL", "C.UTF-8").args(["preset", name, "--address", address]))
}

/// A server, and where it is.
fn server(name: &str) -> (Process, String) {
    let server = preset(name, "127.0.0.1:0");
    let says = server.notes(&["listening on ", "bound to "]).unwrap_or_else(|| server.fail("it is nowhere"));
    let address = server.error_line(says).split_whitespace().next().unwrap().to_owned();
    (server, address)
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn read(stream: &mut TcpStream, n: usize) -> Vec<u8> {
    let mut bytes = vec![0; n];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Says this, and reads to the end.
fn whole(name: &str, say: &[u8]) -> Vec<u8> {
    let (_server, address) = server(name);
    let mut stream = connect(&address);
    stream.write_all(say).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// The answers to some datagrams, one after the other.
fn datagrams(name: &str, questions: &[&[u8]]) -> Vec<Vec<u8>> {
    let (_server, address) = server(name);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut buffer = vec![0; 65_535];
    let mut ask = |question: &&[u8]| {
        socket.send_to(question, &address).unwrap();
        let n = socket.recv(&mut buffer).unwrap();
        buffer[..n].to_vec()
    };
    questions.iter().map(&mut ask).collect()
}

#[track_caller]
fn is_time(bytes: &[u8]) {
    let told = u32::from_be_bytes(bytes.try_into().expect("four bytes"));
    let now = (SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + FROM_1900) as u32;
    assert!(now.wrapping_sub(told) < 60, "{told}, and it is {now}");
}

#[track_caller]
fn is_a_line(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.ends_with("\r\n") && text.len() > 12 && text.len() <= 512, "{text:?}");
}

#[test]
fn echo_brings_everything_back() {
    let (_server, address) = server("echo-tcp");
    let mut stream = connect(&address);
    stream.write_all("你好\0".as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut back = Vec::new();
    stream.read_to_end(&mut back).unwrap();
    assert_eq!(back, "你好\0".as_bytes());
    assert_eq!(datagrams("echo-udp", &[b"a", b"", b"\xFF"]), [&b"a"[..], b"", b"\xFF"]);
}

#[test]
fn discard_takes_everything_and_says_nothing() {
    let (discard, address) = server("discard-tcp");
    let mut stream = connect(&address);
    stream.write_all(b"anything").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    assert_eq!(discard.output(8), b"anything");
    let (discard, address) = server("discard-udp");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"anything", address).unwrap();
    assert_eq!(discard.output(8), b"anything");
}

#[test]
fn what_speaks_first_is_not_asked_and_closes() {
    is_a_line(&whole("daytime-tcp", b""));
    is_a_line(&whole("quote-tcp", b""));
    is_time(&whole("time-tcp", b""));
    for name in ["daytime-udp", "quote-udp"] {
        for answer in datagrams(name, &[b"", b"x"]) {
            is_a_line(&answer);
        }
    }
    for answer in datagrams("time-udp", &[b"", b"x"]) {
        is_time(&answer);
    }
}

#[test]
fn the_character_generator_is_the_one_of_the_rfc() {
    let (_server, address) = server("chargen-tcp");
    let mut stream = connect(&address);
    let lines = read(&mut stream, 96 * 74);
    for (number, line) in lines.chunks(74).enumerate() {
        let expected: Vec<u8> = (0..72).map(|column| b' ' + ((number + column) % 95) as u8).collect();
        assert_eq!(line, [&expected[..], b"\r\n"].concat(), "line {number}");
    }
    // It goes on for as long as somebody reads, and ends with the reader.
    drop(stream);
    assert_eq!(read(&mut connect(&address), 74), &lines[..74]);
    for answer in datagrams("chargen-udp", &[b"", b"x", b"y"]) {
        assert!(
            answer.len() <= 512 && answer.iter().all(|byte| (b' '..=b'~').contains(byte) || b"\r\n".contains(byte))
        );
    }
}

#[test]
fn bytes_and_text_are_not_the_same_upper_case() {
    // 間: its second byte is a small g.
    for (name, expected) in [("upper-server-threads", b"\xE9G A"), ("upper-server-text", b"\xE9g A")] {
        let (_server, address) = server(name);
        let mut stream = connect(&address);
        stream.write_all(b"\xE9g a").unwrap();
        assert_eq!(read(&mut stream, 4), expected, "{name}");
    }
}

#[test]
fn a_line_is_echoed_when_it_is_whole() {
    let (_server, address) = server("line-echo");
    let mut stream = connect(&address);
    stream.set_nodelay(true).unwrap();
    for piece in ["one\ntw", "o\r", "\nthree"] {
        stream.write_all(piece.as_bytes()).unwrap();
    }
    assert_eq!(read(&mut stream, 8), b"one\ntwo\n");
    stream.write_all(b"\n").unwrap();
    assert_eq!(read(&mut stream, 6), b"three\n");
}

#[test]
fn a_chat_room_tells_everyone_else() {
    let (room, address) = server("chat-room");
    let mut speaker = connect(&address);
    let mut others = [connect(&address), connect(&address)];
    // All are accepted once the third is answered for: the room tells of each on standard error.
    for guest in [&speaker, &others[0], &others[1]] {
        room.error_line(&guest.local_addr().unwrap().to_string());
    }
    speaker.write_all("你好".as_bytes()).unwrap();
    let expected = format!("{} 你好", speaker.local_addr().unwrap());
    for other in &mut others {
        assert_eq!(read(other, expected.len()), expected.as_bytes());
    }
    others[0].write_all(b"hi").unwrap();
    let expected = format!("{} hi", others[0].local_addr().unwrap());
    // The speaker has not heard itself: this is the first that comes.
    assert_eq!(read(&mut speaker, expected.len()), expected.as_bytes());
}

#[test]
fn a_web_page_has_the_headers_that_it_needs() {
    for (request, status, body) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", true),
        ("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", false),
        ("GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found", true),
        ("BREW / HTCPCP/1.0\r\n\r\n", "400 Bad Request", true),
    ] {
        let answer = String::from_utf8(whole("web-page", request.as_bytes())).unwrap();
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        let has = |line: &str| assert!(head.split("\r\n").any(|it| it.eq_ignore_ascii_case(line)), "{line}: {head}");
        has(&format!("HTTP/1.1 {status}"));
        has("Content-Type: text/html; charset=utf-8");
        has("Connection: close");
        assert_eq!(page.is_empty(), !body, "{request}");
        if body {
            has(&format!("Content-Length: {}", page.len()));
        }
    }
}

#[test]
fn a_client_half_closes_and_still_hears() {
    let (_server, address) = server("echo-tcp");
    assert_eq!(preset("half-close-client", &address).finish().ok(), b"hello, half of us is leaving");
}

#[test]
fn http_by_hand_gets_the_page() {
    let (_server, address) = server("web-page");
    let answer = String::from_utf8(preset("http-get", &address).finish().ok()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("传声筒"), "{answer}");
}
