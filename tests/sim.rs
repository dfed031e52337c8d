//! What the simulator promises, over random runs: a stream is a prefix of what was sent, datagrams are what the fates allow,
//! every packet has one end, sums come out, nothing gets stuck, and the same inputs give the same log everywhere.
//!
//! `TWOCAN_SIM_RUNS=2000` plays as many runs as are promised; without it there are fewer, for every day.
//! `TWOCAN_SIM_GOLDEN=write` writes the golden file anew.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use twocan::{
    sim::{
        Act, Burst, Call, Chance, Control, Course, Edit, End, Ended, Event, Knobs, LinkKnobs, Log, Loss, Name, Outage,
        Own, PacketKind, Run, Side, Transport, What, Workload,
        arq::{Panel, levels},
        prepared,
    },
    text::Charset,
};

fn runs(usual: u64) -> u64 {
    std::env::var("TWOCAN_SIM_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(usual)
}

/// Numbers for a random run; its own, so that a failure is one number.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn often(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn chance(&mut self, most: u64) -> Chance {
        if self.often(50) { Chance::NEVER } else { Chance::millionths(self.below(most * 10_000) as u32) }
    }
}

/// Any link that lets anything through at all.
fn link(dice: &mut Dice) -> LinkKnobs {
    LinkKnobs {
        delay: dice.below(100_000),
        jitter: dice.below(20_000),
        loss: dice.chance(20),
        burst: dice.often(20).then(|| Burst { loss: Chance::percent(60.0), ..Burst::default() }),
        duplicate: dice.chance(20),
        reorder: dice.chance(20),
        reorder_by: dice.below(60_000),
        corrupt: dice.chance(10),
        rate: dice.often(30).then(|| 50_000 + dice.below(2_000_000)),
        queue: 2_000 + dice.below(20_000) as u32,
        mtu: dice.often(30).then(|| 68 + dice.below(1_432) as u16),
        outage: dice.often(10).then(|| Outage { from: 50_000, to: 50_000 + dice.below(3_000_000) }),
        ..LinkKnobs::default()
    }
}

fn workload(dice: &mut Dice) -> Workload {
    let size = 1 + dice.below(600) as u32;
    match dice.below(4) {
        0 | 1 => Workload::Messages { count: 1 + dice.below(12) as u32, size, gap: dice.below(20_000) },
        2 => Workload::PingPong { count: 1 + dice.below(6) as u32, size, patience: 500_000 },
        _ => Workload::File { bytes: 1 + dice.below(20_000) as u32, size },
    }
}

fn random(number: u64) -> Run {
    let mut dice = Dice(number.wrapping_mul(0x1234_5678_9ABC_DEF1));
    let there = link(&mut dice);
    let mut knobs = Knobs { link: there, back: dice.often(50).then(|| link(&mut dice)), ..Knobs::default() };
    knobs.program.recv = 1 + dice.below(3_000) as u32;
    if dice.often(20) {
        knobs.program.read_every = dice.below(50_000);
    }
    knobs.tcp.control = [Control::None, Control::Reno, Control::Cubic][dice.below(3) as usize];
    knobs.tcp.nagle = dice.often(50);
    knobs.tcp.delayed_ack = dice.often(30).then(|| 1 + dice.below(200_000));
    if dice.often(30) {
        knobs.tcp.window = 200 + dice.below(4_000) as u32;
    }
    let edits = (0..dice.below(4)).map(|_| {
        let act = [Act::Lose, Act::Spare, Act::Delay(dice.below(100_000)), Act::Duplicate, Act::Corrupt];
        let kind = [PacketKind::Data, PacketKind::Ack, PacketKind::Syn, PacketKind::Fin][dice.below(4) as usize];
        let from = if dice.often(70) { Side::Client } else { Side::Server };
        let packet = Name { from, kind, number: 1 + dice.below(6) as u32, offset: 0, attempt: 1 };
        Edit { packet, act: act[dice.below(5) as usize] }
    });
    let edits = edits.collect();
    Run { workload: workload(&mut dice), transport: Transport::Tcp, knobs, seed: number, edits }
}

