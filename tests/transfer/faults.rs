//! What can go wrong. After each: nothing overwritten, nothing outside the folder, no part left unless asked for, and both
//! sides know why.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use twocan::transfer::{
    Answer, DiskFault, FileEnd, Partial, Policy, Reason, SendOptions, State, Way,
    framed::{FrameError, MAGIC},
    name::NameError,
};

use super::{
    bench::{Bench, all, bytes, ended, first, next_ended, offered, tree, until, wait},
    frames::{announce, data, done, end, entry, file, offer, preamble, record, whole},
    relay::Relay,
};

/// The bare reason of a failed side, and whether it says that the other one found it.
pub fn why(result: &Result<(), Reason>) -> (&Reason, bool) {
    result.as_ref().expect_err("it fails").bare()
}

/// Says these bytes to a receiver, half-closes, and gives what it answers.
pub fn say(to: std::net::SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn nothing_is_taken_without_a_yes_and_a_no_is_told() {
    let bench = Bench::new();
    let path = bench.file("a.txt", "a");
    let (_, to) = bench.receive(Way::Framed, Policy::default());
    let id = bench.send(&[path], to, Way::Framed);
    let offer = offered(&bench.receiver);
    assert_eq!((offer.entries[0].name.as_str(), offer.total), ("a.txt", Some(1)));
    assert!(offer.free_after().unwrap() < offer.free);
    assert!(bench.received().is_empty());
    bench.receiver.answer(offer.transfer, Answer::Decline).unwrap();
    let out = ended(&bench.sender, id);
    assert_eq!(why(&out.result), (&Reason::Declined, true));
    assert_eq!(why(&next_ended(&bench.receiver).result), (&Reason::Declined, false));
    assert!(bench.received().is_empty());
    assert!(bench.receiver.answer(offer.transfer, Answer::All).is_err());
}

#[test]
fn some_of_it_can_be_taken() {
    let bench = Bench::new();
    let paths = ["a.txt", "b.txt", "c.txt"].map(|name| bench.file(name, name));
    let (_, to) = bench.receive(Way::Framed, Policy::default());
    let id = bench.send(&paths, to, Way::Framed);
    let offer = offered(&bench.receiver);
    bench.receiver.answer(offer.transfer, Answer::Some(vec![0, 2])).unwrap();
    let out = ended(&bench.sender, id);
    // Not everything is there: the sender is told so, and nothing is called confirmed.
    assert_eq!(why(&out.result), (&Reason::LeftOut { out: 1, of: 3 }, true));
    assert!(!out.confirmed && out.files[0].end == FileEnd::Verified);
    assert_eq!(out.files[1].end, FileEnd::Declined);
    assert_eq!(next_ended(&bench.receiver).result, Ok(()));
    assert_eq!(bench.received().into_keys().collect::<Vec<_>>(), ["a.txt", "c.txt"]);
}

#[test]
fn a_question_that_nobody_answers_is_withdrawn_and_the_sender_told() {
    for way in [Way::Framed, Way::Udp] {
        let bench = Bench::new();
        let path = bench.file("a.txt", "a");
        let limit = Duration::from_millis(300);
        let (_, to) = bench.receive(way, Policy { ask_timeout: limit, ..Policy::default() });
        let out = ended(&bench.sender, bench.send(&[path], to, way));
        assert!(matches!(why(&out.result), (Reason::NoAnswer(_), true)), "{way:?} {:?}", out.result);
        assert_eq!(why(&next_ended(&bench.receiver).result), (&Reason::NoAnswer(limit), false));
        assert!(bench.receiver.offers().is_empty() && bench.received().is_empty());
    }
}

#[test]
fn what_is_there_is_never_overwritten() {
    let bench = Bench::new();
    fs::write(bench.into.path().join("README.md"), "mine").unwrap();
    fs::create_dir(bench.into.path().join("Tree")).unwrap();
    fs::write(bench.into.path().join("Tree/a.txt"), "mine").unwrap();
    let readme = bench.file("readme.md", "theirs");
    bench.file("tree/a.txt", "theirs");
    let (out, _) = bench.across(&[readme, bench.from.path().join("tree")], Way::Framed);
    assert_eq!(out.result, Ok(()));
    let found = bench.received();
    let at = |name: &str| String::from_utf8(found[name].clone().unwrap()).unwrap();
    assert_eq!((at("README.md").as_str(), at("readme (1).md").as_str()), ("mine", "theirs"));
    assert_eq!((at("Tree/a.txt").as_str(), at("tree (1)/a.txt").as_str()), ("mine", "theirs"));
    assert_eq!(found.len(), 6);
}

#[test]
fn two_senders_at_once_share_nothing() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Framed, all());
    let sent = [bytes(3 << 20, 1), bytes(3 << 20, 2)];
    let begun: Vec<_> = ["one/same.bin", "two/same.bin"]
        .iter()
        .zip(&sent)
        .map(|(name, bytes)| {
            let relay = Relay::start(to, 1 << 20);
            let id = bench.send(&[bench.file(name, bytes)], relay.address(), Way::Framed);
            relay.held();
            (relay, id)
        })
        .collect();
    // Both are in the middle now.
    assert!(bench.receiver.list().iter().filter(|transfer| transfer.outcome.is_none()).count() == 2);
    for (relay, _) in &begun {
        relay.release();
    }
    for (_, id) in begun {
        assert_eq!(ended(&bench.sender, id).result, Ok(()));
        assert_eq!(next_ended(&bench.receiver).result, Ok(()));
    }
    let found = bench.received();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["same (1).bin", "same.bin"]);
    let mut got: Vec<_> = found.into_values().map(Option::unwrap).collect();
    got.sort();
    let mut sent = sent.to_vec();
    sent.sort();
    assert!(got == sent);
}

