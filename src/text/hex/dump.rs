//! Pasted dumps: which text is one, and its bytes.
//!
//! A dump is a line `OFFSET  BYTES  TEXT` after the other. That its offsets add up is what tells it from hex
//! that was typed in groups of four or eight digits. What is left out is looked at first: a text column says the same as
//! its bytes, or the row is an error. So are rows of words that are read backwards (`xxd -e`) and of bits (`xxd -b`).
//!
//! ```text
//! 00000000  48 65 6c 6c 6f 20 77 6f  72 6c 64 0a              |Hello world.|     hexdump -C
//! 00000000: 4865 6c6c 6f20 776f 726c 640a            Hello world.                 xxd
//! 000000 48 65 6c 6c 6f 20 77 6f 72 6c 64 0a                                      od -A x -t x1
//!         0x0000:  4500 0034 0000 4000 4006 3cc2 7f00 0001  E..4..@.@.<.....      tcpdump -X
//! 0000   48 65 6c 6c 6f 20 77 6f 72 6c 64 0a               Hello world.           Wireshark
//! ```
//!
//! `hexdump` and `xxd -a` write `*` for lines that repeat the one before.

use super::{HexError, REPEAT_LIMIT, plain, text};

/// Whether a text is a dump rather than hex with separators.
pub(super) fn is_one(text: &str) -> bool {
    let mut lines = lines(text);
    let Some(first) = lines.next().and_then(Line::of) else { return false };
    if first.bar().is_some() {
        return true;
    }
    let second = lines.next();
    if second.is_none() && first.row().is_ok_and(|row| row.text) && plain(text).is_err() {
        return true;
    }
    let star = |line: &str| line.trim() == "*";
    if first.offset == 0 && second.is_some_and(|(_, line)| star(line)) {
        return true;
    }
    if first.offset == 0 && matches!(first.after, After::Colon | After::Gap) {
        // `0000  41 42`: one line, or lines that all have an offset.
        return second.is_none_or(|line| Line::of(line).is_some());
    }
    let Some(second) = second.and_then(Line::of) else { return false };
    let adds_up = |bytes: Vec<u8>| first.offset.checked_add(bytes.len() as u64) == Some(second.offset);
    first.row().is_ok_and(|row| !row.bytes.is_empty() && adds_up(row.bytes))
        && (first.after != After::Space || first.is_in_pairs())
}

/// The bytes of a dump.
pub(super) fn read(text: &str) -> Result<Vec<u8>, HexError> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut repeated = 0;
    let mut expected = None;
    let mut last: Vec<u8> = Vec::new();
    let mut star = None;
    for (number, line) in lines(text) {
        if line.trim() == "*" {
            star = Some(number);
            continue;
        }
        let Some(line) = Line::of((number, line)) else { return Err(foreign(number, line)) };
        let next = *expected.get_or_insert(line.offset);
        let Some(gap) = line.offset.checked_sub(next).filter(|gap| *gap == 0 || star.is_some()) else {
            return Err(HexError::Offset { line: number, expected: next, found: line.offset });
        };
        if let Some(star) = star.take() {
            repeated += repeat(&last, gap, &mut bytes).ok_or(HexError::Repeat { line: star })?;
            if repeated > REPEAT_LIMIT {
                return Err(HexError::Repeat { line: star });
            }
        }
        last = line.row()?.bytes;
        bytes.extend_from_slice(&last);
        expected = line.offset.checked_add(last.len() as u64);
        if expected.is_none() {
            return Err(HexError::Offset { line: number, expected: next, found: line.offset });
        }
    }
    match star {
        Some(line) => Err(HexError::Repeat { line }),
        None => Ok(bytes),
    }
}

/// Appends so many bytes of rows that are as the last one, and says how many; `None` if that cannot be.
pub(super) fn repeat(last: &[u8], gap: u64, bytes: &mut Vec<u8>) -> Option<usize> {
    let gap = usize::try_from(gap).ok().filter(|gap| *gap <= REPEAT_LIMIT)?;
    if last.is_empty() || gap % last.len() != 0 {
        return None;
    }
    bytes.extend(last.iter().cycle().take(gap));
    Some(gap)
}

/// Lines that are not blank, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim().is_empty())
}

fn foreign(number: usize, line: &str) -> HexError {
    let odd = line.chars().enumerate().find(|(_, c)| !c.is_ascii_hexdigit() && !c.is_whitespace());
    let (at, character) = odd.or_else(|| line.chars().enumerate().next()).unwrap_or_default();
    HexError::Unexpected { character, line: number, column: at + 1 }
}

/// What stands behind the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Colon,
    /// Two spaces or more, or a tab.
    Gap,
    Space,
    /// Nothing: the last line of `hexdump`.
    End,
}

/// What a line of a dump says.
#[derive(Debug)]
pub(super) struct Row {
    pub bytes: Vec<u8>,
    /// Whether a text column says the same.
    pub text: bool,
}

/// A line that begins with an offset.
pub(super) struct Line<'t> {
    number: usize,
    pub offset: u64,
    /// How many it has.
    pub digits: usize,
    pub after: After,
    /// What stands behind the offset and its separator.
    body: &'t str,
    /// Its column, from 1.
    column: usize,
}

