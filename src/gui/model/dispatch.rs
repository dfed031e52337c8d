//! What the user asks for.

use std::net::SocketAddr;

use super::{Model, Played, reachable};
use crate::{
    gui::{
        actions::{Action, Pair},
        meter::Meter,
    },
    journal::{Kind, SocketId},
    net::{Command, Endpoint, Engine, Responder, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec},
    preset::Preset,
};

impl Model {
    /// Carries out what concerns sockets and settings. Actions on the window itself are not its business.
    pub fn dispatch(&mut self, action: Action, engine: &Engine) {
        match action {
            Action::Open(spec) => {
                self.open(&spec, engine);
            }
            Action::OpenNew(spec) => {
                self.open(&spec, engine);
                self.settings.remember(spec);
            }
            Action::OpenPreset(preset) => {
                let id = self.open(&preset.socket, engine);
                let Preset { listings, title, watch, .. } = *preset;
                self.played.insert(id, Played { listings, title, watch, dismissed: false });
            }
            Action::DismissWatch(id) => {
                if let Some(played) = self.played.get_mut(&id) {
                    played.dismissed = true;
                }
            }
            Action::OpenPair(pair) => {
                let id = self.open(&pair.first(), engine);
                self.pairs.insert(id, pair);
            }
            Action::Reopen(id) => self.reopen(id, engine),
            Action::Forget(id) => self.forget(id, engine),
            Action::Select(id) => self.selected = id,
            Action::Verb(id, command) => self.command(id, command, engine),
            Action::CloseAll(listener) => {
                let connections = self.sockets.get(listener).map(|entry| entry.connections.clone()).unwrap_or_default();
                for id in connections {
                    if self.sockets.get(id).is_some_and(|entry| entry.state.is_open()) {
                        self.command(id, Command::Close, engine);
                    }
                }
            }
            Action::ToggleFavourite(spec) => self.settings.toggle_favourite(spec),
            Action::SetLang(lang) => self.settings.lang = Some(lang),
            Action::SetTheme(theme) => self.settings.theme = theme,
            Action::SetZoom(zoom) => self.settings.set_zoom(zoom),
            Action::SetJournal(limit) => {
                self.settings.journal = limit;
                self.journal.set_budget(limit.into());
            }
            Action::SetComposition(composition) => self.settings.composer = composition,
            Action::SetFramings(id, framings) => {
                self.framings.insert(id, framings);
            }
            Action::SetUsualFramings(framings) => self.settings.framing = framings,
            Action::SetMessageLimit(bytes) => self.settings.message_limit = bytes,
            Action::SetBoundaries(open) => self.settings.boundaries = open,
            Action::ClearJournalNow => self.journal.clear(),
            Action::OpenChat(spec) => {
                self.settings.chat.address = spec.address;
                let id = self.open(&SocketSpec::Udp(spec), engine);
                self.chat.start(id);
            }
            Action::UseForChat(Some(id)) => self.chat.start(id),
            Action::UseForChat(None) => self.chat.stop(),
            Action::ChatSeen(address) => self.chat.seen(address),
            Action::SetChat(settings) => self.settings.chat = settings,
            Action::ClearJournal
            | Action::Copy(_)
            | Action::CopyCode(..)
            | Action::Run(_)
            | Action::ShowNew(_)
            | Action::ShowSpec(_)
            | Action::ShowPreset(_)
            | Action::ShowSavePreset(_)
            | Action::SavePreset(_)
            | Action::DeletePreset(_)
            | Action::ShowSettings
            | Action::EditRules(_)
            | Action::FileRead(..)
            | Action::FileWritten(..)
            | Action::ShowPlace(_)
            | Action::ShowLens(_)
            | Action::ShowRow(..)
            | Action::ChooseFile(_)
            | Action::FileChosen(..)
            | Action::FilesChosen(_)
            | Action::Transfer(_) => {}
        }
    }

