//! One file being written: rows are copied out of the journal a few megabytes a frame and written by a thread.
//!
//! Formatting tens of megabytes takes longer than a frame may, and a disk may take any time; so the window only
//! copies, into a channel that holds a few pieces, and never waits. Rows that leave the journal before their turn
//! are counted.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use jiff::tz::TimeZone;

use crate::{
    export::{Context, Exporter, Format, Summary},
    gui::{Model, views::traffic::Shown},
    journal::{Batch, Epoch, Fault, FaultKind, Journal, Matcher, Row, Sockets},
    text::Charset,
};

/// The number by which the system says that a file is there already.
#[cfg(unix)]
pub const EXISTS: i32 = 17;
#[cfg(not(unix))]
pub const EXISTS: i32 = 80;

/// Bytes copied at a time.
const PIECE: usize = 1 << 20;
/// Rows copied at a time.
const PIECE_ROWS: usize = 20_000;
/// Pieces that wait for the thread.
const WAITING: usize = 4;

/// What is to be saved.
pub struct Source {
    /// Which rows.
    matcher: Matcher,
    /// The first row that came too late to be saved.
    end: u64,
    sockets: Sockets,
    charset: Charset,
    epoch: Epoch,
    zone: TimeZone,
    gone: u64,
    unseen: u64,
}

impl Source {
    /// The rows on show, as of now.
    pub fn new(model: &Model, shown: &Shown, charset: Charset, zone: &TimeZone) -> Self {
        let matcher = shown.matcher().clone();
        let concerned = model.sockets.iter().map(|entry| entry.id).filter(|id| matcher.concerns(*id));
        let unseen = concerned.filter_map(|id| model.meter(id)).map(|meter| meter.totals().rows_not_shown).sum();
        Self {
            matcher,
            end: shown.end(&model.journal),
            sockets: model.sockets.clone(),
            charset,
            epoch: model.epoch,
            zone: zone.clone(),
            gone: model.journal.gone(),
            unseen,
        }
    }
}

/// Rows on their way to the thread, each with its number and whether it is to be written.
#[derive(Default)]
struct Piece {
    rows: Vec<(u64, bool)>,
    batch: Batch,
}

/// A file being written.
pub struct Job {
    path: PathBuf,
    matcher: Matcher,
    next: u64,
    end: u64,
    fed: u64,
    left: u64,
    waiting: Option<Piece>,
    pieces: Option<Sender<Piece>>,
    result: Receiver<Result<Summary, Fault>>,
    cancelled: Arc<AtomicBool>,
}

impl Job {
    /// Creates the file and starts the thread.
    ///
    /// # Errors
    /// The file cannot be made, or it is there and may not be overwritten, or there is no thread.
    pub fn start(
        ctx: &egui::Context,
        path: PathBuf,
        overwrite: bool,
        format: Format,
        source: Source,
    ) -> io::Result<Self> {
        let file = if overwrite { File::create(&path)? } else { File::create_new(&path)? };
        let (pieces, incoming) = bounded(WAITING);
        let (done, result) = bounded(1);
        let cancelled = Arc::new(AtomicBool::new(false));
        let (matcher, end, next) = (source.matcher.clone(), source.end, source.gone);
        let (stop, ctx) = (cancelled.clone(), ctx.clone());
        thread::Builder::new().name("save-traffic".into()).spawn(move || {
            let result = write(file, format, &source, &incoming, &stop);
            // Nobody listens any more when the window is closing.
            done.send(result).ok();
            ctx.request_repaint();
        })?;
        let pieces = Some(pieces);
        Ok(Self { path, matcher, next, end, fed: 0, left: 0, waiting: None, pieces, result, cancelled })
    }

    /// Copies the next rows. Returns whether all were handed over.
    pub fn feed(&mut self, journal: &Journal) -> bool {
        loop {
            let Some(pieces) = &self.pieces else { return true };
            let piece = match self.waiting.take() {
                Some(piece) => piece,
                None => cut(journal, &self.matcher, &mut self.next, self.end, &mut self.left),
            };
            if piece.rows.is_empty() && self.next >= self.end {
                self.pieces = None;
                return true;
            }
            let rows = piece.rows.len() as u64;
            match pieces.try_send(piece) {
                Ok(()) => self.fed += rows,
                Err(TrySendError::Full(piece)) => {
                    self.waiting = Some(piece);
                    return false;
                }
                // The thread has given up; its result says why.
                Err(TrySendError::Disconnected(_)) => self.pieces = None,
            }
        }
    }

    /// Stops writing; the file stays as far as it goes.
    pub fn cancel(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.pieces = None;
    }

    /// What became of it, once it is done.
    pub fn result(&self) -> Option<Result<Summary, Fault>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(Fault::of(FaultKind::Bug))),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Rows handed over so far.
    pub fn fed(&self) -> u64 {
        self.fed
    }

    /// Rows that left the journal before their turn.
    pub fn left(&self) -> u64 {
        self.left
    }
}

