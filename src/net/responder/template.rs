//! Texts with placeholders, checked when they are read and filled in when they are sent.
//!
//! `{text}` what was received as text, `{bytes}` the same as Python's `repr` prints bytes, `{hex}`, `{len}` its bytes;
//! `{n}` the message's number; `{peer}` and `{local}` addresses; `{now}` or `{now:%H:%M}` the time (`strftime`);
//! `{1}` … what the groups of a regular expression caught; `{line}` what a person typed; `{file.name}`, `{file.size}`;
//! `{time}` seconds since 1900 (RFC 868). A number may be sent in binary: `{file.size:i64-le}`. A group may be read as
//! binary: `{1:i64-le}` is the number that its bytes are. `{{` and `}}` are braces.

use std::net::SocketAddr;

use jiff::Zoned;
use serde::{Deserialize, Serialize};

use super::clock;
use crate::{
    framing::Prefix,
    text::{Charset, EncodeError, Unmappable, hex, python},
};

/// A text with placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Piece {
    Text(String),
    Slot(Slot),
}

/// A placeholder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the module says what each stands for")]
pub enum Slot {
    Text,
    Bytes,
    Hex,
    Len(Option<Prefix>),
    Number(Option<Prefix>),
    Peer,
    Local,
    Now(String),
    Group(usize, Option<Prefix>),
    Line,
    FileName,
    FileSize(Option<Prefix>),
    Time(Option<Prefix>),
}

/// Why a template was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct TemplateError {
    /// Where, in characters from 1.
    pub column: usize,
    /// What.
    pub problem: TemplateProblem,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// Nothing is called so.
    #[error("{{{0}}} is not a placeholder")]
    Unknown(String),
    /// A `{` without its `}`.
    #[error("this {{ has no }}; write {{{{ for the character itself")]
    Open,
    /// A `}` without its `{`.
    #[error("this }} has no {{; write }}}} for the character itself")]
    Close,
    /// What follows the colon is no binary number format.
    #[error("{0:?} is not a number format such as u32-be or i64-le")]
    Format(String),
    /// The time format has a conversion that `strftime` lacks.
    #[error("%{0} is not a conversion of strftime")]
    Time(String),
}

/// What placeholders are filled in from.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// What was received.
    pub message: &'a [u8],
    /// What the groups of the expression caught, from group 1 on.
    pub groups: &'a [Vec<u8>],
    /// The message's number.
    pub number: u64,
    /// The other end.
    pub peer: Option<SocketAddr>,
    /// This end.
    pub local: Option<SocketAddr>,
    /// What a person typed.
    pub line: &'a str,
    /// The file's name and size.
    pub file: Option<(&'a str, u64)>,
    /// The time.
    pub now: &'a Zoned,
    /// The encoding to send in.
    pub charset: Charset,
    /// The encoding of what was received.
    pub charset_in: Charset,
}

impl Template {
    /// What was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// `{line}`: what was typed, as it is.
    pub fn line() -> Self {
        Self { source: "{line}".into(), pieces: vec![Piece::Slot(Slot::Line)] }
    }

    /// The pieces in their order: text to be sent as it is, or a placeholder.
    pub fn pieces(&self) -> impl Iterator<Item = Result<&str, &Slot>> {
        self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Ok(text.as_str()),
            Piece::Slot(slot) => Err(slot),
        })
    }

    /// Whether its own text can be encoded.
    ///
    /// # Errors
    /// The first character that the encoding lacks; the column is that of the piece it stands in.
    pub fn encodable(&self, charset: Charset) -> Result<(), EncodeError> {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => charset.encode(text, Unmappable::Refuse).map(drop),
            Piece::Slot(_) => Ok(()),
        })
    }

    /// Whether it can be a format of `strftime` by itself. With placeholders that is known only when it is filled in.
    ///
    /// # Errors
    /// The first conversion that is not known, with its column.
    pub fn is_time_format(&self) -> Result<(), TemplateError> {
        if self.pieces().any(|piece| piece.is_err()) {
            return Ok(());
        }
        clock::check(&self.source)
            .map_err(|error| TemplateError { column: error.column(), problem: TemplateProblem::Time(error.letter()) })
    }

    /// The highest group that it names.
    pub fn groups(&self) -> usize {
        let group = |piece: &Piece| if let Piece::Slot(Slot::Group(n, _)) = piece { *n } else { 0 };
        self.pieces.iter().map(group).max().unwrap_or(0)
    }

    /// The bytes to send. What a peer said and the encoding to send in lacks is sent as `?`.
    ///
    /// # Errors
    /// A character of a typed line that the encoding lacks.
    pub fn render(&self, scene: &Scene<'_>) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                // Checked when the rules were read.
                Piece::Text(text) => out.extend(lenient(scene.charset, text)),
                Piece::Slot(slot) => out.extend(slot.render(scene)?),
            }
        }
        Ok(out)
    }

    /// The same as text, for counting and for what is not sent.
    pub fn text(&self, scene: &Scene<'_>) -> String {
        let utf8 = Scene { charset: Charset::UTF_8, ..scene.clone() };
        String::from_utf8_lossy(&self.render(&utf8).unwrap_or_default()).into_owned()
    }
}

