//! How long all of a source is in each encoding. A mebibyte in eight encodings takes longer than a frame may, so
//! it is counted a piece at a time.

use super::Source;
use crate::text::{Charset, Decoder, charset::Encoder};

/// Bytes of the source that are counted at a time: in eight encodings, half a millisecond.
const STEP: usize = 1_024;

/// How long a text is in one encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// The encoding.
    pub charset: Charset,
    /// Bytes, without the characters that it lacks.
    pub bytes: usize,
    /// Characters that it lacks.
    pub lacking: usize,
}

/// Counts a source in several encodings.
pub struct Tally {
    /// Characters so far.
    pub characters: usize,
    /// UTF-16 code units so far: what Java, JavaScript and Windows call the length of a text.
    pub units: usize,
    /// How many of the characters stand for bytes that are not text.
    pub not_text: usize,
    lengths: Vec<(Length, Encoder)>,
    /// Bytes of the source that were counted.
    at: usize,
    decoder: Option<Decoder>,
    done: bool,
    scratch: Vec<u8>,
}

impl Tally {
    /// Counts from the beginning.
    pub fn new(source: &Source, charsets: &[Charset]) -> Self {
        let length = |charset: &Charset| (Length { charset: *charset, bytes: 0, lacking: 0 }, charset.encoder());
        let decoder = match source {
            Source::Text(_) => None,
            Source::Bytes(_, charset) => Some(charset.decoder()),
        };
        let lengths = charsets.iter().map(length).collect();
        Self { characters: 0, units: 0, not_text: 0, lengths, at: 0, decoder, done: false, scratch: Vec::new() }
    }

    /// Counts the next piece of the source, which has to be the same one every time. Returns whether that was the last.
    pub fn advance(&mut self, source: &Source) -> bool {
        if self.done {
            return true;
        }
        match source {
            Source::Text(text) => {
                let end = text.ceil_char_boundary(self.at + STEP);
                let piece = text.get(self.at..end).unwrap_or_default();
                for character in piece.chars() {
                    self.count(character, true);
                }
                self.at += piece.len();
                self.done = self.at >= text.len();
            }
            Source::Bytes(bytes, _) => {
                let rest = bytes.get(self.at..).unwrap_or_default();
                let piece = rest.get(..STEP).unwrap_or(rest);
                self.at += piece.len();
                self.done = self.at >= bytes.len();
                let mut glyphs = Vec::new();
                if let Some(decoder) = &mut self.decoder {
                    decoder.push_glyphs(piece, &mut glyphs);
                    if self.done {
                        decoder.finish_glyphs(&mut glyphs);
                    }
                }
                for glyph in glyphs {
                    self.count(glyph.character, glyph.valid);
                }
            }
        }
        if self.done {
            self.finish(source);
        }
        self.done
    }

    /// Whether all is counted.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// How long it is in this encoding, as far as it is counted.
    pub fn length(&self, charset: Charset) -> Option<Length> {
        self.lengths.iter().map(|(length, _)| *length).find(|length| length.charset == charset)
    }

    fn count(&mut self, character: char, valid: bool) {
        self.characters += 1;
        self.units += character.len_utf16();
        self.not_text += usize::from(!valid);
        for (length, encoder) in &mut self.lengths {
            self.scratch.clear();
            let has = valid && encoder.push(character, &mut self.scratch);
            length.bytes += self.scratch.len();
            length.lacking += usize::from(!has);
        }
    }

    fn finish(&mut self, source: &Source) {
        for (length, encoder) in &mut self.lengths {
            self.scratch.clear();
            encoder.finish(&mut self.scratch);
            length.bytes += self.scratch.len();
            if let Source::Bytes(bytes, origin) = source
                && *origin == length.charset
            {
                // As they came.
                *length = Length { bytes: bytes.len(), lacking: 0, ..*length };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{
        Unmappable,
        reading::{Column, LONGEST, Passage, column::tests::text},
    };

    fn tally(source: &Source, charsets: &[Charset]) -> Tally {
        let mut tally = Tally::new(source, charsets);
        while !tally.advance(source) {}
        tally
    }

    fn lengths(source: &Source, charsets: &[Charset]) -> Vec<(usize, usize)> {
        let tally = tally(source, charsets);
        charsets.iter().map(|charset| tally.length(*charset).unwrap()).map(|l| (l.bytes, l.lacking)).collect()
    }

    /// `len('你好，間 a😀'.encode(…))` in Python: utf-8 18, utf-16-le 16; without what they lack gbk 10, gb2312 8.
    #[test]
    fn one_text_is_of_several_lengths() {
        let source = Source::Text("你好，間 a😀".into());
        let charsets = [Charset::UTF_8, Charset::UTF_16LE, Charset::GBK, Charset::GB2312, Charset::US_ASCII];
        assert_eq!(lengths(&source, &charsets), [(18, 0), (16, 0), (10, 1), (8, 2), (2, 5)]);
        assert_eq!((tally(&source, &charsets).characters, tally(&source, &charsets).units), (7, 8));
        assert_eq!(lengths(&Source::default(), &[Charset::UTF_8]), [(0, 0)]);
    }

    #[test]
    fn a_mebibyte_is_counted_to_the_last_byte() {
        let japanese = Charset::for_label("iso-2022-jp").unwrap();
        let text = "日本a".repeat(LONGEST / 7);
        let bytes = japanese.encode(&text, Unmappable::Refuse).unwrap();
        for source in [Source::Text(text.clone()), Source::Bytes(bytes.clone(), japanese)] {
            let charsets = [japanese, Charset::UTF_8, Charset::GBK];
            assert_eq!(lengths(&source, &charsets), [(bytes.len(), 0), (text.len(), 0), (text.len() / 7 * 5, 0)]);
        }
    }

    #[test]
    fn bytes_that_are_not_text_count_as_they_came_and_nowhere_else() {
        let source = Source::Bytes(b"a\xFF\xE4\xBD".to_vec(), Charset::UTF_8);
        assert_eq!(lengths(&source, &[Charset::UTF_8, Charset::GBK]), [(4, 0), (1, 2)]);
        let tally = tally(&source, &[Charset::GBK]);
        assert_eq!((tally.characters, tally.not_text), (3, 2));
        assert_eq!(tally.length(Charset::UTF_8), None);
    }

    proptest! {
        #[test]
        fn what_is_counted_is_what_the_column_has(text in text()) {
            let charsets: Vec<Charset> = Charset::all().collect();
            let source = Source::Text(text);
            let passage = Passage::new(&source);
            let columns = charsets.iter().map(|charset| Column::new(&passage, *charset));
            let expected: Vec<_> = columns.map(|column| (column.bytes.len(), column.lacking())).collect();
            prop_assert_eq!(lengths(&source, &charsets), expected);
        }
    }
}
