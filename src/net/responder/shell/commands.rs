//! What each command does, with the words and options of its GNU namesake where it has one.

use jiff::{Zoned, civil::DateTime, tz::TimeZone};

use super::{
    super::clock,
    Bounded, HOST, Shell, Streams, USER, home,
    tree::{Node, Problem, What},
    written,
};

/// The text of `help`, in both languages because nobody knows which one the peer reads.
const HELP: &str = "\
cat [FILE...]             show files                     显示文件
cd [FOLDER]               go to a folder                 进入文件夹
date [-u] [+FORMAT]       the time                       时间
echo [-n] [TEXT...]       say TEXT                       输出文字
env                       the environment                环境变量
exit                      end                            结束
false, true               fail, succeed                  失败，成功
head, tail [-n N] [-c N]  the first or last lines        开头或结尾的几行
help                      this                           本说明
hostname, uname, whoami   computer, system, user         主机，系统，用户
ls, dir [-a] [-l] [PATH]  what is in a folder            列出文件夹
mkdir [-p] FOLDER...      make folders                   建文件夹
pwd                       where you are                  当前位置
rm [-r] [-f] PATH...      remove                         删除
rmdir FOLDER...           remove empty folders           删除空文件夹
touch FILE...             make files, or change the time 建文件或改时间
wc [-l] [-w] [-c] [-m]    count                          计数
;  &&  ||  |  <  >  >>    join commands, name files      连接命令，指定文件
";

/// A command as it was called.
pub(super) struct Call<'c> {
    pub words: &'c [String],
    pub input: &'c str,
    pub now: &'c Zoned,
}

/// Runs a command; whether it succeeded.
pub(super) fn run(shell: &mut Shell, call: &Call<'_>, output: &mut Bounded, streams: &mut Streams) -> bool {
    // A redirection alone is no command, and succeeds.
    let Some((name, rest)) = call.words.split_first() else { return true };
    let options = match name.as_str() {
        "cat" | "cd" | "exit" | "env" | "false" | "help" | "hostname" | "pwd" | "rmdir" | "touch" | "true"
        | "whoami" => "",
        "date" => "u",
        "dir" | "ls" => "1Aal",
        "head" | "tail" => "0123456789c:n:",
        "mkdir" => "p",
        "rm" => "Rfr",
        "uname" => "amnrs",
        "wc" => "clmw",
        // Whatever is behind it is text.
        "echo" => return echo(rest, output),
        _ => {
            streams.errors.line(&format!("sh: {name}: command not found"));
            return false;
        }
    };
    let arguments = match Arguments::read(rest, options) {
        Ok(arguments) => arguments,
        Err(why) => {
            streams.errors.line(&format!("{name}: {why}"));
            return false;
        }
    };
    let mut job = Job { shell, call, output, arguments, failures: Vec::new() };
    match name.as_str() {
        "cat" => job.cat(),
        "cd" => job.cd(),
        "date" => job.date(),
        "dir" | "ls" => job.ls(),
        "env" => job.env(),
        "exit" => streams.end = true,
        "false" => return false,
        "head" => job.ends(true),
        "help" => job.output.push(HELP),
        "hostname" => job.output.line(HOST),
        "mkdir" => job.mkdir(),
        "pwd" => job.output.line(&written(&job.shell.here)),
        "rm" => job.rm(),
        "rmdir" => job.rmdir(),
        "tail" => job.ends(false),
        "touch" => job.touch(),
        "uname" => job.uname(),
        "wc" => job.wc(),
        "whoami" => job.output.line(USER),
        _ => {}
    }
    let Job { failures, .. } = job;
    // The shell itself does `cd`, and says so.
    let said_by = if name == "cd" { "sh: cd" } else { name };
    for failure in &failures {
        streams.errors.line(&format!("{said_by}: {failure}"));
    }
    failures.is_empty()
}

fn echo(words: &[String], output: &mut Bounded) -> bool {
    let (words, end) = match words.split_first() {
        Some((option, rest)) if option == "-n" => (rest, ""),
        _ => (words, "\n"),
    };
    output.push(&words.join(" "));
    output.push(end);
    true
}

/// Options with their values, and what is no option.
struct Arguments {
    options: Vec<(char, String)>,
    operands: Vec<String>,
}

