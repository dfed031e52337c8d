//! Actions as Python statements.

use super::{
    super::{name, program::Program, seconds},
    text::{Names, codec_or_latin, string, template, template_number, template_text},
};
use crate::{
    framing::Framing,
    net::responder::{Page, Rules, Script, Split, Template, Then},
    text::python,
};

/// How the program talks to its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// A stream, and a thread that may wait.
    Stream,
    /// A stream in an event loop: what is sent is put aside.
    Loop,
    /// Datagrams to and from whoever comes.
    Datagrams,
    /// Datagrams to and from one peer.
    Connected,
}

impl Style {
    pub fn is_stream(self) -> bool {
        matches!(self, Self::Stream | Self::Loop)
    }
}

/// Where statements stand, and what became of them.
#[expect(clippy::struct_excessive_bools, reason = "each is a circumstance of its own")]
pub(super) struct Writer<'w> {
    pub rules: &'w Rules,
    pub style: Style,
    pub recv_bytes: usize,
    /// What shows `data` that came, as a statement.
    pub shows: String,
    pub v6: bool,
    /// A regular expression whose groups may be empty is what it answers to.
    pub optional_groups: bool,
    /// Whether one client is served after the other, so that one may be left open until the next comes.
    pub one_by_one: bool,
    /// In the thread of a rule that speaks every so often.
    pub in_timer: bool,
    /// Where `line` is what a person typed.
    pub typed: bool,
    /// Helpers that the program needs.
    pub helpers: Helpers,
    /// Things that are sent or otherwise done.
    pub done: usize,
    /// What could not be translated.
    pub left_out: Vec<&'static str>,
}

/// Functions at the top of the program.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one function that is there or not")]
pub(super) struct Helpers {
    pub framed: bool,
    pub pieces: bool,
    pub others: bool,
    pub file: bool,
    pub no_delay: bool,
    pub kept: bool,
}

/// Whether what is behind an action is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    Ends,
}

