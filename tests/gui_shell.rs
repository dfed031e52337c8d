//! The window around the traffic: forms, verbs, palette, settings, and that it is quiet when nothing happens.
//!
//! Without a screen; widgets are found by their accessible names, and one without a name fails the test. Characters
//! that no bundled font has fail it too.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
mod harness;

use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, accesskit::Role, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{BOTH, any_text, fill, in_language, step_until, window};
use proptest::test_runner::{Config, TestRunner};
use twocan::{
    gui::{
        App, actions::Action, actions::Pair, commands::UiCommand, draft::NewKind, settings::JournalLimit,
        theme::ThemeChoice,
    },
    journal::{Kind, SocketId, Span, State},
    net::{Command, Responder, ServerModel, SocketSpec, UdpSpec},
    words::Lang,
};

fn last_spec(app: &App) -> SocketSpec {
    app.model.spec(app.model.selected.unwrap()).unwrap().clone()
}

#[test]
fn what_is_typed_into_the_form_is_what_is_opened() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        harness.run();
        harness.get_by_role_and_label(Role::Button, in_language(lang, "New", "新建")).click();
        harness.run();
        harness.get_by_label(in_language(lang, "TCP server", "TCP 服务端")).click();
        harness.run();
        fill(&mut harness, in_language(lang, "Address and port", "地址和端口"), "[::1]:0");
        fill(&mut harness, in_language(lang, "Backlog", "等待队列长度"), "7");
        fill(&mut harness, in_language(lang, "Bytes for one recv", "一次 recv 的字节数"), "1 024");
        harness.get_by_label(in_language(lang, "Clients: Event loop", "客户端: 事件循环")).click();
        harness.get_by_label(in_language(lang, "Reply: Upper-case", "回复: 大写")).click();
        harness.get_by_label(in_language(lang, "Reuse the address (SO_REUSEADDR)", "重用地址 (SO_REUSEADDR)")).click();
        harness.run();
        harness.get_by_role_and_label(Role::TextInput, in_language(lang, "Backlog", "等待队列长度")).focus();
        harness.step();
        harness.key_press(Key::Enter);
        harness.run();
        let SocketSpec::TcpServer(spec) = last_spec(harness.state()) else { panic!() };
        assert_eq!((spec.address.to_string().as_str(), spec.backlog, spec.recv_bytes), ("[::1]:0", 7, 1_024));
        assert_eq!((spec.model, &spec.responder), (ServerModel::EventLoop, &Responder::Upper));
        assert_eq!(spec.reuse_address, cfg!(windows));
        assert!(harness.state().view.new_socket.draft.is_none(), "the form is gone");
        assert_eq!(harness.state().model.settings.recent, [SocketSpec::TcpServer(spec)]);
    }
}

#[test]
fn an_error_stands_under_its_field_while_one_types() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        harness.state_mut().actions.push(Action::ShowNew(NewKind::TcpClient));
        harness.run();
        fill(&mut harness, in_language(lang, "Connect to", "连接到"), "localhost:0");
        harness.run();
        let open = in_language(lang, "Connect", "连接");
        assert!(harness.get_by_role_and_label(Role::Button, open).accesskit_node().is_disabled());
        let error = harness.get_by_label_contains(in_language(lang, "1 to 65535", "1 到 65535"));
        let field = harness.get_by_role_and_label(Role::TextInput, in_language(lang, "Connect to", "连接到"));
        assert!(error.rect().top() >= field.rect().bottom() && error.rect().top() < field.rect().bottom() + 12.0);
        harness.key_press(Key::Enter);
        harness.run();
        assert!(harness.state().model.sockets.is_empty(), "nothing was opened");
        harness.key_press(Key::Escape);
        harness.run();
        assert!(harness.state().view.new_socket.draft.is_none());
    }
}

#[test]
fn choosing_all_addresses_says_who_can_reach_it() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    harness.state_mut().actions.push(Action::ShowNew(NewKind::Udp));
    harness.run();
    harness.get_by_label("0.0.0.0").click();
    harness.run();
    let address = harness.state().view.new_socket.draft.as_ref().unwrap().address.clone();
    assert_eq!(address, "0.0.0.0:0");
    let said = harness.state().model.reach(Lang::En, [0, 0, 0, 0].into());
    harness.get_by_label(&said);
}

