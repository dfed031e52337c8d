use proptest::prelude::*;

use super::*;
use crate::journal::{Batch, Budget, Record, Span};

fn record(socket: u32, event: Event, peer: &str) -> Record {
    let (socket, peer) = (SocketId(socket), peer.parse().ok());
    Record { at: 0, socket, generation: 0, event, peer, bytes: Span::default() }
}

/// All of them, in the order in which they were told of.
fn told(journal: &Journal) -> Vec<Datagram> {
    let mut all = Datagrams::default();
    assert!(all.advance(journal, usize::MAX));
    all.all.iter().map(|rows| all.made(journal, rows).unwrap()).collect()
}

#[test]
fn datagrams_are_matched_one_to_one() {
    let mut batch = Batch::default();
    for (id, local) in [(1, "127.0.0.1:9001"), (2, "127.0.0.1:9002")] {
        batch.push(record(id, Event::Bound, local), local.as_bytes());
    }
    let sent = |len: u32| Event::Sent { asked: len };
    batch.push(record(1, sent(3), "127.0.0.1:9002"), b"one");
    batch.push(record(1, sent(3), "127.0.0.1:9002"), b"two");
    batch.push(record(1, sent(5), "127.0.0.1:9002"), b"three");
    // The first one is lost, the last one is cut, and one comes from elsewhere.
    batch.push(record(2, Event::Received { full: 3 }, "127.0.0.1:9001"), b"two");
    batch.push(record(2, Event::Received { full: 5 }, "127.0.0.1:9001"), b"th");
    batch.push(record(2, Event::Received { full: 0 }, "127.0.0.1:9009"), b"");
    let mut journal = Journal::new(Budget::default());
    journal.push(batch);
    let told = told(&journal);
    let ends: Vec<_> = told.iter().map(|d| (d.sent, d.received, d.len, d.is_cut())).collect();
    assert_eq!(
        ends,
        [
            (Some(2), None, 3, false),
            (Some(3), Some(5), 3, false),
            (Some(4), Some(6), 5, true),
            (None, Some(7), 0, false)
        ]
    );
}

#[test]
fn a_recv_that_is_told_of_before_its_send_is_the_same_datagram() {
    let mut batch = Batch::default();
    for (id, local) in [(1, "127.0.0.1:9001"), (2, "127.0.0.1:9002")] {
        batch.push(record(id, Event::Bound, local), local.as_bytes());
    }
    let at = |at, record| Record { at, ..record };
    batch.push(at(10, record(2, Event::Received { full: 3 }, "127.0.0.1:9001")), b"one");
    batch.push(at(11, record(1, Event::Sent { asked: 3 }, "127.0.0.1:9002")), b"one");
    // The same bytes long after are another one.
    batch.push(at(20, record(2, Event::Received { full: 3 }, "127.0.0.1:9001")), b"two");
    batch.push(at(21 + LATE, record(1, Event::Sent { asked: 3 }, "127.0.0.1:9002")), b"two");
    let mut journal = Journal::new(Budget::default());
    journal.push(batch);
    let told = told(&journal);
    let ends: Vec<_> = told.iter().map(|datagram| (datagram.sent, datagram.received)).collect();
    assert_eq!(ends, [(Some(3), Some(2)), (None, Some(4)), (Some(5), None)]);
}

fn push(journal: &mut Journal, socket: u32, event: Event, peer: &str, bytes: &[u8]) {
    let mut batch = Batch::default();
    batch.push(record(socket, event, peer), bytes);
    journal.push(batch);
}

const ONE: &str = "127.0.0.1:9001";
const TWO: &str = "127.0.0.1:9002";

fn pair() -> Journal {
    let mut journal = Journal::default();
    push(&mut journal, 1, Event::Bound, ONE, ONE.as_bytes());
    push(&mut journal, 2, Event::Bound, "0.0.0.0:9002", b"0.0.0.0:9002");
    journal
}

