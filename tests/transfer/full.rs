//! No room: a disk that is full before a file comes or while it comes, and a limit of the system's. A disk to fill takes
//! the superuser, who can mount one; a limit everybody can set.

use std::{
    fs,
    io::Write as _,
    net::SocketAddr,
    panic::{self, AssertUnwindSafe},
    path::Path,
    process::{Command, Stdio},
};

use twocan::transfer::{DiskFault, FileEnd, Reason, Way};

use super::{
    bench::{Bench, all, bytes, ended, next_ended, tree},
    faults::why,
    process::Process,
    relay::Relay,
};

/// Runs on a disk of 24 MiB.
fn on_a_small_disk(test: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(folder.path()).stderr(Stdio::null());
    if !mount.status().is_ok_and(|status| status.success()) {
        // Where everything promised is checked it has to be possible.
        assert!(std::env::var_os("TWOCAN_CI").is_none(), "no tmpfs can be mounted");
        eprintln!("no tmpfs can be mounted here: of a full disk only the limit for a file is tested");
        return;
    }
    let ran = panic::catch_unwind(AssertUnwindSafe(|| test(folder.path())));
    Command::new("umount").arg("-l").arg(folder.path()).status().unwrap();
    if let Err(panic) = ran {
        panic::resume_unwind(panic);
    }
}

/// Writes until the disk takes no byte more.
fn fill(disk: &Path) {
    let mut other = fs::File::create(disk.join("other")).unwrap();
    for block in [1 << 20, 4096, 1] {
        while other.write_all(&vec![1; block]).is_ok() {}
    }
}

#[test]
fn a_disk_that_becomes_full_is_told_of_on_both_sides_and_the_rest_goes_on() {
    on_a_small_disk(|disk| {
        let bench = Bench::new();
        let paths = [bench.file("big.bin", bytes(16 << 20, 1)), bench.file("small.txt", "small")];
        let (_, to) = bench.receive_into(disk, Way::Framed, all());
        // Room enough when it was asked for, and then somebody else writes.
        let relay = Relay::start(to, 2 << 20);
        let id = bench.send(&paths, relay.address(), Way::Framed);
        relay.held();
        fill(disk);
        relay.release();
        let out = ended(&bench.sender, id);
        let received = next_ended(&bench.receiver);
        let (reason, there) = why(&out.result);
        assert!(there && matches!(reason, Reason::Disk { what: DiskFault::Full, .. }), "{reason:?}");
        assert!(matches!(why(&received.result), (Reason::Disk { what: DiskFault::Full, .. }, false)));
        assert_eq!((&out.files[1].end, &received.files[1].end), (&FileEnd::Verified, &FileEnd::Verified));
        assert_eq!(tree(disk).into_keys().collect::<Vec<_>>(), ["other", "small.txt"]);
        assert_eq!(fs::read(disk.join("small.txt")).unwrap(), b"small");
    });
}

#[test]
fn a_disk_without_room_is_told_of_before_a_byte_is_sent_where_the_size_is_known() {
    on_a_small_disk(|disk| {
        let bench = Bench::new();
        let big = bench.file("big.bin", bytes(40 << 20, 1));
        let (_, to) = bench.receive_into(disk, Way::Framed, all());
        let relay = Relay::start(to, u64::MAX);
        let out = ended(&bench.sender, bench.send(std::slice::from_ref(&big), relay.address(), Way::Framed));
        assert!(matches!(why(&out.result), (Reason::NoSpace { needed: 41_943_040, .. }, true)), "{:?}", out.result);
        assert!(relay.carried() < 1000, "{}", relay.carried());
        next_ended(&bench.receiver);
        // Nobody knows the size: the disk is full in the middle, and the connection is reset.
        let (_, to) = bench.receive_into(disk, Way::Raw, all());
        let out = ended(&bench.sender, bench.send(&[big], to, Way::Raw));
        assert!(matches!(why(&out.result), (Reason::Net(_), false)), "{:?}", out.result);
        let received = next_ended(&bench.receiver);
        assert!(matches!(why(&received.result), (Reason::Disk { what: DiskFault::Full, .. }, false)));
        assert!(tree(disk).is_empty());
    });
}

/// A receiver whose files may have a MiB, or two where the shell counts in KiB.
fn limited(into: &Path, way: Way) -> (Process, SocketAddr) {
    // Whoever does not ignore the signal is ended by it.
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_twocan"), "receive", "--into"]).arg(into);
    command.args(["--accept", "all", "--once", "--way", way.name()]).env("LC_ALL", "en_US.UTF-8");
    let receiver = Process::start(&mut command);
    let address = receiver.error_line("listening on ").parse().unwrap();
    (receiver, address)
}

#[test]
fn a_limit_of_the_system_is_told_of_on_both_sides_and_the_rest_goes_on() {
    let bench = Bench::new();
    let into = bench.into.path();
    let paths = [bench.file("big.bin", bytes(8 << 20, 1)), bench.file("small.txt", "small")];
    let (receiver, to) = limited(into, Way::Framed);
    let out = ended(&bench.sender, bench.send(&paths, to, Way::Framed));
    let (reason, there) = why(&out.result);
    assert!(there && matches!(reason, Reason::Disk { what: DiskFault::TooLarge, .. }), "{reason:?}");
    assert_eq!(out.files[1].end, FileEnd::Verified);
    let received = receiver.finish();
    assert_eq!(received.code, Some(1), "{}", received.err);
    assert!(received.err.contains("big.bin") && received.err.contains("too large"), "{}", received.err);
    assert_eq!(bench.received().into_keys().collect::<Vec<_>>(), ["small.txt"]);
    // Nobody knows the size: it breaks off in the middle, and the connection is reset.
    let (receiver, to) = limited(into, Way::Raw);
    let out = ended(&bench.sender, bench.send(&paths[..1], to, Way::Raw));
    assert!(matches!(why(&out.result), (Reason::Net(_), false)), "{:?}", out.result);
    let received = receiver.finish();
    assert!(received.code == Some(1) && received.err.contains("too large"), "{}", received.err);
    assert_eq!(bench.received().into_keys().collect::<Vec<_>>(), ["small.txt"]);
}
