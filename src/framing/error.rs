//! Why bytes are no message of a framing, or a message cannot be sent in it: always with the bytes.

/// Why bytes are no message of a framing, or a message cannot be sent in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// What is to be sent is longer than the framing can say.
    #[error("a message of {length} bytes, and this framing has room for {most}")]
    TooLong {
        /// Bytes of the message.
        length: usize,
        /// Bytes that it may have.
        most: u64,
    },
    /// What is to be sent would be taken for two messages, or for a shorter one.
    #[error("the end {} is in the message itself, at byte {at}", end.escape_ascii())]
    EndInside {
        /// The bytes that end a message.
        end: Vec<u8>,
        /// Where they begin in the message, counted from 0.
        at: usize,
    },
    /// A peer announced fewer bytes than none.
    #[error("the length {length} is negative (bytes {bytes:02X?})")]
    Negative {
        /// The number as it came.
        bytes: Vec<u8>,
        /// The number.
        length: i128,
    },
    /// A peer announced more than the limit.
    #[error("the length {length} is over the limit of {limit} (bytes {bytes:02X?})")]
    Announced {
        /// The number as it came.
        bytes: Vec<u8>,
        /// The number.
        length: i128,
        /// Bytes that a message may have.
        limit: usize,
    },
    /// A peer announced, with a number that counts itself, fewer bytes than the number has.
    #[error("the length {length} is less than its own {least} bytes (bytes {bytes:02X?})")]
    TooShort {
        /// The number as it came.
        bytes: Vec<u8>,
        /// The number.
        length: i128,
        /// The bytes that it has itself.
        least: usize,
    },
    /// A header came that does not say how long its message is.
    #[error("the header does not say a size: {}", header.escape_ascii())]
    NoSize {
        /// The first bytes of the header, at most 64.
        header: Vec<u8>,
    },
    /// More than the limit came, and no end of the message.
    #[error("{limit} bytes without an end of the message; it starts with {}", start.escape_ascii())]
    Unterminated {
        /// The first bytes of the message, at most 16.
        start: Vec<u8>,
        /// Bytes that a message may have.
        limit: usize,
    },
    /// Every message of this framing is longer than the limit.
    #[error("messages of {size} bytes are over the limit of {limit}")]
    FixedOverLimit {
        /// Bytes of each message.
        size: u32,
        /// Bytes that a message may have.
        limit: usize,
    },
}

impl FramingError {
    /// The bytes and numbers that it is about, without words: for a sentence in any language.
    pub fn facts(&self) -> String {
        match self {
            Self::TooLong { length, most } => format!("{length} > {most}"),
            Self::EndInside { end, at } => format!("{} @ {at}", end.escape_ascii()),
            Self::Negative { bytes, length } => format!("{} = {length}", hex(bytes)),
            Self::Announced { bytes, length, limit } => format!("{} = {length} > {limit}", hex(bytes)),
            Self::TooShort { bytes, length, least } => format!("{} = {length} < {least}", hex(bytes)),
            Self::NoSize { header } => header.escape_ascii().to_string(),
            Self::Unterminated { start, limit } => format!("{} … > {limit}", hex(start)),
            Self::FixedOverLimit { size, limit } => format!("{size} > {limit}"),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_told_without_words() {
        let negative = FramingError::Negative { bytes: vec![0xFF, 0xFE], length: -2 };
        assert_eq!(negative.facts(), "FF FE = -2");
        let much = FramingError::Announced { bytes: vec![0x7F, 0xFF], length: 32_767, limit: 100 };
        assert_eq!(much.facts(), "7F FF = 32767 > 100");
        let little = FramingError::TooShort { bytes: vec![0, 1], length: 1, least: 2 };
        assert_eq!(little.facts(), "00 01 = 1 < 2");
        assert_eq!(FramingError::NoSize { header: b"{}\n".to_vec() }.facts(), "{}\\n");
    }
}
