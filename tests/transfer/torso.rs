//! The ways without words: what is not all of a file must never look like one, and an RST is all that tells.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use twocan::transfer::{Answer, FileEnd, Notice, Policy, Reason, SendOptions, Way, name::NameError};

use super::{
    bench::{Bench, all, bytes, ended, next_ended, offered, until},
    faults::why,
};

/// Nothing is to end for so long.
const QUIET: Duration = Duration::from_millis(400);

/// The question that stands stays open and its sender at work.
fn nothing_ends(bench: &Bench) {
    for service in [&bench.sender, &bench.receiver] {
        while let Ok(notice) = service.notices().recv_timeout(QUIET) {
            assert!(!matches!(notice, Notice::Ended(..) | Notice::Settled(_)), "{notice:?}");
        }
    }
}

#[test]
fn the_torso_of_a_file_that_shrinks_while_it_is_sent_is_not_taken() {
    for way in [Way::Raw, Way::Helper] {
        let bench = Bench::new();
        let path = bench.long_file("a.bin", 4 << 30);
        let (_, to) = bench.receive(way, all());
        let id = bench.send(std::slice::from_ref(&path), to, way);
        until(&bench.sender, id, |transfer| transfer.progress.bytes > 0);
        fs::File::options().write(true).open(path).unwrap().set_len(1).unwrap();
        assert_eq!(why(&ended(&bench.sender, id).result), (&Reason::Changed, false), "{way:?}");
        let received = next_ended(&bench.receiver);
        assert!(matches!(received.result, Err(Reason::Net(_))), "{way:?}: {:?}", received.result);
        assert!(bench.received().is_empty(), "{way:?}: {:?}", bench.received().keys());
    }
}

#[test]
fn a_question_may_stand_for_longer_than_bytes_may_rest() {
    // One that fits between the two programs, and one that does not.
    for size in [5, 24 << 20] {
        let bench = Bench::new();
        let sent = bytes(size, 3);
        let path = bench.file("a.bin", &sent);
        let (_, to) = bench.receive(Way::Raw, Policy::default());
        let options = SendOptions { idle_timeout: Duration::from_millis(50), ..SendOptions::default() };
        let id = bench.send_with(&[path], to, Way::Raw, options);
        let offer = offered(&bench.receiver);
        nothing_ends(&bench);
        bench.receiver.answer(offer.transfer, Answer::All).unwrap();
        assert_eq!(ended(&bench.sender, id).result, Ok(()), "{size}");
        assert_eq!(next_ended(&bench.receiver).result, Ok(()), "{size}");
        assert!(bench.received().into_values().eq([Some(sent)]), "{size}");
    }
}

#[test]
fn a_file_without_a_byte_can_be_asked_for() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Raw, Policy::default());
    // As `nc -N` does it: it waits for the end of the other direction.
    let mut stream = TcpStream::connect(to).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let offer = offered(&bench.receiver);
    nothing_ends(&bench);
    bench.receiver.answer(offer.transfer, Answer::All).unwrap();
    assert_eq!(next_ended(&bench.receiver).result, Ok(()));
    assert!(bench.received().into_values().eq([Some(Vec::new())]));
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "and no RST");
}

/// All of it has come, and its end. Elsewhere the RST behind that is seen when the answer is read.
#[cfg(target_os = "linux")]
#[test]
fn a_question_goes_with_the_sender_that_thinks_better_of_it() {
    for size in [0, 5] {
        let bench = Bench::new();
        let path = bench.file("a.bin", bytes(size, 3));
        let (_, to) = bench.receive(Way::Raw, Policy::default());
        let id = bench.send(&[path], to, Way::Raw);
        offered(&bench.receiver);
        until(&bench.sender, id, |transfer| transfer.state == twocan::transfer::State::Finishing);
        bench.sender.cancel(id);
        assert_eq!(why(&ended(&bench.sender, id).result), (&Reason::Cancelled, false), "{size}");
        let received = next_ended(&bench.receiver);
        assert!(matches!(received.result, Err(Reason::Net(_))), "{size}: {:?}", received.result);
        assert!(bench.receiver.offers().is_empty() && bench.received().is_empty(), "{size}");
    }
}

#[test]
fn one_sender_too_many_is_told_of_on_both_sides() {
    for way in [Way::Raw, Way::Helper] {
        let bench = Bench::new();
        let paths = [("a.bin", "a"), ("b.bin", "five!"), ("c.bin", "")].map(|(name, bytes)| bench.file(name, bytes));
        let (_, to) = bench.receive(way, Policy { senders: 0, ..Policy::default() });
        for path in &paths {
            let refused = ended(&bench.sender, bench.send(std::slice::from_ref(path), to, way));
            assert!(matches!(refused.result, Err(Reason::Net(_))), "{way:?}: {:?}", refused.result);
            assert_eq!(why(&next_ended(&bench.receiver).result), (&Reason::Busy, false), "{way:?}");
        }
        assert!(bench.received().is_empty(), "{way:?}");
    }
}

#[test]
fn a_name_that_the_helper_cannot_spell_costs_its_file_alone() {
    let bench = Bench::new();
    let paths = ["😀.txt", "a.txt", "b.txt"].map(|name| bench.file(name, name));
    let (_, to) = bench.receive(Way::Helper, all());
    let out = ended(&bench.sender, bench.send(&paths, to, Way::Helper));
    let ends: Vec<_> = out.files.iter().map(|file| file.end.clone()).collect();
    assert_eq!(ends, [FileEnd::Failed(NameError::Encoding.into()), FileEnd::Whole, FileEnd::Whole]);
    assert_eq!(why(&out.result), (&Reason::Name(NameError::Encoding), false));
    next_ended(&bench.receiver);
    next_ended(&bench.receiver);
    assert_eq!(bench.received().into_keys().collect::<Vec<_>>(), ["a.txt", "b.txt"]);
}

#[test]
fn a_name_that_is_no_gbk_is_refused_for_that() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Helper, all());
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(&[&b"\xFF\xFF"[..], &5_u64.to_le_bytes()].concat()).unwrap();
    let received = next_ended(&bench.receiver);
    assert_eq!(why(&received.result), (&Reason::Name(NameError::Encoding), false));
    assert!(bench.received().is_empty());
}
