//! The table of calls and bytes, its filter and its detail, and the conversation, on hand-made batches.
//!
//! Without a screen; rows are found by the sentence that a screen reader says of them.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;
#[path = "support/views.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod views;

use egui::{Event as Input, Key, Modifiers, MouseWheelUnit, Vec2, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{fill, in_language as tr};
use proptest::{prelude::*, test_runner::TestRunner};
use twocan::{
    gui::views::Tab,
    journal::{Budget, Call, CloseReason, Event, Fault, FaultKind, Kind, SocketId},
    words::Lang,
};
use views::{Bench, show, show_any_text};

/// What a screen reader says of the rows on screen, from top to bottom.
fn rows(harness: &Harness<'_, Bench>) -> Vec<String> {
    let mut rows: Vec<_> = harness
        .get_all_by_role(Role::Row)
        .map(|row| (row.rect().top(), row.accesskit_node().label().unwrap_or_default()))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, label)| label).collect()
}

fn wheel(harness: &mut Harness<'_, Bench>, points: f32) {
    let table = harness.get_by_role(Role::Table).rect();
    harness.hover_at(table.center());
    harness.step();
    harness.event(Input::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: Vec2::new(0.0, points),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(8);
}

#[test]
fn what_happened_stands_in_the_rows() {
    for lang in Lang::ALL {
        let mut harness = show(Bench::talk(lang));
        harness.run();
        let rows = rows(&harness);
        assert_eq!(rows.len(), 5);
        assert_eq!(rows[0], "10:42:07.118 Δ 0.0 ms connect –  → 127.0.0.1:8008 ");
        assert!(rows[1].contains(tr(lang, "connected –  in 0.21 ms", "已连接 –  用时 0.21 ms")), "{}", rows[1]);
        assert_eq!(rows[2], "10:42:09.402 Δ 2284 ms ↑ send 4  你好 C4 E3 BA C3");
        assert_eq!(rows[4], "10:42:09.402 Δ 0.3 ms ↓ recv 9  你好HELLO C4 E3 BA C3 48 45 4C 4C 4F");
        harness.get_by_label(tr(lang, "5 rows", "5 行"));
        harness.get_by_label(tr(lang, "0 left", "已离开 0 行"));
    }
}

#[test]
fn an_empty_table_says_what_to_do() {
    for lang in Lang::ALL {
        let mut harness = show(Bench::new(lang, Kind::TcpListener));
        harness.run();
        harness.get_by_label_contains(tr(lang, "Connect a client", "连上一个客户端"));
    }
}

#[test]
fn a_listener_shows_its_connections_too_and_all_sockets_everyones() {
    let mut bench = Bench::new(Lang::En, Kind::TcpListener);
    bench.push(0, Event::Listening { backlog: 1 }, "", b"127.0.0.1:1");
    bench.push_of(2, 1, Event::Opened { listener: SocketId(1) }, "127.0.0.1:9", b"127.0.0.1:1");
    bench.push_of(2, 2, Event::Received { full: 2 }, "127.0.0.1:9", b"hi");
    bench.push_of(3, 3, Event::Received { full: 6 }, "127.0.0.1:7", b"others");
    let mut harness = show(bench);
    harness.run();
    assert_eq!(rows(&harness).len(), 3);
    assert!(rows(&harness)[2].contains("127.0.0.1:9 hi"), "{:?}", rows(&harness));
    harness.get_by_label("More").click();
    harness.run();
    harness.get_by_label("All sockets").click();
    harness.run();
    assert_eq!(rows(&harness).len(), 4);
}

#[test]
fn connections_that_left_the_table_of_sockets_stay_in_the_traffic_of_their_listener() {
    let mut bench = Bench::new(Lang::En, Kind::TcpListener);
    bench.push_of(2, 1, Event::Opened { listener: SocketId(1) }, "127.0.0.1:9", b"127.0.0.1:1");
    bench.push_of(2, 2, Event::Received { full: 2 }, "127.0.0.1:9", b"hi");
    bench.model.sockets.forget(SocketId(2));
    let mut harness = show(bench);
    harness.run();
    assert_eq!(rows(&harness).len(), 2);
}

fn many(lang: Lang, count: u64) -> Bench {
    let mut bench = Bench::talk(lang);
    more(&mut bench, 0..count);
    bench
}

fn more(bench: &mut Bench, numbers: std::ops::Range<u64>) {
    for i in numbers {
        let text = format!("message {i};");
        bench.push(3_000_000_000 + i * 1_000_000, Event::Received { full: 9 }, "127.0.0.1:8008", text.as_bytes());
    }
}

#[test]
fn the_table_follows_the_end_and_keeps_its_place_while_rows_leave() {
    let mut bench = many(Lang::En, 500);
    bench.model.journal.set_budget(Budget { rows: 505, ..Budget::default() });
    let mut harness = show(bench);
    harness.run();
    assert!(rows(&harness).last().unwrap().contains("message 499;"));
    more(harness.state_mut(), 500..520);
    harness.run();
    assert!(rows(&harness).last().unwrap().contains("message 519;"));

    wheel(&mut harness, 800.0);
    let top = rows(&harness)[1].clone();
    let y = harness.get_by_label(&top).rect().top();
    for i in 0..10 {
        more(harness.state_mut(), 520 + i * 10..530 + i * 10);
        harness.run();
        assert_eq!((rows(&harness)[1].as_str(), harness.get_by_label(&top).rect().top()), (top.as_str(), y));
    }
    harness.get_by_label_contains("Not following");
    harness.get_by_label("120 left (of all sockets)");

    harness.get_by_role(Role::Table).focus();
    harness.step();
    harness.key_press(Key::End);
    harness.run();
    assert!(rows(&harness).last().unwrap().contains("message 619;"));
    // And it is the end that is followed again.
    more(harness.state_mut(), 620..621);
    harness.run();
    assert!(rows(&harness).last().unwrap().contains("message 620;"));
}

#[test]
fn a_paused_table_counts_what_it_does_not_show() {
    for lang in Lang::ALL {
        let mut harness = show(many(lang, 50));
        harness.run();
        harness.get_by_label(tr(lang, "Pause", "暂停")).click();
        harness.run();
        more(harness.state_mut(), 50..57);
        harness.run();
        assert!(rows(&harness).last().unwrap().contains("message 49;"));
        harness.get_by_label(tr(lang, "Paused; 7 new rows", "已暂停，新增 7 行"));
        harness.get_by_label(tr(lang, "Resume", "继续")).click();
        harness.run();
        assert!(rows(&harness).last().unwrap().contains("message 56;"));
    }
}

#[test]
fn the_filter_finds_text_hex_direction_kind_and_address() {
    for lang in Lang::ALL {
        let mut harness = show(Bench::talk(lang));
        harness.run();
        let name = tr(lang, "Filter", "筛选");
        fill(&mut harness, name, "你好");
        harness.run();
        assert_eq!(rows(&harness).len(), 2);
        harness.get_by_label(tr(lang, "Found: 2 rows", "符合：2 行"));

        harness.get_by_label(tr(lang, "Direction: Both directions", "方向: 双向")).click();
        harness.run();
        harness.get_by_label(tr(lang, "Received", "接收")).click();
        harness.run();
        assert_eq!(rows(&harness).len(), 1);

        harness.get_by_label(tr(lang, "Filter by Text", "按文本筛选")).click();
        harness.run();
        harness.get_by_label(tr(lang, "Hex", "十六进制")).click();
        harness.run();
        harness.get_by_label_contains(tr(lang, "column 1", "第 1 列"));
        fill(&mut harness, name, "48 45");
        harness.run();
        assert!(rows(&harness)[0].contains("HELLO"));
        fill(&mut harness, name, "4");
        harness.run();
        harness.get_by_label_contains(tr(lang, "A lone hex digit", "落单"));

        harness.get_by_label(tr(lang, "Clear", "清除")).click();
        harness.run();
        assert_eq!(rows(&harness).len(), 5);
        harness.get_by_label(tr(lang, "Kind: Everything", "种类: 全部")).click();
        harness.run();
        harness.get_by_label(tr(lang, "Calls without bytes", "不传字节的调用")).click();
        harness.run();
        assert_eq!(rows(&harness).len(), 2);
        fill(&mut harness, tr(lang, "Filter by address", "按地址筛选"), ":9");
        harness.run();
        harness.get_by_label(tr(lang, "No row matches the filter.", "没有符合筛选条件的行。"));
    }
}

fn click_row(harness: &mut Harness<'_, Bench>, text: &str, modifiers: Modifiers) {
    let rows = harness.get_all_by_role(Role::Row);
    let row = rows.into_iter().find(|row| row.accesskit_node().label().is_some_and(|label| label.contains(text)));
    row.unwrap().click_modifiers(modifiers);
    harness.run();
}

#[test]
fn rows_are_selected_and_copied() {
    let mut harness = show_any_text(Bench::talk(Lang::En));
    harness.run();
    click_row(&mut harness, "↑ send 4", Modifiers::NONE);
    harness.event(Input::Copy);
    harness.run();
    assert_eq!(harness.state_mut().copied(), ["你好"]);
    click_row(&mut harness, "↓ recv 9", Modifiers::SHIFT);
    harness.event(Input::Copy);
    harness.run();
    assert_eq!(harness.state_mut().copied(), ["你好\nhello\n你好HELLO\n"]);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowUp);
    harness.run();
    harness.get_by_label("More").click();
    harness.run();
    harness.get_by_label("Copy as Python literal").click();
    harness.run();
    assert_eq!(harness.state_mut().copied(), ["[\n    b'\\xc4\\xe3\\xba\\xc3',\n    b'hello',\n]"]);

    harness.get_by_role(Role::Table).focus();
    harness.step();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    harness.get_by_label("More").click();
    harness.run();
    harness.get_by_label("Selected: 5 rows");
    harness.get_by_label("Copy as hex").click();
    harness.run();
    assert_eq!(harness.state_mut().copied(), ["C4 E3 BA C3\n68 65 6C 6C 6F\nC4 E3 BA C3 48 45 4C 4C 4F"]);
}

