//! The two programs: what they send when, and what they read. The same over TCP and UDP; only the calls differ.

use std::sync::Arc;

use super::{
    Micros, Side,
    knobs::ProgramKnobs,
    log::Piece,
    workload::{Message, When},
};

/// One side's program.
#[derive(Debug)]
pub(super) struct Program {
    messages: Arc<[Message]>,
    /// Numbers of the messages that this side sends, in order.
    mine: Vec<u32>,
    /// How many of them are sent.
    sent: usize,
    /// Bytes of the next one that the kernel has taken.
    taken: usize,
    knobs: ProgramKnobs,
    /// When it may begin to send.
    begin: Option<Micros>,
    /// By number: bytes read of the other side's messages.
    got: Vec<u32>,
    /// By number: when a message was read whole, or given up.
    settled: Vec<Option<Micros>>,
    /// Messages of the other side that are not settled.
    open: usize,
    /// How long it waits for an answer.
    patience: Option<Micros>,
    /// The number that it waits for and since when.
    waiting: Option<(u32, Micros)>,
    /// When it may read next.
    next_read: Micros,
}

impl Program {
    pub fn new(side: Side, messages: Arc<[Message]>, knobs: ProgramKnobs, patience: Option<Micros>) -> Self {
        let mine: Vec<_> =
            messages.iter().filter(|message| message.from == side).map(|message| message.number).collect();
        let open = messages.len() - mine.len();
        let places = messages.len() + 1;
        Self {
            messages,
            mine,
            sent: 0,
            taken: 0,
            knobs,
            begin: None,
            got: vec![0; places],
            settled: vec![None; places],
            open,
            patience,
            waiting: None,
            next_read: knobs.read_from,
        }
    }

    /// The socket is connected or bound.
    pub fn ready(&mut self, now: Micros, side: Side) {
        let think = if side == Side::Client { self.knobs.think } else { 0 };
        self.begin.get_or_insert(now + think);
    }

    /// Whether it has sent everything.
    pub fn has_sent_all(&self) -> bool {
        self.sent == self.mine.len()
    }

    /// Whether it has read everything, or given up waiting.
    pub fn has_read_all(&self) -> bool {
        self.open == 0
    }

    /// The next message, and when it is due, if that is known.
    fn next(&self) -> Option<(&Message, Micros)> {
        let begin = self.begin?;
        let number = *self.mine.get(self.sent)?;
        let message = self.messages.get((number as usize).checked_sub(1)?)?;
        let due = match message.when {
            When::At(at) => begin.saturating_add(at),
            When::After(other) => (*self.settled.get(other as usize)?)?,
        };
        Some((message, due))
    }

    /// What is to be sent now: a message's number, and what is left of it.
    pub fn to_send(&self, now: Micros) -> Option<(u32, &[u8])> {
        let (message, due) = self.next()?;
        (due <= now).then(|| (message.number, message.bytes.get(self.taken..).unwrap_or_default()))
    }

    /// The kernel took so many bytes of it. Returns whether that was the last of them.
    pub fn took(&mut self, now: Micros, bytes: usize) -> bool {
        let Some(number) = self.mine.get(self.sent).copied() else { return false };
        let Some(message) = self.messages.get(number as usize - 1) else { return false };
        self.taken += bytes;
        if self.taken < message.bytes.len() {
            return false;
        }
        (self.taken, self.sent) = (0, self.sent + 1);
        // What is sent after an answer waits for it from here on.
        self.waiting = match self.mine.get(self.sent).and_then(|next| self.messages.get(*next as usize - 1)) {
            Some(Message { when: When::After(other), .. }) => Some((*other, now)),
            _ => None,
        };
        true
    }

    /// Gives up waiting, over UDP. Returns the number that it waited for.
    pub fn give_up(&mut self, now: Micros) -> Option<u32> {
        let (number, since) = self.waiting?;
        if self.settled.get(number as usize)?.is_some() || now < since.saturating_add(self.patience?) {
            return None;
        }
        self.settle(number, now);
        self.waiting = None;
        Some(number)
    }

    fn settle(&mut self, number: u32, now: Micros) {
        if let Some(settled @ None) = self.settled.get_mut(number as usize) {
            *settled = Some(now);
            self.open = self.open.saturating_sub(1);
        }
    }

    /// How many bytes to ask for, if it is time to read.
    pub fn to_read(&self, now: Micros) -> Option<u32> {
        (now >= self.next_read).then_some(self.knobs.recv)
    }

    /// It has read these.
    pub fn has_read(&mut self, now: Micros, pieces: &[Piece]) {
        for piece in pieces {
            let Some(got) = self.got.get_mut(piece.message as usize) else { continue };
            *got = got.saturating_add(piece.len());
            let whole = self.messages.get(piece.message as usize - 1).is_some_and(|it| it.bytes.len() <= *got as usize);
            if whole {
                self.settle(piece.message, now);
            }
        }
        if self.knobs.read_every > 0 {
            self.next_read = now + self.knobs.read_every;
        }
    }

    /// When it has something to do by itself. `readable`: whether something waits to be read.
    pub fn wake(&self, now: Micros, readable: bool) -> Option<Micros> {
        let send = self.next().map(|(_, due)| due).filter(|due| *due > now);
        let read = readable.then_some(self.next_read).filter(|at| *at > now);
        let patience = self.waiting.and_then(|(number, since)| {
            let open = self.settled.get(number as usize)?.is_none();
            open.then_some(since.saturating_add(self.patience?))
        });
        [send, read, patience].into_iter().flatten().min()
    }
}

/// Where the messages of one side are in the stream of its bytes.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// Number and first byte of each, in order.
    starts: Vec<(u32, u64)>,
    end: u64,
}

impl Stream {
    pub fn new(messages: &[Message], from: Side) -> Self {
        let mut end = 0;
        let mut starts = Vec::new();
        for message in messages.iter().filter(|message| message.from == from) {
            starts.push((message.number, end));
            end += message.bytes.len() as u64;
        }
        Self { starts, end }
    }

    /// The parts of messages that these bytes of the stream are.
    pub fn pieces(&self, from: u64, to: u64) -> Vec<Piece> {
        let first = self.starts.partition_point(|(_, start)| *start <= from).saturating_sub(1);
        let mut pieces = Vec::new();
        let to = to.min(self.end);
        for (index, (message, start)) in self.starts.iter().enumerate().skip(first) {
            if *start >= to {
                break;
            }
            let end = self.starts.get(index + 1).map_or(self.end, |(_, next)| *next);
            let (a, b) = (from.max(*start), to.min(end));
            if a < b {
                pieces.push(Piece { message: *message, from: (a - start) as u32, to: (b - start) as u32 });
            }
        }
        pieces
    }
}
