//! Lines that a person types: each with its answer, or in a thread of their own.

use super::{actions::Writer, text::string};
use crate::{
    export::code::program::Program,
    net::responder::{EmptyLine, Leave, Lines, Then},
};

/// What becomes of a line before it is sent: it may end everything, or be nothing.
fn line_rules(writer: &mut Writer<'_>, program: &mut Program, lines: &Lines, leave: &[&str]) {
    writer.typed = true;
    program.line("line = line.rstrip(\"\\n\")");
    if let Some(quit) = &lines.quit {
        program.block(format!("if line == {}:", string(quit)), |program| {
            if lines.quit_sends {
                writer.reply(program, &lines.send, None);
            }
            program.line(leave.join("\n"));
        });
    }
    match lines.empty {
        EmptyLine::Ignored => program.line("if not line:\n    continue"),
        EmptyLine::Sent => {}
        EmptyLine::Ends => program.block("if not line:", |program| program.line(leave.join("\n"))),
    }
}

/// A line, an answer, a line, an answer.
pub(super) fn ping_pong(writer: &mut Writer<'_>, program: &mut Program, lines: &Lines) {
    program.imports.insert("sys");
    let leave: &[&str] = match lines.leave {
        Leave::HalfClose if writer.style.is_stream() => &["break"],
        Leave::Close | Leave::HalfClose => &["return"],
        Leave::Reset => {
            program.imports.insert("struct");
            &[RESET, "return"]
        }
    };
    program.block("for line in sys.stdin:", |program| {
        line_rules(writer, program, lines, leave);
        writer.reply(program, &lines.send, None);
        writer.typed = false;
        program.line(writer.receives());
        if writer.style.is_stream() {
            program.line("if not data:\n    return  # the peer has ended");
        }
        program.line(writer.shows.clone());
        if writer.shows.contains("end=") {
            program.line("print()");
        }
    });
    if lines.leave == Leave::HalfClose && writer.style.is_stream() {
        writer.some_half_close(program);
    }
    if !writer.rules.rules.is_empty() {
        program.line("# Rules for other messages are left out here: each line waits for its answer.");
    }
}

const RESET: &str =
    "sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(\"ii\", 1, 0))  # close sends RST";

impl Writer<'_> {
    fn some_half_close(&mut self, program: &mut Program) {
        self.actions(program, &[Then::HalfClose, Then::AwaitEnd]);
    }
}

/// The function that sends what is typed while another thread receives.
pub(super) fn typed(writer: &mut Writer<'_>, program: &mut Program, lines: &Lines) {
    program.imports.extend(["os", "sys"]);
    let stream = writer.style.is_stream();
    let leave: &[&str] = match lines.leave {
        _ if !stream => &["os._exit(0)"],
        Leave::Close => &["sock.shutdown(socket.SHUT_RDWR)", "return"],
        Leave::HalfClose => &["break"],
        Leave::Reset => {
            program.imports.insert("struct");
            &[RESET, "sock.shutdown(socket.SHUT_RD)  # wakes the other thread", "return"]
        }
    };
    program.block("def typed(sock):", |program| {
        program.line("\"\"\"Sends what a person types.\"\"\"");
        program.block("for line in sys.stdin:", |program| {
            line_rules(writer, program, lines, leave);
            writer.reply(program, &lines.send, None);
            writer.typed = false;
        });
        program.line(if stream { "sock.shutdown(socket.SHUT_WR)" } else { "os._exit(0)" });
    });
}