#[cfg(unix)]
#[test]
fn modes_and_times_are_kept_as_far_as_they_are_safe() {
    use std::{os::unix::fs::PermissionsExt as _, time::SystemTime};
    let bench = Bench::new();
    let path = bench.file("run.sh", "#!/bin/sh\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o4755)).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::new(1_234_567_890, 123_456_700);
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    // As in archives whose times say nothing.
    let old = bench.file("old.txt", "old");
    let first = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    fs::File::options().write(true).open(&old).unwrap().set_modified(first).unwrap();
    bench.across(&[path, old], Way::Framed);
    let metadata = fs::metadata(bench.into.path().join("run.sh")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o7111, 0, "never executable");
    assert_eq!(metadata.modified().unwrap(), time);
    assert_eq!(fs::metadata(bench.into.path().join("old.txt")).unwrap().modified().unwrap(), first);
}

#[test]
fn a_folder_that_is_not_there_is_no_receiver() {
    let bench = Bench::new();
    let id =
        bench.receiver.receive(twocan::transfer::ReceiveSpec::into_folder(bench.into.path().join("none"), Way::Framed));
    wait(&bench.receiver, |notice| matches!(notice, twocan::transfer::Notice::ReceiverEnded(_)).then_some(()));
    let state = super::bench::state(&bench.receiver, id);
    let missing =
        matches!(&state, twocan::transfer::ReceiverState::Failed(Reason::Disk { what: DiskFault::Missing, .. }));
    assert!(missing, "{state:?}");
}

#[test]
fn a_folder_that_is_deleted_midway_is_told_of_on_both_sides() {
    let bench = Bench::new();
    let into = bench.into.path().join("gone");
    fs::create_dir(&into).unwrap();
    let (_, to) = bench.receive_into(&into, Way::Framed, all());
    let paths = [bench.file("a.bin", bytes(4 << 20, 1)), bench.file("b.bin", "b")];
    let relay = Relay::start(to, 1 << 20);
    let id = bench.send(&paths, relay.address(), Way::Framed);
    relay.held();
    until(&bench.receiver, first(&bench.receiver), |transfer| transfer.progress.bytes > 0);
    fs::remove_dir_all(&into).unwrap();
    relay.release();
    let out = ended(&bench.sender, id);
    let (reason, there) = why(&out.result);
    assert!(there && matches!(reason, Reason::Disk { what: DiskFault::Missing, .. }), "{reason:?}");
    let received = next_ended(&bench.receiver);
    assert!(matches!(why(&received.result), (Reason::Disk { what: DiskFault::Missing, .. }, false)));
    assert!(bench.received().is_empty());
}

#[test]
fn a_cancel_of_either_side_is_told_to_the_other_at_once() {
    for way in [Way::Framed, Way::Raw, Way::Helper, Way::Udp] {
        for sender_cancels in [true, false] {
            let bench = Bench::new();
            let path = bench.long_file("a.bin", 4 << 30);
            let (_, to) = bench.receive(way, all());
            let options = SendOptions { pace: Some(50_000_000), ..SendOptions::default() };
            let id = bench.send_with(&[path], to, way, options);
            until(&bench.sender, id, |transfer| transfer.progress.bytes > 0);
            let into = first(&bench.receiver);
            until(&bench.receiver, into, |transfer| transfer.progress.bytes > 0);
            let start = Instant::now();
            if sender_cancels {
                bench.sender.cancel(id);
            } else {
                bench.receiver.cancel(into);
            }
            let (out, received) = (ended(&bench.sender, id), ended(&bench.receiver, into));
            // At once, but for a write that waits for the disk, which no system lets be interrupted; others write here too.
            assert!(start.elapsed() < Duration::from_secs(3), "{way:?}: {:?}", start.elapsed());
            assert!(out.result.is_err(), "{way:?}");
            // What was not sent is not told as sent.
            assert!(out.bytes < 4 << 30 && received.bytes < 4 << 30, "{way:?}: {} {}", out.bytes, received.bytes);
            assert!(received.result.is_err(), "{way:?}");
            for out in [&out, &received] {
                assert!(matches!(out.files[0].end, FileEnd::Failed(_)), "{way:?}: {:?}", out.files[0].end);
            }
            assert!(bench.received().is_empty(), "{way:?} {:?}", bench.received().keys());
            if matches!(way, Way::Framed | Way::Udp) {
                let told = if sender_cancels { &received.result } else { &out.result };
                assert_eq!(why(told), (&Reason::Cancelled, true), "{way:?}");
            }
        }
    }
}

#[test]
fn dropping_the_service_ends_everything_within_a_second() {
    let bench = Bench::new();
    let path = bench.file("a.bin", bytes(64 << 20, 1));
    let (_, to) = bench.receive(Way::Framed, all());
    let (_, asks) = bench.receive(Way::Framed, Policy::default());
    bench.send(std::slice::from_ref(&path), to, Way::Framed);
    bench.send(std::slice::from_ref(&path), asks, Way::Framed);
    // Nobody answers there, and nobody accepts here.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    bench.send(std::slice::from_ref(&path), silent.local_addr().unwrap(), Way::Framed);
    bench.send(std::slice::from_ref(&path), silent.local_addr().unwrap(), Way::Raw);
    bench.send(&[path], "192.0.2.77:9".parse().unwrap(), Way::Framed);
    offered(&bench.receiver);
    let Bench { from, into, sender, receiver } = bench;
    let start = Instant::now();
    drop(sender);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let start = Instant::now();
    drop(receiver);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let left: Vec<_> = tree(into.path()).into_keys().filter(|name| name != "a.bin").collect();
    assert_eq!(left, Vec::<String>::new());
    drop(from);
}

#[test]
fn a_pause_holds_and_lets_go() {
    let bench = Bench::new();
    let path = bench.long_file("a.bin", 96 << 20);
    let (_, to) = bench.receive(Way::Framed, all());
    let relay = Relay::start(to, 1 << 20);
    let id = bench.send(std::slice::from_ref(&path), relay.address(), Way::Framed);
    relay.held();
    bench.sender.pause(id);
    assert_eq!(bench.sender.transfer(id).unwrap().state, State::Paused);
    let one = bench.sender.transfer(id).unwrap().progress.bytes;
    while bench.sender.notices().try_recv().is_ok() {}
    relay.release();
    // Nothing is to happen for so long.
    bench.sender.notices().recv_timeout(Duration::from_millis(300)).unwrap_err();
    let paused = bench.sender.transfer(id).unwrap();
    // One piece was on its way.
    assert!(paused.progress.bytes - one <= 1 << 20, "{one} {}", paused.progress.bytes);
    assert_eq!(paused.state, State::Paused);
    bench.sender.unpause(id);
    assert_eq!(ended(&bench.sender, id).result, Ok(()));
    assert!(bench.received()["a.bin"] == fs::read(path).ok());
}

/// Offers a tree with two files, sends the first of them and `there` bytes of the second, and is gone.
fn break_off(bench: &Bench, to: std::net::SocketAddr, big: &[u8], there: usize) -> std::path::PathBuf {
    let tree = bench.from.path().join("tree");
    bench.file("tree/first.txt", "first");
    bench.file("tree/second.bin", big);
    let mut said = preamble();
    said.extend(announce(3, big.len() as u64 + 5));
    for (path, name) in [
        (tree.clone(), "tree"),
        (tree.join("first.txt"), "tree/first.txt"),
        (tree.join("second.bin"), "tree/second.bin"),
    ] {
        said.extend(entry(&path, name));
    }
    said.extend([whole(1, b"first"), file(2)].concat());
    for block in big[..there].chunks(1 << 20) {
        said.extend(data(block));
    }
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(&said).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    let received = next_ended(&bench.receiver);
    assert_eq!(why(&received.result).0, &Reason::Gone);
    let part = received.files[2].path.clone().expect("its part is kept");
    assert!(part.extension().is_some_and(|ext| ext == "part"));
    assert_eq!(fs::metadata(&part).unwrap().len(), there as u64);
    part
}

#[test]
fn resume_after_a_broken_connection_sends_only_the_rest() {
    let bench = Bench::new();
    let big = bytes(20 << 20, 9);
    let (_, to) = bench.receive(Way::Framed, Policy { partial: Partial::Keep, ..all() });
    break_off(&bench, to, &big, 7_654_321);
    let out = ended(&bench.sender, bench.send(&[bench.from.path().join("tree")], to, Way::Framed));
    assert_eq!(out.result, Ok(()), "{out:#?}");
    assert_eq!(out.resumed, 7_654_321 + 5, "the part and the file that was whole");
    assert_eq!(next_ended(&bench.receiver).resumed, out.resumed);
    let found = bench.received();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["tree", "tree/first.txt", "tree/second.bin"]);
    assert!(found["tree/second.bin"].as_deref() == Some(&big));
    // It was forgotten with its end: the same once more is another one.
    let out = ended(&bench.sender, bench.send(&[bench.from.path().join("tree")], to, Way::Framed));
    assert_eq!((&out.result, out.resumed), (&Ok(()), 0));
    assert!(bench.received().contains_key("tree (1)/second.bin"));
}

