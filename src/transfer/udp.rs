//! Numbered datagrams without any repair: what is lost stays lost, and is shown.
//!
//! # The wire, version 1
//!
//! Every datagram begins with `54 57 43 55` (`TWCU`), the version (1 byte, `01`), a kind (1 byte) and the number of the
//! transfer (u32), which the sender draws. Numbers are unsigned and big-endian; a reason is that of
//! [`framed`](super::framed).
//!
//! | kind | from | rest | means |
//! |---|---|---|---|
//! | 1 OFFER | sender | size u64, bytes of the file in a datagram u16, name (UTF-8) | said four times a second until it is answered |
//! | 2 ANSWER | receiver | 0: taken; 1: the user is asked; 2 and a reason: no | one to each OFFER; 1 also to END: all came and is being read again |
//! | 3 DATA | sender | number u64, bytes | number `n` holds the file from `n` × bytes in a datagram; all are full but the last |
//! | 4 END | sender | BLAKE3 (32) | said ten times a second until there is a RESULT, for three seconds without any answer |
//! | 5 RESULT | receiver | datagrams that came u64, then 1 if the hash is right, else 0 | one to each END: with holes at once, else when all was read again |
//! | 6 CANCEL | both | reason | this file is over |
//! | 7 DONE | sender | nothing | everything was heard, and nothing more comes; a receiver may also wait for three seconds |
//!
//! Only the questions are repeated, never the bytes, and the last answer is given again as often as it is asked for. The
//! files of one sender come from one port, one behind the other, each with a number of its own: their folders are the same.
//! A file with holes is not saved; its part stays if parts are kept.

mod receive;
mod send;

use std::time::Duration;

pub(super) use self::{receive::listen, send::send};
use super::{
    framed::record::{coded, decoded},
    reason::Reason,
};

const MAGIC: [u8; 5] = [b'T', b'W', b'C', b'U', 1];
/// Datagrams of one file; a bit is kept for each.
const DATAGRAMS: u64 = 1 << 26;
/// Holes that are told of one by one.
pub const HOLES: usize = 10_000;
/// How long a sender says END without any answer, and a receiver answers it once more.
const END_FOR: Duration = Duration::from_secs(3);

/// A datagram, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datagram<'a> {
    /// A file is offered.
    Offer {
        /// Its size.
        size: u64,
        /// Bytes of it in one datagram.
        payload: u16,
        /// Its name, as spelled by the sender.
        name: &'a [u8],
    },
    /// It is taken.
    Taken,
    /// The user is asked; behind END: what came is being read again.
    Asking,
    /// It is not taken.
    Refused(Reason),
    /// A piece.
    Data {
        /// Which.
        number: u64,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// All was sent.
    End([u8; 32]),
    /// What came of it.
    Result {
        /// Datagrams that came.
        came: u64,
        /// The hash is right.
        right: bool,
    },
    /// This file is over.
    Cancel(Reason),
    /// The sender has heard everything and sends nothing more.
    Done,
}

impl<'a> Datagram<'a> {
    /// Reads one, with the number of its transfer; `None` if it is none of ours.
    pub fn parse(bytes: &'a [u8]) -> Option<(u32, Self)> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        let (&kind, rest) = rest.split_first()?;
        let (transfer, rest) = rest.split_first_chunk()?;
        let read = match kind {
            1 => {
                let (size, rest) = rest.split_first_chunk()?;
                let (payload, name) = rest.split_first_chunk()?;
                let (size, payload) = (u64::from_be_bytes(*size), u16::from_be_bytes(*payload));
                Self::Offer { size, payload: Some(payload).filter(|payload| *payload > 0)?, name }
            }
            2 => match rest.split_first()? {
                (0, []) => Self::Taken,
                (1, []) => Self::Asking,
                (2, reason) => Self::Refused(decoded(reason)?),
                _ => return None,
            },
            3 => {
                let (number, bytes) = rest.split_first_chunk()?;
                Self::Data { number: u64::from_be_bytes(*number), bytes }
            }
            4 => Self::End(rest.try_into().ok()?),
            5 => {
                let (came, right) = rest.split_first_chunk()?;
                Self::Result { came: u64::from_be_bytes(*came), right: right == [1] }
            }
            6 => Self::Cancel(decoded(rest)?),
            7 if rest.is_empty() => Self::Done,
            _ => return None,
        };
        Some((u32::from_be_bytes(*transfer), read))
    }

    /// Writes one.
    pub fn write(&self, transfer: u32, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&MAGIC);
        let (kind, fields): (u8, &[&[u8]]) = match self {
            Self::Offer { size, payload, name } => (1, &[&size.to_be_bytes(), &payload.to_be_bytes(), name]),
            Self::Taken => (2, &[&[0]]),
            Self::Asking => (2, &[&[1]]),
            Self::Refused(reason) => (2, &[&[2], &coded(reason)]),
            Self::Data { number, bytes } => (3, &[&number.to_be_bytes(), bytes]),
            Self::End(hash) => (4, &[hash]),
            Self::Result { came, right } => (5, &[&came.to_be_bytes(), &[u8::from(*right)]]),
            Self::Cancel(reason) => (6, &[&coded(reason)]),
            Self::Done => (7, &[]),
        };
        out.push(kind);
        out.extend_from_slice(&transfer.to_be_bytes());
        for field in fields {
            out.extend_from_slice(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: usize = 10;

    #[test]
    fn what_is_written_is_read() {
        let mut out = Vec::new();
        for datagram in [
            Datagram::Offer { size: 5, payload: 2, name: "数据".as_bytes() },
            Datagram::Taken,
            Datagram::Asking,
            Datagram::Refused(Reason::NoSpace { needed: 7, free: 3 }),
            Datagram::Data { number: 9, bytes: b"ab" },
            Datagram::End([7; 32]),
            Datagram::Result { came: 3, right: true },
            Datagram::Cancel(Reason::Cancelled),
            Datagram::Done,
        ] {
            datagram.write(77, &mut out);
            assert!(out.len() >= HEAD);
            assert_eq!(Datagram::parse(&out), Some((77, datagram)));
        }
    }

    proptest! {
        #[test]
        fn no_datagram_is_too_odd(kind in 0..8_u8, rest in proptest::collection::vec(any::<u8>(), 0..80)) {
            let bytes = [&MAGIC[..], &[kind], &rest].concat();
            let _ = Datagram::parse(&bytes);
            let _ = Datagram::parse(&rest);
        }
    }
}
