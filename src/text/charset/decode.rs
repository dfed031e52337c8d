//! Bytes to text, in a stream: half characters wait for the next bytes, and nothing is lost.
//!
//! Two ways through the same bytes. As text, whole stretches go to `encoding_rs` at once; as glyphs, every
//! character comes with the bytes it was made of, which a view needs to light them up together. Both agree
//! character for character, however the stream is cut. A byte order mark is a character like any other: it
//! neither vanishes nor switches the encoding.

use encoding_rs::{CoderResult, Encoding};

use super::{
    Charset, Codec,
    glyph::{self, Glyph},
    iso2022jp,
    units::Unit,
};

/// Bytes that may wait: an escape sequence and the start of a character behind it, and one more.
const HELD: usize = 8;

/// Decoded in one go, so that the room reserved for the text stays near to what it needs.
const STRETCH: usize = 16 * 1024;

/// A streaming decoder: half characters wait for the next bytes.
#[derive(Clone, Debug)]
pub struct Decoder {
    charset: Charset,
    held: [u8; HELD],
    held_len: usize,
    /// Where the held bytes start in the stream.
    position: u64,
    japanese: iso2022jp::State,
}

impl Decoder {
    pub(super) fn new(charset: Charset) -> Self {
        Self { charset, held: [0; HELD], held_len: 0, position: 0, japanese: iso2022jp::State::default() }
    }

    /// The encoding.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// Decodes the next bytes of the stream and appends what is complete to `text`.
    pub fn push(&mut self, bytes: &[u8], text: &mut String) {
        let rest = self.take_held(bytes, &mut |unit, _| append(unit, text));
        if rest.is_empty() {
            return;
        }
        let codec = self.charset.codec();
        let whole = codec.whole(rest);
        let done = match codec {
            Codec::Utf8 => utf8(rest, text),
            Codec::Latin1 => {
                text.extend(rest.iter().map(|byte| char::from(*byte)));
                whole
            }
            Codec::Single(encoding) | Codec::Multi(encoding, _) => stretch(encoding, &rest[..whole], text),
            Codec::Utf16 { big } => {
                let encoding = if big { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
                stretch(encoding, &rest[..whole], text)
            }
            Codec::Utf32 { .. } | Codec::Ascii | Codec::Gb2312 | Codec::Iso2022Jp => {
                return self.walk(rest, &mut |unit, _| append(unit, text));
            }
        };
        self.position += done as u64;
        self.hold(&rest[done..]);
    }

    /// The same, character by character with the bytes of each.
    pub fn push_glyphs(&mut self, bytes: &[u8], glyphs: &mut Vec<Glyph>) {
        let mut show = |unit: Unit, start| glyph::append(unit, start, glyphs);
        let rest = self.take_held(bytes, &mut show);
        if !rest.is_empty() {
            self.walk(rest, &mut show);
        }
    }

    /// Passes over the next bytes of the stream: the state and the position are as if they had been decoded.
    pub fn skip(&mut self, bytes: &[u8]) {
        let nothing = &mut |_, _| {};
        let rest = self.take_held(bytes, nothing);
        if rest.is_empty() {
            return;
        }
        match self.charset.codec() {
            Codec::Gb2312 | Codec::Iso2022Jp => self.walk(rest, nothing),
            codec => {
                let whole = codec.whole(rest);
                self.position += whole as u64;
                self.hold(&rest[whole..]);
            }
        }
    }

    /// Bytes of an unfinished character that wait.
    pub fn pending(&self) -> usize {
        self.held_len
    }

    /// Where in the stream the first byte lies that is not decoded yet.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Ends the stream: what waits is not text.
    ///
    /// The decoder can be used again for a new stream; offsets go on.
    pub fn finish(&mut self, text: &mut String) {
        self.finish_units(&mut |unit, _| append(unit, text));
    }

    /// The same, as glyphs.
    ///
    /// Give it the glyphs before: an escape sequence at the very end is added to the last of them.
    pub fn finish_glyphs(&mut self, glyphs: &mut Vec<Glyph>) {
        self.finish_units(&mut |unit, start| glyph::append(unit, start, glyphs));
    }

    fn finish_units(&mut self, show: &mut impl FnMut(Unit, u64)) {
        while self.held_len > 0 {
            let silent = self.position == 0;
            let Some(mut unit) = self.held_unit(true) else { break };
            if silent && unit.characters[0].is_none() {
                // A stream of one escape sequence and nothing else: without a character it would be unseen.
                unit = Unit::bad(unit.len);
            }
            self.show(unit, show);
            self.held.copy_within(unit.len.., 0);
            self.held_len -= unit.len;
        }
        self.japanese = iso2022jp::State::default();
    }

    /// Completes what is held with as few of the new bytes as it takes; returns the others. If there are others,
    /// nothing is held any more.
    fn take_held<'b>(&mut self, mut bytes: &'b [u8], show: &mut impl FnMut(Unit, u64)) -> &'b [u8] {
        while self.held_len > 0 {
            if let Some(unit) = self.held_unit(false) {
                self.show(unit, show);
                self.held.copy_within(unit.len.., 0);
                self.held_len -= unit.len;
                continue;
            }
            let Some((&next, rest)) = bytes.split_first() else { break };
            // No encoding needs more than six bytes to tell; see the test of that.
            debug_assert!(self.held_len < HELD);
            self.held[self.held_len % HELD] = next;
            self.held_len += 1;
            bytes = rest;
        }
        bytes
    }

    /// Unit after unit, and holds what is left.
    fn walk(&mut self, mut bytes: &[u8], show: &mut impl FnMut(Unit, u64)) {
        let ascii = self.charset.codec().is_ascii_based();
        while let Some(&first) = bytes.first() {
            let unit = if ascii && first < 0x80 { Some(Unit::text(1, first.into())) } else { self.unit(bytes, false) };
            let Some(unit) = unit else { break };
            self.show(unit, show);
            bytes = &bytes[unit.len..];
        }
        self.hold(bytes);
    }

    fn unit(&mut self, bytes: &[u8], last: bool) -> Option<Unit> {
        match self.charset.codec() {
            Codec::Iso2022Jp => self.japanese.unit(bytes, last),
            codec => codec.unit(bytes, last),
        }
    }

    fn held_unit(&mut self, last: bool) -> Option<Unit> {
        let held = self.held;
        self.unit(&held[..self.held_len], last)
    }

    fn show(&mut self, unit: Unit, show: &mut impl FnMut(Unit, u64)) {
        show(unit, self.position);
        self.position += unit.len as u64;
    }

    fn hold(&mut self, bytes: &[u8]) {
        if let Some(held) = self.held.get_mut(..bytes.len()) {
            held.copy_from_slice(bytes);
            self.held_len = bytes.len();
        }
    }
}

