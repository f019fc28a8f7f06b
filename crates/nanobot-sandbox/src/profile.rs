//! What a box must be: its network, its limits, and the walls without which no command runs.
//!
//! Figures and their reasons only. How they are put in force is the matter of `plan`, `init`, `cgroup` and `watch`.

use std::time::Duration;

use nanobot_core::units::ByteCount;

/// What a box must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Whether commands reach the network.
    pub network: Network,
    /// What commands may use.
    pub limits: Limits,
    /// The walls without which no command runs, sorted.
    pub demands: Vec<Wall>,
    /// Run the box under this user of the host instead of the caller's. Only root can.
    pub run_as: Option<HostUser>,
    /// What is left out.
    #[cfg(feature = "weakened")]
    pub without: Vec<crate::weakened::Part>,
}

/// Whether commands reach the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Only a loopback of their own.
    Closed,
    /// The network of the host, its loopback included.
    Host,
}

/// A user of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostUser {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// What the commands of one box may use. `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Processes and threads at a time, our own two included.
    pub processes: u32,
    /// Open descriptors of one process.
    pub open_files: u64,
    /// The longest file that can be written.
    pub file_size: ByteCount,
    /// Private memory that one process can write to.
    pub process_memory: ByteCount,
    /// Address space of one process.
    pub address_space: Option<ByteCount>,
    /// Time on the processor of one process.
    pub cpu: Duration,
    /// Memory of all processes and of the folders in memory together.
    pub memory: ByteCount,
    /// Each of `/tmp` and `/dev/shm`.
    pub scratch: ByteCount,
    /// What the files in the workspace may take on the disk. Watched, not held by the kernel.
    pub workspace: ByteCount,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // `make -j8` and a node with its pool of threads fit; a fork bomb is over at once.
            processes: 128,
            open_files: 512,
            file_size: ByteCount::mib(512),
            process_memory: ByteCount::mib(1024),
            // Node, Java and Go reserve far more than they use, so that a figure here only breaks them.
            address_space: None,
            // A command is bounded by its time; this bounds a shell that lives for many.
            cpu: Duration::from_mins(10),
            memory: ByteCount::mib(1024),
            scratch: ByteCount::mib(256),
            workspace: ByteCount::mib(4096),
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            network: Network::Closed,
            limits: Limits::default(),
            // Landlock stands behind the others, where the kernel has it.
            demands: Wall::ALL.into_iter().filter(|wall| *wall != Wall::Landlock).collect(),
            run_as: None,
            #[cfg(feature = "weakened")]
            without: Vec::new(),
        }
    }
}

/// One wall of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wall {
    /// bubblewrap itself, in a version that mounts from descriptors.
    Bubblewrap,
    /// Users, processes, mounts, names and messages of its own.
    Namespaces,
    /// No user namespaces inside.
    NoNestedNamespaces,
    /// No capabilities, in any of the five sets.
    NoCapabilities,
    /// `no_new_privs`.
    NoNewPrivileges,
    /// The filter of system calls.
    Seccomp,
    /// Landlock.
    Landlock,
    /// Limits of single processes.
    ResourceLimits,
    /// A limit on the number of processes that binds this user.
    ProcessLimit,
    /// A limit on memory, held by the kernel or by the watch.
    MemoryLimit,
    /// A read-only root that shows nothing of the host but `/usr`.
    MinimalRoot,
    /// No network unless it is granted.
    NetworkClosed,
}

impl Wall {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Bubblewrap,
        Self::Namespaces,
        Self::NoNestedNamespaces,
        Self::NoCapabilities,
        Self::NoNewPrivileges,
        Self::Seccomp,
        Self::Landlock,
        Self::ResourceLimits,
        Self::ProcessLimit,
        Self::MemoryLimit,
        Self::MinimalRoot,
        Self::NetworkClosed,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bubblewrap => "bubblewrap",
            Self::Namespaces => "namespaces",
            Self::NoNestedNamespaces => "no_nested_namespaces",
            Self::NoCapabilities => "no_capabilities",
            Self::NoNewPrivileges => "no_new_privs",
            Self::Seccomp => "seccomp",
            Self::Landlock => "landlock",
            Self::ResourceLimits => "rlimits",
            Self::ProcessLimit => "process_limit",
            Self::MemoryLimit => "memory_limit",
            Self::MinimalRoot => "minimal_root",
            Self::NetworkClosed => "no_network",
        }
    }

    /// The wall of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wall| wall.name() == name)
    }
}

impl Profile {
    /// Whether no command may run without this wall. A granted network needs no closed one.
    pub fn demands(&self, wall: Wall) -> bool {
        self.demands.contains(&wall) && !(wall == Wall::NetworkClosed && self.network == Network::Host)
    }
}
