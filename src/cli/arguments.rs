//! The arguments as they are typed. What they mean is told by `cli.help.*` in the locale files, under the field's name.

use std::{path::PathBuf, time::Duration};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::wrong::{Wanted, number};
use crate::{
    net::{
        ServerModel,
        options::{RECV_BYTES, WAIT},
    },
    sim::{Chance, Control, Micros, Side, Transport, units},
    text::{Ending, Unmappable},
    transfer::{Accept, Way},
    words::Lang,
};

#[derive(clap::Parser, Debug)]
#[command(name = "twocan", version)]
pub(super) struct Arguments {
    #[arg(long, global = true, value_name = "LANG", value_parser = language)]
    pub lang: Option<Lang>,

    #[command(subcommand)]
    pub subcommand: Subcommand,
}

#[derive(clap::Subcommand, Debug)]
pub(super) enum Subcommand {
    TcpServer(TcpServer),
    TcpClient(TcpClient),
    Udp(Udp),
    Send(Send),
    Receive(Receive),
    Presets(Presets),
    Preset(Preset),
    Tour(Tour),
    Lab(Box<Lab>),
}

#[derive(clap::Args, Debug)]
pub(super) struct TcpServer {
    #[arg(value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: String,

    #[arg(long, value_name = "MODEL", default_value = "threads", value_parser = models())]
    pub model: ServerModel,

    #[command(flatten)]
    pub answers: Answers,

    #[arg(long, value_name = "N", default_value_t = 128, value_parser = number::<u32>(0, u32::MAX.into()))]
    pub backlog: u32,

    #[arg(long)]
    pub no_reuse: bool,

    #[command(flatten)]
    pub frames: Frames,

    #[command(flatten)]
    pub common: Common,
}

#[derive(clap::Args, Debug)]
pub(super) struct TcpClient {
    #[arg(value_name = "ADDR")]
    pub target: String,

    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub connect_timeout: Duration,

    #[command(flatten)]
    pub answers: Answers,

    #[command(flatten)]
    pub frames: Frames,

    #[command(flatten)]
    pub common: Common,
}

#[derive(clap::Args, Debug)]
pub(super) struct Udp {
    #[arg(long, value_name = "ADDR")]
    pub bind: Option<String>,

    #[arg(long, value_name = "ADDR")]
    pub to: Option<String>,

    #[arg(long)]
    pub broadcast: bool,

    #[command(flatten)]
    pub answers: Answers,

    #[command(flatten)]
    pub common: Common,
}

/// What the socket says by itself.
#[derive(clap::Args, Debug)]
pub(super) struct Answers {
    #[arg(long, value_name = "NAME", default_value = "none")]
    pub reply: String,

    #[arg(long, value_name = "FILE", conflicts_with = "reply")]
    pub responder: Option<PathBuf>,

    #[arg(long)]
    pub allow_commands: bool,
}

/// How the messages of a stream are marked.
#[derive(clap::Args, Debug)]
#[expect(clippy::struct_field_names, reason = "they are the names of the arguments")]
pub(super) struct Frames {
    #[arg(long, value_name = "FRAMING")]
    pub frame_send: Option<String>,

    #[arg(long, value_name = "FRAMING", conflicts_with = "json")]
    pub frame_recv: Option<String>,

    #[arg(long, value_name = "BYTES", value_parser = number::<usize>(1, 1 << 30), requires = "frame_recv")]
    pub frame_limit: Option<usize>,
}

#[derive(clap::Args, Debug)]
pub(super) struct Send {
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    #[arg(long = "to", value_name = "ADDR")]
    pub recipient: String,

    #[arg(long, value_name = "WAY", default_value = "framed", value_parser = ways())]
    pub way: Way,

    #[arg(long, value_name = "BYTES", value_parser = number::<u64>(1, u64::MAX))]
    pub pace: Option<u64>,

    #[arg(long, value_name = "BYTES", value_parser = number::<usize>(1, 65_000))]
    pub datagram: Option<usize>,

    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub connect_timeout: Duration,

    #[command(flatten)]
    pub told: Told,
}

#[derive(clap::Args, Debug)]
pub(super) struct Receive {
    #[arg(long = "bind", value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub place: String,

    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,

    #[arg(long, value_name = "WAY", default_value = "framed", value_parser = ways())]
    pub way: Way,

    #[arg(long, value_name = "WHO", default_value = "ask", value_parser = accepts())]
    pub accept: Accept,

    #[arg(long)]
    pub once: bool,

    #[arg(long)]
    pub sync: bool,

    #[arg(long)]
    pub keep: bool,

    #[arg(long = "name", value_name = "NAME")]
    pub save_as: Option<String>,

    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub limit: Option<Duration>,

    #[command(flatten)]
    pub told: Told,
}

/// What is told about files.
#[derive(clap::Args, Debug)]
pub(super) struct Told {
    #[arg(long)]
    pub sha256: bool,

    #[arg(long)]
    pub json: bool,

