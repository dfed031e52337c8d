//! Presets and rules on the command line: the real binary against sockets of the standard library.
//!
//! Every port is 0 and asked for, and nothing sleeps. What each built-in preset does is tested against Python in
//! `tests/peers`; here every one is opened once, and the ways to run one are tried with files of this test.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream, UdpSocket},
    path::PathBuf,
    process::Command,
};

use process::{DEADLINE, Ended, Process};
use serde_json::Value;
use tempfile::TempDir;

fn start(arguments: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twocan"));
    command.args(arguments).env("LC_ALL", "en_US.UTF-8");
    Process::start(&mut command)
}

fn run(arguments: &[&str], input: &str) -> Ended {
    let mut process = start(arguments);
    process.write(input);
    process.finish()
}

/// Files of one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A preset with this role, socket and responder.
    fn preset(&self, role: &str, socket: &str, responder: &str) -> String {
        let text = format!(
            "name = \"own\"\nrole = \"{role}\"\n[title]\nen = \"Own\"\nzh-CN = \"自制\"\n[watch]\nen = \"It.\"\nzh-CN = \"它。\"\n\
             [socket]\n{socket}\n[responder]\n{responder}\n"
        );
        self.write("own.toml", text)
    }
}

const ANY_PORT: &str = "127.0.0.1:0";

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn udp() -> (UdpSocket, String) {
    let socket = UdpSocket::bind(ANY_PORT).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

fn read(stream: &mut TcpStream, n: usize) -> Vec<u8> {
    let mut bytes = vec![0; n];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn built_in() -> Vec<Value> {
    let out = String::from_utf8(run(&["presets", "--json"], "").ok()).unwrap();
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn presets_are_listed_a_line_each_in_both_languages() {
    let all = built_in();
    assert!(all.len() > 2);
    for (lang, server, language) in [("en", "server", "en"), ("zh-CN", "服务端", "zh-CN")] {
        let out = String::from_utf8(run(&["presets", "--lang", lang], "").ok()).unwrap();
        assert_eq!(out.lines().count(), all.len());
        for (line, preset) in out.lines().zip(&all) {
            for part in [&preset["name"], &preset["transport"], &preset["address"], &preset["watch"][language]] {
                assert!(line.contains(part.as_str().unwrap()), "{line}: {part}");
            }
            assert!(preset["role"] != "server" || line.contains(server), "{line}");
        }
    }
    let near = run(&["preset", "time-servers"], "");
    assert_eq!(near.code, Some(2));
    assert!(near.err.contains("There is no preset \"time-servers\"") && near.err.contains("-server"), "{}", near.err);
}

#[test]
fn every_built_in_preset_opens_elsewhere_too() {
    let closed = listener().1;
    for preset in built_in() {
        let name = preset["name"].as_str().unwrap();
        let tcp = preset["transport"] == "TCP";
        if preset["role"] == "client" && tcp {
            let ended = run(&["preset", name, "--address", &closed], "");
            assert_eq!(ended.code, Some(1), "{name}: {}", ended.err);
            assert!(ended.err.contains(&closed), "{name}: {}", ended.err);
        } else if preset["role"] != "client" {
            let process = start(&["preset", name, "--address", ANY_PORT, "--for", "5"]);
            process.error_line(if tcp { "listening on 127.0.0.1:" } else { "bound to 127.0.0.1:" });
        }
    }
}

#[test]
fn a_scripted_client_ends_by_itself_and_reads_no_keyboard() {
    let files = Files::new();
    let (listener, address) = listener();
    let script = "connect = [{ reply = \"sb\" }, { await = 1 }, \"close\"]";
    let preset = files.preset("client", "kind = \"tcp-client\"\ntarget = \"127.0.0.1:8008\"", script);
    let rules = files.write("script.toml", script);
    for arguments in [&["preset", &preset, "--address", &address][..], &["tcp-client", &address, "--responder", &rules]]
    {
        let mut process = start(arguments);
        // The end of the input is not the end of a program that reads none.
        process.end_input();
        let mut server = accept(&listener);
        assert_eq!(read(&mut server, 2), b"sb");
        server.write_all("收到了你发送的 b'sb'".as_bytes()).unwrap();
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
        let ended = process.finish();
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert_eq!(String::from_utf8(ended.out).unwrap(), "收到了你发送的 b'sb'");
    }
}

#[test]
fn a_server_without_a_loop_ends_after_its_client() {
    let files = Files::new();
    let socket = "kind = \"tcp-server\"\naddress = \"127.0.0.1:8008\"\naccepts = 1";
    let preset = files.preset("server", socket, "[[responder.rule]]\nwhen = \"any\"\nthen = [\"upper\", \"close\"]");
    let process = start(&["preset", &preset, "--address", ANY_PORT]);
    let mut client = connect(&process.error_line("listening on "));
    client.write_all(b"hello").unwrap();
    assert_eq!(read(&mut client, 5), b"HELLO");
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(process.finish().ok(), b"hello");
}

#[test]
fn lines_wait_for_their_answers_where_a_conversation_goes_back_and_forth() {
    let files = Files::new();
    let (listener, address) = listener();
    let lines = "[responder.lines]\nping-pong = true\nquit = \"q\"";
    let preset = files.preset("client", "kind = \"tcp-client\"\ntarget = \"127.0.0.1:8008\"", lines);
    // With and without the word that ends it.
    for input in ["one\n\ntwo\nq\nnever\n", "one\n\ntwo"] {
        let mut process = start(&["preset", &preset, "--address", &address]);
        process.write(input);
        process.end_input();
        let mut server = accept(&listener);
        for message in [&b"one"[..], b"two"] {
            assert_eq!(read(&mut server, 3), message);
            server.set_nonblocking(true).unwrap();
            assert_eq!(server.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "{input:?}");
            server.set_nonblocking(false).unwrap();
            server.write_all(message).unwrap();
        }
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
        drop(server);
        assert_eq!(process.finish().ok(), b"onetwo", "{input:?}");
    }
}

#[test]
fn the_word_that_ends_it_is_sent_before_where_the_rules_say_so() {
    let files = Files::new();
    let (listener, address) = listener();
    let lines = "[responder.lines]\nping-pong = true\nquit = \"q\"\nquit-sends = true";
    let preset = files.preset("client", "kind = \"tcp-client\"\ntarget = \"127.0.0.1:8080\"", lines);
    for _ in 0..10 {
        let mut process = start(&["preset", &preset, "--address", &address]);
        process.write("hello\nq\n");
        process.end_input();
        let mut server = accept(&listener);
        assert_eq!(read(&mut server, 5), b"hello");
        server.write_all(b"HELLO").unwrap();
        assert_eq!(read(&mut server, 1), b"q");
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
        assert_eq!(process.finish().ok(), b"HELLO");
    }
}

#[test]
fn lines_leave_before_the_end_of_the_input_does() {
    let files = Files::new();
    let (listener, address) = listener();
    let rules = files.write("lines.toml", "connect = [{ reply = \"hi \" }]\n[lines]\nsend = \"{line};\"");
    for _ in 0..10 {
        let mut process = start(&["tcp-client", &address, "--responder", &rules]);
        let mut server = accept(&listener);
        process.write("a\nb\nc");
        process.end_input();
        let mut got = Vec::new();
        server.read_to_end(&mut got).unwrap();
        assert_eq!(got, b"hi a;b;c;");
        drop(server);
        process.finish().ok();
    }
}

#[test]
fn standard_input_answers_who_asked_in_their_order() {
    let files = Files::new();
    let ask = "[[responder.rule]]\nwhen = \"any\"\nthen = [\"ask\"]";
    let preset = files.preset("peer", "kind = \"udp\"\naddress = \"127.0.0.1:8081\"", ask);
    let mut process = start(&["preset", &preset, "--address", ANY_PORT]);
    let address = process.error_line("bound to ");
    // Typed before anybody asked: it waits.
    process.write("first\n");
    let peers = [udp().0, udp().0];
    for (peer, asks, answer) in [(0, "发给taibai: hello", "first"), (1, "发给taibai: 你好", "second")] {
        peers[peer].send_to(asks.as_bytes(), &address).unwrap();
        if answer == "second" {
            process.error_line(&format!("{} waits for your answer", peers[1].local_addr().unwrap()));
            process.write("second\n");
        }
        let mut buffer = [0; 64];
        let len = peers[peer].recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..len], answer.as_bytes());
    }
    process.says("发给taibai: hello发给taibai: 你好");
}

#[test]
fn a_udp_client_ends_with_its_last_answer() {
    let files = Files::new();
    let (server, address) = udp();
    let socket = "kind = \"udp\"\naddress = \"127.0.0.1:0\"\nconnect = \"127.0.0.1:9000\"";
    let lines = "[responder.lines]\nsend = \"to {line}\"\nping-pong = true\nempty = \"sent\"";
    let preset = files.preset("client", socket, lines);
    let mut process = start(&["preset", &preset, "--address", &address, "--wait", "60"]);
    process.write("a\nb\n");
    process.end_input();
    for wanted in ["to a", "to b"] {
        let mut buffer = [0; 64];
        let (len, from) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..len], wanted.as_bytes());
        server.send_to(wanted.as_bytes(), from).unwrap();
    }
    assert_eq!(process.finish().ok(), b"to ato b");
}

