//! A run as a short text: TOML, with only what is not as usual. It can be copied, kept in a file, and is what prepared runs
//! and tests are.
//!
//! ```toml
//! seed = 7
//! [workload]
//! kind = "messages"
//! count = 6
//! [link]
//! loss = "15%"
//! [[edit]]
//! act = "lose"
//! from = "client"
//! kind = "data"
//! number = 3
//! ```

mod place;

use serde::{Deserialize, Serialize};

use self::place::{line_of, of_toml};
use super::{
    Edit, Knobs, Micros, Run, Side, Transport, Workload,
    fate::{Act, Name, PacketKind},
    knobs::{LinkKnobs, ProgramKnobs, TcpKnobs, UdpKnobs},
    prepared::Lesson,
    units::{as_time, show_time, time},
    workload::Own,
};
use crate::text::Charset;

/// What is wrong with the text of a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {field}: {problem}")]
pub struct RunError {
    /// The line, from 1.
    pub line: usize,
    /// The path of the field, such as `link.delay` or `edit[2].act`; empty where the file is no TOML.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not TOML, or a field is unknown or of another kind; in the words of the TOML library, in English.
    #[error("{0}")]
    Toml(String),
    /// A number out of its range.
    #[error("{value} is not from {min} to {max}")]
    Range {
        /// What was given.
        value: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// The workload of that kind has no such field.
    #[error("a workload of this kind does not have this field")]
    NotOfKind,
    /// It is missing.
    #[error("it is missing")]
    Missing,
    /// The encoding of the messages lacks a character.
    #[error("{encoding} has no {character:?}")]
    NotEncodable {
        /// The encoding's name.
        encoding: &'static str,
        /// The character.
        character: char,
    },
    /// The messages are more than a run takes.
    #[error("all messages together are more than {0} bytes")]
    TooMuch(u64),
}

/// Bytes that all messages of a run may have together.
pub const MOST_BYTES: u64 = 64 << 20;
/// Messages in a run.
pub const MOST_MESSAGES: u64 = 100_000;
/// Bytes in a message: what a datagram takes.
pub const LARGEST: u64 = 65_000;

impl Run {
    /// Reads a run.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and field.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let written: Written = toml::from_str(text).map_err(|error| of_toml(text, &error))?;
        written.into_run().and_then(|run| run.check().map(|()| run)).map_err(|(field, problem)| RunError {
            line: line_of(text, &field),
            field,
            problem,
        })
    }

    /// Writes it, so that it reads back as the same run.
    pub fn to_toml(&self) -> String {
        let table = |written: &Written| toml::Table::try_from(written).unwrap_or_default();
        let mut own = table(&Written::of(self));
        without(&mut own, &table(&Written::of(&Self { workload: self.workload.clone(), ..Self::default() })), true);
        toml::to_string_pretty(&own).unwrap_or_default()
    }

    /// Whether everything is in its range. The path of the field, and what is wrong.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self) -> Result<(), (String, Problem)> {
        self.workload.check()?;
        for (name, link) in [("link", Some(&self.knobs.link)), ("back", self.knobs.back.as_ref())] {
            let Some(link) = link else { continue };
            let field = |field: &str| format!("{name}.{field}");
            range(&field("delay"), link.delay, 0, 60_000_000)?;
            range(&field("jitter"), link.jitter, 0, 60_000_000)?;
            range(&field("reorder-by"), link.reorder_by, 0, 60_000_000)?;
            range(&field("rate"), link.rate.unwrap_or(8), 8, 1_000_000_000_000)?;
            range(&field("mtu"), link.mtu.unwrap_or(68).into(), 68, 65_535)?;
            if let Some(outage) = link.outage {
                range(&field("outage.to"), outage.to, outage.from, super::run::LONGEST)?;
            }
        }
        let Knobs { program, tcp, udp, .. } = &self.knobs;
        range("program.think", program.think, 1_000, 60_000_000)?;
        range("program.recv", program.recv.into(), 1, 1 << 24)?;
        range("program.read-every", program.read_every, 0, 60_000_000)?;
        range("program.read-from", program.read_from, 0, 600_000_000)?;
        range("tcp.window", tcp.window.into(), 1, 1 << 24)?;
        range("tcp.send-buffer", tcp.send_buffer.into(), 1, 1 << 24)?;
        range("tcp.delayed-ack", tcp.delayed_ack.unwrap_or(1), 1, 500_000)?;
        range("tcp.give-up", tcp.give_up, 1_000_000, 3_600_000_000)?;
        range("udp.receive-buffer", udp.receive_buffer.into(), 1, 1 << 24)?;
        for (field, value, min, max) in self.knobs.arq.numbers() {
            range(field, value, min, max)?;
        }
        for (edit, n) in self.edits.iter().zip(1..) {
            range(&format!("edit[{n}].attempt"), edit.packet.attempt.into(), 1, u32::MAX.into())?;
            range(&format!("edit[{n}].number"), edit.packet.number.into(), 1, u32::MAX.into())?;
        }
        Ok(())
    }
}

