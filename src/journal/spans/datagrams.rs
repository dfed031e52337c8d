//! Which datagram that was received is which that was sent.
//!
//! UDP keeps boundaries (RFC 768): a datagram comes whole, or cut to the buffer of its `recv`, or not at all. The bytes say
//! nothing of who they are, so datagrams are matched by addresses, length and bytes, in order. One that did not come is
//! *lost* only when its receiver has read a later one of the same sender; until then it is on its way, for all anybody knows.
//! If it comes all the same, it was not lost.
//! Two workers write down independently: a `recv` may be told of a moment before its `send`.
//!
//! Of each datagram only its rows are kept, eight bytes in all; what it was is read from them when somebody asks.

mod files;

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
};

use self::files::Files;
use super::{LATE, same};
use crate::journal::{
    chunks::{Chunks, Near},
    record::{Direction, Event, SocketId},
    store::{Journal, Row},
};

/// Datagrams between two ports that may be on their way before the oldest is taken for one that nobody here received.
const FLYING: usize = 4_096;
/// Datagrams between two ports that were overtaken and may come all the same.
const OVERTAKEN_AND_WAITED_FOR: usize = 32;
/// Datagrams that may have been received before their send is told of.
const EARLY: usize = 256;
/// Rows that may leave the journal before lists that are out of order are looked through.
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
    /// It is a part of a file that a socket of ours sent: those have no rows where they are sent.
    pub of_file: bool,
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
    /// It came whole, and is a part of a file that a socket of ours sent.
    OfFile,
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
            (None, Some(_)) if self.of_file => Fate::OfFile,
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
    /// Of those: parts of files of ours.
    pub of_file: u64,
    /// Files that this socket sent, or began to, and the datagrams of them that a socket of ours received; none of those is
    /// among the others.
    pub files: u64,
    /// Those datagrams.
    pub file_received: u64,
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
        (self.sent + self.from_outside + self.of_file).saturating_sub(self.received + self.lost + self.unseen)
    }
}

/// The rows of a datagram: the one that was told first, and how many rows later the other one was.
#[derive(Clone, Copy, Debug, Default)]
struct Rows {
    first: Near,
    /// The distance, 0 while there is no other; and below it the bits that follow.
    more: u32,
}

/// The first row is the send.
const SENT_FIRST: u32 = 1;
/// A socket of ours had its address when it was sent.
const TO_US: u32 = 2;
/// A later one was read.
const OVERTAKEN: u32 = 4;
/// It is a part of a file.
const OF_FILE: u32 = 8;
/// The bits that are not distance.
const BITS: u32 = 4;

impl Rows {
    fn new(row: u64, bits: u32) -> Self {
        Self { first: Near::new(row), more: bits }
    }

    fn is(self, bit: u32) -> bool {
        self.more & bit != 0
    }

    /// The rows of its send and its recv.
    fn ends(self, start: u64) -> (Option<u64>, Option<u64>) {
        let first = self.first.from(start);
        let second = Some(self.more >> BITS).filter(|by| *by > 0).map(|by| first + u64::from(by));
        if self.is(SENT_FIRST) { (Some(first), second) } else { (second, Some(first)) }
    }

    /// Tells of the other row. One that is a quarter of a thousand million rows away is not there any more.
    fn join(&mut self, row: u64, start: u64) {
        let by = row.saturating_sub(self.first.from(start));
        if by < 1 << (u32::BITS - BITS) {
            self.more |= (by as u32) << BITS;
        }
    }
}

/// The datagrams of one socket in one direction, by their numbers.
#[derive(Debug, Default)]
struct List {
    numbers: Chunks<Near>,
    left: u64,
    /// Some stand out of their numbers' order: those whose recv was told of before their send.
    mixed: bool,
    tally: Tally,
}

/// One on its way to a socket of ours.
#[derive(Clone, Copy, Debug)]
struct Flying {
    number: u64,
    /// The row of its send.
    row: u64,
    sender: SocketId,
    receiver: SocketId,
    from: SocketAddr,
    to: SocketAddr,
    len: u32,
}

/// All datagrams in the journal, kept up with it: each row is looked at once.
#[derive(Debug, Default)]
pub struct Datagrams {
    /// In the order in which they were told of.
    all: Chunks<Rows>,
    /// How many left.
    left: u64,
    lists: HashMap<(SocketId, Direction), List>,
    /// The number of the datagram that each row tells of, from row `start` on; of other rows anything.
    by_row: Chunks<Near>,
    start: u64,
    /// Where each UDP socket is bound.
    bound: HashMap<SocketId, SocketAddr>,
    /// Those on their way to a socket of ours, by the two ports, oldest first.
    flying: HashMap<(u16, u16), VecDeque<Flying>>,
    /// Those of them that were overtaken: taken for lost until they come after all.
    overtaken: HashMap<(u16, u16), VecDeque<Flying>>,
    /// Those received of which no send was told yet: number and row, oldest first.
    early: VecDeque<(u64, u64)>,
    files: Files,
    swept: u64,
}

