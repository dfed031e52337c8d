//! Python: a function for a connection, and what calls it.
//!
//! Servers come in the three shapes of [`ServerModel`]. In the event loop nothing may wait, so rules that do are given a
//! thread a client instead, and the program says so.

mod actions;
mod event_loop;
mod helpers;
mod lines;
mod text;

use self::{
    actions::{Flow, Helpers, Style, Writer},
    helpers::helpers,
    lines::{ping_pong, typed},
    text::{codec, codec_or_latin, expression, pattern, string},
};
use super::{CodeError, Language, answering, at_the_end, charset_in, counts, program::Program, repeated, seconds};
use crate::{
    framing::Framing,
    net::{
        Endpoint, ServerModel, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec,
        responder::{Lines, Rules, Then, When},
    },
};

/// The whole program.
pub(super) fn program(spec: &SocketSpec, rules: &Rules) -> Result<String, CodeError> {
    match spec {
        SocketSpec::TcpServer(server) => tcp_server(server, rules),
        SocketSpec::TcpClient(client) => tcp_client(client, rules),
        SocketSpec::Udp(udp) => udp_socket(udp, rules),
    }
}

fn writer(rules: &Rules, style: Style, recv_bytes: usize, v6: bool, shows: String) -> Writer<'_> {
    Writer {
        rules,
        style,
        recv_bytes,
        shows,
        v6,
        optional_groups: false,
        one_by_one: false,
        in_timer: false,
        typed: false,
        helpers: Helpers::default(),
        done: 0,
        left_out: Vec::new(),
    }
}

/// What shows bytes as text. Of a stream without messages a character may come in two reads.
fn shows(rules: &Rules, is_stream: bool) -> (String, Option<String>) {
    let codec = codec_or_latin(charset_in(rules));
    if is_stream && rules.framing == Framing::None {
        let decoder = format!("show = codecs.getincrementaldecoder(\"{codec}\")(\"replace\").decode");
        ("print(show(data), end=\"\", flush=True)".into(), Some(decoder))
    } else {
        (format!("print(data.decode(\"{codec}\", \"replace\"), flush=True)"), None)
    }
}

/// `if` after `elif` over `message`.
fn answers(writer: &mut Writer<'_>, program: &mut Program) {
    let mut word = "if";
    for (when, then) in answering(writer.rules) {
        let charset = charset_in(writer.rules);
        writer.optional_groups = false;
        let condition = match when {
            When::Exact(text) => format!("message == {}", pattern(text, charset)),
            When::Contains(text) => format!("{} in message", pattern(text, charset)),
            When::Starts(text) => format!("message.startswith({})", pattern(text, charset)),
            When::Ends(text) => format!("message.endswith({})", pattern(text, charset)),
            When::Empty => "not message".into(),
            When::Message(number) => format!("{} == {number}", writer.names().number),
            When::Regex(regex) => {
                let source = regex.regex().as_str();
                let Some(pattern) = expression(source) else {
                    program.line(format!(
                        "# Twocan answers to the expression {} here; Python's re has no such one.",
                        string(source)
                    ));
                    writer.left_out.push("regex");
                    continue;
                };
                program.imports.insert("re");
                writer.optional_groups = [")?", ")*", "){", "|"].iter().any(|sign| source.contains(sign));
                let found = format!("re.search({pattern}, message)");
                if regex.groups() > 0 { format!("match := {found}") } else { found }
            }
            When::Any | When::End | When::EveryMs(_) => String::new(),
        };
        if condition.is_empty() {
            if word == "if" {
                writer.actions(program, then);
            } else {
                program.block("else:", |program| {
                    writer.actions(program, then);
                });
            }
        } else {
            program.block(format!("{word} {condition}:"), |program| {
                writer.actions(program, then);
            });
            word = "elif";
        }
    }
    writer.optional_groups = false;
}

/// Actions that answer no message; to a template it is an empty one.
fn without_message(writer: &mut Writer<'_>, program: &mut Program, actions: &[Then]) -> Flow {
    let mut draft = program.draft();
    let flow = writer.actions(&mut draft, actions);
    if draft.text().contains("message") {
        program.line("message = b''");
    }
    program.append(draft);
    flow
}

/// The loop over messages.
fn message_loop(writer: &mut Writer<'_>, program: &mut Program, waits: bool) {
    let rules = writer.rules;
    let head = if rules.framing == Framing::None {
        format!("while message := sock.recv({}):", writer.recv_bytes)
    } else {
        format!("for message in {}:", if waits { "incoming" } else { "messages(sock)" })
    };
    program.block(head, |program| {
        if counts(rules) {
            program.line("number += 1");
        }
        program.line(writer.shows.replace("data", "message"));
        answers(writer, program);
    });
}