impl Writer<'_> {
    pub fn names(&self) -> Names<'_> {
        let in_loop = self.style == Style::Loop;
        let file = self.rules.file.clone().unwrap_or_default();
        let of_path = || file.path.as_ref()?.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = if file.name.is_empty() { of_path().unwrap_or_default() } else { file.name };
        Names {
            charset: self.rules.encoding,
            charset_in: super::super::charset_in(self.rules),
            sock: if in_loop { "self.sock" } else { "sock" },
            peer: if self.typed {
                "sock.getpeername()"
            } else if in_loop {
                "self.peer"
            } else {
                "peer"
            },
            // A line answers no message.
            message: if self.typed { "b''" } else { "message" },
            number: if self.typed {
                "0"
            } else if in_loop {
                "self.number"
            } else {
                "number"
            },
            v6: self.v6,
            file: (name, "len(FILE)"),
            optional_groups: self.optional_groups,
            typed: self.typed,
        }
    }

    /// The actions of one rule.
    pub fn actions(&mut self, program: &mut Program, actions: &[Then]) -> Flow {
        let before = program.text().len();
        let flow = self.some(program, actions, None);
        pass(program, before);
        flow
    }

    fn some(&mut self, program: &mut Program, actions: &[Then], mut split: Option<Split>) -> Flow {
        for (index, action) in actions.iter().enumerate() {
            match action {
                Then::Split(new) => split = Some(*new),
                Then::DropPercent(percent) => {
                    program.imports.insert("random");
                    let rest = actions.get(index + 1..).unwrap_or_default();
                    program.block(format!("if random.random() * 100 >= {percent}:"), |program| {
                        let before = program.text().len();
                        self.some(program, rest, split);
                        pass(program, before);
                    });
                    return Flow::On;
                }
                action => {
                    if self.one(program, action, split) == Flow::Ends {
                        return Flow::Ends;
                    }
                }
            }
        }
        Flow::On
    }

    fn one(&mut self, program: &mut Program, action: &Then, split: Option<Split>) -> Flow {
        let (from, to) = (codec_or_latin(self.names().charset_in), codec_or_latin(self.names().charset));
        match action {
            Then::Echo => self.send(program, "message", split),
            Then::Upper => self.send(program, "message.upper()", split),
            Then::UpperText => {
                let text = format!("message.decode(\"{from}\", \"replace\").upper().encode(\"{to}\", \"replace\")");
                self.send(program, &text, split);
            }
            Then::Strip => program.line("message = message.strip()"),
            Then::Reply(template) => self.reply(program, template, split),
            Then::ReplyHex(hex) => self.send(program, &python::literal(hex.bytes()), split),
            Then::OneOf(templates) => {
                program.imports.insert("random");
                let choices: Vec<_> = templates.iter().map(|template| self.expression(program, template)).collect();
                self.send(program, &format!("random.choice([{}])", choices.join(", ")), split);
            }
            Then::Script(script) => self.script(program, script, split),
            Then::File => {
                self.helpers.file = true;
                self.raw(program, "FILE", split);
            }
            Then::Strftime(template) => {
                program.imports.insert("time");
                let (usual, imports) = template_text(template, &self.names());
                program.imports.extend(imports);
                program.line(format!("format = message.decode(\"{from}\", \"replace\") or {usual}"));
                self.send(program, &format!("time.strftime(format).encode(\"{to}\", \"replace\")"), split);
            }
            Then::Chargen => return self.chargen(program),
            Then::Page(page) => self.page(program, page, split),
            Then::Others(template) => self.others(program, template),
            Then::Ask if self.style != Style::Loop => {
                program.line("line = input()  # a person answers");
                self.send(program, &format!("line.encode(\"{to}\", \"replace\")"), split);
            }
            Then::Receive(template) if self.style == Style::Stream => self.receive(program, template),
            Then::Await(count) if self.style != Style::Loop => self.wait(program, *count),
            Then::AwaitEnd if self.style == Style::Stream => {
                self.done += 1;
                program.block(format!("while data := sock.recv({}):", self.recv_bytes), |program| {
                    program.line(&self.shows);
                });
            }
            Then::WaitMs(ms) if self.style != Style::Loop => {
                program.imports.insert("time");
                program.line(format!("time.sleep({})", seconds(*ms)));
            }
            Then::HalfClose if self.style == Style::Stream => {
                self.done += 1;
                program.line("sock.shutdown(socket.SHUT_WR)");
            }
            Then::NextClient if self.one_by_one && !self.in_timer => {
                self.helpers.kept = true;
                program.line("return True  # the next client");
                return Flow::Ends;
            }
            Then::Close | Then::Reset => return self.close(program, *action == Then::Reset),
            // Datagrams have no end of a direction, and a socket of theirs no other clients.
            Then::Nothing | Then::HalfClose | Then::AwaitEnd if !self.style.is_stream() => {}
            Then::Nothing => {}
            other => self.leave_out(program, name(other)),
        }
        Flow::On
    }

    /// A comment where something should stand.
    pub fn leave_out(&mut self, program: &mut Program, what: &'static str) {
        self.left_out.push(what);
        program.line(format!("# Twocan does \"{what}\" here; this program does not."));
    }

    fn expression(&self, program: &mut Program, text: &Template) -> String {
        let (expression, imports) = template(text, &self.names());
        program.imports.extend(imports);
        expression
    }

    /// A template as a message.
    pub fn reply(&mut self, program: &mut Program, text: &Template, split: Option<Split>) {
        self.helpers.file |= text.pieces().any(|piece| matches!(piece, Err(crate::net::responder::Slot::FileSize(_))));
        let expression = self.expression(program, text);
        self.send(program, &expression, split);
    }

    /// A message, in its framing.
    pub fn send(&mut self, program: &mut Program, message: &str, split: Option<Split>) {
        if self.style.is_stream() && self.rules.framing_out != Framing::None {
            self.helpers.framed = true;
            self.raw(program, &format!("framed({message})"), split);
        } else {
            self.raw(program, message, split);
        }
    }

    /// Bytes that have their form.
    fn raw(&mut self, program: &mut Program, data: &str, split: Option<Split>) {
        self.done += 1;
        let send = |data: &str| match self.style {
            Style::Stream => format!("sock.sendall({data})"),
            Style::Loop => format!("self.out += {data}"),
            Style::Datagrams => format!("sock.sendto({data}, peer)"),
            Style::Connected => format!("sock.send({data})"),
        };
        match split {
            Some(split) if self.style != Style::Loop => {
                let gap = if split.gap_ms > 0 { format!(", {}", seconds(split.gap_ms)) } else { String::new() };
                let line = send("piece");
                program
                    .block(format!("for piece in pieces({data}, {}{gap}):", split.bytes), |program| program.line(line));
                program.imports.insert("time");
                (self.helpers.pieces, self.helpers.no_delay) = (true, true);
            }
            _ => program.line(send(data)),
        }
    }

    fn script(&mut self, program: &mut Program, script: &Script, split: Option<Split>) {
        self.helpers.no_delay = true;
        let gap = (script.gap_ms > 0).then(|| seconds(script.gap_ms));
        if gap.is_some() {
            program.imports.insert("time");
        }
        let texts: Option<Vec<_>> = script
            .messages
            .iter()
            .map(|template| match template.pieces().collect::<Vec<_>>().as_slice() {
                [Ok(text)] => Some(string(text)),
                _ => None,
            })
            .collect();
        if let Some(texts) = texts.filter(|texts| texts.len() > 2 && split.is_none()) {
            let codec = codec_or_latin(self.rules.encoding);
            let names = if gap.is_some() { "index, text" } else { "text" };
            let mut list = format!("[{}]", texts.join(", "));
            if gap.is_some() {
                list = format!("enumerate({list})");
            }
            program.block(format!("for {names} in {list}:"), |program| {
                if let Some(gap) = &gap {
                    program.line(format!("time.sleep({gap} if index else 0)"));
                }
                self.send(program, &format!("text.encode(\"{codec}\")"), None);
            });
            return;
        }
        for (index, template) in script.messages.iter().enumerate() {
            if let (Some(gap), 1..) = (&gap, index) {
                program.line(format!("time.sleep({gap})"));
            }
            self.reply(program, template, split);
        }
    }

    fn chargen(&mut self, program: &mut Program) -> Flow {
        match self.style {
            Style::Loop => {
                self.leave_out(program, "chargen");
                Flow::On
            }
            Style::Stream => {
                self.done += 1;
                program.line("pattern = bytes(range(32, 127)) * 2  # RFC 864");
                program.line("first = 0");
                program.block("while True:", |program| {
                    program.line("sock.sendall(pattern[first:first + 72] + b'\\r\\n')");
                    program.line("first = (first + 1) % 95");
                });
                Flow::Ends
            }
            Style::Datagrams | Style::Connected => {
                program.imports.insert("random");
                program.line("first = random.randrange(95)");
                program.line("pattern = bytes(range(32, 127)) * 7  # RFC 864");
                self.raw(program, "pattern[first:first + random.randrange(513)]", None);
                Flow::On
            }
        }
    }

    /// With the headers that RFC 9112 and RFC 9110 ask for.
    fn page(&mut self, program: &mut Program, page: &Page, split: Option<Split>) {
        program.imports.insert("email.utils");
        let body = self.expression(program, &page.body);
        let type_and_charset = format!("{}; charset={}", page.media_type, self.rules.encoding.name());
        program.line(format!("body = {body}"));
        program.line("head = (");
        let lines = [
            string(&format!("HTTP/1.1 {}\r\n", page.status)),
            "f\"Date: {email.utils.formatdate(usegmt=True)}\\r\\n\"".to_owned(),
            string(&format!("Content-Type: {type_and_charset}\r\n")),
            "f\"Content-Length: {len(body)}\\r\\n\"".to_owned(),
            string("Connection: close\r\n\r\n"),
        ];
        for line in lines {
            program.line(format!("    {line}"));
        }
        program.line(").encode(\"ascii\")");
        program.line("if message.startswith(b'HEAD '):");
        program.line("    body = b''");
        self.raw(program, "head + body", split);
    }

    fn others(&mut self, program: &mut Program, text: &Template) {
        let expression = self.expression(program, text);
        let mut data = expression;
        if self.style.is_stream() && self.rules.framing_out != Framing::None {
            self.helpers.framed = true;
            data = format!("framed({data})");
        }
        self.done += 1;
        match self.style {
            Style::Stream => {
                self.helpers.others = true;
                program.line(format!("to_others(sock, {data})"));
            }
            Style::Loop => {
                program.block("for other in clients - {self}:", |program| {
                    program.line(format!("other.out += {data}"));
                    program.line("other.update()");
                });
            }
            Style::Datagrams => {
                self.helpers.others = true;
                program.block("for other in heard - {peer}:", |program| {
                    program.line(format!("sock.sendto({data}, other)"));
                });
            }
            Style::Connected => self.leave_out(program, "others"),
        }
    }

    fn receive(&mut self, program: &mut Program, template: &Template) {
        self.done += 1;
        let (count, imports) = template_number(template, &self.names());
        program.imports.extend(imports);
        program.line(format!("rest = {count}"));
        program.block("while rest > 0 and (data := sock.recv(min(rest, 65536))):", |program| {
            program.line("rest -= len(data)");
        });
    }

    fn wait(&mut self, program: &mut Program, count: u64) {
        self.done += 1;
        let one = self.receives();
        let shows = self.shows.clone();
        let inside = |program: &mut Program| {
            program.line(&one);
            program.line(&shows);
        };
        if count == 1 {
            inside(program);
        } else {
            program.block(format!("for _ in range({count}):"), inside);
        }
    }

    /// A statement that receives one message as `data`.
    pub fn receives(&self) -> String {
        match self.style {
            _ if self.style.is_stream() && self.rules.framing != Framing::None => "data = next(incoming, b'')".into(),
            Style::Datagrams => format!("data, peer = sock.recvfrom({})", self.recv_bytes),
            _ => format!("data = sock.recv({})", self.recv_bytes),
        }
    }

    pub fn close(&mut self, program: &mut Program, resets: bool) -> Flow {
        self.done += 1;
        let sock = self.names().sock;
        if resets && self.style.is_stream() {
            program.imports.insert("struct");
            program.line(format!(
                "{sock}.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(\"ii\", 1, 0))  # close sends RST"
            ));
        }
        if self.style == Style::Loop {
            program.line("self.open = False");
        }
        if self.in_timer {
            // The thread that reads wakes up, and closes.
            program.line(if resets { "sock.shutdown(socket.SHUT_RD)" } else { "sock.shutdown(socket.SHUT_RDWR)" });
        }
        program.line("return");
        Flow::Ends
    }
}

/// A block of comments alone is none to Python.
fn pass(program: &mut Program, before: usize) {
    let written = program.text().get(before..).unwrap_or_default();
    if written.lines().all(|line| line.trim_start().starts_with('#')) {
        program.line("pass");
    }
}
