//! The programs of *Copy as* against the sockets they were copied from: each file of `tests/code` is run by Twocan's own
//! engine, as Python, and some as Rust and as a line with ncat, and each of them is held to the same conversation.
//!
//! Behind the feature `peers`, because it needs python3, rustc and ncat.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, and tell what they are at"
)]

#[path = "code/every.rs"]
mod every;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "every test program is compiled with all of it")]
mod process;
mod support;

use std::{
    fs,
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use process::{DEADLINE, Process};
use support::bench::{Bench, LOCALHOST, peer_stream};
use tempfile::TempDir;
use twocan::{
    export::code::{Language, code},
    journal::{CloseReason, SocketId, State},
    net::{self, SocketSpec},
    text::{Charset, Unmappable, http},
};

/// Who runs a socket.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Player {
    Twocan,
    Python,
    Rust,
    Ncat,
}

/// A socket that runs.
enum Running {
    Twocan(Box<Bench>, SocketId),
    Program(Process, #[expect(dead_code, reason = "the folder goes with it")] TempDir),
}

const BOTH: [Player; 2] = [Player::Twocan, Player::Python];

fn socket(name: &str) -> SocketSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/code").join(name).with_extension("toml");
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The program of a socket, started.
fn program(spec: &SocketSpec, player: Player) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let (language, file) = match player {
        Player::Python => (Language::Python, "program.py"),
        Player::Rust => (Language::Rust, "program.rs"),
        Player::Ncat | Player::Twocan => (Language::Ncat, "program.sh"),
    };
    let path = folder.path().join(file);
    fs::write(&path, code(spec, language).unwrap()).unwrap();
    let mut command = match player {
        Player::Python => Command::new("python3"),
        Player::Rust => {
            let binary = folder.path().join("program");
            let rustc = Command::new("rustc")
                .args(["--edition", "2021", "-D", "warnings", "-o"])
                .arg(&binary)
                .arg(&path)
                .output();
            let rustc = rustc.unwrap();
            assert!(rustc.status.success(), "{}", String::from_utf8_lossy(&rustc.stderr));
            Command::new(binary)
        }
        Player::Ncat | Player::Twocan => Command::new("sh"),
    };
    if player != Player::Rust {
        command.arg(&path);
    }
    Running::Program(Process::start(command.env("PYTHONUTF8", "1").env("TZ", "UTC")), folder)
}

impl Running {
    /// Runs a server, or a UDP socket that waits.
    fn server(name: &str, player: Player) -> (Self, SocketAddr) {
        let spec = socket(name);
        println!("{name}: {player:?}");
        if player == Player::Twocan {
            let mut bench = Box::new(Bench::new());
            let (id, addr) = match &spec {
                SocketSpec::Udp(udp) => bench.bound(udp),
                tcp => bench.listening(tcp),
            };
            return (Self::Twocan(bench, id), addr);
        }
        let running = program(&spec, player);
        let Self::Program(process, _) = &running else { unreachable!() };
        let line = process.error_line(if matches!(spec, SocketSpec::Udp(_)) { "bound to " } else { "listening on " });
        let addr = line.parse().unwrap();
        (running, addr)
    }

    /// Runs a client of this address.
    fn client(name: &str, player: Player, addr: SocketAddr) -> Self {
        println!("{name}: {player:?}");
        let mut spec = socket(name);
        match &mut spec {
            SocketSpec::TcpClient(client) => client.target = addr.into(),
            SocketSpec::Udp(udp) => udp.connect = Some(addr.into()),
            SocketSpec::TcpServer(_) => panic!("{name} is no client"),
        }
        if player == Player::Twocan {
            let mut bench = Box::new(Bench::new());
            let id = bench.open(&spec);
            return Self::Twocan(bench, id);
        }
        program(&spec, player)
    }

    fn types(&mut self, line: &str) {
        match self {
            Self::Twocan(bench, id) => {
                let id = *id;
                bench.until("open", |bench| matches!(bench.state(id), State::Established | State::Bound));
                bench.engine.command(id, net::Command::Line(line.into())).unwrap();
            }
            Self::Program(process, _) => process.write(format!("{line}\n")),
        }
    }

    /// Waits until it has ended by itself.
    fn ends(self) {
        match self {
            Self::Twocan(mut bench, id) => bench.until("closed", |bench| matches!(bench.state(id), State::Closed(_))),
            Self::Program(process, _) => drop(process.finish().ok()),
        }
    }
}

fn gbk(text: &str) -> Vec<u8> {
    Charset::GBK.encode(text, Unmappable::Refuse).unwrap()
}

