//! From what a box must be to the command line of bubblewrap. Pure: it opens and starts nothing.
//!
//! The host is shown by descriptors, so that the plan holds numbers where others hold paths. What is secret is in no
//! argument; what the box says about users and names is made up here.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::error::StartError;
use crate::init::INIT_FLAG;
use crate::machine::{Machine, RootEntry};
use crate::mounts::{MountKind, Mounts, WORKSPACE};
use crate::profile::{Limits, Network, Profile};
use crate::wire::Setup;

/// Where grants are shown.
const GRANTS: &str = "/grants";
/// Where our own program is in the box.
const INIT: &str = "/run/nanobot-init";
/// The user in the box, an ordinary one.
const USER: &str = "1000";
const HOST_NAME: &str = "box";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The first number after input, output and errors.
const FIRST_FD: i32 = 3;
/// What of the caller's surroundings commands may know, if it says anything.
pub(crate) const LOCALE: [&str; 5] = ["LANG", "LC_ALL", "LC_CTYPE", "TERM", "TZ"];

/// How a box is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The arguments of bubblewrap, without its own name.
    pub argv: Vec<OsString>,
    /// What is shown, in order; a later one covers an earlier. A pin shows nothing new and is not in it.
    pub mounts: Vec<PlannedMount>,
    /// What the descriptors from 3 on are, in order.
    pub(crate) descriptors: Vec<Descriptor>,
    /// What the program in the box is told.
    pub(crate) setup: Setup,
}

/// Something that a box shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMount {
    /// In the box.
    pub target: PathBuf,
    /// What is there.
    pub shows: Shown,
    /// Nothing may be written there.
    pub is_read_only: bool,
}

/// What is at a place in the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A file or folder of the host.
    Host(PathBuf),
    /// Something that cannot be read, or an empty folder.
    Nothing,
    /// A folder in memory.
    Memory,
    /// A file that we made up.
    Text,
    /// What the kernel shows of processes or devices.
    Kernel,
}

/// What a descriptor is that bubblewrap gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Descriptor {
    Workspace,
    Grant(usize),
    Pin(usize),
    Text(Vec<u8>),
    Init,
    Seccomp,
    /// Read by bubblewrap before it goes on.
    Block,
    /// Written by bubblewrap with the number of the first process.
    Info,
}

/// Plans a box.
///
/// # Errors
/// [`StartError::Target`] for a place that cannot be.
pub(crate) fn plan(
    profile: &Profile,
    mounts: &Mounts,
    machine: &Machine,
    locale: &[(String, String)],
) -> Result<Plan, StartError> {
    check_targets(mounts)?;
    let mut draft = Draft::default();
    draft.namespaces(profile);
    draft.environment(locale);
    draft.system(machine, profile);
    draft.files_of_users(mounts);
    draft.remount("/");
    draft.flag(["--chdir", WORKSPACE]);
    draft.descriptor("--seccomp", Descriptor::Seccomp);
    draft.descriptor("--block-fd", Descriptor::Block);
    draft.descriptor("--info-fd", Descriptor::Info);
    draft.flag(["--", INIT, INIT_FLAG]);
    let plan = Plan {
        argv: draft.argv,
        mounts: draft.mounts,
        descriptors: draft.descriptors,
        setup: setup(profile, mounts),
    };
    #[cfg(feature = "weakened")]
    let plan = {
        let mut plan = plan;
        crate::weakened::weaken(&mut plan, profile, mounts);
        plan
    };
    Ok(plan)
}

#[derive(Default)]
struct Draft {
    argv: Vec<OsString>,
    mounts: Vec<PlannedMount>,
    descriptors: Vec<Descriptor>,
}

impl Draft {
    fn namespaces(&mut self, profile: &Profile) {
        self.flag(["--unshare-user", "--uid", USER, "--gid", USER]);
        self.flag(["--disable-userns", "--assert-userns-disabled"]);
        self.flag(["--unshare-pid", "--unshare-ipc", "--unshare-uts"]);
        self.flag(["--unshare-cgroup-try", "--hostname", HOST_NAME]);
        match profile.network {
            Network::Closed => self.flag(["--unshare-net"]),
            Network::Host => {}
        }
        self.flag(["--die-with-parent", "--new-session", "--as-pid-1"]);
        self.flag(["--cap-drop", "ALL"]);
    }

    fn environment(&mut self, locale: &[(String, String)]) {
        self.flag(["--clearenv", "--setenv", "PATH", PATH]);
        self.flag(["--setenv", "HOME", WORKSPACE, "--setenv", "PWD", WORKSPACE]);
        for (name, value) in locale {
            if LOCALE.contains(&name.as_str()) && !value.is_empty() {
                self.flag(["--setenv", name, value]);
            }
        }
    }

