//! A header of text between the number and the message, as the tutorials' helpers send it.
//!
//! `struct.pack` of the header's length, then the header, mostly `json.dumps` of a dictionary, then as many bytes as the
//! dictionary says. Which entry says it differs from one tutorial to the next (`size`, `file_size`, `total_size`), so the
//! rule here is:
//!
//! 1. If the header is a JSON object, the entry is `"size"`; where there is none, the first by name that ends with `size`
//!    (capitals or not), and its value is a whole number.
//! 2. Any other header says it at its first `size=N`, `size: N` or `"size": N`, again with anything before `size`.

use std::{fmt::Write as _, ops::Range};

/// The longest header, in bytes, whatever the limit of messages is.
pub const LONGEST: usize = 64 << 10;

/// The header that is sent before a message of this length: what `json.dumps({"size": length})` makes in Python.
pub fn written(length: usize) -> String {
    let mut header = String::new();
    // Writing to a string cannot fail.
    let _ = write!(header, "{{\"size\": {length}}}");
    header
}

/// The size that a header says, with the bytes that say it. A number that none of ours holds is the largest or smallest.
pub fn size(header: &[u8]) -> Option<(i128, Vec<u8>)> {
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(header) {
        Ok(entries) => {
            let named = |name: &str| name.len() >= 4 && name.to_ascii_lowercase().ends_with("size");
            let value = entries.get("size").or_else(|| entries.iter().find(|(name, _)| named(name)).map(|(_, v)| v))?;
            let number = value.as_number()?;
            let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))?;
            Some((whole, number.to_string().into_bytes()))
        }
        Err(_) => in_text(header),
    }
}

fn in_text(header: &[u8]) -> Option<(i128, Vec<u8>)> {
    let name = header.windows(4).enumerate().filter(|(_, word)| word.eq_ignore_ascii_case(b"size"));
    name.map(|(at, _)| at + 4).find_map(|behind| {
        let digits = number(header, behind)?;
        let text = header.get(digits)?;
        let sign = if text.first() == Some(&b'-') { i128::MIN } else { i128::MAX };
        let whole = std::str::from_utf8(text).ok()?.parse().unwrap_or(sign);
        Some((whole, text.to_vec()))
    })
}

/// Where the number stands that belongs to a name which ends at `at`.
fn number(header: &[u8], at: usize) -> Option<Range<usize>> {
    let space = |at: usize| at + header.iter().skip(at).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let at = if matches!(header.get(at), Some(b'"' | b'\'')) { at + 1 } else { at };
    let at = space(at);
    if !matches!(header.get(at), Some(b':' | b'=')) {
        return None;
    }
    let start = space(at + 1);
    let first = if header.get(start) == Some(&b'-') { start + 1 } else { start };
    let count = header.iter().skip(first).take_while(|byte| byte.is_ascii_digit()).count();
    let end = first + count;
    // `1.5` and `12kB` are no whole numbers of bytes.
    let goes_on = header.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
    (count > 0 && !goes_on).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_write_we_read() {
        for length in [0, 1, 11, 65_536, usize::MAX >> 1] {
            let header = written(length);
            assert_eq!(size(header.as_bytes()).map(|(size, _)| size), Some(length as i128), "{header}");
        }
    }

    #[test]
    fn headers_of_the_tutorials() {
        for (header, expected) in [
            (r#"{"size": 11}"#, Some(11)),
            (r#"{"filename": "size=3.txt", "file_size": 5146}"#, Some(5146)),
            (r#"{"filesize": 1, "size": 2, "total_size": 3}"#, Some(2)),
            (r#"{"fileSize":7,"md5":"x"}"#, Some(7)),
            (r#"{"size": -1}"#, Some(-1)),
            (r#"{"size": "12"}"#, None),
            (r#"{"size": 1.5}"#, None),
            (r#"{"name": "a"}"#, None),
            ("{'filename': 'a.txt', 'file_size': 12}", Some(12)),
            ("name=a.txt;size=12", Some(12)),
            ("Size : 12\r\nname: a", Some(12)),
            ("size=12kB size=3", Some(3)),
            ("size=1.5", None),
            ("size", None),
            ("size=-", None),
            ("size=99999999999999999999999999999999999999999999", Some(i128::MAX)),
            ("size=-99999999999999999999999999999999999999999999", Some(i128::MIN)),
            ("", None),
        ] {
            assert_eq!(size(header.as_bytes()).map(|(size, _)| size), expected, "{header}");
        }
        assert_eq!(size(b"\xC4\xE3=\xBA;size=4"), Some((4, b"4".to_vec())), "of any encoding");
    }
}
