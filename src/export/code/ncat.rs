//! A line for a shell, where Nmap's ncat can do it: it joins a socket to the terminal or to another program.
//!
//! So it is a client or server for a person, an echo, or a script that is said once; it does not answer by rules. The
//! texts stand in `printf` as octal numbers where they are not plain ASCII, because shells know no others in common.

use std::fmt::Write as _;

use super::{CodeError, Language, encoded, name, program::Program, seconds};
use crate::{
    framing::Framing,
    net::{
        ServerModel, SocketSpec,
        responder::{Rules, Template, Then, When},
    },
};

/// The line, with a comment above it where something is to be known.
pub(super) fn line(spec: &SocketSpec, rules: &Rules) -> Result<String, CodeError> {
    let cannot = |what| CodeError { language: Language::Ncat, what };
    if rules.framing != Framing::None || rules.framing_out != Framing::None {
        return Err(cannot("framing"));
    }
    if rules.close_after_ms > 0 {
        return Err(cannot("close-after-ms"));
    }
    if rules.lines.as_ref().is_some_and(|lines| lines.send != Template::line()) {
        return Err(cannot("lines"));
    }
    let echoes = match rules.rules.as_slice() {
        [] => false,
        [rule] if rule.when == When::Any && rule.then == [Then::Echo] => true,
        rules => return Err(cannot(unable(rules.iter().flat_map(|rule| &rule.then)))),
    };
    let said = said(rules, matches!(spec, SocketSpec::Udp(_)))?;
    let mut program = Program::default();
    let (v6, where_to, listens) = match spec {
        SocketSpec::TcpServer(server) => {
            (server.address.is_ipv6(), (server.address.ip().to_string(), server.address.port()), true)
        }
        SocketSpec::TcpClient(client) => {
            (client.target.host.contains(':'), (client.target.host.clone(), client.target.port), false)
        }
        SocketSpec::Udp(udp) => match &udp.connect {
            Some(target) => (target.host.contains(':'), (target.host.clone(), target.port), false),
            None => (udp.address.is_ipv6(), (udp.address.ip().to_string(), udp.address.port()), true),
        },
    };
    let mut words = vec!["ncat"];
    if matches!(spec, SocketSpec::Udp(_)) {
        words.push("--udp");
    }
    if v6 {
        words.push("-6");
    }
    let mut end = String::new();
    if listens {
        words.push("--listen");
        if let SocketSpec::TcpServer(server) = spec
            && (echoes || !said.is_empty())
        {
            match server.accepts.map(std::num::NonZeroU32::get) {
                None => words.push("--keep-open"),
                Some(1) => {}
                Some(_) => return Err(cannot("accepts")),
            }
            if server.model == ServerModel::Sequential {
                words.push("--max-conns 1");
            }
        }
    }
    if echoes && !said.is_empty() {
        return Err(cannot("echo"));
    } else if echoes {
        end = " --exec /bin/cat".into();
    } else if !said.is_empty() && listens {
        words.push("--send-only");
        end = format!(" --sh-exec {}", quoted(&said));
    } else if !said.is_empty() {
        let waits = rules.connect.iter().any(|action| matches!(action, Then::Await(_) | Then::AwaitEnd));
        let head = if said.contains(';') { format!("({said})") } else { said };
        // At the end of its input ncat half-closes, and goes on reading what the server says.
        let only = if waits { "" } else { "--send-only " };
        program.line(format!("{head} | {} {only}{} {}", words.join(" "), where_to.0, where_to.1));
        return Ok(program.text().to_owned());
    } else if !listens {
        program.line("# Each line that is typed is sent with its newline; Ctrl+D half-closes.");
    }
    program.line(format!("{} {} {}{end}", words.join(" "), where_to.0, where_to.1));
    Ok(program.text().to_owned())
}

/// The first action that ncat cannot do; where it could do each alone, their being rules.
fn unable<'a>(actions: impl Iterator<Item = &'a Then>) -> &'static str {
    let mut actions = actions.filter(|action| !matches!(action, Then::Echo | Then::Nothing));
    actions.next().map_or("rules", name)
}

/// What is said on connect, as commands of a shell. What follows without a gap is one text: a stream has no boundaries.
fn said(rules: &Rules, datagrams: bool) -> Result<String, CodeError> {
    let cannot = |what| CodeError { language: Language::Ncat, what };
    let mut commands: Vec<Result<Vec<u8>, u64>> = Vec::new();
    let say = |commands: &mut Vec<Result<Vec<u8>, u64>>, bytes: Vec<u8>, what| match commands.last_mut() {
        // Without a gap they would leave as one datagram, and an empty one would not leave.
        Some(Ok(_)) if datagrams => Err(cannot(what)),
        _ if datagrams && bytes.is_empty() => Err(cannot(what)),
        Some(Ok(before)) => {
            before.extend(bytes);
            Ok(())
        }
        _ => {
            commands.push(Ok(bytes));
            Ok(())
        }
    };
    let fixed = |template: &Template, what| {
        let text: Option<String> = template.pieces().map(Result::ok).collect();
        text.map(|text| encoded(rules.encoding, &text)).ok_or(cannot(what))
    };
    for (index, action) in rules.connect.iter().enumerate() {
        let rest = rules.connect.get(index + 1..).unwrap_or_default();
        let ends = rest.iter().all(|then| matches!(then, Then::Close | Then::AwaitEnd | Then::HalfClose));
        match action {
            Then::Reply(template) => say(&mut commands, fixed(template, "reply")?, "reply")?,
            Then::ReplyHex(hex) => say(&mut commands, hex.bytes().to_vec(), "reply-hex")?,
            Then::WaitMs(ms) => commands.push(Err(*ms)),
            Then::Script(script) => {
                for (index, template) in script.messages.iter().enumerate() {
                    if index > 0 && script.gap_ms > 0 {
                        commands.push(Err(script.gap_ms));
                    }
                    say(&mut commands, fixed(template, "script")?, "script")?;
                }
            }
            Then::Nothing => {}
            // The end of ncat's input says the same; then it reads to the end of the stream.
            Then::Await(_) | Then::AwaitEnd | Then::HalfClose | Then::Close if ends => {}
            other => return Err(cannot(name(other))),
        }
    }
    let commands: Vec<_> = commands
        .iter()
        .map(|command| match command {
            Ok(bytes) => format!("printf '{}'", octal(bytes)),
            Err(ms) => format!("sleep {}", seconds(*ms)),
        })
        .collect();
    Ok(commands.join("; "))
}

/// Bytes as the format of `printf`: POSIX knows `\ddd`, and not every shell `\xHH`.
fn octal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'%' => text.push_str("%%"),
            b'\\' => text.push_str("\\\\"),
            b'\'' => text.push_str("\\047"),
            b' '..=b'~' => text.push(byte.into()),
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(text, "\\{byte:03o}");
            }
        }
    }
    text
}

/// A word for a shell. What is said has single quotes in it, so double ones around it are easier to read.
fn quoted(text: &str) -> String {
    if text.contains(['"', '$', '`', '\\', '!']) {
        shell_words::quote(text).into_owned()
    } else {
        format!("\"{text}\"")
    }
}
