//! Texts, templates and patterns as Python expressions.

use std::fmt::Write as _;

use super::super::encoded;
use crate::{
    framing::Prefix,
    net::responder::{Pattern, Slot, Template},
    text::{Charset, escape, python},
};

/// Seconds from 1900 to 1970, for RFC 868.
const FROM_1900_TO_1970: &str = "2208988800";

/// What Python calls an encoding. `None`: it has none that does the same.
pub(super) fn codec(charset: Charset) -> Option<&'static str> {
    Some(match charset.name() {
        "UTF-8" => "utf-8",
        "GBK" => "gbk",
        "GB2312" => "gb2312",
        "GB18030" => "gb18030",
        "Big5" => "big5hkscs",
        "UTF-16LE" => "utf-16-le",
        "UTF-16BE" => "utf-16-be",
        "UTF-32LE" => "utf-32-le",
        "UTF-32BE" => "utf-32-be",
        "US-ASCII" => "ascii",
        "ISO-8859-1" => "latin-1",
        "Shift_JIS" => "cp932",
        "EUC-JP" => "euc_jp",
        "ISO-2022-JP" => "iso2022_jp",
        "EUC-KR" => "cp949",
        "ISO-8859-2" => "iso8859-2",
        "ISO-8859-3" => "iso8859-3",
        "ISO-8859-4" => "iso8859-4",
        "ISO-8859-5" => "iso8859-5",
        "ISO-8859-6" => "iso8859-6",
        "ISO-8859-7" => "iso8859-7",
        "ISO-8859-8" | "ISO-8859-8-I" => "iso8859-8",
        "ISO-8859-10" => "iso8859-10",
        "ISO-8859-13" => "iso8859-13",
        "ISO-8859-14" => "iso8859-14",
        "ISO-8859-15" => "iso8859-15",
        "ISO-8859-16" => "iso8859-16",
        "windows-874" => "cp874",
        "windows-1250" => "cp1250",
        "windows-1251" => "cp1251",
        "windows-1252" => "cp1252",
        "windows-1253" => "cp1253",
        "windows-1254" => "cp1254",
        "windows-1255" => "cp1255",
        "windows-1256" => "cp1256",
        "windows-1257" => "cp1257",
        "windows-1258" => "cp1258",
        "KOI8-R" => "koi8-r",
        "KOI8-U" => "koi8-u",
        "IBM866" => "cp866",
        "macintosh" => "mac-roman",
        "x-mac-cyrillic" => "mac-cyrillic",
        _ => return None,
    })
}

/// The same, or the nearest: bytes beyond ASCII come out as signs of their own.
pub(super) fn codec_or_latin(charset: Charset) -> &'static str {
    codec(charset).unwrap_or("latin-1")
}

/// Encodings in which Python gives the same bytes for everything that both have, but for the euro sign of GBK.
fn is_alike(charset: Charset, text: &str) -> bool {
    let known = [
        Charset::UTF_8,
        Charset::GBK,
        Charset::GB2312,
        Charset::GB18030,
        Charset::UTF_16LE,
        Charset::UTF_16BE,
        Charset::UTF_32LE,
        Charset::UTF_32BE,
        Charset::US_ASCII,
        Charset::ISO_8859_1,
    ];
    known.contains(&charset)
        && !text.chars().any(|character| character == '€' || ('\u{E000}'..'\u{F900}').contains(&character))
}

/// A string literal.
pub(super) fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    push_escaped(text, &mut literal);
    literal.push('"');
    literal
}

