//! Reads to messages: a buffer that holds what came of a message that is not whole yet.

use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

use memchr::memmem;

use super::{Framing, FramingError, Parts, Prefix, header};

/// What an error shows of a message without an end, in bytes.
const SHOWN: usize = 16;

/// What an error shows of a header without a size, in bytes.
const HEADER_SHOWN: usize = 64;

/// Room that a buffer keeps when it is empty, in bytes.
const KEPT: usize = 64 << 10;

/// Gathers the messages of one direction of a connection.
///
/// Take out all messages after every [`push`](Self::push): then no more than the limit, a number, a header and one read is
/// held.
#[derive(Clone, Debug)]
pub struct Decoder {
    framing: Framing,
    limit: usize,
    buffer: Vec<u8>,
    /// Where the message begins in `buffer`; what is before it has been taken out.
    start: usize,
    /// How many bytes of the stream were taken out.
    taken: u64,
    /// How many bytes of the message cannot be where its end begins. Without it a long message that comes byte by byte
    /// would be searched from its start with every one of them.
    searched: usize,
    /// The message that a header announced: headers are read once.
    said: Option<Parts>,
    /// Lengths of the whole messages in `buffer`, where reads and silence tell: `Framing::None` and `Silence`.
    whole: VecDeque<usize>,
    /// Bytes behind those, which silence has not ended yet.
    open: usize,
    /// When the last read came.
    last: Duration,
    failed: Option<FramingError>,
}

/// A message as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// How many bytes of the stream stand before it and what belongs to it.
    pub start: u64,
    /// How long it and what belongs to it are.
    pub parts: Parts,
    /// The message.
    pub message: Vec<u8>,
}

/// What a message still lacks, of which some came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// So many bytes.
    Exactly(u64),
    /// So many bytes or more: its end, or the rest of what says its length, has not come.
    AtLeast(u64),
    /// Nothing but silence of this length.
    Silence(Duration),
}

impl Decoder {
    /// A decoder for messages of at most `limit` bytes; the CR at the end of a line counts, numbers and headers do not.
    pub fn new(framing: Framing, limit: usize) -> Self {
        let failed = match framing {
            Framing::Fixed(size) if u64::from(size.get()) > limit as u64 => {
                Some(FramingError::FixedOverLimit { size: size.get(), limit })
            }
            _ => None,
        };
        Self {
            framing,
            limit,
            buffer: Vec::new(),
            start: 0,
            taken: 0,
            searched: 0,
            said: None,
            whole: VecDeque::new(),
            open: 0,
            last: Duration::ZERO,
            failed,
        }
    }

