//! A character together with the bytes it was made of.

use super::units::Unit;

/// One decoded character and the bytes it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// The character; U+FFFD where the bytes are not text.
    pub character: char,
    /// First byte, counted from the start of the stream (or of the message).
    pub start: u64,
    /// How many bytes. 0 for a combining mark that came from the same bytes as the letter before it, which
    /// only Big5 has (0x8862 and its three like). An escape sequence of ISO-2022-JP counts to the character
    /// behind it, at the end of a stream to the one before it.
    pub len: u8,
    /// Whether the bytes were text.
    pub valid: bool,
}

impl Glyph {
    /// The first byte behind it.
    pub fn end(&self) -> u64 {
        self.start + u64::from(self.len)
    }
}

/// Appends what a unit says. Its bytes are those from `start` on.
pub(super) fn append(unit: Unit, start: u64, glyphs: &mut Vec<Glyph>) {
    let [first, second] = unit.characters;
    let len = unit.len as u8;
    match first {
        Some(character) => glyphs.push(Glyph { character, start, len, valid: unit.valid }),
        None => {
            if let Some(before) = glyphs.last_mut().filter(|before| before.end() == start) {
                before.len += len;
            }
        }
    }
    if let Some(character) = second {
        glyphs.push(Glyph { character, start: start + unit.len as u64, len: 0, valid: unit.valid });
    }
}
