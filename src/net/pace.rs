//! The two waits that a socket can be given, so that one sees what the time between calls does to messages: before each
//! `recv`, and between one `send` and the next.
//!
//! A program that is busy between two `recv`s finds more in the kernel's buffer the later it comes: small messages stick
//! together. One that waits between two `send`s keeps them apart, most of the time. Nothing sleeps: the worker is told when
//! to come back. A moment that is past is forgotten at the next turn ([`Pace::wake`]), for a wake-up time in the past
//! would wake the worker again and again. Pure: the time comes in.

use std::time::{Duration, Instant};

use super::options::WAIT;

/// What lies between the calls of one socket.
#[derive(Debug, Default)]
pub(super) struct Pace {
    delay: Duration,
    gap: Duration,
    read: Read,
    /// When the next message may leave.
    send_at: Option<Instant>,
}

/// Where the wait before a `recv` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Read {
    /// As far as is known there is nothing to be read.
    #[default]
    Nothing,
    /// There is, and it is left alone until then.
    Until(Instant),
    /// The wait is over.
    Due,
}

impl Pace {
    pub fn new(read_delay: Duration, send_gap: Duration) -> Self {
        Self { delay: limited(read_delay), gap: limited(send_gap), ..Self::default() }
    }

    /// Changes the wait before a `recv`; one that goes on is not made longer.
    pub fn set_read_delay(&mut self, delay: Duration, now: Instant) {
        self.delay = limited(delay);
        if let Read::Until(at) = &mut self.read {
            *at = (*at).min(now + self.delay);
        }
    }

    /// Changes what lies between two `send`s; a wait that goes on is not made longer.
    pub fn set_send_gap(&mut self, gap: Duration, now: Instant) {
        self.gap = limited(gap);
        self.send_at = self.send_at.map(|at| at.min(now + self.gap));
    }

    /// Whether there is a wait before each `recv`.
    pub fn delays(&self) -> bool {
        !self.delay.is_zero() || self.read != Read::Nothing
    }

    /// Whether there is one between `send`s.
    pub fn parts(&self) -> bool {
        !self.gap.is_zero()
    }

    /// Whether `recv` may be called now. If nobody knows yet whether there is something to be read, `readable` is asked.
    pub fn may_read<E>(&mut self, now: Instant, readable: impl FnOnce() -> Result<bool, E>) -> Result<bool, E> {
        if self.read == Read::Nothing {
            if !readable()? {
                return Ok(false);
            }
            self.read = Read::Until(now + self.delay);
        }
        self.wake(now);
        Ok(self.read == Read::Due)
    }

    /// Whether, as far as is known, there is nothing to be read.
    pub fn is_dry(&self) -> bool {
        self.read == Read::Nothing
    }

    /// A `recv` was called: the next one waits again.
    pub fn has_read(&mut self) {
        self.read = Read::Nothing;
    }

    /// Whether a message may begin to leave. The clock is read only if it matters.
    pub fn may_send(&mut self, now: impl FnOnce() -> Instant) -> bool {
        if let Some(at) = self.send_at {
            if now() < at {
                return false;
            }
            self.send_at = None;
        }
        true
    }

    /// A `send` was called, and its record written: what follows keeps its distance from now on.
    pub fn has_sent(&mut self, now: impl FnOnce() -> Instant) {
        if self.parts() {
            self.send_at = Some(now() + self.gap);
        }
    }

    /// A turn begins: what is past is past.
    pub fn wake(&mut self, now: Instant) {
        if matches!(self.read, Read::Until(at) if at <= now) {
            self.read = Read::Due;
        }
        if self.send_at.is_some_and(|at| at <= now) {
            self.send_at = None;
        }
    }

    /// When to come back. `queued` says whether a message waits to begin.
    pub fn deadline(&self, queued: bool) -> Option<Instant> {
        let read = if let Read::Until(at) = self.read { Some(at) } else { None };
        read.into_iter().chain(self.send_at.filter(|_| queued)).min()
    }
}

fn limited(wait: Duration) -> Duration {
    wait.min(*WAIT.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(10);

    fn readable(yes: bool) -> impl FnOnce() -> Result<bool, ()> {
        move || Ok(yes)
    }

    #[test]
    fn a_recv_waits_from_when_there_is_something_and_the_next_one_again() {
        let start = Instant::now();
        let mut pace = Pace::new(2 * STEP, Duration::ZERO);
        assert_eq!(pace.may_read(start, readable(false)), Ok(false));
        assert_eq!(pace.deadline(true), None, "nothing to come back for");
        assert_eq!(pace.may_read(start + STEP, readable(true)), Ok(false));
        assert_eq!(pace.deadline(false), Some(start + 3 * STEP));
        assert_eq!(pace.may_read(start + 2 * STEP, || panic!("it is known")), Ok::<_, ()>(false));
        assert_eq!(pace.may_read(start + 3 * STEP, || panic!("it is known")), Ok::<_, ()>(true));
        pace.has_read();
        assert_eq!(pace.may_read(start + 3 * STEP, readable(true)), Ok(false));
        pace.set_read_delay(Duration::ZERO, start + 4 * STEP);
        assert_eq!(pace.may_read(start + 4 * STEP, readable(false)), Ok(true));
    }

    #[test]
    fn messages_keep_their_distance() {
        let start = Instant::now();
        let mut pace = Pace::new(Duration::ZERO, STEP);
        assert!(pace.may_send(|| start));
        pace.has_sent(|| start);
        assert!(!pace.may_send(|| start + STEP / 2));
        assert_eq!((pace.deadline(false), pace.deadline(true)), (None, Some(start + STEP)));
        assert!(pace.may_send(|| start + STEP));
        pace.has_sent(|| start + STEP);
        pace.set_send_gap(Duration::ZERO, start + STEP);
        assert!(pace.may_send(|| start + STEP));
        pace.has_sent(|| panic!("nobody needs to know"));
    }

    #[test]
    fn a_moment_that_is_past_wakes_nobody() {
        let start = Instant::now();
        let mut pace = Pace::new(STEP, STEP);
        pace.has_sent(|| start);
        assert_eq!(pace.may_read(start, readable(true)), Ok(false));
        pace.wake(start + STEP);
        // Whatever else may keep the socket from reading or sending now.
        assert_eq!(pace.deadline(true), None);
        assert_eq!(pace.may_read(start + STEP, readable(false)), Ok(true));
    }

    #[test]
    fn no_wait_is_without_end() {
        let start = Instant::now();
        let mut pace = Pace::new(Duration::MAX, Duration::MAX);
        pace.has_sent(|| start);
        pace.may_read(start, readable(true)).unwrap();
        assert_eq!(pace.deadline(true), Some(start + *WAIT.end()));
    }
}