#[track_caller]
fn reads(stream: &mut TcpStream, expected: impl AsRef<[u8]>) {
    let expected = expected.as_ref();
    let mut came = vec![0; expected.len()];
    if let Err(error) = stream.read_exact(&mut came) {
        panic!("{error}; {} was to come", expected.escape_ascii());
    }
    assert_eq!(came.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

/// All that comes until the end of the stream.
#[track_caller]
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut came = Vec::new();
    stream.read_to_end(&mut came).unwrap();
    came
}

/// Waits for nothing: a short time without a byte.
#[track_caller]
fn is_silent(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
    let error = stream.read(&mut [0; 1]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
}

#[test]
fn echo_and_sink() {
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let (_running, addr) = Running::server("echo_server", player);
        let mut streams = [peer_stream(addr), peer_stream(addr)];
        for stream in &mut streams {
            let bytes: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
            let mut writer = stream.try_clone().unwrap();
            let sent = bytes.clone();
            let sending = std::thread::Builder::new().spawn(move || {
                writer.write_all(&sent).unwrap();
                writer.shutdown(Shutdown::Write).unwrap();
            });
            assert_eq!(rest(stream), bytes);
            sending.unwrap().join().unwrap();
        }
    }
    let (_running, addr) = Running::server("sink_server", Player::Python);
    let mut stream = peer_stream(addr);
    stream.write_all(b"anything").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut stream), b"");
}

#[test]
fn upper_case_breaks_gbk_and_white_space_ends_it() {
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let (_running, addr) = Running::server("upper_server", player);
        let mut stream = peer_stream(addr);
        stream.write_all(&gbk("exit 間\n")).unwrap();
        reads(&mut stream, gbk("EXIT 镚\n"));
        stream.write_all(b" \t\r\n").unwrap();
        assert_eq!(rest(&mut stream), b"");
    }
}

#[test]
fn one_request_a_connection() {
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let (_running, addr) = Running::server("repr_server", player);
        for (sent, shown) in [(&b"sb"[..], "b'sb'"), (b"it's\\\n\xFF", r#"b"it's\\\n\xff""#)] {
            let mut stream = peer_stream(addr);
            stream.write_all(sent).unwrap();
            assert_eq!(String::from_utf8(rest(&mut stream)).unwrap(), format!("收到了你发送的 {shown}"));
        }
    }
}

#[test]
fn rules_one_after_the_other_in_an_event_loop() {
    for player in BOTH {
        let (_running, addr) = Running::server("gbk_rules_server", player);
        let mut other = peer_stream(addr);
        let mut stream = peer_stream(addr);
        for stream in [&mut other, &mut stream] {
            let name = stream.local_addr().unwrap();
            reads(stream, gbk(&format!("你好 {name}\n")));
        }
        for (sent, answer) in [
            (&gbk("加油\n")[..], gbk("1: 加油 4 BC D3 D3 CD\n")),
            (b"name=12\r\n", b"name is 12, {braces}\n".to_vec()),
            (&gbk("好你\n"), [gbk("好你\n"), b"\0\xFF\n".to_vec()].concat()),
            (b"name=\n", b"name is , {braces}\n".to_vec()),
            (b"abc\n", b"ABC\n".to_vec()),
            (b"\nabc\n", gbk("不懂 b'abc'\n")),
        ] {
            let (one, two) = sent.split_at(sent.len() / 2);
            stream.write_all(one).unwrap();
            stream.write_all(two).unwrap();
            reads(&mut stream, answer);
        }
        stream.write_all(&gbk("再见\nabc\n")).unwrap();
        assert_eq!(rest(&mut stream), gbk("走好\n"));
        other.shutdown(Shutdown::Write).unwrap();
        assert_eq!(rest(&mut other), gbk("结束\n"));
    }
}

#[test]
fn lengths_before_messages() {
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let (_running, addr) = Running::server("prefix_server", player);
        let mut stream = peer_stream(addr);
        for byte in b"\0\0\0\x06hello!" {
            stream.write_all(&[*byte]).unwrap();
        }
        reads(&mut stream, b"\x06\0HELLO!");
        stream.write_all(b"\0\0\0\0").unwrap();
        assert_eq!(rest(&mut stream), "\x03\0one\x03\0two\x09\0three 三".as_bytes());
        // Nothing is waited for that could never come.
        let mut stream = peer_stream(addr);
        stream.write_all(b"\xFF\xFF\xFF\xFF").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(rest(&mut stream), b"");
    }
}

#[test]
fn a_server_that_speaks_first() {
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let (_running, addr) = Running::server("numbers_server", player);
        for _ in 0..2 {
            assert_eq!(rest(&mut peer_stream(addr)), b"i = 1i = 2i = 3i = 4i = 5i = 6i = 7i = 8i = 9");
        }
    }
}

