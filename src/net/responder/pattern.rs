//! What a message is compared with: text in the responder's encoding, bytes as hex, a regular expression.

use std::{fmt, hash};

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::{
    Charset, Unmappable,
    hex::{self, HexError},
};

/// Memory that a compiled expression may take, in bytes: `a{1000}{1000}` is refused and does not fill the computer.
const EXPRESSION_BYTES: usize = 1 << 20;

/// Text or bytes to compare with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Text, encoded as everything in the rules is. In TOML a string.
    Text(String),
    /// Bytes. In TOML `{ hex = "C4 E3" }`.
    Hex(HexBytes),
}

impl Pattern {
    /// The bytes to look for; `None` if the encoding lacks a character of the text.
    pub fn bytes(&self, charset: Charset) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => charset.encode(text, Unmappable::Refuse).ok(),
            Self::Hex(bytes) => Some(bytes.bytes().to_vec()),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HexTable {
    hex: HexBytes,
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Hex(hex) => HexTable { hex: hex.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    /// Not `untagged`, which would forget the line of what is wrong.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Pattern;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or bytes as { hex = \"C4 E3\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pattern, E> {
                Ok(Pattern::Text(text.into()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Pattern, A::Error> {
                let table = HexTable::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Pattern::Hex(table.hex))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Bytes, written as hex digits in any of the forms that [`hex::parse`] reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HexBytes(Vec<u8>);

impl HexBytes {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for HexBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl TryFrom<String> for HexBytes {
    type Error = HexError;

    fn try_from(text: String) -> Result<Self, HexError> {
        hex::parse(&text).map(Self)
    }
}

impl From<HexBytes> for String {
    fn from(bytes: HexBytes) -> Self {
        hex::pairs(&bytes.0)
    }
}

/// A regular expression, searched in bytes.
#[derive(Clone, Debug)]
pub struct Expression(Regex);

impl Expression {
    /// The compiled expression.
    pub fn regex(&self) -> &Regex {
        &self.0
    }

    /// Groups that it has, the whole match not counted.
    pub fn groups(&self) -> usize {
        self.0.captures_len().saturating_sub(1)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Expression {}

impl hash::Hash for Expression {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

/// Why an expression was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It is not one.
    #[error("column {column}: {why}")]
    Syntax {
        /// Where, in characters from 1.
        column: usize,
        /// What the parser says, in English.
        why: String,
    },
    /// Compiled it would take more than a megabyte.
    #[error("the expression is too large")]
    TooLarge,
}

impl std::str::FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        RegexBuilder::new(text).size_limit(EXPRESSION_BYTES).build().map(Self).map_err(|error| match error {
            regex::Error::Syntax(_) => syntax_error(text),
            _ => ExpressionError::TooLarge,
        })
    }
}

/// `regex` tells where only in a picture made of text; its parser tells it in numbers.
fn syntax_error(text: &str) -> ExpressionError {
    match regex_syntax::ParserBuilder::new().utf8(false).build().parse(text) {
        Err(regex_syntax::Error::Parse(error)) => ExpressionError::Syntax {
            column: text.get(..error.span().start.offset).unwrap_or(text).chars().count() + 1,
            why: error.kind().to_string(),
        },
        Err(regex_syntax::Error::Translate(error)) => ExpressionError::Syntax {
            column: text.get(..error.span().start.offset).unwrap_or(text).chars().count() + 1,
            why: error.kind().to_string(),
        },
        _ => ExpressionError::TooLarge,
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