#[test]
fn the_encoding_is_that_of_the_rules_unless_another_is_named() {
    let files = Files::new();
    let rules = files.write("gbk.toml", "encoding = \"gbk\"\n[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"你好\" }]");
    for (extra, hello) in [(&[][..], &b"\xC4\xE3\xBA\xC3"[..]), (&["--encoding", "utf-8"], "你好".as_bytes())] {
        let arguments = [&["tcp-server", "--responder", &rules, "--count", "1"][..], extra].concat();
        let process = start(&arguments);
        let mut client = connect(&process.error_line("listening on "));
        client.write_all(hello).unwrap();
        assert_eq!(read(&mut client, hello.len()), hello);
        drop(client);
        assert_eq!(String::from_utf8(process.finish().ok()).unwrap(), "你好");
    }
    let latin = run(&["tcp-server", "--responder", &rules, "--encoding", "latin1"], "");
    assert_eq!(latin.code, Some(2));
    assert!(latin.err.contains('你'), "{}", latin.err);
}

#[test]
fn a_bad_file_names_itself_its_line_and_its_field() {
    let files = Files::new();
    let bad = files.write("bad.toml", "[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"{nosuch}\" }]");
    let ended = run(&["udp", "--responder", &bad], "");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.err.contains(&format!("{bad}: line 3, column 20, rule[1].then[1].reply: {{nosuch}}")),
        "{}",
        ended.err
    );
    let chinese = run(&["udp", "--responder", &bad, "--lang", "zh"], "");
    assert!(chinese.err.contains("第 3 行第 20 列") && chinese.out.is_empty(), "{}", chinese.err);
    let preset = files.preset("server", "kind = \"tcp-server\"\nadress = \"127.0.0.1:0\"", "");
    let ended = run(&["preset", &preset], "");
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("line 11") && ended.err.contains("socket.adress"), "{}", ended.err);
    let missing = run(&["tcp-server", "--responder", "/no/such.toml"], "");
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("/no/such.toml: "), "{}", missing.err);
    let both = run(&["tcp-server", "--responder", &bad, "--reply", "echo"], "");
    assert_eq!(both.code, Some(2));
}

