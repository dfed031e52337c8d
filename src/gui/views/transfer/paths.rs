//! What is to be sent, before it is: paths as typed, and what is found there.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// What is found at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file, or what is none and will be refused by name.
    File,
    /// A folder.
    Folder,
    /// Nothing that can be looked at.
    Nothing,
}

/// What was found at which path. Another thread looks: a disk may be slow, or not answer at all.
#[derive(Clone, Debug, Default)]
pub struct Finds(Arc<Mutex<BTreeMap<PathBuf, Option<Found>>>>);

impl Finds {
    /// What was found there; `None` while nobody knows. The first question for a path sends somebody to look.
    pub fn at(&self, path: &Path, ctx: &egui::Context) -> Option<Found> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(path) {
            return *found;
        }
        known.insert(path.to_owned(), None);
        let (path, ctx, known) = (path.to_owned(), ctx.clone(), Arc::clone(&self.0));
        let look = move || {
            let found = std::fs::metadata(&path);
            let found = found.map_or(Found::Nothing, |there| if there.is_dir() { Found::Folder } else { Found::File });
            known.lock().unwrap_or_else(PoisonError::into_inner).insert(path, Some(found));
            ctx.request_repaint();
        };
        if let Err(error) = std::thread::Builder::new().name("path".into()).spawn(look) {
            log::warn!("no thread to look at a path: {error}");
        }
        None
    }

    /// It is looked anew when it is asked for the next time.
    pub fn forget(&self, path: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }
}

/// The path that was typed or pasted: `~` is the user's home, `file://` as file managers copy it, quotes as shells do.
pub fn typed(text: &str) -> PathBuf {
    let text = text.trim();
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or(text);
    if let Some(path) = text.strip_prefix("file://").and_then(decoded) {
        return path;
    }
    match text.strip_prefix('~').map(|rest| rest.strip_prefix(std::path::is_separator).ok_or(rest)) {
        Some(Ok(below)) => etcetera::home_dir().map_or_else(|_| text.into(), |home| home.join(below)),
        Some(Err("")) => etcetera::home_dir().unwrap_or_else(|_| text.into()),
        _ => text.into(),
    }
}

/// The path of a URI behind `file://`; `None` if it is of another computer, or no URI.
fn decoded(rest: &str) -> Option<PathBuf> {
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    if !rest.starts_with('/') {
        return None;
    }
    let (mut bytes, mut coded) = (Vec::with_capacity(rest.len()), rest.bytes());
    while let Some(byte) = coded.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [coded.next()?, coded.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    // `file:///C:/x` is `C:/x`.
    if cfg!(windows) {
        bytes.remove(0);
    }
    String::from_utf8(bytes).ok().map(OsString::from).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_understood() {
        let home = etcetera::home_dir().unwrap();
        for (text, path) in [
            ("  a b.txt ", PathBuf::from("a b.txt")),
            ("\"/a b\"", "/a b".into()),
            ("'/a'", "/a".into()),
            ("\"", "\"".into()),
            ("~", home.clone()),
            ("~/x y", home.join("x y")),
            ("~x", "~x".into()),
            ("file://server/share", "file://server/share".into()),
            ("file:///%zz", "file:///%zz".into()),
        ] {
            assert_eq!(typed(text), path, "{text}");
        }
        if cfg!(unix) {
            assert_eq!(typed("file:///a%20b/%E6%96%87.txt"), PathBuf::from("/a b/文.txt"));
        }
    }

    #[test]
    fn what_is_there_is_found_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "").unwrap();
        let (finds, ctx) = (Finds::default(), egui::Context::default());
        for (path, found) in [
            (folder.path().to_owned(), Found::Folder),
            (folder.path().join("a"), Found::File),
            (folder.path().join("b"), Found::Nothing),
        ] {
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
            while finds.at(&path, &ctx).is_none() {
                assert!(std::time::Instant::now() < deadline, "{path:?}");
                std::thread::yield_now();
            }
            assert_eq!(finds.at(&path, &ctx), Some(found));
        }
    }
}