fn state_of(harness: &Harness<'_, App>, kind: Kind) -> Option<State> {
    let mut found = harness.state().model.sockets.iter().filter(|entry| entry.kind == kind);
    found.find(|entry| Some(entry.id) == harness.state().model.selected).map(|entry| entry.state)
}

#[test]
fn a_pair_opens_talks_and_ends_as_the_window_says() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        harness.run();
        let start = in_language(lang, "Start a TCP echo server and connect to it", "启动 TCP 回显服务端并连接它");
        harness.get_by_label(start).click();
        step_until(&mut harness, "the client is connected", |harness| {
            state_of(harness, Kind::TcpConnection) == Some(State::Established)
        });
        let client = harness.state().model.selected.unwrap();
        step_until(&mut harness, "the server accepted", |harness| harness.state().model.sockets.len() == 3);
        let count = in_language(lang, "2 sockets: 1 listening + 1 connection", "2 个套接字：1 个监听 + 1 个连接");
        harness.step();
        harness.get_by_label(count);

        // Nothing has to be clicked first: whoever opened a client wants to write.
        harness.event(Event::Text("你好".into()));
        harness.step();
        harness.key_press(Key::Enter);
        step_until(&mut harness, "the echo is back", |harness| {
            harness.state().model.meter(client).is_some_and(|meter| meter.totals().bytes_in == 6)
        });

        let half_close = in_language(lang, "Half-close", "半关闭");
        harness.get_by_label(half_close).click();
        // The echo server closes when its client ends, and then both directions have ended.
        step_until(&mut harness, "the client is closed", |harness| {
            state_of(harness, Kind::TcpConnection).is_some_and(|state| !state.is_open())
        });
        harness.step();
        harness.get_by_label(in_language(lang, "Remove", "移除")).click();
        step_until(&mut harness, "it is gone", |harness| harness.state().model.sockets.get(client).is_none());
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
    let mut harness = any_text(vec2(1440.0, 900.0));
    harness.state_mut().actions.push(Action::SetJournal(JournalLimit(1)));
    harness.state_mut().actions.push(Action::OpenPair(Pair::Tcp));
    step_until(&mut harness, "the client is connected", |harness| {
        state_of(harness, Kind::TcpConnection) == Some(State::Established)
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

#[test]
fn a_refused_client_says_so_on_its_card_and_in_the_header() {
    let mut harness = window(Lang::En, ThemeChoice::Dark);
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    harness.state_mut().actions.push(Action::ShowNew(NewKind::TcpClient));
    harness.run();
    fill(&mut harness, "Connect to", &free.to_string());
    harness.key_press(Key::Enter);
    step_until(&mut harness, "it is refused", |harness| {
        matches!(state_of(harness, Kind::TcpConnection), Some(State::Failed(_)))
    });
    harness.step();
    harness.get_by_label(&format!("Nobody is listening on port {}.", free.port()));
    harness.get_by_label(&format!("Nobody is listening on {free}. Start the server first, or check the port."));
    harness.get_by_role_and_label(Role::Button, "Connect again").click();
    step_until(&mut harness, "it was tried again", |harness| {
        harness.state().model.selected_entry().is_some_and(|entry| entry.generation == 1 && !entry.state.is_open())
    });
}

#[test]
fn a_failure_is_explained_until_something_goes_well() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    // A port that was free a moment ago.
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let spec = UdpSpec { connect: Some(free.into()), ..UdpSpec::default() };
    harness.state_mut().actions.push(Action::Open(SocketSpec::Udp(spec)));
    step_until(&mut harness, "it is bound", |harness| state_of(harness, Kind::UdpSocket) == Some(State::Bound));
    let sender = harness.state().model.selected.unwrap();
    let send = || Action::Verb(sender, Command::Send { bytes: b"hello".to_vec(), to: None });
    harness.state_mut().actions.push(send());
    step_until(&mut harness, "nobody is there", |harness| harness.state().model.failure(sender).is_some());
    harness.step();
    let told = |harness: &Harness<'_, App>| harness.query_all_by_label_contains("no program has that port").count();
    assert_eq!(told(&harness), 2, "in the header and in the traffic");

    let echo = UdpSpec { address: free, responder: Responder::Echo, ..UdpSpec::default() };
    harness.state_mut().actions.push(Action::Open(SocketSpec::Udp(echo)));
    step_until(&mut harness, "the echo is bound", |harness| {
        harness.state().model.sockets.iter().any(|entry| entry.local == Some(free) && entry.state == State::Bound)
    });
    harness.state_mut().actions.push(Action::Select(Some(sender)));
    harness.state_mut().actions.push(send());
    step_until(&mut harness, "the echo is back", |harness| harness.state().model.failure(sender).is_none());
    harness.step();
    assert_eq!(told(&harness), 1, "in the traffic, where it happened");
}

#[test]
fn options_are_switched_and_shown_as_the_kernel_has_them() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    harness.state_mut().actions.push(Action::OpenPair(Pair::Tcp));
    step_until(&mut harness, "connected", |harness| state_of(harness, Kind::TcpConnection) == Some(State::Established));
    let client = harness.state().model.selected.unwrap();
    harness.step();
    harness.get_by_label("TCP_NODELAY: off").click();
    step_until(&mut harness, "it is on", |harness| harness.query_by_label("TCP_NODELAY: on").is_some());
    harness.get_by_label("Reply: Upper-case").click();
    harness.run();
    assert_eq!(harness.state().model.responder(client), Responder::Upper);
    fill(&mut harness, "Buffer for one recv", "2");
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().model.recv_bytes(client), Some(2));
    let send = Command::Send { bytes: b"abcd".to_vec(), to: None };
    harness.state_mut().actions.push(Action::Verb(client, send));
    // The echo comes in pieces of two; each is answered in capitals, which the server echoes again, and so on.
    step_until(&mut harness, "two reads", |harness| {
        harness.state().model.meter(client).is_some_and(|meter| meter.totals().messages_in >= 2)
    });
    fill(&mut harness, "Buffer for one recv", "0");
    harness.get_by_label_contains("A whole number from 1 to");
    harness.get_by_label("Close").click();
    step_until(&mut harness, "closed", |harness| {
        state_of(harness, Kind::TcpConnection).is_some_and(|state| !state.is_open())
    });
}

