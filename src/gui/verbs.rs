//! Which verbs a socket has now, and why some of them cannot apply: the header's buttons, the palette and the
//! shortcuts all ask here.

use std::borrow::Cow;

use super::{actions::Action, commands::UiCommand, model::Model, tr};
use crate::{
    journal::{Kind, Origin, SocketEntry, State},
    net::Command,
    words::Lang,
};

/// Something that can be done to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `close` of a listening socket; its connections go on.
    StopListening,
    /// `close` of every connection of a listener.
    CloseAll,
    /// `shutdown(SHUT_WR)`
    HalfClose,
    /// `close`
    Close,
    /// RST.
    Abort,
    /// Give a connection up that has not come about.
    Cancel,
    /// Open again, as it was.
    Reopen,
    /// Take it off the bench.
    Remove,
}

/// Why a verb cannot apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Our FIN is already on its way.
    AlreadyHalfClosed,
    /// The listener has no open connection.
    NoConnections,
    /// The client opened it; only it can do so again.
    AcceptedOnce,
}

/// The verbs of a socket, in the order of the header, each with the reason why it cannot apply, if it cannot.
pub fn verbs(model: &Model, entry: &SocketEntry) -> Vec<(Verb, Option<Reason>)> {
    let close_all = || {
        let none = model.sockets.open_connections(entry.id) == 0;
        (Verb::CloseAll, none.then_some(Reason::NoConnections))
    };
    if !entry.state.is_open() {
        let accepted = matches!(entry.origin, Origin::AcceptedBy(_));
        let again = (Verb::Reopen, accepted.then_some(Reason::AcceptedOnce));
        let mut verbs = vec![again, (Verb::Remove, None)];
        if entry.kind == Kind::TcpListener && close_all().1.is_none() {
            verbs.insert(1, close_all());
        }
        return verbs;
    }
    match (entry.kind, entry.state) {
        (Kind::TcpListener, _) => vec![(Verb::StopListening, None), close_all()],
        (Kind::UdpSocket, _) => vec![(Verb::Close, None)],
        (Kind::TcpConnection, State::New | State::Resolving | State::SynSent) => vec![(Verb::Cancel, None)],
        (Kind::TcpConnection, state) => {
            let half_close = (!state.can_half_close()).then_some(Reason::AlreadyHalfClosed);
            vec![(Verb::HalfClose, half_close), (Verb::Close, None), (Verb::Abort, None)]
        }
    }
}

impl Verb {
    /// What it asks for.
    pub fn action(self, entry: &SocketEntry) -> Action {
        let id = entry.id;
        match self {
            Self::StopListening | Self::Close | Self::Cancel => Action::Verb(id, Command::Close),
            Self::CloseAll => Action::CloseAll(id),
            Self::HalfClose => Action::Verb(id, Command::HalfClose),
            Self::Abort => Action::Verb(id, Command::Abort),
            Self::Reopen => Action::Reopen(id),
            Self::Remove => Action::Forget(id),
        }
    }

    /// The command of the palette that means it.
    pub fn command(self) -> Option<UiCommand> {
        match self {
            Self::StopListening | Self::Close | Self::Cancel => Some(UiCommand::Close),
            Self::HalfClose => Some(UiCommand::HalfClose),
            Self::Abort => Some(UiCommand::Abort),
            Self::Reopen => Some(UiCommand::Reopen),
            Self::Remove => Some(UiCommand::Remove),
            Self::CloseAll => Some(UiCommand::CloseAll),
        }
    }

    /// The word on its button.
    pub fn word(self, lang: Lang, kind: Kind) -> Cow<'static, str> {
        match self {
            Self::StopListening => tr!(lang, "verb.stop_listening"),
            Self::CloseAll => tr!(lang, "verb.close_all"),
            Self::HalfClose => tr!(lang, "verb.half_close"),
            Self::Close => tr!(lang, "verb.close"),
            Self::Abort => tr!(lang, "verb.abort"),
            Self::Cancel => tr!(lang, "verb.cancel"),
            Self::Reopen => match kind {
                Kind::TcpListener => tr!(lang, "verb.listen_again"),
                Kind::TcpConnection => tr!(lang, "verb.connect_again"),
                Kind::UdpSocket => tr!(lang, "verb.open_again"),
            },
            Self::Remove => tr!(lang, "verb.remove"),
        }
    }

    /// What it does, in a sentence.
    pub fn tip(self, lang: Lang, kind: Kind) -> Cow<'static, str> {
        match self {
            Self::StopListening => tr!(lang, "verb.tip.stop_listening"),
            Self::CloseAll => tr!(lang, "verb.tip.close_all"),
            Self::HalfClose => tr!(lang, "verb.tip.half_close"),
            Self::Close if kind == Kind::UdpSocket => tr!(lang, "verb.tip.close_udp"),
            Self::Close => tr!(lang, "verb.tip.close"),
            Self::Abort => tr!(lang, "verb.tip.abort"),
            Self::Cancel => tr!(lang, "verb.tip.cancel"),
            Self::Reopen => tr!(lang, "verb.tip.reopen"),
            Self::Remove => tr!(lang, "verb.tip.remove"),
        }
    }
}

impl Reason {
    /// In a sentence.
    pub fn sentence(self, lang: Lang) -> Cow<'static, str> {
        match self {
            Self::AlreadyHalfClosed => tr!(lang, "verb.why.already_half_closed"),
            Self::NoConnections => tr!(lang, "verb.why.no_connections"),
            Self::AcceptedOnce => tr!(lang, "verb.why.accepted_once"),
        }
    }
}
