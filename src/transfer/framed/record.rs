//! Records written, and reasons as numbers.

use std::time::{Duration, SystemTime};

use super::{
    MAGIC, VERSION, kind,
    parser::{Announced, Body, FrameError},
};
use crate::transfer::{
    name::NameError,
    reason::{DiskFault, Reason},
};

/// What both sides begin with.
pub(super) fn preamble(out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_be_bytes());
}

/// A record of these fields.
pub(super) fn record(out: &mut Vec<u8>, kind: u8, fields: &[&[u8]]) {
    let length: usize = fields.iter().map(|field| field.len()).sum();
    out.push(kind);
    // Bodies are at most a mebibyte.
    out.extend_from_slice(&(length as u32).to_be_bytes());
    for field in fields {
        out.extend_from_slice(field);
    }
}

/// The head of a DATA record; so many bytes follow it.
pub(super) fn data(out: &mut Vec<u8>, bytes: u32) {
    out.push(kind::DATA);
    out.extend_from_slice(&bytes.to_be_bytes());
}

pub(super) fn offer(out: &mut Vec<u8>, entries: u32, total: u64) {
    record(out, kind::OFFER, &[&entries.to_be_bytes(), &total.to_be_bytes()]);
}

pub(super) fn entry(out: &mut Vec<u8>, entry: &Announced) {
    let (seconds, nanos) = entry.modified.map_or((i64::MIN, 0), since_1970);
    let fields: [&[u8]; 5] = [
        &[u8::from(entry.folder)],
        &entry.size.to_be_bytes(),
        &seconds.to_be_bytes(),
        &nanos.to_be_bytes(),
        entry.name.as_bytes(),
    ];
    record(out, kind::ENTRY, &fields);
}

/// Seconds, rounded down, and what is left.
fn since_1970(time: SystemTime) -> (i64, u32) {
    let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => (seconds(after), after.subsec_nanos()),
        Err(error) => match (seconds(error.duration()), error.duration().subsec_nanos()) {
            (whole, 0) => (-whole, 0),
            (whole, nanos) => (-whole - 1, 1_000_000_000 - nanos),
        },
    }
}

pub(super) fn take(out: &mut Vec<u8>, index: u32, have: u64, hash: &[u8; 32]) {
    record(out, kind::ANSWER, &[&index.to_be_bytes(), &[0], &have.to_be_bytes(), hash]);
}

pub(super) fn refuse(out: &mut Vec<u8>, index: u32, reason: &Reason) {
    record(out, kind::ANSWER, &[&index.to_be_bytes(), &[1], &coded(reason)]);
}

pub(super) fn file(out: &mut Vec<u8>, index: u32, offset: u64) {
    record(out, kind::FILE, &[&index.to_be_bytes(), &offset.to_be_bytes()]);
}

pub(super) fn stored(out: &mut Vec<u8>, index: u32) {
    record(out, kind::STORED, &[&index.to_be_bytes()]);
}

/// SKIP or FAILED.
pub(super) fn failed(out: &mut Vec<u8>, kind: u8, index: u32, reason: &Reason) {
    record(out, kind, &[&index.to_be_bytes(), &coded(reason)]);
}

pub(super) fn cancel(out: &mut Vec<u8>, reason: &Reason) {
    record(out, kind::CANCEL, &[&coded(reason)]);
}

