//! Ctrl+C and what else asks a program to end: once, and it ends as it would by itself; twice, and it ends at once.
//!
//! The second one needs nobody who listens: a session that waits for the reader of its output hears nothing.

use std::io;

use crossbeam_channel::Receiver;

/// SIGINT (Ctrl+C), SIGTERM and SIGHUP (its terminal is gone), as messages; a second one ends the program by itself.
#[cfg(unix)]
pub(super) fn signals() -> io::Result<Receiver<()>> {
    use std::sync::{Arc, atomic::AtomicBool};

    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        flag,
        iterator::Signals,
    };

    let mut asked = vec![SIGINT, SIGTERM];
    // `nohup` has it ignored, and so it stays.
    asked.extend(is_ignored(SIGHUP).is_some_and(|ignored| !ignored).then_some(SIGHUP));
    let (interrupt, interrupted) = crossbeam_channel::bounded(1);
    let mut signals = Signals::new(&asked)?;
    let again = Arc::new(AtomicBool::new(false));
    for signal in asked {
        // In this order the first one finds the flag unset.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))?;
        flag::register(signal, Arc::clone(&again))?;
    }
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            interrupt.try_send(()).ok();
        }
    })?;
    Ok(interrupted)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(super) fn signals() -> io::Result<Receiver<()>> {
    Ok(crossbeam_channel::never())
}

/// Whether whoever started the program had it ignore a signal, where the system tells: `proc_pid_status(5)`.
#[cfg(unix)]
fn is_ignored(signal: i32) -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask >> (signal - 1) & 1 == 1)
}
