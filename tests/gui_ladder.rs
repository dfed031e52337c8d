//! The ladder and the boundaries, on hand-made batches: who is there, what runs from whom to whom, what was seen of it.
//!
//! Without a screen, in both languages and themes; steps and arrows are found by what a screen reader says of them.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;
#[path = "support/views.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod views;

use egui::{
    Event as Input, Key, Modifiers, MouseWheelUnit, Vec2,
    accesskit::{Role, Toggled},
};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::in_language as tr;
use twocan::{
    gui::views::Tab,
    journal::{Budget, Call, Event, Fault, FaultKind, Kind, Nanos, SocketId, Span},
    words::Lang,
};
use views::{Bench, show, show_any_text};

const HERE: &str = "127.0.0.1:53122";
const SERVER: &str = "127.0.0.1:8008";
const MS: Nanos = 1_000_000;

/// What a screen reader says of the steps, arrows and pieces on screen.
fn items(harness: &Harness<'_, Bench>) -> Vec<String> {
    let nodes = harness.get_all_by_role(Role::ListItem);
    nodes.map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

fn has(harness: &Harness<'_, Bench>, text: &str) -> bool {
    items(harness).iter().any(|item| item.contains(text))
}

/// A client and the connection that a listener of ours accepted from it: three sends, one recv.
fn pair(lang: Lang) -> Bench {
    let mut bench = Bench::new(lang, Kind::TcpConnection);
    bench.tab = Tab::Ladder;
    bench.model.sockets.open(SocketId(2), Kind::TcpListener, 0, 0);
    bench.push_of(2, 0, Event::Listening { backlog: 5 }, SERVER, SERVER.as_bytes());
    bench.push_of(1, MS, Event::Connecting, SERVER, b"");
    bench.push_of(1, 2 * MS, Event::Connected { took: MS }, SERVER, HERE.as_bytes());
    bench.push_of(2, 3 * MS, Event::Accepted { connection: SocketId(3) }, HERE, b"");
    bench.push_of(3, 3 * MS, Event::Opened { listener: SocketId(2) }, HERE, SERVER.as_bytes());
    for (n, text) in [&b"\xC4\xE3\xBA\xC3"[..], b"world", b"hello"].into_iter().enumerate() {
        let asked = text.len() as u32;
        bench.push_of(1, (2_400 + n as u64) * MS, Event::Sent { asked }, SERVER, text);
    }
    bench.push_of(3, 2_404 * MS, Event::Received { full: 14 }, HERE, b"\xC4\xE3\xBA\xC3worldhello");
    bench
}

fn press(harness: &mut Harness<'_, Bench>, key: Key) {
    harness.key_press(key);
    harness.run();
}

#[test]
fn calls_of_both_ends_and_the_bytes_between_them() {
    for lang in Lang::ALL {
        let mut harness = show(pair(lang));
        harness.run();
        let shown = items(&harness);
        for said in [
            "10:42:07.001 #1 connect",
            "10:42:07.002 #1 connect = 0",
            "#3 ESTABLISHED",
            "10:42:09.400 #1 send = 4 你好",
            "10:42:09.402 #1 send = 5 hello",
            "10:42:09.404 #3 recv = 14 你好worldhello",
            tr(lang, "4 bytes from #1 to #3, seen at both ends", "4 字节，从 #1 到 #3，两端都看到"),
            tr(lang, "SYN from #1 to #3, inferred: no call sees it", "SYN，从 #1 到 #3，推断：没有调用能看到它"),
            tr(lang, "SYN+ACK from #3 to #1, inferred", "SYN+ACK，从 #3 到 #1，推断"),
        ] {
            assert!(has(&harness, said), "{said} is not in {shown:#?}");
        }
        let arrows = shown.iter().filter(|item| item.contains(tr(lang, "seen at both ends", "两端都看到")));
        assert_eq!(arrows.count(), 3, "{shown:#?}");
        harness.get_by_label(tr(lang, "#1 client 127.0.0.1:53122", "#1 客户端 127.0.0.1:53122"));
        harness.get_by_label(tr(lang, "#3 accepted 127.0.0.1:8008", "#3 已接受的连接 127.0.0.1:8008"));
        // Between the connection and the first message nothing happened for long.
        harness.get_by_label_contains(tr(lang, "2.3 s idle", "空闲 2.3 s"));
        harness.get_by_label(tr(lang, "inferred, no call sees it", "推断的，没有调用能看到"));
    }
}

#[test]
fn what_nobody_has_read_is_said_to_be_unread() {
    for lang in Lang::ALL {
        let mut bench = pair(lang);
        bench.push_of(1, 2_500 * MS, Event::Sent { asked: 1 }, SERVER, b"!");
        let mut harness = show(bench);
        harness.run();
        assert!(has(&harness, tr(lang, "1 byte from #1 to #3, not read yet", "1 字节，从 #1 到 #3，尚未读取")));
    }
}

#[test]
fn an_end_that_is_outside_is_named_by_its_address_and_nothing_is_claimed_of_it() {
    for lang in Lang::ALL {
        let mut bench = Bench::talk(lang);
        bench.tab = Tab::Ladder;
        let mut harness = show(bench);
        harness.run();
        harness.get_by_label(tr(lang, "outside 127.0.0.1:8008", "外部 127.0.0.1:8008"));
        for said in [
            tr(
                lang,
                "5 bytes from #1 to 127.0.0.1:8008, sent; nobody here saw it arrive",
                "5 字节，从 #1 到 127.0.0.1:8008，已发出；这里没有谁看到它到达",
            ),
            tr(
                lang,
                "9 bytes from 127.0.0.1:8008 to #1, received; nobody here saw it sent",
                "9 字节，从 127.0.0.1:8008 到 #1，已收到；这里没有谁看到它发出",
            ),
        ] {
            assert!(has(&harness, said), "{said} is not in {:#?}", items(&harness));
        }
    }
}

#[test]
fn a_row_is_chosen_here_and_in_the_table_alike() {
    let mut harness = show(pair(Lang::En));
    harness.run();
    harness.get_by_label_contains("#1 send = 5 world").click();
    harness.run();
    assert_eq!(harness.state().traffic.selected(), Some(6));
    press(&mut harness, Key::ArrowDown);
    assert_eq!(harness.state().traffic.selected(), Some(7));
    press(&mut harness, Key::ArrowUp);
    press(&mut harness, Key::ArrowUp);
    assert_eq!(harness.state().traffic.selected(), Some(5));
    let node = harness.get_by_label_contains("#1 send = 4 你好");
    assert_eq!(node.accesskit_node().toggled(), Some(Toggled::True));
}

#[test]
fn an_arrow_chooses_its_message_and_the_table_shows_it() {
    // The detail of a row shows other readings of its bytes too.
    let mut harness = show_any_text(pair(Lang::En));
    harness.run();
    harness.get_by_label("4 bytes from #1 to #3, seen at both ends").click();
    harness.run();
    assert_eq!(harness.state().traffic.selected(), Some(5));
    harness.state_mut().tab = Tab::Traffic;
    harness.run();
    let selected =
        harness.get_all_by_role(Role::Row).filter(|row| row.accesskit_node().toggled() == Some(Toggled::True));
    assert_eq!(selected.count(), 1);
}

#[test]
fn the_ladder_is_copied_as_text() {
    for lang in Lang::ALL {
        let mut harness = show(pair(lang));
        harness.run();
        harness.get_by_label(tr(lang, "Copy as text", "复制为文本")).click();
        harness.run();
        let copied = harness.state_mut().copied();
        assert_eq!(copied.len(), 1);
        assert!(copied[0].contains("#1 127.0.0.1:53122") && copied[0].contains("recv = 14"), "{}", copied[0]);
        assert!(copied[0].contains("3 sends"), "{}", copied[0]);
    }
}

#[test]
fn rows_of_other_sockets_lay_nothing_out_anew() {
    let mut harness = show(pair(Lang::En));
    harness.run();
    let before = harness.state().ladder.drawings();
    harness.state_mut().push_of(9, 3_000 * MS, Event::Received { full: 1 }, "127.0.0.1:7", b"x");
    harness.run();
    assert_eq!(harness.state().ladder.drawings(), before);
    harness.state_mut().push_of(3, 3_001 * MS, Event::Sent { asked: 1 }, HERE, b"x");
    harness.run();
    assert_eq!(harness.state().ladder.drawings(), before + 1);
}

#[test]
fn a_refused_connection_says_what_it_takes_it_from_and_is_found_as_an_error() {
    for lang in Lang::ALL {
        let mut bench = Bench::new(lang, Kind::TcpConnection);
        bench.tab = Tab::Ladder;
        bench.push(0, Event::Connecting, SERVER, b"");
        let fault = Fault { kind: FaultKind::Refused, errno: 111 };
        bench.push(MS, Event::Failed { call: Call::Connect, fault }, SERVER, b"");
        let mut harness = show(bench);
        harness.run();
        assert!(has(&harness, "#1 connect ECONNREFUSED"), "{:#?}", items(&harness));
        assert!(has(
            &harness,
            tr(lang, "RST from 127.0.0.1:8008 to #1, inferred", "RST，从 127.0.0.1:8008 到 #1，推断")
        ));
        harness.get_by_label(tr(lang, "Next error", "下一个错误")).click();
        harness.run();
        assert_eq!(harness.state().traffic.selected(), Some(1));
    }
}

#[test]
fn time_has_three_scales() {
    for lang in Lang::ALL {
        let mut harness = show(pair(lang));
        harness.run();
        let apart = |harness: &Harness<'_, Bench>| {
            let y = |text| harness.get_by_label_contains(text).rect().center().y;
            y("#1 send = 5 hello") - y("#1 send = 4 你好")
        };
        assert!((apart(&harness) - 52.0).abs() < 1.0, "{}", apart(&harness));
        harness.get_by_label_contains(tr(lang, "Time runs: Idle folded", "时间轴：折叠空闲")).click();
        harness.run();
        harness.get_by_label(tr(lang, "True time", "真实时间")).click();
        harness.run();
        assert!(!items(&harness).iter().any(|item| item.contains("#3 ESTABLISHED")), "it is 2.4 s above");
        harness.get_by_label(tr(lang, "Stretch time", "拉长时间")).click();
        harness.run();
        assert!((apart(&harness) - 104.0).abs() < 1.0, "{}", apart(&harness));
        harness.get_by_label_contains(tr(lang, "Time runs: True time", "时间轴：真实时间")).click();
        harness.run();
        harness.get_by_label(tr(lang, "A step an event", "一步一格")).click();
        harness.run();
        assert!((apart(&harness) - 52.0).abs() < 1.0, "{}", apart(&harness));
        assert!(harness.query_by_label_contains(tr(lang, "idle", "空闲 2")).is_none());
    }
}

