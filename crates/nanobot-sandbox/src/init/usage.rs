//! How much memory the box uses, as it is seen from inside. A watch: what comes and goes between two looks is missed,
//! and memory that two processes share after a fork counts twice.

use std::fs;

/// Folders in memory.
const SCRATCH: [&str; 2] = ["/tmp", "/dev/shm"];
/// Files in them: each costs the kernel about a kilobyte that their size does not show.
const MOST_FILES: u64 = 100_000;

/// The limit that is exceeded, in words.
pub(super) fn exceeded(memory: u64) -> Option<String> {
    let mut used: u64 = processes().into_iter().sum();
    for folder in SCRATCH {
        let Ok(stat) = rustix::fs::statvfs(folder) else {
            continue;
        };
        if stat.f_files.saturating_sub(stat.f_ffree) > MOST_FILES {
            return Some(format!("more than {MOST_FILES} files in {folder}"));
        }
        used += stat.f_blocks.saturating_sub(stat.f_bfree) * stat.f_frsize;
    }
    (used > memory).then(|| format!("more than {} MiB of memory", memory >> 20))
}

/// Private memory that each process has in use, in bytes.
fn processes() -> Vec<u64> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok())
        .filter_map(|status| private(&status))
        .collect()
}

/// Resident memory that belongs to no file, in bytes. The kernel writes it in kilobytes.
fn private(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_files_do_not_count() {
        let status = "Name:\tx\nVmRSS:\t  400 kB\nRssAnon:\t      96 kB\nRssFile:\t 304 kB\n";
        assert_eq!(private(status), Some(96 * 1024));
        assert_eq!(private("Name:\tzombie\n"), None);
    }
}
