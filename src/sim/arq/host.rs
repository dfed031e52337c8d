//! An end of the link with both halves of a protocol, and the program on top of it.

use std::sync::Arc;

use super::{
    header::{self, Frame, HeaderError},
    mechanisms::{Acks, Mechanisms, Timeout},
    receiver::{Parcel, Receiver},
    sender::{Acked, Sender},
};
use crate::sim::{
    Micros, Side,
    fate::PacketKind,
    host::{Arrived, Host, Outgoing, Verdict, Wire},
    knobs::Damage,
    log::{Call, Discard, Held, Note, Piece, Resent, Timer, Why},
    program::Program,
    run::Run,
    udp,
    workload::Message,
};

/// One side.
pub(in crate::sim) struct ArqHost {
    set: Mechanisms,
    side: Side,
    messages: Arc<[Message]>,
    program: Program,
    sender: Sender,
    receiver: Receiver,
    /// The most bytes of a message in one packet; a longer one is cut.
    room: u32,
    /// Damage that changes places of words is to hit what the message says, not the header.
    spares_header: bool,
    bound: bool,
    /// Whether this side has anything to say, and so an end of it.
    speaks: bool,
    /// Whether its end mark is queued.
    said_end: bool,
    /// Whether the program waits for the other side's end mark, or has read it.
    ending: Ending,
    /// Whether it is written down that something waits for room in the window.
    held: bool,
    /// Acknowledgements in a row that brought nothing new.
    nothing_new: u32,
    wake: Option<Micros>,
}

/// What is known about the other side's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// There will be no mark.
    Unmarked,
    /// It has not been read.
    Awaited,
    /// It has.
    Read,
}

impl ArqHost {
    pub fn new(run: &Run, side: Side, messages: &Arc<[Message]>) -> Self {
        let set = run.knobs.arq.bounded();
        // With acknowledgements and a timer the answer comes if it can.
        let patience = if set.acks != Acks::None && set.timeout != Timeout::None { None } else { run.patience() };
        let speaks = |side| messages.iter().any(|message| message.from == side);
        let header = udp::HEADERS + header::data_len(&set);
        Self {
            set,
            side,
            program: Program::new(side, Arc::clone(messages), run.knobs.program, patience),
            messages: Arc::clone(messages),
            sender: Sender::new(set),
            receiver: Receiver::new(set),
            room: usize::from(run.mtu(side, messages)).saturating_sub(header).max(1) as u32,
            spares_header: run.knobs.direction(side).damage == Damage::SwapWords,
            bound: false,
            speaks: speaks(side),
            said_end: false,
            ending: if set.end && speaks(side.other()) { Ending::Awaited } else { Ending::Unmarked },
            held: false,
            nothing_new: 0,
            wake: Some(0),
        }
    }

    /// The program hands over what is due.
    fn take_from_program(&mut self, wire: &mut Wire<'_>) {
        while let Some((message, bytes)) = self.program.to_send(wire.now) {
            let len = bytes.len() as u32;
            wire.call(Call::Send { message, asked: len, taken: len });
            self.program.took(wire.now, len as usize);
            let mut from = 0;
            // An empty message is a packet as well.
            while from < len || from == 0 {
                let to = len.min(from.saturating_add(self.room));
                self.sender.queue(Some(Piece { message, from, to }));
                from = to.max(1);
            }
        }
        if self.set.end && self.speaks && !self.said_end && self.program.has_sent_all() {
            self.said_end = true;
            wire.call(Call::Close);
            self.sender.queue(None);
        }
    }

    /// Sends again what is due, and what the window lets out.
    fn send(&mut self, wire: &mut Wire<'_>) {
        for index in self.sender.expired(wire.now) {
            self.transmit(index, wire);
        }
        while let Some(index) = self.sender.fresh() {
            self.transmit(index, wire);
        }
        self.write_timers(wire);
        let waits = self.sender.held().next().is_some();
        if waits != self.held {
            self.held = waits;
            wire.note(match waits {
                true => Note::Held { why: Held::Window, pieces: self.sender.held().collect() },
                false => Note::Released,
            });
        }
    }

