//! A child process that a test talks to: its input, both outputs as they grow, and its end, each with a deadline.
//!
//! Nothing here sleeps: outputs are read by threads that wake whoever waits for a text, and the end of both outputs
//! comes before the end of the process. A process that is dropped is killed.

use std::{
    io::{Read, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::Builder,
    time::{Duration, Instant},
};

/// How long anything may take.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// A running process.
pub struct Process {
    what: String,
    child: Child,
    input: Option<ChildStdin>,
    out: Arc<Output>,
    err: Arc<Output>,
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// All of its standard output.
    pub out: Vec<u8>,
    /// All of its standard error.
    pub err: String,
}

#[derive(Default)]
struct Output {
    state: Mutex<State>,
    grown: Condvar,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    ended: bool,
}

impl Output {
    fn follow(mut pipe: impl Read + Send + 'static) -> Arc<Self> {
        let output = Arc::new(Self::default());
        let writer = Arc::clone(&output);
        let read = move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let n = pipe.read(&mut buffer).unwrap_or(0);
                let mut state = writer.state.lock().unwrap();
                state.bytes.extend_from_slice(&buffer[..n]);
                state.ended = n == 0;
                writer.grown.notify_all();
                if n == 0 {
                    return;
                }
            }
        };
        Builder::new().name("output".into()).spawn(read).expect("a thread to read an output");
        output
    }

    /// Waits until `wanted` finds what it looks for, the output ends, or the deadline passes.
    fn wait<T>(&self, mut wanted: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.state.lock().unwrap();
        loop {
            if let Some(found) = wanted(&state) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                return None;
            }
            state = self.grown.wait_timeout(state, left).unwrap().0;
        }
    }

    fn so_far(&self) -> Vec<u8> {
        self.state.lock().unwrap().bytes.clone()
    }
}

impl Process {
    /// Starts a program with pipes to all three of its streams.
    pub fn start(command: &mut Command) -> Self {
        let what = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{what} does not start: {error}"));
        let out = Output::follow(child.stdout.take().unwrap());
        let err = Output::follow(child.stderr.take().unwrap());
        Self { what, input: child.stdin.take(), child, out, err }
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes to its standard input.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let input = self.input.as_mut().expect("its input is open");
        input
            .write_all(bytes.as_ref())
            .and_then(|()| input.flush())
            .unwrap_or_else(|error| panic!("{}: {error}", self.what));
    }

    /// Ends its standard input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Waits for a whole line of standard error that contains `text`, and gives what stands behind it in the line.
    pub fn error_line(&self, text: &str) -> String {
        let found = self.err.wait(|state| {
            let so_far = String::from_utf8_lossy(&state.bytes);
            so_far
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'))
                .find_map(|line| Some(line.split_once(text)?.1.trim().to_owned()))
        });
        found.unwrap_or_else(|| self.fail(&format!("no line with {text:?} on standard error")))
    }

    /// Waits until its standard output holds at least `n` bytes, and gives all of it.
    pub fn output(&self, n: usize) -> Vec<u8> {
        let found = self.out.wait(|state| (state.bytes.len() >= n).then(|| state.bytes.clone()));
        found.unwrap_or_else(|| self.fail(&format!("fewer than {n} bytes on standard output")))
    }

    /// Waits until its standard output contains `text`.
    pub fn says(&self, text: &str) {
        let found = self.out.wait(|state| String::from_utf8_lossy(&state.bytes).contains(text).then_some(()));
        found.unwrap_or_else(|| self.fail(&format!("no {text:?} on standard output")));
    }

    /// Waits until `wanted` finds what it looks for in the standard output so far; `None` if that does not happen.
    pub fn find<T>(&self, mut wanted: impl FnMut(&[u8]) -> Option<T>) -> Option<T> {
        self.out.wait(|state| wanted(&state.bytes))
    }

    /// Waits until its standard error contains one of these; `None` if that does not happen.
    pub fn notes<'t>(&self, texts: &[&'t str]) -> Option<&'t str> {
        self.err.wait(|state| {
            let so_far = String::from_utf8_lossy(&state.bytes);
            texts.iter().find(|text| so_far.contains(**text)).copied()
        })
    }

    /// Ends its input and waits for its end.
    pub fn finish(mut self) -> Ended {
        self.end_input();
        self.ended().unwrap_or_else(|| self.fail("it does not end"))
    }

    /// Waits for its end, whatever becomes of its input; `None` if it does not end.
    pub fn ended(&mut self) -> Option<Ended> {
        for output in [&self.out, &self.err] {
            if output.wait(|state| state.ended.then_some(())).is_none() && !output.state.lock().unwrap().ended {
                return None;
            }
        }
        let code = self.child.wait().unwrap_or_else(|error| panic!("{}: {error}", self.what)).code();
        Some(Ended { code, out: self.out.so_far(), err: String::from_utf8_lossy(&self.err.so_far()).into_owned() })
    }

    /// Ends the test, with what the process has said so far.
    pub fn fail(&self, why: &str) -> ! {
        panic!("{why}: {}", self.told())
    }

    /// What it is, and what it has said so far.
    pub fn told(&self) -> String {
        let (out, err) = (self.out.so_far(), self.err.so_far());
        format!(
            "{}\nits standard output so far: {:?}\nits standard error so far:\n{}",
            self.what,
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(&err)
        )
    }
}

impl Ended {
    /// Expects exit code 0 and gives the standard output.
    pub fn ok(self) -> Vec<u8> {
        assert_eq!(self.code, Some(0), "standard error:\n{}", self.err);
        self.out
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a process that has ended, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
