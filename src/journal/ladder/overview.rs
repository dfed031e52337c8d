//! A ladder seen from afar: what falls on one place is counted, a group of steps and a direction at a time.

use std::ops::Range;

use super::{
    super::record::Nanos,
    Arrow, End, Seen, Tip, What,
    lives::{Lane, Life, is_before, moment},
    window::Maker,
};

impl Maker<'_> {
    /// Bytes and datagrams by groups, each direction between two ends in one arrow that counts its sends.
    pub(super) fn overview(&mut self, groups: &[Range<usize>]) {
        let index = self.index;
        let last = index.time(self.window.end.saturating_sub(1)).unwrap_or_default();
        let times: Vec<_> = groups
            .iter()
            .filter_map(|group| {
                let end = index.time(group.end).map_or(last.saturating_add(1), |at| at);
                Some((index.time(group.start)?, end, group.clone()))
            })
            .collect();
        let (first, end) = (times.first().map_or(0, |time| time.0), times.last().map_or(0, |time| time.1));
        for (_, life) in index.lives.iter() {
            if !index.shows(life) {
                continue;
            }
            self.marks(life, first, end);
            // Where the next group begins among the datagrams of this life.
            let (mut out, mut came) = (self.during(&life.out, 0, first).end, self.during(&life.came, 0, first).end);
            for (start, end, group) in &times {
                self.stream_between(life, *start, *end, group.start);
                self.datagrams_between(life, (&mut out, &mut came), *end, group);
            }
        }
    }

    fn marks(&mut self, life: &Life, first: Nanos, end: Nanos) {
        let from = life.marks.partition_point(|mark| mark.at < first);
        let until = life.marks.partition_point(|mark| mark.at < end);
        for at in from..until.min(from + self.limit) {
            if let Some(place) = life.marks.get(at).and_then(|mark| self.index.place_of(*mark)) {
                self.step(place);
            }
        }
    }

    fn stream_between(&mut self, life: &Life, start: Nanos, end: Nanos, place: usize) {
        let Some(line) = self.line(life) else { return };
        let here = Some(Tip { line, step: Some(place) });
        let far = self.far(life, None);
        let one = |lane: &Lane, range: &Range<usize>| {
            // Of two ranges that do not meet the common part begins behind its end.
            if range.is_empty() {
                return None;
            }
            let first = lane.pieces.get(range.start)?;
            let last = lane.pieces.get(range.end.checked_sub(1)?)?;
            Some((first.seq, first.offset, last.end()))
        };
        let mut counted = |from: Option<Tip>, to: Option<Tip>, seen, message, len, count: usize| {
            if let (Some(from), Some(to)) = (from, to) {
                self.ladder.arrows.push(Arrow { from, to, what: What::Data, seen, message, len, count: count as u64 });
            }
        };
        let came = life.received.during(&self.journal, start, end);
        let went = life.sent.during(&self.journal, start, end);
        let other = self.index.lives.other(life).filter(|other| other.whole && life.whole);
        let Some(other) = other else {
            if let Some((seq, offset, end)) = one(&life.received, &came) {
                counted(far, here, Seen::Receiver, Some(seq), end - offset, came.len());
            }
            if let Some((seq, offset, end)) = one(&life.sent, &went) {
                counted(here, far, Seen::Sender, Some(seq), end - offset, went.len());
            }
            return;
        };
        if let Some((seq, offset, end)) = one(&life.received, &came) {
            let sends = other.sent.over(offset, end);
            if sends.is_empty() {
                // Their rows have left.
                counted(far, here, Seen::Receiver, Some(seq), end - offset, came.len());
            }
            let first = other.sent.pieces.get(sends.start).and_then(|piece| moment(&self.journal, piece.seq));
            let line = self.index.columns.get(&End::Socket(other.id)).copied();
            let step = first.and_then(|when| self.index.place_of(when));
            let from = line.filter(|_| !sends.is_empty()).map(|line| Tip { line, step });
            counted(from, here, Seen::Both, first.map(|when| when.seq), end - offset, sends.len());
        }
        // Those of which nothing was returned.
        let unread = life.sent.over(other.received.len(), u64::MAX);
        let unread = unread.start.max(went.start)..unread.end.min(went.end);
        if let Some((seq, offset, end)) = one(&life.sent, &unread) {
            counted(
                here,
                far,
                Seen::Unread,
                Some(seq),
                end.saturating_sub(offset.max(other.received.len())),
                unread.len(),
            );
        }
    }

    /// Those before `end`, from these two places on, which move on to the first behind.
    fn datagrams_between(&mut self, life: &Life, next: (&mut usize, &mut usize), end: Nanos, group: &Range<usize>) {
        let Some(line) = self.line(life) else { return };
        let here = Tip { line, step: Some(group.start) };
        let only = life.peers.first().copied().filter(|_| life.peers.len() == 1);
        // Few: a line, a direction, and whether both ends are known.
        let mut all: Vec<((usize, bool, bool), Arrow)> = Vec::new();
        for (flights, out, next) in [(&life.out, true, next.0), (&life.came, false, next.1)] {
            let (mut known, mut there) = (None, None);
            // Hardly more of them than there are steps: some of those stand before their own time.
            let until =
                flights.partition_within(*next..*next + 2 * group.len() + 64, |seq| is_before(&self.journal, seq, end));
            for at in std::mem::replace(next, until)..until {
                let Some(seq) = flights.get(at) else { continue };
                let mate = self.datagrams.other_row(seq);
                // What has another end is counted where it came.
                if out && mate.is_some() {
                    continue;
                }
                let peer = only.or_else(|| self.journal.row(seq)?.record.peer);
                let Some(peer) = peer else { continue };
                if known != Some(peer) {
                    let ours = self.index.bound_to(peer);
                    there = ours.or_else(|| self.column(End::Peer(peer))).map(|line| (line, ours.is_some()));
                    known = Some(peer);
                }
                let Some((line, ours)) = there else { continue };
                let seen = match (out, mate) {
                    (true, _) if ours => Seen::Unread,
                    (true, _) => Seen::Sender,
                    (false, Some(_)) => Seen::Both,
                    (false, None) => Seen::Receiver,
                };
                let key = (line, out, seen == Seen::Both);
                if let Some((_, arrow)) = all.iter_mut().find(|(other, _)| *other == key) {
                    arrow.count += 1;
                } else {
                    let step = mate.and_then(|mate| self.index.place_of(moment(&self.far, mate)?));
                    let far = Tip { line, step };
                    let (from, to) = if out { (here, far) } else { (far, here) };
                    let message = Some(mate.unwrap_or(seq));
                    all.push((key, Arrow { from, to, what: What::Datagram, seen, message, len: 0, count: 1 }));
                }
            }
        }
        self.ladder.arrows.extend(all.into_iter().map(|(_, arrow)| arrow));
    }
}
