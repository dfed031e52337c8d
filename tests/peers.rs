//! Twocan against programs that are not Twocan: Python's sockets and `socketserver`, ncat, socat and curl, as clients
//! and as servers, over IPv4 and IPv6, in five encodings. Bytes are compared, and Python's codecs say which are right.
//!
//! Behind the feature `peers`, because it needs those programs; `.ci/run` installs them and runs it. Every port is 0
//! and asked for. On a computer without IPv6 the IPv6 half is left out, loudly.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the helpers of tests fail by panicking, and tell what they are at"
)]

#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;
#[path = "peers/tools.rs"]
mod tools;

use std::{
    collections::BTreeMap,
    process::Command,
    sync::{Mutex, OnceLock},
};

use process::Process;
use tools::{Tool, python, run};

/// A text, as messages of one line each, in an encoding that can hold it.
struct Tongue {
    /// The encoding, as both Twocan and Python call it.
    encoding: &'static str,
    text: &'static str,
}

/// Second bytes that are ASCII letters and backslashes, characters that GB2312 lacks, characters outside the basic plane.
const TONGUES: [Tongue; 5] = [
    Tongue { encoding: "gbk", text: "你好，世界\n镕囍間謝點\n" },
    Tongue { encoding: "gb2312", text: "你好，世界！\n传声筒 ①②\n" },
    Tongue { encoding: "utf-8", text: "你好，Привет 🙂\nnaïve €\n" },
    Tongue { encoding: "utf-16le", text: "你好，世界\n𝄞 🙂 ok\n" },
    Tongue { encoding: "utf-16be", text: "你好，世界\n𝄞 🙂 ok\n" },
];

impl Tongue {
    fn bytes(&self) -> Vec<u8> {
        encode(self.encoding, self.text)
    }

    fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.text.split_inclusive('\n')
    }
}

/// What Python encodes. Each text is asked for once.
fn encode(encoding: &str, text: &str) -> Vec<u8> {
    static KNOWN: Mutex<BTreeMap<(String, String), Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    let ask = || run(&mut python("encode.py", &[encoding]), text.as_bytes());
    known.entry((encoding.to_owned(), text.to_owned())).or_insert_with(ask).clone()
}

/// Loopback addresses of this computer.
fn hosts() -> &'static [&'static str] {
    static HOSTS: OnceLock<&[&str]> = OnceLock::new();
    HOSTS.get_or_init(|| {
        if std::net::UdpSocket::bind("[::1]:0").is_ok() {
            return &["127.0.0.1", "::1"];
        }
        eprintln!("this computer has no ::1: IPv6 is NOT tested");
        &["127.0.0.1"]
    })
}

fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn twocan(arguments: &[&str]) -> Process {
    Process::start(Command::new(env!("CARGO_BIN_EXE_twocan")).env("LC_ALL", "C.UTF-8").args(arguments))
}

/// The port at the end of the line that says where a socket is.
fn port(process: &Process, says: &str) -> u16 {
    let line = process.error_line(says);
    let address = line.split_whitespace().next().unwrap_or_default();
    address.rsplit(':').next().unwrap().parse().unwrap_or_else(|_| panic!("no port in {line:?}"))
}

fn tcp_server(host: &str, arguments: &[&str]) -> (Process, u16) {
    let server = twocan(&[&["tcp-server", &address(host, 0)], arguments].concat());
    let port = port(&server, "listening on ");
    (server, port)
}

fn udp(host: &str, arguments: &[&str]) -> (Process, u16) {
    let socket = twocan(&[&["udp", "--bind", &address(host, 0)], arguments].concat());
    let port = port(&socket, "bound to ");
    (socket, port)
}

/// Runs a case for every address and encoding, and says which one failed.
fn everywhere(case: impl Fn(&str, &Tongue)) {
    for host in hosts() {
        for tongue in &TONGUES {
            println!("{host} {}", tongue.encoding);
            case(host, tongue);
        }
    }
}

/// Twocan echoes: a client gets its bytes back, and Twocan prints the text they stand for.
fn echoes_tcp(client: impl Fn(&str, u16) -> Command) {
    everywhere(|host, tongue| {
        let (server, port) = tcp_server(host, &["--reply", "echo", "--encoding", tongue.encoding]);
        let bytes = tongue.bytes();
        assert_eq!(run(&mut client(host, port), &bytes), bytes);
        assert_eq!(server.output(tongue.text.len()), tongue.text.as_bytes());
    });
}

/// Twocan is the client: the tool sees the right bytes, and Twocan prints what the tool answers.
fn talks_tcp(tool: Tool) {
    everywhere(|host, tongue| {
        let (mut peer, port) = tool.tcp_server(host);
        let mut client = twocan(&["tcp-client", &address(host, port), "--encoding", tongue.encoding, "--ending", "lf"]);
        client.write(tongue.text);
        let bytes = tongue.bytes();
        assert_eq!(peer.output(bytes.len()), bytes);
        peer.write(&bytes);
        client.says(tongue.text);
        client.end_input();
        peer.end_input();
        assert_eq!(client.finish().ok(), tongue.text.as_bytes());
    });
}

/// Twocan echoes datagrams, one by one.
fn echoes_udp(tool: Tool) {
    everywhere(|host, tongue| {
        let (socket, port) = udp(host, &["--reply", "echo", "--encoding", tongue.encoding]);
        let mut peer = Process::start(&mut tool.udp_client(host, port));
        let mut expected = Vec::new();
        for line in tongue.lines() {
            let bytes = encode(tongue.encoding, line);
            peer.write(&bytes);
            expected.extend(bytes);
            assert_eq!(peer.output(expected.len()), expected);
        }
        assert_eq!(socket.output(tongue.text.len()), tongue.text.as_bytes());
    });
}

/// Twocan sends a datagram a line, and prints the answers.
fn talks_udp(tool: Tool) {
    everywhere(|host, tongue| {
        let (mut peer, port) = tool.udp_server(host);
        let to = address(host, port);
        let (mut socket, _) = udp(host, &["--to", &to, "--encoding", tongue.encoding, "--ending", "lf"]);
        let (mut sent, mut heard) = (Vec::new(), String::new());
        for line in tongue.lines() {
            socket.write(line);
            let bytes = encode(tongue.encoding, line);
            sent.extend(&bytes);
            assert_eq!(peer.output(sent.len()), sent);
            peer.write(&bytes);
            heard += line;
            socket.says(&heard);
        }
    });
}

#[test]
fn ncat_as_a_tcp_client() {
    echoes_tcp(|host, port| Tool::Ncat.tcp_client(host, port));
}

#[test]
fn socat_as_a_tcp_client() {
    echoes_tcp(|host, port| Tool::Socat.tcp_client(host, port));
}

#[test]
fn ncat_as_a_tcp_server() {
    talks_tcp(Tool::Ncat);
}

#[test]
fn socat_as_a_tcp_server() {
    talks_tcp(Tool::Socat);
}

#[test]
fn ncat_as_a_udp_client() {
    echoes_udp(Tool::Ncat);
}

#[test]
fn socat_as_a_udp_client() {
    echoes_udp(Tool::Socat);
}

#[test]
fn ncat_as_a_udp_server() {
    talks_udp(Tool::Ncat);
}

#[test]
fn socat_as_a_udp_server() {
    talks_udp(Tool::Socat);
}

#[path = "peers/python.rs"]
mod with_python;

#[path = "peers/curl.rs"]
mod with_curl;
