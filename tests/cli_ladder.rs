//! `--ladder` and `--pcap` on the command line: the real binary, its standard error, and the file that it leaves.
//!
//! What is in a capture is read by `tshark` in `tests/tshark.rs`; here it has to be there, whole, and never in the place of
//! another file.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;

use std::{fs, path::Path, process::Command};

use process::Process;

fn start(arguments: &[&str]) -> Process {
    Process::start(Command::new(env!("CARGO_BIN_EXE_twocan")).args(arguments).env("LC_ALL", "en_US.UTF-8"))
}

/// The types of a pcapng file's blocks; each says its length at both ends.
fn blocks(file: &[u8]) -> Vec<u32> {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let (mut at, mut kinds) = (0, Vec::new());
    while at < file.len() {
        let len = number(at + 4) as usize;
        assert_eq!(number(at + len - 4) as usize, len);
        kinds.push(number(at));
        at += len;
    }
    kinds
}

fn contains(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|window| window == text.as_bytes())
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_client_and_its_server_draw_and_save_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (path(folder.path(), "client.pcapng"), path(folder.path(), "server.pcapng"));
    let server = start(&["tcp-server", "127.0.0.1:0", "--reply", "echo", "--count", "1", "--pcap", &there, "--ladder"]);
    let address = server.error_line("listening on ");
    let mut client = start(&["tcp-client", &address, "--pcap", &here, "--ladder", "--count", "1"]);
    client.write("hello\n");
    let client = client.finish();
    assert_eq!(client.code, Some(0), "{}", client.err);
    assert_eq!(client.out, b"hello");
    for told in ["connect = 0", "send = 5", "recv = 5", "SYN+ACK", "5 B ?", "╌▶", "client.pcapng: "] {
        assert!(client.err.contains(told), "{told}:\n{}", client.err);
    }
    let server = server.finish();
    for told in ["listen(128)", "accept = #2", "ESTABLISHED", "recv = 5", "server.pcapng: "] {
        assert!(server.err.contains(told), "{told}:\n{}", server.err);
    }
    for file in [&here, &there] {
        let file = fs::read(file).unwrap();
        let kinds = blocks(&file);
        assert_eq!(kinds[..2], [0x0A0D_0D0A, 1]);
        assert!(kinds.len() > 6 && kinds[2..].iter().all(|kind| *kind == 6), "{kinds:?}");
        assert!(contains(&file, "synthesised by Twocan from socket calls: "));
        assert!(contains(&file, "hello"));
    }
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "mine.pcapng");
    fs::write(&file, "mine").unwrap();
    for command in [&["tcp-server"][..], &["tcp-client", "127.0.0.1:9"], &["udp"], &["preset", "udp-time-server"]] {
        let ended = start(&[command, &["--pcap", &file]].concat()).finish();
        assert_eq!(ended.code, Some(2), "{command:?}: {}", ended.err);
        assert!(ended.err.contains("mine.pcapng is there already"), "{}", ended.err);
        assert!(!ended.err.contains("bound to") && !ended.err.contains("listening"), "{}", ended.err);
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    let ended = start(&["udp", "--pcap", "/no/such/folder/a.pcapng", "--lang", "zh-CN"]).finish();
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("无法写入 /no/such/folder/a.pcapng"), "{}", ended.err);
}

#[test]
fn a_refused_connect_is_drawn_too() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let ended = start(&["tcp-client", &address, "--ladder", "--quiet"]).finish();
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("connect ECONNREFUSED") && ended.err.contains("RST"), "{}", ended.err);
}

/// A server without an end of its own: what it saw is written all the same.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_session_that_has_a_file_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "udp.pcapng");
    let socket = start(&["udp", "--bind", "127.0.0.1:0", "--pcap", &file]);
    let address = socket.error_line("bound to ");
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"a datagram", address).unwrap();
    socket.output(10);
    assert!(Command::new("kill").args(["-INT", &socket.id().to_string()]).status().unwrap().success());
    let ended = socket.finish();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("udp.pcapng: 1 row as packets, with 10 bytes"), "{}", ended.err);
    assert!(contains(&fs::read(&file).unwrap(), "a datagram"));
}
