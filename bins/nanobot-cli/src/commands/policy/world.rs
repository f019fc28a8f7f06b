//! The world that a policy of a file is asked in, from the command line: channels, tools, workspace, home folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nanobot_config::Environment;
use nanobot_policy::{CheckOptions, Document, Fault, KNOWN_TOOLS, MAX_BYTES};

use crate::args;
use nanobotd::ThisMachine;

/// The channels that the original's policy governs.
const CHANNELS: [&str; 2] = ["telegram", "whatsapp"];

/// Where personas would have to lie that are not looked at: everywhere is below it.
const ANYWHERE: &str = "/";

/// What a policy does not say itself.
pub(super) struct World {
    pub(super) channels: BTreeSet<String>,
    pub(super) known_tools: BTreeSet<String>,
    /// Personas lie in here; none: they are not looked at.
    pub(super) workspace: Option<PathBuf>,
    pub(super) machine: ThisMachine,
}

impl World {
    /// As it was typed. The environment says where `~` is when nothing else does.
    pub(super) fn of(typed: &args::World) -> Self {
        let args::World { workspace, apply_channels, known_tools, user_home } = typed;
        let user_home = user_home.clone();
        let home = || Environment::capture().get_non_blank("HOME").map(PathBuf::from);
        Self {
            channels: named(apply_channels.as_deref(), &CHANNELS),
            known_tools: named(known_tools.as_deref(), &KNOWN_TOOLS),
            workspace: workspace.as_deref().map(absolute),
            machine: ThisMachine::new(user_home.or_else(home).as_deref().map(absolute)),
        }
    }

    /// What the check after reading must know.
    pub(super) fn check_options(&self) -> CheckOptions<'_> {
        CheckOptions {
            channels: self.channels.clone(),
            known_tools: self.known_tools.clone(),
            workspace: self.workspace.clone().unwrap_or_else(|| ANYWHERE.into()),
            places: &self.machine,
        }
    }
}

/// Names without blank ones: `--apply-channels ""` is none at all.
fn named(typed: Option<&[String]>, otherwise: &[&str]) -> BTreeSet<String> {
    match typed {
        Some(names) => names.iter().filter(|name| !name.trim().is_empty()).cloned().collect(),
        None => otherwise.iter().map(ToString::to_string).collect(),
    }
}

/// A folder that somebody typed is where he stands, not where the policy lies.
fn absolute(typed: &Path) -> PathBuf {
    std::path::absolute(typed).unwrap_or_else(|_| typed.to_owned())
}

/// Why a file holds no policy.
pub(super) enum Unusable {
    /// It cannot be read; what the system says.
    Unreadable(String),
    /// It is read, and no policy.
    Refused(Fault),
}

/// The bytes of a file. One byte more than a policy may have is read, so that it is known to be too large.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The policy of a file.
pub(super) fn document(path: &Path, world: &World) -> Result<Document, Unusable> {
    let bytes = bytes_of(path).map_err(Unusable::Unreadable)?;
    Document::parse(&bytes, &world.machine).map_err(Unusable::Refused)
}
