//! Hex that comes line by line, each line for itself: the state of a dump is kept over its lines.
//!
//! A row of a dump proves little by itself: `00000010: 7273` may be four bytes and two more that somebody typed. Behind a
//! row that is one, the next is known by its offset, and a bare offset is the end. What stays doubtful is refused: an
//! offset that is sent as data is found by nobody.

use super::{
    HexError,
    dump::{self, After, Line},
    plain,
};

/// Reads lines, among them those of dumps.
#[derive(Debug, Default)]
pub struct Lines {
    rows: Option<Rows>,
}

/// The rows that were read so far of a dump.
#[derive(Debug)]
struct Rows {
    /// The offset of the next; unknown behind a damaged one.
    expected: Option<u64>,
    digits: usize,
    after: After,
    /// The last row, and the number of the line with a `*` behind it.
    last: Vec<u8>,
    star: Option<usize>,
    /// They are refused, because nothing proves that they are rows.
    doubtful: bool,
}

/// Hex digits that an offset has at least where nothing else tells it from data.
const DIGITS: usize = 6;
/// Those of `xxd`.
const XXD_DIGITS: usize = 8;

impl Lines {
    /// The bytes of the next line, whose number errors tell; `None` if it is a part of a dump without bytes of its own: a
    /// `*`, whose bytes come with the row behind it, or the offset at the end.
    ///
    /// # Errors
    /// What is not hex, or may be data or not.
    pub fn read(&mut self, number: usize, text: &str) -> Result<Option<Vec<u8>>, HexError> {
        if text.trim().is_empty() {
            return Ok(Some(Vec::new()));
        }
        if let Some(mut rows) = self.rows.take() {
            if rows.is_end(text) {
                return rows.end(number, text);
            }
            if let Some(next) = rows.next(number, text) {
                self.rows = Some(rows);
                return next;
            }
        }
        let Some(row) = Line::of((1, text)) else { return plain(text).map(Some) };
        let (is_row, doubtful) = (dump::is_one(text), is_doubtful(&row));
        if !is_row && !doubtful {
            return plain(text).map(Some);
        }
        let mut rows = Rows {
            expected: Some(row.offset),
            digits: row.digits,
            after: row.after,
            last: Vec::new(),
            star: None,
            doubtful: !is_row,
        };
        let read = rows.row(number, &row);
        self.rows = Some(rows);
        read
    }

    /// The end of the input.
    ///
    /// # Errors
    /// The last line was a `*`, of which nothing says how many bytes it stands for.
    pub fn finish(&mut self) -> Result<(), HexError> {
        match self.rows.take().and_then(|rows| rows.star) {
            Some(line) => Err(HexError::Repeat { line }),
            None => Ok(()),
        }
    }
}

/// Whether nothing tells if it is a row: one of `xxd` without its text, or the first one of `od -A x -t x1`.
fn is_doubtful(row: &Line<'_>) -> bool {
    match row.after {
        After::Colon => row.digits >= XXD_DIGITS,
        After::Space => row.offset == 0 && row.digits >= DIGITS && row.is_in_pairs() && row.row().is_ok(),
        After::Gap | After::End => false,
    }
}

impl Rows {
    /// Whether a line is the offset behind the last row.
    fn is_end(&self, text: &str) -> bool {
        Line::of((1, text)).is_some_and(|line| {
            let follows = self
                .expected
                .is_none_or(|expected| line.offset == expected || (self.star.is_some() && line.offset > expected));
            line.after == After::End && line.digits == self.digits && line.digits >= DIGITS && follows
        })
    }

