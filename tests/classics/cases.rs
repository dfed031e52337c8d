//! Who talks to whom, what is typed, and what it comes to, byte by byte.

use crate::talk::{
    Bytes::{self, Are},
    Case,
    Python::{Connects, Serves},
    Step::{Got, Notes, Open, Preset, Prints, Program, Python, PythonAlone, Twocan, TwocanAlone},
    Text::{self, Is},
};

const NINE: &str = "i = 1i = 2i = 3i = 4i = 5i = 6i = 7i = 8i = 9";
const PAGE: &str = "HTTP/1.1 200 OK 、\r\n\r\n<h1>这一页没有头部，浏览器在等服务端关闭连接...</h1>\n";
/// The same in GB2312: two sends, 22 bytes and 52.
const PAGE_BYTES: &[u8] = b"HTTP/1.1 200 OK \xA1\xA2\r\n\r\n\
    <h1>\xD5\xE2\xD2\xBB\xD2\xB3\xC3\xBB\xD3\xD0\xCD\xB7\xB2\xBF\xA3\xAC\xE4\xAF\xC0\xC0\xC6\xF7\xD4\xDA\xB5\xC8\
    \xB7\xFE\xCE\xF1\xB6\xCB\xB9\xD8\xB1\xD5\xC1\xAC\xBD\xD3...</h1>";
const ANSWER_SB: &str = "收到了你发送的 b'sb'";
const ANSWER_HI: &str = "收到了你发送的 b'hi'";
const ANSWERS: &str = "收到了你发送的 b'hi'收到了你发送的 b'\\xe4\\xbd\\xa0'";
const UDP_ANSWER: &str = "服务端收到了你传的 b'sb'";

/// A server in Python, and one client that ends by itself.
const fn served(
    number: u8,
    preset: &'static str,
    sent: &'static [u8],
    got: &'static [u8],
    prints: &'static str,
) -> Case {
    let python = Serves(number, &[]);
    Case { python, preset, options: &[], steps: &[], prints: Is(prints), got: Are(got), sent: Are(sent), ends: true }
}

/// A client in Python that ends by itself, and a server that goes on.
const fn asked(
    number: u8,
    preset: &'static str,
    got: &'static [u8],
    sent: &'static [u8],
    prints: &'static str,
) -> Case {
    let python = Connects(number, &[]);
    Case { python, preset, options: &[], steps: &[], prints: Is(prints), got: Are(got), sent: Are(sent), ends: false }
}

