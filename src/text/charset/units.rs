//! Where a character ends, and which bytes are none.
//!
//! `encoding_rs` says what bytes mean but not which bytes a character came from. Here a stream is cut into
//! *units* that it is then asked about one at a time, by the rules of the WHATWG Encoding Standard: after an
//! error, a byte below 0x80 that followed a lead byte is read again as a character of its own. That also makes
//! the end of every unit a place where a fresh decoder can start.

use encoding_rs::{DecoderResult, Encoding};

use super::{Codec, gb2312};

/// How the multi-byte encodings mark their lead bytes.
#[derive(Clone, Copy)]
pub(super) enum Family {
    Gb18030,
    Big5,
    ShiftJis,
    EucJp,
    EucKr,
}

/// What the first bytes of a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// How many bytes; at least one.
    pub len: usize,
    /// The characters: one, or two where Big5 has a letter with a mark that Unicode has not joined.
    pub characters: [Option<char>; 2],
    /// Whether the bytes were text.
    pub valid: bool,
}

impl Unit {
    pub fn text(len: usize, character: char) -> Self {
        Self { len, characters: [Some(character), None], valid: true }
    }

    pub fn bad(len: usize) -> Self {
        Self { len, characters: [Some(char::REPLACEMENT_CHARACTER), None], valid: false }
    }

    fn maybe(len: usize, character: Option<char>) -> Self {
        character.map_or(Self::bad(len), |character| Self::text(len, character))
    }
}

impl Codec {
    /// Whether bytes below 0x80 at the start of a unit are ASCII characters.
    pub(super) fn is_ascii_based(self) -> bool {
        !matches!(self, Self::Utf16 { .. } | Self::Utf32 { .. } | Self::Iso2022Jp)
    }

    /// The unit at the start of `bytes`, which are not empty; `None` if more bytes are needed to tell. If they
    /// are the `last` ones, there always is one. ISO-2022-JP has states and is not asked here.
    pub(super) fn unit(self, bytes: &[u8], last: bool) -> Option<Unit> {
        let first = *bytes.first()?;
        match self {
            Self::Utf8 => utf8(bytes, last),
            Self::Utf16 { big } => utf16(bytes, big, last),
            Self::Utf32 { big } => utf32(bytes, big, last),
            Self::Ascii | Self::Iso2022Jp => Some(Unit::maybe(1, first.is_ascii().then_some(first.into()))),
            Self::Latin1 => Some(Unit::text(1, first.into())),
            Self::Gb2312 => match (first, bytes.get(1)) {
                (0..0x80, _) => Some(Unit::text(1, first.into())),
                (0xA1..=0xFE, Some(&trail @ 0xA1..=0xFE)) => Some(Unit::maybe(2, gb2312::decode(first, trail))),
                (0xA1..=0xFE, None) if !last => None,
                _ => Some(Unit::bad(1)),
            },
            Self::Single(encoding) => Some(ask(encoding, &bytes[..1])),
            Self::Multi(encoding, family) => match family.len(bytes) {
                Some(len) => Some(ask(encoding, &bytes[..len])),
                None => last.then(|| ask(encoding, bytes)),
            },
        }
    }

