//! `twocan tour`: what the program is about, done on this computer with real sockets and explained in a line each.
//!
//! It is also the program's own check that the system does what the lessons say: each step compares bytes, and the
//! exit code is 1 if one did not happen. Only loopback is used, with ports that the system chooses.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use rust_i18n::t;
use serde::Serialize;

use super::{Exit, notes, printed};
use crate::{
    journal::{Call, Event, Failure, Fault, FaultKind, Kind, SocketId, record::duration},
    net::{Command, Endpoint, Engine, Responder, ServerModel, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec},
    text::{Charset, Unmappable},
    words::{self, Lang, number},
};

/// How long a step may take. On loopback everything takes less than a millisecond.
const LIMIT: Duration = Duration::from_secs(5);
/// Ports that are tried until one is still free when it is asked for.
const FREE_PORTS: usize = 3;
/// The longest UDP datagram over IPv4: 65 535 less 20 bytes of IP header and 8 of UDP's.
const LONGEST_DATAGRAM: usize = 65_507;

/// Runs all steps and tells each as it is done. The exit code is 1 if one of them did not do what it says.
pub(super) fn run(lang: Lang, json: bool) -> Exit {
    let mut stage = Stage::new(lang);
    let steps: [(&'static str, Work); 8] = [
        ("tcp-echo", tcp_echo),
        ("three-sends", three_sends),
        ("gbk", gbk),
        ("half-close", half_close),
        ("refused", refused),
        ("udp-empty", udp_empty),
        ("udp-largest", udp_largest),
        ("udp-too-long", udp_too_long),
    ];
    let tag = lang.tag();
    if !json {
        tell(&t!("tour.title", locale = tag));
    }
    let (total, mut failed) = (steps.len(), 0);
    for (name, step) in steps {
        let (ok, text) = match step(&mut stage) {
            Some(text) => (true, text),
            None => (false, stage.what_went_wrong()),
        };
        failed += usize::from(!ok);
        if json {
            let line = Told { step: name, ok, text: &text };
            tell(&serde_json::to_string(&line).unwrap_or_default());
        } else if ok {
            tell(&format!("✓ {text}"));
        } else {
            tell(&format!("✗ {}", t!("tour.step_failed", locale = tag, step = name, why = text)));
        }
    }
    if failed == 0 {
        if !json {
            tell(&t!("tour.done", locale = tag, count = total));
        }
        return Exit::Done;
    }
    notes::warn(&t!("tour.failed", locale = tag, count = failed, total = total));
    Exit::Network
}

/// A line on standard output; nobody may be reading it.
fn tell(line: &str) {
    printed::line(line);
}

#[derive(Serialize)]
struct Told<'t> {
    step: &'static str,
    ok: bool,
    text: &'t str,
}

/// A step of the tour.
type Work = fn(&mut Stage) -> Done;

/// What a step tells when it did what it says; `None` if it did not.
type Done = Option<String>;

/// A record, kept.
struct Seen {
    socket: SocketId,
    event: Event,
    peer: Option<SocketAddr>,
    bytes: Vec<u8>,
}

struct Stage {
    lang: Lang,
    engine: Engine,
    seen: Vec<Seen>,
    /// The client of the echo server, for the steps that need one.
    echo: Option<SocketId>,
}

impl Stage {
    fn new(lang: Lang) -> Self {
        Self { lang, engine: Engine::new(Arc::new(())), seen: Vec::new(), echo: None }
    }

    /// Waits until a record answers the question.
    fn until<T>(&mut self, answer: impl Fn(&Seen) -> Option<T>) -> Option<T> {
        self.until_all(|seen| seen.iter().find_map(&answer))
    }