impl Datagrams {
    /// Looks at rows that came in, as many at most, and forgets what left. Returns whether it is up to date.
    pub fn advance(&mut self, journal: &Journal, at_most: usize) -> bool {
        let range = journal.range();
        if self.start < range.start {
            self.sweep(range.start);
        }
        for row in journal.rows_from(self.next()).take(at_most) {
            self.take(journal, &row);
        }
        self.next() == range.end
    }

    /// The first row that was not looked at.
    pub fn next(&self) -> u64 {
        self.start + self.by_row.len() as u64
    }

    fn take(&mut self, journal: &Journal, row: &Row<'_>) {
        let socket = row.record.socket;
        let mut number = None;
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
                let local = self.bound.get(&socket).copied();
                number = local.map(|local| self.sent(journal, row, local));
            }
            Event::Received { full } => {
                let local = self.bound.get(&socket).copied();
                number = local.map(|local| self.received(journal, row, local, full));
            }
            Event::FileStarted { size } => self.file_began(journal, row, size),
            Event::FileEnded { sent, .. } => self.file_ended(row, sent),
            _ => {}
        }
        self.by_row.push_back(number.map(Near::new).unwrap_or_default());
    }

    fn sent(&mut self, journal: &Journal, row: &Row<'_>, local: SocketAddr) -> u64 {
        let (socket, to, len) = (row.record.socket, row.record.peer, row.bytes.len() as u32);
        let told = |(_, early): &(u64, u64)| {
            let Some(came) = journal.row(*early) else { return false };
            let Event::Received { full } = came.record.event else { return false };
            came.record.at.saturating_add(LATE) >= row.record.at
                && full == len
                && same(Some(local), came.record.peer)
                && same(to, self.bound.get(&came.record.socket).copied())
                && row.bytes.starts_with(came.bytes)
        };
        if let Some((number, early)) = self.early.iter().position(told).and_then(|at| self.early.remove(at)) {
            let start = self.start;
            if let Some(rows) = self.get_mut(number) {
                rows.join(row.seq, start);
            }
            let receiver = journal.row(early).map(|came| (came.record.socket, came.bytes.len() as u32));
            let gone = receiver.map_or(0, |(_, kept)| len.saturating_sub(kept));
            let list = self.list(socket, Direction::Out);
            list.mixed = true;
            list.numbers.push_back(Near::new(number));
            list.tally.sent += 1;
            list.tally.received += 1;
            list.tally.cut += u64::from(gone > 0);
            list.tally.gone += u64::from(gone);
            let was_of_file = self.was_no_file(number, (socket, to), len);
            if let Some((receiver, _)) = receiver {
                let tally = &mut self.list(receiver, Direction::In).tally;
                tally.sent += 1;
                let taken_for = if was_of_file { &mut tally.of_file } else { &mut tally.from_outside };
                *taken_for = taken_for.saturating_sub(1);
            }
            self.overtake(socket, (local, to), row.seq);
            return number;
        }
        let receiver = self.receiver(to);
        let to_us = if receiver.is_some() { TO_US } else { 0 };
        let number = self.push(Rows::new(row.seq, SENT_FIRST | to_us));
        let list = self.list(socket, Direction::Out);
        list.numbers.push_back(Near::new(number));
        list.tally.sent += 1;
        list.tally.unseen += u64::from(receiver.is_none());
        if let (Some(receiver), Some(to)) = (receiver, to) {
            let list = self.list(receiver, Direction::In);
            list.numbers.push_back(Near::new(number));
            list.tally.sent += 1;
            let flying = self.flying.entry((local.port(), to.port())).or_default();
            flying.push_back(Flying { number, row: row.seq, sender: socket, receiver, from: local, to, len });
            if flying.len() > FLYING {
                flying.pop_front();
            }
        }
        number
    }

    fn received(&mut self, journal: &Journal, row: &Row<'_>, local: SocketAddr, full: u32) -> u64 {
        let (socket, from, kept) = (row.record.socket, row.record.peer, row.bytes.len() as u32);
        let gone = full.saturating_sub(kept);
        let ports = (from.map_or(0, |from| from.port()), local.port());
        let came = |flying: &Flying| {
            flying.len == full
                && same(Some(flying.from), from)
                && same(Some(flying.to), Some(local))
                && journal.row(flying.row).is_some_and(|sent| sent.bytes.starts_with(row.bytes))
        };
        let take = |all: &mut HashMap<_, VecDeque<Flying>>| {
            let flying = all.get_mut(&ports)?;
            flying.remove(flying.iter().position(came)?)
        };
        let late = |this: &mut Self| {
            let flying = take(&mut this.overtaken)?;
            this.was_not_lost(&flying);
            Some(flying)
        };
        let Some(flying) = take(&mut self.flying).or_else(|| late(self)) else {
            let of_file = self.is_of_file(from, local, full);
            let number = self.push(Rows::new(row.seq, if of_file { OF_FILE } else { 0 }));
            self.early.push_back((number, row.seq));
            if self.early.len() > EARLY {
                self.early.pop_front();
            }
            let list = self.list(socket, Direction::In);
            list.numbers.push_back(Near::new(number));
            list.tally.received += 1;
            *(if of_file { &mut list.tally.of_file } else { &mut list.tally.from_outside }) += 1;
            list.tally.cut += u64::from(gone > 0);
            list.tally.gone += u64::from(gone);
            return number;
        };
        let start = self.start;
        if let Some(rows) = self.get_mut(flying.number) {
            rows.join(row.seq, start);
        }
        for (id, direction) in [(flying.sender, Direction::Out), (flying.receiver, Direction::In)] {
            let tally = &mut self.list(id, direction).tally;
            tally.received += 1;
            tally.cut += u64::from(gone > 0);
            tally.gone += u64::from(gone);
        }
        self.overtake(flying.sender, (flying.from, Some(flying.to)), flying.row);
        flying.number
    }

    /// A datagram was received: those that the same socket sent to the same address before it hardly ever will be.
    fn overtake(&mut self, sender: SocketId, (from, to): (SocketAddr, Option<SocketAddr>), row: u64) {
        let Some(to) = to else { return };
        let ports = (from.port(), to.port());
        let Some(flying) = self.flying.get_mut(&ports) else { return };
        let before = flying.partition_point(|flying| flying.row < row);
        let is_overtaken = |flying: &Flying| flying.sender == sender && flying.to == to;
        let (overtaken, others): (Vec<_>, Vec<_>) = flying.drain(..before).partition(is_overtaken);
        for other in others.into_iter().rev() {
            flying.push_front(other);
        }
        if flying.is_empty() {
            self.flying.remove(&ports);
        }
        if overtaken.is_empty() {
            return;
        }
        let waited = self.overtaken.entry(ports).or_default();
        waited.extend(&overtaken);
        waited.drain(..waited.len().saturating_sub(OVERTAKEN_AND_WAITED_FOR));
        for flying in overtaken {
            if let Some(rows) = self.get_mut(flying.number) {
                rows.more |= OVERTAKEN;
            }
            for (id, direction) in [(flying.sender, Direction::Out), (flying.receiver, Direction::In)] {
                let tally = &mut self.list(id, direction).tally;
                tally.lost += 1;
                tally.gone += u64::from(flying.len);
            }
        }
    }

    /// One came that was overtaken.
    fn was_not_lost(&mut self, flying: &Flying) {
        if let Some(rows) = self.get_mut(flying.number) {
            rows.more &= !OVERTAKEN;
        }
        for (id, direction) in [(flying.sender, Direction::Out), (flying.receiver, Direction::In)] {
            let tally = &mut self.list(id, direction).tally;
            tally.lost -= 1;
            tally.gone -= u64::from(flying.len);
        }
    }

    fn push(&mut self, rows: Rows) -> u64 {
        self.all.push_back(rows);
        self.left + self.all.len() as u64 - 1
    }

    fn list(&mut self, socket: SocketId, direction: Direction) -> &mut List {
        self.lists.entry((socket, direction)).or_default()
    }

    fn get(&self, number: u64) -> Option<Rows> {
        self.all.get(usize::try_from(number.checked_sub(self.left)?).ok()?)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Rows> {
        self.all.get_mut(usize::try_from(number.checked_sub(self.left)?).ok()?)
    }

    /// Forgets the datagrams of which a row has left.
    fn sweep(&mut self, start: u64) {
        let before = self.start;
        if start >= self.next() {
            self.by_row.clear();
        }
        for _ in before..start.min(self.next()) {
            self.by_row.pop_front();
        }
        self.start = start;
        while self.all.front().is_some_and(|rows| rows.first.from(before) < start) {
            self.all.pop_front();
            self.left += 1;
        }
        let far = start - self.swept > SWEEP;
        if far {
            self.swept = start;
        }
        let left = self.left;
        // A number that is not there any more seems to lie far ahead.
        let is_there = |number: Near| number.from(left) < left + (1 << 31);
        for list in self.lists.values_mut() {
            while list.numbers.front().is_some_and(|number| !is_there(number)) {
                list.numbers.pop_front();
                list.left += 1;
            }
            if list.mixed && far {
                let mut there = Chunks::default();
                there.extend(list.numbers.iter().filter(|number| is_there(*number)));
                list.left += (list.numbers.len() - there.len()) as u64;
                list.mixed = !there.iter().is_sorted_by_key(|number| number.from(left));
                list.numbers = there;
            }
        }
    }

    /// The datagram that a row tells of.
    pub fn of_row(&self, journal: &Journal, seq: u64) -> Option<Datagram> {
        self.made(journal, self.rows_of(seq)?.1)
    }

    /// The row at the other end of the datagram that a row tells of.
    pub fn other_row(&self, seq: u64) -> Option<u64> {
        let (sent, received) = self.rows_of(seq)?.1.ends(self.start);
        if sent == Some(seq) { received } else { sent }
    }

    /// Whether a row tells of a part of a file of ours that was received.
    pub fn is_part_of_file(&self, seq: u64) -> bool {
        self.rows_of(seq).is_some_and(|(_, rows)| rows.is(OF_FILE))
    }

    /// Number and rows of the datagram that a row tells of.
    fn rows_of(&self, seq: u64) -> Option<(u64, Rows)> {
        let number = self.by_row.get(usize::try_from(seq.checked_sub(self.start)?).ok()?)?.from(self.left);
        let rows = self.get(number)?;
        // What stands there for other rows is the number of some datagram, and not theirs.
        let (sent, received) = rows.ends(self.start);
        (sent == Some(seq) || received == Some(seq)).then_some((number, rows))
    }

    /// What these rows tell.
    fn made(&self, journal: &Journal, rows: Rows) -> Option<Datagram> {
        let (sent, received) = rows.ends(self.start);
        let row = |seq: Option<u64>| seq.map_or(Some(None), |seq| journal.row(seq).map(Some));
        let (out, came) = (row(sent)?, row(received)?);
        let at = |socket: SocketId| self.bound.get(&socket).copied();
        let of_file = rows.is(OF_FILE);
        let from_us = || self.receiver(came?.record.peer).filter(|_| of_file);
        let sender = out.map(|row| row.record.socket).or_else(from_us);
        let to = out.and_then(|row| row.record.peer).or_else(|| at(came?.record.socket));
        let receiver = match came {
            Some(came) => Some(came.record.socket),
            None if rows.is(TO_US) => self.receiver(to),
            None => None,
        };
        let len = out.map(|row| row.bytes.len() as u32).or(came.map(|row| row.full()))?;
        Some(Datagram {
            sent,
            received,
            sender,
            receiver,
            from: came.and_then(|row| row.record.peer).or_else(|| at(sender?)),
            to,
            len,
            kept: came.map_or(0, |row| row.bytes.len() as u32),
            overtaken: rows.is(OVERTAKEN),
            of_file,
        })
    }

    /// The socket of ours that datagrams for this address come to; of several the latest.
    fn receiver(&self, to: Option<SocketAddr>) -> Option<SocketId> {
        self.bound.iter().filter(|(_, bound)| same(Some(**bound), to)).map(|(id, _)| *id).max()
    }

    /// How many datagrams of a socket in a direction are there, and how many left before them.
    pub fn len(&self, socket: SocketId, direction: Direction) -> (usize, u64) {
        self.lists.get(&(socket, direction)).map_or((0, 0), |list| (list.numbers.len(), list.left))
    }

    /// The n-th of them.
    pub fn nth(&self, journal: &Journal, socket: SocketId, direction: Direction, index: usize) -> Option<Datagram> {
        let number = self.lists.get(&(socket, direction))?.numbers.get(index)?.from(self.left);
        self.made(journal, self.get(number)?)
    }

    /// Which of them a row tells of.
    pub fn position(&self, socket: SocketId, direction: Direction, seq: u64) -> Option<usize> {
        let (number, rows) = self.rows_of(seq)?;
        let numbers = &self.lists.get(&(socket, direction))?.numbers;
        let sent_of = |rows: Rows| rows.ends(self.start).0;
        let index = match direction {
            Direction::In => numbers.partition_point(|other| other.from(self.left) < number),
            // In the order of their sends, which may have been told of later than their recvs.
            Direction::Out => numbers.partition_point(|other| {
                self.get(other.from(self.left)).is_none_or(|other| sent_of(other) < sent_of(rows))
            }),
        };
        (numbers.get(index)? == Near::new(number)).then_some(index)
    }

    /// How many of them there were, and what became of them.
    pub fn tally(&self, socket: SocketId, direction: Direction) -> Tally {
        self.lists.get(&(socket, direction)).map(|list| list.tally).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
