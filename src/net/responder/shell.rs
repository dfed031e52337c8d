//! A shell that touches nothing: command lines over a tree of files that exists in memory alone.
//!
//! The tutorials' remote shell hands whatever a peer sends to the operating system, so that whoever reaches its port owns
//! the computer. This one teaches the same (a command, two streams of output, `cd`, a command that says nothing) and has
//! nothing behind it: no program is started and no file is opened. It knows quotes, `;`, `&&`, `||`, `|`, `<`, `>` and `>>`
//! as POSIX's shell does (POSIX.1-2017, XCU chapter 2), and no variables, wildcards or background. What a peer can make
//! it keep and say is bounded.
//!
//! - `line`: what was typed, cut into commands. `tree`: the files. `commands`: what each command does.

mod commands;
mod line;
mod tree;

use jiff::Zoned;

use self::tree::Tree;

/// Bytes of each of the two streams that one line can make.
pub const LIMIT: usize = 64 << 10;

/// Bytes that a line may have.
const LINE: usize = 4096;

/// Whom `whoami` names.
const USER: &str = "guest";

/// The computer that does not exist.
const HOST: &str = "twocan";

/// What a line came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// `exit` was said.
    pub end: bool,
}

/// A shell and its files.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Whether `cd` holds for the lines after it. In the tutorials' server, which starts a shell for each command, it does
    /// not.
    pub persistent: bool,
    tree: Tree,
    /// Names from the root on.
    here: Vec<String>,
}

impl Default for Shell {
    fn default() -> Self {
        Self::new()
    }
}

impl Shell {
    /// A shell at home, with the files that it always begins with.
    pub fn new() -> Self {
        Self { persistent: true, tree: Tree::new(), here: home() }
    }

    /// Runs a line, or several.
    pub fn run(&mut self, line: &str, now: &Zoned) -> Output {
        let before = (!self.persistent).then(|| self.here.clone());
        let mut streams = Streams::default();
        let steps = if line.len() > LINE { Err(format!("line of more than {LINE} bytes")) } else { line::steps(line) };
        match steps {
            Err(why) => streams.errors.push(&format!("sh: {why}\n")),
            Ok(steps) => {
                let mut succeeded = true;
                for step in steps {
                    if streams.end {
                        break;
                    }
                    if step.after.is_met(succeeded) {
                        succeeded = self.pipeline(step.commands, now, &mut streams);
                    }
                }
            }
        }
        if let Some(before) = before {
            self.here = before;
        }
        Output { stdout: streams.output.text, stderr: streams.errors.text, end: streams.end }
    }

    /// Runs commands one after the other, each with the output of the one before. The last one decides.
    fn pipeline(&mut self, commands: Vec<line::Command>, now: &Zoned, streams: &mut Streams) -> bool {
        let mut input = String::new();
        let mut succeeded = true;
        for command in commands {
            let mut output = Bounded::default();
            succeeded = self.command(&command, input, now, &mut output, streams);
            input = output.text;
        }
        streams.output.push(&input);
        succeeded
    }

    fn command(
        &mut self,
        command: &line::Command,
        mut input: String,
        now: &Zoned,
        output: &mut Bounded,
        streams: &mut Streams,
    ) -> bool {
        let fail = |streams: &mut Streams, name: &str, why: tree::Problem| {
            streams.errors.push(&format!("sh: {name}: {why}\n"));
            false
        };
        if let Some(name) = &command.input {
            match self.tree.read(&self.path(name)) {
                Ok(text) => text.clone_into(&mut input),
                Err(why) => return fail(streams, name, why),
            }
        }
        // Opened before the command runs, as a shell does: `cat a > a` leaves nothing of it.
        if let Some(target) = &command.output {
            let before = if target.append { self.tree.read(&self.path(&target.name)).unwrap_or_default() } else { "" };
            let before = before.to_owned();
            if let Err(why) = self.tree.write(&self.path(&target.name), before, now.datetime()) {
                return fail(streams, &target.name, why);
            }
        }
        let mut made = Bounded::default();
        let call = commands::Call { words: &command.words, input: &input, now };
        let succeeded = commands::run(self, &call, &mut made, streams);
        let Some(target) = &command.output else {
            *output = made;
            return succeeded;
        };
        let path = self.path(&target.name);
        let whole = self.tree.read(&path).unwrap_or_default().to_owned() + &made.text;
        match self.tree.write(&path, whole, now.datetime()) {
            Ok(()) => succeeded,
            Err(why) => fail(streams, &target.name, why),
        }
    }

