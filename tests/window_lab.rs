//! The lab in the real window, in both languages: every prepared run played, a packet killed with a click, the judge finding
//! a counter-example; and pictures of it in both themes and two sizes, in `target/pictures`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/drive.rs"]
#[allow(dead_code, reason = "what is measured is for the benches")]
mod drive;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "what is written to a process is for the peers")]
mod process;
#[path = "support/words.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod words;

use std::{fs, path::Path};

use drive::{Screen, Window};
use twocan::sim::prepared::{Told, prepared};
use words::Words;

fn said<'t>(tag: &str, told: &'t Told) -> &'t str {
    if tag == "en" { &told.en } else { &told.zh_cn }
}

fn keep(window: &mut Window, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures");
    fs::create_dir_all(&folder).unwrap();
    let picture = window.picture();
    assert!(picture.bytes.len() > 20_000, "{name} is blank");
    fs::write(folder.join(format!("{name}.png")), &picture.bytes).unwrap();
}

fn lab(tag: &str) -> (Screen, tempfile::TempDir, Window, Words) {
    let screen = Screen::start();
    let home = tempfile::tempdir().unwrap();
    // Small, so that the whole column at the right is on the screen: what is scrolled out cannot be clicked.
    fs::write(home.path().join("twocan.toml"), format!("language = \"{tag}\"\nzoom_percent = 60\n")).unwrap();
    let words = Words::of(tag);
    let mut window = Window::open(&screen, home.path());
    window.see(words.get("sidebar.new"));
    window.click(words.get("top.lab"));
    window.see(words.get("lab.play"));
    (screen, home, window, words)
}

fn prepared_runs(tag: &str) {
    let (_screen, _home, mut window, words) = lab(tag);
    for prepared in prepared() {
        let lesson = &prepared.lesson;
        window.click(words.start("lab.prepared"));
        window.click(said(tag, &lesson.title));
        window.see(said(tag, &lesson.question));
        window.click(words.get("lab.play"));
        window.see(words.get("lab.pause"));
        window.click(words.get("lab.show_answer"));
        window.see(said(tag, &lesson.explanation));
    }
    keep(&mut window, &format!("lab-{tag}-prepared"));
}

fn a_packet_killed(tag: &str) {
    let (_screen, _home, mut window, words) = lab(tag);
    window.click(words.start("lab.prepared"));
    window.click(said(tag, &prepared()[0].lesson.title));
    window.click(words.get("lab.show_answer"));
    window.see(words.get("lab.all_once"));
    let second = words.get("lab.message").replace("%{number}", "2") + "; ";
    window.click(&second);
    window.click(words.get("lab.act_lose"));
    window.see(words.get("lab.loss_by_hand"));
    keep(&mut window, &format!("lab-{tag}-killed"));
}

fn a_counter_example(tag: &str) {
    let (_screen, _home, mut window, words) = lab(tag);
    // On the link that one finds first nothing works without acknowledgements.
    window.click(words.get("arq.numbers"));
    window.see(words.start("lab.judge_open"));
    window.click(words.start("lab.judge_open"));
    window.see("ARQ");
    keep(&mut window, &format!("lab-{tag}-judge"));
}

#[test]
fn every_prepared_run_is_played() {
    prepared_runs("en");
    prepared_runs("zh-CN");
}

#[test]
fn a_click_kills_a_packet() {
    a_packet_killed("en");
    a_packet_killed("zh-CN");
}

#[test]
fn the_judge_finds_a_counter_example() {
    a_counter_example("en");
    a_counter_example("zh-CN");
}

#[test]
fn pictures() {
    for (tag, theme) in [("en", "light"), ("en", "dark"), ("zh-CN", "light"), ("zh-CN", "dark")] {
        let screen = Screen::start();
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("twocan.toml"), format!("language = \"{tag}\"\ntheme = \"{theme}\"\n")).unwrap();
        let words = Words::of(tag);
        let mut window = Window::open(&screen, home.path());
        window.click(words.get("top.lab"));
        for (width, height) in [(1_440, 900), (1_024, 700)] {
            window.resize(width, height);
            keep(&mut window, &format!("lab-{tag}-{theme}-{width}x{height}"));
        }
    }
}
