//! Python's `socket` and `socketserver`, in the shapes that tutorials teach.

use std::fmt::Write as _;

use crate::{
    address, echoes_tcp, encode, everywhere, hosts,
    process::Process,
    tcp_server,
    tools::{python, python_server, run},
    twocan, udp,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes everything");
        hex
    })
}

/// Half-close by the client, echo to the end.
#[test]
fn socket_as_a_client() {
    echoes_tcp(|host, port| python("tcp_client.py", &[host, &port.to_string(), "whole"]));
}

/// One byte a segment: characters arrive in pieces, and come out whole.
#[test]
fn socket_sends_byte_by_byte() {
    echoes_tcp(|host, port| python("tcp_client.py", &[host, &port.to_string(), "bytewise"]));
}

/// A conversation, line for line: each answer comes before the next question.
#[test]
fn socket_holds_a_conversation() {
    echoes_tcp(|host, port| python("tcp_client.py", &[host, &port.to_string(), "lines"]));
}

/// An echo server: what Twocan sent is what Python got and what came back.
#[test]
fn socket_as_an_echo_server() {
    everywhere(|host, tongue| {
        let (server, port) = python_server("tcp_server.py", &[host, "echo"]);
        let mut client = twocan(&["tcp-client", &address(host, port), "--encoding", tongue.encoding, "--ending", "lf"]);
        client.write(tongue.text);
        assert_eq!(client.finish().ok(), tongue.text.as_bytes());
        assert_eq!(server.finish().ok(), tongue.bytes());
    });
}

/// `socketserver.ThreadingTCPServer` with upper-case answers, which break GBK characters: shown as they are.
#[test]
fn socketserver_answers_in_upper_case() {
    for host in hosts() {
        let (server, port) = python_server("threading_server.py", &[host]);
        for (encoding, text, answer) in [
            ("utf-8", "hello 你好\n", "HELLO 你好\n"),
            ("gb2312", "hello 你好\n", "HELLO 你好\n"),
            ("gbk", "間\n", "镚\n"),
        ] {
            let mut client = twocan(&["tcp-client", &address(host, port), "--encoding", encoding, "--ending", "lf"]);
            client.write(text);
            assert_eq!(String::from_utf8(client.finish().ok()).unwrap(), answer, "{host} {encoding}");
        }
        server.finish().ok();
    }
}

/// The same answers from our server: bytes are put in upper case, not characters.
#[test]
fn our_upper_case_is_pythons() {
    for model in ["sequential", "threads", "event-loop"] {
        let (_server, port) = tcp_server("127.0.0.1", &["--reply", "upper", "--model", model]);
        let mut bytes = b"hello ".to_vec();
        bytes.extend(encode("gbk", "間謝點"));
        let answer = run(&mut python("tcp_client.py", &["127.0.0.1", &port.to_string(), "whole"]), &bytes);
        assert_eq!(answer, bytes.to_ascii_uppercase(), "{model}");
    }
}

/// Half-close: Python reads to the end and only then answers. Whoever closes instead of half-closing hears nothing.
#[test]
fn an_answer_after_the_half_close_is_heard() {
    for host in hosts() {
        let (server, port) = python_server("tcp_server.py", &[host, "late"]);
        let mut client = twocan(&["tcp-client", &address(host, port), "--encoding", "gbk", "--ending", "crlf"]);
        client.write("你好\n再见\n");
        let ended = client.finish();
        let got = server.finish().ok();
        assert_eq!(got, encode("gbk", "你好\r\n再见\r\n"));
        assert_eq!(ended.ok(), got.len().to_string().as_bytes());
    }
}

/// Nine sends of a server that speaks first are one text: TCP keeps no boundaries, and nothing is put between them.
#[test]
fn a_server_that_speaks_first() {
    let (server, port) = python_server("tcp_server.py", &["127.0.0.1", "greet"]);
    let client = twocan(&["tcp-client", &address("127.0.0.1", port)]);
    client.says("i = 9");
    assert_eq!(client.finish().ok(), b"i = 1i = 2i = 3i = 4i = 5i = 6i = 7i = 8i = 9");
    server.finish().ok();
}

