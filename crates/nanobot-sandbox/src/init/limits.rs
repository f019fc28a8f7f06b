//! Limits of single processes. The soft one is the hard one, so that nobody raises it.

use std::io;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

use crate::wire::Setup;

/// Stack of one thread: what systems give by default.
const STACK: u64 = 8 * 1024 * 1024;
/// Memory that cannot be swapped out: what a library locks for a key.
const LOCKED: u64 = 64 * 1024;
/// Signals that wait.
const SIGNALS: u64 = 1024;

/// All but the time on the processor, which would end this process too, one day.
fn wanted(setup: &Setup) -> [(&'static str, Resource, Option<u64>); 12] {
    [
        ("processes", Resource::Nproc, Some(setup.processes)),
        ("open files", Resource::Nofile, Some(setup.open_files)),
        ("file size", Resource::Fsize, Some(setup.file_size)),
        ("memory", Resource::Data, Some(setup.process_memory)),
        ("address space", Resource::As, setup.address_space),
        ("stack", Resource::Stack, Some(STACK)),
        ("locked memory", Resource::Memlock, Some(LOCKED)),
        ("signals", Resource::Sigpending, Some(SIGNALS)),
        ("queues", Resource::Msgqueue, Some(0)),
        ("core", Resource::Core, Some(0)),
        ("nice", Resource::Nice, Some(0)),
        ("real time", Resource::Rtprio, Some(0)),
    ]
}

/// Sets them for this process and all that it starts.
///
/// # Errors
/// If the kernel refuses one.
pub(super) fn apply(setup: &Setup) -> io::Result<()> {
    for (_, resource, limit) in wanted(setup) {
        let Some(limit) = limit else { continue };
        setrlimit(resource, both(lower(getrlimit(resource).maximum, limit)))?;
    }
    Ok(())
}

/// The names of those that are not in force.
pub(super) fn loose(setup: &Setup) -> Vec<String> {
    wanted(setup)
        .into_iter()
        .filter(|(_, resource, limit)| {
            let is = getrlimit(*resource);
            let holds = |value: Option<u64>| value.is_some_and(|value| Some(value) <= *limit);
            limit.is_some() && !(holds(is.current) && holds(is.maximum))
        })
        .map(|(name, ..)| name.to_owned())
        .collect()
}

/// Sets the time on the processor of a shell that has not begun.
///
/// # Errors
/// If the kernel refuses it.
pub(super) fn bound_shell(shell: Pid, setup: &Setup) -> io::Result<()> {
    prlimit(Some(shell), Resource::Cpu, both(setup.cpu_seconds))?;
    Ok(())
}

/// What the caller is bound to already may be less.
fn lower(hard: Option<u64>, wanted: u64) -> u64 {
    hard.map_or(wanted, |hard| hard.min(wanted))
}

fn both(limit: u64) -> Rlimit {
    Rlimit { current: Some(limit), maximum: Some(limit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_the_caller_stays_where_it_is_lower() {
        assert_eq!(lower(Some(10), 20), 10);
        assert_eq!(lower(Some(30), 20), 20);
        assert_eq!(lower(None, 20), 20);
    }
}
