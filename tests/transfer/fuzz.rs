//! Streams that are nearly right, which random bytes never are: whole conversations as both sides write them, spoilt in one
//! to three places, and then cut into pieces. `TWOCAN_FUZZ_RUNS` says how many; `TWOCAN_SEED` with one run repeats one.

use std::{
    env, fs,
    net::SocketAddr,
    panic::{self, AssertUnwindSafe},
    path::Path,
};

use fastrand::Rng;
use twocan::transfer::{
    Reason, Way,
    framed::{FrameError, parser},
};

use super::{
    bench::{Bench, all, next_ended, tree},
    faults::say,
    frames::{announce, data, done, end, file, preamble, record, whole},
    hostile::corpus,
};

const RUNS: u64 = 2_000;
/// A conversation with a receiver takes as long as some hundred with a parser.
const RUNS_OF_ONE_RECEIVED: u64 = 20;

fn runs() -> u64 {
    env::var("TWOCAN_FUZZ_RUNS").map_or(RUNS, |runs| runs.parse().unwrap())
}

/// Runs it so often; which seed it was is told where it fails.
fn each(runs: u64, mut test: impl FnMut(&mut Rng)) {
    let seed = env::var("TWOCAN_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    for run in 0..runs.max(1) {
        let seed = seed.wrapping_add(run);
        let ran = panic::catch_unwind(AssertUnwindSafe(|| test(&mut Rng::with_seed(seed))));
        if let Err(panic) = ran {
            eprintln!("TWOCAN_SEED={seed} TWOCAN_FUZZ_RUNS=1 repeats it");
            panic::resume_unwind(panic);
        }
    }
}

fn some(random: &mut Rng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; random.usize(1..=most)];
    random.fill(&mut bytes);
    bytes
}

fn reason(random: &mut Rng) -> Vec<u8> {
    let code = random.u16(1..17);
    [&code.to_be_bytes()[..], &random.u64(0..12).to_be_bytes(), &random.u64(0..12).to_be_bytes()].concat()
}

fn alive(random: &mut Rng, records: &mut Vec<Vec<u8>>) {
    if random.u8(0..6) == 0 {
        records.push(record(0x0E, &[]));
    }
}

/// What a sender says, record for record.
fn sender(random: &mut Rng, names: &[String]) -> Vec<Vec<u8>> {
    let mut records = vec![preamble(), Vec::new()];
    let (mut total, mut files) = (0, Vec::new());
    let count = random.u32(1..6);
    for index in 0..count {
        let folder = random.u8(0..5) == 0;
        let bytes = if folder || random.u8(0..6) == 0 { Vec::new() } else { some(random, 2_000) };
        total += bytes.len() as u64;
        let name = names[random.usize(..names.len())].as_bytes();
        let seconds = if random.bool() { random.u64(..) } else { random.u64(0..2_000_000_000) };
        let nanos = random.u32(0..1_000_000_000);
        let fields: [&[u8]; 5] = [
            &[u8::from(folder)],
            &(bytes.len() as u64).to_be_bytes(),
            &seconds.to_be_bytes(),
            &nanos.to_be_bytes(),
            name,
        ];
        records.push(record(2, &fields));
        alive(random, &mut records);
        files.extend((!folder).then_some((index, bytes)));
    }
    records[1] = announce(count, total);
    for (index, bytes) in files {
        alive(random, &mut records);
        match random.u8(0..8) {
            0 => records.push(record(6, &[&index.to_be_bytes(), &reason(random)])),
            1 if bytes.len() < 700 && !bytes.is_empty() => records.push(whole(index, &bytes)),
            how => {
                records.push(file(index));
                let pieces = bytes.chunks(random.usize(1..=900));
                let sent = if how == 2 { pieces.len() / 2 } else { pieces.len() };
                for piece in pieces.take(sent) {
                    records.push(data(piece));
                    alive(random, &mut records);
                }
                records.push(match how {
                    2 => record(6, &[&index.to_be_bytes(), &reason(random)]),
                    _ => end(*blake3::hash(&bytes).as_bytes()),
                });
            }
        }
    }
    records.push(if random.u8(0..8) == 0 { record(0x0F, &[&reason(random)]) } else { done() });
    records
}

/// What a receiver answers, record for record.
fn receiver(random: &mut Rng) -> Vec<Vec<u8>> {
    let mut records = vec![preamble()];
    let count = random.u32(1..6);
    for index in 0..count {
        let answer = if random.bool() {
            record(0x11, &[&index.to_be_bytes(), &[0], &random.u64(0..9_999).to_be_bytes(), &[7; 32]])
        } else {
            record(0x11, &[&index.to_be_bytes(), &[1], &reason(random)])
        };
        records.push(answer);
        alive(random, &mut records);
    }
    records.push(record(0x12, &[]));
    for index in 0..count {
        alive(random, &mut records);
        records.push(match random.u8(0..3) {
            0 => record(0x14, &[&index.to_be_bytes(), &reason(random)]),
            _ => record(0x13, &[&index.to_be_bytes()]),
        });
    }
    if random.u8(0..8) == 0 {
        records.push(record(0x0F, &[&reason(random)]));
    }
    records
}

