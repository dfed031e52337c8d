//! Files to and from programs that are not Twocan: ncat, socat, nc and Python's sockets for `raw`, and our rewrites of the
//! tutorial's file helper (P20 and P21, their mistakes included) for `helper`, ten runs each.
//!
//! Behind the feature `peers`, because it needs those programs; `.ci/run` installs them. Every port is 0 and asked for,
//! where the program can be asked.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "the helpers of tests fail by panicking, and tell what they are at"
)]

#[path = "transfer/bench.rs"]
#[allow(dead_code, reason = "shared with another test, which uses more of it")]
mod bench;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use bench::{Bench, all, bytes, ended, next_ended};
use process::Process;
use twocan::transfer::{FileEnd, Policy, Way};

/// How often each conversation with a helper is held.
const RUNS: u64 = 10;
const SIZES: [usize; 4] = [0, 12, 300_001, 5 << 20];

/// Takes one connection and writes it to standard output, or sends standard input to one.
const PYTHON_RECEIVES: &str = "
import socket, sys
server = socket.create_server(('127.0.0.1', int(sys.argv[1])))
connection, _ = server.accept()
while data := connection.recv(65536):
    sys.stdout.buffer.write(data)
sys.stdout.buffer.flush()
connection.close()
";
const PYTHON_SENDS: &str = "
import socket, sys
client = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
client.sendfile(sys.stdin.buffer)
client.shutdown(socket.SHUT_WR)
client.recv(1)
";

/// Programs that receive to standard output, and that send standard input, at this port.
fn peers(port: u16) -> Vec<(&'static str, Vec<String>, Vec<String>)> {
    let port = port.to_string();
    let words = |text: &str| text.replace("PORT", &port).split(' ').map(str::to_owned).collect::<Vec<_>>();
    let python = |code: &str| vec!["python3".into(), "-c".into(), code.into(), port.clone()];
    vec![
        ("ncat", words("ncat -l --recv-only 127.0.0.1 PORT"), words("ncat --send-only 127.0.0.1 PORT")),
        (
            "socat",
            words("socat -u TCP-LISTEN:PORT,bind=127.0.0.1,reuseaddr STDOUT"),
            words("socat -u STDIN TCP:127.0.0.1:PORT"),
        ),
        ("nc", words("nc -l 127.0.0.1 PORT"), words("nc -N 127.0.0.1 PORT")),
        ("python", python(PYTHON_RECEIVES), python(PYTHON_SENDS)),
    ]
}

