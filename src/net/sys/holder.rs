//! What is to be known when an address cannot be bound: which process holds the port, or which addresses this
//! computer has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{
    journal::{FaultKind, Kind},
    net::interfaces,
};

/// The detail of a failed `bind` or `listen`: who is in the way (`python3 (pid 4711)`), or the addresses that can be
/// bound instead (`127.0.0.1, 192.168.1.20, 0.0.0.0`). Empty where there is nothing to add.
pub(crate) fn why_not_here(addr: SocketAddr, kind: Kind, fault: FaultKind) -> String {
    match fault {
        FaultKind::InUse => port_holder(addr, kind).unwrap_or_default(),
        FaultKind::NotOurs => {
            let (loopback, any): (IpAddr, IpAddr) = if addr.is_ipv4() {
                (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::UNSPECIFIED.into())
            } else {
                (Ipv6Addr::LOCALHOST.into(), Ipv6Addr::UNSPECIFIED.into())
            };
            let own = interfaces::addresses().into_iter().map(|interface| interface.ip);
            let own = own.filter(|ip| ip.is_ipv4() == addr.is_ipv4());
            let all: Vec<_> = [loopback].into_iter().chain(own).chain([any]).map(|ip| ip.to_string()).collect();
            all.join(", ")
        }
        _ => String::new(),
    }
}

/// The process that holds the port of `addr`, such as `python3 (pid 4711)`; Twocan itself is named too.
///
/// `None` where the system does not tell, which is the rule for another user's process.
fn port_holder(addr: SocketAddr, kind: Kind) -> Option<String> {
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
    fn addresses_of_the_same_family_are_offered() {
        let addr = "203.0.113.1:80".parse().unwrap();
        let offered = why_not_here(addr, Kind::TcpListener, FaultKind::NotOurs);
        assert!(offered.starts_with("127.0.0.1, ") && offered.ends_with(", 0.0.0.0"), "{offered}");
        assert!(offered.split(", ").all(|ip| ip.parse::<Ipv4Addr>().is_ok()), "{offered}");
        assert_eq!(why_not_here(addr, Kind::TcpListener, FaultKind::Permission), "");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn our_own_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = port_holder(listener.local_addr().unwrap(), Kind::TcpListener);
        assert!(holder.is_some_and(|text| text.contains(&std::process::id().to_string())));
    }
}
