//! Records in scenario files, in the journal's own words.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::SocketAddr;

use serde::Deserialize;
use twocan::{
    journal::{Call, CloseReason, Event, Fault, FaultKind, SocketId},
    text::hex,
};

/// A record, in the journal's own words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    pub socket: u32,
    #[serde(default)]
    pub generation: u16,
    pub event: String,
    pub peer: Option<SocketAddr>,
    pub text: Option<String>,
    pub hex: Option<String>,
    detail: Option<String>,
    #[serde(default)]
    took: u64,
    #[serde(default)]
    backlog: u32,
    #[serde(default)]
    connection: u32,
    #[serde(default)]
    listener: u32,
    call: Option<String>,
    fault: Option<FaultKind>,
    #[serde(default)]
    errno: i32,
    why: Option<String>,
    #[serde(default)]
    unsent: u32,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    sent: u64,
    #[serde(default)]
    cancelled: bool,
    /// The true length of a datagram that was cut; the bytes handed to a send that took fewer.
    full: Option<u32>,
    /// When, in microseconds; one after the last record's where it is not said.
    pub at: Option<u64>,
}

impl Told {
    /// Its payload or detail.
    pub fn bytes(&self) -> Vec<u8> {
        match (&self.text, &self.hex, &self.detail) {
            (Some(text), None, None) | (None, None, Some(text)) => text.clone().into(),
            (None, Some(digits), None) => hex::parse(digits).unwrap(),
            (None, None, None) => Vec::new(),
            _ => panic!("a record carries one of text, hex and detail"),
        }
    }

    /// What it says, with so many bytes.
    pub fn event(&self, len: usize) -> Event {
        let event = match self.event.as_str() {
            "resolving" => Event::Resolving,
            "bound" => Event::Bound,
            "listening" => Event::Listening { backlog: self.backlog },
            "connecting" => Event::Connecting,
            "connected" => Event::Connected { took: self.took },
            "accepted" => Event::Accepted { connection: SocketId(self.connection) },
            "opened" => Event::Opened { listener: SocketId(self.listener) },
            "sent" => Event::Sent { asked: self.full.unwrap_or(len as u32) },
            "received" => Event::Received { full: self.full.unwrap_or(len as u32) },
            "peer-ended" => Event::PeerEnded,
            "half-closed" => Event::HalfClosed,
            "closed" => {
                let why = CloseReason::ALL.into_iter().find(|why| Some(why.word()) == self.why.as_deref());
                Event::Closed { why: why.expect("why it was closed"), unsent: self.unsent }
            }
            "aborted" => Event::Aborted { unsent: self.unsent },
            "failed" => {
                let call = Call::ALL.into_iter().find(|call| Some(call.name()) == self.call.as_deref());
                let fault = Fault { kind: self.fault.expect("the fault"), errno: self.errno };
                Event::Failed { call: call.expect("the call that failed"), fault }
            }
            "file-started" => Event::FileStarted { size: self.size },
            "file-paused" => Event::FilePaused { sent: self.sent },
            "file-resumed" => Event::FileResumed { sent: self.sent },
            "file-ended" => Event::FileEnded { sent: self.sent, cancelled: self.cancelled },
            "repeat-ended" => Event::RepeatEnded { sent: self.sent, stopped: self.cancelled },
            "option-set" => Event::OptionSet,
            "asked" => Event::Asked,
            other => panic!("no event is called {other}"),
        };
        assert_eq!(event.word(), self.event);
        event
    }
}
