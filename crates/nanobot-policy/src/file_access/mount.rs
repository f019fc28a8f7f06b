//! Where a grant lies inside the sandbox.

use std::path::PathBuf;

use super::Grant;

/// Below this folder of the container.
const FOLDER: &str = "/grants/";

/// For ids of which nothing is left.
const NAMELESS: &str = "grant";

/// A folder or file of the host inside the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The id of the grant.
    pub id: String,
    /// On the host.
    pub host: PathBuf,
    /// In the container. Two grants can have the same (`a b` and `a/b`): the later one hides the earlier one, as in
    /// the original.
    pub container: String,
    /// Nothing may be written there.
    pub is_read_only: bool,
    /// It reaches below the folders in it.
    pub is_recursive: bool,
}

impl Mount {
    pub(super) fn of(grant: &Grant) -> Self {
        let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
        let name: String = grant.id.chars().map(kept).collect();
        let name = match name.trim_matches(['.', '-']) {
            "" => NAMELESS,
            name => name,
        };
        Self {
            id: grant.id.clone(),
            host: grant.path.clone(),
            container: format!("{FOLDER}{name}"),
            is_read_only: grant.is_read_only,
            is_recursive: grant.is_recursive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_becomes_a_name_that_no_path_can_be_made_of() {
        for (id, container) in [
            ("docs", "/grants/docs"),
            ("x y", "/grants/x-y"),
            ("a/../b", "/grants/a-..-b"),
            ("..", "/grants/grant"),
            ("é.", "/grants/grant"),
            ("", "/grants/grant"),
            ("-g.1_", "/grants/g.1_"),
        ] {
            let grant =
                Grant { id: id.to_owned(), path: "/x".into(), is_recursive: true, is_read_only: true };
            assert_eq!(Mount::of(&grant).container, container, "{id}");
        }
    }
}
