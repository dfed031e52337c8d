//! The sender of datagrams.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use mio::{Interest, Token, net::UdpSocket};

use super::{DATAGRAMS, Datagram, END_FOR};
use crate::{
    journal::{Call, Fault, FaultKind},
    net::room_for_any_datagram,
    transfer::{
        job::Job,
        ledger::Ledger,
        raw,
        reason::Reason,
        report::{FileEnd, State},
        source::{Item, Reading},
        wire::{self, Waiting},
    },
};

const SOCKET: Token = Token(0);
/// Between two of the same question.
const AGAIN: Duration = Duration::from_millis(250);
/// Between two ends.
const END_AGAIN: Duration = Duration::from_millis(100);
/// Bytes of the file in one datagram.
const PAYLOAD: std::ops::RangeInclusive<usize> = 1..=65_000;

/// Sends each file by itself, all from one port.
pub(in crate::transfer) fn send(job: &Arc<Job>, ledger: &mut Ledger) -> Result<(), Reason> {
    let mut lost = (0, 0);
    let mut connected = None;
    let sent = raw::each_file(job, ledger, |_, item, ledger, index| {
        let sending = match &mut connected {
            Some(sending) => sending,
            none => none.insert(Sending::connect(job)?),
        };
        sending.transfer = fastrand::u32(..);
        match sending.file(item, ledger, index, &mut lost) {
            // A file with holes is no reason not to send the next.
            Err(Reason::Holes { lost, of }) => {
                ledger.fail(index, Reason::Holes { lost, of });
                Ok(())
            }
            Ok(()) => {
                ledger.end(index, FileEnd::Verified);
                Ok(())
            }
            Err(reason) => {
                if !matches!(reason, Reason::There(_) | Reason::Net(_)) {
                    sending.say(&Datagram::Cancel(reason.clone()));
                }
                Err(reason)
            }
        }
    });
    if let (Some(sending), Ok(()) | Err(Reason::There(_))) = (&mut connected, &sent) {
        sending.say(&Datagram::Done);
    }
    match (sent, lost) {
        (Ok(()), (lost, of)) if lost > 0 => Err(Reason::Holes { lost, of }),
        (sent, _) => sent,
    }
}

struct Sending<'a> {
    job: &'a Arc<Job>,
    waiting: Waiting,
    socket: UdpSocket,
    peer: SocketAddr,
    transfer: u32,
    out: Vec<u8>,
    input: Vec<u8>,
}

impl<'a> Sending<'a> {
    fn connect(job: &'a Arc<Job>) -> Result<Self, Reason> {
        let Some(spec) = &job.spec else { return Err(Reason::Bug) };
        job.set_state(State::Connecting);
        let mut waiting = Waiting::new(Arc::clone(job))?;
        let deadline = Instant::now() + spec.options.connect_timeout;
        let peer = wire::look_up(&mut waiting, &spec.to, deadline)?.into_iter().next().ok_or(Reason::Nothing)?;
        job.set_peer(peer);
        let failed = |call: Call| move |error: io::Error| Reason::net(call, &error, Some(peer));
        let any: IpAddr = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let mut socket = UdpSocket::bind(SocketAddr::new(any, 0)).map_err(failed(Call::Bind))?;
        room_for_any_datagram(&socket2::SockRef::from(&socket));
        socket.connect(peer).map_err(failed(Call::Connect))?;
        let both = Interest::READABLE | Interest::WRITABLE;
        waiting.poll.registry().register(&mut socket, SOCKET, both).map_err(failed(Call::Socket))?;
        let (out, input) = (Vec::with_capacity(1 << 16), vec![0; 2048]);
        Ok(Self { job, waiting, socket, peer, transfer: 0, out, input })
    }

    fn file(&mut self, item: &Item, ledger: &mut Ledger, index: usize, lost: &mut (u64, u64)) -> Result<(), Reason> {
        let Some(spec) = &self.job.spec else { return Err(Reason::Bug) };
        let options = &spec.options;
        let payload = options.datagram_bytes.clamp(*PAYLOAD.start(), *PAYLOAD.end());
        let datagrams = item.size.div_ceil(payload as u64);
        if datagrams > DATAGRAMS {
            return Err(Reason::Datagrams { needed: datagrams, limit: DATAGRAMS });
        }
        let mut reading = Reading::open(item, options.sha256)?;
        self.job.set_state(State::Asking);
        let offer = Datagram::Offer { size: item.size, payload: payload as u16, name: item.name.as_bytes() };
        self.ask(&offer, options.connect_timeout, options.answer_timeout)?;
        self.job.set_state(State::Moving);
        let begun = Instant::now();
        let mut sent = 0_u64;
        let mut piece = vec![0; payload];
        for number in 0..datagrams {
            let n = reading.fill(&mut piece)?;
            self.data(number, piece.get(..n).unwrap_or_default(), options.idle_timeout)?;
            sent += n as u64;
            self.job.counts.bytes.fetch_add(n as u64, Relaxed);
            if let Some(pace) = options.pace.filter(|pace| *pace > 0) {
                let due = Duration::from_secs_f64(sent as f64 / pace as f64);
                if let Some(early) = due.checked_sub(begun.elapsed()) {
                    self.job.control.wait(early);
                }
            }
            if number % 64 == 0 {
                self.pause()?;
            }
        }
        self.job.set_state(State::Finishing);
        let hash = reading.hash();
        ledger.with(index, |file| {
            file.blake3 = Some(hash);
            file.sha256 = reading.sha256();
        });
        let (came, right) = self.end(hash, options.idle_timeout)?;
        let missing = datagrams.saturating_sub(came);
        *lost = (lost.0 + missing, lost.1 + datagrams);
        match (missing, right) {
            (0, true) => reading.check_end(),
            (0, false) => Err(Reason::Hash),
            _ => Err(Reason::Holes { lost: missing, of: datagrams }),
        }
    }

