//! Every framing against bytes that Python made.
//!
//! The constants are what `struct.pack`, `json.dumps` and `str.encode` of `CPython` 3 returned for 你好 and `hi`; the
//! comment beside each is the expression. They come cut at every byte, byte by byte, and glued to what follows.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests fail by panicking")]

use twocan::framing::{Decoder, Framing, FramingError, LIMIT};

/// `z = '你好'.encode()`
const Z: &[u8] = b"\xe4\xbd\xa0\xe5\xa5\xbd";

const MADE: [(&str, &[u8], &[u8]); 27] = [
    ("none", b"hi", b"hi"),
    ("line", b"hi", b"hi\n"),
    ("crlf", b"hi", b"hi\r\n"),
    ("delimiter:\\0", b"hi", b"hi\x00"),
    // struct.pack('8s', b'hi')
    ("fixed:8", b"hi", b"hi\x00\x00\x00\x00\x00\x00"),
    // struct.pack('>B', len(z)) + z, and so on
    ("u8", Z, b"\x06\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u16-be", Z, b"\x00\x06\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u16-le", Z, b"\x06\x00\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u32-be", Z, b"\x00\x00\x00\x06\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u32-le", Z, b"\x06\x00\x00\x00\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u64-be", Z, b"\x00\x00\x00\x00\x00\x00\x00\x06\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u64-le", Z, b"\x06\x00\x00\x00\x00\x00\x00\x00\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("i64-be", Z, b"\x00\x00\x00\x00\x00\x00\x00\x06\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("i64-le", Z, b"\x06\x00\x00\x00\x00\x00\x00\x00\xe4\xbd\xa0\xe5\xa5\xbd"),
    // struct.pack('>B', struct.calcsize('>B') + len(z)) + z, and so on
    ("u8+self", Z, b"\x07\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u16-be+self", Z, b"\x00\x08\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u16-le+self", Z, b"\x08\x00\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u32-be+self", Z, b"\x00\x00\x00\n\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u32-le+self", Z, b"\n\x00\x00\x00\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u64-be+self", Z, b"\x00\x00\x00\x00\x00\x00\x00\x0e\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("u64-le+self", Z, b"\x0e\x00\x00\x00\x00\x00\x00\x00\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("i64-be+self", Z, b"\x00\x00\x00\x00\x00\x00\x00\x0e\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("i64-le+self", Z, b"\x0e\x00\x00\x00\x00\x00\x00\x00\xe4\xbd\xa0\xe5\xa5\xbd"),
    // h = json.dumps({"size": len(z)}).encode(); struct.pack('>I', len(h)) + h + z, and so on
    ("header:u8", Z, b"\x0b{\"size\": 6}\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("header:u32-be", Z, b"\x00\x00\x00\x0b{\"size\": 6}\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("header:u32-le", Z, b"\x0b\x00\x00\x00{\"size\": 6}\xe4\xbd\xa0\xe5\xa5\xbd"),
    ("header:i64-le", Z, b"\x0b\x00\x00\x00\x00\x00\x00\x00{\"size\": 6}\xe4\xbd\xa0\xe5\xa5\xbd"),
];

fn decode<'b>(spec: &str, reads: impl IntoIterator<Item = &'b [u8]>) -> Result<Vec<Vec<u8>>, FramingError> {
    let mut decoder = Decoder::new(spec.parse().unwrap(), LIMIT);
    let mut messages = Vec::new();
    for read in reads {
        decoder.push(read);
        while let Some(message) = decoder.next() {
            messages.push(message?);
        }
    }
    decoder.finish();
    messages.extend(decoder.next().transpose()?);
    Ok(messages)
}

#[test]
fn what_python_packs_is_what_we_send() {
    for (spec, message, packed) in MADE {
        let mut sent = Vec::new();
        spec.parse::<Framing>().unwrap().encode(message, &mut sent).unwrap();
        assert_eq!(sent, packed, "{spec}");
    }
}

#[test]
fn what_python_packs_is_unpacked_however_it_is_cut() {
    for (spec, message, packed) in MADE.into_iter().filter(|(spec, ..)| *spec != "none") {
        let came = if spec == "fixed:8" { packed.to_vec() } else { message.to_vec() };
        let twice = [packed, packed].concat();
        for at in 0..=twice.len() {
            let (head, tail) = twice.split_at(at);
            assert_eq!(decode(spec, [head, tail]), Ok(vec![came.clone(), came.clone()]), "{spec} cut at {at}");
        }
        assert_eq!(decode(spec, twice.chunks(1)), Ok(vec![came.clone(), came]), "{spec} byte by byte");
    }
}

#[test]
fn the_header_of_a_tutorial_with_more_in_it() {
    // h = json.dumps({'filename': 'a.txt', 'file_size': 6, 'md5': 'é'}).encode(); struct.pack('i', len(h)) + h + z
    let packed: &[u8] =
        b"6\x00\x00\x00{\"filename\": \"a.txt\", \"file_size\": 6, \"md5\": \"\\u00e9\"}\xe4\xbd\xa0\xe5\xa5\xbd";
    assert_eq!(decode("header:u32-le", [packed]), Ok(vec![Z.to_vec()]));
    assert_eq!(decode("header:u32-le", packed.chunks(1)), Ok(vec![Z.to_vec()]));
}

#[test]
fn lengths_that_python_packs_and_nobody_may_follow() {
    // struct.pack('>q', -2), struct.pack('>i', -1), struct.pack('<I', (16 << 20) + 1)
    let bytes = b"\xff\xff\xff\xff\xff\xff\xff\xfe".to_vec();
    assert_eq!(decode("i64-be", [&bytes[..]]), Err(FramingError::Negative { bytes, length: -2 }));
    let bytes = b"\xff\xff\xff\xff".to_vec();
    let error = FramingError::Announced { bytes: bytes.clone(), length: 4_294_967_295, limit: LIMIT };
    assert_eq!(decode("u32-be", [&bytes[..]]), Err(error));
    let bytes = b"\x01\x00\x00\x01".to_vec();
    let error = FramingError::Announced { bytes: bytes.clone(), length: 16_777_217, limit: LIMIT };
    assert_eq!(decode("u32-le", [&bytes[..]]), Err(error));
}