#[test]
fn a_row_opens_below_and_both_halves_are_in_step() {
    for lang in Lang::ALL {
        let mut harness = show_any_text(Bench::talk(lang));
        harness.run();
        click_row(&mut harness, "↓ recv 9", Modifiers::NONE);
        let line = harness.get_by_label("00000000  C4 E3 BA C3 48 45 4C 4C 4F  你好HELLO").rect();
        for other in ["GBK", "UTF-8", "UTF-16LE", "ISO-8859-1", "Big5"] {
            assert!(harness.get_all_by_label(other).count() >= 1, "{other}");
        }
        harness.get_by_label_contains("ÄãºÃHELLO");
        // The second byte of the first character: what lies under the pointer is told above.
        harness.hover_at(line.left_center() + Vec2::new(76.0 + 22.0 + 5.0, 0.0));
        harness.run();
        harness.get_by_label("你 U+4F60  C4 E3");
        harness.get_by_label(tr(lang, "Close the detail", "关闭详情")).click();
        harness.run();
        assert!(harness.query_by_label("00000000  C4 E3 BA C3 48 45 4C 4C 4F  你好HELLO").is_none());

        click_row(&mut harness, "hello", Modifiers::NONE);
        harness.key_press(Key::Escape);
        harness.run();
        assert!(harness.query_by_label_contains("00000000").is_none());
    }
}

