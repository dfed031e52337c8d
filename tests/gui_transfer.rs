//! Transfer: files over real sockets between two windows' worth of widgets, found by their accessible names.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod harness;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
};

use egui::accesskit::Role;
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{BOTH, fill, in_language, sized, step_until, window};
use twocan::{
    gui::{App, actions::Action, transfers::TransferAction, views::Place},
    net::{Command, SocketSpec, TcpClientSpec},
    transfer::{Partial, ReceiveSpec, ReceiverState, SendOptions, SendSpec, State, Transfers, Way},
    words::Lang,
};

fn click(harness: &mut Harness<'_, App>, name: &str) {
    harness.get_by_role_and_label(Role::Button, name).click();
    harness.step();
    harness.step();
}

/// The place, and a receiver in it that listens for this way into this folder.
fn receiving(
    lang: Lang,
    theme: twocan::gui::theme::ThemeChoice,
    way: Way,
    into: &Path,
) -> (Harness<'static, App>, SocketAddr) {
    start_receiving(window(lang, theme), lang, way, into)
}

fn start_receiving(
    mut harness: Harness<'static, App>,
    lang: Lang,
    way: Way,
    into: &Path,
) -> (Harness<'static, App>, SocketAddr) {
    harness.state_mut().model.settings.transfer.receive_way = way;
    harness.run();
    click(&mut harness, in_language(lang, "Transfer", "传文件"));
    fill(&mut harness, in_language(lang, "Listen on", "监听地址"), "127.0.0.1:0");
    fill(&mut harness, in_language(lang, "Save in this folder", "保存到这个文件夹"), &into.display().to_string());
    click(&mut harness, in_language(lang, "Start to receive", "开始接收"));
    step_until(&mut harness, "it listens", |harness| address(harness).is_some());
    harness.step();
    let address = address(&harness).unwrap();
    (harness, address)
}

fn address(harness: &Harness<'_, App>) -> Option<SocketAddr> {
    harness.state().model.transfers.receivers.iter().find_map(|row| match row.state {
        ReceiverState::Listening(address) => Some(address),
        _ => None,
    })
}

fn ended(harness: &Harness<'_, App>) -> usize {
    harness.state().model.transfers.rows.iter().filter(|row| row.transfer.state == State::Ended).count()
}

#[test]
fn raw_bytes_are_asked_for_and_saved_in_both_languages() {
    for (lang, theme) in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let (mut harness, address) = receiving(lang, theme, Way::Raw, folder.path());
        harness.get_by_label(&address.to_string());
        let mut peer = TcpStream::connect(address).unwrap();
        peer.write_all("你好".as_bytes()).unwrap();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        let accept = in_language(lang, "Accept 1", "接受 1 个");
        step_until(&mut harness, "it asks", |harness| harness.query_by_label(accept).is_some());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is saved before the click");
        click(&mut harness, accept);
        step_until(&mut harness, "it has ended", |harness| ended(harness) == 1);
        harness.step();
        let saved: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(saved.len(), 1);
        assert_eq!(fs::read_to_string(&saved[0]).unwrap(), "你好");
        assert!(harness.query_all_by_label_contains("BLAKE3").next().is_some(), "the hash is shown");
        harness.get_by_label(in_language(lang, "not verified", "未核对"));
        assert!(harness.query_by_label(in_language(lang, "all bytes sent", "字节已全部发出")).is_none(), "who knows?");
        click(&mut harness, in_language(lang, "Clear", "清空"));
        step_until(&mut harness, "the list is empty", |harness| harness.state().model.transfers.rows.is_empty());
    }
}

#[test]
fn a_file_is_sent_and_the_address_remembered() {
    for (lang, theme) in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("数据.bin");
        fs::write(&path, vec![7; 300_001]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap().to_string();
        let reads = move || {
            let mut bytes = Vec::new();
            listener.accept().unwrap().0.read_to_end(&mut bytes).unwrap();
            bytes
        };
        let peer = std::thread::Builder::new().name("peer".into()).spawn(reads).unwrap();
        let mut harness = window(lang, theme);
        harness.state_mut().model.settings.transfer.way = Way::Raw;
        harness.state_mut().view.place = Place::Transfer;
        harness.run();
        fill(&mut harness, in_language(lang, "or a path", "或输入路径"), &path.display().to_string());
        click(&mut harness, in_language(lang, "Add", "添加"));
        let send = in_language(lang, "Send", "发送");
        assert!(harness.get_by_label(send).accesskit_node().is_disabled(), "without an address there is nobody");
        fill(&mut harness, in_language(lang, "Address and port of the receiver", "接收方的地址和端口"), &to);
        harness.step();
        click(&mut harness, &in_language(lang, "Send to ADDRESS", "发送给 ADDRESS").replace("ADDRESS", &to));
        step_until(&mut harness, "it has ended", |harness| ended(harness) == 1);
        harness.step();
        assert_eq!(peer.join().unwrap(), vec![7; 300_001]);
        assert_eq!(harness.state().model.settings.transfer.recent, [to.as_str()]);
        harness.get_by_label(in_language(lang, "all bytes sent", "字节已全部发出"));
        harness.get_by_label(&in_language(lang, "Send to ADDRESS again", "再次发给 ADDRESS").replace("ADDRESS", &to));
    }
}

