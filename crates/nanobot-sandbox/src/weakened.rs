//! Leaves single parts of the box out, so that the escape campaign can show that each of its attempts would succeed
//! without them.
//!
//! Exists only with the feature `weakened`, which no shipped program has. It changes a finished plan; it is no second
//! way to make one.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::Path;

use nanobot_core::units::ByteCount;

use crate::mounts::Mounts;
use crate::plan::{Descriptor, Plan};
use crate::profile::{Limits, Profile};
use crate::wire::Hello;

/// Tells the program in the box that it need not be the first process. It stands in no program without the feature.
pub(crate) const ANYWHERE: &str = "--nanobot-weakened-for-the-escape-campaign";
/// Where a host that is not hidden is shown.
const HOST: &str = "/host";
/// More than anybody asks for, and few enough for the kernel to take it as a number of processes.
const ANY_NUMBER: u32 = 1_000_000;
/// The same for bytes, whatever is added to it.
const ANY_SIZE: u64 = 1 << 50;

macro_rules! parts {
    ($($(#[$doc:meta])* $part:ident = $name:literal,)*) => {
        /// One part of the box that can be left out: smaller than a [`Wall`](crate::Wall), since an attempt is often
        /// stopped by a single one of several things that make up a wall.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Part {
            $($(#[$doc])* $part,)*
        }

        impl Part {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$part,)*];

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$part => $name,)* }
            }
        }
    };
}

parts! {
    /// Users of its own. Only root can do without.
    UserNamespace = "user namespace",
    /// No user namespaces inside.
    NoNested = "no nested namespaces",
    /// Processes of its own.
    PidNamespace = "process namespace",
    /// A network of its own.
    NetNamespace = "network namespace",
    /// A host name of its own.
    UtsNamespace = "name namespace",
    /// A session of its own, without a terminal.
    Session = "session",
    /// No capabilities.
    NoCapabilities = "no capabilities",
    /// The filter of system calls.
    Seccomp = "seccomp",
    /// Landlock.
    Landlock = "landlock",
    /// No descriptors that the launching process left open.
    NoDescriptors = "closed descriptors",
    /// The first process cannot be looked into.
    HiddenInit = "hidden first process",
    /// The end of a call kills what it left running.
    Sweep = "sweep after a call",
    /// The root shows nothing of the host.
    HostHidden = "hidden host",
    /// What is shown to be read is mounted so.
    ReadOnly = "read-only mounts",
    /// `/proc` is mounted to be read.
    ProcReadOnly = "read-only /proc",
    /// Files of `/proc` that tell about the machine are covered.
    ProcCovered = "covered /proc",
    /// Blocked entries are covered.
    Masks = "masks",
    /// A cover that lies elsewhere keeps the box closed.
    MaskCheck = "look at the covers from inside",
    /// Workspace and grants are mounted by descriptor.
    ByDescriptor = "mounts by descriptor",
    /// Limit on open descriptors.
    OpenFiles = "limit on open files",
    /// Limit on the processes of a user.
    ProcessLimit = "limit on processes",
    /// Limit on private memory of one process.
    MemoryLimit = "limit on memory",
    /// Limit on the length of a file.
    FileSize = "limit on file size",
    /// Size of the folders in memory.
    ScratchSize = "size of /tmp",
    /// Control group on processes.
    ProcessGroup = "process group limit",
    /// Control group on memory.
    MemoryGroup = "memory group limit",
    /// The watch over memory.
    MemoryWatch = "memory watch",
    /// The watch over the workspace.
    Quota = "disk watch",
}

impl Profile {
    /// The same box without these parts. Nothing is demanded of it any more.
    #[must_use]
    pub fn without(mut self, parts: &[Part]) -> Self {
        self.demands.clear();
        self.without = parts.to_vec();
        self
    }

    pub(crate) fn lacks(&self, part: Part) -> bool {
        self.without.contains(&part)
    }
}

