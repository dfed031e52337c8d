//! What happened in a run: every packet, every call of the programs, every timer. Everything that is drawn, counted,
//! printed or saved is read from here.

use std::{collections::BTreeSet, ops::Range};

use super::{
    Micros, Side,
    arq::Mechanisms,
    fate::{Name, PacketKind},
    run::Transport,
    workload::Message,
};

/// A packet's place in [`Log::packets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId(pub u32);

impl PacketId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A run, written down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log {
    /// Over what.
    pub transport: Transport,
    /// What stands in the headers, if it is ARQ.
    pub arq: Mechanisms,
    /// What was to be sent; message `n` is at `n - 1`.
    pub messages: Vec<Message>,
    /// When each message was first handed to the kernel, by the same index; `None` if it never was.
    pub first_sent: Vec<Option<Micros>>,
    /// In the order in which they were put on the link. A copy that the link made follows its original.
    pub packets: Vec<Packet>,
    /// In the order of time; at one instant in the order in which they happened.
    pub events: Vec<Event>,
    /// The first sequence number of each side, for TCP.
    pub initial: [Option<u32>; 2],
    /// The bytes that each side's program read, one behind the other; [`Call::Recv`] has the ranges.
    pub read: [Vec<u8>; 2],
    /// How it ended.
    pub ended: Ended,
    /// When the last thing happened.
    pub end_at: Micros,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// Both programs did what they had to do.
    Done,
    /// One end gave the other up.
    GaveUp(Side),
    /// A program waits, and nothing will ever happen again: a deadlock.
    Silent,
    /// It went on for longer than [`run::LONGEST`](super::run::LONGEST), or with more packets than
    /// [`run::MOST_PACKETS`](super::run::MOST_PACKETS).
    TooLong,
    /// A thousand steps at one instant: an error in a host.
    Spinning,
}

/// Part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece {
    /// The message's number, from 1.
    pub message: u32,
    /// First byte of it.
    pub from: u32,
    /// First byte behind it.
    pub to: u32,
}

impl Piece {
    /// Bytes.
    pub fn len(&self) -> u32 {
        self.to.saturating_sub(self.from)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A packet on the link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Its place in [`Log::packets`].
    pub id: PacketId,
    /// Who it is: direction, kind, message, attempt. An [`Edit`](super::Edit) names it so.
    pub name: Name,
    /// The packet of which the link made this copy.
    pub copy_of: Option<PacketId>,
    /// From the IP header on, as it was sent.
    pub bytes: Vec<u8>,
    /// As it came out of the link, if it was damaged.
    pub damaged: Option<Vec<u8>>,
    /// The parts of messages in it.
    pub pieces: Vec<Piece>,
    /// When it was put into the queue of the link.
    pub sent: Micros,
    /// When its first bit left the queue.
    pub left: Micros,
    /// When its last bit did.
    pub out: Micros,
    /// When it met its end: it arrived whole, or died. For one that is on its way when the run ends: when it would have
    /// arrived.
    pub ended: Micros,
    /// What its end was.
    pub end: End,
    /// If its bytes had been sent before: why it was sent again.
    pub resent: Option<Resent>,
}

impl Packet {
    /// Who sent it.
    pub fn from(&self) -> Side {
        self.name.from
    }

    /// Its bytes on the far side.
    pub fn arrived_bytes(&self) -> &[u8] {
        self.damaged.as_deref().unwrap_or(&self.bytes)
    }

    /// Its TCP header, if it is TCP.
    pub fn segment(&self) -> Option<Segment> {
        Segment::parse(&self.bytes)
    }

    /// Bytes of messages in it.
    pub fn payload_len(&self) -> u32 {
        self.pieces.iter().map(Piece::len).sum()
    }
}

/// How a packet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The run was over before.
    OnTheWay,
    /// The other kernel took it.
    Delivered,
    /// It never came out of the link.
    Lost(Loss),
    /// It came, and the other kernel threw it away.
    Discarded(Discard),
}

/// Why a packet was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// Bad luck.
    Chance,
    /// A burst of bad luck.
    Burst,
    /// The link was down.
    Outage,
    /// The queue of the link was full.
    QueueFull,
    /// The user said so.
    ByHand,
}

