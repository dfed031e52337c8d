//! The header: it has the fields that the mechanisms need, and no bit more until the padding.
//!
//! Data, from the most significant bit on, behind the 28 bytes of IPv4 and UDP:
//!
//! ```text
//!  sum     16 or 32 bits     with a checksum: over all that follows
//!  kind    1 bit       0     with acknowledgements: tells data from them
//!  end     1 bit             with an end mark: 1 on the packet that says there is no more, which carries nothing else
//!  number  k bits            with sequence numbers: which packet, modulo 2^k
//!  0       0 to 7 bits       up to the next byte
//!  payload
//! ```
//!
//! An acknowledgement, which carries nothing:
//!
//! ```text
//!  sum     16 or 32 bits     as above
//!  kind    1 bit       1
//!  number  k bits            "each": of the packet that came; else of the packet that is expected next
//!  map     m bits            "selective": bit i from 0 on: packet `number + 1 + i` has come. m is one less than what
//!                            the receiver may hold, N with selective repeat, and at most 31
//!  0       0 to 7 bits       up to the next byte
//! ```
//!
//! The sum stands first, so that a packet is checked before any bit of it is believed: what lies where depends on `kind`.
//!
//! UDP's own checksum is 0, "none" (RFC 768), or damage would never get here. What is too short, or has a bit where
//! there has to be padding, is not read: a program that reads headers checks them.

use super::{
    checksum,
    mechanisms::{Acks, Checksum, MOST_BITS, Mechanisms},
};

/// A packet of the protocol, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// From the sender.
    Data {
        /// Its number modulo 2^k; 0 without numbers.
        number: u32,
        /// Whether it is the end mark.
        end: bool,
        /// What it carries.
        payload: &'a [u8],
    },
    /// From the receiver.
    Ack {
        /// See the layout.
        number: u32,
        /// The map; its first bit is the lowest.
        map: u32,
    },
}

/// Why a packet cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// There are fewer bytes than the header has.
    #[error("shorter than its header")]
    Short,
    /// The checksum does not come out.
    #[error("the checksum does not come out")]
    Checksum,
    /// There are bits, or bytes, where there must be none.
    #[error("not a packet of this protocol")]
    Shape,
}

/// Bits of the fields and the checksum before data, without padding.
pub fn data_bits(set: &Mechanisms) -> u32 {
    u32::from(set.acks != Acks::None) + u32::from(set.end) + number_bits(set) + sum_bits(set)
}

/// Bits of an acknowledgement without padding; 0 if there are none.
pub fn ack_bits(set: &Mechanisms) -> u32 {
    if set.acks == Acks::None { 0 } else { 1 + number_bits(set) + u32::from(set.map_bits()) + sum_bits(set) }
}

/// Bytes of the header before data.
pub fn data_len(set: &Mechanisms) -> usize {
    data_bits(set).div_ceil(8) as usize
}

/// Bytes of an acknowledgement.
pub fn ack_len(set: &Mechanisms) -> usize {
    ack_bits(set).div_ceil(8) as usize
}

fn number_bits(set: &Mechanisms) -> u32 {
    u32::from(set.bits.min(MOST_BITS))
}

fn sum_bits(set: &Mechanisms) -> u32 {
    match set.checksum {
        Checksum::None => 0,
        Checksum::Internet => 16,
        Checksum::Crc32 => 32,
    }
}

/// A packet as bytes. Numbers are cut to their bits.
pub fn write(set: &Mechanisms, frame: &Frame<'_>) -> Vec<u8> {
    let mut bits = Bits::default();
    if set.acks != Acks::None {
        bits.put(u64::from(matches!(frame, Frame::Ack { .. })), 1);
    }
    let payload: &[u8] = match *frame {
        Frame::Data { number, end, payload } => {
            if set.end {
                bits.put(u64::from(end), 1);
            }
            bits.put(u64::from(number), number_bits(set));
            payload
        }
        Frame::Ack { number, map } => {
            bits.put(u64::from(number), number_bits(set));
            let mapped = u32::from(set.map_bits());
            bits.put(u64::from(map.reverse_bits().checked_shr(32 - mapped).unwrap_or(0)), mapped);
            &[]
        }
    };
    let mut body = bits.padded();
    body.extend_from_slice(payload);
    let mut bytes = sum(set, &body);
    bytes.append(&mut body);
    bytes
}

/// A packet out of bytes.
pub fn read<'a>(set: &Mechanisms, bytes: &'a [u8]) -> Result<Frame<'a>, HeaderError> {
    let (stated, body) = bytes.split_at_checked(sum_bits(set) as usize / 8).ok_or(HeaderError::Short)?;
    if stated != sum(set, body) {
        return Err(HeaderError::Checksum);
    }
    let kind = set.acks != Acks::None;
    let ack = kind && body.first().ok_or(HeaderError::Short)? & 0x80 != 0;
    let all = if ack { ack_bits(set) } else { data_bits(set) } - sum_bits(set);
    let (fields, payload) = body.split_at_checked(all.div_ceil(8) as usize).ok_or(HeaderError::Short)?;
    let mut bits = Bits::over(fields);
    bits.take(u32::from(kind));
    let frame = if ack {
        let number = bits.take(number_bits(set)) as u32;
        let mapped = u32::from(set.map_bits());
        let map = (bits.take(mapped) as u32).reverse_bits().checked_shr(32 - mapped).unwrap_or(0);
        Frame::Ack { number, map }
    } else {
        let end = set.end && bits.take(1) == 1;
        Frame::Data { number: bits.take(number_bits(set)) as u32, end, payload }
    };
    let empty = matches!(frame, Frame::Ack { .. } | Frame::Data { end: true, .. });
    if bits.value != 0 || (empty && !payload.is_empty()) {
        return Err(HeaderError::Shape);
    }
    Ok(frame)
}

