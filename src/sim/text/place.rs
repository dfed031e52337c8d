//! Where in the text of a run something is wrong.

use super::{Problem, RunError};

/// What the TOML library said, with the field that it spoke of.
pub(super) fn of_toml(text: &str, error: &toml::de::Error) -> RunError {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let table = before.lines().rev().map(str::trim).find(|line| line.starts_with('['));
    let table = table.map(|line| line.trim_matches(['[', ']'])).unwrap_or_default();
    let whole = text.lines().nth(line - 1).unwrap_or_default().trim();
    let key = whole.split_once('=').map(|(key, _)| key.trim()).unwrap_or_default();
    let field = match (table, key) {
        ("", key) => key.to_owned(),
        (table, "") => table.to_owned(),
        (table, key) => format!("{table}.{key}"),
    };
    RunError { line, field, problem: Problem::Toml(error.message().to_owned()) }
}

/// The line of a field such as `link.delay` or `edit[2].act`, as well as it can be found; 1 if it is nowhere.
pub(super) fn line_of(text: &str, field: &str) -> usize {
    let (path, key) = field.rsplit_once('.').unwrap_or(("", field));
    let (table, nth) = match path.split_once('[') {
        Some((table, rest)) => (table, rest.trim_end_matches(']').parse().unwrap_or(1)),
        None => (path, 1_usize),
    };
    let (mut count, mut inside, mut heading) = (0, table.is_empty(), 1);
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if line.starts_with('[') {
            let name = line.trim_start_matches('[').split(']').next().unwrap_or_default();
            count += usize::from(name == table);
            inside = name == table && count == nth;
            if inside {
                heading = number;
            }
        } else if inside && line.split('=').next().is_some_and(|name| name.trim() == key) {
            return number;
        }
    }
    heading
}
