//! A failure of the worst slicer as a ladder: records as they would have been, drawn by the same code as those that were.
//!
//! Nothing of it happened on a socket, and whoever shows it has to say so.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::{
    framing::slicer::Failure,
    journal::{Batch, Event, Journal, Kind, Nanos, Record, SocketId, Sockets, Span, ladder::Ladder},
};

/// From the connection to the first send.
const CONNECTED: Nanos = 1_000_000;
const SENDER: SocketId = SocketId(1);
const RECEIVER: SocketId = SocketId(3);

/// The sends at the left, the recvs at the right, and the bytes between them.
pub fn ladder(failure: &Failure) -> String {
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (client, server) = (address(50_000), address(8_008));
    let mut told = vec![
        (0, SENDER, Event::Connecting, server, Vec::new()),
        (0, SENDER, Event::Connected { took: 0 }, server, client.to_string().into_bytes()),
        (0, RECEIVER, Event::Opened { listener: SocketId(2) }, client, server.to_string().into_bytes()),
    ];
    let at = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(Nanos::MAX).saturating_add(CONNECTED);
    let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let sends = failure.sends.iter().filter(|send| !send.bytes.is_empty());
    told.extend(
        sends.map(|send| (at(send.at), SENDER, Event::Sent { asked: len(&send.bytes) }, server, send.bytes.clone())),
    );
    told.extend(
        failure.recvs.iter().map(|recv| {
            (at(recv.at), RECEIVER, Event::Received { full: len(&recv.bytes) }, client, recv.bytes.clone())
        }),
    );
    told.sort_by_key(|(at, ..)| *at);
    let (mut sockets, mut batch) = (Sockets::default(), Batch::default());
    sockets.open(SENDER, Kind::TcpConnection, 0, 0);
    for (at, socket, event, peer, bytes) in told {
        let record = Record { at, socket, generation: 0, event, peer: Some(peer), bytes: Span::default() };
        sockets.apply(&record, &bytes);
        batch.push(record, &bytes);
    }
    let mut journal = Journal::default();
    journal.push(batch);
    Ladder::of(&journal, &sockets, &BTreeSet::from([SENDER, RECEIVER])).text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::{LIMIT, slicer::Attack};

    #[test]
    fn every_send_and_every_recv_is_a_step() {
        for spec in ["none", "silence:200"] {
            let messages = vec![b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
            let attack = Attack { framing: spec.parse().unwrap(), limit: LIMIT, messages, seed: 3, runs: 100 };
            let failure = attack.run().unwrap().failure.unwrap();
            let text = ladder(&failure);
            assert_eq!(text.matches("send = ").count(), 3, "{text}");
            assert_eq!(text.matches("recv = ").count(), failure.recvs.len(), "{text}");
            assert!(text.find("connect = 0").unwrap() < text.find("send = ").unwrap(), "{text}");
            assert!(text.contains("#1 127.0.0.1:50000") && text.contains("#3 127.0.0.1:8008"), "{text}");
        }
    }
}
