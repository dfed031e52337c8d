//! Names from strangers made safe. Pure.
//!
//! A name is data. It is split on both slashes, whatever the system; what would lead out of the folder is refused
//! ([`NameError`]), and every part is made one that the strictest system takes (Windows' rules, `MS-FSCC` 2.1.5, and 255
//! bytes as on ext4 and APFS), so that what was received here can be copied anywhere. The mistakes this answers are
//! those of CVE-2025-27142, CVE-2022-42725, CVE-2023-43616 to 43620, CVE-2023-45283 and CVE-2019-6109 among others;
//! `tests/transfer/names.toml` has each of them.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use unicode_normalization::UnicodeNormalization as _;

/// Bytes of one part that every common file system takes.
const PART_BYTES: usize = 255;
/// Bytes of a whole name, as announced.
pub const NAME_BYTES: usize = 4096;
/// Folders in folders, with the file.
pub const DEPTH: usize = 32;
/// How the files begin by which an interrupted batch is found again. No stranger may plant one.
pub(crate) const OURS: &str = ".twocan.";

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NameError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It starts at the root of a disk: `/etc/passwd`, `\Windows`.
    #[error("it is absolute")]
    Absolute,
    /// It names a drive, a device or another computer: `C:x`, `\\?\x`, `\\server\share`.
    #[error("it names a drive or another computer")]
    Drive,
    /// It goes up: `..`, or what some systems take for it, such as `.. `.
    #[error("it leads out of the folder")]
    Upwards,
    /// It holds a NUL, which no system has in names.
    #[error("it holds a NUL")]
    Nul,
    /// It is not UTF-8, or not in the encoding of this way of sending.
    #[error("its encoding is broken")]
    Encoding,
    /// More than [`DEPTH`] folders deep.
    #[error("it is too deep")]
    Deep,
    /// More than [`NAME_BYTES`] bytes.
    #[error("it is too long")]
    Long,
}

impl NameError {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Empty, Self::Absolute, Self::Drive, Self::Upwards, Self::Nul, Self::Encoding, Self::Deep, Self::Long];
}

/// A name that is safe below any folder, on any system: at least one part, none of them special.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SafeName(Vec<String>);

impl SafeName {
    /// Makes a stranger's name safe.
    ///
    /// # Errors
    /// It cannot be made safe without meaning something else.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.len() > NAME_BYTES {
            return Err(NameError::Long);
        }
        if name.contains('\0') {
            return Err(NameError::Nul);
        }
        let slash = |c: char| c == '/' || c == '\\';
        let mut first = name.chars();
        match (first.next().is_some_and(slash), first.next().is_some_and(slash)) {
            (true, true) => return Err(NameError::Drive),
            (true, false) => return Err(NameError::Absolute),
            _ => {}
        }
        let mut parts = Vec::new();
        for part in name.split(slash) {
            // `C:\x`, `C:x`, and drives in the middle, which some joins take for a new start.
            if matches!(part.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) {
                return Err(NameError::Drive);
            }
            let bare = part.trim_matches(|c: char| c == ' ' || c.is_control());
            if bare.len() > 1 && bare.bytes().all(|b| b == b'.' || b == b' ') {
                return Err(NameError::Upwards);
            }
            if !matches!(bare, "" | ".") {
                parts.push(safe_part(part));
            }
        }
        match parts.len() {
            0 => Err(NameError::Empty),
            1..=DEPTH => Ok(Self(parts)),
            _ => Err(NameError::Deep),
        }
    }

    /// The parts, folders first.
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// The folders, and the last part.
    pub(super) fn split(&self) -> (&[String], &str) {
        self.0.split_last().map_or((&[], "_"), |(last, folders)| (folders, last))
    }
}

impl fmt::Display for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// One part that every system takes, and that looks like what it is.
fn safe_part(part: &str) -> String {
    let mut safe: String = part.nfc().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    safe.truncate(safe.trim_end_matches(['.', ' ']).len());
    safe.drain(..safe.len() - safe.trim_start_matches(' ').len());
    if is_device(&safe) || fold(&safe).starts_with(OURS) {
        safe.insert(0, '_');
    }
    if safe.is_empty() {
        safe.push('_');
    }
    if safe.len() > PART_BYTES {
        let (stem, extension) = split_extension(&safe);
        let (stem, extension) = (stem.to_owned(), extension.to_owned());
        safe = fitting(&stem, &extension);
    }
    safe
}

/// Characters that some system does not take, that steer terminals, or that hide and reorder what stands around them.
/// U+200C and U+200D stay: Persian words and emoji are spelled with them.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '/' | '\\') || is_hidden(c)
}

/// Invisible characters and those that reorder text.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Names that Windows takes for devices, with any extension and spaces before it: `nul`, `COM¹.txt`, `con .log`.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    number.is_some_and(|number| {
        let mut digits = number.chars();
        let digit = digits.next().is_some_and(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'));
        digit && digits.next().is_none()
    })
}

/// The stem and the extension with its dot. `.tar.gz` and the like are one; a leading dot begins a stem.
fn split_extension(name: &str) -> (&str, &str) {
    let body = name.trim_start_matches('.').len();
    let dots = name.len() - body;
    let Some(last) = name.get(dots..).and_then(|rest| rest.rfind('.')) else { return (name, "") };
    let mut at = dots + last;
    let before = name.get(..at).unwrap_or_default();
    if before.to_ascii_lowercase().ends_with(".tar") && before.len() > dots + 4 {
        at -= 4;
    }
    // A long tail behind a dot is no extension, and cutting the stem would lose the name.
    let (stem, extension) = name.split_at(at);
    if extension.len() > 32 || stem.is_empty() { (name, "") } else { (stem, extension) }
}

