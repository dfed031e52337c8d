//! UDP into the journal, against a bare `recvmmsg` loop on the same machine in the same run.
//!
//! Two questions. How much of what a bare loop can read does the whole way to the journal keep, when a sender sends
//! 64-byte datagrams as fast as it can? And at 200 000 datagrams a second, is anything dropped, and is every one
//! counted? Counting is exact: sent = received + dropped by the kernel, and received = rows + rows not shown. The
//! bench fails if a sum does not come out, and only prints how fast it was.
//!
//! `cargo bench --bench udp`, with `-- --quick` for a short run. Linux only: it is about `recvmmsg`.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    unsafe_code,
    reason = "a program that measures: plain output, failing loudly, and calls that std lacks"
)]

#[cfg(target_os = "linux")]
#[path = "support/mod.rs"]
mod support;

#[cfg(target_os = "linux")]
#[path = "support/mmsg.rs"]
mod mmsg;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this bench is about recvmmsg, which only Linux has");
}

#[cfg(target_os = "linux")]
fn main() {
    use std::time::Duration;
    let quick = support::quick();
    linux::flat_out(Duration::from_secs(if quick { 1 } else { 5 }));
    linux::paced(200_000, Duration::from_secs(if quick { 2 } else { 10 }));
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        net::{SocketAddr, UdpSocket},
        sync::{
            Arc,
            atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        },
        thread::{self, Builder, JoinHandle},
        time::{Duration, Instant},
    };

    use twocan::net::{SocketSpec, UdpSpec, options::UDP_RECEIVE_BUFFER};

    use crate::{
        mmsg::{self, Receiver, Sender},
        support::{Bench, line},
    };

    const SIZE: usize = 64;

    /// A thread that does nothing but `recvmmsg` and count.
    struct Bare {
        address: SocketAddr,
        count: Arc<AtomicU64>,
        stop: Arc<AtomicBool>,
        thread: Option<JoinHandle<()>>,
    }

    impl Bare {
        fn start() -> Self {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            mmsg::set_receive_buffer(&socket, UDP_RECEIVE_BUFFER);
            socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
            let address = socket.local_addr().expect("an address");
            let (count, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
            let (counter, stopped) = (Arc::clone(&count), Arc::clone(&stop));
            let read = move || {
                let mut receiver = Receiver::new();
                while !stopped.load(Relaxed) {
                    counter.fetch_add(receiver.receive(&socket) as u64, Relaxed);
                }
            };
            let thread = Builder::new().name("bare".into()).spawn(read).expect("a thread");
            Self { address, count, stop, thread: Some(thread) }
        }
    }

    impl Drop for Bare {
        fn drop(&mut self) {
            self.stop.store(true, Relaxed);
            if let Some(thread) = self.thread.take() {
                drop(thread.join());
            }
        }
    }

    fn open() -> Bench {
        Bench::open(&SocketSpec::Udp(UdpSpec::default()))
    }

    /// Waits until a count has stood still for a fifth of a second: what is on its way has come.
    fn settle(count: impl Fn() -> u64) -> u64 {
        let (mut last, mut since) = (count(), Instant::now());
        while since.elapsed() < Duration::from_millis(200) {
            thread::park_timeout(Duration::from_millis(10));
            if count() != last {
                (last, since) = (count(), Instant::now());
            }
        }
        last
    }

    fn send(to: SocketAddr, rate: Option<u64>, time: Duration) -> u64 {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.connect(to).expect("loopback");
        let mut sender = Sender::new(SIZE);
        let start = Instant::now();
        let mut sent = 0;
        while start.elapsed() < time {
            if let Some(rate) = rate {
                // In groups, because no timer is as fine as five microseconds.
                let due = (start.elapsed().as_secs_f64() * rate as f64) as u64;
                if due < sent + mmsg::GROUP as u64 {
                    thread::park_timeout(Duration::from_micros(100));
                    continue;
                }
            }
            sent += sender.send(&socket) as u64;
        }
        sent
    }

    fn rate(count: u64, time: Duration) -> String {
        format!("{:.0} / s", count as f64 / time.as_secs_f64())
    }

    fn share(part: u64, whole: u64) -> String {
        format!("{part} ({:.2} %)", part as f64 / whole.max(1) as f64 * 100.0)
    }

    pub fn flat_out(time: Duration) {
        println!("UDP, {SIZE}-byte datagrams as fast as one thread sends them, {time:?}");
        let bare = Bare::start();
        let sent = send(bare.address, None, time);
        let baseline = settle(|| bare.count.load(Relaxed));
        drop(bare);
        line("  bare recvmmsg loop: received", &rate(baseline, time), None);
        line("  bare recvmmsg loop: lost", &share(sent - baseline, sent), None);

        let bench = open();
        let counters = bench.counters();
        let sent = send(bench.address, None, time);
        let received = settle(|| counters.totals().messages_in);
        let drops = settle(|| counters.totals().kernel_drops);
        let rows = settle(|| bench.rows());
        let totals = counters.totals();
        line("  into the journal: received", &rate(received, time), Some(received as f64 / baseline as f64));
        line("  into the journal: lost in the kernel", &share(drops, sent), None);
        line("  into the journal: counted, no row kept", &share(totals.rows_not_shown, received), None);
        assert_eq!(sent, received + drops, "sent = received + dropped by the kernel");
        assert_eq!(received, rows + totals.rows_not_shown, "received = rows + rows not shown");
    }

    pub fn paced(per_second: u64, time: Duration) {
        println!("UDP, {SIZE}-byte datagrams at {per_second} / s, {time:?}");
        let bare = Bare::start();
        let sent = send(bare.address, Some(per_second), time);
        let baseline = settle(|| bare.count.load(Relaxed));
        drop(bare);
        line("  bare recvmmsg loop: lost", &share(sent - baseline, sent), None);

        let bench = open();
        let counters = bench.counters();
        let sent = send(bench.address, Some(per_second), time);
        let received = settle(|| counters.totals().messages_in);
        let drops = settle(|| counters.totals().kernel_drops);
        let rows = settle(|| bench.rows());
        let totals = counters.totals();
        line("  sent", &rate(sent, time), None);
        line("  into the journal: received", &rate(received, time), Some(received as f64 / sent as f64));
        line("  into the journal: lost in the kernel", &share(drops, sent), None);
        line("  into the journal: counted, no row kept", &share(totals.rows_not_shown, received), None);
        line("  receive buffer granted", &format!("{} bytes", totals.receive_buffer), None);
        assert_eq!(sent, received + drops, "sent = received + dropped by the kernel");
        assert_eq!(received, rows + totals.rows_not_shown, "received = rows + rows not shown");
    }
}
