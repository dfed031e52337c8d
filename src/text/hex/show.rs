//! Bytes as rows of hex, each made only when it is on screen.
//!
//! Upper case, 16 a row, an offset of eight digits, a gap after the eighth byte, and the text column with `.`
//! for what ASCII cannot print: the layout of `hexdump -C`, which other tools read too.

use std::fmt::Write as _;

/// Bytes a row.
pub const ROW: usize = 16;

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// How many rows so many bytes take.
pub fn rows(len: usize) -> usize {
    len.div_ceil(ROW)
}

/// The offset column: `0000001F`, longer only beyond 4 GiB.
pub fn offset(at: u64) -> String {
    format!("{at:08X}")
}

/// The bytes of one row as pairs of digits, with a second space after the eighth: `C4 E3 …  BA C3 …`.
pub fn pairs(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3 + 1);
    for (i, byte) in bytes.iter().enumerate() {
        match i {
            0 => {}
            _ if i % ROW == ROW / 2 => text.push_str("  "),
            _ => text.push(' '),
        }
        push(*byte, &mut text);
    }
    text
}

/// Where in [`pairs`] the byte with this index (below [`ROW`]) starts, in characters.
pub fn pair_column(index: usize) -> usize {
    index * 3 + usize::from(index >= ROW / 2)
}

/// The text column: printable ASCII, and `.` for everything else.
pub fn printable(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if matches!(byte, 0x20..=0x7E) { char::from(*byte) } else { '.' }).collect()
}

/// One row with its offset and its text, as [`dump`] writes it.
pub fn row(at: u64, bytes: &[u8]) -> String {
    let width = pair_column(ROW) - 1;
    format!("{}  {:width$}  |{}|", offset(at), pairs(bytes), printable(bytes))
}

/// All rows, each ended by a line feed. For copying; a view makes only the rows on screen.
pub fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (i, chunk) in bytes.chunks(ROW).enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", row((i * ROW) as u64, chunk));
    }
    text
}

/// The first `limit` bytes in one line, `C4 E3 BA C3`, and an ellipsis if there are more.
pub fn line(bytes: &[u8], limit: usize) -> String {
    let shown = &bytes[..bytes.len().min(limit)];
    let mut text = String::with_capacity(shown.len() * 3 + 3);
    for byte in shown {
        push(*byte, &mut text);
        text.push(' ');
    }
    if shown.len() < bytes.len() {
        text.push('…');
    } else {
        text.pop();
    }
    text
}

fn push(byte: u8, text: &mut String) {
    text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_of_two_rows() {
        assert_eq!(
            dump(b"\xC4\xE3\xBA\xC3, world\n\x00~\x7F!!"),
            "00000000  C4 E3 BA C3 2C 20 77 6F  72 6C 64 0A 00 7E 7F 21  |...., world..~.!|\n\
             00000010  21                                                |!|\n"
        );
        assert_eq!(dump(b""), "");
        assert_eq!((rows(0), rows(1), rows(16), rows(17)), (0, 1, 1, 2));
    }

    #[test]
    fn every_byte_starts_where_its_column_says() {
        let bytes: Vec<u8> = (0..16).collect();
        let row = pairs(&bytes);
        for i in 0..16 {
            assert_eq!(row[pair_column(i)..pair_column(i) + 2], format!("{i:02X}"));
        }
    }

    #[test]
    fn one_line_tells_when_it_is_cut() {
        assert_eq!(line(&[0xC4, 0xE3, 0xBA, 0xC3], 4), "C4 E3 BA C3");
        assert_eq!(line(&[0xC4, 0xE3, 0xBA, 0xC3], 3), "C4 E3 BA …");
        assert_eq!(line(&[0xC4], 0), "…");
        assert_eq!(line(&[], 4), "");
    }
}
