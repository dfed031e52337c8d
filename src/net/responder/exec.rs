//! Running one real program for the action `command`.
//!
//! No shell looks at the line: it is split as `sh(1)` would split it and nothing in it is expanded. Both outputs are read
//! side by side, because a program that fills the pipe nobody reads waits for ever (the tutorials' remote shell does).
//! A thread supervises: it waits for output, for the end, for the time limit and for [`Running`] to be dropped, and then
//! kills whatever the program started and left behind.

use std::{
    io::{self, ErrorKind, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, never, select};

use super::Commands;
use crate::net::sys::process;

/// The shortest and the longest time between two looks whether a program that writes nothing has ended.
const LOOKS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];
/// How long the pipes are still read once all is killed. Only a program that left its group keeps one open.
const REST: Duration = Duration::from_millis(200);
/// Bytes of one read of a pipe.
const PIECE: usize = 8 * 1024;
/// What each of the three threads needs at most.
const STACK_BYTES: usize = 256 * 1024;

/// Why a command line is not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no word in it.
    #[error("there is no command")]
    Empty,
    /// A quote is not closed.
    #[error("a quote is not closed")]
    Quote,
    /// The program is not one of those that the user listed.
    #[error("{0} is not one of the programs that may be run")]
    NotListed(String),
}

/// The words of a command line, as a POSIX shell splits them; nothing is expanded.
///
/// # Errors
/// There is no word, or a quote is not closed.
pub fn split(line: &str) -> Result<Vec<String>, Denied> {
    let words = shell_words::split(line).map_err(|_| Denied::Quote)?;
    if words.is_empty() { Err(Denied::Empty) } else { Ok(words) }
}

/// Whether the first word is one of the listed names, letter by letter: `./ls` and `/bin/ls` are not `ls`.
///
/// # Errors
/// It is not.
pub fn allowed(commands: &Commands, argv: &[String]) -> Result<(), Denied> {
    let program = argv.first().filter(|program| !program.is_empty()).ok_or(Denied::Empty)?;
    if commands.programs.contains(program) { Ok(()) } else { Err(Denied::NotListed(program.clone())) }
}

/// What became of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// Its standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// Its standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// Its exit code, if it ended by itself.
    pub status: Option<i32>,
    /// The signal that ended it, where the system has signals.
    pub signal: Option<i32>,
    /// It took longer than it was allowed to, and was killed.
    pub timed_out: bool,
    /// It wrote more than it was allowed to, and was killed.
    pub cut: bool,
    /// How long it ran.
    pub took: Duration,
}

/// A program that runs. Dropping it kills the program and what it started, at once and without waiting.
#[derive(Debug)]
pub struct Running {
    child: Leader,
    /// Wakes the supervisor by being dropped.
    stop: Option<Sender<()>>,
}

impl Running {
    /// Starts a program. `done` is called once from another thread when it has ended, unless this is dropped before.
    ///
    /// # Errors
    /// It is not [allowed], is not found, or the system gives no process or thread.
    pub fn start(
        commands: &Commands,
        argv: &[String],
        done: impl FnOnce(Finished) + Send + 'static,
    ) -> io::Result<Self> {
        allowed(commands, argv).map_err(|denied| io::Error::new(ErrorKind::PermissionDenied, denied))?;
        let (program, arguments) = argv.split_first().ok_or(ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        process::apart(&mut command);
        let started = Instant::now();
        let mut child = command.spawn()?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let child = Leader(Arc::new(Mutex::new(Some(child))));
        let (stop, stopped) = bounded(0);
        // From here on an error drops this, which kills the child.
        let running = Self { child: child.clone(), stop: Some(stop) };
        let (sender, pieces) = bounded(4);
        follow(Stream::Out, out, sender.clone())?;
        follow(Stream::Err, err, sender)?;
        let limit = Duration::from_millis(commands.limit_ms);
        let supervisor = Supervisor {
            child,
            pieces,
            stopped,
            started,
            deadline: started.checked_add(limit),
            most: usize::try_from(commands.limit_bytes).unwrap_or(usize::MAX),
            found: Finished::default(),
        };
        thread::Builder::new().name("command".into()).stack_size(STACK_BYTES).spawn(move || {
            if let Some(finished) = supervisor.run() {
                done(finished);
            }
        })?;
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // In this order: whoever sees that the child has ended then sees as well that nobody wants to know.
        self.stop = None;
        self.child.kill();
    }
}

/// The child, until it is reaped. The lock is never held by anyone who waits.
#[derive(Clone, Debug)]
struct Leader(Arc<Mutex<Option<Child>>>);

impl Leader {
    fn lock(&self) -> MutexGuard<'_, Option<Child>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kill(&self) {
        if let Some(child) = self.lock().as_mut() {
            process::kill(child);
        }
    }

