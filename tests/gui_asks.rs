//! A person answers: messages that a rule hands to the window wait in a row, and what is typed answers the oldest.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod harness;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    time::Duration,
};

use egui::{Event, Key, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable as _};
use harness::{BOTH, in_language, step_until, window};
use twocan::{
    gui::{App, actions::Action, theme::ThemeChoice},
    journal::State,
    net::{Responder, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec, responder::Rules},
    words::Lang,
};

const ASK: &str = "[[rule]]\nwhen = \"any\"\nthen = [\"ask\"]\n";
const PATIENCE: Duration = Duration::from_secs(10);

fn rules(text: &str) -> Responder {
    Responder::Rules(Rules::parse(text).unwrap().into())
}

fn opened(lang: Lang, theme: ThemeChoice, spec: SocketSpec, state: State) -> Harness<'static, App> {
    let mut harness = window(lang, theme);
    harness.state_mut().actions.push(Action::OpenNew(spec));
    step_until(&mut harness, "open", |harness| {
        harness.state().model.selected_entry().is_some_and(|entry| entry.state == state)
    });
    harness.run();
    harness
}

fn local(harness: &Harness<'_, App>) -> SocketAddr {
    harness.state().model.selected_entry().unwrap().local.unwrap()
}

fn shows(harness: &Harness<'_, App>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

fn say(harness: &mut Harness<'_, App>, lang: Lang, text: &str) {
    harness.get_by_role_and_label(Role::MultilineTextInput, in_language(lang, "Message", "消息内容")).focus();
    harness.step();
    harness.event(Event::Text(text.into()));
    harness.step();
    harness.key_press(Key::Enter);
    harness.step();
}

fn somebody() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn heard(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 256];
    let count = socket.recv(&mut buffer).unwrap();
    buffer[..count].to_vec()
}

#[test]
fn datagrams_wait_for_the_person_and_the_oldest_is_answered_first() {
    for (lang, theme) in BOTH {
        let spec = SocketSpec::Udp(UdpSpec { responder: rules(ASK), ..UdpSpec::default() });
        let mut harness = opened(lang, theme, spec, State::Bound);
        let us = local(&harness);
        let ((one, at_one), (two, at_two)) = (somebody(), somebody());
        one.send_to(b"first", us).unwrap();
        let waits = |address: SocketAddr| match lang {
            Lang::En => format!("{address} waits for your answer: "),
            Lang::Zh => format!("{address} 在等你回答：你"),
        };
        step_until(&mut harness, "the first waits", |harness| shows(harness, &waits(at_one)));
        two.send_to(b"second", us).unwrap();
        let badge = in_language(lang, "2 waiting", "2 条待答");
        step_until(&mut harness, "both wait", |harness| shows(harness, badge));
        let longest = match lang {
            Lang::En => format!("{at_one} waits longest"),
            Lang::Zh => format!("{at_one} 等得最久"),
        };
        assert!(shows(&harness, &longest));
        say(&mut harness, lang, "1");
        assert_eq!(heard(&one), b"1");
        step_until(&mut harness, "the second is next", |harness| shows(harness, &waits(at_two)));
        assert!(shows(&harness, in_language(lang, "was answered", "已回答")), "the row of the first says so");
        say(&mut harness, lang, "2");
        assert_eq!(heard(&two), b"2");
        step_until(&mut harness, "nobody waits", |harness| !shows(harness, badge) && !shows(harness, &waits(at_two)));
        assert_eq!(harness.state().model.asked(harness.state().model.selected.unwrap()).count(), 0);
    }
}

#[test]
fn a_listener_says_which_connection_waits() {
    for (lang, theme) in BOTH {
        let spec = SocketSpec::TcpServer(TcpServerSpec { responder: rules(ASK), ..TcpServerSpec::default() });
        let mut harness = opened(lang, theme, spec, State::Listen);
        let (mut first, mut second) = (connect(local(&harness)), connect(local(&harness)));
        second.write_all(b"hello?").unwrap();
        let peer = second.local_addr().unwrap();
        let answer = match lang {
            Lang::En => format!("Answer {peer}"),
            Lang::Zh => format!("回答 {peer}"),
        };
        step_until(&mut harness, "it waits", |harness| harness.query_by_label(&answer).is_some());
        harness.get_by_label(&answer).click();
        harness.run();
        say(&mut harness, lang, "here");
        let mut buffer = [0; 4];
        second.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"here");
        first.set_nonblocking(true).unwrap();
        assert!(first.read(&mut buffer).is_err(), "the other one hears nothing");
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn a_typed_line_becomes_what_the_rules_say() {
    for (lang, theme) in BOTH {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = twocan::net::Endpoint::from(listener.local_addr().unwrap());
        let responder = rules("encoding = \"gbk\"\n[lines]\nsend = \"<{line}>\"\nquit = \"q\"\n");
        let spec = SocketSpec::TcpClient(TcpClientSpec { target, responder, ..TcpClientSpec::default() });
        let mut harness = opened(lang, theme, spec, State::Established);
        assert!(shows(
            &harness,
            in_language(lang, "send a line as “<{line}>”, in GBK", "一行以“<{line}>”的样子用 GBK 发送")
        ));
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        say(&mut harness, lang, "你好");
        let mut buffer = [0; 6];
        stream.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"<\xc4\xe3\xba\xc3>");
        say(&mut harness, lang, "q");
        step_until(&mut harness, "it left", |harness| {
            harness.state().model.selected_entry().is_some_and(|entry| !entry.state.is_open())
        });
        assert_eq!(stream.read(&mut buffer).unwrap(), 0, "q itself is not sent");
    }
}
