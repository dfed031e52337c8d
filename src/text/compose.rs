//! What was typed, to the exact bytes that are sent. (Contract; the full set follows.)

use serde::{Deserialize, Serialize};

use super::charset::{Charset, Unmappable};

/// How the typed text is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Characters, to be encoded.
    #[default]
    Text,
    /// Hex digits.
    Hex,
}

/// What is put behind a text message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Nothing.
    #[default]
    None,
    /// U+000A
    Lf,
    /// U+000D
    Cr,
    /// U+000D U+000A
    CrLf,
}

/// How a message is made of what was typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Composition {
    /// Text or hex.
    pub mode: Mode,
    /// The encoding of text.
    pub charset: Charset,
    /// What to do with characters it lacks.
    pub unmappable: Unmappable,
    /// What follows the text; encoded too. Not added in hex mode.
    pub ending: Ending,
    /// Whether backslash escapes are understood.
    pub escapes: bool,
}

/// Why nothing can be sent. Columns are counted in characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A character that the encoding lacks.
    #[error(transparent)]
    Encode(#[from] super::charset::EncodeError),
    /// An escape that is unknown or unfinished.
    #[error(transparent)]
    Escape(#[from] super::escape::EscapeError),
    /// Something that is not hex.
    #[error(transparent)]
    Hex(#[from] super::hex::HexError),
}

impl Composition {
    /// The bytes to send.
    ///
    /// # Errors
    /// What is wrong and in which column; nothing is to be sent then.
    pub fn bytes(&self, typed: &str) -> Result<Vec<u8>, ComposeError> {
        Ok(self.charset.encode(typed, self.unmappable)?)
    }

    /// The message in pieces around every `{n}`, for repeated sending; without `{n}` a single piece.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub fn parts(&self, typed: &str) -> Result<Vec<Piece>, ComposeError> {
        Ok(vec![Piece::Bytes(self.bytes(typed)?)])
    }
}

/// A piece of a message with a counter in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The message's number in decimal digits of the encoding.
    Counter,
}
