//! `tcp-client` and `tcp-server`.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    process::Stdio,
    sync::mpsc,
    thread,
};

use serde_json::Value;

use super::{
    any_port, bound, command,
    process::{DEADLINE, Ended},
    run, start,
};

/// Runs a client with this input against a peer of the test's own, which gets the connection.
pub fn client_of<T: Send + 'static>(
    arguments: &[&str],
    input: &[u8],
    peer: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (Ended, T) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let done = aside(move || peer(accept(&listener)));
    let ended = run(&[&["tcp-client", &address], arguments].concat(), input);
    (ended, done())
}

/// Starts something that waits for the program and returns a way to get its result, or to fail in time.
pub fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().spawn(move || sender.send(work())).unwrap();
    move || receiver.recv_timeout(DEADLINE).expect("the peer is done")
}

pub fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

pub fn all_of(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// What a client sends for this input.
fn sent(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let (ended, bytes) = client_of(arguments, input, |stream| all_of(&stream));
    ended.ok();
    bytes
}

/// A connection to a server of ours.
pub fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// A port on which nobody listens: one that was given back.
fn closed_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn two_of_them_talk_in_gbk_over_both_families() {
    for address in any_port() {
        let (mut server, at) = bound(&["tcp-server", address, "--encoding", "gbk"], "listening on ");
        server.write("你好，客户端\n");
        let mut client = start(&["tcp-client", &at, "--encoding", "gbk", "--ending", "lf"]);
        client.says("你好，客户端");
        client.write("你好，服务端\n");
        server.says("你好，服务端\n");
        client.end_input();
        // The client half-closes, the server closes then, and both directions have ended.
        assert_eq!(client.finish().ok(), "你好，客户端".as_bytes());
    }
}

#[test]
fn text_leaves_and_arrives_in_the_encoding() {
    let (ended, received) = client_of(&["--encoding", "gbk"], "你好\n".as_bytes(), |mut stream| {
        let received = all_of(&stream);
        // A character that is cut between two reads is whole all the same.
        for byte in [0xD4, 0xD9, 0xBC, 0xFB] {
            stream.write_all(&[byte]).unwrap();
        }
        received
    });
    assert_eq!(received, [0xC4, 0xE3, 0xBA, 0xC3]);
    assert_eq!(ended.ok(), "再见".as_bytes());
}

#[test]
fn half_a_character_at_the_end_is_shown() {
    let (ended, ()) = client_of(&["--encoding", "gbk"], b"", |mut stream| stream.write_all(b"ok\xC4").unwrap());
    assert_eq!(ended.ok(), "ok\u{FFFD}".as_bytes());
}

#[test]
fn the_end_of_the_input_half_closes_and_the_answer_still_arrives() {
    let (ended, received) = client_of(&["--ending", "lf"], b"question\n", |mut stream| {
        // Only a FIN ends this.
        let received = all_of(&stream);
        stream.write_all(b"answer").unwrap();
        received
    });
    assert_eq!(received, b"question\n");
    assert!(ended.err.contains("FIN sent"), "{}", ended.err);
    assert_eq!(ended.ok(), b"answer");
}

#[test]
fn a_peer_that_does_not_end_is_waited_for_no_longer_than_asked() {
    let (ended, _stream) = client_of(&["--wait", "0.2"], b"hello\n", |mut stream| {
        stream.write_all(b"hi").unwrap();
        stream
    });
    assert!(ended.err.contains("nothing more for 200 ms"), "{}", ended.err);
    assert_eq!(ended.ok(), b"hi");
}

#[test]
fn a_peer_that_ends_first_still_gets_the_rest() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = start(&["tcp-client", &listener.local_addr().unwrap().to_string(), "--ending", "lf"]);
    client.error_line("connected to");
    let stream = accept(&listener);
    stream.shutdown(Shutdown::Write).unwrap();
    client.error_line("the peer ended");
    client.write("late\n");
    client.end_input();
    assert_eq!(all_of(&stream), b"late\n");
    client.finish().ok();
}

#[test]
fn endings_stand_in_for_the_newline_and_are_encoded() {
    for (ending, bytes) in [
        ("none", &b"a\0b\0"[..]),
        ("lf", b"a\0\n\0b\0\n\0"),
        ("cr", b"a\0\r\0b\0\r\0"),
        ("crlf", b"a\0\r\0\n\0b\0\r\0\n\0"),
    ] {
        assert_eq!(sent(&["--encoding", "utf-16le", "--ending", ending], b"a\nb\n"), bytes, "{ending}");
    }
    assert_eq!(sent(&["--ending", "crlf"], b"no newline"), b"no newline");
}

