//! HTTP spoken by hand: what is wrong with the answer, told on standard error (RFC 9112).
//!
//! A script that sends `GET / HTTP/1.1` is a client like any other; that it speaks HTTP is seen by what it sent. The body
//! is shown in the charset that its own header names.

use super::notes::Notes;
use crate::{
    text::{Charset, http},
    words,
};

/// Bytes of an answer that are kept to be looked at; what is behind is shown and not judged.
const KEPT: usize = 4 << 20;

/// A client's conversation, as far as it may be HTTP.
#[derive(Debug, Default)]
pub(super) enum Http {
    /// Nothing was sent yet.
    #[default]
    Silent,
    /// What was sent first is no request.
    Other,
    /// A request with this method was sent, and this came back; `head` while the headers are not all there.
    Asked { method: String, answer: Vec<u8>, more: bool, head: bool },
    /// What is wrong was told.
    Told,
}

impl Http {
    /// The client sent this.
    pub fn sent(&mut self, bytes: &[u8]) {
        if matches!(self, Self::Silent) {
            *self = method(bytes).map_or(Self::Other, |method| Self::Asked {
                method,
                answer: Vec::new(),
                more: false,
                head: true,
            });
        }
    }

    /// The server sent this; the charset of the body, if its headers have come and name one.
    pub fn received(&mut self, bytes: &[u8]) -> Option<Charset> {
        let Self::Asked { method, answer, more, head } = self else { return None };
        let room = KEPT.saturating_sub(answer.len());
        *more |= bytes.len() > room;
        answer.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if !*head {
            return None;
        }
        let response = http::read(answer, method, false);
        let interim = response.status.is_some_and(|status| status.code < 200);
        let open = interim || memchr::memmem::find(answer, b"\r\n\r\n").is_none();
        *head = open && answer.len() < http::HEAD;
        response.charset
    }

    /// Whether something was answered; a server may then be silent without having ended.
    pub fn is_answered(&self) -> bool {
        matches!(self, Self::Asked { answer, .. } if !answer.is_empty())
    }

    /// Whether all of the answer has come, as its own headers tell.
    pub fn is_whole(&self) -> bool {
        let Self::Asked { method, answer, more: false, head: false } = self else { return false };
        let response = http::read(answer, method, false);
        // What is said before the answer itself is not the answer (RFC 9110 section 15.2).
        response.is_whole && response.status.is_some_and(|status| status.code == 101 || status.code >= 200)
    }

    /// Nothing more is waited for: tells what is wrong with what came, once. `ended`: the server has closed.
    pub fn tell(&mut self, notes: &Notes, ended: bool) {
        if let Self::Asked { method, answer, more: false, .. } = self
            && !answer.is_empty()
        {
            for fault in http::read(answer, method, ended).faults {
                notes.say(&words::http_fault(notes.lang(), &fault));
            }
            *self = Self::Told;
        }
    }
}

/// The method of a request's first line, `GET / HTTP/1.1`.
fn method(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let mut words = line.split(' ');
    let (method, _, version) = (words.next()?, words.next()?, words.next()?);
    let is_token = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_token && version.starts_with("HTTP/1.") && words.next().is_none()).then(|| method.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_by_its_first_line() {
        assert_eq!(method(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").as_deref(), Some("GET"));
        for other in ["hello", "GET /", "GET / HTTP/1.1 x", "get / HTTP/1.1", "", "A B C"] {
            assert_eq!(method(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn the_answer_is_whole_when_its_length_has_come() {
        let mut http = Http::default();
        http.sent(b"GET / HTTP/1.1\r\n\r\n");
        assert!(!http.is_answered());
        for piece in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "h"] {
            http.received(piece.as_bytes());
            assert!(http.is_answered() && !http.is_whole(), "{piece}");
        }
        http.received(b"i");
        assert!(http.is_whole());
    }

    #[test]
    fn the_charset_is_known_as_soon_as_its_header_has_come() {
        let mut http = Http::default();
        http.sent(b"GET / HTTP/1.1\r\n\r\n");
        assert_eq!(http.received(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; char"), None);
        assert_eq!(http.received(b"set=gbk\r\n\r\n\xC4\xE3"), Some(Charset::GBK));
        let mut other = Http::default();
        other.sent(b"hello");
        assert_eq!(other.received(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gbk\r\n\r\n"), None);
    }
}