/// Why a kernel threw a packet away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Discard {
    /// Its checksum does not come out.
    Checksum,
    /// The program had not read enough: no room (UDP).
    BufferFull,
    /// It had come before.
    Again,
    /// Something before it is missing, and the protocol keeps nothing for later.
    OutOfOrder,
    /// No connection or port wants it.
    NotWanted,
}

/// Why bytes were sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resent {
    /// What made the sender do it.
    pub why: Why,
    /// Whether the receiver had all of them already: it was not necessary.
    pub needless: bool,
}

/// What makes a sender send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The retransmission timer fired (RFC 6298).
    Timer,
    /// Three duplicate acknowledgements (RFC 5681).
    Fast,
    /// The recovery that one of those began goes on.
    Recovery,
    /// The other end asked for it.
    Asked,
}

/// A TCP header (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the header")]
pub struct Segment {
    /// SEG.SEQ.
    pub seq: u32,
    /// SEG.ACK.
    pub ack_number: u32,
    /// SEG.WND as it stands in the header.
    pub window: u16,
    /// SYN.
    pub syn: bool,
    /// ACK.
    pub ack: bool,
    /// FIN.
    pub fin: bool,
    /// RST.
    pub rst: bool,
    /// PSH.
    pub psh: bool,
    /// Bytes of payload.
    pub len: u32,
    /// Where in the packet the payload begins.
    pub payload_at: usize,
}

impl Segment {
    /// Reads the header of an IPv4 packet, if it is TCP.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let header = usize::from(*bytes.first()? & 0x0F) * 4;
        if *bytes.get(9)? != 6 {
            return None;
        }
        let tcp = bytes.get(header..)?;
        let word = |at: usize| Some(u32::from_be_bytes(tcp.get(at..at + 4)?.try_into().ok()?));
        let (offset, flags) = (usize::from(*tcp.get(12)? >> 4) * 4, *tcp.get(13)?);
        Some(Self {
            seq: word(4)?,
            ack_number: word(8)?,
            window: u16::from_be_bytes(tcp.get(14..16)?.try_into().ok()?),
            syn: flags & 0x02 != 0,
            ack: flags & 0x10 != 0,
            fin: flags & 0x01 != 0,
            rst: flags & 0x04 != 0,
            psh: flags & 0x08 != 0,
            len: tcp.len().saturating_sub(offset) as u32,
            payload_at: header + offset,
        })
    }

    /// The sequence number behind it: SYN and FIN count one each.
    pub fn next(&self) -> u32 {
        self.seq.wrapping_add(self.len).wrapping_add(u32::from(self.syn)).wrapping_add(u32::from(self.fin))
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// When.
    pub at: Micros,
    /// On which side; a loss is written down on the side that sent.
    pub side: Side,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The program called.
    Call(Call),
    /// A packet was put on the link.
    Sent(PacketId),
    /// A packet arrived; [`Packet::end`] says whether it was taken.
    Arrived(PacketId),
    /// A packet died on the way.
    Lost(PacketId),
    /// A timer changed.
    Timer {
        /// Which.
        timer: Timer,
        /// How.
        change: Change,
    },
    /// A new state, in the protocol's own words: `ESTABLISHED`.
    State(&'static str),
    /// Anything else.
    Note(Note),
}

/// A call of a program, with its result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// `socket`, `bind`: the UDP socket is there.
    Bind,
    /// `listen`.
    Listen,
    /// `connect` was called.
    Connect,
    /// `connect` returned.
    Connected,
    /// `accept` returned.
    Accepted,
    /// `send` of (what is left of) a message; `taken` bytes of `asked` were taken.
    Send {
        /// Whose bytes.
        message: u32,
        /// How many were offered.
        asked: u32,
        /// How many the kernel took; 0 is `EAGAIN`: the send buffer is full.
        taken: u32,
    },
    /// `recv` returned bytes.
    Recv {
        /// How many were asked for.
        asked: u32,
        /// Which of the bytes in [`Log::read`] of this side these are.
        bytes: Range<u32>,
        /// The parts of messages they are, as far as they are true bytes of messages.
        pieces: Vec<Piece>,
    },
    /// `recv` returned 0: the stream has ended.
    EndOfStream,
    /// `recv` or `send` failed: the connection was reset or given up.
    Failed(Failure),
    /// The program stopped waiting for the message with this number.
    StoppedWaiting(u32),
    /// `close`.
    Close,
}

