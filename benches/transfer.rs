//! Files across loopback, from file to file through the page cache, against the programs that people use for it.
//!
//! `framed` and `raw`, with their hashes, beside `ncat`, `socat -b 262144`, `nc` and `cp` in the same run; then five
//! thousand files of a kibibyte in one connection, beside a connection for each. Every copy is compared with its source. A
//! program that is not there is left out and said so. `cargo bench --bench transfer`, with `-- --quick` for a short run.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a program that measures: plain output, and failing loudly"
)]

use std::{
    env,
    fs::{self, File},
    io::{Read, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use twocan::{
    net::Endpoint,
    transfer::{Accept, Notice, Policy, ReceiveSpec, SendOptions, SendSpec, Transfers, Way},
};

fn main() {
    let quick = env::args().any(|argument| argument == "--quick");
    let (bytes, rounds, small) = if quick { (256 << 20, 2, 500) } else { (1 << 30, 5, 5_000) };
    // Not in /tmp, which may be memory: beside the build, where files lie that people send.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let source = folder.path().join("source.bin");
    write_random(&source, bytes);

    println!("One file of {} MiB, the best of {rounds}", bytes >> 20);
    let mut best = 0.0_f64;
    let mut copy = 0.0;
    for (name, run) in peers() {
        let Some(rate) = measure(rounds, bytes, || run(&source, folder.path())) else {
            println!("  {name:<24} is not here: left out");
            continue;
        };
        println!("  {name:<24} {:>8.0} MB/s", rate / 1e6);
        if name == "cp" { copy = rate } else { best = best.max(rate) }
    }
    let before = peak_memory();
    for way in [Way::Raw, Way::Framed] {
        let rate = measure(rounds, bytes, || Some(across(std::slice::from_ref(&source), way, folder.path(), 1)));
        let rate = rate.expect("it is here");
        let (to_best, to_copy) = (rate / best, rate / copy);
        let name = way.name();
        println!("  {name:<24} {:>8.0} MB/s   {to_best:>5.2} of the fastest, {to_copy:>5.2} of cp", rate / 1e6);
    }
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        println!("  memory at its peak grew by {:.1} MB, whatever the size", (after - before) / 1e6);
    }

    println!("{small} files of 1 KiB");
    let many = folder.path().join("many");
    fs::create_dir(&many).expect("a folder");
    for n in 0..small {
        fs::write(many.join(format!("{n}.bin")), [n as u8; 1024]).expect("a file");
    }
    let each = across(std::slice::from_ref(&many), Way::Raw, folder.path(), small);
    println!("  {:<24} {:>8.0} ms", "raw, a connection each", each.as_secs_f64() * 1e3);
    let one = across(std::slice::from_ref(&many), Way::Framed, folder.path(), small);
    let times = each.as_secs_f64() / one.as_secs_f64();
    println!("  {:<24} {:>8.0} ms   {times:>5.1} times as fast", "framed, one connection", one.as_secs_f64() * 1e3);
}

fn write_random(path: &Path, bytes: u64) {
    let mut file = File::create(path).expect("a file");
    let mut random = fastrand::Rng::with_seed(7);
    let mut block = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        random.fill(&mut block);
        file.write_all(&block).expect("room");
    }
    // So that writing it back does not fall into what is measured.
    file.sync_all().expect("a disk");
}

/// Bytes a second of the quickest round.
fn measure(rounds: u32, bytes: u64, mut run: impl FnMut() -> Option<Duration>) -> Option<f64> {
    let mut best: Option<Duration> = None;
    for _ in 0..rounds {
        let took = run()?;
        best = Some(best.map_or(took, |best| best.min(took)));
    }
    best.map(|best| bytes as f64 / best.as_secs_f64())
}

/// Sends with one service and receives with another, and compares.
fn across(paths: &[PathBuf], way: Way, around: &Path, files: usize) -> Duration {
    let into = TempDir::new_in(around).expect("a folder");
    let (sender, receiver) = (Transfers::new(Arc::new(())), Transfers::new(Arc::new(())));
    let policy = Policy { accept: Accept::All, name: Some("received.bin".into()), senders: 64, ..Policy::default() };
    receiver.receive(ReceiveSpec { policy, ..ReceiveSpec::into_folder(into.path(), way) });
    let to = loop {
        if let Notice::Listening(_, address) = receiver.notices().recv().expect("it lives") {
            break address;
        }
    };
    let start = Instant::now();
    let id =
        sender.send(SendSpec { paths: paths.to_vec(), to: Endpoint::from(to), way, options: SendOptions::default() });
    loop {
        // The receiver's notices are not fetched meanwhile: it goes on all the same.
        if let Notice::Ended(ended, outcome) = sender.notices().recv().expect("it lives")
            && ended == id
        {
            outcome.result.as_ref().expect("it arrives");
            break;
        }
    }
    let took = start.elapsed();
    drop(receiver);
    if let [path] = paths
        && path.is_file()
    {
        let name = if way == Way::Raw { "received.bin".into() } else { path.file_name().expect("a name").to_owned() };
        same(path, &into.path().join(name));
    } else {
        let count = |folder: &Path| fs::read_dir(folder).expect("a folder").count();
        let folder = if way == Way::Raw { into.path().to_owned() } else { into.path().join("many") };
        assert_eq!(count(&folder), files, "every file is there");
    }
    took
}

