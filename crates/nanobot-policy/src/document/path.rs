//! The paths of file access: trimmed, `~` followed, absolute, resolved. What is saved is the resolved form.

use std::collections::HashSet;

use nanobot_core::text::trim;

use super::quote::quoted;
use super::schema::FileAccess;
use crate::json::halves;
use crate::places::{Places, at_home};

/// So much of a path is shown when it is wrong.
const SHOWN: usize = 80;

/// The path of a grant.
pub(super) fn of_grant(path: &mut String, places: &dyn Places) -> Result<(), String> {
    *path = full(path, places)?;
    Ok(())
}

/// All blocked paths; the first that is wrong stands for the list.
pub(super) fn blocked(paths: &mut Vec<String>, places: &dyn Places) -> Result<(), String> {
    *paths = paths.iter().map(|path| full(path, places)).collect::<Result<_, _>>()?;
    Ok(())
}

/// Grants have a name each.
pub(super) fn with_unique_grants(access: &mut FileAccess, _places: &dyn Places) -> Result<(), String> {
    let mut seen = HashSet::new();
    match access.grants.iter().find(|grant| !seen.insert(grant.id.as_str())) {
        Some(twice) => Err(format!("has two grants with the id {}", quoted(&twice.id, SHOWN))),
        None => Ok(()),
    }
}

fn full(written: &str, places: &dyn Places) -> Result<String, String> {
    let trimmed = trim(written);
    if trimmed.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if trimmed.contains('\0') || halves::is_in(trimmed) {
        return Err("must not hold characters that no path has".to_owned());
    }
    let path = at_home(trimmed, places)
        .map_err(|unknown| format!("names a home that is not there: {}", quoted(&unknown.0, SHOWN)))?;
    if !path.is_absolute() {
        return Err(format!("must be an absolute path, not {}", quoted(written, SHOWN)));
    }
    let resolved = places.resolve(&path);
    resolved.into_os_string().into_string().map_err(|_| "leads to a path that is not UTF-8".to_owned())
}
