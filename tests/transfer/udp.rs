//! Datagrams that a hand-made peer says and hears: answers that are lost, files that take long to be read again.

use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use twocan::transfer::{
    FileEnd, Partial, Policy, Reason, ReceiverState, State, Way,
    udp::Datagram::{self, Asking, Cancel, Data, Done, End, Offer, Refused, Result as Outcome, Taken},
};

use super::bench::{Bench, all, bytes, ended, first, next_ended, state, tree, until, wait};

/// Bytes of a file in one datagram.
const PIECE: usize = 60_000;

/// A socket that says and hears datagrams of one transfer.
struct Peer {
    socket: UdpSocket,
    transfer: u32,
}

impl Peer {
    fn to(receiver: SocketAddr) -> Self {
        let peer = Self::bound();
        peer.socket.connect(receiver).unwrap();
        peer
    }

    fn bound() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { socket, transfer: 7 }
    }

    fn say(&self, datagram: &Datagram<'_>) {
        let mut out = Vec::new();
        datagram.write(self.transfer, &mut out);
        self.socket.send(&out).unwrap();
    }

    /// The next datagram, with its transfer.
    fn hear(&self) -> (u32, Datagram<'static>) {
        let mut room = vec![0; 1 << 16];
        let n = self.socket.recv(&mut room).unwrap();
        // So that it may be kept; a test ends soon.
        Datagram::parse(room[..n].to_vec().leak()).unwrap()
    }

    fn asks(&self, datagram: &Datagram<'_>) -> Datagram<'static> {
        self.say(datagram);
        self.hear().1
    }

    fn offer(&self, name: &str, size: usize) -> Datagram<'static> {
        self.asks(&Offer { size: size as u64, payload: PIECE as u16, name: name.as_bytes() })
    }

    /// Says all of it, each piece when the receiver has counted the one before: nothing is lost.
    fn data(&self, bench: &Bench, bytes: &[u8]) {
        let id = bench.receiver.list().last().unwrap().id;
        let mut sent = 0;
        for (number, bytes) in (0..).zip(bytes.chunks(PIECE)) {
            self.say(&Data { number, bytes });
            sent += bytes.len() as u64;
            until(&bench.receiver, id, |transfer| transfer.progress.bytes == sent);
        }
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

fn stopped(bench: &Bench) {
    wait(&bench.receiver, |notice| matches!(notice, twocan::transfer::Notice::ReceiverEnded(_)).then_some(()));
}

#[test]
fn a_result_that_was_lost_is_said_again_by_the_only_receiver_too() {
    let bench = Bench::new();
    let (receiver, to) = bench.receive(Way::Udp, Policy { once: true, ..all() });
    let peer = Peer::to(to);
    assert_eq!(peer.offer("a.txt", 5), Taken);
    peer.data(&bench, b"hello");
    let whole = Outcome { came: 1, right: true };
    assert_eq!(peer.asks(&End(hash(b"hello"))), whole);
    assert_eq!(next_ended(&bench.receiver).result, Ok(()));
    // As if it had not come.
    assert_eq!(peer.asks(&End(hash(b"hello"))), whole);
    assert!(matches!(state(&bench.receiver, receiver), ReceiverState::Listening(_)));
    // Nobody else is taken meanwhile.
    assert_eq!(Peer::to(to).offer("b.txt", 1), Refused(Reason::Busy));
    peer.say(&Done);
    stopped(&bench);
    assert_eq!(bench.received().len(), 1);
}

#[test]
fn a_no_that_was_lost_is_said_again_and_is_one_row() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Udp, all());
    let peer = Peer::to(to);
    for _ in 0..3 {
        assert!(matches!(peer.offer("../a.txt", 5), Refused(Reason::Name(_))));
    }
    assert_eq!(bench.receiver.list().len(), 1);
}

#[test]
fn holes_are_told_of_before_the_file_is_read_again_and_a_cancel_does_not_wait_for_that() {
    const SIZE: usize = 16 << 30;
    let bench = Bench::new();
    let policy = Policy { partial: Partial::Keep, sha256: true, ..all() };
    let (receiver, to) = bench.receive(Way::Udp, policy);
    let peer = Peer::to(to);
    let free = fs4::available_space(bench.into.path()).unwrap();
    // All of it but one piece is a hole, also on the disk; yet there must be room for it.
    let size = SIZE.min((free / 2) as usize);
    assert_eq!(peer.offer("sparse.bin", size), Taken);
    peer.data(&bench, &vec![7; PIECE]);
    let begun = Instant::now();
    assert_eq!(peer.asks(&End([1; 32])), Outcome { came: 1, right: false });
    let id = first(&bench.receiver);
    until(&bench.receiver, id, |transfer| transfer.state == State::Finishing);
    // Another one is not left without an answer.
    assert_eq!(Peer::to(to).offer("b.txt", 1), Refused(Reason::Busy));
    bench.receiver.cancel(id);
    let into = ended(&bench.receiver, id);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(matches!(into.result, Err(Reason::Holes { .. })), "{:?}", into.result);
    assert_eq!(into.files[0].holes.len(), 1);
    assert_eq!(into.files[0].holes[0], PIECE as u64..size as u64);
    bench.receiver.stop(receiver);
}

