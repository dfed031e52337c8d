//! Both directions of the frame, bytes in, events out. Pure; what a peer can send cannot make it panic or grow.

use std::time::{Duration, SystemTime};

use super::{DATA_BYTES, MAGIC, VERSION, kind, record};
use crate::transfer::{name::NAME_BYTES, reason::Reason};

/// Bytes of the largest record but DATA: an ENTRY with the longest name.
const BODY_BYTES: usize = 21 + NAME_BYTES;
/// What stands before a body.
pub(super) const HEAD_BYTES: usize = 5;

/// Why what came is not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FrameError {
    /// It does not begin with the magic.
    #[error("this is no Twocan")]
    Magic,
    /// Another version of the frame.
    #[error("version {0} of the frame is not known")]
    Version(u16),
    /// A record that does not belong here, or is of no known kind.
    #[error("record {0:#04x} does not belong here")]
    Unexpected(u8),
    /// A record is longer or shorter than its kind allows.
    #[error("record {kind:#04x} has {length} bytes")]
    Length {
        /// The kind of record.
        kind: u8,
        /// Its length.
        length: u32,
    },
    /// A field has a value that it cannot have.
    #[error("record {0:#04x} holds a value that cannot be")]
    Value(u8),
    /// The stream ends in the middle.
    #[error("the stream ends in the middle")]
    Cut,
}

/// An entry of an offer, as announced: nothing in it is to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its name, as spelled by the sender.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// Its size.
    pub size: u64,
    /// When it was changed last.
    pub modified: Option<SystemTime>,
}

/// What a sender says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// So many entries follow, of so many bytes together.
    Offer {
        /// How many.
        entries: u32,
        /// Bytes together.
        total: u64,
    },
    /// The next entry.
    Entry(Announced),
    /// The last entry has come; an answer is waited for.
    Offered,
    /// The bytes of a file follow.
    File {
        /// Which.
        index: u32,
        /// From where.
        offset: u64,
    },
    /// Some of them. Pieces of a record come as they arrive.
    Data(&'a [u8]),
    /// The file is whole.
    End([u8; 32]),
    /// It does not come, or not to its end.
    Skip(u32, Reason),
    /// Nothing more comes.
    Done,
    /// Still there.
    Alive,
    /// It is all over.
    Cancel(Reason),
}

/// What a receiver says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replied {
    /// An entry is taken; so many bytes with this hash are there.
    Take(u32, u64, [u8; 32]),
    /// An entry is not taken.
    Refuse(u32, Reason),
    /// Everything is answered.
    Go,
    /// A file or folder is there.
    Stored(u32),
    /// It is not.
    Failed(u32, Reason),
    /// Still there.
    Alive,
    /// It is all over.
    Cancel(Reason),
}

/// Cuts a stream into records: bodies whole, but DATA in pieces as they come.
#[derive(Debug, Default)]
struct Records {
    /// The preamble, or a head and its body, as far as it has come.
    held: Vec<u8>,
    begun: bool,
    /// Bytes of a DATA record that are still to come.
    data: u32,
}

enum Piece<'a> {
    Data(&'a [u8]),
    /// A DATA record begins; kept apart from its bytes so that its order is looked at once.
    DataBegins,
    Whole(u8),
}

