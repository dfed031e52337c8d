//! The encoding lens without a screen, in both languages and themes: opened from a row, from the composer and from the
//! palette, by mouse and by keys; what it shows is what a screen reader says of it.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;

use egui::{
    Event as Input, Key, Modifiers, Vec2,
    accesskit::{Role, Toggled},
};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{BOTH, in_language as tr};
use twocan::{
    gui::{
        Action, App,
        theme::ThemeChoice,
        views::lens::{Origin, Page, Taken},
    },
    journal::{Batch, Event, Kind, Record, SocketId, Span},
    text::{Charset, reading::Source},
    words::Lang,
};

const SOCKET: SocketId = SocketId(900);

/// The window with one TCP connection, and what it received in three reads: 你好 in GBK, cut in its middle, and ok.
fn window(lang: Lang, theme: ThemeChoice) -> Harness<'static, App> {
    sized(lang, theme, Vec2::new(1440.0, 900.0))
}

fn sized(lang: Lang, theme: ThemeChoice, size: Vec2) -> Harness<'static, App> {
    // What is read wrong has characters that no bundled font has.
    let mut harness = harness::any_text(size);
    let app = harness.state_mut();
    app.model.settings.lang = Some(lang);
    app.model.settings.theme = theme;
    app.model.settings.composer.charset = Charset::GBK;
    app.model.sockets.open(SOCKET, Kind::TcpConnection, 0, 0);
    app.model.selected = Some(SOCKET);
    let mut batch = Batch::default();
    let peer = "127.0.0.1:8008".parse().ok();
    for (at, event, bytes) in [
        (0, Event::Connected { took: 1 }, &b"127.0.0.1:53122"[..]),
        (1, Event::Received { full: 3 }, b"\xC4\xE3\xBA"),
        (2, Event::Received { full: 1 }, b"\xC3"),
        (3, Event::Received { full: 2 }, b"ok"),
    ] {
        batch.push(Record { at, socket: SOCKET, generation: 0, event, peer, bytes: Span::default() }, bytes);
    }
    app.model.apply(batch);
    harness.run_steps(4);
    harness
}

fn open(harness: &mut Harness<'_, App>, taken: Taken, page: Page) {
    let app = harness.state_mut();
    app.actions.push(Action::ShowLens(Some(Box::new(taken))));
    app.view.lens.show_page(page);
    harness.run_steps(4);
}

fn text(text: &str) -> Taken {
    Taken { source: Source::Text(text.into()), origin: Origin::Typed, ends: Vec::new() }
}

fn keys(harness: &mut Harness<'_, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(4);
}

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

fn labels(harness: &Harness<'_, App>, role: Role) -> Vec<String> {
    let nodes = harness.query_all_by_role(role);
    nodes.map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

fn click(harness: &mut Harness<'_, App>, name: &str) {
    harness.get_by_label(name).click();
    harness.run_steps(4);
}

fn copied(harness: &Harness<'_, App>) -> String {
    let commands = &harness.output().platform_output.commands;
    let text = commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    text.expect("nothing was copied")
}

#[test]
fn every_character_has_its_bytes_in_every_encoding() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        open(&mut harness, text("你間a😀"), Page::Characters);
        let missing = tr(lang, "missing", "没有");
        let rows = labels(&harness, Role::Row);
        assert_eq!(
            rows,
            [
                "你 U+4F60 UTF-8 E4 BD A0, GBK C4 E3, GB2312 C4 E3, Big5 A7 41, UTF-16LE 60 4F".to_owned(),
                format!("間 U+9593 UTF-8 E9 96 93, GBK E9 67, GB2312 {missing}, Big5 B6 A1, UTF-16LE 93 95"),
                "a U+0061 UTF-8 61, GBK 61, GB2312 61, Big5 61, UTF-16LE 61 00".to_owned(),
                format!(
                    "😀 U+1F600 UTF-8 F0 9F 98 80, GBK {missing}, GB2312 {missing}, Big5 {missing}, UTF-16LE 3D D8 00 DE"
                ),
            ]
        );
        harness.get_by_label(tr(
            lang,
            "UTF-8: 11 bytes. GBK: 5 bytes, 1 missing. GB2312: 3 bytes, 2 missing. Big5: 5 bytes, 1 missing. UTF-16LE: 10 bytes",
            "UTF-8: 11 字节. GBK: 5 字节，缺 1 个. GB2312: 3 字节，缺 2 个. Big5: 5 字节，缺 1 个. UTF-16LE: 10 字节",
        ));
        harness.get_by_label(tr(lang, "Characters: 4", "字符数：4"));
    }
}