    /// Offers until there is a yes or a no.
    fn ask(&mut self, offer: &Datagram<'_>, first: Duration, whole: Duration) -> Result<(), Reason> {
        let (begun, mut heard) = (Instant::now(), Instant::now());
        loop {
            self.say(offer);
            let again = Instant::now() + AGAIN;
            while let Some(left) = again.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                match self.hear(left)? {
                    Some(Heard::Taken) => return Ok(()),
                    Some(Heard::Asking) => heard = Instant::now(),
                    _ => {}
                }
            }
            if heard.elapsed() > first {
                return Err(Reason::net(Call::Connect, &io::ErrorKind::TimedOut.into(), Some(self.peer)));
            }
            if begun.elapsed() > whole {
                return Err(Reason::NoAnswer(whole));
            }
        }
    }

    fn data(&mut self, number: u64, bytes: &[u8], idle: Duration) -> Result<(), Reason> {
        Datagram::Data { number, bytes }.write(self.transfer, &mut self.out);
        let deadline = Instant::now() + idle;
        loop {
            self.waiting.check()?;
            match self.socket.send(&self.out) {
                Ok(_) => return Ok(()),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock if Instant::now() < deadline => {
                        self.waiting.poll(Some(Duration::from_millis(100)))?;
                    }
                    io::ErrorKind::WouldBlock => return Err(Reason::Silent(idle)),
                    io::ErrorKind::Interrupted => {}
                    // The system drops what it has no room for, which is what this way is there to show.
                    _ if Fault::from(&error).kind == FaultKind::NoBuffers => return Ok(()),
                    _ => return Err(Reason::net(Call::SendTo, &error, Some(self.peer))),
                },
            }
        }
    }

    fn pause(&mut self) -> Result<(), Reason> {
        let _ = self.hear(Duration::ZERO)?;
        if self.job.control.paused() {
            self.job.moving(false);
            while self.job.control.paused() {
                self.hear(Duration::from_secs(1))?;
            }
            self.job.moving(true);
        }
        Ok(())
    }

    fn end(&mut self, hash: [u8; 32], idle: Duration) -> Result<(u64, bool), Reason> {
        let (mut heard, mut patience) = (Instant::now(), END_FOR);
        while heard.elapsed() < patience {
            self.say(&Datagram::End(hash));
            let again = Instant::now() + END_AGAIN;
            while let Some(left) = again.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                match self.hear(left)? {
                    Some(Heard::Result(came, right)) => return Ok((came, right)),
                    // It reads all of it again, and may be deaf while its disk works.
                    Some(Heard::Asking) => (heard, patience) = (Instant::now(), idle),
                    _ => {}
                }
            }
        }
        Err(Reason::Silent(patience))
    }

    /// A datagram that may be lost like any other.
    fn say(&mut self, datagram: &Datagram<'_>) {
        datagram.write(self.transfer, &mut self.out);
        self.socket.send(&self.out).ok();
    }

    /// What comes within this time.
    fn hear(&mut self, within: Duration) -> Result<Option<Heard>, Reason> {
        let mut waited = false;
        loop {
            self.waiting.check()?;
            match self.socket.recv(&mut self.input) {
                Ok(n) => {
                    let bytes = self.input.get(..n).unwrap_or_default();
                    let heard = match Datagram::parse(bytes) {
                        Some((transfer, datagram)) if transfer == self.transfer => datagram,
                        _ => continue,
                    };
                    match heard {
                        Datagram::Taken => return Ok(Some(Heard::Taken)),
                        Datagram::Asking => return Ok(Some(Heard::Asking)),
                        Datagram::Result { came, right } => return Ok(Some(Heard::Result(came, right))),
                        Datagram::Refused(reason) | Datagram::Cancel(reason) => {
                            return Err(Reason::There(Box::new(reason)));
                        }
                        _ => {}
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock if waited || within.is_zero() => return Ok(None),
                    io::ErrorKind::WouldBlock => {
                        self.waiting.poll(Some(within))?;
                        waited = true;
                    }
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(Reason::net(Call::RecvFrom, &error, Some(self.peer))),
                },
            }
        }
    }
}

/// What a sender waits for.
enum Heard {
    Taken,
    Asking,
    Result(u64, bool),
}
