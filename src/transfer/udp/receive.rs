//! The receiver of datagrams: one sender at a time, all in one thread.

use std::{
    io,
    net::SocketAddr,
    ops::Range,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, Waker, net::UdpSocket};

use super::{DATAGRAMS, Datagram};
use crate::{
    journal::Call,
    transfer::{
        job::Job,
        ledger::Ledger,
        listen::Listener,
        name::{self, SafeName},
        options::Accept,
        reason::Reason,
        receiver::{Batch, Folder, Incoming},
        report::{Answer, Direction, Entry, FileEnd, Offer, State},
        service::Shared,
    },
};

const SOCKET: Token = Token(0);
const WAKE: Token = Token(1);
/// A sender that asks no more for so long is gone.
const ASKS: Duration = Duration::from_secs(5);
/// Holes that are told of one by one.
const HOLES: usize = 10_000;
/// Datagrams that are taken before anything else is looked at.
const BUDGET: usize = 1024;

/// The life of a receiver of datagrams: one sender at a time, all in this thread.
pub(in crate::transfer) fn listen(shared: &Arc<Shared>, listener: &Arc<Listener>) -> Result<(), Reason> {
    let folder = Arc::new(Folder::open(&listener.spec.folder)?);
    let bind = listener.spec.bind;
    let failed = |call: Call| move |error: io::Error| Reason::net(call, &error, Some(bind));
    let mut poll = Poll::new().map_err(failed(Call::Socket))?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKE).map_err(failed(Call::Socket))?);
    listener.set_waker(Arc::clone(&waker));
    let mut socket = UdpSocket::bind(bind).map_err(failed(Call::Bind))?;
    let address = socket.local_addr().map_err(failed(Call::Bind))?;
    poll.registry().register(&mut socket, SOCKET, Interest::READABLE).map_err(failed(Call::Bind))?;
    listener.listening(&shared.hub, address);
    let (shared, listener) = (Arc::clone(shared), Arc::clone(listener));
    let mut hearing =
        Hearing { shared, listener, folder, socket, waker, session: None, last: None, out: Vec::new(), full: false };
    let mut events = Events::with_capacity(16);
    let mut buffer = vec![0; 1 << 16];
    while !hearing.over() {
        let wait = if hearing.full { Duration::ZERO } else { hearing.wait() };
        match poll.poll(&mut events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(failed(Call::RecvFrom)(error)),
            _ => {}
        }
        hearing.take(&mut buffer);
        hearing.tick();
    }
    hearing.stop();
    Ok(())
}

struct Hearing {
    shared: Arc<Shared>,
    listener: Arc<Listener>,
    folder: Arc<Folder>,
    socket: UdpSocket,
    waker: Arc<Waker>,
    session: Option<Session>,
    /// The one that ended last and what came of it, for an END that is said again.
    last: Option<(SocketAddr, u32, u64, bool)>,
    out: Vec<u8>,
    /// There may be more to take than was taken.
    full: bool,
}

/// A file that is offered or comes.
struct Session {
    from: SocketAddr,
    transfer: u32,
    job: Arc<Job>,
    ledger: Ledger,
    name: SafeName,
    size: u64,
    payload: u64,
    deadline: Instant,
    heard: Instant,
    incoming: Option<Incoming>,
    /// A bit for each datagram that came.
    came: Vec<u64>,
    count: u64,
}

impl Hearing {
    fn over(&self) -> bool {
        let done = self.listener.spec.policy.once && self.last.is_some() && self.session.is_none();
        self.listener.stopped() || self.shared.stopping() || done
    }

    /// How long nothing has to be looked at. After the only sender's end its END may come again.
    fn wait(&self) -> Duration {
        match &self.session {
            None => Duration::from_mins(1),
            Some(_) => Duration::from_millis(500),
        }
    }

