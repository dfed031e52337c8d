//! Backslash escapes, in C's and Rust's spelling: `\0 \a \b \t \n \v \f \r \e \" \\ \xHH \uHHHH \u{H…}`.
//!
//! `\xHH` is one raw byte that goes past the encoding, so that half a character or a broken one can be sent
//! on purpose; all others are characters and go through it. `\0` is always one NUL: `\0abc` is four bytes, not
//! an octal number. What is unknown or unfinished is an error with its column and nothing is sent: tools that
//! drop it or pass it through send bytes that nobody typed.

use std::fmt::Write as _;

/// An escape that is unknown or unfinished. Columns are those of the backslash, from 1, in characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// No such escape.
    #[error("\\{escape} is not an escape (column {column})")]
    Unknown {
        /// The character behind the backslash.
        escape: char,
        /// Column of the backslash.
        column: usize,
    },
    /// The text or its hex digits end too soon: `\`, `\x4`, `\u12`, `\u{1F600`.
    #[error("{escape} is not finished (column {column})")]
    Unfinished {
        /// As far as it goes.
        escape: String,
        /// Column of the backslash.
        column: usize,
    },
    /// Half of a surrogate pair, which is no character: `\uD83D` without `\uDE00`.
    #[error("U+{code:04X} is half of a pair and no character (column {column})")]
    Surrogate {
        /// Its number.
        code: u32,
        /// Column of the backslash.
        column: usize,
    },
    /// Beyond U+10FFFF, or more than six digits.
    #[error("{escape} is beyond U+10FFFF, the last character (column {column})")]
    TooLarge {
        /// As typed.
        escape: String,
        /// Column of the backslash.
        column: usize,
    },
}

impl EscapeError {
    /// Column of the backslash, from 1, in characters.
    pub fn column(&self) -> usize {
        match self {
            Self::Unknown { column, .. }
            | Self::Unfinished { column, .. }
            | Self::Surrogate { column, .. }
            | Self::TooLarge { column, .. } => *column,
        }
    }
}

/// What a piece of typed text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A character, to be encoded.
    Character(char),
    /// A byte, sent as it is.
    Byte(u8),
}

/// Reads typed text item by item.
#[derive(Clone, Debug)]
pub struct Items<'t> {
    rest: &'t str,
    column: usize,
}

/// The items of a typed text. After an error there are no more.
pub fn items(text: &str) -> Items<'_> {
    Items { rest: text, column: 1 }
}

impl Items<'_> {
    /// Column of what comes next, from 1, in characters.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Passes over `prefix`, if that comes next.
    pub fn pass(&mut self, prefix: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(prefix) else { return false };
        self.rest = rest;
        self.column += prefix.chars().count();
        true
    }

    /// The next character as it is typed, a backslash too.
    pub fn plain(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        self.column += 1;
        Some(character)
    }

    /// Exactly `count` hex digits; as many as there are on failure.
    fn digits(&mut self, count: usize) -> Result<u32, String> {
        let mut digits = String::new();
        while digits.len() < count {
            match self.rest.chars().next().filter(char::is_ascii_hexdigit) {
                Some(digit) => digits.push(digit),
                None => return Err(digits),
            }
            self.plain();
        }
        u32::from_str_radix(&digits, 16).map_err(|_| digits)
    }

    fn escape(&mut self) -> Result<Item, EscapeError> {
        let column = self.column - 1;
        let unfinished = |escape: String| EscapeError::Unfinished { escape, column };
        let Some(kind) = self.plain() else { return Err(unfinished("\\".into())) };
        let character = match kind {
            '0' => '\0',
            'a' => '\x07',
            'b' => '\x08',
            't' => '\t',
            'n' => '\n',
            'v' => '\x0B',
            'f' => '\x0C',
            'r' => '\r',
            'e' => '\x1B',
            '"' | '\\' => kind,
            'x' => {
                let byte = self.digits(2).map_err(|digits| unfinished(format!("\\x{digits}")))?;
                return Ok(Item::Byte(byte as u8));
            }
            'u' if self.rest.starts_with('{') => self.braced(column)?,
            'u' => self.four_digits(column)?,
            _ => return Err(EscapeError::Unknown { escape: kind, column }),
        };
        Ok(Item::Character(character))
    }

    /// `\uHHHH`; a surrogate pair written as two of them is one character, as JSON writes it.
    fn four_digits(&mut self, column: usize) -> Result<char, EscapeError> {
        let unfinished = |digits| EscapeError::Unfinished { escape: format!("\\u{digits}"), column };
        let code = self.digits(4).map_err(unfinished)?;
        if (0xD800..0xDC00).contains(&code) {
            let mut ahead = self.clone();
            if ahead.pass("\\u")
                && let Ok(low @ 0xDC00..0xE000) = ahead.digits(4)
                && let Some(character) = char::from_u32(0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00))
            {
                *self = ahead;
                return Ok(character);
            }
        }
        char::from_u32(code).ok_or(EscapeError::Surrogate { code, column })
    }

    /// `\u{H…}`, one to six digits.
    fn braced(&mut self, column: usize) -> Result<char, EscapeError> {
        let inside: String = self.rest.chars().skip(1).take_while(char::is_ascii_hexdigit).take(40).collect();
        let escape = format!("\\u{{{inside}");
        let closed = self.rest[1 + inside.len()..].starts_with('}');
        if inside.is_empty() || !closed {
            return Err(EscapeError::Unfinished { escape, column });
        }
        self.rest = &self.rest[inside.len() + 2..];
        self.column += inside.len() + 2;
        let code = u32::from_str_radix(&inside, 16).ok().filter(|code| inside.len() <= 6 && *code <= 0x10_FFFF);
        let code = code.ok_or(EscapeError::TooLarge { escape: escape + "}", column })?;
        char::from_u32(code).ok_or(EscapeError::Surrogate { code, column })
    }
}

