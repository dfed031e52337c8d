//! Packets that are too many to be told apart: those that leave one side within a line of the picture are one group with its
//! sums. What is sparse stays as it is, and what was lost or sent again is counted in its group. Pure.

use std::ops::{AddAssign, Range};

use super::{
    axis::Axis,
    geometry::reach,
    index::{Class, Index, Mark, Way},
    words,
};
use crate::{
    gui::tr,
    sim::{End, Micros, PacketId, PacketKind, Side},
    words::{Lang, number::grouped},
};

/// Arrows in sight above which the dense ones are grouped.
pub const MANY: usize = 200;
/// Height of the line in which those begin that are a group.
pub const ROW: f64 = 15.0;
/// So many in a line are still drawn one by one.
pub const FEW: u32 = 3;

/// What a group is made of, as far as it has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Packets, with the copies that the link made.
    pub packets: u32,
    /// Of these, those that only acknowledge.
    pub acks: u32,
    /// Copies that the link made.
    pub copies: u32,
    /// Those that did not come out of the link.
    pub lost: u32,
    /// Those that came, and were thrown away.
    pub discarded: u32,
    /// Those whose bytes had been sent before, without copies.
    pub resent: u32,
    /// Those that were damaged and taken.
    pub damaged: u32,
    /// Those that are on their way.
    pub under_way: u32,
}

impl Sums {
    fn of(way: &Way, now: Micros) -> Self {
        let ended = way.ended <= now;
        let yes = u32::from;
        Self {
            packets: 1,
            acks: yes(way.kind == PacketKind::Ack),
            copies: yes(way.copy),
            lost: yes(ended && matches!(way.end, End::Lost(_))),
            discarded: yes(ended && matches!(way.end, End::Discarded(_))),
            resent: yes(way.resent),
            damaged: yes(ended && way.damaged && way.end == End::Delivered),
            under_way: yes(!ended || way.end == End::OnTheWay),
        }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.packets += other.packets;
        self.acks += other.acks;
        self.copies += other.copies;
        self.lost += other.lost;
        self.discarded += other.discarded;
        self.resent += other.resent;
        self.damaged += other.damaged;
        self.under_way += other.under_way;
    }
}

/// Packets that left one side within a line of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Which line, counted from the top of the axis.
    pub row: i64,
    /// Who sent them.
    pub from: Side,
    /// What they are.
    pub sums: Sums,
    /// The lowest and the highest number of a message in them.
    pub messages: Option<(u32, u32)>,
    /// When the first bit of the first left, and the first and the last bit of the last.
    pub left: (Micros, Micros, Micros),
    /// When the first bit of the first arrived, and the last bit of the last; nothing if none does.
    pub lands: Option<(Micros, Micros)>,
    /// How far the lost ones came, in parts of the way, and when they died: the middle of all.
    pub died: Option<(f32, Micros)>,
    /// The packet to look at first: one that was lost, else one that was sent again, else the first.
    pub first: PacketId,
}

impl Group {
    /// Those of a side among these.
    fn new(row: i64, from: Side, ways: &[Way], now: Micros, delay: Micros) -> Option<Self> {
        let own = || ways.iter().filter(|way| way.from == from);
        let (first, last) = (own().next()?, own().next_back()?);
        let mut group = Self {
            row,
            from,
            sums: Sums::default(),
            messages: None,
            left: (first.left, last.left, own().map(|way| way.out).max()?),
            lands: None,
            died: None,
            first: first.packet,
        };
        let (mut far, mut died, mut best) = (0.0, 0, 0);
        for way in own() {
            let sums = Sums::of(way, now);
            group.sums += sums;
            if let Some((low, high)) = way.messages {
                let (lowest, highest) = group.messages.unwrap_or((low, high));
                group.messages = Some((low.min(lowest), high.max(highest)));
            }
            if matches!(way.end, End::Lost(_)) {
                if sums.lost > 0 {
                    far += reach(way.end, way.out, way.ended, delay);
                    died += way.ended - first.left;
                }
            } else {
                let (begin, end) = group.lands.unwrap_or((way.lands, way.ended));
                group.lands = Some((way.lands.min(begin), way.ended.max(end)));
            }
            let worth = 2 * sums.lost + sums.resent;
            if worth > best {
                (best, group.first) = (worth, way.packet);
            }
        }
        let lost = group.sums.lost;
        group.died = (lost > 0).then(|| (far / lost as f32, first.left + died / Micros::from(lost)));
        Some(group)
    }

    /// Whether all of them left at one instant: no stretching parts them.
    pub fn is_one_instant(&self) -> bool {
        self.left.0 == self.left.1
    }
}

