//! The composer: what is typed, which keys it takes, the exact bytes that are asked to be sent, and to whom.
//!
//! Hand-made batches where the answer is an action; the real engine where it is what a socket does.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;
#[path = "support/views.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod views;

use egui::{Event as Input, ImeEvent, Key, Modifiers, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{fill, in_language as tr, step_until, window};
use proptest::{prelude::*, test_runner::TestRunner};
use twocan::{
    gui::{Action, App, actions::FileFor, actions::Pair, theme::ThemeChoice},
    journal::{Event, Kind, SocketId, State},
    net::{Command, Part},
    text::{Charset, Mode},
    words::Lang,
};
use views::{Bench, show, show_any_text};

fn message_name(lang: Lang) -> &'static str {
    tr(lang, "Message", "消息内容")
}

/// Puts the cursor into the message and types.
fn write<S>(harness: &mut Harness<'_, S>, lang: Lang, text: &str) {
    harness.get_by_role_and_label(Role::MultilineTextInput, message_name(lang)).focus();
    harness.run();
    harness.event(Input::Text(text.into()));
    harness.run();
}

fn message<S>(harness: &Harness<'_, S>, lang: Lang) -> String {
    harness.get_by_role_and_label(Role::MultilineTextInput, message_name(lang)).value().unwrap_or_default()
}

fn press<S>(harness: &mut Harness<'_, S>, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn choose<S>(harness: &mut Harness<'_, S>, menu: &str, entry: &str) {
    harness.get_by_label(menu).click();
    harness.run();
    harness.get_by_role_and_label(Role::Button, entry).click();
    harness.run();
}

#[test]
fn enter_sends_the_bytes_that_the_preview_shows() {
    for lang in Lang::ALL {
        let mut harness = show(Bench::talk(lang));
        harness.run();
        assert!(harness.get_by_label(tr(lang, "Send", "发送")).accesskit_node().is_disabled());
        write(&mut harness, lang, "你好");
        harness.get_by_label("C4 E3 BA C3");
        harness.get_by_label(tr(lang, "4 bytes", "4 字节"));
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), [(1, vec![0xC4, 0xE3, 0xBA, 0xC3], None)]);
        assert_eq!(message(&harness, lang), "");
        // The cursor is still there, and nothing is sent by a second Enter.
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), []);
        harness.event(Input::Text("again".into()));
        harness.run();
        harness.get_by_label(tr(lang, "Send", "发送")).click();
        harness.run();
        assert_eq!(harness.state_mut().sent(), [(1, b"again".into(), None)]);
    }
}

#[test]
fn shift_enter_begins_a_line() {
    let mut harness = show(Bench::talk(Lang::En));
    write(&mut harness, Lang::En, "one");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    harness.run();
    harness.event(Input::Text("two".into()));
    harness.run();
    assert_eq!(message(&harness, Lang::En), "one\ntwo");
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state_mut().sent(), [(1, b"one\ntwo".into(), None)]);
}

#[test]
fn up_brings_the_last_message_back_and_down_goes_forward() {
    let mut harness = show(Bench::talk(Lang::En));
    for text in ["first", "second"] {
        write(&mut harness, Lang::En, text);
        press(&mut harness, Key::Enter);
    }
    write(&mut harness, Lang::En, "draft");
    press(&mut harness, Key::ArrowUp);
    assert_eq!(message(&harness, Lang::En), "second");
    press(&mut harness, Key::ArrowUp);
    press(&mut harness, Key::ArrowUp);
    assert_eq!(message(&harness, Lang::En), "first");
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    assert_eq!(message(&harness, Lang::En), "draft");
    // In a message of two lines the arrows move between them first.
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    harness.run();
    press(&mut harness, Key::ArrowUp);
    assert_eq!(message(&harness, Lang::En), "draft\n");
    press(&mut harness, Key::ArrowUp);
    assert_eq!(message(&harness, Lang::En), "second");
}

#[test]
fn keys_belong_to_the_input_method_while_it_composes() {
    let mut harness = show(Bench::talk(Lang::Zh));
    write(&mut harness, Lang::Zh, "old");
    press(&mut harness, Key::Enter);
    harness.state_mut().sent();
    harness.event(Input::Ime(ImeEvent::Preedit { text: "ni".into(), active_range_chars: None }));
    harness.run();
    press(&mut harness, Key::ArrowUp);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state_mut().sent(), []);
    // Some systems send the key that commits along with the commit.
    harness.input_mut().events.push(Input::Ime(ImeEvent::Commit("你".into())));
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!((message(&harness, Lang::Zh).as_str(), harness.state_mut().sent()), ("你", vec![]));
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state_mut().sent(), [(1, vec![0xC4, 0xE3], None)]);
}

