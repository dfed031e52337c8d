//! A socket with its rules as a short program of its own: Python, Rust, a line for ncat.
//!
//! The program is for learners who have seen in Twocan what happens and now want to write it. So it uses the language's
//! standard library and nothing else, and does what textbooks forget: it sends everything, reads until the end of the stream,
//! marks its messages, and closes. Rules become one `if` after the other. What a language cannot say is a comment at its
//! place; where nothing would be left, an error names it.
//!
//! - `python`, `rust`, `ncat`: one file a language. `program`: lines and how deep they stand.

mod ncat;
mod program;
mod python;
mod rust;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::{
    framing::Framing,
    net::{
        SocketSpec,
        responder::{Rules, Slot, Template, Then, When},
    },
    text::{Charset, Unmappable},
};

/// What the program is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Python 3.9 or later, standard library.
    Python,
    /// Rust, `std::net`.
    Rust,
    /// A line for a shell, with Nmap's ncat.
    Ncat,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Python, Self::Rust, Self::Ncat];
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "Python",
            Self::Rust => "Rust",
            Self::Ncat => "ncat",
        })
    }
}

/// Why there is no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {language} program cannot do {what:?}")]
pub struct CodeError {
    /// What it was to be written in.
    pub language: Language,
    /// What it cannot do, as it is called in rules: `shell`, `every-ms`, `framing`.
    pub what: &'static str,
}

/// The program that does what this socket does. It ends with a newline.
///
/// # Errors
/// Something that the socket does cannot be said in this language, and without it nothing useful would be left.
pub fn code(spec: &SocketSpec, language: Language) -> Result<String, CodeError> {
    let responder = match spec {
        SocketSpec::TcpServer(server) => &server.responder,
        SocketSpec::TcpClient(client) => &client.responder,
        SocketSpec::Udp(udp) => &udp.responder,
    };
    let rules = responder.to_rules();
    if [&rules.framing, &rules.framing_out].into_iter().any(|framing| matches!(framing, Framing::Header(_))) {
        return Err(CodeError { language, what: "framing" });
    }
    match language {
        Language::Python => python::program(spec, &rules),
        Language::Rust => rust::program(spec, &rules),
        Language::Ncat => ncat::line(spec, &rules),
    }
}

/// What an action is called in rules.
fn name(action: &Then) -> &'static str {
    match action {
        Then::Nothing => "nothing",
        Then::Echo => "echo",
        Then::Upper => "upper",
        Then::UpperText => "upper-text",
        Then::Strip => "strip",
        Then::Reply(_) => "reply",
        Then::ReplyHex(_) => "reply-hex",
        Then::OneOf(_) => "one-of",
        Then::Script(_) => "script",
        Then::File => "file",
        Then::Strftime(_) => "strftime",
        Then::Chargen => "chargen",
        Then::Page(_) => "page",
        Then::Others(_) => "others",
        Then::Ask => "ask",
        Then::Shell => "shell",
        Then::Command(_) => "command",
        Then::Receive(_) => "receive",
        Then::Await(_) => "await",
        Then::AwaitEnd => "await-end",
        Then::WaitMs(_) => "wait-ms",
        Then::Split(_) => "split",
        Then::DropPercent(_) => "drop-percent",
        Then::NextClient => "next-client",
        Then::HalfClose => "half-close",
        Then::Close => "close",
        Then::Reset => "reset",
    }
}

/// All actions, those on connect first.
fn actions(rules: &Rules) -> impl Iterator<Item = &Then> {
    rules.connect.iter().chain(rules.rules.iter().flat_map(|rule| &rule.then))
}

/// The rules that answer messages, up to the first that answers all of them: those behind it never come to speak.
fn answering(rules: &Rules) -> impl Iterator<Item = (&When, &[Then])> {
    let speaking = rules.rules.iter().filter(|rule| !matches!(rule.when, When::End | When::EveryMs(_)));
    let last = speaking.clone().position(|rule| rule.when == When::Any).unwrap_or(usize::MAX);
    speaking.take(last.saturating_add(1)).map(|rule| (&rule.when, rule.then.as_slice()))
}

/// What is done when the peer has ended.
fn at_the_end(rules: &Rules) -> &[Then] {
    rules.rules.iter().find(|rule| rule.when == When::End).map_or(&[], |rule| &rule.then)
}

/// What is done every so many milliseconds.
fn repeated(rules: &Rules) -> impl Iterator<Item = (u64, &[Then])> {
    rules.rules.iter().filter_map(|rule| match rule.when {
        When::EveryMs(ms) => Some((ms, rule.then.as_slice())),
        _ => None,
    })
}

/// Whether the message's number is looked at.
fn counts(rules: &Rules) -> bool {
    let numbered = |template: &Template| template.pieces().any(|piece| matches!(piece, Err(Slot::Number(_))));
    rules.rules.iter().any(|rule| matches!(rule.when, When::Message(_)))
        || actions(rules).any(|action| match action {
            Then::Reply(template) | Then::Others(template) | Then::Receive(template) | Then::Strftime(template) => {
                numbered(template)
            }
            Then::OneOf(templates) => templates.iter().any(numbered),
            Then::Script(script) => script.messages.iter().any(numbered),
            Then::Page(page) => numbered(&page.body),
            _ => false,
        })
}

/// The encoding of what is received.
fn charset_in(rules: &Rules) -> Charset {
    rules.encoding_in.unwrap_or(rules.encoding)
}

/// What Twocan would send for a text that stands in rules.
fn encoded(charset: Charset, text: &str) -> Vec<u8> {
    charset.encode(text, Unmappable::Question).unwrap_or_default()
}

/// Milliseconds as seconds, as a program writes them: 0.3, 3.
fn seconds(ms: u64) -> String {
    let fraction = format!("{:03}", ms % 1000);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { (ms / 1000).to_string() } else { format!("{}.{fraction}", ms / 1000) }
}
