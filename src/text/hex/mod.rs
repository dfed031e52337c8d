//! Hex as people type and paste it, and as it is shown.
//!
//! Every tool takes hex, and each guesses differently at a digit without its partner: one puts a 0 before it,
//! one behind it, one drops it. Here it is an error with its place. What is pasted from `hexdump -C`, `xxd`,
//! `od -A x -t x1`, `tcpdump -X` or Wireshark is recognised and loses its offsets and its text column.

mod dump;
mod lines;
mod show;
mod text;

pub use self::lines::Lines;
pub use self::show::{ROW, dump, line, offset, pair_column, pairs, printable, row, rows};

/// Something that is not hex. Lines and columns are counted from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// A digit without its partner.
    #[error("a lone hex digit in line {line}, column {column}")]
    Lone {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// Neither a hex digit nor something that may stand between two bytes.
    #[error("{character:?} is not hex (line {line}, column {column})")]
    Unexpected {
        /// The character.
        character: char,
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// `0x` or `\x` and no digits behind it.
    #[error("hex digits are missing behind line {line}, column {column}")]
    Prefix {
        /// Line.
        line: usize,
        /// Column of the `x`.
        column: usize,
    },
    /// A pasted dump has a gap, or two lines have changed places.
    #[error("line {line} is at {found:#X}, but {expected:#X} comes next in this dump")]
    Offset {
        /// Line.
        line: usize,
        /// Where the line before it ends.
        expected: u64,
        /// What the line says.
        found: u64,
    },
    /// A `*` in a pasted dump: nothing says how often the line before it repeats, or it is more than
    /// [`REPEAT_LIMIT`].
    #[error("the * in line {line} cannot be filled in")]
    Repeat {
        /// Line.
        line: usize,
    },
    /// What stands behind the bytes of a dump's line is not their text: bytes in other groups, or damaged.
    #[error("the text in line {line}, column {column} is not that of the bytes before it")]
    Text {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// A line that may be a row of a dump, whose first digits are an offset, or data.
    #[error("line {line} may begin with an offset or with data")]
    Row {
        /// Line.
        line: usize,
    },
}

/// Bytes that the `*` lines of one pasted dump may stand for.
pub const REPEAT_LIMIT: usize = 16 << 20;

/// What typed or pasted hex says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether it was read as a dump: offsets and text were left out.
    pub dump: bool,
}

/// Parses typed or pasted hex.
///
/// Bytes are pairs of digits. Between them may stand spaces, line breaks and `, : ; - _`, before them `0x` or
/// `\x`; without anything between, the number of digits has to be even.
///
/// # Errors
/// What is not hex, and where.
pub fn parse(text: &str) -> Result<Vec<u8>, HexError> {
    read(text).map(|reading| reading.bytes)
}

/// The same, and says whether it was taken for a dump.
///
/// # Errors
/// As [`parse`].
pub fn read(text: &str) -> Result<Reading, HexError> {
    if dump::is_one(text) {
        return Ok(Reading { bytes: dump::read(text)?, dump: true });
    }
    plain(text).map(|bytes| Reading { bytes, dump: false })
}

fn plain(text: &str) -> Result<Vec<u8>, HexError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let (mut line, mut column) = (1, 0);
    // The first digit of a pair, and its place.
    let mut half: Option<(u32, usize, usize)> = None;
    // The x of a prefix whose digits are still to come.
    let mut prefix: Option<(usize, usize)> = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        column += 1;
        if let Some(digit) = character.to_digit(16) {
            prefix = None;
            half = match half {
                Some((high, ..)) => {
                    bytes.push((high << 4 | digit) as u8);
                    None
                }
                None => Some((digit, line, column)),
            };
            continue;
        }
        if let Some((line, column)) = prefix {
            return Err(HexError::Prefix { line, column });
        }
        let is_x = |c: char| matches!(c, 'x' | 'X');
        match (character, half) {
            ('x' | 'X', Some((0, ..))) => {
                half = None;
                prefix = Some((line, column));
            }
            ('\\', None) if characters.next_if(|next| is_x(*next)).is_some() => {
                column += 1;
                prefix = Some((line, column));
            }
            (',' | ':' | ';' | '-' | '_' | '\\', Some((_, line, column))) => {
                return Err(HexError::Lone { line, column });
            }
            (space, Some((_, line, column))) if space.is_whitespace() => return Err(HexError::Lone { line, column }),
            (',' | ':' | ';' | '-' | '_', None) => {}
            (space, None) if space.is_whitespace() => {}
            _ => return Err(HexError::Unexpected { character, line, column }),
        }
        if character == '\n' {
            (line, column) = (line + 1, 0);
        }
    }
    match (half, prefix) {
        (Some((_, line, column)), _) => Err(HexError::Lone { line, column }),
        (None, Some((line, column))) => Err(HexError::Prefix { line, column }),
        (None, None) => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type() {
        for typed in [
            "C4E3BAC3",
            "c4 e3 ba c3",
            "C4:E3:BA:C3",
            "c4-e3-ba-c3",
            "C4,E3;BA_C3",
            "0xC4 0xE3 0xBA 0xC3",
            "0xC4,0xe3,0XBA, 0xC3,",
            "0xC4E3BAC3",
            "0xC40xE30xBA0xC3",
            "\\xc4\\xe3\\xba\\xc3",
            "  C4E3\r\n\tBAC3\n",
            "C4 E3BA C3",
        ] {
            assert_eq!(parse(typed), Ok(vec![0xC4, 0xE3, 0xBA, 0xC3]), "{typed}");
        }
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse(" \n"), Ok(vec![]));
        assert_eq!(parse("00 0x00"), Ok(vec![0, 0]));
    }

    /// One rival makes 06, one 60, one nothing of it.
    #[test]
    fn a_lone_digit_is_never_completed() {
        for (typed, line, column) in [
            ("6", 1, 1),
            ("41 6", 1, 4),
            ("6 41", 1, 1),
            ("416", 1, 3),
            ("0x4", 1, 3),
            ("0x4,0x41", 1, 3),
            ("41\n 4-2", 2, 2),
        ] {
            assert_eq!(parse(typed), Err(HexError::Lone { line, column }), "{typed}");
        }
        assert_eq!(parse("4\\x41"), Err(HexError::Lone { line: 1, column: 1 }));
    }

    #[test]
    fn anything_else_is_an_error_at_its_place() {
        for (typed, character, line, column) in [
            ("hello", 'h', 1, 1),
            ("4G", 'G', 1, 2),
            ("A中B", '中', 1, 2),
            ("41\n你", '你', 2, 1),
            ("1x41", 'x', 1, 2),
            ("41 \\n", '\\', 1, 4),
            ("{0x41}", '{', 1, 1),
            ("４１", '４', 1, 1),
            ("41h", 'h', 1, 3),
        ] {
            assert_eq!(parse(typed), Err(HexError::Unexpected { character, line, column }), "{typed}");
        }
        for (typed, column) in [("0x", 2), ("41 \\x", 5), ("0x,41", 2), ("0xx41", 2)] {
            assert_eq!(parse(typed), Err(HexError::Prefix { line: 1, column }), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let shown = dump(&bytes);
            prop_assert_eq!(parse(&shown), Ok(bytes.clone()));
            prop_assert_eq!(parse(&line(&bytes, usize::MAX)), Ok(bytes.clone()));
            let mut rows = Vec::new();
            for row in bytes.chunks(ROW) {
                rows.extend(parse(&pairs(row)).unwrap());
            }
            prop_assert_eq!(rows, bytes);
        }

        #[test]
        fn any_separators_do(
            bytes in prop::collection::vec(any::<u8>(), 1..20),
            between in "[ ,:;_\n-]{1,3}",
            before in prop::sample::select(vec!["", "0x", "\\x", "0X"]),
        ) {
            let typed: Vec<String> = bytes.iter().map(|byte| format!("{before}{byte:02x}")).collect();
            prop_assert_eq!(parse(&typed.join(&between)), Ok(bytes));
        }

        #[test]
        fn nothing_typed_panics(text in r"(0000|[0-9a-fx]| |  |\n|:|\||\*|\\|你|.){0,40}") {
            let _ = read(&text);
        }
    }
}
