//! Where a grant lies inside the sandbox.

use std::path::{Path, PathBuf};

/// Below this folder of the container.
const FOLDER: &str = "/grants/";

/// For ids of which nothing is left.
const NAMELESS: &str = "grant";

/// A folder or file of the host inside the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// On the host.
    pub host: PathBuf,
    /// In the container. Two grants can have the same (`a b` and `a/b`): the later one hides the earlier one, as in
    /// the original.
    pub container: String,
    /// Nothing may be written there.
    pub is_read_only: bool,
}

impl Mount {
    pub(super) fn of(id: &str, host: &Path, is_read_only: bool) -> Self {
        let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
        let name: String = id.chars().map(kept).collect();
        let name = match name.trim_matches(['.', '-']) {
            "" => NAMELESS,
            name => name,
        };
        Self { host: host.to_owned(), container: format!("{FOLDER}{name}"), is_read_only }
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
            assert_eq!(Mount::of(id, Path::new("/x"), true).container, container, "{id}");
        }
    }
}
