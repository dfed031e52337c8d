//! Reads to messages: a buffer that holds what came of a message that is not whole yet.

use std::collections::VecDeque;

use memchr::memmem;

use super::{Framing, FramingError};

/// What an error shows of a message without an end, in bytes.
const SHOWN: usize = 16;

/// Room that a buffer keeps when it is empty, in bytes.
const KEPT: usize = 64 << 10;

/// Gathers the messages of one direction of a connection.
///
/// Take out all messages after every [`push`](Self::push): then no more than the limit, a number and one read is held.
#[derive(Clone, Debug)]
pub struct Decoder {
    framing: Framing,
    limit: usize,
    buffer: Vec<u8>,
    /// Where the message begins in `buffer`; what is before it has been taken out.
    start: usize,
    /// How many bytes of the message cannot be where its end begins. Without it a long message that comes byte by byte
    /// would be searched from its start with every one of them.
    searched: usize,
    /// Lengths of the reads in `buffer`, for `Framing::None`.
    reads: VecDeque<usize>,
    failed: Option<FramingError>,
}

impl Decoder {
    /// A decoder for messages of at most `limit` bytes; the CR at the end of a line counts.
    pub fn new(framing: Framing, limit: usize) -> Self {
        let failed = match framing {
            Framing::Fixed(size) if u64::from(size.get()) > limit as u64 => {
                Some(FramingError::FixedOverLimit { size: size.get(), limit })
            }
            _ => None,
        };
        Self { framing, limit, buffer: Vec::new(), start: 0, searched: 0, reads: VecDeque::new(), failed }
    }

    /// Takes what one read returned. After an error, nothing.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_some() || bytes.is_empty() {
            return;
        }
        // Moved only when at least as much leaves as is moved.
        if self.start >= self.buffered() {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
        if self.framing == Framing::None {
            self.reads.push_back(bytes.len());
        }
    }

    /// Bytes that came and are no whole message yet, or have not been taken out.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.start
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
        if let Some(error) = &self.failed {
            return Some(Err(error.clone()));
        }
        match self.find() {
            Ok(found) => {
                let Found { skip, length, end } = found?;
                let message = self.waiting().get(skip..skip + length).unwrap_or_default().to_vec();
                self.leave(skip + length + end);
                Some(Ok(message))
            }
            Err(error) => {
                self.buffer = Vec::new();
                self.start = 0;
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
        self.searched = 0;
        if self.start >= self.buffer.len() {
            self.buffer.clear();
            self.buffer.shrink_to(KEPT);
            self.start = 0;
        }
    }

    fn find(&mut self) -> Result<Option<Found>, FramingError> {
        match &self.framing {
            Framing::None => Ok(self.reads.pop_front().map(|length| Found { skip: 0, length, end: 0 })),
            Framing::Line => {
                let Some(length) = self.find_end(b"\n")? else { return Ok(None) };
                let carriage_return = length > 0 && self.waiting().get(length - 1) == Some(&b'\r');
                let end = if carriage_return { 2 } else { 1 };
                Ok(Some(Found { skip: 0, length: length + 1 - end, end }))
            }
            Framing::Delimiter(delimiter) => {
                let end = delimiter.bytes().to_vec();
                Ok(self.find_end(&end)?.map(|length| Found { skip: 0, length, end: end.len() }))
            }
            Framing::Fixed(size) => {
                let length = usize::try_from(size.get()).unwrap_or(usize::MAX);
                Ok((self.buffered() >= length).then_some(Found { skip: 0, length, end: 0 }))
            }
            Framing::Prefix(prefix) => {
                let (skip, limit) = (prefix.width(), self.limit);
                let Some(bytes) = self.waiting().get(..skip) else { return Ok(None) };
                let Some(length) = prefix.read(bytes) else { return Ok(None) };
                if length < 0 {
                    return Err(FramingError::Negative { bytes: bytes.to_vec(), length });
                }
                match usize::try_from(length).ok().filter(|length| *length <= limit) {
                    None => Err(FramingError::Announced { bytes: bytes.to_vec(), length, limit }),
                    Some(length) => Ok((self.buffered() - skip >= length).then_some(Found { skip, length, end: 0 })),
                }
            }
        }
    }

    /// Where the end of the message begins. It is looked for only where it was not looked for yet.
    fn find_end(&mut self, end: &[u8]) -> Result<Option<usize>, FramingError> {
        let fresh = self.waiting().get(self.searched..).unwrap_or_default();
        let found = memmem::find(fresh, end).map(|at| self.searched + at);
        let searched = found.unwrap_or_else(|| self.buffered().saturating_sub(end.len() - 1).max(self.searched));
        if searched > self.limit {
            let start = self.waiting().iter().take(SHOWN.min(self.limit + 1)).copied().collect();
            return Err(FramingError::Unterminated { start, limit: self.limit });
        }
        self.searched = searched;
        Ok(found)
    }
}

