//! Saved captures read by `tshark`, which is nobody of ours: it finds nothing wrong with a packet, every checksum comes out,
//! and a stream that it follows is exactly the bytes that were sent.
//!
//! Behind the feature `peers`; `.ci/run` installs `tshark`. Real sockets on loopback, every port 0, nothing sleeps.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

mod support;

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener},
    path::Path,
    process::Command as Program,
};

use jiff::tz::TimeZone;
use support::bench::{Bench, LOCALHOST};
use tempfile::TempDir;
use twocan::{
    export::{Context, Format, Summary, export},
    journal::{SocketId, State},
    net::{Command, Responder, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec},
    text::{Charset, hex},
};

/// A file of all rows, which goes with it.
struct Capture {
    folder: TempDir,
    summary: Summary,
}

impl Capture {
    fn of(bench: &Bench) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let context = Context {
            charset: Charset::UTF_8,
            epoch: bench.engine.epoch(),
            zone: TimeZone::UTC,
            sockets: &bench.sockets,
            gone: 0,
            unseen: 0,
        };
        let file = File::create(folder.path().join("saved.pcapng")).unwrap();
        let rows = bench.journal.range();
        let summary = export(file, Format::Pcapng, &bench.journal, rows, &context).unwrap();
        let capture = Self { folder, summary };
        capture.is_sound();
        capture
    }

    /// No packet is malformed, no checksum wrong, and nothing is found missing, twice, or out of order.
    fn is_sound(&self) {
        let complaints = self.tshark(&[
            "-Y",
            "_ws.malformed || _ws.expert.severity >= \"Warning\" || tcp.analysis.flags || ip.checksum.status == \"Bad\" \
             || tcp.checksum.status == \"Bad\" || udp.checksum.status == \"Bad\"",
        ]);
        // A RST is a warning to tshark, and that is what it is.
        let complaints: Vec<_> = complaints.lines().filter(|line| !line.contains("[RST")).collect();
        assert!(complaints.is_empty(), "{complaints:#?}\n{}", self.tshark(&[]));
        let checked = self.tshark(&["-Y", "tcp.checksum.status == \"Good\" || udp.checksum.status == \"Good\""]);
        assert_eq!(checked.lines().count(), self.tshark(&[]).lines().count());
    }

    fn tshark(&self, arguments: &[&str]) -> String {
        run(&self.folder.path().join("saved.pcapng"), arguments)
    }

    /// Both directions of a stream, the client's first.
    fn follow(&self, stream: usize) -> (Vec<u8>, Vec<u8>) {
        let text = self.tshark(&["-q", "-z", &format!("follow,tcp,raw,{stream}")]);
        let (mut there, mut back) = (Vec::new(), Vec::new());
        for line in text.lines() {
            // The answers are indented.
            let (bytes, digits) = match line.strip_prefix('\t') {
                Some(digits) => (&mut back, digits),
                None => (&mut there, line),
            };
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                bytes.extend(hex::parse(digits).unwrap());
            }
        }
        (there, back)
    }
}

fn run(file: &Path, arguments: &[&str]) -> String {
    let checks = ["tcp.check_checksum:TRUE", "udp.check_checksum:TRUE", "ip.check_checksum:TRUE"];
    let mut program = Program::new("tshark");
    program.env("LANG", "C.UTF-8").arg("-r").arg(file);
    for check in checks {
        program.args(["-o", check]);
    }
    let ended = program.args(arguments).output().expect("tshark is installed");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{said}");
    // All that it may say is that it runs as root.
    assert!(said.lines().all(|line| line.contains("root") || line.trim().is_empty()), "{said}");
    String::from_utf8(ended.stdout).unwrap()
}

fn server(address: &str, responder: Responder) -> SocketSpec {
    let address = address.parse().unwrap();
    SocketSpec::TcpServer(TcpServerSpec { address, responder, close_on_end: true, ..TcpServerSpec::default() })
}

fn connected(bench: &mut Bench, to: std::net::SocketAddr) -> SocketId {
    let spec = SocketSpec::TcpClient(TcpClientSpec { target: to.into(), ..TcpClientSpec::default() });
    let id = bench.open(&spec);
    bench.until("connected", |bench| bench.state(id) == State::Established);
    id
}

fn send(bench: &Bench, id: SocketId, bytes: &[u8], to: Option<std::net::SocketAddr>) {
    bench.engine.command(id, Command::Send { bytes: bytes.to_vec(), to }).unwrap();
}

fn hosts() -> &'static [&'static str] {
    if TcpListener::bind("[::1]:0").is_ok() { &[LOCALHOST, "[::1]:0"] } else { &[LOCALHOST] }
}