    /// How many of these bytes are whole units; what follows is the start of one.
    pub(super) fn whole(self, bytes: &[u8]) -> usize {
        match self {
            Self::Multi(_, family) => {
                // From the last place that is surely an end; without one (hanzi only) from the start.
                let mut at = self.known_boundary(bytes).unwrap_or(0);
                while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
                    match family.len(rest) {
                        Some(len) => at += len,
                        None => break,
                    }
                }
                at
            }
            Self::Utf16 { big } => {
                let even = bytes.len() & !1;
                let high = bytes[..even].last_chunk().is_some_and(|unit| is_high(unit16(*unit, big)));
                if high { even - 2 } else { even }
            }
            Self::Utf32 { .. } => bytes.len() & !3,
            Self::Utf8 => {
                // Every byte that does not continue a character begins one, and at most three can be unfinished.
                let last = self.known_boundary(bytes).unwrap_or(0);
                if last + 4 > bytes.len() && self.unit(&bytes[last..], false).is_none() { last } else { bytes.len() }
            }
            _ => bytes.len(),
        }
    }

    /// The last place in `bytes` where a unit begins (or would) whatever stood before them, if there is one.
    pub(super) fn known_boundary(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Single(_) | Self::Latin1 | Self::Ascii => Some(bytes.len()),
            Self::Utf8 => bytes.iter().rposition(|byte| byte & 0xC0 != 0x80),
            // No second byte is below 0x30 (which is where GB18030's digits begin).
            Self::Multi(..) | Self::Gb2312 => bytes.iter().rposition(|byte| *byte < 0x30).map(|at| at + 1),
            Self::Utf16 { .. } | Self::Utf32 { .. } | Self::Iso2022Jp => None,
        }
    }
}

impl Family {
    /// The length of the unit at the start of `bytes` by its lead byte; `None` if that cannot be told yet.
    ///
    /// The unit may turn out to be an error in its first byte and an ASCII character behind it.
    fn len(self, bytes: &[u8]) -> Option<usize> {
        let first = *bytes.first()?;
        let lead = match self {
            _ if first < 0x81 || first == 0xFF => false,
            Self::Gb18030 | Self::Big5 | Self::EucKr => true,
            Self::ShiftJis => matches!(first, 0x81..=0x9F | 0xE0..=0xFC),
            Self::EucJp => matches!(first, 0x8E | 0x8F | 0xA1..),
        };
        if !lead {
            return Some(1);
        }
        let second = *bytes.get(1)?;
        match self {
            // Four bytes: lead, digit, lead, digit. Where that breaks off, only the first byte is the error.
            Self::Gb18030 if second.is_ascii_digit() => {
                if !matches!(bytes.get(2)?, 0x81..=0xFE) {
                    return Some(1);
                }
                Some(if bytes.get(3)?.is_ascii_digit() { 4 } else { 1 })
            }
            Self::EucJp if first == 0x8F && matches!(second, 0xA1..=0xFE) => bytes.get(2).map(|_| 3),
            _ => Some(2),
        }
    }
}

/// What a whole unit means in an encoding of `encoding_rs`.
pub(super) fn ask(encoding: &'static Encoding, unit: &[u8]) -> Unit {
    let mut text = [0; 16];
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (result, _, written) = decoder.decode_to_utf8_without_replacement(unit, &mut text, true);
    if let DecoderResult::Malformed(bad, _) = result {
        return Unit::bad(usize::from(bad).clamp(1, unit.len()));
    }
    let text = text.get(..written).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => Unit { len: unit.len(), characters: [Some(first), characters.next()], valid: true },
        None => Unit::bad(unit.len()),
    }
}

fn utf8(bytes: &[u8], last: bool) -> Option<Unit> {
    let head = &bytes[..bytes.len().min(4)];
    let (valid, bad) = match std::str::from_utf8(head) {
        Ok(text) => (text, None),
        Err(error) => (std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(), Some(error.error_len())),
    };
    match (valid.chars().next(), bad) {
        (Some(character), _) => Some(Unit::text(character.len_utf8(), character)),
        (None, Some(Some(len))) => Some(Unit::bad(len)),
        (None, _) => last.then(|| Unit::bad(head.len())),
    }
}

fn utf16(bytes: &[u8], big: bool, last: bool) -> Option<Unit> {
    let Some(first) = bytes.first_chunk() else { return last.then(|| Unit::bad(bytes.len())) };
    let first = unit16(*first, big);
    if !is_high(first) {
        return Some(Unit::maybe(2, char::from_u32(first)));
    }
    let Some(second) = bytes.get(2..).and_then(<[u8]>::first_chunk) else {
        // An unfinished pair is one error, with the odd byte if there is one.
        return last.then(|| Unit::bad(bytes.len()));
    };
    let second = unit16(*second, big);
    if !(0xDC00..0xE000).contains(&second) {
        return Some(Unit::bad(2));
    }
    Some(Unit::maybe(4, char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))))
}

