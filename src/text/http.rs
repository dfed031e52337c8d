//! Reading what a web server answered, as far as it came, and saying what is wrong with it. RFC 9112.
//!
//! For a learner who speaks HTTP by hand, and for looking at an answer that somebody else made by hand: a reader that
//! refuses what is wrong shows nothing, and one that repairs it silently, as browsers do, teaches nothing. This one reads on
//! as well as it can and keeps a list. The head is bounded as in servers; the body is a range of the bytes and no copy.

mod chunks;

use std::{borrow::Cow, ops::Range};

use self::chunks::Chunks;
use super::Charset;

/// Header lines that are read.
pub const HEADERS: usize = 100;

/// Bytes of the status line and the headers together that are read.
pub const HEAD: usize = 64 << 10;

/// An answer, as far as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its first line, if it is one.
    pub status: Option<Status>,
    /// Names and values in their order.
    pub headers: Vec<Header>,
    /// Where the body stands in the bytes, as it came: chunks are still chunks.
    pub body: Range<usize>,
    /// How its end is known.
    pub length: Length,
    /// All of it came.
    pub is_whole: bool,
    /// The encoding that it names for its text.
    pub charset: Option<Charset>,
    /// What is wrong with it, in the order of its bytes.
    pub faults: Vec<Fault>,
}

/// `HTTP/1.1 200 OK` (section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Major and minor.
    pub version: (u8, u8),
    /// 100 to 599; other numbers are taken as they come.
    pub code: u16,
    /// Where the reason stands in the bytes. It is for people and has no encoding.
    pub reason: Range<usize>,
}

/// `Name: value` (section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// As it was written; it means the same in any case.
    pub name: String,
    /// Without the blanks around it. Bytes beyond ASCII are read as ISO-8859-1.
    pub value: String,
}

/// How the end of a body is known (section 6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Length {
    /// There is none: an answer to HEAD, or one of 1xx, 204 and 304.
    NoBody,
    /// `Content-Length`.
    Declared(u64),
    /// `Transfer-Encoding: chunked`: it says so itself.
    Chunked,
    /// It goes on until the server closes.
    #[default]
    UntilClose,
}

/// What is wrong with an answer. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It does not start with `HTTP/`: everything is taken as its body (section 4).
    #[error("it has no status line (RFC 9112 section 4)")]
    NoStatus,
    /// The first line is not `HTTP/1.1 200 OK` in its form (section 4).
    #[error("its status line is not a version, a code of three digits and a reason (RFC 9112 section 4)")]
    Status,
    /// The reason has bytes beyond ASCII, which have no encoding (section 4).
    #[error("the reason in its status line is not ASCII (RFC 9112 section 4)")]
    Reason,
    /// A line ends with LF alone (section 2.2).
    #[error("line {line} ends with LF and not with CR LF (RFC 9112 section 2.2)")]
    BareLf {
        /// The first such line.
        line: usize,
    },
    /// There is an empty line at once (section 5).
    #[error("it has no headers (RFC 9112 section 5)")]
    NoHeaders,
    /// A header line has no colon, no name, or a blank before the colon (section 5.1), or goes on from the line before
    /// (section 5.2).
    #[error("line {line} is not a name, a colon and a value (RFC 9112 section 5)")]
    Header {
        /// The line.
        line: usize,
    },
    /// The stream ended before the empty line behind the headers (section 2.1).
    #[error("it ends within its headers: there is no empty line behind them (RFC 9112 section 2.1)")]
    HeadersUnfinished,
    /// More than [`HEADERS`] headers or [`HEAD`] bytes of them; what is behind is not read.
    #[error("its headers are too many or too long")]
    HeadTooLarge,
    /// `Content-Length` is no number, or there are several that differ (section 6.3, rule 5).
    #[error("its Content-Length {value:?} is not a number (RFC 9112 section 6.3)")]
    ContentLength {
        /// What stands there.
        value: String,
    },
    /// `Content-Length` beside `Transfer-Encoding`: one of them is wrong, and who reads the other one is deceived
    /// (section 6.1).
    #[error("it has a Content-Length and a Transfer-Encoding (RFC 9112 section 6.1)")]
    TwoLengths,
    /// A `Transfer-Encoding` that does not end in `chunked` (section 6.3, rule 4).
    #[error("its Transfer-Encoding {value:?} is not known here (RFC 9112 section 6.1)")]
    TransferEncoding {
        /// What stands there.
        value: String,
    },
    /// Neither a length nor chunks, and nobody closes: the client waits for ever (section 6.3, rule 8).
    #[error(
        "it has no Content-Length, and the connection stays open: where it ends cannot be known (RFC 9112 section 6.3)"
    )]
    NoEnd,
    /// The stream ended before the declared length (section 8).
    #[error("its body has {came} bytes and not the {declared} of its Content-Length (RFC 9112 section 8)")]
    Short {
        /// What `Content-Length` says.
        declared: u64,
        /// Bytes of the body.
        came: u64,
    },
    /// More came than was declared (section 6.3).
    #[error("{more} bytes more came than the {declared} of its Content-Length (RFC 9112 section 6.3)")]
    Long {
        /// What `Content-Length` says.
        declared: u64,
        /// Bytes beyond it.
        more: u64,
    },
    /// What should be a chunk is none (section 7.1).
    #[error("at byte {at} there should be a chunk (RFC 9112 section 7.1)")]
    Chunk {
        /// Offset in the bytes.
        at: usize,
    },
    /// The stream ended before the last chunk, of length 0 (section 8).
    #[error("it ends before its last chunk (RFC 9112 section 8)")]
    ChunksUnfinished,
    /// There is a body, and nothing says what it is (RFC 9110 section 8.3).
    #[error("it has no Content-Type (RFC 9110 section 8.3)")]
    NoContentType,
    /// It is text, and nothing says in which encoding (RFC 9110 section 8.3.2).
    #[error("its Content-Type names no charset (RFC 9110 section 8.3.2)")]
    NoCharset,
    /// It names an encoding that nobody knows.
    #[error("its charset {label:?} is not known")]
    Charset {
        /// The name.
        label: String,
    },
}