impl Workload {
    fn check(&self) -> Result<(), (String, Problem)> {
        let (count, size) = match self {
            Self::Messages { count, size, gap } => {
                range("workload.gap", *gap, 0, 60_000_000)?;
                (u64::from(*count), *size)
            }
            Self::Text { size, gap } => {
                range("workload.gap", *gap, 0, 60_000_000)?;
                (1, *size)
            }
            Self::PingPong { count, size, patience } => {
                range("workload.patience", *patience, 1_000, 60_000_000)?;
                range("workload.count", (*count).into(), 1, MOST_MESSAGES / 2)?;
                (u64::from(*count) * 2, *size)
            }
            Self::File { bytes, size } => {
                range("workload.bytes", (*bytes).into(), 1, MOST_BYTES)?;
                range("workload.size", (*size).into(), 1, LARGEST)?;
                (u64::from(bytes.div_ceil(*size)), *size)
            }
            Self::Voice { count, size, gap, deadline } => {
                range("workload.gap", *gap, 0, 60_000_000)?;
                range("workload.deadline", *deadline, 0, 60_000_000)?;
                (u64::from(*count), *size)
            }
            Self::Own { messages, encoding } => {
                range("workload.message", messages.len() as u64, 1, 1_000)?;
                for (own, n) in messages.iter().zip(1..) {
                    range(&format!("workload.message[{n}].text"), own.text.len() as u64, 1, LARGEST)?;
                    range(&format!("workload.message[{n}].at"), own.at, 0, super::run::LONGEST)?;
                    own.encodes(*encoding).map_err(|error| {
                        let problem = Problem::NotEncodable { encoding: error.charset, character: error.character };
                        (format!("workload.message[{n}].text"), problem)
                    })?;
                }
                (messages.len() as u64, 1)
            }
        };
        range("workload.count", count, 1, MOST_MESSAGES)?;
        range("workload.size", size.into(), 1, LARGEST)?;
        if count * u64::from(size) > MOST_BYTES + LARGEST {
            return Err(("workload".into(), Problem::TooMuch(MOST_BYTES)));
        }
        Ok(())
    }
}

fn range(field: &str, value: u64, min: u64, max: u64) -> Result<(), (String, Problem)> {
    if (min..=max).contains(&value) { Ok(()) } else { Err((field.to_owned(), Problem::Range { value, min, max })) }
}

/// A run as it is typed.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    transport: Transport,
    seed: u64,
    workload: Option<WrittenWorkload>,
    link: LinkKnobs,
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<LinkKnobs>,
    program: ProgramKnobs,
    tcp: TcpKnobs,
    udp: UdpKnobs,
    arq: super::arq::Mechanisms,
    #[serde(rename = "edit", skip_serializing_if = "Vec::is_empty")]
    edits: Vec<WrittenEdit>,
    #[serde(skip_serializing)]
    lesson: Option<Lesson>,
}

/// The lesson that stands beside a run, if there is one.
pub(super) fn lesson(text: &str) -> Result<Option<Lesson>, RunError> {
    let written: Written = toml::from_str(text).map_err(|error| of_toml(text, &error))?;
    Ok(written.lesson)
}

