//! Traffic and conversation where there is little room: beside the ladder in windows of 1440 and of 1024 points, and at 200 %.
//!
//! What a row shows is painted, not laid out: the tests look at the texts that were painted, and where.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;
#[path = "support/views.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod views;

use egui::{Modifiers, Rect, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{BOTH, fill, in_language as tr, sized, step_until};
use twocan::{
    gui::{theme::ROW_HEIGHT, views::Tab},
    journal::{Budget, Call, CloseReason, Event, Fault, FaultKind, Kind, SocketId},
    words::Lang,
};
use views::{Bench, show_sized};

/// What the table has beside the ladder in a window of 1440 points, and of 1024.
const WIDTHS: [f32; 2] = [456.0, 380.0];
/// Its height in the larger of them, with the composer.
const HEIGHT: f32 = 740.0;

/// A text that was painted.
struct Painted {
    text: String,
    rect: Rect,
    clip: Rect,
    cut: bool,
}

impl Painted {
    /// Whether nothing of it is missing to the left or right.
    fn is_whole(&self) -> bool {
        !self.cut && self.rect.left() >= self.clip.left() - 0.5 && self.rect.right() <= self.clip.right() + 0.5
    }
}

fn painted<S>(harness: &Harness<'_, S>) -> Vec<Painted> {
    let texts = harness.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        egui::Shape::Text(text) => Some(Painted {
            text: text.galley.text().to_owned(),
            rect: text.visual_bounding_rect(),
            clip: clipped.clip_rect,
            cut: text.galley.elided,
        }),
        _ => None,
    });
    texts.collect()
}

fn is_whole<S>(harness: &Harness<'_, S>, text: &str) -> bool {
    painted(harness).iter().any(|painted| painted.text == text && painted.is_whole())
}

fn row_names<S>(harness: &Harness<'_, S>) -> Vec<String> {
    harness.get_all_by_role(Role::Row).map(|row| row.accesskit_node().label().unwrap_or_default()).collect()
}

fn click_row<S>(harness: &mut Harness<'_, S>, text: &str) {
    let rows = harness.get_all_by_role(Role::Row);
    let row = rows.into_iter().find(|row| row.accesskit_node().label().is_some_and(|label| label.contains(text)));
    row.unwrap().click_modifiers(Modifiers::NONE);
    harness.run();
}

/// A UDP socket that two others spoke to.
fn two_peers(lang: Lang, second: &str) -> Bench {
    let mut bench = Bench::new(lang, Kind::UdpSocket);
    bench.push(0, Event::Bound, "", b"127.0.0.1:9000");
    bench.push(1_000_000, Event::Received { full: 2 }, "127.0.0.1:41884", b"hi");
    bench.push(301_000_000, Event::Received { full: 2 }, second, b"ho");
    bench
}

#[test]
fn rows_tell_from_whom_and_how_long_after_beside_the_ladder_too() {
    for (second, shown) in
        [("127.0.0.1:41898", [":41884", ":41898"]), ("192.0.2.17:9000", ["…0.1:41884", "…2.17:9000"])]
    {
        let mut harness = show_sized(two_peers(Lang::En, second), WIDTHS[0], HEIGHT);
        harness.run();
        for text in shown.into_iter().chain(["300", "Δ ms", "Peer"]) {
            assert!(is_whole(&harness, text), "{text}");
        }
        let rows = row_names(&harness);
        assert!(rows.iter().any(|row| row.contains(&format!("Δ 300 ms ↓ recvfrom 2 {second} ho"))), "{rows:?}");
    }
    let mut harness = show_sized(two_peers(Lang::En, "127.0.0.1:41898"), WIDTHS[1], HEIGHT);
    harness.run();
    assert!(is_whole(&harness, ":41898") && is_whole(&harness, "ho"));
}

#[test]
fn bytes_stand_beside_the_text_however_little_room_there_is() {
    for width in WIDTHS {
        let mut harness = show_sized(Bench::talk(Lang::En), width, HEIGHT);
        harness.run();
        let hex = painted(&harness).into_iter().find(|painted| painted.text.starts_with("C4 ")).unwrap();
        assert!(hex.is_whole() && hex.rect.right() <= width + 8.0, "{}: {:?}", hex.text, hex.rect);
        assert!(is_whole(&harness, "Hex") && is_whole(&harness, "↑ send"));
    }
}