type Peer = fn(&Path, &Path) -> Option<Duration>;

fn peers() -> [(&'static str, Peer); 4] {
    [
        ("cp", |source, around| {
            let target = around.join("copy.bin");
            fs::remove_file(&target).ok();
            let start = Instant::now();
            let done = Command::new("cp").arg("--reflink=never").arg(source).arg(&target).status().ok()?;
            let took = start.elapsed();
            assert!(done.success(), "cp");
            Some(finished(source, &target, took))
        }),
        ("ncat", |source, around| {
            let port = free_port().to_string();
            let listen = ["-l", "--recv-only", "127.0.0.1", &port];
            piped(source, around, ("ncat", &listen), ("ncat", &["--send-only", "127.0.0.1", &port]), &port)
        }),
        ("socat -b 262144", |source, around| {
            let port = free_port().to_string();
            let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1");
            let connect = format!("TCP:127.0.0.1:{port}");
            let receive: [&str; 5] = ["-u", "-b", "262144", &listen, "STDOUT"];
            let send: [&str; 5] = ["-u", "-b", "262144", "STDIN", &connect];
            piped(source, around, ("socat", &receive), ("socat", &send), &port)
        }),
        ("nc", |source, around| {
            let port = free_port().to_string();
            piped(source, around, ("nc", &["-l", "127.0.0.1", &port]), ("nc", &["-N", "127.0.0.1", &port]), &port)
        }),
    ]
}

/// A receiver that writes a file and a sender that reads one; from the sender's start to the receiver's end.
fn piped(
    source: &Path,
    around: &Path,
    (receiver, receives): (&str, &[&str]),
    (sender, sends): (&str, &[&str]),
    port: &str,
) -> Option<Duration> {
    let target = around.join("copy.bin");
    fs::remove_file(&target).ok();
    let spawn = |program: &str, arguments: &[&str], input: Stdio, output: Stdio| -> Option<Child> {
        Command::new(program).args(arguments).stdin(input).stdout(output).stderr(Stdio::null()).spawn().ok()
    };
    let output = File::create(&target).expect("a file");
    let mut receiving = spawn(receiver, receives, Stdio::null(), output.into())?;
    wait_for(port);
    let start = Instant::now();
    let mut sending = spawn(sender, sends, File::open(source).expect("a file").into(), Stdio::null())?;
    assert!(sending.wait().expect("it ends").success(), "{sender}");
    receiving.wait().expect("it ends");
    Some(finished(source, &target, start.elapsed()))
}

fn finished(source: &Path, target: &Path, took: Duration) -> Duration {
    same(source, target);
    fs::remove_file(target).expect("a file");
    took
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("loopback").port()
}

/// Waits until somebody listens there. Connecting would take the only connection that `nc` accepts.
fn wait_for(port: &str) {
    let port: u16 = port.parse().expect("a port");
    let local = format!("0100007F:{port:04X} 00000000:0000 0A");
    let deadline = Instant::now() + Duration::from_secs(10);
    while !fs::read_to_string("/proc/net/tcp").expect("Linux").contains(&local) {
        assert!(Instant::now() < deadline, "nobody listens on port {port}");
        std::thread::yield_now();
    }
}

fn same(one: &Path, other: &Path) {
    let (mut one, mut other) = (File::open(one).expect("a file"), File::open(other).expect("a file"));
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let n = one.read(&mut left).expect("it can be read");
        let right = &mut right[..n.max(1)];
        if n == 0 {
            assert_eq!(other.read(right).expect("it can be read"), 0, "more came than was sent");
            return;
        }
        other.read_exact(right).expect("less came than was sent");
        assert!(left[..n] == *right, "other bytes came than were sent");
    }
}

/// The most memory that this program has had, in bytes, where the system tells.
fn peak_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok().map(|kibibytes: f64| kibibytes * 1024.0)
}