    fn transmit(&mut self, index: usize, wire: &mut Wire<'_>) {
        let Some(item) = self.sender.item(index) else { return };
        let piece = item.piece;
        let payload = piece.and_then(|piece| {
            let message = self.messages.get((piece.message as usize).checked_sub(1)?)?;
            message.bytes.get(piece.from as usize..piece.to as usize)
        });
        let payload = payload.unwrap_or_default();
        let frame = Frame::Data { number: self.sender.number(index), end: piece.is_none(), payload };
        let bytes = udp::datagram(self.side, &header::write(&self.set, &frame), false);
        let packet = wire.send(Outgoing {
            bytes,
            kind: if piece.is_some() { PacketKind::Data } else { PacketKind::Fin },
            number: Some(piece.map_or(1, |piece| piece.message)),
            offset: piece.map_or(0, |piece| piece.from),
            pieces: piece.into_iter().collect(),
            damage_from: udp::HEADERS + if self.spares_header { header::data_len(&self.set) } else { 0 },
        });
        if self.sender.sent(index, wire.now) > 1 {
            // Whether it was needless is found out when the run is over.
            wire.resent(packet, Resent { why: Why::Timer, needless: false });
        }
    }

    fn write_timers(&mut self, wire: &mut Wire<'_>) {
        for (index, change) in self.sender.changes() {
            wire.timer(Timer::Retransmission(index.map(|index| index as u32 + 1)), change);
        }
    }

    fn acknowledge(&self, ack: &Frame<'_>, wire: &mut Wire<'_>) {
        wire.send(Outgoing {
            bytes: udp::datagram(self.side, &header::write(&self.set, ack), false),
            kind: PacketKind::Ack,
            number: None,
            offset: 0,
            pieces: Vec::new(),
            damage_from: udp::HEADERS,
        });
    }

    /// The program reads what is in order.
    fn read(&mut self, wire: &mut Wire<'_>) {
        while self.receiver.is_ready()
            && self.ending != Ending::Read
            && let Some(asked) = self.program.to_read(wire.now)
        {
            let Some(mut parcel) = self.receiver.ready().pop_front() else { break };
            if parcel.end {
                self.ending = Ending::Read;
                // What comes behind the end is for nobody.
                self.receiver.ready().clear();
                wire.call(Call::EndOfStream);
                break;
            }
            if let Some(rest) = parcel.cut(asked as usize) {
                self.receiver.ready().push_front(rest);
            }
            let bytes = wire.recorder.read(self.side, &parcel.bytes);
            self.program.has_read(wire.now, &parcel.pieces);
            wire.call(Call::Recv { asked, bytes, pieces: parcel.pieces });
        }
        if let Some(number) = self.program.give_up(wire.now) {
            wire.call(Call::StoppedWaiting(number));
        }
    }

    fn receive_data(&mut self, number: u32, parcel: Parcel, wire: &mut Wire<'_>) -> Verdict {
        let outcome = self.receiver.take(number, parcel);
        if outcome.early && outcome.discarded.is_none() {
            wire.note(Note::Hole { waiting: self.receiver.waiting() });
        }
        if let Some(ack) = &outcome.ack {
            self.acknowledge(ack, wire);
        }
        outcome.discarded.map_or(Verdict::Taken, Verdict::Discarded)
    }

    fn receive_ack(&mut self, number: u32, map: u32, wire: &mut Wire<'_>) -> Verdict {
        let acked = self.sender.acknowledged(number, map, wire.now);
        self.write_timers(wire);
        match acked {
            Acked::New => self.nothing_new = 0,
            Acked::Nothing => {
                self.nothing_new += 1;
                wire.note(Note::DuplicateAck(self.nothing_new));
            }
            Acked::Unknown => return Verdict::Discarded(Discard::NotWanted),
        }
        Verdict::Taken
    }
}