#[test]
fn favourites_and_recent_sockets_open_with_one_click() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    let spec = SocketSpec::Udp(UdpSpec { reuse_address: true, ..UdpSpec::default() });
    harness.state_mut().actions.push(Action::OpenNew(spec.clone()));
    harness.run();
    harness.get_by_role_and_label(Role::Button, "New").click();
    harness.run();
    harness.get_by_label("Keep as a favourite").click();
    harness.run();
    assert_eq!(harness.state().model.settings.favourites, [spec]);
    harness.get_by_label("No longer a favourite");
    harness.get_by_label("UDP socket 127.0.0.1:0").click();
    harness.run();
    assert_eq!(harness.state().model.sockets.len(), 2);
    assert!(!harness.state().view.sidebar.menu.open, "the menu is closed");
}

#[test]
fn settings_and_help_open_and_close() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    harness.run();
    harness.get_by_label("Settings").click();
    harness.run();
    harness.get_by_label("Theme: Dark").click();
    harness.get_by_label("Memory for traffic: 256 MiB").click();
    harness.run();
    assert_eq!(harness.ctx.theme(), egui::Theme::Dark);
    assert_eq!(harness.state().model.journal.budget().bytes, 256 << 20);
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!harness.state().view.settings_open);
    harness.key_press(Key::F1);
    harness.run();
    harness.get_by_label("What the words mean".to_uppercase().as_str());
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!harness.state().view.help_open);
}

