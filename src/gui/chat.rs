//! Chat over one UDP socket of the bench: who is known, and what is known of each message. Pure.
//!
//! The rows of the journal are the messages; nothing is copied. What is kept here is what would be tedious to find in
//! them again for every frame: who was heard, what is unread, and which datagrams somebody answered or refused.
//!
//! UDP acknowledges nothing (RFC 768). So a message is *sent* until something comes back from that address, and
//! *refused* when the computer there says that no program has the port (ICMP, RFC 1122 section 4.1.3.3). The error names
//! the address and not the datagram; it is taken to speak of the last one that left before it, because it comes back
//! within a round trip, sooner than people type.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddr},
};

use serde::{Deserialize, Serialize};

use crate::{
    journal::{Event, FaultKind, Journal, Row, SocketId},
    text::{ComposeError, Composition, Ending, Mode},
};

/// Rows looked at in one call of [`Chat::advance`]: a few milliseconds.
const STEP: usize = 100_000;
/// Messages without an answer that are remembered of one person; an ICMP answer can speak of these only.
const PENDING: usize = 256;
/// Refused messages that are remembered of one person.
const REFUSED: usize = 4_096;
/// Addresses that have a thread. Who sends from ever new ones is still seen in the traffic.
const THREADS: usize = 1_000;

/// Somebody who has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// What the user calls them.
    pub name: String,
    /// Where they are.
    pub address: SocketAddr,
}

/// What lasts of the chat from one start to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatSettings {
    /// The address that the chat's socket binds.
    pub address: SocketAddr,
    /// What is put before every message; `{name}` is the name of who gets it.
    pub prefix: String,
    /// The known people, in the order in which they are listed.
    pub contacts: Vec<Contact>,
}

impl Default for ChatSettings {
    fn default() -> Self {
        Self { address: (Ipv4Addr::LOCALHOST, 0).into(), prefix: String::new(), contacts: Vec::new() }
    }
}

impl ChatSettings {
    /// The names of everybody at this address.
    pub fn names_at(&self, address: SocketAddr) -> impl Iterator<Item = &str> {
        self.contacts.iter().filter(move |contact| contact.address == address).map(|contact| contact.name.as_str())
    }

    /// The prefix for whoever is called this.
    pub fn prefix_for(&self, name: &str) -> String {
        self.prefix.replace("{name}", name)
    }
}

/// What leaves when `typed` is said to `name`. In hex mode bytes are typed, and nothing is put before them.
///
/// # Errors
/// What cannot be encoded, or not be read, and in which column of the prefix or of what was typed.
pub fn message(prefix: &str, typed: &str, composition: Composition) -> Result<Vec<u8>, ComposeError> {
    if composition.mode == Mode::Hex || prefix.is_empty() {
        return composition.bytes(typed);
    }
    // A name is no place for escapes, and the ending stands behind the message only.
    let plain = Composition { ending: Ending::None, escapes: false, ..composition };
    let mut bytes = plain.bytes(prefix)?;
    bytes.extend(composition.bytes(typed)?);
    Ok(bytes)
}

/// What is known of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It left. UDP says no more.
    Sent,
    /// Something came from that address later.
    Answered,
    /// The computer there said that no program has the port.
    Refused,
}

/// What is known of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Messages received that were not looked at yet.
    pub unread: u64,
    /// The newest row with a message, sent or received.
    pub last: Option<u64>,
    /// The newest row with a message received.
    heard: Option<u64>,
    /// Messages sent since then that nobody refused, oldest first.
    pending: BTreeSet<u64>,
    refused: BTreeSet<u64>,
}

impl Thread {
    /// What is known of the message in this row.
    pub fn delivery(&self, seq: u64) -> Delivery {
        if self.refused.contains(&seq) {
            Delivery::Refused
        } else if self.heard.is_some_and(|heard| heard > seq) {
            Delivery::Answered
        } else {
            Delivery::Sent
        }
    }

