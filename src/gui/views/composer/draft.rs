//! What is being typed for one socket, and what was sent from there before. Pure.
//!
//! Every socket keeps its own draft, so that looking at another one loses nothing. The history works like a
//! shell's: Up goes back, Down forward again, and what was being typed waits at the end of it.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use crate::{
    journal::SocketId,
    net::options::{AddressError, narrow, parse_bind},
};

/// Messages that the history of one socket remembers.
const HISTORY: usize = 100;
/// The longest pause between two repeated messages: a day.
const LONGEST_PAUSE_MS: u64 = 24 * 60 * 60 * 1000;

/// What is being typed for one socket.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The message.
    pub text: String,
    /// UDP: the address to send to, as typed.
    pub to: String,
    /// Whether the user typed or chose that address, so that it stays.
    pub addressed: bool,
    /// A listener: the connection to send to, `None` for all of them.
    pub connection: Option<SocketId>,
    /// What was sent before.
    pub history: History,
    /// How it is to be repeated.
    pub repeat: RepeatForm,
    /// The file to be sent, as typed or chosen.
    pub file: String,
    /// Room that was needed to say what is wrong with this message, in points.
    pub problems: f32,
}

/// Messages sent before, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    sent: VecDeque<String>,
    /// Which of them is on show instead of the draft.
    at: Option<usize>,
    /// What was being typed before the history was opened.
    draft: String,
}

impl History {
    /// Remembers a message; the same one twice in a row only once.
    pub fn push(&mut self, text: &str) {
        self.at = None;
        self.draft.clear();
        if self.sent.back().is_some_and(|last| last == text) || text.is_empty() {
            return;
        }
        if self.sent.len() >= HISTORY {
            self.sent.pop_front();
        }
        self.sent.push_back(text.into());
    }

    /// The message before the one on show; `current` is kept to come back to.
    pub fn older(&mut self, current: &str) -> Option<&str> {
        let at = match self.at {
            None => self.sent.len().checked_sub(1)?,
            Some(at) => at.checked_sub(1)?,
        };
        if self.at.is_none() {
            self.draft = current.into();
        }
        self.at = Some(at);
        self.sent.get(at).map(String::as_str)
    }

    /// The message after the one on show; at the end what was being typed.
    pub fn newer(&mut self) -> Option<&str> {
        let at = self.at? + 1;
        if at < self.sent.len() {
            self.at = Some(at);
            self.sent.get(at).map(String::as_str)
        } else {
            self.at = None;
            Some(&self.draft)
        }
    }

    /// The reader changed what is on show: it is a draft from now on.
    pub fn edited(&mut self) {
        self.at = None;
    }
}

/// The repetition as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatForm {
    /// Milliseconds from one message to the next; 0 for as fast as the socket takes them.
    pub every_ms: String,
    /// How many; 0 until stopped.
    pub count: String,
}

impl Default for RepeatForm {
    fn default() -> Self {
        Self { every_ms: "1000".into(), count: "0".into() }
    }
}

/// Which field of the repetition is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatError {
    /// The pause is not a whole number of milliseconds up to a day.
    Every,
    /// The count is not a whole number.
    Count,
}

impl RepeatForm {
    /// The pause and the count.
    ///
    /// # Errors
    /// The first field that is not a number in its range.
    pub fn parse(&self) -> Result<(Duration, u64), RepeatError> {
        let every: u64 = self.every_ms.trim().parse().map_err(|_| RepeatError::Every)?;
        if every > LONGEST_PAUSE_MS {
            return Err(RepeatError::Every);
        }
        let count = self.count.trim().parse().map_err(|_| RepeatError::Count)?;
        Ok((Duration::from_millis(every), count))
    }
}

