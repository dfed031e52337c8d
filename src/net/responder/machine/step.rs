//! One action after the other: what each of them says, waits for or does.

use std::time::{Duration, Instant};

use jiff::{Zoned, tz::TimeZone};

use super::{Effect, Machine, Occasion, Pieces, SocketAddr, Waiting};
use crate::{
    journal::{Call, FaultKind},
    net::responder::{
        clock,
        rules::{Page, Split, Then},
        template::{Scene, Template},
    },
    text::{Charset, EncodeError, Unmappable},
};

/// Characters in a line of the character generator (RFC 864).
const CHARGEN_LINE: u64 = 72;
/// The most characters in one of its datagrams.
const CHARGEN_DATAGRAM: usize = 512;

impl Machine {
    /// The next piece of what leaves in pieces.
    pub(super) fn next_piece(&mut self, now: Instant) -> Option<Effect> {
        let pieces = self.pieces.as_mut()?;
        let rest = pieces.bytes.get(pieces.at..).unwrap_or_default();
        let len = rest.len().min(pieces.split.bytes.max(1) as usize);
        let (piece, to) = (rest.get(..len).unwrap_or_default().to_vec(), pieces.to);
        pieces.at += len;
        if pieces.at >= pieces.bytes.len() {
            self.pieces = None;
        } else if pieces.split.gap_ms > 0 {
            self.waiting = Waiting::Until(now + Duration::from_millis(pieces.split.gap_ms));
        }
        (!piece.is_empty()).then_some(Effect::Send(piece, to))
    }

    /// Carries out the next action of the first run.
    pub(super) fn step(&mut self, now: Instant) -> Option<Effect> {
        let run = self.runs.front_mut()?;
        let Some(action) = run.actions.get(run.at).cloned() else {
            if let Some(done) = self.runs.pop_front() {
                self.held = self.held.saturating_sub(done.occasion.message.len());
            }
            return None;
        };
        let to = run.occasion.peer;
        run.at += 1;
        match action {
            Then::Nothing => None,
            Then::Echo => {
                let message = run.occasion.message.clone();
                self.say(message)
            }
            Then::Upper => {
                let message = run.occasion.message.to_ascii_uppercase();
                self.say(message)
            }
            Then::Strip => {
                let message = &mut run.occasion.message;
                let before = message.len();
                *message = stripped(message).to_vec();
                self.held = self.held.saturating_sub(before - message.len());
                None
            }
            Then::UpperText => {
                let text = self.charset_in().decode(&self.front()?.message).to_uppercase();
                self.say(lenient(self.rules.encoding, &text))
            }
            Then::Reply(template) => self.say_template(&template),
            Then::ReplyHex(bytes) => self.say(bytes.bytes().to_vec()),
            Then::OneOf(templates) => {
                let template = templates.get(self.chance.usize(..templates.len().max(1)))?.clone();
                self.say_template(&template)
            }
            Then::Script(script) => {
                let template = script.messages.get(usize::try_from(run.within).unwrap_or(usize::MAX)).cloned();
                run.within += 1;
                if run.within < script.messages.len() as u64 {
                    run.at -= 1;
                    if script.gap_ms > 0 {
                        self.waiting = Waiting::Until(now + Duration::from_millis(script.gap_ms));
                    }
                } else {
                    run.within = 0;
                }
                self.say_template(&template?)
            }
            Then::File => self.send_file(),
            Then::Strftime(default) => self.strftime(&default),
            Then::Chargen if self.datagrams => {
                let len = self.chance.usize(..=CHARGEN_DATAGRAM);
                let first = self.chance.u64(..95);
                self.say((0..len as u64).map(|i| pattern_byte(first + i)).collect())
            }
            Then::Chargen => {
                run.at -= 1;
                run.within += 1;
                let first = run.within - 1;
                let line = (first..first + CHARGEN_LINE).map(pattern_byte).chain(*b"\r\n").collect();
                Some(Effect::Send(line, to))
            }
            Then::Page(page) => self.page(&page),
            Then::Others(template) => {
                let bytes = self.front().map(|occasion| self.render(&template, occasion))?;
                Some(bytes.map_or_else(|effect| effect, |bytes| Effect::Others(self.framed(bytes), to)))
            }
            Then::Ask => self.wait(Waiting::Person),
            Then::Shell => self.shell(),
            Then::Command(commands) => {
                let line = self.charset_in().decode(&self.front()?.message).trim().to_owned();
                self.waiting = Waiting::Program;
                Some(Effect::Run(line, commands, to))
            }
            Then::Receive(template) => {
                let text = self.front().map(|occasion| template.text(&self.scene(occasion, &(self.clock)())))?;
                match text.trim().parse() {
                    Ok(count) => self.wait(Waiting::Bytes(count)),
                    Err(_) => Some(Effect::Failed(Call::Rule, FaultKind::Invalid, text, to)),
                }
            }
            Then::Await(count) => self.wait(Waiting::Messages(count)),
            Then::AwaitEnd => self.wait(Waiting::End),
            Then::WaitMs(ms) => self.wait(Waiting::Until(now + Duration::from_millis(ms))),
            Then::Split(split) => {
                run.split = Some(split);
                None
            }
            Then::DropPercent(percent) => {
                if self.chance.u8(..100) < percent
                    && let Some(run) = self.runs.front_mut()
                {
                    run.at = run.actions.len();
                }
                None
            }
            Then::HalfClose => Some(Effect::HalfClose),
            Then::NextClient => Some(Effect::NextClient),
            Then::Close => {
                self.stop();
                Some(Effect::Close)
            }
            Then::Reset => {
                self.stop();
                Some(Effect::Reset)
            }
        }
    }