impl Records {
    /// The next piece, taken off the input; `None` when more is needed. The body of a whole record is [`body`](Self::body).
    fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Piece<'a>>, FrameError> {
        if !self.begun {
            self.hold(input, MAGIC.len() + 2);
            let (magic, version) = self.held.split_at(self.held.len().min(MAGIC.len()));
            // The first wrong byte tells; a web browser does not wait for the tenth.
            if !MAGIC.starts_with(magic) {
                return Err(FrameError::Magic);
            }
            let &[high, low] = version else { return Ok(None) };
            let version = u16::from_be_bytes([high, low]);
            if version != VERSION {
                return Err(FrameError::Version(version));
            }
            self.begun = true;
            self.held.clear();
        }
        if self.data > 0 {
            if input.is_empty() {
                return Ok(None);
            }
            let most = usize::try_from(self.data).unwrap_or(usize::MAX).min(input.len());
            let (bytes, rest) = input.split_at(most);
            *input = rest;
            self.data -= most as u32;
            return Ok(Some(Piece::Data(bytes)));
        }
        if self.held.len() >= HEAD_BYTES && self.whole() {
            // The record that was told of last.
            self.held.clear();
        }
        self.hold(input, HEAD_BYTES);
        let &[kind, a, b, c, d, ..] = self.held.as_slice() else { return Ok(None) };
        let length = u32::from_be_bytes([a, b, c, d]);
        if kind == kind::DATA {
            if length == 0 || length > DATA_BYTES {
                return Err(FrameError::Length { kind, length });
            }
            self.held.clear();
            self.data = length;
            return Ok(Some(Piece::DataBegins));
        }
        check_length(kind, length)?;
        self.hold(input, HEAD_BYTES + length as usize);
        Ok(self.whole().then_some(Piece::Whole(kind)))
    }

    fn body(&self) -> &[u8] {
        self.held.get(HEAD_BYTES..).unwrap_or_default()
    }

    /// Whether the record that is held is whole.
    fn whole(&self) -> bool {
        let &[_, a, b, c, d, ..] = self.held.as_slice() else { return false };
        self.held.len() == HEAD_BYTES + u32::from_be_bytes([a, b, c, d]) as usize
    }

    /// Takes from the input until so much is held.
    fn hold(&mut self, input: &mut &[u8], size: usize) {
        let most = size.saturating_sub(self.held.len()).min(input.len());
        let (bytes, rest) = input.split_at(most);
        self.held.extend_from_slice(bytes);
        *input = rest;
    }

    /// Whether not a byte has come.
    fn nothing(&self) -> bool {
        !self.begun && self.held.is_empty()
    }

    /// Whether the stream may end here.
    fn between(&self) -> bool {
        self.begun && self.data == 0 && (self.held.is_empty() || self.whole())
    }
}

fn check_length(kind: u8, length: u32) -> Result<(), FrameError> {
    let fits = match kind {
        kind::OFFER | kind::FILE => length == 12,
        kind::ENTRY => (22..=BODY_BYTES as u32).contains(&length),
        kind::END => length == 32,
        kind::DONE | kind::GO | kind::ALIVE => length == 0,
        kind::CANCEL => length == 18,
        kind::SKIP | kind::FAILED => length == 22,
        kind::STORED => length == 4,
        kind::ANSWER => length == 45 || length == 23,
        _ => return Err(FrameError::Unexpected(kind)),
    };
    if fits { Ok(()) } else { Err(FrameError::Length { kind, length }) }
}

/// Where a sender is in its story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Offer,
    Entries(u32),
    Between,
    Inside,
    Over,
}

/// Reads what a sender says, in the order in which it may be said.
#[derive(Debug)]
pub struct Sender {
    records: Records,
    turn: Turn,
}

impl Default for Sender {
    fn default() -> Self {
        Self { records: Records::default(), turn: Turn::Offer }
    }
}

impl Sender {
    /// What is said next, taken off the input; `None` when more is needed.
    ///
    /// # Errors
    /// It is not a frame. The parser is of no use after that.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Said<'a>>, FrameError> {
        if self.turn == Turn::Entries(0) {
            self.turn = Turn::Between;
            return Ok(Some(Said::Offered));
        }
        loop {
            let kind = match self.records.next(input)? {
                None => return Ok(None),
                Some(Piece::Data(bytes)) => return Ok(Some(Said::Data(bytes))),
                Some(Piece::DataBegins) if self.turn == Turn::Inside => continue,
                Some(Piece::DataBegins) => return Err(FrameError::Unexpected(kind::DATA)),
                Some(Piece::Whole(kind)) => kind,
            };
            let mut body = Body { kind, bytes: self.records.body() };
            let (said, turn) = match (kind, self.turn) {
                (kind::ALIVE, turn) => (Said::Alive, turn),
                (kind::CANCEL, _) => (Said::Cancel(record::reason(&mut body)?), Turn::Over),
                (kind::OFFER, Turn::Offer) => {
                    let (entries, total) = (body.u32()?, body.u64()?);
                    if entries == 0 {
                        return Err(FrameError::Value(kind));
                    }
                    (Said::Offer { entries, total }, Turn::Entries(entries))
                }
                (kind::ENTRY, Turn::Entries(left)) => {
                    (Said::Entry(announced(&mut body)?), Turn::Entries(left.saturating_sub(1)))
                }
                (kind::FILE, Turn::Between) => (Said::File { index: body.u32()?, offset: body.u64()? }, Turn::Inside),
                (kind::END, Turn::Inside) => (Said::End(body.hash()?), Turn::Between),
                (kind::SKIP, Turn::Between | Turn::Inside) => {
                    (Said::Skip(body.u32()?, record::reason(&mut body)?), Turn::Between)
                }
                (kind::DONE, Turn::Between) => (Said::Done, Turn::Over),
                _ => return Err(FrameError::Unexpected(kind)),
            };
            self.turn = turn;
            return Ok(Some(said));
        }
    }

    /// Bytes of a DATA record that are still to come.
    pub fn data_left(&self) -> u32 {
        self.records.data
    }

    /// The stream has ended.
    ///
    /// # Errors
    /// It must not end here.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.turn == Turn::Over && self.records.between() { Ok(()) } else { Err(FrameError::Cut) }
    }
}

