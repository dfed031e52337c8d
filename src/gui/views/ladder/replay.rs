//! What was recorded, once more and slowly: pure, the time comes in.
//!
//! Real sockets cannot be slowed; what they did can be shown at a tenth, a hundredth, a thousandth of its speed. A second in
//! which nothing happened would then last a quarter of an hour, so what is longer than [`LONGEST`] on the screen is passed
//! in that time.

use crate::journal::{Nanos, ladder::Index};

/// How many times slower than it was.
pub const SLOWER: [u32; 4] = [1, 10, 100, 1_000];
/// The longest time without a call, in seconds on the screen.
const LONGEST: f64 = 1.5;

/// A moment of the ladder, and whether time goes on from there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replay {
    /// The moment, in nanoseconds of the journal.
    at: f64,
    /// How many times slower time runs.
    pub slower: u32,
    /// Whether it runs.
    pub playing: bool,
    /// When the last frame was, in seconds.
    last: Option<f64>,
    /// A row to which it is to go.
    pub wanted: Option<u64>,
}

impl Replay {
    /// At this moment, standing still.
    pub fn at(at: Nanos, slower: u32) -> Self {
        Self { at: at as f64, slower, playing: false, last: None, wanted: None }
    }

    /// The moment: what is later has not happened yet.
    pub fn moment(&self) -> Nanos {
        self.at as Nanos
    }

    /// Goes on to `now`, in seconds; stops at the end of the ladder.
    pub fn advance(&mut self, now: f64, index: &Index) {
        let passed = self.last.replace(now).map_or(0.0, |last| (now - last).clamp(0.0, 0.25));
        if !self.playing {
            self.last = None;
            return;
        }
        let mut left = passed;
        while left > 0.0 {
            let next = index.place_of_time(self.moment().saturating_add(1));
            let Some(until) = index.time(next) else {
                self.playing = false;
                break;
            };
            let before = next.checked_sub(1).and_then(|before| index.time(before)).unwrap_or(until) as f64;
            let gap = (until as f64 - before) * 1e-9 * f64::from(self.slower);
            let speed = 1e9 / f64::from(self.slower) * (gap / LONGEST).max(1.0);
            let rest = (until as f64 - self.at) / speed;
            if rest > left {
                self.at += left * speed;
                break;
            }
            self.at = until as f64;
            left -= rest.max(1e-6);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::journal::{
        Batch, Event, Journal, Kind, Record, SocketId, Sockets, Span,
        spans::{Datagrams, Streams},
    };

    const MS: Nanos = 1_000_000;

    fn index(times: &[Nanos]) -> Index {
        let (mut journal, mut sockets, mut batch) = (Journal::default(), Sockets::default(), Batch::default());
        sockets.open(SocketId(1), Kind::UdpSocket, 0, 0);
        for at in times {
            let (socket, event) = (SocketId(1), Event::Sent { asked: 1 });
            let record = Record { at: *at, socket, generation: 0, event, peer: None, bytes: Span::default() };
            batch.push(record, b"x");
        }
        journal.push(batch);
        let (mut index, mut datagrams, streams) = (Index::default(), Datagrams::default(), Streams::default());
        datagrams.advance(&journal, usize::MAX);
        index.advance((&journal, &datagrams, &streams), &sockets, &BTreeSet::from([SocketId(1)]), usize::MAX);
        index
    }

    #[test]
    fn a_tenth_of_the_speed_is_a_tenth_of_the_way_and_the_end_is_the_end() {
        let index = index(&[0, 10 * MS, 40 * MS]);
        let mut replay = Replay { playing: true, ..Replay::at(0, 10) };
        replay.advance(5.0, &index);
        assert_eq!(replay.moment(), 0, "the first frame only begins");
        replay.advance(5.2, &index);
        assert_eq!(replay.moment() / MS, 20);
        for frame in 1..20 {
            replay.advance(5.2 + f64::from(frame) * 0.05, &index);
        }
        assert_eq!((replay.moment() / MS, replay.playing), (40, false));
    }

    #[test]
    fn standing_still_it_stands_and_a_long_silence_does_not_last() {
        let index = index(&[0, 3_600_000 * MS]);
        let mut replay = Replay::at(0, 1_000);
        replay.advance(1.0, &index);
        replay.advance(1.2, &index);
        assert_eq!(replay.moment(), 0);
        replay.playing = true;
        for frame in 0..18 {
            replay.advance(2.0 + f64::from(frame) * 0.1, &index);
        }
        assert_eq!(replay.moment(), 3_600_000 * MS);
    }
}
