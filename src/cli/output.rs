//! Standard output: received text exactly as decoded, or a line of hex a message, or a line of JSON a record.
//!
//! With a framing each message of a stream is a line, once it is whole; line ends in it are written as `\\n` and `\\r`.
//!
//! A TCP connection is one stream of characters however `recv` cuts it, so each has one streaming decoder; a datagram
//! is a whole. When the reader of the output goes away (`| head`) the session ends quietly, as `cat` does.

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, IsTerminal as _, Stdout},
    time::Duration,
};

use jiff::tz::TimeZone;

use super::{notes, printed};
use crate::{
    export::{jsonl, line::Lines},
    framing::{self, Framing, FramingError, Missing},
    journal::{Epoch, Kind, Nanos, Row, SocketId},
    text::{Charset, Decoder, Mode, hex},
};

/// What is written.
enum Form {
    Text,
    Hex,
    Json(Lines),
}

/// Standard output of a session.
pub(super) struct Output<W: io::Write = BufWriter<Stdout>> {
    out: W,
    form: Form,
    charset: Charset,
    decoders: BTreeMap<SocketId, Decoder>,
    framing: Framing,
    limit: usize,
    framed: BTreeMap<SocketId, framing::Decoder>,
    /// Those of them whose error was told.
    broken: Vec<SocketId>,
    text: String,
    closed: bool,
    terminal: bool,
    /// Whether what was written since the last flush does not end with a line feed.
    mid_line: Option<bool>,
}

/// What became of bytes that were received, or of the end of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// Messages that were written: without a framing each read is one.
    pub messages: u64,
    /// What came was no message; nothing more of that stream is written.
    pub error: Option<FramingError>,
    /// At the end of the stream: bytes of a message that is not whole, and what it lacks.
    pub rest: Option<(usize, Missing)>,
}

impl Output {
    /// Text in `charset`, or hex; with `json` records as lines of JSON, whose times count from that moment.
    pub fn new(charset: Charset, mode: Mode, json: Option<Epoch>) -> Self {
        let terminal = io::stdout().is_terminal();
        Self { terminal, ..Self::to(BufWriter::with_capacity(64 << 10, io::stdout()), charset, mode, json) }
    }
}

impl<W: io::Write> Output<W> {
    fn to(out: W, charset: Charset, mode: Mode, json: Option<Epoch>) -> Self {
        let form = match (json, mode) {
            (Some(epoch), _) => Form::Json(Lines::new(charset, epoch, TimeZone::system())),
            (None, Mode::Hex) => Form::Hex,
            (None, Mode::Text) => Form::Text,
        };
        Self {
            out,
            form,
            charset,
            decoders: BTreeMap::new(),
            framing: Framing::None,
            limit: framing::LIMIT,
            framed: BTreeMap::new(),
            broken: Vec::new(),
            text: String::new(),
            closed: false,
            terminal: false,
            mid_line: None,
        }
    }

    /// With the messages of this framing instead of the text of a stream.
    pub fn framed(self, framing: Framing, limit: usize) -> Self {
        Self { framing, limit, ..self }
    }

    /// From now on what is received is read in this encoding.
    pub fn read_as(&mut self, charset: Charset) {
        if charset != self.charset {
            self.charset = charset;
            self.decoders.clear();
        }
    }

    /// Whether nothing more can be written: nobody reads any more, or the disk is full.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes what was received at this time, but at most so many messages.
    pub fn received(&mut self, socket: SocketId, kind: Kind, bytes: &[u8], at: Nanos, most: u64) -> Given {
        if self.framing == Framing::None {
            self.unframed(socket, kind, bytes);
            return Given { messages: 1, ..Given::default() };
        }
        let new = || framing::Decoder::new(self.framing.clone(), self.limit);
        self.framed.entry(socket).or_insert_with(new).push_at(bytes, Duration::from_nanos(at));
        self.messages(socket, most)
    }

