//! How long to wait for an acknowledgement: RFC 6298, in whole microseconds.

use super::mechanisms::Timeout;
use crate::sim::Micros;

/// Before anything was measured (2.1).
const FIRST: Micros = 1_000_000;
/// The least. The RFC says 1 s (2.4); Linux takes 200 ms, which leaves something to see on short links.
const LEAST: Micros = 200_000;
/// The most (2.5).
const MOST: Micros = 60_000_000;
/// The granularity of the clock, G.
const TICK: Micros = 1_000;

/// SRTT, RTTVAR and RTO.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    rule: Timeout,
    /// SRTT and RTTVAR, once there is a sample.
    smooth: Option<(Micros, Micros)>,
    timeout: Micros,
    /// When it was last doubled.
    doubled: Option<Micros>,
}

impl Estimate {
    pub fn new(rule: Timeout) -> Self {
        Self { rule, smooth: None, timeout: rule.fixed().unwrap_or(FIRST), doubled: None }
    }

    /// How long to wait; `None` is for ever.
    pub fn timeout(&self) -> Option<Micros> {
        (self.rule != Timeout::None).then_some(self.timeout)
    }

    /// A packet that was sent once was acknowledged after so long. Those that were sent again say nothing, because nobody
    /// knows which copy was answered (Karn's rule, section 3).
    pub fn sample(&mut self, took: Micros) {
        if self.rule != Timeout::Adaptive {
            return;
        }
        let (mean, spread) = match self.smooth {
            None => (took, took / 2),
            Some((mean, spread)) => ((7 * mean + took) / 8, (3 * spread + mean.abs_diff(took)) / 4),
        };
        self.smooth = Some((mean, spread));
        self.timeout = (mean + (4 * spread).max(TICK)).clamp(LEAST, MOST);
    }

    /// The timer of a packet that was sent at `sent` has fired: twice as long from here on (5.5), but once for all that
    /// was on its way at the time.
    pub fn back_off(&mut self, now: Micros, sent: Micros) {
        if self.rule == Timeout::Adaptive && self.doubled.is_none_or(|doubled| sent >= doubled) {
            self.timeout = (self.timeout * 2).min(MOST);
            self.doubled = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_rfc() {
        let mut estimate = Estimate::new(Timeout::Adaptive);
        assert_eq!(estimate.timeout(), Some(1_000_000));
        estimate.sample(400_000);
        // SRTT 400, RTTVAR 200.
        assert_eq!(estimate.timeout(), Some(1_200_000));
        estimate.sample(480_000);
        // RTTVAR 3/4 · 200 + 1/4 · 80 = 170, SRTT 7/8 · 400 + 1/8 · 480 = 410.
        assert_eq!(estimate.timeout(), Some(1_090_000));
        estimate.back_off(2_000_000, 900_000);
        estimate.back_off(2_000_100, 900_100);
        assert_eq!(estimate.timeout(), Some(2_180_000), "once for what was on its way together");
        estimate.back_off(5_000_000, 2_000_100);
        assert_eq!(estimate.timeout(), Some(4_360_000));
        for _ in 0..100 {
            estimate.sample(10_000);
        }
        assert_eq!(estimate.timeout(), Some(200_000), "not less");
        for at in 0..20 {
            estimate.back_off(10_000_000 + at, 10_000_000 + at);
        }
        assert_eq!(estimate.timeout(), Some(60_000_000), "not more");
    }

    #[test]
    fn a_fixed_one_stays() {
        let mut estimate = Estimate::new(Timeout::Fixed(200));
        estimate.sample(400_000);
        estimate.back_off(1, 0);
        assert_eq!(estimate.timeout(), Some(200_000));
        assert_eq!(Estimate::new(Timeout::None).timeout(), None);
    }
}
