//! The command line, on the same engine as the window.
//!
//! Written to be used in scripts and lessons beside `ncat(1)` and `socat(1)`: received text goes to standard output
//! and nothing else does, everything said *about* it goes to standard error, and the exit code says what became of it.
//! Arguments are taken as typed (`arguments`) and then made usable (`options`); one `session` drives a socket
//! until it is done.
//!
//! - `tcp_server`, `tcp_client`, `udp`, `preset`, `tour`, `lab`: the subcommands. `help`: `--help` in both languages.
//!   `wrong`: what is wrong with the arguments.
//! - `responder`: what a socket says by itself. `input`, `keyboard`, `sender`: lines to messages.
//! - `send`, `receive`: files; `carried` is what both say about them, `bar` how far they are.
//! - `output`, `notes`, `http`: what is written where. `recording`: the capture and the ladder at the end.

mod arguments;
mod bar;
mod carried;
mod help;
mod http;
mod input;
mod keyboard;
mod lab;
mod notes;
mod options;
mod output;
mod preset;
mod receive;
mod recording;
mod responder;
mod send;
mod sender;
mod session;
mod tcp_client;
mod tcp_server;
mod tour;
mod udp;
mod wrong;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _};
use rust_i18n::t;

use self::arguments::{Arguments, Subcommand};
use crate::words::Lang;

/// How a run ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// What was asked for was done.
    Done = 0,
    /// The network said no: refused, in use, no such name, reset …
    Network = 1,
    /// The arguments are wrong; nothing was opened.
    Usage = 2,
    /// Some of the text could not be sent (not in the encoding, a bad escape, not hex); the rest was.
    Text = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the command line. `args` begins with the program's name.
pub fn run(args: Vec<OsString>) -> ExitCode {
    let lang = help::language(&args);
    let command = help::localised(Arguments::command(), lang);
    let name = wrong::command(&command, &args);
    let arguments = match command.try_get_matches_from(args).and_then(|found| Arguments::from_arg_matches(&found)) {
        Ok(arguments) => arguments,
        Err(error) => {
            if let Some(text) = wrong::told(&error, &name, lang) {
                notes::warn(&t!("cli.error", locale = lang.tag(), text = text));
                return Exit::Usage.into();
            }
            // Help goes to standard output, errors to standard error; a closed one is no reason to complain.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let ended = match &arguments.subcommand {
        Subcommand::TcpServer(typed) => tcp_server::run(typed, lang),
        Subcommand::TcpClient(typed) => tcp_client::run(typed, lang),
        Subcommand::Udp(typed) => udp::run(typed, lang),
        Subcommand::Send(typed) => send::run(typed, lang),
        Subcommand::Receive(typed) => receive::run(typed, lang),
        Subcommand::Presets(typed) => Ok(preset::list(lang, typed.json)),
        Subcommand::Preset(typed) => preset::run(typed, lang),
        Subcommand::Tour(typed) => Ok(tour::run(lang, typed.json)),
        Subcommand::Lab(typed) => lab::run(typed, lang),
    };
    ended
        .unwrap_or_else(|refusal| {
            notes::warn(&t!("cli.error", locale = lang.tag(), text = refusal.0));
            Exit::Usage
        })
        .into()
}

/// Gives the tour where no window can be opened, and says so first. `why` is what the system said.
pub fn tour_instead(why: Option<&str>) -> ExitCode {
    let lang = Lang::of_system();
    match why {
        Some(why) => notes::warn(&t!("cli.window_failed", locale = lang.tag(), why = why)),
        None => notes::warn(&t!("cli.no_display", locale = lang.tag())),
    }
    tour::run(lang, false).into()
}

/// Arguments that cannot be used, as a sentence in the user's language.
#[derive(Debug)]
struct Refusal(String);
