//! More senders than a receiver takes at a time, and those who come for nothing.

use std::net::TcpStream;

use twocan::transfer::{Policy, Reason, Way};

use super::{
    bench::{Bench, all, ended, next_ended, offered},
    faults::why,
    relay::Relay,
};

#[test]
fn a_receiver_that_is_full_of_senders_says_so() {
    let bench = Bench::new();
    let path = bench.file("a.txt", "a");
    let (_, to) = bench.receive(Way::Framed, Policy { senders: 1, ..Policy::default() });
    let path = std::slice::from_ref(&path);
    // Those that wait for an answer are no burden.
    for _ in 0..8 {
        bench.send(path, to, Way::Framed);
        offered(&bench.receiver);
    }
    let out = ended(&bench.sender, bench.send(path, to, Way::Framed));
    assert_eq!(why(&out.result), (&Reason::Busy, true));
}

#[test]
fn a_file_that_is_taken_leaves_no_room_for_a_second_sender() {
    let bench = Bench::new();
    let long = bench.long_file("a.bin", 64 << 20);
    let (_, to) = bench.receive(Way::Framed, Policy { senders: 1, ..all() });
    let relay = Relay::start(to, 1 << 20);
    let id = bench.send(&[long], relay.address(), Way::Framed);
    relay.held();
    let out = ended(&bench.sender, bench.send(&[bench.file("b.txt", "b")], to, Way::Framed));
    assert_eq!(why(&out.result), (&Reason::Busy, true));
    relay.release();
    assert!(ended(&bench.sender, id).result.is_ok());
}

#[test]
fn those_who_look_for_open_ports_push_nothing_off_the_list() {
    let bench = Bench::new();
    let (_, to) = bench.receive(Way::Framed, all());
    let id = bench.send(&[bench.file("a.txt", "a")], to, Way::Framed);
    assert!(ended(&bench.sender, id).result.is_ok());
    next_ended(&bench.receiver);
    for _ in 0..40 {
        drop(TcpStream::connect(to).unwrap());
        assert!(next_ended(&bench.receiver).result.is_err());
    }
    let list = bench.receiver.list();
    assert!(list.len() <= 10, "{}", list.len());
    assert_eq!(list.first().unwrap().title, "a.txt");
}
