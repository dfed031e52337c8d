//! What stands under a field: why what was typed there cannot be used, and what using it means.

use rust_i18n::t;

use super::Lang;
use crate::{
    net::{Reach, interfaces::Interface, options::AddressError},
    text::{ComposeError, EncodeError, escape::EscapeError, hex::HexError},
};

/// Why a typed address was refused, and what to type instead.
pub fn address_error(lang: Lang, error: &AddressError) -> String {
    let tag = lang.tag();
    match error {
        AddressError::Empty => t!("address.empty", locale = tag),
        AddressError::NoPort(host) => t!("address.no_port", locale = tag, host = host),
        AddressError::NoColon(host, port) => t!("address.no_colon", locale = tag, host = host, port = port),
        AddressError::Url(meant) => t!("address.url", locale = tag, address = meant),
        AddressError::Port(port) => t!("address.port", locale = tag, port = quoted(port)),
        AddressError::PortZero => t!("address.port_zero", locale = tag),
        AddressError::Brackets(text) => t!("address.brackets", locale = tag, text = text),
        AddressError::NotIp(host) => t!("address.not_ip", locale = tag, host = quoted(host)),
        AddressError::Interface(name) => t!("address.no_interface", locale = tag, name = quoted(name)),
        AddressError::Host(host) if host.is_empty() => t!("address.host_empty", locale = tag),
        AddressError::Host(host) => t!("address.host", locale = tag, host = quoted(host)),
    }
    .into_owned()
}

/// Why nothing can be sent, with the column.
pub fn compose_error(lang: Lang, error: &ComposeError) -> String {
    let tag = lang.tag();
    match error {
        ComposeError::Encode(EncodeError { character, column, charset }) => t!(
            "compose.unmappable",
            locale = tag,
            encoding = charset,
            character = character,
            code = format!("U+{:04X}", u32::from(*character)),
            column = column
        ),
        ComposeError::Escape(EscapeError::Unknown { escape, column }) => {
            t!("compose.escape_unknown", locale = tag, escape = escape, column = column)
        }
        ComposeError::Escape(EscapeError::Unfinished { escape, column }) => {
            t!("compose.escape_unfinished", locale = tag, escape = escape, column = column)
        }
        ComposeError::Escape(EscapeError::Surrogate { code, column }) => {
            t!("compose.escape_surrogate", locale = tag, code = format!("U+{code:04X}"), column = column)
        }
        ComposeError::Escape(EscapeError::TooLarge { escape, column }) => {
            t!("compose.escape_too_large", locale = tag, escape = escape, column = column)
        }
        ComposeError::Hex(HexError::Lone { line, column }) => {
            t!("compose.hex_lone", locale = tag, place = place(tag, *line, *column))
        }
        ComposeError::Hex(HexError::Unexpected { character, line, column }) => t!(
            "compose.hex_unexpected",
            locale = tag,
            character = character.escape_debug(),
            place = place(tag, *line, *column)
        ),
        ComposeError::Hex(HexError::Prefix { line, column }) => {
            t!("compose.hex_prefix", locale = tag, place = place(tag, *line, *column))
        }
        ComposeError::Hex(HexError::Offset { line, expected, found }) => t!(
            "compose.hex_offset",
            locale = tag,
            line = line,
            expected = format!("{expected:04X}"),
            found = format!("{found:04X}")
        ),
        ComposeError::Hex(HexError::Repeat { line }) => t!("compose.hex_repeat", locale = tag, line = line),
        ComposeError::Hex(HexError::Text { line, column }) => {
            t!("compose.hex_text", locale = tag, place = place(tag, *line, *column))
        }
        ComposeError::Hex(HexError::Row { .. }) => t!("compose.hex_row", locale = tag),
    }
    .into_owned()
}