#[test]
fn a_character_and_a_byte_light_up_together() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        open(&mut harness, text("a間"), Page::Characters);
        let row = harness.get_by_label_contains("間 U+9593").rect();
        harness.hover_at(row.left_center() + egui::vec2(66.0, 0.0));
        harness.run_steps(3);
        harness.get_by_label(tr(
            lang,
            "間 U+9593, number 2 of 2  Missing in: GB2312",
            "間 U+9593，第 2 个，共 2 个  缺这个字符的编码：GB2312",
        ));
        // The second byte in the column of UTF-8, which begins at 148.
        harness.hover_at(row.left_center() + egui::vec2(148.0 + 28.0, 0.0));
        harness.run_steps(3);
        harness.get_by_label(tr(
            lang,
            "96: byte 2 in UTF-8, 2 of the 3 bytes of 間 U+9593",
            "96：UTF-8 里的第 2 字节，是 間 U+9593 的 3 个字节中的第 2 个",
        ));
        harness.hover_at(egui::pos2(5.0, 690.0));
        // Nothing asks for a repaint once the pointer is elsewhere.
        harness.run();
        harness.get_by_label_contains(tr(lang, "Point at a character or a byte", "指向一个字符或字节"));
    }
}

#[test]
fn the_table_is_read_by_keys() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    open(&mut harness, text(&"a".repeat(300)), Page::Characters);
    harness.get_by_role_and_label(Role::Table, "Characters and bytes").focus();
    harness.run_steps(2);
    keys(&mut harness, Modifiers::NONE, Key::ArrowDown);
    keys(&mut harness, Modifiers::NONE, Key::ArrowDown);
    harness.get_by_label("a U+0061, number 2 of 300");
    keys(&mut harness, Modifiers::NONE, Key::End);
    harness.get_by_label("a U+0061, number 300 of 300");
    let rows = harness.query_all_by_role(Role::Row);
    let chosen = rows.filter(|row| row.accesskit_node().toggled() == Some(Toggled::True)).count();
    assert_eq!(chosen, 1, "the row at the end is on screen");
    assert!(labels(&harness, Role::Row).len() < 60, "only rows on screen are there");
}

#[test]
fn every_pair_is_named_with_what_comes_out() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        open(&mut harness, text("你好"), Page::Pairs);
        for pair in [
            tr(lang, "Sent as UTF-8, read as GBK: 浣犲ソ: garbled", "按 UTF-8 发，按 GBK 读: 浣犲ソ: 乱码"),
            tr(lang, "Sent as GBK, read as GB2312: 你好: intact", "按 GBK 发，按 GB2312 读: 你好: 原样"),
            tr(
                lang,
                "Sent as GBK, read as UTF-8: \u{FFFD}\u{FFFD}\u{FFFD}: not all text",
                "按 GBK 发，按 UTF-8 读: \u{FFFD}\u{FFFD}\u{FFFD}: 不全是文本",
            ),
        ] {
            harness.get_by_label(pair);
        }
        // UTF-8 read as GBK is the one that is large.
        harness.get_by_label_contains(tr(lang, "Works: written as GBK again", "能：把读到的按 GBK 写回字节"));
        click(
            &mut harness,
            &format!(
                "{}: \u{FFFD}\u{FFFD}\u{FFFD}: {}",
                tr(lang, "Sent as GBK, read as UTF-8", "按 GBK 发，按 UTF-8 读"),
                tr(lang, "not all text", "不全是文本")
            ),
        );
        harness.get_by_label_contains("锟斤拷锟");
        harness.get_by_label_contains(tr(lang, "C4 E3 BA C3  (4 bytes)", "C4 E3 BA C3  (4 字节)"));
        open(&mut harness, text("間"), Page::Pairs);
        harness.get_by_label(tr(
            lang,
            "Sent as GB2312, read as Big5: cannot be sent",
            "按 GB2312 发，按 Big5 读: 发不出",
        ));
    }
}

