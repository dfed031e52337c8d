//! The tutorials' 38 programs against the presets that stand at their other end, each ten times.
//!
//! The programs are our own rewrites in Python (`tests/peers/p01.py` …): correct where a listing does not even parse, and
//! on the wire what the listing is, with its mistakes. What Python printed is compared, and every byte that Twocan says it
//! sent and received. A run that hangs is ended by a deadline and shown with all that both sides said.
//!
//! Behind the feature `peers`, because it needs Python. Every port is 0 and asked for.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the helpers of tests fail by panicking, and tell what they are at"
)]

#[path = "classics/cases.rs"]
mod cases;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;
#[path = "classics/talk.rs"]
mod talk;

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use cases::CASES;
use talk::Talk;

/// How often each conversation is held.
const RUNS: usize = 10;
/// Conversations at the same time. Most of them wait for each other, and not for a processor.
const AT_ONCE: usize = 6;
/// Conversations that went wrong after which no others are held.
const ENOUGH: usize = 6;

#[test]
fn every_program_and_its_preset_end_as_the_tutorials_say() {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while wrong.lock().unwrap().len() < ENOUGH {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let (run, Some(case)) = (number / CASES.len(), CASES.get(number % CASES.len())) else { return };
                    if run == RUNS {
                        return;
                    }
                    if let Err(why) = Talk::hold(case, run) {
                        wrong.lock().unwrap().push(format!("{case}, run {}: {why}\n", run + 1));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} conversations, {RUNS} times each, in {:.1?}", CASES.len(), started.elapsed());
}

#[test]
fn all_38_programs_and_all_their_presets_are_talked_to() {
    let programs: BTreeSet<_> = CASES.iter().map(|case| case.python.number()).collect();
    assert_eq!(programs, (1..=38).collect());
    let presets: BTreeSet<_> = CASES.iter().map(|case| case.preset).collect();
    for preset in twocan::preset::all().iter().filter(|preset| !preset.listings.is_empty()) {
        assert!(presets.contains(preset.name.as_str()), "{} meets no program", preset.name);
    }
}

#[test]
fn a_server_that_closed_first_starts_again_on_its_port() {
    let mut address = "127.0.0.1:0".to_owned();
    for life in 0..3 {
        let mut server = talk::twocan("reuse-address-server", &address, &[]);
        address = talk::address(&server).unwrap();
        let port = address.rsplit(':').next().unwrap();
        let client = process::Process::start(&mut talk::python(24, &["--port", port, "--pause", "0.01"]));
        assert_eq!(client.finish().ok(), b"this side closes first\n", "life {life}");
        assert_eq!(server.ended().and_then(|ended| ended.code), Some(0), "life {life}: {}", server.told());
    }
}
