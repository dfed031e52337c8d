//! The text column of a dump: whether it says the same as the bytes beside it.

/// Where Wireshark leaves a gap in it.
const MIDDLE: usize = 8;

/// Whether a text column can be that of these bytes: each printable character of ASCII as itself, each other byte as
/// anything that is no letter or digit of ASCII.
pub(super) fn says(text: &str, bytes: &[u8]) -> bool {
    let text = text.trim_end();
    let framed = |open, close| text.strip_prefix::<char>(open)?.strip_suffix::<char>(close);
    if framed('|', '|').or_else(|| framed('>', '<')).is_some_and(|text| is_same(text, bytes)) {
        return true;
    }
    // Spaces at both of its ends cannot be told from those around it.
    let lead = bytes.iter().take_while(|byte| **byte == b' ').count();
    (0..=lead).any(|skipped| {
        let shown = &bytes[skipped..];
        let gap = MIDDLE.checked_sub(skipped).and_then(|at| without_gap(text, at));
        is_begin(text, shown) || gap.is_some_and(|text| is_begin(&text, shown))
    })
}

/// Whether it is their text but for spaces at the end.
fn is_begin(text: &str, bytes: &[u8]) -> bool {
    let count = text.chars().count();
    let (shown, rest) = bytes.split_at(count.min(bytes.len()));
    is_same(text, shown) && rest.iter().all(|byte| *byte == b' ')
}

fn is_same(text: &str, bytes: &[u8]) -> bool {
    text.chars().count() == bytes.len() && text.chars().zip(bytes).all(|(shown, byte)| is_shown(shown, *byte))
}

fn is_shown(shown: char, byte: u8) -> bool {
    match byte {
        // tcpdump shows a space as a dot.
        b' ' => matches!(shown, ' ' | '.'),
        0x21..=0x7E => shown == char::from(byte),
        _ => !shown.is_ascii_alphanumeric(),
    }
}

/// Without the space behind so many characters.
fn without_gap(text: &str, at: usize) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    if *characters.get(at)? != ' ' {
        return None;
    }
    characters.remove(at);
    Some(characters.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_tools_show_them() {
        for (text, bytes) in [
            ("Hello", &b"Hello"[..]),
            ("|Hello|", b"Hello"),
            (">Hello<", b"Hello"),
            ("|a|b|", b"a|b"),
            ("|a|", b"|a|"),
            ("a.c", b"a\0c"),
            ("a·é", b"a\x07\xE9"),
            ("Hello.w", b"Hello w"),
            // Wireshark's gap
            ("Hello wo rld", b"Hello world"),
            ("567 89", b"    567 89"),
            ("5678 9", b"    56789"),
            // Spaces at the ends
            ("a", b" a "),
            ("", b"  "),
        ] {
            assert!(says(text, bytes), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for (text, bytes) in [
            ("Hell", &b"Hello"[..]),
            ("Hello!", b"Hello"),
            ("HelLo", b"Hello"),
            ("He llo", b"Hello"),
            ("45 46", b"AB"),
            ("a", b"\0"),
            ("|Hell|", b"Hello"),
            ("a", b""),
        ] {
            assert!(!says(text, bytes), "{text}");
        }
    }
}
