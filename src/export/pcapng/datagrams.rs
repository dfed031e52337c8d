//! Datagrams whose sender and receiver are both in this program: each is to be in the file once, as it was sent.
//!
//! A send and a recv are of the same datagram if addresses, length and bytes are the same (RFC 768 knows no number). What
//! nobody here receives is forgotten after a while.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::{IpAddr, SocketAddr},
};

/// Datagrams that are remembered; more than rows wait to be put into order, so that those are all known.
const REMEMBERED: usize = 1 << 16;

/// Where a datagram goes, and how long it is; one that was cut is known in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub full: usize,
}

impl Datagram {
    /// Ports and length, which are the same at both ends whatever addresses they are bound to.
    fn key(&self) -> Key {
        (self.from.port(), self.to.port(), self.full)
    }
}

type Key = (u16, u16, usize);

#[derive(Debug)]
struct Flight {
    number: u64,
    from: IpAddr,
    to: IpAddr,
    hash: u64,
}

/// Datagrams on their way.
#[derive(Debug, Default)]
pub struct Flying {
    flights: BTreeMap<Key, VecDeque<Flight>>,
    /// In the order in which they were sent.
    order: VecDeque<(u64, Key)>,
    sent: u64,
}

impl Flying {
    /// A datagram was sent here.
    pub fn sent(&mut self, datagram: &Datagram, bytes: &[u8]) {
        let (number, key) = (self.sent, datagram.key());
        self.sent += 1;
        let (from, to, hash) = (datagram.from.ip(), datagram.to.ip(), hash(bytes));
        self.flights.entry(key).or_default().push_back(Flight { number, from, to, hash });
        self.order.push_back((number, key));
        if self.order.len() > REMEMBERED
            && let Some((oldest, key)) = self.order.pop_front()
            && let Some(bucket) = self.flights.get_mut(&key)
        {
            if bucket.front().is_some_and(|flight| flight.number == oldest) {
                bucket.pop_front();
            }
            if bucket.is_empty() {
                self.flights.remove(&key);
            }
        }
    }

    /// Whether a datagram that was received here was sent here too.
    pub fn came(&mut self, datagram: &Datagram, bytes: &[u8]) -> bool {
        let Some(bucket) = self.flights.get_mut(&datagram.key()) else { return false };
        let whole = (bytes.len() >= datagram.full).then(|| hash(bytes));
        let same = |flight: &Flight| {
            is(flight.from, datagram.from.ip())
                && is(flight.to, datagram.to.ip())
                && whole.is_none_or(|hash| hash == flight.hash)
        };
        let Some(at) = bucket.iter().position(same) else { return false };
        let everyone = |ip: IpAddr| ip.is_multicast() || matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
        // Those sent before it were lost: on one computer none overtakes another. A group has several receivers.
        if !bucket.get(at).is_some_and(|flight| everyone(flight.to)) {
            bucket.drain(..=at);
        }
        true
    }
}

/// Whether two addresses may be the same: the one that a socket has when it is bound to all of them is not known.
fn is(one: IpAddr, other: IpAddr) -> bool {
    let any =
        |ip: IpAddr| ip.is_unspecified() || ip.is_multicast() || matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    one == other || any(one) || any(other)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(from: &str, to: &str, full: usize) -> Datagram {
        Datagram { from: from.parse().unwrap(), to: to.parse().unwrap(), full }
    }

    #[test]
    fn each_is_met_once() {
        let mut flying = Flying::default();
        let there = datagram("127.0.0.1:1", "127.0.0.1:2", 3);
        for bytes in [b"one", b"two", b"two"] {
            flying.sent(&there, bytes);
        }
        assert!(!flying.came(&datagram("127.0.0.1:2", "127.0.0.1:1", 3), b"one"));
        assert!(flying.came(&datagram("127.0.0.1:1", "0.0.0.0:2", 3), b"two"));
        assert!(flying.came(&there, b"tw"));
        assert!(!flying.came(&there, b"two"));
    }

    #[test]
    fn a_group_has_several_receivers_and_memory_has_an_end() {
        let mut flying = Flying::default();
        let all = datagram("10.0.0.1:9", "224.0.0.1:9", 1);
        flying.sent(&all, b"x");
        assert!(flying.came(&all, b"x") && flying.came(&all, b"x"));
        for i in 0..REMEMBERED {
            flying.sent(&datagram("10.0.0.1:7", "10.0.0.2:7", i % 9), b"x");
        }
        assert!(!flying.came(&all, b"x"));
        assert_eq!(flying.order.len(), REMEMBERED);
    }
}