/// The next rows, copied: those of the sockets in question, because a character may begin in one that is not
/// written and end in one that is.
fn cut(journal: &Journal, matcher: &Matcher, next: &mut u64, end: u64, left: &mut u64) -> Piece {
    let first = journal.range().start.min(end);
    if first > *next {
        *left += first - *next;
        *next = first;
    }
    let mut piece = Piece::default();
    for row in journal.rows_from(*next).take(PIECE_ROWS * 4) {
        if row.seq >= end || piece.rows.len() >= PIECE_ROWS || piece.batch.bytes.len() >= PIECE {
            break;
        }
        *next = row.seq + 1;
        if matcher.concerns(row.record.socket) {
            piece.rows.push((row.seq, matcher.matches(&row)));
            piece.batch.push(*row.record, row.bytes);
        }
    }
    piece
}

fn write(
    file: File,
    format: Format,
    source: &Source,
    pieces: &Receiver<Piece>,
    cancelled: &AtomicBool,
) -> Result<Summary, Fault> {
    let context = Context {
        charset: source.charset,
        epoch: source.epoch,
        zone: source.zone.clone(),
        sockets: &source.sockets,
        gone: source.gone,
        unseen: source.unseen,
    };
    let mut exporter = Exporter::new(file, format, &context)?;
    for piece in pieces {
        for ((seq, chosen), record) in piece.rows.iter().zip(&piece.batch.records) {
            let row = Row { seq: *seq, record, bytes: piece.batch.bytes_of(record) };
            if *chosen {
                exporter.write(&row)?;
            } else {
                exporter.pass(&row);
            }
        }
    }
    let summary = exporter.finish()?;
    if cancelled.load(Ordering::Relaxed) { Err(Fault::of(FaultKind::Cancelled)) } else { Ok(summary) }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use super::*;
    use crate::{
        gui::Settings,
        journal::{Event, Kind, Question, Record, SocketId, Span},
    };

    fn model(rows: usize) -> Model {
        let mut model = Model::new(Epoch { wall: SystemTime::UNIX_EPOCH }, Settings::default());
        model.sockets.open(SocketId(1), Kind::TcpConnection, 0, 0);
        for i in 0..rows {
            let event = if i % 2 == 0 { Event::Sent { asked: 6 } } else { Event::Received { full: 6 } };
            let socket = SocketId(1 + u32::from(i % 10 == 9));
            let mut batch = Batch::default();
            let record = Record { at: i as u64, socket, generation: 0, event, peer: None, bytes: Span::default() };
            batch.push(record, "你好".as_bytes());
            model.apply(batch);
        }
        model
    }

    fn saved(
        model: &Model,
        socket: Option<u32>,
        format: Format,
        path: &Path,
        overwrite: bool,
    ) -> Result<Summary, Fault> {
        let mut shown = Shown::default();
        shown.reset(Question { socket: socket.map(SocketId), ..Question::default() }, []);
        while !shown.advance(&model.journal) {}
        let source = Source::new(model, &shown, Charset::UTF_8, &TimeZone::UTC);
        let mut job = Job::start(&egui::Context::default(), path.to_owned(), overwrite, format, source)?;
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            assert!(Instant::now() < deadline);
            job.feed(&model.journal);
            if let Some(result) = job.result() {
                return result;
            }
            thread::yield_now();
        }
    }

    #[test]
    fn what_is_on_show_is_saved_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("traffic.bin");
        let model = model(50_000);
        let summary = saved(&model, Some(1), Format::Raw(crate::journal::Direction::Out), &path, false).unwrap();
        assert_eq!((summary.rows, summary.bytes), (25_000, 150_000));
        assert_eq!(std::fs::read(&path).unwrap().len(), 150_000);

        // What is there stays there unless the dialog asked.
        let error = saved(&model, Some(1), Format::Csv, &path, false).unwrap_err();
        assert_eq!(error.errno, EXISTS);
        let summary = saved(&model, Some(1), Format::Csv, &path, true).unwrap();
        assert_eq!(summary.rows, 45_000);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 45_001);
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let path = Path::new("/no/such/folder/traffic.jsonl");
        let error = saved(&model(1), None, Format::Jsonl, path, false).unwrap_err();
        assert_eq!(error.kind, FaultKind::NoFile);
    }

    #[test]
    fn rows_that_leave_before_their_turn_are_counted() {
        let mut journal = Journal::default();
        let record = Record {
            at: 0,
            socket: SocketId(1),
            generation: 0,
            event: Event::PeerEnded,
            peer: None,
            bytes: Span::default(),
        };
        for _ in 0..10 {
            let mut batch = Batch::default();
            batch.push(record, b"");
            journal.push(batch);
        }
        let (mut next, mut left) = (0, 0);
        journal.clear();
        let piece = cut(&journal, &Matcher::default(), &mut next, 8, &mut left);
        assert_eq!((piece.rows.len(), next, left), (0, 8, 8));
    }
}