    /// Whether the last thing heard from there is that nobody is there.
    pub fn is_deserted(&self) -> bool {
        self.last.is_some_and(|last| self.refused.contains(&last))
    }
}

/// The chat of one socket.
#[derive(Debug, Default)]
pub struct Chat {
    socket: Option<SocketId>,
    threads: BTreeMap<SocketAddr, Thread>,
    next: u64,
}

impl Chat {
    /// The socket that is chatted with.
    pub fn socket(&self) -> Option<SocketId> {
        self.socket
    }

    /// Chats with this socket from now on; what it said before is part of it.
    pub fn start(&mut self, socket: SocketId) {
        *self = Self { socket: Some(socket), ..Self::default() };
    }

    /// Chats with no socket.
    pub fn stop(&mut self) {
        *self = Self::default();
    }

    /// Everybody who said something or was spoken to.
    pub fn threads(&self) -> impl Iterator<Item = (SocketAddr, &Thread)> {
        self.threads.iter().map(|(address, thread)| (*address, thread))
    }

    /// What is known of an address.
    pub fn thread(&self, address: SocketAddr) -> Option<&Thread> {
        self.threads.get(&address)
    }

    /// Messages received that were not looked at yet, of everybody.
    pub fn unread(&self) -> u64 {
        self.threads.values().map(|thread| thread.unread).sum()
    }

    /// What came from there was looked at.
    pub fn seen(&mut self, address: SocketAddr) {
        if let Some(thread) = self.threads.get_mut(&address) {
            thread.unread = 0;
        }
    }

    /// Looks at new rows, as many as fit into a frame. Returns whether it is up to date; if not, call again.
    pub fn advance(&mut self, journal: &Journal) -> bool {
        let Some(socket) = self.socket else { return true };
        let range = journal.range();
        self.next = self.next.max(range.start);
        for row in journal.rows_from(self.next).take(STEP) {
            self.next = row.seq + 1;
            if row.record.socket == socket {
                self.take(&row);
            }
        }
        self.next == range.end
    }

    fn take(&mut self, row: &Row<'_>) {
        let Some(peer) = row.record.peer else { return };
        let event = row.record.event;
        if event.has_payload() && !self.threads.contains_key(&peer) && self.threads.len() < THREADS {
            self.threads.insert(peer, Thread::default());
        }
        let Some(thread) = self.threads.get_mut(&peer) else { return };
        match event {
            Event::Sent { .. } => {
                thread.last = Some(row.seq);
                thread.pending.insert(row.seq);
                if thread.pending.len() > PENDING {
                    thread.pending.pop_first();
                }
            }
            Event::Received { .. } => {
                thread.last = Some(row.seq);
                thread.heard = Some(row.seq);
                thread.unread += 1;
                thread.pending.clear();
            }
            Event::Failed { fault, .. } if is_refusal(fault.kind) => {
                if let Some(seq) = thread.pending.pop_last() {
                    thread.refused.insert(seq);
                }
                if thread.refused.len() > REFUSED {
                    thread.refused.pop_first();
                }
            }
            _ => {}
        }
    }
}