    /// Takes what one read returned. After an error, nothing. With [`Framing::Silence`] it came at once after the last read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.push_at(bytes, self.last);
    }

    /// Takes what one read returned at this time, which counts from wherever the first one's does.
    pub fn push_at(&mut self, bytes: &[u8], at: Duration) {
        if self.failed.is_some() || bytes.is_empty() {
            return;
        }
        self.quiet_until(at);
        self.last = self.last.max(at);
        // Moved only when at least as much leaves as is moved.
        if self.start >= self.buffered() {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
        match self.framing {
            Framing::None => self.whole.push_back(bytes.len()),
            Framing::Silence(_) => self.open += bytes.len(),
            _ => {}
        }
    }

    /// Tells that nothing came until now, which with [`Framing::Silence`] may end a message.
    pub fn quiet_until(&mut self, now: Duration) {
        if self.due().is_some_and(|due| due <= now) {
            self.finish();
        }
    }

    /// When silence will end the message that waits, if nothing comes before.
    pub fn due(&self) -> Option<Duration> {
        match self.framing {
            Framing::Silence(ms) if self.open > 0 => Some(self.last.saturating_add(silence(ms))),
            _ => None,
        }
    }

    /// Tells that the stream has ended. With [`Framing::Silence`] that ends a message; with any other, what waits was cut off.
    pub fn finish(&mut self) {
        if self.open > 0 {
            self.whole.push_back(std::mem::take(&mut self.open));
        }
    }

    /// Bytes that came and are no whole message yet, or have not been taken out.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Room that it holds, in bytes, spare room included.
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// How many bytes of the stream were taken out, as messages and what belongs to them.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// What the message lacks of which some came; `None` if nothing waits. To be asked when all messages were taken out.
    pub fn missing(&self) -> Option<Missing> {
        let have = self.buffered() as u64;
        if have == 0 || self.failed.is_some() {
            return None;
        }
        let of = |needed: u64| needed.saturating_sub(have);
        let prefixed = |prefix: Prefix, counted: usize| {
            let length = self.waiting().get(..prefix.width()).and_then(|bytes| prefix.read(bytes));
            match length {
                None => Missing::AtLeast(of(prefix.width() as u64)),
                Some(length) => {
                    let rest = u64::try_from(length).unwrap_or(u64::MAX).saturating_sub(counted as u64);
                    Missing::Exactly(of(rest.saturating_add(prefix.width() as u64)))
                }
            }
        };
        Some(match (&self.framing, self.said) {
            (Framing::None, _) => return None,
            (Framing::Line | Framing::Delimiter(_), _) => Missing::AtLeast(1),
            (Framing::Fixed(size), _) => Missing::Exactly(of(size.get().into())),
            (Framing::Prefix(prefix), _) => prefixed(*prefix, 0),
            (Framing::SelfPrefix(prefix), _) => prefixed(*prefix, prefix.width()),
            (Framing::Header(_), Some(parts)) => Missing::Exactly(of(parts.len() as u64)),
            (Framing::Header(prefix), None) => match prefixed(*prefix, 0) {
                Missing::Exactly(count) | Missing::AtLeast(count) => Missing::AtLeast(count),
                other @ Missing::Silence(_) => other,
            },
            (Framing::Silence(ms), _) => Missing::Silence(silence(*ms)),
        })
    }

    /// The next message: `None` if it is not whole yet.
    ///
    /// Not an [`Iterator`]: after `None` there may be more, once more has come.
    ///
    /// # Errors
    /// What came is no message of this framing. Where the next one would begin is unknown, so this is final: the error
    /// stays, and what comes later is not kept.
    #[expect(clippy::should_implement_trait, reason = "an iterator that goes on after None surprises its adapters")]
    pub fn next(&mut self) -> Option<Result<Vec<u8>, FramingError>> {
        self.next_frame().map(|found| found.map(|frame| frame.message))
    }

    /// The same with its place in the stream and all that belongs to it.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn next_frame(&mut self) -> Option<Result<Frame, FramingError>> {
        if let Some(error) = &self.failed {
            return Some(Err(error.clone()));
        }
        match self.find() {
            Ok(found) => {
                let parts = found?;
                let before = parts.before();
                let message = self.waiting().get(before..before + parts.body).unwrap_or_default().to_vec();
                let start = self.taken;
                self.leave(parts.len());
                Some(Ok(Frame { start, parts, message }))
            }
            Err(error) => {
                self.buffer = Vec::new();
                self.start = 0;
                self.whole.clear();
                self.open = 0;
                self.failed = Some(error.clone());
                Some(Err(error))
            }
        }
    }

    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn leave(&mut self, bytes: usize) {
        self.start += bytes;
        self.taken += bytes as u64;
        self.searched = 0;
        self.said = None;
        if self.start >= self.buffer.len() {
            self.buffer.clear();
            self.buffer.shrink_to(KEPT);
            self.start = 0;
        }
    }

    fn find(&mut self) -> Result<Option<Parts>, FramingError> {
        match &self.framing {
            Framing::None => Ok(self.whole.pop_front().map(body)),
            Framing::Silence(_) => {
                // A message is over the limit as soon as it is longer, whenever its silence may come.
                match self.whole.front().copied().unwrap_or(self.open) {
                    length if length > self.limit => Err(self.unterminated()),
                    _ => Ok(self.whole.pop_front().map(body)),
                }
            }
            Framing::Line => {
                let Some(length) = self.find_end(b"\n")? else { return Ok(None) };
                let carriage_return = length > 0 && self.waiting().get(length - 1) == Some(&b'\r');
                let end = if carriage_return { 2 } else { 1 };
                Ok(Some(Parts { body: length + 1 - end, end, ..Parts::default() }))
            }
            Framing::Delimiter(delimiter) => {
                let end = delimiter.bytes().to_vec();
                let length = self.find_end(&end)?;
                Ok(length.map(|length| Parts { body: length, end: end.len(), ..Parts::default() }))
            }
            Framing::Fixed(size) => {
                let length = usize::try_from(size.get()).unwrap_or(usize::MAX);
                Ok((self.buffered() >= length).then(|| body(length)))
            }
            Framing::Prefix(prefix) => {
                let prefix = *prefix;
                let Some(length) = self.number(prefix, 0, self.limit)? else { return Ok(None) };
                Ok(self.once_whole(Parts { prefix: prefix.width(), body: length, ..Parts::default() }))
            }
            Framing::SelfPrefix(prefix) => {
                let prefix = *prefix;
                let Some(length) = self.number(prefix, prefix.width(), self.limit)? else { return Ok(None) };
                Ok(self.once_whole(Parts { prefix: prefix.width(), body: length, ..Parts::default() }))
            }
            Framing::Header(prefix) => {
                let prefix = *prefix;
                self.headed(prefix)
            }
        }
    }

    /// The length of what follows the number, once the number is there; it counts `counted` bytes of its own.
    fn number(&self, prefix: Prefix, counted: usize, limit: usize) -> Result<Option<usize>, FramingError> {
        let Some(bytes) = self.waiting().get(..prefix.width()) else { return Ok(None) };
        let Some(length) = prefix.read(bytes) else { return Ok(None) };
        if length < 0 {
            return Err(FramingError::Negative { bytes: bytes.to_vec(), length });
        }
        let Some(rest) = length.checked_sub(counted as i128).filter(|rest| *rest >= 0) else {
            return Err(FramingError::TooShort { bytes: bytes.to_vec(), length, least: counted });
        };
        match usize::try_from(rest).ok().filter(|rest| *rest <= limit) {
            None => Err(FramingError::Announced { bytes: bytes.to_vec(), length, limit }),
            rest => Ok(rest),
        }
    }

    /// A number, a header as long as it says, a message as long as the header says.
    fn headed(&mut self, prefix: Prefix) -> Result<Option<Parts>, FramingError> {
        if let Some(parts) = self.said {
            return Ok(self.once_whole(parts));
        }
        let width = prefix.width();
        let Some(length) = self.number(prefix, 0, header::LONGEST)? else { return Ok(None) };
        let Some(header) = self.waiting().get(width..width + length) else { return Ok(None) };
        let Some((size, bytes)) = header::size(header) else {
            return Err(FramingError::NoSize { header: header.iter().take(HEADER_SHOWN).copied().collect() });
        };
        if size < 0 {
            return Err(FramingError::Negative { bytes, length: size });
        }
        match usize::try_from(size).ok().filter(|size| *size <= self.limit) {
            None => Err(FramingError::Announced { bytes, length: size, limit: self.limit }),
            Some(body) => {
                let parts = Parts { prefix: width, header: length, body, end: 0 };
                self.said = Some(parts);
                Ok(self.once_whole(parts))
            }
        }
    }

    fn once_whole(&self, parts: Parts) -> Option<Parts> {
        (self.buffered() >= parts.len()).then_some(parts)
    }

    fn unterminated(&self) -> FramingError {
        let start = self.waiting().iter().take(SHOWN.min(self.limit + 1)).copied().collect();
        FramingError::Unterminated { start, limit: self.limit }
    }

    /// Where the end of the message begins. It is looked for only where it was not looked for yet.
    fn find_end(&mut self, end: &[u8]) -> Result<Option<usize>, FramingError> {
        let fresh = self.waiting().get(self.searched..).unwrap_or_default();
        let found = memmem::find(fresh, end).map(|at| self.searched + at);
        let searched = found.unwrap_or_else(|| self.buffered().saturating_sub(end.len() - 1).max(self.searched));
        if searched > self.limit {
            return Err(self.unterminated());
        }
        self.searched = searched;
        Ok(found)
    }
}

/// A message with nothing before it and nothing behind it.
fn body(length: usize) -> Parts {
    Parts { body: length, ..Parts::default() }
}

fn silence(ms: NonZeroU32) -> Duration {
    Duration::from_millis(ms.get().into())
}

#[cfg(test)]
mod tests;
