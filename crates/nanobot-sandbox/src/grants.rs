//! Which grants a box can honour, and in what form.
//!
//! Pure. A grant that cannot be honoured exactly is refused with a reason and never shown in part, where the original
//! mounted it anyway. Whether a grant counts for a person is said by the policy; whether the machine's owner lets its
//! path be shown, by the allowlist.

use std::path::{Component, Path, PathBuf};

use nanobot_core::ports::{FileAccess, FileGrant};

/// So many grants are mounted: each takes a descriptor and an argument.
const MAX_GRANTS: usize = 64;

/// Every grant lies below it in the box.
const FOLDER: &str = "/grants";

/// Why the grants cannot be honoured. The words are for the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrantError {
    #[error(
        "Grants '{first}' and '{second}' have the same place {container} in the sandbox; rename one of them"
    )]
    SamePlace { first: String, second: String, container: String },
    #[error("Grant '{id}' has no place below /grants in the sandbox: {container}")]
    BadPlace { id: String, container: String },
    #[error("Grant '{id}' cannot be mounted: access to {path} is blocked by security policy")]
    Blocked { id: String, path: String },
    #[error("more than {MAX_GRANTS} grants are in force")]
    TooMany,
}

/// Grants as a box mounts them, in the order of the policy: deepest path first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Honoured {
    pub(crate) grants: Vec<FileGrant>,
    /// Paths that are covered wherever else they would be seen.
    pub(crate) covered: Vec<PathBuf>,
}

/// Settles how grants are mounted. The first grant of a path decides about writing, as for the file tools: a read-only
/// grant deep in a writable one is covered there and shown at its own place only.
pub(crate) fn honour(mut grants: Vec<FileGrant>, rules: &dyn FileAccess) -> Result<Honoured, GrantError> {
    if grants.len() > MAX_GRANTS {
        return Err(GrantError::TooMany);
    }
    for (number, grant) in grants.iter().enumerate() {
        if !is_place(&grant.container) {
            let (id, container) = (grant.id.clone(), grant.container.clone());
            return Err(GrantError::BadPlace { id, container });
        }
        if rules.is_blocked(&grant.path) {
            let (id, path) = (grant.id.clone(), grant.path.display().to_string());
            return Err(GrantError::Blocked { id, path });
        }
        let same = grants.iter().take(number).find(|earlier| earlier.container == grant.container);
        if let Some(earlier) = same {
            let (first, second) = (earlier.id.clone(), grant.id.clone());
            return Err(GrantError::SamePlace { first, second, container: grant.container.clone() });
        }
    }
    let mut earlier: Vec<PathBuf> = Vec::new();
    let mut covered = Vec::new();
    for grant in &mut grants {
        if grant.is_read_only {
            earlier.push(grant.path.clone());
            continue;
        }
        grant.is_read_only = earlier.contains(&grant.path);
        let inside = earlier.iter().filter(|path| **path != grant.path && path.starts_with(&grant.path));
        covered.extend(inside.cloned());
    }
    covered.sort();
    covered.dedup();
    Ok(Honoured { grants, covered })
}

/// `/grants/` and one plain name.
fn is_place(container: &str) -> bool {
    let Ok(rest) = Path::new(container).strip_prefix(FOLDER) else { return false };
    let mut parts = rest.components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) && !container.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::Rules;

    fn grant(id: &str, path: &str, container: &str, is_read_only: bool) -> FileGrant {
        FileGrant {
            id: id.to_owned(),
            path: PathBuf::from(path),
            container: container.to_owned(),
            is_read_only,
            is_recursive: true,
        }
    }

    fn refused(grants: Vec<FileGrant>) -> String {
        honour(grants, &Rules::at("/r/ws").blocking("/r/secret")).unwrap_err().to_string()
    }

    #[test]
    fn two_grants_with_one_place_are_refused_with_both_names() {
        let grants =
            vec![grant("a b", "/r/docs", "/grants/a-b", true), grant("a/b", "/r/src", "/grants/a-b", true)];
        let expected =
            "Grants 'a b' and 'a/b' have the same place /grants/a-b in the sandbox; rename one of them";
        assert_eq!(refused(grants), expected);
    }

    #[test]
    fn a_blocked_grant_is_refused() {
        let expected = "Grant 's' cannot be mounted: access to /r/secret is blocked by security policy";
        assert_eq!(refused(vec![grant("s", "/r/secret", "/grants/s", true)]), expected);
    }

    #[test]
    fn a_place_outside_of_the_grants_is_refused() {
        for container in
            ["/etc", "/grants", "/grants/", "/grants/a/b", "/grants/..", "/grantsx/a", "grants/a"]
        {
            let said = refused(vec![grant("x", "/r/docs", container, true)]);
            assert!(said.starts_with("Grant 'x' has no place below /grants"), "{container}: {said}");
        }
    }

    #[test]
    fn too_many_grants_are_refused() {
        let many = (0..=MAX_GRANTS).map(|n| grant("x", "/r/docs", &format!("/grants/{n}"), true)).collect();
        assert_eq!(refused(many), "more than 64 grants are in force");
    }

    #[test]
    fn a_read_only_grant_stays_so_beneath_a_writable_one() {
        let grants = vec![
            grant("deep", "/r/src/project/deep", "/grants/deep", true),
            grant("first", "/r/src", "/grants/first", true),
            grant("again", "/r/src", "/grants/again", false),
            grant("wide", "/r", "/grants/wide", false),
        ];
        let honoured = honour(grants, &Rules::at("/r/ws")).unwrap();
        let modes: Vec<_> = honoured.grants.iter().map(|grant| grant.is_read_only).collect();
        assert_eq!(modes, [true, true, true, false]);
        assert_eq!(honoured.covered, [PathBuf::from("/r/src"), PathBuf::from("/r/src/project/deep")]);
    }

    #[test]
    fn a_writable_grant_beneath_a_read_only_one_is_shown_as_it_is() {
        let grants = vec![
            grant("deep", "/r/src/deep", "/grants/deep", false),
            grant("src", "/r/src", "/grants/src", true),
        ];
        let honoured = honour(grants.clone(), &Rules::at("/r/ws")).unwrap();
        assert_eq!(honoured, Honoured { grants, covered: vec![] });
    }
}
