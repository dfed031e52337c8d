//! Rows for the clipboard: as text, as hex, as a Python literal.
//!
//! Only what was sent and received counts; rows without payload leave nothing.

use std::fmt::Write as _;

use crate::{
    journal::{Journal, Kind, Sockets, row_text},
    text::{Charset, hex, python},
};

/// What is pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clip {
    /// The decoded text, each row in a line of its own.
    Text,
    /// `C4 E3 BA C3`, a line a row.
    Hex,
    /// Offsets, hex and text, as `hexdump -C` prints them; each row starts again at 0.
    Dump,
    /// `b'\xc4\xe3'`; several rows are a list.
    Python,
}

impl Clip {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Text, Self::Hex, Self::Dump, Self::Python];
}

/// The rows with these numbers, in their order. Without payload among them the result is empty.
pub fn clip(
    journal: &Journal,
    sockets: &Sockets,
    rows: impl IntoIterator<Item = u64>,
    charset: Charset,
    form: Clip,
) -> String {
    let rows: Vec<_> =
        rows.into_iter().filter_map(|seq| journal.row(seq)).filter(|row| row.record.event.has_payload()).collect();
    let mut text = String::new();
    for (i, row) in rows.iter().enumerate() {
        match form {
            Clip::Text => {
                let kind = sockets.get(row.record.socket).map_or(Kind::UdpSocket, |entry| entry.kind);
                let said = row_text(journal, row.seq, kind, charset, usize::MAX).unwrap_or_default().text();
                text.push_str(&said);
                if rows.len() > 1 && !said.ends_with('\n') {
                    text.push('\n');
                }
            }
            Clip::Hex => {
                let between = if i == 0 { "" } else { "\n" };
                let _ = write!(text, "{between}{}", hex::line(row.bytes, usize::MAX));
            }
            Clip::Dump => {
                let between = if i == 0 { "" } else { "\n" };
                let _ = write!(text, "{between}{}", hex::dump(row.bytes));
            }
            Clip::Python if rows.len() == 1 => text = python::literal(row.bytes),
            Clip::Python => {
                let open = if i == 0 { "[\n" } else { "" };
                let close = if i + 1 == rows.len() { "]" } else { "" };
                let _ = write!(text, "{open}    {},\n{close}", python::literal(row.bytes));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::talk;
    use super::*;

    #[test]
    fn one_row_is_what_it_says() {
        let (journal, sockets) = talk();
        let one = |form| clip(&journal, &sockets, [2], Charset::GBK, form);
        assert_eq!(one(Clip::Text), "你好");
        assert_eq!(one(Clip::Hex), "C4 E3 BA C3");
        assert_eq!(one(Clip::Python), r"b'\xc4\xe3\xba\xc3'");
        assert!(one(Clip::Dump).starts_with("00000000  C4 E3 BA C3  "));
    }

    #[test]
    fn several_rows_are_lines_and_what_carries_no_bytes_leaves_nothing() {
        let (journal, sockets) = talk();
        let all = |form| clip(&journal, &sockets, 0..100, Charset::GBK, form);
        assert_eq!(all(Clip::Text), "你好\n\n你\u{FFFD}\u{FFFD}!\n");
        assert_eq!(all(Clip::Hex), "C4 E3 BA C3\nC4\nE3 FF FF 21");
        assert_eq!(all(Clip::Python), "[\n    b'\\xc4\\xe3\\xba\\xc3',\n    b'\\xc4',\n    b'\\xe3\\xff\\xff!',\n]");
        for form in Clip::ALL {
            assert_eq!(clip(&journal, &sockets, [0, 1, 6, 99], Charset::GBK, form), "");
        }
    }
}
