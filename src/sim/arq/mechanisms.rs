//! The seven switches, as data.

use serde::{Deserialize, Serialize};

use crate::sim::Micros;

/// The most bits of a sequence number.
pub const MOST_BITS: u8 = 16;
/// The most packets in a window.
pub const MOST_IN_WINDOW: u8 = 32;
/// The shortest fixed time-out, in milliseconds: nothing may happen again at the same instant.
pub const SHORTEST_MS: u32 = 10;
/// The longest fixed time-out, in milliseconds.
pub const LONGEST_MS: u32 = 60_000;

/// A protocol: which mechanisms it has. The default has none, which is plain UDP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mechanisms {
    /// How damage is noticed. What is damaged is thrown away.
    pub checksum: Checksum,
    /// Bits of the sequence number, which counts packets and wraps; 0 is without.
    pub bits: u8,
    /// What the receiver says about what has come.
    pub acks: Acks,
    /// When the sender sends again what was not acknowledged.
    pub timeout: Timeout,
    /// How much may be sent before it is acknowledged, and what the receiver keeps of what comes early.
    pub window: Window,
    /// Whether the receiver throws away what it has passed on already. It knows by the sequence number.
    pub duplicates: bool,
    /// Whether the sender says that there is no more.
    pub end: bool,
}

/// How damage is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// Not at all.
    #[default]
    None,
    /// The 16-bit sum of IP, UDP and TCP (RFC 1071). Words that change places do not change it.
    Internet,
    /// The 32-bit CRC of Ethernet and zip (IEEE 802.3).
    Crc32,
}

/// What the receiver says about what has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acks {
    /// Nothing.
    #[default]
    None,
    /// Each packet's own number.
    Each,
    /// The number up to which everything has come, like TCP's.
    Cumulative,
    /// That, and a bit for each packet behind it that the receiver may keep, like TCP with SACK (RFC 2018).
    Selective,
}

/// When the sender sends again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timeout {
    /// Never.
    #[default]
    None,
    /// After so many milliseconds, always the same.
    Fixed(u32),
    /// After what was measured, doubled each time that it fires (RFC 6298; at first 1 s, at least 200 ms as in Linux).
    Adaptive,
}

/// How much may be on its way unacknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// Anything: all is sent as it comes. A receiver that knows numbers keeps what is at most half of them early.
    #[default]
    None,
    /// One packet.
    StopAndWait,
    /// So many; the receiver keeps nothing that comes early, and the sender sends all of them again.
    GoBackN(u8),
    /// So many; the receiver keeps what comes early, and each packet has a timer of its own.
    SelectiveRepeat(u8),
}

impl Window {
    /// How many packets may be unacknowledged; `None` is without limit.
    pub fn size(self) -> Option<u8> {
        match self {
            Self::None => None,
            Self::StopAndWait => Some(1),
            Self::GoBackN(size) | Self::SelectiveRepeat(size) => Some(size.clamp(1, MOST_IN_WINDOW)),
        }
    }
}

impl Timeout {
    /// A fixed one in microseconds, kept within its bounds.
    pub fn fixed(self) -> Option<Micros> {
        match self {
            Self::Fixed(ms) => Some(Micros::from(ms.clamp(SHORTEST_MS, LONGEST_MS)) * 1_000),
            Self::None | Self::Adaptive => None,
        }
    }
}

/// One of the seven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// [`Mechanisms::checksum`].
    Checksum,
    /// [`Mechanisms::bits`].
    Numbers,
    /// [`Mechanisms::acks`].
    Acks,
    /// [`Mechanisms::timeout`].
    Timeout,
    /// [`Mechanisms::window`].
    Window,
    /// [`Mechanisms::duplicates`].
    Duplicates,
    /// [`Mechanisms::end`].
    End,
}

impl Mechanism {
    /// All of them, in the order in which they are taught.
    pub const ALL: [Self; 7] =
        [Self::Checksum, Self::Numbers, Self::Acks, Self::Timeout, Self::Window, Self::Duplicates, Self::End];
}

