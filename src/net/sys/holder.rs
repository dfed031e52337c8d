//! Which process holds a port, to be named when `bind` says that the address is in use.

use std::net::SocketAddr;

use crate::journal::Kind;

/// The process that holds the port of `addr`, such as `python3 (pid 4711)`; Twocan itself is named too.
///
/// `None` where the system does not tell, which is the rule for another user's process.
pub(crate) fn port_holder(addr: SocketAddr, kind: Kind) -> Option<String> {
    let protocol = match kind {
        Kind::UdpSocket => listeners::Protocol::UDP,
        Kind::TcpListener | Kind::TcpConnection => listeners::Protocol::TCP,
    };
    if let Ok(process) = listeners::get_process_by_port(addr.port(), protocol) {
        return Some(format!("{} (pid {})", process.name, process.pid));
    }
    #[cfg(target_os = "linux")]
    return proc_net_user(addr.port(), kind).map(|uid| format!("uid {uid}"));
    #[cfg(not(target_os = "linux"))]
    None
}

/// The user id in `/proc/net/{tcp,udp}[6]` (`proc_net(5)`): readable for everyone, unlike the owner's name.
#[cfg(target_os = "linux")]
fn proc_net_user(port: u16, kind: Kind) -> Option<u32> {
    let tables = if kind == Kind::UdpSocket { ["udp", "udp6"] } else { ["tcp", "tcp6"] };
    tables.iter().find_map(|table| {
        let text = std::fs::read_to_string(format!("/proc/net/{table}")).ok()?;
        user_in_table(&text, port, kind)
    })
}

#[cfg(target_os = "linux")]
fn user_in_table(text: &str, port: u16, kind: Kind) -> Option<u32> {
    text.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let (_, local_port) = fields.nth(1)?.rsplit_once(':')?;
        let state = fields.nth(1)?;
        let uid = fields.nth(3)?;
        // 0A is LISTEN: only such a socket can be in the way of a listener.
        let in_the_way = kind == Kind::UdpSocket || state == "0A";
        (in_the_way && u16::from_str_radix(local_port, 16) == Ok(port)).then(|| uid.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_line_of_proc_net() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:1F48 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 100 0 0 10 0\n   \
            1: 0100007F:1F49 0100007F:1F48 01 00000000:00000000 00:00000000 00000000     7        0 12346 1 0 20 4 30 10 -1\n";
        assert_eq!(user_in_table(table, 8008, Kind::TcpListener), Some(1000));
        assert_eq!(user_in_table(table, 8009, Kind::TcpListener), None);
        assert_eq!(user_in_table(table, 8009, Kind::UdpSocket), Some(7));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn our_own_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = port_holder(listener.local_addr().unwrap(), Kind::TcpListener);
        assert!(holder.is_some_and(|text| text.contains(&std::process::id().to_string())));
    }
}
