//! This computer's addresses.

use std::net::IpAddr;

/// One address of one interface that is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The system's name, such as `wlan0`.
    pub name: String,
    /// Its address.
    pub ip: IpAddr,
}

/// The number of the interface of that name, as the scope of an IPv6 address has it.
pub fn index(name: &str) -> Option<u32> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.into_iter().find(|interface| interface.name == name)?.index
}

/// The addresses others can reach this computer by: no loopback, no link-local ones; IPv4 first.
///
/// An empty list where the system does not tell.
pub fn addresses() -> Vec<Interface> {
    let mut found: Vec<Interface> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .map(|interface| Interface { ip: interface.ip(), name: interface.name })
        .collect();
    found.sort_by_key(|interface| interface.ip.is_ipv6());
    found
}