#[test]
fn verbs_that_cannot_apply_are_greyed() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    // The server keeps its connections when the client ends: the client stays half-closed.
    let spec = twocan::net::TcpServerSpec { close_on_end: false, ..twocan::net::TcpServerSpec::default() };
    harness.state_mut().actions.push(Action::Open(SocketSpec::TcpServer(spec)));
    step_until(&mut harness, "it listens", |harness| harness.state().model.newest_server().is_some());
    harness.step();
    assert!(harness.get_by_label("Close all").accesskit_node().is_disabled());
    let target = harness.state().model.newest_server().unwrap().into();
    let spec = twocan::net::TcpClientSpec { target, ..twocan::net::TcpClientSpec::default() };
    harness.state_mut().actions.push(Action::Open(SocketSpec::TcpClient(spec)));
    step_until(&mut harness, "connected", |harness| state_of(harness, Kind::TcpConnection) == Some(State::Established));
    harness.step();
    assert!(!harness.get_by_label("Half-close").accesskit_node().is_disabled());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::D);
    step_until(&mut harness, "half-closed", |harness| state_of(harness, Kind::TcpConnection) == Some(State::FinWait));
    harness.step();
    assert!(harness.get_by_label("Half-close").accesskit_node().is_disabled());
    harness.get_by_label("Abort (RST)").click();
    step_until(&mut harness, "aborted", |harness| state_of(harness, Kind::TcpConnection) == Some(State::Aborted));
}

#[test]
fn a_quiet_window_with_ten_sockets_asks_for_no_repaint() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    for _ in 0..5 {
        harness.state_mut().actions.push(Action::OpenPair(Pair::Tcp));
        harness.state_mut().actions.push(Action::OpenPair(Pair::Udp));
    }
    step_until(&mut harness, "all are open", |harness| {
        let sockets = &harness.state().model.sockets;
        sockets.len() == 25 && sockets.iter().all(|entry| !matches!(entry.state, State::New | State::SynSent))
    });
    step_until(&mut harness, "it is quiet", |harness| !harness.state().model.is_lively());
    harness.run();
    let output = harness.output();
    let delay = output.viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(delay > Duration::from_hours(1), "a frame is wanted after {delay:?}");
}

#[test]
fn the_palette_finds_runs_and_says_what_cannot_be_run() {
    let mut harness = window(Lang::Zh, ThemeChoice::Light);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    // In the other language too.
    harness.event(Event::Text("udp echo".into()));
    harness.run();
    assert_eq!(harness.query_all_by_label("打开 UDP 回显和连接它的套接字").count(), 2, "on the bench and here");
    harness.key_press(Key::Enter);
    step_until(&mut harness, "both are bound", |harness| {
        let sockets = &harness.state().model.sockets;
        sockets.len() == 2 && sockets.iter().all(|entry| entry.state == State::Bound)
    });
    assert!(!harness.state().view.palette.open);
    assert!(UiCommand::HalfClose.unavailable(&harness.state().model).is_some(), "UDP has no half-close");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!harness.state().view.palette.open);
}

#[test]
fn every_action_is_found_by_what_it_does() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    harness.state_mut().actions.push(Action::OpenPair(Pair::Tcp));
    step_until(&mut harness, "it is connected", |harness| {
        state_of(harness, Kind::TcpConnection) == Some(State::Established)
    });
    harness.run();
    let found = |harness: &mut Harness<'_, App>, typed: &str, name: &str| {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        harness.run();
        harness.event(Event::Text(typed.into()));
        harness.run();
        harness.get_by_role_and_label(Role::Button, name);
    };
    for (typed, name) in [
        ("stop listening", "Close the socket, or stop listening"),
        ("all connections", "Close all connections of the server"),
        ("停止重复", "Stop repeating"),
        ("favourite", "Keep the socket as a favourite, or no longer"),
        // By what it does.
        ("FIN", "Half-close the socket"),
    ] {
        found(&mut harness, typed, name);
        harness.key_press(Key::Escape);
        harness.run();
    }
    found(&mut harness, "repeat the", "Repeat the message…");
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label("Start");
}