    /// Programs, a made-up `/etc`, and what the kernel shows.
    fn system(&mut self, machine: &Machine, profile: &Profile) {
        self.read_only(Path::new("/usr"));
        for entry in &machine.root {
            match entry {
                RootEntry::Link(place, says) => {
                    self.argument("--symlink");
                    self.argument(says);
                    self.argument(place);
                }
                RootEntry::Folder(place) => self.read_only(place),
            }
        }
        for path in &machine.etc {
            self.read_only(path);
        }
        for (place, text) in made_up(profile.network) {
            self.text(place, text.into_bytes());
        }
        if let Some(zone) = &machine.localtime {
            self.text("/etc/localtime", zone.clone());
        }
        if profile.network == Network::Host {
            for path in &machine.network_etc {
                self.read_only(path);
            }
            if let Some(resolver) = &machine.resolver {
                self.text("/etc/resolv.conf", resolver.clone());
            }
        }
        self.kernel(machine, &profile.limits);
    }

    fn kernel(&mut self, machine: &Machine, limits: &Limits) {
        self.flag(["--proc", "/proc"]);
        self.mounts.push(shown("/proc", Shown::Kernel, true));
        for path in &machine.proc_files {
            self.unreadable(path);
        }
        for path in &machine.proc_folders {
            self.empty_folder(path);
        }
        // A process of root's namespace writes the kernel's settings even without capabilities, unless this holds.
        self.remount("/proc");
        self.flag(["--dev", "/dev"]);
        self.mounts.push(shown("/dev", Shown::Kernel, true));
        self.memory("/dev/shm", limits);
        self.remount("/dev");
        self.memory("/tmp", limits);
        self.flag(["--symlink", "../tmp", "/var/tmp"]);
        self.descriptor("--ro-bind-fd", Descriptor::Init);
        self.argument(INIT);
    }

    fn files_of_users(&mut self, mounts: &Mounts) {
        self.descriptor("--bind-fd", Descriptor::Workspace);
        self.argument(WORKSPACE);
        let host = Shown::Host(mounts.workspace.path().to_owned());
        self.mounts.push(shown(WORKSPACE, host, false));
        for (index, grant) in mounts.grants.iter().enumerate() {
            let flag = if grant.is_read_only { "--ro-bind-fd" } else { "--bind-fd" };
            self.descriptor(flag, Descriptor::Grant(index));
            self.argument(&grant.target);
            self.mounts.push(PlannedMount {
                target: grant.target.clone(),
                shows: Shown::Host(grant.source.path().to_owned()),
                is_read_only: grant.is_read_only,
            });
        }
        for (index, pin) in mounts.pins.iter().enumerate() {
            self.descriptor("--bind-fd", Descriptor::Pin(index));
            self.argument(&pin.target);
        }
        for mask in &mounts.masks {
            match mask.kind {
                MountKind::File => self.unreadable(&mask.target),
                MountKind::Folder => self.empty_folder(&mask.target),
            }
        }
    }

    fn argument(&mut self, argument: impl AsRef<OsStr>) {
        self.argv.push(argument.as_ref().to_owned());
    }

    fn flag<const N: usize>(&mut self, arguments: [&str; N]) {
        self.argv.extend(arguments.into_iter().map(OsString::from));
    }

    fn descriptor(&mut self, flag: &str, descriptor: Descriptor) {
        let number = FIRST_FD.saturating_add_unsigned(count(self.descriptors.len()));
        self.descriptors.push(descriptor);
        self.argument(flag);
        self.argument(number.to_string());
    }

    fn read_only(&mut self, path: &Path) {
        self.argument("--ro-bind");
        self.argument(path);
        self.argument(path);
        let host = Shown::Host(path.to_owned());
        self.mounts.push(shown(path, host, true));
    }

    fn text(&mut self, place: &str, text: Vec<u8>) {
        self.descriptor("--ro-bind-data", Descriptor::Text(text));
        self.argument(place);
        self.mounts.push(shown(place, Shown::Text, true));
    }

    fn memory(&mut self, place: &str, limits: &Limits) {
        let size = limits.scratch.get().to_string();
        self.flag(["--perms", "1777", "--size", &size, "--tmpfs", place]);
        self.mounts.push(shown(place, Shown::Memory, false));
    }

