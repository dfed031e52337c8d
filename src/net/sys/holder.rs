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

/// The processes that hold the port of `addr`, such as `python3 (pid 4711)`; Twocan itself is named too.
///
/// `None` where the system does not tell, which is the rule for another user's process.
fn port_holder(addr: SocketAddr, kind: Kind) -> Option<String> {
    let protocol = match kind {
        Kind::UdpSocket => listeners::Protocol::UDP,
        Kind::TcpListener | Kind::TcpConnection => listeners::Protocol::TCP,
    };
    let mut found: Vec<_> = listeners::get_all().unwrap_or_default().into_iter().collect();
    found.retain(|other| {
        other.protocol == protocol && other.socket.port() == addr.port() && collide(other.socket.ip(), addr.ip())
    });
    // A listener is in the way rather than the connections it accepted; and where IPv4 has one of its own, what is bound
    // to `::` beside it can only be for IPv6.
    let listens = |other: &listeners::Listener| other.state == listeners::SocketState::Listen;
    let v4 = |other: &listeners::Listener| addr.is_ipv4() && other.socket.ip().to_canonical().is_ipv4();
    for better in [&listens as &dyn Fn(&_) -> bool, &v4] {
        if found.iter().any(better) {
            found.retain(better);
        }
    }
    let mut holders: Vec<_> = found.iter().map(|other| (other.process.pid, other.process.name.as_str())).collect();
    holders.sort_unstable();
    holders.dedup();
    if !holders.is_empty() {
        let named: Vec<_> = holders.iter().map(|(pid, name)| format!("{name} (pid {pid})")).collect();
        return Some(named.join(", "));
    }
    #[cfg(target_os = "linux")]
    return proc_net_user(addr, kind).map(|uid| format!("uid {uid}"));
    #[cfg(not(target_os = "linux"))]
    None
}

/// Whether of two sockets on one port the one keeps the other from its address. `::` is every address, IPv4 ones too.
fn collide(one: IpAddr, other: IpAddr) -> bool {
    let (one, other) = (one.to_canonical(), other.to_canonical());
    let covers = |all: IpAddr, ip: IpAddr| all.is_unspecified() && (all.is_ipv6() || ip.is_ipv4());
    one == other || covers(one, other) || covers(other, one)
}

/// The user id in `/proc/net/{tcp,udp}[6]` (`proc_net(5)`): readable for everyone, unlike the owner's name.
#[cfg(target_os = "linux")]
fn proc_net_user(addr: SocketAddr, kind: Kind) -> Option<u32> {
    let tables = if kind == Kind::UdpSocket { ["udp", "udp6"] } else { ["tcp", "tcp6"] };
    tables.iter().find_map(|table| {
        let text = std::fs::read_to_string(format!("/proc/net/{table}")).ok()?;
        user_in_table(&text, addr, kind)
    })
}

#[cfg(target_os = "linux")]
fn user_in_table(text: &str, addr: SocketAddr, kind: Kind) -> Option<u32> {
    text.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let (ip, port) = fields.nth(1)?.rsplit_once(':')?;
        let state = fields.nth(1)?;
        let uid = fields.nth(3)?;
        // 0A is LISTEN: only such a socket can be in the way of a listener.
        let in_the_way = (kind == Kind::UdpSocket || state == "0A")
            && u16::from_str_radix(port, 16) == Ok(addr.port())
            && collide(ip_in_table(ip)?, addr.ip());
        in_the_way.then(|| uid.parse().ok())?
    })
}

/// An address as the tables have it: words of 32 bits in this computer's own order.
#[cfg(target_os = "linux")]
fn ip_in_table(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    if hex.len() == 8 {
        return Some(Ipv4Addr::from(word(0)?).into());
    }
    let mut all = [0; 16];
    for (at, bytes) in all.chunks_exact_mut(4).enumerate() {
        bytes.copy_from_slice(&word(8 * at)?);
    }
    Some(Ipv6Addr::from(all).into())
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
        let user = |addr: &str, kind| user_in_table(table, addr.parse().unwrap(), kind);
        assert_eq!(user("127.0.0.1:8008", Kind::TcpListener), Some(1000));
        assert_eq!(user("0.0.0.0:8008", Kind::TcpListener), Some(1000));
        assert_eq!(user("127.0.0.2:8008", Kind::TcpListener), None);
        assert_eq!(user("127.0.0.1:8009", Kind::TcpListener), None);
        assert_eq!(user("127.0.0.1:8009", Kind::UdpSocket), Some(7));
        assert_eq!(ip_in_table("00000000000000000000000001000000"), Some(Ipv6Addr::LOCALHOST.into()));
    }

    #[test]
    fn an_address_is_in_the_way_of_itself_and_of_all_of_its_family() {
        let collide = |one: &str, other: &str| collide(one.parse().unwrap(), other.parse().unwrap());
        for (one, other, so) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::1", false),
            ("0.0.0.0", "127.0.0.2", true),
            ("0.0.0.0", "::1", false),
            ("0.0.0.0", "::", true),
            ("::", "127.0.0.1", true),
            ("::", "::1", true),
            ("::ffff:127.0.0.1", "127.0.0.1", true),
        ] {
            assert_eq!((collide(one, other), collide(other, one)), (so, so), "{one} {other}");
        }
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
    /// Two programs on one port is the rule where one takes IPv4 and the other IPv6: only one of them is in the way.
    #[test]
    #[cfg(target_os = "linux")]
    fn who_has_the_port_at_another_address_is_not_named() {
        let ours = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = ours.local_addr().unwrap().port();
        let other = |ip: &str| SocketAddr::new(ip.parse().unwrap(), port);
        for free in ["127.0.0.2", "::1"] {
            assert_eq!(port_holder(other(free), Kind::UdpSocket), None, "{free}");
        }
        let named = port_holder(other("0.0.0.0"), Kind::UdpSocket).unwrap();
        assert!(named.contains(&format!("(pid {})", std::process::id())), "{named}");
        assert_eq!(port_holder(ours.local_addr().unwrap(), Kind::TcpListener), None);
    }
}
