//! The two checksums, over all that follows them.

/// The sum of IP, UDP and TCP (RFC 1071): the one's complement of the one's complement sum of all 16-bit words. An odd
/// byte at the end counts as the high half of a word.
pub fn internet(bytes: &[u8]) -> u16 {
    let (mut sum, mut high) = (0_u64, true);
    for byte in bytes {
        sum += if high { u64::from(*byte) << 8 } else { u64::from(*byte) };
        high = !high;
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !(sum as u16)
}

/// The CRC of Ethernet, zip and PNG (CRC-32/ISO-HDLC): polynomial 04C11DB7, reflected, begun and ended with all ones.
pub fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| TABLE.get(usize::from(crc as u8 ^ byte)).copied().unwrap_or(0) ^ (crc >> 8);
    !bytes.iter().fold(u32::MAX, step)
}

/// What each value of a byte does to the register.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut value = 0;
    while value < 256 {
        let (mut crc, mut bit) = (value as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[value] = crc;
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_is_that_of_zlib() {
        // `zlib.crc32` of Python says so.
        let known: [(&[u8], u32); 5] = [
            (b"", 0),
            (b"123456789", 0xCBF4_3926),
            (b"The quick brown fox jumps over the lazy dog", 0x414F_A339),
            (&[0xC4, 0xE3, 0xBA, 0xC3], 0x6F88_1D8C),
            (&[0xBA, 0xC3, 0xC4, 0xE3], 0x56F7_F873),
        ];
        for (bytes, crc) in known {
            assert_eq!(crc32(bytes), crc, "{bytes:02X?}");
        }
    }

    #[test]
    fn the_internet_checksum_is_that_of_the_rfc() {
        // RFC 1071 section 3: the sum of 0001 F203 F4F5 F6F7 is DDF2.
        assert_eq!(internet(&[0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]), !0xDDF2);
        // An IPv4 header that many books have, with its checksum as 0.
        let header = [0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xC0, 0xA8, 0, 1, 0xC0, 0xA8, 0, 0xC7];
        assert_eq!(internet(&header), 0xB861);
        assert_eq!(internet(b"123456789"), 0xF62A);
        assert_eq!(internet(&[]), 0xFFFF);
    }

    #[test]
    fn words_that_change_places_pass_the_sum_and_not_the_crc() {
        let (there, here) = ([0xC4, 0xE3, 0xBA, 0xC3], [0xBA, 0xC3, 0xC4, 0xE3]);
        assert_eq!(internet(&there), internet(&here));
        assert_ne!(crc32(&there), crc32(&here));
    }
}