/// Reads what came so far of the answer to a request with this method. `ended`: the server has closed, and no more comes.
///
/// An interim answer (1xx) before the answer itself is passed over (RFC 9110 section 15.2).
pub fn read(bytes: &[u8], method: &str, ended: bool) -> Response {
    let mut start = 0;
    loop {
        let mut response = read_one(bytes, start, method, ended);
        let interim = response.status.as_ref().is_some_and(|status| matches!(status.code, 100 | 102..=199));
        if !interim || !response.is_whole || response.body.end == bytes.len() || response.body.end <= start {
            response.faults.dedup();
            return response;
        }
        start = response.body.end;
    }
}

impl Response {
    /// The value of the first header with this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
    }

    /// The body without its chunks' lengths.
    pub fn content<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let body = bytes.get(self.body.clone()).unwrap_or_default();
        if self.length != Length::Chunked {
            return Cow::Borrowed(body);
        }
        let mut content = Vec::new();
        let mut chunks = Chunks { bytes: body, at: 0 };
        while let Ok(Some(data)) = chunks.next() {
            content.extend_from_slice(body.get(data).unwrap_or_default());
        }
        Cow::Owned(content)
    }

    /// The body as text, in its own charset, or in this one where it names none.
    pub fn text(&self, bytes: &[u8], otherwise: Charset) -> String {
        self.charset.unwrap_or(otherwise).decode(&self.content(bytes))
    }
}

fn read_one(bytes: &[u8], start: usize, method: &str, ended: bool) -> Response {
    let mut response = Response {
        status: None,
        headers: Vec::new(),
        body: bytes.len()..bytes.len(),
        length: Length::UntilClose,
        is_whole: false,
        charset: None,
        faults: Vec::new(),
    };
    let all = bytes.get(start..).unwrap_or_default();
    let known = all.len().min(5);
    if all.get(..known) != b"HTTP/".get(..known) || (ended && known < 5) {
        if ended || !all.is_empty() {
            response.faults.push(Fault::NoStatus);
            response.body = start..bytes.len();
            response.is_whole = ended;
        }
        return response;
    }
    let head = bytes.get(..bytes.len().min(start + HEAD)).unwrap_or(bytes);
    let mut at = start;
    let mut bare = None;
    for number in 1.. {
        let Some(end) = memchr::memchr(b'\n', head.get(at..).unwrap_or_default()).map(|length| at + length) else {
            if head.len() < bytes.len() {
                response.faults.push(Fault::HeadTooLarge);
            } else if ended {
                response.faults.push(Fault::HeadersUnfinished);
            }
            return response;
        };
        let mut line = at..end;
        at = end + 1;
        if head.get(line.clone()).is_some_and(|line| line.ends_with(b"\r")) {
            line.end -= 1;
        } else if bare.is_none() {
            bare = Some(number);
            response.faults.push(Fault::BareLf { line: number });
        }
        if number == 1 {
            response.read_status(bytes, line);
        } else if line.is_empty() {
            break;
        } else if response.headers.len() == HEADERS {
            response.faults.push(Fault::HeadTooLarge);
            return response;
        } else {
            match read_header(bytes.get(line).unwrap_or_default()) {
                Some(header) => response.headers.push(header),
                None => response.faults.push(Fault::Header { line: number }),
            }
        }
    }
    if response.headers.is_empty() {
        response.faults.push(Fault::NoHeaders);
    }
    response.body.start = at;
    response.read_body(bytes, method, ended);
    response
}

