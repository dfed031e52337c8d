//! What the two programs have to say to each other.

use super::{Micros, Side, fate};
use crate::text::{Charset, EncodeError, Unmappable};

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Workload {
    /// `count` messages of `size` bytes from the client, one every `gap`.
    Messages {
        /// How many.
        count: u32,
        /// Bytes in each.
        size: u32,
        /// Time between two.
        gap: Micros,
    },
    /// A text in Chinese as UTF-8, in messages of `size` bytes: characters are cut where they are cut.
    Text {
        /// Bytes in each.
        size: u32,
        /// Time between two.
        gap: Micros,
    },
    /// The client sends one, the server answers it, and only then the client sends the next.
    PingPong {
        /// Pairs.
        count: u32,
        /// Bytes in each message.
        size: u32,
        /// How long the client waits for an answer over UDP before it goes on without.
        patience: Micros,
    },
    /// A file in messages of `size` bytes, as fast as they are taken.
    File {
        /// Bytes of the file.
        bytes: u32,
        /// Bytes in each message.
        size: u32,
    },
    /// Frames of voice: one every `gap`, each worthless `deadline` after it was spoken.
    Voice {
        /// How many.
        count: u32,
        /// Bytes in each; 160 is 20 ms of G.711.
        size: u32,
        /// Time between two, 20 ms as a rule.
        gap: Micros,
        /// How old it may be when it is read.
        deadline: Micros,
    },
    /// Messages of one's own.
    Own {
        /// In the order of their numbers.
        messages: Vec<Own>,
        /// How their characters become bytes.
        encoding: Charset,
    },
}

/// A message that the user wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Own {
    /// What it says.
    pub text: String,
    /// When, after the program is ready.
    pub at: Micros,
}

impl Default for Workload {
    /// Six messages of 100 bytes, 5 ms apart.
    fn default() -> Self {
        Self::Messages { count: 6, size: 100, gap: 5_000 }
    }
}

/// A message. Numbers begin at 1, as people count, and are the message's place in [`Log::messages`](super::Log::messages)
/// plus one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Its number, from 1.
    pub number: u32,
    /// Who sends it.
    pub from: Side,
    /// When it is sent.
    pub when: When,
    /// How old it may be when it is read, counted from the moment in which it ought to be sent.
    pub deadline: Option<Micros>,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// When a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// So long after the program is ready (connected or bound, and done with thinking).
    At(Micros),
    /// When the message with this number has been read, or was given up.
    After(u32),
}

/// A text to send, in characters of three bytes.
const TEXT: &str = "传声筒是两只杯子和一根线。线绷紧了，这一头说话，那一头就听得见；线松了，声音就断断续续。\
    网络也是这样：TCP 会把断掉的地方补上，UDP 不会。哪一个更好，要看你说的是什么。";

impl Workload {
    /// How its messages are read, if they are texts that somebody wrote.
    pub fn encoding(&self) -> Option<Charset> {
        match self {
            Self::Own { encoding, .. } => Some(*encoding),
            Self::Text { .. } => Some(Charset::UTF_8),
            Self::Messages { .. } | Self::PingPong { .. } | Self::File { .. } | Self::Voice { .. } => None,
        }
    }

    /// How many messages it has.
    pub fn count(&self) -> u64 {
        match self {
            Self::Messages { count, .. } | Self::Voice { count, .. } => u64::from(*count),
            Self::Text { size, .. } => TEXT.len().div_ceil((*size).max(1) as usize) as u64,
            Self::PingPong { count, .. } => u64::from(*count) * 2,
            Self::File { bytes, size } => u64::from(bytes.div_ceil((*size).max(1))),
            Self::Own { messages, .. } => messages.len() as u64,
        }
    }

