//! Rust with `std::net`: blocking sockets, a thread a client.
//!
//! The standard library has no regular expressions, no encodings but UTF-8, no `strftime` and no `SO_LINGER`; rules that need
//! one are comments. Texts that stand in rules are encoded here, so that any encoding can be sent.

mod helpers;
mod statements;

use self::statements::Writer;
use super::{CodeError, Language, answering, at_the_end, counts, program::Program, repeated};
use crate::{
    framing::Framing,
    net::{
        ServerModel, SocketSpec, TcpClientSpec, TcpServerSpec, UdpSpec,
        responder::{EmptyLine, Leave, Lines, Rules},
    },
    text::Charset,
};

/// The whole program.
pub(super) fn program(spec: &SocketSpec, rules: &Rules) -> Result<String, CodeError> {
    match spec {
        SocketSpec::TcpServer(server) => tcp_server(server, rules),
        SocketSpec::TcpClient(client) => tcp_client(client, rules),
        SocketSpec::Udp(udp) => udp_socket(udp, rules),
    }
}

/// The body of `talk`.
fn conversation(writer: &mut Writer<'_>, program: &mut Program, lines: Option<&Lines>) {
    let rules = writer.rules;
    let reader = if rules.framing == Framing::None { "stream" } else { "BufReader::new(stream)" };
    program.line("let peer = stream.peer_addr()?;");
    program.line(format!("let mut reader = {reader};"));
    program.line("let mut writer = stream;");
    if counts(rules) {
        program.line("let mut number = 0;");
    }
    if rules.close_after_ms > 0 {
        writer.leave_out(program, "close-after-ms");
    }
    if repeated(rules).next().is_some() {
        writer.leave_out(program, "every-ms");
    }
    if !rules.connect.is_empty() && writer.without_message(program, &rules.connect) {
        return;
    }
    if let Some(lines) = lines {
        if lines.ping_pong {
            typed_lines(writer, program, lines);
            program.line("Ok(())");
            return;
        }
        program.line("let typing = stream.try_clone()?;");
        program.line("thread::spawn(move || typed(&typing));");
        program.imports.insert("std::thread");
    }
    program.block("while let Some(message) = receive(&mut reader)? {", |program| {
        if counts(rules) {
            program.line("number += 1;");
        }
        program.line(writer.shows("message"));
        writer.answers(program, answering(rules));
    });
    program.line("}");
    let at_the_end = at_the_end(rules);
    if !at_the_end.is_empty() {
        program.line("// The peer has ended.");
        if writer.without_message(program, at_the_end) {
            return;
        }
    }
    program.line("Ok(())");
}

/// Lines that are sent; each waits for its answer if the rules say so.
fn typed_lines(writer: &mut Writer<'_>, program: &mut Program, lines: &Lines) {
    let leave = match lines.leave {
        Leave::Close | Leave::Reset => "stream.shutdown(Shutdown::Both)?;\nreturn Ok(());",
        Leave::HalfClose => "break;",
    };
    let leave = if writer.is_stream { leave } else { "std::process::exit(0);" };
    program.imports.extend(["std::io"]);
    writer.typed = true;
    program.block("for line in io::stdin().lines() {", |program| {
        program.line("let line = line?;");
        if let Some(quit) = &lines.quit {
            program.block(format!("if line == {quit:?} {{"), |program| {
                if lines.quit_sends {
                    writer.reply(program, &lines.send);
                }
                program.line(leave);
            });
            program.line("}");
        }
        match lines.empty {
            EmptyLine::Ignored => program.line("if line.is_empty() {\n    continue;\n}"),
            EmptyLine::Sent => {}
            EmptyLine::Ends => {
                program.block("if line.is_empty() {", |program| program.line(leave));
                program.line("}");
            }
        }
        writer.reply(program, &lines.send);
        if lines.ping_pong {
            writer.receive(program);
        }
    });
    program.line("}");
    writer.typed = false;
    if writer.is_stream {
        program.imports.insert("std::net::Shutdown");
        program.line("stream.shutdown(Shutdown::Write)?;");
        if lines.ping_pong {
            program
                .block("while let Some(data) = receive(&mut reader)? {", |program| program.line(writer.shows("data")));
            program.line("}");
        }
    }
}