/// A name is a token (RFC 9110 section 5.1); a line that begins with a blank has none.
fn read_header(line: &[u8]) -> Option<Header> {
    let colon = memchr::memchr(b':', line)?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if name.is_empty() || !name.iter().all(is_token) {
        return None;
    }
    let text = |bytes| Charset::ISO_8859_1.decode(bytes);
    Some(Header { name: text(name), value: text(value.trim_ascii()) })
}

impl Response {
    fn read_status(&mut self, bytes: &[u8], line: Range<usize>) {
        let text = bytes.get(line.clone()).unwrap_or_default();
        let digit = |at: usize| text.get(at).filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
        let form = (|| {
            let version = (digit(5)?, digit(7)?);
            let code = u16::from(digit(9)?) * 100 + u16::from(digit(10)?) * 10 + u16::from(digit(11)?);
            let blanks = (text.get(6)?, text.get(8)?, text.get(12).unwrap_or(&b' '));
            (blanks == (&b'.', &b' ', &b' ')).then_some((version, code))
        })();
        let Some((version, code)) = form else { return self.faults.push(Fault::Status) };
        let reason = (line.start + 13).min(line.end)..line.end;
        if !bytes.get(reason.clone()).unwrap_or_default().is_ascii() {
            self.faults.push(Fault::Reason);
        }
        self.status = Some(Status { version, code, reason });
    }

    fn values(&self, name: &str) -> Vec<String> {
        let named = self.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.flat_map(|header| header.value.split(',')).map(|value| value.trim().to_owned()).collect()
    }

    /// Section 6.3, from its first rule to its last.
    fn read_body(&mut self, bytes: &[u8], method: &str, ended: bool) {
        let start = self.body.start;
        let rest = bytes.get(start..).unwrap_or_default();
        let lengths = self.values("content-length");
        let codings = self.values("transfer-encoding");
        let code = self.status.as_ref().map_or(0, |status| status.code);
        if method.eq_ignore_ascii_case("HEAD") || matches!(code, 100..=199 | 204 | 304) {
            self.length = Length::NoBody;
            self.body = start..start;
            self.is_whole = true;
            return;
        }
        if !codings.is_empty() && !lengths.is_empty() {
            self.faults.push(Fault::TwoLengths);
        }
        if let Some(last) = codings.last() {
            if codings.len() == 1 && last.eq_ignore_ascii_case("chunked") {
                self.length = Length::Chunked;
                self.read_chunks(start, rest, ended);
            } else {
                self.faults.push(Fault::TransferEncoding { value: codings.join(", ") });
                self.is_whole = ended;
            }
        } else if let Some(first) = lengths.first() {
            let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
            match first.parse::<u64>().ok().filter(|_| is_number && lengths.iter().all(|length| length == first)) {
                None => {
                    self.faults.push(Fault::ContentLength { value: lengths.join(", ") });
                    self.is_whole = ended;
                }
                Some(declared) => {
                    self.length = Length::Declared(declared);
                    let came = rest.len() as u64;
                    self.is_whole = came >= declared;
                    self.body.end =
                        start + usize::try_from(declared).map_or(rest.len(), |length| length.min(rest.len()));
                    if came > declared {
                        self.faults.push(Fault::Long { declared, more: came - declared });
                    } else if came < declared && ended {
                        self.faults.push(Fault::Short { declared, came });
                    }
                }
            }
        } else {
            self.is_whole = ended;
            let closes = self.values("connection").iter().any(|option| option.eq_ignore_ascii_case("close"));
            let keeps_open = self.status.as_ref().is_none_or(|status| status.version >= (1, 1));
            if !ended && !closes && keeps_open {
                self.faults.push(Fault::NoEnd);
            }
        }
        if !self.body.is_empty() {
            self.read_charset();
        }
    }

