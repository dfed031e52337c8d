//! Standard input, read line by line on a thread of its own.
//!
//! A read of standard input cannot be waited for together with a socket on every platform, and cannot be stopped;
//! so it blocks where nothing else does, and its lines come through a bounded channel. A line longer than
//! [`PIECE`] comes in pieces, cut between two characters, so that a file without newlines needs no memory of its size.

use std::{
    io::{self, BufRead},
    thread,
};

use crossbeam_channel::{Receiver, bounded};

/// Bytes of a line that are kept together at least, if it is that long.
pub(super) const PIECE: usize = 1 << 20;

/// A line of standard input, or a piece of a long one, without its newline.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes, which ought to be UTF-8.
    pub bytes: Vec<u8>,
    /// What follows.
    pub then: Then,
}

/// What follows a [`Line`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// A newline.
    Newline,
    /// The end of the input: the last line had no newline.
    End,
    /// The rest of the same line.
    More,
}

/// Starts reading standard input. The channel ends where the input does; an error to read is its last item.
///
/// # Errors
/// The system gave no thread.
pub(super) fn lines() -> io::Result<Receiver<io::Result<Line>>> {
    let (sender, receiver) = bounded(8);
    thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut lines = Lines { input: io::stdin().lock(), carry: Vec::new(), number: 1 };
        while let Some(line) = lines.next_line().transpose() {
            let failed = line.is_err();
            if sender.send(line).is_err() || failed {
                break;
            }
        }
    })?;
    Ok(receiver)
}

struct Lines<R> {
    input: R,
    /// The beginning of a character that was cut off the last piece.
    carry: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = std::mem::take(&mut self.carry);
        loop {
            let available = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                available => available?,
            };
            if available.is_empty() {
                let last = Line { number: self.number, bytes, then: Then::End };
                return Ok((!last.bytes.is_empty()).then_some(last));
            }
            if let Some(newline) = memchr::memchr(b'\n', available) {
                bytes.extend_from_slice(available.get(..newline).unwrap_or_default());
                self.input.consume(newline + 1);
                // A console of Windows ends lines with CR LF; elsewhere a CR was meant.
                if cfg!(windows) && bytes.last() == Some(&b'\r') {
                    bytes.pop();
                }
                let line = Line { number: self.number, bytes, then: Then::Newline };
                self.number += 1;
                return Ok(Some(line));
            }
            let taken = available.len();
            bytes.extend_from_slice(available);
            self.input.consume(taken);
            if bytes.len() >= PIECE {
                self.carry = bytes.split_off(whole_characters(&bytes));
                return Ok(Some(Line { number: self.number, bytes, then: Then::More }));
            }
        }
    }
}

/// The length of `bytes` without an unfinished UTF-8 character at its end.
fn whole_characters(bytes: &[u8]) -> usize {
    let tail = bytes.iter().rev().take(4).position(|byte| byte & 0xC0 != 0x80);
    let Some((back, lead)) = tail.and_then(|back| Some((back, *bytes.iter().rev().nth(back)?))) else {
        return bytes.len();
    };
    let needed = match lead {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
        _ => 1,
    };
    if back + 1 < needed { bytes.len() - back - 1 } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], buffer: usize) -> Vec<(u64, Vec<u8>, Then)> {
        let input = io::BufReader::with_capacity(buffer, input);
        let mut lines = Lines { input, carry: Vec::new(), number: 1 };
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            found.push((line.number, line.bytes, line.then));
        }
        found
    }

    #[test]
    fn lines_lose_only_their_newline() {
        for buffer in [1, 2, 3, 100] {
            assert_eq!(
                read("a\n\n你\nlast".as_bytes(), buffer),
                [
                    (1, b"a".to_vec(), Then::Newline),
                    (2, b"".to_vec(), Then::Newline),
                    (3, "你".as_bytes().to_vec(), Then::Newline),
                    (4, b"last".to_vec(), Then::End),
                ]
            );
        }
        assert!(read(b"", 8).is_empty());
    }

    #[test]
    fn a_long_line_comes_in_whole_characters() {
        let text = format!("x{}\nend", "你好😀".repeat(PIECE / 4));
        let pieces = read(text.as_bytes(), 8_191);
        assert!(pieces.len() > 3, "{}", pieces.len());
        let mut joined = Vec::new();
        for (number, bytes, then) in &pieces {
            assert!(std::str::from_utf8(bytes).is_ok());
            assert_eq!(*number, if *then == Then::End { 2 } else { 1 });
            joined.extend_from_slice(bytes);
            if *then == Then::Newline {
                joined.push(b'\n');
            }
        }
        assert_eq!(joined, text.as_bytes());
    }

    #[test]
    fn what_is_not_utf8_is_not_held_back_for_ever() {
        for bytes in [&[0x80; 9][..], &[0xFF], &[], b"abc", &[0xE4, 0xBD]] {
            assert!(whole_characters(bytes) <= bytes.len());
        }
        assert_eq!(whole_characters(&[b'a', 0xE4, 0xBD]), 1);
        assert_eq!(whole_characters("你".as_bytes()), 3);
        assert_eq!(whole_characters(&[0x80; 9]), 9);
    }
}
