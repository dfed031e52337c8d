//! Encodings. (Contract; the full set follows.)

use serde::{Deserialize, Serialize};

/// An encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Charset(u8);

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self(0);

    /// All of them, in the order in which a menu shows them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..1).map(Self)
    }

    /// The canonical name.
    pub fn name(self) -> &'static str {
        "UTF-8"
    }

    /// The encoding that a label means.
    pub fn for_label(label: &str) -> Option<Self> {
        label.eq_ignore_ascii_case("utf-8").then_some(Self(0))
    }

    /// Encodes.
    ///
    /// # Errors
    /// The first character that the encoding lacks, if `unmappable` says to refuse it.
    pub fn encode(self, text: &str, unmappable: Unmappable) -> Result<Vec<u8>, EncodeError> {
        let _ = unmappable;
        Ok(text.as_bytes().to_vec())
    }

    /// Decodes a whole message.
    pub fn decode(self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// A streaming decoder.
    pub fn decoder(self) -> Decoder {
        Decoder
    }
}

impl From<Charset> for String {
    fn from(charset: Charset) -> Self {
        charset.name().into()
    }
}

impl TryFrom<String> for Charset {
    type Error = String;

    fn try_from(label: String) -> Result<Self, String> {
        Self::for_label(&label).ok_or(label)
    }
}

/// What to do with a character that the encoding lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unmappable {
    /// Refuse the message.
    #[default]
    Refuse,
    /// `?`
    Question,
    /// Leave it out.
    Skip,
    /// `&#NNNN;`
    Ncr,
}

/// A character that the encoding lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{charset} has no {character:?} (U+{:04X}), column {column}", *character as u32)]
pub struct EncodeError {
    /// The character.
    pub character: char,
    /// Its column, from 1, in characters.
    pub column: usize,
    /// The encoding's name.
    pub charset: &'static str,
}

/// One decoded character and the bytes it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// The character; U+FFFD where the bytes are not text.
    pub character: char,
    /// First byte, counted from the start of the stream (or of the message).
    pub start: u64,
    /// How many bytes.
    pub len: u8,
    /// Whether the bytes were text.
    pub valid: bool,
}

/// A streaming decoder: half characters wait for the next bytes.
#[derive(Debug)]
pub struct Decoder;

impl Decoder {
    /// Decodes the next bytes of the stream and appends what is complete to `text`.
    pub fn push(&mut self, bytes: &[u8], text: &mut String) {
        text.push_str(&String::from_utf8_lossy(bytes));
    }

    /// The same, character by character with the bytes of each.
    pub fn push_glyphs(&mut self, bytes: &[u8], glyphs: &mut Vec<Glyph>) {
        let _ = (bytes, glyphs);
    }

    /// Bytes of an unfinished character that wait.
    pub fn pending(&self) -> usize {
        0
    }

    /// Ends the stream: what waits is not text.
    pub fn finish(&mut self, text: &mut String) {
        let _ = text;
    }

    /// The same, as glyphs.
    pub fn finish_glyphs(&mut self, glyphs: &mut Vec<Glyph>) {
        let _ = glyphs;
    }
}
