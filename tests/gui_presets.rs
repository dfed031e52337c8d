//! Classic programs under "New", what is to be watched on a running one, and presets of the user's own.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod harness;

use std::path::Path;

use egui::{Event, Key, Modifiers, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{step_until, window};
use twocan::{
    gui::{
        App,
        actions::{Action, FileFor},
        theme::ThemeChoice,
    },
    journal::State,
    net::{Responder, SocketSpec, TcpServerSpec, responder::Rules},
    preset,
    words::Lang,
};

const BOTH: [(Lang, ThemeChoice); 2] = [(Lang::En, ThemeChoice::Light), (Lang::Zh, ThemeChoice::Dark)];

fn in_language(lang: Lang, english: &'static str, chinese: &'static str) -> &'static str {
    match lang {
        Lang::En => english,
        Lang::Zh => chinese,
    }
}

fn click(harness: &mut Harness<'_, App>, name: &str) {
    harness.get_by_role_and_label(Role::Button, name).click();
    harness.run();
}

fn fill(harness: &mut Harness<'_, App>, name: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, name).focus();
    harness.step();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.step();
    harness.event(Event::Text(text.into()));
    harness.run();
}

fn shows(harness: &Harness<'_, App>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

fn open_menu(harness: &mut Harness<'_, App>, lang: Lang) {
    click(harness, in_language(lang, "New", "新建"));
}

fn selected_state(harness: &Harness<'_, App>) -> Option<State> {
    harness.state().model.selected_entry().map(|entry| entry.state)
}

#[test]
fn two_clicks_run_a_classic_program_and_say_what_to_watch() {
    for (lang, theme) in BOTH {
        let preset = preset::by_name("udp-time-server").unwrap();
        let mut harness = window(lang, theme);
        harness.run();
        open_menu(&mut harness, lang);
        fill(&mut harness, in_language(lang, "Find a program", "查找程序"), "p37");
        click(&mut harness, lang.pick(&preset.title));
        step_until(&mut harness, "it runs or says why not", |harness| {
            selected_state(harness).is_some_and(|state| state == State::Bound || !state.is_open())
        });
        let app = harness.state();
        assert_eq!(app.model.spec(app.model.selected.unwrap()), Some(&preset.socket));
        harness.get_by_label(lang.pick(&preset.watch));
        harness.get_by_label("P37");
        click(&mut harness, in_language(lang, "I have read it", "知道了"));
        assert!(harness.query_by_label(lang.pick(&preset.watch)).is_none());
        assert!(shows(&harness, lang.pick(&preset.title)), "the card of the socket still says what it is");
    }
}

#[test]
fn a_classic_program_can_be_changed_first() {
    for (lang, theme) in BOTH {
        let preset = preset::by_name("upper-server-threads").unwrap();
        let mut harness = window(lang, theme);
        harness.run();
        open_menu(&mut harness, lang);
        fill(&mut harness, in_language(lang, "Find a program", "查找程序"), "upper-server-threads");
        click(
            &mut harness,
            &format!("{}: {}", in_language(lang, "Change it first", "先修改"), lang.pick(&preset.title)),
        );
        fill(&mut harness, in_language(lang, "Address and port", "地址和端口"), "127.0.0.1:0");
        click(&mut harness, in_language(lang, "Listen", "监听"));
        step_until(&mut harness, "listening", |harness| selected_state(harness) == Some(State::Listen));
        harness.run();
        assert!(shows(&harness, lang.pick(&preset.watch)), "it is still that program");
        let SocketSpec::TcpServer(was) = &preset.socket else { panic!() };
        let app = harness.state();
        let spec = app.model.spec(app.model.selected.unwrap()).unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        assert_eq!(spec, &SocketSpec::TcpServer(TcpServerSpec { address, ..was.clone() }));
    }
}

#[test]
fn typing_finds_programs_and_enter_runs_the_first() {
    let (lang, theme) = BOTH[0];
    let mut harness = window(lang, theme);
    harness.run();
    open_menu(&mut harness, lang);
    fill(&mut harness, "Find a program", "no such program");
    harness.get_by_label("No program is called that.");
    fill(&mut harness, "Find a program", "时间服务端");
    harness.key_press(Key::Enter);
    step_until(&mut harness, "it is opened", |harness| !harness.state().model.sockets.is_empty());
}

/// The window with its settings in this folder.
fn kept(lang: Lang, theme: ThemeChoice, folder: &Path) -> Harness<'static, App> {
    let mut harness = window(lang, theme);
    harness.run();
    let ctx = harness.ctx.clone();
    harness.state_mut().keep_settings_in(&ctx, folder);
    harness.state_mut().model.settings.lang = Some(lang);
    harness.run();
    harness
}