#[test]
fn the_name_of_an_error_is_never_cut() {
    for (kind, name) in [(FaultKind::Refused, "ECONNREFUSED"), (FaultKind::NotOurs, "EADDRNOTAVAIL")] {
        for width in WIDTHS {
            let mut bench = Bench::new(Lang::En, Kind::TcpConnection);
            let fault = Fault { kind, errno: 111 };
            bench.push(0, Event::Failed { call: Call::Connect, fault }, "127.0.0.1:8010", b"");
            let mut harness = show_sized(bench, width, HEIGHT);
            harness.run();
            assert!(is_whole(&harness, name), "{name} at {width}");
            assert!(row_names(&harness)[0].contains(&format!("connect {name}")));
        }
    }
}

#[test]
fn an_opened_row_tells_from_whom_when_and_its_bytes_beside_their_other_readings() {
    for lang in Lang::ALL {
        let mut harness = show_sized(Bench::talk(lang), WIDTHS[0], HEIGHT);
        harness.run();
        click_row(&mut harness, "↓ recv 9");
        for text in ["127.0.0.1:8008", "1970-01-01 10:42:09.402400", "Δ 0.3 ms"] {
            assert!(is_whole(&harness, text), "{text}");
        }
        // Both at once: hexadecimal in step, and what else the same bytes could be.
        let bytes = harness.get_by_label_contains("00000000  C4 E3 BA C3").rect();
        let other = harness.get_by_label_contains("ÄãºÃHELLO").rect();
        assert!(bytes.bottom() <= other.top() && other.bottom() < HEIGHT, "{bytes:?} {other:?}");
        let big5 = painted(&harness).into_iter().find(|painted| painted.text == "Big5").unwrap();
        assert!(big5.clip.contains_rect(big5.rect), "all five are in sight");
        assert!(harness.query_by_label(tr(lang, "Other encodings", "其他编码")).is_none());
    }
}

/// As in a window of 700 points, where the boundaries take half of the middle.
#[test]
fn the_head_of_an_opened_row_is_in_sight_where_it_is_low() {
    for height in (400_u16..620).step_by(20).map(f32::from) {
        let mut harness = show_sized(Bench::talk(Lang::En), WIDTHS[1], height);
        harness.run();
        click_row(&mut harness, "↓ recv 9");
        let close = harness.get_by_label("Close the detail").rect();
        if let Some(table) = harness.query_by_role(Role::Table) {
            assert!(close.top() >= table.rect().bottom(), "{height}: {close:?} {:?}", table.rect());
        }
    }
}

#[test]
fn numbers_below_the_table_never_lie_over_one_another() {
    for lang in Lang::ALL {
        for width in WIDTHS {
            for rows in [1_000, 40] {
                let mut bench = two_peers(lang, "127.0.0.1:41898");
                bench.model.journal.set_budget(Budget { rows, ..Budget::default() });
                let datagram = |bench: &mut Bench| {
                    for _ in 0..30 {
                        bench.push(1_000, Event::Received { full: 9 }, "127.0.0.1:41884", b"cut");
                    }
                };
                datagram(&mut bench);
                let mut harness = show_sized(bench, width, HEIGHT);
                harness.run();
                harness.get_by_label(tr(lang, "Pause", "暂停")).click();
                harness.run();
                datagram(harness.state_mut());
                harness.run();
                let paused = harness.get_by_label(tr(lang, "Paused; 30 new rows", "已暂停，新增 30 行")).rect();
                assert!(paused.right() <= width + 8.0, "{paused:?}");
                let line: Vec<_> = painted(&harness).into_iter().filter(|text| text.rect.intersects(paused)).collect();
                assert_eq!(line.len(), 1, "{:?}", line.iter().map(|text| &text.text).collect::<Vec<_>>());
                // What is not zero is told in any case.
                harness.get_by_label(tr(lang, "60 cut", "截断 60 个"));
                if rows == 40 {
                    harness.get_by_label(tr(lang, "23 left (of all sockets)", "全部套接字共离开 23 行"));
                }
            }
        }
    }
}

