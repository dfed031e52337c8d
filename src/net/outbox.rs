//! A worker's batch in the making, and the rule for when it leaves.
//!
//! A batch leaves when it holds 256 records or 64 KiB, or when nothing is left to read; but then not within 4 ms of
//! the last one: a socket that is read dry forty thousand times a second must not wake the window as often.
//! The channel is bounded: when it is full the batch stays here, and the worker asks [`Outbox::has_room`]
//! before it reads more. Records of what happened to the socket itself are never refused.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, TrySendError};

use super::engine::Wake;
use crate::journal::{Batch, Event, Nanos, Record, SocketId, Span};

/// Records after which a batch leaves.
pub(super) const RECORDS: usize = 256;
/// Bytes after which a batch leaves.
pub(super) const BYTES: usize = 64 * 1024;
/// What lies between two batches that are not full, and the age at which any batch leaves.
pub(super) const AGE: Duration = Duration::from_millis(4);
/// How long a batch that the channel has no room for waits at most until it is tried again.
const PATIENCE: Duration = Duration::from_millis(100);

/// Which life of which socket a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub id: SocketId,
    pub generation: u16,
}

pub(super) struct Outbox {
    sender: Sender<Batch>,
    wake: Arc<dyn Wake>,
    epoch: Instant,
    batch: Batch,
    /// When the oldest record of the batch was made.
    since: Option<Instant>,
    /// When the last batch left.
    left: Option<Instant>,
    /// Since when the channel has had no room.
    full: Option<Instant>,
    /// Bytes in the last full batch: room that the next one will need.
    room: usize,
}

impl Outbox {
    pub fn new(sender: Sender<Batch>, wake: Arc<dyn Wake>, epoch: Instant) -> Self {
        Self { sender, wake, epoch, batch: Batch::default(), since: None, left: None, full: None, room: 0 }
    }

    /// The time now, as records tell it.
    pub fn now(&self) -> Nanos {
        self.epoch.elapsed().as_nanos() as Nanos
    }

    /// Records something that happened now.
    pub fn record(&mut self, tag: Tag, event: Event, peer: Option<SocketAddr>, bytes: &[u8]) {
        self.record_at(self.now(), tag, event, peer, bytes);
    }

    /// Records something that happened a moment ago.
    pub fn record_at(&mut self, at: Nanos, tag: Tag, event: Event, peer: Option<SocketAddr>, bytes: &[u8]) {
        if self.since.is_none() {
            self.since = Some(Instant::now());
        }
        let peer = peer.map(canonical);
        let (socket, generation) = (tag.id, tag.generation);
        self.batch.push(Record { at, socket, generation, event, peer, bytes: Span::default() }, bytes);
        if self.is_full() {
            self.flush();
        }
    }

    /// Whether more data may be recorded now.
    pub fn has_room(&mut self) -> bool {
        !self.is_full() || self.flush()
    }

    /// Sends the batch on its way; `false` if the channel is full and it is still here.
    pub fn flush(&mut self) -> bool {
        if self.batch.records.is_empty() {
            return true;
        }
        // Not worth making a batch for.
        if self.sender.is_full() {
            self.full.get_or_insert_with(Instant::now);
            return false;
        }
        // A few records do not keep the room of 256 occupied while they lie in the journal.
        let leaving = if self.is_full() {
            let room = std::mem::replace(&mut self.room, self.batch.bytes.len());
            let next = Batch { records: Vec::with_capacity(RECORDS), bytes: Vec::with_capacity(room.min(BYTES)) };
            let mut leaving = std::mem::replace(&mut self.batch, next);
            leaving.records.shrink_to_fit();
            leaving.bytes.shrink_to_fit();
            leaving
        } else {
            let leaving = Batch { records: self.batch.records.clone(), bytes: self.batch.bytes.clone() };
            self.batch.records.clear();
            self.batch.bytes.clear();
            leaving
        };
        match self.sender.try_send(leaving) {
            Ok(()) => {
                (self.since, self.full) = (None, None);
                self.left = Some(Instant::now());
                self.wake.wake();
                true
            }
            Err(TrySendError::Full(batch)) => {
                self.batch = batch;
                self.full.get_or_insert_with(Instant::now);
                false
            }
            // Nobody listens any more: the engine is being dropped.
            Err(TrySendError::Disconnected(_)) => {
                (self.since, self.full) = (None, None);
                true
            }
        }
    }

