//! Datagrams of files. A file's bytes are no rows where they are sent, so what is received of them has no send to stand
//! against; that they are of a file is known all the same: its sender, whom it is for, and how many bytes are still to come.

use std::{collections::HashMap, net::SocketAddr};

use super::{Datagrams, OF_FILE, same};
use crate::journal::{
    record::{Direction, SocketId},
    store::{Journal, Row},
};

/// Files from one socket to one address.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    /// Bytes of them that were not received here.
    left: u64,
    /// The size of the one that is on its way.
    running: u64,
}

/// The files that went from sockets of ours.
#[derive(Debug, Default)]
pub(super) struct Files(HashMap<(SocketId, SocketAddr), Way>);

impl Datagrams {
    /// A file begins. What was received of it may have been told of already.
    pub(super) fn file_began(&mut self, journal: &Journal, row: &Row<'_>, size: u64) {
        let (sender, Some(to)) = (row.record.socket, row.record.peer) else { return };
        let Some(from) = self.bound.get(&sender).copied() else { return };
        let way = self.files.0.entry((sender, to)).or_default();
        (way.left, way.running) = (way.left.saturating_add(size), size);
        self.list(sender, Direction::Out).tally.files += 1;
        for (number, early) in self.early.clone() {
            let Some(came) = journal.row(early).filter(|came| came.record.at >= row.record.at) else { continue };
            let receiver = came.record.socket;
            let meets = same(Some(from), came.record.peer) && same(Some(to), self.bound.get(&receiver).copied());
            let full = came.full();
            if meets && self.get(number).is_some_and(|rows| !rows.is(OF_FILE)) && self.take_of_file(sender, to, full) {
                if let Some(rows) = self.get_mut(number) {
                    rows.more |= OF_FILE;
                }
                let tally = &mut self.list(receiver, Direction::In).tally;
                tally.from_outside = tally.from_outside.saturating_sub(1);
                tally.of_file += 1;
            }
        }
    }

    /// A file ended, after so many bytes.
    pub(super) fn file_ended(&mut self, row: &Row<'_>, sent: u64) {
        let Some(to) = row.record.peer else { return };
        if let Some(way) = self.files.0.get_mut(&(row.record.socket, to)) {
            way.left = way.left.saturating_sub(way.running.saturating_sub(sent));
            way.running = 0;
        }
    }

    /// Whether a datagram that was received may be of a file.
    pub(super) fn is_of_file(&mut self, from: Option<SocketAddr>, local: SocketAddr, full: u32) -> bool {
        let ways = self.files.0.iter();
        let meets = |sender: &SocketId, to| {
            same(self.bound.get(sender).copied(), from) && from.is_some() && same(Some(to), Some(local))
        };
        let found = ways.filter(|(_, way)| way.left >= full.into()).map(|(way, _)| *way);
        let found = found.filter(|(sender, to)| meets(sender, *to)).max();
        found.is_some_and(|(sender, to)| self.take_of_file(sender, to, full))
    }

    fn take_of_file(&mut self, sender: SocketId, to: SocketAddr, full: u32) -> bool {
        let Some(way) = self.files.0.get_mut(&(sender, to)) else { return false };
        let Some(left) = way.left.checked_sub(full.into()) else { return false };
        way.left = left;
        self.list(sender, Direction::Out).tally.file_received += 1;
        true
    }

    /// One that was taken for a part of a file was a message: its send is told of.
    pub(super) fn was_no_file(&mut self, number: u64, (sender, to): (SocketId, Option<SocketAddr>), full: u32) -> bool {
        let Some(rows) = self.get_mut(number).filter(|rows| rows.is(OF_FILE)) else { return false };
        rows.more &= !OF_FILE;
        if let Some(way) = to.and_then(|to| self.files.0.get_mut(&(sender, to))) {
            way.left += u64::from(full);
        }
        let tally = &mut self.list(sender, Direction::Out).tally;
        tally.file_received = tally.file_received.saturating_sub(1);
        true
    }
}
