//! Messages cut out of what was received, framing in the composer, and the worst slicer, on hand-made batches.
//!
//! Without a screen, in both languages and themes; everything is found by what a screen reader says of it.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;
#[path = "support/views.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod views;

use egui::{Key, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{fill, in_language as tr, step_until};
use twocan::{
    framing::Framing,
    gui::{Action, settings::Framings, views::Tab},
    journal::{Budget, Event, Kind, Nanos, SocketId},
    net::Command,
    text::Charset,
    words::Lang,
};
use views::{Bench, show, show_any_text};

const HERE: &str = "127.0.0.1:53122";
const SERVER: &str = "127.0.0.1:8008";
const MS: Nanos = 1_000_000;

fn labels(harness: &Harness<'_, Bench>, role: Role) -> Vec<String> {
    harness.get_all_by_role(role).map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

/// Types into the composer, which is empty.
fn write(harness: &mut Harness<'_, Bench>, text: &str) {
    harness.get_by_role(Role::MultilineTextInput).focus();
    harness.step();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.event(egui::Event::Text(text.into()));
    harness.run();
}

fn framed(bench: &mut Bench, send: &str, receive: &str) {
    let framings = Framings { send: send.parse().unwrap(), receive: receive.parse().unwrap() };
    bench.model.settings.framing = framings;
}

/// A connection on which these reads came.
fn reads(lang: Lang, receive: &str, reads: &[&[u8]]) -> Bench {
    let mut bench = Bench::new(lang, Kind::TcpConnection);
    bench.tab = Tab::Messages;
    bench.model.settings.composer.charset = Charset::UTF_8;
    framed(&mut bench, "none", receive);
    bench.push(MS, Event::Connected { took: MS }, SERVER, HERE.as_bytes());
    for (n, bytes) in reads.iter().enumerate() {
        bench.push((2 + n as u64) * MS, Event::Received { full: bytes.len() as u32 }, SERVER, bytes);
    }
    bench
}

#[test]
fn messages_are_cut_out_of_reads_and_say_where_they_came_from() {
    for lang in Lang::ALL {
        let came: [&[u8]; 3] = [b"\0\x05he", b"llo\0\x06\xe4\xbd\xa0\xe5", b"\xa5\xbd\0\x09half"];
        let mut harness = show(reads(lang, "u16-be", &came));
        harness.run();
        let rows = labels(&harness, Role::Row);
        assert_eq!(rows.len(), 2, "{rows:#?}");
        assert!(rows[0].contains(tr(lang, "Message 1, ", "消息 1，")), "{rows:#?}");
        assert!(
            rows[0].contains(tr(lang, "5 bytes, from recv 1–2: hello", "5 字节，来自第 1–2 次 recv：hello")),
            "{rows:#?}"
        );
        assert!(
            rows[1].contains(tr(lang, "from recv 2–3: 你好 E4 BD A0 E5 A5 BD", "来自第 2–3 次 recv：你好 E4 BD")),
            "{rows:#?}"
        );
        harness.get_by_label(tr(lang, "3 recvs returned 21 B: 2 messages.", "3 次 recv 收到 21 B：2 条消息。"));
        harness.get_by_label(tr(
            lang,
            "6 B wait in the buffer; 5 more are missing.",
            "缓冲区里有 6 B 在等待；还缺 5 字节。",
        ));
        // The picture: each read with what it did to the buffer, each message with its parts.
        let items = labels(&harness, Role::ListItem);
        for said in [
            tr(
                lang,
                "recv 2: 9 B from byte 4 of the stream. The buffer went from 4 to 13 B; messages completed: 1; 6 B stay.",
                "第 2 次 recv：9 B，从字节流的第 4 字节起。缓冲区从 4 变为 13 B；完整的消息：1；留下 6 B。",
            ),
            tr(lang, "Message 1: length 2 B, message 5 B", "消息 1：长度 2 B，消息 5 B"),
        ] {
            assert!(items.iter().any(|item| item == said), "{said} is not in {items:#?}");
        }
        // More comes, and only that is looked at.
        harness.state_mut().push(9 * MS, Event::Received { full: 5 }, SERVER, b"-more");
        harness.run();
        assert!(labels(&harness, Role::Row)[2].contains("half-more"));
        harness.get_by_label(tr(lang, "Nothing waits in the buffer.", "缓冲区里没有等待的字节。"));
    }
}

#[test]
fn a_message_is_chosen_by_pointer_and_by_key_and_tells_all_of_itself() {
    for lang in Lang::ALL {
        let mut harness = show(reads(lang, "header:u8", &[b"\x06size=5he", b"llo\x06size=2ok"]));
        harness.run();
        harness.get_by_label_contains(tr(lang, "from recv 1–2: hello", "来自第 1–2 次 recv：hello")).click();
        harness.run();
        harness.get_by_label(tr(
            lang,
            "Message 1: length 1 B, header 6 B, message 5 B, from byte 0 of the stream",
            "消息 1：长度 1 B，首部 6 B，消息 5 B，从字节流的第 0 字节起",
        ));
        harness.get_by_label("06 | 73 69 7A 65 3D 35 | 68 65 6C 6C 6F");
        harness.get_by_label(tr(
            lang,
            "recv 1: 9 of its 9 B · recv 2: 3 of its 12 B",
            "第 1 次 recv：9 B 中的 9 B · 第 2 次 recv：12 B 中的 3 B",
        ));
        // The table of traffic has the read in which it begins.
        assert_eq!(harness.state().traffic.selected(), Some(1));
        harness.get_by_role_and_label(Role::Table, tr(lang, "Messages", "消息")).focus();
        harness.run();
        harness.key_press(Key::ArrowDown);
        harness.run();
        harness.get_by_label_contains(tr(lang, "from byte 12 of", "从字节流的第 12 字节"));
        harness.key_press(Key::Escape);
        harness.run();
        assert!(harness.query_by_label_contains(tr(lang, "from byte 12 of", "从字节流的第 12 字节")).is_none());
    }
}

#[test]
fn an_error_names_its_bytes_and_another_framing_reads_the_same_bytes_anew() {
    for lang in Lang::ALL {
        let mut harness = show(reads(lang, "u32-be", &[b"HTTP/1.1 200 OK\r\nServer: x\r\n"]));
        harness.run();
        harness.get_by_label_contains(tr(
            lang,
            "The bytes 48 54 54 50 announce the length 1213486160.",
            "字节 48 54 54 50 声明的长度是 1213486160。",
        ));
        harness.get_by_label(tr(lang, "Framing for receiving: u32-be", "接收的分帧方式：u32-be")).click();
        harness.run();
        harness.get_by_label(tr(lang, "CR LF ends a line", "以 CR LF 结尾的行")).click();
        harness.run();
        let rows = labels(&harness, Role::Row);
        assert!(rows.len() == 2 && rows[0].contains("HTTP/1.1 200 OK") && rows[1].contains("Server: x"), "{rows:#?}");
        let kept = harness.state().model.framings(SocketId(1));
        assert_eq!((kept.receive.to_string().as_str(), kept.send), ("crlf", Framing::None));
    }
}

#[test]
fn the_menu_has_every_framing_with_its_fields() {
    for lang in Lang::ALL {
        let mut harness = show(reads(lang, "none", &[b"a;b"]));
        harness.run();
        harness.get_by_label_contains(tr(lang, "Without a framing every recv", "没有分帧时"));
        let receive = |harness: &Harness<'_, Bench>| harness.state().model.framings(SocketId(1)).receive.to_string();
        harness.get_by_label(tr(lang, "Framing for receiving: none", "接收的分帧方式：无")).click();
        harness.run();
        harness.get_by_label(tr(lang, "Other bytes end a message", "以其他字节结尾")).click();
        harness.run();
        assert_eq!(receive(&harness), "delimiter:\\0");
        fill(&mut harness, tr(lang, "Other bytes end a message", "以其他字节结尾"), ";");
        harness.run();
        assert_eq!(receive(&harness), "delimiter:;");
        assert_eq!(labels(&harness, Role::Row).len(), 1);
        fill(&mut harness, tr(lang, "Other bytes end a message", "以其他字节结尾"), "\\q");
        harness.run();
        assert_eq!(receive(&harness), "delimiter:;", "what is wrong changes nothing");
        harness.get_by_label_contains("\\q");
        harness.get_by_label(tr(lang, "A number before it says its length", "前面有一个数说明长度")).click();
        harness.run();
        harness.get_by_label("i64-le").click();
        harness.run();
        harness.get_by_label(tr(lang, "The number counts its own bytes too", "这个数也计算它自己的字节")).click();
        harness.run();
        assert_eq!(receive(&harness), "i64-le+self");
        harness.get_by_label(tr(lang, "Silence of so many milliseconds ends it", "静默这么多毫秒就算结束")).click();
        harness.run();
        assert_eq!(receive(&harness), "silence:200");
        assert!(harness.get_all_by_label_contains(tr(lang, "Unreliable: a delay", "不可靠：路上的延迟")).count() >= 1);
        fill(&mut harness, tr(lang, "Longest message, bytes", "最长的消息（字节）"), "99");
        harness.run();
        assert_eq!(harness.state().model.settings.message_limit, 99);
        harness
            .get_by_label(tr(
                lang,
                "New connections begin with the framings chosen here",
                "新的连接也用这里选的分帧方式",
            ))
            .click();
        harness.run();
        assert_eq!(harness.state().model.settings.framing.receive.to_string(), "silence:200");
    }
}

#[test]
fn what_was_cut_off_and_what_has_left_is_said() {
    for lang in Lang::ALL {
        let mut bench = reads(lang, "u8", &[b"\x05hal"]);
        bench.push(9 * MS, Event::PeerEnded, SERVER, b"");
        let mut harness = show(bench);
        harness.run();
        harness.get_by_label_contains(tr(
            lang,
            "4 B of a message came before the end; 2 more are missing.",
            "只来了一条消息的 4 B；还缺 2 字节。",
        ));

        let mut bench = reads(lang, "line", &[b"one\n"]);
        bench.model.journal.set_budget(Budget { rows: 3, ..Budget::default() });
        let mut harness = show(bench);
        harness.run();
        for n in 0..5 {
            harness.state_mut().push((10 + n) * MS, Event::Received { full: 4 }, SERVER, b"two\n");
            harness.run();
        }
        harness.get_by_label(tr(
            lang,
            "3 earlier messages are no longer listed: their rows have left the traffic.",
            "较早的 3 条消息不再列出：它们的行已离开收发记录。",
        ));
        assert_eq!(labels(&harness, Role::Row).len(), 3);
        // Cut anew, what is left may begin in the middle of a message.
        harness.state_mut().model.settings.framing.receive = "crlf".parse().unwrap();
        harness.run();
        harness.get_by_label_contains(tr(
            lang,
            "the first message may begin in its middle",
            "第一条消息可能从中间开始",
        ));
    }
}

#[test]
fn a_listener_has_the_messages_of_a_connection_that_one_chooses() {
    for lang in Lang::ALL {
        let mut bench = Bench::new(lang, Kind::TcpListener);
        bench.tab = Tab::Messages;
        framed(&mut bench, "none", "line");
        let mut harness = show(bench);
        harness.run();
        harness.get_by_label_contains(tr(lang, "No connection yet.", "还没有连接。"));
        for (id, peer, text) in [(2, "127.0.0.1:4002", b"from two\n"), (3, "127.0.0.1:4003", b"from tre\n")] {
            let bench = harness.state_mut();
            bench.push(MS, Event::Accepted { connection: SocketId(id) }, peer, b"");
            bench.push_of(id, MS, Event::Opened { listener: SocketId(1) }, peer, SERVER.as_bytes());
            bench.push_of(id, 2 * MS, Event::Received { full: 9 }, peer, text);
        }
        harness.run();
        assert!(labels(&harness, Role::Row)[0].contains("from tre"));
        harness.get_by_label(tr(lang, "Connection: #3 127.0.0.1:4003", "连接：#3 127.0.0.1:4003")).click();
        harness.run();
        harness.get_by_label("#2 127.0.0.1:4002").click();
        harness.run();
        let rows = labels(&harness, Role::Row);
        assert!(rows.len() == 1 && rows[0].contains("from two"), "{rows:#?}");
    }
}

#[test]
fn datagrams_are_messages_as_they_are() {
    for lang in Lang::ALL {
        let mut bench = Bench::new(lang, Kind::UdpSocket);
        bench.tab = Tab::Messages;
        framed(&mut bench, "line", "line");
        for text in [&b"one"[..], b"", b"a\nb"] {
            bench.push(MS, Event::Received { full: text.len() as u32 }, SERVER, text);
        }
        let mut harness = show(bench);
        harness.run();
        assert_eq!(labels(&harness, Role::Row).len(), 3);
        harness.get_by_label_contains(tr(lang, "Datagrams keep their boundaries", "数据报保留边界"));
        assert!(harness.query_by_label_contains(tr(lang, "Framing for sending", "发送的分帧方式")).is_none());
    }
}

#[test]
fn the_composer_frames_what_it_sends_and_shows_the_parts() {
    for lang in Lang::ALL {
        let mut bench = Bench::talk(lang);
        framed(&mut bench, "u16-be", "none");
        let mut harness = show(bench);
        harness.run();
        harness.get_by_label(tr(lang, "Framing for sending: u16-be", "发送的分帧方式：u16-be"));
        write(&mut harness, "你好");
        harness.run();
        harness.get_by_label("00 04 | C4 E3 BA C3");
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state_mut().sent(), [(1, b"\0\x04\xC4\xE3\xBA\xC3".to_vec(), None)]);
        // An end inside of a message is refused with its place, and nothing is sent.
        harness.state_mut().model.settings.framing.send = "delimiter:;".parse().unwrap();
        write(&mut harness, "a;b");
        harness.run();
        harness.get_by_label(tr(
            lang,
            "; ends a message, and it is in this one, at byte 2. It would arrive as two.",
            "; 是消息的结尾，而这条消息里面第 2 字节处就有它。对方会收到两条。",
        ));
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state_mut().sent(), []);
    }
}