fn spawn(words: &[String], input: Stdio, output: Stdio) -> Option<Child> {
    let started = Command::new(&words[0]).args(&words[1..]).stdin(input).stdout(output).spawn();
    started.inspect_err(|_| eprintln!("{} is not here: NOT tested", words[0])).ok()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until somebody listens there, without taking the one connection that is accepted, or the port.
fn wait_for(address: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(10);
    let local = format!("0100007F:{:04X} 00000000:0000 0A", address.port());
    while !fs::read_to_string("/proc/net/tcp").unwrap().contains(&local) {
        assert!(Instant::now() < deadline, "nobody listens on {address}");
        thread::yield_now();
    }
}

#[test]
fn raw_to_ncat_socat_nc_and_python() {
    for size in SIZES {
        for peer in 0..peers(0).len() {
            // A port of its own for each: one that was just used looks taken.
            let port = free_port();
            let (name, receives, _) = peers(port).swap_remove(peer);
            let bench = Bench::new();
            let sent = bytes(size, 1);
            let path = bench.file("sent.bin", &sent);
            let target = bench.into.path().join("received.bin");
            let to = SocketAddr::from(([127, 0, 0, 1], port));
            let output = File::create(&target).unwrap();
            let Some(mut peer) = spawn(&receives, Stdio::null(), output.into()) else { continue };
            wait_for(to);
            let out = ended(&bench.sender, bench.send(&[path], to, Way::Raw));
            assert_eq!(out.result, Ok(()), "{name}, {size} bytes");
            assert_eq!((&out.files[0].end, out.confirmed), (&FileEnd::Whole, false));
            assert!(peer.wait().unwrap().success(), "{name}");
            assert!(fs::read(&target).unwrap() == sent, "{name}, {size} bytes");
        }
    }
}

#[test]
fn raw_from_ncat_socat_nc_and_python() {
    for size in SIZES {
        let bench = Bench::new();
        let sent = bytes(size, 2);
        let path = bench.file("sent.bin", &sent);
        let (_, to) = bench.receive(Way::Raw, Policy { name: Some("received.bin".into()), ..all() });
        for (name, _, sends) in peers(to.port()) {
            let Some(mut peer) = spawn(&sends, File::open(&path).unwrap().into(), Stdio::null()) else { continue };
            assert!(peer.wait().unwrap().success(), "{name}");
            let received = next_ended(&bench.receiver);
            assert_eq!(received.result, Ok(()), "{name}, {size} bytes");
            let target = received.files[0].path.clone().unwrap();
            assert!(fs::read(&target).unwrap() == sent, "{name}, {size} bytes");
            assert_eq!(received.files[0].blake3, Some(*blake3::hash(&sent).as_bytes()));
            fs::remove_file(target).unwrap();
        }
    }
}

fn helper(file: &str, arguments: &[&str]) -> Process {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(file);
    Process::start(Command::new("python3").arg(program).args(arguments).args(["--limit", "120"]))
}

/// Names and sizes of the ten runs; the last file is large.
fn files(run: u64) -> Vec<(&'static str, usize)> {
    let mut files = vec![("empty.txt", 0), ("笔记.txt", 12), ("data.bin", 300_001)];
    if run == 0 {
        files.push(("大文件.bin", 100_000_000));
    }
    files
}

/// The tutorial's sender, and we receive.
fn from_p20(run: u64) {
    for (name, size) in files(run) {
        let bench = Bench::new();
        let sent = bytes(size, run);
        bench.file(name, &sent);
        let (_, to) = bench.receive(Way::Helper, all());
        let (port, dir) = (to.port().to_string(), bench.from.path().to_str().unwrap().to_owned());
        let mut sender = helper("p20.py", &["--port", &port, "--dir", &dir]);
        sender.write(format!("{name}\n"));
        let received = next_ended(&bench.receiver);
        assert_eq!(received.result, Ok(()), "{name}, run {run}: {}", sender.told());
        assert!(bench.received()[name].as_deref() == Some(&sent), "{name}, run {run}");
        let said = String::from_utf8(sender.finish().ok()).unwrap();
        assert_eq!(said, "请输入文件名\n开始传输\n");
    }
}

/// The tutorial's receiver, and we send.
fn to_p21(run: u64) {
    for (name, size) in files(run) {
        let bench = Bench::new();
        let sent = bytes(size, run);
        let path = bench.file(name, &sent);
        let dir = bench.into.path().to_str().unwrap().to_owned();
        let mut receiver = helper("p21.py", &["--port", "0", "--dir", &dir]);
        let to = receiver.error_line("listening on ").parse().unwrap();
        let out = ended(&bench.sender, bench.send(&[path], to, Way::Helper));
        assert_eq!(out.result, Ok(()), "{name}, run {run}: {}", receiver.told());
        receiver.end_input();
        let said = String::from_utf8(receiver.finish().ok()).unwrap();
        assert_eq!(said, format!("{name}\n{size}\n{size}\n"), "run {run}");
        assert!(bench.received()[name].as_deref() == Some(&sent), "{name}, run {run}");
    }
}

#[test]
fn the_tutorials_sender_ten_times() {
    (0..RUNS).for_each(from_p20);
}

#[test]
fn the_tutorials_receiver_ten_times() {
    (0..RUNS).for_each(to_p21);
}

#[test]
fn the_tutorials_large_file_ten_times() {
    thread::scope(|scope| {
        for run in 0..RUNS {
            // At the same time: they wait for the clock and not for a processor.
            let large = move || {
                let bench = Bench::new();
                let sent = bytes(100_000_000, run);
                let path = bench.file("大文件.bin", &sent);
                let dir = bench.into.path().to_str().unwrap().to_owned();
                let mut receiver = helper("p21.py", &["--port", "0", "--dir", &dir]);
                let to = receiver.error_line("listening on ").parse().unwrap();
                let out = ended(&bench.sender, bench.send(&[path], to, Way::Helper));
                assert_eq!(out.result, Ok(()), "run {run}: {}", receiver.told());
                receiver.end_input();
                receiver.ended().unwrap_or_else(|| panic!("run {run}: it does not end"));
                let got = fs::read(bench.into.path().join("大文件.bin")).unwrap();
                assert!(got == sent, "run {run}: {} bytes", got.len());
            };
            thread::Builder::new().name(format!("run-{run}")).spawn_scoped(scope, large).unwrap();
        }
    });
}

#[test]
fn a_helper_that_has_no_such_file_is_no_mystery() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Helper, all());
    let (port, dir) = (to.port().to_string(), bench.from.path().to_str().unwrap().to_owned());
    let mut sender = helper("p20.py", &["--port", &port, "--dir", &dir]);
    sender.write("none.txt\n");
    let received = next_ended(&bench.receiver);
    assert_eq!(received.result, Err(twocan::transfer::Reason::NoFile));
    assert!(bench.received().is_empty());
}

