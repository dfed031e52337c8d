//! What all subcommands share, made usable: the encoding found, the addresses parsed, the times on one clock.

use std::{path::PathBuf, time::Duration};

use rust_i18n::t;

use super::{
    Refusal,
    arguments::{Common, Frames},
};
use crate::{
    framing::{Framing, LIMIT},
    net::{Endpoint, SocketSpec},
    text::{Charset, Composition, Mode},
    transfer::Way,
    words::{self, Lang},
};

/// What a session needs to know beside its socket.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Options {
    pub lang: Lang,
    /// How a line becomes a message.
    pub composition: Composition,
    /// How a message is marked before it is sent (TCP).
    pub frame_send: Framing,
    /// Where messages end in what is received (TCP).
    pub frame_recv: Framing,
    /// The longest of those, in bytes.
    pub frame_limit: usize,
    /// The encoding in which received bytes are shown.
    pub reading: Charset,
    /// Whether the user named an encoding.
    pub encoding_given: bool,
    /// Its name, where they typed another one.
    pub encoding_name: Option<&'static str>,
    /// Bytes for one `recv`, where the user said so.
    recv_bytes: Option<usize>,
    /// The wait before each `recv` and the one between two `send`s, where the user said so.
    read_delay: Option<Duration>,
    send_gap: Option<Duration>,
    /// Every record as a line on standard output, instead of the text.
    pub json: bool,
    /// Nothing on standard error but what went wrong.
    pub quiet: bool,
    /// End after this time.
    pub limit: Option<Duration>,
    /// End after so many received messages.
    pub count: Option<u64>,
    /// How long the other end may be silent once one direction has ended.
    pub wait: Duration,
    /// Where a capture of it all is saved at the end.
    pub pcap: Option<PathBuf>,
    /// Whether a ladder of it all is told at the end.
    pub ladder: bool,
}

/// An option that is there for another way of sending files.
pub(super) fn without_effect(lang: Lang, option: &str, way: Way) -> Refusal {
    Refusal(t!("transfer.cli.without_effect", locale = lang.tag(), option = option, way = way.name()).into_owned())
}

impl Options {
    pub fn new(typed: &Common, lang: Lang) -> Result<Self, Refusal> {
        let given = typed.encoding.as_deref().map(|name| charset(name, lang)).transpose()?;
        let charset = given.unwrap_or(Charset::UTF_8);
        Ok(Self {
            lang,
            reading: charset,
            encoding_given: given.is_some(),
            encoding_name: given
                .map(Charset::name)
                .filter(|name| typed.encoding.as_deref().is_some_and(|typed| !typed.trim().eq_ignore_ascii_case(name))),
            composition: Composition {
                mode: if typed.hex { Mode::Hex } else { Mode::Text },
                charset,
                unmappable: typed.unmappable,
                ending: typed.ending,
                escapes: typed.escapes,
            },
            frame_send: Framing::None,
            frame_recv: Framing::None,
            frame_limit: LIMIT,
            recv_bytes: typed.recv,
            read_delay: typed.read_delay,
            send_gap: typed.send_gap,
            json: typed.json,
            quiet: typed.quiet,
            limit: typed.limit,
            count: typed.count,
            wait: typed.wait,
            pcap: typed.pcap.clone(),
            ladder: typed.ladder,
        })
    }

    /// With the framings of a stream.
    pub fn framed(self, typed: &Frames, lang: Lang) -> Result<Self, Refusal> {
        let framing = |spec: &Option<String>| match spec {
            Some(spec) => spec.parse().map_err(|error| Refusal(words::framing_spec_error(lang, &error))),
            None => Ok(Framing::None),
        };
        let (frame_send, frame_recv) = (framing(&typed.frame_send)?, framing(&typed.frame_recv)?);
        Ok(Self { frame_send, frame_recv, frame_limit: typed.frame_limit.unwrap_or(LIMIT), ..self })
    }
}

impl Options {
    /// Gives a socket what was said of its calls: bytes for one, and what lies between them.
    pub fn tune(&self, spec: &mut SocketSpec) {
        let (recv_bytes, read_delay, send_gap) = match spec {
            SocketSpec::TcpServer(spec) => (&mut spec.recv_bytes, &mut spec.read_delay, &mut spec.send_gap),
            SocketSpec::TcpClient(spec) => (&mut spec.recv_bytes, &mut spec.read_delay, &mut spec.send_gap),
            SocketSpec::Udp(spec) => (&mut spec.recv_bytes, &mut spec.read_delay, &mut spec.send_gap),
        };
        *recv_bytes = self.recv_bytes.unwrap_or(*recv_bytes);
        *read_delay = self.read_delay.unwrap_or(*read_delay);
        *send_gap = self.send_gap.unwrap_or(*send_gap);
    }
}

fn charset(name: &str, lang: Lang) -> Result<Charset, Refusal> {
    Charset::for_label(name).ok_or_else(|| {
        let (tag, near) = (lang.tag(), Charset::suggestions(name).join(", "));
        Refusal(if near.is_empty() {
            t!("cli.encoding_unknown", locale = tag, name = format!("{name:?}")).into_owned()
        } else {
            t!("cli.encoding_near", locale = tag, name = format!("{name:?}"), near = near).into_owned()
        })
    })
}

/// An address to connect or send to. A port alone is one of this computer's, as it is when binding.
pub(super) fn endpoint(text: &str, lang: Lang) -> Result<Endpoint, Refusal> {
    let port = text.trim();
    let whole = if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) {
        format!("127.0.0.1:{port}")
    } else {
        text.to_owned()
    };
    whole.parse().map_err(|error| Refusal(words::address_error(lang, &error)))
}