impl Mechanisms {
    /// Whether it has this one.
    pub fn has(&self, mechanism: Mechanism) -> bool {
        *self != self.without(mechanism)
    }

    /// The same without this one.
    #[must_use]
    pub fn without(mut self, mechanism: Mechanism) -> Self {
        match mechanism {
            Mechanism::Checksum => self.checksum = Checksum::None,
            Mechanism::Numbers => self.bits = 0,
            Mechanism::Acks => self.acks = Acks::None,
            Mechanism::Timeout => self.timeout = Timeout::None,
            Mechanism::Window => self.window = Window::None,
            Mechanism::Duplicates => self.duplicates = false,
            Mechanism::End => self.end = false,
        }
        self
    }

    /// With every number within its bounds, as the hosts take it.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.bits = self.bits.min(MOST_BITS);
        if let Timeout::Fixed(ms) = &mut self.timeout {
            *ms = (*ms).clamp(SHORTEST_MS, LONGEST_MS);
        }
        if let Window::GoBackN(size) | Window::SelectiveRepeat(size) = &mut self.window {
            *size = (*size).clamp(1, MOST_IN_WINDOW);
        }
        self
    }

    /// The numbers in it, each with the path of its field in a run, the least and the most.
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, u64, u64, u64)> {
        let timeout = match self.timeout {
            Timeout::Fixed(ms) => Some(("arq.timeout", ms.into(), SHORTEST_MS.into(), LONGEST_MS.into())),
            Timeout::None | Timeout::Adaptive => None,
        };
        let window = match self.window {
            Window::GoBackN(size) | Window::SelectiveRepeat(size) => {
                Some(("arq.window", size.into(), 1, MOST_IN_WINDOW.into()))
            }
            Window::None | Window::StopAndWait => None,
        };
        [Some(("arq.bits", self.bits.into(), 0, MOST_BITS.into())), timeout, window].into_iter().flatten()
    }

    /// How many packets the receiver may hold from the one that it expects on: 1 keeps nothing early.
    pub fn receiver_window(&self) -> u64 {
        match (self.bits, self.window) {
            (0, _) | (_, Window::StopAndWait | Window::GoBackN(_)) => 1,
            (_, Window::SelectiveRepeat(_)) => u64::from(self.window.size().unwrap_or(1)),
            (bits, Window::None) => 1 << (bits.min(MOST_BITS) - 1),
        }
    }

    /// Bits of the map in a selective acknowledgement.
    pub fn map_bits(&self) -> u8 {
        let early = self.receiver_window() - 1;
        if self.acks == Acks::Selective { early.min(u64::from(MOST_IN_WINDOW) - 1) as u8 } else { 0 }
    }

    /// The sets that are weaker than this one by one step in this mechanism: off, or a smaller number, or the next
    /// simpler kind. Everything that is weaker at all is reached by such steps.
    pub fn weaker(self, mechanism: Mechanism) -> Vec<Self> {
        let mut weaker = match mechanism {
            Mechanism::Checksum => match self.checksum {
                Checksum::None => vec![],
                Checksum::Internet => vec![Self { checksum: Checksum::None, ..self }],
                Checksum::Crc32 => vec![Self { checksum: Checksum::Internet, ..self }],
            },
            Mechanism::Numbers => self.bits.checked_sub(1).map(|bits| Self { bits, ..self }).into_iter().collect(),
            Mechanism::Acks => {
                let simpler: &[Acks] = match self.acks {
                    Acks::None => &[],
                    Acks::Each | Acks::Cumulative => &[Acks::None],
                    Acks::Selective => &[Acks::Each, Acks::Cumulative],
                };
                simpler.iter().map(|acks| Self { acks: *acks, ..self }).collect()
            }
            Mechanism::Timeout => {
                let simpler: &[Timeout] = match self.timeout {
                    Timeout::None => &[],
                    Timeout::Fixed(_) => &[Timeout::None],
                    Timeout::Adaptive => &FIXED_MS.map(Timeout::Fixed),
                };
                // A shorter one is another, not a weaker one: it sends again sooner.
                simpler.iter().map(|timeout| Self { timeout: *timeout, ..self }).collect()
            }
            Mechanism::Window => {
                let simpler = match self.window {
                    Window::None => vec![],
                    Window::StopAndWait => vec![Window::None],
                    Window::GoBackN(0..=2) => vec![Window::StopAndWait],
                    Window::GoBackN(size) => vec![Window::GoBackN(size - 1)],
                    Window::SelectiveRepeat(0..=2) => vec![Window::GoBackN(2)],
                    Window::SelectiveRepeat(size) => vec![Window::GoBackN(size), Window::SelectiveRepeat(size - 1)],
                };
                simpler.into_iter().map(|window| Self { window, ..self }).collect()
            }
            Mechanism::Duplicates | Mechanism::End => vec![self.without(mechanism)],
        };
        weaker.retain(|set| *set != self);
        weaker
    }
}

