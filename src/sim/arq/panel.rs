//! How a window shows the switches: rows with choices, what each adds to the header, and which sentence says so.
//!
//! Keys are those of `assets/locales/lab.*.toml`, section `arq`. Every choice carries the set that results from taking it,
//! so a window needs no rules of its own.

use super::mechanisms::{Acks, Checksum, FIXED_MS, MOST_BITS, MOST_IN_WINDOW, Mechanism, Mechanisms, Timeout, Window};

/// All there is to draw for a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// One for each mechanism, in the order of [`Mechanism::ALL`].
    pub rows: Vec<Row>,
    /// Bits of the header before data, padded to whole bytes.
    pub data_bits: u32,
    /// Bits of an acknowledgement, padded too; 0 if there are none.
    pub ack_bits: u32,
}

/// One switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub mechanism: Mechanism,
    /// Key of its name: `arq.checksum`.
    pub name: &'static str,
    /// Key of the sentence that says what it does.
    pub hint: &'static str,
    /// Whether it is on.
    pub on: bool,
    /// The set with it switched over: off, or on as its simplest kind.
    pub switched: Mechanisms,
    /// The kinds, if there is more than one beside "off"; the one that is on is `chosen`.
    pub choices: Vec<Choice>,
    /// A number that can be set, while it is on.
    pub amount: Option<Amount>,
    /// Bits that it adds to the header of data, as it stands.
    pub data_bits: u32,
    /// Bits that it adds to an acknowledgement.
    pub ack_bits: u32,
    /// Key of a sentence that says why it can do nothing, or only harm, as the others stand.
    pub needs: Option<&'static str>,
}

/// A kind of a mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Key of its name: `arq.crc32`.
    pub name: &'static str,
    /// Key of the sentence that says what it does.
    pub hint: &'static str,
    /// Whether it is the one.
    pub chosen: bool,
    /// The set with it.
    pub then: Mechanisms,
}

/// A number that belongs to a mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Key of what it counts, with `%{number}`: `arq.bits`.
    pub name: &'static str,
    /// What it is.
    pub value: u32,
    /// The numbers that are offered, with the set of each.
    pub steps: Vec<(u32, Mechanisms)>,
}

impl Panel {
    /// Of this set.
    pub fn of(set: &Mechanisms) -> Self {
        let rows = Mechanism::ALL.into_iter().map(|mechanism| Row::of(mechanism, set)).collect();
        let (data_bits, ack_bits) = (super::header::data_len(set) * 8, super::header::ack_len(set) * 8);
        Self { rows, data_bits: data_bits as u32, ack_bits: ack_bits as u32 }
    }
}

impl Row {
    fn of(mechanism: Mechanism, set: &Mechanisms) -> Self {
        let on = set.has(mechanism);
        let off = set.without(mechanism);
        let (data, ack) = (super::header::data_bits(set), super::header::ack_bits(set));
        Self {
            mechanism,
            name: mechanism.name(),
            hint: mechanism.hint(),
            on,
            switched: if on { off } else { mechanism.simplest(off) },
            choices: mechanism.choices(set),
            amount: if on { mechanism.amount(set) } else { None },
            data_bits: data.saturating_sub(super::header::data_bits(&off)),
            // Without acknowledgements there is no packet to add anything to.
            ack_bits: if set.acks == Acks::None { 0 } else { ack.saturating_sub(super::header::ack_bits(&off)) },
            needs: if on { mechanism.needs(set) } else { None },
        }
    }
}

