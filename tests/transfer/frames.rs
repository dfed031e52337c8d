//! Records of the frame, as somebody would write them who has read its doc comment and nothing else.

use std::{fs, path::Path};

use twocan::transfer::framed::{MAGIC, VERSION};

pub fn record(kind: u8, fields: &[&[u8]]) -> Vec<u8> {
    let body = fields.concat();
    [&[kind][..], &(body.len() as u32).to_be_bytes(), &body].concat()
}

pub fn preamble() -> Vec<u8> {
    [&MAGIC[..], &VERSION.to_be_bytes()].concat()
}

/// OFFER.
pub fn announce(entries: u32, total: u64) -> Vec<u8> {
    record(1, &[&entries.to_be_bytes(), &total.to_be_bytes()])
}

/// ENTRY of a file whose time is not known.
pub fn named(name: &str, size: u64) -> Vec<u8> {
    record(2, &[&[0], &size.to_be_bytes(), &i64::MIN.to_be_bytes(), &0_u32.to_be_bytes(), name.as_bytes()])
}

/// The preamble and the offer of these files.
pub fn offer(files: &[(&str, u64)]) -> Vec<u8> {
    let total = files.iter().fold(0_u64, |sum, (_, size)| sum.wrapping_add(*size));
    let entries = files.iter().flat_map(|(name, size)| named(name, *size)).collect();
    [preamble(), announce(files.len() as u32, total), entries].concat()
}

/// An ENTRY as Twocan writes it for this path.
pub fn entry(path: &Path, name: &str) -> Vec<u8> {
    let metadata = fs::metadata(path).unwrap();
    let size = if metadata.is_dir() { 0 } else { metadata.len() };
    let time = metadata.modified().unwrap().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let fields: [&[u8]; 5] = [
        &[u8::from(metadata.is_dir())],
        &size.to_be_bytes(),
        &time.as_secs().cast_signed().to_be_bytes(),
        &time.subsec_nanos().to_be_bytes(),
        name.as_bytes(),
    ];
    record(2, &fields)
}

/// FILE from its first byte.
pub fn file(index: u32) -> Vec<u8> {
    record(3, &[&index.to_be_bytes(), &0_u64.to_be_bytes()])
}

pub fn data(bytes: &[u8]) -> Vec<u8> {
    record(4, &[bytes])
}

pub fn end(hash: [u8; 32]) -> Vec<u8> {
    record(5, &[&hash])
}

/// FILE, DATA and END.
pub fn whole(index: u32, bytes: &[u8]) -> Vec<u8> {
    [file(index), data(bytes), end(*blake3::hash(bytes).as_bytes())].concat()
}

pub fn done() -> Vec<u8> {
    record(7, &[])
}
