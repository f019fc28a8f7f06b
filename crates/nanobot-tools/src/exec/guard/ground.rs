//! Where the paths of a command may lie, by their names alone. Links are followed by the box, not here.

use std::path::Path;

/// The workspace as the box names it, which is its home folder, too.
pub(super) const WORKSPACE: &str = "/workspace";

/// Folders in which a command may do what it likes: what is there belongs to the box and goes with it.
const OWN: [&str; 1] = ["/tmp"];

/// Folders from which a command may read: the programs of the box.
const PROGRAMS: [&str; 5] = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];

/// Devices that lead nowhere.
const DEVICES: [&str; 9] = ["null", "zero", "full", "random", "urandom", "stdin", "stdout", "stderr", "tty"];

/// Where a command would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Folders in which anything may be named: the workspace by both of its names, and the grants that are active.
    open: Vec<String>,
    /// Where it starts: absolute.
    start: String,
}

impl Ground {
    /// `workspace` is the folder on the host. `directory` is where the command starts: relative to the workspace, or
    /// absolute as the box or the host names it. `grants` are the folders that the box shows besides (`/grants/docs`);
    /// what is no absolute path is none.
    pub fn new<T: AsRef<str>>(
        workspace: &Path,
        directory: Option<&str>,
        grants: impl IntoIterator<Item = T>,
    ) -> Self {
        let mut open = vec![WORKSPACE.to_owned()];
        let host = workspace.to_string_lossy();
        let grants = grants.into_iter().map(|grant| grant.as_ref().to_owned());
        for folder in std::iter::once(host.into_owned()).chain(grants) {
            // The whole of the host is no place to be free in.
            if folder.starts_with('/') && flat(&folder) != "/" {
                open.push(flat(&folder));
            }
        }
        let start = joined(WORKSPACE, directory.unwrap_or_default());
        Self { open, start }
    }

    /// Where the command starts.
    pub(super) fn start(&self) -> &str {
        &self.start
    }

    /// Whether an absolute path may be named, to be read or to be written.
    pub(super) fn holds(&self, path: &str, writes: bool) -> bool {
        let is_in = |folder: &str| {
            path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_device = || {
            path.strip_prefix("/dev/").is_some_and(|name| {
                DEVICES.contains(&name) || name.strip_prefix("fd/").is_some_and(is_number)
            })
        };
        self.open.iter().any(|folder| is_in(folder))
            || OWN.iter().any(|folder| is_in(folder))
            || (!writes && PROGRAMS.iter().any(|folder| is_in(folder)))
            || is_device()
    }
}

/// A path seen from a folder, without `.` and `..`.
pub(super) fn joined(folder: &str, path: &str) -> String {
    if path.starts_with('/') { flat(path) } else { flat(&format!("{folder}/{path}")) }
}

/// An absolute path without `.`, `..` and empty steps.
fn flat(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            name => steps.push(name),
        }
    }
    format!("/{}", steps.join("/"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
