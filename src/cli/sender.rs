//! Lines become messages, and messages go out as fast as the socket takes them and no faster.
//!
//! The engine takes commands without blocking and says when it has too many; a pipe may deliver a gigabyte. So one
//! line is taken at a time, and the next only when the sockets have room again: what standard input holds then stays
//! in the pipe, whose writer waits. Nothing is dropped on the way.
//!
//! A line is sent whole or not at all. Only one that is longer than [`LONGEST_LINE`] goes out piece by piece, where a
//! stream lets it; should a later piece be refused, it is said how much went out.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use rust_i18n::t;

use super::{
    input::{Line, Then},
    notes,
};
use crate::{
    framing::Framing,
    journal::SocketId,
    net::{Command, CommandError, Counters, Endpoint, Engine},
    text::{
        ComposeError, Composition, Ending, Mode,
        hex::{self, HexError},
    },
    words::{self, Lang, number},
};

/// Bytes that may wait in the engine for one socket before the next message is held back.
const WAITING: u64 = 1 << 20;
/// A long TCP message is handed over in pieces of this size; it is a stream in any case.
const CHUNK: usize = 256 << 10;
/// The longest line that is kept whole; `cli.line_too_long` names it.
const LONGEST_LINE: usize = 16 << 20;

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Into these TCP connections.
    Streams(Vec<SocketId>),
    /// From this UDP socket, to an address or to the peer that it is connected to.
    Datagram(SocketId, Option<Endpoint>),
}

/// What turns lines into messages and hands them to the engine.
pub(super) struct Sender {
    lang: Lang,
    composition: Composition,
    /// How each message is marked.
    framing: Framing,
    datagrams: bool,
    /// Lines are handed over as they are: the socket's rules make messages of them.
    raw: bool,
    counters: BTreeMap<SocketId, Arc<Counters>>,
    pending: Option<Pending>,
    /// A line of which not everything was read yet.
    gathered: Vec<u8>,
    /// Its number.
    gathering: u64,
    /// The line of which the first pieces were sent.
    begun: Option<Begun>,
    hex: hex::Lines,
    /// The line of which no further piece is to be sent.
    refused: Option<u64>,
    /// Whether a line was refused.
    pub failed: bool,
}

struct Pending {
    /// The line that it was made of.
    number: u64,
    bytes: Vec<u8>,
    to: Option<Endpoint>,
    /// Sockets that have not got all of it, with the bytes that they have got.
    left: Vec<(SocketId, usize)>,
}

/// What is behind of a line that is sent in pieces.
#[derive(Clone, Copy, Debug, Default)]
struct Begun {
    number: u64,
    /// Its bytes and characters so far, and the bytes that were made of them.
    bytes: usize,
    characters: usize,
    sent: usize,
}

impl Sender {
    pub fn new(lang: Lang, composition: Composition, framing: Framing, datagrams: bool, raw: bool) -> Self {
        Self {
            lang,
            composition,
            framing,
            datagrams,
            raw,
            counters: BTreeMap::new(),
            pending: None,
            gathered: Vec::new(),
            gathering: 0,
            begun: None,
            hex: hex::Lines::default(),
            refused: None,
            failed: false,
        }
    }

    /// Whether nothing waits here for room in a socket.
    pub fn is_free(&self) -> bool {
        self.pending.is_none()
    }

    /// Whether the kernel has everything that was handed over.
    pub fn is_idle(&self) -> bool {
        self.is_free() && self.counters.values().all(|counters| counters.totals().waiting == 0)
    }

    /// The line that was taken and that no socket has all of.
    pub fn unsent(&self) -> Option<u64> {
        let gathering = (!self.gathered.is_empty()).then_some(self.gathering);
        self.pending.as_ref().map(|pending| pending.number).or(gathering)
    }

    /// The line that waits for room, and the sockets that have none.
    pub fn waits_for(&self) -> Option<(u64, impl Iterator<Item = SocketId>)> {
        let pending = self.pending.as_ref()?;
        Some((pending.number, pending.left.iter().map(|(id, _)| *id)))
    }

    /// Makes a message of a line and keeps it until [`pump`](Self::pump) has handed it over. A line that cannot be
    /// sent is refused with its number and column. Whether there is a message now.
    pub fn take(&mut self, line: Line, target: Target) -> bool {
        let Line { number, mut bytes, then } = line;
        if self.refused == Some(number) {
            return false;
        }
        if !self.gathered.is_empty() {
            self.gathered.append(&mut bytes);
            bytes = std::mem::take(&mut self.gathered);
        }
        let is_long = bytes.len() > LONGEST_LINE;
        let in_pieces = self.takes_pieces() && (is_long || self.begun.is_some());
        if is_long && !in_pieces {
            let problem = t!("cli.line_too_long", locale = self.lang.tag());
            self.refuse(number, &problem);
        } else if !in_pieces && then == Then::More {
            self.gathered = bytes;
            self.gathering = number;
        } else {
            match self.compose(number, &bytes, then) {
                Ok(Some(composed)) => {
                    if in_pieces && then == Then::More {
                        let begun = self.begun.get_or_insert(Begun { number, ..Begun::default() });
                        begun.bytes += bytes.len();
                        begun.characters += String::from_utf8_lossy(&bytes).chars().count();
                        begun.sent += composed.len();
                    } else {
                        self.begun = None;
                    }
                    self.pending = Some(Pending::new(number, composed, target));
                }
                Ok(None) => {}
                Err(problem) => self.refuse(number, &problem),
            }
        }
        self.pending.is_some()
    }

