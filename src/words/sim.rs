//! A simulated run in words: what is wrong with its text, how it ended, what it came to.

use std::time::Duration;

use rust_i18n::t;

use super::{Lang, number};
use crate::sim::{
    Counters, Departure, Ended, Micros, Side, Told,
    text::{Problem, RunError},
    units,
};

/// A text of a prepared run in this language.
pub fn lesson(lang: Lang, told: &Told) -> &str {
    match lang {
        Lang::En => &told.en,
        Lang::Zh => &told.zh_cn,
    }
}

/// The place and the problem in one line: `line 4, link.delay: …`.
pub fn run_error(lang: Lang, error: &RunError) -> String {
    let tag = lang.tag();
    let problem = run_problem(lang, &error.field, &error.problem);
    let (line, field) = (error.line, &error.field);
    if field.is_empty() {
        t!("sim.place", locale = tag, line = line, problem = problem).into_owned()
    } else {
        t!("sim.place_field", locale = tag, line = line, field = field, problem = problem).into_owned()
    }
}

/// The fields of a run that are times, which are counted in microseconds.
const TIMES: [&str; 14] = [
    "delay",
    "jitter",
    "reorder-by",
    "to",
    "gap",
    "patience",
    "deadline",
    "at",
    "think",
    "read-every",
    "read-from",
    "delayed-ack",
    "give-up",
    "by",
];

/// What is wrong with a field, without its place.
pub fn run_problem(lang: Lang, field: &str, problem: &Problem) -> String {
    let tag = lang.tag();
    match problem {
        Problem::Toml(what) => what.into(),
        Problem::Range { value, min, max } => {
            let is_time = field.rsplit('.').next().is_some_and(|name| TIMES.contains(&name));
            let shown = |number: &u64| if is_time { units::show_time(*number) } else { number.to_string() };
            t!("sim.range", locale = tag, value = shown(value), min = shown(min), max = shown(max))
        }
        Problem::NotOfKind => t!("sim.not_of_kind", locale = tag),
        Problem::Missing => t!("sim.missing_field", locale = tag),
        Problem::NotEncodable { encoding, character } => {
            t!("sim.not_encodable", locale = tag, encoding = encoding, character = character)
        }
        Problem::TooMuch(most) => t!("sim.too_much", locale = tag, most = number::size(*most)),
    }
    .into_owned()
}

/// How a run ended, as a sentence.
pub fn outcome(lang: Lang, ended: Ended) -> String {
    let tag = lang.tag();
    match ended {
        Ended::Done => t!("sim.done", locale = tag),
        Ended::GaveUp(Side::Client) => t!("sim.client_gave_up", locale = tag),
        Ended::GaveUp(Side::Server) => t!("sim.server_gave_up", locale = tag),
        Ended::Silent => t!("sim.silent", locale = tag),
        Ended::TooLong => t!("sim.too_long", locale = tag),
        Ended::Spinning => t!("sim.spinning", locale = tag),
    }
    .into_owned()
}

/// Where the simulated stack is not like a usual kernel, as a sentence.
pub fn departure(lang: Lang, departure: Departure) -> String {
    let tag = lang.tag();
    match departure {
        Departure::SlowTimeout => t!("sim.slow_timeout", locale = tag),
        Departure::PoliteFin => t!("sim.polite_fin", locale = tag),
        Departure::AckNumbered => t!("sim.ack_numbered", locale = tag),
        Departure::ResetAtGivingUp => t!("sim.reset_at_giving_up", locale = tag),
        Departure::NoSack => t!("sim.no_sack", locale = tag),
        Departure::SmallStart => t!("sim.small_start", locale = tag),
    }
    .into_owned()
}

/// The sums of a run, as rows: the same for every transport.
pub fn counters(lang: Lang, counters: &Counters) -> Vec<(String, String)> {
    let tag = lang.tag();
    let overhead = match counters.bytes {
        0 => "0 %".into(),
        bytes => format!("{:.0} %", counters.header_bytes as f64 * 100.0 / bytes as f64),
    };
    let rows = [
        (t!("sim.packets", locale = tag), number::grouped(counters.packets)),
        (t!("sim.bytes", locale = tag), number::grouped(counters.bytes)),
        (t!("sim.overhead", locale = tag), overhead),
        (t!("sim.lost", locale = tag), number::grouped(counters.lost)),
        (t!("sim.discarded", locale = tag), number::grouped(counters.discarded)),
        (t!("sim.resent", locale = tag), number::grouped(counters.resent)),
        (t!("sim.first_byte", locale = tag), moment(counters.first_byte)),
        (t!("sim.last_byte", locale = tag), moment(counters.last_byte)),
        (t!("sim.head_of_line", locale = tag), moment(Some(counters.head_of_line))),
        (t!("sim.whole", locale = tag), format!("{} / {}", counters.whole, counters.messages)),
        (t!("sim.missing", locale = tag), number::grouped(counters.missing)),
        (t!("sim.twice", locale = tag), number::grouped(counters.twice)),
        (t!("sim.late", locale = tag), number::grouped(counters.late)),
        (t!("sim.wrong", locale = tag), number::grouped(counters.wrong)),
    ];
    rows.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
}

fn moment(at: Option<Micros>) -> String {
    match at {
        None => "–".into(),
        Some(0) => "0 ms".into(),
        Some(at) => number::duration(Duration::from_micros(at)),
    }
}