/// Reads what a receiver says.
#[derive(Debug, Default)]
pub struct Receiver {
    records: Records,
    going: bool,
}

impl Receiver {
    /// What is said next, taken off the input; `None` when more is needed.
    ///
    /// # Errors
    /// It is not a frame. The parser is of no use after that.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Replied>, FrameError> {
        let kind = match self.records.next(input)? {
            None => return Ok(None),
            Some(Piece::Data(_) | Piece::DataBegins) => return Err(FrameError::Unexpected(kind::DATA)),
            Some(Piece::Whole(kind)) => kind,
        };
        let mut body = Body { kind, bytes: self.records.body() };
        Ok(Some(match (kind, self.going) {
            (kind::ALIVE, _) => Replied::Alive,
            (kind::CANCEL, _) => Replied::Cancel(record::reason(&mut body)?),
            (kind::ANSWER, false) => match (body.u32()?, body.u8()?, body.bytes.len()) {
                (index, 0, 40) => Replied::Take(index, body.u64()?, body.hash()?),
                (index, 1, 18) => Replied::Refuse(index, record::reason(&mut body)?),
                _ => return Err(FrameError::Value(kind)),
            },
            (kind::GO, false) => {
                self.going = true;
                Replied::Go
            }
            (kind::STORED, true) => Replied::Stored(body.u32()?),
            (kind::FAILED, true) => Replied::Failed(body.u32()?, record::reason(&mut body)?),
            _ => return Err(FrameError::Unexpected(kind)),
        }))
    }

    /// The stream has ended.
    ///
    /// # Errors
    /// In the middle of a record, or of the ten bytes before the first.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.records.between() || self.records.nothing() { Ok(()) } else { Err(FrameError::Cut) }
    }
}

fn announced(body: &mut Body<'_>) -> Result<Announced, FrameError> {
    let wrong = FrameError::Value(body.kind);
    let folder = match body.u8()? {
        0 => false,
        1 => true,
        _ => return Err(wrong),
    };
    let (size, seconds, nanos) = (body.u64()?, body.u64()?.cast_signed(), body.u32()?);
    if folder && size != 0 || nanos >= 1_000_000_000 {
        return Err(wrong);
    }
    let name = str::from_utf8(body.bytes).map_err(|_| wrong)?.to_owned();
    Ok(Announced { name, folder, size, modified: time(seconds, nanos) })
}

/// `None` where it is not known, or beyond what the system's clock can say.
fn time(seconds: i64, nanos: u32) -> Option<SystemTime> {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let base = if seconds == i64::MIN {
        None
    } else if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)
    };
    base?.checked_add(Duration::from_nanos(nanos.into()))
}

/// The body of a record, read from its front.
pub(super) struct Body<'a> {
    pub kind: u8,
    pub bytes: &'a [u8],
}

impl Body<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (field, rest) = self.bytes.split_first_chunk().ok_or(FrameError::Value(self.kind))?;
        self.bytes = rest;
        Ok(*field)
    }

    fn u8(&mut self) -> Result<u8, FrameError> {
        self.take().map(u8::from_be_bytes)
    }

    pub fn u16(&mut self) -> Result<u16, FrameError> {
        self.take().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, FrameError> {
        self.take().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, FrameError> {
        self.take().map(u64::from_be_bytes)
    }

    fn hash(&mut self) -> Result<[u8; 32], FrameError> {
        self.take()
    }
}
