//! Functions that are the same in every program that needs them.

use super::{
    actions::{Style, Writer},
    text::{self, string, struct_format},
};
use crate::{
    export::code::program::Program,
    framing::{self, Framing},
    text::python,
};

/// Functions that are the same in every program that needs them.
pub(super) fn helpers(writer: &Writer<'_>, program: &mut Program) {
    let rules = writer.rules;
    let mut function = |text: &str| {
        program.line(text);
        program.line("\n");
    };
    if writer.helpers.file {
        let file = rules.file.clone().unwrap_or_default();
        function(&match file.path {
            Some(path) => {
                let path = string(&path.to_string_lossy());
                format!("with open({path}, \"rb\") as file:\n    FILE = file.read()")
            }
            None => format!("FILE = {}", text::bytes(rules.encoding, &file.text)),
        });
    }
    if writer.style.is_stream() && rules.framing != Framing::None {
        function(&format!("LIMIT = {}  # the longest message, in bytes", framing::LIMIT));
        if writer.style == Style::Stream {
            function(&messages(&rules.framing, writer.recv_bytes));
        }
    }
    if writer.helpers.framed {
        let expression = match &rules.framing_out {
            // `code` refuses a header, and rules have no silence.
            Framing::None | Framing::Header(_) | Framing::Silence(_) => "message".to_owned(),
            Framing::Line => "message + b'\\n'".to_owned(),
            Framing::Delimiter(delimiter) => format!("message + {}", python::literal(delimiter.bytes())),
            Framing::Fixed(size) => format!("message.ljust({size}, b'\\x00')"),
            Framing::Prefix(prefix) => format!("struct.pack(\"{}\", len(message)) + message", struct_format(*prefix)),
            Framing::SelfPrefix(prefix) => {
                format!("struct.pack(\"{}\", {} + len(message)) + message", struct_format(*prefix), prefix.width())
            }
        };
        function(&format!("def framed(message):\n    \"\"\"A message as it is sent.\"\"\"\n    return {expression}"));
    }
    if writer.helpers.pieces {
        function(
            "def pieces(data, size, gap=0):\n    \"\"\"Data in pieces of a size, with a gap between them.\"\"\"\n    for start in \
             range(0, len(data), size):\n        time.sleep(gap if start else 0)\n        yield data[start:start + size]",
        );
    }
    if rules.close_after_ms > 0 && writer.style == Style::Stream {
        function(
            "def close_later(sock):\n    \"\"\"Ends the conversation; recv returns b'' at once.\"\"\"\n    with \
             contextlib.suppress(OSError):\n        sock.shutdown(socket.SHUT_RDWR)",
        );
    }
    if writer.helpers.others && writer.style == Style::Stream {
        function(
            "clients = set()\n\n\ndef to_others(sock, data):\n    \"\"\"To all clients but this one.\"\"\"\n    for other in \
             clients - {sock}:\n        with contextlib.suppress(OSError):\n            other.sendall(data)",
        );
    }
}

/// A function that cuts a stream into messages.
fn messages(framing: &Framing, recv_bytes: usize) -> String {
    let head = "def messages(sock):\n    \"\"\"The messages of a stream, however it comes in.\"\"\"\n";
    let with = "    with sock.makefile(\"rb\") as stream:\n";
    match framing {
        Framing::None | Framing::Header(_) | Framing::Silence(_) => String::new(),
        Framing::Line => format!(
            "{head}{with}        while (line := stream.readline(LIMIT)).endswith(b'\\n'):\n            \
             yield line[:-1].removesuffix(b'\\r')"
        ),
        Framing::Delimiter(delimiter) => format!(
            "{head}    buffer = b''\n    while len(buffer) <= LIMIT and (data := sock.recv({recv_bytes})):\n        \
             *whole, buffer = (buffer + data).split({})\n        yield from whole",
            python::literal(delimiter.bytes())
        ),
        Framing::Fixed(size) => format!(
            "{head}{with}        while len(message := stream.read({size})) == {size}:\n            yield message"
        ),
        Framing::Prefix(prefix) | Framing::SelfPrefix(prefix) => format!(
            "{head}{with}        while len(head := stream.read({width})) == {width}:\n            \
             (length,) = struct.unpack(\"{format}\", head)\n{own}            if not 0 <= length <= LIMIT:\n                \
             raise ValueError(f\"a length of {{length}}: {{head!r}}\")\n            message = stream.read(length)\n            \
             if len(message) < length:\n                return  # the peer ended within a message\n            yield message",
            width = prefix.width(),
            own = match framing {
                Framing::SelfPrefix(_) => {
                    format!("            length -= {}  # the number counts itself\n", prefix.width())
                }
                _ => String::new(),
            },
            format = struct_format(*prefix)
        ),
    }
}
