//! Functions that are the same in every program that needs them.

use super::{
    super::program::Program,
    statements::{Writer, bytes, kind},
};
use crate::framing::{self, Framing};

impl Writer<'_> {
    /// Those that `body` calls.
    pub fn helpers(&self, program: &mut Program, body: &str) {
        let mut function = |call: &str, text: &str| {
            if body.contains(call) {
                program.line("");
                program.line(text);
            }
        };
        function("receive(&mut reader)", &self.receives());
        function("framed(", &self.framed());
        function("to_others(", OTHERS);
        function("repr(&", REPR);
        function("hex(&", HEX);
        function("seconds_since_1900()", SECONDS);
    }

    /// A function that takes one message out of a stream.
    fn receives(&self) -> String {
        let limit = framing::LIMIT;
        let (doc, argument, text) = match &self.rules.framing {
            // `code` refuses a header, and rules have no silence.
            Framing::None | Framing::Header(_) | Framing::Silence(_) => (
                "What one read returns",
                "Read",
                format!(
                    "let mut buffer = vec![0; {}];\nlet count = reader.read(&mut buffer)?;\nbuffer.truncate(count);\n\
                     Ok((count > 0).then_some(buffer))",
                    self.recv_bytes
                ),
            ),
            Framing::Line => (
                "The next line",
                "BufRead",
                format!(
                    "let mut line = Vec::new();\nreader.take({limit}).read_until(b'\\n', &mut line)?;\n\
                     if line.pop() != Some(b'\\n') {{\n    return Ok(None);\n}}\nif line.ends_with(b\"\\r\") {{\n    \
                     line.pop();\n}}\nOk(Some(line))"
                ),
            ),
            Framing::Delimiter(delimiter) => {
                let end = delimiter.bytes();
                let last = end.last().copied().unwrap_or_default();
                (
                    "The next message",
                    "BufRead",
                    format!(
                        "let end = {};\nlet mut message = Vec::new();\nwhile !message.ends_with(end) {{\n    \
                         if message.len() > {limit} || reader.read_until({last}, &mut message)? == 0 {{\n        \
                         return Ok(None);\n    }}\n}}\nmessage.truncate(message.len() - end.len());\nOk(Some(message))",
                        bytes(end)
                    ),
                )
            }
            Framing::Fixed(size) => ("The next message", "Read", format!("exactly(reader, {size})")),
            Framing::Prefix(prefix) | Framing::SelfPrefix(prefix) => {
                let (kind, order) = kind(*prefix);
                let rest = match self.rules.framing {
                    Framing::SelfPrefix(_) => {
                        format!(".map(|length| length.wrapping_sub({})) /* the number counts itself */", prefix.width())
                    }
                    _ => String::new(),
                };
                (
                    "The next message",
                    "Read",
                    format!(
                        "let Some(head) = exactly(reader, {})? else {{ return Ok(None) }};\n\
                         let length = {kind}::from_{order}_bytes(head.try_into().unwrap_or_default());\n\
                         match u64::try_from(length){rest} {{\n    Ok(length) if length <= {limit} => exactly(reader, length),\n    \
                         _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!(\"a length of {{length}}\"))),\n}}",
                        prefix.width()
                    ),
                )
            }
        };
        let inside = text.replace('\n', "\n    ");
        let function = format!(
            "/// {doc}; `None` at the end of the stream.\nfn receive(reader: &mut impl {argument}) -> \
             io::Result<Option<Vec<u8>>> {{\n    {inside}\n}}"
        );
        if inside.contains("exactly(") { format!("{function}\n\n{EXACTLY}") } else { function }
    }

    /// A function that marks a message.
    fn framed(&self) -> String {
        let text = match &self.rules.framing_out {
            Framing::None | Framing::Header(_) | Framing::Silence(_) => "message.to_vec()".to_owned(),
            Framing::Line => "[message, b\"\\n\"].concat()".to_owned(),
            Framing::Delimiter(delimiter) => format!("[message, {}].concat()", bytes(delimiter.bytes())),
            Framing::Fixed(size) => {
                format!("let mut bytes = message.to_vec();\n    bytes.resize({size}, 0);\n    bytes")
            }
            Framing::Prefix(prefix) => {
                let (kind, order) = kind(*prefix);
                format!("[&(message.len() as {kind}).to_{order}_bytes()[..], message].concat()")
            }
            Framing::SelfPrefix(prefix) => {
                let ((kind, order), own) = (kind(*prefix), prefix.width());
                format!("[&(({own} + message.len()) as {kind}).to_{order}_bytes()[..], message].concat()")
            }
        };
        format!("/// A message as it is sent.\nfn framed(message: &[u8]) -> Vec<u8> {{\n    {text}\n}}")
    }
}

const EXACTLY: &str = "/// So many bytes; `None` if the stream ends before.
fn exactly(reader: &mut impl Read, length: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(length).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 == length).then_some(bytes))
}";

const REPR: &str = r#"/// Bytes as Python's `repr` writes them.
fn repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut text = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            _ if byte == b'\\' || char::from(byte) == quote => text.extend(['\\', char::from(byte)]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push(quote);
    text
}"#;

const OTHERS: &str = "/// The clients that are connected.
static CLIENTS: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());

/// To all clients but this one.
fn to_others(peer: SocketAddr, data: &[u8]) {
    for mut other in CLIENTS.lock().unwrap().iter() {
        if other.peer_addr().is_ok_and(|addr| addr != peer) {
            // One that is gone is its own thread's business.
            let _ = other.write_all(data);
        }
    }
}";

const HEX: &str = r#"/// Bytes as pairs of hex digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}"#;

const SECONDS: &str = "/// RFC 868.
fn seconds_since_1900() -> u32 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    now.as_secs().wrapping_add(2_208_988_800) as u32
}";
