//! Addresses as people type them, and what is wrong with those that are none.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use super::Endpoint;

/// Why a typed address was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was typed.
    #[error("an address is missing, such as 127.0.0.1:8008")]
    Empty,
    /// There is a host but no port.
    #[error("{0:?} has no port; write it as {0}:8008")]
    NoPort(String),
    /// There is no colon between the host and the port.
    #[error("the port stands behind a colon: {0}:{1}")]
    NoColon(String, String),
    /// It is a URL; the host and the port that it means.
    #[error("this is a URL; only its host and port are wanted: {0}")]
    Url(String),
    /// The port is not a number up to 65535.
    #[error("{0:?} is not a port; ports are numbers up to 65535")]
    Port(String),
    /// Port 0 means "choose one" and cannot be connected to.
    #[error("port 0 cannot be connected to; ports are numbers from 1 to 65535")]
    PortZero,
    /// An IPv6 address with a port needs brackets.
    #[error("{0:?} looks like IPv6; write the address in brackets: [::1]:8008")]
    Brackets(String),
    /// Only an IP address can be bound.
    #[error("{0:?} is not an IP address; a socket is bound to one of this computer's own, such as 127.0.0.1")]
    NotIp(String),
    /// The host has characters that no host name has.
    #[error("{0:?} is not a host name")]
    Host(String),
}

impl FromStr for Endpoint {
    type Err = AddressError;

    /// `host:port`, `[v6]:port`. The port must not be 0.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = narrow(text);
        let (host, port) = split(&text)?;
        let port: u16 = port.parse().map_err(|_| AddressError::Port(port.into()))?;
        if port == 0 {
            return Err(AddressError::PortZero);
        }
        Ok(Self { host: host.into(), port })
    }
}

/// Parses an address to bind: `8008`, `127.0.0.1:8008`, `[::1]:0`, `localhost:8008`, `0.0.0.0`, `::`.
///
/// A port alone is bound on 127.0.0.1, an address alone gets port 0.
///
/// # Errors
/// What is wrong with the text, in a sentence that tells what to type.
pub fn parse_bind(text: &str) -> Result<SocketAddr, AddressError> {
    let text = &*narrow(text.trim());
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let port = text.parse().map_err(|_| AddressError::Port(text.into()))?;
        return Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    }
    if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, 0));
    }
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0));
    }
    if let Ok(addr) = text.parse::<SocketAddr>() {
        return Ok(addr);
    }
    let (host, port) = split(text)?;
    let port = port.parse().map_err(|_| AddressError::Port(port.into()))?;
    let ip = match host {
        "" | "*" => Ipv4Addr::UNSPECIFIED.into(),
        host if host.eq_ignore_ascii_case("localhost") => Ipv4Addr::LOCALHOST.into(),
        host => host.parse::<IpAddr>().map_err(|_| AddressError::NotIp(host.into()))?,
    };
    Ok(SocketAddr::new(ip, port))
}

/// The text with the wide colons, digits and brackets of a Chinese keyboard as those that an address has.
pub fn narrow(text: &str) -> Cow<'_, str> {
    let is_wide = |c: char| ('！'..='～').contains(&c) || matches!(c, '。' | '【' | '】');
    if !text.contains(is_wide) {
        return Cow::Borrowed(text);
    }
    let narrow = |c: char| match c {
        '。' => '.',
        '【' => '[',
        '】' => ']',
        // Full-width forms (U+FF01 to U+FF5E) are ASCII at a fixed distance.
        wide if is_wide(wide) => char::from_u32(u32::from(wide) - 0xFEE0).unwrap_or(wide),
        other => other,
    };
    Cow::Owned(text.chars().map(narrow).collect())
}

/// The host and the port that a URL means.
fn of_url(scheme: &str, rest: &str) -> AddressError {
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = place.rsplit('@').next().unwrap_or_default();
    let usual = if matches!(scheme, "https" | "wss") { 443 } else { 80 };
    let has_port = place.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && !port.contains(']'));
    AddressError::Url(match place {
        "" => format!("example.com:{usual}"),
        place if has_port => place.into(),
        place => format!("{}:{usual}", place.trim_end_matches(':')),
    })
}

