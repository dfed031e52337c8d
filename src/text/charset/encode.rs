//! Text to bytes. Never invents a character: what the encoding lacks is refused, unless the user chose a stand-in.

use encoding_rs::{EncoderResult, Encoding};
use serde::{Deserialize, Serialize};

use super::{Charset, Codec, gb2312};

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

impl Unmappable {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Refuse, Self::Question, Self::Skip, Self::Ncr];

    /// What is written instead; ASCII, which every encoding has.
    fn stand_in(self, error: EncodeError) -> Result<String, EncodeError> {
        match self {
            Self::Refuse => Err(error),
            Self::Question => Ok("?".into()),
            Self::Skip => Ok(String::new()),
            Self::Ncr => Ok(format!("&#{};", u32::from(error.character))),
        }
    }
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

/// Encodes character by character, so that one knows which bytes are whose. What the encoding lacks is left out.
pub struct Encoder {
    charset: Charset,
    whatwg: Option<encoding_rs::Encoder>,
}

impl Encoder {
    pub(super) fn new(charset: Charset) -> Self {
        let encoding = match charset.codec() {
            Codec::Iso2022Jp => Some(encoding_rs::ISO_2022_JP),
            Codec::Single(encoding) | Codec::Multi(encoding, _) => Some(encoding),
            _ => None,
        };
        Self { charset, whatwg: encoding.map(Encoding::new_encoder) }
    }

    /// The encoding.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// Appends the bytes of the next character. Returns whether the encoding has it.
    ///
    /// ISO-2022-JP may append an escape sequence even where it lacks the character.
    pub fn push(&mut self, character: char, bytes: &mut Vec<u8>) -> bool {
        if character.is_ascii() && self.charset.codec().is_ascii_based() {
            bytes.push(character as u8);
            return true;
        }
        let mut utf8 = [0; 4];
        let mut text = &*character.encode_utf8(&mut utf8);
        if let Some(encoder) = &mut self.whatwg {
            return !folds(encoder.encoding(), character) && feed(encoder, &mut text, bytes, false).is_none();
        }
        match encode(self.charset, text, Unmappable::Refuse) {
            Ok(encoded) => {
                bytes.extend_from_slice(&encoded);
                true
            }
            Err(_) => false,
        }
    }

    /// Ends the text: ISO-2022-JP returns to ASCII.
    pub fn finish(&mut self, bytes: &mut Vec<u8>) {
        if let Some(encoder) = &mut self.whatwg {
            feed(encoder, &mut "", bytes, true);
        }
    }
}

pub(super) fn encode(charset: Charset, text: &str, unmappable: Unmappable) -> Result<Vec<u8>, EncodeError> {
    match charset.codec() {
        Codec::Utf8 => Ok(text.as_bytes().to_vec()),
        Codec::Utf16 { big: true } => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        Codec::Utf16 { big: false } => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Codec::Utf32 { big: true } => Ok(text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()),
        Codec::Utf32 { big: false } => Ok(text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
        Codec::Ascii => each(charset, text, unmappable, |_, _| false),
        Codec::Latin1 => {
            each(charset, text, unmappable, |c, bytes| u8::try_from(u32::from(c)).map(|byte| bytes.push(byte)).is_ok())
        }
        Codec::Gb2312 => each(charset, text, unmappable, |c, bytes| {
            gb2312::encode(c).map(|pair| bytes.extend_from_slice(&pair)).is_some()
        }),
        Codec::Iso2022Jp => whatwg(charset, encoding_rs::ISO_2022_JP, text, unmappable),
        Codec::Single(encoding) | Codec::Multi(encoding, _) => whatwg(charset, encoding, text, unmappable),
    }
}

/// Character by character; `put` writes one beyond ASCII or says that it cannot.
fn each(
    charset: Charset,
    text: &str,
    unmappable: Unmappable,
    put: impl Fn(char, &mut Vec<u8>) -> bool,
) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::with_capacity(text.len());
    for (i, character) in text.chars().enumerate() {
        if character.is_ascii() {
            bytes.push(character as u8);
        } else if !put(character, &mut bytes) {
            let error = EncodeError { character, column: i + 1, charset: charset.name() };
            bytes.extend_from_slice(unmappable.stand_in(error)?.as_bytes());
        }
    }
    Ok(bytes)
}