fn push_escaped(text: &str, literal: &mut String) {
    for character in text.chars() {
        match character {
            '"' | '\\' => literal.extend(['\\', character]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            // Writing to a string cannot fail.
            _ if u32::from(character) < 0x100 && escape::is_unseen(character) => {
                let _ = write!(literal, "\\x{:02x}", u32::from(character));
            }
            _ if escape::is_unseen(character) => {
                let _ = write!(literal, "\\U{:08x}", u32::from(character));
            }
            _ => literal.push(character),
        }
    }
}

/// A text that never changes, as bytes.
pub(super) fn bytes(charset: Charset, text: &str) -> String {
    let bytes = encoded(charset, text);
    match codec(charset).filter(|_| is_alike(charset, text)) {
        Some(codec) if !(text.is_ascii() && bytes == text.as_bytes()) => {
            format!("{}.encode(\"{codec}\")", string(text))
        }
        _ => python::literal(&bytes),
    }
}

/// What a rule compares with, as bytes.
pub(super) fn pattern(pattern: &Pattern, charset: Charset) -> String {
    match pattern {
        Pattern::Text(text) => bytes(charset, text),
        Pattern::Hex(hex) => python::literal(hex.bytes()),
    }
}

/// A number as `struct` writes it.
pub(super) fn struct_format(prefix: Prefix) -> &'static str {
    match prefix {
        Prefix::U8 => "B",
        Prefix::U16Be => ">H",
        Prefix::U16Le => "<H",
        Prefix::U32Be => ">I",
        Prefix::U32Le => "<I",
        Prefix::U64Be => ">Q",
        Prefix::U64Le => "<Q",
        Prefix::I64Be => ">q",
        Prefix::I64Le => "<q",
    }
}

/// What names mean where a template stands.
pub(super) struct Names<'n> {
    pub charset: Charset,
    pub charset_in: Charset,
    /// The socket.
    pub sock: &'n str,
    /// The peer's address, a tuple.
    pub peer: &'n str,
    /// The message.
    pub message: &'n str,
    /// The message's number.
    pub number: &'n str,
    /// Whether the addresses are of IPv6.
    pub v6: bool,
    /// The file's name, and its size as an expression.
    pub file: (String, &'n str),
    /// Whether a group of the expression may take no part in the match.
    pub optional_groups: bool,
    /// Whether a person typed something.
    pub typed: bool,
}

/// A piece of an expression.
enum Part {
    /// Text that goes into a string as it is.
    Text(String),
    /// An expression that goes into a string, with its conversion (`!r`).
    Value(String, &'static str),
    /// An expression that gives bytes.
    Bytes(String),
}

/// A template as an expression that gives bytes, and the modules that it needs.
pub(super) fn template(template: &Template, names: &Names<'_>) -> (String, Vec<&'static str>) {
    let mut imports = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    for piece in template.pieces() {
        match piece {
            Ok(text) => parts.push(Part::Text(text.to_owned())),
            Err(slot) => parts.extend(slot_parts(slot, names, &mut imports)),
        }
    }
    let mut terms = Vec::new();
    let mut text: Vec<Part> = Vec::new();
    for part in parts {
        if let Part::Bytes(expression) = part {
            terms.extend(text_term(&text, names.charset));
            text.clear();
            terms.push(expression);
        } else {
            text.push(part);
        }
    }
    terms.extend(text_term(&text, names.charset));
    (if terms.is_empty() { "b''".to_owned() } else { terms.join(" + ") }, imports)
}

/// A template as an expression that gives a number, and the modules that it needs.
pub(super) fn template_number(template: &Template, names: &Names<'_>) -> (String, Vec<&'static str>) {
    let mut imports = Vec::new();
    match template.pieces().collect::<Vec<_>>().as_slice() {
        [Ok(text)] if text.trim().parse::<u64>().is_ok() => return (text.trim().to_owned(), imports),
        [Err(slot)] => {
            if let [Part::Value(expression, "")] = slot_parts(slot, names, &mut imports).as_slice() {
                return (expression.clone(), imports);
            }
        }
        _ => {}
    }
    let (expression, imports) = template_text(template, names);
    (format!("int({expression})"), imports)
}

/// A template as an expression that gives a string, and the modules that it needs.
pub(super) fn template_text(template: &Template, names: &Names<'_>) -> (String, Vec<&'static str>) {
    let mut imports = Vec::new();
    let codec = codec_or_latin(names.charset_in);
    let mut parts = Vec::new();
    for piece in template.pieces() {
        match piece {
            Ok(text) => parts.push(Part::Text(text.to_owned())),
            Err(Slot::Group(group, None)) => parts.push(Part::Value(format!("match[{group}].decode(\"{codec}\")"), "")),
            Err(Slot::Text) => parts.push(Part::Value(format!("{}.decode(\"{codec}\")", names.message), "")),
            Err(slot) => parts.extend(slot_parts(slot, names, &mut imports)),
        }
    }
    (text_expression(&parts), imports)
}

fn text_term(parts: &[Part], charset: Charset) -> Option<String> {
    match parts {
        [] => None,
        [Part::Text(text)] => Some(bytes(charset, text)),
        _ => Some(encode(&text_expression(parts), charset)),
    }
}

fn encode(expression: &str, charset: Charset) -> String {
    match codec(charset) {
        Some(codec) => format!("{expression}.encode(\"{codec}\")"),
        None => format!("{expression}.encode(\"ascii\", \"replace\")"),
    }
}

/// An f-string, or `format` where an expression has quotes of its own (before Python 3.12 an f-string must not).
fn text_expression(parts: &[Part]) -> String {
    if let [Part::Value(value, "")] = parts
        && (value == "line" || value.starts_with("time.strftime("))
    {
        return value.clone();
    }
    let quoted = parts.iter().any(|part| matches!(part, Part::Value(value, _) if value.contains(['"', '\'', '\\'])));
    let slots = parts.iter().any(|part| !matches!(part, Part::Text(_)));
    let mut literal = String::from(if slots && !quoted { "f\"" } else { "\"" });
    let mut arguments = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) if slots => push_escaped(&text.replace('{', "{{").replace('}', "}}"), &mut literal),
            Part::Text(text) => push_escaped(text, &mut literal),
            Part::Value(value, conversion) if quoted => {
                let _ = write!(literal, "{{{conversion}}}");
                arguments.push(value.as_str());
            }
            Part::Value(value, conversion) => {
                let _ = write!(literal, "{{{value}{conversion}}}");
            }
            Part::Bytes(expression) => {
                let _ = write!(literal, "{{{expression}}}");
            }
        }
    }
    literal.push('"');
    if quoted { format!("{literal}.format({})", arguments.join(", ")) } else { literal }
}

