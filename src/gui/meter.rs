//! How much and how fast: one socket's counters, looked at four times a second.

use std::{collections::VecDeque, sync::Arc};

use super::model::Model;
use crate::{
    journal::Nanos,
    net::{Counters, Totals},
};

/// Bytes that moved in one quarter of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Received.
    pub bytes_in: u64,
    /// Sent.
    pub bytes_out: u64,
    /// Reads or datagrams received.
    pub messages_in: u64,
    /// Writes or datagrams sent.
    pub messages_out: u64,
}

/// Totals and recent rates of one socket.
#[derive(Debug)]
pub struct Meter {
    counters: Arc<Counters>,
    totals: Totals,
    last_look: Option<Nanos>,
    samples: VecDeque<Sample>,
    /// Looks for which reading still counts as paused.
    held_up: u8,
}

impl Meter {
    /// Samples that are kept: half a minute.
    pub const SAMPLES: usize = 120;
    /// So often it is looked.
    pub const SAMPLES_A_SECOND: f64 = 1e9 / Model::LOOK_EVERY as f64;
    /// Samples that a rate is the mean of: one second.
    const RATE_OVER: usize = 4;
    /// Looks for which a pause of reading stays on show. Under load each batch begins and ends one, and a line that came
    /// and went with them would shift everything below it up and down.
    const HELD_UP: u8 = 6;

    /// A meter of these counters.
    pub fn new(counters: Arc<Counters>) -> Self {
        let totals = counters.totals();
        Self { counters, totals, last_look: None, samples: VecDeque::new(), held_up: 0 }
    }

    /// Reads the counters; returns whether bytes or messages moved since the last look.
    pub fn look(&mut self, now: Nanos) -> bool {
        let before = std::mem::replace(&mut self.totals, self.counters.totals());
        let totals = &self.totals;
        self.held_up = if totals.paused { Self::HELD_UP } else { self.held_up.saturating_sub(1) };
        let sample = Sample {
            bytes_in: totals.bytes_in.saturating_sub(before.bytes_in),
            bytes_out: totals.bytes_out.saturating_sub(before.bytes_out),
            messages_in: totals.messages_in.saturating_sub(before.messages_in),
            messages_out: totals.messages_out.saturating_sub(before.messages_out),
        };
        // A window at rest does not look: the quiet time in between is filled in afterwards.
        let passed = self.last_look.map_or(1, |last| now.saturating_sub(last) / Model::LOOK_EVERY);
        let moved = sample != Sample::default();
        // Thousands of connections that never said anything need no picture of it.
        if moved || !self.samples.is_empty() {
            for _ in 1..passed.min(Self::SAMPLES as u64) {
                self.push(Sample::default());
            }
            self.push(sample);
        }
        self.last_look = Some(now);
        moved
    }

    fn push(&mut self, sample: Sample) {
        if self.samples.len() >= Self::SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The totals as of the last look.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Messages received and sent at this moment rather than at the last look.
    pub fn messages_now(&self) -> (u64, u64) {
        let totals = self.counters.totals();
        (totals.messages_in, totals.messages_out)
    }

    /// Messages that wait for the person at this moment.
    pub fn asks_now(&self) -> u64 {
        self.counters.asks.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// The samples, oldest first.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = Sample> + Clone + '_ {
        self.samples.iter().copied()
    }

    /// What moved in the last second.
    pub fn per_second(&self) -> Sample {
        let mut sum = Sample::default();
        for sample in self.samples.iter().rev().take(Self::RATE_OVER) {
            sum.bytes_in += sample.bytes_in;
            sum.bytes_out += sample.bytes_out;
            sum.messages_in += sample.messages_in;
            sum.messages_out += sample.messages_out;
        }
        sum
    }

    /// Whether reading is paused because the window is too slow, or was a moment ago.
    pub fn is_held_up(&self) -> bool {
        self.held_up > 0
    }

    /// Whether a repetition or a file that nobody has paused runs, or reading is paused.
    pub fn is_running(&self) -> bool {
        let totals = &self.totals;
        totals.repeating || self.is_held_up() || (totals.file_sent < totals.file_size && !totals.file_paused)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn a_pause_of_reading_stays_on_show_for_a_moment_and_no_longer() {
        let counters = Arc::new(Counters::default());
        let mut meter = Meter::new(counters.clone());
        for look in 0..40 {
            // Under load: paused at every third look.
            counters.paused.store(look % 3 == 0, Relaxed);
            meter.look(look * Model::LOOK_EVERY);
            assert!(meter.is_held_up() && meter.is_running(), "{look}");
        }
        counters.paused.store(false, Relaxed);
        let more = (40..60).take_while(|look| {
            meter.look(look * Model::LOOK_EVERY);
            meter.is_held_up()
        });
        assert!(more.count() < 8);
        assert!(!meter.is_running(), "it is not looked for ever");
    }

    #[test]
    fn rates_are_those_of_the_last_second_and_quiet_time_is_filled_in() {
        let counters = Arc::new(Counters::default());
        let mut meter = Meter::new(counters.clone());
        assert!(!meter.look(0));
        assert_eq!(meter.samples().len(), 0, "nothing ever moved");
        counters.bytes_in.store(1_000, Relaxed);
        assert!(meter.look(Model::LOOK_EVERY));
        assert_eq!((meter.per_second().bytes_in, meter.totals().bytes_in), (1_000, 1_000));
        counters.bytes_in.store(1_500, Relaxed);
        meter.look(3 * Model::LOOK_EVERY);
        assert_eq!(meter.samples().map(|sample| sample.bytes_in).collect::<Vec<_>>(), [1_000, 0, 500]);
        assert!(!meter.look(1_000 * Model::LOOK_EVERY));
        assert_eq!((meter.per_second(), meter.samples().len()), (Sample::default(), Meter::SAMPLES));
    }
}
