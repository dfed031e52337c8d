//! The worst slicer: the same messages through one framing, cut and glued on their way in as many ways as one likes.
//!
//! A network may cut a stream anywhere and a reader may come late, so what `recv` returns has nothing to do with what was
//! handed to `send`. Here both are drawn by lot, in virtual time: nothing is sent and nobody waits. A framing is good if all
//! messages come out as they went in every time. The sender is a careful one: with [`Framing::Silence`] it pauses twice as
//! long as it has to, and it still does not help.
//!
//! The lots depend on the seed and the number of the run alone, so that a failure can be shown again.

use std::time::Duration;

use super::{Decoder, Framing, FramingError};

/// From one message to the next, where the framing needs no pause.
const PACE: Duration = Duration::from_millis(1);

/// What is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attack {
    /// How messages are marked.
    pub framing: Framing,
    /// The longest message that is taken, in bytes.
    pub limit: usize,
    /// The messages, in the order in which they are sent.
    pub messages: Vec<Vec<u8>>,
    /// Other seeds cut elsewhere.
    pub seed: u64,
    /// How often.
    pub runs: u32,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How often it was tried.
    pub runs: u32,
    /// How often all messages came out as they went in.
    pub survived: u32,
    /// The first time that they did not.
    pub failure: Option<Failure>,
}

/// A run after which the messages were others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which run, from 1.
    pub run: u32,
    /// What was handed to each `send`, and when.
    pub sends: Vec<Piece>,
    /// What came out of each `recv`, and when.
    pub recvs: Vec<Piece>,
    /// The messages that were found.
    pub came: Vec<Vec<u8>>,
    /// Why no more were found, if what came was no message.
    pub error: Option<FramingError>,
    /// The first message that came out otherwise, from 0; how many there were if there are only too many.
    pub differs: usize,
}

/// Bytes that moved at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When, from the first send on.
    pub at: Duration,
    /// What.
    pub bytes: Vec<u8>,
}

impl Attack {
    /// Tries it.
    ///
    /// # Errors
    /// A message cannot be sent in this framing: which one, from 0, and why.
    pub fn run(&self) -> Result<Report, (usize, FramingError)> {
        let pause = match self.framing {
            Framing::Silence(ms) => Duration::from_millis(ms.get().into()),
            _ => PACE,
        };
        let mut sends = Vec::new();
        let mut expected = Vec::new();
        for (index, message) in self.messages.iter().enumerate() {
            let mut bytes = Vec::new();
            let parts = self.framing.encode(message, &mut bytes).map_err(|error| (index, error))?;
            // What fills a fixed length up belongs to the message for who receives it.
            expected.push(match self.framing {
                Framing::Fixed(_) => bytes.clone(),
                _ => bytes.get(parts.before()..parts.before() + parts.body).unwrap_or_default().to_vec(),
            });
            let at = pause * 2 * u32::try_from(index).unwrap_or(u32::MAX);
            sends.push(Piece { at, bytes });
        }
        let mut report = Report { runs: self.runs, survived: 0, failure: None };
        for run in 1..=self.runs {
            let recvs = cut(&sends, pause, &mut Lots::new(self.seed, run));
            let (came, error) = self.receive(&recvs);
            if error.is_none() && came == expected {
                report.survived += 1;
            } else if report.failure.is_none() {
                let differs = came.iter().zip(&expected).take_while(|(came, sent)| came == sent).count();
                report.failure = Some(Failure { run, sends: sends.clone(), recvs, came, error, differs });
            }
        }
        Ok(report)
    }

    fn receive(&self, recvs: &[Piece]) -> (Vec<Vec<u8>>, Option<FramingError>) {
        let mut decoder = Decoder::new(self.framing.clone(), self.limit);
        let mut came = Vec::new();
        for recv in recvs {
            decoder.push_at(&recv.bytes, recv.at);
            while let Some(message) = decoder.next() {
                match message {
                    Ok(message) => came.push(message),
                    Err(error) => return (came, Some(error)),
                }
            }
        }
        decoder.finish();
        while let Some(message) = decoder.next() {
            match message {
                Ok(message) => came.push(message),
                Err(error) => return (came, Some(error)),
            }
        }
        (came, None)
    }
}

/// The bytes of these sends as they may come out of `recv`: cut anywhere, late by anything, and never before they were sent.
fn cut(sends: &[Piece], pause: Duration, lots: &mut Lots) -> Vec<Piece> {
    let stream: Vec<_> = sends.iter().flat_map(|send| send.bytes.iter().copied()).collect();
    // From all at once to byte by byte.
    let odds = match lots.below(5) {
        0 => stream.len() as u64 + 1,
        1 => 1,
        2 => 2,
        3 => 5,
        _ => (stream.len() as u64 / sends.len().max(1) as u64).max(1),
    };
    let mut recvs = Vec::new();
    let (mut from, mut now) = (0, Duration::ZERO);
    for end in 1..=stream.len() {
        if end < stream.len() && lots.below(odds) != 0 {
            continue;
        }
        // Half of the pieces are in time; the others are up to three pauses late.
        let late = if lots.below(2) == 0 { 0 } else { lots.below(3 * pause.as_micros() as u64 + 1) };
        now = now.max(sent_at(sends, end) + Duration::from_micros(late));
        recvs.push(Piece { at: now, bytes: stream.get(from..end).unwrap_or_default().to_vec() });
        from = end;
    }
    recvs
}

