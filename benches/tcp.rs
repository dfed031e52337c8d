//! The three server models against the plainest echo server that std can make: a thread a client, `read`, `write_all`.
//!
//! Round trips of 64 bytes, throughput of one connection that is echoed whole, and a thousand connections at once on
//! the event loop. A round trip is two wake-ups, and what one costs depends on whether client and server share a core: so
//! round trips are measured twice, wherever the system puts the two, and all on one core (with `taskset`, where there is
//! one). Only the second tells what the servers themselves need. Everything that Twocan reads and writes is also recorded and pushed into a journal meanwhile; the
//! plain server records nothing. `cargo bench --bench tcp`, with `-- --quick` for a short run.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a program that measures: plain output, and failing loudly"
)]

#[path = "support/mod.rs"]
mod support;

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread::{self, Builder},
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};
use support::{Bench, line};
use twocan::net::{Responder, ServerModel, SocketSpec, TcpServerSpec};

const BACKLOG: i32 = 1024;

const MODELS: [(&str, ServerModel); 3] = [
    ("one client at a time", ServerModel::Sequential),
    ("a thread a client", ServerModel::Threads),
    ("an event loop", ServerModel::EventLoop),
];

/// In this run everything is on one core, and only round trips are measured.
const ONE_CORE: &str = "--one-core";
/// How often each server's round trips are measured, in turn: the median is told.
const ROUNDS: usize = 5;

fn main() {
    let quick = support::quick();
    let trips = if quick { 3_000 } else { 30_000 };
    let bytes = if quick { 64 << 20 } else { 512 << 20 };

    if std::env::args().any(|argument| argument == ONE_CORE) {
        println!("TCP echo, round trips of 64 bytes, client and server on one core");
        return round_trips(trips);
    }
    println!("TCP echo, round trips of 64 bytes, wherever the system puts client and server");
    round_trips(trips);
    if !on_one_core() {
        println!("(no taskset here, so not on one core)");
    }

    println!("TCP echo, throughput of one connection");
    let baseline = throughput(plain(), bytes);
    line("  plain threads", &per_second(baseline), None);
    for (name, model) in MODELS {
        let server = echo(model);
        let rate = throughput(server.address, bytes);
        line(&format!("  {name}"), &per_second(rate), Some(rate / baseline));
    }

    println!("TCP echo, 1000 connections at once, each asked ten times");
    // The engine comes first, because it raises the limit of descriptors: this needs two thousand.
    let server = echo(ServerModel::EventLoop);
    let baseline = crowd(plain(), 1000);
    line("  plain threads", &millis(baseline), None);
    let took = crowd(server.address, 1000);
    line("  an event loop", &millis(took), Some(baseline.as_secs_f64() / took.as_secs_f64()));
}

/// Runs this bench again, with the first core that it may have and no other; `false` where that cannot be done.
fn on_one_core() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or("0");
    let core: String = allowed.trim().chars().take_while(char::is_ascii_digit).collect();
    let this = std::env::current_exe().expect("a path to this program");
    let status =
        Command::new("taskset").args(["-c", &core]).arg(this).args(std::env::args().skip(1)).arg(ONE_CORE).status();
    status.is_ok_and(|status| status.success())
}

/// Round trips with each server, and how the medians compare.
fn round_trips(trips: u32) {
    let servers: Vec<_> = MODELS.iter().map(|(_, model)| echo(*model)).collect();
    let addresses: Vec<_> = [plain()].into_iter().chain(servers.iter().map(|server| server.address)).collect();
    let mut took = vec![Vec::new(); addresses.len()];
    for _ in 0..ROUNDS {
        for (took, address) in took.iter_mut().zip(&addresses) {
            took.push(round_trip(*address, trips / ROUNDS as u32));
        }
    }
    let mut medians = took.iter_mut().map(|took| {
        took.sort_unstable();
        took[ROUNDS / 2]
    });
    let baseline = medians.next().expect("the plain one is the first");
    line("  plain threads", &micros(baseline), None);
    for ((name, _), median) in MODELS.iter().zip(medians) {
        line(&format!("  {name}"), &micros(median), Some(baseline.as_secs_f64() / median.as_secs_f64()));
    }
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

fn millis(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

fn per_second(rate: f64) -> String {
    format!("{:.0} MB/s", rate / 1e6)
}

fn echo(model: ServerModel) -> Bench {
    Bench::open(&SocketSpec::TcpServer(TcpServerSpec {
        model,
        backlog: BACKLOG as u32,
        responder: Responder::Echo,
        ..TcpServerSpec::default()
    }))
}

/// The baseline. Its thread and those of its clients end with the program.
fn plain() -> SocketAddr {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("loopback");
    // std would listen with 128, and the 129th client waits a second for its second SYN.
    socket.listen(BACKLOG).expect("a listener");
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().expect("an address");
    let serve = move || {
        for client in listener.incoming().flatten() {
            let answer = move || {
                let mut client = client;
                let mut buffer = vec![0; 16 * 1024];
                while let Ok(n @ 1..) = client.read(&mut buffer) {
                    if client.write_all(&buffer[..n]).is_err() {
                        return;
                    }
                }
            };
            // Small stacks: there may be a thousand.
            Builder::new().name("client".into()).stack_size(64 << 10).spawn(answer).expect("a thread");
        }
    };
    Builder::new().name("plain".into()).spawn(serve).expect("a thread");
    address
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("loopback");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream
}

/// The mean time from a send to its echo.
fn round_trip(address: SocketAddr, trips: u32) -> Duration {
    let mut stream = connect(address);
    let mut buffer = [0x55; 64];
    let mut trip = || {
        stream.write_all(&buffer).expect("it takes 64 bytes");
        stream.read_exact(&mut buffer).expect("an echo");
    };
    (0..200).for_each(|_| trip());
    let start = Instant::now();
    (0..trips).for_each(|_| trip());
    start.elapsed() / trips
}

/// Bytes a second that went out and came back.
fn throughput(address: SocketAddr, bytes: usize) -> f64 {
    let stream = connect(address);
    let mut reader = stream.try_clone().expect("a second handle");
    let start = Instant::now();
    let counted = thread::scope(|scope| {
        scope.spawn(|| {
            let block = vec![0x55; 64 << 10];
            let mut writer = &stream;
            for _ in 0..bytes / block.len() {
                writer.write_all(&block).expect("it takes all");
            }
            stream.shutdown(std::net::Shutdown::Write).expect("a half-close");
        });
        let mut buffer = vec![0; 64 << 10];
        let mut counted = 0;
        loop {
            match reader.read(&mut buffer).expect("an echo") {
                0 => return counted,
                n => counted += n,
            }
        }
    });
    assert_eq!(counted, bytes, "every byte comes back");
    bytes as f64 / start.elapsed().as_secs_f64()
}

/// From the first connect until every one of so many connections has had ten answers.
fn crowd(address: SocketAddr, clients: usize) -> Duration {
    let start = Instant::now();
    let mut streams: Vec<TcpStream> = (0..clients).map(|_| connect(address)).collect();
    for round in 0..10_u8 {
        for (number, stream) in streams.iter_mut().enumerate() {
            stream.write_all(&message(number, round)).expect("it takes a message");
        }
        for (number, stream) in streams.iter_mut().enumerate() {
            let mut answer = [0; 32];
            stream.read_exact(&mut answer).expect("an echo");
            assert_eq!(answer, message(number, round), "each connection gets its own bytes");
        }
    }
    start.elapsed()
}

fn message(number: usize, round: u8) -> [u8; 32] {
    let mut bytes = [round; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes
}
