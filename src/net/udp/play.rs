//! A UDP socket that follows rules: what the machine wants done, done to the socket.

use std::{net::SocketAddr, time::Instant};

use super::{
    Call, CloseReason, Context, Counters, Event, Fault, FaultKind, FileSend, Relaxed, Responder, TURN_SENDS, Turn, Udp,
    rules,
};
use crate::net::responder::{Effect, Machine, Next, exec::Finished};

/// Effects in one turn before others get theirs.
const TURN_EFFECTS: usize = 256;

impl Udp {
    /// Answers by other rules from now on. What is said on connect is said by a new socket, once it has a peer.
    pub(super) fn set_responder(&mut self, cx: &mut Context<'_>, responder: Responder, opened: bool) {
        if !rules::allowed(cx, self.tag, &responder, self.local.ip(), None) {
            return;
        }
        self.running = None;
        self.play_at = None;
        self.counters.asks.store(0, Relaxed);
        self.machine = responder.rules().map(|rules| {
            let now = Instant::now();
            let mut machine = Machine::new(rules, true, Some(self.local), now);
            if opened {
                machine.connected(None, now);
            } else {
                machine.begin(self.peer, now);
            }
            Box::new(machine)
        });
        self.responder = responder;
    }

    /// Does what the rules want done now.
    pub(super) fn play(&mut self, cx: &mut Context<'_>) -> Turn {
        for _ in 0..TURN_EFFECTS {
            // What is said while the kernel takes nothing waits in the rules, which then read no more.
            if self.queue.len() >= TURN_SENDS {
                return self.write(cx);
            }
            let Some(machine) = &mut self.machine else { return Turn::Idle };
            let next = machine.next(Instant::now());
            self.counters.asks.store(machine.asks() as u64, Relaxed);
            match next {
                Next::Do(effect) => {
                    if let gone @ Turn::Gone(..) = self.carry_out(cx, effect) {
                        return gone;
                    }
                }
                Next::At(at) => {
                    self.play_at = Some(at);
                    return self.write(cx);
                }
                Next::Idle => {
                    self.play_at = None;
                    return self.write(cx);
                }
            }
        }
        match self.write(cx) {
            Turn::Idle => Turn::Again,
            other => other,
        }
    }

    fn carry_out(&mut self, cx: &mut Context<'_>, effect: Effect) -> Turn {
        match effect {
            Effect::Send(bytes, to) => {
                let to = to.filter(|to| self.peer != Some(*to));
                self.push(bytes, to);
            }
            Effect::Others(bytes, but) => {
                let others: Vec<_> = self.heard.iter().copied().filter(|addr| Some(*addr) != but).collect();
                for addr in others {
                    self.push(bytes.clone(), Some(addr));
                }
            }
            Effect::File(path, to) => match FileSend::open(&path) {
                Ok(file) => {
                    self.end_file(cx, true);
                    let event = Event::FileStarted { size: file.size };
                    cx.out.record(self.tag, event, to.or(self.peer), path.to_string_lossy().as_bytes());
                    self.counters.file_sent.store(0, Relaxed);
                    self.counters.file_size.store(file.size, Relaxed);
                    self.file = Some((file, to));
                }
                Err(fault) => self.rule_failed(cx, Call::OpenFile, fault, &path.to_string_lossy(), to),
            },
            Effect::Load(path, split, to) => match rules::load(&path) {
                Ok(bytes) => {
                    if let Some(machine) = &mut self.machine {
                        machine.pieces(bytes, split, to);
                    }
                }
                Err(fault) => self.rule_failed(cx, Call::OpenFile, fault, &path.to_string_lossy(), to),
            },
            Effect::Close | Effect::Reset => {
                // What was said before leaves before.
                return self.close(cx, CloseReason::Rule);
            }
            // UDP has no directions to end and no clients to accept.
            Effect::HalfClose | Effect::NextClient => {}
            Effect::Asked(peer) => cx.out.record(self.tag, Event::Asked, peer.or(self.peer), b""),
            Effect::Run(line, commands, to) => match rules::start(&line, &commands, cx.teller(self.tag)) {
                Ok(running) => self.running = Some((line, to, running)),
                Err(fault) => {
                    self.rule_failed(cx, Call::Command, fault, &line, to);
                    if let Some(machine) = &mut self.machine {
                        machine.ran(rules::not_run(&line), to);
                    }
                }
            },
            Effect::Failed(call, kind, detail, to) => self.rule_failed(cx, call, Fault::of(kind), &detail, to),
            Effect::Limited(per_second) => cx.out.record(self.tag, Event::Limited { per_second }, self.peer, b""),
        }
        Turn::Idle
    }

    /// A person typed a line.
    pub(super) fn line(&mut self, cx: &mut Context<'_>, line: String) {
        match &mut self.machine {
            Some(machine) => machine.line(line),
            None => cx.fail(self.tag, Call::Rule, Fault::of(FaultKind::Invalid), self.peer),
        }
    }

    /// A person sends something by hand: without an address it answers the oldest message that asks.
    pub(super) fn answered(&mut self, to: Option<SocketAddr>) -> Option<SocketAddr> {
        let Some(machine) = &mut self.machine else { return to };
        let asker = machine.answered();
        self.counters.asks.store(machine.asks() as u64, Relaxed);
        to.or(asker)
    }

    /// The program that a rule ran has ended.
    pub(super) fn ran(&mut self, cx: &mut Context<'_>, finished: &Finished) {
        let Some((line, to, _)) = self.running.take() else { return };
        let output = rules::tell(cx, self.tag, &line, to, finished);
        if let Some(machine) = &mut self.machine {
            machine.ran(output, to);
        }
    }

    fn rule_failed(&self, cx: &mut Context<'_>, call: Call, fault: Fault, detail: &str, to: Option<SocketAddr>) {
        // A peer may cause one with every datagram.
        if cx.out.has_room() {
            cx.out.record(self.tag, Event::Failed { call, fault }, to.or(self.peer), detail.as_bytes());
        } else {
            Counters::add(&self.counters.rows_not_shown, 1);
        }
    }
}
