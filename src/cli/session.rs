//! One socket from its opening to its end, driven by what it reports, by standard input and by the clock.
//!
//! Everything waits in one place ([`Session::run`]), so that no moment is missed and nothing has to be polled but the
//! room in a full socket. The rules of the end are those of a person at a terminal: once one direction has ended, the
//! other is waited for as long as something happens, and [`Options::wait`] longer.

mod end;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, at, never, select};
use rust_i18n::t;

use self::end::End;
use super::{
    Exit, Refusal,
    http::Http,
    input::{self, Line},
    keyboard::Keyboard,
    notes::{self, Notes},
    options::Options,
    output::{Given, Output},
    recording::Recording,
    sender::{Sender, Target},
    signals::signals,
};
use crate::{
    framing::Framing,
    journal::{Batch, Call, CloseReason, Event, Kind, Nanos, Record, Row, SocketId, Sockets, State},
    net::{Command, CommandError, Endpoint, Engine, SocketSpec},
    words::{self, number},
};

/// How often the room in a full socket is looked at, should none of its records say that there is some.
const RETRY: Duration = Duration::from_millis(2);
/// How long a line waits for a client before that is said.
const STALLED: Duration = Duration::from_secs(2);
/// How long silence is waited for beyond its own time: records come later than they happened.
const LATE: Nanos = 20_000_000;
/// Closed connections of a server that are still remembered.
const REMEMBERED: usize = 256;

/// What is done with lines and with the end of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Each line goes to all connections; the end of the input means nothing.
    Server,
    /// Lines go to the peer; the end of the input half-closes.
    Client,
    /// Lines go to this address, to the peer that the socket is connected to, or else to the last one heard.
    Udp { to: Option<Endpoint>, connected: bool },
}

/// Opens the socket and drives it until it is done.
///
/// # Errors
/// The file that is to be written at the end cannot be made; nothing was opened.
pub(super) fn run(spec: &SocketSpec, role: Role, options: &Options) -> Result<Exit, Refusal> {
    if !matches!(Keyboard::of(spec.responder()), Keyboard::Sends) && options.frame_send != Framing::None {
        return Err(Refusal(t!("cli.frame_rules", locale = options.lang.tag()).into_owned()));
    }
    let recording = Recording::new(options)?;
    let no_reuse = matches!(spec, SocketSpec::TcpServer(spec) if !spec.reuse_address);
    let notes = Notes::new(options.lang, options.quiet).with_encoding(options.encoding_name).without_reuse(no_reuse);
    let engine = Engine::new(Arc::new(()));
    let id = engine.open(spec);
    let mut sockets = Sockets::default();
    sockets.open(id, spec.kind(), 0, engine.now());
    let composition = options.composition;
    let keyboard = Keyboard::of(spec.responder());
    let raw = !matches!(keyboard, Keyboard::Sends);
    let lines = if matches!(keyboard, Keyboard::Unused) { Ok(never()) } else { input::lines() };
    let lines = lines.unwrap_or_else(|error| {
        notes::warn(&t!("cli.input_failed", locale = options.lang.tag(), error = error));
        never()
    });
    let session = Session {
        id,
        role,
        options,
        sockets,
        notes,
        sender: Sender::new(options.lang, composition, options.frame_send.clone(), spec.kind() == Kind::UdpSocket, raw),
        output: Output::new(options.reading, composition.mode, options.json.then(|| engine.epoch()))
            .framed(options.frame_recv.clone(), options.frame_limit),
        engine,
        input: if matches!(keyboard, Keyboard::Unused) { Input::Unused } else { Input::Open },
        keyboard,
        ahead: None,
        http: Http::default(),
        whole: false,
        records: 0,
        shown: 0,
        received: Tally::default(),
        sent: Tally::default(),
        last_heard: None,
        stalled: None,
        active: Instant::now(),
        patience: patience(spec, options.wait),
        network_failed: false,
        gave_up: false,
        unreachable: false,
        closed: VecDeque::new(),
        recording,
    };
    Ok(session.run(&lines))
}

