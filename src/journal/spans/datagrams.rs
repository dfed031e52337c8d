//! Which datagram that was received is which that was sent.
//!
//! UDP keeps boundaries (RFC 768): a datagram comes whole, or cut to the buffer of its `recv`, or not at all. The bytes say
//! nothing of who they are, so datagrams are matched by addresses, length and bytes, in order. One that did not come is
//! *lost* only when its receiver has read a later one of the same sender; until then it is on its way, for all anybody knows.
//! Two workers write down independently: a `recv` may be told of a moment before its `send`.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
};

use super::{LATE, same};
use crate::journal::{
    record::{Direction, Event, Nanos, SocketId},
    sockets::{Kind, Sockets},
    store::{Journal, Row},
};

/// Datagrams between two ports that may be on their way before the oldest is taken for one that nobody here received.
const FLYING: usize = 4_096;
/// Datagrams that may have been received before their send is told of.
const EARLY: usize = 256;
/// Datagrams that may leave the journal before they are forgotten.
const SWEEP: u64 = 16_384;

/// A datagram, from one of our sockets to another, or with one end elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// The row of its send, if it was sent here.
    pub sent: Option<u64>,
    /// The row of its recv, if it was received here.
    pub received: Option<u64>,
    /// The socket that sent it, if it was sent here.
    pub sender: Option<SocketId>,
    /// The socket that received it or, if it came nowhere yet, the one that has its address.
    pub receiver: Option<SocketId>,
    /// Whose it is.
    pub from: Option<SocketAddr>,
    /// Whom it was for.
    pub to: Option<SocketAddr>,
    /// Its bytes.
    pub len: u32,
    /// Those that recv returned; the rest was cut off and is lost.
    pub kept: u32,
    /// Its receiver has read a later one.
    pub overtaken: bool,
}

/// What became of a datagram, as far as anybody here can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It was sent and received here, whole.
    Whole,
    /// It was received here, but for its tail.
    Cut,
    /// Its receiver is here and has read a later one.
    Lost,
    /// Its receiver is here and has not read it yet.
    OnItsWay,
    /// Its receiver is outside: nobody here sees whether it came.
    Unseen,
    /// It came whole from outside.
    FromOutside,
}

impl Datagram {
    /// Whether its tail was cut off.
    pub fn is_cut(&self) -> bool {
        self.received.is_some() && self.kept < self.len
    }

    /// What became of it.
    pub fn fate(&self) -> Fate {
        match (self.sent, self.received) {
            (_, Some(_)) if self.is_cut() => Fate::Cut,
            (None, Some(_)) => Fate::FromOutside,
            (_, Some(_)) => Fate::Whole,
            _ if self.overtaken => Fate::Lost,
            _ if self.receiver.is_some() => Fate::OnItsWay,
            _ => Fate::Unseen,
        }
    }

    /// Bytes that are gone for good.
    pub fn gone(&self) -> u32 {
        match self.fate() {
            Fate::Cut => self.len - self.kept,
            Fate::Lost => self.len,
            _ => 0,
        }
    }

    fn latest(&self) -> u64 {
        self.sent.max(self.received).unwrap_or_default()
    }
}

/// Datagrams of one socket in one direction, counted; those that left too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sent by this socket or, of those that it received, by a socket of ours.
    pub sent: u64,
    /// Received by a socket of ours.
    pub received: u64,
    /// Of those: cut.
    pub cut: u64,
    /// Of those: from outside.
    pub from_outside: u64,
    /// Not received, and a later one was.
    pub lost: u64,
    /// Sent to somebody outside.
    pub unseen: u64,
    /// Bytes that are gone, cut off or lost.
    pub gone: u64,
}

impl Tally {
    /// Those that may still come.
    pub fn on_their_way(&self) -> u64 {
        (self.sent + self.from_outside).saturating_sub(self.received + self.lost + self.unseen)
    }
}

/// The datagrams of one socket in one direction, by their numbers.
#[derive(Debug, Default)]
struct List {
    numbers: VecDeque<u64>,
    left: u64,
    tally: Tally,
}