    #[arg(long)]
    pub quiet: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct Presets {
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct Preset {
    #[arg(value_name = "NAME")]
    pub which: String,

    #[arg(long, value_name = "ADDR")]
    pub address: Option<String>,

    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,

    #[arg(long)]
    pub allow_commands: bool,

    #[command(flatten)]
    pub common: Common,
}

#[derive(clap::Args, Debug)]
pub(super) struct Tour {
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Lab {
    #[arg(id = "lab_run", value_name = "RUN")]
    pub run: Option<String>,

    #[arg(long, value_name = "NAME", value_parser = transports())]
    pub transport: Option<Transport>,

    #[arg(long, value_name = "NUMBER", value_parser = number::<u64>(0, u64::MAX))]
    pub seed: Option<u64>,

    #[arg(long, value_name = "KIND", value_parser = ["messages", "text", "ping-pong", "file", "voice"])]
    pub workload: Option<String>,

    #[arg(long, value_name = "COUNT", value_parser = number::<u32>(0, u32::MAX.into()))]
    pub messages: Option<u32>,

    #[arg(long, value_name = "BYTES", value_parser = number::<u32>(0, u32::MAX.into()))]
    pub size: Option<u32>,

    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub gap: Option<Micros>,

    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub delay: Option<Micros>,

    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub jitter: Option<Micros>,

    #[arg(long, value_name = "PERCENT", value_parser = units::chance)]
    pub loss: Option<Chance>,

    #[arg(long, value_name = "PERCENT", value_parser = units::chance)]
    pub duplicate: Option<Chance>,

    #[arg(long, value_name = "PERCENT", value_parser = units::chance)]
    pub reorder: Option<Chance>,

    #[arg(long, value_name = "PERCENT", value_parser = units::chance)]
    pub corrupt: Option<Chance>,

    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<Rate>,

    #[arg(long, value_name = "BYTES", value_parser = number::<u32>(0, u32::MAX.into()))]
    pub queue: Option<u32>,

    #[arg(long, value_name = "BYTES", value_parser = number::<u16>(0, u16::MAX.into()))]
    pub mtu: Option<u16>,

    #[arg(long, value_name = "NAME", value_parser = controls())]
    pub control: Option<Control>,

    #[arg(long)]
    pub no_nagle: bool,

    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub delayed_ack: Option<Micros>,

    #[arg(long, value_name = "BYTES", value_parser = number::<u32>(0, u32::MAX.into()))]
    pub window: Option<u32>,

    #[arg(long, value_name = "KNOB=FROM..TO")]
    pub sweep: Option<String>,

    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 200,
        requires = "sweep",
        value_parser = number::<u32>(1, 10_000)
    )]
    pub seeds: u32,

    #[arg(long)]
    pub list: bool,

    #[arg(long = "toml", conflicts_with_all = ["lab_json", "sweep"])]
    pub as_toml: bool,

    #[arg(long = "json", id = "lab_json", conflicts_with = "sweep")]
    pub json: bool,

    #[arg(long = "pcap", id = "lab_pcap", value_name = "FILE", conflicts_with = "sweep")]
    pub pcap: Option<PathBuf>,

    #[arg(long, value_name = "END", default_value = "client", requires = "lab_pcap", value_parser = sides())]
    pub vantage: Side,
}

#[derive(clap::Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Common {
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,

    #[arg(long, value_name = "HOW", default_value = "refuse", value_parser = unmappables())]
    pub unmappable: Unmappable,

    #[arg(long, value_name = "ENDING", default_value = "none", value_parser = endings())]
    pub ending: Ending,

    #[arg(long)]
    pub hex: bool,

    #[arg(long, conflicts_with = "hex")]
    pub escapes: bool,

    #[arg(long, value_name = "BYTES", value_parser = number::<usize>(*RECV_BYTES.start() as u64, *RECV_BYTES.end() as u64))]
    pub recv: Option<usize>,

    #[arg(long, value_name = "MS", value_parser = wait)]
    pub read_delay: Option<Duration>,

    #[arg(long, value_name = "MS", value_parser = wait)]
    pub send_gap: Option<Duration>,

    #[arg(long)]
    pub json: bool,

    #[arg(long)]
    pub quiet: bool,

    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub limit: Option<Duration>,

    #[arg(long, value_name = "MESSAGES", value_parser = number::<u64>(1, u64::MAX))]
    pub count: Option<u64>,

    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub wait: Duration,

    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,

    #[arg(long)]
    pub ladder: bool,
}

/// A language's tag, as `--lang` takes it.
pub(super) fn language(tag: &str) -> Result<Lang, Wanted> {
    match tag.to_ascii_lowercase().replace('_', "-").as_str() {
        "en" => Ok(Lang::En),
        "zh" | "zh-cn" | "zh-hans" => Ok(Lang::Zh),
        _ => Err(Wanted::Language),
    }
}