    /// The names from the root to what `path` means here. `..` goes up in the names, as `pwd` shows them.
    fn path(&self, path: &str) -> Vec<String> {
        let (mut names, rest) = match path.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => (home(), rest),
            _ if path.starts_with('/') => (Vec::new(), path),
            _ => (self.here.clone(), path),
        };
        for name in rest.split('/') {
            match name {
                "" | "." => {}
                ".." => {
                    names.pop();
                }
                name => names.push(name.to_owned()),
            }
        }
        names
    }
}

fn home() -> Vec<String> {
    ["home", USER].map(str::to_owned).into()
}

/// Names as a path from the root.
fn written(names: &[String]) -> String {
    format!("/{}", names.join("/"))
}

/// What a whole line has said.
#[derive(Default)]
struct Streams {
    output: Bounded,
    errors: Bounded,
    end: bool,
}

/// Text that stops growing at [`LIMIT`].
#[derive(Default)]
struct Bounded {
    text: String,
}

impl Bounded {
    fn push(&mut self, text: &str) {
        let room = LIMIT - self.text.len();
        self.text.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
    }

    fn line(&mut self, text: &str) {
        self.push(text);
        self.push("\n");
    }
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn now() -> Zoned {
        date(2026, 11, 20).at(9, 5, 7, 0).to_zoned(TimeZone::UTC).unwrap()
    }

    /// Standard output, then standard error.
    fn run(shell: &mut Shell, line: &str) -> (String, String) {
        let output = shell.run(line, &now());
        (output.stdout, output.stderr)
    }

    /// What one line says in a new shell, both streams.
    fn says(line: &str) -> String {
        let (output, errors) = run(&mut Shell::new(), line);
        output + &errors
    }

