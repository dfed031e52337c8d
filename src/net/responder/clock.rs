//! The time as text and as a number, for servers that tell it.
//!
//! The conversions are those of POSIX `strftime` with GNU's flags and widths, in the C locale: the same letters give the
//! same text as Python's `time.strftime` on Linux. The format comes from a peer, so what it makes is bounded, and a
//! letter that means nothing is an error: C libraries leave that undefined and print something else each.

use jiff::{
    Zoned,
    fmt::strtime::{BrokenDownTime, Config, PosixCustom},
};

/// Bytes that a format may make.
pub const LIMIT: usize = 64 << 10;

/// Seconds from 1900-01-01, where RFC 868 counts from, to 1970-01-01.
const FROM_1900_TO_1970: i64 = 2_208_988_800;

/// Why a format was refused. Columns are those of the `%`, from 1, in characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// No such conversion.
    #[error("%{letter} is not a conversion of strftime (column {column})")]
    Unknown {
        /// What stands where its letter should.
        letter: char,
        /// Column of the `%`.
        column: usize,
    },
    /// The format ends within a conversion. A percent sign itself is `%%`.
    #[error("the conversion at the end is not finished (column {column})")]
    Unfinished {
        /// Column of the `%`.
        column: usize,
    },
    /// A width over 255.
    #[error("the width is over 255 (column {column})")]
    Width {
        /// The letter that it stands before.
        letter: char,
        /// Column of the `%`.
        column: usize,
    },
    /// The result would be longer than [`LIMIT`].
    #[error("the format makes more than {LIMIT} bytes (column {column})")]
    TooLong {
        /// Column of what went over the limit.
        column: usize,
    },
}

impl ClockError {
    /// Column of the `%`, from 1, in characters.
    pub fn column(&self) -> usize {
        match self {
            Self::Unknown { column, .. }
            | Self::Unfinished { column }
            | Self::Width { column, .. }
            | Self::TooLong { column } => *column,
        }
    }

    /// What stands behind the `%`: a letter, or nothing at the end.
    pub fn letter(&self) -> String {
        match self {
            Self::Unknown { letter, .. } | Self::Width { letter, .. } => letter.to_string(),
            Self::Unfinished { .. } | Self::TooLong { .. } => String::new(),
        }
    }
}

/// Whether [`strftime`] can fill a format in.
///
/// # Errors
/// As [`strftime`].
pub fn check(format: &str) -> Result<(), ClockError> {
    strftime(format, &Zoned::default()).map(drop)
}

/// Fills a format in. What is not a conversion stays as it is.
///
/// # Errors
/// The first conversion that cannot be.
pub fn strftime(format: &str, now: &Zoned) -> Result<String, ClockError> {
    let time = BrokenDownTime::from(now);
    let mut text = String::new();
    let mut characters = format.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        let column = index + 1;
        if character == '%' {
            let conversion = Conversion::read(|| characters.next().map(|(_, character)| character), column)?;
            text.push_str(&conversion.fill_in(&time, now, column)?);
        } else {
            text.push(character);
        }
        if text.len() > LIMIT {
            return Err(ClockError::TooLong { column });
        }
    }
    Ok(text)
}

/// Seconds since 1900-01-01 00:00 UTC, as RFC 868 sends them. The number starts again at 0 in 2036.
pub fn rfc868(now: &Zoned) -> u32 {
    now.timestamp().as_second().wrapping_add(FROM_1900_TO_1970) as u32
}

/// `%`, a flag, a width, colons or a point with digits, `E` or `O`, and the letter.
struct Conversion {
    /// What is between the `%` and the letter.
    extras: String,
    width: u64,
    letter: char,
}

