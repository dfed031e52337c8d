//! What happens to a packet, decided by who it is and not by when it comes: paired fate.
//!
//! Every number is drawn for every packet from a hash of (seed, [`Name`], purpose). So moving one slider changes nothing
//! else, a higher loss keeps every loss of a lower one, and the first copy of message 3 meets the same fate over TCP and
//! over UDP. Bursts of losses are a chain along the numbers of the messages, one chain for each attempt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Micros, Side,
    knobs::{Burst, Chance, LinkKnobs},
    log::Loss,
};

/// What a packet is, as far as its luck is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PacketKind {
    /// SYN, and SYN with ACK.
    Syn,
    /// Bytes of a message.
    Data,
    /// An acknowledgement and nothing else.
    Ack,
    /// A window probe: one byte that nobody counts as a first attempt.
    Probe,
    /// The end of a stream.
    Fin,
    /// RST.
    Reset,
}

/// Which packet: the same packet has the same name in every run of a workload, whatever the knobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// Who sends it.
    pub from: Side,
    /// What it is.
    pub kind: PacketKind,
    /// For data the number of the message of its first byte, for anything else which of its kind it is; from 1.
    pub number: u32,
    /// Where in the message it begins.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: u32,
    /// Which time it is sent, from 1.
    #[serde(default = "first")]
    pub attempt: u32,
}

fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A packet's luck, changed by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// Which packet.
    pub packet: Name,
    /// What happens to it.
    pub act: Act,
}

/// What is done to a packet by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// It is lost.
    Lose,
    /// It is neither lost nor damaged, whatever was drawn.
    Spare,
    /// It comes so much later, and others overtake it.
    Delay(Micros),
    /// It comes twice.
    Duplicate,
    /// It is damaged.
    Corrupt,
}

/// What happens to a packet on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// Why it is lost, if it is.
    pub lost: Option<Loss>,
    /// Whether the network makes a second copy.
    pub duplicate: bool,
    /// Whether it is damaged, and a number that says where.
    pub damage: Option<u64>,
    /// Added to the delay, in order.
    pub jitter: Micros,
    /// Added to the delay, and others overtake it.
    pub detour: Micros,
    /// How far a lost one comes, in 256ths of the way.
    pub dies_at: u8,
    /// How much later a second copy comes, in 256ths of the delay.
    pub copy_after: u8,
}

/// What a number is drawn for. The order is part of every golden log.
#[derive(Clone, Copy)]
enum Purpose {
    Loss,
    Burst,
    Duplicate,
    Corrupt,
    Where,
    Jitter,
    Reorder,
    Detour,
    Death,
    Copy,
    Chain,
}

/// Decides fates. It remembers only what it could work out again: the chains of bursts, and how often a name came.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    seed: u64,
    edits: BTreeMap<Name, Vec<Act>>,
    chains: BTreeMap<(Side, PacketKind, u32), Vec<bool>>,
}

impl Fates {
    /// The fates of a run.
    pub fn new(seed: u64, edits: &[Edit]) -> Self {
        let mut fates = Self { seed, ..Self::default() };
        for edit in edits {
            fates.edits.entry(edit.packet).or_default().push(edit.act);
        }
        fates
    }

    /// What happens to this packet on such a link.
    pub fn of(&mut self, name: Name, link: &LinkKnobs) -> Fate {
        let seed = self.seed;
        let roll = |purpose| draw(seed, name, purpose);
        let below = |purpose, bound: Micros| scale(roll(purpose), bound);
        let mut fate = Fate {
            lost: link.loss.hits(roll(Purpose::Loss)).then_some(Loss::Chance),
            duplicate: link.duplicate.hits(roll(Purpose::Duplicate)),
            damage: link.corrupt.hits(roll(Purpose::Corrupt)).then_some(roll(Purpose::Where)),
            // Up to and with the bound.
            jitter: below(Purpose::Jitter, link.jitter.saturating_add(1)),
            detour: 0,
            // Somewhere in the middle, where a cross can be seen.
            dies_at: 64 + (roll(Purpose::Death) >> 57) as u8,
            copy_after: 32 + (roll(Purpose::Copy) >> 58) as u8,
        };
        if link.reorder.hits(roll(Purpose::Reorder)) {
            let half = link.reorder_by / 2;
            fate.detour = half + below(Purpose::Detour, link.reorder_by - half + 1);
        }
        if let Some(burst) = link.burst {
            let drawn = roll(Purpose::Burst);
            if self.in_burst(name, &burst) && burst.loss.hits(drawn) {
                fate.lost = Some(Loss::Burst);
            }
        }
        for act in self.edits.get(&name).into_iter().flatten() {
            match act {
                Act::Lose => fate.lost = Some(Loss::ByHand),
                Act::Spare => (fate.lost, fate.damage) = (None, None),
                Act::Delay(more) => fate.detour = fate.detour.saturating_add(*more),
                Act::Duplicate => fate.duplicate = true,
                Act::Corrupt => fate.damage = Some(roll(Purpose::Where)),
            }
        }
        fate
    }

