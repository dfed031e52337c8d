//! Peers that say what is not true yet, or of nothing that there is; and what of a broken offer is told file by file.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread::Builder,
    time::{Duration, SystemTime},
};

use twocan::transfer::{Answer, FileEnd, Outcome, Partial, Policy, Reason, Way, framed::FrameError};

use super::{
    bench::{Bench, all, bytes, ended, first, next_ended, offered, until},
    faults::{say, why},
    frames::{announce, data, end, entry, file, named, offer, preamble, record, whole},
    relay::Relay,
};

const STORED: u8 = 0x13;
const FAILED: u8 = 0x14;

fn stored(index: u32) -> Vec<u8> {
    record(STORED, &[&index.to_be_bytes()])
}

/// FAILED or SKIP, with the reason 3.
fn failed(kind: u8, index: u32) -> Vec<u8> {
    record(kind, &[&index.to_be_bytes(), &3_u16.to_be_bytes(), &[0; 16]])
}

/// The preamble, a yes to so many entries, and GO.
fn takes(entries: u32) -> Vec<u8> {
    let answer = |index: u32| record(0x11, &[&index.to_be_bytes(), &[0], &0_u64.to_be_bytes(), &[0; 32]]);
    [preamble(), (0..entries).flat_map(answer).collect(), record(0x12, &[])].concat()
}

/// A receiver that says this at once, reads what comes, and gives it once that ends; it half-closes only if `ends`.
fn receiver(said: Vec<u8>, ends: bool) -> (std::net::SocketAddr, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let run = move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(&said).unwrap();
        if ends {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        heard
    };
    (address, Builder::new().spawn(run).unwrap())
}

fn ends(out: &Outcome) -> Vec<FileEnd> {
    out.files.iter().map(|file| file.end.clone()).collect()
}

#[test]
fn a_receiver_that_confirms_what_was_not_sent_is_not_believed() {
    for (name, said, kind) in [
        ("before a byte of it", stored(0), STORED),
        ("before the end of an empty file", stored(1), STORED),
        ("a file that is not there", stored(7), STORED),
        ("a failure of a file that is not there", failed(FAILED, 7), FAILED),
        ("a second failure", [failed(FAILED, 0), failed(FAILED, 0)].concat(), FAILED),
        ("a failure that is none", [failed(FAILED, 0), stored(0)].concat(), STORED),
    ] {
        let bench = Bench::new();
        let paths = [bench.file("a.bin", bytes(1 << 20, 1)), bench.file("b.bin", "")];
        let (to, heard) = receiver([takes(2), said].concat(), false);
        let out = ended(&bench.sender, bench.send(&paths, to, Way::Framed));
        assert_eq!(why(&out.result), (&Reason::Protocol(FrameError::Value(kind)), false), "{name}");
        assert!(!out.confirmed && !ends(&out).contains(&FileEnd::Verified), "{name}: {:?}", ends(&out));
        let heard = heard.join().unwrap();
        let cancel = &heard[heard.len() - 23..];
        assert_eq!((cancel[0], cancel[6], cancel[22]), (0x0F, 10, kind), "{name}: {cancel:?}");
    }
}

#[test]
fn a_sender_that_skips_what_is_not_its_turn_is_told_so() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Framed, all());
    let folder = record(2, &[&[1], &[0; 8], &i64::MIN.to_be_bytes(), &[0; 4], b"tree"]);
    let offered = [preamble(), announce(2, 2), named("a", 2), folder].concat();
    for (name, said) in [
        ("what there is not", failed(6, 77)),
        ("a folder", failed(6, 1)),
        ("one file twice", [failed(6, 0), failed(6, 0)].concat()),
        ("a file that is over", [whole(0, b"ab"), failed(6, 0)].concat()),
        ("another one than has begun", [file(0), failed(6, 1)].concat()),
    ] {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.write_all(&offered).unwrap();
        // The answer: its preamble, two ANSWERs, GO, the folder.
        stream.read_exact(&mut [0; 10 + 2 * 50 + 5 + 9]).unwrap();
        stream.write_all(&said).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        let received = next_ended(&bench.receiver);
        assert_eq!(why(&received.result), (&Reason::Protocol(FrameError::Value(6)), false), "{name}");
    }
}

#[test]
fn a_receiver_that_ends_before_it_has_said_a_word_has_ended_the_connection() {
    let bench = Bench::new();
    let path = bench.file("a.bin", bytes(1 << 20, 1));
    for (said, reason) in [
        (Vec::new(), Reason::Gone),
        (preamble()[..5].to_vec(), Reason::Protocol(FrameError::Cut)),
        (preamble(), Reason::Gone),
    ] {
        let (to, heard) = receiver(said, true);
        let out = ended(&bench.sender, bench.send(std::slice::from_ref(&path), to, Way::Framed));
        assert_eq!(why(&out.result), (&reason, false));
        heard.join().unwrap();
    }
}