#[test]
fn what_cannot_be_sent_is_said_with_its_column() {
    for lang in Lang::ALL {
        let mut harness = show(Bench::talk(lang));
        harness.state_mut().model.settings.composer.charset = Charset::GB2312;
        write(&mut harness, lang, "再见镕");
        harness.get_by_label_contains(tr(
            lang,
            "GB2312 has no 镕 (U+9555), column 3.",
            "GB2312 里没有 镕（U+9555），第 3 列",
        ));
        assert!(harness.get_by_label(tr(lang, "Send", "发送")).accesskit_node().is_disabled());
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), []);
        assert_eq!(message(&harness, lang), "再见镕");

        choose(
            &mut harness,
            tr(lang, "Encoding of the message: GB2312", "消息编码：GB2312"),
            tr(lang, "Send ? instead", "换成 ?"),
        );
        write(&mut harness, lang, "");
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), [(1, vec![0xD4, 0xD9, 0xBC, 0xFB, b'?'], None)]);
    }
}

#[test]
fn hex_endings_and_escapes() {
    let lang = Lang::En;
    let mut harness = show(Bench::talk(lang));
    harness.run();
    choose(&mut harness, "Ending: none", "CRLF");
    harness.get_by_label("Escapes").click();
    harness.run();
    write(&mut harness, lang, "a\\x00\\t");
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state_mut().sent(), [(1, b"a\0\t\r\n".into(), None)]);
    write(&mut harness, lang, "\\q");
    harness.get_by_label_contains("column 1");
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state_mut().sent(), []);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    press(&mut harness, Key::Delete);

    choose(&mut harness, "Kind of message: Text", "Hex");
    assert!(harness.query_by_label("Escapes").is_none(), "hex knows neither");
    write(&mut harness, lang, "C4 E3 ba");
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state_mut().sent(), [(1, vec![0xC4, 0xE3, 0xBA], None)]);
    assert_eq!(harness.state().model.settings.composer.mode, Mode::Hex);
}

#[test]
fn the_encoding_is_found_by_any_label() {
    let mut harness = show_any_text(Bench::talk(Lang::En));
    harness.run();
    harness.get_by_label("Encoding of the message: GBK").click();
    harness.run();
    harness.event(Input::Text("cp950".into()));
    harness.run();
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().model.settings.composer.charset, Charset::BIG5);
    // The menu opens empty again, and Escape changes nothing.
    harness.get_by_label("Encoding of the message: Big5").click();
    harness.run();
    harness.get_by_label("UTF-32LE");
    press(&mut harness, Key::Escape);
    assert!(harness.query_by_label("UTF-32LE").is_none());
    assert_eq!(harness.state().model.settings.composer.charset, Charset::BIG5);
}

#[test]
fn a_datagram_goes_where_it_is_addressed() {
    for lang in Lang::ALL {
        let mut bench = Bench::new(lang, Kind::UdpSocket);
        bench.push(0, Event::Bound, "", b"127.0.0.1:9000");
        let mut harness = show(bench);
        harness.run();
        let to = tr(lang, "To", "发往");
        write(&mut harness, lang, "hi");
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), [], "there is no address");
        fill(&mut harness, to, "localhost:70000");
        harness.run();
        harness.get_by_label_contains(tr(lang, "Ports are numbers up to 65535", "端口是不超过 65535 的数"));
        fill(&mut harness, to, "example.org:7000");
        harness.run();
        harness.get_by_label_contains(tr(lang, "Names are not looked up here", "这里不查询主机名"));
        fill(&mut harness, to, "localhost:7000");
        harness.run();
        write(&mut harness, lang, "");
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), [(1, b"hi".into(), "127.0.0.1:7000".parse().ok())]);

        // Whoever was heard from is offered, but what was typed stays.
        harness.state_mut().push(1, Event::Received { full: 1 }, "127.0.0.1:7001", b"x");
        harness.run();
        choose(&mut harness, tr(lang, "Peers", "对端"), "127.0.0.1:7001");
        // An empty datagram is a datagram: the button sends it.
        harness.get_by_label(tr(lang, "Send", "发送")).click();
        harness.run();
        assert_eq!(harness.state_mut().sent(), [(1, vec![], "127.0.0.1:7001".parse().ok())]);
    }
}