#[test]
fn a_place_without_rows_says_truly_why() {
    let says = |bench: Bench, lang: Lang, english: &'static str, chinese: &'static str| {
        let mut harness = show_sized(bench, WIDTHS[1], HEIGHT);
        harness.run();
        let text = harness.get_by_label_contains(tr(lang, english, chinese)).rect();
        assert!(text.left() >= 8.0 && text.right() <= WIDTHS[1] + 8.0, "{text:?}");
        harness
    };
    for lang in Lang::ALL {
        for kind in [Kind::TcpConnection, Kind::UdpSocket, Kind::TcpListener] {
            let mut bench = Bench::new(lang, kind);
            bench.push(0, Event::Received { full: 2 }, "127.0.0.1:9", b"hi");
            bench.model.journal.clear();
            says(bench, lang, "cleared or have left. What it does next", "已离开。之后的动静");
        }
        let mut bench = Bench::talk(lang);
        bench.push(9_000_000_000, Event::Closed { why: CloseReason::User, unsent: 0 }, "", b"");
        bench.model.journal.clear();
        bench.tab = Tab::Conversation;
        let mut harness = says(bench, lang, "have left, and it is closed", "它也已关闭");
        harness.state_mut().tab = Tab::Traffic;
        harness.run();
        harness.get_by_label_contains(tr(lang, "have left, and it is closed", "它也已关闭"));

        let mut harness = says(Bench::new(lang, Kind::UdpSocket), lang, "No datagram came", "还没有收发数据报");
        harness.get_by_label(tr(lang, "Pause", "暂停")).click();
        harness.run();
        harness.state_mut().push(0, Event::Received { full: 2 }, "127.0.0.1:9", b"hi");
        harness.run();
        harness.get_by_label(tr(
            lang,
            "Paused: 1 row came since. Resume shows them.",
            "已暂停，此后又来了 1 行。按“继续”显示。",
        ));
    }
}

#[test]
fn everything_of_the_filter_is_in_sight_and_its_errors_are_about_looking() {
    for lang in Lang::ALL {
        for width in WIDTHS {
            let mut harness = show_sized(Bench::talk(lang), width, HEIGHT);
            harness.run();
            let name = tr(lang, "Filter", "筛选");
            fill(&mut harness, name, "hello wor");
            harness.run();
            // The field has moved below, and goes on taking what is typed.
            harness.event(egui::Event::Text("ld, again".into()));
            harness.run();
            let field = harness.get_by_role_and_label(Role::TextInput, name);
            assert_eq!(field.accesskit_node().value().as_deref(), Some("hello world, again"));
            assert!(field.rect().width() > 300.0, "{:?}", field.rect());
            let ends = [
                harness.get_by_label(tr(lang, "Filter by address", "按地址筛选")).rect(),
                harness.get_by_label(tr(lang, "All sockets", "全部套接字")).rect(),
                harness.get_by_label(tr(lang, "Found: 0 rows", "符合：0 行")).rect(),
                harness.get_by_label(tr(lang, "Clear", "清除")).rect(),
                harness.get_by_label(tr(lang, "Close the filter", "关闭筛选")).rect(),
            ];
            assert!(ends.iter().all(|rect| rect.right() <= width - 3.0), "{width}: {ends:?}");

            fill(&mut harness, name, "😀");
            harness.run();
            let why = tr(lang, "column 1, so it is not looked for. Read the payload", "因此没有按它查找");
            let told = harness.get_by_label_contains(why).rect();
            assert!(
                told.right() <= width + 8.0 && harness.query_by_label_contains(tr(lang, "Found", "符合")).is_none()
            );
        }
    }
}

