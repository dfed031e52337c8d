//! What the lab says of packets and runs: names, reasons, sentences.

use std::{fmt::Write as _, time::Duration};

use super::drawn::{Lane, Lasting, messages};
use crate::{
    gui::tr,
    sim::{
        Call, Discard, End, Ended, Failure, Held, Log, Loss, Micros, Packet, PacketKind, Side, Timer, Transport, Why,
        arq::header, udp,
    },
    text::Charset,
    words::{Lang, Things, counted, number},
};

/// Messages that are named in a list before it is cut.
const NAMED: usize = 6;

/// A length of time: `40 ms`, `1.2 s`.
pub fn time(micros: Micros) -> String {
    if micros == 0 { "0 ms".to_owned() } else { number::duration(Duration::from_micros(micros)) }
}

/// A moment: always in milliseconds, so that moments can be compared.
pub fn moment(micros: Micros) -> String {
    let (whole, tenths) = (number::grouped(micros / 1_000), micros % 1_000 / 100);
    if tenths == 0 { format!("{whole} ms") } else { format!("{whole}.{tenths} ms") }
}

/// `3, 5, 6`, and how many more where there are many.
pub fn list(lang: Lang, numbers: &[u32]) -> String {
    let named: Vec<_> = numbers.iter().take(NAMED).map(u32::to_string).collect();
    let named = named.join(", ");
    match numbers.len().saturating_sub(NAMED) {
        0 => named,
        more => tr!(lang, "lab.and_more", numbers = named, more = number::grouped(more as u64)).into_owned(),
    }
}

/// An end of the link, as it is called above its lifeline.
pub fn side(lang: Lang, side: Side) -> String {
    match side {
        Side::Client => tr!(lang, "lab.sender"),
        Side::Server => tr!(lang, "lab.receiver"),
    }
    .into_owned()
}

/// What stands above an arrow that carries no message: `SYN ACK`.
pub fn control(lang: Lang, packet: &Packet) -> Option<String> {
    let flags = packet.segment().map(|segment| {
        let flags = [(segment.syn, "SYN"), (segment.fin, "FIN"), (segment.rst, "RST"), (segment.ack, "ACK")];
        let set: Vec<_> = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
        set.join(" ")
    });
    match packet.name.kind {
        PacketKind::Data => None,
        PacketKind::Probe => Some(tr!(lang, "lab.probe").into_owned()),
        PacketKind::Syn => Some(flags.unwrap_or_else(|| "SYN".to_owned())),
        PacketKind::Ack => Some(flags.unwrap_or_else(|| "ACK".to_owned())),
        PacketKind::Fin => Some(flags.unwrap_or_else(|| tr!(lang, "lab.end_mark").into_owned())),
        PacketKind::Reset => Some(flags.unwrap_or_else(|| "RST".to_owned())),
    }
}

/// What a packet is: `message 3`, `SYN ACK`.
pub fn packet(lang: Lang, packet: &Packet) -> String {
    if let Some(control) = control(lang, packet) {
        return control;
    }
    let numbers = messages(&packet.pieces);
    match numbers.as_slice() {
        [] => tr!(lang, "lab.no_message").into_owned(),
        [one] => {
            let piece = packet.pieces.first().filter(|piece| piece.from > 0);
            if let Some(piece) = piece {
                tr!(lang, "lab.part_of", number = one, from = piece.from)
            } else {
                tr!(lang, "lab.message", number = one)
            }
            .into_owned()
        }
        many => tr!(lang, "lab.messages_of", numbers = list(lang, many)).into_owned(),
    }
}

/// The word beside a packet that is sent again: `fast retransmit of 3`.
pub fn again(lang: Lang, packet: &Packet) -> Option<String> {
    let resent = packet.resent?;
    let what = match messages(&packet.pieces).as_slice() {
        [] => control(lang, packet).unwrap_or_default(),
        some => list(lang, some),
    };
    let text = match resent.why {
        Why::Fast => tr!(lang, "lab.again_fast", what = what),
        Why::Timer => tr!(lang, "lab.again_timer", what = what),
        Why::Recovery => tr!(lang, "lab.again_recovery", what = what),
        Why::Asked => tr!(lang, "lab.again_asked", what = what),
    };
    Some(if resent.needless { format!("{text} {}", tr!(lang, "lab.needless")) } else { text.into_owned() })
}

