//! Prepared runs: each with a question to answer before it is played, and what is to be learnt from it. They are data, in
//! `assets/lab/`: the run's own text and a table `[lesson]`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{Run, text::RunError};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/lab/", $name, ".toml")))),*]
    };
}

/// Name and text of each, in the order in which they are taught. A test sees that none is missing.
const FILES: &[(&str, &str)] = files![
    "nothing-lost",
    "one-lost",
    "fast-or-timer",
    "ack-lost",
    "syn-lost",
    "reordered",
    "duplicate",
    "burst",
    "small-window",
    "full-queue",
    "voice",
    "file",
];

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// English.
    pub en: String,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
}

/// One of the answers to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// English.
    pub en: String,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
    /// Whether it is what happens.
    #[serde(default)]
    pub right: bool,
}

/// What a prepared run is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What it is called on the command line: small letters and hyphens.
    pub name: String,
    /// In a few words.
    pub title: Told,
    /// To be answered before it is played.
    pub question: Told,
    /// To choose from; one of them is right.
    #[serde(rename = "answer")]
    pub answers: Vec<Answer>,
    /// What happens, and why.
    pub explanation: Told,
}

/// A run with its lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// What it is for.
    pub lesson: Lesson,
    /// What is played, over both transports.
    pub run: Run,
}

impl Prepared {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with the run, or with the lesson.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let run = Run::parse(text)?;
        Ok(Self { lesson: super::text::lesson(text)?.unwrap_or_default(), run })
    }
}