    /// Waits until all records together answer the question.
    fn until_all<T>(&mut self, answer: impl Fn(&[Seen]) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(found) = answer(&self.seen) {
                return Some(found);
            }
            let batch = self.engine.batches().recv_deadline(deadline).ok()?;
            self.seen.extend(batch.records.iter().map(|record| Seen {
                socket: record.socket,
                event: record.event,
                peer: record.peer,
                bytes: batch.bytes_of(record).to_vec(),
            }));
        }
    }

    /// A listening server. One that answers closes a connection when its client ends, as does one that
    /// serves its clients one by one; the others leave it open for what is still to be said.
    fn serve(&mut self, responder: Responder, model: ServerModel) -> Option<(SocketId, SocketAddr)> {
        let close_on_end = responder != Responder::None || model == ServerModel::Sequential;
        let spec = TcpServerSpec { model, responder, close_on_end, ..TcpServerSpec::default() };
        let id = self.engine.open(&SocketSpec::TcpServer(spec));
        let address = self.until(|seen| match seen.event {
            Event::Listening { .. } if seen.socket == id => seen.address(),
            _ => None,
        })?;
        Some((id, address))
    }

    /// Connects and returns the client, its address, and how long it took.
    fn connect(&mut self, target: SocketAddr) -> Option<(SocketId, SocketAddr, Duration)> {
        let id = self.engine.open(&client_of(target));
        self.until(|seen| match seen.event {
            Event::Connected { took } if seen.socket == id => Some((id, seen.address()?, duration(took))),
            _ => None,
        })
    }

    /// The connection that a server accepted from this client. Clients of two servers may have the same port: it is all
    /// four numbers together that no other connection has (RFC 9293, 3.3.1).
    fn accepted(&mut self, server: SocketId, client: SocketAddr) -> Option<SocketId> {
        self.until(|seen| match seen.event {
            Event::Accepted { connection } if seen.socket == server && seen.peer == Some(client) => Some(connection),
            _ => None,
        })
    }

    fn bind_udp(&mut self) -> Option<(SocketId, SocketAddr)> {
        let id = self.engine.open(&SocketSpec::Udp(UdpSpec::default()));
        let address = self.until(|seen| match seen.event {
            Event::Bound if seen.socket == id => seen.address(),
            _ => None,
        })?;
        Some((id, address))
    }

    fn send(&self, id: SocketId, bytes: &[u8], to: Option<SocketAddr>) -> Option<()> {
        self.engine.command(id, Command::Send { bytes: bytes.to_vec(), to }).ok()
    }

    fn command(&self, id: SocketId, command: Command) -> Option<()> {
        self.engine.command(id, command).ok()
    }

    /// Everything that a connection received from the record `from` on, once it is `len` bytes, and in how many reads.
    fn received(&mut self, id: SocketId, from: usize, len: usize) -> Option<(Vec<u8>, usize)> {
        self.until_all(|seen| {
            let reads = seen.iter().skip(from).filter(|seen| seen.is_received_by(id));
            let (bytes, count) =
                reads.fold((Vec::new(), 0), |(bytes, count), seen| ([bytes, seen.bytes.clone()].concat(), count + 1));
            (bytes.len() >= len).then_some((bytes, count))
        })
    }

    /// The datagram that a socket received, and from whom.
    fn datagram(&mut self, id: SocketId, from: usize) -> Option<(Vec<u8>, SocketAddr)> {
        self.until_all(|seen| {
            let seen = seen.iter().skip(from).find(|seen| seen.is_received_by(id))?;
            Some((seen.bytes.clone(), seen.peer?))
        })
    }

    /// The sentence of the last failed call, or that nothing happened.
    fn what_went_wrong(&self) -> String {
        let failure = self.seen.iter().rev().find_map(|seen| match seen.event {
            Event::Failed { call, fault } => Some(Failure {
                call,
                fault,
                addr: seen.peer,
                detail: String::from_utf8_lossy(&seen.bytes).into_owned(),
                at: 0,
            }),
            _ => None,
        });
        match failure {
            Some(failure) => words::failure(self.lang, &failure, Kind::TcpConnection),
            None => t!("tour.nothing_happened", locale = self.lang.tag(), time = number::duration(LIMIT)).into_owned(),
        }
    }
}

