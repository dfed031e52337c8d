//! Reading rules from TOML, and saying what is wrong with them: in which line and column, in which field.
//!
//! What is wrong with one value (a template, a pattern, a number) is found while it is read. What is wrong with the whole
//! (a character that the encoding lacks, a group that no expression has) is found afterwards by [`Rules::check`], and its
//! place is looked up by the field's path.

use std::ops::Range;

use toml_edit::{Document, Item, Value};

use super::{
    pattern::{Expression, ExpressionError},
    rules::{Lines, Rules, Served, Then, When},
    template::{Template, TemplateProblem},
};
use crate::{
    framing::Framing,
    text::{Charset, Unmappable},
};

/// The longest time that rules may wait, in milliseconds: a day.
const LONGEST_MS: u64 = 86_400_000;
/// The most rules, actions of one rule, or messages of one script.
const MOST: usize = 1_000;

/// Why rules were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {field}: {problem}")]
pub struct RulesError {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1. Within a text it is the character that is meant.
    pub column: usize,
    /// The path of the field, such as `rule[2].then[1].reply`; counted from 1. Empty where the file is no TOML.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not TOML, or a field is unknown or of another kind; in the words of the TOML library, in English.
    #[error("{0}")]
    Toml(String),
    /// A placeholder.
    #[error("{0}")]
    Template(TemplateProblem),
    /// A regular expression.
    #[error("{0}")]
    Expression(ExpressionError),
    /// A character that the encoding lacks.
    #[error("{encoding} has no {character:?}")]
    Encoding {
        /// The encoding's name.
        encoding: &'static str,
        /// The character.
        character: char,
    },
    /// A placeholder for a group that the rule's expression does not have.
    #[error("{{{group}}} stands for a group, and the expression has {has}")]
    Group {
        /// The group that is named.
        group: usize,
        /// The groups there are.
        has: usize,
    },
    /// A number out of its range.
    #[error("{value} is not from {min} to {max}")]
    Range {
        /// The number.
        value: u64,
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// Silence does not frame what rules answer: they answer as soon as something came.
    #[error("rules cannot wait for silence")]
    Silence,
    /// The action needs a `[file]`.
    #[error("there is no [file] to send")]
    NoFile,
    /// A list is empty that needs something in it.
    #[error("there has to be at least one")]
    None,
    /// A list is too long.
    #[error("there are {0}; at most {MOST} are allowed")]
    Many(usize),
}

impl Rules {
    /// Reads rules from TOML and checks all of them.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        Self::parse_in(text, "", |text| toml::from_str::<Self>(text))
    }

    /// The same where the rules are a table of a larger file, such as `responder` of a preset. `read` reads the rules out
    /// of the file.
    ///
    /// # Errors
    /// The first thing that is wrong in the whole file, with its place in it.
    pub fn parse_in(
        text: &str,
        table: &str,
        read: impl FnOnce(&str) -> Result<Self, toml::de::Error>,
    ) -> Result<Self, RulesError> {
        let rules = read(text).map_err(|error| RulesError::of_toml(text, &error))?;
        match rules.check() {
            Ok(()) => Ok(rules),
            Err((field, problem)) => {
                let field = if table.is_empty() { field } else { format!("{table}.{field}") };
                Err(RulesError::at(text, &field, problem))
            }
        }
    }

    /// The rules as TOML.
    pub fn to_toml(&self) -> String {
        // Maps with text keys and nothing that TOML lacks.
        toml::to_string_pretty(self).unwrap_or_default()
    }

    /// What no single value can know: whether everything fits together. The path of the field, counted from 1, and what is
    /// wrong with it.
    pub(super) fn check(&self) -> Result<(), (String, Problem)> {
        range("rate", self.rate.into(), 1, 1_000_000)?;
        range("close-after-ms", self.close_after_ms, 0, LONGEST_MS)?;
        for (field, framing) in [("framing", &self.framing), ("framing-out", &self.framing_out)] {
            if matches!(framing, Framing::Silence(_)) {
                return Err((field.to_owned(), Problem::Silence));
            }
        }
        self.actions("connect", &self.connect, 0)?;
        many("rule", self.rules.len())?;
        for (rule, n) in self.rules.iter().zip(1..) {
            let path = format!("rule[{n}].when");
            let groups = match &rule.when {
                When::Regex(expression) => expression.groups(),
                When::Exact(pattern) | When::Contains(pattern) | When::Starts(pattern) | When::Ends(pattern) => {
                    if let super::Pattern::Text(text) = pattern {
                        encodable(&path, text, self.encoding_in.unwrap_or(self.encoding))?;
                    }
                    0
                }
                When::Message(n) => range(&path, *n, 1, u64::MAX).map(|()| 0)?,
                When::EveryMs(ms) => range(&path, *ms, 1, LONGEST_MS).map(|()| 0)?,
                When::Any | When::Empty | When::End => 0,
            };
            self.actions(&format!("rule[{n}].then"), &rule.then, groups)?;
        }
        if let Some(lines) = &self.lines {
            self.template("lines.send", &lines.send, 0)?;
        }
        match &self.file {
            Some(Served { path: None, text, .. }) => encodable("file.text", text, self.encoding),
            _ => Ok(()),
        }
    }