#[test]
fn a_sender_hears_that_its_file_is_read_again() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Udp, Policy { sha256: true, ..all() });
    let sent = bytes(64 << 20, 9);
    let peer = Peer::to(to);
    assert_eq!(peer.offer("big.bin", sent.len()), Taken);
    peer.data(&bench, &sent);
    let came = sent.len().div_ceil(PIECE) as u64;
    assert_eq!(peer.asks(&End(hash(&sent))), Asking);
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        match peer.asks(&End(hash(&sent))) {
            Asking => assert!(Instant::now() < deadline),
            other => break assert_eq!(other, Outcome { came, right: true }),
        }
    }
    let into = next_ended(&bench.receiver);
    assert_eq!((into.result.clone(), into.files[0].blake3), (Ok(()), Some(hash(&sent))));
}

#[test]
fn a_sender_waits_as_long_as_it_hears_that_its_file_is_read_again() {
    let bench = Bench::new();
    let path = bench.file("a.txt", "hello");
    let mut peer = Peer::bound();
    let id = bench.send(&[path], peer.socket.local_addr().unwrap(), Way::Udp);
    let (n, from) = peer.socket.peek_from(&mut [0; 2048]).unwrap();
    assert!(n > 0);
    peer.socket.connect(from).unwrap();
    let mut ends = 0;
    loop {
        let (transfer, heard) = peer.hear();
        peer.transfer = transfer;
        match heard {
            Offer { .. } => peer.say(&Taken),
            // Ten in a second: longer than it waits for the first answer.
            End(_) if ends < 35 => {
                ends += 1;
                peer.say(&Asking);
            }
            End(_) => peer.say(&Outcome { came: 1, right: true }),
            Done => break,
            Data { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    let out = ended(&bench.sender, id);
    assert!(out.confirmed, "{:?}", out.result);
}

#[test]
fn what_the_receiver_failed_of_is_what_the_sender_hears() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Udp, all());
    let peer = Peer::to(to);
    assert_eq!(peer.offer("a.txt", 5), Taken);
    peer.data(&bench, b"hello");
    std::fs::remove_dir_all(bench.into.path()).unwrap();
    assert!(matches!(peer.asks(&End(hash(b"hello"))), Cancel(Reason::Disk { .. })));
    assert!(matches!(next_ended(&bench.receiver).result, Err(Reason::Disk { .. })));
}

#[test]
fn the_files_of_a_folder_come_into_one_folder() {
    let bench = Bench::new();
    for name in ["a.txt", "b.txt", "sub/x", "sub/y"] {
        bench.file(&format!("tree/{name}"), name);
    }
    for round in ["tree", "tree (1)"] {
        let (receiver, to) = bench.receive(Way::Udp, Policy { once: true, ..all() });
        let out = ended(&bench.sender, bench.send(&[bench.from.path().join("tree")], to, Way::Udp));
        assert_eq!((&out.result, out.confirmed), (&Ok(()), true));
        assert!(out.files.iter().all(|file| file.end == FileEnd::Verified));
        // Only one sender is taken, and all of what it brings.
        stopped(&bench);
        assert_eq!(tree(&bench.into.path().join(round)), tree(&bench.from.path().join("tree")));
        bench.receiver.forget_receiver(receiver);
    }
    assert_eq!(std::fs::read_dir(bench.into.path()).unwrap().count(), 2);
}

#[test]
fn the_next_file_of_a_sender_ends_one_that_it_has_given_up() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Udp, all());
    let mut peer = Peer::to(to);
    assert_eq!(peer.offer("a.txt", 5), Taken);
    // Its CANCEL is lost.
    peer.transfer += 1;
    assert_eq!(peer.offer("b.txt", 5), Taken);
    assert_eq!(next_ended(&bench.receiver).result, Err(Reason::Gone));
    peer.data(&bench, b"hello");
    assert_eq!(peer.asks(&End(hash(b"hello"))), Outcome { came: 1, right: true });
    next_ended(&bench.receiver);
    assert_eq!(bench.received().into_keys().collect::<Vec<_>>(), ["b.txt"]);
}
