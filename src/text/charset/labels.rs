//! Which encoding a typed name means.
//!
//! Names come from the WHATWG standard, from Python's `codecs`, from IANA and from Windows' code page numbers,
//! and people mix `-`, `_`, spaces and capitals. A name is compared by its letters and digits alone; where the
//! WHATWG gives a name to a larger set (`gb2312`, `latin1`, `ascii`), the name keeps its own meaning here.

use encoding_rs::Encoding;

use super::{Charset, Codec, TABLE};

/// Names (letters and digits only, lower case) that the WHATWG lacks or gives to another encoding.
const OWN: [(&str, &str); 101] = [
    // GB 2312-80 itself; the WHATWG reads them as GBK.
    ("gb2312", "GB2312"),
    ("gb231280", "GB2312"),
    ("gb23121980", "GB2312"),
    ("csgb2312", "GB2312"),
    ("csiso58gb231280", "GB2312"),
    ("isoir58", "GB2312"),
    ("euccn", "GB2312"),
    ("eucgb2312cn", "GB2312"),
    ("20936", "GB2312"),
    // ISO-8859-1 and ASCII themselves; the WHATWG reads them as windows-1252.
    ("latin1", "ISO-8859-1"),
    ("latin", "ISO-8859-1"),
    ("l1", "ISO-8859-1"),
    ("iso88591", "ISO-8859-1"),
    ("iso885911987", "ISO-8859-1"),
    ("isoir100", "ISO-8859-1"),
    ("csisolatin1", "ISO-8859-1"),
    ("819", "ISO-8859-1"),
    ("28591", "ISO-8859-1"),
    ("ascii", "US-ASCII"),
    ("usascii", "US-ASCII"),
    ("ansix341968", "US-ASCII"),
    ("iso646us", "US-ASCII"),
    ("646", "US-ASCII"),
    ("us", "US-ASCII"),
    ("367", "US-ASCII"),
    ("csascii", "US-ASCII"),
    ("isoir6", "US-ASCII"),
    ("iso646irv1991", "US-ASCII"),
    ("ansix341986", "US-ASCII"),
    ("20127", "US-ASCII"),
    // Not in the WHATWG standard.
    ("utf32", "UTF-32LE"),
    ("utf32le", "UTF-32LE"),
    ("utf32be", "UTF-32BE"),
    ("ucs4", "UTF-32LE"),
    ("ucs4le", "UTF-32LE"),
    ("ucs4be", "UTF-32BE"),
    ("12000", "UTF-32LE"),
    ("12001", "UTF-32BE"),
    ("utf16", "UTF-16LE"),
    ("ucs2", "UTF-16LE"),
    ("ucs2le", "UTF-16LE"),
    ("ucs2be", "UTF-16BE"),
    ("1200", "UTF-16LE"),
    ("1201", "UTF-16BE"),
    // Python's spellings.
    ("u8", "UTF-8"),
    ("utf", "UTF-8"),
    ("u16", "UTF-16LE"),
    ("u32", "UTF-32LE"),
    ("gb180302000", "GB18030"),
    ("gb180302005", "GB18030"),
    ("gb180302022", "GB18030"),
    ("big5tw", "Big5"),
    ("big5hkscs", "Big5"),
    ("shiftjis", "Shift_JIS"),
    ("ujis", "EUC-JP"),
    ("iso2022jp1", "ISO-2022-JP"),
    ("uhc", "EUC-KR"),
    ("ksc56011987", "EUC-KR"),
    ("ksx1001", "EUC-KR"),
    ("tis620", "windows-874"),
    ("iso885921987", "ISO-8859-2"),
    ("iso885931988", "ISO-8859-3"),
    ("iso885941988", "ISO-8859-4"),
    ("iso885951988", "ISO-8859-5"),
    ("iso885961987", "ISO-8859-6"),
    ("iso885971987", "ISO-8859-7"),
    ("iso885981988", "ISO-8859-8"),
    ("iso885991989", "windows-1254"),
    ("l7", "ISO-8859-13"),
    ("l8", "ISO-8859-14"),
    ("l10", "ISO-8859-16"),
    ("latin7", "ISO-8859-13"),
    ("latin8", "ISO-8859-14"),
    ("latin9", "ISO-8859-15"),
    ("latin10", "ISO-8859-16"),
    ("macroman", "macintosh"),
    ("maccyrillic", "x-mac-cyrillic"),
    // Windows' code pages, by number.
    ("936", "GBK"),
    ("950", "Big5"),
    ("932", "Shift_JIS"),
    ("949", "EUC-KR"),
    ("874", "windows-874"),
    ("866", "IBM866"),
    ("1250", "windows-1250"),
    ("1251", "windows-1251"),
    ("1252", "windows-1252"),
    ("1253", "windows-1253"),
    ("1254", "windows-1254"),
    ("1255", "windows-1255"),
    ("1256", "windows-1256"),
    ("1257", "windows-1257"),
    ("1258", "windows-1258"),
    ("10000", "macintosh"),
    ("10007", "x-mac-cyrillic"),
    ("20866", "KOI8-R"),
    ("21866", "KOI8-U"),
    ("50220", "ISO-2022-JP"),
    ("51932", "EUC-JP"),
    ("51949", "EUC-KR"),
    ("54936", "GB18030"),
    ("65001", "UTF-8"),
];