impl Conversion {
    fn read(mut next: impl FnMut() -> Option<char>, column: usize) -> Result<Self, ClockError> {
        let (mut extras, mut width) = (String::new(), 0_u64);
        let letter = loop {
            match next().ok_or(ClockError::Unfinished { column })? {
                // Zeros without end would be kept as long as they come.
                '0' if width == 0 && extras.ends_with('0') => {}
                digit @ '0'..='9' => {
                    width = width.saturating_mul(10).saturating_add(u64::from(digit) - u64::from('0'));
                    if width <= 255 {
                        extras.push(digit);
                    }
                }
                flag @ ('_' | '-' | '^' | '#' | '.' | ':') if extras.len() < 8 => extras.push(flag),
                letter => break letter,
            }
        };
        // The locale's other digits and eras; the C locale has none.
        let letter = match letter {
            'E' | 'O' => {
                let after = next().ok_or(ClockError::Unfinished { column })?;
                let letters = if letter == 'E' { "cCxXyY" } else { "deHImMSuUVwWy" };
                if !letters.contains(after) {
                    return Err(ClockError::Unknown { letter, column });
                }
                after
            }
            letter => letter,
        };
        Ok(Self { extras, width, letter })
    }

    fn fill_in(&self, time: &BrokenDownTime, now: &Zoned, column: usize) -> Result<String, ClockError> {
        if self.width > 255 {
            return Err(ClockError::Width { letter: self.letter, column });
        }
        let unknown = ClockError::Unknown { letter: self.letter, column };
        if !self.letter.is_ascii_alphabetic() && self.letter != '%' {
            return Err(unknown);
        }
        let extras = match (self.letter, self.extras.as_str()) {
            // Python's microseconds, where jiff shows as many digits as there are.
            ('f', "") => "6",
            // jiff does not fill the century up.
            ('C', "") => "02",
            (_, extras) => extras,
        };
        let config = Config::new().custom(PosixCustom::new());
        let mut within = BrokenDownTime::default();
        let time = match self.letter {
            // jiff writes two digits only for years from 1969 to 2068; C for all.
            'y' => within.set_year(Some(two_digits(now.year()))).is_ok().then_some(&within),
            'g' => {
                let year = now.date().iso_week_date().year();
                within.set_iso_week_year(Some(two_digits(year))).is_ok().then_some(&within)
            }
            _ => Some(time),
        };
        time.and_then(|time| time.to_string_with_config(&config, format!("%{extras}{}", self.letter)).ok())
            .ok_or(unknown)
    }
}