    fn has_ended(&self) -> bool {
        self.lock().as_mut().is_none_or(process::has_ended)
    }

    /// Kills what is left, and takes the child out to be waited for.
    fn take(&self) -> Option<Child> {
        let mut child = self.lock();
        if let Some(child) = child.as_mut() {
            process::kill(child);
        }
        child.take()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// Reads a pipe on a thread of its own until it ends or nobody wants to know.
fn follow(
    stream: Stream,
    pipe: Option<impl Read + Send + 'static>,
    pieces: Sender<(Stream, Vec<u8>)>,
) -> io::Result<()> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let read = move || {
        let mut buffer = vec![0; PIECE];
        loop {
            match pipe.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    let piece = buffer.get(..count).unwrap_or_default().to_vec();
                    if pieces.send((stream, piece)).is_err() {
                        return;
                    }
                }
            }
        }
    };
    thread::Builder::new().name("command-output".into()).stack_size(STACK_BYTES).spawn(read).map(drop)
}

struct Supervisor {
    child: Leader,
    pieces: Receiver<(Stream, Vec<u8>)>,
    stopped: Receiver<()>,
    started: Instant,
    /// `None` for a time that no clock can count.
    deadline: Option<Instant>,
    most: usize,
    found: Finished,
}

impl Supervisor {
    /// Waits for the end; `None` if nobody wants to know any more.
    fn run(mut self) -> Option<Finished> {
        let mut look = LOOKS[0];
        // A program that closed its outputs may still run.
        let mut pieces = self.pieces.clone();
        let wanted = loop {
            if self.child.has_ended() {
                break self.stopped.try_recv() == Err(TryRecvError::Empty);
            }
            let left = self.deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                self.found.timed_out = true;
                break true;
            }
            select! {
                recv(self.stopped) -> _ => break false,
                recv(pieces) -> piece => {
                    look = LOOKS[0];
                    let Ok(piece) = piece else {
                        pieces = never();
                        continue;
                    };
                    if !self.keep(piece) {
                        break true;
                    }
                }
                default(left.map_or(look, |left| left.min(look))) => look = (look * 2).min(LOOKS[1]),
            }
        };
        self.found.took = self.started.elapsed();
        let child = self.child.take();
        // What is in the pipes already is the program's own.
        let until = Instant::now() + REST;
        while wanted && let Ok(piece) = self.pieces.recv_deadline(until) {
            self.keep(piece);
        }
        // It is killed or has ended: this only reaps it.
        if let Some(status) = child.and_then(|mut child| child.wait().ok()) {
            self.found.status = status.code();
            self.found.signal = process::signal(status);
        }
        wanted.then_some(self.found)
    }

    /// Keeps what there is room for; `false` if that is not all of it.
    fn keep(&mut self, (stream, piece): (Stream, Vec<u8>)) -> bool {
        let kept = match stream {
            Stream::Out => &mut self.found.stdout,
            Stream::Err => &mut self.found.stderr,
        };
        let room = self.most.saturating_sub(kept.len());
        kept.extend_from_slice(piece.get(..room).unwrap_or(&piece));
        self.found.cut |= piece.len() > room;
        piece.len() <= room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(programs: &[&str]) -> Commands {
        let programs = programs.iter().map(|&program| program.to_owned()).collect();
        Commands { programs, limit_ms: 10_000, limit_bytes: 64 * 1024 }
    }

    #[test]
    fn a_line_is_split_as_a_shell_does_it_and_not_expanded() {
        assert_eq!(split(r#"echo 'a  b' "c $HOME" \* | cat"#).unwrap(), ["echo", "a  b", "c $HOME", "*", "|", "cat"]);
        assert_eq!(split("echo 'a"), Err(Denied::Quote));
        assert_eq!(split("  "), Err(Denied::Empty));
    }

    #[test]
    fn only_listed_names_are_run_and_no_path_is_a_name() {
        let commands = commands(&["ls", "/opt/tool", ""]);
        let denied = |line: &str| allowed(&commands, &split(line).unwrap()).err();
        assert_eq!(denied("ls -l /"), None);
        assert_eq!(denied("/opt/tool"), None);
        for line in ["./ls", "/bin/ls", "LS", "ls/", "lsof", "bin/../ls", "'ls '", "tool"] {
            assert!(matches!(denied(line), Some(Denied::NotListed(_))), "{line}");
        }
        assert_eq!(denied("'' -l"), Some(Denied::Empty));
        let refused = Running::start(&commands, &["./ls".into()], |_| panic!("it ran")).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    }

    /// These use the programs of a POSIX system.
    #[cfg(target_os = "linux")]
    mod programs {
        use super::*;

        /// Longer than anything may take.
        const DEADLINE: Duration = Duration::from_secs(10);

        fn start(commands: &Commands, line: &str) -> (Running, Receiver<Finished>) {
            let (sender, finished) = bounded(1);
            let running = Running::start(commands, &split(line).unwrap(), move |it| sender.send(it).unwrap()).unwrap();
            (running, finished)
        }

        fn run(commands: &Commands, line: &str) -> Finished {
            let (_running, finished) = start(commands, line);
            finished.recv_timeout(DEADLINE).unwrap()
        }

        fn is_alive(pid: &str) -> bool {
            // A zombie that nobody has reaped yet is dead.
            std::fs::read_to_string(format!("/proc/{pid}/stat"))
                .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
        }

        /// Waits for the end of a process.
        fn until_dead(pid: &str) {
            let deadline = Instant::now() + DEADLINE;
            while is_alive(pid) {
                assert!(Instant::now() < deadline, "{pid} is alive");
                thread::yield_now();
            }
        }

        /// Threads of this process that read a program's output.
        fn threads() -> usize {
            let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
            let name = |path: std::path::PathBuf| std::fs::read_to_string(path.join("comm")).unwrap_or_default();
            tasks.filter(|task| name(task.path()).starts_with("command-output")).count()
        }

        #[test]
        fn both_outputs_and_the_exit_code_come_back() {
            let finished = run(&commands(&["echo"]), "echo 'hello  there' $HOME");
            assert_eq!(finished.stdout, b"hello  there $HOME\n");
            assert_eq!((finished.status, finished.signal), (Some(0), None));
            let finished = run(&commands(&["sh"]), "sh -c 'echo out; echo err >&2; exit 7'");
            assert_eq!((finished.stdout.as_slice(), finished.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
            assert_eq!(finished.status, Some(7));
            assert!(!finished.timed_out && !finished.cut);
            let finished = run(&commands(&["sh"]), "sh -c 'kill -15 $$'");
            assert_eq!((finished.status, finished.signal), (None, Some(15)));
        }

        #[test]
        fn a_program_that_does_not_exist_is_an_error_and_not_a_run() {
            let commands = commands(&["no-such-program-of-twocan"]);
            let refused = Running::start(&commands, &commands.programs, |_| panic!("it ran")).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::NotFound);
        }

        #[test]
        fn standard_input_is_empty() {
            assert_eq!(run(&commands(&["cat"]), "cat").stdout, b"");
        }

        #[test]
        fn much_on_standard_error_does_not_hold_up_standard_output() {
            let line = "sh -c 'i=0; while [ $i -lt 20000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo done'";
            let finished = run(&Commands { limit_bytes: 1 << 20, ..commands(&["sh"]) }, line);
            assert_eq!((finished.stdout.as_slice(), finished.stderr.len()), (&b"done\n"[..], 220_000));
            assert!(!finished.cut);
        }

        #[test]
        fn more_output_than_allowed_ends_it() {
            let commands = Commands { limit_bytes: 1_000, ..commands(&["yes"]) };
            let finished = run(&commands, "yes");
            assert!(finished.cut && !finished.timed_out);
            assert_eq!(finished.stdout, b"y\n".repeat(500));
            assert_eq!((finished.status, finished.signal), (None, Some(9)));
        }

        #[test]
        fn exactly_as_much_as_allowed_is_not_cut() {
            let commands = Commands { limit_bytes: 6, ..commands(&["echo"]) };
            assert!(!run(&commands, "echo hello").cut);
            assert!(run(&commands, "echo hello!").cut);
        }

        #[test]
        fn longer_than_allowed_ends_it() {
            let commands = Commands { limit_ms: 50, ..commands(&["sleep"]) };
            let finished = run(&commands, "sleep 60");
            assert!(finished.timed_out && !finished.cut);
            assert_eq!(finished.signal, Some(9));
            assert!(finished.took >= Duration::from_millis(50) && finished.took < DEADLINE, "{:?}", finished.took);
        }

        #[test]
        fn closed_outputs_are_not_the_end() {
            let commands = Commands { limit_ms: 50, ..commands(&["sh"]) };
            assert!(run(&commands, "sh -c 'exec >&- 2>&-; exec sleep 60'").timed_out);
        }

        #[test]
        fn what_it_left_behind_is_killed_with_it() {
            let finished = run(&commands(&["sh"]), "sh -c 'sleep 60 & echo $!; exit 3'");
            assert_eq!((finished.status, finished.timed_out), (Some(3), false));
            until_dead(String::from_utf8(finished.stdout).unwrap().trim());
        }

        #[test]
        fn dropping_kills_it_and_its_children_and_nobody_is_told() {
            let commands = commands(&["sh"]);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("pids");
            let line = format!("sh -c 'sleep 60 & echo $$ $! done > {}; wait'", path.display());
            let (running, finished) = start(&commands, &line);
            let deadline = Instant::now() + DEADLINE;
            let pids = loop {
                let pids = std::fs::read_to_string(&path).unwrap_or_default();
                if pids.contains("done") {
                    break pids;
                }
                assert!(Instant::now() < deadline, "it does not start");
                thread::yield_now();
            };
            let pids: Vec<_> = pids.split_whitespace().take(2).collect();
            assert!(pids.iter().all(|pid| is_alive(pid)), "{pids:?}");
            let before = Instant::now();
            drop(running);
            assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
            for pid in pids {
                until_dead(pid);
            }
            // The sender is dropped without having sent anything.
            assert!(finished.recv_timeout(DEADLINE).is_err_and(|error| error.is_disconnected()));
        }

        #[test]
        fn a_program_that_left_its_group_is_not_waited_for() {
            let commands = Commands { limit_ms: 5_000, ..commands(&["sh"]) };
            let finished = run(&commands, "sh -c 'setsid sh -c \"exec sleep 1\" & sleep 0.2; echo here; exit 0'");
            assert_eq!(finished.stdout, b"here\n");
            assert!(finished.took < Duration::from_secs(2), "{:?}", finished.took);
        }

        #[test]
        fn no_thread_stays_behind() {
            for _ in 0..20 {
                run(&commands(&["sh"]), "sh -c 'sleep 60 & exit'");
            }
            let deadline = Instant::now() + DEADLINE;
            // Others of these tests run meanwhile, and end.
            while threads() > 0 {
                assert!(Instant::now() < deadline, "{} threads", threads());
                thread::yield_now();
            }
        }
    }
}
