//! The one shell of a box: started, fed with a command, read.
//!
//! The shell reads its script from a pipe. A command is one quoted word in it, so that nothing in a command can be
//! taken for script; it runs with empty input, and its status comes back over a descriptor of its own, which no
//! process that a command starts inherits.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Command, Stdio};

use command_fds::{CommandFdExt, FdMapping};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, WaitOptions, pidfd_open, waitpid};

use super::limits;
use crate::mounts::WORKSPACE;
use crate::wire::{Request, Setup};

const SHELL: &str = "/bin/sh";
/// Where the shell writes the status of a command. One digit: more is not portable.
const STATUS_FD: i32 = 9;
/// A status line: the marker and a number. What a command writes there besides is thrown away.
const LONGEST_STATUS: usize = 4096;

pub(super) struct Shell {
    pid: Pid,
    handle: OwnedFd,
    script: File,
    output: File,
    status: File,
    said: Vec<u8>,
}

/// How a shell ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit(Option<i32>);

impl Exit {
    /// Its code; none after a signal.
    pub(super) fn code(self) -> Option<i32> {
        self.0
    }
}

impl Shell {
    /// Starts one.
    ///
    /// # Errors
    /// If the system has no shell, no processes left, or no descriptors.
    #[expect(clippy::disallowed_methods, reason = "this is the room where processes are started")]
    pub(super) fn start(setup: &Setup) -> io::Result<Self> {
        let (script_of_shell, script) = pipe()?;
        let (output, output_of_shell) = pipe()?;
        let (status, status_of_shell) = pipe()?;
        let mut command = Command::new(SHELL);
        command
            .current_dir(WORKSPACE)
            .stdin(Stdio::from(script_of_shell))
            .stdout(Stdio::from(output_of_shell.try_clone()?))
            .stderr(Stdio::from(output_of_shell))
            .fd_mappings(vec![FdMapping { parent_fd: status_of_shell, child_fd: STATUS_FD }])
            .map_err(io::Error::other)?;
        let child = command.spawn()?;
        let pid = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| io::Error::other("the shell has no number"))?;
        limits::bound_shell(pid, setup)?;
        for end in [&output, &status] {
            fcntl_setfl(end, fcntl_getfl(end)? | OFlags::NONBLOCK)?;
        }
        Ok(Self {
            pid,
            handle: pidfd_open(pid, PidfdFlags::empty())?,
            script: script.into(),
            output: output.into(),
            status: status.into(),
            said: Vec::new(),
        })
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// Readable once the shell has ended.
    pub(super) fn handle(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    pub(super) fn output(&self) -> BorrowedFd<'_> {
        self.output.as_fd()
    }

    pub(super) fn status(&self) -> BorrowedFd<'_> {
        self.status.as_fd()
    }

    /// Gives it a command.
    ///
    /// # Errors
    /// If the shell is gone.
    pub(super) fn give(&mut self, request: &Request) -> io::Result<()> {
        self.said.clear();
        self.script.write_all(script(request).as_bytes())
    }

    /// Reads what was printed; none when there is nothing now.
    ///
    /// # Errors
    /// Those of the pipe.
    pub(super) fn read_output(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        not_yet(self.output.read(buffer))
    }

    /// Reads the status of the command with this marker, if it is there.
    ///
    /// # Errors
    /// Those of the pipe.
    pub(super) fn read_status(&mut self, marker: &str) -> io::Result<Option<i32>> {
        let mut buffer = [0; 512];
        while let Some(len) = not_yet(self.status.read(&mut buffer))? {
            self.said.extend_from_slice(buffer.get(..len).unwrap_or_default());
            if let Some(code) = status_in(&self.said, marker) {
                return Ok(Some(code));
            }
            if self.said.len() > LONGEST_STATUS {
                self.said.clear();
            }
        }
        Ok(None)
    }

    /// How it ended; none while it lives.
    ///
    /// # Errors
    /// If somebody else has waited for it.
    pub(super) fn ended(&mut self) -> io::Result<Option<Exit>> {
        Ok(waitpid(Some(self.pid), WaitOptions::NOHANG)?.map(|(_, status)| Exit(status.exit_status())))
    }
}

/// Both ends closed on exec.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// Nothing now, or nobody there any more, is no error.
fn not_yet(read: io::Result<usize>) -> io::Result<Option<usize>> {
    match read {
        Ok(0) => Ok(None),
        Ok(len) => Ok(Some(len)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the shell reads. `command` keeps a syntax error in the command from ending the shell.
fn script(request: &Request) -> String {
    format!(
        "cd -- {} && command eval {} </dev/null {STATUS_FD}>&-\ncommand printf '%s %d\\n' {} \"$?\" >&{STATUS_FD}\n",
        quoted(&request.directory),
        quoted(&request.command),
        quoted(&request.marker),
    )
}

/// One word for the shell, whatever it holds.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The number after the marker, in a whole line.
fn status_in(said: &[u8], marker: &str) -> Option<i32> {
    let text = String::from_utf8_lossy(said);
    let (whole, _) = text.rsplit_once('\n')?;
    whole.lines().find_map(|line| {
        let (before, number) = line.split_once(' ')?;
        if before.ends_with(marker) { number.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_counts_only_behind_its_marker_and_as_a_whole_line() {
        assert_eq!(status_in(b"m1 3\n", "m1"), Some(3));
        assert_eq!(status_in(b"junkm1 3\n", "m1"), Some(3));
        assert_eq!(status_in(b"m0 0\nm1 12", "m1"), None);
        assert_eq!(status_in(b"m0 0\n", "m1"), None);
    }

    #[test]
    fn nothing_in_a_command_gets_out_of_its_word() {
        assert_eq!(quoted("a'b; $(c)\n"), "'a'\\''b; $(c)\n'");
    }
}