fn lenient(charset: Charset, text: &str) -> Vec<u8> {
    charset.encode(text, Unmappable::Question).unwrap_or_default()
}

impl Slot {
    fn render(&self, scene: &Scene<'_>) -> Result<Vec<u8>, EncodeError> {
        let group =
            |n: usize| n.checked_sub(1).and_then(|index| scene.groups.get(index)).map_or(&[][..], Vec::as_slice);
        let text = match self {
            Self::Text => return Ok(received(scene.message, scene)),
            Self::Group(n, None) => return Ok(received(group(*n), scene)),
            Self::Line => return scene.charset.encode(scene.line, Unmappable::Refuse),
            Self::Len(format) => return Ok(number(scene.message.len() as u64, *format, scene)),
            Self::Number(format) => return Ok(number(scene.number, *format, scene)),
            Self::FileSize(format) => return Ok(number(scene.file.map_or(0, |file| file.1), *format, scene)),
            Self::Time(format) => return Ok(number(u64::from(clock::rfc868(scene.now)), *format, scene)),
            // Fewer or more bytes than the number has are not that number.
            Self::Group(n, Some(prefix)) => prefix.read(group(*n)).map(|number| number.to_string()).unwrap_or_default(),
            Self::Bytes => python::literal(scene.message),
            Self::Hex => hex::pairs(scene.message),
            Self::Peer => scene.peer.map(|addr| addr.to_string()).unwrap_or_default(),
            Self::Local => scene.local.map(|addr| addr.to_string()).unwrap_or_default(),
            // Checked when the rules were read.
            Self::Now(format) => clock::strftime(format, scene.now).unwrap_or_default(),
            Self::FileName => scene.file.map_or("", |file| file.0).to_owned(),
        };
        Ok(lenient(scene.charset, &text))
    }
}

/// What a peer said, in the encoding to send in: untouched where that is its own.
fn received(bytes: &[u8], scene: &Scene<'_>) -> Vec<u8> {
    if scene.charset == scene.charset_in {
        bytes.to_vec()
    } else {
        lenient(scene.charset, &scene.charset_in.decode(bytes))
    }
}

fn number(value: u64, format: Option<Prefix>, scene: &Scene<'_>) -> Vec<u8> {
    format.map_or_else(|| lenient(scene.charset, &value.to_string()), |prefix| prefix.write(value))
}

impl std::str::FromStr for Template {
    type Err = TemplateError;

    fn from_str(source: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut characters = source.chars().zip(1..).peekable();
        while let Some((character, column)) = characters.next() {
            let doubled = characters.next_if(|(next, _)| *next == character && "{}".contains(character)).is_some();
            match character {
                '}' if !doubled => return Err(TemplateError { column, problem: TemplateProblem::Close }),
                '{' if !doubled => {
                    let mut name = String::new();
                    loop {
                        match characters.next() {
                            Some(('}', _)) => break,
                            Some((inner, _)) => name.push(inner),
                            None => return Err(TemplateError { column, problem: TemplateProblem::Open }),
                        }
                    }
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Slot(slot(&name, column)?));
                }
                _ => text.push(character),
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Self { source: source.into(), pieces })
    }
}

