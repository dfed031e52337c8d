//! A framing in a word, as it is typed on the command line and shown on buttons.
//!
//! `none`, `line`, `crlf`, `delimiter:TEXT` (with escapes, such as `\0`), `fixed:BYTES`, `u32-be` and the other numbers,
//! `u32-be+self`, `header:u32-be`, `silence:MILLISECONDS`.

use std::{fmt, num::NonZeroU32, str};

use super::{
    Delimiter, Framing, Prefix,
    delimiter::{self, DelimiterError},
};

/// Why a word is no framing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No framing is called so.
    #[error("{0:?} is no framing")]
    Unknown(String),
    /// What stands behind `fixed:` or `silence:` is not a whole number from 1 to 4 294 967 295.
    #[error("{0:?} is not a whole number from 1 to {most}", most = u32::MAX)]
    Number(String),
    /// What stands behind `delimiter:` is none.
    #[error(transparent)]
    Delimiter(#[from] DelimiterError),
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Line => f.write_str("line"),
            Self::Delimiter(delimiter) if delimiter.bytes() == b"\r\n" => f.write_str("crlf"),
            Self::Delimiter(delimiter) => write!(f, "delimiter:{}", String::from(delimiter.clone())),
            Self::Fixed(size) => write!(f, "fixed:{size}"),
            Self::Prefix(prefix) => prefix.fmt(f),
            Self::SelfPrefix(prefix) => write!(f, "{prefix}+self"),
            Self::Header(prefix) => write!(f, "header:{prefix}"),
            Self::Silence(ms) => write!(f, "silence:{ms}"),
        }
    }
}

impl str::FromStr for Framing {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let unknown = || SpecError::Unknown(text.to_owned());
        let prefix = |text: &str| text.parse::<Prefix>().map_err(|()| unknown());
        match text.split_once(':') {
            Some(("delimiter", bytes)) => Ok(Self::Delimiter(Delimiter::try_from(bytes.to_owned())?)),
            Some(("fixed", size)) => number(size).map(Self::Fixed),
            Some(("silence", ms)) => number(ms).map(Self::Silence),
            Some(("header", own)) => prefix(own).map(Self::Header),
            Some(_) => Err(unknown()),
            None => match text {
                "none" => Ok(Self::None),
                "line" => Ok(Self::Line),
                "crlf" => Ok(Self::Delimiter(delimiter::crlf())),
                other => match other.strip_suffix("+self") {
                    Some(own) => prefix(own).map(Self::SelfPrefix),
                    None => prefix(other).map(Self::Prefix),
                },
            },
        }
    }
}

fn number(text: &str) -> Result<NonZeroU32, SpecError> {
    text.trim().parse().map_err(|_| SpecError::Number(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_is_shown() {
        for text in [
            "none",
            "line",
            "crlf",
            "delimiter:\\0",
            "delimiter:::",
            "delimiter:。",
            "delimiter:a+self",
            "fixed:16",
            "silence:200",
        ] {
            assert_eq!(text.parse::<Framing>().unwrap().to_string(), text);
        }
        for prefix in Prefix::ALL {
            for text in [prefix.to_string(), format!("{prefix}+self"), format!("header:{prefix}")] {
                assert_eq!(text.parse::<Framing>().unwrap().to_string(), text);
            }
        }
        assert_eq!("delimiter:\\r\\n".parse::<Framing>().unwrap().to_string(), "crlf");
        assert_eq!("fixed: 8 ".parse(), Ok(Framing::Fixed(NonZeroU32::new(8).unwrap())));
    }

    #[test]
    fn what_is_none() {
        for text in ["", "lines", "u32", "u32-be+", "+self", "header:", "header:u7", "prefix:u8", "Line"] {
            assert_eq!(text.parse::<Framing>(), Err(SpecError::Unknown(text.to_owned())), "{text}");
        }
        for text in ["fixed:", "fixed:0", "fixed:-1", "silence:x", "silence:4294967296"] {
            let behind = text.split(':').next_back().unwrap();
            assert_eq!(text.parse::<Framing>(), Err(SpecError::Number(behind.to_owned())), "{text}");
        }
        assert_eq!("delimiter:".parse::<Framing>(), Err(SpecError::Delimiter(DelimiterError::Empty)));
        assert!(matches!("delimiter:\\q".parse::<Framing>(), Err(SpecError::Delimiter(DelimiterError::Escape(_)))));
    }
}