#[test]
fn it_follows_the_end_and_keeps_its_place_and_paints_what_is_on_screen() {
    let mut bench = Bench::talk(Lang::En);
    bench.tab = Tab::Ladder;
    let more = |bench: &mut Bench, numbers: std::ops::Range<u64>| {
        for i in numbers {
            bench.push((3_000 + i) * MS, Event::Sent { asked: 4 }, SERVER, format!("n{i:03}").as_bytes());
        }
    };
    more(&mut bench, 0..200);
    let mut harness = show(bench);
    harness.run();
    assert!(has(&harness, "send = 4 n199"));
    let steps = |harness: &Harness<'_, Bench>| items(harness).iter().filter(|item| item.contains("send = 4 n")).count();
    assert!((3..30).contains(&steps(&harness)), "{}", steps(&harness));
    more(harness.state_mut(), 200..210);
    harness.run();
    assert!(has(&harness, "send = 4 n209"));

    let list = harness.get_by_role_and_label(Role::List, "Ladder").rect();
    harness.hover_at(list.center());
    harness.step();
    harness.event(Input::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: Vec2::new(0.0, 1_000.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(8);
    assert!(!has(&harness, "send = 4 n209"));
    let shown = items(&harness).into_iter().find(|item| item.contains("send = 4 n")).unwrap();
    let y = harness.get_by_label(&shown).rect().top();
    more(harness.state_mut(), 210..260);
    harness.run();
    assert!((harness.get_by_label(&shown).rect().top() - y).abs() < 1.0);
    harness.get_by_label_contains("Not following");
    harness.get_by_label("Follow the ladder").click();
    harness.run();
    assert!(has(&harness, "send = 4 n259"));
}

#[test]
fn at_200_percent_the_ladder_has_the_room_and_nothing_lies_on_the_tabs() {
    for (lang, theme) in harness::BOTH {
        let mut harness = harness::sized(lang, theme, Vec2::new(720.0, 450.0));
        harness.run_steps(4);
        let app = harness.state_mut();
        app.model.sockets.open(SocketId(900), Kind::TcpConnection, 0, 0);
        app.model.selected = Some(SocketId(900));
        app.view.tab = Tab::Ladder;
        let mut batch = twocan::journal::Batch::default();
        for (at, event) in
            [(0, Event::Connecting), (MS, Event::Connected { took: MS }), (2 * MS, Event::Sent { asked: 2 })]
        {
            let (socket, peer) = (SocketId(900), SERVER.parse().ok());
            let record = twocan::journal::Record { at, socket, generation: 0, event, peer, bytes: Span::default() };
            batch.push(record, if at < 2 * MS { HERE.as_bytes() } else { b"hi" });
        }
        app.model.apply(batch);
        harness.run_steps(8);
        let tab = harness.get_by_label(tr(lang, "Show as: Ladder", "显示为：时序图")).rect();
        let scale = harness.get_by_label_contains(tr(lang, "Time runs", "时间轴")).rect();
        assert!(tab.right() <= scale.left(), "{tab:?} {scale:?}");
        assert!(harness.get_by_role_and_label(Role::List, tr(lang, "Ladder", "时序图")).rect().height() > 20.0);
        harness.get_by_label_contains("send = 2 hi");
    }
}

#[test]
fn states_and_waits_are_there_for_those_who_cannot_see_them() {
    for lang in Lang::ALL {
        let mut harness = show(pair(lang));
        harness.run();
        harness.get_by_label(tr(
            lang,
            "#1 is ESTABLISHED from 10:42:07.002 on",
            "#1 自 10:42:07.002 起处于 ESTABLISHED",
        ));
        harness.get_by_label_contains("SYN_SENT");
        harness.get_by_label(tr(lang, "#3 no recv returned for 2.4 s", "#3 2.4 s 内没有 recv 返回"));
    }
}

#[test]
fn the_scope_goes_from_a_socket_to_the_bench() {
    let mut bench = pair(Lang::En);
    // The strip would take the room in which the oldest step stands.
    bench.model.settings.boundaries = false;
    bench.model.sockets.open(SocketId(7), Kind::UdpSocket, 0, 0);
    bench.push_of(7, MS, Event::Bound, "127.0.0.1:9000", b"127.0.0.1:9000");
    let mut harness = show(bench);
    harness.run();
    let heads = |harness: &Harness<'_, Bench>| {
        let nodes = harness.get_all_by_role(Role::ColumnHeader);
        nodes.map(|node| node.accesskit_node().label().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(heads(&harness).len(), 2);
    for (from, to, lines) in [("This socket", "Its server", 3), ("Its server", "The whole bench", 4)] {
        harness.get_by_label(&format!("Ladder of: {from}")).click();
        harness.run();
        harness.get_by_label(to).click();
        harness.run();
        // Those that have no room are reached by scrolling.
        assert!(heads(&harness).len() <= lines);
        assert!(has(&harness, "#2 listen(5)"), "{:?}", items(&harness));
    }
    assert!(has(&harness, "#7 bind"), "{:?}", items(&harness));
}

#[test]
fn above_two_thousand_arrows_those_to_one_call_are_one_that_counts_them() {
    let mut bench = pair(Lang::En);
    for i in 0..2_500_u64 {
        bench.push_of(1, (3_000 + i) * MS, Event::Sent { asked: 1 }, SERVER, b"x");
    }
    bench.push_of(3, 6_000 * MS, Event::Received { full: 2_500 }, HERE, &[b'x'; 2_500]);
    let mut harness = show(bench);
    harness.run();
    assert!(has(&harness, "2\u{202f}500 sends from #1 to #3, seen at both ends"), "{:#?}", items(&harness));
    assert!(items(&harness).len() < 100, "{}", items(&harness).len());
}

#[test]
fn a_replay_shows_what_had_happened_by_then_and_repaints_only_while_it_runs() {
    let mut harness = show(pair(Lang::En));
    harness.run();
    harness.get_by_label("Replay").click();
    harness.step();
    harness.step();
    harness.get_by_label("Stop the replay here");
    assert!(has(&harness, "#1 connect") && !has(&harness, "recv = 14"), "{:#?}", items(&harness));
    harness.get_by_label_contains("what is later has not happened yet");
    harness.get_by_label("Stop the replay here").click();
    // Panics where it does not come to rest.
    harness.run();
    assert!(!has(&harness, "recv = 14"));
    harness.get_by_label("Next event").click();
    harness.run();
    harness.get_by_label("Follow the ladder").click();
    harness.run();
    assert!(has(&harness, "recv = 14"));
}

#[test]
fn a_row_that_is_chosen_elsewhere_comes_into_sight() {
    let mut bench = Bench::talk(Lang::En);
    bench.tab = Tab::Ladder;
    for i in 0..300_u64 {
        bench.push((3_000 + i) * MS, Event::Sent { asked: 4 }, SERVER, format!("n{i:03}").as_bytes());
    }
    let mut harness = show(bench);
    harness.run();
    assert!(!has(&harness, "send = 4 n010"));
    harness.state_mut().traffic.select(Some(15));
    harness.run();
    assert!(has(&harness, "send = 4 n010"), "{:#?}", items(&harness));
}

/// The ladder of a connection goes on where a flood left it behind, or where it was not on show while rows left.
#[test]
fn what_left_while_the_ladder_was_not_on_show_is_known_all_the_same() {
    for lang in Lang::ALL {
        let mut bench = pair(lang);
        bench.tab = Tab::Traffic;
        bench.traffic.keep_up(&bench.model);
        bench.model.journal.set_budget(Budget { rows: 4, ..Budget::default() });
        let sent = |bench: &mut Bench, n: u64, text: &[u8]| {
            bench.push_of(1, (3_000 + n) * MS, Event::Sent { asked: text.len() as u32 }, SERVER, text);
            bench.traffic.keep_up(&bench.model);
        };
        for n in 0..9 {
            sent(&mut bench, n, b"x");
        }
        bench.push_of(3, 3_020 * MS, Event::Received { full: 9 }, HERE, b"xxxxxxxxx");
        sent(&mut bench, 21, b"after");
        bench.push_of(3, 3_022 * MS, Event::Received { full: 5 }, HERE, b"after");
        bench.tab = Tab::Ladder;
        let mut harness = show(bench);
        harness.run();
        harness.get_by_label(tr(lang, "#1 client 127.0.0.1:53122", "#1 客户端 127.0.0.1:53122"));
        harness.get_by_label(tr(lang, "#3 accepted 127.0.0.1:8008", "#3 已接受的连接 127.0.0.1:8008"));
        harness.get_by_label_contains(tr(
            lang,
            "#3 is ESTABLISHED from 10:42:07.003",
            "#3 自 10:42:07.003 起处于 ESTABLISHED",
        ));
        let shown = items(&harness);
        for said in [
            tr(lang, "5 bytes from #1 to #3, seen at both ends", "5 字节，从 #1 到 #3，两端都看到"),
            tr(
                lang,
                "8 bytes from #1 to #3, received; older rows have left, so its send is not known",
                "8 字节，从 #1 到 #3，已收到；较早的行已移出，因此不知道由哪次 send 发出",
            ),
        ] {
            assert!(has(&harness, said), "{said} is not in {shown:#?}");
        }
    }
}

/// A file's datagrams have no rows where they are sent; that one of ours sent them is known.
#[test]
fn datagrams_of_a_file_are_of_the_socket_that_sends_it() {
    for lang in Lang::ALL {
        let (one, two) = ("127.0.0.1:9001", "127.0.0.1:9002");
        let mut bench = Bench::new(lang, Kind::UdpSocket);
        bench.tab = Tab::Ladder;
        bench.model.sockets.open(SocketId(2), Kind::UdpSocket, 0, 0);
        bench.push_of(1, MS, Event::Bound, one, one.as_bytes());
        bench.push_of(2, 2 * MS, Event::Bound, two, two.as_bytes());
        bench.push_of(2, 3 * MS, Event::FileStarted { size: 5 }, one, b"/tmp/five");
        bench.push_of(1, 4 * MS, Event::Received { full: 5 }, two, b"12345");
        bench.push_of(2, 5 * MS, Event::FileEnded { sent: 5, cancelled: false }, one, b"/tmp/five");
        let mut harness = show(bench);
        harness.run();
        let shown = items(&harness);
        let said = tr(
            lang,
            "datagram of a file, 5 bytes from #2 to #1, received; its send has no row here",
            "文件的数据报，5 字节，从 #2 到 #1，已收到；这里没有它的 send 那一行",
        );
        assert!(has(&harness, said), "{said} is not in {shown:#?}");
        let said = tr(lang, "part of a file; #1 received it whole", "属于一个文件；#1 完整收到");
        assert!(has(&harness, said), "{said} is not in {shown:#?}");
        harness.get_by_label(tr(lang, "1 datagram received, 1 of a file.", "收到 1 个数据报，其中 1 个属于文件。"));
        harness.state_mut().model.selected = Some(SocketId(2));
        harness.run();
        harness.get_by_label_contains(tr(lang, "1 file: its datagrams have no rows", "1 个文件：它的数据报"));
    }
}

#[test]
fn an_empty_ladder_says_why() {
    for lang in Lang::ALL {
        let mut bench = pair(lang);
        bench.model.journal.clear();
        let mut harness = show(bench);
        harness.run();
        harness.get_by_label_contains(tr(lang, "The rows of this socket were cleared", "这个套接字的行已清除"));
        harness.get_by_label(tr(lang, "Pause the ladder", "暂停时序图")).click();
        harness.run();
        harness.state_mut().push_of(1, 4_000 * MS, Event::Sent { asked: 1 }, SERVER, b"!");
        harness.run();
        harness.get_by_label_contains(tr(
            lang,
            "Paused: what happens now is not drawn",
            "已暂停：现在发生的不会画出来",
        ));
        harness.get_by_label(tr(lang, "Follow the ladder", "跟随时序图")).click();
        harness.run();
        assert!(has(&harness, "#1 send = 1 !"));
    }
}

#[test]
fn a_picture_is_saved_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ladder.svg");
    let mut harness = show(pair(Lang::En));
    harness.run();
    harness.get_by_label("More about the ladder").click();
    harness.run();
    harness.get_by_label("Save as a picture…").click();
    harness.run();
    for told in ["Saved to", "exists already"] {
        harness::fill(&mut harness, "Picture file to save to", path.to_str().unwrap());
        harness.run();
        harness.get_by_label("Save").click();
        harness::step_until(&mut harness, told, |harness| harness.query_by_label_contains(told).is_some());
    }
    let text = std::fs::read_to_string(&path).unwrap();
    for part in ["<svg", "ESTABLISHED", "recv = 14", "你好", "127.0.0.1:53122", "</svg>"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
