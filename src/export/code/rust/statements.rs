//! Rules as Rust statements.

use super::super::{actions, charset_in, encoded, name, program::Program};
use crate::{
    framing::{Framing, Prefix},
    net::responder::{Pattern, Rules, Slot, Split, Template, Then, When},
    text::Charset,
};

/// Where statements stand, and what became of them.
#[expect(clippy::struct_excessive_bools, reason = "each is a circumstance of its own")]
pub(super) struct Writer<'w> {
    pub rules: &'w Rules,
    pub is_stream: bool,
    /// Whether many peers speak to it.
    pub is_server: bool,
    pub recv_bytes: usize,
    /// Where `line` is what a person typed.
    pub typed: bool,
    /// Whether it keeps a list of its clients.
    pub tells_others: bool,
    /// Things that are sent or otherwise done.
    pub done: usize,
    /// What could not be translated.
    pub left_out: Vec<&'static str>,
}

/// A byte string literal.
pub(super) fn bytes(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii().to_string().replace("\\'", "'"))
}

impl<'w> Writer<'w> {
    pub fn new(rules: &'w Rules, is_stream: bool, is_server: bool, recv_bytes: usize) -> Self {
        Self {
            rules,
            is_stream,
            is_server,
            recv_bytes,
            typed: false,
            tells_others: false,
            done: 0,
            left_out: Vec::new(),
        }
    }

    /// A comment where something should stand.
    pub fn leave_out(&mut self, program: &mut Program, what: &'static str) {
        self.left_out.push(what);
        program.line(format!("// Twocan does \"{what}\" here; this program does not."));
    }

    /// Whether what is sent is to stay in its pieces.
    pub fn cuts(&self) -> bool {
        self.is_stream && actions(self.rules).any(|action| matches!(action, Then::Script(_) | Then::Split(_)))
    }

    /// A statement that prints what came.
    pub fn shows(&self, variable: &str) -> String {
        if self.is_server {
            format!("println!(\"{{peer}} {{}}\", {variable}.escape_ascii());")
        } else if charset_in(self.rules) == Charset::UTF_8 {
            format!("println!(\"{{}}\", String::from_utf8_lossy(&{variable}));")
        } else {
            format!("println!(\"{{}}\", {variable}.escape_ascii());")
        }
    }

