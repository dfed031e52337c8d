//! Simulated runs read by `tshark`, which is nobody of ours: no packet is malformed, every checksum comes out unless the
//! link turned a bit over, and its analysis names the same retransmissions and duplicate ACKs as ours, at both ends.
//!
//! Behind the feature `peers`; `.ci/run` installs `tshark`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use std::{collections::BTreeMap, fs::File, path::Path, process::Command};

use twocan::{
    export::sim_pcapng,
    sim::{Chance, Control, End, Ended, Knobs, LinkKnobs, Log, Run, Side, Transport, Workload, trace::Counts},
};

const FIELDS: [&str; 18] = [
    "tcp.analysis.retransmission",
    "tcp.analysis.fast_retransmission",
    "tcp.analysis.spurious_retransmission",
    "tcp.analysis.out_of_order",
    "tcp.analysis.duplicate_ack",
    "tcp.analysis.lost_segment",
    "tcp.analysis.ack_lost_segment",
    "tcp.analysis.zero_window",
    "tcp.analysis.window_full",
    "tcp.analysis.window_update",
    "tcp.analysis.zero_window_probe",
    "tcp.analysis.zero_window_probe_ack",
    "tcp.analysis.keep_alive",
    "tcp.analysis.keep_alive_ack",
    "_ws.malformed",
    "ip.checksum.status",
    "tcp.checksum.status",
    "tcp.flags",
];

/// What `tshark` says of each frame of a saved run: the values of [`FIELDS`].
fn read(folder: &Path, log: &Log, vantage: Side) -> Vec<Vec<String>> {
    let path = folder.join("run.pcapng");
    sim_pcapng::write(File::create(&path).unwrap(), log, vantage).unwrap();
    let mut arguments = vec!["-n", "-r", path.to_str().unwrap(), "-o", "ip.check_checksum:TRUE"];
    arguments.extend(["-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields"]);
    for field in FIELDS {
        arguments.extend(["-e", field]);
    }
    let ended = Command::new("tshark").args(&arguments).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let text = String::from_utf8(ended.stdout).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn theirs(frames: &[Vec<String>]) -> Counts {
    let count = |field: usize| {
        let given = |frame: &&Vec<String>| frame.get(field).is_some_and(|value| !value.is_empty());
        frames.iter().filter(given).count() as u32
    };
    Counts {
        retransmission: count(0),
        fast: count(1),
        spurious: count(2),
        out_of_order: count(3),
        duplicate_ack: count(4),
        lost_segment: count(5),
        acks_unseen: count(6),
        zero_window: count(7),
        window_full: count(8),
        window_update: count(9),
        zero_window_probe: count(10),
        zero_window_probe_ack: count(11),
        keep_alive: count(12),
        keep_alive_ack: count(13),
    }
}

fn ours(log: &Log, vantage: Side) -> Counts {
    Counts::of(log.trace(vantage).iter().map(|(_, marks)| marks))
}

/// SYN, SYN with ACK, FIN and RST, counted in the headers that each side of the comparison read by itself.
fn flags(log: &Log, vantage: Side) -> [usize; 4] {
    let segments: Vec<_> = log.frames(vantage).filter_map(|frame| frame.packet.segment()).collect();
    let count = |of: fn(&twocan::sim::Segment) -> bool| segments.iter().filter(|segment| of(segment)).count();
    [count(|it| it.syn && !it.ack), count(|it| it.syn && it.ack), count(|it| it.fin), count(|it| it.rst)]
}

fn their_flags(frames: &[Vec<String>]) -> [usize; 4] {
    let flags: Vec<_> =
        frames.iter().filter_map(|frame| u32::from_str_radix(frame.last()?.strip_prefix("0x")?, 16).ok()).collect();
    let count = |of: fn(u32) -> bool| flags.iter().filter(|flags| of(**flags)).count();
    [count(|f| f & 0x12 == 0x02), count(|f| f & 0x12 == 0x12), count(|f| f & 0x01 != 0), count(|f| f & 0x04 != 0)]
}

fn lossy(loss: f64, workload: Workload, seed: u64) -> Run {
    let mut knobs = Knobs::default();
    knobs.link.loss = Chance::percent(loss);
    Run { workload, knobs, seed, ..Run::default() }
}

/// Runs of every shape, without damage and copies.
fn plain(seed: u64) -> Run {
    let mut run = match seed % 6 {
        0 => lossy(10.0, Workload::Messages { count: 40, size: 100, gap: 0 }, seed),
        1 => lossy(10.0, Workload::Messages { count: 40, size: 100, gap: 10_000 }, seed),
        2 => lossy(5.0, Workload::Messages { count: 100, size: 1_024, gap: 0 }, seed),
        3 => lossy(8.0, Workload::PingPong { count: 10, size: 100, patience: 1_000_000 }, seed),
        4 => lossy(3.0, Workload::File { bytes: 30_000, size: 700 }, seed),
        _ => lossy(5.0, Workload::default(), seed),
    };
    run.knobs.tcp.control = if seed.is_multiple_of(2) { Control::Reno } else { Control::None };
    match seed % 5 {
        // A reader that sleeps: windows that close, and probes.
        0 => {
            run.knobs.tcp.window = 500;
            run.knobs.program.read_from = 1_500_000;
            run.knobs.program.read_every = 20_000;
        }
        1 => run.knobs.link.reorder = Chance::percent(10.0),
        2 => run.knobs.tcp.delayed_ack = Some(40_000),
        3 => run.knobs.back = Some(LinkKnobs { delay: 5_000, jitter: 10_000, ..run.knobs.link }),
        _ => {}
    }
    run
}

#[test]
fn tshark_calls_each_segment_what_we_call_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut sums: BTreeMap<Side, Counts> = BTreeMap::new();
    for seed in 0..60 {
        let run = plain(seed);
        let log = run.play();
        assert_eq!(log.ended, Ended::Done, "seed {seed}");
        for vantage in Side::BOTH {
            let frames = read(folder.path(), &log, vantage);
            assert_eq!(frames.len(), log.frames(vantage).count(), "seed {seed}");
            let (ours, theirs) = (ours(&log, vantage), theirs(&frames));
            assert_eq!(ours, theirs, "ours and theirs, seed {seed}, at the {vantage:?}\n{}", run.to_toml());
            assert_eq!(flags(&log, vantage), their_flags(&frames), "seed {seed}");
            for frame in &frames {
                // 1 is good, 0 bad.
                assert_eq!((frame[14].as_str(), frame[15].as_str(), frame[16].as_str()), ("", "1", "1"), "seed {seed}");
            }
            let sum = sums.entry(vantage).or_default();
            sum.retransmission += ours.retransmission;
            sum.fast += ours.fast;
            sum.spurious += ours.spurious;
            sum.out_of_order += ours.out_of_order;
            sum.duplicate_ack += ours.duplicate_ack;
            sum.zero_window += ours.zero_window;
            sum.zero_window_probe += ours.zero_window_probe;
            sum.window_full += ours.window_full;
        }
    }
    println!("{sums:#?}");
    // The runs have something of everything to be called.
    let (client, server) = (sums[&Side::Client], sums[&Side::Server]);
    assert!(client.retransmission > 100 && client.fast > 20 && client.duplicate_ack > 300, "{client:?}");
    assert!(server.spurious > 5 && server.zero_window > 10 && client.zero_window_probe > 0, "{server:?}");
}

