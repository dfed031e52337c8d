//! The judge of the lab, in words.

use rust_i18n::t;

use super::{Lang, number};
use crate::sim::arq::{Acks, Checksum, Fault, Field, Judgement, Mechanisms, Timeout, Window};

/// What the judge says, in a sentence: all runs pass, or how many fail of what, and the first of them.
pub fn verdict(lang: Lang, judgement: &Judgement) -> String {
    let tag = lang.tag();
    let runs = judgement.runs;
    let Some(first) = &judgement.first_failure else {
        return t!("arq.verdict_passed", locale = tag, runs = runs).into_owned();
    };
    let faults: Vec<_> = first.faults.iter().map(|fault| t!(fault.name(), locale = tag)).collect();
    let failed = runs.saturating_sub(judgement.passed);
    let faults = faults.join(&t!("arq.and", locale = tag));
    t!("arq.verdict_failed", locale = tag, failed = failed, runs = runs, seed = first.seed, faults = faults)
        .into_owned()
}

/// The figures of a judgement, as rows of a name and a value.
pub fn judgement(lang: Lang, judgement: &Judgement) -> Vec<(String, String)> {
    let tag = lang.tag();
    let goodput = t!("arq.bits_a_second", locale = tag, number = number::grouped(judgement.goodput().round() as u64));
    let exact = format!("{:.1} %", judgement.exact_percent());
    let overhead = format!("{:.0} %", judgement.overhead_percent());
    let rows = [
        (t!("arq.exact", locale = tag), exact),
        (t!("arq.missing", locale = tag), number::grouped(judgement.missing)),
        (t!("arq.twice", locale = tag), number::grouped(judgement.twice)),
        (t!("arq.corrupted", locale = tag), number::grouped(judgement.corrupted)),
        (t!("arq.deadlocked", locale = tag), number::grouped(judgement.with(Fault::Deadlock))),
        (t!("arq.given_up", locale = tag), number::grouped(judgement.with(Fault::GaveUp))),
        (t!("arq.goodput", locale = tag), goodput.into_owned()),
        (t!("arq.overhead", locale = tag), overhead),
    ];
    rows.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
}

/// A set in a line: what it has, or that it has nothing.
pub fn mechanisms(lang: Lang, set: &Mechanisms) -> String {
    let tag = lang.tag();
    let say = |key: &str| Some(t!(key, locale = tag).into_owned());
    let with = |key: &str, amount: u32| Some(t!(key, locale = tag, number = amount).into_owned());
    let sized = |kind: &str, size: u8| {
        Some(format!("{} {}", t!(kind, locale = tag), t!("arq.size", locale = tag, number = size)))
    };
    let parts = [
        match set.checksum {
            Checksum::None => None,
            Checksum::Internet => say("arq.internet"),
            Checksum::Crc32 => say("arq.crc32"),
        },
        if set.bits == 0 { None } else { with("arq.numbers_of", set.bits.into()) },
        match set.acks {
            Acks::None => None,
            Acks::Each => say("arq.acks_each"),
            Acks::Cumulative => say("arq.acks_cumulative"),
            Acks::Selective => say("arq.acks_selective"),
        },
        match set.timeout {
            Timeout::None => None,
            Timeout::Fixed(ms) => with("arq.timer_fixed", ms),
            Timeout::Adaptive => say("arq.timer_adaptive"),
        },
        match set.window {
            Window::None => None,
            Window::StopAndWait => say("arq.stop_and_wait"),
            Window::GoBackN(size) => sized("arq.go_back_n", size),
            Window::SelectiveRepeat(size) => sized("arq.selective_repeat", size),
        },
        if set.duplicates { say("arq.duplicates") } else { None },
        if set.end { say("arq.end") } else { None },
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { t!("arq.nothing", locale = tag).into_owned() } else { parts.join(" · ") }
}

/// A field of a header: its name, and what stands in it. Numbers are decimal, the sum hexadecimal, the map bit by bit.
pub fn header_field(lang: Lang, field: &Field) -> (String, String) {
    let (bits, value) = (field.bits as usize, field.value);
    let name = t!("arq.field_of", locale = lang.tag(), name = t!(field.name, locale = lang.tag()), bits = bits);
    let value = match field.name {
        "arq.field_sum" => format!("{value:0width$X}", width = bits / 4),
        "arq.field_map" | "arq.field_padding" => format!("{value:0bits$b}"),
        _ => value.to_string(),
    };
    (name.into_owned(), value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::arq::{Level, SEEDS, header};

    #[test]
    fn a_set_is_told_in_a_line() {
        assert_eq!(mechanisms(Lang::En, &Mechanisms::default()), "nothing but UDP");
        let set = Mechanisms {
            checksum: Checksum::Crc32,
            bits: 3,
            acks: Acks::Cumulative,
            timeout: Timeout::Fixed(200),
            window: Window::GoBackN(4),
            duplicates: true,
            end: true,
        };
        let told = "CRC-32 · numbers of 3 bits · cumulative acknowledgements · timer of 200 ms · Go-back-N N = 4 · \
                    Remove duplicates · End mark";
        assert_eq!(mechanisms(Lang::En, &set), told);
        assert_eq!(
            mechanisms(Lang::Zh, &set),
            "CRC-32 · 3 位序号 · 累积确认 · 200 ms 定时器 · 回退 N 步 N = 4 · 去除重复 · 结束标记"
        );
    }

    #[test]
    fn the_judge_speaks() {
        let level = Level::named("ack-lost").unwrap();
        let failed = level.trial.judge(&level.start, SEEDS);
        let told = verdict(Lang::En, &failed);
        assert!(told.ends_with("of 200 runs fail. The first is seed 3: read twice."), "{told}");
        assert!(verdict(Lang::Zh, &failed).contains("种子 3：读了两次"), "{}", verdict(Lang::Zh, &failed));
        let passed = level.trial.judge(&level.solutions[0], SEEDS);
        assert_eq!(verdict(Lang::En, &passed), "All 200 runs pass.");
        let rows = judgement(Lang::En, &passed);
        assert_eq!(rows[0], ("exactly once, in order".into(), "100.0 %".into()));
        assert!(judgement(Lang::Zh, &failed)[2].1 != "0");
    }

    #[test]
    fn a_field_is_told() {
        let set = Mechanisms { checksum: Checksum::Internet, bits: 3, acks: Acks::Each, ..Mechanisms::default() };
        let bytes = header::write(&set, &header::Frame::Ack { number: 5, map: 0 });
        let told: Vec<_> = header::fields(&set, &bytes).iter().map(|field| header_field(Lang::En, field)).collect();
        let told: Vec<_> = told.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        // D000 and its complement.
        assert_eq!(told, ["checksum (16): 2FFF", "kind (1): 1", "number (3): 5", "padding (4): 0000"]);
    }
}