fn append(unit: Unit, text: &mut String) {
    text.extend(unit.characters.into_iter().flatten());
}

/// Decodes all but an unfinished character at the end; returns how many bytes that was.
fn utf8(bytes: &[u8], text: &mut String) -> usize {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..) {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return bytes.len();
            }
            Err(error) => {
                let (valid, _) = rest.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                done += valid.len();
                let Some(bad) = error.error_len() else { return done };
                text.push(char::REPLACEMENT_CHARACTER);
                done += bad;
            }
        }
    }
    done
}

/// Decodes whole units.
fn stretch(encoding: &'static Encoding, bytes: &[u8], text: &mut String) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut done = 0;
    loop {
        let end = bytes.len().min(done + STRETCH);
        let room = decoder.max_utf8_buffer_length(end - done).unwrap_or(STRETCH * 4);
        text.reserve(room);
        let (result, read, _) = decoder.decode_to_string(&bytes[done..end], text, end == bytes.len());
        done += read;
        if result == CoderResult::InputEmpty && done == bytes.len() {
            return done;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::Unmappable;

    /// What `encoding_rs` makes of the whole, for the encodings that it has.
    fn reference(charset: Charset, bytes: &[u8]) -> Option<String> {
        let encoding = match charset.codec() {
            Codec::Utf8 => encoding_rs::UTF_8,
            Codec::Utf16 { big: true } => encoding_rs::UTF_16BE,
            Codec::Utf16 { big: false } => encoding_rs::UTF_16LE,
            Codec::Iso2022Jp => encoding_rs::ISO_2022_JP,
            Codec::Single(encoding) | Codec::Multi(encoding, _) => encoding,
            Codec::Utf32 { .. } | Codec::Ascii | Codec::Latin1 | Codec::Gb2312 => return None,
        };
        Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
    }

    fn pushed(charset: Charset, pieces: &[&[u8]]) -> (String, Vec<Glyph>) {
        let (mut text, mut glyphs) = (String::new(), Vec::new());
        let (mut reader, mut shower, mut skipper) = (charset.decoder(), charset.decoder(), charset.decoder());
        for piece in pieces {
            reader.push(piece, &mut text);
            skipper.skip(piece);
            shower.push_glyphs(piece, &mut glyphs);
            assert_eq!((reader.pending(), reader.position()), (shower.pending(), shower.position()));
            assert_eq!((reader.pending(), reader.position()), (skipper.pending(), skipper.position()));
            let shown = glyphs.last().map_or(0, Glyph::end);
            assert_eq!(shown, shower.position());
        }
        reader.finish(&mut text);
        shower.finish_glyphs(&mut glyphs);
        assert_eq!((reader.pending(), shower.pending()), (0, 0));
        (text, glyphs)
    }

    /// All that is promised of a decoder, for one stream in one encoding, cut at every byte.
    fn check(charset: Charset, bytes: &[u8]) {
        let name = charset.name();
        if let Some(known) = charset.known_boundary(bytes) {
            assert_eq!(charset.glyphs(&bytes[known..]).len(), {
                let whole = charset.glyphs(bytes);
                assert!(
                    known as u64 == 0 || whole.iter().any(|glyph| glyph.end() == known as u64),
                    "{name} {bytes:02X?}"
                );
                whole.iter().filter(|glyph| glyph.start >= known as u64).count()
            });
        }
        let (text, glyphs) = pushed(charset, &[bytes]);
        // A lone escape sequence is silence to the standard; here no byte may vanish.
        if let Some(reference) = reference(charset, bytes).filter(|text| !text.is_empty()) {
            assert_eq!(text, reference, "{name} {bytes:02X?}");
        }
        let shown: String = glyphs.iter().map(|glyph| glyph.character).collect();
        assert_eq!(text, shown, "{name} {bytes:02X?}");
        let mut covered = 0;
        for glyph in &glyphs {
            assert_eq!(glyph.start, covered, "{name} {bytes:02X?}");
            assert!(glyph.valid || glyph.character == char::REPLACEMENT_CHARACTER);
            covered = glyph.end();
        }
        assert_eq!(covered, bytes.len() as u64, "{name} {bytes:02X?}");
        for cut in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(pushed(charset, &[head, tail]), (text.clone(), glyphs.clone()), "{name} {bytes:02X?} at {cut}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(pushed(charset, &single), (text, glyphs), "{name} {bytes:02X?}");
    }

    fn all() -> Vec<Charset> {
        Charset::all().collect()
    }

    #[test]
    fn hard_cases() {
        let japanese = Charset::for_label("iso-2022-jp").unwrap();
        for bytes in [
            &b""[..],
            b"\x1b",
            b"\x1b(",
            b"\x1b(B",
            b"\x1b$B",
            b"\x1b$B\x1b(B",
            b"\x1b$B\x1b(B\x1b(Jab\\~",
            b"a\x1b$BF|\x1b(Bb",
            b"\x1b$BF|K\x1b(Bb",
            b"\x1b$BF|K",
            b"\x1b$BF|\x1b(B",
            b"\x1b$B(",
            b"\x1b$B\x1b(",
            b"\x1b(I1\x1b(J\x1b",
            b"\x1b[0m\x0e\x0f\x80",
            b"\x81\x30\x81\x30\x81\x30\x81x\x81\x30\xff",
            b"\x88\x62\xa4\xa4\x88",
            b"\x8f\xb0\xa1\x8f\xb0a\x8e\xb1\x8e\xfe",
            b"\xf0\x9f\x98\x80\xf0\x9f\x98\xed\xa0\x80",
            b"\xef\xbb\xbfa\xff\xfeb\xfe\xff",
            b"\x3d\xd8\x00\xde\x3d\xd8\x41\x00\x00\xde\x3d",
        ] {
            for charset in all() {
                check(charset, bytes);
            }
        }
        assert_eq!(japanese.decode(b"\x1b(B"), "\u{FFFD}");
    }

    #[test]
    fn half_a_hanzi_waits_for_the_other_half() {
        let mut decoder = Charset::GBK.decoder();
        let mut text = String::new();
        decoder.push(&[0xC4], &mut text);
        assert_eq!((text.as_str(), decoder.pending()), ("", 1));
        decoder.push(&[0xE3, 0xBA], &mut text);
        assert_eq!((text.as_str(), decoder.pending()), ("你", 1));
        decoder.finish(&mut text);
        assert_eq!((text.as_str(), decoder.pending()), ("你\u{FFFD}", 0));
    }

    #[test]
    fn a_byte_order_mark_is_a_character() {
        assert_eq!(Charset::UTF_8.decode(b"\xEF\xBB\xBFa"), "\u{FEFF}a");
        assert_eq!(Charset::UTF_16LE.decode(b"\xFF\xFEa\0"), "\u{FEFF}a");
        assert_eq!(Charset::GBK.decode(b"\xEF\xBB\xBFa"), "锘縜");
    }

    #[test]
    fn two_characters_from_one_pair_of_bytes() {
        let glyph = |character, start, len| Glyph { character, start, len, valid: true };
        assert_eq!(
            Charset::BIG5.glyphs(&[b'a', 0x88, 0x62, b'b']),
            [glyph('a', 0, 1), glyph('Ê', 1, 2), glyph('\u{304}', 3, 0), glyph('b', 3, 1)]
        );
    }

    #[test]
    fn an_escape_sequence_counts_to_the_character_behind_it_and_the_last_to_the_one_before() {
        let japanese = Charset::for_label("iso-2022-jp").unwrap();
        let spans: Vec<_> = japanese.glyphs(b"a\x1b$BF|K\\\x1b(B").iter().map(|g| (g.start, g.len)).collect();
        assert_eq!(spans, [(0, 1), (1, 5), (6, 5)]);
    }

    #[test]
    fn strict_encodings_flag_what_they_lack() {
        let flags = |charset: Charset, bytes: &[u8]| charset.glyphs(bytes).iter().map(|g| g.valid).collect::<Vec<_>>();
        assert_eq!(flags(Charset::US_ASCII, b"a\x80"), [true, false]);
        assert_eq!(flags(Charset::GB2312, &[0xC4, 0xE3, 0xF8, 0xA1, 0xAA, 0xA1]), [true, false, false]);
        assert_eq!(flags(Charset::ISO_8859_1, &[0x80, 0xFF]), [true, true]);
    }

    #[test]
    fn whole_stretches_and_long_ones() {
        let text = "你好，world。".repeat(10_000);
        for charset in [Charset::GBK, Charset::GB2312, Charset::UTF_16BE, Charset::UTF_8, Charset::UTF_32LE] {
            let bytes = charset.encode(&text, Unmappable::Refuse).unwrap();
            assert_eq!(charset.decode(&bytes), text, "{}", charset.name());
            for size in [1_023, 16_384, 50_001] {
                let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
                assert_eq!(pushed(charset, &pieces).0, text, "{} {size}", charset.name());
            }
        }
    }

    /// Every character of the plane that an encoding takes comes back.
    #[test]
    fn every_character_comes_back() {
        for charset in all() {
            for character in (0..0x1_0000).chain((0x1_0000..0x11_0000).step_by(997)).filter_map(char::from_u32) {
                let text = character.to_string();
                let Ok(bytes) = charset.encode(&text, Unmappable::Refuse) else { continue };
                let back = charset.decode(&bytes);
                assert!(back == text, "{} {character:?} {bytes:02X?} {back:?}", charset.name());
            }
        }
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            3 => any::<u8>(),
            3 => prop::sample::select(b"a0\x1b$@B(JI\\~\x0e\n\x7f".to_vec()),
            3 => prop::sample::select(b"\x80\x81\x8e\x8f\xa0\xa1\xb0\xc4\xe3\xf0\xfe\xff".to_vec()),
            1 => prop::sample::select(b"\x00\xd8\xdc\x3d\xe4\xbd\x9f\x98\x88\x62\x10\x11".to_vec()),
        ];
        prop::collection::vec(byte, 0..16)
    }

    fn text() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            2 => any::<char>(),
            3 => prop::char::range(' ', '~'),
            3 => prop::char::range('一', '龥'),
            2 => prop::char::range('\u{A0}', '\u{45F}'),
            1 => prop::char::range('ぁ', 'ヺ'),
            1 => prop::char::range('가', '힣'),
            1 => prop::sample::select(vec!['😀', '\0', '\u{FEFF}', '\u{FFFD}', '€', '镕', '\n', 'Ê', '\u{304}']),
        ];
        prop::collection::vec(character, 0..8).prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_encoding_however_cut(bytes in bytes()) {
            for charset in all() {
                check(charset, &bytes);
            }
        }

        #[test]
        fn any_text_in_any_encoding_comes_back_however_cut(text in text()) {
            for charset in all() {
                let takes = |c: &char| charset.encode(&c.to_string(), Unmappable::Refuse).is_ok();
                let text: String = text.chars().filter(takes).collect();
                let bytes = charset.encode(&text, Unmappable::Refuse).unwrap();
                check(charset, &bytes);
                // Big5 joins a letter and the mark behind it into the pair that stands for both.
                prop_assert_eq!(charset.decode(&bytes), text);
            }
        }

        #[test]
        fn text_and_glyphs_may_be_asked_for_in_turn(bytes in bytes(), cut in 0_usize..16) {
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            for charset in all() {
                let (mut text, mut glyphs) = (String::new(), Vec::new());
                let mut decoder = charset.decoder();
                decoder.push(head, &mut text);
                decoder.push_glyphs(tail, &mut glyphs);
                decoder.finish_glyphs(&mut glyphs);
                text.extend(glyphs.iter().map(|glyph| glyph.character));
                prop_assert_eq!(text, charset.decode(&bytes));
            }
        }
    }
}
