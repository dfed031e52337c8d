//! The two locale files say the same things, and nothing that nobody asks for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Keys that do not stand in the source whole, by how they begin. Better none. `--help` takes its texts by the names
/// of arguments, and a test there sees that each has one.
const BUILT: [&str; 1] = ["cli.help."];

/// Words that the Chinese texts keep: names of calls, protocols, constants and units.
const TERMS: &[&str] = &[
    "pcapng", "tshark", "accept", "bind", "charset", "close", "connect", "errno", "listen", "pid", "recv", "recvfrom",
    "send", "sendto", "shutdown", "smoltcp", "strftime", "ncat", "socat", "fsync",
];

/// Words that are typed on the command line as they are, or sent.
const TYPED: &[&str] = &[
    "arq",
    "client",
    "corrupt",
    "all",
    "ask",
    "crlf",
    "cubic",
    "delay",
    "delimiter",
    "duplicate",
    "echo",
    "event",
    "file",
    "fixed",
    "framed",
    "gbk",
    "header",
    "hello",
    "jitter",
    "line",
    "helper",
    "localhost",
    "loop",
    "loss",
    "messages",
    "name",
    "ncr",
    "none",
    "part",
    "path",
    "ping",
    "pong",
    "presets",
    "question",
    "raw",
    "refuse",
    "reno",
    "reorder",
    "self",
    "sequential",
    "server",
    "shell",
    "silence",
    "skip",
    "tcp",
    "text",
    "then",
    "threads",
    "twocan",
    "udp",
    "upper",
    "utf",
    "voice",
];

/// How names of files end, which look like keys.
const FILES: [&str; 5] = [".bin", ".csv", ".jsonl", ".rs", ".toml"];

fn flatten(prefix: &str, value: &toml::Value, into: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&key, value, into);
            }
        }
        toml::Value::String(text) => {
            into.insert(prefix.to_owned(), text.clone());
        }
        other => panic!("{prefix} is not text: {other}"),
    }
}

/// The keys of one column of the files.
fn locale(column: usize) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for pair in super::TEXTS {
        let before = keys.len();
        let mut more = BTreeMap::new();
        flatten("", &toml::Value::Table(pair[column].parse().unwrap()), &mut more);
        let count = more.len();
        keys.extend(more);
        assert_eq!(keys.len(), before + count, "two files have the same key");
    }
    keys
}

fn english() -> BTreeMap<String, String> {
    locale(0)
}

fn chinese() -> BTreeMap<String, String> {
    locale(1)
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split("%{").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn both_languages_have_the_same_keys_and_placeholders() {
    let (english, chinese) = (english(), chinese());
    let missing = |of: &BTreeMap<String, String>, from: &BTreeMap<String, String>| {
        of.keys().filter(|key| !from.contains_key(*key)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(missing(&english, &chinese), Vec::<String>::new(), "only in English");
    assert_eq!(missing(&chinese, &english), Vec::<String>::new(), "only in Chinese");
    for (key, text) in &english {
        assert_eq!(placeholders(text), placeholders(&chinese[key]), "{key}");
    }
}

#[test]
fn every_key_is_used() {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let unused: Vec<_> = english()
        .into_keys()
        .filter(|key| !source.contains(&format!("\"{key}\"")) && !BUILT.iter().any(|built| key.starts_with(built)))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn every_key_that_is_used_exists() {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let english = english();
    let sections: BTreeSet<_> = english.keys().filter_map(|key| key.split('.').next()).collect();
    let shape = |key: &str| key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._".contains(&b));
    // Every other piece between quotes is a literal, or, after an odd one somewhere, every other one: look at all.
    let missing: BTreeSet<_> = source
        .split('"')
        .filter(|text| shape(text) && !text.ends_with('.') && !FILES.iter().any(|ending| text.ends_with(ending)))
        .filter(|text| text.split_once('.').is_some_and(|(section, _)| sections.contains(section)))
        .filter(|key| !english.contains_key(*key) && !BUILT.contains(key))
        .collect();
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn chinese_texts_are_chinese() {
    let mut left = Vec::new();
    for (key, text) in chinese() {
        let mut plain = String::new();
        for (i, part) in text.split("%{").enumerate() {
            plain.push_str(if i == 0 { part } else { part.split_once('}').map_or("", |(_, rest)| rest) });
        }
        // Placeholders of templates are typed: `{peer}`.
        for (i, part) in std::mem::take(&mut plain).split('{').enumerate() {
            plain.push_str(if i == 0 { part } else { part.split_once('}').map_or(part, |(_, rest)| rest) });
        }
        // `--broadcast` is typed too.
        let words = plain.split(|c: char| !c.is_ascii_alphabetic() && c != '-').filter(|word| !word.starts_with("--"));
        let words = words.flat_map(|word| word.split('-'));
        // Names and constants have capitals (`TCP`, `SO_BROADCAST`, `Twocan`); single letters are units or keys.
        let english = words.filter(|word| word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase()));
        left.extend(
            english.filter(|word| !TERMS.contains(word) && !TYPED.contains(word)).map(|word| format!("{key}: {word}")),
        );
    }
    assert_eq!(left, Vec::<String>::new(), "translate them, or list them as terms");
}
