//! A responder as data: what is said on connect, then ordered rules, each *when* → *then*.
//!
//! The same data describes a server that answers and a client that follows a script; in a file it is TOML. Everything in
//! it is checked when it is read ([`Rules::parse`](super::Rules::parse)): a template, a regular expression or a pattern that
//! cannot work is an error with its line and column and never a surprise at the peer's end.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{
    pattern::{Expression, HexBytes, Pattern},
    template::Template,
};
use crate::{framing::Framing, text::Charset};

/// Messages a second that a responder answers at most, unless its rules say otherwise.
pub const RATE: u32 = 10_000;

/// What a socket says by itself. The first rule that fits an input decides; the others are not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// What it is called.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The encoding of everything that is written here and sent.
    pub encoding: Charset,
    /// The encoding in which received bytes are read for `{text}` and for upper-casing as text, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding_in: Option<Charset>,
    /// How received bytes become messages (TCP; a datagram is one message).
    pub framing: Framing,
    /// How messages that are sent are marked (TCP).
    pub framing_out: Framing,
    /// Messages a second that are answered at most, at least 1; what is more waits for the next second.
    pub rate: u32,
    /// After how many milliseconds the socket closes by itself; 0 for never.
    #[serde(skip_serializing_if = "is_zero")]
    pub close_after_ms: u64,
    /// Done once the connection stands (TCP), or the socket is bound and has a peer (UDP).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connect: Vec<Then>,
    /// What is answered to what.
    #[serde(rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What becomes of the lines that a person types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    /// The file that `{file.name}`, `{file.size}` and the action `file` mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Served>,
    /// The user has read what running programs risks, and wants it. Never read from a file.
    #[serde(skip)]
    pub commands_confirmed: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            name: String::new(),
            encoding: Charset::UTF_8,
            encoding_in: None,
            framing: Framing::None,
            framing_out: Framing::None,
            rate: RATE,
            close_after_ms: 0,
            connect: Vec::new(),
            rules: Vec::new(),
            lines: None,
            file: None,
            commands_confirmed: false,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn time_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
    let template = Template::deserialize(deserializer)?;
    template.is_time_format().map_err(de::Error::custom)?;
    Ok(template)
}

/// When this, then that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it answers to.
    pub when: When,
    /// What is done, in this order.
    pub then: Vec<Then>,
}

/// What a rule answers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Any message.
    Any,
    /// A message that is exactly this.
    Exact(Pattern),
    /// A message with this in it.
    Contains(Pattern),
    /// A message that starts with this.
    Starts(Pattern),
    /// A message that ends with this.
    Ends(Pattern),
    /// A message in which the expression is found. It is searched in the bytes; `{1}` … are what its groups caught.
    Regex(Expression),
    /// An empty datagram, or an empty message of a framing.
    Empty,
    /// The n-th message of this connection (UDP: of this socket), counted from 1.
    Message(u64),
    /// The peer has ended its direction: `recv` returned 0.
    End,
    /// Every so many milliseconds, at least 1, from the connection on.
    EveryMs(u64),
}

