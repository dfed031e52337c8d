//! What the open window costs: the time to its first frame, its idle, and what becomes of datagrams and of memory
//! while it shows them as they come.
//!
//! The real window on Xvfb with OpenGL in software, which is the worst there is: on two cores the renderer, the sender
//! and the socket share what a desktop gives to the socket alone. Counting is exact all the same, and the bench fails
//! if a datagram is missing from the sum. Packet Sender 8.1, measured so on the same kind of machine, starts in 205 ms,
//! and loses 1 to 10 % at 20 000 datagrams a second and 85 to 89 % at 200 000.
//!
//! Memory is that of a release build: a build with debug assertions grows by some megabytes with each million datagrams,
//! because egui then keeps the source of every id there ever was.
//!
//! `cargo bench --features inspection --bench window`, with `-- --quick` for a short run.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a program that measures: plain output, and failing loudly"
)]

#[cfg(target_os = "linux")]
#[path = "../tests/support/drive.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod drive;
#[cfg(target_os = "linux")]
#[path = "support/mmsg.rs"]
#[allow(dead_code, unsafe_code, reason = "the sender only; sendmmsg is not in std")]
mod mmsg;
#[cfg(target_os = "linux")]
#[path = "../tests/support/process.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod process;
#[cfg(target_os = "linux")]
#[path = "support/mod.rs"]
mod support;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this bench reads /proc and needs Xvfb");
}

