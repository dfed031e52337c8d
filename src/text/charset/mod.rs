//! Encodings: the WHATWG set of `encoding_rs`, and those that a socket tool needs beside it.
//!
//! The WHATWG Encoding Standard was written for reading the web, and it differs from what people mean who
//! type an encoding's name: `gb2312` is GBK there, `latin1` and `ascii` are windows-1252, UTF-16 can be read
//! but not written, UTF-32 does not exist. Here `gb2312`, `iso-8859-1` and `us-ascii` are what they say (and
//! refuse what they lack), and UTF-16 and UTF-32 work in both directions.
//!
//! - `labels`: which encoding a typed name means. `encode`: text to bytes. `decode`: bytes to text, in
//!   a stream and character by character. `units`: where a character ends.

mod decode;
mod encode;
mod gb2312;
mod glyph;
mod iso2022jp;
mod labels;
mod units;

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};

use self::units::Family;
pub use self::{
    decode::Decoder,
    encode::{EncodeError, Encoder, Unmappable},
    glyph::Glyph,
};

/// An encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Charset(u8);

/// How an encoding is read and written.
#[derive(Clone, Copy)]
enum Codec {
    Utf8,
    Utf16 {
        big: bool,
    },
    Utf32 {
        big: bool,
    },
    Ascii,
    Latin1,
    Gb2312,
    Iso2022Jp,
    /// One byte a character, ASCII below 0x80.
    Single(&'static Encoding),
    /// One byte below 0x80, else two to four. Units end as the family says.
    Multi(&'static Encoding, Family),
}

/// In the order of the menu: what is used here first, then by language.
static TABLE: [(&str, Codec); 44] = [
    ("UTF-8", Codec::Utf8),
    ("GBK", Codec::Multi(encoding_rs::GBK, Family::Gb18030)),
    ("GB2312", Codec::Gb2312),
    ("GB18030", Codec::Multi(encoding_rs::GB18030, Family::Gb18030)),
    ("Big5", Codec::Multi(encoding_rs::BIG5, Family::Big5)),
    ("UTF-16LE", Codec::Utf16 { big: false }),
    ("UTF-16BE", Codec::Utf16 { big: true }),
    ("UTF-32LE", Codec::Utf32 { big: false }),
    ("UTF-32BE", Codec::Utf32 { big: true }),
    ("US-ASCII", Codec::Ascii),
    ("ISO-8859-1", Codec::Latin1),
    ("windows-1252", Codec::Single(encoding_rs::WINDOWS_1252)),
    ("Shift_JIS", Codec::Multi(encoding_rs::SHIFT_JIS, Family::ShiftJis)),
    ("EUC-JP", Codec::Multi(encoding_rs::EUC_JP, Family::EucJp)),
    ("ISO-2022-JP", Codec::Iso2022Jp),
    ("EUC-KR", Codec::Multi(encoding_rs::EUC_KR, Family::EucKr)),
    ("ISO-8859-2", Codec::Single(encoding_rs::ISO_8859_2)),
    ("ISO-8859-3", Codec::Single(encoding_rs::ISO_8859_3)),
    ("ISO-8859-4", Codec::Single(encoding_rs::ISO_8859_4)),
    ("ISO-8859-5", Codec::Single(encoding_rs::ISO_8859_5)),
    ("ISO-8859-6", Codec::Single(encoding_rs::ISO_8859_6)),
    ("ISO-8859-7", Codec::Single(encoding_rs::ISO_8859_7)),
    ("ISO-8859-8", Codec::Single(encoding_rs::ISO_8859_8)),
    ("ISO-8859-8-I", Codec::Single(encoding_rs::ISO_8859_8_I)),
    ("ISO-8859-10", Codec::Single(encoding_rs::ISO_8859_10)),
    ("ISO-8859-13", Codec::Single(encoding_rs::ISO_8859_13)),
    ("ISO-8859-14", Codec::Single(encoding_rs::ISO_8859_14)),
    ("ISO-8859-15", Codec::Single(encoding_rs::ISO_8859_15)),
    ("ISO-8859-16", Codec::Single(encoding_rs::ISO_8859_16)),
    ("windows-874", Codec::Single(encoding_rs::WINDOWS_874)),
    ("windows-1250", Codec::Single(encoding_rs::WINDOWS_1250)),
    ("windows-1251", Codec::Single(encoding_rs::WINDOWS_1251)),
    ("windows-1253", Codec::Single(encoding_rs::WINDOWS_1253)),
    ("windows-1254", Codec::Single(encoding_rs::WINDOWS_1254)),
    ("windows-1255", Codec::Single(encoding_rs::WINDOWS_1255)),
    ("windows-1256", Codec::Single(encoding_rs::WINDOWS_1256)),
    ("windows-1257", Codec::Single(encoding_rs::WINDOWS_1257)),
    ("windows-1258", Codec::Single(encoding_rs::WINDOWS_1258)),
    ("KOI8-R", Codec::Single(encoding_rs::KOI8_R)),
    ("KOI8-U", Codec::Single(encoding_rs::KOI8_U)),
    ("IBM866", Codec::Single(encoding_rs::IBM866)),
    ("macintosh", Codec::Single(encoding_rs::MACINTOSH)),
    ("x-mac-cyrillic", Codec::Single(encoding_rs::X_MAC_CYRILLIC)),
    ("x-user-defined", Codec::Single(encoding_rs::X_USER_DEFINED)),
];

impl Charset {
    /// UTF-8 (RFC 3629), the default.
    pub const UTF_8: Self = Self(0);
    /// GBK as Windows' code page 936 and browsers know it: `€` is 0x80; reading also takes GB18030's four bytes.
    pub const GBK: Self = Self(1);
    /// GB 2312-80 in EUC form and nothing else, as Python's `gb2312` means it: 6 763 hanzi and 682 signs.
    pub const GB2312: Self = Self(2);
    /// GB 18030-2022: every character of Unicode.
    pub const GB18030: Self = Self(3);
    /// Big5 with the Hong Kong supplement.
    pub const BIG5: Self = Self(4);
    /// UTF-16, low byte first (RFC 2781). No byte order mark is written or removed.
    pub const UTF_16LE: Self = Self(5);
    /// UTF-16, high byte first.
    pub const UTF_16BE: Self = Self(6);
    /// UTF-32, low byte first.
    pub const UTF_32LE: Self = Self(7);
    /// UTF-32, high byte first.
    pub const UTF_32BE: Self = Self(8);
    /// ASCII: seven bits, everything else refused.
    pub const US_ASCII: Self = Self(9);
    /// ISO-8859-1 itself: byte and code point are the same number.
    pub const ISO_8859_1: Self = Self(10);
    /// What browsers read where a page says latin1.
    pub const WINDOWS_1252: Self = Self(11);
    /// Windows' code page 932.
    pub const SHIFT_JIS: Self = Self(12);

    /// All of them, in the order in which a menu shows them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len() as u8).map(Self)
    }

    /// The canonical name.
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// The encoding that a label means: a name as the WHATWG, Python, Windows (`cp936`) or people write it, in
    /// any case, with `-`, `_`, a space or nothing between its parts.
    pub fn for_label(label: &str) -> Option<Self> {
        labels::find(label)
    }

    /// The names nearest to a label that means none, best first, at most three.
    pub fn suggestions(label: &str) -> Vec<&'static str> {
        labels::suggestions(label)
    }

