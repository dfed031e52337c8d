//! A passage in one encoding, with the bytes of each character.

use std::ops::Range;

use super::Passage;
use crate::text::Charset;

/// The bytes of one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    start: u32,
    len: u8,
    /// Whether the encoding has the character.
    pub has: bool,
}

impl Piece {
    /// Its bytes in the column; empty if the encoding lacks the character.
    pub fn range(&self) -> Range<usize> {
        let start = self.start as usize;
        start..start + usize::from(self.len)
    }
}

/// A passage in one encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    charset: Charset,
    /// All bytes, without the characters that the encoding lacks.
    pub bytes: Vec<u8>,
    /// One a character of the passage, in order. Together they cover the bytes.
    pub pieces: Vec<Piece>,
    lacking: usize,
    came: bool,
}

impl Column {
    /// The passage in this encoding; where its bytes came in it, those.
    pub fn new(passage: &Passage, charset: Charset) -> Self {
        if let Some((origin, bytes)) = &passage.origin
            && *origin == charset
        {
            let pieces = passage.characters.iter();
            let pieces = pieces.map(|c| Piece { start: c.start as u32, len: c.len, has: true }).collect();
            return Self { charset, bytes: bytes.clone(), pieces, lacking: 0, came: true };
        }
        let mut encoder = charset.encoder();
        let mut bytes = Vec::with_capacity(passage.text.len());
        let mut pieces: Vec<Piece> = Vec::with_capacity(passage.characters.len());
        let mut lacking = 0;
        // Where the bytes end that belong to a character. Behind it may be an escape sequence: it counts to the next
        // character, as a decoder has it, and at the end to the one before.
        let mut at = 0;
        for character in &passage.characters {
            let has = character.valid && encoder.push(character.character, &mut bytes);
            let end = if has { bytes.len() } else { at };
            pieces.push(Piece { start: at as u32, len: (end - at) as u8, has });
            at = end;
            lacking += usize::from(!has);
        }
        encoder.finish(&mut bytes);
        extend(&mut pieces, (bytes.len() - at) as u8);
        Self { charset, bytes, pieces, lacking, came: false }
    }

    /// The encoding.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// How many characters the encoding lacks.
    pub fn lacking(&self) -> usize {
        self.lacking
    }

    /// Whether the bytes came like this, rather than being made of the characters.
    pub fn came(&self) -> bool {
        self.came
    }

    /// The first character that the encoding lacks, by its place in the passage.
    pub fn first_lacking(&self) -> Option<usize> {
        self.pieces.iter().position(|piece| !piece.has)
    }

    /// The character to which this byte belongs.
    pub fn character_at(&self, byte: usize) -> Option<usize> {
        let behind = self.pieces.partition_point(|piece| piece.range().start <= byte);
        let found = self.pieces.get(..behind)?.iter().rposition(|piece| piece.len > 0)?;
        self.pieces.get(found)?.range().contains(&byte).then_some(found)
    }
}

