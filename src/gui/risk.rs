//! What it would mean to open a socket, or change one, whose rules run real programs. Pure.
//!
//! Every way to such a socket (form, preset, editor, favourite) ends in an action; so this looks at actions, and none gets
//! around it. The engine refuses what was not confirmed, and everything on other addresses, whatever the window thinks.

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::{actions::Action, model::Model, views::describe};
use crate::{
    net::{
        Command, Reach, Responder, SocketSpec,
        responder::{Commands, Rules, Then},
    },
    words::Lang,
};

/// What the user has to know before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// The programs that can be run.
    pub programs: Vec<String>,
    /// The longest that one may run.
    pub limit: Duration,
    /// The most that one may print, in bytes.
    pub output: u64,
    /// The address that decides who can run them; `None` where a name has to be looked up first.
    pub ip: Option<IpAddr>,
}

impl Risk {
    /// What there is to be confirmed before this action is carried out.
    pub fn of(model: &Model, action: &Action) -> Option<Self> {
        let (responder, ip) = match action {
            Action::Open(spec) | Action::OpenNew(spec) => (responder(spec), address(spec)),
            Action::OpenPreset(preset) => (preset.responder(), address(&preset.socket)),
            Action::Verb(id, Command::SetResponder(responder)) => {
                let entry = model.sockets.get(*id)?;
                let ip = [entry.local, entry.peer].into_iter().flatten().map(|addr| addr.ip());
                // The one that others can reach decides.
                (responder, ip.max_by_key(|ip| Reach::of(*ip) != Reach::ThisComputer))
            }
            _ => return None,
        };
        let rules = responder.rules().filter(|rules| !rules.commands_confirmed)?;
        let commands: Vec<&Commands> = commands(rules).collect();
        let mut programs: Vec<String> = commands.iter().flat_map(|commands| commands.programs.clone()).collect();
        programs.sort();
        programs.dedup();
        let limit = commands.iter().map(|commands| commands.limit_ms).max()?;
        let output = commands.iter().map(|commands| u64::from(commands.limit_bytes)).max()?;
        Some(Self { programs, limit: Duration::from_millis(limit), output, ip })
    }

    /// Whether the engine would refuse it: others than programs on this computer could run them.
    pub fn is_refused(&self) -> bool {
        self.ip.is_some_and(|ip| Reach::of(ip) != Reach::ThisComputer)
    }
}

/// The same action with the user's word.
pub fn confirmed(mut action: Action) -> Action {
    let responder = match &mut action {
        Action::Open(spec) | Action::OpenNew(spec) => Some(responder_mut(spec)),
        Action::OpenPreset(preset) => Some(preset.responder_mut()),
        Action::Verb(_, Command::SetResponder(responder)) => Some(responder),
        _ => None,
    };
    if let Some(Responder::Rules(rules)) = responder {
        Arc::make_mut(rules).commands_confirmed = true;
    }
    action
}

/// Which socket an action is about.
pub fn subject(model: &Model, lang: Lang, action: &Action) -> String {
    match action {
        Action::Open(spec) | Action::OpenNew(spec) => describe::spec_line(lang, spec),
        Action::OpenPreset(preset) => describe::spec_line(lang, &preset.socket),
        Action::Verb(id, _) => model.sockets.get(*id).map_or_else(String::new, |entry| {
            format!("{} {}", describe::name(lang, entry), describe::addresses(model, entry))
        }),
        _ => String::new(),
    }
}

/// Everything in rules that runs programs.
pub fn commands(rules: &Rules) -> impl Iterator<Item = &Commands> {
    let actions = rules.connect.iter().chain(rules.rules.iter().flat_map(|rule| &rule.then));
    actions.filter_map(|then| if let Then::Command(commands) = then { Some(commands) } else { None })
}

/// What a socket says by itself.
pub fn responder(spec: &SocketSpec) -> &Responder {
    match spec {
        SocketSpec::TcpServer(spec) => &spec.responder,
        SocketSpec::TcpClient(spec) => &spec.responder,
        SocketSpec::Udp(spec) => &spec.responder,
    }
}

fn responder_mut(spec: &mut SocketSpec) -> &mut Responder {
    match spec {
        SocketSpec::TcpServer(spec) => &mut spec.responder,
        SocketSpec::TcpClient(spec) => &mut spec.responder,
        SocketSpec::Udp(spec) => &mut spec.responder,
    }
}

fn address(spec: &SocketSpec) -> Option<IpAddr> {
    match spec {
        SocketSpec::TcpServer(spec) => Some(spec.address.ip()),
        SocketSpec::TcpClient(spec) => spec.target.host.parse().ok(),
        SocketSpec::Udp(spec) => Some(spec.address.ip()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gui::Settings,
        journal::{Epoch, SocketId},
        net::{TcpServerSpec, responder::Rule, responder::When},
    };

    fn server(address: &str, then: Vec<Then>) -> Action {
        let rules = Rules { rules: vec![Rule { when: When::Any, then }], ..Rules::default() };
        let responder = Responder::Rules(Arc::new(rules));
        let address = address.parse().unwrap();
        Action::OpenNew(SocketSpec::TcpServer(TcpServerSpec { address, responder, ..TcpServerSpec::default() }))
    }

    fn programs() -> Vec<Then> {
        let command = |programs: &[&str], limit_ms| {
            let programs = programs.iter().map(|name| (*name).to_owned()).collect();
            Then::Command(Commands { programs, limit_ms, limit_bytes: 1_000 })
        };
        vec![command(&["date", "ls"], 1_000), command(&["date"], 2_000)]
    }

    #[test]
    fn programs_are_confirmed_once_and_only_for_this_computer() {
        let model = Model::new(Epoch { wall: std::time::SystemTime::UNIX_EPOCH }, Settings::default());
        let action = server("127.0.0.1:0", programs());
        let risk = Risk::of(&model, &action).unwrap();
        assert_eq!((risk.programs.join(" "), risk.limit.as_millis()), ("date ls".into(), 2_000));
        assert!(!risk.is_refused());
        assert_eq!(Risk::of(&model, &confirmed(action)), None);
        for others in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
            assert!(Risk::of(&model, &server(others, programs())).unwrap().is_refused(), "{others}");
        }
        assert_eq!(Risk::of(&model, &server("0.0.0.0:0", vec![Then::Shell])), None, "the safe shell runs nothing");
        let nobody = Action::Verb(SocketId(9), Command::SetResponder(Responder::Echo));
        assert_eq!(Risk::of(&model, &nobody), None);
    }
}
