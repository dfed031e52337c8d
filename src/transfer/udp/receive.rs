//! The receiver of datagrams: one sender at a time, all in one thread.

use std::{
    io,
    net::SocketAddr,
    ops::Range,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, Waker, net::UdpSocket};

use super::{DATAGRAMS, Datagram, END_FOR, HOLES};
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
/// Datagrams that are taken before anything else is looked at.
const BUDGET: usize = 1024;
/// A file is read again for so long before anything else is looked at.
const SLICE: Duration = Duration::from_millis(10);
/// The folders of a sender that says nothing are known for so long.
const KNOWN: Duration = Duration::from_mins(1);

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
    let mut hearing = Hearing {
        shared,
        listener,
        folder,
        socket,
        waker,
        session: None,
        batch: None,
        last: None,
        out: Vec::new(),
        full: false,
    };
    let mut events = Events::with_capacity(16);
    let mut buffer = vec![0; 1 << 16];
    while !hearing.over() {
        match poll.poll(&mut events, Some(hearing.wait())) {
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
    /// The folders of the sender that was heard last: its files come one by one.
    batch: Option<(SocketAddr, Batch)>,
    last: Option<Last>,
    out: Vec<u8>,
    /// There may be more to take than was taken.
    full: bool,
}

/// The one that ended last.
struct Last {
    from: SocketAddr,
    transfer: u32,
    /// What was said then, for whoever asks again because that was lost. Nothing where nobody would hear it.
    words: Option<Datagram<'static>>,
    at: Instant,
    /// Its sender has heard it.
    heard: bool,
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
    /// All was sent, and what came is read again.
    check: Option<Check>,
    /// Its sender has heard that there are holes, and has nothing more.
    done: bool,
}

/// A file that is read again.
struct Check {
    /// What it should come to.
    hash: [u8; 32],
    holes: Vec<Range<u64>>,
}

impl Hearing {
    fn over(&self) -> bool {
        // The answer that ends the only sender may be lost: until it has it, or has given up, it asks again.
        let done = self.once_over().is_some_and(|last| last.heard || last.at.elapsed() >= END_FOR);
        self.listener.stopped() || self.shared.stopping() || (done && self.session.is_none())
    }

    /// The end of the only sender that is taken, or of a file of it.
    fn once_over(&self) -> Option<&Last> {
        self.last.as_ref().filter(|_| self.listener.spec.policy.once)
    }

    /// How long nothing has to be looked at.
    fn wait(&self) -> Duration {
        match (&self.session, self.once_over()) {
            _ if self.full => Duration::ZERO,
            (Some(session), _) if session.check.is_some() => Duration::ZERO,
            (Some(_), _) => Duration::from_millis(500),
            (None, Some(last)) => END_FOR.saturating_sub(last.at.elapsed()),
            (None, None) => KNOWN,
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
            return self.heed_other(from, transfer, datagram);
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
            Datagram::Done => session.done = true,
            Datagram::Cancel(reason) => self.close(Err(Reason::There(Box::new(reason.clone()))), None),
            _ => {}
        }
    }

    /// Whatever belongs to no file that is offered or comes.
    fn heed_other(&mut self, from: SocketAddr, transfer: u32, datagram: &Datagram<'_>) {
        if let Some(last) = self.last.as_mut().filter(|last| (last.from, last.transfer) == (from, transfer)) {
            match datagram {
                Datagram::Done | Datagram::Cancel(_) => {
                    last.heard = true;
                    self.batch = None;
                }
                Datagram::Offer { .. } | Datagram::End(_) => {
                    if let Some(words) = last.words.clone() {
                        self.say(from, transfer, &words);
                    }
                }
                _ => {}
            }
            return;
        }
        let Datagram::Offer { size, payload, name } = datagram else { return };
        match &self.session {
            // Its next file; the last one is still being read.
            Some(session) if session.from == from && session.check.is_some() => {
                self.say(from, transfer, &Datagram::Asking);
            }
            // Its next file: what it said of the last one was lost.
            Some(session) if session.from == from => {
                self.close(Err(Reason::Gone), None);
                self.offered(from, transfer, *size, u64::from(*payload), name);
            }
            None if self.once_over().is_none_or(|last| last.from == from) => {
                self.offered(from, transfer, *size, u64::from(*payload), name);
            }
            _ => self.say(from, transfer, &Datagram::Refused(Reason::Busy)),
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
            _ if datagrams > DATAGRAMS => Err(Reason::Datagrams { needed: datagrams, limit: DATAGRAMS }),
            (Ok(name), Ok(free)) => Ok((name, free)),
        };
        let (way, receiver) = (self.listener.spec.way, Some(self.listener.id));
        let (path, hub) = (Some(self.folder.path().to_owned()), Arc::clone(&self.shared.hub));
        let job = |id| Job::new(id, Direction::Receiving, way, receiver, None, path, hub).with_peer(from);
        let job = self.shared.add(job);
        job.set_title(&announced, 1);
        let mut ledger = Ledger::default();
        ledger.enter(&announced, false, size);
        let (safe, free) = match fits {
            Ok(fits) => fits,
            Err(reason) => {
                let words = Datagram::Refused(reason.clone());
                self.say(from, transfer, &words);
                // An offer that is said again must not be one more row.
                self.last = Some(Last { from, transfer, words: Some(words), at: Instant::now(), heard: false });
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
            check: None,
            done: false,
        });
        if self.listener.spec.policy.accept == Accept::All {
            self.begin();
        } else {
            self.say(from, transfer, &Datagram::Asking);
        }
    }

    fn begin(&mut self) {
        let Some(session) = &mut self.session else { return };
        let batch = match self.batch.take().filter(|(from, _)| *from == session.from) {
            Some((_, batch)) => Ok(batch),
            None => Batch::new(Arc::clone(&self.folder), self.listener.keeping()),
        };
        let begun = batch.and_then(|batch| {
            let (_, batch) = self.batch.insert((session.from, batch));
            batch.file(&session.name, Some(session.size), None).inspect(|_| batch.rest())
        });
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
        let Some(session) = &mut self.session else {
            if self.last.as_ref().is_some_and(|last| last.at.elapsed() >= KNOWN) {
                self.batch = None;
            }
            return;
        };
        let asking = session.incoming.is_none();
        if session.job.control.cancelled() {
            return self.fail(Reason::Cancelled);
        }
        if session.check.is_some() {
            // All of it is here: that its sender is silent, or gone, changes nothing.
            self.check();
            return;
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
            None if silence > ASKS => self.close(Err(Reason::Gone), None),
            None => {}
        }
    }

    /// All was sent. Holes are told of at once; what is whole is read again, of which the sender hears as often as it asks.
    fn finish(&mut self, hash: [u8; 32]) {
        let Some(session) = &mut self.session else { return };
        let (from, transfer, came) = (session.from, session.transfer, session.count);
        let Some(incoming) = &mut session.incoming else { return };
        if session.check.is_none() {
            if let Err(reason) = incoming.reread() {
                return self.fail(reason);
            }
            session.job.set_state(State::Finishing);
            let holes = session.holes();
            session.check = Some(Check { hash, holes });
            // Most files are read again before the sender could have heard that they are.
            if session.lost() == 0 && self.check() {
                return;
            }
        }
        let lost = self.session.as_ref().map_or(0, Session::lost);
        let words = if lost > 0 { Datagram::Result { came, right: false } } else { Datagram::Asking };
        self.say(from, transfer, &words);
    }

    /// Goes on reading a file again; whether it is over.
    fn check(&mut self) -> bool {
        let Some(session) = &mut self.session else { return true };
        let until = Instant::now() + SLICE;
        let read = session
            .incoming
            .as_mut()
            .map_or(Err(Reason::Bug), |incoming| incoming.reread_on(&mut || Instant::now() >= until));
        match read {
            Ok(false) => return false,
            Ok(true) => self.checked(),
            Err(reason) => self.fail(reason),
        }
        true
    }

    /// The whole of a file was read again.
    fn checked(&mut self) {
        let keeping = self.listener.keeping();
        let Some(session) = &mut self.session else { return };
        let (Some(incoming), Some(check)) = (session.incoming.take(), session.check.take()) else { return };
        let (from, transfer, came) = (session.from, session.transfer, session.count);
        session.job.counts.files_done.store(1, Relaxed);
        let (lost, of) = (session.lost(), session.datagrams());
        if lost > 0 {
            let blake3 = incoming.hash();
            let part = keeping.partial.then(|| incoming.keep());
            session.ledger.with(0, |file| {
                file.path = part;
                file.blake3 = Some(blake3);
                file.holes = check.holes;
            });
            return self.close(Err(Reason::Holes { lost, of }), Some(Datagram::Result { came, right: false }));
        }
        if keeping.sync {
            // The disk may take longer for it than a sender that hears nothing waits.
            self.say(from, transfer, &Datagram::Asking);
        }
        let result = incoming.finish(Some(check.hash));
        let words = match &result {
            Ok(_) => Datagram::Result { came, right: true },
            Err(Reason::Hash) => Datagram::Result { came, right: false },
            Err(reason) => Datagram::Cancel(reason.clone()),
        };
        self.say(from, transfer, &words);
        let result = result.map(|saved| {
            if let Some(session) = &mut self.session {
                session.ledger.with(0, |file| {
                    file.path = Some(saved.path);
                    file.blake3 = Some(saved.blake3);
                    file.sha256 = saved.sha256;
                });
                session.ledger.end(0, FileEnd::Verified);
            }
        });
        self.close(result, Some(words));
    }

    /// Ends the session and tells the sender why.
    fn fail(&mut self, reason: Reason) {
        let Some(session) = &mut self.session else { return };
        let (from, transfer, came) = (session.from, session.transfer, session.count);
        let (lost, of) = (session.lost(), session.datagrams());
        if let Some(check) = session.check.take().filter(|_| lost > 0) {
            // What came of it was known and told; only its hash is not.
            session.ledger.with(0, |file| file.holes = check.holes);
            return self.close(Err(Reason::Holes { lost, of }), Some(Datagram::Result { came, right: false }));
        }
        let asking = session.incoming.is_none();
        let words = if asking { Datagram::Refused(reason.clone()) } else { Datagram::Cancel(reason.clone()) };
        self.say(from, transfer, &words);
        self.close(Err(reason), Some(words));
    }

    /// Ends the session. `words` are said again to whoever asks.
    fn close(&mut self, result: Result<(), Reason>, words: Option<Datagram<'static>>) {
        let keep = self.listener.keeping().partial;
        let Some(mut session) = self.session.take() else { return };
        if let Some(incoming) = session.incoming.take().filter(|_| keep && session.count > 0) {
            let part = incoming.keep();
            session.ledger.with(0, |file| file.path = Some(part));
        }
        if let Err(reason) = &result {
            session.ledger.fail(0, reason.clone());
        }
        let (from, transfer, heard) = (session.from, session.transfer, words.is_none() || session.done);
        self.last = Some(Last { from, transfer, words, at: Instant::now(), heard });
        session.job.end(result, session.ledger);
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
        // What comes behind the end was counted as lost, and told so.
        let Some(incoming) = self.incoming.as_mut().filter(|_| self.check.is_none()) else { return Ok(()) };
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

    fn datagrams(&self) -> u64 {
        self.size.div_ceil(self.payload)
    }

    fn lost(&self) -> u64 {
        self.datagrams().saturating_sub(self.count)
    }

    /// Ranges of bytes that did not come.
    fn holes(&self) -> Vec<Range<u64>> {
        let mut holes: Vec<Range<u64>> = Vec::new();
        for number in 0..self.datagrams() {
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