/// The address a datagram is to go to: `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`, or a port alone on this
/// computer. Names are not looked up here, because that takes time and a datagram is sent at once.
///
/// # Errors
/// What is wrong with it.
pub fn parse_target(text: &str) -> Result<SocketAddr, AddressError> {
    let text = &*narrow(text.trim());
    // A wildcard can be bound, but nothing can be sent to it.
    if text.starts_with('*') || (text.starts_with(':') && !text.starts_with("::")) {
        return Err(AddressError::Host(text.split(':').next().unwrap_or_default().into()));
    }
    let target = parse_bind(text)?;
    if target.port() != 0 {
        return Ok(target);
    }
    // `parse_bind` gives an address without a port the port 0, which nothing can be sent to.
    Err(if text.ends_with(":0") || text.bytes().all(|b| b.is_ascii_digit()) {
        AddressError::PortZero
    } else {
        AddressError::NoPort(text.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_goes_back_and_down_comes_home() {
        let mut history = History::default();
        assert_eq!(history.older("now"), None);
        for text in ["one", "two", "two", "", "three"] {
            history.push(text);
        }
        assert_eq!(history.older("now").map(str::to_owned), Some("three".into()));
        assert_eq!(history.older("three").map(str::to_owned), Some("two".into()));
        assert_eq!(history.older("two").map(str::to_owned), Some("one".into()));
        assert_eq!(history.older("one"), None);
        assert_eq!(history.newer().map(str::to_owned), Some("two".into()));
        assert_eq!(history.newer().map(str::to_owned), Some("three".into()));
        assert_eq!(history.newer().map(str::to_owned), Some("now".into()));
        assert_eq!(history.newer(), None);
    }

    #[test]
    fn an_edited_message_is_a_draft() {
        let mut history = History::default();
        history.push("one");
        history.older("");
        history.edited();
        assert_eq!(history.older("one!").map(str::to_owned), Some("one".into()));
        assert_eq!(history.newer().map(str::to_owned), Some("one!".into()));
    }

    #[test]
    fn a_history_ends_somewhere() {
        let mut history = History::default();
        for i in 0..500 {
            history.push(&i.to_string());
        }
        let mut count = 0;
        while history.older("").is_some() {
            count += 1;
        }
        assert_eq!(count, HISTORY);
    }

    #[test]
    fn a_repetition_is_two_numbers() {
        let form = |every: &str, count: &str| RepeatForm { every_ms: every.into(), count: count.into() }.parse();
        assert_eq!(form(" 20 ", "0"), Ok((Duration::from_millis(20), 0)));
        assert_eq!(form("0", "18446744073709551615"), Ok((Duration::ZERO, u64::MAX)));
        assert_eq!(form("", "0"), Err(RepeatError::Every));
        assert_eq!(form("86400001", "0"), Err(RepeatError::Every));
        assert_eq!(form("1.5", "0"), Err(RepeatError::Every));
        assert_eq!(form("1", "-1"), Err(RepeatError::Count));
    }

    #[test]
    fn what_people_type_to_send_to() {
        for (typed, meant) in [
            ("9000", "127.0.0.1:9000"),
            (" localhost:9000 ", "127.0.0.1:9000"),
            ("[::1]:9", "[::1]:9"),
            ("255.255.255.255:9", "255.255.255.255:9"),
        ] {
            assert_eq!(parse_target(typed).unwrap().to_string(), meant, "{typed}");
        }
        for (typed, error) in [
            ("", AddressError::Empty),
            ("0", AddressError::PortZero),
            ("127.0.0.1:0", AddressError::PortZero),
            ("127.0.0.1", AddressError::NoPort("127.0.0.1".into())),
            ("::1", AddressError::NoPort("::1".into())),
            (":80", AddressError::Host(String::new())),
            ("*:80", AddressError::Host("*".into())),
            ("example.org:80", AddressError::NotIp("example.org".into())),
            ("65536", AddressError::Port("65536".into())),
        ] {
            assert_eq!(parse_target(typed).unwrap_err(), error, "{typed}");
        }
    }
}
