//! Files read back by a reader of our own, as far as it goes: blocks, headers (by etherparse), and streams put together.
//! `tests/peers/tshark.rs` reads them with somebody else's.

use std::collections::BTreeMap;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use proptest::prelude::*;

use super::{super::Format, *};
use crate::{
    export::{Exporter, tests::context},
    journal::{Batch, CloseReason, Fault, Journal, Record, Span},
};

const CLIENT: &str = "127.0.0.1:50000";
const SERVER: &str = "127.0.0.1:8008";

/// A packet, read back.
#[derive(Debug)]
struct Read {
    from: SocketAddr,
    to: SocketAddr,
    nanos: u64,
    /// `S`, `F`, `R`, `P`, `A`; `U` for a datagram.
    flags: String,
    sequence: u32,
    acknowledged: u32,
    payload: Vec<u8>,
    cut: usize,
    comment: String,
}

/// Every block of the file has to be whole.
fn read(file: &[u8]) -> Vec<Read> {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let (mut at, mut packets) = (0, Vec::new());
    while at < file.len() {
        let len = number(at + 4) as usize;
        assert_eq!((len % 4, number(at + len - 4) as usize), (0, len));
        if number(at) == 6 {
            let nanos = u64::from(number(at + 12)) << 32 | u64::from(number(at + 16));
            let (there, full) = (number(at + 20) as usize, number(at + 24) as usize);
            let options = at + 28 + there.next_multiple_of(4);
            let comment =
                options + 4..options + 4 + usize::from(u16::from_le_bytes([file[options + 2], file[options + 3]]));
            let comment = String::from_utf8(file[comment].to_vec()).unwrap();
            packets.push(packet_of(&file[at + 28..at + 28 + there], full - there, nanos, comment));
        }
        at += len;
    }
    assert_eq!(at, file.len());
    packets
}

fn packet_of(bytes: &[u8], cut: usize, nanos: u64, comment: String) -> Read {
    let packet = if cut > 0 {
        etherparse::LaxSlicedPacket::from_ip(bytes)
            .map(|packet| (packet.net, packet.transport))
            .map(|(net, transport)| {
                let net = match net {
                    Some(etherparse::LaxNetSlice::Ipv4(slice)) => {
                        (IpAddr::V4(slice.header().source_addr()), IpAddr::V4(slice.header().destination_addr()))
                    }
                    Some(etherparse::LaxNetSlice::Ipv6(slice)) => {
                        (IpAddr::V6(slice.header().source_addr()), IpAddr::V6(slice.header().destination_addr()))
                    }
                    _ => panic!("no IP"),
                };
                (net, transport)
            })
            .unwrap()
    } else {
        let packet = SlicedPacket::from_ip(bytes).unwrap();
        let net = match packet.net {
            Some(NetSlice::Ipv4(slice)) => {
                (IpAddr::V4(slice.header().source_addr()), IpAddr::V4(slice.header().destination_addr()))
            }
            Some(NetSlice::Ipv6(slice)) => {
                (IpAddr::V6(slice.header().source_addr()), IpAddr::V6(slice.header().destination_addr()))
            }
            _ => panic!("no IP"),
        };
        (net, packet.transport)
    };
    let ((from, to), transport) = packet;
    match transport {
        Some(TransportSlice::Tcp(tcp)) => {
            let flags = [(tcp.syn(), 'S'), (tcp.fin(), 'F'), (tcp.rst(), 'R'), (tcp.psh(), 'P'), (tcp.ack(), 'A')];
            Read {
                from: SocketAddr::new(from, tcp.source_port()),
                to: SocketAddr::new(to, tcp.destination_port()),
                nanos,
                flags: flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect(),
                sequence: tcp.sequence_number(),
                acknowledged: tcp.acknowledgment_number(),
                payload: tcp.payload().to_vec(),
                cut,
                comment,
            }
        }
        Some(TransportSlice::Udp(udp)) => Read {
            from: SocketAddr::new(from, udp.source_port()),
            to: SocketAddr::new(to, udp.destination_port()),
            nanos,
            flags: "U".into(),
            sequence: 0,
            acknowledged: 0,
            payload: udp.payload().to_vec(),
            cut,
            comment,
        },
        other => panic!("{other:?}"),
    }
}

/// Records in the making.
#[derive(Default)]
struct Story {
    sockets: Sockets,
    batch: Batch,
    at: Nanos,
}