    /// Whether pieces of a line are the same bytes as the whole of it, but for ISO-2022-JP's returns to ASCII.
    fn takes_pieces(&self) -> bool {
        !self.datagrams
            && !self.raw
            && self.composition.mode == Mode::Text
            && !self.composition.escapes
            && self.framing == Framing::None
    }

    /// Nothing more comes from standard input.
    pub fn end(&mut self) {
        if let Err(error) = self.hex.finish()
            && let HexError::Repeat { line } = error
        {
            self.refuse(line as u64, &words::compose_error(self.lang, &error.into()));
        }
    }

    /// Hands over as much as the sockets have room for.
    pub fn pump(&mut self, engine: &Engine) {
        let Some(mut pending) = self.pending.take() else { return };
        pending.left.retain_mut(|(id, done)| {
            loop {
                if self.raw {
                    let line = String::from_utf8_lossy(&pending.bytes).into_owned();
                    let told = engine.command(*id, Command::Line(line));
                    return matches!(told, Err(CommandError::Busy(_) | CommandError::QueueFull(_)));
                }
                let Some(rest) = pending.bytes.get(*done..) else { return false };
                if rest.is_empty() && !(self.datagrams && *done == 0) {
                    return false;
                }
                if !self.has_room(engine, *id) {
                    return true;
                }
                let chunk = if self.datagrams { rest } else { rest.get(..CHUNK).unwrap_or(rest) };
                let bytes = chunk.to_vec();
                let command = match &pending.to {
                    Some(to) => Command::SendToName { bytes, to: to.clone() },
                    None => Command::Send { bytes, to: None },
                };
                match engine.command(*id, command) {
                    Ok(()) => {
                        *done += chunk.len();
                        if self.datagrams {
                            return false;
                        }
                    }
                    Err(CommandError::Busy(_) | CommandError::QueueFull(_)) => return true,
                    // It was closed in the meantime, and its own record says why.
                    Err(CommandError::NotOpen(_)) => return false,
                }
            }
        });
        if !pending.left.is_empty() {
            self.pending = Some(pending);
        }
    }

    /// A connection is closed: nothing more goes there.
    pub fn forget(&mut self, id: SocketId) {
        self.counters.remove(&id);
        if let Some(pending) = &mut self.pending {
            pending.left.retain(|(target, _)| *target != id);
            if pending.left.is_empty() {
                self.pending = None;
            }
        }
    }

    /// The message that a line makes, or this piece of it; a line of a dump may make none.
    fn compose(&mut self, number: u64, bytes: &[u8], then: Then) -> Result<Option<Vec<u8>>, String> {
        let begun = self.begun.unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let byte = begun.bytes + error.valid_up_to() + 1;
            t!("cli.not_utf8", locale = self.lang.tag(), byte = byte).into_owned()
        })?;
        if self.raw {
            return Ok(Some(bytes.to_vec()));
        }
        let message = if self.composition.mode == Mode::Hex {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            self.hex.read(number, text).map_err(ComposeError::from)
        } else {
            // The ending stands in for the newline; where there was none there is none to replace.
            let ending = if then == Then::Newline { self.composition.ending } else { Ending::None };
            Composition { ending, ..self.composition }.bytes(text).map(Some)
        };
        let Some(message) = message.map_err(|mut error| {
            if let ComposeError::Encode(error) = &mut error {
                error.column += begun.characters;
            }
            words::compose_error(self.lang, &error)
        })?
        else {
            return Ok(None);
        };
        let mut framed = Vec::new();
        self.framing.encode(&message, &mut framed).map_err(|error| words::framing_error(self.lang, &error))?;
        Ok(Some(framed))
    }

    fn refuse(&mut self, number: u64, problem: &str) {
        self.failed = true;
        self.refused = Some(number);
        let tag = self.lang.tag();
        match self.begun.take() {
            Some(begun) if begun.number == number => {
                let count = number::grouped(begun.sent as u64);
                notes::warn(&t!("cli.line_cut", locale = tag, number = number, count = count, problem = problem));
            }
            _ => notes::warn(&t!("cli.line", locale = tag, number = number, problem = problem)),
        }
    }

    fn has_room(&mut self, engine: &Engine, id: SocketId) -> bool {
        let counters = match self.counters.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => match engine.counters(id) {
                Some(counters) => unknown.insert(counters),
                None => return true,
            },
        };
        counters.totals().waiting < WAITING
    }
}