#[cfg(target_os = "linux")]
fn main() {
    let quick = support::quick();
    let screen = drive::Screen::start();
    linux::start(&screen, if quick { 3 } else { 10 });
    linux::idle(&screen, std::time::Duration::from_secs(if quick { 3 } else { 10 }));
    linux::flood(&screen, 200_000, std::time::Duration::from_secs(if quick { 3 } else { 10 }));
    linux::memory(&screen, if quick { 1_000_000 } else { 10_000_000 });
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs,
        net::UdpSocket,
        thread,
        time::{Duration, Instant},
    };

    use tempfile::TempDir;

    use crate::{
        drive::{Screen, Window},
        mmsg::{GROUP, Sender},
        support::line,
    };

    /// Of the clock that /proc counts processor time with.
    const TICKS_PER_SECOND: f64 = 100.0;

    fn open(screen: &Screen) -> (Window, TempDir) {
        let home = tempfile::tempdir().expect("a folder");
        let settings = "language = \"en\"\ntheme = \"light\"\n";
        fs::write(home.path().join("twocan.toml"), settings).expect("a file");
        (Window::open(screen, home.path()), home)
    }

    /// Processor time of a process so far.
    fn cpu(id: u32) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("the process lives");
        let (_, behind_name) = stat.rsplit_once(") ").expect("a name in brackets");
        let fields: Vec<&str> = behind_name.split(' ').collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_secs_f64(ticks as f64 / TICKS_PER_SECOND)
    }

    /// Resident memory in bytes: all of it, and without the libraries of the software renderer, which a computer with
    /// a graphics card does not load.
    fn resident(id: u32) -> (u64, u64) {
        let maps = fs::read_to_string(format!("/proc/{id}/smaps")).expect("the process lives");
        let (mut all, mut own, mut renderer) = (0, 0, false);
        for row in maps.lines() {
            if let Some(size) = row.strip_prefix("Rss:") {
                let bytes = size.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024;
                all += bytes;
                own += if renderer { 0 } else { bytes };
            } else if !row.split(' ').next().is_some_and(|word| word.ends_with(':')) {
                renderer = ["libLLVM", "swrast", "gallium", "/SYSV"].iter().any(|name| row.contains(name));
            }
        }
        (all, own)
    }

    pub fn start(screen: &Screen, times: u32) {
        let mut took: Vec<Duration> = (0..times)
            .map(|_| {
                let began = Instant::now();
                let (mut window, _home) = open(screen);
                window.see("Two sockets, one wire");
                began.elapsed()
            })
            .collect();
        took.sort();
        let middle = took[took.len() / 2];
        line("start to first frame, middle of some", &format!("{:.0} ms", middle.as_secs_f64() * 1e3), None);
    }

    pub fn idle(screen: &Screen, time: Duration) {
        let (mut window, _home) = open(screen);
        window.click("Start a TCP echo server and connect to it");
        window.see("ESTABLISHED");
        for _ in 0..7 {
            window.click("New");
            window.click("Bind a UDP socket with the defaults");
            window.see("BOUND");
        }
        // What was clicked has been painted, and no pointer moves.
        thread::park_timeout(Duration::from_secs(2));
        let before = cpu(window.id());
        thread::park_timeout(time);
        let used = cpu(window.id()).saturating_sub(before);
        let share = used.as_secs_f64() / time.as_secs_f64() * 100.0;
        line("processor at idle, ten sockets", &format!("{share:.1} %"), None);
    }

    /// A UDP socket in the window, and its port.
    fn bind(window: &mut Window) -> u16 {
        window.click("New");
        window.click("Bind a UDP socket with the defaults");
        window.wait("no bound socket", |widgets| {
            let card =
                widgets.iter().find(|w| w.name.starts_with("UDP socket 127.0.0.1:") && w.name.ends_with(" BOUND"))?;
            card.name.split(' ').nth(2)?.rsplit(':').next()?.parse().ok()
        })
    }

    /// What stands on the socket's card: datagrams, and how many of them the kernel dropped.
    fn counted(window: &mut Window) -> (u64, u64) {
        let number = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().ok();
        window.wait("no line with datagrams", |widgets| {
            let line = widgets.iter().find(|w| w.says(" datagrams · ") && w.says(" dropped"))?;
            let text = if line.name.is_empty() { &line.value } else { &line.name };
            let mut parts = text.split(" · ").skip(1);
            Some((number(parts.next()?)?, number(parts.next()?)?))
        })
    }

    /// Waits until the window has counted everything that was sent.
    fn settled(window: &mut Window, sent: u64) -> (u64, u64) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let (datagrams, dropped) = counted(window);
            if datagrams + dropped == sent {
                return (datagrams, dropped);
            }
            assert!(Instant::now() < deadline, "{sent} sent, but {datagrams} counted and {dropped} dropped");
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn send(port: u16, rate: Option<u64>, until: impl Fn(u64, Duration) -> bool) -> u64 {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.connect(("127.0.0.1", port)).expect("loopback");
        let mut sender = Sender::new(64);
        let start = Instant::now();
        let mut sent = 0;
        while !until(sent, start.elapsed()) {
            if let Some(rate) = rate {
                let due = (start.elapsed().as_secs_f64() * rate as f64) as u64;
                if due < sent + GROUP as u64 {
                    thread::park_timeout(Duration::from_micros(100));
                    continue;
                }
            }
            sent += sender.send(&socket) as u64;
        }
        sent
    }

    pub fn flood(screen: &Screen, rate: u64, time: Duration) {
        let (mut window, _home) = open(screen);
        let port = bind(&mut window);
        let sent = send(port, Some(rate), |_, elapsed| elapsed >= time);
        let (_, dropped) = settled(&mut window, sent);
        let reached = sent as f64 / time.as_secs_f64();
        line("UDP with the window open: sent", &format!("{reached:.0} / s"), None);
        let share = dropped as f64 / sent as f64 * 100.0;
        line("UDP with the window open: lost in the kernel", &format!("{dropped} ({share:.2} %)"), None);
    }

    pub fn memory(screen: &Screen, datagrams: u64) {
        let (mut window, _home) = open(screen);
        let port = bind(&mut window);
        let (_, before) = resident(window.id());
        let sent = send(port, None, |sent, _| sent >= datagrams);
        settled(&mut window, sent);
        let (all, after) = resident(window.id());
        let size = |bytes: u64| format!("{:.0} MB", bytes as f64 / 1e6);
        line("memory of an empty bench", &size(before), None);
        line(&format!("memory after {sent} datagrams"), &size(after), Some(after as f64 / before as f64));
        line("  with the software renderer's libraries", &size(all), None);
        // What waited for the window is in the journal by now.
        thread::park_timeout(Duration::from_secs(5));
        line("  five seconds later", &size(resident(window.id()).1), None);
    }
}
