//! `strftime` as POSIX names its conversions.

use jiff::{Zoned, fmt::strtime};

/// Why a format was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: %{letter} is not a conversion of strftime")]
pub struct ClockError {
    /// The letter behind `%`.
    pub letter: String,
    /// Where the `%` stands, in characters from 1.
    pub column: usize,
}

/// Whether a format can be filled in.
///
/// # Errors
/// The first conversion that is not known.
pub fn check(format: &str) -> Result<(), ClockError> {
    strftime(format, &Zoned::default()).map(drop)
}

/// Fills a format in.
///
/// # Errors
/// As [`check`].
pub fn strftime(format: &str, now: &Zoned) -> Result<String, ClockError> {
    strtime::format(format, now).map_err(|_| ClockError { letter: String::new(), column: 1 })
}