    fn actions(&self, path: &str, actions: &[Then], groups: usize) -> Result<(), (String, Problem)> {
        many(path, actions.len())?;
        for (action, n) in actions.iter().zip(1..) {
            let at = |field: &str| format!("{path}[{n}].{field}");
            match action {
                Then::Reply(template) => self.template(&at("reply"), template, groups)?,
                Then::Others(template) => self.template(&at("others"), template, groups)?,
                Then::Strftime(template) => self.template(&at("strftime"), template, groups)?,
                Then::Receive(template) => self.template(&at("receive"), template, groups)?,
                Then::OneOf(templates) => {
                    some(&at("one-of"), templates.len())?;
                    for (template, m) in templates.iter().zip(1..) {
                        self.template(&at(&format!("one-of[{m}]")), template, groups)?;
                    }
                }
                Then::Script(script) => {
                    some(&at("script.messages"), script.messages.len())?;
                    range(&at("script.gap-ms"), script.gap_ms, 0, LONGEST_MS)?;
                    for (template, m) in script.messages.iter().zip(1..) {
                        self.template(&at(&format!("script.messages[{m}]")), template, groups)?;
                    }
                }
                Then::Page(page) => {
                    encodable(&at("page.status"), &page.status, Charset::US_ASCII)?;
                    encodable(&at("page.media-type"), &page.media_type, Charset::US_ASCII)?;
                    self.template(&at("page.body"), &page.body, groups)?;
                }
                Then::File if self.file.is_none() => return Err((format!("{path}[{n}]"), Problem::NoFile)),
                Then::Command(commands) => {
                    some(&(at("command") + ".programs"), commands.programs.len())?;
                    range(&(at("command") + ".limit-ms"), commands.limit_ms, 1, 600_000)?;
                    range(&(at("command") + ".limit-bytes"), commands.limit_bytes.into(), 1, 16 << 20)?;
                }
                Then::Await(n) => range(&at("await"), *n, 1, u64::MAX)?,
                Then::WaitMs(ms) => range(&at("wait-ms"), *ms, 0, LONGEST_MS)?,
                Then::Split(split) => {
                    range(&at("split.bytes"), split.bytes.into(), 1, u32::MAX.into())?;
                    range(&at("split.gap-ms"), split.gap_ms, 0, LONGEST_MS)?;
                }
                Then::DropPercent(percent) => range(&at("drop-percent"), (*percent).into(), 0, 100)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn template(&self, path: &str, template: &Template, groups: usize) -> Result<(), (String, Problem)> {
        if template.groups() > groups {
            return Err((path.into(), Problem::Group { group: template.groups(), has: groups }));
        }
        template.pieces().filter_map(Result::ok).try_for_each(|text| encodable(path, text, self.encoding))
    }
}

fn encodable(path: &str, text: &str, charset: Charset) -> Result<(), (String, Problem)> {
    charset
        .encode(text, Unmappable::Refuse)
        .map(drop)
        .map_err(|error| (path.into(), Problem::Encoding { encoding: charset.name(), character: error.character }))
}

fn range(path: &str, value: u64, min: u64, max: u64) -> Result<(), (String, Problem)> {
    if (min..=max).contains(&value) { Ok(()) } else { Err((path.into(), Problem::Range { value, min, max })) }
}

fn some(path: &str, len: usize) -> Result<(), (String, Problem)> {
    if len == 0 { Err((path.into(), Problem::None)) } else { many(path, len) }
}

fn many(path: &str, len: usize) -> Result<(), (String, Problem)> {
    if len > MOST { Err((path.into(), Problem::Many(len))) } else { Ok(()) }
}

impl RulesError {
    /// This is wrong with the field with this path.
    pub(crate) fn at(text: &str, field: &str, problem: Problem) -> Self {
        let offset = span_of(text, field).map_or(0, |span| span.start);
        let (line, column) = place(text, offset);
        Self { line, column, field: field.to_owned(), problem }
    }

    /// What the TOML library said, with the field that it spoke of. It knows no finer place than the table that a value
    /// stands in; so the texts in there that have a grammar of their own are read once more.
    pub fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or_default();
        let mut found = None;
        walk(text, &mut |path, at, value| {
            if found.is_none()
                && span.start <= at.start
                && at.end <= span.end
                && let Some(value) = value
                && let Some((column, problem)) = wrong_text(path, value)
            {
                found = Some((path.to_owned(), at, value.to_owned(), column, problem));
            }
        });
        if let Some((field, at, value, column, problem)) = found {
            // Behind the quotes, where the text stands there as it is and without escapes.
            let written = text.get(at.clone()).unwrap_or_default();
            let before: usize = value.chars().take(column - 1).map(char::len_utf8).sum();
            let offset = at.start + written.find(&value).map_or(0, |quotes| quotes + before);
            let (line, column) = place(text, offset);
            return Self { line, column, field, problem };
        }
        let (line, column) = place(text, span.start);
        let problem = Problem::Toml(error.message().trim().replace('\n', ", "));
        Self { line, column, field: field_at(text, span.start).unwrap_or_default(), problem }
    }
}

/// What is wrong with a text that has a grammar of its own, and in which of its characters, from 1.
fn wrong_text(path: &str, value: &str) -> Option<(usize, Problem)> {
    let key = path.rsplit('.').next().unwrap_or_default();
    match key.split('[').next().unwrap_or_default() {
        "regex" => value.parse::<Expression>().err().map(|error| {
            let column = if let ExpressionError::Syntax { column, .. } = &error { *column } else { 1 };
            (column, Problem::Expression(error))
        }),
        "strftime" => {
            let checked = value.parse::<Template>().and_then(|template| template.is_time_format());
            checked.err().map(|error| (error.column, Problem::Template(error.problem)))
        }
        "reply" | "others" | "receive" | "one-of" | "messages" | "body" | "send" => {
            value.parse::<Template>().err().map(|error| (error.column, Problem::Template(error.problem)))
        }
        _ => None,
    }
}

/// Line and column of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before.get(start..).unwrap_or_default().chars().count() + 1)
}

/// The path of the innermost value at a byte offset.
fn field_at(text: &str, offset: usize) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    walk(text, &mut |path, span, _| {
        if span.contains(&offset) && best.as_ref().is_none_or(|(len, ..)| span.len() <= *len) {
            best = Some((span.len(), path.to_owned()));
        }
    });
    best.map(|(_, path)| path)
}