#[test]
fn a_part_that_is_something_else_now_is_sent_anew() {
    let bench = Bench::new();
    let big = bytes(9 << 20, 9);
    let (_, to) = bench.receive(Way::Framed, Policy { partial: Partial::Keep, ..all() });
    let part = break_off(&bench, to, &big, 5 << 20);
    fs::File::options().write(true).open(part).unwrap().write_all(b"spoilt").unwrap();
    let out = ended(&bench.sender, bench.send(&[bench.from.path().join("tree")], to, Way::Framed));
    assert_eq!((&out.result, out.resumed), (&Ok(()), 5));
    let found = bench.received();
    assert!(found["tree/second.bin"].as_deref() == Some(&big));
    assert_eq!(found.len(), 3, "{:?}", found.keys());
}

#[test]
fn somebody_else_goes_on_with_nothing() {
    let bench = Bench::new();
    let big = bytes(2 << 20, 9);
    let (_, to) = bench.receive(Way::Framed, Policy { partial: Partial::Keep, ..all() });
    break_off(&bench, to, &big, 1 << 20);
    // Another offer, by one byte of a name.
    let tree = bench.from.path().join("tree");
    fs::rename(tree.join("first.txt"), tree.join("First.txt")).unwrap();
    let out = ended(&bench.sender, bench.send(&[tree], to, Way::Framed));
    assert_eq!((&out.result, out.resumed), (&Ok(()), 0));
}

