//! What a server answers.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What is answered to every read (TCP) or datagram (UDP).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Responder {
    /// Nothing; a person answers.
    None,
    /// The same bytes (RFC 862).
    #[default]
    Echo,
    /// The same bytes with `a` to `z` in upper case, byte by byte as Python's `bytes.upper()`. In encodings
    /// whose second byte may be a letter (GBK, Shift_JIS) this breaks characters, as it does in Python.
    Upper,
}

impl Responder {
    /// The answer to `bytes`, if there is one. An empty datagram is answered with an empty datagram.
    pub fn reply(self, bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::None => None,
            Self::Echo => Some(Cow::Borrowed(bytes)),
            Self::Upper => Some(Cow::Owned(bytes.to_ascii_uppercase())),
        }
    }
}