/// Strict GB2312 and ASCII: a character they lack stops the message before a byte of it is sent.
#[test]
fn what_an_encoding_cannot_hold_is_never_sent() {
    for (encoding, text, column) in [("gb2312", "你好镕\n", "3"), ("ascii", "naïve\n", "3")] {
        let (server, port) = python_server("tcp_server.py", &["127.0.0.1", "sink"]);
        let mut client = twocan(&["tcp-client", &address("127.0.0.1", port), "--encoding", encoding]);
        client.write(text);
        let ended = client.finish();
        assert_eq!(ended.code, Some(3), "{}", ended.err);
        assert!(ended.err.contains(&format!("column {column}")), "{}", ended.err);
        assert!(server.finish().ok().is_empty(), "{encoding}");
    }
}

/// A reset by either side is told, and is exit code 1 for a client.
#[test]
fn resets_are_told() {
    let (server, port) = python_server("tcp_server.py", &["127.0.0.1", "reset"]);
    let mut client = twocan(&["tcp-client", &address("127.0.0.1", port)]);
    client.write("x\n");
    client.error_line("(RST)");
    assert_eq!(client.finish().code, Some(1));
    server.finish().ok();

    let (server, port) = tcp_server("127.0.0.1", &["--reply", "echo"]);
    let mut peer = python("tcp_client.py", &["127.0.0.1", &port.to_string(), "reset"]);
    assert_eq!(run(&mut peer, b"bye"), b"bye");
    server.error_line("(RST)");
    // The server goes on.
    let mut peer = python("tcp_client.py", &["127.0.0.1", &port.to_string(), "whole"]);
    assert_eq!(run(&mut peer, b"hello"), b"hello");
}

/// Forty clients at once, each with its own bytes, on all three models.
#[test]
fn many_clients_at_once() {
    for model in ["sequential", "threads", "event-loop"] {
        let (_server, port) = tcp_server("127.0.0.1", &["--reply", "echo", "--model", model]);
        let mut peer = python("tcp_client.py", &["127.0.0.1", &port.to_string(), "many", "40"]);
        assert_eq!(run(&mut peer, "你好".repeat(5000).as_bytes()), b"40\n", "{model}");
    }
}

/// Datagrams of every size come back whole: empty, one byte, a text, the longest that UDP over IPv4 has.
#[test]
fn datagrams_of_every_size_come_back() {
    for host in hosts() {
        let (_socket, port) = udp(host, &["--reply", "echo"]);
        let mut peer = Process::start(&mut python("udp_client.py", &[host, &port.to_string()]));
        let mut expected = String::new();
        for size in [0, 1, 508, 1472, 1473, 9000, 65_507] {
            let line = hex(&(0..size).map(|i| (i % 251) as u8).collect::<Vec<_>>()) + "\n";
            peer.write(&line);
            expected += &line;
        }
        assert_eq!(String::from_utf8(peer.finish().ok()).unwrap(), expected, "{host}");
    }
}

/// Each line is one datagram, and an empty line is an empty datagram, which ends the tutorials' server.
#[test]
fn a_line_is_a_datagram() {
    everywhere(|host, tongue| {
        let (server, port) = python_server("udp_server.py", &[host, "echo"]);
        let to = address(host, port);
        let (mut socket, _) = udp(host, &["--to", &to, "--encoding", tongue.encoding]);
        let mut expected = String::new();
        let mut heard = String::new();
        for line in tongue.lines().map(str::trim_end) {
            socket.write(format!("{line}\n"));
            expected += &(hex(&encode(tongue.encoding, line)) + "\n");
            server.says(&expected);
            heard += line;
            socket.says(&heard);
        }
        socket.write("\n");
        assert_eq!(String::from_utf8(server.finish().ok()).unwrap(), expected + "\n");
    });
}

/// `--recv 5` keeps five bytes of a datagram, as `recvfrom(5)` does, and says that it was cut.
#[test]
fn a_short_receive_buffer_cuts_and_says_so() {
    let (socket, port) = udp("127.0.0.1", &["--recv", "5", "--reply", "echo"]);
    let mut peer = Process::start(&mut python("udp_client.py", &["127.0.0.1", &port.to_string()]));
    peer.write(hex(b"hello world") + "\n");
    assert_eq!(peer.finish().ok(), (hex(b"hello") + "\n").as_bytes());
    socket.error_line("cut");
}