#[test]
fn nothing_is_written_before_the_yes() {
    let bench = Bench::new();
    let path = bench.file("a.txt", "a");
    let (_, to) = bench.receive(Way::Framed, Policy { partial: Partial::Keep, ..Policy::default() });
    let id = bench.send(&[path], to, Way::Framed);
    let offer = offered(&bench.receiver);
    assert!(bench.received().is_empty(), "{:?}", bench.received().keys());
    bench.receiver.answer(offer.transfer, Answer::Decline).unwrap();
    ended(&bench.sender, id);
    next_ended(&bench.receiver);
    assert!(bench.received().is_empty(), "{:?}", bench.received().keys());
}

#[test]
fn lies_are_refused_with_a_reason() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Framed, all());
    let hash = *blake3::hash(b"ab").as_bytes();
    for (name, said, reason) in [
        ("no Twocan", b"GET / HTTP/1.1\r\n\r\n".to_vec(), Reason::Protocol(FrameError::Magic)),
        ("another version", [&MAGIC[..], &[0, 9]].concat(), Reason::Protocol(FrameError::Version(9))),
        ("2^63 bytes", offer(&[("a", 1 << 63)]), Reason::NoSpace { needed: 1 << 63, free: 0 }),
        ("a sum past 2^64", offer(&[("a", u64::MAX), ("b", 2)]), Reason::Protocol(FrameError::Value(1))),
        (
            "10^6 files",
            [preamble(), announce(1_000_000, 0)].concat(),
            Reason::TooMany { announced: 1_000_000, limit: 100_000 },
        ),
        (
            "a record of no kind",
            [preamble(), record(0x77, &[])].concat(),
            Reason::Protocol(FrameError::Unexpected(0x77)),
        ),
        (
            "a record too long",
            [preamble(), vec![4, 0xFF, 0xFF, 0xFF, 0xFF]].concat(),
            Reason::Protocol(FrameError::Length { kind: 4, length: u32::MAX }),
        ),
        ("bytes before an offer", [preamble(), data(b"x")].concat(), Reason::Protocol(FrameError::Unexpected(4))),
        ("an upward name", offer(&[("../x", 1)]), Reason::Name(NameError::Upwards)),
        ("cut off", offer(&[("a", 2)])[..30].to_vec(), Reason::Gone),
    ] {
        say(to, &said);
        let received = next_ended(&bench.receiver);
        let (found, _) = why(&received.result);
        let fits = match (found, &reason) {
            (Reason::NoSpace { needed, .. }, Reason::NoSpace { needed: expected, .. }) => needed == expected,
            (found, expected) => found == expected,
        };
        assert!(fits, "{name}: {found:?}");
        assert!(bench.received().is_empty(), "{name}");
    }
    for (name, said, reason) in [
        ("too few", [file(0), data(b"a"), end(hash)].concat(), Reason::Size { announced: 2, came: 1 }),
        ("too many", [file(0), data(b"abc"), end(hash)].concat(), Reason::Size { announced: 2, came: 3 }),
        ("another hash", [file(0), data(b"ax"), end(hash)].concat(), Reason::Hash),
        ("gone inside", [file(0), data(b"a")].concat(), Reason::Gone),
    ] {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(&offer(&[("a", 2)])).unwrap();
        // The answer: its preamble, one ANSWER, GO.
        stream.read_exact(&mut [0; 10 + 50 + 5]).unwrap();
        stream.write_all(&[said, if name == "gone inside" { Vec::new() } else { done() }].concat()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let received = next_ended(&bench.receiver);
        assert_eq!(why(&received.result).0, &reason, "{name}");
        if name != "gone inside" {
            assert_eq!(answer[0], 0x14, "{name}: FAILED is said");
        }
        assert!(bench.received().is_empty(), "{name}");
    }
}

