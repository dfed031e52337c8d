//! Rules on sockets: who may have them run programs, and what happens to a program's output.
//!
//! The form asks before it opens a socket whose rules run programs, but a form is not where safety lives: an engine that is
//! driven by a file, a test or a later version of the window refuses here, before `bind` and before every start.

use std::{
    fs::File,
    io::Read as _,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use super::{
    outbox::Tag,
    responder::{
        Commands, Responder, Rules, Then,
        exec::{self, Denied, Finished, Running},
    },
    worker::Context,
};
use crate::journal::{Call, Event, Fault, FaultKind};

/// The longest file that is cut into pieces, in bytes.
const PIECES_BYTES: u64 = 64 << 20;

/// Whether a socket at `local` may have this responder; if not, says why. `peer` is known of a connection.
pub(super) fn allowed(
    cx: &mut Context<'_>,
    tag: Tag,
    responder: &Responder,
    local: IpAddr,
    peer: Option<SocketAddr>,
) -> bool {
    let Some(kind) = refusal(responder, local, peer.map(|peer| peer.ip())) else { return true };
    // The address tells who could have reached it: the port is not the point.
    let addr = peer.unwrap_or(SocketAddr::new(local, 0));
    cx.fail(tag, Call::Command, Fault::of(kind), Some(addr));
    false
}

/// Why these rules may not be used there.
fn refusal(responder: &Responder, local: IpAddr, peer: Option<IpAddr>) -> Option<FaultKind> {
    let rules = responder.rules().filter(|rules| runs_programs(rules))?;
    let here = |ip: IpAddr| ip.to_canonical().is_loopback();
    if !here(local) || !peer.is_none_or(here) {
        Some(FaultKind::NotLoopback)
    } else if !rules.commands_confirmed {
        Some(FaultKind::NotConfirmed)
    } else {
        None
    }
}

fn runs_programs(rules: &Rules) -> bool {
    rules.commands().next().is_some()
}

impl Rules {
    /// The lists of programs that these rules may run.
    pub fn commands(&self) -> impl Iterator<Item = &Commands> {
        let actions = self.connect.iter().chain(self.rules.iter().flat_map(|rule| &rule.then));
        actions.filter_map(|action| if let Then::Command(commands) = action { Some(commands) } else { None })
    }
}

/// Records how a program ended, and gives what is said of it: its standard output, then its standard error.
pub(super) fn tell(
    cx: &mut Context<'_>,
    tag: Tag,
    line: &str,
    peer: Option<SocketAddr>,
    finished: &Finished,
) -> Vec<u8> {
    let limit = match finished {
        Finished { timed_out: true, .. } => Some(FaultKind::TimedOut),
        Finished { cut: true, .. } => Some(FaultKind::TooLong),
        _ => None,
    };
    if let Some(kind) = limit {
        let event = Event::Failed { call: Call::Command, fault: Fault::of(kind) };
        cx.out.record(tag, event, peer, line.as_bytes());
    }
    let status = finished.status.unwrap_or_else(|| -finished.signal.unwrap_or(1));
    let took = finished.took.as_nanos() as u64;
    cx.out.record(tag, Event::Ran { status, took }, peer, line.as_bytes());
    [finished.stdout.as_slice(), &finished.stderr].concat()
}

/// Starts the program of a command line, if it is on the list.
pub(super) fn start(
    line: &str,
    commands: &Commands,
    done: impl FnOnce(Finished) + Send + 'static,
) -> Result<Running, Fault> {
    let denied = |_: Denied| Fault::of(FaultKind::NotAllowed);
    let words = exec::split(line).map_err(denied)?;
    exec::allowed(commands, &words).map_err(denied)?;
    Ok(Running::start(commands, &words, done)?)
}

/// What a peer is told whose command line was not run.
pub(super) fn not_run(line: &str) -> Vec<u8> {
    format!("{line}: not run\n").into_bytes()
}

/// A file's bytes, to be cut into pieces. A pipe or a device is refused, and so is a file that is too long to be held.
pub(super) fn load(path: &Path) -> Result<Vec<u8>, Fault> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() {
        return Err(Fault::of(FaultKind::Invalid));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(PIECES_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > PIECES_BYTES { Err(Fault::of(FaultKind::TooLong)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn programs_run_for_this_computer_and_with_the_users_word_only() {
        let text = "[[rule]]\nwhen = \"any\"\nthen = [{ command = { programs = [\"date\"] } }]";
        let mut rules = Rules::parse(text).unwrap();
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        let refused = |rules: &Rules, local: &str, peer: Option<&str>| {
            let peer = peer.map(|ip| ip.parse().unwrap());
            refusal(&Responder::Rules(Arc::new(rules.clone())), local.parse().unwrap(), peer)
        };
        assert_eq!(refused(&rules, "127.0.0.1", None), Some(FaultKind::NotConfirmed));
        rules.commands_confirmed = true;
        assert_eq!(refused(&rules, "127.0.0.1", None), None);
        assert_eq!(refused(&rules, "::1", Some("::1")), None);
        assert_eq!(refused(&rules, "::ffff:127.0.0.1", Some("127.0.0.1")), None);
        for (local, peer) in [
            ("0.0.0.0", None),
            ("::", None),
            ("192.168.1.5", None),
            ("127.0.0.1", Some("192.168.1.7")),
            ("192.168.1.5", Some("127.0.0.1")),
        ] {
            assert_eq!(refused(&rules, local, peer), Some(FaultKind::NotLoopback), "{local} {peer:?}");
        }
        assert_eq!(refusal(&Responder::Echo, "0.0.0.0".parse().unwrap(), Some(here)), None);
        assert_eq!(refused(&Rules::default(), "0.0.0.0", None), None);
    }
}