fn whatwg(
    charset: Charset,
    encoding: &'static Encoding,
    text: &str,
    unmappable: Unmappable,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = encoding.new_encoder();
    let mut bytes = Vec::with_capacity(text.len() + 8);
    // What `behind` bytes stand behind.
    let stand_in = |lacking: char, behind: usize| {
        // Counted only for who is told: for every stand-in of a long text it would take the square of its length.
        let refused = unmappable == Unmappable::Refuse;
        let before = if refused { text.len() - behind - lacking.len_utf8() } else { 0 };
        let column = text[..before].chars().count() + 1;
        unmappable.stand_in(EncodeError { character: lacking, column, charset: charset.name() })
    };
    let mut rest = text;
    loop {
        let folded = rest.char_indices().find(|(_, character)| folds(encoding, *character));
        let (mut run, behind) = rest.split_at(folded.map_or(rest.len(), |(at, _)| at));
        while let Some(lacking) = feed(&mut encoder, &mut run, &mut bytes, folded.is_none()) {
            let stand_in = stand_in(lacking, run.len() + behind.len())?;
            // Through the encoder too: ISO-2022-JP has to leave its two-byte state first.
            feed(&mut encoder, &mut stand_in.as_str(), &mut bytes, false);
        }
        let Some((_, character)) = folded else { return Ok(bytes) };
        rest = behind.strip_prefix(character).unwrap_or_default();
        let stand_in = stand_in(character, rest.len())?;
        feed(&mut encoder, &mut stand_in.as_str(), &mut bytes, false);
    }
}

