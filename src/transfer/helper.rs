//! The tutorial's file helper, both roles: its sender is P20, its receiver P21.
//!
//! ```text
//! receiver: 请输入文件名                    a prompt, in GBK; whatever comes is one
//! sender:   name                           in GBK, without an end
//! sender:   size                           8 bytes, little-endian, signed
//! receiver: 开始传输                        an answer, in GBK; whatever comes is one
//! sender:   the bytes                      and the end of the connection
//! ```
//!
//! The tutorial's programs take one `recv` for one message. Against each other they worked in 14 of 60 runs; with
//! these rules we work with both of them, unmodified:
//!
//! - **As receiver** the prompt goes out at once. Name and size come glued or split, in any pieces. Names in GBK never hold
//!   a zero byte, and sizes below 2⁵⁶ end in one: so the header is whole when its last byte is zero, at least nine bytes
//!   are there, and nothing more comes for a moment (a size that was cut at one of its zero bytes looks whole too). Then
//!   exactly so many bytes are read, not so many calls of `recv` made.
//! - **As sender** to P21, which takes the next `recv` for the size and fails unless it gets exactly eight bytes, the
//!   name is alone on the wire for a fifth of a second. P21 then counts `size / 2048 + 1` calls of `recv(2048)`, however
//!   much each brings, so every one has to bring 2048. Where the path has room for them we ask for segments of exactly 2048
//!   bytes (`TCP_MAXSEG`), write as much at a time, and have the system hold two or three at most (`SO_SNDBUF`; with more it
//!   cuts some in two when P21 is slow and the window tight): whatever is in P21's queue then is a multiple of 2048, and
//!   nothing depends on time. Pieces of 2048
//!   with a pause between them, as people do it, are not enough even on one computer: when P21 is held up for some
//!   milliseconds they are joined into segments of 65 483 bytes, and one short `recv` at the end of one of these cuts
//!   the file (seen here, with 100 MB on a busy machine). On a network whose packets are shorter, pauses are all that is
//!   left, and nobody can promise it.
//!
//! There is no hash, and a sender that has no such file simply ends the connection.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{
    block::{BLOCK, Block},
    job::Job,
    ledger::Ledger,
    listen::{Listener, Question},
    name::{self, NameError, SafeName},
    raw,
    reason::Reason,
    receiver::{Batch, Folder},
    report::{Entry, FileEnd, State},
    source::{Item, Reading},
    wire::Wire,
};
use crate::text::{Charset, Unmappable};

const PROMPT: &str = "请输入文件名";
const START: &str = "开始传输";
/// The name is alone on the wire for so long.
const NAME_ALONE: Duration = Duration::from_millis(200);
/// P21 takes so many bytes with each call.
const PIECE: usize = 2048;
/// Nothing more has come for so long: the header is whole. Its sender waits for an answer now.
const WHOLE: Duration = Duration::from_millis(20);
/// A segment of so many bytes holds one piece: 12 bytes of it are taken by the time-stamp option (RFC 7323).
const SEGMENT: u32 = PIECE as u32 + 12;
/// Bytes that the system may hold, which Linux doubles for its own needs.
const SEND_BUFFER: usize = 4096;
/// Between two pieces, where a segment holds less than one.
const BETWEEN: Duration = Duration::from_micros(300);
/// Bytes of the size.
const SIZE: usize = 8;
/// Bytes of a name and a size; P21 reads 1024 of a name.
const HEADER: usize = 1024 + SIZE;
/// P21's parts of a size end in a zero byte because it is below 2⁵⁶.
const SIZES: u64 = 1 << 56;

/// Sends each file over a connection of its own.
pub(super) fn send(job: &Arc<Job>, ledger: &mut Ledger) -> Result<(), Reason> {
    raw::each_file(job, ledger, send_one)
}

