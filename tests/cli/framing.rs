//! `--frame-send` and `--frame-recv`.

use std::io::Write as _;

use super::{
    bound, run,
    tcp::{all_of, client_of, connect},
};

#[test]
fn lines_are_sent_in_a_frame() {
    for (spec, expected) in [
        ("none", &b"hi\xe4\xbd\xa0"[..]),
        ("line", b"hi\n\xe4\xbd\xa0\n"),
        ("crlf", b"hi\r\n\xe4\xbd\xa0\r\n"),
        ("delimiter:\\0", b"hi\0\xe4\xbd\xa0\0"),
        ("fixed:4", b"hi\0\0\xe4\xbd\xa0\0"),
        // struct.pack('>I', 2) + b'hi', and so on
        ("u32-be", b"\0\0\0\x02hi\0\0\0\x03\xe4\xbd\xa0"),
        ("u16-le+self", b"\x04\0hi\x05\0\xe4\xbd\xa0"),
        ("header:u8", b"\x0b{\"size\": 2}hi\x0b{\"size\": 3}\xe4\xbd\xa0"),
        ("silence:200", b"hi\xe4\xbd\xa0"),
    ] {
        let (ended, came) = client_of(&["--frame-send", spec], "hi\n你\n".as_bytes(), |stream| all_of(&stream));
        ended.ok();
        assert_eq!(came, expected, "{spec}");
    }
}

#[test]
fn a_message_is_a_line_however_it_comes() {
    let (ended, ()) = client_of(&["--frame-recv", "u16-be", "--recv", "3"], b"", |mut stream| {
        stream.write_all(b"\0\x05hello\0\x00\0\x07two\nend\0\x06\xe4\xbd\xa0\xe5\xa5\xbd").unwrap();
    });
    assert_eq!(String::from_utf8(ended.ok()).unwrap(), "hello\n\ntwo\\nend\n你好\n");
    let (ended, ()) = client_of(&["--frame-recv", "line", "--count", "2", "--hex"], b"", |mut stream| {
        stream.write_all(b"one\r\ntwo\nthree\nrest").unwrap();
    });
    assert_eq!(String::from_utf8(ended.ok()).unwrap(), "6F 6E 65\n74 77 6F\n");
}

#[test]
fn silence_ends_a_message_while_the_connection_stays() {
    let (server, at) = bound(&["tcp-server", "--frame-recv", "silence:50"], "listening on ");
    let mut peer = connect(&at);
    peer.write_all(b"hel").unwrap();
    server.says("hel\n");
    peer.write_all(b"lo").unwrap();
    server.says("lo\n");
}

#[test]
fn two_of_them_talk_in_frames() {
    let (server, at) = bound(&["tcp-server", "--frame-recv", "header:u32-be", "--encoding", "gbk"], "listening on ");
    let input = "你好\ni = 2\n\nlast\n";
    run(&["tcp-client", &at, "--frame-send", "header:u32-be", "--encoding", "gbk"], input).ok();
    server.says(input);
}

#[test]
fn what_is_no_message_is_told_with_its_bytes() {
    for (arguments, bytes, out, says) in [
        (
            &["--frame-recv", "i64-be"][..],
            &b"\0\0\0\0\0\0\0\x01x\xff\xff\xff\xff\xff\xff\xff\xfe"[..],
            "x\n",
            "FF FF FF FF FF FF FF FE announce the length -2",
        ),
        (&["--frame-recv", "u32-be"], b"HTTP/1.1 200 OK", "", "48 54 54 50 announce the length 1213486160"),
        (
            &["--frame-recv", "line", "--frame-limit", "4"],
            b"1234\n12345\n",
            "1234\n",
            "More than 4 bytes came without the end",
        ),
        (
            &["--frame-recv", "u8"],
            b"\x02ok\x05hal",
            "ok\n",
            "4 bytes of a message that is not whole: 2 more are missing",
        ),
    ] {
        let bytes = bytes.to_vec();
        let (ended, ()) = client_of(arguments, b"", move |mut stream| stream.write_all(&bytes).unwrap());
        assert_eq!((ended.code, ended.out.as_slice()), (Some(1), out.as_bytes()), "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(says), "{arguments:?}: {}", ended.err);
    }
    let (ended, came) =
        client_of(&["--frame-send", "u8"], format!("{}\nshort\n", "x".repeat(256)).as_bytes(), |stream| {
            all_of(&stream)
        });
    assert_eq!((ended.code, came), (Some(3), b"\x05short".to_vec()));
    assert!(
        ended.err.contains("line 1 was not sent: The message has 256 bytes; this framing has room for 255."),
        "{}",
        ended.err
    );
}

#[test]
fn a_framing_that_is_none_opens_nothing() {
    for (line, says) in [
        ("tcp-server --frame-recv lines", "\"lines\" is no framing. There are none, line, crlf, delimiter:TEXT"),
        ("tcp-server --frame-send fixed:0", "\"0\" is not a whole number from 1"),
        ("tcp-server --frame-send delimiter:\\q", "\\q"),
        ("tcp-server --frame-limit 0 --frame-recv line", "--frame-limit"),
        ("tcp-server --frame-limit 9", "--frame-recv"),
        ("tcp-server --frame-recv line --json", "--json"),
        ("udp --frame-send line", "--frame-send"),
        ("tcp-client 9 --frame-send line --reply lines-client", "Leave --frame-send out"),
    ] {
        let arguments: Vec<_> = line.split(' ').collect();
        let ended = run(&arguments, "");
        assert_eq!(ended.code, Some(2), "{line}: {}", ended.err);
        assert!(ended.err.contains(says) && !ended.err.contains("listening"), "{line}: {}", ended.err);
    }
    let ended = run(&["tcp-server", "--frame-send", "lines", "--lang", "zh"], "");
    assert!(ended.err.contains("\"lines\" 不是分帧方式"), "{}", ended.err);
}