impl Seen {
    fn address(&self) -> Option<SocketAddr> {
        std::str::from_utf8(&self.bytes).ok()?.parse().ok()
    }

    fn is_received_by(&self, id: SocketId) -> bool {
        self.socket == id && matches!(self.event, Event::Received { .. })
    }
}

fn client_of(target: SocketAddr) -> SocketSpec {
    SocketSpec::TcpClient(TcpClientSpec {
        target: Endpoint::from(target),
        connect_timeout: LIMIT,
        ..Default::default()
    })
}

fn tcp_echo(stage: &mut Stage) -> Done {
    let (_, address) = stage.serve(Responder::Echo, ServerModel::Threads)?;
    let (client, local, took) = stage.connect(address)?;
    stage.echo = Some(client);
    let from = stage.seen.len();
    let hello = b"hello";
    stage.send(client, hello, None)?;
    let (back, _) = stage.received(client, from, hello.len())?;
    (back == hello).then(|| {
        t!(
            "tour.tcp_echo",
            locale = stage.lang.tag(),
            server = address,
            client = local,
            time = number::duration(took),
            bytes = hello.len()
        )
        .into_owned()
    })
}

fn three_sends(stage: &mut Stage) -> Done {
    // A server that is busy with another client reads late, so that what was sent meanwhile has come together.
    let (server, address) = stage.serve(Responder::None, ServerModel::Sequential)?;
    let (other, other_local, _) = stage.connect(address)?;
    stage.accepted(server, other_local)?;
    let (client, local, _) = stage.connect(address)?;
    let from = stage.seen.len();
    let messages: [&[u8]; 3] = ["你好".as_bytes(), "世界".as_bytes(), b"hello"];
    for message in messages {
        stage.send(client, message, None)?;
    }
    let is_sent = |seen: &&Seen| seen.socket == client && matches!(seen.event, Event::Sent { .. });
    stage.until_all(|seen| (seen.iter().filter(is_sent).count() == messages.len()).then_some(()))?;
    stage.command(other, Command::Close)?;
    let connection = stage.accepted(server, local)?;
    let all = messages.concat();
    let (arrived, reads) = stage.received(connection, from, all.len())?;
    stage.command(client, Command::Close)?;
    stage.command(server, Command::Close)?;
    let sizes = messages.map(|message| message.len().to_string()).join(" + ");
    (arrived == all)
        .then(|| t!("tour.three_sends", locale = stage.lang.tag(), sizes = sizes, count = reads).into_owned())
}

fn gbk(stage: &mut Stage) -> Done {
    let client = stage.echo?;
    let gbk = Charset::for_label("GBK")?;
    let text = "你好";
    let bytes = gbk.encode(text, Unmappable::Refuse).ok()?;
    let from = stage.seen.len();
    stage.send(client, &bytes, None)?;
    let (back, _) = stage.received(client, from, bytes.len())?;
    let hex = bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    let wrong = Charset::UTF_8.decode(&back);
    (hex == "C4 E3 BA C3" && back == bytes && gbk.decode(&back) == text && wrong != text)
        .then(|| t!("tour.gbk", locale = stage.lang.tag(), hex = hex, wrong = wrong).into_owned())
}

fn half_close(stage: &mut Stage) -> Done {
    let (server, address) = stage.serve(Responder::None, ServerModel::Threads)?;
    let (client, local, _) = stage.connect(address)?;
    let connection = stage.accepted(server, local)?;
    stage.command(client, Command::HalfClose)?;
    stage.until(|seen| (seen.socket == connection && seen.event == Event::PeerEnded).then_some(()))?;
    // The client has ended its direction; the other one still carries this.
    let from = stage.seen.len();
    let answer = b"still here";
    stage.send(connection, answer, None)?;
    let (late, _) = stage.received(client, from, answer.len())?;
    stage.command(connection, Command::HalfClose)?;
    stage.until(|seen| (seen.socket == client && seen.event == Event::PeerEnded).then_some(()))?;
    stage.command(server, Command::Close)?;
    (late == answer)
        .then(|| t!("tour.half_close", locale = stage.lang.tag(), answer = String::from_utf8_lossy(&late)).into_owned())
}

