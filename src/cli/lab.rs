//! `twocan lab`: TCP and UDP over the same bad link, simulated, as two ladders with their sums; or as JSON, a table over
//! many seeds, a capture.

mod json;
mod sweep;
mod table;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufWriter},
    path::Path,
};

use rust_i18n::t;

use self::table::Table;
use super::{Exit, Refusal, arguments, notes, printed};
use crate::{
    export::sim_pcapng,
    sim::{Ended, Log, Prepared, Run, Side, Transport, Workload, prepared},
    words::{self, Lang, Things, counted},
};

/// Plays what was asked for.
pub(super) fn run(typed: &arguments::Lab, lang: Lang) -> Result<Exit, Refusal> {
    if typed.list {
        return Ok(list(lang));
    }
    let (mut run, lesson) = find(typed.run.as_deref(), lang)?;
    change(&mut run, typed, lang)?;
    if let Some(text) = &typed.sweep {
        let sweep = sweep::Sweep::parse(text, lang)?;
        tell(&sweep.table(&run, typed, lang)?);
        return Ok(Exit::Done);
    }
    if typed.as_toml {
        tell(run.over(typed.transport.unwrap_or(run.transport)).to_toml().trim_end());
        return Ok(Exit::Done);
    }
    let transports = match typed.transport {
        Some(transport) => vec![transport],
        None if typed.pcap.is_some() => return Err(refusal("cli.lab.one_transport", lang)),
        None => vec![Transport::Tcp, Transport::Udp],
    };
    let file = typed.pcap.as_deref().map(|path| create(path, lang)).transpose()?;
    let logs: Vec<_> = transports.iter().map(|transport| run.over(*transport).play()).collect();
    if typed.json {
        for log in &logs {
            json::print(log);
        }
    } else {
        print(&logs, lesson, lang);
    }
    if let (Some(file), Some(path), Some(log)) = (file, &typed.pcap, logs.first())
        && !save(file, path, log, typed.vantage, lang)
    {
        return Ok(Exit::Network);
    }
    for log in logs.iter().filter(|log| log.ended != Ended::Done) {
        notes::warn(&format!("{}: {}", name(log.transport), words::outcome(lang, log.ended)));
    }
    Ok(if logs.iter().all(|log| log.ended == Ended::Done) { Exit::Done } else { Exit::Network })
}

/// A line of text on standard output; nobody may be reading it.
fn tell(text: &str) {
    printed::line(text);
}

fn refusal(key: &str, lang: Lang) -> Refusal {
    Refusal(t!(key, locale = lang.tag()).into_owned())
}

/// What a transport is called.
fn name(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
        Transport::Arq => "ARQ",
    }
}

fn list(lang: Lang) -> Exit {
    let width = prepared().iter().map(|prepared| prepared.lesson.name.len()).max().unwrap_or(0);
    for Prepared { lesson, .. } in prepared() {
        tell(&format!("{:width$}  {}", lesson.name, words::lesson(lang, &lesson.question)));
    }
    Exit::Done
}

/// The run that is meant: a prepared one, a file, or the usual one.
fn find(text: Option<&str>, lang: Lang) -> Result<(Run, Option<&'static Prepared>), Refusal> {
    let tag = lang.tag();
    let Some(text) = text else { return Ok((Run::default(), None)) };
    if let Some(found) = prepared().iter().find(|prepared| prepared.lesson.name == text) {
        return Ok((found.run.clone(), Some(found)));
    }
    let file = match fs::read_to_string(text) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !text.contains(['/', '\\', '.']) => {
            let names = prepared().iter().map(|prepared| prepared.lesson.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Refusal(t!("cli.lab.no_run", locale = tag, name = text, names = names).into_owned()));
        }
        Err(error) => {
            return Err(Refusal(t!("cli.lab.unreadable", locale = tag, path = text, error = error).into_owned()));
        }
    };
    let run = Run::parse(&file).map_err(|error| {
        let problem = words::run_error(lang, &error);
        Refusal(t!("cli.lab.wrong", locale = tag, path = text, problem = problem).into_owned())
    })?;
    Ok((run, None))
}

/// Lays the options over a run.
fn change(run: &mut Run, typed: &arguments::Lab, lang: Lang) -> Result<(), Refusal> {
    let tag = lang.tag();
    if let Some(kind) = &typed.workload {
        // Its usual sizes are those that a file without them has.
        if let Ok(usual) = Run::parse(&format!("[workload]\nkind = {kind:?}")) {
            run.workload = usual.workload;
        }
    }
    let options =
        [("--messages", typed.messages.map(u64::from)), ("--size", typed.size.map(u64::from)), ("--gap", typed.gap)];
    for (option, value) in options {
        if let Some(value) = value
            && !set(&mut run.workload, option, value)
        {
            return Err(Refusal(t!("cli.lab.no_such_part", locale = tag, option = option).into_owned()));
        }
    }
    run.seed = typed.seed.unwrap_or(run.seed);
    let (link, tcp) = (&mut run.knobs.link, &mut run.knobs.tcp);
    // Both directions alike, as long as the file does not say otherwise.
    link.delay = typed.delay.unwrap_or(link.delay);
    link.jitter = typed.jitter.unwrap_or(link.jitter);
    link.loss = typed.loss.unwrap_or(link.loss);
    link.duplicate = typed.duplicate.unwrap_or(link.duplicate);
    link.reorder = typed.reorder.unwrap_or(link.reorder);
    link.corrupt = typed.corrupt.unwrap_or(link.corrupt);
    link.rate = typed.rate.map_or(link.rate, |rate| rate.0);
    link.queue = typed.queue.unwrap_or(link.queue);
    link.mtu = typed.mtu.or(link.mtu);
    tcp.control = typed.control.unwrap_or(tcp.control);
    tcp.nagle &= !typed.no_nagle;
    tcp.delayed_ack = typed.delayed_ack.or(tcp.delayed_ack);
    tcp.window = typed.window.unwrap_or(tcp.window);
    checked(run, lang)
}

