//! The files of `assets/presets/`: whole, in both languages, and of every listing of the tutorials.
//!
//! What they do against the programs that they are made for is in `tests/classics.rs`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fs, path::Path};

use twocan::{
    net::SocketSpec,
    preset::{self, Preset, Role},
};

/// Name of the file, without its ending, and what stands in it.
fn files() -> Vec<(String, Preset)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets");
    let read = |path: &Path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let preset = Preset::parse(&fs::read_to_string(path).unwrap());
        let preset = preset.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (name, preset)
    };
    fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect()
}

#[test]
fn every_file_is_named_after_its_preset_and_built_in() {
    for (name, preset) in files() {
        assert_eq!(preset.name, name);
        assert_eq!(preset::by_name(&name), Some(&preset), "{name} is not built in");
    }
    assert_eq!(files().len(), preset::all().len());
}

#[test]
fn every_preset_comes_back_from_toml_as_it_was() {
    for (name, preset) in files() {
        assert_eq!(Preset::parse(&preset.to_toml()).unwrap(), preset, "{name}");
    }
}

#[test]
fn every_preset_is_told_of_in_both_languages() {
    let han = |text: &str| text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    for (name, preset) in files() {
        for text in [&preset.title, &preset.watch] {
            assert!(han(&text.zh_cn), "{name}: {:?} is not Chinese", text.zh_cn);
            assert!(text.en.is_ascii() || han(&text.en), "{name}: {:?}", text.en);
        }
        assert!(preset.title.en.len() <= 64, "{name}: the title fills more than a line");
        for (text, end) in [(&preset.watch.en, ['.', '?']), (&preset.watch.zh_cn, ['。', '？'])] {
            assert!(text.ends_with(end), "{name}: {text:?} is no sentence");
        }
        assert!(!preset.title.en.ends_with('.') && !preset.title.zh_cn.ends_with('。'), "{name}");
    }
}

#[test]
fn every_title_is_the_only_one_of_its_kind() {
    let mut titles = BTreeMap::new();
    for (name, preset) in files() {
        for title in [preset.title.en, preset.title.zh_cn] {
            let other = titles.insert(title, name.clone());
            assert_eq!(other, None, "{name}");
        }
    }
}

#[test]
fn every_listing_is_played_once() {
    let mut played: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, preset) in files() {
        for listing in &preset.listings {
            played.entry(listing.to_string()).or_default().push(name.clone());
        }
    }
    for number in 1..=38 {
        let who = played.get(&format!("P{number}")).map_or(0, Vec::len);
        assert_eq!(who, 1, "P{number} is played by {played:?}");
    }
}

#[test]
fn a_role_is_what_the_socket_does() {
    for (name, preset) in files() {
        let speaks_to_someone = match &preset.socket {
            SocketSpec::TcpServer(_) => false,
            SocketSpec::TcpClient(_) => true,
            SocketSpec::Udp(spec) => spec.connect.is_some(),
        };
        assert_eq!(preset.role == Role::Client, speaks_to_someone, "{name}");
        assert_ne!(preset.address().port, 0, "{name}");
    }
}

#[test]
fn a_default_port_needs_no_rights_but_in_the_listing_that_is_about_them() {
    for (name, preset) in files() {
        let is_about_rights = preset.listings.iter().any(|listing| listing.to_string() == "P12");
        assert_eq!(preset.address().port < 1024, is_about_rights, "{name}");
    }
}