fn sum(set: &Mechanisms, body: &[u8]) -> Vec<u8> {
    match set.checksum {
        Checksum::None => vec![],
        Checksum::Internet => checksum::internet(body).to_be_bytes().to_vec(),
        Checksum::Crc32 => checksum::crc32(body).to_be_bytes().to_vec(),
    }
}

/// Up to 64 bits, the first one highest: kind, end, 16 of the number and 31 of the map are 49.
#[derive(Default)]
struct Bits {
    value: u64,
    len: u32,
}

impl Bits {
    fn put(&mut self, value: u64, bits: u32) {
        self.value = self.value << bits | value & ((1 << bits) - 1);
        self.len += bits;
    }

    fn padded(self) -> Vec<u8> {
        let bytes = self.len.div_ceil(8);
        let value = self.value << (bytes * 8 - self.len);
        value.to_be_bytes().into_iter().skip(8 - bytes as usize).collect()
    }

    fn over(bytes: &[u8]) -> Self {
        let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        Self { value, len: bytes.len() as u32 * 8 }
    }

    /// Takes the first bits away.
    fn take(&mut self, bits: u32) -> u64 {
        self.len = self.len.saturating_sub(bits);
        let taken = self.value >> self.len;
        self.value &= (1 << self.len) - 1;
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::arq::mechanisms::{Timeout, Window, tests::any_set};

    #[test]
    fn a_header_as_it_is_written_on_a_blackboard() {
        let mut set = Mechanisms { acks: Acks::Each, bits: 3, end: true, ..Mechanisms::default() };
        let data = |number, end, payload| Frame::Data { number, end, payload };
        // 0 0 101 000, then the payload.
        assert_eq!(write(&set, &data(5, false, b"hi")), [0b0010_1000, b'h', b'i']);
        assert_eq!(write(&set, &data(6, true, b"")), [0b0111_0000]);
        assert_eq!(write(&set, &Frame::Ack { number: 5, map: 0 }), [0b1101_0000]);
        set.checksum = Checksum::Internet;
        // The sum of 2868 and 6900 is 9168; FFFF less that is 6E97.
        assert_eq!(write(&set, &data(5, false, b"hi")), [0x6E, 0x97, 0b0010_1000, b'h', b'i']);
        set =
            Mechanisms { acks: Acks::Selective, window: Window::SelectiveRepeat(4), bits: 4, ..Mechanisms::default() };
        // 1 0010 110: 2 is missing, 3 and 4 have come, 5 has not.
        assert_eq!(write(&set, &Frame::Ack { number: 2, map: 0b011 }), [0b1001_0110]);
        assert_eq!(write(&Mechanisms::default(), &data(9, true, b"hi")), b"hi", "plain UDP has no header");
    }

    #[test]
    fn what_has_another_shape_is_not_read() {
        let set = Mechanisms { acks: Acks::Each, bits: 3, end: true, ..Mechanisms::default() };
        assert_eq!(read(&set, &[]), Err(HeaderError::Short));
        assert_eq!(read(&set, &[0b0010_1001]), Err(HeaderError::Shape), "padding");
        assert_eq!(read(&set, &[0b0110_1000, 1]), Err(HeaderError::Shape), "an end mark that carries something");
        assert_eq!(read(&set, &[0b1010_0000, 1]), Err(HeaderError::Shape), "an acknowledgement that does");
        let summed = Mechanisms { checksum: Checksum::Crc32, ..set };
        assert_eq!(read(&summed, &[0, 1, 2]), Err(HeaderError::Short));
        assert_eq!(read(&summed, &[0, 0, 0, 0]), Err(HeaderError::Short), "the sum of nothing");
        assert_eq!(read(&summed, &[0, 1, 2, 3, 4]), Err(HeaderError::Checksum));
        assert_eq!(set.timeout, Timeout::None);
    }

    proptest! {
        #[test]
        fn headers_come_back(set in any_set(), number: u32, map: u32, end: bool, payload: Vec<u8>) {
            let number = number & ((1 << set.bits) - 1);
            let end = end && set.end;
            let data = Frame::Data { number, end, payload: if end { &[] } else { &payload } };
            let bytes = write(&set, &data);
            prop_assert_eq!(bytes.len(), data_len(&set) + if end { 0 } else { payload.len() });
            prop_assert_eq!(read(&set, &bytes), Ok(data));
            if set.acks != Acks::None {
                let ack = Frame::Ack { number, map: map & ((1 << set.map_bits()) - 1) };
                let bytes = write(&set, &ack);
                prop_assert_eq!(bytes.len(), ack_len(&set));
                prop_assert_eq!(read(&set, &bytes), Ok(ack));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(set in any_set(), bytes: Vec<u8>) {
            if let Ok(frame) = read(&set, &bytes) {
                prop_assert_eq!(write(&set, &frame), bytes);
            }
        }

        #[test]
        fn no_flipped_bit_passes_a_checksum(set in any_set(), payload: Vec<u8>, place: prop::sample::Index) {
            prop_assume!(set.checksum != Checksum::None);
            let mut bytes = write(&set, &Frame::Data { number: 0, end: false, payload: &payload });
            let bit = place.index(bytes.len() * 8);
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
            prop_assert!(read(&set, &bytes).is_err());
        }
    }
}
