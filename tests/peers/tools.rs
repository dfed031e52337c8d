//! How the peers are started: ncat, socat, Python, and how their ports are found.

use std::{fs, path::Path, process::Command};

use crate::process::Process;

/// A program that opens sockets and joins them to its standard input and output.
#[derive(Clone, Copy)]
pub enum Tool {
    /// Nmap's netcat.
    Ncat,
    /// socat.
    Socat,
}

/// Runs a program to its end with this input, and gives its output.
pub fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut process = Process::start(command);
    process.write(input);
    process.finish().ok()
}

/// A program of `tests/peers`.
pub fn python(file: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(file)).args(arguments);
    command
}

/// A server of `tests/peers`, and the port that it prints.
pub fn python_server(file: &str, arguments: &[&str]) -> (Process, u16) {
    let server = Process::start(&mut python(file, arguments));
    let port = server.error_line("port ").parse().expect("a port");
    (server, port)
}

fn words(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// socat's name for an address family.
fn family(host: &str) -> char {
    if host.contains(':') { '6' } else { '4' }
}

/// socat's way to write an address.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

impl Tool {
    /// Connects, sends its input, half-closes, and prints what comes back until the other side ends.
    pub fn tcp_client(self, host: &str, port: u16) -> Command {
        match self {
            Self::Ncat => words("ncat", &[host, &port.to_string()]),
            Self::Socat => {
                words("socat", &["-t", "10", "STDIO", &format!("TCP{}:{}:{port}", family(host), bracketed(host))])
            }
        }
    }

    /// Sends each write to its input as a datagram, and prints the answers.
    pub fn udp_client(self, host: &str, port: u16) -> Command {
        match self {
            Self::Ncat => words("ncat", &["-u", host, &port.to_string()]),
            Self::Socat => words("socat", &["STDIO", &format!("UDP{}:{}:{port}", family(host), bracketed(host))]),
        }
    }

    /// Takes one client; prints what comes and sends its input.
    pub fn tcp_server(self, host: &str) -> (Process, u16) {
        let command = match self {
            Self::Ncat => &mut words("ncat", &["-v", "-l", host, "0"]),
            Self::Socat => &mut words(
                "socat",
                &["-d", "-d", "-t", "10", &format!("TCP{}-LISTEN:0,bind={}", family(host), bracketed(host)), "STDIO"],
            ),
        };
        let server = Process::start(command);
        server.error_line("istening on ");
        let port = port_of(&server, "tcp");
        (server, port)
    }

    /// Takes datagrams; prints them and sends its input to whoever sent the first.
    pub fn udp_server(self, host: &str) -> (Process, u16) {
        let command = match self {
            Self::Ncat => &mut words("ncat", &["-v", "-u", "-l", host, "0"]),
            Self::Socat => &mut words(
                "socat",
                &["-d", "-d", &format!("UDP{}-LISTEN:0,bind={}", family(host), bracketed(host)), "STDIO"],
            ),
        };
        let server = Process::start(command);
        server.error_line("istening on ");
        let port = port_of(&server, "udp");
        (server, port)
    }
}

/// The local port of a process's only socket of a protocol: ncat says 0 when it was told 0.
fn port_of(process: &Process, protocol: &str) -> u16 {
    let root = format!("/proc/{}", process.id());
    let sockets: Vec<String> = fs::read_dir(format!("{root}/fd"))
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    for table in [protocol.to_owned(), format!("{protocol}6")] {
        let table = fs::read_to_string(format!("{root}/net/{table}")).unwrap_or_default();
        for row in table.lines().skip(1) {
            // sl local_address rem_address st queues timer retransmits uid timeout inode
            let columns: Vec<&str> = row.split_whitespace().collect();
            if let [_, local, _, _, _, _, _, _, _, inode, ..] = columns[..]
                && sockets.iter().any(|socket| socket == inode)
            {
                return u16::from_str_radix(local.rsplit(':').next().unwrap(), 16).expect("a port in hex");
            }
        }
    }
    panic!("process {} has no {protocol} socket", process.id())
}