/// What may stand before a code page's number.
const CODE_PAGE: [&str; 7] = ["codepage", "windows", "win", "ibm", "cp", "ms", "dos"];

pub(super) fn find(label: &str) -> Option<Charset> {
    let mut compact = compact(label);
    if compact.is_empty() || !is_name(label) {
        return None;
    }
    if compact.starts_with("8859") {
        compact.insert_str(0, "iso");
    }
    own(&compact)
        .or_else(|| named(&compact))
        // Before the WHATWG, where cp819 is windows-1252.
        .or_else(|| {
            let number = CODE_PAGE.iter().find_map(|prefix| compact.strip_prefix(prefix))?;
            number.bytes().all(|b| b.is_ascii_digit()).then(|| own(number))?
        })
        .or_else(|| whatwg(label.trim()))
        .or_else(|| whatwg(&label.trim().replace(['_', ' '], "-")))
        .or_else(|| whatwg(&compact))
}

/// Whether a label is made of what names are made of, so that nothing that means something is passed over: two numbers
/// stay two, but for a part of ISO 8859, a year, and those of `GB2312-80` and `ANSI_X3.4`.
fn is_name(label: &str) -> bool {
    let label = label.trim();
    let separators = ['-', '_', ' ', '.', ':', '(', ')'];
    if label.chars().any(|c| !c.is_ascii_alphanumeric() && !separators.contains(&c)) {
        return false;
    }
    let parts: Vec<&str> = label.split(separators).filter(|part| !part.is_empty()).collect();
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    parts.windows(2).all(|pair| match pair {
        [left, right] if left.ends_with(|c: char| c.is_ascii_digit()) && is_number(right) => {
            left.ends_with("8859") || left.eq_ignore_ascii_case("x3") || right.len() == 4 || *right == "80"
        }
        _ => true,
    })
}

pub(super) fn suggestions(label: &str) -> Vec<&'static str> {
    let typed = compact(label);
    if typed.is_empty() {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = TABLE
        .iter()
        .map(|(name, _)| (compact(name), *name))
        .chain(OWN.iter().map(|(alias, name)| ((*alias).to_owned(), *name)))
        // Numbers of code pages are near to each other without being alike.
        .filter(|(alias, _)| alias.bytes().any(|b| b.is_ascii_alphabetic()))
        .map(|(alias, name)| (distance(&typed, &alias), name))
        .filter(|(distance, _)| *distance <= 1 + typed.len() / 4)
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    let mut names: Vec<&str> = Vec::new();
    for (_, name) in near {
        if !names.contains(&name) && names.len() < 3 {
            names.push(name);
        }
    }
    names
}

/// Letters and digits, lower case. Long labels are none.
fn compact(label: &str) -> String {
    label.chars().filter(char::is_ascii_alphanumeric).take(40).map(|c| c.to_ascii_lowercase()).collect()
}

fn own(compact: &str) -> Option<Charset> {
    OWN.iter().find(|(alias, _)| *alias == compact).and_then(|(_, name)| by_name(name))
}

fn named(typed: &str) -> Option<Charset> {
    Charset::all().find(|charset| compact(charset.name()) == typed)
}

fn by_name(name: &str) -> Option<Charset> {
    Charset::all().find(|charset| charset.name() == name)
}

fn whatwg(label: &str) -> Option<Charset> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    if encoding == encoding_rs::ISO_2022_JP || encoding == encoding_rs::UTF_8 || encoding.name().starts_with("UTF-16") {
        return by_name(encoding.name());
    }
    Charset::all().find(|charset| match charset.codec() {
        Codec::Single(own) | Codec::Multi(own, _) => own == encoding,
        _ => false,
    })
}

