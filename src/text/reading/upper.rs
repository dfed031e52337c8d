//! `data.upper()` on bytes, as the tutorials' servers do it: every byte from 0x61 to 0x7A loses 0x20, whatever it is
//! part of. In UTF-8 and GB 2312 no such byte is part of another character; in GBK, Big5, Shift_JIS and UTF-16 it may
//! be half of one, and the character becomes another: 間 (`E9 67`) becomes 镚 (`E9 47`).

use super::{Column, Passage};
use crate::text::Glyph;

/// A character that byte-wise upper-casing made something else of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its place in the passage.
    pub index: usize,
    /// What stands there now.
    pub after: String,
}

/// What becomes of a passage in one encoding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upper {
    /// Its bytes afterwards.
    pub bytes: Vec<u8>,
    /// What they say.
    pub text: String,
    /// Letters that became capitals, as they should.
    pub raised: usize,
    /// Characters that became something else.
    pub broken: Vec<Broken>,
}

impl Upper {
    /// Raises the bytes of a column and reads them again.
    pub fn new(passage: &Passage, column: &Column) -> Self {
        let bytes = column.bytes.to_ascii_uppercase();
        let glyphs = column.charset().glyphs(&bytes);
        let mut upper = Self { text: glyphs.iter().map(|glyph| glyph.character).collect(), bytes, ..Self::default() };
        let mut rest = glyphs.as_slice();
        for (index, (piece, character)) in column.pieces.iter().zip(&passage.characters).enumerate() {
            let before = character.character;
            let range = piece.range();
            // A combining mark of Big5 has no bytes of its own: it begins where the letter before it ends.
            let here = |glyph: &&Glyph| {
                let start = glyph.start as usize;
                start < range.end || (start == range.end && glyph.len == 0 && range.is_empty() && piece.has)
            };
            let count = rest.iter().take_while(here).count();
            let (own, behind) = rest.split_at(count);
            rest = behind;
            if !piece.has {
                continue;
            }
            let wanted = before.to_ascii_uppercase();
            if own.iter().map(|glyph| glyph.character).eq([wanted]) {
                upper.raised += usize::from(wanted != before);
            } else {
                let after = own.iter().map(|glyph| glyph.character).collect();
                upper.broken.push(Broken { index, after });
            }
        }
        upper
    }
}

/// What upper-casing the characters gives, and how many of them are other ones than upper-casing ASCII letters alone
/// gives: `é` and `ж` have capitals too, and `ß` has two.
pub fn text(passage: &Passage) -> (String, usize) {
    let upper = passage.text.to_uppercase();
    let more = passage.characters.iter().map(|character| character.character);
    let more = more.filter(|c| !c.is_ascii() && !c.to_uppercase().eq([*c])).count();
    (upper, more)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{
        Charset, Unmappable,
        reading::{
            Source,
            column::tests::{passage, text},
        },
    };

    fn upper(text: &str, charset: Charset) -> Upper {
        let passage = passage(text);
        Upper::new(&passage, &Column::new(&passage, charset))
    }

    /// `'間'.encode('gbk').upper().decode('gbk')` and so on, in Python 3.11.
    #[test]
    fn what_python_makes_of_it() {
        for (before, charset, after) in [
            ("間", Charset::GBK, "镚"),
            ("謝", Charset::GBK, "諼"),
            ("點", Charset::GBK, "麮"),
            ("慡", Charset::UTF_16LE, "䅁"),
            ("愛", Charset::BIG5, "愛"),
            ("好", Charset::BIG5, "吉"),
            ("語", Charset::BIG5, "蒞"),
            ("学", Charset::SHIFT_JIS, "蓋"),
        ] {
            let upper = upper(before, charset);
            assert_eq!(upper.broken.len(), usize::from(before != after), "{before} {upper:?}");
            assert_eq!(upper.text, after, "{before}");
        }
        let upper = upper("hello 你好 間a", Charset::GBK);
        assert_eq!((upper.text.as_str(), upper.raised), ("HELLO 你好 镚A", 6));
        assert_eq!(upper.broken, [Broken { index: 9, after: "镚".into() }]);
    }

    #[test]
    fn encodings_without_letters_in_their_characters_survive() {
        for charset in [Charset::UTF_8, Charset::GB2312] {
            let upper = upper("hello 你好 é", charset);
            assert!(upper.broken.is_empty() && upper.text.starts_with("HELLO 你好"), "{upper:?}");
        }
    }

    /// `sum(0x61 <= c.encode('gbk')[1] <= 0x7a for c in map(chr, range(0x4e00, 0x9fa6)))` is 3016.
    #[test]
    fn hanzi_of_gbk_that_break() {
        let hanzi: Vec<char> = (0x4E00..=0x9FA5).filter_map(char::from_u32).collect();
        let broken: usize =
            hanzi.chunks(4_000).map(|some| upper(&some.iter().collect::<String>(), Charset::GBK).broken.len()).sum();
        assert_eq!(broken, 3_016);
    }

    #[test]
    fn text_has_more_capitals_than_ascii() {
        let upper = |typed| super::text(&passage(typed));
        assert_eq!(upper("hello 間"), ("HELLO 間".into(), 0));
        assert_eq!(upper("straße café жук"), ("STRASSE CAFÉ ЖУК".into(), 5));
    }

    #[test]
    fn the_pair_of_big5_that_stands_for_two_characters() {
        let passage = Passage::new(&Source::Bytes(vec![b'a', 0x88, 0x62, b'b'], Charset::BIG5));
        let upper = Upper::new(&passage, &Column::new(&passage, Charset::BIG5));
        assert_eq!(upper.bytes, [b'A', 0x88, 0x42, b'B']);
        assert_eq!(upper.raised, 2);
    }

    proptest! {
        #[test]
        fn broken_is_exactly_what_reads_otherwise(text in text()) {
            let passage = passage(&text);
            for charset in Charset::all() {
                let column = Column::new(&passage, charset);
                let upper = Upper::new(&passage, &column);
                prop_assert_eq!(&upper.bytes, &column.bytes.to_ascii_uppercase());
                let kept: String = text.chars().zip(&column.pieces).filter(|(_, p)| p.has).map(|(c, _)| c).collect();
                let wanted = kept.to_ascii_uppercase();
                prop_assert_eq!(upper.broken.is_empty(), upper.text == wanted, "{} {:?}", charset.name(), &upper);
            }
        }

        #[test]
        fn utf_8_and_gb2312_never_break(text in text()) {
            for charset in [Charset::UTF_8, Charset::GB2312, Charset::US_ASCII] {
                let text = charset.decode(&charset.encode(&text, Unmappable::Skip).unwrap());
                let upper = upper(&text, charset);
                prop_assert_eq!(upper.text, text.to_ascii_uppercase());
            }
        }
    }
}