/// How long the other end may be silent: what it says is only seen after the wait before `recv`.
fn patience(spec: &SocketSpec, wait: Duration) -> Duration {
    let read_delay = match spec {
        SocketSpec::TcpServer(spec) => spec.read_delay,
        SocketSpec::TcpClient(spec) => spec.read_delay,
        SocketSpec::Udp(spec) => spec.read_delay,
    };
    if wait.is_zero() { wait } else { wait.saturating_add(read_delay) }
}

/// How far standard input has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Open,
    Ended,
    /// It ended, and the socket was told to half-close.
    HalfClosing,
    /// The socket's script wants none.
    Unused,
}

/// A line that waits for room in a socket.
#[derive(Clone, Copy, Debug)]
struct Stalled {
    line: u64,
    since: Instant,
    told: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    messages: u64,
    bytes: u64,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Session<'o> {
    engine: Engine,
    id: SocketId,
    role: Role,
    options: &'o Options,
    sockets: Sockets,
    notes: Notes,
    sender: Sender,
    output: Output,
    input: Input,
    keyboard: Keyboard,
    /// The line behind one that waits for its answer.
    ahead: Option<Line>,
    http: Http,
    /// Whether all of an answer over HTTP has come.
    whole: bool,
    /// Records so far.
    records: u64,
    /// Messages that were written: reads, or those of the framing.
    shown: u64,
    received: Tally,
    sent: Tally,
    last_heard: Option<SocketAddr>,
    stalled: Option<Stalled>,
    /// When something last moved.
    active: Instant,
    /// How long nothing may move once one direction has ended.
    patience: Duration,
    network_failed: bool,
    /// Whether something was handed over and never left.
    gave_up: bool,
    unreachable: bool,
    closed: VecDeque<SocketId>,
    /// All records, where they are wanted at the end.
    recording: Option<Recording>,
}