/// Any run that the window can come to: of every workload, with the switches of ARQ clicked at random.
fn in_the_window(number: u64) -> Run {
    let mut run = random(number);
    let mut dice = Dice(!number);
    let size = 1 + dice.below(300) as u32;
    run.workload = match dice.below(5) {
        0 => Workload::Voice { count: 1 + dice.below(20) as u32, size, gap: 20_000, deadline: dice.below(200_000) },
        1 => Workload::Text { size, gap: dice.below(20_000) },
        2 | 3 => {
            let texts = ["你好", "hello", "牛奶\n", "\"上海\" \\", "0"];
            let own = |dice: &mut Dice| Own { text: texts[dice.below(5) as usize].into(), at: dice.below(90_000) };
            let messages = (0..=dice.below(5)).map(|_| own(&mut dice)).collect();
            let encoding = [Charset::UTF_8, Charset::GBK, Charset::GB2312][dice.below(3) as usize];
            Workload::Own { messages, encoding }
        }
        _ => run.workload,
    };
    for _ in 0..dice.below(9) {
        let rows = Panel::of(&run.knobs.arq).rows;
        let row = &rows[dice.below(rows.len() as u64) as usize];
        let mut sets = vec![row.switched];
        sets.extend(row.choices.iter().map(|choice| choice.then));
        sets.extend(row.amount.iter().flat_map(|amount| &amount.steps).map(|(_, then)| *then));
        run.knobs.arq = sets[dice.below(sets.len() as u64) as usize];
    }
    run
}

/// All bytes that a side ought to read.
fn sent_to(log: &Log, side: Side) -> Vec<u8> {
    log.messages.iter().filter(|message| message.from != side).flat_map(|message| message.bytes.clone()).collect()
}

/// The first copies of data, by name, and why they were lost if they were. The queue and the clock are not luck.
fn luck(log: &Log) -> BTreeMap<Name, Option<Loss>> {
    let first = |packet: &&twocan::sim::Packet| {
        packet.name.kind == PacketKind::Data && packet.name.attempt == 1 && packet.copy_of.is_none()
    };
    let luck = |packet: &twocan::sim::Packet| match packet.end {
        End::Lost(Loss::QueueFull | Loss::Outage) => None,
        End::Lost(loss) => Some((packet.name, Some(loss))),
        _ => Some((packet.name, None)),
    };
    log.packets.iter().filter(first).filter_map(luck).collect()
}

fn check_packets(log: &Log, number: u64) {
    let mut seen = vec![0; log.packets.len()];
    for Event { what, .. } in &log.events {
        if let What::Arrived(id) | What::Lost(id) = what {
            seen[id.index()] += 1;
        }
    }
    for (packet, seen) in log.packets.iter().zip(seen) {
        let ended = u32::from(packet.end != End::OnTheWay);
        assert_eq!(seen, ended, "run {number}: {:?} has {seen} ends", packet.name);
        if log.ended == Ended::Done {
            assert_ne!(packet.end, End::OnTheWay, "run {number}: {:?}", packet.name);
        }
        assert!(packet.sent <= packet.left && packet.left <= packet.out && packet.out <= packet.ended, "run {number}");
    }
    assert!(log.events.is_sorted_by_key(|event| event.at));
}

/// The sums, taken another way: from the events instead of the packets.
fn check_counters(log: &Log, number: u64) {
    let counters = log.counters();
    let (mut sent, mut bytes, mut lost, mut read, mut reads) = (0, 0, 0, 0, 0);
    let (mut first_at, mut last_at) = (None, None);
    for event in &log.events {
        match &event.what {
            What::Sent(id) => {
                sent += 1;
                bytes += log.packets[id.index()].bytes.len() as u64;
            }
            What::Lost(_) => lost += 1,
            What::Call(Call::Recv { bytes, .. }) => {
                read += u64::from(bytes.end - bytes.start);
                reads += 1;
                first_at = first_at.or(Some(event.at));
                last_at = Some(event.at);
            }
            _ => {}
        }
    }
    assert_eq!(
        (counters.packets, counters.bytes, counters.lost, counters.read_bytes, counters.reads),
        (sent, bytes, lost, read, reads),
        "run {number}"
    );
    assert_eq!((counters.first_byte, counters.last_byte), (first_at, last_at), "run {number}");
    assert_eq!(counters.packets + counters.copies, log.packets.len() as u64);
    assert_eq!(counters.messages, counters.missing + counters.whole + wrong_but_whole(log), "run {number}");
}

fn wrong_but_whole(log: &Log) -> u64 {
    log.fortunes().iter().filter(|fortune| fortune.wrong && fortune.read_at.is_some()).count() as u64
}

#[test]
fn a_stream_is_a_prefix_of_what_was_sent() {
    let mut ends = BTreeMap::new();
    for number in 0..runs(300) {
        let log = random(number).play();
        for side in Side::BOTH {
            let (read, sent) = (&log.read[side.index()], sent_to(&log, side));
            assert!(sent.starts_with(read), "run {number}: {side:?} read what was not sent");
            if log.ended == Ended::Done {
                assert_eq!(read.len(), sent.len(), "run {number}: {side:?} has not read everything\n{}", log.text());
            }
        }
        assert_ne!(log.ended, Ended::Spinning, "run {number}");
        check_packets(&log, number);
        check_counters(&log, number);
        *ends.entry(format!("{:?}", log.ended)).or_insert(0) += 1;
    }
    println!("{ends:?}");
}

