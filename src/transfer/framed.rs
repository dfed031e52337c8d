//! Twocan to Twocan: many files and folders over one TCP connection, with hashes, resume, and reasons in both directions.
//!
//! # The wire, version 1
//!
//! The sender connects. Both sides begin with ten bytes, the magic `54 57 4F 43 41 4E 0D 0A` (`TWOCAN\r\n`) and the version
//! `00 01`, and go on with records. A record is a kind (1 byte), a length (4 bytes) and so many bytes of body. Every
//! number is unsigned and big-endian unless said otherwise.
//!
//! | kind | from | body | means |
//! |---|---|---|---|
//! | `01` OFFER | sender | entries u32, total u64 | so many ENTRYs follow, whose sizes add up to the total |
//! | `02` ENTRY | sender | type u8 (0 file, 1 folder), size u64 (0 for a folder), seconds i64 and nanoseconds u32 of its modification since 1970 (seconds −2⁶³: not known), name | the name is UTF-8, 1 to 4096 bytes, relative, with `/` between parts. Entries are numbered from 0 |
//! | `11` ANSWER | receiver | index u32, verdict u8 (0 taken, 1 not), then for 0: have u64, BLAKE3 of these bytes (32); for 1: a reason | one for each entry, in order. Of a file that is taken `have` bytes are there already |
//! | `12` GO | receiver | nothing | every entry is answered; folders that were taken are made |
//! | `03` FILE | sender | index u32, offset u64 | the bytes of this file follow, from this offset: what the receiver has, if its hash is that of the same bytes here, else 0. Only files that were taken, each once at most |
//! | `04` DATA | sender | 1 to 1 048 576 bytes | the next bytes of the file |
//! | `05` END | sender | BLAKE3 (32) | the file is whole; this is the hash of all of it, from its first byte |
//! | `06` SKIP | sender | index u32, reason | the file cannot be sent, or not to its end. Behind FILE instead of END, or instead of FILE |
//! | `13` STORED | receiver | index u32 | the file, whose END has come, has its size, its hash and its name here; or the folder is there |
//! | `14` FAILED | receiver | index u32, reason | it has not. May come before END: the sender then had better SKIP. Each entry that is taken has one STORED or one FAILED |
//! | `07` DONE | sender | nothing | nothing more comes. The receiver answers what it has not yet answered and ends the connection |
//! | `0E` ALIVE | both | nothing | still there: a question stands, a pause lasts, a part is being read. At least every 20 s |
//! | `0F` CANCEL | both | reason | it is all over. Whoever says it half-closes and reads to the end, so that no RST overtakes it |
//!
//! A reason is code u16 and two numbers u64, which are 0 where the table has none:
//!
//! | code | reason | numbers |
//! |---|---|---|
//! | 1, 2, 3 | declined; nobody answered; cancelled | for 2: seconds |
//! | 4 | no space | bytes needed, bytes free |
//! | 5, 6, 7 | wrong size; wrong hash; the file changed while it was sent | for 5: announced, came |
//! | 8 | the name cannot be used | 1 empty, 2 absolute, 3 drive, 4 upwards, 5 NUL, 6 encoding, 7 deep, 8 long |
//! | 9 | disk | 1 full, 2 permission, 3 read-only, 4 missing, 5 name too long, 6 too large, 7 not a folder, 8 not a file, 9 too many open files, 10 other, 11 a link; errno |
//! | 10 | not understood | 1 magic, 2 version, 3 unexpected, 4 length, 5 value, 6 cut; kind of the record, or the version |
//! | 11 | too many | announced, limit |
//! | 12, 13, 14 | busy; silent; a bug | for 13: seconds |
//!
//! The sender does not wait between files, so that many small ones are as quick as their bytes; answers come when they
//! come. Nothing is sent between ENTRY and GO but ALIVE and CANCEL. A kind that is not in the table, a body of another
//! length, a record out of its turn, or a value that cannot be ends the connection with CANCEL and code 10; a version
//! that is not known with the same and the version of whoever says so in its own first ten bytes. More than 2²⁰
//! bytes of DATA, or 65 536 of anything else, are never a record.
//!
//! [`parser`] reads both directions and has no socket in it.

pub mod parser;
mod receive;
pub(super) mod record;
mod send;

pub use self::parser::FrameError;
pub(super) use self::{
    receive::{receive, refuse},
    send::send,
};

/// What both sides begin with.
pub const MAGIC: [u8; 8] = *b"TWOCAN\r\n";
/// The version of the frame.
pub const VERSION: u16 = 1;
/// Bytes of one DATA record at most.
pub const DATA_BYTES: u32 = 1 << 20;
/// At least so often something is said; half of it is waited.
const ALIVE: std::time::Duration = std::time::Duration::from_secs(5);

/// Kinds of records.
pub(super) mod kind {
    pub const OFFER: u8 = 0x01;
    pub const ENTRY: u8 = 0x02;
    pub const FILE: u8 = 0x03;
    pub const DATA: u8 = 0x04;
    pub const END: u8 = 0x05;
    pub const SKIP: u8 = 0x06;
    pub const DONE: u8 = 0x07;
    pub const ALIVE: u8 = 0x0E;
    pub const CANCEL: u8 = 0x0F;
    pub const ANSWER: u8 = 0x11;
    pub const GO: u8 = 0x12;
    pub const STORED: u8 = 0x13;
    pub const FAILED: u8 = 0x14;
}