#[test]
fn a_socket_is_kept_as_a_preset_found_again_and_deleted() {
    for (lang, theme) in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let text = "encoding = \"gbk\"\n[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"收到 {text}\" }]\n";
        let responder = Responder::Rules(Rules::parse(text).unwrap().into());
        let spec = SocketSpec::TcpServer(TcpServerSpec { responder, ..TcpServerSpec::default() });
        let mut harness = kept(lang, theme, folder.path());
        harness.state_mut().actions.push(Action::OpenNew(spec.clone()));
        step_until(&mut harness, "listening", |harness| selected_state(harness) == Some(State::Listen));
        let more = in_language(lang, "More", "更多");
        harness.get_all_by_role_and_label(Role::Button, more).next().unwrap().click();
        harness.run();
        click(&mut harness, in_language(lang, "Save as preset…", "存为预设…"));
        let save = in_language(lang, "Save", "保存");
        assert!(harness.get_by_role_and_label(Role::Button, save).accesskit_node().is_disabled());
        fill(&mut harness, in_language(lang, "Title", "标题"), "My answer");
        click(&mut harness, save);
        step_until(&mut harness, "it is saved", |harness| !harness.state().model.own_presets.is_empty());
        let file = folder.path().join("presets/my-answer.toml");
        assert!(shows(&harness, &format!("{}", file.display())), "the window says where");
        drop(harness);

        let mut harness = kept(lang, theme, folder.path());
        step_until(&mut harness, "it is read", |harness| !harness.state().model.own_presets.is_empty());
        assert_eq!(harness.state().model.own_presets[0].socket, spec);
        open_menu(&mut harness, lang);
        harness.get_by_role_and_label(Role::Button, "My answer");
        click(&mut harness, &format!("{}: My answer", in_language(lang, "Delete", "删除")));
        step_until(&mut harness, "it is gone", |harness| harness.state().model.own_presets.is_empty());
        assert!(!file.exists());
    }
}

#[test]
fn a_file_that_is_no_preset_says_why() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        harness.run();
        let bad = Action::FileRead(FileFor::ImportPreset, "/p.toml".into(), Ok("name = 7\n".into()));
        harness.state_mut().actions.push(bad);
        harness.run();
        assert!(shows(&harness, in_language(lang, "/p.toml is no preset: line 1", "/p.toml 不是预设：第 1 行")));
        let good = preset::all().first().unwrap();
        let read = Action::FileRead(FileFor::ImportPreset, "/q.toml".into(), Ok(good.to_toml()));
        harness.state_mut().actions.push(read);
        harness.run();
        assert_eq!(harness.state().model.own_presets, std::slice::from_ref(good));
    }
}

#[test]
fn a_socket_is_copied_as_a_program() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        let spec = SocketSpec::TcpServer(TcpServerSpec { responder: Responder::Echo, ..TcpServerSpec::default() });
        harness.state_mut().actions.push(Action::OpenNew(spec));
        step_until(&mut harness, "listening", |harness| selected_state(harness) == Some(State::Listen));
        harness.run();
        let more = in_language(lang, "More", "更多");
        harness.get_all_by_role_and_label(Role::Button, more).next().unwrap().click();
        harness.run();
        harness.get_by_label(in_language(lang, "Copy as Rust", "复制为 Rust"));
        harness.get_by_label(in_language(lang, "Copy as Python", "复制为 Python")).click();
        let mut copied = None;
        step_until(&mut harness, "it is copied", |harness| {
            let commands = &harness.output().platform_output.commands;
            copied = commands.iter().find_map(|command| match command {
                egui::OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            });
            copied.is_some()
        });
        assert!(copied.unwrap().contains("import socket"));
        let said = in_language(lang, "The Python program is on the clipboard.", "Python 程序已复制到剪贴板。");
        step_until(&mut harness, "it is said", |harness| shows(harness, said));
    }
}
