//! How it ends: with a slow reader of its output, a full disk, a peer that does not read, nobody there.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{TcpListener, UdpSocket},
    process::Stdio,
    sync::mpsc,
    time::Duration,
};

use super::{
    command,
    process::DEADLINE,
    run,
    tcp::{accept, aside},
};

/// Longer than all `--wait`s here.
const STALL: Duration = Duration::from_millis(500);

#[test]
fn a_reader_that_pauses_gets_everything_and_the_peer_is_not_called_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let bytes = vec![b'z'; 96 << 20];
    let (sender, sent) = mpsc::sync_channel(1);
    let peer = aside(move || {
        accept(&listener).write_all(&bytes).unwrap();
        sender.send(()).unwrap();
    });
    let mut client = command(&["tcp-client", &address, "--wait", "0.2"]);
    let mut client = client.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Nobody reads its output yet, and more is to come than all buffers between hold.
    assert_eq!(sent.recv_timeout(STALL), Err(mpsc::RecvTimeoutError::Timeout));
    let mut out = client.stdout.take().unwrap();
    let count = std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    let ended = client.wait_with_output().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((count, ended.status.code()), (96 << 20, Some(0)), "{err}");
    assert!(!err.contains("nothing more"), "{err}");
    peer();
}

#[test]
fn a_datagram_that_was_received_is_written_however_slow_the_reader() {
    const COUNT: usize = 2_000;
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let to = peer.local_addr().unwrap().to_string();
    let mut client = command(&["udp", "--to", &to, "--wait", "0.2"]);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    client.stdin.take().unwrap().write_all(b"go").unwrap();
    let (_, from) = peer.recv_from(&mut [0; 9]).unwrap();
    for _ in 0..COUNT {
        peer.send_to(&[b'u'; 100], from).unwrap();
    }
    // Nothing comes here: it stands for the time in which nobody reads the output.
    peer.set_read_timeout(Some(STALL)).unwrap();
    peer.recv_from(&mut [0; 9]).unwrap_err();
    let ended = client.wait_with_output().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    let count = |text: &str| {
        let line = err.lines().find(|line| line.contains(text))?;
        line.split(|c: char| !c.is_ascii_digit() && c != ' ').next()?.replace(' ', "").parse::<usize>().ok()
    };
    let (dropped, lost) = (count("dropped by the kernel").unwrap_or(0), count("not written").unwrap_or(0));
    assert_eq!(ended.stdout.len() / 100 + dropped + lost, COUNT, "{err}");
    assert_eq!(lost, 0, "all of them fit in the queue: {err}");
}

#[test]
fn a_peer_is_not_silent_while_it_is_not_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let peer = aside(move || accept(&listener).write_all(b"late").unwrap());
    let ended = run(&["tcp-client", &address, "--read-delay", "400", "--wait", "0.1"], "");
    assert_eq!(ended.ok(), b"late");
    peer();
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let peer = aside(move || {
        for _ in 0..2 {
            accept(&listener).write_all(b"received").unwrap();
        }
    });
    for arguments in [
        &["tcp-client", &address][..],
        &["tcp-client", &address, "--json"],
        &["tour"],
        &["presets"],
        &["lab"],
        &["--help"],
    ] {
        let mut process = command(arguments);
        let ended = process.stdin(Stdio::null()).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {err}");
        assert!(err.contains("Standard output cannot be written: No space left"), "{arguments:?}: {err}");
    }
    peer();
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_where_a_file_arrives_too() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, "a").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let peer = aside(move || {
        let mut came = Vec::new();
        accept(&listener).read_to_end(&mut came).unwrap();
        came
    });
    let mut process = command(&["send", path.to_str().unwrap(), "--to", &address, "--way", "raw", "--json"]);
    let ended = process.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), peer()), (Some(1), b"a".to_vec()), "{err}");
    assert!(err.contains("Standard output cannot be written: No space left"), "{err}");
}

#[test]
fn lines_that_nobody_got_are_told_of() {
    for arguments in [&["tcp-server", "--for", "0.3"][..], &["udp", "--for", "0.3"]] {
        let ended = run(arguments, "one\ntwo\n");
        assert_eq!(ended.code, Some(1), "{}", ended.err);
        assert!(ended.err.contains("line 1 was not sent, nor what follows: nobody was there"), "{}", ended.err);
    }
}

#[test]
fn lines_that_a_peer_did_not_take_in_time_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    // More than the buffers between two sockets hold; and more lines than are read ahead.
    let long = vec![b'x'; 24 << 20];
    let short = b"0123456789\n".repeat(1 << 20);
    for (lines, says) in [(long, "line 1 was not sent to its end"), (short, "was not sent to its end")] {
        let path = folder.path().join("lines");
        std::fs::write(&path, lines).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut client = command(&["tcp-client", &address, "--for", "0.5"]);
        let client = client.stdin(File::open(&path).unwrap()).stderr(Stdio::piped()).spawn().unwrap();
        let _stream = accept(&listener);
        let ended = client.wait_with_output().unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{err}");
        assert!(err.contains(says) && !err.contains("by you"), "{err}");
    }
}

#[test]
fn time_that_is_over_before_the_connection_is_there_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = run(&["tcp-client", &listener.local_addr().unwrap().to_string(), "--for", "0"], "");
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("before the connection was there"), "{}", ended.err);
}
