//! What this machine is like, as far as a plan depends on it. Read once by the launcher; blocks for a moment.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Facts about the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    /// `/bin` and its like: links into `/usr`, or folders of their own.
    pub root: Vec<RootEntry>,
    /// Files and folders of `/etc` that programs need and that hold nothing private.
    pub etc: Vec<PathBuf>,
    /// The same, needed only with a network.
    pub network_etc: Vec<PathBuf>,
    /// The local time zone, as the C library reads it.
    pub localtime: Option<Vec<u8>>,
    /// Where names are looked up.
    pub resolver: Option<Vec<u8>>,
    /// Files of `/proc` that tell about the machine.
    pub proc_files: Vec<PathBuf>,
    /// Folders of `/proc` that do.
    pub proc_folders: Vec<PathBuf>,
}

/// One of the folders beside `/usr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RootEntry {
    /// A link: its place and what it says.
    Link(PathBuf, OsString),
    /// A folder.
    Folder(PathBuf),
}

const ROOT: [&str; 7] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/libexec"];
const ETC: [&str; 9] = [
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/magic",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/openssl.cnf",
];
const NETWORK_ETC: [&str; 5] = [
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/ca-certificates/extracted",
];
const PROC_FILES: [&str; 9] = [
    "/proc/cmdline",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/key-users",
    "/proc/keys",
    "/proc/kmsg",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/timer_list",
];
const PROC_FOLDERS: [&str; 4] = ["/proc/acpi", "/proc/driver", "/proc/fs", "/proc/scsi"];
/// A zone or a resolver's file is far smaller.
const LONGEST_FILE: u64 = 256 * 1024;

impl Machine {
    /// Looks around.
    pub(crate) fn look() -> Self {
        Self {
            root: ROOT.iter().filter_map(|path| root_entry(path)).collect(),
            etc: existing(&ETC),
            network_etc: existing(&NETWORK_ETC),
            localtime: small_file("/etc/localtime"),
            resolver: small_file("/etc/resolv.conf"),
            proc_files: existing(&PROC_FILES),
            proc_folders: existing(&PROC_FOLDERS),
        }
    }
}

fn existing(paths: &[&str]) -> Vec<PathBuf> {
    paths.iter().map(PathBuf::from).filter(|path| path.exists()).collect()
}

fn root_entry(path: &str) -> Option<RootEntry> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_symlink() {
        let target = fs::read_link(path).ok()?;
        // A link to elsewhere would show nothing in the box.
        let usr = target.starts_with("usr") || target.starts_with("/usr");
        return usr.then(|| RootEntry::Link(path.into(), target.into_os_string()));
    }
    kind.is_dir().then(|| RootEntry::Folder(path.into()))
}

fn small_file(path: &str) -> Option<Vec<u8>> {
    let size = fs::metadata(Path::new(path)).ok()?.len();
    (size <= LONGEST_FILE).then(|| fs::read(path).ok())?
}
