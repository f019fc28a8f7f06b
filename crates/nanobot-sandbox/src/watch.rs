//! The watch over the disk: how much the workspace holds, while a command runs.
//!
//! A watch and no wall: between two looks, a quarter of a second apart, a command writes what the disk takes. The look
//! is at the free space of the file system, which costs nothing; only when that has moved are the files counted. Files
//! that have lost their names are not found by counting; so while a command runs, free space may not go down by more
//! than the quota either, whoever takes it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::units::ByteCount;
use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, StatVfs, fstat, fstatvfs, openat2, statat,
};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(250);
/// Free space that may go before the files are counted, in bytes.
const UNNOTICED: u64 = 16 * 1024 * 1024;
/// Free space that may go while one command runs, however small the quota: others write too.
const LEAST_TAKEN: u64 = 128 * 1024 * 1024;
/// Files that may appear before they are counted.
const UNNOTICED_FILES: u64 = 10_000;
/// Files that are counted at most. A workspace with more is over its limit, since nobody knows what it holds.
const MOST_FILES: usize = 500_000;
/// Names of folders that still have to be looked into, in bytes.
const MOST_WAITING: usize = 32 * 1024 * 1024;
/// Depth from which on a path cannot be named any more, and what lies there not be counted.
const LONGEST_PATH: usize = 3 * 1024;
const BLOCK: u64 = 512;

/// The watch over one workspace.
#[derive(Debug)]
pub(crate) struct DiskWatch {
    folder: Arc<OwnedFd>,
    quota: u64,
    /// What was free when the files were counted last, or when the watch began.
    free: Option<Free>,
    /// What was counted then.
    usage: Option<Usage>,
    /// What was free when the command began.
    began: Option<Free>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Usage {
    bytes: u64,
    is_complete: bool,
}

#[derive(Debug, Clone, Copy)]
struct Free {
    bytes: u64,
    files: u64,
}

impl DiskWatch {
    /// A watch over a folder that is held open.
    pub(crate) fn new(folder: OwnedFd, quota: ByteCount) -> Self {
        let free = fstatvfs(&folder).ok().map(|stat| Free::of(&stat));
        Self { folder: Arc::new(folder), quota: quota.get(), free, usage: None, began: free }
    }

    /// A command begins.
    pub(crate) fn begin(&mut self) {
        self.began = fstatvfs(&*self.folder).ok().map(|stat| Free::of(&stat));
    }

    /// Looks again and again; resolves with the limit once it is exceeded.
    pub(crate) async fn exceeded(&mut self) -> String {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Some(limit) = self.look().await {
                return limit;
            }
        }
    }

    /// Looks once.
    pub(crate) async fn look(&mut self) -> Option<String> {
        if self.quota == u64::MAX {
            return None;
        }
        let free = fstatvfs(&*self.folder).ok().map(|stat| Free::of(&stat));
        if let (Some(began), Some(now)) = (self.began, free)
            && began.bytes.saturating_sub(now.bytes) > self.quota.max(LEAST_TAKEN)
        {
            return Some(format!(
                "more than {} of the disk while the command ran",
                ByteCount::new(self.quota.max(LEAST_TAKEN))
            ));
        }
        match (self.free, free) {
            (Some(before), Some(now)) if !now.has_moved_since(before) => None,
            _ => {
                self.free = free;
                self.count().await
            }
        }
    }

    /// Counts. A folder that cannot be counted is not over its limit: the next look tells.
    async fn count(&mut self) -> Option<String> {
        let folder = Arc::clone(&self.folder);
        let usage = tokio::task::spawn_blocking(move || count(&folder)).await.ok()?.ok()?;
        let before = self.usage.replace(usage);
        self.judge(usage, before)
    }

    /// Over the quota, and not because it was so before and somebody clears up.
    fn judge(&self, usage: Usage, before: Option<Usage>) -> Option<String> {
        if !usage.is_complete {
            return Some("more files in the workspace, or deeper ones, than can be counted".to_owned());
        }
        let shrinks = before.is_some_and(|before| usage.bytes <= before.bytes);
        (usage.bytes > self.quota && !shrinks)
            .then(|| format!("more than {} in the workspace", ByteCount::new(self.quota)))
    }
}

impl Free {
    fn of(stat: &StatVfs) -> Self {
        Self { bytes: stat.f_bfree.saturating_mul(stat.f_frsize), files: stat.f_ffree }
    }

