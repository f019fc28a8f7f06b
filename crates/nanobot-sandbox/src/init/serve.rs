//! The loop of the box: a command comes in, what it prints goes out, then its end.

use std::io::{self, Write};
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::fcntl_getpipe_size;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use super::shell::{Exit, Shell};
use super::{Own, Pipe, sweep, usage};
use crate::wire::{self, CHUNK, End, Failure, Kind, Request, Setup};

/// How often the memory of a running command is looked at.
const WATCH: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Serves commands until the input ends.
///
/// # Errors
/// Those of the pipes, and if a process cannot be killed. The box ends then.
pub(super) fn serve(setup: &Setup, first: Shell, input: &mut Pipe, output: &mut Pipe) -> io::Result<()> {
    let mut shell = Some(first);
    while let Some((kind, body)) = wire::read(input)? {
        if kind != Kind::Request {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        let request: Request = serde_json::from_slice(&body)?;
        let mut current = match shell.take() {
            Some(shell) => shell,
            None => Shell::start(setup)?,
        };
        let ended = run(&mut current, setup, &request, input, output)?;
        let (code, keeps) = match ended {
            Ended::Command(code) => (Some(code), true),
            Ended::Shell(code) => (code, false),
            Ended::InputClosed => return Ok(()),
        };
        if setup.has(Own::Sweep) {
            sweep::sweep(keeps.then(|| current.pid()))?;
        }
        drain(&mut current, output)?;
        if keeps {
            shell = Some(current);
        }
        let end = End { id: request.id, code };
        output.write_all(&wire::message(Kind::End, &end)?)?;
    }
    Ok(())
}

/// What came to its end.
enum Ended {
    /// The command; its shell waits for the next.
    Command(i32),
    /// The shell with it; none after a signal.
    Shell(Option<i32>),
    /// Nobody listens any more.
    InputClosed,
}

fn run(
    shell: &mut Shell,
    setup: &Setup,
    request: &Request,
    input: &Pipe,
    output: &mut Pipe,
) -> io::Result<Ended> {
    let ticks = ticks()?;
    sweep::resume(shell.pid());
    if shell.give(request).is_err() {
        // It ended by itself since the last command, by a trap or a limit.
        let code = shell.ended()?.and_then(Exit::code);
        return Ok(Ended::Shell(code));
    }
    let mut buffer = vec![0; CHUNK];
    loop {
        let ready = wait(shell, input, &ticks)?;
        // One piece at a time, so that a command that never stops printing is still watched.
        if ready.output
            && let Some(len) = shell.read_output(&mut buffer)?
        {
            wire::write(output, Kind::Output, buffer.get(..len).unwrap_or_default())?;
        }
        if ready.status
            && let Some(code) = shell.read_status(&request.marker)?
        {
            return Ok(Ended::Command(code));
        }
        if ready.ended
            && let Some(exit) = shell.ended()?
        {
            return Ok(Ended::Shell(exit.code()));
        }
        if ready.input_closed {
            return Ok(Ended::InputClosed);
        }
        if ready.tick {
            rustix::io::read(&ticks, &mut [0; 8])?;
            sweep::reap(Some(shell.pid()));
            if let Some(limit) = usage::exceeded(setup.memory) {
                sweep::sweep(None)?;
                let failure = wire::message(Kind::Failure, &Failure::OverLimit(limit))?;
                output.write_all(&failure)?;
                return Ok(Ended::InputClosed);
            }
        }
    }
}

/// What a wait found.
#[expect(clippy::struct_excessive_bools, reason = "each is one descriptor that may be ready")]
struct Ready {
    output: bool,
    status: bool,
    ended: bool,
    tick: bool,
    input_closed: bool,
}

fn wait(shell: &Shell, input: &Pipe, ticks: &OwnedFd) -> io::Result<Ready> {
    let mut all = [
        PollFd::from_borrowed_fd(shell.output(), PollFlags::IN),
        PollFd::from_borrowed_fd(shell.status(), PollFlags::IN),
        PollFd::from_borrowed_fd(shell.handle(), PollFlags::IN),
        PollFd::new(ticks, PollFlags::IN),
        PollFd::from_borrowed_fd(input.0, PollFlags::empty()),
    ];
    poll(&mut all, None)?;
    let [output, status, ended, tick, input] = all.map(|fd| fd.revents());
    Ok(Ready {
        output: output.contains(PollFlags::IN),
        status: status.contains(PollFlags::IN),
        ended: !ended.is_empty(),
        tick: !tick.is_empty(),
        input_closed: input.intersects(PollFlags::HUP | PollFlags::ERR),
    })
}

/// What is still in the pipe. Everybody who could write is dead or waits, so that it is at most one pipe full.
fn drain(shell: &mut Shell, output: &mut Pipe) -> io::Result<()> {
    let mut left = fcntl_getpipe_size(shell.output())?;
    let mut buffer = vec![0; CHUNK];
    while left > 0
        && let Some(len) = shell.read_output(&mut buffer)?
    {
        wire::write(output, Kind::Output, buffer.get(..len).unwrap_or_default())?;
        left = left.saturating_sub(len);
    }
    Ok(())
}

fn ticks() -> io::Result<OwnedFd> {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?;
    let every = Itimerspec { it_interval: WATCH, it_value: WATCH };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &every)?;
    Ok(timer)
}