#[test]
fn nobody_there_is_told_in_words_and_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "a").unwrap();
    // A port that was just free: nobody listens there.
    let to = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut harness = window(BOTH[0].0, BOTH[0].1);
    harness.state_mut().model.settings.transfer.way = Way::Raw;
    harness.state_mut().actions.push(Action::FilesChosen(vec![path.clone(), path]));
    harness.step();
    assert_eq!(harness.state().view.transfer.paths.len(), 1, "each once");
    fill(&mut harness, "Address and port of the receiver", &to);
    harness.step();
    click(&mut harness, &format!("Send to {to}"));
    step_until(&mut harness, "it has ended", |harness| ended(harness) == 1);
    harness.step();
    harness.get_by_label("FAILED");
    harness.get_by_label_contains("Nobody is listening on");
    let first = harness.state().model.transfers.rows[0].transfer.id;
    click(&mut harness, "Send again");
    let again = |harness: &Harness<'_, App>| {
        let rows = &harness.state().model.transfers.rows;
        rows.len() == 1 && rows[0].transfer.id != first && ended(harness) == 1
    };
    step_until(&mut harness, "it was tried again, and only once", again);
    harness.step();
    click(&mut harness, "Put back on the list");
    assert_eq!(harness.state().view.transfer.paths, [folder.path().join("a.txt")]);
}

#[test]
fn files_dropped_on_the_window_are_on_the_list_wherever_one_is() {
    #[derive(Debug)]
    struct Dropped(PathBuf);
    impl egui::DroppedFile for Dropped {
        fn path(&self) -> &Path {
            &self.0
        }
        fn bytes(&self) -> Result<Vec<u8>, String> {
            Err("nobody reads it".into())
        }
    }
    let mut harness = window(BOTH[0].0, BOTH[0].1);
    harness.run();
    let files = ["/tmp/one.txt", "/tmp/two 文.txt"].map(PathBuf::from);
    for file in &files {
        harness.input_mut().dropped_files.push(Arc::new(Dropped(file.clone())));
    }
    harness.step();
    harness.step();
    assert_eq!(harness.state().view.place, Place::Transfer);
    assert_eq!(harness.state().view.transfer.paths, files);
    harness.get_by_label("/tmp/two 文.txt");
    click(&mut harness, "Take /tmp/one.txt off the list");
    assert_eq!(harness.state().view.transfer.paths, files[1..]);
}

#[test]
fn a_quiet_window_asks_for_no_repaint_and_a_small_one_shows_all() {
    for (lang, theme) in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let mut harness = sized(lang, theme, egui::vec2(720.0, 450.0));
        harness.state_mut().view.place = Place::Transfer;
        let spec = twocan::transfer::ReceiveSpec::into_folder(folder.path(), Way::Framed);
        harness.state_mut().actions.push(Action::Transfer(TransferAction::Receive(spec)));
        step_until(&mut harness, "it listens", |harness| address(harness).is_some());
        harness.run();
        assert!(!harness.state().model.transfers.is_lively());
        harness.get_by_label(in_language(lang, "Drop files or folders here", "把文件或文件夹拖到这里"));
    }
}

#[test]
fn a_large_file_is_paused_and_cancelled_with_a_click() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let large = files.path().join("large.bin");
    fs::File::create(&large).unwrap().set_len(8 << 30).unwrap();
    let (mut harness, address) = receiving(BOTH[0].0, BOTH[0].1, Way::Framed, folder.path());
    fill(&mut harness, "Address and port of the receiver", &address.to_string());
    harness.state_mut().view.transfer.paths.push(large);
    harness.step();
    click(&mut harness, &format!("Send to {address}"));
    step_until(&mut harness, "it asks", |harness| harness.query_by_label("Accept 1").is_some());
    click(&mut harness, "Accept 1");
    let moved = |harness: &Harness<'_, App>| {
        harness.state().model.transfers.rows.iter().all(|row| row.transfer.progress.bytes > 0)
    };
    step_until(&mut harness, "it moves", moved);
    harness.step();
    let pause = harness.get_all_by_role_and_label(Role::Button, "Pause").next().unwrap();
    pause.click();
    harness.step();
    step_until(&mut harness, "it is paused", |harness| harness.query_by_label("Go on").is_some());
    harness.get_all_by_role_and_label(Role::Button, "Cancel").next().unwrap().click();
    harness.step();
    step_until(&mut harness, "both have ended", |harness| ended(harness) == 2);
    harness.step();
    for name in ["Resume", "Put back on the list"] {
        stands_in_the_middle(&harness, name);
    }
    assert_eq!(harness.query_all_by_label("cancelled").count(), 2);
    let parts = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(parts, 0, "nothing stays that nobody asked to keep");
}

