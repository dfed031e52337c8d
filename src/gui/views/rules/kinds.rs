//! Every *when* and *then* that rules know, with its word and what a new one begins with.
//!
//! A kind is told by its key in TOML, so that the rows and the text are the same data and nothing is translated between.

use std::borrow::Cow;

use toml_edit::{TableLike, Value};

use crate::{gui::tr, words::Lang};

/// Keys of *when*, each with a value to begin with; without one the key stands alone.
pub const WHEN: [(&str, &str); 10] = [
    ("any", ""),
    ("exact", "\"exit\""),
    ("contains", "\"hello\""),
    ("starts", "\"GET \""),
    ("ends", "\"!\""),
    ("regex", "'^(\\w+)$'"),
    ("empty", ""),
    ("message", "1"),
    ("end", ""),
    ("every-ms", "1000"),
];

/// Keys of *then*, in the same way.
pub const THEN: [(&str, &str); 26] = [
    ("reply", "\"received {text}\""),
    ("echo", ""),
    ("upper", ""),
    ("upper-text", ""),
    ("reply-hex", "\"48 69\""),
    ("one-of", "[\"yes\", \"no\"]"),
    ("script", "{ messages = [\"one\", \"two\"], gap-ms = 500 }"),
    ("strftime", "\"%Y-%m-%d %X\""),
    ("page", "{ status = \"200 OK\", media-type = \"text/html\", body = \"<h1>{now:%X}</h1>\" }"),
    ("file", ""),
    ("chargen", ""),
    ("others", "\"{peer}: {text}\""),
    ("ask", ""),
    ("shell", ""),
    ("command", "{ programs = [\"date\"], limit-ms = 5000, limit-bytes = 65536 }"),
    ("wait-ms", "1000"),
    ("split", "{ bytes = 1, gap-ms = 100 }"),
    ("drop-percent", "50"),
    ("receive", "\"8\""),
    ("await", "1"),
    ("await-end", ""),
    ("nothing", ""),
    ("next-client", ""),
    ("half-close", ""),
    ("close", ""),
    ("reset", ""),
];

/// The value that a new one of this kind begins with.
pub fn new(all: &[(&str, &str)], key: &str) -> Value {
    let begins = all.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| value);
    let text = if begins.is_empty() { format!("\"{key}\"") } else { format!("{{ {key} = {begins} }}") };
    text.parse().unwrap_or_else(|_| Value::from(key))
}

/// Which kind a value is; empty if it is none.
pub fn of(value: &Value) -> &str {
    match value {
        Value::String(text) => text.value(),
        Value::InlineTable(table) => TableLike::iter(table).next().map_or("", |(key, _)| key),
        _ => "",
    }
}

/// What a *when* is called.
pub fn when_word(lang: Lang, key: &str) -> Cow<'static, str> {
    match key {
        "any" => tr!(lang, "row.any"),
        "exact" => tr!(lang, "row.exact"),
        "contains" => tr!(lang, "row.contains"),
        "starts" => tr!(lang, "row.starts"),
        "ends" => tr!(lang, "row.ends"),
        "regex" => tr!(lang, "row.regex"),
        "empty" => tr!(lang, "row.empty"),
        "message" => tr!(lang, "row.message"),
        "end" => tr!(lang, "row.end"),
        "every-ms" => tr!(lang, "row.every"),
        other => Cow::Owned(other.to_owned()),
    }
}

/// What a *then* is called.
pub fn then_word(lang: Lang, key: &str) -> Cow<'static, str> {
    match key {
        "nothing" => tr!(lang, "row.nothing"),
        "echo" => tr!(lang, "row.echo"),
        "upper" => tr!(lang, "row.upper"),
        "upper-text" => tr!(lang, "row.upper_text"),
        "reply" => tr!(lang, "row.reply"),
        "reply-hex" => tr!(lang, "row.reply_hex"),
        "one-of" => tr!(lang, "row.one_of"),
        "script" => tr!(lang, "row.script"),
        "file" => tr!(lang, "row.file"),
        "strftime" => tr!(lang, "row.strftime"),
        "chargen" => tr!(lang, "row.chargen"),
        "page" => tr!(lang, "row.page"),
        "others" => tr!(lang, "row.others"),
        "ask" => tr!(lang, "row.ask"),
        "shell" => tr!(lang, "row.shell"),
        "command" => tr!(lang, "row.command"),
        "receive" => tr!(lang, "row.receive"),
        "await" => tr!(lang, "row.await"),
        "await-end" => tr!(lang, "row.await_end"),
        "wait-ms" => tr!(lang, "row.wait"),
        "split" => tr!(lang, "row.split"),
        "drop-percent" => tr!(lang, "row.drop"),
        "next-client" => tr!(lang, "row.next_client"),
        "half-close" => tr!(lang, "row.half_close"),
        "close" => tr!(lang, "row.close"),
        "reset" => tr!(lang, "row.reset"),
        other => Cow::Owned(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::responder::Rules;

    #[test]
    fn every_kind_begins_with_something_that_works_and_has_a_word() {
        for lang in Lang::ALL {
            for (key, _) in WHEN {
                let text = format!("[[rule]]\nwhen = {}\nthen = [\"echo\"]\n", new(&WHEN, key));
                assert_eq!(Rules::parse(&text).map(|rules| rules.rules.len()), Ok(1), "{text}");
                assert_eq!(of(&new(&WHEN, key)), key);
                assert_ne!(when_word(lang, key), key, "{lang:?}");
            }
            for (key, _) in THEN {
                let text =
                    format!("file = {{ text = \"x\" }}\n[[rule]]\nwhen = \"any\"\nthen = [{}]\n", new(&THEN, key));
                assert_eq!(Rules::parse(&text).map(|rules| rules.rules.len()), Ok(1), "{text}");
                assert_eq!(of(&new(&THEN, key)), key);
                assert_ne!(then_word(lang, key), key, "{lang:?}");
            }
        }
    }
}
