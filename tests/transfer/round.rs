//! Round trips.

use std::{
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    time::Duration,
};

use twocan::transfer::{FileEnd, Way};

use super::bench::{Bench, all, bytes, ended_within, next_ended};

#[test]
fn raw_takes_every_byte() {
    for size in [0, 1, 300_001, 5 << 20] {
        let bench = Bench::new();
        let sent = bytes(size, 1);
        let path = bench.file("a.bin", &sent);
        let (out, into) = bench.across(&[path], Way::Raw);
        assert_eq!((&out.result, &into.result), (&Ok(()), &Ok(())), "{size}");
        assert_eq!(out.files[0].end, FileEnd::Whole);
        assert_eq!(out.files[0].blake3, into.files[0].blake3);
        assert!(out.files[0].blake3.is_some());
        let received = bench.received();
        assert_eq!(received.len(), 1);
        assert_eq!(received.into_values().next().unwrap().unwrap(), sent);
    }
}

#[test]
fn framed_takes_files_and_folders() {
    let bench = Bench::new();
    let big = bytes(5 << 20, 2);
    bench.file("tree/数据 🙂/a.txt", "a");
    bench.file("tree/empty.txt", "");
    bench.file("tree/big.bin", &big);
    std::fs::create_dir_all(bench.from.path().join("tree/none/within")).unwrap();
    let single = bench.file("single.txt", "one");
    let (out, into) = bench.across(&[bench.from.path().join("tree"), single], Way::Framed);
    assert_eq!((&out.result, &into.result), (&Ok(()), &Ok(())), "{out:#?} {into:#?}");
    assert!(out.confirmed && into.confirmed);
    assert_eq!(bench.received(), super::bench::tree(bench.from.path()));
    assert_eq!(out.bytes, (5 << 20) + 4);
    assert_eq!(into.bytes, out.bytes);
}

#[test]
fn udp_confirms_what_came_whole_and_shows_what_did_not() {
    use twocan::transfer::{Reason, SendOptions};

    use super::bench::ended;
    let bench = Bench::new();
    let sent = bytes(300_001, 3);
    let path = bench.file("数据.bin", &sent);
    let (_, to) = bench.receive(Way::Udp, all());
    let options = SendOptions { pace: Some(20_000_000), ..SendOptions::default() };
    let out = ended(&bench.sender, bench.send_with(&[path], to, Way::Udp, options));
    let into = next_ended(&bench.receiver);
    match &out.result {
        Ok(()) => {
            assert!(out.confirmed && into.confirmed);
            assert_eq!(bench.received()["数据.bin"], Some(sent));
        }
        // A busy machine may lose some even so: then both sides say how many.
        Err(Reason::Holes { lost, of: 215 }) => {
            assert_eq!(into.result, Err(Reason::Holes { lost: *lost, of: 215 }));
            assert!(!into.files[0].holes.is_empty());
            assert!(bench.received().is_empty());
        }
        Err(reason) => panic!("{reason:?}"),
    }
}

#[test]
fn the_helper_talks_to_itself() {
    for size in [0, 12, 300_001] {
        let bench = Bench::new();
        let sent = bytes(size, 4);
        let path = bench.file("笔记.txt", &sent);
        let (out, into) = bench.across(&[path], Way::Helper);
        assert_eq!((&out.result, &into.result), (&Ok(()), &Ok(())), "{size}");
        assert_eq!(bench.received()["笔记.txt"], Some(sent));
    }
}

#[test]
fn five_thousand_small_files_go_over_one_connection() {
    let bench = Bench::new();
    for n in 0..5_000_u32 {
        bench.file(&format!("many/{:03}/{n}.bin", n / 50), [n as u8; 1024]);
    }
    let (out, into) = bench.across(&[bench.from.path().join("many")], Way::Framed);
    assert_eq!((&out.result, out.bytes), (&Ok(()), 5_000 << 10));
    assert_eq!(into.files.iter().filter(|file| !file.folder && file.end == FileEnd::Verified).count(), 5_000);
    assert!(bench.received() == super::bench::tree(bench.from.path()));
}

#[test]
fn names_of_many_scripts_arrive_as_they_are() {
    let bench = Bench::new();
    let names = ["数据集.csv", "مستند مهم.pdf", "👩\u{200d}🚀 🙂.png", "résumé.txt", "ファイル.md", "a b  c.d.e"];
    let paths = names.map(|name| bench.file(name, name));
    let (out, _) = bench.across(&paths, Way::Framed);
    assert_eq!(out.result, Ok(()));
    assert_eq!(bench.received(), super::bench::tree(bench.from.path()));
}

/// `.ci/run` runs it with `--ignored`: it writes as much as it says, and takes longer than all others together.
#[test]
#[ignore = "writes 5 GiB"]
fn five_gibibytes_arrive() {
    const SIZE: u64 = (5 << 30) + 1;
    let bench = Bench::new();
    let free = fs4::available_space(bench.into.path()).unwrap();
    assert!(free > SIZE + (1 << 30), "6 GiB are needed in {}, and {free} bytes are free", bench.into.path().display());
    let path = bench.long_file("big.bin", SIZE);
    // Where a number of 32 bits would begin anew, and at the end; all around them is a hole.
    let marks = [(1 << 31) - 5, (1 << 32) - 5, SIZE - 10].map(|at| (at, bytes(10, at)));
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    for (at, mark) in &marks {
        file.seek(SeekFrom::Start(*at)).unwrap();
        file.write_all(mark).unwrap();
    }
    drop(file);
    let start = std::time::Instant::now();
    let (receiver, to) = bench.receive(Way::Framed, all());
    let id = bench.send(&[path], to, Way::Framed);
    // A debug build on a busy machine takes a minute or two.
    let out = ended_within(&bench.sender, id, Duration::from_mins(10));
    let into = next_ended(&bench.receiver);
    bench.receiver.stop(receiver);
    eprintln!("{:?}", start.elapsed());
    assert_eq!((&out.result, out.bytes, out.confirmed), (&Ok(()), SIZE, true));
    assert_eq!((out.files[0].blake3, into.bytes), (into.files[0].blake3, SIZE));
    let mut file = std::fs::File::open(bench.into.path().join("big.bin")).unwrap();
    assert_eq!(file.metadata().unwrap().len(), SIZE);
    for (at, mark) in marks {
        let mut found = [0; 10];
        file.seek(SeekFrom::Start(at)).unwrap();
        file.read_exact(&mut found).unwrap();
        assert_eq!(found[..], mark, "at {at}");
    }
}