/// With every other key something is wrong for a moment: the fields stay where they are, and what is wrong is in sight.
#[test]
fn nothing_moves_under_the_cursor_while_something_is_wrong() {
    for lang in Lang::ALL {
        let mut bench = Bench::new(lang, Kind::UdpSocket);
        bench.push(0, Event::Bound, "", b"127.0.0.1:9000");
        let mut harness = show(bench);
        harness.run();
        let (message, to, send) = (tr(lang, "Message", "消息内容"), tr(lang, "To", "发往"), tr(lang, "Send", "发送"));
        let input = |harness: &Harness<'_, Bench>, name: &str| {
            harness.get_by_role_and_label(Role::TextInput, name).accesskit_node().bounding_box().unwrap()
        };
        let places = |harness: &Harness<'_, Bench>| {
            let message = harness.get_by_label(message).accesskit_node().bounding_box().unwrap();
            let send = harness.get_by_label(send).accesskit_node().bounding_box().unwrap();
            [message.y0, input(harness, to).y0, send.x1].map(|at| at.round() as i64)
        };
        let before = places(&harness);
        fill(&mut harness, to, "a.name.that.is.rather.long.for.an.error.beside.its.field.example.com:99");
        harness.run();
        let error = harness.get_by_label_contains(tr(lang, "Names are not looked up here", "这里不查询主机名"));
        assert!(error.accesskit_node().bounding_box().unwrap().x1 <= 900.0, "all of it is in the window");
        assert_eq!(places(&harness), before);
        // Not in GBK.
        write(&mut harness, lang, "ä");
        harness.get_by_label_contains(tr(lang, "GBK has no ä", "ä"));
        assert_eq!(places(&harness), before);
        fill(&mut harness, to, "127.0.0.1:9");
        harness.run();
        assert_eq!(places(&harness), before);
    }
}

#[test]
fn a_socket_that_hears_first_answers_its_peer() {
    let mut bench = Bench::new(Lang::En, Kind::UdpSocket);
    bench.push(0, Event::Bound, "", b"127.0.0.1:9000");
    bench.push(1, Event::Received { full: 1 }, "127.0.0.1:7001", b"x");
    let mut harness = show(bench);
    harness.run();
    harness.state_mut().push(2, Event::Received { full: 1 }, "127.0.0.1:7002", b"x");
    write(&mut harness, Lang::En, "hi");
    press(&mut harness, Key::Enter);
    let sent = harness.state_mut().sent();
    assert_eq!(sent, [(1, b"hi".into(), "127.0.0.1:7001".parse().ok())], "the address does not change by itself");
}

#[test]
fn a_listener_sends_to_all_connections_or_to_one() {
    for lang in Lang::ALL {
        let mut bench = Bench::new(lang, Kind::TcpListener);
        bench.push(0, Event::Listening { backlog: 1 }, "", b"127.0.0.1:1");
        let mut harness = show(bench);
        write(&mut harness, lang, "hi");
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), []);
        for (id, peer) in [(2, "127.0.0.1:2"), (3, "127.0.0.1:3")] {
            harness.state_mut().push_of(id, 1, Event::Opened { listener: SocketId(1) }, peer, b"127.0.0.1:1");
        }
        harness.run();
        write(&mut harness, lang, "");
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), [(2, b"hi".into(), None), (3, b"hi".into(), None)]);
        let all = tr(lang, "Send to: all connections (2)", "发往：全部连接（2）");
        choose(&mut harness, all, "127.0.0.1:3");
        write(&mut harness, lang, "one");
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), [(3, b"one".into(), None)]);
        // What is meant for one connection goes to nobody else when that one is gone.
        harness.state_mut().push_of(3, 9, Event::Aborted { unsent: 0 }, "", b"");
        write(&mut harness, lang, "two");
        press(&mut harness, Key::Enter);
        assert_eq!(harness.state_mut().sent(), []);
    }
}

#[test]
fn every_socket_keeps_its_own_draft() {
    let mut bench = Bench::talk(Lang::En);
    bench.model.sockets.open(SocketId(2), Kind::TcpConnection, 0, 0);
    let mut harness = show(bench);
    write(&mut harness, Lang::En, "of the first");
    harness.state_mut().model.selected = Some(SocketId(2));
    harness.run();
    assert_eq!(message(&harness, Lang::En), "");
    harness.state_mut().model.selected = Some(SocketId(1));
    harness.run();
    assert_eq!(message(&harness, Lang::En), "of the first");
}