#[test]
fn a_file_over_a_socket_of_the_bench_has_the_same_bar() {
    let files = tempfile::tempdir().unwrap();
    let large = files.path().join("数据.bin");
    fs::File::create(&large).unwrap().set_len(64 << 30).unwrap();
    for (lang, theme) in BOTH {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap();
        let reads = move || {
            let (mut stream, mut block) = (listener.accept().unwrap().0, vec![0; 1 << 20]);
            while stream.read(&mut block).is_ok_and(|n| n > 0) {}
        };
        let peer = std::thread::Builder::new().name("peer".into()).spawn(reads).unwrap();
        let mut harness = window(lang, theme);
        let spec = SocketSpec::TcpClient(TcpClientSpec { target: target.into(), ..TcpClientSpec::default() });
        harness.state_mut().actions.push(Action::OpenNew(spec));
        harness.step();
        let id = harness.state().model.selected.unwrap();
        let send = Command::SendFile { path: large.clone(), to: None };
        harness.state_mut().actions.push(Action::Verb(id, send));
        // How far it is, how fast just now and in the mean, and how long still.
        let bar = in_language(lang, "数据.bin: ", "数据.bin：");
        let mean = in_language(lang, "(mean ", "（平均 ");
        let left = in_language(lang, " left", "还要");
        let shows = |harness: &Harness<'_, App>, text: &str| harness.query_all_by_label_contains(text).next().is_some();
        step_until(&mut harness, "it shows how fast it is", |harness| shows(harness, mean) && shows(harness, left));
        let value = |harness: &Harness<'_, App>| {
            let bar = harness.query_all_by_role(Role::ProgressIndicator).next().expect("a bar");
            bar.accesskit_node().label().unwrap()
        };
        let first = value(&harness);
        assert!(first.starts_with(bar) && first.contains("69 GB"), "{first}");
        step_until(&mut harness, "it moves", |harness| value(harness) != first);
        let peer_address = target.to_string();
        assert!(shows(&harness, &peer_address));
        assert!(shows(&harness, in_language(lang, "A file is on its way.", "正在发送文件。")), "the boundaries");
        assert!(shows(&harness, in_language(lang, "Rate so far, at most ", "到现在的速率，最高 ")), "the plot");
        click(&mut harness, in_language(lang, "Pause the file", "暂停文件"));
        let go_on = in_language(lang, "Go on with the file", "继续发送文件");
        step_until(&mut harness, "it is held up", |harness| {
            shows(harness, go_on) && shows(harness, in_language(lang, "paused", "已暂停"))
        });
        let standing = value(&harness);
        harness.run();
        assert_eq!(value(&harness), standing);
        click(&mut harness, go_on);
        step_until(&mut harness, "it goes on", |harness| value(harness) != standing && !shows(harness, go_on));
        let looks = |harness: &Harness<'_, App>| harness.state().model.file_looks(id);
        step_until(&mut harness, "it lasts a second", |harness| looks(harness) >= 4);
        click(&mut harness, in_language(lang, "Cancel", "取消"));
        step_until(&mut harness, "the bar is gone", |harness| !shows(harness, mean));
        // The plot of the next one begins with it.
        let send = Command::SendFile { path: large.clone(), to: None };
        harness.state_mut().actions.push(Action::Verb(id, send));
        step_until(&mut harness, "the next one", |harness| harness.state().model.file(id).is_some());
        assert!(looks(&harness) < 4);
        harness.state_mut().actions.push(Action::Verb(id, Command::CancelFile));
        step_until(&mut harness, "it is over", |harness| harness.state().model.file(id).is_none());
        drop(harness);
        peer.join().unwrap();
    }
}

/// Somebody else, who sends these.
fn somebody_sends(paths: Vec<PathBuf>, to: SocketAddr, way: Way) -> Transfers {
    let somebody = Transfers::new(Arc::new(()));
    somebody.send(SendSpec { paths, to: to.into(), way, options: SendOptions::default() });
    somebody
}

