//! A connection that follows rules: what the machine wants done, done to the socket.

use std::time::Instant;

use super::{
    Call, CloseReason, Context, Event, Fault, FaultKind, FileSend, Item, REPLY_BYTES, Relaxed, Responder, Stream, Turn,
    rules,
};
use crate::net::{
    options::Command,
    responder::{Effect, Machine, Next, exec::Finished},
};

/// Effects in one turn before others get theirs.
const TURN_EFFECTS: usize = 256;

impl Stream {
    /// Answers by other rules from now on. Those of a new connection begin with what is said on connect.
    pub(super) fn set_responder(&mut self, cx: &mut Context<'_>, responder: Responder, connected: bool) {
        let local = self.socket.local_addr().ok();
        let ip = local.unwrap_or(self.peer).ip();
        if !rules::allowed(cx, self.tag, &responder, ip, Some(self.peer)) {
            // A new connection of a server that may not have them gets no answers rather than the wrong ones.
            if connected {
                self.settings.responder = Responder::None;
            }
            return;
        }
        self.running = None;
        self.play_at = None;
        self.counters.asks.store(0, Relaxed);
        self.machine = responder.rules().map(|rules| {
            let now = Instant::now();
            let mut machine = Machine::new(rules, false, local, now);
            if connected {
                machine.connected(Some(self.peer), now);
            } else {
                machine.begin(Some(self.peer), now);
            }
            if machine.cuts() && self.socket.set_nodelay(true).is_ok() {
                // Pieces that the kernel would put together again are no pieces.
                cx.out.record(self.tag, Event::OptionSet, Some(self.peer), b"TCP_NODELAY=1");
            }
            Box::new(machine)
        });
        self.settings.responder = responder;
    }

    /// Does what the rules want done now.
    pub(super) fn play(&mut self, cx: &mut Context<'_>) -> Turn {
        for _ in 0..TURN_EFFECTS {
            if self.machine.is_none() || self.queue.is_closing() || self.broken.is_some() {
                // A moment of the rules that is past would wake the worker again and again.
                self.play_at = None;
                return Turn::Idle;
            }
            // What is said while nothing is taken waits in the rules, which then read no more.
            if self.counters.waiting.load(Relaxed) > REPLY_BYTES {
                return Turn::Idle;
            }
            let Some(machine) = &mut self.machine else { return Turn::Idle };
            let next = machine.next(Instant::now());
            self.counters.asks.store(machine.asks() as u64, Relaxed);
            let turn = match next {
                Next::Do(effect) => self.carry_out(cx, effect),
                Next::At(at) => {
                    self.play_at = Some(at);
                    return self.follow(cx);
                }
                Next::Idle => {
                    self.play_at = None;
                    return self.follow(cx);
                }
            };
            if turn != Turn::Idle {
                return turn;
            }
        }
        Turn::Again
    }

    /// The peer has ended and nothing is left to say: a socket that is to close then closes.
    pub(super) fn follow(&mut self, cx: &mut Context<'_>) -> Turn {
        let done = self.machine.as_ref().is_none_or(|machine| machine.is_idle()) && self.running.is_none();
        if self.read_ended && self.settings.close_on_end && done && !self.queue.is_closing() {
            self.stop_repeating(cx, true);
            self.queue.items.push_back(Item::Close(CloseReason::PeerEnded));
            return self.write(cx);
        }
        Turn::Idle
    }

    fn carry_out(&mut self, cx: &mut Context<'_>, effect: Effect) -> Turn {
        match effect {
            Effect::Send(bytes, _) => {
                if self.has_said_all() {
                    self.refuse(cx);
                    return Turn::Idle;
                }
                self.queue.push_own(&self.counters, bytes);
            }
            Effect::Others(bytes, _) => {
                for id in cx.shared.others(self.tag.id) {
                    // One that has just closed needs no word; one that does not read is told of.
                    let command = Command::Send { bytes: bytes.clone(), to: None };
                    if let Err(error) = cx.shared.command(id, command)
                        && error != crate::net::CommandError::NotOpen(id)
                    {
                        cx.fail(self.tag, Call::Rule, Fault::of(FaultKind::QueueFull), None);
                    }
                }
                return Turn::Idle;
            }
            Effect::File(..) if self.has_said_all() => {
                self.refuse(cx);
                return Turn::Idle;
            }
            Effect::File(path, _) => match FileSend::open(&path) {
                Ok(file) => self.queue.items.push_back(Item::File(file)),
                Err(fault) => self.file_failed(cx, &path, fault),
            },
            Effect::Load(path, split, to) => match rules::load(&path) {
                Ok(bytes) => {
                    if let Some(machine) = &mut self.machine {
                        machine.pieces(bytes, split, to);
                    }
                }
                Err(fault) => self.file_failed(cx, &path, fault),
            },
            Effect::HalfClose => {
                self.stop_repeating(cx, true);
                self.queue.push_shutdown();
            }
            Effect::Close => self.queue.items.push_back(Item::Close(CloseReason::Rule)),
            Effect::Reset => self.queue.items.push_back(Item::Abort),
            Effect::NextClient => {
                self.left = true;
                if let Some(listener) = self.listener {
                    cx.left.push((listener, self.tag.id));
                }
                return Turn::Idle;
            }
            Effect::Asked(peer) => {
                cx.out.record(self.tag, Event::Asked, peer.or(Some(self.peer)), b"");
                return Turn::Idle;
            }
            Effect::Run(line, commands, _) => {
                match rules::start(&line, &commands, cx.teller(self.tag)) {
                    Ok(running) => self.running = Some((line, running)),
                    Err(fault) => {
                        let event = Event::Failed { call: Call::Command, fault };
                        cx.out.record(self.tag, event, Some(self.peer), line.as_bytes());
                        if let Some(machine) = &mut self.machine {
                            machine.ran(rules::not_run(&line), Some(self.peer));
                        }
                    }
                }
                return Turn::Idle;
            }
            Effect::Failed(call, kind, detail, _) => {
                let event = Event::Failed { call, fault: Fault::of(kind) };
                cx.out.record(self.tag, event, Some(self.peer), detail.as_bytes());
                return Turn::Idle;
            }
            Effect::Limited(per_second) => {
                cx.out.record(self.tag, Event::Limited { per_second }, Some(self.peer), b"");
                return Turn::Idle;
            }
        }
        self.write(cx)
    }

    /// A person typed a line.
    pub(super) fn line(&mut self, cx: &mut Context<'_>, line: String) {
        match &mut self.machine {
            Some(machine) => machine.line(line),
            None => cx.fail(self.tag, Call::Rule, Fault::of(FaultKind::Invalid), Some(self.peer)),
        }
    }

    /// A person sent something by hand: it answers the oldest message that asks.
    pub(super) fn answered(&mut self) {
        if let Some(machine) = &mut self.machine {
            machine.answered();
            self.counters.asks.store(machine.asks() as u64, Relaxed);
        }
    }

    /// The program that a rule ran has ended.
    pub(super) fn ran(&mut self, cx: &mut Context<'_>, finished: &Finished) {
        let Some((line, _)) = self.running.take() else { return };
        let output = rules::tell(cx, self.tag, &line, Some(self.peer), finished);
        if let Some(machine) = &mut self.machine {
            machine.ran(output, Some(self.peer));
        }
    }

    fn file_failed(&self, cx: &mut Context<'_>, path: &std::path::Path, fault: Fault) {
        let event = Event::Failed { call: Call::OpenFile, fault };
        cx.out.record(self.tag, event, Some(self.peer), path.to_string_lossy().as_bytes());
    }
}