/// A year with the same last two digits, from 1969 to 2068.
fn two_digits(year: i16) -> i16 {
    1969 + (year - 1969).rem_euclid(100)
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date, tz::TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64, zone: &str) -> Zoned {
        Timestamp::from_second(second).unwrap().to_zoned(TimeZone::posix(zone).unwrap())
    }

    /// What Python 3.11 printed for `time.strftime(FORMAT, time.localtime(second))` on Linux in the C locale.
    #[test]
    fn as_python_prints_it() {
        const FORMAT: &str = "%X|%x|%c|%p|%j|%U|%W|%y|%Z|%%|%a|%A|%b|%B|%h|%C|%d|%e|%D|%F|%T|%R|%r|%G|%g|%V|%u|%w|%I|%l|\
            %k|%M|%P|%s|%z|%Ey|%EY|%Ec|%Od|%OH|%-d|%_d|%05d|%^a|%#p|%10Y|%-j|%n|%t";
        const SHANGHAI: &str = "CST-8";
        const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";
        for (zone, second, expected) in [
            (
                "UTC0",
                1_784_086_327,
                "03:32:07|07/15/26|Wed Jul 15 03:32:07 2026|AM|196|28|28|26|UTC|%|Wed|Wednesday|Jul|July|Jul|20|15\
                |15|07/15/26|2026-07-15|03:32:07|03:32|03:32:07 AM|2026|26|29|3|3|03| 3| 3|32|am|1784086327|+0000\
                |26|2026|Wed Jul 15 03:32:07 2026|15|03|15|15|00015|WED|am|0000002026|196|\n|\t",
            ),
            (
                "UTC0",
                1_709_208_000,
                "12:00:00|02/29/24|Thu Feb 29 12:00:00 2024|PM|060|08|09|24|UTC|%|Thu|Thursday|Feb|February|Feb|20\
                |29|29|02/29/24|2024-02-29|12:00:00|12:00|12:00:00 PM|2024|24|09|4|4|12|12|12|00|pm|1709208000|+0000\
                |24|2024|Thu Feb 29 12:00:00 2024|29|12|29|29|00029|THU|pm|0000002024|60|\n|\t",
            ),
            (
                SHANGHAI,
                946_684_799,
                "07:59:59|01/01/00|Sat Jan  1 07:59:59 2000|AM|001|00|00|00|CST|%|Sat|Saturday|Jan|January|Jan|20\
                |01| 1|01/01/00|2000-01-01|07:59:59|07:59|07:59:59 AM|1999|99|52|6|6|07| 7| 7|59|am|946684799|+0800\
                |00|2000|Sat Jan  1 07:59:59 2000|01|07|1| 1|00001|SAT|am|0000002000|1|\n|\t",
            ),
            (
                SHANGHAI,
                1_767_225_599,
                "07:59:59|01/01/26|Thu Jan  1 07:59:59 2026|AM|001|00|00|26|CST|%|Thu|Thursday|Jan|January|Jan|20\
                |01| 1|01/01/26|2026-01-01|07:59:59|07:59|07:59:59 AM|2026|26|01|4|4|07| 7| 7|59|am|1767225599|+0800\
                |26|2026|Thu Jan  1 07:59:59 2026|01|07|1| 1|00001|THU|am|0000002026|1|\n|\t",
            ),
            (
                NEW_YORK,
                1_735_689_600,
                "19:00:00|12/31/24|Tue Dec 31 19:00:00 2024|PM|366|52|53|24|EST|%|Tue|Tuesday|Dec|December|Dec|20\
                |31|31|12/31/24|2024-12-31|19:00:00|19:00|07:00:00 PM|2025|25|01|2|2|07| 7|19|00|pm|1735689600|-0500\
                |24|2024|Tue Dec 31 19:00:00 2024|31|19|31|31|00031|TUE|pm|0000002024|366|\n|\t",
            ),
            (
                NEW_YORK,
                1_784_086_327,
                "23:32:07|07/14/26|Tue Jul 14 23:32:07 2026|PM|195|28|28|26|EDT|%|Tue|Tuesday|Jul|July|Jul|20|14\
                |14|07/14/26|2026-07-14|23:32:07|23:32|11:32:07 PM|2026|26|29|2|2|11|11|23|32|pm|1784086327|-0400\
                |26|2026|Tue Jul 14 23:32:07 2026|14|23|14|14|00014|TUE|pm|0000002026|195|\n|\t",
            ),
        ] {
            assert_eq!(strftime(FORMAT, &at(second, zone)).as_deref(), Ok(expected), "{zone} {second}");
        }
    }

    #[test]
    fn other_text_goes_through() {
        let now = date(2026, 11, 20).at(9, 5, 7, 123_456_789).to_zoned(TimeZone::UTC).unwrap();
        for (format, expected) in [
            ("%Y年%m月%d日 %H时", "2026年11月20日 09时"),
            ("", ""),
            ("no conversion {x}\0", "no conversion {x}\0"),
            ("%Y-%m-%d %X", "2026-11-20 09:05:07"),
            ("100%%", "100%"),
            ("%f", "123456"),
            ("%A, %B %d, %Y %X-%Z", "Friday, November 20, 2026 09:05:07-UTC"),
        ] {
            assert_eq!(strftime(format, &now).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_conversion_is_named_with_its_column() {
        for (format, error) in [
            ("%!", ClockError::Unknown { letter: '!', column: 1 }),
            ("年 %Y %J", ClockError::Unknown { letter: 'J', column: 6 }),
            ("%日", ClockError::Unknown { letter: '日', column: 1 }),
            ("%E", ClockError::Unfinished { column: 1 }),
            ("%Ed", ClockError::Unknown { letter: 'E', column: 1 }),
            ("%O日", ClockError::Unknown { letter: 'O', column: 1 }),
            ("%Y %", ClockError::Unfinished { column: 4 }),
            ("%Y %05", ClockError::Unfinished { column: 4 }),
            ("%--d", ClockError::Unknown { letter: 'd', column: 1 }),
            ("%::::z", ClockError::Unknown { letter: 'z', column: 1 }),
            ("%256d", ClockError::Width { letter: 'd', column: 1 }),
            ("%999999999Y", ClockError::Width { letter: 'Y', column: 1 }),
            ("%99999999999999999999999999Y", ClockError::Width { letter: 'Y', column: 1 }),
        ] {
            assert_eq!(check(format), Err(error.clone()), "{format}");
            assert!(error.to_string().ends_with(&format!("(column {})", error.column())));
        }
    }

    #[test]
    fn a_format_makes_no_more_than_the_limit() {
        let now = at(0, "UTC0");
        assert!(strftime("%255Y", &now).unwrap().len() <= 255);
        let long = "%c".repeat(LIMIT);
        assert!(matches!(strftime(&long, &now), Err(ClockError::TooLong { .. })));
        assert_eq!(strftime(&"a".repeat(LIMIT), &now).map(|text| text.len()), Ok(LIMIT));
        assert_eq!(strftime(&"a".repeat(LIMIT + 1), &now), Err(ClockError::TooLong { column: LIMIT + 1 }));
        assert_eq!(strftime(&format!("%{}12d", "0".repeat(1_000_000)), &now).as_deref(), Ok("000000000001"));
    }

    #[test]
    fn any_year_has_two_digits() {
        for (year, expected) in [(1900, "00 00 19"), (2069, "69 69 20"), (7, "07 07 00"), (9998, "98 98 99")] {
            let now = date(year, 6, 1).to_zoned(TimeZone::UTC).unwrap();
            assert_eq!(strftime("%y %g %C", &now).as_deref(), Ok(expected), "{year}");
        }
    }

    /// The examples of RFC 868.
    #[test]
    fn seconds_since_1900() {
        for ((year, month, day), seconds) in [
            ((1970, 1, 1), 2_208_988_800),
            ((1976, 1, 1), 2_398_291_200),
            ((1980, 1, 1), 2_524_521_600),
            ((1983, 5, 1), 2_629_584_000),
            ((1858, 11, 17), 1_297_728_000_u32.wrapping_neg()),
        ] {
            let now = date(year, month, day).to_zoned(TimeZone::UTC).unwrap();
            assert_eq!(rfc868(&now), seconds, "{year}");
        }
        assert_eq!(rfc868(&at(2_085_978_496, "UTC0")), 0);
        assert_eq!(rfc868(&at(2_085_978_495, "EST5")), u32::MAX);
    }

    proptest! {
        #[test]
        fn any_format_at_any_time_is_filled_in_or_refused_where_a_percent_sign_is(
            format in r"(%[_0^#:.-]?[0-9]{0,4}[EO]?[A-Za-z%]|%|\PC){0,12}",
            second in -60_000_000_000_i64..250_000_000_000,
        ) {
            match strftime(&format, &at(second, "CST-8")) {
                Ok(text) => prop_assert!(text.len() <= LIMIT),
                Err(error) => prop_assert_eq!(format.chars().nth(error.column() - 1), Some('%')),
            }
        }

        #[test]
        fn what_was_checked_can_be_filled_in_at_any_time(
            format in r"(%[_0^#-]?[0-9]{0,2}[A-Za-z%]|[a-z]){0,6}",
            second in -60_000_000_000_i64..250_000_000_000,
        ) {
            prop_assert_eq!(check(&format).is_ok(), strftime(&format, &at(second, "EST5EDT,M3.2.0,M11.1.0")).is_ok());
        }
    }
}