#[test]
fn a_large_offer_is_answered_without_scrolling_and_hides_no_ending() {
    for (lang, theme) in BOTH {
        let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let many = files.path().join("many");
        fs::create_dir(&many).unwrap();
        for n in 0..300 {
            fs::write(many.join(format!("{n:03}.txt")), "1234567890").unwrap();
        }
        let photo = format!("photo of the class.jpg{}.exe", " ".repeat(40));
        fs::write(files.path().join(&photo), "x").unwrap();
        let (mut harness, address) = receiving(lang, theme, Way::Framed, folder.path());
        let _somebody = somebody_sends(vec![files.path().join(&photo), many], address, Way::Framed);
        let accept = in_language(lang, "Accept 302", "接受 302 个");
        step_until(&mut harness, "it asks", |harness| harness.query_by_label(accept).is_some());
        harness.step();
        let seen = |harness: &Harness<'_, App>, name: &str| harness.get_by_label(name).rect().max.y < 400.0;
        assert!(seen(&harness, accept) && seen(&harness, in_language(lang, "Decline", "拒绝")));
        let wants = in_language(
            lang,
            "127.0.0.1 wants to send 301 files and 1 folder (3.0 kB)",
            "127.0.0.1 想发来 301 个文件、1 个文件夹（3.0 kB）",
        );
        harness.get_by_label(wants);
        harness.get_by_label(&format!("photo of the class.jpg{}.exe", "␣".repeat(40)));
        harness.get_by_label("many").click();
        harness.step();
        harness.step();
        harness.get_by_label(in_language(lang, "Accept 1", "接受 1 个"));
        harness.get_by_label(in_language(lang, "All", "全部")).click();
        harness.step();
        harness.step();
        harness.get_by_label(accept);
        click(&mut harness, in_language(lang, "Decline", "拒绝"));
    }
}

/// The widget of this name is there and its text is inside the middle column.
fn stands_in_the_middle(harness: &Harness<'_, App>, name: &str) {
    let rect = harness.get_by_label(name).rect();
    assert!(rect.min.x > 328.0 && rect.max.x < harness.ctx.content_rect().width() - 320.0, "{name}: {rect:?}");
}

#[test]
fn a_refused_name_is_named_and_the_others_are_there() {
    for (lang, theme) in BOTH {
        let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let long = format!("{}.txt", "long".repeat(50));
        let paths: Vec<PathBuf> = ["CON.txt", "a:b.txt", &long].iter().map(|name| files.path().join(name)).collect();
        for path in &paths {
            fs::write(path, "x").unwrap();
        }
        let many = files.path().join("many");
        fs::create_dir(&many).unwrap();
        for n in 0..250 {
            fs::write(many.join(format!("{n:03}.txt")), "").unwrap();
        }
        let (mut harness, address) = receiving(lang, theme, Way::Framed, folder.path());
        let paths = [vec![many], paths].concat();
        let _somebody = somebody_sends(paths, address, Way::Framed);
        let accept = in_language(lang, "Accept 253", "接受 253 个");
        step_until(&mut harness, "it asks", |harness| harness.query_by_label(accept).is_some());
        click(&mut harness, accept);
        step_until(&mut harness, "it has ended", |harness| ended(harness) == 1);
        harness.step();
        harness.get_by_label(in_language(lang, "partly", "部分完成"));
        harness.get_by_label_contains(in_language(lang, "252 of 253 files", "252 / 253 个文件"));
        let why = in_language(lang, "a:b.txt: The name cannot be used: ", "a:b.txt：这个名字不能用：");
        harness.get_by_label_contains(why);
        click(&mut harness, in_language(lang, "Show 253 files and 1 folder", "显示 253 个文件、1 个文件夹"));
        // What failed stands first, however many others there are.
        stands_in_the_middle(&harness, "a:b.txt");
        stands_in_the_middle(&harness, in_language(lang, "failed", "失败"));
        assert!(harness.query_by_label("CON.txt").is_none());
        // It lies below the window.
        let more = in_language(lang, "Show more (54 left)", "再显示一些（还有 54 个）");
        harness.get_by_role_and_label(Role::Button, more).click_accesskit();
        harness.step();
        harness.step();
        harness.get_by_label(in_language(lang, "saved as _CON.txt", "已存为 _CON.txt"));
        stands_in_the_middle(&harness, &long);
        let copy = in_language(lang, "Copy the SHA-256 hash of CON.txt", "复制 CON.txt 的 SHA-256 哈希");
        harness.get_by_role_and_label(Role::Button, copy);
    }
}

