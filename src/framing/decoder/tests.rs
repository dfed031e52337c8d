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
fn a_number_that_counts_itself_is_not_less_than_itself() {
    let framing = Framing::SelfPrefix(Prefix::U16Be);
    assert_eq!(decode(&framing, 8, [&b"\x00\x02\x00\x03x"[..]]), Ok(vec![b"".to_vec(), b"x".to_vec()]));
    let error = FramingError::TooShort { bytes: vec![0, 1], length: 1, least: 2 };
    assert_eq!(decode(&framing, 8, [&b"\x00\x01"[..]]), Err(error));
    assert_eq!(decode(&framing, 8, [&b"\x00\x0A12345678"[..]]), Ok(vec![b"12345678".to_vec()]));
    let error = FramingError::Announced { bytes: vec![0, 11], length: 11, limit: 8 };
    assert_eq!(decode(&framing, 8, [&b"\x00\x0B"[..]]), Err(error));
}

#[test]
fn a_header_that_lies_is_named() {
    let framing = Framing::Header(Prefix::U8);
    let headed = |header: &str| [&[header.len() as u8], header.as_bytes(), b"12345678"].concat();
    let error = |header: &str| decode(&framing, 8, [&headed(header)[..]]).unwrap_err();
    assert_eq!(decode(&framing, 8, [&headed("size=8")[..]]), Ok(vec![b"12345678".to_vec()]));
    assert_eq!(error("size=9"), FramingError::Announced { bytes: b"9".to_vec(), length: 9, limit: 8 });
    assert_eq!(error("{\"size\": -8}"), FramingError::Negative { bytes: b"-8".to_vec(), length: -8 });
    assert_eq!(error("{}"), FramingError::NoSize { header: b"{}".to_vec() });
    // A header is never longer than 64 KiB, whatever the limit.
    let mut decoder = Decoder::new(Framing::Header(Prefix::U32Be), usize::MAX);
    decoder.push(&65_537_u32.to_be_bytes());
    let limit = header::LONGEST;
    let error = FramingError::Announced { bytes: vec![0, 1, 0, 1], length: 65_537, limit };
    assert_eq!(decoder.next(), Some(Err(error)));
}

#[test]
fn what_is_missing_is_said_as_exactly_as_it_is_known() {
    for (framing, came, missing) in [
        (Framing::None, &b"x"[..], None),
        (Framing::Line, b"", None),
        (Framing::Line, b"x", Some(Missing::AtLeast(1))),
        (Framing::Fixed(8.try_into().unwrap()), b"abc", Some(Missing::Exactly(5))),
        (Framing::Prefix(Prefix::U32Be), b"\0\0", Some(Missing::AtLeast(2))),
        (Framing::Prefix(Prefix::U32Be), b"\0\0\0\x0Chello", Some(Missing::Exactly(7))),
        (Framing::SelfPrefix(Prefix::U32Be), b"\0\0\0\x0Chello", Some(Missing::Exactly(3))),
        (Framing::Header(Prefix::U8), b"\x06siz", Some(Missing::AtLeast(3))),
        (Framing::Header(Prefix::U8), b"\x06size=9abc", Some(Missing::Exactly(6))),
        (Framing::Silence(9.try_into().unwrap()), b"x", Some(Missing::Silence(Duration::from_millis(9)))),
    ] {
        let mut decoder = Decoder::new(framing.clone(), 100);
        decoder.push(came);
        while decoder.next().is_some() {}
        assert_eq!(decoder.missing(), missing, "{framing:?}");
    }
}