impl Session<'_> {
    fn run(mut self, lines: &Receiver<std::io::Result<Line>>) -> Exit {
        let end_at = self.options.limit.and_then(|limit| self.active.checked_add(limit));
        let batches = self.engine.batches().clone();
        let silence = never();
        let interrupted = signals().unwrap_or_else(|error| {
            log::warn!("Ctrl+C is not waited for: {error}");
            never()
        });
        loop {
            self.sender.pump(&self.engine);
            self.tell_stalled();
            self.settle();
            self.half_close();
            if let Some(end) = self.ended(end_at) {
                return self.finish(end, lines);
            }
            let target = if self.input != Input::Open || !self.sender.is_free() { None } else { self.next_target() };
            if let Some(target) = &target
                && let Some(line) = self.ahead.take()
            {
                self.type_line(line, target.clone());
                continue;
            }
            let input = if target.is_some() || self.reads_ahead() { lines } else { &silence };
            let timer = self.next_look(end_at).map_or_else(never, at);
            select! {
                recv(batches) -> batch => match batch {
                    Ok(batch) => self.take(batch),
                    Err(_) => return self.finish(End::over(Exit::Network), lines),
                },
                recv(interrupted) -> _ => {
                    let exit = if self.is_connecting() { Exit::Network } else { Exit::Done };
                    return self.finish(End::early(exit), lines);
                },
                recv(input) -> line => match (line, target) {
                    (Ok(Ok(line)), Some(target)) => {
                        self.active = Instant::now();
                        self.type_line(line, target);
                    }
                    (Ok(Ok(line)), None) => self.ahead = Some(line),
                    (Ok(Err(error)), _) => {
                        let tag = self.options.lang.tag();
                        notes::warn(&t!("cli.input_failed", locale = tag, error = error));
                        self.end_input();
                    }
                    _ => self.end_input(),
                },
                recv(timer) -> _ => {}
            }
        }
    }

    /// Says which client the others wait for: a line goes to all of them before the next one does.
    fn tell_stalled(&mut self) {
        let waits = self.sender.waits_for().filter(|_| self.role == Role::Server);
        let Some((number, sockets)) = waits else {
            self.stalled = None;
            return;
        };
        match &mut self.stalled {
            Some(stalled) if stalled.line == number => {
                if !stalled.told && stalled.since.elapsed() >= STALLED {
                    stalled.told = true;
                    let (tag, sockets) = (self.options.lang.tag(), sockets.map(|id| id.to_string()));
                    let sockets = sockets.collect::<Vec<_>>().join(", ");
                    notes::warn(&t!("cli.stalled", locale = tag, number = number, sockets = sockets));
                }
            }
            stalled => *stalled = Some(Stalled { line: number, since: Instant::now(), told: false }),
        }
    }

    /// Who gets the next line, as the socket's rules have it.
    fn next_target(&self) -> Option<Target> {
        match &self.keyboard {
            Keyboard::Sends => self.target(),
            Keyboard::Unused => None,
            Keyboard::Feeds(person) => person.target(self.target()),
        }
    }

    /// Whether a line may be read although nobody gets it yet: behind a line that waits for its answer the end of the
    /// input has to be noticed, or an answer that never comes is waited for without end.
    fn reads_ahead(&self) -> bool {
        let awaits = matches!(&self.keyboard, Keyboard::Feeds(person) if person.awaits());
        awaits && self.ahead.is_none() && self.input == Input::Open
    }

    fn end_input(&mut self) {
        self.input = Input::Ended;
        self.sender.end();
    }

    fn type_line(&mut self, line: Line, target: Target) {
        match &mut self.keyboard {
            Keyboard::Feeds(person) => {
                let typed = line.bytes.clone();
                if self.sender.take(line, target) {
                    person.typed(&typed);
                }
            }
            Keyboard::Sends | Keyboard::Unused => {
                self.sender.take(line, target);
            }
        }
    }

    fn state(&self) -> State {
        self.sockets.get(self.id).map_or(State::New, |entry| entry.state)
    }

    /// Who gets the next line; nobody yet, while there is nobody.
    fn target(&self) -> Option<Target> {
        match &self.role {
            Role::Client => self.state().can_send().then(|| Target::Streams(vec![self.id])),
            Role::Server => {
                let connections: Vec<_> = self.open_connections().collect();
                (!connections.is_empty()).then_some(Target::Streams(connections))
            }
            Role::Udp { connected: true, .. } => {
                let entry = self.sockets.get(self.id)?;
                (entry.state.can_send() && entry.connect_took.is_some()).then_some(Target::Datagram(self.id, None))
            }
            Role::Udp { to, .. } => {
                let to = to.clone().or_else(|| self.last_heard.map(Endpoint::from))?;
                self.state().can_send().then_some(Target::Datagram(self.id, Some(to)))
            }
        }
    }

    fn open_connections(&self) -> impl Iterator<Item = SocketId> {
        self.sockets.iter().filter(|entry| entry.id != self.id && entry.state.can_send()).map(|entry| entry.id)
    }

    fn half_close(&mut self) {
        if self.half_close_is_due() && self.sender.is_free() {
            // Behind everything that was handed over; a socket with too many commands is asked again.
            match self.engine.command(self.id, Command::HalfClose) {
                Err(CommandError::Busy(_) | CommandError::QueueFull(_)) => {}
                Ok(()) | Err(CommandError::NotOpen(_)) => self.input = Input::HalfClosing,
            }
        }
    }

    fn half_close_is_due(&self) -> bool {
        // Lines that rules make messages of leave behind those that wait for an answer.
        let said = match &self.keyboard {
            Keyboard::Feeds(person) => person.has_said_all(self.sent.messages),
            Keyboard::Sends | Keyboard::Unused => true,
        };
        self.role == Role::Client && self.input == Input::Ended && self.state().can_half_close() && said
    }

    /// When the other end will have been silent for long enough, once one direction has ended.
    fn silent_at(&self) -> Option<Instant> {
        let waiting = match (&self.role, self.state()) {
            (Role::Client, State::FinWait) => true,
            (Role::Client, State::Established) => {
                (self.input == Input::Ended && !self.half_close_is_due()) || self.http.is_answered()
            }
            (Role::Client, State::CloseWait) => self.sender.is_idle(),
            (Role::Udp { to, connected }, State::Bound) => {
                self.input != Input::Open
                    && (*connected || to.is_some())
                    && self.target().is_some()
                    && self.sender.is_idle()
            }
            _ => false,
        };
        if waiting { self.active.checked_add(self.patience) } else { None }
    }

    fn next_look(&self, end_at: Option<Instant>) -> Option<Instant> {
        let retry = (!self.sender.is_free() || self.half_close_is_due()).then(|| Instant::now() + RETRY);
        // Records come a little later than they happened.
        let until = self.output.due().map(|due| due.saturating_add(LATE).saturating_sub(self.engine.now()));
        let due = until.and_then(|until| Instant::now().checked_add(Duration::from_nanos(until)));
        [end_at, self.silent_at(), retry, due].into_iter().flatten().min()
    }

    /// Writes the messages that silence has ended.
    fn settle(&mut self) {
        let now = self.engine.now().saturating_sub(LATE);
        if self.output.due().is_some_and(|due| due <= now) {
            let given = self.output.quiet_until(now, self.still_wanted());
            self.given(&given);
            self.output.flush();
            self.active = Instant::now();
        }
    }

    /// How many more messages are to be written.
    fn still_wanted(&self) -> u64 {
        self.options.count.map_or(u64::MAX, |count| count.saturating_sub(self.shown))
    }

    /// Counts what was written, and tells what could not be.
    fn given(&mut self, given: &Given) {
        self.shown += given.messages;
        let tag = self.options.lang.tag();
        if let Some(error) = &given.error {
            self.network_failed = true;
            let error = words::framing_error(self.options.lang, error);
            notes::warn(&t!("cli.framing", locale = tag, error = error));
        }
        if let Some((count, missing)) = given.rest {
            self.network_failed = true;
            let missing = words::framing_missing(self.options.lang, missing);
            notes::warn(&t!("cli.cut_off", locale = tag, count = count, missing = missing));
        }
    }

    fn output_ended(&mut self, socket: SocketId) {
        let given = self.output.ended(socket, self.still_wanted());
        self.given(&given);
    }

    fn ended(&mut self, end_at: Option<Instant>) -> Option<End> {
        let now = Instant::now();
        let tag = self.options.lang.tag();
        match self.state() {
            State::Failed(_) | State::Closed(CloseReason::Failure) => return Some(End::over(Exit::Network)),
            State::Closed(_) | State::Aborted => return Some(End::over(Exit::Done)),
            _ if self.unreachable => return Some(End::over(Exit::Network)),
            _ => {}
        }
        if self.output.is_closed() || self.still_wanted() == 0 {
            return Some(End::over(Exit::Done));
        }
        if self.has_all_answers() || self.whole {
            return Some(End::over(Exit::Done));
        }
        if end_at.is_some_and(|end| end <= now) {
            if self.is_connecting() {
                notes::warn(&t!("cli.not_connected", locale = tag));
                return Some(End::early(Exit::Network));
            }
            return Some(End::early(Exit::Done));
        }
        // What waits to be written is no silence.
        if self.silent_at().is_some_and(|silent| silent <= now) && self.engine.batches().is_empty() {
            if !self.options.wait.is_zero() {
                let time = number::duration(self.patience);
                self.notes.say(&t!("cli.silent", locale = tag, time = time));
            }
            return Some(End::early(Exit::Done));
        }
        None
    }

    /// Whether a UDP conversation that goes back and forth is over: nothing says so but the last answer.
    fn has_all_answers(&self) -> bool {
        match (&self.keyboard, &self.role) {
            (Keyboard::Feeds(person), Role::Udp { connected: true, .. }) => {
                let over = person.is_ping_pong() && person.has_said_all(self.sent.messages);
                self.input == Input::Ended && over && self.sender.is_idle()
            }
            _ => false,
        }
    }

    /// Whether the peer has not answered yet, or its name has no address yet.
    fn is_connecting(&self) -> bool {
        match self.role {
            Role::Client => matches!(self.state(), State::New | State::Resolving | State::SynSent),
            Role::Udp { connected: true, .. } => self.target().is_none(),
            Role::Server | Role::Udp { .. } => false,
        }
    }

    fn take(&mut self, batch: Batch) {
        let before = self.active;
        for record in &batch.records {
            if self.still_wanted() == 0 {
                self.take_last(record, &batch);
            } else {
                self.take_record(record, &batch);
            }
        }
        self.whole = self.http.is_whole();
        self.output.flush();
        if self.active != before {
            // Writing may have taken long: the time of a slow reader is not the peer's silence.
            self.active = Instant::now();
        }
        if let Some(recording) = &mut self.recording {
            recording.take(batch);
        }
    }

    fn take_record(&mut self, record: &Record, batch: &Batch) {
        let bytes = batch.bytes_of(record);
        let row = Row { seq: self.records, record, bytes };
        self.records += 1;
        self.heard(record);
        self.sockets.apply(record, bytes);
        let kind = self.sockets.get(record.socket).map_or(Kind::TcpConnection, |entry| entry.kind);
        match record.event {
            Event::Received { .. } => {
                self.active = Instant::now();
                self.received.messages += 1;
                self.received.bytes += bytes.len() as u64;
                if let Some(person) = self.keyboard.person() {
                    person.answered();
                }
                if self.role == Role::Client
                    && let Some(charset) = self.http.received(bytes)
                    && !self.options.encoding_given
                {
                    self.output.read_as(charset);
                }
                let given = self.output.received(record.socket, kind, bytes, record.at, self.still_wanted());
                self.given(&given);
            }
            Event::Sent { .. } => {
                self.active = Instant::now();
                self.sent.messages += 1;
                self.sent.bytes += bytes.len() as u64;
                if self.role == Role::Client && matches!(self.keyboard, Keyboard::Unused) {
                    self.http.sent(bytes);
                }
            }
            Event::HalfClosed | Event::Connected { .. } => self.active = Instant::now(),
            Event::PeerEnded => {
                self.active = Instant::now();
                self.output_ended(record.socket);
                self.http.tell(&self.notes, true);
            }
            Event::Asked => {
                if let Some(person) = self.keyboard.person() {
                    person.ask(record.socket);
                }
            }
            Event::Failed { call, .. } => self.failed(record.socket, call),
            Event::Closed { why: CloseReason::User, unsent } => self.gave_up |= unsent > 0,
            _ => {}
        }
        self.output.flush_terminal();
        self.notes.record(&row, kind, self.id);
        self.output.record(&row, kind);
        self.forget_closed(record);
    }

    fn failed(&mut self, socket: SocketId, call: Call) {
        if call == Call::Rule
            && let Some(person) = self.keyboard.person()
        {
            person.refused();
        }
        let io = matches!(call, Call::Send | Call::SendTo | Call::Recv | Call::RecvFrom);
        // A server goes on when a client is lost. A UDP socket goes on too, but not everything arrived.
        if socket == self.id && io {
            self.network_failed = true;
        }
        // A name without an address, or an address that cannot be connected to: nobody to send to.
        if matches!((&self.role, call), (Role::Udp { .. }, Call::Resolve | Call::Connect)) {
            self.unreachable = true;
        }
    }

    /// Says whom a UDP socket hears, each once and not with every change, and remembers the last.
    fn heard(&mut self, record: &Record) {
        let (Role::Udp { to, connected }, Event::Received { .. }) = (&self.role, record.event) else { return };
        let known = |peer| self.sockets.get(record.socket).is_some_and(|entry| entry.peers.contains(&peer));
        if let (Some(peer), None, false) = (record.peer, to, connected)
            && Some(peer) != self.last_heard
            && !known(peer)
        {
            self.notes.say(&t!("cli.heard", locale = self.options.lang.tag(), address = peer));
        }
        self.last_heard = record.peer;
    }

    /// Keeps a server that runs for days from remembering everyone who ever came.
    fn forget_closed(&mut self, record: &Record) {
        if record.socket == self.id || !matches!(record.event, Event::Closed { .. } | Event::Aborted { .. }) {
            return;
        }
        self.output_ended(record.socket);
        self.sender.forget(record.socket);
        if let Some(person) = self.keyboard.person() {
            person.forget(record.socket);
        }
        self.closed.push_back(record.socket);
        if self.closed.len() > REMEMBERED
            && let Some(old) = self.closed.pop_front()
        {
            self.sockets.forget(old);
            self.engine.forget(old);
        }
    }
}
