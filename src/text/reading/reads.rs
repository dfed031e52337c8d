//! Bytes cut anywhere, as `recv` cuts a stream: decoded a read at a time, which breaks what lies on a cut, and as a
//! stream, where the start of a character waits in a tray until the next read finishes it.

use std::ops::Range;

use crate::text::{Charset, Glyph};

/// Where bytes are cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cuts {
    /// Once, before this byte.
    One(usize),
    /// After every so many bytes; 0 is taken for 1.
    Every(usize),
    /// Before these bytes, ascending.
    At(Vec<usize>),
}

impl Cuts {
    /// The pieces of so many bytes. There are no empty ones, but of nothing there is one.
    fn pieces(&self, len: usize) -> Vec<Range<usize>> {
        let mut cuts: Vec<usize> = match self {
            Self::One(at) => vec![*at],
            Self::Every(size) => (0..len).step_by((*size).max(1)).collect(),
            Self::At(cuts) => cuts.clone(),
        };
        cuts.retain(|cut| (1..len).contains(cut));
        cuts.sort_unstable();
        cuts.dedup();
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain([len]);
        starts.zip(ends).map(|(start, end)| start..end).collect()
    }
}

/// What one read brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its bytes.
    pub range: Range<usize>,
    /// Bytes in the tray after it: the start of a character that is not complete.
    pub tray: usize,
    /// Whether it says something else by itself than its characters are.
    pub wrong: bool,
    alone: Range<usize>,
    stream: Range<usize>,
}

/// Bytes in reads, decoded in both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// In order; together they are all bytes.
    pub reads: Vec<Read>,
    alone: Vec<Glyph>,
    stream: Vec<Glyph>,
}

impl Reads {
    /// Cuts and decodes.
    pub fn new(charset: Charset, bytes: &[u8], cuts: &Cuts) -> Self {
        let mut all = Self::default();
        let mut decoder = charset.decoder();
        let pieces = cuts.pieces(bytes.len());
        let last = pieces.len() - 1;
        let mut glyphs = Vec::new();
        for (i, range) in pieces.into_iter().enumerate() {
            let part = bytes.get(range.clone()).unwrap_or_default();
            let (alone, stream) = (all.alone.len(), all.stream.len());
            let mut fresh = charset.decoder();
            fresh.push_glyphs(part, &mut glyphs);
            fresh.finish_glyphs(&mut glyphs);
            let here = glyphs.drain(..);
            all.alone.extend(here.map(|glyph| Glyph { start: glyph.start + range.start as u64, ..glyph }));
            decoder.push_glyphs(part, &mut all.stream);
            let tray = decoder.pending();
            if i == last {
                decoder.finish_glyphs(&mut all.stream);
            }
            let (alone, stream) = (alone..all.alone.len(), stream..all.stream.len());
            all.reads.push(Read { range, tray, wrong: false, alone, stream });
        }
        for i in 0..all.reads.len() {
            let wrong = all.reads.get(i).is_some_and(|read| all.is_wrong(read));
            if let Some(read) = all.reads.get_mut(i) {
                read.wrong = wrong;
            }
        }
        all
    }

    /// What this read says by itself.
    pub fn alone(&self, read: &Read) -> &[Glyph] {
        self.alone.get(read.alone.clone()).unwrap_or_default()
    }

    /// The characters that this read completes in the stream. The first may have begun in a read before.
    pub fn stream(&self, read: &Read) -> &[Glyph] {
        self.stream.get(read.stream.clone()).unwrap_or_default()
    }

    /// All characters of the stream.
    pub fn whole(&self) -> &[Glyph] {
        &self.stream
    }

    /// How many reads say something wrong by themselves.
    pub fn wrong(&self) -> usize {
        self.reads.iter().filter(|read| read.wrong).count()
    }

    /// What all reads say, each by itself.
    pub fn alone_text(&self) -> String {
        self.alone.iter().map(|glyph| glyph.character).collect()
    }

    /// What the stream says.
    pub fn text(&self) -> String {
        self.stream.iter().map(|glyph| glyph.character).collect()
    }

