//! What an analyst at one end of the wire would call each segment, by the rules of Wireshark's TCP dissector
//! (`tcp_analyze_sequence_number` in packet-tcp.c, version 4.0), so that a saved capture is called the same there.
//!
//! It knows only what passes its place: a retransmission is told from a late packet by time, not by truth. What truly
//! happened is in [`Packet::resent`] and [`Packet::end`].

use super::{
    Log, Micros, Side,
    log::{Packet, PacketId, Segment, What},
};

/// Duplicate ACKs after which a retransmission is a fast one, and how soon after the last of them.
const FAST_AFTER: u32 = 2;
const FAST_WITHIN: Micros = 20_000;
/// How soon a late segment is out of order, while no round trip is known.
const REORDERED_WITHIN: Micros = 3_000;

/// What a frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "tshark's own flags, most of them alone")]
pub struct Marks {
    /// Bytes that passed before (also where one of the next two is set).
    pub retransmission: bool,
    /// … after duplicate ACKs.
    pub fast: bool,
    /// … and were acknowledged before.
    pub spurious: bool,
    /// Late, and too soon to be a retransmission.
    pub out_of_order: bool,
    /// The nth duplicate ACK in a row; 0 if it is none.
    pub duplicate_ack: u32,
    /// Something before it did not pass.
    pub lost_segment: bool,
    /// It acknowledges what did not pass.
    pub acks_unseen: bool,
    /// It advertises no window.
    pub zero_window: bool,
    /// It fills the window that was advertised.
    pub window_full: bool,
    /// It only advertises another window.
    pub window_update: bool,
    /// One byte into a closed window.
    pub zero_window_probe: bool,
    /// The answer to that.
    pub zero_window_probe_ack: bool,
    /// One byte, or none, before what is expected.
    pub keep_alive: bool,
    /// The answer to that.
    pub keep_alive_ack: bool,
}

/// A packet as it passes one end of the wire.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Which.
    pub packet: &'a Packet,
    /// When.
    pub at: Micros,
    /// Whether it comes in there.
    pub incoming: bool,
}

impl Frame<'_> {
    /// Its bytes as they are there.
    pub fn bytes(&self) -> &[u8] {
        if self.incoming { self.packet.arrived_bytes() } else { &self.packet.bytes }
    }
}

impl Log {
    /// The packets that pass this side's end of the wire, in order: what it sends, also if it is lost, and what arrives.
    pub fn frames(&self, side: Side) -> impl Iterator<Item = Frame<'_>> {
        self.events.iter().filter(move |event| event.side == side).filter_map(|event| {
            let (id, incoming) = match event.what {
                What::Sent(id) => (id, false),
                What::Arrived(id) => (id, true),
                _ => return None,
            };
            Some(Frame { packet: self.packet(id)?, at: event.at, incoming })
        })
    }

    /// What an analyst at this side would call each frame, in order.
    pub fn trace(&self, side: Side) -> Vec<(PacketId, Marks)> {
        let mut analyst = Analyst::default();
        let marks = self.frames(side).map(|frame| {
            let marks = Segment::parse(frame.bytes()).map(|it| analyst.see(&it, frame.packet.from(), frame.at));
            (frame.packet.id, marks.unwrap_or_default())
        });
        marks.collect()
    }
}

/// How often each mark was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Marks`")]
pub struct Counts {
    pub retransmission: u32,
    pub fast: u32,
    pub spurious: u32,
    pub out_of_order: u32,
    pub duplicate_ack: u32,
    pub lost_segment: u32,
    pub acks_unseen: u32,
    pub zero_window: u32,
    pub window_full: u32,
    pub window_update: u32,
    pub zero_window_probe: u32,
    pub zero_window_probe_ack: u32,
    pub keep_alive: u32,
    pub keep_alive_ack: u32,
}