/// The stem, cut so that it fits with this end.
fn fitting(stem: &str, end: &str) -> String {
    let cut = cut(stem, PART_BYTES.saturating_sub(end.len()));
    // What is cut may end in a dot or a space again.
    let cut = cut.trim_end_matches(['.', ' ']);
    format!("{cut}{end}")
}

/// At most so many bytes, at the boundary of a character.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// The `n`th name to try when the ones before it are taken: `name.ext`, `name (1).ext`, `name (2).ext` …
pub fn numbered(name: &str, n: u32) -> Cow<'_, str> {
    if n == 0 {
        return Cow::Borrowed(name);
    }
    let (stem, extension) = split_extension(name);
    Cow::Owned(fitting(stem, &format!(" ({n}){extension}")))
}

/// What two names have in common that some system takes for the same: without case, composed.
pub fn fold(name: &str) -> String {
    // Whole folders are folded for each sender, and most names are of these letters alone.
    if name.is_ascii() { name.to_ascii_lowercase() } else { folded(name) }
}

fn folded(name: &str) -> String {
    name.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

/// A name as it may be shown: on one line, with everything that hides, reorders or steers a terminal made visible.
pub fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() || is_hidden(c) {
            // A string takes everything.
            let _ = write!(text, "\\u{{{:X}}}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn safe(name: &str) -> String {
        SafeName::parse(name).unwrap().to_string()
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for (name, why) in [
            ("", NameError::Empty),
            ("./.", NameError::Empty),
            ("/etc/passwd", NameError::Absolute),
            ("\\Windows\\win.ini", NameError::Absolute),
            ("\\\\?\\C:\\x", NameError::Drive),
            ("//server/share", NameError::Drive),
            ("C:\\x", NameError::Drive),
            ("c:x", NameError::Drive),
            ("a/C:/x", NameError::Drive),
            ("../x", NameError::Upwards),
            ("a/../../x", NameError::Upwards),
            ("a\\..\\x", NameError::Upwards),
            (".. /x", NameError::Upwards),
            ("...", NameError::Upwards),
            (". ./x", NameError::Upwards),
            ("..\r/x", NameError::Upwards),
            ("a\0b", NameError::Nul),
        ] {
            assert_eq!(SafeName::parse(name), Err(why), "{name:?}");
        }
        assert_eq!(SafeName::parse(&"a/".repeat(33)), Err(NameError::Deep));
        assert_eq!(SafeName::parse(&"a".repeat(4097)), Err(NameError::Long));
    }

    #[test]
    fn parts_become_such_as_every_system_takes() {
        for (name, made) in [
            ("数据集.csv", "数据集.csv"),
            ("a/./b//c", "a/b/c"),
            ("a\\b", "a/b"),
            ("file:stream", "file_stream"),
            ("what?.txt", "what_.txt"),
            ("end. . ", "end"),
            ("  two", "two"),
            ("nul", "_nul"),
            ("Com1.txt", "_Com1.txt"),
            ("com¹", "_com¹"),
            ("con .log", "_con .log"),
            ("com10", "com10"),
            ("\u{1b}[2K.txt", "_[2K.txt"),
            ("annexe\u{202e}txt.exe", "annexe_txt.exe"),
            ("e\u{301}.txt", "é.txt"),
            (".Twocan.1.resume", "_.Twocan.1.resume"),
            ("👩\u{200d}🚀.png", "👩\u{200d}🚀.png"),
        ] {
            assert_eq!(safe(name), made, "{name:?}");
        }
        let long = safe(&format!("{}.tar.gz", "名".repeat(200)));
        assert!(long.len() <= 255 && long.ends_with("名.tar.gz"), "{long}");
    }

    #[test]
    fn numbers_stand_before_the_extension() {
        for (name, n, made) in [
            ("a.txt", 0, "a.txt"),
            ("a.txt", 1, "a (1).txt"),
            ("a.tar.gz", 2, "a (2).tar.gz"),
            (".bashrc", 1, ".bashrc (1)"),
            (".tar.gz", 1, ".tar (1).gz"),
            ("README", 3, "README (3)"),
        ] {
            assert_eq!(numbered(name, n), made);
        }
        assert!(numbered(&"x".repeat(255), 12).len() <= 255);
    }

    #[test]
    fn what_some_system_takes_for_the_same_folds_to_the_same() {
        for (one, other) in [("README", "readme"), ("e\u{301}", "É"), ("ß", "SS"), ("\u{212A}", "k"), ("ς", "Σ")] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn nothing_shown_steers_a_terminal() {
        assert_eq!(shown("a\u{1b}[2K\r\nb\u{202e}c"), "a\\u{1B}[2K\\u{D}\\u{A}b\\u{202E}c");
    }

    proptest! {
        #[test]
        fn a_safe_name_is_safe_and_stays_as_it_is(name in "(\\PC|[./\\\\: ~\\x00-\\x1f\u{202e}\u{301}A-Za-z]){0,300}") {
            if let Ok(safe) = SafeName::parse(&name) {
                for part in safe.parts() {
                    prop_assert!(!part.is_empty() && part.len() <= PART_BYTES);
                    prop_assert!(!part.contains(is_unsafe), "{part:?}");
                    prop_assert!(!part.ends_with(['.', ' ']) && !is_device(part));
                }
                prop_assert_eq!(SafeName::parse(&safe.to_string()), Ok(safe.clone()));
            }
        }

        #[test]
        fn the_short_way_folds_as_the_long_one(name in "[\\x00-\\x7f]{0,40}") {
            prop_assert_eq!(fold(&name), folded(&name));
        }
    }
}
