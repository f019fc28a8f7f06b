//! All attempts, by class.

mod excess;
mod files;
mod kernel;
mod network;
mod processes;

use super::attempt::Attempt;

/// All of them, those of a class together.
pub(super) fn all() -> Vec<Attempt> {
    [files::ALL, processes::ALL, kernel::ALL, network::ALL, excess::ALL].concat()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    /// Those that the issue names.
    const CLASSES: [&str; 25] = [
        "host-files",
        "writes-outside",
        "races",
        "proc",
        "ptrace",
        "mounts",
        "namespaces",
        "setuid",
        "keyctl",
        "bpf",
        "io_uring",
        "raw-sockets",
        "abstract-sockets",
        "unix-sockets",
        "loopback",
        "own-socket",
        "fork-bomb",
        "memory",
        "disk",
        "descriptors",
        "leaked-descriptors",
        "tty",
        "signals",
        "outliving",
        "masks",
    ];

    #[test]
    fn every_class_has_three_attempts_and_every_attempt_a_name_of_its_own() {
        let all = all();
        let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
        for attempt in &all {
            *classes.entry(attempt.class).or_default() += 1;
        }
        assert!(all.len() >= 66, "{}", all.len());
        assert!(
            CLASSES.iter().all(|class| classes.get(class).is_some_and(|count| *count >= 3)),
            "{classes:?}"
        );
        assert_eq!(classes.len(), CLASSES.len());
        assert_eq!(all.iter().map(|attempt| attempt.id).collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn every_attempt_names_what_stops_it() {
        for attempt in all() {
            assert!(
                !attempt.holds.root.is_empty() && attempt.holds.user.is_none_or(|user| !user.is_empty()),
                "{}",
                attempt.id
            );
        }
    }
}
