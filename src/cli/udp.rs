//! `twocan udp`
//!
//! With `--to` the socket is connected, as `nc -u` does it: then the system tells when nobody has that port (ICMP).
//! Answers to a broadcast or to a group come from other addresses than it went to, so with `--broadcast` or to a multicast
//! address it is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{
    Exit, Refusal,
    arguments::Udp,
    options::{self, Options},
    responder,
    session::{self, Role},
};
use crate::{
    journal::Kind,
    net::{Endpoint, SocketSpec, UdpSpec, options::parse_bind},
    words::{self, Lang},
};

pub(super) fn run(typed: &Udp, lang: Lang) -> Result<Exit, Refusal> {
    let mut options = Options::new(&typed.common, lang)?;
    let target = typed.to.as_deref().map(|to| options::endpoint(to, lang)).transpose()?;
    let address = match &typed.bind {
        Some(bind) => parse_bind(bind).map_err(|error| Refusal(words::address_error(lang, &error)))?,
        None => SocketAddr::new(target.as_ref().map_or(Ipv4Addr::LOCALHOST.into(), local_for), 0),
    };
    let many = typed.broadcast || target.as_ref().is_some_and(is_group);
    let (connect, to) = if many { (None, target) } else { (target, None) };
    let role = Role::Udp { to, connected: connect.is_some() };
    let mut spec = SocketSpec::Udp(UdpSpec {
        address,
        connect,
        broadcast: typed.broadcast,
        responder: responder::of(&typed.answers, Kind::UdpSocket, lang)?,
        ..UdpSpec::default()
    });
    options.tune(&mut spec);
    responder::prepare(&mut spec, &mut options, typed.answers.allow_commands)?;
    session::run(&spec, role, &options)
}

/// The address to bind so that `target` can be reached: loopback reaches loopback only.
pub(super) fn local_for(target: &Endpoint) -> IpAddr {
    let ip = target.host.split('%').next().and_then(|host| host.parse::<IpAddr>().ok());
    match ip {
        Some(IpAddr::V4(v4)) if v4.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        Some(IpAddr::V6(v6)) if v6.is_loopback() => Ipv6Addr::LOCALHOST.into(),
        Some(IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        None if target.host.eq_ignore_ascii_case("localhost") => Ipv4Addr::LOCALHOST.into(),
        Some(IpAddr::V4(_)) | None => Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// Whether it is a multicast address: whoever answers does so from an address of its own.
fn is_group(target: &Endpoint) -> bool {
    target.host.split('%').next().and_then(|host| host.parse::<IpAddr>().ok()).is_some_and(|ip| ip.is_multicast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_a_group_are_heard() {
        for (target, group) in [("224.0.0.251:5353", true), ("[ff02::fb%2]:5353", true), ("223.0.0.1:9", false)] {
            assert_eq!(is_group(&target.parse().unwrap()), group, "{target}");
        }
    }

    #[test]
    fn the_socket_is_bound_where_it_can_reach_its_target() {
        for (target, local) in [
            ("127.0.0.1:9", "127.0.0.1"),
            ("localhost:9", "127.0.0.1"),
            ("192.168.1.20:9", "0.0.0.0"),
            ("example.org:9", "0.0.0.0"),
            ("[::1]:9", "::1"),
            ("[fe80::1%2]:9", "::"),
        ] {
            assert_eq!(local_for(&target.parse().unwrap()).to_string(), local, "{target}");
        }
    }
}
