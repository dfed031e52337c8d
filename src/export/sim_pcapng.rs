//! A simulated run as a capture, seen from one end of the wire.
//!
//! One end a file: both in one would make every packet that arrives a retransmission to Wireshark, which takes packets of
//! the same addresses for one conversation. The bytes are those of the simulated stacks, with their checksums; what was lost
//! behind this end of the wire is there, with a comment.

use std::io::{self, Write};

use super::pcapng::blocks;
use crate::sim::{Discard, End, Log, Loss, Side, trace::Frame};

/// Where simulated time begins in a file: 2000-01-01, so that nobody takes it for a real capture of today.
const EPOCH_NANOS: u64 = 946_684_800 * 1_000_000_000;

/// Writes the packets that pass this side's end of the wire. Returns how many.
///
/// # Errors
/// What the writer says.
pub fn write(mut out: impl Write, log: &Log, vantage: Side) -> io::Result<u64> {
    let end = match vantage {
        Side::Client => "client (10.0.0.1)",
        Side::Server => "server (10.0.0.2)",
    };
    let comment = format!(
        "simulated by Twocan: no packet of this file was ever on a wire. Seen at the {end}; the stacks are smoltcp 0.14."
    );
    blocks::start(&mut out, &comment)?;
    let mut count = 0;
    for frame in log.frames(vantage) {
        let nanos = EPOCH_NANOS + frame.at * 1_000;
        blocks::packet(&mut out, nanos, frame.bytes(), frame.bytes().len(), &told(log, &frame))?;
        count += 1;
    }
    out.flush()?;
    Ok(count)
}

/// What a frame's comment says.
fn told(log: &Log, frame: &Frame<'_>) -> String {
    let packet = frame.packet;
    let mut text = format!("simulated by Twocan: {}", log.label(packet));
    let more = match packet.end {
        End::Lost(loss) if !frame.incoming => match loss {
            Loss::Chance => "; it is lost on the way, by chance",
            Loss::Burst => "; it is lost on the way, in a burst",
            Loss::Outage => "; it is lost on the way: the link is down",
            Loss::QueueFull => "; it is dropped: the queue of the link is full",
            Loss::ByHand => "; it is lost on the way, by hand",
        },
        End::Discarded(discard) if frame.incoming => match discard {
            Discard::Checksum => "; damaged, and thrown away: a checksum does not come out",
            Discard::BufferFull => "; thrown away: the receive buffer is full",
            Discard::Again => "; thrown away: it came before",
            Discard::OutOfOrder => "; thrown away: something before it is missing",
            Discard::NotWanted => "; thrown away: nobody wants it",
        },
        _ => "",
    };
    text.push_str(more);
    if packet.copy_of.is_some() && frame.incoming {
        text.push_str("; a copy that the link made");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Act, Edit, Name, PacketKind, Run};

    #[test]
    fn each_end_sees_its_own() {
        let packet = Name { from: Side::Client, kind: PacketKind::Data, number: 3, offset: 0, attempt: 1 };
        let log = Run { edits: vec![Edit { packet, act: Act::Lose }], ..Run::default() }.play();
        let saved = |side| {
            let mut file = Vec::new();
            let count = write(&mut file, &log, side).unwrap();
            (file, count)
        };
        let ((client, at_client), (server, at_server)) = (saved(Side::Client), saved(Side::Server));
        assert_eq!((at_client, at_server), (log.packets.len() as u64, log.packets.len() as u64 - 1));
        let says = |file: &[u8], text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(says(&client, "by hand") && says(&client, "message 3 "));
        assert!(!says(&server, "by hand") && says(&server, ": 3 R2"));
    }
}