#[test]
fn the_lines_below_bubbles_are_whole() {
    for width in WIDTHS {
        let mut bench = two_peers(Lang::En, "127.0.0.1:41898");
        bench.push(400_000_000, Event::Sent { asked: 2 }, "127.0.0.1:41898", b"re");
        bench.tab = Tab::Conversation;
        let mut harness = show_sized(bench, width, HEIGHT);
        harness.run();
        let lines: Vec<_> = painted(&harness).into_iter().filter(|painted| painted.text.contains(" · ")).collect();
        assert_eq!(lines.len(), 3);
        for line in lines {
            assert!(line.is_whole() && line.text.contains(" · :418"), "{width}: {} {:?}", line.text, line.rect);
        }
        // Who cannot see it hears the whole, and one thread needs no address.
        harness.get_by_label_contains("2 bytes · 127.0.0.1:41884");
        harness.get_by_label("127.0.0.1:41898").click();
        harness.run();
        assert!(!painted(&harness).iter().any(|painted| painted.text.contains(" · :418")));
    }
}

#[test]
fn the_button_that_follows_shows_whether_it_does() {
    let mut bench = Bench::talk(Lang::En);
    for i in 0..60 {
        bench.push(3_000_000_000 + i, Event::Received { full: 1 }, "127.0.0.1:8008", b"x");
    }
    let mut harness = show_sized(bench, WIDTHS[0], HEIGHT);
    harness.run();
    let follows = |harness: &Harness<'_, Bench>| {
        harness.get_by_label("Follow").accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
    };
    assert!(follows(&harness));
    harness.get_by_role(Role::Table).focus();
    harness.step();
    harness.key_press(egui::Key::Home);
    harness.run();
    assert!(!follows(&harness));
    harness.get_by_label("Not following");
    harness.get_by_label("Follow").click();
    harness.run();
    assert!(follows(&harness));
}

#[test]
fn raw_bytes_of_several_connections_are_not_mixed_without_a_word() {
    for lang in Lang::ALL {
        for connections in [1, 2] {
            let mut bench = Bench::new(lang, Kind::TcpListener);
            for id in 2..2 + connections {
                bench.push_of(id, 1, Event::Opened { listener: SocketId(1) }, "127.0.0.1:9", b"127.0.0.1:1");
            }
            let mut harness = show_sized(bench, WIDTHS[0], HEIGHT);
            harness.run();
            harness.get_by_label(tr(lang, "More", "更多")).click();
            harness.run();
            harness.get_by_label(tr(lang, "Save traffic…", "保存记录…")).click();
            harness.run();
            let said = |harness: &Harness<'_, Bench>| {
                harness.query_by_label_contains(tr(lang, "several connections", "多条连接")).is_some()
            };
            assert!(!said(&harness), "JSON lines name the socket of each row");
            harness.get_by_label_contains(tr(lang, "Format: ", "格式：")).click();
            harness.run();
            harness.get_by_label(tr(lang, "Raw bytes received", "收到的原始字节")).click();
            harness.run();
            assert_eq!(said(&harness), connections == 2);
        }
    }
}

/// A window of 1440 × 900 at 200 %: rows of the connection and of its server, and one of them opened.
#[test]
fn three_rows_are_in_sight_at_200_percent_and_one_opens() {
    for (lang, theme) in BOTH {
        let mut harness = sized(lang, theme, egui::vec2(720.0, 450.0));
        harness
            .get_by_label(tr(lang, "Start a TCP echo server and connect to it", "启动 TCP 回显服务端并连接它"))
            .click();
        step_until(&mut harness, "a row", |harness| {
            harness.query_by_role(Role::Table).is_some() && row_names(harness).len() >= 2
        });
        harness.run_steps(4);
        assert!(harness.get_by_role(Role::Table).rect().height() >= 3.0 * ROW_HEIGHT);
        harness.get_by_label_contains("LISTEN").click();
        harness.run_steps(4);
        let table = harness.get_by_role(Role::Table).rect();
        assert!(table.height() >= 3.0 * ROW_HEIGHT, "{table:?}");

        let row = row_names(&harness).pop().unwrap();
        harness.get_by_label(&row).click();
        harness.run_steps(4);
        let close = harness.get_by_label(tr(lang, "Close the detail", "关闭详情"));
        assert!(harness.query_by_role(Role::Table).is_none() && close.rect().right() <= 720.0);
        close.click();
        harness.run_steps(4);
        harness.get_by_role(Role::Table);
    }
}