/// The body of `talk`: what is said on connect, the loop over messages, the end.
fn conversation(writer: &mut Writer<'_>, program: &mut Program, lines: Option<&Lines>, decoder: Option<&str>) {
    let rules = writer.rules;
    if let Some(decoder) = decoder {
        program.imports.insert("codecs");
        program.line(decoder);
    }
    if counts(rules) {
        program.line("number = 0");
    }
    let waits = lines.is_some_and(|lines| lines.ping_pong)
        || super::actions(rules).any(|action| matches!(action, Then::Await(_)));
    if rules.framing != Framing::None && waits {
        program.line("incoming = messages(sock)");
    }
    if rules.close_after_ms > 0 {
        program.imports.extend(["threading", "contextlib"]);
        program.line(format!("threading.Timer({}, close_later, [sock]).start()", seconds(rules.close_after_ms)));
    }
    for (index, (ms, then)) in repeated(rules).enumerate() {
        program.imports.insert("threading");
        program.imports.insert("time");
        writer.in_timer = true;
        program.block(format!("def every_{index}(message=b''):"), |program| {
            program.block("while True:", |program| {
                program.line(format!("time.sleep({})", seconds(ms)));
                program.block("try:", |program| {
                    writer.actions(program, then);
                });
                program.line("except OSError:\n    return  # closed");
            });
        });
        writer.in_timer = false;
        program.line(format!("threading.Thread(target=every_{index}, daemon=True).start()"));
    }
    if !rules.connect.is_empty() && without_message(writer, program, &rules.connect) == Flow::Ends {
        return;
    }
    if let Some(lines) = lines {
        if lines.ping_pong {
            ping_pong(writer, program, lines);
            return;
        }
        program.imports.insert("threading");
        program.line("threading.Thread(target=typed, args=(sock,), daemon=True).start()");
    }
    // Who has read to the end of the stream has nothing more to read.
    if lines.is_some() || rules.connect.last() != Some(&Then::AwaitEnd) {
        message_loop(writer, program, waits);
    }
    let at_the_end = at_the_end(rules);
    if !at_the_end.is_empty() {
        program.line("# The peer has ended.");
        without_message(writer, program, at_the_end);
    }
}

/// A statement that says where a socket is, as Twocan's command line does.
fn says(what: &str, sock: &str, v6: bool) -> String {
    let host = if v6 { "[%s]" } else { "%s" };
    format!("print(\"{what} {host}:%d\" % {sock}.getsockname()[:2], file=sys.stderr)")
}

/// What is around a conversation: it may fail, and then the server goes on.
fn serve(writer: &Writer<'_>, program: &mut Program) {
    let failed = "except (OSError, ValueError, EOFError) as error:\n    print(peer, error, flush=True)";
    program.block("def serve(sock, peer):", |program| {
        program.line("\"\"\"One connection, from accept to close.\"\"\"");
        if writer.helpers.kept {
            if writer.helpers.no_delay {
                program.line("sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)");
            }
            program.line(
                "try:\n    if talk(sock, peer):\n        return  # open until the next client comes and the variable is \
                 assigned again",
            );
            program.line(failed);
            program.line("sock.close()");
            return;
        }
        program.block("with sock:", |program| {
            if writer.helpers.no_delay {
                program.line("sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)");
            }
            if writer.helpers.others {
                program.line("clients.add(sock)");
            }
            program.line("try:\n    talk(sock, peer)");
            program.line(failed);
            if writer.helpers.others {
                program.line("finally:\n    clients.discard(sock)");
            }
        });
    });
}

