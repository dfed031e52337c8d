//! Messages in the real window: nine messages through a framing, cut by small reads, and the worst slicer; with pictures
//! in both languages and themes and two sizes, in `target/pictures`.
//!
//! Behind the feature `inspection`, as tests/window.rs.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/drive.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod drive;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod process;
#[path = "support/words.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod words;

use std::{fs, path::Path};

use drive::{Screen, Window};
use words::Words;

fn picture(window: &mut Window, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pictures");
    fs::create_dir_all(&folder).unwrap();
    for (width, height) in [(1024, 700), (1440, 900)] {
        window.resize(width, height);
        let png = window.picture();
        fs::write(folder.join(format!("{name}-{width}x{height}.png")), &png.bytes).unwrap();
        // One colour over so many pixels takes less.
        assert!(png.bytes.len() > 20_000, "{name} is blank: {} bytes", png.bytes.len());
    }
}

/// The text of a key with these values.
fn told(words: &Words, key: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(words.get(key).to_owned(), |text, (name, value)| text.replace(&format!("%{{{name}}}"), value))
}

#[test]
fn nine_messages_come_out_of_many_reads_and_the_slicer_tells_why() {
    let screen = Screen::start();
    for (theme, tag) in [("light", "en"), ("light", "zh-CN"), ("dark", "en"), ("dark", "zh-CN")] {
        let home = tempfile::tempdir().unwrap();
        // The framings and the size of a read are kept, so that a person can go on where they were.
        let settings = format!(
            "language = \"{tag}\"\ntheme = \"{theme}\"\n[framing]\nsend = {{ prefix = \"u32-be\" }}\nreceive = {{ prefix = \
             \"u32-be\" }}\n"
        );
        fs::write(home.path().join("twocan.toml"), settings).unwrap();
        let words = Words::of(tag);
        let mut window = Window::open(&screen, home.path());
        window.see(words.get("empty.tcp_start"));
        window.click(words.get("empty.tcp_start"));
        window.see("ESTABLISHED");
        window.fill(words.get("inspector.recv"), "7");
        window.key("Enter");
        window.key("Ctrl+5");
        let nine = ["i = 1", "i = 2", "你好", "i = 4", "传声筒", "i = 6", "粘包", "半包", "i = 9"];
        for text in nine {
            window.click(words.get("composer.name"));
            window.type_text(text);
            window.key("Enter");
        }
        let all = told(&words, "framing.many_messages", &[("count", "9")]);
        window.see(&all);
        for (number, text) in nine.iter().enumerate() {
            let row = told(&words, "framing.row", &[("number", &(number + 1).to_string())]);
            let start = row.split("%{").next().unwrap().to_owned();
            window.wait(&format!("no message {text}"), |widgets| {
                widgets.iter().find(|widget| widget.name.starts_with(&start) && widget.says(text)).map(drop)
            });
        }
        picture(&mut window, &format!("messages-{theme}-{tag}"));

        window.click(words.get("framing.slicer"));
        window.click(words.start("framing.slicer_run"));
        window.see(words.get("framing.slicer_good"));
        window.click(words.start("framing.receive"));
        window.click(words.get("framing.none"));
        window.click(words.start("framing.slicer_run"));
        window.see(words.get("framing.why_none"));
        window.see(&told(&words, "framing.simulated", &[("run", "1")]));
        picture(&mut window, &format!("slicer-{theme}-{tag}"));
    }
}
