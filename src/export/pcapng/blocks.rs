//! The blocks of a pcapng file (draft-ietf-opsawg-pcapng): section header, interface description, enhanced packets.
//!
//! One section, one interface without a link layer (`LINKTYPE_RAW`: each packet begins with its IP header), times in
//! nanoseconds. Numbers are little-endian, which the section header says.

use std::io::{self, Write};

const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;
/// Tells the order of bytes.
const MAGIC: u32 = 0x1A2B_3C4D;
/// Packets begin with an IPv4 or IPv6 header.
const LINKTYPE_RAW: u16 = 101;

const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
/// Ten to the minus nine.
const NANOSECONDS: u8 = 9;

/// Writes what stands before the packets.
pub fn start(out: &mut impl Write, comment: &str) -> io::Result<()> {
    let mut body = Vec::new();
    body.extend(MAGIC.to_le_bytes());
    body.extend([1, 0, 0, 0]); // version 1.0
    body.extend(u64::MAX.to_le_bytes()); // the section's length is not said
    option(&mut body, OPT_COMMENT, comment.as_bytes());
    option(&mut body, SHB_USERAPPL, concat!("Twocan ", env!("CARGO_PKG_VERSION")).as_bytes());
    option(&mut body, 0, b"");
    block(out, SECTION, &body)?;

    body.clear();
    body.extend(u32::from(LINKTYPE_RAW).to_le_bytes());
    body.extend([0; 4]); // nothing is cut off
    option(&mut body, IF_NAME, b"twocan");
    option(&mut body, IF_TSRESOL, &[NANOSECONDS]);
    option(&mut body, 0, b"");
    block(out, INTERFACE, &body)
}

/// Writes a packet; `nanos` count from 1970, `full` is its length on the wire.
pub fn packet(out: &mut impl Write, nanos: u64, packet: &[u8], full: usize, comment: &str) -> io::Result<()> {
    let mut body = Vec::with_capacity(packet.len() + comment.len() + 40);
    body.extend([0; 4]); // of the only interface
    body.extend(((nanos >> 32) as u32).to_le_bytes());
    body.extend((nanos as u32).to_le_bytes());
    body.extend((packet.len() as u32).to_le_bytes());
    body.extend((full as u32).to_le_bytes());
    body.extend_from_slice(packet);
    pad(&mut body);
    option(&mut body, OPT_COMMENT, comment.as_bytes());
    option(&mut body, 0, b"");
    block(out, PACKET, &body)
}

/// An option; 0 ends them. Nobody writes one that is too long for its length.
fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
    body.extend(code.to_le_bytes());
    body.extend(len.to_le_bytes());
    body.extend(value.iter().take(usize::from(len)));
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

fn block(out: &mut impl Write, kind: u32, body: &[u8]) -> io::Result<()> {
    let len = (body.len() as u32 + 12).to_le_bytes();
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&len)?;
    out.write_all(body)?;
    out.write_all(&len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_padded_and_says_its_length_twice() {
        let mut file = Vec::new();
        packet(&mut file, 0x0000_0002_0000_0003, b"12345", 9, "why").unwrap();
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        assert_eq!(file.len(), 52);
        assert_eq!((number(0), number(4), number(48)), (PACKET, 52, 52));
        // Interface, the two halves of the time, what is there, what was.
        assert_eq!([number(8), number(12), number(16), number(20), number(24)], [0, 2, 3, 5, 9]);
        assert_eq!(&file[28..48], b"12345\0\0\0\x01\0\x03\0why\0\0\0\0\0");
    }

    #[test]
    fn a_file_begins_with_its_section_and_its_interface() {
        let mut file = Vec::new();
        start(&mut file, "a comment").unwrap();
        assert_eq!(file[..4], [0x0A, 0x0D, 0x0D, 0x0A]);
        let first = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
        assert_eq!(file[first..first + 4], 1_u32.to_le_bytes());
        assert_eq!(file[first + 8..first + 10], LINKTYPE_RAW.to_le_bytes());
    }
}
