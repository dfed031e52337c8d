//! Ctrl+C and its kin.

use std::{
    io::Write as _,
    net::TcpListener,
    process::{Command, Stdio},
    thread,
};

use super::{
    bound, command,
    tcp::{accept, aside},
};

fn kill(signal: &str, process: u32) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

#[test]
fn ctrl_c_is_an_end_as_any_other() {
    for signal in ["-INT", "-TERM"] {
        let (server, _) = bound(&["tcp-server"], "listening on ");
        kill(signal, server.id());
        let ended = server.finish();
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert!(ended.err.contains("received 0 messages"), "{}", ended.err);
    }
}

#[test]
fn a_second_one_ends_it_although_nobody_reads_its_output() {
    for arguments in [&["tcp-client"][..], &["tcp-client", "--ladder"]] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut client = command(&[arguments, &[&address]].concat());
        let mut client = client.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let unread = client.stdout.take().unwrap();
        let mut stream = accept(&listener);
        let block = vec![b'z'; 1 << 20];
        // Far more than a pipe holds is there before the first signal comes.
        stream.write_all(&block).unwrap();
        let flood = thread::Builder::new().spawn(move || while stream.write_all(&block).is_ok() {}).unwrap();
        kill("-INT", client.id());
        kill("-TERM", client.id());
        let code = aside(move || client.wait().unwrap().code())();
        assert!(matches!(code, Some(130 | 143)), "{code:?}");
        drop(unread);
        flood.join().unwrap();
    }
}
