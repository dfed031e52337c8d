//! What is wrong with the arguments, in English and Chinese: clap finds it, and the sentences are ours.

use std::{error::Error as _, ffi::OsString};

use clap::{
    Command, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};
use rust_i18n::t;

use crate::{sim::units::UnitError, words::Lang};

/// What an argument takes, where something else was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Wanted {
    /// A whole number between these.
    #[error("a whole number from {0} to {1}")]
    Number(u64, u64),
    /// Seconds.
    #[error("seconds, such as 5 or 0.25")]
    Seconds,
    /// Milliseconds, at most so many.
    #[error("milliseconds from 0 to {0}")]
    Millis(u64),
    /// A language.
    #[error("en or zh-CN")]
    Language,
}

/// A whole number, as a parser for clap.
pub(super) fn number<T: TryFrom<u64> + 'static>(
    low: u64,
    high: u64,
) -> impl Fn(&str) -> Result<T, Wanted> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse().ok().filter(|number| (low..=high).contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or(Wanted::Number(low, high))
    }
}

/// The command that these arguments are for: `twocan udp`.
pub(super) fn command(command: &Command, args: &[OsString]) -> String {
    let name = command.get_name();
    let found = args.iter().skip(1).find_map(|arg| command.find_subcommand(arg));
    found.map_or_else(|| name.to_owned(), |found| format!("{name} {}", found.get_name()))
}

/// What clap found wrong, and where to look; nothing where it is none of it, as a wish for help.
pub(super) fn told(error: &Error, command: &str, lang: Lang) -> Option<String> {
    let tag = lang.tag();
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let list = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    // `--recv <BYTES>` is called by its name alone.
    let name = |text: &str| text.split(" <").next().unwrap_or_default().to_owned();
    let (argument, value) = (name(text(ContextKind::InvalidArg)), text(ContextKind::InvalidValue));
    let says = match error.kind() {
        ErrorKind::UnknownArgument => {
            near(error, lang, t!("cli.wrong.argument", locale = tag, argument = argument).into_owned())
        }
        ErrorKind::InvalidSubcommand => {
            let name = text(ContextKind::InvalidSubcommand);
            near(error, lang, t!("cli.wrong.command", locale = tag, name = name).into_owned())
        }
        ErrorKind::MissingSubcommand => t!("cli.wrong.no_command", locale = tag).into_owned(),
        ErrorKind::InvalidValue if value.is_empty() => {
            t!("cli.wrong.no_value", locale = tag, argument = argument).into_owned()
        }
        ErrorKind::InvalidValue => {
            let values = list(ContextKind::ValidValue);
            t!("cli.wrong.none_of", locale = tag, argument = argument, values = values, value = value).into_owned()
        }
        ErrorKind::ValueValidation => {
            let wants = wanted(error, lang)?;
            t!("cli.wrong.value", locale = tag, argument = argument, wants = wants, value = value).into_owned()
        }
        ErrorKind::TooManyValues => {
            t!("cli.wrong.takes_none", locale = tag, argument = argument, value = value).into_owned()
        }
        ErrorKind::ArgumentConflict => {
            let other = name(&list(ContextKind::PriorArg));
            if other == argument {
                t!("cli.wrong.twice", locale = tag, argument = argument).into_owned()
            } else {
                t!("cli.wrong.conflict", locale = tag, argument = argument, other = other).into_owned()
            }
        }
        ErrorKind::MissingRequiredArgument => {
            t!("cli.wrong.missing", locale = tag, arguments = list(ContextKind::InvalidArg)).into_owned()
        }
        ErrorKind::InvalidUtf8 => t!("cli.wrong.not_utf8", locale = tag).into_owned(),
        _ => return None,
    };
    Some(t!("cli.wrong.see", locale = tag, problem = says, command = command).into_owned())
}

/// With what was perhaps meant.
fn near(error: &Error, lang: Lang, says: String) -> String {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    let near = kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    });
    match near {
        Some(near) => t!("cli.wrong.near", locale = lang.tag(), problem = says, near = near).into_owned(),
        None => says,
    }
}