/// A reason as it stands on the wire. What the other side said is told to it as its own.
pub(in crate::transfer) fn coded(reason: &Reason) -> [u8; 18] {
    let (code, one, other) = match reason.bare().0 {
        Reason::Declined | Reason::LeftOut { .. } => (1, 0, 0),
        Reason::NoAnswer(time) => (2, time.as_secs(), 0),
        // A connection that is lost cannot tell so; where it is told of a file, the file was not reached.
        Reason::Cancelled | Reason::Net(_) | Reason::Gone | Reason::Mute | Reason::There(_) | Reason::Nothing => {
            (3, 0, 0)
        }
        Reason::NoSpace { needed, free } => (4, *needed, *free),
        Reason::Size { announced, came } => (5, *announced, *came),
        Reason::Hash | Reason::Holes { .. } => (6, 0, 0),
        Reason::Changed => (7, 0, 0),
        Reason::Name(error) => (8, place(&NameError::ALL, error), 0),
        Reason::Disk { what, errno, .. } => (9, place(&DiskFault::ALL, what), u64::from(errno.unsigned_abs())),
        Reason::Protocol(error) => match *error {
            FrameError::Magic => (10, 1, 0),
            FrameError::Version(version) => (10, 2, version.into()),
            FrameError::Unexpected(kind) => (10, 3, kind.into()),
            FrameError::Length { kind, .. } => (10, 4, kind.into()),
            FrameError::Value(kind) => (10, 5, kind.into()),
            FrameError::Cut => (10, 6, 0),
        },
        Reason::Header | Reason::NoFile => (10, 5, 0),
        Reason::TooMany { announced, limit } | Reason::Datagrams { needed: announced, limit } => {
            (11, *announced, *limit)
        }
        Reason::Busy => (12, 0, 0),
        Reason::Silent(time) => (13, time.as_secs(), 0),
        Reason::Bug => (14, 0, 0),
        Reason::Unknown(code) => (*code, 0, 0),
    };
    let mut bytes = [0; 18];
    let fields = u16::to_be_bytes(code).into_iter().chain(u64::to_be_bytes(one)).chain(u64::to_be_bytes(other));
    bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
    bytes
}

/// The place in a list, from 1.
fn place<T: PartialEq>(all: &[T], one: &T) -> u64 {
    all.iter().position(|each| each == one).map_or(0, |at| at as u64 + 1)
}

/// What is at a place in a list, from 1; the last one for what is not known.
fn placed<T: Copy>(all: &[T], place: u64, unknown: T) -> T {
    let at = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
    at.and_then(|at| all.get(at).copied()).unwrap_or(unknown)
}

/// Reads a reason by itself; `None` if these bytes are none.
pub(in crate::transfer) fn decoded(bytes: &[u8]) -> Option<Reason> {
    reason(&mut Body { kind: 0, bytes: bytes.get(..18)? }).ok()
}

/// Reads a reason; it is the other side's.
pub(super) fn reason(body: &mut Body<'_>) -> Result<Reason, FrameError> {
    let (code, one, other) = (body.u16()?, body.u64()?, body.u64()?);
    let kind = one_byte(other);
    Ok(match code {
        0 => return Err(FrameError::Value(body.kind)),
        1 => Reason::Declined,
        2 => Reason::NoAnswer(Duration::from_secs(one)),
        3 => Reason::Cancelled,
        4 => Reason::NoSpace { needed: one, free: other },
        5 => Reason::Size { announced: one, came: other },
        6 => Reason::Hash,
        7 => Reason::Changed,
        8 => Reason::Name(placed(&NameError::ALL, one, NameError::Encoding)),
        9 => Reason::Disk {
            what: placed(&DiskFault::ALL, one, DiskFault::Other),
            path: String::new(),
            errno: i32::try_from(other).unwrap_or(0),
        },
        10 => Reason::Protocol(match one {
            1 => FrameError::Magic,
            2 => FrameError::Version(u16::try_from(other).unwrap_or(u16::MAX)),
            3 => FrameError::Unexpected(kind),
            4 => FrameError::Length { kind, length: 0 },
            5 => FrameError::Value(kind),
            _ => FrameError::Cut,
        }),
        11 => Reason::TooMany { announced: one, limit: other },
        12 => Reason::Busy,
        13 => Reason::Silent(Duration::from_secs(one)),
        14 => Reason::Bug,
        code => Reason::Unknown(code),
    })
}

fn one_byte(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
