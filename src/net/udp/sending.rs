//! What a UDP socket sends beside single messages: a file, one message again and again, and to hosts by their names.

use std::{io::ErrorKind, net::SocketAddr, sync::atomic::Ordering::Relaxed, time::Instant};

use super::{NAMES, Name, TURN_SENDS, Udp};
use crate::{
    journal::{Call, Event, Fault, FaultKind},
    net::{
        counters::Counters,
        options::Endpoint,
        resolve,
        worker::{Context, Turn},
    },
};

/// A file leaves in datagrams of this size, which crosses every usual link in one piece.
const FILE_DATAGRAM: usize = 1_400;

impl Udp {
    pub(super) fn send_file(&mut self, cx: &mut Context<'_>) -> Turn {
        for _ in 0..TURN_SENDS {
            if self.file.as_ref().is_none_or(|(file, _)| file.is_paused()) || !self.pace.may_send(Instant::now) {
                return Turn::Idle;
            }
            let Some((file, to)) = &mut self.file else { return Turn::Idle };
            let to = *to;
            let chunk = match file.next(FILE_DATAGRAM) {
                Ok([]) => {
                    self.end_file(cx, false);
                    return Turn::Idle;
                }
                Ok(chunk) => chunk.to_vec(),
                Err(error) => {
                    let event = Event::Failed { call: Call::ReadFile, fault: error.into() };
                    cx.out.record(self.tag, event, to, file.path.to_string_lossy().as_bytes());
                    self.end_file(cx, true);
                    return Turn::Idle;
                }
            };
            let (result, call, addr) = self.send(&chunk, to);
            match result {
                Ok(count) => {
                    Counters::add(&self.counters.bytes_out, count);
                    Counters::add(&self.counters.messages_out, 1);
                    if let Some((file, _)) = &mut self.file {
                        file.took(count, &self.counters);
                    }
                    self.pace.has_sent(Instant::now);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Idle,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    if !self.take_errors(cx) {
                        self.refused(cx, call, error, addr);
                        self.end_file(cx, true);
                    }
                }
            }
        }
        Turn::Again
    }

    pub(super) fn end_file(&mut self, cx: &mut Context<'_>, cancelled: bool) {
        self.counters.file_ended();
        if let Some((file, to)) = self.file.take() {
            let event = Event::FileEnded { sent: file.sent, cancelled };
            cx.out.record(self.tag, event, to.or(self.peer), file.path.to_string_lossy().as_bytes());
        }
    }

    pub(super) fn repeat_now(&mut self, cx: &mut Context<'_>) -> Turn {
        let now = Instant::now();
        for _ in 0..TURN_SENDS {
            let Some(repeat) = &mut self.repeat else { return Turn::Idle };
            if !self.queue.is_empty() {
                return Turn::Idle;
            }
            if repeat.is_done() {
                self.stop_repeating(cx, false);
                return Turn::Idle;
            }
            let Some(message) = repeat.take(now, &self.counters) else { return Turn::Idle };
            // Datagrams are not framed.
            let Ok(message) = message else { return Turn::Idle };
            let to = repeat.plan.to;
            self.push(message, to);
            match self.write(cx) {
                Turn::Idle => {}
                other => return other,
            }
        }
        Turn::Again
    }

    pub(super) fn stop_repeating(&mut self, cx: &mut Context<'_>, stopped: bool) {
        if let Some(repeat) = self.repeat.take() {
            self.counters.repeating.store(false, Relaxed);
            let event = Event::RepeatEnded { sent: repeat.sent, stopped };
            cx.out.record(self.tag, event, repeat.plan.to.or(self.peer), b"");
        }
    }

    pub(super) fn send_to_name(&mut self, cx: &mut Context<'_>, bytes: Vec<u8>, to: Endpoint) {
        if let Some(addr) = resolve::literal(&to) {
            self.queue.push_back((bytes, Some(addr)));
            return;
        }
        if let Some(name) = self.names.iter_mut().find(|name| name.endpoint == to) {
            match name.addr {
                Some(addr) => self.queue.push_back((bytes, Some(addr))),
                None if name.waiting.len() < NAMES => name.waiting.push(bytes),
                None => self.refuse(cx, Call::SendTo, FaultKind::QueueFull, bytes.len()),
            }
            return;
        }
        if self.names.len() >= NAMES {
            // The oldest that nobody waits for is looked up again when it is needed.
            match self.names.iter().position(|name| name.waiting.is_empty()) {
                Some(index) => drop(self.names.remove(index)),
                None => return self.refuse(cx, Call::Resolve, FaultKind::QueueFull, bytes.len()),
            }
        }
        match cx.resolve(self.tag, &to, self.family()) {
            Ok(()) => self.names.push(Name { endpoint: to, addr: None, waiting: vec![bytes] }),
            Err(fault) => self.refuse(cx, Call::Resolve, fault.kind, bytes.len()),
        }
    }

    /// Tells that a datagram is not sent.
    pub(super) fn refuse(&mut self, cx: &mut Context<'_>, call: Call, kind: FaultKind, len: usize) {
        self.counters.waiting.fetch_sub(len as u64, Relaxed);
        cx.fail(self.tag, call, Fault::of(kind), None);
    }

    pub(super) fn resolved(
        &mut self,
        cx: &mut Context<'_>,
        endpoint: &Endpoint,
        answer: Result<Vec<SocketAddr>, Fault>,
    ) {
        let Some(index) = self.names.iter().position(|name| name.endpoint == *endpoint) else { return };
        match answer.and_then(|addrs| addrs.first().copied().ok_or(Fault::of(FaultKind::NoName))) {
            Ok(addr) => {
                if std::mem::take(&mut self.connecting) {
                    self.connect(cx, addr);
                }
                if let Some(name) = self.names.get_mut(index) {
                    name.addr = Some(addr);
                    let waiting = std::mem::take(&mut name.waiting);
                    self.queue.extend(waiting.into_iter().map(|bytes| (bytes, Some(addr))));
                }
            }
            Err(fault) => {
                self.connecting = false;
                let name = self.names.swap_remove(index);
                let lost: usize = name.waiting.iter().map(Vec::len).sum();
                self.counters.waiting.fetch_sub(lost as u64, Relaxed);
                let event = Event::Failed { call: Call::Resolve, fault };
                cx.out.record(self.tag, event, None, endpoint.host.as_bytes());
            }
        }
    }
}