/// Why it was sent.
pub fn reason(lang: Lang, packet: &Packet, transport: Transport) -> String {
    if packet.copy_of.is_some() {
        return tr!(lang, "lab.why_copy").into_owned();
    }
    if let Some(resent) = packet.resent {
        return match resent.why {
            Why::Fast => tr!(lang, "lab.why_fast"),
            Why::Timer => tr!(lang, "lab.why_timer"),
            Why::Recovery => tr!(lang, "lab.why_recovery"),
            Why::Asked => tr!(lang, "lab.why_asked"),
        }
        .into_owned();
    }
    match (packet.name.kind, packet.from()) {
        (PacketKind::Syn, Side::Client) => tr!(lang, "lab.why_syn"),
        (PacketKind::Syn, Side::Server) => tr!(lang, "lab.why_syn_ack"),
        (PacketKind::Data, _) if transport != Transport::Tcp => tr!(lang, "lab.why_datagram"),
        (PacketKind::Data, _) => tr!(lang, "lab.why_data"),
        (PacketKind::Ack, _) => tr!(lang, "lab.why_ack"),
        (PacketKind::Probe, _) => tr!(lang, "lab.why_probe"),
        (PacketKind::Fin, _) => tr!(lang, "lab.why_fin"),
        (PacketKind::Reset, _) => tr!(lang, "lab.why_reset"),
    }
    .into_owned()
}

/// What has become of it by now: the picture does not tell the future, and neither do words.
pub fn fate(lang: Lang, packet: &Packet, now: Micros) -> String {
    if packet.ended > now {
        return tr!(lang, "lab.under_way").into_owned();
    }
    let at = moment(packet.ended);
    match packet.end {
        End::OnTheWay => tr!(lang, "lab.on_the_way", time = at).into_owned(),
        End::Delivered if packet.damaged.is_some() => tr!(lang, "lab.delivered_damaged", time = at).into_owned(),
        End::Delivered => tr!(lang, "lab.delivered", time = at).into_owned(),
        End::Lost(loss) => tr!(lang, "lab.lost_at", time = at, why = loss_words(lang, loss)).into_owned(),
        End::Discarded(why) => tr!(lang, "lab.discarded_at", time = at, why = discard_words(lang, why)).into_owned(),
    }
}

/// Why it was lost.
fn loss_words(lang: Lang, loss: Loss) -> String {
    match loss {
        Loss::Chance => tr!(lang, "lab.loss_chance"),
        Loss::Burst => tr!(lang, "lab.loss_burst"),
        Loss::Outage => tr!(lang, "lab.loss_outage"),
        Loss::QueueFull => tr!(lang, "lab.loss_queue"),
        Loss::ByHand => tr!(lang, "lab.loss_by_hand"),
    }
    .into_owned()
}

/// Why a kernel threw it away.
pub fn discard_words(lang: Lang, why: Discard) -> String {
    match why {
        Discard::Checksum => tr!(lang, "lab.discard_checksum"),
        Discard::BufferFull => tr!(lang, "lab.discard_full"),
        Discard::Again => tr!(lang, "lab.discard_again"),
        Discard::OutOfOrder => tr!(lang, "lab.discard_order"),
        Discard::NotWanted => tr!(lang, "lab.discard_unwanted"),
    }
    .into_owned()
}

/// All of a packet in a sentence, for those who cannot see the arrow.
pub fn said(lang: Lang, shown: &Packet, now: Micros) -> String {
    let from = side(lang, shown.from());
    let what = packet(lang, shown);
    let mut text = tr!(lang, "lab.said", time = moment(shown.sent), from = from, what = what).into_owned();
    if let Some(again) = again(lang, shown) {
        let _ = write!(text, ", {again}");
    }
    if shown.copy_of.is_some() {
        let _ = write!(text, ", {}", tr!(lang, "lab.copy"));
    }
    format!("{text}; {}", fate(lang, shown, now))
}