impl Arguments {
    /// `known` has the letters; one with a `:` behind it takes a value.
    fn read(words: &[String], known: &str) -> Result<Self, String> {
        let mut read = Self { options: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let letters = match word.strip_prefix('-') {
                Some("-") => {
                    read.operands.extend(words.by_ref().cloned());
                    break;
                }
                Some(long) if long.starts_with('-') => return Err(format!("unrecognized option '{word}'")),
                Some(letters) if !letters.is_empty() && !known.is_empty() => letters,
                _ => {
                    read.operands.push(word.clone());
                    continue;
                }
            };
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                let Some((_, behind)) = known.split_once(letter).filter(|_| letter != ':') else {
                    return Err(format!("invalid option -- '{letter}'"));
                };
                let mut value = String::new();
                if behind.starts_with(':') {
                    let joined = std::mem::replace(&mut rest, "".chars()).as_str();
                    let next = if joined.is_empty() { words.next().map(String::as_str) } else { Some(joined) };
                    value.push_str(next.ok_or_else(|| format!("option requires an argument -- '{letter}'"))?);
                }
                read.options.push((letter, value));
            }
        }
        Ok(read)
    }

    fn has(&self, letters: &str) -> bool {
        self.options.iter().any(|(letter, _)| letters.contains(*letter))
    }
}

/// A command while it works.
struct Job<'j, 'c> {
    shell: &'j mut Shell,
    call: &'j Call<'c>,
    output: &'j mut Bounded,
    arguments: Arguments,
    failures: Vec<String>,
}

impl Job<'_, '_> {
    fn fail(&mut self, why: impl Into<String>) {
        self.failures.push(why.into());
    }

    fn missing_operand(&mut self) -> Vec<String> {
        let operands = std::mem::take(&mut self.arguments.operands);
        if operands.is_empty() {
            self.fail("missing operand");
        }
        operands
    }

    /// The files that are named, or standard input if none is; their names with them.
    fn files(&mut self) -> Vec<(Option<String>, String)> {
        let operands = std::mem::take(&mut self.arguments.operands);
        if operands.is_empty() {
            return vec![(None, self.call.input.to_owned())];
        }
        let mut files = Vec::new();
        let mut room = super::LIMIT;
        for name in operands {
            if name == "-" {
                files.push((Some(name), self.call.input.to_owned()));
                continue;
            }
            match self.shell.tree.read(&self.shell.path(&name)) {
                // The same file a thousand times would be a thousand copies.
                Ok(text) => {
                    let text = text.get(..text.floor_char_boundary(room.max(1))).unwrap_or_default().to_owned();
                    room = room.saturating_sub(text.len());
                    files.push((Some(name), text));
                }
                Err(problem) => self.fail(format!("{name}: {problem}")),
            }
        }
        files
    }

    fn cat(&mut self) {
        for (_, text) in self.files() {
            self.output.push(&text);
        }
    }

    fn cd(&mut self) {
        let target = match self.arguments.operands.as_slice() {
            [] => home(),
            [name] => self.shell.path(name),
            _ => return self.fail("too many arguments"),
        };
        match self.shell.tree.at(&target).map(|node| &node.what) {
            Ok(What::Folder(_)) => self.shell.here = target,
            Ok(What::File(_)) => self.fail(format!("{}: {}", self.arguments.operands.concat(), Problem::NoFolder)),
            Err(problem) => self.fail(format!("{}: {problem}", self.arguments.operands.concat())),
        }
    }

    fn date(&mut self) {
        let now =
            if self.arguments.has("u") { self.call.now.with_time_zone(TimeZone::UTC) } else { self.call.now.clone() };
        let format = match self.arguments.operands.as_slice() {
            [] => "%a %b %e %H:%M:%S %Z %Y",
            [one] => match one.strip_prefix('+') {
                Some(format) => format,
                None => return self.fail(format!("invalid date '{one}'")),
            },
            [_, second, ..] => return self.fail(format!("extra operand '{second}'")),
        };
        match clock::strftime(format, &now) {
            Ok(text) => self.output.line(&text),
            Err(error) => self.fail(error.to_string()),
        }
    }