/// All datagrams in the journal, kept up with it: each row is looked at once.
#[derive(Debug, Default)]
pub struct Datagrams {
    /// In the order in which they were sent or, where they were sent elsewhere, received.
    all: VecDeque<Datagram>,
    /// How many left.
    left: u64,
    lists: HashMap<(SocketId, Direction), List>,
    by_row: HashMap<u64, u64>,
    /// Where each UDP socket is bound.
    bound: HashMap<SocketId, SocketAddr>,
    /// Those on their way to a socket of ours, by the two ports, oldest first.
    flying: HashMap<(u16, u16), VecDeque<u64>>,
    /// Those received of which no send was told yet, with when that was, oldest first.
    early: VecDeque<(u64, Nanos)>,
    next: u64,
    swept: u64,
}

impl Datagrams {
    /// Looks at rows that came in, as many at most, and forgets what left. Returns whether it is up to date.
    pub fn advance(&mut self, journal: &Journal, at_most: usize) -> bool {
        let range = journal.range();
        self.next = self.next.max(range.start);
        for row in journal.rows_from(self.next).take(at_most) {
            self.take(&row, |seq| journal.row(seq).map(|row| row.bytes));
            self.next = row.seq + 1;
        }
        if range.start - self.swept > SWEEP || (self.swept < range.start && range.is_empty()) {
            self.swept = range.start;
            self.sweep(range.start);
        }
        self.next == range.end
    }