/// The header of a packet in the words of the RFCs: name and value. Values are those of its true bytes.
pub fn fields(shown: &Packet, base: [u32; 2]) -> Vec<(&'static str, String)> {
    let bytes = &shown.bytes;
    let word = |at: usize| bytes.get(at..at + 2).map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]));
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let header = usize::from(byte(0) & 0x0F) * 4;
    let address = |at: usize| format!("{}.{}.{}.{}", byte(at), byte(at + 1), byte(at + 2), byte(at + 3));
    let mut fields = vec![
        ("Total Length", word(2).to_string()),
        ("Identification", format!("0x{:04x}", word(4))),
        ("Time to Live", byte(8).to_string()),
        ("Protocol", byte(9).to_string()),
        ("Source Address", address(12)),
        ("Destination Address", address(16)),
    ];
    let ports = [("Source Port", word(header).to_string()), ("Destination Port", word(header + 2).to_string())];
    if let Some(segment) = shown.segment() {
        fields.extend(ports);
        let [own, other] = base;
        let relative = |number: u32, base: u32| format!("{} (ISN + {})", number, number.wrapping_sub(base));
        fields.push(("Sequence Number", relative(segment.seq, own)));
        if segment.ack {
            fields.push(("Acknowledgment Number", relative(segment.ack_number, other)));
        }
        let flags = [
            (segment.syn, "SYN"),
            (segment.fin, "FIN"),
            (segment.rst, "RST"),
            (segment.psh, "PSH"),
            (segment.ack, "ACK"),
        ];
        let set: Vec<_> = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
        fields.push(("Data Offset", (byte(header + 12) >> 4).to_string()));
        fields.push(("Control bits", set.join(" ")));
        fields.push(("Window", segment.window.to_string()));
        fields.push(("Checksum", format!("0x{:04x}", word(header + 16))));
        // Options stand between the 20 bytes that every header has and the payload; a SYN's begin with it.
        if segment.syn && segment.payload_at >= header + 24 && byte(header + 20) == 2 {
            fields.push(("Maximum Segment Size", word(header + 22).to_string()));
        }
    } else if byte(9) == 17 && word(6).trailing_zeros() >= 13 {
        fields.extend(ports);
        fields.push(("Length", word(header + 4).to_string()));
        fields.push(("Checksum", format!("0x{:04x}", word(header + 6))));
    } else {
        fields.push(("Fragment Offset", (u32::from(word(6) & 0x1FFF) * 8).to_string()));
    }
    fields
}

/// What a packet says, and what arrives of it if that is something else.
pub fn payload(lang: Lang, shown: &Packet, now: Micros, encoding: Charset) -> Vec<String> {
    // Behind all headers.
    let len = shown.payload_len() as usize;
    let text = |bytes: &[u8]| bytes.len().checked_sub(len).map(|at| encoding.decode(&bytes[at..]));
    let Some(sent) = text(&shown.bytes).filter(|_| len > 0) else { return Vec::new() };
    let mut said = vec![tr!(lang, "lab.says", text = sent).into_owned()];
    if let Some(damaged) = shown.damaged.as_deref().filter(|_| shown.ended <= now).and_then(text)
        && damaged != sent
    {
        said.push(tr!(lang, "lab.says_damaged", text = damaged).into_owned());
    }
    said
}

/// The header of what is built on UDP: name with its bits, and value. Nothing for another transport.
pub fn own_fields(lang: Lang, shown: &Packet, log: &Log) -> Vec<(String, String)> {
    let payload = udp::payload(&shown.bytes).filter(|_| log.transport == Transport::Arq);
    let fields = payload.map(|payload| header::fields(&log.arq, payload)).unwrap_or_default();
    fields.iter().map(|field| crate::words::header_field(lang, field)).collect()
}

/// The initial sequence numbers of a side and of the other one, as its packets count from them.
pub fn bases(log: &Log, from: Side) -> [u32; 2] {
    let base = |side: Side| {
        let syn = log.packets.iter().find(|packet| packet.from() == side && packet.name.kind == PacketKind::Syn);
        syn.and_then(Packet::segment).map_or(0, |segment| segment.seq)
    };
    [base(from), base(from.other())]
}

