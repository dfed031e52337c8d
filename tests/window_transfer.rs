//! Files in the real window: two are sent and taken, the bar moves, one side cancels, the rest is resumed; two are dropped
//! on it as a file manager does.
//!
//! Behind the feature `inspection` (Xvfb, as tests/window.rs).

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/drag.rs"]
mod drag;
#[path = "support/drive.rs"]
#[allow(dead_code, reason = "what is measured is for the benches")]
mod drive;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod process;
#[path = "support/words.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod words;

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, Instant},
};

use drive::{Screen, Window};
use words::{Words, speaking};

/// So large that there is time to stop it, and sparse, so that it costs no disk to send.
const LARGE: u64 = 2 << 30;

/// Starts a receiver on a port that the system chooses; gives its address.
fn receive(window: &mut Window, words: &Words, into: &Path) -> String {
    window.fill(words.get("transfer_window.listen_on"), "127.0.0.1:0");
    window.fill(words.get("transfer_window.into"), &into.display().to_string());
    window.click(words.get("transfer_window.start"));
    let start = words.start("transfer_window.copy_address");
    window.wait("no address", |widgets| {
        widgets.iter().find_map(|widget| widget.name.strip_prefix(start).map(str::to_owned))
    })
}

fn add(window: &mut Window, words: &Words, path: &Path) {
    window.fill(words.get("transfer_window.path"), &path.display().to_string());
    window.click(words.get("transfer_window.add"));
    window.see(&words.get("transfer_window.remove").replace("%{path}", &path.display().to_string()));
}

/// The names of the bars of one file, which tell how far each is.
fn bars(window: &mut Window, words: &Words, name: &str) -> Vec<String> {
    let bar = words.get("transfer_window.bar").replace("%{title}", name);
    let start = bar.split("%{").next().unwrap().to_owned();
    let widgets = window.widgets();
    let names = widgets.iter().filter(|widget| widget.name.starts_with(&start)).map(|widget| widget.name.clone());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// Waits longer than for what a click does: on a machine that builds beside it a gigabyte takes its time.
fn see_in_the_end(window: &mut Window, text: &str) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !window.widgets().iter().any(|widget| widget.says(text)) {
        assert!(Instant::now() < deadline, "{text:?} does not show");
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

#[test]
fn two_files_a_cancel_and_a_resume() {
    for tag in ["en", "zh-CN"] {
        let screen = Screen::start();
        let (home, files, into) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let large = files.path().join("large.bin");
        File::create(&large).unwrap().set_len(LARGE).unwrap();
        let notes = files.path().join("笔记.txt");
        fs::write(&notes, "你好\n").unwrap();
        let (mut window, words) = speaking(&screen, home.path(), tag);
        window.click(words.get("top.transfer"));
        window.click(words.get("transfer_window.keep"));
        let address = receive(&mut window, &words, into.path());
        window.fill(words.get("transfer_window.address"), &address);
        add(&mut window, &words, &notes);
        add(&mut window, &words, &large);
        window.click(&words.get("transfer_window.send_it_to").replace("%{address}", &address));
        let accept = words.get("transfer_window.accept").replace("%{count}", "2");
        window.see(&accept);
        let there: Vec<_> = fs::read_dir(into.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(there.len() < 2, "nothing is written before the click: {there:?}");
        window.click(&accept);
        // The bar moves.
        let title = words.get("transfer_window.title_more");
        let title = title.replace("%{title}", "笔记.txt").replace("%{count}", "1");
        let first = window.wait("no bar", |widgets| {
            widgets
                .iter()
                .find(|widget| widget.name.starts_with(&title) && widget.name.contains("GB"))
                .map(|w| w.name.clone())
        });
        window.wait("the bar stands still", |widgets| {
            let moved = |widget: &drive::Widget| widget.name.starts_with(&title) && widget.name != first;
            widgets.iter().any(moved).then_some(())
        });
        assert!(!bars(&mut window, &words, &title).is_empty());
        window.click_until(words.get("transfer_window.cancel"), words.get("transfer_window.cancelled"));
        window.gone(words.get("transfer_window.pause"));
        let saved = fs::read(into.path().join("笔记.txt")).unwrap();
        assert_eq!(saved, "你好\n".as_bytes(), "what was whole stays");
        window.click(words.get("transfer_window.resume"));
        window.see(words.start("transfer_window.accept"));
        let accepts = words.start("transfer_window.accept").to_owned();
        let accept = window.wait("no offer", |widgets| {
            widgets.iter().find(|widget| widget.name.starts_with(&accepts)).map(|widget| widget.name.clone())
        });
        window.click(&accept);
        see_in_the_end(&mut window, words.get("transfer_window.verified"));
        let received = into.path().join("large.bin");
        assert_eq!(fs::metadata(&received).unwrap().len(), LARGE);
        let parts = fs::read_dir(into.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ext| ext == "part"));
        assert_eq!(parts.count(), 0);
    }
}

#[test]
fn two_files_dropped_on_the_window() {
    for tag in ["en", "zh-CN"] {
        let screen = Screen::start();
        let (home, files, into) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let paths = ["one 100%.txt", "笔记.txt"].map(|name| files.path().join(name));
        for path in &paths {
            fs::write(path, path.display().to_string()).unwrap();
        }
        let (mut window, words) = speaking(&screen, home.path(), tag);
        // Wherever the window is: it goes to the place.
        drag::drop_files(screen.display(), &paths);
        for path in &paths {
            window.see(&words.get("transfer_window.remove").replace("%{path}", &path.display().to_string()));
        }
        let address = receive(&mut window, &words, into.path());
        window.fill(words.get("transfer_window.address"), &address);
        window.click(&words.get("transfer_window.send_it_to").replace("%{address}", &address));
        window.click(&words.get("transfer_window.accept").replace("%{count}", "2"));
        see_in_the_end(&mut window, words.get("transfer_window.verified"));
        for path in &paths {
            let received = fs::read_to_string(into.path().join(path.file_name().unwrap())).unwrap();
            assert_eq!(received, path.display().to_string());
        }
    }
}
