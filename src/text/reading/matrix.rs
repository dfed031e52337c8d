//! Sent as one encoding, read as another: what comes out, and whether that can be undone.
//!
//! The way back is what people do with 乱码: write what was read in the encoding in which it was read, and read
//! those bytes as what they were. It works where reading lost nothing; a replacement character has forgotten its
//! bytes, and in UTF-8 it becomes three others (`EF BF BD`), which read as GBK are the 锟斤拷 that everybody knows.

use super::{Column, Passage};
use crate::text::{Charset, Unmappable};

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It came out as it was.
    Intact,
    /// Other characters came out, without a sign that something is wrong.
    Garbled,
    /// Some bytes were not text in the other encoding.
    Replaced,
    /// The encoding lacks this character of the passage, so nothing was sent.
    CannotSend(usize),
}

/// Whether the text can be got back from what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Yes: encoded again and read right, it is what was sent.
    Back,
    /// No: this comes out.
    Lost(String),
    /// No: what was read has this character, which the encoding in which it was read lacks.
    None(char),
}

/// One pair of encodings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What became of the text.
    pub verdict: Verdict,
    /// What was read; empty if nothing was sent.
    pub text: String,
    /// Whether that can be undone; `None` where nothing was sent.
    pub way: Option<Way>,
}

impl Cell {
    /// A passage that is sent as `sent`, a column of it, and read as `read`.
    pub fn new(passage: &Passage, sent: &Column, read: Charset) -> Self {
        if let Some(lacking) = sent.first_lacking() {
            return Self { verdict: Verdict::CannotSend(lacking), text: String::new(), way: None };
        }
        let glyphs = read.glyphs(&sent.bytes);
        let text: String = glyphs.iter().map(|glyph| glyph.character).collect();
        let verdict = if glyphs.iter().any(|glyph| !glyph.valid) {
            Verdict::Replaced
        } else if text == passage.text {
            Verdict::Intact
        } else {
            Verdict::Garbled
        };
        let way = match read.encode(&text, Unmappable::Refuse) {
            Err(error) => Way::None(error.character),
            // Bytes that came and are not all text have no other text than themselves.
            Ok(back) if back == sent.bytes => Way::Back,
            Ok(back) => match sent.charset().decode(&back) {
                again if again == passage.text && passage.is_text() => Way::Back,
                again => Way::Lost(again),
            },
        };
        Self { verdict, text, way: Some(way) }
    }
}

/// Every pair of several encodings, filled in one after the other.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    cells: Vec<Cell>,
    /// How many encodings there are.
    side: usize,
}

impl Matrix {
    /// An empty one for so many encodings.
    pub fn new(side: usize) -> Self {
        Self { cells: Vec::new(), side }
    }

    /// Fills in the next pair. Returns whether all are there.
    pub fn advance(&mut self, passage: &Passage, columns: &[Column]) -> bool {
        let at = self.cells.len();
        if self.side > 0
            && let (Some(sent), Some(read)) = (columns.get(at / self.side), columns.get(at % self.side))
        {
            self.cells.push(Cell::new(passage, sent, read.charset()));
        }
        self.cells.len() >= self.side * self.side
    }

    /// The pair of these two, by their places; `None` if it is not there yet.
    pub fn cell(&self, sent: usize, read: usize) -> Option<&Cell> {
        if read >= self.side { None } else { self.cells.get(sent * self.side + read) }
    }

