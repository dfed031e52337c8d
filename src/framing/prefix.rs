//! The number before a message: how wide it is, and in which order its bytes stand.

use std::{fmt, str};

use serde::{Deserialize, Serialize};

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

impl Prefix {
    /// All of them.
    pub const ALL: [Self; 9] = [
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

    /// Bytes that it takes.
    pub fn width(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16Be | Self::U16Le => 2,
            Self::U32Be | Self::U32Le => 4,
            Self::U64Be | Self::U64Le | Self::I64Be | Self::I64Le => 8,
        }
    }

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

    /// The number that these bytes are; `None` unless they are exactly as many as it has.
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

    /// The longest message that it can announce.
    pub fn most(self) -> u64 {
        match self {
            Self::U8 => u8::MAX.into(),
            Self::U16Be | Self::U16Le => u16::MAX.into(),
            Self::U32Be | Self::U32Le => u32::MAX.into(),
            Self::U64Be | Self::U64Le => u64::MAX,
            Self::I64Be | Self::I64Le => i64::MAX as u64,
        }
    }
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

impl str::FromStr for Prefix {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|prefix| prefix.to_string() == text).ok_or(())
    }
}