fn refused(stage: &mut Stage) -> Done {
    for _ in 0..FREE_PORTS {
        // A port that was free a moment ago: one that the system chose and got back.
        let (server, address) = stage.serve(Responder::None, ServerModel::Threads)?;
        stage.command(server, Command::Close)?;
        stage.until(|seen| (seen.socket == server && matches!(seen.event, Event::Closed { .. })).then_some(()))?;
        let client = stage.engine.open(&client_of(address));
        let fault = stage.until(|seen| match seen.event {
            Event::Failed { call: Call::Connect, fault } if seen.socket == client => Some(Some(fault)),
            Event::Connected { .. } if seen.socket == client => Some(None),
            _ => None,
        })?;
        match fault {
            Some(fault) if fault.kind == FaultKind::Refused => {
                return Some(t!("tour.refused", locale = stage.lang.tag(), address = address).into_owned());
            }
            Some(_) => return None,
            // Another program has got that port meanwhile.
            None => stage.command(client, Command::Abort)?,
        }
    }
    None
}

/// Sends a datagram from one new socket to another and returns what arrived, and whether it came from there.
fn carry(stage: &mut Stage, datagram: &[u8]) -> Option<(Vec<u8>, SocketAddr)> {
    let (receiver, to) = stage.bind_udp()?;
    let (sender, local) = stage.bind_udp()?;
    let from = stage.seen.len();
    stage.send(sender, datagram, Some(to))?;
    let (arrived, peer) = stage.datagram(receiver, from)?;
    stage.command(sender, Command::Close)?;
    stage.command(receiver, Command::Close)?;
    (peer == local).then_some((arrived, peer))
}

fn udp_empty(stage: &mut Stage) -> Done {
    let (arrived, peer) = carry(stage, b"")?;
    arrived.is_empty().then(|| t!("tour.udp_empty", locale = stage.lang.tag(), peer = peer).into_owned())
}

fn udp_largest(stage: &mut Stage) -> Done {
    let datagram: Vec<u8> = (0..LONGEST_DATAGRAM).map(|i| (i % 251) as u8).collect();
    let (arrived, _) = carry(stage, &datagram)?;
    let bytes = number::grouped(arrived.len() as u64);
    (arrived == datagram).then(|| t!("tour.udp_largest", locale = stage.lang.tag(), bytes = bytes).into_owned())
}

fn udp_too_long(stage: &mut Stage) -> Done {
    let (id, address) = stage.bind_udp()?;
    let datagram = vec![0; LONGEST_DATAGRAM + 1];
    stage.send(id, &datagram, Some(address))?;
    let fault = stage.until(|seen| match seen.event {
        Event::Failed { fault, .. } if seen.socket == id => Some(fault),
        Event::Sent { .. } if seen.socket == id => Some(Fault::of(FaultKind::Other)),
        _ => None,
    })?;
    let bytes = number::grouped(datagram.len() as u64);
    (fault.kind == FaultKind::TooLong)
        .then(|| t!("tour.udp_too_long", locale = stage.lang.tag(), bytes = bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_that_of_its_server_though_a_client_of_another_one_has_the_same_port() {
        let mut stage = Stage::new(Lang::En);
        let client = SocketAddr::from(([127, 0, 0, 1], 43_200));
        for (server, connection) in [(1, 2), (3, 4)] {
            let event = Event::Accepted { connection: SocketId(connection) };
            stage.seen.push(Seen { socket: SocketId(server), event, peer: Some(client), bytes: Vec::new() });
        }
        assert_eq!(stage.accepted(SocketId(1), client), Some(SocketId(2)));
        assert_eq!(stage.accepted(SocketId(3), client), Some(SocketId(4)));
    }
}
