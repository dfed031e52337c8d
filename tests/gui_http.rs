//! HTTP by hand: a client's answer is shown with its own charset, and what is wrong with it is said.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod harness;

use std::{io::Write as _, net::TcpListener};

use egui_kittest::{Harness, kittest::Queryable as _};
use harness::{BOTH, in_language, step_until, window};
use twocan::{
    gui::{App, actions::Action, theme::ThemeChoice},
    net::{Command, Endpoint, SocketSpec, TcpClientSpec},
    words::Lang,
};

/// The window with a client that asked and was answered this.
fn answered(lang: Lang, theme: ThemeChoice, answer: &[u8]) -> Harness<'static, App> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Endpoint::from(listener.local_addr().unwrap());
    let mut harness = window(lang, theme);
    let spec = SocketSpec::TcpClient(TcpClientSpec { target, ..TcpClientSpec::default() });
    harness.state_mut().actions.push(Action::OpenNew(spec));
    harness.step();
    let id = harness.state().model.selected.unwrap();
    let request = Command::Send { bytes: b"GET / HTTP/1.1\r\n\r\n".to_vec(), to: None };
    let (mut stream, _) = listener.accept().unwrap();
    harness.state_mut().actions.push(Action::Verb(id, request));
    harness.step();
    stream.write_all(answer).unwrap();
    drop(stream);
    step_until(&mut harness, "it is read", |harness| shows(harness, in_language(lang, "RESPONSE", "应答")));
    harness.run();
    harness
}

fn shows(harness: &Harness<'_, App>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

#[test]
fn a_page_is_read_in_its_own_charset() {
    let page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gbk\r\nContent-Length: 13\r\n\r\n<h1>\xc4\xe3\xba\xc3</h1>";
    for (lang, theme) in BOTH {
        let mut harness = answered(lang, theme, page);
        step_until(&mut harness, "the page is there", |harness| shows(harness, "<h1>你好</h1>"));
        harness.get_by_label("200 OK");
        harness.get_by_label("GBK");
        assert!(shows(&harness, in_language(lang, "13 of 13 bytes", "13 字节，声明 13 字节")));
        assert!(shows(&harness, in_language(lang, "All of it came.", "已全部收到。")));
    }
}

#[test]
fn the_tutorials_malformed_answer_is_explained() {
    for (lang, theme) in BOTH {
        let mut harness = answered(lang, theme, b"HTTP/1.1 200 OK \xa1\xa2\r\n\r\n<h1>hi</h1>");
        let no_headers = in_language(lang, "the answer has no headers (RFC 9112", "应答没有首部字段（RFC 9112");
        step_until(&mut harness, "it is judged", |harness| shows(harness, no_headers));
        assert!(shows(&harness, "<h1>hi</h1>"), "what came is shown all the same");
    }
}