/// What is in sight of the packets of a lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sight {
    /// Those that are drawn one by one, in the order in which they were sent.
    pub alone: Vec<PacketId>,
    /// The others.
    pub groups: Vec<Group>,
    /// How many are in sight at all; above [`MANY`] it is not counted further.
    pub seen: usize,
}

/// What a picture of a lane follows from.
#[derive(Clone, Copy, Debug)]
pub struct View<'v> {
    /// The axis.
    pub axis: &'v Axis,
    /// The first moment in sight.
    pub from: Micros,
    /// The last one, or the present one if that is before.
    pub to: Micros,
    /// The present moment.
    pub now: Micros,
    /// The delay of the link, from the client and from the server.
    pub delays: [Micros; 2],
}

impl View<'_> {
    /// In which line of the picture a moment stands.
    pub fn row(&self, at: Micros) -> i64 {
        (self.axis.y(at) / ROW).floor() as i64
    }
}

impl Sight {
    /// What is in sight of a lane's packets.
    pub fn of(index: &Index, view: &View<'_>) -> Self {
        let mut sight = Self::default();
        sight.alone = index.ways_between(view.from, view.to).take(MANY + 1).map(|way| way.packet).collect();
        sight.seen = sight.alone.len();
        if sight.seen > MANY {
            sight.alone.clear();
            sight.group(index, view);
        }
        sight.alone.sort_unstable();
        sight
    }

    /// Whether what is dense is grouped.
    pub fn is_grouped(&self) -> bool {
        self.seen > MANY
    }

    fn group(&mut self, index: &Index, view: &View<'_>) {
        let mut next = 0;
        while let Some((row, line)) = line(index, view, next) {
            next = line.end;
            let Some(ways) = index.ways.get(line) else { return };
            for from in Side::BOTH {
                let count = ways.iter().filter(|way| way.from == from).count();
                if count as u64 > u64::from(FEW) {
                    let delay = view.delays.get(from.index()).copied().unwrap_or(0);
                    self.groups.extend(Group::new(row, from, ways, view.now, delay));
                } else {
                    let own = ways.iter().filter(|way| way.from == from && way.ended >= view.from);
                    self.alone.extend(own.map(|way| way.packet));
                }
            }
        }
    }
}

/// The next line of the picture that has something in sight, and the places of all that begin in it and have begun by now.
fn line(index: &Index, view: &View<'_>, next: usize) -> Option<(i64, Range<usize>)> {
    let first = index.next_way(next, view.from)?;
    let left = index.ways.get(first).filter(|way| way.left <= view.to)?.left;
    let row = view.row(left);
    let start = index.ways.get(..first)?.partition_point(|way| view.row(way.left) < row);
    let inside = |way: &Way| way.left <= view.now && view.row(way.left) <= row;
    let end = first + index.ways.get(first..)?.partition_point(inside);
    Some((row, start..end.max(first + 1)))
}

/// What stands beside one lifeline in a line of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside<'m> {
    /// On which side.
    pub side: Side,
    /// How much of each class, by its place in the order of classes.
    counts: [u32; 8],
    /// When the first was, and the last.
    pub at: (Micros, Micros),
    /// Those that are drawn one by one: all if they are few, else those that are none of many.
    pub alone: Vec<&'m Mark>,
    /// The duplicate acknowledgements of a group: for their numbers.
    pub duplicates: Vec<&'m Mark>,
}

impl Beside<'_> {
    /// How many there are of a class that are not drawn one by one.
    pub fn count(&self, class: Class) -> u32 {
        self.counts.get(class as usize).copied().unwrap_or(0)
    }
}

/// What stands beside lifelines, by lines of the picture. `drawn` says what is drawn at all.
pub fn beside<'m>(marks: &'m [Mark], view: &View<'_>, drawn: impl Fn(Class) -> bool) -> Vec<Beside<'m>> {
    let mut lines = Vec::new();
    let mut rest = marks;
    while let Some(first) = rest.first() {
        let row = view.row(first.at);
        let (line, behind) = rest.split_at(rest.partition_point(|mark| view.row(mark.at) <= row).max(1));
        rest = behind;
        for side in Side::BOTH {
            let own = || line.iter().filter(|mark| mark.side == side && drawn(mark.class));
            let (Some(first), Some(last)) = (own().next(), own().next_back()) else { continue };
            let few = own().nth(FEW as usize).is_none();
            let mut beside =
                Beside { side, counts: [0; 8], at: (first.at, last.at), alone: Vec::new(), duplicates: Vec::new() };
            for mark in own() {
                if few || matches!(mark.class, Class::Failed | Class::Call) {
                    beside.alone.push(mark);
                    continue;
                }
                if let Some(count) = beside.counts.get_mut(mark.class as usize) {
                    *count += 1;
                }
                if mark.class == Class::Duplicate {
                    beside.duplicates.push(mark);
                }
            }
            lines.push(beside);
        }
    }
    lines
}