impl Mechanism {
    /// Key of its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Checksum => "arq.checksum",
            Self::Numbers => "arq.numbers",
            Self::Acks => "arq.acks",
            Self::Timeout => "arq.timeout",
            Self::Window => "arq.window",
            Self::Duplicates => "arq.duplicates",
            Self::End => "arq.end",
        }
    }

    /// Key of the sentence that says what it does.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Checksum => "arq.checksum_hint",
            Self::Numbers => "arq.numbers_hint",
            Self::Acks => "arq.acks_hint",
            Self::Timeout => "arq.timeout_hint",
            Self::Window => "arq.window_hint",
            Self::Duplicates => "arq.duplicates_hint",
            Self::End => "arq.end_hint",
        }
    }

    /// The set with the simplest kind of it.
    fn simplest(self, mut set: Mechanisms) -> Mechanisms {
        match self {
            Self::Checksum => set.checksum = Checksum::Internet,
            Self::Numbers => set.bits = 1,
            Self::Acks => set.acks = Acks::Each,
            Self::Timeout => set.timeout = Timeout::Fixed(200),
            Self::Window => set.window = Window::StopAndWait,
            Self::Duplicates => set.duplicates = true,
            Self::End => set.end = true,
        }
        set
    }

    fn choices(self, set: &Mechanisms) -> Vec<Choice> {
        let choice = |name, hint, then: Mechanisms, chosen| Choice { name, hint, chosen, then };
        let kinds = match self {
            Self::Checksum => vec![
                ("arq.internet", "arq.internet_hint", Mechanisms { checksum: Checksum::Internet, ..*set }),
                ("arq.crc32", "arq.crc32_hint", Mechanisms { checksum: Checksum::Crc32, ..*set }),
            ],
            Self::Acks => vec![
                ("arq.each", "arq.each_hint", Mechanisms { acks: Acks::Each, ..*set }),
                ("arq.cumulative", "arq.cumulative_hint", Mechanisms { acks: Acks::Cumulative, ..*set }),
                ("arq.selective", "arq.selective_hint", Mechanisms { acks: Acks::Selective, ..*set }),
            ],
            Self::Timeout => {
                let fixed = if set.timeout.fixed().is_some() { set.timeout } else { Timeout::Fixed(200) };
                vec![
                    ("arq.fixed", "arq.fixed_hint", Mechanisms { timeout: fixed, ..*set }),
                    ("arq.adaptive", "arq.adaptive_hint", Mechanisms { timeout: Timeout::Adaptive, ..*set }),
                ]
            }
            Self::Window => {
                // The size stays when the kind changes.
                let size = set.window.size().filter(|size| *size > 1).unwrap_or(4);
                let with = |window| Mechanisms { window, ..*set };
                vec![
                    ("arq.stop_and_wait", "arq.stop_and_wait_hint", with(Window::StopAndWait)),
                    ("arq.go_back_n", "arq.go_back_n_hint", with(Window::GoBackN(size))),
                    ("arq.selective_repeat", "arq.selective_repeat_hint", with(Window::SelectiveRepeat(size))),
                ]
            }
            Self::Numbers | Self::Duplicates | Self::End => vec![],
        };
        let same = |then: &Mechanisms| match self {
            Self::Window => std::mem::discriminant(&then.window) == std::mem::discriminant(&set.window),
            _ => then == set,
        };
        kinds.into_iter().map(|(name, hint, then)| choice(name, hint, then, same(&then))).collect()
    }

    fn amount(self, set: &Mechanisms) -> Option<Amount> {
        match (self, set.timeout, set.window) {
            (Self::Numbers, ..) => Some(Amount {
                name: "arq.bits",
                value: u32::from(set.bits),
                steps: (1..=8).chain([MOST_BITS]).map(|bits| (u32::from(bits), Mechanisms { bits, ..*set })).collect(),
            }),
            (Self::Timeout, Timeout::Fixed(ms), _) => Some(Amount {
                name: "arq.milliseconds",
                value: ms,
                steps: FIXED_MS.map(|ms| (ms, Mechanisms { timeout: Timeout::Fixed(ms), ..*set })).to_vec(),
            }),
            (Self::Window, _, Window::GoBackN(size) | Window::SelectiveRepeat(size)) => {
                let with = |size| match set.window {
                    Window::SelectiveRepeat(_) => Window::SelectiveRepeat(size),
                    _ => Window::GoBackN(size),
                };
                let sizes = (2..=8).chain([16, MOST_IN_WINDOW]);
                Some(Amount {
                    name: "arq.size",
                    value: u32::from(size),
                    steps: sizes.map(|size| (u32::from(size), Mechanisms { window: with(size), ..*set })).collect(),
                })
            }
            _ => None,
        }
    }

    fn needs(self, set: &Mechanisms) -> Option<&'static str> {
        let numbers = u32::from(set.bits);
        match self {
            Self::Timeout if set.acks == Acks::None => Some("arq.timeout_needs_acks"),
            Self::Window if set.acks == Acks::None => Some("arq.window_needs_acks"),
            Self::Window if set.bits == 0 && set.window != Window::StopAndWait => Some("arq.window_needs_numbers"),
            // The textbook's rules: N ≤ 2^k − 1, and N ≤ 2^(k − 1).
            Self::Window => match set.window {
                Window::GoBackN(size) if u32::from(size) > (1 << numbers) - 1 => Some("arq.go_back_n_wraps"),
                Window::SelectiveRepeat(size) if u32::from(size) > 1 << (numbers - 1) => {
                    Some("arq.selective_repeat_wraps")
                }
                _ => None,
            },
            Self::Acks if matches!(set.acks, Acks::Cumulative | Acks::Selective) && set.bits == 0 => {
                Some("arq.acks_need_numbers")
            }
            Self::Duplicates if set.bits == 0 => Some("arq.duplicates_need_numbers"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_one_click_away_and_shows_as_chosen() {
        let mut set = Mechanisms::default();
        for mechanism in Mechanism::ALL {
            let row = &Panel::of(&set).rows[mechanism as usize];
            assert!(!row.on && row.switched.has(mechanism), "{mechanism:?}");
            set = row.switched;
        }
        for row in Panel::of(&set).rows {
            assert!(row.on && !row.switched.has(row.mechanism));
            for choice in &row.choices {
                let there = Panel::of(&choice.then).rows.into_iter().find(|it| it.mechanism == row.mechanism).unwrap();
                let chosen: Vec<_> = there.choices.iter().filter(|it| it.chosen).map(|it| it.name).collect();
                assert_eq!(chosen, [choice.name]);
                for (value, then) in there.amount.map(|amount| amount.steps).unwrap_or_default() {
                    let amount = Panel::of(&then).rows[row.mechanism as usize].amount.clone().unwrap();
                    assert_eq!(amount.value, value);
                }
            }
        }
    }

    #[test]
    fn the_header_is_the_sum_of_its_rows_and_padding() {
        let set = Mechanisms {
            checksum: Checksum::Crc32,
            bits: 3,
            acks: Acks::Selective,
            window: Window::SelectiveRepeat(4),
            end: true,
            ..Mechanisms::default()
        };
        let panel = Panel::of(&set);
        let bits = |mechanism: Mechanism| {
            let row = &panel.rows[mechanism as usize];
            (row.data_bits, row.ack_bits)
        };
        assert_eq!(bits(Mechanism::Checksum), (32, 32));
        assert_eq!(bits(Mechanism::Numbers), (3, 6), "the map of early packets goes with the numbers");
        assert_eq!(bits(Mechanism::End), (1, 0));
        assert_eq!(bits(Mechanism::Timeout), (0, 0));
        assert_eq!((panel.data_bits, panel.ack_bits), (40, 40));
    }

    #[test]
    fn what_can_do_nothing_says_so() {
        let needs = |set: Mechanisms, mechanism| Row::of(mechanism, &set).needs;
        let window = |bits, window| Mechanisms { bits, window, acks: Acks::Each, ..Mechanisms::default() };
        assert_eq!(needs(window(2, Window::GoBackN(4)), Mechanism::Window), Some("arq.go_back_n_wraps"));
        assert_eq!(needs(window(2, Window::GoBackN(3)), Mechanism::Window), None);
        assert_eq!(needs(window(2, Window::SelectiveRepeat(3)), Mechanism::Window), Some("arq.selective_repeat_wraps"));
        assert_eq!(needs(window(2, Window::SelectiveRepeat(2)), Mechanism::Window), None);
        assert_eq!(needs(window(0, Window::StopAndWait), Mechanism::Window), None);
        let lonely = Mechanisms { timeout: Timeout::Adaptive, duplicates: true, ..Mechanisms::default() };
        assert_eq!(needs(lonely, Mechanism::Timeout), Some("arq.timeout_needs_acks"));
        assert_eq!(needs(lonely, Mechanism::Duplicates), Some("arq.duplicates_need_numbers"));
        assert_eq!(needs(Mechanisms::default(), Mechanism::Timeout), None, "not while it is off");
    }
}