impl Iterator for Items<'_> {
    type Item = Result<Item, EscapeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = match self.plain()? {
            '\\' => self.escape(),
            character => Ok(Item::Character(character)),
        };
        if item.is_err() {
            self.rest = "";
        }
        Some(item)
    }
}

/// Writes text so that every character in it can be seen, and read back by [`items`].
///
/// Escaped are the backslash, control characters, and those that are invisible or turn the text around
/// (zero-width characters, direction marks, line separators, byte order marks).
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        push_escaped(character, &mut escaped);
    }
    escaped
}

/// Appends one character as [`escape`] writes it.
pub fn push_escaped(character: char, text: &mut String) {
    let short = match character {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0B' => 'v',
        '\x0C' => 'f',
        '\r' => 'r',
        '\x1B' => 'e',
        '\\' => '\\',
        _ if is_unseen(character) => {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\u{{{:X}}}", u32::from(character));
            return;
        }
        _ => return text.push(character),
    };
    text.extend(['\\', short]);
}

/// Whether a character leaves no mark of its own where it is shown, or moves others. A space is not meant.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<Item>, EscapeError> {
        items(text).collect()
    }

    fn characters(text: &str) -> Vec<Item> {
        text.chars().map(Item::Character).collect()
    }

    #[test]
    fn each_of_them() {
        assert_eq!(read("\\0\\a\\b\\t\\n\\v\\f\\r\\e\\\"\\\\"), Ok(characters("\0\x07\x08\t\n\x0B\x0C\r\x1B\"\\")),);
        assert_eq!(read("\\x41\\xFf"), Ok(vec![Item::Byte(0x41), Item::Byte(0xFF)]));
        assert_eq!(read("\\u4F60\\u{597d}\\u{1F600}\\u{0}"), Ok(characters("你好😀\0")));
        assert_eq!(read("\\uD83D\\uDE00"), Ok(characters("😀")));
        assert_eq!(read("plain 你好"), Ok(characters("plain 你好")));
    }

    #[test]
    fn nul_is_no_octal_number() {
        assert_eq!(read("\\0abc"), Ok(characters("\0abc")));
        assert_eq!(read("\\012"), Ok(characters("\x0012")));
    }

    #[test]
    fn a_newline_of_two_characters_counts_as_typed() {
        let error = read("你好\\nab\\q").unwrap_err();
        assert_eq!(error, EscapeError::Unknown { escape: 'q', column: 7 });
        assert_eq!(error.to_string(), "\\q is not an escape (column 7)");
    }

    #[test]
    fn what_is_not_finished_is_an_error_with_its_column() {
        for (typed, escape, column) in [
            ("\\", "\\", 1),
            ("abc\\", "\\", 4),
            ("\\x", "\\x", 1),
            ("a\\x4", "\\x4", 2),
            ("\\x4G", "\\x4", 1),
            ("\\xG4", "\\x", 1),
            ("\\u12", "\\u12", 1),
            ("\\u{", "\\u{", 1),
            ("\\u{}", "\\u{", 1),
            ("\\u{41", "\\u{41", 1),
            ("\\u{4你", "\\u{4", 1),
            ("你\\u", "\\u", 2),
        ] {
            assert_eq!(read(typed), Err(EscapeError::Unfinished { escape: escape.into(), column }), "{typed}");
        }
    }

    #[test]
    fn what_is_no_character_is_refused() {
        for (typed, code) in
            [("\\uD83D", 0xD83D), ("\\uDE00", 0xDE00), ("\\u{D800}", 0xD800), ("\\uD83D\\u0041", 0xD83D)]
        {
            assert_eq!(read(typed), Err(EscapeError::Surrogate { code, column: 1 }), "{typed}");
        }
        for typed in ["\\u{110000}", "\\u{0000041}", "\\u{FFFFFFFFFFFFFFFFFF}"] {
            assert_eq!(read(typed), Err(EscapeError::TooLarge { escape: typed.into(), column: 1 }), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(escape("a\\b\r\n\u{200B}\u{202E}\u{7F}你 \"好\""), "a\\\\b\\r\\n\\u{200B}\\u{202E}\\u{7F}你 \"好\"");
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(text in any::<String>()) {
            prop_assert_eq!(read(&escape(&text)), Ok(characters(&text)));
            prop_assert!(!escape(&text).chars().any(is_unseen));
        }

        #[test]
        fn anything_typed_is_read_or_refused_within_the_text(text in r#"(\\|[0abtnvfrexu"{}]|[0-9A-F]|\PC){0,12}"#) {
            if let Err(error) = read(&text) {
                let column = error.column();
                prop_assert_eq!(text.chars().nth(column - 1), Some('\\'));
            }
        }
    }
}
