//! Standard output of what prints its lines and is done: that its reader went away is no error, that they cannot be
//! written is one.

use std::{
    io::{self, Write as _},
    sync::OnceLock,
};

use rust_i18n::t;

use super::{Exit, notes};
use crate::words::Lang;

/// Why a line could not be written.
static FAILURE: OnceLock<io::Error> = OnceLock::new();

/// Writes a line; `false` if it was for nothing, and any other will be.
pub(super) fn line(text: &str) -> bool {
    note(writeln!(io::stdout(), "{text}"))
}

/// Keeps why something could not be written, for the end.
pub(super) fn note(written: io::Result<()>) -> bool {
    match written {
        Ok(()) => true,
        Err(error) => {
            if error.kind() != io::ErrorKind::BrokenPipe {
                // The first one says enough.
                let _ = FAILURE.set(error);
            }
            false
        }
    }
}

/// What became of it all, if the program came to this end otherwise; says what went wrong.
pub(super) fn end(exit: Exit, lang: Lang) -> Exit {
    note(io::stdout().flush());
    let Some(error) = FAILURE.get() else { return exit };
    notes::warn(&t!("cli.output_failed", locale = lang.tag(), error = error));
    if exit == Exit::Done { Exit::Network } else { exit }
}