/// A call with its result: `send = 100`.
pub fn call(call: &Call) -> String {
    match call {
        Call::Bind => "bind".to_owned(),
        Call::Listen => "listen".to_owned(),
        Call::Connect => "connect".to_owned(),
        Call::Connected => "connect = 0".to_owned(),
        Call::Accepted => "accept".to_owned(),
        Call::Send { taken: 0, asked: 1.., .. } => "send: EAGAIN".to_owned(),
        Call::Send { taken, .. } => format!("send = {taken}"),
        Call::Recv { bytes, .. } => format!("recv = {}", bytes.len()),
        Call::EndOfStream => "recv = 0".to_owned(),
        Call::Failed(Failure::Reset) => "ECONNRESET".to_owned(),
        Call::Failed(Failure::TimedOut) => "ETIMEDOUT".to_owned(),
        Call::StoppedWaiting(_) => "recv: EAGAIN".to_owned(),
        Call::Close => "close".to_owned(),
    }
}

/// What lasts, in a word or two where there is little room.
pub fn lasting_short(lang: Lang, what: &Lasting, took: Micros) -> String {
    match what {
        Lasting::Held { why: Held::Nagle, .. } => "Nagle".to_owned(),
        Lasting::Held { why: Held::Window, .. } => tr!(lang, "lab.window_full").into_owned(),
        Lasting::Held { why: Held::Congestion, .. } => tr!(lang, "lab.cwnd_full").into_owned(),
        _ => lasting(lang, what, took),
    }
}

/// What lasts, in a few words.
pub fn lasting(lang: Lang, what: &Lasting, took: Micros) -> String {
    match what {
        Lasting::Timer { timer, fired, .. } => {
            let name = match timer {
                Timer::Retransmission(None) => tr!(lang, "lab.timer_rto"),
                Timer::Retransmission(Some(number)) => tr!(lang, "lab.timer_rto_of", number = number),
                Timer::DelayedAck => tr!(lang, "lab.timer_ack"),
                Timer::Persist => tr!(lang, "lab.timer_persist"),
                Timer::TimeWait => "TIME-WAIT".into(),
                Timer::GiveUp => tr!(lang, "lab.timer_give_up"),
            };
            if *fired {
                tr!(lang, "lab.timer_fired", timer = name, time = time(took)).into_owned()
            } else {
                name.into_owned()
            }
        }
        Lasting::Held { why, messages } => {
            let what = list(lang, messages);
            match why {
                Held::Nagle => tr!(lang, "lab.held_nagle", what = what),
                Held::Window => tr!(lang, "lab.held_window", what = what),
                Held::Congestion => tr!(lang, "lab.held_congestion", what = what),
            }
            .into_owned()
        }
        Lasting::Hole { messages, missing } => {
            tr!(lang, "lab.waits_for", what = list(lang, messages), missing = missing).into_owned()
        }
        Lasting::Closed => tr!(lang, "lab.window_closed").into_owned(),
    }
}

/// What stands at the right of a lane's head: `17 packets · 1 lost · done at 392 ms`.
pub fn summary(lang: Lang, lane: &Lane) -> String {
    let counters = &lane.counters;
    let packets = counted(lang, counters.packets, Things::Packets);
    let lost = tr!(lang, "lab.lost", count = number::grouped(counters.lost));
    let at = moment(lane.log.end_at);
    let ended = match lane.log.ended {
        Ended::Done => tr!(lang, "lab.done_at", time = at),
        Ended::GaveUp(_) => tr!(lang, "lab.gave_up_at", time = at),
        Ended::Silent => tr!(lang, "lab.silent_at", time = at),
        Ended::TooLong | Ended::Spinning => tr!(lang, "lab.stopped_at", time = at),
    };
    format!("{packets} · {lost} · {ended}")
}

