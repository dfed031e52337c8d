//! Traffic to files, and to the clipboard. Pure: it writes to whatever it is given.
//!
//! What is saved must be enough to see again what happened: JSON Lines keep every byte (base64, RFC 4648) and
//! every number of a record, CSV (RFC 4180) is for spreadsheets, pcapng for Wireshark, raw bytes are one direction of the
//! chosen sockets and nothing else. What is *not* in the file is counted and said: rows that had left the journal,
//! rows that never came into it, and the bytes of files, which are never recorded.
//!
//! - [`mod@line`]: a record as flat facts. [`jsonl`], `csv`: two ways to write them. [`mod@clip`]: for pasting.
//! - `pcapng`: the packets that calls imply. [`sim_pcapng`]: those of a simulated run.
//! - [`mod@code`]: a socket as a program in Python, Rust, or a line for ncat.

pub mod clip;
pub mod code;
mod csv;
pub mod jsonl;
pub mod line;
mod pcapng;
pub mod sim_pcapng;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use self::line::Lines;
use crate::{
    journal::{Direction, Epoch, Event, Journal, Row, SocketId, Sockets},
    text::Charset,
};

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One JSON object a line; nothing is lost.
    Jsonl,
    /// One record a line for spreadsheets: UTF-8, CR LF.
    Csv,
    /// Packets made from the calls, for Wireshark and its like.
    Pcapng,
    /// The bytes that went this way, one behind the other.
    Raw(Direction),
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Jsonl, Self::Csv, Self::Pcapng, Self::Raw(Direction::In), Self::Raw(Direction::Out)];

    /// The usual ending of the file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Pcapng => "pcapng",
            Self::Raw(_) => "bin",
        }
    }

    /// The format that a file's name asks for. `bin` is taken for what was received.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension().eq_ignore_ascii_case(extension))
    }
}

/// What is to be known beside the rows.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// How text is read.
    pub charset: Charset,
    /// The moment that times count from.
    pub epoch: Epoch,
    /// The zone in which times are written; `TimeZone::system()` as a rule.
    pub zone: TimeZone,
    /// What is known of the sockets.
    pub sockets: &'a Sockets,
    /// Rows that had left the journal and would have been chosen, or may have been.
    pub gone: u64,
    /// Rows that never came into the journal, because more arrived than could be shown.
    pub unseen: u64,
}

/// What was written, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows written.
    pub rows: u64,
    /// Bytes of payload in them.
    pub bytes: u64,
    /// As in [`Context::gone`].
    pub gone: u64,
    /// As in [`Context::unseen`].
    pub unseen: u64,
    /// Bytes that the same sockets sent from files meanwhile. They are not recorded and not in the file.
    pub file_bytes: u64,
}

/// Saves the rows with these numbers (ascending; those that are gone are passed over).
///
/// # Errors
/// What the writer says.
pub fn export(
    writer: impl Write,
    format: Format,
    journal: &Journal,
    rows: impl IntoIterator<Item = u64>,
    context: &Context<'_>,
) -> io::Result<Summary> {
    let mut exporter = Exporter::new(writer, format, context)?;
    let mut chosen = rows.into_iter().peekable();
    for row in journal.rows_from(0) {
        while chosen.next_if(|seq| *seq < row.seq).is_some() {}
        if chosen.peek().is_none() {
            break;
        }
        if chosen.next_if_eq(&row.seq).is_some() {
            exporter.write(&row)?;
        } else {
            exporter.pass(&row);
        }
    }
    exporter.finish()
}

/// Saves row by row, for those who cannot do it all at once.
pub struct Exporter<'a, W: Write> {
    sink: Sink<'a, W>,
    sockets: &'a Sockets,
    lines: Lines,
    summary: Summary,
    /// Whether a row of the socket was written, and the bytes that it sent from files.
    seen: BTreeMap<SocketId, (bool, u64)>,
}

