//! What is wrong with a responder's rules, where, and what to write instead.

use rust_i18n::t;

use super::{Lang, number};
use crate::net::responder::{ExpressionError, Problem, RulesError, TemplateProblem};

/// The place and the problem in one line: `line 4, column 21, rule[1].then[1].reply: …`.
pub fn rules_error(lang: Lang, error: &RulesError) -> String {
    let tag = lang.tag();
    let problem = rules_problem(lang, &error.problem);
    let (line, column, field) = (error.line, error.column, &error.field);
    if field.is_empty() {
        t!("rules.place", locale = tag, line = line, column = column, problem = problem).into_owned()
    } else {
        t!("rules.place_field", locale = tag, line = line, column = column, field = field, problem = problem)
            .into_owned()
    }
}

/// The problem alone.
pub fn rules_problem(lang: Lang, problem: &Problem) -> String {
    let tag = lang.tag();
    match problem {
        Problem::Toml(what) => t!("rules.toml", locale = tag, what = what),
        Problem::Template(problem) => match problem {
            TemplateProblem::Unknown(name) => t!("rules.placeholder", locale = tag, name = name),
            TemplateProblem::Open => t!("rules.open", locale = tag),
            TemplateProblem::Close => t!("rules.close", locale = tag),
            TemplateProblem::Format(format) => t!("rules.number_format", locale = tag, format = format),
            TemplateProblem::Time(letter) => t!("rules.conversion", locale = tag, letter = letter),
        },
        Problem::Expression(ExpressionError::Syntax { column, why }) => {
            t!("rules.expression", locale = tag, column = column, why = why)
        }
        Problem::Expression(ExpressionError::TooLarge) => t!("rules.expression_large", locale = tag),
        Problem::Encoding { encoding, character } => {
            t!("rules.encoding", locale = tag, encoding = encoding, character = character)
        }
        Problem::Group { group, has } => t!("rules.group", locale = tag, group = group, has = has),
        Problem::Range { value, min, max } => {
            let (min, max) = (number::grouped(*min), number::grouped(*max));
            t!("rules.range", locale = tag, value = value, min = min, max = max)
        }
        Problem::Silence => t!("rules.silence", locale = tag),
        Problem::NoFile => t!("rules.no_file", locale = tag),
        Problem::None => t!("rules.none", locale = tag),
        Problem::Many(count) => t!("rules.many", locale = tag, count = count),
    }
    .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::responder::Rules;

    #[test]
    fn a_bad_file_names_line_and_field() {
        let text = "encoding = \"gbk\"\n[[rule]]\nwhen = \"any\"\nthen = [{ reply = \"ok {nosuch}\" }]";
        let error = Rules::parse(text).unwrap_err();
        assert_eq!(
            rules_error(Lang::En, &error),
            "line 4, column 23, rule[1].then[1].reply: {nosuch} is not a placeholder. There are {text} {bytes} {hex} {len} \
             {n} {peer} {local} {now:%X} {1} {line} {file.name} {file.size} {time}; {{ and }} are braces."
        );
        assert!(rules_error(Lang::Zh, &error).starts_with("第 4 行第 23 列，rule[1].then[1].reply："));
    }
}