/// One sentence or two: what the receiving program got, and what it cost. `other` is what it is held against, as far as it has
/// come by now.
pub fn sentence(lang: Lang, lane: &Lane, other: &Lane, now: Micros) -> String {
    let mut parts: Vec<String> = Vec::new();
    match lane.log.ended {
        Ended::Done => {}
        Ended::GaveUp(side) => parts.push(tr!(lang, "lab.end_gave_up", who = self::side(lang, side)).into_owned()),
        Ended::Silent => parts.push(tr!(lang, "lab.end_silent").into_owned()),
        Ended::TooLong => parts.push(tr!(lang, "lab.end_too_long").into_owned()),
        Ended::Spinning => parts.push(tr!(lang, "lab.end_spinning").into_owned()),
    }
    let counters = &lane.counters;
    if let (Some(own), Some(theirs)) = (counters.first_byte, other.counters.first_byte)
        && theirs <= now
        && own + 5_000 < theirs
    {
        parts.push(tr!(lang, "lab.sooner", time = time(own), other = time(theirs)).into_owned());
    }
    let which = |wanted: &dyn Fn(usize) -> bool| -> Vec<u32> {
        (0..lane.fortunes.len()).filter(|index| wanted(*index)).map(|index| index as u32 + 1).collect()
    };
    let fortune = |index: usize| lane.fortunes.get(index).copied().unwrap_or_default();
    let whole = |index: usize| fortune(index).read_at.is_some();
    let missing = which(&|index| !whole(index));
    let twice = which(&|index| fortune(index).twice);
    let shuffled = which(&|index| fortune(index).out_of_order);
    let late = which(&|index| fortune(index).late);
    let wrong = which(&|index| fortune(index).wrong);
    if lane.log.messages.is_empty() {
        parts.push(tr!(lang, "lab.nothing_to_send").into_owned());
    } else if [&missing, &twice, &shuffled, &wrong].into_iter().all(Vec::is_empty) {
        parts.push(tr!(lang, "lab.all_once").into_owned());
    }
    let mut faults = Vec::new();
    if !missing.is_empty() {
        faults.push(tr!(lang, "lab.missing", what = list(lang, &missing)));
    }
    if !shuffled.is_empty() {
        faults.push(tr!(lang, "lab.shuffled", what = list(lang, &shuffled)));
    }
    if !twice.is_empty() {
        faults.push(tr!(lang, "lab.twice", what = list(lang, &twice)));
    }
    if !late.is_empty() {
        faults.push(tr!(lang, "lab.late", what = list(lang, &late)));
    }
    if !wrong.is_empty() {
        faults.push(tr!(lang, "lab.wrong", what = list(lang, &wrong)));
    }
    if !faults.is_empty() {
        parts.push(tr!(lang, "lab.faults", what = faults.join(&tr!(lang, "lab.fault_comma"))).into_owned());
    }
    if let Some((waited, longest)) = longest_wait(lane) {
        let text = if let Some(missing) = blocker(lane, waited) {
            tr!(lang, "lab.waited_for", message = waited, time = time(longest), missing = missing)
        } else {
            tr!(lang, "lab.waited", message = waited, time = time(longest))
        };
        parts.push(text.into_owned());
    }
    // Sentences follow one another with a space in English and without one in Chinese.
    parts.join(if lang == Lang::En { " " } else { "" })
}

/// The message that waited longest in the receiving kernel because of others.
fn longest_wait(lane: &Lane) -> Option<(u32, Micros)> {
    let waits = lane.waits.iter().zip(1..).filter_map(|(wait, number)| Some((number, (*wait)?)));
    // The first of several.
    let longest = waits.min_by_key(|(number, wait)| (std::cmp::Reverse(*wait), *number))?;
    (longest.1 >= 1_000).then_some(longest)
}

/// The message for which another waited: one that was read with it, and came last.
fn blocker(lane: &Lane, waited: u32) -> Option<u32> {
    lane.spans.iter().find_map(|span| match &span.what {
        Lasting::Hole { messages, missing } if messages.contains(&waited) && *missing > 0 => Some(*missing),
        _ => None,
    })
}

