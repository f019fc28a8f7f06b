//! Says on what machine a bench ran.
//!
//! Reads what Linux offers as files; what cannot be read stays unknown and is no error. No host or user
//! names: documents are published.

use std::fs;

/// What a figure depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory_mib: u64,
    pub(super) system: String,
    pub(super) kernel: String,
}

/// This machine.
pub(super) fn describe() -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    Machine {
        processor: processor(&read("/proc/cpuinfo")),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_mib: memory_mib(&read("/proc/meminfo")),
        system: system(&read("/etc/os-release")),
        kernel: or_unknown(read("/proc/sys/kernel/osrelease").trim()),
    }
}

fn processor(cpuinfo: &str) -> String {
    or_unknown(value(cpuinfo, "model name", ':').unwrap_or_default())
}

fn memory_mib(meminfo: &str) -> u64 {
    let total = value(meminfo, "MemTotal", ':').and_then(|value| value.strip_suffix(" kB"));
    total.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn system(os_release: &str) -> String {
    or_unknown(value(os_release, "PRETTY_NAME", '=').unwrap_or_default().trim_matches('"'))
}

fn value<'t>(text: &'t str, key: &str, mark: char) -> Option<&'t str> {
    text.lines()
        .filter_map(|line| line.split_once(mark))
        .find(|(found, _)| found.trim() == key)
        .map(|(_, v)| v.trim())
}

fn or_unknown(text: &str) -> String {
    if text.is_empty() { "unknown".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_linux_are_understood() {
        assert_eq!(
            processor("processor\t: 0\nmodel name\t: A CPU @ 2 GHz\nmodel name\t: B"),
            "A CPU @ 2 GHz"
        );
        assert_eq!(memory_mib("MemTotal:       25165824 kB\nMemFree: 1 kB"), 24576);
        assert_eq!(system("NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12\""), "Debian GNU/Linux 12");
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        assert_eq!(
            (processor("").as_str(), memory_mib("MemTotal: many"), system("").as_str()),
            ("unknown", 0, "unknown")
        );
    }
}