/// Where the value with this path stands; where it is not written (a default), that of the nearest one around it.
fn span_of(text: &str, field: &str) -> Option<Range<usize>> {
    let mut best: Option<(usize, Range<usize>)> = None;
    walk(text, &mut |path, span, _| {
        let around = field.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        if around && best.as_ref().is_none_or(|(len, _)| path.len() > *len) {
            best = Some((path.len(), span));
        }
    });
    best.map(|(_, span)| span)
}

/// Takes a path, the place of its value, and the value if it is a text.
type Visit<'v> = dyn FnMut(&str, Range<usize>, Option<&str>) + 'v;

/// Every value with its path, from the outside in.
fn walk(text: &str, visit: &mut Visit<'_>) {
    let Ok(document) = Document::parse(text) else { return };
    for (key, item) in document.as_table() {
        walk_item(key, item, visit);
    }
}

fn walk_item(path: &str, item: &Item, visit: &mut Visit<'_>) {
    match item {
        Item::None => {}
        Item::Value(value) => walk_value(path, value, visit),
        Item::Table(table) => {
            if let Some(span) = table.span() {
                visit(path, span, None);
            }
            for (key, item) in table {
                walk_item(&format!("{path}.{key}"), item, visit);
            }
        }
        Item::ArrayOfTables(tables) => {
            for (table, n) in tables.iter().zip(1..) {
                let path = format!("{path}[{n}]");
                if let Some(span) = table.span() {
                    visit(&path, span, None);
                }
                for (key, item) in table {
                    walk_item(&format!("{path}.{key}"), item, visit);
                }
            }
        }
    }
}

fn walk_value(path: &str, value: &Value, visit: &mut Visit<'_>) {
    if let Some(span) = value.span() {
        visit(path, span, value.as_str());
    }
    match value {
        Value::Array(array) => {
            for (value, n) in array.iter().zip(1..) {
                walk_value(&format!("{path}[{n}]"), value, visit);
            }
        }
        Value::InlineTable(table) => {
            for (key, value) in table {
                walk_value(&format!("{path}.{key}"), value, visit);
            }
        }
        _ => {}
    }
}