impl Parcel {
    /// Cuts off what is behind so many bytes.
    fn cut(&mut self, at: usize) -> Option<Self> {
        if at >= self.bytes.len() || at == 0 {
            return None;
        }
        let bytes = self.bytes.split_off(at);
        let mut rest = Self { end: false, bytes, pieces: Vec::new() };
        let mut begins = 0;
        for piece in &mut self.pieces {
            let cut = piece.from.saturating_add((at as u32).saturating_sub(begins)).clamp(piece.from, piece.to);
            begins += piece.len();
            if cut < piece.to {
                rest.pieces.push(Piece { from: cut, ..*piece });
            }
            piece.to = cut;
        }
        self.pieces.retain(|piece| !piece.is_empty());
        Some(rest)
    }
}

impl Host for ArqHost {
    fn receive(&mut self, packet: &Arrived<'_>, wire: &mut Wire<'_>) -> Verdict {
        let payload = udp::payload(packet.bytes).unwrap_or_default();
        match header::read(&self.set, payload) {
            Ok(Frame::Data { number, end, payload }) => {
                let parcel = Parcel { end, bytes: payload.to_vec(), pieces: packet.pieces.to_vec() };
                self.receive_data(number, parcel, wire)
            }
            Ok(Frame::Ack { number, map }) => self.receive_ack(number, map, wire),
            Err(HeaderError::Checksum) => Verdict::Discarded(Discard::Checksum),
            Err(HeaderError::Short | HeaderError::Shape) => Verdict::Discarded(Discard::NotWanted),
        }
    }

    fn poll(&mut self, wire: &mut Wire<'_>) {
        if !self.bound {
            self.bound = true;
            wire.call(Call::Bind);
            self.program.ready(wire.now, self.side);
        }
        // Reading comes first: an answer may wait for what is read.
        self.read(wire);
        self.take_from_program(wire);
        self.send(wire);
        let readable = self.receiver.is_ready() && self.ending != Ending::Read;
        self.wake = [self.program.wake(wire.now, readable), self.sender.wake()].into_iter().flatten().min();
    }

    fn wake(&self) -> Option<Micros> {
        self.wake
    }

    fn is_done(&self) -> bool {
        let sent = self.program.has_sent_all() && self.sender.is_clear();
        let read = self.ending != Ending::Awaited && (!self.receiver.has_hole() || self.ending == Ending::Read);
        sent && read && (!self.receiver.is_ready() || self.ending == Ending::Read)
    }