    /// How many bytes its messages have together, if they are sent as UTF-8.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Messages { size, .. } | Self::Voice { size, .. } | Self::PingPong { size, .. } => {
                self.count() * u64::from(*size)
            }
            Self::Text { .. } => TEXT.len() as u64,
            Self::File { bytes, .. } => u64::from(*bytes),
            Self::Own { messages, .. } => messages.iter().map(|own| own.text.len() as u64).sum(),
        }
    }

    /// Its messages, in the order of their numbers.
    pub fn messages(&self) -> Vec<Message> {
        match self {
            Self::Messages { count, size, gap } => (1..=*count)
                .map(|number| Message::plain(number, Micros::from(number - 1) * gap, None, sample(number, *size)))
                .collect(),
            Self::Text { size, gap } => TEXT
                .as_bytes()
                .chunks((*size).max(1) as usize)
                .zip(1..)
                .map(|(bytes, number)| Message::plain(number, Micros::from(number - 1) * gap, None, bytes.to_vec()))
                .collect(),
            Self::PingPong { count, size, .. } => (1..=count.saturating_mul(2))
                .map(|number| Message {
                    number,
                    from: if number % 2 == 1 { Side::Client } else { Side::Server },
                    when: if number == 1 { When::At(0) } else { When::After(number - 1) },
                    deadline: None,
                    bytes: sample(number, *size),
                })
                .collect(),
            Self::File { bytes, size } => {
                let size = (*size).max(1);
                (0..bytes.div_ceil(size))
                    .map(|index| Message::plain(index + 1, 0, None, noise(index, size.min(bytes - index * size))))
                    .collect()
            }
            Self::Voice { count, size, gap, deadline } => (1..=*count)
                .map(|number| {
                    Message::plain(number, Micros::from(number - 1) * gap, Some(*deadline), noise(number, *size))
                })
                .collect(),
            Self::Own { messages, encoding } => messages
                .iter()
                .zip(1..)
                .map(|(own, number)| {
                    // What is typed while another encoding is set may have other characters; a text form is checked.
                    let bytes = encoding.encode(&own.text, Unmappable::Question).unwrap_or_default();
                    Message::plain(number, own.at, None, bytes)
                })
                .collect(),
        }
    }
}

impl Own {
    /// Whether an encoding has all of its characters.
    ///
    /// # Errors
    /// The first that it lacks.
    pub fn encodes(&self, encoding: Charset) -> Result<(), EncodeError> {
        encoding.encode(&self.text, Unmappable::Refuse).map(|_| ())
    }
}

impl Message {
    /// One that the client sends at its time.
    fn plain(number: u32, at: Micros, deadline: Option<Micros>, bytes: Vec<u8>) -> Self {
        Self { number, from: Side::Client, when: When::At(at), deadline, bytes }
    }
}

/// A message that can be told from the others when it is read.
fn sample(number: u32, size: u32) -> Vec<u8> {
    let word = format!("message {number} ");
    word.bytes().cycle().take(size as usize).collect()
}

/// Bytes without a pattern, the same in every run.
fn noise(index: u32, size: u32) -> Vec<u8> {
    let words = (0..u64::from(size.div_ceil(8))).flat_map(|word| fate::hash(&[u64::from(index), word]).to_le_bytes());
    words.take(size as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_without_making_them() {
        let own = |text: &str| Own { text: text.into(), at: 0 };
        for workload in [
            Workload::default(),
            Workload::Text { size: 40, gap: 0 },
            Workload::Text { size: 1_000, gap: 0 },
            Workload::PingPong { count: 3, size: 7, patience: 1_000 },
            Workload::File { bytes: 1_001, size: 100 },
            Workload::Voice { count: 4, size: 160, gap: 20_000, deadline: 0 },
            Workload::Own { messages: vec![own("你好"), own("a")], encoding: Charset::UTF_8 },
        ] {
            let messages = workload.messages();
            assert_eq!(workload.count(), messages.len() as u64, "{workload:?}");
            assert_eq!(
                workload.bytes(),
                messages.iter().map(|message| message.bytes.len() as u64).sum::<u64>(),
                "{workload:?}"
            );
        }
    }
}
