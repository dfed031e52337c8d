//! What was typed, to the exact bytes that are sent.
//!
//! One way for the window's preview, for sending and for the command line, so that what the preview shows is
//! what goes out. Columns in errors are those of the typed text, before escapes are read.

use serde::{Deserialize, Serialize};

use super::{
    charset::{Charset, EncodeError, Unmappable},
    escape::{self, EscapeError, Item},
    hex::{self, HexError},
};

/// How the typed text is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Characters, to be encoded.
    #[default]
    Text,
    /// Hex digits.
    Hex,
}

/// What is put behind a text message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Nothing.
    #[default]
    None,
    /// U+000A
    Lf,
    /// U+000D
    Cr,
    /// U+000D U+000A
    CrLf,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Lf, Self::Cr, Self::CrLf];

    /// Its characters.
    pub fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Lf => "\n",
            Self::Cr => "\r",
            Self::CrLf => "\r\n",
        }
    }
}

/// How a message is made of what was typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Composition {
    /// Text or hex.
    pub mode: Mode,
    /// The encoding of text.
    pub charset: Charset,
    /// What to do with characters it lacks.
    pub unmappable: Unmappable,
    /// What follows the text; encoded too. Not added in hex mode.
    pub ending: Ending,
    /// Whether backslash escapes are understood. Not in hex mode, where `\x41` is a way to write a byte.
    pub escapes: bool,
}

/// Why nothing can be sent. Columns are counted in characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A character that the encoding lacks.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// An escape that is unknown or unfinished.
    #[error(transparent)]
    Escape(#[from] EscapeError),
    /// Something that is not hex.
    #[error(transparent)]
    Hex(#[from] HexError),
}

/// A piece of a message with a counter in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The number of the message, from 1, in decimal digits of this encoding.
    Counter(Charset),
}

impl Part {
    /// Appends the part as it is in message number `n`.
    pub fn append_to(&self, n: u64, message: &mut Vec<u8>) {
        match self {
            Self::Bytes(bytes) => message.extend_from_slice(bytes),
            Self::Counter(charset) => {
                // Every encoding has the digits; `Skip` only says that there is no error to report.
                message.extend(charset.encode(&n.to_string(), Unmappable::Skip).unwrap_or_default());
            }
        }
    }
}

impl Composition {
    /// Stands for the message's number in a repeated message.
    pub const COUNTER: &'static str = "{n}";

    /// The bytes to send. A `{n}` is sent as it is typed.
    ///
    /// # Errors
    /// What is wrong and in which column; nothing is to be sent then.
    pub fn bytes(&self, typed: &str) -> Result<Vec<u8>, ComposeError> {
        match self.mode {
            Mode::Hex => Ok(hex::parse(typed)?),
            Mode::Text => {
                let mut bytes = Vec::new();
                for part in self.text_parts(typed, false)? {
                    part.append_to(0, &mut bytes);
                }
                Ok(bytes)
            }
        }
    }

    /// The message in pieces around every `{n}`, for repeated sending; without `{n}` a single piece.
    ///
    /// With escapes on, `\x7Bn}` writes the three characters themselves. In hex mode there is no counter: `{`
    /// is not hex.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub fn parts(&self, typed: &str) -> Result<Vec<Part>, ComposeError> {
        match self.mode {
            Mode::Hex => Ok(vec![Part::Bytes(hex::parse(typed)?)]),
            Mode::Text => self.text_parts(typed, true),
        }
    }

    /// Runs of characters are encoded together (an encoding may have states), raw bytes go between them.
    fn text_parts(self, typed: &str, counters: bool) -> Result<Vec<Part>, ComposeError> {
        let mut parts = Vec::new();
        let mut bytes = Vec::new();
        let mut run = Run::default();
        let mut items = escape::items(typed);
        loop {
            if counters && items.pass(Self::COUNTER) {
                self.encode(&mut run, &mut bytes)?;
                if !bytes.is_empty() {
                    parts.push(Part::Bytes(std::mem::take(&mut bytes)));
                }
                parts.push(Part::Counter(self.charset));
                continue;
            }
            let column = items.column();
            let item = if self.escapes { items.next().transpose()? } else { items.plain().map(Item::Character) };
            match item {
                Some(Item::Character(character)) => run.push(character, column),
                Some(Item::Byte(byte)) => {
                    self.encode(&mut run, &mut bytes)?;
                    bytes.push(byte);
                }
                None => break,
            }
        }
        for character in self.ending.text().chars() {
            run.push(character, items.column());
        }
        self.encode(&mut run, &mut bytes)?;
        if !bytes.is_empty() || parts.is_empty() {
            parts.push(Part::Bytes(bytes));
        }
        Ok(parts)
    }

    fn encode(self, run: &mut Run, bytes: &mut Vec<u8>) -> Result<(), EncodeError> {
        let run = std::mem::take(run);
        let encoded = self.charset.encode(&run.text, self.unmappable);
        bytes.extend(encoded.map_err(|error| EncodeError { column: run.column(error.column), ..error })?);
        Ok(())
    }
}