    /// `if` after `else if` over `message`.
    pub fn answers<'r>(&mut self, program: &mut Program, rules: impl Iterator<Item = (&'r When, &'r [Then])>) {
        let charset = charset_in(self.rules);
        let text = |pattern: &Pattern| match pattern {
            Pattern::Text(text) => encoded(charset, text),
            Pattern::Hex(hex) => hex.bytes().to_vec(),
        };
        let mut word = "if";
        for (when, then) in rules {
            let condition = match when {
                When::Exact(pattern) => format!("message == {}", bytes(&text(pattern))),
                When::Contains(pattern) => {
                    let found = text(pattern);
                    if found.is_empty() {
                        "true".to_owned()
                    } else {
                        format!("message.windows({}).any(|part| part == {})", found.len(), bytes(&found))
                    }
                }
                When::Starts(pattern) => format!("message.starts_with({})", bytes(&text(pattern))),
                When::Ends(pattern) => format!("message.ends_with({})", bytes(&text(pattern))),
                When::Empty => "message.is_empty()".to_owned(),
                When::Message(number) => format!("number == {number}"),
                When::Regex(regex) => {
                    let Some(condition) = comparison(regex.regex().as_str()) else {
                        self.leave_out(program, "regex");
                        continue;
                    };
                    condition
                }
                When::Any | When::End | When::EveryMs(_) => String::new(),
            };
            if condition.is_empty() && word == "if" {
                self.actions(program, then);
                return;
            }
            let head = if condition.is_empty() { "} else {".to_owned() } else { format!("{word} {condition} {{") };
            program.block(head, |program| {
                self.actions(program, then);
            });
            word = "} else if";
        }
        if word != "if" {
            program.line("}");
        }
    }

    /// Actions that answer no message; to a template it is an empty one. Whether they end the conversation.
    pub fn without_message(&mut self, program: &mut Program, actions: &[Then]) -> bool {
        let mut draft = program.draft();
        let ends = self.actions(&mut draft, actions);
        if draft.text().contains("message") {
            program.line("let message: Vec<u8> = Vec::new();");
        }
        program.append(draft);
        ends
    }

    /// The actions of one rule. Whether it ends the conversation.
    fn actions(&mut self, program: &mut Program, actions: &[Then]) -> bool {
        let mut split = None;
        for action in actions {
            match action {
                Then::Split(new) => split = Some(*new),
                Then::Close | Then::Reset => {
                    if *action == Then::Reset {
                        self.leave_out(program, "reset");
                    }
                    self.done += 1;
                    program.line("return Ok(());");
                    return true;
                }
                action => self.one(program, action, split),
            }
        }
        false
    }

    fn one(&mut self, program: &mut Program, action: &Then, split: Option<Split>) {
        let is_utf8 = self.rules.encoding == Charset::UTF_8 && charset_in(self.rules) == Charset::UTF_8;
        match action {
            Then::Echo => self.send(program, "&message", split),
            Then::Upper => self.send(program, "&message.to_ascii_uppercase()", split),
            Then::UpperText if is_utf8 => {
                self.send(program, "String::from_utf8_lossy(&message).to_uppercase().as_bytes()", split);
            }
            // U+000B, which Python strips too, is no white space to Rust.
            Then::Strip => program.line("let message = message.trim_ascii();"),
            Then::Reply(template) => match self.expression(template) {
                Some(expression) => self.send(program, &expression, split),
                None => self.leave_out(program, "reply"),
            },
            Then::ReplyHex(hex) => self.send(program, &bytes(hex.bytes()), split),
            Then::OneOf(templates) => {
                let choices: Option<Vec<_>> = templates
                    .iter()
                    .map(|template| Some(format!("({}).to_vec()", self.expression(template)?)))
                    .collect();
                let Some(choices) = choices else { return self.leave_out(program, "one-of") };
                program.line("// std has no random numbers; the clock's last digits are as good here.");
                program.line("let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);");
                program.line("let chance = clock.unwrap_or_default().subsec_micros() as usize;");
                program.line(format!("let choices = [{}];", choices.join(", ")));
                self.send(program, "&choices[chance % choices.len()]", split);
            }
            Then::Chargen if self.is_stream => {
                program.line("// RFC 864");
                program.block("for first in (0..95_u8).cycle() {", |program| {
                    program.line(
                        "let line: Vec<u8> = (first..first + 72).map(|n| b' ' + n % 95).chain(*b\"\\r\\n\").collect();",
                    );
                    self.raw(program, "&line", None);
                });
                program.line("}");
            }
            Then::Others(template) if self.is_stream && self.is_server => match self.expression(template) {
                Some(data) => {
                    self.done += 1;
                    self.tells_others = true;
                    let framed = self.rules.framing_out != Framing::None;
                    let data = if framed { format!("&framed({data})") } else { data };
                    program.imports.extend(["std::net::SocketAddr", "std::sync::Mutex"]);
                    program.line(format!("to_others(peer, {data});"));
                }
                None => self.leave_out(program, "others"),
            },
            Then::Ask if self.rules.encoding == Charset::UTF_8 => {
                program.line("let mut line = String::new(); // a person answers");
                program.line("io::stdin().read_line(&mut line)?;");
                self.send(program, "line.trim_end_matches(['\\r', '\\n']).as_bytes()", split);
            }
            Then::Script(script) => {
                for (index, template) in script.messages.iter().enumerate() {
                    if index > 0 && script.gap_ms > 0 {
                        sleep(program, script.gap_ms);
                    }
                    match self.expression(template) {
                        Some(expression) => self.send(program, &expression, split),
                        None => self.leave_out(program, "script"),
                    }
                }
            }
            Then::File => match self.rules.file.clone().unwrap_or_default() {
                file if file.path.is_some() => {
                    let path = file.path.unwrap_or_default();
                    self.raw(program, &format!("&std::fs::read({:?})?", path.to_string_lossy()), split);
                }
                file => self.raw(program, &bytes(&encoded(self.rules.encoding, &file.text)), split),
            },
            Then::Page(page) => match self.expression(&page.body) {
                Some(body) => {
                    let head = format!(
                        "HTTP/1.1 {}\r\nContent-Type: {}; charset={}\r\nContent-Length: {{}}\r\nConnection: close\r\n\r\n",
                        page.status,
                        page.media_type,
                        self.rules.encoding.name()
                    );
                    program.line(format!("let body = ({body}).to_vec();"));
                    program.line(format!("let mut page = format!({head:?}, body.len()).into_bytes();"));
                    program.line("if !message.starts_with(b\"HEAD \") {\n    page.extend_from_slice(&body);\n}");
                    self.raw(program, "&page", split);
                }
                None => self.leave_out(program, "page"),
            },
            Then::WaitMs(ms) => sleep(program, *ms),
            Then::Await(count) => {
                if *count == 1 {
                    self.receive(program);
                } else {
                    program.block(format!("for _ in 0..{count} {{"), |program| self.receive(program));
                    program.line("}");
                }
            }
            Then::AwaitEnd if self.is_stream => {
                self.done += 1;
                program.block("while let Some(data) = receive(&mut reader)? {", |program| {
                    program.line(self.shows("data"));
                });
                program.line("}");
            }
            Then::Receive(template) if self.is_stream && number(template).is_some() => {
                self.done += 1;
                let count = number(template).unwrap_or_default();
                program.line(format!("io::copy(&mut Read::take(&mut reader, {count}), &mut io::sink())?;"));
            }
            Then::HalfClose if self.is_stream => {
                self.done += 1;
                program.imports.insert("std::net::Shutdown");
                program.line("stream.shutdown(Shutdown::Write)?;");
            }
            Then::Nothing => {}
            other => self.leave_out(program, name(other)),
        }
    }

    /// Receives one message and shows it.
    pub fn receive(&mut self, program: &mut Program) {
        self.done += 1;
        if self.is_stream {
            program.block("if let Some(data) = receive(&mut reader)? {", |program| program.line(self.shows("data")));
            program.line("}");
        } else {
            let call = if self.is_server { "let (count, peer) = socket.recv_from" } else { "let count = socket.recv" };
            program.line(format!("{call}(&mut buffer)?;"));
            program.line(self.shows("buffer[..count]"));
        }
    }

    /// A template as a message; a comment if it cannot be.
    pub fn reply(&mut self, program: &mut Program, template: &Template) {
        match self.expression(template) {
            Some(expression) => self.send(program, &expression, None),
            None => self.leave_out(program, "lines"),
        }
    }

    fn send(&mut self, program: &mut Program, message: &str, split: Option<Split>) {
        if self.is_stream && self.rules.framing_out != Framing::None {
            self.raw(program, &format!("&framed({message})"), split);
        } else {
            self.raw(program, message, split);
        }
    }

    fn raw(&mut self, program: &mut Program, data: &str, split: Option<Split>) {
        self.done += 1;
        let send = |data: &str| match (self.is_stream, self.is_server) {
            (true, _) => format!("writer.write_all({data})?;"),
            (false, true) => format!("socket.send_to({data}, peer)?;"),
            (false, false) => format!("socket.send({data})?;"),
        };
        let Some(split) = split else { return program.line(send(data)) };
        let data = data.strip_prefix('&').unwrap_or(data);
        let line = send("piece");
        program.block(format!("for piece in {data}.chunks({}) {{", split.bytes), |program| {
            program.line(line);
            if split.gap_ms > 0 {
                sleep(program, split.gap_ms);
            }
        });
        program.line("}");
    }

    /// A template as an expression that gives a slice of bytes.
    fn expression(&self, template: &Template) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        let charset = self.rules.encoding;
        for piece in template.pieces() {
            let number = |expression: &str, prefix: &Option<Prefix>| match prefix {
                None => format!("{expression}.to_string().as_bytes()"),
                Some(prefix) => {
                    let (kind, order) = kind(*prefix);
                    format!("&({expression} as {kind}).to_{order}_bytes()")
                }
            };
            let part = match piece {
                // A line answers no message.
                Err(Slot::Text | Slot::Bytes | Slot::Hex | Slot::Len(_)) if self.typed => return None,
                Err(Slot::Number(prefix)) if self.typed => number("0", prefix),
                Err(Slot::Peer) if self.typed => {
                    let socket = if self.is_stream { "stream" } else { "socket" };
                    format!("{socket}.peer_addr()?.to_string().as_bytes()")
                }
                Ok(text) => bytes(&encoded(charset, text)),
                Err(Slot::Text) if charset == charset_in(self.rules) => "&message".to_owned(),
                Err(Slot::Bytes) => "repr(&message).as_bytes()".to_owned(),
                Err(Slot::Hex) => "hex(&message).as_bytes()".to_owned(),
                Err(Slot::Len(prefix)) => number("message.len()", prefix),
                Err(Slot::Number(prefix)) => number("number", prefix),
                Err(Slot::Peer) => "peer.to_string().as_bytes()".to_owned(),
                Err(Slot::Local) => {
                    let socket = if self.is_stream { "stream" } else { "socket" };
                    format!("{socket}.local_addr()?.to_string().as_bytes()")
                }
                Err(Slot::Line) if !self.typed => continue,
                Err(Slot::Line) => "line.as_bytes()".to_owned(),
                Err(Slot::Time(prefix)) => number("seconds_since_1900()", prefix),
                Err(Slot::FileName) => {
                    let file = self.rules.file.clone().unwrap_or_default();
                    bytes(&encoded(charset, &file.name))
                }
                Err(_) => return None,
            };
            parts.push(part);
        }
        Some(match parts.as_slice() {
            [] => "b\"\"".to_owned(),
            [part] => part.clone(),
            // The first one says of what kind they all are.
            parts => {
                let parts: Vec<_> = parts.iter().map(|part| format!("&{}[..]", part.trim_start_matches('&'))).collect();
                format!("&[{}].concat()", parts.join(", "))
            }
        })
    }
}