#[test]
fn a_failed_call_tells_its_error_its_number_and_what_to_try() {
    for lang in Lang::ALL {
        let mut bench = Bench::new(lang, Kind::TcpConnection);
        let fault = Fault { kind: FaultKind::Refused, errno: 111 };
        bench.push(0, Event::Connecting, "127.0.0.1:8010", b"");
        bench.push(1, Event::Failed { call: Call::Connect, fault }, "127.0.0.1:8010", b"");
        bench.push(2, Event::Closed { why: CloseReason::Failure, unsent: 0 }, "", b"");
        let mut harness = show(bench);
        harness.run();
        click_row(&mut harness, "ECONNREFUSED", Modifiers::NONE);
        harness.get_by_label("ECONNREFUSED (111)");
        let told = "Nobody is listening on 127.0.0.1:8010. Start the server first, or check the port.";
        harness.get_by_label(tr(lang, told, "127.0.0.1:8010 上没有程序在监听。先启动服务端，或检查端口号。"));
    }
}

#[test]
fn a_mebibyte_opens_with_the_lines_on_screen_only() {
    let mut bench = Bench::talk(Lang::En);
    bench.push(5_000_000_000, Event::Received { full: 1 << 20 }, "127.0.0.1:8008", &vec![b'm'; 1 << 20]);
    let mut harness = show_any_text(bench);
    harness.run();
    click_row(&mut harness, "1048576", Modifiers::NONE);
    let lines = harness.get_all_by_role(Role::Row).count();
    assert!((10..40).contains(&lines), "{lines}");
    harness.get_by_label("The first 1\u{202f}024 bytes, read as");
}

#[test]
fn the_encoding_of_the_view_is_its_own() {
    for lang in Lang::ALL {
        let mut harness = show_any_text(Bench::talk(lang));
        harness.run();
        harness.get_by_label(tr(lang, "Payload is read as GBK", "数据按 GBK 解读")).click();
        harness.run();
        harness.event(Input::Text("latin1".into()));
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        assert!(rows(&harness)[2].contains("ÄãºÃ"), "{:?}", rows(&harness));
        harness.get_by_label(tr(lang, "Encoding of the message: GBK", "消息编码：GBK"));
        assert_eq!(harness.state().model.settings.composer.charset.name(), "GBK");
    }
}