#[test]
fn a_pair_is_chosen_by_keys_and_the_matrix_is_copied_as_text() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        open(&mut harness, text("你好"), Page::Pairs);
        let pair = tr(lang, "Sent as Big5, read as GBK", "按 Big5 发，按 GBK 读");
        harness.get_by_label_contains(pair).focus();
        harness.run_steps(2);
        keys(&mut harness, Modifiers::NONE, Key::Enter);
        let node =
            harness.get_all_by_label_contains(pair).find(|node| node.accesskit_node().toggled() == Some(Toggled::True));
        assert!(node.is_some());
        harness.get_by_label(tr(lang, "Copy as text", "复制为文本")).click();
        harness.step();
        let copied = copied(&harness);
        assert_eq!(copied.lines().count(), 25, "{copied}");
        assert!(
            copied.contains(tr(
                lang,
                "Sent as UTF-8, read as GBK: 浣犲ソ: garbled. Works",
                "按 UTF-8 发，按 GBK 读: 浣犲ソ: 乱码. 能"
            )),
            "{copied}"
        );
    }
}

#[test]
fn half_a_character_waits_in_a_stream_and_is_wrong_by_itself() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        open(&mut harness, text("你好"), Page::Cut);
        // Nothing asks for a repaint.
        harness.run();
        let rows = labels(&harness, Role::Row);
        assert_eq!(
            rows,
            [
                tr(
                    lang,
                    "Read 1: 2 bytes, Bytes E4 BD, By itself \u{FFFD} (wrong), Waits E4 BD",
                    "读 1: 2 字节, 字节 E4 BD, 单独解码 \u{FFFD} (错), 等待中 E4 BD"
                ),
                tr(
                    lang,
                    "Read 2: 4 bytes, Bytes A0 E5 A5 BD, By itself \u{FFFD}好 (wrong), As a stream 你好",
                    "读 2: 4 字节, 字节 A0 E5 A5 BD, 单独解码 \u{FFFD}好 (错), 作为流解码 你好"
                ),
            ]
        );
        harness.get_by_label(tr(lang, "From byte 0: E4 BD | A0 E5 A5 BD", "从第 0 字节起：E4 BD | A0 E5 A5 BD"));
        click(&mut harness, tr(lang, "Cut one byte later", "切口右移一个字节"));
        harness.get_by_label_contains(tr(
            lang,
            "2 reads, and each says the right thing",
            "读了 2 次，单独解码每次都对",
        ));
        // By keys: the strip has the focus.
        harness.get_by_label_contains(tr(lang, "Bytes with their cuts", "字节和切口")).focus();
        harness.run_steps(2);
        keys(&mut harness, Modifiers::NONE, Key::ArrowRight);
        harness.get_by_label_contains("E4 BD A0 E5 | A5 BD");
        click(&mut harness, tr(lang, "Cut: Every so many bytes", "切断: 每隔若干字节"));
        harness.get_by_label_contains("E4 BD A0 E5 | A5 BD");
        click(&mut harness, tr(lang, "Cut in UTF-8", "按 UTF-8 切断"));
        harness.get_by_role_and_label(Role::Button, "Big5").click();
        harness.run_steps(4);
        harness.get_by_label_contains(tr(lang, "From byte 0: A7 41 A6 6E", "从第 0 字节起：A7 41 A6 6E"));
    }
}

