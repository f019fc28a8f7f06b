//! A closed box for commands: bubblewrap with seccomp, Landlock, limits, no network, persistent shells.

mod allowlist;
mod bubblewrap;
mod capture;
mod cell;
mod cgroup;
mod covers;
mod directory;
mod error;
mod facts;
mod grants;
mod identity;
mod init;
mod keeper;
mod launch;
mod links;
mod machine;
mod masks;
mod mounts;
mod plan;
mod pool;
mod profile;
#[cfg(any(test, feature = "testing"))]
pub mod rehearsal;
#[cfg(test)]
mod rig;
mod seccomp;
mod view;
mod walls;
mod watch;
#[cfg(feature = "weakened")]
mod weakened;
mod wire;

pub use bubblewrap::{BubblewrapSandbox, SandboxSettings};
pub use cell::{Cell, CellCommand, CellOutput, Killer};
pub use error::{RunError, StartError};
pub use init::{INIT_FLAG, take_over};
pub use launch::{Launcher, LauncherSettings};
pub use mounts::{GrantMount, Mask, MountKind, MountSource, Mounts, Pin, WORKSPACE};
pub use plan::{Plan, PlannedMount, Shown};
pub use pool::{PoolSettings, Pressure};
pub use profile::{HostUser, Limits, Network, Profile, Wall};
#[cfg(feature = "weakened")]
pub use weakened::Part;