/// What an ICMP port unreachable becomes: ECONNREFUSED, on Windows WSAECONNRESET.
fn is_refusal(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Refused | FaultKind::Reset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{Batch, Call, Fault, Record, Span},
        text::Charset,
    };

    const SENT: Event = Event::Sent { asked: 1 };
    const RECEIVED: Event = Event::Received { full: 1 };

    fn icmp() -> Event {
        Event::Failed { call: Call::RecvFrom, fault: Fault::of(FaultKind::Refused) }
    }

    fn journal(events: &[(u32, Event, u16)]) -> Journal {
        let mut journal = Journal::default();
        for (socket, event, port) in events {
            let peer = Some((Ipv4Addr::LOCALHOST, *port).into());
            let socket = SocketId(*socket);
            let mut batch = Batch::default();
            batch.push(Record { at: 0, socket, generation: 0, event: *event, peer, bytes: Span::default() }, b"x");
            journal.push(batch);
        }
        journal
    }

    fn chat(journal: &Journal) -> Chat {
        let mut chat = Chat::default();
        chat.start(SocketId(1));
        assert!(chat.advance(journal));
        chat
    }

    fn at(port: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, port).into()
    }

    #[test]
    fn a_message_is_sent_answered_or_refused() {
        let rows = journal(&[
            (1, SENT, 7),
            (1, RECEIVED, 7),
            (1, SENT, 7),
            (1, SENT, 9),
            (1, icmp(), 9),
            (1, icmp(), 7),
            (1, SENT, 7),
        ]);
        let chat = chat(&rows);
        let seven = chat.thread(at(7)).unwrap();
        assert_eq!(seven.delivery(0), Delivery::Answered);
        assert_eq!(seven.delivery(2), Delivery::Refused);
        assert_eq!(seven.delivery(6), Delivery::Sent);
        assert!(!seven.is_deserted(), "something was sent since");
        let nine = chat.thread(at(9)).unwrap();
        assert_eq!((nine.delivery(3), nine.is_deserted(), nine.unread), (Delivery::Refused, true, 0));
    }

    #[test]
    fn every_datagram_of_a_burst_can_be_refused() {
        let rows = journal(&[(1, SENT, 7), (1, SENT, 7), (1, icmp(), 7), (1, icmp(), 7), (1, icmp(), 7)]);
        let chat = chat(&rows);
        let thread = chat.thread(at(7)).unwrap();
        assert_eq!([0, 1].map(|seq| thread.delivery(seq)), [Delivery::Refused; 2]);
    }

    #[test]
    fn what_is_unread_is_counted_until_it_is_seen() {
        let rows = journal(&[(1, RECEIVED, 7), (1, RECEIVED, 7), (2, RECEIVED, 7), (1, RECEIVED, 8), (1, icmp(), 6)]);
        let mut chat = chat(&rows);
        assert_eq!((chat.unread(), chat.thread(at(7)).unwrap().unread), (3, 2));
        chat.seen(at(7));
        chat.seen(at(5));
        assert_eq!((chat.unread(), chat.threads().count()), (1, 2), "an error alone is nobody");
    }

    #[test]
    fn strangers_without_number_do_not_grow_it_without_bound() {
        let mut rows = Journal::default();
        let mut batch = Batch::default();
        for port in 1..=5_000 {
            let socket = SocketId(1);
            let peer = Some(at(port));
            batch.push(Record { at: 0, socket, generation: 0, event: RECEIVED, peer, bytes: Span::default() }, b"x");
            batch.push(
                Record { at: 0, socket, generation: 0, event: SENT, peer: Some(at(1)), bytes: Span::default() },
                b"",
            );
        }
        rows.push(batch);
        let chat = chat(&rows);
        assert_eq!(chat.threads().count(), THREADS);
        assert!(chat.thread(at(1)).unwrap().pending.len() <= PENDING);
    }

    #[test]
    fn the_prefix_names_who_gets_it() {
        let settings = ChatSettings { prefix: "发给{name}: ".into(), ..ChatSettings::default() };
        let prefix = settings.prefix_for("taibai");
        assert_eq!(message(&prefix, "hello", Composition::default()).unwrap(), "发给taibai: hello".as_bytes());
        let gbk = Composition { charset: Charset::GBK, ending: Ending::Lf, escapes: true, ..Composition::default() };
        let bytes = message("\\n", "\\x41", gbk).unwrap();
        assert_eq!(bytes, b"\\nA\n", "escapes are read in what is typed only, and one ending stands at the end");
        let hex = Composition { mode: Mode::Hex, ..Composition::default() };
        assert_eq!(message(&prefix, "41", hex).unwrap(), b"A");
        let latin = Composition { charset: Charset::ISO_8859_1, ..Composition::default() };
        assert!(message(&prefix, "hello", latin).is_err());
    }
}
