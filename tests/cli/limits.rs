//! A server that runs out of descriptors: its clients wait, and it says so once.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use super::process::{DEADLINE, Process};

/// Takes 0.7 s, in which the server tries again and again to accept the next client.
#[test]
fn clients_wait_where_there_are_no_descriptors_and_are_served_later() {
    for model in ["sequential", "threads", "event-loop"] {
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -n 40 && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_twocan")]);
        limited.args(["tcp-server", "127.0.0.1:0", "--model", model, "--reply", "echo", "--backlog", "128"]);
        let server = Process::start(limited.env("LC_ALL", "en_US.UTF-8"));
        let address = server.error_line("listening on ");
        let clients: Vec<_> = (0..60)
            .map(|_| {
                let client = TcpStream::connect(address.as_str()).unwrap();
                client.set_read_timeout(Some(DEADLINE)).unwrap();
                client
            })
            .collect();
        let echo = |mut client: &TcpStream, what: &str| {
            client.write_all(b"hello").unwrap();
            let mut buffer = [0; 5];
            client.read_exact(&mut buffer).unwrap_or_else(|error| server.fail(&format!("{model}, {what}: {error}")));
            assert_eq!(&buffer, b"hello");
        };
        let full = "so the next client waits in the queue";
        if model != "sequential" {
            server.error_line(full);
            let until = Instant::now() + Duration::from_millis(700);
            while Instant::now() < until {
                echo(&clients[0], "while it is full");
            }
            assert_eq!(server.told().matches(full).count(), 1, "{}", server.told());
        }
        for (number, client) in clients.into_iter().enumerate() {
            echo(&client, &format!("client {number}"));
        }
    }
}