/// One thing that is done. All of a rule's actions happen in their order; what takes time delays those behind it, and
/// also the answers to later messages, as it does in a program that sleeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// Nothing. As the only action it keeps later rules from answering.
    Nothing,
    /// The message's own bytes.
    Echo,
    /// The message's bytes with `a` to `z` in upper case, whatever they are part of.
    Upper,
    /// The message's text in upper case.
    UpperText,
    /// What is behind it takes the message without the white space at both ends, as Python's `bytes.strip()`.
    Strip,
    /// A text with placeholders, encoded.
    Reply(Template),
    /// These bytes.
    ReplyHex(HexBytes),
    /// One of these, by chance.
    OneOf(Vec<Template>),
    /// These messages one after the other.
    Script(Script),
    /// The bytes of [`Rules::file`].
    File,
    /// The time, in the `strftime` format that the message is; an empty message stands for this format.
    Strftime(#[serde(deserialize_with = "time_format")] Template),
    /// Lines of 72 printable characters (RFC 864): without end on TCP, one datagram of 0 to 512 characters on UDP.
    Chargen,
    /// A web page, with the headers that HTTP/1.1 asks for (RFC 9112) or without.
    Page(Page),
    /// This to all other connections of the server (UDP: to all others that were heard), not to the peer itself.
    Others(Template),
    /// The person at the window (or standard input) answers; until then what is behind it waits.
    Ask,
    /// The message is a command line for a shell of our own, over a tree of files that do not exist.
    Shell,
    /// The message is the command line of a real program. Only on loopback, and only with the user's word.
    Command(Commands),
    /// The next so many bytes are received and not answered; a template that gives a number. What is behind it waits.
    Receive(Template),
    /// What is behind it waits until so many further messages have come; rules do not answer them. Messages that came
    /// before and that no rule answered count.
    Await(u64),
    /// What is behind it waits until the peer has ended its direction.
    AwaitEnd,
    /// What is behind it waits for so many milliseconds.
    WaitMs(u64),
    /// From here on in this rule: `send` gets at most so many bytes at once, with a gap.
    Split(Split),
    /// With this probability in percent, 0 to 100, everything behind it in this rule is left out.
    DropPercent(u8),
    /// A server that serves one client at a time goes back to `accept`: this connection is neither read nor answered any
    /// more, and closes when the next client comes, as a variable that is assigned again drops its socket (TCP).
    NextClient,
    /// `shutdown(SHUT_WR)` (TCP).
    HalfClose,
    /// `close`.
    Close,
    /// RST (TCP); a UDP socket closes.
    Reset,
}

/// Messages with a gap between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Script {
    /// The messages.
    pub messages: Vec<Template>,
    /// Milliseconds from one to the next.
    pub gap_ms: u64,
}

/// How writes are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Split {
    /// Bytes for one `send`, at least 1.
    pub bytes: u32,
    /// Milliseconds between two of them.
    #[serde(default)]
    pub gap_ms: u64,
}

/// A web page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Page {
    /// Status code and reason, such as `200 OK`.
    pub status: String,
    /// The media type; the charset is added to it.
    pub media_type: String,
    /// The page. A request with HEAD gets the headers alone.
    pub body: Template,
}

impl Default for Page {
    fn default() -> Self {
        Self { status: "200 OK".into(), media_type: "text/html".into(), body: Template::default() }
    }
}

/// Real programs that a peer may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Commands {
    /// Their names, as the user wrote them; nothing else is run, and no shell looks at the arguments.
    pub programs: Vec<String>,
    /// Milliseconds after which a program is ended, at least 1.
    #[serde(default = "Commands::limit_ms")]
    pub limit_ms: u64,
    /// Bytes of standard output, and of standard error, that are kept; at more the program is ended.
    #[serde(default = "Commands::limit_bytes")]
    pub limit_bytes: u32,
}

impl Commands {
    fn limit_ms() -> u64 {
        5_000
    }

    fn limit_bytes() -> u32 {
        64 * 1024
    }
}

/// What becomes of the lines that a person types at a socket with rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lines {
    /// What is sent for a line; `{line}` is the line.
    pub send: Template,
    /// Whether the next line waits for an answer to this one.
    pub ping_pong: bool,
    /// The line that ends it, alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quit: Option<String>,
    /// Whether that line is sent before.
    pub quit_sends: bool,
    /// What an empty line does.
    pub empty: EmptyLine,
    /// How it is ended.
    pub leave: Leave,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            send: Template::line(),
            ping_pong: false,
            quit: None,
            quit_sends: false,
            empty: EmptyLine::Ignored,
            leave: Leave::Close,
        }
    }
}

/// What an empty line does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyLine {
    /// Nothing.
    #[default]
    Ignored,
    /// It is sent like any other: an empty datagram; on TCP nothing leaves.
    Sent,
    /// It ends the client.
    Ends,
}

/// How a client ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leave {
    /// `close`.
    #[default]
    Close,
    /// `shutdown(SHUT_WR)`; what the peer still says is read.
    HalfClose,
    /// RST.
    Reset,
}

/// A file that is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Served {
    /// Its name for the peer; that of `path` if it is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Its text, encoded, where there is no path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}