    /// A device that may not be opened there: devices are off on every mount but `/dev`.
    fn unreadable(&mut self, place: &Path) {
        self.flag(["--ro-bind", "/dev/null"]);
        self.argument(place);
        self.mounts.push(shown(place, Shown::Nothing, true));
    }

    fn empty_folder(&mut self, place: &Path) {
        self.flag(["--perms", "0555", "--size", "4096", "--tmpfs"]);
        self.argument(place);
        self.argument("--remount-ro");
        self.argument(place);
        self.mounts.push(shown(place, Shown::Nothing, true));
    }

    fn remount(&mut self, place: &str) {
        self.flag(["--remount-ro", place]);
    }
}

fn shown(target: impl AsRef<Path>, shows: Shown, is_read_only: bool) -> PlannedMount {
    PlannedMount { target: target.as_ref().to_owned(), shows, is_read_only }
}

/// The users and names of a box.
fn made_up(network: Network) -> [(&'static str, String); 4] {
    let lookup = match network {
        Network::Closed => "files",
        Network::Host => "files dns",
    };
    [
        (
            "/etc/passwd",
            format!(
                "root:x:0:0:root:/:/usr/sbin/nologin\nnanobot:x:{USER}:{USER}:nanobot:{WORKSPACE}:/bin/sh\n\
                 nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
            ),
        ),
        ("/etc/group", format!("root:x:0:\nnanobot:x:{USER}:\nnogroup:x:65534:\n")),
        (
            "/etc/nsswitch.conf",
            format!("passwd: files\ngroup: files\nhosts: {lookup}\nservices: files\nprotocols: files\n"),
        ),
        ("/etc/hosts", format!("127.0.0.1 localhost {HOST_NAME}\n::1 localhost\n")),
    ]
}

fn setup(profile: &Profile, mounts: &Mounts) -> Setup {
    let limits = &profile.limits;
    let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
    let writable = mounts.grants.iter().filter(|grant| !grant.is_read_only).map(|grant| bytes(&grant.target));
    let pinned = mounts.pins.iter().map(|pin| pin.target.as_path());
    let masked = mounts.masks.iter().map(|mask| mask.target.as_path());
    Setup {
        processes: limits.processes.into(),
        open_files: limits.open_files,
        file_size: limits.file_size.get(),
        process_memory: limits.process_memory.get(),
        address_space: limits.address_space.map(nanobot_core::units::ByteCount::get),
        cpu_seconds: limits.cpu.as_secs().max(1),
        memory: limits.memory.get(),
        network: profile.network == Network::Host,
        writable: std::iter::once(bytes(Path::new(WORKSPACE))).chain(writable).collect(),
        covered: pinned.chain(masked).map(bytes).collect(),
        #[cfg(feature = "weakened")]
        without: Vec::new(),
    }
}

/// Grants lie below `/grants`, each at a place of its own; masks lie in something that is shown, pins in something that
/// may be written.
fn check_targets(mounts: &Mounts) -> Result<(), StartError> {
    let refuse = |path: &Path, reason| Err(StartError::Target { path: path.to_owned(), reason });
    for (index, grant) in mounts.grants.iter().enumerate() {
        if !is_plain_below(&grant.target, Path::new(GRANTS)) {
            return refuse(&grant.target, "grants are shown below /grants");
        }
        let overlaps =
            mounts.grants.iter().skip(index + 1).any(|other| {
                other.target.starts_with(&grant.target) || grant.target.starts_with(&other.target)
            });
        if overlaps {
            return refuse(&grant.target, "two grants have the same place");
        }
    }
    for pin in &mounts.pins {
        let inside = std::iter::once(Path::new(WORKSPACE))
            .chain(
                mounts.grants.iter().filter(|grant| !grant.is_read_only).map(|grant| grant.target.as_path()),
            )
            .any(|root| is_plain_below(&pin.target, root));
        if !inside {
            return refuse(&pin.target, "only a folder in one that may be written can be held in its place");
        }
    }
    for mask in &mounts.masks {
        let inside = std::iter::once(Path::new(WORKSPACE))
            .chain(mounts.grants.iter().map(|grant| grant.target.as_path()))
            .any(|root| mask.target == root || is_plain_below(&mask.target, root));
        if !inside {
            return refuse(&mask.target, "only what is shown can be covered");
        }
    }
    Ok(())
}

/// Whether a path lies below a folder and has no dots in it.
fn is_plain_below(path: &Path, folder: &Path) -> bool {
    path.strip_prefix(folder).is_ok_and(|rest| {
        rest.components().next().is_some()
            && rest.components().all(|part| matches!(part, Component::Normal(_)))
    })
}

/// There are never more descriptors than grants, pins and a dozen.
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
