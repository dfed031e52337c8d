//! What is promised of the protocols that are built on UDP in the lab: the same luck as TCP and UDP, the same figures on
//! every platform, and levels that can be played by anyone who reads the set from the level.
//!
//! `TWOCAN_SIM_GOLDEN=write cargo test --test arq golden` writes the golden file anew.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use twocan::sim::{
    Chance, End, Ended, Knobs, LinkKnobs, Loss, PacketKind, Run, Transport,
    arq::{self, Acks, Checksum, Mechanisms, SEEDS, Timeout, Window, Worth},
};

fn whole() -> Mechanisms {
    Mechanisms {
        checksum: Checksum::Crc32,
        bits: 4,
        acks: Acks::Selective,
        timeout: Timeout::Adaptive,
        window: Window::SelectiveRepeat(8),
        duplicates: true,
        end: true,
    }
}

fn bad(seed: u64) -> Run {
    let percent = Chance::percent;
    let link =
        LinkKnobs { loss: percent(15.0), duplicate: percent(5.0), corrupt: percent(5.0), ..LinkKnobs::default() };
    Run { seed, knobs: Knobs { link, arq: whole(), ..Knobs::default() }, ..Run::default() }
}

/// The first copy of a message meets the same fate over all three.
#[test]
fn the_luck_is_the_same_as_over_tcp_and_udp() {
    let mut lost_somewhere = 0;
    for seed in 0..200 {
        let run = bad(seed);
        let fates = |transport| {
            let log = run.over(transport).play();
            let first = |packet: &&twocan::sim::Packet| {
                packet.name.kind == PacketKind::Data && packet.name.attempt == 1 && packet.copy_of.is_none()
            };
            let fate = |packet: &twocan::sim::Packet| {
                (packet.name.number, (packet.end == End::Lost(Loss::Chance), packet.damaged.is_some()))
            };
            log.packets.iter().filter(first).map(fate).collect::<BTreeMap<_, _>>()
        };
        let [tcp, udp, arq] = [Transport::Tcp, Transport::Udp, Transport::Arq].map(fates);
        assert_eq!(udp, arq, "seed {seed}");
        for (number, fate) in tcp {
            assert_eq!(arq.get(&number), Some(&fate), "seed {seed}, message {number}");
        }
        lost_somewhere += u32::from(arq.values().any(|(lost, _)| *lost));
    }
    assert!(lost_somewhere > 50, "{lost_somewhere}");
}

#[test]
fn everything_on_survives_a_bad_link() {
    for seed in 0..500 {
        let log = bad(seed).over(Transport::Arq).play();
        let counters = log.counters();
        assert_eq!((log.ended, counters.whole, counters.twice, counters.wrong), (Ended::Done, 6, 0, 0), "seed {seed}");
    }
}

#[test]
fn a_ladder_names_its_packets() {
    let text = bad(3).over(Transport::Arq).play().text();
    for label in [" 1 #0 ", " ACK 1 ", " END #6 "] {
        assert!(text.contains(label), "{label}\n{text}");
    }
}

/// As a stranger plays: the level's start, its counter-example, and the run of that as a text.
#[test]
fn a_counter_example_can_be_played_again_from_its_text() {
    let level = arq::Level::named("ack-lost").unwrap();
    let Worth::Fails(failure) = level.worth(&level.start) else { panic!("it passes") };
    let run = level.trial.run(&level.start, failure.seed);
    let again = Run::parse(&run.to_toml()).unwrap();
    assert_eq!(again.transport, Transport::Arq);
    assert_eq!(again.play(), level.trial.play(&level.start, failure.seed));
    assert!(again.play().counters().twice > 0);
    let Worth::TooMuch(weaker) = level.worth(&Mechanisms { checksum: Checksum::Crc32, ..level.solutions[0] }) else {
        panic!("a checksum is not needed here");
    };
    assert_eq!(weaker, Mechanisms { checksum: Checksum::None, ..level.solutions[0] });
}

/// What the golden file holds: for each level two logs of the start and the solution, and what the judge says of both.
fn golden() -> BTreeMap<String, String> {
    let mut digests = BTreeMap::new();
    for level in arq::levels() {
        for (what, set) in [("start", level.start), ("solution", level.solutions[0])] {
            let judged = level.trial.judge(&set, SEEDS);
            let logs = [3, 7].map(|seed| level.trial.play(&set, seed).digest());
            let figures = [judged.passed, judged.exact, judged.useful, judged.extra, judged.took, judged.slowest];
            digests.insert(format!("{}-{what}", level.name), format!("{} {figures:?}", logs.join(" ")));
        }
    }
    digests
}

#[test]
fn the_same_inputs_give_the_same_golden_figures_everywhere() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/arq_golden.toml");
    let digests = golden();
    if std::env::var("TWOCAN_SIM_GOLDEN").is_ok_and(|what| what == "write") {
        let mut text = String::from(
            "# Logs and judgements of the levels: `TWOCAN_SIM_GOLDEN=write cargo test --test arq golden` after a wanted \
             change.\n",
        );
        for (name, digest) in &digests {
            writeln!(text, "{name} = \"{digest}\"").unwrap();
        }
        fs::write(&path, text).unwrap();
    }
    let golden: BTreeMap<String, String> = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let wrong: Vec<_> = digests.iter().filter(|(name, digest)| golden.get(*name) != Some(digest)).collect();
    assert!(wrong.is_empty() && golden.len() == digests.len(), "not as in {}: {wrong:?}", path.display());
    assert!(arq::levels().iter().all(|level| level.trial.links().iter().all(|(run, _)| run.seed == 0)));
}
