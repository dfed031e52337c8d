//! Real sockets.
//!
//! ```text
//! socket → worker thread → Batch → bounded channel → whoever drains the engine (window, command line, test)
//! Command → channel + mio::Waker → worker thread → socket
//! ```
//!
//! - [`Engine`]: opens sockets, routes verbs to them, hands batches out. [`options`]: what can be asked for.
//! - `worker`: the one kind of thread; `tcp` and `udp` are what it does for one socket.
//! - [`responder`]: what is answered. [`interfaces`]: this computer's addresses. `sys`: what each system does apart.

mod counters;
mod engine;
pub mod interfaces;
pub mod options;
mod outbox;
mod pace;
mod queue;
mod resolve;
pub mod responder;
mod rules;
mod sys;
mod tcp;
mod udp;
mod worker;

pub(crate) use self::sys::{look_up, room_for_any_datagram, set_receive_low_water};
pub use self::{
    counters::{Counters, Totals},
    engine::{CommandError, Engine, Wake},
    options::{
        Command, Endpoint, Family, Part, Reach, Repeat, ServerModel, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec,
    },
    responder::Responder,
};