/// When the first `end` bytes of the stream were sent.
fn sent_at(sends: &[Piece], end: usize) -> Duration {
    let mut until = 0;
    let last = sends.iter().find(|send| {
        until += send.bytes.len();
        until >= end
    });
    last.map_or(Duration::ZERO, |send| send.at)
}

/// Numbers drawn by lot (SplitMix64): the same for the same seed and run, on every platform.
struct Lots(u64);

impl Lots {
    fn new(seed: u64, run: u32) -> Self {
        let mut lots = Self(seed);
        lots.0 = lots.next() ^ u64::from(run).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        lots
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below this one.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::{LIMIT, Prefix};

    fn nine() -> Vec<Vec<u8>> {
        let texts = ["i = 1", "i = 2", "你好", "i = 4", "传声筒", "i = 6", "粘包", "半包", "i = 9"];
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    fn attack(framing: Framing) -> Report {
        Attack { framing, limit: LIMIT, messages: nine(), seed: 7, runs: 1_000 }.run().unwrap()
    }

    #[test]
    fn what_marks_its_messages_survives_and_what_does_not_fails() {
        let good = ["line", "crlf", "delimiter:\\0", "fixed:9", "header:u32-be", "header:u8"];
        let numbers = Prefix::ALL.into_iter().flat_map(|prefix| [format!("{prefix}"), format!("{prefix}+self")]);
        for spec in good.into_iter().map(str::to_owned).chain(numbers) {
            let report = attack(spec.parse().unwrap());
            assert_eq!((report.survived, report.failure), (1_000, None), "{spec}");
        }
        for spec in ["none", "silence:1", "silence:200"] {
            let report = attack(spec.parse().unwrap());
            assert!(report.survived < 20, "{spec}: {}", report.survived);
            let failure = report.failure.unwrap();
            assert_ne!(failure.came, nine());
            assert_eq!(failure.came.concat(), nine().concat(), "bytes are never lost");
            assert_ne!(failure.came.get(failure.differs), nine().get(failure.differs));
        }
    }

    #[test]
    fn the_same_seed_cuts_the_same_and_another_one_elsewhere() {
        let run = |seed| {
            Attack { framing: Framing::None, limit: LIMIT, messages: nine(), seed, runs: 50 }.run().unwrap().failure
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1).unwrap().recvs, run(2).unwrap().recvs);
        // Written down, so that another platform, or a change of the code, cannot cut elsewhere unseen.
        let mut lots = Lots::new(1, 1);
        assert_eq!([lots.next(), lots.next()], [3_018_708_184_346_319_059, 1_106_439_357_891_325_596]);
    }

    #[test]
    fn nothing_is_received_before_it_was_sent_and_time_does_not_run_back() {
        for framing in [Framing::None, "silence:200".parse().unwrap()] {
            for seed in 0..50 {
                let attack = Attack { framing: framing.clone(), limit: LIMIT, messages: nine(), seed, runs: 1 };
                let Some(failure) = attack.run().unwrap().failure else { continue };
                let mut received = 0;
                for pair in failure.recvs.windows(2) {
                    assert!(pair[0].at <= pair[1].at);
                }
                for recv in &failure.recvs {
                    received += recv.bytes.len();
                    assert!(sent_at(&failure.sends, received) <= recv.at);
                }
            }
        }
    }

    #[test]
    fn a_message_that_cannot_be_sent_is_named() {
        let messages = vec![b"fine".to_vec(), b"one\ntwo".to_vec()];
        let attack = Attack { framing: Framing::Line, limit: LIMIT, messages, seed: 0, runs: 1 };
        assert_eq!(attack.run(), Err((1, FramingError::EndInside { end: b"\n".to_vec(), at: 3 })));
        let attack = Attack { framing: Framing::Line, limit: 2, messages: nine(), seed: 0, runs: 1 };
        assert!(attack.run().unwrap().failure.unwrap().error.is_some(), "over the limit");
    }

    #[test]
    fn nothing_at_all_survives() {
        let attack = Attack { framing: Framing::None, limit: 1, messages: Vec::new(), seed: 0, runs: 3 };
        assert_eq!(attack.run(), Ok(Report { runs: 3, survived: 3, failure: None }));
    }
}
