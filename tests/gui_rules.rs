//! What a socket says by itself, written in the window: the editor of rules, and what is asked before programs run.

#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/harness.rs"]
#[allow(dead_code, reason = "each test file uses what it needs")]
mod harness;

use egui::{Event, Key, Modifiers, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use harness::{BOTH, fill, in_language, step_until, window};
use twocan::{
    gui::{
        App,
        actions::{Action, FileFor, FileProblem},
        draft::NewKind,
        theme::ThemeChoice,
        views::rules::Subject,
    },
    journal::State,
    net::{Command, Responder, SocketSpec, TcpServerSpec, responder::Rules},
    words::Lang,
};

fn click(harness: &mut Harness<'_, App>, name: &str) {
    harness.get_by_role_and_label(Role::Button, name).click();
    harness.run();
}

/// Replaces the text of the editor.
fn write(harness: &mut Harness<'_, App>, lang: Lang, text: &str) {
    click(harness, in_language(lang, "Rules: Text (TOML)", "应答规则: 文本 (TOML)"));
    let name = in_language(lang, "Rules as TOML", "TOML 形式的应答规则");
    harness.get_by_label(name).focus();
    harness.step();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.step();
    harness.event(Event::Paste(text.into()));
    harness.run();
}

fn shows(harness: &Harness<'_, App>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

fn rules(text: &str) -> Responder {
    Responder::Rules(Rules::parse(text).unwrap().into())
}

const GBK: &str =
    "encoding = \"gbk\"\n[[rule]]\nwhen = { exact = \"你好\" }\nthen = [{ reply = \"收到 {text}\" }, \"close\"]\n";

/// A server with this responder, listening.
fn serving(lang: Lang, theme: ThemeChoice, responder: Responder) -> Harness<'static, App> {
    let mut harness = window(lang, theme);
    let spec = SocketSpec::TcpServer(TcpServerSpec { responder, ..TcpServerSpec::default() });
    harness.state_mut().actions.push(Action::OpenNew(spec));
    step_until(&mut harness, "listening", |harness| {
        harness.state().model.selected_entry().is_some_and(|entry| entry.state == State::Listen)
    });
    harness.run();
    harness
}

#[test]
fn rules_are_written_in_the_form_and_checked_as_one_types() {
    for (lang, theme) in BOTH {
        let mut harness = window(lang, theme);
        harness.state_mut().actions.push(Action::ShowNew(NewKind::TcpServer));
        harness.run();
        click(&mut harness, in_language(lang, "Reply: Rules", "回复: 规则"));
        assert!(shows(&harness, in_language(lang, "Nothing is wrong.", "没有错误。")), "the example works");
        write(&mut harness, lang, "[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"ok {nosuch}\" }]\n");
        let place = in_language(
            lang,
            "line 3, column 23, rule[1].then[1].reply: {nosuch}",
            "第 3 行第 23 列，rule[1].then[1].reply：{nosuch}",
        );
        assert!(shows(&harness, place));
        let apply = in_language(lang, "Apply", "应用");
        assert!(harness.get_by_role_and_label(Role::Button, apply).accesskit_node().is_disabled());
        write(&mut harness, lang, GBK);
        let told = in_language(
            lang,
            "When it is exactly “你好”: send “收到 {text}”, then close.",
            "收到的恰好是“你好”时：发送“收到 {text}”，然后关闭。",
        );
        harness.get_by_label(told);
        click(&mut harness, apply);
        harness.get_by_label(told);
        click(&mut harness, in_language(lang, "Listen", "监听"));
        let app = harness.state();
        let Some(SocketSpec::TcpServer(spec)) = app.model.spec(app.model.selected.unwrap()) else { panic!() };
        assert_eq!(spec.responder, rules(GBK));
    }
}

#[test]
fn the_rules_of_a_living_socket_are_changed() {
    for (lang, theme) in BOTH {
        let mut harness = serving(lang, theme, Responder::Echo);
        click(&mut harness, in_language(lang, "Reply: Rules", "回复: 规则"));
        let id = harness.state().model.selected.unwrap();
        assert_eq!(harness.state().model.responder(id), Responder::Echo, "nothing is in force before it is applied");
        assert!(shows(&harness, in_language(lang, "send the same bytes back", "原样发回")));
        write(&mut harness, lang, GBK);
        click(&mut harness, in_language(lang, "Apply", "应用"));
        assert_eq!(harness.state().model.responder(id), rules(GBK));
        click(&mut harness, in_language(lang, "Edit the rules…", "编辑规则…"));
        harness.key_press(Key::Escape);
        harness.run();
        assert_eq!(harness.state().model.responder(id), rules(GBK));
    }
}

#[test]
fn a_rule_of_the_menu_is_put_behind_the_others() {
    for (lang, theme) in BOTH {
        let mut harness = serving(lang, theme, rules(GBK));
        click(&mut harness, in_language(lang, "Edit the rules…", "编辑规则…"));
        click(&mut harness, in_language(lang, "Insert rule", "插入规则"));
        click(&mut harness, in_language(lang, "The safe shell", "安全命令行"));
        harness.get_by_label(in_language(
            lang,
            "When anything comes: answer as the safe shell.",
            "收到任何内容时：按安全命令行回答。",
        ));
    }
}

#[test]
fn what_became_of_a_file_is_said() {
    for (lang, theme) in BOTH {
        let mut harness = serving(lang, theme, Responder::None);
        let id = harness.state().model.selected.unwrap();
        harness.state_mut().actions.push(Action::EditRules(Subject::Socket(id)));
        harness.run();
        let read = |text| Action::FileRead(FileFor::OpenRules, "/r.toml".into(), text);
        harness.state_mut().actions.push(read(Ok(GBK.into())));
        harness.run();
        assert!(shows(&harness, in_language(lang, "exactly “你好”", "恰好是“你好”")));
        harness.state_mut().actions.push(read(Err(FileProblem::TooLarge)));
        harness.run();
        assert!(shows(&harness, in_language(lang, "/r.toml is larger than 1 MB", "/r.toml 大于 1 MB")));
        let save = FileFor::SaveRules(String::new());
        harness.state_mut().actions.push(Action::FileWritten(save, "/r.toml".into(), Ok(())));
        harness.run();
        assert!(shows(&harness, in_language(lang, "Saved to /r.toml.", "已保存到 /r.toml。")));
    }
}

#[test]
fn upper_casing_bytes_is_explained_where_it_breaks_characters() {
    for (lang, theme) in BOTH {
        let mut harness = serving(lang, theme, Responder::Upper);
        let note = in_language(lang, "間 becomes 镚", "間 变成 镚");
        assert!(!shows(&harness, note), "UTF-8 has no letters in its characters");
        harness.state_mut().model.settings.composer.charset = twocan::text::Charset::GBK;
        harness.run();
        assert!(shows(&harness, note));
    }
}

#[test]
fn real_programs_are_asked_about_first_and_refused_where_others_reach_them() {
    let text = "[[rule]]\nwhen = \"any\"\nthen = [{ command = { programs = [\"date\", \"whoami\"] } }]\n";
    for (lang, theme) in BOTH {
        let mut harness = serving(lang, theme, Responder::None);
        let id = harness.state().model.selected.unwrap();
        let command = || Action::Verb(id, Command::SetResponder(rules(text)));
        harness.state_mut().actions.push(command());
        harness.run();
        assert!(shows(&harness, in_language(lang, "with your rights", "以你的权限")));
        assert!(shows(&harness, "date   whoami"));
        assert!(shows(&harness, in_language(lang, "Only programs on this computer", "只有本机的程序")));
        click(&mut harness, in_language(lang, "Cancel", "取消"));
        assert_eq!(harness.state().model.responder(id), Responder::None);
        // Written in the editor and not confirmed: it is there again.
        write(&mut harness, lang, text);
        click(&mut harness, in_language(lang, "Apply", "应用"));
        click(&mut harness, in_language(lang, "Cancel", "取消"));
        assert!(harness.state().view.rules.is_open());
        assert!(shows(
            &harness,
            in_language(lang, "run one of these programs: date, whoami", "运行这些程序之一：date, whoami")
        ));
        harness.state_mut().actions.push(command());
        harness.run();
        harness.state_mut().actions.push(Action::Select(Some(id)));
        harness.run();
        assert!(!harness.state().view.confirm.is_open(), "who looks elsewhere has not confirmed");
        harness.state_mut().actions.push(command());
        harness.run();
        click(&mut harness, in_language(lang, "Run them for whoever connects", "为连接的人运行它们"));
        let responder = harness.state().model.responder(id);
        assert!(responder.rules().unwrap().commands_confirmed);

        let address = "0.0.0.0:0".parse().unwrap();
        let spec = TcpServerSpec { address, responder: rules(text), ..TcpServerSpec::default() };
        harness.state_mut().actions.push(Action::OpenNew(SocketSpec::TcpServer(spec)));
        harness.run();
        assert!(shows(&harness, in_language(lang, "This is refused", "已拒绝")));
        let run = in_language(lang, "Run them for whoever connects", "为连接的人运行它们");
        assert!(harness.get_by_role_and_label(Role::Button, run).accesskit_node().is_disabled());
        assert_eq!(harness.state().model.sockets.len(), 1, "nothing was opened");
    }
}

#[test]
fn rows_are_the_same_data_as_the_text() {
    for (lang, theme) in BOTH {
        let mut harness = serving(lang, theme, rules(GBK));
        click(&mut harness, in_language(lang, "Edit the rules…", "编辑规则…"));
        // Another answer, typed into its row.
        let reply = in_language(lang, "Send a text", "发送文本");
        fill(&mut harness, reply, "好 {nosuch}");
        harness.run();
        let wrong = harness.get_all_by_label_contains("{nosuch}").count();
        assert!(wrong >= 2, "under its row and at the foot");
        fill(&mut harness, reply, "好 {text}");
        harness.run();
        // Another when, out of its menu.
        click(&mut harness, in_language(lang, "When: it is exactly", "当: 恰好是"));
        click(&mut harness, in_language(lang, "it starts with", "开头是"));
        // A new rule, moved to the front; of its actions one more.
        click(&mut harness, in_language(lang, "Add a rule", "添加规则"));
        click(&mut harness, in_language(lang, "Up: rule 2", "上移: 规则 2"));
        harness
            .get_all_by_role_and_label(Role::Button, in_language(lang, "Add an action", "添加动作"))
            .next()
            .unwrap()
            .click();
        harness.run();
        click(&mut harness, in_language(lang, "Send it back", "原样发回"));
        click(&mut harness, in_language(lang, "Apply", "应用"));
        let id = harness.state().model.selected.unwrap();
        let wanted = "encoding = \"gbk\"\n[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"received {text}\" }, \"echo\"]\n\
                      [[rule]]\nwhen = { starts = \"GET \" }\nthen = [{ reply = \"好 {text}\" }, \"close\"]\n";
        assert_eq!(harness.state().model.responder(id), rules(wanted));
    }
}

#[test]
fn escape_throws_no_rules_away_and_their_encoding_is_read() {
    for (lang, theme) in BOTH {
        let mut harness = serving(lang, theme, rules(GBK));
        assert!(shows(&harness, in_language(lang, "Payload is read as GBK", "GBK")), "as the rules write it");
        click(&mut harness, in_language(lang, "Edit the rules…", "编辑规则…"));
        write(&mut harness, lang, "encoding = \"big5\"\n");
        harness.key_press(Key::Escape);
        harness.run();
        harness.key_press(Key::Escape);
        harness.run();
        assert!(harness.state().view.rules.is_open(), "what was written stays");
        // Nor does looking at another socket.
        let id = harness.state().model.selected.unwrap();
        harness.state_mut().actions.push(Action::Select(None));
        harness.run();
        assert!(!harness.state().view.rules.is_open());
        harness.state_mut().actions.push(Action::EditRules(Subject::Socket(id)));
        harness.run();
        assert!(shows(&harness, in_language(lang, "Big5; every read", "Big5；每次读到")));
        click(&mut harness, in_language(lang, "Cancel", "取消"));
        harness.state_mut().actions.push(Action::EditRules(Subject::Socket(id)));
        harness.run();
        assert!(shows(&harness, in_language(lang, "GBK; every read", "GBK；每次读到")), "what was cancelled is gone");
    }
}

#[test]
fn a_built_in_answer_is_taken_over() {
    for (lang, theme) in BOTH {
        let preset = twocan::preset::by_name("udp-time-server").unwrap();
        let mut harness = window(lang, theme);
        harness.state_mut().actions.push(Action::ShowNew(NewKind::Udp));
        harness.run();
        click(&mut harness, in_language(lang, "Built-in…", "内置…"));
        let name = format!("{}  P37", lang.pick(&preset.title));
        assert!(!shows(&harness, "P12"), "a program of TCP is not for UDP");
        click(&mut harness, &name);
        let draft = harness.state().view.new_socket.draft.as_ref().unwrap();
        assert_eq!(draft.responder(), preset.responder());
    }
}
