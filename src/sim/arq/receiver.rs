//! The receiving half: what is new, early, or old, and what is said about it.

use std::collections::{BTreeMap, VecDeque};

use super::{
    header::Frame,
    mechanisms::{Acks, MOST_BITS, Mechanisms},
};
use crate::sim::log::{Discard, Piece};

/// What came in one packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    /// Whether it is the end mark.
    pub end: bool,
    /// What it carried.
    pub bytes: Vec<u8>,
    /// What that truly is, for the log.
    pub pieces: Vec<Piece>,
}

/// One half of a host.
#[derive(Debug)]
pub(super) struct Receiver {
    set: Mechanisms,
    /// How many were passed on in order: the count of the packet that is expected.
    expected: u64,
    /// What came early, by its count.
    early: BTreeMap<u64, Parcel>,
    /// What waits for the program, in order.
    ready: VecDeque<Parcel>,
}

/// What became of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Why it was thrown away, if it was.
    pub discarded: Option<Discard>,
    /// Whether it waits for one before it.
    pub early: bool,
    /// What is said about it.
    pub ack: Option<Frame<'static>>,
}

impl Receiver {
    pub fn new(set: Mechanisms) -> Self {
        Self { set, expected: 0, early: BTreeMap::new(), ready: VecDeque::new() }
    }

    /// A packet with this number has come, undamaged as far as anybody can tell.
    pub fn take(&mut self, number: u32, parcel: Parcel) -> Outcome {
        let bits = self.set.bits.min(MOST_BITS);
        if bits == 0 {
            self.pass_on(parcel);
            return Outcome { discarded: None, early: false, ack: self.ack(0) };
        }
        let modulus = 1_u64 << bits;
        let ahead = u64::from(number).wrapping_sub(self.expected) & (modulus - 1);
        let window = self.set.receiver_window();
        let mut early = false;
        let discarded = if ahead == 0 {
            self.pass_on(parcel);
            while let Some(parcel) = self.early.remove(&self.expected) {
                self.pass_on(parcel);
            }
            None
        } else if ahead < window {
            early = true;
            // What is here already stays.
            match self.early.entry(self.expected + ahead) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(parcel);
                    None
                }
                std::collections::btree_map::Entry::Occupied(_) => Some(Discard::Again),
            }
        } else if ahead >= window.max(modulus / 2) {
            // Behind: the far half of the numbers.
            if self.set.duplicates {
                Some(Discard::Again)
            } else {
                self.ready.push_back(parcel);
                None
            }
        } else {
            Some(Discard::OutOfOrder)
        };
        // Its own number is only said of what is here.
        let silent = self.set.acks == Acks::Each && discarded == Some(Discard::OutOfOrder);
        Outcome { discarded, early, ack: if silent { None } else { self.ack(number) } }
    }

    fn pass_on(&mut self, parcel: Parcel) {
        self.expected += 1;
        self.ready.push_back(parcel);
    }

    fn ack(&self, number: u32) -> Option<Frame<'static>> {
        let bits = self.set.bits.min(MOST_BITS);
        let expected = (self.expected & ((1 << bits) - 1)) as u32;
        match self.set.acks {
            Acks::None => None,
            Acks::Each => Some(Frame::Ack { number, map: 0 }),
            Acks::Cumulative => Some(Frame::Ack { number: expected, map: 0 }),
            Acks::Selective => {
                let mapped = u64::from(self.set.map_bits());
                let places = self.early.keys().map(|count| count - self.expected - 1);
                let map = places.filter(|place| *place < mapped).fold(0, |map, place| map | 1 << place);
                Some(Frame::Ack { number: expected, map })
            }
        }
    }

    /// What waits for what is missing.
    pub fn waiting(&self) -> Vec<Piece> {
        self.early.values().flat_map(|parcel| parcel.pieces.iter().copied()).collect()
    }

    /// Whether anything waits for what is missing.
    pub fn has_hole(&self) -> bool {
        !self.early.is_empty()
    }

    /// What the program may read next.
    pub fn ready(&mut self) -> &mut VecDeque<Parcel> {
        &mut self.ready
    }

    /// Whether the program may read.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::arq::mechanisms::Window;

    fn parcel(name: u8) -> Parcel {
        Parcel { end: false, bytes: vec![name], pieces: Vec::new() }
    }

    fn read(receiver: &mut Receiver) -> String {
        receiver.ready().drain(..).map(|parcel| char::from(parcel.bytes[0])).collect()
    }

    /// Feeds numbers; returns what was read, and what was said.
    fn feed(set: Mechanisms, numbers: &[(u32, u8)]) -> (String, Vec<Option<(u32, u32)>>) {
        let mut receiver = Receiver::new(set);
        let mut said = Vec::new();
        for (number, name) in numbers {
            let outcome = receiver.take(*number, parcel(*name));
            said.push(outcome.ack.map(|ack| match ack {
                Frame::Ack { number, map } => (number, map),
                Frame::Data { .. } => panic!("no data"),
            }));
        }
        (read(&mut receiver), said)
    }

    fn set(bits: u8, acks: Acks, window: Window) -> Mechanisms {
        Mechanisms { bits, acks, window, duplicates: true, ..Mechanisms::default() }
    }

    #[test]
    fn go_back_n_keeps_nothing_early() {
        let came = [(0, b'a'), (2, b'c'), (3, b'd'), (1, b'b'), (2, b'c'), (0, b'a')];
        let (read, said) = feed(set(3, Acks::Cumulative, Window::GoBackN(4)), &came);
        assert_eq!(read, "abc");
        assert_eq!(said, [1, 1, 1, 2, 3, 3].map(|number| Some((number, 0))));
        let (_, said) = feed(set(3, Acks::Each, Window::GoBackN(4)), &came);
        assert_eq!(said, [Some((0, 0)), None, None, Some((1, 0)), Some((2, 0)), Some((0, 0))]);
    }

    #[test]
    fn selective_repeat_keeps_what_it_may() {
        let came = [(0, b'a'), (2, b'c'), (4, b'e'), (2, b'c'), (1, b'b'), (3, b'd')];
        let (read, said) = feed(set(3, Acks::Selective, Window::SelectiveRepeat(4)), &came);
        assert_eq!(read, "abcde");
        assert_eq!(said, [(1, 0), (1, 0b001), (1, 0b101), (1, 0b101), (3, 0b001), (5, 0)].map(Some));
    }

    #[test]
    fn with_too_few_bits_old_data_looks_new() {
        // Kurose and Ross: N = 3, two bits, all three acknowledgements lost; the first packet comes again.
        let came = [(0, b'a'), (1, b'b'), (2, b'c'), (0, b'a'), (3, b'd')];
        assert_eq!(feed(set(2, Acks::Each, Window::SelectiveRepeat(3)), &came).0, "abcda");
        assert_eq!(feed(set(3, Acks::Each, Window::SelectiveRepeat(3)), &came).0, "abcd");
    }

    #[test]
    fn numbers_alone_sort() {
        let came = [(1, b'b'), (2, b'c'), (0, b'a'), (0, b'a'), (3, b'd')];
        let sorted = set(3, Acks::None, Window::None);
        assert_eq!(feed(sorted, &came).0, "abcd");
        assert_eq!(feed(Mechanisms { duplicates: false, ..sorted }, &came).0, "abcad");
        assert_eq!(feed(set(0, Acks::None, Window::None), &came).0, "bcaad");
    }
}
