//! Reliability on top of UDP, one mechanism at a time (ARQ: automatic repeat request). Pure.
//!
//! What TCP adds to IP, taken apart into seven switches ([`Mechanisms`]). Any set of them is a protocol, and both ends speak
//! it as a [`Host`](super::Host) over the same link and with the same luck as TCP and UDP. Its header grows with the
//! switches ([`header`] has the exact layout); its packets are real UDP datagrams without a checksum of UDP's own, so that
//! damage reaches the protocol. A set that cannot work is not refused: it fails in front of the learner, and says how.
//!
//! - [`mechanisms`]: the switches, and which set is weaker than which. [`panel`]: how a window shows them.
//! - `sender`, `receiver`, `host`: the two halves, and the end of the link that has one of each.
//! - [`level`]: what is wrong with a link, and what it takes (`assets/levels/arq.toml`). [`judge`]: 200 seeds at once.
//! - [`header`]: bits and bytes. [`checksum`]: RFC 1071 and CRC-32.

pub mod checksum;
mod estimate;
pub mod header;
mod host;
pub mod judge;
pub mod level;
pub mod mechanisms;
pub mod panel;
mod receiver;
mod sender;

pub(super) use self::host::ArqHost;
pub use self::{
    judge::{Failure, Fault, Goal, Judgement, Outcome, SEEDS, Trial},
    level::{Level, LevelError, Worth, levels},
    mechanisms::{Acks, Checksum, Mechanism, Mechanisms, Timeout, Window},
    panel::{Amount, Choice, Panel, Row},
};