#[test]
fn more_bytes_than_announced_are_refused_before_their_end() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Framed, all());
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&offer(&[("a", 2)])).unwrap();
    stream.read_exact(&mut [0; 10 + 50 + 5]).unwrap();
    stream.write_all(&[file(0), data(b"abc")].concat()).unwrap();
    // Else a disk could be filled by somebody who announced two bytes.
    let mut failed = [0; 5 + 22];
    stream.read_exact(&mut failed).unwrap();
    assert_eq!((failed[0], failed[10]), (0x14, 5), "{failed:?}");
    assert!(bench.received().into_keys().all(|name| name.contains(".parts")), "{:?}", bench.received().keys());
    stream.write_all(&[data(b"abc"), end([0; 32]), done()].concat()).unwrap();
    assert_eq!(why(&next_ended(&bench.receiver).result).0, &Reason::Size { announced: 2, came: 3 });
}

#[cfg(unix)]
#[test]
fn a_link_that_is_swapped_in_leads_nowhere() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().unwrap();
    bench.file("tree/a.bin", bytes(4 << 20, 1));
    bench.file("tree/b.txt", "b");
    let (_, to) = bench.receive(Way::Framed, all());
    let relay = Relay::start(to, 1 << 20);
    let id = bench.send(&[bench.from.path().join("tree")], relay.address(), Way::Framed);
    relay.held();
    until(&bench.receiver, first(&bench.receiver), |transfer| transfer.progress.bytes > 0);
    let folder = bench.into.path().join("tree");
    fs::rename(&folder, bench.into.path().join("moved")).unwrap();
    std::os::unix::fs::symlink(outside.path(), &folder).unwrap();
    relay.release();
    assert_eq!(ended(&bench.sender, id).result, Ok(()));
    assert_eq!(next_ended(&bench.receiver).result, Ok(()));
    assert!(tree(outside.path()).is_empty(), "{:?}", tree(outside.path()).keys());
    // What was begun in the folder ends in the folder, wherever that is now.
    assert_eq!(fs::read(bench.into.path().join("moved/b.txt")).unwrap(), b"b");
}

