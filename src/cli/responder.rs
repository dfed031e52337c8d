//! What a socket says by itself, as the command line names it: one of the three, a preset's, or a file's rules.

use std::{fs, net::IpAddr, path::Path};

use rust_i18n::t;

use super::{Refusal, arguments::Answers, keyboard::Keyboard, options::Options};
use crate::{
    journal::Kind,
    net::{
        Reach, Responder, SocketSpec,
        responder::{Rules, Then},
    },
    preset,
    text::{Ending, Mode},
    words::{self, Lang},
};

/// The three that are no rules.
const PLAIN: [&str; 3] = ["none", "echo", "upper"];

/// The names that a socket of this kind takes.
pub(super) fn names(kind: Kind) -> Vec<&'static str> {
    let presets = preset::all().iter().filter(|preset| preset.socket.kind() == kind);
    PLAIN.into_iter().chain(presets.map(|preset| preset.name.as_str())).collect()
}

/// What was named, for a socket of this kind.
pub(super) fn of(typed: &Answers, kind: Kind, lang: Lang) -> Result<Responder, Refusal> {
    if let Some(path) = &typed.responder {
        return Ok(Responder::Rules(from_file(path, lang)?.into()));
    }
    let name = typed.reply.as_str();
    Responder::by_name(name)
        .or_else(|| {
            let preset = preset::by_name(name).filter(|preset| preset.socket.kind() == kind)?;
            Some(preset.responder().clone())
        })
        .ok_or_else(|| {
            let names = names(kind).join(", ");
            Refusal(t!("preset.no_reply", locale = lang.tag(), name = format!("{name:?}"), names = names).into_owned())
        })
}

fn from_file(path: &Path, lang: Lang) -> Result<Rules, Refusal> {
    let text = read(path, lang)?;
    Rules::parse(&text).map_err(|error| wrong(path, lang, &words::rules_error(lang, &error)))
}

/// A file's text.
pub(super) fn read(path: &Path, lang: Lang) -> Result<String, Refusal> {
    fs::read_to_string(path).map_err(|error| wrong(path, lang, &error.to_string()))
}

/// The sentence for a file that cannot be used.
pub(super) fn wrong(path: &Path, lang: Lang, problem: &str) -> Refusal {
    Refusal(t!("preset.file", locale = lang.tag(), path = path.display(), problem = problem).into_owned())
}

/// Settles between the rules and the options: whose encoding holds, and whether programs may run.
pub(super) fn prepare(spec: &mut SocketSpec, options: &mut Options, allow_commands: bool) -> Result<(), Refusal> {
    let lang = options.lang;
    let (responder, bound) = match spec {
        SocketSpec::TcpServer(spec) => (&mut spec.responder, Some(spec.address.ip())),
        SocketSpec::TcpClient(spec) => (&mut spec.responder, None),
        SocketSpec::Udp(spec) => (&mut spec.responder, Some(spec.address.ip())),
    };
    let Responder::Rules(rules) = responder else {
        // Records tell the text in that encoding; nothing else is text then.
        if options.encoding_given && options.composition.mode == Mode::Hex && !options.json {
            return Err(Refusal(t!("cli.hex_encoding", locale = lang.tag()).into_owned()));
        }
        return Ok(());
    };
    let mut rules = Rules::clone(rules);
    if options.encoding_given {
        rules.encoding = options.composition.charset;
        rules.encoding_in = None;
        // What was written for one encoding may not exist in the other.
        rules = Rules::parse(&rules.to_toml()).map_err(|error| Refusal(words::rules_problem(lang, &error.problem)))?;
    } else {
        options.composition.charset = rules.encoding;
        options.reading = rules.encoding_in.unwrap_or(rules.encoding);
    }
    let composes = options.composition.mode == Mode::Hex
        || options.composition.escapes
        || options.composition.ending != Ending::None;
    if composes && matches!(Keyboard::of(responder), Keyboard::Feeds(_)) {
        return Err(Refusal(t!("preset.text_lines", locale = lang.tag()).into_owned()));
    }
    let programs = programs(&rules);
    if !programs.is_empty() {
        refuse_commands(&programs.join(", "), bound, allow_commands, lang)?;
        rules.commands_confirmed = true;
    }
    *responder = Responder::Rules(rules.into());
    Ok(())
}

/// The engine refuses as well; here nothing is opened, and it is said what to type.
fn refuse_commands(programs: &str, bound: Option<IpAddr>, allowed: bool, lang: Lang) -> Result<(), Refusal> {
    let tag = lang.tag();
    if let Some(ip) = bound.filter(|ip| Reach::of(*ip) != Reach::ThisComputer) {
        return Err(Refusal(t!("rule.not_loopback", locale = tag, address = ip).into_owned()));
    }
    if !allowed {
        return Err(Refusal(t!("preset.commands", locale = tag, programs = programs).into_owned()));
    }
    Ok(())
}

/// The programs that rules may run.
fn programs(rules: &Rules) -> Vec<&str> {
    let actions = rules.connect.iter().chain(rules.rules.iter().flat_map(|rule| &rule.then));
    let mut programs: Vec<_> = actions
        .filter_map(|action| if let Then::Command(commands) = action { Some(&commands.programs) } else { None })
        .flatten()
        .map(String::as_str)
        .collect();
    programs.sort_unstable();
    programs.dedup();
    programs
}