#[test]
fn datagrams_are_what_the_fates_allow() {
    for number in 0..runs(300) {
        let log = random(number).over(Transport::Udp).play();
        assert_eq!(log.ended, Ended::Done, "run {number}");
        check_packets(&log, number);
        check_counters(&log, number);
        let mut allowed: BTreeMap<u32, usize> = BTreeMap::new();
        let mut fragmented = BTreeMap::new();
        for packet in &log.packets {
            let message = packet.name.number;
            let whole = packet.payload_len() as usize == log.messages[message as usize - 1].bytes.len();
            *fragmented.entry(message).or_insert(false) |= !whole;
            *allowed.entry(message).or_default() += usize::from(packet.end == End::Delivered);
        }
        let mut got: BTreeMap<u32, usize> = BTreeMap::new();
        for side in Side::BOTH {
            for read in log.reads(side) {
                let [piece] = read.pieces else { panic!("run {number}: a datagram is one message") };
                let bytes = &log.messages[piece.message as usize - 1].bytes;
                // `recvfrom` cuts what it has no room for.
                assert!(bytes.starts_with(read.bytes), "run {number}");
                let asked = random(number).knobs.program.recv as usize;
                assert_eq!(read.bytes.len(), bytes.len().min(asked), "run {number}: split or joined");
                *got.entry(piece.message).or_default() += 1;
            }
        }
        for (message, count) in &allowed {
            let got = got.get(message).copied().unwrap_or(0);
            if fragmented[message] {
                assert!(got <= *count, "run {number}: message {message}");
            } else {
                assert_eq!(got, *count, "run {number}: message {message}\n{}", log.text());
            }
        }
    }
}