    #[test]
    fn what_each_command_says() {
        for (line, expected) in [
            ("echo hello", "hello\n"),
            ("echo -n hello", "hello"),
            ("echo '你好  世界' \"a b\" c\\ d", "你好  世界 a b c d\n"),
            ("whoami", "guest\n"),
            ("hostname", "twocan\n"),
            ("pwd", "/home/guest\n"),
            ("date", "Fri Nov 20 09:05:07 UTC 2026\n"),
            ("date '+%Y年%m月%d日 %X'", "2026年11月20日 09:05:07\n"),
            ("date +%J", "date: %J is not a conversion of strftime (column 1)\n"),
            ("date now", "date: invalid date 'now'\n"),
            ("ls", "notes\nreadme.txt\n成绩.csv\n诗\n说明.txt\n"),
            ("ls -a notes", ".\n..\nshopping.txt\ntodo.txt\n"),
            ("ls -l notes/todo.txt", "-rw-r--r-- 1 guest guest   59 Oct  1 08:00 notes/todo.txt\n"),
            ("ls notes /tmp", "/tmp:\n\nnotes:\nshopping.txt\ntodo.txt\n"),
            ("ls -z", "ls: invalid option -- 'z'\n"),
            ("ls --color", "ls: unrecognized option '--color'\n"),
            ("ls nosuch", "ls: cannot access 'nosuch': No such file or directory\n"),
            ("cat 诗/静夜思.txt", "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n"),
            ("cat nosuch", "cat: nosuch: No such file or directory\n"),
            ("cat notes", "cat: notes: Is a directory\n"),
            ("cat readme.txt/x", "cat: readme.txt/x: Not a directory\n"),
            ("head -n 1 诗/静夜思.txt", "床前明月光，\n"),
            ("head -2 诗/静夜思.txt", "床前明月光，\n疑是地上霜。\n"),
            ("tail -n 1 诗/静夜思.txt", "低头思故乡。\n"),
            ("head -c 5 readme.txt", "These"),
            ("head -n x readme.txt", "head: invalid number of lines: 'x'\n"),
            ("wc 诗/静夜思.txt", " 4  4 76 诗/静夜思.txt\n"),
            ("wc -l 诗/静夜思.txt", "4 诗/静夜思.txt\n"),
            ("echo 你好 | wc -c", "7\n"),
            ("echo 你好 | wc -m", "3\n"),
            ("echo one two | wc", "      1       2       8\n"),
            ("uname", "Twocan\n"),
            ("true && echo yes || echo no", "yes\n"),
            ("false && echo yes || echo no", "no\n"),
            ("nosuch --option", "sh: nosuch: command not found\n"),
            ("rm notes", "rm: cannot remove 'notes': Is a directory\n"),
            ("rm", "rm: missing operand\n"),
            ("rm -r /", "rm: it is dangerous to operate recursively on '/'\n"),
            ("rm -f nosuch", ""),
            ("mkdir notes", "mkdir: cannot create directory 'notes': File exists\n"),
            ("mkdir a/b", "mkdir: cannot create directory 'a/b': No such file or directory\n"),
            ("rmdir notes", "rmdir: failed to remove 'notes': Directory not empty\n"),
            ("cd nosuch", "sh: cd: nosuch: No such file or directory\n"),
            ("cd readme.txt", "sh: cd: readme.txt: Not a directory\n"),
            ("", ""),
            ("  \r\n", ""),
        ] {
            assert_eq!(says(line), expected, "{line}");
        }
        assert!(says("help").lines().count() > 15);
        assert!(says("env").contains("HOME=/home/guest\n"));
    }

    #[test]
    fn output_and_errors_are_two_streams() {
        let said = run(&mut Shell::new(), "echo out; nosuch; cat readme.txt nosuch | wc -l");
        assert_eq!(said.0, "out\n3\n");
        assert_eq!(said.1, "sh: nosuch: command not found\ncat: nosuch: No such file or directory\n");
    }

    #[test]
    fn cd_holds_unless_each_line_is_a_shell_of_its_own() {
        let mut shell = Shell::new();
        assert_eq!(run(&mut shell, "cd 诗"), (String::new(), String::new()));
        assert_eq!(run(&mut shell, "pwd").0, "/home/guest/诗\n");
        assert_eq!(run(&mut shell, "cd ../..; pwd; cd; pwd; cd /; pwd; cd ../..; pwd").0, "/home\n/home/guest\n/\n/\n");
        assert_eq!(run(&mut shell, "cd ~/notes; ls; cd -").0, "shopping.txt\ntodo.txt\n");
        let mut shell = Shell { persistent: false, ..Shell::new() };
        assert_eq!(run(&mut shell, "cd /tmp; pwd").0, "/tmp\n");
        assert_eq!(run(&mut shell, "pwd").0, "/home/guest\n");
    }

    #[test]
    fn files_are_made_changed_and_removed() {
        let mut shell = Shell::new();
        let said = run(
            &mut shell,
            "mkdir -p 新/a/b && cd 新\necho 一 > 文件\necho 二 >> 文件\ncat < 文件\nls -l\nrm 文件; rm -r a; ls; touch x; ls; cat x",
        );
        assert_eq!(
            said.0,
            "一\n二\ntotal 8\ndrwxr-xr-x 2 guest guest 4096 Nov 20 09:05 a\n-rw-r--r-- 1 guest guest    8 Nov 20 09:05 文件\nx\n"
        );
        assert_eq!(said.1, "");
        assert_eq!(says("echo gone > /dev/null; cat /dev/null; echo x > notes"), "sh: notes: Is a directory\n");
        assert_eq!(says("cat readme.txt > readme.txt; cat readme.txt"), "");
        assert_eq!(says("rmdir /tmp; ls /tmp"), "ls: cannot access '/tmp': No such file or directory\n");
        assert_eq!(
            says("cd /tmp; rm -r /tmp; pwd; touch x"),
            "/tmp\ntouch: cannot touch 'x': No such file or directory\n"
        );
    }