/// Why a call failed, in the words of `errno(3)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// `ECONNRESET`.
    Reset,
    /// `ETIMEDOUT`.
    TimedOut,
}

/// A timer of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Retransmission (RFC 6298). Protocols with one for each packet have its number.
    Retransmission(Option<u32>),
    /// An ACK that waits for company (RFC 1122 4.2.3.2).
    DelayedAck,
    /// Probes of a closed window (RFC 9293 3.8.6.1).
    Persist,
    /// TIME-WAIT.
    TimeWait,
    /// How long it goes on without an answer.
    GiveUp,
}

/// What a timer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It runs, from now on until then. One that was running is restarted.
    Started(Micros),
    /// It was due.
    Fired,
    /// It is not needed any more.
    Stopped,
}

/// Something worth knowing that is no packet, call or timer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// The nth duplicate acknowledgement in a row came.
    DuplicateAck(u32),
    /// Bytes that the program has handed over wait.
    Held {
        /// What for.
        why: Held,
        /// Which.
        pieces: Vec<Piece>,
    },
    /// They wait no longer.
    Released,
    /// A segment came above a hole: it waits in the kernel for what is missing.
    Hole {
        /// What has come and cannot be read yet.
        waiting: Vec<Piece>,
    },
    /// The other end's window is closed.
    WindowClosed,
    /// It is open again, so far.
    WindowOpened(u32),
    /// Here the simulated stack does what a usual kernel would not.
    Departure(Departure),
}

/// Why bytes wait in the sender's kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    /// Nagle's rule: a small segment waits for the acknowledgement of the one before.
    Nagle,
    /// The receiver's window is full.
    Window,
    /// The congestion window is full.
    Congestion,
}

/// Where the simulated stack is not like a usual kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Departure {
    /// The shortest retransmission time-out is 1 s, as RFC 6298 has it; Linux takes 200 ms, and looks for a lost tail sooner
    /// (RFC 8985).
    SlowTimeout,
    /// FIN waits until everything is acknowledged and the wire is empty; a kernel sends it behind the last byte.
    PoliteFin,
    /// An ACK after a time-out would have carried an old sequence number; it carries SND.NXT, as RFC 9293 has it.
    AckNumbered,
    /// After it gave up it sends RST; a kernel just stops.
    ResetAtGivingUp,
    /// After a time-out all that follows is sent again (go-back-N): there is no SACK (RFC 2018).
    NoSack,
    /// The first congestion window is 2048 bytes; Linux begins with ten segments (RFC 6928).
    SmallStart,
}

impl Departure {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::SlowTimeout, Self::PoliteFin, Self::AckNumbered, Self::ResetAtGivingUp, Self::NoSack, Self::SmallStart];
}

/// A read of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read<'a> {
    /// When.
    pub at: Micros,
    /// By whom.
    pub side: Side,
    /// What came.
    pub bytes: &'a [u8],
    /// The parts of messages it is.
    pub pieces: &'a [Piece],
}

impl Log {
    /// A packet.
    pub fn packet(&self, id: PacketId) -> Option<&Packet> {
        self.packets.get(id.index())
    }

    /// A message by its number.
    pub fn message(&self, number: u32) -> Option<&Message> {
        self.messages.get((number as usize).checked_sub(1)?)
    }

    /// The sequence and acknowledgement numbers of a segment, counted from the first of each side as Wireshark does: the SYN
    /// is 0, the first byte 1. Without ACK the second is 0.
    pub fn relative(&self, packet: &Packet) -> Option<(u32, u32)> {
        let segment = packet.segment()?;
        let of = |side: Side| self.initial.get(side.index()).copied().flatten();
        let seq = segment.seq.wrapping_sub(of(packet.from())?);
        let ack = of(packet.from().other()).filter(|_| segment.ack);
        Some((seq, ack.map_or(0, |initial| segment.ack_number.wrapping_sub(initial))))
    }

    /// Packets that are on the link at any time in `from..=to`, in the order of sending.
    pub fn packets_between(&self, from: Micros, to: Micros) -> impl Iterator<Item = &Packet> {
        let end = self.packets.partition_point(|packet| packet.sent <= to);
        self.packets.get(..end).unwrap_or_default().iter().filter(move |packet| packet.ended >= from)
    }