    /// Writes the messages that silence has ended until now, by socket.
    pub fn quiet_until(&mut self, now: Nanos, most: u64) -> Given {
        let mut given = Given::default();
        let waiting: Vec<_> = self.framed.keys().copied().collect();
        for socket in waiting {
            if let Some(decoder) = self.framed.get_mut(&socket) {
                decoder.quiet_until(Duration::from_nanos(now));
            }
            let more = self.messages(socket, most.saturating_sub(given.messages));
            given.messages += more.messages;
            given.error = given.error.or(more.error);
        }
        given
    }

    /// When silence will end a message.
    pub fn due(&self) -> Option<Nanos> {
        let due = self.framed.values().filter_map(framing::Decoder::due).min()?;
        u64::try_from(due.as_nanos()).ok()
    }

    /// Takes the whole messages out.
    fn messages(&mut self, socket: SocketId, most: u64) -> Given {
        let mut given = Given::default();
        let Some(decoder) = self.framed.get_mut(&socket) else { return given };
        while given.messages < most
            && let Some(message) = decoder.next()
        {
            match message {
                Ok(message) => {
                    given.messages += 1;
                    match self.form {
                        Form::Hex => self.text.push_str(&hex::line(&message, message.len())),
                        Form::Text | Form::Json(_) => {
                            let text = self.charset.decode(&message);
                            self.text.push_str(&text.replace('\r', "\\r").replace('\n', "\\n"));
                        }
                    }
                    self.text.push('\n');
                }
                Err(error) => {
                    // It stays there as one that takes nothing more, but is reported once.
                    if !self.broken.contains(&socket) {
                        self.broken.push(socket);
                        given.error = Some(error);
                    }
                    break;
                }
            }
        }
        self.write();
        given
    }

    fn unframed(&mut self, socket: SocketId, kind: Kind, bytes: &[u8]) {
        match &self.form {
            Form::Json(_) => return,
            Form::Hex => {
                self.text.push_str(&hex::line(bytes, bytes.len()));
                self.text.push('\n');
            }
            Form::Text if kind == Kind::UdpSocket => self.text.push_str(&self.charset.decode(bytes)),
            Form::Text => {
                let decoder = self.decoders.entry(socket).or_insert_with(|| self.charset.decoder());
                decoder.push(bytes, &mut self.text);
            }
        }
        self.write();
    }

    /// Nothing more will come from this socket: what its decoder still holds is half a character, or half a message.
    pub fn ended(&mut self, socket: SocketId, most: u64) -> Given {
        if let Some(decoder) = self.framed.get_mut(&socket) {
            decoder.finish();
            let mut given = self.messages(socket, most);
            let decoder = self.framed.remove(&socket);
            self.broken.retain(|broken| *broken != socket);
            if most > given.messages {
                given.rest = decoder.and_then(|decoder| Some((decoder.buffered(), decoder.missing()?)));
            }
            return given;
        }
        if let Some(mut decoder) = self.decoders.remove(&socket) {
            decoder.finish(&mut self.text);
            self.write();
        }
        Given::default()
    }

    /// Writes a record, where records are asked for.
    pub fn record(&mut self, row: &Row<'_>, kind: Kind) {
        if let Form::Json(lines) = &mut self.form {
            self.text.push_str(&jsonl::line(&lines.line(row, Some(kind))));
            self.text.push('\n');
            self.write();
        }
    }

    /// Hands everything to the reader.
    pub fn flush(&mut self) {
        if !self.closed {
            self.closed = !printed::note(self.out.flush());
            if let Some(mid_line) = self.mid_line.take().filter(|_| self.terminal) {
                notes::set_mid_line(mid_line);
            }
        }
    }

    /// The same where notes go to the same terminal, so that they stand behind what was received before.
    pub fn flush_terminal(&mut self) {
        if self.terminal {
            self.flush();
        }
    }

