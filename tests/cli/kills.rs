//! `twocan send` and `twocan receive` killed with SIGKILL at random bytes. After each: nothing overwritten, nothing outside
//! the folder, no part left unless asked for, and whoever is left knows why.
//!
//! Between the two stands a relay that lets exactly so many bytes through before the kill. `TWOCAN_SEED` repeats a run.

#![allow(clippy::print_stderr, reason = "where a run fails it tells what it came from")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

#[cfg(unix)]
use super::transfer::{long_file, moving};
use super::{
    bound,
    process::{Ended, Process},
    relay::Relay,
    start,
    transfer::{events, names, text},
};

const ROUNDS: u32 = 10;
const SIZE: u64 = 12 << 20;
/// What is said of a side that is gone: which of these depends on the call that finds out first.
const GONE: [&str; 3] =
    ["ended the connection before everything was across", "reset the connection", "is gone, so nothing can be sent"];

/// A sender's folder, and a receiver's with somebody's files in it and around it.
struct Room {
    from: tempfile::TempDir,
    jail: tempfile::TempDir,
    sent: Vec<u8>,
}

impl Room {
    fn new(random: &mut fastrand::Rng) -> Self {
        let mut sent = vec![0; SIZE as usize];
        random.fill(&mut sent);
        let room = Self { from: tempfile::tempdir().unwrap(), jail: tempfile::tempdir().unwrap(), sent };
        fs::write(room.path(), &room.sent).unwrap();
        fs::create_dir(room.folder()).unwrap();
        for precious in room.precious() {
            fs::write(precious, "mine").unwrap();
        }
        room
    }

    fn path(&self) -> PathBuf {
        self.from.path().join("long.bin")
    }

    fn folder(&self) -> PathBuf {
        self.jail.path().join("into")
    }

    /// What has the file's name, what looks like a part of it, and what is beside the folder.
    fn precious(&self) -> [PathBuf; 3] {
        ["into/long.bin", "into/.long.bin.0badcafe.part", "beside"].map(|name| self.jail.path().join(name))
    }

    /// Names in the folder, less those that were there before.
    fn new_names(&self) -> Vec<String> {
        for precious in self.precious() {
            assert_eq!(fs::read(&precious).unwrap(), b"mine", "{}", precious.display());
        }
        assert_eq!(names(self.jail.path()), ["beside", "into"]);
        let ours = |name: &String| !self.precious().contains(&self.folder().join(name));
        names(&self.folder()).into_iter().filter(ours).collect()
    }

    /// Bytes of the part that is there.
    fn part(&self) -> u64 {
        let names = self.new_names();
        let part = names.iter().find(|name| Path::new(name).extension().is_some_and(|end| end == "part"));
        part.map_or(0, |part| fs::metadata(self.folder().join(part)).unwrap().len())
    }

    fn receive(&self, keep: bool) -> (Process, std::net::SocketAddr) {
        let into = self.folder();
        let mut arguments = vec!["receive", "--into", text(&into), "--accept", "all"];
        arguments.extend(keep.then_some("--keep"));
        let (receiver, address) = bound(&arguments, "listening on ");
        (receiver, address.parse().unwrap())
    }

    fn send(&self, relay: &Relay) -> Process {
        start(&["send", text(&self.path()), "--to", &relay.address().to_string(), "--json"])
    }

    /// Sends it once more, to its end: only what is not there goes over the wire.
    fn resume(&self, to: std::net::SocketAddr) {
        let there = self.part();
        let relay = Relay::start(to, u64::MAX);
        let sent = self.send(&relay).finish();
        assert_eq!(sent.code, Some(0), "{}", sent.err);
        let again = (relay.carried() + there).saturating_sub(SIZE);
        assert!(again < 1 << 20, "of {there} bytes that were there {again} were sent again");
        let ended = &events(&sent.out, "ended")[0];
        assert_eq!((&ended["confirmed"], &ended["resumed"]), (&true.into(), &there.into()));
        assert_eq!(self.new_names(), ["long (1).bin"]);
        assert!(fs::read(self.folder().join("long (1).bin")).unwrap() == self.sent);
    }
}

