//! What a record costs once it is there: half a million of them pushed into the journal and applied to the sockets,
//! against a queue of plain vectors of the same datagrams; and text, against `encoding_rs` asked directly.
//!
//! Half a million records are what five busy seconds bring; taking them in has to stay under a tenth of a second,
//! or the window would stutter. `cargo bench --bench journal`, with `-- --quick` for a short run.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that measures: plain output")]

#[path = "support/mod.rs"]
mod support;

use std::{
    collections::VecDeque,
    hint::black_box,
    time::{Duration, Instant},
};

use support::{best, line, millis, speed, timed};
use twocan::{
    journal::{Batch, Budget, Event, Journal, Kind, Record, SocketId, Sockets, Span},
    text::{Charset, Unmappable},
};

const RECORDS: usize = 500_000;
const BATCH: usize = 256;
const DATAGRAM: [u8; 64] = [0x55; 64];
const LIMIT: Duration = Duration::from_millis(100);

fn main() {
    let runs = if support::quick() { 5 } else { 20 };

    println!("{RECORDS} records of {} bytes in batches of {BATCH}", DATAGRAM.len());
    let baseline = best(runs, plain);
    line("  plain queue of vectors", &millis(baseline), None);
    let filled = best(runs, fill);
    line("  filling the batches (a worker's part)", &millis(filled), Some(speed(baseline, filled)));
    let taken = best(runs, take_in);
    line("  journal and sockets (the window's part)", &millis(taken), Some(speed(baseline, taken)));

    println!("1 MB of GBK, a third of it ASCII");
    let gbk = chinese();
    let baseline = best(runs, || timed(|| encoding_rs::GBK.decode_without_bom_handling(&gbk).0.len()));
    line("  encoding_rs", &millis(baseline), None);
    let text = best(runs, || timed(|| Charset::GBK.decode(&gbk).len()));
    line("  as text", &millis(text), Some(speed(baseline, text)));
    let pieces = best(runs, || timed(|| in_pieces(&gbk)));
    line("  as text, in reads of 1000 bytes", &millis(pieces), Some(speed(baseline, pieces)));
    let glyphs = best(runs, || timed(|| Charset::GBK.glyphs(&gbk).len()));
    line("  as glyphs with their bytes", &millis(glyphs), Some(speed(baseline, glyphs)));
    let strict = best(runs, || timed(|| Charset::GB2312.decode(&gbk).len()));
    line("  as text, strict GB2312", &millis(strict), Some(speed(baseline, strict)));

    line("  promised", &millis(LIMIT), None);
}

/// What any program does that keeps its datagrams.
fn plain() -> Duration {
    let mut queue = VecDeque::new();
    let start = Instant::now();
    for _ in 0..RECORDS {
        queue.push_back(DATAGRAM.to_vec());
    }
    let took = start.elapsed();
    black_box(queue);
    took
}

fn batches() -> Vec<Batch> {
    let record = Record {
        at: 0,
        socket: SocketId(1),
        generation: 0,
        event: Event::Received { full: DATAGRAM.len() as u32 },
        peer: Some(([127, 0, 0, 1], 50_000).into()),
        bytes: Span::default(),
    };
    let mut batches = Vec::with_capacity(RECORDS.div_ceil(BATCH));
    let mut left = RECORDS;
    while left > 0 {
        let size = left.min(BATCH);
        left -= size;
        let mut batch = Batch::default();
        batch.records.reserve_exact(size);
        batch.bytes.reserve_exact(size * DATAGRAM.len());
        for _ in 0..size {
            batch.push(record, &DATAGRAM);
        }
        batches.push(batch);
    }
    batches
}

fn fill() -> Duration {
    timed(batches)
}

/// What the window does with each batch. The budget is the usual one: old batches leave meanwhile.
fn take_in() -> Duration {
    let batches = batches();
    let mut journal = Journal::new(Budget::default());
    let mut sockets = Sockets::default();
    sockets.open(SocketId(1), Kind::UdpSocket, 0, 0);
    let start = Instant::now();
    for batch in batches {
        for record in &batch.records {
            sockets.apply(record, batch.bytes_of(record));
        }
        journal.push(batch);
    }
    let took = start.elapsed();
    assert_eq!(journal.range().end, RECORDS as u64, "every record is counted");
    black_box((journal, sockets));
    took
}

fn chinese() -> Vec<u8> {
    let mut gbk = Vec::new();
    while gbk.len() < 1_000_000 {
        gbk.extend(
            Charset::GBK.encode("套接字监听 socket.recv() 粘包，半关闭\n", Unmappable::Skip).unwrap_or_default(),
        );
    }
    gbk
}

fn in_pieces(bytes: &[u8]) -> usize {
    let (mut decoder, mut text) = (Charset::GBK.decoder(), String::new());
    for piece in bytes.chunks(1_000) {
        decoder.push(piece, &mut text);
    }
    decoder.finish(&mut text);
    text.len()
}