#[test]
fn answers_are_named_by_presets_of_the_same_kind() {
    let all = built_in();
    let of = |transport: &str| {
        let found = all.iter().find(|it| it["role"] == "server" && it["transport"] == transport);
        found.unwrap()["name"].as_str().unwrap().to_owned()
    };
    let (tcp, udp) = (of("TCP"), of("UDP"));
    start(&["tcp-server", "--reply", &tcp]).error_line("listening on ");
    start(&["udp", "--reply", &udp]).error_line("bound to ");
    for (arguments, known) in [(["tcp-server", "--reply", "nosuch"], &tcp), (["udp", "--reply", "nosuch"], &udp)] {
        let ended = run(&arguments, "");
        assert_eq!(ended.code, Some(2));
        assert!(ended.err.contains("none, echo, upper, ") && ended.err.contains(known), "{}", ended.err);
        let help = String::from_utf8(run(&[arguments[0], "--help"], "").ok()).unwrap();
        assert!(help.contains(known), "{help}");
    }
}

#[test]
fn a_file_takes_the_place_of_the_presets_own() {
    let files = Files::new();
    let socket = "kind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\naccepts = 1";
    let responder = "connect = [{ reply = \"{file.name}|{file.size}|\" }, \"file\", \"close\"]\n[responder.file]\nname = \"样例.txt\"\ntext = \"abc\"";
    let preset = files.preset("server", socket, responder);
    let other = files.write("other.bin", [0, 1, 2, 255]);
    for (extra, wanted) in
        [(vec![], "样例.txt|3|abc".as_bytes()), (vec!["--file", &other], b"other.bin|4|\0\x01\x02\xFF")]
    {
        let process = start(&[vec!["preset", &preset], extra].concat());
        let mut client = connect(&process.error_line("listening on "));
        let mut got = Vec::new();
        client.read_to_end(&mut got).unwrap();
        assert_eq!(got, wanted);
        process.finish().ok();
    }
    for (path, says) in [("/no/such/file", "/no/such/file: "), (files.0.path().to_str().unwrap(), "not a file")] {
        let ended = run(&["preset", &preset, "--file", path], "");
        assert_eq!(ended.code, Some(2));
        assert!(ended.err.contains(says), "{}", ended.err);
    }
    let none = files.preset("server", socket, "");
    let ended = run(&["preset", &none, "--file", &other], "");
    assert_eq!((ended.code, ended.err.contains("own sends no file")), (Some(2), true), "{}", ended.err);
}

