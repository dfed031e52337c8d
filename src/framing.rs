//! A byte stream to messages, and messages to a byte stream.
//!
//! TCP carries bytes and no boundaries (RFC 9293 section 2.2): where a message ends is a rule of the program's own. These
//! are the usual rules. A decoder gathers what `recv` returned until a message is whole, holds bytes that came and never
//! room for a length that a peer merely announced, and refuses a length over its limit. What it finds does not depend on
//! where the reads were cut, except with [`Framing::None`] and [`Framing::Silence`], which is the point of them.
//!
//! An encoder refuses a message that would come out as another one, such as a line with a line end in it.
//!
//! - `prefix`, `delimiter`, `header`: what stands before or behind a message. `decoder`: reads to messages.
//! - `spec`: a framing as it is typed (`u32-be+self`). `slicer`: the same messages cut in a thousand ways.

mod decoder;
mod delimiter;
mod error;
pub mod header;
mod prefix;
pub mod slicer;
mod spec;

use std::num::NonZeroU32;

use memchr::memmem;
use serde::{Deserialize, Serialize};

pub use self::{
    decoder::{Decoder, Frame, Missing},
    delimiter::{Delimiter, DelimiterError},
    error::FramingError,
    prefix::Prefix,
    spec::SpecError,
};

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
    /// The same with a number that counts its own bytes too.
    SelfPrefix(Prefix),
    /// After as many bytes as a header of text says, which comes after a number that says how long the header is. The
    /// header is JSON with a `"size"`, or other text with `size=N`; exactly how it is read stands at [`header`]. It is sent
    /// as `{"size": N}`.
    Header(Prefix),
    /// When nothing came for so many milliseconds, at least 1. Unreliable: a delay on the way cuts a message in two, and two
    /// that come late are glued. Nothing is sent for it; the sender has to pause.
    Silence(NonZeroU32),
}

/// How long the parts of a framed message are, in the order in which they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The number before it.
    pub prefix: usize,
    /// The header, text.
    pub header: usize,
    /// The message itself.
    pub body: usize,
    /// What ends it, or fills it up.
    pub end: usize,
}

impl Parts {
    /// All of them together.
    pub fn len(self) -> usize {
        self.before().saturating_add(self.body).saturating_add(self.end)
    }

    /// Whether nothing would be sent.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What stands before the message.
    pub fn before(self) -> usize {
        self.prefix.saturating_add(self.header)
    }
}

impl Framing {
    /// Appends what has to be sent for a message. Returns where its parts are.
    ///
    /// # Errors
    /// The message cannot be told apart in this framing; `out` is as it was.
    pub fn encode(&self, message: &[u8], out: &mut Vec<u8>) -> Result<Parts, FramingError> {
        let mut parts = Parts { body: message.len(), ..Parts::default() };
        match self {
            Self::None | Self::Silence(_) => out.extend_from_slice(message),
            Self::Line => {
                if let Some(at) = memchr::memchr(b'\n', message) {
                    return Err(FramingError::EndInside { end: b"\n".to_vec(), at });
                }
                if message.last() == Some(&b'\r') {
                    return Err(FramingError::EndInside { end: b"\r\n".to_vec(), at: message.len() - 1 });
                }
                out.extend_from_slice(message);
                out.push(b'\n');
                parts.end = 1;
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
                parts.end = end.len();
            }
            Self::Fixed(size) => {
                let size = usize::try_from(size.get()).unwrap_or(usize::MAX);
                let Some(missing) = size.checked_sub(message.len()) else {
                    return Err(FramingError::TooLong { length: message.len(), most: size as u64 });
                };
                out.extend_from_slice(message);
                out.resize(out.len() + missing, 0);
                parts.end = missing;
            }
            Self::Prefix(prefix) => {
                out.extend(number(*prefix, message.len(), 0)?);
                out.extend_from_slice(message);
                parts.prefix = prefix.width();
            }
            Self::SelfPrefix(prefix) => {
                out.extend(number(*prefix, message.len(), prefix.width())?);
                out.extend_from_slice(message);
                parts.prefix = prefix.width();
            }
            Self::Header(prefix) => {
                let header = header::written(message.len());
                out.extend(number(*prefix, header.len(), 0)?);
                out.extend_from_slice(header.as_bytes());
                out.extend_from_slice(message);
                (parts.prefix, parts.header) = (prefix.width(), header.len());
            }
        }
        Ok(parts)
    }

    /// Whether what comes out depends on how the bytes were cut on their way.
    pub fn is_unreliable(&self) -> bool {
        matches!(self, Self::None | Self::Silence(_))
    }
}

/// The number before `length` bytes that counts `more` besides.
fn number(prefix: Prefix, length: usize, more: usize) -> Result<Vec<u8>, FramingError> {
    let most = prefix.most() - more as u64;
    if length as u64 > most {
        return Err(FramingError::TooLong { length, most });
    }
    Ok(prefix.write(length as u64 + more as u64))
}

#[cfg(test)]
mod tests {
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
        let parts = framing.encode(message, &mut out)?;
        assert_eq!(parts.len() + 7, out.len());
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
            (r#"framing = { self-prefix = "u16-be" }"#, Framing::SelfPrefix(Prefix::U16Be)),
            (r#"framing = { header = "u32-le" }"#, Framing::Header(Prefix::U32Le)),
            ("framing = { silence = 200 }", Framing::Silence(NonZeroU32::new(200).unwrap())),
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
        let most = FramingError::TooLong { length: 255, most: 254 };
        assert_eq!(encoded(&Framing::SelfPrefix(Prefix::U8), &[0; 255]), Err(most));
        assert_eq!(encoded(&Framing::SelfPrefix(Prefix::U8), &[7; 254]).map(|out| out[0]), Ok(255));
        let most = FramingError::TooLong { length: 65_536, most: 65_535 };
        assert_eq!(encoded(&Framing::Prefix(Prefix::U16Le), &vec![0; 65_536]), Err(most));
        let most = FramingError::TooLong { length: 9, most: 8 };
        assert_eq!(encoded(&Framing::Fixed(NonZeroU32::new(8).unwrap()), &[1; 9]), Err(most));
        let mut out = b"as it was".to_vec();
        assert!(delimiter("aa").encode(b"ba", &mut out).is_err());
        assert_eq!(out, b"as it was");
    }
}
