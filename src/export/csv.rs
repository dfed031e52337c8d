//! CSV as RFC 4180 has it: UTF-8, a header, CR LF, quotes doubled.
//!
//! Fields are data: a text that begins with `=` stays as it was sent, because a changed record is none. Whoever
//! opens the file in a spreadsheet should import the column `text` as text.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::line::Line;
use crate::{journal::Kind, text::hex};

const COLUMNS: [&str; 16] = [
    "seq",
    "time",
    "t_ns",
    "socket",
    "kind",
    "generation",
    "event",
    "call",
    "error",
    "local",
    "peer",
    "len",
    "full",
    "text",
    "hex",
    "detail",
];

/// A file in the making.
pub(super) struct Table<W: Write>(Writer<W>);

impl<W: Write> Table<W> {
    pub fn new(writer: W) -> io::Result<Self> {
        let mut table = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(writer);
        table.write_record(COLUMNS)?;
        Ok(Self(table))
    }

    pub fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        let payload = line.payload.as_ref();
        let fields: [String; COLUMNS.len()] = [
            line.seq.to_string(),
            line.time.clone(),
            line.t_ns.to_string(),
            line.socket.to_string(),
            line.kind.map(Kind::word).unwrap_or_default().into(),
            line.generation.to_string(),
            line.event.into(),
            line.numbers.call.unwrap_or_default().into(),
            line.numbers.error.unwrap_or_default().into(),
            written(line.local),
            written(line.peer),
            written(payload.map(|payload| payload.len)),
            written(payload.and_then(|payload| payload.full)),
            payload.map(|payload| payload.text.clone()).unwrap_or_default(),
            payload.map(|payload| hex::line(payload.bytes, usize::MAX)).unwrap_or_default(),
            line.detail.into(),
        ];
        Ok(self.0.write_record(fields)?)
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn written(field: Option<impl ToString>) -> String {
    field.map(|field| field.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Exporter, Format, tests::context};
    use crate::{
        journal::{Event, Kind, Record, Row, SocketId, Sockets, Span},
        text::Charset,
    };

    fn table(texts: &[&[u8]], charset: Charset) -> Vec<u8> {
        let mut sockets = Sockets::default();
        sockets.open(SocketId(1), Kind::UdpSocket, 0, 0);
        let mut file = Vec::new();
        let context = super::super::Context { charset, ..context(&sockets) };
        let mut exporter = Exporter::new(&mut file, Format::Csv, &context).unwrap();
        for bytes in texts {
            let event = Event::Received { full: bytes.len() as u32 };
            let peer = Some("[::1]:9".parse().unwrap());
            let record = Record { at: 0, socket: SocketId(1), generation: 0, event, peer, bytes: Span::default() };
            exporter.write(&Row { seq: 5, record: &record, bytes }).unwrap();
        }
        exporter.finish().unwrap();
        file
    }

    #[test]
    fn a_header_and_a_line_each_ended_by_cr_lf() {
        let file = String::from_utf8(table(&["你好".as_bytes()], Charset::UTF_8)).unwrap();
        assert_eq!(
            file,
            "seq,time,t_ns,socket,kind,generation,event,call,error,local,peer,len,full,text,hex,detail\r\n\
             5,2026-11-20T18:00:00.000000000+08:00,0,1,udp-socket,0,received,,,,[::1]:9,6,,你好,E4 BD A0 E5 A5 BD,\r\n"
        );
    }

    #[test]
    fn whatever_was_said_comes_back_from_the_file() {
        let said: [&[u8]; 8] =
            [b"a,b", b"say \"hi\"", b"two\r\nlines", b"=1+1", b"@SUM(A1)", b"", b"\xC4\xE3\0\x1B", b" lead and trail "];
        let file = table(&said, Charset::GBK);
        let mut reader = csv::Reader::from_reader(file.as_slice());
        let texts: Vec<String> = reader.records().map(|record| record.unwrap()[13].to_owned()).collect();
        let expected: Vec<String> = said.iter().map(|bytes| Charset::GBK.decode(bytes)).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn what_is_not_text_is_still_in_the_hex() {
        let file = table(&[b"a\xFF"], Charset::UTF_8);
        assert!(String::from_utf8(file).unwrap().contains(",a\u{FFFD},61 FF,"));
    }
}
