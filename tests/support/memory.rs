//! The most memory that `twocan send` and `twocan receive` have while a file goes across.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread::{self, Builder},
};

/// Bytes at the peak of a sender and of a receiver; `None` where the system does not tell. The sender's is looked at until
/// it ends, so that of a very short one may be a little more.
pub fn peaks(program: &Path, way: &str, source: &Path, into: &Path) -> Option<(u64, u64)> {
    peak(std::process::id())?;
    let mut receive = Command::new(program);
    receive.arg("receive").arg("--into").arg(into).args(["--accept", "all", "--way", way]);
    receive.env("LC_ALL", "en_US.UTF-8").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut receiver = Killed(receive.spawn().expect("twocan starts"));
    let said = BufReader::new(receiver.0.stderr.take().expect("it is piped"));
    let mut said = said.lines().map(|line| line.expect("it can be read"));
    let address = said.find_map(|line| line.split_once("listening on ").map(|(_, address)| address.trim().to_owned()));
    // Whatever it says from now on is read, so that it never waits for us.
    let reading = Builder::new().name("output".into()).spawn(move || said.for_each(drop)).expect("a thread");

    let mut send = Command::new(program);
    send.arg("send").arg(source).arg("--to").arg(address.expect("it listens")).args(["--way", way]);
    let mut sender = Killed(send.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("twocan starts"));
    let mut sent = 0;
    let ended = loop {
        sent = peak(sender.0.id()).unwrap_or(0).max(sent);
        match sender.0.try_wait().expect("a child") {
            Some(ended) => break ended,
            None => thread::yield_now(),
        }
    };
    assert!(ended.success(), "the file is sent");
    // It goes on listening, and has what it had at its peak.
    let received = peak(receiver.0.id());
    drop(receiver);
    reading.join().expect("no panic");
    Some((sent, received?))
}

/// A process that does not outlive the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only for a process that has ended.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Bytes that a process has had in memory at most.
fn peak(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}
