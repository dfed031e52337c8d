//! What was typed, cut into commands.
//!
//! Words and quotes are those of the `shell-words` crate; the operators between them are found here, because to it they
//! are characters like others.

/// Commands joined by `|`, and when they are run.
pub(super) struct Step {
    pub after: After,
    pub commands: Vec<Command>,
}

/// When a step is run.
#[derive(Clone, Copy)]
pub(super) enum After {
    /// Behind `;` or a newline, and first.
    Anything,
    /// Behind `&&`.
    Success,
    /// Behind `||`.
    Failure,
}

impl After {
    pub fn is_met(self, succeeded: bool) -> bool {
        match self {
            Self::Anything => true,
            Self::Success => succeeded,
            Self::Failure => !succeeded,
        }
    }
}

/// One command.
#[derive(Default)]
pub(super) struct Command {
    /// Its name and arguments; never empty, unless there is a redirection.
    pub words: Vec<String>,
    /// The file behind `<`.
    pub input: Option<String>,
    /// The file behind `>` or `>>`.
    pub output: Option<Target>,
}

/// Where output goes.
pub(super) struct Target {
    pub name: String,
    pub append: bool,
}

/// The steps of a line, or what is wrong with it, as a shell says it.
pub(super) fn steps(line: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut step = Step { after: After::Anything, commands: Vec::new() };
    let mut command = Command::default();
    // The operator before the words that come next.
    let mut before = Operator::Newline;
    for (text, operator) in pieces(line)? {
        let mut words = shell_words::split(&text)
            .map_err(|_| "unexpected EOF while looking for matching quote".to_owned())?
            .into_iter();
        if let Operator::Input | Operator::Output | Operator::Append = before {
            let name = words.next().ok_or_else(|| unexpected(operator))?;
            match before {
                Operator::Input => command.input = Some(name),
                _ => command.output = Some(Target { name, append: before == Operator::Append }),
            }
        }
        command.words.extend(words);
        let is_empty = command.words.is_empty() && command.input.is_none() && command.output.is_none();
        let wants_more = !step.commands.is_empty() || !matches!(step.after, After::Anything);
        match operator {
            Operator::Input | Operator::Output | Operator::Append => {}
            Operator::Newline if is_empty && !wants_more => {}
            _ if is_empty => return Err(unexpected(operator)),
            Operator::Pipe => step.commands.push(std::mem::take(&mut command)),
            Operator::Newline | Operator::Then | Operator::And | Operator::Or => {
                step.commands.push(std::mem::take(&mut command));
                let after = match operator {
                    Operator::And => After::Success,
                    Operator::Or => After::Failure,
                    _ => After::Anything,
                };
                steps.push(std::mem::replace(&mut step, Step { after, commands: Vec::new() }));
            }
        }
        before = operator;
    }
    Ok(steps)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Newline,
    Then,
    And,
    Or,
    Pipe,
    Input,
    Output,
    Append,
}

fn unexpected(operator: Operator) -> String {
    let token = match operator {
        Operator::Newline => "newline",
        Operator::Then => ";",
        Operator::And => "&&",
        Operator::Or => "||",
        Operator::Pipe => "|",
        Operator::Input => "<",
        Operator::Output => ">",
        Operator::Append => ">>",
    };
    format!("syntax error near unexpected token `{token}'")
}

/// The text between operators, with the operator behind it. The line ends with a newline, whether it was typed or not.
fn pieces(line: &str) -> Result<Vec<(String, Operator)>, String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut quote = None;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let operator = match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => {
                quote = None;
                None
            }
            (None | Some('"'), '`') => return Err(unknown("`")),
            (None | Some('"'), '$') if next == Some('(') => return Err(unknown("$(")),
            (None | Some('"'), '\\') => {
                text.push(character);
                text.extend(characters.next());
                continue;
            }
            (None, '\'' | '"') => {
                quote = Some(character);
                None
            }
            (None, '#') if text.chars().next_back().is_none_or(char::is_whitespace) => {
                while characters.next_if(|character| *character != '\n').is_some() {}
                continue;
            }
            // A peer on Windows ends its lines with both.
            (None, '\r') if next.is_none_or(|next| next == '\n') => continue,
            (None, '\n') => Some(Operator::Newline),
            (None, ';') => Some(Operator::Then),
            (None, '|') if next == Some('|') => Some(Operator::Or),
            (None, '|') => Some(Operator::Pipe),
            (None, '&') if next == Some('&') => Some(Operator::And),
            (None, '&') => return Err(unknown("&")),
            (None, '<') => Some(Operator::Input),
            (None, '>') if next == Some('>') => Some(Operator::Append),
            (None, '>') => Some(Operator::Output),
            _ => None,
        };
        match operator {
            Some(operator) => {
                if let Operator::Or | Operator::And | Operator::Append = operator {
                    characters.next();
                }
                pieces.push((std::mem::take(&mut text), operator));
            }
            None => text.push(character),
        }
    }
    // `a;` is whole, `a &&` is not.
    if !text.trim().is_empty() || !matches!(pieces.last(), Some((_, Operator::Then))) {
        pieces.push((text, Operator::Newline));
    }
    Ok(pieces)
}

fn unknown(token: &str) -> String {
    format!("`{token}' is not known here")
}
