//! A responder's rules in sentences: what is answered to what, for those who do not read TOML.

use rust_i18n::t;

use super::{Lang, number};
use crate::{
    framing::Framing,
    net::responder::{HexBytes, Leave, Lines, Pattern, Rules, Template, Then, When},
};

/// The longest piece of somebody's text that is quoted, in characters.
const QUOTED: usize = 60;

/// The rules, a sentence each: what is said on connect, every rule, what becomes of typed lines, how it ends.
pub fn rules_told(lang: Lang, rules: &Rules) -> Vec<String> {
    let tag = lang.tag();
    let mut told = Vec::new();
    if !rules.connect.is_empty() {
        let then = actions_told(lang, &rules.connect);
        told.push(t!("respond.on_connect", locale = tag, then = then).into_owned());
    }
    for rule in &rules.rules {
        let (when, then) = (when_told(lang, &rule.when), actions_told(lang, &rule.then));
        told.push(t!("respond.rule", locale = tag, when = when, then = then).into_owned());
    }
    told.extend(rules.lines.iter().flat_map(|lines| lines_told(lang, lines)));
    if rules.close_after_ms > 0 {
        let time = milliseconds(rules.close_after_ms);
        told.push(t!("respond.close_after", locale = tag, time = time).into_owned());
    }
    if told.is_empty() {
        told.push(t!("respond.silent", locale = tag).into_owned());
    }
    told
}

/// In which encoding and framing the rules read and write, in one line.
pub fn rules_form(lang: Lang, rules: &Rules) -> String {
    let tag = lang.tag();
    let encoding = match rules.encoding_in {
        Some(other) if other != rules.encoding => {
            t!("respond.encodings", locale = tag, read = other.name(), written = rules.encoding.name())
        }
        _ => rules.encoding.name().into(),
    };
    if rules.framing == Framing::None && rules.framing_out == Framing::None {
        t!("respond.unframed", locale = tag, encoding = encoding).into_owned()
    } else {
        t!("respond.framed", locale = tag, encoding = encoding).into_owned()
    }
}

/// What a rule answers to, to stand behind "when".
pub fn when_told(lang: Lang, when: &When) -> String {
    let tag = lang.tag();
    match when {
        When::Any => t!("respond.any", locale = tag),
        When::Exact(what) => t!("respond.exact", locale = tag, what = pattern(lang, what)),
        When::Contains(what) => t!("respond.contains", locale = tag, what = pattern(lang, what)),
        When::Starts(what) => t!("respond.starts", locale = tag, what = pattern(lang, what)),
        When::Ends(what) => t!("respond.ends", locale = tag, what = pattern(lang, what)),
        When::Regex(expression) => {
            t!("respond.regex", locale = tag, what = quoted(lang, expression.regex().as_str()))
        }
        When::Empty => t!("respond.empty", locale = tag),
        When::Message(n) => t!("respond.message", locale = tag, n = number::grouped(*n)),
        When::End => t!("respond.end", locale = tag),
        When::EveryMs(ms) => t!("respond.every", locale = tag, time = milliseconds(*ms)),
    }
    .into_owned()
}

/// Actions in their order, in one clause.
pub fn actions_told(lang: Lang, actions: &[Then]) -> String {
    if actions.is_empty() {
        return then_told(lang, &Then::Nothing);
    }
    let separator = t!("respond.then", locale = lang.tag());
    actions.iter().map(|then| then_told(lang, then)).collect::<Vec<_>>().join(&separator)
}

