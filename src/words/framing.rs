//! What is said of framings: why bytes are no message, what is missing, which parts a frame has.

use rust_i18n::t;

use super::{Lang, compose_error, number::grouped};
use crate::{
    framing::{DelimiterError, FramingError, Missing, Parts, SpecError},
    text::ComposeError,
};

/// Why bytes are no message of a framing, or a message cannot be sent in it; with the bytes.
pub fn framing_error(lang: Lang, error: &FramingError) -> String {
    let tag = lang.tag();
    match error {
        FramingError::TooLong { length, most } => {
            t!("framing.too_long", locale = tag, length = grouped(*length as u64), most = grouped(*most))
        }
        FramingError::EndInside { end, at } => {
            t!("framing.end_inside", locale = tag, end = end.escape_ascii(), place = grouped(*at as u64 + 1))
        }
        FramingError::Negative { bytes, length } => {
            t!("framing.negative", locale = tag, bytes = hex(bytes), length = length)
        }
        FramingError::Announced { bytes, length, limit } => {
            let (bytes, limit) = (hex(bytes), grouped(*limit as u64));
            t!("framing.announced", locale = tag, bytes = bytes, length = length, limit = limit)
        }
        FramingError::TooShort { bytes, length, least } => {
            t!("framing.too_short", locale = tag, bytes = hex(bytes), length = length, least = least)
        }
        FramingError::NoSize { header } => t!("framing.no_size", locale = tag, header = header.escape_ascii()),
        FramingError::Unterminated { start, limit } => {
            t!("framing.unterminated", locale = tag, start = hex(start), limit = grouped(*limit as u64))
        }
        FramingError::FixedOverLimit { size, limit } => {
            t!("framing.fixed_over", locale = tag, size = grouped(u64::from(*size)), limit = grouped(*limit as u64))
        }
    }
    .into_owned()
}

/// Why a word is no framing.
pub fn framing_spec_error(lang: Lang, error: &SpecError) -> String {
    let tag = lang.tag();
    match error {
        SpecError::Unknown(text) => t!("framing.unknown", locale = tag, text = format!("{text:?}")).into_owned(),
        SpecError::Number(text) => t!("framing.number", locale = tag, text = format!("{text:?}")).into_owned(),
        SpecError::Delimiter(DelimiterError::Empty) => t!("framing.empty_delimiter", locale = tag).into_owned(),
        SpecError::Delimiter(DelimiterError::Escape(error)) => {
            compose_error(lang, &ComposeError::Escape(error.clone()))
        }
    }
}

/// What the bytes that wait still lack.
pub fn framing_missing(lang: Lang, missing: Missing) -> String {
    let tag = lang.tag();
    match missing {
        Missing::Exactly(count) => t!("framing.missing", locale = tag, count = grouped(count)),
        Missing::AtLeast(count) => t!("framing.missing_at_least", locale = tag, count = grouped(count)),
        Missing::Silence(time) => t!("framing.missing_silence", locale = tag, ms = time.as_millis()),
    }
    .into_owned()
}

/// The parts of a frame, in the order of its bytes: `length 4 B, message 6 B`.
pub fn frame_parts(lang: Lang, parts: Parts) -> String {
    let tag = lang.tag();
    let part = |count: usize, text: std::borrow::Cow<'static, str>| (count > 0).then_some(text);
    let told = [
        part(parts.prefix, t!("framing.part_prefix", locale = tag, count = parts.prefix)),
        part(parts.header, t!("framing.part_header", locale = tag, count = parts.header)),
        Some(t!("framing.part_body", locale = tag, count = grouped(parts.body as u64))),
        part(parts.end, t!("framing.part_end", locale = tag, count = grouped(parts.end as u64))),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(&t!("framing.comma", locale = tag))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Framing;

    #[test]
    fn errors_name_their_bytes_in_both_languages() {
        let error = FramingError::Negative { bytes: vec![0xFF, 0xFE], length: -2 };
        assert_eq!(
            framing_error(Lang::En, &error),
            "The bytes FF FE announce the length -2. No message has fewer than 0 bytes."
        );
        assert_eq!(framing_error(Lang::Zh, &error), "字节 FF FE 声明的长度是 -2。消息不会少于 0 字节。");
        let error =
            FramingError::Announced { bytes: vec![0x48, 0x54, 0x54, 0x50], length: 1_213_486_160, limit: 16 << 20 };
        assert_eq!(
            framing_error(Lang::En, &error),
            "The bytes 48 54 54 50 announce the length 1213486160. The limit is 16\u{202F}777\u{202F}216 bytes; nothing was kept for it."
        );
        for lang in Lang::ALL {
            for error in [
                FramingError::TooLong { length: 9, most: 8 },
                FramingError::EndInside { end: b"\r\n".to_vec(), at: 2 },
                FramingError::TooShort { bytes: vec![1], length: 1, least: 2 },
                FramingError::NoSize { header: b"{}".to_vec() },
                FramingError::Unterminated { start: b"a".to_vec(), limit: 5 },
                FramingError::FixedOverLimit { size: 9, limit: 8 },
            ] {
                let text = framing_error(lang, &error);
                assert!(!text.contains("%{") && !text.contains("framing."), "{text}");
            }
        }
    }

    #[test]
    fn what_is_typed_wrong_is_said_with_what_to_type() {
        let error = |text: &str| framing_spec_error(Lang::En, &text.parse::<Framing>().unwrap_err());
        assert!(
            error("lines").starts_with("\"lines\" is no framing. There are none, line, crlf"),
            "{}",
            error("lines")
        );
        assert_eq!(error("fixed:x"), "\"x\" is not a whole number from 1 to 4294967295.");
        assert_eq!(error("delimiter:"), "A delimiter has at least one byte.");
    }

    #[test]
    fn parts_stand_in_their_order() {
        let parts = Parts { prefix: 4, header: 11, body: 6, end: 0 };
        assert_eq!(frame_parts(Lang::En, parts), "length 4 B, header 11 B, message 6 B");
        assert_eq!(frame_parts(Lang::Zh, Parts { header: 0, end: 1, ..parts }), "长度 4 B，消息 6 B，结尾 1 B");
    }
}
