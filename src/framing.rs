//! A byte stream to messages, and messages to a byte stream.
//!
//! TCP carries bytes and no boundaries (RFC 9293 section 3.9.1.2): where a message ends is a rule of the program's own.
//! These are the usual rules. A decoder gathers what `recv` returned until a message is whole, allocates for bytes that
//! came and never for a length that a peer merely announced, and refuses a length over its limit.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest message that a decoder gathers unless told otherwise, in bytes.
pub const LIMIT: usize = 16 << 20;

/// Where messages end in a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// Nowhere: every read is taken as it comes.
    #[default]
    None,
    /// At LF; a CR before it belongs to the end too. Messages are sent with LF.
    Line,
    /// At these bytes, given as text in which `\r`, `\n`, `\0` and `\xHH` work.
    Delimiter(Delimiter),
    /// After this many bytes, at least 1. Shorter messages are sent filled up with zero bytes; longer ones are refused.
    Fixed(std::num::NonZeroU32),
    /// After as many bytes as a number before them says. The number does not count itself.
    Prefix(Prefix),
}

/// The bytes that end a message; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Delimiter(Vec<u8>);

impl TryFrom<String> for Delimiter {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() { Err("a delimiter has at least one byte") } else { Ok(Self(text.into_bytes())) }
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        Self::from_utf8_lossy(&delimiter.0).into_owned()
    }
}

/// The number before a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say the type and the byte order")]
pub enum Prefix {
    U8,
    U16Be,
    U16Le,
    U32Be,
    U32Le,
    U64Be,
    U64Le,
    I64Be,
    I64Le,
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::U8 => "u8",
            Self::U16Be => "u16-be",
            Self::U16Le => "u16-le",
            Self::U32Be => "u32-be",
            Self::U32Le => "u32-le",
            Self::U64Be => "u64-be",
            Self::U64Le => "u64-le",
            Self::I64Be => "i64-be",
            Self::I64Le => "i64-le",
        })
    }
}

impl std::str::FromStr for Prefix {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [
            Self::U8,
            Self::U16Be,
            Self::U16Le,
            Self::U32Be,
            Self::U32Le,
            Self::U64Be,
            Self::U64Le,
            Self::I64Be,
            Self::I64Le,
        ];
        all.into_iter().find(|prefix| prefix.to_string() == text).ok_or(())
    }
}

impl Prefix {
    /// The number in this form; one that is too large is sent modulo its width.
    pub fn write(self, value: u64) -> Vec<u8> {
        match self {
            Self::U8 => vec![value as u8],
            Self::U16Be => (value as u16).to_be_bytes().to_vec(),
            Self::U16Le => (value as u16).to_le_bytes().to_vec(),
            Self::U32Be => (value as u32).to_be_bytes().to_vec(),
            Self::U32Le => (value as u32).to_le_bytes().to_vec(),
            Self::U64Be | Self::I64Be => value.to_be_bytes().to_vec(),
            Self::U64Le | Self::I64Le => value.to_le_bytes().to_vec(),
        }
    }

    /// The number that these bytes are; `None` unless they are exactly as many as it has. A negative one is below 0.
    pub fn read(self, bytes: &[u8]) -> Option<i128> {
        Some(match self {
            Self::U8 => u8::from_be_bytes(bytes.try_into().ok()?).into(),
            Self::U16Be => u16::from_be_bytes(bytes.try_into().ok()?).into(),
            Self::U16Le => u16::from_le_bytes(bytes.try_into().ok()?).into(),
            Self::U32Be => u32::from_be_bytes(bytes.try_into().ok()?).into(),
            Self::U32Le => u32::from_le_bytes(bytes.try_into().ok()?).into(),
            Self::U64Be => u64::from_be_bytes(bytes.try_into().ok()?).into(),
            Self::U64Le => u64::from_le_bytes(bytes.try_into().ok()?).into(),
            Self::I64Be => i64::from_be_bytes(bytes.try_into().ok()?).into(),
            Self::I64Le => i64::from_le_bytes(bytes.try_into().ok()?).into(),
        })
    }
}
