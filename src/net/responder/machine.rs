//! What rules do, step by step, without a socket.
//!
//! A machine is told what happened (the connection stands, bytes came, the peer ended, a person typed a line, a program
//! ended) and is asked what to do next. Everything is done in order, as in the small programs that these rules describe:
//! who waits three seconds before closing answers nobody meanwhile. So the work that waits is a queue of runs (the actions
//! of one rule, with the message that they answer), and only the first of them moves.
//!
//! Nothing here grows without bound. At [`RUNS`] runs or [`HELD_BYTES`] bytes in them a machine is full and its socket stops
//! reading; what is sent is at most [`Rules::rate`] messages a second.

mod step;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    mem,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Zoned;

use self::step::{lenient, unencodable};
use super::{
    Rule,
    pattern::Pattern,
    rules::{Commands, EmptyLine, Leave, Rules, Split, Then, When},
    shell::Shell,
    template::Template,
};
use crate::{
    framing::{Decoder, Framing, LIMIT},
    journal::{Call, FaultKind},
    text::Unmappable,
};

/// Runs after which a machine is full.
const RUNS: usize = 64;
/// Bytes in runs after which a machine is full.
const HELD_BYTES: usize = 1 << 20;
/// Lines that a person may type ahead.
const LINES: usize = 1_024;
/// What a second is, for the limit of messages.
const SECOND: Duration = Duration::from_secs(1);

/// What the socket is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::net) enum Effect {
    /// Send this; on UDP to this address, or to the peer of a connected socket.
    Send(Vec<u8>, Option<SocketAddr>),
    /// Send this to all others, but not to this address.
    Others(Vec<u8>, Option<SocketAddr>),
    /// Send a file, whole.
    File(PathBuf, Option<SocketAddr>),
    /// Read a file and hand its bytes to [`Machine::pieces`], which cuts them.
    Load(PathBuf, Split, Option<SocketAddr>),
    /// `shutdown(SHUT_WR)`.
    HalfClose,
    /// `close`, after what is queued.
    Close,
    /// RST, after what is queued.
    Reset,
    /// Let the server accept its next client; this connection is left as it is.
    NextClient,
    /// A person is asked.
    Asked(Option<SocketAddr>),
    /// Run a program; [`Machine::ran`] is to be told of its end.
    Run(String, Commands, Option<SocketAddr>),
    /// Something could not be done.
    Failed(Call, FaultKind, String, Option<SocketAddr>),
    /// There is more to send than the limit allows.
    Limited(u32),
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::net) enum Next {
    /// This; then ask again.
    Do(Effect),
    /// Nothing before this moment.
    At(Instant),
    /// Nothing until something happens.
    Idle,
}

/// The message that a run answers.
#[derive(Debug, Default)]
struct Occasion {
    message: Vec<u8>,
    groups: Vec<Vec<u8>>,
    number: u64,
    peer: Option<SocketAddr>,
    line: String,
}

/// Actions on their way.
#[derive(Debug)]
struct Run {
    actions: Arc<[Then]>,
    at: usize,
    /// Progress within one action: messages of a script, lines of the character generator.
    within: u64,
    split: Option<Split>,
    occasion: Occasion,
}

/// What the first run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Nothing,
    Until(Instant),
    Messages(u64),
    End,
    Bytes(u64),
    Person,
    Program,
}

/// A condition, ready to be compared.
#[derive(Debug)]
enum Test {
    Exact(Vec<u8>),
    Contains(Vec<u8>),
    Starts(Vec<u8>),
    Ends(Vec<u8>),
    /// The rule says it itself.
    Itself,
}

/// Bytes that leave piece by piece.
#[derive(Debug)]
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    split: Split,
    to: Option<SocketAddr>,
}

