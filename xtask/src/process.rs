//! Starts other programs and waits for them.
//!
//! Nobody else in this package builds a `Command`. Nothing goes through a shell.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::progress::Stopwatch;

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A program to be started in `folder`.
#[expect(
    clippy::disallowed_methods,
    reason = "starting cargo, apt-get and built programs is this package's job"
)]
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command
}

/// `cargo ARGS` in `folder`.
pub(crate) fn cargo(args: &[&str], folder: &Path) -> Command {
    let mut command = command("cargo", folder);
    command.args(args);
    command
}

/// Runs to the end with inherited output; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", line_of(command)))?;
    check(command, status)
}

/// Like [`run`], with what the program says on stdout moved to our stderr.
pub(crate) fn run_on_stderr(command: &mut Command) -> Result<()> {
    run(command.stdin(Stdio::null()).stdout(std::io::stderr()))
}

/// Runs to the end; what the program prints is shown, on stderr, only when it fails.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    let status = quiet_status(command)?;
    check(command, status)
}

/// Like [`run_quietly`], for who tells one exit code from another.
pub(crate) fn quiet_status(command: &mut Command) -> Result<ExitStatus> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", line_of(command)))?;
    if !output.status.success() {
        eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.status)
}

/// Runs to the end and returns stdout; stderr is inherited.
pub(crate) fn stdout_of(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", line_of(command)))?;
    check(command, output.status)?;
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed bytes that are no UTF-8", line_of(command)))
}

/// Whether the program can be started and ends with 0; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs without input, and kills the program when it is not done within `limit`.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let mut child =
        command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start {}", line_of(command)))?;
    let Some(status) = wait_within(&mut child, limit)? else {
        child.kill().with_context(|| format!("cannot kill {}", line_of(command)))?;
        child.wait().with_context(|| format!("cannot reap {}", line_of(command)))?;
        bail!("{} was not done within {} s", line_of(command), limit.as_secs())
    };
    check(command, status)
}

#[expect(
    clippy::disallowed_methods,
    reason = "std has no wait with a time limit, so this one looks again and again"
)]
fn wait_within(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let stopwatch = Stopwatch::start();
    loop {
        let status = child.try_wait().context("cannot wait for a child process")?;
        if status.is_some() || stopwatch.elapsed() >= limit {
            return Ok(status);
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { bail!("{} ended with {status}", line_of(command)) }
}

/// The command line for messages: unquoted, not to be run.
fn line_of(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_end_is_killed_at_its_limit() {
        let mut sleeper = command("sleep", Path::new("."));
        let error = run_within(sleeper.arg("60"), Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.to_string(), "sleep 60 was not done within 0 s");
    }

    #[test]
    fn an_exit_code_other_than_zero_is_an_error() {
        assert!(run(&mut command("true", Path::new("."))).is_ok());
        let error = run(&mut command("false", Path::new("."))).unwrap_err();
        assert_eq!(error.to_string(), "false ended with exit status: 1");
    }
}