#[test]
fn a_datagram_is_lost_only_once_a_later_one_was_read() {
    let mut journal = pair();
    let mut all = Datagrams::default();
    let sent = |len| Event::Sent { asked: len };
    push(&mut journal, 1, sent(3), TWO, b"one");
    push(&mut journal, 1, sent(9), "127.0.0.1:7", b"elsewhere");
    push(&mut journal, 1, sent(5), TWO, b"three");
    assert!(all.advance(&journal, 99));
    let fates = |all: &Datagrams, journal: &Journal, direction, id| -> Vec<_> {
        let (len, _) = all.len(SocketId(id), direction);
        (0..len).filter_map(|n| all.nth(journal, SocketId(id), direction, n)).map(|datagram| datagram.fate()).collect()
    };
    assert_eq!(fates(&all, &journal, Direction::Out, 1), [Fate::OnItsWay, Fate::Unseen, Fate::OnItsWay]);
    assert_eq!(all.tally(SocketId(1), Direction::Out).on_their_way(), 2);
    push(&mut journal, 2, Event::Received { full: 5 }, ONE, b"th");
    push(&mut journal, 2, Event::Received { full: 1 }, "10.0.0.9:4", b"x");
    assert!(all.advance(&journal, 99));
    assert_eq!(fates(&all, &journal, Direction::Out, 1), [Fate::Lost, Fate::Unseen, Fate::Cut]);
    assert_eq!(fates(&all, &journal, Direction::In, 2), [Fate::Lost, Fate::Cut, Fate::FromOutside]);
    let tally =
        Tally { sent: 3, received: 1, cut: 1, from_outside: 0, lost: 1, unseen: 1, gone: 6, ..Tally::default() };
    assert_eq!(all.tally(SocketId(1), Direction::Out), tally);
    let tally =
        Tally { sent: 2, received: 2, cut: 1, from_outside: 1, lost: 1, unseen: 0, gone: 6, ..Tally::default() };
    assert_eq!((all.tally(SocketId(2), Direction::In), tally.on_their_way()), (tally, 0));
    assert_eq!(all.of_row(&journal, 5).and_then(|datagram| datagram.sent), Some(4));
    assert_eq!(all.position(SocketId(1), Direction::Out, 5), Some(2));
}

#[test]
fn one_that_was_overtaken_and_comes_was_not_lost() {
    let mut journal = pair();
    let mut all = Datagrams::default();
    for bytes in [b"one", b"two"] {
        push(&mut journal, 1, Event::Sent { asked: 3 }, TWO, bytes);
    }
    push(&mut journal, 2, Event::Received { full: 3 }, ONE, b"two");
    assert!(all.advance(&journal, 99));
    let tally = |all: &Datagrams| all.tally(SocketId(1), Direction::Out);
    assert_eq!((tally(&all).lost, tally(&all).gone), (1, 3));
    push(&mut journal, 2, Event::Received { full: 3 }, ONE, b"one");
    assert!(all.advance(&journal, 99));
    assert_eq!(tally(&all), Tally { sent: 2, received: 2, ..Tally::default() });
    assert_eq!(
        all.of_row(&journal, 2).map(|datagram| (datagram.fate(), datagram.received)),
        Some((Fate::Whole, Some(5)))
    );
}

#[test]
fn what_left_is_forgotten_and_still_counted() {
    let mut journal = Journal::new(Budget { rows: 3, ..Budget::default() });
    let mut all = Datagrams::default();
    push(&mut journal, 1, Event::Bound, ONE, ONE.as_bytes());
    for _ in 0..9 {
        push(&mut journal, 1, Event::Sent { asked: 1 }, TWO, b"x");
        all.advance(&journal, 99);
    }
    assert_eq!(all.len(SocketId(1), Direction::Out), (3, 6));
    assert_eq!((all.of_row(&journal, 2), all.tally(SocketId(1), Direction::Out).sent), (None, 9));
    assert_eq!(all.of_row(&journal, 9).map(|datagram| datagram.fate()), Some(Fate::Unseen));
}