    /// How long to wait until what did not leave is tried again: as long again as it has waited, for whoever reads slowly
    /// has hundreds of workers waiting, and each that wakes costs.
    pub fn retry_in(&self, now: Instant) -> Duration {
        self.full.map_or(AGE, |full| now.saturating_duration_since(full).clamp(AGE, PATIENCE))
    }

    /// Sends the batch if it is old enough.
    pub fn flush_if_old(&mut self, now: Instant) {
        if self.since.is_some_and(|since| now.duration_since(since) >= AGE) {
            self.flush();
        }
    }

    /// Sends the batch, unless the last one has just left. Returns how long what stays may stay.
    pub fn flush_at_rest(&mut self, now: Instant) -> Option<Duration> {
        let rest = self.left.map_or(Duration::ZERO, |left| AGE.saturating_sub(now.saturating_duration_since(left)));
        if rest.is_zero() && self.flush() {
            return None;
        }
        self.since.map(|_| if rest.is_zero() { self.retry_in(now) } else { rest })
    }

    fn is_full(&self) -> bool {
        self.batch.records.len() >= RECORDS || self.batch.bytes.len() >= BYTES
    }
}

/// An IPv4 address that a dual-stack socket has as IPv6 is shown as what it is.
pub(super) fn canonical(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(v4) => SocketAddr::new(v4.into(), v6.port()),
            None => addr,
        },
        SocketAddr::V4(_) => addr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: Tag = Tag { id: SocketId(1), generation: 0 };

    #[test]
    fn a_full_channel_keeps_the_batch_and_loses_nothing() {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let mut out = Outbox::new(sender, Arc::new(()), Instant::now());
        let data = Event::Received { full: 1 };
        for _ in 0..2 * RECORDS {
            assert!(out.has_room());
            out.record(TAG, data, None, b"x");
        }
        assert!(!out.has_room(), "one batch in the channel, one here");
        out.record(TAG, Event::PeerEnded, None, b"");
        assert_eq!(receiver.recv().unwrap().records.len(), RECORDS);
        assert!(out.has_room());
        assert_eq!(receiver.recv().unwrap().records.len(), RECORDS + 1);
    }

    #[test]
    fn a_reader_that_is_slow_is_asked_less_and_less_often() {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let mut out = Outbox::new(sender, Arc::new(()), Instant::now());
        out.record(TAG, Event::PeerEnded, None, b"");
        assert!(out.flush());
        out.record(TAG, Event::PeerEnded, None, b"");
        assert!(!out.flush());
        let full = out.full.unwrap();
        let waits = [0, 1, 5, 50, 1_000].map(|waited| out.retry_in(full + Duration::from_millis(waited)));
        assert_eq!(waits, [4, 4, 5, 50, 100].map(Duration::from_millis));
        receiver.recv().unwrap();
        assert!(out.flush());
        assert_eq!(out.retry_in(full + PATIENCE), AGE);
    }

    #[test]
    fn a_single_record_does_not_hold_the_room_of_many() {
        let (sender, receiver) = crossbeam_channel::bounded(9);
        let mut out = Outbox::new(sender, Arc::new(()), Instant::now());
        for _ in 0..3 {
            out.record(TAG, Event::PeerEnded, None, b"");
            assert!(out.flush());
            assert!(receiver.recv().unwrap().footprint() < 300);
        }
    }

    #[test]
    fn the_first_record_leaves_at_once_and_the_next_ones_together() {
        let (sender, receiver) = crossbeam_channel::bounded(9);
        let mut out = Outbox::new(sender, Arc::new(()), Instant::now());
        out.record(TAG, Event::PeerEnded, None, b"");
        assert_eq!(out.flush_at_rest(Instant::now()), None);
        let now = out.left.unwrap();
        for _ in 0..5 {
            out.record(TAG, Event::PeerEnded, None, b"");
            assert_eq!(out.flush_at_rest(now + AGE / 4), Some(AGE * 3 / 4));
        }
        assert_eq!(out.flush_at_rest(now + AGE), None);
        assert_eq!(receiver.try_iter().map(|batch| batch.records.len()).collect::<Vec<_>>(), [1, 5]);
    }

    #[test]
    fn mapped_addresses_are_shown_as_ipv4() {
        assert_eq!(canonical("[::ffff:127.0.0.1]:9".parse().unwrap()), "127.0.0.1:9".parse().unwrap());
        assert_eq!(canonical("[::1]:9".parse().unwrap()), "[::1]:9".parse().unwrap());
    }
}