impl Pending {
    fn new(number: u64, bytes: Vec<u8>, target: Target) -> Self {
        let (ids, to) = match target {
            Target::Streams(ids) => (ids, None),
            Target::Datagram(id, to) => (vec![id], to),
        };
        Self { number, bytes, to, left: ids.into_iter().map(|id| (id, 0)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Charset;

    fn sender(composition: Composition, datagrams: bool) -> Sender {
        Sender::new(Lang::En, composition, Framing::None, datagrams, false)
    }

    fn line(number: u64, bytes: &[u8], then: Then) -> Line {
        Line { number, bytes: bytes.to_vec(), then }
    }

    fn taken(sender: &mut Sender, line: Line) -> Option<Vec<u8>> {
        let target = Target::Streams(vec![SocketId(1)]);
        sender.take(line, target);
        sender.pending.take().map(|pending| pending.bytes)
    }

    #[test]
    fn the_ending_stands_in_for_the_newline() {
        let mut sender = sender(Composition { ending: Ending::CrLf, ..Composition::default() }, false);
        assert_eq!(taken(&mut sender, line(1, b"a", Then::Newline)).unwrap(), b"a\r\n");
        assert_eq!(taken(&mut sender, line(2, b"b", Then::End)).unwrap(), b"b");
    }

    #[test]
    fn a_refused_line_leaves_the_next_one_alone() {
        let mut sender = sender(Composition { charset: Charset::UTF_8, ..Composition::default() }, false);
        assert_eq!(taken(&mut sender, line(1, b"\xFF", Then::More)), None);
        assert_eq!(taken(&mut sender, line(1, b"rest of it", Then::Newline)), None);
        assert!(sender.failed);
        assert_eq!(taken(&mut sender, line(2, b"good", Then::Newline)).unwrap(), b"good");
    }

    #[test]
    fn a_framed_line_is_one_message_however_it_was_read() {
        let mut sender = Sender { framing: "u16-be".parse().unwrap(), ..sender(Composition::default(), false) };
        assert_eq!(taken(&mut sender, line(1, b"abc", Then::More)), None);
        assert_eq!(taken(&mut sender, line(1, b"def", Then::Newline)).unwrap(), b"\0\x06abcdef");
        assert_eq!(taken(&mut sender, line(2, &vec![b'x'; 65_536], Then::Newline)), None);
        assert!(sender.failed);
        assert_eq!(taken(&mut sender, line(3, b"", Then::Newline)).unwrap(), b"\0\0");
    }

    #[test]
    fn a_long_line_is_refused_before_anything_of_it_is_sent() {
        let mut sender = sender(Composition { charset: Charset::GB2312, ..Composition::default() }, false);
        let piece = "你".repeat(300_000);
        for then in [Then::More, Then::More] {
            assert_eq!(taken(&mut sender, line(1, piece.as_bytes(), then)), None);
        }
        let gathered = [piece.repeat(2), "镕".into()].concat();
        let error = sender.compose(1, gathered.as_bytes(), Then::Newline).unwrap_err();
        assert!(error.contains("column 600001"), "{error}");
        assert_eq!(taken(&mut sender, line(1, "镕".as_bytes(), Then::Newline)), None);
        assert!(sender.failed && sender.begun.is_none());
        assert_eq!(taken(&mut sender, line(2, "好".as_bytes(), Then::Newline)).unwrap(), b"\xBA\xC3");
    }

    #[test]
    fn one_that_is_longer_says_how_much_of_it_was_sent_and_where_in_all_of_it_the_rest_is_wrong() {
        let mut sender = sender(Composition { charset: Charset::GB2312, ..Composition::default() }, false);
        let piece = "你".repeat(LONGEST_LINE / 3 + 1);
        assert_eq!(taken(&mut sender, line(1, piece.as_bytes(), Then::More)).unwrap().len(), piece.len() / 3 * 2);
        let begun = sender.begun.unwrap();
        assert_eq!((begun.bytes, begun.characters, begun.sent), (piece.len(), piece.len() / 3, piece.len() / 3 * 2));
        assert_eq!(taken(&mut sender, line(1, "好".as_bytes(), Then::More)).unwrap(), b"\xBA\xC3");
        let error = sender.compose(1, "镕".as_bytes(), Then::Newline).unwrap_err();
        assert!(error.contains(&format!("column {}", piece.len() / 3 + 2)), "{error}");
        let error = sender.compose(1, b"\xFF", Then::Newline).unwrap_err();
        assert!(error.contains(&format!("byte {}", piece.len() + 4)), "{error}");
        assert_eq!(taken(&mut sender, line(1, b"end", Then::Newline)).unwrap(), b"end");
        assert!(sender.begun.is_none() && !sender.failed);
    }

    #[test]
    fn a_datagram_is_one_line_however_it_was_read() {
        let mut sender = sender(Composition::default(), true);
        assert_eq!(taken(&mut sender, line(1, b"abc", Then::More)), None);
        assert_eq!(taken(&mut sender, line(1, b"def", Then::Newline)).unwrap(), b"abcdef");
        let piece = vec![b'x'; LONGEST_LINE / 2 + 1];
        assert_eq!(taken(&mut sender, line(2, &piece, Then::More)), None);
        assert_eq!(taken(&mut sender, line(2, &piece, Then::More)), None);
        assert!(sender.failed);
        assert!(sender.gathered.is_empty());
    }
}