/// In the order of the listings, each that Python plays.
pub const CASES: &[Case] = &[
    // Neither of the two sends says where it ends, and the connection stays open: the person decides that it was all.
    Case {
        steps: &[Twocan("你好"), Got(Are(PAGE_BYTES)), Twocan("")],
        ..served(1, "gb2312-client", b"\xC4\xE3\xBA\xC3", PAGE_BYTES, "你好\n")
    },
    // A client that reads to the end gets it when the next one connects.
    Case {
        steps: &[
            Got(Are(PAGE_BYTES)),
            Open,
            Preset("hello-client", Bytes::Like("(?s-u)^HTTP/1.1 200 OK ..\r\n\r\n(<h1>.*</h1>)?$")),
        ],
        sent: Bytes::Like("^GET / HTTP/1.1\r\nHost: 127.0.0.1:[0-9]+\r\n(?s:.*)\r\n\r\n$"),
        prints: Text::Like("(?s)^GET / HTTP/1.1\r\n.*\r\n\r\n\nhello\n$"),
        ..served(1, "http-get", b"", PAGE_BYTES, "")
    },
    Case {
        steps: &[Python("你好 abc"), Prints("ABC"), Python("exit"), Prints("EXIT"), Python("")],
        ..asked(2, "upper-server-threads", b"\xC4\xE3\xBA\xC3 abcexit", b"\xC4\xE3\xBA\xC3 ABCEXIT", "你好 ABC\nEXIT\n")
    },
    // One recv gets one of the two sends, or both.
    Case {
        steps: &[Python("x"), Prints("HTTP/1.1 200 OK 、"), Python("")],
        prints: Text::Like("^HTTP/1.1 200 OK 、\r\n\r\n(<h1>.*</h1>)?\n$"),
        ..asked(2, "web-page-malformed", b"x", PAGE_BYTES, PAGE)
    },
    Case {
        steps: &[
            Twocan("你好 abc"),
            Got(Are(b"\xC4\xE3\xBA\xC3 ABC")),
            Twocan("exit"),
            Got(Are(b"\xC4\xE3\xBA\xC3 ABCEXIT")),
            Twocan(""),
        ],
        ..served(
            3,
            "gb2312-client",
            b"\xC4\xE3\xBA\xC3 abcexit",
            b"\xC4\xE3\xBA\xC3 ABCEXIT",
            "b'\\xc4\\xe3\\xba\\xc3 abc'\nb'exit'\n",
        )
    },
    // Either side may be the first to say exit; both say it.
    Case {
        steps: &[Twocan("hi"), Prints("hi"), Python("你好"), Got(Are("你好".as_bytes())), Python("exit")],
        ..served(4, "chat-client", b"hiexit", "你好exit".as_bytes(), "hi\n")
    },
    Case {
        steps: &[Twocan("hi"), Prints("hi"), Twocan("exit"), Python("exit")],
        got: Bytes::Like("^(exit)?$"),
        ..served(4, "chat-client", b"hiexit", b"", "hi\n")
    },
    Case {
        steps: &[Python("hi"), Got(Are(b"hi")), Twocan("你好"), Prints("你好"), Python("exit")],
        ends: true,
        ..asked(5, "chat-server", b"hiexit", "你好exit".as_bytes(), "你好\n")
    },
    Case {
        python: Serves(6, &["--pause", "0.1"]),
        ..served(6, "ask-once-client", b"sb", ANSWER_SB.as_bytes(), "b'sb'\n")
    },
    Case { ends: true, ..asked(7, "reply-once-server", b"sb", ANSWER_SB.as_bytes(), "收到了你发送的 b'sb'\n") },
    Case {
        steps: &[
            Got(Are(ANSWER_SB.as_bytes())),
            Preset("ask-once-client", Are(ANSWER_SB.as_bytes())),
            Preset("ask-once-client", Are(ANSWER_SB.as_bytes())),
        ],
        ..served(8, "ask-once-client", b"sb", ANSWER_SB.as_bytes(), "b'sb'\nb'sb'\nb'sb'\n")
    },
    Case {
        python: Connects(9, &["--times", "2"]),
        got: Are(b"sbsb"),
        sent: Are("收到了你发送的 b'sb'收到了你发送的 b'sb'".as_bytes()),
        ..asked(9, "reply-per-connection-server", b"", b"", "收到了你发送的 b'sb'\n收到了你发送的 b'sb'\n")
    },
    Case {
        steps: &[Twocan("hi"), Got(Are(ANSWER_HI.as_bytes())), Twocan("你"), Got(Are(ANSWERS.as_bytes())), Twocan("q")],
        ..served(10, "lines-client", "hi你".as_bytes(), ANSWERS.as_bytes(), "b'hi'\nb'\\xe4\\xbd\\xa0'\n")
    },
    Case {
        steps: &[Python("hi"), Python("你"), Python("q")],
        ..asked(
            11,
            "reply-server",
            "hi你".as_bytes(),
            ANSWERS.as_bytes(),
            "收到了你发送的 b'hi'\n收到了你发送的 b'\\xe4\\xbd\\xa0'\n",
        )
    },
    Case {
        steps: &[Python("hi"), Python("你"), Python("q")],
        ..asked(
            11,
            "reply-server-processes",
            "hi你".as_bytes(),
            ANSWERS.as_bytes(),
            "收到了你发送的 b'hi'\n收到了你发送的 b'\\xe4\\xbd\\xa0'\n",
        )
    },
    Case {
        steps: &[Twocan("hi"), Got(Are(ANSWER_HI.as_bytes())), Twocan("你"), Got(Are(ANSWERS.as_bytes())), Twocan("q")],
        ..served(12, "lines-client", "hi你".as_bytes(), ANSWERS.as_bytes(), "b'hi'\nb'\\xe4\\xbd\\xa0'\n")
    },
    // The child has closed, and the client still waits for a FIN: the parent holds a copy until its next accept.
    Case {
        steps: &[Notes("the child has closed"), Open, Preset("ask-once-client", Are(ANSWER_SB.as_bytes()))],
        got: Are("收到了你发送的 b'hello, half of us is leaving'".as_bytes()),
        ..served(
            12,
            "half-close-client",
            b"hello, half of us is leaving",
            b"",
            "b'hello, half of us is leaving'\nb'sb'\n",
        )
    },
    Case {
        steps: &[Got(Are(b"life 1")), Prints("life 1: bound"), Preset("sticky-nine-client", Are(b"life 2"))],
        ..served(13, "sticky-nine-client", b"", b"life 1", "life 1: bound\nlife 2: bound\n")
    },
    served(14, "udp-ask-once", b"sb", UDP_ANSWER.as_bytes(), "b'sb'\n"),
    Case {
        ends: true, ..asked(15, "udp-reply-once", b"sb", UDP_ANSWER.as_bytes(), "服务端收到了你传的 b'sb'\n")
    },
    Case { steps: &[Notes("one client has ended")], ..served(16, "gbk-hello", b"Hello", b"", "Hello\n") },
    // Half a character ends the thread, which drops its connection in the middle; the next client is served.
    Case {
        steps: &[Notes("UnicodeDecodeError"), Preset("gbk-hello", Are(b"")), Prints("Hello")],
        sent: Bytes::Like(r"(?-u)^\xC4(\xE3(\xBA\xC3?)?)?$"),
        ends: false,
        ..served(16, "gbk-half-characters", b"", b"", "Hello\n")
    },
    asked(17, "gbk-sink", b"Hello", b"", ""),
    Case {
        steps: &[Prints("b'Hello'"), Preset("udp-empty", Are(b""))],
        ..served(18, "udp-gbk-hello", b"Hello", b"", "b'Hello'\nb''\n")
    },
    Case {
        steps: &[Got(Are(b"Hello")), Preset("udp-empty", Are(b""))],
        ends: true,
        ..asked(19, "udp-sink", b"Hello", b"", "")
    },
    Case {
        python: Connects(20, &["--dir", "{dir}/from"]),
        steps: &[Prints("请输入文件名"), Python("文件.bin")],
        got: Bytes::File,
        ends: true,
        ..asked(
            20,
            "file-receiver",
            b"",
            // 请输入文件名开始传输
            b"\xC7\xEB\xCA\xE4\xC8\xEB\xCE\xC4\xBC\xFE\xC3\xFB\xBF\xAA\xCA\xBC\xB4\xAB\xCA\xE4",
            "请输入文件名\n开始传输\n",
        )
    },
    Case {
        steps: &[Prints("请输入文件名"), Python("no such file")],
        ends: true,
        ..asked(
            20,
            "file-receiver",
            b"",
            b"\xC7\xEB\xCA\xE4\xC8\xEB\xCE\xC4\xBC\xFE\xC3\xFB",
            "请输入文件名\nno such file\n",
        )
    },
    Case {
        python: Serves(21, &["--dir", "{dir}/to"]),
        options: &["--file", "{dir}/from/文件.bin"],
        sent: Bytes::File,
        prints: Text::Like("^文件.bin\n([0-9]+)\n([0-9]+)\n$"),
        ..served(
            21,
            "file-sender",
            b"",
            b"\xC7\xEB\xCA\xE4\xC8\xEB\xCE\xC4\xBC\xFE\xC3\xFB\xBF\xAA\xCA\xBC\xB4\xAB\xCA\xE4",
            "",
        )
    },
    served(22, "sticky-nine-client", b"", NINE.as_bytes(), "udp: Operation not supported\n"),
    served(23, "sticky-nine-client", b"", NINE.as_bytes(), ""),
    Case {
        python: Connects(24, &["--pause", "0.01"]),
        prints: Text::Joined(NINE),
        ends: true,
        ..asked(24, "sticky-nine-server", b"", NINE.as_bytes(), "")
    },
    Case {
        python: Connects(24, &["--pause", "0.01"]),
        ends: true,
        ..asked(24, "reuse-address-server", b"", b"this side closes first", "this side closes first\n")
    },
    served(25, "hello-client", b"hello", b"HELLO", "b'hello'\n"),
    Case { ends: true, ..asked(26, "upper-once-server", b"hello", b"HELLO", "HELLO\n") },
    // A FIN makes it spin; only a reset ends it.
    Case {
        steps: &[Twocan("a"), Got(Are(b"A")), TwocanAlone, Notes("stopped after 1000 empty reads")],
        prints: Text::Like("^b'a'\n(b''\n){1000}$"),
        ..served(27, "upper-client", b"a", b"A", "")
    },
    Case {
        steps: &[Twocan("a"), Got(Are(b"A")), Twocan("q"), Notes("reset by the client")],
        ..served(27, "upper-client-reset", b"a", b"A", "b'a'\n")
    },
    Case {
        steps: &[Python("a"), Python("你b"), Prints("B"), PythonAlone],
        ..asked(28, "upper-server-no-end", "a你b".as_bytes(), "A你B".as_bytes(), "A\n你B\n")
    },
    Case {
        steps: &[Twocan("a"), Got(Are(b"A")), Twocan("q"), Notes("the client has left")],
        // The answer to q may still arrive, and is not read.
        got: Bytes::Like("^AQ?$"),
        ..served(29, "upper-client-q", b"aq", b"", "b'a'\nb'q'\n")
    },
    // Whoever comes second is answered when the first has left.
    Case {
        steps: &[Python("a"), Prints("A"), Python("q"), Program(30, "b\nq\n", "B\n")],
        got: Are(b"aqbq"),
        ..asked(30, "upper-server-late-close", b"", b"AQBQ", "A\n")
    },
    Case {
        steps: &[
            Twocan("pwd"),
            Got(Are(b"/home/student\n")),
            Twocan("nosuch"),
            Got(Are(b"/home/student\nsh: 1: nosuch: not found\n")),
            TwocanAlone,
            Notes("the client has left"),
        ],
        ..served(31, "shell-client", b"pwdnosuch", b"/home/student\nsh: 1: nosuch: not found\n", "pwd\nnosuch\n")
    },
    Case {
        steps: &[Python("echo 你好"), Python("whoami"), Python("cd .."), PythonAlone],
        ..asked(
            32,
            "safe-shell",
            "echo 你好whoamicd ..".as_bytes(),
            b"\xC4\xE3\xBA\xC3\nguest\n\n",
            "你好\n\nguest\n\n\n\n",
        )
    },
    served(33, "udp-hello", b"hello", b"hi", "hello\n"),
    Case { ends: true, ..asked(34, "udp-hi", b"hello", b"hi", "hi\n") },
    // The person at Python answers once; then the next message finds nobody, which ends the program.
    Case {
        steps: &[
            Twocan("hello"),
            Prints("发给taibai: hello"),
            Python("在"),
            Got(Are("在".as_bytes())),
            PythonAlone,
            Twocan("再见"),
            Prints("再见"),
            TwocanAlone,
        ],
        options: &["--wait", "0.1"],
        ..served(
            35,
            "udp-person-client",
            "发给taibai: hello发给taibai: 再见".as_bytes(),
            "在".as_bytes(),
            "发给taibai: hello\n发给taibai: 再见\n",
        )
    },
    Case {
        steps: &[
            Python("taibai"),
            Python("hello"),
            Got(Are("发给taibai: hello".as_bytes())),
            Twocan("在"),
            Prints("在"),
            Python("q"),
            Got(Are("发给taibai: hello发给taibai: q".as_bytes())),
            Twocan("还在"),
            Prints("还在"),
            PythonAlone,
        ],
        ..asked(36, "udp-person-server", "发给taibai: hello发给taibai: q".as_bytes(), "在还在".as_bytes(), "在\n还在\n")
    },
    Case {
        steps: &[Twocan("%%d 年"), Got(Are("%d 年".as_bytes())), Twocan(""), Prints("\n\n"), TwocanAlone],
        options: &["--wait", "0.1"],
        got: Bytes::Like("^%d 年[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"),
        ..served(37, "udp-time-client", "%%d 年".as_bytes(), b"", "%%d 年\n\n")
    },
    Case {
        steps: &[Python("%%d 年"), Python(""), PythonAlone],
        prints: Text::Like("^%d 年\n[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\n$"),
        sent: Bytes::Like("^%d 年[0-9]{4}-"),
        ..asked(38, "udp-time-server", "%%d 年".as_bytes(), b"", "")
    },
];