fn utf32(bytes: &[u8], big: bool, last: bool) -> Option<Unit> {
    let Some(unit) = bytes.first_chunk() else { return last.then(|| Unit::bad(bytes.len())) };
    let code = if big { u32::from_be_bytes(*unit) } else { u32::from_le_bytes(*unit) };
    Some(Unit::maybe(4, char::from_u32(code)))
}

fn unit16(bytes: [u8; 2], big: bool) -> u32 {
    u32::from(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
}

fn is_high(unit: u32) -> bool {
    (0xD800..0xDC00).contains(&unit)
}

#[cfg(test)]
mod tests {
    use crate::text::Charset;

    fn units(charset: Charset, mut bytes: &[u8]) -> Vec<(usize, bool)> {
        let mut units = Vec::new();
        while !bytes.is_empty() {
            let unit = charset.codec().unit(bytes, true).unwrap();
            units.push((unit.len, unit.valid));
            bytes = &bytes[unit.len..];
        }
        units
    }

    #[test]
    fn an_error_covers_the_bytes_that_are_none_of_the_text() {
        let euc_jp = Charset::for_label("euc-jp").unwrap();
        for (charset, bytes, expected) in [
            // A lead byte before an ASCII character takes it only if they are a pair.
            (Charset::GBK, &[0xC4, 0xE3][..], &[(2, true)][..]),
            (Charset::GBK, &[0xC4, b'\n'], &[(1, false), (1, true)]),
            (Charset::GBK, &[0xC4, 0xFF], &[(2, false)]),
            (Charset::GBK, &[0x81, 0x30, 0x81, 0x30], &[(4, true)]),
            (Charset::GBK, &[0x81, 0x30, 0x81, b'x'], &[(1, false), (1, true), (2, true)]),
            (Charset::GBK, &[0x81, 0x30, 0x81], &[(3, false)]),
            (Charset::GB18030, &[0xFE, 0x39, 0xFE, 0x39], &[(4, false)]),
            (Charset::GB2312, &[0xE9, 0x46], &[(1, false), (1, true)]),
            (Charset::GB2312, &[0xAA, 0xA1, 0xC4, 0xE3], &[(2, false), (2, true)]),
            (Charset::UTF_8, &[0xE4, 0xBD, b'a'], &[(2, false), (1, true)]),
            (Charset::UTF_8, &[0xF0, 0x9F, 0x98], &[(3, false)]),
            (Charset::UTF_8, &[0xC0, 0x80], &[(1, false), (1, false)]),
            (Charset::UTF_16LE, &[0x00, 0xD8, 0x41, 0x00], &[(2, false), (2, true)]),
            (Charset::UTF_16LE, &[0x41, 0x00, 0x42], &[(2, true), (1, false)]),
            (Charset::UTF_16BE, &[0xD8, 0x3D, 0xDE], &[(3, false)]),
            (Charset::UTF_32BE, &[0, 0x11, 0, 0, 0, 0, 0, 0x41], &[(4, false), (4, true)]),
            (Charset::US_ASCII, &[0x41, 0xC4], &[(1, true), (1, false)]),
            (Charset::BIG5, &[0x88, 0x62], &[(2, true)]),
            (euc_jp, &[0x8F, 0xB0, 0xA1], &[(3, true)]),
            (euc_jp, &[0x8F, 0xB0, b'a'], &[(2, false), (1, true)]),
        ] {
            assert_eq!(units(charset, bytes), expected, "{} {bytes:02X?}", charset.name());
        }
    }
}