/// What one of our own parsers wanted.
fn wanted(error: &Error, lang: Lang) -> Option<String> {
    let (source, tag) = (error.source()?, lang.tag());
    let wants = if let Some(unit) = source.downcast_ref::<UnitError>() {
        match unit {
            UnitError::Time => t!("cli.wrong.time", locale = tag),
            UnitError::Chance => t!("cli.wrong.chance", locale = tag),
            UnitError::Rate => t!("cli.wrong.rate", locale = tag),
        }
    } else {
        match *source.downcast_ref::<Wanted>()? {
            Wanted::Number(low, u64::MAX) => t!("cli.wrong.number_from", locale = tag, low = low),
            Wanted::Number(low, high) => t!("cli.wrong.number", locale = tag, low = low, high = high),
            Wanted::Seconds => t!("cli.wrong.seconds", locale = tag),
            Wanted::Millis(high) => t!("cli.wrong.millis", locale = tag, high = high),
            Wanted::Language => t!("cli.wrong.language", locale = tag),
        }
    };
    Some(wants.into_owned())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::cli::{arguments::Arguments, help};

    fn said(line: &str, lang: Lang) -> String {
        let args: Vec<OsString> = format!("twocan {line}").split(' ').map(Into::into).collect();
        let clap = help::localised(Arguments::command(), lang);
        let name = command(&clap, &args);
        let error = clap.try_get_matches_from(args).and_then(|found| Arguments::from_arg_matches(&found)).unwrap_err();
        told(&error, &name, lang).unwrap_or_else(|| panic!("{line}: {error}"))
    }

    #[test]
    fn what_is_wrong_is_said_in_both_languages() {
        for (line, english, chinese) in [
            ("bogus", "There is no command bogus.", "没有命令 bogus。"),
            ("tuor", "There is no command tuor. Near it: tour.", "没有命令 tuor。相近的有：tour。"),
            ("udp --nope", "There is no argument --nope here.", "这里没有参数 --nope。"),
            ("tcp-client 1 2", "There is no argument 2 here.", "这里没有参数 2。"),
            ("--lang en", "A command is missing.", "缺少命令。"),
            ("udp --to", "A value is missing behind --to.", "--to 后面缺少值。"),
            (
                "tcp-server --model x",
                "--model takes one of sequential, threads, event-loop, and not \"x\".",
                "--model 应是其中之一：sequential, threads, event-loop，不能是 \"x\"。",
            ),
            (
                "udp --recv 0",
                "--recv takes a whole number from 1 to 1048576, and not \"0\".",
                "--recv 应是 1 到 1048576 的整数，不能是 \"0\"。",
            ),
            (
                "udp --count many",
                "--count takes a whole number from 1 on, and not \"many\".",
                "--count 应是不小于 1 的整数，不能是 \"many\"。",
            ),
            (
                "udp --for nan",
                "--for takes seconds, such as 5 or 0.25, and not \"nan\".",
                "--for 应是秒数，例如 5 或 0.25，不能是 \"nan\"。",
            ),
            (
                "udp --read-delay 1e9",
                "--read-delay takes milliseconds from 0 to 10000, and not \"1e9\".",
                "--read-delay 应是 0 到 10000 的毫秒数，不能是 \"1e9\"。",
            ),
            ("tour --lang xx", "--lang takes en or zh-CN, and not \"xx\".", "--lang 应是 en 或 zh-CN，不能是 \"xx\"。"),
            (
                "lab --delay 30",
                "--delay takes a number with a unit, such as 30ms, 1.5s or 200us, and not \"30\".",
                "--delay 应是带单位的数，例如 30ms、1.5s 或 200us，不能是 \"30\"。",
            ),
            ("udp --json=3", "--json takes no value, and \"3\" was given.", "--json 后面不带值，却给了 \"3\"。"),
            ("udp --recv 4 --recv 5", "--recv was given more than once.", "--recv 只能给一次。"),
            (
                "udp --hex --escapes",
                "--hex and --escapes cannot be used together.",
                "--hex 和 --escapes 不能同时使用。",
            ),
            ("send a", "Missing: --to <ADDR>.", "缺少：--to <ADDR>。"),
        ] {
            let see = line.split(' ').next().filter(|word| !word.starts_with('-') && !["bogus", "tuor"].contains(word));
            let see = see.map_or_else(|| "twocan".to_owned(), |name| format!("twocan {name}"));
            assert_eq!(said(line, Lang::En), format!("{english} {see} --help says what there is."));
            assert_eq!(said(line, Lang::Zh), format!("{chinese}用法见 {see} --help。"));
        }
    }

    #[test]
    fn a_wish_for_help_is_no_mistake() {
        for line in ["--help", "udp -h", "--version"] {
            let args = format!("twocan {line}");
            let error =
                help::localised(Arguments::command(), Lang::En).try_get_matches_from(args.split(' ')).unwrap_err();
            assert_eq!(told(&error, "twocan", Lang::En), None);
        }
    }
}
