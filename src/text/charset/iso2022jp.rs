//! ISO-2022-JP (RFC 1468) as the WHATWG Encoding Standard reads it: the one encoding with states.
//!
//! Three-byte escape sequences switch between ASCII, JIS X 0201 (Roman, katakana) and the two-byte JIS X 0208.
//! They are no characters; here they belong to the character behind them. Two of them without a character
//! between are an error by the standard, because text could be hidden so.

use super::units::{Unit, ask};

const ESC: u8 = 0x1B;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    set: Set,
    /// Whether an escape was the last thing read. (The standard's *output flag*.)
    escaped: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Set {
    #[default]
    Ascii,
    Roman,
    Katakana,
    Jis0208,
}

impl Set {
    fn named(by: [u8; 2]) -> Option<Self> {
        match by {
            [b'(', b'B'] => Some(Self::Ascii),
            [b'(', b'J'] => Some(Self::Roman),
            [b'(', b'I'] => Some(Self::Katakana),
            [b'$', b'@' | b'B'] => Some(Self::Jis0208),
            _ => None,
        }
    }
}

impl State {
    /// The unit at the start of `bytes`; `None` (and no change) if more are needed. With the `last` bytes there
    /// always is one; it has no characters if only an escape is left.
    pub fn unit(&mut self, bytes: &[u8], last: bool) -> Option<Unit> {
        let (mut set, mut escaped) = (self.set, self.escaped);
        let mut start = 0;
        let unit = loop {
            let rest = &bytes[start..];
            let Some(&first) = rest.first() else {
                break last.then_some(Unit { len: start, characters: [None, None], valid: true });
            };
            if first != ESC {
                escaped = false;
                break character(set, rest, last).map(|unit| Unit { len: unit.len + start, ..unit });
            }
            match (rest.get(1), rest.get(2)) {
                (Some(&kind @ (b'(' | b'$')), Some(&name)) => match Set::named([kind, name]) {
                    Some(named) => {
                        set = named;
                        start += 3;
                        if escaped {
                            break Some(Unit::bad(start));
                        }
                        escaped = true;
                        continue;
                    }
                    None => escaped = false,
                },
                (None | Some(b'(' | b'$'), None) if !last => break None,
                _ => escaped = false,
            }
            break Some(Unit::bad(start + 1));
        }?;
        *self = Self { set, escaped };
        Some(unit)
    }
}

fn character(set: Set, bytes: &[u8], last: bool) -> Option<Unit> {
    let first = *bytes.first()?;
    let unit = match (set, first) {
        (Set::Ascii | Set::Roman, 0x0E | 0x0F | 0x80..) => Unit::bad(1),
        (Set::Roman, 0x5C) => Unit::text(1, '¥'),
        (Set::Roman, 0x7E) => Unit::text(1, '‾'),
        (Set::Ascii | Set::Roman, _) => Unit::text(1, first.into()),
        (Set::Katakana, 0x21..=0x5F) => {
            char::from_u32(0xFF40 + u32::from(first)).map_or(Unit::bad(1), |kana| Unit::text(1, kana))
        }
        (Set::Jis0208, 0x21..=0x7E) => match bytes.get(1) {
            // EUC-JP is the same table with the high bits set.
            Some(&second @ 0x21..=0x7E) => ask(encoding_rs::EUC_JP, &[first | 0x80, second | 0x80]),
            Some(&ESC) => Unit::bad(1),
            Some(_) => Unit::bad(2),
            None if last => Unit::bad(1),
            None => return None,
        },
        (Set::Katakana | Set::Jis0208, _) => Unit::bad(1),
    };
    Some(unit)
}