/// Characters in a row, and where they were typed.
#[derive(Default)]
struct Run {
    text: String,
    count: usize,
    /// Wherever the column is not one more than that of the character before: (index, column), ascending.
    jumps: Vec<(usize, usize)>,
    expected: usize,
}

impl Run {
    fn push(&mut self, character: char, column: usize) {
        if self.count == 0 || column != self.expected {
            self.jumps.push((self.count, column));
        }
        self.expected = column + 1;
        self.text.push(character);
        self.count += 1;
    }

    /// The column in which the n-th character (from 1) was typed.
    fn column(&self, n: usize) -> usize {
        let index = n.saturating_sub(1);
        let jump = self.jumps.iter().rev().find(|(at, _)| *at <= index);
        jump.map_or(n, |(at, column)| column + (index - at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(charset: Charset) -> Composition {
        Composition { charset, ..Composition::default() }
    }

    fn escapes(charset: Charset) -> Composition {
        Composition { escapes: true, ..text(charset) }
    }

    const HEX: Composition = Composition {
        mode: Mode::Hex,
        charset: Charset::UTF_16LE,
        unmappable: Unmappable::Refuse,
        ending: Ending::CrLf,
        escapes: true,
    };

    #[test]
    fn text_is_sent_as_typed_where_escapes_are_off() {
        assert_eq!(text(Charset::UTF_8).bytes("\\x41\\").unwrap(), b"\\x41\\");
        assert_eq!(text(Charset::UTF_8).bytes("").unwrap(), b"");
    }

    /// Packet Sender sends 04 10 42 for this in its text field.
    #[test]
    fn a_hanzi_between_letters_is_encoded_or_refused() {
        assert_eq!(text(Charset::GBK).bytes("A中B").unwrap(), [0x41, 0xD6, 0xD0, 0x42]);
        let ComposeError::Encode(error) = text(Charset::US_ASCII).bytes("A中B").unwrap_err() else { panic!() };
        assert_eq!((error.character, error.column), ('中', 2));
    }

    #[test]
    fn raw_bytes_go_past_the_encoding() {
        assert_eq!(escapes(Charset::UTF_16LE).bytes("A\\x41A").unwrap(), [0x41, 0, 0x41, 0x41, 0]);
        assert_eq!(escapes(Charset::UTF_16BE).bytes("\\u0041\\n").unwrap(), [0, 0x41, 0, 0x0A]);
        assert_eq!(escapes(Charset::GBK).bytes("\\xC4\\u{597D}").unwrap(), [0xC4, 0xBA, 0xC3]);
        assert_eq!(escapes(Charset::UTF_8).bytes("\\0abc").unwrap(), [0, 0x61, 0x62, 0x63]);
    }

    #[test]
    fn a_stateful_encoding_is_left_before_a_raw_byte() {
        let japanese = Charset::for_label("iso-2022-jp").unwrap();
        assert_eq!(escapes(japanese).bytes("日\\x41本").unwrap(), b"\x1b$BF|\x1b(BA\x1b$BK\\\x1b(B");
    }

    #[test]
    fn endings_are_encoded_too() {
        let ending = |charset, ending| Composition { ending, ..text(charset) }.bytes("a").unwrap();
        assert_eq!(ending(Charset::UTF_8, Ending::CrLf), b"a\r\n");
        assert_eq!(ending(Charset::UTF_16LE, Ending::Lf), [0x61, 0, 0x0A, 0]);
        assert_eq!(ending(Charset::UTF_32BE, Ending::Cr), [0, 0, 0, 0x61, 0, 0, 0, 0x0D]);
    }

    #[test]
    fn hex_knows_neither_encoding_nor_ending() {
        assert_eq!(HEX.bytes("C4 E3 ba c3").unwrap(), [0xC4, 0xE3, 0xBA, 0xC3]);
        assert_eq!(HEX.bytes("").unwrap(), b"");
        assert!(matches!(HEX.bytes("C4 E"), Err(ComposeError::Hex(_))));
        assert!(matches!(HEX.parts("41 {n}"), Err(ComposeError::Hex(_))));
    }

    #[test]
    fn columns_are_those_of_the_typed_text() {
        for (typed, column) in [("镕", 1), ("a\\n镕", 4), ("\\x41a\\u{9555}", 6), ("\\x41\\x41\\n你镕", 12)] {
            let ComposeError::Encode(error) = escapes(Charset::GB2312).bytes(typed).unwrap_err() else { panic!() };
            assert_eq!(error.column, column, "{typed}");
        }
        let ComposeError::Escape(error) = escapes(Charset::UTF_8).bytes("你\\").unwrap_err() else { panic!() };
        assert_eq!(error.column(), 2);
    }

    #[test]
    fn counters_are_encoded_with_the_message() {
        let utf16 = Composition { ending: Ending::Lf, ..text(Charset::UTF_16LE) };
        let parts = utf16.parts("第{n}条").unwrap();
        assert_eq!(
            parts,
            [Part::Bytes(vec![0x2C, 0x7B]), Part::Counter(Charset::UTF_16LE), Part::Bytes(vec![0x61, 0x67, 0x0A, 0]),]
        );
        let mut message = Vec::new();
        for part in &parts {
            part.append_to(10, &mut message);
        }
        assert_eq!(message, utf16.bytes("第10条").unwrap());
    }

    #[test]
    fn only_the_counter_itself_is_one() {
        let plain = text(Charset::UTF_8);
        assert_eq!(plain.parts("{n}").unwrap(), [Part::Counter(Charset::UTF_8)]);
        assert_eq!(plain.parts("{n").unwrap(), [Part::Bytes(b"{n".into())]);
        assert_eq!(plain.parts("").unwrap(), [Part::Bytes(Vec::new())]);
        assert_eq!(plain.bytes("{n}").unwrap(), b"{n}");
        assert_eq!(escapes(Charset::UTF_8).parts("\\x7Bn}").unwrap(), [Part::Bytes(b"{n}".into())]);
        // A backslash, and a counter.
        let parts = escapes(Charset::UTF_8).parts("\\\\{n}").unwrap();
        assert_eq!(parts, [Part::Bytes(b"\\".into()), Part::Counter(Charset::UTF_8)]);
        assert!(escapes(Charset::UTF_8).parts("\\u{n}").is_err());
    }

    proptest! {
           #[test]
           fn parts_make_the_message(typed in r"([a\\n{}x0-9]|\{n\}|你){0,12}", escapes: bool, n: u64) {
               let composition = Composition { escapes, ..text(Charset::GBK) };
               let whole = typed.replace("{n}", &n.to_string());
               if let (Ok(parts), Ok(bytes)) = (composition.parts(&typed), composition.bytes(&whole))
                   // A number behind an unfinished escape would finish it.
                   && !typed.contains('x')
               {
                   let mut message = Vec::new();
                   for part in &parts {
    part.append_to(n, &mut message);
    }
                   prop_assert_eq!(message, bytes);
               }
           }
       }
}