/// The placeholder between two braces of which the first stands at `column`.
fn slot(inner: &str, column: usize) -> Result<Slot, TemplateError> {
    let (name, format) = inner.split_once(':').map_or((inner, None), |(name, format)| (name, Some(format)));
    if name == "now" {
        let format = format.unwrap_or("%Y-%m-%d %X");
        return match clock::check(format) {
            Ok(()) => Ok(Slot::Now(format.into())),
            // Behind `{now:`.
            Err(error) => Err(TemplateError {
                column: column + 4 + error.column(),
                problem: TemplateProblem::Time(error.letter()),
            }),
        };
    }
    let unknown = || TemplateError { column, problem: TemplateProblem::Unknown(inner.into()) };
    let binary = || match format {
        None => Ok(None),
        Some(format) => format.parse::<Prefix>().map(Some).map_err(|()| TemplateError {
            column: column + name.chars().count() + 2,
            problem: TemplateProblem::Format(format.into()),
        }),
    };
    let number = name.bytes().all(|b| b.is_ascii_digit()).then(|| name.parse::<u8>().ok()).flatten();
    Ok(match (name, number) {
        ("len", _) => Slot::Len(binary()?),
        ("n", _) => Slot::Number(binary()?),
        ("file.size", _) => Slot::FileSize(binary()?),
        ("time", _) => Slot::Time(binary()?),
        (_, Some(group @ 1..)) => Slot::Group(group.into(), binary()?),
        _ if format.is_some() => return Err(unknown()),
        ("text", _) => Slot::Text,
        ("bytes", _) => Slot::Bytes,
        ("hex", _) => Slot::Hex,
        ("peer", _) => Slot::Peer,
        ("local", _) => Slot::Local,
        ("line", _) => Slot::Line,
        ("file.name", _) => Slot::FileName,
        _ => return Err(unknown()),
    })
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(source: String) -> Result<Self, TemplateError> {
        source.parse()
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> Vec<u8> {
        let now = "2026-11-20T13:05:09+00:00[UTC]".parse().unwrap();
        let groups = [b"a".to_vec(), 5_146_i64.to_le_bytes().to_vec()];
        let scene = Scene {
            message: b"\xC4\xE3",
            groups: &groups,
            number: 7,
            peer: Some("127.0.0.1:9".parse().unwrap()),
            local: None,
            line: "行",
            file: Some(("文.txt", 5_146)),
            now: &now,
            charset: Charset::GBK,
            charset_in: Charset::GBK,
        };
        template.parse::<Template>().unwrap().render(&scene).unwrap()
    }

    #[test]
    fn placeholders_are_filled_in() {
        for (template, expected) in [
            ("收到 {bytes}", &b"\xCA\xD5\xB5\xBD b'\\xc4\\xe3'"[..]),
            ("{text}|{hex}|{len}|{n}", b"\xC4\xE3|C4 E3|2|7"),
            ("{peer} {local}.", b"127.0.0.1:9 ."),
            ("{now:%Y-%m-%d %X}", b"2026-11-20 13:05:09"),
            ("{now}", b"2026-11-20 13:05:09"),
            ("{1} {2:i64-le} {3}.", b"a 5146 ."),
            ("{line}", b"\xD0\xD0"),
            ("{file.name} {file.size} {file.size:i64-le}", b"\xCE\xC4.txt 5146 \x1a\x14\0\0\0\0\0\0"),
            ("{{{n}}} {{}}", b"{7} {}"),
            // 2026-11-20 13:05:09 UTC is 1795179909 in 1970's count.
            ("{time:u32-be}", &(1_795_179_909_u32.wrapping_add(2_208_988_800)).to_be_bytes()),
        ] {
            assert_eq!(rendered(template), expected, "{template}");
        }
    }

    #[test]
    fn what_cannot_be_filled_in_says_where() {
        use TemplateProblem::{Close, Format, Open, Unknown};

        for (template, column, problem) in [
            ("你{nosuch}", 2, Unknown("nosuch".into())),
            ("a{text", 2, Open),
            ("a}b", 2, Close),
            ("{0}", 1, Unknown("0".into())),
            ("{text:x}", 1, Unknown("text:x".into())),
            ("{len:u32}", 6, Format("u32".into())),
        ] {
            assert_eq!(template.parse::<Template>().unwrap_err(), TemplateError { column, problem }, "{template}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_template_or_an_error_within_it(source in "\\PC{0,40}") {
            match source.parse::<Template>() {
                Ok(template) => assert_eq!(template.source(), source),
                Err(error) => assert!((1..=source.chars().count()).contains(&error.column)),
            }
        }
    }
}