/// Spoils it in so many places.
fn spoil(mut records: Vec<Vec<u8>>, times: usize, random: &mut Rng) -> Vec<u8> {
    const LENGTHS: [u32; 10] = [0, 1, 4, 22, 4117, 4118, 65_536, 1 << 20, (1 << 20) + 1, u32::MAX];
    let how: Vec<_> = (0..times).map(|_| random.u8(0..9)).collect();
    for how in &how {
        let (at, other) = (random.usize(..records.len()), random.usize(..records.len()));
        match how {
            0 => records.insert(other, records[at].clone()),
            1 => records.swap(at, other),
            2 if records.len() > 1 => drop(records.remove(at)),
            3 if records[at].len() >= 5 => {
                let length = LENGTHS[random.usize(..LENGTHS.len())];
                records[at][1..5].copy_from_slice(&length.to_be_bytes());
            }
            _ => {}
        }
    }
    let mut bytes = records.concat();
    for how in how.iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
        if bytes.is_empty() {
            break;
        }
        let at = random.usize(..bytes.len());
        match how {
            4 => bytes[at] ^= 1 << random.u8(0..8),
            5 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][random.usize(0..5)],
            6 => bytes.truncate(at),
            7 => drop(bytes.splice(at..at, some(random, 40))),
            8 => drop(bytes.drain(at..bytes.len().min(at + random.usize(1..40)))),
            _ => {}
        }
    }
    bytes
}

/// What a parser made of a stream: what it said, and with what error it ended.
type Heard = (Vec<String>, Option<FrameError>);

/// All that a sender's stream says, in these pieces. Data is joined: it comes in any pieces.
fn said<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Heard {
    let mut parser = parser::Sender::default();
    let (mut all, mut data) = (Vec::new(), Vec::new());
    for mut input in pieces {
        loop {
            match parser.next(&mut input) {
                Ok(None) => break,
                Ok(Some(parser::Said::Data(bytes))) => data.extend_from_slice(bytes),
                Ok(Some(other)) => all.push(format!("{} bytes {:?}, {other:?}", data.len(), blake3::hash(&data))),
                Err(error) => return (all, Some(error)),
            }
        }
        assert!(input.is_empty(), "what it does not take it takes never");
    }
    (all, parser.finish().err())
}

fn replied<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Heard {
    let mut parser = parser::Receiver::default();
    let mut all = Vec::new();
    for mut input in pieces {
        loop {
            match parser.next(&mut input) {
                Ok(None) => break,
                Ok(Some(said)) => all.push(format!("{said:?}")),
                Err(error) => return (all, Some(error)),
            }
        }
        assert!(input.is_empty(), "what it does not take it takes never");
    }
    (all, parser.finish().err())
}

/// The same comes out whatever pieces it comes in: whole, byte by byte, in pieces of all sizes, and in two at each place.
fn in_any_pieces(bytes: &[u8], random: &mut Rng, heard: impl Fn(&mut dyn Iterator<Item = &[u8]>) -> Heard) -> Heard {
    let whole = heard(&mut [bytes].into_iter());
    assert_eq!(heard(&mut bytes.chunks(1)), whole);
    let mut cuts: Vec<_> = (0..random.usize(0..20)).map(|_| random.usize(0..=bytes.len())).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    assert_eq!(heard(&mut cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]])), whole, "cut at {cuts:?}");
    if random.u8(0..32) == 0 {
        for at in 0..bytes.len() {
            assert_eq!(heard(&mut [&bytes[..at], &bytes[at..]].into_iter()), whole, "cut at {at}");
        }
    }
    whole
}

fn names() -> Vec<String> {
    corpus().into_iter().map(|(_, name)| name).filter(|name| (1..=4096).contains(&name.len())).collect()
}

#[test]
fn what_a_sender_says_nearly_right_is_heard_the_same_in_any_pieces() {
    let names = names();
    each(runs(), |random| {
        let times = random.usize(0..4);
        let bytes = spoil(sender(random, &names), times, random);
        let (heard, error) = in_any_pieces(&bytes, random, |pieces| said(pieces));
        if times == 0 {
            assert_eq!(error, None, "it was right: {heard:#?}");
        }
    });
}

#[test]
fn what_a_receiver_says_nearly_right_is_heard_the_same_in_any_pieces() {
    each(runs(), |random| {
        let times = random.usize(0..4);
        let bytes = spoil(receiver(random), times, random);
        let (heard, error) = in_any_pieces(&bytes, random, |pieces| replied(pieces));
        if times == 0 {
            assert_eq!(error, None, "it was right: {heard:#?}");
        }
    });
}

/// One conversation with a receiver; nothing of it may be anywhere but in the folder, and no part in there.
fn received(bench: &Bench, to: SocketAddr, into: &Path, bytes: &[u8]) {
    // It may be refused before all of it is written, and then the connection may be reset.
    panic::catch_unwind(AssertUnwindSafe(|| say(to, bytes))).ok();
    let received = next_ended(&bench.receiver);
    assert_ne!(received.result, Err(Reason::Bug), "a panic was caught");
    let jail = tree(bench.into.path());
    let out = jail.keys().find(|name| *name != "into" && *name != "beside" && !name.starts_with("into/"));
    assert_eq!(out, None);
    assert_eq!(jail["beside"].as_deref(), Some(&b"mine"[..]));
    let left = |name: &&String| [".part", ".parts", ".resume"].iter().any(|end| name.ends_with(end));
    assert_eq!(jail.keys().find(left), None);
    for entry in fs::read_dir(into).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
}

#[test]
fn what_is_nearly_right_leaves_nothing_outside_the_folder_and_no_part() {
    let bench = Bench::new();
    fs::write(bench.into.path().join("beside"), "mine").unwrap();
    let into = bench.into.path().join("into");
    fs::create_dir(&into).unwrap();
    let names: Vec<_> =
        names().into_iter().filter(|name| !name.contains(".part") && !name.contains("resume")).collect();
    let (_, to) = bench.receive_into(&into, Way::Framed, all());
    each(runs() / RUNS_OF_ONE_RECEIVED, |random| {
        let times = random.usize(0..4);
        let bytes = spoil(sender(random, &names), times, random);
        received(&bench, to, &into, &bytes);
    });
}