impl<'t> Line<'t> {
    pub fn of((number, line): (usize, &'t str)) -> Option<Self> {
        let start = line.trim_start();
        let start = start.strip_prefix("0x").unwrap_or(start);
        let digits = start.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(start.len());
        if !(4..=16).contains(&digits) {
            return None;
        }
        let (offset, rest) = start.split_at(digits);
        let offset = u64::from_str_radix(offset, 16).ok()?;
        let (after, rest) = match rest.strip_prefix(':') {
            Some(rest) if rest.starts_with([' ', '\t']) => (After::Colon, rest),
            None if rest.trim().is_empty() => (After::End, ""),
            None if rest.starts_with("  ") || rest.starts_with('\t') => (After::Gap, rest),
            None if rest.starts_with(' ') => (After::Space, rest),
            _ => return None,
        };
        let body = rest.trim_start();
        let column = line[..line.len() - body.len()].chars().count() + 1;
        Some(Self { number, offset, digits, after, body, column })
    }

    /// Where the text column of `hexdump -C` starts.
    fn bar(&self) -> Option<usize> {
        (self.after == After::Gap && self.body.trim_end().ends_with('|')).then(|| self.body.find('|'))?
    }

    pub fn is_in_pairs(&self) -> bool {
        let bytes = self.body.split("  ").next().unwrap_or_default();
        bytes.split_whitespace().all(|token| token.len() == 2)
    }

    /// The bytes, without the text column, which has to say the same.
    pub fn row(&self) -> Result<Row, HexError> {
        let bar = self.bar();
        let hex = &self.body[..bar.unwrap_or(self.body.len())];
        let mut bytes = Vec::new();
        let mut half: Option<(u32, usize)> = None;
        let mut text = bar;
        // Two spaces or more begin the text column, unless they are the gap in the middle.
        let mut spaces = 0;
        for (i, (at, character)) in hex.char_indices().enumerate() {
            let column = self.column + i;
            let lone = |(_, column)| HexError::Lone { line: self.number, column };
            if matches!(character, ' ' | '\t') {
                if let Some(half) = half {
                    return Err(lone(half));
                }
                spaces += 1;
                continue;
            }
            if spaces > 1 && bar.is_none() && !self.is_middle(bytes.len(), spaces, &hex[at..]) {
                text = Some(at);
                break;
            }
            spaces = 0;
            let Some(digit) = character.to_digit(16) else {
                return Err(HexError::Unexpected { character, line: self.number, column });
            };
            half = match half {
                Some((high, _)) => {
                    bytes.push((high << 4 | digit) as u8);
                    None
                }
                None => Some((digit, column)),
            };
        }
        if let Some((_, column)) = half {
            return Err(HexError::Lone { line: self.number, column });
        }
        match text {
            Some(at) if !text::says(&self.body[at..], &bytes) => {
                let column = self.column + self.body[..at].chars().count();
                Err(HexError::Text { line: self.number, column })
            }
            _ => Ok(Row { bytes, text: text.is_some() }),
        }
    }

    /// Whether two spaces are the gap in the middle of a row of 16 rather than the end of its bytes. `rest` is
    /// what follows them.
    fn is_middle(&self, bytes: usize, spaces: usize, rest: &str) -> bool {
        let mut next = rest.chars();
        let mut digit = || next.next().is_some_and(|c| c.is_ascii_hexdigit());
        bytes == 8
            && spaces == 2
            && self.after != After::Colon
            && digit()
            && digit()
            && next.next().is_none_or(|c| c.is_ascii_whitespace())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Reading, parse, read as read_any};
    use super::*;

    const HELLO: &[u8] = b"Hello world, | 41 42  43\n";

    fn assert_dump(text: &str, bytes: &[u8]) {
        assert_eq!(read_any(text), Ok(Reading { bytes: bytes.into(), dump: true }), "{text}");
    }

    /// The same 25 bytes as each tool prints them (xxd, hexdump and od were run, the others follow their manuals).
    #[test]
    fn the_real_tools() {
        assert_dump(
            "00000000  48 65 6c 6c 6f 20 77 6f  72 6c 64 2c 20 7c 20 34  |Hello world, | 4|\n\
             00000010  31 20 34 32 20 20 34 33  0a                       |1 42  43.|\n\
             00000019\n",
            HELLO,
        );
        assert_dump(
            "00000000: 4865 6c6c 6f20 776f 726c 642c 207c 2034  Hello world, | 4\n\
             00000010: 3120 3432 2020 3433 0a                   1 42  43.\n",
            HELLO,
        );
        assert_dump(
            "00000000: 48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 7c 20 34  Hello world, | 4\n\
             00000010: 31 20 34 32 20 20 34 33 0a                       1 42  43.\n",
            HELLO,
        );
        assert_dump(
            "000000 48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 7c 20 34\n\
             000010 31 20 34 32 20 20 34 33 0a\n\
             000019\n",
            HELLO,
        );
        assert_dump(
            "000000 48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 7c 20 34  >Hello world, | 4<\n\
             000010 31 20 34 32 20 20 34 33 0a                       >1 42  43.<\n\
             000019\n",
            HELLO,
        );
        assert_dump(
            "\t0x0000:  4865 6c6c 6f20 776f 726c 642c 207c 2034  Hello.world,.|.4\n\
             \t0x0010:  3120 3432 2020 3433 0a                   1.42..43.\n",
            HELLO,
        );
        assert_dump(
            "0000   48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 7c 20 34   Hello world, | 4\n\
             0010   31 20 34 32 20 20 34 33 0a                        1 42  43.\n",
            HELLO,
        );
        assert_dump(
            "0000  48 65 6c 6c 6f 20 77 6f  72 6c 64 2c 20 7c 20 34   Hello wo rld, | 4\n\
             0010  31 20 34 32 20 20 34 33  0a                        1 42  43 .\n",
            HELLO,
        );
    }

    #[test]
    fn one_line_from_offset_zero() {
        assert_dump("0000  41 42", b"AB");
        assert_dump("00000000: 4142 43                                  ABC", b"ABC");
        assert_dump("00000000  41 42                                             |AB|", b"AB");
        assert_dump("00000020: 4142 4a                                  ABJ", b"ABJ");
    }

    #[test]
    fn a_part_of_a_dump_may_begin_anywhere() {
        assert_dump("00000020: 4142 4344  ABCD\n00000024: 4546  EF", b"ABCDEF");
        assert_dump("0020   41 42 43 44   ABCD\n0024   45 46         EF", b"ABCDEF");
    }

    #[test]
    fn stars_are_filled_in_where_offsets_tell() {
        assert_dump(
            "00000000  00 01  |..|\n*\n00000008  41 42  |AB|\n0000000a\n",
            b"\x00\x01\x00\x01\x00\x01\x00\x01AB",
        );
        assert_dump("000000 00 01\n*\n000004 41\n000005\n", b"\x00\x01\x00\x01A");
        assert_dump("00000000: 0001  ..\n*\n00000004: 41  A", b"\x00\x01\x00\x01A");
        for text in ["0000  00 01\n*\n", "0000  00 01\n*\n0007  41", "0000  00 01\n*\nffffffffffff  41"] {
            assert_eq!(parse(text), Err(HexError::Repeat { line: 2 }), "{text}");
        }
        let text = "0000  00 01\n*\n0001  41";
        assert_eq!(parse(text), Err(HexError::Offset { line: 3, expected: 2, found: 1 }));
    }

    #[test]
    fn typed_groups_are_no_dump() {
        for (typed, len) in [
            ("41424344  4546", 6),
            ("0000 0001\n0002 0003", 8),
            ("DEADBEEF: 01 02", 6),
            ("00000000", 4),
            ("0000", 2),
            ("0000  41\n42 43", 5),
            ("0001 41\n0007 42", 6),
            // `12` is what a text column would say, and hex as well.
            ("4142  3132  12", 5),
        ] {
            assert_eq!(read_any(typed).map(|r| (r.bytes.len(), r.dump)), Ok((len, false)), "{typed}");
        }
    }

    /// Adding up offsets overflowed here.
    #[test]
    fn the_last_address_there_is() {
        assert!(parse("ffffffffffffffff  41\n0000  42").is_ok());
        assert!(parse("ffffffffffffffff: 41 42\nffffffffffffffff: 43").is_ok());
    }

    /// Dropped as a text column, or read backwards, without a word.
    #[test]
    fn what_is_left_out_is_text_or_an_error() {
        for (text, column) in [
            ("0000  41 42 43 44  45 46 47 48", 20),
            ("0000  41 42 43 44 45 46 47 48  49 50 51 52  53", 45),
            ("0000  41 42  AC", 14),
            ("0000  41 42  A", 14),
            ("0000  41 42  ABC", 14),
            ("00000000  41 42  |AC|", 18),
            // xxd -e, xxd -b
            ("00000000: 6c6c6548 6f77206f  Hello wo", 30),
            ("00000000: 01001000 01100101  He", 30),
        ] {
            assert_eq!(parse(text), Err(HexError::Text { line: 1, column }), "{text}");
        }
    }

    #[test]
    fn a_damaged_dump_says_where() {
        let damaged = |text| parse(text).unwrap_err();
        assert_eq!(damaged("0000  41 42\n0003  43"), HexError::Offset { line: 2, expected: 2, found: 3 },);
        assert_eq!(damaged("0000  41 4\n0002  43"), HexError::Lone { line: 1, column: 10 });
        assert_eq!(damaged("0000  41 4z\n0002  43"), HexError::Unexpected { character: 'z', line: 1, column: 11 });
        assert_eq!(damaged("0000  41\n0001  42\nthe end"), HexError::Unexpected { character: 't', line: 3, column: 1 },);
        assert_eq!(
            damaged("ffffffffffffffff  41 42  |AB|"),
            HexError::Offset { line: 1, expected: u64::MAX, found: u64::MAX },
        );
    }
}