fn split(text: &str) -> Result<(&str, &str), AddressError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return Err(of_url(scheme, rest));
    }
    if let Some((host, port)) = text.split_once(char::is_whitespace)
        && port.trim().parse::<u16>().is_ok()
    {
        let host = host.trim_end_matches([':', ',']);
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.into() };
        return Err(AddressError::NoColon(host, port.trim().into()));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or_else(|| AddressError::Brackets(text.into()))?;
        let bare = host.split('%').next().unwrap_or_default();
        bare.parse::<Ipv6Addr>().map_err(|_| AddressError::Host(host.into()))?;
        let port = port.strip_prefix(':').ok_or_else(|| AddressError::NoPort(format!("[{host}]")))?;
        return Ok((host, port));
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/\\@?#[]\"'".contains(c);
    match text.matches(':').count() {
        // What is no host is not told back as if it only lacked a port.
        0 if text.contains(odd) => Err(AddressError::Host(text.into())),
        0 => Err(AddressError::NoPort(text.into())),
        1 => {
            let (host, port) = text.split_once(':').unwrap_or_default();
            if host.contains(odd) {
                return Err(AddressError::Host(host.into()));
            }
            Ok((host, port))
        }
        _ => Err(AddressError::Brackets(text.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_to_bind() {
        for (typed, meant) in [
            ("8008", "127.0.0.1:8008"),
            (" 127.0.0.1:8008 ", "127.0.0.1:8008"),
            ("localhost:9", "127.0.0.1:9"),
            ("0.0.0.0", "0.0.0.0:0"),
            ("*:80", "0.0.0.0:80"),
            (":80", "0.0.0.0:80"),
            ("::", "[::]:0"),
            ("[::1]", "[::1]:0"),
            ("[::1]:7", "[::1]:7"),
            ("127.0.0.1：8008", "127.0.0.1:8008"),
            ("１２７。０。０。１：８００８", "127.0.0.1:8008"),
            ("８００８", "127.0.0.1:8008"),
            ("【::1】：9", "[::1]:9"),
        ] {
            assert_eq!(parse_bind(typed).unwrap().to_string(), meant, "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_bound_says_why() {
        for (typed, error) in [
            ("", AddressError::Empty),
            ("70000", AddressError::Port("70000".into())),
            ("127.0.0.1:x", AddressError::Port("x".into())),
            ("example.org:80", AddressError::NotIp("example.org".into())),
            ("fe80::1:80:zz", AddressError::Brackets("fe80::1:80:zz".into())),
        ] {
            assert_eq!(parse_bind(typed).unwrap_err(), error, "{typed}");
        }
    }

    #[test]
    fn endpoints_round_trip() {
        for text in ["localhost:1", "127.0.0.1:8008", "[::1]:80", "[fe80::1%2]:80", "例子.测试:65535"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        for (text, error) in [
            ("localhost", AddressError::NoPort("localhost".into())),
            ("localhost:0", AddressError::PortZero),
            ("::1:80", AddressError::Brackets("::1:80".into())),
            ("[nonsense]:80", AddressError::Host("nonsense".into())),
            ("http://x:80", AddressError::Url("x:80".into())),
            ("http://example.com/", AddressError::Url("example.com:80".into())),
            ("https://[::1]/a:b", AddressError::Url("[::1]:443".into())),
            ("127.0.0.1 8008", AddressError::NoColon("127.0.0.1".into(), "8008".into())),
            ("127.0.0.1: 8008", AddressError::NoColon("127.0.0.1".into(), "8008".into())),
            ("::1 80", AddressError::NoColon("[::1]".into(), "80".into())),
            ("my host", AddressError::Host("my host".into())),
            ("a b:80", AddressError::Host("a b".into())),
            ("h:-1", AddressError::Port("-1".into())),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap_err(), error, "{text}");
        }
    }
}