#[test]
fn datagrams_of_a_file_are_known_as_such_whoever_tells_first() {
    let mut journal = pair();
    let mut all = Datagrams::default();
    let came = |full| Event::Received { full };
    // The receiver's worker tells of one before the sender's tells that a file begins.
    push(&mut journal, 2, came(4), ONE, b"1234");
    push(&mut journal, 1, Event::FileStarted { size: 10 }, TWO, b"/a");
    push(&mut journal, 2, came(4), ONE, b"5678");
    // A message in between, which is told of as received before it is told of as sent.
    push(&mut journal, 2, came(1), ONE, b"!");
    push(&mut journal, 1, Event::Sent { asked: 1 }, TWO, b"!");
    push(&mut journal, 1, Event::FileEnded { sent: 10, cancelled: false }, TWO, b"/a");
    push(&mut journal, 2, came(2), ONE, b"90");
    // All of it was there: this is from somewhere else.
    push(&mut journal, 2, came(1), ONE, b"x");
    assert!(all.advance(&journal, 99));
    let fates: Vec<_> = (0..all.len(SocketId(2), Direction::In).0)
        .filter_map(|n| all.nth(&journal, SocketId(2), Direction::In, n))
        .map(|datagram| (datagram.fate(), datagram.sender.map(|id| id.0)))
        .collect();
    let of_file = (Fate::OfFile, Some(1));
    assert_eq!(fates, [of_file, of_file, (Fate::Whole, Some(1)), of_file, (Fate::FromOutside, None)]);
    let tally = Tally { sent: 1, received: 5, of_file: 3, from_outside: 1, ..Tally::default() };
    assert_eq!((all.tally(SocketId(2), Direction::In), tally.on_their_way()), (tally, 0));
    let tally = Tally { sent: 1, received: 1, files: 1, file_received: 3, ..Tally::default() };
    assert_eq!((all.tally(SocketId(1), Direction::Out), tally.on_their_way()), (tally, 0));
}

proptest! {
    /// Whatever is lost or cut, and in whatever order the two workers tell of it: each comes out of one send at most.
    #[test]
    fn datagrams_come_one_to_one(
        fates in prop::collection::vec((any::<bool>(), 0_usize..6), 0..40),
        order in prop::collection::vec(any::<bool>(), 0..80),
    ) {
        let mut journal = pair();
        let mut all = Datagrams::default();
        let message = |n: usize| format!("{n:04} is its number").into_bytes();
        let mut sends = 0..fates.len();
        let mut recvs = (0..fates.len()).filter(|n| fates[*n].0);
        for first in order.into_iter().chain(std::iter::repeat_n(true, 40)).chain(std::iter::repeat_n(false, 40)) {
            if first && let Some(n) = sends.next() {
                push(&mut journal, 1, Event::Sent { asked: 19 }, TWO, &message(n));
            } else if !first && let Some(n) = recvs.next() {
                let bytes = message(n);
                let kept = bytes.len() - fates[n].1;
                push(&mut journal, 2, Event::Received { full: bytes.len() as u32 }, ONE, &bytes[..kept]);
            }
            all.advance(&journal, 99);
        }
        let sent = SocketId(1);
        prop_assert_eq!(all.len(sent, Direction::Out), (fates.len(), 0));
        let last = fates.iter().rposition(|fate| fate.0);
        let mut rows = std::collections::BTreeSet::new();
        for (n, (comes, cut)) in fates.iter().enumerate() {
            let datagram = all.nth(&journal, sent, Direction::Out, n).unwrap();
            prop_assert_eq!(datagram.received.is_some(), *comes, "{} {:?}", n, datagram);
            if let Some(row) = datagram.received {
                prop_assert!(rows.insert(row), "one recv of two sends");
                prop_assert!(message(n).starts_with(journal.row(row).unwrap().bytes));
                prop_assert_eq!(datagram.gone() as usize, *cut);
            } else {
                prop_assert_eq!(datagram.fate() == Fate::Lost, last.is_some_and(|last| last > n));
            }
        }
        let tally = all.tally(sent, Direction::Out);
        prop_assert_eq!(tally.received as usize, rows.len());
        prop_assert_eq!(tally.sent, tally.received + tally.lost + tally.on_their_way());
    }
}