/// Some near the beginning, where the offer and the answers are, and some anywhere.
fn somewhere(random: &mut fastrand::Rng) -> u64 {
    let most = if random.bool() { 1 << random.u32(1..=23) } else { SIZE };
    random.u64(1..most)
}

/// Ten rounds, each with bytes of its own; what they come from is told.
fn rounds(test: impl Fn(&Room, &mut fastrand::Rng, u64)) {
    let seed = env::var("TWOCAN_SEED").ok().map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..ROUNDS {
        let room = Room::new(&mut random);
        let most = somewhere(&mut random);
        eprintln!("TWOCAN_SEED={seed}, round {round}: killed behind byte {most}");
        test(&room, &mut random, most);
    }
}

/// SIGKILL, which no process can catch; its end is waited for.
fn kill(process: Process) {
    drop(process);
}

/// It failed, and said that the other side is gone.
fn told(ended: &Ended) {
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(GONE.iter().any(|says| ended.err.contains(says)), "{}", ended.err);
}

#[test]
fn a_sender_killed_at_ten_random_bytes_leaves_nothing() {
    rounds(|room, random, most| {
        let into = room.folder();
        let arguments = ["receive", "--into", text(&into), "--accept", "all", "--once"];
        let (receiver, address) = bound(&arguments, "listening on ");
        let relay = Relay::start(address.parse().unwrap(), most);
        let sender = room.send(&relay);
        relay.held();
        kill(sender);
        relay.cut(random.bool());
        told(&receiver.finish());
        assert_eq!(room.new_names(), Vec::<String>::new());
    });
}

#[test]
fn a_sender_killed_at_ten_random_bytes_goes_on_behind_them() {
    rounds(|room, random, most| {
        let (receiver, address) = room.receive(true);
        let relay = Relay::start(address, most);
        let sender = room.send(&relay);
        relay.held();
        kill(sender);
        relay.cut(random.bool());
        // Told of, whether or not there is a part.
        assert!(receiver.notes(&GONE).is_some());
        room.resume(address);
    });
}

/// The ways whose only word is an RST, which the system says for whoever can say nothing any more.
#[cfg(unix)]
#[test]
fn what_a_killed_sender_has_sent_is_not_taken_for_a_whole_file() {
    for way in ["raw", "helper"] {
        let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = long_file(from.path(), 8 << 30);
        let arguments = ["receive", "--into", text(into.path()), "--accept", "all", "--once", "--way", way];
        let (receiver, address) = bound(&arguments, "listening on ");
        let sender = start(&["send", text(&path), "--to", &address, "--way", way, "--json"]);
        moving(&sender, 1);
        kill(sender);
        told(&receiver.finish());
        assert_eq!(names(into.path()), Vec::<String>::new(), "{way}");
    }
}

/// The receiver that comes after one that was killed with so many bytes.
fn next_receiver(room: &Room, most: u64, keep: bool) -> (Process, std::net::SocketAddr) {
    let (receiver, address) = room.receive(keep);
    let relay = Relay::start(address, most);
    let sender = room.send(&relay);
    relay.held();
    kill(receiver);
    told(&sender.finish());
    assert!(room.part() <= most);
    room.receive(keep)
}

#[test]
fn a_receiver_killed_at_ten_random_bytes_leaves_a_part_that_the_next_one_removes() {
    rounds(|room, _, most| {
        let (_receiver, address) = next_receiver(room, most, false);
        assert_eq!(room.new_names(), Vec::<String>::new());
        room.resume(address);
    });
}

#[test]
fn a_receiver_killed_at_ten_random_bytes_goes_on_behind_them() {
    rounds(|room, _, most| {
        let (_receiver, address) = next_receiver(room, most, true);
        room.resume(address);
    });
}
