//! The program in the box: its first process, which puts the last walls up, keeps one shell and serves commands.
//!
//! It is our own program started again, so that nothing has to be installed. As the first process of its namespace
//! no signal from inside ends it, and it is not dumpable, so that no command looks into it or writes into its pipes.
//! It decides nothing: what has to hold is judged outside, from its report.

mod landlock;
mod limits;
mod look;
mod serve;
mod shell;
mod sweep;
mod usage;

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use rustix::process::{DumpableBehavior, getpid, set_dumpable_behavior};

use self::shell::Shell;
use crate::wire::{self, Failure, Kind, Setup};

/// The one argument with which the program is started in a box.
pub const INIT_FLAG: &str = "--nanobot-sandbox-init";

/// The whole program if it was started as the first process of a box, else nothing. A `main` calls it before
/// anything else, with [`std::env::args_os`].
pub fn take_over(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let first = arguments.nth(1)?;
    if first != OsStr::new(INIT_FLAG) {
        return None;
    }
    // Started by hand it would stop every process that it may signal.
    #[cfg(feature = "weakened")]
    let may_be_anywhere = arguments.next().is_some_and(|next| next == crate::weakened::ANYWHERE);
    #[cfg(not(feature = "weakened"))]
    let may_be_anywhere = false;
    if !getpid().is_init() && !may_be_anywhere {
        return Some(ExitCode::from(2));
    }
    Some(match live(&mut Pipe::input(), &mut Pipe::output()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// From the first frame to the end of the input.
fn live(input: &mut Pipe, output: &mut Pipe) -> io::Result<()> {
    let Some((Kind::Setup, body)) = wire::read(input)? else {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    };
    let setup: Setup = serde_json::from_slice(&body)?;
    // Nothing of ours has been opened yet.
    if setup.has(Own::NoDescriptors) {
        look::close_the_rest()?;
    }
    let ended = set_up(&setup, output).and_then(|shell| serve::serve(&setup, shell, input, output));
    if let Err(error) = &ended {
        let failure = Failure::Broken(error.to_string());
        output.write_all(&wire::message(Kind::Failure, &failure)?)?;
    }
    ended
}

/// Puts the walls up that only stand from inside, starts the shell behind them, and reports.
fn set_up(setup: &Setup, output: &mut Pipe) -> io::Result<Shell> {
    let mut hello = look::before(setup)?;
    limits::apply(setup)?;
    if setup.has(Own::Landlock) {
        hello.landlock = landlock::apply(setup).map_err(io::Error::other)?;
    }
    if setup.has(Own::Hidden) {
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    look::after(setup, &mut hello)?;
    let shell = Shell::start(setup).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot start a shell in the workspace: {error}"))
    })?;
    output.write_all(&wire::message(Kind::Hello, &hello)?)?;
    Ok(shell)
}

/// What the program in the box does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    NoDescriptors,
    Landlock,
    Hidden,
    Sweep,
}

#[cfg(not(feature = "weakened"))]
impl Setup {
    /// All of it, always.
    #[expect(clippy::unused_self, reason = "the escape campaign leaves parts out")]
    const fn has(&self, _: Own) -> bool {
        true
    }
}

#[cfg(feature = "weakened")]
impl Setup {
    /// What the escape campaign does not leave out.
    fn has(&self, own: Own) -> bool {
        use crate::weakened::Part;
        let part = match own {
            Own::NoDescriptors => Part::NoDescriptors,
            Own::Landlock => Part::Landlock,
            Own::Hidden => Part::HiddenInit,
            Own::Sweep => Part::Sweep,
        };
        !self.without.iter().any(|name| name == part.name())
    }
}

/// One of the two pipes, without a buffer of its own, so that waiting on it tells the truth.
struct Pipe(BorrowedFd<'static>);

impl Pipe {
    fn input() -> Self {
        Self(rustix::stdio::stdin())
    }

    fn output() -> Self {
        Self(rustix::stdio::stdout())
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(self.0, buffer)?)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(self.0, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(arguments: &[&str]) -> Option<ExitCode> {
        take_over(arguments.iter().map(OsString::from))
    }

    #[test]
    fn an_ordinary_start_goes_on() {
        assert_eq!(started(&["nanobotd"]), None);
        assert_eq!(started(&["nanobotd", "run", INIT_FLAG]), None);
    }

    #[test]
    fn started_by_hand_it_touches_nothing() {
        assert_eq!(started(&["nanobotd", INIT_FLAG]), Some(ExitCode::from(2)));
    }
}