/// Whether it is within its limits.
fn checked(run: &Run, lang: Lang) -> Result<(), Refusal> {
    run.check().map_err(|(field, problem)| {
        let problem = words::run_problem(lang, &field, &problem);
        let option = option(&field);
        Refusal(t!("cli.lab.arguments", locale = lang.tag(), option = option, problem = problem).into_owned())
    })
}

/// The option that a field of a run is set with: `--delay` for `link.delay`. A file was checked before options were laid over it.
fn option(field: &str) -> String {
    match field.rsplit_once('.') {
        Some(("workload", "count")) => "--messages".into(),
        Some((_, name)) => format!("--{name}"),
        None => "--messages, --size".into(),
    }
}

/// Sets a part of a workload. Returns whether it has that part.
fn set(workload: &mut Workload, option: &str, value: u64) -> bool {
    let small = u32::try_from(value).unwrap_or(u32::MAX);
    match (option, workload) {
        (
            "--messages",
            Workload::Messages { count, .. } | Workload::PingPong { count, .. } | Workload::Voice { count, .. },
        ) => *count = small,
        (
            "--size",
            Workload::Messages { size, .. }
            | Workload::Text { size, .. }
            | Workload::PingPong { size, .. }
            | Workload::File { size, .. }
            | Workload::Voice { size, .. },
        ) => *size = small,
        ("--gap", Workload::Messages { gap, .. } | Workload::Text { gap, .. } | Workload::Voice { gap, .. }) => {
            *gap = value;
        }
        _ => return false,
    }
    true
}

/// Ladders, one behind the other, and the sums beside each other.
fn print(logs: &[Log], lesson: Option<&Prepared>, lang: Lang) {
    let tag = lang.tag();
    if let Some(Prepared { lesson, .. }) = lesson {
        tell(words::lesson(lang, &lesson.title));
        tell(&format!("{} {}", t!("cli.lab.question", locale = tag), words::lesson(lang, &lesson.question)));
        tell("");
    }
    for log in logs {
        tell(&log.text());
    }
    let mut heading = vec![String::new()];
    heading.extend(logs.iter().map(|log| name(log.transport).to_owned()));
    let mut table = Table::new(heading);
    let sums: Vec<_> = logs.iter().map(|log| words::counters(lang, &log.counters())).collect();
    for (row, (title, _)) in sums.first().into_iter().flatten().enumerate() {
        let mut cells = vec![title.clone()];
        cells.extend(sums.iter().map(|sums| sums.get(row).map(|(_, value)| value.clone()).unwrap_or_default()));
        table.row(cells);
    }
    tell(table.text().trim_end());
    let departures: BTreeSet<_> = logs.iter().flat_map(Log::departures).collect();
    if !departures.is_empty() {
        tell(&format!("\n{}", t!("cli.lab.departures", locale = tag)));
        for departure in departures {
            tell(&format!("- {}", words::departure(lang, departure)));
        }
    }
    if let Some(Prepared { lesson, .. }) = lesson {
        tell("");
        if let Some(right) = lesson.answers.iter().find(|answer| answer.right) {
            let right = if lang == Lang::En { &right.en } else { &right.zh_cn };
            tell(&format!("{} {right}", t!("cli.lab.answer", locale = tag)));
        }
        tell(words::lesson(lang, &lesson.explanation));
    }
}

/// Makes a file that is not there yet.
fn create(path: &Path, lang: Lang) -> Result<File, Refusal> {
    let tag = lang.tag();
    File::create_new(path).map_err(|error| {
        let path = path.display();
        Refusal(if error.kind() == io::ErrorKind::AlreadyExists {
            t!("cli.pcap_exists", locale = tag, path = path).into_owned()
        } else {
            t!("cli.pcap_failed", locale = tag, path = path, error = error).into_owned()
        })
    })
}

/// Writes the capture, and says so. Returns whether it went well.
fn save(file: File, path: &Path, log: &Log, vantage: Side, lang: Lang) -> bool {
    let tag = lang.tag();
    match sim_pcapng::write(BufWriter::new(file), log, vantage) {
        Ok(count) => {
            let end = match vantage {
                Side::Client => t!("preset.client", locale = tag),
                Side::Server => t!("preset.server", locale = tag),
            };
            let path = path.display();
            let packets = counted(lang, count, Things::Packets);
            notes::warn(&t!("cli.lab.saved", locale = tag, path = path, packets = packets, end = end));
            true
        }
        Err(error) => {
            notes::warn(&t!("cli.pcap_failed", locale = tag, path = path.display(), error = error));
            false
        }
    }
}