#[test]
fn damaged_frames_and_copies_are_seen_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ours_sum, mut theirs_sum) = ([0_u32; 3], [0_u32; 3]);
    for seed in 0..30 {
        let mut run = plain(seed * 6);
        run.knobs.link.corrupt = Chance::percent(3.0);
        run.knobs.link.duplicate = Chance::percent(3.0);
        let log = run.play();
        for vantage in Side::BOTH {
            let frames = read(folder.path(), &log, vantage);
            let damaged = log.frames(vantage).filter(|frame| frame.incoming && frame.packet.damaged.is_some()).count();
            // A bit in the version or a length makes it something that is not read as TCP at all.
            let bad = frames.iter().filter(|frame| frame[15] != "1" || frame[16] != "1").count();
            assert_eq!(bad, damaged, "seed {seed}");
            let (ours, theirs) = (ours(&log, vantage), theirs(&frames));
            for (sum, counts) in [(&mut ours_sum, ours), (&mut theirs_sum, theirs)] {
                sum[0] += counts.retransmission;
                sum[1] += counts.fast;
                sum[2] += counts.duplicate_ack;
            }
        }
        let discarded = log.packets.iter().filter(|packet| matches!(packet.end, End::Discarded(_))).count();
        assert_eq!(discarded, log.packets.iter().filter(|packet| packet.damaged.is_some()).count(), "seed {seed}");
    }
    println!("retransmissions, fast, duplicate ACKs: ours {ours_sum:?}, theirs {theirs_sum:?}");
    for (ours, theirs) in ours_sum.into_iter().zip(theirs_sum) {
        assert!(ours.abs_diff(theirs) * 10 <= theirs, "ours {ours}, theirs {theirs}");
    }
}

#[test]
fn datagrams_and_their_fragments_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (mtu, packets) in [(None, 6), (Some(576), 6 * 6)] {
        let mut run = lossy(0.0, Workload::Messages { count: 6, size: 3_000, gap: 1_000 }, 1).over(Transport::Udp);
        (run.knobs.link.mtu, run.knobs.program.recv) = (mtu, 4_096);
        let log = run.play();
        assert_eq!((log.counters().whole, log.packets.len()), (6, packets));
        let path = folder.path().join("udp.pcapng");
        sim_pcapng::write(File::create(&path).unwrap(), &log, Side::Server).unwrap();
        let arguments =
            ["-n", "-r", path.to_str().unwrap(), "-o", "udp.check_checksum:TRUE", "-Y", "udp.checksum.status == 1"];
        let ended = Command::new("tshark").args(arguments).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ended.stdout).lines().count(), 6);
    }
}