    fn env(&mut self) {
        let (home, here) = (written(&home()), written(&self.shell.here));
        self.output.push(&format!("HOME={home}\nLANG=C.UTF-8\nPATH=\nPWD={here}\nSHELL=sh\nUSER={USER}\n"));
    }

    fn uname(&mut self) {
        let version = env!("CARGO_PKG_VERSION");
        let mut words = Vec::new();
        for (letters, word) in [("as", "Twocan"), ("an", HOST), ("ar", version), ("am", "memory")] {
            if self.arguments.has(letters) {
                words.push(word);
            }
        }
        self.output.line(if words.is_empty() { "Twocan".to_owned() } else { words.join(" ") }.as_str());
    }

    /// `head` and `tail`.
    fn ends(&mut self, first: bool) {
        let (mut in_bytes, mut count) = (false, "10".to_owned());
        let mut digits = String::new();
        for (letter, value) in &self.arguments.options {
            if letter.is_ascii_digit() {
                digits.push(*letter);
                (in_bytes, count) = (false, digits.clone());
            } else {
                (in_bytes, count) = (*letter == 'c', value.clone());
            }
        }
        let Ok(number) = count.parse::<usize>() else {
            let unit = if in_bytes { "bytes" } else { "lines" };
            return self.fail(format!("invalid number of {unit}: '{count}'"));
        };
        let files = self.files();
        let several = files.len() > 1;
        for (index, (name, text)) in files.iter().enumerate() {
            if let (true, Some(name)) = (several, name) {
                let gap = if index == 0 { "" } else { "\n" };
                self.output.push(&format!("{gap}==> {name} <==\n"));
            }
            let bytes = text.as_bytes();
            let part = if in_bytes {
                let number = number.min(bytes.len());
                if first { bytes.get(..number) } else { bytes.get(bytes.len() - number..) }
            } else {
                let starts: Vec<_> = std::iter::once(0)
                    .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                    .filter(|at| *at < bytes.len())
                    .collect();
                if first {
                    bytes.get(..starts.get(number).copied().unwrap_or(bytes.len()))
                } else {
                    bytes.get(starts.get(starts.len().saturating_sub(number)).copied().unwrap_or(bytes.len())..)
                }
            };
            self.output.push(&String::from_utf8_lossy(part.unwrap_or_default()));
        }
    }

    fn wc(&mut self) {
        let letters: String = ["l", "w", "m", "c"].into_iter().filter(|letter| self.arguments.has(letter)).collect();
        let letters = if letters.is_empty() { "lwc" } else { &letters };
        let from_input = self.arguments.operands.is_empty();
        let files = self.files();
        let mut rows: Vec<(Vec<usize>, String)> = Vec::new();
        for (name, text) in &files {
            let counts = letters.chars().map(|letter| match letter {
                'l' => text.matches('\n').count(),
                'w' => text.split_whitespace().count(),
                'm' => text.chars().count(),
                _ => text.len(),
            });
            rows.push((counts.collect(), name.clone().map_or_else(String::new, |name| format!(" {name}"))));
        }
        if rows.len() > 1 {
            let total =
                (0..letters.len()).map(|column| rows.iter().filter_map(|row| row.0.get(column)).sum()).collect();
            rows.push((total, " total".to_owned()));
        }
        // GNU's: one number stands alone; of a stream nobody knows how large they get.
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        let width = match (letters.len(), rows.len()) {
            (1, 1) => 1,
            _ if from_input => 7,
            _ => bytes.to_string().len(),
        };
        for (counts, name) in rows {
            let counts: Vec<_> = counts.iter().map(|count| format!("{count:width$}")).collect();
            self.output.line(&(counts.join(" ") + &name));
        }
    }

