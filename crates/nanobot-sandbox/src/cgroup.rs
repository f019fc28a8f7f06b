//! A control group for each box: the only limit on processes that binds root, and a limit on memory that the kernel
//! holds.
//!
//! Both generations are known. Nothing is moved or switched on that is not ours: where the service manager gave us no
//! room, there is no group, and the caller decides what that means.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::profile::Limits;

const MOUNT: &str = "/sys/fs/cgroup";
const PREFIX: &str = "nanobot-box-";
/// Names that an earlier process with our number may have left.
const NAMES: u32 = 64;

/// Where groups can be made.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pids: Option<PathBuf>,
    memory: Option<PathBuf>,
    made: AtomicU64,
}

/// The group of one box.
#[derive(Debug)]
pub(crate) struct Group {
    folders: Vec<PathBuf>,
    /// Processes are counted.
    pub counts_processes: bool,
    /// Memory is limited.
    pub limits_memory: bool,
}

impl Groups {
    /// Looks where we may make groups. Blocks for a moment.
    pub(crate) fn look() -> Self {
        let ours = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let place = |controller| {
            candidates(&ours, controller).into_iter().find(|folder| can_make(folder, controller))
        };
        let groups = Self { pids: place("pids"), memory: place("memory"), made: AtomicU64::new(0) };
        groups.pids.iter().chain(&groups.memory).for_each(|parent| clear_up(parent));
        groups
    }

    /// Makes a group; none where nothing can be limited.
    ///
    /// # Errors
    /// If the kernel refuses a folder or a limit that it had a place for.
    pub(crate) fn make(&self, limits: &Limits) -> io::Result<Option<Group>> {
        let mut group = Group { folders: Vec::new(), counts_processes: false, limits_memory: false };
        let made = self.fill(&mut group, limits);
        if let Err(error) = made {
            group.try_remove();
            return Err(error);
        }
        Ok((!group.folders.is_empty()).then_some(group))
    }

    fn fill(&self, group: &mut Group, limits: &Limits) -> io::Result<()> {
        if let Some(parent) = &self.pids {
            let folder = self.folder_in(parent)?;
            group.folders.push(folder.clone());
            fs::write(folder.join("pids.max"), limits.processes.to_string())?;
            group.counts_processes = true;
        }
        if let Some(parent) = &self.memory {
            let folder = match group.folders.first() {
                Some(folder) if self.pids.as_ref() == Some(parent) => folder.clone(),
                _ => {
                    let folder = self.folder_in(parent)?;
                    group.folders.push(folder.clone());
                    folder
                }
            };
            limit_memory(&folder, limits.memory.get())?;
            group.limits_memory = true;
        }
        Ok(())
    }

    /// A new folder with a name that nobody has.
    fn folder_in(&self, parent: &Path) -> io::Result<PathBuf> {
        for _ in 0..NAMES {
            let number = self.made.fetch_add(1, Ordering::Relaxed);
            let folder = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match fs::create_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| folder),
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }
}

impl Group {
    /// Puts a process into it, and so all that it starts from now on.
    ///
    /// # Errors
    /// If it has gone.
    pub(crate) fn add(&self, process: u32) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| fs::write(folder.join("cgroup.procs"), process.to_string()))
    }

    /// How many of its processes the kernel has killed for want of memory.
    pub(crate) fn killed_for_memory(&self) -> u64 {
        self.folders
            .iter()
            .flat_map(|folder| ["memory.events", "memory.oom_control"].map(|file| folder.join(file)))
            .filter_map(|file| fs::read_to_string(file).ok())
            .find_map(|text| kills_in(&text))
            .unwrap_or(0)
    }

    /// Removes it if it is empty; whether it is gone.
    pub(crate) fn try_remove(&self) -> bool {
        let gone = |folder: &PathBuf| match fs::remove_dir(folder) {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        self.folders.iter().filter(|folder| !gone(folder)).count() == 0
    }
}

/// Removes what daemons left behind that were killed: their boxes died with them.
fn clear_up(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.filter_map(Result::ok) {
        let is_stale = entry
            .file_name()
            .to_str()
            .and_then(maker)
            .is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists());
        if is_stale {
            // One that still holds a process is not removed by the kernel.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// The number of the process that made a group of this name.
fn maker(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

fn limit_memory(folder: &Path, bytes: u64) -> io::Result<()> {
    let is_first_generation = folder.join("memory.limit_in_bytes").exists();
    let (limit, swap, with_swap) = if is_first_generation {
        ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", bytes)
    } else {
        ("memory.max", "memory.swap.max", 0)
    };
    fs::write(folder.join(limit), bytes.to_string())?;
    let swap = folder.join(swap);
    if swap.exists() {
        fs::write(swap, with_swap.to_string())?;
    }
    Ok(())
}

/// Folders in which groups of this controller may live: our own, or the one around it.
fn candidates(ours: &str, controller: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for line in ours.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let inner = path.trim_start_matches('/');
        if controllers.split(',').any(|name| name == controller) {
            let mount = Path::new(MOUNT).join(controller);
            found.push(mount.join(inner));
            found.push(mount);
        } else if controllers.is_empty() {
            let own = Path::new(MOUNT).join(inner);
            // Processes and groups with limits do not live in one folder: a service manager puts us one deeper.
            let around = own.parent().map(Path::to_owned);
            found.push(own);
            found.extend(around.filter(|folder| folder.starts_with(MOUNT)));
        }
    }
    found
}

/// The first of these folders that nobody has, made; none where none can be.
fn made(folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    for folder in folders {
        match fs::create_dir(&folder) {
            Ok(()) => return Some(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) => return None,
        }
    }
    None
}

/// Whether a group can be made there: tried, since permissions alone do not tell.
fn can_make(folder: &Path, controller: &str) -> bool {
    let probes =
        (0..NAMES).map(|number| folder.join(format!("nanobot-probe-{}-{number}", std::process::id())));
    let Some(probe) = made(probes) else { return false };
    let files: &[&str] = match controller {
        "pids" => &["pids.max"],
        _ => &["memory.max", "memory.limit_in_bytes"],
    };
    let has = files.iter().any(|file| probe.join(file).exists());
    // An empty group that cannot be removed does no harm.
    let _ = fs::remove_dir(&probe);
    has
}

fn kills_in(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")).and_then(|count| count.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_the_first_generation_are_looked_for_in_their_own_tree() {
        let ours = "9:name=systemd:/\n8:pids:/a/b\n4:cpu,memory:/\n0::/\n";
        let places = candidates(ours, "pids");
        assert_eq!(places.first().unwrap(), Path::new("/sys/fs/cgroup/pids/a/b"));
    }

    #[test]
    fn groups_of_the_second_generation_may_lie_beside_us() {
        let places = candidates("0::/user.slice/nanobot/daemon\n", "memory");
        assert_eq!(
            places,
            [
                Path::new("/sys/fs/cgroup/user.slice/nanobot/daemon"),
                Path::new("/sys/fs/cgroup/user.slice/nanobot")
            ]
        );
    }

    #[test]
    fn the_maker_of_a_group_is_in_its_name() {
        assert_eq!(maker("nanobot-box-17-3"), Some(17));
        assert_eq!(maker("nanobot-probe-17-pids"), None);
    }

    #[test]
    fn kills_are_read_in_both_generations() {
        assert_eq!(kills_in("low 0\noom 3\noom_kill 2\n"), Some(2));
        assert_eq!(kills_in("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), Some(1));
    }
}