#[test]
fn repeated_messages_are_framed_one_by_one() {
    for lang in Lang::ALL {
        let mut bench = Bench::talk(lang);
        framed(&mut bench, "u8", "none");
        let mut harness = show(bench);
        write(&mut harness, "n={n}");
        harness.get_by_label(tr(lang, "Repeat…", "重复…")).click();
        harness.run();
        harness.get_by_label(tr(lang, "Start", "开始")).click();
        harness.run();
        let asked = std::mem::take(&mut harness.state_mut().asked);
        let [Action::Verb(SocketId(1), Command::Repeat(repeat))] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!(repeat.framing.to_string(), "u8");
        // The largest number does not fit any more: it is refused before the first is sent.
        harness.state_mut().model.settings.framing.send = "fixed:5".parse().unwrap();
        harness.run();
        harness.get_by_label(tr(
            lang,
            "The message has 22 bytes; this framing has room for 5.",
            "消息有 22 字节，这种分帧方式最多容纳 5 字节。",
        ));
    }
}

#[test]
fn the_worst_slicer_shows_what_a_framing_is_worth() {
    for lang in Lang::ALL {
        let mut harness = show_any_text(reads(lang, "none", &[]));
        harness.run();
        harness.get_by_label(tr(lang, "Worst slicer", "最坏切割器")).click();
        harness.run();
        harness.get_by_label_contains(tr(
            lang,
            "All of it is simulated: nothing is sent.",
            "全部是模拟：没有真的发送。",
        ));
        let slice = |harness: &mut Harness<'_, Bench>, framing: &str, said: &str| {
            harness.state_mut().model.settings.framing.receive = framing.parse().unwrap();
            harness.step();
            harness.get_by_label_contains(tr(lang, "Slice: ", "切割：")).click();
            step_until(harness, said, |harness| harness.query_by_label_contains(said).is_some());
        };
        for (framing, name) in [("none", tr(lang, "none", "无")), ("silence:200", "200 ms")] {
            let said = match lang {
                Lang::En => format!("{name}: all messages survived in 0 of"),
                Lang::Zh => format!("{name}：1\u{202F}000 次中有 0 次所有消息都完好（种子 1）"),
            };
            slice(&mut harness, framing, &said);
            harness.get_by_label_contains(tr(lang, "Simulated, not seen: run 1", "这是模拟，不是看到的：第 1 次"));
            let ladder = harness.get_by_label_contains("#1 127.0.0.1:50000");
            let ladder = ladder.accesskit_node().label().or_else(|| ladder.accesskit_node().value()).unwrap();
            assert_eq!(ladder.matches("send = ").count(), 9, "{ladder}");
        }
        let all = tr(lang, "survived in 1\u{202F}000 of 1\u{202F}000 runs", "有 1\u{202F}000 次所有消息都完好");
        slice(&mut harness, "u32-be+self", all);
        assert!(harness.query_by_label_contains(tr(lang, "Simulated, not seen", "这是模拟")).is_none());
        // What cannot be sent in a framing is said with its number.
        slice(
            &mut harness,
            "fixed:6",
            tr(lang, "Message 5 cannot be sent in this framing.", "第 5 条消息不能用这种分帧方式发送。"),
        );
    }
}

#[test]
fn at_200_percent_nothing_is_lost() {
    for lang in Lang::ALL {
        let bench = reads(lang, "line", &[b"one\ntw", b"o\n"]);
        let mut harness = show(bench);
        harness.set_size(egui::vec2(420.0, 330.0));
        harness.run();
        assert_eq!(labels(&harness, Role::Row).len(), 2);
    }
}