/// Bits a second, or without limit. A type of its own, because clap would take an `Option` for one that is not given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(pub Option<u64>);

fn rate(text: &str) -> Result<Rate, units::UnitError> {
    units::rate(text).map(Rate)
}

fn transports() -> impl clap::builder::TypedValueParser<Value = Transport> {
    PossibleValuesParser::new(["tcp", "udp", "arq"]).map(|word| match word.as_str() {
        "udp" => Transport::Udp,
        "arq" => Transport::Arq,
        _ => Transport::Tcp,
    })
}

fn controls() -> impl clap::builder::TypedValueParser<Value = Control> {
    PossibleValuesParser::new(["none", "reno", "cubic"]).map(|word| match word.as_str() {
        "none" => Control::None,
        "cubic" => Control::Cubic,
        _ => Control::Reno,
    })
}

fn sides() -> impl clap::builder::TypedValueParser<Value = Side> {
    PossibleValuesParser::new(["client", "server"]).map(|word| match word.as_str() {
        "server" => Side::Server,
        _ => Side::Client,
    })
}

/// Seconds with or without a fraction: `5`, `0.25`.
fn seconds(text: &str) -> Result<Duration, Wanted> {
    let seconds: f64 = text.parse().map_err(|_| Wanted::Seconds)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| Wanted::Seconds)
}

/// Milliseconds with or without a fraction, as many as can lie between two calls.
fn wait(text: &str) -> Result<Duration, Wanted> {
    let ms = text.parse::<f64>().ok();
    let wait = ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1_000.0).ok());
    wait.filter(|wait| WAIT.contains(wait)).ok_or(Wanted::Millis(WAIT.end().as_millis() as u64))
}

fn models() -> impl clap::builder::TypedValueParser<Value = ServerModel> {
    PossibleValuesParser::new(["sequential", "threads", "event-loop"]).map(|word| match word.as_str() {
        "sequential" => ServerModel::Sequential,
        "event-loop" => ServerModel::EventLoop,
        _ => ServerModel::Threads,
    })
}

fn ways() -> impl clap::builder::TypedValueParser<Value = Way> {
    PossibleValuesParser::new(Way::ALL.map(Way::name))
        .map(|word| Way::ALL.into_iter().find(|way| way.name() == word).unwrap_or_default())
}

fn accepts() -> impl clap::builder::TypedValueParser<Value = Accept> {
    PossibleValuesParser::new(["ask", "all"]).map(|word| if word == "all" { Accept::All } else { Accept::Ask })
}

fn unmappables() -> impl clap::builder::TypedValueParser<Value = Unmappable> {
    PossibleValuesParser::new(["refuse", "question", "skip", "ncr"]).map(|word| match word.as_str() {
        "question" => Unmappable::Question,
        "skip" => Unmappable::Skip,
        "ncr" => Unmappable::Ncr,
        _ => Unmappable::Refuse,
    })
}

fn endings() -> impl clap::builder::TypedValueParser<Value = Ending> {
    PossibleValuesParser::new(["none", "lf", "cr", "crlf"]).map(|word| match word.as_str() {
        "lf" => Ending::Lf,
        "cr" => Ending::Cr,
        "crlf" => Ending::CrLf,
        _ => Ending::None,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn the_command_is_sound() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn the_line_of_the_readme_is_understood() {
        let typed = Arguments::try_parse_from(
            "twocan tcp-server 8008 --model event-loop --reply upper --backlog 5 --no-reuse --encoding gbk \
             --unmappable ncr --ending crlf --escapes --recv 4 --read-delay 250 --send-gap 0.5 --json --quiet --for 0.5 --count 3 --wait 1 --pcap a.pcapng \
             --ladder --lang zh-CN"
                .split_whitespace(),
        )
        .unwrap();
        assert_eq!(typed.lang, Some(Lang::Zh));
        let Subcommand::TcpServer(server) = typed.subcommand else { panic!("{typed:?}") };
        assert_eq!((server.model, server.answers.reply.as_str()), (ServerModel::EventLoop, "upper"));
        assert_eq!(server.backlog, 5);
        assert!(server.common.ladder && server.common.pcap == Some("a.pcapng".into()));
        assert_eq!((server.common.ending, server.common.unmappable), (Ending::CrLf, Unmappable::Ncr));
        assert_eq!(server.common.limit, Some(Duration::from_millis(500)));
        assert_eq!(server.common.read_delay, Some(Duration::from_millis(250)));
        assert_eq!(server.common.send_gap, Some(Duration::from_micros(500)));
    }

    #[test]
    fn waits_longer_than_ten_seconds_are_refused() {
        assert_eq!((wait("0"), wait("10000")), (Ok(Duration::ZERO), Ok(Duration::from_secs(10))));
        for text in ["-1", "nan", "inf", "10000.1", "1e300", "long", ""] {
            assert!(wait(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_that_no_clock_can_count_are_refused() {
        for text in ["-1", "nan", "inf", "1e300", "five", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