/// Adds bytes to the last character that has some. Characters behind it have none and begin where it ends.
fn extend(pieces: &mut [Piece], len: u8) {
    if len == 0 {
        return;
    }
    for piece in pieces.iter_mut().rev() {
        if piece.has {
            piece.len += len;
            return;
        }
        piece.start += u32::from(len);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{Unmappable, reading::Source};

    pub fn passage(text: &str) -> Passage {
        Passage::new(&Source::Text(text.into()))
    }

    fn pieces(text: &str, label: &str) -> Vec<String> {
        let column = Column::new(&passage(text), Charset::for_label(label).unwrap());
        let hex =
            |piece: &Piece| if piece.has { crate::text::hex::pairs(&column.bytes[piece.range()]) } else { "-".into() };
        column.pieces.iter().map(hex).collect()
    }

    /// What Python 3.11 says: `'你'.encode(…).hex(' ')`, `'€'.encode('gbk')` apart, which Windows has as 80.
    #[test]
    fn the_bytes_of_each_character() {
        for (label, expected) in [
            ("utf-8", ["e4 bd a0", "e9 96 93", "e9 95 95", "61", "f0 9f 98 80"]),
            ("gbk", ["c4 e3", "e9 67", "e9 46", "61", "-"]),
            ("gb2312", ["c4 e3", "-", "-", "61", "-"]),
            ("gb18030", ["c4 e3", "e9 67", "e9 46", "61", "94 39 fc 36"]),
            ("big5", ["a7 41", "b6 a1", "-", "61", "-"]),
            ("utf-16le", ["60 4f", "93 95", "55 95", "61 00", "3d d8 00 de"]),
            ("utf-32be", ["00 00 4f 60", "00 00 95 93", "00 00 95 55", "00 00 00 61", "00 01 f6 00"]),
            ("shift_jis", ["-", "8a d4", "-", "61", "-"]),
            ("iso-8859-1", ["-", "-", "-", "61", "-"]),
        ] {
            let expected = expected.map(str::to_uppercase);
            assert_eq!(pieces("你間镕a😀", label), expected, "{label}");
        }
    }

    /// `'間a日'.encode('iso2022_jp')` in Python: 1b 24 42 34 56 1b 28 42 61 1b 24 42 46 7c 1b 28 42.
    #[test]
    fn escape_sequences_belong_to_a_character() {
        assert_eq!(pieces("間a日", "iso-2022-jp"), ["1B 24 42 34 56", "1B 28 42 61", "1B 24 42 46 7C 1B 28 42"]);
        // It leaves the two-byte state before it finds that there is no such character.
        let expected = ["1B 24 42 46 7C", "-", "1B 28 42 1B 24 42 4B 5C  1B 28 42"];
        assert_eq!(pieces("日😀本", "iso-2022-jp"), expected);
        assert_eq!(pieces("日😀", "iso-2022-jp"), ["1B 24 42 46 7C 1B 28 42", "-"]);
    }

    #[test]
    fn bytes_that_came_stay_as_they_came() {
        let bytes = b"\xC4\xE3\xFF\xBA".to_vec();
        let passage = Passage::new(&Source::Bytes(bytes.clone(), Charset::GBK));
        let own = Column::new(&passage, Charset::GBK);
        assert_eq!((own.bytes, own.came, own.lacking), (bytes, true, 0));
        let other = Column::new(&passage, Charset::UTF_8);
        // What is not text can be sent in no other encoding.
        assert_eq!((other.bytes.as_slice(), other.lacking(), other.first_lacking()), ("你".as_bytes(), 2, Some(1)));
    }

    pub fn text() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            2 => any::<char>(),
            3 => prop::char::range(' ', '~'),
            3 => prop::char::range('一', '龥'),
            2 => prop::char::range('\u{A0}', '\u{45F}'),
            1 => prop::char::range('ぁ', 'ヺ'),
            1 => prop::sample::select(vec!['😀', '\0', '\u{FEFF}', '\u{FFFD}', '€', '镕', '\n', 'Ê', '\u{304}', '¥', '間']),
        ];
        prop::collection::vec(character, 0..12).prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn pieces_tile_the_whole_in_every_encoding(text in text()) {
            let passage = passage(&text);
            for charset in Charset::all() {
                let column = Column::new(&passage, charset);
                prop_assert_eq!(&column.bytes, &charset.encode(&text, Unmappable::Skip).unwrap(), "{}", charset.name());
                prop_assert_eq!(column.pieces.len(), text.chars().count());
                let mut at = 0;
                for (i, piece) in column.pieces.iter().enumerate() {
                    prop_assert_eq!(piece.range().start, at, "{}", charset.name());
                    prop_assert_eq!(piece.has, piece.len > 0);
                    at = piece.range().end;
                    for byte in piece.range() {
                        prop_assert_eq!(column.character_at(byte), Some(i));
                    }
                }
                prop_assert_eq!(at, column.bytes.len(), "{}", charset.name());
                prop_assert_eq!(column.character_at(at), None);
                let refused = charset.encode(&text, Unmappable::Refuse);
                prop_assert_eq!(refused.err().map(|error| error.column - 1), column.first_lacking());
            }
        }

        #[test]
        fn bytes_are_tiled_too(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for charset in Charset::all() {
                let passage = Passage::new(&Source::Bytes(bytes.clone(), charset));
                let column = Column::new(&passage, charset);
                prop_assert_eq!(&column.bytes, &bytes);
                let ends = column.pieces.iter().map(|piece| piece.range().end);
                let starts = column.pieces.iter().map(|piece| piece.range().start);
                let expected: Vec<usize> = std::iter::once(0).chain(ends).collect();
                let found: Vec<usize> = starts.chain([bytes.len()]).collect();
                prop_assert_eq!(expected, found, "{}", charset.name());
            }
        }
    }
}
