//! No permission. The superuser is asked for none, so the program runs as nobody where the tests run as root.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use twocan::transfer::{DiskFault, FileEnd, Reason, Way};

use super::{
    bench::{Bench, all, bytes, ended, next_ended, tree},
    faults::why,
    frames::{done, offer, whole},
    process::Process,
};

/// Whom it runs as when the tests run as root: nobody, on every system.
const NOBODY: u32 = 65_534;
/// What a receiver answers first: its preamble, an ANSWER for each file, GO.
const ANSWER: usize = 5 + 45;
const SAYS: &str = "The system does not allow it";

/// A folder that belongs to an ordinary user, and the program where that user can start it.
struct Ordinary {
    room: tempfile::TempDir,
    root: bool,
}

impl Ordinary {
    fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        let root = fs::metadata(room.path()).unwrap().uid() == 0;
        set_mode(room.path(), 0o755);
        let ordinary = Self { room, root };
        // Where it was built an ordinary user may not be let in.
        fs::copy(env!("CARGO_BIN_EXE_twocan"), ordinary.path("twocan")).unwrap();
        ordinary
    }

    fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    /// Gives it to the user, with this mode.
    fn give(&self, path: &Path, mode: u32) {
        if self.root {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        set_mode(path, mode);
    }

    fn folder(&self, mode: u32) -> PathBuf {
        let folder = self.path("into");
        fs::create_dir(&folder).unwrap();
        self.give(&folder, mode);
        folder
    }

    fn start(&self, arguments: &[&str]) -> Process {
        let mut command = Command::new(self.path("twocan"));
        command.args(arguments).env("LC_ALL", "en_US.UTF-8").env("HOME", self.room.path());
        if self.root {
            command.uid(NOBODY).gid(NOBODY);
        }
        Process::start(&mut command)
    }

    fn receive(&self, into: &Path) -> (Process, SocketAddr) {
        let receiver = self.start(&["receive", "--into", into.to_str().unwrap(), "--accept", "all", "--once"]);
        let address = receiver.error_line("listening on ").parse().unwrap();
        (receiver, address)
    }
}