    /// Encodes.
    ///
    /// # Errors
    /// The first character that the encoding lacks, if `unmappable` says to refuse it.
    pub fn encode(self, text: &str, unmappable: Unmappable) -> Result<Vec<u8>, EncodeError> {
        encode::encode(self, text, unmappable)
    }

    /// Decodes a whole message. What is not text becomes U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len());
        let mut decoder = self.decoder();
        decoder.push(bytes, &mut text);
        decoder.finish(&mut text);
        text
    }

    /// Decodes a whole message character by character; together the glyphs cover all its bytes.
    pub fn glyphs(self, bytes: &[u8]) -> Vec<Glyph> {
        let mut glyphs = Vec::new();
        let mut decoder = self.decoder();
        decoder.push_glyphs(bytes, &mut glyphs);
        decoder.finish_glyphs(&mut glyphs);
        glyphs
    }

    /// The last place in a piece of a stream where decoding can start without knowing what came before it: a
    /// character begins there, or would. `None` if there is none in these bytes, and for encodings that count
    /// from the start of the stream (UTF-16, UTF-32) or have states (ISO-2022-JP).
    pub fn known_boundary(self, bytes: &[u8]) -> Option<usize> {
        self.codec().known_boundary(bytes)
    }

    /// A streaming decoder.
    pub fn decoder(self) -> Decoder {
        Decoder::new(self)
    }

    /// An encoder that is given one character after the other.
    pub fn encoder(self) -> Encoder {
        Encoder::new(self)
    }

    fn codec(self) -> Codec {
        self.entry().1
    }

    fn entry(self) -> &'static (&'static str, Codec) {
        // Only `all`, the constants and `for_label` make one, so the number is in the table.
        TABLE.get(usize::from(self.0)).unwrap_or(&TABLE[0])
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
        Self::for_label(&label).ok_or_else(|| format!("no encoding is called {label:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_what_they_say() {
        for (charset, name) in [
            (Charset::default(), "UTF-8"),
            (Charset::UTF_8, "UTF-8"),
            (Charset::GBK, "GBK"),
            (Charset::GB2312, "GB2312"),
            (Charset::GB18030, "GB18030"),
            (Charset::BIG5, "Big5"),
            (Charset::UTF_16LE, "UTF-16LE"),
            (Charset::UTF_16BE, "UTF-16BE"),
            (Charset::UTF_32LE, "UTF-32LE"),
            (Charset::UTF_32BE, "UTF-32BE"),
            (Charset::US_ASCII, "US-ASCII"),
            (Charset::ISO_8859_1, "ISO-8859-1"),
            (Charset::WINDOWS_1252, "windows-1252"),
            (Charset::SHIFT_JIS, "Shift_JIS"),
        ] {
            assert_eq!(charset.name(), name);
        }
    }

    #[test]
    fn names_are_those_of_the_standard_and_survive_the_settings_file() {
        assert_eq!(Charset::all().count(), 44);
        for charset in Charset::all() {
            if let Codec::Single(encoding) | Codec::Multi(encoding, _) = charset.codec() {
                assert!(encoding.name().eq_ignore_ascii_case(charset.name()), "{}", charset.name());
            }
            let json = serde_json::to_string(&charset).unwrap();
            assert_eq!(serde_json::from_str::<Charset>(&json).unwrap(), charset, "{json}");
        }
        assert!(serde_json::from_str::<Charset>("\"klingon\"").is_err());
    }

    #[test]
    fn the_same_two_characters_in_the_tutorials_encodings() {
        for (charset, bytes) in [
            (Charset::UTF_8, &[0xE4, 0xBD, 0xA0, 0xE5, 0xA5, 0xBD][..]),
            (Charset::GBK, &[0xC4, 0xE3, 0xBA, 0xC3]),
            (Charset::GB2312, &[0xC4, 0xE3, 0xBA, 0xC3]),
            (Charset::BIG5, &[0xA7, 0x41, 0xA6, 0x6E]),
            (Charset::UTF_16LE, &[0x60, 0x4F, 0x7D, 0x59]),
            (Charset::UTF_16BE, &[0x4F, 0x60, 0x59, 0x7D]),
            (Charset::UTF_32LE, &[0x60, 0x4F, 0, 0, 0x7D, 0x59, 0, 0]),
            (Charset::UTF_32BE, &[0, 0, 0x4F, 0x60, 0, 0, 0x59, 0x7D]),
        ] {
            assert_eq!(charset.encode("你好", Unmappable::Refuse).unwrap(), bytes, "{}", charset.name());
            assert_eq!(charset.decode(bytes), "你好", "{}", charset.name());
        }
    }
}