    fn wait(&mut self, waiting: Waiting) -> Option<Effect> {
        self.waiting = waiting;
        None
    }

    fn front(&self) -> Option<&Occasion> {
        self.runs.front().map(|run| &run.occasion)
    }

    pub(super) fn charset_in(&self) -> Charset {
        self.rules.encoding_in.unwrap_or(self.rules.encoding)
    }

    /// Sends a message to whom the first run answers, in its framing and its pieces.
    pub(super) fn say(&mut self, message: Vec<u8>) -> Option<Effect> {
        let (to, split) = self.runs.front().map(|run| (run.occasion.peer, run.split))?;
        let mut bytes = Vec::new();
        if self.datagrams {
            bytes = message;
        } else if let Err(error) = self.rules.framing_out.encode(&message, &mut bytes) {
            return Some(Effect::Failed(Call::Rule, FaultKind::Framing, error.facts(), to));
        }
        self.cut(bytes, split, to)
    }

    /// The same for bytes that have their form.
    fn cut(&mut self, bytes: Vec<u8>, split: Option<Split>, to: Option<SocketAddr>) -> Option<Effect> {
        match split {
            Some(split) if !bytes.is_empty() => {
                self.pieces = Some(Pieces { bytes, at: 0, split, to });
                None
            }
            // Nothing is sent on a stream; on UDP an empty datagram is one.
            _ if bytes.is_empty() && !self.datagrams => None,
            _ => Some(Effect::Send(bytes, to)),
        }
    }