    /// How many encodings there are.
    pub fn side(&self) -> usize {
        self.side
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::reading::{
        Source,
        column::tests::{passage, text},
    };

    fn cell(text: &str, sent: Charset, read: Charset) -> Cell {
        let passage = passage(text);
        Cell::new(&passage, &Column::new(&passage, sent), read)
    }

    /// `'你好'.encode(sent).decode(read)` in Python 3.11.
    #[test]
    fn what_python_makes_of_it() {
        for (sent, read, text, verdict) in [
            (Charset::UTF_8, Charset::GBK, "浣犲ソ", Verdict::Garbled),
            (Charset::UTF_8, Charset::UTF_8, "你好", Verdict::Intact),
            (Charset::GBK, Charset::GB18030, "你好", Verdict::Intact),
            (Charset::GBK, Charset::GB2312, "你好", Verdict::Intact),
            (Charset::GBK, Charset::ISO_8859_1, "ÄãºÃ", Verdict::Garbled),
            (Charset::GBK, Charset::BIG5, "斕疑", Verdict::Garbled),
            (Charset::UTF_8, Charset::ISO_8859_1, "ä½\u{a0}å¥½", Verdict::Garbled),
            (Charset::UTF_16LE, Charset::UTF_16BE, "恏絙", Verdict::Garbled),
            (Charset::UTF_16LE, Charset::US_ASCII, "`O}Y", Verdict::Garbled),
        ] {
            let cell = cell("你好", sent, read);
            assert_eq!((cell.text.as_str(), cell.verdict), (text, verdict), "{} {}", sent.name(), read.name());
            assert_eq!(cell.way, Some(Way::Back), "{} {}", sent.name(), read.name());
        }
    }

    /// Three replacement characters, and in GBK they are 锟斤拷: `b'\xc4\xe3\xba\xc3'.decode('utf-8', 'replace')`, then
    /// `.encode('utf-8').decode('gbk', 'replace')`.
    #[test]
    fn a_replacement_character_has_forgotten_its_bytes() {
        let cell = cell("你好", Charset::GBK, Charset::UTF_8);
        assert_eq!((cell.text.as_str(), cell.verdict), ("\u{FFFD}\u{FFFD}\u{FFFD}", Verdict::Replaced));
        assert_eq!(cell.way, Some(Way::Lost("锟斤拷锟\u{FFFD}".into())));
        let cell = self::cell("你", Charset::UTF_8, Charset::GBK);
        assert_eq!((cell.text.as_str(), cell.verdict), ("浣\u{FFFD}", Verdict::Replaced));
        assert_eq!(cell.way, Some(Way::None('\u{FFFD}')));
    }

    #[test]
    fn what_an_encoding_lacks_is_not_sent() {
        let cell = cell("你好😀", Charset::GBK, Charset::UTF_8);
        assert_eq!(cell, Cell { verdict: Verdict::CannotSend(2), text: String::new(), way: None });
    }

    #[test]
    fn bytes_that_came_are_sent_as_they_came() {
        let passage = Passage::new(&Source::Bytes(b"\xC4\xE3\xBA".to_vec(), Charset::GBK));
        let cell = |sent, read| Cell::new(&passage, &Column::new(&passage, sent), read);
        assert_eq!(cell(Charset::GBK, Charset::GBK).verdict, Verdict::Replaced);
        let latin = cell(Charset::GBK, Charset::ISO_8859_1);
        assert_eq!((latin.text.as_str(), latin.verdict, latin.way), ("Äãº", Verdict::Garbled, Some(Way::Back)));
        assert_eq!(cell(Charset::UTF_8, Charset::GBK).verdict, Verdict::CannotSend(1));
    }

    #[test]
    fn all_pairs_one_after_the_other() {
        let passage = passage("你好");
        let columns = [Charset::UTF_8, Charset::GBK].map(|charset| Column::new(&passage, charset));
        let mut matrix = Matrix::new(2);
        let steps = (1..10).find(|_| matrix.advance(&passage, &columns));
        assert_eq!(steps, Some(4));
        assert!(matrix.advance(&passage, &columns));
        assert_eq!(matrix.cell(0, 1).map(|cell| cell.text.as_str()), Some("浣犲ソ"));
        assert_eq!((matrix.cell(0, 2), matrix.cell(2, 0)), (None, None));
        assert!(Matrix::new(0).advance(&passage, &[]));
    }

    proptest! {
        #[test]
        fn intact_is_what_makes_the_round(text in text()) {
            let passage = passage(&text);
            let all: Vec<Charset> = Charset::all().collect();
            for sent in &all {
                let column = Column::new(&passage, *sent);
                let encoded = sent.encode(&text, Unmappable::Refuse);
                for read in &all {
                    let cell = Cell::new(&passage, &column, *read);
                    let Ok(bytes) = &encoded else {
                        prop_assert!(matches!(cell.verdict, Verdict::CannotSend(_)));
                        continue;
                    };
                    let came_out = read.decode(bytes);
                    prop_assert_eq!(&cell.text, &came_out);
                    // A replacement character that was sent is not one that comes of reading.
                    let all_text = read.glyphs(bytes).iter().all(|glyph| glyph.valid);
                    prop_assert_eq!(cell.verdict == Verdict::Intact, all_text && came_out == text);
                    prop_assert_eq!(cell.verdict == Verdict::Replaced, !all_text);
                    // What is intact can be sent on as it is, but for those that the standard reads as another one.
                    if let Some(Way::Back) = cell.way {
                        let back = read.encode(&came_out, Unmappable::Refuse).unwrap();
                        prop_assert!(sent.decode(&back) == text || back == *bytes);
                    }
                }
            }
        }
    }
}