    fn take(&mut self, buffer: &mut [u8]) {
        self.full = true;
        for _ in 0..BUDGET {
            match self.socket.recv_from(buffer) {
                Ok((n, from)) => {
                    if let Some((transfer, datagram)) = Datagram::parse(buffer.get(..n).unwrap_or_default()) {
                        self.heed(from, transfer, &datagram);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.full = false;
                    return;
                }
                // ICMP answers to what was said before, and the like: never the end of a UDP socket.
                Err(_) => {}
            }
        }
    }

    fn heed(&mut self, from: SocketAddr, transfer: u32, datagram: &Datagram<'_>) {
        let ours = self.session.as_ref().is_some_and(|now| now.from == from && now.transfer == transfer);
        if !ours {
            match (datagram, self.last) {
                (Datagram::End(_), Some((last, number, came, right))) if (last, number) == (from, transfer) => {
                    self.say(from, transfer, &Datagram::Result { came, right });
                }
                (Datagram::Offer { .. }, Some((last, number, ..))) if (last, number) == (from, transfer) => {}
                (Datagram::Offer { .. }, _) if self.session.is_some() => {
                    self.say(from, transfer, &Datagram::Refused(Reason::Busy));
                }
                (Datagram::Offer { size, payload, name }, _) => {
                    self.offered(from, transfer, *size, u64::from(*payload), name);
                }
                _ => {}
            }
            return;
        }
        let Some(session) = &mut self.session else { return };
        session.heard = Instant::now();
        match datagram {
            Datagram::Offer { .. } => {
                let answer = if session.incoming.is_some() { Datagram::Taken } else { Datagram::Asking };
                self.say(from, transfer, &answer);
            }
            Datagram::Data { number, bytes } => {
                if let Err(reason) = session.data(*number, bytes) {
                    self.fail(reason);
                }
            }
            Datagram::End(hash) => self.finish(*hash),
            Datagram::Cancel(reason) => self.close(Err(Reason::There(Box::new(reason.clone())))),
            _ => {}
        }
    }

    fn offered(&mut self, from: SocketAddr, transfer: u32, size: u64, payload: u64, name: &[u8]) {
        let datagrams = size.div_ceil(payload);
        let announced = String::from_utf8_lossy(name);
        let safe =
            if str::from_utf8(name).is_ok() { SafeName::parse(&announced) } else { Err(name::NameError::Encoding) };
        let free = self.folder.free();
        let fits = match (safe, free) {
            (Err(error), _) => Err(Reason::Name(error)),
            (_, Err(reason)) => Err(reason),
            (_, Ok(free)) if size > free => Err(Reason::NoSpace { needed: size, free }),
            _ if datagrams > DATAGRAMS => Err(Reason::TooMany { announced: datagrams, limit: DATAGRAMS }),
            (Ok(name), Ok(free)) => Ok((name, free)),
        };
        let (way, receiver) = (self.listener.spec.way, Some(self.listener.id));
        let (path, hub) = (Some(self.folder.path().to_owned()), Arc::clone(&self.shared.hub));
        let job = self.shared.add(|id| Job::new(id, Direction::Receiving, way, receiver, None, path, hub));
        job.set_peer(from);
        job.set_title(&announced, 1);
        let mut ledger = Ledger::default();
        ledger.enter(&announced, false, size);
        let (safe, free) = match fits {
            Ok(fits) => fits,
            Err(reason) => {
                self.say(from, transfer, &Datagram::Refused(reason.clone()));
                // An offer that is said again must not be one more row.
                self.last = Some((from, transfer, 0, false));
                ledger.fail(0, reason.clone());
                job.end(Err(reason), ledger);
                return;
            }
        };
        job.control.set_waker(Arc::clone(&self.waker));
        job.counts.set_total(Some(size));
        job.counts.files.store(1, Relaxed);
        let ask = self.listener.spec.policy.ask_timeout;
        let now = Instant::now();
        let saved_as = Some(safe.to_string()).filter(|safe| **safe != *announced);
        let entry = Entry { name: name::shown(&announced), saved_as, folder: false, size: Some(size), refused: None };
        if self.listener.spec.policy.accept == Accept::Ask {
            job.ask(Offer {
                transfer: job.id,
                receiver: self.listener.id,
                way,
                from,
                entries: vec![entry],
                total: Some(size),
                resumable: 0,
                folder: self.folder.path().to_owned(),
                free,
                deadline: now + ask,
            });
        }
        self.session = Some(Session {
            from,
            transfer,
            job,
            ledger,
            name: safe,
            size,
            payload,
            deadline: now + ask,
            heard: now,
            incoming: None,
            came: vec![0; usize::try_from(datagrams.div_ceil(64)).unwrap_or(0)],
            count: 0,
        });
        if self.listener.spec.policy.accept == Accept::All {
            self.begin();
        } else {
            self.say(from, transfer, &Datagram::Asking);
        }
    }

    fn begin(&mut self) {
        let Some(session) = &mut self.session else { return };
        let batch = Batch::new(Arc::clone(&self.folder), self.listener.keeping());
        let begun = batch.and_then(|mut batch| batch.file(&session.name, Some(session.size), None));
        match begun {
            Ok(incoming) => {
                session.incoming = Some(incoming);
                session.job.set_current(&session.name.to_string());
                session.job.set_state(State::Moving);
                let (from, transfer) = (session.from, session.transfer);
                self.say(from, transfer, &Datagram::Taken);
            }
            Err(reason) => self.fail(reason),
        }
    }

    /// Whatever the clock or the user says.
    fn tick(&mut self) {
        let Some(session) = &mut self.session else { return };
        let asking = session.incoming.is_none();
        if session.job.control.cancelled() {
            return self.fail(Reason::Cancelled);
        }
        let (silence, limit) = (session.heard.elapsed(), self.listener.spec.policy.idle_timeout);
        if !asking {
            if silence > limit {
                self.fail(Reason::Silent(limit));
            }
            return;
        }
        match session.job.take_answer() {
            Some(Answer::All) => self.begin(),
            Some(Answer::Some(taken)) if taken.contains(&0) => self.begin(),
            Some(_) => {
                session.ledger.end(0, FileEnd::Declined);
                self.fail(Reason::Declined);
            }
            None if Instant::now() >= session.deadline => {
                let time = self.listener.spec.policy.ask_timeout;
                self.fail(Reason::NoAnswer(time));
            }
            None if silence > ASKS => self.close(Err(Reason::Gone)),
            None => {}
        }
    }

    fn finish(&mut self, hash: [u8; 32]) {
        let keep = self.listener.keeping().partial;
        let Some(session) = &mut self.session else { return };
        let Some(mut incoming) = session.incoming.take() else { return };
        session.job.set_state(State::Finishing);
        let datagrams = session.size.div_ceil(session.payload);
        let lost = datagrams - session.count;
        let holes = session.holes();
        let saved = match (lost, incoming.reread()) {
            (_, Err(reason)) => Err(reason),
            (0, Ok(())) => incoming.finish(Some(hash)),
            (lost, Ok(())) => {
                let blake3 = incoming.hash();
                let part = keep.then(|| incoming.keep());
                session.ledger.with(0, |file| {
                    file.path = part;
                    file.blake3 = Some(blake3);
                });
                Err(Reason::Holes { lost, of: datagrams })
            }
        };
        session.ledger.with(0, |file| file.holes = holes);
        let (from, transfer, came) = (session.from, session.transfer, session.count);
        session.job.counts.files_done.store(1, Relaxed);
        let result = saved.map(|saved| {
            session.ledger.with(0, |file| {
                file.path = Some(saved.path);
                file.blake3 = Some(saved.blake3);
                file.sha256 = saved.sha256;
            });
            session.ledger.end(0, FileEnd::Verified);
        });
        let right = result.is_ok();
        self.last = Some((from, transfer, came, right));
        self.say(from, transfer, &Datagram::Result { came, right });
        self.close(result);
    }

    /// Ends the session and tells the sender why.
    fn fail(&mut self, reason: Reason) {
        if let Some(session) = &self.session {
            let (from, transfer) = (session.from, session.transfer);
            let asking = session.incoming.is_none();
            let told = if asking { Datagram::Refused(reason.clone()) } else { Datagram::Cancel(reason.clone()) };
            self.say(from, transfer, &told);
        }
        self.close(Err(reason));
    }

    fn close(&mut self, result: Result<(), Reason>) {
        let keep = self.listener.keeping().partial;
        if let Some(mut session) = self.session.take() {
            if let Some(incoming) = session.incoming.take().filter(|_| keep && session.count > 0) {
                let part = incoming.keep();
                session.ledger.with(0, |file| file.path = Some(part));
            }
            if let Err(reason) = &result {
                session.ledger.fail(0, reason.clone());
                self.last.get_or_insert((session.from, session.transfer, session.count, false));
            }
            session.job.end(result, session.ledger);
        }
    }

    fn stop(&mut self) {
        if self.session.is_some() {
            self.fail(Reason::Cancelled);
        }
    }

    /// A datagram that may be lost like any other.
    fn say(&mut self, to: SocketAddr, transfer: u32, datagram: &Datagram<'_>) {
        datagram.write(transfer, &mut self.out);
        self.socket.send_to(&self.out, to).ok();
    }
}

impl Session {
    fn data(&mut self, number: u64, bytes: &[u8]) -> Result<(), Reason> {
        let Some(incoming) = &mut self.incoming else { return Ok(()) };
        let offset = number.saturating_mul(self.payload);
        let expected = self.size.saturating_sub(offset).min(self.payload);
        // A datagram of another length is none of these, whoever sends it.
        if bytes.is_empty() || bytes.len() as u64 != expected {
            return Ok(());
        }
        let bit = 1_u64 << (number % 64);
        let word = usize::try_from(number / 64).ok().and_then(|word| self.came.get_mut(word));
        if let Some(word) = word.filter(|word| **word & bit == 0) {
            incoming.write_at(offset, bytes)?;
            *word |= bit;
            self.count += 1;
            self.job.counts.bytes.fetch_add(bytes.len() as u64, Relaxed);
        }
        Ok(())
    }

    /// Ranges of bytes that did not come.
    fn holes(&self) -> Vec<Range<u64>> {
        let mut holes: Vec<Range<u64>> = Vec::new();
        for number in 0..self.size.div_ceil(self.payload) {
            let word = usize::try_from(number / 64).ok().and_then(|word| self.came.get(word)).copied().unwrap_or(0);
            if word >> (number % 64) & 1 == 1 {
                continue;
            }
            let (start, end) = (number * self.payload, ((number + 1) * self.payload).min(self.size));
            let full = holes.len() >= HOLES;
            match holes.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ if full => break,
                _ => holes.push(start..end),
            }
        }
        holes
    }
}
