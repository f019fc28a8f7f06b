//! The end of a command: whatever it left running is killed, so that no process outlives its call.

use std::fs;
use std::io;

use rustix::event::poll;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, wait};
use rustix::time::Timespec;

/// How often is looked whether all are gone, a millisecond apart. A process that waits for a disk takes its time.
const ROUNDS: u32 = 5000;
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };

/// Kills every process of the box but this one and the shell. All are stopped before the first is looked at, so that
/// none gets away by forking faster than we count. The shell stays stopped until [`resume`], so that nothing that a
/// command left in it (a trap, a line in its script) runs between two calls.
///
/// # Errors
/// If some do not die; then the box is good for nothing.
pub(super) fn sweep(shell: Option<Pid>) -> io::Result<()> {
    // Elsewhere all would be everybody on the host.
    if !getpid().is_init() {
        return Ok(());
    }
    for _ in 0..ROUNDS {
        signal_all(Signal::STOP);
        let left = others(shell)?;
        for process in &left {
            // It may have gone in between.
            let _ = kill_process(*process, Signal::KILL);
        }
        reap(shell);
        if left.is_empty() {
            return Ok(());
        }
        poll(&mut [], Some(&PAUSE))?;
    }
    Err(io::Error::other("a process does not die"))
}

/// Lets the shell go on.
pub(super) fn resume(shell: Pid) {
    // If it has gone, whoever waits for it finds out.
    let _ = kill_process(shell, Signal::CONT);
}

/// Takes leave of orphans, which would else count against the limit. The shell's own end is left for its keeper.
pub(super) fn reap(shell: Option<Pid>) {
    let orphans = others_of_proc(shell, |state| state == 'Z').unwrap_or_default();
    for orphan in orphans {
        // Children of the shell are not ours to wait for, and it does so itself.
        let _ = rustix::process::waitpid(Some(orphan), WaitOptions::NOHANG);
    }
    if shell.is_none() {
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
    }
}

/// To everybody in the box: the kernel leaves out the caller and the first process, which are both this one.
fn signal_all(signal: Signal) {
    // There may be nobody.
    let _ = kill_process_group(Pid::INIT, signal);
}

/// Those that live, without us and the shell.
fn others(shell: Option<Pid>) -> io::Result<Vec<Pid>> {
    others_of_proc(shell, |state| state != 'Z' && state != 'X')
}

fn others_of_proc(shell: Option<Pid>, which: impl Fn(char) -> bool) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        if pid == Pid::INIT || Some(pid) == shell {
            continue;
        }
        // One that cannot be read has gone.
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        if stat.ok().and_then(|stat| state(&stat)).is_some_and(&which) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// The letter after the name, which may hold anything, brackets included.
fn state(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_hides_no_state() {
        assert_eq!(state("7 (a) Z (b) S 1 7"), Some('S'));
        assert_eq!(state("7 (sleep) Z 1"), Some('Z'));
        assert_eq!(state(""), None);
    }
}