#[test]
fn a_repetition_is_asked_for_with_its_counter() {
    for lang in Lang::ALL {
        let mut harness = show(Bench::talk(lang));
        write(&mut harness, lang, "第{n}条");
        harness.get_by_label(tr(lang, "Repeat…", "重复…")).click();
        harness.run();
        let every = tr(lang, "Milliseconds from one message to the next", "两条消息之间的毫秒数");
        fill(&mut harness, every, "soon");
        harness.run();
        harness.get_by_label_contains("86 400 000");
        fill(&mut harness, every, "20");
        harness.run();
        fill(&mut harness, tr(lang, "Number of messages", "消息条数"), "3");
        harness.run();
        harness.get_by_label(tr(lang, "Start", "开始")).click();
        harness.run();
        let asked = std::mem::take(&mut harness.state_mut().asked);
        let [Action::Verb(SocketId(1), Command::Repeat(repeat))] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!((repeat.every.as_millis(), repeat.count, repeat.to), (20, 3, None));
        let parts = [Part::Bytes(vec![0xB5, 0xDA]), Part::Counter(Charset::GBK), Part::Bytes(vec![0xCC, 0xF5])];
        assert_eq!(repeat.parts, parts);
    }
}

#[test]
fn a_file_is_chosen_or_its_path_typed() {
    for lang in Lang::ALL {
        let mut harness = show(Bench::talk(lang));
        harness.run();
        harness.get_by_label(tr(lang, "File…", "文件…")).click();
        harness.run();
        harness.get_by_label(tr(lang, "Choose…", "选择…")).click();
        harness.run();
        let asked = std::mem::take(&mut harness.state_mut().asked);
        assert!(
            matches!(&asked[..], [Action::ChooseFile(FileFor::Send { socket: SocketId(1), to: None })]),
            "{asked:?}"
        );
        fill(&mut harness, tr(lang, "File", "文件"), "/tmp/some file.bin");
        harness.run();
        harness.get_by_label(tr(lang, "Send file", "发送文件")).click();
        harness.run();
        let asked = std::mem::take(&mut harness.state_mut().asked);
        let [Action::Verb(SocketId(1), Command::SendFile { path, to: None })] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!(path.to_str(), Some("/tmp/some file.bin"));
    }
}

/// The window with a TCP echo server and a client that is connected to it.
fn echo(lang: Lang) -> (Harness<'static, App>, SocketId) {
    let mut harness = window(lang, ThemeChoice::Light);
    harness.state_mut().actions.push(Action::OpenPair(Pair::Tcp));
    step_until(&mut harness, "the client is connected", |harness| {
        let entry = harness.state().model.selected_entry();
        entry.is_some_and(|entry| entry.kind == Kind::TcpConnection && entry.state == State::Established)
    });
    harness.run();
    let client = harness.state().model.selected.unwrap();
    (harness, client)
}

#[test]
fn gbk_goes_out_and_comes_back_over_a_real_socket() {
    for lang in Lang::ALL {
        let (mut harness, _) = echo(lang);
        harness.get_by_label(tr(lang, "Encoding of the message: UTF-8", "消息编码：UTF-8")).click();
        harness.run();
        harness.event(Input::Text("gbk".into()));
        harness.run();
        press(&mut harness, Key::Enter);
        write(&mut harness, lang, "你好");
        press(&mut harness, Key::Enter);
        step_until(&mut harness, "the echo is a row", |harness| {
            harness.query_by_label_contains("↓ recv 4  你好 C4 E3 BA C3").is_some()
        });
        harness.get_by_label_contains("↑ send 4  你好 C4 E3 BA C3");
    }
}

#[test]
fn a_repetition_runs_counts_and_is_stopped() {
    let (mut harness, client) = echo(Lang::En);
    write(&mut harness, Lang::En, "{n};");
    harness.get_by_label("Repeat…").click();
    harness.run();
    fill(&mut harness, "Milliseconds from one message to the next", "1");
    harness.run();
    harness.get_by_label("Start").click();
    step_until(&mut harness, "some were sent", |harness| {
        harness.query_by_label_contains("Repeating: ").is_some()
            && harness.state().model.meter(client).is_some_and(|meter| meter.totals().repeated >= 10)
    });
    harness.get_by_label("Stop").click();
    step_until(&mut harness, "it stopped", |harness| {
        harness.state().model.meter(client).is_some_and(|meter| !meter.totals().repeating)
            && harness.query_by_label_contains("Repeating: ").is_none()
    });
    step_until(&mut harness, "the end is a row", |harness| harness.query_by_label_contains("repeat stopped").is_some());
}