impl Counts {
    /// Sums over marks.
    pub fn of<'a>(marks: impl IntoIterator<Item = &'a Marks>) -> Self {
        let mut counts = Self::default();
        for marks in marks {
            counts.retransmission += u32::from(marks.retransmission);
            counts.fast += u32::from(marks.fast);
            counts.spurious += u32::from(marks.spurious);
            counts.out_of_order += u32::from(marks.out_of_order);
            counts.duplicate_ack += u32::from(marks.duplicate_ack > 0);
            counts.lost_segment += u32::from(marks.lost_segment);
            counts.acks_unseen += u32::from(marks.acks_unseen);
            counts.zero_window += u32::from(marks.zero_window);
            counts.window_full += u32::from(marks.window_full);
            counts.window_update += u32::from(marks.window_update);
            counts.zero_window_probe += u32::from(marks.zero_window_probe);
            counts.zero_window_probe_ack += u32::from(marks.zero_window_probe_ack);
            counts.keep_alive += u32::from(marks.keep_alive);
            counts.keep_alive_ack += u32::from(marks.keep_alive_ack);
        }
        counts
    }
}

/// Both directions of a connection, and the handshake's round trip.
#[derive(Debug, Default)]
struct Analyst {
    directions: [Direction; 2],
    syn_at: Option<Micros>,
    granted: bool,
    round_trip: Option<Micros>,
}

/// One direction. Sequence numbers of 0 are "not yet", as in the dissector, which counts from the first one as 0 too, so
/// that here all of them are one higher.
#[derive(Clone, Copy, Debug, Default)]
struct Direction {
    base: Option<u32>,
    next: u32,
    next_at: Micros,
    last_ack: u32,
    last_ack_at: Micros,
    most_to_be_acked: u32,
    window: u32,
    shift: u32,
    duplicates: u32,
    last: Marks,
}

impl Analyst {
    fn see(&mut self, segment: &Segment, from: Side, at: Micros) -> Marks {
        let [client, server] = &mut self.directions;
        let (ahead, back) = if from == Side::Client { (client, server) } else { (server, client) };
        if segment.syn {
            if !segment.ack {
                self.syn_at = Some(at);
            }
            self.granted |= segment.ack;
        } else if segment.ack && self.granted && self.round_trip.is_none() {
            self.round_trip = self.syn_at.map(|syn| at.saturating_sub(syn));
        }
        let round_trip = self.round_trip;
        // Both sides count from their SYN, which is 1 here.
        let base = *ahead.base.get_or_insert(segment.seq.wrapping_sub(1));
        let seq = segment.seq.wrapping_sub(base);
        let ack = if segment.ack {
            let base = *back.base.get_or_insert(segment.ack_number.wrapping_sub(2));
            segment.ack_number.wrapping_sub(base)
        } else {
            0
        };
        let window = u32::from(segment.window);
        let plain = !segment.syn && !segment.fin && !segment.rst;
        let end = seq.wrapping_add(segment.len);
        let mut marks = Marks::default();

        if segment.len == 1 && seq == ahead.next && back.window == 0 && plain {
            marks.zero_window_probe = true;
        } else {
            let repeats = segment.len == 0 && plain && seq == ahead.next && ack == ahead.last_ack;
            marks.zero_window = window == 0 && plain;
            marks.lost_segment = ahead.next != 0 && after(seq, ahead.next) && !segment.rst;
            marks.keep_alive = segment.len <= 1 && plain && ahead.next != 0 && seq == ahead.next.wrapping_sub(1);
            marks.window_update = repeats && window != 0 && window != ahead.window;
            marks.window_full = segment.len > 0
                && plain
                && back.base.is_some()
                && back.last_ack != 0
                && end == back.last_ack.wrapping_add(back.window << back.shift);
            if repeats && window != 0 && window == ahead.window && back.last.keep_alive {
                marks.keep_alive_ack = true;
            } else if segment.len == 0
                && plain
                && window == 0
                && ahead.window == 0
                && seq == ahead.next
                && (ack == ahead.last_ack || ack == ahead.last_ack.wrapping_add(1))
                && back.last.zero_window_probe
            {
                marks.zero_window_probe_ack = true;
                // Some receivers take the byte of the probe.
                if after(ack, back.last_ack) {
                    (back.next, back.most_to_be_acked) = (ack, ack);
                }
            } else if repeats && window != 0 && window == ahead.window {
                ahead.duplicates += 1;
                marks.duplicate_ack = ahead.duplicates;
            }
        }
        if ack != ahead.last_ack {
            ahead.duplicates = 0;
        }
        if segment.ack && back.most_to_be_acked != 0 && after(ack, back.most_to_be_acked) {
            marks.acks_unseen = true;
            back.most_to_be_acked = back.next;
        }
        if (segment.len > 0 || segment.syn || segment.fin) && !marks.keep_alive {
            again(&mut marks, ahead, back, segment, seq, at, round_trip);
        }

        let next = end.wrapping_add(u32::from(segment.syn || segment.fin));
        let counts = !marks.zero_window_probe;
        if counts && (ahead.next == 0 || after(next, ahead.next)) {
            (ahead.next, ahead.next_at) = (next, at);
        }
        if counts && (ahead.most_to_be_acked == 0 || seq == ahead.most_to_be_acked) {
            ahead.most_to_be_acked = ahead.next;
        }
        (ahead.window, ahead.last_ack, ahead.last_ack_at, ahead.last) = (window, ack, at, marks);
        marks
    }
}