fn send_one(job: &Arc<Job>, item: &Item, ledger: &mut Ledger, index: usize) -> Result<(), Reason> {
    let Some(spec) = &job.spec else { return Err(Reason::Bug) };
    let options = &spec.options;
    let mut reading = Reading::open(item, options.sha256)?;
    // The helper knows no folders.
    let bare = item.name.rsplit('/').next().unwrap_or_default();
    let encoded = Charset::GBK.encode(bare, Unmappable::Refuse).ok().filter(|name| name.len() <= HEADER - SIZE);
    let encoded = encoded.ok_or(Reason::Name(NameError::Encoding))?;
    job.set_state(State::Connecting);
    let (within, idle) = (options.connect_timeout, options.idle_timeout);
    let mut wire = Wire::connect_with(Arc::clone(job), &spec.to, within, idle, Some(SEGMENT))?;
    // P21 takes an end for that of the file, however many bytes it was told of.
    wire.reset_unless_finished();
    job.set_state(State::Asking);
    let mut buffer = vec![0; BLOCK];
    hear(&mut wire, &mut buffer, options.answer_timeout)?;
    wire.write_all(&encoded)?;
    job.control.wait(NAME_ALONE);
    wire.write_all(&item.size.to_le_bytes())?;
    hear(&mut wire, &mut buffer, options.answer_timeout)?;
    job.set_state(State::Moving);
    let whole = wire.segment() == Some(PIECE as u32);
    if whole {
        wire.few_on_the_way(SEND_BUFFER);
    }
    while reading.left() > 0 {
        let n = reading.fill(&mut buffer)?;
        for piece in buffer.get(..n).unwrap_or_default().chunks(PIECE) {
            wire.pause(|_| Ok(()))?;
            wire.write_all(piece)?;
            job.counts.bytes.fetch_add(piece.len() as u64, Relaxed);
            if !whole {
                job.control.wait(BETWEEN);
            }
        }
    }
    reading.check_end()?;
    // That it ends the connection says that it has called `recv` as often as it meant to.
    raw::taken(job, wire, &mut buffer, idle)?;
    ledger.with(index, |file| {
        file.blake3 = Some(reading.hash());
        file.sha256 = reading.sha256();
    });
    Ok(())
}

/// Waits for a prompt or an answer, whatever it says.
fn hear(wire: &mut Wire, buffer: &mut [u8], within: Duration) -> Result<(), Reason> {
    match wire.read_within(buffer, within)? {
        None => Err(Reason::NoAnswer(within)),
        Some(0) => Err(Reason::Gone),
        Some(_) => Ok(()),
    }
}

/// What a helper says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name, as spelled by the sender.
    pub name: Vec<u8>,
    /// Bytes of the file.
    pub size: u64,
}

/// Finds the header in what has come so far; `None` when more is needed. That nothing more comes is for the caller to see.
///
/// # Errors
/// There is no header in it.
pub fn header(bytes: &[u8]) -> Result<Option<Header>, Reason> {
    let whole = bytes.len() > SIZE && bytes.last() == Some(&0);
    match bytes.split_last_chunk::<SIZE>() {
        Some((name, size)) if whole => {
            let size = u64::from_le_bytes(*size);
            if name.contains(&0) || size >= SIZES {
                return Err(Reason::Header);
            }
            Ok(Some(Header { name: name.to_vec(), size }))
        }
        _ if bytes.len() >= HEADER => Err(Reason::Header),
        _ => Ok(None),
    }
}

/// Takes one file from a helper.
pub(super) fn receive(
    job: &Arc<Job>,
    ledger: &mut Ledger,
    mut wire: Wire,
    listener: &Listener,
    folder: &Arc<Folder>,
) -> Result<(), Reason> {
    let received = take(job, ledger, &mut wire, listener, folder);
    match &received {
        // It closes, and everything that it sent was read.
        Ok(()) => {}
        // The only word that it understands.
        Err(_) => wire.reset(),
    }
    received.inspect_err(|reason| ledger.fail(0, reason.clone()))
}