/// Both ladders in characters, each under what came of it: for the clipboard.
pub fn told(lang: Lang, lanes: &[Lane; 2]) -> String {
    let [left, right] = lanes;
    let lane = |lane: &Lane, other: &Lane| {
        let text = format!("{}. {}", summary(lang, lane), sentence(lang, lane, other, Micros::MAX));
        format!("{}\n\n{}", tr!(lang, "lab.lane", name = super::paint::lane_name(lane), text = text), lane.log.text())
    };
    format!("{}\n{}", lane(left, right), lane(right, left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gui::views::lab::drawn::{Pair, Wanted},
        sim::{Act, Edit, Name, Run},
    };

    fn losing(numbers: &[u32]) -> Pair {
        let packet = |number| Name { from: Side::Client, kind: PacketKind::Data, number, offset: 0, attempt: 1 };
        let edits = numbers.iter().map(|n| Edit { packet: packet(*n), act: Act::Lose }).collect();
        Pair::of(&Wanted { run: Run { edits, ..Run::default() } })
    }

    #[test]
    fn a_lost_message_is_told_on_both_sides() {
        let pair = losing(&[3]);
        let [tcp, udp] = &pair.lanes;
        assert_eq!(
            sentence(Lang::En, tcp, udp, u64::MAX),
            "All, once, in order. Message 4 waited 70 ms in the kernel for message 3."
        );
        assert_eq!(sentence(Lang::En, udp, tcp, u64::MAX), "First byte after 40 ms instead of 100 ms. Lost 3.");
        // What TCP will come to is not told before.
        assert_eq!(sentence(Lang::En, udp, tcp, 99_000), "Lost 3.");
        assert_eq!(sentence(Lang::Zh, udp, tcp, u64::MAX), "首字节在 40 ms 后到达，而不是 100 ms。3 丢失。");
        assert!(summary(Lang::En, udp).starts_with("6 packets · 1 lost · done at "), "{}", summary(Lang::En, udp));
    }

    #[test]
    fn a_packet_says_what_it_is_and_why_it_came() {
        let pair = losing(&[3]);
        let again = pair.lanes[0].log.packets.iter().find(|packet| packet.resent.is_some()).unwrap();
        let under_way = said(Lang::En, again, 160_000);
        assert_eq!(under_way, "155 ms, sender: message 3, fast retransmit of 3; on its way");
        let text = said(Lang::En, again, u64::MAX);
        assert_eq!(text, "155 ms, sender: message 3, fast retransmit of 3; arrived at 185 ms");
        let fields = fields(again, bases(&pair.lanes[0].log, again.from()));
        let value = |name| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str());
        assert!(value("Sequence Number").unwrap().ends_with("(ISN + 201)"), "{fields:?}");
        assert_eq!((value("Total Length"), value("Control bits")), (Some("140"), Some("ACK")));
        let datagram = &pair.lanes[1].log.packets[0];
        let length = super::fields(datagram, [0, 0]).into_iter().find(|(field, _)| *field == "Length");
        assert_eq!(length.map(|(_, value)| value).as_deref(), Some("108"));
    }

    #[test]
    fn what_is_built_on_udp_says_what_stands_in_its_own_header() {
        let level = crate::sim::arq::Level::named("ack-lost").unwrap();
        let pair = Pair::of(&Wanted { run: level.trial.run(&level.solutions[0], 3) });
        let log = &pair.lanes[1].log;
        let told = |packet: &Packet| {
            let fields = own_fields(Lang::En, packet, log);
            fields.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
        };
        assert_eq!(told(&log.packets[0])[..2], ["kind (1): 0", "number (1): 0"]);
        let ack = log.packets.iter().find(|packet| packet.from() == Side::Server).unwrap();
        assert_eq!(told(ack)[..2], ["kind (1): 1", "number (1): 0"]);
        let tcp = &pair.lanes[0].log;
        assert!(own_fields(Lang::En, &tcp.packets[0], tcp).is_empty());
        let syn = fields(&tcp.packets[0], [0, 0]);
        assert!(syn.iter().any(|(name, value)| *name == "Maximum Segment Size" && value == "40"), "{syn:?}");
    }

    #[test]
    fn two_words_that_changed_places_are_read_as_they_arrive() {
        let level = crate::sim::arq::Level::named("swapped").unwrap();
        let failure = level.trial.first_failure(&level.start, 200).unwrap();
        let run = level.trial.run(&level.start, failure.seed);
        let encoding = run.workload.encoding().unwrap();
        let pair = Pair::of(&Wanted { run });
        let damaged = pair.lanes[1].log.packets.iter().find(|packet| packet.damaged.is_some()).unwrap();
        let said = payload(Lang::Zh, damaged, u64::MAX, encoding);
        let word = |text: &str| {
            text.chars().filter(|c| ('\u{4E00}'..='\u{9FFF}').contains(c)).rev().take(2).collect::<String>()
        };
        assert_eq!(said.len(), 2, "{said:?}");
        let (sent, arrived) = (word(&said[0]), word(&said[1]));
        assert_eq!(sent.chars().rev().collect::<String>(), arrived, "{said:?}");
        assert_eq!(payload(Lang::Zh, damaged, damaged.sent, encoding).len(), 1, "not before it has arrived");
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list(Lang::En, &[1, 2, 3]), "1, 2, 3");
        assert_eq!(list(Lang::En, &(1..=9).collect::<Vec<_>>()), "1, 2, 3, 4, 5, 6 and 3 more");
    }
}