/// The function of the thread that sends what is typed.
fn typed(writer: &mut Writer<'_>, program: &mut Program, lines: &Lines) {
    let (argument, kind) = if writer.is_stream { ("stream", "TcpStream") } else { ("socket", "UdpSocket") };
    program.line("/// Sends what a person types.");
    program.block(format!("fn typed({argument}: &{kind}) -> io::Result<()> {{"), |program| {
        if writer.is_stream {
            program.line("let mut writer = stream;");
        }
        typed_lines(writer, program, lines);
        program.line(if writer.is_stream { "Ok(())" } else { "std::process::exit(0);" });
    });
    program.line("}\n");
}

/// Lines can be sent where the text of Rust's strings is the encoding.
fn lines_of<'r>(rules: &'r Rules, person: &'r Lines, connected: bool) -> Result<Option<&'r Lines>, CodeError> {
    let speaks = !rules.connect.is_empty() || !rules.rules.is_empty();
    let lines = rules.lines.as_ref().or_else(|| (!speaks).then_some(person)).filter(|_| connected);
    if lines.is_some() && rules.encoding != Charset::UTF_8 {
        return Err(CodeError { language: Language::Rust, what: "lines" });
    }
    Ok(lines)
}

fn tcp_server(spec: &TcpServerSpec, rules: &Rules) -> Result<String, CodeError> {
    let mut writer = Writer::new(rules, true, true, spec.recv_bytes);
    let mut body = Program::default();
    body.line("/// One conversation. The connection closes when its stream is dropped.");
    body.block("fn talk(stream: &TcpStream) -> io::Result<()> {", |program| {
        if writer.cuts() {
            program.line("stream.set_nodelay(true)?;");
        }
        conversation(&mut writer, program, None);
    });
    body.line("}\n");
    body.imports.extend(["std::net::TcpListener", "std::net::TcpStream", "std::io"]);
    body.block("fn main() -> io::Result<()> {", |program| {
        program.line("// std::net sets SO_REUSEADDR on Unix and listens with a backlog of its own.");
        program.line(format!("let listener = TcpListener::bind(\"{}\")?;", spec.address));
        program.line("eprintln!(\"listening on {}\", listener.local_addr()?);");
        let accepts = spec.accepts.map(std::num::NonZeroU32::get);
        let threads = spec.model != ServerModel::Sequential && accepts != Some(1);
        if spec.model == ServerModel::EventLoop {
            program.line("// Twocan serves all clients in one event loop; std has none, so each client has a thread.");
        }
        let take = accepts.map(|count| format!(".take({count})")).unwrap_or_default();
        if threads && accepts.is_some() {
            program.line("let mut threads = Vec::new();");
        }
        program.block(format!("for stream in listener.incoming(){take} {{"), |program| {
            program.line("let stream = stream?;");
            let mut serve = "if let Err(error) = talk(&stream) {\n    eprintln!(\"{error}\");\n}".to_owned();
            if writer.tells_others {
                program.line("let peer = stream.peer_addr()?;\nCLIENTS.lock().unwrap().push(stream.try_clone()?);");
                serve += "\nCLIENTS.lock().unwrap().retain(|other| other.peer_addr().is_ok_and(|addr| addr != peer));";
            }
            if threads {
                program.imports.insert("std::thread");
                let (head, tail) = if accepts.is_some() { ("threads.push(", "}));") } else { ("", "});") };
                program.block(format!("{head}thread::spawn(move || {{"), |program| program.line(serve));
                program.line(tail);
            } else {
                program.line(serve);
            }
        });
        program.line("}");
        if threads && accepts.is_some() {
            program.line("for thread in threads {\n    let _ = thread.join();\n}");
        }
        program.line("Ok(())");
    });
    body.line("}");
    whole(&writer, body, &format!("TCP server on {}", spec.address))
}

