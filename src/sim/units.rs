//! Times, chances and rates as people write them: `30ms`, `1.5s`, `15%`, `1Mbit/s`. What is printed reads back as the same
//! number.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Micros, knobs::Chance};

/// Units of time, the longest first, in microseconds.
const TIMES: [(&str, u64); 5] = [("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1), ("µs", 1)];
/// Units of rates, the highest first, in bits a second.
const RATES: [(&str, u64); 4] = [("Gbit/s", 1_000_000_000), ("Mbit/s", 1_000_000), ("kbit/s", 1_000), ("bit/s", 1)];

/// Why a text is not a number with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// It is no time.
    #[error("a time is a number with a unit: 30ms, 1.5s, 200us")]
    Time,
    /// It is no chance.
    #[error("a chance is in percent, from 0% to 100%: 15%, 0.5%")]
    Chance,
    /// It is no rate.
    #[error("a rate is a number with a unit: 1Mbit/s, 64kbit/s, or none")]
    Rate,
}

/// Reads a time.
///
/// # Errors
/// It has no unit, is no number, or is longer than a clock can count.
pub fn time(text: &str) -> Result<Micros, UnitError> {
    scaled(text, &TIMES).ok_or(UnitError::Time)
}

/// Writes a time so that it reads back exactly.
pub fn show_time(micros: Micros) -> String {
    // Minutes are for reading only.
    shown(micros, &TIMES[1..4])
}

/// Reads a chance; the percent sign may be missing.
///
/// # Errors
/// It is no number from 0 to 100.
pub fn chance(text: &str) -> Result<Chance, UnitError> {
    let number = text.trim().strip_suffix('%').unwrap_or(text).trim();
    let millionths = decimal(number, 10_000).ok_or(UnitError::Chance)?;
    let millionths = u32::try_from(millionths).ok().filter(|millionths| *millionths <= 1_000_000);
    millionths.map(Chance::millionths).ok_or(UnitError::Chance)
}

/// Writes a chance so that it reads back exactly.
pub fn show_chance(chance: Chance) -> String {
    let millionths = chance.as_millionths();
    let (whole, rest) = (millionths / 10_000, millionths % 10_000);
    if rest == 0 {
        return format!("{whole}%");
    }
    let digits = format!("{rest:04}");
    format!("{whole}.{}%", digits.trim_end_matches('0'))
}

/// Reads a rate; `none` is without limit.
///
/// # Errors
/// It has no unit, is no number, or is 0.
pub fn rate(text: &str) -> Result<Option<u64>, UnitError> {
    if text.trim() == "none" {
        return Ok(None);
    }
    scaled(text, &RATES).filter(|rate| *rate > 0).map(Some).ok_or(UnitError::Rate)
}

/// Writes a rate so that it reads back exactly.
pub fn show_rate(rate: Option<u64>) -> String {
    rate.map_or_else(|| "none".into(), |rate| shown(rate, &RATES))
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(at);
    let (_, scale) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    decimal(number, *scale)
}

/// A decimal number times `scale`, if that is whole or can be cut to it.
fn decimal(number: &str, scale: u64) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || (whole.is_empty() && part.is_empty()) || part.len() > 9 {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    let part_value = if part.is_empty() { 0 } else { part.parse::<u64>().ok()? };
    let part_value = u128::from(part_value) * u128::from(scale) / 10_u128.pow(part.len() as u32);
    whole.checked_mul(scale)?.checked_add(u64::try_from(part_value).ok()?)
}

/// With the longest unit in which it is a whole number.
fn shown(value: u64, units: &[(&str, u64)]) -> String {
    let last = units.last().map_or(("", 1), |unit| *unit);
    let unit = units.iter().find(|(_, scale)| value > 0 && value.is_multiple_of(*scale));
    let (name, scale) = unit.copied().unwrap_or(if value == 0 { *units.get(1).unwrap_or(&last) } else { last });
    format!("{}{name}", value / scale)
}

impl Serialize for Chance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&show_chance(*self))
    }
}

impl<'de> Deserialize<'de> for Chance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        chance(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Times as text, for `#[serde(with)]`.
pub(super) mod as_time {
    use super::{Deserialize as _, Deserializer, Micros, Serializer};
    use serde::de::Error as _;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    pub fn serialize<S: Serializer>(micros: &Micros, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::show_time(*micros))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Micros, D::Error> {
        super::time(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Times that may be missing, `none` as text.
pub(super) mod as_time_or_none {
    use super::{Deserialize as _, Deserializer, Micros, Serializer};
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "serde asks so")]
    pub fn serialize<S: Serializer>(micros: &Option<Micros>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&micros.map_or_else(|| "none".into(), super::show_time))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Micros>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "none" { Ok(None) } else { super::time(&text).map(Some).map_err(D::Error::custom) }
    }
}

/// Rates as text.
pub(super) mod as_rate {
    use super::{Deserialize as _, Deserializer, Serializer};
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "serde asks so")]
    pub fn serialize<S: Serializer>(rate: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::show_rate(*rate))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        super::rate(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_people_write_them() {
        assert_eq!(time("30ms"), Ok(30_000));
        assert_eq!(time(" 1.5 s "), Ok(1_500_000));
        assert_eq!(time("2min"), Ok(120_000_000));
        assert_eq!(time("7µs"), Ok(7));
        assert_eq!(chance("15%"), Ok(Chance::percent(15.0)));
        assert_eq!(chance("0.5"), Ok(Chance::millionths(5_000)));
        assert_eq!(rate("1Mbit/s"), Ok(Some(1_000_000)));
        assert_eq!(rate("none"), Ok(None));
        for wrong in ["", "30", "ms", "-1ms", "1e3ms", "1.2.3s", "99999999999999999999s", "5 parsecs"] {
            assert_eq!(time(wrong), Err(UnitError::Time), "{wrong}");
        }
        for wrong in ["", "%", "101%", "-1%", "many", "0x1%"] {
            assert_eq!(chance(wrong), Err(UnitError::Chance), "{wrong}");
        }
        for wrong in ["0bit/s", "1Mb/s", "fast"] {
            assert_eq!(rate(wrong), Err(UnitError::Rate), "{wrong}");
        }
        assert_eq!((show_time(0).as_str(), show_time(1_500_000).as_str()), ("0ms", "1500ms"));
        assert_eq!(show_chance(Chance::millionths(125)), "0.0125%");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(micros: u64, millionths in 0..=1_000_000_u32, bits in 1..u64::MAX) {
            prop_assert_eq!(time(&show_time(micros)), Ok(micros));
            let chance_of = Chance::millionths(millionths);
            prop_assert_eq!(chance(&show_chance(chance_of)), Ok(chance_of));
            prop_assert_eq!(rate(&show_rate(Some(bits))), Ok(Some(bits)));
        }
    }
}