impl Drop for Ordinary {
    fn drop(&mut self) {
        // Else what is in it could not be removed.
        fs::set_permissions(self.path("into"), fs::Permissions::from_mode(0o755)).ok();
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_may_not_be_written_is_told_of_on_both_sides() {
    let ordinary = Ordinary::new();
    let into = ordinary.folder(0o555);
    for way in [Way::Framed, Way::Raw, Way::Helper, Way::Udp] {
        let bench = Bench::new();
        let paths = ["a.txt", "b.txt"].map(|name| bench.file(name, name));
        let paths = if way == Way::Framed { &paths[..] } else { &paths[..1] };
        let arguments = ["receive", "--into", into.to_str().unwrap(), "--accept", "all", "--once", "--way", way.name()];
        let receiver = ordinary.start(&arguments);
        let to = receiver.error_line("listening on ").parse().unwrap();
        let out = ended(&bench.sender, bench.send(paths, to, way));
        let received = receiver.finish();
        assert_eq!(received.code, Some(1), "{way:?}: {}", received.err);
        assert!(received.err.contains(SAYS), "{way:?}: {}", received.err);
        let (reason, there) = why(&out.result);
        if way.confirms() {
            assert!(there && matches!(reason, Reason::Disk { what: DiskFault::Permission, .. }), "{way:?} {reason:?}");
        }
        assert!(tree(&into).is_empty(), "{way:?}");
    }
}

#[test]
fn a_folder_that_may_not_be_written_for_a_while_costs_the_file_of_that_while() {
    let ordinary = Ordinary::new();
    let into = ordinary.folder(0o755);
    let (receiver, to) = ordinary.receive(&into);
    let mut sender = TcpStream::connect(to).unwrap();
    sender.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let names = ["a.txt", "b.txt", "c.txt"];
    sender.write_all(&offer(&names.map(|name| (name, 5)))).unwrap();
    sender.read_exact(&mut [0; 10 + 3 * ANSWER + 5]).unwrap();
    for (name, index) in names.iter().zip(0..) {
        set_mode(&into, if index == 1 { 0o555 } else { 0o755 });
        sender.write_all(&whole(index, name.as_bytes())).unwrap();
        let mut answer = [0; 5];
        sender.read_exact(&mut answer).unwrap();
        let mut body = vec![0; u32::from_be_bytes(answer[1..].try_into().unwrap()) as usize];
        sender.read_exact(&mut body).unwrap();
        assert_eq!(body[..4], index.to_be_bytes());
        if index == 1 {
            // FAILED: disk, permission, EACCES.
            let told: [u8; 18] = body[4..].try_into().unwrap();
            assert_eq!((answer[0], told[1], told[9], told[17]), (0x14, 9, 2, 13), "{told:?}");
        } else {
            assert_eq!(answer[0], 0x13, "{name} is stored");
        }
    }
    set_mode(&into, 0o755);
    sender.write_all(&done()).unwrap();
    let received = receiver.finish();
    assert_eq!(received.code, Some(1), "{}", received.err);
    assert!(received.err.contains(SAYS), "{}", received.err);
    assert_eq!(tree(&into).into_keys().collect::<Vec<_>>(), ["a.txt", "c.txt"]);
}

#[test]
fn a_folder_that_may_not_be_entered_is_no_receiver() {
    let ordinary = Ordinary::new();
    for mode in [0o000, 0o333] {
        let into = ordinary.path("into");
        if mode == 0 {
            ordinary.folder(mode);
        } else {
            set_mode(&into, mode);
        }
        let refused = ordinary.start(&["receive", "--into", into.to_str().unwrap(), "--accept", "all"]).finish();
        assert_eq!(refused.code, Some(1), "{mode:o}: {}", refused.err);
        assert!(refused.err.contains(SAYS) && !refused.err.contains("listening on"), "{mode:o}: {}", refused.err);
    }
}

#[test]
fn a_file_that_may_not_be_read_fails_alone() {
    let ordinary = Ordinary::new();
    let bench = Bench::new();
    let from = ordinary.path("from");
    fs::create_dir(&from).unwrap();
    for (name, mode) in [("secret.txt", 0o000), ("open.txt", 0o644)] {
        fs::write(from.join(name), name).unwrap();
        ordinary.give(&from.join(name), mode);
    }
    ordinary.give(&from, 0o755);
    let (_, to) = bench.receive(Way::Framed, all());
    let sent = ordinary.start(&["send", from.to_str().unwrap(), "--to", &to.to_string()]).finish();
    assert_eq!(sent.code, Some(1), "{}", sent.err);
    assert!(sent.err.contains("secret.txt") && sent.err.contains(SAYS), "{}", sent.err);
    next_ended(&bench.receiver);
    assert_eq!(bench.received()["from/open.txt"].as_deref(), Some(&b"open.txt"[..]));
    assert_eq!(bench.received().into_keys().collect::<Vec<_>>(), ["from", "from/open.txt"]);
}

#[test]
fn what_may_not_be_looked_at_is_told_of() {
    let ordinary = Ordinary::new();
    let from = ordinary.path("from");
    fs::create_dir_all(from.join("listed")).unwrap();
    fs::create_dir(from.join("shut")).unwrap();
    for name in ["listed/lost.txt", "open.txt"] {
        fs::write(from.join(name), name).unwrap();
        ordinary.give(&from.join(name), 0o644);
    }
    // Its names may be read, and nothing about them.
    ordinary.give(&from.join("listed"), 0o744);
    set_mode(&from.join("listed"), 0o644);
    ordinary.give(&from.join("shut"), 0o000);
    ordinary.give(&from, 0o755);
    for way in [Way::Framed, Way::Raw, Way::Helper] {
        let bench = Bench::new();
        let (_, to) = bench.receive(way, all());
        let arguments = ["send", from.to_str().unwrap(), "--to", &to.to_string(), "--way", way.name()];
        let sent = ordinary.start(&arguments).finish();
        assert_eq!(sent.code, Some(1), "{way:?}: {}", sent.err);
        for name in ["from/listed/lost.txt: ", "from/shut: "] {
            let told = sent.err.lines().any(|line| line.contains(name) && line.contains(SAYS));
            assert!(told, "{way:?}: {name} {}", sent.err);
        }
        next_ended(&bench.receiver);
        assert!(bench.received().values().any(|bytes| bytes.as_deref() == Some(b"open.txt")), "{way:?}");
    }
    // Else they could not be removed.
    set_mode(&from.join("listed"), 0o755);
    set_mode(&from.join("shut"), 0o755);
}

#[test]
fn a_folder_that_may_not_be_written_any_more_ends_a_file_at_its_name() {
    let ordinary = Ordinary::new();
    let into = ordinary.folder(0o755);
    let (receiver, to) = ordinary.receive(&into);
    let bench = Bench::new();
    let relay = super::relay::Relay::start(to, 1 << 20);
    let path = bench.file("a.bin", bytes(2 << 20, 1));
    let id = bench.send(&[path], relay.address(), Way::Framed);
    relay.held();
    // Its part is there, and the list of parts; they may be written, but not be renamed or removed.
    while tree(&into).len() < 2 {
        std::thread::yield_now();
    }
    set_mode(&into, 0o555);
    relay.release();
    let out = ended(&bench.sender, id);
    assert!(matches!(&out.files[0].end, FileEnd::Failed(_)), "{out:?}");
    let (reason, there) = why(&out.result);
    assert!(there && matches!(reason, Reason::Disk { what: DiskFault::Permission, .. }), "{reason:?}");
    let received = receiver.finish();
    assert!(received.code == Some(1) && received.err.contains(SAYS), "{}", received.err);
    // Nobody could remove the part. Once it may be done, the next receiver does.
    set_mode(&into, 0o755);
    assert!(!tree(&into).is_empty());
    let (_receiver, _) = ordinary.receive(&into);
    assert!(tree(&into).is_empty(), "{:?}", tree(&into).keys());
}