#[test]
fn both_transports_meet_the_same_luck() {
    let mut compared = 0;
    for number in 0..runs(300) {
        let run = random(number);
        let (tcp, udp) = (luck(&run.play()), luck(&run.over(Transport::Udp).play()));
        for (name, lost) in &tcp {
            if let Some(other) = udp.get(name) {
                assert_eq!(lost, other, "run {number}: {name:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 2 * runs(300), "{compared}");
    // By default a segment is a whole message, so every message can be compared.
    for seed in 0..runs(300) {
        let mut run = Run { seed, ..Run::default() };
        run.knobs.link.loss = Chance::percent(20.0);
        let (tcp, udp) = (luck(&run.play()), luck(&run.over(Transport::Udp).play()));
        assert_eq!((tcp.len(), &tcp), (6, &udp), "seed {seed}");
    }
}

/// Losses there, back, and both ways; in each kind of traffic.
#[test]
fn nothing_gets_stuck() {
    let workloads = [
        ("six", Workload::default()),
        ("forty", Workload::Messages { count: 40, size: 100, gap: 5_000 }),
        ("forty at once", Workload::Messages { count: 40, size: 100, gap: 0 }),
        ("ping-pong", Workload::PingPong { count: 10, size: 100, patience: 1_000_000 }),
        ("a file", Workload::File { bytes: 60_000, size: 1_000 }),
    ];
    for (name, workload) in workloads {
        for (there, back) in [(7.0, 0.0), (0.0, 7.0), (5.0, 5.0), (7.0, 7.0)] {
            for control in [Control::None, Control::Reno] {
                for seed in 0..runs(30) {
                    let mut knobs = Knobs::default();
                    knobs.link.loss = Chance::percent(there);
                    knobs.back = Some(LinkKnobs { loss: Chance::percent(back), ..LinkKnobs::default() });
                    knobs.tcp.control = control;
                    let run = Run { workload: workload.clone(), knobs, seed, ..Run::default() };
                    let log = run.play();
                    assert_eq!(log.ended, Ended::Done, "{name}, {there} % and {back} %, {control:?}, seed {seed}");
                }
            }
        }
    }
}

#[test]
fn a_dead_link_says_so() {
    let mut knobs = Knobs::default();
    knobs.link.loss = Chance::ALWAYS;
    knobs.tcp.give_up = 5_000_000;
    let run = Run { knobs, ..Run::default() };
    let log = run.play();
    assert_eq!(log.ended, Ended::GaveUp(Side::Client));
    assert!(log.text().contains("ETIMEDOUT"), "{}", log.text());
    assert_eq!(log.counters().missing, 6);
    assert_eq!(run.over(Transport::Udp).play().counters().missing, 6);
}

#[test]
fn an_edit_changes_that_packet_and_what_follows_from_it() {
    let plain = Run::default().play();
    let packet = Name { from: Side::Client, kind: PacketKind::Data, number: 3, offset: 0, attempt: 1 };
    for (act, says) in [
        (Act::Lose, "lost: by hand"),
        (Act::Corrupt, "thrown away: checksum"),
        (Act::Duplicate, "3 D"),
        (Act::Delay(12_000), "(4 waits for what is missing)"),
    ] {
        let log = Run { edits: vec![Edit { packet, act }], ..Run::default() }.play();
        assert_eq!(log.ended, Ended::Done, "{act:?}");
        assert!(log.text().contains(says) && !plain.text().contains(says), "{act:?}\n{}", log.text());
        assert_eq!(log.read, plain.read, "{act:?}");
    }
}

/// What the golden file holds: runs of every kind, without CUBIC.
fn golden() -> BTreeMap<String, String> {
    let mut digests = BTreeMap::new();
    for number in 0..60 {
        let mut run = random(number);
        if run.knobs.tcp.control == Control::Cubic {
            run.knobs.tcp.control = Control::Reno;
        }
        for transport in [Transport::Tcp, Transport::Udp] {
            digests.insert(
                format!("random-{number:02}-{transport:?}").to_lowercase(),
                run.over(transport).play().digest(),
            );
        }
    }
    digests
}

#[test]
fn the_same_inputs_give_the_same_log_everywhere() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/sim_golden.toml");
    let digests = golden();
    assert_eq!(digests, golden(), "twice in one process");
    if std::env::var("TWOCAN_SIM_GOLDEN").is_ok_and(|what| what == "write") {
        let mut text = String::from(
            "# Digests of logs: `TWOCAN_SIM_GOLDEN=write cargo test --test sim same` after a wanted change.\n",
        );
        for (name, digest) in &digests {
            writeln!(text, "{name} = \"{digest}\"").unwrap();
        }
        fs::write(&path, text).unwrap();
    }
    let golden: BTreeMap<String, String> = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let wrong: Vec<_> = digests.iter().filter(|(name, digest)| golden.get(*name) != Some(digest)).collect();
    assert!(wrong.is_empty() && golden.len() == digests.len(), "not as in {}: {wrong:?}", path.display());
}

/// What was logged by a moment, and nothing behind it.
fn until(log: &Log, now: u64) -> Log {
    let mut log = log.clone();
    log.events.retain(|event| event.at <= now);
    log.packets.truncate(log.packets.partition_point(|packet| packet.sent <= now));
    for packet in log.packets.iter_mut().filter(|packet| packet.ended > now) {
        packet.end = End::OnTheWay;
    }
    log
}

/// The sums at a moment are those of a log that ends there; at the end they are those of the run.
#[test]
fn the_sums_at_a_moment_are_those_of_what_has_happened() {
    for number in 0..runs(300) {
        let mut dice = Dice(number);
        for transport in [Transport::Tcp, Transport::Udp, Transport::Arq] {
            let log = in_the_window(number).over(transport).play();
            let course = Course::of(&log);
            assert_eq!(course.at(log.end_at), log.counters(), "run {number}, {transport:?}");
            for now in [0, 1].into_iter().chain((0..6).map(|_| dice.below(log.end_at + 1))) {
                let mut brute = until(&log, now).counters();
                if now < log.end_at {
                    brute.missing = 0;
                }
                assert_eq!(course.at(now), brute, "run {number}, {transport:?}, at {now} of {}", log.end_at);
            }
        }
    }
}

/// Each run that is offered gives the same log when it comes back from its text: the same bytes, too.
#[test]
fn what_is_offered_is_the_same_when_it_comes_back_from_its_text() {
    let mut offered: Vec<Run> = prepared().iter().map(|prepared| prepared.run.clone()).collect();
    for level in levels() {
        for set in level.solutions.iter().chain([&level.start]).chain(&level.tempting) {
            for seed in [1, 2, 7] {
                let run = level.trial.run(set, seed);
                assert_eq!(run.play().digest(), level.trial.play(set, seed).digest(), "{} {seed}", level.name);
                offered.push(run);
            }
        }
    }
    let swapped = offered.iter().filter(|run| run.to_toml().contains("encoding = \"GBK\"")).count();
    assert!(swapped > 0, "the level with GBK is among them");
    offered.extend((0..runs(200)).map(in_the_window));
    for run in offered {
        let back = Run::parse(&run.to_toml()).unwrap();
        for transport in [Transport::Tcp, Transport::Udp, Transport::Arq] {
            let (there, back) = (run.over(transport).play(), back.over(transport).play());
            assert_eq!((there.digest(), &there.messages), (back.digest(), &back.messages), "{}", run.to_toml());
        }
    }
}

#[test]
fn a_random_run_reads_back_from_its_text() {
    for number in 0..runs(300) {
        let run = if number % 2 == 0 { random(number) } else { in_the_window(number) };
        assert_eq!(Run::parse(&run.to_toml()).unwrap(), run, "run {number}:\n{}", run.to_toml());
    }
}
