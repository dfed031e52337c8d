//! Standard output: received text exactly as decoded, or a line of hex a message, or a line of JSON a record.
//!
//! A TCP connection is one stream of characters however `recv` cuts it, so each has one streaming decoder; a datagram
//! is a whole. When the reader of the output goes away (`| head`) the session ends quietly, as `cat` does.

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Stdout},
};

use jiff::tz::TimeZone;

use crate::{
    export::{jsonl, line::Lines},
    journal::{Epoch, Kind, Row, SocketId},
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
    text: String,
    closed: bool,
}

impl Output {
    /// Text in `charset`, or hex; with `json` records as lines of JSON, whose times count from that moment.
    pub fn new(charset: Charset, mode: Mode, json: Option<Epoch>) -> Self {
        Self::to(BufWriter::with_capacity(64 << 10, io::stdout()), charset, mode, json)
    }
}

impl<W: io::Write> Output<W> {
    fn to(out: W, charset: Charset, mode: Mode, json: Option<Epoch>) -> Self {
        let form = match (json, mode) {
            (Some(epoch), _) => Form::Json(Lines::new(charset, epoch, TimeZone::system())),
            (None, Mode::Hex) => Form::Hex,
            (None, Mode::Text) => Form::Text,
        };
        Self { out, form, charset, decoders: BTreeMap::new(), text: String::new(), closed: false }
    }

    /// From now on what is received is read in this encoding.
    pub fn read_as(&mut self, charset: Charset) {
        if charset != self.charset {
            self.charset = charset;
            self.decoders.clear();
        }
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes what was received.
    pub fn received(&mut self, socket: SocketId, kind: Kind, bytes: &[u8]) {
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

    /// Nothing more will come from this socket: what its decoder still holds is half a character.
    pub fn ended(&mut self, socket: SocketId) {
        if let Some(mut decoder) = self.decoders.remove(&socket) {
            decoder.finish(&mut self.text);
            self.write();
        }
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
        let flushed = self.out.flush();
        self.closed |= flushed.is_err();
    }

    fn write(&mut self) {
        if !self.closed {
            let written = self.out.write_all(self.text.as_bytes());
            self.closed |= written.is_err();
        }
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(mode: Mode) -> Output<Vec<u8>> {
        Output::to(Vec::new(), Charset::UTF_8, mode, None)
    }

    #[test]
    fn every_connection_has_its_own_decoder() {
        let mut output = output(Mode::Text);
        let (one, two) = (SocketId(1), SocketId(2));
        let text = "你".as_bytes();
        output.received(one, Kind::TcpConnection, &text[..1]);
        output.received(two, Kind::TcpConnection, b"ab");
        output.received(one, Kind::TcpConnection, &text[1..]);
        output.received(two, Kind::TcpConnection, &text[..2]);
        output.ended(two);
        output.ended(two);
        assert_eq!(String::from_utf8(output.out).unwrap(), "ab你\u{FFFD}");
    }

    #[test]
    fn datagrams_share_no_character() {
        let mut output = output(Mode::Text);
        let text = "你".as_bytes();
        output.received(SocketId(1), Kind::UdpSocket, &text[..1]);
        output.received(SocketId(1), Kind::UdpSocket, b"a");
        assert_eq!(String::from_utf8(output.out).unwrap(), "\u{FFFD}a");
    }

    #[test]
    fn hex_is_a_line_a_message() {
        let mut output = output(Mode::Hex);
        output.received(SocketId(1), Kind::UdpSocket, &[0xC4, 0xE3]);
        output.received(SocketId(1), Kind::UdpSocket, &[]);
        output.received(SocketId(1), Kind::UdpSocket, &[0]);
        assert_eq!(output.out, b"C4 E3\n\n00\n");
    }
}