#[test]
fn only_what_can_be_resumed_is_kept_and_where_is_told() {
    for way in [Way::Raw, Way::Framed] {
        let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let large = files.path().join("large.bin");
        fs::File::create(&large).unwrap().set_len(8 << 30).unwrap();
        let mut harness = window(BOTH[0].0, BOTH[0].1);
        assert_eq!(harness.state().model.settings.transfer.partial, Partial::Remove);
        harness.state_mut().model.settings.transfer.partial = Partial::Keep;
        let (mut harness, address) = start_receiving(harness, BOTH[0].0, way, folder.path());
        let somebody = somebody_sends(vec![large], address, way);
        step_until(&mut harness, "it asks", |harness| harness.query_by_label("Accept 1").is_some());
        click(&mut harness, "Accept 1");
        step_until(&mut harness, "it moves", |harness| {
            harness.state().model.transfers.rows.iter().any(|row| row.transfer.progress.bytes > 1 << 20)
        });
        drop(somebody);
        step_until(&mut harness, "it has ended", |harness| ended(harness) == 1);
        harness.step();
        let told = harness.query_by_label_contains("What came is kept in").is_some();
        let paths = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let parts = paths.filter(|path| path.extension().is_some_and(|extension| extension == "part")).count();
        assert_eq!((told, parts), if way == Way::Framed { (true, 1) } else { (false, 0) });
    }
}

#[test]
fn nothing_that_is_typed_makes_a_column_wider() {
    for (lang, theme) in BOTH {
        let mut harness = sized(lang, theme, egui::vec2(1024.0, 700.0));
        harness.state_mut().view.place = Place::Transfer;
        harness.state_mut().view.transfer.add([PathBuf::from("/nope/nothing.txt")]);
        harness.run();
        let (to, listen) = (
            in_language(lang, "Address and port of the receiver", "接收方的地址和端口"),
            in_language(lang, "Listen on", "监听地址"),
        );
        let width = |harness: &Harness<'_, App>| harness.get_by_role_and_label(Role::TextInput, listen).rect().max.x;
        let before = width(&harness);
        fill(&mut harness, to, "a b:80");
        harness.step();
        assert!(width(&harness) <= before);
        let correct = in_language(lang, "Correct the address at the left first", "先改正左边的地址");
        stands_in_the_middle(&harness, correct);
        let host = format!("{}.example.org:8021", "long".repeat(20));
        fill(&mut harness, to, &host);
        harness.step();
        let send = in_language(lang, "Send to ADDRESS", "发送给 ADDRESS").replace("ADDRESS", &host);
        stands_in_the_middle(&harness, &send);
        let missing = in_language(lang, "not there", "不存在");
        step_until(&mut harness, "somebody has looked", |harness| harness.query_by_label(missing).is_some());
        stands_in_the_middle(&harness, missing);
        // It leaves the recent ones when it is of no use.
        harness.state_mut().model.settings.transfer.recent = vec![host.clone()];
        harness.run();
        click(&mut harness, &in_language(lang, "Forget ADDRESS", "忘掉 ADDRESS").replace("ADDRESS", &host));
        assert!(harness.state().model.settings.transfer.recent.is_empty());
    }
}

#[test]
fn a_send_that_waits_for_a_yes_is_there_and_can_be_cancelled() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = files.path().join("a.txt");
    fs::write(&path, "a").unwrap();
    let service = Transfers::new(Arc::new(()));
    let id = service.receive(ReceiveSpec::into_folder(folder.path(), Way::Framed));
    let mut harness = window(BOTH[0].0, BOTH[0].1);
    harness.state_mut().view.place = Place::Transfer;
    let to = |service: &Transfers| match service.receivers().first()?.state {
        ReceiverState::Listening(address) => Some(address),
        _ => None,
    };
    step_until(&mut harness, "it listens", |_| to(&service).is_some());
    let spec = SendSpec {
        paths: vec![path],
        to: to(&service).unwrap().into(),
        way: Way::Framed,
        options: SendOptions::default(),
    };
    harness.state_mut().actions.push(Action::Transfer(TransferAction::Send(spec)));
    let waits = |harness: &Harness<'_, App>| harness.query_by_label_contains("waiting for their yes").is_some();
    step_until(&mut harness, "it waits", waits);
    harness.get_by_label("a.txt: 0 B of 1 B");
    assert!(!service.offers().is_empty());
    click(&mut harness, "Cancel");
    step_until(&mut harness, "it has ended", |harness| ended(harness) == 1);
    harness.step();
    harness.get_by_label("cancelled");
    service.stop(id);
}