#[test]
fn both_ends_in_one_program_are_one_stream() {
    for host in hosts() {
        let mut bench = Bench::new();
        let (listener, address) = bench.listening(&server(host, Responder::Echo));
        let client = connected(&mut bench, address);
        let long: Vec<u8> = (0..300_000_u32).map(|i| (i % 253) as u8).collect();
        let messages = [&b"hello"[..], "你好，世界".as_bytes(), &long];
        for message in messages {
            send(&bench, client, message, None);
        }
        let all = messages.concat();
        let heard = |bench: &Bench| bench.bytes(client, twocan::journal::Direction::In).len();
        bench.until("echoed", |bench| heard(bench) == all.len());
        bench.engine.command(client, Command::HalfClose).unwrap();
        let connection = bench.connection(listener, 0);
        bench.until("closed", |bench| !bench.state(connection).is_open());
        bench.engine.command(client, Command::Close).ok();
        bench.until("closed", |bench| !bench.state(client).is_open());

        let capture = Capture::of(&bench);
        assert_eq!(capture.summary.bytes, 2 * all.len() as u64);
        assert_eq!(capture.follow(0), (all.clone(), all), "{host}");
        let flags = capture.tshark(&["-T", "fields", "-e", "tcp.flags.str"]);
        assert_eq!(flags.matches('S').count(), 2, "{flags}");
        assert_eq!(flags.matches('F').count(), 2, "{flags}");
        let comments = capture.tshark(&["-T", "fields", "-e", "frame.comment"]);
        assert!(
            comments.lines().all(|line| line.starts_with("synthesised by Twocan from socket calls: ")),
            "{comments}"
        );
    }
}

#[test]
fn of_a_stream_with_a_foreign_end_both_directions_are_there() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let mut bench = Bench::new();
    let client = connected(&mut bench, listener.local_addr().unwrap());
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    send(&bench, client, b"i = 1", None);
    send(&bench, client, b"i = 2", None);
    peer.read_exact(&mut [0; 10]).unwrap();
    peer.write_all(b"ten bytes.").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    bench.until("the end", |bench| bench.state(client) == State::CloseWait);
    bench.engine.command(client, Command::Close).unwrap();
    bench.until("closed", |bench| !bench.state(client).is_open());
    let capture = Capture::of(&bench);
    assert_eq!(capture.follow(0), (b"i = 1i = 2".to_vec(), b"ten bytes.".to_vec()));
    // The times are those of the calls.
    let first = capture.tshark(&["-T", "fields", "-e", "frame.time_epoch", "-c", "1"]);
    let epoch = bench.engine.epoch().wall_time(bench.journal.row(0).unwrap().record.at);
    let epoch = epoch.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(first.trim(), format!("{}.{:09}", epoch.as_secs(), epoch.subsec_nanos()));
}

#[test]
fn datagrams_are_there_once_with_their_bytes() {
    for host in hosts() {
        let mut bench = Bench::new();
        let spec = |responder| UdpSpec { address: host.parse().unwrap(), responder, ..UdpSpec::default() };
        let (echo, there) = bench.bound(&spec(Responder::Echo));
        let (here, _) = bench.bound(&spec(Responder::None));
        let messages = [b"".to_vec(), "传声筒".into(), vec![7; 9_000]];
        for (message, n) in messages.iter().zip(1..) {
            send(&bench, here, message, Some(there));
            bench.until("answered", |bench| bench.rows(here, twocan::journal::Direction::In) == n);
        }
        assert_eq!(bench.rows(echo, twocan::journal::Direction::Out), 3);
        let capture = Capture::of(&bench);
        let told = capture.tshark(&["-T", "fields", "-e", "udp.length", "-e", "udp.payload"]);
        let told: Vec<_> = told
            .lines()
            .map(|line| {
                let (length, payload) = line.split_once('\t').unwrap();
                assert_eq!(length.parse::<usize>().unwrap(), 8 + payload.len() / 2);
                hex::parse(payload).unwrap()
            })
            .collect();
        let expected: Vec<_> = messages.iter().flat_map(|message| [message.clone(), message.clone()]).collect();
        assert_eq!(told, expected, "{host}");
    }
}

#[test]
fn a_refused_and_a_reset_connection_are_what_they_are() {
    let listener = TcpListener::bind(LOCALHOST).unwrap();
    let free = listener.local_addr().unwrap();
    let mut bench = Bench::new();
    let client = connected(&mut bench, free);
    bench.engine.command(client, Command::Abort).unwrap();
    bench.until("aborted", |bench| !bench.state(client).is_open());
    drop(listener);
    let spec = SocketSpec::TcpClient(TcpClientSpec { target: free.into(), ..TcpClientSpec::default() });
    let refused = bench.open(&spec);
    bench.until("refused", |bench| !bench.state(refused).is_open());
    let capture = Capture::of(&bench);
    let resets = capture.tshark(&["-Y", "tcp.flags.reset == 1", "-T", "fields", "-e", "tcp.stream"]);
    assert_eq!(resets.lines().collect::<Vec<_>>(), ["0", "1"]);
}