/// The fixed time-outs that a window offers, in milliseconds.
pub const FIXED_MS: [u32; 6] = [50, 100, 200, 500, 1_000, 2_000];

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Any set at all, most of them nonsense.
    pub fn any_set() -> impl Strategy<Value = Mechanisms> {
        let checksum = prop_oneof![Just(Checksum::None), Just(Checksum::Internet), Just(Checksum::Crc32)];
        let acks = prop_oneof![Just(Acks::None), Just(Acks::Each), Just(Acks::Cumulative), Just(Acks::Selective)];
        let timeout =
            prop_oneof![Just(Timeout::None), (SHORTEST_MS..1_000).prop_map(Timeout::Fixed), Just(Timeout::Adaptive)];
        let window = prop_oneof![
            Just(Window::None),
            Just(Window::StopAndWait),
            (1..=MOST_IN_WINDOW).prop_map(Window::GoBackN),
            (1..=MOST_IN_WINDOW).prop_map(Window::SelectiveRepeat),
        ];
        let bits = prop_oneof![3 => 0..6_u8, 1 => 0..=MOST_BITS];
        (checksum, bits, acks, timeout, window, any::<bool>(), any::<bool>()).prop_map(
            |(checksum, bits, acks, timeout, window, duplicates, end)| Mechanisms {
                checksum,
                bits,
                acks,
                timeout,
                window,
                duplicates,
                end,
            },
        )
    }

    const ALL: Mechanisms = Mechanisms {
        checksum: Checksum::Crc32,
        bits: 3,
        acks: Acks::Selective,
        timeout: Timeout::Adaptive,
        window: Window::SelectiveRepeat(4),
        duplicates: true,
        end: true,
    };

    #[test]
    fn weaker_steps_end_at_nothing() {
        let (mut seen, mut open) = (BTreeSet::new(), vec![ALL]);
        while let Some(set) = open.pop() {
            assert!(Mechanism::ALL.iter().all(|it| !set.weaker(*it).contains(&set)));
            if seen.insert(set) {
                open.extend(Mechanism::ALL.iter().flat_map(|it| set.weaker(*it)));
            }
        }
        assert!(seen.contains(&Mechanisms::default()));
        for mechanism in Mechanism::ALL {
            assert!(seen.contains(&ALL.without(mechanism)), "{mechanism:?}");
        }
    }

    #[test]
    fn what_is_switched_off_is_not_there() {
        for mechanism in Mechanism::ALL {
            assert!(ALL.has(mechanism) && !ALL.without(mechanism).has(mechanism));
            assert!(!Mechanisms::default().has(mechanism));
        }
    }

    #[test]
    fn a_set_is_short_as_text() {
        let text = toml::to_string(&ALL).unwrap();
        assert_eq!(toml::from_str::<Mechanisms>(&text).unwrap(), ALL);
        let typed = "acks = \"each\"\ntimeout = { fixed = 200 }\nwindow = { go-back-n = 4 }";
        let set: Mechanisms = toml::from_str(typed).unwrap();
        assert_eq!((set.timeout, set.window), (Timeout::Fixed(200), Window::GoBackN(4)));
        assert!(toml::from_str::<Mechanisms>("sums = 1").is_err());
    }
}
