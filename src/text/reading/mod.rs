//! One text in several encodings: which bytes each character is, what another encoding makes of them, and what
//! happens where bytes are treated as if they were text. It is what the encoding lens shows.
//!
//! Everything is computed of a [`Passage`], the first [`LOOKED_AT`] characters, so that a mebibyte from a socket
//! costs no more than a page; what lies behind is counted exactly and said to be left out. Only [`Tally`] goes
//! through all of it, a piece at a time.
//!
//! - [`Column`]: the bytes of every character in one encoding. [`Tally`]: how long all of it is in each.
//! - [`matrix`]: sent as one encoding, read as another. [`reads`]: cut anywhere, decoded a read at a time and as a
//!   stream. [`upper`]: what `bytes.upper()` does.

mod column;
pub mod matrix;
pub mod reads;
mod tally;
pub mod upper;

pub use self::{
    column::{Column, Piece},
    matrix::{Cell, Matrix, Verdict, Way},
    reads::{Cuts, Read, Reads},
    tally::{Length, Tally},
    upper::Upper,
};
use super::Charset;

/// Characters that are looked at.
pub const LOOKED_AT: usize = 4_096;
/// Bytes that are accepted: a mebibyte.
pub const LONGEST: usize = 1 << 20;

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Characters, in no encoding yet.
    Text(String),
    /// Bytes, and the encoding in which they are read.
    Bytes(Vec<u8>, Charset),
}

impl Default for Source {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Source {
    /// Cuts what is beyond [`LONGEST`], between two characters; returns how many bytes that were.
    pub fn limit(&mut self) -> usize {
        match self {
            Self::Text(text) => {
                let end = text.floor_char_boundary(LONGEST);
                let over = text.len() - end;
                text.truncate(end);
                over
            }
            Self::Bytes(bytes, _) => {
                let over = bytes.len().saturating_sub(LONGEST);
                bytes.truncate(LONGEST);
                over
            }
        }
    }

    /// Its bytes, or those of its text in UTF-8.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes, _) => bytes.len(),
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A character of a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Character {
    /// The character; U+FFFD where the bytes are not text.
    pub character: char,
    /// Whether it is one. If not, no encoding has it: it stands for bytes that are not text.
    pub valid: bool,
    /// Its first byte, where the source is bytes.
    start: usize,
    /// How many bytes, where the source is bytes.
    len: u8,
}

/// What is left out of a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    None,
    /// So many characters.
    Characters(usize),
    /// So many bytes.
    Bytes(usize),
}

/// The beginning of a source, character by character.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    /// At most [`LOOKED_AT`].
    pub characters: Vec<Character>,
    /// The same as text.
    pub text: String,
    /// The bytes as they came and their encoding, where the source is bytes.
    origin: Option<(Charset, Vec<u8>)>,
    rest: usize,
}

impl Passage {
    /// The beginning of this source.
    pub fn new(source: &Source) -> Self {
        match source {
            Source::Text(text) => {
                let plain = |character| Character { character, valid: true, start: 0, len: 0 };
                let head = text.char_indices().nth(LOOKED_AT).map_or(text.len(), |(at, _)| at);
                let (head, rest) = text.split_at(head);
                let characters = head.chars().map(plain).collect();
                Self { characters, text: head.to_owned(), origin: None, rest: rest.chars().count() }
            }
            Source::Bytes(bytes, charset) => {
                // No character has more than eight bytes, escape sequences of ISO-2022-JP included.
                let head = bytes.get(..LOOKED_AT * 8).unwrap_or(bytes);
                let mut glyphs = Vec::new();
                let mut decoder = charset.decoder();
                decoder.push_glyphs(head, &mut glyphs);
                if head.len() == bytes.len() {
                    decoder.finish_glyphs(&mut glyphs);
                }
                glyphs.truncate(LOOKED_AT);
                let covered = glyphs.last().map_or(0, |last| last.end() as usize).min(bytes.len());
                let characters: Vec<_> = glyphs
                    .iter()
                    .map(|glyph| Character {
                        character: glyph.character,
                        valid: glyph.valid,
                        start: glyph.start as usize,
                        len: glyph.len,
                    })
                    .collect();
                let (looked_at, rest) = bytes.split_at(covered);
                Self {
                    text: characters.iter().map(|character| character.character).collect(),
                    characters,
                    origin: Some((*charset, looked_at.to_vec())),
                    rest: rest.len(),
                }
            }
        }
    }

    /// What lies behind it.
    pub fn rest(&self) -> Rest {
        match (&self.origin, self.rest) {
            (_, 0) => Rest::None,
            (None, count) => Rest::Characters(count),
            (Some(_), count) => Rest::Bytes(count),
        }
    }

    /// Whether all of it is text.
    pub fn is_text(&self) -> bool {
        self.characters.iter().all(|character| character.valid)
    }

    /// The encoding in which its bytes came, if it came as bytes.
    pub fn origin(&self) -> Option<Charset> {
        self.origin.as_ref().map(|(charset, _)| *charset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_at_from_its_beginning_and_the_rest_is_counted() {
        let text = "你".repeat(LOOKED_AT + 7);
        let passage = Passage::new(&Source::Text(text));
        assert_eq!((passage.characters.len(), passage.text.len()), (LOOKED_AT, LOOKED_AT * 3));
        assert_eq!(passage.rest(), Rest::Characters(7));
        assert_eq!(Passage::new(&Source::default()).rest(), Rest::None);
    }

    #[test]
    fn bytes_are_read_in_their_encoding_and_half_a_character_at_the_end_of_what_is_looked_at_is_left_out() {
        let gbk = |bytes: &[u8]| Passage::new(&Source::Bytes(bytes.to_vec(), Charset::GBK));
        let passage = gbk(b"\xC4\xE3\xBA\xC3\xC4");
        assert_eq!((passage.text.as_str(), passage.is_text(), passage.rest()), ("你好\u{FFFD}", false, Rest::None));
        let long = gbk(&b"\xC4\xE3".repeat(LONGEST / 2));
        assert_eq!(long.characters.len(), LOOKED_AT);
        assert_eq!(long.rest(), Rest::Bytes(LONGEST - LOOKED_AT * 2));
    }

    #[test]
    fn what_is_longer_than_a_mebibyte_is_cut_between_two_characters() {
        let mut text = Source::Text("你".repeat(LONGEST / 3 + 2));
        // 1 048 576 = 349 525 × 3 + 1
        assert_eq!(text.limit(), 6);
        assert_eq!(text.len(), 349_525 * 3);
        let mut bytes = Source::Bytes(vec![0; LONGEST + 5], Charset::UTF_8);
        assert_eq!((bytes.limit(), bytes.len(), bytes.limit()), (5, LONGEST, 0));
    }
}