/// Flat, so that what is wrong is found where it stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenWorkload {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patience: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<Charset>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "message")]
    messages: Option<Vec<Own>>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Messages,
    Text,
    PingPong,
    File,
    Voice,
    Own,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Time(#[serde(with = "as_time")] Micros);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenEdit {
    act: WrittenAct,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Time>,
    from: Side,
    kind: PacketKind,
    #[serde(default = "one")]
    number: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenAct {
    Lose,
    Spare,
    Delay,
    Duplicate,
    Corrupt,
}

fn one() -> u32 {
    1
}

impl Written {
    fn of(run: &Run) -> Self {
        Self {
            transport: run.transport,
            seed: run.seed,
            workload: Some(WrittenWorkload::of(&run.workload)),
            link: run.knobs.link,
            back: run.knobs.back,
            program: run.knobs.program,
            tcp: run.knobs.tcp,
            udp: run.knobs.udp,
            arq: run.knobs.arq,
            edits: run.edits.iter().map(WrittenEdit::of).collect(),
            lesson: None,
        }
    }

    fn into_run(self) -> Result<Run, (String, Problem)> {
        let Self { link, back, program, tcp, udp, arq, .. } = self;
        let knobs = Knobs { link, back, program, tcp, udp, arq };
        let edits = self.edits.into_iter().zip(1..).map(|(edit, n)| edit.into_edit(n)).collect::<Result<_, _>>()?;
        let workload = self.workload.map_or_else(|| Ok(Workload::default()), WrittenWorkload::into_workload)?;
        Ok(Run { workload, transport: self.transport, knobs, seed: self.seed, edits })
    }
}

impl WrittenWorkload {
    fn of(workload: &Workload) -> Self {
        let all = Self::default();
        match workload {
            Workload::Messages { count, size, gap } => {
                Self { kind: Kind::Messages, count: Some(*count), size: Some(*size), gap: Some(Time(*gap)), ..all }
            }
            Workload::Text { size, gap } => Self { kind: Kind::Text, size: Some(*size), gap: Some(Time(*gap)), ..all },
            Workload::PingPong { count, size, patience } => Self {
                kind: Kind::PingPong,
                count: Some(*count),
                size: Some(*size),
                patience: Some(Time(*patience)),
                ..all
            },
            Workload::File { bytes, size } => Self { kind: Kind::File, bytes: Some(*bytes), size: Some(*size), ..all },
            Workload::Voice { count, size, gap, deadline } => Self {
                kind: Kind::Voice,
                count: Some(*count),
                size: Some(*size),
                gap: Some(Time(*gap)),
                deadline: Some(Time(*deadline)),
                ..all
            },
            Workload::Own { messages, encoding } => Self {
                kind: Kind::Own,
                messages: Some(messages.clone()),
                encoding: Some(*encoding).filter(|encoding| *encoding != Charset::default()),
                ..all
            },
        }
    }

    /// What is not given is as usual; what the kind does not have is an error.
    fn into_workload(self) -> Result<Workload, (String, Problem)> {
        let Self { kind, count, size, bytes, gap, deadline, patience, encoding, messages } = self;
        let given = [
            ("count", count.is_some()),
            ("size", size.is_some()),
            ("bytes", bytes.is_some()),
            ("gap", gap.is_some()),
            ("deadline", deadline.is_some()),
            ("patience", patience.is_some()),
            ("encoding", encoding.is_some()),
            ("message", messages.is_some()),
        ];
        let has: &[&str] = match kind {
            Kind::Messages => &["count", "size", "gap"],
            Kind::Text => &["size", "gap"],
            Kind::PingPong => &["count", "size", "patience"],
            Kind::File => &["bytes", "size"],
            Kind::Voice => &["count", "size", "gap", "deadline"],
            Kind::Own => &["encoding", "message"],
        };
        if let Some((field, _)) = given.iter().find(|(field, given)| *given && !has.contains(field)) {
            return Err((format!("workload.{field}"), Problem::NotOfKind));
        }
        let gap_or = |usual: Micros| gap.map_or(usual, |Time(gap)| gap);
        Ok(match kind {
            Kind::Messages => {
                Workload::Messages { count: count.unwrap_or(6), size: size.unwrap_or(100), gap: gap_or(5_000) }
            }
            Kind::Text => Workload::Text { size: size.unwrap_or(60), gap: gap_or(5_000) },
            Kind::PingPong => Workload::PingPong {
                count: count.unwrap_or(10),
                size: size.unwrap_or(100),
                patience: patience.map_or(1_000_000, |Time(patience)| patience),
            },
            Kind::File => Workload::File { bytes: bytes.unwrap_or(50_000), size: size.unwrap_or(1_024) },
            Kind::Voice => Workload::Voice {
                count: count.unwrap_or(50),
                size: size.unwrap_or(160),
                gap: gap_or(20_000),
                deadline: deadline.map_or(150_000, |Time(deadline)| deadline),
            },
            Kind::Own => Workload::Own {
                messages: messages.ok_or_else(|| ("workload.message".into(), Problem::Missing))?,
                encoding: encoding.unwrap_or_default(),
            },
        })
    }
}

impl WrittenEdit {
    fn of(edit: &Edit) -> Self {
        let Name { from, kind, number, offset, attempt } = edit.packet;
        let (act, by) = match edit.act {
            Act::Lose => (WrittenAct::Lose, None),
            Act::Spare => (WrittenAct::Spare, None),
            Act::Delay(by) => (WrittenAct::Delay, Some(Time(by))),
            Act::Duplicate => (WrittenAct::Duplicate, None),
            Act::Corrupt => (WrittenAct::Corrupt, None),
        };
        let (offset, attempt) = (Some(offset).filter(|it| *it > 0), Some(attempt).filter(|it| *it != 1));
        Self { act, by, from, kind, number, offset, attempt }
    }

    fn into_edit(self, n: usize) -> Result<Edit, (String, Problem)> {
        let act = match (self.act, self.by) {
            (WrittenAct::Lose, None) => Act::Lose,
            (WrittenAct::Spare, None) => Act::Spare,
            (WrittenAct::Duplicate, None) => Act::Duplicate,
            (WrittenAct::Corrupt, None) => Act::Corrupt,
            (WrittenAct::Delay, Some(Time(by))) => Act::Delay(by),
            (WrittenAct::Delay, None) => return Err((format!("edit[{n}].by"), Problem::Missing)),
            (_, Some(_)) => return Err((format!("edit[{n}].by"), Problem::NotOfKind)),
        };
        let Self { from, kind, number, offset, attempt, .. } = self;
        let packet = Name { from, kind, number, offset: offset.unwrap_or(0), attempt: attempt.unwrap_or(1) };
        Ok(Edit { packet, act })
    }
}

/// Takes out what is the same in both. The workload stays whole: what it is worth reading.
fn without(table: &mut toml::Table, usual: &toml::Table, top: bool) {
    table.retain(|key, value| match (value, usual.get(key)) {
        (toml::Value::Table(_), _) if top && key == "workload" => true,
        (toml::Value::Table(own), Some(toml::Value::Table(usual))) => {
            without(own, usual, false);
            !own.is_empty()
        }
        (value, Some(usual)) => value != usual,
        (toml::Value::Table(own), None) if top => {
            // The way back, whose usual values are the same as those of the way there.
            let usual = toml::Table::try_from(LinkKnobs::default()).unwrap_or_default();
            without(own, &usual, false);
            true
        }
        _ => true,
    });
}

impl Serialize for Own {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WrittenOwn { text: self.text.clone(), at: show_time(self.at) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Own {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenOwn { text, at } = WrittenOwn::deserialize(deserializer)?;
        Ok(Self { text, at: time(&at).map_err(serde::de::Error::custom)? })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOwn {
    text: String,
    #[serde(default = "at_once")]
    at: String,
}

fn at_once() -> String {
    "0ms".into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{
        Burst, Chance, Control, Outage,
        arq::{Acks, Checksum, Mechanisms, Timeout, Window},
    };

    #[test]
    fn a_short_text_is_a_run() {
        let text = "seed = 7\n[workload]\nkind = \"messages\"\n[link]\nloss = \"15%\"\n\n[[edit]]\nact = \"lose\"\n\
                    from = \"client\"\nkind = \"data\"\nnumber = 3\n";
        let run = Run::parse(text).unwrap();
        assert_eq!((run.seed, run.knobs.link.loss, run.edits.len()), (7, Chance::percent(15.0), 1));
        assert_eq!(run.workload, Workload::default());
        assert_eq!(Run::parse("").unwrap(), Run::default());
    }

    #[test]
    fn what_is_wrong_says_where() {
        for (text, line, field) in [
            ("seed = -1", 1, "seed"),
            ("sead = 1", 1, "sead"),
            ("[link]\nloss = \"1\"\ndelay = \"5\"", 3, "link.delay"),
            ("[link]\ndelay = \"61s\"", 2, "link.delay"),
            ("[workload]\nkind = \"file\"\ngap = \"5ms\"", 3, "workload.gap"),
            ("[workload]\nkind = \"messages\"\ncount = 0", 3, "workload.count"),
            (
                "[[edit]]\nact = \"lose\"\nfrom = \"client\"\nkind = \"data\"\n[[edit]]\nact = \"delay\"\nfrom = \"client\"\nkind = \"data\"",
                5,
                "edit[2].by",
            ),
            ("[[edit]]\nact = \"loose\"\nfrom = \"client\"\nkind = \"data\"", 2, "edit.act"),
            ("[tcp]\ncontrol = \"vegas\"", 2, "tcp.control"),
            ("[workload]\nkind = \"own\"", 1, "workload.message"),
            ("[workload]\nkind = \"own\"\nencoding = \"klingon\"", 3, "workload.encoding"),
            ("[workload]\nkind = \"text\"\nencoding = \"gbk\"", 3, "workload.encoding"),
            (
                "[workload]\nkind = \"own\"\nencoding = \"gb2312\"\n[[workload.message]]\ntext = \"朱镕基\"",
                5,
                "workload.message[1].text",
            ),
            ("[workload]\nkind = \"file\"\nbytes = 60000000\nsize = 1", 1, "workload.count"),
        ] {
            let error = Run::parse(text).unwrap_err();
            assert_eq!((error.line, error.field.as_str()), (line, field), "{text}: {error}");
        }
    }

    #[test]
    fn every_field_reads_back() {
        let link = LinkKnobs {
            delay: 1,
            jitter: 2,
            loss: Chance::millionths(3),
            burst: Some(Burst::default()),
            duplicate: Chance::millionths(4),
            reorder: Chance::millionths(5),
            reorder_by: 6,
            corrupt: Chance::millionths(7),
            damage: crate::sim::Damage::SwapWords,
            rate: Some(8),
            queue: 9,
            mtu: Some(100),
            outage: Some(Outage { from: 10, to: 11 }),
        };
        let packet = Name { from: Side::Server, kind: PacketKind::Ack, number: 4, offset: 5, attempt: 6 };
        let run = Run {
            workload: Workload::Own {
                messages: vec![Own { text: "你好\n".into(), at: 1_234_567 }],
                encoding: Charset::GBK,
            },
            transport: Transport::Udp,
            knobs: Knobs {
                link,
                back: Some(LinkKnobs { delay: 77, ..LinkKnobs::default() }),
                program: ProgramKnobs { think: 1_001, recv: 2, read_every: 3, read_from: 4 },
                tcp: TcpKnobs {
                    control: Control::Cubic,
                    nagle: false,
                    delayed_ack: Some(40_000),
                    window: 300,
                    send_buffer: 400,
                    give_up: 5_000_000,
                },
                udp: UdpKnobs { receive_buffer: 6 },
                arq: Mechanisms {
                    checksum: Checksum::Crc32,
                    bits: 3,
                    acks: Acks::Selective,
                    timeout: Timeout::Fixed(70),
                    window: Window::SelectiveRepeat(4),
                    duplicates: true,
                    end: true,
                },
            },
            seed: 42,
            edits: [Act::Lose, Act::Spare, Act::Delay(9), Act::Duplicate, Act::Corrupt]
                .map(|act| Edit { packet, act })
                .to_vec(),
        };
        assert_eq!(Run::parse(&run.to_toml()).unwrap(), run, "{}", run.to_toml());
        let same = Run { knobs: Knobs { back: Some(LinkKnobs::default()), ..Knobs::default() }, ..Run::default() };
        assert_eq!(Run::parse(&same.to_toml()).unwrap(), same, "{}", same.to_toml());
        assert_eq!(Run::default().to_toml(), "[workload]\ncount = 6\ngap = \"5ms\"\nkind = \"messages\"\nsize = 100\n");
    }
}