/// Which kind of again it is, if it is one.
fn again(
    marks: &mut Marks,
    ahead: &Direction,
    back: &Direction,
    segment: &Segment,
    seq: u32,
    at: Micros,
    round_trip: Option<Micros>,
) {
    let end = seq.wrapping_add(segment.len);
    let mut behind = ahead.next != 0 && after(ahead.next, seq);
    if segment.len > 1 && ahead.next.wrapping_sub(1) == seq {
        // The byte before it may have been a probe.
        behind = false;
    }
    if segment.len > 0 && back.last_ack != 0 && !after(end, back.last_ack) {
        (marks.spurious, marks.retransmission) = (true, true);
    } else if behind {
        let whole = end.wrapping_add(u32::from(segment.syn || segment.fin));
        if back.duplicates >= FAST_AFTER && back.last_ack == seq && at.saturating_sub(back.last_ack_at) < FAST_WITHIN {
            (marks.fast, marks.retransmission) = (true, true);
        } else if at.saturating_sub(ahead.next_at) < round_trip.unwrap_or(REORDERED_WITHIN) && ahead.next != whole {
            marks.out_of_order = true;
        } else {
            marks.retransmission = true;
        }
    }
}

/// Whether `a` is behind `b` on the circle of sequence numbers.
fn after(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Act, Edit, Name, PacketKind, Run};

    fn losing(numbers: &[u32]) -> Log {
        let packet = |number| Name { from: Side::Client, kind: PacketKind::Data, number, offset: 0, attempt: 1 };
        let edits = numbers.iter().map(|number| Edit { packet: packet(*number), act: Act::Lose }).collect();
        Run { edits, ..Run::default() }.play()
    }

    fn counts(log: &Log, side: Side) -> Counts {
        Counts::of(log.trace(side).iter().map(|(_, marks)| marks))
    }

    #[test]
    fn nothing_lost_is_nothing_to_say() {
        for side in Side::BOTH {
            assert_eq!(counts(&losing(&[]), side), Counts::default());
        }
    }

    #[test]
    fn a_fast_retransmission_is_called_so_where_its_duplicates_just_came() {
        let log = losing(&[3]);
        let client = counts(&log, Side::Client);
        assert_eq!((client.retransmission, client.fast, client.duplicate_ack), (1, 1, 3));
        let server = counts(&log, Side::Server);
        // There the third of them left a whole round trip ago.
        assert_eq!((server.retransmission, server.fast, server.duplicate_ack, server.lost_segment), (1, 0, 3, 1));
    }

    #[test]
    fn a_lost_tail_is_a_plain_one() {
        let client = counts(&losing(&[6]), Side::Client);
        assert_eq!((client.retransmission, client.fast, client.duplicate_ack), (1, 0, 0));
    }
}