#[test]
fn the_file_that_broke_off_is_told_apart_from_those_that_were_not_reached() {
    for partial in [Partial::Keep, Partial::Remove] {
        let bench = Bench::new();
        let paths = ["a.txt", "b.bin", "c.txt"].map(|name| bench.file(name, bytes(4 << 20, 1)));
        let (_, to) = bench.receive(Way::Framed, Policy { partial, ..all() });
        let relay = Relay::start(to, 6 << 20);
        let id = bench.send(&paths, relay.address(), Way::Framed);
        relay.held();
        let into = first(&bench.receiver);
        until(&bench.receiver, into, |transfer| transfer.progress.bytes > 5 << 20);
        relay.cut(false);
        let (out, received) = (ended(&bench.sender, id), ended(&bench.receiver, into));
        let expected = [FileEnd::Verified, FileEnd::Failed(Reason::Gone), FileEnd::NotReached];
        assert_eq!(ends(&received), expected);
        assert_eq!(received.files[1].path.is_some(), partial == Partial::Keep);
        // Which of the last two it was sending then, nobody knows; both were sent to nobody.
        assert!(matches!(ends(&out)[1], FileEnd::Failed(_)), "{:?}", ends(&out));
        assert!(out.result.is_err() && received.result.is_err());
    }
}

#[test]
fn a_no_is_told_of_every_file() {
    let bench = Bench::new();
    let paths = ["a.txt", "b.txt"].map(|name| bench.file(name, name));
    let (_, to) = bench.receive(Way::Framed, Policy::default());
    let id = bench.send(&paths, to, Way::Framed);
    let offer = offered(&bench.receiver);
    bench.receiver.answer(offer.transfer, Answer::Decline).unwrap();
    for out in [ended(&bench.sender, id), next_ended(&bench.receiver)] {
        assert_eq!(ends(&out), [FileEnd::Declined, FileEnd::Declined]);
    }
    // A name that cannot be used says more than that no.
    let (_, to) = bench.receive(Way::Framed, all());
    say(to, &offer_of(&["../x", "/y"]));
    assert!(ends(&next_ended(&bench.receiver)).iter().all(|end| matches!(end, FileEnd::Failed(Reason::Name(_)))));
}

fn offer_of(names: &[&str]) -> Vec<u8> {
    let files: Vec<_> = names.iter().map(|name| (*name, 1)).collect();
    offer(&files)
}

/// Nothing that is there whole comes once more: not what has no bytes, and not what has a time that could not be kept.
#[test]
fn resume_knows_empty_files_and_times_to_come_again() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Framed, Policy { partial: Partial::Keep, ..all() });
    let tree = bench.from.path().join("tree");
    let big = bytes(2 << 20, 9);
    let files = [("empty", &b""[..]), ("future", b"future"), ("old", b"old"), ("z.bin", &big)];
    for (name, bytes) in files {
        bench.file(&format!("tree/{name}"), bytes);
    }
    let times = [("future", SystemTime::now() + Duration::from_hours(1_000_000)), ("old", SystemTime::UNIX_EPOCH)];
    for (name, time) in times {
        fs::File::options().write(true).open(tree.join(name)).unwrap().set_modified(time).unwrap();
    }
    let mut said = [preamble(), announce(5, big.len() as u64 + 9), entry(&tree, "tree")].concat();
    for (name, _) in files {
        said.extend(entry(&tree.join(name), &format!("tree/{name}")));
    }
    said.extend([file(1), end(*blake3::hash(b"").as_bytes())].concat());
    said.extend([whole(2, b"future"), whole(3, b"old"), file(4), data(&big[..1 << 20])].concat());
    say(to, &said);
    next_ended(&bench.receiver);
    let out = ended(&bench.sender, bench.send(&[tree], to, Way::Framed));
    assert_eq!((&out.result, out.confirmed, out.resumed), (&Ok(()), true, 9 + (1 << 20)));
    let received = next_ended(&bench.receiver);
    assert_eq!((&received.result, received.confirmed), (&Ok(()), true));
    assert!(received.files.iter().all(|file| file.path.is_some()), "{received:#?}");
    let found = bench.received();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["tree", "tree/empty", "tree/future", "tree/old", "tree/z.bin"]);
    assert!(found["tree/z.bin"].as_deref() == Some(&big));
}

#[test]
fn what_was_changed_since_is_not_taken_for_what_came() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Framed, Policy { partial: Partial::Keep, ..all() });
    let paths = [bench.file("a.txt", "came"), bench.file("b.bin", bytes(2 << 20, 9))];
    let mut said = [preamble(), announce(2, 4 + (2 << 20))].concat();
    for (path, name) in paths.iter().zip(["a.txt", "b.bin"]) {
        said.extend(entry(path, name));
    }
    said.extend([whole(0, b"came"), file(1), data(&fs::read(&paths[1]).unwrap()[..1 << 20])].concat());
    say(to, &said);
    next_ended(&bench.receiver);
    fs::write(bench.into.path().join("a.txt"), "mine").unwrap();
    let out = ended(&bench.sender, bench.send(&paths, to, Way::Framed));
    assert_eq!((&out.result, out.resumed), (&Ok(()), 1 << 20));
    let found = bench.received();
    assert_eq!((found["a.txt"].as_deref(), found["a (1).txt"].as_deref()), (Some(&b"mine"[..]), Some(&b"came"[..])));
}
