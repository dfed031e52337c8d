//! Files over real sockets, from one service to another: every byte, name and time arrives, whatever goes wrong is told
//! to both sides, and nothing is overwritten, left over, or outside the folder.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "the helpers of tests fail by panicking"
)]

#[path = "transfer/bench.rs"]
mod bench;
#[path = "transfer/crowd.rs"]
mod crowd;
#[path = "transfer/faults.rs"]
mod faults;
#[path = "transfer/frames.rs"]
mod frames;
#[cfg(unix)]
#[path = "transfer/full.rs"]
mod full;
#[path = "transfer/fuzz.rs"]
mod fuzz;
#[path = "transfer/hostile.rs"]
mod hostile;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
mod process;
#[path = "support/relay.rs"]
#[allow(dead_code, reason = "shared with another test, which uses more of it")]
mod relay;
#[cfg(unix)]
#[path = "transfer/rights.rs"]
mod rights;
#[path = "transfer/round.rs"]
mod round;
#[cfg(unix)]
#[path = "transfer/sources.rs"]
mod sources;
#[path = "transfer/torso.rs"]
mod torso;
#[path = "transfer/turns.rs"]
mod turns;
#[path = "transfer/udp.rs"]
mod udp;