/// Takes the parts that a profile lacks out of a plan.
pub(crate) fn weaken(plan: &mut Plan, profile: &Profile, mounts: &Mounts) {
    for part in &profile.without {
        leave_out(plan, *part, mounts);
    }
    if profile.lacks(Part::HostHidden) {
        let flag = if profile.lacks(Part::ReadOnly) { "--bind" } else { "--ro-bind" };
        insert_before(&mut plan.argv, &["--remount-ro", "/"], &[flag, "/", HOST]);
    }
    if profile.lacks(Part::ReadOnly) {
        remove(&mut plan.argv, &["--remount-ro", "/"], 0);
    }
    plan.setup.without = profile.without.iter().map(|part| part.name().to_owned()).collect();
}

fn leave_out(plan: &mut Plan, part: Part, mounts: &Mounts) {
    let argv = &mut plan.argv;
    match part {
        Part::UserNamespace => {
            remove(argv, &["--unshare-user"], 0);
            remove(argv, &["--uid"], 1);
            remove(argv, &["--gid"], 1);
            nested(argv);
        }
        Part::NoNested => nested(argv),
        Part::PidNamespace => {
            remove(argv, &["--unshare-pid"], 0);
            remove(argv, &["--as-pid-1"], 0);
            argv.push(ANYWHERE.into());
        }
        Part::NetNamespace => remove(argv, &["--unshare-net"], 0),
        Part::UtsNamespace => {
            remove(argv, &["--unshare-uts"], 0);
            remove(argv, &["--hostname"], 1);
        }
        Part::Session => remove(argv, &["--new-session"], 0),
        Part::NoCapabilities => replace(argv, &["--cap-drop", "ALL"], &["--cap-add", "ALL"]),
        Part::Seccomp => remove(argv, &["--seccomp"], 1),
        Part::ReadOnly => {
            replace(argv, &["--ro-bind", "/usr", "/usr"], &["--bind", "/usr", "/usr"]);
            by_descriptor(
                plan,
                |number, is_read_only, _| is_read_only.then(|| vec!["--bind-fd".into(), number.into()]),
                mounts,
            );
        }
        Part::ByDescriptor => by_descriptor(
            plan,
            |_, is_read_only, path| {
                let flag = if is_read_only { "--ro-bind" } else { "--bind" };
                Some(vec![flag.into(), path.into()])
            },
            mounts,
        ),
        Part::ProcReadOnly => remove(argv, &["--remount-ro", "/proc"], 0),
        Part::ProcCovered => uncover(argv, |place| place.starts_with("/proc")),
        Part::Masks => {
            uncover(argv, |place| mounts.masks.iter().any(|mask| mask.target == place));
            plan.setup.covered.clear();
        }
        Part::ScratchSize => {
            let any = OsString::from(ANY_SIZE.to_string());
            let places: Vec<usize> =
                places(argv, &["--perms", "1777", "--size"]).map(|place| place.saturating_add(3)).collect();
            for place in places {
                if let Some(size) = argv.get_mut(place) {
                    size.clone_from(&any);
                }
            }
        }
        Part::OpenFiles => plan.setup.open_files = ANY_NUMBER.into(),
        Part::ProcessLimit => plan.setup.processes = ANY_NUMBER.into(),
        Part::MemoryLimit => plan.setup.process_memory = ANY_SIZE,
        Part::FileSize => plan.setup.file_size = ANY_SIZE,
        Part::MemoryWatch => plan.setup.memory = u64::MAX,
        // By the program in the box, or by whoever starts it.
        Part::Landlock
        | Part::NoDescriptors
        | Part::HiddenInit
        | Part::Sweep
        | Part::HostHidden
        | Part::MaskCheck
        | Part::ProcessGroup
        | Part::MemoryGroup
        | Part::Quota => {}
    }
}