#[test]
fn clearing_all_traffic_is_asked_for_first() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        harness.state_mut().actions.push(Action::OpenPair(Pair::Tcp));
        step_until(&mut harness, "it is connected", |harness| {
            state_of(harness, Kind::TcpConnection) == Some(State::Established)
        });
        let rows = harness.state().model.journal.len();
        let ask = |harness: &mut Harness<'_, App>| {
            harness.state_mut().actions.push(Action::Run(UiCommand::ClearTraffic));
            harness.run();
            harness.get_by_label_contains(in_language(lang, "Nothing brings them back", "无法恢复"));
        };
        ask(&mut harness);
        harness.key_press(Key::Enter);
        harness.run();
        harness.key_press(Key::Escape);
        harness.run();
        assert!(harness.state().model.journal.len() >= rows, "nothing is lost by accident");
        ask(&mut harness);
        harness.get_by_label(in_language(lang, "Clear all", "全部清空")).click();
        harness.run();
        assert!(harness.state().model.journal.is_empty());
        assert!(!harness.state().view.confirm.is_open());
    }
}

#[test]
fn a_new_udp_socket_has_the_cursor_where_one_types_next() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    harness.state_mut().actions.push(Action::OpenPair(Pair::Udp));
    step_until(&mut harness, "both are bound", |harness| {
        let sockets = &harness.state().model.sockets;
        sockets.len() == 2 && sockets.iter().all(|entry| entry.state == State::Bound)
    });
    harness.run();
    harness.event(Event::Text("hi".into()));
    harness.run();
    harness.key_press(Key::Enter);
    step_until(&mut harness, "it is sent", |harness| {
        harness.state().model.journal.rows_from(0).any(|row| row.record.event.has_payload() && row.bytes == b"hi")
    });
    // One that is connected to nobody needs an address first.
    harness.state_mut().actions.push(Action::OpenNew(SocketSpec::Udp(UdpSpec::default())));
    step_until(&mut harness, "it is bound", |harness| {
        harness.state().model.selected_entry().is_some_and(|entry| entry.state == State::Bound)
    });
    harness.run();
    assert!(harness.get_by_role_and_label(Role::TextInput, "To").accesskit_node().is_focused());
}

/// However many sockets are kept, the menu begins under its button and ends in the window.
#[test]
fn a_menu_with_many_favourites_stays_in_the_window() {
    let mut harness = harness::sized(Lang::En, ThemeChoice::Light, vec2(1024.0, 700.0));
    for port in 1..=12 {
        let connect = Some(format!("127.0.0.1:{port}").parse().unwrap());
        let spec = SocketSpec::Udp(UdpSpec { connect, ..UdpSpec::default() });
        harness.state_mut().actions.push(Action::ToggleFavourite(spec));
    }
    harness.run();
    harness.get_by_role_and_label(Role::Button, "New").click();
    harness.run();
    let place = |harness: &Harness<'_, App>, name: &str| {
        harness.get_by_role_and_label(Role::Button, name).accesskit_node().bounding_box().unwrap()
    };
    let button = place(&harness, "New");
    let first = place(&harness, "TCP server");
    assert!(first.y0 > button.y1, "{first:?} {button:?}");
    let last = harness.get_all_by_label("No longer a favourite").last().unwrap();
    last.scroll_to_me();
    harness.run();
    let last = harness.get_all_by_label("No longer a favourite").last().unwrap();
    assert!(last.accesskit_node().bounding_box().unwrap().y1 < 700.0);
}

#[test]
fn a_field_stays_where_it_is_while_its_neighbour_is_wrong() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    harness.state_mut().actions.push(Action::ShowNew(NewKind::TcpServer));
    harness.run();
    let left = |harness: &Harness<'_, App>, name: &str| {
        harness.get_by_role_and_label(Role::TextInput, name).accesskit_node().bounding_box().unwrap().x0.round() as i64
    };
    let before = left(&harness, "Bytes for one recv");
    assert_eq!(before, left(&harness, "Gap between sends, ms"), "they stand below one another");
    fill(&mut harness, "Backlog", "99999999");
    harness.run();
    assert_eq!(left(&harness, "Bytes for one recv"), before);
}