    fn end(mut self, number: usize, text: &str) -> Result<Option<Vec<u8>>, HexError> {
        let Some(line) = Line::of((1, text)) else { return Ok(None) };
        if self.doubtful || self.expected.is_none() {
            return Err(HexError::Row { line: number });
        }
        let mut bytes = Vec::new();
        self.fill(line.offset, &mut bytes)?;
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// What a line says that belongs to these rows; `None` if it does not.
    fn next(&mut self, number: usize, text: &str) -> Option<Result<Option<Vec<u8>>, HexError>> {
        if text.trim() == "*" {
            self.star = Some(number);
            return Some(Ok(None));
        }
        let line = Line::of((1, text)).filter(|line| line.after != After::End)?;
        let alike = line.after == self.after && line.digits == self.digits;
        let found = line.offset;
        let follows = match self.expected {
            Some(expected) => found == expected || (alike && self.star.is_some() && found > expected),
            None => alike,
        };
        if follows {
            return Some(self.row(number, &line));
        }
        // Another dump begins, or it is no row at all.
        let expected = self.expected.filter(|_| alike && found != 0 && !self.doubtful && self.after != After::Space)?;
        self.star = None;
        self.expected = None;
        Some(Err(HexError::Offset { line: number, expected, found }))
    }

    /// Takes a row.
    fn row(&mut self, number: usize, line: &Line<'_>) -> Result<Option<Vec<u8>>, HexError> {
        let mut bytes = Vec::new();
        let filled = self.fill(line.offset, &mut bytes);
        self.expected = None;
        let row = line.row()?;
        self.expected = line.offset.checked_add(row.bytes.len() as u64);
        bytes.extend_from_slice(&row.bytes);
        self.last = row.bytes;
        filled?;
        if self.doubtful { Err(HexError::Row { line: number }) } else { Ok(Some(bytes)) }
    }

    /// Appends what a `*` stands for, up to this offset.
    fn fill(&mut self, until: u64, bytes: &mut Vec<u8>) -> Result<(), HexError> {
        let Some(line) = self.star.take() else { return Ok(()) };
        let gap = self.expected.and_then(|expected| until.checked_sub(expected));
        let filled = gap.and_then(|gap| dump::repeat(&self.last, gap, bytes));
        filled.map(|_| ()).ok_or(HexError::Repeat { line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent of these lines together, and the lines that are refused.
    fn read(text: &str) -> (Vec<u8>, Vec<usize>) {
        let (mut lines, mut bytes, mut refused) = (Lines::default(), Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            match lines.read(number, line) {
                Ok(read) => bytes.extend(read.unwrap_or_default()),
                Err(_) => refused.push(number),
            }
        }
        if let Err(HexError::Repeat { line }) = lines.finish() {
            refused.push(line);
        }
        (bytes, refused)
    }

    #[test]
    fn a_dump_says_the_same_line_by_line_as_in_one() {
        for text in [
            "00000000  48 65 6c 6c 6f 20 77 6f  72 6c 64 2c 20 7c 20 34  |Hello world, | 4|\n\
             00000010  31 20 34 32 20 20 34 33  0a                       |1 42  43.|\n\
             00000019\n",
            "00000000: 4865 6c6c 6f20 776f 726c 642c 207c 2034  Hello world, | 4\n\
             00000010: 3120 3432 2020 3433 0a                   1 42  43.\n",
            "00000000: 48 65 6c 6c 6f 20 77 6f\n00000008: 72 6c 64 2c 20 7c\n",
            "\t0x0000:  4865 6c6c 6f20 776f 726c 642c 207c 2034  Hello.world,.|.4\n\
             \t0x0010:  3120 3432 2020 3433 0a                   1.42..43.\n",
            "0000   48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 7c 20 34   Hello world, | 4\n\
             0010   31 20 34 32 20 20 34 33 0a                        1 42  43.\n",
            "000000 48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 7c 20 34  >Hello world, | 4<\n\
             000010 31 20 34 32 20 20 34 33 0a                       >1 42  43.<\n\
             000019\n",
            "00000000  00 01  |..|\n*\n00000008  41 42  |AB|\n*\n0000000e\n",
            "00000020: 4142 4a4b  ABJK\n00000024: 4546  EF",
            "00000010  41 4a  |AJ|\n00000012\n",
        ] {
            assert_eq!(read(text), (super::super::parse(text).unwrap(), vec![]), "{text}");
        }
    }

    /// Their offsets went out as data.
    #[test]
    fn what_may_be_an_offset_is_refused() {
        for (text, bytes, refused) in [
            // od -A x -t x1
            ("000000 48 65 6c 6c 6f 20 77 6f\n000008 72 6c\n00000a\n", &b""[..], &[1, 2, 3][..]),
            // A part of what xxd shows, without its text.
            ("00000020: 4142\n00000022: 4344\n", b"", &[1, 2]),
            // A row is missing, one is damaged, or a * stands for nobody knows what.
            ("00000000: 4142\n00000008: 4344\n0000000a: 4546\n", b"ABEF", &[2]),
            ("00000000: 4142\n00000002: 43zz\n00000004: 4546\n00000006\n", b"ABEF", &[2]),
            ("00000000: 4142\n00000002: 43zz\n00000004\n", b"AB", &[2, 3]),
            ("00000000  41 42  |AB|\n*\n", b"AB", &[2]),
            ("00000000  41 42  |AB|\n*\n00000005  43  |C|\n00000006\n", b"AB", &[3]),
            // xxd -e
            ("00000000: 6c6c6548 6f77206f  Hello wo\n00000008: 2c646c72   rld,\n", b"", &[1, 2]),
        ] {
            assert_eq!(read(text), (bytes.to_vec(), refused.to_vec()), "{text}");
        }
    }

    #[test]
    fn what_is_typed_behind_a_dump_is_data_again() {
        for (text, bytes) in [
            ("0000  41 42\n43 44\n0002\n", &b"ABCD\0\x02"[..]),
            ("0000  41 42\n0002\n", b"AB\0\x02"),
            ("0000  41 42\n0000  43\n", b"ABC"),
            ("00000000  41 42  |AB|\n00000002\n00000002\n", b"AB\0\0\0\x02"),
            ("0000  41 42\n\n0002  43\n", b"ABC"),
            ("0001 41\n41424344  4546\n00 00\n000000\n", b"\0\x01AABCDEF\0\0\0\0\0"),
        ] {
            assert_eq!(read(text), (bytes.to_vec(), vec![]), "{text}");
        }
    }
}