#[test]
fn a_chat_of_three() {
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let (_running, addr) = Running::server("chat_server", player);
        let mut streams: Vec<_> = (0..3).map(|_| peer_stream(addr)).collect();
        // Who was accepted is known once it has said something that came to somebody.
        for _ in 0..2 {
            for at in 0..3 {
                let name = streams[at].local_addr().unwrap();
                let line = format!("{name}: 大家好\r\n");
                let (mut heard, deadline) = (false, Instant::now() + DEADLINE);
                while !heard {
                    assert!(Instant::now() < deadline);
                    streams[at].write_all("大家好\r\n".as_bytes()).unwrap();
                    let mut others = (0..3).filter(|other| *other != at);
                    heard = others.all(|other| hears(&mut streams[other], line.as_bytes()));
                }
            }
        }
    }
}

/// Whether a line came before long; other lines before it do not matter.
fn hears(stream: &mut TcpStream, line: &[u8]) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut came = Vec::new();
    let mut buffer = [0; 4096];
    while !came.windows(line.len()).any(|part| part == line) {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => came.extend_from_slice(&buffer[..count]),
            _ => return false,
        }
    }
    true
}

#[test]
fn a_file_in_both_directions() {
    let size = 5_146_i64;
    for player in BOTH {
        let (_running, addr) = Running::server("file_receiver", player);
        let mut stream = peer_stream(addr);
        reads(&mut stream, gbk("请输入文件名"));
        stream.write_all(&[gbk("样例.txt"), size.to_le_bytes().to_vec()].concat()).unwrap();
        reads(&mut stream, gbk("开始传输"));
        for _ in 0..size {
            stream.write_all(b"x").unwrap();
        }
        assert_eq!(rest(&mut stream), gbk("收到 样例.txt"));
    }
    for player in BOTH {
        let listener = TcpListener::bind(LOCALHOST).unwrap();
        let running = Running::client("file_sender", player, listener.local_addr().unwrap());
        let mut stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(&gbk("请输入文件名")).unwrap();
        reads(&mut stream, gbk("样例.txt"));
        reads(&mut stream, 10_i64.to_le_bytes());
        is_silent(&mut stream);
        stream.write_all(&gbk("开始传输")).unwrap();
        assert_eq!(rest(&mut stream), gbk("你好，世界"));
        drop(stream);
        if player == Player::Python {
            running.ends();
        }
    }
}

#[test]
fn a_web_page() {
    for player in BOTH {
        let (_running, addr) = Running::server("web_server", player);
        for (request, code, text) in [
            ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "<h1>你好 1</h1>"),
            ("POST / HTTP/1.1\r\n\r\n", 405, "15"),
        ] {
            let mut stream = peer_stream(addr);
            stream.write_all(request.as_bytes()).unwrap();
            let bytes = rest(&mut stream);
            let response = http::read(&bytes, "GET", true);
            assert_eq!(response.faults, [], "{}", bytes.escape_ascii());
            assert_eq!(response.status.as_ref().unwrap().code, code);
            assert_eq!(response.charset, Some(Charset::GB2312));
            assert_eq!(response.text(&bytes, Charset::UTF_8), text);
        }
    }
}

#[test]
fn the_tutorials_page_ends_when_the_next_client_comes() {
    for player in BOTH {
        let (_running, addr) = Running::server("page_server", player);
        let mut before: Option<TcpStream> = None;
        for _ in 0..3 {
            let mut stream = peer_stream(addr);
            stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            reads(&mut stream, gbk("HTTP/1.1 200 OK 、\r\n\r\n<h1>你好</h1>"));
            if let Some(mut before) = before.take() {
                assert_eq!(rest(&mut before), b"");
            }
            is_silent(&mut stream);
            before = Some(stream);
        }
    }
}