#[test]
fn upper_casing_bytes_makes_other_characters() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        open(&mut harness, text("hello 間 é"), Page::Upper);
        harness.get_by_label("HELLO 間 É");
        harness.get_by_label("7 間 U+9593 E9 67 镚 U+955A E9 47");
        harness.get_by_label(tr(
            lang,
            "Capitals beyond ASCII, which bytes do not get: 1",
            "ASCII 以外的大写，按字节得不到：1 个",
        ));
        click(&mut harness, tr(lang, "Bytes of UTF-8", "UTF-8 的字节"));
        harness.get_by_label_contains(tr(lang, "In UTF-8 every character", "在 UTF-8 里，每个字符"));
    }
}

/// The rows that arrived, by their bytes.
fn received<'h>(harness: &'h Harness<'_, App>, hex: &str) -> egui_kittest::Node<'h> {
    harness
        .get_all_by_role(Role::Row)
        .find(|row| row.accesskit_node().label().unwrap_or_default().ends_with(hex))
        .unwrap()
}

fn is_open(harness: &Harness<'_, App>) -> bool {
    harness.state().view.lens.is_open()
}

#[test]
fn a_row_is_taken_over_from_its_detail_and_from_its_menu() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        received(&harness, " C4 E3 BA").click();
        harness.run_steps(4);
        // In the detail and under the composer.
        let detail =
            harness.get_all_by_label(tr(lang, "Lens", "透镜")).min_by(|a, b| a.rect().top().total_cmp(&b.rect().top()));
        detail.unwrap().click();
        harness.run_steps(4);
        harness.get_by_label(tr(lang, "from a row of #900", "来自 #900 的一行记录"));
        let field = harness
            .get_by_role_and_label(Role::MultilineTextInput, tr(lang, "Text or bytes to look at", "要看的文本或字节"));
        assert_eq!(field.accesskit_node().value().as_deref(), Some("C4 E3 BA"));
        harness.get_by_label(tr(lang, "The bytes are read as GBK", "这些字节按 GBK 读"));
        harness.get_by_label(tr(lang, "Not text: 1", "不是文本：1"));
        keys(&mut harness, Modifiers::NONE, Key::Escape);
        assert!(!is_open(&harness));
        harness.get_by_role_and_label(Role::Table, tr(lang, "Traffic", "收发记录"));

        received(&harness, " 6F 6B").click_secondary();
        harness.run_steps(4);
        click(&mut harness, tr(lang, "Open in the encoding lens", "用编码透镜打开"));
        harness.get_by_label_contains("o U+006F");
        click(&mut harness, tr(lang, "What was here before", "恢复先前的内容"));
        harness.get_by_label(tr(lang, "Not text: 1", "不是文本：1"));
        click(&mut harness, tr(lang, "Close", "关闭"));
        assert!(!is_open(&harness));
    }
}

#[test]
fn rows_are_taken_over_by_keys_and_cut_as_they_were() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        received(&harness, " C4 E3 BA").click();
        harness.run_steps(4);
        keys(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
        keys(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
        keys(&mut harness, CTRL_SHIFT, Key::E);
        assert!(is_open(&harness));
        harness.get_by_label(tr(lang, "from 3 rows of #900", "来自 #900 的 3 行记录"));
        harness.get_by_label_contains("你 U+4F60");
        harness.get_by_label_contains("好 U+597D");
        click(&mut harness, tr(lang, "Cut", "切断"));
        harness.get_by_label(tr(lang, "From byte 0: C4 E3 BA | C3 | 6F 6B", "从第 0 字节起：C4 E3 BA | C3 | 6F 6B"));
        let reads = labels(&harness, Role::Row);
        assert_eq!(reads.len(), 3);
        assert!(reads[1].contains('好'), "{reads:?}");
        keys(&mut harness, CTRL_SHIFT, Key::E);
        assert!(!is_open(&harness), "the same keys close it");
    }
}

