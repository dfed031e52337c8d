//! One conversation: a program in Python, a preset of Twocan, and the persons at both.

use std::{fmt, fs, path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;

/// The name of the file that is sent.
const FILE: &str = "文件.bin";
/// Sizes of that file, one a run: none, one read, many whole reads, and a rest.
const SIZES: [usize; 5] = [0, 12, 50 * 2_048, 300_001, 2_047];

/// A program of the tutorials: its number, and options behind its address.
#[derive(Clone, Copy)]
pub enum Python {
    Serves(u8, &'static [&'static str]),
    Connects(u8, &'static [&'static str]),
}

/// A conversation, and what it comes to.
pub struct Case {
    pub python: Python,
    pub preset: &'static str,
    pub options: &'static [&'static str],
    pub steps: &'static [Step],
    /// All of Python's standard output.
    pub prints: Text,
    /// All that Twocan received.
    pub got: Bytes,
    /// All that Twocan sent.
    pub sent: Bytes,
    /// Whether Twocan ends without being told to.
    pub ends: bool,
}

/// What happens next. Nothing waits for a time: all wait for what the other side does.
pub enum Step {
    /// A person types a line at Python.
    Python(&'static str),
    /// The person at Python has left.
    PythonAlone,
    /// A person types a line at Twocan.
    Twocan(&'static str),
    /// The person at Twocan has left.
    TwocanAlone,
    /// Python has printed this.
    Prints(&'static str),
    /// Python has said this on standard error.
    Notes(&'static str),
    /// This is all that Twocan has received up to now.
    Got(Bytes),
    /// Twocan has not ended by now.
    Open,
    /// Another preset talks to Python's server, to its own end, and receives this.
    Preset(&'static str, Bytes),
    /// Another client in Python talks to Twocan, with this typed and this printed.
    Program(u8, &'static str, &'static str),
}

/// What is expected on standard output.
pub enum Text {
    Is(&'static str),
    /// Without line ends, which stand where a read ended.
    Joined(&'static str),
    /// A regular expression.
    Like(&'static str),
}

/// What is expected on the wire.
pub enum Bytes {
    Are(&'static [u8]),
    /// A regular expression.
    Like(&'static str),
    /// The name of the file, its size in eight bytes, itself.
    File,
}

impl Python {
    pub fn number(self) -> u8 {
        let (Self::Serves(number, _) | Self::Connects(number, _)) = self;
        number
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{} against {}", self.python.number(), self.preset)
    }
}

impl Text {
    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Is(expected) => text == *expected,
            Self::Joined(expected) => text.replace('\n', "") == *expected,
            Self::Like(expression) => regex::Regex::new(expression).unwrap().is_match(text),
        }
    }
}

/// A program of `tests/peers`.
pub fn python(number: u8, options: &[&str]) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let mut command = Command::new("python3");
    command.arg(folder.join(format!("p{number:02}.py"))).args(options);
    command
}

/// A preset, with its records on standard output.
pub fn twocan(preset: &str, address: &str, options: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twocan"));
    command.env("LC_ALL", "C.UTF-8").args(["preset", preset, "--address", address, "--json"]).args(options);
    Process::start(&mut command)
}

/// Where a server says it is.
pub fn address(server: &Process) -> Option<String> {
    let line = server.notes(&["listening on ", "bound to "])?;
    Some(server.error_line(line).split_whitespace().next()?.to_owned())
}

/// All whole records of this event.
fn records<'o>(output: &'o [u8], event: &'o str) -> impl Iterator<Item = Value> + 'o {
    let lines = output.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    lines.map(|line| serde_json::from_slice::<Value>(line).unwrap()).filter(move |record| record["event"] == event)
}

/// Their bytes.
fn bytes_of(output: &[u8], event: &str) -> Vec<u8> {
    records(output, event).flat_map(|record| STANDARD.decode(record["base64"].as_str().unwrap()).unwrap()).collect()
}

/// The two sides.
pub struct Talk {
    python: Process,
    twocan: Process,
    /// Where the server is.
    address: String,
    folder: TempDir,
    contents: Vec<u8>,
}

impl Talk {
    /// Holds a conversation from its beginning to its end.
    ///
    /// # Errors
    /// What went wrong, and what both sides have said by then.
    pub fn hold(case: &Case, run: usize) -> Result<(), String> {
        let mut talk = Self::begin(case, run)?;
        talk.go_on(case).map_err(|why| format!("{why}\nPython: {}\nTwocan: {}", talk.python.told(), talk.twocan.told()))
    }

    fn begin(case: &Case, run: usize) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let contents: Vec<u8> = (0..SIZES[run % SIZES.len()]).map(|i| (i / 3 % 251) as u8).collect();
        for part in ["from", "to"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        fs::write(folder.path().join("from").join(FILE), &contents).unwrap();
        let here = |options: &[&str]| -> Vec<String> {
            options.iter().map(|option| option.replace("{dir}", folder.path().to_str().unwrap())).collect()
        };
        let here_python = |number, port: &str, options| {
            let options = here(options);
            let mut options: Vec<_> = options.iter().map(String::as_str).collect();
            options.extend(["--port", port]);
            Process::start(&mut python(number, &options))
        };
        let here_twocan = |address: &str| {
            let options = here(case.options);
            twocan(case.preset, address, &options.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let whereabouts =
            |server: &Process| address(server).ok_or_else(|| format!("it does not say where it is: {}", server.told()));
        let (python, twocan, address) = match case.python {
            Python::Serves(number, options) => {
                let python = here_python(number, "0", options);
                let address = whereabouts(&python)?;
                (python, here_twocan(&address), address)
            }
            Python::Connects(number, options) => {
                let twocan = here_twocan("127.0.0.1:0");
                let address = whereabouts(&twocan)?;
                let port = address.rsplit(':').next().unwrap_or_default();
                (here_python(number, port, options), twocan, address)
            }
        };
        Ok(Self { python, twocan, address, folder, contents })
    }

    fn go_on(&mut self, case: &Case) -> Result<(), String> {
        for step in case.steps {
            self.take(step)?;
        }
        self.moved("received", &case.got)?;
        self.moved("sent", &case.sent)?;
        let printed = |out: &[u8]| case.prints.fits(&String::from_utf8_lossy(out)).then_some(());
        self.python.find(printed).ok_or("Python has not printed what it should")?;
        if case.ends {
            let ended = self.twocan.ended().ok_or("Twocan does not end")?;
            if ended.code != Some(0) {
                return Err(format!("Twocan ended with {:?}", ended.code));
            }
        }
        self.python.end_input();
        let ended = self.python.ended().ok_or("Python does not end")?;
        if ended.code != Some(0) || printed(&ended.out).is_none() {
            return Err(format!("Python ended with {:?}", ended.code));
        }
        self.file_arrived(case)
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Python(line) => self.python.write(format!("{line}\n")),
            Step::PythonAlone => self.python.end_input(),
            Step::Twocan(line) => self.twocan.write(format!("{line}\n")),
            Step::TwocanAlone => self.twocan.end_input(),
            Step::Prints(text) => {
                let printed = |out: &[u8]| String::from_utf8_lossy(out).contains(text).then_some(());
                self.python.find(printed).ok_or_else(|| format!("Python does not print {text:?}"))?;
            }
            Step::Notes(text) => {
                self.python.notes(&[text]).ok_or_else(|| format!("Python does not say {text:?}"))?;
            }
            Step::Got(bytes) => self.moved("received", bytes)?,
            Step::Open => {
                let ended = self.twocan.find(|output| Some(records(output, "closed").count()));
                if ended != Some(0) {
                    return Err("Twocan has ended already".into());
                }
            }
            Step::Preset(name, expected) => {
                let mut other = twocan(name, &self.address, &[]);
                let ended = other.ended().ok_or_else(|| format!("it does not end: {}", other.told()))?;
                if ended.code != Some(0) || !self.fits(expected, &bytes_of(&ended.out, "received")) {
                    return Err(format!("another ended otherwise: {}", other.told()));
                }
            }
            Step::Program(number, typed, prints) => {
                let port = self.address.rsplit(':').next().unwrap_or_default();
                let mut other = Process::start(&mut python(*number, &["--port", port]));
                other.write(typed);
                other.end_input();
                let ended = other.ended().ok_or_else(|| format!("it does not end: {}", other.told()))?;
                if ended.code != Some(0) || ended.out != prints.as_bytes() {
                    return Err(format!("it printed something else: {}", other.told()));
                }
            }
        }
        Ok(())
    }

    /// Waits until Twocan has moved exactly these bytes.
    fn moved(&self, event: &str, expected: &Bytes) -> Result<(), String> {
        let mut last = Vec::new();
        let found = self.twocan.find(|records| {
            last = bytes_of(records, event);
            self.fits(expected, &last).then_some(())
        });
        found.ok_or_else(|| format!("these are the bytes that Twocan {event}: {}", last.escape_ascii()))
    }

    fn fits(&self, expected: &Bytes, bytes: &[u8]) -> bool {
        match expected {
            Bytes::Are(expected) => bytes == *expected,
            Bytes::Like(expression) => regex::bytes::Regex::new(expression).unwrap().is_match(bytes),
            Bytes::File => bytes == self.file_message(),
        }
    }

    /// The file as P20 sends it.
    fn file_message(&self) -> Vec<u8> {
        // 文件.bin in GBK.
        let mut message = b"\xCE\xC4\xBC\xFE.bin".to_vec();
        message.extend(i64::try_from(self.contents.len()).unwrap().to_le_bytes());
        message.extend(&self.contents);
        message
    }

    fn file_arrived(&self, case: &Case) -> Result<(), String> {
        let arrived = fs::read(self.folder.path().join("to").join(FILE));
        match arrived {
            Ok(bytes) if bytes != self.contents => Err(format!("{} of {} bytes", bytes.len(), self.contents.len())),
            Err(_) if matches!(case.python, Python::Serves(21, _)) => Err("no file has arrived".into()),
            _ => Ok(()),
        }
    }
}