    fn is_wrong(&self, read: &Read) -> bool {
        let start = |glyph: &Glyph| (glyph.start as usize) < read.range.start;
        let end = |glyph: &Glyph| (glyph.start as usize) < read.range.end;
        let range = self.stream.partition_point(start)..self.stream.partition_point(end);
        let expected = self.stream.get(range).unwrap_or_default();
        let alone = self.alone(read);
        let pairs = expected.iter().zip(alone);
        expected.len() != alone.len() || pairs.into_iter().any(|(one, two)| one.character != two.character)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::reading::{
        Column, LOOKED_AT, Passage, Source,
        column::tests::{passage, text},
    };

    /// For each read: by itself, as part of the stream, and what waits.
    fn told(charset: Charset, bytes: &[u8], cuts: &Cuts) -> Vec<(String, String, usize, bool)> {
        let reads = Reads::new(charset, bytes, cuts);
        let text = |glyphs: &[Glyph]| glyphs.iter().map(|glyph| glyph.character).collect::<String>();
        let each = reads.reads.iter();
        each.map(|read| (text(reads.alone(read)), text(reads.stream(read)), read.tray, read.wrong)).collect()
    }

    fn row(alone: &str, stream: &str, tray: usize, wrong: bool) -> (String, String, usize, bool) {
        (alone.into(), stream.into(), tray, wrong)
    }

    /// Python: `b'\xe4\xbd'.decode('utf-8', 'replace')`, and `codecs.getincrementaldecoder('utf-8')`.
    #[test]
    fn half_a_character_is_none_by_itself_and_waits_in_a_stream() {
        let bytes = "你好".as_bytes();
        assert_eq!(
            told(Charset::UTF_8, bytes, &Cuts::One(2)),
            [row("\u{FFFD}", "", 2, true), row("\u{FFFD}好", "你好", 0, true)]
        );
        assert_eq!(told(Charset::UTF_8, bytes, &Cuts::One(3)), [row("你", "你", 0, false), row("好", "好", 0, false)]);
        assert_eq!(
            told(Charset::GBK, b"\xC4\xE3\xBA\xC3", &Cuts::One(1)),
            [row("\u{FFFD}", "", 1, true), row("愫\u{FFFD}", "你好", 0, true)]
        );
    }

    #[test]
    fn several_cuts() {
        let every = told(Charset::UTF_8, "你好".as_bytes(), &Cuts::Every(2));
        let streams: Vec<_> = every.iter().map(|(_, stream, tray, _)| (stream.as_str(), *tray)).collect();
        assert_eq!(streams, [("", 2), ("你", 1), ("好", 0)]);
        let pieces = |cuts: &Cuts, len| cuts.pieces(len).iter().map(Range::len).collect::<Vec<_>>();
        assert_eq!(pieces(&Cuts::Every(4), 10), [4, 4, 2]);
        assert_eq!(pieces(&Cuts::Every(0), 3), [1, 1, 1]);
        assert_eq!(pieces(&Cuts::One(0), 3), [3]);
        assert_eq!(pieces(&Cuts::One(3), 3), [3]);
        assert_eq!(pieces(&Cuts::At(vec![2, 0, 9, 2, 5]), 6), [2, 3, 1]);
        assert_eq!(pieces(&Cuts::Every(4), 0), [0]);
    }

    /// A read that starts in the two-byte state is read as ASCII by who does not know it.
    #[test]
    fn an_encoding_with_states_is_broken_by_cuts_between_characters_too() {
        let japanese = Charset::for_label("iso-2022-jp").unwrap();
        let reads = told(japanese, b"\x1b$BF|K\\\x1b(B", &Cuts::One(5));
        assert_eq!(reads, [row("日", "日", 0, false), row("K\\", "本", 3, true)]);
    }

    /// E18: 400 hanzi cut at 1024 bytes, as `recv(1024)` does.
    #[test]
    fn four_hundred_hanzi_in_reads_of_1024() {
        let text = "汉".repeat(400);
        let reads = told(Charset::UTF_8, text.as_bytes(), &Cuts::Every(1_024));
        assert_eq!((reads.len(), reads[0].2, reads[0].3), (2, 1, true));
        let reads = told(
            Charset::GBK,
            &Charset::GBK.encode(&text, crate::text::Unmappable::Refuse).unwrap(),
            &Cuts::Every(1_024),
        );
        assert_eq!(reads.len(), 1);
    }

    #[test]
    fn as_much_as_is_looked_at_in_reads_of_one_byte() {
        let passage = Passage::new(&Source::Text("你".repeat(LOOKED_AT)));
        let column = Column::new(&passage, Charset::UTF_8);
        let reads = Reads::new(Charset::UTF_8, &column.bytes, &Cuts::Every(1));
        assert_eq!((reads.reads.len(), reads.wrong()), (LOOKED_AT * 3, LOOKED_AT * 3));
        assert_eq!(reads.text(), passage.text);
    }

    proptest! {
        #[test]
        fn a_cut_at_every_byte_decodes_as_the_whole(text in text()) {
            let passage = passage(&text);
            for charset in Charset::all() {
                let column = Column::new(&passage, charset);
                let whole = charset.decode(&column.bytes);
                let cuts = (0..=column.bytes.len()).map(Cuts::One).chain([Cuts::Every(1), Cuts::Every(3)]);
                for cut in cuts {
                    let reads = Reads::new(charset, &column.bytes, &cut);
                    prop_assert_eq!(reads.text(), whole.as_str(), "{} {:?}", charset.name(), &cut);
                    let tiles: usize = reads.reads.iter().map(|read| read.range.len()).sum();
                    prop_assert_eq!(tiles, column.bytes.len());
                    if reads.wrong() == 0 {
                        prop_assert_eq!(reads.alone_text(), whole.as_str());
                    }
                }
            }
        }

        #[test]
        fn any_bytes_in_any_cuts(
            bytes in prop::collection::vec(any::<u8>(), 0..24),
            cuts in prop::collection::vec(0_usize..30, 0..5),
        ) {
            for charset in Charset::all() {
                let reads = Reads::new(charset, &bytes, &Cuts::At(cuts.clone()));
                prop_assert_eq!(reads.text(), charset.decode(&bytes), "{}", charset.name());
            }
        }
    }
}
