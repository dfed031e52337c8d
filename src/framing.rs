//! A byte stream to messages, and messages to a byte stream.
//!
//! TCP carries bytes and no boundaries (RFC 9293 section 2.2): where a message ends is a rule of the program's own. These
//! are the usual rules. A decoder gathers what `recv` returned until a message is whole, holds bytes that came and never
//! room for a length that a peer merely announced, and refuses a length over its limit. What it finds does not depend on
//! where the reads were cut, except with [`Framing::None`], which is the point of it.
//!
//! An encoder refuses a message that would come out as another one, such as a line with a line end in it.

mod decoder;
mod delimiter;

use std::{fmt, num::NonZeroU32, str};

use memchr::memmem;
use serde::{Deserialize, Serialize};

pub use self::{decoder::Decoder, delimiter::Delimiter};

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
    /// At these bytes.
    Delimiter(Delimiter),
    /// After this many bytes, at least 1. Shorter messages are sent filled up with zero bytes; longer ones are refused.
    Fixed(NonZeroU32),
    /// After as many bytes as a number before them says. The number does not count itself.
    Prefix(Prefix),
}

impl Framing {
    /// Appends what has to be sent for a message.
    ///
    /// # Errors
    /// The message cannot be told apart in this framing; `out` is as it was.
    pub fn encode(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), FramingError> {
        match self {
            Self::None => out.extend_from_slice(message),
            Self::Line => {
                if let Some(at) = memchr::memchr(b'\n', message) {
                    return Err(FramingError::EndInside { end: b"\n".to_vec(), at });
                }
                if message.last() == Some(&b'\r') {
                    return Err(FramingError::EndInside { end: b"\r\n".to_vec(), at: message.len() - 1 });
                }
                out.extend_from_slice(message);
                out.push(b'\n');
            }
            Self::Delimiter(delimiter) => {
                let (end, start) = (delimiter.bytes(), out.len());
                out.extend_from_slice(message);
                out.extend_from_slice(end);
                // With the delimiter behind it, because the two can make one before it: `a` and `aa`.
                let at = memmem::find(out.get(start..).unwrap_or_default(), end).unwrap_or(message.len());
                if at != message.len() {
                    out.truncate(start);
                    return Err(FramingError::EndInside { end: end.to_vec(), at });
                }
            }
            Self::Fixed(size) => {
                let size = usize::try_from(size.get()).unwrap_or(usize::MAX);
                let Some(missing) = size.checked_sub(message.len()) else {
                    return Err(FramingError::TooLong { length: message.len(), most: size as u64 });
                };
                out.extend_from_slice(message);
                out.resize(out.len() + missing, 0);
            }
            Self::Prefix(prefix) => {
                if message.len() as u64 > prefix.most() {
                    return Err(FramingError::TooLong { length: message.len(), most: prefix.most() });
                }
                out.extend(prefix.write(message.len() as u64));
                out.extend_from_slice(message);
            }
        }
        Ok(())
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
    fn most(self) -> u64 {
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

/// Why bytes are no message of a framing, or a message cannot be sent in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// What is to be sent is longer than the framing can say.
    #[error("a message of {length} bytes, and this framing has room for {most}")]
    TooLong {
        /// Bytes of the message.
        length: usize,
        /// Bytes that it may have.
        most: u64,
    },
    /// What is to be sent would be taken for two messages, or for a shorter one.
    #[error("the end {} is in the message itself, at byte {at}", end.escape_ascii())]
    EndInside {
        /// The bytes that end a message.
        end: Vec<u8>,
        /// Where they begin in the message, counted from 0.
        at: usize,
    },
    /// A peer announced fewer bytes than none.
    #[error("the length {length} is negative (bytes {bytes:02X?})")]
    Negative {
        /// The number as it came.
        bytes: Vec<u8>,
        /// The number.
        length: i128,
    },
    /// A peer announced more than the limit.
    #[error("the length {length} is over the limit of {limit} (bytes {bytes:02X?})")]
    Announced {
        /// The number as it came.
        bytes: Vec<u8>,
        /// The number.
        length: i128,
        /// Bytes that a message may have.
        limit: usize,
    },
    /// More than the limit came, and no end of the message.
    #[error("{limit} bytes without an end of the message; it starts with {}", start.escape_ascii())]
    Unterminated {
        /// The first bytes of the message, at most 16.
        start: Vec<u8>,
        /// Bytes that a message may have.
        limit: usize,
    },
    /// Every message of this framing is longer than the limit.
    #[error("messages of {size} bytes are over the limit of {limit}")]
    FixedOverLimit {
        /// Bytes of each message.
        size: u32,
        /// Bytes that a message may have.
        limit: usize,
    },
}

impl FramingError {
    /// The bytes and numbers that it is about, without words: for a sentence in any language.
    pub fn facts(&self) -> String {
        match self {
            Self::TooLong { length, most } => format!("{length} > {most}"),
            Self::EndInside { end, at } => format!("{} @ {at}", end.escape_ascii()),
            Self::Negative { bytes, length } => format!("{} = {length}", hex(bytes)),
            Self::Announced { bytes, length, limit } => format!("{} = {length} > {limit}", hex(bytes)),
            Self::Unterminated { start, limit } => format!("{} … > {limit}", hex(start)),
            Self::FixedOverLimit { size, limit } => format!("{size} > {limit}"),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn facts_are_told_without_words() {
        let negative = FramingError::Negative { bytes: vec![0xFF, 0xFE], length: -2 };
        assert_eq!(negative.facts(), "FF FE = -2");
        let much = FramingError::Announced { bytes: vec![0x7F, 0xFF], length: 32_767, limit: 100 };
        assert_eq!(much.facts(), "7F FF = 32767 > 100");
    }

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct File {
        framing: Framing,
    }

    fn delimiter(text: &str) -> Framing {
        Framing::Delimiter(text.to_owned().try_into().unwrap())
    }

    fn encoded(framing: &Framing, message: &[u8]) -> Result<Vec<u8>, FramingError> {
        let mut out = b"before ".to_vec();
        framing.encode(message, &mut out)?;
        Ok(out.split_off(7))
    }

    #[test]
    fn in_a_file() {
        for (text, framing) in [
            (r#"framing = "none""#, Framing::None),
            (r#"framing = "line""#, Framing::Line),
            (r#"framing = { delimiter = "\r\n\r\n" }"#, delimiter("\r\n\r\n")),
            (r"framing = { delimiter = '\r\n\r\n' }", delimiter("\r\n\r\n")),
            (r"framing = { delimiter = '\xFF\0' }", delimiter(r"\xFF\0")),
            ("framing = { fixed = 8 }", Framing::Fixed(NonZeroU32::new(8).unwrap())),
            (r#"framing = { prefix = "u32-be" }"#, Framing::Prefix(Prefix::U32Be)),
            (r#"framing = { prefix = "i64-le" }"#, Framing::Prefix(Prefix::I64Le)),
        ] {
            let file: File = toml::from_str(text).unwrap();
            assert_eq!(file.framing, framing, "{text}");
            let written = toml::to_string(&file).unwrap();
            assert_eq!(toml::from_str::<File>(&written).unwrap(), file, "{written}");
        }
        for prefix in Prefix::ALL {
            let file = File { framing: Framing::Prefix(prefix) };
            assert_eq!(prefix.to_string().parse(), Ok(prefix));
            assert!(toml::to_string(&file).unwrap().contains(&format!("\"{prefix}\"")));
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line() {
        for (text, why) in [
            ("framing = { delimiter = '' }", "at least one byte"),
            (r"framing = { delimiter = 'a\q' }", r"\q is not an escape (column 2)"),
            ("framing = { fixed = 0 }", "nonzero"),
            ("framing = { fixed = -1 }", "nonzero"),
            ("framing = { prefix = 'u32' }", "u32-be"),
            ("framing = 'lines'", "line"),
        ] {
            let error = toml::from_str::<File>(&format!("\n{text}")).unwrap_err().to_string();
            assert!(error.contains("line 2") && error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn as_it_is_sent() {
        assert_eq!(encoded(&Framing::None, b"hi"), Ok(b"hi".to_vec()));
        assert_eq!(encoded(&Framing::Line, b"hi"), Ok(b"hi\n".to_vec()));
        assert_eq!(
            encoded(&delimiter("\r\n\r\n"), b"hi\r\n"),
            Err(FramingError::EndInside { end: b"\r\n\r\n".to_vec(), at: 2 })
        );
        assert_eq!(encoded(&delimiter("::"), b"hi"), Ok(b"hi::".to_vec()));
        let eight = Framing::Fixed(NonZeroU32::new(8).unwrap());
        assert_eq!(encoded(&eight, b"hi"), Ok(b"hi\0\0\0\0\0\0".to_vec()));
        for (prefix, expected) in [
            (Prefix::U8, &b"\x02hi"[..]),
            (Prefix::U16Be, b"\x00\x02hi"),
            (Prefix::U16Le, b"\x02\x00hi"),
            (Prefix::U32Be, b"\x00\x00\x00\x02hi"),
            (Prefix::U32Le, b"\x02\x00\x00\x00hi"),
            (Prefix::U64Be, b"\x00\x00\x00\x00\x00\x00\x00\x02hi"),
            (Prefix::U64Le, b"\x02\x00\x00\x00\x00\x00\x00\x00hi"),
            (Prefix::I64Be, b"\x00\x00\x00\x00\x00\x00\x00\x02hi"),
            (Prefix::I64Le, b"\x02\x00\x00\x00\x00\x00\x00\x00hi"),
        ] {
            assert_eq!(encoded(&Framing::Prefix(prefix), b"hi").as_deref(), Ok(expected), "{prefix}");
        }
    }

    #[test]
    fn a_message_that_would_come_out_as_another_one_is_not_sent() {
        let line = |at, end: &[u8]| Err(FramingError::EndInside { end: end.to_vec(), at });
        assert_eq!(encoded(&Framing::Line, b"one\ntwo"), line(3, b"\n"));
        assert_eq!(encoded(&Framing::Line, b"one\r"), line(3, b"\r\n"));
        assert_eq!(encoded(&delimiter("aa"), b"ba"), line(1, b"aa"));
        let most = FramingError::TooLong { length: 256, most: 255 };
        assert_eq!(encoded(&Framing::Prefix(Prefix::U8), &[0; 256]), Err(most));
        let most = FramingError::TooLong { length: 65_536, most: 65_535 };
        assert_eq!(encoded(&Framing::Prefix(Prefix::U16Le), &vec![0; 65_536]), Err(most));
        let most = FramingError::TooLong { length: 9, most: 8 };
        assert_eq!(encoded(&Framing::Fixed(NonZeroU32::new(8).unwrap()), &[1; 9]), Err(most));
        let mut out = b"as it was".to_vec();
        assert!(delimiter("aa").encode(b"ba", &mut out).is_err());
        assert_eq!(out, b"as it was");
    }
}