impl Story {
    fn open(&mut self, socket: u32, kind: Kind) {
        self.sockets.open(SocketId(socket), kind, 0, self.at);
    }

    fn tell(&mut self, socket: u32, event: Event, peer: &str, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.at += 1_000;
        let peer = peer.parse().ok();
        let record =
            Record { at: self.at, socket: SocketId(socket), generation: 0, event, peer, bytes: Span::default() };
        self.sockets.apply(&record, bytes.as_ref());
        self.batch.push(record, bytes.as_ref());
        self
    }

    /// #2 connects from here, and #3 is its other end, accepted by #1.
    fn connected() -> Self {
        let mut story = Self::default();
        story.open(1, Kind::TcpListener);
        story.open(2, Kind::TcpConnection);
        story.tell(1, Event::Listening { backlog: 5 }, SERVER, SERVER);
        story.tell(2, Event::Connecting, SERVER, "");
        story.tell(1, Event::Accepted { connection: SocketId(3) }, CLIENT, "");
        story.tell(3, Event::Opened { listener: SocketId(1) }, CLIENT, SERVER);
        story.tell(2, Event::Connected { took: 2_000 }, SERVER, CLIENT);
        story
    }

    fn sent(&mut self, socket: u32, peer: &str, bytes: impl AsRef<[u8]>) -> &mut Self {
        let asked = bytes.as_ref().len() as u32;
        self.tell(socket, Event::Sent { asked }, peer, bytes)
    }

    fn received(&mut self, socket: u32, peer: &str, bytes: impl AsRef<[u8]>) -> &mut Self {
        let full = bytes.as_ref().len() as u32;
        self.tell(socket, Event::Received { full }, peer, bytes)
    }

