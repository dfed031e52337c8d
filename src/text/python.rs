//! Bytes as Python writes them: what `repr` prints, so that a learner can paste them into a program.
//!
//! The form is that of `bytes.__repr__`: single quotes unless there are single quotes and no double
//! ones, `\t \n \r \\` and the quote escaped, `\xhh` in lower case for everything else that is not printable ASCII.

/// The literal, such as `b'\xc4\xe3\n'`.
pub fn literal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    let mut text = String::with_capacity(bytes.len() + 3);
    text.push('b');
    text.push(quote.into());
    for &byte in bytes {
        match byte {
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\\' => text.push_str("\\\\"),
            _ if byte == quote => text.extend(['\\', quote.into()]),
            0x20..=0x7E => text.push(byte.into()),
            _ => {
                text.push_str("\\x");
                text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
            }
        }
    }
    text.push(quote.into());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected texts are what Python 3.11 printed.
    #[test]
    fn as_python_prints_it() {
        for (bytes, expected) in [
            (&b""[..], "b''"),
            (b"hello", "b'hello'"),
            (b"\xC4\xE3\xBA\xC3", r"b'\xc4\xe3\xba\xc3'"),
            (b"a\tb\r\n\\", r"b'a\tb\r\n\\'"),
            (b"\x00\x07\x1b\x7f\x80\xff ~", r"b'\x00\x07\x1b\x7f\x80\xff ~'"),
            (b"it's", r#"b"it's""#),
            (b"say \"hi\"", r#"b'say "hi"'"#),
            (b"it's \"both\"", r#"b'it\'s "both"'"#),
        ] {
            assert_eq!(literal(bytes), expected);
        }
    }
}
