//! Every action, condition and framing in every kind of socket: what comes out is a program.

use std::{fs, path::Path, process::Command};

use twocan::{
    export::code::{Language, code},
    net::SocketSpec,
};

/// Every action in every kind of socket, every condition, every framing; and all presets.
fn many_sockets() -> Vec<(String, SocketSpec)> {
    let actions = [
        "'nothing'",
        "'echo'",
        "'upper'",
        "'upper-text'",
        "'strip', 'upper', { reply = '{len}' }",
        "{ reply = '你好 {text} {bytes} {hex} {len} {n} {peer} {local} {now:%X \"} {file.name} {file.size} {{}}' }",
        "{ reply = '{len:u8}{n:u16-le}{file.size:i64-be}{time:u32-be}{time}' }",
        "{ reply-hex = '00 27 22 5C FF' }",
        "{ one-of = ['a', '{n}'] }",
        "{ script = { messages = ['a', \"b\\n\", '\"c\"'], gap-ms = 1 } }",
        "{ script = { messages = ['{n}', 'b'] } }",
        "'file'",
        "{ strftime = '%Y年' }",
        "'chargen'",
        "{ page = { body = '<h1>{n}</h1>' } }",
        "{ others = '{peer}: {text}' }",
        "'ask'",
        "'shell'",
        "{ receive = '12' }",
        "{ receive = '{len}' }",
        "{ await = 1 }",
        "{ await = 3 }",
        "'await-end'",
        "{ wait-ms = 1500 }",
        "{ split = { bytes = 3, gap-ms = 10 } }, 'echo'",
        "{ drop-percent = 30 }, 'echo'",
        "{ drop-percent = 30 }",
        "'next-client'",
        "'half-close'",
        "'close'",
        "'reset'",
        "'nothing', 'echo', 'close', 'echo'",
    ];
    let conditions = [
        "'any'",
        r#"{ exact = "it's" }"#,
        "{ contains = '你' }",
        "{ contains = '' }",
        "{ starts = { hex = '00 0A' } }",
        r"{ ends = '\' }",
        r"{ regex = '(?i)^(a)|(你+)?\.$' }",
        "{ regex = '[你好]' }",
        r"{ regex = '(?-u)^\s*$' }",
        "{ regex = '^GET ' }",
        "{ regex = '你' }",
        "'empty'",
        "{ message = 3 }",
        "'end'",
        "{ every-ms = 250 }",
    ];
    let framings = [
        "'none'",
        "'line'",
        r#"{ delimiter = '::\x00"' }"#,
        "{ fixed = 8 }",
        "{ prefix = 'i64-le' }",
        "{ prefix = 'u8' }",
        "{ self-prefix = 'u32-be' }",
        "{ self-prefix = 'i64-le' }",
        "{ header = 'u32-be' }",
    ];
    let kinds = [
        "kind = 'tcp-server'\nmodel = 'threads'",
        "kind = 'tcp-server'\nmodel = 'sequential'",
        "kind = 'tcp-server'\nmodel = 'event-loop'",
        "kind = 'tcp-server'\naccepts = 3",
        "kind = 'tcp-client'",
        "kind = 'udp'",
        "kind = 'udp'\nconnect = '[::1]:9'",
    ];
    let others = [
        "close-after-ms = 1200",
        "[responder.lines]\nquit = '\"q'\nquit-sends = true\nempty = 'ends'",
        "[responder.lines]\nping-pong = true\nleave = 'half-close'\nempty = 'sent'\nsend = '发给{peer}: {line}'",
        "[responder.lines]\nleave = 'reset'\nquit = ''",
        "[responder.lines]\nsend = '{n}{peer}{local}{line}{time}'",
        "[responder.lines]\nsend = '{text}{bytes} {hex} {len:u8}'",
    ];
    let mut texts = Vec::new();
    for kind in kinds {
        let head = format!("{kind}\n[responder]\nencoding = 'gbk'\nfile = {{ name = '文.txt', text = 'a' }}\n");
        let rule = |when: &str, then: &str| format!("[[responder.rule]]\nwhen = {when}\nthen = [{then}]\n");
        for action in actions {
            texts.push(format!("{head}connect = [{action}]\n"));
            texts.push(format!("{head}{}{}", rule("{ exact = 'a' }", "'nothing'"), rule("'any'", action)));
            texts.push(format!("{head}{}", rule("'end'", action)));
            texts.push(format!("{head}{}", rule("{ every-ms = 100 }", action)));
        }
        for condition in conditions {
            texts.push(format!("{head}{}{}", rule(condition, "'upper'"), rule("'any'", "'nothing'")));
        }
        for framing in framings {
            texts.push(format!(
                "{head}framing = {framing}\nframing-out = {framing}\n{}",
                rule("'any'", "'echo', { await = 1 }")
            ));
            texts.push(format!(
                "{head}framing = {framing}\nframing-out = {framing}\n{}",
                rule("'any'", "{ others = '{text}' }")
            ));
        }
        for other in others {
            texts.push(format!("{head}{other}\n"));
            texts.push(format!("{}{other}\n", head.replace("gbk", "utf-8")));
        }
    }
    let socket = |text: &String| toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let sockets = texts.iter().enumerate().map(|(number, text)| (format!("p{number}"), socket(text)));
    let presets = twocan::preset::all().iter().map(|preset| (preset.name.replace('-', "_"), preset.socket.clone()));
    sockets.chain(presets).collect()
}

/// Python and Rust take every program, and without a warning.
#[test]
fn whatever_a_socket_does_its_program_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let (mut scripts, mut modules) = (Vec::new(), String::from("#![allow(dead_code)]\n"));
    for (name, spec) in many_sockets() {
        if let Ok(program) = code(&spec, Language::Python) {
            let path = folder.path().join(&name).with_extension("py");
            fs::write(&path, program).unwrap();
            scripts.push(path);
        }
        if let Ok(program) = code(&spec, Language::Rust) {
            fs::write(folder.path().join(&name).with_extension("rs"), program).unwrap();
            modules.extend(["mod ", name.as_str(), ";\n"]);
        }
    }
    assert!(scripts.len() > 700);
    let names = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/names.py");
    let python = Command::new("python3").args(["-W", "error"]).arg(names).args(&scripts).output().unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    fs::write(folder.path().join("lib.rs"), modules).unwrap();
    let rustc = Command::new("rustc")
        .args(["--edition", "2021", "--crate-type", "lib", "-D", "warnings", "--emit", "metadata"])
        .args(["--out-dir".as_ref(), folder.path(), &folder.path().join("lib.rs")])
        .output()
        .unwrap();
    assert!(rustc.status.success(), "{}", String::from_utf8_lossy(&rustc.stderr));
}
