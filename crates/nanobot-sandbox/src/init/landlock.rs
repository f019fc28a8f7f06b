//! Landlock in the box: all that is shown may be read and run, little may be written, and nothing reaches out.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use ::landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

use crate::wire::Setup;

/// The newest version whose walls we know how to put up; an older kernel puts up those that it has.
const KNOWN: ABI = ABI::V6;

/// What may be written in every box: folders in memory, and devices that keep nothing.
const WRITABLE: [&str; 10] = [
    "/tmp",
    "/dev/shm",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
];

/// Restricts this process and all that it starts. The version in force; 0 where the kernel has none.
///
/// # Errors
/// If the kernel refuses a rule.
pub(super) fn apply(setup: &Setup) -> Result<i32, RulesetError> {
    let mut ruleset =
        Ruleset::default().handle_access(AccessFs::from_all(KNOWN))?.scope(Scope::from_all(KNOWN))?;
    if !setup.network {
        ruleset = ruleset.handle_access(AccessNet::from_all(KNOWN))?;
    }
    let granted = setup.writable.iter().map(|path| Path::new(OsStr::from_bytes(path)));
    let writable = WRITABLE.iter().map(Path::new).chain(granted);
    let status = ruleset
        .create()?
        .add_rules(path_beneath_rules(["/"], AccessFs::from_read(KNOWN)))?
        .add_rules(path_beneath_rules(writable, AccessFs::from_all(KNOWN)))?
        .restrict_self()?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => 0,
        (_, LandlockStatus::Available { effective_abi, .. }) => effective_abi as i32,
        _ => 0,
    })
}
