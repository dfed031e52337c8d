//! Chat: people over one UDP socket, with real datagrams on loopback; widgets are found by their accessible names.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod harness;

use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use egui::{Event, Key, Modifiers, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable as _};
use harness::{BOTH, fill, in_language, step_until, window};
use twocan::{
    gui::{
        App,
        actions::Action,
        chat::Contact,
        commands::UiCommand,
        theme::ThemeChoice,
        views::{Place, Tab},
    },
    journal::State,
    net::{Command, UdpSpec},
    text::Charset,
    words::Lang,
};

/// Somebody with a socket of their own.
fn somebody() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn heard(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = [0; 2_048];
    let (count, from) = socket.recv_from(&mut buffer).unwrap();
    (buffer[..count].to_vec(), from)
}

fn click(harness: &mut Harness<'_, App>, name: &str) {
    harness.get_by_role_and_label(Role::Button, name).click();
    harness.run();
}

fn add(harness: &mut Harness<'_, App>, lang: Lang, name: &str, address: SocketAddr) {
    click(harness, in_language(lang, "Add", "添加"));
    fill(harness, in_language(lang, "Name", "名字"), name);
    fill(harness, in_language(lang, "Address and port", "地址和端口"), &address.to_string());
    click(harness, in_language(lang, "Save", "保存"));
}

/// Types into the message, wherever the cursor is, and presses Enter.
fn say(harness: &mut Harness<'_, App>, text: &str) {
    harness.event(Event::Text(text.into()));
    harness.step();
    harness.key_press(Key::Enter);
    harness.step();
}

/// The chat of a window with an open socket.
fn chatting(lang: Lang, theme: ThemeChoice) -> (Harness<'static, App>, SocketAddr) {
    let mut harness = window(lang, theme);
    harness.run();
    click(&mut harness, in_language(lang, "Chat", "聊天"));
    click(&mut harness, in_language(lang, "Open chat", "开始聊天"));
    step_until(&mut harness, "the socket is bound", |harness| local(harness).is_some());
    harness.run();
    let address = local(&harness).unwrap();
    (harness, address)
}

fn local(harness: &Harness<'_, App>) -> Option<SocketAddr> {
    let model = &harness.state().model;
    model.sockets.get(model.chat.socket()?).filter(|entry| entry.state == State::Bound)?.local
}