/// The limits that are held from outside.
pub(crate) fn limits_outside(profile: &Profile) -> Limits {
    let mut limits = profile.limits.clone();
    if profile.lacks(Part::ProcessGroup) {
        limits.processes = ANY_NUMBER;
    }
    if profile.lacks(Part::MemoryGroup) {
        limits.memory = ByteCount::new(ANY_SIZE);
    }
    if profile.lacks(Part::Quota) {
        limits.workspace = ByteCount::new(u64::MAX);
    }
    limits
}

/// What is reported from inside, without what is to be overlooked.
pub(crate) fn overlook(profile: &Profile, hello: &mut Hello) {
    if profile.lacks(Part::MaskCheck) {
        hello.uncovered = 0;
    }
    if profile.lacks(Part::NoDescriptors) {
        hello.extra_descriptors.clear();
    }
}

fn nested(argv: &mut Vec<OsString>) {
    remove(argv, &["--disable-userns"], 0);
    remove(argv, &["--assert-userns-disabled"], 0);
}

/// Changes how workspace and grants are mounted: given the number of the descriptor, whether it is only to be read,
/// and the path.
fn by_descriptor(
    plan: &mut Plan,
    change: impl Fn(&str, bool, &Path) -> Option<Vec<OsString>>,
    mounts: &Mounts,
) {
    for (number, descriptor) in (3..).zip(&plan.descriptors) {
        let number: i32 = number;
        let path = match descriptor {
            Descriptor::Workspace => mounts.workspace.path(),
            Descriptor::Grant(index) => match mounts.grants.get(*index) {
                Some(grant) => grant.source.path(),
                None => continue,
            },
            _ => continue,
        };
        let number = number.to_string();
        for (flag, is_read_only) in [("--bind-fd", false), ("--ro-bind-fd", true)] {
            if let Some(place) = place(&plan.argv, &[flag, &number])
                && let Some(with) = change(&number, is_read_only, path)
            {
                plan.argv.splice(place..place.saturating_add(2), with);
                break;
            }
        }
    }
}

/// Takes away what lies on these places.
fn uncover(argv: &mut Vec<OsString>, is_meant: impl Fn(&Path) -> bool) {
    let mut place = 0;
    while place < argv.len() {
        let word = |offset: usize| argv.get(place.saturating_add(offset)).map(OsString::as_os_str);
        let is = |offset: usize, text: &str| word(offset).is_some_and(|word| word == text);
        let meant = |offset: usize| word(offset).is_some_and(|word| is_meant(Path::new(word)));
        let len = if is(0, "--ro-bind") && is(1, "/dev/null") && meant(2) {
            3
        } else if is(0, "--perms") && is(4, "--tmpfs") && is(6, "--remount-ro") && meant(5) {
            8
        } else {
            place = place.saturating_add(1);
            continue;
        };
        argv.drain(place..place.saturating_add(len).min(argv.len()));
    }
}

fn places<'a>(argv: &'a [OsString], words: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
    argv.windows(words.len())
        .enumerate()
        .filter(move |(_, window)| window.iter().zip(words).all(|(one, other)| one == other))
        .map(|(place, _)| place)
}

fn place(argv: &[OsString], words: &[&str]) -> Option<usize> {
    places(argv, words).next()
}

fn remove(argv: &mut Vec<OsString>, words: &[&str], further: usize) {
    if let Some(place) = place(argv, words) {
        let end = place.saturating_add(words.len()).saturating_add(further).min(argv.len());
        argv.drain(place..end);
    }
}

fn replace(argv: &mut Vec<OsString>, words: &[&str], with: &[&str]) {
    if let Some(place) = place(argv, words) {
        let with: Vec<OsString> = with.iter().map(OsString::from).collect();
        argv.splice(place..place.saturating_add(words.len()), with);
    }
}

fn insert_before(argv: &mut Vec<OsString>, words: &[&str], new: &[&str]) {
    if let Some(place) = place(argv, words) {
        argv.splice(place..place, new.iter().map(OsString::from).collect::<Vec<_>>());
    }
}
