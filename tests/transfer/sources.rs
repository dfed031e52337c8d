//! What is sent is what was named, or it is told why not.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use twocan::transfer::{Answer, DiskFault, FileEnd, Policy, Reason, Way};

use super::{
    bench::{Bench, all, ended, next_ended, offered},
    faults::why,
};

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn links_and_what_is_no_file_are_left_out_by_name() {
    for way in [Way::Framed, Way::Raw, Way::Helper, Way::Udp] {
        let bench = Bench::new();
        bench.file("tree/z.txt", "z");
        let tree = bench.from.path().join("tree");
        for (name, to) in [("broken", "nowhere"), ("folder", "/etc"), ("link", "z.txt")] {
            symlink(to, tree.join(name)).unwrap();
        }
        fifo(&tree.join("pipe"));
        let (out, _) = bench.across(&[tree], way);
        let left_out: Vec<_> = out
            .files
            .iter()
            .filter_map(|file| match &file.end {
                FileEnd::Failed(Reason::Disk { what, .. }) => Some((file.name.as_str(), *what)),
                _ => None,
            })
            .collect();
        let link = DiskFault::Link;
        let expected =
            [("tree/broken", link), ("tree/folder", link), ("tree/link", link), ("tree/pipe", DiskFault::NotFile)];
        assert_eq!(left_out, expected, "{way:?}");
        assert!(matches!(why(&out.result), (Reason::Disk { what: DiskFault::Link, .. }, false)), "{way:?}");
        assert!(!out.confirmed);
        let files: Vec<_> = bench.received().into_values().flatten().collect();
        assert_eq!(files, [b"z".to_vec()], "{way:?}");
    }
}

/// Nobody writes to it, so that whoever opens it as a file waits for ever.
#[test]
fn a_file_that_becomes_a_fifo_holds_nobody_up() {
    let bench = Bench::new();
    let paths = ["a.txt", "b.txt"].map(|name| bench.file(name, name));
    let (_, to) = bench.receive(Way::Framed, Policy::default());
    let id = bench.send(&paths, to, Way::Framed);
    let offer = offered(&bench.receiver);
    fs::remove_file(&paths[0]).unwrap();
    fifo(&paths[0]);
    bench.receiver.answer(offer.transfer, Answer::All).unwrap();
    assert_eq!(why(&ended(&bench.sender, id).result), (&Reason::Changed, false));
    next_ended(&bench.receiver);
    assert_eq!(bench.received().into_keys().collect::<Vec<_>>(), ["b.txt"]);
}

/// The kernel's files have content and no size.
#[cfg(target_os = "linux")]
#[test]
fn a_file_with_more_than_its_size_is_not_sent() {
    for way in [Way::Framed, Way::Raw, Way::Helper] {
        let bench = Bench::new();
        let (_, to) = bench.receive(way, all());
        let out = ended(&bench.sender, bench.send(&["/proc/version".into()], to, way));
        assert_eq!(why(&out.result), (&Reason::Changed, false), "{way:?}");
        if way == Way::Framed {
            assert_eq!(why(&next_ended(&bench.receiver).result), (&Reason::Changed, true));
        }
        assert!(bench.received().is_empty(), "{way:?}");
    }
}