#[test]
fn traffic_is_saved_where_the_dialog_or_the_field_says() {
    let folder = tempfile::tempdir().unwrap();
    let (mut harness, client) = echo(Lang::En);
    write(&mut harness, Lang::En, "hello");
    press(&mut harness, Key::Enter);
    step_until(&mut harness, "the echo is back", |harness| {
        harness.state().model.meter(client).is_some_and(|meter| meter.totals().bytes_in == 5)
    });
    harness.run();
    let path = folder.path().join("chosen.jsonl");
    harness.state_mut().actions.push(Action::FileChosen(FileFor::SaveTraffic, path.clone()));
    step_until(&mut harness, "it is saved", |harness| harness.query_by_label_contains("Saved 4 rows").is_some());
    let saved = std::fs::read_to_string(&path).unwrap();
    assert_eq!((saved.lines().count(), saved.matches("aGVsbG8=").count()), (5, 2), "{saved}");

    // A typed path does not overwrite.
    fill(&mut harness, "File to save to", path.to_str().unwrap());
    harness.run();
    harness.get_by_label("Save").click();
    step_until(&mut harness, "it is refused", |harness| harness.query_by_label_contains("exists already").is_some());
    let raw = folder.path().join("typed.bin");
    choose(&mut harness, "Format: JSON lines, with every byte", "Raw bytes received");
    fill(&mut harness, "File to save to", raw.to_str().unwrap());
    harness.run();
    harness.get_by_label("Save").click();
    step_until(&mut harness, "the bytes are saved", |harness| {
        harness.query_by_label_contains("Saved 1 row with").is_some()
    });
    assert_eq!(std::fs::read(&raw).unwrap(), b"hello");
}

#[test]
fn a_file_is_sent_over_a_real_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.bin");
    std::fs::write(&path, vec![7_u8; 300_000]).unwrap();
    let (mut harness, client) = echo(Lang::En);
    harness.state_mut().view.ladder.set_beside(false);
    harness.get_by_label("File…").click();
    harness.run();
    fill(&mut harness, "File", path.to_str().unwrap());
    harness.run();
    harness.get_by_label("Send file").click();
    step_until(&mut harness, "all of it came back", |harness| {
        harness.state().model.meter(client).is_some_and(|meter| meter.totals().bytes_in == 300_000)
    });
    // What came back after it are many rows: it is shown, wherever it stands.
    let ended = |harness: &Harness<'_, App>| {
        let mut rows = harness.state().model.journal.rows_from(0);
        rows.find(|row| matches!(row.record.event, Event::FileEnded { .. })).map(|row| row.seq)
    };
    step_until(&mut harness, "the file has ended", |harness| ended(harness).is_some());
    let seq = ended(&harness).unwrap();
    harness.state_mut().actions.push(Action::ShowRow(client, seq));
    step_until(&mut harness, "the end is a row", |harness| {
        harness.query_all_by_label_contains("300 kB sent").next().is_some()
    });
}

#[test]
fn whatever_is_typed_the_window_stays() {
    let config = proptest::test_runner::Config { cases: 60, failure_persistence: None, ..Default::default() };
    let mut harness = show_any_text({
        let mut bench = Bench::new(Lang::En, Kind::UdpSocket);
        bench.push(0, Event::Bound, "", b"127.0.0.1:9000");
        bench
    });
    harness.run();
    harness.get_by_label("Repeat…").click();
    harness.run();
    let harness = std::cell::RefCell::new(harness);
    let strategy = (".{0,40}", "\\PC{0,20}", ".{0,12}", 0_usize..44, any::<bool>(), any::<bool>());
    let cases = TestRunner::new(config).run(&strategy, |(typed, to, number, charset, hex, escapes)| {
        let mut harness = harness.borrow_mut();
        let composer = &mut harness.state_mut().model.settings.composer;
        composer.charset = Charset::all().nth(charset).unwrap_or_default();
        composer.mode = if hex { Mode::Hex } else { Mode::Text };
        composer.escapes = escapes;
        fill(&mut harness, "To", &to);
        harness.run();
        fill(&mut harness, "Number of messages", &number);
        harness.run();
        write(&mut harness, Lang::En, &typed);
        press(&mut harness, Key::Enter);
        press(&mut harness, Key::ArrowUp);
        harness.state_mut().asked.clear();
        Ok(())
    });
    cases.unwrap();
}