fn shows(harness: &Harness<'_, App>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

#[test]
fn people_talk_in_both_languages() {
    for (lang, theme) in BOTH {
        let (mut harness, us) = chatting(lang, theme);
        assert_eq!(us.ip().to_string(), "127.0.0.1", "nobody else is let in unless asked for");
        assert!(shows(&harness, in_language(lang, "Only programs on this computer", "只有本机的程序")));
        let (friend, address) = somebody();
        add(&mut harness, lang, "taibai", address);
        let prefix = in_language(lang, "Prefix", "前缀");
        fill(&mut harness, prefix, "发给{name}: ");
        harness.run();
        let message = in_language(lang, "Message", "消息内容");
        harness.get_by_label(message).focus();
        harness.step();
        say(&mut harness, "hello");
        let (bytes, from) = heard(&friend);
        assert_eq!(
            (bytes.as_slice(), from),
            ("发给taibai: hello".as_bytes(), us),
            "19 bytes, as the tutorial's client"
        );
        step_until(&mut harness, "it was sent", |harness| shows(harness, in_language(lang, "· sent", "· 已发出")));
        friend.send_to("你好，朋友".as_bytes(), us).unwrap();
        step_until(&mut harness, "it was answered", |harness| {
            shows(harness, in_language(lang, "· answered", "· 有回应"))
        });
        assert!(shows(&harness, "你好，朋友"));
        step_until(&mut harness, "it was seen", |harness| harness.state().model.chat.unread() == 0);

        // In GBK. What was said in UTF-8 would be read in it too, in characters that no bundled font has.
        harness.state_mut().actions.push(Action::ClearJournalNow);
        harness.step();
        harness.state_mut().model.settings.composer.charset = Charset::GBK;
        harness.get_by_label(message).focus();
        harness.step();
        say(&mut harness, "世界");
        let (bytes, _) = heard(&friend);
        assert_eq!(bytes, b"\xb7\xa2\xb8\xf8taibai: \xca\xc0\xbd\xe7");
        assert_eq!(harness.state().model.settings.chat.contacts.len(), 1);
    }
}

#[test]
fn a_stranger_is_unread_until_looked_at_and_can_be_given_a_name() {
    for (lang, theme) in BOTH {
        let (mut harness, us) = chatting(lang, theme);
        let (stranger, address) = somebody();
        for text in ["one", "two"] {
            stranger.send_to(text.as_bytes(), us).unwrap();
        }
        let unread = in_language(lang, "2 unread", "2 条未读");
        let card = format!("{address} {address} {unread}");
        step_until(&mut harness, "the stranger is there", |harness| harness.query_by_label(&card).is_some());
        harness.get_by_label(&format!("{} {unread}", in_language(lang, "Chat", "聊天")));
        harness.get_by_label(&card).click();
        step_until(&mut harness, "it was seen", |harness| harness.state().model.chat.unread() == 0);
        harness.run();
        click(&mut harness, in_language(lang, "Name and save…", "命名并保存…"));
        fill(&mut harness, in_language(lang, "Name", "名字"), "Li Bai");
        harness.key_press(Key::Enter);
        harness.run();
        let contacts = &harness.state().model.settings.chat.contacts;
        assert_eq!(contacts, &[Contact { name: "Li Bai".into(), address }]);
        assert!(shows(&harness, "one"), "the thread is the same");

        // A second name for the same address shares the thread, and the window says so.
        add(&mut harness, lang, "Du Fu", address);
        assert!(shows(&harness, in_language(lang, "Du Fu, Li Bai have the same address", "Du Fu, Li Bai 的地址都是")));
        click(&mut harness, in_language(lang, "Remove", "移除"));
        assert_eq!(harness.state().model.settings.chat.contacts.len(), 1);
    }
}

#[test]
fn an_icmp_answer_says_that_nobody_listens_there() {
    for (lang, theme) in BOTH {
        let (mut harness, _) = chatting(lang, theme);
        let (nobody, address) = somebody();
        drop(nobody);
        add(&mut harness, lang, "nobody", address);
        say(&mut harness, "hello?");
        let word = in_language(lang, "· nobody listens there", "· 那里没有人");
        step_until(&mut harness, "it was refused", |harness| shows(harness, word));
        let why = in_language(lang, "no program has that port (ICMP", "没有程序用这个端口（ICMP");
        assert!(shows(&harness, why));
    }
}

#[test]
fn two_windows_chat_in_chinese() {
    let (mut one, at_one) = chatting(Lang::Zh, ThemeChoice::Dark);
    let (mut two, at_two) = chatting(Lang::Zh, ThemeChoice::Light);
    add(&mut one, Lang::Zh, "太白", at_two);
    say(&mut one, "床前明月光");
    let card = format!("{at_one} {at_one} 1 条未读");
    step_until(&mut two, "it came", |two| two.query_by_label(&card).is_some());
    two.get_by_label(&card).click();
    two.run();
    say(&mut two, "疑是地上霜");
    step_until(&mut one, "the answer came", |one| shows(one, "疑是地上霜") && shows(one, "· 有回应"));
}

#[test]
fn a_socket_of_the_bench_can_be_chatted_with_and_its_rows_are_the_messages() {
    let (lang, theme) = BOTH[0];
    let mut harness = window(lang, theme);
    harness.run();
    harness.state_mut().actions.push(Action::OpenNew(twocan::net::SocketSpec::Udp(UdpSpec::default())));
    step_until(&mut harness, "bound", |harness| {
        harness.state().model.selected_entry().is_some_and(|entry| entry.state == State::Bound)
    });
    let id = harness.state().model.selected.unwrap();
    let us = harness.state().model.selected_entry().unwrap().local.unwrap();
    let (friend, address) = somebody();
    let hello = Command::Send { bytes: b"before".to_vec(), to: Some(address) };
    harness.state_mut().actions.push(Action::Verb(id, hello));
    step_until(&mut harness, "sent", |harness| harness.state().model.journal.len() >= 2);
    assert_eq!(heard(&friend).0, b"before");
    harness.state_mut().actions.push(Action::Run(UiCommand::ShowChat));
    harness.run();
    click(&mut harness, &format!("Use {us}"));
    harness.get_by_label(&format!("{address} {address}")).click();
    harness.run();
    assert!(shows(&harness, "before"), "what was said before is part of it");
    // "before", and the time of day, whatever it is.
    let bubble =
        |label: &str| label.strip_prefix("before ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    harness.get_by(|node| node.label().is_some_and(|label| bubble(&label))).click();
    harness.run();
    let view = &harness.state().view;
    assert_eq!((view.place, view.tab), (Place::Bench, Tab::Traffic), "a bubble opens its bytes");
}

#[test]
fn keys_do_what_they_say_in_the_chat() {
    let (mut harness, _) = chatting(Lang::En, ThemeChoice::Light);
    harness.state_mut().actions.push(Action::OpenPair(twocan::gui::actions::Pair::Udp));
    step_until(&mut harness, "a pair is there", |harness| harness.state().model.sockets.len() == 3);
    assert_eq!(harness.state().view.place, Place::Bench);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    harness.run();
    assert_eq!(harness.state().view.place, Place::Chat);
    // Ctrl+W closes the socket on show and not the one that was chosen on the bench.
    harness.key_press_modifiers(Modifiers::COMMAND, Key::W);
    step_until(&mut harness, "the chat's socket is closed", |harness| local(harness).is_none());
    let open = harness.state().model.sockets.iter().filter(|entry| entry.state.is_open()).count();
    assert_eq!(open, 2);
    click(&mut harness, "Open again");
    step_until(&mut harness, "it is open again", |harness| local(harness).is_some());
    click(&mut harness, "Other socket…");
    harness.get_by_role_and_label(Role::Button, "Open chat");
}
