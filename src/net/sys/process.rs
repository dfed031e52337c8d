//! Child processes that end with everything they started (`setpgid(2)`, `waitid(2)`, `PR_SET_PDEATHSIG`).
//!
//! A program may start others, which outlive it and keep its pipes open. On Linux each child leads a process group, and
//! the group is what is killed. A dead leader keeps the group's number taken until it is reaped, so a kill before that
//! never meets a stranger. Elsewhere only the child itself is killed.

#[cfg(not(target_os = "linux"))]
pub(crate) use self::portable::{apart, has_ended, kill, signal};
#[cfg(target_os = "linux")]
pub(crate) use self::unix::{apart, has_ended, kill, signal};

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "std kills no groups, and reaps whom it asks about")]
mod unix {
    use std::{
        io, mem,
        os::unix::process::{CommandExt as _, ExitStatusExt as _},
        process::{Child, Command, ExitStatus},
    };

    /// Gives the child a process group of its own, and lets it end with the thread that starts it: Ctrl+C in a terminal
    /// reaches Twocan's group alone.
    pub(crate) fn apart(command: &mut Command) {
        command.process_group(0);
        let die_with_us = || {
            // SAFETY: prctl(2) with these arguments touches no memory, and is safe between fork and exec.
            let done = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
        };
        // SAFETY: one system call, no allocation, no lock.
        unsafe { command.pre_exec(die_with_us) };
    }

    /// Kills the child and all of its group. The child must not have been reaped.
    pub(crate) fn kill(child: &mut Child) {
        if let Ok(group) = libc::pid_t::try_from(child.id()) {
            // SAFETY: kill(2) touches no memory. It fails only where nobody is left, which is what is wanted.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
    }

    /// Whether the child has ended, without reaping it.
    pub(crate) fn has_ended(child: &mut Child) -> bool {
        // SAFETY: siginfo_t is plain old data, for which all zeroes is a value.
        let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
        let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: `info` lives as long as the call that fills it in.
        let done = unsafe { libc::waitid(libc::P_PID, child.id(), &raw mut info, options) };
        // SAFETY: waitid(2) has filled the field in, or left it zero where nobody has ended.
        done != 0 || unsafe { info.si_pid() } != 0
    }

    /// The signal that ended a process.
    pub(crate) fn signal(status: ExitStatus) -> Option<i32> {
        status.signal()
    }
}

#[cfg_attr(target_os = "linux", cfg(test))]
mod portable {
    use std::process::{Child, Command, ExitStatus};

    /// Nothing: std knows no groups on every system.
    pub(crate) fn apart(_: &mut Command) {}

    /// Kills the child.
    pub(crate) fn kill(child: &mut Child) {
        // It fails only for a child that has ended, which is what is wanted.
        child.kill().ok();
    }

    /// Whether the child has ended.
    pub(crate) fn has_ended(child: &mut Child) -> bool {
        child.try_wait().map_or(true, |status| status.is_some())
    }

    /// The signal that ended a process: not every system has them.
    pub(crate) fn signal(_: ExitStatus) -> Option<i32> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_portable_way_ends_a_child_too() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--list").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        portable::apart(&mut command);
        let mut child = command.spawn().unwrap();
        portable::kill(&mut child);
        let status = child.wait().unwrap();
        assert!(portable::has_ended(&mut child));
        assert_eq!(portable::signal(status), None);
    }
}