    fn ls(&mut self) {
        let mut operands = std::mem::take(&mut self.arguments.operands);
        if operands.is_empty() {
            operands.push(".".to_owned());
        }
        operands.sort();
        let several = operands.len() > 1;
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for name in operands {
            match self.shell.tree.at(&self.shell.path(&name)) {
                Err(problem) => self.failures.push(format!("cannot access '{name}': {problem}")),
                Ok(node) => match &node.what {
                    What::File(_) => files.push((name, node)),
                    What::Folder(entries) => folders.push((name, node, entries)),
                },
            }
        }
        let long = self.arguments.has("l");
        let now = self.call.now.datetime();
        let mut text = Bounded::default();
        list(&mut text, &files, long, now);
        for (name, folder, entries) in folders {
            if several {
                text.push(&format!("{}{name}:\n", if text.text.is_empty() { "" } else { "\n" }));
            }
            let mut rows: Vec<_> = Vec::new();
            if self.arguments.has("a") {
                rows.extend([(".".to_owned(), folder), ("..".to_owned(), folder)]);
            }
            let hidden = self.arguments.has("aA");
            rows.extend(
                entries
                    .iter()
                    .filter(|(name, _)| hidden || !name.starts_with('.'))
                    .map(|(name, node)| (name.clone(), node)),
            );
            if long {
                text.line(&format!(
                    "total {}",
                    rows.iter().map(|(_, node)| node.size().div_ceil(4096) * 4).sum::<usize>()
                ));
            }
            list(&mut text, &rows, long, now);
        }
        self.output.push(&text.text);
    }

    fn mkdir(&mut self) {
        let (now, parents) = (self.call.now.datetime(), self.arguments.has("p"));
        for name in self.missing_operand() {
            let path = self.shell.path(&name);
            let mut made = Ok(());
            for depth in if parents { 1 } else { path.len() }..=path.len() {
                made = match self.shell.tree.make_folder(path.get(..depth).unwrap_or_default(), now) {
                    Err(Problem::Exists) if parents => Ok(()),
                    made => made,
                };
                if made.is_err() {
                    break;
                }
            }
            if let Err(problem) = made {
                self.fail(format!("cannot create directory '{name}': {problem}"));
            }
        }
    }

    fn touch(&mut self) {
        for name in self.missing_operand() {
            let path = self.shell.path(&name);
            if let Err(problem) = self.shell.tree.touch(&path, self.call.now.datetime()) {
                self.fail(format!("cannot touch '{name}': {problem}"));
            }
        }
    }

    fn rm(&mut self) {
        let (force, recursive) = (self.arguments.has("f"), self.arguments.has("rR"));
        if force && self.arguments.operands.is_empty() {
            return;
        }
        for name in self.missing_operand() {
            let path = self.shell.path(&name);
            let removed = match self.shell.tree.at(&path).map(|node| &node.what) {
                Ok(What::Folder(_)) if !recursive => Err(Problem::Folder),
                Ok(_) if path.is_empty() => {
                    self.fail("it is dangerous to operate recursively on '/'");
                    continue;
                }
                Ok(_) => self.shell.tree.remove(&path),
                Err(Problem::Missing | Problem::NoFolder) if force => Ok(()),
                Err(problem) => Err(problem),
            };
            if let Err(problem) = removed {
                self.fail(format!("cannot remove '{name}': {problem}"));
            }
        }
    }

    fn rmdir(&mut self) {
        for name in self.missing_operand() {
            let path = self.shell.path(&name);
            let removed = match self.shell.tree.at(&path).map(|node| &node.what) {
                Ok(What::Folder(entries)) if entries.is_empty() => self.shell.tree.remove(&path),
                Ok(What::Folder(_)) => Err(Problem::NotEmpty),
                Ok(What::File(_)) => Err(Problem::NoFolder),
                Err(problem) => Err(problem),
            };
            if let Err(problem) = removed {
                self.fail(format!("failed to remove '{name}': {problem}"));
            }
        }
    }
}

/// A line a node, as `ls` writes it where its output is no terminal.
fn list(text: &mut Bounded, rows: &[(String, &Node)], long: bool, now: DateTime) {
    let width = rows.iter().map(|(_, node)| node.size().to_string().len()).max().unwrap_or(0).max(4);
    for (name, node) in rows {
        if long {
            let (kind, links) = match node.what {
                What::File(_) => ("-rw-r--r--", 1),
                What::Folder(_) => ("drwxr-xr-x", 2),
            };
            // Half a year back the year says more than the hour.
            let age = now.date().duration_since(node.changed.date()).as_hours() / 24;
            let format = if (0..182).contains(&age) { "%b %e %H:%M" } else { "%b %e  %Y" };
            let changed = node.changed.strftime(format);
            text.push(&format!("{kind} {links} {USER} {USER} {:width$} {changed} ", node.size()));
        }
        text.line(name);
    }
}