/// The rules at work on one connection, or on one UDP socket.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that is asked for by name")]
pub(in crate::net) struct Machine {
    rules: Arc<Rules>,
    tests: Vec<(Test, Arc<[Then]>)>,
    datagrams: bool,
    local: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    decoder: Option<Decoder>,
    runs: VecDeque<Run>,
    held: usize,
    waiting: Waiting,
    pieces: Option<Pieces>,
    /// Effects that come before anything else.
    notes: VecDeque<Effect>,
    number: u64,
    /// Messages that no rule answered and no `await` has taken.
    unread: u64,
    ended: bool,
    /// What the end of the stream sets going has been set going.
    end_taken: bool,
    /// What came was not in the framing.
    deaf: bool,
    asks: VecDeque<Option<SocketAddr>>,
    /// Answers of the person that their run has not noticed.
    answers: usize,
    lines: VecDeque<String>,
    line_actions: Option<Arc<[Then]>>,
    timers: Vec<(Instant, Duration, usize)>,
    close_at: Option<Instant>,
    file: Option<(String, u64)>,
    shell: Shell,
    chance: fastrand::Rng,
    second: Instant,
    sent: u32,
    limited: bool,
    clock: fn() -> Zoned,
}

impl Machine {
    /// A machine before anything happened. `local` and `peer` fill placeholders; `datagrams` is for UDP.
    pub fn new(rules: &Arc<Rules>, datagrams: bool, local: Option<SocketAddr>, now: Instant) -> Self {
        let charset_in = rules.encoding_in.unwrap_or(rules.encoding);
        let bytes = |pattern: &Pattern| pattern.bytes(charset_in).unwrap_or_default();
        let tests = rules.rules.iter().map(|rule| {
            let test = match &rule.when {
                When::Exact(pattern) => Test::Exact(bytes(pattern)),
                When::Contains(pattern) => Test::Contains(bytes(pattern)),
                When::Starts(pattern) => Test::Starts(bytes(pattern)),
                When::Ends(pattern) => Test::Ends(bytes(pattern)),
                _ => Test::Itself,
            };
            (test, Arc::from(rule.then.as_slice()))
        });
        let framed = !datagrams && rules.framing != Framing::None;
        let file = rules.file.as_ref().map(|served| {
            let size = match &served.path {
                Some(path) => std::fs::metadata(path).map_or(0, |meta| meta.len()),
                None => lenient(rules.encoding, &served.text).len() as u64,
            };
            let of_path = || served.path.as_ref()?.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = if served.name.is_empty() { of_path().unwrap_or_default() } else { served.name.clone() };
            (name, size)
        });
        let line_actions = rules.lines.as_ref().map(|lines| {
            let wait = lines.ping_pong.then_some(Then::Await(1));
            [Then::Reply(lines.send.clone())].into_iter().chain(wait).collect()
        });
        Self {
            tests: tests.collect(),
            datagrams,
            local,
            peer: None,
            decoder: framed.then(|| Decoder::new(rules.framing.clone(), LIMIT)),
            runs: VecDeque::new(),
            held: 0,
            waiting: Waiting::Nothing,
            pieces: None,
            notes: VecDeque::new(),
            number: 0,
            unread: 0,
            ended: false,
            end_taken: false,
            deaf: false,
            asks: VecDeque::new(),
            answers: 0,
            lines: VecDeque::new(),
            line_actions,
            timers: Vec::new(),
            close_at: None,
            file,
            shell: Shell::new(),
            chance: fastrand::Rng::new(),
            second: now,
            sent: 0,
            limited: false,
            clock: Zoned::now,
            rules: Arc::clone(rules),
        }
    }

    /// The connection stands, or the UDP socket is bound. What is said on connect needs a peer.
    pub fn connected(&mut self, peer: Option<SocketAddr>, now: Instant) {
        self.begin(peer, now);
        if (!self.datagrams || peer.is_some()) && !self.rules.connect.is_empty() {
            let actions = Arc::from(self.rules.connect.as_slice());
            self.push(actions, Occasion { peer, ..Occasion::default() });
        }
    }

