//! Files across loopback, from file to file through the page cache, against the programs that people use for it.
//!
//! `framed` and `raw`, with their hashes, beside `ncat`, `socat -b 262144`, `nc` and `cp`, which have none, and beside bare
//! loops, which say what this computer can do at all. All take turns, so that whatever else slows the computer down slows
//! all of them. Then the memory of the program at sizes from a mebibyte to a gibibyte, and five thousand files of a
//! kibibyte in one connection, beside a connection for each. Every copy is compared with its source. A program that is
//! not there is left out and said so. The numbers are told, not judged. `cargo bench --bench transfer`, with `-- --quick`
//! for a short run.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a program that measures: plain output, and failing loudly"
)]

#[path = "support/bare.rs"]
mod bare;
#[path = "../tests/support/memory.rs"]
mod memory;

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

use bare::Bare;
use tempfile::TempDir;
use twocan::{
    net::Endpoint,
    transfer::{Accept, Notice, Policy, ReceiveSpec, SendOptions, SendSpec, Transfers, Way},
};

/// Runs once; `None` where it is not here.
type Run = fn(&Path, &Path) -> Option<Duration>;

/// What takes turns, and whether it has no hash to compute and is what the two ways are measured against.
const RUNS: [(&str, bool, Run); 9] = [
    ("cp", false, cp),
    ("ncat", true, ncat),
    ("socat -b 262144", true, socat),
    ("nc", true, nc),
    ("bare loops", false, |source, around| bare(Bare::Plain, source, around)),
    ("bare loops, hashed", false, |source, around| bare(Bare::Hashed, source, around)),
    ("bare loops, sendfile", false, |source, around| bare(Bare::Sendfile, source, around)),
    (RAW, false, |source, around| Some(across(&[source.to_owned()], Way::Raw, around, 1))),
    (FRAMED, false, |source, around| Some(across(&[source.to_owned()], Way::Framed, around, 1))),
];
const RAW: &str = "raw";
const FRAMED: &str = "framed";

fn main() {
    let quick = env::args().any(|argument| argument == "--quick");
    let (bytes, rounds, small) = if quick { (256 << 20, 5, 500) } else { (512 << 20, 15, 5_000) };
    // Not in /tmp, which may be memory: beside the build, where files lie that people send.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let source = folder.path().join("source.bin");
    write_random(&source, bytes);
    one_file(&source, bytes, rounds, folder.path());
    memory(if quick { &[1, 64, 256] } else { &[1, 64, 1024] }, folder.path());
    many_files(small, folder.path());
}

fn one_file(source: &Path, bytes: u64, rounds: usize, around: &Path) {
    println!("One file of {} MiB, {rounds} rounds in turns, MB/s: best and middle", bytes >> 20);
    let mut rates = [const { Vec::new() }; RUNS.len()];
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..rounds {
        // In another order each time: what one leaves behind (page cache, free memory in pieces) meets another one.
        let mut turns: Vec<_> = RUNS.iter().zip(&mut rates).collect();
        random.shuffle(&mut turns);
        for ((_, _, run), rates) in turns {
            let took = run(source, around);
            rates.extend(took.map(|took| bytes as f64 / took.as_secs_f64() / 1e6));
        }
    }
    let of = |rates: &mut Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        Some((*rates.last()?, *rates.get(rates.len() / 2)?))
    };
    let results: Vec<_> =
        RUNS.iter().zip(&mut rates).map(|(&(name, peer, _), rates)| (name, peer, of(rates))).collect();
    let better = |one: (f64, f64), (best, middle): (f64, f64)| (one.0.max(best), one.1.max(middle));
    let fastest = results.iter().filter(|(_, peer, _)| *peer).filter_map(|(.., rates)| *rates).reduce(better);
    let copy = results.iter().find(|(name, ..)| *name == "cp").and_then(|(.., rates)| *rates);
    for (name, _, rates) in results {
        let Some((best, middle)) = rates else {
            println!("  {name:<24} is not here: left out");
            continue;
        };
        print!("  {name:<24} {best:>6.0} {middle:>6.0}");
        if let (RAW | FRAMED, Some(fastest), Some(copy)) = (name, fastest, copy) {
            let (of_best, of_middle) = (best / fastest.0, middle / fastest.1);
            print!("   {of_best:.2} and {of_middle:.2} of the fastest program");
            print!(", {:.2} and {:.2} of cp", best / copy.0, middle / copy.1);
        }
        println!();
    }
}

fn bare(how: Bare, source: &Path, around: &Path) -> Option<Duration> {
    let target = around.join("copy.bin");
    fs::remove_file(&target).ok();
    let took = bare::across(how, source, &target)?;
    Some(finished(source, &target, took))
}

/// The most memory that the program has, on each side, for files of so many mebibytes.
fn memory(sizes: &[u64], around: &Path) {
    println!("Memory of the program at its peak");
    for way in [Way::Raw, Way::Framed] {
        for &size in sizes {
            let source = around.join("sized.bin");
            File::create(&source).and_then(|file| file.set_len(size << 20)).expect("room");
            let into = TempDir::new_in(around).expect("a folder");
            let name = way.name();
            match memory::peaks(Path::new(env!("CARGO_BIN_EXE_twocan")), name, &source, into.path()) {
                Some((sender, receiver)) => println!(
                    "  {name:<8} {size:>5} MiB   sender {:>5.1} MB, receiver {:>5.1} MB",
                    sender as f64 / 1e6,
                    receiver as f64 / 1e6
                ),
                None => println!("  {name:<8} this system does not tell"),
            }
        }
    }
}

fn many_files(count: usize, around: &Path) {
    println!("{count} files of 1 KiB");
    let many = around.join("many");
    fs::create_dir(&many).expect("a folder");
    for n in 0..count {
        fs::write(many.join(format!("{n}.bin")), [n as u8; 1024]).expect("a file");
    }
    let each = across(std::slice::from_ref(&many), Way::Raw, around, count);
    println!("  {:<24} {:>8.0} ms", "raw, a connection each", each.as_secs_f64() * 1e3);
    let one = across(std::slice::from_ref(&many), Way::Framed, around, count);
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

fn cp(source: &Path, around: &Path) -> Option<Duration> {
    let target = around.join("copy.bin");
    fs::remove_file(&target).ok();
    let start = Instant::now();
    let done = Command::new("cp").arg("--reflink=never").arg(source).arg(&target).status().ok()?;
    let took = start.elapsed();
    assert!(done.success(), "cp");
    Some(finished(source, &target, took))
}

fn ncat(source: &Path, around: &Path) -> Option<Duration> {
    let port = free_port().to_string();
    let listen = ["-l", "--recv-only", "127.0.0.1", &port];
    piped(source, around, ("ncat", &listen), ("ncat", &["--send-only", "127.0.0.1", &port]), &port)
}

fn socat(source: &Path, around: &Path) -> Option<Duration> {
    let port = free_port().to_string();
    let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1");
    let connect = format!("TCP:127.0.0.1:{port}");
    let receive: [&str; 5] = ["-u", "-b", "262144", &listen, "STDOUT"];
    let send: [&str; 5] = ["-u", "-b", "262144", "STDIN", &connect];
    piped(source, around, ("socat", &receive), ("socat", &send), &port)
}

fn nc(source: &Path, around: &Path) -> Option<Duration> {
    let port = free_port().to_string();
    piped(source, around, ("nc", &["-l", "127.0.0.1", &port]), ("nc", &["-N", "127.0.0.1", &port]), &port)
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
