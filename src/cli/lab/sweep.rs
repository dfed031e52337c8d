//! `--sweep loss=0..30%`: one knob at seven values, many seeds at each, a line a value.

use rust_i18n::t;

use super::{Refusal, Table, arguments, checked, name, set};
use crate::{
    sim::{Chance, Ended, Micros, Run, Transport, units},
    words::{Lang, number},
};

/// Values of the knob.
const STEPS: u64 = 7;

/// What is swept, from where to where.
pub(super) struct Sweep {
    knob: Knob,
    from: u64,
    to: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Knob {
    Loss,
    Duplicate,
    Reorder,
    Corrupt,
    Delay,
    Jitter,
    Messages,
}

impl Sweep {
    /// Reads `KNOB=FROM..TO`. The first value may leave its unit to the second.
    pub fn parse(text: &str, lang: Lang) -> Result<Self, Refusal> {
        let wrong = || Refusal(t!("cli.lab.sweep_wrong", locale = lang.tag(), text = text).into_owned());
        let (knob, range) = text.split_once('=').ok_or_else(wrong)?;
        let (from, to) = range.split_once("..").ok_or_else(wrong)?;
        let knob = match knob.trim() {
            "loss" => Knob::Loss,
            "duplicate" => Knob::Duplicate,
            "reorder" => Knob::Reorder,
            "corrupt" => Knob::Corrupt,
            "delay" => Knob::Delay,
            "jitter" => Knob::Jitter,
            "messages" => Knob::Messages,
            _ => return Err(wrong()),
        };
        let read = |text: &str| match knob {
            Knob::Delay | Knob::Jitter => units::time(text).ok(),
            Knob::Messages => text.trim().parse().ok(),
            _ => units::chance(text).ok().map(|chance| chance.as_millionths().into()),
        };
        let unit: String = to.chars().skip_while(|c| c.is_ascii_digit() || matches!(c, '.' | ' ')).collect();
        let to = read(to).ok_or_else(wrong)?;
        let from = read(from).or_else(|| read(&format!("{from}{unit}"))).ok_or_else(wrong)?;
        if from > to {
            return Err(wrong());
        }
        Ok(Self { knob, from, to })
    }

    /// The values, without those that come twice.
    fn values(&self) -> Vec<u64> {
        let mut values: Vec<_> =
            (0..STEPS).map(|step| self.from + (self.to - self.from) * step / (STEPS - 1)).collect();
        values.dedup();
        values
    }

    /// Plays all of it.
    pub fn table(&self, run: &Run, typed: &arguments::Lab, lang: Lang) -> Result<String, Refusal> {
        let tag = lang.tag();
        let transports = typed.transport.map_or_else(|| vec![Transport::Tcp, Transport::Udp], |only| vec![only]);
        let mut heading = vec![format!("{:?}", self.knob).to_lowercase()];
        for transport in &transports {
            let name = name(*transport);
            heading.extend([
                format!("{name}: {}", t!("cli.lab.ended_well", locale = tag)),
                t!("cli.lab.whole", locale = tag).into_owned(),
                t!("cli.lab.again", locale = tag).into_owned(),
                t!("cli.lab.median", locale = tag).into_owned(),
                t!("cli.lab.ninth", locale = tag).into_owned(),
            ]);
        }
        let mut table = Table::new(heading);
        for value in self.values() {
            let mut run = run.clone();
            let shown = self.apply(&mut run, value, lang)?;
            let mut cells = vec![shown];
            for transport in &transports {
                cells.extend(row(&run.over(*transport), typed.seeds));
            }
            table.row(cells);
        }
        Ok(format!("{}\n{}", t!("cli.lab.seeds", locale = tag, count = typed.seeds), table.text().trim_end()))
    }

    /// Sets the knob. Returns how its value is written.
    fn apply(&self, run: &mut Run, value: u64, lang: Lang) -> Result<String, Refusal> {
        let link = &mut run.knobs.link;
        let chance = Chance::millionths(u32::try_from(value).unwrap_or(u32::MAX));
        let shown = match self.knob {
            Knob::Delay | Knob::Jitter => units::show_time(value),
            Knob::Messages => value.to_string(),
            _ => units::show_chance(chance),
        };
        match self.knob {
            Knob::Loss => link.loss = chance,
            Knob::Duplicate => link.duplicate = chance,
            Knob::Reorder => link.reorder = chance,
            Knob::Corrupt => link.corrupt = chance,
            Knob::Delay => link.delay = value,
            Knob::Jitter => link.jitter = value,
            Knob::Messages => {
                if !set(&mut run.workload, "--messages", value) {
                    let text = t!("cli.lab.no_such_part", locale = lang.tag(), option = "--messages");
                    return Err(Refusal(text.into_owned()));
                }
            }
        }
        checked(run, lang)?;
        Ok(shown)
    }
}

/// What many seeds came to.
fn row(run: &Run, seeds: u32) -> [String; 5] {
    let (mut well, mut whole, mut messages, mut again) = (0_u64, 0, 0, 0);
    let mut times: Vec<Option<Micros>> = Vec::new();
    for seed in 0..seeds {
        let log = Run { seed: run.seed.wrapping_add(seed.into()), ..run.clone() }.play();
        let counters = log.counters();
        well += u64::from(log.ended == Ended::Done);
        whole += counters.whole;
        messages += counters.messages;
        again += counters.resent;
        times.push(counters.last_byte);
    }
    // Runs in which nothing was read have no time: they count as the longest.
    times.sort_by_key(|time| time.unwrap_or(Micros::MAX));
    let seeds = seeds.max(1) as usize;
    let nth = |percent: usize| {
        let time = times.get((seeds * percent / 100).min(seeds - 1)).copied().flatten();
        time.map_or_else(|| "–".into(), |time| number::duration(std::time::Duration::from_micros(time)))
    };
    let percent = |part: u64, of: u64| format!("{:.1} %", part as f64 * 100.0 / of.max(1) as f64);
    [
        percent(well, seeds as u64),
        percent(whole, messages),
        format!("{:.2}", again as f64 / seeds as f64),
        nth(50),
        nth(90),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_is_seven_values() {
        let sweep = Sweep::parse("loss=0..30%", Lang::En).unwrap();
        assert_eq!((sweep.knob, sweep.values().len(), sweep.values()[6]), (Knob::Loss, 7, 300_000));
        let sweep = Sweep::parse("delay=10..70ms", Lang::En).unwrap();
        assert_eq!(sweep.values()[..2], [10_000, 20_000]);
        assert_eq!(Sweep::parse("messages=1..3", Lang::En).unwrap().values(), [1, 2, 3]);
        for wrong in ["", "loss", "loss=5%", "loss=30%..0", "luck=1..2", "delay=1..2", "messages=a..b", "loss=0..300%"]
        {
            assert!(Sweep::parse(wrong, Lang::En).is_err(), "{wrong}");
        }
    }
}
