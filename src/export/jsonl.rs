//! JSON Lines: one object a line, UTF-8, nothing lost.
//!
//! The first line of a file says what it is and what is missing from it; every other line is a record. The
//! command line's `--json` writes the same lines. Bytes are base64 (RFC 4648, with padding); `text` is only a
//! reading of them.

use serde_json::json;

use super::{Context, line::Line};

/// The first line of a file, without its line end.
pub fn header(context: &Context<'_>) -> String {
    let started = super::line::Lines::new(context.charset, context.epoch, context.zone.clone()).time(0);
    json!({
        "format": "twocan-traffic",
        "version": 1,
        "charset": context.charset,
        "epoch": started,
        "gone": context.gone,
        "unseen": context.unseen,
    })
    .to_string()
}

/// A record's line, without its line end.
pub fn line(line: &Line<'_>) -> String {
    // Strings and numbers under string keys: there is nothing in a line that JSON could refuse.
    serde_json::to_string(line).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde_json::Value;

    use super::super::{Format, tests::saved};
    use super::*;
    use crate::{
        export::line::Lines,
        journal::{Call, CloseReason, Epoch, Event, Fault, FaultKind, Kind, Record, Row, SocketId, Span},
        text::Charset,
    };

    fn lines() -> Vec<Value> {
        let file = String::from_utf8(saved(Format::Jsonl, 0..100).0).unwrap();
        file.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn the_first_line_says_what_is_missing() {
        let head = &lines()[0];
        assert_eq!((&head["gone"], &head["unseen"]), (&json!(3), &json!(2)));
        assert_eq!((&head["charset"], &head["epoch"]), (&json!("GBK"), &json!("2026-11-20T18:00:00.000000000+08:00")));
    }

    #[test]
    fn a_sent_message() {
        assert_eq!(
            lines()[3],
            json!({
                "seq": 2, "time": "2026-11-20T18:00:00.000002000+08:00", "t_ns": 2000, "socket": 7,
                "kind": "tcp-connection", "generation": 0, "event": "sent", "asked": 4,
                "local": "127.0.0.1:50000", "peer": "127.0.0.1:8008",
                "len": 4, "base64": "xOO6ww==", "text": "你好", "charset": "GBK",
            })
        );
    }

    #[test]
    fn bytes_come_back_and_text_follows_the_stream() {
        let lines = lines();
        let bytes: Vec<u8> = lines
            .iter()
            .filter(|line| line["event"] == "received")
            .flat_map(|line| STANDARD.decode(line["base64"].as_str().unwrap()).unwrap())
            .collect();
        assert_eq!(bytes, [0xC4, 0xE3, 0xFF, 0xFF, b'!']);
        assert_eq!((&lines[4]["text"], &lines[4]["held"]), (&json!(""), &json!(1)));
        assert_eq!((&lines[6]["text"], &lines[6]["held"]), (&json!("你\u{FFFD}\u{FFFD}!"), &Value::Null));
    }

    #[test]
    fn a_character_that_began_in_a_row_not_chosen_is_whole() {
        let (file, _) = saved(Format::Jsonl, [5]);
        let line: Value = serde_json::from_slice(file.split(|byte| *byte == b'\n').nth(1).unwrap()).unwrap();
        assert_eq!(line["text"], "你\u{FFFD}\u{FFFD}!");
    }

    #[test]
    fn every_event_says_its_numbers() {
        let fault = Fault { kind: FaultKind::Refused, errno: 111 };
        let cut = Event::Received { full: 9 };
        for (event, bytes, expected) in [
            (
                Event::Listening { backlog: 5 },
                "[::1]:80",
                json!({"backlog": 5, "local": "[::1]:80", "detail": "[::1]:80"}),
            ),
            (Event::Accepted { connection: SocketId(3) }, "", json!({"connection": 3})),
            (
                Event::Failed { call: Call::Connect, fault },
                "held by x",
                json!({
                "call": "connect", "error": "ECONNREFUSED", "errno": 111, "detail": "held by x"}),
            ),
            (
                Event::Failed { call: Call::Connect, fault: Fault::of(FaultKind::Cancelled) },
                "",
                json!({
                "call": "connect", "error": "CANCELLED"}),
            ),
            (Event::Closed { why: CloseReason::User, unsent: 4 }, "", json!({"why": "user", "unsent": 4})),
            (
                Event::FileEnded { sent: 8, cancelled: true },
                "/a",
                json!({"sent": 8, "cancelled": true, "detail": "/a"}),
            ),
            (
                cut,
                "abc",
                json!({
                "len": 3, "full": 9, "base64": "YWJj", "text": "abc", "charset": "UTF-8"}),
            ),
            (cut, "", json!({"len": 0, "full": 9, "base64": "", "text": "", "charset": "UTF-8"})),
        ] {
            let len = bytes.len() as u32;
            let record =
                Record { at: 0, socket: SocketId(1), generation: 2, event, peer: None, bytes: Span { start: 0, len } };
            let row = Row { seq: 0, record: &record, bytes: bytes.as_bytes() };
            let epoch = Epoch { wall: std::time::SystemTime::UNIX_EPOCH };
            let mut lines = Lines::new(Charset::UTF_8, epoch, jiff::tz::TimeZone::UTC);
            let made: Value = serde_json::from_str(&line(&lines.line(&row, Some(Kind::UdpSocket)))).unwrap();
            let mut whole = json!({
                "seq": 0, "time": "1970-01-01T00:00:00.000000000+00:00", "t_ns": 0, "socket": 1,
                "kind": "udp-socket", "generation": 2, "event": event.word(),
            });
            whole.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
            assert_eq!(made, whole);
        }
    }
}