/// Whether the standard writes a character as another one, so that it would not be the same when it is read: `¥` as a
/// backslash, half-width katakana as those of full width, and private ones that got code points of their own.
fn folds(encoding: &'static Encoding, character: char) -> bool {
    let is = |others: &[&'static Encoding]| others.contains(&encoding);
    match character {
        '¥' | '‾' => is(&[encoding_rs::SHIFT_JIS, encoding_rs::EUC_JP]),
        '\u{2212}' => is(&[encoding_rs::SHIFT_JIS, encoding_rs::EUC_JP, encoding_rs::ISO_2022_JP]),
        '\u{FF61}'..='\u{FF9F}' => is(&[encoding_rs::ISO_2022_JP]),
        '\u{E78D}'..='\u{E796}'
        | '\u{E81E}'
        | '\u{E826}'
        | '\u{E82B}'
        | '\u{E82C}'
        | '\u{E832}'
        | '\u{E843}'
        | '\u{E854}'
        | '\u{E864}' => is(&[encoding_rs::GBK, encoding_rs::GB18030]),
        _ => false,
    }
}

/// Encodes until the end or a character that the encoding lacks; that one is taken off `text` and returned.
///
/// It is read off the text rather than from the result, where ISO-2022-JP says U+FFFD for the control
/// characters that would break its escape sequences.
fn feed(encoder: &mut encoding_rs::Encoder, text: &mut &str, bytes: &mut Vec<u8>, last: bool) -> Option<char> {
    loop {
        bytes.reserve(text.len() + 16);
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(text, bytes, last);
        let (done, rest) = text.split_at(read);
        *text = rest;
        match result {
            EncoderResult::InputEmpty => return None,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(_) => return done.chars().next_back(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(label: &str) -> Charset {
        Charset::for_label(label).unwrap()
    }

    #[test]
    fn what_is_lacking_is_named_with_its_column() {
        for (label, text, character, column) in [
            ("ascii", "aé", 'é', 2),
            ("latin1", "é你", '你', 2),
            ("gb2312", "你好，镕", '镕', 4),
            ("gbk", "你好😀", '😀', 3),
            ("windows-1252", "你", '你', 1),
            ("big5", "a简", '简', 2),
            ("iso-2022-jp", "日本\u{1b}", '\u{1b}', 3),
        ] {
            let error = named(label).encode(text, Unmappable::Refuse).unwrap_err();
            assert_eq!((error.character, error.column), (character, column), "{label}");
        }
        let error = named("latin1").encode("中", Unmappable::Refuse).unwrap_err();
        assert_eq!(error.to_string(), "ISO-8859-1 has no '中' (U+4E2D), column 1");
    }

    #[test]
    fn stand_ins() {
        for (label, unmappable, bytes) in [
            ("ascii", Unmappable::Question, &b"A?B"[..]),
            ("ascii", Unmappable::Skip, b"AB"),
            ("ascii", Unmappable::Ncr, b"A&#20013;B"),
            ("latin1", Unmappable::Ncr, b"A&#20013;B"),
            ("windows-1252", Unmappable::Question, b"A?B"),
            ("koi8-r", Unmappable::Skip, b"AB"),
            ("gb2312", Unmappable::Question, b"A\xD6\xD0B"),
        ] {
            assert_eq!(named(label).encode("A中B", unmappable).unwrap(), bytes, "{label}");
        }
    }

    #[test]
    fn a_stand_in_leaves_the_japanese_state_first_and_the_end_returns_to_ascii() {
        let japanese = named("iso-2022-jp");
        assert_eq!(japanese.encode("日", Unmappable::Refuse).unwrap(), b"\x1b$BF|\x1b(B");
        let bytes = japanese.encode("日😀本", Unmappable::Question).unwrap();
        assert_eq!(japanese.decode(&bytes), "日?本");
        assert!(bytes.ends_with(b"\x1b(B"));
        let bytes = japanese.encode("日😀", Unmappable::Ncr).unwrap();
        assert_eq!(bytes, b"\x1b$BF|\x1b(B&#128512;");
    }

    #[test]
    fn gbk_has_the_euro_where_windows_has_it_and_gb18030_has_everything() {
        assert_eq!(Charset::GBK.encode("€", Unmappable::Refuse).unwrap(), [0x80]);
        assert_eq!(Charset::GB18030.encode("😀", Unmappable::Refuse).unwrap(), [0x94, 0x39, 0xFC, 0x36]);
    }

    /// They went out as `\\ ~ －` and ア.
    #[test]
    fn what_would_be_written_as_another_character_is_lacking() {
        for (label, text, character, column) in [
            ("cp932", "a¥b", '¥', 2),
            ("euc-jp", "日‾", '‾', 2),
            ("iso-2022-jp", "日\u{2212}本", '\u{2212}', 2),
            ("iso-2022-jp", "日本ｱ😀", 'ｱ', 3),
            ("iso-2022-jp", "日😀ｱ", '😀', 2),
            ("gbk", "你\u{E78D}", '\u{E78D}', 2),
        ] {
            let error = named(label).encode(text, Unmappable::Refuse).unwrap_err();
            assert_eq!((error.character, error.column), (character, column), "{label}");
            assert!(!named(label).encoder().push(character, &mut Vec::new()), "{label}");
        }
        let japanese = named("iso-2022-jp");
        let bytes = japanese.encode("日ｱ本😀ｲ", Unmappable::Question).unwrap();
        assert_eq!(japanese.decode(&bytes), "日?本??");
        assert!(bytes.ends_with(b"\x1b(B??"), "{bytes:02X?}");
        assert_eq!(japanese.decode(&japanese.encode("¥‾", Unmappable::Refuse).unwrap()), "¥‾");
        assert_eq!(named("cp932").encode("C:¥", Unmappable::Ncr).unwrap(), b"C:&#165;");
    }

    #[test]
    fn surrogate_pairs_are_one_character() {
        assert_eq!(Charset::UTF_16LE.encode("😀", Unmappable::Refuse).unwrap(), [0x3D, 0xD8, 0x00, 0xDE]);
        assert_eq!(Charset::UTF_32LE.encode("😀", Unmappable::Refuse).unwrap(), [0x00, 0xF6, 0x01, 0x00]);
        assert_eq!(Charset::UTF_32BE.glyphs(&[0, 1, 0xF6, 0]).len(), 1);
    }
}
