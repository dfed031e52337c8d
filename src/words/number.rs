//! Numbers as they are shown: decimal sizes and rates (IEC 80000-13: 1 kB is 1000 bytes), grouped counts, times.
//!
//! Units are the same in both languages. Groups of three are parted by a narrow no-break space (U+202F), as ISO
//! 80000-1 has it, so that neither `1,284` nor `1.284` can be misread.

use std::time::{Duration, SystemTime};

use jiff::{Timestamp, tz::TimeZone};

const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];

/// A number of bytes in at most three digits and a unit: `999 B`, `1.2 kB`, `45 kB`.
pub fn size(bytes: u64) -> String {
    scaled(bytes as f64)
}

/// Bytes per second: `3.4 MB/s`. What is not a number, or negative, is 0.
pub fn rate(bytes_per_second: f64) -> String {
    format!("{}/s", scaled(bytes_per_second))
}

/// An exact count with its digits in groups of three: `1 284`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A length of time: `8 µs`, `0.21 ms`, `2.3 s`, `1 min 5 s`, `2 h 3 min`, `3 d 4 h`. Cut, not rounded, from a
/// second on: a clock that shows 60 s has not reached them.
pub fn duration(time: Duration) -> String {
    let micros = time.as_micros();
    let seconds = time.as_secs();
    match micros {
        0 => format!("{} ns", time.as_nanos()),
        1..10 => format!("{micros} µs"),
        10..1_000 => format!("{:.2} ms", (micros / 10) as f64 / 100.0),
        1_000..10_000 => format!("{:.1} ms", (micros / 100) as f64 / 10.0),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => match seconds {
            0..60 => match time.subsec_millis() / 100 {
                0 => format!("{seconds} s"),
                tenths => format!("{seconds}.{tenths} s"),
            },
            60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
            3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
            _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
        },
    }
}

/// The time of day to the millisecond, in `zone` (such as [`TimeZone::system`]): `10:42:07.118`.
///
/// Moments outside the years that jiff knows (−9999 to 9999) are `--:--:--.---`.
pub fn clock(wall: SystemTime, zone: &TimeZone) -> String {
    let Ok(time) = Timestamp::try_from(wall) else { return "--:--:--.---".into() };
    let time = time.to_zoned(zone.clone());
    format!("{:02}:{:02}:{:02}.{:03}", time.hour(), time.minute(), time.second(), time.millisecond())
}

fn scaled(bytes: f64) -> String {
    let mut value = if bytes.is_finite() { bytes.max(0.0) } else { 0.0 };
    let mut unit = 0;
    // 999.6 would be written as 1000: such numbers belong to the next unit.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    let unit_name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || value >= 9.95 { format!("{value:.0} {unit_name}") } else { format!("{value:.1} {unit_name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal() {
        for (bytes, text) in [
            (0, "0 B"),
            (1, "1 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (1_234, "1.2 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (3_400_000_000, "3.4 GB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
        assert_eq!(rate(3_400_000.0), "3.4 MB/s");
        assert_eq!(rate(f64::NAN), "0 B/s");
    }

    #[test]
    fn counts_are_grouped_by_three() {
        for (count, text) in [(0, "0"), (999, "999"), (1_284, "1\u{202f}284"), (1_000_000, "1\u{202f}000\u{202f}000")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn times_are_never_rounded_up_to_the_next_unit() {
        for (nanos, text) in [
            (0, "0 ns"),
            (850, "850 ns"),
            (8_999, "8 µs"),
            (210_000, "0.21 ms"),
            (999_999, "0.99 ms"),
            (2_340_000, "2.3 ms"),
            (123_999_999, "123 ms"),
            (999_999_999, "999 ms"),
            (2_399_000_000, "2.3 s"),
            (5_000_000_000, "5 s"),
            (59_999_000_000, "59.9 s"),
            (65_000_000_000, "1 min 5 s"),
            (7_380_000_000_000, "2 h 3 min"),
            (273_600_000_000_000, "3 d 4 h"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text, "{nanos}");
        }
    }

    #[test]
    fn the_clock_follows_its_zone() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_118);
        assert_eq!(clock(wall, &TimeZone::UTC), "00:16:40.118");
        assert_eq!(clock(wall, &TimeZone::fixed(jiff::tz::offset(8))), "08:16:40.118");
    }
}