    fn gave_up(&self) -> bool {
        self.sender.gave_up()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::{
        Burst, Chance, Edit, Ended, Knobs, LinkKnobs, Log, Outage, Transport, Workload,
        arq::mechanisms::{Checksum, Window, tests::any_set},
        fate::{Act, Name},
        log::{End, What},
    };

    fn run(set: Mechanisms) -> Run {
        Run { transport: Transport::Arq, knobs: Knobs { arq: set, ..Knobs::default() }, ..Run::default() }
    }

    fn lose(mut run: Run, from: Side, kind: PacketKind, number: u32) -> Run {
        run.edits.push(Edit { packet: Name { from, kind, number, offset: 0, attempt: 1 }, act: Act::Lose });
        run
    }

    fn numbers(log: &Log) -> Vec<u32> {
        log.reads(Side::Server).flat_map(|read| read.pieces.iter().map(|piece| piece.message)).collect()
    }

    /// RFC-like repair with everything on.
    fn whole(window: Window, acks: Acks, bits: u8) -> Mechanisms {
        let (timeout, checksum) = (Timeout::Fixed(200), Checksum::Crc32);
        Mechanisms { checksum, bits, acks, timeout, window, duplicates: true, end: true }
    }

    #[test]
    fn without_any_mechanism_it_is_udp() {
        let plain = lose(run(Mechanisms::default()), Side::Client, PacketKind::Data, 3);
        let (arq, udp) = (plain.play(), plain.over(Transport::Udp).play());
        assert_eq!(arq.packets.len(), udp.packets.len());
        for (a, u) in arq.packets.iter().zip(&udp.packets) {
            assert_eq!(
                (a.name, a.sent, a.ended, a.end, a.bytes.len()),
                (u.name, u.sent, u.ended, u.end, u.bytes.len())
            );
            assert_eq!(a.bytes[28..], u.bytes[28..], "only UDP's checksum is not there");
        }
        assert_eq!((numbers(&arq), arq.ended), (vec![1, 2, 4, 5, 6], Ended::Done));
    }

    #[test]
    fn stop_and_wait_sends_one_at_a_time() {
        let log = lose(run(whole(Window::StopAndWait, Acks::Each, 1)), Side::Client, PacketKind::Data, 2).play();
        assert_eq!((numbers(&log), log.ended), (vec![1, 2, 3, 4, 5, 6], Ended::Done));
        let sent: Vec<_> = log.packets.iter().filter(|it| it.from() == Side::Client).map(|it| it.sent).collect();
        // A round trip is 60 ms; the second is lost and sent again after 200.
        assert_eq!(sent, [10_000, 70_000, 270_000, 330_000, 390_000, 450_000, 510_000, 570_000]);
        assert!(log.events.iter().any(|event| event.what == What::Call(Call::EndOfStream)));
    }

    #[test]
    fn after_a_loss_go_back_n_repeats_all_and_selective_repeat_one() {
        let again = |window, acks| {
            let log = lose(run(whole(window, acks, 4)), Side::Client, PacketKind::Data, 1).play();
            assert_eq!((numbers(&log), log.ended), (vec![1, 2, 3, 4, 5, 6], Ended::Done));
            let again = log.packets.iter().filter(|it| it.resent.is_some() && it.name.kind == PacketKind::Data);
            again.map(|it| it.name.number).collect::<Vec<_>>()
        };
        assert_eq!(again(Window::GoBackN(4), Acks::Cumulative), [1, 2, 3, 4]);
        assert_eq!(again(Window::SelectiveRepeat(4), Acks::Selective), [1]);
        assert_eq!(again(Window::SelectiveRepeat(4), Acks::Each), [1]);
    }

    #[test]
    fn a_lost_acknowledgement_is_made_good_by_a_later_one_if_it_is_cumulative() {
        let lost = |acks| {
            let log = lose(run(whole(Window::GoBackN(4), acks, 4)), Side::Server, PacketKind::Ack, 1).play();
            log.counters().resent
        };
        assert_eq!(lost(Acks::Cumulative), 0);
        assert!(lost(Acks::Each) > 0);
    }

    #[test]
    fn what_cannot_work_says_so() {
        let stuck = Mechanisms { window: Window::StopAndWait, ..Mechanisms::default() };
        assert_eq!(run(stuck).play().ended, Ended::Silent);
        let endless = Mechanisms { timeout: Timeout::Fixed(50), ..Mechanisms::default() };
        let log = run(endless).play();
        assert_eq!((log.ended, log.packets.len()), (Ended::GaveUp(Side::Client), 6 * 20));
        let hole = lose(run(Mechanisms { bits: 4, ..Mechanisms::default() }), Side::Client, PacketKind::Data, 2).play();
        assert_eq!((numbers(&hole), hole.ended), (vec![1], Ended::Silent));
        let endless = lose(run(Mechanisms { end: true, ..Mechanisms::default() }), Side::Client, PacketKind::Fin, 1);
        assert_eq!(endless.play().ended, Ended::Silent);
    }

    #[test]
    fn a_message_that_is_too_long_is_cut_and_a_short_read_reads_on() {
        let mut run = run(whole(Window::GoBackN(4), Acks::Cumulative, 4));
        run.knobs.link.mtu = Some(68);
        run.knobs.program.recv = 20;
        let log = run.play();
        assert_eq!((log.ended, log.counters().whole), (Ended::Done, 6));
        assert!(log.packets.iter().all(|packet| packet.bytes.len() <= 68));
        assert!(log.reads(Side::Server).all(|read| read.bytes.len() <= 20));
    }

    fn any_link() -> impl Strategy<Value = LinkKnobs> {
        let chance = || (0_u32..400_000).prop_map(Chance::millionths);
        let times = (1_000_u64..300_000, 0_u64..50_000);
        let luck = (chance(), chance(), chance(), chance(), any::<bool>());
        let more =
            (prop::option::of(8_000_u64..1_000_000), any::<bool>(), prop::option::of(68_u16..600), any::<bool>());
        (times, luck, more).prop_map(|((delay, jitter), (loss, duplicate, reorder, corrupt, swap), more)| {
            let (rate, bursts, mtu, outage) = more;
            LinkKnobs {
                delay,
                jitter,
                loss,
                duplicate,
                reorder,
                corrupt,
                damage: if swap { Damage::SwapWords } else { Damage::Bit },
                rate,
                queue: 2_000,
                burst: bursts.then(Burst::default),
                mtu,
                outage: outage.then_some(Outage { from: 100_000, to: 400_000 }),
                ..LinkKnobs::default()
            }
        })
    }

    fn any_workload() -> impl Strategy<Value = Workload> {
        prop_oneof![
            (1_u32..20, 1_u32..200, 0_u64..20_000).prop_map(|(count, size, gap)| Workload::Messages {
                count,
                size,
                gap
            }),
            (1_u32..6).prop_map(|count| Workload::PingPong { count, size: 40, patience: 500_000 }),
            (1_u32..9_000).prop_map(|bytes| Workload::File { bytes, size: 700 }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// No set of mechanisms panics or spins over any link, and one that gets stuck says so.
        #[test]
        fn any_set_ends(set in any_set(), there in any_link(), back in any_link(), workload in any_workload(), seed: u64) {
            let mut run = Run { workload, seed, ..run(set) };
            (run.knobs.link, run.knobs.back) = (there, Some(back));
            let log = run.play();
            // A timer that doubles up to a minute may be patient for longer than a run lasts.
            let patient = set.timeout == Timeout::Adaptive && log.ended == Ended::TooLong;
            prop_assert!(patient || !matches!(log.ended, Ended::Spinning | Ended::TooLong), "{:?}", log.ended);
            for packet in &log.packets {
                prop_assert!(packet.end != End::OnTheWay || patient || matches!(log.ended, Ended::GaveUp(_)));
            }
            // One that says it ended well, and acknowledges, has sent everything and holds nothing back.
            if log.ended == Ended::Done && run.patience().is_none() {
                prop_assert!(log.first_sent.iter().all(Option::is_some));
            }
            prop_assert_eq!(run.play(), log, "the same again");
        }

        /// With everything on and numbers enough, all of it comes, once and in order, or the sender gives up.
        #[test]
        fn a_whole_protocol_keeps_its_promise(
            selective: bool, size in 1_u8..8, adaptive: bool, there in any_link(), back in any_link(),
            workload in any_workload(), seed: u64
        ) {
            let mut set = match selective {
                true => whole(Window::SelectiveRepeat(size), Acks::Selective, 6),
                false => whole(Window::GoBackN(size), Acks::Cumulative, 6),
            };
            if adaptive {
                set.timeout = Timeout::Adaptive;
            }
            let mut run = Run { workload, seed, ..run(set) };
            (run.knobs.link, run.knobs.back) = (there, Some(back));
            let log = run.play();
            for side in Side::BOTH {
                let sent = log.messages.iter().filter(|message| message.from == side.other());
                let sent: Vec<u8> = sent.flat_map(|message| message.bytes.iter().copied()).collect();
                let read = &log.read[side.index()];
                prop_assert!(sent.starts_with(read), "a prefix at least");
                prop_assert!(log.ended != Ended::Done || read.len() == sent.len(), "all of it, if it ended well");
            }
            let patient = adaptive && log.ended == Ended::TooLong;
            prop_assert!(patient || matches!(log.ended, Ended::Done | Ended::GaveUp(_)), "{:?}", log.ended);
        }
    }
}
