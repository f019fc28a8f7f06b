//! How much memory the box uses, as it is seen from inside. A watch: what comes and goes between two looks is missed,
//! and memory that two processes share after a fork counts twice.

use std::fs;

/// Folders in memory.
const SCRATCH: [&str; 2] = ["/tmp", "/dev/shm"];
/// Files in them: each costs the kernel about a kilobyte that their size does not show.
const MOST_FILES: u64 = 100_000;

/// The limit that is exceeded, in words.
pub(super) fn exceeded(memory: u64) -> Option<String> {
    if memory == u64::MAX {
        return None;
    }
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

/// Memory that each process has in use and that belongs to no file on a disk, in bytes.
fn processes() -> Vec<u64> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok())
        .filter_map(|status| in_use(&status))
        .collect()
}

/// Resident memory that is private, or shared without a file on a disk. The kernel writes it in kilobytes.
fn in_use(status: &str) -> Option<u64> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    let kilobytes = field("RssAnon:")?.saturating_add(field("RssShmem:").unwrap_or(0));
    Some(kilobytes.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_files_do_not_count_and_shared_memory_does() {
        let status =
            "Name:\tx\nVmRSS:\t  404 kB\nRssAnon:\t      96 kB\nRssFile:\t 304 kB\nRssShmem:\t 4 kB\n";
        assert_eq!(in_use(status), Some(100 * 1024));
        assert_eq!(in_use("Name:\tzombie\n"), None);
    }
}