#[test]
fn language_theme_and_zoom_switch_at_once() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    harness.run();
    harness.get_by_label("Switch to Chinese").click();
    harness.run();
    harness.get_by_label("套接字");
    harness.get_by_label("主题：浅色").click();
    harness.run();
    assert_eq!(harness.ctx.theme(), egui::Theme::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Plus);
    harness.run();
    assert!((harness.ctx.zoom_factor() - 1.1).abs() < 0.001);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num0);
    harness.run();
    assert!((harness.ctx.zoom_factor() - 1.0).abs() < 0.001);
}

#[test]
fn broken_settings_are_said_so_in_the_window() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("twocan.toml"), "theme = 7").unwrap();
    let path = folder.path().to_owned();
    let mut harness = Harness::builder().build_eframe(move |cc| {
        let mut app = App::new(&cc.egui_ctx);
        app.keep_settings_in(&cc.egui_ctx, &path);
        app.model.settings.lang = Some(Lang::En);
        app
    });
    harness.run();
    harness.get_by_label_contains("twocan.toml.broken-1");
    harness.get_by_label("Dismiss").click();
    harness.run();
    assert!(harness.query_by_label_contains("twocan.toml.broken-1").is_none());
    harness.get_by_label_contains("Theme:").click();
    harness.run();
    drop(harness);
    let saved = std::fs::read_to_string(folder.path().join("twocan.toml")).unwrap();
    assert!(saved.contains("theme = \"light\""), "{saved}");
}

#[test]
fn a_thousand_connections_are_laid_out_as_few_rows() {
    let mut harness = window(Lang::En, ThemeChoice::Light);
    let listener = SocketId(u32::MAX);
    let model = &mut harness.state_mut().model;
    model.sockets.open(listener, Kind::TcpListener, 0, 0);
    let mut batch = twocan::journal::Batch::default();
    for id in 0..1_000 {
        let peer = Some(([10, 0, 0, 1], 1_000 + id as u16).into());
        let event = twocan::journal::Event::Accepted { connection: SocketId(id) };
        let record =
            twocan::journal::Record { at: 1, socket: listener, generation: 0, event, peer, bytes: Span::default() };
        batch.push(record, b"");
    }
    model.apply(batch);
    harness.run_steps(3);
    let shown = harness.get_all_by_label_contains("TCP connection 10.0.0.1").count();
    assert!((5..40).contains(&shown), "{shown}");
}

/// Every field of every form, the palette and the inspector, with what nobody would type.
#[test]
fn no_text_in_any_field_breaks_the_window() {
    let mut harness = any_text(egui::vec2(1024.0, 700.0));
    harness.state_mut().view.inspector_wanted = Some(true);
    harness.run();
    let long = "字\u{0}\u{202E}a".repeat(16_000);
    let mut texts: Vec<String> =
        ["", "\u{0}\u{1b}[31m\r\n\t", "\u{202E}\u{FEFF}", "99999999999999999999", "::%%25", &long]
            .map(String::from)
            .to_vec();
    let mut runner = TestRunner::new(Config::default());
    let random = proptest::prelude::any::<String>();
    for _ in 0..24 {
        use proptest::strategy::{Strategy as _, ValueTree as _};
        texts.push(random.new_tree(&mut runner).unwrap().current());
    }
    for kind in NewKind::ALL {
        harness.state_mut().actions.push(Action::ShowNew(kind));
        harness.run_steps(2);
        type_everywhere(&mut harness, &texts);
        harness.key_press(Key::Escape);
        harness.run_steps(2);
    }
    harness.state_mut().actions.push(Action::OpenPair(Pair::Udp));
    step_until(&mut harness, "both are bound", |harness| harness.state().model.sockets.len() == 2);
    type_everywhere(&mut harness, &texts);
    harness.state_mut().actions.push(Action::Run(UiCommand::Palette));
    harness.run_steps(2);
    type_everywhere(&mut harness, &texts);
}

fn type_everywhere(harness: &mut Harness<'_, App>, texts: &[String]) {
    let fields = harness.query_all_by_role(Role::TextInput).count();
    for index in 0..fields {
        for text in texts {
            let Some(field) = harness.query_all_by_role(Role::TextInput).nth(index) else { return };
            field.focus();
            harness.step();
            harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
            harness.event(Event::Paste(text.clone()));
            harness.run_steps(2);
        }
    }
}