    /// The file of the rows for which `chosen` holds.
    fn file(self, chosen: impl Fn(&Row<'_>) -> bool) -> (Vec<u8>, u64) {
        let mut journal = Journal::default();
        journal.push(self.batch);
        let mut file = Vec::new();
        let mut exporter = Exporter::new(&mut file, Format::Pcapng, &context(&self.sockets)).unwrap();
        for row in journal.rows_from(0) {
            if chosen(&row) { exporter.write(&row).unwrap() } else { exporter.pass(&row) }
        }
        let bytes = exporter.finish().unwrap().bytes;
        (file, bytes)
    }

    fn packets(self) -> Vec<Read> {
        let (file, bytes) = self.file(|_| true);
        let packets = read(&file);
        assert_eq!(packets.iter().map(|packet| packet.payload.len() as u64).sum::<u64>(), bytes);
        packets
    }
}

fn seen(packets: &[Read]) -> Vec<(char, &str, u32, u32, usize)> {
    let side = |packet: &Read| if packet.from == CLIENT.parse().unwrap() { '>' } else { '<' };
    packets
        .iter()
        .map(|packet| (side(packet), packet.flags.as_str(), packet.sequence, packet.acknowledged, packet.payload.len()))
        .collect()
}

/// The streams as a reader puts them together: each byte at its place, no place twice.
fn streams(packets: &[Read]) -> BTreeMap<(SocketAddr, SocketAddr), Vec<u8>> {
    let mut all: BTreeMap<_, Vec<Option<u8>>> = BTreeMap::new();
    for packet in packets.iter().filter(|packet| packet.flags != "U") {
        // Tests have one connection a pair of addresses: the first packet tells where it begins.
        let initial = packets.iter().find(|first| first.from == packet.from && first.to == packet.to).unwrap().sequence;
        let stream = all.entry((packet.from, packet.to)).or_default();
        for (i, byte) in packet.payload.iter().enumerate() {
            let at = packet.sequence.wrapping_sub(initial).wrapping_sub(1) as usize + i;
            if stream.len() <= at {
                stream.resize(at + 1, None);
            }
            assert_eq!(stream[at].replace(*byte), None, "byte {at} is there twice");
        }
    }
    all.into_iter()
        .map(|(ends, bytes)| (ends, bytes.into_iter().map(|byte| byte.expect("no hole")).collect()))
        .collect()
}

#[test]
fn a_conversation_of_two_ends_is_told_once() {
    let mut story = Story::connected();
    story.sent(2, SERVER, "hello").received(3, CLIENT, "hel").received(3, CLIENT, "lo").sent(3, CLIENT, "HELLO");
    story.received(2, SERVER, "HELLO").tell(2, Event::HalfClosed, "", "").tell(3, Event::PeerEnded, "", "");
    story.tell(3, Event::Closed { why: CloseReason::PeerEnded, unsent: 0 }, "", "").tell(2, Event::PeerEnded, "", "");
    story.tell(2, Event::Closed { why: CloseReason::BothEnded, unsent: 0 }, "", "");
    let packets = story.packets();
    assert_eq!(
        seen(&packets),
        [
            ('>', "S", 0, 0, 0),
            ('<', "SA", 0, 1, 0),
            ('>', "A", 1, 1, 0),
            ('>', "PA", 1, 1, 5),
            ('<', "A", 1, 4, 0),
            ('<', "A", 1, 6, 0),
            ('<', "PA", 1, 6, 5),
            ('>', "A", 6, 6, 0),
            ('>', "FA", 6, 6, 0),
            ('<', "A", 6, 7, 0),
            ('<', "FA", 6, 7, 0),
            ('>', "A", 7, 7, 0),
        ]
    );
    // `connect` was called at 2 µs; the context's journal began at 2026-11-20T10:00:00Z.
    assert_eq!(packets[0].nanos, 1_795_168_800_000_002_000);
    assert_eq!(packets[3].comment, "synthesised by Twocan from socket calls: #2 send = 5, row 5");
}

#[test]
fn of_a_foreign_sender_recv_tells() {
    let mut story = Story::default();
    story.open(7, Kind::TcpConnection);
    let peer = "[2001:db8::1]:80";
    story.tell(7, Event::Connecting, peer, "").tell(7, Event::Connected { took: 5 }, peer, "[2001:db8::2]:4000");
    story.sent(7, peer, "GET").received(7, peer, "200 ").received(7, peer, "OK");
    story.tell(7, Event::Failed { call: Call::Recv, fault: Fault::of(FaultKind::Reset) }, peer, "");
    story.tell(7, Event::Closed { why: CloseReason::Failure, unsent: 0 }, peer, "");
    let packets = story.packets();
    let flags: Vec<_> = packets.iter().map(|packet| packet.flags.as_str()).collect();
    assert_eq!(flags, ["S", "SA", "A", "PA", "PA", "PA", "RA"]);
    assert_eq!(packets.last().unwrap().from, peer.parse().unwrap());
    let told: Vec<_> = streams(&packets).into_values().collect();
    assert_eq!(told, [b"200 OK".to_vec(), b"GET".to_vec()]);
}

#[test]
fn a_recv_that_returned_before_its_send_did_changes_nothing() {
    let mut story = Story::connected();
    story.received(3, CLIENT, "hello").sent(2, SERVER, "hello");
    let packets = story.packets();
    assert_eq!(seen(&packets)[3..], [('>', "PA", 1, 1, 5)]);
}

#[test]
fn a_long_send_is_cut_and_a_file_is_told_by_who_received_it() {
    let mut story = Story::connected();
    let long: Vec<u8> = (0..200_000_u32).map(|i| i as u8).collect();
    story.sent(2, SERVER, &long).received(3, CLIENT, &long);
    story.tell(2, Event::FileEnded { sent: 4, cancelled: false }, "", "/tmp/a");
    story.received(3, CLIENT, "fileend").sent(2, SERVER, "end");
    let packets = story.packets();
    let sizes: Vec<_> = packets.iter().map(|packet| packet.payload.len()).filter(|len| *len > 0).collect();
    assert_eq!(sizes, [65_495, 65_495, 65_495, 3_515, 4, 3]);
    assert_eq!(
        streams(&packets).into_values().find(|bytes| !bytes.is_empty()).unwrap(),
        [&long[..], b"fileend"].concat()
    );
}

#[test]
fn chosen_rows_only_at_their_places() {
    let mut story = Story::connected();
    story.sent(2, SERVER, "one").sent(2, SERVER, "two").received(3, CLIENT, "onetwo");
    // Only what was received: its bytes are told by the recv, because no send of it is in the file.
    let (file, bytes) = story.file(|row| matches!(row.record.event, Event::Received { .. }));
    assert_eq!((seen(&read(&file))[0], bytes), (('>', "PA", 1, 1, 6), 6));

    let mut story = Story::connected();
    story.sent(2, SERVER, "one").sent(2, SERVER, "two");
    let (file, _) = story.file(|row| row.bytes == b"two");
    assert_eq!(seen(&read(&file)), [('>', "PA", 4, 1, 3)]);
}

#[test]
fn of_a_connection_whose_beginning_is_gone_the_senders_side_counts() {
    let mut story = Story::connected();
    story.batch = Batch::default();
    story.received(3, CLIENT, "gone").sent(2, SERVER, "one").received(3, CLIENT, "one").sent(3, CLIENT, "ONE");
    let packets = story.packets();
    let payloads: Vec<_> = packets.iter().filter(|packet| !packet.payload.is_empty()).collect();
    assert_eq!(payloads.iter().map(|packet| packet.payload.as_slice()).collect::<Vec<_>>(), [&b"one"[..], b"ONE"]);
}

#[test]
fn a_refused_connect_is_two_packets_and_a_reset_one() {
    let mut story = Story::default();
    story.open(1, Kind::TcpConnection);
    story.tell(1, Event::Connecting, SERVER, "");
    story.tell(1, Event::Failed { call: Call::Connect, fault: Fault::of(FaultKind::Refused) }, SERVER, "");
    story.tell(1, Event::Closed { why: CloseReason::Failure, unsent: 0 }, SERVER, "");
    let packets = story.packets();
    assert_eq!(packets.iter().map(|packet| packet.flags.as_str()).collect::<Vec<_>>(), ["S", "RA"]);

    let mut story = Story::connected();
    story.tell(2, Event::Aborted { unsent: 0 }, "", "");
    story.tell(3, Event::Failed { call: Call::Recv, fault: Fault::of(FaultKind::Reset) }, "", "");
    story.tell(3, Event::Closed { why: CloseReason::Failure, unsent: 0 }, "", "");
    assert_eq!(seen(&story.packets())[3..], [('>', "RA", 1, 1, 0)]);

    // A close with bytes unread is one as well.
    let mut story = Story::connected();
    story.tell(2, Event::Closed { why: CloseReason::User, unsent: 0 }, "", "unread=6");
    story.tell(3, Event::Failed { call: Call::Recv, fault: Fault::of(FaultKind::Reset) }, "", "");
    story.tell(3, Event::Closed { why: CloseReason::Failure, unsent: 0 }, "", "");
    assert_eq!(seen(&story.packets())[3..], [('>', "RA", 1, 1, 0)]);
}

#[test]
fn datagrams_are_told_once_and_cut_ones_are_whole_where_they_were_sent() {
    let mut story = Story::default();
    for (id, local) in [(1, "127.0.0.1:9001"), (2, "0.0.0.0:9002")] {
        story.open(id, Kind::UdpSocket);
        story.tell(id, Event::Bound, local, local);
    }
    story.sent(1, "127.0.0.1:9002", "hello").sent(1, "127.0.0.1:9002", "");
    story.tell(2, Event::Received { full: 5 }, "127.0.0.1:9001", "he");
    story.received(2, "127.0.0.1:9001", "").tell(2, Event::Received { full: 9 }, "127.0.0.1:7", "else");
    let packets = story.packets();
    let told: Vec<_> = packets.iter().map(|packet| (packet.payload.as_slice(), packet.cut)).collect();
    assert_eq!(told, [(&b"hello"[..], 0), (b"", 0), (b"else", 5)]);
    assert_eq!(packets[2].to, "127.0.0.1:9002".parse().unwrap());
}

/// One thing that happens in a random story.
#[derive(Clone, Debug)]
enum Turn {
    Send(bool, usize),
    Recv(bool, usize),
    File(usize),
    Ends(bool),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        4 => (any::<bool>(), 0_usize..2_000).prop_map(|(client, len)| Turn::Send(client, len)),
        4 => (any::<bool>(), 1_usize..2_000).prop_map(|(client, len)| Turn::Recv(client, len)),
        1 => (1_usize..300).prop_map(Turn::File),
        1 => any::<bool>().prop_map(Turn::Ends),
    ]
}

