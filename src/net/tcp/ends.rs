//! How a connection comes to its end, or one direction of it: half-closed, closed, reset, lost.

use std::{net::Shutdown, time::Duration};

use socket2::SockRef;

use super::{Call, CloseReason, Context, Event, Fault, FaultKind, Relaxed, Responder, Stream, Turn};

impl Stream {
    /// A `send` failed for good. What the peer said before it went away is still there to be read; answers go nowhere.
    pub(super) fn breaks(&mut self, error: std::io::Error) -> Turn {
        self.settings.responder = Responder::None;
        self.machine = None;
        self.settings.close_on_end = false;
        self.broken = Some(error.into());
        Turn::Again
    }

    /// Whether nothing more can be sent behind what is queued: this direction has ended, or will with the queue.
    pub(super) fn has_said_all(&self) -> bool {
        self.write_ended || self.queue.is_shutting()
    }

    /// Tells that something is not sent because this direction has ended.
    pub(super) fn refuse(&self, cx: &mut Context<'_>) {
        cx.fail(self.tag, Call::Send, Fault::of(FaultKind::HalfClosed), Some(self.peer));
    }

    /// The connection was lost between two calls, which the socket's pending error tells of. An RST that comes once the
    /// peer has sent FIN is EPIPE there (Linux): it is the answer to what was sent since, which no program takes.
    pub(super) fn lost(&mut self, cx: &mut Context<'_>, error: std::io::Error) -> Turn {
        let fault = Fault::from(error);
        if fault.kind == FaultKind::BrokenPipe {
            return self.break_off(cx, Call::Send, Fault { kind: FaultKind::Reset, ..fault });
        }
        self.break_off(cx, Call::Recv, fault)
    }

    pub(super) fn shut_down(&mut self, cx: &mut Context<'_>) -> Turn {
        match self.socket.shutdown(Shutdown::Write) {
            Ok(()) => {
                self.write_ended = true;
                cx.out.record(self.tag, Event::HalfClosed, Some(self.peer), b"");
                if self.read_ended { self.close(cx, CloseReason::BothEnded) } else { Turn::Idle }
            }
            Err(error) => {
                // After a reset there is nothing left to shut down (ENOTCONN); the reset is the news.
                match self.socket.take_error() {
                    Ok(Some(reset)) => self.lost(cx, reset),
                    _ => self.break_off(cx, Call::Shutdown, error.into()),
                }
            }
        }
    }

    /// A call failed for good.
    pub(super) fn break_off(&mut self, cx: &mut Context<'_>, call: Call, fault: Fault) -> Turn {
        cx.fail(self.tag, call, fault, Some(self.peer));
        self.close(cx, CloseReason::Failure)
    }

    pub(super) fn close(&mut self, cx: &mut Context<'_>, why: CloseReason) -> Turn {
        self.stop_repeating(cx, true);
        while self.end_file(cx, true) {}
        self.running = None;
        self.counters.asks.store(0, Relaxed);
        let unsent = self.queue.drain_unsent(&self.counters);
        self.counters.paused.store(false, Relaxed);
        Turn::Gone(Event::Closed { why, unsent }, Some(self.peer))
    }

    pub(super) fn abort(&mut self, cx: &mut Context<'_>) -> Turn {
        self.stop_repeating(cx, true);
        while self.end_file(cx, true) {}
        self.running = None;
        self.counters.asks.store(0, Relaxed);
        let unsent = self.queue.drain_unsent(&self.counters);
        if let Err(error) = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)) {
            cx.fail(self.tag, Call::SetOption, error, Some(self.peer));
        }
        Turn::Gone(Event::Aborted { unsent }, Some(self.peer))
    }
}