#[test]
#[cfg(unix)]
fn programs_run_only_on_loopback_and_only_with_the_users_word() {
    let files = Files::new();
    let command = "[[responder.rule]]\nwhen = \"any\"\nthen = [{ command = { programs = [\"echo\"] } }]";
    let preset = files.preset("server", "kind = \"tcp-server\"\naddress = \"127.0.0.1:0\"", command);
    let rules = files.write("rules.toml", command.replace("responder.", ""));
    for arguments in [&["preset", &preset][..], &["tcp-server", "--responder", &rules], &["udp", "--responder", &rules]]
    {
        let ended = run(arguments, "");
        assert_eq!(ended.code, Some(2));
        assert!(ended.err.contains("echo") && ended.err.contains("--allow-commands"), "{}", ended.err);
        assert!(!ended.err.contains("listening"), "{}", ended.err);
    }
    let open = run(&["preset", &preset, "--address", "0.0.0.0:0", "--allow-commands"], "");
    assert_eq!(open.code, Some(2));
    assert!(open.err.contains("0.0.0.0 can be reached by others"), "{}", open.err);
    let process = start(&["preset", &preset, "--allow-commands"]);
    let mut client = connect(&process.error_line("listening on "));
    client.write_all(b"echo 'hello  there' $HOME").unwrap();
    assert_eq!(read(&mut client, 19), b"hello  there $HOME\n");
    process.error_line("echo 'hello  there' $HOME: exit status 0");
}

fn http_client(files: &Files) -> String {
    let get = "connect = [{ reply = \"GET / HTTP/1.1\\r\\nHost: {peer}\\r\\nConnection: close\\r\\n\\r\\n\" }]";
    files.preset("client", "kind = \"tcp-client\"\ntarget = \"127.0.0.1:80\"\nclose_on_end = true", get)
}

#[test]
fn what_is_wrong_with_an_answer_over_http_is_told() {
    let files = Files::new();
    let (listener, address) = listener();
    let preset = http_client(&files);
    for (answer, closes, text, says) in [
        (
            &b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gbk\r\nContent-Length: 4\r\n\r\n\xC4\xE3\xBA\xC3"[..],
            false,
            "你好",
            None,
        ),
        (b"HTTP/1.1 200 OK\r\n\r\n<h1>", false, "<h1>", Some("nobody can know where the answer ends")),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<h1>",
            true,
            "<h1>",
            Some("the body has 4 bytes, and its Content-Length says 9"),
        ),
        (b"hello", true, "hello", Some("no status line")),
    ] {
        let process = start(&["preset", &preset, "--address", &address, "--wait", "0.3"]);
        let mut server = accept(&listener);
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        assert_eq!(read(&mut server, request.len()), request.as_bytes());
        server.write_all(answer).unwrap();
        if closes {
            server.shutdown(Shutdown::Write).unwrap();
        }
        let ended = process.finish();
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert!(String::from_utf8(ended.out).unwrap().ends_with(text), "{says:?}");
        match says {
            Some(says) => assert!(ended.err.contains(says), "{}", ended.err),
            None => assert!(!ended.err.contains("HTTP"), "{}", ended.err),
        }
    }
}

#[test]
fn the_rules_of_the_readme_do_what_it_says() {
    let readme = include_str!("../README.md");
    let (_, behind) = readme.split_once("```toml\n").unwrap();
    let (rules, _) = behind.split_once("```").unwrap();
    let files = Files::new();
    let process = start(&["tcp-server", ANY_PORT, "--responder", &files.write("shop.toml", rules)]);
    let mut client = connect(&process.error_line("listening on "));
    client.write_all(b"price tea\nwhat\nbye\n").unwrap();
    let mut got = Vec::new();
    client.read_to_end(&mut got).unwrap();
    // 您好， and 再见 in GBK.
    let hello = [b"\xC4\xFA\xBA\xC3\xA3\xAC", client.local_addr().unwrap().to_string().as_bytes()].concat();
    assert_eq!(got, [&hello, &b"\r\ntea: 5.00\r\n2. b'what'?\r\n\xD4\xD9\xBC\xFB\r\n"[..]].concat());
}

#[test]
fn lines_that_rules_make_messages_of_have_no_other_form() {
    let files = Files::new();
    let lines = files.write("lines.toml", "[lines]\nsend = \"{line}!\"");
    for option in [&["--hex"][..], &["--escapes"], &["--ending", "crlf"]] {
        let ended = run(&[&["udp", "--responder", &lines][..], option].concat(), "");
        assert_eq!(ended.code, Some(2));
        assert!(ended.err.contains("make messages of lines themselves"), "{}", ended.err);
    }
}