    /// Looks at one row, in the order of the journal. `bytes_of` gives those of an earlier row, if it is still there.
    pub fn take<'j>(&mut self, row: &Row<'j>, bytes_of: impl Fn(u64) -> Option<&'j [u8]>) {
        let socket = row.record.socket;
        match row.record.event {
            Event::Bound => {
                if let Some(local) = row.detail().parse().ok().or(row.record.peer) {
                    self.bound.insert(socket, local);
                }
            }
            Event::Connected { .. } => {
                if let (Some(bound), Ok(local)) = (self.bound.get_mut(&socket), row.detail().parse()) {
                    *bound = local;
                }
            }
            Event::Sent { .. } => {
                if let Some(local) = self.bound.get(&socket) {
                    self.sent(row, *local, bytes_of);
                }
            }
            Event::Received { full } => {
                if let Some(local) = self.bound.get(&socket) {
                    self.received(row, *local, full, bytes_of);
                }
            }
            _ => {}
        }
    }

    fn sent<'j>(&mut self, row: &Row<'j>, local: SocketAddr, bytes_of: impl Fn(u64) -> Option<&'j [u8]>) {
        let (socket, to, len) = (row.record.socket, row.record.peer, row.bytes.len() as u32);
        let told = |(number, at): &(u64, Nanos)| {
            let Some(early) = self.get(*number) else { return false };
            at.saturating_add(LATE) >= row.record.at
                && same(Some(local), early.from)
                && same(to, early.to)
                && early.len == len
                && early.received.and_then(&bytes_of).is_some_and(|came| row.bytes.starts_with(came))
        };
        if let Some((number, _)) = self.early.iter().position(told).and_then(|at| self.early.remove(at)) {
            self.by_row.insert(row.seq, number);
            if let Some(datagram) = self.get_mut(number) {
                (datagram.sent, datagram.to, datagram.sender) = (Some(row.seq), to, Some(socket));
                let datagram = *datagram;
                self.list(socket, Direction::Out).numbers.push_back(number);
                let count = |tally: &mut Tally| {
                    tally.sent += 1;
                    tally.received += 1;
                    tally.cut += u64::from(datagram.is_cut());
                    tally.gone += u64::from(datagram.gone());
                };
                count(&mut self.list(socket, Direction::Out).tally);
                if let Some(receiver) = datagram.receiver {
                    let tally = &mut self.list(receiver, Direction::In).tally;
                    tally.sent += 1;
                    tally.from_outside = tally.from_outside.saturating_sub(1);
                }
                self.overtake(socket, to, number);
            }
            return;
        }
        let receiver = self.bound.iter().filter(|(_, bound)| same(Some(**bound), to)).map(|(id, _)| *id).max();
        let datagram = Datagram {
            sent: Some(row.seq),
            received: None,
            sender: Some(socket),
            receiver,
            from: Some(local),
            to,
            len,
            kept: 0,
            overtaken: false,
        };
        let number = self.push(row.seq, datagram);
        let list = self.list(socket, Direction::Out);
        list.numbers.push_back(number);
        list.tally.sent += 1;
        list.tally.unseen += u64::from(receiver.is_none());
        if let (Some(receiver), Some(to)) = (receiver, to) {
            let list = self.list(receiver, Direction::In);
            list.numbers.push_back(number);
            list.tally.sent += 1;
            let flying = self.flying.entry((local.port(), to.port())).or_default();
            flying.push_back(number);
            if flying.len() > FLYING {
                flying.pop_front();
            }
        }
    }

    fn received<'j>(
        &mut self,
        row: &Row<'j>,
        local: SocketAddr,
        full: u32,
        bytes_of: impl Fn(u64) -> Option<&'j [u8]>,
    ) {
        let (socket, from, kept) = (row.record.socket, row.record.peer, row.bytes.len() as u32);
        let ports = (from.map_or(0, |from| from.port()), local.port());
        let came = |number: &u64| {
            let Some(flying) = self.get(*number) else { return false };
            same(flying.from, from)
                && same(flying.to, Some(local))
                && flying.len == full
                && flying.sent.and_then(&bytes_of).is_some_and(|sent| sent.starts_with(row.bytes))
        };
        let found = self.flying.get(&ports).and_then(|flying| flying.iter().position(came));
        let number = found.and_then(|at| self.flying.get_mut(&ports)?.remove(at));
        let Some(number) = number else {
            let datagram = Datagram {
                sent: None,
                received: Some(row.seq),
                sender: None,
                receiver: Some(socket),
                from,
                to: Some(local),
                len: full,
                kept,
                overtaken: false,
            };
            let number = self.push(row.seq, datagram);
            self.early.push_back((number, row.record.at));
            if self.early.len() > EARLY {
                self.early.pop_front();
            }
            let list = self.list(socket, Direction::In);
            list.numbers.push_back(number);
            list.tally.received += 1;
            list.tally.from_outside += 1;
            list.tally.cut += u64::from(datagram.is_cut());
            list.tally.gone += u64::from(datagram.gone());
            return;
        };
        self.by_row.insert(row.seq, number);
        let Some(datagram) = self.get_mut(number) else { return };
        (datagram.received, datagram.kept) = (Some(row.seq), kept);
        let datagram = *datagram;
        for end in [(datagram.sender, Direction::Out), (datagram.receiver, Direction::In)] {
            if let (Some(id), direction) = end {
                let tally = &mut self.list(id, direction).tally;
                tally.received += 1;
                tally.cut += u64::from(datagram.is_cut());
                tally.gone += u64::from(datagram.gone());
            }
        }
        if let Some(sender) = datagram.sender {
            self.overtake(sender, datagram.to, number);
        }
    }

    /// A datagram was received: those that the same socket sent to the same address before it never will be.
    fn overtake(&mut self, sender: SocketId, to: Option<SocketAddr>, number: u64) {
        let Some(Datagram { from: Some(from), sent: Some(sent), .. }) = self.get(number).copied() else { return };
        let Some(to) = to else { return };
        let ports = (from.port(), to.port());
        let Some(mut flying) = self.flying.remove(&ports) else { return };
        flying.retain(|earlier| {
            let Some(datagram) = self.get_mut(*earlier) else { return false };
            let overtaken = datagram.sender == Some(sender) && datagram.to == Some(to) && datagram.sent < Some(sent);
            if overtaken {
                datagram.overtaken = true;
                let datagram = *datagram;
                for end in [(datagram.sender, Direction::Out), (datagram.receiver, Direction::In)] {
                    if let (Some(id), direction) = end {
                        let tally = &mut self.list(id, direction).tally;
                        tally.lost += 1;
                        tally.gone += u64::from(datagram.len);
                    }
                }
            }
            !overtaken
        });
        if !flying.is_empty() {
            self.flying.insert(ports, flying);
        }
    }

    fn push(&mut self, row: u64, datagram: Datagram) -> u64 {
        let number = self.left + self.all.len() as u64;
        self.by_row.insert(row, number);
        self.all.push_back(datagram);
        number
    }

    fn list(&mut self, socket: SocketId, direction: Direction) -> &mut List {
        self.lists.entry((socket, direction)).or_default()
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.left)?).ok()
    }

    fn get(&self, number: u64) -> Option<&Datagram> {
        self.all.get(self.index(number)?)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Datagram> {
        let index = self.index(number)?;
        self.all.get_mut(index)
    }

    fn sweep(&mut self, before: u64) {
        while let Some(datagram) = self.all.front().filter(|datagram| datagram.latest() < before) {
            for row in [datagram.sent, datagram.received].into_iter().flatten() {
                self.by_row.remove(&row);
            }
            self.all.pop_front();
            self.left += 1;
        }
        for list in self.lists.values_mut() {
            // One whose recv was told of before its send stands among the sends, out of its number's turn.
            let before = list.numbers.len();
            list.numbers.retain(|number| *number >= self.left);
            list.left += (before - list.numbers.len()) as u64;
        }
    }

    /// The datagram that a row tells of.
    pub fn of_row(&self, seq: u64) -> Option<&Datagram> {
        self.get(*self.by_row.get(&seq)?)
    }

    /// How many datagrams of a socket in a direction are there, and how many left before them.
    pub fn len(&self, socket: SocketId, direction: Direction) -> (usize, u64) {
        self.lists.get(&(socket, direction)).map_or((0, 0), |list| (list.numbers.len(), list.left))
    }

    /// The n-th of them.
    pub fn nth(&self, socket: SocketId, direction: Direction, index: usize) -> Option<&Datagram> {
        self.get(*self.lists.get(&(socket, direction))?.numbers.get(index)?)
    }

    /// Which of them a row tells of.
    pub fn position(&self, socket: SocketId, direction: Direction, seq: u64) -> Option<usize> {
        let number = self.by_row.get(&seq)?;
        let numbers = &self.lists.get(&(socket, direction))?.numbers;
        match direction {
            Direction::In => numbers.binary_search(number).ok(),
            // In the order of their sends, which may have been told of later than their recvs.
            Direction::Out => {
                let sent = self.get(*number)?.sent;
                numbers.binary_search_by_key(&sent, |number| self.get(*number).and_then(|datagram| datagram.sent)).ok()
            }
        }
    }

    /// How many of them there were, and what became of them.
    pub fn tally(&self, socket: SocketId, direction: Direction) -> Tally {
        self.lists.get(&(socket, direction)).map(|list| list.tally).unwrap_or_default()
    }
}