    #[test]
    fn what_is_not_finished_or_not_known_is_said() {
        for (line, expected) in [
            ("echo 'open", "sh: unexpected EOF while looking for matching quote\n"),
            ("echo \"open", "sh: unexpected EOF while looking for matching quote\n"),
            ("| wc", "sh: syntax error near unexpected token `|'\n"),
            ("echo a &&", "sh: syntax error near unexpected token `newline'\n"),
            ("echo a;; echo b", "sh: syntax error near unexpected token `;'\n"),
            ("echo a >", "sh: syntax error near unexpected token `newline'\n"),
            ("sleep 9 &", "sh: `&' is not known here\n"),
            ("echo `pwd`", "sh: ``' is not known here\n"),
            ("echo $(pwd)", "sh: `$(' is not known here\n"),
        ] {
            assert_eq!(says(line), expected, "{line}");
        }
        assert_eq!(says("echo '$(x) `y` & | ; >' # not a comment's; business"), "$(x) `y` & | ; >\n");
        assert!(says(&"x".repeat(LINE + 1)).contains("4096"));
    }

    #[test]
    fn exit_ends_it_and_what_is_behind_it_does_not_happen() {
        let output = Shell::new().run("echo a; exit 3; echo b", &now());
        assert_eq!(output, Output { stdout: "a\n".into(), stderr: String::new(), end: true });
    }

    #[test]
    fn a_peer_cannot_make_it_grow() {
        let mut shell = Shell::new();
        let mut full = false;
        for number in 0..5_000 {
            full |= run(&mut shell, &format!("mkdir d{number}")).1.contains("No space left on device");
        }
        assert!(full);
        let mut shell = Shell::new();
        run(&mut shell, &format!("echo {} > a", "x".repeat(4000)));
        let mut full = false;
        for _ in 0..50 {
            full |= run(&mut shell, "cat a a a a a a a a > b; cat b b b b b b b b > a").1.contains("No space left");
        }
        assert!(full || run(&mut shell, "wc -c a").0.starts_with("65536 "));
        for file in 0..100 {
            full |= run(&mut shell, &format!("cat a > c{file}")).1.contains("No space left");
        }
        assert!(full);
        let output = shell.run(&"cat a;".repeat(600), &now());
        assert_eq!(output.stdout.len(), LIMIT);
        let output = shell.run(&"x;".repeat(2_000), &now());
        assert!(output.stderr.len() <= LIMIT);
        assert!(run(&mut shell, &format!("touch /tmp/{}", "长".repeat(100))).1.contains("File name too long"));
        assert!(run(&mut shell, &format!("mkdir -p {}", "d/".repeat(500))).1.contains("File name too long"));
    }

    proptest! {
        #[test]
        fn no_line_panics_or_says_more_than_the_limit(lines in prop::collection::vec(
            r#"((ls|cat|cd|rm|mkdir|touch|head|tail|wc|echo|date|rmdir|exit|env) ?|-[a-zA-Z0-9] |[;|&<>'"\\~./ -]|诗|readme.txt |notes|\PC){0,12}"#,
            1..6,
        )) {
            let mut shell = Shell::new();
            for line in lines {
                let output = shell.run(&line, &now());
                prop_assert!(output.stdout.len() <= LIMIT && output.stderr.len() <= LIMIT);
            }
        }
    }
}