    fn has_moved_since(self, before: Self) -> bool {
        before.bytes.saturating_sub(self.bytes) > UNNOTICED
            || before.files.saturating_sub(self.files) > UNNOTICED_FILES
    }
}

/// What the files below a folder take on its disk. Follows no link, leaves other file systems out, and opens each
/// folder from the root, so that neither depth nor a swap leads it elsewhere.
fn count(root: &OwnedFd) -> io::Result<Usage> {
    let device = fstat(root)?.st_dev;
    let mut seen = 0usize;
    let mut bytes = 0u64;
    let mut twice = HashSet::new();
    let mut folders = vec![PathBuf::from(".")];
    let mut waiting = 0usize;
    while let Some(path) = folders.pop() {
        waiting = waiting.saturating_sub(path.as_os_str().len());
        // One that went away holds nothing.
        let Ok(folder) = open(root, &path) else { continue };
        let Ok(entries) = Dir::read_from(&folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            seen += 1;
            if seen > MOST_FILES {
                return Ok(Usage { bytes, is_complete: false });
            }
            let Ok(stat) = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            if stat.st_dev != device {
                continue;
            }
            let kind = FileType::from_raw_mode(stat.st_mode);
            if stat.st_nlink > 1 && kind != FileType::Directory && !twice.insert(stat.st_ino) {
                continue;
            }
            bytes = bytes.saturating_add(u64::try_from(stat.st_blocks).unwrap_or(0) * BLOCK);
            if kind == FileType::Directory {
                let inner = path.join(OsString::from_vec(name.to_bytes().to_vec()));
                waiting += inner.as_os_str().len();
                if inner.as_os_str().len() > LONGEST_PATH || waiting > MOST_WAITING {
                    return Ok(Usage { bytes, is_complete: false });
                }
                folders.push(inner);
            }
        }
    }
    Ok(Usage { bytes, is_complete: true })
}

fn open(root: &OwnedFd, path: &Path) -> rustix::io::Result<OwnedFd> {
    openat2(
        root,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;

    use super::*;

    fn watch(folder: &Path, quota: ByteCount) -> DiskWatch {
        DiskWatch::new(File::open(folder).unwrap().into(), quota)
    }

    #[tokio::test]
    async fn files_in_folders_count_and_files_behind_links_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(elsewhere.path().join("big"), vec![1; 400_000]).unwrap();
        symlink(elsewhere.path(), folder.path().join("a/link")).unwrap();
        let quota = ByteCount::kib(200);
        assert_eq!(watch(folder.path(), quota).count().await, None);
        fs::write(folder.path().join("a/b/big"), vec![1; 400_000]).unwrap();
        fs::hard_link(folder.path().join("a/b/big"), folder.path().join("again")).unwrap();
        let limit = watch(folder.path(), quota).count().await.unwrap();
        assert_eq!(limit, "more than 200 KiB in the workspace");
        assert_eq!(watch(folder.path(), ByteCount::kib(500)).count().await, None);
    }

    #[tokio::test]
    async fn what_lies_too_deep_to_be_counted_is_over_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let deep: PathBuf = (0..16).map(|_| "d".repeat(200)).collect();
        fs::create_dir_all(folder.path().join(deep)).unwrap();
        assert!(watch(folder.path(), ByteCount::mib(1)).count().await.is_some());
    }

    #[tokio::test]
    async fn files_without_a_name_are_noticed_by_the_free_space_that_they_take() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(folder.path(), ByteCount::kib(1));
        watch.begin();
        watch.began = watch.began.map(|free| Free { bytes: free.bytes + 2 * LEAST_TAKEN, ..free });
        assert_eq!(watch.look().await.unwrap(), "more than 128 MiB of the disk while the command ran");
        watch.begin();
        assert_eq!(watch.look().await, None);
    }

    #[test]
    fn clearing_up_a_full_workspace_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let watch = watch(folder.path(), ByteCount::kib(1));
        let usage = |bytes| Usage { bytes, is_complete: true };
        assert!(watch.judge(usage(4000), Some(usage(5000))).is_none());
        assert!(watch.judge(usage(6000), Some(usage(5000))).is_some());
        assert!(watch.judge(usage(4000), None).is_some());
    }
}