#[test]
fn silence_ends_a_message_and_so_does_the_end() {
    let ms = Duration::from_millis;
    let mut decoder = Decoder::new(Framing::Silence(200.try_into().unwrap()), 8);
    decoder.push_at(b"he", ms(1_000));
    decoder.push_at(b"llo", ms(1_199));
    assert_eq!((decoder.next(), decoder.due()), (None, Some(ms(1_399))));
    decoder.push_at(b"two", ms(1_399));
    assert_eq!(decoder.next(), Some(Ok(b"hello".to_vec())));
    assert_eq!(decoder.next(), None);
    decoder.finish();
    assert_eq!((decoder.next(), decoder.due()), (Some(Ok(b"two".to_vec())), None));
    decoder.push_at(b"123456789", ms(9_000));
    let error = FramingError::Unterminated { start: b"123456789".to_vec(), limit: 8 };
    assert_eq!(decoder.next(), Some(Err(error)));
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
        prop::sample::select(Prefix::ALL.to_vec()).prop_map(Framing::SelfPrefix),
        prop::sample::select(Prefix::ALL.to_vec()).prop_map(Framing::Header),
        (1_u32..5).prop_map(|ms| Framing::Silence(ms.try_into().unwrap())),
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
        let came = decode(&framing, 1_000, cut(&stream, &cuts)).unwrap();
        if framing.is_unreliable() {
            prop_assert!(sent.concat().starts_with(&came.concat()));
        } else {
            prop_assert_eq!(came, sent);
        }
    }

    #[test]
    fn silence_that_is_kept_comes_out_the_same(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..12), 1..8),
        cuts in prop::collection::vec(any::<u16>(), 0..8),
    ) {
        let mut decoder = Decoder::new(Framing::Silence(200.try_into().unwrap()), 64);
        let mut now = Duration::ZERO;
        let mut came = Vec::new();
        for message in &messages {
            for read in cut(message, &cuts) {
                now += Duration::from_millis(10);
                decoder.push_at(read, now);
                prop_assert_eq!(decoder.next(), None);
            }
            now += Duration::from_millis(200);
            decoder.quiet_until(now);
            came.extend(std::iter::from_fn(|| decoder.next()));
        }
        prop_assert_eq!(came.into_iter().collect::<Result<Vec<_>, _>>(), Ok(messages));
    }

    #[test]
    fn frames_tile_the_stream(
        framing in framing(),
        messages in prop::collection::vec(bytes(12), 0..12),
        cuts in prop::collection::vec(any::<u16>(), 0..20),
    ) {
        let (mut stream, mut sent) = (Vec::new(), Vec::new());
        for message in messages {
            let start = stream.len() as u64;
            if let Ok(parts) = framing.encode(&message, &mut stream) {
                sent.push((start, parts));
            }
        }
        let mut decoder = Decoder::new(framing.clone(), 1_000);
        let mut end = 0;
        let mut found = Vec::new();
        for read in cut(&stream, &cuts) {
            decoder.push(read);
            while let Some(frame) = decoder.next_frame() {
                let frame = frame.unwrap();
                prop_assert_eq!(frame.start, end);
                end += frame.parts.len() as u64;
                prop_assert_eq!(end, decoder.taken());
                found.push((frame.start, frame.parts));
            }
        }
        prop_assert_eq!(end + decoder.buffered() as u64, stream.len() as u64);
        match framing {
            Framing::None | Framing::Silence(_) => {}
            // Where the filling begins nobody can tell.
            Framing::Fixed(size) => prop_assert!(found.iter().all(|(_, parts)| parts.body == size.get() as usize)),
            _ => prop_assert_eq!(found, sent),
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
        let mut longest = 0;
        for read in cut(&stream, &cuts) {
            longest = longest.max(read.len());
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
            let header = if matches!(framing, Framing::Header(_)) { stream.len() } else { 0 };
            prop_assert!(decoder.buffered() <= limit + 8 + header);
            // A vector may grow to twice what is in it, and never by what was announced.
            prop_assert!(decoder.capacity() <= 2 * (limit + 8 + header + longest).max(64));
        }
        // Where the reads were cut changes nothing, errors included.
        if !framing.is_unreliable() {
            let whole = decode(&framing, limit, [&stream[..]]);
            prop_assert_eq!(whole, came.into_iter().collect());
        }
    }
}