fn slot_parts(slot: &Slot, names: &Names<'_>, imports: &mut Vec<&'static str>) -> Vec<Part> {
    let value = |expression: &str| vec![Part::Value(expression.to_owned(), "")];
    let address = |expression: &str| {
        let (open, close) = if names.v6 { ("[", "]:") } else { ("", ":") };
        vec![
            Part::Text(open.to_owned()),
            Part::Value(format!("{expression}[0]"), ""),
            Part::Text(close.to_owned()),
            Part::Value(format!("{expression}[1]"), ""),
        ]
    };
    let group = |group: usize| {
        // Python says None of a group that took no part.
        if names.optional_groups { format!("(match[{group}] or b'')") } else { format!("match[{group}]") }
    };
    let mut number = |expression: &str, prefix: &Option<Prefix>| match prefix {
        None => value(expression),
        Some(prefix) => {
            imports.push("struct");
            vec![Part::Bytes(format!("struct.pack(\"{}\", {expression})", struct_format(*prefix)))]
        }
    };
    match slot {
        Slot::Text => vec![Part::Bytes(recoded(names.message, names))],
        Slot::Bytes => vec![Part::Value(names.message.to_owned(), "!r")],
        Slot::Hex => value(&format!("{}.hex(\" \").upper()", names.message)),
        Slot::Len(prefix) => number(&format!("len({})", names.message), prefix),
        Slot::Number(prefix) => number(names.number, prefix),
        Slot::FileSize(prefix) => number(names.file.1, prefix),
        Slot::Time(prefix) => {
            let parts = number(&format!("int(time.time()) + {FROM_1900_TO_1970} & 0xFFFFFFFF"), prefix);
            imports.push("time");
            parts
        }
        Slot::Peer => address(names.peer),
        Slot::Local => address(&format!("{}.getsockname()", names.sock)),
        Slot::Now(format) => {
            imports.push("time");
            value(&format!("time.strftime({})", string(format)))
        }
        Slot::Group(index, None) => vec![Part::Bytes(recoded(&group(*index), names))],
        Slot::Group(index, Some(prefix)) => {
            imports.push("struct");
            value(&format!("struct.unpack(\"{}\", {})[0]", struct_format(*prefix), group(*index)))
        }
        Slot::Line if names.typed => value("line"),
        Slot::Line => Vec::new(),
        Slot::FileName => vec![Part::Text(names.file.0.clone())],
    }
}

