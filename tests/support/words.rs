//! The real window's texts in a language, and the window in it.

use std::{fs, path::Path};

use super::drive::{Screen, Window};

/// The texts of a language, by their keys.
pub struct Words(toml::Table);

/// The files of a language may share sections: `[top]` is one of them.
fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(there)), toml::Value::Table(more)) => merge(there, more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

impl Words {
    pub fn of(tag: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/locales");
        let mut all = toml::Table::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_stem().unwrap().to_str().unwrap().rsplit('.').next() == Some(tag) {
                merge(&mut all, fs::read_to_string(&path).unwrap().parse().unwrap());
            }
        }
        Self(all)
    }

    /// The text of a key.
    pub fn get(&self, key: &str) -> &str {
        let mut keys = key.split('.');
        let first = self.0.get(keys.next().unwrap());
        let found = keys.fold(first, |value, key| value?.get(key));
        found.and_then(toml::Value::as_str).unwrap_or_else(|| panic!("no text {key}"))
    }

    /// A choice among several: its title and the chosen word.
    pub fn choice(&self, title: &str, word: &str) -> String {
        format!("{}: {}", self.get(title), self.get(word))
    }

    /// The part of a text before its first value.
    pub fn start(&self, key: &str) -> &str {
        self.get(key).split("%{").next().unwrap()
    }
}

/// Opens the window, which speaks English on a system without a language, and puts it into this one.
pub fn open(screen: &Screen, home: &Path, tag: &str) -> (Window, Words) {
    let mut window = Window::open(screen, home);
    let english = Words::of("en");
    window.see(english.get("sidebar.new"));
    if tag != "en" {
        window.click(english.get("top.language"));
        window.see(Words::of(tag).get("sidebar.new"));
    }
    (window, Words::of(tag))
}

/// Opens the window with a settings file that has this language.
pub fn speaking(screen: &Screen, home: &Path, tag: &str) -> (Window, Words) {
    fs::write(home.join("twocan.toml"), format!("language = \"{tag}\"\n")).unwrap();
    let words = Words::of(tag);
    let mut window = Window::open(screen, home);
    window.see(words.get("sidebar.new"));
    (window, words)
}