#[test]
fn the_message_is_taken_over_and_what_was_there_stays() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        harness.get_by_role_and_label(Role::MultilineTextInput, tr(lang, "Message", "消息内容")).focus();
        harness.step();
        harness.event(Input::Text("你😀".into()));
        harness.run_steps(3);
        keys(&mut harness, CTRL_SHIFT, Key::E);
        harness.get_by_label(tr(lang, "from the message field", "来自消息框"));
        harness.get_by_label_contains("😀 U+1F600");
        click(&mut harness, tr(lang, "Upper-case", "变大写"));
        let left_out = tr(lang, "Left out: 1.", "略去 1 个。");
        assert_eq!(harness.query_all_by_label_contains(left_out).count(), 3, "GBK, GB2312 and Big5 lack it");
        keys(&mut harness, Modifiers::COMMAND, Key::E);
        assert!(!is_open(&harness), "who goes on writing sees the field");

        // By the palette as it was left.
        keys(&mut harness, Modifiers::COMMAND, Key::K);
        harness.event(Input::Text("lens".into()));
        harness.run_steps(2);
        keys(&mut harness, Modifiers::NONE, Key::Enter);
        let left_out = tr(lang, "Left out: 1.", "略去 1 个。");
        assert_eq!(harness.query_all_by_label_contains(left_out).count(), 3, "GBK, GB2312 and Big5 lack it");
        click(&mut harness, tr(lang, "Close", "关闭"));
        // And by its button.
        harness.get_by_label(tr(lang, "Lens", "透镜")).click();
        harness.run_steps(4);
        assert!(is_open(&harness));
    }
}

#[test]
fn what_is_typed_is_looked_at_and_what_is_no_hex_is_said() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        open(&mut harness, text("你"), Page::Characters);
        harness.event(Input::Text("好".into()));
        harness.run_steps(3);
        harness.get_by_label_contains("好 U+597D");
        let input = tr(lang, "Text or bytes to look at", "要看的文本或字节");
        click(&mut harness, &format!("{input}: {}", tr(lang, "Hex", "十六进制")));
        let value = |harness: &Harness<'_, App>| {
            harness.get_by_role_and_label(Role::MultilineTextInput, input).accesskit_node().value()
        };
        assert_eq!(value(&harness).as_deref(), Some("E4 BD A0 E5 A5 BD"));
        harness.get_by_role_and_label(Role::MultilineTextInput, input).focus();
        harness.run_steps(2);
        harness.event(Input::Text("z".into()));
        harness.run_steps(3);
        harness.get_by_label_contains("z");
        harness.get_by_label_contains("好 U+597D");
        let before = harness.state().view.lens.computed();
        harness.run_steps(8);
        assert_eq!(harness.state().view.lens.computed(), before, "nothing is computed while nothing changes");
    }
}

#[test]
fn encodings_are_added_and_taken_away() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        open(&mut harness, text("é"), Page::Characters);
        click(&mut harness, tr(lang, "Take Big5 away", "去掉 Big5"));
        click(&mut harness, tr(lang, "Add encoding", "添加编码"));
        harness.event(Input::Text("latin1".into()));
        harness.run_steps(3);
        keys(&mut harness, Modifiers::NONE, Key::Enter);
        assert_eq!(
            labels(&harness, Role::Row),
            ["é U+00E9 UTF-8 C3 A9, GBK A8 A6, GB2312 A8 A6, UTF-16LE E9 00, ISO-8859-1 E9"]
        );
        for _ in 0..3 {
            let any = harness.get_all_by_label_contains(tr(lang, "Take ", "去掉 ")).next().unwrap();
            any.click();
            harness.run_steps(4);
        }
        assert_eq!(labels(&harness, Role::Row).len(), 1);
    }
}

