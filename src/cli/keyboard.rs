//! What standard input is for, at a socket that says something by itself.
//!
//! Without rules a line is a message. With rules it is what they make of it: an answer to whoever asked, a line of a
//! conversation, or nothing, because the program they describe reads no keyboard. Where a conversation goes back and forth
//! the next line stays in the pipe until this one is answered, so that a script may hold a whole conversation.

use std::collections::VecDeque;

use super::sender::Target;
use crate::{
    journal::SocketId,
    net::{
        Responder,
        responder::{EmptyLine, Lines, Rules, Then},
    },
};

/// What standard input is for.
#[derive(Debug)]
pub(super) enum Keyboard {
    /// Lines are messages.
    Sends,
    /// Nothing: it is not read.
    Unused,
    /// Lines are for the rules.
    Feeds(Person),
}

/// What the rules want of a person.
#[derive(Debug)]
pub(super) struct Person {
    lines: Option<Lines>,
    /// Sockets with a message that waits for an answer, oldest first.
    asked: VecDeque<SocketId>,
    /// Whether a line waits for its answer.
    awaits: bool,
    /// Lines that are to leave as messages.
    given: u64,
    /// Whether the line was typed that ends it: the rules do the rest.
    leaves: bool,
}

impl Keyboard {
    pub fn of(responder: &Responder) -> Self {
        match responder.rules() {
            None => Self::Sends,
            Some(rules) if rules.lines.is_some() || asks(rules) => Self::Feeds(Person {
                lines: rules.lines.clone(),
                asked: VecDeque::new(),
                awaits: false,
                given: 0,
                leaves: false,
            }),
            Some(_) => Self::Unused,
        }
    }

    pub fn person(&mut self) -> Option<&mut Person> {
        if let Self::Feeds(person) = self { Some(person) } else { None }
    }
}

fn asks(rules: &Rules) -> bool {
    let mut actions = rules.connect.iter().chain(rules.rules.iter().flat_map(|rule| &rule.then));
    actions.any(|action| matches!(action, Then::Ask))
}

impl Person {
    /// Who gets the next line; `open` is who would without any question. Nobody, while an answer is awaited.
    pub fn target(&self, open: Option<Target>) -> Option<Target> {
        match self.asked.front() {
            Some(id) => Some(Target::Streams(vec![*id])),
            None if self.lines.is_some() && !self.awaits => open,
            None => None,
        }
    }

    /// A rule handed a message of this socket to the person.
    pub fn ask(&mut self, socket: SocketId) {
        self.asked.push_back(socket);
    }

    /// A line was given to the rules.
    pub fn typed(&mut self, line: &[u8]) {
        if self.asked.pop_front().is_some() {
            return;
        }
        let Some(lines) = &self.lines else { return };
        let empty = line.is_empty();
        if std::str::from_utf8(line).is_ok_and(|line| lines.quits(line)) || (empty && lines.empty == EmptyLine::Ends) {
            self.leaves = true;
        } else if !empty || lines.empty == EmptyLine::Sent {
            self.awaits = lines.ping_pong;
            self.given += u64::from(!empty);
        }
    }

    /// A line that was given could not be sent.
    pub fn refused(&mut self) {
        self.awaits = false;
        self.given = self.given.saturating_sub(1);
    }

    /// Something was received.
    pub fn answered(&mut self) {
        self.awaits = false;
    }

    /// Whether a line waits for its answer.
    pub fn awaits(&self) -> bool {
        self.awaits
    }

    /// Whether nothing is left to be said, after so many messages were sent: no line waits to leave or for its answer.
    pub fn has_said_all(&self, sent: u64) -> bool {
        !self.awaits() && !self.leaves && sent >= self.given
    }

    /// Whether every line has an answer, so that nothing more comes behind the last one.
    pub fn is_ping_pong(&self) -> bool {
        self.lines.as_ref().is_some_and(|lines| lines.ping_pong)
    }

    /// A connection is closed.
    pub fn forget(&mut self, socket: SocketId) {
        self.asked.retain(|asked| *asked != socket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(toml: &str) -> Person {
        match Keyboard::of(&Responder::Rules(Rules::parse(toml).unwrap().into())) {
            Keyboard::Feeds(person) => person,
            other => panic!("{other:?}"),
        }
    }

    fn all() -> Target {
        Target::Streams(vec![SocketId(1), SocketId(2)])
    }

    #[test]
    fn a_script_without_a_person_reads_no_keyboard() {
        let rules = Rules::parse("connect = [{ reply = \"sb\" }]").unwrap();
        assert!(matches!(Keyboard::of(&Responder::Rules(rules.into())), Keyboard::Unused));
        assert!(matches!(Keyboard::of(&Responder::Echo), Keyboard::Sends));
    }

    #[test]
    fn back_and_forth_waits_for_the_answer() {
        let mut person = person("[lines]\nping-pong = true\nquit = \"q\"");
        assert_eq!(person.target(Some(all())), Some(all()));
        person.typed(b"");
        assert_eq!(person.target(Some(all())), Some(all()), "an empty line is ignored, so nothing answers it");
        person.typed(b"hello");
        assert_eq!(person.target(Some(all())), None);
        assert!(!person.has_said_all(1));
        person.answered();
        assert!(person.has_said_all(1) && !person.has_said_all(0));
        assert_eq!(person.target(Some(all())), Some(all()));
        person.typed(b"q");
        assert!(!person.has_said_all(9), "how it ends is in its rules");
    }

    #[test]
    fn who_asked_first_is_answered_first_and_nobody_else() {
        let mut person = person("[[rule]]\nwhen = \"any\"\nthen = [\"ask\"]");
        assert_eq!(person.target(Some(all())), None);
        for id in [2, 1, 2] {
            person.ask(SocketId(id));
        }
        assert_eq!(person.target(Some(all())), Some(Target::Streams(vec![SocketId(2)])));
        person.typed(b"yes");
        assert_eq!(person.target(Some(all())), Some(Target::Streams(vec![SocketId(1)])));
        person.forget(SocketId(1));
        person.typed(b"yes");
        assert_eq!(person.target(Some(all())), None);
    }
}