fn tcp_server(spec: &TcpServerSpec, rules: &Rules) -> Result<String, CodeError> {
    let v6 = spec.address.is_ipv6();
    let in_loop = spec.model == ServerModel::EventLoop && spec.accepts.is_none() && event_loop::never_waits(rules);
    let shows = if in_loop { "print(self.peer, data, flush=True)" } else { "print(peer, data, flush=True)" };
    let style = if in_loop { Style::Loop } else { Style::Stream };
    let mut writer = writer(rules, style, spec.recv_bytes, v6, shows.into());
    writer.one_by_one = spec.model == ServerModel::Sequential && spec.accepts.is_none();
    let mut body = Program::default();
    if rules.lines.is_some() {
        body.line("# What a person types at Twocan's window is left out: this program answers by its rules alone.\n");
    }
    if in_loop {
        event_loop::client(&mut writer, &mut body);
    } else {
        body.block("def talk(sock, peer):", |program| {
            program.line("\"\"\"One conversation.\"\"\"");
            conversation(&mut writer, program, None, None);
        });
        body.line("\n");
        serve(&writer, &mut body);
    }
    body.line("\n");
    if spec.model == ServerModel::EventLoop && !in_loop {
        body.line("# Twocan serves all clients in one event loop. These rules wait, so here each client has a thread.");
    }
    let family = if v6 { "AF_INET6" } else { "AF_INET" };
    body.block(format!("with socket.socket(socket.{family}, socket.SOCK_STREAM) as listener:"), |program| {
        if spec.reuse_address {
            program.line("listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)");
        }
        program.line(format!("listener.bind((\"{}\", {}))", spec.address.ip(), spec.address.port()));
        program.line(format!("listener.listen({})", spec.backlog));
        program.line(says("listening on", "listener", v6));
        program.imports.insert("sys");
        if in_loop {
            event_loop::run(program);
            return;
        }
        let accepts = spec.accepts.map(std::num::NonZeroU32::get);
        let one = |program: &mut Program| {
            program.line("sock, peer = listener.accept()");
            if spec.model == ServerModel::Sequential || accepts == Some(1) {
                program.line("serve(sock, peer)");
            } else {
                program.imports.insert("threading");
                let daemon = if accepts.is_none() { ", daemon=True" } else { "" };
                program.line(format!("threading.Thread(target=serve, args=(sock, peer){daemon}).start()"));
            }
        };
        match accepts {
            None => program.block("while True:", one),
            Some(1) => one(program),
            Some(accepts) => program.block(format!("for _ in range({accepts}):"), one),
        }
    });
    whole(&writer, body, &format!("TCP server on {}", spec.address))
}

fn tcp_client(spec: &TcpClientSpec, rules: &Rules) -> Result<String, CodeError> {
    let (shows, decoder) = shows(rules, true);
    let v6 = spec.target.host.contains(':');
    let mut writer = writer(rules, Style::Stream, spec.recv_bytes, v6, shows);
    let person = Lines::default();
    // Without any rules a person types.
    let speaks = !rules.connect.is_empty() || !rules.rules.is_empty();
    let lines = rules.lines.as_ref().or_else(|| (!speaks).then_some(&person));
    let mut body = Program::default();
    if let Some(lines) = lines.filter(|lines| !lines.ping_pong) {
        typed(&mut writer, &mut body, lines);
        body.line("\n");
    }
    body.block("def talk(sock, peer):", |program| {
        program.line("\"\"\"The conversation.\"\"\"");
        conversation(&mut writer, program, lines, decoder.as_deref());
    });
    body.line("\n");
    let address = format!("(\"{}\", {})", spec.target.host, spec.target.port);
    let timeout = seconds(u64::try_from(spec.connect_timeout.as_millis()).unwrap_or(u64::MAX));
    body.block(format!("with socket.create_connection({address}, timeout={timeout}) as sock:"), |program| {
        program.line("sock.settimeout(None)");
        if writer.helpers.no_delay {
            program.line("sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)");
        }
        program.line("talk(sock, sock.getpeername())");
    });
    if body.imports.contains("os") {
        body.line("sys.stdout.flush()\nos._exit(0)  # the other thread still waits for a line");
    }
    whole(&writer, body, &format!("TCP client of {}", spec.target))
}

