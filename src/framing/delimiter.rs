//! The bytes between messages, as people write them.
//!
//! A delimiter is typed as text with the escapes of [`escape`] (`\r\n\r\n`, `\0`, `\xFF`). What is not an escape is
//! UTF-8: a delimiter stands outside the messages and their encoding.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::text::escape::{self, EscapeError, Item};

/// The bytes that end a message; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Delimiter(Vec<u8>);

impl Delimiter {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// CR and LF.
pub(super) fn crlf() -> Delimiter {
    Delimiter(b"\r\n".to_vec())
}

/// Why a text is no delimiter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DelimiterError {
    /// Nothing would end a message everywhere.
    #[error("a delimiter has at least one byte")]
    Empty,
    /// An escape in it is unknown or unfinished.
    #[error(transparent)]
    Escape(#[from] EscapeError),
}

impl TryFrom<String> for Delimiter {
    type Error = DelimiterError;

    fn try_from(text: String) -> Result<Self, DelimiterError> {
        let mut bytes = Vec::with_capacity(text.len());
        for item in escape::items(&text) {
            match item? {
                Item::Byte(byte) => bytes.push(byte),
                Item::Character(character) => {
                    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
        if bytes.is_empty() { Err(DelimiterError::Empty) } else { Ok(Self(bytes)) }
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        let mut text = Self::new();
        for chunk in delimiter.0.utf8_chunks() {
            text.push_str(&escape::escape(chunk.valid()));
            for byte in chunk.invalid() {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\x{byte:02X}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_it_is_typed() {
        for (typed, bytes) in [
            ("\\r\\n", &b"\r\n"[..]),
            ("\r\n", b"\r\n"),
            ("\\0", b"\0"),
            ("\\xff\\\\", b"\xFF\\"),
            ("。", "。".as_bytes()),
        ] {
            assert_eq!(Delimiter::try_from(typed.to_owned()).unwrap().bytes(), bytes, "{typed}");
        }
    }

    #[test]
    fn what_is_none() {
        assert_eq!(Delimiter::try_from(String::new()), Err(DelimiterError::Empty));
        let error = Delimiter::try_from("ab\\x4".to_owned()).unwrap_err();
        assert_eq!(error.to_string(), "\\x4 is not finished (column 3)");
    }

    proptest! {
        #[test]
        fn any_bytes_are_written_and_read(bytes in prop::collection::vec(any::<u8>(), 1..20)) {
            let text = String::from(Delimiter(bytes.clone()));
            prop_assert_eq!(Delimiter::try_from(text).unwrap().0, bytes);
        }
    }
}