fn tcp_client(spec: &TcpClientSpec, rules: &Rules) -> Result<String, CodeError> {
    let person = Lines::default();
    let lines = lines_of(rules, &person, true)?;
    let mut writer = Writer::new(rules, true, false, spec.recv_bytes);
    let mut body = Program::default();
    if let Some(lines) = lines.filter(|lines| !lines.ping_pong) {
        typed(&mut writer, &mut body, lines);
    }
    body.line("/// The conversation.");
    body.block("fn talk(stream: &TcpStream) -> io::Result<()> {", |program| {
        if writer.cuts() {
            program.line("stream.set_nodelay(true)?;");
        }
        conversation(&mut writer, program, lines);
    });
    body.line("}\n");
    body.imports.extend(["std::net::TcpStream", "std::io"]);
    body.block("fn main() -> io::Result<()> {", |program| {
        program.line(format!("talk(&TcpStream::connect(\"{}\")?)", spec.target));
    });
    body.line("}");
    whole(&writer, body, &format!("TCP client of {}", spec.target))
}

fn udp_socket(spec: &UdpSpec, rules: &Rules) -> Result<String, CodeError> {
    let person = Lines::default();
    let connected = spec.connect.is_some();
    let lines = lines_of(rules, &person, connected)?;
    let mut writer = Writer::new(rules, false, !connected, spec.recv_bytes);
    let mut body = Program::default();
    if let Some(lines) = lines.filter(|lines| !lines.ping_pong) {
        typed(&mut writer, &mut body, lines);
    }
    body.imports.extend(["std::net::UdpSocket", "std::io"]);
    let local = match &spec.connect {
        Some(target) if spec.address.port() == 0 && target.host.contains(':') => "[::]:0".to_owned(),
        Some(_) if spec.address.port() == 0 => "0.0.0.0:0".to_owned(),
        _ => spec.address.to_string(),
    };
    body.block("fn main() -> io::Result<()> {", |program| {
        program.line(format!("let socket = UdpSocket::bind(\"{local}\")?;"));
        if spec.broadcast {
            program.line("socket.set_broadcast(true)?;");
        }
        match &spec.connect {
            Some(target) => program.line(format!("socket.connect(\"{target}\")?;\nlet peer = socket.peer_addr()?;")),
            None => program.line("eprintln!(\"bound to {}\", socket.local_addr()?);"),
        }
        program.line(format!("let mut buffer = vec![0; {}];", spec.recv_bytes));
        if counts(rules) {
            program.line("let mut number = 0;");
        }
        for (what, is_there) in
            [("close-after-ms", rules.close_after_ms > 0), ("every-ms", repeated(rules).next().is_some())]
        {
            if is_there {
                writer.leave_out(program, what);
            }
        }
        if connected && !rules.connect.is_empty() && writer.without_message(program, &rules.connect) {
            return;
        }
        if let Some(lines) = lines {
            if lines.ping_pong {
                typed_lines(&mut writer, program, lines);
                program.line("Ok(())");
                return;
            }
            program.imports.insert("std::thread");
            program.line("let typing = socket.try_clone()?;\nthread::spawn(move || typed(&typing));");
        }
        program.block("loop {", |program| {
            if connected {
                program.line("let count = socket.recv(&mut buffer)?;");
            } else {
                program.line("let (count, peer) = socket.recv_from(&mut buffer)?;");
            }
            program.line("let message = buffer[..count].to_vec();");
            if counts(rules) {
                program.line("number += 1;");
            }
            program.line(writer.shows("message"));
            writer.answers(program, answering(rules));
        });
        program.line("}");
    });
    body.line("}");
    let title = match &spec.connect {
        Some(target) => format!("UDP socket that talks to {target}"),
        None => format!("UDP socket on {}", spec.address),
    };
    whole(&writer, body, &title)
}

/// Head, imports, body and helpers; or why that would be nothing.
fn whole(writer: &Writer<'_>, mut body: Program, title: &str) -> Result<String, CodeError> {
    if let (Some(what), 0) = (writer.left_out.first(), writer.done) {
        return Err(CodeError { language: Language::Rust, what });
    }
    let mut helpers = Program::default();
    writer.helpers(&mut helpers, body.text());
    body.append(helpers);
    let mut program = Program::default();
    program.line(format!("// {title}. Written by Twocan; needs Rust 1.80 or later and nothing else."));
    program.line("#![allow(unused_assignments, unused_imports, unused_mut, unused_variables)]\n");
    program.line("use std::io::{self, BufRead, BufReader, Read, Write};");
    for import in &body.imports {
        if *import != "std::io" {
            program.line(format!("use {import};"));
        }
    }
    program.line("");
    program.append(body);
    Ok(program.text().to_owned())
}
