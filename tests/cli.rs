//! The command line as its users see it: the real binary, its streams and its exit code, over real sockets.
//!
//! The other end is a socket of the standard library, so that bytes can be compared with bytes; what Twocan's own
//! engine does on both ends is only tested where two Twocans talk. Every port is 0 and asked for, and nothing sleeps.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

#[path = "cli/arguments.rs"]
mod arguments;
#[path = "cli/ends.rs"]
mod ends;
#[path = "cli/framing.rs"]
mod framing;
#[path = "cli/kills.rs"]
mod kills;
#[path = "cli/lab.rs"]
mod lab;
#[cfg(target_os = "linux")]
#[path = "cli/limits.rs"]
mod limits;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;
#[path = "support/relay.rs"]
#[allow(dead_code, reason = "shared with another test, which uses more of it")]
mod relay;
#[cfg(unix)]
#[path = "cli/signals.rs"]
mod signals;
#[path = "cli/tcp.rs"]
mod tcp;
#[path = "cli/transfer.rs"]
mod transfer;
#[path = "cli/udp.rs"]
mod udp;

use std::process::Command;

use process::{Ended, Process};

/// The program with these arguments, in English, without a display.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twocan"));
    command.args(arguments).env("LC_ALL", "en_US.UTF-8");
    for display in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "TWOCAN_LOG"] {
        command.env_remove(display);
    }
    command
}

fn start(arguments: &[&str]) -> Process {
    Process::start(&mut command(arguments))
}

/// Runs it with this standard input to its end.
fn run(arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
    let mut process = start(arguments);
    process.write(input);
    process.finish()
}

/// Starts a server or a bound socket and returns it with its address.
fn bound(arguments: &[&str], says: &str) -> (Process, String) {
    let process = start(arguments);
    let address = process.error_line(says);
    (process, address)
}

/// Addresses of this computer to bind, port 0: IPv6 too, if it has any.
fn any_port() -> &'static [&'static str] {
    if std::net::TcpListener::bind("[::1]:0").is_ok() { &["127.0.0.1:0", "[::1]:0"] } else { &["127.0.0.1:0"] }
}
