//! The real window, on a screen of its own, driven by accessible names: what a person would do, in both languages,
//! and pictures of it in both themes and two sizes.
//!
//! Behind the feature `inspection`, because it needs Xvfb, openbox and software OpenGL; `.ci/run` installs them and
//! runs it. The pictures are in `target/pictures`: this test sees that they are not blank, a person sees the rest.

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

use std::{collections::HashMap, fs, path::Path};

use drive::{Screen, Window};
use words::{Words, open};

/// A server and a client by the buttons; 你好 in GBK there and back; both directions ended one after the other.
fn a_conversation(tag: &str) {
    let screen = Screen::start();
    let home = tempfile::tempdir().unwrap();
    let (mut window, words) = open(&screen, home.path(), tag);

    window.click(words.get("sidebar.new"));
    window.click(words.get("sidebar.tcp_server"));
    window.see("127.0.0.1:0");
    window.click(&words.choice("new.reply", "new.reply_echo"));
    // Else the server would close with the client, and nobody would see what half-closed means.
    window.click(words.get("new.close_on_end"));
    window.click(words.get("new.listen"));
    window.see("LISTEN");

    window.click(words.get("sidebar.new"));
    window.click(words.get("sidebar.tcp_client"));
    window.click(words.get("new.connect"));
    window.see("ESTABLISHED");
    window.see(words.get("sidebar.count_one"));

    window.click(words.start("composer.encoding"));
    window.type_text("cp936");
    window.key("Enter");
    window.see("GBK");
    window.click(words.get("composer.name"));
    window.type_text("你好");
    window.see("C4 E3 BA C3");
    window.key("Enter");
    for direction in ["↑ send", "↓ recv"] {
        window.wait(&format!("no row {direction} with its text and its bytes"), |widgets| {
            let whole = |w: &&drive::Widget| w.says(direction) && w.says("你好") && w.says("C4 E3 BA C3");
            widgets.iter().find(whole).map(drop)
        });
    }

    window.click(words.get("verb.half_close"));
    window.see("FIN_WAIT");
    window.see("CLOSE_WAIT");
    // The other end has read FIN, and may still talk; it closes.
    window.click(&format!("{} 127.0.0.1:", words.get("sidebar.connection")));
    window.see(words.get("event.peer_ended"));
    window.click(words.get("verb.close"));
    window.left("FIN_WAIT");
    window.left("CLOSE_WAIT");
    window.see("CLOSED");
}

#[test]
fn a_conversation_in_english() {
    a_conversation("en");
}

#[test]
fn a_conversation_in_chinese() {
    a_conversation("zh-CN");
}

/// How much of a picture is not of its commonest colour, and how bright it is on the whole, from 0 to 1.
fn look_at(png: &[u8]) -> (f64, f64) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let samples = info.color_type.samples();
    let mut counts = HashMap::new();
    let mut light = 0_u64;
    for pixel in pixels[..info.buffer_size()].chunks_exact(samples) {
        let color = [pixel[0], pixel[1 % samples], pixel[2 % samples]];
        *counts.entry(color).or_insert(0_u64) += 1;
        light += color.iter().map(|part| u64::from(*part)).sum::<u64>();
    }
    let total = counts.values().sum::<u64>() as f64;
    let commonest = counts.values().max().copied().unwrap_or(0) as f64;
    (1.0 - commonest / total, light as f64 / (total * 3.0 * 255.0))
}

/// Takes the window's picture in both sizes.
fn picture(window: &mut Window, name: &str, dark: bool) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pictures");
    fs::create_dir_all(&folder).unwrap();
    for (width, height) in [(1024, 700), (1440, 900)] {
        window.resize(width, height);
        let png = window.picture();
        let path = folder.join(format!("{name}-{width}x{height}.png"));
        fs::write(&path, &png.bytes).unwrap();
        let (drawn, bright) = look_at(&png.bytes);
        assert!(drawn > 0.01, "{} is blank: {:.1} % of it is drawn", path.display(), drawn * 100.0);
        assert!((bright < 0.5) == dark, "{}: {bright:.2} bright, dark: {dark}", path.display());
    }
}

/// The bench empty, busy and in error, in both themes and languages and two sizes, with settings from a file.
#[test]
fn pictures() {
    let screen = Screen::start();
    for (theme, dark) in [("light", false), ("dark", true)] {
        for tag in ["en", "zh-CN"] {
            let home = tempfile::tempdir().unwrap();
            let settings = format!("language = \"{tag}\"\ntheme = \"{theme}\"\n");
            fs::write(home.path().join("twocan.toml"), settings).unwrap();
            let words = Words::of(tag);
            let mut window = Window::open(&screen, home.path());
            window.see(words.get("empty.tcp_start"));
            picture(&mut window, &format!("empty-{theme}-{tag}"), dark);

            window.click(words.get("empty.tcp_start"));
            window.see("ESTABLISHED");
            for text in ["hello", "你好，世界", "tin can"] {
                window.click(words.get("composer.name"));
                window.type_text(text);
                window.key("Enter");
                window.see(text);
            }
            picture(&mut window, &format!("busy-{theme}-{tag}"), dark);

            window.click(words.get("sidebar.new"));
            window.click(words.get("sidebar.tcp_client"));
            // Port 1 is nobody's on a machine that tests run on.
            window.fill(words.get("new.target"), "127.0.0.1:1");
            window.click(words.get("new.connect"));
            window.see("REFUSED");
            picture(&mut window, &format!("error-{theme}-{tag}"), dark);
        }
    }
}

/// The pages of the encoding lens, opened by its keys over the bench and left by Esc.
#[test]
fn the_lens() {
    let screen = Screen::start();
    for (theme, dark, tag) in [("light", false, "en"), ("dark", true, "zh-CN")] {
        let home = tempfile::tempdir().unwrap();
        let settings = format!("language = \"{tag}\"\ntheme = \"{theme}\"\n");
        fs::write(home.path().join("twocan.toml"), settings).unwrap();
        let words = Words::of(tag);
        let mut window = Window::open(&screen, home.path());
        window.click(words.get("empty.tcp_start"));
        window.see("ESTABLISHED");
        window.key("Ctrl+E");
        window.type_text("你好");
        window.see("E4 BD A0");
        window.key("Ctrl+Shift+E");
        window.see(words.get("lens.from_composer"));
        window.see("E4 BD A0");
        picture(&mut window, &format!("lens-characters-{theme}-{tag}"), dark);
        for (page, see) in [("pairs", "浣犲ソ"), ("cut", "E4 BD | A0"), ("upper", "UTF-8")] {
            window.click(words.get(&format!("lens.{page}")));
            window.see(see);
            picture(&mut window, &format!("lens-{page}-{theme}-{tag}"), dark);
        }
        window.key("Escape");
        window.gone(words.get("lens.title"));
        window.see("你好");
    }
}