/// Letters to insert, drop, change or swap with a neighbour (Damerau and Levenshtein, restricted).
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut two_ago = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(two_ago[j - 1] + 1);
            }
            row.push(best);
        }
        two_ago = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type() {
        for (label, name) in [
            ("utf8", "UTF-8"),
            ("UTF-8", "UTF-8"),
            ("utf_8", "UTF-8"),
            (" Utf 8 ", "UTF-8"),
            ("cp65001", "UTF-8"),
            ("gb2312", "GB2312"),
            ("GB_2312-80", "GB2312"),
            ("EUC-CN", "GB2312"),
            ("gbk", "GBK"),
            ("cp936", "GBK"),
            ("936", "GBK"),
            ("ms936", "GBK"),
            ("x-gbk", "GBK"),
            ("chinese", "GBK"),
            ("gb18030", "GB18030"),
            ("gb18030-2022", "GB18030"),
            ("big5", "Big5"),
            ("big5-hkscs", "Big5"),
            ("big5hkscs", "Big5"),
            ("utf-16", "UTF-16LE"),
            ("utf16", "UTF-16LE"),
            ("utf-16-be", "UTF-16BE"),
            ("utf_16_le", "UTF-16LE"),
            ("unicode", "UTF-16LE"),
            ("utf32", "UTF-32LE"),
            ("utf_32_be", "UTF-32BE"),
            ("latin1", "ISO-8859-1"),
            ("latin-1", "ISO-8859-1"),
            ("iso8859_1", "ISO-8859-1"),
            ("ISO-8859-1", "ISO-8859-1"),
            ("iso_8859-1:1987", "ISO-8859-1"),
            ("ascii", "US-ASCII"),
            ("us-ascii", "US-ASCII"),
            ("ANSI_X3.4-1968", "US-ASCII"),
            ("windows-1252", "windows-1252"),
            ("cp1252", "windows-1252"),
            ("win1251", "windows-1251"),
            ("koi8_r", "KOI8-R"),
            ("iso8859_15", "ISO-8859-15"),
            ("latin9", "ISO-8859-15"),
            ("sjis", "Shift_JIS"),
            ("shift jis", "Shift_JIS"),
            ("cp932", "Shift_JIS"),
            ("euc_kr", "EUC-KR"),
            ("ks_c_5601-1987", "EUC-KR"),
            ("cp949", "EUC-KR"),
            ("eucjp", "EUC-JP"),
            ("iso2022_jp", "ISO-2022-JP"),
            ("mac_roman", "macintosh"),
            ("tis-620", "windows-874"),
            ("x-user-defined", "x-user-defined"),
            ("cp819", "ISO-8859-1"),
            ("IBM819", "ISO-8859-1"),
            ("8859-1", "ISO-8859-1"),
            ("8859-15", "ISO-8859-15"),
            ("us", "US-ASCII"),
            ("cp367", "US-ASCII"),
            ("csASCII", "US-ASCII"),
            ("iso-ir-6", "US-ASCII"),
            ("tis620", "windows-874"),
            ("ks_c_5601_1987", "EUC-KR"),
            ("ksx1001", "EUC-KR"),
            ("iso_8859_2_1987", "ISO-8859-2"),
            ("ISO_8859-9:1989", "windows-1254"),
            ("iso-8859-11", "windows-874"),
            ("l7", "ISO-8859-13"),
            ("l8", "ISO-8859-14"),
            ("l10", "ISO-8859-16"),
        ] {
            assert_eq!(Charset::for_label(label).map(Charset::name), Some(name), "{label}");
        }
    }

    #[test]
    fn what_is_no_encoding_is_none() {
        for label in [
            "utf-8你",
            "utf‑8",
            "iso-8859-1-1",
            "utf-1-6",
            "utf-8!",
            "cp9-36",
            "",
            " ",
            "-",
            "klingon",
            "utf-7",
            "hz-gb-2312",
            "iso-2022-kr",
            "replacement",
            "cp",
            "编码",
            "99999",
        ] {
            assert_eq!(Charset::for_label(label), None, "{label}");
        }
        assert_eq!(Charset::for_label(&"x".repeat(100_000)), None);
    }

    #[test]
    fn every_alias_names_an_encoding() {
        for (alias, name) in OWN {
            assert_eq!(compact(alias), alias);
            assert!(by_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_answered_with_a_name() {
        for (typed, name) in
            [("gbq", "GBK"), ("gbk2", "GBK"), ("uft-8", "UTF-8"), ("gb2321", "GB2312"), ("shift_jsi", "Shift_JIS")]
        {
            assert_eq!(Charset::suggestions(typed).first(), Some(&name), "{typed}");
        }
        assert!(Charset::suggestions("klingon").is_empty());
        assert!(Charset::suggestions("").is_empty());
        assert!(Charset::suggestions("iso-8859").len() <= 3);
    }
}
