//! How fast the simulator plays: every slider of the lab plays whole runs again, so they have to fit between two frames.
//!
//! The baseline beside each is the same bytes through two plain vectors and a copy, packet by packet: what the moving of
//! bytes alone costs. `cargo bench --bench sim`, with `-- --quick` for a short run.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that measures: plain output")]

#[path = "support/mod.rs"]
mod support;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use support::line;
use twocan::sim::{Chance, Control, Ended, Knobs, Log, Run, Transport, Workload, arq, prepared};

/// What is promised, each with its name.
const PREPARED: Duration = Duration::from_millis(5);
const FILE: Duration = Duration::from_millis(200);
const SEEDS: Duration = Duration::from_millis(300);

fn main() {
    let runs = if support::quick() { 3 } else { 10 };

    println!("the twelve prepared runs, TCP and UDP");
    // Read from their files before the clock runs.
    let count = prepared().len();
    let (took, logs) = best(runs, || {
        prepared().iter().flat_map(|it| [Transport::Tcp, Transport::Udp].map(|over| it.run.over(over).play())).collect()
    });
    assert_eq!((count, logs.len()), (12, 24));
    told("  played", took, &logs, PREPARED);

    println!("a file of 10 MB, 5 % lost, RTT 60 ms");
    for control in [Control::None, Control::Reno] {
        let run = file(control);
        let (took, logs) = best(runs, || vec![run.play()]);
        assert_eq!((logs[0].ended, logs[0].counters().read_bytes), (Ended::Done, 10_000_000));
        told(&format!("  over TCP, {control:?}"), took, &logs, FILE);
        let (took, _) = best(runs, || logs.iter().map(|log| black_box(log.counters()).packets).collect::<Vec<_>>());
        line("    its sums", &millis(took), None);
    }

    println!("200 seeds of forty messages at 10 % loss");
    let (took, logs) = best(runs, || (0..200).map(forty).collect());
    assert!(logs.iter().all(|log| log.ended == Ended::Done));
    told("  over TCP", took, &logs, SEEDS);
    let (took, logs) = best(runs, || vec![forty(7)]);
    told("  one of them", took, &logs, SEEDS);
    let (took, _) = best(runs, || vec![logs[0].text().len()]);
    line("    as a ladder in characters", &millis(took), None);

    println!("the judge: 200 seeds of the solution of each level, verdicts and all");
    let mut slowest = Duration::ZERO;
    for level in arq::levels() {
        let Some(solution) = level.solutions.first() else { continue };
        let (took, judged) = best(runs, || vec![level.trial.judge(solution, arq::SEEDS)]);
        assert!(judged[0].is_passed());
        line(&format!("  {}", level.name), &millis(took), None);
        slowest = slowest.max(took);
    }
    // The runs alone, of the level that has the most to play.
    let far = arq::Level::named("near-and-far").map(|level| {
        let set = level.solutions.first().copied().unwrap_or_default();
        best(runs, || (1..=arq::SEEDS).map(|seed| level.trial.play(&set, seed)).collect())
    });
    let (took, logs) = far.unwrap_or_default();
    told("  near-and-far, its runs alone", took, &logs, SEEDS);
    line("  the slowest level", &millis(slowest), None);
    line("    promised", &millis(SEEDS), None);
}

fn file(control: Control) -> Run {
    let mut knobs = Knobs::default();
    knobs.link.loss = Chance::percent(5.0);
    knobs.tcp.control = control;
    Run { workload: Workload::File { bytes: 10_000_000, size: 1_460 }, knobs, seed: 1, ..Run::default() }
}

fn forty(seed: u64) -> Log {
    let mut knobs = Knobs::default();
    knobs.link.loss = Chance::percent(10.0);
    Run { workload: Workload::Messages { count: 40, size: 100, gap: 5_000 }, knobs, seed, ..Run::default() }.play()
}

/// Prints a result beside its baseline, and what was promised.
fn told(what: &str, took: Duration, logs: &[Log], limit: Duration) {
    let packets: usize = logs.iter().map(|log| log.packets.len()).sum();
    let (baseline, _) = best(5, || vec![copied(logs)]);
    line(what, &millis(took), Some(baseline.as_secs_f64() / took.as_secs_f64()));
    line("    baseline: only copying its packets", &format!("{} ({packets} packets)", millis(baseline)), None);
    line("    promised", &millis(limit), None);
}

/// The packets of these runs, copied into a queue and out of it.
fn copied(logs: &[Log]) -> usize {
    let mut queue = std::collections::VecDeque::new();
    let mut bytes = 0;
    for packet in logs.iter().flat_map(|log| &log.packets) {
        queue.push_back(packet.bytes.clone());
        if queue.len() > 40 {
            bytes += queue.pop_front().map_or(0, |packet| black_box(packet).len());
        }
    }
    bytes
}

/// The machine has other things to do too: the best run is the one that was disturbed least.
fn best<T>(runs: usize, mut work: impl FnMut() -> Vec<T>) -> (Duration, Vec<T>) {
    let mut best: Option<(Duration, Vec<T>)> = None;
    for _ in 0..runs {
        let start = Instant::now();
        let made = work();
        let took = start.elapsed();
        if best.as_ref().is_none_or(|(shortest, _)| took < *shortest) {
            best = Some((took, made));
        }
    }
    best.unwrap_or_default()
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