proptest! {
    #[test]
    fn streams_come_back_as_they_were_sent(turns in prop::collection::vec(turn(), 0..60), foreign in any::<bool>()) {
        let mut story = Story::connected();
        // What each end has sent, how much of it the other has read, and whether it has ended. 0 is the client.
        let (mut sent, mut read_of, mut ended) = ([Vec::new(), Vec::new()], [0; 2], [false; 2]);
        let ends = [(2, SERVER), (3, CLIENT)];
        let fresh = |from: usize, len: usize| (from..from + len).map(|i| (i % 251) as u8).collect::<Vec<u8>>();
        for turn in turns {
            match turn {
                Turn::Send(client, len) if !ended[usize::from(!client)] => {
                    let side = usize::from(!client);
                    let bytes = fresh(sent[side].len(), len);
                    story.sent(ends[side].0, ends[side].1, &bytes);
                    sent[side].extend(bytes);
                }
                Turn::File(len) if !ended[0] && !foreign => {
                    let bytes = fresh(sent[0].len(), len);
                    sent[0].extend(bytes);
                    story.tell(2, Event::FileEnded { sent: len as u64, cancelled: false }, "", "a");
                }
                Turn::Recv(client, len) => {
                    let (side, from) = (usize::from(!client), usize::from(client));
                    let end = sent[from].len().min(read_of[from] + len);
                    if end > read_of[from] {
                        let bytes = sent[from][read_of[from]..end].to_vec();
                        story.received(ends[side].0, ends[side].1, bytes);
                        read_of[from] = end;
                    }
                }
                Turn::Ends(client) if !ended[usize::from(!client)] => {
                    let side = usize::from(!client);
                    story.tell(ends[side].0, Event::HalfClosed, "", "");
                    ended[side] = true;
                }
                _ => {}
            }
        }
        // Bytes of files are told by the recv alone: all is read in the end.
        for from in [0, 1] {
            let (id, peer) = ends[1 - from];
            let rest = sent[from][read_of[from]..].to_vec();
            if !rest.is_empty() {
                story.received(id, peer, rest);
            }
        }
        // With one end elsewhere, the rows of the other are not there.
        if foreign {
            story.sockets = Sockets::default();
            story.sockets.open(SocketId(2), Kind::TcpConnection, 0, 0);
        }
        let (file, bytes) = story.file(|row| !foreign || row.record.socket == SocketId(2));
        let packets = read(&file);
        let streams = streams(&packets);
        let of = |from: &str, to: &str| streams.get(&(from.parse().unwrap(), to.parse().unwrap())).cloned().unwrap_or_default();
        prop_assert_eq!(of(CLIENT, SERVER), &sent[0][..]);
        prop_assert_eq!(of(SERVER, CLIENT), &sent[1][..]);
        prop_assert_eq!(bytes, (sent[0].len() + sent[1].len()) as u64);
    }

    #[test]
    fn no_rows_make_a_file_that_cannot_be_read(
        rows in prop::collection::vec((1_u32..4, 0_usize..16, 0_u64..9, 0_usize..40, 0_usize..4, any::<u64>()), 0..80),
        kinds in prop::collection::vec(0_usize..4, 3),
    ) {
        let mut story = Story::default();
        for (kind, id) in kinds.into_iter().zip(1..) {
            if let Some(kind) = [Kind::TcpListener, Kind::TcpConnection, Kind::UdpSocket].get(kind) {
                story.open(id, *kind);
            }
        }
        let peers = ["127.0.0.1:1", "[::1]:2", "[::ffff:10.0.0.1]:3", ""];
        let mut journal = Journal::default();
        let mut batch = Batch::default();
        for (socket, event, at, len, peer, number) in rows {
            let fault = |kind| Fault::of(kind);
            let event = [
                Event::Bound, Event::Listening { backlog: 1 }, Event::Connecting, Event::Connected { took: number },
                Event::Opened { listener: SocketId(1) }, Event::Sent { asked: number as u32 },
                Event::Received { full: number as u32 }, Event::PeerEnded, Event::HalfClosed,
                Event::Closed { why: CloseReason::User, unsent: 0 }, Event::Aborted { unsent: 0 },
                Event::Failed { call: Call::Connect, fault: fault(FaultKind::Refused) },
                Event::Failed { call: Call::Recv, fault: fault(FaultKind::Reset) },
                Event::FileEnded { sent: number, cancelled: true }, Event::Sent { asked: 0 },
                Event::Received { full: 0 },
            ][event];
            let record = Record {
                at, socket: SocketId(socket), generation: (number % 2) as u16, event, peer: peers[peer].parse().ok(),
                bytes: Span::default(),
            };
            let bytes = if event.has_payload() { vec![b'x'; len] } else { peers[(number % 4) as usize].into() };
            batch.push(record, &bytes);
        }
        journal.push(batch);
        for odd in [false, true] {
            let mut file = Vec::new();
            let mut exporter = Exporter::new(&mut file, Format::Pcapng, &context(&story.sockets)).unwrap();
            for row in journal.rows_from(0) {
                if odd && row.seq % 3 == 1 { exporter.pass(&row) } else { exporter.write(&row).unwrap() }
            }
            exporter.finish().unwrap();
            read(&file);
        }
    }
}