    /// Whether the chain of this attempt is in its bad state at this number.
    fn in_burst(&mut self, name: Name, burst: &Burst) -> bool {
        let seed = self.seed;
        let chain = self.chains.entry((name.from, name.kind, name.attempt)).or_default();
        let wanted = name.number as usize;
        while chain.len() <= wanted {
            let bad = chain.last().copied().unwrap_or(false);
            let step = Name { number: chain.len() as u32, offset: 0, ..name };
            let drawn = draw(seed, step, Purpose::Chain);
            let turn: Chance = if bad { burst.leave } else { burst.enter };
            chain.push(bad != turn.hits(drawn));
        }
        chain.get(wanted).copied().unwrap_or(false)
    }
}

/// A number out of all of `u64` for a packet and a purpose.
fn draw(seed: u64, name: Name, purpose: Purpose) -> u64 {
    let parts = [
        seed,
        (name.from as u64) << 32 | (name.kind as u64) << 16 | purpose as u64,
        u64::from(name.number) << 32 | u64::from(name.offset),
        u64::from(name.attempt),
    ];
    hash(&parts)
}

/// A number from 0 up to, and without, `bound`.
fn scale(drawn: u64, bound: u64) -> u64 {
    ((u128::from(drawn) * u128::from(bound)) >> 64) as u64
}

/// Numbers into one: splitmix64 (Steele, Lea, Flood 2014) over each in turn.
pub(super) fn hash(parts: &[u64]) -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for part in parts {
        state = mix(state ^ mix(*part));
    }
    state
}

fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(number: u32, attempt: u32) -> Name {
        Name { from: Side::Client, kind: PacketKind::Data, number, offset: 0, attempt }
    }

    fn lossy(percent: f64) -> LinkKnobs {
        LinkKnobs { loss: Chance::percent(percent), ..LinkKnobs::default() }
    }

    #[test]
    fn more_loss_keeps_every_loss() {
        let mut fates = Fates::new(7, &[]);
        let lost = |fates: &mut Fates, percent| {
            (1..=2_000).filter(|n| fates.of(data(*n, 1), &lossy(percent)).lost.is_some()).collect::<Vec<_>>()
        };
        let (ten, twenty) = (lost(&mut fates, 10.0), lost(&mut fates, 20.0));
        assert!(ten.iter().all(|number| twenty.contains(number)));
        assert!((150..250).contains(&ten.len()), "{}", ten.len());
        assert!((330..470).contains(&twenty.len()), "{}", twenty.len());
    }

    #[test]
    fn one_slider_moves_nothing_else() {
        let mut fates = Fates::new(3, &[]);
        let plain = LinkKnobs { jitter: 5_000, ..lossy(10.0) };
        let more = LinkKnobs { duplicate: Chance::percent(50.0), corrupt: Chance::percent(9.0), ..plain };
        for number in 1..500 {
            let (a, b) = (fates.of(data(number, 1), &plain), fates.of(data(number, 1), &more));
            assert_eq!((a.lost, a.jitter, a.dies_at), (b.lost, b.jitter, b.dies_at));
        }
    }

    #[test]
    fn bursts_come_in_runs_of_their_mean_length() {
        let mut fates = Fates::new(1, &[]);
        let link = LinkKnobs { burst: Some(Burst::default()), ..LinkKnobs::default() };
        let lost: Vec<_> = (1..=20_000).map(|n| fates.of(data(n, 1), &link).lost.is_some()).collect();
        let losses = lost.iter().filter(|lost| **lost).count();
        let runs = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        let mean = losses as f64 / runs as f64;
        assert!((3.5..4.5).contains(&mean), "{mean}");
        // 0.05 / (0.05 + 0.25) of the time.
        assert!((2_800..3_900).contains(&losses), "{losses}");
        // In whatever order they are asked for.
        let mut backwards = Fates::new(1, &[]);
        let again: Vec<_> = (1..=20_000).rev().map(|n| backwards.of(data(n, 1), &link).lost.is_some()).collect();
        assert!(lost.iter().eq(again.iter().rev()));
    }

    #[test]
    fn edits_come_last() {
        let edits = [Edit { packet: data(3, 1), act: Act::Lose }, Edit { packet: data(4, 1), act: Act::Spare }];
        let mut fates = Fates::new(1, &edits);
        let certain = lossy(100.0);
        assert_eq!(fates.of(data(3, 1), &lossy(0.0)).lost, Some(Loss::ByHand));
        assert_eq!(fates.of(data(3, 2), &lossy(0.0)).lost, None);
        assert_eq!(fates.of(data(4, 1), &certain).lost, None);
        assert_eq!(fates.of(data(5, 1), &certain).lost, Some(Loss::Chance));
    }
}