/// A terminal for a program: it types a yes at once, and a no whenever all is quiet after a question.
const PYTHON_TERMINAL: &str = "
import os, pty, select, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
os.write(terminal, b'y\\n')
shown = b''
while True:
    if not select.select([terminal], [], [], 0.05)[0]:
        if b'Take it?' in shown:
            os.write(terminal, b'n\\n')
        continue
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    shown += data
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
";

/// `twocan receive` on a terminal, by itself or in the background of a shell, and somebody who sends it a file.
fn at_a_terminal(shell: &[&str]) -> (Process, Process, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (into, path) = (folder.path().join("into"), folder.path().join("a.txt"));
    fs::create_dir(&into).unwrap();
    fs::write(&path, "a").unwrap();
    let twocan = env!("CARGO_BIN_EXE_twocan");
    let mut command = Command::new("python3");
    command.args(["-c", PYTHON_TERMINAL]).args(shell).args([twocan, "receive", "--once", "--lang", "en", "--into"]);
    let receiver = Process::start(command.arg(&into));
    let address = receiver.find(|out| {
        let out = String::from_utf8_lossy(out);
        let (address, _) = out.split_once("listening on ")?.1.split_once('\r')?;
        Some(address.to_owned())
    });
    let address = address.unwrap_or_else(|| receiver.fail("it does not listen"));
    let sends = ["send", path.to_str().unwrap(), "--to", &address, "--lang", "en"];
    let sender = Process::start(Command::new(twocan).args(sends));
    receiver.says("Take it?");
    (receiver, sender, folder)
}

#[test]
fn a_receiver_in_the_background_of_a_terminal_listens_until_it_has_a_question() {
    // The shell says so when the system has stopped it, and gives it the terminal then.
    let (mut receiver, sender, _folder) = at_a_terminal(&["bash", "-mc", "\"$@\" & wait $!; echo stopped; fg", "bash"]);
    let sent = sender.finish();
    assert!(sent.err.contains("The receiver did not take it."), "{}", sent.err);
    let shown = String::from_utf8(receiver.ended().expect("it ends, once").out).unwrap();
    let (before, _) = shown.split_once("stopped").expect("it is stopped at the question");
    assert!(before.contains("Take it?"), "{shown}");
}

#[test]
fn what_was_typed_before_a_question_does_not_answer_it() {
    let (mut receiver, sender, folder) = at_a_terminal(&[]);
    let sent = sender.finish();
    assert!(sent.err.contains("The receiver did not take it."), "{}", sent.err);
    receiver.ended().expect("it ends, once");
    assert!(!folder.path().join("into/a.txt").exists());
}