#[test]
fn a_mebibyte_is_taken_and_its_rest_is_counted() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        let bytes = b"\xC4\xE3".repeat((1 << 19) + 3);
        let source = Source::Bytes(bytes, Charset::GBK);
        open(&mut harness, Taken { source, origin: Origin::Rows(SOCKET, 2), ends: Vec::new() }, Page::Pairs);
        harness::step_until(&mut harness, "all is counted", |harness| {
            harness.query_by_label_contains(tr(lang, "Counting", "正在计数")).is_none()
        });
        harness.get_by_label(tr(lang, "Characters: 524\u{202f}288", "字符数：524\u{202f}288"));
        harness.get_by_label_contains(tr(
            lang,
            "not shown: 1\u{202f}040\u{202f}384 bytes",
            "另有 1\u{202f}040\u{202f}384 个字节",
        ));
        harness.get_by_label_contains(tr(lang, "6 bytes beyond the first mebibyte", "超过 1 MiB 的 6 字节"));
        click(&mut harness, tr(lang, "Characters and bytes", "字符和字节"));
        harness.get_by_label_contains(tr(
            lang,
            "UTF-8: 1\u{202f}572\u{202f}864 bytes",
            "UTF-8: 1\u{202f}572\u{202f}864 字节",
        ));
        for page in ["Cut", "Upper-case"] {
            click(&mut harness, tr(lang, page, if page == "Cut" { "切断" } else { "变大写" }));
            assert!(labels(&harness, Role::Row).len() < 60);
        }
        click(&mut harness, tr(lang, "Edit the first 4\u{202f}096", "修改开头的 4\u{202f}096 个"));
        harness.get_by_label(tr(lang, "Characters: 2\u{202f}048", "字符数：2\u{202f}048"));
        harness.get_by_label(tr(lang, "What was here before", "恢复先前的内容"));
    }
}

#[test]
fn a_long_paste_is_taken_whole() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    open(&mut harness, text("你"), Page::Characters);
    harness.event(Input::Paste("a".repeat(100_000)));
    harness.run_steps(4);
    harness::step_until(&mut harness, "all is counted", |harness| {
        harness.query_by_label("Characters: 100\u{202f}000").is_some()
    });
    click(&mut harness, "What was here before");
    harness.get_by_label_contains("你 U+4F60");
}

#[test]
fn it_fits_into_small_windows_and_at_200_percent() {
    for (lang, theme) in BOTH {
        for size in [Vec2::new(1024.0, 700.0), Vec2::new(720.0, 450.0)] {
            for page in [Page::Characters, Page::Pairs, Page::Cut, Page::Upper] {
                let mut harness = sized(lang, theme, size);
                open(&mut harness, text("before"), page);
                let source = Source::Bytes("你好 hello 間 ".repeat(20).into_bytes(), Charset::UTF_8);
                open(&mut harness, Taken { source, origin: Origin::Composer, ends: Vec::new() }, page);
                let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, size);
                for name in [
                    tr(lang, "Close", "关闭"),
                    tr(lang, "Upper-case", "变大写"),
                    tr(lang, "Copy as text", "复制为文本"),
                ] {
                    let rect = harness.get_by_label(name).rect();
                    assert!(screen.contains_rect(rect), "{name} at {rect:?} in {size:?}");
                }
                for name in [tr(lang, "Add encoding", "添加编码"), tr(lang, "Take UTF-16LE away", "去掉 UTF-16LE")]
                {
                    let rect = harness.get_by_label(name).rect();
                    assert!(screen.contains_rect(rect) && rect.height() < 30.0, "{name} at {rect:?} in {size:?}");
                }
                let tab = harness.get_by_label(tr(lang, "Upper-case", "变大写")).rect();
                let copy = harness.get_by_label(tr(lang, "Copy as text", "复制为文本")).rect();
                assert!(tab.right() <= copy.left(), "{tab:?} {copy:?}");
                let numbers = harness.get_by_label_contains(tr(lang, "Characters: ", "字符数：")).rect();
                assert!(tab.bottom() + 60.0 < numbers.top(), "room for the page {tab:?} {numbers:?} in {size:?}");
            }
        }
    }
}

#[test]
fn what_stood_in_the_middle_is_there_again() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    harness.state_mut().actions.push(Action::ShowNew(twocan::gui::draft::NewKind::TcpClient));
    harness.run_steps(4);
    assert!(harness.state().view.new_socket.draft.is_some());
    keys(&mut harness, CTRL_SHIFT, Key::E);
    assert!(is_open(&harness));
    keys(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(!is_open(&harness));
    assert!(harness.state().view.new_socket.draft.is_some());
    keys(&mut harness, CTRL_SHIFT, Key::E);
    harness.state_mut().actions.push(Action::Select(Some(SOCKET)));
    harness.run_steps(4);
    assert!(!is_open(&harness), "a socket that is chosen is shown");
}
