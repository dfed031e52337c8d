//! Name look-ups. `getaddrinfo` blocks for as long as it likes, so each has a thread of its own that nobody
//! waits for; the answer comes back as an order to the worker that asked.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    thread,
};

use crossbeam_channel::Sender;

use super::{
    options::{Endpoint, Family},
    sys,
    worker::Order,
};
use crate::journal::{Fault, FaultKind, SocketId};

/// The address, if the host is an IP address without a scope name and needs no look-up.
pub(super) fn literal(endpoint: &Endpoint) -> Option<SocketAddr> {
    if let Ok(ip) = endpoint.host.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, endpoint.port));
    }
    // `fe80::1%2`: std parses scope numbers in brackets only.
    format!("[{}]:{}", endpoint.host, endpoint.port).parse().ok()
}

/// Starts a look-up whose answer goes to `id`.
pub(super) fn start(
    id: SocketId,
    endpoint: Endpoint,
    family: Family,
    orders: Sender<(SocketId, Order)>,
    waker: Arc<mio::Waker>,
) -> io::Result<()> {
    thread::Builder::new().name("resolve".into()).spawn(move || {
        let answer = look_up(&endpoint, family);
        // If the worker is gone, so is the question.
        if orders.send((id, Order::Resolved { endpoint, answer })).is_ok() {
            waker.wake().ok();
        }
    })?;
    Ok(())
}

fn look_up(endpoint: &Endpoint, family: Family) -> Result<Vec<SocketAddr>, Fault> {
    let mut found = sys::look_up(&endpoint.host, endpoint.port)?;
    found.retain(|addr| family.allows(addr.ip()));
    found.dedup();
    if found.is_empty() { Err(Fault::of(FaultKind::NoName)) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_no_thread() {
        let addr = |text: &str| literal(&text.parse().unwrap()).map(|addr| addr.to_string());
        assert_eq!(addr("127.0.0.1:80").as_deref(), Some("127.0.0.1:80"));
        assert_eq!(addr("[::1]:80").as_deref(), Some("[::1]:80"));
        assert_eq!(addr("[fe80::1%3]:80").as_deref(), Some("[fe80::1%3]:80"));
        assert_eq!(addr("localhost:80"), None);
    }

    #[test]
    fn a_family_without_address_is_a_name_without_address() {
        let localhost = "localhost:80".parse().unwrap();
        assert!(look_up(&localhost, Family::V4).unwrap().iter().all(SocketAddr::is_ipv4));
        let none = look_up(&"127.0.0.1:80".parse().unwrap(), Family::V6);
        assert_eq!(none, Err(Fault::of(FaultKind::NoName)));
    }
}
