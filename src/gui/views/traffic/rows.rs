//! What a row of the traffic table shows, as plain text: no egui here, so that every cell can be tested.
//!
//! Only rows on screen are ever turned into text (some sixty a frame), so these functions allocate freely.
//! Times are the wall clock's at the moment the call returned; Δ is measured on the monotonic clock and may be
//! negative, because two workers write their records down independently.

use std::{borrow::Cow, fmt::Write as _};

use jiff::{Timestamp, tz::TimeZone};

use crate::journal::{Epoch, Event, Nanos, Row};

/// Bytes of a payload that are decoded for a cell; the detail below the table shows all of them.
pub const PREVIEW: usize = 256;

/// The wall-clock time of a record with its date and microseconds, such as `2026-11-20 10:42:07.118204`; what
/// one sees hovering the time to the millisecond.
pub fn date_and_clock(epoch: Epoch, at: Nanos, zone: &TimeZone) -> String {
    let Ok(timestamp) = Timestamp::try_from(epoch.wall_time(at)) else { return String::new() };
    timestamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// Milliseconds since the row shown before; one decimal below 100 ms, none above.
pub fn delta(before: Option<Nanos>, at: Nanos) -> String {
    let nanos = before.map_or(0, |before| i128::from(at) - i128::from(before));
    let ms = nanos as f64 / 1e6;
    let text = if ms.abs() < 99.95 { format!("{ms:.1}") } else { format!("{ms:.0}") };
    if text == "-0.0" { "0.0".into() } else { text }
}

/// The bytes that the call moved, `–` where it moves none, `512/1400` for a datagram of which the rest is lost.
pub fn bytes(row: &Row<'_>) -> Cow<'static, str> {
    let len = row.bytes.len();
    match row.record.event {
        Event::Received { full } if full as usize > len => format!("{len}/{full}").into(),
        event if event.has_payload() => len.to_string().into(),
        _ => "–".into(),
    }
}

/// Whether the datagram was longer than the buffer, so that its rest is lost.
pub fn is_truncated(row: &Row<'_>) -> bool {
    matches!(row.record.event, Event::Received { full } if full as usize > row.bytes.len())
}

/// The other end's address; empty where none is known. `bind` and `listen` name an address too, but our own.
pub fn peer(row: &Row<'_>) -> String {
    match (row.record.event, row.record.peer) {
        (Event::Bound | Event::Listening { .. }, _) | (_, None) => String::new(),
        (_, Some(peer)) => peer.to_string(),
    }
}

/// An address in at most so many characters: whole, else what tells it from others. That is its end, and where all are of
/// one computer the port alone.
pub fn short_peer(peer: &str, at_most: usize, one_host: bool) -> Cow<'_, str> {
    let count = peer.chars().count();
    if count <= at_most {
        return peer.into();
    }
    let port = peer.rfind(':').and_then(|colon| peer.get(colon..)).unwrap_or(peer);
    if one_host && port.chars().count() <= at_most {
        return port.into();
    }
    let end: String = peer.chars().skip(count - at_most.saturating_sub(1).min(count)).collect();
    format!("…{}", end.trim_start_matches(['.', ':'])).into()
}

/// The first bytes in upper-case hex, `C4 E3 BA C3`, with ` …` behind where more follow.
pub fn hex(bytes: &[u8], at_most: usize) -> String {
    let shown = bytes.get(..at_most).unwrap_or(bytes);
    let mut text = String::with_capacity(shown.len() * 3 + 4);
    for (i, byte) in shown.iter().enumerate() {
        if i > 0 {
            text.push(' ');
        }
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    if bytes.len() > shown.len() {
        text.push_str(" …");
    }
    text
}

/// A character as a row can show it. Control characters become their pictures (␊ for a line feed), because a
/// row is one line high and a silent tab would look like spaces.
pub fn visible(character: char) -> char {
    match character {
        '\0'..='\x1f' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{FFFD}'),
        '\x7f' => '␡',
        // Among them the marks that turn the reading direction and would reorder the rest of the row.
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '·',
        // The icons of the window live among the characters for private use, and would be taken for content.
        '\u{e000}'..='\u{f8ff}' => '□',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::journal::{Record, SocketId, Span};

    fn record(event: Event) -> Record {
        Record { at: 0, socket: SocketId(1), generation: 0, event, peer: None, bytes: Span::default() }
    }

    #[test]
    fn times_are_the_wall_clocks() {
        let epoch = Epoch { wall: SystemTime::UNIX_EPOCH + Duration::from_millis(38_527_118) };
        assert_eq!(date_and_clock(epoch, 204_000, &TimeZone::UTC), "1970-01-01 10:42:07.118204");
    }

    #[test]
    fn no_time_is_too_far() {
        let epoch = Epoch { wall: SystemTime::now() };
        // 584 years on: whatever it prints, it must not panic.
        assert!(date_and_clock(epoch, u64::MAX, &TimeZone::UTC).len() >= 26);
    }

    #[test]
    fn deltas_lose_their_decimal_when_they_grow() {
        for (before, at, shown) in [
            (None, 5, "0.0"),
            (Some(0), 210_000, "0.2"),
            (Some(0), 99_940_000, "99.9"),
            (Some(0), 99_960_000, "100"),
            (Some(1_000_000), 2_285_000_000, "2284"),
            (Some(3_000_000), 0, "-3.0"),
            (Some(10), 0, "0.0"),
            (Some(u64::MAX), 0, "-18446744073710"),
        ] {
            assert_eq!(delta(before, at), shown, "{before:?} {at}");
        }
    }

    #[test]
    fn cut_datagrams_show_what_was_lost() {
        let cell = |event, bytes| {
            let record = record(event);
            let row = Row { seq: 0, record: &record, bytes };
            (super::bytes(&row).into_owned(), is_truncated(&row))
        };
        assert_eq!(cell(Event::Received { full: 4 }, b"abcd"), ("4".into(), false));
        assert_eq!(cell(Event::Received { full: 9 }, b"abcd"), ("4/9".into(), true));
        assert_eq!(cell(Event::Received { full: 0 }, b""), ("0".into(), false));
        assert_eq!(cell(Event::Bound, b"127.0.0.1:1"), ("–".into(), false));
    }

    #[test]
    fn our_own_address_is_no_peer() {
        let addr = "127.0.0.1:9".parse().ok();
        for (event, shown) in [(Event::Bound, ""), (Event::PeerEnded, "127.0.0.1:9")] {
            let record = Record { peer: addr, ..record(event) };
            assert_eq!(peer(&Row { seq: 0, record: &record, bytes: b"" }), shown);
        }
    }

    #[test]
    fn a_short_address_still_tells_peers_apart() {
        assert_eq!(short_peer("127.0.0.1:41884", 15, true), "127.0.0.1:41884");
        assert_eq!(short_peer("127.0.0.1:41884", 6, true), ":41884");
        assert_eq!(short_peer("[::1]:80", 6, true), ":80");
        assert_eq!(short_peer("192.0.2.17:9000", 11, false), "…2.17:9000");
        assert_eq!(short_peer("127.0.0.1:41884", 0, true), "…");
        assert_eq!(short_peer("", 6, true), "");
    }

    #[test]
    fn hex_says_when_more_follows() {
        assert_eq!(hex(&[0xC4, 0xE3, 0xBA, 0xC3], 4), "C4 E3 BA C3");
        assert_eq!(hex(&[0xC4, 0xE3, 0xBA, 0xC3], 2), "C4 E3 …");
        assert_eq!(hex(&[], 2), "");
    }

    #[test]
    fn a_row_stays_one_line() {
        let shown: String = "a\r\n\t\0\u{7f}\u{85}\u{202e}你\u{e038}".chars().map(visible).collect();
        assert_eq!(shown, "a␍␊␉␀␡··你□");
    }
}
