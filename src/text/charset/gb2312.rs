//! GB 2312-80 in EUC form, as Python's `gb2312` codec means it.
//!
//! The tutorials that this program accompanies use that codec, and it is strict: 682 signs in rows 1 to 9 and
//! 6 763 hanzi in rows 16 to 87, so 镕 (which GBK added) is refused. The characters are those of GBK in these
//! cells but for two, where Python follows the older tables of the Unicode consortium: 0xA1A4 is U+30FB (not
//! U+00B7) and 0xA1AA is U+2015 (not U+2014). Compared with Python 3.11 over all 94 × 94 cells.

use std::{ops::RangeInclusive, sync::LazyLock};

/// Cells of a row that hold a character.
const SIGNS: [(u8, &[RangeInclusive<u8>]); 9] = [
    (1, &[1..=94]),
    (2, &[17..=66, 69..=78, 81..=92]),
    (3, &[1..=94]),
    (4, &[1..=83]),
    (5, &[1..=86]),
    (6, &[1..=24, 33..=56]),
    (7, &[1..=33, 49..=81]),
    (8, &[1..=26, 37..=73]),
    (9, &[4..=79]),
];

/// Where Python's table differs from GBK's.
const APART: [([u8; 2], char); 2] = [([0xA1, 0xA4], '\u{30FB}'), ([0xA1, 0xAA], '\u{2015}')];

/// All cells, row after row; U+FFFD where there is none. (No cell holds that character.)
static CELLS: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut cells = Vec::with_capacity(94 * 94);
    for row in 1..=94 {
        for cell in 1..=94 {
            cells.push(if assigned(row, cell) { read([row + 0xA0, cell + 0xA0]) } else { char::REPLACEMENT_CHARACTER });
        }
    }
    cells
});

/// The character of two bytes, each from 0xA1 to 0xFE.
pub(super) fn decode(lead: u8, trail: u8) -> Option<char> {
    let (row, cell) = (usize::from(lead.checked_sub(0xA1)?), usize::from(trail.checked_sub(0xA1)?));
    if cell >= 94 {
        return None;
    }
    CELLS.get(row * 94 + cell).copied().filter(|c| *c != char::REPLACEMENT_CHARACTER)
}

/// The two bytes of a character beyond ASCII.
pub(super) fn encode(character: char) -> Option<[u8; 2]> {
    if let Some((bytes, _)) = APART.iter().find(|(_, c)| *c == character) {
        return Some(*bytes);
    }
    let (mut text, mut bytes) = ([0; 4], [0; 4]);
    let text = character.encode_utf8(&mut text);
    let mut encoder = encoding_rs::GBK.new_encoder();
    let (result, _, written) = encoder.encode_from_utf8_without_replacement(text, &mut bytes, true);
    let bytes: [u8; 2] = bytes.get(..written)?.try_into().ok()?;
    // The table has the last word: GBK has more rows, and another character in two of the cells.
    (result == encoding_rs::EncoderResult::InputEmpty && decode(bytes[0], bytes[1]) == Some(character)).then_some(bytes)
}

fn assigned(row: u8, cell: u8) -> bool {
    match row {
        55 => cell <= 89,
        16..=87 => true,
        _ => SIGNS.iter().any(|(r, cells)| *r == row && cells.iter().any(|range| range.contains(&cell))),
    }
}

fn read(bytes: [u8; 2]) -> char {
    if let Some((_, character)) = APART.iter().find(|(pair, _)| *pair == bytes) {
        return *character;
    }
    let text = encoding_rs::GBK.decode_without_bom_handling(&bytes).0;
    text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Charset, Unmappable};

    #[test]
    fn as_many_characters_as_the_standard_has() {
        let count = |rows: RangeInclusive<u8>| {
            let cells = rows.flat_map(|row| (1..=94).map(move |cell| (row, cell)));
            cells.filter(|(row, cell)| decode(row + 0xA0, cell + 0xA0).is_some()).count()
        };
        assert_eq!((count(1..=9), count(10..=15), count(16..=87), count(88..=94)), (682, 0, 6_763, 0));
    }

    #[test]
    fn every_cell_survives_the_way_there_and_back() {
        for lead in 0xA1..=0xFE {
            for trail in 0xA1..=0xFE {
                if let Some(character) = decode(lead, trail) {
                    assert_eq!(encode(character), Some([lead, trail]), "{character}");
                }
            }
        }
    }

    /// CRC-32 of every cell's four bytes (UTF-32LE, 0 for none), computed by Python 3.11:
    /// `zlib.crc32(b''.join(struct.pack('<I', cell(r, c)) for r in range(94) for c in range(94)))`.
    #[test]
    fn the_table_is_pythons() {
        let mut crc = !0_u32;
        for lead in 0xA1..=0xFE {
            for trail in 0xA1..=0xFE {
                for byte in decode(lead, trail).map_or(0, u32::from).to_le_bytes() {
                    crc ^= u32::from(byte);
                    for _ in 0..8 {
                        crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
                    }
                }
            }
        }
        assert_eq!(!crc, PYTHON_CRC);
    }

    const PYTHON_CRC: u32 = 0x314D_ADCB;

    #[test]
    fn what_gbk_added_is_refused() {
        for character in ['镕', '€', '·', '—', '間', '😀', 'é'] {
            assert_eq!(encode(character).is_some(), character == 'é', "{character}");
        }
        let refused = Charset::GB2312.encode("朱镕基", Unmappable::Refuse).unwrap_err();
        assert_eq!((refused.character, refused.column), ('镕', 2));
        assert_eq!(Charset::GBK.encode("镕", Unmappable::Refuse).unwrap(), [0xE9, 0x46]);
        assert_eq!(Charset::GB2312.decode(&[0xE9, 0x46]), "\u{FFFD}F");
    }
}