    /// The same for rules that come to a living socket: nothing is said, only the clocks start.
    pub fn begin(&mut self, peer: Option<SocketAddr>, now: Instant) {
        self.peer = peer;
        let every = self.rules.rules.iter().enumerate().filter_map(|(index, rule)| {
            let When::EveryMs(ms) = rule.when else { return None };
            let period = Duration::from_millis(ms.max(1));
            Some((now + period, period, index))
        });
        self.timers = every.collect();
        self.close_at = (self.rules.close_after_ms > 0).then(|| now + Duration::from_millis(self.rules.close_after_ms));
    }

    /// `recv` returned these bytes, or `recvfrom` this datagram.
    pub fn received(&mut self, mut bytes: &[u8], peer: Option<SocketAddr>) {
        if let Waiting::Bytes(rest) = self.waiting {
            let taken = usize::try_from(rest).unwrap_or(usize::MAX).min(bytes.len());
            self.waiting = Waiting::Bytes(rest - taken as u64);
            bytes = bytes.get(taken..).unwrap_or_default();
            if bytes.is_empty() && taken > 0 {
                return;
            }
        }
        match &mut self.decoder {
            _ if self.deaf => {}
            Some(decoder) => decoder.push(bytes),
            None => self.message(bytes, peer),
        }
    }

    /// `recv` returned 0.
    pub fn ended(&mut self) {
        self.ended = true;
    }

    /// A person typed a line: it answers the oldest message that asks, or is what [`Rules::lines`] say.
    pub fn line(&mut self, line: String) {
        let charset = self.rules.encoding;
        if let Some(peer) = self.asks.front().copied() {
            let line_occasion = Occasion { peer, line, ..Occasion::default() };
            let template = self.rules.lines.as_ref().map_or_else(Template::line, |lines| lines.send.clone());
            match self.render(&template, &line_occasion) {
                Ok(bytes) => {
                    self.answered();
                    self.notes.push_back(Effect::Send(bytes, peer));
                }
                Err(effect) => self.notes.push_back(effect),
            }
            return;
        }
        let Some(lines) = &self.rules.lines else {
            match charset.encode(&line, Unmappable::Refuse) {
                Ok(bytes) => self.notes.push_back(Effect::Send(bytes, None)),
                Err(error) => self.notes.push_back(unencodable(&error, None)),
            }
            return;
        };
        let quits = lines.quits(&line) || (line.is_empty() && lines.empty == EmptyLine::Ends);
        if line.is_empty() && lines.empty == EmptyLine::Ignored && !quits {
            return;
        }
        if self.lines.len() >= LINES {
            let effect = Effect::Failed(Call::Send, FaultKind::QueueFull, line, self.peer);
            self.notes.push_back(effect);
            return;
        }
        self.lines.push_back(line);
    }

    /// The person answered the oldest message that asks, by other means than [`Self::line`]. Whom, if somebody did.
    pub fn answered(&mut self) -> Option<SocketAddr> {
        let peer = self.asks.pop_front()?;
        self.answers += 1;
        peer
    }

    /// Whether it sends in pieces that are to stay apart.
    pub fn cuts(&self) -> bool {
        let mut actions = self.rules.connect.iter().chain(self.rules.rules.iter().flat_map(|rule| &rule.then));
        actions.any(|action| matches!(action, Then::Split(_) | Then::Script(_)))
    }

    /// Messages that wait for the person.
    pub fn asks(&self) -> usize {
        self.asks.len()
    }

    /// The program ended; this is what is said of it.
    pub fn ran(&mut self, output: Vec<u8>, to: Option<SocketAddr>) {
        if self.waiting == Waiting::Program {
            self.waiting = Waiting::Nothing;
        }
        if !output.is_empty() {
            self.notes.push_back(Effect::Send(output, to));
        }
    }

    /// Bytes of a file that leave piece by piece before anything else is done.
    pub fn pieces(&mut self, bytes: Vec<u8>, split: Split, to: Option<SocketAddr>) {
        self.pieces = Some(Pieces { bytes, at: 0, split, to });
    }

    /// Whether nothing is left to do.
    pub fn is_idle(&self) -> bool {
        self.runs.is_empty() && self.pieces.is_none() && self.notes.is_empty() && self.lines.is_empty()
    }