/// What a group is, in words: when, who, how many, and what became of them.
pub fn said(lang: Lang, group: &Group) -> String {
    let sums = &group.sums;
    let (from, to) = (words::moment(group.left.0), words::moment(group.left.1));
    let (side, count) = (words::side(lang, group.from), grouped(u64::from(sums.packets)));
    let mut parts = vec![if from == to {
        tr!(lang, "lab_group.packets_at", time = from, side = side, count = count)
    } else {
        tr!(lang, "lab_group.packets", from = from, to = to, side = side, count = count)
    }];
    if let Some((first, last)) = group.messages {
        parts.push(tr!(lang, "lab_group.messages", first = grouped(first.into()), last = grouped(last.into())));
    }
    let text = |count: u32| grouped(u64::from(count));
    for (count, word) in [
        (sums.acks, tr!(lang, "lab_group.acks", count = text(sums.acks))),
        (sums.lost, tr!(lang, "lab_group.lost", count = text(sums.lost))),
        (sums.resent, tr!(lang, "lab_group.resent", count = text(sums.resent))),
        (sums.discarded, tr!(lang, "lab_group.discarded", count = text(sums.discarded))),
        (sums.copies, tr!(lang, "lab_group.copies", count = text(sums.copies))),
        (sums.damaged, tr!(lang, "lab_group.damaged", count = text(sums.damaged))),
        (sums.under_way, tr!(lang, "lab_group.under_way", count = text(sums.under_way))),
    ] {
        if count > 0 {
            parts.push(word);
        }
    }
    parts.join(&tr!(lang, "lab_group.comma"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        gui::views::lab::drawn::Lane,
        sim::{Chance, Run, Transport, Workload},
    };

    fn view(axis: &Axis, from: Micros, to: Micros, now: Micros) -> View<'_> {
        View { axis, from, to: to.min(now), now, delays: [30_000; 2] }
    }

    fn bad(transport: Transport, seed: u64) -> Lane {
        sent_every(100, transport, seed)
    }

    fn sent_every(gap: Micros, transport: Transport, seed: u64) -> Lane {
        let workload = Workload::Messages { count: 900, size: 100, gap };
        let mut run = Run { workload, seed, ..Run::default() };
        run.knobs.link.loss = Chance::percent(7.0);
        run.knobs.link.duplicate = Chance::percent(5.0);
        run.knobs.link.corrupt = Chance::percent(3.0);
        run.knobs.link.jitter = 4_000;
        Lane::new(run.over(transport).play())
    }

    /// The sums of all groups and of those that are drawn one by one.
    fn total(lane: &Lane, sight: &Sight, now: Micros) -> Sums {
        let mut total = Sums::default();
        for group in &sight.groups {
            total += group.sums;
        }
        for way in lane.index.ways.iter().filter(|way| sight.alone.contains(&way.packet)) {
            total += Sums::of(way, now);
        }
        total
    }

    #[test]
    fn a_few_packets_are_not_grouped() {
        let lane = Lane::new(Run::default().play());
        let axis = Axis::new(&[], lane.log.end_at, 0.001);
        let sight = Sight::of(&lane.index, &view(&axis, 0, u64::MAX, lane.log.end_at));
        assert!(!sight.is_grouped() && sight.groups.is_empty());
        assert_eq!(sight.alone.len(), lane.log.packets.len());
    }

    #[test]
    fn of_many_the_sparse_ones_stay_as_they_are() {
        let lane = bad(Transport::Tcp, 1);
        let axis = Axis::new(&[], lane.log.end_at, 0.0005);
        let sight = Sight::of(&lane.index, &view(&axis, 0, u64::MAX, lane.log.end_at));
        assert!(sight.is_grouped() && sight.groups.len() > 5);
        assert!(sight.alone.contains(&PacketId(0)), "the SYN stands alone: {:?}", sight.alone);
    }

    #[test]
    fn a_group_points_at_what_was_lost() {
        let lane = bad(Transport::Udp, 1);
        let axis = Axis::new(&[], lane.log.end_at, 0.000_1);
        let sight = Sight::of(&lane.index, &view(&axis, 0, u64::MAX, lane.log.end_at));
        let mut lost = 0;
        for group in sight.groups.iter().filter(|group| group.sums.lost > 0) {
            assert!(matches!(lane.log.packet(group.first).unwrap().end, End::Lost(_)), "{group:?}");
            let (far, at) = group.died.unwrap();
            assert!((0.0..1.0).contains(&far) && at > group.left.0, "{group:?}");
            lost += group.sums.lost;
        }
        assert_eq!(u64::from(lost), lane.counters.lost);
        assert!(lost > 20);
    }

    #[test]
    fn the_future_is_not_in_the_sums() {
        let lane = sent_every(1, Transport::Udp, 1);
        let axis = Axis::new(&[], lane.log.end_at, 0.000_1);
        // They have left by then, and none has arrived or died.
        let now = lane.log.packets.iter().map(|packet| packet.ended).min().unwrap() - 1;
        let sight = Sight::of(&lane.index, &view(&axis, 0, u64::MAX, now));
        assert!(sight.is_grouped(), "{}", sight.seen);
        let sums = total(&lane, &sight, now);
        assert_eq!((sums.lost, sums.discarded, sums.under_way), (0, 0, sums.packets));
        assert!(Sight::of(&lane.index, &view(&axis, 0, u64::MAX, 0)).groups.is_empty());
    }

    #[test]
    fn of_many_calls_those_that_failed_stay() {
        let lane = bad(Transport::Tcp, 1);
        let axis = Axis::new(&[], lane.log.end_at, 0.000_2);
        let marks = lane.index.marks_between(0, u64::MAX);
        let view = view(&axis, 0, u64::MAX, lane.log.end_at);
        let lines = beside(marks, &view, |_| true);
        let count = |class: Class| -> u32 {
            let alone = |line: &Beside<'_>| line.alone.iter().filter(|mark| mark.class == class).count() as u32;
            lines.iter().map(|line| line.count(class) + alone(line)).sum()
        };
        for class in [Class::Send, Class::Read, Class::OddRead, Class::Duplicate, Class::Call, Class::Wait] {
            assert_eq!(count(class) as usize, marks.iter().filter(|mark| mark.class == class).count(), "{class:?}");
        }
        assert!(count(Class::Duplicate) > 20 && count(Class::Call) > 3, "{lines:?}");
        assert!(lines.iter().all(|line| line.count(Class::Call) + line.count(Class::Failed) == 0));
        let duplicates: usize = lines.iter().map(|line| line.duplicates.len()).sum();
        assert!(duplicates > 10, "{duplicates}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_sums_of_all_groups_are_those_of_the_log(
            seed in 0_u64..100, scale in 1e-5..3e-3_f64, tcp in any::<bool>(), cut in 0.0..1.2_f64,
        ) {
            let lane = bad(if tcp { Transport::Tcp } else { Transport::Udp }, seed);
            let end = lane.log.end_at;
            let axis = Axis::new(&[], end, scale);
            let sight = Sight::of(&lane.index, &view(&axis, 0, u64::MAX, u64::MAX));
            let sums = total(&lane, &sight, u64::MAX);
            let counters = &lane.counters;
            prop_assert_eq!(u64::from(sums.packets), counters.packets + counters.copies);
            prop_assert_eq!(u64::from(sums.copies), counters.copies);
            prop_assert_eq!(u64::from(sums.lost), counters.lost);
            prop_assert_eq!(u64::from(sums.discarded), counters.discarded);
            prop_assert_eq!(u64::from(sums.resent), counters.resent);
            let acks = lane.index.ways.iter().filter(|way| way.copy && way.kind == PacketKind::Ack).count() as u64;
            prop_assert_eq!(u64::from(sums.acks), counters.acks + acks);
            // At another moment they are those of what had happened.
            let now = (end as f64 * cut) as Micros;
            let sight = Sight::of(&lane.index, &view(&axis, 0, u64::MAX, now));
            let mut slow = Sums::default();
            lane.index.ways.iter().filter(|way| way.left <= now).for_each(|way| slow += Sums::of(way, now));
            prop_assert_eq!(total(&lane, &sight, now), slow);
            // A line of the picture is in one piece, wherever the picture is cut.
            let half = Sight::of(&lane.index, &view(&axis, now / 2, now, u64::MAX));
            let all = Sight::of(&lane.index, &view(&axis, 0, u64::MAX, u64::MAX));
            if half.is_grouped() {
                for group in &half.groups {
                    prop_assert!(all.groups.contains(group), "{:?}", group);
                }
            }
        }
    }
}