    fn framed(&self, message: Vec<u8>) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.datagrams || self.rules.framing_out.encode(&message, &mut bytes).is_err() { message } else { bytes }
    }

    fn say_template(&mut self, template: &Template) -> Option<Effect> {
        match self.render(template, self.front()?) {
            Ok(bytes) => self.say(bytes),
            Err(effect) => Some(effect),
        }
    }

    fn scene<'a>(&'a self, occasion: &'a Occasion, now: &'a Zoned) -> Scene<'a> {
        Scene {
            message: &occasion.message,
            groups: &occasion.groups,
            number: occasion.number,
            peer: occasion.peer,
            local: self.local,
            line: &occasion.line,
            file: self.file.as_ref().map(|(name, size)| (name.as_str(), *size)),
            now,
            charset: self.rules.encoding,
            charset_in: self.charset_in(),
        }
    }

    pub(super) fn render(&self, template: &Template, occasion: &Occasion) -> Result<Vec<u8>, Effect> {
        let now = (self.clock)();
        template.render(&self.scene(occasion, &now)).map_err(|error| unencodable(&error, occasion.peer))
    }

    fn strftime(&mut self, default: &Template) -> Option<Effect> {
        let occasion = self.front()?;
        let now = (self.clock)();
        let format = if occasion.message.is_empty() {
            default.text(&self.scene(occasion, &now))
        } else {
            self.charset_in().decode(&occasion.message)
        };
        match clock::strftime(&format, &now) {
            Ok(text) => self.say(lenient(self.rules.encoding, &text)),
            Err(_) => Some(Effect::Failed(Call::Rule, FaultKind::Format, format, occasion.peer)),
        }
    }

    fn send_file(&mut self) -> Option<Effect> {
        let run = self.runs.front()?;
        let (to, split) = (run.occasion.peer, run.split);
        let served = self.rules.file.as_ref()?;
        match (&served.path, split) {
            (Some(path), None) => Some(Effect::File(path.clone(), to)),
            (Some(path), Some(split)) => Some(Effect::Load(path.clone(), split, to)),
            (None, _) => {
                let bytes = lenient(self.rules.encoding, &served.text);
                self.cut(bytes, split, to)
            }
        }
    }

    /// A response of HTTP/1.1 (RFC 9112 section 2.1, RFC 9110 sections 6.6.1, 8.3 and 8.6).
    fn page(&mut self, page: &Page) -> Option<Effect> {
        let run = self.runs.front()?;
        let (to, split) = (run.occasion.peer, run.split);
        let body = match self.render(&page.body, &run.occasion) {
            Ok(body) => body,
            Err(effect) => return Some(effect),
        };
        let date = clock::strftime("%a, %d %b %Y %H:%M:%S GMT", &(self.clock)().with_time_zone(TimeZone::UTC));
        let mut bytes = format!(
            "HTTP/1.1 {}\r\nDate: {}\r\nContent-Type: {}; charset={}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            page.status,
            date.unwrap_or_default(),
            page.media_type,
            self.rules.encoding.name(),
            body.len()
        )
        .into_bytes();
        if !run.occasion.message.starts_with(b"HEAD ") {
            bytes.extend(body);
        }
        self.cut(bytes, split, to)
    }

    fn shell(&mut self) -> Option<Effect> {
        let line = self.charset_in().decode(&self.front()?.message);
        let output = self.shell.run(line.trim(), &(self.clock)());
        if output.end {
            self.notes.push_back(Effect::Close);
        }
        // A client in lock step waits for an answer to every command, also to those that print nothing.
        let text = output.stdout + &output.stderr;
        let text = if text.is_empty() { "\n" } else { &text };
        self.say(lenient(self.rules.encoding, text))
    }
}

pub(super) fn lenient(charset: Charset, text: &str) -> Vec<u8> {
    charset.encode(text, Unmappable::Question).unwrap_or_default()
}

pub(super) fn unencodable(error: &EncodeError, peer: Option<SocketAddr>) -> Effect {
    let what = format!("{} – {} (U+{:04X})", error.charset, error.character, u32::from(error.character));
    Effect::Failed(Call::Rule, FaultKind::Encoding, what, peer)
}

/// The endless row of printable ASCII characters that RFC 864 suggests.
fn pattern_byte(index: u64) -> u8 {
    b' ' + (index % 95) as u8
}

/// Without the bytes at both ends that Python's `bytes.strip()` takes for white space.
fn stripped(message: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !b" \t\n\r\x0B\x0C".contains(byte);
    let Some(first) = message.iter().position(is_text) else { return &[] };
    let last = message.iter().rposition(is_text).unwrap_or(first);
    message.get(first..=last).unwrap_or_default()
}
