//! One thread for all clients, with `selectors`: nothing in it may wait, so what is sent is put aside until it can leave.

use super::{actions::Writer, answers, text::struct_format};
use crate::{
    export::code::{actions, at_the_end, counts, program::Program, repeated},
    framing::Framing,
    net::responder::{Rules, Then},
    text::python,
};

/// Whether nothing in these rules waits, so that one thread can serve all clients.
pub(super) fn never_waits(rules: &Rules) -> bool {
    rules.close_after_ms == 0
        && repeated(rules).next().is_none()
        && actions(rules).all(|action| match action {
            Then::Script(script) => script.gap_ms == 0,
            Then::Ask
            | Then::Receive(_)
            | Then::Await(_)
            | Then::AwaitEnd
            | Then::WaitMs(_)
            | Then::Split(_)
            | Then::HalfClose
            | Then::NextClient
            | Then::Chargen => false,
            _ => true,
        })
}

/// The class of a client in the event loop.
pub(super) fn client(writer: &mut Writer<'_>, program: &mut Program) {
    let rules = writer.rules;
    program.line("selector = selectors.DefaultSelector()\nclients = set()\n\n");
    program.block("class Client:", |program| {
        program.line("\"\"\"One connection: what it is, and what is still to be sent.\"\"\"\n");
        program.block("def __init__(self, sock, peer):", |program| {
            program.line("self.sock, self.peer, self.open = sock, peer, True");
            program.line("self.out = bytearray()");
            if rules.framing != Framing::None {
                program.line("self.buffer = b''");
            }
            if counts(rules) {
                program.line("self.number = 0");
            }
            program.line("sock.setblocking(False)\nselector.register(sock, selectors.EVENT_READ, self)\nclients.add(self)");
            if !rules.connect.is_empty() {
                program.line("self.connected()\nself.update()");
            }
        });
        if !rules.connect.is_empty() {
            program.line("");
            program.block("def connected(self, message=b''):", |program| {
                writer.actions(program, &rules.connect);
            });
        }
        program.line("");
        program.block("def answer(self, message):", |program| {
            if actions(rules).any(|action| matches!(action, Then::Close | Then::Reset)) {
                program.line("if not self.open:\n    return");
            }
            if counts(rules) {
                program.line("self.number += 1");
            }
            program.line(writer.shows.replace("data", "message"));
            answers(writer, program);
        });
        let at_the_end = at_the_end(rules);
        if !at_the_end.is_empty() {
            program.line("");
            program.block("def ended(self, message=b''):", |program| {
                writer.actions(program, at_the_end);
            });
        }
        program.line("");
        program.block("def ready(self, events):", |program| {
            program.block("try:", |program| {
                program.block("if events & selectors.EVENT_READ:", |program| {
                    program.line(format!("data = self.sock.recv({})", writer.recv_bytes));
                    program.block("if data:", |program| received(&rules.framing, program));
                    program.block("else:", |program| {
                        if !at_the_end.is_empty() {
                            program.line("self.ended()");
                        }
                        program.line("self.open = False");
                    });
                });
                program.line("if self.out:\n    del self.out[:self.sock.send(self.out)]");
            });
            program.line("except BlockingIOError:\n    pass  # later\nexcept (OSError, ValueError):\n    self.open, self.out = False, bytearray()");
            program.line("self.update()");
        });
        program.line("");
        program.block("def update(self):", |program| {
            program.line(
                "if self.open or self.out:\n    events = selectors.EVENT_READ if self.open else 0\n    events |= \
                 selectors.EVENT_WRITE if self.out else 0\n    selector.modify(self.sock, events, self)\nelif self in clients:\n    \
                 clients.discard(self)\n    selector.unregister(self.sock)\n    self.sock.close()",
            );
        });
    });
    program.imports.insert("selectors");
}

/// What came, cut into messages.
fn received(framing: &Framing, program: &mut Program) {
    match framing {
        Framing::None | Framing::Header(_) | Framing::Silence(_) => program.line("self.answer(data)"),
        Framing::Line => program.line(
            "*lines, self.buffer = (self.buffer + data).split(b'\\n')\nfor line in lines:\n    \
             self.answer(line.removesuffix(b'\\r'))",
        ),
        Framing::Delimiter(delimiter) => program.line(format!(
            "*whole, self.buffer = (self.buffer + data).split({})\nfor message in whole:\n    self.answer(message)",
            python::literal(delimiter.bytes())
        )),
        Framing::Fixed(size) => program.line(format!(
            "self.buffer += data\nwhile len(self.buffer) >= {size}:\n    message, self.buffer = self.buffer[:{size}], \
             self.buffer[{size}:]\n    self.answer(message)"
        )),
        Framing::Prefix(prefix) | Framing::SelfPrefix(prefix) => {
            program.imports.insert("struct");
            program.line(format!(
                "self.buffer += data\nwhile len(self.buffer) >= {width}:\n    (length,) = struct.unpack_from(\"{format}\", \
                 self.buffer)\n{own}    if not 0 <= length <= LIMIT:\n        raise OSError(f\"a length of {{length}}\")\n    end = \
                 {width} + length\n    if len(self.buffer) < end:\n        break\n    message, self.buffer = \
                 self.buffer[{width}:end], self.buffer[end:]\n    self.answer(message)",
                width = prefix.width(),
                own = match framing {
                    Framing::SelfPrefix(_) => format!("    length -= {}  # the number counts itself\n", prefix.width()),
                    _ => String::new(),
                },
                format = struct_format(*prefix)
            ));
        }
    }
    if !matches!(framing, Framing::None) {
        program.line("if len(self.buffer) > LIMIT + 8:\n    raise OSError(\"a message over the limit\")");
    }
}

/// The loop itself.
pub(super) fn run(program: &mut Program) {
    program.line("selector.register(listener, selectors.EVENT_READ)");
    program.block("while True:", |program| {
        program.block("for key, events in selector.select():", |program| {
            program.line("if key.data:\n    key.data.ready(events)\nelse:\n    Client(*listener.accept())");
        });
    });
}