fn udp_socket(spec: &UdpSpec, rules: &Rules) -> Result<String, CodeError> {
    let style = if spec.connect.is_some() { Style::Connected } else { Style::Datagrams };
    let (shows, _) = shows(rules, false);
    let v6 = spec.connect.as_ref().map_or(spec.address.is_ipv6(), |target| target.host.contains(':'));
    let mut writer = writer(rules, style, spec.recv_bytes, v6, shows);
    let person = Lines::default();
    let speaks = !rules.connect.is_empty() || !rules.rules.is_empty();
    let lines = rules.lines.as_ref().or_else(|| (!speaks).then_some(&person)).filter(|_| spec.connect.is_some());
    let mut body = Program::default();
    if let Some(lines) = lines.filter(|lines| !lines.ping_pong) {
        typed(&mut writer, &mut body, lines);
        body.line("\n");
    }
    body.block("def talk(sock):", |program| {
        program.line("\"\"\"The conversation.\"\"\"");
        datagrams(&mut writer, program, lines, spec);
    });
    body.line("\n");
    let family = if v6 { "AF_INET6" } else { "AF_INET" };
    body.block(format!("with socket.socket(socket.{family}, socket.SOCK_DGRAM) as sock:"), |program| {
        if spec.reuse_address {
            program.line("sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)");
        }
        if spec.broadcast {
            program.line("sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)");
        }
        if spec.connect.is_none() || spec.address.port() != 0 {
            program.line(format!("sock.bind((\"{}\", {}))", spec.address.ip(), spec.address.port()));
        }
        if let Some(Endpoint { host, port }) = &spec.connect {
            program.line(format!("sock.connect((\"{host}\", {port}))"));
        } else {
            program.line(says("bound to", "sock", v6));
            program.imports.insert("sys");
        }
        program.line("talk(sock)");
    });
    if body.imports.contains("os") {
        body.line("os._exit(0)  # the other thread still waits for a line");
    }
    let title = match &spec.connect {
        Some(target) => format!("UDP socket that talks to {target}"),
        None => format!("UDP socket on {}", spec.address),
    };
    whole(&writer, body, &title)
}

/// The same as [`conversation`], a datagram at a time.
fn datagrams(writer: &mut Writer<'_>, program: &mut Program, lines: Option<&Lines>, spec: &UdpSpec) {
    let rules = writer.rules;
    let connected = writer.style == Style::Connected;
    if counts(rules) {
        program.line("number = 0");
    }
    if connected {
        program.line("peer = sock.getpeername()");
    }
    if rules.close_after_ms > 0 {
        writer.leave_out(program, "close-after-ms");
    }
    if repeated(rules).next().is_some() {
        writer.leave_out(program, "every-ms");
    }
    // An unconnected socket has nobody to say something to.
    if connected && !rules.connect.is_empty() && without_message(writer, program, &rules.connect) == Flow::Ends {
        return;
    }
    if let Some(lines) = lines {
        if lines.ping_pong {
            ping_pong(writer, program, lines);
            return;
        }
        program.imports.insert("threading");
        program.line("threading.Thread(target=typed, args=(sock,), daemon=True).start()");
    }
    let answering = || answering(rules).flat_map(|(_, then)| then);
    let tells_others = !connected && answering().any(|action| matches!(action, Then::Others(_)));
    if tells_others {
        program.line("heard = set()");
    }
    program.block("while True:", |program| {
        if connected {
            program.line(format!("message = sock.recv({})", spec.recv_bytes));
        } else {
            program.line(format!("message, peer = sock.recvfrom({})", spec.recv_bytes));
        }
        if counts(rules) {
            program.line("number += 1");
        }
        if tells_others {
            program.line("heard.add(peer)");
        }
        program.line(writer.shows.replace("data", "message"));
        // A format with a zero byte in it: one datagram must not end the server.
        if answering().any(|action| matches!(action, Then::Strftime(_))) {
            program.block("try:", |program| answers(writer, program));
            program.line("except ValueError as error:\n    print(peer, error, flush=True)");
        } else {
            answers(writer, program);
        }
    });
}

/// Head, imports, helpers and body; or why that would be nothing.
fn whole(writer: &Writer<'_>, mut body: Program, title: &str) -> Result<String, CodeError> {
    if let (Some(what), 0) = (writer.left_out.first(), writer.done) {
        return Err(CodeError { language: Language::Python, what });
    }
    body.imports.insert("socket");
    if writer.helpers.others && writer.style == Style::Stream {
        body.imports.insert("contextlib");
    }
    let packs =
        matches!(writer.rules.framing_out, Framing::Prefix(_) | Framing::SelfPrefix(_)) && writer.helpers.framed;
    let unpacks =
        matches!(writer.rules.framing, Framing::Prefix(_) | Framing::SelfPrefix(_)) && writer.style.is_stream();
    if packs || unpacks {
        body.imports.insert("struct");
    }
    let mut program = Program::default();
    program.line(format!("# {title}. Written by Twocan; needs Python 3.9 or later and nothing else."));
    if codec(writer.rules.encoding).is_none() {
        program.line(format!(
            "# Python has no codec for {}; other texts than those here are sent as ASCII.",
            writer.rules.encoding.name()
        ));
    }
    for import in &body.imports {
        program.line(format!("import {import}"));
    }
    program.line("\n");
    helpers(writer, &mut program);
    program.append(body);
    Ok(program.text().to_owned())
}