enum Sink<'a, W: Write> {
    Jsonl(io::BufWriter<W>),
    Csv(Box<csv::Table<W>>),
    Pcapng(Box<pcapng::Capture<'a, io::BufWriter<W>>>),
    Raw(io::BufWriter<W>, Direction),
}

impl<'a, W: Write> Exporter<'a, W> {
    /// Starts a file.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(writer: W, format: Format, context: &Context<'a>) -> io::Result<Self> {
        let sink = match format {
            Format::Jsonl => {
                let mut writer = io::BufWriter::new(writer);
                writeln!(writer, "{}", jsonl::header(context))?;
                Sink::Jsonl(writer)
            }
            Format::Csv => Sink::Csv(Box::new(csv::Table::new(writer)?)),
            Format::Pcapng => Sink::Pcapng(Box::new(pcapng::Capture::new(io::BufWriter::new(writer), context)?)),
            Format::Raw(direction) => Sink::Raw(io::BufWriter::new(writer), direction),
        };
        let mut lines = Lines::new(context.charset, context.epoch, context.zone.clone());
        for entry in context.sockets.iter() {
            if let Some(local) = entry.local {
                lines.set_local(entry.id, entry.generation, local);
            }
        }
        let summary = Summary { gone: context.gone, unseen: context.unseen, ..Summary::default() };
        Ok(Self { sink, sockets: context.sockets, lines, summary, seen: BTreeMap::new() })
    }

    /// Writes a row. In a raw file only payload of its direction counts, in a capture what stands for packets.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        if let Sink::Raw(writer, direction) = &mut self.sink {
            if row.record.event.direction() != Some(*direction) {
                self.pass(row);
                return Ok(());
            }
            writer.write_all(row.bytes)?;
        } else if let Sink::Pcapng(capture) = &mut self.sink {
            let counts = capture.write(row)?;
            self.note_file(row).0 = true;
            // How many bytes are in it is known at the end: each is there once, though two rows may tell of it.
            self.summary.rows += u64::from(counts);
            return Ok(());
        } else {
            let kind = self.sockets.get(row.record.socket).map(|entry| entry.kind);
            let line = self.lines.line(row, kind);
            match &mut self.sink {
                Sink::Jsonl(writer) => writeln!(writer, "{}", jsonl::line(&line))?,
                Sink::Csv(table) => table.write(&line)?,
                Sink::Pcapng(_) | Sink::Raw(..) => {}
            }
        }
        self.note_file(row).0 = true;
        self.summary.rows += 1;
        if row.record.event.has_payload() {
            self.summary.bytes += row.bytes.len() as u64;
        }
        Ok(())
    }

    /// Takes note of a row that is not written: a character that began in it may end in one that is.
    pub fn pass(&mut self, row: &Row<'_>) {
        match &mut self.sink {
            Sink::Raw(..) => {}
            Sink::Pcapng(capture) => capture.pass(row),
            Sink::Jsonl(_) | Sink::Csv(_) => {
                self.lines.pass(row, self.sockets.get(row.record.socket).map(|entry| entry.kind));
            }
        }
        self.note_file(row);
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the writer says: what was buffered is written only now.
    pub fn finish(mut self) -> io::Result<Summary> {
        match self.sink {
            Sink::Pcapng(capture) => self.summary.bytes = capture.finish()?,
            Sink::Jsonl(mut writer) | Sink::Raw(mut writer, _) => writer.flush()?,
            Sink::Csv(table) => table.finish()?,
        }
        let sent = self.seen.values().filter(|(written, _)| *written).map(|(_, sent)| *sent);
        let file_bytes = sent.fold(0, u64::saturating_add);
        Ok(Summary { file_bytes, ..self.summary })
    }

    fn note_file(&mut self, row: &Row<'_>) -> &mut (bool, u64) {
        let seen = self.seen.entry(row.record.socket).or_default();
        if let Event::FileEnded { sent, .. } = row.record.event {
            seen.1 = seen.1.saturating_add(sent);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Batch, Filter, Found, Kind, Record, Span, filter::RowKind};

    /// A GBK conversation in which recv cut a hanzi in two.
    pub(super) fn talk() -> (Journal, Sockets) {
        let peer = Some("127.0.0.1:8008".parse().unwrap());
        let record = |at, event| Record { at, socket: SocketId(7), generation: 0, event, peer, bytes: Span::default() };
        let mut batch = Batch::default();
        batch.push(record(0, Event::Connecting), b"");
        batch.push(record(1_000, Event::Connected { took: 1_000 }), b"127.0.0.1:50000");
        batch.push(record(2_000, Event::Sent { asked: 4 }), &[0xC4, 0xE3, 0xBA, 0xC3]);
        batch.push(record(3_000, Event::Received { full: 1 }), &[0xC4]);
        batch.push(record(4_000, Event::FileEnded { sent: 99, cancelled: false }), b"/tmp/a");
        batch.push(record(5_000, Event::Received { full: 4 }), &[0xE3, 0xFF, 0xFF, b'!']);
        batch.push(record(6_000, Event::PeerEnded), b"");
        let mut sockets = Sockets::default();
        sockets.open(SocketId(7), Kind::TcpConnection, 0, 0);
        for record in &batch.records {
            sockets.apply(record, batch.bytes_of(record));
        }
        let mut journal = Journal::default();
        journal.push(batch);
        (journal, sockets)
    }

    pub(super) fn context(sockets: &Sockets) -> Context<'_> {
        Context {
            charset: Charset::GBK,
            epoch: Epoch { wall: "2026-11-20T10:00:00Z".parse::<jiff::Timestamp>().unwrap().into() },
            zone: TimeZone::fixed(jiff::tz::offset(8)),
            sockets,
            gone: 3,
            unseen: 2,
        }
    }

    pub(super) fn saved(format: Format, rows: impl IntoIterator<Item = u64>) -> (Vec<u8>, Summary) {
        let (journal, sockets) = talk();
        let mut file = Vec::new();
        let summary = export(&mut file, format, &journal, rows, &context(&sockets)).unwrap();
        (file, summary)
    }

    #[test]
    fn raw_is_the_bytes_of_one_direction_and_nothing_else() {
        let (received, summary) = saved(Format::Raw(Direction::In), 0..100);
        assert_eq!(received, b"\xC4\xE3\xFF\xFF!");
        assert_eq!(summary, Summary { rows: 2, bytes: 5, gone: 3, unseen: 2, file_bytes: 99 });
        let (sent, summary) = saved(Format::Raw(Direction::Out), 0..100);
        assert_eq!((sent.len(), summary.rows, summary.bytes), (4, 1, 4));
    }

    #[test]
    fn chosen_rows_only_and_gone_ones_are_passed_over() {
        let (journal, sockets) = talk();
        let mut rows = Found::new(Filter { kind: Some(RowKind::Data), ..Filter::default() }.into(), []);
        assert!(rows.advance(&journal));
        let mut file = Vec::new();
        let summary = export(&mut file, Format::Csv, &journal, rows.iter(), &context(&sockets)).unwrap();
        assert_eq!((summary.rows, summary.bytes, summary.file_bytes), (3, 9, 99));
        let (file, summary) = saved(Format::Csv, [3, 500, 501]);
        assert_eq!((file.split(|byte| *byte == b'\n').count(), summary.rows), (3, 1));
        assert_eq!(saved(Format::Raw(Direction::In), []).1.rows, 0);
    }

    #[test]
    fn a_full_disk_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (journal, sockets) = talk();
        for format in Format::ALL {
            let error = export(Full, format, &journal, 0..100, &context(&sockets)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{format:?}");
        }
    }

    #[test]
    fn a_files_name_chooses_its_format() {
        assert_eq!(Format::of_extension("JSONL"), Some(Format::Jsonl));
        assert_eq!(Format::of_extension("bin"), Some(Format::Raw(Direction::In)));
        assert_eq!(Format::of_extension("txt"), None);
    }
}