/// Who can reach a socket bound so, with this computer's `addresses` where everyone can.
pub fn reach(lang: Lang, reach: Reach, addresses: &[Interface]) -> String {
    let tag = lang.tag();
    match reach {
        Reach::ThisComputer => t!("address.reach_this_computer", locale = tag),
        Reach::OneAddress => t!("address.reach_one_address", locale = tag),
        Reach::Everyone if addresses.is_empty() => t!("address.reach_everyone_bare", locale = tag),
        Reach::Everyone => {
            let list: Vec<_> = addresses
                .iter()
                .map(|Interface { name, ip }| t!("address.interface", locale = tag, ip = ip, name = name))
                .collect();
            t!("address.reach_everyone", locale = tag, addresses = list.join(", "))
        }
    }
    .into_owned()
}

/// The line is only worth a word where there are several.
fn place(tag: &str, line: usize, column: usize) -> String {
    if line == 1 {
        t!("compose.column", locale = tag, column = column)
    } else {
        t!("compose.line_column", locale = tag, line = line, column = column)
    }
    .into_owned()
}

/// Typed text inside a sentence. Characters that would break the line or hide are shown as escapes.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        net::options::{Endpoint, parse_bind},
        text::{Composition, Mode},
    };

    #[test]
    fn addresses_are_corrected_in_both_languages() {
        let refused = parse_bind("127.0.0.1:x").unwrap_err();
        assert_eq!(address_error(Lang::En, &refused), "\"x\" is not a port. Ports are numbers up to 65535.");
        assert_eq!(address_error(Lang::Zh, &refused), "\"x\" 不是端口。端口是不超过 65535 的数。");
        let refused = "localhost".parse::<Endpoint>().unwrap_err();
        assert_eq!(address_error(Lang::En, &refused), "localhost has no port. Write it as localhost:8008.");
    }

    #[test]
    fn everyone_is_told_by_which_address() {
        let addresses = [Interface { name: "wlan0".into(), ip: "192.168.1.20".parse().unwrap() }];
        assert_eq!(
            reach(Lang::En, Reach::Everyone, &addresses),
            "Every computer in your network can reach it now, at 192.168.1.20 (wlan0)."
        );
        assert_eq!(reach(Lang::Zh, Reach::ThisComputer, &addresses), "只有本机的程序能到达它。");
    }

    #[test]
    fn an_unmappable_character_is_named() {
        let error = EncodeError { character: '镕', column: 3, charset: "GB2312" }.into();
        assert_eq!(
            compose_error(Lang::Zh, &error),
            "GB2312 里没有 镕（U+9555），第 3 列。换一种编码，或选择用什么代替它。"
        );
    }
    #[test]
    fn every_slip_of_the_composer_has_its_sentence() {
        let hex = Composition { mode: Mode::Hex, ..Composition::default() };
        let text = Composition { escapes: true, ..Composition::default() };
        for (composition, typed, en, zh) in [
            (hex, "4", "A lone hex digit in column 1.", "第 1 列的十六进制数字落单了。"),
            (hex, "41\n4", "A lone hex digit in line 2, column 1.", "第 2 行第 1 列的十六进制数字落单了。"),
            (hex, "4g", "g in column 2 is not hex.", "第 2 列的 g 不是十六进制。"),
            (hex, "0x", "Hex digits are missing behind column 2.", "第 2 列后面缺少十六进制数字。"),
            (
                hex,
                "0000  41\n0002  42",
                "Line 2 of the dump is at 0002, but 0001 comes next.",
                "转储第 2 行的偏移是 0002",
            ),
            (hex, "0000  41\n*", "The * in line 2 of the dump cannot be filled in", "转储第 2 行的 * 无法展开"),
            (text, "\\q", "\\q is not an escape (column 1).", "\\q 不是转义"),
            (text, "\\x4", "\\x4 is not finished (column 1).", "\\x4 没有写完（第 1 列）。"),
            (text, "\\uD800", "U+D800 is half of a pair and no character (column 1).", "U+D800 只是代理对的一半"),
            (text, "\\u{110000}", "\\u{110000} is beyond U+10FFFF", "\\u{110000} 超出了最后一个字符"),
        ] {
            let error = composition.bytes(typed).unwrap_err();
            for (lang, start) in [(Lang::En, en), (Lang::Zh, zh)] {
                let sentence = compose_error(lang, &error);
                assert!(sentence.starts_with(start), "{sentence}");
            }
        }
    }
}