/// A whole message in what is waiting: what is before it, it, what ends it; in bytes.
struct Found {
    skip: usize,
    length: usize,
    end: usize,
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::framing::{LIMIT, Prefix};

    fn delimiter(text: &str) -> Framing {
        Framing::Delimiter(text.to_owned().try_into().unwrap())
    }

    /// What comes out, message by message, up to the first error.
    fn decode<'b>(
        framing: &Framing,
        limit: usize,
        reads: impl IntoIterator<Item = &'b [u8]>,
    ) -> Result<Vec<Vec<u8>>, FramingError> {
        let mut decoder = Decoder::new(framing.clone(), limit);
        let mut messages = Vec::new();
        for read in reads {
            decoder.push(read);
            while let Some(message) = decoder.next() {
                messages.push(message?);
            }
        }
        Ok(messages)
    }

    #[test]
    fn without_a_framing_every_read_is_a_message() {
        let reads = [&b"i = 1i = 2"[..], b"i", b"", b" = 3"];
        let expected = vec![b"i = 1i = 2".to_vec(), b"i".to_vec(), b" = 3".to_vec()];
        assert_eq!(decode(&Framing::None, LIMIT, reads), Ok(expected));
        let mut decoder = Decoder::new(Framing::None, LIMIT);
        decoder.push(b"one");
        decoder.push(b"two");
        assert_eq!(decoder.buffered(), 6);
        assert_eq!(decoder.next(), Some(Ok(b"one".to_vec())));
        assert_eq!(decoder.next(), Some(Ok(b"two".to_vec())));
        assert_eq!(decoder.next(), None);
    }

    #[test]
    fn lines_end_with_lf_and_with_crlf() {
        let reads = [&b"one\ntw"[..], b"o\r", b"\n\n\r\nlone \r in\nrest"];
        let expected: Vec<_> = ["one", "two", "", "", "lone \r in"].map(|line| line.as_bytes().to_vec()).into();
        assert_eq!(decode(&Framing::Line, LIMIT, reads), Ok(expected));
    }

    #[test]
    fn a_delimiter_that_is_cut_or_nearly_there() {
        let reads = [&b"a\r\n\rb\r"[..], b"\n\r", b"\nc\r\n\r\n\r\n", b"\r\n"];
        let expected: Vec<_> = ["a\r\n\rb", "c", ""].map(|text| text.as_bytes().to_vec()).into();
        assert_eq!(decode(&delimiter("\\r\\n\\r\\n"), LIMIT, reads), Ok(expected));
    }

    #[test]
    fn a_negative_length_names_its_bytes_and_is_final() {
        let mut decoder = Decoder::new(Framing::Prefix(Prefix::I64Be), LIMIT);
        decoder.push(b"\x00\x00\x00\x00\x00\x00\x00\x01x");
        decoder.push(&(-2_i64).to_be_bytes());
        assert_eq!(decoder.next(), Some(Ok(b"x".to_vec())));
        let error = FramingError::Negative { bytes: vec![255, 255, 255, 255, 255, 255, 255, 254], length: -2 };
        assert_eq!(decoder.next(), Some(Err(error.clone())));
        decoder.push(&[0; 100]);
        assert_eq!((decoder.next(), decoder.buffered()), (Some(Err(error)), 0));
    }

    #[test]
    fn nothing_is_allocated_for_a_length_that_was_announced() {
        for (prefix, bytes) in [
            (Prefix::U32Be, &b"\xFF\xFF\xFF\xFFx"[..]),
            (Prefix::U64Le, b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFx"),
            (Prefix::I64Le, b"\x01\x00\x00\x01\x00\x00\x00\x00x"),
        ] {
            let mut decoder = Decoder::new(Framing::Prefix(prefix), LIMIT);
            decoder.push(bytes);
            let Some(Err(FramingError::Announced { bytes: named, limit: LIMIT, .. })) = decoder.next() else {
                panic!("{prefix}")
            };
            assert_eq!(named, bytes[..prefix.width()]);
        }
        let mut decoder = Decoder::new(Framing::Prefix(Prefix::U32Be), LIMIT);
        decoder.push(&(16_u32 << 20).to_be_bytes());
        assert_eq!(decoder.next(), None);
        assert!(decoder.buffer.capacity() < 1024);
    }

    #[test]
    fn the_limit_to_the_byte() {
        for (framing, end) in [(Framing::Line, &b"\n"[..]), (delimiter("::"), b"::")] {
            let fits = [b"12345678", end].concat();
            let over = [b"123456789", end].concat();
            assert_eq!(decode(&framing, 8, [&fits[..]]), Ok(vec![b"12345678".to_vec()]));
            let error = FramingError::Unterminated { start: b"123456789".to_vec(), limit: 8 };
            assert_eq!(decode(&framing, 8, [&over[..]]), Err(error));
        }
        let prefix = Framing::Prefix(Prefix::U8);
        assert_eq!(decode(&prefix, 8, [&b"\x0812345678"[..]]), Ok(vec![b"12345678".to_vec()]));
        assert!(decode(&prefix, 8, [&b"\x09"[..]]).is_err());
        let fixed = Framing::Fixed(9.try_into().unwrap());
        assert_eq!(decode(&fixed, 8, [&b"1"[..]]), Err(FramingError::FixedOverLimit { size: 9, limit: 8 }));
    }

    #[test]
    fn a_line_without_an_end_stops_at_the_limit() {
        let mut decoder = Decoder::new(Framing::Line, 1000);
        let error = loop {
            decoder.push(&[b'a'; 100]);
            assert!(decoder.buffered() <= 1100);
            if let Some(message) = decoder.next() {
                break message.unwrap_err();
            }
        };
        assert_eq!(error, FramingError::Unterminated { start: vec![b'a'; 16], limit: 1000 });
    }

    /// Searched from its start with every byte, this message would take half a million million comparisons.
    #[test]
    fn a_long_message_byte_by_byte_is_not_searched_again_and_again() {
        let begun = Instant::now();
        for framing in [Framing::Line, delimiter("\\r\\n\\r\\n")] {
            let mut decoder = Decoder::new(framing, LIMIT);
            for _ in 0..1_000_000 {
                decoder.push(b"\r");
                assert_eq!(decoder.next(), None);
            }
        }
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    #[test]
    fn many_small_messages_in_one_read_are_not_moved_again_and_again() {
        let mut decoder = Decoder::new(Framing::Line, LIMIT);
        decoder.push(&b"\n".repeat(4_000_000));
        let mut count = 0;
        while let Some(message) = decoder.next() {
            assert_eq!(message.unwrap(), b"");
            count += 1;
        }
        assert_eq!(count, 4_000_000);
        assert!(decoder.buffer.capacity() <= KEPT);
    }

    fn framing() -> impl Strategy<Value = Framing> {
        prop_oneof![
            Just(Framing::None),
            Just(Framing::Line),
            prop_oneof!["[ab]{1,3}", Just("\\r\\n\\r\\n".to_owned()), Just("\\0".to_owned())]
                .prop_map(|text| delimiter(&text)),
            (1_u32..12).prop_map(|size| Framing::Fixed(size.try_into().unwrap())),
            prop::sample::select(Prefix::ALL.to_vec()).prop_map(Framing::Prefix),
        ]
    }

    /// Bytes in which ends, halves of ends and small numbers are frequent.
    fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![prop::sample::select(b"\0\x01\x02ab\r\n".to_vec()), any::<u8>()];
        prop::collection::vec(byte, 0..most)
    }

    /// `stream` in reads that end where `cuts` say, in parts of 65 536.
    fn cut<'s>(stream: &'s [u8], cuts: &[u16]) -> Vec<&'s [u8]> {
        let mut places: Vec<_> = cuts.iter().map(|cut| usize::from(*cut) * stream.len() / 65_536).collect();
        places.sort_unstable();
        let mut reads = Vec::new();
        let mut from = 0;
        for place in places.into_iter().chain([stream.len()]) {
            reads.push(&stream[from..place]);
            from = place;
        }
        reads
    }

    proptest! {
        #[test]
        fn any_messages_in_any_slices_come_out_the_same(
            framing in framing(),
            messages in prop::collection::vec(bytes(12), 0..12),
            cuts in prop::collection::vec(any::<u16>(), 0..20),
        ) {
            let mut stream = Vec::new();
            let mut sent = Vec::new();
            for mut message in messages {
                if framing.encode(&message, &mut stream).is_ok() {
                    if let Framing::Fixed(size) = framing {
                        message.resize(size.get() as usize, 0);
                    }
                    sent.push(message);
                }
            }
            let came = decode(&framing, 64, cut(&stream, &cuts)).unwrap();
            if framing == Framing::None {
                prop_assert_eq!(came.concat(), sent.concat());
            } else {
                prop_assert_eq!(came, sent);
            }
        }

        #[test]
        fn no_bytes_panic_or_are_kept_beyond_the_limit(
            framing in framing(),
            stream in bytes(400),
            cuts in prop::collection::vec(any::<u16>(), 0..20),
            limit in 0_usize..40,
        ) {
            let mut decoder = Decoder::new(framing.clone(), limit);
            let mut came = Vec::new();
            for read in cut(&stream, &cuts) {
                decoder.push(read);
                while let Some(message) = decoder.next() {
                    if message.is_err() {
                        prop_assert_eq!(decoder.buffered(), 0);
                        came.push(message);
                        break;
                    }
                    prop_assert!(framing == Framing::None || message.as_ref().unwrap().len() <= limit);
                    came.push(message);
                }
                prop_assert!(decoder.buffered() <= limit + 8);
            }
            // Where the reads were cut changes nothing, errors included.
            if framing != Framing::None {
                let whole = decode(&framing, limit, [&stream[..]]);
                prop_assert_eq!(whole, came.into_iter().collect());
            }
        }
    }
}
