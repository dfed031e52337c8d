//! `--help` in English and Chinese: clap's frame with our texts.
//!
//! The language has to be known before the arguments are read, so `--lang` is looked for by hand first. Texts lie
//! under `cli.help.` with the name of the subcommand or of the field in [`arguments`](super::arguments).

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};
use rust_i18n::t;

use super::{arguments, responder};
use crate::{journal::Kind, words::Lang};

/// Behind all other options.
const LAST: usize = 900;

/// Columns after which a list of names goes on in the next line.
const LINE: usize = 70;

/// The language that `--lang` names, or else the system's.
pub(super) fn language(args: &[OsString]) -> Lang {
    let mut args = args.iter().skip(1).filter_map(|arg| arg.to_str()).take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        let tag = match arg.strip_prefix("--lang") {
            Some("") => args.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(Ok(lang)) = tag.map(arguments::language) {
            return lang;
        }
    }
    Lang::of_system()
}

/// The command with its texts in `lang`.
pub(super) fn localised(command: Command, lang: Lang) -> Command {
    let tag = lang.tag();
    let names: Vec<_> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = texts(command, lang, "twocan")
        .subcommand_help_heading(t!("cli.help.commands", locale = tag).into_owned())
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .display_order(LAST + 2)
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help_heading(t!("cli.help.options", locale = tag).into_owned())
                .help(t!("cli.help.version", locale = tag).into_owned()),
        )
        .subcommand_required(true)
        // Without one the window opens.
        .override_usage("twocan [OPTIONS] [COMMAND]")
        .arg_required_else_help(true);
    for name in names {
        command = command.mut_subcommand(&name, |sub| texts(sub, lang, &name.replace('-', "_")));
    }
    command
}

fn texts(command: Command, lang: Lang, name: &str) -> Command {
    let tag = lang.tag();
    let about = format!("cli.help.{name}");
    let after = format!("cli.help.{name}_after");
    let usage = t!("cli.help.usage", locale = tag);
    let command = command
        .about(t!(&about, locale = tag).into_owned())
        .help_template(format!("{{about-with-newline}}\n{usage}{{usage}}\n\n{{all-args}}{{after-help}}\n"))
        .after_help(t!(&after, locale = tag).into_owned())
        .disable_help_flag(true)
        .mut_args(|arg| {
            let key = format!("cli.help.{}", arg.get_id());
            let heading = if arg.is_positional() {
                t!("cli.help.arguments", locale = tag)
            } else {
                t!("cli.help.options", locale = tag)
            };
            let arg = if arg.get_id() == "lang" { arg.display_order(LAST) } else { arg };
            let text = t!(&key, locale = tag);
            let text = match kind_of(name) {
                Some(kind) if arg.get_id() == "reply" => {
                    text.replace("%{names}", &listed(&responder::names(kind))).into()
                }
                _ => text,
            };
            let takes_values = arg.get_action().takes_values();
            let arg = arg.help(text.into_owned()).help_heading(heading.into_owned());
            // Values and defaults stand in our own text, in its language.
            if takes_values { arg.hide_default_value(true).hide_possible_values(true) } else { arg }
        });
    command.arg(
        Arg::new("help")
            .short('h')
            .long("help")
            .display_order(LAST + 1)
            .action(ArgAction::Help)
            .help_heading(t!("cli.help.options", locale = tag).into_owned())
            .help(t!("cli.help.help", locale = tag).into_owned()),
    )
}

/// Names with commas, in lines that a terminal has room for.
fn listed(names: &[&str]) -> String {
    let mut text = String::new();
    let mut width = 0;
    for (name, n) in names.iter().zip(1..) {
        if width > LINE {
            text.push('\n');
            width = 0;
        }
        text.push_str(name);
        text.push_str(if n < names.len() { ", " } else { "" });
        width += name.len() + 2;
    }
    text
}

/// The kind of socket that a subcommand opens.
fn kind_of(subcommand: &str) -> Option<Kind> {
    match subcommand {
        "tcp_server" => Some(Kind::TcpListener),
        "tcp_client" => Some(Kind::TcpConnection),
        "udp" => Some(Kind::UdpSocket),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::arguments::Arguments;

    fn pages(lang: Lang) -> Vec<String> {
        let mut command = localised(Arguments::command(), lang);
        command.build();
        let mut pages = vec![command.render_long_help().to_string()];
        pages.extend(command.get_subcommands_mut().map(|sub| sub.render_long_help().to_string()));
        pages
    }

    #[test]
    fn every_argument_is_explained_in_both_languages() {
        for lang in Lang::ALL {
            for page in pages(lang) {
                assert!(!page.contains("cli.help."), "{page}");
                assert!(page.contains("--help") && page.contains("--lang"), "{page}");
            }
        }
    }

    #[test]
    fn chinese_help_has_no_english_frame() {
        for page in pages(Lang::Zh) {
            for word in ["Usage", "Options:", "Arguments:", "Commands:", "default", "possible values", "Print"] {
                assert!(!page.contains(word), "{word}: {page}");
            }
        }
    }

    #[test]
    fn the_language_is_found_wherever_it_stands() {
        let language_of = |line: &str| language(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(language_of("twocan tour --lang zh-CN"), Lang::Zh);
        assert_eq!(language_of("twocan --lang=zh tour"), Lang::Zh);
        assert_eq!(language_of("twocan --lang en tour"), Lang::En);
        assert_eq!(language_of("twocan --lang xx tour -- --lang zh"), Lang::of_system());
    }
}