/// Datagrams in the order in which they were sent or, where they were sent elsewhere, received.
///
/// `sockets` say where those are bound whose rows do not.
pub fn datagrams<'j>(rows: impl Iterator<Item = Row<'j>>, sockets: &Sockets) -> Vec<Datagram> {
    let mut all = Datagrams::default();
    let udp = sockets.iter().filter(|entry| entry.kind == Kind::UdpSocket);
    all.bound = udp.filter_map(|entry| Some((entry.id, entry.local?))).collect();
    let mut bytes = HashMap::new();
    for row in rows {
        if row.record.event.has_payload() && all.bound.contains_key(&row.record.socket) {
            bytes.insert(row.seq, row.bytes);
        }
        all.take(&row, |seq| bytes.get(&seq).copied());
    }
    all.all.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::{Batch, Budget, Record, Span};

    fn record(socket: u32, event: Event, peer: &str) -> Record {
        let (socket, peer) = (SocketId(socket), peer.parse().ok());
        Record { at: 0, socket, generation: 0, event, peer, bytes: Span::default() }
    }

    #[test]
    fn datagrams_are_matched_one_to_one() {
        let mut sockets = Sockets::default();
        let mut batch = Batch::default();
        for (id, local) in [(1, "127.0.0.1:9001"), (2, "127.0.0.1:9002")] {
            sockets.open(SocketId(id), Kind::UdpSocket, 0, 0);
            batch.push(record(id, Event::Bound, local), local.as_bytes());
        }
        let sent = |len: u32| Event::Sent { asked: len };
        batch.push(record(1, sent(3), "127.0.0.1:9002"), b"one");
        batch.push(record(1, sent(3), "127.0.0.1:9002"), b"two");
        batch.push(record(1, sent(5), "127.0.0.1:9002"), b"three");
        // The first one is lost, the last one is cut, and one comes from elsewhere.
        batch.push(record(2, Event::Received { full: 3 }, "127.0.0.1:9001"), b"two");
        batch.push(record(2, Event::Received { full: 5 }, "127.0.0.1:9001"), b"th");
        batch.push(record(2, Event::Received { full: 0 }, "127.0.0.1:9009"), b"");
        for record in &batch.records {
            sockets.apply(record, batch.bytes_of(record));
        }
        let mut journal = Journal::new(Budget::default());
        journal.push(batch);
        let told: Vec<_> = datagrams(journal.rows_from(0), &sockets);
        let ends: Vec<_> = told.iter().map(|d| (d.sent, d.received, d.len, d.is_cut())).collect();
        assert_eq!(
            ends,
            [
                (Some(2), None, 3, false),
                (Some(3), Some(5), 3, false),
                (Some(4), Some(6), 5, true),
                (None, Some(7), 0, false)
            ]
        );
    }

    #[test]
    fn a_recv_that_is_told_of_before_its_send_is_the_same_datagram() {
        let mut sockets = Sockets::default();
        let mut batch = Batch::default();
        for (id, local) in [(1, "127.0.0.1:9001"), (2, "127.0.0.1:9002")] {
            sockets.open(SocketId(id), Kind::UdpSocket, 0, 0);
            batch.push(record(id, Event::Bound, local), local.as_bytes());
        }
        let at = |at, record| Record { at, ..record };
        batch.push(at(10, record(2, Event::Received { full: 3 }, "127.0.0.1:9001")), b"one");
        batch.push(at(11, record(1, Event::Sent { asked: 3 }, "127.0.0.1:9002")), b"one");
        // The same bytes long after are another one.
        batch.push(at(20, record(2, Event::Received { full: 3 }, "127.0.0.1:9001")), b"two");
        batch.push(at(21 + LATE, record(1, Event::Sent { asked: 3 }, "127.0.0.1:9002")), b"two");
        for record in &batch.records {
            sockets.apply(record, batch.bytes_of(record));
        }
        let mut journal = Journal::new(Budget::default());
        journal.push(batch);
        let told: Vec<_> = datagrams(journal.rows_from(0), &sockets);
        let ends: Vec<_> = told.iter().map(|datagram| (datagram.sent, datagram.received)).collect();
        assert_eq!(ends, [(Some(3), Some(2)), (None, Some(4)), (Some(5), None)]);
    }

    fn push(journal: &mut Journal, socket: u32, event: Event, peer: &str, bytes: &[u8]) {
        let mut batch = Batch::default();
        batch.push(record(socket, event, peer), bytes);
        journal.push(batch);
    }

    const ONE: &str = "127.0.0.1:9001";
    const TWO: &str = "127.0.0.1:9002";

    fn pair() -> Journal {
        let mut journal = Journal::default();
        push(&mut journal, 1, Event::Bound, ONE, ONE.as_bytes());
        push(&mut journal, 2, Event::Bound, "0.0.0.0:9002", b"0.0.0.0:9002");
        journal
    }

    #[test]
    fn a_datagram_is_lost_only_once_a_later_one_was_read() {
        let mut journal = pair();
        let mut all = Datagrams::default();
        let sent = |len| Event::Sent { asked: len };
        push(&mut journal, 1, sent(3), TWO, b"one");
        push(&mut journal, 1, sent(9), "127.0.0.1:7", b"elsewhere");
        push(&mut journal, 1, sent(5), TWO, b"three");
        assert!(all.advance(&journal, 99));
        let fates = |all: &Datagrams, direction, id| -> Vec<_> {
            let (len, _) = all.len(SocketId(id), direction);
            (0..len).filter_map(|n| all.nth(SocketId(id), direction, n)).map(Datagram::fate).collect()
        };
        assert_eq!(fates(&all, Direction::Out, 1), [Fate::OnItsWay, Fate::Unseen, Fate::OnItsWay]);
        assert_eq!(all.tally(SocketId(1), Direction::Out).on_their_way(), 2);
        push(&mut journal, 2, Event::Received { full: 5 }, ONE, b"th");
        push(&mut journal, 2, Event::Received { full: 1 }, "10.0.0.9:4", b"x");
        assert!(all.advance(&journal, 99));
        assert_eq!(fates(&all, Direction::Out, 1), [Fate::Lost, Fate::Unseen, Fate::Cut]);
        assert_eq!(fates(&all, Direction::In, 2), [Fate::Lost, Fate::Cut, Fate::FromOutside]);
        let tally = Tally { sent: 3, received: 1, cut: 1, from_outside: 0, lost: 1, unseen: 1, gone: 6 };
        assert_eq!(all.tally(SocketId(1), Direction::Out), tally);
        let tally = Tally { sent: 2, received: 2, cut: 1, from_outside: 1, lost: 1, unseen: 0, gone: 6 };
        assert_eq!((all.tally(SocketId(2), Direction::In), tally.on_their_way()), (tally, 0));
        assert_eq!(all.of_row(5).and_then(|datagram| datagram.sent), Some(4));
        assert_eq!(all.position(SocketId(1), Direction::Out, 5), Some(2));
    }

    #[test]
    fn what_left_is_forgotten_and_still_counted() {
        let mut journal = Journal::new(Budget { rows: 3, ..Budget::default() });
        let mut all = Datagrams::default();
        push(&mut journal, 1, Event::Bound, ONE, ONE.as_bytes());
        for _ in 0..9 {
            push(&mut journal, 1, Event::Sent { asked: 1 }, TWO, b"x");
            all.advance(&journal, 99);
        }
        all.sweep(journal.range().start);
        assert_eq!(all.len(SocketId(1), Direction::Out), (3, 6));
        assert_eq!((all.of_row(2), all.tally(SocketId(1), Direction::Out).sent), (None, 9));
        assert_eq!(all.of_row(9).map(Datagram::fate), Some(Fate::Unseen));
    }

    proptest! {
        /// Whatever is lost or cut, and in whatever order the two workers tell of it: each comes out of one send at most.
        #[test]
        fn datagrams_come_one_to_one(
            fates in prop::collection::vec((any::<bool>(), 0_usize..6), 0..40),
            order in prop::collection::vec(any::<bool>(), 0..80),
        ) {
            let mut journal = pair();
            let mut all = Datagrams::default();
            let message = |n: usize| format!("{n:04} is its number").into_bytes();
            let mut sends = 0..fates.len();
            let mut recvs = (0..fates.len()).filter(|n| fates[*n].0);
            for first in order.into_iter().chain(std::iter::repeat_n(true, 40)).chain(std::iter::repeat_n(false, 40)) {
                if first && let Some(n) = sends.next() {
                    push(&mut journal, 1, Event::Sent { asked: 19 }, TWO, &message(n));
                } else if !first && let Some(n) = recvs.next() {
                    let bytes = message(n);
                    let kept = bytes.len() - fates[n].1;
                    push(&mut journal, 2, Event::Received { full: bytes.len() as u32 }, ONE, &bytes[..kept]);
                }
                all.advance(&journal, 99);
            }
            let sent = SocketId(1);
            prop_assert_eq!(all.len(sent, Direction::Out), (fates.len(), 0));
            let last = fates.iter().rposition(|fate| fate.0);
            let mut rows = std::collections::BTreeSet::new();
            for n in 0..fates.len() {
                let datagram = all.nth(sent, Direction::Out, n).unwrap();
                prop_assert_eq!(datagram.received.is_some(), fates[n].0, "{} {:?}", n, datagram);
                if let Some(row) = datagram.received {
                    prop_assert!(rows.insert(row), "one recv of two sends");
                    prop_assert!(message(n).starts_with(journal.row(row).unwrap().bytes));
                    prop_assert_eq!(datagram.gone() as usize, fates[n].1);
                } else {
                    prop_assert_eq!(datagram.fate() == Fate::Lost, last.is_some_and(|last| last > n));
                }
            }
            let tally = all.tally(sent, Direction::Out);
            prop_assert_eq!(tally.received as usize, rows.len());
            prop_assert_eq!(tally.sent, tally.received + tally.lost + tally.on_their_way());
        }
    }
}