/// One action, as a clause.
pub fn then_told(lang: Lang, then: &Then) -> String {
    let tag = lang.tag();
    match then {
        Then::Nothing => t!("respond.nothing", locale = tag),
        Then::Echo => t!("respond.echo", locale = tag),
        Then::Upper => t!("respond.upper", locale = tag),
        Then::UpperText => t!("respond.upper_text", locale = tag),
        Then::Strip => t!("respond.strip", locale = tag),
        Then::Reply(text) => t!("respond.reply", locale = tag, text = template(lang, text)),
        Then::ReplyHex(bytes) => t!("respond.reply_hex", locale = tag, bytes = hex(bytes)),
        Then::OneOf(texts) => {
            let texts: Vec<_> = texts.iter().take(4).map(|text| template(lang, text)).collect();
            t!("respond.one_of", locale = tag, texts = texts.join(" / "))
        }
        Then::Script(script) => {
            let count = number::grouped(script.messages.len() as u64);
            t!("respond.script", locale = tag, count = count, time = milliseconds(script.gap_ms))
        }
        Then::File => t!("respond.file", locale = tag),
        Then::Strftime(default) => t!("respond.strftime", locale = tag, format = template(lang, default)),
        Then::Chargen => t!("respond.chargen", locale = tag),
        Then::Page(page) => t!("respond.page", locale = tag, status = quoted(lang, &page.status)),
        Then::Others(text) => t!("respond.others", locale = tag, text = template(lang, text)),
        Then::Ask => t!("respond.ask", locale = tag),
        Then::Shell => t!("respond.shell", locale = tag),
        Then::Command(commands) => t!("respond.command", locale = tag, programs = commands.programs.join(", ")),
        Then::Receive(count) => t!("respond.receive", locale = tag, count = template(lang, count)),
        Then::Await(n) => t!("respond.await", locale = tag, n = number::grouped(*n)),
        Then::AwaitEnd => t!("respond.await_end", locale = tag),
        Then::WaitMs(ms) => t!("respond.wait", locale = tag, time = milliseconds(*ms)),
        Then::Split(split) => {
            t!("respond.split", locale = tag, bytes = split.bytes, time = milliseconds(split.gap_ms))
        }
        Then::DropPercent(percent) => t!("respond.drop", locale = tag, percent = percent),
        Then::NextClient => t!("respond.next_client", locale = tag),
        Then::HalfClose => t!("respond.half_close", locale = tag),
        Then::Close => t!("respond.close", locale = tag),
        Then::Reset => t!("respond.reset", locale = tag),
    }
    .into_owned()
}

fn lines_told(lang: Lang, lines: &Lines) -> Vec<String> {
    let tag = lang.tag();
    let mut told = vec![t!("respond.lines", locale = tag, text = template(lang, &lines.send)).into_owned()];
    if lines.ping_pong {
        told.push(t!("respond.ping_pong", locale = tag).into_owned());
    }
    if let Some(quit) = &lines.quit {
        let leave = match lines.leave {
            Leave::Close => Then::Close,
            Leave::HalfClose => Then::HalfClose,
            Leave::Reset => Then::Reset,
        };
        let (quit, leave) = (quoted(lang, quit), then_told(lang, &leave));
        let key = if lines.quit_sends {
            t!("respond.quit_sent", locale = tag, quit = quit, leave = leave)
        } else {
            t!("respond.quit", locale = tag, quit = quit, leave = leave)
        };
        told.push(key.into_owned());
    }
    told
}

fn pattern(lang: Lang, pattern: &Pattern) -> String {
    match pattern {
        Pattern::Text(text) => quoted(lang, text),
        Pattern::Hex(bytes) => hex(bytes),
    }
}

fn template(lang: Lang, template: &Template) -> String {
    quoted(lang, template.source())
}

/// Somebody's text between quotes, on one line and not too long.
fn quoted(lang: Lang, text: &str) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().collect() } else { String::from(c) };
    let mut shown: String = text.chars().take(QUOTED).map(escaped).collect();
    if text.chars().nth(QUOTED).is_some() {
        shown.push('…');
    }
    t!("respond.quoted", locale = lang.tag(), text = shown).into_owned()
}

fn hex(bytes: &HexBytes) -> String {
    let all = String::from(bytes.clone());
    let shown: String = all.chars().take(QUOTED).collect();
    if shown.len() < all.len() { format!("{shown}…") } else { shown }
}

fn milliseconds(ms: u64) -> String {
    number::duration(std::time::Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_in_sentences() {
        let text = "encoding = \"gbk\"\n[[rule]]\nwhen = { exact = \"exit\" }\nthen = [{ wait-ms = 3000 }, \"close\"]\n\
                    [[rule]]\nwhen = \"any\"\nthen = [{ reply = \"收到\\n{bytes}\" }]\n[lines]\nquit = \"q\"\n";
        let rules = Rules::parse(text).unwrap();
        assert_eq!(
            rules_told(Lang::En, &rules),
            [
                "When it is exactly “exit”: wait 3 s, then close.",
                "When anything comes: send “收到\\n{bytes}”.",
                "What you type is sent as “{line}”.",
                "“q” alone is not sent: close.",
            ]
        );
        assert_eq!(rules_told(Lang::Zh, &rules)[0], "收到的恰好是“exit”时：等待 3 s，然后关闭。");
        assert_eq!(rules_told(Lang::En, &Rules::default()), ["Nothing is said by itself."]);
        assert_eq!(rules_form(Lang::En, &rules), "GBK; every read is a message");
    }
}