#[test]
fn escapes_and_hex_are_understood_where_asked_for() {
    assert_eq!(
        sent(&["--escapes", "--encoding", "gbk"], "你\\xff\\u597D\\r\\n\n".as_bytes()),
        b"\xC4\xE3\xFF\xBA\xC3\r\n"
    );
    assert_eq!(sent(&[], b"a\\n\n"), b"a\\n");
    assert_eq!(sent(&["--hex"], b"C4 E3\n0xBA,0xC3\n"), [0xC4, 0xE3, 0xBA, 0xC3]);
}

#[test]
fn a_dump_in_a_pipe_is_its_bytes() {
    let dump = b"00000000  48 65 6c 6c 6f 20 77 6f  72 6c 64 2c 20 7c 20 34  |Hello world, | 4|\n\
                 00000010  31 20 34 32 20 20 34 33  0a                       |1 42  43.|\n\
                 00000019\n";
    assert_eq!(sent(&["--hex"], dump), b"Hello world, | 41 42  43\n");
    let (ended, received) = client_of(&["--hex"], b"0000  41 42\n0008  43\n00 4\n", |stream| all_of(&stream));
    assert_eq!((ended.code, received), (Some(3), b"AB".to_vec()));
    assert!(
        ended.err.contains("line 2 was not sent: Line 2 of the dump is at 0008, but 0002 comes next"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("line 3 was not sent: A lone hex digit in column 4"), "{}", ended.err);
}

#[test]
fn the_name_of_an_encoding_is_told_where_another_was_typed() {
    for (arguments, told) in [
        (&["--encoding", "cp936"][..], true),
        (&["--encoding", "gbk"], false),
        (&["--encoding", "cp936", "--quiet"], false),
    ] {
        let (ended, ()) = client_of(arguments, b"", |stream| drop(all_of(&stream)));
        assert_eq!(ended.err.matches("\nencoding: GBK\n").count(), usize::from(told), "{}", ended.err);
        assert!(!told || ended.err.starts_with("connected to "), "{}", ended.err);
    }
}

#[test]
fn hex_shows_a_line_a_message() {
    let (mut server, at) = bound(&["tcp-server", "--hex", "--reply", "echo", "--count", "1"], "listening on ");
    let mut stream = connect(&at);
    stream.write_all(&[0, 0xC4, 0xE3, 0x0A]).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    server.end_input();
    assert_eq!(server.finish().ok(), b"00 C4 E3 0A\n");
}

#[test]
fn what_cannot_be_sent_is_refused_with_its_column_and_the_rest_is_sent() {
    for (arguments, input, says, sent) in [
        (
            &["--encoding", "gb2312"][..],
            "你好\n你镕\n再见\n",
            "line 2 was not sent: GB2312 has no 镕 (U+9555), column 2",
            "你好再见",
        ),
        (&["--escapes"], "a\nb\\q\nc\n", "line 2 was not sent: \\q is not an escape (column 2)", "ac"),
        (&["--hex"], "61\n6\n63\n", "line 2 was not sent:", "ac"),
    ] {
        let (ended, received) = client_of(arguments, input.as_bytes(), |stream| all_of(&stream));
        assert!(ended.err.contains(says), "{says}: {}", ended.err);
        assert_eq!(ended.code, Some(3), "{}", ended.err);
        let expected =
            if arguments.contains(&"gb2312") { b"\xC4\xE3\xBA\xC3\xD4\xD9\xBC\xFB" } else { sent.as_bytes() };
        assert_eq!(received, expected);
    }
    let (ended, received) = client_of(&[], b"good\n\xFF\xFE\nbye\n", |stream| all_of(&stream));
    assert!(ended.err.contains("line 2 was not sent: It is not UTF-8 at byte 1."), "{}", ended.err);
    assert_eq!((ended.code, received), (Some(3), b"goodbye".to_vec()));
}

#[test]
fn what_an_encoding_lacks_can_be_replaced() {
    for (how, bytes) in [("question", &b"a?b"[..]), ("skip", b"ab"), ("ncr", b"a&#20320;b")] {
        assert_eq!(sent(&["--encoding", "ascii", "--unmappable", how], "a你b\n".as_bytes()), bytes, "{how}");
    }
}

#[test]
fn five_megabytes_through_an_echo_come_back_the_same() {
    let (_server, at) = bound(&["tcp-server", "--reply", "echo", "--model", "event-loop"], "listening on ");
    let lines = (0..80_000).map(|i| format!("{i:>6} 你好，世界 {:x<40}\n", i * 7)).collect::<Vec<_>>().concat();
    assert!(lines.len() > 5_000_000);
    for input in [lines.clone(), lines.replace('\n', " ")] {
        let mut client = start(&["tcp-client", &at, "--ending", "lf"]);
        client.write(&input);
        assert!(client.finish().ok() == input.as_bytes());
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let (server, at) = bound(&["tcp-server"], "listening on ");
    let mut server = server;
    let mut client = command(&["tcp-client", &at, "--quiet"]);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(client.stdout.take());
    server.error_line("accepted as");
    server.write("somebody there?\n");
    let ended = client.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
fn nobody_listening_is_said_with_the_address_and_exit_code_1() {
    let address = closed_port();
    let ended = run(&["tcp-client", &address], "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains(&format!("Nobody is listening on {address}. Start the server first")), "{}", ended.err);
    let ended = run(&["--lang", "zh-CN", "tcp-client", &address], "");
    assert!(ended.err.contains(&format!("{address} 上没有程序在监听。")), "{}", ended.err);
}

#[test]
fn a_port_in_use_names_who_has_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ended = run(&["tcp-server", &port.to_string(), "--no-reuse"], "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains(&format!("Port {port} is already")), "{}", ended.err);
    if cfg!(target_os = "linux") {
        assert!(ended.err.contains(&format!("(pid {})", std::process::id())), "{}", ended.err);
    }
}

/// No program has the port, and `--no-reuse` is why it is not free.
#[test]
#[cfg(target_os = "linux")]
fn old_connections_of_a_port_are_named_where_they_are_in_the_way() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = connect(&address.to_string());
    // Whoever ends first has the TIME_WAIT.
    drop(accept(&listener));
    assert!(all_of(&client).is_empty());
    drop((client, listener));
    let ended = run(&["tcp-server", &address.port().to_string(), "--no-reuse"], "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("TIME_WAIT") && ended.err.contains("Leave --no-reuse out"), "{}", ended.err);
    run(&["tcp-server", &address.port().to_string(), "--for", "0"], "").ok();
}

#[test]
fn an_address_of_another_computer_is_not_bound_and_ours_are_named() {
    // TEST-NET-3 (RFC 5737) belongs to nobody.
    let ended = run(&["tcp-server", "203.0.113.1:0"], "");
    assert_eq!(ended.code, Some(1));
    let says = "203.0.113.1 is not an address of this computer. Use one of these: 127.0.0.1, ";
    assert!(ended.err.contains(says), "{}", ended.err);
}

#[test]
#[cfg(target_os = "linux")]
fn no_answer_is_said_with_the_time_that_was_waited() {
    // A full queue drops SYN: one client is served, one waits (listen(2): backlog 0 holds one), others get no answer.
    let (server, at) = bound(&["tcp-server", "--model", "sequential", "--backlog", "0"], "listening on ");
    let _served = connect(&at);
    server.error_line("accepted as");
    let _waiting = connect(&at);
    let ended = run(&["tcp-client", &at, "--connect-timeout", "0.3"], "");
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains(&format!("No answer from {at} within 300 ms.")), "{}", ended.err);
    // Given up by the user's own time, it has not connected either.
    let ended = run(&["tcp-client", &at, "--for", "0.1"], "");
    assert_eq!(ended.code, Some(1), "{}", ended.err);
}

#[test]
fn a_reset_connection_is_exit_code_1() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = start(&["tcp-client", &listener.local_addr().unwrap().to_string()]);
    client.error_line("connected to");
    let stream = accept(&listener);
    client.write("unread\n");
    // Closing with something unread resets (RFC 1122, 4.2.2.13).
    stream.peek(&mut [0]).unwrap();
    drop(stream);
    client.error_line("reset the connection (RST)");
    assert_eq!(client.finish().code, Some(1));
}

#[test]
fn a_server_sends_each_line_to_everyone_and_waits_until_there_is_someone() {
    for model in ["threads", "event-loop"] {
        let (mut server, at) = bound(&["tcp-server", "--model", model, "--ending", "lf"], "listening on ");
        server.write("first\n");
        let mut one = connect(&at);
        let mut line = [0; 6];
        one.read_exact(&mut line).unwrap();
        assert_eq!(&line, b"first\n", "{model}");
        let mut two = connect(&at);
        server.error_line("accepted as #3");
        server.write("both\n");
        let mut both = [0; 5];
        one.read_exact(&mut both).unwrap();
        assert_eq!(&both, b"both\n", "{model}");
        two.read_exact(&mut both).unwrap();
        assert_eq!(&both, b"both\n", "{model}");
    }
}

#[test]
fn who_does_not_read_is_named_where_the_others_wait() {
    let (mut server, at) = bound(&["tcp-server"], "listening on ");
    let deaf = connect(&at);
    socket2::SockRef::from(&deaf).set_recv_buffer_size(4_096).unwrap();
    server.error_line("accepted as #2");
    let mut reads = connect(&at);
    server.error_line("accepted as #3");
    let long = vec![b'x'; 15 << 20];
    let mut bytes = vec![0; long.len() + 4];
    let reader = aside(move || reads.read_exact(&mut bytes).map(|()| bytes));
    server.write([&long, &b"\nnext\n"[..]].concat());
    server.error_line("line 1 waits for #2 to read; until then nobody gets the next one");
    drop(deaf);
    assert!(reader().unwrap().ends_with(b"xnext"));
}

#[test]
fn a_sequential_server_serves_one_after_the_other() {
    let (server, at) = bound(&["tcp-server", "--model", "sequential", "--reply", "upper"], "listening on ");
    let mut streams = [connect(&at), connect(&at)];
    for stream in &mut streams {
        stream.write_all(b"abc").unwrap();
        let mut answer = [0; 3];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"ABC");
        stream.shutdown(Shutdown::Write).unwrap();
        assert!(all_of(stream).is_empty());
    }
    server.says("abcabc");
}

#[test]
fn it_ends_after_so_many_messages() {
    let (server, at) = bound(&["tcp-server", "--reply", "echo", "--count", "2"], "listening on ");
    let mut stream = connect(&at);
    for message in [b"one", b"two"] {
        stream.write_all(message).unwrap();
        stream.read_exact(&mut [0; 3]).unwrap();
    }
    // It ends by itself, with its input open, and closes the connection.
    assert!(all_of(&stream).is_empty());
    assert_eq!(server.finish().ok(), b"onetwo");
}

#[test]
fn it_ends_after_so_long() {
    let ended = run(&["tcp-server", "--for", "0.1"], "");
    assert_eq!(ended.code, Some(0));
    assert!(ended.err.starts_with("listening on 127.0.0.1:"), "{}", ended.err);
    assert!(ended.err.contains("received 0 messages, 0 bytes; sent 0 messages, 0 bytes"), "{}", ended.err);
}

#[test]
fn one_recv_takes_no_more_than_asked() {
    let (server, at) = bound(&["tcp-server", "--recv", "4", "--hex", "--count", "3"], "listening on ");
    let mut stream = connect(&at);
    stream.write_all(b"0123456789").unwrap();
    assert_eq!(server.finish().ok(), b"30 31 32 33\n34 35 36 37\n38 39\n");
}

/// By the times in the records: three lines that were there at once leave apart, and each recv of the other end waits.
#[test]
fn what_lies_between_calls_can_be_said() {
    let arguments = ["tcp-server", "--recv", "3", "--read-delay", "30", "--json", "--count", "3"];
    let (server, at) = bound(&arguments, "listening on ");
    let ended = run(&["tcp-client", &at, "--send-gap", "25", "--json"], "one\ntwo\nsix\n");
    for (out, event, ms) in [(ended.ok(), "sent", 25), (server.finish().ok(), "received", 30)] {
        let out = String::from_utf8(out).unwrap();
        let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let times: Vec<_> = lines.filter(|line| line["event"] == event).map(|line| line["t_ns"].as_u64()).collect();
        assert_eq!(times.len(), 3, "{out}");
        for pair in times.windows(2) {
            assert!(pair[1].unwrap() - pair[0].unwrap() >= ms * 1_000_000, "{event}: {times:?}");
        }
    }
    for wrong in ["10001", "-1", "soon"] {
        assert_eq!(run(&["tcp-server", "--send-gap", wrong], "").code, Some(2), "{wrong}");
    }
}

#[test]
fn every_record_is_a_line_of_json() {
    let (server, at) = bound(&["tcp-server", "--json", "--encoding", "gbk", "--count", "1"], "listening on ");
    let mut stream = connect(&at);
    stream.write_all(&[0xC4, 0xE3, 0xBA, 0xC3]).unwrap();
    assert!(all_of(&stream).is_empty());
    let out = String::from_utf8(server.finish().ok()).unwrap();
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    for event in ["listening", "accepted", "opened", "received", "closed"] {
        assert!(events.contains(&event), "{event}: {out}");
    }
    let received = lines.iter().find(|line| line["event"] == "received").unwrap();
    assert_eq!((&received["base64"], &received["text"]), (&"xOO6ww==".into(), &"你好".into()));
    assert!(lines.iter().enumerate().all(|(i, line)| line["seq"] == i), "{out}");
    let listening = lines.iter().find(|line| line["event"] == "listening").unwrap();
    assert_eq!((&listening["local"], &listening["peer"]), (&at.into(), &Value::Null), "its own address is no peer");
}

#[test]
fn quiet_tells_only_what_went_wrong() {
    let (ended, ()) = client_of(&["--quiet"], b"hello\n", |stream| drop(all_of(&stream)));
    assert_eq!(ended.err, "");
    ended.ok();
    let ended = run(&["tcp-client", &closed_port(), "--quiet"], "");
    assert!(ended.err.starts_with("Nobody is listening"), "{}", ended.err);
}