#[cfg(unix)]
#[test]
fn links_that_are_there_are_not_followed() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("precious"), "mine").unwrap();
    for (link, to) in
        [("tree", outside.path().to_owned()), ("a.txt", outside.path().join("precious")), ("b.txt", "/nowhere".into())]
    {
        std::os::unix::fs::symlink(to, bench.into.path().join(link)).unwrap();
    }
    bench.file("tree/x.txt", "x");
    let paths = ["a.txt", "b.txt"].map(|name| bench.file(name, name)).to_vec();
    let (out, _) = bench.across(&[&[bench.from.path().join("tree")][..], &paths].concat(), Way::Framed);
    assert_eq!(out.result, Ok(()));
    assert_eq!(tree(outside.path()), [("precious".to_owned(), Some(b"mine".to_vec()))].into());
    for name in ["tree (1)/x.txt", "a (1).txt", "b (1).txt"] {
        assert!(bench.into.path().join(name).is_file(), "{name}");
    }
}

#[test]
fn a_file_that_changes_while_it_is_sent_fails_alone() {
    let bench = Bench::new();
    // More than all buffers between the two hold.
    let paths = [bench.long_file("a.bin", 64 << 20), bench.file("b.txt", "b")];
    let (_, to) = bench.receive(Way::Framed, all());
    let relay = Relay::start(to, 1 << 20);
    let id = bench.send(&paths, relay.address(), Way::Framed);
    relay.held();
    fs::File::options().write(true).open(&paths[0]).unwrap().set_len(100).unwrap();
    relay.release();
    let out = ended(&bench.sender, id);
    assert_eq!(why(&out.result), (&Reason::Changed, false));
    // What crossed, and not what would have.
    assert!(out.bytes < 64 << 20, "{}", out.bytes);
    assert_eq!(bench.sender.transfer(id).unwrap().progress.fraction(), Some(1.0));
    assert_eq!(why(&next_ended(&bench.receiver).result), (&Reason::Changed, true));
    assert_eq!(bench.received().into_keys().collect::<Vec<_>>(), ["b.txt"]);
}

#[test]
fn what_a_file_lacks_that_is_gone_is_not_told_as_sent() {
    let bench = Bench::new();
    let paths = [bench.long_file("a.bin", 64 << 20), bench.file("b.bin", "bb"), bench.file("c.bin", "c")];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let id = bench.send(&paths, listener.local_addr().unwrap(), Way::Raw);
    let (mut stream, _) = listener.accept().unwrap();
    fs::remove_file(&paths[1]).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(stream);
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(stream);
    let out = ended(&bench.sender, id);
    assert!(matches!(why(&out.result), (Reason::Disk { what: DiskFault::Missing, .. }, false)), "{:?}", out.result);
    assert_eq!(out.bytes, (64 << 20) + 1);
    assert_eq!(bench.sender.transfer(id).unwrap().progress.fraction(), Some(1.0));
}

#[test]
fn names_that_differ_in_case_or_composition_alone_do_not_meet() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Framed, all());
    let names = ["A.txt", "a.TXT", "e\u{301}.txt", "\u{e9}.txt", "x/../y"];
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(&offer(&names.map(|name| (name, 1)))).unwrap();
    let mut said = Vec::new();
    for n in 0..4_u8 {
        said.extend(whole(n.into(), &[n]));
    }
    stream.write_all(&[said, done()].concat()).unwrap();
    let received = next_ended(&bench.receiver);
    assert_eq!(why(&received.result).0, &Reason::Name(NameError::Upwards));
    let found = bench.received();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["A.txt", "a (1).TXT", "\u{e9} (1).txt", "\u{e9}.txt"]);
    assert_eq!(found["a (1).TXT"], Some(vec![1]));
    drop(stream);
}

#[test]
fn a_cancel_is_heard_in_the_second_connection_too() {
    let bench = Bench::new();
    let paths = [bench.file("a.txt", "a"), bench.long_file("b.bin", 1 << 30)];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let id = bench.send(&paths, listener.local_addr().unwrap(), Way::Raw);
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    drop(stream);
    // Nobody reads the second one.
    let second = listener.accept().unwrap();
    let mut there = 0;
    until(&bench.sender, id, |transfer| {
        let still = transfer.progress.bytes > 1 && transfer.progress.bytes == there;
        there = transfer.progress.bytes;
        still
    });
    let begun = Instant::now();
    bench.sender.cancel(id);
    assert_eq!(ended(&bench.sender, id).result, Err(Reason::Cancelled));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(second);
}