    /// Events in `from..to`.
    pub fn events_between(&self, from: Micros, to: Micros) -> &[Event] {
        let start = self.events.partition_point(|event| event.at < from);
        let end = self.events.partition_point(|event| event.at < to).max(start);
        self.events.get(start..end).unwrap_or_default()
    }

    /// The first packet that is lost or discarded after this moment, and when.
    pub fn next_loss(&self, after: Micros) -> Option<&Packet> {
        let bad = |packet: &&Packet| matches!(packet.end, End::Lost(_) | End::Discarded(_)) && packet.ended > after;
        self.packets.iter().filter(bad).min_by_key(|packet| (packet.ended, packet.id))
    }

    /// The first packet after this moment whose bytes had been sent before.
    pub fn next_resent(&self, after: Micros) -> Option<&Packet> {
        let start = self.packets.partition_point(|packet| packet.sent <= after);
        self.packets.get(start..)?.iter().find(|packet| packet.resent.is_some())
    }

    /// Where this run is not what it would be between usual kernels.
    pub fn departures(&self) -> BTreeSet<Departure> {
        self.departures_until(Micros::MAX)
    }

    /// What of these has to do with a packet: why it was sent when it was, or looks as it does, otherwise than between usual
    /// kernels.
    pub fn departures_of(&self, packet: &Packet) -> Vec<Departure> {
        let side = packet.from();
        let noted = |departure: Departure| {
            let what = What::Note(Note::Departure(departure));
            self.events.iter().any(|event| event.side == side && event.at <= packet.sent && event.what == what)
        };
        let at_once = |departure: Departure| {
            let what = What::Note(Note::Departure(departure));
            let mut now = self.events_between(packet.sent, packet.sent.saturating_add(1)).iter();
            now.any(|event| event.side == side && event.what == what)
        };
        let why = packet.resent.map(|resent| resent.why);
        let fits = |departure: &Departure| match departure {
            Departure::SlowTimeout => why == Some(Why::Timer) && noted(*departure),
            Departure::NoSack => why == Some(Why::Recovery) && noted(*departure),
            Departure::PoliteFin => packet.name.kind == PacketKind::Fin && noted(*departure),
            Departure::ResetAtGivingUp => packet.name.kind == PacketKind::Reset && noted(*departure),
            Departure::AckNumbered => packet.name.kind == PacketKind::Ack && at_once(*departure),
            // It is about those that are not sent yet: their waiting says so.
            Departure::SmallStart => false,
        };
        Departure::ALL.into_iter().filter(fits).collect()
    }

    /// Where this run is not what it would be between usual kernels, as far as it has come by a moment.
    pub fn departures_until(&self, now: Micros) -> BTreeSet<Departure> {
        let events = self.events.get(..self.events.partition_point(|event| event.at <= now)).unwrap_or_default();
        let departure = |event: &Event| match event.what {
            What::Note(Note::Departure(departure)) => Some(departure),
            _ => None,
        };
        events.iter().filter_map(departure).collect()
    }

    /// A number for all of it, the same wherever the run is played: every line of [`Self::text`], every byte and moment of
    /// the packets, and what was read.
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.text().as_bytes());
        for packet in &self.packets {
            for moment in [packet.sent, packet.left, packet.out, packet.ended, packet.arrived_bytes().len() as u64] {
                hasher.update(&moment.to_le_bytes());
            }
            hasher.update(&packet.bytes).update(packet.arrived_bytes());
        }
        for read in &self.read {
            hasher.update(&(read.len() as u64).to_le_bytes()).update(read);
        }
        hasher.finalize().to_hex().chars().take(16).collect()
    }

    /// What a side's program read, in order.
    pub fn reads(&self, side: Side) -> impl Iterator<Item = Read<'_>> {
        self.events.iter().filter_map(move |event| match &event.what {
            What::Call(Call::Recv { bytes, pieces, .. }) if event.side == side => {
                let range = bytes.start as usize..bytes.end as usize;
                let bytes = self.read.get(side.index())?.get(range)?;
                Some(Read { at: event.at, side, bytes, pieces })
            }
            _ => None,
        })
    }
}