    fn read_chunks(&mut self, start: usize, rest: &[u8], ended: bool) {
        let mut chunks = Chunks { bytes: rest, at: 0 };
        loop {
            match chunks.next() {
                Ok(Some(data)) if data.is_empty() => {
                    self.is_whole = true;
                    self.body.end = start + chunks.at;
                    return;
                }
                Ok(Some(_)) => {}
                Ok(None) => {
                    if ended {
                        self.faults.push(Fault::ChunksUnfinished);
                    }
                    return;
                }
                Err(at) => return self.faults.push(Fault::Chunk { at: start + at }),
            }
        }
    }

    /// `text/html; charset="gb2312"`. Only text has an encoding.
    fn read_charset(&mut self) {
        let Some(value) = self.header("content-type") else { return self.faults.push(Fault::NoContentType) };
        let mut parameters = value.split(';').map(str::trim);
        let media_type = parameters.next().unwrap_or_default().to_ascii_lowercase();
        let label = parameters
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
            .map(|(_, label)| label.trim().trim_matches('"').to_owned());
        match label {
            None if media_type.starts_with("text/") => self.faults.push(Fault::NoCharset),
            None => {}
            Some(label) => {
                self.charset = Charset::for_label(&label);
                if self.charset.is_none() {
                    self.faults.push(Fault::Charset { label });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ended(bytes: &[u8]) -> Response {
        read(bytes, "GET", true)
    }

    #[test]
    fn an_answer_as_it_should_be() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gb2312\r\nCONTENT-LENGTH:  4\r\n\
            Connection: close\r\n\r\n\xC4\xE3\xBA\xC3";
        for is_ended in [true, false] {
            let response = read(bytes, "GET", is_ended);
            assert_eq!(response.status, Some(Status { version: (1, 1), code: 200, reason: 13..15 }));
            assert_eq!(response.header("content-length"), Some("4"));
            assert_eq!((response.length, response.is_whole), (Length::Declared(4), true));
            assert_eq!(response.text(bytes, Charset::UTF_8), "你好");
            assert_eq!(response.faults, []);
        }
        for cut in 0..bytes.len() {
            let response = read(&bytes[..cut], "GET", false);
            assert!(!response.is_whole && response.faults.is_empty(), "{cut}: {:?}", response.faults);
            assert!(!ended(&bytes[..cut]).faults.is_empty(), "{cut}");
        }
    }

    /// The answer of the first tutorial's server, P1: 22 bytes and 52.
    #[test]
    fn what_the_tutorials_answer_lacks() {
        let mut bytes = b"HTTP/1.1 200 OK \xA1\xA2\r\n\r\n".to_vec();
        bytes.extend([0xB0; 52]);
        let response = read(&bytes, "GET", false);
        assert_eq!(response.faults, [Fault::Reason, Fault::NoHeaders, Fault::NoEnd, Fault::NoContentType]);
        assert_eq!(response.body, 22..74);
        assert!(!response.is_whole);
        assert_eq!(ended(&bytes).faults, [Fault::Reason, Fault::NoHeaders, Fault::NoContentType]);
    }

    #[test]
    fn chunks_are_put_together() {
        let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Type: text/plain;charset=utf-8\r\n\r\n\
            3\r\n\xE4\xBD\xA0\r\n0A;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nmore";
        let response = ended(bytes);
        assert_eq!(response.text(bytes, Charset::GBK), "你0123456789");
        assert_eq!((response.length, response.is_whole, response.faults.as_slice()), (Length::Chunked, true, &[][..]));
        assert_eq!(&bytes[response.body.end..], b"more");
        for (body, fault) in [
            (&b"3\r\nab"[..], Fault::ChunksUnfinished),
            (b"3\r\nabc", Fault::ChunksUnfinished),
            (b"3\r\nabc\r\n", Fault::ChunksUnfinished),
            (b"0\r\n", Fault::ChunksUnfinished),
            (b"x\r\nabc\r\n", Fault::Chunk { at: 72 }),
            (b"+3\r\nabc\r\n", Fault::Chunk { at: 72 }),
            (b"ffffffffffffffff\r\nabc\r\n", Fault::Chunk { at: 72 }),
            (b"fffffffffffffffff\r\nabc\r\n", Fault::Chunk { at: 72 }),
            (b"3\nabc\r\n", Fault::Chunk { at: 72 }),
            (b"3\r\nabcd\r\n", Fault::Chunk { at: 78 }),
        ] {
            let mut bytes =
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: image/png\r\n\r\n".to_vec();
            bytes.extend(body);
            assert_eq!(ended(&bytes).faults, [fault], "{}", body.escape_ascii());
        }
    }

    #[test]
    fn each_thing_that_is_wrong() {
        let plain = "Content-Type: text/plain; charset=utf-8\r\n";
        for (answer, faults) in [
            ("<h1>no</h1>".to_owned(), vec![Fault::NoStatus]),
            (String::new(), vec![Fault::NoStatus]),
            ("HTTP/1.1 OK\r\nServer: x\r\n\r\n".into(), vec![Fault::Status]),
            ("HTTP/1.1 200 OK\nServer: x\n\n".into(), vec![Fault::BareLf { line: 1 }]),
            ("HTTP/1.1 200 OK\r\nServer: x\n\r\n".into(), vec![Fault::BareLf { line: 2 }]),
            ("HTTP/1.1 200 OK\r\nServer x\r\nA: b\r\n\r\n".into(), vec![Fault::Header { line: 2 }]),
            ("HTTP/1.1 200 OK\r\nServer : x\r\nA: b\r\n\r\n".into(), vec![Fault::Header { line: 2 }]),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n".into(), vec![Fault::Header { line: 3 }]),
            ("HTTP/1.1 200 OK\r\nA: b\r\n".into(), vec![Fault::HeadersUnfinished]),
            (
                format!("HTTP/1.1 200 OK\r\n{plain}Content-Length: 9\r\n\r\nhi"),
                vec![Fault::Short { declared: 9, came: 2 }],
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{plain}Content-Length: 1\r\n\r\nhi"),
                vec![Fault::Long { declared: 1, more: 1 }],
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{plain}Content-Length: -1\r\n\r\nhi"),
                vec![Fault::ContentLength { value: "-1".into() }],
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{plain}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi"),
                vec![Fault::ContentLength { value: "2, 3".into() }],
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{plain}Content-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\nhi"),
                vec![Fault::TwoLengths, Fault::TransferEncoding { value: "gzip".into() }],
            ),
            ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nhi".into(), vec![Fault::NoCharset]),
            (
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\"klingon\"\r\n\r\nhi".into(),
                vec![Fault::Charset { label: "klingon".into() }],
            ),
            ("HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhi".into(), vec![Fault::NoContentType]),
            (format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(HEADERS + 1)), vec![Fault::HeadTooLarge]),
            (format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "b".repeat(HEAD)), vec![Fault::HeadTooLarge]),
        ] {
            assert_eq!(ended(answer.as_bytes()).faults, faults, "{answer}");
        }
    }

    #[test]
    fn what_has_no_body_and_what_comes_before_the_answer() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        let response = read(bytes, "HEAD", false);
        assert_eq!((response.length, response.is_whole, response.faults.len()), (Length::NoBody, true, 0));
        let bytes = b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 204 No Content\r\nA: b\r\n\r\n";
        let response = read(bytes, "POST", false);
        assert_eq!(response.status.map(|status| status.code), Some(204));
        let old = read(b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\nx", "GET", false);
        assert_eq!((old.faults.len(), old.is_whole), (0, false));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_the_body_is_within_them(
            bytes in prop::collection::vec(prop_oneof![
                Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Just(b"HTTP/1.1 100 x\r\n".to_vec()),
                Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
                Just(b"Content-Length: 3\r\n".to_vec()),
                Just(b"Content-Type: text/html; charset=\r\n".to_vec()),
                Just(b"\r\n".to_vec()),
                Just(b"3\r\nabc\r\n".to_vec()),
                Just(b"0\r\n\r\n".to_vec()),
                prop::collection::vec(any::<u8>(), 0..4),
            ], 0..12),
            is_ended: bool,
        ) {
            let bytes = bytes.concat();
            let response = read(&bytes, "GET", is_ended);
            prop_assert!(response.body.start <= response.body.end && response.body.end <= bytes.len());
            prop_assert!(response.content(&bytes).len() <= response.body.len());
            prop_assert!(!is_ended || response.is_whole || !response.faults.is_empty());
            for fault in &response.faults {
                prop_assert!(!fault.to_string().is_empty());
            }
        }
    }
}