impl Lines {
    /// Whether this line ends it.
    pub fn quits(&self, line: &str) -> bool {
        self.quit.as_deref() == Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> (usize, usize, String, Problem) {
        let RulesError { line, column, field, problem } = Rules::parse(text).unwrap_err();
        (line, column, field, problem)
    }

    #[test]
    fn rules_come_back_as_they_were() {
        let text = r#"
            name = "all of it"
            encoding = "gbk"
            encoding-in = "utf-8"
            framing = { delimiter = "\r\n\r\n" }
            framing-out = { prefix = "u32-be" }
            connect = [{ script = { messages = ["i = 1", "i = 2"], gap-ms = 5 } }, { await = 2 }, "await-end"]

            [[rule]]
            when = { exact = "exit" }
            then = [{ reply = "再见 {bytes}" }, "half-close"]

            [[rule]]
            when = { contains = { hex = "C4 E3" } }
            then = ["echo", { split = { bytes = 2, gap-ms = 1 } }, { drop-percent = 30 }, { reply-hex = "00 0A" }]

            [[rule]]
            when = { regex = '(?-u)^(.+)(.{8})$' }
            then = [{ receive = "{2:i64-le}" }, "upper-text", "close"]

            [[rule]]
            when = { every-ms = 1000 }
            then = [{ others = "{now:%X}" }, { command = { programs = ["date"] } }, { page = { body = "<h1>{n}</h1>" } }]

            [[rule]]
            when = "end"
            then = ["file", "reset"]

            [lines]
            send = "发给 {line}"
            quit = "q"

            [file]
            name = "样例.txt"
            text = "你好"
        "#;
        let rules = Rules::parse(text).unwrap();
        assert_eq!(Rules::parse(&rules.to_toml()).unwrap(), rules, "{}", rules.to_toml());
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let range = |value, min, max| Problem::Range { value, min, max };
        for (text, line, column, field, problem) in [
            (
                "\n[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"你{nosuch}\" }]",
                4,
                21,
                "rule[1].then[1].reply",
                Problem::Template(TemplateProblem::Unknown("nosuch".into())),
            ),
            (
                "encoding = \"gb2312\"\nconnect = [\"nothing\", { reply = \"€\" }]",
                2,
                33,
                "connect[2].reply",
                Problem::Encoding { encoding: "GB2312", character: '€' },
            ),
            (
                "[[rule]]\nwhen = \"any\"\nthen = [{ strftime = \"%Y年%!\" }]",
                3,
                26,
                "rule[1].then[1].strftime",
                Problem::Template(TemplateProblem::Time("!".into())),
            ),
            (
                "[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"{now:%H%!}\" }]",
                3,
                27,
                "rule[1].then[1].reply",
                Problem::Template(TemplateProblem::Time("!".into())),
            ),
            ("rate = 0", 1, 8, "rate", range(0, 1, 1_000_000)),
            (
                "[[rule]]\nwhen = \"any\"\nthen = []\n[[rule]]\nwhen = { regex = \"(a)\" }\nthen = [{ reply = \"{2}\" }]",
                6,
                19,
                "rule[2].then[1].reply",
                Problem::Group { group: 2, has: 1 },
            ),
            ("connect = [\"file\"]", 1, 12, "connect[1]", Problem::NoFile),
        ] {
            assert_eq!(wrong(text), (line, column, field.into(), problem), "{text}");
        }
    }

    #[test]
    fn a_bad_expression_names_its_column() {
        let (line, column, field, problem) = wrong("[[rule]]\nwhen = { regex = \"ab(\" }\nthen = []");
        assert_eq!((line, column, field.as_str()), (2, 21, "rule[1].when.regex"));
        assert!(matches!(problem, Problem::Expression(ExpressionError::Syntax { column: 3, .. })), "{problem:?}");
    }

    #[test]
    fn an_unknown_field_and_no_toml_are_told_apart() {
        let (line, _, _, problem) = wrong("name = \"x\"\nnose = 1");
        assert_eq!(line, 2);
        assert!(matches!(&problem, Problem::Toml(text) if text.contains("nose")), "{problem:?}");
        let (line, .., problem) = wrong("name = \"x\"\nrate = ");
        assert_eq!(line, 2);
        assert!(matches!(problem, Problem::Toml(_)));
    }
}