/// All prepared runs, in the order in which they are taught.
pub fn prepared() -> &'static [Prepared] {
    static ALL: LazyLock<Vec<Prepared>> = LazyLock::new(|| {
        // A test reads each of them.
        let read = |(name, text): &(&str, &str)| {
            Prepared::parse(text).inspect_err(|error| log::error!("prepared run {name}: {error}")).ok()
        };
        FILES.iter().filter_map(read).collect()
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Counters, Ended, Log, Side, Transport, What, log::Note, log::Why};

    fn played(name: &str) -> (Log, Log) {
        let prepared = prepared().iter().find(|it| it.lesson.name == name).unwrap();
        let log = prepared.run.play();
        assert_eq!(log.ended, Ended::Done, "{name}");
        (log, prepared.run.over(Transport::Udp).play())
    }

    fn both(name: &str) -> (Counters, Counters) {
        let (tcp, udp) = played(name);
        (tcp.counters(), udp.counters())
    }

    fn again(log: &Log) -> Vec<(u32, Why, bool)> {
        let again = log.packets.iter().filter_map(|packet| Some((packet.name.number, packet.resent?)));
        again.map(|(number, resent)| (number, resent.why, resent.needless)).collect()
    }

    fn order(log: &Log) -> Vec<u32> {
        log.reads(Side::Server).flat_map(|read| read.pieces).map(|piece| piece.message).collect()
    }

    #[test]
    fn every_file_is_whole() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lab");
        if let Ok(folder) = std::fs::read_dir(folder) {
            assert_eq!(folder.count(), FILES.len());
        }
        assert_eq!(prepared().len(), 12);
        for ((file, text), prepared) in FILES.iter().zip(prepared()) {
            let Lesson { name, title, question, answers, explanation } = &prepared.lesson;
            assert_eq!(name, file);
            assert_eq!(answers.iter().filter(|answer| answer.right).count(), 1, "{name}");
            assert!((2..=4).contains(&answers.len()));
            let answers = answers.iter().flat_map(|answer| [&answer.en, &answer.zh_cn]);
            let texts = [title, question, explanation].into_iter().flat_map(|told| [&told.en, &told.zh_cn]);
            assert!(texts.chain(answers).all(|text| !text.trim().is_empty()), "{name}");
            assert!(Run::parse(text).is_ok_and(|run| run == prepared.run));
        }
    }

    #[test]
    fn nothing_lost_takes_18_packets_and_6() {
        let (tcp, udp) = both("nothing-lost");
        assert_eq!((tcp.packets, udp.packets), (18, 6));
        // One round trip earlier.
        assert_eq!(tcp.first_byte.unwrap() - udp.first_byte.unwrap(), 60_000);
    }

    #[test]
    fn one_lost_holds_up_all_behind_it() {
        let (tcp, udp) = played("one-lost");
        assert_eq!(again(&tcp), [(3, Why::Fast, false)]);
        let reads: Vec<_> = tcp.reads(Side::Server).map(|read| read.pieces.len()).collect();
        assert_eq!((reads, order(&tcp)), (vec![1, 1, 4], vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(order(&udp), [1, 2, 4, 5, 6]);
        assert_eq!(tcp.waits()[3], Some(70_000));
    }

    #[test]
    fn a_lost_ack_costs_nothing() {
        let (tcp, _) = played("ack-lost");
        assert_eq!(tcp.counters().lost, 1);
        assert_eq!(again(&tcp), []);
    }

    #[test]
    fn a_lost_syn_costs_a_second() {
        let (tcp, udp) = both("syn-lost");
        assert!((1_050_000..1_150_000).contains(&tcp.first_byte.unwrap()), "{tcp:?}");
        assert!(udp.last_byte.unwrap() < 100_000);
    }

    #[test]
    fn reordering_looks_like_loss() {
        let (tcp, udp) = played("reordered");
        assert_eq!((again(&tcp), tcp.counters().lost), (vec![(3, Why::Fast, true)], 0));
        assert_eq!(order(&udp), [1, 2, 4, 5, 6, 3]);
    }

    #[test]
    fn a_copy_is_read_twice_over_udp_only() {
        let (tcp, udp) = played("duplicate");
        assert_eq!((order(&tcp), order(&udp)), (vec![1, 2, 3, 4, 5, 6], vec![1, 2, 3, 4, 5, 4, 6]));
        assert_eq!((tcp.counters().twice, udp.counters().twice), (0, 1));
    }

    #[test]
    fn a_burst_waits_for_the_timer() {
        let (tcp, udp) = played("burst");
        let lost: Vec<_> = (1..=20).filter(|number| !order(&udp).contains(number)).collect();
        assert_eq!(lost.len(), 4, "{lost:?}");
        assert_eq!(lost[3] - lost[0], 3, "{lost:?}");
        // The first of them after a round trip, the next by the timer, and nothing but these four is lost.
        let first: Vec<_> = lost.iter().take(2).copied().zip([Why::Fast, Why::Timer]).collect();
        let why: Vec<_> = again(&tcp).iter().take(2).map(|(number, why, _)| (*number, *why)).collect();
        assert_eq!((why, tcp.counters().lost), (first, 4), "{:?}", again(&tcp));
        let read = |number: u32| tcp.fortunes()[number as usize - 1].read_at.unwrap();
        assert!(read(lost[0]) < 300_000 && read(lost[1]) > 1_000_000, "{}", tcp.text());
        assert!(tcp.counters().head_of_line > 1_000_000);
    }

    #[test]
    fn a_closed_window_is_probed() {
        let (tcp, _) = played("small-window");
        let notes = |note: &Note| tcp.events.iter().any(|event| event.what == What::Note(note.clone()));
        assert!(notes(&Note::WindowClosed) && notes(&Note::WindowOpened(300)), "{}", tcp.text());
        assert!(tcp.packets.iter().any(|packet| packet.name.kind == crate::sim::PacketKind::Probe), "{}", tcp.text());
        assert_eq!((tcp.counters().whole, again(&tcp)), (6, vec![]), "what a probe asked with is not sent again");
    }

    #[test]
    fn without_congestion_control_a_full_queue_takes_many_times_longer() {
        let run = &prepared().iter().find(|it| it.lesson.name == "full-queue").unwrap().run;
        let mut reno = run.clone();
        reno.knobs.tcp.control = crate::sim::Control::Reno;
        let (none, reno, udp) = (run.play(), reno.play(), run.over(Transport::Udp).play());
        assert_eq!((none.ended, reno.ended), (Ended::Done, Ended::Done));
        let (none, reno, udp) = (none.counters(), reno.counters(), udp.counters());
        assert!(none.last_byte.unwrap() > 100 * reno.last_byte.unwrap(), "{none:?}\n{reno:?}");
        assert!(none.queue_drops > reno.queue_drops && udp.missing > 100, "{udp:?}");
    }

    #[test]
    fn a_voice_is_heard_better_over_udp() {
        let (tcp, udp) = both("voice");
        assert_eq!((tcp.missing, udp.late), (0, 0));
        assert!(udp.missing > 0 && tcp.late > 2 * udp.missing, "{tcp:?}\n{udp:?}");
    }

    #[test]
    fn a_file_is_whole_over_tcp_only() {
        let (tcp, udp) = both("file");
        assert_eq!((tcp.whole, tcp.missing), (50, 0));
        assert!(udp.missing > 0 && udp.last_byte < tcp.last_byte, "{udp:?}");
    }

    #[test]
    fn a_tail_waits_for_the_timer() {
        let (tcp, _) = played("fast-or-timer");
        assert_eq!(again(&tcp), [(3, Why::Fast, false), (8, Why::Timer, false)]);
        let eighth = tcp.packets.iter().rfind(|packet| packet.name.number == 8 && packet.resent.is_some()).unwrap();
        assert!(eighth.sent > 1_000_000);
    }
}