fn take(
    job: &Arc<Job>,
    ledger: &mut Ledger,
    wire: &mut Wire,
    listener: &Listener,
    folder: &Arc<Folder>,
) -> Result<(), Reason> {
    wire.write_all(&gbk(PROMPT))?;
    let Header { name, size } = read_header(wire, listener.spec.policy.ask_timeout)?;
    let spelled = Charset::GBK.decode(&name);
    job.set_title(&spelled, 1);
    ledger.enter(&spelled, false, size);
    job.counts.set_total(Some(size));
    job.counts.files.store(1, Relaxed);
    if spelled.contains(char::REPLACEMENT_CHARACTER) {
        return Err(NameError::Encoding.into());
    }
    let safe = SafeName::parse(&spelled)?;
    let saved_as = Some(safe.to_string()).filter(|safe| *safe != spelled);
    let entry = Entry { name: name::shown(&spelled), saved_as, folder: false, size: Some(size), refused: None };
    let question = Question { job, listener, folder, from: wire.peer(), entries: vec![entry], resumable: 0 };
    if !question.ask(wire, Wire::still_there)?.contains(&true) {
        ledger.end(0, FileEnd::Declined);
        return Err(Reason::Declined);
    }
    let mut batch = Batch::new(Arc::clone(folder), listener.keeping())?;
    let mut incoming = batch.file(&safe, Some(size), None)?;
    wire.write_all(&gbk(START))?;
    job.set_current(&spelled);
    job.set_state(State::Moving);
    let mut buffer = Block::for_file(size);
    let received = loop {
        let left = size - incoming.written();
        if left == 0 {
            break Ok(());
        }
        let most = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        let room = buffer.get_mut(..most).unwrap_or_default();
        let read = wire.pause(|_| Ok(())).and_then(|()| wire.read_whole(room)).and_then(|n| match n {
            0 => Err(Reason::Size { announced: size, came: incoming.written() }),
            n => incoming.write(room.get(..n).unwrap_or_default()).map(|()| n),
        });
        match read {
            Ok(n) => job.counts.bytes.fetch_add(n as u64, Relaxed),
            Err(reason) => break Err(reason),
        };
    };
    raw::end_one(job, ledger, listener, incoming, received)?;
    // The sender ends by itself; our end would tell it nothing while it still has something unsent, which it has not.
    let mut rest = [0];
    let more = wire.read_within(&mut rest, NAME_ALONE)?;
    if more.is_some_and(|n| n > 0) {
        // Saved is what was announced. More is told of, for it is the sender's mistake.
        return Err(Reason::Size { announced: size, came: size + 1 });
    }
    Ok(())
}

fn read_header(wire: &mut Wire, within: Duration) -> Result<Header, Reason> {
    let deadline = Instant::now() + within;
    let mut bytes = Vec::new();
    let mut buffer = [0; HEADER];
    let mut found = None;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let room = buffer.get_mut(..HEADER.saturating_sub(bytes.len())).unwrap_or_default();
        match wire.read_within(room, if found.is_some() { WHOLE } else { left })? {
            None => return found.ok_or(Reason::NoAnswer(within)),
            Some(0) if bytes.is_empty() => return Err(Reason::NoFile),
            Some(0) => return Err(Reason::Header),
            Some(n) => bytes.extend_from_slice(room.get(..n).unwrap_or_default()),
        }
        found = header(&bytes)?;
        if bytes.len() >= HEADER {
            return found.ok_or(Reason::Header);
        }
    }
}

fn gbk(text: &str) -> Vec<u8> {
    // Both texts are ours and in GBK.
    Charset::GBK.encode(text, Unmappable::Skip).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glued(name: &[u8], size: u64) -> Vec<u8> {
        [name, &size.to_le_bytes()].concat()
    }

    #[test]
    fn the_header_of_the_tutorial_is_found() {
        let bytes = glued(b"\xb1\xca\xbc\xc7.txt", 5146);
        assert_eq!(header(&bytes), Ok(Some(Header { name: b"\xb1\xca\xbc\xc7.txt".to_vec(), size: 5146 })));
    }

    #[test]
    fn what_is_no_header_is_refused_and_not_waited_for_for_ever() {
        assert_eq!(header(&[b'a'; HEADER]), Err(Reason::Header));
        assert_eq!(header(&[0; 12]), Err(Reason::Header));
        assert_eq!(header(b""), Ok(None));
        assert_eq!(header(&5_u64.to_le_bytes()), Ok(None));
    }

    proptest! {
        #[test]
        fn a_header_is_found_in_any_pieces(name in "[a-z一-龥]{1,40}", size in 0..SIZES) {
            let name = Charset::GBK.encode(&name, Unmappable::Question).unwrap();
            let bytes = glued(&name, size);
            let found = header(&bytes);
            prop_assert_eq!(found, Ok(Some(Header { name: name.clone(), size })));
        }
    }
}
