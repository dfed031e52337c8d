//! The boundaries of messages under the table and under the ladder, on hand-made batches: what is said of them, what a click
//! and a key do, what is tried on the living sockets, and that a hundred thousand calls cost no more than twenty.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;
#[path = "support/views.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod views;

use std::time::{Duration, Instant};

use egui::{
    Event as Input, Key, Modifiers, MouseWheelUnit, Vec2,
    accesskit::{Role, Toggled},
};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{any_text, fill, in_language as tr, step_until};
use twocan::{
    gui::{Action, App, actions::Pair, settings::JournalLimit, views::Tab},
    journal::{Batch, Event, Kind, Nanos, Record, SocketId, Span, State},
    net::Command,
    words::Lang,
};
use views::{Bench, show, show_any_text};

const HERE: &str = "127.0.0.1:53122";
const SERVER: &str = "127.0.0.1:8008";
const MS: Nanos = 1_000_000;

/// What a screen reader says of the pieces on screen.
fn pieces(harness: &Harness<'_, Bench>) -> Vec<String> {
    let nodes = harness.get_all_by_role(Role::ListItem);
    nodes.map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

/// A client and the connection that a listener of ours accepted from it; nothing was sent.
fn pair(lang: Lang) -> Bench {
    let mut bench = Bench::new(lang, Kind::TcpConnection);
    bench.model.sockets.open(SocketId(2), Kind::TcpListener, 0, 0);
    bench.push_of(2, 0, Event::Listening { backlog: 5 }, SERVER, SERVER.as_bytes());
    bench.push_of(1, 2 * MS, Event::Connected { took: MS }, SERVER, HERE.as_bytes());
    bench.push_of(2, 3 * MS, Event::Accepted { connection: SocketId(3) }, HERE, b"");
    bench.push_of(3, 3 * MS, Event::Opened { listener: SocketId(2) }, HERE, SERVER.as_bytes());
    bench
}

/// Three sends, one recv of all of them, and its answer in one send and three recvs.
fn talk(lang: Lang) -> Bench {
    let mut bench = pair(lang);
    for (n, text) in [&b"\xC4\xE3\xBA\xC3"[..], b"world", b"hello"].into_iter().enumerate() {
        bench.push_of(1, (10 + n as u64) * MS, Event::Sent { asked: text.len() as u32 }, SERVER, text);
    }
    bench.push_of(3, 14 * MS, Event::Received { full: 14 }, HERE, b"\xC4\xE3\xBA\xC3worldhello");
    bench.push_of(3, 15 * MS, Event::Sent { asked: 11 }, HERE, b"to you too!");
    for (n, text) in [&b"to y"[..], b"ou t", b"oo!"].into_iter().enumerate() {
        bench.push_of(1, (16 + n as u64) * MS, Event::Received { full: text.len() as u32 }, SERVER, text);
    }
    bench
}

fn toggled(harness: &Harness<'_, Bench>, text: &str) -> bool {
    harness.get_by_label(text).accesskit_node().toggled() == Some(Toggled::True)
}

#[test]
fn under_the_table_and_under_the_ladder_it_is_the_same() {
    for lang in Lang::ALL {
        for tab in [Tab::Traffic, Tab::Ladder] {
            let mut bench = talk(lang);
            bench.tab = tab;
            let mut harness = show(bench);
            harness.run();
            let glued = "3 sends came out of 1 recv: TCP is a stream of bytes.";
            harness.get_by_label(tr(lang, glued, "3 次 send，从 1 次 recv 中读出：TCP 是字节流。"));
            let other = tr(lang, "Show #3 → #1", "看 #3 → #1");
            harness.get_by_label(other).click();
            harness.run();
            let split = "1 send came out of 3 recvs: TCP is a stream of bytes.";
            harness.get_by_label(tr(lang, split, "1 次 send，从 3 次 recv 中读出：TCP 是字节流。"));
            let half = "#1 received 3 B, from byte 8 of the stream, out of 1 send";
            harness.get_by_label(tr(lang, half, "#1 接收 3 B，从字节流的第 8 字节起，来自 1 次 send"));
        }
    }
}

#[test]
fn a_recv_in_the_table_has_the_colours_of_what_it_carries() {
    for (lang, said) in [(Lang::En, "bytes of 3 sends"), (Lang::Zh, "3 次 send 的字节")] {
        let mut bench = talk(lang);
        bench.model.selected = Some(SocketId(3));
        let mut harness = show(bench);
        harness.run();
        let rows = harness.get_all_by_role(Role::Row);
        let rows: Vec<_> = rows.map(|row| row.accesskit_node().label().unwrap_or_default()).collect();
        let told = rows.iter().filter(|row| row.contains(said)).count();
        assert_eq!(told, 1, "{rows:#?}");
        assert!(rows.iter().any(|row| row.contains("recv 14") && row.contains(said)), "{rows:#?}");
    }
}

#[test]
fn a_piece_and_its_row_are_chosen_together() {
    let mut harness = show_any_text(talk(Lang::En));
    harness.run();
    let (sent, received) =
        ("#1 sent 5 B, from byte 4 of the stream", "#3 received 14 B, from byte 0 of the stream, out of 3 sends");
    harness.get_by_label(sent).click();
    harness.run();
    assert_eq!(harness.state().traffic.selected(), Some(5));
    assert!(toggled(&harness, sent) && !toggled(&harness, received));
    let row = harness.get_all_by_role(Role::Row).find(|row| row.accesskit_node().toggled() == Some(Toggled::True));
    assert!(row.unwrap().accesskit_node().label().unwrap().contains("world"));
    harness.state_mut().traffic.select(Some(7));
    harness.run();
    assert!(toggled(&harness, received) && !toggled(&harness, sent));
}

#[test]
fn keys_go_through_all_pieces() {
    let mut harness = show_any_text(talk(Lang::En));
    harness.run();
    harness.get_by_role_and_label(Role::Figure, "Message boundaries").focus();
    harness.run();
    let mut press = |key| {
        harness.key_press(key);
        harness.run();
        harness.state().traffic.selected()
    };
    assert_eq!(press(Key::Home), Some(4));
    assert_eq!((press(Key::ArrowRight), press(Key::ArrowRight), press(Key::ArrowRight)), (Some(5), Some(6), Some(6)));
    assert_eq!((press(Key::ArrowDown), press(Key::ArrowUp), press(Key::ArrowLeft)), (Some(7), Some(4), Some(4)));
    assert_eq!(press(Key::End), Some(6));
}

#[test]
fn it_can_be_put_away_but_for_its_sentence() {
    for lang in Lang::ALL {
        let mut harness = show(talk(lang));
        harness.run();
        assert_eq!(pieces(&harness).len(), 4);
        harness.get_by_label(tr(lang, "Hide the message boundaries", "收起消息边界")).click();
        harness.run();
        assert!(!harness.state().model.settings.boundaries);
        assert!(harness.query_by_role(Role::ListItem).is_none());
        harness.get_by_label_contains(tr(lang, "3 sends came out of 1 recv", "3 次 send，从 1 次 recv"));
        harness.get_by_label(tr(lang, "Show the message boundaries", "显示消息边界")).click();
        harness.run();
        assert_eq!(pieces(&harness).len(), 4);
    }
}

#[test]
fn a_listener_asks_to_choose_a_connection() {
    for lang in Lang::ALL {
        let mut bench = talk(lang);
        bench.model.selected = Some(SocketId(2));
        let mut harness = show(bench);
        harness.run();
        let text = "A listening socket carries no bytes: choose one of its connections.";
        harness.get_by_label(tr(lang, text, "监听套接字不传字节：请选择它的一个连接。"));
        harness.get_by_label(tr(lang, "Connection #3", "连接 #3")).click();
        harness.run();
        let asked = &harness.state().asked;
        assert!(matches!(asked.as_slice(), [Action::Select(Some(SocketId(3)))]), "{asked:?}");
    }
}

#[test]
fn what_lies_between_calls_is_changed_on_both_ends() {
    for lang in Lang::ALL {
        let mut harness = show(talk(lang));
        harness.run();
        for (name, typed) in [
            (tr(lang, "#1: gap between sends", "#1: 发送间隔"), "40"),
            (tr(lang, "#3: bytes for one recv", "#3: 一次 recv 的字节数"), "4"),
            (tr(lang, "#3: delay before reading", "#3: 读取前等待"), "10 000"),
        ] {
            fill(&mut harness, name, typed);
            harness.key_press(Key::Enter);
            harness.run();
        }
        harness.get_by_label(tr(lang, "#1: TCP_NODELAY: off", "#1: TCP_NODELAY: 关")).click();
        harness.run();
        let asked = std::mem::take(&mut harness.state_mut().asked);
        let [Action::Verb(a, gap), Action::Verb(b, recv), Action::Verb(c, delay), Action::Verb(d, nodelay)] =
            asked.as_slice()
        else {
            panic!("{asked:?}")
        };
        assert_eq!([*a, *b, *c, *d], [1, 3, 3, 1].map(SocketId));
        assert!(matches!(gap, Command::SetSendGap(gap) if *gap == Duration::from_millis(40)));
        assert!(matches!(recv, Command::SetRecvBytes(4)) && matches!(nodelay, Command::SetNodelay(true)));
        assert!(matches!(delay, Command::SetReadDelay(delay) if *delay == Duration::from_secs(10)));

        fill(&mut harness, tr(lang, "#1: gap between sends", "#1: 发送间隔"), "10001");
        harness.run();
        harness.get_by_label_contains(&twocan::words::number::grouped(10_000));
        harness.key_press(Key::Enter);
        harness.run();
        assert!(harness.state().asked.is_empty(), "what cannot be used changes nothing");
    }
}

/// Three sockets: 1 sends to 2 and to somebody outside, 2 receives from 1 and from outside.
fn datagrams(lang: Lang) -> Bench {
    let mut bench = Bench::new(lang, Kind::UdpSocket);
    bench.model.sockets.open(SocketId(2), Kind::UdpSocket, 0, 0);
    let (one, two) = ("127.0.0.1:9001", "127.0.0.1:9002");
    bench.push_of(1, 0, Event::Bound, one, one.as_bytes());
    bench.push_of(2, 0, Event::Bound, two, two.as_bytes());
    for (n, text) in ["one", "two", "three"].into_iter().enumerate() {
        bench.push_of(1, (1 + n as u64) * MS, Event::Sent { asked: text.len() as u32 }, two, text.as_bytes());
    }
    bench.push_of(2, 5 * MS, Event::Received { full: 3 }, one, b"two");
    bench.push_of(2, 6 * MS, Event::Received { full: 5 }, one, b"th");
    bench
}

#[test]
fn a_datagram_comes_whole_or_cut_or_not_at_all() {
    for lang in Lang::ALL {
        let mut harness = show_any_text(datagrams(lang));
        harness.run();
        harness.get_by_label(tr(
            lang,
            "3 datagrams sent, 2 received, 1 lost, 1 cut: 6 bytes are gone.",
            "发出 3 个数据报，收到 2 个，丢失 1 个，截断 1 个：6 个字节没有了。",
        ));
        let shown = pieces(&harness);
        for said in [
            tr(
                lang,
                "#1 sent 3 bytes to 127.0.0.1:9002: lost: #2 has received later ones",
                "#1 发出 3 字节，发往 127.0.0.1:9002：丢失：#2 已经收到了更晚的",
            ),
            tr(
                lang,
                "#1 sent 3 bytes to 127.0.0.1:9002: #2 received it whole",
                "#1 发出 3 字节，发往 127.0.0.1:9002：#2 完整收到",
            ),
            tr(
                lang,
                "#1 sent 5 bytes to 127.0.0.1:9002: #2 received 2 of them, 3 bytes are gone",
                "#1 发出 5 字节，发往 127.0.0.1:9002：#2 收到其中 2 个，3 字节 没有了",
            ),
        ] {
            assert!(shown.iter().any(|piece| piece == said), "{said} is not in {shown:#?}");
        }
        // Both cells of one that came are its rows.
        let whole = harness.get_all_by_label_contains(tr(lang, "#2 received it whole", "#2 完整收到"));
        whole.last().unwrap().click();
        harness.run();
        assert_eq!(harness.state().traffic.selected(), Some(5));
        // One on its way, one to somebody outside, and one from there.
        harness.state_mut().push_of(1, 7 * MS, Event::Sent { asked: 1 }, "127.0.0.1:9002", b"x");
        harness.state_mut().push_of(1, 8 * MS, Event::Sent { asked: 1 }, "10.0.0.9:7", b"y");
        harness.state_mut().push_of(2, 9 * MS, Event::Received { full: 1 }, "10.0.0.9:7", b"z");
        harness.run();
        harness.get_by_label_contains(tr(lang, "1 not received here yet", "1 个这里还没有收到"));
        harness.get_by_label_contains(tr(lang, "not received at #2 yet", "#2 还没有收到"));
        harness.get_by_label_contains(tr(lang, "10.0.0.9:7 is outside", "10.0.0.9:7 在外部"));
        harness.state_mut().model.selected = Some(SocketId(2));
        harness.run();
        harness.get_by_label_contains(tr(lang, "1 from outside", "1 个来自外部"));
        harness.get_by_label(tr(
            lang,
            "10.0.0.9:7, outside, sent 1 byte: #2 received it whole",
            "外部的 10.0.0.9:7 发出 1 字节：#2 完整收到",
        ));
    }
}

/// Many records in one batch.
fn push_many(bench: &mut Bench, records: impl Iterator<Item = (u32, Event, &'static str)>) {
    let mut batch = Batch::default();
    for (socket, event, peer) in records {
        let (socket, peer) = (SocketId(socket), peer.parse().ok());
        batch.push(Record { at: MS, socket, generation: 0, event, peer, bytes: Span::default() }, b"abc");
    }
    bench.model.apply(batch);
}

#[test]
fn a_hundred_thousand_calls_are_no_more_on_screen_than_twenty() {
    let mut bench = pair(Lang::En);
    let both = [(1, Event::Sent { asked: 3 }, SERVER), (3, Event::Received { full: 3 }, HERE)];
    push_many(&mut bench, both.into_iter().cycle().take(200_000));
    let mut harness = show_any_text(bench);
    harness.run_steps(8);
    harness.get_by_label(&format!(
        "{0} sends, {0} recvs: this time every boundary survived. TCP does not promise it.",
        twocan::words::number::grouped(100_000)
    ));
    assert!(pieces(&harness).len() < 120, "{}", pieces(&harness).len());
    harness.get_by_label_contains("from byte 299997 of the stream, out of 1 send");
    // All of it at once: groups, each with a name.
    for _ in 0..60 {
        let smaller = harness.get_by_label("Smaller");
        if smaller.accesskit_node().is_disabled() {
            break;
        }
        smaller.click();
        harness.run();
    }
    let shown = pieces(&harness);
    assert!((50..800).contains(&shown.len()), "{}", shown.len());
    assert!(shown.iter().all(|piece| piece.contains("sends, bytes ") || piece.contains("recvs, bytes ")), "{shown:?}");
    assert!(shown.first().unwrap().contains("bytes 0 to "));
    // A group that is clicked comes nearer, and a row that is chosen comes into sight.
    harness.get_by_label(&shown[3]).click();
    harness.run();
    assert_ne!(pieces(&harness), shown);
    harness.get_by_label("Newest").click();
    harness.run();
    let first = harness.state().model.journal.range().start + 4;
    harness.state_mut().traffic.select(Some(first));
    harness.run();
    harness.get_by_label("#1 sent 3 B, from byte 0 of the stream");
}

#[test]
fn the_wheel_goes_along_and_the_end_stays_in_sight() {
    let mut bench = pair(Lang::En);
    let sends = |count| std::iter::repeat_n((1, Event::Sent { asked: 3 }, SERVER), count);
    push_many(&mut bench, sends(500));
    let mut harness = show_any_text(bench);
    harness.run();
    let last = |n: usize| format!("#1 sent 3 B, from byte {} of the stream", (n - 1) * 3);
    harness.get_by_label(&last(500));
    push_many(harness.state_mut(), sends(20));
    harness.run();
    harness.get_by_label(&last(520));
    let at = harness.get_by_role_and_label(Role::Figure, "Message boundaries").rect().center();
    harness.hover_at(at);
    harness.step();
    harness.event(Input::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: Vec2::new(0.0, 2_000.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(8);
    assert!(harness.query_by_label(&last(520)).is_none());
    let shown = pieces(&harness);
    push_many(harness.state_mut(), sends(20));
    harness.run();
    assert_eq!(pieces(&harness)[1], shown[1], "what is on the left stays there");
    harness.get_by_label("Newest").click();
    harness.run();
    harness.get_by_label(&last(540));
}

#[test]
fn the_boundaries_are_copied_as_text() {
    for lang in Lang::ALL {
        let mut harness = show(talk(lang));
        harness.run();
        harness.get_by_label(tr(lang, "Copy the boundaries as text", "把边界复制为文本")).click();
        harness.run();
        let copied = harness.state_mut().copied();
        assert_eq!(copied.len(), 1);
        assert!(copied[0].contains("recv 1: 14 B, 0..14, 4 B send 1, 5 B send 2, 5 B send 3"), "{}", copied[0]);
    }
}

#[test]
fn the_boundaries_of_a_stream_are_not_lost_while_one_looks_elsewhere() {
    boundaries_are_kept_unseen(|harness| {
        harness.get_by_role_and_label(Role::Button, "Lab").click();
        harness.step();
        |harness| harness.step()
    });
}

#[test]
fn the_boundaries_of_a_stream_are_not_lost_while_the_window_is_minimised() {
    // eframe paints nothing then; it only has the program look.
    boundaries_are_kept_unseen(|_| {
        |harness| {
            let ctx = harness.ctx.clone();
            harness.state_mut().look(&ctx);
        }
    });
}

/// Sends more than the journal keeps while nothing but `pass` goes on, and then finds every send in the boundaries.
fn boundaries_are_kept_unseen(away: impl FnOnce(&mut Harness<'_, App>) -> fn(&mut Harness<'_, App>)) {
    const MESSAGE: usize = 16 << 10;
    let mut harness = any_text(Vec2::new(1440.0, 900.0));
    harness.state_mut().actions.push(Action::SetJournal(JournalLimit(1)));
    harness.state_mut().actions.push(Action::OpenPair(Pair::Tcp));
    step_until(&mut harness, "the client is connected", |harness| {
        let model = &harness.state().model;
        model.selected_entry().is_some_and(|entry| entry.state == State::Established)
    });
    let client = harness.state().model.selected.unwrap();
    step_until(&mut harness, "the server accepted", |harness| harness.state().model.sockets.len() == 3);
    let pass = away(&mut harness);
    // More than the journal keeps.
    for round in 1..=24_u64 {
        let send = Command::Send { bytes: vec![b'x'; MESSAGE], to: None };
        harness.state_mut().actions.push(Action::Verb(client, send));
        let recorded = |harness: &Harness<'_, App>| {
            harness.state().model.meter(client).is_some_and(|meter| meter.totals().bytes_in == round * MESSAGE as u64)
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while !recorded(&harness) {
            assert!(Instant::now() < deadline, "the echo of round {round} is not back");
            pass(&mut harness);
            std::thread::yield_now();
        }
    }
    assert!(harness.state().model.journal.gone() > 0);
    harness.get_by_role_and_label(Role::Button, "Bench").click();
    let has = |harness: &Harness<'_, App>, text: &str| harness.query_all_by_label_contains(text).next().is_some();
    step_until(&mut harness, "the boundaries are on show", |harness| {
        has(harness, "24 sends") || has(harness, "The beginning of this stream has left")
    });
    assert!(has(&harness, "24 sends"));
}