#[test]
fn a_reset() {
    for player in BOTH {
        let (_running, addr) = Running::server("reset_server", player);
        let mut stream = peer_stream(addr);
        stream.write_all(b"pi").unwrap();
        stream.write_all(b"ngping").unwrap();
        reads(&mut stream, b"pongpong");
        stream.write_all(b"stop").unwrap();
        assert_eq!(stream.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_server_that_ends_after_two_clients() {
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let (running, addr) = Running::server("two_clients_server", player);
        let mut streams = [peer_stream(addr), peer_stream(addr)];
        for stream in &mut streams {
            stream.write_all(b"hi").unwrap();
            assert_eq!(rest(stream), b"hi");
        }
        if let Running::Twocan(mut bench, id) = running {
            bench.until("closed", |bench| bench.state(id) == State::Closed(CloseReason::Served));
        } else {
            running.ends();
        }
    }
}

#[test]
fn what_comes_by_itself() {
    for player in BOTH {
        let (_running, addr) = Running::server("ticking_server", player);
        let mut stream = peer_stream(addr);
        stream.write_all(b"?").unwrap();
        let text = String::from_utf8(rest(&mut stream)).unwrap();
        assert!(text.matches("tick ").count() >= 3, "{text}");
        assert_eq!(text.replace("tick ", ""), "yes");
    }
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let (_running, addr) = Running::server("chargen_server", player);
        let mut stream = peer_stream(addr);
        for first in 0..200_u32 {
            let line: Vec<u8> = (first..first + 72).map(|n| b' ' + (n % 95) as u8).chain(*b"\r\n").collect();
            reads(&mut stream, line);
        }
    }
}

#[test]
fn datagrams() {
    let socket = UdpSocket::bind(LOCALHOST).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let ask = |addr: SocketAddr, datagram: &[u8]| {
        socket.send_to(datagram, addr).unwrap();
        let mut buffer = [0; 2048];
        let (count, from) = socket.recv_from(&mut buffer).unwrap();
        assert_eq!(from, addr);
        buffer[..count].to_vec()
    };
    for player in BOTH {
        let (_running, addr) = Running::server("time_server", player);
        let year = ask(addr, b"%Y");
        assert!(year.len() == 4 && year.starts_with(b"20"), "{}", year.escape_ascii());
        let date = ask(addr, b"");
        assert!(date.starts_with(&year) && date.len() == 10, "{}", date.escape_ascii());
        assert_eq!(ask(addr, "%%年%n".as_bytes()), "%年\n".as_bytes());
        socket.send_to(b"%Y\0", addr).unwrap();
        if player == Player::Twocan {
            // To Twocan a zero byte is a character like others.
            socket.recv(&mut [0; 64]).unwrap();
        }
        assert_eq!(ask(addr, b"868").len(), 4);
        assert!(ask(addr, b"868")[0] >= 0xEE);

        let (running, addr) = Running::server("udp_rules", player);
        assert_eq!(ask(addr, "你".as_bytes()), [gbk("你，"), b"\0\x01".to_vec()].concat());
        assert_eq!(ask(addr, "héé".as_bytes()), "héé".as_bytes());
        let mut buffer = [0; 64];
        let count = socket.recv(&mut buffer).unwrap();
        assert_eq!(buffer[..count], gbk("HÉÉ".replace('É', "?").as_str()));
        socket.send_to(b"", addr).unwrap();
        running.ends();
    }
}

#[test]
fn clients_with_a_script() {
    for player in [Player::Twocan, Player::Python, Player::Rust, Player::Ncat] {
        let listener = TcpListener::bind(LOCALHOST).unwrap();
        let running = Running::client("repr_client", player, listener.local_addr().unwrap());
        let mut stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        reads(&mut stream, b"sb");
        stream.write_all("收到了你发送的 b'sb'".as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(rest(&mut stream), b"");
        if let Running::Program(process, _) = &running {
            process.says("收到了你发送的 b'sb'");
        }
        running.ends();
    }
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let socket = UdpSocket::bind(LOCALHOST).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let running = Running::client("udp_client", player, socket.local_addr().unwrap());
        let mut buffer = [0; 64];
        let (count, peer) = socket.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..count], b"sb");
        socket.send_to("服务端收到了你传的 b'sb'".as_bytes(), peer).unwrap();
        running.ends();
    }
}

#[test]
fn clients_of_a_person() {
    for player in [Player::Twocan, Player::Python, Player::Rust] {
        let listener = TcpListener::bind(LOCALHOST).unwrap();
        let mut running = Running::client("ping_pong_client", player, listener.local_addr().unwrap());
        let mut stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        for line in ["你好", "", "再问"] {
            running.types(line);
        }
        reads(&mut stream, "你好");
        is_silent(&mut stream);
        stream.write_all(b"one").unwrap();
        reads(&mut stream, "再问");
        stream.write_all(b"two").unwrap();
        running.types("q");
        assert_eq!(rest(&mut stream), b"");
        drop(stream);
        running.ends();
    }
    for player in BOTH {
        let listener = TcpListener::bind(LOCALHOST).unwrap();
        let mut running = Running::client("free_client", player, listener.local_addr().unwrap());
        let mut stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        running.types("第一");
        reads(&mut stream, gbk("第一"));
        stream.write_all(&gbk("不等")).unwrap();
        running.types("第二");
        reads(&mut stream, gbk("第二"));
        running.types("exit");
        assert_eq!(rest(&mut stream), b"exit");
        stream.write_all(b"exit").unwrap();
        drop(stream);
        if player == Player::Python {
            running.ends();
        }
    }
}
