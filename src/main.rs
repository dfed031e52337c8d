//! Without arguments the window, with arguments the command line; the tour where no window can be opened.

use std::{ffi::OsString, process::ExitCode};

fn main() -> ExitCode {
    if std::env::var_os("TWOCAN_LOG").is_some() && log::set_logger(&Warnings).is_ok() {
        log::set_max_level(log::LevelFilter::Warn);
    }
    let args: Vec<OsString> = std::env::args_os().collect();
    if args.len() > 1 { twocan::cli::run(args) } else { window() }
}

#[cfg(feature = "gui")]
fn window() -> ExitCode {
    if !has_display() {
        return twocan::cli::tour_instead(None);
    }
    match twocan::gui::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // That there is no window is said in the user's language; the system's own reason follows as it is.
            let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            twocan::cli::tour_instead(Some(&why))
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window() -> ExitCode {
    twocan::cli::tour_instead(None)
}

/// Whether a display was announced. Only X11 and Wayland announce theirs; other systems always have one.
#[cfg(feature = "gui")]
fn has_display() -> bool {
    let announced = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(all(unix, not(target_vendor = "apple"))))
        || ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"].into_iter().any(announced)
}

/// Warnings of the libraries on standard error, for whoever sets `TWOCAN_LOG`.
struct Warnings;

impl log::Log for Warnings {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        use std::io::Write as _;

        if self.enabled(record.metadata()) {
            let _ = writeln!(std::io::stderr(), "{} {}: {}", record.level(), record.target(), record.args());
        }
    }

    fn flush(&self) {}
}
