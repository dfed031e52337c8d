//! Backslash escapes. (Contract.)

/// An escape that is unknown or unfinished.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// No such escape.
    #[error("\\{escape} is not an escape (column {column})")]
    Unknown {
        /// The character behind the backslash.
        escape: char,
        /// Column of the backslash, from 1, in characters.
        column: usize,
    },
}
