//! Nine sends of a Python server in the real window: the strip counts them as the records do, with 4 bytes for one recv it
//! shows their halves, and what is set beside it acts on the living socket.
//!
//! Behind the features `inspection` (Xvfb, as tests/window.rs) and `peers` (Python). Pictures are in `target/pictures`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/drive.rs"]
#[allow(dead_code, reason = "what is measured is for the benches")]
mod drive;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod process;
#[path = "peers/tools.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod tools;
#[path = "support/words.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod words;

use std::{fs, path::Path};

use drive::{Screen, Window};
use tools::python_server;
use words::{Words, speaking};

fn picture(window: &mut Window, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pictures");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.png")), window.picture().bytes).unwrap();
}

/// Waits until so many pieces say this.
fn pieces(window: &mut Window, said: &str, count: usize) {
    window.wait(&format!("not {count} pieces of {said:?}"), |widgets| {
        let found = widgets.iter().filter(|widget| widget.role == "ListItem" && widget.name.contains(said)).count();
        (found == count).then_some(())
    });
}

/// The part of a text from one of its values to the next, with this value.
fn received(words: &Words, bytes: usize) -> String {
    let text = words.get("boundaries.piece_alone").replace("%{count}", &bytes.to_string());
    text.split("%{id}").nth(1).unwrap().split("%{offset}").next().unwrap().to_owned()
}

fn nine(tag: &str) {
    let screen = Screen::start();
    for (recv, parts) in [("16384", &[5][..]), ("4", &[4, 1])] {
        let home = tempfile::tempdir().unwrap();
        let (mut window, words) = speaking(&screen, home.path(), tag);
        window.resize(1440, 900);
        let (server, port) = python_server("tcp_server.py", &["127.0.0.1", "nine"]);
        window.click(words.get("sidebar.new"));
        window.click(words.get("sidebar.tcp_client"));
        window.fill(words.get("new.target"), &format!("127.0.0.1:{port}"));
        window.fill(words.get("new.recv_bytes"), recv);
        window.click(&words.choice("new.reply", "new.reply_echo"));
        window.click(words.get("new.connect"));
        window.see("CLOSE_WAIT");
        let outside = words.get("ladder.outside");
        window.click(&words.get("ladder.other_way").replace("%{way}", &format!("{outside} → #1")));
        let count = words.get("ladder.recvs").replace("%{count}", &(9 * parts.len()).to_string());
        window.see(&words.get("ladder.recvs_only").replace("%{recvs}", &count));
        for part in parts {
            pieces(&mut window, &received(&words, *part), 9);
        }
        picture(&mut window, &format!("boundaries-nine-{recv}-{tag}"));
        server.finish().ok();
    }
}

#[test]
fn nine_in_english() {
    nine("en");
}

#[test]
fn nine_in_chinese() {
    nine("zh-CN");
}