/// Received bytes in the encoding that is sent.
fn recoded(expression: &str, names: &Names<'_>) -> String {
    if names.charset == names.charset_in {
        return expression.to_owned();
    }
    let (from, to) = (codec_or_latin(names.charset_in), codec_or_latin(names.charset));
    format!("{expression}.decode(\"{from}\", \"replace\").encode(\"{to}\", \"replace\")")
}

/// A regular expression of Rust's `regex`, searched in bytes, as Python's `re` writes it. `None`: it has something that `re`
/// lacks, or that means something else there.
pub(super) fn expression(source: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = source;
    let mut multi_line = false;
    if let Some((flags, behind)) = rest.strip_prefix("(?").and_then(|rest| rest.split_once(')'))
        && !flags.is_empty()
        && flags.bytes().all(|byte| b"imsxu-".contains(&byte))
    {
        let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
        let on: String = on.chars().filter(|flag| *flag != 'u').collect();
        if !off.chars().all(|flag| flag == 'u') {
            return None;
        }
        multi_line = on.contains('m');
        if !on.is_empty() {
            let _ = write!(pattern, "(?{on})");
        }
        rest = behind;
    }
    let mut characters = rest.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next()? {
                'z' => pattern.push_str("\\Z"),
                kind if "dDsSwWbBAnrtfv".contains(kind) || kind.is_ascii_punctuation() => pattern.extend(['\\', kind]),
                'x' if characters.peek() != Some(&'{') => pattern.push_str("\\x"),
                _ => return None,
            },
            '[' if in_class => return None,
            '[' => {
                in_class = true;
                pattern.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    pattern.push('^');
                }
                if characters.next_if_eq(&']').is_some() {
                    pattern.push_str("\\]");
                }
            }
            ']' if in_class => {
                in_class = false;
                pattern.push(']');
            }
            '&' | '~' if in_class => pattern.extend(['\\', character]),
            _ if in_class && character.is_ascii() => pattern.push(character),
            _ if in_class => return None,
            // Python's stands before a newline at the end too.
            '$' if !multi_line => pattern.push_str("\\Z"),
            '(' if characters.peek() == Some(&'?') => {
                characters.next();
                match characters.next()? {
                    ':' => pattern.push_str("(?:"),
                    'P' => pattern.push_str("(?P"),
                    '<' => pattern.push_str("(?P<"),
                    _ => return None,
                }
            }
            _ if character.is_ascii() => pattern.push(character),
            // What repeats a character must not repeat its last byte.
            _ => {
                let _ = write!(pattern, "(?:{character})");
            }
        }
    }
    let plain =
        pattern.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !pattern.contains('"') && !pattern.ends_with('\\');
    Some(if plain { format!("rb\"{pattern}\"") } else { python::literal(pattern.as_bytes()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_are_rewritten_or_refused() {
        for (rust, python) in [
            (r"(?-u)^\s*$", Some(r#"rb"^\s*\Z""#)),
            (r"^(?<name>\w+)=(.*)\z", Some(r#"rb"^(?P<name>\w+)=(.*)\Z""#)),
            (r"(?im)^a$", Some(r#"rb"(?im)^a$""#)),
            (r#"["'&]+"#, Some(r#"b'["\'\\&]+'"#)),
            (r"你+", Some(r"b'(?:\xe4\xbd\xa0)+'")),
            (r"[你好]", None),
            (r"\p{Han}", None),
            (r"(?x-s) a", None),
        ] {
            assert_eq!(expression(rust).as_deref(), python, "{rust}");
        }
    }

    #[test]
    fn strings_and_bytes() {
        assert_eq!(string("a\"\\\n你\u{200B}\u{0}"), "\"a\\\"\\\\\\n你\\U0000200b\\x00\"");
        assert_eq!(bytes(Charset::GBK, "hello"), "b'hello'");
        assert_eq!(bytes(Charset::GBK, "你好"), "\"你好\".encode(\"gbk\")");
        assert_eq!(bytes(Charset::GBK, "€"), "b'\\x80'");
        assert_eq!(bytes(Charset::UTF_16LE, "hi"), "\"hi\".encode(\"utf-16-le\")");
        assert_eq!(bytes(Charset::SHIFT_JIS, "表"), "b'\\x95\\\\'");
    }
}
