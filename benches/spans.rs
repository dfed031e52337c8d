//! Which bytes of which send came out of which recv: a million bytes in ten thousand reads, from nothing, and a frame later;
//! against one walk over the same rows that only adds their lengths up.
//!
//! From nothing is what a window does that is shown a long talk; it has to stay under 20 ms. `cargo bench --bench spans`,
//! with `-- --quick` for a short run.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that measures: plain output")]

#[path = "support/mod.rs"]
mod support;

use std::{hint::black_box, time::Duration};

use support::{best, line, millis, speed, timed};
use twocan::journal::{
    Batch, Budget, Event, Journal, Record, SocketId, Span,
    spans::{Matching, Streams, Summary},
};

const BYTES: usize = 1_000_000;
const READS: usize = 10_000;
const SENDS: usize = 7_000;
const LIMIT: Duration = Duration::from_millis(20);

fn main() {
    let runs = if support::quick() { 5 } else { 50 };
    let journal = talk();
    println!("{BYTES} bytes, {SENDS} sends, {READS} recvs");
    let baseline = best(runs, || timed(|| journal.rows_from(0).map(|row| row.bytes.len()).sum::<usize>()));
    line("  one walk over the rows", &millis(baseline), None);
    let spans = best(runs, || timed(|| everything(&journal)));
    line("  spans from nothing, every recv's sends", &millis(spans), Some(speed(baseline, spans)));
    let (mut streams, mut matching) = (Streams::default(), Matching::default());
    streams.advance(&journal, usize::MAX);
    told(&streams, &mut matching);
    let frame = best(runs, || {
        timed(|| {
            streams.advance(&journal, usize::MAX);
            told(&streams, &mut matching)
        })
    });
    line("  a frame in which nothing came", &millis(frame), Some(speed(baseline, frame)));
    line("  promised of the spans", &millis(LIMIT), None);
}

/// What the window finds out of a journal that it has not seen: lanes, what became of boundaries, the sends of each recv.
fn everything(journal: &Journal) -> (Summary, usize) {
    let mut streams = Streams::default();
    streams.advance(journal, usize::MAX);
    let carried = journal.rows_from(0).map(|row| streams.carried(&row).map(black_box).count()).sum();
    let summary = told(&streams, &mut Matching::default());
    assert_eq!((summary.sends, summary.recvs, summary.unread), (SENDS, READS, 0));
    assert!(carried >= READS, "every recv carried bytes of a send");
    (summary, carried)
}

fn told(streams: &Streams, matching: &mut Matching) -> Summary {
    let life = (SocketId(1), 0);
    let sent = streams.ends(life).map(|ends| &ends.sent);
    let received = streams.other(life).map(|(_, ends)| &ends.received);
    sent.zip(received).map(|(sent, received)| matching.advance(sent, received)).unwrap_or_default()
}

/// Sizes that add up to all bytes, as unequal as those of a real talk.
fn sizes(count: usize, seed: u64) -> Vec<usize> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut cuts: Vec<usize> = (1..count).map(|_| random.usize(1..BYTES)).collect();
    cuts.sort_unstable();
    // No call moves nothing: of two cuts at one place the second is one further.
    for index in 1..cuts.len() {
        cuts[index] = cuts[index].max(cuts[index - 1] + 1);
    }
    let ends = cuts.iter().copied().chain([BYTES]);
    let begins = [0].into_iter().chain(cuts.iter().copied());
    begins.zip(ends).map(|(begin, end)| end - begin).collect()
}

fn talk() -> Journal {
    let mut journal = Journal::new(Budget { bytes: 256 << 20, rows: 1 << 20 });
    let (here, there) = ("127.0.0.1:50000", "127.0.0.1:8008");
    let data = vec![0x55; BYTES];
    let mut push = |socket: u32, event, peer: &str, bytes: &[u8]| {
        let (socket, peer) = (SocketId(socket), peer.parse().ok());
        let mut batch = Batch::default();
        batch.push(Record { at: 0, socket, generation: 0, event, peer, bytes: Span::default() }, bytes);
        journal.push(batch);
    };
    push(1, Event::Connected { took: 1 }, there, here.as_bytes());
    push(2, Event::Opened { listener: SocketId(3) }, here, there.as_bytes());
    let (mut sends, mut recvs) = (sizes(SENDS, 1).into_iter(), sizes(READS, 2).into_iter());
    let (mut sent, mut received) = (0, 0);
    // A recv is told of once its bytes were sent.
    let mut next = recvs.next();
    for size in sends.by_ref() {
        push(1, Event::Sent { asked: size as u32 }, there, &data[..size]);
        sent += size;
        while let Some(size) = next.filter(|size| received + size <= sent) {
            push(2, Event::Received { full: size as u32 }, here, &data[..size]);
            received += size;
            next = recvs.next();
        }
    }
    journal
}