#[test]
fn what_is_not_text_and_what_waits_for_more_is_said_on_hover() {
    let mut bench = Bench::talk(Lang::En);
    bench.push(5_000_000_000, Event::Received { full: 3 }, "127.0.0.1:8008", &[0xFF, 0xFF, 0xC4]);
    bench.push(6_000_000_000, Event::Received { full: 2 }, "127.0.0.1:8008", &[0xE3, b'!']);
    let mut harness = show(bench);
    harness.run();
    assert!(
        rows(&harness)[6].contains(" 你! E3 21"),
        "the row that completes the character shows it: {:?}",
        rows(&harness)
    );
    let row = harness.get_by_label_contains("FF FF C4").rect();
    let text = harness.get_by_label_contains("Width of column Bytes").rect().center().x + 10.0 + 15.0;
    harness.hover_at(egui::pos2(text + 3.0, row.center().y));
    harness.run_steps(6);
    harness.get_by_label_contains("is not text in this encoding");
}

#[test]
fn the_conversation_shows_bubbles_and_a_thread_for_every_peer() {
    for lang in Lang::ALL {
        let mut bench = Bench::new(lang, Kind::UdpSocket);
        bench.tab = Tab::Conversation;
        bench.push(0, Event::Bound, "", b"127.0.0.1:9000");
        bench.push(1, Event::Received { full: 4 }, "127.0.0.1:80", &[0xC4, 0xE3, 0xBA, 0xC3]);
        bench.push(2, Event::Sent { asked: 2 }, "127.0.0.1:8008", b"hi");
        bench.push(3, Event::Received { full: 0 }, "127.0.0.1:8008", b"");
        let mut harness = show_any_text(bench);
        harness.run();
        let theirs = harness.get_by_label_contains("你好").rect();
        let ours = harness.get_by_label_contains("hi 10:42").rect();
        assert!(theirs.left() < ours.left() && theirs.bottom() < ours.top());
        harness.get_by_label_contains(tr(lang, "empty datagram (0 bytes), not an end", "空数据报（0 字节），不是结束"));
        // 127.0.0.1:80 is also the beginning of 127.0.0.1:8008.
        harness.get_by_label("127.0.0.1:80").click();
        harness.run();
        harness.get_by_label_contains("你好");
        assert!(harness.query_by_label_contains("hi 10:42").is_none());
        harness.get_by_label_contains("你好").click();
        harness.run();
        harness.state_mut().tab = Tab::Traffic;
        harness.run();
        harness.get_by_label_contains("00000000  C4 E3 BA C3");
    }
}

#[test]
fn a_long_conversation_ends_at_the_newest_and_counts_the_rest() {
    let mut bench = many(Lang::En, 1_000);
    bench.tab = Tab::Conversation;
    let mut harness = show(bench);
    harness.run_steps(12);
    harness.get_by_label_contains("message 999;");
    harness.get_by_label("The last 500 entries; 505 before them are in the traffic or have left.");
    let bubbles = harness.get_all_by_label_contains("message ").count();
    assert!(bubbles < 40, "{bubbles} bubbles are laid out");
}

#[test]
fn a_quiet_table_asks_for_no_repaint() {
    let mut harness = show(many(Lang::En, 100));
    harness.run();
    harness.step();
    let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(delay >= std::time::Duration::from_secs(1), "{delay:?}");
}

#[test]
fn no_filter_and_no_payload_breaks_the_table() {
    let mut runner =
        TestRunner::new(proptest::test_runner::Config { cases: 40, failure_persistence: None, ..Default::default() });
    let strategy = (any::<Vec<u8>>(), ".{0,30}", ".{0,10}", any::<bool>(), 0_usize..44);
    let cases = runner.run(&strategy, |(payload, filter, peer, udp, charset)| {
        let kind = if udp { Kind::UdpSocket } else { Kind::TcpConnection };
        let mut bench = Bench::new(Lang::En, kind);
        bench.model.settings.composer.charset = twocan::text::Charset::all().nth(charset).unwrap_or_default();
        let middle = payload.len() / 2;
        bench.push(0, Event::Received { full: 99 }, "[::1]:9", &payload[..middle]);
        bench.push(1, Event::Received { full: 0 }, "", &payload[middle..]);
        let mut harness = show_any_text(bench);
        harness.run();
        harness.get_by_role(Role::Table).focus();
        harness.step();
        harness.key_press(Key::ArrowUp);
        harness.run();
        fill(&mut harness, "Filter", &filter);
        harness.run();
        fill(&mut harness, "Filter by address", &peer);
        harness.run();
        harness.state_mut().tab = Tab::Conversation;
        harness.run();
        Ok(())
    });
    cases.unwrap();
}