    fn write(&mut self) {
        if let Some(last) = self.text.chars().next_back() {
            self.mid_line = Some(last != '\n');
        }
        if !self.closed {
            self.closed = !printed::note(self.out.write_all(self.text.as_bytes()));
        }
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = u64::MAX;

    fn output(mode: Mode) -> Output<Vec<u8>> {
        Output::to(Vec::new(), Charset::UTF_8, mode, None)
    }

    #[test]
    fn every_connection_has_its_own_decoder() {
        let mut output = output(Mode::Text);
        let (one, two) = (SocketId(1), SocketId(2));
        let text = "你".as_bytes();
        output.received(one, Kind::TcpConnection, &text[..1], 0, MOST);
        output.received(two, Kind::TcpConnection, b"ab", 0, MOST);
        output.received(one, Kind::TcpConnection, &text[1..], 0, MOST);
        output.received(two, Kind::TcpConnection, &text[..2], 0, MOST);
        output.ended(two, MOST);
        output.ended(two, MOST);
        assert_eq!(String::from_utf8(output.out).unwrap(), "ab你\u{FFFD}");
    }

    #[test]
    fn datagrams_share_no_character() {
        let mut output = output(Mode::Text);
        let text = "你".as_bytes();
        output.received(SocketId(1), Kind::UdpSocket, &text[..1], 0, MOST);
        output.received(SocketId(1), Kind::UdpSocket, b"a", 0, MOST);
        assert_eq!(String::from_utf8(output.out).unwrap(), "\u{FFFD}a");
    }

    #[test]
    fn hex_is_a_line_a_message() {
        let mut output = output(Mode::Hex);
        output.received(SocketId(1), Kind::UdpSocket, &[0xC4, 0xE3], 0, MOST);
        output.received(SocketId(1), Kind::UdpSocket, &[], 0, MOST);
        output.received(SocketId(1), Kind::UdpSocket, &[0], 0, MOST);
        assert_eq!(output.out, b"C4 E3\n\n00\n");
    }

    #[test]
    fn each_message_is_a_line_once_it_is_whole() {
        let mut output = output(Mode::Text).framed("u8".parse().unwrap(), 9);
        let (one, two) = (SocketId(1), SocketId(2));
        let mut received = |socket, bytes| output.received(socket, Kind::TcpConnection, bytes, 0, MOST);
        assert_eq!(received(one, b"\x02hi\x03a"), Given { messages: 1, ..Given::default() });
        assert_eq!(received(two, b"\x04x\r\ny\0").messages, 2);
        assert_eq!(received(one, b"\nb\x05hal").messages, 1);
        let error = FramingError::Announced { bytes: vec![10], length: 10, limit: 9 };
        assert_eq!(received(two, b"\x0A"), Given { error: Some(error), ..Given::default() });
        assert_eq!(received(two, b"\x0A"), Given::default(), "said once");
        assert_eq!(output.ended(one, MOST).rest, Some((4, Missing::Exactly(2))));
        assert_eq!(output.ended(two, MOST), Given::default());
        assert_eq!(String::from_utf8(output.out).unwrap(), "hi\nx\\r\\ny\n\na\\nb\n");
    }

    #[test]
    fn no_more_messages_than_were_asked_for() {
        let mut output = output(Mode::Hex).framed("line".parse().unwrap(), 9);
        let given = output.received(SocketId(1), Kind::TcpConnection, b"a\nb\nc\nd", 0, 2);
        assert_eq!(given.messages, 2);
        assert_eq!(output.ended(SocketId(1), 0), Given::default(), "what comes behind is not asked for");
        assert_eq!(output.out, b"61\n62\n");
    }

    #[test]
    fn silence_ends_a_message() {
        let ms = 1_000_000;
        let mut output = output(Mode::Text).framed("silence:200".parse().unwrap(), 9);
        output.received(SocketId(1), Kind::TcpConnection, b"one", 0, MOST);
        assert_eq!((output.due(), output.quiet_until(199 * ms, MOST).messages), (Some(200 * ms), 0));
        assert_eq!(output.quiet_until(200 * ms, MOST).messages, 1);
        output.received(SocketId(1), Kind::TcpConnection, b"two", 300 * ms, MOST);
        assert_eq!(output.ended(SocketId(1), MOST).messages, 1);
        assert_eq!(output.out, b"one\ntwo\n");
    }
}