    fn open(&mut self, spec: &SocketSpec, engine: &Engine) -> SocketId {
        let id = engine.open(spec);
        self.sockets.open(id, spec.kind(), 0, self.now);
        self.specs.insert(id, spec.clone());
        if let Some(counters) = engine.counters(id) {
            self.meters.insert(id, Meter::new(counters));
        }
        self.selected = Some(id);
        id
    }

    fn reopen(&mut self, id: SocketId, engine: &Engine) {
        let Some(entry) = self.sockets.get(id).filter(|entry| !entry.state.is_open()) else { return };
        let (kind, generation, local) = (entry.kind, entry.generation.saturating_add(1), entry.local);
        let Some(spec) = self.specs.get_mut(&id) else { return };
        // A server that comes back is expected where it was, although the system chose its port then.
        if let (Some(local), SocketSpec::TcpServer(TcpServerSpec { address, .. })) = (local, &mut *spec) {
            *address = local;
        }
        engine.reopen(id, generation, spec);
        self.sockets.open(id, kind, generation, self.now);
        self.refusals.remove(&id);
        self.tuned.remove(&id);
        if let Some(counters) = engine.counters(id) {
            self.meters.insert(id, Meter::new(counters));
        }
        self.selected = Some(id);
    }

    fn forget(&mut self, id: SocketId, engine: &Engine) {
        let Some(entry) = self.sockets.get(id).filter(|entry| !entry.state.is_open()) else { return };
        let is_closed = |id: &SocketId| self.sockets.get(*id).is_some_and(|entry| !entry.state.is_open());
        let mut leaving: Vec<_> = entry.connections.iter().copied().filter(is_closed).collect();
        leaving.push(id);
        for id in leaving {
            self.sockets.forget(id);
            self.specs.remove(&id);
            self.meters.remove(&id);
            self.tuned.remove(&id);
            self.framings.remove(&id);
            self.closed.remove(&id);
            self.refusals.remove(&id);
            self.played.remove(&id);
            for closed in self.closed.values_mut() {
                closed.kept.retain(|kept| *kept != id);
            }
            engine.forget(id);
            if self.chat.socket() == Some(id) {
                self.chat.stop();
            }
            if self.selected == Some(id) {
                self.selected = None;
            }
        }
        if self.selected.is_none() {
            self.selected = self.sockets.iter().last().map(|entry| entry.id);
        }
    }

    fn command(&mut self, id: SocketId, command: Command, engine: &Engine) {
        let mut tuned = self.tuned.get(&id).cloned().unwrap_or_default();
        match &command {
            Command::SetRecvBytes(bytes) => tuned.recv_bytes = Some(*bytes),
            Command::SetReadDelay(delay) => tuned.read_delay = Some(*delay),
            Command::SetSendGap(gap) => tuned.send_gap = Some(*gap),
            // What a connection is told, its kernel confirms; a listener's is a wish for those to come.
            Command::SetNodelay(on) if self.sockets.get(id).is_some_and(|entry| entry.kind == Kind::TcpListener) => {
                tuned.nodelay = Some(*on);
            }
            Command::SetResponder(responder) => tuned.responder = Some(responder.clone()),
            _ => {}
        }
        match engine.command(id, command) {
            Ok(()) => {
                self.refusals.remove(&id);
                self.tuned.insert(id, tuned);
            }
            Err(error) => {
                self.refusals.insert(id, error);
            }
        }
    }
}

impl Pair {
    fn first(self) -> SocketSpec {
        match self {
            Self::Tcp => {
                SocketSpec::TcpServer(TcpServerSpec { responder: Responder::Echo, ..TcpServerSpec::default() })
            }
            Self::Udp => SocketSpec::Udp(UdpSpec { responder: Responder::Echo, ..UdpSpec::default() }),
        }
    }

    pub(super) fn second(self, first: SocketAddr) -> SocketSpec {
        let target = Endpoint::from(reachable(first));
        match self {
            Self::Tcp => SocketSpec::TcpClient(TcpClientSpec { target, ..TcpClientSpec::default() }),
            Self::Udp => SocketSpec::Udp(UdpSpec { connect: Some(target), ..UdpSpec::default() }),
        }
    }
}