    /// Whether more input is to wait. Never while input is what it waits for.
    pub fn is_full(&self) -> bool {
        let hungry = matches!(self.waiting, Waiting::Messages(_) | Waiting::End | Waiting::Bytes(_));
        !hungry && (self.runs.len() >= RUNS || self.held >= HELD_BYTES)
    }

    /// What to do now. To be asked until it has nothing more.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.close_at.is_some_and(|at| at <= now) {
            self.close_at = None;
            self.stop();
            return Next::Do(Effect::Close);
        }
        self.tick(now);
        self.take_messages();
        // Each step ends a run, an action or the loop; the number of runs is bounded, and so is that of actions.
        loop {
            if now.saturating_duration_since(self.second) >= SECOND {
                self.second = now;
                self.sent = 0;
                self.limited = false;
            }
            if self.sent >= self.rules.rate {
                if !mem::replace(&mut self.limited, true) {
                    return Next::Do(Effect::Limited(self.rules.rate));
                }
                return Next::At(self.second + SECOND);
            }
            if let Some(effect) = self.notes.pop_front() {
                return self.do_now(effect);
            }
            if let Waiting::Until(at) = self.waiting {
                if now < at {
                    return self.at_the_latest(Some(at));
                }
                self.waiting = Waiting::Nothing;
            }
            if let Some(effect) = self.next_piece(now) {
                return self.do_now(effect);
            }
            if self.is_waiting() {
                return self.at_the_latest(None);
            }
            if self.runs.is_empty() && !self.next_line() {
                return self.at_the_latest(None);
            }
            if let Some(effect) = self.step(now) {
                return self.do_now(effect);
            }
        }
    }

    fn do_now(&mut self, effect: Effect) -> Next {
        if matches!(effect, Effect::Send(..) | Effect::Others(..)) {
            self.sent += 1;
        }
        Next::Do(effect)
    }

    /// When to look again if nothing happens.
    fn at_the_latest(&self, at: Option<Instant>) -> Next {
        let timers = self.timers.iter().map(|timer| timer.0);
        timers.chain(at).chain(self.close_at).min().map_or(Next::Idle, Next::At)
    }

    /// Nothing more is done: the socket closes.
    fn stop(&mut self) {
        self.runs.clear();
        self.held = 0;
        self.lines.clear();
        self.asks.clear();
        self.pieces = None;
        self.waiting = Waiting::Nothing;
        self.timers.clear();
    }

    fn tick(&mut self, now: Instant) {
        for index in 0..self.timers.len() {
            let Some((at, period, rule)) = self.timers.get_mut(index) else { return };
            if *at > now {
                continue;
            }
            // What was missed is not made up for.
            let next = *at + *period;
            *at = if next > now { next } else { now + *period };
            let rule = *rule;
            if self.runs.len() < RUNS {
                self.push_rule(rule, Occasion { peer: self.peer, number: self.number, ..Occasion::default() });
            }
        }
    }

    /// Whether what the first run waits for has not come.
    fn is_waiting(&mut self) -> bool {
        let over = match self.waiting {
            Waiting::Nothing => return false,
            // Who waits for a message of a peer that has ended reads the end of the stream.
            Waiting::Messages(count) => self.unread >= count || self.ended,
            Waiting::End => self.ended,
            Waiting::Bytes(rest) => rest == 0 || self.ended,
            Waiting::Person => self.answers > 0,
            Waiting::Until(_) | Waiting::Program => false,
        };
        if over {
            match self.waiting {
                Waiting::Messages(count) => self.unread = self.unread.saturating_sub(count),
                Waiting::Person => self.answers -= 1,
                _ => {}
            }
            self.waiting = Waiting::Nothing;
        }
        !over
    }

    /// Whether a typed line became a run.
    fn next_line(&mut self) -> bool {
        let (Some(line), Some(lines)) = (self.lines.pop_front(), &self.rules.lines) else { return false };
        let quits = lines.quits(&line) || (line.is_empty() && lines.empty == EmptyLine::Ends);
        let actions = if quits {
            let leave = match lines.leave {
                Leave::Close => Then::Close,
                Leave::HalfClose => Then::HalfClose,
                Leave::Reset => Then::Reset,
            };
            let last = (lines.quit_sends && !line.is_empty()).then(|| Then::Reply(lines.send.clone()));
            last.into_iter().chain([leave]).collect()
        } else {
            self.line_actions.clone().unwrap_or_else(|| Arc::from([]))
        };
        // What came before the question is no answer to it.
        self.unread = 0;
        self.push(actions, Occasion { peer: self.peer, line, ..Occasion::default() });
        true
    }

    /// Takes messages out of the stream while there is room for what they set going; then what its end sets going.
    fn take_messages(&mut self) {
        while !self.is_full() {
            match self.decoder.as_mut().and_then(Decoder::next) {
                Some(Ok(message)) => self.message(&message, self.peer),
                Some(Err(error)) => {
                    // Where the next message begins is unknown: what follows is read and not answered.
                    self.decoder = None;
                    self.deaf = true;
                    let effect = Effect::Failed(Call::Rule, FaultKind::Framing, error.facts(), self.peer);
                    self.notes.push_back(effect);
                }
                None => {
                    if self.ended && !mem::replace(&mut self.end_taken, true) {
                        let end = self.rules.rules.iter().position(|rule| rule.when == When::End);
                        if let Some(index) = end {
                            let occasion = Occasion { peer: self.peer, number: self.number, ..Occasion::default() };
                            self.push_rule(index, occasion);
                        }
                    }
                    return;
                }
            }
        }
    }

    fn message(&mut self, message: &[u8], peer: Option<SocketAddr>) {
        self.number = self.number.saturating_add(1);
        if matches!(self.waiting, Waiting::Messages(_) | Waiting::End) {
            self.unread += 1;
            return;
        }
        let mut groups = Vec::new();
        let number = self.number;
        let pairs = self.rules.rules.iter().zip(&self.tests);
        let found = pairs.enumerate().find(|(_, (rule, (test, _)))| fits(rule, test, message, number, &mut groups));
        match found.map(|(index, _)| index) {
            Some(index) => {
                let message = message.to_vec();
                self.push_rule(index, Occasion { message, groups, number, peer, line: String::new() });
            }
            None => self.unread = self.unread.saturating_add(1),
        }
    }

    fn push_rule(&mut self, index: usize, occasion: Occasion) {
        let Some((_, actions)) = self.tests.get(index) else { return };
        let actions = Arc::clone(actions);
        if actions.contains(&Then::Ask) {
            self.asks.push_back(occasion.peer);
            self.notes.push_back(Effect::Asked(occasion.peer));
        }
        self.push(actions, occasion);
    }

    fn push(&mut self, actions: Arc<[Then]>, occasion: Occasion) {
        self.held += occasion.message.len();
        self.runs.push_back(Run { actions, at: 0, within: 0, split: None, occasion });
    }
}

/// Whether a rule answers to a message; what the groups of its expression caught is left in `groups`.
fn fits(rule: &Rule, test: &Test, message: &[u8], number: u64, groups: &mut Vec<Vec<u8>>) -> bool {
    match test {
        Test::Exact(bytes) => return message == bytes,
        Test::Contains(bytes) => return memchr::memmem::find(message, bytes).is_some(),
        Test::Starts(bytes) => return message.starts_with(bytes),
        Test::Ends(bytes) => return message.ends_with(bytes),
        Test::Itself => {}
    }
    match &rule.when {
        When::Any => true,
        When::Empty => message.is_empty(),
        When::Message(n) => *n == number,
        When::Regex(expression) => expression.regex().captures(message).is_some_and(|found| {
            let caught = found.iter().skip(1);
            *groups = caught.map(|group| group.map_or(Vec::new(), |found| found.as_bytes().to_vec())).collect();
            true
        }),
        _ => false,
    }
}