/// A comparison that does what a regular expression does; `None` for those that need one.
fn comparison(expression: &str) -> Option<String> {
    let rest = ["(?-u)", "(?s-u)"].iter().find_map(|flags| expression.strip_prefix(flags)).unwrap_or(expression);
    let (from_start, rest) = rest.strip_prefix('^').map_or((false, rest), |rest| (true, rest));
    let (to_end, rest) = rest.strip_suffix('$').map_or((false, rest), |rest| (true, rest));
    if from_start && to_end && matches!(rest, r"\s*" | r"\s+" | r"[ \t\n\r\x0b\x0c]+") {
        let some = if rest.ends_with('+') { "!message.is_empty() && " } else { "" };
        return Some(format!("{some}message.iter().all(|byte| b\" \\t\\n\\r\\x0b\\x0c\".contains(byte))"));
    }
    if rest.is_empty() || rest.contains(|character: char| r"\.+*?()|[]{}^$".contains(character)) {
        return None;
    }
    let text = bytes(rest.as_bytes());
    Some(match (from_start, to_end) {
        (true, true) => format!("message == {text}"),
        (true, false) => format!("message.starts_with({text})"),
        (false, true) => format!("message.ends_with({text})"),
        (false, false) => format!("message.windows({}).any(|part| part == {text})", rest.len()),
    })
}

fn sleep(program: &mut Program, ms: u64) {
    program.imports.extend(["std::thread", "std::time::Duration"]);
    program.line(format!("thread::sleep(Duration::from_millis({ms}));"));
}

/// The number that a template always is.
fn number(template: &Template) -> Option<u64> {
    match template.pieces().collect::<Vec<_>>().as_slice() {
        [Ok(text)] => text.trim().parse().ok(),
        _ => None,
    }
}

/// Rust's type and byte order.
pub(super) fn kind(prefix: Prefix) -> (&'static str, &'static str) {
    match prefix {
        Prefix::U8 => ("u8", "be"),
        Prefix::U16Be => ("u16", "be"),
        Prefix::U16Le => ("u16", "le"),
        Prefix::U32Be => ("u32", "be"),
        Prefix::U32Le => ("u32", "le"),
        Prefix::U64Be => ("u64", "be"),
        Prefix::U64Le => ("u64", "le"),
        Prefix::I64Be => ("i64", "be"),
        Prefix::I64Le => ("i64", "le"),
    }
}
