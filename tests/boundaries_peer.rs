//! Nine sends of a real program arrive: what the boundaries and the ladder say is what the records say.
//!
//! Python's `socket` is the server; the window runs without a screen, its sockets are real. Behind the feature `peers`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod harness;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;
#[path = "peers/tools.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod tools;

use egui::accesskit::Role;
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{in_language as tr, step_until};
use process::Process;
use tools::python_server;
use twocan::{
    gui::{Action, App, views::Tab},
    journal::{Event, SocketId, State},
    net::{Endpoint, Responder, SocketSpec, TcpClientSpec},
    words::Lang,
};

const NINE: &[u8] = b"i = 1i = 2i = 3i = 4i = 5i = 6i = 7i = 8i = 9";

/// A window with a client of a Python server of this shape, which has said everything.
fn client(
    lang: Lang,
    theme: twocan::gui::theme::ThemeChoice,
    shape: &str,
    spec: TcpClientSpec,
) -> (Harness<'static, App>, SocketId, Process) {
    let (server, port) = python_server("tcp_server.py", &["127.0.0.1", shape]);
    let target: Endpoint = format!("127.0.0.1:{port}").parse().unwrap();
    let mut harness = harness::sized(lang, theme, egui::vec2(1440.0, 2400.0));
    // What is counted here is the strip, not the ladder beside it.
    harness.state_mut().view.ladder.set_beside(false);
    harness.step();
    let spec = SocketSpec::TcpClient(TcpClientSpec { target, ..spec });
    harness.state_mut().actions.push(Action::OpenNew(spec));
    step_until(&mut harness, "the server has ended", |harness| {
        harness.state().model.selected_entry().is_some_and(|entry| entry.state == State::CloseWait)
    });
    harness.run_steps(4);
    let id = harness.state().model.selected.unwrap();
    (harness, id, server)
}

/// What each recv returned, by the records.
fn recvs(harness: &Harness<'_, App>, id: SocketId) -> Vec<Vec<u8>> {
    let rows = harness.state().model.journal.rows_from(0).filter(|row| row.record.socket == id);
    rows.filter(|row| matches!(row.record.event, Event::Received { .. })).map(|row| row.bytes.to_vec()).collect()
}

fn items(harness: &Harness<'_, App>) -> Vec<String> {
    let nodes = harness.get_all_by_role(Role::ListItem);
    nodes.map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

fn sentence(lang: Lang, recvs: usize) -> String {
    match (lang, recvs) {
        (Lang::En, 1) => "1 recv. The other end is outside: nobody here saw its sends.".into(),
        (Lang::En, count) => format!("{count} recvs. The other end is outside: nobody here saw its sends."),
        (Lang::Zh, count) => format!("{count} 次 recv。另一端在外部：这里没有谁看到它的 send。"),
    }
}

/// However many recvs they come out of: the sentence, the pieces and the records agree.
#[test]
fn nine_sends_at_once_come_out_of_as_many_recvs_as_the_records_say() {
    for (lang, theme) in harness::BOTH {
        for recv_bytes in [16_384, 4] {
            let spec = TcpClientSpec { recv_bytes, ..TcpClientSpec::default() };
            let (harness, id, server) = client(lang, theme, "greet", spec);
            let came = recvs(&harness, id);
            assert_eq!(came.concat(), NINE);
            harness.get_by_label(&sentence(lang, came.len()));
            let pieces = items(&harness);
            assert_eq!(pieces.len(), came.len(), "{pieces:#?}");
            if recv_bytes == 4 {
                assert!(came.len() >= NINE.len().div_ceil(4) && came.iter().all(|bytes| bytes.len() <= 4));
            }
            let mut offset = 0;
            for (bytes, piece) in came.iter().zip(&pieces) {
                let said = tr(lang, "received %{n} B, from byte %{at} ", "接收 %{n} B，从字节流的第 %{at} 字节起");
                let said = said.replace("%{n}", &bytes.len().to_string()).replace("%{at}", &offset.to_string());
                assert!(piece.contains(&said), "{said} is not in {piece}");
                offset += bytes.len();
            }
            server.finish().ok();
        }
    }
}

/// Nine sends, each one once the one before has come back: nine recvs and nine arrows; with 4 bytes for one recv each comes
/// in two parts.
#[test]
fn nine_sends_one_by_one_are_nine_and_their_halves_are_seen() {
    for (lang, theme) in harness::BOTH {
        for (recv_bytes, parts) in [(16_384, &[5][..]), (4, &[4, 1])] {
            let spec = TcpClientSpec { recv_bytes, responder: Responder::Echo, ..TcpClientSpec::default() };
            let (mut harness, id, server) = client(lang, theme, "nine", spec);
            let came = recvs(&harness, id);
            let sizes: Vec<_> = came.iter().map(Vec::len).collect();
            assert_eq!(sizes, parts.repeat(9), "{came:?}");
            assert_eq!(came.concat(), NINE);
            // What is on show first is what this end sent; the other way is what it received.
            harness.get_by_label_contains(tr(lang, "Show outside → ", "看 外部 → ")).click();
            harness.run_steps(4);
            harness.get_by_label(&sentence(lang, sizes.len()));
            harness.state_mut().view.tab = Tab::Ladder;
            harness.run_steps(4);
            let shown = items(&harness);
            let seen = tr(lang, "received; nobody here saw it sent", "已收到；这里没有谁看到它发出");
            let arrows = |bytes: usize| {
                let size = match (lang, bytes) {
                    (Lang::En, 1) => "1 byte ".into(),
                    (Lang::En, _) => format!("{bytes} bytes "),
                    (Lang::Zh, _) => format!("{bytes} 字节，"),
                };
                shown.iter().filter(|item| item.starts_with(&size) && item.contains(seen)).count()
            };
            for part in parts {
                assert_eq!(arrows(*part), 9, "{part}: {shown:#?}");
            }
            server.finish().ok();
        }
    }
}
